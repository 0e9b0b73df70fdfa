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
    uint8_t step;      /* Of its stage: STEP_*. */
    bool is_removal;
    bool needs_barrier;
    bool is_object; /* A group or meter; then 'entry' and 'identity' are not used. */
    enum object_kind kind;
    uint32_t object_id;
    struct buf packed; /* What it shall be made of. */
};

/* Each stage has three steps. */
enum { STEP_OBJECTS, STEP_ENTRIES, STEP_NO_OBJECTS, N_STEPS };

#define STEP_NEVER UINT8_MAX

struct txn {
    struct list node; /* In ctl.txns once it is committed. */
    struct ctl *ctl;
    struct txn_op *ops;
    size_t n_ops, cap_ops;
    struct txn_op first;    /* The room for one: most have no more, and there are many. */
    unsigned step, n_steps; /* The next one to start; how many there are. */
    bool has_ops[TXN_MAX_STAGES * N_STEPS]; /* The steps in which there is something to do. */
    unsigned n_waiting;     /* Barriers that are not answered. */
    bool keeps_order;       /* A switch that is lost ends it. */
    enum err result;
    txn_done_fn *done;
    void *aux;
};

struct txn *txn_begin(struct ctl *ctl)
{
    struct txn *txn = pool_take(&ctl->txn_pool);

    txn->ctl = ctl;
    txn->ops = &txn->first;
    txn->cap_ops = 1;
    list_init(&txn->node);
    return txn;
}

void txn_keep_order(struct txn *txn)
{
    txn->keeps_order = true;
}

static void txn_free(struct txn *txn)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].entry) {
            flow_entry_free(txn->ops[i].entry);
        }
        buf_fini(&txn->ops[i].packed);
    }
    list_remove(&txn->node);
    if (txn->ops != &txn->first) {
        free(txn->ops);
    }
    pool_give(&txn->ctl->txn_pool, txn);
}

void txn_abort(struct txn *txn)
{
    if (txn) {
        txn_free(txn);
    }
}

void txns_init(struct ctl *ctl)
{
    pool_init(&ctl->txn_pool, sizeof(struct txn));
}

void txns_fini(struct ctl *ctl)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &ctl->txns) {
        txn_free(LIST_ENTRY(it, struct txn, node));
    }
}

/* --- Building --------------------------------------------------------------------------------- */

static void make_room(struct txn *txn)
{
    struct txn_op *old = txn->ops == &txn->first ? NULL : txn->ops;

    txn->cap_ops *= 2;
    txn->ops = xreallocarray(old, txn->cap_ops, sizeof *txn->ops);
    if (!old) {
        txn->ops[0] = txn->first;
    }
}

static struct txn_op *append(struct txn *txn, unsigned stage, unsigned step, dpid_t dpid)
{
    struct txn_op *op;

    assert(stage < TXN_MAX_STAGES && "a transaction has too many stages");
    if (txn->n_ops == txn->cap_ops) {
        make_room(txn);
    }
    step += stage * N_STEPS;
    txn->has_ops[step] = true;
    if (txn->n_steps <= step) {
        txn->n_steps = step + 1;
    }
    op = &txn->ops[txn->n_ops++];
    *op = (struct txn_op){.dp = datapath_get(txn->ctl, dpid), .step = (uint8_t)step};
    return op;
}

static void append_entry(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec,
                         bool is_removal)
{
    struct txn_op *op = append(txn, stage, STEP_ENTRIES, dpid);

    op->entry = flow_entry_new(op->dp, spec, &op->identity);
    op->is_removal = is_removal;
}

static struct txn_op *append_object(struct txn *txn, unsigned stage, unsigned step, dpid_t dpid,
                                    enum object_kind kind, uint32_t id)
{
    struct txn_op *op = append(txn, stage, step, dpid);

    assert(object_module(id) > 0 && "an id of no module");
    op->is_object = true;
    op->is_removal = step == STEP_NO_OBJECTS;
    op->kind = kind;
    op->object_id = id;
    return op;
}

void txn_add(struct txn *txn, unsigned stage, dpid_t dpid, const struct flow_spec *spec)
{
    append_entry(txn, stage, dpid, spec, false);
}

void txn_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint8_t table_id, uint16_t priority,
                const struct of_match *match)
{
    struct flow_spec spec = {.table_id = table_id, .priority = priority, .match = *match};

    append_entry(txn, stage, dpid, &spec, true);
}

void txn_group(struct txn *txn, unsigned stage, dpid_t dpid, const struct of_group_desc *group)
{
    struct object_spec spec = {.kind = OBJECT_GROUP,
                               .group_type = group->type,
                               .buckets = group->buckets,
                               .n_buckets = group->n_buckets};

    object_pack(
        &append_object(txn, stage, STEP_OBJECTS, dpid, OBJECT_GROUP, group->group_id)->packed,
        &spec);
}

void txn_group_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint32_t group_id)
{
    append_object(txn, stage, STEP_NO_OBJECTS, dpid, OBJECT_GROUP, group_id);
}

void txn_meter(struct txn *txn, unsigned stage, dpid_t dpid, const struct of_meter *meter)
{
    struct object_spec spec = {.kind = OBJECT_METER, .meter = *meter};

    object_pack(
        &append_object(txn, stage, STEP_OBJECTS, dpid, OBJECT_METER, meter->meter_id)->packed,
        &spec);
}

