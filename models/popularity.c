/* Popularities and their expectations.
 *
 * The Pareto law is written in w = ln(H/x), 0 < w < L = ln(H/x_m), which keeps everything exact at
 * the popular end and for H close to x_m (derived here from the density in the header):
 *
 *     lambda = mu x/(H - x) = mu/(e^w - 1)
 *     density of w: alpha e^(-alpha (L - w))/(1 - e^(-alpha L))
 *     rank of w: v = P(x' > x) = (e^(alpha w) - 1)/(e^(alpha L) - 1)                            */
#include "models/popularity.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "models/quadrature.h"

static const char *const KIND_NAMES[] = {
    [POPULARITY_UNIFORM] = "uniform",   [POPULARITY_PARETO] = "pareto",
    [POPULARITY_ZIPF] = "zipf",         [POPULARITY_EMPIRICAL] = "empirical",
    [POPULARITY_SESSIONS] = "sessions",
};
enum { N_KINDS = sizeof KIND_NAMES / sizeof KIND_NAMES[0] };

static const double N_HOSTS_MAX = 1e15;

const char *popularity_kind_name(enum popularity_kind kind)
{
    return (size_t)kind < N_KINDS ? KIND_NAMES[kind] : "unknown";
}

bool popularity_kind_parse(const char *name, enum popularity_kind *kind)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(name, KIND_NAMES[i]) == 0) {
            *kind = (enum popularity_kind)i;
            return true;
        }
    }
    return false;
}

static bool network_is_valid(double n_hosts, double mean_sessions, double mu_per_s)
{
    return n_hosts > 1 && n_hosts <= N_HOSTS_MAX && mean_sessions >= 0 && mu_per_s > 0 &&
           isfinite(mu_per_s);
}

/* lambda = mu x/(N - 1 - x): Cuba and Becerra 2015, section 5.2. */
static double rate_of_sessions(double n_hosts, double sessions, double mu_per_s)
{
    return mu_per_s * sessions / (n_hosts - 1 - sessions);
}

enum model_status model_popularity_uniform(struct popularity *popularity, double n_hosts,
                                           double mean_sessions, double mu_per_s)
{
    *popularity = (struct popularity){.kind = POPULARITY_UNIFORM};
    if (!network_is_valid(n_hosts, mean_sessions, mu_per_s) || mean_sessions >= n_hosts - 1) {
        return MODEL_DOMAIN;
    }
    popularity->n_hosts = n_hosts;
    popularity->mu_per_s = mu_per_s;
    popularity->rate_per_s = rate_of_sessions(n_hosts, mean_sessions, mu_per_s);
    return MODEL_OK;
}

enum model_status model_popularity_pareto(struct popularity *popularity, double n_hosts,
                                          double mean_sessions, double alpha, double mu_per_s)
{
    *popularity = (struct popularity){.kind = POPULARITY_PARETO};
    if (!network_is_valid(n_hosts, mean_sessions, mu_per_s) || !(alpha > 1) || !isfinite(alpha)) {
        return MODEL_DOMAIN;
    }
    double x_m = mean_sessions * (alpha - 1) / alpha;
    if (!(x_m > 0) || x_m >= n_hosts - 1) {
        return MODEL_DOMAIN;
    }
    popularity->n_hosts = n_hosts;
    popularity->mu_per_s = mu_per_s;
    popularity->alpha = alpha;
    popularity->log_span = log1p((n_hosts - 1 - x_m) / x_m);
    return MODEL_OK;
}

enum model_status model_popularity_empirical(struct popularity *popularity,
                                             const double *rates_per_s, size_t n_rates,
                                             double mu_per_s)
{
    *popularity = (struct popularity){.kind = POPULARITY_EMPIRICAL};
    if (n_rates == 0 || !(mu_per_s > 0) || !isfinite(mu_per_s)) {
        return MODEL_DOMAIN;
    }
    for (size_t i = 0; i < n_rates; i++) {
        double ceiling = i > 0 ? rates_per_s[i - 1] : DBL_MAX;
        if (!(rates_per_s[i] >= 0) || rates_per_s[i] > ceiling) {
            return MODEL_DOMAIN;
        }
    }
    popularity->n_hosts = (double)n_rates;
    popularity->mu_per_s = mu_per_s;
    popularity->rates_per_s = rates_per_s;
    popularity->n_rates = n_rates;
    return MODEL_OK;
}

