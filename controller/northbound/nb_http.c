#include "controller/northbound/nb_http.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_events.h"
#include "controller/northbound/nb_http_int.h"

LOG_MODULE(northbound);

#define MAX_HEADERS 16384
#define HARD_MAX_BODY (16 << 20) /* evhttp's own; nb_handle() knows the one in force. */
#define BEAT_TICKS 15
#define HOST_LEN 64

/* --- Sending ---------------------------------------------------------------------------------- */

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 204:
        return "No Content";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    default:
        return "Error";
    }
}

static void add_headers(struct evkeyvalq *headers, const struct nb_answer *answer)
{
    char allow[NB_ALLOW_LEN];

    if (answer->content_type) {
        evhttp_add_header(headers, "Content-Type", answer->content_type);
    }
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_add_header(headers, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                      "connect-src 'self'; frame-ancestors 'none'; form-action 'none'");
    if (answer->allow) {
        evhttp_add_header(headers, "Allow", nb_allow_text(answer->allow, allow));
    }
    if (answer->status == 401) {
        evhttp_add_header(headers, "WWW-Authenticate", "Bearer realm=\"tambo\"");
    }
    if (answer->status == 429 || answer->status == 503) {
        evhttp_add_header(headers, "Retry-After", "1");
    }
}

static void fill(struct evbuffer *buffer, const struct nb_answer *answer)
{
    char *text;

    if (answer->text) {
        evbuffer_add(buffer, answer->text, strlen(answer->text));
    } else if (answer->json) {
        text = json_dumps(answer->json, JSON_COMPACT | JSON_REAL_PRECISION(12));
        evbuffer_add_printf(buffer, "%s\n", text ? text : "{}");
        free(text);
    }
}

/* A HEAD request gets the length and no body. */
static void send_answer(struct evhttp_request *request, const struct nb_answer *answer,
                        bool is_head)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *buffer = evbuffer_new();
    char length[24];

    fill(buffer, answer);
    add_headers(headers, answer);
    if (answer->status != 204) {
        snprintf(length, sizeof length, "%zu", evbuffer_get_length(buffer));
        evhttp_add_header(headers, "Content-Length", length);
    }
    evhttp_send_reply(request, answer->status, reason_of(answer->status), is_head ? NULL : buffer);
    evbuffer_free(buffer);
}

static struct bufferevent *bev_of(struct evhttp_request *request)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(request);

    return conn ? evhttp_connection_get_bufferevent(conn) : NULL;
}

static void refuse_listener(struct evhttp_request *request)
{
    struct nb_answer answer =
        nb_error_answer(503, "unavailable", "too many listen to events already");

    send_answer(request, &answer, false);
    nb_answer_fini(&answer);
}

/* Also called later, when a switch has answered; the client may be gone, which evhttp knows. */
static void on_answer(void *aux, const struct nb_answer *answer)
{
    struct nb_waiting *w = aux;
    struct nb_http *http = w->http;
    struct evhttp_request *request = w->request;
    struct bufferevent *bev = bev_of(request);

    http->counters.denied += answer->status == 401 || answer->status == 403;
    if (answer->is_stream && bev && !w->is_head &&
        http->n_listeners >= http->params.limits.max_listeners) {
        refuse_listener(request);
        nb_conns_busy(http, bev, false);
    } else if (answer->is_stream && bev && !w->is_head) {
        nb_listeners_add(http, request, answer->stream_after);
    } else {
        send_answer(request, answer, w->is_head);
        nb_conns_busy(http, bev, false);
    }
    list_remove(&w->node);
    free(w);
}

static void send_error(struct nb_waiting *w, int status, const char *code, const char *message)
{
    struct nb_answer answer = nb_error_answer(status, code, message);

    on_answer(w, &answer);
    nb_answer_fini(&answer);
}

/* --- Who asks --------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return (inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6)) ||
           strcasecmp(host, "localhost") == 0;
}

/* The host of "HOST:PORT", "[IPV6]:PORT" or either without a port. */
static bool host_of(const char *text, char out[HOST_LEN])
{
    bool bracket = text[0] == '[';
    size_t n = strcspn(text + bracket, bracket ? "]" : ":");

    if (n >= HOST_LEN) {
        return false;
    }
    memcpy(out, text + bracket, n);
    out[n] = '\0';
    return true;
}

/* A browser says from which page a request comes; only our own pages may. */
static bool same_origin(const struct evkeyvalq *headers)
{
    const char *origin = evhttp_find_header(headers, "Origin");
    const char *host = evhttp_find_header(headers, "Host");
    const char *slashes;

    if (!origin) {
        return true;
    }
    slashes = strstr(origin, "://");
    return slashes && host && strcasecmp(slashes + 3, host) == 0;
}

