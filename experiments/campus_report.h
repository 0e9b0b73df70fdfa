/* The report of an experiment on simulated campuses: findings first, then (for campus-capacity) the
 * plan, the network, simulation beside model, and the distribution of the tables' occupancy. */
#ifndef TAMBO_EXPERIMENTS_CAMPUS_REPORT_H
#define TAMBO_EXPERIMENTS_CAMPUS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "experiments/results.h"

/* Writes report.html and its pictures into 'dir' and adds numbers to 'summary'. False on failure,
 * with the reason in 'error'. */
bool campus_report_write(const struct experiment *e, const struct results *results,
                         const struct compare *compare, const char *dir, json_t *summary,
                         char *error, size_t size);

#endif
