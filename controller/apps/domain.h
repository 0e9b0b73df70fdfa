/* What the files of interest_domains share. Private to this room.
 *
 *      interest_domains.c   module: settings, events, packet-ins
 *      domain_api.c         domains and members, and what is stored of them
 *      domain_group.c       IP multicast groups
 *      domain_ports.c       which domain has which port
 *      domain_plan.c        plans: who has which port of which tag; tags
 *      domain_spec.c        entries and groups
 *      domain_tree.c        from members and links to the next plan, and on to the switches
 *      domain_retry.c       what was refused or found */
#ifndef TAMBO_APPS_DOMAIN_H
#define TAMBO_APPS_DOMAIN_H

#include "controller/apps/bucket.h"
#include "controller/apps/interest_domains.h"
#include "controller/base/alloc.h"
#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/core/flowdb.h"
#include "controller/core/timer.h"
#include "controller/core/txn.h"

#define DOMAIN_TAGS 4095

/* --- Plans (domain_plan.c) -------------------------------------------------------------------- */

/* A sender gets nothing, but has an input. */
enum place_kind { PLACE_TREE, PLACE_MEMBER, PLACE_SENDER };

struct place {
    dpid_t dpid;
    enum place_kind kind;
    port_no_t port;
};

struct tree_link {
    dpid_t a, b; /* a < b. */
    port_no_t a_port, b_port;
};

/* What is wanted on the switches for one domain. */
struct plan {
    uint16_t tag; /* 0: nothing. */
    bool is_group;
    struct ipv6_addr group; /* Whose frames are its own; of a domain, all. */
    struct place *places; /* Ascending by all members of the struct. */
    size_t n_places;
    struct tree_link *links; /* Ascending likewise. */
    size_t n_links;
};

void plan_make(struct plan *p, uint16_t tag, const struct place *members, size_t n_members,
               const struct tree_link *links, size_t n_links); /* Copies. */
void plan_fini(struct plan *p);
bool plan_eq(const struct plan *a, const struct plan *b);
bool plan_has(const struct plan *p, const struct place *place);
bool plan_has_link(const struct plan *p, const struct tree_link *link);

/* The end of the places of the switch whose first is number 'begin'. */
size_t plan_switch_end(const struct plan *p, size_t begin);
bool plan_has_switch(const struct plan *p, dpid_t dpid);
void places_sort(struct place *places, size_t n);

/* --- State ------------------------------------------------------------------------------------ */

struct grave {
    struct list list;
    struct plan plan;
};

struct domain {
    struct list list; /* In struct domains: of 'list' by name, of 'groups' by group. */
    struct domains *d;
    char name[DOMAIN_NAME_MAX + 1];
    struct domain_member *members; /* Sorted. */
    size_t n_members;
    bool is_group; /* Of IP multicast: no name, and its places are given. */
    struct ipv6_addr group;
    struct place *own; /* PLACE_MEMBER and PLACE_SENDER. */
    size_t n_own;
    struct plan plan;
    struct tree_link *risk; /* Links not in 'plan' that a switch may still use for its tag. */
    size_t n_risk;
    struct list graves; /* Plans that may still be on switches. */
    bool busy;          /* A transaction is under way. */
    bool removed;       /* Freed when nothing is left on the switches. */
    bool failed;        /* What is on the switches is not known: begin with a new tag... */
    mono_t retry_at;    /* ...at this time; */
    unsigned n_refused; /* so often a switch has refused it. */
    struct plan before; /* While busy: what 'plan' was. */
    bool was_retag;
};

enum tag_state { TAG_FREE, TAG_USED, TAG_DOUBTFUL };

struct domains {
    struct ctl *ctl;
    void *networks; /* NULL: logical networks do not run. */
    uint8_t id;
    struct interest_domains_settings settings;
    struct interest_domains_counters n;
    struct list list, groups; /* struct domain. */
    size_t n_domains, n_members, n_groups;
    uint8_t tags[DOMAIN_TAGS + 1]; /* enum tag_state. */
    uint16_t next_tag;
    struct place *claims; /* Member ports of all domains as they were resolved... */
    struct domain **claimants;
    size_t n_claims;
    bool unsettled; /* A member is at a port of which it is not known yet what it is. */
    struct timer update, retry, settle, clean;
    struct bucket_map frames;
    struct log_limit limit;
};

/* --- Tags (domain_plan.c) --------------------------------------------------------------------- */

uint16_t domain_tag_take(struct domains *d); /* 0: there is none. */
bool domain_tag_is_ours(const struct domains *d, uint16_t vid);

/* --- Entries (domain_spec.c) ------------------------------------------------------------------ */

enum domain_kind { DOMAIN_TRAP = 1, DOMAIN_INPUT = 2, DOMAIN_TREE = 3 };

enum domain_kind domain_cookie_kind(uint64_t cookie);
uint16_t domain_cookie_tag(uint64_t cookie);

bool domain_has_groups(const struct domains *d, dpid_t dpid);

/* The places 'begin' to 'end' of 'p', which are those of one switch. */
void domain_add_switch(const struct domains *d, struct txn *txn, const struct plan *p, size_t begin,
                       size_t end, const struct plan *before);

/* What 'old' has and 'now' has not. */
void domain_remove_rest(const struct domains *d, struct txn *txn, const struct plan *old,
                        const struct plan *now);

/* Takes away what serves the members of a switch that has none, while no plan is changed. */
void domain_sweep_traps(const struct domains *d);

/* --- Ports (domain_ports.c) ------------------------------------------------------------------- */

/* Looks up where all members are. */
void domains_resolve(struct domains *d);

/* Where frames of 'domain' come in and go out, one place for each port, into 'out', which has room for
 * domain_max_places(). None when logical networks keep some apart. */
size_t domain_max_places(const struct domain *domain);
size_t domain_places(struct domain *domain, struct place *out);

/* The domain of a member port, or NULL. */
struct domain *domain_of_port(const struct domains *d, dpid_t dpid, port_no_t port);

/* The domain whose tag is 'tag', or NULL. */
struct domain *domain_of_tag(const struct domains *d, uint16_t tag);

/* --- Trees (domain_tree.c) -------------------------------------------------------------------- */

void domains_update_soon(struct domains *d);

void domain_free(struct domain *domain);
void domains_trees_init(struct domains *d);
void domains_trees_fini(struct domains *d);

/* --- Trying again (domain_retry.c) ------------------------------------------------------------ */

/* What is on the switches is not known any more: at 'retry_at' everything is written anew. */
void domain_fail(struct domain *domain, mono_t retry_at);

/* Those that have failed are tried at once. */
void domains_retry_now(struct domains *d);

void domains_arm_retry(struct domains *d);

/* The timer 'clean': entries of an earlier controller that are not wanted are taken away. */
void domains_clean(void *aux, struct timer *timer);

/* --- Groups (domain_group.c) ------------------------------------------------------------------- */

/* The input of a sender, 'flow', has expired. */
void domain_sender_gone(struct domains *d, const struct flow_entry *flow);

/* --- What is stored (domain_api.c) ------------------------------------------------------------ */

enum err domains_load(struct domains *d);
void domains_store_tag(const struct domains *d);

#endif
