/* Flow monitors (1.4 §7.3.5.17). */
#include "tests/simnet/switch_bed.h"

enum { ANY = 7, ALL_CHANGES = OF_FMF_ADD | OF_FMF_REMOVED | OF_FMF_MODIFY };

/* Another controller, whose changes are not the first one's own. */
struct other {
    struct bed *bed;
    struct swtch_conn *conn;
    unsigned n;
    struct of_msg last; /* Its lists are in the bed's arena. */
};

static void on_other(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct other *o = aux;
    struct buf bytes = BUF_INIT;

    (void)sw;
    assert_int_equal(of_encode(msg, &bytes), ERR_OK);
    assert_int_equal(of_decode(bytes.data, bytes.len, &o->bed->arena, &o->last), OF_OK);
    buf_fini(&bytes);
    o->n++;
}

static void other_input(struct other *o, struct of_msg msg)
{
    o->n = 0;
    o->bed->n_sent = 0;
    msg.version = swtch_version(o->bed->sw);
    msg.xid = 77;
    swtch_conn_input(o->conn, &msg);
}

static void other_open(struct other *o, struct bed *bed)
{
    *o = (struct other){.bed = bed};
    o->conn = swtch_add_controller(bed->sw, on_other, o);
    swtch_conn_connected(o->conn);
    other_input(o, (struct of_msg){.type = OF_HELLO});
}

static struct of_msg monitor_msg(uint32_t id, enum of_monitor_command command, uint16_t flags)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST,
                           .mp_request = {.type = OF_MP_FLOW_MONITOR,
                                          .monitor = {.monitor_id = id,
                                                      .command = command,
                                                      .flags = flags,
                                                      .table_id = OF_TABLE_ALL,
                                                      .out_port = OF_PORT_ANY,
                                                      .out_group = OF_GROUP_ANY}}};
}

/* Adds it, to a switch without entries or without asking for them. */
static void add_monitor(struct bed *bed, uint32_t id, uint16_t flags)
{
    const struct of_msg *a = ask(bed, monitor_msg(id, OF_FMC_ADD, flags));

    assert_int_equal(a->type, OF_MULTIPART_REPLY);
    assert_int_equal(a->mp_reply.n, 0);
}

static struct of_msg entry(uint64_t dst, port_no_t port)
{
    static struct of_action out = {.type = OF_ACT_OUTPUT};
    struct of_msg m;

    out.output.port = port;
    m = flow_add(dst, ANY, of_apply(&out, 1));
    m.flow_mod.cookie = dst;
    m.flow_mod.hard_timeout_s = 2;
    return m;
}

static struct of_msg with_command(struct of_msg m, enum of_flow_mod_command command)
{
    m.flow_mod.command = command;
    return m;
}

static const struct of_flow_update *only_update(const struct of_msg *a)
{
    assert_non_null(a);
    assert_int_equal(a->type, OF_MULTIPART_REPLY);
    assert_int_equal(a->mp_reply.type, OF_MP_FLOW_MONITOR);
    assert_int_equal(a->mp_reply.n, 1);
    return &a->mp_reply.updates[0];
}

