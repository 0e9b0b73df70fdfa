#include "controller/core/admission.h"

#include "controller/core/ctl_int.h"
#include "controller/packet/pkt.h"

LOG_MODULE(admission);

/* Ports of DHCP (RFC 2131 §4.1) and DHCPv6 (RFC 8415 §7.2), servers and clients. */
enum { DHCP_SERVER = 67, DHCP_CLIENT = 68, DHCP6_CLIENT = 546, DHCP6_SERVER = 547 };

/* Between two lines about one switch. */
#define LINE_INTERVAL_NS (10 * NS_PER_S)

void admission_init(struct admission *a, const struct core_settings *s)
{
    a->classes[PACKET_LLDP] = rate_make(s->lldp_per_s, s->lldp_burst);
    a->classes[PACKET_ADDRESS] = rate_make(s->address_per_s, s->address_burst);
    a->classes[PACKET_UNICAST] = rate_make(s->unicast_per_s, s->unicast_burst);
    a->classes[PACKET_MULTICAST] = rate_make(s->multicast_per_s, s->multicast_burst);
    a->all = rate_make(s->switch_per_s, s->switch_burst);
    a->port_lldp = rate_make(s->port_lldp_per_s, s->port_lldp_burst);
    a->port_mods = rate_make(s->port_mods_per_s, s->port_mods_burst);
}

void dp_admission_init(struct dp_admission *a)
{
    a->limit = (struct log_limit){.interval_ns = LINE_INTERVAL_NS, .burst = 1};
}

/* --- Classes ---------------------------------------------------------------------------------- */

static bool is_dhcp(const struct pkt *pkt)
{
    switch (pkt->l4.dst) {
    case DHCP_SERVER:
    case DHCP_CLIENT:
        return (pkt->layers & PKT_IPV4) != 0;
    case DHCP6_SERVER:
    case DHCP6_CLIENT:
        return (pkt->layers & PKT_IPV6) != 0;
    default:
        return false;
    }
}

static bool is_neighbour_discovery(const struct pkt *pkt)
{
    return pkt->l4.type >= PKT_ICMP6_RS && pkt->l4.type <= PKT_ICMP6_REDIRECT;
}

enum packet_class packet_class(const struct pkt *pkt)
{
    if (pkt->eth_type == PKT_TYPE_LLDP || pkt->eth_type == PKT_TYPE_BDDP) {
        return PACKET_LLDP;
    }
    if (pkt->eth_type == PKT_TYPE_ARP || (pkt->layers & PKT_UDP && is_dhcp(pkt)) ||
        (pkt->layers & PKT_ICMP6 && is_neighbour_discovery(pkt))) {
        return PACKET_ADDRESS;
    }
    return eth_addr_is_multicast(pkt->eth_dst) ? PACKET_MULTICAST : PACKET_UNICAST;
}

/* --- Shares  ---------------------------------------------------------------------------------- */

static bool drop(struct datapath *dp, port_no_t in_port, uint64_t *counter, const char *what)
{
    ++*counter;
    LOG_LIMITED(dp->ctl->log, &dp->admission.limit, LOG_WARN,
                "switch " DPID_FMT " port %u: more %s than its share; dropping",
                DPID_ARGS(dp->dpid), in_port, what);
    return false;
}

static uint64_t *counter_of(struct ctl_counters *c, enum packet_class class)
{
    switch (class) {
    case PACKET_LLDP:
        return &c->lldp_limited;
    case PACKET_ADDRESS:
        return &c->address_limited;
    case PACKET_UNICAST:
        return &c->unicast_limited;
    case PACKET_MULTICAST:
    case PACKET_N_CLASSES:
        break;
    }
    return &c->multicast_limited;
}

/* What one port may do. A host that floods LLDP frames must not use up what the links need. */
static bool port_take(struct datapath *dp, port_no_t in_port, enum packet_class class)
{
    struct ctl *ctl = dp->ctl;
    struct dp_port *port;

    if (class != PACKET_LLDP && !mono_before(ctl->clock->now, dp->admission.port_empty_until)) {
        return true;
    }
    port = datapath_port_get(dp, in_port);
    if (!port) {
        return true;
    }
    if (class == PACKET_LLDP) {
        return share_take(&port->lldp, &ctl->admission.port_lldp, ctl->clock->now) ||
               drop(dp, in_port, &ctl->counters.lldp_limited, "LLDP frames");
    }
    return port->kind == PORT_LINK ||
           !share_is_empty(&port->mods, &ctl->admission.port_mods, ctl->clock->now) ||
           drop(dp, in_port, &ctl->counters.port_limited, "new flows");
}

bool admission_take(struct datapath *dp, port_no_t in_port, enum packet_class class)
{
    static const char *const names[PACKET_N_CLASSES] = {
        [PACKET_LLDP] = "LLDP frames",
        [PACKET_ADDRESS] = "ARP, DHCP and neighbour discovery",
        [PACKET_UNICAST] = "frames to one host",
        [PACKET_MULTICAST] = "frames to many hosts"};
    struct ctl *ctl = dp->ctl;
    struct dp_admission *a = &dp->admission;
    mono_t now = ctl->clock->now;

    if (!port_take(dp, in_port, class)) {
        return false;
    }
    if (!share_take(&a->classes[class], &ctl->admission.classes[class], now)) {
        return drop(dp, in_port, counter_of(&ctl->counters, class), names[class]);
    }
    return share_take(&a->all, &ctl->admission.all, now) ||
           drop(dp, in_port, &ctl->counters.switch_limited, "packet-ins");
}

void admission_charge(struct datapath *dp, port_no_t in_port, uint64_t n_mods)
{
    const struct rate *rate = &dp->ctl->admission.port_mods;
    struct dp_port *port = rate->interval_ns ? datapath_port_get(dp, in_port) : NULL;
    mono_t now = dp->ctl->clock->now;

    if (port && port->kind != PORT_LINK) {
        share_charge(&port->mods, rate, n_mods, now);
        if (share_is_empty(&port->mods, rate, now)) {
            mono_t until = mono_add(port->mods.full_at, rate->interval_ns - rate->depth_ns);

            if (mono_before(dp->admission.port_empty_until, until)) {
                dp->admission.port_empty_until = until;
            }
        }
    }
}
