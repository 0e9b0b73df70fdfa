/* The live driver: the core on real connections, on one libevent loop.
 *
 * It does what controller/core/ctl.h asks of a driver and decides nothing itself: it moves bytes,
 * cuts them into frames, gives them to the core, writes what the core sends, and keeps the clock. A
 * turn of the loop is
 *
 *      wait ─▶ clock ─▶ read every ready connection once ─▶ ctl_input() for each frame
 *           ─▶ ctl_run() if due ─▶ write every connection with something to say once ─▶ arm the timer
 *
 * so that everything that happens in one turn sees the same instant and however many messages a
 * packet-in causes, they leave in one write. Connections with much to say are read after the others,
 * and each no further than its share of the turn (live_ready.c). live_conn.c is one connection;
 * live_socket.c, live_tls.c and live_bev.c are the kinds of transport under it; live_door.c says how
 * fast connections may come. */
#ifndef TAMBO_LIVE_LIVE_H
#define TAMBO_LIVE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/core/southbound.h"

struct bufferevent;
struct ctl;
struct live;
struct live_tls;

/* The instant at which a turn happens. Must not go backwards. */
typedef mono_t live_time_fn(void *aux);

struct live_params {
    struct clock *clock; /* Borrowed; written by the driver only. */
    struct log *log;     /* Borrowed; NULL: silent. */
    live_time_fn *time;  /* NULL: CLOCK_MONOTONIC. Tests own theirs. */
    void *time_aux;
    size_t tx_limit_bytes;    /* Queued on one connection before send() refuses; 0: 4 MiB. */
    unsigned max_connections; /* Further ones are refused; 0: 4 096. */
    int64_t linger_ns;        /* How long a closing connection may take to drain; 0: 1 s. */
    int64_t handshake_ns;     /* How long a TLS handshake may take; 0: 10 s. */
    int64_t frame_ns;         /* How long a message may take from its first byte; 0: 10 s. */
    int64_t stuck_ns;         /* How long what was sent may wait to leave; 0: 30 s. */

    /* New connections (live_door.h). */
    uint32_t accept_per_s;   /* 0: any number. */
    uint32_t accept_burst;   /* At once. */
    unsigned max_newcomers;  /* Of one address; 0: any number.  */
    unsigned max_handshakes; /* Of TLS under way; 0: 256. */
    uint64_t seed;           /* Of the pauses. */
};

struct live *live_new(const struct live_params *params);

/* Drops every connection without a word and frees everything. The core is not called, so it may be
 * freed before. NULL is fine. */
void live_free(struct live *live);

/* What the core is given; valid as long as 'live'. */
const struct southbound *live_southbound(struct live *live);

/* Says which core is driven (borrowed). Before this no connection may come. */
void live_drive(struct live *live, struct ctl *ctl);

/* --- Connections ------------------------------------------------------------------------------ */

/* Listens on "ADDRESS:PORT" or "[IPV6]:PORT"; port 0 takes a free one, and the log says which.
 * ERR_SYNTAX or ERR_IO (already logged). */
enum err live_listen(struct live *live, const char *address);

/* The same for TLS (live_tls.h). Needs live_set_tls() before. */
enum err live_listen_tls(struct live *live, const char *address);

/* The credentials of TLS connections that come from now on; takes 'tls'. Open ones keep theirs. */
void live_set_tls(struct live *live, struct live_tls *tls);

/* Stops listening on 'address'; its connections stay. ERR_NOTFOUND when it was not listened on. */
enum err live_unlisten(struct live *live, const char *address);

/* The port that 'address' has got, 0 when it is not listened on. */
uint16_t live_port(const struct live *live, const char *address);

/* Takes the connected socket 'fd'; 'peer' (copied) is its name in the log. */
void live_adopt_socket(struct live *live, int fd, const char *peer);

/* The same; the peer is a TLS client. */
void live_adopt_tls_socket(struct live *live, int fd, const char *peer);

/* Takes a connected bufferevent of this loop (live_base()) made with BEV_OPT_DEFER_CALLBACKS, for
 * example one end of a bufferevent_pair. */
void live_adopt(struct live *live, struct bufferevent *bev, const char *peer);

struct event_base *live_base(struct live *live);

/* --- The loop --------------------------------------------------------------------------------- */

/* One turn. With 'wait' it sleeps until something happens or a deadline comes; without, it does what
 * can be done at the instant that the time function says, and returns. */
void live_turn(struct live *live, bool wait);

/* For whoever uses the core in a callback of their own on live_base(): first this, then the core. It
 * writes the clock, and the core runs at the end of the turn, whatever its deadline. NULL after
 * live_stop(): the core is not to be entered any more. */
struct ctl *live_enter(struct live *live);

/* Turns until live_stop() and until every connection has left. */
void live_run(struct live *live);

/* Stops listening, lets go of the core, which hears nothing any more, and closes every connection
 * once what was sent has left. */
void live_stop(struct live *live);

/* SIGTERM and SIGINT stop the loop; SIGHUP calls 'reload' between two messages. */
typedef void live_reload_fn(void *aux);
void live_catch_signals(struct live *live, live_reload_fn *reload, void *aux);

/* Changes the limits while running to those of 'params', of which nothing else is looked at; they
 * hold from the next message or connection on. */
void live_set_limits(struct live *live, const struct live_params *params);

/* When live_turn() wants to be called next, whatever comes in: for whoever owns the time. */
mono_t live_next_deadline(const struct live *live);

/* --- Counters --------------------------------------------------------------------------------- */

#define LIVE_COUNTERS(X)                                                                           \
    X(connections_opened)                                                                          \
    X(connections_refused)                                                                         \
    X(connections_closed)                                                                          \
    X(connections_stuck)                                                                           \
    X(accept_errors)                                                                               \
    X(accept_pauses)                                                                               \
    X(bytes_in)                                                                                    \
    X(bytes_out)                                                                                   \
    X(frames_in)                                                                                   \
    X(frames_bad)                                                                                  \
    X(frames_late)                                                                                 \
    X(streams_bad)                                                                                 \
    X(sends_refused)                                                                               \
    X(tls_accepted)                                                                                \
    X(tls_plain_peers)                                                                             \
    X(tls_on_plain)                                                                                \
    X(tls_expired)                                                                                 \
    X(tls_wrong_ca)                                                                                \
    X(tls_no_certificate)                                                                          \
    X(tls_no_dpid)                                                                                 \
    X(tls_distrusted)                                                                              \
    X(tls_timeouts)                                                                                \
    X(tls_failed)                                                                                  \
    X(sflow_datagrams)                                                                             \
    X(sflow_too_long)                                                                              \
    X(turns)

struct live_counters {
#define X(name) uint64_t name;
    LIVE_COUNTERS(X)
#undef X
};

const struct live_counters *live_counters(const struct live *live);

size_t live_n_connections(const struct live *live);

/* Bytes that wait to be sent, of all connections. */
size_t live_queued_bytes(const struct live *live);

#endif
