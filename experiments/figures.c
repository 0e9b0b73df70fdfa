#include "experiments/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot.h"
#include "analysis/stats.h"
#include "controller/base/alloc.h"

#define MAX_SERIES 12

/* --- Data --------------------------------------------------------------------------------------- */

/* What is drawn alike: one metric, and the points with one value of "series". */
struct line {
    char title[160];
    size_t first; /* Its first point. */
    unsigned colour;
    bool is_model;
    double *x, *y, *err;
    size_t n;
    double *limit_x,
        *limit_y; /* Of proportions without events, which a logarithmic axis cannot show. */
    size_t n_limits;
};

struct drawing {
    const struct experiment *e;
    const struct results *results;
    const struct experiment_figure *f;
    json_t **scenarios; /* By point. */
    struct line lines[2 * MAX_SERIES];
    size_t n_lines;
    char limits[2 * MAX_SERIES][192]; /* Titles. */
};

static bool is_histogram(const struct drawing *d)
{
    return strcmp(d->f->x, "index") == 0;
}

/* What a scenario leaves out when it is as usual, and what a picture says then. */
static const struct {
    const char *path, *title;
} usual[] = {{"traffic.session_law", "exponential"}, {"traffic.flash.factor", "no flash crowd"}};

static const char *usual_title(const char *path)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcmp(usual[i].path, path) == 0) {
            return usual[i].title;
        }
    }
    return "as usual";
}

static bool is_same(const json_t *a, const json_t *b)
{
    return (!a && !b) || json_equal(a, b);
}

