/* What a simulated switch keeps and how it behaves besides forwarding: buffered packets (OF 1.3.5 §6.1.2),
 * fragments (§7.3.2), ports' configuration (§7.2.1, §7.3.4.3), OFPP_NORMAL (§4.5) and the loss of its
 * controllers (§6.3.2; OF 1.0 §4.3). */
#include "tests/simnet/switch_bed.h"

static struct swtch_params buffering(uint8_t version, uint32_t n_buffers)
{
    struct swtch_params params = bed_params(version, 1);

    params.n_buffers = n_buffers;
    return params;
}

/* Everything goes to the controller, 'max_len' bytes of it. */
static void send_up(struct bed *bed, uint16_t max_len)
{
    struct of_action up = {.type = OF_ACT_OUTPUT, .output = {OF_PORT_CONTROLLER, max_len}};

    assert_null(ask(bed, flow_add(0, 1, of_apply(&up, 1))));
}

static struct of_msg packet_out_of(uint32_t buffer_id, const struct of_action *a)
{
    return (struct of_msg){.type = OF_PACKET_OUT,
                           .packet_out = {.buffer_id = buffer_id, .in_port = 1, .actions = {a, 1}}};
}

static void settle(struct bed *bed, int64_t ns)
{
    sim_run_until(bed->sim, mono_add(sim_now(bed->sim), ns));
}

/* --- Buffers --------------------------------------------------------------------------------- */

static void test_6_1_2_packet_in_of_a_buffered_packet_is_cut(void **state)
{
    struct bed bed;
    struct swtch_params params = buffering(OF_VERSION_1_3, 4);
    const struct of_packet_in *in = &bed.sent[0].msg.packet_in;

    (void)state;
    bed_open_with(&bed, &params);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.n_buffers,
                     4);
    send_up(&bed, 20);
    receive(&bed, 1, 0xa);
    assert_int_equal(in->total_len, 49);
    assert_int_equal(in->data.len, 20);
    assert_int_not_equal(in->buffer_id, OF_NO_BUFFER);
    send_up(&bed, OF_CML_NO_BUFFER);
    receive(&bed, 1, 0xa);
    assert_int_equal(in->data.len, 49);
    assert_int_equal(in->buffer_id, OF_NO_BUFFER);
    bed_close(&bed);
}

static void test_7_3_7_packet_out_takes_the_buffer_once(void **state)
{
    struct bed bed;
    struct swtch_params params = buffering(OF_VERSION_1_3, 4);
    struct of_action out = of_output(2), bad = of_output(99);
    uint32_t id;

    (void)state;
    bed_open_with(&bed, &params);
    send_up(&bed, 0);
    receive(&bed, 1, 0xa);
    id = bed.sent[0].msg.packet_in.buffer_id;
    assert_int_equal(bed.sent[0].msg.packet_in.data.len, 0);
    expect_error(ask(&bed, packet_out_of(id, &bad)), OF_ERR_ACT_BAD_OUT_PORT);
    assert_null(ask(&bed, packet_out_of(id, &out)));
    settle(&bed, NS_PER_MS);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.last_out.len, 49);
    expect_error(ask(&bed, packet_out_of(id, &out)), OF_ERR_BUFFER_EMPTY);
    expect_error(ask(&bed, packet_out_of(id + 1, &out)), OF_ERR_BUFFER_UNKNOWN);
    expect_error(ask(&bed, packet_out_of(0x7fffffff, &out)), OF_ERR_BUFFER_UNKNOWN);
    bed_close(&bed);
}

/* "The packet is processed through the pipeline after the flow entry is inserted." */
static void test_7_3_4_1_flow_mod_releases_the_buffer(void **state)
{
    struct bed bed;
    struct swtch_params params = buffering(OF_VERSION_1_3, 4);
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0xa, 7, of_apply(&out, 1));

    (void)state;
    bed_open_with(&bed, &params);
    send_up(&bed, 20);
    receive(&bed, 1, 0xa);
    m.flow_mod.buffer_id = bed.sent[0].msg.packet_in.buffer_id;
    assert_null(ask(&bed, m));
    settle(&bed, NS_PER_MS);
    assert_int_equal(bed.n_out[2], 1);
    expect_error(ask(&bed, m), OF_ERR_BUFFER_EMPTY);
    bed_close(&bed);
}

