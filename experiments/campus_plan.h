/* The first part of the experiment campus-capacity: the plan for the thesis's campus, from the
 * models alone, beside the figures that the thesis publishes.
 *
 * Source: G. Cuba, J. M. Becerra, "Diseño e implementación de un controlador SDN/OpenFlow para una
 * red de campus académica", PUCP, Lima, 2015, section 5.2. */
#ifndef TAMBO_EXPERIMENTS_CAMPUS_PLAN_H
#define TAMBO_EXPERIMENTS_CAMPUS_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "analysis/report.h"

/* Writes findings, sections, figures and tables into 'report', pictures into 'dir', and the numbers
 * into 'summary' under "plan". False on failure, with the reason in 'error'. */
bool campus_plan_report(struct report *report, const char *dir, json_t *summary, char *error,
                        size_t size);

#endif
