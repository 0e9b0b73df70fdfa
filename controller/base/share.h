/* Shares: how much somebody may have of what others want too.
 *
 * A share is one instant: when it will be whole again (the virtual scheduling algorithm of ITU-T
 * I.371, known as GCRA). So it costs a comparison and an addition, needs no timer, and a new one is
 * zero and whole. */
#ifndef TAMBO_BASE_SHARE_H
#define TAMBO_BASE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/mono.h"

/* 'interval_ns' for each, of which so many fit that filling takes 'depth_ns'; 0: no limit. */
struct rate {
    int64_t interval_ns;
    int64_t depth_ns;
};

struct share {
    mono_t full_at;
};

/* 'per_s' each second, 'burst' at once; 0 each second: no limit. */
static inline struct rate rate_make(uint32_t per_s, uint32_t burst)
{
    struct rate rate = {0};

    if (per_s) {
        rate.interval_ns = (NS_PER_S + per_s - 1) / per_s;
        rate.depth_ns = rate.interval_ns * (burst ? burst : 1);
    }
    return rate;
}

/* True when one more fits in 's', which then holds one less. */
static inline bool share_take(struct share *s, const struct rate *rate, mono_t now)
{
    mono_t from = mono_before(s->full_at, now) ? now : s->full_at;

    if (rate->interval_ns == 0) {
        return true;
    }
    if (mono_diff_ns(from, now) > rate->depth_ns - rate->interval_ns) {
        return false;
    }
    s->full_at = mono_add(from, rate->interval_ns);
    return true;
}

/* Takes 'n' whether they fit or not: the debt has to be waited for. */
static inline void share_charge(struct share *s, const struct rate *rate, uint64_t n, mono_t now)
{
    mono_t from = mono_before(s->full_at, now) ? now : s->full_at;

    s->full_at = mono_add(from, (int64_t)n * rate->interval_ns);
}

/* True when nothing is left in 's'. */
static inline bool share_is_empty(const struct share *s, const struct rate *rate, mono_t now)
{
    return rate->interval_ns && s->full_at.ns - now.ns > rate->depth_ns - rate->interval_ns;
}

#endif
