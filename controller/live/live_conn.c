/* One connection of the live driver. See live_conn.h for its life. */
#include "controller/live/live_conn.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live_tap.h"
#include "controller/openflow/of_codec.h"

LOG_MODULE(live);

/* --- Life ------------------------------------------------------------------------------------- */

struct live_conn *conn_new(struct live *live, const char *peer)
{
    struct live_conn *conn = xcalloc(1, sizeof *conn);

    conn->live = live;
    conn->peer = xstrdup(peer);
    conn->state = CONN_OPEN;
    conn->listening = true;
    conn->linger_until = MONO_NEVER;
    conn->fd = -1;
    list_init(&conn->in_dirty);
    list_push_back(&live->conns, &conn->in_all);
    live->n_conns++;
    live->counters.connections_opened++;
    return conn;
}

void conn_start(struct live_conn *conn)
{
    LOG_DEBUG(conn->live->params.log, "%s: connected", conn->peer);
    if (conn->live->tap) {
        tap_opened(conn);
    }
    conn->session = ctl_connected(conn->live->ctl, conn, conn->peer);
    conn_touch(conn);
}

void conn_free(struct live_conn *conn)
{
    struct live *live = conn->live;

    LOG_DEBUG(live->params.log, "%s: closed: %s", conn->peer, conn->why ? conn->why : "stopped");
    conn->transport->close(conn);
    list_remove(&conn->in_all);
    list_remove(&conn->in_dirty);
    live->n_conns--;
    live->counters.connections_closed++;
    buf_fini(&conn->rx);
    buf_fini(&conn->tx);
    free(conn->peer);
    free(conn);
}

void conn_touch(struct live_conn *conn)
{
    if (list_is_empty(&conn->in_dirty)) {
        list_push_back(&conn->live->dirty, &conn->in_dirty);
    }
}

/* The first step out. */
static void leave(struct live_conn *conn, const char *why)
{
    conn->why = why;
    list_remove(&conn->in_all);
    list_push_back(&conn->live->leaving, &conn->in_all);
}

void conn_close(struct live_conn *conn, const char *why)
{
    if (conn->state != CONN_OPEN) {
        return;
    }
    leave(conn, why);
    conn->state = CONN_CLOSING;
    conn->linger_until = mono_add(conn->live->params.clock->now, conn->live->params.linger_ns);
    conn_touch(conn);
}

void conn_lost(struct live_conn *conn, const char *why)
{
    if (conn->state == CONN_OPEN) {
        leave(conn, why);
    }
    conn->state = CONN_GONE;
}

bool conn_is_over(const struct live_conn *conn)
{
    return !conn->session && (conn->state == CONN_GONE ||
                              mono_due(conn->linger_until, conn->live->params.clock->now));
}

/* --- In --------------------------------------------------------------------------------------- */

/* Gives one whole frame to the core. */
static void input_frame(struct live_conn *conn, const uint8_t *frame, size_t len)
{
    struct live *live = conn->live;
    struct of_msg msg;
    enum of_err err;

    live->counters.frames_in++;
    if (live->tap) {
        tap_received(conn, frame, len);
    }
    arena_reset(&live->arena);
    err = of_decode(frame, len, &live->arena, &msg);
    if (err == OF_OK) {
        ctl_input(live->ctl, conn->session, &msg);
        return;
    }
    live->counters.frames_bad++;
    ctl_input_bad(live->ctl, conn->session, &msg, err, frame, len);
}

/* The stream cannot be followed any further: a length below 8 (§7.1) leaves no place where the next
 * message could begin. The core answers, and the connection ends. */
static void input_lost_track(struct live_conn *conn, const uint8_t *data, size_t len)
{
    struct live *live = conn->live;
    struct of_msg head = {.version = data[0]};
    size_t n = len < OF_HEADER_LEN ? len : OF_HEADER_LEN;

    if (n == OF_HEADER_LEN) {
        struct rd r = rd_init(data + 4, 4);

        head.xid = rd_u32(&r);
    }
    live->counters.streams_bad++;
    LOG_LIMITED(live->params.log, &live->peer_limit, LOG_WARN,
                "%s: a message of %u bytes, less than its header; closing", conn->peer,
                (unsigned)data[2] << 8 | data[3]);
    if (live->tap) {
        tap_received(conn, data, n);
    }
    ctl_input_bad(live->ctl, conn->session, &head, OF_ERR_BAD_LEN, data, n);
    conn_close(conn, "length below 8");
}

