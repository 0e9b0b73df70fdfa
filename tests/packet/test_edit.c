/* Edits: the frame says afterwards what was set, checksums stay right, what is pushed pops off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/packet/edit_ops.h"
#include "tests/packet/gen.h"

#define N_TRIALS 300

struct fixture {
    struct gen g;
    struct buf b;
    struct pkt_frame f;
};

static int setup(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);

    x->g.state = 2385;
    *state = x;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *x = *state;

    buf_fini(&x->b);
    free(x);
    return 0;
}

static void begin(struct fixture *x, enum gen_kind kind)
{
    buf_clear(&x->b);
    gen_frame(&x->g, kind, &x->b);
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
}

static bool sums_ok(const struct fixture *x)
{
    return gen_sums_ok(x->b.data, &x->f.p);
}

static struct edit_arg random_arg(struct gen *g)
{
    return (struct edit_arg){.u8 = (uint8_t)gen_u64(g),
                             .u16 = (uint16_t)gen_u64(g),
                             .u32 = (uint32_t)gen_u64(g),
                             .eth = gen_eth(g),
                             .ipv6 = gen_ipv6(g)};
}

static void random_edits_keep_checksums_right(void **state)
{
    struct fixture *x = *state;
    unsigned n_done = 0;

    for (unsigned i = 0; i < N_TRIALS * GEN_N_KINDS; i++) {
        begin(x, (enum gen_kind)(i % GEN_N_KINDS));
        for (unsigned k = 0; k < 24; k++) {
            struct edit_arg arg = random_arg(&x->g);

            n_done += !edit_apply(&x->f, gen_below(&x->g, EDIT_N_OPS), &arg);
            assert_true(sums_ok(x));
        }
    }
    assert_true(n_done > N_TRIALS * GEN_N_KINDS);
}

/* Edits that do not parse the frame again must say what the parser would. */
static void frames_are_known_as_they_are_parsed(void **state)
{
    struct fixture *x = *state;
    struct pkt fresh;

    for (unsigned i = 0; i < N_TRIALS * GEN_N_KINDS; i++) {
        begin(x, (enum gen_kind)(i % GEN_N_KINDS));
        x->b.len -= i % 7 == 6 ? gen_below(&x->g, (uint32_t)x->b.len - PKT_ETH_HLEN) : 0;
        assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
        for (unsigned k = 0; k < 24; k++) {
            struct edit_arg arg = random_arg(&x->g);

            edit_apply(&x->f, gen_below(&x->g, EDIT_N_OPS), &arg);
            pkt_parse(x->b.data, x->b.len, &fresh);
            assert_memory_equal(&x->f.p, &fresh, sizeof fresh);
        }
    }
}

static void failed_edits_change_nothing(void **state)
{
    struct fixture *x = *state;
    struct buf before = BUF_INIT;
    unsigned n_failed = 0;

    for (unsigned i = 0; i < N_TRIALS * GEN_N_KINDS; i++) {
        struct edit_arg arg = random_arg(&x->g);

        begin(x, (enum gen_kind)(i % GEN_N_KINDS));
        buf_clear(&before);
        buf_put(&before, x->b.data, x->b.len);
        if (edit_apply(&x->f, gen_below(&x->g, EDIT_N_OPS), &arg)) {
            assert_int_equal(x->b.len, before.len);
            assert_memory_equal(x->b.data, before.data, before.len);
            n_failed++;
        }
    }
    assert_true(n_failed > 0);
    buf_fini(&before);
}

/* A checksum that came in wrong must not look right after an edit (RFC 1624 updates differences). */
static void broken_checksums_stay_broken(void **state)
{
    static const enum gen_kind kinds[] = {GEN_UDP4, GEN_TCP4, GEN_SCTP4, GEN_UDP6, GEN_TCP6};
    struct fixture *x = *state;

    for (unsigned i = 0; i < N_TRIALS; i++) {
        begin(x, kinds[i % 5]);
        x->b.data[x->f.p.off.l4 + 4] ^= 0x25; /* Part of a length, sequence number or tag. */
        assert_false(sums_ok(x));
        assert_int_equal(pkt_set_l4_src(&x->f, (uint16_t)gen_u64(&x->g)), ERR_OK);
        assert_int_equal(pkt_set_nw_dscp(&x->f, 46), ERR_OK);
        assert_false(sums_ok(x));
    }
}