/* A buffer is not given out anew while its packet may still be asked for, and expires after 5 s. */
static void test_6_1_2_buffers_expire_and_run_out(void **state)
{
    struct bed bed;
    struct swtch_params params = buffering(OF_VERSION_1_3, 2);
    struct of_action out = of_output(2);
    uint32_t first;

    (void)state;
    bed_open_with(&bed, &params);
    send_up(&bed, 20);
    receive(&bed, 1, 0xa);
    first = bed.sent[0].msg.packet_in.buffer_id;
    receive(&bed, 1, 0xb);
    receive(&bed, 1, 0xc);
    assert_int_equal(bed.sent[0].msg.packet_in.buffer_id, OF_NO_BUFFER);
    assert_int_equal(bed.sent[0].msg.packet_in.data.len, 49);
    settle(&bed, 5 * NS_PER_S);
    expect_error(ask(&bed, packet_out_of(first, &out)), OF_ERR_BUFFER_UNKNOWN);
    receive(&bed, 1, 0xd);
    assert_int_not_equal(bed.sent[0].msg.packet_in.buffer_id, OF_NO_BUFFER);
    assert_int_not_equal(bed.sent[0].msg.packet_in.buffer_id, first);
    expect_error(ask(&bed, packet_out_of(first, &out)), OF_ERR_BUFFER_UNKNOWN);
    bed_close(&bed);
}

/* miss_send_len is for packets without an action of their own (§7.3.2); in 1.0 for all misses. */
static void test_7_3_2_miss_send_len(void **state)
{
    struct bed bed;
    struct swtch_params params = buffering(OF_VERSION_1_0, 4);
    const struct of_packet_in *in = &bed.sent[0].msg.packet_in;

    (void)state;
    bed_open_with(&bed, &params);
    assert_null(ask(&bed, (struct of_msg){.type = OF_SET_CONFIG, .config = {0, 23}}));
    receive(&bed, 1, 0xa);
    assert_int_equal(in->data.len, 23);
    assert_int_equal(in->total_len, 49);
    assert_null(ask(&bed, (struct of_msg){.type = OF_SET_CONFIG, .config = {0, 0xffff}}));
    receive(&bed, 1, 0xa);
    assert_int_equal(in->data.len, 49);
    bed_close(&bed);
}

/* --- Fragments ------------------------------------------------------------------------------- */

static struct buf fragment(uint16_t frag_word)
{
    struct buf frame = udp_frame(0xa);

    frame.data[20] = (uint8_t)(frag_word >> 8);
    frame.data[21] = (uint8_t)frag_word;
    return frame;
}

static void test_7_3_2_fragments(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg ports = flow_add(0xa, 9, (struct of_instructions){0});

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&out, 1))));
    OF_MATCH_SET(&ports.flow_mod.match, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&ports.flow_mod.match, IP_PROTO, ip_proto, 17);
    OF_MATCH_SET(&ports.flow_mod.match, UDP_SRC, udp_src, 0);
    assert_null(ask(&bed, ports));
    receive_frame(&bed, 1, fragment(0x0010)); /* Not the first: it has no ports, not ports of 0. */
    assert_int_equal(bed.n_out[2], 1);
    assert_null(ask(&bed, (struct of_msg){.type = OF_SET_CONFIG, .config = {1, 128}}));
    receive_frame(&bed, 1, fragment(0x0010));
    receive_frame(&bed, 1, fragment(0x2000)); /* The first of several. */
    assert_int_equal(bed.n_out[2], 0);
    assert_int_equal(swtch_get_stats(bed.sw)->n_frag_drops, 2);
    receive_frame(&bed, 1, fragment(0x4000)); /* Not to be fragmented. */
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_GET_CONFIG_REQUEST})->config.flags, 1);
    expect_error(ask(&bed, (struct of_msg){.type = OF_SET_CONFIG, .config = {2, 128}}),
                 OF_ERR_CONFIG_BAD_FLAGS);
    bed_close(&bed);
}

