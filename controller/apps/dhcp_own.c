/* Our own addresses: those of the pools' servers and of the DHCPv6 relay. Nobody else answers for
 * them, so we do, when clients and servers ask where we are. */
#include "controller/apps/dhcp_int.h"
#include "controller/core/datapath.h"
#include "controller/packet/pkt_build.h"

#define FRAME_MIN_LEN 60

static bool is_own_ipv4(const struct dhcp *d, uint32_t ip)
{
    for (size_t i = 0; i < d->n_pools; i++) {
        if (d->pools[i].s.server == ip) {
            return true;
        }
    }
    return false;
}

static bool own_arp(struct dhcp *d, const struct ctl_packet *packet)
{
    const struct pkt_arp *arp = &packet->pkt->arp;
    struct buf frame = BUF_INIT;

    if (arp->op != PKT_ARP_REQUEST || !is_own_ipv4(d, arp->tpa)) {
        return false;
    }
    pkt_build_arp_reply(&frame, d->settings.mac, arp->tpa, arp->sha, arp->spa);
    buf_put_zeros(&frame, FRAME_MIN_LEN - frame.len);
    dhcp_emit(d, datapath_id(packet->dp), packet->in_port, &frame);
    buf_fini(&frame);
    return true;
}

static bool own_nd(struct dhcp *d, const struct ctl_packet *packet)
{
    static const struct ipv6_addr none, all_nodes = {{0xff, 0x02, [15] = 1}};
    const struct pkt *pkt = packet->pkt;
    bool is_dad = ipv6_addr_eq(&pkt->ipv6.src, &none);
    struct pkt_ends6 ends = {.eth_dst = is_dad ? pkt_ipv6_multicast_eth(&all_nodes) : pkt->eth_src,
                             .eth_src = d->settings.mac,
                             .src = d->settings.relay6,
                             .dst = is_dad ? all_nodes : pkt->ipv6.src};
    struct buf frame = BUF_INIT;

    if (pkt->l4.type != PKT_ICMP6_NS || !(pkt->present & PKT_HAS_ND_TARGET) ||
        !ipv6_addr_eq(&pkt->nd.target, &d->settings.relay6)) {
        return false;
    }
    pkt_build_nd_na(&frame, &ends, &d->settings.relay6, d->settings.mac,
                    PKT_NA_OVERRIDE | (is_dad ? 0 : PKT_NA_SOLICITED));
    dhcp_emit(d, datapath_id(packet->dp), packet->in_port, &frame);
    buf_fini(&frame);
    return true;
}

bool dhcp_own(struct dhcp *d, const struct ctl_packet *packet)
{
    if (packet->pkt->n_vlans > 0 || (packet->port && packet->port->kind == PORT_LINK)) {
        return false;
    }
    return pkt_has(packet->pkt, PKT_ARP)     ? own_arp(d, packet)
           : pkt_has(packet->pkt, PKT_ICMP6) ? own_nd(d, packet)
                                             : false;
}
