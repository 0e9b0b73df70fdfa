/* Entries of moved flows: laid from the destination outwards, taken away from the source on. */
#include <stdlib.h>

#include "controller/apps/clustering.h"
#include "controller/apps/elephant.h"
#include "controller/apps/link_costs.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt.h"

LOG_MODULE(elephants);

/* A stage for each switch, and one for what is taken away. */
#define MAX_HOPS (TXN_MAX_STAGES - 1)

/* By how much the entries behind the first one outlive it, which sends to them. */
#define LONGER_S 2

/* How often it is tried to take a way away in order, when a switch of it is not connected. */
#define MAX_TRIES 12

/* --- Entries ---------------------------------------------------------------------------------- */

static uint32_t ipv4_of(const struct ipv6_addr *addr)
{
    return be_get32(addr->b + 12);
}

static void match_ports(const struct elephant_flow *flow, struct of_match *out)
{
    switch (flow->proto) {
    case PKT_PROTO_TCP:
        OF_MATCH_SET(out, TCP_SRC, tcp_src, flow->sport);
        OF_MATCH_SET(out, TCP_DST, tcp_dst, flow->dport);
        return;
    case PKT_PROTO_UDP:
        OF_MATCH_SET(out, UDP_SRC, udp_src, flow->sport);
        OF_MATCH_SET(out, UDP_DST, udp_dst, flow->dport);
        return;
    case PKT_PROTO_SCTP:
        OF_MATCH_SET(out, SCTP_SRC, sctp_src, flow->sport);
        OF_MATCH_SET(out, SCTP_DST, sctp_dst, flow->dport);
        return;
    default:
        return;
    }
}

static void way_match(const struct elephant_flow *flow, struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, VLAN_VID, vlan_vid, OF_VID_NONE);
    OF_MATCH_SET(out, ETH_SRC, eth_src, flow->eth_src);
    OF_MATCH_SET(out, ETH_DST, eth_dst, flow->eth_dst);
    OF_MATCH_SET(out, ETH_TYPE, eth_type, flow->is_ipv6 ? PKT_TYPE_IPV6 : PKT_TYPE_IPV4);
    if (flow->is_ipv6) {
        OF_MATCH_SET(out, IPV6_SRC, ipv6_src, flow->ip_src);
        OF_MATCH_SET(out, IPV6_DST, ipv6_dst, flow->ip_dst);
    } else {
        OF_MATCH_SET(out, IPV4_SRC, ipv4_src, ipv4_of(&flow->ip_src));
        OF_MATCH_SET(out, IPV4_DST, ipv4_dst, ipv4_of(&flow->ip_dst));
    }
    if (flow->proto) {
        OF_MATCH_SET(out, IP_PROTO, ip_proto, flow->proto);
        match_ports(flow, out);
    }
}

struct flow *way_flow_of(const struct elephants *e, const struct of_match *match)
{
    for (struct hmap_node *it = hmap_first(&e->flows); it; it = hmap_next(&e->flows, it)) {
        struct flow *flow = HMAP_ENTRY(it, struct flow, node);
        struct of_match own;

        if (flow->elephant && flow->elephant->n_touched) {
            way_match(&flow->key, &own);
            if (of_match_eq(&own, match)) {
                return flow;
            }
        }
    }
    return NULL;
}

static uint16_t longer_s(uint16_t idle_s)
{
    return idle_s > UINT16_MAX - LONGER_S ? UINT16_MAX : (uint16_t)(idle_s + LONGER_S);
}

static void add_entry(struct txn *txn, unsigned stage, const struct flow *flow, dpid_t dpid,
                      port_no_t port)
{
    const struct elephants *e = flow->e;
    struct of_action action = of_output(port);
    bool is_first = dpid == flow->elephant->way.hops[0].dpid;
    struct flow_spec spec = {.priority = PRIORITY_ELEPHANT,
                             .cookie = flow_cookie(e->id, flow->elephant->id),
                             .idle_timeout_s =
                                 is_first ? e->settings.idle_s : longer_s(e->settings.idle_s),
                             .importance = FLOW_IMPORTANCE_FLOW,
                             .ins = of_apply(&action, 1)};

    way_match(&flow->key, &spec.match);
    txn_add(txn, stage, dpid, &spec);
}

static void remove_entry(struct txn *txn, unsigned stage, const struct flow *flow, dpid_t dpid)
{
    struct of_match match;

    way_match(&flow->key, &match);
    txn_remove(txn, stage, dpid, 0, PRIORITY_ELEPHANT, &match);
}

/* --- Ways ------------------------------------------------------------------------------------- */

static bool is_on(const struct path *way, dpid_t dpid)
{
    for (size_t i = 0; i < way->n; i++) {
        if (way->hops[i].dpid == dpid) {
            return true;
        }
    }
    return false;
}

static bool is_same(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->n && a->n == b->n; i++) {
        if (a->hops[i].dpid != b->hops[i].dpid || a->hops[i].out_port != b->hops[i].out_port) {
            return false;
        }
    }
    return a->n == b->n;
}

