/* Ports that listen to a group, or that have a router behind them: a sorted list in which each stands until
 * its time is over. Private to this room; the caller limits how many there are. */
#ifndef TAMBO_APPS_MULTICAST_PORTS_H
#define TAMBO_APPS_MULTICAST_PORTS_H

#include <stddef.h>

#include "controller/apps/multicast.h"
#include "controller/base/mono.h"

struct ports {
    struct multicast_listener *list; /* Ascending by switch and port; freed by the owner. */
    size_t n;
};

/* NULL when it is not there. Valid until the next change. */
struct multicast_listener *ports_find(const struct ports *p, dpid_t dpid, port_no_t port);

/* The port must not be there. */
void ports_add(struct ports *p, dpid_t dpid, port_no_t port, mono_t until);

/* Takes those away that are due. Their number; '*next' becomes the next instant at which one is, if that is
 * earlier. */
size_t ports_expire(struct ports *p, mono_t now, mono_t *next);

#endif
