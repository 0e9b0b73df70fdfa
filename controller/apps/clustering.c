/* See clustering.h; what is where: cluster.h. */
#include "controller/apps/clustering.h"

#include <stdlib.h>

#include "controller/apps/cluster.h"
#include "controller/apps/ecmp.h"
#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"

LOG_MODULE(clustering);

#define REFRESHES_PER_S 100

struct clustering_settings clustering_settings_default(void)
{
    return (struct clustering_settings){
        .label_min = 2,
        .label_max = 3071,
        .ecmp = true,
        .fast_failover = false,
        .hold_s = 300,
        .label_hold_ns = 86400 * NS_PER_S,
        .max_frames_per_miss = 64,
        .max_frames = 16384,
        .adopt_hold_ns = 60 * NS_PER_S,
        .adopt_settle_ns = 2 * NS_PER_S,
        .retry_ns = NS_PER_S,
    };
}

struct clustering_counters clustering_counters(const void *state)
{
    const struct clustering *c = state;

    return c->n;
}

uint16_t clustering_label(const void *state, dpid_t dpid)
{
    const struct clustering *c = state;

    return labels_find(&c->labels, dpid);
}

void clustering_each_label(const void *state, clustering_label_fn *fn, void *aux)
{
    const struct clustering *c = state;
    dpid_t dpid;

    for (unsigned label = c->labels.min; label <= c->labels.max; label++) {
        if (labels_owner(&c->labels, (uint16_t)label, &dpid)) {
            fn(aux, (uint16_t)label, dpid);
        }
    }
}

bool clustering_path(const void *state, dpid_t from, dpid_t to, struct path *out)
{
    const struct clustering *c = state;
    uint16_t label = labels_find(&c->labels, to);

    return c->settings.ecmp && label != LABEL_NONE ? ecmp_find(c->ctl, from, to, label, out)
                                                   : paths_find(c->ctl, from, to, out);
}

/* --- Packet-ins ------------------------------------------------------------------------------- */

/* True for a frame that a switch has given one of our labels. The port does not tell: that of a
 * link which is not discovered yet looks like an edge. */
static bool is_labelled(const struct clustering *c, const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;
    dpid_t owner;

    return pkt->n_vlans > 0 &&
           (pkt->vlan[0].tpid == PKT_TYPE_VLAN || c->settings.carrier == CLUSTER_VLAN_AD) &&
           !cluster_is_tagged(c, packet) && labels_owner(&c->labels, pkt->vlan[0].vid, &owner);
}

static bool is_from_host(const struct ctl_packet *packet, bool tagged)
{
    const struct dp_port *port = packet->port;

    return port && port->kind != PORT_LINK && (tagged || packet->pkt->n_vlans == 0);
}

static bool is_ip(const struct ctl_packet *packet)
{
    return packet->pkt->eth_type == PKT_TYPE_IPV4 || packet->pkt->eth_type == PKT_TYPE_IPV6;
}

/* The host for which 'packet' is, when it can be served by label. */
static struct host *destination(struct clustering *c, const struct ctl_packet *packet)
{
    dpid_t dpid = datapath_id(packet->dp);
    struct host *host = hosts_find(c->ctl, packet->pkt->eth_dst);

    if (!host || (host_dpid(host) != dpid && !cluster_route_exists(c, dpid, host_dpid(host)))) {
        return NULL;
    }
    return host;
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct clustering *c = state;
    bool tagged = cluster_is_tagged(c, packet), is_pair;
    struct host *host;

    if (is_labelled(c, packet)) {
        cluster_labelled(c, packet);
        return CTL_STOP;
    }
    if (!is_ip(packet) || !is_from_host(packet, tagged)) {
        return CTL_CONTINUE;
    }
    is_pair = tagged || networks_is_guarded(c->networks, packet->pkt->eth_dst);
    if (!is_pair && cluster_miss_ready(c, packet)) {
        return CTL_STOP;
    }
    host = destination(c, packet);
    if (!host) {
        return CTL_CONTINUE;
    }
    cluster_miss_packet(c, packet, host, is_pair);
    return CTL_STOP;
}

/* At a miss, and in part already when a way is ready. */
static void look(const void *state, const struct ctl_look *look)
{
    const struct clustering *c = state;

    if (look->step < 3) {
        cluster_ready_look(&c->ready, look);
    }
    if (look->host) {
        cluster_miss_look(c, look);
    }
}

/* --- Events ----------------------------------------------------------------------------------- */

