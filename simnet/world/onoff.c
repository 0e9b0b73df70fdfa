#include "simnet/world/onoff.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/stage.h"
#include "simnet/world/traffic_alias.h"

enum { ONOFF_KIND = 0x0f0f };

#define MAX_BINS ((size_t)10000000)

struct source {
    struct onoff *all;
    uint32_t host, dst;
    bool on;
    struct sim_event change;
};

struct onoff {
    struct sim *sim;
    struct rng *rng;
    struct session_hooks hooks;
    struct alias_table destinations;
    struct duration on, off;
    struct source *sources;
    uint32_t n_hosts;
    size_t n_on;
    int64_t bin_ns;
    mono_t bin_end, since; /* Of the present bin, and of the present n_on. */
    double open;           /* Source-seconds of the present bin so far. */
    double *bins;
    size_t n_bins, cap;
};

static void on_change(void *aux, struct sim_event *event);

struct onoff *onoff_new(struct sim *sim, const struct onoff_params *p,
                        const struct session_hooks *hooks)
{
    struct onoff *o = xcalloc(1, sizeof *o);

    assert(p->n_hosts >= 2 && !duration_law_error(&p->on) && !duration_law_error(&p->off));
    o->sim = sim;
    o->rng = sim_rng(sim, p->stream);
    o->hooks = *hooks;
    o->n_hosts = p->n_hosts;
    o->bin_ns = ns_from_s(p->bin_s);
    alias_init(&o->destinations, p->weights, p->n_hosts);
    duration_init(&o->on, &p->on);
    duration_init(&o->off, &p->off);
    o->sources = xcalloc(p->n_hosts, sizeof *o->sources);
    for (uint32_t i = 0; i < p->n_hosts; i++) {
        o->sources[i].all = o;
        o->sources[i].host = i;
        sim_event_init(&o->sources[i].change, ONOFF_KIND, SIM_PRIO_NORMAL, on_change,
                       &o->sources[i]);
        o->sources[i].change.stage = STAGE_SESSIONS;
    }
    return o;
}

void onoff_free(struct onoff *o)
{
    if (!o) {
        return;
    }
    for (uint32_t i = 0; i < o->n_hosts; i++) {
        sim_cancel(o->sim, &o->sources[i].change);
    }
    duration_fini(&o->on);
    duration_fini(&o->off);
    alias_fini(&o->destinations);
    free(o->sources);
    free(o->bins);
    free(o);
}

/* --- Series ------------------------------------------------------------------------------------- */

static void close_bin(struct onoff *o)
{
    if (o->n_bins == MAX_BINS) {
        return;
    }
    if (o->n_bins == o->cap) {
        o->cap = o->cap ? 2 * o->cap : 1024;
        o->bins = xreallocarray(o->bins, o->cap, sizeof *o->bins);
    }
    o->bins[o->n_bins++] = o->open;
}

/* Counts what has been since the last change. */
static void count(struct onoff *o)
{
    mono_t now = sim_now(o->sim);

    while (o->bin_ns && !mono_before(now, o->bin_end)) {
        o->open += (double)o->n_on * ns_to_s(mono_diff_ns(o->bin_end, o->since));
        close_bin(o);
        o->open = 0;
        o->since = o->bin_end;
        o->bin_end = mono_add(o->bin_end, o->bin_ns);
    }
    o->open += (double)o->n_on * ns_to_s(mono_diff_ns(now, o->since));
    o->since = now;
}

const double *onoff_series(struct onoff *o, size_t *n)
{
    count(o);
    *n = o->n_bins;
    return o->bins;
}

/* --- Sources ------------------------------------------------------------------------------------ */

static void arm(struct source *s, double wait_s)
{
    sim_at(s->all->sim, &s->change, mono_add(sim_now(s->all->sim), ns_from_s(wait_s)));
}

static void turn_on(struct source *s)
{
    struct onoff *o = s->all;

    count(o);
    do {
        s->dst = alias_draw(&o->destinations, o->rng);
    } while (s->dst == s->host);
    s->on = true;
    o->n_on++;
    sim_trace_u64(o->sim, (uint64_t)s->host << 32 | s->dst);
    o->hooks.begin(o->hooks.aux, s->host, s->dst);
}

static void turn_off(struct source *s)
{
    struct onoff *o = s->all;

    count(o);
    s->on = false;
    o->n_on--;
    sim_trace_u64(o->sim, (uint64_t)s->host << 32 | s->dst);
    o->hooks.end(o->hooks.aux, s->host, s->dst);
}

static void on_change(void *aux, struct sim_event *event)
{
    struct source *s = aux;
    struct onoff *o = s->all;

    (void)event;
    if (s->on) {
        turn_off(s);
        arm(s, duration_draw(&o->off, o->rng));
    } else {
        turn_on(s);
        arm(s, duration_draw(&o->on, o->rng));
    }
}

void onoff_start(struct onoff *o)
{
    double on_frac = o->on.law.mean_s / (o->on.law.mean_s + o->off.law.mean_s);

    o->since = sim_now(o->sim);
    o->bin_end = mono_add(o->since, o->bin_ns);
    for (uint32_t i = 0; i < o->n_hosts; i++) {
        struct source *s = &o->sources[i];

        if (rng_uniform(o->rng) < on_frac) {
            turn_on(s);
            arm(s, duration_draw_rest(&o->on, o->rng));
        } else {
            arm(s, duration_draw_rest(&o->off, o->rng));
        }
    }
}

size_t onoff_n_on(const struct onoff *o)
{
    return o->n_on;
}
