/* What tambo check is asked, and what it has found, as a JSON file:
 *
 *      {
 *        "kind": "check",
 *        "topology": "linear:switches=2",       as tambo topo has it
 *        "version": "1.3",                      of OpenFlow
 *        "frames": 1, "quiet_hosts": 1,         of each host; hosts that announce themselves in the run
 *        "warm": false,                         they have talked to each other before
 *        "failures": 0, "moves": 0, "cuts": 0, "expiries": 0,
 *        "networks": 0, "block_in_run": false,  logical networks, and when they are blocked for each other
 *        "max_entries": 0, "fast_failover": false,
 *        "fault": "circle", "what": "...",      in a trace only, as the next
 *        "acts": [["to-core", 0, 0], ...]
 *      }
 *
 * Every key but the first two may be left out. */
#ifndef TAMBO_EXPERIMENTS_CHECK_SCENARIO_H
#define TAMBO_EXPERIMENTS_CHECK_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "simnet/check/search.h"

struct check_scenario {
    char topology[256];
    struct check_params params;
    struct check_act *acts; /* Owned. */
    size_t n_acts;
};

struct check_scenario check_scenario_default(void);
void check_scenario_fini(struct check_scenario *scenario);

/* False after all complaints have been written to 'out'. */
bool check_scenario_read(const char *path, struct check_scenario *scenario, FILE *out);

/* "link-failure,host-move=2,channel-loss,expiry": how often what may happen, in a run. False after a complaint
 * to 'out'. */
bool check_scenario_events(const char *text, struct check_params *params, FILE *out);

/* With the trace of 'result', when it has one; NULL: none. The caller frees it. */
json_t *check_scenario_to_json(const struct check_scenario *scenario,
                               const struct check_result *result);

#endif
