/* Response times of M/M/1/m and of M/G/1: distributions and percentiles. */
#include <complex.h>
#include <math.h>
#include <stdbool.h>

#include "models/binomial.h"
#include "models/root.h"
#include "models/station.h"

/* ---- M/M/1/m. ---- */

/* P(an accepted packet-in finds k or more), k < m: (rho^k - rho^m)/(1 - rho^m), x = ln rho. */
static double finds(double x, double k, double m)
{
    if (x == 0) {
        return (m - k) / m;
    }
    if (x > 0) {
        return expm1(-(m - k) * x) / expm1(-m * x);
    }
    return exp(k * x) * (expm1((m - k) * x) / expm1(m * x));
}

/* Sum over k < m of P(k services end within t) P(finds k or more): one that finds n waits for n + 1
 * services (Gross and Harris 2008, section 2.5). From the term where the Poisson law is highest. */
static double slower(double x, double m, double mu_t)
{
    double mode = fmin(floor(mu_t), m - 1);
    double top = model_poisson_pmf((uint32_t)mode, mu_t).value;
    double sum = 0, term = top;

    for (double k = mode; k >= 0 && term > top * 1e-20; k--) {
        sum += term * finds(x, k, m);
        term *= mu_t > 0 ? k / mu_t : 0;
    }
    term = top;
    for (double k = mode + 1; k < m; k++) {
        term *= mu_t / k;
        if (!(term > top * 1e-20)) {
            break;
        }
        sum += term * finds(x, k, m);
    }
    return fmin(sum, 1);
}

static bool mm1m_is_valid(double lambda, double mu, uint32_t m)
{
    struct queue_state q;
    return model_mm1m(lambda, mu, m, &q) == MODEL_OK;
}

/* ln rho, with a load so small that nobody waits in place of 0. */
static double log_load(double lambda, double mu)
{
    return log(fmax(lambda / mu, 1e-300));
}

struct model_result model_mm1m_slower(double lambda_per_s, double mu_per_s, uint32_t capacity,
                                      double t_s)
{
    if (!mm1m_is_valid(lambda_per_s, mu_per_s, capacity) || !(t_s >= 0) || !isfinite(t_s)) {
        return model_none(MODEL_DOMAIN);
    }
    double p = slower(log_load(lambda_per_s, mu_per_s), capacity, mu_per_s * t_s);
    return model_value(p, 1e-10 * p);
}

struct delay {
    double lambda_per_s, mu_per_s, scv;
    double capacity;
    double log_rest; /* ln(1 - p). */
};

static double mm1m_rest(double mu_t, const void *ctx)
{
    const struct delay *d = ctx;
    double p = slower(log_load(d->lambda_per_s, d->mu_per_s), d->capacity, mu_t);

    return fmax(log(p), -800) - d->log_rest;
}

struct model_result model_mm1m_percentile(double lambda_per_s, double mu_per_s, uint32_t capacity,
                                          double p)
{
    struct delay d = {lambda_per_s, mu_per_s, 1, capacity, log1p(-p)};
    double hi = 1;

    if (!mm1m_is_valid(lambda_per_s, mu_per_s, capacity) || !(p > 0 && p < 1)) {
        return model_none(MODEL_DOMAIN);
    }
    while (mm1m_rest(hi, &d) > 0 && hi < 1e12) {
        hi *= 2;
    }
    struct model_result r = model_root_find(mm1m_rest, &d, 0, hi, 1e-14, 1e-12);
    return r.status == MODEL_OK ? model_value(r.value / mu_per_s, 1e-11 * r.value / mu_per_s)
                                : model_none(MODEL_NOCONV);
}

/* ---- M/G/1. ---- */

/* Transform of the service time, in units of its mean. */
static double complex service(double complex s, double scv)
{
    return scv > 0 ? cexp(-clog(1 + scv * s) / scv) : cexp(-s);
}

/* Transform of P(response > t): (1 - T(s))/s, T(s) = (1 - rho) s B(s)/(s - rho (1 - B(s))). */
static double complex slower_transform(double complex s, double rho, double scv)
{
    double complex b = service(s, scv);
    double complex t = (1 - rho) * s * b / (s - rho * (1 - b));

    return (1 - t) / s;
}

/* Abate and Whitt 1995, algorithm Euler: an alternating Fourier series, its partial sums 30 to 41
 * averaged with binomial weights. The discretisation error is e^-18.4 = 1e-8. */
static double euler_slower(double rho, double scv, double t)
{
    enum { N = 30, M = 11 };
    static const double binomial[M + 1] = {1, 11, 55, 165, 330, 462, 462, 330, 165, 55, 11, 1};
    const double a = 18.4;
    double sum = creal(slower_transform(a / (2 * t), rho, scv)) / 2;
    double averaged = 0;

    for (int k = 1; k <= N + M; k++) {
        double complex s = CMPLX(a / (2 * t), k * M_PI / t);

        sum += (k % 2 ? -1 : 1) * creal(slower_transform(s, rho, scv));
        if (k >= N) {
            averaged += binomial[k - N] / 2048 * sum;
        }
    }
    return fmin(fmax(exp(a / 2) / t * averaged, 0), 1);
}

static enum model_status mg1_status(double lambda, double mu, double scv)
{
    struct queue_state q;
    return model_mg1(lambda, mu, scv, &q);
}

struct model_result model_mg1_slower(double lambda_per_s, double mu_per_s, double scv, double t_s)
{
    enum model_status status = mg1_status(lambda_per_s, mu_per_s, scv);

    if (status != MODEL_OK || !(t_s >= 0) || !isfinite(t_s)) {
        return model_none(status != MODEL_OK ? status : MODEL_DOMAIN);
    }
    if (t_s == 0) {
        return model_value(1, 0);
    }
    double p = euler_slower(lambda_per_s / mu_per_s, scv, t_s * mu_per_s);
    return model_value(p, scv > 0.01 ? 1e-7 : 1e-3);
}

static double mg1_rest(double t, const void *ctx)
{
    const struct delay *d = ctx;
    double p = t > 0 ? euler_slower(d->lambda_per_s / d->mu_per_s, d->scv, t) : 1;

    return p - exp(d->log_rest);
}

struct model_result model_mg1_percentile(double lambda_per_s, double mu_per_s, double scv, double p)
{
    struct delay d = {lambda_per_s, mu_per_s, scv, 0, log1p(-p)};
    enum model_status status = mg1_status(lambda_per_s, mu_per_s, scv);
    double hi = 1;

    if (status != MODEL_OK || !(p > 0 && p <= 0.99999)) {
        return model_none(status != MODEL_OK ? status : MODEL_DOMAIN);
    }
    while (mg1_rest(hi, &d) > 0 && hi < 1e12) {
        hi *= 2;
    }
    struct model_result r = model_root_find(mg1_rest, &d, 0, hi, 1e-9, 1e-9);
    return r.status == MODEL_OK ? model_value(r.value / mu_per_s, 1e-4 * r.value / mu_per_s)
                                : model_none(MODEL_NOCONV);
}
