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
 *                                          then  what has an alternate is protected by it
 *
 * A request or a change of the topology during an update leads to another one after it. A switch that is
 * lost ends the update where it is: what it still has may lead to those whose turn would be next.
 *
 * In its stage, an entry that changes is written without its alternate, unless that is nearer to the
 * destination and the group is there. What it had before is gone then, so that no old alternate leads to
 * a switch that has turned round. Groups are made and entries led to them when all of the tree is there:
 * traffic does not wait for its protection. */
#include "controller/apps/cluster_tree.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"

LOG_MODULE(clustering);

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
    t = xcalloc_lines(1, sizeof(*t));
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

/* --- Updates ---------------------------------------------------------------------------------- */

/* True when the transit entry of 'hop' is what it shall be. */
static bool is_as_planned(const struct cluster_tree *t, const struct tree_hop *hop)
{
    const struct flow_entry *entry = cluster_find_transit(t->c, hop->dpid, t->label);

    return entry && flow_entry_state(entry) != FLOW_DELETING &&
           failover_eq(cluster_entry_way(entry), hop->way);
}

/* What an entry of 'dpid' that shall become 'way' can be in its stage. */
static struct failover_way at_once(struct cluster_tree *t, dpid_t dpid, struct failover_way way,
                                   bool is_level)
{
    if (way.alt != OF_PORT_ANY && (is_level || !failover_is_there(t->c->failover, dpid, way))) {
        t->unprotected = true;
        way.alt = OF_PORT_ANY;
    }
    return way;
}

static void update_hop(struct cluster_tree *t, const struct tree_hop *hop, struct txn *txn)
{
    struct failover_way way = hop->way;
    struct cluster_spec spec;

    if (way.alt == OF_PORT_ANY || !is_as_planned(t, hop)) {
        way = at_once(t, hop->dpid, way, hop->is_level);
        failover_look(t->c->failover, hop->dpid);
    }
    failover_add(t->c->failover, txn, 0, hop->dpid, way);
    cluster_spec_transit(t->c, t->label, way, &spec);
    cluster_add(t->c, txn, hop->dist, hop->dpid, &spec);
}

static bool is_turned(const struct tree_source *src, struct failover_way way)
{
    return src->used && (src->doubtful || !failover_eq(src->way, way));
}

/* True when the ingress entries of 'src' are what they shall be: so are often those of an earlier
 * controller. */
static bool is_turned_already(const struct cluster_tree *t, const struct tree_source *src)
{
    if (src->way.port == OF_PORT_ANY || src->doubtful) {
        return src->used && cluster_ingress_is(t->c, src->dpid, t->label, src->target);
    }
    return failover_eq(src->way, src->target);
}

static void update_source(struct cluster_tree *t, struct tree_source *src, struct txn *txn)
{
    if (src->new_way.port == OF_PORT_ANY) {
        return;
    }
    src->new_way = src->target;
    if (!is_turned_already(t, src)) {
        src->new_way = at_once(t, src->dpid, src->target, src->is_level);
    }
    if (is_turned(src, src->new_way)) {
        failover_look(t->c->failover, src->dpid);
        failover_add(t->c->failover, txn, 0, src->dpid, src->new_way);
        cluster_ingress_turn(t->c, txn, src->dist, src->dpid, t->label, src->new_way);
        cluster_pairs_remove_label(t->c, txn, src->dist, src->dpid, t->label);
    }
}

static struct txn *update_txn(struct cluster_tree *t)
{
    struct txn *txn = txn_begin(t->c->ctl);
    struct cluster_spec spec;

    t->unprotected = false;
    txn_keep_order(txn);
    cluster_spec_own(t->c, t->label, &spec);
    cluster_add(t->c, txn, 0, t->dpid, &spec);
    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted) {
            update_hop(t, &t->hops[i], txn);
        }
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        update_source(t, &t->sources[i], txn);
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
    cluster_spec_transit(t->c, t->label, failover_plain(OF_PORT_ANY), &spec);
    txn = txn_begin(t->c->ctl);
    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted) {
            t->hops[kept++] = t->hops[i];
        } else {
            failover_look(t->c->failover, t->hops[i].dpid);
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

        if (src->new_way.port != OF_PORT_ANY) {
            src->ready = true;
            src->doubtful = false;
            src->way = src->new_way;
            src->new_way = failover_plain(OF_PORT_ANY);
        }
    }
}

