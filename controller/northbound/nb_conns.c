/* The connections of the adapter: how many, and for how long without a request. */
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_http_int.h"

LOG_MODULE(northbound);

/* evhttp always has an event callback on what it owns. */
static bool is_gone(const struct nb_conn *conn)
{
    bufferevent_event_cb cb = NULL;

    bufferevent_getcb(conn->bev, NULL, NULL, &cb, NULL);
    return !cb;
}

static void let_go(struct nb_http *http, struct nb_conn *conn)
{
    list_remove(&conn->node);
    bufferevent_decref(conn->bev);
    free(conn);
    http->n_conns--;
}

void nb_conns_sweep(struct nb_http *http, bool all)
{
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &http->conns) {
        struct nb_conn *conn = LIST_ENTRY(e, struct nb_conn, node);

        if (all || is_gone(conn)) {
            let_go(http, conn);
        }
    }
}

/* As if the client had gone: evhttp then closes and frees. */
static void close_conn(struct nb_conn *conn)
{
    bufferevent_trigger_event(conn->bev, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
}

void nb_conns_expire(struct nb_http *http)
{
    mono_t now = http->params.clock->now;
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &http->conns) {
        struct nb_conn *conn = LIST_ENTRY(e, struct nb_conn, node);

        if (!conn->busy && !is_gone(conn) &&
            mono_diff_ns(now, conn->since) > http->params.limits.request_ns) {
            http->counters.connections_late++;
            close_conn(conn);
        }
    }
    nb_conns_sweep(http, false);
}

/* The connection that has been idle for longest makes room. */
static void evict(struct nb_http *http)
{
    for (struct list *e = http->conns.next; e != &http->conns; e = e->next) {
        struct nb_conn *conn = LIST_ENTRY(e, struct nb_conn, node);

        if (!conn->busy && !is_gone(conn)) {
            http->counters.connections_evicted++;
            LOG_LIMITED(http->params.log, &http->limit, LOG_WARN,
                        "all %u connections are taken: the idlest one is closed",
                        http->params.limits.max_connections);
            close_conn(conn);
            return;
        }
    }
}

static struct bufferevent *make(struct nb_http *http, struct event_base *base)
{
    SSL *ssl = http->tls ? SSL_new(http->tls) : NULL;
    struct bufferevent *bev;

    if (!http->tls) {
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    }
    bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                         BEV_OPT_CLOSE_ON_FREE);
    if (bev) {
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    }
    return bev;
}

struct bufferevent *nb_conns_accept(struct event_base *base, void *aux)
{
    struct nb_http *http = aux;
    struct bufferevent *bev;
    struct nb_conn *conn;

    (void)http->params.enter(http->params.enter_aux);
    nb_conns_sweep(http, false);
    if (http->n_conns >= http->params.limits.max_connections) {
        evict(http);
        nb_conns_sweep(http, false);
    }
    bev = make(http, base);
    if (!bev) {
        abort(); /* No memory. */
    }
    conn = xcalloc(1, sizeof *conn);
    conn->bev = bev;
    conn->since = http->params.clock->now;
    bufferevent_incref(bev);
    list_push_back(&http->conns, &conn->node);
    http->n_conns++;
    http->counters.connections++;
    return bev;
}

void nb_conns_busy(struct nb_http *http, struct bufferevent *bev, bool busy)
{
    for (struct list *e = http->conns.next; e != &http->conns; e = e->next) {
        struct nb_conn *conn = LIST_ENTRY(e, struct nb_conn, node);

        if (conn->bev == bev) {
            conn->busy = busy;
            conn->since = http->params.clock->now;
            list_remove(&conn->node);
            list_push_back(&http->conns, &conn->node);
            return;
        }
    }
}