static void test_1_4_7_3_5_17_initial_entries(void **state)
{
    struct of_msg m = monitor_msg(1, OF_FMC_ADD, OF_FMF_INITIAL | OF_FMF_INSTRUCTIONS);
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 2);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_null(ask(&bed, entry(i, i == 2 ? 3 : 2)));
    }
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.n, 3);
    assert_int_equal(a->mp_reply.updates[0].event, OF_FME_INITIAL);
    assert_int_equal(a->mp_reply.updates[0].ins.apply.list[0].output.port, 2);
    m.mp_request.monitor.monitor_id = 2;
    m.mp_request.monitor.out_port = 3;
    m.mp_request.monitor.flags = OF_FMF_INITIAL;
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.n, 1);
    assert_int_equal(a->mp_reply.updates[0].cookie, 2);
    assert_false(a->mp_reply.updates[0].ins.has_apply);
    m.mp_request.monitor.monitor_id = 3;
    m.mp_request.monitor.out_port = OF_PORT_ANY;
    m.mp_request.monitor.table_id = 1;
    assert_int_equal(ask(&bed, m)->mp_reply.n, 0);
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_many_initial_entries_come_in_parts(void **state)
{
    struct swtch_params p = bed_params(OF_VERSION_1_4, 1);
    struct bed bed;

    (void)state;
    p.max_entries = 100;
    bed_open_with(&bed, &p);
    for (uint64_t i = 1; i <= 70; i++) {
        assert_null(ask(&bed, entry(i, 2)));
    }
    assert_int_equal(ask(&bed, monitor_msg(1, OF_FMC_ADD, OF_FMF_INITIAL))->mp_reply.n, 32);
    assert_int_equal(bed.n_sent, 3);
    assert_true(bed.sent[1].msg.mp_reply.more);
    assert_int_equal(bed.sent[2].msg.mp_reply.n, 6);
    assert_false(bed.sent[2].msg.mp_reply.more);
    assert_int_equal(bed.sent[2].msg.xid, 2385);
    bed_close(&bed);
}

/* Four of 1 200 actions each: 19 kB that do not fit four to a message. */
static void test_1_4_7_3_5_17_long_initial_entries_come_in_parts(void **state)
{
    enum { N_ACTIONS = 1200 };
    static struct of_action many[N_ACTIONS];
    struct bed bed;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < N_ACTIONS; i++) {
        many[i] = of_output(2);
    }
    bed_open(&bed, OF_VERSION_1_4, 1);
    for (uint64_t d = 1; d <= 4; d++) {
        assert_null(ask(&bed, flow_add(d, 1, of_apply(many, N_ACTIONS))));
    }
    ask(&bed, monitor_msg(1, OF_FMC_ADD, OF_FMF_INITIAL | OF_FMF_INSTRUCTIONS));
    for (unsigned i = 0; i < bed.n_sent; i++) {
        n += bed.sent[i].msg.mp_reply.n;
    }
    assert_true(bed.n_sent >= 2);
    assert_int_equal(n, 4);
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_what_others_change_is_told_in_full(void **state)
{
    const struct of_flow_update *u;
    struct other other;
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    other_open(&other, &bed);
    add_monitor(&bed, 1, ALL_CHANGES | OF_FMF_INSTRUCTIONS);
    other_input(&other, entry(2385, 2));
    u = only_update(&bed.sent[0].msg);
    assert_int_equal(bed.sent[0].msg.xid, 0);
    assert_int_equal(u->event, OF_FME_ADDED);
    assert_int_equal(u->cookie, 2385);
    assert_int_equal(u->priority, ANY);
    assert_int_equal(u->hard_timeout_s, 2);
    assert_true(eth_addr_eq(u->match.v.eth_dst, eth_addr_from_u64(2385)));
    other_input(&other, with_command(entry(2385, 3), OF_FLOW_MODIFY));
    u = only_update(&bed.sent[0].msg);
    assert_int_equal(u->event, OF_FME_MODIFIED);
    assert_int_equal(u->ins.apply.list[0].output.port, 3);
    other_input(&other, with_command(entry(2385, 3), OF_FLOW_DELETE));
    u = only_update(&bed.sent[0].msg);
    assert_int_equal(u->event, OF_FME_REMOVED);
    assert_int_equal(u->reason, OF_REMOVED_DELETE);
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_what_times_out_is_told(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, OF_FMF_REMOVED);
    assert_null(ask(&bed, entry(2385, 2)));
    sim_run_until(bed.sim, (mono_t){2 * NS_PER_S});
    assert_int_equal(only_update(&bed.sent[0].msg)->reason, OF_REMOVED_HARD_TIMEOUT);
    bed_close(&bed);
}

