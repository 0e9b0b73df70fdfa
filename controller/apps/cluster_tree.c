/* Label entries: for every destination switch the tree of those that send to it.
 *
 * A tree has sources (access switches whose ingress entries push the label) and hops (switches in
 * between, which have a transit entry). It changes in updates, one at a time:
 *
 *      request, topology ──▶ stale ──▶ update: stage 0   own entry of the destination
 *                                              stage d   transit entries at distance d, and ingress
 *                                                        entries of sources at distance d whose
 *                                                        port changes
 *                               ◀── done ──    after it  hops that are no longer used are removed
 *
 * A request or a change of the topology during an update leads to another one after it. */
#include "controller/apps/cluster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/ecmp.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"

LOG_MODULE(clustering);

struct tree_source {
    dpid_t dpid;
    port_no_t port; /* Of its ingress entries; OF_PORT_ANY: not known. */
    port_no_t
        new_port;  /* After the update that is planned or running; OF_PORT_ANY: no part in it. */
    unsigned dist; /* Hops to the destination, for 'new_port'. */
    bool ready;    /* The way from here is confirmed. */
    bool used;     /* Ingress entries with this label may be there. */
};

struct tree_hop {
    dpid_t dpid;
    port_no_t port; /* Of the transit entry; OF_PORT_ANY: not known. */
    unsigned dist;
    bool wanted; /* A source needs it. */
};

struct cluster_tree {
    struct hmap_node node;
    struct clustering *c;
    dpid_t dpid; /* The destination. */
    uint16_t label;
    struct tree_source *sources; /* Ascending 'dpid', as are the hops. */
    size_t n_sources, cap_sources;
    struct tree_hop *hops;
    size_t n_hops, cap_hops;
    uint64_t generation; /* Of the topology that the last plan was made for. */
    bool dirty;          /* Something else than the topology asks for an update. */
    bool failed;         /* The last update failed: what is there is not known. */
    bool complete;       /* The last plan found a way for every source. */
    bool busy;           /* An update is running. */
    struct list waiters; /* cluster_miss.c */
};

/* --- Finding things --------------------------------------------------------------------------- */

static struct cluster_tree *tree_find(const struct clustering *c, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&c->trees, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct cluster_tree, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct cluster_tree, node) : NULL;
}

/* The tree towards 'dpid'; NULL when it gets no label. */
static struct cluster_tree *tree_get(struct clustering *c, dpid_t dpid)
{
    struct cluster_tree *t = tree_find(c, dpid);
    uint16_t label;

    if (t) {
        return t;
    }
    label = cluster_label(c, dpid);
    if (label == LABEL_NONE) {
        return NULL;
    }
    t = xcalloc(1, sizeof(*t));
    t->c = c;
    t->dpid = dpid;
    t->label = label;
    t->dirty = true;
    list_init(&t->waiters);
    hmap_insert(&c->trees, &t->node, hash_u64(dpid));
    return t;
}

static void tree_free(struct cluster_tree *t)
{
    hmap_remove(&t->c->trees, &t->node);
    free(t->sources);
    free(t->hops);
    free(t);
}

dpid_t cluster_tree_dpid(const struct cluster_tree *tree)
{
    return tree->dpid;
}

