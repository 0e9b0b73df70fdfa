/* See net.h: frames through tables, over links, and at hosts. */
#include "tests/apps/net.h"

#include <stdlib.h>
#include <string.h>

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "controller/packet/pkt_igmp.h"

#define FRAME_TTL 64

static void fields_of(const struct pkt *p, unsigned in_port, struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, IN_PORT, in_port, in_port);
    OF_MATCH_SET(out, ETH_DST, eth_dst, p->eth_dst);
    OF_MATCH_SET(out, ETH_SRC, eth_src, p->eth_src);
    OF_MATCH_SET(out, ETH_TYPE, eth_type, p->eth_type);
    OF_MATCH_SET(out, VLAN_VID, vlan_vid,
                 p->n_vlans ? (uint16_t)(p->vlan[0].vid | OF_VID_PRESENT) : OF_VID_NONE);
    if (pkt_has(p, PKT_IPV4)) {
        OF_MATCH_SET(out, IPV4_SRC, ipv4_src, p->ipv4.src);
        OF_MATCH_SET(out, IPV4_DST, ipv4_dst, p->ipv4.dst);
        OF_MATCH_SET(out, IP_PROTO, ip_proto, p->ipv4.proto);
    }
    if (pkt_has(p, PKT_IPV4) || pkt_has(p, PKT_IPV6)) {
        OF_MATCH_SET(out, IP_PROTO, ip_proto,
                     pkt_has(p, PKT_IPV4) ? p->ipv4.proto : p->ipv6.proto);
    }
    if (pkt_has(p, PKT_IPV6)) {
        OF_MATCH_SET(out, IPV6_SRC, ipv6_src, p->ipv6.src);
        OF_MATCH_SET(out, IPV6_DST, ipv6_dst, p->ipv6.dst);
        OF_MATCH_SET(out, IP_PROTO, ip_proto, p->ipv6.proto);
    }
    if (pkt_has(p, PKT_UDP)) {
        OF_MATCH_SET(out, UDP_SRC, udp_src, p->l4.src);
        OF_MATCH_SET(out, UDP_DST, udp_dst, p->l4.dst);
    }
    if (pkt_has(p, PKT_TCP)) {
        OF_MATCH_SET(out, TCP_SRC, tcp_src, p->l4.src);
        OF_MATCH_SET(out, TCP_DST, tcp_dst, p->l4.dst);
    }
    if (pkt_has(p, PKT_SCTP)) {
        OF_MATCH_SET(out, SCTP_SRC, sctp_src, p->l4.src);
        OF_MATCH_SET(out, SCTP_DST, sctp_dst, p->l4.dst);
    }
    if (pkt_has(p, PKT_ICMP4)) {
        OF_MATCH_SET(out, ICMPV4_TYPE, icmpv4_type, p->l4.type);
        OF_MATCH_SET(out, ICMPV4_CODE, icmpv4_code, p->l4.code);
    }
    if (pkt_has(p, PKT_ICMP6)) {
        OF_MATCH_SET(out, ICMPV6_TYPE, icmpv6_type, p->l4.type);
        OF_MATCH_SET(out, ICMPV6_CODE, icmpv6_code, p->l4.code);
    }
}

/* A general question of multicast, which the controller asks of its own accord (RFC 3376 §4.1, RFC 3810 §5.1). */
static bool is_query(const struct pkt *p, const uint8_t *data, size_t len)
{
    struct pkt_igmp igmp;

    return pkt_is_igmp(p) && pkt_igmp_parse(data, len, p, &igmp) == ERR_OK &&
           igmp.kind == PKT_IGMP_QUERY;
}

static bool is_probe(const struct pkt *p)
{
    return p->eth_type == PKT_TYPE_LLDP || p->eth_type == PKT_TYPE_BDDP;
}

/* --- At a host -------------------------------------------------------------------------------- */

static void answer_arp(struct net *net, struct net_host *h, const struct pkt *p)
{
    struct buf frame = BUF_INIT;

    if (h->answers_arp && p->arp.op == PKT_ARP_REQUEST && p->arp.tpa == h->ip) {
        pkt_build_arp_reply(&frame, h->mac, h->ip, p->arp.sha, p->arp.spa);
        net_send_frame(net, (int)(h - net->hosts), &frame);
        buf_fini(&frame);
    }
}

