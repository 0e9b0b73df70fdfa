#include "experiments/exp_trials.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/build_id.h"
#include "experiments/json_out.h"
#include "experiments/runner.h"
#include "experiments/seeds.h"
#include "experiments/trial.h"

/* What became of one trial. */
struct outcome {
    char *failed; /* Why, or NULL. */
    char *metrics;
    char trace[17];
    double wall_s;
};

struct run {
    const struct experiment *e;
    struct records *records;
    struct ranks *ranks;
    struct stopping_point *points; /* By point. */
    bool *taken;                   /* By task: n_points × at_most. */
    uint32_t *from;                /* By point: no replication below needs to be taken. */
    size_t n_planned;              /* Tasks of this run, as far as is known. */
    size_t n_recorded;             /* Trials that had been there before. */
    char *error;
    size_t error_size;
};

/* --- Interrupts --------------------------------------------------------------------------------- */

static atomic_bool interrupted; /* Set by the signal, read by every thread. */

static void note_interrupt(int signal)
{
    (void)signal;
    atomic_store(&interrupted, true);
}

void exp_trials_catch_interrupts(void)
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

/* --- One trial ---------------------------------------------------------------------------------- */

/* How much of a trial was told to the queue; a trial of another process has none. */
struct telling {
    struct runner_queue *queue;
    double told;
};

static void tell(struct telling *t, double part)
{
    if (t->queue) {
        runner_tell(t->queue, part - t->told);
        t->told = part;
    }
}

static void tell_time(void *aux, double sim_s, double end_s, double wall_s)
{
    (void)wall_s;
    tell(aux, fmin(1, sim_s / end_s));
}

static struct outcome *run_scenario(const struct scenario *point, uint64_t seed,
                                    struct runner_queue *queue)
{
    struct telling telling = {.queue = queue};
    struct outcome *o = xcalloc(1, sizeof *o);
    struct scenario scenario = *point; /* Samples stay the point's. */
    struct trial_result result;
    char why[256];

    scenario.params.seed = seed;
    bool ok = trial_run(&scenario, INFINITY, tell_time, &telling, &result, why, sizeof why);
    tell(&telling, 0);
    if (!ok) {
        o->failed = xstrdup(why);
        return o;
    }
    o->metrics = json_dumps(result.metrics, JSON_COMPACT);
    o->wall_s = result.wall_s;
    snprintf(o->trace, sizeof o->trace, "%016" PRIx64, result.trace_hash);
    trial_result_fini(&result);
    return o;
}

static void outcome_free(struct outcome *o)
{
    free(o->failed);
    free(o->metrics);
    free(o);
}

/* Tasks are replications by point: i = r · n_points + p. */
static size_t point_of(const struct run *run, size_t i)
{
    return i % run->e->n_points;
}

static uint32_t replication_of(const struct run *run, size_t i)
{
    return (uint32_t)(i / run->e->n_points);
}

static uint64_t seed_of(const struct run *run, size_t i)
{
    return experiment_seed(run->e, &run->e->points[point_of(run, i)], replication_of(run, i));
}

static void *run_task(void *aux, size_t i, struct runner_queue *queue)
{
    const struct run *run = aux;

    return run_scenario(&run->e->points[point_of(run, i)].scenario, seed_of(run, i), queue);
}

/* --- Which trials ------------------------------------------------------------------------------- */

/* Takes the values that the rule looks at from a trial's metrics. */
static void note_values(struct run *run, size_t point, uint32_t r, const char *metrics)
{
    const struct stopping *rule = &run->e->stopping;
    struct stopping_point *p = &run->points[point];
    json_t *o = json_loads(metrics, 0, NULL);

    for (size_t q = 0; q < rule->n_of; q++) {
        const json_t *v = json_object_get(o, rule->of[q]);

        p->values[q * rule->at_most + r] = json_is_number(v) ? json_number_value(v) : NAN;
    }
    p->known[r] = true;
    json_decref(o);
}

struct noting {
    struct run *run;
    size_t point;
    struct seeds seeds;
};

static bool note_record(void *aux, const struct record *record)
{
    struct noting *n = aux;
    struct run *run = n->run;
    uint32_t r;

    if (strcmp(record->build_id, build_id()) == 0 && seeds_find(&n->seeds, record->seed, &r)) {
        note_values(run, n->point, r, record->metrics);
        run->taken[r * run->e->n_points + n->point] = true;
        run->n_recorded++;
    }
    return true;
}

/* The rule has looked again: what it asks for more than before is planned. */
static void look(struct run *run, size_t point)
{
    struct stopping_point *p = &run->points[point];
    uint32_t before = p->n_wanted;

    stopping_point_look(p, &run->e->stopping);
    for (uint32_t r = before; r < p->n_wanted; r++) {
        run->n_planned += !run->taken[r * run->e->n_points + point];
    }
}

