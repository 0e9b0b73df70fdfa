/* Bracketed root finding by R. P. Brent, "Algorithms for Minimization without Derivatives", 1973,
 * chapter 4, as GSL implements it. This file keeps GSL's error handler, which aborts, from ever
 * being called: the bracket is checked first and no value that is not finite reaches the solver. */
#include "models/root.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdbool.h>

enum { MAX_STEPS = 200 };

struct guarded_fn {
    model_root_fn *fn;
    const void *ctx;
    bool broken;
};

/* A value that is not finite stops the search by looking like a root; "broken" tells. */
static double guarded_call(double x, void *p)
{
    struct guarded_fn *guarded = p;
    double y = guarded->fn(x, guarded->ctx);

    if (!isfinite(y)) {
        guarded->broken = true;
        return 0;
    }
    return y;
}

static struct model_result iterate(gsl_root_fsolver *solver, const struct guarded_fn *guarded,
                                   double epsabs, double epsrel)
{
    for (int step = 0; step < MAX_STEPS; step++) {
        if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS || guarded->broken) {
            return model_none(MODEL_NOCONV);
        }
        double lo = gsl_root_fsolver_x_lower(solver);
        double hi = gsl_root_fsolver_x_upper(solver);
        double x = gsl_root_fsolver_root(solver);

        if (hi - lo <= epsabs + epsrel * fabs(x)) {
            return model_value(x, (hi - lo) / 2);
        }
    }
    return model_none(MODEL_NOCONV);
}

struct model_result model_root_find(model_root_fn *fn, const void *ctx, double lo, double hi,
                                    double epsabs, double epsrel)
{
    struct guarded_fn guarded = {.fn = fn, .ctx = ctx};

    if (!isfinite(lo) || !isfinite(hi) || lo > hi || !(epsabs >= 0) || !(epsrel >= 0)) {
        return model_none(MODEL_DOMAIN);
    }
    double f_lo = guarded_call(lo, &guarded);
    double f_hi = guarded_call(hi, &guarded);
    if (guarded.broken) {
        return model_none(MODEL_NOCONV);
    }
    if (f_lo == 0 || f_hi == 0) {
        return model_value(f_lo == 0 ? lo : hi, 0);
    }
    if ((f_lo < 0) == (f_hi < 0)) {
        return model_none(MODEL_DOMAIN);
    }
    gsl_function function = {.function = guarded_call, .params = &guarded};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    gsl_root_fsolver_set(solver, &function, lo, hi);
    struct model_result root = iterate(solver, &guarded, epsabs, epsrel);
    gsl_root_fsolver_free(solver);
    return root;
}
