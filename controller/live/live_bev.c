/* Transport on a bufferevent: whatever libevent can put under one, the other end of a pair in the
 * same process above all. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "controller/live/live_conn.h"

static void on_read(struct bufferevent *bev, void *aux)
{
    struct live_conn *conn = aux;
    struct evbuffer *input = bufferevent_get_input(bev);
    size_t n = evbuffer_get_length(input);

    live_wake(conn->live);
    conn->live->counters.bytes_in += n;
    evbuffer_remove(input, buf_put_uninit(&conn->rx, n), n);
    conn_received(conn);
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
        conn_lost(conn, what & BEV_EVENT_EOF ? "closed by the peer" : "connection failed");
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
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}
