/* Two elephants in a simulated campus, frame by frame: at first they share one core link, which cannot carry
 * both, until sFlow shows it to the controller, and it moves one of them.
 *
 * Two access switches with two hosts each, both joined to two core switches. Hosts 0 and 1 send to hosts 2
 * and 3 at a constant rate. Throughput is what the receivers get, in bins. */
#ifndef TAMBO_CTLCHAN_ELEPHANT_PAIR_H
#define TAMBO_CTLCHAN_ELEPHANT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEPHANT_MAX_BINS 1000

struct elephant_pair_params {
    uint64_t seed;
    double link_bps; /* Of every line, which keeps queue_bytes. */
    uint32_t queue_bytes;
    double flow_bps;          /* Of each flow, with Ethernet headers. */
    uint32_t sample_one_in;   /* 0: no sFlow, and nothing moves. */
    double duration_s, bin_s; /* At most ELEPHANT_MAX_BINS bins. */
};

/* 10 Mbit/s lines with 32 kB, two flows of 8 Mbit/s, one frame of 20 sampled, 20 s in bins of 0.25 s. */
struct elephant_pair_params elephant_pair_default(void);

struct elephant_pair_result {
    size_t n_bins;
    double time_s[ELEPHANT_MAX_BINS]; /* The end of each bin, since the flows began. */
    double flow_bps[2][ELEPHANT_MAX_BINS];
    double period_s;              /* Between two looks of the controller at the loads. */
    double apart_s;               /* From when on both get what they send; INFINITY: never. */
    double before_bps, after_bps; /* Both together, until the first look, and in the second half. */
    uint64_t n_found, n_moves, n_samples;
    uint64_t n_events, trace_hash;
    double sim_s;
};

/* Runs it. False when a parameter is out of its range, with an English reason in 'why' of 'size' bytes. */
bool elephant_pair_run(const struct elephant_pair_params *params, struct elephant_pair_result *out,
                       char *why, size_t size);

#endif
