/* Transactions: changes of flow entries on several switches, in stages.
 *
 * Each stage sends its flow-mods and one barrier per switch, and the next stage begins when every
 * barrier has been answered: entries in the core before entries at the edge, new path before old
 * path is taken away (make before break). A stage in which everything is confirmed already sends
 * nothing. When a barrier is not answered in time the stage is sent again; after some tries the
 * connection is closed and reconciliation takes over.
 *
 * A switch that is not connected does not hold a transaction up: its entries stay intended and are
 * written when it comes back, later stages go on without it, and the result is then ERR_CLOSED. */
#ifndef TAMBO_CORE_TXN_H
#define TAMBO_CORE_TXN_H

#include "controller/base/err.h"
#include "controller/core/flowdb.h"

struct ctl;
struct txn;

#define TXN_MAX_STAGES 32

struct txn *txn_begin(struct ctl *ctl);

/* Wants 'spec' (copied) on 'dpid' in 'stage'. An entry with the same identity is replaced. */
void txn_add(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec);

/* No longer wants the entry with this identity. Nothing happens when there is none. */
void txn_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint8_t table_id, uint16_t priority,
                const struct of_match *match);

/* Called once, after the last stage, from the core's loop (never from inside txn_commit()).
 *   ERR_OK      everything is confirmed
 *   ERR_FULL    a switch's table is full; of its entries those without a time-out stay wanted and
 *               are written when there is room (table_pressure.h)
 *   ERR_STATE   a switch refused an entry for another reason
 *   ERR_CLOSED  a switch is not connected, or was lost on the way
 * After a refusal (ERR_FULL, ERR_STATE) the next stage is not started: what is already there stays
 * wanted, what belongs to later stages was never wanted. */
typedef void txn_done_fn(void *aux, enum err result);

/* Starts 'txn' and takes it. 'done' may be NULL. */
void txn_commit(struct txn *txn, txn_done_fn *done, void *aux);

/* Frees a transaction that was begun and not committed. */
void txn_abort(struct txn *txn);

#endif
