#include "experiments/measured_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"
#include "experiments/figures.h"
#include "experiments/json_out.h"
#include "experiments/report_parts.h"

/* The metric 'key' of 'point' over its trials. */
static struct ana_summary summary_of(const struct experiment *e, const struct results *results,
                                     size_t point, const char *key)
{
    double *values = xcalloc(results->n + 1, sizeof *values);
    struct ana_summary summary;
    size_t n = 0;

    for (size_t i = 0; i < results->n; i++) {
        if (results->list[i].point == point) {
            values[n++] = json_number_value(json_object_get(results->list[i].metrics, key));
        }
    }
    summary = ana_summarize(values, n, e->level_frac);
    free(values);
    return summary;
}

/* The metrics of a trial of 'point'; NULL when there is none. */
static const json_t *metrics_of(const struct results *results, size_t point)
{
    for (size_t i = 0; i < results->n; i++) {
        if (results->list[i].point == point) {
            return results->list[i].metrics;
        }
    }
    return NULL;
}

static void add_row(struct table *t, const char *label, const char *key,
                    const struct ana_summary *s)
{
    table_cell(t, "%s", label);
    table_cell(t, "%s", key);
    table_cell(t, "%.5g", s->mean);
    table_cell(t, "± %.2g", s->n > 1 ? s->half_width : 0.0);
    table_cell(t, "%zu", s->n);
}

static json_t *add_point(const struct experiment *e, const struct results *results, size_t point,
                         struct table *t)
{
    const json_t *metrics = metrics_of(results, point), *value;
    json_t *out = json_object();
    const char *key;

    json_object_foreach ((json_t *)(uintptr_t)metrics, key, value) {
        struct ana_summary s;

        if (json_is_number(value)) {
            s = summary_of(e, results, point, key);
            add_row(t, e->points[point].label, key, &s);
            json_put(out, key,
                     json_pack("{s:o, s:o}", "mean", json_number(s.mean), "half_width",
                               json_number(s.n > 1 ? s.half_width : 0)));
        }
    }
    return out;
}

static void add_measured(struct report *report, const struct experiment *e,
                         const struct results *results, json_t *summary)
{
    struct table t = TABLE_INIT;
    json_t *measured = json_object();

    table_columns(&t, "point|quantity|mean|interval|trials");
    for (size_t p = 0; p < e->n_points; p++) {
        json_put(measured, e->points[p].label, add_point(e, results, p, &t));
    }
    json_put(summary, "measured", measured);
    report_section(report, "What was measured");
    report_table(report, &t,
                 "Every metric of every point: mean over the replications and half-width of its "
                 "interval. Units are in the names.");
    table_fini(&t);
}

bool measured_report_write(const struct experiment *e, const struct results *results,
                           const struct compare *compare, const char *dir, json_t *summary,
                           char *error, size_t size)
{
    struct report report;
    bool ok;

    report_init(&report, e->title);
    report_add_findings(&report, compare);
    report_section(&report, "Pictures");
    snprintf(error, size, "%s: a picture cannot be read", dir);
    ok = figures_add(&report, e, results, dir, error, size);
    if (compare->n) {
        report_section(&report, "Simulation beside what is expected");
    }
    if (ok && (!report_add_compared(&report, compare, dir))) {
        snprintf(error, size, "%s/compare.csv: %s", dir, strerror(errno));
        ok = false;
    }
    add_measured(&report, e, results, summary);
    if (ok && !report_finish(&report, e, results, dir)) {
        snprintf(error, size, "%s/report.html: %s", dir, strerror(errno));
        ok = false;
    }
    report_fini(&report);
    return ok;
}