/* A page of a name that its owner has pointed at us names that host. */
static bool host_is_ours(const struct nb_http *http, const struct evkeyvalq *headers)
{
    const char *text = evhttp_find_header(headers, "Host");
    char host[HOST_LEN];

    return http->tokens || http->has_ca || !text || (host_of(text, host) && is_loopback(host));
}

static bool share_left(struct nb_http *http, struct evhttp_request *request)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(request);
    char *address = NULL;
    uint32_t hash = 2166136261u; /* FNV-1a. */
    ev_uint16_t port = 0;

    evhttp_connection_get_peer(conn, &address, &port);
    for (const char *p = address; p && *p; p++) {
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    }
    return share_take(&http->shares[hash % NB_N_SHARES], &http->rate, http->params.clock->now);
}

static enum nb_role find_role(const struct nb_http *http, const struct evkeyvalq *headers,
                              const char **user)
{
    const char *header = evhttp_find_header(headers, "Authorization");

    *user = "anybody";
    if (!http->tokens && !http->has_ca) {
        return NB_ADMIN;
    }
    if (http->tokens && header) {
        return nb_tokens_find(http->tokens, header, user);
    }
    *user = "certificate";
    return http->has_ca ? http->client_role : NB_NOBODY;
}

/* --- Requests --------------------------------------------------------------------------------- */

static const char *method_of(const struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    case EVHTTP_REQ_TRACE:
        return "TRACE";
    case EVHTTP_REQ_CONNECT:
        return "CONNECT";
    default:
        return "?";
    }
}

static void handle(struct nb_waiting *w)
{
    struct nb_http *http = w->http;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(w->request);
    struct evkeyvalq *headers = evhttp_request_get_input_headers(w->request);
    struct evbuffer *body = evhttp_request_get_input_buffer(w->request);
    struct nb_request request = {.method = method_of(w->request),
                                 .path = uri ? evhttp_uri_get_path(uri) : NULL,
                                 .query = uri ? evhttp_uri_get_query(uri) : NULL,
                                 .content_type = evhttp_find_header(headers, "Content-Type"),
                                 .len = evbuffer_get_length(body)};
    struct nb_call *call;

    if (!request.path) {
        send_error(w, 404, "not_found", "there is nothing at this path");
        return;
    }
    request.body = (const char *)evbuffer_pullup(body, -1);
    request.role = find_role(http, headers, &request.user);
    call = nb_handle(http->params.nb, &request, on_answer, w);
    if (call) {
        w->call = call;
    }
}

static void on_request(struct evhttp_request *request, void *aux)
{
    struct nb_http *http = aux;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct ctl *ctl = http->params.enter(http->params.enter_aux);
    struct nb_waiting *w = xcalloc(1, sizeof *w);

    w->http = http;
    w->request = request;
    w->is_head = evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
    list_push_back(&http->waiting, &w->node);
    nb_conns_busy(http, bev_of(request), true);
    if (!ctl) {
        send_error(w, 503, "unavailable", "the controller is stopping");
    } else if (!share_left(http, request)) {
        http->counters.limited++;
        send_error(w, 429, "too_many_requests", "this address asks too often");
    } else if (!same_origin(headers) || !host_is_ours(http, headers)) {
        send_error(w, 403, "forbidden", "requests from other sites are refused");
    } else {
        handle(w);
    }
}

/* --- Time and events -------------------------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *aux)
{
    struct nb_http *http = aux;

    (void)fd;
    (void)what;
    (void)http->params.enter(http->params.enter_aux);
    nb_conns_expire(http);
    if (++http->n_ticks % BEAT_TICKS == 0) {
        nb_listeners_beat(http);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    nb_listeners_tell(aux);
}

/* Inside the core: only notes that there is something to tell. */
static void wake(void *aux)
{
    const struct nb_http *http = aux;

    if (http->n_listeners) {
        event_active(http->wake, EV_TIMEOUT, 0);
    }
}

/* --- Construction ----------------------------------------------------------------------------- */

static void make_evhttp(struct nb_http *http)
{
    http->evhttp = evhttp_new(http->params.base);
    if (!http->evhttp) {
        abort(); /* No memory. */
    }
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                                 EVHTTP_REQ_POST | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH |
                                                 EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT);
    evhttp_set_max_headers_size(http->evhttp, MAX_HEADERS);
    evhttp_set_max_body_size(http->evhttp, HARD_MAX_BODY);
    evhttp_set_default_content_type(http->evhttp, NULL);
    evhttp_set_gencb(http->evhttp, on_request, http);
    evhttp_set_bevcb(http->evhttp, nb_conns_accept, http);
}