static size_t source_index(const struct cluster_tree *t, dpid_t dpid)
{
    size_t lo = 0, hi = t->n_sources;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->sources[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The source 'dpid', entered when it is new; valid until the next one is entered. */
static struct tree_source *source_get(struct cluster_tree *t, dpid_t dpid)
{
    size_t i = source_index(t, dpid);

    if (i < t->n_sources && t->sources[i].dpid == dpid) {
        return &t->sources[i];
    }
    if (t->n_sources == t->cap_sources) {
        t->cap_sources = t->cap_sources ? 2 * t->cap_sources : 4;
        t->sources = xreallocarray(t->sources, t->cap_sources, sizeof(*t->sources));
    }
    memmove(&t->sources[i + 1], &t->sources[i], (t->n_sources - i) * sizeof(*t->sources));
    t->n_sources++;
    t->sources[i] =
        (struct tree_source){.dpid = dpid, .port = OF_PORT_ANY, .new_port = OF_PORT_ANY};
    return &t->sources[i];
}

static size_t hop_index(const struct cluster_tree *t, dpid_t dpid)
{
    size_t lo = 0, hi = t->n_hops;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->hops[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The hop 'dpid', entered when it is new; valid until the next one is entered. */
static struct tree_hop *hop_get(struct cluster_tree *t, dpid_t dpid)
{
    size_t i = hop_index(t, dpid);

    if (i < t->n_hops && t->hops[i].dpid == dpid) {
        return &t->hops[i];
    }
    if (t->n_hops == t->cap_hops) {
        t->cap_hops = t->cap_hops ? 2 * t->cap_hops : 4;
        t->hops = xreallocarray(t->hops, t->cap_hops, sizeof(*t->hops));
    }
    memmove(&t->hops[i + 1], &t->hops[i], (t->n_hops - i) * sizeof(*t->hops));
    t->n_hops++;
    t->hops[i] = (struct tree_hop){.dpid = dpid, .port = OF_PORT_ANY};
    return &t->hops[i];
}

/* --- Planning --------------------------------------------------------------------------------- */

static bool distance_ok(int dist)
{
    return dist > 0 && dist <= CLUSTER_MAX_HOPS;
}

static port_no_t next_port(const struct cluster_tree *t, dpid_t at)
{
    return t->c->settings.ecmp ? ecmp_next_port(t->c->ctl, at, t->dpid, t->label)
                               : paths_next_port(t->c->ctl, at, t->dpid);
}

/* Where the link at 'port' of 'dpid' leads; false when there is none. */
static bool next_switch(const struct clustering *c, dpid_t *dpid, port_no_t port)
{
    const struct link *link = topology_link_at(c->ctl, *dpid, port);

    if (!link) {
        return false;
    }
    *dpid = link->dst_dpid;
    return true;
}

/* Marks the hops on the way from 'src', up to one that is marked already: the rest is shared. Sets
 * '*changed' when an entry on the way is not what it was. False when there is no way. */
static bool plan_source(struct cluster_tree *t, struct tree_source *src, bool *changed)
{
    struct ctl *ctl = t->c->ctl;
    int dist = paths_distance(ctl, src->dpid, t->dpid);
    dpid_t at = src->dpid;

    src->new_port = OF_PORT_ANY;
    if (!distance_ok(dist)) {
        return false;
    }
    src->new_port = next_port(t, at);
    src->dist = (unsigned)dist;
    *changed = *changed || !src->ready || src->port != src->new_port;
    for (port_no_t port = src->new_port; next_switch(t->c, &at, port) && at != t->dpid;) {
        struct tree_hop *hop = hop_get(t, at);

        port = next_port(t, at);
        if (hop->wanted) {
            break;
        }
        *changed = *changed || hop->port != port;
        hop->wanted = true;
        hop->port = port;
        hop->dist = (unsigned)--dist;
    }
    return true;
}

/* Plans the whole tree for the present topology. True when an update has something to do. */
static bool plan(struct cluster_tree *t)
{
    bool changed = t->failed;

    t->complete = true;
    for (size_t i = 0; i < t->n_hops; i++) {
        t->hops[i].wanted = false;
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        if (!plan_source(t, &t->sources[i], &changed)) {
            t->sources[i].ready = false;
            t->complete = false;
        }
    }
    t->generation = topology_generation(t->c->ctl);
    t->dirty = false;
    return changed;
}

static bool is_current(const struct cluster_tree *t)
{
    return !t->dirty && t->generation == topology_generation(t->c->ctl);
}

/* --- Updates ---------------------------------------------------------------------------------- */

static struct txn *update_txn(struct cluster_tree *t)
{
    struct txn *txn = txn_begin(t->c->ctl);
    struct cluster_spec spec;

    cluster_spec_own(t->c, t->label, &spec);
    cluster_add(t->c, txn, 0, t->dpid, &spec);
    for (size_t i = 0; i < t->n_hops; i++) {
        const struct tree_hop *hop = &t->hops[i];

        if (hop->wanted) {
            cluster_spec_transit(t->c, t->label, hop->port, &spec);
            cluster_add(t->c, txn, hop->dist, hop->dpid, &spec);
        }
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        const struct tree_source *src = &t->sources[i];

        if (src->used && src->new_port != OF_PORT_ANY && src->new_port != src->port) {
            cluster_ingress_turn(t->c, txn, src->dist, src->dpid, t->label, src->new_port);
        }
    }
    return txn;
}

/* Takes away the transit entries that no source needs. Not before every source has a way: what
 * looks useless may be all that a switch without a connection has. */
static void remove_unused(struct cluster_tree *t)
{
    struct cluster_spec spec;
    struct txn *txn;
    size_t kept = 0;

    if (!t->complete || cluster_is_adopting(t->c)) {
        return;
    }
    cluster_spec_transit(t->c, t->label, OF_PORT_ANY, &spec);
    txn = txn_begin(t->c->ctl);
    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted) {
            t->hops[kept++] = t->hops[i];
        } else {
            cluster_remove(t->c, txn, 0, t->hops[i].dpid, &spec);
        }
    }
    if (kept < t->n_hops) {
        t->n_hops = kept;
        txn_commit(txn, NULL, NULL);
    } else {
        txn_abort(txn);
    }
}

/* Every entry of the plan is confirmed. */
static void settle_sources(struct cluster_tree *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->new_port != OF_PORT_ANY) {
            src->ready = true;
            src->port = src->new_port;
            src->new_port = OF_PORT_ANY;
        }
    }
}

