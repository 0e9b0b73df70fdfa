/* tambo compare: simulation versus model, from an experiment's folder. */
#include "experiments/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/records.h"
#include "analysis/table.h"
#include "experiments/args.h"
#include "experiments/experiment.h"
#include "experiments/results.h"

static int print_comparison(const struct experiment *e, const struct results *results)
{
    struct compare compare = results_compare(results, e);
    struct table table = TABLE_INIT;
    struct text text = TEXT_INIT;
    size_t n_wanted = e->n_points * e->replications;
    bool holds = compare.holds;

    if (!results->n) {
        fprintf(stderr, "tambo compare: no finished trial is recorded; run the experiment again\n");
        compare_fini(&compare);
        return EXIT_FAILED;
    }
    if (!compare.n) {
        printf("the experiment %s compares nothing with the model\n", e->name);
        compare_fini(&compare);
        return EXIT_DONE;
    }
    compare_table(&compare, &table);
    table_to_text(&table, &text);
    fputs(text_str(&text), stdout);
    printf("tolerance %.3g %%, or the %.0f %% interval where that is wider: %s\n",
           100 * compare.tolerance_frac, 100 * compare.level_frac,
           holds ? "everything holds" : "NOT everything holds");
    if (results->n < n_wanted) {
        printf("%zu of %zu trials are recorded; run the experiment again to finish it\n",
               results->n, n_wanted);
    }
    text_fini(&text);
    table_fini(&table);
    compare_fini(&compare);
    return holds ? EXIT_DONE : EXIT_NOT_HELD;
}

static int compare_dir(const char *dir)
{
    char path[4096], error[512];
    struct experiment e;
    struct records *records;
    struct results results;
    int code = EXIT_FAILED;

    snprintf(path, sizeof path, "%s/experiment.json", dir);
    if (!experiment_load(path, &e, stderr)) {
        return EXIT_BAD_INPUT;
    }
    snprintf(path, sizeof path, "%s/records.sqlite", dir);
    if (access(path, R_OK) != 0) { /* Opening would make an empty one. */
        fprintf(stderr, "tambo compare: %s: %s\n", path, strerror(errno));
        experiment_fini(&e);
        return EXIT_BAD_INPUT;
    }
    records = records_open(path, error, sizeof error);
    if (records && results_load(records, &e, &results, error, sizeof error)) {
        code = print_comparison(&e, &results);
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
    const struct command command = {
        .name = "tambo compare",
        .synopsis = "DIR",
        .summary = "The table of simulation versus model from the folder of an experiment. Exit 3 "
                   "when a\nstated tolerance is missed.",
        .min_args = 1,
        .max_args = 1,
    };
    const char *dir;
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &dir, &n_args);

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    return compare_dir(dir);
}
