/* What the files of this room share of the loop. Private to this room. */
#ifndef TAMBO_LIVE_LIVE_LOOP_H
#define TAMBO_LIVE_LIVE_LOOP_H

#include <event2/event.h>

#include "controller/base/arena.h"
#include "controller/base/list.h"
#include "controller/core/store_ops.h"
#include "controller/live/live.h"

struct live {
    struct live_params params; /* With the defaults filled in. */
    struct event_base *base;
    struct event *timer;
    struct event *signals[3];
    live_reload_fn *reload;
    void *reload_aux;

    struct southbound southbound;
    struct ctl *ctl;

    bool awake; /* The clock has been written in this turn. */
    bool stopping;
    mono_t timer_armed;  /* What the timer is set to. */
    mono_t accept_again; /* Accepting is paused until then; MONO_NEVER: it is not paused. */

    struct list listeners; /* struct listener */
    struct list conns;     /* struct live_conn: the open ones, */
    struct list leaving;   /* and those that are on their way out. */
    struct list dirty;     /* Those that want to be flushed at the end of the turn. */
    size_t n_conns;        /* Open and leaving. */

    struct live_tap *tap;          /* NULL: there is none. */
    const struct store_ops *store; /* What 'store_ops' is before (live_tap_store()). */
    struct store_ops store_ops;

    struct live_tls *tls;   /* For new connections; NULL: there is no TLS. */
    struct list handshakes; /* struct tls_link, the first to expire in front. */

    struct arena arena;          /* The message that is being decoded. */
    struct log_limit peer_limit; /* For lines that a peer can provoke. */
    struct log_limit accept_limit;
    struct live_counters counters;
};

/* Writes the clock, once in a turn. Every callback begins with it. */
void live_wake(struct live *live);

/* live_listen.c */
void listeners_pause(struct live *live);
void listeners_resume(struct live *live);
void listeners_free(struct live *live);

/* live_tls.c */
void tls_expire(struct live *live);
mono_t tls_next_deadline(const struct live *live);

#endif
