/* The inside of the host table. Private to this room.
 *
 * hosts.c holds the table and learns; hosts_ip.c knows whose each IP address is; hosts_claim.c decides
 * when an address appears where it was not. */
#ifndef TAMBO_CORE_HOSTS_INT_H
#define TAMBO_CORE_HOSTS_INT_H

#include "controller/base/alloc.h"
#include "controller/base/heap.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/base/pool.h"
#include "controller/core/domains.h"
#include "controller/core/hosts.h"
#include "controller/core/module.h"
#include "controller/core/timer.h"
#include "controller/packet/pkt.h"

struct claim;
struct datapath;

/* Where questions of the core come from, and their answers go to: locally administered, "Tambo". */
#define HOSTS_PROBE_MAC ((struct eth_addr){{0x02, 0x54, 0x61, 0x6d, 0x62, 0x6f}})

/* Of entries that drop what is sent with somebody else's MAC address: above the apps'. */
#define HOSTS_BLOCK_PRIORITY 65000

struct host_table {
    struct pool pool; /* Where hosts live. */
    struct hmap by_mac;
    struct hmap by_ip;   /* Addresses of both families. */
    struct hmap by_port; /* Attachment points with hosts. */
    struct heap by_age;  /* By the time of hearing when a host was last put there. */
    struct timer expiry;
    struct log_limit limit, spoof_limit;
};

/* The hosts at one port. It lives as long as somebody refers to it: a host, be it one that has left
 * the table and waits for its last event, or a claim. */
struct attachment {
    struct hmap_node node;
    dpid_t dpid;
    port_no_t port;
    uint32_t n_refs, n_hosts, n_claims;
    struct list hosts;
    struct list claims; /* Made here. */
};

struct host {
    struct hmap_node by_mac;
    struct eth_addr mac;
    uint8_t n_ipv4, n_ipv6;
    mono_t seen_at;
    dpid_t dpid; /* As 'at' says. */
    port_no_t port;
    uint32_t note;               /* host_note(). */
    struct claim *claims;        /* That it, or an IP address of it, is elsewhere; NULL: nobody says so. */
    uint32_t ipv4[HOST_MAX_IPS]; /* Up to its beginning, what a packet-in of a known host reads: a line of
                                  * the cache. */
    struct attachment *at;
    struct heap_node by_age;
    struct list at_port;
    struct ipv6_addr *ipv6; /* As many as there are, or were; NULL: never any. */
};

_Static_assert(sizeof(struct host) <= 2 * CACHE_LINE, "a host is two lines of the cache");

/* An address in the index. IPv4 addresses are kept in the IPv4-mapped form of RFC 4291 §2.5.5.2. */
struct host_ip {
    struct hmap_node node;
    struct host *host;
    struct ipv6_addr ip;
};

/* --- The table (hosts.c) ---------------------------------------------------------------------- */

void hosts_init(struct ctl *ctl);
void hosts_fini(struct ctl *ctl);

/* Learns the sender of 'packet' when it has come in at an edge port. '*src' is the sender, or NULL when it
 * is not known and not learnt. False when the packet must go no further: it answers a question of ours, is
 * an echo (echoes.h), or its sender is not believed yet. */
bool hosts_learn(const struct ctl_packet *packet, struct host **src);

/* Puts the host at ('dpid', 'port'). False when there is no room. */
bool hosts_move(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port);

/* Puts every host of 'from' at 'to', which serves the same domain; forgets those that find no
 * room. */
void hosts_follow(struct ctl *ctl, struct port_at from, struct port_at to);

/* What a host is found by in 'by_mac'; and a host with that hash, which is most likely the right one. */
uint64_t hosts_hash(const struct ctl *ctl, struct eth_addr mac);
const struct host *hosts_with_hash(const struct ctl *ctl, uint64_t hash);

