/* What the files of clustering share. Private to this room.
 *
 *      clustering.c       module: settings, events, packet-ins
 *      cluster_spec.c     the four kinds of entries
 *      cluster_tree.c     label entries: one tree per destination switch, requests and repairs
 *      cluster_plan.c     what such a tree shall be, with alternates (cluster_tree.h)
 *      cluster_update.c   how it comes to be that, stage by stage
 *      cluster_way.c      does a way stand; ingress entries with one label
 *      cluster_miss.c     ingress entries and the frames that wait for them
 *      cluster_pair.c     entries for one sender towards a guarded host
 *      cluster_tagged.c   hosts that tag, beside labels that are S-tags
 *      cluster_ready.c    ways that are known to be ready
 *      cluster_host.c     reverse entries, moves, frames that come back with a label
 *      cluster_adopt.c    entries of an earlier controller
 *      cluster_forget.c   labels that are given back */
#ifndef TAMBO_APPS_CLUSTER_H
#define TAMBO_APPS_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/bucket.h"
#include "controller/apps/clustering.h"
#include "controller/apps/failover.h"
#include "controller/apps/holding_time.h"
#include "controller/apps/labels.h"
#include "controller/apps/pending.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/base/pool.h"
#include "controller/base/alloc.h"
#include "controller/core/flowdb.h"
#include "controller/core/timer.h"
#include "controller/core/txn.h"

#define CLUSTER_MAX_ACTIONS 3 /* Of an entry. */

/* Stage 0 is the destination switch, stage d the switches at distance d. */
#define CLUSTER_MAX_HOPS (TXN_MAX_STAGES - 1)

/* What an ingress entry does. */
struct cluster_lead {
    uint16_t label; /* LABEL_NONE: the host is at the same switch. */
    struct failover_way way;
};

/* A way that is ready: what a frame is sent with. */
struct cluster_way {
    uint16_t label; /* LABEL_NONE: the host is at the same switch. */
    port_no_t port;
};

/* Ways that are ready (cluster_ready.c). */
#define CLUSTER_WAYS 5

struct cluster_ready_table;

struct cluster_ready {
    struct hmap tables;               /* struct cluster_ready_table by switch. */
    struct cluster_ready_table *last; /* The one that was used last; NULL: none. */
    size_t n_sets;                    /* In all tables. */
    uint32_t epoch;                   /* Sets of other epochs are stale. */
};

struct clustering {
    struct ctl *ctl;
    const void *networks; /* State of logical_networks; NULL: there are none. */
    bool has_pairs;       /* Entries for one sender have been asked for. */
    uint8_t id;
    struct clustering_settings settings;
    struct clustering_counters n;
    struct failover *failover;
    void *holding; /* holding_time.h: the state of that app, NULL without it. */
    struct labels labels;
    struct hmap trees;            /* struct cluster_tree by destination. */
    dpid_t last_source;           /* The highest in any of them. */
    struct pending_table pending; /* The queues of struct cluster_miss. */
    struct pool misses;
    struct cluster_ready ready;
    struct timer repair;     /* Due at once after a change of the topology. */
    struct timer clean;      /* At the end of the time in which nothing is taken away. */
    struct bucket refreshes; /* For frames that came with the label of a wrong switch. */
    struct log_limit limit;
};

/* --- Entries (cluster_spec.c) ----------------------------------------------------------------- */

enum cluster_kind {
    CLUSTER_REVERSE = 1,
    CLUSTER_OWN = 2,
    CLUSTER_TRANSIT = 3,
    CLUSTER_INGRESS = 4,
    CLUSTER_PAIR = 5,  /* Ingress for one sender. */
    CLUSTER_GUARD = 6, /* Tagged frames of hosts, to the controller. */
};

/* A specification together with its actions, to which it points: not to be copied. */
struct cluster_spec {
    struct flow_spec flow;
    struct of_action actions[CLUSTER_MAX_ACTIONS];
};

void cluster_spec_reverse(const struct clustering *c, uint16_t label, struct eth_addr host,
                          port_no_t port, struct cluster_spec *out);