static void ip_edits_take_effect(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    for (unsigned i = 0; i < N_TRIALS; i++) {
        struct edit_arg a = random_arg(&x->g);
        uint8_t dscp = a.u8 & 63, ecn = (uint8_t)(a.u16 & 3);
        uint16_t other = (uint16_t)(a.u16 ^ 0x2385);

        begin(x, i % 2 ? GEN_UDP4 : GEN_TCP4);
        assert_int_equal(pkt_set_ipv4_src(f, a.u32), ERR_OK);
        assert_int_equal(pkt_set_ipv4_dst(f, ~a.u32), ERR_OK);
        assert_int_equal(pkt_set_nw_dscp(f, dscp), ERR_OK);
        assert_int_equal(pkt_set_nw_ecn(f, ecn), ERR_OK);
        assert_int_equal(pkt_set_l4_src(f, a.u16), ERR_OK);
        assert_int_equal(pkt_set_l4_dst(f, other), ERR_OK);
        assert_true(f->p.ipv4.src == a.u32 && f->p.ipv4.dst == ~a.u32);
        assert_true(f->p.ipv4.dscp == dscp && f->p.ipv4.ecn == ecn);
        assert_true(f->p.l4.src == a.u16 && f->p.l4.dst == other);

        begin(x, i % 2 ? GEN_TCP6 : GEN_ICMP6);
        assert_int_equal(pkt_set_ipv6_src(f, &a.ipv6), ERR_OK);
        assert_int_equal(pkt_set_ipv6_dst(f, &a.ipv6), ERR_OK);
        assert_int_equal(pkt_set_ipv6_flabel(f, a.u32 & 0xfffff), ERR_OK);
        assert_int_equal(pkt_set_nw_dscp(f, dscp), ERR_OK);
        assert_int_equal(pkt_set_nw_ecn(f, ecn), ERR_OK);
        assert_true(ipv6_addr_eq(&f->p.ipv6.src, &a.ipv6));
        assert_true(ipv6_addr_eq(&f->p.ipv6.dst, &a.ipv6));
        assert_true(f->p.ipv6.dscp == dscp && f->p.ipv6.ecn == ecn);
        assert_int_equal(f->p.ipv6.flabel, a.u32 & 0xfffff);
        assert_true(sums_ok(x));
    }
}

static void ttl_counts_down_to_one(void **state)
{
    static const enum gen_kind kinds[] = {GEN_UDP4, GEN_UDP6};
    struct fixture *x = *state;

    for (unsigned i = 0; i < 2; i++) {
        begin(x, kinds[i]);
        assert_int_equal(pkt_set_nw_ttl(&x->f, 3), ERR_OK);
        assert_int_equal(pkt_dec_nw_ttl(&x->f), ERR_OK);
        assert_int_equal(pkt_dec_nw_ttl(&x->f), ERR_OK);
        assert_int_equal(pkt_dec_nw_ttl(&x->f), ERR_RANGE);
        assert_int_equal(i ? x->f.p.ipv6.hop_limit : x->f.p.ipv4.ttl, 1);
        assert_true(sums_ok(x));
    }
    begin(x, GEN_ARP);
    assert_int_equal(pkt_dec_nw_ttl(&x->f), ERR_STATE);
}