static bool stands(const struct cluster_tree *t, const struct tree_source *src, port_no_t port)
{
    return cluster_way_stands(t->c, src->dpid, port, t->dpid, t->label);
}

/* Some are, and others are what they were. A source that has a way by these is ready; what ingress entries
 * lead elsewhere are taken away, so that their frames come to the controller, which carries them. */
static void settle_failed(struct cluster_tree *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->new_port == OF_PORT_ANY) {
            continue;
        }
        src->port = stands(t, src, src->new_port) ? src->new_port : src->port;
        src->new_port = OF_PORT_ANY;
        src->ready = stands(t, src, src->port);
        if (src->used) {
            cluster_ingress_withdraw(t->c, src->dpid, t->label,
                                     src->ready ? src->port : OF_PORT_ANY);
        }
    }
}

static void update_failed(struct cluster_tree *t, enum err result)
{
    struct clustering *c = t->c;
    mono_t retry = mono_add(ctl_now(c->ctl), c->settings.retry_ns);

    c->n.tree_failures++;
    if (!timer_is_set(&c->repair)) {
        timer_set(ctl_timers(c->ctl), &c->repair, retry);
    }
    LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_WARN, "ways to switch " DPID_FMT " not set up: %s",
                DPID_ARGS(t->dpid), err_text(result));
}

static void take_list(struct list *from, struct list *to)
{
    struct list *elem;

    list_init(to);
    while ((elem = list_pop_front(from)) != NULL) {
        list_push_back(to, elem);
    }
}

static void update(struct cluster_tree *t);

static void update_done(void *aux, enum err result)
{
    struct cluster_tree *t = aux;
    struct list waiters;

    cluster_ready_forget_all(&t->c->ready);
    t->busy = false;
    t->failed = result != ERR_OK;
    if (t->failed) {
        settle_failed(t);
        update_failed(t, result);
    } else {
        settle_sources(t);
        if (is_current(t)) {
            remove_unused(t);
        }
    }
    take_list(&t->waiters, &waiters);
    cluster_miss_resume(t->c, &waiters, t, is_current(t) ? result : ERR_OK);
    update(t);
}

/* Brings 't' up to date, unless it is or an update is running. */
static void update(struct cluster_tree *t)
{
    if (t->busy || is_current(t)) {
        return;
    }
    if (!plan(t)) {
        settle_sources(t);
        remove_unused(t);
        return;
    }
    cluster_ready_forget_all(&t->c->ready);
    t->busy = true;
    t->c->n.tree_updates++;
    txn_commit(update_txn(t), update_done, t);
}

/* --- Requests --------------------------------------------------------------------------------- */

bool cluster_route_exists(struct clustering *c, dpid_t from, dpid_t to)
{
    return cluster_label(c, to) != LABEL_NONE && distance_ok(paths_distance(c->ctl, from, to));
}

