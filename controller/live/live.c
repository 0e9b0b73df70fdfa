/* The loop of the live driver. See live.h. */
#include "controller/live/live.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live_conn.h"
#include "controller/live/live_loop.h"
#include "controller/live/live_sflow.h"
#include "controller/live/live_tap.h"
#include "controller/live/live_tls.h"

LOG_MODULE(live);

#define DEFAULT_TX_LIMIT_BYTES (4u << 20)
#define DEFAULT_MAX_CONNECTIONS 4096
#define DEFAULT_MAX_HANDSHAKES 256

/* --- Time ------------------------------------------------------------------------------------- */

static mono_t monotonic(void *aux)
{
    struct timespec ts;

    (void)aux;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (mono_t){(int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec};
}

void live_wake(struct live *live)
{
    if (!live->awake) {
        live->awake = true;
        live->params.clock->now = live->params.time(live->params.time_aux);
    }
}

/* The timer's only work is to end the wait. */
static void on_timer(evutil_socket_t fd, short what, void *aux)
{
    struct live *live = aux;

    (void)fd;
    (void)what;
    live->timer_armed = MONO_NEVER;
    live_wake(live);
}

mono_t live_next_deadline(const struct live *live)
{
    mono_t next = live->ctl ? ctl_next_deadline(live->ctl) : MONO_NEVER;

    next = mono_min(next, live->door.again);
    next = mono_min(next, tls_next_deadline(live));
    next = mono_min(next, wait_first(&live->late));
    next = mono_min(next, wait_first(&live->stuck));
    for (struct list *e = live->leaving.next; e != &live->leaving; e = e->next) {
        next = mono_min(next, LIST_ENTRY(e, struct live_conn, in_all)->linger_until);
    }
    return next;
}

static void arm_timer(struct live *live)
{
    mono_t next = live_next_deadline(live);
    int64_t wait_ns;
    struct timeval tv;

    if (next.ns == live->timer_armed.ns) {
        return;
    }
    live->timer_armed = next;
    if (mono_is_never(next)) {
        event_del(live->timer);
        return;
    }
    wait_ns = mono_diff_ns(next, live->params.clock->now);
    wait_ns = wait_ns > 0 ? wait_ns : 0;
    tv.tv_sec = (time_t)(wait_ns / NS_PER_S);
    tv.tv_usec = (suseconds_t)((wait_ns % NS_PER_S + NS_PER_US - 1) / NS_PER_US);
    event_add(live->timer, &tv);
}

/* --- Southbound ------------------------------------------------------------------------------- */

static enum err southbound_send(void *aux, void *conn, const struct of_msg *msg)
{
    (void)aux;
    return conn_send(conn, msg);
}

static void southbound_close(void *aux, void *conn)
{
    (void)aux;
    conn_close(conn, "closed by the core");
}

static size_t southbound_tx_room(void *aux, void *conn)
{
    (void)aux;
    return conn_tx_room(conn);
}

const struct southbound *live_southbound(struct live *live)
{
    return &live->southbound;
}

/* --- Construction ----------------------------------------------------------------------------- */

static void set_limits(struct live_params *out, const struct live_params *given)
{
    const struct live_params *p = given;

    out->tx_limit_bytes = p->tx_limit_bytes ? p->tx_limit_bytes : DEFAULT_TX_LIMIT_BYTES;
    out->max_connections = p->max_connections ? p->max_connections : DEFAULT_MAX_CONNECTIONS;
    out->linger_ns = p->linger_ns ? p->linger_ns : NS_PER_S;
    out->handshake_ns = p->handshake_ns ? p->handshake_ns : 10 * NS_PER_S;
    out->frame_ns = p->frame_ns ? p->frame_ns : 10 * NS_PER_S;
    out->stuck_ns = p->stuck_ns ? p->stuck_ns : 30 * NS_PER_S;
    out->accept_per_s = p->accept_per_s;
    out->accept_burst = p->accept_burst;
    out->max_newcomers = p->max_newcomers ? p->max_newcomers : out->max_connections;
    out->max_handshakes = p->max_handshakes ? p->max_handshakes : DEFAULT_MAX_HANDSHAKES;
}

struct live *live_new(const struct live_params *params)
{
    struct live *live = xcalloc(1, sizeof *live);

    live->params = *params;
    live->params.time = params->time ? params->time : monotonic;
    set_limits(&live->params, params);
    live->base = event_base_new();
    if (!live->base) {
        abort(); /* No memory or no kernel object to wait on: nothing can run. */
    }
    live->timer = evtimer_new(live->base, on_timer, live);
    live->timer_armed = MONO_NEVER;
    live->southbound = (struct southbound){.aux = live,
                                           .send = southbound_send,
                                           .close = southbound_close,
                                           .tx_room = southbound_tx_room};
    live->peer_limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    live->accept_limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    list_init(&live->listeners);
    list_init(&live->conns);
    list_init(&live->leaving);
    list_init(&live->dirty);
    list_init(&live->handshakes);
    list_init(&live->ready_quiet);
    list_init(&live->ready_greedy);
    list_init(&live->ready_shaking);
    list_init(&live->late);
    list_init(&live->stuck);
    door_init(live);
    live->params.clock->now = live->params.time(live->params.time_aux);
    return live;
}

void live_free(struct live *live)
{
    struct list *e, *tmp;

    if (!live) {
        return;
    }
    live_tap_stop(live);
    live_sflow_stop(live);
    listeners_free(live);
    LIST_FOR_EACH (e, tmp, &live->conns) {
        conn_free(LIST_ENTRY(e, struct live_conn, in_all));
    }
    LIST_FOR_EACH (e, tmp, &live->leaving) {
        conn_free(LIST_ENTRY(e, struct live_conn, in_all));
    }
    for (size_t i = 0; i < sizeof live->signals / sizeof live->signals[0]; i++) {
        if (live->signals[i]) {
            event_free(live->signals[i]);
        }
    }
    event_free(live->timer);
    event_base_free(live->base);
    live_tls_free(live->tls);
    door_fini(live);
    arena_fini(&live->arena);
    buf_fini(&live->rx);
    buf_fini(&live->spare_tx);
    free(live);
}

void live_drive(struct live *live, struct ctl *ctl)
{
    live->ctl = ctl;
}

void live_adopt_socket(struct live *live, int fd, const char *peer)
{
    struct live_conn *conn = conn_new(live, peer);

    live_wake(live);
    socket_attach(conn, fd);
    conn_start(conn);
}

void live_adopt_tls_socket(struct live *live, int fd, const char *peer)
{
    assert(live->tls && "live_set_tls() comes first");
    live_wake(live);
    tls_attach(conn_new(live, peer), fd);
}

void live_set_tls(struct live *live, struct live_tls *tls)
{
    live_tls_free(live->tls);
    live->tls = tls;
}

void live_adopt(struct live *live, struct bufferevent *bev, const char *peer)
{
    struct live_conn *conn = conn_new(live, peer);

    live_wake(live);
    bev_attach(conn, bev);
    conn_start(conn);
}

struct event_base *live_base(struct live *live)
{
    return live->base;
}

void live_set_limits(struct live *live, const struct live_params *params)
{
    set_limits(&live->params, params);
    door_set_limits(live);
}

const struct live_counters *live_counters(const struct live *live)
{
    return &live->counters;
}

size_t live_n_connections(const struct live *live)
{
    return live->n_conns;
}

size_t live_queued_bytes(const struct live *live)
{
    size_t sum = 0;

    for (struct list *e = live->conns.next; e != &live->conns; e = e->next) {
        sum += conn_queued(LIST_ENTRY(e, struct live_conn, in_all));
    }
    for (struct list *e = live->leaving.next; e != &live->leaving; e = e->next) {
        sum += conn_queued(LIST_ENTRY(e, struct live_conn, in_all));
    }
    return sum;
}

/* --- The loop --------------------------------------------------------------------------------- */

/* Tells the core of every connection that stopped being open in this turn. What the core does about
 * one may close others, which then follow in the same pass. */
static void report_closed(struct live *live)
{
    bool again;

    do {
        struct list *e, *tmp;

        again = false;
        LIST_FOR_EACH (e, tmp, &live->leaving) {
            struct live_conn *conn = LIST_ENTRY(e, struct live_conn, in_all);

            if (conn->session) {
                struct session *session = conn->session;

                conn->session = NULL;
                if (live->tap) {
                    tap_gone(conn);
                }
                ctl_disconnected(live->ctl, session);
                again = true;
            }
        }
    } while (again);
}

static void flush_dirty(struct live *live)
{
    struct list *e;

    while ((e = list_pop_front(&live->dirty))) {
        conn_flush(LIST_ENTRY(e, struct live_conn, in_dirty));
    }
}

static void reap(struct live *live)
{
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &live->leaving) {
        struct live_conn *conn = LIST_ENTRY(e, struct live_conn, in_all);

        if (conn_is_over(conn)) {
            conn_free(conn);
        }
    }
}

