/* See multicast.h. */
#include "controller/apps/multicast.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/bucket.h"
#include "controller/apps/emit.h"
#include "controller/apps/interest_domains.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/multicast_ports.h"
#include "controller/base/alloc.h"
#include "controller/base/log.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"

LOG_MODULE(multicast);

#define MAX_RESP_MS 10000 /* RFC 3376 §8.3. */
#define LAST_RESP_MS 1000 /* §8.8. */
#define QUERIER_MAC ((struct eth_addr){{0x02, 0x54, 0x61, 0x6d, 0x62, 0x6f}})

struct group {
    struct ipv6_addr addr;
    struct ports listeners;
};

struct multicast {
    struct ctl *ctl;
    void *domains;
    const void *networks; /* State of logical_networks; NULL: there are none. */
    struct multicast_settings settings;
    struct multicast_counters n;
    struct group **groups; /* Ascending by address. */
    size_t n_groups, n_listeners;
    struct ports routers;
    dpid_t asked; /* The switch that got the last general query. */
    struct timer expire, query;
    struct bucket_map frames;
    struct log_limit limit;
};

struct multicast_settings multicast_settings_default(void)
{
    return (struct multicast_settings){
        .query_s = 125,
        .listen_ns = 260 * NS_PER_S,
        .router_ns = 255 * NS_PER_S,
        .last_member_ns = 2 * NS_PER_S,
        .max_groups = 512,
        .max_per_port = 64,
        .max_listeners = 16384,
        .dp_frames_per_s = 200,
        .dp_frames_burst = 400,
    };
}

struct multicast_counters multicast_counters(const void *state)
{
    const struct multicast *m = state;

    return m->n;
}

/* --- Groups ----------------------------------------------------------------------------------- */

static size_t group_at(const struct multicast *m, const struct ipv6_addr *addr)
{
    size_t lo = 0, hi = m->n_groups;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (memcmp(&m->groups[mid]->addr, addr, sizeof(*addr)) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static struct group *group_find(const struct multicast *m, const struct ipv6_addr *addr)
{
    size_t i = group_at(m, addr);

    return i < m->n_groups && memcmp(&m->groups[i]->addr, addr, sizeof(*addr)) == 0 ? m->groups[i]
                                                                                    : NULL;
}

static struct group *group_add(struct multicast *m, const struct ipv6_addr *addr)
{
    size_t i = group_at(m, addr);
    struct group *g = xcalloc(1, sizeof(*g));

    g->addr = *addr;
    m->groups = xreallocarray(m->groups, m->n_groups + 1, sizeof(struct group *));
    memmove(&m->groups[i + 1], &m->groups[i], (m->n_groups - i) * sizeof(struct group *));
    m->groups[i] = g;
    m->n_groups++;
    return g;
}

static void group_remove(struct multicast *m, struct group *g)
{
    size_t i = group_at(m, &g->addr);

    m->n_groups--;
    memmove(&m->groups[i], &m->groups[i + 1], (m->n_groups - i) * sizeof(struct group *));
    free(g->listeners.list);
    free(g);
}

/* Listeners and routers, which get everything, as the trees want them. */
static void write_group(struct multicast *m, const struct group *g)
{
    size_t n = g->listeners.n + m->routers.n, i = 0;
    struct domain_group_port *ports = xcalloc(n + 1, sizeof(*ports));

    for (size_t k = 0; k < g->listeners.n; k++) {
        ports[i++] =
            (struct domain_group_port){g->listeners.list[k].dpid, g->listeners.list[k].port};
    }
    for (size_t k = 0; k < m->routers.n; k++) {
        const struct multicast_listener *r = &m->routers.list[k];

        if (!ports_find(&g->listeners, r->dpid, r->port)) {
            ports[i++] = (struct domain_group_port){r->dpid, r->port};
        }
    }
    interest_domains_group_set(m->domains, &g->addr, ports, g->listeners.n ? i : 0);
    free(ports);
}

static void write_all(struct multicast *m)
{
    for (size_t i = 0; i < m->n_groups; i++) {
        write_group(m, m->groups[i]);
    }
}

void multicast_each(const void *state, multicast_each_fn *fn, void *aux)
{
    const struct multicast *m = state;

    for (size_t i = 0; i < m->n_groups; i++) {
        const struct group *g = m->groups[i];

        fn(aux, &g->addr, g->listeners.list, g->listeners.n);
    }
}

const struct multicast_listener *multicast_routers(const void *state, size_t *n)
{
    const struct multicast *m = state;

    *n = m->routers.n;
    return m->routers.list;
}

/* --- Ageing ----------------------------------------------------------------------------------- */

static void expire(void *aux, struct timer *timer)
{
    struct multicast *m = aux;
    mono_t next = MONO_NEVER, now = ctl_now(m->ctl);
    bool routers_changed = ports_expire(&m->routers, now, &next) > 0;

    for (size_t i = m->n_groups; i-- > 0;) {
        struct group *g = m->groups[i];
        size_t n = ports_expire(&g->listeners, now, &next);

        m->n.expired += n;
        m->n_listeners -= n;
        if (n > 0 || routers_changed) {
            write_group(m, g);
        }
        if (g->listeners.n == 0) {
            group_remove(m, g);
        }
    }
    if (!mono_due(next, now) && mono_before(next, MONO_NEVER)) {
        timer_set(ctl_timers(m->ctl), timer, next);
    }
}

/* Looks for what is due at once, and finds out what is next. */
static void expire_soon(struct multicast *m)
{
    timer_set(ctl_timers(m->ctl), &m->expire, ctl_now(m->ctl));
}

/* --- Queries ---------------------------------------------------------------------------------- */

/* Sends the frame to ports of 'dp': 'only', or all edge ports (OF_PORT_ANY). */
static void send_out(struct datapath *dp, port_no_t only, const struct buf *frame)
{
    size_t n_ports, n = 0;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);
    struct of_action *out = xcalloc(n_ports + 1, sizeof(*out));

    for (size_t i = 0; i < n_ports; i++) {
        port_no_t port = ports[i].desc.port_no;

        if (ports[i].kind == PORT_EDGE && (only == OF_PORT_ANY || only == port)) {
            out[n++] = of_output(port);
        }
    }
    if (n > 0) {
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, out, n, frame->data, frame->len);
    }
    free(out);
}

