#include "tests/packet/edit_ops.h"

static enum err apply_low(struct pkt_frame *f, unsigned op, const struct edit_arg *a)
{
    switch (op) {
    case 0:
        return pkt_set_eth_dst(f, a->eth);
    case 1:
        return pkt_set_eth_src(f, a->eth);
    case 2:
        return pkt_push_vlan(f, a->u8 & 1 ? PKT_TYPE_VLAN : PKT_TYPE_SVLAN);
    case 3:
        return pkt_pop_vlan(f);
    case 4:
        return pkt_set_vlan_vid(f, a->u16);
    case 5:
        return pkt_set_vlan_pcp(f, a->u8);
    case 6:
        return pkt_push_mpls(f, a->u8 & 1 ? PKT_TYPE_MPLS : PKT_TYPE_MPLS_MC);
    case 7:
        return pkt_pop_mpls(f, a->u16);
    case 8:
        return pkt_set_mpls_label(f, a->u32);
    case 9:
        return pkt_set_mpls_tc(f, a->u8);
    case 10:
        return pkt_set_mpls_bos(f, a->u8);
    case 11:
        return pkt_set_mpls_ttl(f, a->u8);
    case 12:
        return pkt_dec_mpls_ttl(f);
    case 13:
        return pkt_push_pbb(f);
    case 14:
        return pkt_pop_pbb(f);
    case 15:
        return pkt_set_pbb_isid(f, a->u32);
    case 16:
        return pkt_copy_ttl_out(f);
    default:
        return pkt_copy_ttl_in(f);
    }
}

static enum err apply_high(struct pkt_frame *f, unsigned op, const struct edit_arg *a)
{
    switch (op) {
    case 18:
        return pkt_set_arp_op(f, a->u16);
    case 19:
        return pkt_set_arp_sha(f, a->eth);
    case 20:
        return pkt_set_arp_spa(f, a->u32);
    case 21:
        return pkt_set_arp_tha(f, a->eth);
    case 22:
        return pkt_set_arp_tpa(f, a->u32);
    case 23:
        return pkt_set_ipv4_src(f, a->u32);
    case 24:
        return pkt_set_ipv4_dst(f, a->u32);
    case 25:
        return pkt_set_ipv6_src(f, &a->ipv6);
    case 26:
        return pkt_set_ipv6_dst(f, &a->ipv6);
    case 27:
        return pkt_set_ipv6_flabel(f, a->u32);
    case 28:
        return pkt_set_nw_dscp(f, a->u8);
    case 29:
        return pkt_set_nw_ecn(f, a->u8);
    case 30:
        return a->u8 & 1 ? pkt_set_nw_ttl(f, a->u8) : pkt_dec_nw_ttl(f);
    case 31:
        return pkt_set_l4_src(f, a->u16);
    case 32:
        return pkt_set_l4_dst(f, a->u16);
    case 33:
        return a->u8 & 1 ? pkt_set_icmp_type(f, (uint8_t)a->u16) : pkt_set_icmp_code(f, a->u8);
    case 34:
        return pkt_set_nd_target(f, &a->ipv6);
    case 35:
        return pkt_set_nd_sll(f, a->eth);
    default:
        return pkt_set_nd_tll(f, a->eth);
    }
}

enum err edit_apply(struct pkt_frame *f, unsigned op, const struct edit_arg *arg)
{
    return op < 18 ? apply_low(f, op, arg) : apply_high(f, op, arg);
}
