#include "simnet/bridge/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "simnet/bridge/bench_switch.h"
#include "simnet/bridge/bench_tls.h"

#define HANDSHAKE_TIMEOUT_NS (10 * NS_PER_S)
#define DRAIN_NS NS_PER_S
#define GIVE_UP_NS NS_PER_S
#define LOOK_NS (100 * NS_PER_MS) /* Between two looks for what is to be given up. */
#define MAX_EVENTS 64

struct bench {
    const struct bench_params *params;
    struct bench_load load;
    struct bench_switch *switches;
    unsigned n_switches; /* Initialised so far. */
    struct ssl_ctx_st *tls; /* NULL: plain TCP. */
    int epoll_fd;
    char *error;
    size_t error_size;

    bool loading;
    int64_t load_started_ns;
    int64_t looked_ns;
    uint64_t n_given_up;
    uint64_t n_paced;    /* Packet-ins sent since then, when the rate is given. */
    unsigned next_paced; /* Whose turn it is, so that no switch is always the last. */
};

struct bench_params bench_defaults(void)
{
    return (struct bench_params){.host = "127.0.0.1",
                                 .port = "6653",
                                 .version = OF_VERSION_1_3,
                                 .n_switches = 16,
                                 .hosts_per_switch = 1000,
                                 .window = 1024,
                                 .seconds = 10,
                                 .warmup_s = 2,
                                 .settle_s = 1,
                                 .sleeps = sysconf(_SC_NPROCESSORS_ONLN) < 2,
                                 .first_dpid = 1};
}

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static enum err fail(struct bench *b, enum err err, const char *what, const char *why)
{
    snprintf(b->error, b->error_size, "%s: %s", what, why);
    return err;
}

/* --- Connections -------------------------------------------------------------------------------- */

static int connect_to(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0) {
        return -1;
    }
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* The handshake on 'fd', when it is TLS; false when it fails. */
static bool secure(struct bench *b, int fd, struct ssl_st **tls)
{
    char why[200];

    *tls = NULL;
    if (b->tls) {
        *tls = bench_tls_connect(b->tls, fd, b->params->host, HANDSHAKE_TIMEOUT_NS, why, sizeof why);
    }
    if (b->tls && !*tls) {
        fail(b, ERR_IO, "TLS", why);
        return false;
    }
    return true;
}

static enum err add_switch(struct bench *b, const struct addrinfo *ai)
{
    struct bench_switch *sw = &b->switches[b->n_switches];
    struct epoll_event ev = {.events = EPOLLIN, .data = {.ptr = sw}};
    struct ssl_st *tls;
    int fd = connect_to(ai);

    if (fd < 0) {
        return fail(b, ERR_IO, "connect", strerror(errno));
    }
    if (!secure(b, fd, &tls)) {
        close(fd);
        return ERR_IO;
    }
    bench_switch_init(sw, &b->load, b->params->first_dpid + b->n_switches, fd, tls);
    sw->floods = b->n_switches < b->params->n_floods;
    b->n_switches++;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
        return fail(b, ERR_IO, "epoll", strerror(errno));
    }
    bench_switch_hello(sw);
    return ERR_OK;
}

static enum err connect_all(struct bench *b)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int status = getaddrinfo(b->params->host, b->params->port, &hints, &found);
    enum err err = ERR_OK;

    if (status != 0) {
        return fail(b, ERR_IO, b->params->host, gai_strerror(status));
    }
    while (err == ERR_OK && b->n_switches < b->params->n_switches) {
        err = add_switch(b, found);
    }
    freeaddrinfo(found);
    return err;
}

/* Writes what is queued, and listens for room when the socket is full. */
static enum err flush(struct bench *b, struct bench_switch *sw)
{
    bool waited = sw->wants_write;
    enum err err = bench_switch_write(sw);
    struct epoll_event ev = {.events = EPOLLIN, .data = {.ptr = sw}};

    if (err == ERR_OK && sw->wants_write != waited) {
        ev.events |= sw->wants_write ? EPOLLOUT : 0;
        epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, sw->fd, &ev);
    }
    return err;
}

static enum err lost(struct bench *b, const struct bench_switch *sw, enum err err)
{
    const char *reason = sw->tls ? bench_tls_reason() : "";
    char who[64];

    snprintf(who, sizeof who, "switch " DPID_FMT, DPID_ARGS(sw->dpid));
    if (err != ERR_CLOSED && *reason) {
        return fail(b, ERR_IO, who, reason);
    }
    return fail(b, ERR_IO, who,
                err == ERR_CLOSED ? "the controller closed the connection" : "connection failed");
}

/* --- Load --------------------------------------------------------------------------------------- */

/* How many packet-ins the rate allows by now; without a rate, as many as the window takes. */
static uint64_t allowance(const struct bench *b)
{
    double elapsed_s = ns_to_s(b->load.now_ns - b->load_started_ns);

    if (b->params->rate_per_s <= 0) {
        return UINT64_MAX;
    }
    return (uint64_t)(elapsed_s * b->params->rate_per_s) - b->n_paced;
}