/* The controller knows what it has asked for: it is told that it is done. */
static void test_1_4_7_3_5_17_own_changes_are_abbreviated(void **state)
{
    struct of_msg all = with_command(entry(0, 2), OF_FLOW_DELETE);
    const struct of_flow_update *u;
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, ALL_CHANGES);
    u = only_update(ask(&bed, entry(1, 2)));
    assert_int_equal(u->event, OF_FME_ABBREV);
    assert_int_equal(u->xid, 2385);
    ask(&bed, entry(2, 2));
    assert_int_equal(only_update(ask(&bed, all))->event, OF_FME_ABBREV);
    assert_int_equal(bed.n_sent, 1); /* For both entries. */
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_own_changes_in_full(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, ALL_CHANGES | OF_FMF_NO_ABBREV);
    assert_int_equal(only_update(ask(&bed, entry(1, 2)))->event, OF_FME_ADDED);
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_only_own(void **state)
{
    struct other other;
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    other_open(&other, &bed);
    add_monitor(&bed, 1, ALL_CHANGES | OF_FMF_ONLY_OWN);
    other_input(&other, entry(1, 2));
    assert_int_equal(bed.n_sent, 0);
    assert_int_equal(only_update(ask(&bed, entry(2, 2)))->event, OF_FME_ABBREV);
    assert_int_equal(other.n, 0); /* It has no monitor. */
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_only_what_it_is_about(void **state)
{
    struct of_msg m = monitor_msg(1, OF_FMC_ADD, OF_FMF_ADD | OF_FMF_NO_ABBREV);
    struct of_msg second = entry(3, 2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 2);
    m.mp_request.monitor.table_id = 0;
    m.mp_request.monitor.out_port = 2;
    OF_MATCH_SET(&m.mp_request.monitor.match, ETH_DST, eth_dst, eth_addr_from_u64(3));
    assert_int_equal(ask(&bed, m)->mp_reply.n, 0);
    second.flow_mod.table_id = 1;
    assert_null(ask(&bed, second));
    assert_null(ask(&bed, entry(4, 2)));
    assert_null(ask(&bed, with_command(entry(3, 3), OF_FLOW_ADD)));
    assert_int_equal(only_update(ask(&bed, entry(3, 2)))->event, OF_FME_ADDED);
    assert_null(ask(&bed, with_command(entry(3, 2), OF_FLOW_DELETE)));
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_an_entry_is_told_once_for_all_monitors(void **state)
{
    const struct of_flow_update *u;
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, OF_FMF_ADD | OF_FMF_NO_ABBREV);
    add_monitor(&bed, 2, OF_FMF_ADD | OF_FMF_INSTRUCTIONS);
    u = only_update(ask(&bed, entry(1, 2)));
    assert_int_equal(bed.n_sent, 1);
    assert_true(u->ins.has_apply);
    bed_close(&bed);
}

static void test_1_4_7_3_5_17_modify_and_delete(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, OF_FMF_ADD);
    assert_int_equal(ask(&bed, monitor_msg(1, OF_FMC_MODIFY, OF_FMF_REMOVED))->mp_reply.n, 0);
    assert_null(ask(&bed, entry(1, 2)));
    assert_non_null(ask(&bed, with_command(entry(1, 2), OF_FLOW_DELETE)));
    assert_null(ask(&bed, monitor_msg(1, OF_FMC_DELETE, 0)));
    assert_null(ask(&bed, entry(1, 2)));
    assert_null(ask(&bed, with_command(entry(1, 2), OF_FLOW_DELETE)));
    bed_close(&bed);
}

