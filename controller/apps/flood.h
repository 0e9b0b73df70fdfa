/* Frames for everybody, without a flood: a copy goes by packet-out to the edge ports of every
 * switch, and none crosses a link between switches. Into a legacy network goes one copy, however many
 * ports lead there (domains.h), and one that comes back is known again (echoes.h). */
#ifndef TAMBO_APPS_FLOOD_H
#define TAMBO_APPS_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"

struct ctl;

/* Emits the 'len' bytes at 'frame' at each edge port of each ready datapath, except at 'port' of
 * 'dpid' where it came from: one packet-out per datapath that has such a port. Returns the number
 * of ports. */
size_t flood_edges(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame,
                   size_t len);

/* The same at the ports of which 'fn' (NULL: all) says true. */
typedef bool flood_fn(void *aux, dpid_t dpid, port_no_t port);
size_t flood_edges_to(struct ctl *ctl, dpid_t dpid, port_no_t port, const uint8_t *frame,
                      size_t len, flood_fn *fn, void *aux);

#endif
