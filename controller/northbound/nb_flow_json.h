/* Matches, actions and instructions as JSON. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_FLOW_JSON_H
#define TAMBO_NORTHBOUND_NB_FLOW_JSON_H

#include <jansson.h>

#include "controller/openflow/of_action.h"
#include "controller/openflow/of_match.h"

/* {"eth_type": "0x0800", "ipv4_dst": "10.0.0.0/255.0.0.0"}: the names of OpenFlow, values as
 * people write them. */
json_t *nb_match_json(const struct of_match *match);

/* {"apply_actions": "...", "write_actions": "...", "goto_table": 1, "meter": 3, ...}, what there is. */
json_t *nb_instructions_json(const struct of_instructions *ins);

#endif
