/* Conformance of the other actions, in apply- and in write-actions (OF 1.3.5 §5.12), of the order of the action
 * set (§5.10) and of instructions (§5.9). */
#include "controller/openflow/of_field.h"
#include "tests/packet/gen.h"
#include "tests/simnet/conf_frames.h"
#include "tests/simnet/group_bed.h"

/* --- Helpers --------------------------------------------------------------------------------- */

static struct of_action plain(enum of_action_type type)
{
    return (struct of_action){.type = type};
}

static struct of_action with_type(enum of_action_type type, uint16_t ethertype)
{
    return (struct of_action){.type = type, .ethertype = ethertype};
}

static struct of_action with_ttl(enum of_action_type type, uint8_t ttl)
{
    return (struct of_action){.type = type, .ttl = ttl};
}

static struct of_msg entry_for(enum conf_frame frame, struct of_instructions ins)
{
    struct of_msg m = flow_add(0, 7, ins);
    struct buf b = conf_frame(frame);
    struct pkt p;

    assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
    conf_set(&m.flow_mod.match, OF_FIELD_ETH_TYPE, 0, p.eth_type);
    if (frame == CONF_TAGGED) {
        conf_set(&m.flow_mod.match, OF_FIELD_VLAN_VID, 0, 238 | OF_VID_PRESENT);
    }
    buf_fini(&b);
    return m;
}

/* What becomes of a frame under the 'n' actions of 'list', applied or written, and an output. */
static void run(struct bed *bed, enum conf_frame frame, const struct of_action *list, size_t n,
                bool write)
{
    struct of_action all[8];
    struct of_instructions ins = {0};

    for (size_t i = 0; i < n; i++) {
        all[i] = list[i];
    }
    all[n] = of_output(2);
    if (write) {
        ins.has_write = true;
        ins.write = (struct of_actions){all, n + 1};
    } else {
        ins = of_apply(all, n + 1);
    }
    bed_open(bed, OF_VERSION_1_3, 1);
    assert_null(ask(bed, entry_for(frame, ins)));
    receive_frame(bed, 1, conf_frame(frame));
}

static struct pkt parsed(const struct bed *bed)
{
    struct pkt p;

    assert_int_equal(bed->n_out[2], 1);
    assert_int_equal(pkt_parse(bed->out[2].data, bed->out[2].len, &p), ERR_OK);
    assert_true(gen_sums_ok(bed->out[2].data, &p));
    return p;
}

/* Runs the actions both ways and gives what came out, which is the same. */
static struct pkt both_ways(enum conf_frame frame, const struct of_action *list, size_t n)
{
    struct bed applied, written;
    struct pkt p;

    run(&applied, frame, list, n, false);
    run(&written, frame, list, n, true);
    p = parsed(&applied);
    assert_int_equal(applied.out[2].len, written.out[2].len);
    assert_memory_equal(applied.out[2].data, written.out[2].data, written.out[2].len);
    bed_close(&applied);
    bed_close(&written);
    return p;
}

static void expect_unchanged(enum conf_frame frame, const struct of_action *list, size_t n)
{
    struct bed bed;
    struct buf before = conf_frame(frame);

    run(&bed, frame, list, n, false);
    assert_int_equal(bed.out[2].len, before.len);
    assert_memory_equal(bed.out[2].data, before.data, before.len);
    buf_fini(&before);
    bed_close(&bed);
}

static void expect_refused(const struct of_action *a, enum conf_frame frame, enum of_err err)
{
    struct bed bed;

    bed_open(&bed, OF_VERSION_1_3, 1);
    expect_error(ask(&bed, entry_for(frame, of_apply(a, 1))), err);
    bed_close(&bed);
}

/* --- Tags ------------------------------------------------------------------------------------ */

static void test_5_12_push_vlan(void **state)
{
    static const uint16_t types[] = {0x8100, 0x88a8};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct of_action push = with_type(OF_ACT_PUSH_VLAN, types[i]);
        struct pkt p = both_ways(CONF_UDP4, &push, 1);

        assert_int_equal(p.n_vlans, 1);
        assert_int_equal(p.vlan[0].tpid, types[i]);
        assert_int_equal(p.vlan[0].vid, 0);
        assert_true(pkt_has(&p, PKT_UDP));
    }
}

