/* Matches, actions and instructions that a client has written, as JSON. Private to this room.
 *
 *      {"in_port": 7, "eth_type": "0x0800", "ipv4_dst": "10.0.0.0/8", "vlan_vid": "none"}
 *      [{"push_vlan": 33024}, {"set_field": {"vlan_vid": 5}}, {"output": "controller"}]
 *      {"apply_actions": [...], "write_actions": [...], "clear_actions": true, "goto_table": 2,
 *       "meter": 3, "write_metadata": "0x5/0xff"}
 *
 * Names are those of OpenFlow. Numbers may be texts, in decimal or with "0x"; a mask stands behind a
 * '/', of IP addresses also the length of a prefix. Matches as nb_flow_json.h prints them, and the
 * lists below, are read again as the same.
 *
 * What is wrong is answered by 400 with the member that is wrong: 'where' is how its parent is called
 * in the body, "match" or "instructions". Then what is read is harmless. */
#ifndef TAMBO_NORTHBOUND_NB_FLOW_PARSE_H
#define TAMBO_NORTHBOUND_NB_FLOW_PARSE_H

#include "controller/base/arena.h"
#include "controller/northbound/nb_route.h"
#include "controller/openflow/of_action.h"
#include "controller/openflow/of_field.h"
#include "controller/openflow/of_match.h"

#define NB_LABEL_LEN 160

/* A number up to 'max', or a text with one. False when it is none. */
bool nb_number_parse(const json_t *json, uint64_t max, uint64_t *out);

/* A number, or the name of a reserved port. */
bool nb_port_parse(const json_t *json, port_no_t *out);

/* How the member 'name' ("output", "[1]") of 'parent' ("": the body itself) is called in errors. */
void nb_label(char out[NB_LABEL_LEN], const char *parent, const char *name);

/* --- Matches (nb_match_json.c) ------------------------------------------------------------------ */

struct nb_field_value {
    struct of_num value, mask; /* All ones when there was none. */
    bool has_mask;             /* And it is not all ones. */
};

/* A value of 'field', called 'label' in an error. False after an error. */
bool nb_field_parse(struct nb_call *call, const char *label, enum of_field field,
                    const json_t *json, struct nb_field_value *out);

/* The same, into 'match'. */
void nb_match_add(struct nb_call *call, const char *label, enum of_field field, const json_t *json,
                  struct of_match *match);

/* A whole match with its prerequisites; 'json' NULL: matches everything. */
void nb_match_parse(struct nb_call *call, const char *where, const json_t *json,
                    struct of_match *out);

/* 400 when a field is there without what it needs; 'where' "": fields stand in the body itself. */
void nb_match_check(struct nb_call *call, const char *where, const struct of_match *match);

/* --- Actions and instructions (nb_actions_json.c) ----------------------------------------------- */

/* Lists are in 'arena'. */
void nb_actions_parse(struct nb_call *call, const char *where, const json_t *json,
                      struct arena *arena, struct of_actions *out);
void nb_instructions_parse(struct nb_call *call, const char *where, const json_t *json,
                           struct arena *arena, struct of_instructions *out);

/* In the form that is read. */
json_t *nb_instructions_lists(const struct of_instructions *ins);

#endif
