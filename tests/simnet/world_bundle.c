/* Bundles of the simulated switch: 1.4 §6.9 and §7.3.9. */
#include "tests/simnet/group_bed.h"

enum { BUNDLE = 2385, FLAGS = OF_BF_ATOMIC | OF_BF_ORDERED };

static struct of_msg control(enum of_bundle_type type, uint32_t id)
{
    return (struct of_msg){.type = OF_BUNDLE_CONTROL,
                           .bundle_control = {.bundle_id = id, .type = type, .flags = FLAGS}};
}

static const struct of_msg *add(struct bed *bed, const struct of_msg *message)
{
    return ask(bed, (struct of_msg){
                        .type = OF_BUNDLE_ADD_MESSAGE,
                        .bundle_add = {.bundle_id = BUNDLE, .flags = FLAGS, .message = message}});
}

static void expect_reply(const struct of_msg *a, enum of_bundle_type type)
{
    assert_non_null(a);
    assert_int_equal(a->type, OF_BUNDLE_CONTROL);
    assert_int_equal(a->bundle_control.type, type);
    assert_int_equal(a->bundle_control.bundle_id, BUNDLE);
}

static struct of_msg entry(uint64_t dst, port_no_t port)
{
    static struct of_action out[8];

    out[port] = of_output(port);
    return flow_add(dst, 7, of_apply(&out[port], 1));
}

static size_t n_entries(const struct bed *bed)
{
    return table_size(swtch_table(bed->sw, 0));
}

/* --- Success --------------------------------------------------------------------------------- */

/* Nothing happens before the commit; a later message may need an earlier one. */
static void test_1_4_6_9_commit_does_all_in_order(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2), go = to_group(7);
    struct of_bucket b = bucket_of(&out, 1);
    struct of_msg group = group_msg(OF_GC_ADD, OF_GT_INDIRECT, 7, &b, 1);
    struct of_msg flow = flow_add(0xa, 7, of_apply(&go, 1));

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    expect_reply(ask(&bed, control(OF_BCT_OPEN_REQUEST, BUNDLE)), OF_BCT_OPEN_REPLY);
    assert_null(add(&bed, &group));
    assert_null(add(&bed, &flow));
    assert_int_equal(n_entries(&bed), 0);
    expect_reply(ask(&bed, control(OF_BCT_CLOSE_REQUEST, BUNDLE)), OF_BCT_CLOSE_REPLY);
    expect_reply(ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE)), OF_BCT_COMMIT_REPLY);
    assert_int_equal(n_entries(&bed), 1);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    expect_error(ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    bed_close(&bed);
}

/* Frames of packet-outs go through the tables as they are after the commit. */
static void test_1_4_7_3_9_packet_outs_come_last(void **state)
{
    struct bed bed;
    struct of_action table = of_output(OF_PORT_TABLE);
    struct buf frame = udp_frame(0xa);
    struct of_msg out = {.type = OF_PACKET_OUT,
                         .packet_out = {.buffer_id = OF_NO_BUFFER,
                                        .in_port = OF_PORT_CONTROLLER,
                                        .actions = {&table, 1},
                                        .data = {frame.data, frame.len}}};
    struct of_msg flow = entry(0xa, 3);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(add(&bed, &out)); /* Opens the bundle. */
    assert_null(add(&bed, &flow));
    expect_reply(ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE)), OF_BCT_COMMIT_REPLY);
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(bed.n_out[3], 1);
    buf_fini(&frame);
    bed_close(&bed);
}

