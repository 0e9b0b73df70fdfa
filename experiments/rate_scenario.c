#include "experiments/rate_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/json_out.h"
#include "experiments/traffic_scenario.h"

static void read_factors(struct conf_node *o, struct rate_shape *s)
{
    double *factors = NULL;
    size_t n = scenario_read_list(o, "factors", 0, &factors);

    if (n > RATE_TABLE_MAX) {
        conf_complain(o, "\"factors\" are %d at most", RATE_TABLE_MAX);
    } else if (factors && n) {
        memcpy(s->table, factors, n * sizeof *factors);
        s->n_table = n;
    }
    free(factors);
}

void rate_scenario_read(struct conf_node *traffic, struct campus_params *p)
{
    struct conf_node *rate = conf_object(traffic, "rate"), *flash = conf_object(traffic, "flash");
    struct rate_shape *s = &p->shape;

    read_factors(rate, s);
    conf_real(rate, "step_s", 1e-3, 1e9, &s->step_s);
    conf_real(rate, "amplitude", 0, 1, &s->amplitude);
    conf_real(rate, "period_s", 1e-3, 1e9, &s->period_s);
    conf_real(rate, "phase_s", -1e9, 1e9, &s->phase_s);
    if (rate && rate_shape_error(s)) {
        conf_complain(rate, "%s", rate_shape_error(s));
    }
    if (rate && !conf_get(rate, "factors") && !conf_get(rate, "amplitude")) {
        conf_complain(rate, "\"rate\" needs \"factors\", a list, or \"amplitude\", of a sine");
    }
    conf_done(rate);
    conf_need(flash, "factor", "how many times as often destinations are called");
    conf_need(flash, "destinations", "how many hosts are called so often");
    conf_real(flash, "at_s", 0, 1e9, &s->surge.at_s);
    conf_real(flash, "factor", 1, 1e9, &s->surge.factor);
    conf_real(flash, "decay_s", 1e-3, 1e9, &s->surge.decay_s);
    conf_u32(flash, "destinations", 0, p->n_access * p->hosts_per_access, &p->n_in_surge);
    conf_done(flash);
}

void rate_scenario_write(const struct campus_params *p, json_t *traffic)
{
    const struct rate_shape *s = &p->shape;

    if (!rate_shape_is_flat(s)) {
        json_put(traffic, "rate",
                 json_pack("{s:o, s:f, s:f, s:f, s:f}", "factors",
                           json_numbers(s->table, s->n_table), "step_s", s->step_s, "amplitude",
                           s->amplitude, "period_s", s->period_s, "phase_s", s->phase_s));
    }
    if (rate_shape_has_surge(s)) {
        json_put(traffic, "flash",
                 json_pack("{s:f, s:f, s:f, s:I}", "at_s", s->surge.at_s, "factor", s->surge.factor,
                           "decay_s", s->surge.decay_s, "destinations", (json_int_t)p->n_in_surge));
    }
}

/* --- Series ------------------------------------------------------------------------------------- */

static double sum_of(const double values[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

static size_t peak_of(const double values[], size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        best = values[i] > values[best] ? i : best;
    }
    return best;
}

static void put_expected(const struct campus *campus, const struct campus_series *s,
                         json_t *metrics, json_t *model)
{
    double *occupancy, *misses, bin_s = s->time_s[0];
    size_t peak;

    if (!campus_expect_series(campus, &occupancy, &misses)) {
        return;
    }
    peak = peak_of(occupancy, s->n);
    json_put(metrics, "model_entries_series", json_numbers(occupancy, s->n));
    json_put(metrics, "model_arrivals_series_per_s", json_numbers(misses, s->n));
    json_put(metrics, "arrivals_in_all", json_number(sum_of(s->misses_per_s, s->n) * bin_s));
    json_put(model, "arrivals_in_all", json_number(sum_of(misses, s->n) * bin_s));
    json_put(metrics, "peak_entries", json_number(s->occupancy_entries[peak]));
    json_put(model, "peak_entries", json_number(occupancy[peak]));
    peak = peak_of(misses, s->n);
    json_put(metrics, "peak_arrivals_per_s", json_number(s->misses_per_s[peak]));
    json_put(model, "peak_arrivals_per_s", json_number(misses[peak]));
    free(occupancy);
    free(misses);
}

void rate_series_put(const struct campus *campus, json_t *metrics, json_t *model)
{
    const struct campus_series *s = campus_get_series(campus);

    if (!s->n) {
        return;
    }
    json_put(metrics, "time_s", json_numbers(s->time_s, s->n));
    json_put(metrics, "entries_series", json_numbers(s->occupancy_entries, s->n));
    json_put(metrics, "arrivals_series_per_s", json_numbers(s->misses_per_s, s->n));
    json_put(metrics, "packet_ins_series_per_s", json_numbers(s->packet_ins_per_s, s->n));
    json_put(metrics, "sessions_series", json_numbers(s->sessions, s->n));
    put_expected(campus, s, metrics, model);
}
