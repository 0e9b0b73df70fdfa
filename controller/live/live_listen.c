/* Listeners: where switches connect to. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/live/live_conn.h"

LOG_MODULE(live);

/* After accept() has failed (no descriptors left, most often) nothing is accepted for about so
 * long. */
#define ACCEPT_PAUSE_NS (NS_PER_S / 2)

/* Connections that the kernel keeps for us; it may have a smaller limit of its own. */
#define BACKLOG 4096

#define ADDRESS_LEN LIVE_ADDRESS_LEN

struct listener {
    struct list in_list; /* live->listeners. */
    struct live *live;
    struct evconnlistener *lev;
    char *address; /* As it was asked for. */
    uint16_t port; /* As it was given. */
    bool tls;
    bool is_on;
};

uint16_t live_print_address(const struct sockaddr *sa, char *out)
{
    char host[INET6_ADDRSTRLEN] = "?";
    uint16_t port;

    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 sin6;

        memcpy(&sin6, sa, sizeof sin6);
        port = ntohs(sin6.sin6_port);
        inet_ntop(AF_INET6, &sin6.sin6_addr, host, sizeof host);
        snprintf(out, ADDRESS_LEN, "[%s]:%u", host, port);
    } else {
        struct sockaddr_in sin;

        memcpy(&sin, sa, sizeof sin);
        port = ntohs(sin.sin_port);
        inet_ntop(AF_INET, &sin.sin_addr, host, sizeof host);
        snprintf(out, ADDRESS_LEN, "%s:%u", host, port);
    }
    return port;
}

static void refuse(struct live *live, int fd, const char *peer, const char *why)
{
    live->counters.connections_refused++;
    LOG_LIMITED(live->params.log, &live->accept_limit, LOG_WARN, "%s: refused, %s", peer, why);
    close(fd);
}

static void on_accept(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *aux)
{
    const struct listener *l = aux;
    struct live *live = l->live;
    char peer[ADDRESS_LEN], why[64];

    (void)lev;
    (void)len;
    live_wake(live);
    live_print_address(sa, peer);
    if (live->n_conns >= live->params.max_connections) {
        snprintf(why, sizeof why, "there are %zu connections already", live->n_conns);
        refuse(live, fd, peer, why);
    } else if (!door_has_place(live, peer)) {
        refuse(live, fd, peer, "too many from its address have not said who they are");
    } else if (l->tls) {
        live_adopt_tls_socket(live, fd, peer);
    } else {
        live_adopt_socket(live, fd, peer);
    }
    door_passed(live);
    listeners_update(live);
}

static void on_accept_error(struct evconnlistener *lev, void *aux)
{
    struct live *live = ((struct listener *)aux)->live;
    int error = errno;

    (void)lev;
    live_wake(live);
    live->counters.accept_errors++;
    LOG_LIMITED(live->params.log, &live->accept_limit, LOG_ERROR, "cannot accept: %s",
                strerror(error));
    door_pause(live, ACCEPT_PAUSE_NS);
}

/* (evutil_parse_sockaddr_port() refuses port 0.) */
bool live_parse_address(const char *text, struct sockaddr_storage *out, int *len)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
    char host[ADDRESS_LEN];
    unsigned port;
    int end = 0;

    if (sscanf(text, "[%45[0-9a-fA-F:.]]:%5u%n", host, &port, &end) == 2 && !text[end] &&
        inet_pton(AF_INET6, host, &sin6.sin6_addr) == 1 && port <= UINT16_MAX) {
        sin6.sin6_port = htons((uint16_t)port);
        memcpy(out, &sin6, sizeof sin6);
        *len = sizeof sin6;
        return true;
    }
    if (sscanf(text, "%15[0-9.]:%5u%n", host, &port, &end) == 2 && !text[end] &&
        inet_pton(AF_INET, host, &sin.sin_addr) == 1 && port <= UINT16_MAX) {
        sin.sin_port = htons((uint16_t)port);
        memcpy(out, &sin, sizeof sin);
        *len = sizeof sin;
        return true;
    }
    return false;
}

/* Asks the kernel which port it has given. */
static void settle_port(struct listener *l)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char text[ADDRESS_LEN];

    if (getsockname(evconnlistener_get_fd(l->lev), (struct sockaddr *)&ss, &len) == 0) {
        l->port = live_print_address((struct sockaddr *)&ss, text);
        LOG_INFO(l->live->params.log, "listening on %s%s", text, l->tls ? " for TLS" : "");
    }
}

static enum err listen_on(struct live *live, const char *address, bool tls)
{
    struct sockaddr_storage ss = {0};
    struct listener *l;
    int len;

    if (!live_parse_address(address, &ss, &len)) {
        LOG_ERROR(live->params.log, "%s: no address to listen on", address);
        return ERR_SYNTAX;
    }
    l = xcalloc(1, sizeof *l);
    l->live = live;
    l->tls = tls;
    l->lev = evconnlistener_new_bind(
        live->base, on_accept, l, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        BACKLOG, (struct sockaddr *)&ss, len);
    if (!l->lev) {
        LOG_ERROR(live->params.log, "cannot listen on %s: %s", address, strerror(errno));
        free(l);
        return ERR_IO;
    }
    evconnlistener_set_error_cb(l->lev, on_accept_error);
    l->address = xstrdup(address);
    l->is_on = true;
    list_push_back(&live->listeners, &l->in_list);
    settle_port(l);
    return ERR_OK;
}

enum err live_listen(struct live *live, const char *address)
{
    return listen_on(live, address, false);
}

enum err live_listen_tls(struct live *live, const char *address)
{
    assert(live->tls && "live_set_tls() comes first");
    return listen_on(live, address, true);
}

static struct listener *find(const struct live *live, const char *address)
{
    for (struct list *e = live->listeners.next; e != &live->listeners; e = e->next) {
        struct listener *l = LIST_ENTRY(e, struct listener, in_list);

        if (strcmp(l->address, address) == 0) {
            return l;
        }
    }
    return NULL;
}

static void listener_free(struct listener *l)
{
    list_remove(&l->in_list);
    evconnlistener_free(l->lev);
    free(l->address);
    free(l);
}

enum err live_unlisten(struct live *live, const char *address)
{
    struct listener *l = find(live, address);

    if (!l) {
        return ERR_NOTFOUND;
    }
    LOG_INFO(live->params.log, "no longer listening on %s", address);
    listener_free(l);
    return ERR_OK;
}

uint16_t live_port(const struct live *live, const char *address)
{
    const struct listener *l = find(live, address);

    return l ? l->port : 0;
}

void listeners_update(struct live *live)
{
    bool open = mono_is_never(live->door.again);
    bool tls_open = live->n_handshakes < live->params.max_handshakes;

    for (struct list *e = live->listeners.next; e != &live->listeners; e = e->next) {
        struct listener *l = LIST_ENTRY(e, struct listener, in_list);
        bool on = open && (!l->tls || tls_open);

        if (on != l->is_on) {
            l->is_on = on;
            (on ? evconnlistener_enable : evconnlistener_disable)(l->lev);
        }
    }
}

void listeners_free(struct live *live)
{
    struct list *e, *tmp;

    live->door.again = MONO_NEVER;
    LIST_FOR_EACH (e, tmp, &live->listeners) {
        listener_free(LIST_ENTRY(e, struct listener, in_list));
    }
}
