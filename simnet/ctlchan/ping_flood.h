/* Every host pings every other, at packet level, through the real core with all its apps: does everything
 * arrive, how long does it take, what crosses the core, what is in the tables.
 *
 *      0 s to 1 s     switches connect; links are discovered, ports settle
 *      from 2 s       (ctlchan_settled_ns(): later when the controller is far away) hosts announce themselves
 *                     (gratuitous ARP), announce_per_s of them a second
 *      1 s later      pings, pings_per_s of them a second, the pairs in random order
 *      the end        rest_s after the last one
 *
 * The same parameters give the same trace and the same results, on any machine. */
#ifndef TAMBO_CTLCHAN_PING_FLOOD_H
#define TAMBO_CTLCHAN_PING_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/clustering.h"
#include "controller/apps/modules.h"
#include "controller/base/hist.h"
#include "controller/core/ctl.h"
#include "simnet/ctlchan/ctlchan.h"
#include "simnet/world/world.h"

/* Hosts that have no address until the DHCP app gives them one. */
struct ping_dhcp {
    uint32_t lease_s;     /* 0: hosts have addresses of their own. */
    bool probe;           /* The server looks whether an address is in use before it offers it. */
    uint32_t n_squatters; /* The first hosts use the first addresses of the pool without asking. */
    double settle_s;      /* From the last announcement to the first ping. */
};

struct ping_params {
    struct world_params world;
    struct ctlchan_params channel;
    struct core_settings core;
    struct log *log;      /* Borrowed; NULL: silent. */
    bool plain_flood;     /* plain_flood.h in the place of the ARP proxy. */
    int64_t arp_cache_ns; /* Of the hosts: endhost_set_arp_cache(). */
    struct clustering_settings clustering;
    uint32_t n_circuit_roots; /* The first hosts of so many access switches are circuit roots. */
    bool port_networks;       /* The ports of all hosts are members of a logical network. */
    struct ping_dhcp dhcp;
    double announce_per_s; /* Hosts. */
    double pings_per_s;    /* All hosts together. */
    uint64_t max_pings;    /* Of all pairs only so many; 0: all of them. */
    uint32_t rounds;       /* How often each of these pairs pings, at least 1. */
    double rest_s;
};

/* Worlds, channels and cores as their own defaults say; 1000 announcements and 5000 pings a second, all
 * pairs once, 5 s of rest. */
struct ping_params ping_params_default(void);

struct ping_flood;

/* A network as 'topo' says, which is not referred to afterwards and must be sound (topo_check()), at time 0.
 * NULL when a parameter is out of its range, with an English reason in 'why' of 'size' bytes. */
struct ping_flood *ping_flood_new(const struct topo *topo, const struct ping_params *params,
                                  char *why, size_t size);
void ping_flood_free(struct ping_flood *f);

/* Lets the virtual clock go on by up to 'step_s'; false when the end is reached. */
bool ping_flood_step(struct ping_flood *f, double step_s);

double ping_flood_now_s(const struct ping_flood *f);
double ping_flood_end_s(const struct ping_flood *f);
struct world *ping_flood_world(const struct ping_flood *f);
struct ctlchan *ping_flood_channel(const struct ping_flood *f);

/* Of the switches of one layer (struct topo_node): entries in their tables by the app that wants them. */
#define PING_MAX_LAYERS 4

struct ping_layer {
    uint32_t n_switches;
    double mean_entries[APP_N_MODULES + 1];             /* By app; last the core's own. */
    double mean_timed[APP_N_MODULES + 1];               /* Of these, with an idle time-out. */
    uint32_t max_entries;                               /* Of one switch, all together. */
    uint64_t n_rx, n_rx_arp, n_rx_broadcast, n_rx_lldp; /* Frames since the pings began. */
};

struct ping_result {
    uint64_t n_pings, n_answered;
    const struct hist *rtt_ns; /* Borrowed from the flood. */
    uint64_t n_arp_questions;  /* Of hosts, since the pings began. */
    uint64_t n_packet_ins, n_flow_mods, n_packet_outs;
    uint32_t n_clients, n_leased,
        n_distinct; /* Hosts with DHCP, those with an address, addresses. */
    uint64_t n_renewals, n_declines, n_lost; /* Of clients (simnet/world/dhcp_client.h). */
    uint64_t n_conflicts;                    /* Found by the server before it offered. */
    uint64_t n_events, trace_hash;
    struct world_hardware hardware;
    struct ping_layer layers[PING_MAX_LAYERS];
};

void ping_flood_measure(const struct ping_flood *f, struct ping_result *out);

#endif
