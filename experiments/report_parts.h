/* What the reports of all experiments have in common. */
#ifndef TAMBO_EXPERIMENTS_REPORT_PARTS_H
#define TAMBO_EXPERIMENTS_REPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/report.h"
#include "experiments/results.h"

/* The finding: how many comparisons hold. */
void report_add_findings(struct report *report, const struct compare *compare);

/* Every comparison as a table, and in compare.csv of 'dir'. False on failure, with errno set. */
bool report_add_compared(struct report *report, const struct compare *compare, const char *dir);

/* Writes report.html of 'dir', with a footer that says how to make it again. False with errno set. */
bool report_finish(const struct report *report, const struct experiment *e,
                   const struct results *results, const char *dir);

#endif
