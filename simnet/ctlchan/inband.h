/* Control channels in the band: messages between switches and the controller travel over the links of the network
 * and wait there among its frames.
 *
 * The controller hangs by a link of its own at one switch. Messages go along a tree of shortest ways to that
 * switch, found by counting links, the lowest number first; switches pass them on whether they have a
 * controller or not, as hidden entries of real ones do. A message is one piece with the headers of as many
 * segments as it takes, is acknowledged by a piece of headers alone, and when it is lost it goes out again after a
 * time-out that doubles, as TCP does it; what comes behind it waits for it. No more than a window is on the way.
 *
 * When a link changes, ways are looked for again after 'reroute_ns', or never ('reroutes' false: the tree stays,
 * and a switch behind a link that has failed is cut off until that is back). A switch that has no way for
 * 'dead_ns' is told of, once. */
#ifndef TAMBO_CTLCHAN_INBAND_H
#define TAMBO_CTLCHAN_INBAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/world/world.h"

struct inband_params {
    char at[TOPO_NAME_LEN + 1]; /* Where the controller is; "": inband_place() chooses. */
    uint32_t at_switch;         /* The number of that. */
    struct wire_params link; /* Its own link. */
    uint32_t segment_bytes;  /* Payload of a segment, */
    uint32_t header_bytes;   /* and what is around it: Ethernet, IP, TCP. */
    bool acks;
    uint32_t window_bytes; /* Of a channel, each way. */
    int64_t rto_ns, max_rto_ns;
    bool reroutes;
    int64_t reroute_ns, dead_ns;
    double budget_frac; /* Of a link's rate that control traffic may take. */
};

/* By a link of 94.4 Mb/s and 5 µs (effective rate of a 100 Mb/s link: G. Cuba, J. M. Becerra, PUCP
 * 2015, §3); segments of 1 448 bytes with 66 around them, acknowledged; 64 KiB; 200 ms to 60 s; new ways after
 * 50 ms; dead after 3 s; 10 % (the same, §3). */
struct inband_params inband_params_default(void);

/* Finds the switch called 'at'; without one core1, or else the first. False when no switch is called so, with an
 * English reason in 'why' of 'size' bytes. */
bool inband_place(struct inband_params *params, const struct world *world, char *why, size_t size);

/* A message has arrived, in the order of sending of its flow. */
typedef void inband_arrived_fn(void *aux, uint32_t flow, void *message);

/* Switch 'i' has had no way to the controller for dead_ns. */
typedef void inband_dead_fn(void *aux, uint32_t i);

/* A message that inband_flush() or inband_free() found. */
typedef void inband_drop_fn(void *aux, void *message);

struct inband;

/* 'world' is borrowed. Flow 2i goes from switch i to the controller, flow 2i + 1 from there. */
struct inband *inband_new(struct world *world, const struct inband_params *params,
                          inband_arrived_fn *arrived, inband_dead_fn *dead, void *aux);

/* Before world_free(). Flows must be empty. */
void inband_free(struct inband *ib);

/* Takes a message of 'len' bytes. */
void inband_send(struct inband *ib, uint32_t flow, size_t len, void *message);

/* Forgets all that has not arrived, as the end of a connection does. */
void inband_flush(struct inband *ib, uint32_t flow, inband_drop_fn *drop, void *aux);
bool inband_is_idle(const struct inband *ib, uint32_t flow);

/* True when switch 'i' has a way that works, as far as links are up. */
bool inband_has_way(const struct inband *ib, uint32_t i);

/* The next switch on the way; n_switches: the controller, or none. */
uint32_t inband_parent(const struct inband *ib, uint32_t i);

/* The link to that; NULL: there is none. */
const struct wire *inband_uplink(const struct inband *ib, uint32_t i);

/* Links between switch 'i' and the controller, its own included; 0: there is no way. */
uint32_t inband_depth(const struct inband *ib, uint32_t i);

/* --- What links carry for it -------------------------------------------------------------------- */

struct inband_load {
    uint64_t bytes;        /* Of control traffic, all directions of all links but the controller's own. */
    uint64_t own_bytes;    /* Of the controller's own link, both ways. */
    double mean_frac;      /* Share of their rates, mean over the directions of links between switches; */
    double worst_frac;     /* of the direction with most, */
    double worst_peak_frac; /* and in its worst second of any direction. */
    uint32_t worst_wire;
    unsigned worst_side;
    uint64_t n_lost; /* Messages that had to go out again. */
    uint64_t n_reroutes;
};

/* Since the start, or since inband_reset(). Links that are infinitely fast have no share. */
struct inband_load inband_load(const struct inband *ib);
void inband_reset(struct inband *ib);

/* Bytes of control traffic that left 'side' of wire 'i' since then. */
uint64_t inband_wire_bytes(const struct inband *ib, uint32_t i, unsigned side);

#endif
