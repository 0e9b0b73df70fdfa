/* The way of a packet-in through the core. Private to this room. */
#ifndef TAMBO_CORE_PACKET_IN_H
#define TAMBO_CORE_PACKET_IN_H

#include "controller/core/datapath_int.h"

/* Parses the frame, lets discovery and the host table have it, then the modules in their order. */
void packet_in_dispatch(struct datapath *dp, const struct of_packet_in *msg);

/* The same from a switch whose entries are still being read: only probes count, which tell of links
 * whatever the entries are. */
void packet_in_early(struct datapath *dp, const struct of_packet_in *msg);

#endif
