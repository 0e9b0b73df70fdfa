/* The estimators on fractional Gaussian noise, whose Hurst parameter is known: Davies and Harte (1987)
 * make it exactly, by a Fourier transform of its covariance on a circle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <gsl/gsl_fft_complex.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "analysis/hurst.h"
#include "controller/base/alloc.h"

#define N ((size_t)1 << 14)

static double covariance(double h, double k)
{
    return (pow(fabs(k + 1), 2 * h) - 2 * pow(fabs(k), 2 * h) + pow(fabs(k - 1), 2 * h)) / 2;
}

static void make_noise(double h, uint64_t seed, double out[])
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *z = xcalloc(4 * N, sizeof *z); /* 2 N complex numbers. */

    gsl_rng_set(rng, (unsigned long)seed);
    for (size_t k = 0; k < 2 * N; k++) {
        z[2 * k] = covariance(h, (double)(k <= N ? k : 2 * N - k));
    }
    gsl_fft_complex_radix2_forward(z, 1, 2 * N);
    for (size_t k = 0; k < 2 * N; k++) {
        double scale = sqrt(fmax(0, z[2 * k]) / (2.0 * (double)N));

        z[2 * k] = scale * gsl_ran_gaussian_ziggurat(rng, 1);
        z[2 * k + 1] = scale * gsl_ran_gaussian_ziggurat(rng, 1);
    }
    gsl_fft_complex_radix2_forward(z, 1, 2 * N);
    for (size_t k = 0; k < N; k++) {
        out[k] = z[2 * k];
    }
    free(z);
    gsl_rng_free(rng);
}

static void test_fractional_noise(void **state)
{
    static const double hs[] = {0.5, 0.6, 0.75, 0.9};
    double *x = xcalloc(N, sizeof *x);

    (void)state;
    for (size_t i = 0; i < sizeof hs / sizeof hs[0]; i++) {
        double sum = 0, squares = 0;

        for (uint64_t seed = 1; seed <= 4; seed++) {
            struct hurst vt, rs, wavelet;

            make_noise(hs[i], 2385 * seed + i, x);
            assert_true(hurst_variance_time(x, N, 4, &vt));
            assert_true(hurst_rs(x, N, 32, &rs));
            assert_true(hurst_wavelet(x, N, 8, &wavelet));
            if (seed == 1) {
                print_message(
                    "H = %g: variance-time %.3f ± %.3f, R/S %.3f ± %.3f, wavelet %.3f ± %.3f\n",
                    hs[i], vt.h, vt.std_error, rs.h, rs.std_error, wavelet.h, wavelet.std_error);
            }
            assert_true(fabs(vt.h - hs[i]) < 0.12);
            assert_true(fabs(rs.h - hs[i]) < 0.1);
            assert_true(wavelet.std_error > 0.005 && wavelet.std_error < 0.03);
            sum += (wavelet.h - hs[i]) / wavelet.std_error / 4;
            squares += pow((wavelet.h - hs[i]) / wavelet.std_error, 2);
        }
        /* Standard errors are right: their sum of squares is chi squared with 4 degrees of freedom. */
        print_message(
            "    wavelet, 4 series: mean error %+.2f standard errors, sum of squares %.1f\n", sum,
            squares);
        assert_true(squares < 23);
    }
    free(x);
}

static void test_what_has_no_answer(void **state)
{
    double *x = xcalloc(N, sizeof *x);
    struct hurst h;

    (void)state;
    assert_false(hurst_variance_time(x, N, 4, &h));
    assert_false(hurst_rs(x, N, 4, &h));
    assert_false(hurst_wavelet(x, N, 4, &h));
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i % 7);
    }
    assert_false(hurst_variance_time(x, 20, 1, &h) && h.n_scales >= 3);
    assert_false(hurst_rs(x, 80, 8, &h));
    assert_false(hurst_wavelet(x, 3, 1, &h));
    assert_true(h.h == 0 && h.n_scales == 0);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fractional_noise),
        cmocka_unit_test(test_what_has_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
