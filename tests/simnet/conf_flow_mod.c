/* Conformance of flow-mods: commands, filters, flags (OF 1.3.5 §6.4, §7.3.4.1) and time-outs (§5.5). */
#include "tests/simnet/conf_frames.h"

static struct of_msg command(enum of_flow_mod_command c, uint64_t dst, uint16_t priority,
                             const struct of_action *a)
{
    struct of_msg m = flow_add(dst, priority, of_apply(a, 1));

    m.flow_mod.command = c;
    m.flow_mod.table_id = c == OF_FLOW_DELETE ? OF_TABLE_ALL : 0;
    return m;
}

static struct of_flow_stats flow_of(struct bed *bed, uint64_t dst)
{
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};
    const struct of_msg *a;

    req.mp_request.flow =
        (struct of_flow_filter){.table_id = 0, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    conf_set(&req.mp_request.flow.match, OF_FIELD_ETH_DST, 0, dst);
    a = ask(bed, req);
    assert_int_equal(a->mp_reply.n, 1);
    return a->mp_reply.flows[0];
}

static void test_6_4_add_replaces_and_keeps_counters_unless_told(void **state)
{
    struct of_action to2 = of_output(2), to3 = of_output(3);
    struct of_msg m = command(OF_FLOW_ADD, 0xa, 7, &to3);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, command(OF_FLOW_ADD, 0xa, 7, &to2)));
    receive(&bed, 1, 0xa);
    sim_run_until(bed.sim, (mono_t){3 * NS_PER_S});
    assert_null(ask(&bed, m));
    assert_int_equal(flow_of(&bed, 0xa).n_packets, 1);
    assert_int_equal(flow_of(&bed, 0xa).duration_s, 0); /* It is a new entry. */
    m.flow_mod.flags = OF_FF_RESET_COUNTS;
    assert_null(ask(&bed, m));
    assert_int_equal(flow_of(&bed, 0xa).n_packets, 0);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[3], 1);
    bed_close(&bed);
}

static void test_6_4_modify_leaves_cookie_time_outs_and_counters(void **state)
{
    struct of_action to2 = of_output(2), to3 = of_output(3);
    struct of_msg m = command(OF_FLOW_ADD, 0xa, 7, &to2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    m.flow_mod.cookie = 0x2385;
    m.flow_mod.hard_timeout_s = 238;
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_null(ask(&bed, command(OF_FLOW_MODIFY, 0, 9, &to3))); /* Not strict: all priorities. */
    assert_int_equal(flow_of(&bed, 0xa).cookie, 0x2385);
    assert_int_equal(flow_of(&bed, 0xa).hard_timeout_s, 238);
    assert_int_equal(flow_of(&bed, 0xa).n_packets, 1);
    assert_int_equal(flow_of(&bed, 0xa).ins.apply.list[0].output.port, 3);
    assert_null(ask(&bed, command(OF_FLOW_MODIFY_STRICT, 0xa, 9, &to2))); /* Another entry. */
    assert_int_equal(flow_of(&bed, 0xa).ins.apply.list[0].output.port, 3);
    assert_null(ask(&bed, command(OF_FLOW_MODIFY_STRICT, 0xa, 7, &to2)));
    assert_int_equal(flow_of(&bed, 0xa).ins.apply.list[0].output.port, 2);
    assert_null(ask(&bed, command(OF_FLOW_MODIFY, 0xb, 7, &to2))); /* 1.3 adds nothing. */
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 1);
    bed_close(&bed);
}

static void test_6_4_delete_strict_and_not(void **state)
{
    struct of_action to2 = of_output(2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (uint64_t d = 1; d <= 4; d++) {
        assert_null(ask(&bed, command(OF_FLOW_ADD, d, 7, &to2)));
    }
    assert_null(ask(&bed, command(OF_FLOW_DELETE_STRICT, 0, 7, &to2)));
    assert_null(ask(&bed, command(OF_FLOW_DELETE_STRICT, 1, 8, &to2)));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 4);
    assert_null(ask(&bed, command(OF_FLOW_DELETE_STRICT, 1, 7, &to2)));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 3);
    assert_null(ask(&bed, command(OF_FLOW_DELETE, 0, 0, &to2)));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    bed_close(&bed);
}

