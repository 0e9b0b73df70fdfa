#include "simnet/ctlchan/plain_flood.h"

#include <stdlib.h>

#include "controller/apps/priorities.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/paths.h"
#include "controller/core/timer.h"
#include "controller/core/topology.h"
#include "controller/core/txn.h"

#define PRIORITY_FROM_EDGE (PRIORITY_ADDRESSES + 1)
#define SETTLE_NS (100 * NS_PER_MS) /* From a change of the topology to the next tree. */

struct plain_flood {
    struct ctl *ctl;
    uint8_t id;
    struct timer rebuild;
};

/* --- The tree --------------------------------------------------------------------------------- */

/* Is the link at 'port' of 'dpid' the one by which either end goes to the root? */
static bool is_in_tree(const struct plain_flood *f, dpid_t dpid, port_no_t port, dpid_t root)
{
    const struct link *link = topology_link_at(f->ctl, dpid, port);

    return link && (paths_next_port(f->ctl, dpid, root) == port ||
                    paths_next_port(f->ctl, link->dst_dpid, root) == link->dst_port);
}

/* Fills 'actions' (room for every port of 'dp', and one more) with outputs; returns how many. */
static size_t outputs(const struct plain_flood *f, const struct datapath *dp, dpid_t root,
                      struct of_action *actions)
{
    size_t n_ports, n = 0;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);

    for (size_t i = 0; i < n_ports; i++) {
        port_no_t port = ports[i].desc.port_no;

        if (ports[i].kind == PORT_EDGE || is_in_tree(f, datapath_id(dp), port, root)) {
            actions[n++] = of_output(port);
        }
    }
    return n;
}

/* --- Entries ---------------------------------------------------------------------------------- */

static void fill_spec(const struct plain_flood *f, struct flow_spec *out)
{
    *out = (struct flow_spec){.priority = PRIORITY_ADDRESSES,
                              .cookie = flow_cookie(f->id, 0),
                              .importance = FLOW_IMPORTANCE_SERVICE};
    of_match_clear(&out->match);
    OF_MATCH_SET(&out->match, ETH_DST, eth_dst, ETH_ADDR_BROADCAST);
}

static void add_edge(struct txn *txn, const struct datapath *dp, const struct dp_port *port,
                     const struct flow_spec *spec)
{
    struct flow_spec edge = *spec;

    edge.priority = PRIORITY_FROM_EDGE;
    OF_MATCH_SET(&edge.match, IN_PORT, in_port, port->desc.port_no);
    if (port->kind == PORT_EDGE) {
        txn_add(txn, 0, datapath_id(dp), &edge);
    } else {
        txn_remove(txn, 0, datapath_id(dp), 0, edge.priority, &edge.match);
    }
}

static void add_switch(const struct plain_flood *f, struct txn *txn, const struct datapath *dp,
                       dpid_t root)
{
    size_t n_ports, n;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);
    struct of_action *actions = xcalloc(n_ports + 1, sizeof *actions);
    struct flow_spec spec;

    n = outputs(f, dp, root, actions);
    fill_spec(f, &spec);
    spec.ins = of_apply(actions, n);
    txn_add(txn, 0, datapath_id(dp), &spec);
    actions[n] = of_output(OF_PORT_CONTROLLER);
    spec.ins = of_apply(actions, n + 1);
    for (size_t i = 0; i < n_ports; i++) {
        add_edge(txn, dp, &ports[i], &spec);
    }
    free(actions);
}

static bool has_unsettled_ports(const struct datapath *dp)
{
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        if (ports[i].kind == PORT_UNSETTLED) {
            return true;
        }
    }
    return false;
}

/* Of a port that turns out to be an edge there is no event. */
static void rebuild(void *aux, struct timer *timer)
{
    struct plain_flood *f = aux;
    struct txn *txn = txn_begin(f->ctl);
    bool again = false;
    size_t n;
    struct datapath *const *dps = datapath_all(f->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        add_switch(f, txn, dps[i], datapath_id(dps[0]));
        again = again || has_unsettled_ports(dps[i]);
    }
    txn_commit(txn, NULL, NULL);
    if (again) {
        timer_set(ctl_timers(f->ctl), timer, mono_add(ctl_now(f->ctl), SETTLE_NS));
    }
}

/* --- Module ----------------------------------------------------------------------------------- */

/* The core has learnt the sender by now, and the switches have sent the frame on. */
static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    (void)state;
    return eth_addr_eq(packet->pkt->eth_dst, ETH_ADDR_BROADCAST) ? CTL_STOP : CTL_CONTINUE;
}

static void on_change(void *state, const struct ctl_event *event)
{
    struct plain_flood *f = state;

    (void)event;
    if (!timer_is_set(&f->rebuild)) {
        timer_set(ctl_timers(f->ctl), &f->rebuild, mono_add(ctl_now(f->ctl), SETTLE_NS));
    }
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct plain_flood *f = xcalloc(1, sizeof *f);

    (void)settings;
    f->ctl = ctl;
    f->id = id;
    timer_init(&f->rebuild, rebuild, f);
    *state = f;
    return ERR_OK;
}

static void stop(void *state)
{
    struct plain_flood *f = state;

    timer_cancel(ctl_timers(f->ctl), &f->rebuild);
    free(f);
}

const struct ctl_module plain_flood_module = {
    .name = "plain_flood",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_ADDRESS | 1u << PACKET_MULTICAST,
    .on = {[CTL_DATAPATH_UP] = on_change,
           [CTL_DATAPATH_DOWN] = on_change,
           [CTL_PORT_UP] = on_change,
           [CTL_PORT_DOWN] = on_change,
           [CTL_LINK_UP] = on_change,
           [CTL_LINK_DOWN] = on_change},
};