static bool stands(const struct cluster_tree *t, const struct tree_source *src,
                   struct failover_way way)
{
    return cluster_way_stands(t->c, src->dpid, way.port, t->dpid, t->label);
}

/* Some are, and others are what they were. A source that has a way by these is ready; what ingress entries
 * lead elsewhere are taken away, so that their frames come to the controller, which carries them. */
static void settle_failed(struct cluster_tree *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->new_way.port == OF_PORT_ANY) {
            continue;
        }
        src->way = stands(t, src, src->new_way) ? src->new_way : src->way;
        src->new_way = failover_plain(OF_PORT_ANY);
        src->ready = stands(t, src, src->way);
        src->doubtful = src->doubtful || t->c->settings.fast_failover;
        if (src->used) {
            cluster_ingress_withdraw(t->c, src->dpid, t->label,
                                     src->ready ? src->way.port : OF_PORT_ANY);
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

/* --- Protection ------------------------------------------------------------------------------- */

static void take_list(struct list *from, struct list *to)
{
    struct list *elem;

    list_init(to);
    while ((elem = list_pop_front(from)) != NULL) {
        list_push_back(to, elem);
    }
}

static void update(struct cluster_tree *t);

/* When it has failed, which entries are protected is not known. The ways are what they were. */
static void protected(void *aux, enum err result)
{
    struct cluster_tree *t = aux;
    struct list waiters;

    t->busy = false;
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];

        if (src->ready && src->way.port == src->target.port) {
            src->doubtful = src->doubtful || result != ERR_OK;
            src->way = result == ERR_OK ? src->target : src->way;
        }
    }
    if (result != ERR_OK) {
        t->failed = true;
        update_failed(t, result);
    }
    take_list(&t->waiters, &waiters);
    cluster_miss_resume(t->c, &waiters, t, ERR_OK);
    update(t);
}

static struct txn *protect_txn(const struct cluster_tree *t)
{
    struct txn *txn = txn_begin(t->c->ctl);
    struct cluster_spec spec;

    for (size_t i = 0; i < t->n_hops; i++) {
        const struct tree_hop *hop = &t->hops[i];

        if (hop->wanted && hop->way.alt != OF_PORT_ANY) {
            failover_add(t->c->failover, txn, 0, hop->dpid, hop->way);
            cluster_spec_transit(t->c, t->label, hop->way, &spec);
            cluster_add(t->c, txn, 0, hop->dpid, &spec);
        }
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        const struct tree_source *src = &t->sources[i];

        if (src->ready && src->way.port == src->target.port && is_turned(src, src->target)) {
            failover_add(t->c->failover, txn, 0, src->dpid, src->target);
            cluster_ingress_turn(t->c, txn, 0, src->dpid, t->label, src->target);
        }
    }
    return txn;
}

/* Leads entries of the present plan, all of which are there, to their groups. */
static void protect(struct cluster_tree *t)
{
    if (t->unprotected && !t->busy && !t->failed && cluster_plan_is_current(t)) {
        t->unprotected = false;
        t->busy = true;
        t->c->n.protections++;
        txn_commit(protect_txn(t), protected, t);
    }
}

/* --- The course of an update ------------------------------------------------------------------ */

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
        if (cluster_plan_is_current(t)) {
            remove_unused(t);
        }
    }
    take_list(&t->waiters, &waiters);
    cluster_miss_resume(t->c, &waiters, t, cluster_plan_is_current(t) ? result : ERR_OK);
    update(t);
    protect(t);
}

/* Brings 't' up to date, unless it is or an update is running. */
static void update(struct cluster_tree *t)
{
    if (t->busy || cluster_plan_is_current(t)) {
        return;
    }
    if (!cluster_plan(t)) {
        settle_sources(t);
        remove_unused(t);
        protect(t);
        return;
    }
    cluster_ready_forget_all(&t->c->ready);
    t->busy = true;
    t->c->n.tree_updates++;
    txn_commit(update_txn(t), update_done, t);
}

/* --- Requests --------------------------------------------------------------------------------- */

