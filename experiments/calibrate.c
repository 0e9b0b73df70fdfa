#include "experiments/calibrate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "experiments/calibrate_collect.h"
#include "experiments/calibrate_fit.h"
#include "models/fit.h"
#include "models/holding.h"

#define Z95 1.959964

/* --- Rates ------------------------------------------------------------------------------------------ */

static uint32_t sources_of(const struct collector *c, uint32_t conn, const struct collector_host *dst)
{
    return c->n_at[conn] - (dst->conn == conn);
}

/* Misses and source-seconds without an entry of each destination. */
static void count_exposure(struct collector *c, struct fit_count *counts)
{
    for (size_t d = 0; d < c->n_hosts; d++) {
        const struct collector_host *dst = c->by_number[d];

        for (uint32_t conn = 0; conn < c->n_conns; conn++) {
            const struct collector_pair *p = c->n_at[conn] ? collector_pair(c, conn, dst->mac) : NULL;
            double absent_s = !p           ? c->last_s - c->first_s
                              : p->present ? p->absent_s
                                           : p->absent_s + c->last_s - p->since_s;

            counts[d].exposure_s += c->n_at[conn] ? absent_s * sources_of(c, conn, dst) : 0;
            counts[d].n += p && c->n_at[conn] ? (double)p->n_misses : 0;
        }
    }
}