struct nb_http *nb_http_new(const struct nb_http_params *params)
{
    static const struct timeval second = {1, 0};
    struct nb_http *http = xcalloc(1, sizeof *http);

    http->params = *params;
    http->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    list_init(&http->conns);
    list_init(&http->listeners);
    list_init(&http->waiting);
    make_evhttp(http);
    nb_http_set_limits(http, &params->limits);
    http->tick = event_new(params->base, -1, EV_PERSIST, on_tick, http);
    http->wake = event_new(params->base, -1, 0, on_wake, http);
    event_add(http->tick, &second);
    nb_events_listen(params->nb, wake, http);
    return http;
}

static void forget_waiting(struct nb_http *http)
{
    struct list *e;

    while ((e = list_pop_front(&http->waiting))) {
        struct nb_waiting *w = LIST_ENTRY(e, struct nb_waiting, node);

        if (w->call) {
            nb_cancel(w->call);
        }
        if (!bev_of(w->request)) {
            evhttp_request_free(w->request); /* evhttp has forgotten it. */
        }
        free(w);
    }
}

void nb_http_free(struct nb_http *http)
{
    if (!http) {
        return;
    }
    nb_events_listen(http->params.nb, NULL, NULL);
    nb_listeners_end(http);
    forget_waiting(http);
    evhttp_free(http->evhttp);
    nb_conns_sweep(http, true);
    event_free(http->tick);
    event_free(http->wake);
    nb_tokens_free(http->tokens);
    SSL_CTX_free(http->tls);
    free(http);
}

void nb_http_set_limits(struct nb_http *http, const struct nb_limits *limits)
{
    struct nb_limits *l = &http->params.limits;

    *l = *limits;
    l->max_connections = l->max_connections ? l->max_connections : 64;
    l->max_listeners = l->max_listeners ? l->max_listeners : 16;
    l->request_ns = l->request_ns ? l->request_ns : 30 * NS_PER_S;
    http->rate = rate_make(l->per_s, l->burst);
    evhttp_set_timeout(http->evhttp, (int)(l->request_ns / NS_PER_S) + 1);
}

bool nb_http_set_door(struct nb_http *http, const struct nb_door *door, char *why, size_t size)
{
    struct nb_tokens *tokens = NULL;
    SSL_CTX *tls = NULL;

    if (door->tokens_file[0]) {
        tokens = nb_tokens_read(door->tokens_file, why, size);
        if (!tokens) {
            return false;
        }
    }
    if (door->certificate[0]) {
        tls = nb_tls_load(door->certificate, door->key, door->ca, why, size);
        if (!tls) {
            nb_tokens_free(tokens);
            return false;
        }
    }
    nb_tokens_free(http->tokens);
    SSL_CTX_free(http->tls);
    http->tokens = tokens;
    http->tls = tls;
    http->has_ca = tls && door->ca[0];
    http->client_role = door->client_role;
    return true;
}

/* --- Listening -------------------------------------------------------------------------------- */

static uint16_t port_of(struct evhttp_bound_socket *socket)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;

    getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&addr, &len);
    return addr.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&addr)->sin6_port)
                                      : ntohs(((struct sockaddr_in *)(void *)&addr)->sin_port);
}

void nb_http_unlisten(struct nb_http *http)
{
    if (http->socket) {
        evhttp_del_accept_socket(http->evhttp, http->socket);
    }
    http->socket = NULL;
    http->port = 0;
}

bool nb_http_listen(struct nb_http *http, const char *address, char *why, size_t size)
{
    const char *colon = strrchr(address, ':');
    struct evhttp_bound_socket *socket;
    char host[HOST_LEN];

    if (!colon || !host_of(address, host)) {
        snprintf(why, size, "%s is no ADDRESS:PORT", address);
        return false;
    }
    if (!http->tokens && !http->has_ca && !is_loopback(host)) {
        snprintf(why, size, "%s is no loopback address, and there are neither tokens nor a CA",
                 address);
        return false;
    }
    nb_http_unlisten(http);
    socket = evhttp_bind_socket_with_handle(http->evhttp, host,
                                            (ev_uint16_t)strtoul(colon + 1, NULL, 10));
    if (!socket) {
        snprintf(why, size, "cannot listen on %s: %s", address,
                 evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
        return false;
    }
    http->socket = socket;
    http->port = port_of(socket);
    LOG_INFO(http->params.log, "REST on http%s://%s:%u/v1", http->tls ? "s" : "",
             strchr(host, ':') ? "[::1]" : host, http->port);
    return true;
}

uint16_t nb_http_port(const struct nb_http *http)
{
    return http->port;
}

const struct nb_http_counters *nb_http_counters(const struct nb_http *http)
{
    return &http->counters;
}
