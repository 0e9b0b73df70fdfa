/* Experiments: a base scenario, points that vary it, replications, pictures, and the claims that they test.
 *
 *      {
 *        "experiment": "campus-capacity",
 *        "title": "How large may the campus grow?", "about": "A paragraph for the report.",
 *        "replications": 10, "seed": 2015, "tolerance_frac": 0.01, "level_frac": 0.95,
 *        "base": { a scenario },
 *        "points": [ {"traffic.popularity": ["uniform", "pareto"], "controller.hold_s": [15, 60],
 *                     "measure.warmup_s": 120}, ... ],
 *        "sweep": {"controller.hold_s": [10, 20, 40]},
 *        "quick": {"measure.duration_s": 60},
 *        "models": [{"quantity": "sojourn_s", "run": "model queue ...", "get": "sojourn_s",
 *                    "when": {"controller.law": "exponential"}}, ...],
 *        "compare": ["occupancy_entries", "arrivals_per_s"],
 *        "figures": [ ... ],
 *        "claims": [ ... ]
 *      }
 *
 * Every object of "points" stands for all combinations of its values; "sweep" is one more of them. "models" asks
 * models (derived.h) for what the simulation does not say itself, for all points or those with the values of "when".
 * With "alone": true it is not one of those that `tambo exp all` runs.
 *
 * "compare" lists keys of the metrics that a model knows as well; the default are those of a campus and those of
 * "models", and an empty list compares nothing. "figures": figures.h, by default one for each compared quantity over
 * what is swept. "claims": claims.h. "quick" (of "measure" only) is set in every point when the experiment is asked to be quick. An
 * experiment without "base" has claims only.
 *
 * "seeds" says where random numbers come from. "own", the default: the seed of a trial follows from the
 * experiment's seed, the point's scenario and the number of the replication, so points do not share
 * random numbers and adding a point changes no other. "common": from the first and the last alone, so
 * that replication r sees the same traffic at every point, and differences between points (contrast.h)
 * need fewer replications; but what one replication has too much of, all points have. "precision" asks for more
 * replications than those until intervals are narrow enough (stopping.h). */
#ifndef TAMBO_EXPERIMENTS_EXPERIMENT_H
#define TAMBO_EXPERIMENTS_EXPERIMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "experiments/derived.h"
#include "experiments/scenario.h"
#include "experiments/stopping.h"

struct experiment_point {
    char label[96]; /* "uniform popularity, hold 15 s"; unique. */
    struct scenario scenario;
};

#define EXPERIMENT_MAX_COMPARED 16
#define EXPERIMENT_MAX_FIGURES 8
#define EXPERIMENT_MAX_MODELS 16
#define FIGURE_MAX_Y 6
#define FIGURE_MAX_SERIES 4
#define FIGURE_MAX_MARKS 4

/* A picture that the experiment asks for (figures.h). */
struct experiment_figure {
    char file[64], title[128], sentence[768];
    char x[96], x_label[64], y_label[64];
    char y[FIGURE_MAX_Y][64];
    size_t n_y;
    char series[FIGURE_MAX_SERIES][96]; /* Without any: all points alike. */
    size_t n_series;
    bool log_x, log_y;
    double y_max; /* 0: as the data wants. */
    struct figure_mark {
        char title[64];
        double x, y;
    } marks[FIGURE_MAX_MARKS];
    size_t n_marks;
    const json_t *only; /* Of points, borrowed from the experiment's file; NULL: all. */
};

/* A model to stand beside a metric. */
struct experiment_model {
    char quantity[64];
    struct derived from;
    const json_t *when; /* Borrowed from the experiment's file; NULL: always. */
};

struct experiment {
    char name[64], title[128], about[1024];
    uint32_t replications;    /* Of each point; with a rule the least. */
    struct stopping stopping; /* How many a point has in the end (experiment_settle()). */
    uint64_t seed;
    double tolerance_frac, level_frac;
    bool common_seeds;
    bool alone; /* It takes so long that `tambo exp all` does without it. */
    char compared[EXPERIMENT_MAX_COMPARED][64];
    size_t n_compared;
    struct experiment_model models[EXPERIMENT_MAX_MODELS];
    size_t n_models;
    struct experiment_figure figures[EXPERIMENT_MAX_FIGURES];
    size_t n_figures;
    struct experiment_point *points;
    size_t n_points;
    json_t *source; /* The file, owned. */
};

/* Reads the built-in experiment 'name', or the file of that name. 'quick': fewer replications, and what the experiment
 * itself says. False after all complaints have been written to 'out'. */
bool experiment_load(const char *name, bool quick, struct experiment *e, FILE *out);
void experiment_fini(struct experiment *e);

/* Lets the rule follow from 'replications', 'level_frac' and what is compared, after one of them or of
 * the rule's own 'frac', 'at_most' (0: 20 times the least) has been changed. False when there is a
 * precision but nothing that it could be of. */
bool experiment_settle(struct experiment *e);

/* The seed of replication 'r' of 'point': 48 bits. */
uint64_t experiment_seed(const struct experiment *e, const struct experiment_point *point,
                         uint32_t r);

/* The index of the point called 'label'; n_points when there is none. */
size_t experiment_find_point(const struct experiment *e, const char *label);

/* True when 'scenario' has all the values of 'wanted' (paths and values; NULL: true). */
bool experiment_matches(const json_t *scenario, const json_t *wanted);

/* Sets the number of replications, unless trials of the experiment do not differ. */
void experiment_replicate(struct experiment *e, uint32_t replications);

/* The built-in experiments (experiments/scenarios/, compiled in), in the order of their names. */
struct builtin {
    const char *name, *text;
};
extern const struct builtin builtins[];
extern const size_t n_builtins;

#endif
