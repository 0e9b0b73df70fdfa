#include "experiments/figures.h"

#include <stdio.h>
#include <string.h>

#include "experiments/json_out.h"

/* --- Reading ------------------------------------------------------------------------------------ */

static void read_text(struct conf_node *o, const char *key, bool needed, char *out, size_t size)
{
    const char *text;

    if (needed && !conf_need(o, key, "a text")) {
        return;
    }
    if (conf_text(o, key, &text)) {
        snprintf(out, size, "%s", text);
        if (strlen(text) >= size) {
            conf_complain(conf_get(o, key), "at most %zu bytes", size - 1);
        }
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

/* One path or a list of them. */
static void read_series(struct conf_node *o, struct experiment_figure *f)
{
    struct conf_node *v = conf_get(o, "series");
    const char *path;

    if (v && conf_is_text(v)) {
        read_text(o, "series", false, f->series[f->n_series++], sizeof f->series[0]);
        return;
    }
    v = conf_array(o, "series");
    for (v = conf_first(v); v; v = conf_next(v)) {
        if (f->n_series == FIGURE_MAX_SERIES) {
            conf_complain(v, "at most %d keys", FIGURE_MAX_SERIES);
            return;
        }
        if (conf_as_text(v, &path)) {
            snprintf(f->series[f->n_series++], sizeof f->series[0], "%s", path);
        }
    }
}

static void read_marks(struct conf_node *o, struct experiment_figure *f)
{
    struct conf_node *list = conf_array(o, "marks");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        struct figure_mark *m = &f->marks[f->n_marks];

        if (f->n_marks == FIGURE_MAX_MARKS) {
            conf_complain(v, "at most %d marks", FIGURE_MAX_MARKS);
            return;
        }
        if (conf_as_object(v)) {
            conf_real(v, "x", -1e300, 1e300, &m->x);
            conf_real(v, "y", -1e300, 1e300, &m->y);
            read_text(v, "title", true, m->title, sizeof m->title);
            conf_done(v);
            f->n_marks++;
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
    struct conf_node *only = conf_object(o, "only");

    read_text(o, "file", true, f->file, sizeof f->file);
    read_text(o, "title", true, f->title, sizeof f->title);
    read_text(o, "says", true, f->sentence, sizeof f->sentence);
    read_text(o, "x", true, f->x, sizeof f->x);
    read_text(o, "x_label", true, f->x_label, sizeof f->x_label);
    read_quantities(o, f);
    read_text(o, "y_label", true, f->y_label, sizeof f->y_label);
    read_series(o, f);
    read_marks(o, f);
    conf_bool(o, "log_x", &f->log_x);
    conf_bool(o, "log_y", &f->log_y);
    conf_real(o, "y_max", 0, 1e300, &f->y_max);
    for (struct conf_node *v = conf_first(only); v; v = conf_next(v)) {
        conf_key(v);
    }
    if (conf_get(o, "file") && !is_file_name(f->file)) {
        conf_complain(conf_get(o, "file"), "expected the name of a file, without a folder");
    }
    conf_done(o);
}

void figures_read(struct conf_node *root, struct experiment *e)
{
    struct conf_node *list = conf_array(root, "figures");
    const json_t *sources = json_object_get(e->source, "figures");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        struct experiment_figure *f = &e->figures[e->n_figures];

        if (e->n_figures == EXPERIMENT_MAX_FIGURES) {
            conf_complain(v, "at most %d figures", EXPERIMENT_MAX_FIGURES);
            return;
        }
        if (conf_as_object(v)) {
            read_figure(v, f);
            f->only = json_object_get(json_array_get(sources, e->n_figures++), "only");
        }
    }
}

/* --- Figures that nobody has described ---------------------------------------------------------- */

/* Paths that points vary, outside "measure"; a path with several numbers comes first. */
static void add_paths(const json_t *choice, json_t *paths, const char **x)
{
    const char *path;
    json_t *v;

    json_object_foreach ((json_t *)(uintptr_t)choice, path, v) {
        const json_t *first = json_is_array(v) ? json_array_get(v, 0) : v;

        if (strncmp(path, "measure.", 8) != 0) {
            json_object_set_new(paths, path, json_true());
            *x = !*x && json_is_number(first) ? path : *x;
        }
    }
}

/* "controller.hold_s" becomes "hold (s)". */
static void label_of(const char *key, char *out, size_t size)
{
    static const char *const units[] = {"_per_s", "_s", "_us", "_bps", "_frac", "_bytes"};
    static const char *const shown[] = {" (1/s)", " (s)",    " (µs)", " (bit/s)",
                                        " (share)", " (bytes)"};
    const char *dot = strrchr(key, '.'), *name = dot ? dot + 1 : key, *unit = "";
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i]);

        if (len > n && strcmp(name + len - n, units[i]) == 0) {
            unit = shown[i];
            len -= n;
            break;
        }
    }
    snprintf(out, size, "%.*s%s", (int)len, name, unit);
    for (char *c = out; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
}

static void describe(struct experiment_figure *f, const char *key, const char *x,
                     const json_t *paths)
{
    const char *path;
    json_t *v;

    *f = (struct experiment_figure){.n_y = 1};
    snprintf(f->file, sizeof f->file, "%.59s.svg", key);
    snprintf(f->y[0], sizeof f->y[0], "%s", key);
    snprintf(f->x, sizeof f->x, "%s", x);
    label_of(x, f->x_label, sizeof f->x_label);
    label_of(key, f->y_label, sizeof f->y_label);
    snprintf(f->title, sizeof f->title, "%.56s against %.56s", f->y_label, f->x_label);
    snprintf(f->sentence, sizeof f->sentence,
             "%s against %s: simulated, with intervals, and what the model says, as lines.",
             f->y_label, f->x_label);
    json_object_foreach ((json_t *)(uintptr_t)paths, path, v) {
        if (strcmp(path, x) != 0 && f->n_series < FIGURE_MAX_SERIES) {
            snprintf(f->series[f->n_series++], sizeof f->series[0], "%s", path);
        }
    }
}

void figures_complete(struct experiment *e)
{
    json_t *paths = json_object(), *choice;
    const char *x = NULL;
    size_t i;

    json_array_foreach (json_object_get(e->source, "points"), i, choice) {
        add_paths(choice, paths, &x);
    }
    add_paths(json_object_get(e->source, "sweep"), paths, &x);
    for (i = 0; x && !e->n_figures && i < e->n_compared && i < EXPERIMENT_MAX_FIGURES; i++) {
        describe(&e->figures[i], e->compared[i], x, paths);
    }
    e->n_figures = e->n_figures ? e->n_figures : x ? i : 0;
    json_decref(paths);
}
