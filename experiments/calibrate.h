/* What a control channel tells about a network: how often destinations are called, how long sessions
 * last, how fast the controller is; fitted, with intervals, to be planned with and simulated.
 *
 * Who sees what. A switch asks the controller (packet-in) when it has no entry towards a destination,
 * the controller installs one with an idle time-out T (flow-mod), and the switch tells when it is over
 * (flow-removed). Between that and the next packet-in no host of the switch had a session towards the
 * destination, so the S hosts called it with the rate S lambda_d, whatever the past: lambda_d is the
 * number of such packet-ins over the time without an entry times S, with the exact interval of a Poisson
 * count. How long entries lived then gives the mean session: the mean life under the chain with fixed T
 * (models/holding.h) grows with it. The time from a packet-in, or from the answer before it, to its answer
 * is a service time, as long as the controller serves one after the other.
 *
 * Laws of popularity are compared by likelihood (Poisson counts mixed over the ranks of the law) and
 * AIC; goodness of fit is a Kolmogorov-Smirnov test of the randomised counts under the law. */
#ifndef TAMBO_EXPERIMENTS_CALIBRATE_H
#define TAMBO_EXPERIMENTS_CALIBRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/popularity.h"

#define CALIBRATE_LAWS 3 /* Uniform, Pareto, Zipf. */

/* An estimate with the 95 % interval. */
struct estimate {
    double value, low, high;
};

struct popularity_fit {
    enum popularity_kind kind;
    bool fitted;
    struct estimate mean_sessions, alpha; /* alpha: 0 for uniform. */
    double log_likelihood, aic;
    double p_frac; /* Of the test of fit; small: the law does not hold. */
};

enum service_kind {
    SERVICE_UNKNOWN,
    SERVICE_IS_EXPONENTIAL,
    SERVICE_IS_CONSTANT,
    SERVICE_IS_OTHER
};

struct calibration {
    uint32_t n_switches, n_edge; /* Seen, and those among them with hosts. */
    uint32_t n_hosts;
    uint32_t hosts_per_edge; /* Rounded mean. */
    double span_s;           /* From the first miss to the end. */
    uint64_t n_packet_ins, n_misses, n_lives;
    uint64_t n_undecoded;
    double hold_s;              /* Most frequent idle time-out. */
    struct estimate rate_per_s; /* Mean lambda_d over the destinations. */
    struct estimate session_s;
    struct popularity_fit fits[CALIBRATE_LAWS];
    size_t best; /* The one with the least AIC. */
    enum service_kind service;
    struct estimate service_per_s; /* mu of the controller. */
    double service_p_frac;         /* Of an exponential law. */
    double *service_s;             /* Service times, rising; owned. */
    size_t n_service;
    double *rates_per_s; /* lambda_d by destination, falling; owned; n_hosts. */
};

/* Reads the capture 'path' (control_log.h). False with a reason in 'error': it cannot be read, or has
 * too little in it. calibration_fini() is due in both cases. */
bool calibrate(const char *path, uint16_t port, struct calibration *out, char *error, size_t size);
void calibration_fini(struct calibration *c);

#endif
