#include "experiments/campus_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/graph.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "controller/base/alloc.h"
#include "experiments/campus_plan.h"
#include "experiments/occupancy_model.h"
#include "experiments/report_parts.h"
#include "experiments/topology.h"
#include "models/holding.h"

struct writer {
    const struct experiment *e;
    const struct results *results;
    const struct compare *compare;
    const char *dir;
    struct report report;
    char *error;
    size_t error_size;
};

static bool fail(struct writer *w, const char *what)
{
    snprintf(w->error, w->error_size, "%s: %s", what, strerror(errno));
    return false;
}

static const char *in_dir(const struct writer *w, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", w->dir, name);
    return path;
}

/* --- Network ------------------------------------------------------------------------------------ */

static bool add_network(struct writer *w)
{
    const struct campus_params *p = &w->e->points[0].scenario.params;
    struct topo_campus shape = {.n_access = p->n_access,
                                .n_core = p->n_core,
                                .hosts_per_access = p->hosts_per_access,
                                .edge = p->edge,
                                .trunk = p->trunk};
    struct topo topo = TOPO_INIT;
    struct text dot = TEXT_INIT;
    char path[4096], sentence[512];
    bool ok;

    topo_make_campus(&topo, &shape);
    topology_picture(&topo, &dot);
    in_dir(w, "topology.svg", path, sizeof path);
    ok = graph_draw(text_str(&dot), "dot", "svg", path, w->error, w->error_size);
    text_fini(&dot);
    topo_fini(&topo);
    report_section(&w->report, "The simulated campus");
    report_paragraph(
        &w->report,
        "The controller core that runs here is the one that tambod runs: it discovers the links, "
        "learns the hosts, and answers every packet-in with label forwarding. In front of it is a "
        "station with one server and a finite queue. Every ordered pair of hosts is an independent "
        "ON/OFF process, simulated exactly; only the first frames of sessions that find no entry "
        "are frames.");
    snprintf(sentence, sizeof sentence,
             "The network: %u core switches in full mesh, %u access switches with two uplinks "
             "each, %u hosts on each access switch.",
             p->n_core, p->n_access, p->hosts_per_access);
    return ok && report_figure(&w->report, path, sentence);
}

/* --- Simulation beside model -------------------------------------------------------------------- */

/* Points of one law and popularity, over the holding time. */
struct family {
    enum hold_law law;
    enum popularity_kind popularity;
};

static bool is_in(const struct family *f, const struct experiment_point *point)
{
    return point->scenario.params.hold_law == f->law &&
           point->scenario.params.popularity == f->popularity;
}

/* The rows of one family and quantity, as plot data. */
struct points_of {
    double *hold_s, *model, *simulated, *half_width;
    size_t n;
};

static struct points_of collect(const struct writer *w, const struct family *f,
                                const char *quantity)
{
    struct points_of d = {0};
    double **columns[] = {&d.hold_s, &d.model, &d.simulated, &d.half_width};

    for (size_t i = 0; i < 4; i++) {
        *columns[i] = xcalloc(w->e->n_points, sizeof **columns[i]);
    }
    for (size_t p = 0; p < w->e->n_points; p++) {
        const struct experiment_point *point = &w->e->points[p];

        for (size_t i = 0; is_in(f, point) && i < w->compare->n; i++) {
            const struct compare_row *row = &w->compare->rows[i];

            if (strcmp(row->point, point->label) == 0 && strcmp(row->quantity, quantity) == 0) {
                d.hold_s[d.n] = point->scenario.params.clustering.hold_s;
                d.model[d.n] = row->model;
                d.simulated[d.n] = row->simulated.mean;
                d.half_width[d.n++] = row->simulated.half_width;
            }
        }
    }
    return d;
}

static void points_free(struct points_of *d)
{
    free(d->hold_s);
    free(d->model);
    free(d->simulated);
    free(d->half_width);
}

#define MAX_FAMILIES 8

static size_t find_families(const struct experiment *e, struct family out[MAX_FAMILIES])
{
    size_t n = 0;

    for (size_t p = 0; p < e->n_points; p++) {
        struct family f = {e->points[p].scenario.params.hold_law,
                           e->points[p].scenario.params.popularity};
        bool known = false;

        for (size_t i = 0; i < n; i++) {
            known = known || is_in(&out[i], &e->points[p]);
        }
        if (!known && n < MAX_FAMILIES) {
            out[n++] = f;
        }
    }
    return n;
}

