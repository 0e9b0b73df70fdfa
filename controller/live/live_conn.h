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

/* One connection takes no more of the kernel's time for writing in a turn. */
#define FLUSH_BYTES ((size_t)262144)

/* What carries the bytes. A transport calls conn_ready() when there is something to read and
 * conn_touch() when a flush that did not finish may be tried again. */
struct transport_ops {
    /* Reads once, 'most' bytes at most, to where conn_rx_room() says, and calls conn_received(), or
     * conn_lost() when the peer is gone. */
    void (*receive)(struct live_conn *conn, size_t most);

    /* Sends from conn_tx_pending(), FLUSH_BYTES at most, says how much with conn_tx_done(), remembers to go on later when
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
    struct list in_ready; /* live->ready_*: wants to be read from. */
    struct live *live;
    struct session *session; /* NULL once the core has been told that it is gone. */
    char *peer;
    const char *why; /* Why it is not open any more. */
    enum conn_state state;
    bool shut;         /* Our direction has been shut down. */
    bool listening;    /* The transport is reading. */
    bool heard;        /* The first bytes were OpenFlow's, as far as one could see. */
    bool shaking;      /* In a TLS handshake. */
    bool has_rest;     /* 'rx' begins with a whole frame. */
    unsigned n_greedy; /* Not 0: it brings much (live_ready.c). */
    mono_t linger_until;

    struct address *address; /* live_door.c; NULL: its switch has come up. */

    struct buf rx;     /* Received and not yet given to the core. */
    struct wait late;  /* The rest of a frame is waited for: live->late. */
    struct buf tx;     /* The core encodes into this. */
    size_t tx_sent;    /* Bytes at the start of 'tx' that have left. */
    uint64_t tx_total; /* Bytes that were ever queued. */
    uint64_t tx_mark;  /* So many have to have left... */
    struct wait stuck; /* ...when this is over: live->stuck. */

    struct tap_conn *tap; /* live_tap.c; NULL until there is a tap and something passes. */

    const struct transport_ops *transport;
    int fd; /* live_socket.c, live_tls.c */
    struct event *readable, *writable;
    struct tls_link *tls;    /* live_tls.c */
    struct bufferevent *bev; /* live_bev.c */
    const char *ended;       /* With 'bev': nothing comes behind what it has. */
};

/* A connection that has no transport yet. */
struct live_conn *conn_new(struct live *live, const char *peer);

/* Greets: tells the core. The transport is ready. */
void conn_start(struct live_conn *conn);

/* --- For transports --------------------------------------------------------------------------- */

/* There is something to read (live_ready.c). */
void conn_ready(struct live_conn *conn);

/* Where to put what is read, up to 'most' bytes; valid until conn_received(). */
uint8_t *conn_rx_room(struct live_conn *conn, size_t most);

/* 'n' bytes have been put there. Of the frames that are whole now, so many are given to the core as
 * 'most' bytes entitle to. */
void conn_received(struct live_conn *conn, size_t n, size_t most);

/* The same without a read: what the last one has left over. */
void conn_go_on(struct live_conn *conn, size_t most);
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

/* Bytes that have been sent and have not left. */
size_t conn_queued(const struct live_conn *conn);

/* Bytes that may still be queued: southbound.tx_room(). */
size_t conn_tx_room(const struct live_conn *conn);

/* Stops input and lets the output drain: southbound.close(). */
void conn_close(struct live_conn *conn, const char *why);

/* Writes what is queued. */
void conn_flush(struct live_conn *conn);

/* Its wait in live->late or live->stuck is over. */
void conn_is_late(struct live_conn *conn);
void conn_is_stuck(struct live_conn *conn);

/* True when nothing is left to do for it. */
bool conn_is_over(const struct live_conn *conn);

void conn_free(struct live_conn *conn);

/* --- Transports ------------------------------------------------------------------------------- */

void socket_attach(struct live_conn *conn, int fd);
void tls_attach(struct live_conn *conn, int fd); /* live_tls.c; starts the connection itself. */
void bev_attach(struct live_conn *conn, struct bufferevent *bev);

/* For transports on a socket: makes the socket ready, says conn_ready() when it is readable, touches
 * the connection when it is writable again and conn->writable was added. */
void socket_open(struct live_conn *conn, int fd, const struct transport_ops *ops);
void socket_listen(struct live_conn *conn, bool on);
void socket_close(struct live_conn *conn);

#endif
