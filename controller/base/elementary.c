/* The methods and the constants are those of fdlibm (Sun Microsystems, 1993; K. C. Ng), e_log.c and
 * e_exp.c, without their short cuts for special arguments. */
#include "controller/base/elementary.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts: the first has 21 zero bits at its end, so that a product with an exponent is
 * exact. */
#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10
#define INV_LN2 1.44269504088896338700e+00

static uint64_t bits_of(double x)
{
    uint64_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

static double of_bits(uint64_t u)
{
    double x;

    memcpy(&x, &u, sizeof x);
    return x;
}

/* x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2). Returns f. */
static double split(double x, int *k)
{
    uint64_t bits = bits_of(x);
    uint64_t mantissa = bits & UINT64_C(0x000fffffffffffff);
    /* 1 when the mantissa is above sqrt(2): then half of it and the next exponent. */
    uint64_t halve = mantissa > UINT64_C(0x0006a09e667f3bcd);

    *k = (int)(bits >> 52) - 1023 + (int)halve;
    return of_bits(mantissa | (UINT64_C(1023) - halve) << 52) - 1.0;
}

/* With s = f/(2 + f): log(1 + f) = 2s + s R(s²), where R is a minimax polynomial. */
double exact_log(double x)
{
    int k;
    double f, s, z, w, r, half_square;

    assert(isnormal(x) && x > 0 && "exact_log: not a positive normal number");
    f = split(x, &k);
    s = f / (2.0 + f);
    z = s * s;
    w = z * z;
    r = z * (6.666666666666735130e-01 +
             w * (2.857142874366239149e-01 +
                  w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    r += w *
         (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    half_square = 0.5 * f * f;
    return k * LN2_HI - ((half_square - (s * (half_square + r) + k * LN2_LO)) - f);
}

/* x = k ln 2 + r with |r| <= ln 2 / 2; e^r from a rational approximation in r². */
double exact_exp(double x)
{
    double hi, lo, r, t, c, y;
    int k;

    assert(!isnan(x) && "exact_exp: not a number");
    if (x < -708.0) {
        return 0.0;
    }
    if (x > 709.0) {
        return INFINITY;
    }
    k = (int)(INV_LN2 * x + (x < 0 ? -0.5 : 0.5));
    hi = x - k * LN2_HI;
    lo = k * LN2_LO;
    r = hi - lo;
    t = r * r;
    c = r - t * (1.66666666666666019037e-01 +
                 t * (-2.77777777770155933842e-03 +
                      t * (6.61375632143793436117e-05 +
                           t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
    y = 1.0 - ((lo - r * c / (2.0 - c)) - hi);
    return y * of_bits((uint64_t)(1023 + k) << 52);
}
