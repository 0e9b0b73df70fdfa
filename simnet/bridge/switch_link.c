/* A switch's connection to a controller: attempts with a back-off, hello within ten seconds,
 * echoes when it is silent, and queues that are bounded on a controller that does not read. */
#include "simnet/bridge/switch_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/openflow/of_codec.h"
#include "simnet/bridge/bench_tls.h"

#define HELLO_NS (10 * NS_PER_S)  /* From an attempt until a version is agreed on. */
#define BACKOFF_NS NS_PER_S       /* The first. */
#define TX_HIGH ((size_t)1 << 20) /* Beyond, packet-ins are dropped and nothing is read. */
#define TX_END ((size_t)1 << 26)  /* Of what was not asked for: beyond, the connection ends. */
#define KEEP_BYTES ((size_t)4096) /* A buffer that is larger is not kept while it is empty. */

enum { LINK_KIND = 0x117c };

static void link_drop(struct switch_link *link, const char *why);

static size_t backlog(const struct switch_link *link)
{
    return link->tx.len - link->tx_sent;
}

static bool is_full(const struct switch_link *link)
{
    return backlog(link) > TX_HIGH;
}

/* No message is taken while one waits at the switch whose answer may have any size, so that there is one of
 * these at a time. */
static bool must_wait(const struct switch_link *link)
{
    return is_full(link) || swtch_conn_has_question(link->conn);
}

/* --- Time ------------------------------------------------------------------------------------- */

static void set_timer(struct switch_link *link, int64_t after_ns)
{
    sim_at(link->host->sim, &link->timer, mono_add(sim_now(link->host->sim), after_ns));
}

