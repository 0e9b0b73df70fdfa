/* The controller as a queueing station: packet-ins arrive as a Poisson stream, one server.
 *
 * "capacity" (m) counts the packet-in in service and those that wait; an arrival that finds m is
 * lost. */
#ifndef TAMBO_MODELS_QUEUE_H
#define TAMBO_MODELS_QUEUE_H

#include <stdint.h>

#include "models/status.h"

struct queue_state {
    double rho;              /* Offered load: arrival rate times mean service time. */
    double p_block_frac;     /* Probability that an arrival is lost; 0 for an infinite queue. */
    double mean_number;      /* Time average of packet-ins in the station. */
    double mean_wait_s;      /* Before service, of those accepted. */
    double mean_sojourn_s;   /* Wait and service, of those accepted. */
    double throughput_per_s; /* Rate of those accepted. */
};

/* P_m = (1 - rho) rho^m/(1 - rho^(m+1)), the blocking of M/M/1/m: for any rho >= 0 (1/(m+1) at 1)
 * and relative precision to the end of the double range; smaller values are 0.
 * MODEL_DOMAIN: rho negative or not finite, or m = 0. */
struct model_result model_mm1m_blocking(double rho, uint32_t capacity);

/* The largest rho at which M/M/1/m blocks at most "p_block_frac".
 * MODEL_DOMAIN: p_block_frac outside (0, 1), or m = 0. */
struct model_result model_mm1m_rho_max(uint32_t capacity, double p_block_frac);

/* M/M/1/m: Poisson arrivals at "lambda_per_s", exponential service at "mu_per_s", any load.
 * Relative precision 1e-10 in every field. MODEL_DOMAIN ("out" zeroed): lambda_per_s negative,
 * mu_per_s <= 0, either not finite, their quotient above 1e300, or m = 0. */
enum model_status model_mm1m(double lambda_per_s, double mu_per_s, uint32_t capacity,
                             struct queue_state *out);

/* M/D/1/m: the same with constant service of 1/mu_per_s. Time O(m * 600) at worst. Same domain. */
enum model_status model_md1m(double lambda_per_s, double mu_per_s, uint32_t capacity,
                             struct queue_state *out);

/* M/G/1, infinite queue: service of mean 1/mu_per_s and squared coefficient of variation "scv" (0
 * constant, 1 exponential). MODEL_UNSTABLE ("out" zeroed): rho >= 1. MODEL_DOMAIN: as above, or
 * scv negative or not finite. */
enum model_status model_mg1(double lambda_per_s, double mu_per_s, double scv,
                            struct queue_state *out);

#endif
