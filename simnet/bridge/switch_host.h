/* Simulated switches on real connections, in real time, for any controller.
 *
 * A topology is built as a world (world.h) whose virtual clock follows the machine's. Each
 * switch connects to every controller that is named, again and again with a back-off when one is
 * away; frames travel on the world's wires, and ports may lead out of it (switch_port.h). One
 * thread, one libevent loop: it sleeps until a socket has something or the world's next event is
 * due, does all that there is, and writes once to each connection.
 *
 * When there is more to do than the machine can, frames that circle in a loop for example, the
 * virtual clock falls back behind the real one and connections are still served. */
#ifndef TAMBO_BRIDGE_SWITCH_HOST_H
#define TAMBO_BRIDGE_SWITCH_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "simnet/world/world.h"

/* A controller. */
struct switch_target {
    const char *host; /* Numeric, or a name. */
    const char *port; /* Numeric. */
    bool tls;
};

/* Where a port of a switch leads to, when that is not another switch or a simulated host. */
enum switch_edge_kind {
    SWITCH_EDGE_UNIX,      /* A stream socket is bound to 'name'; one peer at a time. */
    SWITCH_EDGE_TAP,       /* The TAP interface 'name', made when it is not there. */
    SWITCH_EDGE_INTERFACE, /* All frames of the Linux interface 'name'. */
};

struct switch_edge {
    dpid_t dpid;
    port_no_t
        port_no; /* 1..SWITCH_MAX_PORT. Numbers between it and the last link's have no link. */
    enum switch_edge_kind kind;
    const char *name;
};

#define SWITCH_MAX_PORT 4096
#define SWITCH_MAX_TARGETS 16
#define SWITCH_ERROR_LEN 200

struct switch_host_stats {
    double elapsed_s;
    unsigned n_switches;
    unsigned n_ready;     /* Of them, have agreed on a version with a controller. */
    double all_ready_s;   /* When all had for the first time; negative: not yet. */
    uint64_t n_connected; /* Connections, so far. */
    uint64_t n_refused;   /* Attempts that came to nothing. */
    uint64_t n_lost;      /* Connections that ended. */
    uint64_t n_in, n_out; /* Messages. */
    uint64_t in_bytes, out_bytes;
    uint64_t n_packet_ins, n_packet_outs;
    uint64_t n_flow_mods;
    uint64_t n_errors;                  /* Error messages that the switches have sent. */
    uint64_t n_unsent;                  /* Packet-ins dropped because a controller does not read. */
    uint64_t n_port_rx;                 /* Frames from outside, by ports of SWITCH_EDGE_*, */
    uint64_t n_port_tx;                 /* and to outside, */
    uint64_t n_port_drops;              /* and lost: nobody there, no room, too long. */
    uint64_t n_pings, n_pings_answered; /* Of simulated hosts. */
    uint64_t n_behind;                  /* Times that the virtual clock has fallen back. */
    char last_error[SWITCH_ERROR_LEN];  /* Of a connection; "": none. */
    char errors[SWITCH_MAX_TARGETS][SWITCH_ERROR_LEN]; /* The last with each target. */
};

struct switch_host_params {
    const struct topo *topo; /* Sound (topo_check()); with the hosts' and switches' links. */
    struct world_params world;
    const struct switch_target *targets;
    size_t n_targets;                   /* 1..SWITCH_MAX_TARGETS */
    const char *ca, *certificate, *key; /* PEM files, when a target is TLS. */
    const struct switch_edge *edges;
    size_t n_edges;
    double connect_per_s; /* First attempts, of all switches. */
    double backoff_s;     /* The longest between two attempts; the first is a second, or this. */
    double echo_s;     /* Of silence, before an echo is asked for; twice that ends a connection. */
    double ping_per_s; /* Of any simulated host to any other; 0: none. */
    double seconds;    /* 0: until SIGINT or SIGTERM. */

    /* Called once a second and when all switches are ready for the first time; may be NULL. */
    void (*progress)(void *aux, const struct switch_host_stats *stats);
    void *progress_aux;
};

/* One table of 8 192 entries for 1.0 and 1.3 as world_params_default(), 2 000 attempts a second,
 * 8 s of back-off, 15 s of silence, no end. */
struct switch_host_params switch_host_defaults(void);

/* Runs until SIGINT, SIGTERM or the end of 'seconds'. Otherwise 'error' says what is wrong:
 *   ERR_SYNTAX  a controller's name, a file for TLS, a port that cannot be had
 *   ERR_IO      the machine does not give what is needed: too few files, no event loop */
enum err switch_host_run(const struct switch_host_params *params, struct switch_host_stats *stats,
                         char *error, size_t size);

#endif
