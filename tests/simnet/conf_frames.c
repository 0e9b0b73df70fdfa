#include "tests/simnet/conf_frames.h"

#include "controller/openflow/of_field.h"

static const struct pkt_ends4 ends4 = {
    .src = 0x0a002385, .dst = 0x0a0000b2, .dscp = 10, .ecn = 2, .ttl = 61, .id = 7};

static struct ipv6_addr addr6(uint8_t last)
{
    return (struct ipv6_addr){{0x20, 0x01, 0x0d, 0xb8, 0x23, 0x85, [15] = last}};
}

static struct pkt_ends6 ends6(void)
{
    return (struct pkt_ends6){.eth_dst = eth_addr_from_u64(CONF_DST),
                              .eth_src = eth_addr_from_u64(CONF_SRC),
                              .src = addr6(0xa),
                              .dst = addr6(0xb),
                              .dscp = 10,
                              .ecn = 2,
                              .hop_limit = 61,
                              .flabel = 0x23850};
}

static struct pkt_ends4 with_eth(void)
{
    struct pkt_ends4 ends = ends4;

    ends.eth_dst = eth_addr_from_u64(CONF_DST);
    ends.eth_src = eth_addr_from_u64(CONF_SRC);
    return ends;
}

static void build4(struct buf *b, enum conf_frame which)
{
    static const struct pkt_tcp_head tcp = {.src = 2385, .dst = 80, .seq = 7, .flags = 0x18};
    static const uint8_t chunk[] = {11, 0, 0, 4}; /* COOKIE ACK (RFC 9260 §3.3.12). */
    static const struct pkt_echo echo = {.id = 2, .seq = 385};
    struct pkt_ends4 ends = with_eth();

    if (which == CONF_TCP4) {
        pkt_build_tcp4(b, &ends, &tcp, "conformance", 11);
    } else if (which == CONF_SCTP4) {
        pkt_build_sctp4(b, &ends, 2385, 80, 0x7, chunk, sizeof chunk);
    } else if (which == CONF_ICMP4) {
        pkt_build_icmp4_echo(b, &ends, &echo, "conformance", 11);
    } else {
        pkt_build_udp4(b, &ends, 2385, 80, "conformance", 11);
    }
}

/* The checksum of SCTP does not cover addresses, so that what was built for IPv4 serves IPv6. */
static void build_sctp6(struct buf *b, const struct pkt_ends6 *ends)
{
    struct buf four = BUF_INIT;

    build4(&four, CONF_SCTP4);
    pkt_build_ipv6(b, ends, PKT_PROTO_SCTP, four.data + PKT_ETH_HLEN + PKT_IPV4_HLEN,
                   four.len - PKT_ETH_HLEN - PKT_IPV4_HLEN);
    buf_fini(&four);
}

static void build6(struct buf *b, enum conf_frame which)
{
    static const struct pkt_tcp_head tcp = {.src = 2385, .dst = 80, .seq = 7, .flags = 0x18};
    static const struct pkt_echo echo = {.id = 2, .seq = 385};
    struct pkt_ends6 ends = ends6();
    struct ipv6_addr target = addr6(0xc);

    if (which == CONF_TCP6) {
        pkt_build_tcp6(b, &ends, &tcp, "conformance", 11);
    } else if (which == CONF_SCTP6) {
        build_sctp6(b, &ends);
    } else if (which == CONF_ICMP6) {
        pkt_build_icmp6_echo(b, &ends, &echo, "conformance", 11);
    } else if (which == CONF_NS) {
        pkt_build_nd_ns(b, ends.eth_src, &ends.src, &target);
    } else if (which == CONF_NA) {
        pkt_build_nd_na(b, &ends, &target, eth_addr_from_u64(0x02238500000c), PKT_NA_SOLICITED);
    } else {
        pkt_build_udp6(b, &ends, 2385, 80, "conformance", 11);
    }
}

