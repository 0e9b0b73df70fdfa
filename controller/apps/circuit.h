/* What the files of circuit_tree share. Private to this room.
 *
 *      circuit_tree.c     module: settings, events
 *      circuit_root.c     roots: who they are, what is remembered of them
 *      circuit_spec.c     the five kinds of entries
 *      circuit_branch.c   trees towards one destination: updates and repairs
 *      circuit_plan.c     what such a tree shall be, with alternates
 *      circuit_reverse.c  reverse entries
 *      circuit_alias.c    who is told an alias, frames that come to the controller
 *      circuit_adopt.c    entries of an earlier controller */
#ifndef TAMBO_APPS_CIRCUIT_H
#define TAMBO_APPS_CIRCUIT_H

#include "controller/apps/bucket.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/failover.h"
#include "controller/apps/labels.h"
#include "controller/base/alloc.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/flowdb.h"
#include "controller/core/timer.h"
#include "controller/core/txn.h"

#define CIRCUIT_MAX_HOPS (TXN_MAX_STAGES - 1)

struct circuit_hop {
    dpid_t dpid;
    struct failover_way way;
    bool is_level; /* See failover_plan(). */
    unsigned dist;
};

/* The tree of all that send to one destination: up to a root, or down to an access switch. */
struct circuit_branch {
    struct circuit *c;
    bool is_up;
    bool wanted;         /* Else everything of it is taken away. */
    struct eth_addr mac; /* Up: of the root, which is at 'port'. */
    dpid_t dest;
    port_no_t port;
    uint16_t id;              /* Down: the cluster id of 'dest'. */
    struct circuit_hop *hops; /* As last planned, 'dest' included, ascending 'dpid'. */
    size_t n_hops, cap_hops;
    uint64_t generation; /* Of the topology that the plan was made for. */
    bool dirty, failed, complete, busy;
    bool unprotected; /* Some entries of the plan do not have their alternates yet. */
};

/* Roots by address: two of what the operator has named may be one host. */
struct circuit_up {
    struct hmap_node node; /* By address. */
    struct circuit_branch branch;
    bool used; /* By a root, as seen by the last look at all of them. */
};

struct circuit_access {
    struct hmap_node node; /* By datapath id. */
    size_t n_hosts;
    struct circuit_branch down;
};

struct circuit_root {
    struct circuit_root_key key;
    struct eth_addr mac; /* When last known; zeros: never. */
};

struct circuit {
    struct ctl *ctl;
    uint8_t id;
    struct circuit_tree_settings settings;
    struct circuit_tree_counters n;
    struct failover *failover;
    struct labels ids;
    struct circuit_root *roots; /* Ascending keys. */
    size_t n_roots;
    struct hmap ups, accesses;
    bool active;         /* Some root is known. */
    bool has_hops;       /* Entries of branches were written or adopted at some time. */
    struct timer repair; /* Due at once after a change. */
    struct timer hold;   /* While it is set no tree is taken away. */
    struct bucket_map strays;
    struct bucket answers;
    struct log_limit limit;
};

/* There is or was a root, so that hosts may have aliases in their caches: from now on frames for an alias
 * can come to the controller. */
void circuit_watch(struct circuit *c);

/* --- Entries (circuit_spec.c) ----------------------------------------------------------------- */

enum circuit_kind {
    CIRCUIT_REVERSE = 1,
    CIRCUIT_OWN = 2,
    CIRCUIT_DOWN = 3,
    CIRCUIT_UP = 4,
    CIRCUIT_ROOT = 5,
};

/* A specification together with its actions, to which it points: not to be copied. */
struct circuit_spec {
    struct flow_spec flow;
    struct of_action actions[2];
};

struct eth_addr circuit_alias(const struct circuit *c, uint16_t id);

/* The entry of 'b' at 'dpid', which outputs by 'way' (any, when the actions do not matter). */
void circuit_spec_hop(const struct circuit_branch *b, dpid_t dpid, struct failover_way way,
                      struct circuit_spec *out);
void circuit_spec_reverse(const struct circuit *c, dpid_t dpid, uint16_t id, uint32_t ip,
                          struct eth_addr mac, port_no_t port, struct circuit_spec *out);

