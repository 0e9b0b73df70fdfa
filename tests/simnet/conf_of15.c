/* Conformance of the switch to what 1.5 brought (OpenFlow 1.5.1): fields and actions, buckets by their ids,
 * statistics that entries send by themselves, the status of controllers. Clauses are those of 1.5. */
#include "tests/simnet/conf_frames.h"
#include "tests/simnet/group_bed.h"

static void open_bed(struct bed *bed)
{
    bed_open(bed, OF_VERSION_1_5, 3);
}

static struct of_msg request(enum of_mp_type type)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = type}};
}

/* --- Fields ---------------------------------------------------------------------------------- */

/* The entry's frame comes out when 'match' says what it is. */
static bool hits(const struct of_match *match, struct buf frame)
{
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    struct bed bed;
    bool hit;

    open_bed(&bed);
    m.flow_mod.match = *match;
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, frame);
    hit = bed.n_out[2] == 1;
    bed_close(&bed);
    return hit;
}

static struct buf syn(void)
{
    struct buf b = BUF_INIT;
    struct pkt_ends4 ends = {.eth_src = eth_addr_from_u64(0xa),
                             .eth_dst = eth_addr_from_u64(0xb),
                             .src = 0x0a000001,
                             .dst = 0x0a000002};
    static const uint8_t segment[20] = {0x09, 0x51, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02};

    pkt_build_ipv4(&b, &ends, PKT_PROTO_TCP, segment, sizeof segment);
    return b;
}

static void test_7_2_3_9_tcp_flags(void **state)
{
    struct of_match m;

    (void)state;
    of_match_clear(&m);
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&m, IP_PROTO, ip_proto, PKT_PROTO_TCP);
    OF_MATCH_SET(&m, TCP_FLAGS, tcp_flags, 0x002);
    assert_true(hits(&m, syn()));
    m.v.tcp_flags = 0x012;
    assert_false(hits(&m, syn()));
    m.v.tcp_flags = 0x000; /* Neither FIN nor RST, whatever else. */
    m.m.tcp_flags = 0x005;
    m.masked |= OF_BIT(TCP_FLAGS);
    assert_true(hits(&m, syn()));
}

static void test_7_2_3_11_packet_type_is_ethernet(void **state)
{
    struct of_match m;

    (void)state;
    of_match_clear(&m);
    OF_MATCH_SET(&m, PACKET_TYPE, packet_type, 0);
    assert_true(hits(&m, udp_frame(0xa)));
    m.v.packet_type = 1U << 16 | PKT_TYPE_IPV4;
    assert_false(hits(&m, udp_frame(0xa)));
}

/* An entry of table 1 goes by what the action set has: a port, or none. */
static bool set_says(const struct of_action *written, size_t n, port_no_t port)
{
    struct of_action out = of_output(3);
    struct of_instructions first = {.has_goto = true, .goto_table = 1};
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    struct bed bed;
    bool hit;

    open_bed(&bed);
    first.has_write = n > 0;
    first.write = (struct of_actions){written, n};
    assert_null(ask(&bed, flow_add(0, 7, first)));
    m.flow_mod.table_id = 1;
    OF_MATCH_SET(&m.flow_mod.match, ACTSET_OUTPUT, actset_output, port);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    hit = bed.n_out[3] == 1;
    bed_close(&bed);
    return hit;
}

static void test_7_2_3_12_actset_output(void **state)
{
    const struct of_action two = of_output(2), pop = of_pop_vlan();

    (void)state;
    assert_true(set_says(&two, 1, 2));
    assert_false(set_says(&two, 1, 1));
    assert_false(set_says(&two, 1, OF_PORT_UNSET));
    assert_true(set_says(&pop, 1, OF_PORT_UNSET));
    assert_true(set_says(NULL, 0, OF_PORT_UNSET));
}

