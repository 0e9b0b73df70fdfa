/* What a controller asks of groups: OF 1.3.5 §6.7 (modification), §7.3.5.9 to §7.3.5.11 (multiparts). */
#include "tests/simnet/group_bed.h"

/* --- Group-mods ------------------------------------------------------------------------------- */

static void test_6_7_errors_of_group_mods(void **state)
{
    struct fan fan;
    struct of_bucket b;
    struct of_action bad_port = of_output(99), table = of_output(OF_PORT_TABLE);
    struct of_action bad_group = to_group(99), push = of_push_vlan(0x1234);

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, GROUP, fan.buckets, 1)),
                 OF_ERR_GROUP_EXISTS);
    expect_error(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 7, fan.buckets, 1)),
                 OF_ERR_GROUP_UNKNOWN_GROUP);
    expect_error(ask(&fan.bed, group_msg((enum of_group_command)9, OF_GT_ALL, 7, NULL, 0)),
                 OF_ERR_GROUP_BAD_COMMAND);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, (enum of_group_type)9, 7, NULL, 0)),
                 OF_ERR_GROUP_BAD_TYPE);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, OF_GROUP_ALL, NULL, 0)),
                 OF_ERR_GROUP_INVALID);
    b = fan.buckets[0];
    b.weight = 2; /* Only of select groups. */
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)), OF_ERR_GROUP_INVALID);
    b.weight = 0; /* Watches nothing. */
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_FF, 7, &b, 1)), OF_ERR_GROUP_INVALID);
    b.watch_port = 99;
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_FF, 7, &b, 1)), OF_ERR_GROUP_BAD_WATCH);
    b.watch_port = OF_PORT_ANY;
    b.watch_group = 99;
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_FF, 7, &b, 1)), OF_ERR_GROUP_BAD_WATCH);
    b = bucket_of(&bad_port, 1);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)), OF_ERR_ACT_BAD_OUT_PORT);
    b = bucket_of(&table, 1);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)), OF_ERR_ACT_BAD_OUT_PORT);
    b = bucket_of(&bad_group, 1);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)),
                 OF_ERR_ACT_BAD_OUT_GROUP);
    b = bucket_of(&push, 1);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)), OF_ERR_ACT_BAD_ARGUMENT);
    expect_error(ask(&fan.bed, flow_add(0xb, 7, of_apply(&bad_group, 1))),
                 OF_ERR_ACT_BAD_OUT_GROUP);
    bed_close(&fan.bed);
}

/* Port 0 is none: a bucket that was left at zero watches nothing, not even group 0. */
static void test_7_3_4_2_zeros_watch_nothing(void **state)
{
    struct bed bed;
    struct of_action to1 = of_output(1), to2 = of_output(2), go = to_group(0);
    struct of_bucket b[] = {bucket_of(&to1, 1), bucket_of(&to2, 1)};
    const struct of_msg *a;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        b[i].watch_port = b[i].watch_group = 0;
        b[i].weight = 1;
    }
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_SELECT, 0, b, 2)));
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&go, 1))));
    receive(&bed, 3, 0xa);
    assert_int_equal(bed.n_out[1] + bed.n_out[2], 1);
    a = ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                  .mp_request = {.type = OF_MP_GROUP_DESC}});
    assert_int_equal(a->mp_reply.group_descs[0].buckets[1].watch_port, 0);
    assert_int_equal(a->mp_reply.group_descs[0].buckets[1].watch_group, 0);
    b[0].weight = 0;
    assert_null(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 0, b, 1)));
    expect_error(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_FF, 0, b, 1)), OF_ERR_GROUP_INVALID);
    bed_close(&bed);
}

