/* What the files of the DHCP app share. Private to them. */
#ifndef TAMBO_APPS_DHCP_INT_H
#define TAMBO_APPS_DHCP_INT_H

#include "controller/apps/bucket.h"
#include "controller/apps/dhcp.h"
#include "controller/apps/trap.h"
#include "controller/base/buf.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/core/timer.h"
#include "controller/packet/pkt_dhcp.h"

#define DHCP_MAX_RESERVED_ALL 16384
#define DHCP_MAX_SERVERS 8

/* A message of a client, with what its answer needs; it points into the packet. */
struct dhcp_query {
    const struct pkt_dhcp *msg;
    const uint8_t *bytes; /* Of the same message. */
    size_t n_bytes;
    dpid_t dpid;
    port_no_t port;
    struct eth_addr from; /* The client, or the relay agent. */
    uint8_t id[DHCP_ID_LEN];
    size_t id_len;
};

struct dhcp_lease {
    struct hmap_node by_ip, by_id;
    struct list in_list; /* Of the pool's free ones, when it is DHCP_FREE. */
    struct dhcp *dhcp;
    struct dhcp_pool *pool;
    enum dhcp_lease_state state;
    uint32_t ip;
    struct eth_addr mac;
    uint8_t id[DHCP_ID_LEN];
    uint8_t id_len;
    bool is_stored;
    dpid_t dpid;
    port_no_t port;
    struct hmap_node *at; /* Counts the port's leases; NULL: at no port. */
    struct timer timer;
    mono_t until;
    struct buf asked; /* DHCP_PROBED: the client's message, and from whom. */
    struct eth_addr asked_from;
};

struct dhcp_pool {
    struct dhcp_pool_settings s;
    uint32_t next;       /* Where the search for an address goes on. */
    uint32_t n_in_range; /* Leases and reservations of addresses of the range. */
    struct list free;    /* Leases, the one that was freed first in front. */
    uint32_t n_states[DHCP_QUARANTINED + 1];
    uint32_t n_reserved;
};

struct dhcp_reserved {
    struct hmap_node by_mac, by_ip;
    struct dhcp_pool *pool;
    struct dhcp_reservation r;
};

/* A server that has answered at a trusted port. */
struct dhcp_server {
    struct eth_addr mac;
    uint32_t ip;
    dpid_t dpid;
    port_no_t port;
    mono_t heard_at;
};

struct dhcp {
    struct trap trap;
    struct ctl *ctl;
    struct dhcp_settings settings;
    struct dhcp_counters n;
    struct dhcp_pool pools[DHCP_MAX_POOLS];
    size_t n_pools;
    struct hmap by_ip, by_id, by_port; /* Leases, and ports with leases. */
    struct hmap reserved_by_mac, reserved_by_ip;
    struct dhcp_server servers[DHCP_MAX_SERVERS];
    size_t n_servers;
    struct dhcp_rogue rogues[DHCP_MAX_ROGUES]; /* The latest first. */
    size_t n_rogues;
    struct bucket all, probes;
    struct bucket_map ports;
    struct log_limit rogue_limit, full_limit, store_limit, conflict_limit;
};

/* --- dhcp.c ----------------------------------------------------------------------------------- */

void dhcp_emit(struct dhcp *d, dpid_t dpid, port_no_t port, const struct buf *frame);

/* --- Passing on (dhcp_relay.c) ---------------------------------------------------------------- */

bool dhcp_is_trusted(const struct dhcp *d, const struct ctl_packet *packet);
void dhcp_relay_query(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp *msg);
void dhcp_relay_reply(struct dhcp *d, const struct ctl_packet *packet, const struct pkt_dhcp *msg);
void dhcp_report_rogue(struct dhcp *d, const struct ctl_packet *packet, uint32_t ip);

/* Sends 'frame' out at each trusted port but the one that the packet came from. How many. */
size_t dhcp_to_trusted(struct dhcp *d, const struct ctl_packet *packet, const struct buf *frame);

/* --- Pools and reservations (dhcp_pool.c) ----------------------------------------------------- */

void dhcp_pools_init(struct dhcp *d);
void dhcp_pools_fini(struct dhcp *d);

