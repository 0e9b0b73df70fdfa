/* A network under faults (faults.h), at packet level, through the real core with all its apps: what is lost, and for
 * how long?
 *
 *      0 s to 3 s     switches connect, links are discovered, hosts announce themselves
 *      from 3 s       streams of numbered datagrams between hosts of different switches, and probes: pings between
 *                     hosts that are drawn, which need new entries when theirs have gone
 *      begin_s (5 s)  measuring begins; faults count their times from here
 *      + duration_s   faults end no more, streams and probes stop
 *      + rest_s       the end
 *
 * A stream is interrupted when its receiver hears nothing for more than three intervals; the interruption is that
 * silence less one interval. The same parameters give the same results, on any machine. */
#ifndef TAMBO_CTLCHAN_OUTAGE_H
#define TAMBO_CTLCHAN_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/clustering.h"
#include "controller/base/hist.h"
#include "controller/core/ctl.h"
#include "simnet/ctlchan/ctlchan.h"
#include "simnet/ctlchan/faults.h"
#include "simnet/ctlchan/standby.h"
#include "simnet/world/world.h"

struct outage_params {
    struct world_params world;
    struct ctlchan_params channel;
    struct core_settings core;
    struct clustering_settings clustering;
    struct log *log; /* Borrowed; NULL: silent. */
    struct fault_specs faults;
    struct standby_params standby;
    uint32_t n_streams; /* At most OUTAGE_MAX_STREAMS. */
    double interval_s;  /* Between two datagrams of a stream. */
    double probes_per_s;
    double duration_s, rest_s, bin_s;
};

#define OUTAGE_MAX_STREAMS 1024
#define OUTAGE_MAX_BINS 2000

/* Worlds, channels and core as their own defaults say, entries of clustering for 2 s; 20 streams with a datagram every
 * 10 ms, 50 probes a second, 30 s and 5 s, bins of 0.5 s. */
struct outage_params outage_params_default(void);

struct outage;

/* NULL when a parameter is out of its range, with an English reason in 'why' of 'size' bytes. */
struct outage *outage_new(const struct topo *topo, const struct outage_params *params, char *why,
                          size_t size);
void outage_free(struct outage *o);

/* Lets the virtual clock go on by up to 'step_s'; false when the end is reached. */
bool outage_step(struct outage *o, double step_s);
double outage_now_s(const struct outage *o);
double outage_begin_s(const struct outage *o); /* Of measuring: 5 s, more with far controllers. */
double outage_end_s(const struct outage *o);
struct world *outage_world(const struct outage *o);
struct ctlchan *outage_channel(const struct outage *o);
struct ctl *outage_ctl(const struct outage *o); /* The first one; NULL while there is none. */
const struct standby *outage_standby(const struct outage *o); /* NULL: none. */

struct outage_result {
    uint64_t n_sent, n_received;   /* Datagrams, while measuring. */
    uint64_t n_probes, n_answered; /* Pings: sessions that begin. */
    const struct hist *rtt_ns;     /* Of these; borrowed. */
    uint64_t n_interruptions;
    uint64_t n_unrepaired;          /* Of these, not over at the end. */
    double interrupted_s;           /* The sum, */
    double longest_s;               /* and the longest: time until repaired. */
    double availability_frac;       /* Streams: time without interruption. */
    uint64_t n_flow_mods;           /* Done by switches while measuring. */
    uint64_t n_connections;         /* Channels that came to stand while measuring. */
    uint32_t n_entries_before, n_entries_least, n_entries_after; /* Of all tables. */
    uint64_t n_blocked;             /* Packet-ins that found a controller full. */
    struct standby_stats standby;   /* While measuring; 0 without one. */
    size_t n_bins;
    double time_s[OUTAGE_MAX_BINS];         /* The middle of each bin, since begin_s. */
    double delivered_frac[OUTAGE_MAX_BINS]; /* Datagrams that came in it, of those sent in it, */
    double answered_frac[OUTAGE_MAX_BINS];  /* and the same of probes. */
    size_t n_faults;
    struct fault_stats faults[FAULT_MAX_SPECS];
    uint64_t n_events, trace_hash;
};

/* '*out' is large. */
void outage_measure(const struct outage *o, struct outage_result *out);

#endif
