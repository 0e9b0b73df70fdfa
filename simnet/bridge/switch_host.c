/* The host of simulated switches: its life, its clock and its loop. See switch_host.h. */
#include "simnet/bridge/switch_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "simnet/bridge/bench_tls.h"
#include "simnet/bridge/switch_port.h"

enum { SPARE_FILES = 64 }; /* Beside connections and ports. */

#define STEP_NS NS_PER_MS        /* Of the virtual clock at a time, at most and */
#define SHORT_NS NS_PER_US       /* at least, */
#define LONG_NS (5 * NS_PER_MS)  /* so that a step takes no longer than this. */
#define WORK_NS (20 * NS_PER_MS) /* The longest that the world is run without connections. */
#define BEHIND_NS (3 * NS_PER_S) /* Further behind, the virtual clock gives up following. */

struct switch_host_params switch_host_defaults(void)
{
    return (struct switch_host_params){
        .world = world_params_default(), .connect_per_s = 2000, .backoff_s = 8, .echo_s = 15};
}

/* --- Clock ------------------------------------------------------------------------------------ */

static int64_t read_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t machine_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

/* What this program has worked; while others have the processor it stands. */
static int64_t worked_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* One step towards 'target', when so much has been worked; returns that after it. The next one
 * is shorter when this one was long. */
static int64_t step(struct switch_host *host, mono_t target, int64_t before_ns)
{
    mono_t next = mono_min(sim_next(host->sim), target);
    mono_t to = mono_add(sim_now(host->sim), host->step_ns);
    int64_t took_ns;

    sim_run_until(host->sim, mono_min(mono_before(to, next) ? next : to, target));
    took_ns = worked_ns() - before_ns;
    if (took_ns > LONG_NS && host->step_ns > SHORT_NS) {
        host->step_ns /= 2;
    } else if (took_ns < LONG_NS / 4 && host->step_ns < STEP_NS) {
        host->step_ns *= 2;
    }
    return before_ns + took_ns;
}

/* Runs the world up to the machine's clock, or for as long as connections can wait. */
static void follow(struct switch_host *host)
{
    int64_t began_ns = worked_ns(), so_far_ns = began_ns;
    mono_t target = {machine_ns() - host->origin_ns};

    while (mono_before(sim_now(host->sim), target) && so_far_ns - began_ns < WORK_NS) {
        so_far_ns = step(host, target, so_far_ns);
    }
    if (mono_diff_ns(target, sim_now(host->sim)) > BEHIND_NS) {
        host->origin_ns = machine_ns() - sim_now(host->sim).ns;
        host->stats.n_behind++;
    }
}

