/* Probes that cross legacy networks: out, in, and what each port has heard.
 *
 * A port remembers the lowest port that it hears. In one domain everybody hears the lowest of all, so
 * that one is enough to unite them, and what is kept does not grow with the square of their number. */
#include "controller/core/ctl_int.h"
#include "controller/core/domains_int.h"
#include "controller/core/probe.h"

LOG_MODULE(domains);

/* --- Out -------------------------------------------------------------------------------------- */

void domains_probe(struct datapath *dp, struct dp_port *port)
{
    struct of_action output = of_output(port->desc.port_no);
    struct ctl *ctl = dp->ctl;

    if (!dp->ready || !ctl->settings.discovery || !ctl->settings.bddp || port->kind == PORT_DEAD ||
        port->kind == PORT_LINK) {
        return;
    }
    port->domain_probed_at = ctl->clock->now;
    buf_clear(&ctl->frame);
    probe_build(dp, &port->desc, PKT_TYPE_BDDP, &ctl->frame);
    if (datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &output, 1, ctl->frame.data,
                            ctl->frame.len) == ERR_OK) {
        ctl->counters.domain_probes_sent++;
    }
}

/* Rounds come every lldp_interval_ns; a port has its turn in the one next to its time. */
void domains_probe_due(struct datapath *dp, struct dp_port *port)
{
    const struct core_settings *s = &dp->ctl->settings;
    int64_t wait_ns = s->bddp_interval_ns - s->lldp_interval_ns / 2;

    if (port->kind != PORT_UNSETTLED &&
        mono_due(mono_add(port->domain_probed_at, wait_ns), dp->ctl->clock->now)) {
        domains_probe(dp, port);
    }
}

/* --- In --------------------------------------------------------------------------------------- */

static void complain(struct datapath *dp, port_no_t in_port, uint64_t *counter, const char *why)
{
    dp->ctl->counters.lldp_bad++;
    if (counter) {
        ++*counter;
    }
    LOG_LIMITED(dp->ctl->log, &dp->ctl->lldp_limit, LOG_WARN,
                "domain probe at " DPID_FMT ":%u ignored: %s", DPID_ARGS(dp->dpid), in_port, why);
}

static bool is_below(dpid_t dpid, port_no_t port_no, const struct dp_port *port)
{
    return dpid < port->heard.dpid || (dpid == port->heard.dpid && port_no < port->heard.port);
}

/* What was heard last gives way to a lower port, and to any when it has been silent for long. */
static void heard(struct datapath *dp, struct dp_port *port, const struct probe *said)
{
    mono_t now = dp->ctl->clock->now;
    bool is_same =
        port->heard.is_set && port->heard.dpid == said->dpid && port->heard.port == said->port_no;

    if (!is_same && port->heard.is_set && !is_below(said->dpid, said->port_no, port) &&
        !mono_due(mono_add(port->heard.at, domains_life_ns(dp->ctl) / 2), now)) {
        return;
    }
    port->heard.dpid = said->dpid;
    port->heard.port = said->port_no;
    port->heard.at = now;
    port->heard.is_set = true;
    if (!is_same) {
        dp->ctl->domains.any = true;
        domains_changed(dp->ctl);
    }
}

static void came_in(struct datapath *dp, struct dp_port *port, const struct probe *said)
{
    struct ctl *ctl = dp->ctl;
    struct datapath *src = datapath_find(ctl, said->dpid);
    struct dp_port *src_port = src ? datapath_port_get(src, said->port_no) : NULL;

    if (said->core != ctl->core_id) {
        ctl->counters.lldp_foreign++;
    } else if (!src_port || src_port->kind == PORT_DEAD) {
        complain(dp, port->desc.port_no, NULL, "its source is not a live port of ours");
    } else if (!probe_is_fresh(ctl, PKT_TYPE_BDDP, said->nonce)) {
        complain(dp, port->desc.port_no, &ctl->counters.lldp_replayed, "it is an old probe");
    } else if (src_port->kind != PORT_LINK && src_port != port) {
        heard(dp, port, said);
    }
}

void domains_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len)
{
    struct ctl *ctl = dp->ctl;
    struct dp_port *port = datapath_port_get(dp, in_port);
    struct pkt_lldp lldp;
    struct probe said;

    if (!ctl->settings.discovery || !ctl->settings.bddp || !port || port->kind == PORT_DEAD ||
        port->kind == PORT_LINK) {
        return;
    }
    if (pkt_parse_lldp(pdu, len, &lldp) != ERR_OK) {
        complain(dp, in_port, NULL, "malformed");
        return;
    }
    switch (probe_read(&lldp, ctl->lldp_key, &said)) {
    case PROBE_GOOD:
        came_in(dp, port, &said);
        return;
    case PROBE_MALFORMED:
        complain(dp, in_port, NULL, "its source is malformed");
        return;
    case PROBE_FORGED:
        complain(dp, in_port, &ctl->counters.lldp_forged, "its authenticator is wrong");
        return;
    case PROBE_NONE:
        return;
    }
}