static void arp_and_nd_edits_take_effect(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;
    struct edit_arg a = random_arg(&x->g);

    begin(x, GEN_ARP);
    assert_int_equal(pkt_set_arp_op(f, PKT_ARP_REPLY), ERR_OK);
    assert_int_equal(pkt_set_arp_sha(f, a.eth), ERR_OK);
    assert_int_equal(pkt_set_arp_spa(f, a.u32), ERR_OK);
    assert_int_equal(pkt_set_arp_tha(f, a.eth), ERR_OK);
    assert_int_equal(pkt_set_arp_tpa(f, a.u32 + 1), ERR_OK);
    assert_true(eth_addr_eq(f->p.arp.sha, a.eth) && eth_addr_eq(f->p.arp.tha, a.eth));
    assert_true(f->p.arp.spa == a.u32 && f->p.arp.tpa == a.u32 + 1);
    assert_int_equal(f->p.arp.op, PKT_ARP_REPLY);

    begin(x, GEN_NS);
    assert_int_equal(pkt_set_nd_target(f, &a.ipv6), ERR_OK);
    assert_int_equal(pkt_set_nd_sll(f, a.eth), ERR_OK);
    assert_int_equal(pkt_set_nd_tll(f, a.eth), ERR_STATE);
    assert_true(ipv6_addr_eq(&f->p.nd.target, &a.ipv6) && eth_addr_eq(f->p.nd.sll, a.eth));
    assert_true(sums_ok(x));

    begin(x, GEN_NA);
    assert_int_equal(pkt_set_nd_tll(f, a.eth), ERR_OK);
    assert_true(eth_addr_eq(f->p.nd.tll, a.eth) && sums_ok(x));
    assert_int_equal(pkt_set_icmp_type(f, 100), ERR_OK);
    assert_int_equal(f->p.present & PKT_HAS_ND_TARGET, 0);
    assert_true(sums_ok(x));
}

