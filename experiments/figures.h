/* Pictures that an experiment asks for:
 *
 *      "figures": [{"file": "arp-share.svg", "title": "...", "says": "What the picture shows.",
 *                   "x": "traffic.arp_cache_s", "x_label": "...", "y": ["core_arp_frac"], "y_label": "...",
 *                   "series": ["apps.arp_proxy"], "only": {"topology.hosts": 48}, "log_x": false, "log_y": false,
 *                   "y_max": 0, "marks": [{"x": 180, "y": 56420, "title": "published"}]}]
 *
 * "x" and "series" (one or a list) are paths into a point's scenario; "y" are keys of the metrics. What a model says
 * of them is drawn as a line. "only" takes the points with these values. A metric that is an array is a curve: "x" is
 * then the key of the metric with its abscissae, or "index" for a histogram. */
#ifndef TAMBO_EXPERIMENTS_FIGURES_H
#define TAMBO_EXPERIMENTS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/report.h"
#include "controller/config/json_check.h"
#include "experiments/results.h"

/* Reads the member "figures" of the experiment 'root'. */
void figures_read(struct conf_node *root, struct experiment *e);

/* Gives an experiment that asks for none, and whose points are known, one for each quantity that it compares. */
void figures_complete(struct experiment *e);

/* Draws them into 'dir' and adds them to 'report'. False on failure, with the reason in 'error'. */
bool figures_add(struct report *report, const struct experiment *e, const struct results *results,
                 const char *dir, char *error, size_t size);

#endif
