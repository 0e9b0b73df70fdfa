/* Two switches for the tests of flow entries, without discovery, so that only flow-mods are seen. */
#ifndef TAMBO_TESTS_CORE_FLOW_SCENE_H
#define TAMBO_TESTS_CORE_FLOW_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/flowdb_int.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
    unsigned n_begun, n_done; /* Transactions of one entry. */
    enum err result;
};

/* Both switches, 0xa and 0xb, are connected. */
void scene_begin(struct scene *s, uint8_t version);
void scene_end(struct scene *s);

/* Entry number 'i': frames to host 'i' leave with tag 'i' through 'port'. 'actions' is the storage
 * of the spec's action list. */
struct flow_spec scene_entry(struct of_action actions[3], unsigned i, port_no_t port,
                             uint16_t idle_s);

/* As a part of a transaction. */
void scene_add(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i, port_no_t port,
               uint16_t idle_s);
void scene_take_away(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i);

/* Counts the end of a transaction, and keeps its result; 'aux' is the scene. */
void scene_done(void *aux, enum err result);

/* One entry in a transaction of its own, which is counted. */
void scene_add_one(struct scene *s, dpid_t dpid, unsigned i, port_no_t port, uint16_t idle_s);
void scene_remove_one(struct scene *s, dpid_t dpid, unsigned i);

/* The entry in flowdb, and on the switch; NULL: not there. */
const struct flow_entry *scene_find(const struct scene *s, dpid_t dpid, unsigned i);
const struct of_flow_stats *scene_on_switch(const struct fake_switch *sw, unsigned i);
size_t scene_index_on_switch(const struct fake_switch *sw, unsigned i); /* It is there. */

#endif
