/* What actions change in a frame (OF 1.3.5 §5.12). */
#include "controller/openflow/of_field.h"
#include "simnet/world/swtch_pass.h"

static void set_ipv6_field(struct pkt_frame *f, enum of_field field, const union of_value *v)
{
    if (field == OF_FIELD_IPV6_SRC) {
        pkt_set_ipv6_src(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_DST) {
        pkt_set_ipv6_dst(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_FLABEL) {
        pkt_set_ipv6_flabel(f, v->u32);
    } else if (field == OF_FIELD_IPV6_ND_TARGET) {
        pkt_set_nd_target(f, &v->ipv6);
    } else if (field == OF_FIELD_IPV6_ND_SLL) {
        pkt_set_nd_sll(f, v->eth);
    } else if (field == OF_FIELD_IPV6_ND_TLL) {
        pkt_set_nd_tll(f, v->eth);
    }
}

/* One field per line; a frame without such a header stays as it is. */
static void set_field(struct pkt_frame *f, enum of_field field, const union of_value *v)
{
    /* clang-format off */
    switch ((int)field) {
    case OF_FIELD_ETH_DST: pkt_set_eth_dst(f, v->eth); return;
    case OF_FIELD_ETH_SRC: pkt_set_eth_src(f, v->eth); return;
    case OF_FIELD_ETH_TYPE: pkt_set_eth_type(f, v->u16); return;
    case OF_FIELD_IP_PROTO: pkt_set_ip_proto(f, v->u8); return;
    case OF_FIELD_VLAN_VID: pkt_set_vlan_vid(f, v->u16 & 0xfff); return;
    case OF_FIELD_VLAN_PCP: pkt_set_vlan_pcp(f, v->u8); return;
    case OF_FIELD_IP_DSCP: pkt_set_nw_dscp(f, v->u8); return;
    case OF_FIELD_IP_ECN: pkt_set_nw_ecn(f, v->u8); return;
    case OF_FIELD_IPV4_SRC: pkt_set_ipv4_src(f, v->u32); return;
    case OF_FIELD_IPV4_DST: pkt_set_ipv4_dst(f, v->u32); return;
    case OF_FIELD_TCP_SRC: case OF_FIELD_UDP_SRC: case OF_FIELD_SCTP_SRC:
        pkt_set_l4_src(f, v->u16); return;
    case OF_FIELD_TCP_DST: case OF_FIELD_UDP_DST: case OF_FIELD_SCTP_DST:
        pkt_set_l4_dst(f, v->u16); return;
    case OF_FIELD_ICMPV4_TYPE: case OF_FIELD_ICMPV6_TYPE: pkt_set_icmp_type(f, v->u8); return;
    case OF_FIELD_ICMPV4_CODE: case OF_FIELD_ICMPV6_CODE: pkt_set_icmp_code(f, v->u8); return;
    case OF_FIELD_ARP_OP: pkt_set_arp_op(f, v->u16); return;
    case OF_FIELD_ARP_SPA: pkt_set_arp_spa(f, v->u32); return;
    case OF_FIELD_ARP_TPA: pkt_set_arp_tpa(f, v->u32); return;
    case OF_FIELD_ARP_SHA: pkt_set_arp_sha(f, v->eth); return;
    case OF_FIELD_ARP_THA: pkt_set_arp_tha(f, v->eth); return;
    case OF_FIELD_MPLS_LABEL: pkt_set_mpls_label(f, v->u32); return;
    case OF_FIELD_MPLS_TC: pkt_set_mpls_tc(f, v->u8); return;
    case OF_FIELD_MPLS_BOS: pkt_set_mpls_bos(f, v->u8); return;
    case OF_FIELD_PBB_ISID: pkt_set_pbb_isid(f, v->u32); return;
    case OF_FIELD_PBB_UCA: pkt_set_pbb_uca(f, v->u8); return;
    default: set_ipv6_field(f, field, v); return;
    }
    /* clang-format on */
}

/* False when the frame lacks what the field needs (§7.2.3.6). What the match of an entry says of its frames has been
 * looked at (§6.4); buckets and packet-outs have none. 1.0 does not say whose port a port is. */
static bool has_header_of(struct pass *pass, enum of_field field)
{
    static const struct of_match nothing;
    bool is_unknown = pass->n_group_depth ||
                      (pass->from_out && pass->sw->cur->version != OF_VERSION_1_0);

    if (!is_unknown || of_match_prereq_ok(&nothing, field)) {
        return true; /* The latter: any frame will do. */
    }
    pass_refresh(pass);
    return of_match_prereq_ok(&pass->fields, field);
}

/* The tunnel is of the pipeline, not of the frame (§7.2.3.7). */
static void set_any_field(struct pass *pass, enum of_field field, const union of_value *v)
{
    if (field == OF_FIELD_TUNNEL_ID) {
        pass->tunnel_id = v->u64;
    } else {
        set_field(&pass->frame, field, v);
    }
}

/* --- Parts of fields (1.5 §7.2.6.7, §7.2.6.8) ------------------------------------------------------ */

/* False when the frame does not have the field. */
static bool get_field(struct pass *pass, enum of_field field, struct of_num *out)
{
    pass_refresh(pass);
    if (!of_match_has(&pass->fields, field)) {
        return false;
    }
    *out = of_match_value(&pass->fields, field);
    return true;
}

static void put_field(struct pass *pass, enum of_field field, struct of_num v)
{
    union of_value value = {0};

    if (field == OF_FIELD_METADATA) {
        pass->metadata = v.lo;
        return;
    }
    of_num_store(&value, of_field_info(field)->size, v);
    set_any_field(pass, field, &value);
}

/* The bits under the mask. */
static void set_masked(struct pass *pass, const struct of_action *a)
{
    enum of_field field = a->set_field.field;
    size_t size = of_field_info(field)->size;
    struct of_num value = of_num_load(&a->set_field.value, size);
    struct of_num mask = of_num_load(&a->set_field.mask, size), was;

    if (get_field(pass, field, &was)) {
        put_field(pass, field,
                  (struct of_num){(was.hi & ~mask.hi) | (value.hi & mask.hi),
                                  (was.lo & ~mask.lo) | (value.lo & mask.lo)});
    }
}

static unsigned __int128 wide(struct of_num v)
{
    return (unsigned __int128)v.hi << 64 | v.lo;
}

static void copy_field(struct pass *pass, const struct of_action *a)
{
    unsigned __int128 mask = wide(of_num_ones(a->copy_field.n_bits)) << a->copy_field.dst_offset;
    unsigned __int128 bits;
    struct of_num src, dst;

    if (get_field(pass, a->copy_field.src, &src) && get_field(pass, a->copy_field.dst, &dst)) {
        bits = wide(src) >> a->copy_field.src_offset << a->copy_field.dst_offset;
        bits = (wide(dst) & ~mask) | (bits & mask);
        put_field(pass, a->copy_field.dst, (struct of_num){(uint64_t)(bits >> 64), (uint64_t)bits});
    }
}

static void run_set_field(struct pass *pass, const struct of_action *a)
{
    if (a->set_field.has_mask) {
        set_masked(pass, a);
    } else if (has_header_of(pass, a->set_field.field)) {
        set_any_field(pass, a->set_field.field, &a->set_field.value);
    }
}

/* 1.0's tag actions add a tag when there is none (OF 1.0 §5.2.4). */
static void ensure_tag(struct pkt_frame *f)
{
    if (!pkt_has(&f->p, PKT_VLAN)) {
        pkt_push_vlan(f, PKT_TYPE_VLAN);
    }
}

/* A TTL that would become invalid ends the frame's life; the controller may want to know (§5.12). */
static void dec_ttl(struct pass *pass, enum err result)
{
    if (result == ERR_RANGE) {
        pass_packet_in(pass, OF_REASON_INVALID_TTL, PASS_MISS_SEND_LEN);
        pass->dropped = true;
    }
}

void pass_rewrite(struct pass *pass, const struct of_action *a)
{
    struct pkt_frame *f = &pass->frame;
    bool is_of_ip = a->type == OF_ACT_SET_NW_TTL || a->type == OF_ACT_DEC_NW_TTL;

    if (is_of_ip && !has_header_of(pass, OF_FIELD_IP_PROTO)) {
        return;
    }
    /* clang-format off */
    switch (a->type) {
    case OF_ACT_COPY_TTL_OUT: pkt_copy_ttl_out(f); break;
    case OF_ACT_COPY_TTL_IN: pkt_copy_ttl_in(f); break;
    case OF_ACT_SET_MPLS_TTL: pkt_set_mpls_ttl(f, a->ttl); break;
    case OF_ACT_DEC_MPLS_TTL: dec_ttl(pass, pkt_dec_mpls_ttl(f)); break;
    case OF_ACT_PUSH_VLAN: pkt_push_vlan(f, a->ethertype); break;
    case OF_ACT_POP_VLAN: pkt_pop_vlan(f); break;
    case OF_ACT_PUSH_MPLS: pkt_push_mpls(f, a->ethertype); break;
    case OF_ACT_POP_MPLS: pkt_pop_mpls(f, a->ethertype); break;
    case OF_ACT_SET_NW_TTL: pkt_set_nw_ttl(f, a->ttl); break;
    case OF_ACT_DEC_NW_TTL: dec_ttl(pass, pkt_dec_nw_ttl(f)); break;
    case OF_ACT_SET_FIELD: run_set_field(pass, a); break;
    case OF_ACT_PUSH_PBB: pkt_push_pbb(f); break;
    case OF_ACT_POP_PBB: pkt_pop_pbb(f); break;
    case OF_ACT_SET_VLAN_VID: ensure_tag(f); pkt_set_vlan_vid(f, a->vlan_vid); break;
    case OF_ACT_SET_VLAN_PCP: ensure_tag(f); pkt_set_vlan_pcp(f, a->vlan_pcp); break;
    case OF_ACT_COPY_FIELD: copy_field(pass, a); break;
    case OF_ACT_METER: case OF_ACT_SET_QUEUE: case OF_ACT_GROUP: case OF_ACT_EXPERIMENTER:
    case OF_ACT_OUTPUT: case OF_ACT_ENQUEUE: case OF_N_ACTIONS: break;
    }
    /* clang-format on */
    pass->stale = true;
}