/* 1.4 §7.2.3.7 brought the field, which can be set too. */
static void test_7_2_3_7_pbb_uca(void **state)
{
    struct of_action a[2] = {{.type = OF_ACT_SET_FIELD, .set_field = {.field = OF_FIELD_PBB_UCA}},
                             of_output(2)};
    struct buf again = BUF_INIT;
    struct bed bed;
    struct of_msg m;
    struct pkt p;

    (void)state;
    open_bed(&bed);
    a[0].set_field.value.u8 = 1;
    m = flow_add(0, 7, of_apply(a, 2));
    OF_MATCH_SET(&m.flow_mod.match, ETH_TYPE, eth_type, PKT_TYPE_PBB);
    OF_MATCH_SET(&m.flow_mod.match, PBB_UCA, pbb_uca, 0);
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, conf_frame(CONF_PBB));
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(pkt_parse(bed.out[2].data, bed.out[2].len, &p), ERR_OK);
    assert_true(p.pbb.uca);
    buf_put(&again, bed.out[2].data, bed.out[2].len);
    receive_frame(&bed, 1, again);
    assert_int_equal(bed.n_out[2], 0);
    bed_close(&bed);
}

/* --- Actions --------------------------------------------------------------------------------- */

/* The frame to 0xa as it leaves after 'a' by port 2. */
static struct pkt after(struct of_action a, bool write)
{
    struct of_action list[2] = {a, of_output(2)};
    struct of_instructions ins = of_apply(list, 2);
    struct bed bed;
    struct of_msg m;
    struct pkt p;

    open_bed(&bed);
    if (write) {
        ins = (struct of_instructions){.has_write = true, .write = {list, 2}};
    }
    m = flow_add(0xa, 7, ins);
    OF_MATCH_SET(&m.flow_mod.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&m.flow_mod.match, IP_PROTO, ip_proto, PKT_PROTO_UDP);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(pkt_parse(bed.out[2].data, bed.out[2].len, &p), ERR_OK);
    bed_close(&bed);
    return p;
}

/* Only the bits under the mask change. */
static void test_7_2_6_7_set_field_with_mask(void **state)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD,
                          .set_field = {.field = OF_FIELD_IPV4_DST, .has_mask = true}};

    (void)state;
    a.set_field.value.u32 = 0x00ac0000;
    a.set_field.mask.u32 = 0x00ff0000;
    assert_int_equal(after(a, false).ipv4.dst, 0x0aac0002);
    assert_int_equal(after(a, true).ipv4.dst, 0x0aac0002);
}

/* Bits of one field into another; what is beside them stays. */
static void test_7_2_6_8_copy_field(void **state)
{
    struct of_action a = {.type = OF_ACT_COPY_FIELD,
                          .copy_field = {.src = OF_FIELD_UDP_SRC,
                                         .dst = OF_FIELD_IPV4_SRC,
                                         .n_bits = 12,
                                         .src_offset = 0,
                                         .dst_offset = 8}};

    (void)state;
    assert_int_equal(after(a, false).ipv4.src, 0x0a000001 | (2385 & 0xfff) << 8);
    a.copy_field.src_offset = 4;
    a.copy_field.n_bits = 4;
    a.copy_field.dst_offset = 28;
    assert_int_equal(after(a, true).ipv4.src, 0x0a000001 | (2385U >> 4 & 0xf) << 28);
}

static void test_7_2_6_8_copy_field_only_into_what_can_be_set(void **state)
{
    struct of_action a = {
        .type = OF_ACT_COPY_FIELD,
        .copy_field = {.src = OF_FIELD_UDP_SRC, .dst = OF_FIELD_IN_PORT, .n_bits = 12}};
    struct bed bed;

    (void)state;
    open_bed(&bed);
    expect_error(ask(&bed, flow_add(0xa, 7, of_apply(&a, 1))), OF_ERR_ACT_BAD_SET_TYPE);
    bed_close(&bed);
}

static void add_meter(struct bed *bed, uint32_t id)
{
    struct of_meter_band band = {.type = OF_MB_DROP, .rate = 1, .burst = 2};

    assert_null(ask(bed, (struct of_msg){.type = OF_METER_MOD,
                                         .meter_mod = {.command = OF_MC_ADD,
                                                       .meter = {.meter_id = id,
                                                                 .flags = OF_MF_PKTPS | OF_MF_BURST,
                                                                 .bands = &band,
                                                                 .n_bands = 1}}}));
}

/* A meter is an action among others, of which some come before it; entries go with it (§6.11). */
static void test_7_2_6_3_meter_action(void **state)
{
    struct of_action list[3] = {of_output(2), {.type = OF_ACT_METER, .meter_id = 3}, of_output(3)};
    unsigned n2 = 0, n3 = 0;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    expect_error(ask(&bed, flow_add(0xa, 7, of_apply(list, 3))), OF_ERR_ACT_BAD_METER);
    add_meter(&bed, 3);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(list, 3))));
    for (unsigned i = 0; i < 5; i++) {
        receive(&bed, 1, 0xa);
        n2 += bed.n_out[2];
        n3 += bed.n_out[3];
    }
    assert_int_equal(n2, 5);
    assert_int_equal(n3, 2);
    assert_null(ask(&bed, (struct of_msg){.type = OF_METER_MOD,
                                          .meter_mod = {.command = OF_MC_DELETE,
                                                        .meter = {.meter_id = OF_METER_ALL}}}));
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    bed_close(&bed);
}

