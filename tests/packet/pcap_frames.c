/* Writes a pcap file of one frame of every kind that we build, some with tags, for tshark to judge:
 * pcap_frames OUT.pcap. Exit 1 when the file cannot be written or a frame cannot be built. */
#include <stdio.h>

#include "controller/packet/pkt_dhcp.h"
#include "controller/packet/pkt_dhcp6.h"
#include "controller/packet/pkt_edit.h"
#include "controller/packet/pkt_lldp.h"
#include "controller/packet/pkt_sflow.h"
#include "tests/packet/gen.h"

#define LINKTYPE_ETHERNET 1
#define SNAPLEN 65535

/* Ports that no dissector of tshark claims. */
#define QUIET_SRC 50021
#define QUIET_DST 50023

struct writer {
    FILE *out;
    struct gen g;
    struct buf b; /* The frame in hand. */
    uint32_t n;
    bool failed;
};

/* Frames as tshark likes them: unicast addresses that are nothing special. */
static struct pkt_ends4 ends4(struct writer *w)
{
    struct pkt_ends4 e = gen_ends4(&w->g);

    e.eth_src = (struct eth_addr){{2, 0, 0, 0, 0, 1}};
    e.eth_dst = (struct eth_addr){{2, 0, 0, 0, 0, 2}};
    e.src = 0x0a000000 | (1 + gen_below(&w->g, 200));
    e.dst = 0x0a010000 | (1 + gen_below(&w->g, 200));
    e.ttl = 64;
    return e;
}

static struct pkt_ends6 ends6(struct writer *w)
{
    struct pkt_ends6 e = gen_ends6(&w->g);

    e.eth_src = (struct eth_addr){{2, 0, 0, 0, 0, 1}};
    e.eth_dst = (struct eth_addr){{2, 0, 0, 0, 0, 2}};
    e.src = (struct ipv6_addr){{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    e.dst = (struct ipv6_addr){{0x20, 0x01, 0x0d, 0xb8, [15] = 2}};
    e.hop_limit = 64;
    return e;
}

static void write_all(struct writer *w, const void *p, size_t n)
{
    if (fwrite(p, 1, n, w->out) != n) {
        w->failed = true;
    }
}

/* Writes the frame in hand as record number 'n' at n seconds, and empties the hand. */
static void flush(struct writer *w)
{
    uint32_t len = (uint32_t)w->b.len;
    uint32_t head[4] = {++w->n, 0, len, len}; /* In the order of this machine, as pcap wants. */

    w->failed = w->failed || w->b.failed;
    write_all(w, head, sizeof head);
    write_all(w, w->b.data, w->b.len);
    buf_clear(&w->b);
}

static void write_file_head(struct writer *w)
{
    uint32_t head[6] = {0xa1b2c3d4, 0, 0, 0, SNAPLEN, LINKTYPE_ETHERNET};
    uint16_t version[2] = {2, 4};

    memcpy(&head[1], version, sizeof version);
    write_all(w, head, sizeof head);
}

static void arp_frames(struct writer *w)
{
    struct pkt_ends4 e = ends4(w);

    pkt_build_arp_request(&w->b, e.eth_src, e.src, e.dst);
    flush(w);
    pkt_build_arp_reply(&w->b, e.eth_dst, e.dst, e.eth_src, e.src);
    flush(w);
}

static void transport_frames(struct writer *w, size_t n)
{
    static const uint8_t cookie_ack[] = {0x0b, 0x00, 0x00, 0x04};
    struct pkt_tcp_head tcp = {QUIET_SRC, QUIET_DST, 2385, 0, PKT_TCP_PSH | PKT_TCP_ACK, 1000};
    struct pkt_ends4 e4 = ends4(w);
    struct pkt_ends6 e6 = ends6(w);
    uint8_t payload[1400];

    gen_bytes(&w->g, payload, n);
    payload[0] = 0; /* Some other first bytes look like RTCP to tshark. */
    tcp.ack = (uint32_t)gen_u64(&w->g);
    pkt_build_udp4(&w->b, &e4, QUIET_SRC, QUIET_DST, payload, n);
    flush(w);
    pkt_build_udp6(&w->b, &e6, QUIET_SRC, QUIET_DST, payload, n);
    flush(w);
    pkt_build_tcp4(&w->b, &e4, &tcp, payload, n);
    flush(w);
    pkt_build_tcp6(&w->b, &e6, &tcp, payload, n);
    flush(w);
    pkt_build_sctp4(&w->b, &e4, QUIET_SRC, QUIET_DST, (uint32_t)gen_u64(&w->g), cookie_ack,
                    sizeof cookie_ack);
    flush(w);
}

static void icmp_frames(struct writer *w, size_t n)
{
    struct pkt_echo echo = {.id = 2385, .seq = (uint16_t)n};
    struct pkt_ends4 e4 = ends4(w);
    struct pkt_ends6 e6 = ends6(w);
    uint8_t payload[1400];

    gen_bytes(&w->g, payload, n);
    for (int reply = 0; reply < 2; reply++) {
        echo.reply = reply != 0;
        pkt_build_icmp4_echo(&w->b, &e4, &echo, payload, n);
        flush(w);
        pkt_build_icmp6_echo(&w->b, &e6, &echo, payload, n);
        flush(w);
    }
    pkt_build_nd_ns(&w->b, e6.eth_src, &e6.src, &e6.dst);
    flush(w);
    pkt_build_nd_na(&w->b, &e6, &e6.src, e6.eth_src, PKT_NA_SOLICITED | PKT_NA_OVERRIDE);
    flush(w);
}

static void lldp_frame(struct writer *w)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1}, port[] = "eth7", dpid[8] = {[7] = 0x2a};
    struct pkt_lldp lldp = {
        .chassis = {PKT_LLDP_CHASSIS_MAC, sizeof mac, mac},
        .port = {PKT_LLDP_PORT_NAME, 4, port},
        .ttl_s = 120,
        .system_name = "sw-42",
        .system_name_len = 5,
        .n_orgs = 1,
        .orgs = {{.oui = 0x0026e1, .subtype = 0, .len = sizeof dpid, .data = dpid}},
    };