/* 'flow' is not, or no longer, on its switch. */
static void forget_ways(struct clustering *c, const struct flow_entry *flow)
{
    struct of_match match;

    if (cluster_cookie_kind(flow_entry_cookie(flow)) == CLUSTER_INGRESS) {
        flow_entry_match(flow, &match);
        cluster_ready_forget(&c->ready, flow_entry_dpid(flow), match.v.eth_dst);
    } else {
        cluster_ready_forget_all(&c->ready);
    }
}

static void ingress_left(struct clustering *c, const struct flow_entry *flow, bool expired)
{
    struct of_match match;

    if (holding_measures(c->holding)) {
        flow_entry_match(flow, &match);
        holding_left(c->holding, flow_entry_dpid(flow), match.v.eth_dst, expired);
    }
}

/* A permanent entry was taken away by somebody else, or one with a time-out has expired. */
static void on_removed(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;
    const struct flow_entry *flow = event->flow;
    uint64_t cookie = flow_entry_cookie(flow);
    const struct host *host;
    struct flow_spec spec;
    dpid_t owner;

    forget_ways(c, flow);
    if (failover_is_used(c->failover) && cluster_entry_way(flow).alt != OF_PORT_ANY) {
        failover_look(c->failover, flow_entry_dpid(flow));
    }
    switch (cluster_cookie_kind(cookie)) {
    case CLUSTER_REVERSE:
        flow_entry_spec(flow, &spec);
        host = hosts_find(c->ctl, spec.match.v.eth_dst);
        if (host && host_dpid(host) == flow_entry_dpid(flow)) {
            cluster_host_want(c, host);
        }
        return;
    case CLUSTER_OWN:
    case CLUSTER_TRANSIT:
        if (labels_owner(&c->labels, cluster_cookie_label(cookie), &owner)) {
            cluster_tree_lost(c, owner);
        }
        return;
    case CLUSTER_INGRESS:
        ingress_left(c, flow, event->reason == OF_REMOVED_IDLE_TIMEOUT);
        return;
    case CLUSTER_GUARD:
        cluster_guard_ports(c, flow_entry_dpid(flow));
        return;
    case CLUSTER_PAIR:
        return;
    }
}

static void on_failed(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    forget_ways(c, event->flow);
    if (cluster_cookie_kind(flow_entry_cookie(event->flow)) == CLUSTER_INGRESS) {
        ingress_left(c, event->flow, false);
    }
    c->n.flows_failed++;
    /* Of full tables the core gives notice; that a host is guarded now is no failure. */
    if (event->error != OF_ERR_FLOW_TABLE_FULL &&
        !(event->error == OF_ERR_FLOW_EPERM && c->networks)) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_WARN,
                    "switch " DPID_FMT " refuses an entry: %s", DPID_ARGS(datapath_id(event->dp)),
                    of_err_name(event->error));
    }
}

/* Some ways are new, or some that were ready may be wrong now. What is said of one entry is looked at
 * where it is handled. */
static void on_up(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;
    dpid_t dpid = datapath_id(event->dp);

    cluster_ready_forget_all(&c->ready);
    labels_seen(&c->labels, dpid, ctl_now(c->ctl));
    failover_datapath_up(c->failover, event->dp);
    cluster_adopt_check(c, dpid);
    cluster_repair_later(c);
}

static void on_down(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    cluster_ready_forget_all(&c->ready);
    labels_seen(&c->labels, datapath_id(event->dp), ctl_now(c->ctl));
    cluster_repair_soon(c);
}

static void on_way(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    cluster_ready_forget_all(&c->ready);
    if (event->type == CTL_LINK_UP) { /* What looked like an edge is none. */
        cluster_guard_ports(c, event->link->src_dpid);
        cluster_guard_ports(c, event->link->dst_dpid);
    }
    if (event->type == CTL_PORT_UP || event->type == CTL_LINK_UP) {
        cluster_repair_later(c);
    } else {
        cluster_repair_soon(c);
    }
}

/* While somebody else writes to a switch, what it has is not known. */
static void on_role(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    (void)event;
    cluster_ready_forget_all(&c->ready);
    cluster_repair_soon(c);
}

/* A switch may lack what is wanted, or have room for it again. */
static void on_doubt(void *state, const struct ctl_event *event)
{
    (void)event;
    cluster_repair_soon(state);
}

static void on_group_failed(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    failover_group_failed(c->failover, event->dp);
}

