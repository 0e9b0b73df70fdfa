/* A place where something may be: a port, or every port of a switch (OF_PORT_ANY). */
#ifndef TAMBO_APPS_PLACE_H
#define TAMBO_APPS_PLACE_H

#include "controller/base/types.h"
#include "controller/openflow/of_types.h"

struct place {
    dpid_t dpid;
    port_no_t port;
};

static inline bool place_has(const struct place *place, dpid_t dpid, port_no_t port)
{
    return place->dpid == dpid && (place->port == OF_PORT_ANY || place->port == port);
}

#endif
