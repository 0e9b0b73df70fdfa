/* Load generator for OpenFlow controllers: many switches on real connections, in real time.
 *
 * Each switch makes the handshake that the controller asks for, lets its hosts speak up with one
 * gratuitous ARP each, and then sends packet-ins of IPv4 frames between two of its hosts. A
 * packet-in carries a buffer id of its own; the first flow-mod or packet-out that names the buffer
 * answers it, whatever else the controller sends. So a controller that answers with a flow-mod and
 * one that answers with a flow-mod and a packet-out count the same, and nothing counts twice.
 *
 * Some of the switches may flood: they send packet-ins as fast as the connection takes them and wait
 * for no answer, and only the others are measured. Every switch asks for an echo once a second.
 *
 * One thread, one epoll loop, one read and one write per switch and turn. */
#ifndef TAMBO_BRIDGE_BENCH_H
#define TAMBO_BRIDGE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/hist.h"

enum bench_mode {
    BENCH_THROUGHPUT, /* 'window' packet-ins outstanding on each switch. */
    BENCH_LATENCY,    /* One outstanding on each switch: the round trip is measured. */
};

struct bench_params {
    const char *host; /* Address of the controller, numeric or a name. */
    const char *port;
    const char *ca, *certificate, *key; /* PEM files, for TLS; NULL: plain TCP. A switch shows
                                         * 'certificate', the controller one that 'ca' signed. */
    uint8_t version; /* OF_VERSION_1_0, _1_3, _1_4 or _1_5. */
    enum bench_mode mode;
    unsigned n_switches;
    unsigned hosts_per_switch; /* At least 2. */
    unsigned window;           /* Throughput mode: 1..BENCH_MAX_WINDOW. */
    unsigned n_floods;         /* Of the switches, how many flood; fewer than all. */
    double seconds;            /* Of measurement. */
    double warmup_s;           /* Load before the measurement. */
    double settle_s;           /* Silence after the handshake, for the controller's discovery. */
    double rate_per_s;         /* All switches together; 0: as fast as answers come. */
    bool sleeps; /* While there is nothing to read under load; else it polls, which spares the controller
                  * the cost of waking it up, and needs a processor of its own. */
    uint64_t first_dpid;

    /* Called about once a second while it runs; may be NULL. */
    void (*progress)(void *aux, const char *phase, double responses_per_s);
    void *progress_aux;
};

#define BENCH_MAX_WINDOW 4096
#define BENCH_MAX_SECONDS 86400

struct bench_params bench_defaults(void);

struct bench_result {
    double responses_per_s; /* Mean over the measurement. */
    double min, max;        /* Of whole seconds (of the whole when it is shorter than two). */
    struct hist latency_ns; /* From the write of a packet-in to the read of its answer. */
    uint64_t n_sent, n_answered;
    uint64_t n_lost; /* Sent in the measurement and not answered within a second. */
    uint64_t n_flow_mods, n_packet_outs;
    uint64_t n_flooded; /* Packet-ins that the floods have sent in the measurement. */

    uint64_t n_echoes, n_echo_timeouts; /* Asked for; of these not answered within a second. */
    struct hist echo_ns;
};

/* Runs the whole thing. On failure 'error' says what happened:
 *   ERR_IO       no connection, or the controller closed one
 *   ERR_TIMEOUT  a handshake was not completed in 10 s
 *   ERR_RANGE    a parameter is out of range
 *   ERR_SYNTAX   a file for TLS is not what it should be */
enum err bench_run(const struct bench_params *params, struct bench_result *result, char *error,
                   size_t size);

#endif