/* The source 0.0.0.0 is one that no router yields to (RFC 4541 §2.1.1). */
static void send_query(struct multicast *m, struct datapath *dp, port_no_t port, bool is_v6,
                       const struct ipv6_addr *group, uint32_t max_resp_ms)
{
    struct buf frame = BUF_INIT;
    uint8_t interval = (uint8_t)m->settings.query_s;

    if (is_v6) {
        pkt_build_mld_query(&frame, QUERIER_MAC, group, max_resp_ms, interval);
    } else {
        pkt_build_igmp_query(&frame, QUERIER_MAC, 0, group, max_resp_ms, interval);
    }
    m->n.queries_sent++;
    send_out(dp, port, &frame);
    buf_fini(&frame);
}

static void query_all(struct multicast *m, struct datapath *dp)
{
    static const struct ipv6_addr none;

    if (m->routers.n == 0) {
        send_query(m, dp, OF_PORT_ANY, false, &none, MAX_RESP_MS);
        send_query(m, dp, OF_PORT_ANY, true, &none, MAX_RESP_MS);
    }
}

/* One switch; the next one follows after its part of the interval. */
static void query_next(void *aux, struct timer *timer)
{
    struct multicast *m = aux;
    size_t n, i = 0;
    struct datapath *const *dps = datapath_all(m->ctl, &n);
    int64_t interval_ns = m->settings.query_s * NS_PER_S;

    while (i < n && datapath_id(dps[i]) <= m->asked) {
        i++;
    }
    if (n > 0) {
        struct datapath *dp = dps[i < n ? i : 0];

        m->asked = datapath_id(dp);
        if (datapath_is_ready(dp)) {
            query_all(m, dp);
        }
    }
    timer_set(ctl_timers(m->ctl), timer,
              mono_add(ctl_now(m->ctl), interval_ns / (int64_t)(n ? n : 1)));
}

/* --- Reports ---------------------------------------------------------------------------------- */

/* Never pruned: RFC 4541 §2.1.2, RFC 4291 §2.7. */
static bool is_link_local(const struct ipv6_addr *group)
{
    return pkt_is_mapped(group) ? pkt_unmap_ipv4(group) >> 8 == 0xe00000 : (group->b[1] & 0xf) <= 2;
}

static size_t count_groups_of(const struct multicast *m, dpid_t dpid, port_no_t port)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_groups; i++) {
        n += ports_find(&m->groups[i]->listeners, dpid, port) != NULL;
    }
    return n;
}

static void listen(struct multicast *m, const struct ctl_packet *packet,
                   const struct ipv6_addr *addr)
{
    dpid_t dpid = datapath_id(packet->dp);
    struct group *g = group_find(m, addr);
    struct multicast_listener *l = g ? ports_find(&g->listeners, dpid, packet->in_port) : NULL;
    mono_t until = mono_add(ctl_now(m->ctl), m->settings.listen_ns);

    if (l) {
        l->until = until;
        return;
    }
    if ((!g && m->n_groups >= m->settings.max_groups) ||
        m->n_listeners >= m->settings.max_listeners ||
        count_groups_of(m, dpid, packet->in_port) >= m->settings.max_per_port) {
        m->n.limited++;
        LOG_LIMITED(ctl_log(m->ctl), &m->limit, LOG_WARN,
                    "port %u of switch " DPID_FMT " listens to too many groups", packet->in_port,
                    DPID_ARGS(dpid));
        return;
    }
    g = g ? g : group_add(m, addr);
    ports_add(&g->listeners, dpid, packet->in_port, until);
    m->n_listeners++;
    write_group(m, g);
    expire_soon(m);
}