static bool is_whole(const struct elephants *e, const struct path *way)
{
    for (size_t i = 0; i + 1 < way->n; i++) {
        const struct link *link =
            topology_link_at(e->ctl, way->hops[i].dpid, way->hops[i].out_port);

        if (!link || link->dst_dpid != way->hops[i + 1].dpid ||
            !topology_link_at(e->ctl, link->dst_dpid, link->dst_port)) {
            return false;
        }
    }
    return true;
}

/* False when an end is not known, or both are at the same switch. */
static bool ends_of(const struct flow *flow, dpid_t *from, const struct host **dst)
{
    const struct host *src = hosts_find(flow->e->ctl, flow->key.eth_src);

    *dst = hosts_find(flow->e->ctl, flow->key.eth_dst);
    *from = src ? host_dpid(src) : 0;
    return src && *dst && host_dpid(*dst) != *from;
}

/* Where frames go without an elephant's entries. */
static bool ordinary_way(struct ctl *ctl, dpid_t from, dpid_t to, struct path *out)
{
    const void *clustering = ctl_module_state(ctl, "clustering");

    return clustering ? clustering_path(clustering, from, to, out) : paths_find(ctl, from, to, out);
}

bool way_now(const struct flow *flow, struct path *out)
{
    const struct host *dst;
    dpid_t from;

    if (flow->elephant && flow->elephant->has_way) {
        *out = flow->elephant->way;
        return true;
    }
    return ends_of(flow, &from, &dst) &&
           ordinary_way(flow->e->ctl, from, host_dpid(dst), out);
}

/* An entry of IPv6 cannot be said to a switch of 1.0; and it must be remembered who has one. */
static bool can_be_laid(const struct flow *flow, const struct path *way)
{
    for (size_t i = 0; flow->key.is_ipv6 && i < way->n; i++) {
        const struct datapath *dp = datapath_find(flow->e->ctl, way->hops[i].dpid);

        if (dp && datapath_version(dp) == OF_VERSION_1_0) {
            return false;
        }
    }
    return way->n >= 2 && way->n <= MAX_HOPS &&
           (!flow->elephant || flow->elephant->n_touched + way->n <= ELEPHANT_MAX_TOUCHED);
}

static void forget_elephant(struct flow *flow)
{
    flow->e->n_elephants--;
    free(flow->elephant);
    flow->elephant = NULL;
}

bool way_touch(struct elephant *elephant, dpid_t dpid)
{
    size_t i = 0;

    while (i < elephant->n_touched && elephant->touched[i] != dpid) {
        i++;
    }
    if (i == ELEPHANT_MAX_TOUCHED) {
        return false;
    }
    elephant->touched[i] = dpid;
    elephant->n_touched += i == elephant->n_touched;
    return true;
}

static void touch_way_only(struct elephant *elephant)
{
    elephant->n_touched = 0;
    for (size_t i = 0; i < elephant->way.n; i++) {
        way_touch(elephant, elephant->way.hops[i].dpid);
    }
}

static void take_away(struct flow *flow);

static void laid(void *aux, enum err result)
{
    struct flow *flow = aux;
    struct elephant *elephant = flow->elephant;
    struct elephants *e = flow->e;

    elephant->is_busy = false;
    if (elephant->is_leaving) {
        take_away(flow);
        return;
    }
    if (result == ERR_FULL || result == ERR_STATE) {
        LOG_LIMITED(ctl_log(e->ctl), &e->limit, LOG_WARN, "a switch refuses the way of flow %u: %s",
                    elephant->id, err_text(result));
        way_release(flow, &e->n.refused);
        return;
    }
    elephant->is_unfinished = result == ERR_CLOSED;
    if (result == ERR_OK) {
        touch_way_only(elephant);
    }
    if (elephant->looks_again) {
        elephant->looks_again = false;
        way_check(flow);
    }
}

/* What led along the old way is replaced where the new one passes, and taken away elsewhere. A switch that
 * is lost meanwhile ends it: what it has leads along the old way, or into the hands of the apps below, who
 * may lead back. */
