/* C. Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000: the probability is
 * written as a Stirling prefactor times exp(-deviance), and each part is computed without
 * cancellation. */
#include "models/binomial.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const double LOG_2PI = 1.837877066409345483560659472811;

/* Error of Stirling's formula: ln n! - ln(sqrt(2 pi n) (n/e)^n), Loader 2000 section 2. The series
 * is good to 1e-16 from n = 16; below, ln n! itself is small enough to subtract from. */
static double stirling_error(double n)
{
    if (n < 16) {
        int sign;
        return lgamma_r(n + 1, &sign) - (n + 0.5) * log(n) + n - LOG_2PI / 2;
    }
    double r = 1 / (n * n);
    return (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)))) / n;
}

/* Deviance x ln(x/m) + m - x >= 0, Loader 2000 eq. 5. Near x = m a series in
 * v = (x - m)/(x + m) replaces the difference of nearly equal numbers. */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m)) {
        return x * log(x / m) + m - x;
    }
    double v = (x - m) / (x + m);
    double sum = (x - m) * v;
    double term = 2 * x * v;

    for (int j = 1; j < 1000; j++) {
        term *= v * v;
        double next = sum + term / (2 * j + 1);
        if (next == sum) {
            break;
        }
        sum = next;
    }
    return sum;
}

static bool is_probability_pair(double p, double q)
{
    return p >= 0 && p <= 1 && q >= 0 && q <= 1 && fabs(p + q - 1) <= 1e-9;
}

/* P(X = k); k <= n and a valid pair. */
static double binomial_pmf(double n, double k, double p, double q)
{
    if (p == 0 || q == 0) {
        return k == (p == 0 ? 0 : n) ? 1 : 0;
    }
    if (k == 0) {
        return exp(n * (p < 0.5 ? log1p(-p) : log(q)));
    }
    if (k == n) {
        return exp(n * (q < 0.5 ? log1p(-q) : log(p)));
    }
    double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
                      deviance(k, n * p) - deviance(n - k, n * q);
    return exp(exponent + 0.5 * (log(n / k) - log(n - k) - LOG_2PI));
}

struct model_result model_binomial_pmf(uint32_t n, uint32_t k, double p, double q)
{
    if (!is_probability_pair(p, q)) {
        return model_none(MODEL_DOMAIN);
    }
    double pmf = k > n ? 0 : binomial_pmf(n, k, p, q);
    return model_value(pmf, 1e-13 * pmf);
}

/* Sum of P(X = j) for j = k+1 .. n by the ratio of neighbours; falling terms since k >= mean. */
static double sum_above(double n, double k, double p, double q)
{
    double term = binomial_pmf(n, k + 1, p, q);
    double sum = 0;

    for (double j = k + 1; j <= n && term > sum * (DBL_EPSILON / 16); j++) {
        sum += term;
        term *= (n - j) / (j + 1) * (p / q);
    }
    return sum;
}

/* Sum of P(X = j) for j = 0 .. k; falling terms towards 0 since k < mean. */
static double sum_below(double n, double k, double p, double q)
{
    double term = binomial_pmf(n, k, p, q);
    double sum = 0;

    for (double j = k; j >= 0 && term > sum * (DBL_EPSILON / 16); j--) {
        sum += term;
        term *= j / (n - j + 1) * (q / p);
    }
    return sum;
}

struct model_result model_binomial_tail(uint32_t n, uint32_t k, double p, double q)
{
    if (!is_probability_pair(p, q)) {
        return model_none(MODEL_DOMAIN);
    }
    double tail;
    if (k >= n || p == 0) {
        tail = 0;
    } else if (q == 0) {
        tail = 1;
    } else if (k >= n * p) {
        tail = sum_above(n, k, p, q);
    } else {
        tail = fmax(0, 1 - sum_below(n, k, p, q));
    }
    return model_value(tail, 1e-12 * tail);
}

struct model_result model_poisson_pmf(uint32_t k, double mean)
{
    double pmf;

    if (!(mean >= 0) || !isfinite(mean)) {
        return model_none(MODEL_DOMAIN);
    }
    if (mean == 0) {
        pmf = k == 0 ? 1 : 0;
    } else if (k == 0) {
        pmf = exp(-mean);
    } else {
        pmf = exp(-stirling_error(k) - deviance(k, mean) - 0.5 * (LOG_2PI + log(k)));
    }
    return model_value(pmf, 1e-13 * pmf);
}
