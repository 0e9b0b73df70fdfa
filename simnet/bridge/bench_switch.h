/* One switch of the load generator: its connection, its handshake and its packet-ins. Private to the
 * bench files. */
#ifndef TAMBO_BRIDGE_BENCH_SWITCH_H
#define TAMBO_BRIDGE_BENCH_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/err.h"
#include "controller/base/hist.h"
#include "controller/openflow/of_types.h"

struct ssl_st;

#define BENCH_PORTS 48 /* Hosts are spread over so many ports. */

/* What all switches of a run share. */
struct bench_load {
    uint8_t version;
    unsigned hosts_per_switch;
    unsigned window;
    bool measuring; /* Answers enter the statistics. */
    int64_t now_ns; /* Written by the loop before it calls a switch. */
    uint64_t n_sent, n_answered, n_flow_mods, n_packet_outs, n_flooded;
    uint64_t n_echoes, n_echo_timeouts;
    struct hist echo_ns;
    struct hist latency_ns;
};

/* A packet-in on its way: when it was written; 0 when its slot is free. */
struct bench_slot {
    uint32_t buffer_id;
    bool measured; /* Sent within the measurement. */
    int64_t sent_ns;
};

enum bench_switch_state {
    BENCH_CONNECTING,
    BENCH_HANDSHAKE, /* Until the features have been asked for. */
    BENCH_UP,
    BENCH_ANNOUNCED, /* Hosts have spoken and the controller has read all of it. */
    BENCH_CLOSED,
};

struct bench_switch {
    struct bench_load *load;
    dpid_t dpid;
    int fd;
    struct ssl_st *tls; /* On top of it (bench_tls.h); NULL: plain TCP. */
    enum bench_switch_state state;
    bool wants_write; /* The socket did not take everything. */
    bool floods;
    int64_t echo_sent_ns; /* 0: none is under way. */
    bool echo_is_late;

    uint8_t *rx;
    size_t rx_len;
    struct buf tx;
    size_t tx_sent; /* Bytes of 'tx' that have left. */

    struct buf packet_ins; /* Encoded, one for each host, all of one length. */
    size_t packet_in_len;
    unsigned next_host;
    uint32_t next_buffer_id;
    uint32_t oldest_buffer_id; /* What is older has been answered or given up. */
    unsigned n_outstanding;
    struct bench_slot *slots; /* By buffer id modulo the number of slots. */
    size_t n_slots;           /* A power of two. */
    struct arena arena;
};

/* A switch over the connected (or connecting) socket 'fd' and what is on top of it (NULL: nothing),
 * which it takes. */
void bench_switch_init(struct bench_switch *sw, struct bench_load *load, dpid_t dpid, int fd,
                       struct ssl_st *tls);
void bench_switch_fini(struct bench_switch *sw);

/* Sends the hello; call once when the socket is connected. */
void bench_switch_hello(struct bench_switch *sw);

/* Reads what there is and deals with it. ERR_CLOSED at the end of the stream, ERR_IO on an error or
 * on bytes that are not OpenFlow. */
enum err bench_switch_read(struct bench_switch *sw);

/* Writes what there is; 'wants_write' tells whether something is left. */
enum err bench_switch_write(struct bench_switch *sw);

/* Lets every host speak once, and asks for an echo as a fence behind it. */
void bench_switch_announce(struct bench_switch *sw);

/* Queues up to 'most' packet-ins as the window allows; returns how many. */
unsigned bench_switch_load(struct bench_switch *sw, unsigned most);

/* Queues packet-ins that nobody waits for, unless there are some already. */
void bench_switch_flood(struct bench_switch *sw);

/* Asks for an echo, once a second; call it more often. */
void bench_switch_echo(struct bench_switch *sw);

/* Gives up packet-ins that were sent 'age_ns' ago or earlier, and returns how many of them belong to
 * the measurement. Their places in the window are free again: a controller that drops what is too
 * much for it is asked again, as a network would. */
unsigned bench_switch_give_up(struct bench_switch *sw, int64_t age_ns);

/* Packet-ins of the measurement that are not answered yet. */
unsigned bench_switch_n_missing(const struct bench_switch *sw);

#endif
