/* Queues of the controller. M/M/1/m in closed form, M/D/1/m through its embedded chain, M/G/1 by
 * Pollaczek and Khinchine; arranged so that neither rho near 1 nor rho^m near 0 costs digits. */
#include "models/queue.h"

#include <math.h>
#include <stdbool.h>

#include "models/root.h"

static const double RHO_MAX = 1e300;

static bool rates_are_valid(double lambda_per_s, double mu_per_s)
{
    return lambda_per_s >= 0 && isfinite(lambda_per_s) && mu_per_s > 0 && isfinite(mu_per_s) &&
           lambda_per_s / mu_per_s <= RHO_MAX;
}

/* ---- M/M/1/m. ---- */

/* (1 - r)/(1 - r^n) for r = e^x, x <= 0, n > 0: probability that a truncated geometric is 0. */
static double share_of_first(double x, double n)
{
    return x == 0 ? 1 / n : expm1(x) / expm1(n * x);
}

/* ln P_m with x = ln rho; Cuba and Becerra 2015, section 5.2, with the exponent m + 1 in the
 * denominator (D. Gross, C. Harris, Fundamentals of Queueing Theory, 2008, section 2.5). For
 * rho > 1 the same distribution is read from the full end. */
static double log_blocking(double x, double m)
{
    return x > 0 ? log(share_of_first(-x, m + 1)) : m * x + log(share_of_first(x, m + 1));
}

/* ln(1 - P_m) = ln((1 - rho^m)/(1 - rho^(m+1))), which keeps its digits when nearly all are lost. */
static double log_acceptance(double x, double m)
{
    if (x == 0) {
        return log(m / (m + 1));
    }
    return x > 0 ? log(expm1(-m * x) / expm1(-(m + 1) * x)) - x
                 : log(expm1(m * x) / expm1((m + 1) * x));
}

/* 1/(e^y - 1) - 1/y for 0 < y <= 1/2 without cancellation: Bernoulli series (Abramowitz and Stegun
 * 1964, eq. 23.1.1), error below 2e-15. */
static double smooth_part(double y)
{
    double s = y * y;
    double tail = 1.0 / 30240 - s * (1.0 / 1209600 - s * (1.0 / 47900160 - s / 1892437580.3));
    return -0.5 + y * (1.0 / 12 - s * (1.0 / 720 - s * tail));
}

/* 1/(e^y - 1) - 1/y for y > 0. */
static double less_pole(double y)
{
    return y <= 0.5 ? smooth_part(y) : 1 / expm1(y) - 1 / y;
}

/* Mean of the geometric law with ratio e^x truncated to 0 .. m: with y = -x and n = m + 1 it is
 * 1/(e^y - 1) - n/(e^(ny) - 1) (Gross and Harris 2008, eq. 2.51). For small y the poles of the two
 * terms are equal and are left out; for x > 0 the empty places are counted. */
static double mean_truncated(double x, double m)
{
    double n = m + 1;

    if (m == 0) {
        return 0;
    }
    if (x > 0) {
        return m - mean_truncated(-x, m);
    }
    if (x == 0) {
        return m / 2;
    }
    if (x < -0.5) {
        return 1 / expm1(-x) - n / expm1(-n * x);
    }
    return less_pole(-x) - n * less_pole(-n * x);
}

struct model_result model_mm1m_blocking(double rho, uint32_t capacity)
{
    if (!(rho >= 0) || !isfinite(rho) || capacity == 0) {
        return model_none(MODEL_DOMAIN);
    }
    double exponent = rho > 0 ? log_blocking(log(rho), capacity) : -INFINITY;
    double p = exp(exponent);
    return model_value(p, p > 0 ? p * 1e-15 * (4 + fabs(exponent)) : 0);
}

struct blocking_target {
    double capacity;
    double p_block_frac;
};

/* Compares the smaller of P_m and 1 - P_m with its target. */
static double blocking_excess(double log_rho, const void *ctx)
{
    const struct blocking_target *target = ctx;
    double p = target->p_block_frac;

    return p < 0.5 ? log_blocking(log_rho, target->capacity) - log(p)
                   : log1p(-p) - log_acceptance(log_rho, target->capacity);
}

