/* Gauss-Kronrod rules of 21 points on pieces, which are halved until each is good enough. */
#include "models/quadrature.h"

#include <float.h>
#include <gsl/gsl_integration.h>
#include <math.h>

enum { MAX_PIECES = 64, MAX_HALVINGS = 20000, MAX_DEPTH = 60, MAX_PASSES = 4 };

struct piece {
    double lo, hi;
    double value, abserr;
    double floor; /* What rounding alone may leave as an error. */
};

static struct piece measure(const gsl_function *f, double lo, double hi)
{
    struct piece piece = {.lo = lo, .hi = hi};
    double resabs, resasc;

    gsl_integration_qk21(f, lo, hi, &piece.value, &piece.abserr, &resabs, &resasc);
    piece.floor = 100 * DBL_EPSILON * resabs;
    return piece;
}

/* Halves "piece" until each part's error is below "tolerance", the share of the whole error that
 * it may use, which is halved too; or until rounding is all that is left of it, or "depth" or
 * "n_left" halvings are used up. The depth ends the hunt for a pole. */
static struct piece refine(const gsl_function *f, struct piece piece, double tolerance, int depth,
                           int *n_left)
{
    if (!(piece.abserr > fmax(tolerance, piece.floor)) || depth == 0 || *n_left == 0) {
        return piece;
    }
    double middle = piece.lo + (piece.hi - piece.lo) / 2;
    --*n_left;
    struct piece a = refine(f, measure(f, piece.lo, middle), tolerance / 2, depth - 1, n_left);
    struct piece b = refine(f, measure(f, middle, piece.hi), tolerance / 2, depth - 1, n_left);
    piece.value = a.value + b.value;
    piece.abserr = a.abserr + b.abserr;
    return piece;
}

/* Cuts [lo, hi] at whole decades of x and at "kink" and measures the "pieces"; returns how many. A
 * span of more decades than there are pieces ends in one long piece, which refine() then halves. */
static size_t cut(const gsl_function *f, double lo, double hi, double kink, struct piece *pieces)
{
    size_t n = 0;

    while (lo < hi) {
        double end = fmin(hi, (floor(lo / M_LN10 + 1e-9) + 1) * M_LN10);
        if (n >= MAX_PIECES - 2) {
            end = hi;
        }
        if (kink > lo && kink < end) {
            end = kink;
        }
        pieces[n++] = measure(f, lo, end);
        lo = end;
    }
    return n;
}

/* Sums of the refined pieces. */
struct total {
    double value, abserr;
    double scale; /* Sum of |value|: what a relative error refers to. */
};

static struct total refine_all(const gsl_function *f, const struct piece *pieces, size_t n,
                               double tolerance, int *n_left)
{
    struct total total = {0};

    for (size_t i = 0; i < n; i++) {
        struct piece piece = refine(f, pieces[i], tolerance / (double)n, MAX_DEPTH, n_left);
        total.value += piece.value;
        total.abserr += piece.abserr;
        total.scale += fabs(piece.value);
    }
    return total;
}

struct model_result model_quadrature(const gsl_function *f, double lo, double hi, double kink,
                                     double epsrel)
{
    struct piece pieces[MAX_PIECES];
    size_t n = cut(f, lo, hi, kink, pieces);
    int n_left = MAX_HALVINGS;
    double allowed = fmax(epsrel, 200 * DBL_EPSILON);
    struct total total = refine_all(f, pieces, n, DBL_MAX, &n_left);

    for (int pass = 0; pass < MAX_PASSES; pass++) {
        total = refine_all(f, pieces, n, epsrel * total.scale, &n_left);
        if (!isfinite(total.value) || !isfinite(total.abserr)) {
            return model_none(MODEL_NOCONV);
        }
        if (total.abserr <= allowed * total.scale) {
            return model_value(total.value, total.abserr);
        }
    }
    return (struct model_result){total.value, total.abserr, MODEL_NOCONV};
}
