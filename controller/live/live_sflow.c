/* See live_sflow.h. */
#include "controller/live/live_sflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live_loop.h"
#include "controller/live/live_tap.h"

LOG_MODULE(live);

/* Datagrams of one turn: switches come first, and what the kernel cannot keep meanwhile is missed as a
 * sample is. */
#define MAX_PER_TURN 64

/* Agents keep to the payload of an Ethernet frame. */
#define MAX_DATAGRAM 9216

#define KERNEL_BUFFER_BYTES (1 << 20)

struct live_sflow {
    struct event *readable;
    int fd;
    uint16_t port;
};

static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct live *live = aux;
    uint8_t data[MAX_DATAGRAM];

    (void)what;
    live_wake(live);
    for (unsigned i = 0; i < MAX_PER_TURN; i++) {
        ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0) {
            return; /* None left; an error of the socket says nothing of the next datagram. */
        }
        live->counters.sflow_datagrams++;
        if ((size_t)n > sizeof data) {
            live->counters.sflow_too_long++;
        } else if (live->ctl) {
            if (live->tap) {
                tap_sflow(live, data, (size_t)n);
            }
            ctl_sflow(live->ctl, data, (size_t)n);
        }
    }
}

static int open_socket(const struct sockaddr_storage *ss, int len)
{
    int fd = socket(ss->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int bytes = KERNEL_BUFFER_BYTES;

    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* Less is fine, too. */
    if (bind(fd, (const struct sockaddr *)ss, (socklen_t)len) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Asks the kernel which port it has given. */
static void settle_port(struct live *live)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char text[LIVE_ADDRESS_LEN];

    if (getsockname(live->sflow->fd, (struct sockaddr *)&ss, &len) == 0) {
        live->sflow->port = live_print_address((struct sockaddr *)&ss, text);
        LOG_INFO(live->params.log, "taking sFlow datagrams on %s", text);
    }
}

enum err live_sflow_start(struct live *live, const char *address)
{
    struct sockaddr_storage ss = {0};
    int len, fd;

    live_sflow_stop(live);
    if (!live_parse_address(address, &ss, &len)) {
        LOG_ERROR(live->params.log, "%s: no address to take sFlow datagrams on", address);
        return ERR_SYNTAX;
    }
    fd = open_socket(&ss, len);
    if (fd < 0) {
        LOG_ERROR(live->params.log, "cannot take sFlow datagrams on %s: %s", address,
                  strerror(errno));
        return ERR_IO;
    }
    live->sflow = xcalloc(1, sizeof *live->sflow);
    live->sflow->fd = fd;
    live->sflow->readable = event_new(live->base, fd, EV_READ | EV_PERSIST, on_readable, live);
    event_add(live->sflow->readable, NULL);
    settle_port(live);
    return ERR_OK;
}

void live_sflow_stop(struct live *live)
{
    if (live->sflow) {
        event_free(live->sflow->readable);
        close(live->sflow->fd);
        free(live->sflow);
        live->sflow = NULL;
    }
}

uint16_t live_sflow_port(const struct live *live)
{
    return live->sflow ? live->sflow->port : 0;
}
