/* Conformance with OpenFlow 1.0: each of the twelve fields (OF 1.0 §5.2.3) and each action (§5.2.4) of the
 * simulated switch. */
#include <stdio.h>

#include "controller/openflow/of_field.h"
#include "simnet/world/fields.h"
#include "tests/packet/gen.h"
#include "tests/simnet/conf_frames.h"

/* --- Fields ---------------------------------------------------------------------------------- */

struct row {
    enum of_field field;
    enum conf_frame frame;
    uint64_t is, is_not;
    unsigned prefix_len; /* Of an address; 0: exact. */
};

static const struct row rows[] = {
    {OF_FIELD_IN_PORT, CONF_UDP4, 1, 3, 0},
    {OF_FIELD_ETH_SRC, CONF_UDP4, CONF_SRC, CONF_DST, 0},
    {OF_FIELD_ETH_DST, CONF_UDP4, CONF_DST, CONF_SRC, 0},
    {OF_FIELD_VLAN_VID, CONF_TAGGED, 238 | OF_VID_PRESENT, 239 | OF_VID_PRESENT, 0},
    {OF_FIELD_VLAN_VID, CONF_UDP4, OF_VID_NONE, 238 | OF_VID_PRESENT, 0},
    {OF_FIELD_VLAN_PCP, CONF_TAGGED, 5, 4, 0},
    {OF_FIELD_ETH_TYPE, CONF_TAGGED, 0x0800, 0x0806, 0},
    {OF_FIELD_IP_DSCP, CONF_UDP4, 10, 46, 0},
    {OF_FIELD_IP_PROTO, CONF_TCP4, 6, 17, 0},
    {OF_FIELD_IPV4_SRC, CONF_UDP4, 0x0a002385, 0x0a002384, 0},
    {OF_FIELD_IPV4_SRC, CONF_UDP4, 0x0a002300, 0x0a002400, 24},
    {OF_FIELD_IPV4_DST, CONF_UDP4, 0x0a0000b2, 0x0a0000b3, 0},
    {OF_FIELD_IPV4_DST, CONF_UDP4, 0x0a000000, 0x0b000000, 9},
    {OF_FIELD_TCP_SRC, CONF_TCP4, 2385, 80, 0},
    {OF_FIELD_TCP_DST, CONF_TCP4, 80, 2385, 0},
    {OF_FIELD_UDP_SRC, CONF_UDP4, 2385, 80, 0},
    {OF_FIELD_UDP_DST, CONF_UDP4, 80, 2385, 0},
    {OF_FIELD_ICMPV4_TYPE, CONF_ICMP4, 8, 0, 0},
    {OF_FIELD_ICMPV4_CODE, CONF_ICMP4, 0, 3, 0},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static bool matches(const struct row *row, uint64_t value)
{
    struct bed bed;
    struct of_action out = of_output(2);
    struct of_msg m = flow_add(0, 7, of_apply(&out, 1));
    struct of_match *match = &m.flow_mod.match;
    bool hit;

    bed_open(&bed, OF_VERSION_1_0, 1);
    conf_prerequisites(match, row->field, row->frame);
    conf_set(match, row->field, 0, value);
    if (row->prefix_len) {
        uint32_t mask = UINT32_MAX << (32 - row->prefix_len);

        match->masked |= UINT64_C(1) << row->field;
        of_num_store((uint8_t *)&match->m + of_field_info(row->field)->offset, 4,
                     (struct of_num){0, mask});
        of_match_normalize(match);
    }
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, conf_frame(row->frame));
    hit = bed.n_out[2] == 1;
    assert_int_equal(bed.n_sent, !hit); /* What misses goes to the controller. */
    bed_close(&bed);
    return hit;
}

static void field(void **state)
{
    const struct row *row = *state;

    assert_true(matches(row, row->is));
    assert_false(matches(row, row->is_not));
}

/* ARP: the addresses and the opcode are where those of IP are (§5.2.3: nw_src, nw_dst, nw_proto). */
static void arp_fields(void **state)
{
    static const struct row arp[] = {
        {OF_FIELD_ARP_SPA, CONF_ARP, 0x0a002385, 0x0a002384, 0},
        {OF_FIELD_ARP_TPA, CONF_ARP, 0x0a0000b2, 0x0a0000b3, 0},
        {OF_FIELD_ARP_OP, CONF_ARP, 2, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof arp / sizeof arp[0]; i++) {
        assert_true(matches(&arp[i], arp[i].is));
        assert_false(matches(&arp[i], arp[i].is_not));
    }
}

/* --- Actions --------------------------------------------------------------------------------- */

static struct pkt after(enum conf_frame frame, struct of_action a)
{
    struct bed bed;
    struct of_action list[] = {a, of_output(2)};
    struct of_msg m = flow_add(0, 7, of_apply(list, 2));
    struct pkt p;

    bed_open(&bed, OF_VERSION_1_0, 1);
    conf_set(&m.flow_mod.match, OF_FIELD_ETH_TYPE, 0, 0x0800);
    conf_set(&m.flow_mod.match, OF_FIELD_IP_PROTO, 0, 17);
    assert_null(ask(&bed, m));
    receive_frame(&bed, 1, conf_frame(frame));
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(pkt_parse(bed.out[2].data, bed.out[2].len, &p), ERR_OK);
    assert_true(gen_sums_ok(bed.out[2].data, &p));
    bed_close(&bed);
    return p;
}

static struct of_action set(enum of_field f, uint64_t value)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = f}};

    of_num_store(&a.set_field.value, of_field_info(f)->size, (struct of_num){0, value});
    return a;
}

