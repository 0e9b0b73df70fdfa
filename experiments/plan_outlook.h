/* The answers of "tambo plan" beyond the largest network: what buys most, how long it lasts, and
 * campuses with several models of switch. */
#ifndef TAMBO_EXPERIMENTS_PLAN_OUTLOOK_H
#define TAMBO_EXPERIMENTS_PLAN_OUTLOOK_H

#include "experiments/args.h"
#include "models/capacity.h"

/* Each prints its answer, as JSON or for people, and returns an exit code; complaints go to
 * standard error. */

int plan_print_elasticities(const struct plan_params *params, bool json);

/* "n_hosts" grow by "growth_frac" a year. */
int plan_print_growth(const struct plan_params *params, double n_hosts, double growth_frac,
                      bool json);

/* The threshold policy when each switch counts sessions for "window_s" and the share "drift_frac" of
 * the destinations has changed since. */
int plan_print_estimated(const struct plan_params *params, double window_s, double drift_frac,
                         bool json);

/* "kinds" are texts SHARE:PORTS:ENTRIES. */
int plan_print_mix(const struct plan_params *params, const struct opt_list *kinds, bool json);

#endif