/* §5.12.1: "VLAN ID and priority are copied from the existing outermost tag". */
static void test_5_12_1_pushed_vlan_inherits(void **state)
{
    struct of_action push = with_type(OF_ACT_PUSH_VLAN, 0x88a8);
    struct pkt p = both_ways(CONF_TAGGED, &push, 1);

    (void)state;
    assert_int_equal(p.n_vlans, 2);
    assert_int_equal(p.vlan[0].vid, 238);
    assert_int_equal(p.vlan[0].pcp, 5);
    assert_int_equal(p.vlan[1].tpid, 0x8100);
}

static void test_5_12_pop_vlan(void **state)
{
    struct of_action pop = plain(OF_ACT_POP_VLAN);
    struct pkt p = both_ways(CONF_TAGGED, &pop, 1);

    (void)state;
    assert_int_equal(p.n_vlans, 0);
    assert_int_equal(p.eth_type, 0x0800);
}

static void test_5_12_push_mpls(void **state)
{
    static const uint16_t types[] = {0x8847, 0x8848};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct of_action push = with_type(OF_ACT_PUSH_MPLS, types[i]);
        struct pkt p = both_ways(CONF_UDP4, &push, 1);

        assert_int_equal(p.eth_type, types[i]);
        assert_int_equal(p.mpls.label, 0);
        assert_int_equal(p.mpls.ttl, 61); /* The IP header's (§5.12.1). */
        assert_true(p.mpls.bos);
        p = both_ways(CONF_MPLS, &push, 1);
        assert_int_equal(p.mpls.label, 0x23850); /* The label's that was outermost. */
        assert_int_equal(p.mpls.tc, 5);
        assert_int_equal(p.mpls.ttl, 61);
        assert_false(p.mpls.bos);
    }
}

static void test_5_12_pop_mpls(void **state)
{
    struct of_action pop = with_type(OF_ACT_POP_MPLS, 0x0800);
    struct pkt p = both_ways(CONF_MPLS, &pop, 1);

    (void)state;
    assert_int_equal(p.eth_type, 0x0800);
    assert_int_equal(p.ipv4.src, 0x0a002385);
    assert_true(pkt_has(&p, PKT_UDP));
}

static void test_5_12_push_and_pop_pbb(void **state)
{
    struct of_action push = with_type(OF_ACT_PUSH_PBB, 0x88e7), pop = plain(OF_ACT_POP_PBB);
    struct of_action both[] = {push, pop};
    struct pkt p = both_ways(CONF_UDP4, &push, 1);

    (void)state;
    assert_true(pkt_has(&p, PKT_PBB));
    assert_int_equal(eth_addr_u64(p.eth_dst), CONF_DST);
    assert_int_equal(p.pbb.isid, 0);
    p = both_ways(CONF_PBB, &push, 1);
    assert_int_equal(p.pbb.isid, 0x238500); /* Inherited (§5.12.1). */
    p = both_ways(CONF_PBB, &pop, 1);
    assert_true(pkt_has(&p, PKT_UDP));
    expect_unchanged(CONF_UDP4, both, 2);
}

static void test_7_2_5_tags_of_wrong_type_are_refused(void **state)
{
    static const enum of_action_type pushes[] = {OF_ACT_PUSH_VLAN, OF_ACT_PUSH_MPLS,
                                                 OF_ACT_PUSH_PBB};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct of_action push = with_type(pushes[i], 0x2385);

        expect_refused(&push, CONF_UDP4, OF_ERR_ACT_BAD_ARGUMENT);
    }
}