/* Later each time, and nobody at the same time: between half and one and a half of the back-off. */
static void retry_later(struct switch_link *link)
{
    int64_t most_ns = ns_from_s(link->host->params->backoff_s);
    double part = 0.5 + rng_uniform(link->host->rng);

    if (!link->backoff_ns) {
        link->backoff_ns = BACKOFF_NS < most_ns ? BACKOFF_NS : most_ns;
    }
    link->state = SWITCH_LINK_WAITING;
    set_timer(link, (int64_t)(part * (double)link->backoff_ns));
    link->backoff_ns = 2 * link->backoff_ns < most_ns ? 2 * link->backoff_ns : most_ns;
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void touch(struct switch_link *link)
{
    if (list_is_empty(&link->in_dirty)) {
        list_push_back(&link->host->dirty, &link->in_dirty);
    }
}

static void on_send(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct switch_link *link = aux;
    bool is_asked = link->answering || swtch_conn_is_answering(link->conn);
    size_t before = link->tx.len;

    (void)sw;
    if (link->state != SWITCH_LINK_OPEN) {
        return;
    }
    if (msg->type == OF_PACKET_IN && is_full(link)) {
        link->host->stats.n_unsent++;
        return;
    }
    if (link->unasked > TX_END && !is_asked) {
        link->overrun = true;
        touch(link);
        return;
    }
    if (of_encode(msg, &link->tx) == ERR_OK) {
        link->host->stats.n_out++;
        link->host->stats.n_packet_ins += msg->type == OF_PACKET_IN;
        link->host->stats.n_errors += msg->type == OF_ERROR;
        link->unasked += is_asked ? 0 : link->tx.len - before;
        touch(link);
    }
}

static ssize_t transmit(struct switch_link *link)
{
    const uint8_t *from = link->tx.data + link->tx_sent;

    return link->tls ? bench_tls_write(link->tls, from, backlog(link))
                     : send(link->fd, from, backlog(link), MSG_NOSIGNAL);
}

static void empty(struct buf *b)
{
    if (b->cap > KEEP_BYTES) {
        buf_fini(b);
        *b = BUF_INIT;
    }
    buf_clear(b);
}

/* A call on the connection has failed. */
static void drop_failed(struct switch_link *link)
{
    int saved = errno;
    char why[160];

    if (link->tls) {
        bench_tls_explain(link->tls, saved, why, sizeof why);
    }
    link_drop(link, link->tls ? why : strerror(saved));
}

static void set_event(struct event *event, bool wanted)
{
    if (wanted) {
        event_add(event, NULL);
    } else {
        event_del(event);
    }
}

/* Reading stops while too much is waiting, so that answers are not asked for without end. What TLS
 * cannot write before it has read something waits for that. */
static void watch(struct switch_link *link)
{
    bool tls_reads = backlog(link) && link->tls && bench_tls_wants_read(link->tls);

    set_event(&link->writable, (backlog(link) && !tls_reads) ||
                                    (link->unanswered && !must_wait(link)));
    set_event(&link->readable, (!is_full(link) && !link->unanswered) || tls_reads);
}

/* False when the connection is no more. */
static bool write_out(struct switch_link *link)
{
    bool was_full = is_full(link);

    while (backlog(link)) {
        ssize_t n = transmit(link);

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (n < 0) {
            drop_failed(link);
            return false;
        }
        link->tx_sent += (size_t)n;
        link->host->stats.out_bytes += (uint64_t)n;
        if (was_full) { /* Nothing is read now, but a slow controller is no dead one. */
            link->heard_ns = sim_now(link->host->sim).ns;
        }
    }
    if (!backlog(link)) {
        empty(&link->tx);
        link->tx_sent = 0;
    } else if (link->tx_sent > backlog(link)) {
        buf_consume(&link->tx, link->tx_sent);
        link->tx_sent = 0;
    }
    if (link->unasked > backlog(link)) {
        link->unasked = backlog(link);
    }
    if (link->overrun) {
        link_drop(link, "the controller does not read");
        return false;
    }
    return true;
}

void switch_link_flush(struct switch_link *link)
{
    if (link->state == SWITCH_LINK_OPEN && write_out(link)) {
        watch(link);
    }
}

/* --- Receiving -------------------------------------------------------------------------------- */

static void set_ready(struct switch_link *link, bool ready)
{
    if (link->ready != ready) {
        link->ready = ready;
        switch_host_ready(link->host, link->sw, ready);
    }
}

static void deliver(struct switch_link *link, const uint8_t *frame, size_t len)
{
    struct switch_host *host = link->host;
    struct of_msg msg;
    enum of_err err = of_decode(frame, len, &host->arena, &msg);

    host->stats.n_in++;
    link->answering = true;
    if (err == OF_OK) {
        host->stats.n_packet_outs += msg.type == OF_PACKET_OUT;
        host->stats.n_flow_mods += msg.type == OF_FLOW_MOD;
        swtch_conn_input(link->conn, &msg);
    } else {
        swtch_conn_input_bad(link->conn, &msg, err, frame, len);
    }
    link->answering = false;
    arena_reset(&host->arena);
    if (!link->ready && swtch_conn_version(link->conn) != OF_VERSION_NONE) {
        link->backoff_ns = 0;
        set_ready(link, true);
        set_timer(link, ns_from_s(host->params->echo_s));
    } else if (err == OF_OK && msg.type == OF_HELLO && !link->ready && write_out(link)) {
        link_drop(link, "the controller speaks none of the versions"); /* OF 1.3.5 §6.3.1. */
    }
}

/* Delivers what is whole of the 'n' bytes in host->in, while there is room for answers, and keeps
 * the rest. */
static void cut(struct switch_link *link, size_t n)
{
    const uint8_t *in = link->host->in;
    enum of_frame found = OF_FRAME_PARTIAL;
    size_t at = 0, len;

    while (link->state == SWITCH_LINK_OPEN && !must_wait(link) &&
           (found = of_frame_split(in + at, n - at, &len)) == OF_FRAME_WHOLE) {
        deliver(link, in + at, len);
        at += len;
    }
    if (link->state != SWITCH_LINK_OPEN) {
        return;
    }
    if (found == OF_FRAME_BAD) {
        link_drop(link, "the controller sends something that is not OpenFlow");
        return;
    }
    link->unanswered = must_wait(link) && at < n;
    if (link->unanswered) {
        touch(link);
    }
    empty(&link->rx);
    if (at < n) {
        buf_put(&link->rx, in + at, n - at);
    }
}

/* What has waited for room. */
static void go_on(struct switch_link *link)
{
    size_t n = link->rx.len;

    memcpy(link->host->in, link->rx.data, n);
    cut(link, n);
}

static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct switch_link *link = aux;
    struct switch_host *host = link->host;
    size_t held, room;
    ssize_t n;

    (void)what;
    switch_host_wake(host);
    if (link->state != SWITCH_LINK_OPEN) {
        return; /* Its time was over. */
    }
    held = link->rx.len;
    room = SWITCH_IN_BYTES - held;
    if (backlog(link)) {
        touch(link); /* TLS may have waited for this. */
    }
    if (link->unanswered) {
        return;
    }
    n = link->tls ? bench_tls_read(link->tls, host->in + held, room)
                  : recv(fd, host->in + held, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        drop_failed(link);
        return;
    }
    if (n == 0) {
        link_drop(link, "the controller closed the connection");
        return;
    }
    host->stats.in_bytes += (uint64_t)n;
    link->heard_ns = sim_now(host->sim).ns;
    link->echo_asked = false;
    if (held) {
        memcpy(host->in, link->rx.data, held);
    }
    cut(link, held + (size_t)n);
}