/* --- Ports ----------------------------------------------------------------------------------- */

static struct of_msg port_mod(port_no_t port, uint32_t config, uint32_t mask)
{
    return (struct of_msg){
        .type = OF_PORT_MOD,
        .port_mod = {
            .port_no = port, .hw_addr = eth_addr_from_u64(port), .config = config, .mask = mask}};
}

static void test_7_2_1_port_configuration(void **state)
{
    static const struct {
        uint32_t config; /* Of port 2. */
        bool in, out, up, miss;
    } rows[] = {
        {0, true, true, true, true},
        {OF_PC_PORT_DOWN, false, false, false, false},
        {OF_PC_NO_RECV, false, true, false, false},
        {OF_PC_NO_FWD, true, false, true, true},
        {OF_PC_NO_PACKET_IN, true, true, true, false}, /* Of what misses the table only. */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bed bed;
        struct of_action to2 = of_output(2),
                         from2[] = {of_output(OF_PORT_CONTROLLER), of_output(3)};
        struct of_msg m = flow_add(0, 9, of_apply(from2, 2));
        struct of_msg miss = flow_add(0, 0, of_apply(from2, 1)), clear = miss;

        bed_open(&bed, OF_VERSION_1_3, 1);
        OF_MATCH_SET(&m.flow_mod.match, IN_PORT, in_port, 2);
        assert_null(ask(&bed, m));
        assert_null(ask(&bed, flow_add(0, 1, of_apply(&to2, 1))));
        ask(&bed, port_mod(2, rows[i].config, 0x65));
        assert_int_equal(bed.n_sent, rows[i].config != 0);
        receive(&bed, 1, 0xa);
        assert_int_equal(bed.n_out[2], rows[i].out);
        receive(&bed, 2, 0xa);
        assert_int_equal(bed.n_out[3], rows[i].in);
        assert_int_equal(bed.n_sent, rows[i].up);
        clear.flow_mod.command = OF_FLOW_DELETE;
        assert_null(ask(&bed, clear));
        assert_null(ask(&bed, miss));
        bed.n_sent = 0;
        receive(&bed, 2, 0xb);
        assert_int_equal(bed.n_sent, rows[i].miss);
        bed_close(&bed);
    }
}

/* §7.4.3: a port that comes later is told of, and it can be used. */
static void test_7_4_3_port_added(void **state)
{
    struct bed bed;
    struct wire_params params = {.rate_bps = 1000000000, .delay_ns = 1000};
    struct of_action out = of_output(N_PORTS + 1);
    const struct of_port_stats *stats;
    struct wire *wire;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, flow_add(0xa, 1, of_apply(&out, 1))), OF_ERR_ACT_BAD_OUT_PORT);
    bed.n_sent = 0;
    wire = wire_new(bed.sim, &bed.pool, &params, 9);
    settle(&bed, 5 * NS_PER_S);
    assert_int_equal(swtch_add_port(bed.sw, wire, 1, eth_addr_from_u64(9)), N_PORTS + 1);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.port_status.reason, OF_PORT_ADD);
    assert_int_equal(bed.sent[0].msg.port_status.port.port_no, N_PORTS + 1);
    assert_null(ask(&bed, flow_add(0xa, 1, of_apply(&out, 1))));
    receive(&bed, 1, 0xa);
    assert_int_equal(wire_get_stats(wire, 1).n_sent, 1);
    settle(&bed, 2385 * NS_PER_MS);
    stats = &ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                       .mp_request = {.type = OF_MP_PORT_STATS,
                                                      .port_no = N_PORTS + 1}})
                 ->mp_reply.port_stats[0];
    assert_int_equal(stats->duration_s, 2); /* §7.3.5.6: "time port has been alive". */
    wire_free(wire);
    bed_close(&bed);
}

