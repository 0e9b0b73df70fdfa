/* VLAN tags, MPLS labels, PBB service tags, and the TTLs that move between headers. */
#include "controller/packet/pkt_edit_in.h"
#include "controller/base/be.h"

#define TYPE_AT 12 /* Ethertype of an untagged frame, TPID of a tagged one. */

#define MPLS_LABEL_SHIFT 12
#define MPLS_TC_SHIFT 9
#define MPLS_BOS_SHIFT 8

/* Opens a gap of 'n' bytes at offset 'at', for the caller to fill; NULL when the frame would become
 * too long. */
static uint8_t *open_gap(struct pkt_frame *f, size_t at, size_t n)
{
    size_t rest = f->buf->len - at;

    if (f->buf->len + n > PKT_MAX_FRAME) {
        return NULL;
    }
    buf_put_uninit(f->buf, n);
    memmove(pkt_at(f, at + n), pkt_at(f, at), rest);
    return pkt_at(f, at);
}

static void close_gap(struct pkt_frame *f, size_t at, size_t n)
{
    memmove(pkt_at(f, at), pkt_at(f, at + n), f->buf->len - at - n);
    f->buf->len -= n;
}

/* --- VLAN -------------------------------------------------------------------------------------- */

static void move_offset(uint32_t *offset, int32_t by)
{
    *offset += *offset ? (uint32_t)by : 0;
}

/* What the parser would say once everything behind the addresses has moved by 'by' bytes. */
static void move_headers(struct pkt *p, int32_t by)
{
    p->len += (uint32_t)by;
    move_offset(&p->off.payload, by);
    move_offset(&p->off.mpls, by);
    move_offset(&p->off.mpls_end, by);
    move_offset(&p->off.l3, by);
    move_offset(&p->off.l3_end, by);
    move_offset(&p->off.l4, by);
    move_offset(&p->off.l4_payload, by);
    move_offset(&p->off.nd_sll, by);
    move_offset(&p->off.nd_tll, by);
}

/* A tag that pushes none out of sight. */
static void note_push(struct pkt *p, uint16_t tpid)
{
    struct pkt_vlan outer = p->vlan[0];

    move_headers(p, PKT_VLAN_HLEN);
    if (p->n_vlans) {
        p->vlan[1] = outer;
        p->off.vlan[1] = TYPE_AT + PKT_VLAN_HLEN;
    }
    p->vlan[0] = (struct pkt_vlan){.tpid = tpid, .vid = outer.vid, .pcp = outer.pcp};
    p->off.vlan[0] = TYPE_AT;
    p->n_vlans++;
    p->layers |= PKT_VLAN;
}

/* The only tag. */
static void note_pop(struct pkt *p)
{
    move_headers(p, -PKT_VLAN_HLEN);
    p->vlan[0] = (struct pkt_vlan){0};
    p->off.vlan[0] = 0;
    p->n_vlans = 0;
    p->layers &= ~(uint32_t)PKT_VLAN;
}

enum err pkt_push_vlan(struct pkt_frame *f, uint16_t tpid)
{
    const struct pkt_vlan *outer = &f->p.vlan[0]; /* Zeros when there is none. */
    uint8_t *tag;

    if (tpid != PKT_TYPE_VLAN && tpid != PKT_TYPE_SVLAN) {
        return ERR_RANGE;
    }
    tag = open_gap(f, TYPE_AT, PKT_VLAN_HLEN);
    if (tag == NULL) {
        return ERR_FULL;
    }
    be_put16(tag, tpid);
    be_put16(tag + 2, (uint16_t)(outer->pcp << 13 | outer->vid));
    if (f->p.n_vlans == PKT_MAX_VLANS) {
        return pkt_reparse(f);
    }
    note_push(&f->p, tpid);
    return ERR_OK;
}

enum err pkt_pop_vlan(struct pkt_frame *f)
{
    if (!pkt_has(&f->p, PKT_VLAN)) {
        return ERR_STATE;
    }
    close_gap(f, f->p.off.vlan[0], PKT_VLAN_HLEN);
    if (f->p.n_vlans > 1) {
        return pkt_reparse(f); /* A third one may come into sight. */
    }
    note_pop(&f->p);
    return ERR_OK;
}

static enum err set_tci(struct pkt_frame *f, uint16_t mask, uint16_t bits)
{
    uint8_t *at = pkt_at(f, f->p.off.vlan[0] + 2);
    uint16_t tci;

