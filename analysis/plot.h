/* Plots by gnuplot, all in one style that survives black-and-white printing: every series has its
 * own dash and marker, axes have units, simulated points have their intervals. */
#ifndef TAMBO_ANALYSIS_PLOT_H
#define TAMBO_ANALYSIS_PLOT_H

#include <stdbool.h>
#include <stddef.h>

enum plot_style {
    PLOT_LINE,   /* y over x. */
    PLOT_POINTS, /* y over x with error bars y_err (NULL: none). */
    PLOT_CROSS,  /* A single value: a cross of its own size. */
    PLOT_STEPS,  /* Histogram outline. */
    PLOT_DASHED, /* A bound or a limit. */
    PLOT_FILL,   /* Area between y and 0: a region. */
};

struct plot_series {
    const char *title; /* NULL: not in the key. */
    enum plot_style style;
    size_t n;
    const double *x, *y;
    const double *y_err; /* Half-widths, or NULL. */
    unsigned colour;     /* Series of one number look alike; 0: a colour of its own. */
};

struct plot {
    const char *title;
    const char *x_label, *y_label; /* With units. */
    bool log_x, log_y;
    double x_min, x_max, y_min, y_max; /* Equal: automatic. */
    const struct plot_series *series;
    size_t n_series;
};

/* Draws 'plot' into the SVG file 'path'. False on failure, with the reason in 'error'. */
bool plot_svg(const struct plot *plot, const char *path, char *error, size_t size);

#endif