/* The pool that serves the client, or NULL. */
struct dhcp_pool *dhcp_pool_for(struct dhcp *d, const struct dhcp_query *q);
struct dhcp_pool *dhcp_pool_named(struct dhcp *d, const char *name);
bool dhcp_pool_has(const struct dhcp_pool *pool, uint32_t ip); /* In its range. */

struct dhcp_reserved *dhcp_reserved_for(const struct dhcp *d, const struct dhcp_pool *pool,
                                        struct eth_addr mac);
const struct dhcp_reserved *dhcp_reserved_ip(const struct dhcp *d, uint32_t ip);

/* dhcp_reserve() without a word to the store. */
enum err dhcp_reserve_unstored(struct dhcp *d, const struct dhcp_reservation *reservation);

/* --- Leases (dhcp_lease.c) -------------------------------------------------------------------- */

void dhcp_leases_init(struct dhcp *d);
void dhcp_leases_fini(struct dhcp *d);

struct dhcp_lease *dhcp_lease_at(const struct dhcp *d, uint32_t ip);
struct dhcp_lease *dhcp_lease_of(const struct dhcp *d, const struct dhcp_pool *pool,
                                 const uint8_t *id, size_t id_len);

/* A new lease of 'ip', which has none. */
struct dhcp_lease *dhcp_lease_new(struct dhcp *d, struct dhcp_pool *pool, uint32_t ip,
                                  const uint8_t *id, size_t id_len, struct eth_addr mac);
void dhcp_lease_drop(struct dhcp_lease *lease);

/* Into another state, until then. */
void dhcp_lease_set(struct dhcp_lease *lease, enum dhcp_lease_state state, mono_t until);

/* The client was heard there. False when the port has as many leases as it may. */
bool dhcp_lease_place(struct dhcp_lease *lease, dpid_t dpid, port_no_t port);
bool dhcp_port_has_room(const struct dhcp *d, dpid_t dpid, port_no_t port);

/* --- Remembering (dhcp_store.c) --------------------------------------------------------------- */

void dhcp_store_lease(struct dhcp_lease *lease);   /* DHCP_BOUND or DHCP_QUARANTINED. */
void dhcp_unstore_lease(struct dhcp_lease *lease); /* If it was. */
enum err dhcp_store_reservation(struct dhcp *d, const struct dhcp_reservation *reservation);
enum err dhcp_unstore_reservation(struct dhcp *d, const struct dhcp_reservation *reservation);
void dhcp_restore(struct dhcp *d);

/* --- Serving (dhcp_server.c, dhcp_offer.c, dhcp_reply.c) -------------------------------------- */

void dhcp_serve(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q);
void dhcp_discover(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q);

/* The time of the probe of 'lease' is over. */
void dhcp_probe_over(struct dhcp_lease *lease);

/* The lease time that the client gets, in seconds; UINT32_MAX is without end. */
uint32_t dhcp_lease_s(const struct dhcp_pool *pool, const struct dhcp_query *q);

/* Nobody gets the address for a while: somebody uses it without a lease. */
void dhcp_quarantine(struct dhcp *d, struct dhcp_pool *pool, uint32_t ip);

/* A query but for where it came from; 'msg' is what pkt_parse_dhcp() made of the 'n' bytes. */
void dhcp_query_init(struct dhcp_query *q, const struct pkt_dhcp *msg, const uint8_t *bytes,
                     size_t n);

/* Answers with 'type'; 'lease' is NULL in a NAK and in the answer to an INFORM. */
void dhcp_reply(struct dhcp *d, const struct dhcp_pool *pool, const struct dhcp_query *q,
                enum pkt_dhcp_type type, const struct dhcp_lease *lease);

/* --- Our own addresses (dhcp_own.c) ----------------------------------------------------------- */

/* True when the packet asked for one of our addresses, and was answered. */
bool dhcp_own(struct dhcp *d, const struct ctl_packet *packet);

/* --- DHCPv6 (dhcp6.c) ------------------------------------------------------------------------- */

void dhcp6_packet(struct dhcp *d, const struct ctl_packet *packet);

#endif
