#include "experiments/trial.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "experiments/channel_scenario.h"
#include "experiments/checkpoint.h"
#include "experiments/counts.h"
#include "analysis/series.h"
#include "experiments/elephant_scenario.h"
#include "experiments/fault_scenario.h"
#include "experiments/hardware_scenario.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/mobility_scenario.h"
#include "experiments/occupancy_model.h"
#include "experiments/ping_scenario.h"
#include "experiments/profile.h"
#include "experiments/rate_scenario.h"
#include "experiments/sim_capture.h"
#include "experiments/source_scenario.h"
#include "models/queue.h"

#define N_STEPS 200 /* Pieces of a run, between which progress is told. */

double trial_wall_s(void)
{
    return checkpoint_wall_s();
}

static json_t *metrics_to_json(const struct campus_metrics *m, const struct swtch_hardware *hw)
{
    json_t *o = json_object();

    json_put(o, "measured_s", json_number(m->measured_s));
    json_put(o, "occupancy_entries", json_number(m->occupancy_entries));
    json_put(o, "occupancy_sd_entries", json_number(m->occupancy_sd_entries));
    json_put(o, "occupancy_var_entries2", json_number(m->occupancy_var_entries));
    json_put(o, "table_entries_max", json_number(m->table_entries_max));
    json_put(o, "sessions_per_s", json_number(m->sessions_per_s));
    json_put(o, "arrivals_per_s", json_number(m->misses_per_s));
    json_put(o, "arrivals_sd_per_s", json_number(m->misses_sd_per_s));
    json_put(o, "retries_per_s", json_number(m->retries_per_s));
    json_put(o, "packet_ins_per_s", json_number(m->packet_ins_per_s));
    json_put(o, "p_block_frac", json_number(m->blocked_frac));
    json_put(o, "wait_s", json_number(m->wait_s));
    json_put(o, "sojourn_s", json_number(m->sojourn_s));
    json_put(o, "busy_frac", json_number(m->busy_frac));
    json_put(o, "mean_number", json_number(m->in_station));
    json_put(o, "first_frames", json_integer((json_int_t)m->n_first_frames));
    json_put(o, "first_frames_delivered", json_integer((json_int_t)m->n_first_delivered));
    json_put(o, "first_delivery_s", json_number(m->first_delivery_s));
    json_put(o, "frames", json_integer((json_int_t)m->n_frames));
    json_put(o, "frames_delivered", json_integer((json_int_t)m->n_frames_delivered));
    json_put(o, "table_full", json_integer((json_int_t)m->n_table_full));
    counts_put(o, "p_block_frac",
               &(struct ana_counts){(double)m->n_packet_ins, (double)m->n_busy_periods,
                                    (double)m->n_blocked, (double)m->n_blocked2});
    hardware_totals_put(o, hw, &m->hardware);
    if (m->n_occupancy) {
        json_put(o, "occupancy_frac", json_numbers(m->occupancy_frac, m->n_occupancy));
    }
    return o;
}

/* The whole distribution of the number of entries, where it is measured. */
static void put_distribution(json_t *model, const struct campus_params *params)
{
    size_t n = params->hist_size;
    double *pmf = xcalloc(n + 1, sizeof *pmf);

    if (n && occupancy_model(params, pmf, n)) {
        json_put(model, "occupancy_frac", json_numbers(pmf, n));
    }
    free(pmf);
}

/* The rate of a station, and the squared coefficient of variation of its service times. */
static double service_of(const struct station_params *st, double *scv)
{
    double sum = 0, squares = 0, n = (double)st->n_samples;

    *scv = st->law == SERVICE_EXPONENTIAL;
    if (st->law != SERVICE_EMPIRICAL) {
        return st->rate_per_s;
    }
    for (size_t i = 0; i < st->n_samples; i++) {
        sum += st->samples_s[i];
        squares += st->samples_s[i] * st->samples_s[i];
    }
    *scv = sum > 0 ? fmax(0, n * squares / (sum * sum) - 1) : 0;
    return sum > 0 ? n / sum : 0;
}

/* The controller as a queue, as if misses were a Poisson stream and nothing else came; nothing is said of
 * service times of another law with a limit. */