/* Closes those whose frame or whose output has waited too long. */
static void run_waits(struct live *live)
{
    mono_t now = live->params.clock->now;

    while (mono_due(wait_first(&live->late), now)) {
        struct list *e = list_pop_front(&live->late);

        conn_is_late(CONTAINER_OF(LIST_ENTRY(e, struct wait, node), struct live_conn, late));
    }
    while (mono_due(wait_first(&live->stuck), now)) {
        struct list *e = list_pop_front(&live->stuck);

        conn_is_stuck(CONTAINER_OF(LIST_ENTRY(e, struct wait, node), struct live_conn, stuck));
    }
}

struct ctl *live_enter(struct live *live)
{
    live_wake(live);
    live->entered = true;
    return live->ctl;
}

static bool core_is_due(const struct live *live)
{
    return live->ctl &&
           (live->entered || mono_due(ctl_next_deadline(live->ctl), live->params.clock->now));
}

static void finish_turn(struct live *live)
{
    live_wake(live);
    live->counters.turns++;
    ready_serve_quiet(live);
    if (core_is_due(live)) {
        if (live->tap) {
            tap_runs(live);
        }
        ctl_run(live->ctl);
    }
    tls_expire(live);
    run_waits(live);
    report_closed(live);
    flush_dirty(live);
    if (ready_serve_greedy(live)) {
        report_closed(live);
        flush_dirty(live);
    }
    report_closed(live);
    reap(live);
    door_run(live);
    if (live->tap) {
        tap_turn_ends(live);
    }
    live->awake = live->entered = false;
}

