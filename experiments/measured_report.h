/* The report of an experiment that is measured frame by frame: findings, its figures, simulation beside
 * what is expected, and every metric of every point with its interval. */
#ifndef TAMBO_EXPERIMENTS_MEASURED_REPORT_H
#define TAMBO_EXPERIMENTS_MEASURED_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "experiments/results.h"

/* Writes report.html and its pictures into 'dir' and adds "measured" to 'summary'. False on failure, with the
 * reason in 'error'. */
bool measured_report_write(const struct experiment *e, const struct results *results,
                           const struct compare *compare, const char *dir, json_t *summary,
                           char *error, size_t size);

#endif
