/* Holding times: for how long an entry towards a destination stays in a switch when nobody uses it.
 *
 *      fixed       every entry what its app asks for
 *      random      every entry one draw of an exponential law with that mean, in whole seconds of at
 *                  least 1, which serves for all its life
 *      threshold   long for destinations that are called more often than a threshold, briefly for the
 *                  others (holding_plan.h); the threshold of a switch is where its table is used up
 *
 * For 'threshold', rates are measured by what reaches the controller: how many set-ups a destination
 * causes in how much time without an entry, at all switches together and at each. A new pair of
 * switch and destination is believed to be like the destination elsewhere, a new destination like
 * the average one, until it has shown otherwise.
 *
 * "Long" is keep_factor over the threshold, up to max_s: a destination at the threshold loses such an
 * entry once in e^keep_factor silences, so it is as good as permanent; one that nobody calls any more
 * leaves by itself, and is then measured again. An entry whose destination has fallen below the
 * threshold (by more than the hysteresis) gets the short time-out at once. Plans are made anew every
 * replan_ns, corrected by how many entries there really are, and when a table is full; the number of
 * entries at which it was is then its budget. */
#ifndef TAMBO_APPS_HOLDING_TIME_H
#define TAMBO_APPS_HOLDING_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/apps/holding_plan.h"
#include "controller/base/types.h"
#include "controller/core/module.h"

enum holding_policy { HOLDING_FIXED, HOLDING_RANDOM, HOLDING_THRESHOLD, HOLDING_N_POLICIES };

/* "fixed", "random" or "threshold". */
const char *holding_policy_name(enum holding_policy policy);

struct holding_time_settings {
    uint32_t policy;       /* enum holding_policy; default HOLDING_FIXED. */
    uint32_t budget;       /* Entries that a switch's table holds, of all apps; default 8192. */
    uint16_t short_s;      /* At least 1; default 1. */
    uint16_t max_s;        /* Longest time-out, at least short_s; default 65 535. */
    uint32_t keep_factor;  /* At least 1; default 8. */
    uint32_t hysteresis_percent; /* Of the threshold, to both sides, below 100; default 10. */
    uint32_t weight;       /* Arrivals that the belief in a new pair is worth, at least 1; default 4. */
    uint32_t max_pairs;    /* Pairs that are measured by themselves; default 1 048 576. */
    uint32_t max_rewrites; /* Entries that a plan may change at once; default 256. */
    int64_t replan_ns;     /* Default 30 s. */
    int64_t memory_ns;     /* Time without an entry that is remembered; default 4 h. */
};

struct holding_time_settings holding_time_settings_default(void);

#define HOLDING_TIME_COUNTERS(X)                                                                   \
    X(entered)   /* Entries whose holding time was asked for, */                                   \
    X(kept)      /* of which so many were long ones. */                                            \
    X(left)      /* Entries that expired, were refused or taken away. */                           \
    X(plans)     /* Plans made, of one switch each. */                                             \
    X(rewritten) /* Long entries that were made short ones. */                                     \
    X(forgotten) /* Pairs not measured, or no longer, because there are too many. */

struct holding_time_counters {
#define X(name) uint64_t name;
    HOLDING_TIME_COUNTERS(X)
#undef X
};

/* --- For apps with entries by destination (state: ctl_module_state(ctl, "holding_time")) -------- */

/* The idle time-out, at least 1, of an entry of 'dpid' towards 'dst' that is about to be written and
 * would normally have 'normal_s'. When there was no entry this counts as an arrival. With a 'state'
 * of NULL the answer is 'normal_s'. */
uint16_t holding_s(void *state, dpid_t dpid, struct eth_addr dst, uint16_t normal_s);

/* The entry was found on the switch: no arrival. */
void holding_found(void *state, dpid_t dpid, struct eth_addr dst);

/* False: nothing is measured, and holding_left() need not be told. */
bool holding_measures(const void *state);

/* It is no longer there; 'expired': because its idle time-out was over. */
void holding_left(void *state, dpid_t dpid, struct eth_addr dst, bool expired);

/* Called for an entry that shall be written again, as its holding time is another one now: from the
 * core's loop. One app may listen. */
typedef void holding_change_fn(void *aux, dpid_t dpid, struct eth_addr dst);
void holding_listen(void *state, holding_change_fn *fn, void *aux);

/* --- Views ------------------------------------------------------------------------------------ */

struct holding_time_counters holding_time_counters(const void *state);
const struct holding_time_settings *holding_time_settings(const void *state);

/* Mean duration of a session, as measured, and how many destinations and pairs are known. */
struct holding_time_view {
    double session_s;
    uint32_t n_destinations, n_pairs;
};
struct holding_time_view holding_time_view(const void *state);

/* The latest plan of 'dpid'; false when there is none. */
bool holding_time_plan(const void *state, dpid_t dpid, struct holding_plan *out);

/* What is known of a destination at one switch. */
struct holding_time_pair {
    struct eth_addr dst;
    double rate_per_s;
    bool has_entry, is_kept;
    uint16_t hold_s; /* Of its latest entry. */
};

/* Calls 'fn' for each pair of 'dpid', ascending by destination. */
typedef void holding_time_each_fn(void *aux, const struct holding_time_pair *pair);
void holding_time_each(const void *state, dpid_t dpid, holding_time_each_fn *fn, void *aux);

extern const struct ctl_module holding_time_module;

#endif
