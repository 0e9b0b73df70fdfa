/* What the test of groups and meters on Open vSwitch wants: a group of each type, one that leads to
 * another, two meters, and the entries that use them. ovs_objects.py knows the same as ovs-ofctl says
 * it. */
#ifndef TAMBO_TESTS_SYSTEM_OBJECTS_WISHES_H
#define TAMBO_TESTS_SYSTEM_OBJECTS_WISHES_H

#include <stdbool.h>

#include "controller/core/txn.h"

/* Puts everything into 'txn', for 'dpid'. 'changed': with other buckets and bands than first. */
void wishes_want(struct txn *txn, dpid_t dpid, uint8_t module_id, bool changed);

/* No longer wants any of it. */
void wishes_remove(struct txn *txn, dpid_t dpid, uint8_t module_id);

/* A meter that remarks, which Open vSwitch does not. */
void wishes_want_bad(struct txn *txn, dpid_t dpid, uint8_t module_id);

#endif
