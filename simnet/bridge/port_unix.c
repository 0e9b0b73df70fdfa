/* A port on a Unix stream socket: each frame behind its length, two bytes, big-endian. One peer
 * at a time; the port's link is up while it is there. */
#include "simnet/bridge/switch_port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LENGTH = 2, CHUNK = 65536 };
#define TX_MOST ((size_t)1 << 20) /* Beyond, frames to a peer that does not read are lost. */

/* --- Frames ----------------------------------------------------------------------------------- */

static void hang_up(struct switch_port *port)
{
    event_del(&port->readable);
    event_del(&port->writable);
    close(port->fd);
    port->fd = -1;
    buf_clear(&port->rx);
    buf_clear(&port->tx);
    wire_set_up(port->wire, false);
}

static void cut(struct switch_port *port)
{
    struct buf *rx = &port->rx;
    size_t at = 0;

    while (rx->len - at >= LENGTH && rx->len - at >= (size_t)LENGTH + be_get16(rx->data + at)) {
        size_t len = be_get16(rx->data + at);

        switch_port_receive(port, rx->data + at + LENGTH, len);
        at += LENGTH + len;
    }
    buf_consume(rx, at);
}

static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct switch_port *port = aux;
    ssize_t n;

    (void)what;
    switch_host_wake(port->host);
    buf_reserve(&port->rx, CHUNK);
    n = recv(fd, port->rx.data + port->rx.len, CHUNK, 0);
    if (n > 0) {
        port->rx.len += (size_t)n;
        cut(port);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        hang_up(port);
    }
}

/* What does not leave because the peer has gone is found out by reading. */
static void flush(struct switch_port *port)
{
    ssize_t n = send(port->fd, port->tx.data, port->tx.len, MSG_NOSIGNAL);

    if (n > 0) {
        buf_consume(&port->tx, (size_t)n);
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        buf_clear(&port->tx);
    }
    if (port->tx.len) {
        event_add(&port->writable, NULL);
    } else {
        event_del(&port->writable);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    flush(aux);
}

static void unix_send(struct switch_port *port, const struct buf *frame)
{
    bool was_empty = !port->tx.len;

    if (frame->len > UINT16_MAX || port->tx.len + LENGTH + frame->len > TX_MOST) {
        port->host->stats.n_port_drops++;
        return;
    }
    buf_put_u16(&port->tx, frame->len);
    buf_put(&port->tx, frame->data, frame->len);
    port->host->stats.n_port_tx++;
    if (was_empty) {
        flush(port);
    }
}

/* --- Peers ------------------------------------------------------------------------------------ */

static void on_acceptable(evutil_socket_t listener, short what, void *aux)
{
    struct switch_port *port = aux;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    switch_host_wake(port->host);
    if (fd >= 0 && port->fd >= 0) {
        close(fd);
        return;
    }
    if (fd >= 0) {
        port->fd = fd;
        event_assign(&port->readable, port->host->base, fd, EV_READ | EV_PERSIST, on_readable,
                     port);
        event_assign(&port->writable, port->host->base, fd, EV_WRITE | EV_PERSIST, on_writable,
                     port);
        event_add(&port->readable, NULL);
        wire_set_up(port->wire, true);
    }
}

/* A socket that nobody listens at any more is in the way. */
static bool remove_stale(const struct sockaddr_un *addr)
{
    struct stat st;
    int fd;
    bool answered;

    if (lstat(addr->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return true; /* Then bind() says what it thinks. */
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    answered = connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0;
    close(fd);
    return !answered && unlink(addr->sun_path) == 0;
}

static bool unix_open(struct switch_port *port, char *error, size_t size)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    const char *path = port->edge->name;

    if (strlen(path) >= sizeof addr.sun_path) {
        snprintf(error, size, "a path of at most %zu characters is expected",
                 sizeof addr.sun_path - 1);
        return false;
    }
    memcpy(addr.sun_path, path, strlen(path));
    if (!remove_stale(&addr)) {
        snprintf(error, size, "somebody listens there already");
        return false;
    }
    port->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (port->listener < 0 ||
        bind(port->listener, (const struct sockaddr *)&addr, sizeof addr) != 0 ||
        listen(port->listener, 1) != 0) {
        snprintf(error, size, "%s", strerror(errno));
        if (port->listener >= 0) {
            close(port->listener);
            port->listener = -1;
        }
        return false;
    }
    event_assign(&port->acceptable, port->host->base, port->listener, EV_READ | EV_PERSIST,
                 on_acceptable, port);
    event_add(&port->acceptable, NULL);
    return true;
}

static void unix_close(struct switch_port *port)
{
    if (port->fd >= 0) {
        hang_up(port);
    }
    if (port->listener >= 0) {
        event_del(&port->acceptable);
        close(port->listener);
        unlink(port->edge->name);
    }
}

const struct switch_port_backend switch_port_unix = {unix_open, unix_send, unix_close, NULL};
