#include "controller/packet/pkt_lldp.h"

#include "controller/packet/pkt_build.h"

#define TLV_LEN_BITS 9
#define TLV_LEN_MAX 511

/* --- Building ---------------------------------------------------------------------------------- */

/* The header of a TLV: seven bits of type, nine of length (clause 8.4). */
static void put_tlv_head(struct buf *b, unsigned type, size_t len)
{
    if (len > TLV_LEN_MAX) {
        b->failed = true;
        len = 0;
    }
    buf_put_u16(b, (uint64_t)type << TLV_LEN_BITS | len);
}

static void put_id(struct buf *b, unsigned type, const struct pkt_lldp_id *id)
{
    if (id->len == 0 || id->len > PKT_LLDP_ID_MAX) {
        b->failed = true;
    }
    put_tlv_head(b, type, 1u + id->len);
    buf_put_u8(b, id->subtype);
    buf_put(b, id->data, id->len);
}

static void put_org(struct buf *b, const struct pkt_lldp_org *org)
{
    put_tlv_head(b, PKT_LLDP_ORG, 4u + org->len);
    buf_put_u24(b, org->oui);
    buf_put_u8(b, org->subtype);
    buf_put(b, org->data, org->len);
}

void pkt_build_lldp(struct buf *b, struct eth_addr dst, struct eth_addr src, uint16_t type,
                    const struct pkt_lldp *lldp)
{
    pkt_build_eth(b, dst, src, type);
    put_id(b, PKT_LLDP_CHASSIS_ID, &lldp->chassis);
    put_id(b, PKT_LLDP_PORT_ID, &lldp->port);
    put_tlv_head(b, PKT_LLDP_TTL, 2);
    buf_put_u16(b, lldp->ttl_s);
    if (lldp->system_name) {
        if (lldp->system_name_len > PKT_LLDP_NAME_MAX) {
            b->failed = true;
        }
        put_tlv_head(b, PKT_LLDP_SYSTEM_NAME, lldp->system_name_len);
        buf_put(b, lldp->system_name, lldp->system_name_len);
    }
    for (size_t i = 0; i < lldp->n_orgs; i++) {
        put_org(b, &lldp->orgs[i]);
    }
    put_tlv_head(b, PKT_LLDP_END, 0);
}

/* --- Parsing ----------------------------------------------------------------------------------- */

static enum err parse_id(struct rd value, struct pkt_lldp_id *out)
{
    if (value.left < 2 || value.left > 1 + PKT_LLDP_ID_MAX) {
        return ERR_SYNTAX;
    }
    out->subtype = rd_u8(&value);
    out->len = (uint16_t)value.left;
    out->data = value.p;
    return ERR_OK;
}

static enum err parse_ttl(struct rd value, struct pkt_lldp *out)
{
    if (value.left < 2) {
        return ERR_SYNTAX;
    }
    out->ttl_s = rd_u16(&value);
    return ERR_OK;
}

static enum err parse_name(struct rd value, struct pkt_lldp *out)
{
    if (value.left > PKT_LLDP_NAME_MAX || out->system_name) {
        return ERR_SYNTAX;
    }
    out->system_name = (const char *)value.p;
    out->system_name_len = (uint16_t)value.left;
    return ERR_OK;
}

static enum err parse_org(struct rd value, struct pkt_lldp *out)
{
    struct pkt_lldp_org *org = &out->orgs[out->n_orgs];

    if (value.left < 4) {
        return ERR_SYNTAX;
    }
    if (out->n_orgs == PKT_LLDP_MAX_ORGS) {
        return ERR_FULL;
    }
    org->oui = rd_u24(&value);
    org->subtype = rd_u8(&value);
    org->len = (uint16_t)value.left;
    org->data = value.p;
    out->n_orgs++;
    return ERR_OK;
}

static enum err parse_tlv(unsigned type, struct rd value, struct pkt_lldp *out)
{
    switch (type) {
    case PKT_LLDP_CHASSIS_ID:
        return parse_id(value, &out->chassis);
    case PKT_LLDP_PORT_ID:
        return parse_id(value, &out->port);
    case PKT_LLDP_TTL:
        return parse_ttl(value, out);
    case PKT_LLDP_SYSTEM_NAME:
        return parse_name(value, out);
    case PKT_LLDP_ORG:
        return parse_org(value, out);
    default:
        return ERR_OK;
    }
}

/* Clause 9.2.7.7.1: the n-th TLV is the n-th mandatory one, and no later one is mandatory. */
static bool in_order(unsigned type, unsigned n)
{
    return n < PKT_LLDP_TTL ? type == n + 1 : type == PKT_LLDP_END || type > PKT_LLDP_TTL;
}

enum err pkt_parse_lldp(const uint8_t *pdu, size_t len, struct pkt_lldp *out)
{
    struct rd r = rd_init(pdu, len);

    memset(out, 0, sizeof *out);
    for (unsigned n = 0;; n++) {
        uint16_t head = rd_u16(&r);
        unsigned type = head >> TLV_LEN_BITS;
        struct rd value = rd_sub(&r, head & TLV_LEN_MAX);
        enum err err;

        if (value.failed || r.failed) {
            return ERR_TRUNCATED;
        }
        if (!in_order(type, n)) {
            return ERR_SYNTAX;
        }
        if (type == PKT_LLDP_END) {
            return value.left == 0 ? ERR_OK : ERR_SYNTAX;
        }
        err = parse_tlv(type, value, out);
        if (err) {
            return err;
        }
    }
}

const struct pkt_lldp_org *pkt_lldp_find_org(const struct pkt_lldp *lldp, uint32_t oui,
                                             uint8_t subtype)
{
    for (size_t i = 0; i < lldp->n_orgs; i++) {
        if (lldp->orgs[i].oui == oui && lldp->orgs[i].subtype == subtype) {
            return &lldp->orgs[i];
        }
    }
    return NULL;
}
