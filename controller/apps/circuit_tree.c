/* See circuit_tree.h; what is where: circuit.h. */
#include "controller/apps/circuit_tree.h"

#include <stdlib.h>

#include "controller/apps/circuit.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

LOG_MODULE(circuit_tree);

struct circuit_tree_settings circuit_tree_settings_default(void)
{
    return (struct circuit_tree_settings){
        .alias_prefix = 0x0654,
        .max_roots = 64,
        .strays_per_s = 1000,
        .answers_per_s = 100,
        .retry_ns = NS_PER_S,
        .adopt_hold_ns = 60 * NS_PER_S,
        .adopt_settle_ns = 2 * NS_PER_S,
    };
}

bool circuit_tree_prefix_ok(uint16_t prefix)
{
    return (prefix >> 8 & 3) == 2;
}

struct circuit_tree_counters circuit_tree_counters(const void *state)
{
    const struct circuit *c = state;

    return c->n;
}

bool circuit_tree_alias_of(const void *state, dpid_t dpid, struct eth_addr *alias)
{
    const struct circuit *c = state;
    uint16_t id = labels_find(&c->ids, dpid);

    *alias = circuit_alias(c, id);
    return id != LABEL_NONE;
}

/* --- Events ----------------------------------------------------------------------------------- */

/* An entry was taken away by somebody else: none of ours has a time-out. */
static void on_removed(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;
    struct flow_spec spec;
    const struct host *host;

    if (circuit_cookie_kind(flow_entry_cookie(event->flow)) != CIRCUIT_REVERSE) {
        circuit_all_dirty(c);
        circuit_repair_soon(c);
        return;
    }
    flow_entry_spec(event->flow, &spec);
    host = hosts_find_ipv4(c->ctl, spec.match.v.ipv4_dst);
    if (host) {
        circuit_reverse_want(c, host);
    }
}

static void on_failed(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;

    c->n.flows_failed++;
    /* Of full tables the core gives notice; what logical_networks refuses is meant so. */
    if (event->error != OF_ERR_FLOW_TABLE_FULL && event->error != OF_ERR_FLOW_EPERM) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_WARN,
                    "switch " DPID_FMT " refuses an entry: %s", DPID_ARGS(datapath_id(event->dp)),
                    of_err_name(event->error));
    }
}

static void on_host(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;
    struct eth_addr mac = host_mac(event->host);
    bool is_gone = event->type == CTL_HOST_GONE;
    dpid_t dpid = host_dpid(event->host);

    if (event->type == CTL_HOST_ADDED || event->type == CTL_HOST_MOVED) {
        circuit_access_count(c, dpid, 1);
    }
    if (event->type == CTL_HOST_MOVED) {
        circuit_access_count(c, event->old_dpid, -1);
    } else if (is_gone) {
        circuit_access_count(c, dpid, -1);
    }
    circuit_roots_resolve(c);
    if (!is_gone) {
        circuit_reverse_want(c, event->host);
    }
    if (is_gone || event->type == CTL_HOST_MOVED) {
        circuit_reverse_clean(c, is_gone ? dpid : event->old_dpid, &mac);
    }
}

static void on_up(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;

    failover_datapath_up(c->failover, event->dp);
    circuit_repair_later(c);
}

static void on_group_failed(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;

    failover_group_failed(c->failover, event->dp);
}

static void on_better(void *state, const struct ctl_event *event)
{
    (void)event;
    circuit_repair_later(state);
}

static void on_worse(void *state, const struct ctl_event *event)
{
    (void)event;
    circuit_repair_soon(state);
}

static void on_doubt(void *state, const struct ctl_event *event)
{
    (void)event;
    circuit_all_dirty(state);
    circuit_repair_soon(state);
}

static void on_adopted(void *state, const struct ctl_event *event)
{
    circuit_adopt(state, datapath_id(event->dp), event->flow);
}

static void on_deferred(void *state, const struct ctl_event *event)
{
    struct circuit *c = state;

    (void)event;
    c->n.flows_failed++;
}

/* --- Module ----------------------------------------------------------------------------------- */

static enum err load(struct circuit *c)
{
    unsigned n_ignored;
    enum err err = labels_init(&c->ids, LABEL_MIN, LABEL_MAX, ctl_store(c->ctl), "cluster_ids",
                               &n_ignored);

    if (err) {
        LOG_ERROR(ctl_log(c->ctl), "cannot read the stored cluster ids: %s", err_text(err));
    } else if (n_ignored > 0) {
        LOG_WARN(ctl_log(c->ctl), "%u stored cluster ids are not usable and were left out",
                 n_ignored);
    }
    if (c->ids.by_dpid.n == 0) { /* Else there was a root once. */
        ctl_watch_packets(c->ctl, c->id, 0);
    }
    return err ? err : circuit_roots_load(c);
}

static void stop(void *state)
{
    struct circuit *c = state;

    circuit_adopt_fini(c);
    circuit_trees_fini(c);
    failover_free(c->failover);
    bucket_map_fini(&c->strays);
    labels_fini(&c->ids);
    free(c->roots);
    free(c);
}

static void failover_changed(void *aux)
{
    circuit_all_dirty(aux);
    circuit_repair_later(aux);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct circuit_tree_settings s = settings ? *(const struct circuit_tree_settings *)settings
                                              : circuit_tree_settings_default();
    struct circuit *c;
    enum err err;

    if (!circuit_tree_prefix_ok(s.alias_prefix)) {
        return ERR_RANGE;
    }
    c = xcalloc(1, sizeof(*c));
    c->ctl = ctl;
    c->id = id;
    c->settings = s;
    c->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    bucket_map_init(&c->strays, s.strays_per_s, s.strays_per_s);
    bucket_init(&c->answers, s.answers_per_s, s.answers_per_s);
    c->failover = failover_new(ctl, id, s.fast_failover, failover_changed, c);
    circuit_trees_init(c);
    circuit_adopt_init(c);
    err = load(c);
    if (err) {
        stop(c);
        return err;
    }
    *state = c;
    return ERR_OK;
}

const struct ctl_module circuit_tree_module = {
    .name = "circuit_tree",
    .start = start,
    .stop = stop,
    .packet_in = circuit_packet_in,
    .packets = 1u << PACKET_UNICAST,
    .on = {[CTL_DATAPATH_UP] = on_up,
           [CTL_GROUP_FAILED] = on_group_failed,
           [CTL_PORT_UP] = on_better,
           [CTL_LINK_UP] = on_better,
           [CTL_DATAPATH_DOWN] = on_worse,
           [CTL_PORT_DOWN] = on_worse,
           [CTL_LINK_DOWN] = on_worse,
           [CTL_OBJECT_FORWARDED] = on_doubt,
           [CTL_TABLE_EASED] = on_doubt,
           [CTL_ROLE] = on_doubt,
           [CTL_HOST_ADDED] = on_host,
           [CTL_HOST_MOVED] = on_host,
           [CTL_HOST_GONE] = on_host,
           [CTL_HOST_IP_ADDED] = on_host,
           [CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_FAILED] = on_failed,
           [CTL_FLOW_DEFERRED] = on_deferred},
};
