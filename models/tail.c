/* Large deviations of the Poisson-binomial law. */
#include "models/tail.h"

#include <complex.h>
#include <float.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/rng_gsl.h"
#include "models/root.h"

/* e^THETA_MAX must stay finite; a tail that asks for more is below 1e-300. */
static const double THETA_MAX = 700;

struct law {
    size_t n;
    const double *p_frac;
    double least, most; /* Numbers that have a positive probability. */
    double target;      /* Of the root search. */
};

struct tilt {
    double theta;
    double log_mgf; /* K(theta). */
    double mean, variance;
};

static bool law_init(struct law *law, size_t n, const double *p_frac)
{
    *law = (struct law){.n = n, .p_frac = p_frac};
    for (size_t d = 0; d < n; d++) {
        if (!(p_frac[d] >= 0 && p_frac[d] <= 1)) {
            return false;
        }
        law->least += p_frac[d] == 1;
        law->most += p_frac[d] > 0;
    }
    return true;
}

/* p e^t/(1 + p (e^t - 1)), with "growth" = e^t - 1. */
static double tilted(double p, double growth)
{
    return p == 1 ? 1 : p * (1 + growth) / (1 + p * growth);
}

/* K and t k are nearly equal and large, so K is summed with its rounding errors kept beside it: W.
 * Kahan, Comm. ACM 8(1), 1965. */
static struct tilt tilt_at(const struct law *law, double theta)
{
    struct tilt t = {.theta = theta};
    double growth = expm1(theta);
    double lost = 0;

    for (size_t d = 0; d < law->n; d++) {
        double p = law->p_frac[d];
        double q = tilted(p, growth);

        double term = (p == 1 ? theta : log1p(p * growth)) - lost;
        double sum = t.log_mgf + term;

        lost = (sum - t.log_mgf) - term;
        t.log_mgf = sum;
        t.mean += q;
        t.variance += p == 1 ? 0 : q * (1 - p) / (1 + p * growth);
    }
    return t;
}

static double mean_excess(double theta, const void *ctx)
{
    const struct law *law = ctx;
    double growth = expm1(theta);
    double mean = 0;

    for (size_t d = 0; d < law->n; d++) {
        mean += tilted(law->p_frac[d], growth);
    }
    return mean - law->target;
}

/* The tilt whose mean is "target", least < target < most. A root to 1e-10 is enough: every formula
 * here is stationary at the saddle point. */
static struct model_result saddle(struct law *law, double target)
{
    law->target = target;
    return model_root_find(mean_excess, law, -THETA_MAX, THETA_MAX, 1e-12, 1e-10);
}

/* ---- What needs no tilt. ---- */

static double log_all_present(const struct law *law)
{
    double sum = 0;

    for (size_t d = 0; d < law->n; d++) {
        sum += law->p_frac[d] > 0 ? log(law->p_frac[d]) : 0;
    }
    return sum;
}

/* Answers P(number >= k) where the law's support alone decides; returns false elsewhere. */
static bool settled(const struct law *law, double k, struct model_result *out)
{
    if (k <= law->least) {
        *out = model_value(1, 0);
    } else if (k > law->most) {
        *out = model_value(0, 0);
    } else if (k == law->most) {
        double p = exp(log_all_present(law));
        *out = model_value(p, p * 1e-15 * ((double)law->n + 1));
    } else {
        return false;
    }
    return true;
}

/* The tilt at the saddle point for k. Returns false, with the answer in "out", when there is none:
 * the tail, or what it lacks to 1, is then below 1e-300. */
static bool tilt_to(struct law *law, double k, struct tilt *t, struct model_result *out)
{
    struct model_result theta = saddle(law, k);

    if (theta.status != MODEL_OK) {
        double certain = tilt_at(law, 0).mean > k ? 1 : 0;
        *out = theta.status == MODEL_DOMAIN ? model_value(certain, 1e-300) : theta;
        return false;
    }
    *t = tilt_at(law, theta.value);
    return true;
}

/* ---- Bound and expansion. ---- */

struct model_result model_tail_chernoff(size_t n, const double *p_frac, size_t n_entries)
{
    struct law law;
    struct tilt t;
    struct model_result out;
    double k = (double)n_entries + 1;