static void load_paced(struct bench *b)
{
    uint64_t n = allowance(b);

    for (unsigned tried = 0; n && tried < b->n_switches; tried++) {
        struct bench_switch *sw = &b->switches[b->next_paced++ % b->n_switches];

        if (!sw->floods && bench_switch_load(sw, 1)) {
            n--;
            b->n_paced++;
            tried = 0;
        }
    }
}

/* Queues load on 'sw', or on all switches when the rate is given, and writes it. */
static enum err put_load(struct bench *b, struct bench_switch *sw)
{
    if (b->loading && sw->floods) {
        bench_switch_flood(sw);
    } else if (b->loading && b->params->rate_per_s <= 0) {
        bench_switch_load(sw, UINT32_MAX);
    }
    return flush(b, sw);
}

/* A flood is written whenever its socket takes more. */
static enum err put_floods(struct bench *b)
{
    for (unsigned i = 0; b->loading && i < b->params->n_floods; i++) {
        struct bench_switch *sw = &b->switches[i];
        enum err err = sw->wants_write ? ERR_OK : put_load(b, sw);

        if (err != ERR_OK) {
            return lost(b, sw, err);
        }
    }
    return ERR_OK;
}

static enum err pace(struct bench *b)
{
    if (!b->loading || b->params->rate_per_s <= 0) {
        return ERR_OK;
    }
    load_paced(b);
    for (unsigned i = 0; i < b->n_switches; i++) {
        enum err err = b->switches[i].tx.len ? flush(b, &b->switches[i]) : ERR_OK;

        if (err != ERR_OK) {
            return lost(b, &b->switches[i], err);
        }
    }
    return ERR_OK;
}

/* --- Loop --------------------------------------------------------------------------------------- */

/* Asks for echoes; and what was not answered for a second is lost, the next takes its place. */
static enum err look_after(struct bench *b)
{
    if (!b->loading || b->load.now_ns - b->looked_ns < LOOK_NS) {
        return ERR_OK;
    }
    b->looked_ns = b->load.now_ns;
    for (unsigned i = 0; i < b->n_switches; i++) {
        struct bench_switch *sw = &b->switches[i];
        enum err err;

        bench_switch_echo(sw);
        b->n_given_up += bench_switch_give_up(sw, GIVE_UP_NS);
        err = put_load(b, sw);
        if (err != ERR_OK) {
            return lost(b, sw, err);
        }
    }
    return ERR_OK;
}

/* One turn: waits at most 'wait_ms' for events and deals with them. */
static enum err turn(struct bench *b, int wait_ms)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(b->epoll_fd, events, MAX_EVENTS, wait_ms);

    b->load.now_ns = now_ns();
    for (int i = 0; i < n; i++) {
        struct bench_switch *sw = events[i].data.ptr;
        enum err err = ERR_OK;

        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
            err = bench_switch_read(sw);
        }
        if (err == ERR_OK) {
            err = put_load(b, sw);
        }
        if (err != ERR_OK) {
            return lost(b, sw, err);
        }
        if (b->params->mode == BENCH_LATENCY) {
            b->load.now_ns = now_ns();
        }
    }
    if (look_after(b) != ERR_OK || put_floods(b) != ERR_OK) {
        return ERR_IO;
    }
    return pace(b);
}

static int wait_ms(const struct bench *b)
{
    const struct bench_params *p = b->params;
    bool polls = !p->sleeps || p->rate_per_s > 0 || p->n_floods;

    return b->loading && polls ? 0 : 20;
}

static enum err run_for(struct bench *b, int64_t duration_ns)
{
    int64_t end = now_ns() + duration_ns;
    enum err err = ERR_OK;

    while (err == ERR_OK && (b->load.now_ns = now_ns()) < end) {
        err = turn(b, wait_ms(b));
    }
    return err;
}

static bool all_reached(const struct bench *b, enum bench_switch_state state)
{
    for (unsigned i = 0; i < b->n_switches; i++) {
        if (b->switches[i].state < state) {
            return false;
        }
    }
    return true;
}

static enum err run_until_state(struct bench *b, enum bench_switch_state state, const char *what)
{
    int64_t end = now_ns() + HANDSHAKE_TIMEOUT_NS;
    enum err err = ERR_OK;

    while (err == ERR_OK && !all_reached(b, state)) {
        err = turn(b, 20);
        if (err == ERR_OK && b->load.now_ns > end) {
            err = fail(b, ERR_TIMEOUT, what, "the controller did not answer within 10 s");
        }
    }
    return err;
}

static void tell(const struct bench *b, const char *phase, double per_s)
{
    if (b->params->progress) {
        b->params->progress(b->params->progress_aux, phase, per_s);
    }
}

/* --- Phases ------------------------------------------------------------------------------------- */

static enum err set_up(struct bench *b)
{
    enum err err = connect_all(b);

    for (unsigned i = 0; err == ERR_OK && i < b->n_switches; i++) {
        err = flush(b, &b->switches[i]);
    }
    tell(b, "handshake", 0);
    if (err == ERR_OK) {
        err = run_until_state(b, BENCH_UP, "handshake");
    }
    tell(b, "settle", 0);
    if (err == ERR_OK) {
        err = run_for(b, ns_from_s(b->params->settle_s));
    }
    for (unsigned i = 0; err == ERR_OK && i < b->n_switches; i++) {
        bench_switch_announce(&b->switches[i]);
        err = flush(b, &b->switches[i]);
    }
    return err == ERR_OK ? run_until_state(b, BENCH_ANNOUNCED, "announcing the hosts") : err;
}