/* A rate that has no bit of its own is "other", and is told in kilobits a second. */
static void test_7_2_1_rates_of_ports(void **state)
{
    static const struct {
        int64_t rate_bps;
        uint32_t features, speed_kbps;
    } rows[] = {
        {10000000, OF_PF_10MB_FD, 10000},
        {94400000, OF_PF_OTHER, 94400},
        {100000000, OF_PF_100MB_FD, 100000},
        {2500000000, OF_PF_OTHER, 2500000},
        {10000000000, OF_PF_10GB_FD, 10000000},
        {40000000000, OF_PF_40GB_FD, 40000000},
        {100000000000, OF_PF_100GB_FD, 100000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire_params params = {.rate_bps = rows[i].rate_bps};
        const struct of_port *port;
        struct wire *wire;
        struct bed bed;

        bed_open(&bed, OF_VERSION_1_3, 1);
        wire = wire_new(bed.sim, &bed.pool, &params, 9);
        swtch_add_port(bed.sw, wire, 1, eth_addr_from_u64(9));
        port = &bed.sent[0].msg.port_status.port;
        assert_int_equal(port->curr & ~(uint32_t)OF_PF_FIBER, rows[i].features);
        assert_int_equal(port->curr_speed_kbps, rows[i].speed_kbps);
        wire_free(wire);
        bed_close(&bed);
    }
}

static void test_7_3_4_3_errors_of_port_mods(void **state)
{
    struct bed bed;
    struct of_msg m = port_mod(2, 0, 0);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, port_mod(99, 0, 0)), OF_ERR_PORT_BAD_PORT);
    m.port_mod.hw_addr = eth_addr_from_u64(0x2385);
    expect_error(ask(&bed, m), OF_ERR_PORT_BAD_HW_ADDR);
    m = port_mod(2, 0, 0);
    m.port_mod.advertise = OF_PF_10MB_FD;
    expect_error(ask(&bed, m), OF_ERR_PORT_BAD_ADVERTISE);
    expect_error(ask(&bed, port_mod(2, 0, 1 << 4)), OF_ERR_PORT_BAD_CONFIG); /* 1.0's NO_FLOOD. */
    assert_null(ask(&bed, port_mod(2, 0, OF_PC_NO_FWD)));
    bed_close(&bed);
}

/* --- Queues ---------------------------------------------------------------------------------- */

static struct of_msg queue_stats(port_no_t port, uint32_t queue_id)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST,
                           .mp_request = {.type = OF_MP_QUEUE_STATS,
                                          .queue = {.port_no = port, .queue_id = queue_id}}};
}

/* There are none: lists are empty, and what names one is refused. */
static void test_7_3_6_no_queues(void **state)
{
    struct bed bed;
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    a = ask(&bed, (struct of_msg){.type = OF_QUEUE_GET_CONFIG_REQUEST, .queue_port = 2});
    assert_int_equal(a->type, OF_QUEUE_GET_CONFIG_REPLY);
    assert_int_equal(a->queue_config.port_no, 2);
    assert_int_equal(a->queue_config.n_queues, 0);
    expect_error(ask(&bed, (struct of_msg){.type = OF_QUEUE_GET_CONFIG_REQUEST, .queue_port = 99}),
                 OF_ERR_QUEUE_BAD_PORT);
    assert_int_equal(ask(&bed, queue_stats(OF_PORT_ANY, OF_QUEUE_ALL))->mp_reply.n, 0);
    expect_error(ask(&bed, queue_stats(99, OF_QUEUE_ALL)), OF_ERR_QUEUE_BAD_PORT);
    expect_error(ask(&bed, queue_stats(2, 3)), OF_ERR_QUEUE_BAD_QUEUE);
    bed_close(&bed);
}

/* --- NORMAL ---------------------------------------------------------------------------------- */

static void from(struct bed *bed, port_no_t port, uint64_t src, uint64_t dst)
{
    struct buf frame = udp_frame(dst);

    memcpy(frame.data + 6, eth_addr_from_u64(src).b, 6);
    receive_frame(bed, port, frame);
}