/* P_m <= rho^m and P_m >= 1 - 1/rho give the bracket p^(1/m) <= rho <= 1/(1 - p). */
struct model_result model_mm1m_rho_max(uint32_t capacity, double p_block_frac)
{
    if (!(p_block_frac > 0 && p_block_frac < 1) || capacity == 0) {
        return model_none(MODEL_DOMAIN);
    }
    struct blocking_target target = {.capacity = capacity, .p_block_frac = p_block_frac};
    double lo = log(p_block_frac) / capacity - 1e-9;
    double hi = -log1p(-p_block_frac) + 1e-9;
    struct model_result x = model_root_find(blocking_excess, &target, lo, hi, 1e-17, 1e-15);

    if (x.status != MODEL_OK) {
        return x;
    }
    double rho = exp(x.value);
    return model_value(rho, rho * (x.abserr + 1e-15));
}

/* An accepted arrival meets the distribution of M/M/1/(m-1), so its wait needs no difference
 * (Gross and Harris 2008, section 2.5; the arrivals' distribution q_n). */
enum model_status model_mm1m(double lambda_per_s, double mu_per_s, uint32_t capacity,
                             struct queue_state *out)
{
    *out = (struct queue_state){0};
    if (!rates_are_valid(lambda_per_s, mu_per_s) || capacity == 0) {
        return MODEL_DOMAIN;
    }
    double m = capacity;
    double rho = lambda_per_s / mu_per_s;
    double met = rho > 0 ? mean_truncated(log(rho), m - 1) : 0;

    out->rho = rho;
    out->p_block_frac = model_mm1m_blocking(rho, capacity).value;
    out->mean_number = rho > 0 ? mean_truncated(log(rho), m) : 0;
    out->mean_wait_s = met / mu_per_s;
    out->mean_sojourn_s = (met + 1) / mu_per_s;
    out->throughput_per_s = rho > 0 ? lambda_per_s * exp(log_acceptance(log(rho), m)) : 0;
    return MODEL_OK;
}

/* ---- M/D/1/m. ---- */

/* Above this load the chance e^-rho that nobody arrives during a service is below 2e-22, and a
 * queue that has been full stays full. */
static const double SATURATED_RHO = 50;

/* Poisson tails reach 0 in double precision within this many terms for rho <= SATURATED_RHO. */
enum { RING = 1024 };

struct md1m {
    uint32_t m;
    double rho;
    double above[RING];  /* P(more than k arrivals in one service). */
    double excess[RING]; /* E[(arrivals - k)^+]: sum of above[k..]. */
    uint32_t n_above;    /* above[k] is 0 from here on. */
    double p[RING];      /* p[j % RING]: unnormalised P(a departure leaves j), j >= 1. */
    double p_empty;      /* The same for j = 0. */
    double sum;          /* Sum of p_j, j = 0 .. m-1. */
    double sum_waiting;  /* Sum of (j-1) p_j, j >= 1. */
};

/* Poisson pmf upwards from its first terms, then tails from the small end. */
static void md1m_arrivals(struct md1m *q)
{
    double pmf[RING];

    pmf[0] = exp(-q->rho);
    for (uint32_t k = 1; k < RING; k++) {
        pmf[k] = pmf[k - 1] * (q->rho / k);
    }
    double above = 0;
    double excess = 0;
    for (uint32_t k = RING; k-- > 0;) {
        excess += above;
        q->above[k] = above;
        q->excess[k] = excess;
        above += pmf[k];
    }
    q->n_above = RING;
    while (q->n_above > 1 && q->above[q->n_above - 1] < 1e-300) {
        q->n_above--;
    }
}

/* p_0 g(k0) + sum of p_i g(top - i) over i = 1 .. last, where g is 0 from n_above on. */
static double md1m_convolve(const struct md1m *q, const double *g, uint32_t last, uint32_t top,
                            uint32_t k0)
{
    uint32_t first = top >= q->n_above ? top - q->n_above + 1 : 1;
    double sum = k0 < q->n_above ? q->p_empty * g[k0] : 0;

    for (uint32_t i = first; i <= last; i++) {
        sum += q->p[i % RING] * g[top - i];
    }
    return sum;
}

/* rho > 1 makes the p_j grow without bound; only ratios matter. */
static void md1m_rescale(struct md1m *q)
{
    const double factor = 1e-150;

    for (uint32_t i = 0; i < RING; i++) {
        q->p[i] *= factor;
    }
    q->p_empty *= factor;
    q->sum *= factor;
    q->sum_waiting *= factor;
}

