/* Integrals of integrands that reach over many powers of e, for models whose variable is a logarithm. */
#ifndef TAMBO_MODELS_QUADRATURE_H
#define TAMBO_MODELS_QUADRATURE_H

#include <gsl/gsl_math.h>

#include "models/status.h"

/* Integral of f over [lo, hi] with a relative error of at most "epsrel" (or what rounding leaves, if
 * that is more). The interval is cut first at whole multiples of ln 10, and at "kink", where the
 * integrand has a corner, if that lies inside (0: none). The tolerance is relative to the integral,
 * which the first measures may have overrated (a steep end looks larger through 21 points): then it
 * is measured once more with the better scale. MODEL_NOCONV: the error stays larger, with the best
 * value; or the integrand is not finite, with none. */
struct model_result model_quadrature(const gsl_function *f, double lo, double hi, double kink,
                                     double epsrel);

#endif
