/* The switch: what the agent answers message by message, with the errors of the specification, and
 * what the data path does with a frame. */
#include "tests/simnet/switch_bed.h"

/* --- Agent ----------------------------------------------------------------------------------- */

static void test_simple_requests(void **state)
{
    struct bed bed;
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    a = ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST});
    assert_int_equal(a->type, OF_FEATURES_REPLY);
    assert_int_equal(a->features.dpid, 0x2385);
    assert_int_equal(a->features.n_tables, 2);
    a = ask(&bed, (struct of_msg){.type = OF_ECHO_REQUEST, .echo = {(const uint8_t *)"2.385", 5}});
    assert_int_equal(a->type, OF_ECHO_REPLY);
    assert_memory_equal(a->echo.data, "2.385", 5);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_BARRIER_REQUEST})->type,
                     OF_BARRIER_REPLY);
    assert_null(ask(&bed, (struct of_msg){.type = OF_SET_CONFIG, .config = {0, 238}}));
    a = ask(&bed, (struct of_msg){.type = OF_GET_CONFIG_REQUEST});
    assert_int_equal(a->config.miss_send_len, 238);
    a = ask(&bed,
            (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_PORT_DESC}});
    assert_int_equal(a->mp_reply.n, N_PORTS);
    assert_int_equal(a->mp_reply.ports[2].port_no, 3);
    assert_int_equal(a->mp_reply.ports[2].curr_speed_kbps, 1000000);
    a = ask(&bed,
            (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_DESC}});
    assert_string_equal(a->mp_reply.desc->dp_desc, "s1");
    bed_close(&bed);
}

static void test_multiparts(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&out, 1))));
    receive(&bed, 1, 0xa);
    req.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    a = ask(&bed, req);
    assert_int_equal(a->mp_reply.n, 1);
    assert_int_equal(a->mp_reply.flows[0].n_packets, 1);
    assert_int_equal(a->mp_reply.flows[0].priority, 7);
    assert_int_equal(a->mp_reply.flows[0].ins.apply.list[0].output.port, 2);
    req.mp_request.flow.out_port = 3;
    assert_int_equal(ask(&bed, req)->mp_reply.n, 0);
    req.mp_request.type = OF_MP_AGGREGATE;
    req.mp_request.flow.out_port = OF_PORT_ANY;
    a = ask(&bed, req);
    assert_int_equal(a->mp_reply.aggregate.n_flows, 1);
    assert_int_equal(a->mp_reply.aggregate.n_bytes, 49);
    a = ask(&bed,
            (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_TABLE}});
    assert_int_equal(a->mp_reply.n, 2);
    assert_int_equal(a->mp_reply.tables[0].n_active, 1);
    assert_int_equal(a->mp_reply.tables[0].n_matched, 1);
    req = (struct of_msg){.type = OF_MULTIPART_REQUEST,
                          .mp_request = {.type = OF_MP_PORT_STATS, .port_no = 2}};
    a = ask(&bed, req);
    assert_int_equal(a->mp_reply.n, 1);
    assert_int_equal(a->mp_reply.port_stats[0].tx_packets, 1);
    a = ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                  .mp_request = {.type = OF_MP_TABLE_FEATURES}});
    assert_int_equal(a->mp_reply.n, 2);
    assert_int_equal(a->mp_reply.table_features[1].max_entries, 5);
    bed_close(&bed);
}

/* Five flows of 1 200 actions each: 19 kB of actions that do not fit three to a message. */
static void test_long_flow_statistics_are_split(void **state)
{
    enum { N_ACTIONS = 1200 };
    static struct of_action many[N_ACTIONS];
    struct bed bed;
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < N_ACTIONS; i++) {
        many[i] = of_output(2);
    }
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (uint64_t d = 1; d <= 5; d++) {
        assert_null(ask(&bed, flow_add(d, 1, of_apply(many, N_ACTIONS))));
    }
    req.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    ask(&bed, req);
    for (unsigned i = 0; i < bed.n_sent; i++) {
        assert_int_equal(bed.sent[i].msg.mp_reply.more, i + 1 < bed.n_sent);
        n += bed.sent[i].msg.mp_reply.n;
    }
    assert_true(bed.n_sent >= 2);
    assert_int_equal(n, 5);
    bed_close(&bed);
}

/* A flow-mod of 65 528 bytes makes an entry whose statistics fit no message; the others are told. */
static void test_7_3_5_2_an_entry_that_is_too_long_to_be_told(void **state)
{
    enum { N_ACTIONS = 4091 };
    static struct of_action many[N_ACTIONS];
    struct bed bed;
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};

    (void)state;
    for (size_t i = 0; i < N_ACTIONS; i++) {
        many[i] = of_output(2);
    }
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0, 1, of_apply(many, N_ACTIONS))));
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(many, 1))));
    req.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    assert_int_equal(ask(&bed, req)->mp_reply.n, 1);
    assert_int_equal(bed.sent[0].msg.mp_reply.flows[0].priority, 7);
    bed_close(&bed);
}

