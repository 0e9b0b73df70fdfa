#include "experiments/exp_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report.h"
#include "analysis/tool.h"
#include "experiments/args.h"
#include "experiments/build_id.h"
#include "experiments/claims.h"
#include "experiments/experiment.h"
#include "experiments/folder.h"
#include "experiments/json_out.h"
#include "experiments/report_parts.h"
#include "experiments/trial.h"

/* --- One experiment ----------------------------------------------------------------------------- */

/* The name of a file without folder and ending, for the folder of its results. */
static void folder_of(const char *out, const char *name, char *dir, size_t size)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    size_t len = strlen(base);

    len -= len > 5 && strcmp(base + len - 5, ".json") == 0 ? 5 : 0;
    snprintf(dir, size, "%s/%.*s", out, (int)len, base);
}

/* Runs "tambo exp NAME" to its end; its exit code. */
static int run_child(const struct exp_all *all, const char *name, const char *dir)
{
    const char *argv[16] = {"/proc/self/exe", "exp", name, "--out", dir, "--threads"};
    char threads[32], replications[32], error[512];
    size_t n = 6;
    int code;

    snprintf(threads, sizeof threads, "%llu", (unsigned long long)all->threads);
    argv[n++] = threads;
    if (all->replications) {
        snprintf(replications, sizeof replications, "%llu", (unsigned long long)all->replications);
        argv[n++] = "--replications";
        argv[n++] = replications;
    }
    if (all->quick) {
        argv[n++] = "--quick";
    }
    if (all->pdf) {
        argv[n++] = "--pdf";
    }
    code = tool_output(argv, NULL, error, sizeof error);
    if (code < 0) {
        fprintf(stderr, "tambo exp: %s: %s\n", name, error);
    }
    return code;
}

static json_t *load_summary(const char *dir)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/summary.json", dir);
    return json_load_file(path, 0, NULL);
}

/* What became of one experiment: exit code, time, and its own summary in short. */
static json_t *run_one(const struct exp_all *all, const char *name, json_t *claims, json_t *used)
{
    double started_s = trial_wall_s();
    json_t *summary, *row;
    char dir[4096];
    int code;

    fflush(stdout);
    folder_of(all->out, name, dir, sizeof dir);
    code = all->run ? all->run(all->aux, name, dir) : run_child(all, name, dir);
    summary = code == EXIT_DONE ? load_summary(dir) : NULL;
    row = json_pack("{s:s, s:s, s:i, s:f}", "experiment", name, "folder",
                    strrchr(dir, '/') + 1, "exit", code, "wall_s", trial_wall_s() - started_s);
    if (summary) {
        static const char *const copied[] = {"title", "trials", "holds"};

        for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
            json_object_set(row, copied[i], json_object_get(summary, copied[i]));
        }
        json_put(row, "comparisons",
                 json_integer((json_int_t)json_array_size(json_object_get(summary, "comparisons"))));
        json_array_extend(claims, json_object_get(summary, "claims"));
        json_object_set(used, name, json_object_get(summary, "used"));
    }
    json_decref(summary);
    return row;
}

/* The claims of an experiment that did not finish: without what it would have measured. */
static void add_unmeasured(const char *name, json_t *claims)
{
    struct experiment e;

    if (experiment_load(name, false, &e, stderr)) {
        json_t *rows = claims_judge(&e, NULL);

        json_array_extend(claims, rows);
        json_decref(rows);
        experiment_fini(&e);
    }
}

/* --- The page ----------------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static void add_experiment(struct report *report, const json_t *row)
{
    int code = (int)json_integer_value(json_object_get(row, "exit"));
    double wall_s = json_number_value(json_object_get(row, "wall_s"));
    bool compares = json_integer_value(json_object_get(row, "comparisons")) > 0;
    char href[512];

    if (code != EXIT_DONE) {
        report_paragraph(report, "%s did not finish: exit %d after %.1f s.",
                         text_of(row, "experiment"), code, wall_s);
        return;
    }
    snprintf(href, sizeof href, "%s/report.html", text_of(row, "folder"));
    report_link(report, href, text_of(row, "experiment"), "%s %lld trials, %.1f s%s.",
                text_of(row, "title"), json_integer_value(json_object_get(row, "trials")), wall_s,
                !compares                                        ? ""
                : json_is_true(json_object_get(row, "holds"))    ? ", simulation as the model"
                                                                 : ", simulation not as the model");
}

static void add_experiments(struct report *report, const json_t *rows)
{
    json_t *row;
    size_t i;

    report_section(report, "Experiments");
    json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
        add_experiment(report, row);
    }
}

static void find_broken(struct report *report, const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
        if (json_integer_value(json_object_get(row, "exit")) != EXIT_DONE) {
            report_finding(report, false, "%s did not finish.", text_of(row, "experiment"));
        }
    }
}

static bool write_page(const struct exp_all *all, const json_t *rows, const json_t *claims)
{
    char path[4200], footer[512];
    struct report report;
    bool ok;

    report_init(&report, "Claims and experiments");
    find_broken(&report, rows);
    report_add_claims(&report, claims);
    report_add_claim_tables(&report, claims);
    add_experiments(&report, rows);
    snprintf(path, sizeof path, "%s/index.html", all->out);
    snprintf(footer, sizeof footer, "Made by: tambo exp all --out DIR%s\nBuild %s.",
             all->quick ? " --quick" : "", build_id());
    ok = report_save(&report, path, footer);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s: %s\n", path, strerror(errno));
    }
    report_fini(&report);
    return ok;
}

/* --- The summary -------------------------------------------------------------------------------- */

