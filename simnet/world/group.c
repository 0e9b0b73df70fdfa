#include "simnet/world/group.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "simnet/world/action_set.h"

void groups_init(struct groups *set, uint32_t max_groups, uint32_t max_buckets,
                 group_port_live_fn *port_live, const void *aux)
{
    *set = (struct groups){.max_groups = max_groups,
                           .max_buckets = max_buckets,
                           .port_live = port_live,
                           .aux = aux,
                           .epoch = 1};
    hmap_init(&set->map);
}

void groups_delete_all(struct groups *set)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &set->map) {
        hmap_remove(&set->map, it);
        free(HMAP_ENTRY(it, struct group, node));
    }
    set->n_buckets = 0;
    set->epoch++;
}

void groups_fini(struct groups *set)
{
    groups_delete_all(set);
    hmap_fini(&set->map);
}

struct group *groups_find(const struct groups *set, uint32_t id)
{
    struct hmap_node *node = hmap_first_with(&set->map, hash_u64(id));

    return node ? HMAP_ENTRY(node, struct group, node) : NULL; /* The hash is a bijection. */
}

static int by_id(const void *a, const void *b)
{
    const struct group *const *x = a, *const *y = b;

    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

struct group **groups_sorted(const struct groups *set)
{
    struct group **list = xcalloc(set->map.n + 1, sizeof(struct group *));
    struct hmap_node *it, *next;
    size_t n = 0;

    HMAP_FOR_EACH (it, next, &set->map) {
        list[n++] = HMAP_ENTRY(it, struct group, node);
    }
    qsort(list, n, sizeof(struct group *), by_id);
    return list;
}

/* How many of the actions lead to group 'id'. */
static unsigned groups_n_refs(const struct of_actions *actions, uint32_t id)
{
    unsigned n = 0;

    for (size_t i = 0; i < actions->n; i++) {
        n += actions->list[i].type == OF_ACT_GROUP && actions->list[i].group_id == id;
    }
    return n;
}

/* --- Checks ---------------------------------------------------------------------------------- */

/* What a type does not define it must not have, and what it needs it must have (§6.7, §7.3.4.2). */
static enum of_err check_bucket(const struct groups *set, const struct of_group_mod *gm,
                                const struct of_bucket *b)
{
    bool watches = of_bucket_watches(b);

    if ((b->weight && gm->type != OF_GT_SELECT) || (gm->type == OF_GT_FF && !watches)) {
        return OF_ERR_GROUP_INVALID;
    }
    if (b->actions.n > ACTION_SET_MAX) {
        return OF_ERR_ACT_TOO_MANY;
    }
    if (watches && b->watch_group != OF_GROUP_ANY && b->watch_group != gm->group_id &&
        !groups_find(set, b->watch_group)) {
        return OF_ERR_GROUP_BAD_WATCH;
    }
    for (size_t i = 0; i < b->actions.n; i++) {
        const struct of_action *a = &b->actions.list[i];

        if (a->type == OF_ACT_GROUP && a->group_id != gm->group_id &&
            !groups_find(set, a->group_id)) {
            return OF_ERR_ACT_BAD_OUT_GROUP;
        }
    }
    return OF_OK;
}

static bool bucket_reaches(struct groups *set, const struct of_bucket *b, uint32_t id);

/* True when 'group' leads to 'id' or watches it, directly or by others. Each group is visited once. */
static bool reaches(struct groups *set, uint32_t from, uint32_t id)
{
    struct group *group = groups_find(set, from);

    if (from == id) {
        return true;
    }
    if (!group || group->mark == set->walk) {
        return false;
    }
    group->mark = set->walk;
    for (size_t i = 0; i < group->n_buckets; i++) {
        if (bucket_reaches(set, &group->buckets[i].said, id)) {
            return true;
        }
    }
    return false;
}

static bool bucket_reaches(struct groups *set, const struct of_bucket *b, uint32_t id)
{
    if (of_bucket_watches(b) && b->watch_group != OF_GROUP_ANY &&
        reaches(set, b->watch_group, id)) {
        return true;
    }
    for (size_t i = 0; i < b->actions.n; i++) {
        const struct of_action *a = &b->actions.list[i];

        if (a->type == OF_ACT_GROUP && reaches(set, a->group_id, id)) {
            return true;
        }
    }
    return false;
}

static enum of_err check_loop(struct groups *set, const struct of_group_mod *gm)
{
    set->walk++;
    for (size_t i = 0; i < gm->n_buckets; i++) {
        if (bucket_reaches(set, &gm->buckets[i], gm->group_id)) {
            return OF_ERR_GROUP_LOOP;
        }
    }
    return OF_OK;
}

static enum of_err check_room(const struct groups *set, const struct of_group_mod *gm,
                              const struct group *old)
{
    size_t n_others = set->n_buckets - (old ? old->n_buckets : 0);

    if (!old && set->map.n >= set->max_groups) {
        return OF_ERR_GROUP_OUT_OF_GROUPS;
    }
    return n_others + gm->n_buckets <= set->max_buckets ? OF_OK : OF_ERR_GROUP_OUT_OF_BUCKETS;
}

static bool have_ids(const struct of_group_mod *gm)
{
    for (size_t i = 0; i < gm->n_buckets; i++) {
        if (gm->buckets[i].bucket_id) {
            return true;
        }
    }
    return false;
}

static int by_bucket_id(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Each is one that a bucket can have, and there once. */
static enum of_err check_ids(const struct of_group_mod *gm)
{
    uint32_t *ids;
    bool twice = false;

    if (!have_ids(gm)) {
        return OF_OK;
    }
    ids = xcalloc(gm->n_buckets, sizeof *ids);
    for (size_t i = 0; i < gm->n_buckets; i++) {
        ids[i] = gm->buckets[i].bucket_id;
    }
    qsort(ids, gm->n_buckets, sizeof *ids, by_bucket_id);
    for (size_t i = 1; i < gm->n_buckets; i++) {
        twice = twice || ids[i] == ids[i - 1];
    }
    if (ids[gm->n_buckets - 1] > OF_BUCKET_MAX) {
        free(ids);
        return OF_ERR_GROUP_BAD_BUCKET;
    }
    free(ids);
    return twice ? OF_ERR_GROUP_BUCKET_EXISTS : OF_OK;
}

static enum of_err check(struct groups *set, const struct of_group_mod *gm, const struct group *old)
{
    enum of_err err = check_ids(gm);

    if (gm->group_id > OF_GROUP_MAX || (gm->type == OF_GT_INDIRECT && gm->n_buckets != 1)) {
        return OF_ERR_GROUP_INVALID;
    }
    for (size_t i = 0; i < gm->n_buckets && err == OF_OK; i++) {
        err = check_bucket(set, gm, &gm->buckets[i]);
    }
    err = err != OF_OK ? err : check_loop(set, gm);
    return err != OF_OK ? err : check_room(set, gm, old);
}

/* --- Changes --------------------------------------------------------------------------------- */

/* Fills 'b' from 'said', with its lists at '*next', which moves on. */
static void fill_bucket(struct group_bucket *b, const struct of_bucket *said,
                        struct of_action **next)
{
    struct action_set set = {0};

    *b = (struct group_bucket){.said = *said};
    if (said->actions.n) {
        memcpy(*next, said->actions.list, said->actions.n * sizeof **next);
    }
    b->said.actions.list = *next;
    *next += said->actions.n;
    action_set_write(&set, &said->actions);
    action_set_sort(&set);
    memcpy(*next, set.list, set.n * sizeof **next);
    b->ranked = *next;
    b->n_ranked = set.n;
    *next += set.n;
    for (unsigned i = 0; i < set.n; i++) {
        b->rewrites |= action_rewrites(&set.list[i]);
    }
}

static struct group *group_new(const struct of_group_mod *gm, mono_t now)
{
    bool numbered = have_ids(gm);
    size_t n_actions = 0;
    struct group *group;
    struct of_action *next;

    for (size_t i = 0; i < gm->n_buckets; i++) {
        n_actions += 2 * gm->buckets[i].actions.n;
    }
    group = xcalloc(1, sizeof *group + gm->n_buckets * sizeof *group->buckets +
                           n_actions * sizeof *next);
    group->id = gm->group_id;
    group->type = gm->type;
    group->created_at = now;
    group->n_buckets = gm->n_buckets;
    group->buckets = (struct group_bucket *)(group + 1);
    next = (struct of_action *)(group->buckets + gm->n_buckets);
    for (size_t i = 0; i < gm->n_buckets; i++) {
        fill_bucket(&group->buckets[i], &gm->buckets[i], &next);
        group->buckets[i].said.bucket_id = numbered ? gm->buckets[i].bucket_id : (uint32_t)i;
        group->total_weight += gm->buckets[i].weight;
    }
    return group;
}

static void take_out(struct groups *set, struct group *group)
{
    set->n_buckets -= (uint32_t)group->n_buckets;
    hmap_remove(&set->map, &group->node);
    free(group);
    set->epoch++;
}

enum of_err groups_set(struct groups *set, const struct of_group_mod *gm, mono_t now)
{
    struct group *old = groups_find(set, gm->group_id);
    struct group *group;
    enum of_err err;

    if (gm->command == OF_GC_ADD && old) {
        return OF_ERR_GROUP_EXISTS;
    }
    if (gm->command != OF_GC_ADD && !old) {
        return OF_ERR_GROUP_UNKNOWN_GROUP;
    }
    err = check(set, gm, old);
    if (err != OF_OK) {
        return err;
    }
    group = group_new(gm, now);
    if (old) {
        group->count = old->count;
        group->created_at = old->created_at;
        take_out(set, old);
    }
    hmap_insert(&set->map, &group->node, hash_u64(group->id));
    set->n_buckets += (uint32_t)group->n_buckets;
    set->epoch++;
    return OF_OK;
}

/* The group as it was said, in the memory of 'buckets'. */
static struct of_group_mod said(const struct group *group, struct of_bucket *buckets)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        buckets[i] = group->buckets[i].said;
    }
    return (struct of_group_mod){.type = group->type,
                                 .group_id = group->id,
                                 .buckets = buckets,
                                 .n_buckets = group->n_buckets};
}