static void test_4_5_normal_is_a_learning_bridge(void **state)
{
    struct bed bed;
    struct of_action normal = of_output(OF_PORT_NORMAL);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0, 1, of_apply(&normal, 1))));
    from(&bed, 1, 0xa, 0xb); /* Unknown: flooded. */
    assert_int_equal(bed.n_out[2] + bed.n_out[3], 2);
    from(&bed, 2, 0xb, 0xa);
    assert_int_equal(bed.n_out[1], 1);
    assert_int_equal(bed.n_out[3], 0);
    from(&bed, 1, 0xa, 0xb);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.n_out[3], 0);
    from(&bed, 2, 0xc, 0xb); /* Both at one port: filtered. */
    assert_int_equal(bed.n_out[1] + bed.n_out[2] + bed.n_out[3], 0);
    from(&bed, 3, 0xb, 0xa); /* The station has moved. */
    from(&bed, 1, 0xa, 0xb);
    assert_int_equal(bed.n_out[3], 1);
    from(&bed, 1, 0xa, 0x0180c2000000); /* For bridges only. */
    assert_int_equal(bed.n_out[2] + bed.n_out[3], 0);
    settle(&bed, 300 * NS_PER_S);
    from(&bed, 1, 0xa, 0xb); /* Forgotten. */
    assert_int_equal(bed.n_out[2] + bed.n_out[3], 2);
    bed_close(&bed);
}

static void test_4_5_normal_forgets_when_it_is_full(void **state)
{
    struct bed bed;
    struct of_action normal = of_output(OF_PORT_NORMAL);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, flow_add(0, 1, of_apply(&normal, 1))));
    for (uint64_t i = 0; i < 9000; i++) {
        struct buf frame = udp_frame(0xb);

        memcpy(frame.data + 6, eth_addr_from_u64(0x02000000 + i).b, 6);
        swtch_receive(bed.sw, 1, &frame);
        buf_fini(&frame);
    }
    settle(&bed, NS_PER_S);
    from(&bed, 2, 0xb, 0x02000000 + 8999); /* No room was left for this one. */
    assert_int_equal(bed.n_out[3], 1);
    settle(&bed, 300 * NS_PER_S);
    from(&bed, 1, 0x02000000 + 8999, 0xb);
    from(&bed, 2, 0xb, 0x02000000 + 8999);
    assert_int_equal(bed.n_out[3], 0);
    bed_close(&bed);
}

/* --- Loss of the controllers -------------------------------------------------------------------- */

static void reconnect(struct bed *bed, uint8_t version)
{
    swtch_connected(bed->sw);
    swtch_input(bed->sw, &(struct of_msg){.version = version, .type = OF_HELLO});
    bed->n_sent = 0;
}

static void test_6_3_2_fail_secure(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0xa, 7, of_apply(&out, 1));

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    send_up(&bed, OF_CML_NO_BUFFER);
    m.flow_mod.hard_timeout_s = 3;
    assert_null(ask(&bed, m));
    bed.n_sent = 0;
    swtch_disconnected(bed.sw);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    receive(&bed, 1, 0xb); /* For the controller: dropped. */
    assert_int_equal(bed.n_sent, 0);
    settle(&bed, 3 * NS_PER_S); /* "Flow entries should continue to expire." */
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 1);
    bed_close(&bed);
}

static void test_6_3_2_fail_standalone(void **state)
{
    struct bed bed;
    struct swtch_params params = bed_params(OF_VERSION_1_3, 1);
    struct of_action out = of_output(3);

    (void)state;
    params.fail_mode = SWTCH_FAIL_STANDALONE;
    bed_open_with(&bed, &params);
    assert_null(ask(&bed, flow_add(0, 1, of_apply(&out, 1))));
    swtch_disconnected(bed.sw);
    from(&bed, 1, 0xa, 0xb);
    from(&bed, 2, 0xb, 0xa);
    assert_int_equal(bed.n_out[1], 1);
    assert_int_equal(bed.n_out[3], 0);
    reconnect(&bed, OF_VERSION_1_3);
    from(&bed, 2, 0xb, 0xa); /* The entries are still there (§6.3.2). */
    assert_int_equal(bed.n_out[1], 0);
    assert_int_equal(bed.n_out[3], 1);
    bed_close(&bed);
}

