/* tambo sim: simulate one scenario with the real controller core. */
#include "experiments/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/records.h"
#include "experiments/args.h"
#include "experiments/build_id.h"
#include "experiments/checkpoint.h"
#include "experiments/folder.h"
#include "experiments/hardware_scenario.h"
#include "experiments/huge_pages.h"
#include "experiments/json_out.h"
#include "experiments/profile.h"
#include "experiments/sim_text.h"
#include "experiments/trial.h"

enum { MANY_HOSTS = 10000 };

struct sim_options {
    const char *file, *record_dir, *capture;
    struct opt_list sets;
    uint64_t seed;
    double until_s;
    bool has_seed, json, profile;
    const char *checkpoint, *resume;
    double checkpoint_at_s;
    bool has_checkpoint_at;
};

/* What a checkpoint has its own of. */
static bool has_other_than_resume(const struct sim_options *o)
{
    return o->has_seed || o->sets.n || isfinite(o->until_s) || o->record_dir || o->capture ||
           o->profile || o->json || o->checkpoint || o->has_checkpoint_at;
}

static enum args_status parse(struct sim_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"seed", OPT_COUNT, &o->seed, 0, 9e15, .value = "N", .help = "instead of the scenario's",
         .given = &o->has_seed},
        {"set", OPT_LIST, &o->sets, .value = "path.to.key=value",
         .help = "change a value of the scenario; may be repeated"},
        {"until-s", OPT_REAL, &o->until_s, 0, INFINITY, .value = "T",
         .help = "stop at this virtual time"},
        {"record", OPT_TEXT, &o->record_dir, .value = "DIR",
         .help = "add a row to DIR/records.sqlite"},
        {"capture", OPT_TEXT, &o->capture, .value = "PCAP",
         .help = "of a campus: write what the control channels carry"},
        {"profile", OPT_FLAG, &o->profile,
         .help = "of a campus: tell which stages take how much of the time"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
        {"checkpoint", OPT_TEXT, &o->checkpoint, .value = "FILE",
         .help = "save all after each tenth of the run, to go on from if it is interrupted"},
        {"checkpoint-at-s", OPT_REAL, &o->checkpoint_at_s, 0, INFINITY, .value = "T",
         .help = "save once, in the first pause (there are 200) from this virtual time on",
         .given = &o->has_checkpoint_at},
        {"resume", OPT_TEXT, &o->resume, .value = "FILE",
         .help = "go on from what was saved, without a scenario or other options"},
    };
    const struct command command = {
        .name = "tambo sim",
        .synopsis = "SCENARIO.json",
        .summary =
            "Simulates a campus with the real controller core in the loop and compares it "
            "with the model;\nor pings, faults, or elephants (\"kind\"). The keys of scenarios "
            "are in the user's guide.\nThe same file, seed and build give the same trace hash "
            "and the same metrics.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 0,
        .max_args = 1,
    };
    size_t n_args;
    enum args_status status = args_parse(&command, argc, argv, &o->file, &n_args);

    if (status == ARGS_OK && (n_args == 1) == (o->resume != NULL)) {
        fprintf(stderr, "tambo sim: expected a scenario's file, or --resume and a checkpoint's\n");
        return ARGS_BAD;
    }
    if (status == ARGS_OK && o->resume && has_other_than_resume(o)) {
        fprintf(stderr, "tambo sim: --resume goes on with the options of the run that was saved: "
                        "expected no others\n");
        return ARGS_BAD;
    }
    if (status == ARGS_OK && o->capture && o->checkpoint) {
        fprintf(stderr, "tambo sim: a run with --capture cannot be saved by --checkpoint\n");
        return ARGS_BAD;
    }
    if (status == ARGS_OK && o->profile && o->checkpoint) {
        fprintf(stderr, "tambo sim: a run with --profile cannot be saved by --checkpoint\n");
        return ARGS_BAD;
    }
    if (status == ARGS_OK && o->has_checkpoint_at && !o->checkpoint) {
        fprintf(stderr, "tambo sim: --checkpoint-at-s without --checkpoint\n");
        return ARGS_BAD;
    }
    return status;
}

/* What is done in the pauses of a run. */
struct pauses {
    const struct sim_options *o;
    unsigned n_saved;
    bool shows;
};

static bool is_due(const struct pauses *p, double sim_s, double end_s)
{
    if (p->o->has_checkpoint_at) {
        return !p->n_saved && sim_s >= p->o->checkpoint_at_s;
    }
    return sim_s < end_s && sim_s >= end_s / 10 * (p->n_saved + 1);
}

