/* The links of a scenario: its section "links", and the links of a campus's topology.
 *
 *        "links": {"all":   {"queue_packets": 100},
 *                  "edge":  {"rate_bps": 1e9, "delay_us": 1},
 *                  "trunk": {"rate_bps": 1e10, "loss_frac": 0.001, "queue_bytes": 64000,
 *                            "burst": {"enter_frac": 0.001, "leave_frac": 0.25, "loss_frac": 0.5}},
 *                  "only":  [{"between": ["acc1", "core1"], "rate_bps": 1e8}]}
 *
 * What is not said of a link is as the topology has it. "edge" are the links of hosts, "trunk" those between
 * switches; "only" wins over these, and these over "all". With "burst" losses are Gilbert's and Elliott's
 * (simnet/world/wire.h), "loss_frac" beside it that of the good state. */
#ifndef TAMBO_EXPERIMENTS_LINKS_SCENARIO_H
#define TAMBO_EXPERIMENTS_LINKS_SCENARIO_H

#include <jansson.h>
#include <stdio.h>

#include "controller/config/json_check.h"
#include "simnet/world/link_rules.h"
#include "simnet/world/world.h"

/* Reads a rate in bits a second, of which 0 is infinitely fast. False when the key is absent or no number. */
bool links_read_bps(struct conf_node *o, const char *key, int64_t *bps);

/* Reads the keys of one link from 'o' (NULL: it is absent) into 'wire'; which there are, as the bits of
 * link_rules.h. It ends with conf_done(). */
unsigned links_read_wire(struct conf_node *o, struct wire_params *wire);
json_t *links_wire_to_json(const struct wire_params *wire);

/* Reads the section "links". */
void links_read(struct conf_node *root, struct link_rules *rules);

/* Adds the section, when there are rules. */
void links_write(const struct link_rules *rules, json_t *out);

/* Reads a file that holds such a section alone. False after all complaints have been written to 'out'. */
bool links_load(const char *path, struct link_rules *rules, FILE *out);

/* Adds what the links of 'world' have carried and dropped, when rules or drops make that worth telling. */
void links_totals_put(json_t *metrics, const struct link_rules *rules, const struct world *world);

#endif
