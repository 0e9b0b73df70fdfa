/* ON/OFF sources: every host is ON, talking to one destination, then OFF, then ON again, with
 * durations of any law. When one of the two has a heavy tail of index alpha, 1 < alpha < 2, the
 * superposition of many is self-similar with the Hurst parameter H = (3 - alpha)/2 (Willinger, Taqqu,
 * Sherman, Wilson 1997, theorem 1).
 *
 * Sources begin in the steady state: ON with the probability mean_on/(mean_on + mean_off), with what
 * is left of a period that is seen at a random instant. */
#ifndef TAMBO_WORLD_ONOFF_H
#define TAMBO_WORLD_ONOFF_H

#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"
#include "simnet/world/duration.h"
#include "simnet/world/session.h"

struct onoff;

struct onoff_params {
    uint32_t n_hosts;            /* At least 2. */
    const double *weights;       /* Of hosts as destinations: at least two positive; read once. */
    struct duration_law on, off; /* Without an error. */
    double bin_s;                /* Of the series; 0: none. */
    const char *stream;          /* Name of the random stream. */
};

/* Sources that have not begun. */
struct onoff *onoff_new(struct sim *sim, const struct onoff_params *params,
                        const struct session_hooks *hooks);
void onoff_free(struct onoff *onoff); /* NULL is fine. */

/* From now on, once. */
void onoff_start(struct onoff *onoff);

size_t onoff_n_on(const struct onoff *onoff);

/* Source-seconds ON in each bin that is over; '*n' of them. */
const double *onoff_series(struct onoff *onoff, size_t *n);

#endif
