/* See dhcp.h: the entries, and what comes in by them. */
#include "controller/apps/dhcp.h"

#include <stdlib.h>

#include "controller/apps/dhcp_int.h"
#include "controller/apps/emit.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/packet/pkt_dhcp6.h"

struct dhcp_settings dhcp_settings_default(void)
{
    return (struct dhcp_settings){
        .offer_ns = 120 * NS_PER_S,
        .probe_ns = 300 * NS_PER_MS,
        .decline_ns = 3600 * NS_PER_S,
        .server_ns = 60 * NS_PER_S,
        .max_per_port = 256,
        .port_per_s = 20,
        .port_burst = 60,
        .per_s = 2000,
        .burst = 4000,
        .probes_per_s = 100,
        .probes_burst = 200,
        .mac = {{0x02, 0x54, 0x61, 0x6d, 0x62, 0x01}},
    };
}

struct dhcp_counters dhcp_counters(const void *state)
{
    return ((const struct dhcp *)state)->n;
}

size_t dhcp_n_rogues(const void *state)
{
    return ((const struct dhcp *)state)->n_rogues;
}

struct dhcp_rogue dhcp_rogue(const void *state, size_t i)
{
    return ((const struct dhcp *)state)->rogues[i];
}

/* --- The entries that bring DHCP here --------------------------------------------------------- */

static void want_port(const struct trap *trap, struct txn *txn, const struct datapath *dp,
                      uint16_t eth_type, uint16_t udp_dst)
{
    struct of_match match = {0};

    OF_MATCH_SET(&match, ETH_TYPE, eth_type, eth_type);
    OF_MATCH_SET(&match, IP_PROTO, ip_proto, PKT_PROTO_UDP);
    OF_MATCH_SET(&match, UDP_DST, udp_dst, udp_dst);
    trap_add(trap, txn, dp, &match, udp_dst);
}

/* OpenFlow 1.0 cannot match IPv6: there, DHCPv6 comes as other frames for which there is no entry. */
static void want_entries(const struct trap *trap, struct txn *txn, const struct datapath *dp)
{
    want_port(trap, txn, dp, PKT_TYPE_IPV4, PKT_DHCP_SERVER_PORT);
    want_port(trap, txn, dp, PKT_TYPE_IPV4, PKT_DHCP_CLIENT_PORT);
    if (datapath_version(dp) != OF_VERSION_1_0) {
        want_port(trap, txn, dp, PKT_TYPE_IPV6, PKT_DHCP6_SERVER_PORT);
        want_port(trap, txn, dp, PKT_TYPE_IPV6, PKT_DHCP6_CLIENT_PORT);
    }
}

void dhcp_emit(struct dhcp *d, dpid_t dpid, port_no_t port, const struct buf *frame)
{
    if (!frame->failed) {
        emit(d->ctl, dpid, port, frame->data, frame->len);
    }
}

/* --- Messages --------------------------------------------------------------------------------- */

/* A client speaks for itself; a relay agent speaks for others and says so. */
static bool is_spoofed(const struct ctl_packet *packet, const struct pkt_dhcp *msg)
{
    return msg->giaddr == 0 && !eth_addr_eq(msg->chaddr, packet->pkt->eth_src);
}

static void on_query(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp *msg,
                     const uint8_t *bytes, size_t len)
{
    struct dhcp_query q;
    struct dhcp_pool *pool;

    if (is_spoofed(packet, msg)) {
        d->n.spoofed++;
        return;
    }
    dhcp_query_init(&q, msg, bytes, len);
    q.dpid = datapath_id(packet->dp);
    q.port = packet->in_port;
    q.from = packet->pkt->eth_src;
    pool = dhcp_pool_for(d, &q);
    if (pool) {
        dhcp_serve(d, pool, &q);
    } else {
        dhcp_relay_query(d, packet, msg);
    }
}

