/* What the reports of all experiments have in common. */
#ifndef TAMBO_EXPERIMENTS_REPORT_PARTS_H
#define TAMBO_EXPERIMENTS_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "analysis/report.h"
#include "experiments/results.h"

/* The finding: how many comparisons hold. */
void report_add_findings(struct report *report, const struct compare *compare);

/* In how many trials the warm-up was long enough (metric warmup_short), where that was asked. */
void report_add_warmup(struct report *report, const json_t *measured);

/* How many claims (claims_judge()) came out how, which are contradicted, and which not as they are expected. */
void report_add_claims(struct report *report, const json_t *claims);

/* The claims, a section and a table for each kind. */
void report_add_claim_tables(struct report *report, const json_t *claims);

/* Every comparison as a table, and in compare.csv of 'dir'. False on failure, with errno set. */
bool report_add_compared(struct report *report, const struct compare *compare, const char *dir);

/* Adds how to make it all again and what lies beside the page, and writes report.html of 'dir'. False with
 * errno set. */
bool report_finish(struct report *report, const struct experiment *e,
                   const struct results *results, const struct compare *compare, const char *dir);

#endif
