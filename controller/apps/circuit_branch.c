/* Trees of circuits: for every destination the entries of all that send to it.
 *
 * Sources of a tree up to a root are the access switches with hosts, of one down to an access switch
 * the switches of the roots. It changes in updates, one at a time:
 *
 *      change ──▶ dirty ──▶ update: stage d   entries at distance d from the destination
 *                   ◀── done ──    after it   entries of all other switches are removed
 *
 *                                  then  what has an alternate is protected by it
 *
 * A change during an update leads to another one after it. Entries that are confirmed already cost
 * nothing. Alternates are as those of cluster_update.c: in its stage, an entry that changes has none, unless
 * that is nearer to the destination and its group is there. */
#include "controller/apps/circuit.h"

#include <stdlib.h>
#include <string.h>

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"

LOG_MODULE(circuit_tree);

void circuit_branch_init(struct circuit_branch *b, struct circuit *c, bool is_up)
{
    *b = (struct circuit_branch){.c = c, .is_up = is_up, .complete = true};
}

static void circuit_branch_fini(struct circuit_branch *b)
{
    free(b->hops);
}

/* --- Updates ---------------------------------------------------------------------------------- */

/* While entries are being adopted nothing is taken away, but what the operator does not want. */
static bool may_sweep(const struct circuit_branch *b)
{
    return !circuit_is_adopting(b->c) || (b->is_up && !b->wanted) || b->c->n_roots == 0;
}

/* Takes away what is not on the plan, from where frames begin first. Not before every source has a
 * way: what looks useless may be all that a switch without a connection has. */
static void sweep(struct circuit_branch *b)
{
    struct circuit *c = b->c;
    struct circuit_spec spec;
    struct txn *txn;
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    if (!c->has_hops || !b->complete || !may_sweep(b)) {
        return; /* A large network without any circuit is spared the search. */
    }
    txn = txn_begin(c->ctl);
    for (size_t i = 0; i < n; i++) {
        dpid_t dpid = datapath_id(dps[i]);
        const struct circuit_access *a = circuit_access_find(c, dpid);

        circuit_spec_hop(b, dpid, failover_plain(OF_PORT_ANY), &spec);
        if (!circuit_branch_hop(b, dpid) && circuit_find(c, dpid, &spec)) {
            failover_look(c->failover, dpid);
            circuit_remove(txn, b->is_up && a && a->n_hosts > 0 ? 0 : 1, dpid, &spec);
        }
    }
    txn_commit(txn, NULL, NULL);
}

/* A switch has refused its part: takes away what leads frames nowhere, so that they come to the
 * controller, which carries them. What waits for room there goes on waiting. */
static void withdraw(struct circuit_branch *b)
{
    struct circuit *c = b->c;
    struct txn *txn = txn_begin(c->ctl);
    struct circuit_spec spec;
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        dpid_t dpid = datapath_id(dps[i]);
        const struct circuit_access *a = circuit_access_find(c, dpid);

        circuit_spec_hop(b, dpid, failover_plain(OF_PORT_ANY), &spec);
        if (circuit_is_confirmed(c, dpid, &spec) && !circuit_branch_is_ready(b, dpid)) {
            circuit_remove(txn, b->is_up && a && a->n_hosts > 0 ? 0 : 1, dpid, &spec);
        }
    }
    txn_commit(txn, NULL, NULL);
}

static void try_again(struct circuit_branch *b)
{
    struct circuit *c = b->c;

    b->failed = true;
    if (!timer_is_set(&c->repair)) {
        timer_set(ctl_timers(c->ctl), &c->repair, mono_add(ctl_now(c->ctl), c->settings.retry_ns));
    }
}

static void update_failed(struct circuit_branch *b, enum err result)
{
    struct circuit *c = b->c;

    c->n.failures++;
    if (result == ERR_FULL || result == ERR_STATE) {
        withdraw(b);
    }
    try_again(b);
    LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_WARN,
                "tree %s switch " DPID_FMT " not set up: %s", b->is_up ? "up to" : "down to",
                DPID_ARGS(b->dest), err_text(result));
}

static void update(struct circuit_branch *b);

/* --- Protection ------------------------------------------------------------------------------- */

static void protected(void *aux, enum err result)
{
    struct circuit_branch *b = aux;

    b->busy = false;
    if (result != ERR_OK) {
        b->c->n.failures++;
        try_again(b);
    }
    update(b);
}