void groups_copy(const struct groups *from, struct groups *to)
{
    struct hmap_node *it, *next;

    groups_init(to, from->max_groups, from->max_buckets, from->port_live, from->aux);
    HMAP_FOR_EACH (it, next, &from->map) {
        const struct group *group = HMAP_ENTRY(it, struct group, node);
        struct of_bucket *buckets = xcalloc(group->n_buckets + 1, sizeof *buckets);
        struct of_group_mod gm = said(group, buckets);
        struct group *copy = group_new(&gm, group->created_at);

        copy->count = group->count;
        for (size_t i = 0; i < group->n_buckets; i++) {
            copy->buckets[i].count = group->buckets[i].count;
        }
        hmap_insert(&to->map, &copy->node, hash_u64(copy->id));
        free(buckets);
    }
    to->n_buckets = from->n_buckets;
}

enum of_err groups_check_delete(struct groups *set, uint32_t id)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &set->map) {
        const struct group *group = HMAP_ENTRY(it, struct group, node);

        for (size_t i = 0; i < group->n_buckets; i++) {
            if (groups_n_refs(&group->buckets[i].said.actions, id)) {
                return OF_ERR_GROUP_CHAINED;
            }
        }
    }
    return OF_OK;
}

void groups_delete(struct groups *set, uint32_t id)
{
    struct group *group = groups_find(set, id);

    if (group) {
        take_out(set, group);
    }
}