/* Forgets the hosts at ('dpid', 'port'), and what was claimed there. */
void hosts_drop_port(struct ctl *ctl, dpid_t dpid, port_no_t port);

/* The port is down: what was claimed elsewhere of the hosts there is not asked about any longer. */
void hosts_port_down(struct ctl *ctl, dpid_t dpid, port_no_t port);

/* True when a host at ('dpid', 'port') was heard not before 'since'. */
bool hosts_heard_since(const struct ctl *ctl, dpid_t dpid, port_no_t port, mono_t since);

/* Frees a host that has left the table. */
void host_free(struct ctl *ctl, struct host *host);

/* The attachment point, made when it is new; the caller has a reference, to be released. */
struct attachment *attachment_get(struct ctl *ctl, dpid_t dpid, port_no_t port);
void attachment_release(struct ctl *ctl, struct attachment *at);

/* --- IP addresses (hosts_ip.c) ---------------------------------------------------------------- */

/* Learns the IP addresses that 'pkt' tells of its sender. False when one of them is another host's,
 * which has been asked. */
bool hosts_learn_ips(struct ctl *ctl, struct host *host, const struct pkt *pkt);

/* True, and complained of, when 'pkt' is an ARP packet that gives a known IP address to a MAC address
 * that is neither its owner's nor its sender's. */
bool hosts_ip_is_misused(struct datapath *dp, port_no_t port_no, const struct pkt *pkt);

/* True when 'pkt' names an IP address of its sender, '*out'. */
bool hosts_source_ip(const struct pkt *pkt, struct ipv6_addr *out);

/* True when 'ip' stands for an IPv4 address, '*out'. */
bool hosts_ip_as_v4(const struct ipv6_addr *ip, uint32_t *out);

/* 'entry' is the address of 'host' from now on. */
void hosts_ip_give(struct ctl *ctl, struct host_ip *entry, struct host *host);

/* The addresses of a host that leaves the table. */
void hosts_ips_drop(struct ctl *ctl, struct host *host);

void hosts_ips_fini(struct ctl *ctl);

/* --- Claims (hosts_claim.c) ------------------------------------------------------------------- */

enum host_place {
    HOST_PLACE_TAKEN, /* The host has moved there. */
    HOST_PLACE_FULL,  /* It would have, but for the limit of hosts. */
    HOST_PLACE_HELD,  /* It is asked about, or refused. */
};

/* The MAC address of 'host' was heard at ('dpid', 'port'), where it is not, in 'pkt'. */
enum host_place hosts_claim_place(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port,
                                  const struct pkt *pkt);

/* 'claimant' says, at its own place, that the address 'entry' of another host is its own. True when
 * it may have it at once. */
bool hosts_claim_ip(struct ctl *ctl, struct host_ip *entry, const struct host *claimant);

/* Whoever has the address was heard where it is: what else was claimed is refused. */
void claim_answered(const struct host *host, const struct host_ip *entry);

/* The place of the host cannot answer any more: whoever is asked about has what he claims. */
void claims_unanswered(const struct host *host);

/* The claim of the address 'entry' of 'host', or, without one, of its MAC address; NULL: there is none. */
struct claim *claim_find(const struct host *host, const struct host_ip *entry);

/* True when an IP address of the host is claimed. */
bool claims_have_ip(const struct host *host);

/* Forgets the claim; NULL is fine. */
void claim_free(struct claim *claim);

/* The same when the core ends: nothing is told to switches. */
void claim_discard(struct claim *claim);
void claims_drop_at(struct ctl *ctl, struct attachment *at);

/* True when a host at the place could answer: its port is up and its switch connected. */
bool claims_place_lives(const struct ctl *ctl, const struct attachment *at);

/* Counts and logs, now and then, that 'what' was used at ('dpid', 'port'). */
void claims_complain(struct ctl *ctl, uint64_t *counter, const struct host *host, const char *what,
                     dpid_t dpid, port_no_t port);

#endif