static void test_1_4_7_3_9_discard(void **state)
{
    struct bed bed;
    struct of_msg flow = entry(0xa, 3);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(add(&bed, &flow));
    expect_reply(ask(&bed, control(OF_BCT_DISCARD_REQUEST, BUNDLE)), OF_BCT_DISCARD_REPLY);
    expect_error(ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    assert_int_equal(n_entries(&bed), 0);
    bed_close(&bed);
}

/* --- Failure --------------------------------------------------------------------------------- */

/* What a bundle that fails had changed is as it was: entries with counters and time-outs, groups, meters,
 * ports; and nobody has been told. */
static void test_1_4_6_9_failure_changes_nothing(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2), go = to_group(7), bad = of_output(99);
    struct of_bucket b = bucket_of(&out, 1);
    struct of_meter_band band = {.type = OF_MB_DROP, .rate = 238, .burst = 5};
    struct of_msg steps[] = {
        group_msg(OF_GC_DELETE, OF_GT_ALL, OF_GROUP_ALL, NULL, 0),
        {.type = OF_METER_MOD,
         .meter_mod =
             {.command = OF_MC_ADD,
              .meter = {.meter_id = 3, .flags = OF_MF_KBPS, .bands = &band, .n_bands = 1}}},
        {.type = OF_PORT_MOD,
         .port_mod = {.port_no = 2,
                      .hw_addr = eth_addr_from_u64(2),
                      .config = OF_PC_PORT_DOWN,
                      .mask = OF_PC_PORT_DOWN}},
        flow_add(0, 1, of_apply(&out, 1)),
        flow_add(0xc, 7, of_apply(&bad, 1)),
    };
    struct of_msg kept = flow_add(0xa, 7, of_apply(&go, 1));

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_INDIRECT, 7, &b, 1)));
    kept.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    kept.flow_mod.idle_timeout_s = 3;
    assert_null(ask(&bed, kept));
    receive(&bed, 1, 0xa);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_null(add(&bed, &steps[i]));
    }
    ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE));
    assert_int_equal(bed.n_sent, 2); /* Which message it was, and that the bundle has failed. */
    expect_error(&bed.sent[0].msg, OF_ERR_ACT_BAD_OUT_PORT);
    expect_error(&bed.sent[1].msg, OF_ERR_BUNDLE_MSG_FAILED);
    assert_int_equal(n_entries(&bed), 1);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1); /* By the group, out of a port that is not down. */
    assert_int_equal(stats_of(&bed, 7).n_packets, 2);
    assert_int_equal(table_entry(swtch_table(bed.sw, 0), 0).n_packets, 2);
    expect_error(
        ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                  .mp_request = {.type = OF_MP_METER_STATS, .meter_id = 3}}),
        OF_ERR_METER_UNKNOWN_METER);
    bed.n_sent = 0;
    sim_run_until(bed.sim, (mono_t){4 * NS_PER_S});
    assert_int_equal(bed.n_sent, 1); /* The time-out is still there. */
    assert_int_equal(bed.sent[0].msg.flow_removed.reason, OF_REMOVED_IDLE_TIMEOUT);
    bed_close(&bed);
}

/* Long keys, time-outs and replaced entries, over and over, with a table that is full in the end. */
static void test_1_4_6_9_failures_can_follow_each_other(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    for (unsigned round = 0; round < 20; round++) {
        for (uint64_t d = 1; d <= 6; d++) { /* The table has room for five. */
            struct of_msg m = flow_add(d, 7, of_apply(&out, 1));

            m.flow_mod.hard_timeout_s = (uint16_t)(100 + d);
            OF_MATCH_SET(&m.flow_mod.match, ETH_TYPE, eth_type, 0x86dd);
            OF_MATCH_SET(&m.flow_mod.match, IPV6_SRC, ipv6_src, (struct ipv6_addr){{(uint8_t)d}});
            OF_MATCH_SET(&m.flow_mod.match, IPV6_DST, ipv6_dst, (struct ipv6_addr){{(uint8_t)d}});
            assert_null(add(&bed, &m));
        }
        ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE));
        expect_error(&bed.sent[0].msg, OF_ERR_FLOW_TABLE_FULL);
        assert_int_equal(n_entries(&bed), 0);
    }
    bed_close(&bed);
}

/* Messages of success come once the bundle has succeeded, in their order, before its reply. */
static void test_1_4_6_9_messages_wait_for_success(void **state)
{
    struct bed bed;
    struct of_msg kept = entry(0xa, 2), del = entry(0xa, 2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    kept.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    assert_null(ask(&bed, kept));
    del.flow_mod.command = OF_FLOW_DELETE;
    assert_null(add(&bed, &del));
    ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE));
    assert_int_equal(bed.n_sent, 2);
    assert_int_equal(bed.sent[0].msg.type, OF_FLOW_REMOVED);
    expect_reply(&bed.sent[1].msg, OF_BCT_COMMIT_REPLY);
    bed_close(&bed);
}