/* --- Liveness -------------------------------------------------------------------------------- */

static bool group_live(struct groups *set, struct group *group)
{
    if (group->known_since != set->epoch) {
        group->known_since = set->epoch;
        group->live = groups_failover(set, group) != NULL;
    }
    return group->live;
}

/* A bucket lives when the port or the group that it watches does, or when it watches nothing; a group
 * when one of its buckets does (§6.7). */
static bool groups_bucket_live(struct groups *set, const struct group_bucket *bucket)
{
    port_no_t port = bucket->said.watch_port;
    uint32_t id = bucket->said.watch_group;
    struct group *watched;

    if (!of_bucket_watches(&bucket->said)) {
        return true;
    }
    if (port != OF_PORT_ANY && set->port_live(set->aux, port)) {
        return true;
    }
    watched = id != OF_GROUP_ANY ? groups_find(set, id) : NULL;
    return watched && group_live(set, watched);
}

struct group_bucket *groups_failover(struct groups *set, struct group *group)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        if (groups_bucket_live(set, &group->buckets[i])) {
            return &group->buckets[i];
        }
    }
    return NULL;
}

/* The bucket at 'point' of the weights laid end to end, of those that live or of all. */
static struct group_bucket *at_point(struct groups *set, struct group *group, uint64_t point,
                                     bool only_live)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        struct group_bucket *b = &group->buckets[i];

        if (only_live && !groups_bucket_live(set, b)) {
            continue;
        }
        if (point < b->said.weight) {
            return b;
        }
        point -= b->said.weight;
    }
    return NULL;
}

struct group_bucket *groups_select(struct groups *set, struct group *group, uint64_t hash)
{
    struct group_bucket *chosen;
    uint64_t live_weight = 0;

    if (!group->total_weight) {
        return NULL;
    }
    chosen = at_point(set, group, hash % group->total_weight, false);
    if (groups_bucket_live(set, chosen)) {
        return chosen;
    }
    for (size_t i = 0; i < group->n_buckets; i++) {
        live_weight +=
            groups_bucket_live(set, &group->buckets[i]) ? group->buckets[i].said.weight : 0;
    }
    return live_weight ? at_point(set, group, hash_u64(hash) % live_weight, true) : NULL;
}
