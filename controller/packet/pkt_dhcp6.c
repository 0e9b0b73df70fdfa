#include "controller/packet/pkt_dhcp6.h"

static enum err parse_opts(struct rd r, struct pkt_dhcp6 *out)
{
    while (r.left) {
        uint16_t code = rd_u16(&r);
        struct rd value = rd_sub(&r, rd_u16(&r));

        if (r.failed) {
            return ERR_TRUNCATED;
        }
        if (out->n_opts == PKT_DHCP6_MAX_OPTS) {
            return ERR_FULL;
        }
        out->opts[out->n_opts++] = (struct pkt_dhcp6_opt){code, (uint16_t)value.left, value.p};
    }
    return ERR_OK;
}

enum err pkt_parse_dhcp6(const uint8_t *payload, size_t len, struct pkt_dhcp6 *out)
{
    struct rd r = rd_init(payload, len);

    memset(out, 0, sizeof *out);
    out->type = rd_u8(&r);
    if (pkt_dhcp6_is_relay(out)) {
        out->hop_count = rd_u8(&r);
        rd_copy(&r, out->link.b, IPV6_ADDR_LEN);
        rd_copy(&r, out->peer.b, IPV6_ADDR_LEN);
    } else {
        out->xid = rd_u24(&r);
    }
    return r.failed ? ERR_TRUNCATED : parse_opts(r, out);
}

const struct pkt_dhcp6_opt *pkt_dhcp6_find(const struct pkt_dhcp6 *m, uint16_t code)
{
    for (size_t i = 0; i < m->n_opts; i++) {
        if (m->opts[i].code == code) {
            return &m->opts[i];
        }
    }
    return NULL;
}

void pkt_build_dhcp6(struct buf *b, const struct pkt_dhcp6 *m)
{
    buf_put_u8(b, m->type);
    if (pkt_dhcp6_is_relay(m)) {
        buf_put_u8(b, m->hop_count);
        buf_put(b, m->link.b, IPV6_ADDR_LEN);
        buf_put(b, m->peer.b, IPV6_ADDR_LEN);
    } else {
        buf_put_u24(b, m->xid);
    }
    for (size_t i = 0; i < m->n_opts; i++) {
        buf_put_u16(b, m->opts[i].code);
        buf_put_u16(b, m->opts[i].len);
        buf_put(b, m->opts[i].data, m->opts[i].len);
    }
}

enum err pkt_build_dhcp6_relay(struct buf *b, const uint8_t *msg, size_t len,
                               const struct ipv6_addr *link, const struct ipv6_addr *peer,
                               const void *iface, size_t iface_len)
{
    struct pkt_dhcp6 out = {.type = PKT_DHCP6_RELAY_FORW, .link = *link, .peer = *peer};

    if (len == 0) {
        return ERR_TRUNCATED;
    }
    if (len > UINT16_MAX || iface_len > UINT16_MAX) {
        return ERR_RANGE;
    }
    if (msg[0] == PKT_DHCP6_RELAY_FORW) {
        if (len < 2) {
            return ERR_TRUNCATED;
        }
        if (msg[1] >= PKT_DHCP6_HOP_LIMIT) {
            return ERR_RANGE;
        }
        out.hop_count = (uint8_t)(msg[1] + 1);
    }
    if (iface) {
        out.opts[out.n_opts++] =
            (struct pkt_dhcp6_opt){PKT_DHCP6_OPT_INTERFACE_ID, (uint16_t)iface_len, iface};
    }
    out.opts[out.n_opts++] = (struct pkt_dhcp6_opt){PKT_DHCP6_OPT_RELAY_MSG, (uint16_t)len, msg};
    pkt_build_dhcp6(b, &out);
    return ERR_OK;
}
