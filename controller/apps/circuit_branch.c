/* Trees of circuits: for every destination the entries of all that send to it.
 *
 * Sources of a tree up to a root are the access switches with hosts, of one down to an access switch
 * the switches of the roots. It changes in updates, one at a time:
 *
 *      change ──▶ dirty ──▶ update: stage d   entries at distance d from the destination
 *                   ◀── done ──    after it   entries of all other switches are removed
 *
 * A change during an update leads to another one after it. Entries that are confirmed already cost
 * nothing. */
#include "controller/apps/circuit.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"

LOG_MODULE(circuit_tree);

void circuit_branch_init(struct circuit_branch *b, struct circuit *c, bool is_up)
{
    *b = (struct circuit_branch){.c = c, .is_up = is_up, .complete = true};
}

void circuit_branch_fini(struct circuit_branch *b)
{
    free(b->hops);
}

/* --- Hops ------------------------------------------------------------------------------------- */

static size_t hop_index(const struct circuit_branch *b, dpid_t dpid)
{
    size_t lo = 0, hi = b->n_hops;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (b->hops[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

const struct circuit_hop *circuit_branch_hop(const struct circuit_branch *b, dpid_t dpid)
{
    size_t i = hop_index(b, dpid);

    return i < b->n_hops && b->hops[i].dpid == dpid ? &b->hops[i] : NULL;
}

/* False when there is one already: the rest of the way is known. */
static bool hop_add(struct circuit_branch *b, dpid_t dpid, port_no_t port, unsigned dist)
{
    size_t i = hop_index(b, dpid);

    if (i < b->n_hops && b->hops[i].dpid == dpid) {
        return false;
    }
    if (b->n_hops == b->cap_hops) {
        b->cap_hops = b->cap_hops ? 2 * b->cap_hops : 8;
        b->hops = xreallocarray(b->hops, b->cap_hops, sizeof(*b->hops));
    }
    memmove(&b->hops[i + 1], &b->hops[i], (b->n_hops - i) * sizeof(*b->hops));
    b->n_hops++;
    b->hops[i] = (struct circuit_hop){dpid, port, dist};
    return true;
}

/* --- Planning --------------------------------------------------------------------------------- */

static void plan_source(struct circuit_branch *b, dpid_t from)
{
    struct ctl *ctl = b->c->ctl;
    int dist = paths_distance(ctl, from, b->dest);
    dpid_t at = from;

    if (dist < 0 || dist > CIRCUIT_MAX_HOPS) {
        b->complete = false;
        return;
    }
    while (at != b->dest) {
        port_no_t port = paths_next_port(ctl, at, b->dest);
        const struct link *link = topology_link_at(ctl, at, port);

        if (!link || !hop_add(b, at, port, (unsigned)dist--)) {
            b->complete = b->complete && link;
            return;
        }
        at = link->dst_dpid;
    }
}

static void plan_sources(struct circuit_branch *b)
{
    const struct circuit *c = b->c;
    struct hmap_node *it, *tmp;

    if (b->is_up) {
        HMAP_FOR_EACH (it, tmp, &c->accesses) {
            const struct circuit_access *a = HMAP_ENTRY(it, struct circuit_access, node);

            if (a->n_hosts > 0) {
                plan_source(b, a->down.dest);
            }
        }
    } else {
        HMAP_FOR_EACH (it, tmp, &c->ups) {
            const struct circuit_branch *up = &HMAP_ENTRY(it, struct circuit_up, node)->branch;

            if (up->wanted) {
                plan_source(b, up->dest);
            }
        }
    }
}

/* Not everybody may talk to the root (logical_networks.h): no entry may serve all. An alias counts as a
 * host of the network that everybody is in. */
static bool is_guarded(const struct circuit_branch *b)
{
    const void *networks = ctl_module_state(b->c->ctl, "logical_networks");

    return networks &&
           networks_is_guarded(networks, b->is_up ? b->mac : circuit_alias(b->c, b->id));
}

static void plan(struct circuit_branch *b)
{
    b->n_hops = 0;
    b->complete = true;
    b->dirty = false;
    b->generation = topology_generation(b->c->ctl);
    if (b->wanted && !is_guarded(b)) {
        hop_add(b, b->dest, b->is_up ? b->port : OF_PORT_CONTROLLER, 0);
        plan_sources(b);
    }
}

static bool is_current(const struct circuit_branch *b)
{
    return !b->dirty && b->generation == topology_generation(b->c->ctl);
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

    if (!b->complete || !may_sweep(b)) {
        return;
    }
    txn = txn_begin(c->ctl);
    for (size_t i = 0; i < n; i++) {
        dpid_t dpid = datapath_id(dps[i]);
        const struct circuit_access *a = circuit_access_find(c, dpid);

        circuit_spec_hop(b, dpid, OF_PORT_ANY, &spec);
        if (!circuit_branch_hop(b, dpid) && circuit_find(c, dpid, &spec)) {
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

        circuit_spec_hop(b, dpid, OF_PORT_ANY, &spec);
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

static void update_done(void *aux, enum err result)
{
    struct circuit_branch *b = aux;

    b->busy = false;
    b->failed = result != ERR_OK;
    if (b->failed) {
        update_failed(b, result);
    } else if (is_current(b)) {
        sweep(b);
    }
    update(b);
}

/* Brings 'b' up to date, unless it is or an update is running. */
static void update(struct circuit_branch *b)
{
    struct circuit *c = b->c;
    struct circuit_spec spec;
    struct txn *txn;

    if (b->busy || is_current(b)) {
        return;
    }
    plan(b);
    if (b->n_hops == 0) {
        b->failed = false;
        sweep(b);
        if (b->wanted) { /* As soon as everybody may talk to it. */
            try_again(b);
        }
        return;
    }
    txn = txn_begin(c->ctl);
    for (size_t i = 0; i < b->n_hops; i++) {
        circuit_spec_hop(b, b->hops[i].dpid, b->hops[i].port, &spec);
        txn_add(txn, b->hops[i].dist, b->hops[i].dpid, &spec.flow);
    }
    b->busy = true;
    c->n.updates++;
    txn_commit(txn, update_done, b);
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

        circuit_spec_hop(b, at, OF_PORT_ANY, &spec);
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

        if (!up->branch.wanted && !up->branch.busy && is_current(&up->branch)) {
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
        circuit_spec_hop(b, b->hops[i].dpid, b->hops[i].port, &spec);
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
