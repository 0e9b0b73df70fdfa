/* A small network of the real controller core and simulated switches in which nothing happens by itself:
 * whoever holds it decides which message, which frame, which failure comes next.
 *
 *      core ──▶ queue of a switch ──▶ switch      one queue per channel and direction,
 *      core ◀── queue of a switch ◀── switch      one per link and direction; all are
 *      switch ──▶ queue of a port ──▶ switch      first in, first out
 *
 * Time stands still but for CHECK_TIME. What reaches a host is taken at once. Hosts do what they are there
 * for: those of which the controller has not heard announce themselves, then each sends frames to the hosts
 * behind it, one after the other, as soon as the controller knows the destination.
 *
 * The same sequence of acts leads to the same state, always: a run is its acts. */
#ifndef TAMBO_CHECK_NET_H
#define TAMBO_CHECK_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/core/ctl.h"
#include "controller/packet/pkt.h"
#include "simnet/check/queue.h"
#include "simnet/world/swtch.h"
#include "simnet/world/topo.h"

#define CHECK_MAX_SWITCHES 16
#define CHECK_MAX_PORTS 16
#define CHECK_MAX_HOSTS 16
#define CHECK_MAX_LINKS 24
#define CHECK_MAX_FRAMES 8 /* Of a host. */
#define CHECK_MAX_ACTS 96

/* --- Acts ------------------------------------------------------------------------------------- */

enum check_kind {
    CHECK_TO_SWITCH, /* Switch 'a' takes a message of the core. */
    CHECK_TO_CORE,   /* The core takes a message of switch 'a'. */
    CHECK_FRAME,     /* Switch 'a' takes a frame at port 'b'. */
    CHECK_SAY,       /* Host 'a' sends what it has to send next. */
    CHECK_FAIL,      /* Link 'a' between switches goes down, */
    CHECK_MEND,      /* and up again. */
    CHECK_MOVE,      /* Host 'a' is plugged into the free port of switch 'b', and announces itself. */
    CHECK_CUT,       /* The channel of switch 'a' is lost, and stands again at once. */
    CHECK_BLOCK,     /* The operator blocks networks of hosts for each other. */
    CHECK_TIME,      /* Time passes until the next entry expires. */
    CHECK_N_KINDS,
};

struct check_act {
    uint8_t kind, a, b;
};

/* "to-switch", "to-core", ... */
const char *check_kind_name(enum check_kind kind);

/* --- The network ------------------------------------------------------------------------------ */

struct check_net;

/* Sees each message of the core ('to_switch') or of switch 'sw' before it is put into its queue; true: it
 * has done something else with it. For seeded mistakes: whether the check would find them. */
typedef bool check_tamper_fn(struct check_net *net, uint32_t sw, bool to_switch,
                             const struct of_msg *msg);

struct check_params {
    uint32_t versions;      /* Of the switches: bits 1 << version. */
    uint32_t n_frames;      /* That each host sends; at most CHECK_MAX_FRAMES. */
    uint32_t n_quiet;       /* Hosts, the last ones, that announce themselves in the run, not before. */
    bool warm;              /* Hosts have sent a frame to each other before the run, but for quiet ones. */
    uint32_t n_failures, n_moves, n_cuts, n_expiries; /* At most so many in a run. */
    uint32_t n_networks;    /* Logical networks that hosts are in, by turns; 0: none. They are blocked for... */
    bool block_in_run;      /* ...each other at a time in the run; else from the beginning. */
    uint32_t max_entries;   /* Of a table; 0: as many as are needed, by our reckoning. */
    bool fast_failover;
    bool exact;             /* Tell states of the core apart by everything that it has heard, in order. */
    check_tamper_fn *tamper;
};

/* OpenFlow 1.3, a frame of each host, one quiet host. */
struct check_params check_params_default(void);

/* One end of a cable. */
struct check_end {
    struct check_net *net;
    bool is_host;
    uint32_t node, port;    /* Of a switch, or the host. */
    struct wire *wire;      /* Of a switch: between its port and us. */
    struct queue in;        /* What comes to it. */
    struct check_end *peer; /* NULL: nothing is plugged in. */
};