static void test_6_4_deletes_filter_by_cookie_port_and_group(void **state)
{
    struct of_action out[] = {of_output(2), of_output(3)};
    struct bed bed;
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (uint64_t d = 1; d <= 4; d++) {
        m = command(OF_FLOW_ADD, d, 7, &out[d % 2]);
        m.flow_mod.cookie = 0x100 * d + 0x85;
        assert_null(ask(&bed, m));
    }
    m = command(OF_FLOW_DELETE, 0, 0, &out[0]);
    m.flow_mod.cookie = 0x300;
    m.flow_mod.cookie_mask = 0xf00;
    assert_null(ask(&bed, m));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 3);
    m = command(OF_FLOW_DELETE, 0, 0, &out[0]);
    m.flow_mod.out_group = 7;
    assert_null(ask(&bed, m));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 3);
    m.flow_mod.out_group = OF_GROUP_ANY;
    m.flow_mod.out_port = 2;
    assert_null(ask(&bed, m));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 1);
    bed_close(&bed);
}

static void test_6_4_overlap_is_refused_when_asked(void **state)
{
    struct of_action to2 = of_output(2);
    struct of_msg m = command(OF_FLOW_ADD, 0, 7, &to2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, command(OF_FLOW_ADD, 0xa, 7, &to2)));
    m.flow_mod.flags = OF_FF_CHECK_OVERLAP;
    conf_set(&m.flow_mod.match, OF_FIELD_IN_PORT, 0, 3);
    expect_error(ask(&bed, m), OF_ERR_FLOW_OVERLAP);
    m.flow_mod.priority = 8;
    assert_null(ask(&bed, m));
    m.flow_mod.priority = 7;
    conf_set(&m.flow_mod.match, OF_FIELD_ETH_DST, 0, 0xb);
    assert_null(ask(&bed, m));
    /* The very same match is no overlap: that entry is replaced. */
    assert_null(ask(&bed, m));
    bed_close(&bed);
}

/* §7.3.4.1, OFPFF_NO_PKT_COUNTS and NO_BYT_COUNTS: what is not wanted is not counted. */
static void test_7_3_4_1_flags_are_kept_and_obeyed(void **state)
{
    static const uint16_t counts[] = {0, OF_FF_NO_PKT_COUNTS, OF_FF_NO_BYT_COUNTS,
                                      OF_FF_NO_PKT_COUNTS | OF_FF_NO_BYT_COUNTS};
    struct of_action to2 = of_output(2);
    struct of_msg m = command(OF_FLOW_ADD, 0xa, 7, &to2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        m.flow_mod.flags = counts[i] | OF_FF_RESET_COUNTS;
        assert_null(ask(&bed, m));
        receive(&bed, 1, 0xa);
        assert_int_equal(flow_of(&bed, 0xa).flags, m.flow_mod.flags);
        assert_int_equal(flow_of(&bed, 0xa).n_packets, counts[i] & OF_FF_NO_PKT_COUNTS ? 0 : 1);
        assert_int_equal(flow_of(&bed, 0xa).n_bytes, counts[i] & OF_FF_NO_BYT_COUNTS ? 0 : 49);
    }
    bed_close(&bed);
}

/* Idle and hard time-outs to the millisecond (§5.5). */
static void test_5_5_time_outs(void **state)
{
    struct of_action to2 = of_output(2);
    struct of_msg idle = command(OF_FLOW_ADD, 0xa, 7, &to2);
    struct of_msg hard = command(OF_FLOW_ADD, 0xb, 7, &to2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    idle.flow_mod.idle_timeout_s = 2;
    hard.flow_mod.hard_timeout_s = 3;
    idle.flow_mod.flags = hard.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    assert_null(ask(&bed, idle));
    assert_null(ask(&bed, hard));
    sim_run_until(bed.sim, (mono_t){1500 * NS_PER_MS});
    receive(&bed, 1, 0xa);
    sim_run_until(bed.sim, (mono_t){2999 * NS_PER_MS});
    assert_int_equal(bed.n_sent, 0);
    sim_run_until(bed.sim, (mono_t){3000 * NS_PER_MS});
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.flow_removed.reason, OF_REMOVED_HARD_TIMEOUT);
    sim_run_until(bed.sim, (mono_t){3500 * NS_PER_MS});
    assert_int_equal(bed.n_sent, 2);
    assert_int_equal(bed.sent[1].msg.flow_removed.reason, OF_REMOVED_IDLE_TIMEOUT);
    assert_int_equal(bed.sent[1].msg.flow_removed.n_packets, 1);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_6_4_add_replaces_and_keeps_counters_unless_told),
        cmocka_unit_test(test_6_4_modify_leaves_cookie_time_outs_and_counters),
        cmocka_unit_test(test_6_4_delete_strict_and_not),
        cmocka_unit_test(test_6_4_deletes_filter_by_cookie_port_and_group),
        cmocka_unit_test(test_6_4_overlap_is_refused_when_asked),
        cmocka_unit_test(test_7_3_4_1_flags_are_kept_and_obeyed),
        cmocka_unit_test(test_5_5_time_outs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