void cluster_spec_own(const struct clustering *c, uint16_t label, struct cluster_spec *out);
void cluster_spec_transit(const struct clustering *c, uint16_t label, struct failover_way way,
                          struct cluster_spec *out);
void cluster_spec_ingress(const struct clustering *c, struct cluster_lead lead,
                          struct eth_addr host, struct cluster_spec *out);

/* The same for what one sender sends at 'in_port', with its own tag ('vlan_vid' as in a match) or without
 * (OF_VID_NONE). */
struct cluster_sender {
    port_no_t in_port;
    uint16_t vlan_vid;
    struct eth_addr src;
};
void cluster_spec_pair(const struct clustering *c, struct cluster_lead lead,
                       const struct cluster_sender *sender, struct eth_addr host,
                       struct cluster_spec *out);
void cluster_spec_guard(const struct clustering *c, port_no_t in_port, struct cluster_spec *out);

/* What a frame is sent with by 'lead', unprotected, into 'out'; the number of actions. */
size_t cluster_lead_actions(const struct clustering *c, struct cluster_lead lead,
                            struct of_action out[CLUSTER_MAX_ACTIONS]);

/* Makes of 'n' actions what 'dpid' can do: OpenFlow 1.0 knows no S-tags. */
void cluster_fit_actions(const struct clustering *c, dpid_t dpid, struct of_action *actions,
                         size_t n);

/* Any ingress entry towards 'host', where only its identity matters. */
void cluster_spec_any_ingress(const struct clustering *c, struct eth_addr host,
                              struct cluster_spec *out);

/* What the cookie of one of our entries says. */
enum cluster_kind cluster_cookie_kind(uint64_t cookie);
uint16_t cluster_cookie_label(uint64_t cookie);

/* Where an entry outputs; port OF_PORT_ANY: nowhere. */
struct failover_way cluster_entry_way(const struct flow_entry *entry);
struct failover_way cluster_spec_way(const struct flow_spec *spec);

/* Adds to and removes from a transaction. How long an ingress entry stays idle is for holding_time to
 * say; what is added to a switch that is short of room expires sooner. Of 'spec' nothing is changed in the end. */
void cluster_add(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                 struct cluster_spec *spec);
void cluster_remove(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                    const struct cluster_spec *spec);

/* Fetches into the cache, of the ingress entry of a miss that is coming, where it will be put; and in the steps 3
 * and 4 what it will do. */
void cluster_entry_look(const struct datapath *dp, struct eth_addr host);
void cluster_deed_look(const struct clustering *c, const struct ctl_look *look);

/* The ingress entry of 'dpid' towards 'host', or NULL. */
const struct flow_entry *cluster_find_ingress(const struct clustering *c, dpid_t dpid,
                                              struct eth_addr host);

/* The own or transit entry of 'dpid' for 'label', or NULL. */
const struct flow_entry *cluster_find_transit(const struct clustering *c, dpid_t dpid,
                                              uint16_t label);

/* --- Trees (cluster_tree.c) ------------------------------------------------------------------- */

enum cluster_route {
    CLUSTER_ROUTE_READY, /* Every entry on the way is confirmed. */
    CLUSTER_ROUTE_WAIT,  /* Being set up: wait on the tree. */
    CLUSTER_ROUTE_NONE,  /* No label or no path. */
};

struct cluster_tree;

/* Asks for the way from 'from' to 'to' by label, and sets it up when need be. With READY, '*lead'
 * says what an ingress entry does. With WAIT, '*tree' is what to wait on. */
enum cluster_route cluster_route(struct clustering *c, dpid_t from, dpid_t to,
                                 struct cluster_lead *lead, struct cluster_tree **tree);

/* For what is coming, in the steps 0 to 2: fetches what cluster_route() will read both ways into the cache. */
void cluster_trees_look(const struct clustering *c, const struct ctl_look *look);

/* True when 'dpid' has a label, as all have towards which there is a tree. */
bool cluster_has_label(const struct clustering *c, dpid_t dpid);

