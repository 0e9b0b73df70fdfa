#include "simnet/world/dhcp_client.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_dhcp.h"

enum { DHCP_KIND = 0xdc0 };

#define FIRST_WAIT_NS                                                                              \
    (4 * NS_PER_S) /* RFC 2131 §4.1: doubled up to 64 s, give or take one second. */
#define LAST_WAIT_NS (64 * NS_PER_S)
#define CHECK_NS NS_PER_S           /* RFC 5227 §2.1.1: the probe's wait. */
#define DECLINED_NS (10 * NS_PER_S) /* RFC 2131 §3.1: the least before it begins anew. */

struct dhcp_client {
    struct sim *sim;
    struct endhost *host;
    struct rng *rng;
    enum dhcp_client_state state;
    uint32_t xid, ip, server;
    mono_t t1, t2, end;
    int64_t wait_ns;
    struct sim_event timer;
    struct buf payload, frame;
    struct dhcp_client_stats n;
};

static mono_t now_of(const struct dhcp_client *c)
{
    return sim_now(c->sim);
}

static void wait_until(struct dhcp_client *c, mono_t at)
{
    sim_cancel(c->sim, &c->timer);
    sim_at(c->sim, &c->timer, mono_before(at, now_of(c)) ? now_of(c) : at);
}

static void wait_for(struct dhcp_client *c, int64_t ns)
{
    wait_until(c, mono_add(now_of(c), ns));
}

/* --- Messages --------------------------------------------------------------------------------- */

static struct pkt_dhcp message(const struct dhcp_client *c, enum pkt_dhcp_type type)
{
    return (struct pkt_dhcp){.op = PKT_DHCP_BOOTREQUEST,
                             .htype = 1,
                             .hlen = ETH_ADDR_LEN,
                             .xid = c->xid,
                             .chaddr = endhost_mac(c->host),
                             .type = (uint8_t)type};
}

static void broadcast(struct dhcp_client *c, const struct pkt_dhcp *msg)
{
    struct pkt_ends4 ends = {.eth_dst = ETH_ADDR_BROADCAST,
                             .eth_src = endhost_mac(c->host),
                             .src = msg->ciaddr,
                             .dst = UINT32_MAX};

    buf_clear(&c->payload);
    buf_clear(&c->frame);
    pkt_build_dhcp(&c->payload, msg);
    pkt_build_udp4(&c->frame, &ends, PKT_DHCP_CLIENT_PORT, PKT_DHCP_SERVER_PORT, c->payload.data,
                   c->payload.len);
    endhost_send_frame(c->host, &c->frame);
}

static void discover(struct dhcp_client *c)
{
    struct pkt_dhcp msg = message(c, PKT_DHCP_DISCOVER);

    c->n.n_discovers++;
    broadcast(c, &msg);
}

/* For an offer: which one, told to all servers. */
static void request_offer(struct dhcp_client *c)
{
    struct pkt_dhcp msg = message(c, PKT_DHCP_REQUEST);

    msg.requested_ip = c->ip;
    msg.server_id = c->server;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP | PKT_DHCP_HAS_SERVER_ID;
    c->n.n_requests++;
    broadcast(c, &msg);
}

/* For more time: from the server that gave it, or from any. */
static void request_more(struct dhcp_client *c)
{
    struct pkt_dhcp msg = message(c, PKT_DHCP_REQUEST);

    msg.ciaddr = c->ip;
    c->n.n_requests++;
    if (c->state == DHCP_CLIENT_REBINDING) {
        broadcast(c, &msg);
        return;
    }
    buf_clear(&c->payload);
    pkt_build_dhcp(&c->payload, &msg);
    endhost_send_udp(c->host, c->server, PKT_DHCP_CLIENT_PORT, PKT_DHCP_SERVER_PORT,
                     c->payload.data, c->payload.len);
}

static void decline(struct dhcp_client *c)
{
    struct pkt_dhcp msg = message(c, PKT_DHCP_DECLINE);

    msg.requested_ip = c->ip;
    msg.server_id = c->server;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP | PKT_DHCP_HAS_SERVER_ID;
    c->n.n_declines++;
    broadcast(c, &msg);
}