/* --- Errors ---------------------------------------------------------------------------------- */

static void test_1_4_7_3_9_errors_of_control(void **state)
{
    struct bed bed;
    struct of_msg other = control(OF_BCT_CLOSE_REQUEST, BUNDLE);
    struct of_msg flow = entry(0xa, 2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    expect_error(ask(&bed, control(OF_BCT_CLOSE_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    expect_error(ask(&bed, control(OF_BCT_DISCARD_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    expect_error(ask(&bed, control(OF_BCT_OPEN_REPLY, BUNDLE)), OF_ERR_BUNDLE_BAD_TYPE);
    ask(&bed, control(OF_BCT_OPEN_REQUEST, BUNDLE));
    expect_error(ask(&bed, control(OF_BCT_OPEN_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    other.bundle_control.flags = OF_BF_ATOMIC;
    expect_error(ask(&bed, other), OF_ERR_BUNDLE_BAD_FLAGS);
    ask(&bed, control(OF_BCT_CLOSE_REQUEST, BUNDLE));
    expect_error(ask(&bed, control(OF_BCT_CLOSE_REQUEST, BUNDLE)), OF_ERR_BUNDLE_CLOSED);
    expect_error(add(&bed, &flow), OF_ERR_BUNDLE_CLOSED);
    for (uint32_t id = 1; id < 16; id++) {
        assert_int_equal(ask(&bed, control(OF_BCT_OPEN_REQUEST, id))->type, OF_BUNDLE_CONTROL);
    }
    expect_error(ask(&bed, control(OF_BCT_OPEN_REQUEST, 16)), OF_ERR_BUNDLE_OUT_OF_BUNDLES);
    bed_close(&bed);
}

static void test_1_4_7_3_9_errors_of_adding(void **state)
{
    struct bed bed;
    struct of_msg flow = entry(0xa, 2);
    struct of_msg buffered = entry(0xa, 2);
    struct of_msg other = {.type = OF_BUNDLE_ADD_MESSAGE,
                           .bundle_add = {.bundle_id = BUNDLE, .message = &flow}};

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(add(&bed, &flow));
    expect_error(ask(&bed, other), OF_ERR_BUNDLE_BAD_FLAGS);
    buffered.flow_mod.buffer_id = 3;
    expect_error(add(&bed, &buffered), OF_ERR_BUNDLE_MSG_UNSUP);
    bed_close(&bed);
}

/* A bundle ends with its connection, and a slave has none. */
static void test_1_4_7_3_9_bundles_belong_to_connections(void **state)
{
    struct bed bed;
    struct of_msg flow = entry(0xa, 2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(add(&bed, &flow));
    swtch_disconnected(bed.sw);
    swtch_connected(bed.sw);
    swtch_input(bed.sw, &(struct of_msg){.version = OF_VERSION_1_4, .type = OF_HELLO});
    expect_error(ask(&bed, control(OF_BCT_COMMIT_REQUEST, BUNDLE)), OF_ERR_BUNDLE_BAD_ID);
    ask(&bed, (struct of_msg){.type = OF_ROLE_REQUEST, .role = {OF_ROLE_SLAVE, 1, 0}});
    expect_error(ask(&bed, control(OF_BCT_OPEN_REQUEST, BUNDLE)), OF_ERR_IS_SLAVE);
    expect_error(add(&bed, &flow), OF_ERR_IS_SLAVE);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1_4_6_9_commit_does_all_in_order),
        cmocka_unit_test(test_1_4_7_3_9_packet_outs_come_last),
        cmocka_unit_test(test_1_4_7_3_9_discard),
        cmocka_unit_test(test_1_4_6_9_failure_changes_nothing),
        cmocka_unit_test(test_1_4_6_9_failures_can_follow_each_other),
        cmocka_unit_test(test_1_4_6_9_messages_wait_for_success),
        cmocka_unit_test(test_1_4_7_3_9_errors_of_control),
        cmocka_unit_test(test_1_4_7_3_9_errors_of_adding),
        cmocka_unit_test(test_1_4_7_3_9_bundles_belong_to_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