    if (!law_init(&law, n, p_frac)) {
        return model_none(MODEL_DOMAIN);
    }
    if (settled(&law, k, &out) || !tilt_to(&law, k, &t, &out)) {
        return out;
    }
    double p = t.theta > 0 ? exp(t.log_mgf - t.theta * k) : 1;
    return model_value(p, p * 1e-15 * (double)(n + 100));
}

struct model_result model_tail_bahadur_rao(size_t n, const double *p_frac, size_t n_entries)
{
    struct law law;
    struct tilt t;
    struct model_result out;
    double k = (double)n_entries + 1;

    if (!law_init(&law, n, p_frac)) {
        return model_none(MODEL_DOMAIN);
    }
    if (settled(&law, k, &out)) {
        return k <= law.least ? model_none(MODEL_DOMAIN) : out;
    }
    if (!tilt_to(&law, k, &t, &out)) {
        return out;
    }
    if (t.theta <= 0) {
        return model_none(MODEL_DOMAIN);
    }
    double lattice = -expm1(-t.theta) * sqrt(2 * M_PI * t.variance);
    double p = fmin(exp(t.log_mgf - t.theta * k) / lattice, 1);
    /* The next term of the expansion: 1/variance from the cumulants, and 1/(theta sigma)^2 from the
     * saddle point's nearness to the pole at 0. */
    return model_value(p, p * (1 / t.variance + 1 / (t.theta * t.theta * t.variance)));
}

/* ---- Inversion. ---- */

/* Product of (1 - q_d) + q_d e^(i phi) over the tilted probabilities. */
static double complex tilted_cf(const struct law *law, double theta, double phi)
{
    double growth = expm1(theta);
    double versine = 2 * sin(phi / 2) * sin(phi / 2), sine = sin(phi);
    double re = 1, im = 0;

    for (size_t d = 0; d < law->n; d++) {
        double q = tilted(law->p_frac[d], growth);
        double a = 1 - q * versine;
        double b = q * sine;
        double next = re * a - im * b;

        im = re * b + im * a;
        re = next;
    }
    return CMPLX(re, im);
}

/* exp(K - t k) over the circle: P(number >= k) for t > 0, P(number <= k) for t < 0. The points are
 * so many that what lies a whole turn away, at k + M and beyond, weighs less than e^-40, and those
 * whose characteristic function is below e^-40 are left out. */
static double invert(const struct law *law, const struct tilt *t, double k)
{
    double sigma = sqrt(t->variance);
    double m = 2 * floor(6 * sigma + 23 / fabs(t->theta) + 30) + 1;
    double sum = 0;

    for (double j = 0; 2 * j < m; j++) {
        double phi = 2 * M_PI * j / m;

        if (phi * sigma > 14.5) {
            break;
        }
        double complex pole = 1 - cexp(CMPLX(-fabs(t->theta), t->theta > 0 ? -phi : phi));
        double complex f = tilted_cf(law, t->theta, phi) * cexp(CMPLX(0, -phi * k)) / pole;
        sum += (j > 0 ? 2 : 1) * creal(f);
    }
    return exp(t->log_mgf - t->theta * k) * sum / m;
}

/* The radius: through the saddle point, but not so near the pole at 0 that many points are needed;
 * "side" is 1 for the upper tail and -1 for the lower one. */
static double radius(double theta, double variance, double side)
{
    double least = fmin(1, 1 / sqrt(variance));
    return side * fmax(side * theta, least);
}

static double tail_from(struct law *law, double k, double theta, double side)
{
    struct tilt untilted = tilt_at(law, 0);
    struct tilt t = tilt_at(law, radius(theta, untilted.variance, side));

    return fmin(fmax(invert(law, &t, k), 0), 1);
}

struct model_result model_tail_exact(size_t n, const double *p_frac, size_t n_entries)
{
    struct law law;
    struct tilt t;
    struct model_result out;
    double k = (double)n_entries + 1;

    if (!law_init(&law, n, p_frac)) {
        return model_none(MODEL_DOMAIN);
    }
    if (settled(&law, k, &out) || !tilt_to(&law, k, &t, &out)) {
        return out;
    }
    double precision = 1e-12 + (double)n * 1e-15;
    if (t.theta > 0) {
        double p = tail_from(&law, k, t.theta, 1);
        return model_value(p, p * precision);
    }
    return model_value(1 - tail_from(&law, k - 1, t.theta, -1), precision);
}