static void probe(struct dhcp_client *c)
{
    buf_clear(&c->frame);
    pkt_build_arp_request(&c->frame, endhost_mac(c->host), 0, c->ip);
    endhost_send_frame(c->host, &c->frame);
}

/* --- States ----------------------------------------------------------------------------------- */

static void enter(struct dhcp_client *c, enum dhcp_client_state state)
{
    c->state = state;
    c->wait_ns = FIRST_WAIT_NS;
}

/* The wait before the message is repeated. */
static void wait_longer(struct dhcp_client *c)
{
    double spread_s = 2 * rng_uniform(c->rng) - 1;

    wait_for(c, c->wait_ns + ns_from_s(spread_s));
    c->wait_ns = c->wait_ns < LAST_WAIT_NS ? 2 * c->wait_ns : LAST_WAIT_NS;
}

static void begin(struct dhcp_client *c)
{
    c->xid = rng_below(c->rng, UINT32_MAX);
    enter(c, DHCP_CLIENT_SELECTING);
    discover(c);
    wait_longer(c);
}

static void lose(struct dhcp_client *c)
{
    c->n.n_lost++;
    endhost_set_ip(c->host, 0);
    begin(c);
}

/* Of what is left until 'until' half is waited, at least a minute (RFC 2131 §4.4.5), or to its end. */
static void wait_half(struct dhcp_client *c, mono_t until)
{
    int64_t left_ns = mono_diff_ns(until, now_of(c));

    wait_for(c, left_ns / 2 >= 60 * NS_PER_S ? left_ns / 2 : left_ns);
}

static void renew(struct dhcp_client *c)
{
    if (!mono_before(now_of(c), c->end)) {
        lose(c);
        return;
    }
    enter(c, mono_before(now_of(c), c->t2) ? DHCP_CLIENT_RENEWING : DHCP_CLIENT_REBINDING);
    request_more(c);
    wait_half(c, c->state == DHCP_CLIENT_RENEWING ? c->t2 : c->end);
}

static void bound(struct dhcp_client *c)
{
    enter(c, DHCP_CLIENT_BOUND);
    c->n.n_bound++;
    endhost_set_ip(c->host, c->ip);
    endhost_announce(c->host);
    wait_until(c, c->t1);
}

static void on_timer(void *aux, struct sim_event *event)
{
    struct dhcp_client *c = aux;

    (void)event;
    switch (c->state) {
    case DHCP_CLIENT_SELECTING:
        discover(c);
        wait_longer(c);
        return;
    case DHCP_CLIENT_REQUESTING:
        if (c->wait_ns == LAST_WAIT_NS) {
            begin(c);
            return;
        }
        request_offer(c);
        wait_longer(c);
        return;
    case DHCP_CLIENT_CHECKING:
        bound(c);
        return;
    case DHCP_CLIENT_BOUND:
    case DHCP_CLIENT_RENEWING:
    case DHCP_CLIENT_REBINDING:
        renew(c);
        return;
    case DHCP_CLIENT_WAITING:
        begin(c);
        return;
    case DHCP_CLIENT_OFF:
        return;
    }
}

/* --- What is heard ---------------------------------------------------------------------------- */

static void on_offer(struct dhcp_client *c, const struct pkt_dhcp *msg)
{
    if (c->state != DHCP_CLIENT_SELECTING || !(msg->present & PKT_DHCP_HAS_SERVER_ID)) {
        return;
    }
    c->ip = msg->yiaddr;
    c->server = msg->server_id;
    enter(c, DHCP_CLIENT_REQUESTING);
    request_offer(c);
    wait_longer(c);
}

static int64_t seconds_in(const struct pkt_dhcp *msg, uint8_t code, int64_t otherwise_ns)
{
    const struct pkt_dhcp_opt *opt = pkt_dhcp_find(msg, code);

    return opt && opt->len == 4 ? ((int64_t)opt->data[0] << 24 | opt->data[1] << 16 |
                                   opt->data[2] << 8 | opt->data[3]) *
                                      NS_PER_S
                                : otherwise_ns;
}

