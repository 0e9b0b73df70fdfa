/* Answers to clients: what is in them, and where they go (RFC 2131 §4.1, table 3). */
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/packet/pkt_build.h"

#define FIXED_LEN 244     /* Of a message: up to the magic cookie, and the type. */
#define HEADERS_LEN 28    /* IPv4 and UDP. */
#define LEAST_MAX_LEN 576 /* What every client accepts (RFC 2131 §2). */

/* An answer that is being made: 'text' holds the values of its options. */
struct answer {
    const struct dhcp_query *q;
    struct pkt_dhcp msg;
    size_t left; /* Bytes that the client still accepts. */
    uint8_t text[1024];
    size_t n_text;
};

static uint32_t at_most(const struct dhcp_query *q)
{
    const struct pkt_dhcp_opt *opt = pkt_dhcp_find(q->msg, PKT_DHCP_OPT_MAX_SIZE);
    struct rd r = opt ? rd_init(opt->data, opt->len) : rd_init("", 0);
    uint32_t max = rd_u16(&r);

    return max < LEAST_MAX_LEN ? LEAST_MAX_LEN : max;
}

static bool is_asked_for(const struct dhcp_query *q, uint8_t code)
{
    const struct pkt_dhcp_opt *opt = pkt_dhcp_find(q->msg, PKT_DHCP_OPT_PARAMS);

    return !opt || memchr(opt->data, code, opt->len);
}

static bool has_room(struct answer *a, size_t n)
{
    if (a->left < n + 2) {
        return false;
    }
    a->left -= n + 2;
    return true;
}

static void add(struct answer *a, uint8_t code, const void *value, size_t n)
{
    if (n > 0 && n <= UINT8_MAX && n <= sizeof a->text - a->n_text && has_room(a, n)) {
        memcpy(&a->text[a->n_text], value, n);
        a->msg.opts[a->msg.n_opts++] = (struct pkt_dhcp_opt){code, (uint8_t)n, &a->text[a->n_text]};
        a->n_text += n;
    }
}

static void add_u32s(struct answer *a, uint8_t code, const uint32_t *values, size_t n)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        buf_put_u32(&b, values[i]);
    }
    if (n > 0) {
        add(a, code, b.data, b.len);
    }
    buf_fini(&b);
}

/* --- Content ---------------------------------------------------------------------------------- */

/* What the client said and wants to hear again: RFC 6842, and RFC 3046 §2.2. */
static void add_echoes(struct answer *a)
{
    static const uint8_t codes[] = {PKT_DHCP_OPT_CLIENT_ID, PKT_DHCP_OPT_RELAY_INFO};

    for (size_t i = 0; i < sizeof codes; i++) {
        const struct pkt_dhcp_opt *opt = pkt_dhcp_find(a->q->msg, codes[i]);

        if (opt) {
            add(a, codes[i], opt->data, opt->len);
        }
    }
}

static void add_times(struct answer *a, const struct dhcp_pool *pool)
{
    uint32_t lease_s = dhcp_lease_s(pool, a->q);
    bool whole = lease_s == pool->s.lease_s;
    uint32_t t1 = whole && pool->s.t1_s ? pool->s.t1_s : lease_s / 2;
    uint32_t t2 = whole && pool->s.t2_s ? pool->s.t2_s : lease_s - lease_s / 8;

    a->msg.lease_s = lease_s;
    a->msg.present |= PKT_DHCP_HAS_LEASE;
    if (lease_s != UINT32_MAX && t1 < t2) {
        add_u32s(a, PKT_DHCP_OPT_T1, &t1, 1);
        add_u32s(a, PKT_DHCP_OPT_T2, &t2, 1);
    }
}

static void add_host_name(struct answer *a, struct dhcp *d, const struct dhcp_pool *pool)
{
    const struct dhcp_reserved *r = dhcp_reserved_for(d, pool, a->q->msg->chaddr);

    if (r && is_asked_for(a->q, PKT_DHCP_OPT_HOST_NAME)) {
        add(a, PKT_DHCP_OPT_HOST_NAME, r->r.name, strlen(r->r.name));
    }
}

