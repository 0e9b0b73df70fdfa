/* tambo exp: run an experiment. */
#include "experiments/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/records.h"
#include "analysis/report.h"
#include "experiments/args.h"
#include "experiments/build_id.h"
#include "experiments/claims.h"
#include "experiments/exp_all.h"
#include "experiments/exp_trials.h"
#include "experiments/experiment.h"
#include "experiments/experiment_report.h"
#include "experiments/folder.h"
#include "experiments/huge_pages.h"
#include "experiments/json_out.h"
#include "experiments/ranks.h"
#include "experiments/results.h"
#include "experiments/runner.h"

struct exp_options {
    const char *names[EXP_ALL_MAX];
    size_t n_names;
    const char *out;
    uint64_t replications, threads, at_most;
    double precision;
    bool has_replications, has_threads, has_precision, has_at_most, quick, pdf;
    struct ranks *ranks;
};

/* --- Results ------------------------------------------------------------------------------------ */

static json_t *rows_to_json(const struct compare *c)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < c->n; i++) {
        const struct compare_row *r = &c->rows[i];

        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:o, s:s}", "point", r->point,
                      "quantity", r->quantity, "model", json_number(r->model), "simulated",
                      json_number(r->simulated.mean), "half_width",
                      json_number(r->simulated.half_width), "trials", (json_int_t)r->simulated.n,
                      "difference_frac", json_number(r->result.relative_error), "inside",
                      r->result.inside, "holds", r->result.holds, "p_holm", json_number(r->p_holm),
                      "verdict", compare_verdict(r)));
    }
    return rows;
}

static json_t *make_summary(const struct experiment *e, const struct findings *found)
{
    json_t *summary = json_object();

    json_put(summary, "experiment", json_string(e->name));
    json_put(summary, "title", json_string(e->title));
    json_put(summary, "build_id", json_string(build_id()));
    json_put(summary, "seed", json_integer((json_int_t)e->seed));
    json_put(summary, "trials", json_integer((json_int_t)found->results->n));
    json_put(summary, "tolerance_frac", json_number(e->tolerance_frac));
    json_put(summary, "level_frac", json_number(e->level_frac));
    json_put(summary, "holds", json_boolean(found->compare->holds));
    json_put(summary, "comparisons", rows_to_json(found->compare));
    json_put(summary, "claims", json_deep_copy(found->claims));
    json_put(summary, "measured", json_deep_copy(found->measured));
    json_put(summary, "used", claims_used(e, found->measured));
    return summary;
}

bool exp_save_json(const json_t *value, const char *dir, const char *name)
{
    struct text text = TEXT_INIT;
    char *dumped = json_dumps(value, JSON_INDENT(2));
    char path[4096];
    bool ok;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    text_addf(&text, "%s\n", dumped ? dumped : "");
    ok = text_save(&text, path);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s: %s\n", path, strerror(errno));
    }
    text_fini(&text);
    free(dumped);
    return ok;
}

static const char *verdict(const struct compare *c)
{
    return !c->n ? "nothing has a model" : c->holds ? "all hold" : "some do not hold";
}

static bool write_pdf(const char *dir)
{
    char page[4096], path[4096], error[12288];

    snprintf(page, sizeof page, "%s/report.html", dir);
    snprintf(path, sizeof path, "%s/report.pdf", dir);
    if (!report_pdf(page, path, error, sizeof error)) {
        fprintf(stderr, "tambo exp: %s\n", error);
        return false;
    }
    printf("report: %s\n", path);
    return true;
}

