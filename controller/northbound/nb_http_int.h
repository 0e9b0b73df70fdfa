/* What the files of the adapter share. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_HTTP_INT_H
#define TAMBO_NORTHBOUND_NB_HTTP_INT_H

#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>

#include "controller/base/list.h"
#include "controller/base/share.h"
#include "controller/northbound/nb_http.h"
#include "controller/northbound/nb_tokens.h"

#define NB_N_SHARES 256

struct bufferevent;

/* A connection that was accepted. evhttp owns it and does not say when it is gone, so we hold a reference
 * to its bufferevent, whose callbacks evhttp takes away when it lets go. */
struct nb_conn {
    struct list node; /* Those that wait longest in front. */
    struct bufferevent *bev;
    mono_t since; /* When it was accepted or last answered. */
    bool busy;    /* A request is being answered: takes as long as it takes. */
};

/* Somebody who listens to events. */
struct nb_listener {
    struct list node;
    struct nb_http *http;
    struct evhttp_request *request;
    struct evhttp_connection *conn;
    uint64_t after; /* What was sent last. */
};

/* A request that waits for its answer. */
struct nb_waiting {
    struct list node;
    struct nb_http *http;
    struct evhttp_request *request;
    struct nb_call *call; /* NULL: not yet. */
    bool is_head;
};

struct nb_http {
    struct nb_http_params params; /* With the defaults filled in. */
    struct evhttp *evhttp;
    struct evhttp_bound_socket *socket; /* NULL: it does not listen. */
    uint16_t port;
    struct nb_tokens *tokens; /* NULL: there are none. */
    SSL_CTX *tls;             /* NULL: plain HTTP. */
    bool has_ca;
    enum nb_role client_role;
    struct event *tick; /* Once a second. */
    struct event *wake; /* There are events to tell. */
    unsigned n_ticks;
    struct list conns, listeners, waiting;
    size_t n_conns, n_listeners;
    struct rate rate;
    struct share shares[NB_N_SHARES]; /* Of addresses, by hash. */
    struct log_limit limit;
    struct nb_http_counters counters;
};

/* nb_conns.c */
struct bufferevent *nb_conns_accept(struct event_base *base, void *http); /* For evhttp. */
void nb_conns_sweep(struct nb_http *http, bool all); /* Lets go of those that are gone. */
void nb_conns_expire(struct nb_http *http);          /* Closes those that take too long. */
void nb_conns_busy(struct nb_http *http, struct bufferevent *bev, bool busy);

/* nb_listeners.c */
void nb_listeners_add(struct nb_http *http, struct evhttp_request *request, uint64_t after);
void nb_listeners_tell(struct nb_http *http);
void nb_listeners_beat(struct nb_http *http);
void nb_listeners_end(struct nb_http *http);

/* nb_tls.c: NULL with the reason in 'why'. 'ca' empty: clients need no certificate. */
SSL_CTX *nb_tls_load(const char *certificate, const char *key, const char *ca, char *why,
                     size_t size);

#endif
