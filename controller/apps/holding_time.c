/* See holding_time.h. */
#include "controller/apps/holding_time.h"

#include <math.h>
#include <stdlib.h>

#include "controller/apps/holding.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"

#define FIRST_SESSION_S 5.0 /* Believed before any was measured. */
#define SESSION_SAMPLES 1000.0

static const char *const policy_names[HOLDING_N_POLICIES] = {"fixed", "random", "threshold"};

const char *holding_policy_name(enum holding_policy policy)
{
    return policy < HOLDING_N_POLICIES ? policy_names[policy] : "?";
}

struct holding_time_settings holding_time_settings_default(void)
{
    return (struct holding_time_settings){
        .policy = HOLDING_FIXED,
        .budget = 8192,
        .short_s = 1,
        .max_s = UINT16_MAX,
        .keep_factor = 8,
        .hysteresis_percent = 10,
        .weight = 4,
        .max_pairs = 1U << 20,
        .max_rewrites = 256,
        .replan_ns = 30 * NS_PER_S,
        .memory_ns = 4 * 3600 * NS_PER_S,
    };
}

/* --- Choosing a time -------------------------------------------------------------------------- */

static uint16_t whole_s(double s, uint16_t min, uint16_t max)
{
    return s < min ? min : s > max ? max : (uint16_t)lrint(s);
}

static uint16_t draw_s(struct holding_time *h, dpid_t dpid, struct eth_addr dst, uint16_t mean_s)
{
    uint64_t random = hash_combine(holding_key(dpid, dst), h->n_draws++);
    double u = ((double)(random >> 11) + 0.5) * 0x1p-53;

    return whole_s(-mean_s * log(u), 1, UINT16_MAX);
}

static uint16_t long_s(const struct holding_time *h, const struct holding_switch *sw)
{
    double s = sw->plan.threshold_per_s > 0 ? h->settings.keep_factor / sw->plan.threshold_per_s
                                           : INFINITY;

    return whole_s(s, h->settings.short_s, h->settings.max_s);
}

static void decide(struct holding_time *h, struct holding_record *r, uint16_t normal_s)
{
    const struct holding_switch *sw = holding_switch_find(h, r->dpid);

    if (!sw || !sw->is_planned) {
        r->hold_s = normal_s;
        return;
    }
    r->is_kept = holding_is_kept(h, sw, holding_pair_per_s(h, r), r->is_kept);
    r->hold_s = r->is_kept ? long_s(h, sw) : h->settings.short_s;
}

/* --- Entries come and go ---------------------------------------------------------------------- */

/* An arrival finds the past as it is at any time, so what it says itself is counted afterwards. */
uint16_t holding_s(void *state, dpid_t dpid, struct eth_addr dst, uint16_t normal_s)
{
    struct holding_time *h = state;
    struct holding_record *r;

    if (!h || h->settings.policy == HOLDING_FIXED) {
        return normal_s;
    }
    h->n.entered++;
    if (h->settings.policy == HOLDING_RANDOM) {
        return draw_s(h, dpid, dst, normal_s);
    }
    r = holding_pair_get(h, dpid, dst);
    if (!r) {
        return h->settings.short_s;
    }
    decide(h, r, normal_s);
    h->n.kept += r->is_kept;
    if (mono_is_never(r->in_since)) {
        holding_record_enter(h, r, true);
    }
    return r->hold_s;
}

bool holding_measures(const void *state)
{
    const struct holding_time *h = state;

    return h && h->settings.policy == HOLDING_THRESHOLD;
}

void holding_found(void *state, dpid_t dpid, struct eth_addr dst)
{
    struct holding_time *h = state;
    struct holding_record *r = holding_measures(h) ? holding_pair_get(h, dpid, dst) : NULL;

    if (r && mono_is_never(r->in_since)) {
        r->hold_s = 0;
        holding_record_enter(h, r, false);
    }
}

/* A short entry lives as long as its sessions overlap, and its time-out; towards destinations below
 * the threshold sessions hardly ever do. */
static void measure_session(struct holding_time *h, const struct holding_record *r)
{
    double life_s = ns_to_s(mono_diff_ns(ctl_now(h->ctl), r->in_since));

    if (r->hold_s > 0 && !r->is_kept) {
        h->n_sessions = fmin(h->n_sessions + 1, SESSION_SAMPLES);
        h->session_s += (fmax(life_s - r->hold_s, 0) - h->session_s) / h->n_sessions;
    }
}

void holding_left(void *state, dpid_t dpid, struct eth_addr dst, bool expired)
{
    struct holding_time *h = state;
    struct holding_record *r = holding_measures(h) ? holding_pair_find(h, dpid, dst) : NULL;

    if (!r || mono_is_never(r->in_since)) {
        return;
    }
    h->n.left++;
    if (expired) {
        measure_session(h, r);
    }
    holding_record_leave(h, r);
}

void holding_listen(void *state, holding_change_fn *fn, void *aux)
{
    struct holding_time *h = state;

    if (h) {
        h->change = fn;
        h->change_aux = aux;
    }
}

