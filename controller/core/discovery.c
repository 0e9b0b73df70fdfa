/* Link discovery: probes out, links in, and what kind each port is. */
#include "controller/core/discovery.h"

#include <inttypes.h>
#include <stdio.h>

#include "controller/core/ctl_int.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_lldp.h"

LOG_MODULE(discovery);

/* The organisational TLV that carries (datapath id, port) exactly: the identifier of the Open
 * Networking Foundation, a subtype of our own, 8 + 4 bytes big endian. */
#define ORG_OUI 0x0026e1
#define ORG_SUBTYPE 0x54
#define ORG_LEN 12

/* Probes of a port before it is taken for an edge. */
#define N_PROBES 4

/* Steps of a round of probes, or fewer when there are fewer ports. */
#define N_STEPS 16

static void probe_some(void *aux, struct timer *timer);
static void settle(void *aux, struct timer *timer);

void discovery_init(struct datapath *dp)
{
    timer_init(&dp->probe_timer, probe_some, dp);
    timer_init(&dp->settle_timer, settle, dp);
}

/* --- Probes out ------------------------------------------------------------------------------- */

/* The source address of probes: the port's, or one made of the datapath id and the port. */
static struct eth_addr probe_source(const struct datapath *dp, const struct of_port *port)
{
    if (!eth_addr_is_zero(port->hw_addr) && !eth_addr_is_multicast(port->hw_addr)) {
        return port->hw_addr;
    }
    return eth_addr_from_u64(UINT64_C(0x020000000000) | (dp->dpid & 0xffffff) << 16 |
                             (port->port_no & 0xffff));
}

static struct pkt_lldp_id local_id(const char *text, int len, uint8_t subtype)
{
    return (struct pkt_lldp_id){subtype, (uint16_t)len, (const uint8_t *)text};
}

static uint16_t probe_ttl_s(const struct ctl *ctl)
{
    int64_t ttl_s = (ctl->settings.link_timeout_ns + NS_PER_S - 1) / NS_PER_S;

    return (uint16_t)(ttl_s < UINT16_MAX ? ttl_s : UINT16_MAX);
}

static void build_probe(struct datapath *dp, const struct of_port *port, struct buf *out)
{
    char chassis[32], port_text[16];
    struct pkt_lldp lldp = {.ttl_s = probe_ttl_s(dp->ctl), .n_orgs = 1};
    struct buf org = BUF_INIT;
    int n;

    n = snprintf(chassis, sizeof chassis, "dpid:" DPID_FMT, DPID_ARGS(dp->dpid));
    lldp.chassis = local_id(chassis, n, PKT_LLDP_CHASSIS_LOCAL);
    n = snprintf(port_text, sizeof port_text, "%" PRIu32, port->port_no);
    lldp.port = local_id(port_text, n, PKT_LLDP_PORT_LOCAL);
    buf_put_u64(&org, dp->dpid);
    buf_put_u32(&org, port->port_no);
    lldp.orgs[0] = (struct pkt_lldp_org){ORG_OUI, ORG_SUBTYPE, ORG_LEN, org.data};
    pkt_build_lldp(out, PKT_LLDP_MULTICAST, probe_source(dp, port), PKT_TYPE_LLDP, &lldp);
    buf_fini(&org);
}

static void probe(struct datapath *dp, const struct dp_port *port)
{
    struct of_action output = of_output(port->desc.port_no);
    struct buf *frame = &dp->ctl->frame;

    if (!dp->ready || !dp->ctl->settings.discovery || port->kind == PORT_DEAD) {
        return;
    }
    buf_clear(frame);
    build_probe(dp, &port->desc, frame);
    if (datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &output, 1, frame->data,
                            frame->len) == ERR_OK) {
        dp->ctl->counters.lldp_sent++;
    }
}

static size_t ports_per_step(const struct datapath *dp)
{
    return (dp->n_ports + N_STEPS - 1) / N_STEPS;
}

/* The next step of the round, after one with 'n' ports: it takes its share of the interval. */
static void arm_probes(struct datapath *dp, size_t n)
{
    int64_t wait_ns = dp->ctl->settings.lldp_interval_ns;

    if (n < dp->n_ports) {
        wait_ns = wait_ns / (int64_t)dp->n_ports * (int64_t)(n ? n : 1);
    }
    timer_set(&dp->ctl->timers, &dp->probe_timer, mono_add(dp->ctl->clock->now, wait_ns));
}

/* One step of a round. The round goes by port numbers, so ports may come and go meanwhile. */
static void probe_some(void *aux, struct timer *timer)
{
    struct datapath *dp = aux;
    size_t i = 0, n = 0;

    (void)timer;
    while (i < dp->n_ports && dp->ports[i].desc.port_no <= dp->probed_to) {
        i++;
    }
    for (; i < dp->n_ports && n < ports_per_step(dp); i++, n++) {
        probe(dp, &dp->ports[i]);
        dp->probed_to = dp->ports[i].desc.port_no;
    }
    if (i == dp->n_ports) {
        dp->probed_to = 0;
    }
    arm_probes(dp, n);
}

/* --- Kinds of ports --------------------------------------------------------------------------- */

/* When silence makes an edge of an unsettled port. */
static mono_t edge_at(const struct datapath *dp, const struct dp_port *port)
{
    mono_t settled = mono_add(port->up_since, dp->ctl->settings.edge_settle_ns);

    return mono_before(settled, port->link_until) ? port->link_until : settled;
}

/* Probes may be lost, and the neighbour may not have been ready for the first one: an unsettled port
 * is probed some times before its silence counts. */