/* What a packet-out says of the pipeline is there for the tables. */
static void test_7_3_6_packet_out_has_pipeline_fields(void **state)
{
    const struct of_action to_tables = of_output(OF_PORT_TABLE), out = of_output(2);
    struct buf frame = udp_frame(0xa);
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    struct of_msg po = {.type = OF_PACKET_OUT,
                        .packet_out = {.buffer_id = OF_NO_BUFFER,
                                       .in_port = OF_PORT_CONTROLLER,
                                       .actions = {&to_tables, 1},
                                       .data = {frame.data, frame.len}}};
    struct bed bed;

    (void)state;
    open_bed(&bed);
    OF_MATCH_SET(&m.flow_mod.match, METADATA, metadata, 0x2385);
    OF_MATCH_SET(&m.flow_mod.match, TUNNEL_ID, tunnel_id, 7);
    assert_null(ask(&bed, m));
    assert_null(ask(&bed, po));
    OF_MATCH_SET(&po.packet_out.match, METADATA, metadata, 0x2385);
    OF_MATCH_SET(&po.packet_out.match, TUNNEL_ID, tunnel_id, 7);
    assert_null(ask(&bed, po));
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(bed.n_out[2], 1);
    buf_fini(&frame);
    bed_close(&bed);
}

/* --- Groups ---------------------------------------------------------------------------------- */

/* An all-group of two buckets, 10 to port 1 and 20 to port 2. */
static void open_group(struct bed *bed, struct of_action out[N_PORTS])
{
    struct of_action go = to_group(GROUP);
    struct of_bucket buckets[2];

    open_bed(bed);
    for (unsigned p = 0; p < N_PORTS; p++) {
        out[p] = of_output(p + 1);
    }
    for (unsigned b = 0; b < 2; b++) {
        buckets[b] = bucket_of(&out[b], 1);
        buckets[b].bucket_id = 10 * (b + 1);
    }
    assert_null(ask(bed, group_msg(OF_GC_ADD, OF_GT_ALL, GROUP, buckets, 2)));
    assert_null(ask(bed, flow_add(0xa, 7, of_apply(&go, 1))));
}

static struct of_msg bucket_msg(enum of_group_command command, uint32_t where,
                                const struct of_bucket *buckets, size_t n)
{
    struct of_msg m = group_msg(command, OF_GT_ALL, GROUP, buckets, n);

    m.group_mod.command_bucket_id = where;
    return m;
}

/* The ids of the group's buckets, in their order. */
static void expect_ids(struct bed *bed, const uint32_t *ids, size_t n)
{
    struct of_msg m = request(OF_MP_GROUP_DESC);
    const struct of_msg *a;

    m.mp_request.group_id = GROUP;
    a = ask(bed, m);
    assert_int_equal(a->mp_reply.n, 1);
    assert_int_equal(a->mp_reply.group_descs[0].n_buckets, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a->mp_reply.group_descs[0].buckets[i].bucket_id, ids[i]);
    }
}

/* "…inserted": first, last, or behind another; those that were there keep what they have counted. */
static void test_6_10_3_insert_bucket(void **state)
{
    struct of_action out[N_PORTS];
    struct of_bucket b;
    struct of_group_stats s;
    struct bed bed;

    (void)state;
    open_group(&bed, out);
    receive(&bed, 3, 0xa);
    b = bucket_of(&out[2], 1);
    b.bucket_id = 30;
    assert_null(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, 10, &b, 1)));
    expect_ids(&bed, (uint32_t[]){10, 30, 20}, 3);
    b.bucket_id = 40;
    assert_null(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, OF_BUCKET_FIRST, &b, 1)));
    b.bucket_id = 50;
    assert_null(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, OF_BUCKET_LAST, &b, 1)));
    expect_ids(&bed, (uint32_t[]){40, 10, 30, 20, 50}, 5);
    s = stats_of(&bed, GROUP);
    assert_int_equal(s.n_packets, 1);
    assert_int_equal(s.buckets[1].n_packets, 1);
    assert_int_equal(s.buckets[1].n_bytes, 49);
    assert_int_equal(s.buckets[4].n_packets, 0);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[3], 3);
    bed_close(&bed);
}