static void on_replan(void *aux, struct timer *timer)
{
    (void)timer;
    holding_replan(aux);
}

/* --- Views ------------------------------------------------------------------------------------ */

struct holding_time_counters holding_time_counters(const void *state)
{
    const struct holding_time *h = state;

    return h->n;
}

const struct holding_time_settings *holding_time_settings(const void *state)
{
    const struct holding_time *h = state;

    return &h->settings;
}

struct holding_time_view holding_time_view(const void *state)
{
    const struct holding_time *h = state;

    return (struct holding_time_view){h->session_s, (uint32_t)h->destinations.n,
                                      (uint32_t)h->pairs.n};
}

bool holding_time_plan(const void *state, dpid_t dpid, struct holding_plan *out)
{
    const struct holding_switch *sw = holding_switch_find(state, dpid);

    if (!sw || !sw->is_planned) {
        return false;
    }
    *out = sw->plan;
    return true;
}

static void tell_pair(const struct holding_time *h, const struct holding_record *r,
                      holding_time_each_fn *fn, void *aux)
{
    struct holding_record now = *r;
    struct holding_time_pair pair = {.dst = r->dst,
                                     .rate_per_s = holding_pair_per_s(h, &now),
                                     .has_entry = !mono_is_never(r->in_since),
                                     .is_kept = r->is_kept,
                                     .hold_s = r->hold_s};

    fn(aux, &pair);
}

void holding_time_each(const void *state, dpid_t dpid, holding_time_each_fn *fn, void *aux)
{
    const struct holding_time *h = state;
    struct holding_record **list = xcalloc(h->pairs.n + 1, sizeof(struct holding_record *));
    struct hmap_node *it, *tmp;
    size_t n = 0;

    HMAP_FOR_EACH (it, tmp, &h->pairs) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        if (r->dpid == dpid) {
            list[n++] = r;
        }
    }
    qsort(list, n, sizeof(struct holding_record *), holding_pair_compare);
    for (size_t i = 0; i < n; i++) {
        tell_pair(h, list[i], fn, aux);
    }
    free(list);
}

/* --- Module ----------------------------------------------------------------------------------- */

static struct holding_switch *event_switch(struct holding_time *h, const struct ctl_event *event)
{
    return h->settings.policy == HOLDING_THRESHOLD ? holding_switch_find(h, datapath_id(event->dp))
                                                   : NULL;
}

static void on_full(void *state, const struct ctl_event *event)
{
    struct holding_time *h = state;
    struct holding_switch *sw = event_switch(h, event);

    if (sw && event->table_id == 0) {
        sw->capacity = event->capacity > 0 ? event->capacity : event->n_entries;
        timer_set(ctl_timers(h->ctl), &h->replan, ctl_now(h->ctl));
    }
}

static void on_up(void *state, const struct ctl_event *event)
{
    struct holding_switch *sw = event_switch(state, event);

    if (sw) {
        sw->capacity = 0; /* It may be another one by now. */
    }
}

static bool settings_ok(const struct holding_time_settings *s)
{
    return s->policy < HOLDING_N_POLICIES && s->short_s > 0 && s->max_s >= s->short_s &&
           s->keep_factor > 0 && s->hysteresis_percent < 100 && s->weight > 0 &&
           s->replan_ns > 0 && s->memory_ns > 0;
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct holding_time *h = xcalloc(1, sizeof(*h));

    (void)id;
    h->ctl = ctl;
    h->settings = settings ? *(const struct holding_time_settings *)settings
                           : holding_time_settings_default();
    if (!settings_ok(&h->settings)) {
        free(h);
        return ERR_RANGE;
    }
    h->began = h->total.at = ctl_now(ctl);
    h->session_s = FIRST_SESSION_S;
    hmap_init(&h->pairs);
    hmap_init(&h->destinations);
    hmap_init(&h->switches);
    timer_init(&h->replan, on_replan, h);
    if (h->settings.policy == HOLDING_THRESHOLD) {
        timer_set(ctl_timers(ctl), &h->replan, mono_add(h->began, h->settings.replan_ns));
    }
    *state = h;
    return ERR_OK;
}

static void stop(void *state)
{
    struct holding_time *h = state;

    timer_cancel(ctl_timers(h->ctl), &h->replan);
    holding_records_free(h);
    free(h);
}

static size_t memory(const void *state)
{
    const struct holding_time *h = state;

    return alloc_bytes(sizeof *h) + alloc_bytes(hmap_slot_bytes(&h->pairs)) +
           alloc_bytes(hmap_slot_bytes(&h->destinations)) +
           alloc_bytes(hmap_slot_bytes(&h->switches)) +
           (h->pairs.n + h->destinations.n) * alloc_bytes(sizeof(struct holding_record)) +
           h->switches.n * alloc_bytes(sizeof(struct holding_switch));
}

const struct ctl_module holding_time_module = {
    .name = "holding_time",
    .start = start,
    .stop = stop,
    .memory = memory,
    .on = {[CTL_TABLE_FULL] = on_full, [CTL_DATAPATH_UP] = on_up},
};