/* "If no VLAN is present, a new header is added" with the other part 0. */
static void vlan_actions_add_a_tag(void **state)
{
    struct of_action vid = {.type = OF_ACT_SET_VLAN_VID, .vlan_vid = 2385};
    struct of_action pcp = {.type = OF_ACT_SET_VLAN_PCP, .vlan_pcp = 3};
    struct pkt p = after(CONF_UDP4, vid);

    (void)state;
    assert_int_equal(p.n_vlans, 1);
    assert_int_equal(p.vlan[0].vid, 2385);
    assert_int_equal(p.vlan[0].pcp, 0);
    p = after(CONF_UDP4, pcp);
    assert_int_equal(p.vlan[0].vid, 0);
    assert_int_equal(p.vlan[0].pcp, 3);
    p = after(CONF_TAGGED, vid);
    assert_int_equal(p.n_vlans, 1);
    assert_int_equal(p.vlan[0].vid, 2385);
    assert_int_equal(p.vlan[0].pcp, 5);
    assert_int_equal(after(CONF_TAGGED, of_pop_vlan()).n_vlans, 0);
    assert_int_equal(after(CONF_UDP4, of_pop_vlan()).n_vlans, 0);
}

static void addresses_and_ports(void **state)
{
    (void)state;
    assert_int_equal(eth_addr_u64(after(CONF_UDP4, set(OF_FIELD_ETH_SRC, 0x2385)).eth_src), 0x2385);
    assert_int_equal(eth_addr_u64(after(CONF_UDP4, set(OF_FIELD_ETH_DST, 0x2385)).eth_dst), 0x2385);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_IPV4_SRC, 0x0aff2385)).ipv4.src, 0x0aff2385);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_IPV4_DST, 0x0aff2385)).ipv4.dst, 0x0aff2385);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_IP_DSCP, 46)).ipv4.dscp, 46);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_IP_DSCP, 46)).ipv4.ecn, 2);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_UDP_SRC, 238)).l4.src, 238);
    assert_int_equal(after(CONF_UDP4, set(OF_FIELD_UDP_DST, 238)).l4.dst, 238);
}

/* A port without queues sends what is to be enqueued. */
static void enqueue(void **state)
{
    struct bed bed;
    struct of_action a = {.type = OF_ACT_ENQUEUE, .enqueue = {.port = 2, .queue_id = 7}};

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&a, 1))));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    bed_close(&bed);
}

/* --- Priorities ------------------------------------------------------------------------------- */

/* An entry for that frame, coming in at port 1, that wildcards nothing. */
static struct of_msg exact_entry(enum conf_frame frame, const struct of_action *a)
{
    const uint64_t twelve =
        OF_BIT(IN_PORT) | OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(VLAN_VID) | OF_BIT(VLAN_PCP) |
        OF_BIT(ETH_TYPE) | OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO) | OF_BIT(IPV4_SRC) |
        OF_BIT(IPV4_DST) | OF_BIT(UDP_SRC) | OF_BIT(UDP_DST) | OF_BIT(TCP_SRC) | OF_BIT(TCP_DST) |
        OF_BIT(ICMPV4_TYPE) | OF_BIT(ICMPV4_CODE) | OF_BIT(ARP_OP) | OF_BIT(ARP_SPA) |
        OF_BIT(ARP_TPA);
    struct of_msg m = flow_add(0, 1, of_apply(a, 1));
    struct buf bytes = conf_frame(frame);
    struct pkt p;

    assert_int_equal(pkt_parse(bytes.data, bytes.len, &p), ERR_OK);
    fields_of_packet(&p, 1, 0, &m.flow_mod.match);
    m.flow_mod.match.present &= twelve;
    buf_fini(&bytes);
    return m;
}

