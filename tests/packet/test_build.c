/* Builders: what was put in comes out of the parser, with right checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/packet/pkt_build.h"
#include "tests/packet/gen.h"

#define N_TRIALS 400

static void frames_have_their_layers_and_sums(void **state)
{
    static const uint32_t layers[GEN_N_KINDS] = {
        [GEN_ARP] = PKT_ARP,
        [GEN_UDP4] = PKT_IPV4 | PKT_UDP,
        [GEN_TCP4] = PKT_IPV4 | PKT_TCP,
        [GEN_SCTP4] = PKT_IPV4 | PKT_SCTP,
        [GEN_ICMP4] = PKT_IPV4 | PKT_ICMP4,
        [GEN_UDP6] = PKT_IPV6 | PKT_UDP,
        [GEN_TCP6] = PKT_IPV6 | PKT_TCP,
        [GEN_ICMP6] = PKT_IPV6 | PKT_ICMP6,
        [GEN_NS] = PKT_IPV6 | PKT_ICMP6,
        [GEN_NA] = PKT_IPV6 | PKT_ICMP6,
        [GEN_IPV4_OTHER] = PKT_IPV4,
    };
    struct gen g = {2385};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < N_TRIALS * GEN_N_KINDS; i++) {
        enum gen_kind kind = (enum gen_kind)(i % GEN_N_KINDS);
        struct pkt p;

        buf_clear(&b);
        gen_frame(&g, kind, &b);
        assert_false(b.failed);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_int_equal(p.layers, PKT_ETH | layers[kind]);
        assert_true(gen_sums_ok(b.data, &p));
        if (pkt_has(&p, PKT_IP)) {
            assert_int_equal(p.off.l3_end, b.len);
            assert_true(p.present & PKT_HAS_WHOLE_L4);
        }
    }
    buf_fini(&b);
}

static void arp_fields_come_back(void **state)
{
    struct gen g = {7};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < N_TRIALS; i++) {
        struct eth_addr sha = gen_eth(&g), tha = gen_eth(&g);
        uint32_t spa = (uint32_t)gen_u64(&g), tpa = (uint32_t)gen_u64(&g);
        struct pkt p;

        buf_clear(&b);
        pkt_build_arp_request(&b, sha, spa, tpa);
        assert_int_equal(b.len, PKT_ETH_HLEN + PKT_ARP_LEN);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_true(eth_addr_eq(p.eth_dst, ETH_ADDR_BROADCAST));
        assert_int_equal(p.arp.op, PKT_ARP_REQUEST);
        assert_true(eth_addr_is_zero(p.arp.tha));

        buf_clear(&b);
        pkt_build_arp_reply(&b, sha, spa, tha, tpa);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_true(eth_addr_eq(p.eth_dst, tha) && eth_addr_eq(p.eth_src, sha));
        assert_true(eth_addr_eq(p.arp.sha, sha) && eth_addr_eq(p.arp.tha, tha));
        assert_int_equal(p.arp.op, PKT_ARP_REPLY);
        assert_int_equal(p.arp.spa, spa);
        assert_int_equal(p.arp.tpa, tpa);
    }
    buf_fini(&b);
}

static void ipv4_fields_come_back(void **state)
{
    struct gen g = {11};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < N_TRIALS; i++) {
        struct pkt_ends4 e = gen_ends4(&g);
        struct pkt_tcp_head tcp = {.src = (uint16_t)gen_u64(&g), .dst = (uint16_t)gen_u64(&g)};
        struct pkt p;

        tcp.flags = (uint16_t)gen_below(&g, 0x200);
        buf_clear(&b);
        pkt_build_tcp4(&b, &e, &tcp, "tambo", 5);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_int_equal(p.ipv4.src, e.src);
        assert_int_equal(p.ipv4.dst, e.dst);
        assert_int_equal(p.ipv4.dscp, e.dscp);
        assert_int_equal(p.ipv4.ecn, e.ecn);
        assert_int_equal(p.ipv4.ttl, e.ttl);
        assert_int_equal(p.ipv4.df, e.df);
        assert_int_equal(p.l4.src, tcp.src);
        assert_int_equal(p.l4.dst, tcp.dst);
        assert_int_equal(p.l4.tcp_flags, tcp.flags);
        assert_memory_equal(b.data + p.off.l4_payload, "tambo", 5);
    }
    buf_fini(&b);
}

static void neighbour_messages_come_back(void **state)
{
    struct gen g = {13};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < N_TRIALS; i++) {
        struct pkt_ends6 e = gen_ends6(&g);
        struct ipv6_addr target = gen_ipv6(&g);
        struct eth_addr ll = gen_eth(&g);
        struct pkt p;

        buf_clear(&b);
        pkt_build_nd_ns(&b, ll, &e.src, &target);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_int_equal(p.present, PKT_HAS_ND_TARGET | PKT_HAS_ND_SLL | PKT_HAS_WHOLE_L4);
        assert_true(ipv6_addr_eq(&p.nd.target, &target) && eth_addr_eq(p.nd.sll, ll));
        assert_int_equal(p.ipv6.hop_limit, 255);
        assert_memory_equal(p.eth_dst.b + 3, target.b + 13, 3);

        buf_clear(&b);
        pkt_build_nd_na(&b, &e, &target, ll, PKT_NA_SOLICITED);
        assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
        assert_int_equal(p.present, PKT_HAS_ND_TARGET | PKT_HAS_ND_TLL | PKT_HAS_WHOLE_L4);
        assert_true(ipv6_addr_eq(&p.nd.target, &target) && eth_addr_eq(p.nd.tll, ll));
        assert_int_equal(p.ipv6.flabel, e.flabel);
        assert_int_equal(p.ipv6.dscp, e.dscp);
    }
    buf_fini(&b);
}

/* RFC 4862 §5.4.2: the probe of duplicate address detection has no source and no option. */
static void duplicate_address_probe_has_no_option(void **state)
{
    struct ipv6_addr unspecified = {{0}}, target = {{0xfe, 0x80, [15] = 0x42}};
    struct eth_addr mac = {{2, 0, 0, 0, 0, 0x42}};
    struct buf b = BUF_INIT;
    struct pkt p;

    (void)state;
    pkt_build_nd_ns(&b, mac, &unspecified, &target);
    assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
    assert_int_equal(p.present, PKT_HAS_ND_TARGET | PKT_HAS_WHOLE_L4);
    assert_true(gen_sums_ok(b.data, &p));
    buf_fini(&b);
}

static void values_that_do_not_fit_fail_the_buffer(void **state)
{
    static uint8_t big[70000];
    struct gen g = {17};
    struct pkt_ends4 e4 = gen_ends4(&g);
    struct pkt_ends6 e6 = gen_ends6(&g);
    struct buf b = BUF_INIT;

    (void)state;
    pkt_build_udp4(&b, &e4, 1, 2, big, sizeof big);
    assert_true(b.failed);
    buf_clear(&b);
    pkt_build_udp6(&b, &e6, 1, 2, big, sizeof big);
    assert_true(b.failed);
    buf_clear(&b);
    e4.dscp = 64;
    pkt_build_udp4(&b, &e4, 1, 2, big, 10);
    assert_true(b.failed);
    buf_clear(&b);
    e6.flabel = 1 << 20;
    pkt_build_udp6(&b, &e6, 1, 2, big, 10);
    assert_true(b.failed);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_have_their_layers_and_sums),
        cmocka_unit_test(arp_fields_come_back),
        cmocka_unit_test(ipv4_fields_come_back),
        cmocka_unit_test(neighbour_messages_come_back),
        cmocka_unit_test(duplicate_address_probe_has_no_option),
        cmocka_unit_test(values_that_do_not_fit_fail_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