/* What the entry says that there is not cannot be popped (§6.4). */
static void test_6_4_pops_without_a_tag_are_refused(void **state)
{
    struct of_action pop_mpls = with_type(OF_ACT_POP_MPLS, 0x0800), pop_pbb = plain(OF_ACT_POP_PBB);
    struct of_action pop_vlan = plain(OF_ACT_POP_VLAN);
    struct of_msg m = flow_add(0, 7, of_apply(&pop_vlan, 1));
    struct bed bed;

    (void)state;
    expect_refused(&pop_mpls, CONF_UDP4, OF_ERR_ACT_MATCH_INCONSISTENT);
    expect_refused(&pop_pbb, CONF_UDP4, OF_ERR_ACT_MATCH_INCONSISTENT);
    bed_open(&bed, OF_VERSION_1_3, 1);
    conf_set(&m.flow_mod.match, OF_FIELD_VLAN_VID, 0, OF_VID_NONE);
    expect_error(ask(&bed, m), OF_ERR_ACT_MATCH_INCONSISTENT);
    bed_close(&bed);
}

/* --- Times to live --------------------------------------------------------------------------- */

static void test_5_12_nw_ttl(void **state)
{
    struct of_action set = with_ttl(OF_ACT_SET_NW_TTL, 238), dec = plain(OF_ACT_DEC_NW_TTL);

    (void)state;
    assert_int_equal(both_ways(CONF_UDP4, &set, 1).ipv4.ttl, 238);
    assert_int_equal(both_ways(CONF_TCP6, &set, 1).ipv6.hop_limit, 238);
    assert_int_equal(both_ways(CONF_UDP4, &dec, 1).ipv4.ttl, 60);
    assert_int_equal(both_ways(CONF_TCP6, &dec, 1).ipv6.hop_limit, 60);
}

static void test_5_12_mpls_ttl(void **state)
{
    struct of_action set = with_ttl(OF_ACT_SET_MPLS_TTL, 238), dec = plain(OF_ACT_DEC_MPLS_TTL);

    (void)state;
    assert_int_equal(both_ways(CONF_MPLS, &set, 1).mpls.ttl, 238);
    assert_int_equal(both_ways(CONF_MPLS, &dec, 1).mpls.ttl, 60);
}

/* "Packets with an invalid TTL are dropped": 1 cannot be made less, 0 still less (§5.12). */
static void test_5_12_invalid_ttl_ends_the_packet(void **state)
{
    (void)state;
    for (uint8_t ttl = 0; ttl < 3; ttl++) {
        struct of_action ip[] = {with_ttl(OF_ACT_SET_NW_TTL, ttl), plain(OF_ACT_DEC_NW_TTL)};
        struct of_action mpls[] = {with_ttl(OF_ACT_SET_MPLS_TTL, ttl), plain(OF_ACT_DEC_MPLS_TTL)};
        struct bed bed;

        run(&bed, CONF_UDP4, ip, 2, false);
        assert_int_equal(bed.n_out[2], ttl == 2);
        bed_close(&bed);
        run(&bed, CONF_MPLS, mpls, 2, false);
        assert_int_equal(bed.n_out[2], ttl == 2);
        bed_close(&bed);
    }
}

static void test_5_12_copy_ttl(void **state)
{
    struct of_action out[] = {with_ttl(OF_ACT_SET_MPLS_TTL, 7), plain(OF_ACT_COPY_TTL_OUT)};
    struct of_action in[] = {with_ttl(OF_ACT_SET_MPLS_TTL, 7), plain(OF_ACT_COPY_TTL_IN),
                             with_type(OF_ACT_POP_MPLS, 0x0800)};
    struct bed bed;

    (void)state;
    run(&bed, CONF_MPLS, out, 2, false);
    assert_int_equal(parsed(&bed).mpls.ttl, 61);
    bed_close(&bed);
    run(&bed, CONF_MPLS, in, 3, false);
    assert_int_equal(parsed(&bed).ipv4.ttl, 7);
    bed_close(&bed);
}

/* --- The action set -------------------------------------------------------------------------- */

/* §5.10: copy inwards, pop, push MPLS, push PBB, push VLAN, copy outwards, decrement, set, group or output. */
static void test_5_10_order_of_the_action_set(void **state)
{
    struct of_action list[] = {with_ttl(OF_ACT_SET_NW_TTL, 9), plain(OF_ACT_DEC_NW_TTL),
                               of_push_vlan(0x8100), of_set_vlan(7)};
    struct bed bed;
    struct pkt p;

    (void)state;
    run(&bed, CONF_UDP4, list, 4, true);
    p = parsed(&bed);
    assert_int_equal(p.vlan[0].vid, 7);
    assert_int_equal(p.ipv4.ttl, 9); /* Set comes after decrement. */
    bed_close(&bed);
}