static void on_host(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    cluster_guard_ports(c, host_dpid(event->host));
    if (event->type == CTL_HOST_ADDED) {
        cluster_host_want(c, event->host);
        return;
    }
    cluster_ready_forget_all(&c->ready);
    if (event->type == CTL_HOST_MOVED) {
        cluster_host_moved(c, event->host, event->old_dpid);
    } else {
        cluster_host_gone(c, event->host);
    }
}

static void on_adopted(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    cluster_ready_forget_all(&c->ready);
    cluster_adopt(c, datapath_id(event->dp), event->flow);
}

static void on_deferred(void *state, const struct ctl_event *event)
{
    struct clustering *c = state;

    c->n.flows_failed++;
    forget_ways(c, event->flow);
}

/* --- Module ----------------------------------------------------------------------------------- */

static bool settings_ok(const struct clustering_settings *s)
{
    return s->label_min >= LABEL_MIN && s->label_min <= s->label_max && s->label_max <= LABEL_MAX &&
           s->hold_s > 0 && (s->carrier == CLUSTER_VLAN || s->carrier == CLUSTER_VLAN_AD);
}

static enum err load_labels(struct clustering *c)
{
    unsigned n_ignored;
    enum err err = labels_init(&c->labels, c->settings.label_min, c->settings.label_max,
                               ctl_store(c->ctl), "labels", &n_ignored);

    if (err) {
        LOG_ERROR(ctl_log(c->ctl), "cannot read the stored labels: %s", err_text(err));
        labels_fini(&c->labels);
    } else if (n_ignored > 0) {
        LOG_WARN(ctl_log(c->ctl), "%u stored labels are not usable and were left out", n_ignored);
    }
    return err;
}

static void hold_again(void *aux, dpid_t dpid, struct eth_addr host)
{
    cluster_miss_hold_again(aux, dpid, host);
}

static void failover_changed(void *aux)
{
    cluster_trees_doubt(aux);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct clustering *c = xcalloc(1, sizeof(*c));
    enum err err;

    c->ctl = ctl;
    c->id = id;
    c->settings =
        settings ? *(const struct clustering_settings *)settings : clustering_settings_default();
    err = settings_ok(&c->settings) ? load_labels(c) : ERR_RANGE;
    if (err) {
        free(c);
        return err;
    }
    c->holding = ctl_module_state(ctl, "holding_time");
    holding_listen(c->holding, hold_again, c);
    c->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    labels_seen_all(&c->labels, ctl_now(ctl));
    bucket_init(&c->refreshes, REFRESHES_PER_S, REFRESHES_PER_S);
    cluster_misses_init(c);
    cluster_ready_init(&c->ready);
    c->failover = failover_new(ctl, id, c->settings.fast_failover, failover_changed, c);
    cluster_trees_init(c);
    cluster_adopt_init(c);
    c->networks = ctl_module_state(ctl, "logical_networks");
    *state = c;
    return ERR_OK;
}

static void stop(void *state)
{
    struct clustering *c = state;

    holding_listen(c->holding, NULL, NULL);
    cluster_misses_fini(c);
    cluster_adopt_fini(c);
    cluster_trees_fini(c);
    cluster_ready_fini(&c->ready);
    failover_free(c->failover);
    labels_fini(&c->labels);
    free(c);
}

static size_t memory(const void *state)
{
    const struct clustering *c = state;

    return alloc_bytes(sizeof *c) + cluster_trees_bytes(c) + cluster_ready_bytes(&c->ready);
}

const struct ctl_module clustering_module = {
    .name = "clustering",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_UNICAST | 1u << PACKET_ADDRESS,
    .look = look,
    .memory = memory,
    .on = {[CTL_DATAPATH_UP] = on_up,
           [CTL_DATAPATH_DOWN] = on_down,
           [CTL_PORT_UP] = on_way,
           [CTL_PORT_DOWN] = on_way,
           [CTL_LINK_UP] = on_way,
           [CTL_LINK_DOWN] = on_way,
           [CTL_GROUP_FAILED] = on_group_failed,
           [CTL_OBJECT_FORWARDED] = on_doubt,
           [CTL_TABLE_EASED] = on_doubt,
           [CTL_ROLE] = on_role,
           [CTL_HOST_ADDED] = on_host,
           [CTL_HOST_MOVED] = on_host,
           [CTL_HOST_GONE] = on_host,
           [CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_FAILED] = on_failed,
           [CTL_FLOW_DEFERRED] = on_deferred},
};
