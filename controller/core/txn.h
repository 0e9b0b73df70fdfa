/* Transactions: changes of entries, groups and meters on several switches, in stages.
 *
 * From OpenFlow 1.4 on, what a stage changes on one switch is done there as a whole, in a bundle
 * (bundle_int.h). One that cannot be done as a whole, because the switch refuses a part of it, is done
 * in parts, as it is by older switches.
 *
 * Each stage sends its flow-mods and one barrier per switch, and the next stage begins when every
 * barrier has been answered: entries in the core before entries at the edge, new path before old
 * path is taken away (make before break). A stage in which everything is confirmed already sends
 * nothing. When a barrier is not answered in time the stage is sent again; after some tries the
 * connection is closed and reconciliation takes over.
 *
 * A switch that is not connected does not hold a transaction up: its entries stay intended and are
 * written when it comes back, later stages go on without it, and the result is then ERR_CLOSED. Where
 * that would do harm, because later stages send frames to what such a switch still has, the transaction
 * keeps to the order instead (txn_keep_order). */
#ifndef TAMBO_CORE_TXN_H
#define TAMBO_CORE_TXN_H

#include "controller/base/err.h"
#include "controller/core/flowdb.h"
#include "controller/core/object.h"

struct ctl;
struct txn;

#define TXN_MAX_STAGES 32

struct txn *txn_begin(struct ctl *ctl);

/* A stage of which something could not be confirmed because a switch is not connected is the last one,
 * as after a refusal. */
void txn_keep_order(struct txn *txn);

/* Wants 'spec' (copied) on 'dpid' in 'stage'. An entry with the same identity is replaced. */
void txn_add(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec);

/* No longer wants the entry with this identity. Nothing happens when there is none. */
void txn_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint8_t table_id, uint16_t priority,
                const struct of_match *match);

/* The same of groups and meters (object.h): 'group' and 'meter' are copied with their lists. In its
 * stage a group or meter is there before entries are written, and no longer wanted ones leave after
 * entries have: three steps, each behind its own barriers, of which those with nothing to do take no
 * time. A group that leads to another belongs into a later stage than that. */
void txn_group(struct txn *txn, unsigned stage, dpid_t dpid, const struct of_group_desc *group);
void txn_group_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint32_t group_id);
void txn_meter(struct txn *txn, unsigned stage, dpid_t dpid, const struct of_meter *meter);
void txn_meter_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint32_t meter_id);

/* Called once, after the last stage, from the core's loop (never from inside txn_commit()).
 *   ERR_OK      everything is confirmed
 *   ERR_FULL    a switch's table is full; of its entries those without a time-out stay wanted and
 *               are written when there is room (table_pressure.h)
 *   ERR_STATE   a switch refused an entry for another reason
 *   ERR_CLOSED  a switch is not connected, or was lost on the way
 * After a refusal (ERR_FULL, ERR_STATE), and with txn_keep_order() after ERR_CLOSED, the next stage is not
 * started: what is already there stays wanted, what belongs to later stages was never wanted. */
typedef void txn_done_fn(void *aux, enum err result);

/* Starts 'txn' and takes it. 'done' may be NULL. */
void txn_commit(struct txn *txn, txn_done_fn *done, void *aux);

/* Frees a transaction that was begun and not committed. */
void txn_abort(struct txn *txn);

#endif
