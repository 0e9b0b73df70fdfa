/* What the files of the host of switches share: switch_host.c (life, clock, loop), switch_link.c
 * (connections to controllers), switch_port.c and port_*.c (ports that lead outside). Nobody else
 * includes this. */
#ifndef TAMBO_BRIDGE_SWITCH_IMPL_H
#define TAMBO_BRIDGE_SWITCH_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netdb.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/list.h"
#include "controller/base/rng.h"
#include "simnet/bridge/switch_host.h"

struct ssl_ctx_st;
struct ssl_st;
struct switch_port;

struct switch_host {
    const struct switch_host_params *params;
    struct world *world;
    struct sim *sim;
    struct frame_pool pool; /* Of the wires that lead outside. */
    struct rng *rng;        /* Of the back-off. */
    struct event_base *base;
    struct event timer;       /* The world's next event, */
    struct event second, end; /* the next call of 'progress', and the last moment. */
    struct event signals[2];
    struct addrinfo *addresses[SWITCH_MAX_TARGETS];
    struct ssl_ctx_st *tls; /* NULL: no target wants it. */

    struct switch_link *links; /* Those of switch i begin at i times the number of targets. */
    size_t n_links;
    struct switch_port **ports;
    size_t n_ports;
    unsigned *n_ready;  /* Of each switch: connections with a version. */
    struct list dirty;  /* Links with something to write. */
    uint8_t *in;        /* What is read, of any link. */
    struct arena arena; /* Of the message that is being delivered. */

    int64_t began_ns;  /* The machine's time when it began, */
    int64_t origin_ns; /* The machine's time at virtual time 0; grows when that falls back. */
    int64_t step_ns;   /* By which the virtual clock is moved at a time. */
    bool awake;        /* The virtual clock has been moved in this turn. */
    bool stopping;
    unsigned *n_found;     /* Of each switch: how often it has found a controller. */
    unsigned *n_announced; /* Of each simulated host: the number when it spoke up. */
    uint32_t next_host;
    struct sim_event announce, ping;
    struct switch_host_stats stats;
};

enum { SWITCH_IN_BYTES = 1 << 17 }; /* Of host->in: a whole message and more. */

/* --- switch_host.c --------------------------------------------------------------------------- */

/* Whatever comes in from outside calls this first: the virtual clock is moved to now, once a
 * turn. */
void switch_host_wake(struct switch_host *host);

/* A switch has agreed on a version with its first controller, or has none any more. */
void switch_host_ready(struct switch_host *host, const struct swtch *sw, bool ready);

/* --- switch_hosts.c -------------------------------------------------------------------------- */

void switch_hosts_init(struct switch_host *host);
void switch_hosts_fini(struct switch_host *host);

/* The switch has found a controller: its hosts will speak up. */
void switch_hosts_expect(struct switch_host *host, const struct swtch *sw);

/* Counts the pings. */
void switch_hosts_count(struct switch_host *host);

/* --- switch_link.c --------------------------------------------------------------------------- */

enum switch_link_state {
    SWITCH_LINK_WAITING, /* For the timer. */
    SWITCH_LINK_CONNECTING,
    SWITCH_LINK_OPEN,
};

/* A switch's connection to one controller. */
struct switch_link {
    struct switch_host *host;
    struct swtch *sw;
    struct swtch_conn *conn;
    unsigned target;
    const struct addrinfo *address; /* The target's, which is tried or connected to. */
    enum switch_link_state state;
    bool ready;      /* A version has been agreed on. */
    bool echo_asked; /* Since something was heard. */
    int fd;          /* -1: none. */
    struct ssl_st *tls;
    struct event readable, writable;
    struct buf rx;   /* The beginning of a message, */
    bool unanswered; /* or messages that wait until there is room for their answers. */
    struct buf tx;
    size_t tx_sent; /* Bytes of 'tx' that have left, */
    size_t unasked; /* and of those that wait, no more than this that nobody has asked for. */
    bool answering; /* A message is being delivered, whose answer may have any size. */
    bool overrun;   /* Too much has waited that nobody asked for. */
    struct list in_dirty;
    struct sim_event timer; /* Next attempt, end of patience, or next echo. */
    int64_t heard_ns;
    int64_t backoff_ns;
};

/* The first attempt is made 'after_ns' from now. */
void switch_link_init(struct switch_link *link, struct switch_host *host, struct swtch *sw,
                      unsigned target, int64_t after_ns);
void switch_link_fini(struct switch_link *link);

/* Writes what there is. */
void switch_link_flush(struct switch_link *link);

#endif