void txn_meter_remove(struct txn *txn, unsigned stage, dpid_t dpid, uint32_t meter_id)
{
    append_object(txn, stage, STEP_NO_OBJECTS, dpid, OBJECT_METER, meter_id);
}

/* --- Running ---------------------------------------------------------------------------------- */

/* A refusal is remembered before a lost connection, and the first refusal before later ones. */
static void note(struct txn *txn, enum err result)
{
    if (txn->result == ERR_OK || (txn->result == ERR_CLOSED && result != ERR_OK)) {
        txn->result = result;
    }
}

/* Hands the wish over. */
static enum flow_progress hand_over(struct txn_op *op)
{
    struct flow_entry *entry = op->entry;
    enum flow_progress progress;

    op->entry = NULL;
    if (op->is_object) {
        return op->is_removal ? object_unwant(op->dp, op->kind, op->object_id)
                              : object_want(op->dp, op->kind, op->object_id, &op->packed);
    }
    if (!op->is_removal) {
        return flow_table_want(&op->dp->flows, entry, op->identity);
    }
    progress = flow_table_unwant(&op->dp->flows, entry);
    flow_entry_free(entry);
    return progress;
}

static void apply(struct txn *txn, struct txn_op *op)
{
    enum flow_progress progress = hand_over(op);

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

static bool will_change(const struct txn_op *op)
{
    if (op->is_object) {
        return object_will_change(op->dp, op->kind, op->object_id,
                                  op->is_removal ? NULL : &op->packed);
    }
    return flow_table_will_change(&op->dp->flows, op->entry, op->is_removal);
}

/* One barrier for each switch; they are appended to their tables in this loop and by nobody else. */
static void send_barriers(struct txn *txn, unsigned step)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        struct txn_op *op = &txn->ops[i];

        if (op->step == step && op->needs_barrier &&
            !flow_barrier_last_is_for(&op->dp->flows, txn)) {
            txn->n_waiting++;
            flow_barrier_send(&op->dp->flows, txn);
        }
    }
}

/* Everybody who has a say lets the entry be. */
static bool is_admitted(const struct ctl *ctl, const struct txn_op *op)
{
    if (op->is_object || op->is_removal) {
        return true;
    }
    for (size_t i = 0; i < ctl->admitters.n; i++) {
        const struct module_slot *slot = ctl->admitters.slots[i];

        if (!slot->module->admits(slot->state, op->entry)) {
            return false;
        }
    }
    return true;
}

/* Wishes of the step that are not admitted are taken out of it. */
static void ask_admitters(struct txn *txn, unsigned step)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        struct txn_op *op = &txn->ops[i];

        if (op->step == step && !is_admitted(txn->ctl, op)) {
            note(txn, ERR_STATE);
            events_post_flow(txn->ctl,
                             (struct ctl_event){.type = CTL_FLOW_FAILED,
                                                .dp = op->dp,
                                                .error = OF_ERR_FLOW_EPERM},
                             op->entry);
            op->entry = NULL;
            op->step = STEP_NEVER;
        }
    }
}

static void start_step(struct txn *txn)
{
    unsigned step = txn->step++;

    if (!txn->has_ops[step]) {
        return;
    }
    ask_admitters(txn, step);
    for (size_t i = 0; i < txn->n_ops && txn->n_ops > 1; i++) { /* One alone needs no bundle. */
        if (txn->ops[i].step == step && will_change(&txn->ops[i])) {
            bundle_plan(txn->ops[i].dp);
        }
    }
    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].step == step) {
            apply(txn, &txn->ops[i]);
        }
    }
    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].step == step) {
            bundle_end(txn->ops[i].dp);
        }
    }
    send_barriers(txn, step);
}

/* No further stage may begin. */
static bool is_stopped(const struct txn *txn)
{
    return txn->result == ERR_FULL || txn->result == ERR_STATE ||
           (txn->keeps_order && txn->result == ERR_CLOSED);
}

static void finish(struct txn *txn)
{
    if (txn->done) {
        events_post_done(txn->ctl, txn->done, txn->aux, txn->result);
    }
    txn_free(txn);
}

/* Starts steps until one has to wait or none is left. */
static void go_on(struct txn *txn)
{
    while (!txn->n_waiting && txn->step < txn->n_steps && !is_stopped(txn)) {
        start_step(txn);
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
    __builtin_prefetch(txn->aux); /* Who is told has waited for long. */
    note(txn, result);
    if (--txn->n_waiting == 0) {
        go_on(txn);
    }
}

void txn_entry_refused(struct txn *txn, const struct flow_entry *entry, enum of_err error)
{
    for (size_t i = 0; i < txn->n_ops; i++) {
        const struct txn_op *op = &txn->ops[i];

        if (op->step + 1U == txn->step && !op->is_object && op->dp == entry->dp &&
            op->identity == flow_entry_hash(entry)) {
            note(txn, error == OF_ERR_FLOW_TABLE_FULL ? ERR_FULL : ERR_STATE);
            return;
        }
    }
}

void txn_object_refused(struct datapath *dp, enum object_kind kind, uint32_t id)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->ctl->txns) {
        struct txn *txn = LIST_ENTRY(it, struct txn, node);

        for (size_t i = 0; i < txn->n_ops; i++) {
            const struct txn_op *op = &txn->ops[i];

            if (op->is_object && op->step + 1U == txn->step && op->dp == dp && op->kind == kind &&
                op->object_id == id) {
                note(txn, ERR_STATE);
            }
        }
    }
}
