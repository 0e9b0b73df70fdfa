/* The law of popularity behind Poisson counts. Private to calibrate.c. */
#ifndef TAMBO_EXPERIMENTS_CALIBRATE_FIT_H
#define TAMBO_EXPERIMENTS_CALIBRATE_FIT_H

#include "experiments/calibrate.h"

/* A destination was called 'n' times in 'exposure_s' source-seconds. */
struct fit_count {
    double n, exposure_s;
};

/* Fills out->fits and out->best; out->session_s is there. */
void calibrate_popularity(const struct fit_count counts[], size_t n, struct calibration *out);

#endif
