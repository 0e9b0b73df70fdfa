/* See place.h. */
#include "controller/apps/place.h"

#include "controller/core/datapath.h"

/* Every edge port of a switch. */
static size_t each_edge(const struct datapath *dp, place_fn *fn, void *aux)
{
    size_t n_ports, n = 0;
    const struct dp_port *ports = datapath_ports(dp, &n_ports);

    for (size_t i = 0; i < n_ports; i++) {
        if (ports[i].kind == PORT_EDGE) {
            fn(aux, datapath_id(dp), ports[i].desc.port_no);
            n++;
        }
    }
    return n;
}

size_t places_each_port(const struct ctl *ctl, const struct place *places, size_t n, place_fn *fn,
                        void *aux)
{
    size_t n_calls = 0;

    for (size_t i = 0; i < n; i++) {
        const struct datapath *dp = datapath_find(ctl, places[i].dpid);

        if (!dp || !datapath_is_ready(dp)) {
            continue;
        }
        if (places[i].port == OF_PORT_ANY) {
            n_calls += each_edge(dp, fn, aux);
        } else if (datapath_port(dp, places[i].port)) {
            fn(aux, places[i].dpid, places[i].port);
            n_calls++;
        }
    }
    return n_calls;
}