static bool prepare_point(struct run *run, size_t point)
{
    const struct experiment *e = run->e;
    struct noting n = {.run = run, .point = point};
    bool ok;

    stopping_point_init(&run->points[point], &e->stopping);
    seeds_init(&n.seeds, e, &e->points[point]);
    ok = records_each(run->records, e->name, e->points[point].scenario.hash, note_record, &n);
    seeds_fini(&n.seeds);
    for (uint32_t r = 0; r < e->stopping.at_least; r++) {
        run->n_planned += !run->taken[r * e->n_points + point];
    }
    look(run, point);
    return ok;
}

/* The least replication of all points that are to have more: they are spread out, so that an
 * interrupted experiment has something of every point. */
static enum runner_next next_task(void *aux, size_t *i)
{
    struct run *run = aux;
    size_t best = run->e->n_points;
    bool finished = true;

    for (size_t p = 0; p < run->e->n_points; p++) {
        uint32_t *from = &run->from[p];

        finished = finished && run->points[p].finished;
        while (*from < run->points[p].n_wanted && run->taken[*from * run->e->n_points + p]) {
            ++*from;
        }
        if (*from < run->points[p].n_wanted &&
            (best == run->e->n_points || *from < run->from[best])) {
            best = p;
        }
    }
    if (best == run->e->n_points) {
        return finished ? RUNNER_END : RUNNER_WAIT;
    }
    *i = run->from[best] * run->e->n_points + best;
    run->taken[*i] = true;
    return RUNNER_TASK;
}

/* --- Recording ---------------------------------------------------------------------------------- */

static bool record(struct run *run, size_t i, const struct outcome *o)
{
    const struct experiment_point *point = &run->e->points[point_of(run, i)];
    json_t *params = scenario_to_json(&point->scenario, false);
    char *text = json_dumps(params, JSON_COMPACT);
    bool ok = records_add(run->records, &(struct record){.experiment = run->e->name,
                                                         .point = point->label,
                                                         .scenario_hash = point->scenario.hash,
                                                         .build_id = build_id(),
                                                         .trace_hash = o->trace,
                                                         .params = text,
                                                         .metrics = o->metrics,
                                                         .seed = seed_of(run, i),
                                                         .wall_s = o->wall_s});

    if (!ok) {
        snprintf(run->error, run->error_size, "%s", records_error(run->records));
    }
    free(text);
    json_decref(params);
    return ok;
}

static bool take_outcome(void *aux, size_t i, void *result)
{
    struct run *run = aux;
    struct outcome *o = result;
    bool ok = false;

    if (o->failed) {
        snprintf(run->error, run->error_size, "point \"%s\": %s",
                 run->e->points[point_of(run, i)].label, o->failed);
    } else if (record(run, i, o)) {
        note_values(run, point_of(run, i), replication_of(run, i), o->metrics);
        look(run, point_of(run, i));
        ok = !interrupted;
        if (interrupted) {
            snprintf(run->error, run->error_size,
                     "interrupted; run again with the same --out to continue");
        }
    }
    outcome_free(o);
    return ok;
}

/* --- Other ranks -------------------------------------------------------------------------------- */

/* A trial as a text: everything that it takes, so that who does it needs no file. */
static char *work_text(const struct run *run, size_t i)
{
    const struct experiment_point *point = &run->e->points[point_of(run, i)];
    json_t *o = json_pack("{s:s, s:s, s:I, s:o}", "build_id", build_id(), "hash",
                          point->scenario.hash, "seed", (json_int_t)seed_of(run, i), "scenario",
                          scenario_to_json(&point->scenario, false));
    char *text = json_dumps(o, JSON_COMPACT);

    json_decref(o);
    return text;
}

static struct outcome *failed(const char *why)
{
    struct outcome *o = xcalloc(1, sizeof *o);

    o->failed = xstrdup(why);
    return o;
}

static struct outcome *do_work(const json_t *work)
{
    struct scenario scenario;
    struct outcome *o;

    if (strcmp(json_string_value(json_object_get(work, "build_id")), build_id()) != 0) {
        return failed("a rank runs another build of tambo than rank 0");
    }
    if (!scenario_from_json("work of rank 0", json_object_get(work, "scenario"), &scenario,
                            stderr)) {
        return failed("a rank cannot read the scenario");
    }
    if (strcmp(scenario.hash, json_string_value(json_object_get(work, "hash"))) != 0) {
        o = failed("the scenario is another one when it is read back");
    } else {
        o = run_scenario(&scenario, (uint64_t)json_integer_value(json_object_get(work, "seed")),
                         NULL);
    }
    scenario_fini(&scenario);
    return o;
}

