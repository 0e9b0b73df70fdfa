#include "experiments/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot.h"
#include "analysis/stats.h"
#include "controller/base/alloc.h"

#define MAX_SERIES 12

/* --- Reading ------------------------------------------------------------------------------------ */

static void read_text(struct conf_node *o, const char *key, bool needed, char *out, size_t size)
{
    const char *text;

    if (needed && !conf_need(o, key, "a text")) {
        return;
    }
    if (conf_text(o, key, &text)) {
        snprintf(out, size, "%s", text);
    }
}

static void read_quantities(struct conf_node *o, struct experiment_figure *f)
{
    struct conf_node *list;

    if (!conf_need(o, "y", "a list of metrics")) {
        return;
    }
    list = conf_array(o, "y");
    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        const char *key;

        if (f->n_y == FIGURE_MAX_Y) {
            conf_complain(v, "at most %d metrics", FIGURE_MAX_Y);
            return;
        }
        if (conf_as_text(v, &key)) {
            snprintf(f->y[f->n_y++], sizeof f->y[0], "%s", key);
        }
    }
}

/* The name becomes part of a path. */
static bool is_file_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

static void read_figure(struct conf_node *o, struct experiment_figure *f)
{
    read_text(o, "file", true, f->file, sizeof f->file);
    read_text(o, "title", true, f->title, sizeof f->title);
    read_text(o, "says", false, f->sentence, sizeof f->sentence);
    read_text(o, "x", true, f->x, sizeof f->x);
    read_text(o, "x_label", true, f->x_label, sizeof f->x_label);
    read_quantities(o, f);
    read_text(o, "y_label", true, f->y_label, sizeof f->y_label);
    read_text(o, "series", false, f->series, sizeof f->series);
    conf_bool(o, "log_x", &f->log_x);
    if (conf_get(o, "file") && !is_file_name(f->file)) {
        conf_complain(conf_get(o, "file"), "expected the name of a file, without a folder");
    }
    conf_done(o);
}

void figures_read(struct conf_node *root, struct experiment *e)
{
    struct conf_node *list = conf_array(root, "figures");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (e->n_figures == EXPERIMENT_MAX_FIGURES) {
            conf_complain(v, "at most %d figures", EXPERIMENT_MAX_FIGURES);
            return;
        }
        if (conf_as_object(v)) {
            read_figure(v, &e->figures[e->n_figures++]);
        }
    }
}

/* --- Data --------------------------------------------------------------------------------------- */

/* What is drawn alike: one metric, and the points with one value of "series". */
struct line {
    char title[128];
    size_t first; /* Its first point. */
    unsigned colour;
    double *x, *y, *err;
    size_t n;
};

struct drawing {
    const struct experiment *e;
    const struct results *results;
    const struct experiment_figure *f;
    json_t **scenarios; /* By point. */
    struct line lines[MAX_SERIES];
    size_t n_lines;
};

/* The value at the dotted 'path' of 'o', or NULL. */
static const json_t *at_path(const json_t *o, const char *path)
{
    char name[96];

    while (o && *path) {
        size_t len = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)len, path);
        o = json_object_get(o, name);
        path += len + (path[len] == '.');
    }
    return o;
}

static bool is_alike(const struct drawing *d, size_t a, size_t b)
{
    return !d->f->series[0] || json_equal(at_path(d->scenarios[a], d->f->series),
                                          at_path(d->scenarios[b], d->f->series));
}

/* The metric's values of a point over its trials; with 'k' of its element 'k'. False without any. */
static bool summarize(const struct drawing *d, size_t point, const char *key, size_t k,
                      struct ana_summary *out)
{
    double *values = xcalloc(d->results->n + 1, sizeof *values);
    size_t n = 0;

    for (size_t i = 0; i < d->results->n; i++) {
        const json_t *v = json_object_get(d->results->list[i].metrics, key);

        v = json_is_array(v) ? json_array_get(v, k) : v;
        if (d->results->list[i].point == point && json_is_number(v)) {
            values[n++] = json_number_value(v);
        }
    }
    if (n) {
        *out = ana_summarize(values, n, d->e->level_frac);
    }
    free(values);
    return n > 0;
}

static void add_value(struct line *l, double x, const struct ana_summary *y)
{
    l->x = xreallocarray(l->x, l->n + 1, sizeof *l->x);
    l->y = xreallocarray(l->y, l->n + 1, sizeof *l->y);
    l->err = xreallocarray(l->err, l->n + 1, sizeof *l->err);
    l->x[l->n] = x;
    l->y[l->n] = y->mean;
    l->err[l->n++] = y->n > 1 ? y->half_width : 0;
}