/* --- Life ------------------------------------------------------------------------------------- */

static void link_close(struct switch_link *link)
{
    if (link->fd < 0) {
        return;
    }
    event_del(&link->readable);
    event_del(&link->writable);
    bench_tls_close(link->tls);
    close(link->fd);
    link->tls = NULL;
    link->fd = -1;
    buf_fini(&link->rx);
    buf_fini(&link->tx);
    link->rx = link->tx = BUF_INIT;
    link->tx_sent = link->unasked = 0;
    link->unanswered = link->overrun = false;
    list_remove(&link->in_dirty);
}

static void note(struct switch_link *link, const char *why)
{
    const struct switch_target *t = &link->host->params->targets[link->target];
    struct switch_host_stats *s = &link->host->stats;

    snprintf(s->last_error, sizeof s->last_error, "%.60s:%s: %.120s", t->host, t->port, why);
    memcpy(s->errors[link->target], s->last_error, sizeof s->last_error);
}

static void link_drop(struct switch_link *link, const char *why)
{
    bool was_open = link->state == SWITCH_LINK_OPEN;

    note(link, why);
    link->state = SWITCH_LINK_WAITING;
    if (link->ready) {
        link->host->stats.n_lost++;
    } else {
        link->host->stats.n_refused++;
    }
    set_ready(link, false);
    link_close(link);
    if (was_open) {
        swtch_conn_disconnected(link->conn);
    }
    retry_later(link);
}

static void link_open(struct switch_link *link)
{
    struct switch_host *host = link->host;

    link->state = SWITCH_LINK_OPEN;
    link->heard_ns = sim_now(host->sim).ns;
    link->echo_asked = false;
    host->stats.n_connected++;
    if (host->params->targets[link->target].tls) {
        link->tls = bench_tls_begin(host->tls, link->fd, host->params->targets[link->target].host);
    }
    event_add(&link->readable, NULL);
    swtch_conn_connected(link->conn);
}

static void try_address(struct switch_link *link, const struct addrinfo *to);

/* A name may have several addresses: the next one is tried at once. */
static void not_connected(struct switch_link *link, const char *why)
{
    const struct addrinfo *next = link->address->ai_next;

    if (next) {
        link_close(link);
        try_address(link, next);
    } else {
        link_drop(link, why);
    }
}

