#include "controller/packet/pkt_dhcp.h"

#define CHADDR_LEN 16
#define SNAME_LEN 64
#define FILE_LEN 128
#define MAGIC UINT32_C(0x63825363) /* RFC 2131 §3. */
#define MIN_LEN 300
#define HEAD_LEN 240 /* With the magic cookie. */

#define OVERLOAD_FILE 1
#define OVERLOAD_SNAME 2

/* --- Parsing ----------------------------------------------------------------------------------- */

/* A list of addresses: at least one, of which the first are kept. */
static enum err parse_addrs(struct rd value, uint32_t *out, size_t *n)
{
    if (value.left == 0 || value.left % 4) {
        return ERR_SYNTAX;
    }
    while (value.left && *n < PKT_DHCP_MAX_ADDRS) {
        out[(*n)++] = rd_u32(&value);
    }
    return ERR_OK;
}

static enum err parse_u32(struct rd value, uint32_t *out, enum pkt_dhcp_has bit, uint32_t *present)
{
    if (value.left != 4) {
        return ERR_SYNTAX;
    }
    *out = rd_u32(&value);
    *present |= (uint32_t)bit;
    return ERR_OK;
}

static enum err parse_u8(struct rd value, uint8_t *out)
{
    if (value.left != 1) {
        return ERR_SYNTAX;
    }
    *out = rd_u8(&value);
    return ERR_OK;
}

/* Understands one option. '*overload' is set by option 52. */
static enum err parse_known(uint8_t code, struct rd value, struct pkt_dhcp *out, uint8_t *overload)
{
    switch (code) {
    case PKT_DHCP_OPT_TYPE:
        return parse_u8(value, &out->type);
    case PKT_DHCP_OPT_OVERLOAD:
        return parse_u8(value, overload);
    case PKT_DHCP_OPT_REQUESTED_IP:
        return parse_u32(value, &out->requested_ip, PKT_DHCP_HAS_REQUESTED_IP, &out->present);
    case PKT_DHCP_OPT_SERVER_ID:
        return parse_u32(value, &out->server_id, PKT_DHCP_HAS_SERVER_ID, &out->present);
    case PKT_DHCP_OPT_LEASE:
        return parse_u32(value, &out->lease_s, PKT_DHCP_HAS_LEASE, &out->present);
    case PKT_DHCP_OPT_MASK:
        return parse_u32(value, &out->mask, PKT_DHCP_HAS_MASK, &out->present);
    case PKT_DHCP_OPT_ROUTER:
        return parse_addrs(value, out->routers, &out->n_routers);
    case PKT_DHCP_OPT_DNS:
        return parse_addrs(value, out->dns, &out->n_dns);
    default:
        return ERR_OK;
    }
}

/* One field of options, up to its End option or its end. */
static enum err parse_opts(struct rd r, struct pkt_dhcp *out, uint8_t *overload)
{
    while (r.left) {
        uint8_t code = rd_u8(&r);
        struct rd value;
        enum err err;

        if (code == PKT_DHCP_OPT_PAD) {
            continue;
        }
        if (code == PKT_DHCP_OPT_END) {
            return ERR_OK;
        }
        value = rd_sub(&r, rd_u8(&r));
        if (r.failed) {
            return ERR_TRUNCATED;
        }
        if (out->n_opts == PKT_DHCP_MAX_OPTS) {
            return ERR_FULL;
        }
        out->opts[out->n_opts++] = (struct pkt_dhcp_opt){code, (uint8_t)value.left, value.p};
        err = parse_known(code, value, out, overload);
        if (err) {
            return err;
        }
    }
    return ERR_OK;
}

static void parse_head(struct rd *r, struct pkt_dhcp *out)
{
    out->op = rd_u8(r);
    out->htype = rd_u8(r);
    out->hlen = rd_u8(r);
    out->hops = rd_u8(r);
    out->xid = rd_u32(r);
    out->secs_s = rd_u16(r);
    out->flags = rd_u16(r);
    out->ciaddr = rd_u32(r);
    out->yiaddr = rd_u32(r);
    out->siaddr = rd_u32(r);
    out->giaddr = rd_u32(r);
    out->chaddr = rd_eth(r);
    rd_skip(r, CHADDR_LEN - ETH_ADDR_LEN);
}

enum err pkt_parse_dhcp(const uint8_t *payload, size_t len, struct pkt_dhcp *out)
{
    struct rd r = rd_init(payload, len);
    struct rd sname, file;
    uint8_t overload = 0, ignored = 0;
    uint32_t magic;
    enum err err;

    memset(out, 0, sizeof *out);
    parse_head(&r, out);
    sname = rd_sub(&r, SNAME_LEN);
    file = rd_sub(&r, FILE_LEN);
    magic = rd_u32(&r);
    if (r.failed) {
        return ERR_TRUNCATED;
    }
    if (magic != MAGIC) {
        return ERR_SYNTAX;
    }
    err = parse_opts(r, out, &overload);
    if (!err && overload & OVERLOAD_FILE) {
        err = parse_opts(file, out, &ignored);
    }
    if (!err && overload & OVERLOAD_SNAME) {
        err = parse_opts(sname, out, &ignored);
    }
    return err;
}

const struct pkt_dhcp_opt *pkt_dhcp_find(const struct pkt_dhcp *dhcp, uint8_t code)
{
    for (size_t i = 0; i < dhcp->n_opts; i++) {
        if (dhcp->opts[i].code == code) {
            return &dhcp->opts[i];
        }
    }
    return NULL;
}

/* --- Building ---------------------------------------------------------------------------------- */

