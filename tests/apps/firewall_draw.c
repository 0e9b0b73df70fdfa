/* See firewall_draw.h. */
#include "tests/apps/firewall_draw.h"

#include <string.h>

#include "controller/packet/pkt.h"
#include "controller/packet/pkt_build.h"

/* --- Rules ------------------------------------------------------------------------------------- */

static const uint16_t ports[] = {53, 2385};

static void draw_eth(struct net *net, struct of_match *m, uint64_t bit, struct eth_addr *v,
                     struct eth_addr *mask)
{
    *v = net->hosts[net_draw(net, net->n_hosts)].mac;
    m->present |= bit;
    if (net_draw(net, 3) == 0) { /* Every other host, or all. */
        *mask = eth_addr_from_u64(net_draw(net, 2) ? UINT64_C(0xfffffffffffe)
                                                   : UINT64_C(0xff0000000001));
        *v = eth_addr_from_u64(eth_addr_u64(*v) & eth_addr_u64(*mask));
        m->masked |= bit;
    }
}

static struct ipv6_addr ipv6_of(const struct net_host *h)
{
    return (struct ipv6_addr){
        {0xfd, [8] = 0x85, [14] = (uint8_t)(h->ip >> 8), [15] = (uint8_t)h->ip}};
}

static void draw_ip(struct net *net, struct of_match *m, bool is_src)
{
    const struct net_host *h = &net->hosts[net_draw(net, net->n_hosts)];
    static const uint32_t masks4[] = {UINT32_MAX, 0xfffffffe, 0xfffffffc, 0xff000000};
    uint32_t mask = masks4[net_draw(net, 4)];

    if (m->v.eth_type == PKT_TYPE_IPV4) {
        uint64_t bit = is_src ? OF_BIT(IPV4_SRC) : OF_BIT(IPV4_DST);

        m->present |= bit;
        m->masked |= mask != UINT32_MAX ? bit : 0;
        *(is_src ? &m->v.ipv4_src : &m->v.ipv4_dst) = h->ip & mask;
        *(is_src ? &m->m.ipv4_src : &m->m.ipv4_dst) = mask;
    } else {
        uint64_t bit = is_src ? OF_BIT(IPV6_SRC) : OF_BIT(IPV6_DST);
        struct ipv6_addr *v = is_src ? &m->v.ipv6_src : &m->v.ipv6_dst;
        struct ipv6_addr *mm = is_src ? &m->m.ipv6_src : &m->m.ipv6_dst;

        *v = ipv6_of(h);
        memset(mm->b, 0xff, sizeof mm->b);
        mm->b[15] = (uint8_t)mask;
        v->b[15] &= mm->b[15];
        m->present |= bit;
        m->masked |= mm->b[15] != 0xff ? bit : 0;
    }
}

static void draw_l4(struct net *net, struct of_match *m)
{
    uint16_t port = ports[net_draw(net, 2)];
    bool is_4 = m->v.eth_type == PKT_TYPE_IPV4;

    switch (net_draw(net, 4)) {
    case 0:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_TCP);
        if (net_draw(net, 2)) {
            OF_MATCH_SET(m, TCP_DST, tcp_dst, port);
        }
        return;
    case 1:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        if (net_draw(net, 2)) {
            OF_MATCH_SET(m, UDP_SRC, udp_src, port);
        } else {
            OF_MATCH_SET(m, UDP_DST, udp_dst, port);
        }
        return;
    case 2:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, PKT_PROTO_SCTP);
        OF_MATCH_SET(m, SCTP_DST, sctp_dst, port);
        return;
    default:
        OF_MATCH_SET(m, IP_PROTO, ip_proto, is_4 ? PKT_PROTO_ICMP : PKT_PROTO_ICMP6);
        if (is_4 && net_draw(net, 2)) {
            OF_MATCH_SET(m, ICMPV4_TYPE, icmpv4_type, PKT_ICMP_ECHO_REQUEST);
        } else if (!is_4 && net_draw(net, 2)) {
            OF_MATCH_SET(m, ICMPV6_TYPE, icmpv6_type, PKT_ICMP6_ECHO_REQUEST);
        }
        return;
    }
}

static void draw_vlan(struct net *net, struct of_match *m)
{
    OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_NONE);
    if (net_draw(net, 2)) { /* Labels of clustering begin with 2. */
        OF_MATCH_SET(m, VLAN_VID, vlan_vid, (uint16_t)(OF_VID_PRESENT | (2 + net_draw(net, 3))));
    } else if (net_draw(net, 2)) {
        m->v.vlan_vid = m->m.vlan_vid = OF_VID_PRESENT;
        m->masked |= OF_BIT(VLAN_VID);
    }
}