    pkt_build_lldp(&w->b, PKT_LLDP_MULTICAST, (struct eth_addr){{2, 0, 0, 0, 0, 1}}, PKT_TYPE_LLDP,
                   &lldp);
    flush(w);
}

static void dhcp_frame(struct writer *w, uint8_t type)
{
    struct pkt_ends4 e = ends4(w);
    struct buf payload = BUF_INIT;
    struct pkt_dhcp dhcp = {
        .op = type == PKT_DHCP_OFFER ? PKT_DHCP_BOOTREPLY : PKT_DHCP_BOOTREQUEST,
        .htype = 1,
        .hlen = 6,
        .xid = 0x2385,
        .chaddr = e.eth_src,
        .type = type,
    };

    if (type == PKT_DHCP_OFFER) {
        dhcp.yiaddr = 0x0a000017;
        dhcp.present = PKT_DHCP_HAS_SERVER_ID | PKT_DHCP_HAS_LEASE | PKT_DHCP_HAS_MASK;
        dhcp.server_id = e.src;
        dhcp.lease_s = 2385;
        dhcp.mask = 0xffffff00;
        dhcp.n_routers = dhcp.n_dns = 2;
        dhcp.routers[0] = dhcp.dns[1] = 0x0a0000fe;
        dhcp.routers[1] = dhcp.dns[0] = 0x0a0000fd;
    }
    pkt_build_dhcp(&payload, &dhcp);
    pkt_build_udp4(&w->b, &e, type == PKT_DHCP_OFFER ? 67 : 68, type == PKT_DHCP_OFFER ? 68 : 67,
                   payload.data, payload.len);
    flush(w);
    buf_fini(&payload);
}

static void dhcp6_frame(struct writer *w)
{
    static const uint8_t duid[] = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};
    struct pkt_dhcp6 solicit = {.type = PKT_DHCP6_SOLICIT, .xid = 0x238523, .n_opts = 1};
    struct pkt_ends6 e = ends6(w);
    struct buf inner = BUF_INIT, outer = BUF_INIT;

    solicit.opts[0] = (struct pkt_dhcp6_opt){PKT_DHCP6_OPT_CLIENT_ID, sizeof duid, duid};
    pkt_build_dhcp6(&inner, &solicit);
    pkt_build_udp6(&w->b, &e, 546, 547, inner.data, inner.len);
    flush(w);
    w->failed |= pkt_build_dhcp6_relay(&outer, inner.data, inner.len, &e.src, &e.dst, "p7", 2) != 0;
    pkt_build_udp6(&w->b, &e, 547, 547, outer.data, outer.len);
    flush(w);
    buf_fini(&inner);
    buf_fini(&outer);
}

