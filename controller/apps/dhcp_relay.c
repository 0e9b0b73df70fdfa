/* DHCP messages on their way between clients and servers: from port to port, and nowhere else. */
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"

LOG_MODULE(dhcp);

#define CIRCUIT_ID 1 /* RFC 3046 §2.0. */
#define CIRCUIT_ID_LEN 12

/* --- Trust ------------------------------------------------------------------------------------ */

/* The host that has the address of the one server that may answer; NULL when any may. */
static const struct host *named_server(const struct dhcp *d)
{
    return d->settings.server ? hosts_find_ipv4(d->ctl, d->settings.server) : NULL;
}

bool dhcp_is_trusted(const struct dhcp *d, const struct ctl_packet *packet)
{
    const struct host *server = named_server(d);
    dpid_t dpid = datapath_id(packet->dp);

    if (server && host_dpid(server) == dpid && host_port(server) == packet->in_port) {
        return true;
    }
    return places_have(d->settings.trusted, d->settings.n_trusted, dpid, packet->in_port);
}

/* The latest is in front; a server that is heard again moves there. */
void dhcp_report_rogue(struct dhcp *d, const struct ctl_packet *packet, uint32_t ip)
{
    struct dhcp_rogue r = {.mac = packet->pkt->eth_src,
                           .ip = ip,
                           .dpid = datapath_id(packet->dp),
                           .port = packet->in_port,
                           .n = 1,
                           .seen_at = ctl_now(d->ctl)};
    size_t i = 0;

    while (i < d->n_rogues && (!eth_addr_eq(d->rogues[i].mac, r.mac) || d->rogues[i].ip != ip ||
                               d->rogues[i].dpid != r.dpid || d->rogues[i].port != r.port)) {
        i++;
    }
    if (i < d->n_rogues) {
        r.n += d->rogues[i].n;
    } else if (d->n_rogues < DHCP_MAX_ROGUES) {
        d->n_rogues++;
    } else {
        i--;
    }
    memmove(&d->rogues[1], &d->rogues[0], i * sizeof(d->rogues[0]));
    d->rogues[0] = r;
    d->n.rogues++;
    LOG_LIMITED(ctl_log(d->ctl), &d->rogue_limit, LOG_WARN,
                "host " ETH_FMT " at " DPID_FMT ":%u answers DHCP as " IPV4_FMT
                " where no server may be",
                ETH_ARGS(r.mac), DPID_ARGS(r.dpid), r.port, IPV4_ARGS(ip));
}

/* --- Servers that are known ------------------------------------------------------------------- */

static void heard_server(struct dhcp *d, const struct ctl_packet *packet,
                         const struct pkt_dhcp *msg)
{
    struct dhcp_server server = {
        .mac = packet->pkt->eth_src,
        .ip = msg->present & PKT_DHCP_HAS_SERVER_ID ? msg->server_id : packet->pkt->ipv4.src,
        .dpid = datapath_id(packet->dp),
        .port = packet->in_port,
        .heard_at = ctl_now(d->ctl)};
    size_t i = 0, oldest = 0;

    for (; i < d->n_servers && !eth_addr_eq(d->servers[i].mac, server.mac); i++) {
        if (mono_before(d->servers[i].heard_at, d->servers[oldest].heard_at)) {
            oldest = i;
        }
    }
    if (i == DHCP_MAX_SERVERS) {
        i = oldest;
    } else if (i == d->n_servers) {
        d->n_servers++;
    }
    d->servers[i] = server;
}

static bool is_live(const struct dhcp *d, const struct dhcp_server *server)
{
    const struct datapath *dp = datapath_find(d->ctl, server->dpid);

    return dp && datapath_is_ready(dp) && datapath_is_edge(dp, server->port) &&
           !mono_due(mono_add(server->heard_at, d->settings.server_ns), ctl_now(d->ctl));
}

/* --- To several ports ------------------------------------------------------------------------- */

/* One frame for several ports, none of them the one it came from. */
struct copies {
    struct dhcp *d;
    const struct buf *frame;
    dpid_t from_dpid;
    port_no_t from_port;
    size_t n;
};

static void copy_to(void *aux, dpid_t dpid, port_no_t port)
{
    struct copies *c = aux;

    if (dpid != c->from_dpid || port != c->from_port) {
        dhcp_emit(c->d, dpid, port, c->frame);
        c->n++;
    }
}

static void to_trusted(const struct dhcp *d, struct copies *c)
{
    const struct host *server = named_server(d);

    if (server) {
        copy_to(c, host_dpid(server), host_port(server));
    } else {
        places_each_port(d->ctl, d->settings.trusted, d->settings.n_trusted, copy_to, c);
    }
}

