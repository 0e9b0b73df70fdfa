/* Those who listen to events: server-sent events (HTML Living Standard §9.2). Whoever does not read what
 * is sent is dropped; it may come again and say which event it saw last. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_events.h"
#include "controller/northbound/nb_http_int.h"

#define MAX_UNREAD ((size_t)256 << 10) /* Bytes. */
#define FOREVER_S 1000000000

/* evhttp has let go of the connection but not of the request, which is ended here. */
static void on_close(struct evhttp_connection *conn, void *aux)
{
    struct nb_listener *l = aux;

    (void)conn;
    list_remove(&l->node);
    l->http->n_listeners--;
    evhttp_send_reply_end(l->request);
    free(l);
}

static void forget(struct nb_listener *l)
{
    evhttp_connection_set_closecb(l->conn, NULL, NULL);
    list_remove(&l->node);
    l->http->n_listeners--;
    free(l);
}

static size_t unread(const struct nb_listener *l)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(l->conn);

    return evbuffer_get_length(bufferevent_get_output(bev));
}

static void send_new(struct nb_listener *l, struct evbuffer *buffer)
{
    const struct nb_event *event;

    while ((event = nb_events_next(l->http->params.nb, l->after))) {
        evbuffer_add_printf(buffer, "id: %llu\nevent: %s\ndata: %s\n\n",
                            (unsigned long long)event->number, event->name, event->data);
        l->after = event->number;
    }
    if (evbuffer_get_length(buffer)) {
        evhttp_send_reply_chunk(l->request, buffer);
    }
}

void nb_listeners_add(struct nb_http *http, struct evhttp_request *request, uint64_t after)
{
    struct nb_listener *l = xcalloc(1, sizeof *l);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *buffer = evbuffer_new();

    l->http = http;
    l->request = request;
    l->conn = evhttp_request_get_connection(request);
    l->after = after;
    list_push_back(&http->listeners, &l->node);
    http->n_listeners++;
    http->counters.listeners++;
    evhttp_add_header(headers, "Content-Type", "text/event-stream");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_connection_set_timeout(l->conn, FOREVER_S);
    evhttp_connection_set_closecb(l->conn, on_close, l);
    evhttp_send_reply_start(request, 200, "OK");
    evbuffer_add_printf(buffer, ": tambo\n\n");
    send_new(l, buffer);
    evbuffer_free(buffer);
}

/* Ends the connection of one that does not read: on_close() follows. */
static void drop(struct nb_listener *l)
{
    l->http->counters.listeners_dropped++;
    bufferevent_trigger_event(evhttp_connection_get_bufferevent(l->conn),
                              BEV_EVENT_EOF | BEV_EVENT_READING, 0);
}

void nb_listeners_tell(struct nb_http *http)
{
    struct evbuffer *buffer = evbuffer_new();
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &http->listeners) {
        struct nb_listener *l = LIST_ENTRY(e, struct nb_listener, node);

        if (unread(l) > MAX_UNREAD) {
            drop(l);
        } else {
            send_new(l, buffer);
        }
    }
    evbuffer_free(buffer);
}

/* A comment now and then shows proxies and ourselves that the other side is still there. */
void nb_listeners_beat(struct nb_http *http)
{
    struct evbuffer *buffer = evbuffer_new();
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &http->listeners) {
        struct nb_listener *l = LIST_ENTRY(e, struct nb_listener, node);

        if (unread(l) > MAX_UNREAD) {
            drop(l);
        } else {
            evbuffer_add_printf(buffer, ": beat\n\n");
            evhttp_send_reply_chunk(l->request, buffer);
        }
    }
    evbuffer_free(buffer);
}

void nb_listeners_end(struct nb_http *http)
{
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &http->listeners) {
        struct nb_listener *l = LIST_ENTRY(e, struct nb_listener, node);
        struct evhttp_request *request = l->request;

        forget(l);
        evhttp_send_reply_end(request);
    }
}
