/* Measured numbers from a text file. */
#ifndef TAMBO_EXPERIMENTS_MODEL_SAMPLES_H
#define TAMBO_EXPERIMENTS_MODEL_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

struct model_samples {
    double *values;
    size_t n;
};

/* Reads one number a line; empty lines and those that begin with # are skipped. At most ten million
 * numbers, all finite and not negative. On failure "error" names the file, the line and what was
 * expected, and there is nothing to free. */
bool model_samples_read(struct model_samples *s, const char *path, char *error, size_t size);

void model_samples_fini(struct model_samples *s);

struct sample_moments {
    double mean;
    double scv; /* Squared coefficient of variation, 0 when the mean is 0. */
};

struct sample_moments model_samples_moments(const struct model_samples *s);

#endif
