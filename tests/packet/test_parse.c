/* The parser against frames written out byte by byte, against cuts at every length and bit flips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/packet/pkt_sum.h"
#include "tests/packet/gen.h"

#define ETH_HEAD "02 00 00 00 00 0b  02 00 00 00 00 0a "

static struct pkt parse_hex(const char *text)
{
    struct buf b = BUF_INIT;
    struct pkt p;

    gen_hex(&b, text);
    assert_int_equal(pkt_parse(b.data, b.len, &p), ERR_OK);
    buf_fini(&b);
    return p;
}

/* The example of RFC 1071 §3: 0001 f203 f4f5 f6f7 sum to ddf2 (with the carries added back). */
static void checksum_of_rfc_1071(void **state)
{
    static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    (void)state;
    assert_int_equal(pkt_sum_fold(pkt_sum_add(0, data, sizeof data)), (uint16_t)~0xddf2);
}

/* RFC 1624 §4: checksum dd2f, a word 5555 becomes 3285, and the right answer is 0000. */
static void update_of_rfc_1624(void **state)
{
    uint8_t check[] = {0xdd, 0x2f}, before[] = {0x55, 0x55}, after[] = {0x32, 0x85};

    (void)state;
    pkt_sum_update(check, before, after, 2);
    assert_int_equal(check[0] << 8 | check[1], 0x0000);
}

/* CRC32c of 32 zero bytes is 8a9136aa (RFC 3720 §B.4); the checksum field counts as zeros anyway. */
static void crc32c_of_rfc_3720(void **state)
{
    uint8_t zeros[32] = {[8] = 1, [11] = 0xff};

    (void)state;
    assert_int_equal(pkt_crc32c_sctp(zeros, sizeof zeros), 0x8a9136aa);
}

static void short_frames_are_refused(void **state)
{
    static const uint8_t frame[PKT_ETH_HLEN] = {0};
    struct pkt p;

    (void)state;
    for (size_t len = 0; len < PKT_ETH_HLEN; len++) {
        assert_int_equal(pkt_parse(frame, len, &p), ERR_TRUNCATED);
        assert_int_equal(p.layers, 0);
    }
    assert_int_equal(pkt_parse(frame, PKT_ETH_HLEN, &p), ERR_OK);
    assert_int_equal(p.layers, PKT_ETH);
}

/* IEEE 802.1Q-2018 §9.6: TPID, then three bits of priority, one drop eligible, twelve identifier. */
static void vlan_tags(void **state)
{
    struct pkt p = parse_hex(ETH_HEAD "88a8 b951 # S-tag, pcp 5, dei, vid 0x951\n"
                                      "8100 6002 # C-tag, pcp 3, vid 2\n"
                                      "1234 00");

    (void)state;
    assert_int_equal(p.layers, PKT_ETH | PKT_VLAN);
    assert_int_equal(p.n_vlans, 2);
    assert_int_equal(p.vlan[0].tpid, PKT_TYPE_SVLAN);
    assert_true(p.vlan[0].pcp == 5 && p.vlan[0].dei && p.vlan[0].vid == 0x951);
    assert_true(p.vlan[1].pcp == 3 && !p.vlan[1].dei && p.vlan[1].vid == 2);
    assert_true(p.off.vlan[0] == 12 && p.off.vlan[1] == 16 && p.off.payload == 22);
    assert_int_equal(p.eth_type, 0x1234);

    p = parse_hex(ETH_HEAD "8100 0001 8100 0002 8100 0003 0800");
    assert_int_equal(p.n_vlans, 2);
    assert_int_equal(p.eth_type, PKT_TYPE_VLAN);

    p = parse_hex(ETH_HEAD "8100 0001 08"); /* A tag that is cut is none. */
    assert_int_equal(p.layers, PKT_ETH);
    assert_int_equal(p.eth_type, PKT_TYPE_VLAN);
}

/* RFC 1042: SNAP with OUI 0 carries an Ethertype; plain LLC has none. */
static void frames_with_length(void **state)
{
    struct pkt p = parse_hex(ETH_HEAD "0024 aaaa03 000000 0806"
                                      "0001 0800 06 04 0001"
                                      "02000000000a 0a000001 000000000000 0a000002");

    (void)state;
    assert_int_equal(p.eth_type, PKT_TYPE_ARP);
    assert_int_equal(p.layers, PKT_ETH | PKT_ARP);
    assert_int_equal(p.off.l3, 22);
    assert_int_equal(p.arp.tpa, 0x0a000002);

    p = parse_hex(ETH_HEAD "0026 424203 0000 00 00"); /* Spanning tree. */
    assert_int_equal(p.eth_type, PKT_TYPE_NONE);
    assert_int_equal(p.layers, PKT_ETH);
}