static void push_then_pop_restores_the_frame(void **state)
{
    struct fixture *x = *state;
    struct buf before = BUF_INIT;

    for (unsigned i = 0; i < N_TRIALS; i++) {
        uint16_t type;

        begin(x, (enum gen_kind)(i % GEN_N_KINDS));
        type = x->f.p.eth_type;
        buf_clear(&before);
        buf_put(&before, x->b.data, x->b.len);
        assert_int_equal(pkt_push_mpls(&x->f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_push_mpls(&x->f, PKT_TYPE_MPLS_MC), ERR_OK);
        assert_int_equal(pkt_push_vlan(&x->f, PKT_TYPE_VLAN), ERR_OK);
        assert_int_equal(pkt_push_vlan(&x->f, PKT_TYPE_SVLAN), ERR_OK);
        assert_int_equal(pkt_push_pbb(&x->f), ERR_OK);
        assert_int_equal(x->f.p.layers, PKT_ETH | PKT_PBB);
        assert_int_equal(pkt_pop_pbb(&x->f), ERR_OK);
        assert_int_equal(x->f.p.n_vlans, 2);
        assert_int_equal(pkt_pop_vlan(&x->f), ERR_OK);
        assert_int_equal(pkt_pop_vlan(&x->f), ERR_OK);
        assert_int_equal(pkt_pop_vlan(&x->f), ERR_STATE);
        assert_int_equal(pkt_pop_mpls(&x->f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_pop_mpls(&x->f, type), ERR_OK);
        assert_int_equal(x->b.len, before.len);
        assert_memory_equal(x->b.data, before.data, before.len);
    }
    buf_fini(&before);
}

/* OF 1.3.5 §5.12.1, "Default values for fields on push". */
static void pushed_tags_inherit(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    begin(x, GEN_UDP4);
    assert_int_equal(pkt_set_nw_ttl(f, 61), ERR_OK);
    assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
    assert_true(f->p.mpls.bos && f->p.mpls.ttl == 61 && f->p.mpls.label == 0);
    assert_int_equal(pkt_set_mpls_label(f, 0xabcde), ERR_OK);
    assert_int_equal(pkt_set_mpls_tc(f, 5), ERR_OK);
    assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
    assert_true(!f->p.mpls.bos && f->p.mpls.ttl == 61 && f->p.mpls.label == 0xabcde);
    assert_int_equal(f->p.mpls.tc, 5);

    begin(x, GEN_UDP4);
    assert_int_equal(pkt_push_vlan(f, PKT_TYPE_VLAN), ERR_OK);
    assert_true(f->p.vlan[0].vid == 0 && f->p.vlan[0].pcp == 0);
    assert_int_equal(pkt_set_vlan_vid(f, 2385), ERR_OK);
    assert_int_equal(pkt_set_vlan_pcp(f, 6), ERR_OK);
    assert_int_equal(pkt_push_vlan(f, PKT_TYPE_SVLAN), ERR_OK);
    assert_int_equal(f->p.vlan[0].tpid, PKT_TYPE_SVLAN);
    assert_true(f->p.vlan[0].vid == 2385 && f->p.vlan[0].pcp == 6);
    assert_int_equal(pkt_push_pbb(f), ERR_OK);
    assert_true(f->p.pbb.isid == 0 && f->p.pbb.pcp == 6);
    assert_int_equal(pkt_set_pbb_isid(f, 0x123456), ERR_OK);
    assert_int_equal(pkt_push_pbb(f), ERR_OK);
    assert_true(f->p.pbb.isid == 0x123456);
}

/* A label goes before the VLAN tags (OF 1.3.5 §5.12), and comes off from behind tags too. */
static void labels_and_tags_nest(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    begin(x, GEN_TCP4);
    assert_int_equal(pkt_push_vlan(f, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
    assert_int_equal(f->p.layers, PKT_ETH | PKT_MPLS);
    assert_int_equal(pkt_push_vlan(f, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(f->p.layers, PKT_ETH | PKT_VLAN | PKT_MPLS);
    assert_int_equal(pkt_pop_mpls(f, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(f->p.n_vlans, 2);
    assert_int_equal(f->p.layers, PKT_ETH | PKT_VLAN | PKT_IPV4 | PKT_TCP);
}

static void ttl_is_copied_between_headers(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    for (unsigned i = 0; i < 2; i++) {
        begin(x, i ? GEN_UDP6 : GEN_UDP4);
        assert_int_equal(pkt_copy_ttl_out(f), ERR_STATE);
        assert_int_equal(pkt_set_nw_ttl(f, 77), ERR_OK);
        assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_set_mpls_ttl(f, 33), ERR_OK);
        assert_int_equal(pkt_copy_ttl_in(f), ERR_OK);
        assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_set_mpls_ttl(f, 22), ERR_OK);
        assert_int_equal(pkt_copy_ttl_out(f), ERR_OK);
        assert_int_equal(f->p.mpls.ttl, 33);
        assert_int_equal(pkt_pop_mpls(f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_pop_mpls(f, i ? PKT_TYPE_IPV6 : PKT_TYPE_IPV4), ERR_OK);
        assert_int_equal(i ? f->p.ipv6.hop_limit : f->p.ipv4.ttl, 33);
        assert_true(sums_ok(x));
    }
}

static void values_out_of_range_are_refused(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    begin(x, GEN_UDP6);
    assert_int_equal(pkt_set_nw_dscp(f, 64), ERR_RANGE);
    assert_int_equal(pkt_set_nw_ecn(f, 4), ERR_RANGE);
    assert_int_equal(pkt_set_ipv6_flabel(f, 1 << 20), ERR_RANGE);
    assert_int_equal(pkt_push_vlan(f, 0x9100), ERR_RANGE);
    assert_int_equal(pkt_push_mpls(f, 0x0800), ERR_RANGE);
    assert_int_equal(pkt_push_vlan(f, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(pkt_set_vlan_vid(f, 4096), ERR_RANGE);
    assert_int_equal(pkt_set_vlan_pcp(f, 8), ERR_RANGE);
    assert_int_equal(pkt_push_mpls(f, PKT_TYPE_MPLS), ERR_OK);
    assert_int_equal(pkt_set_mpls_label(f, 1 << 20), ERR_RANGE);
    assert_int_equal(pkt_set_mpls_tc(f, 8), ERR_RANGE);
    assert_int_equal(pkt_set_mpls_bos(f, 2), ERR_RANGE);
    assert_int_equal(pkt_pop_mpls(f, 0x05ff), ERR_RANGE);
    assert_int_equal(pkt_push_pbb(f), ERR_OK);
    assert_int_equal(pkt_set_pbb_isid(f, 1 << 24), ERR_RANGE);
}

/* RFC 768: a UDP packet without checksum gets none, and one whose checksum comes to 0 says 0xffff. */
static void udp_zero_checksum_is_special(void **state)
{
    struct fixture *x = *state;
    uint8_t *check;

    begin(x, GEN_UDP4);
    check = x->b.data + x->f.p.off.l4 + 6;
    check[0] = check[1] = 0;
    assert_int_equal(pkt_set_ipv4_src(&x->f, 0x0a000001), ERR_OK);
    assert_true(check[0] == 0 && check[1] == 0);

    for (unsigned i = 0, n_ones = 0; i < 0x10000; i++) {
        if (i == 0) {
            begin(x, GEN_UDP4);
            check = x->b.data + x->f.p.off.l4 + 6;
        }
        assert_int_equal(pkt_set_l4_dst(&x->f, (uint16_t)i), ERR_OK);
        assert_true(check[0] || check[1]);
        n_ones += check[0] == 0xff && check[1] == 0xff;
        assert_true(sums_ok(x));
        assert_true(n_ones <= 1);
    }
}

/* The checksum of SCTP covers the whole packet, which a cut frame does not hold. */
static void cut_sctp_is_left_alone(void **state)
{
    struct fixture *x = *state;

    do {
        begin(x, GEN_SCTP4);
    } while (x->b.len < x->f.p.off.l4 + PKT_SCTP_HLEN + 1);
    x->b.len--;
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
    assert_true(pkt_has(&x->f.p, PKT_SCTP));
    assert_int_equal(pkt_set_l4_src(&x->f, 2385), ERR_UNSUPPORTED);
}

/* An echo reply of zeros: RFC 1624 arrives at checksum 0, which only the sum of nothing contradicts. */
static void icmp_of_zeros_has_a_checksum(void **state)
{
    struct fixture *x = *state;
    struct pkt_ends4 ends = gen_ends4(&x->g);
    struct pkt_echo echo = {.reply = false};

    pkt_build_icmp4_echo(&x->b, &ends, &echo, NULL, 0);
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
    assert_int_equal(pkt_set_icmp_type(&x->f, PKT_ICMP_ECHO_REPLY), ERR_OK);
    assert_int_equal(x->f.p.l4.type, PKT_ICMP_ECHO_REPLY);
    assert_true(sums_ok(x));
}

/* RFC 8200 §8.1: while segments are left, the checksum covers the last one and not the header's
 * destination. */
static void routed_destination_is_not_summed(void **state)
{
    static const uint8_t routed_udp[] = {
        17,   0,    0,    1,    0, 0, 0,    0, /* One segment left. */
        0x13, 0x89, 0x00, 0x35, 0, 8, 0x12, 0x34};
    struct fixture *x = *state;
    struct pkt_ends6 ends = gen_ends6(&x->g);
    struct ipv6_addr addr = gen_ipv6(&x->g);

    pkt_build_ipv6(&x->b, &ends, PKT_PROTO_ROUTING, routed_udp, sizeof routed_udp);
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
    assert_int_equal(pkt_set_ipv6_dst(&x->f, &addr), ERR_OK);
    assert_true(ipv6_addr_eq(&x->f.p.ipv6.dst, &addr));
    assert_memory_equal(x->b.data + x->f.p.off.l4 + 6, routed_udp + 14, 2);
    assert_int_equal(pkt_set_ipv6_src(&x->f, &addr), ERR_OK);
    assert_memory_not_equal(x->b.data + x->f.p.off.l4 + 6, routed_udp + 14, 2);
}

/* An I-TAG whose customer frame is cut before its Ethertype cannot be taken off. */
static void cut_customer_frame_stays_wrapped(void **state)
{
    struct fixture *x = *state;

    begin(x, GEN_ARP);
    assert_int_equal(pkt_push_pbb(&x->f), ERR_OK);
    x->b.len = PKT_PBB_HLEN + PKT_ETH_HLEN - 1;
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
    assert_int_equal(pkt_pop_pbb(&x->f), ERR_TRUNCATED);
    assert_int_equal(x->b.len, PKT_PBB_HLEN + PKT_ETH_HLEN - 1);
}

/* What follows is read anew; the sum of the IPv4 header follows, and so does one above it. */
static void types_and_protocols_say_what_follows(void **state)
{
    struct fixture *x = *state;
    struct pkt_frame *f = &x->f;

    for (unsigned i = 0; i < N_TRIALS; i++) {
        begin(x, i % 2 ? GEN_UDP4 : GEN_TCP4);
        assert_int_equal(pkt_set_ip_proto(f, PKT_PROTO_SCTP + 1), ERR_OK);
        assert_int_equal(f->p.ipv4.proto, PKT_PROTO_SCTP + 1);
        assert_false(pkt_has(&f->p, PKT_PORTS));
        assert_int_equal(pkt_set_ip_proto(f, i % 2 ? PKT_PROTO_UDP : PKT_PROTO_TCP), ERR_OK);
        assert_true(pkt_has(&f->p, PKT_PORTS) && sums_ok(x));
        assert_int_equal(pkt_push_vlan(f, PKT_TYPE_VLAN), ERR_OK);
        assert_int_equal(pkt_set_eth_type(f, 0x2385), ERR_OK);
        assert_true(f->p.eth_type == 0x2385 && f->p.n_vlans >= 1 && !pkt_has(&f->p, PKT_IP));
        assert_int_equal(pkt_set_ip_proto(f, 6), ERR_STATE);
        assert_int_equal(pkt_set_eth_type(f, 1500), ERR_RANGE);
        assert_int_equal(pkt_set_eth_type(f, PKT_TYPE_IPV4), ERR_OK);
        assert_true(pkt_has(&f->p, PKT_PORTS) && sums_ok(x));
    }
}

/* The segment stays what it was; only the pseudo header has another protocol (RFC 9293 §3.1, RFC 8200
 * §8.1): sums over both are equal, wherever the checksum is. */
static void pseudo_header_follows_the_protocol(void **state)
{
    static const struct {
        enum gen_kind kind;
        uint8_t check_at, proto;
    } rows[] = {{GEN_TCP4, 16, 17}, {GEN_UDP4, 6, 6}, {GEN_TCP6, 16, 17}, {GEN_UDP6, 6, 6}};
    struct fixture *x = *state;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t before, after, was;
        size_t at;

        begin(x, rows[i].kind);
        was = pkt_has(&x->f.p, PKT_IPV4) ? x->f.p.ipv4.proto : x->f.p.ipv6.proto;
        at = x->f.p.off.l4 + rows[i].check_at;
        before = was + be_get16(x->b.data + at);
        assert_int_equal(pkt_set_ip_proto(&x->f, rows[i].proto), ERR_OK);
        after = rows[i].proto + be_get16(x->b.data + at);
        assert_int_equal(before % 0xffff, after % 0xffff);
    }
}

static void longest_frame_takes_no_tag(void **state)
{
    struct fixture *x = *state;

    begin(x, GEN_ARP);
    buf_put_zeros(&x->b, PKT_MAX_FRAME - PKT_VLAN_HLEN - x->b.len);
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_OK);
    assert_int_equal(pkt_push_pbb(&x->f), ERR_FULL);
    assert_int_equal(pkt_push_vlan(&x->f, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(pkt_push_vlan(&x->f, PKT_TYPE_VLAN), ERR_FULL);
    assert_int_equal(pkt_push_mpls(&x->f, PKT_TYPE_MPLS), ERR_FULL);
    buf_put_u8(&x->b, 0);
    assert_int_equal(pkt_frame_init(&x->f, &x->b), ERR_RANGE);
}

#define EDIT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EDIT_TEST(random_edits_keep_checksums_right),
        EDIT_TEST(frames_are_known_as_they_are_parsed),
        EDIT_TEST(failed_edits_change_nothing),
        EDIT_TEST(broken_checksums_stay_broken),
        EDIT_TEST(ip_edits_take_effect),
        EDIT_TEST(ttl_counts_down_to_one),
        EDIT_TEST(arp_and_nd_edits_take_effect),
        EDIT_TEST(push_then_pop_restores_the_frame),
        EDIT_TEST(pushed_tags_inherit),
        EDIT_TEST(labels_and_tags_nest),
        EDIT_TEST(ttl_is_copied_between_headers),
        EDIT_TEST(values_out_of_range_are_refused),
        EDIT_TEST(udp_zero_checksum_is_special),
        EDIT_TEST(cut_sctp_is_left_alone),
        EDIT_TEST(icmp_of_zeros_has_a_checksum),
        EDIT_TEST(routed_destination_is_not_summed),
        EDIT_TEST(cut_customer_frame_stays_wrapped),
        EDIT_TEST(types_and_protocols_say_what_follows),
        EDIT_TEST(pseudo_header_follows_the_protocol),
        EDIT_TEST(longest_frame_takes_no_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
