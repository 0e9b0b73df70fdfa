/* Multiparts of groups (OF 1.3.5 §7.3.5.9 to §7.3.5.11). */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

enum {
    GROUP_BYTES = 40,   /* Of statistics or of a description, without buckets. */
    COUNTER_BYTES = 16, /* Of a bucket's counters. */
    BUCKET_BYTES = 40,  /* Of a bucket's description in any version, without actions. */
};

/* The groups that a request asks for, in the order of their ids. */
static struct group **asked_for(const struct swtch *sw, uint32_t group_id, size_t *n)
{
    struct group **list;

    if (group_id == OF_GROUP_ALL) {
        *n = sw->groups.map.n;
        return groups_sorted(&sw->groups);
    }
    list = xcalloc(1, sizeof(struct group *));
    list[0] = groups_find(&sw->groups, group_id);
    *n = list[0] != NULL;
    return list;
}

/* --- References ------------------------------------------------------------------------------ */

/* Who leads to a group: how many, and the last that was counted. */
struct refs {
    uint32_t n, last;
};

static struct refs *refs_of(struct group *const *list, struct refs *refs, size_t n, uint32_t id)
{
    size_t low = 0;

    while (n) {
        size_t half = n / 2;

        if (list[low + half]->id == id) {
            return &refs[low + half];
        }
        if (list[low + half]->id < id) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return NULL;
}

/* 'owner', from 1 on, is counted once for each group, however often it leads there. */
static void count_actions(struct group *const *list, struct refs *refs, size_t n, uint32_t owner,
                          const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];
        struct refs *r = a->type == OF_ACT_GROUP ? refs_of(list, refs, n, a->group_id) : NULL;

        if (r) {
            r->n += r->last != owner;
            r->last = owner;
        }
    }
}

/* How many entries and groups lead to each of 'list', all in one walk (§7.3.5.9). */
static struct refs *count_refs(struct swtch *sw, struct group *const *list, size_t n)
{
    struct refs *refs = arena_calloc(&sw->arena, n + 1, sizeof *refs);
    struct hmap_node *it, *next;
    uint32_t owner = 0;

    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        for (uint32_t i = table_first(sw->tables[t]); i != TABLE_NONE;
             i = table_next(sw->tables[t], i)) {
            const struct of_instructions *ins = &table_entry(sw->tables[t], i).program->ins;

            owner++;
            count_actions(list, refs, n, owner, &ins->apply);
            count_actions(list, refs, n, owner, &ins->write);
        }
    }
    HMAP_FOR_EACH (it, next, &sw->groups.map) {
        const struct group *group = HMAP_ENTRY(it, struct group, node);

        owner++;
        for (size_t b = 0; b < group->n_buckets; b++) {
            count_actions(list, refs, n, owner, &group->buckets[b].said.actions);
        }
    }
    return refs;
}

/* --- Statistics ------------------------------------------------------------------------------ */

static void fill_stats(struct swtch *sw, const struct group *group, uint32_t n_refs,
                       struct of_group_stats *out)
{
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), group->created_at);
    struct of_counter *buckets = arena_calloc(&sw->arena, group->n_buckets + 1, sizeof *buckets);

    for (size_t b = 0; b < group->n_buckets; b++) {
        buckets[b] = group->buckets[b].count;
    }
    *out = (struct of_group_stats){
        .group_id = group->id,
        .n_refs = n_refs,
        .n_packets = group->count.n_packets,
        .n_bytes = group->count.n_bytes,
        .duration_s = (uint32_t)(age_ns / NS_PER_S),
        .duration_ns = (uint32_t)(age_ns % NS_PER_S),
        .buckets = buckets,
        .n_buckets = group->n_buckets,
    };
}

enum of_err swtch_stats_groups(struct answer *a, uint32_t group_id)
{
    size_t n_groups, n = 0, size = 0;
    struct group **groups = asked_for(a->sw, group_id, &n_groups);
    struct refs *refs = count_refs(a->sw, groups, n_groups);
    struct of_group_stats *list = arena_calloc(&a->sw->arena, n_groups + 1, sizeof *list);

    for (size_t i = 0; i < n_groups; i++) {
        size_t more = GROUP_BYTES + COUNTER_BYTES * groups[i]->n_buckets;

        if (n && size + more > STATS_BODY_BYTES) {
            a->msg.mp_reply.group_stats = list;
            swtch_stats_part(a, n, true);
            n = size = 0;
        }
        fill_stats(a->sw, groups[i], refs[i].n, &list[n]);
        a->msg.mp_reply.group_stats = &list[n];
        if (swtch_stats_can_tell(a, more)) {
            size += more;
            n++;
        }
    }
    a->msg.mp_reply.group_stats = list;
    swtch_stats_part(a, n, false);
    free(groups);
    return OF_OK;
}

/* --- Descriptions ---------------------------------------------------------------------------- */

static size_t desc_size(const struct group *group)
{
    size_t size = GROUP_BYTES + BUCKET_BYTES * group->n_buckets;

    for (size_t b = 0; b < group->n_buckets; b++) {
        size += swtch_stats_actions_size(&group->buckets[b].said.actions);
    }
    return size;
}

static void fill_desc(struct swtch *sw, const struct group *group, struct of_group_desc *out)
{
    struct of_bucket *buckets = arena_calloc(&sw->arena, group->n_buckets + 1, sizeof *buckets);

    for (size_t b = 0; b < group->n_buckets; b++) {
        buckets[b] = group->buckets[b].said;
    }
    *out = (struct of_group_desc){group->type, group->id, buckets, group->n_buckets};
}

void swtch_stats_group_descs(struct answer *a, uint32_t group_id)
{
    size_t n_groups, n = 0, size = 0;
    struct group **groups = asked_for(a->sw, group_id, &n_groups);
    struct of_group_desc *list = arena_calloc(&a->sw->arena, n_groups + 1, sizeof *list);

    for (size_t i = 0; i < n_groups; i++) {
        size_t more = desc_size(groups[i]);

        if (n && size + more > STATS_BODY_BYTES) {
            a->msg.mp_reply.group_descs = list;
            swtch_stats_part(a, n, true);
            n = size = 0;
        }
        fill_desc(a->sw, groups[i], &list[n]);
        a->msg.mp_reply.group_descs = &list[n];
        if (swtch_stats_can_tell(a, more)) {
            size += more;
            n++;
        }
    }
    a->msg.mp_reply.group_descs = list;
    swtch_stats_part(a, n, false);
    free(groups);
}

/* --- Features -------------------------------------------------------------------------------- */

void swtch_stats_group_features(struct answer *a)
{
    struct of_group_features *f = &a->msg.mp_reply.group_features;

    f->types = (1U << OF_N_GROUP_TYPES) - 1;
    f->capabilities =
        OF_GFC_SELECT_WEIGHT | OF_GFC_SELECT_LIVENESS | OF_GFC_CHAINING | OF_GFC_CHAINING_CHECKS;
    for (unsigned t = 0; t < OF_N_GROUP_TYPES; t++) {
        f->max_groups[t] = a->sw->groups.max_groups;
        f->actions[t] = swtch_check_known_actions(a->sw->cur->version);
    }
    swtch_send(a->sw, &a->msg);
}