/* RFC 3032 §2.1: twenty bits of label, three of class, bottom of stack, TTL. */
static void mpls_labels(void **state)
{
    struct pkt p =
        parse_hex(ETH_HEAD "8847 abcde a 40 # label abcde, tc 5, not the bottom, ttl 64\n"
                           "00010 1 3f     # label 16, bottom, ttl 63\n"
                           "45");

    (void)state;
    assert_int_equal(p.layers, PKT_ETH | PKT_MPLS);
    assert_true(p.mpls.label == 0xabcde && p.mpls.tc == 5 && !p.mpls.bos && p.mpls.ttl == 64);
    assert_true(p.off.mpls == 14 && p.off.mpls_end == 22);
}

/* IEEE 802.1Q-2018 §9.7: I-TAG with priority, drop eligible, use customer address, service id. */
static void pbb_tag(void **state)
{
    struct pkt p = parse_hex(ETH_HEAD "88e7 b8 123456 # pcp 5, dei, uca\n"
                                      "020000000001 020000000002 0800");

    (void)state;
    assert_int_equal(p.layers, PKT_ETH | PKT_PBB);
    assert_true(p.pbb.pcp == 5 && p.pbb.dei && p.pbb.uca && p.pbb.isid == 0x123456);
}

/* RFC 791 §3.1 with options (length 24), more fragments, and padding behind the packet. */
static void ipv4_with_options_and_padding(void **state)
{
    struct pkt p = parse_hex(ETH_HEAD "0800"
                                      "46 bb 0020 # dscp 46, ecn 3, total length 32\n"
                                      "0001 2000  # more fragments\n"
                                      "40 11 0000 c0000201 c6336407\n"
                                      "94040000    # router alert\n"
                                      "1389 0035 0020 0000 # UDP 5001 to 53\n"
                                      "0000 0000 0000 # padding\n");

    (void)state;
    assert_int_equal(p.layers, PKT_ETH | PKT_IPV4 | PKT_UDP);
    assert_true(p.ipv4.dscp == 46 && p.ipv4.ecn == 3 && p.ipv4.mf && !p.ipv4.df);
    assert_true(p.l4.src == 5001 && p.l4.dst == 53);
    assert_true(p.off.l4 == 38 && p.off.l3_end == 46);
    assert_int_equal(p.present & PKT_HAS_WHOLE_L4, 0);
}

static void later_fragment_has_no_ports(void **state)
{
    struct pkt p = parse_hex(ETH_HEAD "0800 4500 001c 0001 00b9 4011 0000 c0000201 c6336407"
                                      "1389 0035 0008 0000");

    (void)state;
    assert_int_equal(p.layers, PKT_ETH | PKT_IPV4);
    assert_int_equal(p.ipv4.frag_off_bytes, 0xb9 * 8);
}

static void malformed_ipv4_is_not_claimed(void **state)
{
    static const char *const heads[] = {
        "6500 0014", /* Version 6. */
        "4400 0014", /* Header of 16 bytes. */
        "4500 0013", /* Total length below the header's. */
        "4600 0018", /* Options that are not there. */
    };

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        char text[256];
        struct pkt p;

        snprintf(text, sizeof text, ETH_HEAD "0800 %s 0001 0000 4011 0000 c0000201 c6336407",
                 heads[i]);
        p = parse_hex(text);
        assert_int_equal(p.layers, PKT_ETH);
        assert_int_equal(p.eth_type, PKT_TYPE_IPV4);
    }
}

#define IP6(next, len)                                                                             \
    ETH_HEAD "86dd 6bb 12345 " len next "40"                                                       \
             "20010db8000000000000000000000001 20010db8000000000000000000000002"
#define UDP_8 "1389 0035 0008 0000"

