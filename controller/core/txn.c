/* Transactions: stages of wishes, each behind its barriers. */
#include "controller/core/txn.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/txn_int.h"

/* One wish. */
struct txn_op {
    struct datapath *dp;
    struct flow_entry
        *entry;        /* What is wanted or no longer wanted; NULL once it was handed over. */
    uint64_t identity; /* Hash of the entry's identity, for as long as the stage runs. */
    uint8_t stage;
    bool is_removal;
    bool needs_barrier;
};

struct txn {
    struct list node; /* In ctl.txns once it is committed. */
    struct ctl *ctl;
    struct txn_op *ops;
    size_t n_ops, cap_ops;
    unsigned stage, n_stages; /* The next one to start; how many there are. */
    unsigned n_waiting;       /* Barriers that are not answered. */
    enum err result;
    txn_done_fn *done;
    void *aux;
};

struct txn *txn_begin(struct ctl *ctl)
{
    struct txn *txn = xcalloc(1, sizeof *txn);

    txn->ctl = ctl;
    list_init(&txn->node);
    return txn;
}

static void txn_free(struct txn *txn)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].entry) {
            flow_entry_free(txn->ops[i].entry);
        }
    }
    list_remove(&txn->node);
    free(txn->ops);
    free(txn);
}

void txn_abort(struct txn *txn)
{
    if (txn) {
        txn_free(txn);
    }
}

void txns_fini(struct ctl *ctl)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &ctl->txns) {
        txn_free(LIST_ENTRY(it, struct txn, node));
    }
}

/* --- Building --------------------------------------------------------------------------------- */

static void append(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec,
                   bool is_removal)
{
    struct datapath *dp = datapath_get(txn->ctl, dpid);
    struct flow_entry *entry = flow_entry_new(dp, spec);

    assert(stage < TXN_MAX_STAGES && "a transaction has too many stages");
    if (txn->n_ops == txn->cap_ops) {
        txn->cap_ops = txn->cap_ops ? txn->cap_ops * 2 : 8;
        txn->ops = xreallocarray(txn->ops, txn->cap_ops, sizeof *txn->ops);
    }
    txn->ops[txn->n_ops++] = (struct txn_op){.dp = dp,
                                             .entry = entry,
                                             .identity = entry->node.hash,
                                             .stage = (uint8_t)stage,
                                             .is_removal = is_removal};
    if (txn->n_stages <= stage) {
        txn->n_stages = stage + 1;
    }
}

void txn_add(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec)
{
    append(txn, stage, dpid, spec, false);
}

void txn_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint8_t table_id, uint16_t priority,
                const struct of_match *match)
{
    struct flow_spec spec = {.table_id = table_id, .priority = priority, .match = *match};

    append(txn, stage, dpid, &spec, true);
}

/* --- Running ---------------------------------------------------------------------------------- */

/* A refusal is remembered before a lost connection, and the first refusal before later ones. */
static void note(struct txn *txn, enum err result)
{
    if (txn->result == ERR_OK || (txn->result == ERR_CLOSED && result != ERR_OK)) {
        txn->result = result;
    }
}

/* Hands the wish over to the flow table. */
static void apply(struct txn *txn, struct txn_op *op)
{
    struct flow_entry *entry = op->entry;
    enum flow_progress progress;

    op->entry = NULL;
    if (op->is_removal) {
        progress = flow_table_unwant(&op->dp->flows, entry);
        flow_entry_free(entry);
    } else {
        progress = flow_table_want(&op->dp->flows, entry);
    }
    switch (progress) {
    case FLOW_IS_DONE:
        break;
    case FLOW_IS_IN_FLIGHT:
        op->needs_barrier = true;
        break;
    case FLOW_IS_OFFLINE:
        note(txn, ERR_CLOSED);
        break;
    case FLOW_IS_REFUSED:
        note(txn, ERR_STATE);
        break;
    case FLOW_IS_HELD_BACK:
        note(txn, ERR_FULL);
        break;
    }
}

/* One barrier for each switch; they are appended to their tables in this loop and by nobody else. */
static void send_barriers(struct txn *txn, unsigned stage)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        struct txn_op *op = &txn->ops[i];

        if (op->stage == stage && op->needs_barrier &&
            !flow_barrier_last_is_for(&op->dp->flows, txn)) {
            txn->n_waiting++;
            flow_barrier_send(&op->dp->flows, txn);
        }
    }
}

static void start_stage(struct txn *txn)
{
    unsigned stage = txn->stage++;

    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].stage == stage) {
            apply(txn, &txn->ops[i]);
        }
    }
    send_barriers(txn, stage);
}

static bool is_refused(const struct txn *txn)
{
    return txn->result == ERR_FULL || txn->result == ERR_STATE;
}

static void finish(struct txn *txn)
{
    if (txn->done) {
        events_post_done(txn->ctl, txn->done, txn->aux, txn->result);
    }
    txn_free(txn);
}

/* Starts stages until one has to wait or none is left. */
static void go_on(struct txn *txn)
{
    while (!txn->n_waiting && txn->stage < txn->n_stages && !is_refused(txn)) {
        start_stage(txn);
    }
    if (!txn->n_waiting) {
        finish(txn);
    }
}

void txn_commit(struct txn *txn, txn_done_fn *done, void *aux)
{
    txn->done = done;
    txn->aux = aux;
    list_push_back(&txn->ctl->txns, &txn->node);
    go_on(txn);
}

void txn_barrier_done(struct txn *txn, enum err result)
{
    note(txn, result);
    if (--txn->n_waiting == 0) {
        go_on(txn);
    }
}

void txn_entry_refused(struct txn *txn, const struct flow_entry *entry, enum of_err error)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        const struct txn_op *op = &txn->ops[i];

        if (op->stage + 1U == txn->stage && op->dp == entry->dp &&
            op->identity == entry->node.hash) {
            note(txn, error == OF_ERR_FLOW_TABLE_FULL ? ERR_FULL : ERR_STATE);
            return;
        }
    }
}