static void on_dhcp(struct dhcp *d, const struct ctl_packet *packet)
{
    const uint8_t *bytes = packet->frame + packet->pkt->off.l4_payload;
    size_t len = packet->pkt->off.l3_end - packet->pkt->off.l4_payload;
    struct pkt_dhcp msg;

    if (packet->len < packet->total_len || pkt_parse_dhcp(bytes, len, &msg) || msg.htype != 1 ||
        msg.hlen != ETH_ADDR_LEN || eth_addr_is_multicast(msg.chaddr)) {
        d->n.malformed++;
    } else if (msg.op == PKT_DHCP_BOOTREQUEST) {
        on_query(d, packet, &msg, bytes, len);
    } else if (msg.op != PKT_DHCP_BOOTREPLY) {
        d->n.malformed++;
    } else if (dhcp_is_trusted(d, packet)) {
        dhcp_relay_reply(d, packet, &msg);
    } else {
        dhcp_report_rogue(d, packet,
                          msg.present & PKT_DHCP_HAS_SERVER_ID ? msg.server_id
                                                               : packet->pkt->ipv4.src);
    }
}

/* A trusted port may carry the servers' answers for everybody: only the limit for all counts. */
static bool is_limited(struct dhcp *d, const struct ctl_packet *packet)
{
    mono_t now = ctl_now(d->ctl);
    uint64_t place = hash_combine(hash_u64(datapath_id(packet->dp)), packet->in_port);

    return (!dhcp_is_trusted(d, packet) && !bucket_map_take(&d->ports, place, now)) ||
           !bucket_take(&d->all, now);
}

static bool is_dhcp(const struct pkt *pkt)
{
    uint16_t port = pkt->l4.dst;

    return pkt_has(pkt, PKT_UDP) && pkt->n_vlans == 0 &&
           ((pkt_has(pkt, PKT_IPV4) &&
             (port == PKT_DHCP_SERVER_PORT || port == PKT_DHCP_CLIENT_PORT)) ||
            (pkt_has(pkt, PKT_IPV6) &&
             (port == PKT_DHCP6_SERVER_PORT || port == PKT_DHCP6_CLIENT_PORT)));
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct dhcp *d = state;

    if (!d->settings.enabled) {
        return CTL_CONTINUE;
    }
    if (!is_dhcp(packet->pkt)) {
        return dhcp_own(d, packet) ? CTL_STOP : CTL_CONTINUE;
    }
    if (packet->port && packet->port->kind == PORT_LINK) {
        d->n.from_links++;
    } else if (is_limited(d, packet)) {
        d->n.limited++;
    } else if (pkt_has(packet->pkt, PKT_IPV6)) {
        dhcp6_packet(d, packet);
    } else {
        on_dhcp(d, packet);
    }
    return CTL_STOP;
}

/* --- Module ----------------------------------------------------------------------------------- */

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct dhcp *d = xcalloc(1, sizeof *d);
    const struct dhcp_settings *s = &d->settings;

    d->ctl = ctl;
    d->settings = settings ? *(const struct dhcp_settings *)settings : dhcp_settings_default();
    d->trap = (struct trap){.ctl = ctl,
                            .id = id,
                            .priority = DHCP_PRIORITY,
                            .name = "dhcp",
                            .what = "DHCP",
                            .want = s->enabled ? want_entries : NULL,
                            .limit = LOG_LIMIT_INIT(1, 5)};
    bucket_init(&d->all, s->per_s, s->burst);
    bucket_init(&d->probes, s->probes_per_s, s->probes_burst);
    bucket_map_init(&d->ports, s->port_per_s, s->port_burst);
    d->rogue_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    d->full_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    d->store_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    d->conflict_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    dhcp_leases_init(d);
    dhcp_pools_init(d);
    dhcp_restore(d); /* Whether or not it serves: the operator sees and changes what there is. */
    *state = d;
    return ERR_OK;
}

static void stop(void *state)
{
    struct dhcp *d = state;

    dhcp_leases_fini(d);
    dhcp_pools_fini(d);
    bucket_map_fini(&d->ports);
    free(d);
}

const struct ctl_module dhcp_module = {
    .name = "dhcp",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_ADDRESS,
    .on = TRAP_EVENTS,
};