/* The exact interval of a Poisson count (Garwood 1936). */
static struct estimate poisson_rate(double n, double exposure_s)
{
    return (struct estimate){n / exposure_s,
                             n > 0 ? gsl_cdf_chisq_Pinv(0.025, 2 * n) / 2 / exposure_s : 0,
                             gsl_cdf_chisq_Pinv(0.975, 2 * n + 2) / 2 / exposure_s};
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

static void estimate_rates(struct collector *c, const struct fit_count *counts)
{
    double n = 0, exposure_s = 0;

    c->out->rates_per_s = xcalloc(c->n_hosts + 1, sizeof(double));
    for (size_t d = 0; d < c->n_hosts; d++) {
        n += counts[d].n;
        exposure_s += counts[d].exposure_s;
        c->out->rates_per_s[d] = counts[d].exposure_s > 0 ? counts[d].n / counts[d].exposure_s : 0;
    }
    c->out->rate_per_s = poisson_rate(n, exposure_s);
    qsort(c->out->rates_per_s, c->n_hosts, sizeof(double), falling);
}

/* --- Sessions --------------------------------------------------------------------------------------- */

struct life_question {
    const struct collector *c;
    const struct fit_count *counts;
    double until_s; /* Entries that began later are left out, lest long ones be missed. */
};

static double mean_life_s(const struct life_question *q, double session_s, double *measured_s,
                          double *error_s, size_t *n)
{
    double expected = 0, sum = 0, squares = 0;

    *n = 0;
    for (size_t i = 0; i < q->c->n_lives; i++) {
        const struct collector_host *dst = collector_host(q->c, q->c->lives_dst[i]);
        struct holding_chain chain = {
            .mu_per_s = 1 / session_s, .hold_s = q->c->out->hold_s, .law = HOLD_FIXED};
        struct holding_state state;

        if (!dst || q->c->lives_at_s[i] > q->until_s) {
            continue;
        }
        chain.n_sources = sources_of(q->c, q->c->lives_conn[i], dst);
        chain.lambda_per_s = q->counts[dst->number].exposure_s > 0
                                 ? q->counts[dst->number].n / q->counts[dst->number].exposure_s
                                 : 0;
        if (model_holding_exact(&chain, &state) == MODEL_OK && state.arrivals_per_s > 0) {
            double off = q->c->lives_s[i] - state.occupancy_frac / state.arrivals_per_s;

            expected += state.occupancy_frac / state.arrivals_per_s;
            sum += q->c->lives_s[i];
            squares += off * off;
            ++*n;
        }
    }
    *measured_s = *n ? sum / (double)*n : 0;
    *error_s = *n > 1 ? sqrt(squares) / (double)*n : 0;
    return *n ? expected / (double)*n : 0;
}

/* The session that gives a mean life of 'wanted_s', which grows with it: by bisection of the logarithm. */
static double session_for(const struct life_question *q, double wanted_s)
{
    double low = 1e-3, high = 1e5, measured_s, error_s;
    size_t n;

    for (int i = 0; i < 32; i++) {
        double middle = sqrt(low * high);

        if (mean_life_s(q, middle, &measured_s, &error_s, &n) < wanted_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return sqrt(low * high);
}

static bool estimate_session(struct collector *c, const struct fit_count *counts)
{
    struct life_question q = {c, counts, INFINITY};
    double measured_s, error_s, most_s = 0;
    size_t n;

    for (size_t i = 0; i < c->n_lives; i++) {
        most_s = fmax(most_s, c->lives_s[i]);
    }
    q.until_s = c->last_s - fmin(most_s, (c->last_s - c->first_s) / 2);
    mean_life_s(&q, 1, &measured_s, &error_s, &n);
    c->out->n_lives = n;
    if (n < 30) {
        return false;
    }
    c->out->session_s.value = session_for(&q, measured_s);
    mean_life_s(&q, c->out->session_s.value, &measured_s, &error_s, &n);
    c->out->session_s.low = session_for(&q, measured_s - Z95 * error_s);
    c->out->session_s.high = session_for(&q, measured_s + Z95 * error_s);
    return true;
}

/* --- Service ---------------------------------------------------------------------------------------- */

static int rising(const void *a, const void *b)
{
    return -falling(a, b);
}

static void estimate_service(struct calibration *out)
{
    double sum = 0, squares = 0, n = (double)out->n_service, mean, cv, wide;
    struct fit fit;
    size_t n_zero = 0;

    qsort(out->service_s, out->n_service, sizeof(double), rising);
    for (size_t i = 0; i < out->n_service; i++) {
        sum += out->service_s[i];
        n_zero += !(out->service_s[i] > 0);
    }
    if (n < 30 || n_zero > out->n_service / 20) {
        return; /* Instants of one turn of a live controller are the same. */
    }
    mean = sum / n;
    for (size_t i = 0; i < out->n_service; i++) {
        squares += (out->service_s[i] - mean) * (out->service_s[i] - mean);
    }
    cv = sqrt(squares / (n - 1)) / mean;
    wide = exp(Z95 * cv / sqrt(n)); /* Of the logarithm: a rate is never negative. */
    out->service_per_s = (struct estimate){1 / mean, 1 / (mean * wide), wide / mean};
    out->service = SERVICE_IS_OTHER;
    if (cv < 0.05) {
        out->service = SERVICE_IS_CONSTANT;
    } else if (model_fit(FIT_EXPONENTIAL, out->service_s, out->n_service, &fit) == MODEL_OK) {
        struct model_result p =
            model_fit_p(FIT_EXPONENTIAL, &fit, out->service_s, out->n_service, 200, 2385);

        out->service_p_frac = p.value;
        out->service = p.value > 0.01 ? SERVICE_IS_EXPONENTIAL : SERVICE_IS_OTHER;
    }
}

/* --- All -------------------------------------------------------------------------------------------- */

static void count_network(struct collector *c)
{
    struct calibration *out = c->out;
    uint64_t most = 0;

    out->n_switches = c->n_conns;
    out->n_hosts = (uint32_t)c->n_hosts;
    for (uint32_t conn = 0; conn < c->n_conns; conn++) {
        out->n_edge += c->n_at[conn] > 0;
    }
    out->hosts_per_edge =
        out->n_edge ? (uint32_t)lround((double)c->n_hosts / (double)out->n_edge) : 0;
    out->span_s = c->last_s - c->first_s;
    for (size_t s = 0; s < CALIBRATE_HOLDS; s++) {
        if (c->holds[s] > most) {
            most = c->holds[s];
            out->hold_s = (double)s;
        }
    }
}

static bool estimate_all(struct collector *c, const char *path, char *error, size_t size)
{
    struct fit_count *counts = xcalloc(c->n_hosts + 1, sizeof *counts);
    bool ok = false;

    count_network(c);
    count_exposure(c, counts);
    if (c->n_hosts < 2 || c->out->n_misses < 30) {
        snprintf(error, size, "%s: %llu misses of %zu hosts are too few to say anything", path,
                 (unsigned long long)c->out->n_misses, c->n_hosts);
    } else if (c->out->hold_s == 0 || !(estimate_rates(c, counts), estimate_session(c, counts))) {
        snprintf(error, size,
                 "%s: too few entries with an idle time-out whose removal was told (%zu)", path,
                 c->n_lives);
    } else {
        ok = true;
        estimate_service(c->out);
        calibrate_popularity(counts, c->n_hosts, c->out);
    }
    free(counts);
    return ok;
}

bool calibrate(const char *path, uint16_t port, struct calibration *out, char *error, size_t size)
{
    struct collector *c = xcalloc(1, sizeof *c);
    bool ok;

    *out = (struct calibration){0};
    collector_init(c, out);
    ok = collector_read(c, path, port, error, size) &&
         estimate_all(c, path, error, size);
    collector_fini(c);
    free(c);
    return ok;
}

void calibration_fini(struct calibration *c)
{
    free(c->service_s);
    free(c->rates_per_s);
    *c = (struct calibration){0};
}