/* "An entry that specifies an exact match (i.e. it has no wildcards) is always the highest priority." */
static void exact_entries_come_first(void **state)
{
    static const enum conf_frame frames[] = {CONF_UDP4, CONF_TCP4, CONF_ICMP4, CONF_ARP, CONF_TAGGED};
    struct of_action to2 = of_output(2), to3 = of_output(3);

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct of_msg exact = exact_entry(frames[i], &to2), wild = exact_entry(frames[i], &to3);
        struct bed bed;

        wild.flow_mod.match.present &= ~OF_BIT(ETH_SRC);
        wild.flow_mod.priority = 60000;
        bed_open(&bed, OF_VERSION_1_0, 1);
        assert_null(ask(&bed, exact));
        assert_null(ask(&bed, wild));
        receive_frame(&bed, 1, conf_frame(frames[i]));
        assert_int_equal(bed.n_out[2], 1);
        exact.flow_mod.command = OF_FLOW_DELETE_STRICT; /* Whatever its priority is said to be. */
        exact.flow_mod.priority = 238;
        assert_null(ask(&bed, exact));
        receive_frame(&bed, 1, conf_frame(frames[i]));
        assert_int_equal(bed.n_out[3], 1);
        bed_close(&bed);
    }
}

/* --- Fragments -------------------------------------------------------------------------------- */

static struct of_msg udp_entry(uint16_t src, uint16_t dst, const struct of_action *a)
{
    struct of_msg m = flow_add(0, 7, of_apply(a, 1));

    conf_set(&m.flow_mod.match, OF_FIELD_ETH_TYPE, 0, 0x0800);
    conf_set(&m.flow_mod.match, OF_FIELD_IP_PROTO, 0, 17);
    conf_set(&m.flow_mod.match, OF_FIELD_UDP_SRC, 0, src);
    conf_set(&m.flow_mod.match, OF_FIELD_UDP_DST, 0, dst);
    return m;
}

static void expect_out(struct bed *bed, uint16_t fragment, port_no_t port)
{
    struct buf frame = udp_frame(0xa);

    frame.data[20] = (uint8_t)(fragment >> 8);
    frame.data[21] = (uint8_t)fragment;
    receive_frame(bed, 1, frame);
    assert_int_equal(bed->n_out[port], 1);
}

/* "For IP packets with nonzero fragment offset or More Fragments bit set, the transport ports are set to zero for the
 * lookup"; the frame keeps them. */
static void fragments_have_ports_of_zero(void **state)
{
    struct of_action to2 = of_output(2), to3 = of_output(3);
    struct of_msg m = udp_entry(2385, 7, &to3);
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    assert_null(ask(&bed, m));
    assert_null(ask(&bed, udp_entry(0, 0, &to2)));
    expect_out(&bed, 0x4000, 3); /* Not to be fragmented: a whole one. */
    expect_out(&bed, 0x2000, 2); /* The first of several, which has its ports. */
    assert_int_equal(bed.last_out.data[37], 7);
    expect_out(&bed, 0x2010, 2);
    expect_out(&bed, 0x0010, 2);
    swtch_disconnected(bed.sw); /* The entries stay, and mean the same. */
    expect_out(&bed, 0x0010, 2);
    bed_close(&bed);
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, m));
    expect_out(&bed, 0x2000, 3); /* 1.3 says nothing of it. */
    bed_close(&bed);
}

/* --- Features --------------------------------------------------------------------------------- */

/* Addresses in ARP are matched (arp_fields), so the switch says so. */
static void capabilities(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_0, 1);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.capabilities,
                     OF_C_FLOW_STATS | OF_C_TABLE_STATS | OF_C_PORT_STATS | OF_C_ARP_MATCH_IP);
    bed_close(&bed);
}

/* --- Names ----------------------------------------------------------------------------------- */

enum { MAX_NAME = 64, N_OTHERS = 7 };

static char names[N_ROWS][MAX_NAME];

int main(void)
{
    static struct row own[N_ROWS];
    struct CMUnitTest tests[N_ROWS + N_OTHERS] = {
        {"1.0 5.2.3 ARP", arp_fields, NULL, NULL, NULL},
        {"1.0 5.2.4 SET_VLAN_VID, SET_VLAN_PCP, STRIP_VLAN", vlan_actions_add_a_tag, NULL, NULL,
         NULL},
        {"1.0 5.2.4 SET_DL, SET_NW, SET_TP", addresses_and_ports, NULL, NULL, NULL},
        {"1.0 5.2.4 ENQUEUE", enqueue, NULL, NULL, NULL},
        {"1.0 3.4 entries without wildcards", exact_entries_come_first, NULL, NULL, NULL},
        {"1.0 5.3.1 capabilities", capabilities, NULL, NULL, NULL},
        {"1.0 3.4 fragments", fragments_have_ports_of_zero, NULL, NULL, NULL},
    };

    for (size_t i = 0; i < N_ROWS; i++) {
        own[i] = rows[i];
        snprintf(names[i], MAX_NAME, "1.0 5.2.3 %s, prefix %u, frame %d",
                 of_field_info(rows[i].field)->name, rows[i].prefix_len, (int)rows[i].frame);
        tests[N_OTHERS + i] = (struct CMUnitTest){names[i], field, NULL, NULL, &own[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