static void leave(struct multicast *m, const struct ctl_packet *packet,
                  const struct ipv6_addr *addr)
{
    struct group *g = group_find(m, addr);
    struct multicast_listener *l =
        g ? ports_find(&g->listeners, datapath_id(packet->dp), packet->in_port) : NULL;
    mono_t until = mono_add(ctl_now(m->ctl), m->settings.last_member_ns);

    m->n.leaves++;
    if (l && mono_before(until, l->until)) {
        l->until = until;
        send_query(m, packet->dp, packet->in_port, !pkt_is_mapped(addr), addr, LAST_RESP_MS);
        expire_soon(m);
    }
}

static void on_record(struct multicast *m, const struct ctl_packet *packet,
                      const struct pkt_igmp_record *r)
{
    bool is_include = r->type == PKT_IGMP_IS_INCLUDE || r->type == PKT_IGMP_TO_INCLUDE;

    if (is_link_local(&r->group) || r->type == PKT_IGMP_BLOCK) {
        return;
    }
    if (is_include && r->n_sources == 0) {
        leave(m, packet, &r->group);
    } else {
        m->n.reports++;
        listen(m, packet, &r->group);
    }
}

/* Routers know from the reports what they have to send. */
static void pass_to_routers(struct multicast *m, const struct ctl_packet *packet)
{
    for (size_t i = 0; i < m->routers.n; i++) {
        const struct multicast_listener *r = &m->routers.list[i];

        if (r->dpid != datapath_id(packet->dp) || r->port != packet->in_port) {
            emit(m->ctl, r->dpid, r->port, packet->frame, packet->len);
        }
    }
}

/* A query from 0.0.0.0 is one of a switch that snoops, too (RFC 4541 §2.1.1). */
static enum ctl_verdict on_query(struct multicast *m, const struct ctl_packet *packet,
                                 const struct pkt_igmp *igmp)
{
    dpid_t dpid = datapath_id(packet->dp);
    struct multicast_listener *r = ports_find(&m->routers, dpid, packet->in_port);
    mono_t until = mono_add(ctl_now(m->ctl), m->settings.router_ns);

    m->n.queries_heard++;
    if (!igmp->is_v6 && pkt_unmap_ipv4(&igmp->source) == 0) {
        return CTL_CONTINUE;
    }
    if (r) {
        r->until = until;
    } else if (m->routers.n < m->settings.max_per_port) {
        ports_add(&m->routers, dpid, packet->in_port, until);
        write_all(m);
        expire_soon(m);
    }
    return CTL_CONTINUE;
}

static enum ctl_verdict on_igmp(struct multicast *m, const struct ctl_packet *packet)
{
    struct pkt_igmp igmp;
    enum err err = pkt_igmp_parse(packet->frame, packet->len, packet->pkt, &igmp);

    if (err) {
        m->n.bad++;
        return CTL_STOP;
    }
    if (igmp.kind == PKT_IGMP_QUERY) {
        return on_query(m, packet, &igmp);
    }
    m->n.limited += igmp.is_cut;
    for (size_t i = 0; i < igmp.n_records; i++) {
        on_record(m, packet, &igmp.records[i]);
    }
    pass_to_routers(m, packet);
    return CTL_STOP;
}

/* --- Frames ----------------------------------------------------------------------------------- */

/* True when the Ethernet address is that of the group (RFC 1112 §6.4, RFC 2464 §7). */
static bool is_address_of(struct eth_addr mac, const struct ipv6_addr *group)
{
    uint64_t prefix = UINT64_C(0x01005e000000);

    return pkt_is_mapped(group) ? eth_addr_u64(mac) == (prefix | (pkt_unmap_ipv4(group) & 0x7fffff))
                                : eth_addr_eq(mac, pkt_ipv6_multicast_eth(group));
}

/* The group that a frame is for. False when it is for none that is pruned. */
static bool group_of(const struct pkt *p, struct ipv6_addr *out)
{
    if (!eth_addr_is_multicast(p->eth_dst) || p->n_vlans > 0) {
        return false;
    }
    if (pkt_has(p, PKT_IPV4) && p->ipv4.dst >> 28 == 0xe) {
        *out = pkt_map_ipv4(p->ipv4.dst);
    } else if (pkt_has(p, PKT_IPV6) && p->ipv6.dst.b[0] == 0xff) {
        *out = p->ipv6.dst;
    } else {
        return false;
    }
    return !is_link_local(out) && is_address_of(p->eth_dst, out);
}