/* A later write of a kind takes the place of the earlier one; without output nothing goes out. */
static void test_5_10_one_action_of_each_kind(void **state)
{
    struct of_action first[] = {of_output(3), with_ttl(OF_ACT_SET_NW_TTL, 9)};
    struct of_action second[] = {of_output(2), with_ttl(OF_ACT_SET_NW_TTL, 8)};
    struct of_instructions to_second = {
        .has_write = true, .write = {first, 2}, .has_goto = true, .goto_table = 1};
    struct of_instructions last = {.has_write = true, .write = {second, 2}};
    struct bed bed;
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    assert_null(ask(&bed, entry_for(CONF_UDP4, to_second)));
    m = entry_for(CONF_UDP4, last);
    m.flow_mod.table_id = 1;
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, conf_frame(CONF_UDP4));
    assert_int_equal(bed.n_out[3], 0);
    assert_int_equal(parsed(&bed).ipv4.ttl, 8);
    bed_close(&bed);
}

/* --- Instructions ------------------------------------------------------------------------------- */

/* Table 0 writes an output, table 1 clears it, and the rest of table 1's instructions still count. */
static void test_5_9_clear_before_write(void **state)
{
    struct of_action to3 = of_output(3), to2 = of_output(2);
    struct of_instructions first = {
        .has_write = true, .write = {&to3, 1}, .has_goto = true, .goto_table = 1};
    struct of_instructions second = {.has_clear = true, .has_write = true, .write = {&to2, 1}};
    struct bed bed;
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    assert_null(ask(&bed, flow_add(0, 1, first)));
    m = flow_add(0, 1, second);
    m.flow_mod.table_id = 1;
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.n_out[3], 0);
    bed_close(&bed);
}

static void test_5_9_write_metadata_under_a_mask(void **state)
{
    struct of_action out = of_output(2);
    struct of_instructions ins[] = {
        {.has_metadata = true,
         .metadata = 0xff00,
         .metadata_mask = 0xff00,
         .has_goto = true,
         .goto_table = 1},
        {.has_metadata = true,
         .metadata = 0x0a50,
         .metadata_mask = 0x0ff0,
         .has_goto = true,
         .goto_table = 2},
    };
    struct bed bed;
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 3);
    for (uint8_t t = 0; t < 2; t++) {
        m = flow_add(0, 1, ins[t]);
        m.flow_mod.table_id = t;
        assert_null(ask(&bed, m));
    }
    m = flow_add(0, 1, of_apply(&out, 1));
    m.flow_mod.table_id = 2;
    conf_set(&m.flow_mod.match, OF_FIELD_METADATA, 0, 0xfa50);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    bed_close(&bed);
}

/* §5.1: packets only go on to later tables; §5.4: a miss without a miss entry drops, the set and all. */
static void test_5_1_goto_goes_on_only(void **state)
{
    struct of_action out = of_output(2);
    struct of_instructions on = {
        .has_write = true, .write = {&out, 1}, .has_goto = true, .goto_table = 1};
    struct bed bed;
    struct of_msg m;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 2);
    assert_null(ask(&bed, flow_add(0, 1, on)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 0);
    assert_int_equal(swtch_get_stats(bed.sw)->n_miss_drops, 1);
    m = flow_add(0, 1, on);
    m.flow_mod.table_id = 1;
    expect_error(ask(&bed, m), OF_ERR_INST_BAD_TABLE_ID);
    bed_close(&bed);
}

/* --- Where no match says what frames are ---------------------------------------------------------- */

static struct of_action set(enum of_field field, uint64_t value)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = field}};

    of_num_store(&a.set_field.value, of_field_info(field)->size, (struct of_num){0, value});
    return a;
}

static void bucket_gets(struct bed *bed, enum conf_frame frame, struct of_action a)
{
    struct of_action list[] = {a, of_output(2)}, go = to_group(GROUP);
    struct of_bucket bucket = bucket_of(list, 2);

    bed_open(bed, OF_VERSION_1_3, 1);
    assert_null(ask(bed, group_msg(OF_GC_ADD, OF_GT_ALL, GROUP, &bucket, 1)));
    assert_null(ask(bed, flow_add(0, 7, of_apply(&go, 1))));
    receive_frame(bed, 1, conf_frame(frame));
}

