/* Tail of the Poisson distribution: exact for small counts, Temme's expansion for large ones. */
#include "models/poisson.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_log.h>
#include <math.h>

/* Below it the incomplete gamma function is cheap; from it on these corrections leave 2e-13. */
static const double COUNT_LARGE = 40;

/* Taylor coefficients in eta of c_0 to c_4 of DLMF 8.12.7, from the recursion 8.12.11 in rationals. */
static const double C0[] = {
    -3.333333333333333e-01, 8.333333333333333e-02,  -1.481481481481482e-02, 1.157407407407407e-03,
    3.527336860670194e-04,  -1.787551440329218e-04, 3.919263178522438e-05,  -2.185448510679992e-06,
    -1.854062210715160e-06, 8.296711340953087e-07,  -1.766595273682608e-07, 6.707853543401498e-09,
    1.026180978424031e-08,  -4.382036018453353e-09, 9.147699582236790e-10,  -2.551419399494625e-11,
};
static const double C1[] = {
    -1.851851851851852e-03, -3.472222222222222e-03, 2.645502645502645e-03,  -9.902263374485596e-04,
    2.057613168724280e-04,  -4.018775720164609e-07, -1.809855033448998e-05, 7.649160916081110e-06,
    -1.612090089456345e-06, 4.647127802807434e-09,  1.378633446915721e-07,  -5.752545603517705e-08,
};
static const double C2[] = {
    4.133597883597883e-03,  -2.681327160493827e-03, 7.716049382716049e-04,  2.009387860082305e-06,
    -1.073665322636516e-04, 5.292344882912013e-05,  -1.276063518861873e-05, 3.423578734096138e-08,
};
static const double C3[] = {
    6.494341563786008e-04, 2.294720936213992e-04,  -4.691894943952557e-04,
    2.677206320628389e-04, -7.561801671883977e-05, -2.396505113867297e-07,
};
static const double C4[] = {
    -8.618882909167117e-04,
    7.840392217200666e-04,
    -2.990724803031902e-04,
    -1.463845257884342e-06,
};

#define SERIES(c, x) series(c, (int)(sizeof c / sizeof c[0]), x)

static double series(const double *c, int n, double x)
{
    double sum = 0;

    for (int i = n - 1; i >= 0; i--) {
        sum = sum * x + c[i];
    }
    return sum;
}

/* P(a, x) of a large a when "side" is 1, Q(a, x) when it is -1, by eta: eta^2/2 = x/a - 1 - log(x/a)
 * with the sign of x - a. */
static double gamma_ratio(double a, double x, double side)
{
    double beyond = (x - a) / a;
    double half = x < 1e-4 * a ? INFINITY : -gsl_sf_log_1plusx_mx(beyond) * a;

    if (half > 700) { /* exp() and erfc() are gone. */
        return beyond * side > 0;
    }
    double eta = copysign(sqrt(2 * half / a), beyond);
    double corrections =
        SERIES(C0, eta) +
        (SERIES(C1, eta) + (SERIES(C2, eta) + (SERIES(C3, eta) + SERIES(C4, eta) / a) / a) / a) / a;
    return erfc(-side * copysign(sqrt(half), beyond)) / 2 -
           side * exp(-half) / sqrt(2 * M_PI * a) * corrections;
}

/* What is certain, or as good as that: 1 when "count" is reached, 0 when it is not, -1 else. */
static int certain(double count, double mean)
{
    if (count <= 0 || mean > 1e4 * (count + 1)) {
        return 1;
    }
    return mean > 0 ? -1 : 0;
}

double model_poisson_at_least(double count, double mean)
{
    int known = certain(count, mean);

    if (known >= 0) {
        return known;
    }
    return count < COUNT_LARGE ? gsl_cdf_gamma_P(mean, count, 1) : gamma_ratio(count, mean, 1);
}

double model_poisson_below(double count, double mean)
{
    int known = certain(count, mean);

    if (known >= 0) {
        return 1 - known;
    }
    return count < COUNT_LARGE ? gsl_cdf_gamma_Q(mean, count, 1) : gamma_ratio(count, mean, -1);
}
