/* Link discovery: probes out, links in, and what kind each port is. */
#include "controller/core/discovery.h"

#include "controller/core/ctl_int.h"
#include "controller/core/probe.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_lldp.h"

LOG_MODULE(discovery);

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

static void probe(struct datapath *dp, struct dp_port *port)
{
    struct of_action output = of_output(port->desc.port_no);
    struct ctl *ctl = dp->ctl;
    struct buf *frame = &ctl->frame;

    if (!dp->ready || !ctl->settings.discovery || port->kind == PORT_DEAD) {
        return;
    }
    buf_clear(frame);
    probe_build(dp, &port->desc, PKT_TYPE_LLDP, frame);
    if (datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &output, 1, frame->data,
                            frame->len) == ERR_OK) {
        ctl->counters.lldp_sent++;
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
        domains_probe_due(dp, &dp->ports[i]);
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

/* True when probes come in at the port and none that it sends arrives. */
static bool is_one_way(const struct datapath *dp, const struct dp_port *port)
{
    return port->kind == PORT_LINK && !topology_link_at(dp->ctl, dp->dpid, port->desc.port_no);
}

/* Probes may be lost, and the neighbour may not have been ready for the first one: an unsettled port
 * is probed some times before its silence counts. */
static int64_t probe_again_ns(const struct datapath *dp)
{
    return dp->ctl->settings.edge_settle_ns / N_PROBES + 1;
}

/* When the port wants to be looked at again, after having been looked at now. */
static mono_t look_again_at(const struct datapath *dp, const struct dp_port *port)
{
    if (port->kind == PORT_UNSETTLED) {
        return mono_min(mono_add(dp->ctl->clock->now, probe_again_ns(dp)), edge_at(dp, port));
    }
    return port->quick_wait_ns ? port->quick_at : MONO_NEVER;
}

static void arm_settle(struct datapath *dp)
{
    mono_t next = MONO_NEVER;

    for (size_t i = 0; dp->ready && i < dp->n_ports; i++) {
        next = mono_min(next, look_again_at(dp, &dp->ports[i]));
    }
    timer_set(&dp->ctl->timers, &dp->settle_timer, next);
}

/* The first wait between quick probes. */
static int64_t quick_first_ns(const struct datapath *dp)
{
    int64_t least_ns = dp->ctl->settings.lldp_interval_ns / 64 + 1;

    return probe_again_ns(dp) > least_ns ? probe_again_ns(dp) : least_ns;
}

/* Each wait is twice the one before, until the rounds of probes are as quick. */
static void quick_probe(struct datapath *dp, struct dp_port *port)
{
    probe(dp, port);
    port->quick_at = mono_add(dp->ctl->clock->now, port->quick_wait_ns);
    port->quick_wait_ns *= 2;
    if (port->quick_wait_ns > dp->ctl->settings.lldp_interval_ns) {
        port->quick_wait_ns = 0;
    }
}

/* The way out of the port is missing. Whatever comes in at it, quick probes begin once in an interval
 * at most. */
static void quick_begin(struct datapath *dp, struct dp_port *port)
{
    mono_t now = dp->ctl->clock->now;
    mono_t allowed = mono_add(port->quick_begun, dp->ctl->settings.lldp_interval_ns);

    if (port->has_been_quick && !mono_due(allowed, now)) {
        return;
    }
    port->has_been_quick = true;
    port->quick_begun = now;
    port->quick_wait_ns = quick_first_ns(dp);
    quick_probe(dp, port);
    arm_settle(dp);
}

static void settle_port(struct datapath *dp, struct dp_port *port)
{
    mono_t now = dp->ctl->clock->now;

    if (port->kind == PORT_UNSETTLED && mono_due(edge_at(dp, port), now)) {
        port->kind = PORT_EDGE;
        domains_probe(dp, port);
        domains_changed(dp->ctl);
    } else if (port->kind == PORT_UNSETTLED) {
        probe(dp, port);
        domains_probe(dp, port);
    } else if (port->quick_wait_ns && !is_one_way(dp, port)) {
        port->quick_wait_ns = 0;
    } else if (port->quick_wait_ns && mono_due(port->quick_at, now)) {
        quick_probe(dp, port);
    }
}

static void settle(void *aux, struct timer *timer)
{
    struct datapath *dp = aux;

    (void)timer;
    for (size_t i = 0; i < dp->n_ports; i++) {
        settle_port(dp, &dp->ports[i]);
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
        port->was_link = false;
        domains_changed(dp->ctl);
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
        port->was_link = true;
    }
}

void discovery_heard(struct datapath *dp, port_no_t port_no)
{
    struct dp_port *port = datapath_port_get(dp, port_no);

    if (port && port->was_link && port->kind == PORT_EDGE && dp->ctl->settings.discovery) {
        port->was_link = false;
        unsettle(dp, port);
        probe(dp, port);
    }
}

void discovery_link_silent(struct ctl *ctl, dpid_t dpid, port_no_t port_no)
{
    struct datapath *dp = datapath_find(ctl, dpid);
    struct dp_port *port = dp ? datapath_port_get(dp, port_no) : NULL;

    if (port && is_one_way(dp, port)) {
        quick_begin(dp, port);
    }
}

void discovery_doubt(struct datapath *dp, port_no_t port_no)
{
    struct dp_port *port = datapath_port_get(dp, port_no);

    if (port && port->kind != PORT_LINK) {
        quick_begin(dp, port);
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
    dp->ready_at = dp->ctl->clock->now;
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

static void complain(struct datapath *dp, port_no_t in_port, uint64_t *counter, const char *why)
{
    dp->ctl->counters.lldp_bad++;
    if (counter) {
        ++*counter;
    }
    LOG_LIMITED(dp->ctl->log, &dp->ctl->lldp_limit, LOG_WARN,
                "LLDP frame at " DPID_FMT ":%u ignored: %s", DPID_ARGS(dp->dpid), in_port, why);
}

/* False when 'said' is not one of ours that is still under way; then it has been complained of. */
static bool take_nonce(struct datapath *dp, port_no_t in_port, struct dp_port *src_port,
                       const struct probe *said)
{
    struct ctl *ctl = dp->ctl;

    if (probe_is_fresh(ctl, PKT_TYPE_LLDP, said->nonce) && said->nonce > src_port->last_nonce) {
        src_port->last_nonce = said->nonce;
        return true;
    }
    complain(dp, in_port, &ctl->counters.lldp_replayed,
             "it is an old probe: late, or sent a second time");
    return false;
}

/* True for a port that has been an edge for so long that a switch behind it would have been found. */
static bool is_old_edge(const struct datapath *dp, const struct dp_port *port)
{
    mono_t now = dp->ctl->clock->now;
    int64_t long_ns = dp->ctl->settings.link_timeout_ns;

    return (port->kind == PORT_EDGE || port->kind == PORT_BACKUP) && dp->ready &&
           mono_due(mono_add(port->up_since, long_ns), now) &&
           mono_due(mono_add(dp->ready_at, long_ns), now);
}

static bool has_live_hosts(const struct datapath *dp, const struct dp_port *port)
{
    mono_t since = {dp->ctl->clock->now.ns - dp->ctl->settings.link_timeout_ns};

    return hosts_heard_since(dp->ctl, dp->dpid, port->desc.port_no, since);
}

/* Two hosts that hand each other our probes make a link that no authenticator tells from a cable. A
 * cable between ports with hosts on them that nobody has unplugged is not likely. */
static bool is_suspect(const struct datapath *src, const struct dp_port *src_port,
                       const struct datapath *dst, const struct dp_port *dst_port)
{
    return src->ctl->settings.hold_links && is_old_edge(src, src_port) &&
           is_old_edge(dst, dst_port) &&
           (has_live_hosts(src, src_port) || has_live_hosts(dst, dst_port));
}

static void hold_link(struct ctl *ctl, const struct link *link)
{
    ctl->counters.links_held++;
    LOG_LIMITED(
        ctl->log, &ctl->lldp_limit, LOG_WARN,
        "link " DPID_FMT ":%u to " DPID_FMT ":%u is held: hosts are heard there, who may be "
        "passing on probes",
        DPID_ARGS(link->src_dpid), link->src_port, DPID_ARGS(link->dst_dpid), link->dst_port);
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

    if (is_suspect(src, src_port, dst, dst_port)) {
        hold_link(ctl, &link);
        return;
    }
    topology_seen(ctl, &link);
    become_link(src, src_port);
    become_link(dst, dst_port);
    if (!topology_is_two_way(ctl, &link)) {
        quick_begin(dst, dst_port);
    }
}

static void probe_came_in(struct datapath *dp, struct dp_port *port, const struct probe *said)
{
    port_no_t in_port = port->desc.port_no;
    struct datapath *src = datapath_find(dp->ctl, said->dpid);
    struct dp_port *src_port = src ? datapath_port_get(src, said->port_no) : NULL;

    if (said->core != dp->ctl->core_id) {
        dp->ctl->counters.lldp_foreign++;
    } else if (!src_port || src_port->kind == PORT_DEAD) {
        complain(dp, in_port, NULL, "its source is not a live port of ours");
    } else if (take_nonce(dp, in_port, src_port, said) && src_port != port) {
        link_seen(src, src_port, dp, port);
    }
}

void discovery_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len)
{
    struct dp_port *port = datapath_port_get(dp, in_port);
    struct pkt_lldp lldp;
    struct probe said;

    if (!dp->ctl->settings.discovery || !port || port->kind == PORT_DEAD) {
        return;
    }
    if (pkt_parse_lldp(pdu, len, &lldp) != ERR_OK) {
        complain(dp, in_port, NULL, "malformed");
        return;
    }
    switch (probe_read(&lldp, dp->ctl->lldp_key, &said)) {
    case PROBE_GOOD:
        probe_came_in(dp, port, &said);
        return;
    case PROBE_MALFORMED:
        complain(dp, in_port, NULL, "its source is malformed");
        return;
    case PROBE_FORGED:
        complain(dp, in_port, &dp->ctl->counters.lldp_forged,
                 "it claims to be a probe and its authenticator is wrong");
        return;
    case PROBE_NONE:
        return;
    }
}