static bool write_results(const struct experiment *e, struct records *records, const char *dir,
                          bool pdf)
{
    struct results results;
    struct compare compare;
    json_t *measured, *claims, *summary;
    char error[512];
    bool ok;

    if (!results_load(records, e, &results, error, sizeof error)) {
        fprintf(stderr, "tambo exp: %s\n", error);
        return false;
    }
    compare = results_compare(&results, e);
    measured = results_measured(&results, e);
    claims = claims_judge(e, measured);

    struct findings found = {&results, &compare, measured, claims};

    summary = make_summary(e, &found);
    ok = experiment_report_write(e, &found, dir, error, sizeof error);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s\n", error);
    }
    ok = exp_save_json(summary, dir, "summary.json") && ok;
    printf("%s: %zu trials, %zu comparisons, %s\n", e->name, results.n, compare.n,
           verdict(&compare));
    if (json_array_size(claims)) {
        printf("%zu claims, %s\n", json_array_size(claims),
               claims_hold(claims) ? "as they are expected" : "NOT all as they are expected");
    }
    printf("report: %s/report.html\n", dir);
    ok = ok && (!pdf || write_pdf(dir));
    json_decref(summary);
    json_decref(claims);
    json_decref(measured);
    compare_fini(&compare);
    results_fini(&results);
    return ok;
}

/* --- The command -------------------------------------------------------------------------------- */

static int run_experiment(const struct experiment *e, const struct exp_options *o, const char *dir)
{
    struct records *records;
    char path[4096], error[512];
    bool ok;

    if (!folder_make(dir)) {
        fprintf(stderr, "tambo exp: %s: %s\n", dir, strerror(errno));
        return EXIT_FAILED;
    }
    if (!exp_save_json(e->source, dir, "experiment.json")) {
        return EXIT_FAILED;
    }
    snprintf(path, sizeof path, "%s/records.sqlite", dir);
    records = records_open(path, error, sizeof error);
    ok = records && exp_trials_run(e, records, (unsigned)o->threads, o->ranks, error, sizeof error);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s\n", error);
    }
    ok = ok && write_results(e, records, dir, o->pdf);
    records_close(records);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

static int list_experiments(void)
{
    for (size_t i = 0; i < n_builtins; i++) {
        struct experiment e;

        if (experiment_load(builtins[i].name, false, &e, stderr)) {
            printf("%-24s %s (%zu points, %u replications, %zu claims%s)\n", e.name, e.title,
                   e.n_points, e.replications, json_array_size(json_object_get(e.source, "claims")),
                   e.alone ? ", not in all" : "");
            experiment_fini(&e);
        }
    }
    return EXIT_DONE;
}

static enum args_status parse(struct exp_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"replications", OPT_COUNT, &o->replications, 2, 100000, .value = "R",
         .help = "trials of each point, instead of the experiment's",
         .given = &o->has_replications},
        {"quick", OPT_FLAG, &o->quick,
         .help = "two replications, shorter runs: wider intervals in a fraction of the time"},
        {"precision", OPT_REAL, &o->precision, 1e-6, 1, .value = "P",
         .help = "go on until intervals are this part of their mean, at most",
         .given = &o->has_precision},
        {"at-most", OPT_COUNT, &o->at_most, 2, 100000, .value = "R",
         .help = "with a precision: trials of each point at most", .given = &o->has_at_most},
        {"threads", OPT_COUNT, &o->threads, 1, 1024, .value = "T",
         .help = "worker threads; with mpirun of rank 0, default 1", .given = &o->has_threads},
        {"pdf", OPT_FLAG, &o->pdf, .help = "the report as report.pdf, too (by weasyprint)"},
        {"out", OPT_TEXT, &o->out, .value = "DIR", .help = "folder of the results, default NAME"},
    };
    const struct command command = {
        .name = "tambo exp",
        .synopsis = "list|all|claims [FILE]|NAME|FILE.json...",
        .summary = "Runs an experiment: all its points, with replications, on worker threads. In "
                   "the folder it\nleaves records.sqlite, summary.json, report.html and pictures; "
                   "run again with the same\nfolder it continues, and trials that this build has "
                   "finished are not\nrun twice. \"all\", or several experiments, run each in a "
                   "folder of its own below DIR and\nend in DIR/index.html, with a verdict for "
                   "every claim, and in DIR/summary.json; exit 3 when\na claim that should be "
                   "reproduced is not. \"claims\" prints the claims as Markdown, with what\nthe "
                   "simulations said in FILE, a DIR/claims.json. Started by mpirun, the processes "
                   "share the\ntrials.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = EXP_ALL_MAX,
    };

    return args_parse(&command, argc, argv, o->names, &o->n_names);
}

