/* Links fail under traffic, at packet level, through the real core with its apps: for how long is what used
 * the link interrupted, and is anything lost that did not use it?
 *
 *      0 s to 3 s    switches connect, links are discovered, hosts announce themselves
 *      from 3 s      streams of numbered datagrams between hosts of different switches, for a while
 *      rest_s later  and every outage_s + rest_s from then on, a link between two switches that carries a
 *                    stream goes down, for outage_s; which one is drawn. Streams run from a little before
 *                    until a little after
 *      the end       after the last rest
 *
 * The interruption of a stream is the longest silence at its receiver from the failure until the link is back,
 * less the interval at which it sends; counted for streams whose way, as the controller has it, has the
 * link. The same parameters give the same results, on any machine. */
#ifndef TAMBO_CTLCHAN_REROUTE_H
#define TAMBO_CTLCHAN_REROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/clustering.h"
#include "controller/base/hist.h"
#include "controller/core/ctl.h"
#include "simnet/ctlchan/ctlchan.h"
#include "simnet/world/world.h"

struct reroute_params {
    struct world_params world;
    struct ctlchan_params channel;
    struct core_settings core;
    struct clustering_settings clustering;
    struct log *log;    /* Borrowed; NULL: silent. */
    uint32_t n_streams; /* At most REROUTE_MAX_STREAMS. */
    uint32_t n_failures;
    double interval_s; /* Between two datagrams of a stream. */
    double outage_s, rest_s;
};

#define REROUTE_MAX_STREAMS 1024

/* Worlds, channels, core and clustering as their own defaults say; 20 streams, 50 failures, a datagram every
 * 0.1 ms, 0.05 s down and 1 s up. */
struct reroute_params reroute_params_default(void);

struct reroute;

/* A network as 'topo' says, which is not referred to afterwards and must be sound (topo_check()), at time 0.
 * NULL when a parameter is out of its range, with an English reason in 'why' of 'size' bytes. */
struct reroute *reroute_new(const struct topo *topo, const struct reroute_params *params, char *why,
                            size_t size);
void reroute_free(struct reroute *r);

/* Lets the virtual clock go on by up to 'step_s'; false when the end is reached. */
bool reroute_step(struct reroute *r, double step_s);

double reroute_now_s(const struct reroute *r);
double reroute_end_s(const struct reroute *r);
struct ctl *reroute_ctl(struct reroute *r);
struct world *reroute_world(const struct reroute *r);

struct reroute_result {
    uint64_t n_sent, n_received; /* Datagrams. */
    uint64_t n_failures;         /* Links that went down. */
    uint64_t n_hit;              /* Streams, each time it was in use by one. */
    uint64_t n_hit_lost;         /* Datagrams of theirs that were lost meanwhile... */
    uint64_t n_spared_lost;      /* ...and of streams that did not use it. */
    uint64_t n_unbroken;         /* Of n_hit, those that lost nothing. */
    uint64_t n_cut_off;          /* Of n_hit, those that had no way until the link was back. */
    uint64_t n_back_lost;        /* Datagrams lost from when the link was back until the next failure. */
    const struct hist *gap_ns;   /* Interruptions of n_hit without n_cut_off; borrowed. */
    uint64_t n_flow_mods, n_group_mods;
    uint64_t n_events, trace_hash;
};

void reroute_measure(const struct reroute *r, struct reroute_result *out);

#endif
