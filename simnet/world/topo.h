/* Topologies as plain descriptions: nodes and edges, made by a generator or read from a DOT file,
 * built into a network by world_new(). */
#ifndef TAMBO_WORLD_TOPO_H
#define TAMBO_WORLD_TOPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/err.h"
#include "controller/base/types.h"
#include "simnet/world/wire.h"

enum topo_kind { TOPO_SWITCH, TOPO_HOST };

#define TOPO_NAME_LEN 31

struct topo_node {
    char name[TOPO_NAME_LEN + 1];
    enum topo_kind kind;
    unsigned layer;      /* For pictures: 0 core, 1 distribution, 2 access, 3 hosts. */
    dpid_t dpid;         /* Of a switch. */
    struct eth_addr mac; /* Of a host. */
    uint32_t ip;         /* Of a host. */
};

struct topo_edge {
    uint32_t a, b; /* Indices of nodes. Ports are numbered in the order of the edges. */
    struct wire_params wire;
};

struct topo {
    struct topo_node *nodes;
    size_t n_nodes;
    struct topo_edge *edges;
    size_t n_edges;
    uint32_t n_switches, n_hosts;
};

#define TOPO_INIT ((struct topo){0})
void topo_fini(struct topo *topo);

/* Append a node; its index. A switch gets the datapath id n + 1 and a host the address 10.0.0.0/8
 * plus n + 1 and MAC 02:00:00:00:00:00 plus n + 1, n being the number of such nodes before it. The
 * name is cut to TOPO_NAME_LEN. */
uint32_t topo_add_switch(struct topo *topo, const char *name, unsigned layer);
uint32_t topo_add_host(struct topo *topo, const char *name);
void topo_add_edge(struct topo *topo, uint32_t a, uint32_t b, const struct wire_params *wire);

/* The node called 'name'; n_nodes when there is none. */
size_t topo_find(const struct topo *topo, const char *name);

/* Whether a network can be built: names, datapath ids and addresses unique, every host with exactly
 * one edge, which leads to a switch, no edge from a node to itself. ERR_EXISTS or ERR_STATE
 * otherwise, with an English reason in 'why' of 'size' bytes. */
enum err topo_check(const struct topo *topo, char *why, size_t size);

/* --- Generators ------------------------------------------------------------------------------ */

struct topo_campus {
    uint32_t n_access;         /* Access switches acc1, acc2, ... */
    uint32_t n_core;           /* Core switches core1, ..., in full mesh. */
    uint32_t hosts_per_access; /* Hosts h1, h2, ... on ports 1 .. S of each access switch. */
    struct wire_params edge;   /* Host to access switch. */
    struct wire_params trunk;  /* Between switches. */
};

/* 1 Gb/s with 1 µs at the edge, 10 Gb/s with 5 µs between switches, no loss, no queue limit. */
struct wire_params topo_edge_default(void);
struct wire_params topo_trunk_default(void);

/* A campus: each access switch has an uplink to two core switches (to the one, when there is only
 * one), spread evenly. */
void topo_make_campus(struct topo *topo, const struct topo_campus *c);

struct topo_layered {
    uint32_t n_core;           /* Core switches core1, ..., in full mesh; */
    uint32_t n_distribution;   /* under each of them so many distribution switches dist1, ...; */
    uint32_t n_access;         /* under each of those so many access switches acc1, ... */
    uint32_t hosts_per_access; /* Hosts h1, ... on the first ports of each access switch. */
    bool chained;              /* Neighbours with the same parent are joined, too. */
};

/* Three layers, with the links of topo_edge_default() and topo_trunk_default(). With 4, 5, 5, 5 and chains it
 * is the emulated network in which G. Cuba and J. M. Becerra (PUCP, 2015, §5.1) tested their
 * controller: 124 switches, 500 hosts, and loops in every layer. */
void topo_make_layered(struct topo *topo, const struct topo_layered *l);

/* A complete tree of switches of 'depth' levels and 'fanout' children each, with 'hosts' hosts at
 * each leaf. */
void topo_make_tree(struct topo *topo, unsigned depth, unsigned fanout, unsigned hosts);

/* 'n' switches in a row with 'hosts' hosts at each. */
void topo_make_linear(struct topo *topo, unsigned n, unsigned hosts);

/* The same, and the last is joined to the first when there are at least 3. */
void topo_make_ring(struct topo *topo, unsigned n, unsigned hosts);

/* --- DOT (topology_dot.c) -------------------------------------------------------------------- */

/* Told of each complaint about a DOT text. 'line' and 'column' count from 1; 'column' is 0 when only
 * the line is known, both are 0 when the complaint is about the whole. */
typedef void topo_complain_fn(void *aux, unsigned line, unsigned column, const char *what);

/* Reads an undirected graph into the empty '*topo'. Node attributes: kind="switch"|"host" (default
 * host when the name begins with 'h', else switch), dpid, mac, ip, layer. Edge attributes: rate_bps,
 * delay_ns, loss_frac, queue_bytes, queue_packets, burst_enter_frac, burst_leave_frac, burst_loss_frac (struct
 * wire_params). What is not said is as topo_add_*() and the defaults above have
 * it. False after at least one complaint; '*topo' is then empty. */
bool topo_read_dot(const char *text, struct topo *topo, topo_complain_fn *complain, void *aux);

#define TOPO_QUOTED_LEN (2 * TOPO_NAME_LEN + 2)

/* 'name' as DOT wants it: between quotes, with quotes in it escaped. Returns 'out'. */
const char *topo_quoted(const char *name, char out[TOPO_QUOTED_LEN + 1]);

/* Appends a DOT text that topo_read_dot() understands and dot(1) draws: core on top, hosts below. */
void topo_write_dot(const struct topo *topo, struct buf *out);

#endif
