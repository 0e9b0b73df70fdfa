/* tambo exp: run an experiment. */
#include "experiments/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/records.h"
#include "controller/base/alloc.h"
#include "experiments/args.h"
#include "experiments/build_id.h"
#include "experiments/claims.h"
#include "experiments/exp_all.h"
#include "experiments/experiment.h"
#include "experiments/experiment_report.h"
#include "experiments/folder.h"
#include "experiments/json_out.h"
#include "experiments/results.h"
#include "experiments/runner.h"
#include "experiments/trial.h"

struct exp_options {
    const char *names[EXP_ALL_MAX];
    size_t n_names;
    const char *out;
    uint64_t replications, threads;
    bool has_replications, quick;
};

/* A trial that is to be run. */
struct job {
    const struct experiment_point *point;
    uint64_t seed;
};

struct run {
    const struct experiment *e;
    struct records *records;
    struct job *jobs;
    size_t n_jobs;
    struct trial_result *results; /* By job; freed as soon as they are recorded. */
    char **failed;                /* By job: why it failed, or NULL. */
    char error[512];
};

/* --- Interrupts --------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* The first interrupt lets the running trials end and be recorded; the second ends the program. A
 * signal that the shell ignores for us, as for a job in the background, stays ignored. */
static void catch_interrupts(void)
{
    static const int signals[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action, before;

        memset(&action, 0, sizeof action);
        action.sa_handler = note_interrupt;
        action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

/* --- Running ------------------------------------------------------------------------------------ */

static void run_job(void *aux, size_t i)
{
    struct run *run = aux;
    struct scenario scenario = run->jobs[i].point->scenario; /* Samples stay the experiment's. */
    char why[256];

    scenario.params.seed = run->jobs[i].seed;
    if (!trial_run(&scenario, INFINITY, NULL, NULL, &run->results[i], why, sizeof why)) {
        run->failed[i] = xstrdup(why);
    }
}

static bool record_job(void *aux, size_t i)
{
    struct run *run = aux;
    const struct job *job = &run->jobs[i];
    json_t *params;
    char *params_text, *metrics_text, trace[17];
    bool ok;

    if (run->failed[i]) {
        snprintf(run->error, sizeof run->error, "point \"%s\": %s", job->point->label,
                 run->failed[i]);
        free(run->failed[i]);
        return false;
    }
    params = scenario_to_json(&job->point->scenario, false);
    params_text = json_dumps(params, JSON_COMPACT);
    metrics_text = json_dumps(run->results[i].metrics, JSON_COMPACT);
    snprintf(trace, sizeof trace, "%016" PRIx64, run->results[i].trace_hash);
    ok = records_add(run->records, &(struct record){.experiment = run->e->name,
                                                    .point = job->point->label,
                                                    .scenario_hash = job->point->scenario.hash,
                                                    .build_id = build_id(),
                                                    .trace_hash = trace,
                                                    .params = params_text,
                                                    .metrics = metrics_text,
                                                    .seed = job->seed,
                                                    .wall_s = run->results[i].wall_s});
    if (!ok) {
        snprintf(run->error, sizeof run->error, "%s", records_error(run->records));
    } else if (interrupted) {
        snprintf(run->error, sizeof run->error,
                 "interrupted; run again with the same --out to continue");
        ok = false;
    }
    free(params_text);
    free(metrics_text);
    json_decref(params);
    trial_result_fini(&run->results[i]);
    return ok;
}

/* The trials that this build has not recorded yet: those of another build may differ, so they are run
 * again and their rows replaced. Replications of one point are spread out, so that an
 * interrupted experiment has something of every point. */
static void list_jobs(struct run *run)
{
    const struct experiment *e = run->e;

    run->jobs = xcalloc(e->n_points * e->replications, sizeof *run->jobs);
    for (uint32_t r = 0; r < e->replications; r++) {
        for (size_t p = 0; p < e->n_points; p++) {
            const struct experiment_point *point = &e->points[p];
            uint64_t seed = experiment_seed(e, point, r);

            if (!records_has(run->records, e->name, point->scenario.hash, seed, build_id())) {
                run->jobs[run->n_jobs++] = (struct job){point, seed};
            }
        }
    }
}

static bool run_trials(struct run *run, unsigned n_threads)
{
    struct runner runner = {.n_threads = n_threads,
                            .task = run_job,
                            .done = record_job,
                            .aux = run,
                            .label = run->e->name};
    bool ok;

    list_jobs(run);
    runner.n_tasks = run->n_jobs;
    run->results = xcalloc(run->n_jobs, sizeof *run->results);
    run->failed = xcalloc(run->n_jobs, sizeof *run->failed);
    snprintf(run->error, sizeof run->error, "a worker thread could not be started");
    ok = runner_run(&runner);
    free(run->jobs);
    free(run->results);
    free(run->failed);
    return ok;
}

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

static bool write_results(const struct experiment *e, struct records *records, const char *dir)
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
    struct run run = {.e = e};
    char path[4096];
    bool ok;

    if (!folder_make(dir)) {
        fprintf(stderr, "tambo exp: %s: %s\n", dir, strerror(errno));
        return EXIT_FAILED;
    }
    if (!exp_save_json(e->source, dir, "experiment.json")) {
        return EXIT_FAILED;
    }
    snprintf(path, sizeof path, "%s/records.sqlite", dir);
    run.records = records_open(path, run.error, sizeof run.error);
    catch_interrupts();
    ok = run.records && run_trials(&run, (unsigned)o->threads);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s\n", run.error);
    }
    ok = ok && write_results(e, run.records, dir);
    records_close(run.records);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

static int list_experiments(void)
{
    for (size_t i = 0; i < n_builtins; i++) {
        struct experiment e;

        if (experiment_load(builtins[i].name, false, &e, stderr)) {
            printf("%-24s %s (%zu points, %u replications, %zu claims)\n", e.name, e.title,
                   e.n_points, e.replications,
                   json_array_size(json_object_get(e.source, "claims")));
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
        {"threads", OPT_COUNT, &o->threads, 1, 1024, .value = "T", .help = "worker threads"},
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
                   "simulations said in FILE, a DIR/claims.json.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = EXP_ALL_MAX,
    };

    return args_parse(&command, argc, argv, o->names, &o->n_names);
}

static int run_one(const struct exp_options *o)
{
    struct experiment e;
    int code;

    if (!experiment_load(o->names[0], o->quick, &e, stderr)) {
        return EXIT_BAD_INPUT;
    }
    if (o->has_replications) {
        experiment_replicate(&e, (uint32_t)o->replications);
    }
    code = run_experiment(&e, o, o->out ? o->out : e.name);
    experiment_fini(&e);
    return code;
}

static int run_several(struct exp_options *o)
{
    struct exp_all all = {.names = o->names,
                          .n_names = o->n_names,
                          .out = o->out ? o->out : "all",
                          .replications = o->has_replications ? o->replications : 0,
                          .threads = o->threads,
                          .quick = o->quick};

    if (strcmp(o->names[0], "all") == 0) {
        all.n_names = n_builtins < EXP_ALL_MAX ? n_builtins : EXP_ALL_MAX;
        for (size_t i = 0; i < all.n_names; i++) {
            o->names[i] = builtins[i].name;
        }
    }
    return exp_all_run(&all);
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
    return o.n_names > 1 || strcmp(o.names[0], "all") == 0 ? run_several(&o) : run_one(&o);
}