static void test_errors(void **state)
{
    struct bed bed;
    struct of_action bad_port = of_output(99), to_group = {.type = OF_ACT_GROUP, .group_id = 1};
    struct of_action push = of_push_vlan(0x1234), ok = of_output(2);
    struct of_action set = {.type = OF_ACT_SET_FIELD, .set_field = {.field = OF_FIELD_METADATA}};
    struct of_instructions next = {.has_goto = true, .goto_table = 2};
    struct of_instructions meter = {.has_meter = true, .meter_id = 1};
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&bad_port, 1))), OF_ERR_ACT_BAD_OUT_PORT);
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&to_group, 1))), OF_ERR_ACT_BAD_OUT_GROUP);
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&push, 1))), OF_ERR_ACT_BAD_ARGUMENT);
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&set, 1))), OF_ERR_ACT_BAD_SET_TYPE);
    expect_error(ask(&bed, flow_add(1, 1, next)), OF_ERR_INST_BAD_TABLE_ID);
    expect_error(ask(&bed, flow_add(1, 1, meter)), OF_ERR_METER_INVALID);
    m = flow_add(1, 1, of_apply(&ok, 1));
    m.flow_mod.table_id = 2;
    expect_error(ask(&bed, m), OF_ERR_FLOW_BAD_TABLE_ID);
    m.flow_mod.table_id = 0;
    m.flow_mod.buffer_id = 3;
    expect_error(ask(&bed, m), OF_ERR_BUFFER_UNKNOWN);
    m.flow_mod.buffer_id = OF_NO_BUFFER;
    OF_MATCH_SET(&m.flow_mod.match, TCP_DST, tcp_dst, 80);
    expect_error(ask(&bed, m), OF_ERR_MATCH_BAD_PREREQ);
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    for (uint64_t d = 1; d <= 5; d++) {
        assert_null(ask(&bed, flow_add(d, 1, of_apply(&ok, 1))));
    }
    expect_error(ask(&bed, flow_add(6, 1, of_apply(&ok, 1))), OF_ERR_FLOW_TABLE_FULL);
    expect_error(ask(&bed, (struct of_msg){.type = OF_PACKET_OUT,
                                           .packet_out = {.buffer_id = 1, .in_port = 1}}),
                 OF_ERR_BUFFER_UNKNOWN);
    expect_error(ask(&bed, (struct of_msg){.type = OF_BARRIER_REPLY}), OF_ERR_BAD_TYPE);
    expect_error(ask(&bed, (struct of_msg){.type = OF_TABLE_MOD, .table_mod = {.table_id = 9}}),
                 OF_ERR_TABLE_BAD_TABLE);
    expect_error(ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                           .mp_request = {.type = OF_MP_PORT_STATS, .port_no = 9}}),
                 OF_ERR_REQ_BAD_PORT);
    bed_close(&bed);
}

static void test_error_carries_the_request(void **state)
{
    struct bed bed;
    struct of_action bad_port = of_output(99);
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    a = ask(&bed, flow_add(1, 1, of_apply(&bad_port, 1)));
    assert_int_equal(a->error.data.len, 64);
    assert_int_equal(a->error.data.data[0], OF_VERSION_1_3);
    assert_int_equal(a->error.data.data[1], 14); /* OFPT_FLOW_MOD. */
    bed_close(&bed);
}

static void test_role_generations(void **state)
{
    struct bed bed;
    struct of_action ok = of_output(2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_int_equal(
        ask(&bed, (struct of_msg){.type = OF_ROLE_REQUEST, .role = {OF_ROLE_MASTER, 2385, 0}})
            ->role.role,
        OF_ROLE_MASTER);
    expect_error(
        ask(&bed, (struct of_msg){.type = OF_ROLE_REQUEST, .role = {OF_ROLE_SLAVE, 2384, 0}}),
        OF_ERR_ROLE_STALE);
    ask(&bed, (struct of_msg){.type = OF_ROLE_REQUEST, .role = {OF_ROLE_SLAVE, 2386, 0}});
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&ok, 1))), OF_ERR_IS_SLAVE);
    bed_close(&bed);
}

