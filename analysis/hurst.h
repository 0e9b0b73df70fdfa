/* The Hurst parameter of a series (bytes or sessions in equal bins): 1/2 when what is far apart has
 * nothing to do with each other, towards 1 when it has. Three estimators, because each is fooled by
 * something else; all look only at scales of 'least' bins and more, below which a series of
 * superposed sources is not self-similar yet.
 *
 *   variance-time   Var of means of m bins ~ m^(2H - 2)          (Leland et al. 1994, section 4.1)
 *   R/S             range over standard deviation ~ m^H          (Hurst 1951; Mandelbrot, Wallis 1969)
 *   wavelet         log2 of the mean square of Haar details ~ (2H - 1) j, weighted by how many
 *                   there are, with the bias of the logarithm removed (Veitch, Abry 1999)
 *
 * A long series with H near 1 makes the first two too small, since its true mean is not known; the
 * wavelet does not need it and comes with a standard error, as if details were independent and
 * Gaussian. */
#ifndef TAMBO_ANALYSIS_HURST_H
#define TAMBO_ANALYSIS_HURST_H

#include <stdbool.h>
#include <stddef.h>

struct hurst {
    double h;
    double std_error; /* Wavelet: of the weighted regression; the others: of an ordinary one. */
    size_t n_scales;  /* That it is read from. */
};

/* Each: false ("out" zeroed) when the series is constant, or so short that there are fewer than three
 * scales from 'least' >= 1 bins on (variance-time and R/S: up to n/10, wavelet: up to n/8). */
bool hurst_variance_time(const double x[], size_t n, size_t least, struct hurst *out);
bool hurst_rs(const double x[], size_t n, size_t least, struct hurst *out);
bool hurst_wavelet(const double x[], size_t n, size_t least, struct hurst *out);

#endif
