#include "tests/apps/dhcp_net.h"

#include <string.h>

#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"

static void claim(struct dhcp_net *d, struct net_host *h, const struct pkt *p)
{
    struct buf frame = BUF_INIT;

    if (h - d->net->hosts == d->claimer && p->arp.op == PKT_ARP_REQUEST && d->claimed &&
        p->arp.tpa == d->claimed) {
        pkt_build_arp_reply(&frame, h->mac, d->claimed, p->arp.sha, p->arp.spa);
        net_send_frame(d->net, d->claimer, &frame);
        buf_fini(&frame);
    }
}

static void heard(void *aux, struct net_host *h, const uint8_t *data, size_t len)
{
    struct dhcp_net *d = aux;
    struct dhcp_heard *e = &d->heard[d->n_heard];
    struct pkt p;

    if (pkt_parse(data, len, &p) != ERR_OK) {
        return;
    }
    if (pkt_has(&p, PKT_ARP)) {
        claim(d, h, &p);
    }
    if (!pkt_has(&p, PKT_IPV4) || !pkt_has(&p, PKT_UDP) || d->n_heard == DHCP_HEARD ||
        (p.l4.dst != PKT_DHCP_CLIENT_PORT && p.l4.dst != PKT_DHCP_SERVER_PORT)) {
        return;
    }
    *e = (struct dhcp_heard){.host = (int)(h - d->net->hosts),
                             .eth_src = p.eth_src,
                             .eth_dst = p.eth_dst,
                             .ip_src = p.ipv4.src,
                             .ip_dst = p.ipv4.dst,
                             .udp_dst = p.l4.dst,
                             .len = p.off.l3_end - p.off.l4_payload};
    memcpy(e->bytes, data + p.off.l4_payload, e->len);
    d->n_heard += pkt_parse_dhcp(e->bytes, e->len, &e->msg) == ERR_OK;
}

void dhcp_net_init(struct dhcp_net *d, struct net *net)
{
    *d = (struct dhcp_net){.net = net, .claimer = -1};
    net->heard = heard;
    net->heard_aux = d;
}

struct pkt_dhcp dhcp_net_msg(const struct dhcp_net *d, int host, enum pkt_dhcp_type type)
{
    return (struct pkt_dhcp){.op = PKT_DHCP_BOOTREQUEST,
                             .htype = 1,
                             .hlen = ETH_ADDR_LEN,
                             .xid = 0x2385 + (uint32_t)host,
                             .chaddr = d->net->hosts[host].mac,
                             .type = (uint8_t)type};
}

static void send(struct dhcp_net *d, int host, const struct pkt_dhcp *msg,
                 const struct pkt_ends4 *ends, uint16_t src, uint16_t dst)
{
    struct buf payload = BUF_INIT, frame = BUF_INIT;

    pkt_build_dhcp(&payload, msg);
    pkt_build_udp4(&frame, ends, src, dst, payload.data, payload.len);
    net_send_frame(d->net, host, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
    net_settle(d->net);
}

void dhcp_net_unicast(struct dhcp_net *d, int host, const struct pkt_dhcp *msg,
                      struct eth_addr eth_dst, uint32_t ip_src, uint32_t ip_dst)
{
    struct pkt_ends4 ends = {
        .eth_dst = eth_dst, .eth_src = d->net->hosts[host].mac, .src = ip_src, .dst = ip_dst};

    send(d, host, msg, &ends, msg->giaddr ? PKT_DHCP_SERVER_PORT : PKT_DHCP_CLIENT_PORT,
         PKT_DHCP_SERVER_PORT);
}

void dhcp_net_send(struct dhcp_net *d, int host, const struct pkt_dhcp *msg)
{
    dhcp_net_unicast(d, host, msg, ETH_ADDR_BROADCAST, 0, UINT32_MAX);
}

void dhcp_net_answer(struct dhcp_net *d, int host, int to, enum pkt_dhcp_type type, uint32_t yiaddr)
{
    const struct net_host *h = &d->net->hosts[host];
    struct pkt_ends4 ends = {
        .eth_dst = ETH_ADDR_BROADCAST, .eth_src = h->mac, .src = h->ip, .dst = UINT32_MAX};
    struct pkt_dhcp msg = dhcp_net_msg(d, to, type);

    msg.op = PKT_DHCP_BOOTREPLY;
    msg.yiaddr = yiaddr;
    msg.server_id = h->ip;
    msg.present = PKT_DHCP_HAS_SERVER_ID;
    send(d, host, &msg, &ends, PKT_DHCP_SERVER_PORT, PKT_DHCP_CLIENT_PORT);
}

const struct dhcp_heard *dhcp_net_last(const struct dhcp_net *d, int host)
{
    for (size_t i = d->n_heard; i-- > 0;) {
        if (d->heard[i].host == host) {
            return &d->heard[i];
        }
    }
    return NULL;
}

size_t dhcp_net_count(const struct dhcp_net *d, int host)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_heard; i++) {
        n += d->heard[i].host == host;
    }
    return n;
}

uint32_t dhcp_net_lease(struct dhcp_net *d, int host)
{
    struct pkt_dhcp msg = dhcp_net_msg(d, host, PKT_DHCP_DISCOVER);
    size_t before = dhcp_net_count(d, host);
    const struct dhcp_heard *got;

    dhcp_net_send(d, host, &msg);
    net_advance(d->net, NS_PER_S);
    got = dhcp_net_last(d, host);
    if (dhcp_net_count(d, host) == before || got->msg.type != PKT_DHCP_OFFER) {
        return 0;
    }
    msg = dhcp_net_msg(d, host, PKT_DHCP_REQUEST);
    msg.requested_ip = got->msg.yiaddr;
    msg.server_id = got->msg.server_id;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP | PKT_DHCP_HAS_SERVER_ID;
    dhcp_net_send(d, host, &msg);
    got = dhcp_net_last(d, host);
    return got->msg.type == PKT_DHCP_ACK ? got->msg.yiaddr : 0;
}

struct dhcp_counters dhcp_net_counters(const struct dhcp_net *d)
{
    return dhcp_counters(ctl_module_state(d->net->ctl, "dhcp"));
}