void draw_rule(struct net *net, struct firewall_rule *r)
{
    struct of_match *m = &r->match;

    r->action = net_draw(net, 5) < 3 ? FIREWALL_DENY : FIREWALL_ALLOW;
    r->priority = (uint16_t)net_draw(net, 12);
    r->has_dpid = net_draw(net, 4) == 0;
    of_match_clear(m);
    if (r->has_dpid) {
        size_t host = net_draw(net, net->n_hosts);

        r->dpid = net->switches[net->hosts[host].sw]->dpid;
        if (net_draw(net, 2)) {
            OF_MATCH_SET(m, IN_PORT, in_port, net->hosts[host].port);
        }
    }
    if (net_draw(net, 4) == 0) {
        draw_eth(net, m, OF_BIT(ETH_SRC), &m->v.eth_src, &m->m.eth_src);
    }
    if (net_draw(net, 4) == 0) {
        draw_eth(net, m, OF_BIT(ETH_DST), &m->v.eth_dst, &m->m.eth_dst);
    }
    if (net_draw(net, 6) == 0) {
        draw_vlan(net, m);
    }
    if (net_draw(net, 3)) {
        OF_MATCH_SET(m, ETH_TYPE, eth_type, net_draw(net, 3) ? PKT_TYPE_IPV4 : PKT_TYPE_IPV6);
        if (net_draw(net, 2)) {
            draw_ip(net, m, true);
        }
        if (net_draw(net, 2)) {
            draw_ip(net, m, false);
        }
        if (net_draw(net, 2)) {
            draw_l4(net, m);
        }
    }
}

/* --- Frames ------------------------------------------------------------------------------------ */

static void build_4(struct net *net, uint32_t number, int from, int to, size_t kind, uint16_t src,
                    uint16_t dst, struct buf *out, struct of_match *p)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct pkt_tcp_head tcp = {.src = src, .dst = dst, .flags = PKT_TCP_SYN};
    struct pkt_echo echo = {.id = 5, .seq = 7};
    uint8_t payload[4];

    be_put32(payload, number);
    OF_MATCH_SET(p, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(p, IPV4_SRC, ipv4_src, a->ip);
    OF_MATCH_SET(p, IPV4_DST, ipv4_dst, b->ip);
    if (kind == 0) {
        pkt_build_tcp4(out, &ends, &tcp, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_TCP);
        OF_MATCH_SET(p, TCP_SRC, tcp_src, src);
        OF_MATCH_SET(p, TCP_DST, tcp_dst, dst);
    } else if (kind == 1) {
        pkt_build_udp4(out, &ends, src, dst, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        OF_MATCH_SET(p, UDP_SRC, udp_src, src);
        OF_MATCH_SET(p, UDP_DST, udp_dst, dst);
    } else if (kind == 2) {
        pkt_build_sctp4(out, &ends, src, dst, 9, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_SCTP);
        OF_MATCH_SET(p, SCTP_SRC, sctp_src, src);
        OF_MATCH_SET(p, SCTP_DST, sctp_dst, dst);
    } else {
        pkt_build_icmp4_echo(out, &ends, &echo, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_ICMP);
        OF_MATCH_SET(p, ICMPV4_TYPE, icmpv4_type, PKT_ICMP_ECHO_REQUEST);
        OF_MATCH_SET(p, ICMPV4_CODE, icmpv4_code, 0);
    }
}

static void build_6(struct net *net, uint32_t number, int from, int to, size_t kind, uint16_t src,
                    uint16_t dst, struct buf *out, struct of_match *p)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends6 ends = {
        .eth_dst = b->mac, .eth_src = a->mac, .src = ipv6_of(a), .dst = ipv6_of(b)};
    struct pkt_echo echo = {.id = 5, .seq = 7};
    uint8_t payload[4];

    be_put32(payload, number);
    OF_MATCH_SET(p, ETH_TYPE, eth_type, PKT_TYPE_IPV6);
    OF_MATCH_SET(p, IPV6_SRC, ipv6_src, ends.src);
    OF_MATCH_SET(p, IPV6_DST, ipv6_dst, ends.dst);
    if (kind < 2) {
        pkt_build_udp6(out, &ends, src, dst, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_UDP);
        OF_MATCH_SET(p, UDP_SRC, udp_src, src);
        OF_MATCH_SET(p, UDP_DST, udp_dst, dst);
    } else {
        pkt_build_icmp6_echo(out, &ends, &echo, payload, 4);
        OF_MATCH_SET(p, IP_PROTO, ip_proto, PKT_PROTO_ICMP6);
        OF_MATCH_SET(p, ICMPV6_TYPE, icmpv6_type, PKT_ICMP6_ECHO_REQUEST);
        OF_MATCH_SET(p, ICMPV6_CODE, icmpv6_code, 0);
    }
}

struct sketch draw_frame(struct net *net)
{
    return (struct sketch){.from = (int)net_draw(net, net->n_hosts),
                           .to = (int)net_draw(net, net->n_hosts),
                           .kind = net_draw(net, 4),
                           .is_6 = net_draw(net, 3) == 0,
                           .src = ports[net_draw(net, 2)],
                           .dst = ports[net_draw(net, 2)]};
}

void build_frame(struct net *net, uint32_t number, const struct sketch *f, struct buf *out,
                 struct of_match *p)
{
    const struct net_host *h = &net->hosts[f->from];

    *p = (struct of_match){0};
    (f->is_6 ? build_6 : build_4)(net, number, f->from, f->to, f->kind, f->src, f->dst, out, p);
    OF_MATCH_SET(p, IN_PORT, in_port, h->port);
    OF_MATCH_SET(p, ETH_SRC, eth_src, h->mac);
    OF_MATCH_SET(p, ETH_DST, eth_dst, net->hosts[f->to].mac);
    OF_MATCH_SET(p, VLAN_VID, vlan_vid, OF_VID_NONE);
}
