#include "simnet/des/sim.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/base/rng.h"
#include "simnet/des/event_set.h"
#include "simnet/des/profile.h"

#define SEQUENCE_BITS 48
#define PRIO_BIAS 0x8000

struct stream {
    struct hmap_node node; /* In sim->streams, by the hash of its name. */
    struct rng rng;
    char *name;
};

struct sim {
    struct clock clock;
    struct event_set events;
    uint64_t next_sequence;
    uint64_t n_fired;
    uint64_t trace;
    uint64_t seed;
    struct hmap streams;
    struct sim_profile *profile; /* NULL: none. */
    bool stopped;
};

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = xcalloc(1, sizeof *sim);

    event_set_init(&sim->events);
    hmap_init(&sim->streams);
    sim->seed = seed;
    return sim;
}

void sim_free(struct sim *sim)
{
    struct hmap_node *it, *tmp;

    if (!sim) {
        return;
    }
    HMAP_FOR_EACH (it, tmp, &sim->streams) {
        struct stream *stream = HMAP_ENTRY(it, struct stream, node);

        free(stream->name);
        free(stream);
    }
    hmap_fini(&sim->streams);
    event_set_fini(&sim->events);
    free(sim);
}

const struct clock *sim_clock(const struct sim *sim)
{
    return &sim->clock;
}
uint64_t sim_seed(const struct sim *sim)
{
    return sim->seed;
}

/* Priority above sequence in one number: 16 bits and 48 bits. */
static uint64_t next_order(struct sim *sim, int16_t prio)
{
    assert(!(sim->next_sequence >> SEQUENCE_BITS) && "sim_at: 2^48 events were scheduled");
    return (uint64_t)(prio + PRIO_BIAS) << SEQUENCE_BITS | sim->next_sequence++;
}

void sim_at(struct sim *sim, struct sim_event *ev, mono_t when)
{
    if (mono_is_never(when)) {
        sim_cancel(sim, ev);
        return;
    }
    assert(ev->fn && "sim_at: the event was not initialised");
    assert(!mono_before(when, sim->clock.now) && "sim_at: in the past");
    event_set_put(&sim->events, ev, when.ns, next_order(sim, ev->prio));
}

void sim_cancel(struct sim *sim, struct sim_event *ev)
{
    if (sim_event_is_set(ev)) {
        event_set_remove(&sim->events, ev);
    }
}

/* One mixing step for both facts; an odd multiplier keeps different kinds apart at all times. */
static void trace_event(struct sim *sim, const struct sim_event *ev)
{
    uint64_t what = (uint64_t)ev->time_ns + ev->kind * UINT64_C(0xd1342543de82ef95);

    sim->trace = hash_combine(sim->trace, what);
}

static void fire(struct sim *sim, struct sim_event *ev)
{
    sim->clock.now = (mono_t){ev->time_ns};
    sim->n_fired++;
    trace_event(sim, ev);
    ev->fn(ev->aux, ev);
}

/* --- Profile ----------------------------------------------------------------------------------- */

void sim_set_profile(struct sim *sim, struct sim_profile *profile)
{
    sim->profile = profile;
}

void sim_profile_reset(struct sim_profile *profile)
{
    *profile = (struct sim_profile){.ticks = profile->ticks};
}

/* What has passed since the last call. */
static inline uint64_t lap(struct sim_profile *p)
{
    uint64_t now = p->ticks(), passed = now - p->since;

    p->since = now;
    return passed;
}

static void change_stage(struct sim_profile *p, unsigned stage)
{
    assert(stage < SIM_MAX_STAGES && "sim_enter: no such stage");
    p->stages[p->stage].ticks += lap(p);
    p->stage = stage;
}

unsigned sim_enter(struct sim *sim, unsigned stage)
{
    struct sim_profile *p = sim->profile;
    unsigned before;

    if (!p || !p->is_running) {
        return 0;
    }
    before = p->stage;
    change_stage(p, stage);
    p->stages[stage].n_calls++;
    return before;
}

void sim_leave(struct sim *sim, unsigned before)
{
    struct sim_profile *p = sim->profile;

    if (p && p->is_running) {
        change_stage(p, before);
    }
}