static void save(struct pauses *p, double sim_s, double end_s)
{
    char why[512];

    if (!p->o->checkpoint || !is_due(p, sim_s, end_s)) {
        return;
    }
    p->n_saved++;
    switch (checkpoint_write(p->o->checkpoint, why, sizeof why)) {
    case CHECKPOINT_FAILED:
        fprintf(stderr, "tambo sim: no checkpoint at %g s: %s\n", sim_s, why);
        break;
    case CHECKPOINT_RESUMED:
        fprintf(stderr, "tambo sim: goes on at %g s\n", sim_s);
        break;
    case CHECKPOINT_WRITTEN:
        break;
    }
}

static void show_progress(double sim_s, double end_s, double wall_s)
{
    double rate = wall_s > 0 ? sim_s / wall_s : 0;

    fprintf(stderr, "\r\033[K%.0f of %.0f simulated seconds, %.0f a second, %.0f s left%s", sim_s,
            end_s, rate, rate > 0 ? (end_s - sim_s) / rate : 0, sim_s >= end_s ? "\r\033[K" : "");
}

static void pause_run(void *aux, double sim_s, double end_s, double wall_s)
{
    struct pauses *p = aux;

    if (p->shows) {
        show_progress(sim_s, end_s, wall_s);
    }
    save(p, sim_s, end_s);
}

static long peak_rss_bytes(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

static void print_json(const struct scenario *s, const struct trial_result *r)
{
    json_t *o = json_object();
    char trace[17];

    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace_hash);
    json_put(o, "scenario", json_string(s->name));
    json_put(o, "scenario_hash", json_string(s->hash));
    json_put(o, "seed", json_integer((json_int_t)s->params.seed));
    json_put(o, "trace_hash", json_string(trace));
    json_put(o, "sim_s", json_number(r->sim_s));
    json_put(o, "wall_s", json_number(r->wall_s));
    json_put(o, "events", json_integer((json_int_t)r->n_events));
    json_put(o, "events_per_s", json_number((double)r->n_events / r->wall_s));
    json_put(o, "peak_rss_bytes", json_integer(peak_rss_bytes()));
    if (r->memory) {
        json_put(o, "memory", json_incref(r->memory));
    }
    if (r->profile) {
        json_put(o, "profile", json_incref(r->profile));
    }
    json_put(o, "metrics", json_incref(r->metrics));
    json_print(o);
}

/* Of the time that is measured, or of all, when the run ended before. */
static void print_profile(const json_t *profile)
{
    const json_t *measured = json_object_get(profile, "measured");

    printf("\n%s:\n", measured ? "where the time goes, after the warm-up"
                               : "where the time goes, up to the end");
    profile_print(measured ? measured : json_object_get(profile, "before"));
}

static bool record(const char *dir, const struct scenario *s, const struct trial_result *r)
{
    json_t *params = scenario_to_json(s, true);
    char *params_text = json_dumps(params, JSON_COMPACT);
    char *metrics_text = json_dumps(r->metrics, JSON_COMPACT);
    char path[4096], trace[17], error[512];
    struct records *records;
    bool ok;

    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace_hash);
    snprintf(path, sizeof path, "%s/records.sqlite", dir);
    if (!folder_make(dir)) {
        snprintf(error, sizeof error, "%s: %s", dir, strerror(errno));
        records = NULL;
    } else {
        records = records_open(path, error, sizeof error);
    }
    ok = records && records_add(records, &(struct record){.experiment = "sim",
                                                          .point = s->name,
                                                          .scenario_hash = s->hash,
                                                          .build_id = build_id(),
                                                          .trace_hash = trace,
                                                          .params = params_text,
                                                          .metrics = metrics_text,
                                                          .seed = s->params.seed,
                                                          .wall_s = r->wall_s});
    if (!ok) {
        fprintf(stderr, "tambo sim: %s\n", records ? records_error(records) : error);
    }
    records_close(records);
    free(params_text);
    free(metrics_text);
    json_decref(params);
    return ok;
}

static double budget_of(const struct scenario *s)
{
    const struct ctlchan_params *c = s->kind == SCENARIO_PINGS    ? &s->pings.params.channel
                                     : s->kind == SCENARIO_FAULTS ? &s->faults.params.channel
                                                                  : &s->params.channel;

    return c->inband.budget_frac;
}

