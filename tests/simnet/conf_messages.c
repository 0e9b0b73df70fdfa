/* Conformance of what the other tests leave out: messages that are refused, and with which error (OF 1.3.5
 * §7.4.4), and the required and optional counters of tables, flow entries and ports (§5.8, Table 5). */
#include "tests/simnet/conf_frames.h"

/* As it is, without bytes: also what cannot be said in this version. */
static const struct of_msg *input(struct bed *bed, struct of_msg msg)
{
    bed->n_sent = 0;
    msg.version = msg.version ? msg.version : swtch_version(bed->sw);
    msg.xid = 2385;
    swtch_input(bed->sw, &msg);
    return bed->n_sent ? &bed->sent[0].msg : NULL;
}

/* --- Bad requests ------------------------------------------------------------------------------ */

static void test_7_4_4_experimenters_are_not_known(void **state)
{
    struct of_msg multipart = {
        .type = OF_MULTIPART_REQUEST,
        .mp_request = {.type = OF_MP_EXPERIMENTER,
                       .experimenter = {.experimenter = 0x2385, .exp_type = 7}}};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(
        ask(&bed, (struct of_msg){.type = OF_EXPERIMENTER,
                                  .experimenter = {.experimenter = 0x2385, .exp_type = 7}}),
        OF_ERR_BAD_EXPERIMENTER);
    expect_error(ask(&bed, multipart), OF_ERR_BAD_EXPERIMENTER);
    bed_close(&bed);
}

static void test_7_4_4_messages_of_another_version(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(input(&bed, (struct of_msg){.type = OF_ECHO_REQUEST, .version = OF_VERSION_1_0}),
                 OF_ERR_BAD_VERSION);
    assert_null(input(&bed, (struct of_msg){.type = OF_HELLO, .version = OF_VERSION_1_0}));
    bed_close(&bed);
}

static void test_7_4_4_messages_that_switches_send(void **state)
{
    static const enum of_type types[] = {
        OF_FEATURES_REPLY, OF_GET_CONFIG_REPLY, OF_PACKET_IN,     OF_FLOW_REMOVED,
        OF_PORT_STATUS,    OF_MULTIPART_REPLY,  OF_BARRIER_REPLY, OF_QUEUE_GET_CONFIG_REPLY,
        OF_ROLE_REPLY,     OF_GET_ASYNC_REPLY};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct of_msg m = {.type = types[i]};

        if (types[i] == OF_MULTIPART_REPLY) {
            m.mp_reply.type = OF_MP_PORT_DESC;
        }
        expect_error(input(&bed, m), OF_ERR_BAD_TYPE);
    }
    bed_close(&bed);
}

static void test_7_4_4_errors_and_echo_replies_have_no_answer(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, (struct of_msg){.type = OF_ECHO_REPLY}));
    assert_null(
        ask(&bed, (struct of_msg){.type = OF_ERROR,
                                  .error = {.err = OF_ERR_BAD_TYPE, .type = 1, .code = 1}}));
    bed_close(&bed);
}

static void test_7_4_4_multiparts_that_the_switch_does_not_have(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(input(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                             .mp_request = {.type = OF_MP_BUNDLE_FEATURES}}),
                 OF_ERR_BAD_MULTIPART);
    bed_close(&bed);
}

static void test_7_4_4_statistics_of_a_table_that_there_is_not(void **state)
{
    struct of_msg m = {
        .type = OF_MULTIPART_REQUEST,
        .mp_request = {
            .type = OF_MP_FLOW,
            .flow = {.table_id = 1, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY}}};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, m), OF_ERR_REQ_BAD_TABLE_ID);
    m.mp_request.type = OF_MP_AGGREGATE;
    expect_error(ask(&bed, m), OF_ERR_REQ_BAD_TABLE_ID);
    bed_close(&bed);
}

static void test_7_4_4_a_packet_out_without_a_frame(void **state)
{
    static const uint8_t cut[7];
    struct of_action out = of_output(2);
    struct of_msg m = {.type = OF_PACKET_OUT,
                       .packet_out = {.buffer_id = OF_NO_BUFFER,
                                      .in_port = OF_PORT_CONTROLLER,
                                      .actions = {&out, 1},
                                      .data = {cut, sizeof cut}}};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, m), OF_ERR_BAD_PACKET);
    bed_close(&bed);
}