static void send_to(struct multicast *m, const struct ports *ports, const struct ports *except,
                    const struct ctl_packet *packet)
{
    struct buf frame = BUF_INIT;

    buf_put(&frame, packet->frame, packet->len);
    for (size_t i = 0; i < ports->n; i++) {
        const struct multicast_listener *l = &ports->list[i];
        struct datapath *dp = datapath_find(m->ctl, l->dpid);
        bool is_back = dp == packet->dp && l->port == packet->in_port;

        if (dp && !is_back && !(except && ports_find(except, l->dpid, l->port)) &&
            !interest_domains_has_port(m->domains, l->dpid, l->port) &&
            networks_may_reach(m->networks, packet, l->dpid, l->port)) {
            send_out(dp, l->port, &frame);
        }
    }
    buf_fini(&frame);
}

static enum ctl_verdict on_frame(struct multicast *m, const struct ctl_packet *packet,
                                 const struct ipv6_addr *addr)
{
    const struct group *g = group_find(m, addr);

    if (packet->len < packet->total_len ||
        !bucket_map_take(&m->frames, datapath_id(packet->dp), ctl_now(m->ctl))) {
        m->n.frames_limited++;
        return CTL_STOP;
    }
    if (g) {
        m->n.frames++;
        send_to(m, &g->listeners, NULL, packet);
        interest_domains_group_sender(m->domains, addr, datapath_id(packet->dp), packet->in_port);
    } else {
        m->n.unregistered++;
    }
    send_to(m, &m->routers, g ? &g->listeners : NULL, packet);
    return CTL_STOP;
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct multicast *m = state;
    struct ipv6_addr group;

    if (!m->settings.enabled || !datapath_is_edge(packet->dp, packet->in_port) ||
        packet->pkt->n_vlans > 0) {
        return CTL_CONTINUE;
    }
    if (pkt_is_igmp(packet->pkt)) {
        return on_igmp(m, packet);
    }
    return group_of(packet->pkt, &group) ? on_frame(m, packet, &group) : CTL_CONTINUE;
}

/* --- Module ----------------------------------------------------------------------------------- */

/* Nobody listens at a port that is gone. */
static void drop_port(struct multicast *m, dpid_t dpid, port_no_t port)
{
    struct multicast_listener *l = ports_find(&m->routers, dpid, port);
    bool any = l != NULL;

    if (l) {
        l->until = ctl_now(m->ctl);
    }
    for (size_t i = 0; i < m->n_groups; i++) {
        l = ports_find(&m->groups[i]->listeners, dpid, port);
        if (l) {
            l->until = ctl_now(m->ctl);
            any = true;
        }
    }
    if (any) {
        expire_soon(m);
    }
}

static void on_port_down(void *state, const struct ctl_event *event)
{
    drop_port(state, datapath_id(event->dp), event->port_no);
}

static void on_link_up(void *state, const struct ctl_event *event)
{
    drop_port(state, event->link->src_dpid, event->link->src_port);
}

static void on_up(void *state, const struct ctl_event *event)
{
    struct multicast *m = state;

    (void)event;
    if (m->settings.enabled && !timer_is_set(&m->query)) {
        timer_set(ctl_timers(m->ctl), &m->query, mono_add(ctl_now(m->ctl), NS_PER_S));
    }
}

static void stop(void *state)
{
    struct multicast *m = state;

    timer_cancel(ctl_timers(m->ctl), &m->expire);
    timer_cancel(ctl_timers(m->ctl), &m->query);
    while (m->n_groups > 0) {
        group_remove(m, m->groups[m->n_groups - 1]);
    }
    free(m->groups);
    free(m->routers.list);
    bucket_map_fini(&m->frames);
    free(m);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct multicast *m = xcalloc(1, sizeof(*m));

    (void)id;
    m->ctl = ctl;
    m->domains = ctl_module_state(ctl, "interest_domains");
    m->networks = ctl_module_state(ctl, "logical_networks");
    m->settings =
        settings ? *(const struct multicast_settings *)settings : multicast_settings_default();
    m->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    bucket_map_init(&m->frames, m->settings.dp_frames_per_s, m->settings.dp_frames_burst);
    timer_init(&m->expire, expire, m);
    timer_init(&m->query, query_next, m);
    if (!m->domains || m->settings.query_s < 1 || m->settings.query_s > 127) {
        stop(m);
        return ERR_RANGE;
    }
    *state = m;
    return ERR_OK;
}

const struct ctl_module multicast_module = {
    .name = "multicast",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_MULTICAST,
    .on = {[CTL_PORT_DOWN] = on_port_down,
           [CTL_LINK_UP] = on_link_up,
           [CTL_DATAPATH_UP] = on_up},
};