static void test_1_4_7_5_4_17_errors(void **state)
{
    struct of_msg m = monitor_msg(2, OF_FMC_ADD, 0);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, OF_FMF_ADD);
    expect_error(ask(&bed, monitor_msg(1, OF_FMC_ADD, 0)), OF_ERR_MONITOR_EXISTS);
    expect_error(ask(&bed, monitor_msg(2, OF_FMC_MODIFY, 0)), OF_ERR_MONITOR_UNKNOWN_MONITOR);
    expect_error(ask(&bed, monitor_msg(2, OF_FMC_DELETE, 0)), OF_ERR_MONITOR_UNKNOWN_MONITOR);
    m.mp_request.monitor.table_id = 1;
    expect_error(ask(&bed, m), OF_ERR_MONITOR_BAD_TABLE_ID);
    for (uint32_t id = 2; id <= 64; id++) {
        add_monitor(&bed, id, 0);
    }
    expect_error(ask(&bed, monitor_msg(65, OF_FMC_ADD, 0)), OF_ERR_MONITOR_UNKNOWN);
    bed_close(&bed);
}

static void test_monitors_end_with_the_connection(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, OF_FMF_ADD | OF_FMF_NO_ABBREV);
    swtch_disconnected(bed.sw);
    swtch_connected(bed.sw);
    swtch_input(bed.sw, &(struct of_msg){.version = OF_VERSION_1_4, .type = OF_HELLO});
    assert_null(ask(&bed, entry(1, 2)));
    add_monitor(&bed, 1, 0);
    bed_close(&bed);
}

/* What a bundle takes back has never been. */
static void test_1_4_6_9_a_bundle_that_fails_tells_no_monitor(void **state)
{
    struct of_msg good = entry(1, 2), bad = entry(2, 99);
    struct of_msg add = {.type = OF_BUNDLE_ADD_MESSAGE, .bundle_add = {.bundle_id = 7}};
    struct of_msg commit = {.type = OF_BUNDLE_CONTROL,
                            .bundle_control = {.bundle_id = 7, .type = OF_BCT_COMMIT_REQUEST}};
    struct of_action wrong = {.type = OF_ACT_OUTPUT, .output = {.port = 99}};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    add_monitor(&bed, 1, ALL_CHANGES | OF_FMF_NO_ABBREV);
    good.version = bad.version = OF_VERSION_1_4;
    good.xid = bad.xid = 2385;
    bad.flow_mod.ins = of_apply(&wrong, 1);
    good.flow_mod.ins = (struct of_instructions){0};
    add.bundle_add.message = &good;
    assert_null(ask(&bed, add));
    add.bundle_add.message = &bad;
    assert_null(ask(&bed, add));
    ask(&bed, commit);
    for (unsigned i = 0; i < bed.n_sent; i++) {
        assert_int_equal(bed.sent[i].msg.type, OF_ERROR);
    }
    add.bundle_add.message = &good;
    assert_null(ask(&bed, add));
    assert_int_equal(only_update(ask(&bed, commit))->event, OF_FME_ADDED);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1_4_7_3_5_17_initial_entries),
        cmocka_unit_test(test_1_4_7_3_5_17_many_initial_entries_come_in_parts),
        cmocka_unit_test(test_1_4_7_3_5_17_long_initial_entries_come_in_parts),
        cmocka_unit_test(test_1_4_7_3_5_17_what_others_change_is_told_in_full),
        cmocka_unit_test(test_1_4_7_3_5_17_what_times_out_is_told),
        cmocka_unit_test(test_1_4_7_3_5_17_own_changes_are_abbreviated),
        cmocka_unit_test(test_1_4_7_3_5_17_own_changes_in_full),
        cmocka_unit_test(test_1_4_7_3_5_17_only_own),
        cmocka_unit_test(test_1_4_7_3_5_17_only_what_it_is_about),
        cmocka_unit_test(test_1_4_7_3_5_17_an_entry_is_told_once_for_all_monitors),
        cmocka_unit_test(test_1_4_7_3_5_17_modify_and_delete),
        cmocka_unit_test(test_1_4_7_5_4_17_errors),
        cmocka_unit_test(test_monitors_end_with_the_connection),
        cmocka_unit_test(test_1_4_6_9_a_bundle_that_fails_tells_no_monitor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