static bool is_compared(const struct compare *c, const char *quantity)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->rows[i].quantity, quantity) == 0) {
            return true;
        }
    }
    return false;
}

/* A figure of one quantity, if it is compared. */
static bool add_quantity(struct writer *w, const char *quantity, const char *label,
                         const char *title, const char *file, const char *sentence)
{
    struct family families[MAX_FAMILIES];
    size_t n = find_families(w->e, families);
    struct points_of data[MAX_FAMILIES];
    struct plot_series series[2 * MAX_FAMILIES];
    char titles[2 * MAX_FAMILIES][64], path[4096];
    struct plot plot = {.title = title,
                        .x_label = "mean holding time (s)",
                        .y_label = label,
                        .series = series,
                        .n_series = 2 * n};
    bool ok;

    if (!is_compared(w->compare, quantity)) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        const char *traffic = popularity_kind_name(families[i].popularity);
        const char *law = hold_law_name(families[i].law);

        data[i] = collect(w, &families[i], quantity);
        snprintf(titles[2 * i], 64, "%s, %s: model", traffic, law);
        snprintf(titles[2 * i + 1], 64, "simulated, 95 %%");
        series[2 * i] = (struct plot_series){titles[2 * i],  data[i].n > 1 ? PLOT_LINE : PLOT_CROSS,
                                             data[i].n,      data[i].hold_s,
                                             data[i].model,  NULL,
                                             (unsigned)i + 1};
        series[2 * i + 1] = (struct plot_series){
            titles[2 * i + 1], PLOT_POINTS,        data[i].n,      data[i].hold_s,
            data[i].simulated, data[i].half_width, (unsigned)i + 1};
    }
    ok = plot_svg(&plot, in_dir(w, file, path, sizeof path), w->error, w->error_size) &&
         report_figure(&w->report, path, sentence);
    for (size_t i = 0; i < n; i++) {
        points_free(&data[i]);
    }
    return ok;
}

static bool add_comparison(struct writer *w)
{
    bool ok;

    if (!w->compare->n) {
        return true;
    }
    report_section(&w->report, "Simulation beside model");
    ok = add_quantity(w, "occupancy_entries", "entries of an access switch",
                      "Table occupancy: simulated and model", "occupancy.svg",
                      "Mean number of entries with an idle time-out at an access switch, simulated "
                      "with 95 % intervals (mostly smaller than the marks), beside the exact "
                      "holding chain.") &&
         add_quantity(w, "arrivals_per_s", "packet-ins by misses (1/s)",
                      "Arrivals at the controller: simulated and model", "arrivals.svg",
                      "Rate of packet-ins that sessions without an entry cause at the controller, "
                      "simulated with 95 % intervals, beside the exact holding chain.");
    if (!report_add_compared(&w->report, w->compare, w->dir) && ok) {
        ok = fail(w, "compare.csv");
    }
    return ok;
}

/* --- Occupancy distribution --------------------------------------------------------------------- */

/* The histogram of 'point' averaged over its replications; false when it has none. */
static bool simulated_histogram(const struct writer *w, size_t point, double pmf[], size_t n)
{
    size_t n_trials = 0;

    for (size_t k = 0; k < n; k++) {
        pmf[k] = 0;
    }
    for (size_t i = 0; i < w->results->n; i++) {
        const json_t *h = json_object_get(w->results->list[i].metrics, "occupancy_frac");

        if (w->results->list[i].point != point || json_array_size(h) < n) {
            continue;
        }
        n_trials++;
        for (size_t k = 0; k < n; k++) {
            pmf[k] += json_number_value(json_array_get(h, k));
        }
    }
    for (size_t k = 0; k < n && n_trials; k++) {
        pmf[k] /= (double)n_trials;
    }
    return n_trials > 0;
}

