/* What a campus has measured, and what the exact model says of it. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <stdlib.h>

#include "controller/apps/holding_plan.h"
#include "controller/base/alloc.h"
#include "models/holding.h"
#include "models/mobility.h"
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
    out->hardware = world_hardware(c->world);
    for (uint32_t i = 0; i < world_n_switches(c->world); i++) {
        const struct swtch *sw = world_switch(c->world, i);

        out->table_entries_max = fmax(out->table_entries_max, table_size(swtch_table(sw, 0)));
        out->n_table_full += swtch_get_stats(sw)->n_table_full;
    }
}

double campus_timed_entries(const struct campus *c)
{
    double sum = 0;

    for (uint32_t a = 0; a < c->params.n_access; a++) {
        sum += session_load_at(c->load, a)->n_timed.value;
    }
    return sum / c->params.n_access;
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
    out->move_misses_per_s = per_s(s->n_move_misses, out->measured_s);
    out->n_first_frames = s->n_misses + s->n_retries;
    out->n_first_delivered = s->n_delivered;
    out->first_delivery_s = s->delivery_s.mean;
    out->n_frames = s->n_frames;
    out->n_frames_delivered = s->n_frames_delivered;
}

static void measure_station(const struct campus *c, struct campus_metrics *out)
{
    const struct station_stats *s = station_get_stats(ctlchan_station(campus_master(c)));
    uint64_t n_arrived = s->n_arrived, n_blocked = s->n_blocked;

    if (c->standby) {
        struct ctlchan *other =
            campus_master(c) == c->channel ? standby_channel(c->standby) : c->channel;

        n_arrived += station_get_stats(ctlchan_station(other))->n_arrived;
        n_blocked += station_get_stats(ctlchan_station(other))->n_blocked;
        out->standby = standby_stats(c->standby);
    }
    out->packet_ins_per_s = per_s(n_arrived, out->measured_s);
    out->blocked_frac = n_arrived ? (double)n_blocked / (double)n_arrived : 0;
    out->n_packet_ins = n_arrived;
    out->n_busy_periods = s->n_busy_periods;
    out->n_blocked = n_blocked;
    out->n_blocked2 = s->n_blocked2;
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
    campus_mobility_measure(c, out);
}

void campus_memory(const struct campus *c, struct campus_memory *out)
{
    *out = (struct campus_memory){.sessions = session_load_bytes(c->load)};
    if (c->ctl) {
        ctl_memory(c->ctl, &out->controller);
    }
    for (uint32_t i = 0; i < world_n_switches(c->world); i++) {
        const struct table *table = swtch_table(world_switch(c->world, i), 0);

        out->n_entries += table_size(table);
        out->tables += table_bytes(table);
    }
    for (uint32_t i = 0; i < world_n_hosts(c->world); i++) {
        out->hosts += endhost_bytes(world_host(c->world, i));
    }
    if (c->traffic) {
        out->n_sessions = session_traffic_n_on(c->traffic);
        out->sessions += session_traffic_bytes(c->traffic);
    }
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

/* How the entries towards a destination are held. */
struct hold {
    double hold_s; /* INFINITY: for ever. */
    enum hold_law law;
};

/* What one destination adds, over all access switches. */
struct share {
    double entries, variance, misses_per_s, local_misses_per_s, move_misses_per_s;
};

static struct mobility_state without_moves(const struct holding_chain *chain)
{
    struct holding_state state;

    model_holding_exact(chain, &state);
    return (struct mobility_state){.p_off_frac = state.p_off_frac,
                                   .occupancy_frac = state.occupancy_frac,
                                   .arrivals_per_s = state.arrivals_per_s};
}

static void add_state(const struct campus *c, double n, uint32_t n_sources, double lambda_per_s,
                      const struct hold *hold, struct share *out)
{
    struct holding_chain chain = {.n_sources = n_sources,
                                  .lambda_per_s = lambda_per_s,
                                  .mu_per_s = 1 / c->params.session_s,
                                  .hold_s = hold->hold_s,
                                  .law = hold->law};
    struct mobility_state state;

    if (c->params.moves_per_s > 0) {
        model_mobility(&chain, c->params.moves_per_s, &state);
    } else {
        state = without_moves(&chain);
    }
    out->move_misses_per_s += n * state.moves_per_s;
    out->entries += n * state.occupancy_frac;
    out->variance += n * state.occupancy_frac * state.p_off_frac;
    out->misses_per_s += n * state.arrivals_per_s;
}