enum model_status model_popularity_sessions(struct popularity *popularity, double n_hosts,
                                            const double *sessions, size_t n_sessions,
                                            double mu_per_s)
{
    *popularity = (struct popularity){.kind = POPULARITY_SESSIONS};
    if (n_sessions == 0 || !network_is_valid(n_hosts, sessions[0], mu_per_s) ||
        sessions[0] >= n_hosts - 1) {
        return MODEL_DOMAIN;
    }
    popularity->n_hosts = n_hosts;
    popularity->mu_per_s = mu_per_s;
    popularity->sessions = sessions;
    popularity->n_rates = n_sessions;
    return MODEL_OK;
}

/* Zipf, empirical, sessions: lambda of rank "i" = 0 .. n_rates-1. */
static double ranked_rate(const struct popularity *p, size_t i)
{
    if (p->kind == POPULARITY_EMPIRICAL) {
        return p->rates_per_s[i];
    }
    double sessions = p->kind == POPULARITY_SESSIONS
                          ? p->sessions[i]
                          : p->sessions_first * pow((double)i + 1, -p->alpha);
    return rate_of_sessions(p->n_hosts, sessions, p->mu_per_s);
}

/* Pareto: w at rank fraction v in [0, 1], the inverse of the rank in the opening comment. */
static double pareto_w(const struct popularity *p, double v)
{
    double span = p->alpha * p->log_span;

    if (span < 500) {
        return log1p(v * expm1(span)) / p->alpha;
    }
    double below = v + (1 - v) * exp(-span); /* e^span alone would overflow. */
    return fmax(0, p->log_span + log(below) / p->alpha);
}

static double pareto_rate(const struct popularity *p, double w)
{
    return p->mu_per_s / expm1(w);
}

/* "v" in (0, 1). */
static double rate_at(const struct popularity *p, double v)
{
    switch (p->kind) {
    case POPULARITY_UNIFORM:
        return p->rate_per_s;
    case POPULARITY_PARETO:
        return fmin(pareto_rate(p, pareto_w(p, v)), DBL_MAX);
    case POPULARITY_ZIPF:
    case POPULARITY_EMPIRICAL:
    case POPULARITY_SESSIONS:
        break;
    }
    size_t rank = (size_t)(v * (double)p->n_rates);
    return ranked_rate(p, rank < p->n_rates ? rank : p->n_rates - 1);
}

struct model_result model_popularity_rate_at(const struct popularity *popularity, double v)
{
    if (!(v > 0 && v < 1)) {
        return model_none(MODEL_DOMAIN);
    }
    double rate = rate_at(popularity, v);
    return model_value(rate, 1e-13 * rate);
}

void model_popularity_rates(const struct popularity *popularity, size_t n, double *rates_per_s)
{
    for (size_t d = 0; d < n; d++) {
        rates_per_s[d] = rate_at(popularity, ((double)d + 0.5) / (double)n);
    }
}

struct popularity_range model_popularity_everyone(void)
{
    return (struct popularity_range){.from_frac = 0, .to_frac = 1, .epsrel = 1e-11};
}

/* ---- Integral over w: Pareto. ---- */

struct pareto_integrand {
    const struct popularity *popularity;
    model_rate_fn *fn;
    const void *ctx;
    double scale; /* alpha/(1 - e^(-alpha L)). */
};

static double pareto_integrand(double w, void *params)
{
    const struct pareto_integrand *in = params;
    const struct popularity *p = in->popularity;
    double density = in->scale * exp(-p->alpha * (p->log_span - w));

    return density > 0 ? density * in->fn(fmin(pareto_rate(p, w), DBL_MAX), in->ctx) : 0;
}

