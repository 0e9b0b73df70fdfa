/* Rewriting what says which header follows: after that the frame is read as something else. */
#include "controller/base/be.h"
#include "controller/packet/pkt_edit.h"
#include "controller/packet/pkt_edit_in.h"
#include "controller/packet/pkt_sum.h"

enum { IPV4_TTL_AT = 8, IPV4_PROTO_AT = 9, IPV4_SUM_AT = 10, IPV6_NEXT_AT = 6 };

enum err pkt_set_eth_type(struct pkt_frame *f, uint16_t type)
{
    if (f->p.eth_type == PKT_TYPE_NONE) {
        return ERR_STATE;
    }
    if (type < PKT_TYPE_MIN) {
        return ERR_RANGE;
    }
    be_put16(pkt_at(f, f->p.off.payload - 2), type);
    return pkt_reparse(f);
}

/* The checksum of the header covers the protocol beside the TTL. */
static void set_ipv4_proto(struct pkt_frame *f, uint8_t proto)
{
    uint8_t *ip = pkt_at(f, f->p.off.l3);
    uint8_t after[2] = {ip[IPV4_TTL_AT], proto};

    pkt_sum_update(ip + IPV4_SUM_AT, ip + IPV4_TTL_AT, after, sizeof after);
    ip[IPV4_PROTO_AT] = proto;
}

enum err pkt_set_ip_proto(struct pkt_frame *f, uint8_t proto)
{
    if (pkt_has(&f->p, PKT_IPV4)) {
        set_ipv4_proto(f, proto);
        return pkt_reparse(f);
    }
    if (!pkt_has(&f->p, PKT_IPV6)) {
        return ERR_STATE;
    }
    if (f->p.ipv6.exthdr & ~PKT_IEH_NONEXT) {
        return ERR_UNSUPPORTED;
    }
    *pkt_at(f, f->p.off.l3 + IPV6_NEXT_AT) = proto;
    return pkt_reparse(f);
}