size_t dhcp_to_trusted(struct dhcp *d, const struct ctl_packet *packet, const struct buf *frame)
{
    struct copies c = {d, frame, datapath_id(packet->dp), packet->in_port, 0};

    to_trusted(d, &c);
    return c.n;
}

/* --- From a client ---------------------------------------------------------------------------- */

/* To the servers that are known, each port once. */
static void copy_to_known(struct dhcp *d, struct copies *c)
{
    for (size_t i = 0; i < d->n_servers; i++) {
        size_t k = 0;

        while (k < i && (d->servers[k].dpid != d->servers[i].dpid ||
                         d->servers[k].port != d->servers[i].port || !is_live(d, &d->servers[k]))) {
            k++;
        }
        if (k == i && is_live(d, &d->servers[i])) {
            copy_to(c, d->servers[i].dpid, d->servers[i].port);
        }
    }
}

/* The frame with another message in it, all below it as it was. */
static void rebuild(struct buf *out, const struct pkt *pkt, const struct buf *payload)
{
    struct pkt_ends4 ends = {.eth_dst = pkt->eth_dst,
                             .eth_src = pkt->eth_src,
                             .src = pkt->ipv4.src,
                             .dst = pkt->ipv4.dst,
                             .dscp = pkt->ipv4.dscp,
                             .ttl = pkt->ipv4.ttl};

    pkt_build_udp4(out, &ends, pkt->l4.src, pkt->l4.dst, payload->data, payload->len);
}

/* Option 82 says where the client is: datapath id and port as the circuit id. */
static bool with_relay_info(const struct ctl_packet *packet, struct buf *out)
{
    const uint8_t *payload = packet->frame + packet->pkt->off.l4_payload;
    size_t len = packet->pkt->off.l3_end - packet->pkt->off.l4_payload;
    struct buf info = BUF_INIT, msg = BUF_INIT;
    bool ok;

    buf_put_u8(&info, CIRCUIT_ID);
    buf_put_u8(&info, CIRCUIT_ID_LEN);
    buf_put_u64(&info, datapath_id(packet->dp));
    buf_put_u32(&info, packet->in_port);
    ok = pkt_dhcp_set_relay_info(&msg, payload, len, info.data, info.len) == ERR_OK;
    if (ok) {
        rebuild(out, packet->pkt, &msg);
    }
    buf_fini(&info);
    buf_fini(&msg);
    return ok;
}

/* Into 'frame' what a server gets. */
static void outbound(const struct dhcp *d, const struct ctl_packet *packet,
                     const struct pkt_dhcp *msg, struct buf *frame)
{
    if (d->settings.relay_info && msg->giaddr == 0 && with_relay_info(packet, frame)) {
        return;
    }
    buf_put(frame, packet->frame, packet->len);
}

void dhcp_relay_query(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp *msg)
{
    struct buf frame = BUF_INIT;
    struct copies c = {d, &frame, datapath_id(packet->dp), packet->in_port, 0};

    outbound(d, packet, msg, &frame);
    copy_to_known(d, &c);
    if (c.n == 0) {
        to_trusted(d, &c);
    }
    d->n.to_servers += c.n;
    d->n.no_server += c.n == 0;
    buf_fini(&frame);
}

/* --- From a server ---------------------------------------------------------------------------- */

/* The client, or the relay agent that the reply is for. */
static const struct host *receiver(const struct dhcp *d, const struct ctl_packet *packet,
                                   const struct pkt_dhcp *msg)
{
    if (msg->giaddr != 0) {
        return eth_addr_is_multicast(packet->pkt->eth_dst)
                   ? hosts_find_ipv4(d->ctl, msg->giaddr)
                   : hosts_find(d->ctl, packet->pkt->eth_dst);
    }
    return hosts_find(d->ctl, msg->chaddr);
}

void dhcp_relay_reply(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp *msg)
{
    const struct host *to = receiver(d, packet, msg);
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    heard_server(d, packet, msg);
    if (!to) {
        d->n.no_client++;
        return;
    }
    if (d->settings.relay_info && msg->giaddr == 0 &&
        pkt_dhcp_set_relay_info(&payload, packet->frame + packet->pkt->off.l4_payload,
                                packet->pkt->off.l3_end - packet->pkt->off.l4_payload, NULL,
                                0) == ERR_OK) {
        rebuild(&frame, packet->pkt, &payload);
    } else {
        buf_put(&frame, packet->frame, packet->len);
    }
    dhcp_emit(d, host_dpid(to), host_port(to), &frame);
    d->n.to_clients++;
    buf_fini(&payload);
    buf_fini(&frame);
}
