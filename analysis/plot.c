#include "analysis/plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/plot_paint.h"
#include "analysis/text.h"
#include "analysis/tool.h"

/* Colours that keep apart for colour-blind readers (Okabe, Ito 2008) and differ in grey. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73",
                                      "#000000", "#cc79a7", "#56b4e9"};
static const int markers[] = {7, 5, 9, 13, 6, 4};

#define N_LOOKS (sizeof markers / sizeof markers[0])

/* Text between double quotes in gnuplot: backslash and quote are escaped. */
static void add_quoted(struct text *t, const char *s)
{
    text_add(t, "\"");
    for (; s && *s; s++) {
        text_addf(t, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    }
    text_add(t, "\"");
}

static void add_range(struct text *t, const char *axis, double min, double max)
{
    if (min < max) {
        text_addf(t, "set %srange [%.17g:%.17g]\n", axis, min, max);
    }
}

/* The range of x when the plot does not give one: gnuplot's, but room to both sides of a single x. */
static void add_range_of_data(struct text *t, const struct plot *plot)
{
    double min = INFINITY, max = -INFINITY;

    for (size_t i = 0; i < plot->n_series; i++) {
        for (size_t k = 0; k < plot->series[i].n; k++) {
            min = fmin(min, plot->series[i].x[k]);
            max = fmax(max, plot->series[i].x[k]);
        }
    }
    if (min == max) {
        double room = min != 0.0 ? 0.5 * fabs(min) : 1.0;

        add_range(t, "x", min - room, max + room);
    }
}

static void add_setup(struct text *t, const struct plot *plot, const char *path)
{
    text_add(t, "set terminal svg size 760,480 dynamic enhanced background '#ffffff' "
                "font 'DejaVu Sans,13'\nset encoding utf8\nset output ");
    add_quoted(t, path);
    text_add(t, "\nset title ");
    add_quoted(t, plot->title);
    text_add(t, " noenhanced\nset xlabel ");
    add_quoted(t, plot->x_label);
    text_add(t, " . \"\\n \" noenhanced\nset ylabel "); /* The empty line keeps the key off. */
    add_quoted(t, plot->y_label);
    text_add(t, " noenhanced\n"
                "set border 3 lc '#444444'\nset tics nomirror out\n"
                "set grid lc '#dddddd' lt 1 lw 0.6\n"
                "set offsets graph 0.03, graph 0.03, 0, 0\n" /* No mark lies on an axis. */
                "set key outside bottom center horizontal maxcols 3 samplen 3 noenhanced\n");
    add_range_of_data(t, plot);
    add_range(t, "x", plot->x_min, plot->x_max);
    add_range(t, "y", plot->y_min, plot->y_max);
    if (plot->log_x) {
        text_add(t, "set logscale x\n");
    }
    if (plot->log_y) {
        text_add(t, "set logscale y\nset format y '10^{%L}'\n");
    }
}

static void add_data(struct text *t, const struct plot_series *s, size_t index)
{
    text_addf(t, "$data%zu << EOD\n", index);
    for (size_t i = 0; i < s->n; i++) {
        double err = s->y_err && isfinite(s->y_err[i]) ? s->y_err[i] : 0;

        if (isfinite(s->y[i])) {
            text_addf(t, "%.12g %.12g %.12g\n", s->x[i], s->y[i], err);
        } else {
            text_add(t, "\n"); /* A gap in the line. */
        }
    }
    text_add(t, "EOD\n");
}

static void add_series(struct text *t, const struct plot_series *s, size_t index)
{
    size_t look = s->colour ? s->colour - 1 : index;
    const char *colour = colours[look % N_LOOKS];
    int marker = markers[look % N_LOOKS];

    text_addf(t, "%s$data%zu using ", index ? ", \\\n  " : "plot ", index);
    switch (s->style) {
    case PLOT_LINE:
        text_addf(t, "1:2 with lines lw 2 dt %zu lc '%s'", look % 4 + 1, colour);
        break;
    case PLOT_POINTS:
        text_addf(t, "%s pt %d ps 0.7 lw 1.4 lc '%s'",
                  s->y_err ? "1:2:3 with yerrorbars" : "1:2 with points", marker, colour);
        break;
    case PLOT_CROSS:
        text_addf(t, "1:2 with points pt 2 ps 1.6 lw 1.6 lc '%s'", colour);
        break;
    case PLOT_STEPS:
        text_addf(t, "1:2 with histeps lw 2 lc '%s'", colour);
        break;
    case PLOT_DASHED:
        text_addf(t, "1:2 with lines lw 1.6 dt 2 lc '%s'", colour);
        break;
    case PLOT_FILL:
        text_addf(t, "1:2 with filledcurves y=0 fs transparent solid 0.25 noborder lc '%s'",
                  colour);
        break;
    }
    if (s->title) {
        text_add(t, " title ");
        add_quoted(t, s->title);
    } else {
        text_add(t, " notitle");
    }
}

/* Paints the marks of what gnuplot has written. */
static bool paint(const char *path, char *error, size_t size)
{
    struct text drawn = TEXT_INIT, painted = TEXT_INIT;
    bool ok = text_load(&drawn, path);

    if (ok) {
        plot_paint(text_str(&drawn), &painted);
        ok = text_save(&painted, path);
    }
    if (!ok) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
    }
    text_fini(&drawn);
    text_fini(&painted);
    return ok;
}

bool plot_svg(const struct plot *plot, const char *path, char *error, size_t size)
{
    struct text script = TEXT_INIT;
    bool ok;

    add_setup(&script, plot, path);
    for (size_t i = 0; i < plot->n_series; i++) {
        add_data(&script, &plot->series[i], i);
    }
    for (size_t i = 0; i < plot->n_series; i++) {
        add_series(&script, &plot->series[i], i);
    }
    text_add(&script, "\n");
    ok = tool_run((const char *const[]){"gnuplot", NULL}, script.s, script.len, error, size) &&
         paint(path, error, size);
    text_fini(&script);
    return ok;
}