/* OF 1.0 §4.3: the normal entries are deleted, and the emergency entries rule. */
static void test_1_0_4_3_emergency_entries(void **state)
{
    struct bed bed;
    struct swtch_params params = bed_params(OF_VERSION_1_0, 1);
    struct of_action to2 = of_output(2), to3 = of_output(3);
    struct of_msg m = flow_add(0xa, 1, of_apply(&to3, 1));

    (void)state;
    params.fail_mode = SWTCH_FAIL_EMERGENCY;
    bed_open_with(&bed, &params);
    assert_null(ask(&bed, flow_add(0xa, 1, of_apply(&to2, 1))));
    m.flow_mod.flags = OF_FF_EMERG;
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.n_out[3], 0);
    swtch_disconnected(bed.sw);
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[3], 1);
    receive(&bed, 1, 0xb);
    assert_int_equal(bed.n_out[2] + bed.n_out[3], 0);
    reconnect(&bed, OF_VERSION_1_0);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1); /* The controller is asked anew. */
    m.flow_mod.idle_timeout_s = 3;
    expect_error(ask(&bed, m), OF_ERR_FLOW_BAD_TIMEOUT);
    bed_close(&bed);
    bed_open(&bed, OF_VERSION_1_0, 1);
    m.flow_mod.idle_timeout_s = 0;
    expect_error(ask(&bed, m), OF_ERR_FLOW_UNSUPPORTED);
    bed_close(&bed);
}

static struct of_msg statistics_of_table(enum of_mp_type type, uint8_t table_id)
{
    struct of_msg m = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = type}};

    m.mp_request.flow = (struct of_flow_filter){
        .table_id = table_id, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    return m;
}

/* OF 1.0 §5.3.5: 0xfe is the table of emergency entries, and "all tables" are the others. They are added, modified
 * and deleted as the others are. */
static void test_1_0_5_3_5_emergency_entries_can_be_read(void **state)
{
    struct bed bed;
    struct swtch_params params = bed_params(OF_VERSION_1_0, 1);
    struct of_action to2 = of_output(2), to3 = of_output(3);
    struct of_msg m = flow_add(0xa, 1, of_apply(&to3, 1));
    const struct of_multipart_reply *r;

    (void)state;
    params.fail_mode = SWTCH_FAIL_EMERGENCY;
    bed_open_with(&bed, &params);
    assert_null(ask(&bed, flow_add(0xb, 1, of_apply(&to2, 1))));
    m.flow_mod.flags = OF_FF_EMERG | OF_FF_SEND_FLOW_REM;
    m.flow_mod.command = OF_FLOW_MODIFY; /* Nothing to modify: it is added (§4.6). */
    m.flow_mod.cookie = 0x2385;
    assert_null(ask(&bed, m));
    r = &ask(&bed, statistics_of_table(OF_MP_FLOW, 0xfe))->mp_reply;
    assert_int_equal(r->n, 1);
    assert_int_equal(r->flows[0].cookie, 0x2385);
    assert_int_equal(r->flows[0].table_id, 0xfe);
    r = &ask(&bed, statistics_of_table(OF_MP_FLOW, OF_TABLE_ALL))->mp_reply;
    assert_int_equal(r->n, 1);
    assert_int_equal(r->flows[0].table_id, 0);
    r = &ask(&bed, statistics_of_table(OF_MP_AGGREGATE, 0xfe))->mp_reply;
    assert_int_equal(r->aggregate.n_flows, 1);
    m.flow_mod.command = OF_FLOW_DELETE;
    m.flow_mod.idle_timeout_s = 3; /* It has no meaning here. */
    assert_null(ask(&bed, m)); /* "Deleted emergency flow entries generate no flow removed messages" (§4.6). */
    assert_int_equal(ask(&bed, statistics_of_table(OF_MP_FLOW, 0xfe))->mp_reply.n, 0);
    bed_close(&bed);
}

