/* Tail of the Poisson distribution; its single probabilities are in binomial.h. */
#ifndef TAMBO_MODELS_POISSON_H
#define TAMBO_MODELS_POISSON_H

/* P(Poisson(mean) >= count) = P(count, mean) and P(Poisson(mean) < count) = Q(count, mean), the
 * regularized incomplete gamma functions, to 1e-12 (absolute); what is small keeps its relative
 * accuracy, to 1e-8 down to 1e-24. count is whole, and above 2^53 as near as a double is; for
 * count <= 0 it is reached surely, else never with mean <= 0. Time does not depend on the size of
 * count (N. M. Temme, SIAM J. Math. Anal. 10, 1979: uniform asymptotic expansion, DLMF 8.12.3,
 * 8.12.4 and 8.12.7 to 8.12.11). Never NaN but for NaN. */
double model_poisson_at_least(double count, double mean);
double model_poisson_below(double count, double mean);

#endif
