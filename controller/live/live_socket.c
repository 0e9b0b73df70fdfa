/* Transport on a plain socket: one read and one write in a turn of the loop, no copy in between. The
 * kernel is asked whether the socket is writable only after it has once taken less than all. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/live/live_conn.h"

static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct live_conn *conn = aux;

    (void)fd;
    (void)what;
    live_wake(conn->live);
    conn_ready(conn);
}

static void receive(struct live_conn *conn, size_t most)
{
    ssize_t n = recv(conn->fd, conn_rx_room(conn, most), most, 0);

    if (n > 0) {
        conn->live->counters.bytes_in += (uint64_t)n;
        conn_received(conn, (size_t)n, most);
    } else if (n == 0) {
        event_del(conn->readable);
        conn_lost(conn, "closed by the peer");
    } else if (errno != EAGAIN && errno != EINTR) {
        event_del(conn->readable);
        conn_lost(conn, "read failed");
    }
}

static void on_writable(evutil_socket_t fd, short what, void *aux)
{
    struct live_conn *conn = aux;

    (void)fd;
    (void)what;
    live_wake(conn->live);
    conn_touch(conn);
}

static bool flush(struct live_conn *conn)
{
    size_t len;
    const uint8_t *data = conn_tx_pending(conn, &len);
    ssize_t n = send(conn->fd, data, len < FLUSH_BYTES ? len : FLUSH_BYTES, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return false;
    }
    conn_tx_done(conn, n > 0 ? (size_t)n : 0);
    conn->live->counters.bytes_out += n > 0 ? (uint64_t)n : 0;
    if (conn->tx.len) {
        event_add(conn->writable, NULL);
    }
    return true;
}

static size_t queued(const struct live_conn *conn)
{
    (void)conn;
    return 0;
}

static void shut(struct live_conn *conn)
{
    shutdown(conn->fd, SHUT_WR);
}

void socket_listen(struct live_conn *conn, bool on)
{
    if (on) {
        event_add(conn->readable, NULL);
    } else {
        event_del(conn->readable);
    }
}

void socket_close(struct live_conn *conn)
{
    event_free(conn->readable);
    event_free(conn->writable);
    close(conn->fd);
}

static const struct transport_ops socket_ops = {
    .receive = receive,
    .flush = flush,
    .queued = queued,
    .shut = shut,
    .listen = socket_listen,
    .close = socket_close,
};

void socket_open(struct live_conn *conn, int fd, const struct transport_ops *ops)
{
    int on = 1;

    /* Fails on a socket that is not TCP, which then needs it not. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    evutil_make_socket_nonblocking(fd);
    conn->transport = ops;
    conn->fd = fd;
    conn->readable = event_new(conn->live->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    conn->writable = event_new(conn->live->base, fd, EV_WRITE, on_writable, conn);
    event_add(conn->readable, NULL);
}

void socket_attach(struct live_conn *conn, int fd)
{
    socket_open(conn, fd, &socket_ops);
}