static bool is_alike(const struct drawing *d, size_t a, size_t b)
{
    for (size_t i = 0; i < d->f->n_series; i++) {
        if (!is_same(json_at(d->scenarios[a], d->f->series[i]),
                     json_at(d->scenarios[b], d->f->series[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_wanted(const struct drawing *d, size_t point)
{
    return experiment_matches(d->scenarios[point], d->f->only);
}

static void add_value(struct line *l, double x, const struct ana_summary *y)
{
    if (y->mean == 0 && y->half_width > 0 && isfinite(y->half_width)) {
        l->limit_x = xreallocarray(l->limit_x, l->n_limits + 1, sizeof *l->limit_x);
        l->limit_y = xreallocarray(l->limit_y, l->n_limits + 1, sizeof *l->limit_y);
        l->limit_x[l->n_limits] = x;
        l->limit_y[l->n_limits++] = y->half_width;
    }
    l->x = xreallocarray(l->x, l->n + 1, sizeof *l->x);
    l->y = xreallocarray(l->y, l->n + 1, sizeof *l->y);
    l->err = xreallocarray(l->err, l->n + 1, sizeof *l->err);
    l->x[l->n] = x;
    l->y[l->n] = y->mean;
    l->err[l->n++] = isfinite(y->half_width) ? y->half_width : 0;
}

/* A curve of one point: as long as both metrics have values. Of a histogram what can be seen. */
static void add_curve(const struct drawing *d, struct line *l, const char *key)
{
    struct ana_summary x, y;

    for (size_t k = 0; results_summary(d->results, d->e, l->first, key, k, &y); k++) {
        if (is_histogram(d)) {
            if (y.mean > 1e-6) {
                add_value(l, (double)k, &y);
            }
        } else if (results_summary(d->results, d->e, l->first, d->f->x, k, &x)) {
            add_value(l, x.mean, &y);
        }
    }
}

static void swap(double *a, double *b)
{
    double was = *a;

    *a = *b;
    *b = was;
}

/* Moves the last point of the line to its place: points come as the experiment lists them. */
static void sort_last(struct line *l)
{
    for (size_t i = l->n - 1; i > 0 && l->x[i] < l->x[i - 1]; i--) {
        swap(&l->x[i], &l->x[i - 1]);
        swap(&l->y[i], &l->y[i - 1]);
        swap(&l->err[i], &l->err[i - 1]);
    }
}

static void add_points(const struct drawing *d, struct line *l, const char *key)
{
    for (size_t p = l->first; p < d->e->n_points; p++) {
        const json_t *x = json_at(d->scenarios[p], d->f->x);
        struct ana_summary y;

        if (is_wanted(d, p) && is_alike(d, l->first, p) && json_is_number(x) &&
            results_summary(d->results, d->e, p, key, 0, &y)) {
            add_value(l, json_number_value(x), &y);
            sort_last(l);
        }
    }
}

static const json_t *first_metric(const struct drawing *d, size_t point, const char *key)
{
    for (size_t i = 0; i < d->results->n; i++) {
        const json_t *v = json_at(d->results->list[i].metrics, key);

        if (d->results->list[i].point == point && v) {
            return v;
        }
    }
    return NULL;
}

static void add_part(char *out, size_t size, const char *path, const json_t *v)
{
    char *value =
        !v ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    const char *dot = strrchr(path, '.');
    size_t len = strlen(out);

    if (!v) {
        snprintf(out + len, size - len, "%s%s", len ? ", " : "", usual_title(path));
    } else if (json_is_string(v)) {
        snprintf(out + len, size - len, "%s%s", len ? ", " : "", json_string_value(v));
    } else {
        snprintf(out + len, size - len, "%s%s %s", len ? ", " : "", dot ? dot + 1 : path,
                 value ? value : "");
    }
    free(value);
}

/* "core arp frac, arp proxy false". */
static void title_of(const struct drawing *d, size_t point, const char *key, char *out, size_t size)
{
    out[0] = 0;
    if (d->f->n_y > 1) {
        snprintf(out, size, "%s", key);
    }
    for (size_t i = 0; i < d->f->n_series; i++) {
        add_part(out, size, d->f->series[i], json_at(d->scenarios[point], d->f->series[i]));
    }
    for (char *c = out; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
}

/* Is 'point' the first one with its values of "series"? */
static bool is_first(const struct drawing *d, size_t point)
{
    for (size_t p = 0; p < point; p++) {
        if (is_wanted(d, p) && is_alike(d, p, point)) {
            return false;
        }
    }
    return is_wanted(d, point);
}

/* Numbers that do not vary from trial to trial are drawn as lines, like a model's. */
static bool is_computed(const struct drawing *d)
{
    const struct scenario *s = &d->e->points[0].scenario;

    return s->kind == SCENARIO_COMMAND && !s->command.seeded;
}

/* Adds the line of one metric, or of its model. False when there is nothing to draw. */
static bool add_line(struct drawing *d, size_t point, const char *key, const char *title,
                     unsigned colour, bool is_model)
{
    struct line *l = &d->lines[d->n_lines];
    const json_t *v = NULL;

    for (size_t p = point; p < d->e->n_points && !v; p++) { /* The first may have none. */
        v = is_wanted(d, p) && is_alike(d, point, p) ? first_metric(d, p, key) : NULL;
    }
    if (!v) {
        return false;
    }
    *l = (struct line){.first = point, .colour = colour, .is_model = is_model};
    snprintf(l->title, sizeof l->title, "%s%s%s", title, *title && is_model ? ": " : "",
             is_model         ? "model"
             : *title         ? ""
             : is_computed(d) ? key
                              : "simulated");
    (json_is_array(v) ? add_curve : add_points)(d, l, key);
    d->n_lines++;
    return true;
}

static void collect(struct drawing *d)
{
    unsigned colour = 0;

    for (size_t p = 0; p < d->e->n_points; p++) {
        for (size_t i = 0; is_first(d, p) && i < d->f->n_y && colour < MAX_SERIES; i++) {
            char title[128], model[96];

            title_of(d, p, d->f->y[i], title, sizeof title);
            snprintf(model, sizeof model, "model.%s", d->f->y[i]);
            colour++;
            add_line(d, p, model, title, colour, true);
            add_line(d, p, d->f->y[i], title, colour, false);
        }
    }
}

/* --- Drawing ------------------------------------------------------------------------------------ */

static bool has_model(const struct drawing *d, const struct line *l)
{
    return l > d->lines && l[-1].is_model && l[-1].colour == l->colour;
}

/* Marks with their intervals, and lines: of the model, or through the means when there is none. */
static size_t series_of(struct drawing *d, struct plot_series *out)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_lines; i++) {
        const struct line *l = &d->lines[i];
        bool curve = json_is_array(first_metric(d, l->first, d->f->y[0]));
        bool plain = curve || l->is_model || is_computed(d);

        if (l->n > 1 && is_histogram(d) && !l->is_model) {
            out[n++] =
                (struct plot_series){l->title, PLOT_STEPS, l->n, l->x, l->y, NULL, l->colour + 1};
        } else if (l->n > 1 && (plain || !has_model(d, l))) {
            out[n++] = (struct plot_series){
                plain ? l->title : NULL, PLOT_LINE, l->n, l->x, l->y, NULL, l->colour};
        } else if (l->n == 1 && plain) {
            out[n++] =
                (struct plot_series){l->title, PLOT_CROSS, l->n, l->x, l->y, NULL, l->colour};
        }
        if (l->n && !plain) {
            out[n++] =
                (struct plot_series){l->title, PLOT_POINTS, l->n, l->x, l->y, l->err, l->colour};
        }
    }
    for (size_t i = 0; d->f->log_y && i < d->n_lines; i++) {
        const struct line *l = &d->lines[i];

        if (l->n_limits && !l->is_model) {
            snprintf(d->limits[i], sizeof d->limits[i], "%s: none seen, less than", l->title);
            out[n++] = (struct plot_series){d->limits[i], PLOT_CROSS, l->n_limits, l->limit_x,
                                            l->limit_y,   NULL,       l->colour};
        }
    }
    for (size_t i = 0; n && i < d->f->n_marks; i++) {
        const struct figure_mark *m = &d->f->marks[i];

        out[n++] = (struct plot_series){
            m->title, PLOT_POINTS, 1, &m->x, &m->y, NULL, (unsigned)(d->n_lines + i + 1)};
    }
    return n;
}

static double largest_x(const struct drawing *d)
{
    double largest = 0;

    for (size_t i = 0; i < d->n_lines; i++) {
        for (size_t k = 0; k < d->lines[i].n; k++) {
            largest = fmax(largest, d->lines[i].x[k]);
        }
    }
    return largest;
}

static bool draw(struct drawing *d, struct report *report, const char *dir, char *error,
                 size_t size)
{
    struct plot_series series[6 * MAX_SERIES + FIGURE_MAX_MARKS];
    struct plot plot = {.title = d->f->title,
                        .x_label = d->f->x_label,
                        .y_label = d->f->y_label,
                        .log_x = d->f->log_x,
                        .log_y = d->f->log_y,
                        .y_max = d->f->y_max,
                        .series = series,
                        .n_series = series_of(d, series)};
    char path[4096];

    if (!plot.n_series) {
        return true;
    }
    if (json_is_array(first_metric(d, d->lines[0].first, d->f->y[0])) && !d->f->log_x) {
        plot.x_max = largest_x(d); /* Curves begin at 0. */
    }
    snprintf(path, sizeof path, "%s/%s", dir, d->f->file);
    return plot_svg(&plot, path, error, size) && report_figure(report, path, d->f->sentence);
}

bool figures_add(struct report *report, const struct experiment *e, const struct results *results,
                 const char *dir, char *error, size_t size)
{
    struct drawing *d = xcalloc(1, sizeof *d);
    bool ok = true;

    d->e = e;
    d->results = results;
    d->scenarios = xcalloc(e->n_points, sizeof *d->scenarios);
    for (size_t p = 0; p < e->n_points; p++) {
        d->scenarios[p] = scenario_to_json(&e->points[p].scenario, false);
    }
    for (size_t i = 0; ok && i < e->n_figures; i++) {
        d->f = &e->figures[i];
        d->n_lines = 0;
        collect(d);
        ok = draw(d, report, dir, error, size);
        for (size_t k = 0; k < d->n_lines; k++) {
            free(d->lines[k].x);
            free(d->lines[k].y);
            free(d->lines[k].err);
            free(d->lines[k].limit_x);
            free(d->lines[k].limit_y);
        }
    }
    for (size_t p = 0; p < e->n_points; p++) {
        json_decref(d->scenarios[p]);
    }
    free(d->scenarios);
    free(d);
    return ok;
}
