/* A place where something may be: a port, or every port of a switch (OF_PORT_ANY). */
#ifndef TAMBO_APPS_PLACE_H
#define TAMBO_APPS_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/base/types.h"
#include "controller/openflow/of_types.h"

struct ctl;

struct place {
    dpid_t dpid;
    port_no_t port;
};

static inline bool place_has(const struct place *place, dpid_t dpid, port_no_t port)
{
    return place->dpid == dpid && (place->port == OF_PORT_ANY || place->port == port);
}

static inline bool places_have(const struct place *places, size_t n, dpid_t dpid, port_no_t port)
{
    for (size_t i = 0; i < n; i++) {
        if (place_has(&places[i], dpid, port)) {
            return true;
        }
    }
    return false;
}

/* Calls 'fn' for the ports of the places that are there now: one that is named, or every edge port of a
 * switch, in the order of the places and of the ports' numbers. The number of calls. */
typedef void place_fn(void *aux, dpid_t dpid, port_no_t port);
size_t places_each_port(const struct ctl *ctl, const struct place *places, size_t n, place_fn *fn,
                        void *aux);

#endif