/* What an ingress entry of 'from' will probably do to lead to 'to'; false: not known. */
bool cluster_tree_lead(const struct clustering *c, dpid_t from, dpid_t to, struct cluster_lead *lead);

/* True when cluster_route() would not say NONE; sets nothing up. */
bool cluster_route_exists(struct clustering *c, dpid_t from, dpid_t to);

/* Puts 'waiter' (an element of struct cluster_miss) on the list of those who are told when 'tree'
 * has been updated. */
void cluster_tree_wait(struct cluster_tree *tree, struct list *waiter);

dpid_t cluster_tree_dpid(const struct cluster_tree *tree);

/* An earlier controller left an ingress entry at 'from' with the label of 'to', or a transit entry
 * towards 'to' at 'at'. */
void cluster_tree_adopt_source(struct clustering *c, dpid_t from, dpid_t to);
void cluster_tree_adopt_hop(struct clustering *c, dpid_t at, dpid_t to);

/* An entry with the label of 'to' was taken away by somebody else: the tree is written again. */
void cluster_tree_lost(struct clustering *c, dpid_t to);

/* Forgets the tree towards 'to', whose entries the caller takes away. False while it is updated. */
bool cluster_tree_drop(struct clustering *c, dpid_t to);

/* The topology has changed: every tree is looked at again, once this entry into the core is
 * over. */
void cluster_repair_soon(struct clustering *c);

/* Every tree is planned again: alternates may be had that could not, or not any more. */
void cluster_trees_doubt(struct clustering *c);

/* The same where it only got better: while entries are being adopted, that can wait. */
void cluster_repair_later(struct clustering *c);

/* What is no longer used may be taken away now: every tree is looked at again. */
void cluster_trees_clean(struct clustering *c);

size_t cluster_trees_bytes(const struct clustering *c);
void cluster_trees_init(struct clustering *c);
void cluster_trees_fini(struct clustering *c);

/* --- Ways (cluster_way.c) --------------------------------------------------------------------- */

/* True when confirmed entries lead a frame with 'label' that leaves 'from' at 'port' to 'to'. */
bool cluster_way_stands(const struct clustering *c, dpid_t from, port_no_t port, dpid_t to,
                        uint16_t label);

/* Turns the ingress entries of 'dpid' with 'label' to 'way', as a part of 'txn', without those for one
 * sender. */
void cluster_ingress_turn(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                          uint16_t label, struct failover_way way);

/* True when all of them output by 'way'. */
bool cluster_ingress_is(const struct clustering *c, dpid_t dpid, uint16_t label,
                        struct failover_way way);

/* Takes away those that do not output at 'but' (OF_PORT_ANY: all). */
void cluster_ingress_withdraw(const struct clustering *c, dpid_t dpid, uint16_t label,
                              port_no_t but);

/* --- Misses (cluster_miss.c) ------------------------------------------------------------------ */

/* Sends 'packet' on its way when that is known to be ready; false when it is not. */
bool cluster_miss_ready(struct clustering *c, const struct ctl_packet *packet);

/* Fetches what doing so for a packet that is coming will read into the cache. */
void cluster_miss_look(const struct clustering *c, const struct ctl_look *look);

/* Queues 'packet' for 'host' until its ingress entry is there: for everybody, or, when the host is
 * guarded or the frame tagged, for the sender ('is_pair'). */
void cluster_miss_packet(struct clustering *c, const struct ctl_packet *packet,
                         struct host *host, bool is_pair);

/* Brings the ingress entry of 'dpid' towards 'host' up to date with where the host is. */
void cluster_miss_refresh(struct clustering *c, dpid_t dpid, struct eth_addr host);

/* Writes the ingress entry of 'dpid' towards 'host' again, for another holding time. */
void cluster_miss_hold_again(struct clustering *c, dpid_t dpid, struct eth_addr host);

/* 'tree' was updated with 'result': everybody in 'waiters' goes on. */
void cluster_miss_resume(struct clustering *c, struct list *waiters,
                         const struct cluster_tree *tree, enum err result);