static void test_6_7_room_for_groups_and_buckets_ends(void **state)
{
    struct bed bed;
    struct swtch_params params = bed_params(OF_VERSION_1_3, 1);
    struct of_action out = of_output(2);
    struct of_bucket four[4], many[80];
    static struct of_action actions[80];

    (void)state;
    params.max_groups = 2;
    params.max_buckets = 5;
    bed_open_with(&bed, &params);
    for (unsigned i = 0; i < 4; i++) {
        four[i] = bucket_of(&out, 1);
    }
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 1, four, 4)));
    expect_error(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 2, four, 2)),
                 OF_ERR_GROUP_OUT_OF_BUCKETS);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 2, four, 1)));
    expect_error(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 3, four, 0)),
                 OF_ERR_GROUP_OUT_OF_GROUPS);
    assert_null(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 1, four, 3)));
    assert_null(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 2, four, 2)));
    for (unsigned i = 0; i < 80; i++) {
        actions[i] = out;
    }
    many[0] = bucket_of(actions, 80); /* No action set can be that long. */
    expect_error(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 2, many, 1)), OF_ERR_ACT_TOO_MANY);
    bed_close(&bed);
}

static void test_6_7_loops_are_refused(void **state)
{
    struct fan fan;
    struct of_action to7 = to_group(7), to8 = to_group(8), to9 = to_group(9);
    struct of_bucket b7 = bucket_of(&to7, 1), b8 = bucket_of(&to8, 1), b9 = bucket_of(&to9, 1);
    struct of_bucket w;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b7, 1)), OF_ERR_GROUP_LOOP);
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 9, fan.buckets, 1)));
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 8, &b9, 1)));
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b8, 1)));
    expect_error(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, 9, &b7, 1)), OF_ERR_GROUP_LOOP);
    w = bucket_of(&fan.out[0], 1);
    w.watch_group = 7; /* To watch what leads here is a circle, too. */
    expect_error(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_FF, 9, &w, 1)), OF_ERR_GROUP_LOOP);
    bed_close(&fan.bed);
}

/* "If a group is deleted, all flow entries using it are removed", with their flow-removed messages. */
static void test_6_7_deletion_takes_entries_along(void **state)
{
    struct fan fan;
    struct of_msg m;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    m = flow_add(0xb, 7, (struct of_instructions){.has_write = true, .write = {&fan.go, 1}});
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    m.flow_mod.table_id = 1;
    assert_null(ask(&fan.bed, m));
    assert_null(ask(&fan.bed, flow_add(0xc, 7, of_apply(&fan.out[1], 1))));
    assert_null(ask(&fan.bed, group_msg(OF_GC_DELETE, OF_GT_ALL, 99, NULL, 0)));
    assert_int_equal(table_size(swtch_table(fan.bed.sw, 0)), 2);
    ask(&fan.bed, group_msg(OF_GC_DELETE, OF_GT_ALL, GROUP, NULL, 0));
    assert_int_equal(fan.bed.n_sent, 1);
    assert_int_equal(fan.bed.sent[0].msg.type, OF_FLOW_REMOVED);
    assert_int_equal(fan.bed.sent[0].msg.flow_removed.reason, OF_REMOVED_GROUP_DELETE);
    assert_int_equal(table_size(swtch_table(fan.bed.sw, 0)), 1);
    assert_int_equal(table_size(swtch_table(fan.bed.sw, 1)), 0);
    bed_close(&fan.bed);
}

static void test_6_7_deletion_of_a_chained_group(void **state)
{
    struct fan fan;
    struct of_bucket b;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    b = bucket_of(&fan.go, 1);
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)));
    expect_error(ask(&fan.bed, group_msg(OF_GC_DELETE, OF_GT_ALL, GROUP, NULL, 0)),
                 OF_ERR_GROUP_CHAINED);
    assert_int_equal(stats_of(&fan.bed, GROUP).n_refs, 2);
    assert_null(ask(&fan.bed, group_msg(OF_GC_DELETE, OF_GT_ALL, OF_GROUP_ALL, NULL, 0)));
    assert_int_equal(table_size(swtch_table(fan.bed.sw, 0)), 0);
    bed_close(&fan.bed);
}

/* A modification replaces type and buckets at once, and entries go on leading there. The group goes on counting,
 * its buckets begin anew. */
