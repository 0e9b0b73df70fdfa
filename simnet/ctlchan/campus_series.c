/* What happens in a campus in the course of time, and what the model says of it. */
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/varying.h"
#include "simnet/ctlchan/campus_impl.h"

enum { SAMPLE_KIND = 0xca3 };

static uint64_t n_misses_now(const struct campus *c)
{
    return session_load_get_stats(c->load)->n_misses;
}

static uint64_t n_ins_now(const struct campus *c)
{
    uint64_t n = station_get_stats(ctlchan_station(c->channel))->n_arrived;

    return c->standby
               ? n + station_get_stats(ctlchan_station(standby_channel(c->standby)))->n_arrived
               : n;
}

static double occupancy_now(const struct campus *c)
{
    double sum = 0;

    for (uint32_t a = 0; a < c->params.n_access; a++) {
        sum += session_load_at(c->load, a)->n_timed.value;
    }
    return sum / c->params.n_access;
}

static size_t n_bins(const struct campus *c)
{
    return c->params.bin_s > 0
               ? (size_t)floor((c->params.warmup_s + c->params.duration_s) / c->params.bin_s + 1e-9)
               : 0;
}

static void arm(struct campus *c)
{
    int64_t after_ns = ns_from_s((double)(c->series.n + 1) * c->params.bin_s);

    if (c->series.n < n_bins(c)) {
        sim_at(world_sim(c->world), &c->sample, mono_add(c->setup_at, after_ns));
    }
}

static void on_sample(void *aux, struct sim_event *event)
{
    struct campus *c = aux;
    struct campus_series *s = &c->series;
    size_t i = s->n++;

    (void)event;
    s->time_s[i] = (double)s->n * c->params.bin_s;
    s->occupancy_entries[i] = occupancy_now(c);
    s->misses_per_s[i] = (double)(n_misses_now(c) - c->n_misses_base) / c->params.bin_s;
    s->packet_ins_per_s[i] = (double)(n_ins_now(c) - c->n_ins_base) / c->params.bin_s;
    s->sessions[i] =
        (double)(c->traffic ? session_traffic_n_on(c->traffic) : campus_sources_n_on(&c->sources));
    c->n_misses_base = n_misses_now(c);
    c->n_ins_base = n_ins_now(c);
    arm(c);
}

void campus_series_begin(struct campus *c)
{
    struct campus_series *s = &c->series;
    size_t n = n_bins(c);

    if (!n) {
        return;
    }
    s->time_s = xcalloc(n, sizeof(double));
    s->occupancy_entries = xcalloc(n, sizeof(double));
    s->misses_per_s = xcalloc(n, sizeof(double));
    s->packet_ins_per_s = xcalloc(n, sizeof(double));
    s->sessions = xcalloc(n, sizeof(double));
    c->n_misses_base = n_misses_now(c);
    c->n_ins_base = n_ins_now(c);
    sim_event_init(&c->sample, SAMPLE_KIND, SIM_PRIO_PROBE, on_sample, c);
    arm(c);
}

/* The counters begin again at 0, so their bases go below it; unsigned numbers do that. */
void campus_series_reset(struct campus *c)
{
    c->n_misses_base -= n_misses_now(c);
    c->n_ins_base -= n_ins_now(c);
}

void campus_series_fini(struct campus *c)
{
    struct campus_series *s = &c->series;

    free(s->time_s);
    free(s->occupancy_entries);
    free(s->misses_per_s);
    free(s->packet_ins_per_s);
    free(s->sessions);
    *s = (struct campus_series){0};
}

const struct campus_series *campus_get_series(const struct campus *c)
{
    return &c->series;
}

const double *campus_volume(const struct campus *c, size_t *n)
{
    *n = 0;
    return c->sources.onoff && c->params.volume_bin_s > 0 ? onoff_series(c->sources.onoff, n)
                                                          : NULL;
}

size_t campus_trace_begun(const struct campus *c)
{
    return c->sources.trace ? session_trace_n_begun(c->sources.trace) : 0;
}

size_t campus_trace_merged(const struct campus *c)
{
    return c->sources.trace ? session_trace_n_merged(c->sources.trace) : 0;
}

const struct session_counters *campus_session_counters(const struct campus *c)
{
    return c->traffic ? session_traffic_counters(c->traffic) : NULL;
}

/* --- Expected ---------------------------------------------------------------------------------- */

/* Destinations of equal rates are one chain. */
struct rate_class {
    double lambda_per_s;
    bool in_surge;
    uint32_t n;
};

static int compare_classes(const void *a, const void *b)
{
    const struct rate_class *x = a, *y = b;

    return x->lambda_per_s != y->lambda_per_s
               ? (x->lambda_per_s > y->lambda_per_s) - (x->lambda_per_s < y->lambda_per_s)
               : x->in_surge - y->in_surge;
}

/* Returns how many there are. */
static size_t make_classes(const struct campus *c, struct rate_class *classes)
{
    uint32_t n_hosts = world_n_hosts(c->world);
    size_t n = 0;

    for (uint32_t d = 0; d < n_hosts; d++) {
        classes[d] = (struct rate_class){c->rates_per_s[d], c->in_surge[d], 1};
    }
    qsort(classes, n_hosts, sizeof *classes, compare_classes);
    for (uint32_t d = 0; d < n_hosts; d++) {
        if (n && compare_classes(&classes[n - 1], &classes[d]) == 0) {
            classes[n - 1].n++;
        } else {
            classes[n++] = classes[d];
        }
    }
    return n;
}

/* A destination is local at one access switch and remote at the others. */
static void add_classes(const struct campus *c, struct varying *v, double *occupancy,
                        double *misses)
{
    struct rate_class *classes = xcalloc(world_n_hosts(c->world), sizeof *classes);
    size_t n = make_classes(c, classes);

    for (size_t i = 0; i < n; i++) {
        struct varying_chain chain = {.n_sources = c->params.hosts_per_access,
                                      .lambda_per_s = classes[i].lambda_per_s,
                                      .in_surge = classes[i].in_surge};

        model_varying_add(v, &chain, classes[i].n * (c->params.n_access - 1.0), occupancy, misses);
        chain.n_sources--;
        model_varying_add(v, &chain, classes[i].n, occupancy, misses);
    }
    free(classes);
}

bool campus_expect_series(const struct campus *c, double **occupancy_entries, double **misses_per_s)
{
    const struct campus_params *p = &c->params;
    struct varying_params vp = {.shape = &p->shape,
                                .mu_per_s = 1 / p->session_s,
                                .hold_s = p->clustering.hold_s,
                                .bin_s = p->bin_s,
                                .n_bins = c->series.n};
    bool known = c->traffic && c->rates_per_s && c->series.n && p->hold_law == HOLD_FIXED &&
                 p->holding.policy == HOLDING_FIXED && p->session_law == DURATION_EXPONENTIAL &&
                 !p->steady && !(p->moves_per_s > 0);
    struct varying *v = known ? model_varying_new(&vp) : NULL;

    if (!v) {
        return false;
    }
    *occupancy_entries = xcalloc(c->series.n, sizeof(double));
    *misses_per_s = xcalloc(c->series.n, sizeof(double));
    add_classes(c, v, *occupancy_entries, *misses_per_s);
    for (size_t i = 0; i < c->series.n; i++) {
        (*occupancy_entries)[i] /= p->n_access;
    }
    model_varying_free(v);
    return true;
}