static void test_hello_of_no_common_version(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    swtch_disconnected(bed.sw);
    swtch_connected(bed.sw);
    bed.n_sent = 0;
    swtch_input(bed.sw, &(struct of_msg){.version = OF_VERSION_1_0, .type = OF_HELLO});
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.error.err, OF_ERR_HELLO_INCOMPATIBLE);
    assert_int_equal(swtch_version(bed.sw), OF_VERSION_NONE);
    bed_close(&bed);
}

static void test_version_1_0(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0xa, 1, of_apply(&out, 1));
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    a = ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST});
    assert_int_equal(a->features.n_ports, N_PORTS);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.sent[0].msg.packet_in.reason, OF_REASON_NO_MATCH);
    assert_int_equal(bed.sent[0].msg.packet_in.data.len, 49);
    m.flow_mod.command = OF_FLOW_MODIFY; /* Nothing to modify: 1.0 adds it. */
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 0);
    assert_int_equal(bed.n_out[2], 1);
    for (uint64_t d = 1; d <= 4; d++) {
        assert_null(ask(&bed, flow_add(d, 1, of_apply(&out, 1))));
    }
    expect_error(ask(&bed, flow_add(6, 1, of_apply(&out, 1))), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

/* --- Data path ------------------------------------------------------------------------------- */

static void test_miss(void **state)
{
    struct bed bed;
    struct of_action ctl = of_output(OF_PORT_CONTROLLER);
    const struct of_packet_in *in = &bed.sent[0].msg.packet_in;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 0);
    assert_int_equal(swtch_get_stats(bed.sw)->n_miss_drops, 1);
    ask(&bed, flow_add(0, 0, of_apply(&ctl, 1)));
    ask(&bed, flow_add(0xb, 9, of_apply(&ctl, 1)));
    receive(&bed, 3, 0xa);
    assert_int_equal(in->reason, OF_REASON_NO_MATCH);
    assert_int_equal(in->in_port, 3);
    assert_int_equal(in->total_len, 49);
    receive(&bed, 3, 0xb);
    assert_int_equal(in->reason, OF_REASON_ACTION);
    bed_close(&bed);
}

static void test_reserved_ports(void **state)
{
    static const struct {
        port_no_t port;
        unsigned n_out[N_PORTS + 1];
    } rows[] = {
        {1, {0, 0, 0, 0}},
        {2, {0, 0, 1, 0}},
        {OF_PORT_IN_PORT, {0, 1, 0, 0}},
        {OF_PORT_ALL, {0, 0, 1, 1}},
        {OF_PORT_FLOOD, {0, 0, 1, 1}},
        {OF_PORT_LOCAL, {0, 0, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bed bed;
        struct of_action out = of_output(rows[i].port);

        bed_open(&bed, OF_VERSION_1_3, 1);
        assert_null(ask(&bed, flow_add(0xa, 1, of_apply(&out, 1))));
        receive(&bed, 1, 0xa);
        assert_memory_equal(bed.n_out, rows[i].n_out, sizeof bed.n_out);
        bed_close(&bed);
    }
}

static void test_labels_are_pushed_and_popped(void **state)
{
    struct bed bed;
    struct of_action in[] = {of_push_vlan(0x8100), of_set_vlan(238), of_output(2)};
    struct of_action back[] = {of_pop_vlan(), of_output(3)};
    struct of_msg m = flow_add(0, 5, of_apply(back, 2));
    struct buf frame = udp_frame(0xa);
    struct pkt p;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0xa, 1, of_apply(in, 3))));
    OF_MATCH_SET(&m.flow_mod.match, VLAN_VID, vlan_vid, 238 | OF_VID_PRESENT);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(pkt_parse(bed.last_out.data, bed.last_out.len, &p), ERR_OK);
    assert_int_equal(p.vlan[0].vid, 238);
    swtch_receive(bed.sw, 2, &bed.last_out);
    sim_run_until(bed.sim, mono_add(sim_now(bed.sim), NS_PER_S));
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(bed.last_out.len, frame.len);
    assert_memory_equal(bed.last_out.data, frame.data, frame.len);
    buf_fini(&frame);
    bed_close(&bed);
}

static void test_tables_metadata_and_action_set(void **state)
{
    struct bed bed;
    struct of_action written[] = {of_output(3), of_set_vlan(7), of_push_vlan(0x8100)};
    struct of_action over = of_output(2);
    struct of_instructions first = {.has_write = true,
                                    .write = {written, 3},
                                    .has_metadata = true,
                                    .metadata = 0x2300,
                                    .metadata_mask = 0xff00,
                                    .has_goto = true,
                                    .goto_table = 1};
    struct of_instructions second = {.has_write = true, .write = {&over, 1}};
    struct of_msg m = flow_add(0, 1, second);
    struct pkt p;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    assert_null(ask(&bed, flow_add(0xa, 1, first)));
    m.flow_mod.table_id = 1;
    OF_MATCH_SET(&m.flow_mod.match, METADATA, metadata, 0x2300);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[3], 0);
    assert_int_equal(bed.n_out[2], 1); /* The later write to the set's output slot wins. */
    assert_int_equal(pkt_parse(bed.last_out.data, bed.last_out.len, &p), ERR_OK);
    assert_int_equal(p.n_vlans, 1); /* The push comes before the set-field, whatever was written. */
    assert_int_equal(p.vlan[0].vid, 7);
    bed_close(&bed);
}