static int simulate(const struct sim_options *o, const struct scenario *s)
{
    struct pauses pauses = {.o = o, .shows = isatty(STDERR_FILENO)};
    struct trial_result result;
    char why[256];
    bool ok = true;

    if (!trial_run(s, o->until_s, pause_run, &pauses, &result, why, sizeof why)) {
        fprintf(stderr, "%s: %s\n", o->file, why);
        return EXIT_BAD_INPUT;
    }
    if (result.sim_s <= result.warm_s) {
        fprintf(
            stderr,
            "tambo sim: note: stopped at %g s, before the warm-up ended at %g s: the figures are "
            "those of the start, not of the steady state\n",
            result.sim_s, result.warm_s);
    }
    (o->json ? print_json : sim_text_print)(s, &result);
    if (result.profile && !o->json) {
        print_profile(result.profile);
    }
    if (o->record_dir) {
        ok = record(o->record_dir, s, &result);
    }
    if (result.is_over_budget) {
        fprintf(stderr,
                "tambo sim: control traffic takes %.3g of a link, more than the budget of %.3g\n",
                json_number_value(json_object_get(result.metrics, "control_worst_frac")),
                budget_of(s));
    }
    if (o->has_checkpoint_at && !pauses.n_saved) {
        fprintf(stderr, "tambo sim: no checkpoint: the run ended at %g s, before %g s\n",
                result.sim_s, o->checkpoint_at_s);
    }
    trial_result_fini(&result);
    return !ok ? EXIT_FAILED : result.is_over_budget ? EXIT_NOT_HELD : EXIT_DONE;
}

/* Where a checkpoint is written or resumed from: false when this cannot be. Does not return when it resumes. */
static bool prepare_checkpoint(const struct sim_options *o, char *const program_argv[])
{
    char why[512];
    bool ok = checkpoint_fix_addresses(program_argv, why, sizeof why);

    if (ok && o->resume) {
        checkpoint_resume(o->resume, why, sizeof why);
        ok = false;
    }
    if (!ok) {
        fprintf(stderr, "tambo sim: %s\n", why);
    }
    return ok;
}

/* Whether it will hold so much memory that it matters how. A scenario that was read from a pipe cannot be read
 * again. */
static bool wants_huge_pages(const struct sim_options *o, const struct scenario *s)
{
    struct stat st;

    return s->kind == SCENARIO_CAMPUS && stat(o->file, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)s->params.n_access * s->params.hosts_per_access >= MANY_HOSTS;
}

int cmd_sim(int argc, char *const argv[])
{
    struct sim_options o = {.until_s = INFINITY};
    struct scenario scenario;
    enum args_status parsed = parse(&o, argc, argv);
    int code;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if ((o.checkpoint || o.resume) && !prepare_checkpoint(&o, argv - 1)) {
        return EXIT_BAD_INPUT;
    }
    if (!scenario_read(o.file, o.sets.items, o.sets.n, &scenario, stderr)) {
        return EXIT_BAD_INPUT;
    }
    if (wants_huge_pages(&o, &scenario)) {
        huge_pages_start_over(argv - 1);
    }
    if (o.has_seed) {
        scenario.params.seed = o.seed;
    }
    if (o.checkpoint && scenario.kind != SCENARIO_CAMPUS && scenario.kind != SCENARIO_PINGS) {
        fprintf(stderr, "%s: checkpoints are of campuses and of pings only\n", o.file);
        scenario_fini(&scenario);
        return EXIT_BAD_INPUT;
    }
    if ((o.profile || o.capture) && scenario.kind != SCENARIO_CAMPUS) {
        fprintf(stderr, "%s: %s is of campuses only\n", o.file,
                o.profile ? "--profile" : "--capture");
        scenario_fini(&scenario);
        return EXIT_BAD_INPUT;
    }
    if (isfinite(o.until_s) &&
        (scenario.kind == SCENARIO_ELEPHANTS || scenario.kind == SCENARIO_COMMAND)) {
        fprintf(stderr, "%s: --until-s is of campuses, pings and faults only\n", o.file);
        scenario_fini(&scenario);
        return EXIT_BAD_INPUT;
    }
    if (scenario.kind == SCENARIO_CAMPUS) {
        traffic_print_notes("tambo sim", &scenario.params, &scenario.traffic, stderr);
        hardware_print_notes("tambo sim", &scenario.params.hw, scenario.params.versions, stderr);
    }
    if (scenario.kind == SCENARIO_PINGS) {
        hardware_print_notes("tambo sim", &scenario.pings.params.world.hw,
                             scenario.pings.params.world.versions, stderr);
    }
    scenario.with_profile = o.profile;
    scenario.capture = o.capture;
    code = simulate(&o, &scenario);
    scenario_fini(&scenario);
    return code;
}