static void test_6_10_3_remove_bucket(void **state)
{
    struct of_action out[N_PORTS];
    struct bed bed;

    (void)state;
    open_group(&bed, out);
    receive(&bed, 3, 0xa);
    assert_null(ask(&bed, bucket_msg(OF_GC_REMOVE_BUCKET, 10, NULL, 0)));
    expect_ids(&bed, (uint32_t[]){20}, 1);
    assert_int_equal(stats_of(&bed, GROUP).buckets[0].n_packets, 1);
    assert_null(ask(&bed, bucket_msg(OF_GC_REMOVE_BUCKET, OF_BUCKET_LAST, NULL, 0)));
    expect_ids(&bed, NULL, 0);
    bed_close(&bed);
    open_group(&bed, out);
    assert_null(ask(&bed, bucket_msg(OF_GC_REMOVE_BUCKET, OF_BUCKET_FIRST, NULL, 0)));
    expect_ids(&bed, (uint32_t[]){20}, 1);
    assert_null(ask(&bed, bucket_msg(OF_GC_REMOVE_BUCKET, OF_BUCKET_ALL, NULL, 0)));
    expect_ids(&bed, NULL, 0);
    bed_close(&bed);
}

/* The type is the group's, whatever the message says: there weights are of a select group. */
static void test_6_10_3_insert_needs_no_type(void **state)
{
    struct of_action out = of_output(2);
    struct of_bucket b = bucket_of(&out, 1);
    struct of_msg m = bucket_msg(OF_GC_INSERT_BUCKET, OF_BUCKET_LAST, &b, 1);
    struct bed bed;

    (void)state;
    open_bed(&bed);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_SELECT, GROUP, NULL, 0)));
    assert_null(ask(&bed, m)); /* Without a weight. */
    b.bucket_id = 1;
    b.weight = 238;
    assert_null(ask(&bed, m));
    m = request(OF_MP_GROUP_DESC);
    m.mp_request.group_id = GROUP;
    assert_int_equal(ask(&bed, m)->mp_reply.group_descs[0].buckets[0].weight, 1);
    assert_int_equal(bed.sent[0].msg.mp_reply.group_descs[0].buckets[1].weight, 238);
    assert_null(ask(&bed, group_msg(OF_GC_MODIFY, OF_GT_ALL, GROUP, NULL, 0)));
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, OF_BUCKET_LAST, &b, 1)),
                 OF_ERR_GROUP_INVALID);
    bed_close(&bed);
}

static void test_6_10_3_errors_of_buckets(void **state)
{
    struct of_action out[N_PORTS];
    struct of_bucket b[2];
    struct of_msg m;
    struct bed bed;

    (void)state;
    open_group(&bed, out);
    b[0] = b[1] = bucket_of(&out[2], 1);
    b[0].bucket_id = b[1].bucket_id = 30;
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, 11, b, 1)), OF_ERR_GROUP_UNKNOWN_BUCKET);
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, 10, b, 2)), OF_ERR_GROUP_BUCKET_EXISTS);
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, OF_BUCKET_ALL, b, 1)),
                 OF_ERR_GROUP_BAD_BUCKET);
    b[0].bucket_id = 20;
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, 10, b, 1)), OF_ERR_GROUP_BUCKET_EXISTS);
    b[0].bucket_id = OF_BUCKET_MAX + 1;
    expect_error(ask(&bed, bucket_msg(OF_GC_INSERT_BUCKET, 10, b, 1)), OF_ERR_GROUP_BAD_BUCKET);
    expect_error(ask(&bed, bucket_msg(OF_GC_REMOVE_BUCKET, 11, NULL, 0)),
                 OF_ERR_GROUP_UNKNOWN_BUCKET);
    m = bucket_msg(OF_GC_REMOVE_BUCKET, 10, NULL, 0);
    m.group_mod.group_id = 8;
    expect_error(ask(&bed, m), OF_ERR_GROUP_UNKNOWN_GROUP);
    expect_ids(&bed, (uint32_t[]){10, 20}, 2);
    bed_close(&bed);
}