/* ---- Sampling. ---- */

enum { BLOCK = 64 };

/* Tilted probabilities, and the hazard -ln(1 - bound) of each block of them, whose bound is its
 * largest. */
struct sampler {
    size_t n;
    double *tilted;
    double *hazard;
};

static struct sampler sampler_new(const struct law *law, double growth)
{
    size_t n_blocks = (law->n + BLOCK - 1) / BLOCK;
    struct sampler s = {.n = law->n,
                        .tilted = xcalloc(law->n, sizeof *s.tilted),
                        .hazard = xcalloc(n_blocks, sizeof *s.hazard)};

    for (size_t d = 0; d < law->n; d++) {
        s.tilted[d] = tilted(law->p_frac[d], growth);
        s.hazard[d / BLOCK] = fmax(s.hazard[d / BLOCK], s.tilted[d]);
    }
    for (size_t b = 0; b < n_blocks; b++) {
        s.hazard[b] = -log1p(-s.hazard[b]);
    }
    return s;
}

static void sampler_free(struct sampler *s)
{
    free(s->tilted);
    free(s->hazard);
}

/* One exponential time passes over the candidates of block after block, each at its block's hazard;
 * where it runs out a candidate stands, which is taken with its own probability over the bound. So a
 * sample costs as many draws as it has entries, not as there are destinations. */
static double sample_number(const struct sampler *s, const gsl_rng *rng)
{
    double number = 0, left = gsl_ran_exponential(rng, 1);

    for (size_t start = 0; start < s->n; start += BLOCK) {
        double hazard = s->hazard[start / BLOCK], bound = -expm1(-hazard);
        size_t end = start + BLOCK < s->n ? start + BLOCK : s->n;
        double d = (double)start;

        while (hazard * ((double)end - d) > left) {
            d += isinf(hazard) ? 0 : floor(left / hazard);
            if (d >= (double)end) {
                break; /* Rounding. */
            }
            number += gsl_rng_uniform(rng) * bound < s->tilted[(size_t)d];
            d += 1;
            left = gsl_ran_exponential(rng, 1);
        }
        if (d < (double)end) {
            left -= hazard * ((double)end - d);
        }
    }
    return number;
}

/* Weights are taken relative to the one at k, so that they are between 0 and 1. */
static struct model_result sample_tail(const struct law *law, const struct tilt *t, double k,
                                       uint32_t n_runs, uint64_t seed)
{
    gsl_rng *rng = gsl_rng_alloc(model_rng_xoshiro);
    struct sampler sampler = sampler_new(law, expm1(t->theta));
    double sum = 0, sum_sq = 0;

    gsl_rng_set(rng, (unsigned long)seed);
    for (uint32_t i = 0; i < n_runs; i++) {
        double number = sample_number(&sampler, rng);
        double weight = number >= k ? exp(-t->theta * (number - k)) : 0;

        sum += weight;
        sum_sq += weight * weight;
    }
    gsl_rng_free(rng);
    sampler_free(&sampler);
    double mean = sum / n_runs;
    double variance = fmax(0, sum_sq - n_runs * mean * mean) / (n_runs - 1.0);
    double scale = exp(t->log_mgf - t->theta * k);
    return model_value(scale * mean, 1.96 * scale * sqrt(variance / n_runs));
}

struct model_result model_tail_sampled(size_t n, const double *p_frac, size_t n_entries,
                                       uint32_t n_runs, uint64_t seed)
{
    struct law law;
    struct tilt t;
    struct model_result out;
    double k = (double)n_entries + 1;

    if (!law_init(&law, n, p_frac) || n_runs < 2) {
        return model_none(MODEL_DOMAIN);
    }
    if (settled(&law, k, &out) || !tilt_to(&law, k, &t, &out)) {
        return out;
    }
    if (t.theta < 0) { /* Below the mean the law itself is the better one to sample. */
        t = tilt_at(&law, 0);
    }
    return sample_tail(&law, &t, k, n_runs, seed);
}