/* The precision that the options ask for, in the experiment's file, too, from which it is compared later. */
static bool apply_precision(struct experiment *e, const struct exp_options *o)
{
    json_t *precision = json_object_get(e->source, "precision");

    if (o->has_precision && !precision) {
        json_put(e->source, "precision", precision = json_object());
        e->stopping.at_most = 0;
    }
    if (o->has_precision) {
        e->stopping.frac = o->precision;
        json_put(precision, "frac", json_number(o->precision));
    }
    if (o->has_at_most && !precision) {
        fprintf(stderr,
                "tambo exp: --at-most: the experiment has no precision; give --precision\n");
        return false;
    }
    if (o->has_at_most) {
        e->stopping.at_most = (uint32_t)o->at_most;
        json_put(precision, "at_most", json_integer((json_int_t)o->at_most));
    }
    if (!experiment_settle(e)) {
        fprintf(stderr, "tambo exp: --precision: the experiment compares nothing; its file must "
                        "name quantities in \"precision\": {\"of\": [...]}\n");
        return false;
    }
    return true;
}

static int run_named(void *aux, const char *name, const char *dir)
{
    const struct exp_options *o = aux;
    struct experiment e;
    int code = EXIT_BAD_INPUT;

    if (!experiment_load(name, o->quick, &e, stderr)) {
        return EXIT_BAD_INPUT;
    }
    if (o->has_replications) {
        experiment_replicate(&e, (uint32_t)o->replications);
    }
    if (apply_precision(&e, o)) {
        code = run_experiment(&e, o, dir ? dir : e.name);
    }
    experiment_fini(&e);
    return code;
}

/* Those that do not stand alone. */
static size_t name_all(const char *names[EXP_ALL_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < n_builtins && n < EXP_ALL_MAX; i++) {
        struct experiment e;

        if (experiment_load(builtins[i].name, false, &e, stderr)) {
            names[n] = builtins[i].name;
            n += !e.alone;
            experiment_fini(&e);
        }
    }
    return n;
}

static int run_several(struct exp_options *o)
{
    struct exp_all all = {.names = o->names,
                          .n_names = o->n_names,
                          .out = o->out ? o->out : "all",
                          .replications = o->has_replications ? o->replications : 0,
                          .threads = o->threads,
                          .quick = o->quick,
                          .pdf = o->pdf,
                          .run = ranks_by_mpi(o->ranks) ? run_named : NULL,
                          .aux = o};

    if (strcmp(o->names[0], "all") == 0) {
        all.n_names = name_all(o->names);
    }
    return exp_all_run(&all);
}

static int run_rank_0(struct exp_options *o)
{
    bool several = o->n_names > 1 || strcmp(o->names[0], "all") == 0;

    if (several && (o->has_precision || o->has_at_most)) {
        fputs("tambo exp: --precision is for one experiment at a time\n", stderr);
        return EXIT_BAD_INPUT;
    }
    return several ? run_several(o) : run_named(o, o->names[0], o->out);
}

static int run_ranks(struct exp_options *o)
{
    int code = EXIT_DONE;

    o->ranks = ranks_open();
    exp_trials_catch_interrupts();
    if (ranks_n(o->ranks) > 1 && !o->has_threads) {
        o->threads = 1;
    }
    if (ranks_index(o->ranks) == 0) {
        code = run_rank_0(o);
    } else {
        exp_trials_serve(o->ranks);
    }
    ranks_close(o->ranks);
    return code;
}

int cmd_exp(int argc, char *const argv[])
{
    struct exp_options o = {.threads = runner_n_processors()};
    enum args_status parsed = parse(&o, argc, argv);

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (strcmp(o.names[0], "list") == 0) {
        return list_experiments();
    }
    if (strcmp(o.names[0], "claims") == 0) {
        return exp_print_claims(o.n_names > 1 ? o.names[1] : NULL);
    }
    huge_pages_start_over(argv - 1);
    return run_ranks(&o);
}