/* --- Statistics ------------------------------------------------------------------------------- */

static void test_7_3_5_2_descriptions_and_statistics_of_flows(void **state)
{
    struct of_action out = of_output(2);
    struct of_msg m = request(OF_MP_FLOW_STATS);
    const struct of_flow_stats *f;
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&out, 1))));
    receive(&bed, 1, 0xa);
    m.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.n, 1);
    f = &a->mp_reply.flows[0];
    assert_int_equal(f->reason, OF_FSR_STATS_REQUEST);
    assert_int_equal(f->n_packets, 1);
    assert_int_equal(f->n_bytes, 49);
    m.mp_request.type = OF_MP_FLOW;
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.flows[0].ins.apply.n, 1);
    assert_int_equal(a->mp_reply.flows[0].n_packets, 1);
    bed_close(&bed);
}

/* The numbers of the packets, from 1 to 10, after which statistics came by themselves, as a bitmap. */
static unsigned triggers(struct of_stat_trigger t)
{
    struct of_action out = of_output(2);
    struct of_instructions ins = of_apply(&out, 1);
    unsigned when = 0;
    struct bed bed;

    open_bed(&bed);
    ins.stat_trigger = &t;
    assert_null(ask(&bed, flow_add(0xa, 7, ins)));
    for (unsigned i = 1; i <= 10; i++) {
        receive(&bed, 1, 0xa);
        if (bed.n_sent) {
            const struct of_msg *a = &bed.sent[0].msg;

            assert_int_equal(a->type, OF_MULTIPART_REPLY);
            assert_int_equal(a->mp_reply.type, OF_MP_FLOW_STATS);
            assert_int_equal(a->mp_reply.flows[0].reason, OF_FSR_STAT_TRIGGER);
            assert_int_equal(a->mp_reply.flows[0].n_packets, i);
            when |= 1U << i;
        }
        arena_reset(&bed.arena);
    }
    bed_close(&bed);
    return when;
}

/* Once at the threshold, or at all its multiples; of two only the first. Frames have 49 bytes. */
/* What is not counted comes to no threshold. */
static void test_7_2_5_7_a_counter_that_stands_triggers_nothing(void **state)
{
    const uint64_t no = UINT64_MAX;
    struct of_stat_trigger packets = {OF_STF_PERIODIC, no, no, 4, no};
    struct of_instructions ins = {.stat_trigger = &packets};
    struct of_msg m = flow_add(0xa, 7, ins);
    struct bed bed;

    (void)state;
    open_bed(&bed);
    m.flow_mod.flags = OF_FF_NO_PKT_COUNTS;
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 0);
    packets = (struct of_stat_trigger){OF_STF_ONLY_FIRST, no, no, 4, 49};
    m.flow_mod.flags = OF_FF_NO_PKT_COUNTS | OF_FF_RESET_COUNTS;
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1); /* The bytes of the first frame. */
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 0);
    bed_close(&bed);
}

static void test_7_2_5_7_stat_trigger(void **state)
{
    const uint64_t no = UINT64_MAX;
    struct of_stat_trigger timed = {0, 5 * NS_PER_S, no, no, no};
    struct of_instructions ins = {.stat_trigger = &timed};
    struct bed bed;

    (void)state;
    assert_int_equal(triggers((struct of_stat_trigger){0, no, no, 4, no}), 1 << 4);
    assert_int_equal(triggers((struct of_stat_trigger){OF_STF_PERIODIC, no, no, 4, no}),
                     1 << 4 | 1 << 8);
    assert_int_equal(triggers((struct of_stat_trigger){0, no, no, no, 5 * 49 - 1}), 1 << 5);
    assert_int_equal(triggers((struct of_stat_trigger){0, no, no, 3, 5 * 49}), 1 << 3 | 1 << 5);
    assert_int_equal(triggers((struct of_stat_trigger){OF_STF_ONLY_FIRST, no, no, 3, 5 * 49}),
                     1 << 3);
    open_bed(&bed);
    expect_error(ask(&bed, flow_add(0xa, 7, ins)), OF_ERR_INST_UNSUPPORTED);
    bed_close(&bed);
}