static json_t *count_verdicts(const json_t *claims)
{
    json_t *counts = json_object(), *row;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)claims, i, row) {
        const char *verdict = text_of(row, "verdict");
        json_int_t n = json_integer_value(json_object_get(counts, verdict));

        json_put(counts, verdict, json_integer(n + 1));
    }
    return counts;
}

static bool write_markdown(const struct exp_all *all, const json_t *claims)
{
    struct text text = TEXT_INIT;
    char path[4200];
    bool ok;

    claims_markdown(claims, &text);
    snprintf(path, sizeof path, "%s/claims.md", all->out);
    ok = text_save(&text, path);
    if (!ok) {
        fprintf(stderr, "tambo exp: %s: %s\n", path, strerror(errno));
    }
    text_fini(&text);
    return ok;
}

static bool write_all(const struct exp_all *all, json_t *rows, json_t *claims, json_t *used)
{
    json_t *counts = count_verdicts(claims), *summary = json_object(), *n;
    const char *verdict;
    bool ok;

    json_put(summary, "build_id", json_string(build_id()));
    json_object_set(summary, "experiments", rows);
    json_object_set(summary, "verdicts", counts);
    json_object_set(summary, "claims", claims);
    ok = exp_save_json(summary, all->out, "summary.json");
    ok = exp_save_json(used, all->out, "claims.json") && ok;
    ok = write_markdown(all, claims) && ok;
    ok = write_page(all, rows, claims) && ok;
    printf("%zu claims:", json_array_size(claims));
    json_object_foreach (counts, verdict, n) {
        printf(" %lld %s", json_integer_value(n), verdict);
    }
    printf("\nindex: %s/index.html\n", all->out);
    json_decref(summary);
    json_decref(counts);
    return ok;
}

int exp_all_run(const struct exp_all *all)
{
    json_t *rows = json_array(), *claims = json_array(), *used = json_object();
    bool ok = true, finished = true, held;

    if (!folder_make(all->out)) {
        fprintf(stderr, "tambo exp: %s: %s\n", all->out, strerror(errno));
        ok = false;
    }
    for (size_t i = 0; ok && i < all->n_names; i++) {
        json_t *row = run_one(all, all->names[i], claims, used);

        if (json_integer_value(json_object_get(row, "exit")) != EXIT_DONE) {
            finished = false;
            add_unmeasured(all->names[i], claims);
        }
        json_array_append_new(rows, row);
    }
    ok = ok && write_all(all, rows, claims, used);
    held = claims_hold(claims);
    json_decref(rows);
    json_decref(claims);
    json_decref(used);
    return !ok || !finished ? EXIT_FAILED : held ? EXIT_DONE : EXIT_NOT_HELD;
}

/* Of one that stands alone nothing is said before it has been run. */
static void add_judged(const struct experiment *e, const json_t *measured, json_t *claims)
{
    json_t *rows;

    if (e->alone && !measured) {
        return;
    }
    rows = claims_judge(e, measured);
    json_array_extend(claims, rows);
    json_decref(rows);
}

int exp_print_claims(const char *path)
{
    json_t *used = NULL, *claims;
    struct text text = TEXT_INIT;
    json_error_t error;

    if (path && !(used = json_load_file(path, 0, &error))) {
        fprintf(stderr, "tambo exp: %s:%d: %s\n", path, error.line, error.text);
        return EXIT_BAD_INPUT;
    }
    claims = json_array();
    for (size_t i = 0; i < n_builtins; i++) {
        struct experiment e;

        if (experiment_load(builtins[i].name, false, &e, stderr)) {
            add_judged(&e, json_object_get(used, builtins[i].name), claims);
            experiment_fini(&e);
        }
    }
    claims_markdown(claims, &text);
    fputs(text_str(&text), stdout);
    text_fini(&text);
    json_decref(claims);
    json_decref(used);
    return EXIT_DONE;
}
