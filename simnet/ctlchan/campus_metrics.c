/* What a campus has measured, and what the exact model says of it. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/holding.h"
#include "simnet/ctlchan/campus_impl.h"

static mono_t now_of(const struct campus *c)
{
    return sim_now(world_sim(c->world));
}

static double per_s(uint64_t n, double measured_s)
{
    return measured_s > 0 ? (double)n / measured_s : 0;
}

/* --- Measured -------------------------------------------------------------------------------- */

static void measure_tables(const struct campus *c, struct campus_metrics *out)
{
    struct probe_sample mean = {0}, variance = {0}, misses = {0};

    for (uint32_t a = 0; a < c->params.n_access; a++) {
        const struct session_load_switch *m = session_load_at(c->load, a);

        probe_sample_add(&mean, probe_level_mean(&m->n_timed, now_of(c)));
        probe_sample_add(&variance, probe_level_variance(&m->n_timed, now_of(c)));
        probe_sample_add(&misses, per_s(m->n_misses, out->measured_s));
    }
    out->occupancy_entries = mean.mean;
    out->occupancy_sd_entries = sqrt(probe_sample_variance(&mean));
    out->occupancy_var_entries = variance.mean;
    out->misses_sd_per_s = sqrt(probe_sample_variance(&misses));
    for (uint32_t i = 0; i < world_n_switches(c->world); i++) {
        const struct swtch *sw = world_switch(c->world, i);

        out->table_entries_max = fmax(out->table_entries_max, table_size(swtch_table(sw, 0)));
        out->n_table_full += swtch_get_stats(sw)->n_table_full;
    }
}

static void measure_hist(const struct campus *c, struct campus_metrics *out)
{
    out->n_occupancy = c->params.hist_size;
    if (!out->n_occupancy) {
        return;
    }
    out->occupancy_frac = xcalloc(out->n_occupancy, sizeof *out->occupancy_frac);
    for (uint32_t a = 0; a < c->params.n_access; a++) {
        const struct probe_hist *hist = &session_load_at(c->load, a)->hist;

        for (size_t v = 0; v < out->n_occupancy; v++) {
            out->occupancy_frac[v] += probe_hist_frac(hist, now_of(c), v) / c->params.n_access;
        }
    }
}

static void measure_traffic(const struct campus *c, struct campus_metrics *out)
{
    const struct session_load_stats *s = session_load_get_stats(c->load);

    out->sessions_per_s = per_s(s->n_begun, out->measured_s);
    out->misses_per_s = per_s(s->n_misses, out->measured_s);
    out->retries_per_s = per_s(s->n_retries, out->measured_s);
    out->n_first_frames = s->n_misses + s->n_retries;
    out->n_first_delivered = s->n_delivered;
    out->first_delivery_s = s->delivery_s.mean;
}

static void measure_station(const struct campus *c, struct campus_metrics *out)
{
    const struct station_stats *s = station_get_stats(ctlchan_station(c->channel));

    out->packet_ins_per_s = per_s(s->n_arrived, out->measured_s);
    out->blocked_frac = s->n_arrived ? (double)s->n_blocked / (double)s->n_arrived : 0;
    out->wait_s = s->wait_s.mean;
    out->sojourn_s = s->sojourn_s.mean;
    out->sojourn_err_s = probe_batch_std_error(&s->sojourn_batches);
    out->busy_frac = probe_level_mean(&s->busy, now_of(c));
    out->in_station = probe_level_mean(&s->in_station, now_of(c));
}

void campus_measure(const struct campus *c, struct campus_metrics *out)
{
    struct sim *sim = world_sim(c->world);

    *out = (struct campus_metrics){
        .measured_s = ns_to_s(mono_diff_ns(sim_now(sim), c->measured_from)),
        .n_events = sim_n_events(sim),
        .trace_hash = sim_trace_hash(sim),
    };
    measure_tables(c, out);
    measure_hist(c, out);
    measure_traffic(c, out);
    measure_station(c, out);
}

void campus_metrics_fini(struct campus_metrics *metrics)
{
    free(metrics->occupancy_frac);
    metrics->occupancy_frac = NULL;
}

enum err campus_run(const struct campus_params *params, struct campus_metrics *out, char *why,
                    size_t size)
{
    struct campus *c = campus_new(params, why, size);

    if (!c) {
        return ERR_RANGE;
    }
    campus_run_until(c, campus_end_s(c));
    campus_measure(c, out);
    campus_free(c);
    return ERR_OK;
}

/* --- Expected -------------------------------------------------------------------------------- */

static struct holding_state solve(const struct campus *c, uint32_t n_sources, double lambda_per_s)
{
    struct holding_chain chain = {.n_sources = n_sources,
                                  .lambda_per_s = lambda_per_s,
                                  .mu_per_s = 1 / c->params.session_s,
                                  .hold_s = c->params.clustering.hold_s,
                                  .law = c->params.hold_law == HOLD_THRESHOLD ? HOLD_FIXED
                                                                              : c->params.hold_law};
    struct holding_state state;

    model_holding_exact(&chain, &state);
    return state;
}

/* Every destination is local at one access switch and remote at the others. */
bool campus_expect(const struct campus *c, struct campus_expected *out)
{
    uint32_t n_access = c->params.n_access, S = c->params.hosts_per_access;
    double n_remote = n_access - 1.0;

    *out = (struct campus_expected){0};
    if (!c->rates_per_s) {
        return false;
    }
    for (uint32_t d = 0; d < world_n_hosts(c->world); d++) {
        struct holding_state remote = solve(c, S, c->rates_per_s[d]);
        struct holding_state local = solve(c, S - 1, c->rates_per_s[d]);

        out->occupancy_entries +=
            (n_remote * remote.occupancy_frac + local.occupancy_frac) / n_access;
        out->occupancy_var_entries += (n_remote * remote.occupancy_frac * remote.p_off_frac +
                                       local.occupancy_frac * local.p_off_frac) /
                                      n_access;
        out->misses_per_s += n_remote * remote.arrivals_per_s + local.arrivals_per_s;
    }
    return true;
}