static void sflow_frame(struct writer *w)
{
    static struct pkt_sflow sf = {.agent = 0x0a000001, .seq = 7, .uptime_ms = 2385, .n_samples = 2};
    struct pkt_ends4 e = ends4(w);
    struct buf inner = BUF_INIT, datagram = BUF_INIT;

    pkt_build_arp_request(&inner, e.eth_src, e.src, e.dst);
    sf.samples[0] = (struct pkt_sflow_sample){.kind = PKT_SFLOW_FLOW, .seq = 3, .source_index = 9};
    sf.samples[0].flow = (struct pkt_sflow_flow){.rate = 256,
                                                 .pool_pkts = 768,
                                                 .input = 9,
                                                 .output = 12,
                                                 .has_header = true,
                                                 .proto = PKT_SFLOW_PROTO_ETHERNET,
                                                 .frame_bytes = 64,
                                                 .stripped_bytes = 4,
                                                 .header_len = (uint32_t)inner.len,
                                                 .header = inner.data};
    sf.samples[1] = (struct pkt_sflow_sample){.kind = PKT_SFLOW_COUNTERS, .source_index = 9};
    sf.samples[1].counters = (struct pkt_sflow_counters){.has_generic = true,
                                                         .if_index = 9,
                                                         .if_type = 6,
                                                         .if_speed_bps = 1000000000,
                                                         .if_direction = 1,
                                                         .if_status = 3,
                                                         .in_bytes = 23850000000};
    pkt_build_sflow(&datagram, &sf);
    pkt_build_udp4(&w->b, &e, QUIET_SRC, PKT_SFLOW_PORT, datagram.data, datagram.len);
    flush(w);
    buf_fini(&inner);
    buf_fini(&datagram);
}

/* A frame after every rewriting of its headers, then under tags. */
static void edited_frame(struct writer *w, unsigned tags)
{
    struct pkt_ends4 e = ends4(w);
    struct pkt_frame f;
    enum err err;

    pkt_build_udp4(&w->b, &e, QUIET_SRC, QUIET_DST, "tambo", 5);
    err = pkt_frame_init(&f, &w->b);
    err |= pkt_set_ipv4_src(&f, 0x0a00002a);
    err |= pkt_set_nw_dscp(&f, 46);
    err |= pkt_dec_nw_ttl(&f);
    err |= pkt_set_l4_src(&f, QUIET_DST);
    if (tags & 1) {
        err |= pkt_push_mpls(&f, PKT_TYPE_MPLS);
        err |= pkt_set_mpls_label(&f, 2385);
    }
    if (tags & 2) {
        err |= pkt_push_vlan(&f, PKT_TYPE_VLAN);
        err |= pkt_set_vlan_vid(&f, 2385);
    }
    if (tags & 4) {
        err |= pkt_push_pbb(&f);
    }
    w->failed = w->failed || err;
    flush(w);
}

int main(int argc, char **argv)
{
    struct writer w = {.out = argc == 2 ? fopen(argv[1], "wb") : NULL, .g = {2385}};

    if (w.out == NULL) {
        fprintf(stderr, "usage: pcap_frames OUT.pcap\n");
        return 1;
    }
    write_file_head(&w);
    arp_frames(&w);
    for (size_t n = 1; n <= 1400; n = n * 3 + 1) {
        transport_frames(&w, n);
        icmp_frames(&w, n);
    }
    lldp_frame(&w);
    dhcp_frame(&w, PKT_DHCP_DISCOVER);
    dhcp_frame(&w, PKT_DHCP_OFFER);
    dhcp6_frame(&w);
    sflow_frame(&w);
    for (unsigned tags = 0; tags < 8; tags++) {
        edited_frame(&w, tags);
    }
    buf_fini(&w.b);
    return fclose(w.out) || w.failed ? 1 : 0;
}