static void put_station(json_t *model, double misses_per_s, const struct station_params *st)
{
    double scv, rate_per_s = service_of(st, &scv);
    struct queue_state q;
    enum model_status status = MODEL_DOMAIN;

    if (!(rate_per_s > 0) || (st->law == SERVICE_EMPIRICAL && st->capacity)) {
        return;
    }
    if (!st->capacity) {
        status = model_mg1(misses_per_s, rate_per_s, scv, &q);
    } else {
        status = (st->law == SERVICE_EXPONENTIAL ? model_mm1m : model_md1m)(
            misses_per_s, rate_per_s, st->capacity, &q);
    }
    if (status == MODEL_OK) {
        json_put(model, "p_block_frac", json_number(q.p_block_frac));
        json_put(model, "wait_s", json_number(q.mean_wait_s));
        json_put(model, "sojourn_s", json_number(q.mean_sojourn_s));
        json_put(model, "busy_frac", json_number(q.throughput_per_s / rate_per_s));
        json_put(model, "mean_number", json_number(q.mean_number));
    }
}

static json_t *expected_to_json(const struct campus_expected *e, const struct campus_params *params)
{
    json_t *o = json_object();

    json_put(o, "occupancy_entries", json_number(e->occupancy_entries));
    json_put(o, "occupancy_var_entries2", json_number(e->occupancy_var_entries));
    json_put(o, "arrivals_per_s", json_number(e->misses_per_s));
    put_station(o, e->misses_per_s, &params->channel.station);
    put_distribution(o, params);
    return o;
}

#define NOTHING 1e-12 /* A model that says less says 0: nothing can be relative to it. */

/* How far what is measured is from the model, relative to that. */
static json_t *differences(const json_t *metrics, const json_t *model)
{
    json_t *o = json_object(), *value;
    const char *key;

    json_object_foreach ((json_t *)(uintptr_t)model, key, value) {
        const json_t *measured = json_object_get(metrics, key);
        double expected = json_number_value(value);

        if (json_is_number(value) && json_is_number(measured) &&
            fabs(expected) > NOTHING) {
            json_put(o, key, json_number(json_number_value(measured) / expected - 1));
        }
    }
    return o;
}

static json_t *memory_to_json(const struct campus_memory *m)
{
    const struct ctl_memory *c = &m->controller;
    size_t all = c->hosts + c->flows + c->switches + c->apps;
    json_t *o =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "controller_hosts_bytes",
                  (json_int_t)c->hosts, "controller_flows_bytes", (json_int_t)c->flows,
                  "controller_switches_bytes", (json_int_t)c->switches, "controller_apps_bytes",
                  (json_int_t)c->apps, "tables_bytes", (json_int_t)m->tables, "hosts_bytes",
                  (json_int_t)m->hosts, "sessions_bytes", (json_int_t)m->sessions, "hosts",
                  (json_int_t)c->n_hosts, "flows", (json_int_t)c->n_flows, "sessions",
                  (json_int_t)m->n_sessions);

    if (c->n_hosts) {
        json_put(o, "controller_bytes_per_host", json_number((double)all / (double)c->n_hosts));
    }
    if (c->n_flows) {
        json_put(o, "controller_bytes_per_flow",
                 json_number((double)c->flows / (double)c->n_flows));
    }
    return o;
}

static void measure(struct campus *campus, const struct scenario *scenario,
                    struct trial_result *result)
{
    const struct campus_params *params = &scenario->params;
    struct campus_metrics metrics;
    struct campus_expected expected;
    struct campus_control control;
    struct fault_stats faults[FAULT_MAX_SPECS];
    struct campus_memory memory;
    json_t *model;
    bool has_model;

    campus_memory(campus, &memory);
    result->memory = memory_to_json(&memory);
    campus_measure(campus, &metrics);
    result->metrics = metrics_to_json(&metrics, &params->hw);
    result->trace_hash = metrics.trace_hash;
    result->n_events = metrics.n_events;
    campus_metrics_fini(&metrics);
    has_model = campus_expect(campus, &expected);
    model = has_model ? expected_to_json(&expected, params) : json_object();
    if (campus_control(campus, &control)) {
        channel_totals_put(result->metrics, &control);
        result->is_over_budget = !control.is_within_budget;
    }
    if (has_model && campus_expect_control(campus, &expected, &control)) {
        channel_model_put(model, &control);
    }
    for (size_t i = 0; i < params->faults.n; i++) {
        faults[i] = faults_stats(campus_faults(campus), i);
    }
    faults_totals_put(result->metrics, model, faults, params->faults.n);
    standby_totals_put(result->metrics, &params->standby, &metrics.standby);
    if (params->standby.on) {
        json_put(result->metrics, "first_frames_lost",
                 json_number((double)metrics.n_first_frames - (double)metrics.n_first_delivered));
    }
    rate_series_put(campus, result->metrics, model);
    mobility_metrics_put(params, &metrics, has_model ? &expected : NULL, result->metrics, model);
    source_metrics_put(campus, params, &scenario->traffic, result->metrics, model);
    if (json_object_size(model)) {
        json_put(result->metrics, "difference_frac", differences(result->metrics, model));
        json_put(result->metrics, "model", json_incref(model));
    }
    json_decref(model);
}