void live_turn(struct live *live, bool wait)
{
    int flags = EVLOOP_ONCE;

    if (wait && list_is_empty(&live->dirty) && !ready_any(live)) {
        arm_timer(live);
    } else {
        flags |= EVLOOP_NONBLOCK;
    }
    event_base_loop(live->base, flags);
    finish_turn(live);
}

void live_run(struct live *live)
{
    while (!live->stopping || live->n_conns) {
        live_turn(live, true);
    }
}

void live_stop(struct live *live)
{
    struct list *e, *tmp;

    live_wake(live);
    live->stopping = true;
    live_tap_stop(live);
    live_sflow_stop(live);
    live->ctl = NULL; /* It would repair a network that seems to lose switch after switch. */
    listeners_free(live);
    LIST_FOR_EACH (e, tmp, &live->conns) {
        struct live_conn *conn = LIST_ENTRY(e, struct live_conn, in_all);

        conn->session = NULL;
        conn_close(conn, "stopping");
    }
    /* Those that were lost in this turn, of which the core has not been told either. */
    LIST_FOR_EACH (e, tmp, &live->leaving) {
        LIST_ENTRY(e, struct live_conn, in_all)->session = NULL;
    }
}

/* --- Signals ---------------------------------------------------------------------------------- */

static void on_stop_signal(evutil_socket_t number, short what, void *aux)
{
    struct live *live = aux;

    (void)what;
    live_wake(live);
    LOG_INFO(live->params.log, "signal %d: stopping", (int)number);
    live_stop(live);
}

static void on_reload_signal(evutil_socket_t number, short what, void *aux)
{
    struct live *live = aux;

    (void)number;
    (void)what;
    live_wake(live);
    live->reload(live->reload_aux);
}

void live_catch_signals(struct live *live, live_reload_fn *reload, void *aux)
{
    assert(!live->signals[0] && "signals are caught once");
    live->reload = reload;
    live->reload_aux = aux;
    live->signals[0] = evsignal_new(live->base, SIGTERM, on_stop_signal, live);
    live->signals[1] = evsignal_new(live->base, SIGINT, on_stop_signal, live);
    live->signals[2] = evsignal_new(live->base, SIGHUP, on_reload_signal, live);
    for (size_t i = 0; i < sizeof live->signals / sizeof live->signals[0]; i++) {
        event_add(live->signals[i], NULL);
    }
}