static struct model_result expect_pareto(const struct popularity *p,
                                         const struct popularity_range *range, model_rate_fn *fn,
                                         const void *ctx)
{
    double scale = p->alpha / -expm1(-p->alpha * p->log_span);
    struct pareto_integrand in = {.popularity = p, .fn = fn, .ctx = ctx, .scale = scale};
    gsl_function f = {.function = pareto_integrand, .params = &in};
    double lo = range->from_frac > 0 ? pareto_w(p, range->from_frac) : 0;
    double hi = range->to_frac < 1 ? pareto_w(p, range->to_frac) : p->log_span;
    double kink = range->kink_per_s > 0 ? log1p(p->mu_per_s / range->kink_per_s) : 0;

    return model_quadrature(&f, lo, hi, kink, range->epsrel);
}

/* ---- Sums over ranks: Zipf. ---- */

enum { EXACT_RANKS = 256 };

/* g(r) = fn(rate of rank r), or the sessions of that rank themselves without a function. */
struct rank_integrand {
    const struct popularity *popularity;
    model_rate_fn *fn;
    const void *ctx;
};

static double at_rank(const struct rank_integrand *in, double r)
{
    const struct popularity *p = in->popularity;
    double sessions = p->sessions_first * pow(r, -p->alpha);

    return in->fn ? in->fn(rate_of_sessions(p->n_hosts, sessions, p->mu_per_s), in->ctx) : sessions;
}

static double rank_integrand(double log_r, void *params)
{
    double r = exp(log_r);
    return r * at_rank(params, r);
}

/* g'(r). */
static double slope_at(const struct rank_integrand *in, double r)
{
    return at_rank(in, r + 0.5) - at_rank(in, r - 0.5);
}

/* The whole ranks a+1 .. b, far from the first, by Euler and Maclaurin: the integral from a+1/2 to
 * b+1/2 less (g'(b+1/2) - g'(a+1/2))/24; what follows is of the order of the third derivative. */
static struct model_result sum_far(struct rank_integrand *in, double a, double b, double kink_rank,
                                   double epsrel)
{
    gsl_function f = {.function = rank_integrand, .params = in};
    double kink = kink_rank > 0 ? log(kink_rank) : 0;
    struct model_result r = model_quadrature(&f, log(a + 0.5), log(b + 0.5), kink, epsrel);

    r.value -= (slope_at(in, b + 0.5) - slope_at(in, a + 0.5)) / 24;
    return r;
}

/* Sum of g over the ranks from "from" to "to" (0 .. n); those at the two ends may count in part. */
static struct model_result sum_of_ranks(struct rank_integrand *in, double from, double to,
                                        double kink_rank, double epsrel)
{
    double near = fmin(to, EXACT_RANKS), a = fmax(ceil(from), EXACT_RANKS), b = floor(to);
    struct model_result far = model_value(0, 0);
    double sum = 0;

    for (double i = floor(from); i < near; i++) {
        sum += (fmin(near, i + 1) - fmax(from, i)) * at_rank(in, i + 1);
    }
    if (b > a) {
        far = sum_far(in, a, b, kink_rank, epsrel);
    }
    if (to > EXACT_RANKS) { /* The broken ranks at the ends of the far part. */
        sum += fmax(0, fmin(a, to) - fmax(from, EXACT_RANKS)) * at_rank(in, a);
        sum += b >= a ? (to - b) * at_rank(in, b + 1) : 0;
    }
    far.value += sum;
    far.abserr += fabs(sum) * DBL_EPSILON * 64;
    return far;
}

/* The rank of a rate: x = (N - 1) lambda/(lambda + mu), r = (x_1/x)^(1/alpha). */
static double rank_of(const struct popularity *p, double rate_per_s)
{
    double sessions = (p->n_hosts - 1) / (1 + p->mu_per_s / rate_per_s);
    return p->alpha > 0 ? pow(p->sessions_first / sessions, 1 / p->alpha) : 0;
}

static struct model_result expect_zipf(const struct popularity *p,
                                       const struct popularity_range *range, model_rate_fn *fn,
                                       const void *ctx)
{
    struct rank_integrand in = {.popularity = p, .fn = fn, .ctx = ctx};
    double n = p->n_hosts;
    double kink = range->kink_per_s > 0 ? rank_of(p, range->kink_per_s) : 0;
    struct model_result r =
        sum_of_ranks(&in, range->from_frac * n, range->to_frac * n, kink, range->epsrel);

    if (!isfinite(r.value)) {
        return model_none(MODEL_NOCONV);
    }
    return (struct model_result){r.value / n, r.abserr / n, r.status};
}

