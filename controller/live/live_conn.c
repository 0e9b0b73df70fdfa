/* One connection of the live driver. See live_conn.h for its life. */
#include "controller/live/live_conn.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live_tap.h"
#include "controller/openflow/of_codec.h"

LOG_MODULE(live);

/* A message for so many bytes of a quantum, at least: shorter ones cost as much. */
#define MESSAGE_BYTES 64

/* Of the output queue, what packet-outs leave to the messages that change something. */
#define RESERVE_PARTS 4

/* A buffer that has grown beyond this is not kept while it is empty. */
#define KEEP_BYTES 4096

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
    list_init(&conn->in_ready);
    list_init(&conn->late.node);
    list_init(&conn->stuck.node);
    list_push_back(&live->conns, &conn->in_all);
    live->n_conns++;
    live->counters.connections_opened++;
    door_enter(conn);
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
    list_remove(&conn->in_ready);
    list_remove(&conn->late.node);
    list_remove(&conn->stuck.node);
    door_leave(conn);
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
    list_remove(&conn->late.node);
    list_remove(&conn->stuck.node);
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
    list_remove(&conn->in_ready);
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

/* --- Looking ahead ---------------------------------------------------------------------------- */

/* While a message is handled, what the next ones will need is on its way from memory: with many switches
 * the tables of hosts and ways fit no cache that is near. */
#define FAR 8
#define NEAR 4

/* The next messages, as a ring: where they begin, and what the core has seen of packet-ins. */
struct ahead {
    struct {
        size_t at;
        uint64_t seen;
        bool is_packet;
    } next[2 * FAR];
    unsigned now; /* The one that is handled. */
};

#define AHEAD(a, i) (&(a)->next[((a)->now + (i)) % (2 * FAR)])

/* Where the message after the one at 'at' begins; the end when there is no whole one. */
static size_t after(const struct buf *rx, size_t at)
{
    size_t len;

    return of_frame_split(rx->data + at, rx->len - at, &len) == OF_FRAME_WHOLE ? at + len : rx->len;
}

/* Looks at the message 'i' from now, which begins at 'at'. */
static void ahead_look(struct ahead *a, const struct live_conn *conn, unsigned i, size_t at)
{
    const struct buf *rx = &conn->live->rx;
    const uint8_t *eth = of_frame_peek(rx->data + at, rx->len - at);

    AHEAD(a, i)->at = at;
    AHEAD(a, i)->is_packet = eth != NULL;
    if (eth) {
        AHEAD(a, i)->seen = ctl_look_in_burst(conn->live->ctl, conn->session, eth);
    }
}

/* The first one's fetches begin no earlier than its turn, and still before it is decoded. */
static void ahead_begin(struct ahead *a, const struct live_conn *conn)
{
    const struct buf *rx = &conn->live->rx;
    size_t at = 0;

    a->now = 0;
    for (unsigned i = 0; i <= FAR; i++) {
        ahead_look(a, conn, i, at);
        at = at < rx->len ? after(rx, at) : at;
    }
}

static void ahead_next(struct ahead *a, const struct live_conn *conn)
{
    a->now++;
    ahead_look(a, conn, FAR, after(&conn->live->rx, AHEAD(a, FAR - 1)->at));
    if (AHEAD(a, NEAR)->is_packet) {
        ctl_look_in_burst_again(conn->live->ctl, AHEAD(a, NEAR)->seen);
    }
}

/* Cuts one frame off; false when there is none to be had. */
static bool input_next(struct live_conn *conn, size_t *at)
{
    const uint8_t *data = conn->live->rx.data + *at;
    size_t left = conn->live->rx.len - *at;
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

    if (conn->heard || live->rx.len < 2) {
        return;
    }
    conn->heard = true;
    if (live->rx.data[0] == 0x16 && live->rx.data[1] == 3) {
        live->counters.tls_on_plain++;
        LOG_LIMITED(live->params.log, &live->peer_limit, LOG_WARN,
                    "%s: refused: it speaks TLS on a port for plain OpenFlow", conn->peer);
        conn_close(conn, "TLS on a port for plain OpenFlow");
    }
}

uint8_t *conn_rx_room(struct live_conn *conn, size_t most)
{
    struct buf *rx = &conn->live->rx;

    buf_clear(rx);
    buf_put(rx, conn->rx.data, conn->rx.len);
    buf_reserve(rx, most);
    return rx->data + rx->len;
}

/* Keeps what was not given to the core, from 'at' on. */
static void keep_rest(struct live_conn *conn, size_t at)
{
    const struct buf *rx = &conn->live->rx;

    if (at == rx->len && conn->rx.cap > KEEP_BYTES) {
        buf_fini(&conn->rx);
        conn->rx = BUF_INIT;
    }
    buf_clear(&conn->rx);
    buf_put(&conn->rx, rx->data + at, rx->len - at);
}

/* The rest may be whole frames, which have their turn again, or the beginning of one, which has to
 * become whole in time. 'is_new': it was not the same one before. */
static void await_rest(struct live_conn *conn, bool is_new)
{
    struct live *live = conn->live;
    size_t len;

    conn->has_rest =
        conn->rx.len && of_frame_split(conn->rx.data, conn->rx.len, &len) != OF_FRAME_PARTIAL;
    if (conn->has_rest) {
        conn_ready(conn);
    }
    if (!conn->rx.len || conn->has_rest) {
        list_remove(&conn->late.node);
    } else if (is_new || list_is_empty(&conn->late.node)) {
        wait_begin(&conn->late, &live->late,
                   mono_add(live->params.clock->now, live->params.frame_ns));
    }
}