/* Occupancy at the ends of the pieces since traffic began. */
struct series {
    double entries[N_STEPS];
    size_t n;
    double step_s;
};

/* Was the warm-up long enough? MSER-5 says how much of the series to delete; it was too short when what that is of
 * the time after it differs from the rest. Only asked where a steady state is expected. */
static void check_warmup(const struct series *s, double warmup_s, json_t *metrics)
{
    struct ana_warmup w = ana_mser5(s->entries, s->n);
    double cut_s = (double)w.n_delete * s->step_s;
    size_t n_warm = (size_t)floor(warmup_s / s->step_s + 1e-9);

    if (json_object_get(json_object_get(metrics, "model"), "occupancy_entries")) {
        json_put(metrics, "warmup_mser_s", json_number(cut_s));
        json_put(metrics, "warmup_short", json_integer(ana_has_transient(s->entries, s->n, n_warm)));
    }
}

/* In the time that is measured. */
static double n_misses(const json_t *metrics)
{
    return round(json_number_value(json_object_get(metrics, "arrivals_per_s")) *
                 json_number_value(json_object_get(metrics, "measured_s")));
}

static bool run_campus(const struct scenario *scenario, double until_s, trial_progress_fn *progress,
                       void *aux, struct trial_result *result, char *why, size_t size)
{
    struct campus *campus = campus_new(&scenario->params, why, size);
    struct sim_capture *capture = NULL;
    struct profile profile = {0};
    bool is_written;
    double started_s = trial_wall_s(), end_s, warm_s;
    struct series series = {.n = 0};

    if (!campus) {
        return false;
    }
    if (scenario->capture && !(capture = sim_capture_open(campus, scenario->capture, why, size))) {
        campus_free(campus);
        return false;
    }
    end_s = fmin(campus_end_s(campus), until_s);
    warm_s = campus_end_s(campus) - scenario->params.duration_s;
    series.step_s = end_s / N_STEPS;
    if (scenario->with_profile) {
        profile_begin(&profile, world_sim(campus_world(campus)));
    }
    for (int i = 1; i <= N_STEPS; i++) {
        double t_s = end_s * i / N_STEPS;

        if (profile.parts && t_s > warm_s && t_s - series.step_s <= warm_s) {
            campus_run_until(campus, warm_s);
            profile_close(&profile, "before", NAN);
        }
        campus_run_until(campus, t_s);
        if (t_s > campus_setup_s(campus)) {
            series.entries[series.n++] = campus_timed_entries(campus);
        }
        if (progress) {
            progress(aux, t_s, end_s, trial_wall_s() - started_s);
        }
    }
    *result = (struct trial_result){
        .sim_s = end_s, .warm_s = warm_s, .wall_s = trial_wall_s() - started_s};
    measure(campus, scenario, result);
    if (profile.parts) {
        profile_close(&profile, end_s > warm_s ? "measured" : "before", n_misses(result->metrics));
        result->profile = profile.parts;
    }
    if (end_s > result->warm_s) {
        check_warmup(&series, result->warm_s - campus_setup_s(campus), result->metrics);
    }
    links_totals_put(result->metrics, &scenario->params.links, campus_world(campus));
    is_written = sim_capture_close(capture);
    campus_free(campus);
    if (!is_written) {
        snprintf(why, size, "%s: could not be written", scenario->capture);
        trial_result_fini(result);
    }
    return is_written;
}

bool trial_run(const struct scenario *scenario, double until_s, trial_progress_fn *progress,
               void *aux, struct trial_result *result, char *why, size_t size)
{
    switch (scenario->kind) {
    case SCENARIO_CAMPUS:
        return run_campus(scenario, until_s, progress, aux, result, why, size);
    case SCENARIO_PINGS:
        return ping_scenario_run(&scenario->pings, scenario->params.seed, until_s, progress, aux,
                                 result, why, size);
    case SCENARIO_FAULTS:
        return fault_scenario_run(&scenario->faults, scenario->params.seed, until_s, progress, aux,
                                  result, why, size);
    case SCENARIO_ELEPHANTS:
        return elephant_scenario_run(&scenario->elephants, scenario->params.seed, result, why,
                                     size);
    case SCENARIO_COMMAND:
        return command_scenario_run(&scenario->command, scenario->params.seed, result, why, size);
    }
    return false;
}

void trial_result_fini(struct trial_result *result)
{
    json_decref(result->metrics);
    json_decref(result->memory);
    json_decref(result->profile);
}