struct check_switch {
    struct check_net *net;
    struct swtch *sw;
    struct session *session;
    bool closing;
    struct queue to_switch, to_core;
    struct queue held; /* What a seeded mistake keeps back. */
    struct check_end ends[CHECK_MAX_PORTS + 1];
    uint32_t n_ports, free_port;
    uint64_t groups; /* Hash of what it has been told of groups and meters. */
    uint64_t heard;  /* Hash of what the core has heard of it. */
    uint32_t base_entries; /* In its table when the run began. */
};

struct check_host {
    struct eth_addr mac;
    uint32_t ip;
    struct check_end end;
    bool announced;
    uint32_t n_said;
};

/* Where probes end (probe.h). */
struct check_ends {
    uint32_t n_right, n_wrong, n_core, n_hops;
    uint32_t core_at; /* A switch that sent it to the core. */
    bool is_circle;
};

struct check_net {
    struct check_params params;
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct southbound southbound;
    struct ctl *ctl;
    struct check_switch switches[CHECK_MAX_SWITCHES];
    struct check_host hosts[CHECK_MAX_HOSTS];
    struct {
        struct check_end *a, *b;
        bool down;
    } links[CHECK_MAX_LINKS]; /* Between switches. */
    uint32_t n_switches, n_hosts, n_links;
    uint32_t n_failures, n_moves, n_cuts, n_expiries; /* So far. */
    bool is_blocked;                                  /* Networks are. */
    uint32_t n_closed;                                /* Channels that the core has closed. */
    uint8_t got[CHECK_MAX_HOSTS][CHECK_MAX_FRAMES];   /* Frames of a host that have arrived. */
    uint32_t n_strayed;                               /* Frames that came to somebody else. */
    uint64_t heard;                                   /* Hash of what the core has heard, in order. */
    struct check_ends *probe; /* A probe is on its way: to whom... */
    uint32_t probe_to;
    bool is_running; /* The run has begun. */
    struct wire *wires[CHECK_MAX_SWITCHES * CHECK_MAX_PORTS];
    uint32_t n_wires;
};

/* The network of 'topo' (borrowed for the call, sound by topo_check()), connected, links discovered and hosts
 * heard, as it is when the run begins. NULL when it is too large or a parameter is out of its range, with
 * an English reason in 'why'. */
struct check_net *check_net_new(const struct topo *topo, const struct check_params *params, char *why,
                                size_t size);
void check_net_free(struct check_net *net);

/* What can happen now; their number. At most CHECK_MAX_ACTS. */
size_t check_acts(const struct check_net *net, struct check_act *acts);

/* Does 'act', which must be one of those; check_can() tells. */
bool check_can(const struct check_net *net, struct check_act act);
void check_do(struct check_net *net, struct check_act act);

/* True when it makes no difference which of the two is done first. */
bool check_commute(const struct check_net *net, struct check_act x, struct check_act y);

/* What 'act' would do now, in words. */
void check_say(const struct check_net *net, struct check_act act, char *out, size_t size);

/* True when no message and no frame is on its way. */
bool check_is_quiet(const struct check_net *net);

/* True when something has happened to links, hosts' places, channels or time in this run. */
bool check_is_disturbed(const struct check_net *net);

/* Whom host 'i' sends its frame 'k' to; may hosts talk to each other? */
uint32_t check_peer(const struct check_net *net, uint32_t i, uint32_t k);
bool check_may_talk(const struct check_net *net, uint32_t i, uint32_t j);

/* A frame of host 'from' to 'to', with a number, with a label (0: none). */
void check_frame(const struct check_net *net, uint32_t from, uint32_t to, uint32_t number,
                 uint16_t label, struct buf *out);

/* --- For check_tamper_fn ------------------------------------------------------------------------ */

/* Puts a message at the end of a queue. */
void check_push(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg);

/* Keeps a message to the switch back; lets all that was kept back go. */
void check_hold(struct check_net *net, uint32_t sw, const struct of_msg *msg);
void check_release(struct check_net *net, uint32_t sw);

/* --- Within this folder ------------------------------------------------------------------------- */

/* No network is open for another from now on. */
void check_block(struct check_net *net);

/* Lets frames come out of switches into the queues behind them. */
void check_flush(struct check_net *net);

#endif
