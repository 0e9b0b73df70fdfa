/* Transport on a bufferevent: whatever libevent can put under one, the other end of a pair in the
 * same process above all. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "controller/live/live_conn.h"

/* What is kept in the bufferevent at most; its other end has to wait. */
#define INPUT_BYTES 262144

static void on_read(struct bufferevent *bev, void *aux)
{
    struct live_conn *conn = aux;

    (void)bev;
    live_wake(conn->live);
    conn_ready(conn);
}

static void receive(struct live_conn *conn, size_t most)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    int n = evbuffer_remove(input, conn_rx_room(conn, most), most);

    if (n > 0) {
        conn->live->counters.bytes_in += (uint64_t)n;
        conn_received(conn, (size_t)n, most);
    }
    if (evbuffer_get_length(input)) {
        conn_ready(conn); /* There is no other call for what has come already. */
    } else if (conn->ended && !conn->has_rest) {
        conn_lost(conn, conn->ended);
    }
}

/* Everything that flush() had handed over has left. */
static void on_drained(struct bufferevent *bev, void *aux)
{
    struct live_conn *conn = aux;

    (void)bev;
    live_wake(conn->live);
    conn_touch(conn);
}

static void on_event(struct bufferevent *bev, short what, void *aux)
{
    struct live_conn *conn = aux;

    live_wake(conn->live);
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        bufferevent_disable(bev, EV_READ | EV_WRITE);
        conn->ended = what & BEV_EVENT_EOF ? "closed by the peer" : "connection failed";
        if (conn->listening) {
            conn_ready(conn); /* What came before is heard. */
        } else {
            conn_lost(conn, conn->ended);
        }
    }
}

static bool flush(struct live_conn *conn)
{
    size_t len;
    const uint8_t *data = conn_tx_pending(conn, &len);

    if (bufferevent_write(conn->bev, data, len) != 0) {
        return false;
    }
    conn_tx_done(conn, len);
    conn->live->counters.bytes_out += len;
    return true;
}

static size_t queued(const struct live_conn *conn)
{
    return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void shut(struct live_conn *conn)
{
    bufferevent_flush(conn->bev, EV_WRITE, BEV_FINISHED);
}

static void listen_or_not(struct live_conn *conn, bool on)
{
    if (on) {
        bufferevent_enable(conn->bev, EV_READ);
        conn_ready(conn); /* Something may have come before. */
    } else {
        bufferevent_disable(conn->bev, EV_READ);
    }
}

static void close_bev(struct live_conn *conn)
{
    bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
    bufferevent_free(conn->bev);
}

static const struct transport_ops bev_ops = {
    .receive = receive,
    .flush = flush,
    .queued = queued,
    .shut = shut,
    .listen = listen_or_not,
    .close = close_bev,
};

void bev_attach(struct live_conn *conn, struct bufferevent *bev)
{
    conn->transport = &bev_ops;
    conn->bev = bev;
    bufferevent_setcb(bev, on_read, on_drained, on_event, conn);
    bufferevent_setwatermark(bev, EV_READ, 0, INPUT_BYTES);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}