static void at_host(struct net *net, struct net_host *h, const uint8_t *data, size_t len)
{
    struct net_seen seen = {0};
    struct pkt p;

    if (pkt_parse(data, len, &p) != ERR_OK) {
        return;
    }
    if (is_probe(&p)) {
        if (net->heard && net->heard_probes) {
            net->heard(net->heard_aux, h, data, len);
        }
        return;
    }
    if (is_query(&p, data, len)) {
        h->n_queries++;
        if (net->heard) {
            net->heard(net->heard_aux, h, data, len);
        }
        return;
    }
    seen.src = p.eth_src;
    seen.dst = p.eth_dst;
    seen.tagged = p.n_vlans > 0;
    if (pkt_has(&p, PKT_ARP)) {
        seen.is_arp = true;
        seen.arp_op = p.arp.op;
        seen.arp_spa = p.arp.spa;
        seen.arp_tpa = p.arp.tpa;
    } else if (len >= p.off.l4_payload + 4 && pkt_has(&p, PKT_UDP)) {
        struct rd r = rd_init(data + p.off.l4_payload, 4);

        seen.number = rd_u32(&r);
    }
    if (net->heard) {
        net->heard(net->heard_aux, h, data, len);
    }
    if (h->n_seen < NET_MAX_SEEN) {
        h->seen[h->n_seen++] = seen;
    }
    if (seen.is_arp) {
        answer_arp(net, h, &p);
    }
}

unsigned net_count(const struct net *net, int host, uint32_t number)
{
    const struct net_host *h = &net->hosts[host];
    unsigned n = 0;

    for (size_t i = 0; i < h->n_seen; i++) {
        n += !h->seen[i].is_arp && h->seen[i].number == number && !h->seen[i].tagged;
    }
    return n;
}

/* --- Through a switch ------------------------------------------------------------------------- */

static void arrive(struct net *net, struct net_switch *sw, unsigned port, const uint8_t *data,
                   size_t len, unsigned ttl);
static void at_bridge(struct net *net, int bridge, unsigned in_port, const uint8_t *data,
                      size_t len, unsigned ttl);

static void count_link_frame(struct net *net, const uint8_t *data, size_t len)
{
    struct pkt p;

    if (pkt_parse(data, len, &p) == ERR_OK && !is_probe(&p)) {
        net->n_arp_on_links += p.eth_type == PKT_TYPE_ARP;
        net->n_untagged_on_links += p.n_vlans == 0;
    }
}

static void send_out(struct net *net, struct net_switch *sw, unsigned port, const uint8_t *data,
                     size_t len, unsigned ttl)
{
    struct net_port *p = &sw->ports[port];

    if (!p->exists || !p->up) {
        return;
    }
    p->tx_bytes += len * net->weight;
    if (p->host >= 0) {
        at_host(net, &net->hosts[p->host], data, len);
    } else if (p->peer_switch >= 0 && !p->mute) {
        count_link_frame(net, data, len);
        arrive(net, net->switches[p->peer_switch], p->peer_port, data, len, ttl - 1);
    } else if (p->bridge >= 0) {
        at_bridge(net, p->bridge, p->bridge_port, data, len, ttl - 1);
    }
}

/* --- Through a bridge ------------------------------------------------------------------------- */

static int bridge_find(const struct net_bridge *b, struct eth_addr mac)
{
    for (size_t i = 0; i < b->n_macs; i++) {
        if (eth_addr_eq(b->macs[i].mac, mac)) {
            return (int)i;
        }
    }
    return -1;
}

static void bridge_learn(struct net_bridge *b, struct eth_addr mac, unsigned port)
{
    int i = bridge_find(b, mac);

    if (i < 0 && b->n_macs < NET_BRIDGE_MACS) {
        i = (int)b->n_macs++;
        b->macs[i].mac = mac;
    }
    if (i >= 0) {
        b->macs[i].port = port;
    }
}

static void bridge_out(struct net *net, const struct net_bridge *b, unsigned port,
                       const uint8_t *data, size_t len, unsigned ttl)
{
    if (b->ports[port].host >= 0) {
        at_host(net, &net->hosts[b->ports[port].host], data, len);
    } else if (b->ports[port].sw >= 0) {
        arrive(net, net->switches[b->ports[port].sw], b->ports[port].port, data, len, ttl);
    }
}