/* The source 'from' of the tree towards 'to' when the way is ready, as it mostly is; else NULL. */
static struct tree_source *ready_source(const struct clustering *c, dpid_t from, dpid_t to,
                                        struct cluster_tree **tree)
{
    struct cluster_tree *t = tree_find(c, to);
    struct tree_source *src = t ? cluster_plan_find_source(t, from) : NULL;

    *tree = t;
    return src && src->ready && !t->busy && cluster_plan_is_current(t) ? src : NULL;
}

static void look_at_tree(const struct clustering *c, dpid_t from, dpid_t to, unsigned step)
{
    uint64_t hash = hash_u64(to);
    struct hmap_node *node;

    if (step == 0) {
        hmap_prefetch(&c->trees, hash);
        return;
    }
    node = hmap_first_with(&c->trees, hash);
    if (step == 1) {
        __builtin_prefetch(node);
    } else if (node) {
        cluster_plan_prefetch_source(HMAP_ENTRY(node, struct cluster_tree, node), from);
    }
}

void cluster_trees_look(const struct clustering *c, const struct ctl_look *look)
{
    dpid_t to = host_dpid(look->host);

    if (to != look->dpid) {
        look_at_tree(c, look->dpid, to, look->step);
        look_at_tree(c, to, look->dpid, look->step);
    }
}

bool cluster_has_label(const struct clustering *c, dpid_t dpid)
{
    return tree_find(c, dpid) || labels_find(&c->labels, dpid) != LABEL_NONE;
}

bool cluster_tree_lead(const struct clustering *c, dpid_t from, dpid_t to, struct cluster_lead *lead)
{
    const struct cluster_tree *t = tree_find(c, to);
    const struct tree_source *src = t ? cluster_plan_find_source(t, from) : NULL;

    if (src) {
        *lead = (struct cluster_lead){t->label, src->way};
    }
    return src != NULL;
}

bool cluster_route_exists(struct clustering *c, dpid_t from, dpid_t to)
{
    struct cluster_tree *t;

    if (ready_source(c, from, to, &t)) {
        return true;
    }
    return cluster_label(c, to) != LABEL_NONE && cluster_plan_reaches(paths_distance(c->ctl, from, to));
}

enum cluster_route cluster_route(struct clustering *c, dpid_t from, dpid_t to,
                                 struct cluster_lead *lead, struct cluster_tree **tree)
{
    struct cluster_tree *t;
    struct tree_source *src = ready_source(c, from, to, &t);

    if (src) {
        src->used = true;
        *tree = t;
        *lead = (struct cluster_lead){t->label, src->way};
        return CLUSTER_ROUTE_READY;
    }
    t = cluster_route_exists(c, from, to) ? tree_get(c, to) : NULL;
    *tree = t;
    if (!t) {
        return CLUSTER_ROUTE_NONE;
    }
    src = cluster_plan_source(t, from);
    if (!src->ready && !(t->busy && src->new_way.port != OF_PORT_ANY) &&
        !cluster_plan_join(t, src)) {
        t->dirty = true;
    }
    update(t);
    if (t->busy || !src->ready) {
        return CLUSTER_ROUTE_WAIT;
    }
    src->used = true;
    *lead = (struct cluster_lead){t->label, src->way};
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
        cluster_plan_source(t, from)->used = true;
        t->dirty = true;
        cluster_repair_later(c);
    }
}

void cluster_tree_adopt_hop(struct clustering *c, dpid_t at, dpid_t to)
{
    struct cluster_tree *t = tree_get(c, to);

    if (t) {
        cluster_plan_hop(t, at);
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

static void all_dirty(struct clustering *c)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &c->trees) {
        HMAP_ENTRY(it, struct cluster_tree, node)->dirty = true;
    }
}

void cluster_trees_clean(struct clustering *c)
{
    all_dirty(c);
    cluster_repair_soon(c);
}

void cluster_trees_doubt(struct clustering *c)
{
    all_dirty(c);
    cluster_repair_later(c);
}

size_t cluster_trees_bytes(const struct clustering *c)
{
    size_t n = alloc_bytes(hmap_slot_bytes(&c->trees));
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &c->trees) {
        const struct cluster_tree *t = HMAP_ENTRY(it, struct cluster_tree, node);

        n += alloc_bytes(sizeof *t) + alloc_bytes(t->cap_sources * sizeof *t->sources) +
             alloc_bytes(t->cap_hops * sizeof *t->hops);
    }
    return n;
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
