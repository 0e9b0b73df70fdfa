/* Which destinations of a switch deserve an entry for ever: the threshold policy, as formulas.
 *
 * Towards a destination d a switch opens its first session at rate a_d while it has no entry, and its
 * entry is absent for a share P_OFF,d of the time. Packet-ins are the sum of a_d P_OFF,d, entries the
 * sum of 1 − P_OFF,d: both are linear in P_OFF,d, so with room for so many entries packet-ins are
 * fewest when all destinations above one rate keep their entries for ever and all others as briefly
 * as can be. With an idle time-out T and sessions of s seconds, P_OFF = e^(−a(s+T)) (many sources).
 *
 * Rates are estimated as (arrivals)/(time without an entry), which is what decides of an exponential
 * time; both are forgotten with the time without an entry, not with the time of the day: what is kept
 * is not seen, and is not forgotten either. Pure: no clock, no memory of its own. */
#ifndef TAMBO_APPS_HOLDING_PLAN_H
#define TAMBO_APPS_HOLDING_PLAN_H

#include <stdint.h>

#include "controller/base/mono.h"

/* --- Estimating a rate ------------------------------------------------------------------------ */

/* Arrivals at some places (switches), each of which does or does not have an entry. */
struct holding_rate {
    double n;     /* Arrivals that found no entry... */
    double off_s; /* ...in so much time without one, over all places. */
    uint32_t n_in; /* Places that have an entry. */
    mono_t at;     /* Up to when 'off_s' counts. */
};

/* As if there had been no entry at 'places' places for 'age_s'. */
void holding_rate_init(struct holding_rate *r, mono_t now, double age_s, double places,
                       double memory_s);

/* Counts the time up to 'now'. */
void holding_rate_advance(struct holding_rate *r, mono_t now, double places, double memory_s);

/* The rate at one place, 1/s: what was seen, with 'weight' arrivals of belief that it is
 * 'prior_per_s' (> 0). */
double holding_rate_per_s(const struct holding_rate *r, double prior_per_s, double weight);

/* --- The threshold ---------------------------------------------------------------------------- */

/* Destinations by rate, so that a plan costs the same for any number of them. */
#define HOLDING_BINS 256

struct holding_bins {
    double n[HOLDING_BINS];
    double sum_per_s[HOLDING_BINS]; /* Of their rates. */
};

/* 'n' destinations (negative: takes them away again) of rate 'per_s'. */
void holding_bins_add(struct holding_bins *b, double per_s, double n);

struct holding_limits {
    double entries;   /* Mean number of entries that is allowed. */
    double short_s;   /* Idle time-out of those that are not kept. */
    double session_s; /* Mean duration of a session. */
};

struct holding_plan {
    double threshold_per_s; /* Kept from this rate on; 0: all are, INFINITY: none is. */
    double n_kept;
    double entries;      /* Expected, with what is not kept. */
    double misses_per_s; /* Expected of what is not kept; kept ones are not lost. */
};

void holding_plan_make(const struct holding_bins *b, const struct holding_limits *limits,
                       struct holding_plan *out);

/* The largest mean number of entries X with which a table of 'n_entries' overflows with probability
 * one in a million: X + 4.753424 sqrt(X) = n_entries. */
double holding_mean_entries(double n_entries);

#endif