/* Leads entries of the present plan, all of which are there, to their groups. */
static void protect(struct circuit_branch *b)
{
    struct txn *txn;

    if (!b->unprotected || b->busy || b->failed || !circuit_plan_is_current(b)) {
        return;
    }
    b->unprotected = false;
    b->busy = true;
    txn = txn_begin(b->c->ctl);
    for (size_t i = 0; i < b->n_hops; i++) {
        const struct circuit_hop *hop = &b->hops[i];
        struct circuit_spec spec;

        if (hop->way.alt != OF_PORT_ANY) {
            failover_add(b->c->failover, txn, 0, hop->dpid, hop->way);
            circuit_spec_hop(b, hop->dpid, hop->way, &spec);
            txn_add(txn, 0, hop->dpid, &spec.flow);
        }
    }
    txn_commit(txn, protected, b);
}

/* --- The course of an update ------------------------------------------------------------------ */

static void update_done(void *aux, enum err result)
{
    struct circuit_branch *b = aux;

    b->busy = false;
    b->failed = result != ERR_OK;
    if (b->failed) {
        update_failed(b, result);
    } else if (circuit_plan_is_current(b)) {
        sweep(b);
    }
    update(b);
    protect(b);
}

/* What the entry of 'hop' can be in its stage. */
static struct failover_way at_once(struct circuit_branch *b, const struct circuit_hop *hop)
{
    struct failover_way way = hop->way;
    const struct flow_entry *entry;
    struct circuit_spec spec;
    struct flow_spec is;

    circuit_spec_hop(b, hop->dpid, way, &spec);
    entry = way.alt != OF_PORT_ANY ? circuit_find(b->c, hop->dpid, &spec) : NULL;
    if (entry && flow_entry_state(entry) != FLOW_DELETING) {
        flow_entry_spec(entry, &is);
        if (failover_eq(circuit_spec_way(&is), way)) {
            return way;
        }
    }
    failover_look(b->c->failover, hop->dpid);
    if (way.alt != OF_PORT_ANY &&
        (hop->is_level || !failover_is_there(b->c->failover, hop->dpid, way))) {
        b->unprotected = true;
        way.alt = OF_PORT_ANY;
    }
    return way;
}

static struct txn *update_txn(struct circuit_branch *b)
{
    struct txn *txn = txn_begin(b->c->ctl);
    struct circuit_spec spec;

    b->c->has_hops = true;
    b->unprotected = false;
    txn_keep_order(txn);
    for (size_t i = 0; i < b->n_hops; i++) {
        const struct circuit_hop *hop = &b->hops[i];
        struct failover_way way = at_once(b, hop);

        failover_add(b->c->failover, txn, 0, hop->dpid, way);
        circuit_spec_hop(b, hop->dpid, way, &spec);
        txn_add(txn, hop->dist, hop->dpid, &spec.flow);
    }
    return txn;
}

/* Brings 'b' up to date, unless it is or an update is running. */
static void update(struct circuit_branch *b)
{
    struct circuit *c = b->c;

    if (b->busy || circuit_plan_is_current(b)) {
        return;
    }
    circuit_plan(b);
    if (b->n_hops == 0) {
        b->failed = false;
        sweep(b);
        if (b->wanted) { /* As soon as everybody may talk to it. */
            try_again(b);
        }
        return;
    }
    b->busy = true;
    c->n.updates++;
    txn_commit(update_txn(b), update_done, b);
}

bool circuit_branch_is_ready(const struct circuit_branch *b, dpid_t from)
{
    dpid_t at = from;

    if (!b->wanted) {
        return false;
    }
    for (unsigned hops = 0; hops <= CIRCUIT_MAX_HOPS; hops++) {
        struct circuit_spec spec;
        struct flow_spec found;
        const struct link *link;

        circuit_spec_hop(b, at, failover_plain(OF_PORT_ANY), &spec);
        if (!circuit_is_confirmed(b->c, at, &spec)) {
            return false;
        }
        flow_entry_spec(circuit_find(b->c, at, &spec), &found);
        if (at == b->dest) {
            return !b->is_up || circuit_spec_port(&found) == b->port;
        }
        link = topology_link_at(b->c->ctl, at, circuit_spec_port(&found));
        if (!link) {
            return false;
        }
        at = link->dst_dpid;
    }
    return false;
}

/* --- All trees -------------------------------------------------------------------------------- */