/* A curve of one point: as long as both metrics have values. */
static void add_curve(const struct drawing *d, struct line *l, const char *key)
{
    struct ana_summary x, y;

    for (size_t k = 0; summarize(d, l->first, d->f->x, k, &x) && summarize(d, l->first, key, k, &y);
         k++) {
        add_value(l, x.mean, &y);
    }
}

static void add_points(const struct drawing *d, struct line *l, const char *key)
{
    for (size_t p = l->first; p < d->e->n_points; p++) {
        const json_t *x = at_path(d->scenarios[p], d->f->x);
        struct ana_summary y;

        if (is_alike(d, l->first, p) && json_is_number(x) && summarize(d, p, key, 0, &y)) {
            add_value(l, json_number_value(x), &y);
        }
    }
}

static bool is_curve(const struct drawing *d, const char *key)
{
    return d->results->n && json_is_array(json_object_get(d->results->list[0].metrics, key));
}

/* "core arp frac, apps.arp_proxy false". */
static void title_of(const struct drawing *d, size_t point, const char *key, char *out, size_t size)
{
    const json_t *v = at_path(d->scenarios[point], d->f->series);
    char *value = d->f->series[0] ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *dot = strrchr(d->f->series, '.');

    if (value && d->f->n_y == 1) {
        snprintf(out, size, "%s %s", dot ? dot + 1 : d->f->series, value);
    } else if (value) {
        snprintf(out, size, "%s, %s %s", key, dot ? dot + 1 : d->f->series, value);
    } else {
        snprintf(out, size, "%s", key);
    }
    for (char *c = out; *c; c++) {
        *c = *c == '_' ? ' ' : *c == '"' ? '\'' : *c;
    }
    free(value);
}

/* Is 'point' the first one with its value of "series"? */
static bool is_first(const struct drawing *d, size_t point)
{
    for (size_t p = 0; p < point; p++) {
        if (is_alike(d, p, point)) {
            return false;
        }
    }
    return true;
}

static void collect(struct drawing *d)
{
    for (size_t p = 0; p < d->e->n_points; p++) {
        for (size_t i = 0; is_first(d, p) && i < d->f->n_y && d->n_lines < MAX_SERIES; i++) {
            struct line *l = &d->lines[d->n_lines];
            const char *key = d->f->y[i];

            *l = (struct line){.first = p, .colour = (unsigned)++d->n_lines};
            title_of(d, p, key, l->title, sizeof l->title);
            (is_curve(d, key) ? add_curve : add_points)(d, l, key);
        }
    }
}

/* --- Drawing ------------------------------------------------------------------------------------ */

/* Lines through the means, which carry their intervals; curves without marks. */
static size_t series_of(const struct drawing *d, struct plot_series *out)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_lines; i++) {
        const struct line *l = &d->lines[i];
        bool curve = is_curve(d, d->f->y[0]);

        if (l->n > 1) {
            out[n++] = (struct plot_series){
                curve ? l->title : NULL, PLOT_LINE, l->n, l->x, l->y, NULL, l->colour};
        }
        if (l->n && !curve) {
            out[n++] =
                (struct plot_series){l->title, PLOT_POINTS, l->n, l->x, l->y, l->err, l->colour};
        }
    }
    return n;
}

static bool draw(struct drawing *d, struct report *report, const char *dir, char *error,
                 size_t size)
{
    struct plot_series series[2 * MAX_SERIES];
    struct plot plot = {.title = d->f->title,
                        .x_label = d->f->x_label,
                        .y_label = d->f->y_label,
                        .log_x = d->f->log_x,
                        .series = series,
                        .n_series = series_of(d, series)};
    char path[4096];

    if (!plot.n_series) {
        return true;
    }
    snprintf(path, sizeof path, "%s/%s", dir, d->f->file);
    return plot_svg(&plot, path, error, size) && report_figure(report, path, d->f->sentence);
}

bool figures_add(struct report *report, const struct experiment *e, const struct results *results,
                 const char *dir, char *error, size_t size)
{
    struct drawing d = {.e = e, .results = results};
    bool ok = true;

    d.scenarios = xcalloc(e->n_points, sizeof *d.scenarios);
    for (size_t p = 0; p < e->n_points; p++) {
        d.scenarios[p] = scenario_to_json(&e->points[p].scenario, false);
    }
    for (size_t i = 0; ok && i < e->n_figures; i++) {
        d.f = &e->figures[i];
        d.n_lines = 0;
        collect(&d);
        ok = draw(&d, report, dir, error, size);
        for (size_t k = 0; k < d.n_lines; k++) {
            free(d.lines[k].x);
            free(d.lines[k].y);
            free(d.lines[k].err);
        }
    }
    for (size_t p = 0; p < e->n_points; p++) {
        json_decref(d.scenarios[p]);
    }
    free(d.scenarios);
    return ok;
}
