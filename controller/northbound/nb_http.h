/* The northbound interface on connections: HTTP/1.1 with evhttp, on somebody's event loop.
 *
 * It gives each request to nb_handle() and keeps strangers in bounds: so many connections, each with so
 * much time for its next request, so many requests each second from one address, so long a body. When
 * all places are taken, whoever has waited longest without asking for anything makes room.
 *
 * Without tokens everybody who can reach it may do everything; then it listens on loopback addresses
 * only, and answers only requests to such a host, so that no web page can reach it through a browser
 * with a name of its own. A request that a browser sends from another site is refused in any case. */
#ifndef TAMBO_NORTHBOUND_NB_HTTP_H
#define TAMBO_NORTHBOUND_NB_HTTP_H

#include "controller/northbound/nb.h"

struct ctl;
struct event_base;
struct nb_http;

/* Called before a request is handled: brings the clock up to date and sees to it that the core runs
 * afterwards. The core; NULL when it is not to be entered any more. */
typedef struct ctl *nb_enter_fn(void *aux);

struct nb_limits {
    uint32_t max_connections; /* 0: 64. */
    uint32_t max_listeners;   /* Of events, among these; 0: 16. */
    int64_t request_ns; /* From a connection, or an answer, to the next whole request; 0: 30 s. */
    uint32_t per_s, burst; /* Requests of one address; 0 each second: any. */
};

struct nb_http_params {
    struct event_base *base; /* Borrowed. */
    struct nb *nb;           /* Borrowed. */
    struct log *log;
    const struct clock *clock;
    nb_enter_fn *enter;
    void *enter_aux;
    struct nb_limits limits;
};

/* What protects it; empty paths: it is not used. */
struct nb_door {
    const char *tokens_file;
    const char *certificate, *key; /* PEM: HTTPS instead of HTTP. */
    const char *ca;           /* PEM: only clients with a certificate of these may connect... */
    enum nb_role client_role; /* ...and have this role without a token. */
};

/* The program must ignore SIGPIPE: TLS connections write without a word about it. */
struct nb_http *nb_http_new(const struct nb_http_params *params);

/* Ends every connection. Before nb_free() and before the loop is gone. NULL is fine. */
void nb_http_free(struct nb_http *http);

/* Takes tokens and certificates for requests and connections from now on. False, and everything as it
 * was, when a file cannot be used: 'why' says so. */
bool nb_http_set_door(struct nb_http *http, const struct nb_door *door, char *why, size_t size);

/* Listens on "ADDRESS:PORT" or "[IPV6]:PORT"; port 0 takes a free one, and the log says which. Stops
 * where it listened before. False, with the reason in 'why', when it cannot, or must not: the address
 * is no loopback address and there are neither tokens nor a CA. */
bool nb_http_listen(struct nb_http *http, const char *address, char *why, size_t size);
void nb_http_unlisten(struct nb_http *http);
uint16_t nb_http_port(const struct nb_http *http); /* 0: it does not listen. */

void nb_http_set_limits(struct nb_http *http, const struct nb_limits *limits);

#define NB_HTTP_COUNTERS(X)                                                                        \
    X(connections)                                                                                 \
    X(connections_evicted)                                                                         \
    X(connections_late)                                                                            \
    X(limited)                                                                                     \
    X(denied)                                                                                      \
    X(listeners)                                                                                   \
    X(listeners_dropped)

struct nb_http_counters {
#define X(name) uint64_t name;
    NB_HTTP_COUNTERS(X)
#undef X
};

const struct nb_http_counters *nb_http_counters(const struct nb_http *http);

#endif
