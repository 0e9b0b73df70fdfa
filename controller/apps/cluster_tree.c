/* Label entries: for every destination switch the tree of those that send to it. What is asked of trees, and when
 * they are repaired; cluster_update.c carries out what cluster_plan.c plans. */
#include "controller/apps/cluster_tree.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"

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
    cluster_update(t);
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
        cluster_update(trees[i]);
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