void cluster_misses_init(struct clustering *c);
void cluster_misses_fini(struct clustering *c);

/* --- Ways that are ready (cluster_ready.c) ---------------------------------------------------- */

/* The way from 'dpid' to 'host' while its ingress entry is confirmed; false: not known to be. */
bool cluster_ready_find(struct cluster_ready *r, dpid_t dpid, struct eth_addr host,
                        struct cluster_way *out);
/* Fetches what finding, noting or forgetting it will read into the cache, in the steps 0 to 2. */
void cluster_ready_look(const struct cluster_ready *r, const struct ctl_look *look);

void cluster_ready_note(struct cluster_ready *r, dpid_t dpid, struct eth_addr host, uint16_t label,
                        port_no_t port);

/* This entry is changed or gone; and: any of them may be. */
void cluster_ready_forget(struct cluster_ready *r, dpid_t dpid, struct eth_addr host);
static inline void cluster_ready_forget_all(struct cluster_ready *r)
{
    r->epoch++;
}

size_t cluster_ready_bytes(const struct cluster_ready *r);
void cluster_ready_init(struct cluster_ready *r);
void cluster_ready_fini(struct cluster_ready *r);

/* --- Entries for one sender (cluster_pair.c) --------------------------------------------------- */

/* Takes away, as a part of 'txn', those of 'dpid' that push 'label'. */
void cluster_pairs_remove_label(const struct clustering *c, struct txn *txn, unsigned stage,
                                dpid_t dpid, uint16_t label);

/* Takes away all that lead to 'host': the next frames ask for them anew. */
void cluster_pairs_forget(const struct clustering *c, struct eth_addr host);

/* --- Hosts that tag (cluster_tagged.c) --------------------------------------------------------- */

/* True for a frame to which its host has given a tag, of whatever id. */
bool cluster_is_tagged(const struct clustering *c, const struct ctl_packet *packet);

/* Writes the guards of 'dpid', one for each edge port, and takes those of links away. */
void cluster_guard_ports(struct clustering *c, dpid_t dpid);

/* --- Hosts (cluster_host.c) ------------------------------------------------------------------- */

/* Wants the entries of 'host' at its switch: its reverse entry and the own entry. */
void cluster_host_want(struct clustering *c, const struct host *host);

/* The same as a part of 'txn'. False when the switch has no label. */
bool cluster_host_add(struct clustering *c, struct txn *txn, unsigned stage,
                      const struct host *host);

void cluster_host_moved(struct clustering *c, const struct host *host, dpid_t old_dpid);
void cluster_host_gone(struct clustering *c, const struct host *host);

/* Brings the ingress entries of all switches towards 'host' up to date. */
void cluster_host_refresh(struct clustering *c, struct eth_addr host);

/* A frame with one of our labels has reached the controller: delivers what is below the label. */
void cluster_labelled(struct clustering *c, const struct ctl_packet *packet);

/* Says that 'label' of 'dpid' will not be remembered because of 'err'; nothing with ERR_OK. */
void cluster_label_stored(struct clustering *c, dpid_t dpid, uint16_t label, enum err err);

/* The label of 'dpid', given now if it has none; LABEL_NONE, with a word in the log, when there is
 * none left. */
uint16_t cluster_label(struct clustering *c, dpid_t dpid);

/* Takes the label of a switch that has been gone for label_hold_ns, for longest of all. False when there
 * is none. */
bool cluster_forget_oldest(struct clustering *c);

/* --- Adoption (cluster_adopt.c) --------------------------------------------------------------- */

void cluster_adopt(struct clustering *c, dpid_t dpid, const struct flow_entry *flow);

/* All entries of 'dpid' have been told: a local ingress entry towards a host without a reverse
 * entry may be older than the host's last move, and is removed. */
void cluster_adopt_check(struct clustering *c, dpid_t dpid);

/* True while nothing may be taken away. */
bool cluster_is_adopting(const struct clustering *c);

void cluster_adopt_init(struct clustering *c);
void cluster_adopt_fini(struct clustering *c);

#endif