static void test_7_3_5_7_one_port(void **state)
{
    struct of_msg m = request(OF_MP_PORT_DESC);
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    m.mp_request.port_no = 2;
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.n, 1);
    assert_int_equal(a->mp_reply.ports[0].port_no, 2);
    m.mp_request.port_no = OF_PORT_ANY;
    assert_int_equal(ask(&bed, m)->mp_reply.n, N_PORTS);
    m.mp_request.port_no = N_PORTS + 1;
    expect_error(ask(&bed, m), OF_ERR_REQ_BAD_PORT);
    bed_close(&bed);
}

/* --- Bundles at a given time ------------------------------------------------------------------- */

static void expect_time(struct of_time t, uint64_t s, uint32_t ns)
{
    assert_int_equal(t.s, s);
    assert_int_equal(t.ns, ns);
}

static void test_7_3_5_21_bundle_features(void **state)
{
    struct of_msg q = request(OF_MP_BUNDLE_FEATURES);
    const struct of_bundle_features *f;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    sim_run_until(bed.sim, (mono_t){2385 * NS_PER_MS});
    f = &ask(&bed, q)->mp_reply.bundle_features;
    assert_int_equal(f->capabilities, OF_BF_ATOMIC | OF_BF_ORDERED | OF_BF_TIME);
    assert_true(f->has_time);
    expect_time(f->accuracy, 0, 1);
    expect_time(f->max_future, 1, 0); /* What it begins with. */
    expect_time(f->max_past, 1, 0);
    expect_time(f->timestamp, 0, 0);
    q.mp_request.bundle_features.flags = 3; /* Time, and bounds. */
    q.mp_request.bundle_features.max_future = (struct of_time){23, 850};
    q.mp_request.bundle_features.max_past = (struct of_time){0, 2385};
    f = &ask(&bed, q)->mp_reply.bundle_features;
    expect_time(f->max_future, 23, 850);
    expect_time(f->max_past, 0, 2385);
    expect_time(f->timestamp, 2, 385000000);
    q.mp_request.bundle_features.max_past.s = 365 * 86400 + 1;
    expect_error(ask(&bed, q), OF_ERR_MULTIPART_BAD_SCHED);
    q.mp_request.bundle_features.flags = 0;
    f = &ask(&bed, q)->mp_reply.bundle_features;
    expect_time(f->max_past, 0, 2385);
    bed_close(&bed);
}

static struct of_msg bundle(enum of_bundle_type type)
{
    return (struct of_msg){.type = OF_BUNDLE_CONTROL,
                           .bundle_control = {.bundle_id = 7, .type = type}};
}

static struct of_msg commit_at(int64_t ns)
{
    struct of_msg m = bundle(OF_BCT_COMMIT_REQUEST);

    m.bundle_control.flags = OF_BF_TIME;
    m.bundle_control.at = (struct of_time){(uint64_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S)};
    return m;
}

/* A bundle with one entry, at 5 s. */
static void open_bundle(struct bed *bed, const struct of_msg *flow)
{
    open_bed(bed);
    sim_run_until(bed->sim, (mono_t){5 * NS_PER_S});
    assert_int_equal(ask(bed, bundle(OF_BCT_OPEN_REQUEST))->bundle_control.type, OF_BCT_OPEN_REPLY);
    assert_null(ask(bed, (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE,
                                         .bundle_add = {.bundle_id = 7, .message = flow}}));
}

static uint32_t n_entries(const struct bed *bed)
{
    return table_size(swtch_table(bed->sw, 0));
}

/* To the nanosecond; the reply comes then, too. */
static void test_6_9_a_commit_at_its_time(void **state)
{
    struct of_msg flow = flow_add(0xa, 7, (struct of_instructions){0});
    struct bed bed;

    (void)state;
    open_bundle(&bed, &flow);
    assert_null(ask(&bed, commit_at(5 * NS_PER_S + 238500001)));
    sim_run_until(bed.sim, (mono_t){5 * NS_PER_S + 238500000});
    assert_int_equal(n_entries(&bed), 0);
    assert_int_equal(bed.n_sent, 0);
    sim_run_until(bed.sim, (mono_t){5 * NS_PER_S + 238500001});
    assert_int_equal(n_entries(&bed), 1);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.bundle_control.type, OF_BCT_COMMIT_REPLY);
    assert_int_equal(bed.sent[0].msg.xid, 2385);
    expect_error(ask(&bed, bundle(OF_BCT_DISCARD_REQUEST)), OF_ERR_BUNDLE_BAD_ID);
    bed_close(&bed);
}