void conn_received(struct live_conn *conn, size_t n, size_t most)
{
    size_t n_frames = most / MESSAGE_BYTES;
    struct ahead ahead;
    size_t at = 0;

    conn->live->rx.len += n;
    check_beginning(conn);
    if (conn->state == CONN_OPEN) { /* Else there may be no core any more. */
        ahead_begin(&ahead, conn);
    }
    while (conn->state == CONN_OPEN && n_frames && input_next(conn, &at)) {
        n_frames--;
        ahead_next(&ahead, conn);
    }
    if (conn->state == CONN_OPEN) {
        keep_rest(conn, at);
        await_rest(conn, at > 0);
        if (conn->address && ctl_is_up(conn->session)) {
            door_leave(conn);
        }
    } else {
        buf_clear(&conn->rx);
        conn->has_rest = false;
    }
}

void conn_go_on(struct live_conn *conn, size_t most)
{
    conn_rx_room(conn, 0);
    conn_received(conn, 0, most);
}

void conn_is_late(struct live_conn *conn)
{
    struct live *live = conn->live;

    live->counters.frames_late++;
    LOG_LIMITED(live->params.log, &live->peer_limit, LOG_WARN,
                "%s: a message that began has not become whole; closing", conn->peer);
    conn_close(conn, "a message took too long");
}

/* --- Out -------------------------------------------------------------------------------------- */

size_t conn_queued(const struct live_conn *conn)
{
    return conn->tx.len - conn->tx_sent + conn->transport->queued(conn);
}

size_t conn_tx_room(const struct live_conn *conn)
{
    size_t limit = conn->live->params.tx_limit_bytes;
    size_t used = conn_queued(conn);

    return conn->state == CONN_OPEN && used < limit ? limit - used : 0;
}

enum err conn_send(struct live_conn *conn, const struct of_msg *msg)
{
    size_t before = conn->tx.len;
    size_t limit = conn->live->params.tx_limit_bytes;
    enum err err;

    if (conn->state != CONN_OPEN) {
        return ERR_CLOSED;
    }
    if (!conn->tx.data) {
        conn->tx = conn->live->spare_tx;
        conn->live->spare_tx = BUF_INIT;
    }
    err = of_encode(msg, &conn->tx);
    if (err != ERR_OK) {
        return err;
    }
    limit -= msg->type == OF_PACKET_OUT ? limit / RESERVE_PARTS : 0;
    if (conn_queued(conn) > limit) {
        conn->tx.len = before;
        conn->live->counters.sends_refused++;
        return ERR_FULL;
    }
    conn->tx_total += conn->tx.len - before;
    conn_touch(conn);
    return ERR_OK;
}

/* A large buffer that is empty is the next one's who has much to say: so few of them are needed, and that
 * one is in the cache. */
static void give_back_tx(struct live_conn *conn)
{
    struct buf *spare = &conn->live->spare_tx;

    buf_clear(&conn->tx);
    if (conn->tx.cap > KEEP_BYTES) {
        buf_fini(spare);
        *spare = conn->tx;
        conn->tx = BUF_INIT;
    }
}

void conn_tx_done(struct live_conn *conn, size_t n)
{
    conn->tx_sent += n;
    if (conn->tx_sent == conn->tx.len) {
        conn->tx_sent = 0;
        give_back_tx(conn);
    } else if (conn->tx_sent > conn->tx.len / 2) {
        buf_consume(&conn->tx, conn->tx_sent);
        conn->tx_sent = 0;
    }
}

/* A switch that does not read what it is sent is not listened to either, so that what it asks for
 * waits in its own buffers and not in ours. */
static void adjust_listening(struct live_conn *conn)
{
    bool on =
        conn->state != CONN_OPEN || conn_queued(conn) <= conn->live->params.tx_limit_bytes / 2;

    if (on != conn->listening) {
        conn->listening = on;
        list_remove(&conn->in_ready);
        list_remove(&conn->late.node); /* We are late ourselves. */
        conn->transport->listen(conn, on);
        if (on && conn->rx.len) {
            await_rest(conn, true);
        }
    }
}

/* What is queued now has to have left in time, or the switch is stuck. */
static void watch_output(struct live_conn *conn)
{
    struct live *live = conn->live;
    size_t left = conn_queued(conn);

    if (!left || conn->state != CONN_OPEN) {
        list_remove(&conn->stuck.node);
    } else if (list_is_empty(&conn->stuck.node) || conn->tx_total - left >= conn->tx_mark) {
        conn->tx_mark = conn->tx_total;
        wait_begin(&conn->stuck, &live->stuck,
                   mono_add(live->params.clock->now, live->params.stuck_ns));
    }
}

void conn_is_stuck(struct live_conn *conn)
{
    struct live *live = conn->live;

    live->counters.connections_stuck++;
    LOG_LIMITED(live->params.log, &live->peer_limit, LOG_WARN,
                "%s: it does not read what it is sent, %zu bytes wait; closing", conn->peer,
                conn_queued(conn));
    conn_close(conn, "it does not read");
}

void conn_flush(struct live_conn *conn)
{
    if (conn->state == CONN_GONE) {
        return;
    }
    if (conn_queued(conn) && !conn->transport->flush(conn)) {
        conn_lost(conn, "write failed");
        return;
    }
    adjust_listening(conn);
    watch_output(conn);
    if (conn->state == CONN_CLOSING && !conn->shut && !conn_queued(conn)) {
        conn->shut = true;
        conn->transport->shut(conn);
    }
}
