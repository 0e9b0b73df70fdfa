/* The controller as a station, beyond M/M/1/m: measured service times, arrivals that are not
 * Poisson, percentiles of the response time, the switch in front of it, and bursts.
 *
 * All rates per second, all times in seconds. "capacity" (m) counts the packet-in in service. */
#ifndef TAMBO_MODELS_STATION_H
#define TAMBO_MODELS_STATION_H

#include <stddef.h>
#include <stdint.h>

#include "models/queue.h"
#include "models/status.h"

/* M/G/1/m for service times that were measured: each of the n_samples, all alike, in any order.
 * Exact through the chain at departures (D. Gross, C. Harris, Fundamentals of Queueing Theory,
 * 2008, section 5.1), relative precision 1e-10 down to a loss of 1e-280. Time O(m K), K the number
 * of arrivals that one service may see.
 * MODEL_DOMAIN ("out" zeroed): no samples, one that is negative or not finite, all of them 0,
 * lambda negative or not finite, m = 0, or m K above 4e9. */
enum model_status model_mg1m(double lambda_per_s, const double *service_s, size_t n_samples,
                             uint32_t capacity, struct queue_state *out);

/* Mean wait of G/G/1 with squared coefficients of variation "arrival_scv" and "service_scv":
 *
 *     Kingman: rho/(1 - rho) (ca + cs)/2 service times (J. F. C. Kingman, 1961, heavy traffic)
 *     Kraemer and Langenbach-Belz (8th ITC, 1976, eq. 7): the same times
 *         exp(-2 (1 - rho)(1 - ca)^2/(3 rho (ca + cs)))  for ca <= 1
 *         exp(-(1 - rho)(ca - 1)/(ca + 4 cs))            for ca > 1
 *
 * Both are exact for M/G/1. There is no bound on their error, so abserr is their difference; for
 * arrivals rougher than Poisson, where two moments say little, it may be larger (gamma-distributed
 * ones with ca = 2.4 wait 18 % longer than the second formula says, at rho = 0.74).
 * MODEL_UNSTABLE: rho >= 1. MODEL_DOMAIN: an argument negative or not finite, or mu = 0. */
struct model_result model_gg1_kingman(double lambda_per_s, double mu_per_s, double arrival_scv,
                                      double service_scv);
struct model_result model_gg1_klb(double lambda_per_s, double mu_per_s, double arrival_scv,
                                  double service_scv);

/* P(response > t_s) in M/M/1/m, of those accepted; any load. Relative precision 1e-10.
 * MODEL_DOMAIN as for model_mm1m, or t_s negative or not finite. */
struct model_result model_mm1m_slower(double lambda_per_s, double mu_per_s, uint32_t capacity,
                                      double t_s);

/* The time within which the share "p" of those accepted is answered. MODEL_DOMAIN: p not in
 * (0, 1). */
struct model_result model_mm1m_percentile(double lambda_per_s, double mu_per_s, uint32_t capacity,
                                          double p);

/* P(response > t_s) in M/G/1 with gamma-distributed service (constant when "scv" is 0): transform
 * of Pollaczek and Khinchine, inverted by the Euler method of J. Abate, W. Whitt, ORSA J. Comput.
 * 7, 1995. Absolute precision 1e-7, and 1e-3 near a multiple of a constant service time.
 * MODEL_UNSTABLE: rho >= 1. MODEL_DOMAIN as for model_mg1, or a bad t_s. */
struct model_result model_mg1_slower(double lambda_per_s, double mu_per_s, double scv, double t_s);

/* Percentile of the same, for p in (0, 0.99999]. */
struct model_result model_mg1_percentile(double lambda_per_s, double mu_per_s, double scv,
                                         double p);

/* A switch that hands the first packet of new flows to the controller and gets it back once: two
 * M/M/1 stations with feedback. M. Jarschel, S. Oechsner, D. Schlosser, R. Pries, S. Goll,
 * P. Tran-Gia, 23rd ITC, 2011, section III. The switch queues without limit, the controller has
 * "capacity" places. */
struct feedback_params {
    double packets_per_s;    /* Into the switch, from outside. */
    double new_frac;         /* Of which the controller is asked for, 0 to 1. */
    double switch_per_s;     /* Packets that the switch forwards. */
    double controller_per_s; /* Packet-ins that the controller serves. */
    uint32_t capacity;
};

struct feedback_state {
    double switch_rho, controller_rho;
    double p_block_frac; /* Packet-ins that are lost. */
    double switch_s;     /* One passage through the switch. */
    double controller_s; /* One passage through the controller, of those accepted. */
    double known_s;      /* Packets that find their entry: one passage. */
    double new_s;        /* First packets: switch, controller, switch. */
    double mean_s;       /* Of all packets that are not lost. */
};

/* MODEL_UNSTABLE: the switch's load is 1 or more. MODEL_DOMAIN: a parameter out of range. */
enum model_status model_feedback(const struct feedback_params *params, struct feedback_state *out);

/* Mean response time when packet-ins come in batches (a switch that reconnects, a flood that is
 * answered): M^X/M/1, batches of the given mean size and squared coefficient of variation at rate
 * "batches_per_s". rho/(1 - rho) (1 + E[X^2]/E[X])/2 in the station (Gross and Harris 2008, section
 * 3.1). MODEL_UNSTABLE: rho >= 1. MODEL_DOMAIN: batch_mean < 1, or another bad argument. */
struct model_result model_batch_response(double batches_per_s, double batch_mean, double batch_scv,
                                         double mu_per_s);

/* A burst of "n" packet-ins that find the station empty, with a background of lambda: M/M/1/m. */
struct burst_state {
    double lost;       /* Of the burst: those beyond the m places. */
    double lost_later; /* Mean number of others lost until the station is empty again. */
    double last_s;     /* Mean response time of the last one accepted. */
    double drain_s;    /* Mean time until the station is empty: first passage, exact. */
};

/* MODEL_DOMAIN as for model_mm1m. MODEL_UNSTABLE: it would take longer than 1e300 s. */
enum model_status model_burst(double lambda_per_s, double mu_per_s, uint32_t capacity, double n,
                              struct burst_state *out);

#endif