enum model_status model_popularity_zipf(struct popularity *popularity, double n_hosts,
                                        double mean_sessions, double exponent, double mu_per_s)
{
    *popularity = (struct popularity){.kind = POPULARITY_ZIPF};
    if (!network_is_valid(n_hosts, mean_sessions, mu_per_s) || !(exponent >= 0) ||
        n_hosts != floor(n_hosts)) {
        return MODEL_DOMAIN;
    }
    struct popularity zipf = {.kind = POPULARITY_ZIPF,
                              .n_hosts = n_hosts,
                              .mu_per_s = mu_per_s,
                              .alpha = exponent,
                              .sessions_first = 1,
                              .n_rates = (size_t)n_hosts};
    struct rank_integrand harmonic = {.popularity = &zipf};
    double sum = sum_of_ranks(&harmonic, 0, n_hosts, 0, 1e-13).value;
    zipf.sessions_first = mean_sessions * n_hosts / sum;
    if (!(zipf.sessions_first < n_hosts - 1)) {
        return MODEL_DOMAIN;
    }
    *popularity = zipf;
    return MODEL_OK;
}

/* ---- Sums over ranks: measured ones. ---- */

/* Rank i covers the fractions i/n .. (i+1)/n; the ranks at the two ends may count in part. */
static struct model_result expect_ranked(const struct popularity *p,
                                         const struct popularity_range *range, model_rate_fn *fn,
                                         const void *ctx)
{
    double n = (double)p->n_rates;
    double from = range->from_frac * n;
    double to = range->to_frac * n;
    double sum = 0;
    double sum_abs = 0;

    for (size_t i = (size_t)from; i < p->n_rates && (double)i < to; i++) {
        double share = fmin(to, (double)i + 1) - fmax(from, (double)i);
        double term = share * fn(ranked_rate(p, i), ctx);
        sum += term;
        sum_abs += fabs(term);
    }
    if (!isfinite(sum)) {
        return model_none(MODEL_NOCONV);
    }
    return model_value(sum / n, sum_abs / n * DBL_EPSILON * sqrt(n + 1));
}

static struct model_result expect_uniform(const struct popularity *p,
                                          const struct popularity_range *range, model_rate_fn *fn,
                                          const void *ctx)
{
    double value = (range->to_frac - range->from_frac) * fn(p->rate_per_s, ctx);

    if (!isfinite(value)) {
        return model_none(MODEL_NOCONV);
    }
    return model_value(value, fabs(value) * DBL_EPSILON);
}

struct model_result model_popularity_expect(const struct popularity *popularity,
                                            struct popularity_range range, model_rate_fn *fn,
                                            const void *ctx)
{
    if (!(range.from_frac >= 0 && range.from_frac <= range.to_frac && range.to_frac <= 1 &&
          range.epsrel > 0)) {
        return model_none(MODEL_DOMAIN);
    }
    switch (popularity->kind) {
    case POPULARITY_UNIFORM:
        return expect_uniform(popularity, &range, fn, ctx);
    case POPULARITY_PARETO:
        return expect_pareto(popularity, &range, fn, ctx);
    case POPULARITY_ZIPF:
        return expect_zipf(popularity, &range, fn, ctx);
    case POPULARITY_EMPIRICAL:
    case POPULARITY_SESSIONS:
        return expect_ranked(popularity, &range, fn, ctx);
    }
    return model_none(MODEL_DOMAIN);
}

/* lambda/(lambda + mu): the share of time that a pair is ON. */
static double share_on(double lambda_per_s, const void *ctx)
{
    const struct popularity *p = ctx;
    return 1 / (1 + p->mu_per_s / lambda_per_s);
}

struct model_result model_popularity_mean_sessions(const struct popularity *popularity)
{
    struct model_result on =
        model_popularity_expect(popularity, model_popularity_everyone(), share_on, popularity);
    double n_sources = popularity->n_hosts - 1;

    return (struct model_result){n_sources * on.value, n_sources * on.abserr, on.status};
}
