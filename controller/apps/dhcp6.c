/* See dhcp6.h. */
#include "controller/apps/dhcp6.h"

#include "controller/apps/dhcp_int.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_dhcp6.h"

static bool is_set(const struct ipv6_addr *a)
{
    static const struct ipv6_addr none;

    return !ipv6_addr_eq(a, &none);
}

static bool relays(const struct dhcp *d)
{
    return is_set(&d->settings.relay6) && is_set(&d->settings.server6);
}

/* fe80::/64 and the modified EUI-64 of our MAC address (RFC 4291 appendix A). */
static struct ipv6_addr link_local(const struct dhcp *d)
{
    const uint8_t *m = d->settings.mac.b;

    return (struct ipv6_addr){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, (uint8_t)(m[0] ^ 2), m[1], m[2], 0xff,
                               0xfe, m[3], m[4], m[5]}};
}

/* --- From a client ---------------------------------------------------------------------------- */

/* Where the server is, is not known yet: this client asks again. */
static void ask_for_server(struct dhcp *d, const struct ctl_packet *packet)
{
    struct buf frame = BUF_INIT;

    pkt_build_nd_ns(&frame, d->settings.mac, &d->settings.relay6, &d->settings.server6);
    dhcp_to_trusted(d, packet, &frame);
    d->n.no_server++;
    buf_fini(&frame);
}

static void forward(struct dhcp *d, const struct ctl_packet *packet, const struct host *server,
                    const struct buf *msg)
{
    struct pkt_ends6 ends = {.eth_dst = host_mac(server),
                             .eth_src = d->settings.mac,
                             .src = d->settings.relay6,
                             .dst = d->settings.server6};
    struct buf id = BUF_INIT, payload = BUF_INIT, frame = BUF_INIT;
    struct ipv6_addr link = d->settings.relay6;

    buf_put_u64(&id, datapath_id(packet->dp));
    buf_put_u32(&id, packet->in_port);
    buf_put_eth(&id, packet->pkt->eth_src);
    if (pkt_build_dhcp6_relay(&payload, msg->data, msg->len, &link, &packet->pkt->ipv6.src, id.data,
                              id.len)) {
        d->n.malformed++;
    } else {
        pkt_build_udp6(&frame, &ends, PKT_DHCP6_SERVER_PORT, PKT_DHCP6_SERVER_PORT, payload.data,
                       payload.len);
        dhcp_emit(d, host_dpid(server), host_port(server), &frame);
        d->n.v6_relayed++;
    }
    buf_fini(&id);
    buf_fini(&payload);
    buf_fini(&frame);
}

static void from_client(struct dhcp *d, const struct ctl_packet *packet, const struct buf *msg)
{
    const struct host *server = hosts_find_ipv6(d->ctl, &d->settings.server6);
    struct buf frame = BUF_INIT;
    size_t n;

    if (relays(d) && server) {
        forward(d, packet, server, msg);
    } else if (relays(d)) {
        ask_for_server(d, packet);
    } else {
        buf_put(&frame, packet->frame, packet->len);
        n = dhcp_to_trusted(d, packet, &frame);
        d->n.v6_relayed += n;
        d->n.no_server += n == 0;
        buf_fini(&frame);
    }
}

/* --- From a server ---------------------------------------------------------------------------- */

/* True when the packet comes from where the server is, or from a trusted port. */
static bool is_trusted(const struct dhcp *d, const struct ctl_packet *packet)
{
    const struct host *server =
        is_set(&d->settings.server6) ? hosts_find_ipv6(d->ctl, &d->settings.server6) : NULL;

    return dhcp_is_trusted(d, packet) || (server && host_dpid(server) == datapath_id(packet->dp) &&
                                          host_port(server) == packet->in_port);
}

/* The message inside goes to the port that the interface-id names. */
static void unwrap(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp6 *m)
{
    const struct pkt_dhcp6_opt *inner = pkt_dhcp6_find(m, PKT_DHCP6_OPT_RELAY_MSG);
    const struct pkt_dhcp6_opt *id = pkt_dhcp6_find(m, PKT_DHCP6_OPT_INTERFACE_ID);
    struct pkt_ends6 ends = {.eth_src = d->settings.mac, .src = link_local(d), .dst = m->peer};
    struct buf frame = BUF_INIT;
    const struct datapath *dp;
    struct rd r;
    dpid_t dpid;
    port_no_t port;

    if (!relays(d) || !ipv6_addr_eq(&packet->pkt->ipv6.dst, &d->settings.relay6) || !inner ||
        inner->len == 0 || !id || id->len != DHCP6_INTERFACE_ID_LEN) {
        d->n.malformed++;
        return;
    }
    r = rd_init(id->data, id->len);
    dpid = rd_u64(&r);
    port = rd_u32(&r);
    ends.eth_dst = rd_eth(&r);
    dp = datapath_find(d->ctl, dpid);
    if (!dp || !datapath_is_edge(dp, port)) {
        d->n.no_client++;
        return;
    }
    pkt_build_udp6(&frame, &ends, PKT_DHCP6_SERVER_PORT,
                   inner->data[0] == PKT_DHCP6_RELAY_REPL ? PKT_DHCP6_SERVER_PORT
                                                          : PKT_DHCP6_CLIENT_PORT,
                   inner->data, inner->len);
    dhcp_emit(d, dpid, port, &frame);
    d->n.v6_replied++;
    buf_fini(&frame);
}

static void from_server(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp6 *m)
{
    const struct host *to = hosts_find(d->ctl, packet->pkt->eth_dst);
    struct buf frame = BUF_INIT;

    if (!is_trusted(d, packet)) {
        dhcp_report_rogue(d, packet, 0);
    } else if (m->type == PKT_DHCP6_RELAY_REPL &&
               ipv6_addr_eq(&packet->pkt->ipv6.dst, &d->settings.relay6)) {
        unwrap(d, packet, m);
    } else if (!to) {
        d->n.no_client++;
    } else {
        buf_put(&frame, packet->frame, packet->len);
        dhcp_emit(d, host_dpid(to), host_port(to), &frame);
        d->n.v6_replied++;
        buf_fini(&frame);
    }
}

void dhcp6_packet(struct dhcp *d, const struct ctl_packet *packet)
{
    const uint8_t *bytes = packet->frame + packet->pkt->off.l4_payload;
    size_t len = packet->pkt->off.l3_end - packet->pkt->off.l4_payload;
    struct buf msg = BUF_INIT;
    struct pkt_dhcp6 m;

    if (packet->len < packet->total_len || pkt_parse_dhcp6(bytes, len, &m)) {
        d->n.malformed++;
        return;
    }
    switch (m.type) {
    case PKT_DHCP6_ADVERTISE:
    case PKT_DHCP6_REPLY:
    case PKT_DHCP6_RECONFIGURE:
    case PKT_DHCP6_RELAY_REPL:
        from_server(d, packet, &m);
        return;
    default: /* Types of the future, too: they are the server's to understand (RFC 8415 §19). */
        buf_put(&msg, bytes, len);
        from_client(d, packet, &msg);
        buf_fini(&msg);
        return;
    }
}