/* It learns, and floods what it does not know; what IEEE 802.1Q §8.6.3 reserves goes no further. */
static void at_bridge(struct net *net, int bridge, unsigned in_port, const uint8_t *data,
                      size_t len, unsigned ttl)
{
    struct net_bridge *b = &net->bridges[bridge];
    struct pkt p;
    int to;

    net->n_loops += ttl == 0;
    if (ttl == 0 || pkt_parse(data, len, &p) != ERR_OK ||
        eth_addr_u64(p.eth_dst) >> 4 == UINT64_C(0x0180c200000)) {
        return;
    }
    b->n_frames += !is_probe(&p);
    bridge_learn(b, p.eth_src, in_port);
    to = bridge_find(b, p.eth_dst);
    for (unsigned port = 0; port < b->n_ports; port++) {
        if (port != in_port && (to < 0 || b->macs[to].port == port)) {
            bridge_out(net, b, port, data, len, ttl);
        }
    }
}

static void output(struct net *net, struct net_switch *sw, unsigned in_port, port_no_t port,
                   const struct buf *frame, uint64_t cookie, unsigned ttl)
{
    if (port == OF_PORT_CONTROLLER) {
        net_agent_packet_in(sw, in_port, OF_REASON_ACTION, cookie, frame->data, frame->len);
    } else if (port == OF_PORT_IN_PORT) {
        send_out(net, sw, in_port, frame->data, frame->len, ttl);
    } else if (port <= NET_MAX_PORTS && port != in_port) {
        send_out(net, sw, port, frame->data, frame->len, ttl);
    }
}

static void set_field(struct pkt_frame *frame, const struct of_action *a)
{
    if (a->set_field.field == OF_FIELD_VLAN_VID) {
        pkt_set_vlan_vid(frame, a->set_field.value.u16 & 0xfff);
    } else if (a->set_field.field == OF_FIELD_ETH_DST) {
        pkt_set_eth_dst(frame, a->set_field.value.eth);
    } else if (a->set_field.field == OF_FIELD_ETH_SRC) {
        pkt_set_eth_src(frame, a->set_field.value.eth);
    } else {
        abort();
    }
}

static uint32_t select_one(uint32_t buckets, const struct buf *frame)
{
    unsigned n = (unsigned)__builtin_popcount(buckets), pick = n ? frame->data[5] % n : 0;

    while (pick-- > 0) {
        buckets &= buckets - 1;
    }
    return buckets & -buckets;
}

/* A copy for every bucket that takes one. What goes to the port where the frame came in is dropped
 * (§5.6.1). Of a select group one bucket takes all frames of a destination. */
static void apply_group(struct net *net, struct net_switch *sw, unsigned in_port, uint32_t id,
                        const struct buf *frame, uint64_t cookie, unsigned ttl)
{
    const struct net_group *group = net_group(sw, id);
    uint32_t buckets = group ? net_group_buckets(sw, group) : 0;

    if (group && group->type == OF_GT_SELECT) {
        buckets = select_one(buckets, frame);
    }
    for (size_t i = 0; group && i < group->n_buckets; i++) {
        if (buckets & UINT32_C(1) << i) {
            net_apply(net, sw, in_port, group->buckets[i].actions, group->buckets[i].n_actions,
                      frame->data, frame->len, cookie, ttl - 1);
        }
    }
}