/* Passages from "<= j left" to "> j left" balance those back: p_{j+1} P(no arrival) =
 * p_0 P(A > j) + sum_{i=1..j} p_i P(A > j+1-i), the embedded chain of Gross and Harris 2008,
 * section 5.1, summed over levels so that every term is positive. */
static void md1m_solve_chain(struct md1m *q)
{
    double none = exp(-q->rho);

    q->p_empty = 1;
    q->sum = 1;
    for (uint32_t j = 0; j + 1 < q->m; j++) {
        double p = md1m_convolve(q, q->above, j, j + 1, j) / none;
        q->p[(j + 1) % RING] = p;
        q->sum += p;
        q->sum_waiting += j * p;
        if (p > 1e100) {
            md1m_rescale(q);
        }
    }
}

/* From the embedded chain to time averages: between two departures rho + pi_0 services' worth of
 * arrivals come; those beyond the room left are lost. Derived here as "lost per service", which is
 * equal to the usual 1 - 1/(pi_0 + rho) (Gross and Harris 2008, section 5.1.8) and stays
 * exact when it is 1e-60. Returns the mean number of those that wait. */
static double md1m_blocking(struct md1m *q, double *p_block_frac)
{
    double cycle = q->p_empty / q->sum + q->rho;
    double lost = md1m_convolve(q, q->excess, q->m - 1, q->m, q->m - 1) / q->sum;

    *p_block_frac = lost / cycle;
    return q->sum_waiting / q->sum / cycle + (q->m - 1.0) * *p_block_frac;
}

/* Every service starts and ends with the queue full, except for a chance of e^-rho. */
static double md1m_saturated(double rho, double m, double *p_block_frac)
{
    double pi_empty = m == 1 ? 1 : 0;
    double cycle = pi_empty + rho;
    double waiting_left = m == 1 ? 0 : m - 2;

    *p_block_frac = (pi_empty + rho - 1) / cycle;
    return waiting_left / cycle + (m - 1) * *p_block_frac;
}

enum model_status model_md1m(double lambda_per_s, double mu_per_s, uint32_t capacity,
                             struct queue_state *out)
{
    struct md1m q = {.m = capacity};
    double waiting;

    *out = (struct queue_state){0};
    if (!rates_are_valid(lambda_per_s, mu_per_s) || capacity == 0) {
        return MODEL_DOMAIN;
    }
    q.rho = lambda_per_s / mu_per_s;
    if (q.rho > SATURATED_RHO) {
        waiting = md1m_saturated(q.rho, capacity, &out->p_block_frac);
        out->throughput_per_s = capacity == 1 ? mu_per_s * (q.rho / (1 + q.rho)) : mu_per_s;
    } else {
        md1m_arrivals(&q);
        md1m_solve_chain(&q);
        waiting = md1m_blocking(&q, &out->p_block_frac);
        out->throughput_per_s = lambda_per_s / (q.p_empty / q.sum + q.rho);
    }
    out->rho = q.rho;
    out->mean_number = waiting + out->throughput_per_s / mu_per_s;
    out->mean_wait_s = out->throughput_per_s > 0 ? waiting / out->throughput_per_s : 0;
    out->mean_sojourn_s = out->mean_wait_s + 1 / mu_per_s;
    return MODEL_OK;
}

/* ---- M/G/1. ---- */

/* F. Pollaczek 1930, A. Khinchine 1932: wait = rho (1 + scv)/(2 (1 - rho)) service times. */
enum model_status model_mg1(double lambda_per_s, double mu_per_s, double scv,
                            struct queue_state *out)
{
    *out = (struct queue_state){0};
    if (!rates_are_valid(lambda_per_s, mu_per_s) || !(scv >= 0) || !isfinite(scv)) {
        return MODEL_DOMAIN;
    }
    double rho = lambda_per_s / mu_per_s;
    if (rho >= 1) {
        return MODEL_UNSTABLE;
    }
    out->rho = rho;
    out->throughput_per_s = lambda_per_s;
    out->mean_wait_s = rho * (1 + scv) / (2 * (1 - rho)) / mu_per_s;
    out->mean_sojourn_s = out->mean_wait_s + 1 / mu_per_s;
    out->mean_number = lambda_per_s * out->mean_sojourn_s;
    return MODEL_OK;
}
