/* The report of an experiment: findings, its claims, its pictures, simulation beside models, and every metric of every
 * point with its interval. */
#ifndef TAMBO_EXPERIMENTS_EXPERIMENT_REPORT_H
#define TAMBO_EXPERIMENTS_EXPERIMENT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "experiments/results.h"

/* What has been found out: owned by the caller. */
struct findings {
    const struct results *results;
    const struct compare *compare;
    const json_t *measured; /* results_measured()'s. */
    const json_t *claims;   /* claims_judge()'s. */
};

/* Writes report.html and its pictures into 'dir'. False on failure, with the reason in 'error'. */
bool experiment_report_write(const struct experiment *e, const struct findings *found,
                             const char *dir, char *error, size_t size);

#endif
