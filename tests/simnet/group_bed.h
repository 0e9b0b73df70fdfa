/* A switch under test with groups. */
#ifndef TAMBO_TESTS_GROUP_BED_H
#define TAMBO_TESTS_GROUP_BED_H

#include "tests/simnet/switch_bed.h"

enum { GROUP = 2385 };

static inline struct of_bucket bucket_of(const struct of_action *list, size_t n)
{
    return (struct of_bucket){
        .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY, .actions = {list, n}};
}

static inline struct of_msg group_msg(enum of_group_command command, enum of_group_type type,
                                      uint32_t id, const struct of_bucket *buckets, size_t n)
{
    return (struct of_msg){
        .type = OF_GROUP_MOD,
        .group_mod = {
            .command = command, .type = type, .group_id = id, .buckets = buckets, .n_buckets = n}};
}

static inline struct of_action to_group(uint32_t id)
{
    return (struct of_action){.type = OF_ACT_GROUP, .group_id = id};
}

/* Three buckets, one to each port, and an entry for frames to 0xa that leads to group GROUP. */
struct fan {
    struct bed bed;
    struct of_action out[N_PORTS], go;
    struct of_bucket buckets[N_PORTS];
};

static inline void fan_open(struct fan *fan, enum of_group_type type)
{
    bed_open(&fan->bed, OF_VERSION_1_3, 2);
    for (unsigned p = 0; p < N_PORTS; p++) {
        fan->out[p] = of_output(p + 1);
        fan->buckets[p] = bucket_of(&fan->out[p], 1);
        fan->buckets[p].weight = type == OF_GT_SELECT ? 1 : 0;
        fan->buckets[p].watch_port = type == OF_GT_ALL ? OF_PORT_ANY : p + 1;
    }
    fan->go = to_group(GROUP);
    assert_null(ask(&fan->bed, group_msg(OF_GC_ADD, type, GROUP, fan->buckets,
                                         type == OF_GT_INDIRECT ? 1 : N_PORTS)));
    assert_null(ask(&fan->bed, flow_add(0xa, 7, of_apply(&fan->go, 1))));
}

static inline struct of_group_stats stats_of(struct bed *bed, uint32_t id)
{
    const struct of_msg *a =
        ask(bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                 .mp_request = {.type = OF_MP_GROUP_STATS, .group_id = id}});

    assert_int_equal(a->mp_reply.n, 1);
    return a->mp_reply.group_stats[0];
}

#endif