/* The network's parameters, the most important first. */
static void add_params(struct answer *a, const struct dhcp_pool_settings *s)
{
    uint32_t broadcast = s->subnet | ~s->mask;

    if (is_asked_for(a->q, PKT_DHCP_OPT_MASK) && has_room(a, 4)) {
        a->msg.mask = s->mask;
        a->msg.present |= PKT_DHCP_HAS_MASK;
    }
    if (is_asked_for(a->q, PKT_DHCP_OPT_ROUTER) && has_room(a, 4 * s->n_routers)) {
        a->msg.n_routers = s->n_routers;
        memcpy(a->msg.routers, s->routers, sizeof s->routers);
    }
    if (is_asked_for(a->q, PKT_DHCP_OPT_DNS) && has_room(a, 4 * s->n_dns)) {
        a->msg.n_dns = s->n_dns;
        memcpy(a->msg.dns, s->dns, sizeof s->dns);
    }
    if (is_asked_for(a->q, PKT_DHCP_OPT_DOMAIN)) {
        add(a, PKT_DHCP_OPT_DOMAIN, s->domain, strlen(s->domain));
    }
    if (is_asked_for(a->q, PKT_DHCP_OPT_BROADCAST)) {
        add_u32s(a, PKT_DHCP_OPT_BROADCAST, &broadcast, 1);
    }
    if (is_asked_for(a->q, PKT_DHCP_OPT_NTP)) {
        add_u32s(a, PKT_DHCP_OPT_NTP, s->ntp, s->n_ntp);
    }
}

static void fill(struct answer *a, struct dhcp *d, const struct dhcp_pool *pool,
                 enum pkt_dhcp_type type, const struct dhcp_lease *lease)
{
    const struct pkt_dhcp *in = a->q->msg;

    a->msg = (struct pkt_dhcp){.op = PKT_DHCP_BOOTREPLY,
                               .htype = in->htype,
                               .hlen = in->hlen,
                               .xid = in->xid,
                               .flags = in->flags,
                               .ciaddr = type == PKT_DHCP_ACK ? in->ciaddr : 0,
                               .yiaddr = lease ? lease->ip : 0,
                               .giaddr = in->giaddr,
                               .chaddr = in->chaddr,
                               .type = (uint8_t)type,
                               .present = PKT_DHCP_HAS_SERVER_ID,
                               .server_id = pool->s.server};
    /* Behind these: server identifier, lease time, end. */
    a->left = at_most(a->q) - HEADERS_LEN - FIXED_LEN - 6 - 6 - 1;
    add_echoes(a);
    if (type == PKT_DHCP_NAK) {
        return;
    }
    if (lease) {
        add_times(a, pool);
    }
    add_params(a, &pool->s);
    add_host_name(a, d, pool);
}

/* --- Addresses -------------------------------------------------------------------------------- */

/* To the relay agent, to the address that the client has, to the one it gets, or to all of them that
 * are at its port. */
static struct pkt_ends4 ends_of(const struct dhcp *d, struct answer *a, enum pkt_dhcp_type type)
{
    const struct pkt_dhcp *in = a->q->msg;
    struct pkt_ends4 ends = {.eth_src = d->settings.mac, .src = a->msg.server_id};

    if (in->giaddr) {
        ends.eth_dst = a->q->from;
        ends.dst = in->giaddr;
        a->msg.flags |= type == PKT_DHCP_NAK ? PKT_DHCP_FLAG_BROADCAST : 0;
    } else if (type != PKT_DHCP_NAK && in->ciaddr) {
        ends.eth_dst = in->chaddr;
        ends.dst = in->ciaddr;
    } else if (type != PKT_DHCP_NAK && a->msg.yiaddr && !(in->flags & PKT_DHCP_FLAG_BROADCAST)) {
        ends.eth_dst = in->chaddr;
        ends.dst = a->msg.yiaddr;
    } else {
        ends.eth_dst = ETH_ADDR_BROADCAST;
        ends.dst = UINT32_MAX;
    }
    return ends;
}

void dhcp_reply(struct dhcp *d, const struct dhcp_pool *pool, const struct dhcp_query *q,
                enum pkt_dhcp_type type, const struct dhcp_lease *lease)
{
    struct buf payload = BUF_INIT, frame = BUF_INIT;
    struct answer a = {.q = q};
    struct pkt_ends4 ends;

    fill(&a, d, pool, type, lease);
    ends = ends_of(d, &a, type);
    pkt_build_dhcp(&payload, &a.msg);
    pkt_build_udp4(&frame, &ends, PKT_DHCP_SERVER_PORT,
                   q->msg->giaddr ? PKT_DHCP_SERVER_PORT : PKT_DHCP_CLIENT_PORT, payload.data,
                   payload.len);
    dhcp_emit(d, q->dpid, q->port, &frame);
    buf_fini(&payload);
    buf_fini(&frame);
}