/* It is local at one access switch and remote at the others. */
static struct share share_of(const struct campus *c, double lambda_per_s, const struct hold *hold)
{
    struct share out = {0};

    add_state(c, c->params.n_access - 1.0, c->params.hosts_per_access, lambda_per_s, hold, &out);
    out.local_misses_per_s = -out.misses_per_s;
    add_state(c, 1, c->params.hosts_per_access - 1, lambda_per_s, hold, &out);
    out.local_misses_per_s += out.misses_per_s;
    return out;
}

static void add_share(const struct campus *c, const struct share *share,
                      struct campus_expected *out)
{
    out->occupancy_entries += share->entries / c->params.n_access;
    out->occupancy_var_entries += share->variance / c->params.n_access;
    out->misses_per_s += share->misses_per_s;
    out->local_misses_per_s += share->local_misses_per_s;
    out->move_misses_per_s += share->move_misses_per_s;
}

static int compare_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* Entries that the destinations of the first switch may have under the budget. */
static double room_of(const struct campus *c)
{
    const struct swtch *sw = world_switch(c->world, 0);
    double others =
        table_size(swtch_table(sw, 0)) - (double)session_load_at(c->load, 0)->n_timed.value;

    return holding_mean_entries(c->params.holding.budget - others);
}

/* The best that can be done when every rate is known: those called most are kept for ever, as many as
 * there is room for, the others for the shortest time. */
static void expect_threshold(const struct campus *c, struct campus_expected *out)
{
    const struct hold brief = {c->params.holding.short_s, HOLD_FIXED};
    const struct hold for_ever = {INFINITY, HOLD_FIXED};
    uint32_t n = world_n_hosts(c->world);
    double *rates = xcalloc(n, sizeof *rates), room = room_of(c);

    for (uint32_t d = 0; d < n; d++) {
        struct share share = share_of(c, rates[d] = c->rates_per_s[d], &brief);

        add_share(c, &share, out);
    }
    qsort(rates, n, sizeof *rates, compare_falling);
    for (uint32_t d = 0; d < n; d++) {
        struct share kept = share_of(c, rates[d], &for_ever), share = share_of(c, rates[d], &brief);

        kept.entries -= share.entries;
        kept.variance -= share.variance;
        kept.misses_per_s -= share.misses_per_s;
        kept.local_misses_per_s -= share.local_misses_per_s;
        if (out->occupancy_entries + kept.entries / c->params.n_access > room) {
            break;
        }
        add_share(c, &kept, out);
    }
    free(rates);
    /* What is left when all are kept is what rounding leaves. */
    out->misses_per_s = fmax(out->misses_per_s, 0);
    out->local_misses_per_s = fmax(out->local_misses_per_s, 0);
    out->occupancy_var_entries = fmax(out->occupancy_var_entries, 0);
}

static struct hold common_hold(const struct campus_params *p)
{
    enum hold_law law = p->holding.policy == HOLDING_RANDOM ? HOLD_PER_ENTRY
                        : p->hold_law == HOLD_THRESHOLD     ? HOLD_FIXED
                                                            : p->hold_law;

    return (struct hold){p->clustering.hold_s, law};
}

bool campus_expect(const struct campus *c, struct campus_expected *out)
{
    struct hold hold = common_hold(&c->params);

    *out = (struct campus_expected){0};
    if (!c->rates_per_s || !c->traffic || !rate_shape_is_flat(&c->params.shape) ||
        (rate_shape_has_surge(&c->params.shape) && c->params.n_in_surge)) {
        return false;
    }
    if (c->params.moves_per_s > 0 &&
        (c->params.holding.policy != HOLDING_FIXED || hold.law == HOLD_PER_ENTRY)) {
        return false;
    }
    if (c->params.holding.policy == HOLDING_THRESHOLD) {
        expect_threshold(c, out);
        return true;
    }
    for (uint32_t d = 0; d < world_n_hosts(c->world); d++) {
        struct share share = share_of(c, c->rates_per_s[d], &hold);

        add_share(c, &share, out);
    }
    return true;
}