void switch_host_wake(struct switch_host *host)
{
    if (!host->awake) {
        host->awake = true;
        follow(host);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    switch_host_wake(aux);
}

/* A signal, or the end of 'seconds'. */
static void on_end(evutil_socket_t number, short what, void *aux)
{
    struct switch_host *host = aux;

    (void)number;
    (void)what;
    host->stopping = true;
}

static struct timeval timeval_from_ns(int64_t ns)
{
    int64_t us = (ns + NS_PER_US - 1) / NS_PER_US;

    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void arm_timer(struct switch_host *host)
{
    int64_t wait_ns = sim_next(host->sim).ns - (machine_ns() - host->origin_ns);
    struct timeval tv = timeval_from_ns(wait_ns > 0 ? wait_ns : 0);

    event_add(&host->timer, &tv);
}

static void flush(struct switch_host *host)
{
    struct list *first;

    while ((first = list_pop_front(&host->dirty))) {
        switch_link_flush(LIST_ENTRY(first, struct switch_link, in_dirty));
    }
}

/* What the messages of this turn have set off, frames on wires first of all, is done before the
 * loop sleeps. */
static void loop(struct switch_host *host)
{
    while (!host->stopping) {
        arm_timer(host);
        host->awake = false;
        event_base_loop(host->base, EVLOOP_ONCE);
        host->awake = true;
        follow(host);
        flush(host);
    }
}

/* --- Counting --------------------------------------------------------------------------------- */

static double elapsed_s(const struct switch_host *host)
{
    return mono_to_s((mono_t){machine_ns() - host->began_ns});
}

static void take_stock(struct switch_host *host)
{
    host->stats.elapsed_s = elapsed_s(host);
    switch_hosts_count(host);
}

static void tell(struct switch_host *host)
{
    take_stock(host);
    if (host->params->progress) {
        host->params->progress(host->params->progress_aux, &host->stats);
    }
}

void switch_host_ready(struct switch_host *host, const struct swtch *sw, bool ready)
{
    unsigned *n = &host->n_ready[swtch_id(sw)];

    host->stats.n_ready += ready && *n == 0;
    host->stats.n_ready -= !ready && *n == 1;
    *n = ready ? *n + 1 : *n - 1;
    if (ready && *n == 1) {
        switch_hosts_expect(host, sw);
    }
    if (host->stats.n_ready == host->stats.n_switches && host->stats.all_ready_s < 0) {
        host->stats.all_ready_s = elapsed_s(host);
        tell(host);
    }
}

static void on_second(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    switch_ports_look(aux);
    tell(aux);
}

/* --- Life ------------------------------------------------------------------------------------- */

static enum err resolve(struct switch_host *host, char *error, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    for (size_t t = 0; t < host->params->n_targets; t++) {
        const struct switch_target *target = &host->params->targets[t];
        int status = getaddrinfo(target->host, target->port, &hints, &host->addresses[t]);

        if (status != 0) {
            host->addresses[t] = NULL;
            snprintf(error, size, "--controller %s: %s", target->host, gai_strerror(status));
            return ERR_SYNTAX;
        }
    }
    return ERR_OK;
}

static enum err open_tls(struct switch_host *host, char *error, size_t size)
{
    struct bench_params files = {
        .ca = host->params->ca, .certificate = host->params->certificate, .key = host->params->key};

    for (size_t t = 0; t < host->params->n_targets; t++) {
        if (host->params->targets[t].tls && !host->tls) {
            host->tls = bench_tls_new(&files, error, size);
            if (!host->tls) {
                return ERR_SYNTAX;
            }
        }
    }
    return ERR_OK;
}

/* A file for each connection and port. */
static enum err raise_limit(const struct switch_host *host, char *error, size_t size)
{
    rlim_t need = host->n_links + 2 * host->params->n_edges + SPARE_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) {
        return ERR_OK;
    }
    limit.rlim_cur = need;
    if (limit.rlim_max < need) {
        limit.rlim_max = need; /* For those who may. */
    }
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        snprintf(error, size,
                 "%llu files must be open at a time, which is not allowed (ulimit -n): %s",
                 (unsigned long long)need, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

static enum err open_loop(struct switch_host *host, char *error, size_t size)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    host->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!host->base) {
        snprintf(error, size, "libevent has no event loop");
        return ERR_IO;
    }
    signal(SIGPIPE, SIG_IGN); /* TLS writes to sockets that the controller has closed. */
    evtimer_assign(&host->timer, host->base, on_timer, host);
    event_assign(&host->second, host->base, -1, EV_PERSIST, on_second, host);
    evtimer_assign(&host->end, host->base, on_end, host);
    for (unsigned i = 0; i < 2; i++) {
        evsignal_assign(&host->signals[i], host->base, signals[i], on_end, host);
        event_add(&host->signals[i], NULL);
    }
    return ERR_OK;
}

static void add_links(struct switch_host *host)
{
    const struct switch_host_params *p = host->params;
    int64_t apart_ns = ns_from_s(1 / p->connect_per_s);

    host->links = xcalloc(host->n_links + 1, sizeof *host->links);
    for (size_t i = 0; i < host->n_links; i++) {
        struct swtch *sw = world_switch(host->world, (uint32_t)(i / p->n_targets));

        switch_link_init(&host->links[i], host, sw, (unsigned)(i % p->n_targets),
                         apart_ns * (int64_t)(i / p->n_targets));
    }
}

/* Progress and the end keep to the machine's time, also when the virtual clock falls back. */
static void start(struct switch_host *host)
{
    struct timeval second = timeval_from_ns(NS_PER_S);
    struct timeval end = timeval_from_ns(ns_from_s(host->params->seconds));

    host->began_ns = machine_ns();
    host->origin_ns = host->began_ns - sim_now(host->sim).ns;
    add_links(host);
    switch_hosts_init(host);
    event_add(&host->second, &second);
    if (host->params->seconds > 0) {
        event_add(&host->end, &end);
    }
}

static void host_init(struct switch_host *host, const struct switch_host_params *params)
{
    *host = (struct switch_host){.params = params};
    host->world = world_new(params->topo, &params->world);
    host->sim = world_sim(host->world);
    host->rng = sim_rng(host->sim, "back-off");
    host->in = xcalloc(SWITCH_IN_BYTES, 1);
    host->stats.n_switches = world_n_switches(host->world);
    host->stats.all_ready_s = -1;
    host->step_ns = STEP_NS;
    host->n_ready = xcalloc(host->stats.n_switches + 1, sizeof *host->n_ready);
    host->n_links = (size_t)host->stats.n_switches * params->n_targets;
    list_init(&host->dirty);
}

static void host_fini(struct switch_host *host)
{
    for (size_t i = 0; host->links && i < host->n_links; i++) {
        switch_link_fini(&host->links[i]);
    }
    switch_ports_close(host);
    for (size_t t = 0; t < host->params->n_targets; t++) {
        if (host->addresses[t]) {
            freeaddrinfo(host->addresses[t]);
        }
    }
    if (host->base) {
        event_del(&host->timer);
        event_del(&host->second);
        event_del(&host->end);
        event_del(&host->signals[0]);
        event_del(&host->signals[1]);
        event_base_free(host->base);
    }
    bench_tls_free(host->tls);
    switch_hosts_fini(host);
    free(host->links);
    free(host->n_ready);
    free(host->in);
    arena_fini(&host->arena);
    world_free(host->world);
    frame_pool_fini(&host->pool);
}

enum err switch_host_run(const struct switch_host_params *params, struct switch_host_stats *stats,
                         char *error, size_t size)
{
    struct switch_host host;
    enum err err;

    host_init(&host, params);
    err = raise_limit(&host, error, size);
    err = err == ERR_OK ? resolve(&host, error, size) : err;
    err = err == ERR_OK ? open_tls(&host, error, size) : err;
    err = err == ERR_OK ? open_loop(&host, error, size) : err;
    err = err == ERR_OK ? switch_ports_open(&host, error, size) : err;
    if (err == ERR_OK) {
        start(&host);
        loop(&host);
    }
    take_stock(&host);
    *stats = host.stats;
    host_fini(&host);
    return err;
}