static char *answer_text(const struct outcome *o)
{
    json_t *json = o->failed ? json_pack("{s:s}", "failed", o->failed)
                             : json_pack("{s:s, s:s, s:f}", "metrics", o->metrics, "trace",
                                         o->trace, "wall_s", o->wall_s);
    char *text = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    return text;
}

static struct outcome *read_answer(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    const char *why = json_string_value(json_object_get(json, "failed"));
    const char *metrics = json_string_value(json_object_get(json, "metrics"));
    struct outcome *o = why || !metrics ? failed(why ? why : "a rank's answer is no answer")
                                        : xcalloc(1, sizeof *o);

    if (!o->failed) {
        o->metrics = xstrdup(metrics);
        o->wall_s = json_number_value(json_object_get(json, "wall_s"));
        snprintf(o->trace, sizeof o->trace, "%s",
                 json_string_value(json_object_get(json, "trace")));
    }
    json_decref(json);
    return o;
}

void exp_trials_serve(struct ranks *ranks)
{
    char *text;

    while ((text = ranks_await(ranks))) {
        json_t *work = json_loads(text, 0, NULL);
        struct outcome *o = do_work(work);
        char *answer = answer_text(o);

        ranks_answer(ranks, answer);
        free(answer);
        outcome_free(o);
        json_decref(work);
        free(text);
    }
}

/* Gives tasks to ranks without work. False when there was nothing to give. */
static bool give_tasks(struct run *run, struct runner_queue *queue, bool busy[], size_t task[],
                       bool *ended)
{
    bool given = false;

    for (unsigned k = 1; k < ranks_n(run->ranks); k++) {
        enum runner_next next = busy[k] ? RUNNER_WAIT : runner_take(queue, &task[k]);

        if (next == RUNNER_TASK) {
            char *text = work_text(run, task[k]);

            ranks_give(run->ranks, k, text);
            free(text);
            busy[k] = given = true;
        }
        *ended = *ended || next == RUNNER_END;
    }
    return given;
}

static bool take_answer(struct run *run, struct runner_queue *queue, bool busy[], size_t task[])
{
    unsigned k;
    char *text = ranks_poll(run->ranks, &k);

    if (text) {
        busy[k] = false;
        runner_give(queue, task[k], read_answer(text));
        free(text);
    }
    return text != NULL;
}

static bool is_any(const bool busy[], unsigned n)
{
    for (unsigned k = 1; k < n; k++) {
        if (busy[k]) {
            return true;
        }
    }
    return false;
}

static void serve_ranks(void *aux, struct runner_queue *queue)
{
    struct run *run = aux;
    unsigned n = ranks_n(run->ranks);
    bool *busy = xcalloc(n, sizeof *busy);
    size_t *task = xcalloc(n, sizeof *task);
    bool ended = false;

    while (!ended || is_any(busy, n)) {
        bool took = take_answer(run, queue, busy, task);

        if (!give_tasks(run, queue, busy, task, &ended) && !took) {
            ranks_pause();
        }
    }
    free(busy);
    free(task);
}

/* --- The whole ---------------------------------------------------------------------------------- */

static void run_fini(struct run *run)
{
    for (size_t p = 0; p < run->e->n_points; p++) {
        stopping_point_fini(&run->points[p]);
    }
    free(run->points);
    free(run->taken);
    free(run->from);
}

bool exp_trials_run(const struct experiment *e, struct records *records, unsigned n_threads,
                    struct ranks *ranks, char *error, size_t size)
{
    struct run run = {
        .e = e, .records = records, .ranks = ranks, .error = error, .error_size = size};
    struct runner runner = {.n_threads = n_threads,
                            .next = next_task,
                            .task = run_task,
                            .done = take_outcome,
                            .serve = ranks_n(ranks) > 1 ? serve_ranks : NULL,
                            .aux = &run,
                            .label = e->name,
                            .n_planned = &run.n_planned};
    bool ok = true;

    run.points = xcalloc(e->n_points, sizeof *run.points);
    run.taken = xcalloc(e->n_points * e->stopping.at_most, sizeof *run.taken);
    run.from = xcalloc(e->n_points, sizeof *run.from);
    for (size_t p = 0; p < e->n_points; p++) {
        ok = prepare_point(&run, p) && ok;
    }
    snprintf(error, size, "%s",
             ok ? "a worker thread could not be started" : records_error(records));
    ok = ok && runner_run(&runner);
    run_fini(&run);
    return ok;
}