static void arm_settle(struct datapath *dp)
{
    mono_t again = mono_add(dp->ctl->clock->now, dp->ctl->settings.edge_settle_ns / N_PROBES + 1);
    mono_t next = MONO_NEVER;

    for (size_t i = 0; dp->ready && i < dp->n_ports; i++) {
        if (dp->ports[i].kind == PORT_UNSETTLED) {
            next = mono_min(next, mono_min(again, edge_at(dp, &dp->ports[i])));
        }
    }
    timer_set(&dp->ctl->timers, &dp->settle_timer, next);
}

static void settle(void *aux, struct timer *timer)
{
    struct datapath *dp = aux;

    (void)timer;
    for (size_t i = 0; i < dp->n_ports; i++) {
        struct dp_port *port = &dp->ports[i];

        if (port->kind == PORT_UNSETTLED && mono_due(edge_at(dp, port), dp->ctl->clock->now)) {
            port->kind = PORT_EDGE;
        } else if (port->kind == PORT_UNSETTLED) {
            probe(dp, port);
        }
    }
    arm_settle(dp);
}

void datapath_expect_link(struct datapath *dp, port_no_t port_no)
{
    struct dp_port *port = datapath_port_get(dp, port_no);

    if (port) {
        port->link_until = mono_add(dp->ctl->clock->now, dp->ctl->settings.link_timeout_ns);
    }
}

static void become_link(struct datapath *dp, struct dp_port *port)
{
    if (port->kind != PORT_LINK) {
        port->kind = PORT_LINK;
        hosts_drop_port(dp->ctl, dp->dpid, port->desc.port_no);
    }
}

static void unsettle(struct datapath *dp, struct dp_port *port)
{
    port->kind = PORT_UNSETTLED;
    port->up_since = dp->ctl->clock->now;
    arm_settle(dp);
}

void discovery_link_gone(struct ctl *ctl, dpid_t dpid, port_no_t port_no)
{
    struct datapath *dp = datapath_find(ctl, dpid);
    struct dp_port *port = dp ? datapath_port_get(dp, port_no) : NULL;

    if (port && port->kind == PORT_LINK && !topology_touches(ctl, dpid, port_no)) {
        unsettle(dp, port);
    }
}

void discovery_port_up(struct datapath *dp, struct dp_port *port)
{
    probe(dp, port);
    arm_settle(dp);
}

/* A port that was taken for unsettled while the switch was away starts its time anew: nothing could
 * be heard on it meanwhile. */
void discovery_start(struct datapath *dp)
{
    if (!dp->ctl->settings.discovery) {
        return;
    }
    for (size_t i = 0; i < dp->n_ports; i++) {
        if (dp->ports[i].kind == PORT_UNSETTLED) {
            dp->ports[i].up_since = dp->ctl->clock->now;
        }
        probe(dp, &dp->ports[i]);
    }
    arm_settle(dp);
    dp->probed_to = 0;
    arm_probes(dp, ports_per_step(dp));
}

void discovery_stop(struct datapath *dp)
{
    timer_cancel(&dp->ctl->timers, &dp->probe_timer);
    timer_cancel(&dp->ctl->timers, &dp->settle_timer);
}

/* --- Probes in -------------------------------------------------------------------------------- */

/* The port that sent the probe, as its own TLV says; false when the frame is not ours at all, with
 * '*bad' set when it claims to be and is not. */
static bool read_source(const struct pkt_lldp *lldp, dpid_t *dpid, port_no_t *port_no, bool *bad)
{
    const struct pkt_lldp_org *org = pkt_lldp_find_org(lldp, ORG_OUI, ORG_SUBTYPE);
    struct rd r;

    *bad = org && org->len != ORG_LEN;
    if (!org || *bad) {
        return false;
    }
    r = rd_init(org->data, org->len);
    *dpid = rd_u64(&r);
    *port_no = rd_u32(&r);
    return true;
}

static void complain(struct datapath *dp, port_no_t in_port, const char *why)
{
    dp->ctl->counters.lldp_bad++;
    LOG_LIMITED(dp->ctl->log, &dp->ctl->lldp_limit, LOG_WARN,
                "LLDP frame at " DPID_FMT ":%u ignored: %s", DPID_ARGS(dp->dpid), in_port, why);
}

static void link_seen(struct datapath *src, struct dp_port *src_port, struct datapath *dst,
                      struct dp_port *dst_port)
{
    struct ctl *ctl = src->ctl;
    struct link link = {.src_dpid = src->dpid,
                        .src_port = src_port->desc.port_no,
                        .dst_dpid = dst->dpid,
                        .dst_port = dst_port->desc.port_no,
                        .seen_at = ctl->clock->now};

    topology_seen(ctl, &link);
    become_link(src, src_port);
    become_link(dst, dst_port);
    if (!topology_is_two_way(ctl, &link)) {
        probe(dst, dst_port);
    }
}

void discovery_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len)
{
    struct dp_port *port = datapath_port_get(dp, in_port), *src_port;
    struct datapath *src;
    struct pkt_lldp lldp;
    port_no_t src_port_no;
    dpid_t src_dpid;
    bool bad;

    if (!dp->ctl->settings.discovery || !port || port->kind == PORT_DEAD) {
        return;
    }
    if (pkt_parse_lldp(pdu, len, &lldp) != ERR_OK) {
        complain(dp, in_port, "malformed");
        return;
    }
    if (!read_source(&lldp, &src_dpid, &src_port_no, &bad)) {
        if (bad) {
            complain(dp, in_port, "its source is malformed");
        }
        return;
    }
    src = datapath_find(dp->ctl, src_dpid);
    src_port = src ? datapath_port_get(src, src_port_no) : NULL;
    if (!src_port || src_port->kind == PORT_DEAD) {
        complain(dp, in_port, "its source is not a live port of ours");
    } else if (src_port != port) {
        link_seen(src, src_port, dp, port);
    }
}