/* OF 1.0 §5.4.4 has no error for it. */
static void test_1_0_5_3_5_statistics_of_a_table_that_there_is_not(void **state)
{
    static const uint8_t tables[] = {1, 85, 0xfe};
    struct of_action to2 = of_output(2);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    assert_null(ask(&bed, flow_add(0xb, 1, of_apply(&to2, 1))));
    for (size_t i = 0; i < sizeof tables; i++) {
        const struct of_msg *answer = ask(&bed, statistics_of_table(OF_MP_FLOW, tables[i]));

        assert_int_equal(answer->type, OF_MULTIPART_REPLY);
        assert_int_equal(answer->mp_reply.n, 0);
        answer = ask(&bed, statistics_of_table(OF_MP_AGGREGATE, tables[i]));
        assert_int_equal(answer->type, OF_MULTIPART_REPLY);
        assert_int_equal(answer->mp_reply.aggregate.n_flows, 0);
    }
    bed_close(&bed);
}

/* The switch comes back as it was made. */
static void test_a_switch_that_was_without_power_is_as_new(void **state)
{
    struct bed bed;
    struct swtch_params params = bed_params(OF_VERSION_1_4, 3);
    struct of_table_features first = {.name = "first", .max_entries = 2};
    struct of_msg features = {
        .type = OF_MULTIPART_REQUEST,
        .mp_request = {.type = OF_MP_TABLE_FEATURES, .table_features = {&first, 1}}};
    struct of_msg evict = {.type = OF_TABLE_MOD, .table_mod = {.config = OF_TC_EVICTION}};
    const struct of_multipart_reply *r;

    (void)state;
    bed_open_with(&bed, &params);
    assert_int_equal(ask(&bed, features)->mp_reply.n, 1);
    assert_null(ask(&bed, evict));
    swtch_reset(bed.sw);
    reconnect(&bed, OF_VERSION_1_4);
    features.mp_request.table_features.n = 0;
    r = &ask(&bed, features)->mp_reply;
    assert_int_equal(r->n, 3);
    assert_int_equal(r->table_features[0].max_entries, 5);
    assert_string_equal(r->table_features[0].name, "table 0");
    r = &ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                   .mp_request = {.type = OF_MP_TABLE_DESC}})
             ->mp_reply;
    assert_int_equal(r->table_descs[0].config, 0);
    for (uint64_t d = 1; d <= 5; d++) {
        assert_null(ask(&bed, flow_add(d, 1, (struct of_instructions){0})));
    }
    expect_error(ask(&bed, flow_add(6, 1, (struct of_instructions){0})), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_6_1_2_packet_in_of_a_buffered_packet_is_cut),
        cmocka_unit_test(test_7_3_7_packet_out_takes_the_buffer_once),
        cmocka_unit_test(test_7_3_4_1_flow_mod_releases_the_buffer),
        cmocka_unit_test(test_6_1_2_buffers_expire_and_run_out),
        cmocka_unit_test(test_7_3_2_miss_send_len),
        cmocka_unit_test(test_7_3_2_fragments),
        cmocka_unit_test(test_7_2_1_port_configuration),
        cmocka_unit_test(test_7_4_3_port_added),
        cmocka_unit_test(test_7_2_1_rates_of_ports),
        cmocka_unit_test(test_7_3_4_3_errors_of_port_mods),
        cmocka_unit_test(test_7_3_6_no_queues),
        cmocka_unit_test(test_4_5_normal_is_a_learning_bridge),
        cmocka_unit_test(test_4_5_normal_forgets_when_it_is_full),
        cmocka_unit_test(test_6_3_2_fail_secure),
        cmocka_unit_test(test_6_3_2_fail_standalone),
        cmocka_unit_test(test_1_0_4_3_emergency_entries),
        cmocka_unit_test(test_1_0_5_3_5_emergency_entries_can_be_read),
        cmocka_unit_test(test_1_0_5_3_5_statistics_of_a_table_that_there_is_not),
        cmocka_unit_test(test_a_switch_that_was_without_power_is_as_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