static void test_7_4_4_more_messages_than_can_wait(void **state)
{
    struct swtch_params p = bed_params(OF_VERSION_1_3, 1);
    struct bed bed;

    (void)state;
    p.hw.cpu.flow_mod_ns = 2385;
    bed_open_with(&bed, &p);
    for (unsigned i = 0; i < 65536; i++) {
        assert_null(ask(&bed, flow_add(1, 7, (struct of_instructions){0})));
        arena_reset(&bed.arena);
    }
    expect_error(ask(&bed, flow_add(1, 7, (struct of_instructions){0})), OF_ERR_REQ_EPERM);
    bed.n_sent = 0;
    sim_run_until(bed.sim, (mono_t){INT64_C(65536) * 2385});
    assert_int_equal(swtch_get_stats(bed.sw)->n_flow_mods, 65536);
    bed_close(&bed);
}

/* --- Bad actions and flow-mods --------------------------------------------------------------------- */

static void refused(uint8_t version, struct of_action a, enum of_err err)
{
    struct bed bed;

    bed_open(&bed, version, 1);
    expect_error(ask(&bed, flow_add(0, 7, of_apply(&a, 1))), err);
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    bed_close(&bed);
}

static void test_7_4_4_actions_of_experimenters(void **state)
{
    static const uint8_t data[4];

    (void)state;
    refused(OF_VERSION_1_3,
            (struct of_action){.type = OF_ACT_EXPERIMENTER, .experimenter = {0x2385, data, 4}},
            OF_ERR_ACT_BAD_EXPERIMENTER);
}

static void test_7_4_4_a_vlan_id_that_is_none(void **state)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD,
                          .set_field = {.field = OF_FIELD_VLAN_VID, .value = {.u16 = 0x1fff}}};
    struct of_msg m = flow_add(0, 7, of_apply(&a, 1));
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    OF_MATCH_SET(&m.flow_mod.match, VLAN_VID, vlan_vid, OF_VID_PRESENT | 238);
    expect_error(ask(&bed, m), OF_ERR_ACT_BAD_SET_ARGUMENT);
    bed_close(&bed);
}

/* 1.5 brought actions that this switch does not do. */
static void test_7_4_4_actions_that_the_switch_does_not_have(void **state)
{
    struct of_action a = {
        .type = OF_ACT_COPY_FIELD,
        .copy_field = {.src = OF_FIELD_ETH_SRC, .dst = OF_FIELD_ETH_DST, .n_bits = 48}};

    (void)state;
    refused(OF_VERSION_1_3, a, OF_ERR_ACT_BAD_TYPE);
}

static void test_7_4_4_unknown_commands(void **state)
{
    struct of_msg m = flow_add(0, 7, (struct of_instructions){0});
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    m.flow_mod.command = OF_FLOW_DELETE_STRICT + 1;
    expect_error(input(&bed, m), OF_ERR_FLOW_BAD_COMMAND);
    bed_close(&bed);
}

/* --- Counters -------------------------------------------------------------------------------- */

static struct of_msg multipart(enum of_mp_type type)
{
    struct of_msg m = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = type}};

    if (type == OF_MP_PORT_STATS) {
        m.mp_request.port_no = OF_PORT_ANY;
    } else if (type == OF_MP_FLOW || type == OF_MP_AGGREGATE) {
        m.mp_request.flow = (struct of_flow_filter){
            .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    }
    return m;
}

/* Three frames, two of which an entry sends to port 2; 2.385 s after its installation. */
static size_t traffic(struct bed *bed, uint8_t version)
{
    struct of_action out = of_output(2);

    bed_open(bed, version, 2);
    assert_null(ask(bed, flow_add(1, 7, of_apply(&out, 1))));
    receive(bed, 1, 1);
    receive(bed, 3, 1);
    receive(bed, 1, 2);
    sim_run_until(bed->sim, (mono_t){2385000000});
    return bed->out[2].len;
}

static void test_5_8_counters_of_tables(void **state)
{
    const struct of_table_stats *t;
    struct bed bed;

    (void)state;
    traffic(&bed, OF_VERSION_1_3);
    t = ask(&bed, multipart(OF_MP_TABLE))->mp_reply.tables;
    assert_int_equal(t[0].n_active, 1);
    assert_int_equal(t[0].n_lookup, 3);
    assert_int_equal(t[0].n_matched, 2);
    assert_int_equal(t[1].n_active, 0);
    assert_int_equal(t[1].n_lookup, 0);
    bed_close(&bed);
}

static void test_5_8_counters_of_flow_entries(void **state)
{
    const struct of_flow_stats *f;
    const struct of_aggregate_stats *sum;
    struct bed bed;
    size_t len;

    (void)state;
    len = traffic(&bed, OF_VERSION_1_3);
    f = ask(&bed, multipart(OF_MP_FLOW))->mp_reply.flows;
    assert_int_equal(f->n_packets, 2);
    assert_int_equal(f->n_bytes, 2 * len);
    assert_int_equal(f->duration_s, 2);
    assert_int_equal(f->duration_ns, 385000000);
    sum = &ask(&bed, multipart(OF_MP_AGGREGATE))->mp_reply.aggregate;
    assert_int_equal(sum->n_packets, 2);
    assert_int_equal(sum->n_bytes, 2 * len);
    assert_int_equal(sum->n_flows, 1);
    bed_close(&bed);
}

