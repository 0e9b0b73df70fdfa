/* The reference of the controller benchmarks: the least that answers a packet-in.
 *
 * One epoll loop, large reads, replies gathered in one buffer and written once per read, a hash
 * table of MAC addresses, one packet-out per packet-in. No flow entries, no checks, no liveness: the
 * distance between this and a controller is what the controller's work costs.
 * Usage: minimal_loop PORT      serves 127.0.0.1:PORT, OpenFlow 1.0 and 1.3, until it is ended. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RX_SIZE (256 * 1024)
#define TX_SIZE (1024 * 1024)
#define MAX_CONNS 4096
#define N_MACS (1u << 20)

struct conn {
    size_t rx_len, tx_len;
    uint8_t rx[RX_SIZE], tx[TX_SIZE];
};

static struct conn *conns[MAX_CONNS];
static struct {
    uint64_t mac;
    uint32_t port;
} macs[N_MACS];

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return ntohl(v);
}

static uint64_t get48(const uint8_t *p)
{
    return (uint64_t)get16(p) << 32 | get32(p + 2);
}

static uint32_t *port_of(uint64_t mac)
{
    uint32_t i = (uint32_t)(mac * UINT64_C(0x9e3779b97f4a7c15) >> 44);

    while (macs[i].mac && macs[i].mac != mac) {
        i = (i + 1) % N_MACS;
    }
    macs[i].mac = mac;
    return &macs[i].port;
}

static void put(struct conn *c, const void *p, size_t n)
{
    if (c->tx_len + n <= TX_SIZE) {
        memcpy(c->tx + c->tx_len, p, n);
        c->tx_len += n;
    }
}

/* Packet-out of the buffered packet to 'port'; 1.3 has wider port numbers (OF 1.3.5 §7.3.7). */
static void packet_out(struct conn *c, uint8_t version, const uint8_t *buffer_id, uint32_t in_port,
                       uint32_t port)
{
    if (version == 1) {
        uint8_t m[24] = {1, 13, 0, 24};

        memcpy(m + 8, buffer_id, 4);
        m[12] = (uint8_t)(in_port >> 8), m[13] = (uint8_t)in_port;
        m[15] = 8;
        m[19] = 8; /* Action: output, 8 bytes. */
        m[20] = (uint8_t)(port >> 8), m[21] = (uint8_t)port;
        put(c, m, sizeof m);
    } else {
        uint8_t m[40] = {4, 13, 0, 40};
        uint32_t in = htonl(in_port), out = htonl(port);

        memcpy(m + 8, buffer_id, 4);
        memcpy(m + 12, &in, 4);
        m[17] = 16;
        m[27] = 16; /* Action: output, 16 bytes. */
        memcpy(m + 28, &out, 4);
        put(c, m, sizeof m);
    }
}

static void packet_in(struct conn *c, const uint8_t *m, size_t len)
{
    size_t data = m[0] == 1 ? 18 : 24 + ((get16(m + 26) + 7u) & ~7u) + 2;
    uint32_t in_port, out_port;

    if (len < data + 14) {
        return;
    }
    in_port = m[0] == 1 ? get16(m + 14) : get32(m + 32);
    *port_of(get48(m + data + 6)) = in_port;
    out_port = *port_of(get48(m + data));
    packet_out(c, m[0], m + 8, in_port, out_port ? out_port : m[0] == 1 ? 0xfffb : 0xfffffffb);
}

static void message(struct conn *c, const uint8_t *m, size_t len)
{
    switch (m[1]) {
    case 0: { /* Hello: greet in the same version and ask for the features. */
        uint8_t hello[16] = {m[0], 0, 0, 8, 0, 0, 0, 0, m[0], 5, 0, 8};

        put(c, hello, sizeof hello);
        break;
    }
    case 2: { /* Echo. */
        uint8_t head[4] = {m[0], 3, m[2], m[3]};

        put(c, head, 4);
        put(c, m + 4, len - 4);
        break;
    }
    case 10:
        packet_in(c, m, len);
        break;
    default:
        break;
    }
}

static void flush(int fd, struct conn *c)
{
    size_t sent = 0;

    while (sent < c->tx_len) {
        ssize_t n = send(fd, c->tx + sent, c->tx_len - sent, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            break;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    c->tx_len = 0;
}

static int serve(int fd)
{
    struct conn *c = conns[fd];
    ssize_t n = recv(fd, c->rx + c->rx_len, RX_SIZE - c->rx_len, 0);
    size_t at = 0;

    if (n <= 0) {
        return n < 0 && errno == EAGAIN ? 0 : -1;
    }
    c->rx_len += (size_t)n;
    while (c->rx_len - at >= 8 && c->rx_len - at >= get16(c->rx + at + 2)) {
        size_t len = get16(c->rx + at + 2);

        if (len < 8) {
            return -1;
        }
        message(c, c->rx + at, len);
        at += len;
    }
    c->rx_len -= at;
    memmove(c->rx, c->rx + at, c->rx_len);
    flush(fd, c);
    return 0;
}

static void add(int epoll_fd, int fd)
{
    struct epoll_event ev = {.events = EPOLLIN, .data = {.fd = fd}};
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll_fd = epoll_create1(0), one = 1;
    struct epoll_event events[64];

    at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 6653));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 1024) != 0) {
        perror("minimal_loop");
        return 1;
    }
    add(epoll_fd, listener);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 64, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd == listener) {
                fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (fd < 0 || fd >= MAX_CONNS) {
                    continue;
                }
                conns[fd] = calloc(1, sizeof *conns[fd]);
                add(epoll_fd, fd);
            } else if (serve(fd) != 0) {
                close(fd);
                free(conns[fd]);
                conns[fd] = NULL;
            }
        }
    }
}