static enum err start_load(struct bench *b)
{
    enum err err = ERR_OK;

    b->loading = true;
    b->load.now_ns = b->load_started_ns = now_ns();
    for (unsigned i = 0; err == ERR_OK && i < b->n_switches; i++) {
        err = put_load(b, &b->switches[i]);
    }
    return err;
}

static void note_second(struct bench_result *r, double per_s)
{
    r->min = r->min == 0 || per_s < r->min ? per_s : r->min;
    r->max = per_s > r->max ? per_s : r->max;
}

/* Measures second by second; a last piece shorter than half a second counts for the mean only. */
static enum err measure(struct bench *b, struct bench_result *r)
{
    int64_t started = now_ns(), end = started + ns_from_s(b->params->seconds);
    enum err err = ERR_OK;

    b->load.measuring = true;
    while (err == ERR_OK && now_ns() < end) {
        uint64_t before = b->load.n_answered;
        int64_t from = now_ns();
        int64_t length = end - from < NS_PER_S ? end - from : NS_PER_S;
        double per_s;

        err = run_for(b, length);
        per_s = (double)(b->load.n_answered - before) / ns_to_s(now_ns() - from);
        if (length > NS_PER_S / 2 || r->max == 0) {
            note_second(r, per_s);
        }
        tell(b, "measure", per_s);
    }
    r->responses_per_s = (double)b->load.n_answered / ns_to_s(now_ns() - started);
    b->load.measuring = false;
    b->loading = false;
    return err;
}

static enum err drain(struct bench *b, struct bench_result *r)
{
    enum err err = run_for(b, DRAIN_NS);

    r->n_lost = b->n_given_up;
    for (unsigned i = 0; i < b->n_switches; i++) {
        r->n_lost += bench_switch_n_missing(&b->switches[i]);
    }
    return err;
}

static enum err run(struct bench *b, struct bench_result *r)
{
    enum err err = set_up(b);

    if (err == ERR_OK) {
        err = start_load(b);
    }
    tell(b, "warm-up", 0);
    if (err == ERR_OK) {
        err = run_for(b, ns_from_s(b->params->warmup_s));
    }
    if (err == ERR_OK) {
        err = measure(b, r);
    }
    return err == ERR_OK ? drain(b, r) : err;
}

static bool params_ok(const struct bench_params *p)
{
    return p->n_switches >= 1 && p->n_switches <= 65535 && p->hosts_per_switch >= 2 &&
           p->n_floods < p->n_switches && p->hosts_per_switch <= 65534 && p->window >= 1 &&
           p->window <= BENCH_MAX_WINDOW && p->seconds > 0 && p->seconds <= BENCH_MAX_SECONDS &&
           p->warmup_s >= 0 && p->settle_s >= 0 &&
           (p->version == OF_VERSION_1_0 ||
            (p->version >= OF_VERSION_1_3 && p->version <= OF_VERSION_1_5));
}

enum err bench_run(const struct bench_params *params, struct bench_result *result, char *error,
                   size_t size)
{
    struct bench b = {.params = params, .error = error, .error_size = size};
    enum err err;

    memset(result, 0, sizeof *result);
    if (!params_ok(params)) {
        return fail(&b, ERR_RANGE, "bench", "a parameter is out of range");
    }
    b.load = (struct bench_load){.version = params->version,
                                 .hosts_per_switch = params->hosts_per_switch,
                                 .window = params->mode == BENCH_LATENCY ? 1 : params->window};
    if (params->ca) {
        signal(SIGPIPE, SIG_IGN); /* TLS writes to sockets that the controller has closed. */
        b.tls = bench_tls_new(params, error, size);
        if (!b.tls) {
            return ERR_SYNTAX;
        }
    }
    hist_init(&b.load.latency_ns);
    hist_init(&b.load.echo_ns);
    b.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    b.switches = xcalloc(params->n_switches, sizeof *b.switches);
    err = b.epoll_fd < 0 ? fail(&b, ERR_IO, "epoll", strerror(errno)) : run(&b, result);
    result->latency_ns = b.load.latency_ns;
    result->n_sent = b.load.n_sent;
    result->n_answered = b.load.n_answered;
    result->n_flow_mods = b.load.n_flow_mods;
    result->n_packet_outs = b.load.n_packet_outs;
    result->n_flooded = b.load.n_flooded;
    result->n_echoes = b.load.n_echoes;
    result->n_echo_timeouts = b.load.n_echo_timeouts;
    result->echo_ns = b.load.echo_ns;
    for (unsigned i = 0; i < b.n_switches; i++) {
        bench_switch_fini(&b.switches[i]);
    }
    free(b.switches);
    bench_tls_free(b.tls);
    if (b.epoll_fd >= 0) {
        close(b.epoll_fd);
    }
    return err;
}