static void test_6_9_a_commit_that_waits_is_closed(void **state)
{
    struct of_msg flow = flow_add(0xa, 7, (struct of_instructions){0});
    struct bed bed;

    (void)state;
    open_bundle(&bed, &flow);
    assert_null(ask(&bed, commit_at(6 * NS_PER_S)));
    expect_error(ask(&bed, (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE,
                                           .bundle_add = {.bundle_id = 7, .message = &flow}}),
                 OF_ERR_BUNDLE_CLOSED);
    expect_error(ask(&bed, commit_at(6 * NS_PER_S)), OF_ERR_BUNDLE_CLOSED);
    expect_error(ask(&bed, bundle(OF_BCT_COMMIT_REQUEST)), OF_ERR_BUNDLE_CLOSED);
    expect_error(ask(&bed, bundle(OF_BCT_OPEN_REQUEST)), OF_ERR_BUNDLE_BAD_ID);
    assert_int_equal(ask(&bed, bundle(OF_BCT_DISCARD_REQUEST))->bundle_control.type,
                     OF_BCT_DISCARD_REPLY);
    bed.n_sent = 0;
    sim_run_until(bed.sim, (mono_t){7 * NS_PER_S});
    assert_int_equal(n_entries(&bed), 0);
    assert_int_equal(bed.n_sent, 0);
    bed_close(&bed);
}

static void test_6_9_a_commit_that_fails_at_its_time(void **state)
{
    struct of_msg flow =
        flow_add(0xa, 7, (struct of_instructions){.has_goto = true, .goto_table = 9});
    struct bed bed;

    (void)state;
    open_bundle(&bed, &flow);
    assert_null(ask(&bed, commit_at(6 * NS_PER_S)));
    sim_run_until(bed.sim, (mono_t){6 * NS_PER_S});
    assert_int_equal(bed.n_sent, 2); /* Of the message, and of the bundle. */
    assert_int_equal(bed.sent[0].msg.error.err, OF_ERR_INST_BAD_TABLE_ID);
    expect_error(&bed.sent[1].msg, OF_ERR_BUNDLE_MSG_FAILED);
    assert_int_equal(n_entries(&bed), 0);
    bed_close(&bed);
}

/* A second each way, before a controller says otherwise; with the bounds included. */
static void test_7_3_9_times_out_of_bounds(void **state)
{
    struct of_msg flow = flow_add(0xa, 7, (struct of_instructions){0});
    struct of_msg far = commit_at(0);
    struct bed bed;

    (void)state;
    open_bundle(&bed, &flow);
    expect_error(ask(&bed, commit_at(6 * NS_PER_S + 1)), OF_ERR_BUNDLE_SCHED_FUTURE);
    expect_error(ask(&bed, commit_at(4 * NS_PER_S - 1)), OF_ERR_BUNDLE_SCHED_PAST);
    far.bundle_control.at.s = UINT64_MAX;
    expect_error(ask(&bed, far), OF_ERR_BUNDLE_SCHED_FUTURE);
    assert_int_equal(n_entries(&bed), 0);
    assert_int_equal(ask(&bed, commit_at(4 * NS_PER_S))->bundle_control.type, OF_BCT_COMMIT_REPLY);
    assert_int_equal(n_entries(&bed), 1); /* At once. */
    bed_close(&bed);
    open_bundle(&bed, &flow);
    assert_null(ask(&bed, commit_at(6 * NS_PER_S)));
    bed_close(&bed); /* While it waits. */
}

static void test_6_9_a_commit_goes_with_its_connection(void **state)
{
    struct of_msg flow = flow_add(0xa, 7, (struct of_instructions){0});
    struct bed bed;

    (void)state;
    open_bundle(&bed, &flow);
    assert_null(ask(&bed, commit_at(6 * NS_PER_S)));
    swtch_disconnected(bed.sw);
    sim_run_until(bed.sim, (mono_t){7 * NS_PER_S});
    assert_int_equal(n_entries(&bed), 0);
    bed_close(&bed);
}

/* --- Controllers ------------------------------------------------------------------------------ */

/* The second controller counts what it is told of the first. */
struct second {
    struct swtch_conn *conn;
    unsigned n_reasons[OF_CSR_EXPERIMENTER + 1];
    struct of_controller_status last;
    uint16_t error;
};

static void on_second(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct second *s = aux;

    (void)sw;
    if (msg->type == OF_CONTROLLER_STATUS) {
        s->last = msg->controller_status;
        s->n_reasons[s->last.reason]++;
    } else if (msg->type == OF_ERROR) {
        s->error = (uint16_t)msg->error.err;
    }
}