    if (!pkt_has(&f->p, PKT_VLAN)) {
        return ERR_STATE;
    }
    tci = (uint16_t)((be_get16(at) & ~mask) | bits);
    be_put16(at, tci);
    f->p.vlan[0].vid = tci & 0xfff;
    f->p.vlan[0].pcp = (uint8_t)(tci >> 13);
    return ERR_OK;
}

enum err pkt_set_vlan_vid(struct pkt_frame *f, uint16_t vid)
{
    return vid > 0xfff ? ERR_RANGE : set_tci(f, 0xfff, vid);
}

enum err pkt_set_vlan_pcp(struct pkt_frame *f, uint8_t pcp)
{
    return pcp > 7 ? ERR_RANGE : set_tci(f, 0xe000, (uint16_t)(pcp << 13));
}

/* --- MPLS -------------------------------------------------------------------------------------- */

static bool is_mpls_type(uint16_t type)
{
    return type == PKT_TYPE_MPLS || type == PKT_TYPE_MPLS_MC;
}

/* The label stack entry that a push adds to the frame as it is now. */
static uint32_t new_label(const struct pkt_frame *f)
{
    const struct pkt *p = &f->p;
    uint32_t ttl = 0;
    bool bos = !is_mpls_type(be_get16(pkt_at(f, TYPE_AT)));

    if (pkt_has(p, PKT_MPLS)) {
        ttl = p->mpls.ttl;
    } else if (pkt_has(p, PKT_IP)) {
        ttl = pkt_has(p, PKT_IPV4) ? p->ipv4.ttl : p->ipv6.hop_limit;
    }
    return p->mpls.label << MPLS_LABEL_SHIFT | (uint32_t)p->mpls.tc << MPLS_TC_SHIFT |
           (uint32_t)bos << MPLS_BOS_SHIFT | ttl;
}

enum err pkt_push_mpls(struct pkt_frame *f, uint16_t type)
{
    uint32_t label = new_label(f);
    uint8_t *at;

    if (!is_mpls_type(type)) {
        return ERR_RANGE;
    }
    if (be_get16(pkt_at(f, TYPE_AT)) < PKT_TYPE_MIN) {
        return ERR_UNSUPPORTED;
    }
    at = open_gap(f, PKT_ETH_HLEN, PKT_MPLS_HLEN);
    if (at == NULL) {
        return ERR_FULL;
    }
    be_put16(pkt_at(f, TYPE_AT), type);
    be_put32(at, label);
    return pkt_reparse(f);
}

enum err pkt_pop_mpls(struct pkt_frame *f, uint16_t type)
{
    if (!pkt_has(&f->p, PKT_MPLS)) {
        return ERR_STATE;
    }
    if (type < PKT_TYPE_MIN) {
        return ERR_RANGE;
    }
    be_put16(pkt_at(f, f->p.off.mpls - 2), type);
    close_gap(f, f->p.off.mpls, PKT_MPLS_HLEN);
    return pkt_reparse(f);
}

/* Replaces the bits of 'mask' in the outermost entry. */
static enum err set_label_bits(struct pkt_frame *f, uint32_t mask, uint32_t bits)
{
    uint8_t *lse = pkt_at(f, f->p.off.mpls);

    if (!pkt_has(&f->p, PKT_MPLS)) {
        return ERR_STATE;
    }
    if (bits & ~mask) {
        return ERR_RANGE;
    }
    be_put32(lse, (be_get32(lse) & ~mask) | bits);
    return pkt_reparse(f);
}

enum err pkt_set_mpls_label(struct pkt_frame *f, uint32_t label)
{
    if (label > 0xfffff) {
        return ERR_RANGE;
    }
    return set_label_bits(f, UINT32_C(0xfffff) << MPLS_LABEL_SHIFT, label << MPLS_LABEL_SHIFT);
}

enum err pkt_set_mpls_tc(struct pkt_frame *f, uint8_t tc)
{
    return set_label_bits(f, UINT32_C(7) << MPLS_TC_SHIFT, (uint32_t)tc << MPLS_TC_SHIFT);
}

enum err pkt_set_mpls_bos(struct pkt_frame *f, uint8_t bos)
{
    return set_label_bits(f, UINT32_C(1) << MPLS_BOS_SHIFT, (uint32_t)bos << MPLS_BOS_SHIFT);
}

enum err pkt_set_mpls_ttl(struct pkt_frame *f, uint8_t ttl)
{
    return set_label_bits(f, 0xff, ttl);
}

enum err pkt_dec_mpls_ttl(struct pkt_frame *f)
{
    if (!pkt_has(&f->p, PKT_MPLS)) {
        return ERR_STATE;
    }
    return f->p.mpls.ttl <= 1 ? ERR_RANGE : pkt_set_mpls_ttl(f, (uint8_t)(f->p.mpls.ttl - 1));
}