/* The part of the axis that carries all but a millionth of the mass. */
static void visible_range(const double pmf[], size_t n, size_t *from, size_t *to)
{
    *from = 0;
    *to = n;
    while (*from + 1 < n && pmf[*from] < 1e-6) {
        ++*from;
    }
    while (*to > *from + 1 && pmf[*to - 1] < 1e-6) {
        --*to;
    }
}

static bool draw_distribution(struct writer *w, size_t point, const double simulated[],
                              const double model[], size_t n)
{
    const struct experiment_point *pt = &w->e->points[point];
    double *k = xcalloc(n, sizeof *k);
    char path[4096], file[64], title[160], sentence[512];
    size_t from, to;
    bool ok;

    for (size_t i = 0; i < n; i++) {
        k[i] = (double)i;
    }
    visible_range(model, n, &from, &to);
    const struct plot_series series[] = {
        {"simulated", PLOT_STEPS, to - from, k + from, simulated + from, NULL, 0},
        {"Poisson-binomial", PLOT_LINE, to - from, k + from, model + from, NULL, 0},
    };
    struct plot plot = {.title = title,
                        .x_label = "entries with an idle time-out",
                        .y_label = "share of time",
                        .x_min = (double)from,
                        .x_max = (double)to,
                        .series = series,
                        .n_series = 2};

    snprintf(title, sizeof title, "Occupancy of a switch's table (%s)", pt->label);
    snprintf(file, sizeof file, "distribution-%zu.svg", point);
    snprintf(sentence, sizeof sentence,
             "How full an access switch is, %s: share of time at each number of entries, over all "
             "access switches and replications, beside the Poisson-binomial distribution of "
             "independent destinations.",
             pt->label);
    ok = plot_svg(&plot, in_dir(w, file, path, sizeof path), w->error, w->error_size) &&
         report_figure(&w->report, path, sentence);
    free(k);
    return ok;
}

static bool add_distribution(struct writer *w, size_t point)
{
    struct campus_params params = w->e->points[point].scenario.params;
    size_t n = params.hist_size;
    double *simulated = xcalloc(n, sizeof *simulated), *model = xcalloc(n, sizeof *model);
    bool ok = true;

    params.seed = experiment_seed(w->e, &w->e->points[point], 0);
    if (n && simulated_histogram(w, point, simulated, n) && occupancy_model(&params, model, n)) {
        ok = draw_distribution(w, point, simulated, model, n);
    }
    free(simulated);
    free(model);
    return ok;
}

/* One picture for each family: its point with the longest holding time below two minutes, where the
 * tables are neither empty nor full. */
static bool add_distributions(struct writer *w)
{
    struct family families[MAX_FAMILIES];
    size_t n = find_families(w->e, families);
    bool ok = true;

    report_section(&w->report, "How full a table is");
    for (size_t i = 0; ok && i < n; i++) {
        size_t best = w->e->n_points;
        unsigned best_hold_s = 0;

        for (size_t p = 0; p < w->e->n_points; p++) {
            unsigned hold_s = w->e->points[p].scenario.params.clustering.hold_s;

            if (is_in(&families[i], &w->e->points[p]) && hold_s > best_hold_s && hold_s < 120) {
                best = p;
                best_hold_s = hold_s;
            }
        }
        ok = best == w->e->n_points || add_distribution(w, best);
    }
    return ok;
}

/* --- The whole ---------------------------------------------------------------------------------- */

static bool save(struct writer *w)
{
    return report_finish(&w->report, w->e, w->results, w->dir) || fail(w, "report.html");
}

bool campus_report_write(const struct experiment *e, const struct results *results,
                         const struct compare *compare, const char *dir, json_t *summary,
                         char *error, size_t size)
{
    struct writer w = {.e = e,
                       .results = results,
                       .compare = compare,
                       .dir = dir,
                       .error = error,
                       .error_size = size};
    bool ok = true;

    snprintf(error, size, "%s: a picture cannot be read", dir);
    report_init(&w.report, e->title);
    report_add_findings(&w.report, compare);
    if (e->report == REPORT_CAMPUS_CAPACITY) {
        ok = campus_plan_report(&w.report, dir, summary, error, size);
    }
    ok = ok && add_network(&w) && add_comparison(&w) && add_distributions(&w) && save(&w);
    report_fini(&w.report);
    return ok;
}
