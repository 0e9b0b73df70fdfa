/* Tables that begin full: the steady state of session-level traffic, drawn and installed.
 *
 * With empty tables every session is a miss, which may be more than a controller can do; and with long
 * holding times it takes several of them until the tables are as full as they will be. So a run may begin
 * where it would end up.
 *
 * What is drawn. Every pair is ON with its own probability, independently (session_traffic_populate()).
 * Where a switch has a session to a destination, its entry is there. Where it has none, none has been for
 * an exponential time of rate a = n lambda_d, n sources that have been OFF: an alternating process looks the
 * same backwards, whatever the law of the sessions. The entry is there if its holding time is longer.
 *
 *   HOLD_FIXED         1 − e^(−aT) have an entry; it has been idle for an exponential time below T
 *   HOLD_EXPONENTIAL   aT/(1 + aT); it stays for another exponential time of mean T
 *
 * One draw for each entry (HOLD_PER_ENTRY) has no such simple state: how long an entry has lived counts.
 *
 * How it is installed. One switch each millisecond: the first frames of all that are to have an entry come
 * in, are packet-ins, and go through the controller, whose service takes no time meanwhile, and whose
 * packet-outs are forgotten (that is the caller's part). Switch and controller therefore know the entries as
 * those of any session. An entry without a session is then given what is left of its idle time, as counted
 * from the beginning of the traffic. */
#ifndef TAMBO_WORLD_SESSION_FILL_H
#define TAMBO_WORLD_SESSION_FILL_H

#include "models/holding.h"
#include "simnet/world/session_load.h"

struct session_fill;

struct session_fill_params {
    struct session_traffic *traffic; /* Without sessions, standing still; borrowed. */
    const double *lambda_per_s;      /* By destination; borrowed. */
    double hold_s;
    enum hold_law law; /* HOLD_FIXED or HOLD_EXPONENTIAL. */
    mono_t begin_at;   /* Of the traffic. */
    const char *stream;
};

/* What it takes, from now until the last switch has its frames, so 'begin_at' is later than that. */
int64_t session_fill_ns(const struct world *world);

/* Begins now: the sessions are there at once, and misses nothing. */
struct session_fill *session_fill_new(struct session_load *load,
                                      const struct session_fill_params *params);

/* Before the traffic begins: from now on sessions ask. NULL is fine. */
void session_fill_free(struct session_fill *fill);

/* Entries that were asked for: of sessions, and of none. */
uint64_t session_fill_n_entries(const struct session_fill *fill);

#endif