static void test_5_8_counters_of_ports(void **state)
{
    struct of_msg down = {.type = OF_PORT_MOD,
                          .port_mod = {.port_no = 3,
                                       .hw_addr = eth_addr_from_u64(3),
                                       .config = OF_PC_NO_RECV,
                                       .mask = OF_PC_NO_RECV}};
    const struct of_port_stats *p;
    struct bed bed;
    size_t len;

    (void)state;
    len = traffic(&bed, OF_VERSION_1_3);
    assert_int_equal(ask(&bed, down)->type, OF_PORT_STATUS);
    receive(&bed, 3, 1);
    wire_set_up(bed.wires[1], false);
    receive(&bed, 1, 1);
    p = ask(&bed, multipart(OF_MP_PORT_STATS))->mp_reply.port_stats;
    assert_int_equal(p[0].rx_packets, 3);
    assert_int_equal(p[0].rx_bytes, 3 * len);
    assert_int_equal(p[0].rx_dropped, 0);
    assert_int_equal(p[0].tx_packets, 0);
    assert_int_equal(p[1].tx_packets, 2);
    assert_int_equal(p[1].tx_bytes, 2 * len);
    assert_int_equal(p[1].tx_dropped, 1);
    assert_int_equal(p[2].rx_packets, 2);
    assert_int_equal(p[2].rx_dropped, 1);
    assert_int_equal(p[2].rx_errors, 0);
    assert_int_equal(p[2].tx_errors + p[2].collisions, 0);
    assert_int_equal(p[2].rx_frame_err + p[2].rx_over_err + p[2].rx_crc_err, 0);
    assert_int_equal(p[0].duration_s, 2);
    bed_close(&bed);
}

/* 1.0 has no durations of ports, and names tables (OF 1.0 §5.3.5). */
static void test_1_0_5_3_5_counters(void **state)
{
    const struct of_table_stats *t;
    struct bed bed;

    (void)state;
    traffic(&bed, OF_VERSION_1_0);
    t = ask(&bed, multipart(OF_MP_TABLE))->mp_reply.tables;
    assert_string_equal(t[0].name, "table 0");
    assert_int_equal(t[0].max_entries, 5);
    assert_int_equal(t[0].n_matched, 2);
    assert_int_equal(ask(&bed, multipart(OF_MP_PORT_STATS))->mp_reply.port_stats[0].duration_s,
                     UINT32_MAX);
    bed_close(&bed);
}

/* §7.4.1: of a frame that is longer than a message, the beginning, and how long it is. */
static void test_7_4_1_a_frame_that_no_message_has_room_for(void **state)
{
    enum { LONG = 65530 };
    struct bed bed;
    struct of_action up = of_output(OF_PORT_CONTROLLER);
    struct buf frame = udp_frame(0xa);
    const struct of_packet_in *in = &bed.sent[0].msg.packet_in;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0, 1, of_apply(&up, 1))));
    while (frame.len < LONG) {
        buf_put(&frame, "5", 1);
    }
    receive_frame(&bed, 1, frame);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(in->total_len, LONG);
    assert_int_equal(in->data.len, UINT16_MAX - 66);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_7_4_1_a_frame_that_no_message_has_room_for),
        cmocka_unit_test(test_7_4_4_experimenters_are_not_known),
        cmocka_unit_test(test_7_4_4_messages_of_another_version),
        cmocka_unit_test(test_7_4_4_messages_that_switches_send),
        cmocka_unit_test(test_7_4_4_errors_and_echo_replies_have_no_answer),
        cmocka_unit_test(test_7_4_4_multiparts_that_the_switch_does_not_have),
        cmocka_unit_test(test_7_4_4_statistics_of_a_table_that_there_is_not),
        cmocka_unit_test(test_7_4_4_a_packet_out_without_a_frame),
        cmocka_unit_test(test_7_4_4_more_messages_than_can_wait),
        cmocka_unit_test(test_7_4_4_actions_of_experimenters),
        cmocka_unit_test(test_7_4_4_a_vlan_id_that_is_none),
        cmocka_unit_test(test_7_4_4_actions_that_the_switch_does_not_have),
        cmocka_unit_test(test_7_4_4_unknown_commands),
        cmocka_unit_test(test_5_8_counters_of_tables),
        cmocka_unit_test(test_5_8_counters_of_flow_entries),
        cmocka_unit_test(test_5_8_counters_of_ports),
        cmocka_unit_test(test_1_0_5_3_5_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
