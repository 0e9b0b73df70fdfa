/* Root of a continuous function of one variable in a bracket, as every model here needs it. */
#ifndef TAMBO_MODELS_ROOT_H
#define TAMBO_MODELS_ROOT_H

#include "models/status.h"

/* Must be finite on the whole bracket. */
typedef double model_root_fn(double x, const void *ctx);

/* Finds x in ["lo", "hi"] with fn(x, "ctx") = 0 until the bracket is narrower than
 * "epsabs" + "epsrel" |x|. An end where the function is exactly 0 is returned as it is. abserr is
 * half of the last bracket.
 *
 * MODEL_DOMAIN: the bracket is empty or not finite, both ends have the same sign, or a tolerance
 * is negative.
 * MODEL_NOCONV: a value was not finite, or 200 steps were not enough. */
struct model_result model_root_find(model_root_fn *fn, const void *ctx, double lo, double hi,
                                    double epsabs, double epsrel);

#endif
