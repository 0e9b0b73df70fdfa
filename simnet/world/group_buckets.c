/* Buckets that come into a group or leave it, one by one (1.5 §6.10.3, §7.3.4.3). */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/group.h"

/* Position of the bucket with the id, or of the first or last one; the number of buckets: there is none. */
static size_t position(const struct group *group, uint32_t id)
{
    size_t i = 0;

    if (id == OF_BUCKET_FIRST || !group->n_buckets) {
        return 0;
    }
    if (id == OF_BUCKET_LAST) {
        return group->n_buckets - 1;
    }
    while (i < group->n_buckets && group->buckets[i].said.bucket_id != id) {
        i++;
    }
    return i;
}

static size_t append(struct of_bucket *to, size_t n, const struct group *group, size_t from,
                     size_t end)
{
    for (size_t i = from; i < end; i++) {
        to[n++] = group->buckets[i].said;
    }
    return n;
}

/* A message that does not call the group a select group, which it is, may say no weight either: the bucket then
 * weighs as much as others do that were given none. */
static bool lacks_weight(const struct group *group, const struct of_group_mod *gm,
                         const struct of_bucket *bucket)
{
    return group->type == OF_GT_SELECT && gm->type != OF_GT_SELECT && !bucket->weight;
}

/* The list with the new buckets before all others, behind all, or behind the one that is named. */
static enum of_err insert(const struct group *group, const struct of_group_mod *gm,
                          struct of_bucket *list, size_t *n)
{
    size_t at = position(group, gm->command_bucket_id);

    if (gm->command_bucket_id == OF_BUCKET_ALL) {
        return OF_ERR_GROUP_BAD_BUCKET;
    }
    if (gm->command_bucket_id <= OF_BUCKET_MAX && at == group->n_buckets) {
        return OF_ERR_GROUP_UNKNOWN_BUCKET;
    }
    for (size_t i = 0; i < gm->n_buckets; i++) {
        if (position(group, gm->buckets[i].bucket_id) < group->n_buckets) {
            return OF_ERR_GROUP_BUCKET_EXISTS;
        }
    }
    at += gm->command_bucket_id != OF_BUCKET_FIRST && group->n_buckets;
    *n = append(list, 0, group, 0, at);
    for (size_t i = 0; i < gm->n_buckets; i++) {
        list[*n] = gm->buckets[i];
        list[(*n)++].weight += lacks_weight(group, gm, &gm->buckets[i]);
    }
    *n = append(list, *n, group, at, group->n_buckets);
    return OF_OK;
}

/* The list without all buckets, or without one. */
static enum of_err take(const struct group *group, const struct of_group_mod *gm,
                        struct of_bucket *list, size_t *n)
{
    size_t at = position(group, gm->command_bucket_id);

    if (gm->n_buckets) {
        return OF_ERR_GROUP_BAD_BUCKET;
    }
    *n = 0;
    if (gm->command_bucket_id == OF_BUCKET_ALL) {
        return OF_OK;
    }
    if (at >= group->n_buckets) {
        return OF_ERR_GROUP_UNKNOWN_BUCKET;
    }
    *n = append(list, 0, group, 0, at);
    *n = append(list, *n, group, at + 1, group->n_buckets);
    return OF_OK;
}

/* What the buckets that stay have counted. */
struct kept {
    uint32_t id;
    struct of_counter count;
};

static struct kept *keep_counts(const struct group *group)
{
    struct kept *kept = xcalloc(group->n_buckets + 1, sizeof *kept);

    for (size_t i = 0; i < group->n_buckets; i++) {
        kept[i] = (struct kept){group->buckets[i].said.bucket_id, group->buckets[i].count};
    }
    return kept;
}

static void give_back_counts(struct group *group, const struct kept *kept, size_t n)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        for (size_t k = 0; k < n; k++) {
            if (kept[k].id == group->buckets[i].said.bucket_id) {
                group->buckets[i].count = kept[k].count;
            }
        }
    }
}

static enum of_err set_list(struct groups *set, struct group *group, const struct of_bucket *list,
                            size_t n)
{
    struct of_group_mod gm = {.command = OF_GC_MODIFY,
                              .type = group->type,
                              .group_id = group->id,
                              .buckets = list,
                              .n_buckets = n};
    struct kept *kept = keep_counts(group);
    size_t n_kept = group->n_buckets;
    enum of_err err = groups_set(set, &gm, group->created_at);

    if (err == OF_OK) {
        give_back_counts(groups_find(set, gm.group_id), kept, n_kept); /* It is a new one. */
    }
    free(kept);
    return err;
}

enum of_err groups_change_buckets(struct groups *set, const struct of_group_mod *gm)
{
    struct group *group = groups_find(set, gm->group_id);
    struct of_bucket *list;
    enum of_err err;
    size_t n;

    if (!group) {
        return OF_ERR_GROUP_UNKNOWN_GROUP;
    }
    list = xcalloc(group->n_buckets + gm->n_buckets + 1, sizeof *list);
    err = gm->command == OF_GC_INSERT_BUCKET ? insert(group, gm, list, &n)
                                             : take(group, gm, list, &n);
    err = err == OF_OK ? set_list(set, group, list, n) : err;
    free(list);
    return err;
}
