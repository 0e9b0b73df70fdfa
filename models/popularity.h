/* Popularity: how the session rate lambda_d is spread over the destinations d of a network.
 *
 * Destinations are ranked from the most to the least popular; a rank is written as a fraction v in
 * (0, 1), so that lambda(v) falls and v = 0.01 is the border of the most popular hundredth.
 * Expectations are over one destination taken at random, E_d[f(lambda_d)].
 *
 * A destination is called by N - 1 sources; with x mean simultaneous sessions on it,
 * (N-1) lambda/(lambda + mu) = x, so lambda = mu x/(N - 1 - x). Source: G. Cuba, J. M. Becerra,
 * PUCP, 2015, section 5.2. */
#ifndef TAMBO_MODELS_POPULARITY_H
#define TAMBO_MODELS_POPULARITY_H

#include <stdbool.h>
#include <stddef.h>

#include "models/status.h"

enum popularity_kind {
    POPULARITY_UNIFORM,   /* All destinations alike. */
    POPULARITY_PARETO,    /* x follows a truncated Pareto law. */
    POPULARITY_ZIPF,      /* x of the r-th destination is proportional to r^-exponent. */
    POPULARITY_EMPIRICAL, /* Measured rates. */
    POPULARITY_SESSIONS,  /* Measured sessions, in a network of any size. */
};

/* Returns "uniform", "pareto", "zipf", "empirical" or "sessions". */
const char *popularity_kind_name(enum popularity_kind kind);

/* Parses such a name into "kind". Returns false, and leaves "kind" alone, for any other text. */
bool popularity_kind_parse(const char *name, enum popularity_kind *kind);

/* A value: copy it freely. Fill it with one of the functions below, read it with the others. */
struct popularity {
    enum popularity_kind kind;
    double n_hosts;            /* N. */
    double mu_per_s;           /* Rate at which a session ends. */
    double rate_per_s;         /* Uniform: the one lambda. */
    double alpha;              /* Pareto: shape; Zipf: exponent. */
    double log_span;           /* Pareto: ln(H/x_m), H = N - 1. */
    double sessions_first;     /* Zipf: x of the most popular destination. */
    const double *rates_per_s; /* Empirical: borrowed, falling. */
    const double *sessions;    /* Sessions: borrowed, falling. */
    size_t n_rates;            /* Zipf, empirical, sessions: how many ranks. */
};

/* Every destination has "mean_sessions" sessions: lambda = mu x/(N - 1 - x).
 * MODEL_DOMAIN unless 0 <= mean_sessions < n_hosts - 1, n_hosts <= 1e15 and mu_per_s > 0. */
enum model_status model_popularity_uniform(struct popularity *popularity, double n_hosts,
                                           double mean_sessions, double mu_per_s);

/* x has the density alpha x_m^alpha x^(-alpha-1)/(1 - (x_m/H)^alpha) on (x_m, H), with
 * x_m = mean_sessions (alpha - 1)/alpha and H = N - 1. "mean_sessions" is the mean of the law
 * before truncation; the truncated mean is lower (model_popularity_mean_sessions).
 * MODEL_DOMAIN unless alpha > 1, mean_sessions > 0, x_m < H, n_hosts <= 1e15 and mu_per_s > 0. */
enum model_status model_popularity_pareto(struct popularity *popularity, double n_hosts,
                                          double mean_sessions, double alpha, double mu_per_s);

/* x_r = c r^-exponent for r = 1 .. n_hosts, c such that the mean of x is "mean_sessions".
 * MODEL_DOMAIN unless exponent >= 0, mean_sessions >= 0, x_1 < n_hosts - 1, mu_per_s > 0, and
 * n_hosts is an integer from 2 to 1e15. */
enum model_status model_popularity_zipf(struct popularity *popularity, double n_hosts,
                                        double mean_sessions, double exponent, double mu_per_s);

/* Measured rates, sorted from the highest to the lowest; borrowed as long as "popularity" is used.
 * N is "n_rates". MODEL_DOMAIN unless n_rates > 0, mu_per_s > 0 and the rates are finite, >= 0 and
 * falling. */
enum model_status model_popularity_empirical(struct popularity *popularity,
                                             const double *rates_per_s, size_t n_rates,
                                             double mu_per_s);

/* Measured simultaneous sessions x of n_sessions destinations, falling, as the law of x in a network
 * of "n_hosts" hosts: each stands for an equal share of the destinations there. Borrowed as long as
 * "popularity" is used. Time O(1). MODEL_DOMAIN unless n_sessions > 0, 0 <= x < n_hosts - 1 for the
 * first, n_hosts <= 1e15 and mu_per_s > 0. */
enum model_status model_popularity_sessions(struct popularity *popularity, double n_hosts,
                                            const double *sessions, size_t n_sessions,
                                            double mu_per_s);

/* lambda of the destination at rank fraction "v". MODEL_DOMAIN: v outside (0, 1). Drawing v
 * uniformly draws a destination. */
struct model_result model_popularity_rate_at(const struct popularity *popularity, double v);

/* Writes lambda_d for d = 0 .. n-1 into "rates_per_s": the middle of each of "n" equal strata of
 * rank, so always the same and falling. With n = N this is a whole network's list. */
void model_popularity_rates(const struct popularity *popularity, size_t n, double *rates_per_s);

/* Must be finite for every lambda > 0 of the popularity. */
typedef double model_rate_fn(double lambda_per_s, const void *ctx);

/* Which destinations an expectation counts, and how well. */
struct popularity_range {
    double from_frac;  /* First and last rank fraction, 0 <= from <= to <= 1. What lies outside */
    double to_frac;    /* counts as 0: the range (0, 0.1) gives E[f; the top tenth]. */
    double kink_per_s; /* A lambda at which f or its derivative jumps, or 0: a hint for speed. */
    double epsrel;     /* Asked relative precision, for example 1e-11. */
};

/* All destinations, no kink, 1e-11. */
struct popularity_range model_popularity_everyone(void);

/* E_d[f(lambda_d)] over "range". Sums over measured ranks are exact; those
 * over Zipf's are so for the first 256 and by Euler and Maclaurin after them; the Pareto integral over ln x is split at decades
 * (and the kink) and refined with Gauss-Kronrod rules of 21 points.
 * MODEL_DOMAIN: a bad range. MODEL_NOCONV: the precision was missed (value and abserr are then the
 * best ones found) or f was not finite (value 0). */
struct model_result model_popularity_expect(const struct popularity *popularity,
                                            struct popularity_range range, model_rate_fn *fn,
                                            const void *ctx);

/* E_d[x]: mean simultaneous sessions of a destination, (N-1) E[lambda/(lambda + mu)]. */
struct model_result model_popularity_mean_sessions(const struct popularity *popularity);

#endif