static void lay(struct flow *flow, const struct path *way, const struct host *dst)
{
    struct elephant *elephant = flow->elephant;
    struct txn *txn = txn_begin(flow->e->ctl);
    unsigned n = (unsigned)way->n;
    struct of_match match;

    way_match(&flow->key, &match);
    found_take(flow, &match);
    txn_keep_order(txn);
    elephant->way = *way;
    for (unsigned i = n; i-- > 0;) {
        port_no_t port = i + 1 == n ? host_port(dst) : way->hops[i].out_port;

        add_entry(txn, n - 1 - i, flow, way->hops[i].dpid, port);
    }
    for (size_t i = 0; i < elephant->n_touched; i++) {
        if (!is_on(way, elephant->touched[i])) {
            remove_entry(txn, n, flow, elephant->touched[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        way_touch(elephant, way->hops[i].dpid);
    }
    elephant->has_way = elephant->is_busy = true;
    txn_commit(txn, laid, flow);
}

static void lay_new(struct flow *flow, const struct path *way, const struct host *dst)
{
    flow->elephant->n_moves++;
    flow->elephant->moved_at = ctl_now(flow->e->ctl);
    lay(flow, way, dst);
}

/* --- Moving ----------------------------------------------------------------------------------- */

static bool has_rested(const struct flow *flow)
{
    int64_t rest_ns = 2 * link_costs_period_ns(flow->e->costs);

    return flow->elephant->n_moves == 0 ||
           mono_diff_ns(ctl_now(flow->e->ctl), flow->elephant->moved_at) >= rest_ns;
}

/* The first period of a flow is not a whole one: what it seems to lack would be taken for the load of
 * others. What is told counts at once. */
static bool is_known(const struct flow *flow)
{
    return flow->n_periods != 1;
}

/* True when '*better' leaves clearly more room than 'now' does. */
static bool find_better(struct flow *flow, const struct path *now, struct path *better)
{
    struct elephants *e = flow->e;
    double share = graph_share(e, now, flow->rate_bps);
    dpid_t to = now->hops[now->n - 1].dpid;

    return share * 100 >= e->settings.busy_percent && has_rested(flow) && is_known(flow) &&
           graph_way(e, now->hops[0].dpid, to, better) && !is_same(now, better) &&
           can_be_laid(flow, better) &&
           (share - graph_share(e, better, flow->rate_bps)) * 100 >= e->settings.gain_percent;
}

void way_consider(struct flow *flow)
{
    struct elephants *e = flow->e;
    struct path now, better;
    const struct host *dst;
    dpid_t from;

    if (!way_now(flow, &now)) {
        return;
    }
    if (!flow->elephant->is_busy && !flow->elephant->is_leaving && ends_of(flow, &from, &dst) &&
        find_better(flow, &now, &better)) {
        e->n.moves++;
        LOG_INFO(ctl_log(e->ctl), "flow %u of %.3g bit/s is moved: %.0f %% instead of %.0f %%",
                 flow->elephant->id, flow->rate_bps, graph_share(e, &better, flow->rate_bps) * 100,
                 graph_share(e, &now, flow->rate_bps) * 100);
        lay_new(flow, &better, dst);
        now = better;
    }
    graph_load(e, &now, flow->rate_bps);
}

void way_check(struct flow *flow)
{
    struct elephant *elephant = flow->elephant;
    struct elephants *e = flow->e;
    const struct host *dst;
    struct path way;
    dpid_t from;

    if (!elephant->has_way || elephant->is_leaving || is_whole(e, &elephant->way)) {
        return;
    }
    if (elephant->is_busy) {
        elephant->looks_again = true;
        return;
    }
    graph_update(e);
    if (!ends_of(flow, &from, &dst) || !graph_way(e, from, host_dpid(dst), &way) ||
        !can_be_laid(flow, &way)) {
        way_release(flow, &e->n.released_broken);
        return;
    }
    e->n.restorations++;
    lay_new(flow, &way, dst);
}

/* --- Giving back ------------------------------------------------------------------------------ */

/* Without the first switch it is tried again; in the end the switch is held to be dead, and what it still
 * has goes when it is idle. */
static void taken_away(void *aux, enum err result)
{
    struct flow *flow = aux;

    if (result == ERR_CLOSED && flow->elephant->n_tries < MAX_TRIES) {
        flow->elephant->is_busy = false;
        flow->elephant->is_unfinished = true;
    } else {
        forget_elephant(flow);
    }
}

/* The first switch first: then nothing comes to the others. */
static void take_away(struct flow *flow)
{
    struct elephant *elephant = flow->elephant;
    struct txn *txn = txn_begin(flow->e->ctl);

    if (++elephant->n_tries < MAX_TRIES) {
        txn_keep_order(txn);
    }
    for (size_t i = 0; i < elephant->n_touched; i++) {
        bool is_first = elephant->touched[i] == elephant->way.hops[0].dpid;

        remove_entry(txn, is_first ? 0 : 1, flow, elephant->touched[i]);
    }
    elephant->is_busy = elephant->is_leaving = true;
    txn_commit(txn, taken_away, flow);
}

void way_resume(struct flow *flow)
{
    struct elephant *elephant = flow->elephant;
    struct elephants *e = flow->e;
    const struct host *dst;
    dpid_t from;

    if (!elephant->is_unfinished || elephant->is_busy) {
        return;
    }
    elephant->is_unfinished = false;
    if (elephant->is_leaving) {
        take_away(flow);
    } else if (!is_whole(e, &elephant->way)) {
        way_check(flow);
    } else if (!ends_of(flow, &from, &dst)) {
        way_release(flow, &e->n.released_other);
    } else {
        lay(flow, &elephant->way, dst);
    }
}

void way_release(struct flow *flow, uint64_t *why)
{
    struct elephant *elephant = flow->elephant;

    if (elephant->is_leaving) {
        return;
    }
    (*why)++;
    told_ended(flow->e, flow);
    if (elephant->is_busy) {
        elephant->is_leaving = true; /* laid() goes on. */
    } else if (elephant->n_touched) {
        take_away(flow);
    } else {
        forget_elephant(flow);
    }
}
