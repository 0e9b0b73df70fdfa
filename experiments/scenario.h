/* Scenarios: a simulated campus as a JSON file. This is the kind "campus"; others are described in headers
 * of their own (ping_scenario.h, elephant_scenario.h, command_scenario.h).
 *
 *      {
 *        "kind": "campus",
 *        "name": "campus-960",
 *        "seed": 1,
 *        "topology":   {"access": 20, "core": 4, "hosts": 48,
 *                       "edge":  {"rate_bps": 1e9, "delay_us": 1, "loss_frac": 0, "queue_bytes": 0},
 *                       "trunk": {"rate_bps": 1e10, "delay_us": 5}},
 *        "switch":     {"tcam_entries": 8192, "hold_law": "fixed", "versions": ["1.0", "1.3"]},
 *        "controller": {"hold_s": 60, "law": "exponential", "rate_per_s": 51880, "capacity": 51,
 *                       "samples_s": [0.00002, ...]},
 *        "channel":    {"fidelity": "wire", "delay_us": 50, "rate_bps": 0},
 *        "traffic":    {"popularity": "uniform", "alpha": 1.2, "mean_sessions": 4, "session_s": 5,
 *                       "announce_per_s": 1000, "retry_ms": 1000},
 *        "measure":    {"warmup_s": 300, "duration_s": 600, "histogram": 0, "start": "empty"}
 *      }
 *
 * "links" says more of links (links_scenario.h), "channel" of control channels
 * (channel_scenario.h), "faults" and "fault" of what fails (fault_scenario.h). "switch" may name a preset and describe hardware, too (hardware_scenario.h).
 * Every key may be left out; the defaults are campus_params_default()'s. */
#ifndef TAMBO_EXPERIMENTS_SCENARIO_H
#define TAMBO_EXPERIMENTS_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "controller/config/json_check.h"
#include "experiments/command_scenario.h"
#include "experiments/queue_scenario.h"
#include "experiments/traffic_scenario.h"
#include "simnet/ctlchan/campus.h"
#include "simnet/ctlchan/elephant_pair.h"
#include "simnet/ctlchan/outage.h"
#include "simnet/ctlchan/ping_flood.h"

enum scenario_kind {
    SCENARIO_CAMPUS,    /* Session-level traffic, beside the models. */
    SCENARIO_PINGS,     /* Frame by frame: ping_scenario.h. */
    SCENARIO_ELEPHANTS, /* Two flows on one link: elephant_scenario.h. */
    SCENARIO_FAULTS,    /* Streams while something fails: fault_scenario.h. */
    SCENARIO_COMMAND,   /* A command of tambo: command_scenario.h. */
};

struct ping_scenario {
    struct topo_layered topology;
    struct link_rules links;
    struct scenario_queues queues;
    struct ping_params params; /* But the seed. */
};

struct fault_scenario {
    char topology[256]; /* As for tambo topo. */
    struct link_rules links;
    struct scenario_queues queues;
    struct outage_params params; /* But the seed. */
};

struct scenario {
    char name[64];
    enum scenario_kind kind;
    struct campus_params params; /* Of other kinds than SCENARIO_CAMPUS the seed only. */
    struct ping_scenario pings;
    struct elephant_pair_params elephants; /* But the seed. */
    struct fault_scenario faults;
    struct command_scenario command;
    double *samples_s; /* Owned; params.channel.station.samples_s points here. */
    struct traffic_lists traffic;
    const char *capture; /* Of a campus: where its control channels are written; NULL: nowhere. Not
                            of the file, and not in the fingerprint. */
    bool with_profile;   /* Of a campus: says where the time goes. The same. */
    char hash[17];       /* Fingerprint of everything but the seed. */
};

void scenario_fini(struct scenario *scenario);

/* Reads the file 'path' with the assignments 'sets' ("path.to.key=value", value in JSON or a bare
 * text) applied, which may mend what is wrong in it. False after all complaints have been written to 'out'. */
bool scenario_read(const char *path, const char *const sets[], size_t n_sets,
                   struct scenario *scenario, FILE *out);

/* The same from a tree; 'name' stands for the file in complaints. */
bool scenario_from_json(const char *name, const json_t *json, struct scenario *scenario, FILE *out);

/* The same from a value of a larger document; complaints are added to that document. */
void scenario_from_node(struct conf_node *node, struct scenario *scenario);

/* The key "versions" of a section: versions of OpenFlow as bits 1 << version. */
void scenario_read_versions(struct conf_node *section, uint32_t *bits);
json_t *scenario_versions_to_json(uint32_t bits);

/* Applies "path.to.key=value" to 'root'. False after a complaint to 'out': the text is no assignment
 * or the path leads through something that is no object. */
bool scenario_set(json_t *root, const char *assignment, FILE *out);

/* The whole scenario with every default written out; the seed only when 'with_seed'. The caller frees
 * it. */
json_t *scenario_to_json(const struct scenario *scenario, bool with_seed);

#endif