static void packet_out_gets(struct bed *bed, enum conf_frame frame, struct of_action a)
{
    struct of_action list[] = {a, of_output(2)};
    struct buf b = conf_frame(frame);

    bed_open(bed, OF_VERSION_1_3, 1);
    assert_null(ask(bed, (struct of_msg){.type = OF_PACKET_OUT,
                                         .packet_out = {.buffer_id = OF_NO_BUFFER,
                                                        .in_port = OF_PORT_CONTROLLER,
                                                        .actions = {list, 2},
                                                        .data = {b.data, b.len}}}));
    sim_run_until(bed->sim, (mono_t){NS_PER_S});
    buf_fini(&b);
}

/* Buckets and packet-outs: an action that needs a header does nothing to a frame without it, nor to one that has it
 * inside another (§7.2.3.6). */
static void test_7_2_5_actions_need_their_headers(void **state)
{
    const struct {
        enum conf_frame frame;
        struct of_action a;
        bool changes;
    } rows[] = {
        {CONF_UDP4, set(OF_FIELD_UDP_SRC, 238), true},
        {CONF_UDP4, set(OF_FIELD_TCP_SRC, 238), false},
        {CONF_TCP4, set(OF_FIELD_SCTP_DST, 238), false},
        {CONF_SCTP6, set(OF_FIELD_UDP_DST, 238), false},
        {CONF_ICMP6, set(OF_FIELD_ICMPV4_TYPE, 8), false},
        {CONF_ICMP4, set(OF_FIELD_ICMPV6_CODE, 7), false},
        {CONF_MPLS, set(OF_FIELD_IPV4_DST, 0x0aff2385), false},
        {CONF_MPLS, set(OF_FIELD_IP_DSCP, 46), false},
        {CONF_MPLS, with_ttl(OF_ACT_SET_NW_TTL, 9), false},
        {CONF_MPLS, plain(OF_ACT_DEC_NW_TTL), false},
        {CONF_MPLS, set(OF_FIELD_MPLS_TC, 2), true},
        {CONF_UDP6, with_ttl(OF_ACT_SET_NW_TTL, 9), true},
        {CONF_ARP, set(OF_FIELD_IPV4_SRC, 0x0aff2385), false},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct buf before = conf_frame(rows[i / 2].frame);
        struct bed bed;

        (i % 2 ? bucket_gets : packet_out_gets)(&bed, rows[i / 2].frame, rows[i / 2].a);
        assert_int_equal(bed.n_out[2], 1);
        assert_int_equal(bed.out[2].len, before.len);
        assert_int_equal(memcmp(bed.out[2].data, before.data, before.len) != 0,
                         rows[i / 2].changes);
        buf_fini(&before);
        bed_close(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_12_push_vlan),
        cmocka_unit_test(test_5_12_1_pushed_vlan_inherits),
        cmocka_unit_test(test_5_12_pop_vlan),
        cmocka_unit_test(test_5_12_push_mpls),
        cmocka_unit_test(test_5_12_pop_mpls),
        cmocka_unit_test(test_5_12_push_and_pop_pbb),
        cmocka_unit_test(test_7_2_5_tags_of_wrong_type_are_refused),
        cmocka_unit_test(test_6_4_pops_without_a_tag_are_refused),
        cmocka_unit_test(test_5_12_nw_ttl),
        cmocka_unit_test(test_5_12_mpls_ttl),
        cmocka_unit_test(test_5_12_invalid_ttl_ends_the_packet),
        cmocka_unit_test(test_5_12_copy_ttl),
        cmocka_unit_test(test_5_10_order_of_the_action_set),
        cmocka_unit_test(test_5_10_one_action_of_each_kind),
        cmocka_unit_test(test_5_9_clear_before_write),
        cmocka_unit_test(test_5_9_write_metadata_under_a_mask),
        cmocka_unit_test(test_5_1_goto_goes_on_only),
        cmocka_unit_test(test_7_2_5_actions_need_their_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