static void test_6_7_modification_replaces(void **state)
{
    struct fan fan;
    struct of_group_stats s;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    receive(&fan.bed, 3, 0xa);
    sim_run_until(fan.bed.sim, (mono_t){2385 * NS_PER_MS});
    assert_null(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_INDIRECT, GROUP, &fan.buckets[1], 1)));
    s = stats_of(&fan.bed, GROUP);
    assert_int_equal(s.n_packets, 1);
    assert_int_equal(s.n_bytes, 49);
    assert_int_equal(s.duration_s, 2);
    assert_int_equal(s.n_buckets, 1);
    assert_int_equal(s.buckets[0].n_packets, 0);
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[1], 0);
    assert_int_equal(fan.bed.n_out[2], 1);
    assert_null(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, GROUP, NULL, 0)));
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[1] + fan.bed.n_out[2], 0);
    bed_close(&fan.bed);
}

static void test_6_3_4_slave_may_not_change_groups(void **state)
{
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    ask(&fan.bed, (struct of_msg){.type = OF_ROLE_REQUEST, .role = {OF_ROLE_SLAVE, 2385, 0}});
    expect_error(ask(&fan.bed, group_msg(OF_GC_DELETE, OF_GT_ALL, GROUP, NULL, 0)),
                 OF_ERR_IS_SLAVE);
    bed_close(&fan.bed);
}

/* --- Multiparts ------------------------------------------------------------------------------- */

static void test_7_3_5_9_statistics(void **state)
{
    struct fan fan;
    struct of_group_stats s;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    receive(&fan.bed, 3, 0xa);
    receive(&fan.bed, 3, 0xa);
    sim_run_until(fan.bed.sim, (mono_t){2385 * NS_PER_MS});
    s = stats_of(&fan.bed, OF_GROUP_ALL);
    assert_int_equal(s.group_id, GROUP);
    assert_int_equal(s.n_refs, 1);
    assert_int_equal(s.n_packets, 2);
    assert_int_equal(s.n_bytes, 98);
    assert_int_equal(s.duration_s, 2);
    assert_int_equal(s.duration_ns, 385000000);
    assert_int_equal(s.n_buckets, 3);
    assert_int_equal(s.buckets[2].n_packets, 2);
    assert_int_equal(
        ask(&fan.bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                      .mp_request = {.type = OF_MP_GROUP_STATS, .group_id = 99}})
            ->mp_reply.n,
        0);
    bed_close(&fan.bed);
}

/* "Number of flows or groups that directly forward to this group", however often each does. */
static void test_7_3_5_9_references_are_of_entries_and_groups(void **state)
{
    struct fan fan;
    struct of_instructions twice;
    struct of_bucket b[2];

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    twice = of_apply(&fan.go, 1);
    twice.has_write = true;
    twice.write = (struct of_actions){&fan.go, 1};
    assert_null(ask(&fan.bed, flow_add(0xb, 7, twice)));
    assert_int_equal(stats_of(&fan.bed, GROUP).n_refs, 2);
    b[0] = b[1] = bucket_of(&fan.go, 1);
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, b, 2)));
    assert_int_equal(stats_of(&fan.bed, GROUP).n_refs, 3);
    bed_close(&fan.bed);
}

/* Of a group of as many buckets as a group-mod can have the counters fit no message; the others are told. */
static void test_7_3_5_9_a_group_that_is_too_long_to_be_told(void **state)
{
    enum { N_BUCKETS = 4094 };
    static struct of_bucket many[N_BUCKETS];
    struct fan fan;

    (void)state;
    for (size_t i = 0; i < N_BUCKETS; i++) {
        many[i] = bucket_of(NULL, 0);
    }
    fan_open(&fan, OF_GT_ALL);
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, many, N_BUCKETS)));
    assert_int_equal(stats_of(&fan.bed, OF_GROUP_ALL).group_id, GROUP);
    bed_close(&fan.bed);
}

