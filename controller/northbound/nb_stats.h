/* Questions to switches on behalf of a call. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_STATS_H
#define TAMBO_NORTHBOUND_NB_STATS_H

#include "controller/openflow/of_msg.h"

struct datapath;
struct nb_call;

/* Asks 'dp' for FLOW, PORT_STATS, TABLE, GROUP_DESC or METER_CONFIG; the call ends with the answer. Does
 * nothing when the call has failed already, and then 'dp' may be NULL. */
void nb_ask_switch(struct nb_call *call, struct datapath *dp, enum of_mp_type type);

/* The question for all that there is of a type: of entries, ports, queues, groups, meters... */
struct of_msg nb_stats_request(enum of_mp_type type);

#endif
