/* See flood.h. */
#include "controller/apps/flood.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"

/* Fills 'actions' (room for every port of 'dp') with outputs to its edge ports but 'except'. */
static size_t edge_outputs(const struct datapath *dp, port_no_t except, struct of_action *actions)
{
    size_t n_ports, n = 0;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);

    for (size_t i = 0; i < n_ports; i++) {
        if (ports[i].kind == PORT_EDGE && ports[i].desc.port_no != except) {
            actions[n++] = of_output(ports[i].desc.port_no);
        }
    }
    return n;
}

/* The number of ports of 'dp' at which the frame was emitted. */
static size_t flood_datapath(struct datapath *dp, port_no_t except, const uint8_t *frame,
                             size_t len)
{
    struct of_action *actions;
    size_t n_ports, n;

    datapath_ports(dp, &n_ports);
    if (n_ports == 0) {
        return 0;
    }
    actions = xcalloc(n_ports, sizeof(*actions));
    n = edge_outputs(dp, except, actions);
    if (n > 0 &&
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, actions, n, frame, len)) {
        n = 0;
    }
    free(actions);
    return n;
}

size_t flood_edges(const struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame,
                   size_t len)
{
    size_t n_dps, n = 0;
    struct datapath *const *dps = datapath_all(ctl, &n_dps);

    for (size_t i = 0; i < n_dps; i++) {
        if (datapath_is_ready(dps[i])) {
            n += flood_datapath(dps[i], datapath_id(dps[i]) == dpid ? port : OF_PORT_ANY, frame,
                                len);
        }
    }
    return n;
}