/* --- PBB --------------------------------------------------------------------------------------- */

enum err pkt_push_pbb(struct pkt_frame *f)
{
    uint32_t tci = (uint32_t)f->p.vlan[0].pcp << 29 | f->p.pbb.isid;
    uint8_t *head = open_gap(f, 0, PKT_PBB_HLEN);

    if (head == NULL) {
        return ERR_FULL;
    }
    memcpy(head, head + PKT_PBB_HLEN, 2 * ETH_ADDR_LEN);
    be_put16(head + TYPE_AT, PKT_TYPE_PBB);
    be_put32(head + PKT_ETH_HLEN, tci);
    return pkt_reparse(f);
}

enum err pkt_pop_pbb(struct pkt_frame *f)
{
    if (!pkt_has(&f->p, PKT_PBB) || f->p.off.payload != PKT_ETH_HLEN) {
        return ERR_STATE;
    }
    if (f->buf->len < PKT_PBB_HLEN + PKT_ETH_HLEN) {
        return ERR_TRUNCATED;
    }
    close_gap(f, 0, PKT_PBB_HLEN);
    return pkt_reparse(f);
}

enum err pkt_set_pbb_isid(struct pkt_frame *f, uint32_t isid)
{
    uint8_t *tci = pkt_at(f, f->p.off.payload);

    if (!pkt_has(&f->p, PKT_PBB)) {
        return ERR_STATE;
    }
    if (isid > 0xffffff) {
        return ERR_RANGE;
    }
    be_put32(tci, (be_get32(tci) & 0xff000000) | isid);
    return pkt_reparse(f);
}

enum err pkt_set_pbb_uca(struct pkt_frame *f, uint8_t uca)
{
    const uint32_t bit = UINT32_C(1) << 27;
    uint8_t *tci = pkt_at(f, f->p.off.payload);

    if (!pkt_has(&f->p, PKT_PBB)) {
        return ERR_STATE;
    }
    if (uca > 1) {
        return ERR_RANGE;
    }
    be_put32(tci, (be_get32(tci) & ~bit) | (uca ? bit : 0));
    return pkt_reparse(f);
}

/* --- TTL between headers ----------------------------------------------------------------------- */

enum next_kind { NEXT_NONE, NEXT_MPLS, NEXT_IPV4, NEXT_IPV6 };

/* What follows the outermost label, whole. */
static enum next_kind next_header(const struct pkt_frame *f)
{
    size_t at = f->p.off.mpls + PKT_MPLS_HLEN;
    size_t left = f->buf->len - at;

    if (!f->p.mpls.bos) {
        return left >= PKT_MPLS_HLEN ? NEXT_MPLS : NEXT_NONE;
    }
    if (left >= PKT_IPV4_HLEN && *pkt_at(f, at) >> 4 == 4) {
        return NEXT_IPV4;
    }
    return left >= PKT_IPV6_HLEN && *pkt_at(f, at) >> 4 == 6 ? NEXT_IPV6 : NEXT_NONE;
}

/* The byte that holds the TTL of the header of kind 'kind' behind the outermost label. */
static uint8_t *next_ttl(const struct pkt_frame *f, enum next_kind kind)
{
    uint8_t *next = pkt_at(f, f->p.off.mpls + PKT_MPLS_HLEN);

    switch (kind) {
    case NEXT_MPLS:
        return next + PKT_MPLS_HLEN - 1;
    case NEXT_IPV4:
        return next + PKT_IPV4_TTL_AT;
    case NEXT_IPV6:
        return next + PKT_IPV6_HLIM_AT;
    case NEXT_NONE:
        break;
    }
    return NULL;
}

enum err pkt_copy_ttl_out(struct pkt_frame *f)
{
    const uint8_t *ttl = pkt_has(&f->p, PKT_MPLS) ? next_ttl(f, next_header(f)) : NULL;

    return ttl ? pkt_set_mpls_ttl(f, *ttl) : ERR_STATE;
}

enum err pkt_copy_ttl_in(struct pkt_frame *f)
{
    enum next_kind kind = pkt_has(&f->p, PKT_MPLS) ? next_header(f) : NEXT_NONE;

    if (kind == NEXT_NONE) {
        return ERR_STATE;
    }
    if (kind == NEXT_IPV4) {
        pkt_put_ipv4_ttl(pkt_at(f, f->p.off.mpls + PKT_MPLS_HLEN), f->p.mpls.ttl);
    } else {
        *next_ttl(f, kind) = f->p.mpls.ttl;
    }
    return pkt_reparse(f);
}