/* Up before down, ascending destinations and addresses, so that every run writes the same messages. */
static int by_destination(const void *a, const void *b)
{
    const struct circuit_branch *x = *(struct circuit_branch *const *)a;
    const struct circuit_branch *y = *(struct circuit_branch *const *)b;

    if (x->is_up != y->is_up) {
        return x->is_up ? -1 : 1;
    }
    if (x->dest != y->dest) {
        return x->dest < y->dest ? -1 : 1;
    }
    return memcmp(&x->mac, &y->mac, sizeof(x->mac));
}

static struct circuit_branch **all_branches(const struct circuit *c, size_t *n)
{
    struct circuit_branch **list =
        xcalloc(c->ups.n + c->accesses.n + 1, sizeof(struct circuit_branch *));
    struct hmap_node *it, *tmp;

    *n = 0;
    HMAP_FOR_EACH (it, tmp, &c->ups) {
        list[(*n)++] = &HMAP_ENTRY(it, struct circuit_up, node)->branch;
    }
    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        list[(*n)++] = &HMAP_ENTRY(it, struct circuit_access, node)->down;
    }
    qsort(list, *n, sizeof(struct circuit_branch *), by_destination);
    return list;
}

/* Trees of those who are no roots any more, once everything of them is gone or going. */
static void free_unused(struct circuit *c)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &c->ups) {
        struct circuit_up *up = HMAP_ENTRY(it, struct circuit_up, node);

        if (!up->branch.wanted && !up->branch.busy && circuit_plan_is_current(&up->branch)) {
            hmap_remove(&c->ups, it);
            circuit_branch_fini(&up->branch);
            free(up);
        }
    }
}

/* Logical networks take entries away without a word: those that everybody could use. */
static bool has_lost_one(const struct circuit_branch *b)
{
    struct circuit_spec spec;
    bool lost = false;

    for (size_t i = 0; !b->busy && i < b->n_hops; i++) {
        circuit_spec_hop(b, b->hops[i].dpid, b->hops[i].way, &spec);
        lost = lost || !circuit_find(b->c, b->hops[i].dpid, &spec);
    }
    return lost;
}

/* Where there are logical networks a look is due every now and then. */
static void look_again(struct circuit *c)
{
    if (c->active && !timer_is_set(&c->repair) && ctl_module_state(c->ctl, "logical_networks")) {
        timer_set(ctl_timers(c->ctl), &c->repair, mono_add(ctl_now(c->ctl), c->settings.retry_ns));
    }
}

static void repair(void *aux, struct timer *timer)
{
    struct circuit *c = aux;
    size_t n;
    struct circuit_branch **list = all_branches(c, &n);

    (void)timer;
    for (size_t i = 0; i < n; i++) {
        list[i]->dirty = list[i]->dirty || (list[i]->failed && !list[i]->busy) ||
                         has_lost_one(list[i]);
        update(list[i]);
    }
    free(list);
    free_unused(c);
    look_again(c);
}

void circuit_repair_soon(struct circuit *c)
{
    timer_set(ctl_timers(c->ctl), &c->repair, ctl_now(c->ctl));
}

void circuit_repair_later(struct circuit *c)
{
    if (!circuit_is_adopting(c)) {
        circuit_repair_soon(c);
    } else if (!timer_is_set(&c->repair)) {
        timer_set(ctl_timers(c->ctl), &c->repair,
                  mono_add(ctl_now(c->ctl), c->settings.adopt_settle_ns));
    }
}

void circuit_all_dirty(struct circuit *c)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &c->ups) {
        HMAP_ENTRY(it, struct circuit_up, node)->branch.dirty = true;
    }
    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        HMAP_ENTRY(it, struct circuit_access, node)->down.dirty = true;
    }
}

void circuit_trees_init(struct circuit *c)
{
    hmap_init(&c->ups);
    hmap_init(&c->accesses);
    timer_init(&c->repair, repair, c);
}

void circuit_trees_fini(struct circuit *c)
{
    struct hmap_node *it, *tmp;

    timer_cancel(ctl_timers(c->ctl), &c->repair);
    HMAP_FOR_EACH (it, tmp, &c->ups) {
        circuit_branch_fini(&HMAP_ENTRY(it, struct circuit_up, node)->branch);
        free(HMAP_ENTRY(it, struct circuit_up, node));
    }
    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        circuit_branch_fini(&HMAP_ENTRY(it, struct circuit_access, node)->down);
        free(HMAP_ENTRY(it, struct circuit_access, node));
    }
    hmap_fini(&c->ups);
    hmap_fini(&c->accesses);
}
