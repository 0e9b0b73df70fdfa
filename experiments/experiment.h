/* Experiments: a base scenario, points that vary it, replications.
 *
 *      {
 *        "experiment": "campus-capacity",
 *        "title": "How large may the campus grow?",
 *        "report": "campus-capacity",
 *        "replications": 10, "seed": 2015, "tolerance_frac": 0.01, "level_frac": 0.95,
 *        "compare": ["occupancy_entries", "arrivals_per_s"],
 *        "base": { a scenario },
 *        "points": [ {"traffic.popularity": ["uniform", "pareto"], "controller.hold_s": [15, 60],
 *                     "measure.warmup_s": 120}, ... ]
 *      }
 *
 * "compare" lists keys of the metrics that the model knows as well; these two are the default, and an
 * empty list compares nothing. "figures" asks for pictures (figures.h) in a report of the kind
 * "measured". Every object of "points" stands for all combinations of its values.
 *
 * "seeds" says where random numbers come from. "own", the default: the seed of a trial follows from the
 * experiment's seed, the point's scenario and the number of the replication, so points do not share
 * random numbers and adding a point changes no other. "common": from the first and the last alone, so
 * that replication r sees the same traffic at every point, and differences between points (contrast.h)
 * need fewer replications; but what one replication has too much of, all points have. */
#ifndef TAMBO_EXPERIMENTS_EXPERIMENT_H
#define TAMBO_EXPERIMENTS_EXPERIMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "experiments/scenario.h"

enum report_kind {
    REPORT_PLAIN,           /* Comparison and, where there are histograms, distributions. */
    REPORT_CAMPUS_CAPACITY, /* With the plan in front. */
    REPORT_MEASURED,        /* All metrics, and the figures that are asked for (measured_report.h). */
};

struct experiment_point {
    char label[96]; /* "uniform popularity, hold 15 s"; unique. */
    struct scenario scenario;
};

#define EXPERIMENT_MAX_COMPARED 16
#define EXPERIMENT_MAX_FIGURES 6
#define FIGURE_MAX_Y 6

/* A picture that the experiment asks for (figures.h). */
struct experiment_figure {
    char file[64], title[128], sentence[512];
    char x[96], x_label[64], y_label[64];
    char y[FIGURE_MAX_Y][64];
    size_t n_y;
    char series[96]; /* "": all points alike. */
    bool log_x;
};

struct experiment {
    char name[64], title[128];
    enum report_kind report;
    uint32_t replications;
    uint64_t seed;
    double tolerance_frac, level_frac;
    bool common_seeds;
    char compared[EXPERIMENT_MAX_COMPARED][64];
    size_t n_compared;
    struct experiment_figure figures[EXPERIMENT_MAX_FIGURES];
    size_t n_figures;
    struct experiment_point *points;
    size_t n_points;
    json_t *source; /* The file, owned. */
};

/* Reads the built-in experiment 'name', or the file of that name. False after all complaints have
 * been written to 'out'. */
bool experiment_load(const char *name, struct experiment *e, FILE *out);
void experiment_fini(struct experiment *e);

/* The seed of replication 'r' of 'point': 48 bits. */
uint64_t experiment_seed(const struct experiment *e, const struct experiment_point *point,
                         uint32_t r);

/* The built-in experiments (experiments/scenarios/, compiled in), in the order of their names. */
struct builtin {
    const char *name, *text;
};
extern const struct builtin builtins[];
extern const size_t n_builtins;

#endif