/* The frame once more with every edit done: outputs may recurse, so 'data' is copied first. */
void net_apply(struct net *net, struct net_switch *sw, unsigned in_port,
               const struct of_action *actions, size_t n, const uint8_t *data, size_t len,
               uint64_t cookie, unsigned ttl)
{
    struct of_action copy[NET_MAX_PORTS];
    struct buf bytes = BUF_INIT;
    struct pkt_frame frame;

    memcpy(copy, actions, n * sizeof(*actions));
    buf_put(&bytes, data, len);
    if (pkt_frame_init(&frame, &bytes) != ERR_OK) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        if (copy[i].type == OF_ACT_OUTPUT) {
            output(net, sw, in_port, copy[i].output.port, &bytes, cookie, ttl);
        } else if (copy[i].type == OF_ACT_PUSH_VLAN) {
            pkt_push_vlan(&frame, copy[i].ethertype);
        } else if (copy[i].type == OF_ACT_POP_VLAN) {
            pkt_pop_vlan(&frame);
        } else if (copy[i].type == OF_ACT_SET_FIELD) {
            set_field(&frame, &copy[i]);
        } else if (copy[i].type == OF_ACT_SET_VLAN_VID) {
            if (frame.p.n_vlans == 0) {
                pkt_push_vlan(&frame, PKT_TYPE_VLAN);
            }
            pkt_set_vlan_vid(&frame, copy[i].vlan_vid);
        } else if (copy[i].type == OF_ACT_GROUP) {
            apply_group(net, sw, in_port, copy[i].group_id, &bytes, cookie, ttl);
        } else {
            abort();
        }
    }
    buf_fini(&bytes);
}

static void count(const struct net *net, struct net_entry *e, size_t len)
{
    if (e) {
        e->used_at = net->clock.now;
        e->n_packets++;
        e->n_bytes += len * net->weight;
    }
}

static void arrive(struct net *net, struct net_switch *sw, unsigned port, const uint8_t *data,
                   size_t len, unsigned ttl)
{
    struct of_match packet;
    struct net_entry *e;
    struct pkt p;

    if (ttl == 0) {
        net->n_loops++;
        return;
    }
    if (!sw->ports[port].up || pkt_parse(data, len, &p) != ERR_OK) {
        return;
    }
    fields_of(&p, port, &packet);
    e = net_lookup_in(sw, 0, &packet);
    count(net, e, len);
    while (e && e->goto_table) {
        e = net_lookup_in(sw, e->goto_table, &packet);
        count(net, e, len);
    }
    if (!e) {
        if (sw->version == OF_VERSION_1_0) {
            net_agent_packet_in(sw, port, OF_REASON_NO_MATCH, UINT64_MAX, data, len);
        }
        return;
    }
    net_apply(net, sw, port, e->actions, e->n_actions, data, len, e->cookie, ttl);
}

void net_frame_in(struct net *net, struct net_switch *sw, unsigned port, const uint8_t *data,
                  size_t len)
{
    arrive(net, sw, port, data, len, FRAME_TTL);
}

/* --- From a host ------------------------------------------------------------------------------ */

void net_send_frame(struct net *net, int from, const struct buf *frame)
{
    const struct net_host *h = &net->hosts[from];

    if (h->away) {
        return;
    }
    if (h->bridge >= 0) {
        at_bridge(net, h->bridge, h->port, frame->data, frame->len, FRAME_TTL);
    } else {
        net_frame_in(net, net->switches[h->sw], h->port, frame->data, frame->len);
    }
}

void net_send(struct net *net, int from, int to, uint32_t number)
{
    net_send_via(net, from, to, net->hosts[to].mac, number);
}

void net_send_via(struct net *net, int from, int to, struct eth_addr dst, uint32_t number)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = dst, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, number);
    pkt_build_udp4(&frame, &ends, NET_UDP_SRC, NET_UDP_DST, payload.data, payload.len);
    net_send_frame(net, from, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
}

static struct ipv6_addr ipv6_of(const struct net_host *h)
{
    return (struct ipv6_addr){
        {0xfd, [8] = 0x85, [14] = (uint8_t)(h->ip >> 8), [15] = (uint8_t)h->ip}};
}

void net_send_ipv6(struct net *net, int from, int to, uint32_t number)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends6 ends = {
        .eth_dst = b->mac, .eth_src = a->mac, .src = ipv6_of(a), .dst = ipv6_of(b)};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, number);
    pkt_build_udp6(&frame, &ends, 2385, 4711, payload.data, payload.len);
    net_send_frame(net, from, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
}

void net_arp_request(struct net *net, int from, uint32_t target)
{
    const struct net_host *h = &net->hosts[from];
    struct buf frame = BUF_INIT;

    pkt_build_arp_request(&frame, h->mac, h->ip, target);
    net_send_frame(net, from, &frame);
    buf_fini(&frame);
}

void net_arp_announce(struct net *net, int from)
{
    net_arp_request(net, from, net->hosts[from].ip);
}