/* OF 1.3.5 §7.2.3.8 over the chains of RFC 8200 §4. */
static void ipv6_extension_headers(void **state)
{
    static const struct {
        const char *frame;
        uint16_t exthdr;
        uint8_t proto;
        bool udp;
    } rows[] = {
        {IP6("11", "0008") UDP_8, 0, 17, true},
        {IP6("3b", "0000"), PKT_IEH_NONEXT, 59, false},
        {IP6("32", "0008") "0000000000000000", PKT_IEH_ESP, 50, false},
        {IP6("00", "0010") "1100000000000000" UDP_8, PKT_IEH_HOP, 17, true},
        /* Hop-by-hop, destination, routing, fragment, authentication, destination: all in order. */
        {IP6("00", "003c") "3c00000000000000 2b00000000000000 2c00000000000000 3300000000000007"
                           "3c01000000000000 00000000 1100000000000000" UDP_8,
         PKT_IEH_HOP | PKT_IEH_DEST | PKT_IEH_ROUTER | PKT_IEH_FRAG | PKT_IEH_AUTH, 17, true},
        {IP6("2b", "0018") "0000000000000000 1100000000000000" UDP_8,
         PKT_IEH_ROUTER | PKT_IEH_HOP | PKT_IEH_UNSEQ, 17, true},
        {IP6("2b", "0018") "2b00000000000000 1100000000000000" UDP_8,
         PKT_IEH_ROUTER | PKT_IEH_UNREP, 17, true},
        {IP6("3c", "0018") "3c00000000000000 1100000000000000" UDP_8, PKT_IEH_DEST | PKT_IEH_UNREP,
         17, true},
        {IP6("3c", "0020") "2b00000000000000 3c00000000000000 1100000000000000" UDP_8,
         PKT_IEH_DEST | PKT_IEH_ROUTER, 17, true},
        {IP6("00", "0010") "3c0500000000", PKT_IEH_HOP, 0, false}, /* Cut. */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pkt p = parse_hex(rows[i].frame);

        assert_true(pkt_has(&p, PKT_IPV6));
        assert_int_equal(p.ipv6.exthdr, rows[i].exthdr);
        assert_int_equal(p.ipv6.proto, rows[i].proto);
        assert_int_equal(pkt_has(&p, PKT_UDP), rows[i].udp);
        assert_true(p.ipv6.dscp == 46 && p.ipv6.ecn == 3 && p.ipv6.flabel == 0x12345);
    }
}

static void ipv6_fragments_and_routes(void **state)
{
    struct pkt p = parse_hex(IP6("2c", "0010") "1100 0b91 00000001" UDP_8);

    (void)state;
    assert_int_equal(p.ipv6.frag_off_bytes, 0xb90);
    assert_true(p.ipv6.mf && !pkt_has(&p, PKT_UDP) && p.ipv6.proto == 17);

    p = parse_hex(IP6("2b", "0010") "1100 0001 00000000" UDP_8);
    assert_true(p.present & PKT_HAS_ROUTE_LEFT);
    assert_true(pkt_has(&p, PKT_UDP));
}

/* RFC 4861 §4.6: an option of length 0 ends the list, and one of a foreign size is no address. */
static void odd_neighbour_options(void **state)
{
#define NS_HEAD "87 00 0000 00000000 20010db8000000000000000000000007"
    struct pkt p = parse_hex(IP6("3a", "0028") NS_HEAD "0e01000000000000 0101020000000007");

    (void)state;
    assert_true(p.present & PKT_HAS_ND_SLL);
    assert_int_equal(p.nd.sll.b[5], 7);
    assert_int_equal(p.off.nd_sll, 14 + 40 + 24 + 8 + 2);

    p = parse_hex(IP6("3a", "0028") NS_HEAD "0e00000000000000 0101020000000007");
    assert_true((p.present & PKT_HAS_ND_TARGET) && !(p.present & PKT_HAS_ND_SLL));
    p = parse_hex(IP6("3a", "0028") NS_HEAD "01020200000000070000000000000000");
    assert_false(p.present & PKT_HAS_ND_SLL);
    p = parse_hex(IP6("3a", "0020") NS_HEAD "0201020000000007"); /* Target in a solicitation. */
    assert_false(p.present & PKT_HAS_ND_TLL);
#undef NS_HEAD
}

/* A copy of exactly 'len' bytes, so that a sanitizer sees the first byte read beyond. */
static void parse_exact(const uint8_t *frame, size_t len, struct pkt *p)
{
    uint8_t *copy = malloc(len ? len : 1);
    char text[200];

    memcpy(copy, frame, len);
    (void)pkt_parse(copy, len, p);
    assert_true(pkt_print(copy, len, text, sizeof text) < sizeof text);
    free(copy);
}