static void put_head(struct buf *b, const struct pkt_dhcp *dhcp)
{
    buf_put_u8(b, dhcp->op);
    buf_put_u8(b, dhcp->htype);
    buf_put_u8(b, dhcp->hlen);
    buf_put_u8(b, dhcp->hops);
    buf_put_u32(b, dhcp->xid);
    buf_put_u16(b, dhcp->secs_s);
    buf_put_u16(b, dhcp->flags);
    buf_put_u32(b, dhcp->ciaddr);
    buf_put_u32(b, dhcp->yiaddr);
    buf_put_u32(b, dhcp->siaddr);
    buf_put_u32(b, dhcp->giaddr);
    buf_put_eth(b, dhcp->chaddr);
    buf_put_zeros(b, CHADDR_LEN - ETH_ADDR_LEN + SNAME_LEN + FILE_LEN);
    buf_put_u32(b, MAGIC);
}

static void put_u32_opt(struct buf *b, uint8_t code, uint32_t value)
{
    buf_put_u8(b, code);
    buf_put_u8(b, 4);
    buf_put_u32(b, value);
}

static void put_addrs_opt(struct buf *b, uint8_t code, const uint32_t *addrs, size_t n)
{
    if (n == 0) {
        return;
    }
    buf_put_u8(b, code);
    buf_put_u8(b, 4 * n);
    for (size_t i = 0; i < n; i++) {
        buf_put_u32(b, addrs[i]);
    }
}

static void put_known(struct buf *b, const struct pkt_dhcp *dhcp)
{
    if (dhcp->type) {
        buf_put_u8(b, PKT_DHCP_OPT_TYPE);
        buf_put_u8(b, 1);
        buf_put_u8(b, dhcp->type);
    }
    if (dhcp->present & PKT_DHCP_HAS_SERVER_ID) {
        put_u32_opt(b, PKT_DHCP_OPT_SERVER_ID, dhcp->server_id);
    }
    if (dhcp->present & PKT_DHCP_HAS_REQUESTED_IP) {
        put_u32_opt(b, PKT_DHCP_OPT_REQUESTED_IP, dhcp->requested_ip);
    }
    if (dhcp->present & PKT_DHCP_HAS_LEASE) {
        put_u32_opt(b, PKT_DHCP_OPT_LEASE, dhcp->lease_s);
    }
    if (dhcp->present & PKT_DHCP_HAS_MASK) { /* Before the routers (RFC 2132 §3.3). */
        put_u32_opt(b, PKT_DHCP_OPT_MASK, dhcp->mask);
    }
    put_addrs_opt(b, PKT_DHCP_OPT_ROUTER, dhcp->routers, dhcp->n_routers);
    put_addrs_opt(b, PKT_DHCP_OPT_DNS, dhcp->dns, dhcp->n_dns);
}

/* True for the options that put_known() writes, and for those that are no options with a value. */
static bool has_own_member(uint8_t code)
{
    static const uint8_t own[] = {
        PKT_DHCP_OPT_PAD,          PKT_DHCP_OPT_MASK,  PKT_DHCP_OPT_ROUTER, PKT_DHCP_OPT_DNS,
        PKT_DHCP_OPT_REQUESTED_IP, PKT_DHCP_OPT_LEASE, PKT_DHCP_OPT_TYPE,   PKT_DHCP_OPT_SERVER_ID,
        PKT_DHCP_OPT_OVERLOAD,     PKT_DHCP_OPT_END,
    };

    return memchr(own, code, sizeof own) != NULL;
}

/* Ends a message that began at 'start'. */
static void put_end(struct buf *b, size_t start)
{
    buf_put_u8(b, PKT_DHCP_OPT_END);
    if (b->len - start < MIN_LEN) {
        buf_put_zeros(b, MIN_LEN - (b->len - start));
    }
}

void pkt_build_dhcp(struct buf *b, const struct pkt_dhcp *dhcp)
{
    size_t start = b->len;

    put_head(b, dhcp);
    put_known(b, dhcp);
    for (size_t i = 0; i < dhcp->n_opts; i++) {
        const struct pkt_dhcp_opt *opt = &dhcp->opts[i];

        if (has_own_member(opt->code)) {
            b->failed = true;
        }
        buf_put_u8(b, opt->code);
        buf_put_u8(b, opt->len);
        buf_put(b, opt->data, opt->len);
    }
    put_end(b, start);
}

/* --- Relay agent information ------------------------------------------------------------------- */

/* Appends the options behind the magic cookie but that of relays, and without an end. */
static void copy_opts(struct buf *b, struct rd r)
{
    while (r.left) {
        const uint8_t *at = r.p;
        uint8_t code = rd_u8(&r);

        if (code == PKT_DHCP_OPT_END) {
            return;
        }
        if (code != PKT_DHCP_OPT_PAD) {
            rd_skip(&r, rd_u8(&r));
        }
        if (!r.failed && code != PKT_DHCP_OPT_RELAY_INFO) {
            buf_put(b, at, (size_t)(r.p - at));
        }
    }
}

enum err pkt_dhcp_set_relay_info(struct buf *b, const uint8_t *payload, size_t len,
                                 const uint8_t *info, size_t n)
{
    struct pkt_dhcp whole;
    size_t start = b->len;
    enum err err = pkt_parse_dhcp(payload, len, &whole);

    if (err || n > UINT8_MAX) {
        return err ? err : ERR_RANGE;
    }
    buf_put(b, payload, HEAD_LEN);
    copy_opts(b, rd_init(payload + HEAD_LEN, len - HEAD_LEN));
    if (info) {
        buf_put_u8(b, PKT_DHCP_OPT_RELAY_INFO);
        buf_put_u8(b, n);
        buf_put(b, info, n);
    }
    put_end(b, start);
    return ERR_OK;
}