/* Cuts one frame off; false when there is none to be had. */
static bool input_next(struct live_conn *conn, size_t *at)
{
    const uint8_t *data = conn->rx.data + *at;
    size_t left = conn->rx.len - *at;
    size_t len;

    switch (of_frame_split(data, left, &len)) {
    case OF_FRAME_WHOLE:
        input_frame(conn, data, len);
        *at += len;
        return true;
    case OF_FRAME_PARTIAL:
        return false;
    case OF_FRAME_BAD:
        input_lost_track(conn, data, left);
        return false;
    }
    return false;
}

/* A switch that wants TLS begins with a handshake record (RFC 8446 §5.1), which would pass for an
 * OpenFlow message of an odd version. */
static void check_beginning(struct live_conn *conn)
{
    struct live *live = conn->live;

    if (conn->heard || conn->rx.len < 2) {
        return;
    }
    conn->heard = true;
    if (conn->rx.data[0] == 0x16 && conn->rx.data[1] == 3) {
        live->counters.tls_on_plain++;
        LOG_LIMITED(live->params.log, &live->peer_limit, LOG_WARN,
                    "%s: refused: it speaks TLS on a port for plain OpenFlow", conn->peer);
        conn_close(conn, "TLS on a port for plain OpenFlow");
    }
}

void conn_received(struct live_conn *conn)
{
    size_t at = 0;

    check_beginning(conn);
    while (conn->state == CONN_OPEN && input_next(conn, &at)) {
    }
    if (conn->state == CONN_OPEN) {
        buf_consume(&conn->rx, at);
    } else {
        buf_clear(&conn->rx);
    }
}

/* --- Out -------------------------------------------------------------------------------------- */

static size_t queued(const struct live_conn *conn)
{
    return conn->tx.len - conn->tx_sent + conn->transport->queued(conn);
}

size_t conn_tx_room(const struct live_conn *conn)
{
    size_t limit = conn->live->params.tx_limit_bytes;
    size_t used = queued(conn);

    return conn->state == CONN_OPEN && used < limit ? limit - used : 0;
}

enum err conn_send(struct live_conn *conn, const struct of_msg *msg)
{
    size_t before = conn->tx.len;
    enum err err;

    if (conn->state != CONN_OPEN) {
        return ERR_CLOSED;
    }
    err = of_encode(msg, &conn->tx);
    if (err != ERR_OK) {
        return err;
    }
    if (queued(conn) > conn->live->params.tx_limit_bytes) {
        conn->tx.len = before;
        conn->live->counters.sends_refused++;
        return ERR_FULL;
    }
    conn_touch(conn);
    return ERR_OK;
}

void conn_tx_done(struct live_conn *conn, size_t n)
{
    conn->tx_sent += n;
    if (conn->tx_sent == conn->tx.len) {
        buf_clear(&conn->tx);
        conn->tx_sent = 0;
    } else if (conn->tx_sent > conn->tx.len / 2) {
        buf_consume(&conn->tx, conn->tx_sent);
        conn->tx_sent = 0;
    }
}

/* A switch that does not read what it is sent is not listened to either, so that what it asks for
 * waits in its own buffers and not in ours. */
static void adjust_listening(struct live_conn *conn)
{
    bool on = conn->state != CONN_OPEN || queued(conn) <= conn->live->params.tx_limit_bytes / 2;

    if (on != conn->listening) {
        conn->listening = on;
        conn->transport->listen(conn, on);
    }
}

void conn_flush(struct live_conn *conn)
{
    if (conn->state == CONN_GONE) {
        return;
    }
    if (queued(conn) && !conn->transport->flush(conn)) {
        conn_lost(conn, "write failed");
        return;
    }
    adjust_listening(conn);
    if (conn->state == CONN_CLOSING && !conn->shut && !queued(conn)) {
        conn->shut = true;
        conn->transport->shut(conn);
    }
}