static struct of_msg role_request(enum of_role role, uint64_t generation, uint16_t short_id)
{
    return (struct of_msg){
        .version = OF_VERSION_1_5,
        .type = OF_ROLE_REQUEST,
        .role = {.role = role, .generation_id = generation, .short_id = short_id}};
}

/* Roles, numbers and channels of the others; and the list of all. */
static void test_7_4_7_controller_status(void **state)
{
    struct second s = {0};
    const struct of_msg *a;
    struct of_msg wish;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    s.conn = swtch_add_controller(bed.sw, on_second, &s);
    swtch_conn_connected(s.conn);
    swtch_conn_input(s.conn, &(struct of_msg){.version = OF_VERSION_1_5, .type = OF_HELLO});
    assert_int_equal(bed.sent[0].msg.type, OF_CONTROLLER_STATUS);
    assert_int_equal(bed.sent[0].msg.controller_status.reason, OF_CSR_CHANNEL_STATUS);
    assert_true(bed.sent[0].msg.controller_status.channel_is_up);
    a = ask(&bed, role_request(OF_ROLE_MASTER, 5, 23));
    assert_int_equal(a->role.short_id, 23);
    assert_int_equal(s.n_reasons[OF_CSR_ROLE], 1);
    assert_int_equal(s.n_reasons[OF_CSR_SHORT_ID], 1);
    assert_true(s.last.role == OF_ROLE_MASTER && s.last.short_id == 23);
    wish = role_request(OF_ROLE_MASTER, 6, 23);
    swtch_conn_input(s.conn, &wish);
    assert_int_equal(s.error, OF_ERR_ROLE_ID_IN_USE);
    wish.role.short_id = 0;
    swtch_conn_input(s.conn, &wish);
    assert_true(s.last.role == OF_ROLE_SLAVE && s.n_reasons[OF_CSR_ROLE] == 2);
    a = ask(&bed, request(OF_MP_CONTROLLER_STATUS));
    assert_int_equal(a->mp_reply.n, 2);
    assert_int_equal(a->mp_reply.controllers[0].role, OF_ROLE_SLAVE);
    assert_int_equal(a->mp_reply.controllers[1].role, OF_ROLE_MASTER);
    bed.n_sent = 0;
    swtch_conn_disconnected(s.conn);
    assert_int_equal(bed.sent[0].msg.type, OF_CONTROLLER_STATUS);
    assert_false(bed.sent[0].msg.controller_status.channel_is_up);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_7_2_3_9_tcp_flags),
        cmocka_unit_test(test_7_2_3_11_packet_type_is_ethernet),
        cmocka_unit_test(test_7_2_3_12_actset_output),
        cmocka_unit_test(test_7_2_3_7_pbb_uca),
        cmocka_unit_test(test_7_2_6_7_set_field_with_mask),
        cmocka_unit_test(test_7_2_6_8_copy_field),
        cmocka_unit_test(test_7_2_6_8_copy_field_only_into_what_can_be_set),
        cmocka_unit_test(test_7_2_6_3_meter_action),
        cmocka_unit_test(test_7_3_6_packet_out_has_pipeline_fields),
        cmocka_unit_test(test_6_10_3_insert_bucket),
        cmocka_unit_test(test_6_10_3_remove_bucket),
        cmocka_unit_test(test_6_10_3_insert_needs_no_type),
        cmocka_unit_test(test_6_10_3_errors_of_buckets),
        cmocka_unit_test(test_7_3_5_2_descriptions_and_statistics_of_flows),
        cmocka_unit_test(test_7_2_5_7_stat_trigger),
        cmocka_unit_test(test_7_2_5_7_a_counter_that_stands_triggers_nothing),
        cmocka_unit_test(test_7_3_5_7_one_port),
        cmocka_unit_test(test_7_3_5_21_bundle_features),
        cmocka_unit_test(test_6_9_a_commit_at_its_time),
        cmocka_unit_test(test_6_9_a_commit_that_waits_is_closed),
        cmocka_unit_test(test_6_9_a_commit_that_fails_at_its_time),
        cmocka_unit_test(test_7_3_9_times_out_of_bounds),
        cmocka_unit_test(test_6_9_a_commit_goes_with_its_connection),
        cmocka_unit_test(test_7_4_7_controller_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
