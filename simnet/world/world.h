/* A simulated network: the simulator, the switches, hosts and wires of one world, by name.
 *
 * A world is made from a topology (topo.h) and hangs off one pointer; two worlds in one process do
 * not know of each other. Switches and hosts are numbered from 0 in the order of the topology. */
#ifndef TAMBO_WORLD_WORLD_H
#define TAMBO_WORLD_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"
#include "simnet/world/endhost.h"
#include "simnet/world/swtch.h"
#include "simnet/world/topo.h"
#include "simnet/world/wire.h"

struct world;

/* What all switches of a world have in common. */
struct world_params {
    uint64_t seed;
    uint32_t versions; /* As struct swtch_params. */
    uint8_t n_tables;
    uint32_t max_entries; /* Of each table. */
    enum hold_law hold_law;
    uint32_t n_buffers; /* As struct swtch_params, as the next. */
    enum swtch_fail_mode fail_mode;
    struct swtch_hardware hw;
    uint32_t max_reassemblies;
    const struct queue_params *queues; /* Borrowed by world_new(). */
    size_t n_queues;
    const struct queue_class *classes; /* The same. */
    size_t n_classes;
};

/* Both versions, one table of 8 192 entries, fixed holding times, seed 1, no buffers, fail-secure. */
struct world_params world_params_default(void);

/* Builds the network of 'topo', which is not referred to afterwards and must be sound
 * (topo_check()). */
struct world *world_new(const struct topo *topo, const struct world_params *params);
void world_free(struct world *world);

struct sim *world_sim(struct world *world);

uint32_t world_n_switches(const struct world *world);
uint32_t world_n_hosts(const struct world *world);
uint32_t world_n_wires(const struct world *world);
struct swtch *world_switch(const struct world *world, uint32_t i);
struct endhost *world_host(const struct world *world, uint32_t i);

/* The wire of edge 'i' of the topology, whose first end is side 0. */
struct wire *world_wire(const struct world *world, uint32_t i);

/* The wire between two nodes, or NULL. */
struct wire *world_find_wire(const struct world *world, const char *a, const char *b);

/* What the hardware of all switches has done: sums over tables and switches. */
struct world_hardware {
    struct tcam_stats tcam;
    uint64_t n_packet_in_drops, n_software_drops;
};

struct world_hardware world_hardware(const struct world *world);

/* What the links of one kind have done since counting began: sums over both directions of all of them. */
struct world_links {
    uint32_t n;
    struct wire_stats sum; /* Peak and longest queue: of the one with most. */
    double max_load_frac;  /* Of a direction: what it carried of what its rate allows meanwhile. */
};

/* Of the links between switches, or of those to hosts. */
struct world_links world_links(const struct world *world, bool trunks);

/* Begins to count what links do again: wire_reset_stats() of all. */
void world_reset_links(struct world *world);

/* The nodes at the ends of wire 'i': numbers of switches, or of hosts. */
struct world_end {
    uint32_t number;
    bool is_host;
};
struct world_end world_wire_end(const struct world *world, uint32_t i, unsigned side);

/* The switch called 'name', or world_n_switches(). */
uint32_t world_find_switch(const struct world *world, const char *name);

/* Where host 'i' is attached: the number of its switch, and the port there. */
uint32_t world_host_switch(const struct world *world, uint32_t i);
port_no_t world_host_port(const struct world *world, uint32_t i);

/* Fetches what is known of two hosts and of the switch of 'src', which somebody is going to ask for, by stages: called
 * with i = 4, 3, 2, 1, with some time between. */
void world_prefetch_ends(const struct world *world, uint32_t src, uint32_t dst, unsigned i);

/* Hosts 'a' and 'b' change places: each has the other's port from now on, whose link stays up, so that no
 * switch notices (a telephone or an access point is between). What is on its way to a port reaches who is
 * there when it arrives. */
void world_swap_hosts(struct world *world, uint32_t a, uint32_t b);

#endif
