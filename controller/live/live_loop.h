/* What the files of this room share of the loop. Private to this room. */
#ifndef TAMBO_LIVE_LIVE_LOOP_H
#define TAMBO_LIVE_LIVE_LOOP_H

#include <event2/event.h>
#include <sys/socket.h>

#include "controller/base/arena.h"
#include "controller/base/list.h"
#include "controller/core/store_ops.h"
#include "controller/live/live.h"
#include "controller/live/live_door.h"

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
    bool entered; /* Somebody else has used the core in this turn. */
    bool stopping;
    mono_t timer_armed; /* What the timer is set to. */

    struct list listeners; /* struct listener */
    struct list conns;     /* struct live_conn: the open ones, */
    struct list leaving;   /* and those that are on their way out. */
    struct list dirty;     /* Those that want to be flushed at the end of the turn, */
    struct list ready_quiet, ready_greedy, ready_shaking; /* and to be read from (live_ready.c). */
    uint64_t quiet_turn; /* The last one in which a quiet connection has said something. */
    struct list late;    /* struct wait: those whose frame is not whole, */
    struct list stuck;   /* and those whose output does not leave. */
    size_t n_conns;      /* Open and leaving. */

    struct door door; /* live_door.c */

    struct live_tap *tap;          /* NULL: there is none. */
    const struct store_ops *store; /* What 'store_ops' is before (live_tap_store()). */
    struct store_ops store_ops;

    struct live_sflow *sflow; /* live_sflow.c; NULL: no datagrams are taken. */

    struct live_tls *tls;   /* For new connections; NULL: there is no TLS. */
    struct list handshakes; /* struct tls_link, the first to expire in front. */
    size_t n_handshakes;

    struct buf rx;               /* What one connection has sent, being cut into frames. */
    struct buf spare_tx;         /* For whoever has something to say and no buffer. */
    struct arena arena;          /* The message that is being decoded. */
    struct log_limit peer_limit; /* For lines that a peer can provoke. */
    struct log_limit accept_limit;
    struct live_counters counters;
};

/* Writes the clock, once in a turn. Every callback begins with it. */
void live_wake(struct live *live);

/* A deadline in a list of such that are all equally long, so that the first is in front. */
struct wait {
    struct list node;
    mono_t until;
};

/* Begins, or begins anew. */
static inline void wait_begin(struct wait *w, struct list *list, mono_t until)
{
    list_remove(&w->node);
    list_push_back(list, &w->node);
    w->until = until;
}

static inline mono_t wait_first(const struct list *list)
{
    return list_is_empty(list) ? MONO_NEVER : LIST_ENTRY(list->next, struct wait, node)->until;
}

/* live_ready.c: serve those who were ready before the call. The second is true when there were
 * any. */
bool ready_any(const struct live *live);
void ready_serve_quiet(struct live *live);
bool ready_serve_greedy(struct live *live);

/* live_listen.c */
#define LIVE_ADDRESS_LEN 64 /* "[IPv6]:65535", and an IPv6 scope. */

/* "10.0.0.7:6653" or "[fe80::1]:6653", printed into 'out' of LIVE_ADDRESS_LEN bytes (the port is
 * returned) and read. */
uint16_t live_print_address(const struct sockaddr *sa, char *out);
bool live_parse_address(const char *text, struct sockaddr_storage *out, int *len);

void listeners_free(struct live *live);

/* Accepts or does not, as the door and the number of TLS handshakes allow. */
void listeners_update(struct live *live);

/* live_tls.c */
void tls_expire(struct live *live);
mono_t tls_next_deadline(const struct live *live);

#endif
