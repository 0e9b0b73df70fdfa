/* What the two resources of static flows share. Private to this room.
 *
 *      nb_static_flows.c    /v1/static-flows
 *      nb_static_compat.c   /wm/staticflowpusher, of the original controller */
#ifndef TAMBO_NORTHBOUND_NB_STATIC_H
#define TAMBO_NORTHBOUND_NB_STATIC_H

#include "controller/apps/static_flows.h"
#include "controller/northbound/nb_route.h"

#define NB_STATIC_PRIORITY 32768 /* When none is given. */

/* Puts 'flow'; answers with what is wrong. True when it was put. */
bool nb_static_put(struct nb_call *call, void *app, const struct static_flow *flow);

/* Does nothing, for those who only ask whether there is one. */
void nb_static_ignore(void *aux, const struct static_flow_info *info);

#endif