void circuit_remove(struct txn *txn, unsigned stage, dpid_t dpid, const struct circuit_spec *spec);
const struct flow_entry *circuit_find(const struct circuit *c, dpid_t dpid,
                                      const struct circuit_spec *spec);
bool circuit_is_confirmed(const struct circuit *c, dpid_t dpid, const struct circuit_spec *spec);

/* What the cookie of one of our entries says; of a reverse entry, what its parts say. */
enum circuit_kind circuit_cookie_kind(uint64_t cookie);
uint16_t circuit_cookie_id(uint64_t cookie);
struct failover_way circuit_spec_way(const struct flow_spec *spec);
port_no_t circuit_spec_port(const struct flow_spec *spec);
struct eth_addr circuit_spec_mac(const struct flow_spec *spec);

/* --- Plans (circuit_plan.c) ------------------------------------------------------------------- */

/* Plans all hops of 'b' for the present topology. */
void circuit_plan(struct circuit_branch *b);

/* True when the last plan is for the present topology. */
bool circuit_plan_is_current(const struct circuit_branch *b);

/* --- Trees (circuit_branch.c) ----------------------------------------------------------------- */

void circuit_branch_init(struct circuit_branch *b, struct circuit *c, bool is_up);

/* The hop of the last plan at 'dpid', or NULL. */
const struct circuit_hop *circuit_branch_hop(const struct circuit_branch *b, dpid_t dpid);

/* True when everything on the way from 'from' to the destination is confirmed. */
bool circuit_branch_is_ready(const struct circuit_branch *b, dpid_t from);

/* Looks at every tree once this entry into the core is over; 'later' where it only got better, which
 * can wait while entries are being adopted. */
void circuit_repair_soon(struct circuit *c);
void circuit_repair_later(struct circuit *c);

/* The same, for all trees, whether or not the topology has changed. */
void circuit_all_dirty(struct circuit *c);

void circuit_trees_init(struct circuit *c);
void circuit_trees_fini(struct circuit *c);

/* --- Roots (circuit_root.c) ------------------------------------------------------------------- */

enum err circuit_roots_load(struct circuit *c);

/* Looks for the host of every root: trees are begun, moved and given up. */
void circuit_roots_resolve(struct circuit *c);

/* True when a root has 'mac', as far as is known. */
bool circuit_root_has_mac(const struct circuit *c, struct eth_addr mac);

/* The tree up to the root with address 'mac', or NULL. */
struct circuit_up *circuit_up_find(const struct circuit *c, struct eth_addr mac);

/* The access switch 'dpid', entered when it is new, or NULL. */
struct circuit_access *circuit_access_find(const struct circuit *c, dpid_t dpid);
struct circuit_access *circuit_access_get(struct circuit *c, dpid_t dpid);

/* 'dpid' has one host more (1) or less (-1). */
void circuit_access_count(struct circuit *c, dpid_t dpid, int change);

/* --- Reverse entries (circuit_reverse.c) ------------------------------------------------------ */

/* Wants those of 'host', and takes away others with its addresses. */
void circuit_reverse_want(struct circuit *c, const struct host *host);

/* Takes away those of 'dpid' for 'mac' (NULL: for any host) that are not right. */
void circuit_reverse_clean(struct circuit *c, dpid_t dpid, const struct eth_addr *mac);

/* True when the reverse entry 'spec' of 'dpid' is what we want. */
bool circuit_reverse_is_right(const struct circuit *c, dpid_t dpid, const struct flow_spec *spec);

/* All of them: there is a root now, or none any more. */
void circuit_reverse_all(struct circuit *c);

/* --- Aliases (circuit_alias.c) ---------------------------------------------------------------- */

enum ctl_verdict circuit_packet_in(void *state, const struct ctl_packet *packet);

/* --- Adoption (circuit_adopt.c) --------------------------------------------------------------- */

void circuit_adopt(struct circuit *c, dpid_t dpid, const struct flow_entry *flow);
bool circuit_is_adopting(const struct circuit *c);
void circuit_adopt_init(struct circuit *c);
void circuit_adopt_fini(struct circuit *c);

#endif