static void test_packet_out(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2), table = of_output(OF_PORT_TABLE), to3 = of_output(3);
    struct buf frame = udp_frame(0xa);
    struct of_msg m = {.type = OF_PACKET_OUT,
                       .packet_out = {.buffer_id = OF_NO_BUFFER,
                                      .in_port = OF_PORT_CONTROLLER,
                                      .actions = {&out, 1},
                                      .data = {frame.data, frame.len}}};

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, m));
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(bed.n_out[2], 1);
    ask(&bed, flow_add(0xa, 1, of_apply(&to3, 1)));
    m.packet_out.actions.list = &table;
    assert_null(ask(&bed, m));
    sim_run_until(bed.sim, (mono_t){2 * NS_PER_S});
    assert_int_equal(bed.n_out[3], 1);
    buf_fini(&frame);
    bed_close(&bed);
}

/* What the tables have made of the pipeline is theirs: what follows OFPP_TABLE in the list begins where the list
 * did. */
static void test_7_3_7_actions_behind_table_go_on_as_before(void **state)
{
    struct bed bed;
    struct of_action both[] = {of_output(OF_PORT_TABLE), of_output(OF_PORT_CONTROLLER)};
    struct of_instructions ins = {
        .has_metadata = true, .metadata = 0x2385, .metadata_mask = UINT64_MAX};
    struct of_msg m = flow_add(0, 1, ins);
    struct buf frame = udp_frame(0xa);
    const struct of_packet_in *in = &bed.sent[0].msg.packet_in;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    m.flow_mod.table_id = 1;
    m.flow_mod.cookie = 0x238;
    assert_null(ask(&bed, m));
    assert_null(ask(
        &bed, flow_add(0, 1, (struct of_instructions){.has_goto = true, .goto_table = 1})));
    ask(&bed, (struct of_msg){.type = OF_PACKET_OUT,
                              .packet_out = {.buffer_id = OF_NO_BUFFER,
                                             .in_port = OF_PORT_CONTROLLER,
                                             .actions = {both, 2},
                                             .data = {frame.data, frame.len}}});
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(in->cookie, UINT64_MAX);
    assert_int_equal(in->table_id, 0);
    assert_false(of_match_has(&in->match, OF_FIELD_METADATA));
    buf_fini(&frame);
    bed_close(&bed);
}

static void test_flow_removed_and_port_status(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0xa, 1, of_apply(&out, 1));
    const struct of_msg *got = &bed.sent[0].msg;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    m.flow_mod.idle_timeout_s = 3;
    m.flow_mod.cookie = 0x2385;
    ask(&bed, m);
    sim_run_until(bed.sim, (mono_t){10 * NS_PER_S});
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(got->type, OF_FLOW_REMOVED);
    assert_int_equal(got->flow_removed.cookie, 0x2385);
    assert_int_equal(got->flow_removed.reason, OF_REMOVED_IDLE_TIMEOUT);
    assert_int_equal(got->flow_removed.duration_s, 3);
    bed.n_sent = 0;
    wire_set_up(bed.wires[1], false);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(got->type, OF_PORT_STATUS);
    assert_int_equal(got->port_status.port.port_no, 2);
    assert_int_equal(got->port_status.port.state, OF_PS_LINK_DOWN);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple_requests),
        cmocka_unit_test(test_multiparts),
        cmocka_unit_test(test_long_flow_statistics_are_split),
        cmocka_unit_test(test_7_3_5_2_an_entry_that_is_too_long_to_be_told),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_error_carries_the_request),
        cmocka_unit_test(test_role_generations),
        cmocka_unit_test(test_hello_of_no_common_version),
        cmocka_unit_test(test_version_1_0),
        cmocka_unit_test(test_miss),
        cmocka_unit_test(test_reserved_ports),
        cmocka_unit_test(test_labels_are_pushed_and_popped),
        cmocka_unit_test(test_tables_metadata_and_action_set),
        cmocka_unit_test(test_packet_out),
        cmocka_unit_test(test_7_3_7_actions_behind_table_go_on_as_before),
        cmocka_unit_test(test_flow_removed_and_port_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
