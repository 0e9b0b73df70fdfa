/* Session-level traffic: who talks to whom, without the packets.
 *
 * Every ordered pair of hosts (source, destination) is an independent ON/OFF process: OFF for an
 * exponential time of rate lambda_d, which depends on the destination d, then ON for an exponential
 * time of rate mu. With N hosts that is N(N − 1) processes; here they are one event.
 *
 * Why this is exact. All clocks are exponential, so at any instant, whatever the past, the time to
 * the next change is exponential with the sum of the rates of all clocks that run, and that clock
 * rings with probability rate/sum (superposition and memorylessness). Give every pair a birth clock
 * of rate lambda_d that runs always, and let it do nothing while the pair is ON: an OFF pair still
 * turns ON at rate lambda_d and an ON pair ignores it (thinning: by memorylessness, the clock that
 * an ON pair left running is as good as new when the pair turns OFF). Then the birth clocks have
 * the constant sum L = (N − 1) Σ lambda_d, and the K sessions that are ON have death clocks of sum
 * K mu. So: wait an exponential time of rate L + K mu; with probability L/(L + K mu) propose a birth
 * (destination by weight lambda_d, source uniformly among the N − 1 others, rejected if the pair is
 * ON), else end one of the K sessions, each with the same chance. Nothing is approximated but the
 * instants, which are rounded to nanoseconds, and the cost of a change does not depend on N.
 *
 * Rates that change with time (rate_shape.h) stay exact: births are proposed at the largest value that
 * the common factor ever has, and each is taken with the probability of its present value over that
 * (thinning); what a flash crowd adds are births of their own (session_surge.h).
 *
 * Durations of another law (duration.h) have a memory: then only the births race, and every session ends at an
 * instant of its own, drawn when it begins. */
#ifndef TAMBO_WORLD_SESSION_H
#define TAMBO_WORLD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/rate_shape.h"
#include "simnet/des/sim.h"
#include "simnet/world/duration.h"

struct session_traffic;

/* The pair turned ON or OFF. Hosts are numbered 0 .. n_hosts − 1. A hook may stop the traffic; it
 * may not free it. */
typedef void session_fn(void *aux, uint32_t src, uint32_t dst);

/* A session of the pair is probably going to begin or to end soon, after 'i' others: a time to have memory fetched
 * that this is going to need, and nothing else. Called for each i from SESSION_LOOKS - 1 to 0. */
typedef void session_look_fn(void *aux, uint32_t src, uint32_t dst, unsigned i);

enum { SESSION_LOOKS = 5 };

struct session_hooks {
    session_fn *begin, *end;
    session_look_fn *look; /* NULL: nobody looks ahead. */
    void *aux;
};

struct session_params {
    uint32_t n_hosts; /* At least 2. */
    const double
        *lambda_per_s; /* By destination, finite, >= 0; read during session_traffic_new(). */
    struct duration_law duration; /* Of sessions, without an error; mu is 1/mean. */
    const char *stream;           /* Name of the random stream (sim_rng). */
    const struct rate_shape
        *shape;           /* By the traffic's own time; copied; NULL: rates are constant. */
    const bool *in_surge; /* By destination: its surge is about them; NULL: nobody; read once. */
};

struct session_counters {
    uint64_t n_proposed; /* Births, the rejected ones included. */
    uint64_t n_rejected; /* Because the pair was ON. */
    uint64_t n_thinned;  /* Because the rate is not at its peak. */
    uint64_t n_begun;    /* Accepted births; session_traffic_populate() does not count. */
    uint64_t n_ended;
    uint64_t n_elephants;        /* Among those begun, when durations are a mixture, */
    double drawn_s, elephants_s; /* and the durations of all, and of those; 0 without a memory. */
};

/* Traffic without sessions that stands still. */
struct session_traffic *session_traffic_new(struct sim *sim, const struct session_params *params,
                                            const struct session_hooks *hooks);

/* NULL is fine. Sessions that are ON are forgotten without a call. */
void session_traffic_free(struct session_traffic *st);

/* Makes the state stationary: every pair is ON with probability lambda_d/(lambda_d + mu), whatever the law of
 * durations, independently (as if rates were constant), and 'begin' is called for each that is, by rising destination and source. Only
 * while there is no session. Takes O(N + sessions). */
void session_traffic_populate(struct session_traffic *st);

/* Lets sessions begin and end from now on; and stands still. Neither changes what is ON, and
 * standing still leaves no mark on the law: what is left of each session stays. */
void session_traffic_start(struct session_traffic *st);
void session_traffic_stop(struct session_traffic *st);

/* Whether the pair has a session. */
bool session_traffic_is_on(const struct session_traffic *st, uint32_t src, uint32_t dst);

size_t session_traffic_bytes(const struct session_traffic *st); /* That it holds. */
size_t session_traffic_n_on(const struct session_traffic *st);
const struct session_counters *session_traffic_counters(const struct session_traffic *st);

#endif
