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

/* Whether the checksum above covers the protocol, as part of a pseudo header. */
static bool is_covered(const struct pkt_frame *f)
{
    return pkt_has(&f->p, PKT_TCP | PKT_UDP | PKT_ICMP6);
}

static void adjust_for_proto(const struct pkt_frame *f, uint8_t before, uint8_t after)
{
    const uint8_t was[2] = {0, before}, is[2] = {0, after};

    pkt_adjust_l4(f, was, is, sizeof was);
}

/* The checksum above is that of the header that was there; of one that is only there now when there was
 * none, so that there and back again changes nothing. */
static enum err set_proto(struct pkt_frame *f, uint8_t proto)
{
    bool v4 = pkt_has(&f->p, PKT_IPV4), was_covered = is_covered(f);
    uint8_t before = v4 ? f->p.ipv4.proto : f->p.ipv6.proto;
    enum err err;

    if (was_covered) {
        adjust_for_proto(f, before, proto);
    }
    if (v4) {
        set_ipv4_proto(f, proto);
    } else {
        *pkt_at(f, f->p.off.l3 + IPV6_NEXT_AT) = proto;
    }
    err = pkt_reparse(f);
    if (err == ERR_OK && !was_covered && is_covered(f)) {
        adjust_for_proto(f, before, proto);
    }
    return err;
}

enum err pkt_set_ip_proto(struct pkt_frame *f, uint8_t proto)
{
    if (!pkt_has(&f->p, PKT_IP)) {
        return ERR_STATE;
    }
    if (pkt_has(&f->p, PKT_IPV6) && f->p.ipv6.exthdr & ~PKT_IEH_NONEXT) {
        return ERR_UNSUPPORTED;
    }
    return set_proto(f, proto);
}
