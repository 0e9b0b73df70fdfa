/* See flood.h. */
#include "controller/apps/flood.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/domains.h"
#include "controller/core/echoes.h"

/* A frame on its way to many. */
struct flood {
    const struct ctl *ctl;
    dpid_t dpid; /* Where it came from. */
    port_no_t port;
    const uint8_t *frame;
    size_t len;
    flood_fn *fn;
    void *aux;
};

static bool goes_to(const struct flood *f, dpid_t dpid, const struct dp_port *port)
{
    port_no_t port_no = port->desc.port_no;

    return port->kind == PORT_EDGE && (dpid != f->dpid || port_no != f->port) &&
           domains_emits(f->ctl, (struct port_at){dpid, port_no},
                         (struct port_at){f->dpid, f->port}) &&
           (!f->fn || f->fn(f->aux, dpid, port_no));
}

/* Fills 'actions' (room for every port of 'dp') with outputs; returns how many. */
static size_t outputs(const struct flood *f, const struct datapath *dp, struct of_action *actions)
{
    size_t n_ports, n = 0;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);

    for (size_t i = 0; i < n_ports; i++) {
        if (goes_to(f, datapath_id(dp), &ports[i])) {
            actions[n++] = of_output(ports[i].desc.port_no);
        }
    }
    return n;
}

/* The number of ports of 'dp' at which the frame was emitted. */
static size_t flood_datapath(const struct flood *f, struct datapath *dp)
{
    struct of_action *actions;
    size_t n_ports, n;

    datapath_ports(dp, &n_ports);
    if (n_ports == 0) {
        return 0;
    }
    actions = xcalloc(n_ports, sizeof(*actions));
    n = outputs(f, dp, actions);
    if (n > 0 &&
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, actions, n, f->frame, f->len)) {
        n = 0;
    }
    free(actions);
    return n;
}

size_t flood_edges(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame,
                   size_t len)
{
    return flood_edges_to(ctl, dpid, port, frame, len, NULL, NULL);
}

size_t flood_edges_to(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame,
                      size_t len, flood_fn *fn, void *aux)
{
    const struct flood f = {ctl, dpid, port, frame, len, fn, aux};
    size_t n_dps, n = 0;
    struct datapath *const *dps = datapath_all(ctl, &n_dps);

    for (size_t i = 0; i < n_dps; i++) {
        if (datapath_is_ready(dps[i])) {
            n += flood_datapath(&f, dps[i]);
        }
    }
    if (n > 0) {
        echoes_note(ctl, dpid, port, frame, len);
    }
    return n;
}
