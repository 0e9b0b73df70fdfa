/* Entries of hosts that are held. */
#include "controller/apps/dos_guard_int.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/txn.h"

LOG_MODULE(dos_guard);

#define METER                                                                                      \
    1 /* One for all held hosts of a switch would let one take from another: by address. */
#define MAX_DOUBLINGS 3

static void match_of(struct eth_addr mac, struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, ETH_SRC, eth_src, mac);
}

/* Meters are told apart by the end of the address, which is all that fits an id; two hosts with the same
 * end share one. */
static uint32_t meter_of(const struct dos_guard *g, struct eth_addr mac)
{
    uint32_t value = (uint32_t)(eth_addr_u64(mac) & 0xffffff);

    return object_id(g->id, value ? value : METER);
}

static void want_meter(const struct dos_guard *g, struct txn *txn, const struct dos_host *h)
{
    const struct of_meter_band band = {.type = OF_MB_DROP, .rate = g->settings.limit_pkts_s};
    const struct of_meter meter = {
        .meter_id = meter_of(g, h->mac), .flags = OF_MF_PKTPS, .bands = &band, .n_bands = 1};

    txn_meter(txn, 0, h->held_at, &meter);
}

static void want(struct dos_guard *g, struct dos_host *h, uint16_t hold_s)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct txn *txn = txn_begin(g->ctl);
    struct flow_spec spec = {.priority = PRIORITY_DOS_GUARD,
                             .cookie = flow_cookie(g->id, eth_addr_u64(h->mac)),
                             .hard_timeout_s = hold_s,
                             .importance = FLOW_IMPORTANCE_SERVICE};

    match_of(h->mac, &spec.match);
    if (h->is_limited) {
        want_meter(g, txn, h);
        spec.ins = of_apply(&to_controller, 1);
        spec.ins.has_meter = true;
        spec.ins.meter_id = meter_of(g, h->mac);
    }
    txn_add(txn, 0, h->held_at, &spec);
    txn_commit(txn, NULL, NULL); /* A refusal comes as CTL_FLOW_FAILED. */
}

static void unwant(struct dos_guard *g, const struct dos_host *h)
{
    struct txn *txn = txn_begin(g->ctl);
    struct of_match match;

    match_of(h->mac, &match);
    txn_remove(txn, 0, h->held_at, 0, PRIORITY_DOS_GUARD, &match);
    if (h->is_limited) {
        txn_meter_remove(txn, 0, h->held_at, meter_of(g, h->mac));
    }
    txn_commit(txn, NULL, NULL);
}

static bool can_limit(const struct dos_guard *g, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(g->ctl, dpid);

    return g->settings.limit && dp && datapath_version(dp) != OF_VERSION_1_0;
}

/* Twice as long as before, when it did not rest for as long as it was held. */
static uint16_t hold_s_of(const struct dos_guard *g, struct dos_host *h)
{
    uint32_t hold_s = g->settings.hold_s;
    int64_t rest_ns = mono_diff_ns(ctl_now(g->ctl), h->released_at);

    if (h->n_times && rest_ns >= (int64_t)hold_s * NS_PER_S) {
        h->n_times = 0;
    }
    hold_s <<= h->n_times < MAX_DOUBLINGS ? h->n_times : MAX_DOUBLINGS;
    h->n_times++;
    return (uint16_t)(hold_s < UINT16_MAX ? hold_s : UINT16_MAX);
}

void dos_hold(struct dos_guard *g, struct dos_host *h)
{
    const struct host *host = hosts_find(g->ctl, h->mac);
    uint16_t hold_s;

    if (!host || h->is_held) {
        return;
    }
    hold_s = hold_s_of(g, h);
    h->held_at = host_dpid(host);
    h->is_held = true;
    h->is_limited = can_limit(g, h->held_at);
    h->held_until = mono_add(ctl_now(g->ctl), hold_s * NS_PER_S);
    g->n_held++;
    g->n.held++;
    want(g, h, hold_s);
    LOG_LIMITED(ctl_log(g->ctl), &g->limit, LOG_WARN,
                "host " ETH_FMT " at " DPID_FMT ":%u begins %.0f flows a second and is %s for %u s",
                ETH_ARGS(h->mac), DPID_ARGS(h->held_at), host_port(host), h->way[DOS_FROM].per_s,
                h->is_limited ? "limited" : "dropped", hold_s);
}

/* It was held and is not any more. */
static void dos_released(struct dos_guard *g, struct dos_host *h)
{
    h->is_held = false;
    h->released_at = ctl_now(g->ctl);
    h->way[DOS_FROM].n_above = 0;
    g->n_held--;
    g->n.released++;
}

void dos_let_go(struct dos_guard *g, struct dos_host *h)
{
    unwant(g, h);
    dos_released(g, h);
}

void dos_follow(struct dos_guard *g, struct dos_host *h)
{
    const struct host *host = hosts_find(g->ctl, h->mac);
    int64_t left_s = mono_diff_ns(h->held_until, ctl_now(g->ctl)) / NS_PER_S;

    unwant(g, h);
    if (!host || left_s < 1) {
        dos_released(g, h);
        return;
    }
    h->held_at = host_dpid(host);
    h->is_limited = can_limit(g, h->held_at);
    want(g, h, (uint16_t)left_s);
}
