/* Discrete-event engine: the event set, the virtual clock, random streams and the trace hash of one
 * simulated world.
 *
 * Events fire in a total order (time, priority, sequence): of two events at the same instant the one
 * with the lower priority number first, of equal priorities the one scheduled first. So one seed
 * gives one trace on every machine. An event is embedded in its owner; scheduling allocates nothing.
 * A world hangs off one 'struct sim': two worlds in one process do not know of each other. */
#ifndef TAMBO_DES_SIM_H
#define TAMBO_DES_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"

struct sim;
struct sim_event;
typedef void sim_event_fn(void *aux, struct sim_event *event);

/* Priorities at one instant, first to last. */
enum sim_prio {
    SIM_PRIO_FAULT = -2,  /* Links and switches fail before anything else happens. */
    SIM_PRIO_EXPIRY = -1, /* Table entries expire before a packet looks for them. */
    SIM_PRIO_NORMAL = 0,
    SIM_PRIO_CONTROLLER = 1,
    SIM_PRIO_PROBE = 2, /* Measurements see the instant as it was left. */
};

/* Embedded by its owner; sim_event_init() before the first use. The members are the engine's. */
struct sim_event {
    int64_t time_ns;
    uint64_t order;  /* Priority (biased) and sequence. */
    uintptr_t place; /* In the event set; 0 when not scheduled. */
    sim_event_fn *fn;
    void *aux;
    uint32_t kind; /* Names the event in the trace hash; chosen by its owner. */
    int16_t prio;
    uint8_t stage; /* Where its time is counted (profile.h); 0 unless its owner sets it. */
};

static inline void sim_event_init(struct sim_event *ev, uint32_t kind, int16_t prio,
                                  sim_event_fn *fn, void *aux)
{
    *ev = (struct sim_event){.fn = fn, .aux = aux, .kind = kind, .prio = prio};
}

static inline bool sim_event_is_set(const struct sim_event *ev)
{
    return ev->place != 0;
}

struct sim *sim_new(uint64_t seed);

/* Events that are still scheduled are forgotten; they belong to their owners. NULL is fine. */
void sim_free(struct sim *sim);

/* The virtual clock. It starts at 0 and only sim_run_until() moves it. */
const struct clock *sim_clock(const struct sim *sim);
static inline mono_t sim_now(const struct sim *sim)
{
    return sim_clock(sim)->now;
}
uint64_t sim_seed(const struct sim *sim);

/* Schedules 'ev' at 'when' (not before now), or moves it there, behind its equals. MONO_NEVER cancels
 * it. An event that fires is no longer set: its handler may schedule it again or free it. */
void sim_at(struct sim *sim, struct sim_event *ev, mono_t when);
void sim_cancel(struct sim *sim, struct sim_event *ev);

/* Fires events until none is left at or before 'end' (not before now), or until sim_stop(); the
 * clock then stands at 'end', or where it was stopped, or at the last event if 'end' is MONO_NEVER.
 * Returns the number of events fired. Not to be called from a handler. */
uint64_t sim_run_until(struct sim *sim, mono_t end);

/* Ends the running sim_run_until() after the present event; without one nothing happens. */
void sim_stop(struct sim *sim);

/* The time of the earliest event, or MONO_NEVER. */
mono_t sim_next(struct sim *sim);
uint64_t sim_n_events(const struct sim *sim); /* Fired so far. */

/* --- Trace hash -------------------------------------------------------------------------------- */

/* Every fired event enters the hash with its time and kind; an owner adds what makes it different
 * (a switch's number, a frame's bytes). */
void sim_trace(struct sim *sim, const void *data, size_t len);
void sim_trace_u64(struct sim *sim, uint64_t value);
uint64_t sim_trace_hash(const struct sim *sim);

/* --- Random streams ---------------------------------------------------------------------------- */

/* The stream called 'name', made on first use: its seed is derived from the world's seed and the
 * name, so that adding a source never shifts another's numbers. Valid as long as the world.
 *
 * Streams are not cut from one by jumps of 2^128 steps, because then they would depend on the order in which they are
 * made, and chance makes names as good: among 10^4 streams two have the same seed of 64 bits with a probability of
 * 3·10^−12, and two with different ones overlap within 10^12 draws, among 2^256 − 1 states, with 10^−57. */
struct rng *sim_rng(struct sim *sim, const char *name);

#endif