enum cluster_route cluster_route(struct clustering *c, dpid_t from, dpid_t to, uint16_t *label,
                                 port_no_t *port, struct cluster_tree **tree)
{
    struct cluster_tree *t = cluster_route_exists(c, from, to) ? tree_get(c, to) : NULL;
    struct tree_source *src;

    *tree = t;
    if (!t) {
        return CLUSTER_ROUTE_NONE;
    }
    src = source_get(t, from);
    if (!src->ready && !(t->busy && src->new_port != OF_PORT_ANY)) {
        t->dirty = true;
    }
    update(t);
    if (t->busy || !src->ready) {
        return CLUSTER_ROUTE_WAIT;
    }
    src->used = true;
    *label = t->label;
    *port = src->port;
    return CLUSTER_ROUTE_READY;
}

void cluster_tree_wait(struct cluster_tree *tree, struct list *waiter)
{
    assert(tree->busy && "nobody would wake the waiter");
    list_push_back(&tree->waiters, waiter);
}

void cluster_tree_adopt_source(struct clustering *c, dpid_t from, dpid_t to)
{
    struct cluster_tree *t = tree_get(c, to);

    if (t) {
        source_get(t, from)->used = true;
        t->dirty = true;
        cluster_repair_later(c);
    }
}

void cluster_tree_adopt_hop(struct clustering *c, dpid_t at, dpid_t to)
{
    struct cluster_tree *t = tree_get(c, to);

    if (t) {
        hop_get(t, at);
        t->dirty = true;
        cluster_repair_later(c);
    }
}

void cluster_tree_lost(struct clustering *c, dpid_t to)
{
    struct cluster_tree *t = tree_find(c, to);

    if (t) {
        t->dirty = t->failed = true;
        cluster_repair_soon(c);
    }
}

bool cluster_tree_drop(struct clustering *c, dpid_t to)
{
    struct cluster_tree *t = tree_find(c, to);

    if (t && t->busy) {
        return false;
    }
    if (t) {
        tree_free(t);
    }
    return true;
}

/* --- Repair ----------------------------------------------------------------------------------- */

/* Trees in the order of their datapaths, so that every run writes the same messages. */
static int by_dpid(const void *a, const void *b)
{
    const struct cluster_tree *const *ta = a, *const *tb = b;

    return (*ta)->dpid < (*tb)->dpid ? -1 : (*ta)->dpid > (*tb)->dpid;
}

static void repair(void *aux, struct timer *timer)
{
    struct clustering *c = aux;
    struct cluster_tree **trees = xcalloc(c->trees.n + 1, sizeof(struct cluster_tree *));
    struct hmap_node *it, *tmp;
    size_t n = 0;

    (void)timer;
    HMAP_FOR_EACH (it, tmp, &c->trees) {
        trees[n++] = HMAP_ENTRY(it, struct cluster_tree, node);
    }
    qsort(trees, n, sizeof(struct cluster_tree *), by_dpid);
    for (size_t i = 0; i < n; i++) {
        trees[i]->dirty = trees[i]->dirty || (trees[i]->failed && !trees[i]->busy);
        update(trees[i]);
    }
    free(trees);
}

void cluster_repair_soon(struct clustering *c)
{
    timer_set(ctl_timers(c->ctl), &c->repair, ctl_now(c->ctl));
}

void cluster_repair_later(struct clustering *c)
{
    if (!cluster_is_adopting(c)) {
        cluster_repair_soon(c);
    } else if (!timer_is_set(&c->repair)) {
        timer_set(ctl_timers(c->ctl), &c->repair,
                  mono_add(ctl_now(c->ctl), c->settings.adopt_settle_ns));
    }
}

void cluster_trees_clean(struct clustering *c)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &c->trees) {
        HMAP_ENTRY(it, struct cluster_tree, node)->dirty = true;
    }
    cluster_repair_soon(c);
}

void cluster_trees_init(struct clustering *c)
{
    hmap_init(&c->trees);
    timer_init(&c->repair, repair, c);
}

void cluster_trees_fini(struct clustering *c)
{
    struct hmap_node *it, *tmp;

    timer_cancel(ctl_timers(c->ctl), &c->repair);
    HMAP_FOR_EACH (it, tmp, &c->trees) {
        tree_free(HMAP_ENTRY(it, struct cluster_tree, node));
    }
    hmap_fini(&c->trees);
}
