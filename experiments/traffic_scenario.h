/* The traffic of a campus: the section "traffic" of a scenario.
 *
 *        "traffic": {"popularity": "uniform"|"pareto"|"zipf"|"empirical", "alpha": 1.2, "mean_sessions": 4,
 *                    "rates_per_s": [0.0001, ...],
 *                    "session_law": "exponential"|"deterministic"|"pareto"|"lognormal"|"empirical"|"mixture",
 *                    "session_s": 5, "session_shape": 1.5, "session_samples_s": [2.385, ...],
 *                    "announce_per_s": 500, "retry_ms": 1000, "frame_gap_ms": 0,
 *                    "rate": {...}, "flash": {...},   (rate_scenario.h)
 *                    "mobility": {...},               (mobility_scenario.h)
 *                    "model": "pairs", ...}           (source_scenario.h)
 *
 * "alpha" is the shape of the Pareto law and the exponent of Zipf's. An empirical popularity has one rate for each
 * host as destination, and then "mean_sessions" does not count. */
#ifndef TAMBO_EXPERIMENTS_TRAFFIC_SCENARIO_H
#define TAMBO_EXPERIMENTS_TRAFFIC_SCENARIO_H

#include <jansson.h>
#include <stdio.h>

#include "controller/config/json_check.h"
#include "simnet/ctlchan/campus.h"

/* Owned; the parameters point here. */
struct traffic_lists {
    double *session_samples_s, *rates_per_s;
    struct trace_source {
        char file[512];
        unsigned mapping; /* enum flow_mapping */
        double gap_s, speed;
        struct session_record *sessions;
        char fingerprint[17]; /* Of the sessions. */
        uint64_t n_records, n_addresses, n_no_host, n_same_host;
    } trace;
};

void traffic_lists_fini(struct traffic_lists *lists);

/* Reads the section into 'p', whose topology has been read. */
void traffic_read(struct conf_node *root, struct campus_params *p, struct traffic_lists *lists);

/* What was read, without what the laws in use do not need. */
json_t *traffic_to_json(const struct campus_params *p, const struct traffic_lists *lists);

/* What 'p' has and makes no use of, or can hardly have been meant: a line on 'out' for each, behind 'who'. No errors,
 * so that an experiment can vary the key that it depends on. */
void traffic_print_notes(const char *who, const struct campus_params *p,
                         const struct traffic_lists *lists, FILE *out);

/* A duration given in thousandths or millionths of a second ('unit_ns'), 0 to 'max' of them. */
void scenario_read_scaled(struct conf_node *o, const char *key, double max, double unit_ns,
                          int64_t *out_ns);

/* A list of numbers from 'least' to 1e6, into a new '*out' (NULL: it is absent); returns how many they are. */
size_t scenario_read_list(struct conf_node *o, const char *key, double least, double **out);

#endif
