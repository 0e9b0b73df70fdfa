/* One connection: bytes in, frames to the core, messages out. Private to this room.
 *
 *      OPEN ──core closes, bad stream, stop──▶ CLOSING ──all sent, or too slow──▶ (freed)
 *       │                                        │
 *       └──────────peer gone, error──▶ GONE ◀────┘ ──end of the turn──▶ (freed)
 *
 * A connection leaves the core (ctl_disconnected()) at the end of the turn in which it stopped being
 * OPEN. It leaves the world later: while CLOSING, what was sent before drains, then our direction is
 * shut down and the peer's is read and thrown away until it ends, because closing a socket with
 * unread input would reset it and the peer might never see our error message. */
#ifndef TAMBO_LIVE_LIVE_CONN_H
#define TAMBO_LIVE_LIVE_CONN_H

#include <event2/event.h>

#include "controller/base/buf.h"
#include "controller/base/list.h"
#include "controller/live/live.h"
#include "controller/live/live_loop.h"

struct live_conn;

/* What carries the bytes. A transport appends what it reads to conn->rx and calls
 * conn_received(), or conn_lost() when the peer is gone; it calls conn_touch() when a flush that did
 * not finish may be tried again. It never calls back from inside its own functions. */
struct transport_ops {
    /* Sends from conn_tx_pending(), says how much with conn_tx_done(), remembers to go on later when
     * not everything was taken. False when the connection is broken. */
    bool (*flush)(struct live_conn *conn);

    /* Bytes that flush() has taken and the system has not. */
    size_t (*queued)(const struct live_conn *conn);

    /* Nothing more will be sent: tells the peer. */
    void (*shut)(struct live_conn *conn);

    /* Reads or does not read for a while. */
    void (*listen)(struct live_conn *conn, bool on);

    void (*close)(struct live_conn *conn);
};

enum conn_state { CONN_OPEN, CONN_CLOSING, CONN_GONE };

struct live_conn {
    struct list in_all;   /* live->conns or live->leaving. */
    struct list in_dirty; /* live->dirty: wants to be flushed at the end of the turn. */
    struct live *live;
    struct session *session; /* NULL once the core has been told that it is gone. */
    char *peer;
    const char *why; /* Why it is not open any more. */
    enum conn_state state;
    bool shut;      /* Our direction has been shut down. */
    bool listening; /* The transport is reading. */
    bool heard;     /* The first bytes were OpenFlow's, as far as one could see. */
    mono_t linger_until;

    struct buf rx;  /* Received and not yet cut into frames. */
    struct buf tx;  /* The core encodes into this. */
    size_t tx_sent; /* Bytes at the start of 'tx' that have left. */

    struct tap_conn *tap; /* live_tap.c; NULL until there is a tap and something passes. */

    const struct transport_ops *transport;
    int fd; /* live_socket.c, live_tls.c */
    struct event *readable, *writable;
    struct tls_link *tls;    /* live_tls.c */
    struct bufferevent *bev; /* live_bev.c */
};

/* A connection that has no transport yet. */
struct live_conn *conn_new(struct live *live, const char *peer);

/* Greets: tells the core. The transport is ready. */
void conn_start(struct live_conn *conn);

/* --- For transports --------------------------------------------------------------------------- */

void conn_received(struct live_conn *conn);
void conn_lost(struct live_conn *conn, const char *why);
void conn_touch(struct live_conn *conn);
static inline const uint8_t *conn_tx_pending(const struct live_conn *conn, size_t *len)
{
    *len = conn->tx.len - conn->tx_sent;
    return conn->tx.data + conn->tx_sent;
}
void conn_tx_done(struct live_conn *conn, size_t n);

/* --- For the loop ----------------------------------------------------------------------------- */

/* Encodes 'msg' into the queue: southbound.send(). */
enum err conn_send(struct live_conn *conn, const struct of_msg *msg);

/* Bytes that may still be queued: southbound.tx_room(). */
size_t conn_tx_room(const struct live_conn *conn);

/* Stops input and lets the output drain: southbound.close(). */
void conn_close(struct live_conn *conn, const char *why);

/* Writes what is queued. */
void conn_flush(struct live_conn *conn);

/* True when nothing is left to do for it. */
bool conn_is_over(const struct live_conn *conn);

void conn_free(struct live_conn *conn);

/* --- Transports ------------------------------------------------------------------------------- */

void socket_attach(struct live_conn *conn, int fd);
void tls_attach(struct live_conn *conn, int fd); /* live_tls.c; starts the connection itself. */
void bev_attach(struct live_conn *conn, struct bufferevent *bev);

/* For transports on a socket: makes the socket ready, calls 'on_input' with 'conn', touches the
 * connection when the socket is writable again and conn->writable was added. */
void socket_open(struct live_conn *conn, int fd, const struct transport_ops *ops,
                 event_callback_fn on_input);
void socket_listen(struct live_conn *conn, bool on);
void socket_close(struct live_conn *conn);

#endif