/* Where nobody listens at a port from which connections begin, TCP may join one to itself. */
static bool is_joined_to_itself(int fd)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_len = sizeof here, there_len = sizeof there;

    return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 && here_len == there_len &&
           memcmp(&here, &there, here_len) == 0;
}

static void on_connected(struct switch_link *link)
{
    struct linger at_once = {.l_onoff = 1};
    socklen_t size = sizeof(int);
    int error = 0;

    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        not_connected(link, strerror(error));
    } else if (is_joined_to_itself(link->fd)) { /* The port must be free for a controller. */
        setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        not_connected(link, "nobody listens there");
    } else {
        event_del(&link->writable);
        link_open(link);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *aux)
{
    struct switch_link *link = aux;

    (void)fd;
    (void)what;
    switch_host_wake(link->host);
    if (link->state == SWITCH_LINK_CONNECTING) {
        on_connected(link);
    } else if (link->state == SWITCH_LINK_OPEN) {
        touch(link);
        if (link->unanswered && !must_wait(link)) {
            go_on(link);
        }
    }
}

static void try_address(struct switch_link *link, const struct addrinfo *to)
{
    int one = 1;

    link->address = to;
    link->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->fd < 0) {
        not_connected(link, strerror(errno));
        return;
    }
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    link->state = SWITCH_LINK_CONNECTING;
    event_assign(&link->readable, link->host->base, link->fd, EV_READ | EV_PERSIST, on_readable,
                 link);
    event_assign(&link->writable, link->host->base, link->fd, EV_WRITE | EV_PERSIST, on_writable,
                 link);
    set_timer(link, HELLO_NS);
    if (connect(link->fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS) {
        not_connected(link, strerror(errno));
        return;
    }
    event_add(&link->writable, NULL);
}

/* Silence for as long again after an echo was asked for is the end. */
static void look_after(struct switch_link *link)
{
    struct of_msg echo = {.type = OF_ECHO_REQUEST, .version = swtch_conn_version(link->conn)};
    int64_t patience_ns = ns_from_s(link->host->params->echo_s);
    int64_t silent_ns = sim_now(link->host->sim).ns - link->heard_ns;

    if (link->unanswered && swtch_conn_has_question(link->conn)) {
        link->heard_ns = sim_now(link->host->sim).ns; /* It has spoken, and is not listened to. */
        set_timer(link, patience_ns);
    } else if (silent_ns < patience_ns) {
        set_timer(link, patience_ns - silent_ns);
    } else if (link->echo_asked) {
        link_drop(link, "the controller does not answer");
    } else {
        link->echo_asked = true;
        on_send(link, link->sw, &echo);
        set_timer(link, patience_ns);
    }
}

static void on_timer(void *aux, struct sim_event *event)
{
    struct switch_link *link = aux;

    (void)event;
    if (link->state == SWITCH_LINK_WAITING) {
        try_address(link, link->host->addresses[link->target]);
    } else if (link->state == SWITCH_LINK_CONNECTING) {
        not_connected(link, "no connection within 10 s");
    } else if (link->ready) {
        look_after(link);
    } else {
        link_drop(link, "no version was agreed on within 10 s");
    }
}

void switch_link_init(struct switch_link *link, struct switch_host *host, struct swtch *sw,
                      unsigned target, int64_t after_ns)
{
    *link = (struct switch_link){.host = host, .sw = sw, .target = target, .fd = -1};
    list_init(&link->in_dirty);
    sim_event_init(&link->timer, LINK_KIND, SIM_PRIO_CONTROLLER, on_timer, link);
    link->conn = swtch_add_controller(sw, on_send, link);
    set_timer(link, after_ns);
}

void switch_link_fini(struct switch_link *link)
{
    link->state = SWITCH_LINK_WAITING;
    link_close(link);
    sim_cancel(link->host->sim, &link->timer);
}
