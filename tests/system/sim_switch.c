/* One simulated switch for other programs' OpenFlow tools and frames:
 *   sim_switch SOCKET N_PORTS N_TABLES
 * It speaks OpenFlow 1.0, 1.3 and 1.4 with whoever connects to the Unix socket. On its standard input come
 * commands, one a line; each is answered by what it caused and "done":
 *   frame PORT HEX   a frame comes in at a port; "out PORT HEX" for each that leaves
 *   port PORT up|down
 * The virtual clock stands still but for one millisecond per frame. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/openflow/of_codec.h"
#include "simnet/world/swtch.h"

enum { MAX_PEERS = 64, MAX_PORTS = 64, MAX_LINE = 1 << 16 };

struct peer {
    int fd; /* −1: free. */
    struct buf in, out;
    struct swtch_conn *conn; /* Kept for the next one to use this place. */
};

struct bench {
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct wire *wires[MAX_PORTS];
    unsigned n_ports;
    struct swtch *sw;
    struct arena arena;
    struct peer peers[MAX_PEERS];
    int listener;
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* --- Frames ---------------------------------------------------------------------------------- */

static void on_out(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    (void)parsed;
    (void)node;
    printf("out %u ", port);
    for (size_t i = 0; i < frame->len; i++) {
        printf("%02x", frame->data[i]);
    }
    putchar('\n');
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_hex(struct buf *b, const char *hex)
{
    for (; nibble(hex[0]) >= 0 && nibble(hex[1]) >= 0; hex += 2) {
        buf_put_u8(b, (uint64_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
    }
}

static void receive(struct bench *b, unsigned port, const char *hex)
{
    struct buf frame = BUF_INIT;

    put_hex(&frame, hex);
    swtch_receive(b->sw, port, &frame);
    sim_run_until(b->sim, mono_add(sim_now(b->sim), NS_PER_MS));
    buf_fini(&frame);
}

/* False at the end of the input. */
static bool on_command(struct bench *b)
{
    static char line[MAX_LINE];
    char word[16];
    unsigned port;
    int at = 0;

    if (!fgets(line, sizeof line, stdin)) {
        return false;
    }
    if (sscanf(line, "%15s %u %n", word, &port, &at) == 2 && port >= 1 && port <= b->n_ports) {
        if (strcmp(word, "frame") == 0) {
            receive(b, port, line + at);
        } else if (strcmp(word, "port") == 0) {
            wire_set_up(b->wires[port - 1], strncmp(line + at, "up", 2) == 0);
        }
    }
    puts("done");
    fflush(stdout);
    return true;
}

/* --- Controllers ----------------------------------------------------------------------------- */

static void on_send(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct peer *peer = aux;

    (void)sw;
    if (peer->fd >= 0 && of_encode(msg, &peer->out) != ERR_OK) {
        fprintf(stderr, "unsaid: %s\n", of_type_name(msg->type));
    }
}

static void peer_close(struct peer *peer)
{
    swtch_conn_disconnected(peer->conn);
    close(peer->fd);
    peer->fd = -1;
}

static void on_connection(struct bench *b)
{
    int fd = accept(b->listener, NULL, NULL);
    struct peer *peer = b->peers;

    while (peer < b->peers + MAX_PEERS && peer->fd >= 0) {
        peer++;
    }
    if (fd < 0 || peer == b->peers + MAX_PEERS) {
        die("accept");
    }
    peer->fd = fd;
    buf_clear(&peer->in);
    buf_clear(&peer->out);
    if (!peer->conn) {
        peer->conn = swtch_add_controller(b->sw, on_send, peer);
    }
    swtch_conn_connected(peer->conn);
}

static void on_frame(struct bench *b, struct peer *peer, const uint8_t *frame, size_t len)
{
    struct of_msg msg;
    enum of_err err = of_decode(frame, len, &b->arena, &msg);

    if (err == OF_OK) {
        swtch_conn_input(peer->conn, &msg);
    } else {
        swtch_conn_input_bad(peer->conn, &msg, err, frame, len);
    }
    arena_reset(&b->arena);
}

static void on_bytes(struct bench *b, struct peer *peer)
{
    enum { CHUNK = 65536 };
    size_t len;
    ssize_t n;

    buf_reserve(&peer->in, CHUNK);
    n = read(peer->fd, peer->in.data + peer->in.len, CHUNK);
    if (n <= 0) {
        peer_close(peer);
        return;
    }
    peer->in.len += (size_t)n;
    while (of_frame_split(peer->in.data, peer->in.len, &len) == OF_FRAME_WHOLE) {
        on_frame(b, peer, peer->in.data, len);
        buf_consume(&peer->in, len);
    }
}

static void flush(struct peer *peer)
{
    while (peer->fd >= 0 && peer->out.len) {
        ssize_t n = send(peer->fd, peer->out.data, peer->out.len, MSG_NOSIGNAL);

        if (n <= 0) {
            peer_close(peer);
            return;
        }
        buf_consume(&peer->out, (size_t)n);
    }
}

/* --- Life ------------------------------------------------------------------------------------ */

static void bench_open(struct bench *b, const char *path, unsigned n_ports, uint8_t n_tables)
{
    struct swtch_params params = {.name = "sim",
                                  .dpid = 0x2385,
                                  .versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3 |
                                              1U << OF_VERSION_1_4,
                                  .n_tables = n_tables,
                                  .n_buffers = 256,
                                  .max_entries = 100000};
    struct wire_params wire = {.rate_bps = 0, .delay_ns = 1};
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    b->n_ports = n_ports;
    b->sim = sim_new(1);
    programs_init(&b->programs);
    b->sw = swtch_new(b->sim, &b->programs, &params, 0);
    for (uint32_t p = 0; p < n_ports; p++) {
        b->wires[p] = wire_new(b->sim, &b->pool, &wire, p);
        wire_attach(b->wires[p], 0, b, p + 1, on_out, NULL);
        swtch_add_port(b->sw, b->wires[p], 1, eth_addr_from_u64(0x02fe00000000 + p + 1));
    }
    for (unsigned i = 0; i < MAX_PEERS; i++) {
        b->peers[i].fd = -1;
    }
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    b->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (b->listener < 0 || bind(b->listener, (struct sockaddr *)&addr, sizeof addr) < 0 ||
        listen(b->listener, MAX_PEERS) < 0) {
        die(path);
    }
}

static void bench_close(struct bench *b)
{
    for (unsigned i = 0; i < MAX_PEERS; i++) {
        if (b->peers[i].fd >= 0) {
            peer_close(&b->peers[i]);
        }
        buf_fini(&b->peers[i].in);
        buf_fini(&b->peers[i].out);
    }
    for (unsigned p = 0; p < b->n_ports; p++) {
        wire_free(b->wires[p]);
    }
    swtch_free(b->sw);
    programs_fini(&b->programs);
    frame_pool_fini(&b->pool);
    arena_fini(&b->arena);
    sim_free(b->sim);
    close(b->listener);
}

/* Waits for something to read and deals with all of it; false at the end. */
static bool step(struct bench *b)
{
    struct pollfd fds[MAX_PEERS + 2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                        {.fd = b->listener, .events = POLLIN}};
    bool more = true;

    for (unsigned i = 0; i < MAX_PEERS; i++) {
        fds[i + 2] = (struct pollfd){.fd = b->peers[i].fd, .events = POLLIN};
    }
    if (poll(fds, MAX_PEERS + 2, -1) < 0) {
        die("poll");
    }
    for (unsigned i = 0; i < MAX_PEERS; i++) {
        if (fds[i + 2].revents) {
            on_bytes(b, &b->peers[i]);
        }
    }
    if (fds[1].revents) {
        on_connection(b);
    }
    if (fds[0].revents) {
        more = on_command(b);
    }
    for (unsigned i = 0; i < MAX_PEERS; i++) {
        flush(&b->peers[i]);
    }
    return more;
}

int main(int argc, char **argv)
{
    static struct bench b;

    if (argc != 4 || strtoul(argv[2], NULL, 10) > MAX_PORTS) {
        fprintf(stderr, "usage: sim_switch SOCKET N_PORTS N_TABLES\n");
        return 2;
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* What is read ahead poll() does not see. */
    bench_open(&b, argv[1], (unsigned)strtoul(argv[2], NULL, 10),
               (uint8_t)strtoul(argv[3], NULL, 10));
    while (step(&b)) {
    }
    bench_close(&b);
    return 0;
}