/* Whatever is cut off above, what was claimed below stays the same. */
static void cuts_leave_lower_layers(void **state)
{
    struct gen g = {2385};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 20 * GEN_N_KINDS; i++) {
        struct pkt whole, cut;

        buf_clear(&b);
        gen_frame(&g, (enum gen_kind)(i % GEN_N_KINDS), &b);
        parse_exact(b.data, b.len, &whole);
        for (size_t len = 0; len < b.len; len++) {
            parse_exact(b.data, len, &cut);
            assert_int_equal(cut.layers & ~whole.layers, 0);
            assert_int_equal(cut.layers != 0, len >= PKT_ETH_HLEN);
            if (pkt_has(&cut, PKT_IPV4)) {
                assert_memory_equal(&cut.ipv4, &whole.ipv4, sizeof cut.ipv4);
            }
            if (pkt_has(&cut, PKT_PORTS)) {
                assert_true(cut.l4.src == whole.l4.src && cut.l4.dst == whole.l4.dst);
            }
            assert_true(cut.off.l3_end <= len && cut.off.l4_payload <= len);
        }
    }
    buf_fini(&b);
}

static void flipped_bits_do_no_harm(void **state)
{
    struct gen g = {7};
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 10 * GEN_N_KINDS; i++) {
        struct pkt p;

        buf_clear(&b);
        gen_frame(&g, (enum gen_kind)(i % GEN_N_KINDS), &b);
        for (size_t bit = 0; bit < b.len * 8; bit++) {
            b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            parse_exact(b.data, b.len, &p);
            assert_true(p.off.l4_payload <= b.len && p.off.l3_end <= b.len);
            b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    buf_fini(&b);
}

static void one_line_of_text(void **state)
{
    static const struct {
        const char *frame, *text;
    } rows[] = {
        {ETH_HEAD "8100 a00c 0806 0001 0800 0604 0001 02000000000a 0a000001 000000000000 0a000002",
         "02:00:00:00:00:0a > 02:00:00:00:00:0b vlan 12 pcp 5 arp who-has 10.0.0.2 tell 10.0.0.1 "
         "len 46"},
        {ETH_HEAD "0800 4500 0028 0001 0000 4006 0000 c0000201 c6336407"
                  "1389 0050 00000000 00000000 5012 0000 0000 0000",
         "02:00:00:00:00:0a > 02:00:00:00:00:0b 192.0.2.1 > 198.51.100.7 ttl 64 tcp 5001 > 80 SA "
         "len 54"},
        {IP6("3a", "0020") "87 00 0000 00000000 20010db8000000000000000000000007 0101020000000007",
         "02:00:00:00:00:0a > 02:00:00:00:00:0b 2001:db8::1 > 2001:db8::2 hlim 64 icmp6 type 135 "
         "code 0 target 2001:db8::7 sll 02:00:00:00:00:07 len 86"},
        {ETH_HEAD "8847 00010140",
         "02:00:00:00:00:0a > 02:00:00:00:00:0b mpls 16 tc 0 bos ttl 64 type 0x8847 len 18"},
        {"0102", "no Ethernet frame, len 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = BUF_INIT;
        char text[200], cut[20];

        gen_hex(&b, rows[i].frame);
        assert_int_equal(pkt_print(b.data, b.len, text, sizeof text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
        assert_int_equal(pkt_print(b.data, b.len, cut, sizeof cut), sizeof cut - 1);
        assert_memory_equal(cut, text, sizeof cut - 1);
        assert_int_equal(pkt_print(b.data, b.len, NULL, 0), 0);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_of_rfc_1071),
        cmocka_unit_test(update_of_rfc_1624),
        cmocka_unit_test(crc32c_of_rfc_3720),
        cmocka_unit_test(short_frames_are_refused),
        cmocka_unit_test(vlan_tags),
        cmocka_unit_test(frames_with_length),
        cmocka_unit_test(mpls_labels),
        cmocka_unit_test(pbb_tag),
        cmocka_unit_test(ipv4_with_options_and_padding),
        cmocka_unit_test(later_fragment_has_no_ports),
        cmocka_unit_test(malformed_ipv4_is_not_claimed),
        cmocka_unit_test(ipv6_extension_headers),
        cmocka_unit_test(ipv6_fragments_and_routes),
        cmocka_unit_test(odd_neighbour_options),
        cmocka_unit_test(cuts_leave_lower_layers),
        cmocka_unit_test(flipped_bits_do_no_harm),
        cmocka_unit_test(one_line_of_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