static void run_profiled(struct sim *sim, mono_t end)
{
    struct sim_profile *p = sim->profile;
    struct sim_event *ev;

    p->is_running = true;
    p->since = p->ticks();
    while (!sim->stopped && (ev = event_set_take(&sim->events, end.ns))) {
        assert(ev->stage < SIM_MAX_STAGES && "sim_run_until: no such stage");
        p->set_ticks += lap(p);
        p->stage = ev->stage;
        p->stages[ev->stage].n_events++;
        fire(sim, ev);
        p->stages[p->stage].ticks += lap(p);
    }
    p->set_ticks += lap(p);
    p->is_running = false;
}

/* --- Running ----------------------------------------------------------------------------------- */

static void run_plainly(struct sim *sim, mono_t end)
{
    struct sim_event *ev;

    while (!sim->stopped && (ev = event_set_take(&sim->events, end.ns))) {
        fire(sim, ev);
    }
}

uint64_t sim_run_until(struct sim *sim, mono_t end)
{
    uint64_t before = sim->n_fired;

    assert(!mono_before(end, sim->clock.now) && "sim_run_until: in the past");
    sim->stopped = false;
    if (sim->profile) {
        run_profiled(sim, end);
    } else {
        run_plainly(sim, end);
    }
    if (!sim->stopped && !mono_is_never(end)) {
        sim->clock.now = end;
    }
    return sim->n_fired - before;
}

void sim_stop(struct sim *sim)
{
    sim->stopped = true;
}

mono_t sim_next(struct sim *sim)
{
    const struct sim_event *ev = event_set_min(&sim->events);

    return ev ? (mono_t){ev->time_ns} : MONO_NEVER;
}

uint64_t sim_n_events(const struct sim *sim)
{
    return sim->n_fired;
}

/* Eight bytes as a little-endian number: the same on every machine. */
static uint64_t load_le8(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

/* The same of fewer bytes. */
static uint64_t load_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << 8 * i;
    }
    return v;
}

enum { BLOCK = 64 };

static inline uint64_t hash_16(uint64_t h, const uint8_t *p)
{
    return hash_keyed_u64(load_le8(p + 8), h ^ load_le8(p));
}

/* All blocks but the last bytes, by four chains of multiplications, which do not wait for each other. */
static uint64_t hash_blocks(uint64_t h, const uint8_t **at, const uint8_t *end)
{
    uint64_t a = h, b = h + 1, c = h + 2, d = h + 3;
    const uint8_t *p = *at;

    for (; end - p > BLOCK; p += BLOCK) {
        a = hash_16(a, p);
        b = hash_16(b, p + 16);
        c = hash_16(c, p + 32);
        d = hash_16(d, p + 48);
    }
    *at = p;
    return hash_keyed_u64(hash_keyed_u64(a, b), hash_keyed_u64(c, d));
}

void sim_trace(struct sim *sim, const void *data, size_t len)
{
    const uint8_t *p = data, *end = p + len;
    uint64_t h = len;

    if (len > BLOCK) {
        h = hash_blocks(h, &p, end);
    }
    for (; end - p > 16; p += 16) {
        h = hash_16(h, p);
    }
    if (end - p > 8) {
        h = hash_keyed_u64(h, load_le8(p));
    }
    /* The last eight bytes, some of them again, or all when there are not as many. */
    sim_trace_u64(sim, hash_keyed_u64(h, len >= 8 ? load_le8(end - 8) : load_le(p, len)));
}

void sim_trace_u64(struct sim *sim, uint64_t value)
{
    sim->trace = hash_combine(sim->trace, value);
}

uint64_t sim_trace_hash(const struct sim *sim)
{
    return sim->trace;
}

static struct stream *find_stream(const struct sim *sim, const char *name, uint64_t hash)
{
    struct hmap_node *it = hmap_first_with(&sim->streams, hash);

    for (; it; it = hmap_next_with(it)) {
        struct stream *stream = HMAP_ENTRY(it, struct stream, node);

        if (!strcmp(stream->name, name)) {
            return stream;
        }
    }
    return NULL;
}

struct rng *sim_rng(struct sim *sim, const char *name)
{
    uint64_t hash = hash_fnv(HASH_FNV_INIT, name, strlen(name));
    struct stream *stream = find_stream(sim, name, hash);

    if (!stream) {
        stream = xcalloc(1, sizeof *stream);
        stream->name = xstrdup(name);
        rng_seed(&stream->rng, hash_combine(hash_u64(sim->seed), hash));
        hmap_insert(&sim->streams, &stream->node, hash);
    }
    return &stream->rng;
}
