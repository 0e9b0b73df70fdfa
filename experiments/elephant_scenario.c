#include "experiments/elephant_scenario.h"

#include <math.h>

#include "controller/base/alloc.h"
#include "experiments/counts.h"
#include "experiments/json_out.h"

void elephant_scenario_read(struct conf_node *root, struct elephant_pair_params *p)
{
    struct conf_node *link = conf_object(root, "link"), *traffic = conf_object(root, "traffic");
    struct conf_node *sflow = conf_object(root, "sflow"), *measure = conf_object(root, "measure");

    conf_real(link, "rate_bps", 1e3, 1e12, &p->link_bps);
    conf_u32(link, "queue_bytes", 0, UINT32_MAX, &p->queue_bytes);
    conf_done(link);
    conf_real(traffic, "flow_bps", 1e3, 1e12, &p->flow_bps);
    conf_done(traffic);
    conf_u32(sflow, "one_in", 0, 1000000, &p->sample_one_in);
    conf_done(sflow);
    conf_real(measure, "duration_s", 1e-3, 1e6, &p->duration_s);
    conf_real(measure, "bin_s", 1e-3, 1e6, &p->bin_s);
    conf_done(measure);
}

void elephant_scenario_write(const struct elephant_pair_params *p, json_t *out)
{
    json_put(out, "link",
             json_pack("{s:f, s:I}", "rate_bps", p->link_bps, "queue_bytes",
                       (json_int_t)p->queue_bytes));
    json_put(out, "traffic", json_pack("{s:f}", "flow_bps", p->flow_bps));
    json_put(out, "sflow", json_pack("{s:I}", "one_in", (json_int_t)p->sample_one_in));
    json_put(out, "measure",
             json_pack("{s:f, s:f}", "duration_s", p->duration_s, "bin_s", p->bin_s));
}

static json_t *in_mbps(const double bps[], size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_number(bps[i] / 1e6));
    }
    return list;
}

static json_t *metrics_of(const struct elephant_pair_result *r)
{
    double in_time = r->apart_s <= 2 * r->period_s;
    json_t *o = json_object();

    json_put(o, "before_bps", json_number(r->before_bps));
    json_put(o, "after_bps", json_number(r->after_bps));
    if (isfinite(r->apart_s)) {
        json_put(o, "apart_s", json_number(r->apart_s));
    }
    json_put(o, "apart_in_two_periods", json_number(in_time));
    counts_put(o, "apart_in_two_periods", &(struct ana_counts){1, 1, in_time, in_time});
    json_put(o, "found", json_number((double)r->n_found));
    json_put(o, "moves", json_number((double)r->n_moves));
    json_put(o, "samples", json_number((double)r->n_samples));
    json_put(o, "time_s", json_numbers(r->time_s, r->n_bins));
    json_put(o, "first_mbps", in_mbps(r->flow_bps[0], r->n_bins));
    json_put(o, "second_mbps", in_mbps(r->flow_bps[1], r->n_bins));
    return o;
}

/* On one link they get what it carries, on two what they send; without samples they stay. */
static json_t *expected_of(const struct elephant_pair_params *p)
{
    double both = fmin(2 * p->flow_bps, p->link_bps);
    bool moves = p->sample_one_in > 0;
    json_t *o = json_object();

    json_put(o, "before_bps", json_number(both));
    json_put(o, "after_bps", json_number(moves ? 2 * fmin(p->flow_bps, p->link_bps) : both));
    json_put(o, "apart_in_two_periods", json_number(moves));
    json_put(o, "moves", json_number(moves));
    return o;
}

bool elephant_scenario_run(const struct elephant_pair_params *p, uint64_t seed,
                           struct trial_result *result, char *why, size_t size)
{
    struct elephant_pair_result *r = xcalloc(1, sizeof *r);
    struct elephant_pair_params params = *p;
    double started_s = trial_wall_s();
    bool ok;

    params.seed = seed;
    ok = elephant_pair_run(&params, r, why, size);
    if (ok) {
        *result = (struct trial_result){.metrics = metrics_of(r),
                                        .trace_hash = r->trace_hash,
                                        .n_events = r->n_events,
                                        .sim_s = r->sim_s,
                                        .wall_s = trial_wall_s() - started_s};
        json_put(result->metrics, "model", expected_of(p));
    }
    free(r);
    return ok;
}