static void push(struct buf *b, enum conf_frame which)
{
    struct pkt_frame f;

    assert_int_equal(pkt_frame_init(&f, b), ERR_OK);
    if (which == CONF_TAGGED) {
        assert_int_equal(pkt_push_vlan(&f, PKT_TYPE_VLAN), ERR_OK);
        assert_int_equal(pkt_set_vlan_vid(&f, 238), ERR_OK);
        assert_int_equal(pkt_set_vlan_pcp(&f, 5), ERR_OK);
    } else if (which == CONF_MPLS) {
        assert_int_equal(pkt_push_mpls(&f, PKT_TYPE_MPLS), ERR_OK);
        assert_int_equal(pkt_set_mpls_label(&f, 0x23850), ERR_OK);
        assert_int_equal(pkt_set_mpls_tc(&f, 5), ERR_OK);
    } else if (which == CONF_PBB) {
        assert_int_equal(pkt_push_pbb(&f), ERR_OK);
        assert_int_equal(pkt_set_pbb_isid(&f, 0x238500), ERR_OK);
    }
}

struct buf conf_frame(enum conf_frame which)
{
    struct buf b = BUF_INIT;

    if (which == CONF_ARP) {
        pkt_build_arp_reply(&b, eth_addr_from_u64(CONF_SRC), 0x0a002385,
                            eth_addr_from_u64(CONF_DST), 0x0a0000b2);
    } else if (which >= CONF_UDP6 && which <= CONF_NA) {
        build6(&b, which);
    } else {
        build4(&b, which);
    }
    push(&b, which);
    return b;
}

/* --- Entries --------------------------------------------------------------------------------- */

void conf_set(struct of_match *match, enum of_field field, uint64_t hi, uint64_t lo)
{
    of_num_store((uint8_t *)&match->v + of_field_info(field)->offset, of_field_info(field)->size,
                 (struct of_num){hi, lo});
    match->present |= UINT64_C(1) << field;
    match->masked &= ~(UINT64_C(1) << field);
}

void conf_prerequisites(struct of_match *match, enum of_field f, enum conf_frame frame)
{
    static const struct {
        uint16_t eth_type;
        uint8_t ip_proto, icmp_type;
    } of_frame[CONF_N_FRAMES] = {
        [CONF_UDP4] = {0x0800, 17, 0},   [CONF_TCP4] = {0x0800, 6, 0},
        [CONF_SCTP4] = {0x0800, 132, 0}, [CONF_ICMP4] = {0x0800, 1, 0},
        [CONF_ARP] = {0x0806, 0, 0},     [CONF_UDP6] = {0x86dd, 17, 0},
        [CONF_TCP6] = {0x86dd, 6, 0},    [CONF_SCTP6] = {0x86dd, 132, 0},
        [CONF_ICMP6] = {0x86dd, 58, 0},  [CONF_NS] = {0x86dd, 58, 135},
        [CONF_NA] = {0x86dd, 58, 136},   [CONF_TAGGED] = {0x0800, 17, 0},
        [CONF_MPLS] = {0x8847, 0, 0},    [CONF_PBB] = {0x88e7, 0, 0},
    };

    if (f == OF_FIELD_IN_PHY_PORT) {
        conf_set(match, OF_FIELD_IN_PORT, 0, 1);
    } else if (f == OF_FIELD_VLAN_PCP) {
        conf_set(match, OF_FIELD_VLAN_VID, 0, 238 | OF_VID_PRESENT);
    } else if (f >= OF_FIELD_IP_DSCP && f != OF_FIELD_TUNNEL_ID) {
        conf_set(match, OF_FIELD_ETH_TYPE, 0, of_frame[frame].eth_type);
    }
    if ((f >= OF_FIELD_TCP_SRC && f <= OF_FIELD_ICMPV4_CODE) ||
        (f >= OF_FIELD_ICMPV6_TYPE && f <= OF_FIELD_IPV6_ND_TLL)) {
        conf_set(match, OF_FIELD_IP_PROTO, 0, of_frame[frame].ip_proto);
    }
    if (f >= OF_FIELD_IPV6_ND_TARGET && f <= OF_FIELD_IPV6_ND_TLL) {
        conf_set(match, OF_FIELD_ICMPV6_TYPE, 0, of_frame[frame].icmp_type);
    }
}