static void test_7_3_5_10_descriptions_are_as_they_were_said(void **state)
{
    struct fan fan;
    struct of_action odd[] = {of_output(2), of_set_vlan(238), of_push_vlan(0x8100)};
    struct of_bucket b = bucket_of(odd, 3);
    const struct of_group_desc *d;
    const struct of_msg *a;

    (void)state;
    fan_open(&fan, OF_GT_FF);
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, &b, 1)));
    a = ask(&fan.bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                      .mp_request = {.type = OF_MP_GROUP_DESC}});
    assert_int_equal(a->mp_reply.n, 2);
    d = a->mp_reply.group_descs;
    assert_int_equal(d[0].group_id, 7);
    assert_int_equal(d[0].buckets[0].actions.n, 3);
    assert_int_equal(d[0].buckets[0].actions.list[0].type, OF_ACT_OUTPUT);
    assert_int_equal(d[1].type, OF_GT_FF);
    assert_int_equal(d[1].buckets[1].watch_port, 2);
    bed_close(&fan.bed);
}

/* Sixty groups of forty buckets do not fit one message. */
static void test_7_3_5_10_long_descriptions_are_split(void **state)
{
    enum { N = 60, N_BUCKETS = 40 };
    struct fan fan;
    struct of_bucket many[N_BUCKETS];
    size_t n = 0;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    for (unsigned i = 0; i < N_BUCKETS; i++) {
        many[i] = fan.buckets[i % N_PORTS];
    }
    for (uint32_t g = 1; g < N; g++) {
        assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_ALL, g, many, N_BUCKETS)));
    }
    ask(&fan.bed,
        (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_GROUP_DESC}});
    assert_true(fan.bed.n_sent >= 2);
    for (unsigned i = 0; i < fan.bed.n_sent; i++) {
        assert_int_equal(fan.bed.sent[i].msg.mp_reply.more, i + 1 < fan.bed.n_sent);
        n += fan.bed.sent[i].msg.mp_reply.n;
    }
    assert_int_equal(n, N);
    bed_close(&fan.bed);
}

static void test_7_3_5_11_features(void **state)
{
    struct fan fan;
    const struct of_group_features *f;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    f = &ask(&fan.bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                       .mp_request = {.type = OF_MP_GROUP_FEATURES}})
             ->mp_reply.group_features;
    assert_int_equal(f->types, 0xf);
    assert_int_equal(f->capabilities, OF_GFC_SELECT_WEIGHT | OF_GFC_SELECT_LIVENESS |
                                          OF_GFC_CHAINING | OF_GFC_CHAINING_CHECKS);
    assert_int_equal(f->max_groups[OF_GT_FF], 4096);
    assert_true(f->actions[OF_GT_ALL] & 1 << OF_ACT_PUSH_MPLS);
    assert_true(ask(&fan.bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.capabilities &
                OF_C_GROUP_STATS);
    bed_close(&fan.bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_6_7_errors_of_group_mods),
        cmocka_unit_test(test_7_3_4_2_zeros_watch_nothing),
        cmocka_unit_test(test_6_7_room_for_groups_and_buckets_ends),
        cmocka_unit_test(test_6_7_loops_are_refused),
        cmocka_unit_test(test_6_7_deletion_takes_entries_along),
        cmocka_unit_test(test_6_7_deletion_of_a_chained_group),
        cmocka_unit_test(test_6_7_modification_replaces),
        cmocka_unit_test(test_6_3_4_slave_may_not_change_groups),
        cmocka_unit_test(test_7_3_5_9_statistics),
        cmocka_unit_test(test_7_3_5_9_a_group_that_is_too_long_to_be_told),
        cmocka_unit_test(test_7_3_5_9_references_are_of_entries_and_groups),
        cmocka_unit_test(test_7_3_5_10_descriptions_are_as_they_were_said),
        cmocka_unit_test(test_7_3_5_10_long_descriptions_are_split),
        cmocka_unit_test(test_7_3_5_11_features),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
