/* The inside of transactions. Private to this room. */
#ifndef TAMBO_CORE_TXN_INT_H
#define TAMBO_CORE_TXN_INT_H

#include "controller/core/object_int.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_err.h"

/* A barrier of the running stage was answered, or will never be. */
void txn_barrier_done(struct txn *txn, enum err result);

/* A switch refused 'entry'; the transaction fails when it belongs to the running stage. */
void txn_entry_refused(struct txn *txn, const struct flow_entry *entry, enum of_err error);

/* A switch refused a group or meter; likewise. */
void txn_object_refused(struct datapath *dp, enum object_kind kind, uint32_t id);

/* Makes room for transactions; frees those under way without a word. */
void txns_init(struct ctl *ctl);
void txns_fini(struct ctl *ctl);

#endif
