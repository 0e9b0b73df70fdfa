#include "controller/packet/pkt.h"

#include "controller/base/buf.h"
#include "controller/packet/pkt_parse.h"
#include "controller/base/be.h"

static bool is_vlan_tpid(uint16_t type)
{
    return type == PKT_TYPE_VLAN || type == PKT_TYPE_SVLAN;
}

/* Reads up to PKT_MAX_VLANS tags. On entry 'r' stands behind the Ethertype '*type', on return behind
 * the one that is left there (IEEE 802.1Q-2018 §9.6). */
static void parse_vlans(const uint8_t *frame, struct rd *r, uint16_t *type, struct pkt *out)
{
    while (out->n_vlans < PKT_MAX_VLANS && is_vlan_tpid(*type) && r->left >= PKT_VLAN_HLEN) {
        uint32_t at = pkt_offset(frame, r) - 2;
        uint16_t tci = rd_u16(r);

        out->vlan[out->n_vlans] = (struct pkt_vlan){.tpid = *type,
                                                    .vid = tci & 0xfff,
                                                    .pcp = (uint8_t)(tci >> 13),
                                                    .dei = (tci >> 12 & 1) != 0};
        out->off.vlan[out->n_vlans++] = at;
        out->layers |= PKT_VLAN;
        *type = rd_u16(r);
    }
}

/* 802.3 length instead of an Ethertype: the Ethertype of a SNAP header with OUI 0, if there is one
 * (RFC 1042). */
static uint16_t parse_snap(struct rd *r)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    uint16_t type;

    if (r->left < sizeof snap + 2 || memcmp(r->p, snap, sizeof snap) != 0) {
        return PKT_TYPE_NONE;
    }
    type = be_get16(r->p + sizeof snap);
    if (type < PKT_TYPE_MIN) {
        return PKT_TYPE_NONE;
    }
    rd_skip(r, sizeof snap + 2);
    return type;
}

static void parse_pbb(struct rd r, struct pkt *out)
{
    uint32_t tci = rd_u32(&r);

    rd_skip(&r, 2 * ETH_ADDR_LEN);
    if (!r.failed) {
        out->pbb = (struct pkt_pbb){.isid = tci & 0xffffff,
                                    .pcp = (uint8_t)(tci >> 29),
                                    .dei = (tci >> 28 & 1) != 0,
                                    .uca = (tci >> 27 & 1) != 0};
        out->layers |= PKT_PBB;
    }
}

/* The label stack (RFC 3032 §2.1): the outermost entry is kept, the others are stepped over. */
static void parse_mpls(const uint8_t *frame, struct rd r, struct pkt *out)
{
    bool bos = false;

    out->off.mpls = pkt_offset(frame, &r);
    while (!bos && r.left >= PKT_MPLS_HLEN) {
        uint32_t lse = rd_u32(&r);

        bos = (lse >> 8 & 1) != 0;
        if (!pkt_has(out, PKT_MPLS)) {
            out->mpls = (struct pkt_mpls){
                .label = lse >> 12, .tc = lse >> 9 & 7, .bos = bos, .ttl = (uint8_t)lse};
            out->layers |= PKT_MPLS;
        }
    }
    out->off.mpls_end = pkt_offset(frame, &r);
}

/* RFC 826 with Ethernet and IPv4 addresses; anything else is not claimed. */
static void parse_arp(const uint8_t *frame, struct rd r, struct pkt *out)
{
    uint32_t at = pkt_offset(frame, &r);
    uint64_t kind = (uint64_t)rd_u32(&r) << 16 | rd_u16(&r);
    struct pkt_arp arp = {0};

    arp.op = rd_u16(&r);
    arp.sha = rd_eth(&r);
    arp.spa = rd_u32(&r);
    arp.tha = rd_eth(&r);
    arp.tpa = rd_u32(&r);
    if (!r.failed && kind == UINT64_C(0x000108000604)) {
        out->arp = arp;
        out->off.l3 = at;
        out->layers |= PKT_ARP;
    }
}

static void parse_payload(const uint8_t *frame, struct rd r, struct pkt *out)
{
    switch (out->eth_type) {
    case PKT_TYPE_IPV4:
        pkt_parse_ipv4(frame, r, out);
        break;
    case PKT_TYPE_IPV6:
        pkt_parse_ipv6(frame, r, out);
        break;
    case PKT_TYPE_ARP:
        parse_arp(frame, r, out);
        break;
    case PKT_TYPE_MPLS:
    case PKT_TYPE_MPLS_MC:
        parse_mpls(frame, r, out);
        break;
    case PKT_TYPE_PBB:
        parse_pbb(r, out);
        break;
    default:
        break;
    }
}

enum err pkt_parse(const uint8_t *frame, size_t len, struct pkt *out)
{
    struct rd r;
    uint16_t type;

    memset(out, 0, sizeof *out);
    if (len < PKT_ETH_HLEN) {
        return ERR_TRUNCATED;
    }
    if (len > PKT_MAX_FRAME) {
        return ERR_RANGE;
    }
    out->len = (uint32_t)len;
    memcpy(out->eth_dst.b, frame, ETH_ADDR_LEN);
    memcpy(out->eth_src.b, frame + ETH_ADDR_LEN, ETH_ADDR_LEN);
    out->layers = PKT_ETH;
    type = be_get16(frame + PKT_ETH_HLEN - 2);
    r = rd_init(frame + PKT_ETH_HLEN, len - PKT_ETH_HLEN);
    parse_vlans(frame, &r, &type, out);
    out->eth_type = type < PKT_TYPE_MIN ? parse_snap(&r) : type;
    out->off.payload = pkt_offset(frame, &r);
    parse_payload(frame, r, out);
    return ERR_OK;
}
