/* The group table of a switch: which groups there are, where they lead, which of their buckets live
 * (OF 1.3.5 §5.6, §6.7). It knows no packets; swtch_group.c sends these through buckets.
 *
 * Groups may lead to groups, and buckets may watch groups; neither may lead in a circle. A group that
 * another one leads to cannot be deleted alone (GROUP_CHAINED).
 *
 * Liveness is computed when asked for and kept until something changes: whoever owns the table says so
 * with groups_touch() when a port has come or gone. */
#ifndef TAMBO_WORLD_GROUP_H
#define TAMBO_WORLD_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/openflow/of_msg.h"

struct group_bucket {
    struct of_bucket said;          /* As the controller said it. */
    const struct of_action *ranked; /* The same actions as an action set in order of execution. */
    unsigned n_ranked;
    bool rewrites; /* Some action can change the packet. */
    struct of_counter count;
};

struct group {
    struct hmap_node node;
    uint32_t id;
    enum of_group_type type;
    struct group_bucket *buckets; /* With all that they point to in one piece of memory. */
    size_t n_buckets;
    uint64_t total_weight;
    struct of_counter count;
    mono_t created_at;
    uint64_t mark;        /* Of the last walk that came by. */
    uint64_t known_since; /* 'live' was computed in this epoch. */
    bool live;
};

/* True when the port is up and configured to be used. */
typedef bool group_port_live_fn(const void *aux, port_no_t port);

struct groups {
    struct hmap map;
    uint32_t n_buckets; /* Of all groups. */
    uint32_t max_groups, max_buckets;
    group_port_live_fn *port_live;
    const void *aux;
    uint64_t epoch, walk;
};

void groups_init(struct groups *set, uint32_t max_groups, uint32_t max_buckets,
                 group_port_live_fn *port_live, const void *aux);
void groups_fini(struct groups *set);

/* The group called 'id', or NULL. */
struct group *groups_find(const struct groups *set, uint32_t id);

/* Adds or modifies as 'gm' says; a modified group goes on counting, and its buckets are new ones (§6.7). The actions
 * of the buckets are sound in themselves. On error nothing has changed:
 *   GROUP_EXISTS, GROUP_UNKNOWN_GROUP        the id is taken, or is not
 *   GROUP_INVALID, GROUP_BAD_WATCH           what the type does not allow
 *   GROUP_OUT_OF_GROUPS, _OUT_OF_BUCKETS     no room
 *   GROUP_LOOP                               it would lead to itself or watch itself
 *   ACT_BAD_OUT_GROUP, ACT_TOO_MANY          a bucket leads nowhere, or is no action set
 *   GROUP_BAD_BUCKET, GROUP_BUCKET_EXISTS    ids that are none, or are twice (1.5)
 * Buckets all of which have the id 0 are numbered by their position. */
enum of_err groups_set(struct groups *set, const struct of_group_mod *gm, mono_t now);

/* Puts buckets into a group, or takes some out, by their ids (1.5 §6.10.3); those that stay keep their
 * counters. Errors as above, and GROUP_BAD_BUCKET (an id that none can have there), GROUP_UNKNOWN_BUCKET,
 * GROUP_BUCKET_EXISTS. */
enum of_err groups_change_buckets(struct groups *set, const struct of_group_mod *gm);

/* GROUP_CHAINED when another group leads to 'id'. A group that is not there is none to delete. */
enum of_err groups_check_delete(struct groups *set, uint32_t id);
void groups_delete(struct groups *set, uint32_t id);
void groups_delete_all(struct groups *set);

/* Makes '*to', which has no groups, as 'from'. */
void groups_copy(const struct groups *from, struct groups *to);

/* A port has changed. */
static inline void groups_touch(struct groups *set)
{
    set->epoch++;
}

/* The bucket of a select group for packets with this hash: in proportion to the weights, and the same as
 * long as it lives whatever happens to the others. NULL: none lives. */
struct group_bucket *groups_select(struct groups *set, struct group *group, uint64_t hash);

/* The first bucket that lives, or NULL: fast failover. */
struct group_bucket *groups_failover(struct groups *set, struct group *group);

/* The groups in the order of their ids, an array of set->map.n for the caller to free(). */
struct group **groups_sorted(const struct groups *set);

#endif
