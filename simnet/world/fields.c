#include "simnet/world/fields.h"

static void ethernet(const struct pkt *pkt, struct of_match *out)
{
    OF_MATCH_SET(out, ETH_DST, eth_dst, pkt->eth_dst);
    OF_MATCH_SET(out, ETH_SRC, eth_src, pkt->eth_src);
    OF_MATCH_SET(out, ETH_TYPE, eth_type, pkt->eth_type);
    OF_MATCH_SET(out, VLAN_VID, vlan_vid, OF_VID_NONE);
    if (pkt_has(pkt, PKT_VLAN)) {
        out->v.vlan_vid = (uint16_t)(pkt->vlan[0].vid | OF_VID_PRESENT);
        OF_MATCH_SET(out, VLAN_PCP, vlan_pcp, pkt->vlan[0].pcp);
    }
    if (pkt_has(pkt, PKT_MPLS)) {
        OF_MATCH_SET(out, MPLS_LABEL, mpls_label, pkt->mpls.label);
        OF_MATCH_SET(out, MPLS_TC, mpls_tc, pkt->mpls.tc);
        OF_MATCH_SET(out, MPLS_BOS, mpls_bos, pkt->mpls.bos);
    }
    if (pkt_has(pkt, PKT_PBB)) {
        OF_MATCH_SET(out, PBB_ISID, pbb_isid, pkt->pbb.isid);
        OF_MATCH_SET(out, PBB_UCA, pbb_uca, pkt->pbb.uca);
    }
}

static void arp(const struct pkt *pkt, struct of_match *out)
{
    OF_MATCH_SET(out, ARP_OP, arp_op, pkt->arp.op);
    OF_MATCH_SET(out, ARP_SPA, arp_spa, pkt->arp.spa);
    OF_MATCH_SET(out, ARP_TPA, arp_tpa, pkt->arp.tpa);
    OF_MATCH_SET(out, ARP_SHA, arp_sha, pkt->arp.sha);
    OF_MATCH_SET(out, ARP_THA, arp_tha, pkt->arp.tha);
}

static void ip(const struct pkt *pkt, struct of_match *out)
{
    if (pkt_has(pkt, PKT_IPV4)) {
        OF_MATCH_SET(out, IPV4_SRC, ipv4_src, pkt->ipv4.src);
        OF_MATCH_SET(out, IPV4_DST, ipv4_dst, pkt->ipv4.dst);
        OF_MATCH_SET(out, IP_PROTO, ip_proto, pkt->ipv4.proto);
        OF_MATCH_SET(out, IP_DSCP, ip_dscp, pkt->ipv4.dscp);
        OF_MATCH_SET(out, IP_ECN, ip_ecn, pkt->ipv4.ecn);
        return;
    }
    OF_MATCH_SET(out, IPV6_SRC, ipv6_src, pkt->ipv6.src);
    OF_MATCH_SET(out, IPV6_DST, ipv6_dst, pkt->ipv6.dst);
    OF_MATCH_SET(out, IPV6_FLABEL, ipv6_flabel, pkt->ipv6.flabel);
    OF_MATCH_SET(out, IPV6_EXTHDR, ipv6_exthdr, pkt->ipv6.exthdr);
    OF_MATCH_SET(out, IP_PROTO, ip_proto, pkt->ipv6.proto);
    OF_MATCH_SET(out, IP_DSCP, ip_dscp, pkt->ipv6.dscp);
    OF_MATCH_SET(out, IP_ECN, ip_ecn, pkt->ipv6.ecn);
}

static void icmp6(const struct pkt *pkt, struct of_match *out)
{
    OF_MATCH_SET(out, ICMPV6_TYPE, icmpv6_type, pkt->l4.type);
    OF_MATCH_SET(out, ICMPV6_CODE, icmpv6_code, pkt->l4.code);
    if (pkt->present & PKT_HAS_ND_TARGET) {
        OF_MATCH_SET(out, IPV6_ND_TARGET, ipv6_nd_target, pkt->nd.target);
    }
    if (pkt->present & PKT_HAS_ND_SLL) {
        OF_MATCH_SET(out, IPV6_ND_SLL, ipv6_nd_sll, pkt->nd.sll);
    }
    if (pkt->present & PKT_HAS_ND_TLL) {
        OF_MATCH_SET(out, IPV6_ND_TLL, ipv6_nd_tll, pkt->nd.tll);
    }
}

static void transport(const struct pkt *pkt, struct of_match *out)
{
    if (pkt_has(pkt, PKT_TCP)) {
        OF_MATCH_SET(out, TCP_SRC, tcp_src, pkt->l4.src);
        OF_MATCH_SET(out, TCP_DST, tcp_dst, pkt->l4.dst);
        OF_MATCH_SET(out, TCP_FLAGS, tcp_flags, pkt->l4.tcp_flags);
    } else if (pkt_has(pkt, PKT_UDP)) {
        OF_MATCH_SET(out, UDP_SRC, udp_src, pkt->l4.src);
        OF_MATCH_SET(out, UDP_DST, udp_dst, pkt->l4.dst);
    } else if (pkt_has(pkt, PKT_SCTP)) {
        OF_MATCH_SET(out, SCTP_SRC, sctp_src, pkt->l4.src);
        OF_MATCH_SET(out, SCTP_DST, sctp_dst, pkt->l4.dst);
    } else if (pkt_has(pkt, PKT_ICMP4)) {
        OF_MATCH_SET(out, ICMPV4_TYPE, icmpv4_type, pkt->l4.type);
        OF_MATCH_SET(out, ICMPV4_CODE, icmpv4_code, pkt->l4.code);
    } else if (pkt_has(pkt, PKT_ICMP6)) {
        icmp6(pkt, out);
    }
}

void fields_of_packet(const struct pkt *pkt, port_no_t in_port, uint64_t metadata,
                      struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, IN_PORT, in_port, in_port);
    OF_MATCH_SET(out, IN_PHY_PORT, in_phy_port, in_port);
    OF_MATCH_SET(out, METADATA, metadata, metadata);
    OF_MATCH_SET(out, TUNNEL_ID, tunnel_id, 0);
    OF_MATCH_SET(out, PACKET_TYPE, packet_type, 0); /* Ethernet (1.5 §7.2.3.11). */
    ethernet(pkt, out);
    if (pkt_has(pkt, PKT_ARP)) {
        arp(pkt, out);
    }
    if (pkt_has(pkt, PKT_IP)) {
        ip(pkt, out);
        transport(pkt, out);
    }
}
