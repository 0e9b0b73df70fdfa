/* Time as a value.
 *
 * Instants are 'mono_t' (a struct, so that an instant and a duration cannot be mixed up); durations
 * are int64_t nanoseconds in variables that end in _ns. The clock is data: a driver writes 'now'
 * once per wake-up and everything done in that entry sees the same instant. Time 0 is an ordinary
 * instant; "never" is MONO_NEVER. */
#ifndef TAMBO_BASE_MONO_H
#define TAMBO_BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

typedef struct {
    int64_t ns;
} mono_t;

#define MONO_ZERO ((mono_t){0})
#define MONO_NEVER ((mono_t){INT64_MAX})

struct clock {
    mono_t now;
};

static inline bool mono_is_never(mono_t t)
{
    return t.ns == INT64_MAX;
}
static inline bool mono_before(mono_t a, mono_t b)
{
    return a.ns < b.ns;
}
static inline bool mono_due(mono_t deadline, mono_t now)
{
    return deadline.ns <= now.ns;
}
static inline mono_t mono_min(mono_t a, mono_t b)
{
    return a.ns <= b.ns ? a : b;
}

/* 't' plus 'd_ns'; saturates at MONO_NEVER, which absorbs every later addition. */
static inline mono_t mono_add(mono_t t, int64_t d_ns)
{
    int64_t sum;

    if (mono_is_never(t) || __builtin_add_overflow(t.ns, d_ns, &sum)) {
        return MONO_NEVER;
    }
    return (mono_t){sum};
}

/* 'a' − 'b' in nanoseconds. Neither may be MONO_NEVER. */
static inline int64_t mono_diff_ns(mono_t a, mono_t b)
{
    return a.ns - b.ns;
}

static inline double mono_to_s(mono_t t)
{
    return (double)t.ns * 1e-9;
}
static inline double ns_to_s(int64_t d_ns)
{
    return (double)d_ns * 1e-9;
}

/* Seconds to nanoseconds, rounded to nearest; saturates at INT64_MAX for anything larger (so an
 * infinite duration stays "never") and at 0 for negative values. */
static inline int64_t ns_from_s(double d_s)
{
    double ns = d_s * 1e9;

    if (!(ns > 0)) {
        return 0;
    }
    return ns >= 9.2e18 ? INT64_MAX : (int64_t)(ns + 0.5);
}

#endif