static void on_ack(struct dhcp_client *c, const struct pkt_dhcp *msg)
{
    bool is_new = c->state == DHCP_CLIENT_REQUESTING;
    int64_t lease_ns = msg->lease_s * NS_PER_S;

    if (!is_new && c->state != DHCP_CLIENT_RENEWING && c->state != DHCP_CLIENT_REBINDING) {
        return;
    }
    c->n.n_acks++;
    c->end = mono_add(now_of(c), lease_ns);
    c->t1 = mono_add(now_of(c), seconds_in(msg, PKT_DHCP_OPT_T1, lease_ns / 2));
    c->t2 = mono_add(now_of(c), seconds_in(msg, PKT_DHCP_OPT_T2, lease_ns / 8 * 7));
    if (is_new) {
        enter(c, DHCP_CLIENT_CHECKING);
        probe(c);
        wait_for(c, CHECK_NS);
    } else {
        c->n.n_renewals++;
        enter(c, DHCP_CLIENT_BOUND);
        wait_until(c, c->t1);
    }
}

static void on_nak(struct dhcp_client *c)
{
    if (c->state == DHCP_CLIENT_REQUESTING || c->state == DHCP_CLIENT_RENEWING ||
        c->state == DHCP_CLIENT_REBINDING) {
        c->n.n_naks++;
        lose(c);
    }
}

static void on_udp(void *aux, struct endhost *host, const struct pkt *pkt, const uint8_t *payload,
                   size_t n)
{
    struct dhcp_client *c = aux;
    struct pkt_dhcp msg;

    (void)host;
    if (pkt->l4.dst != PKT_DHCP_CLIENT_PORT || pkt_parse_dhcp(payload, n, &msg) != ERR_OK ||
        msg.op != PKT_DHCP_BOOTREPLY || msg.xid != c->xid) {
        return;
    }
    if (msg.type == PKT_DHCP_OFFER) {
        on_offer(c, &msg);
    } else if (msg.type == PKT_DHCP_ACK) {
        on_ack(c, &msg);
    } else if (msg.type == PKT_DHCP_NAK) {
        on_nak(c);
    }
}

/* Somebody else has the address, or looks for it at the same time (RFC 5227 §2.1.1). */
static void on_arp(void *aux, struct endhost *host, const struct pkt_arp *arp)
{
    struct dhcp_client *c = aux;
    bool is_probe = arp->op == PKT_ARP_REQUEST && arp->spa == 0 && arp->tpa == c->ip;

    if (c->state == DHCP_CLIENT_CHECKING && !eth_addr_eq(arp->sha, endhost_mac(host)) &&
        (arp->spa == c->ip || is_probe)) {
        decline(c);
        enter(c, DHCP_CLIENT_WAITING);
        wait_for(c, DECLINED_NS);
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

struct dhcp_client *dhcp_client_new(struct sim *sim, struct endhost *host)
{
    struct dhcp_client *c = xcalloc(1, sizeof *c);

    c->sim = sim;
    c->host = host;
    c->rng = sim_rng(sim, "dhcp");
    sim_event_init(&c->timer, DHCP_KIND, SIM_PRIO_NORMAL, on_timer, c);
    endhost_set_ip(host, 0);
    endhost_set_udp(host, on_udp, c);
    endhost_set_arp(host, on_arp, c);
    return c;
}

void dhcp_client_free(struct dhcp_client *c)
{
    if (c) {
        sim_cancel(c->sim, &c->timer);
        endhost_set_udp(c->host, NULL, NULL);
        endhost_set_arp(c->host, NULL, NULL);
        buf_fini(&c->payload);
        buf_fini(&c->frame);
        free(c);
    }
}

void dhcp_client_start(struct dhcp_client *c)
{
    if (c->state == DHCP_CLIENT_OFF) {
        begin(c);
    }
}

enum dhcp_client_state dhcp_client_state(const struct dhcp_client *c)
{
    return c->state;
}

const struct dhcp_client_stats *dhcp_client_get_stats(const struct dhcp_client *c)
{
    return &c->n;
}
