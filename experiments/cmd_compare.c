/* tambo compare: simulation versus model, from an experiment's folder. */
#include "experiments/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/records.h"
#include "analysis/table.h"
#include "experiments/args.h"
#include "experiments/contrast.h"
#include "experiments/experiment.h"
#include "experiments/results.h"

struct compare_options {
    const char *dir, *against, *quantity;
};

static void print_table(struct table *table)
{
    struct text text = TEXT_INIT;

    table_to_text(table, &text);
    fputs(text_str(&text), stdout);
    text_fini(&text);
    table_fini(table);
}

/* --- Points beside the model ---------------------------------------------------------------------- */

static int print_comparison(const struct experiment *e, const struct results *results)
{
    struct compare compare = results_compare(results, e);
    struct table table = TABLE_INIT;
    bool holds = compare.holds;

    if (!compare.n) {
        printf("the experiment %s compares nothing with the model\n", e->name);
        compare_fini(&compare);
        return EXIT_DONE;
    }
    compare_table(&compare, &table);
    print_table(&table);
    printf("tolerance %.3g %%, or no difference seen at %.0f %% in the table as a whole: %s\n",
           100 * compare.tolerance_frac, 100 * compare.level_frac,
           holds ? "everything holds" : "NOT everything holds");
    if (results->n < results->n_wanted) {
        printf("%zu of %zu trials are recorded; run the experiment again to finish it\n",
               results->n, results->n_wanted);
    }
    compare_fini(&compare);
    return holds ? EXIT_DONE : EXIT_NOT_HELD;
}

/* --- Points beside a point ------------------------------------------------------------------------ */

/* The point that is called 'name'; NULL after a complaint that tells the names. */
static const struct experiment_point *find_point(const struct experiment *e, const char *name)
{
    for (size_t p = 0; p < e->n_points; p++) {
        if (strcmp(e->points[p].label, name) == 0) {
            return &e->points[p];
        }
    }
    fprintf(stderr, "tambo compare: --against: no point is called \"%s\"; there are\n", name);
    for (size_t p = 0; p < e->n_points; p++) {
        fprintf(stderr, "  %s\n", e->points[p].label);
    }
    return NULL;
}

static int print_contrast(const struct experiment *e, const struct results *results,
                          const struct compare_options *o)
{
    const struct experiment_point *reference = find_point(e, o->against);
    const char *keys[EXPERIMENT_MAX_COMPARED] = {o->quantity};
    size_t n_keys = o->quantity ? 1 : e->n_compared;
    struct table table = TABLE_INIT;
    struct contrast contrast;

    if (!reference) {
        return EXIT_BAD_INPUT;
    }
    for (size_t k = 0; !o->quantity && k < n_keys; k++) {
        keys[k] = e->compared[k];
    }
    contrast = contrast_make(results, e, (size_t)(reference - e->points), keys, n_keys);
    if (!contrast.n) {
        fprintf(stderr, "tambo compare: no other point has %s to compare\n",
                o->quantity ? o->quantity : "a quantity");
        contrast_fini(&contrast);
        return EXIT_BAD_INPUT;
    }
    contrast_table(&contrast, e, &table);
    print_table(&table);
    printf("reference: %s; %s, %.0f %% intervals, p corrected for %zu rows\n", o->against,
           contrast.paired ? "pairs of replications with common random numbers"
                           : "independent samples",
           100 * e->level_frac, contrast.n);
    contrast_fini(&contrast);
    return EXIT_DONE;
}

/* --- The command ---------------------------------------------------------------------------------- */

static int print_results(const struct experiment *e, const struct results *results,
                         const struct compare_options *o)
{
    if (!results->n) {
        fprintf(stderr, "tambo compare: no finished trial is recorded; run the experiment again\n");
        return EXIT_FAILED;
    }
    return o->against ? print_contrast(e, results, o) : print_comparison(e, results);
}

static int compare_dir(const struct compare_options *o)
{
    char path[4096], error[512];
    struct experiment e;
    struct records *records;
    struct results results;
    int code = EXIT_FAILED;

    snprintf(path, sizeof path, "%s/experiment.json", o->dir);
    if (!experiment_load(path, false, &e, stderr)) {
        return EXIT_BAD_INPUT;
    }
    snprintf(path, sizeof path, "%s/records.sqlite", o->dir);
    if (access(path, R_OK) != 0) { /* Opening would make an empty one. */
        fprintf(stderr, "tambo compare: %s: %s\n", path, strerror(errno));
        experiment_fini(&e);
        return EXIT_BAD_INPUT;
    }
    records = records_open(path, error, sizeof error);
    if (records && results_load(records, &e, &results, error, sizeof error)) {
        code = print_results(&e, &results, o);
        results_fini(&results);
    } else {
        fprintf(stderr, "tambo compare: %s\n", error);
    }
    records_close(records);
    experiment_fini(&e);
    return code;
}

int cmd_compare(int argc, char *const argv[])
{
    struct compare_options o = {0};
    const struct opt opts[] = {
        {"against", OPT_TEXT, &o.against, .value = "POINT",
         .help = "the other points beside this one, instead of the model"},
        {"quantity", OPT_TEXT, &o.quantity, .value = "KEY",
         .help = "with --against: this metric alone"},
    };
    const struct command command = {
        .name = "tambo compare",
        .synopsis = "DIR",
        .summary = "The table of simulation versus model from the folder of an experiment. Exit 3 "
                   "when a\nstated tolerance is missed. With --against: which points differ from "
                   "one of them.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &o.dir, &n_args);

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    return compare_dir(&o);
}
