/* Domains of interest (thesis §4.5.3): frames for everybody reach the members of the sender's domain
 * and nobody else.
 *
 * A domain is a set of members, switch ports or hosts; a port belongs to one domain. For each domain
 * a Steiner tree (steiner.h) joins the switches of its members. A frame with a group address that
 * comes in at a member port is tagged and follows the tree; it leaves at every other member port
 * without the tag. Table 0, per domain with tag t:
 *
 *      kind    match                                   actions                      priority
 *      trap    no vlan, group address, LLDP, ARP, ...  to the controller                 550
 *      drop    no vlan, address kept by bridges        none                              549
 *      input   in_port=member port, no vlan, group     push t, group t                   500
 *      tree    in_port=tree port, vlan t               group t                           500
 *      group t (type all): a bucket for each tree port; one that pops the tag for each member port
 *
 * The thesis has two groups; one serves both, because a group never sends a copy out at the port
 * where the frame came in (OF 1.3.5 §5.6.1), so a switch of the tree costs one group, and one entry
 * for each port. OpenFlow 1.0 has no groups and no masks on addresses: there each entry lists its
 * outputs, and only broadcast is matched.
 *
 * Why no frame circles, whatever the order in which switches do what they are told: a tagged frame
 * passes a link only if one end sends tag t there and the other has an entry for (t, its port), so
 * all links that some switch may use for t are known: those wanted, and those whose removal is not
 * confirmed. These links never close a cycle, and no switch sends a frame back where it came from;
 * such a walk ends. A change that would close a cycle (a way round a broken link) first removes the
 * broken link and waits until that is confirmed; if it cannot be (a switch is not connected), and
 * also when a better tree replaces one, all of the new tree is written with a new tag, the inputs
 * are turned to it, and then the old one is removed: each frame follows one of them, so no member
 * receives two copies. Tags of an earlier controller are not used again before their entries are gone.
 *
 * IP multicast groups have trees of the same kind, with tags of their own (multicast.h). Their inputs
 * match the group (priority 510), at the ports of listeners and of those who send.
 *
 * Frames whose input entry is not there (yet) are sent to the members by packet-out. Frames of
 * senders without a domain are not touched.
 *
 * Logical networks hold inside a domain: a member gets what a sender may tell everybody at its port.
 * Entries cannot tell who sends, so a domain with two members that may not talk has none, and all its
 * frames go by the controller (dp_frames_per_s). ARP and what else apps answer never follows a tree.
 * The same holds for the trees of IP multicast groups: when two listeners may not talk there are no entries,
 * and a sender whom not all listeners may hear has none. */
#ifndef TAMBO_APPS_INTEREST_DOMAINS_H
#define TAMBO_APPS_INTEREST_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"

#define DOMAIN_NAME_MAX 31 /* Letters, digits, '-', '_' and '.'. */

struct interest_domains_settings {
    uint16_t tag_min, tag_max; /* VLAN ids that nobody else uses; default 3072..4094. */
    uint32_t max_domains;      /* Default 512. */
    uint32_t max_members;      /* Of all domains; default 16 384. */

    /* Frames from one switch that are sent by packet-out (0: no limit); 200 and 400. */
    uint32_t dp_frames_per_s, dp_frames_burst;

    uint32_t max_groups;    /* Default 512. */
    uint16_t sender_idle_s; /* At least 1; default 120. */
    int64_t retry_ns;      /* What a switch refused is tried again after this, and after waits that double up to
                            * 32 times it; default 5 s. */
    int64_t adopt_hold_ns; /* Entries of an earlier controller are removed after this; default 60 s. */
};

struct interest_domains_settings interest_domains_settings_default(void);

#define INTEREST_DOMAINS_COUNTERS(X)                                                               \
    X(updates)        /* Changes of a tree that were begun... */                                   \
    X(repairs)        /* ...of these, removals of a broken link before a way round... */           \
    X(retags)         /* ...and those with a new tag. */                                           \
    X(failures)       /* Changes that a switch refused. */                                         \
    X(frames)         /* Frames sent to the members by packet-out. */                              \
    X(frames_limited) /* Not sent: too many. */                                                    \
    X(tagged_dropped) /* Frames with a tag of ours that got lost on their way. */                  \
    X(tags_exhausted) /* Times that a domain got no tag. */                                        \
    X(members_hidden) /* Hosts found at a port that belongs to another domain. */

struct interest_domains_counters {
#define X(name) uint64_t name;
    INTEREST_DOMAINS_COUNTERS(X)
#undef X
};

/* A member: a host wherever it is, or a port. */
struct domain_member {
    bool is_host;
    struct eth_addr mac;
    dpid_t dpid;
    port_no_t port;
};

/* Everything below takes the module state (ctl_module_state(ctl, "interest_domains")). What is
 * changed is stored (table "domains") and outlives a restart; an error of the store is returned and
 * the change holds nevertheless until then. */
struct interest_domains_counters interest_domains_counters(const void *state);

/* ERR_SYNTAX: no name for a domain; ERR_EXISTS; ERR_FULL. */
enum err interest_domains_add(void *state, const char *name);
enum err interest_domains_remove(void *state, const char *name); /* ERR_NOTFOUND. */

/* ERR_NOTFOUND: no such domain; ERR_EXISTS: 'member' is in a domain already; ERR_FULL. */
enum err interest_domains_join(void *state, const char *name, const struct domain_member *member);
enum err interest_domains_leave(void *state, const char *name, const struct domain_member *member);

/* Makes 'n' members those of the domain, and the domain when there is none; naming one twice is no
 * error. ERR_SYNTAX, ERR_EXISTS (one is in another domain) and ERR_FULL: nothing was changed. */
enum err interest_domains_set(void *state, const char *name, const struct domain_member *members,
                              size_t n);

/* A domain as it is; borrowed for the call. */
struct domain_view {
    const char *name;
    const struct domain_member *members; /* Sorted: ports, then hosts. */
    size_t n_members;
    uint16_t tag;       /* 0: nothing is on the switches. */
    size_t n_switches;  /* Of the tree. */
    size_t n_links;
    bool is_settled; /* Nothing is being changed. */
};

/* Calls 'fn' for each domain in the order of names. */
typedef void interest_domains_each_fn(void *aux, const struct domain_view *view);
void interest_domains_each(const void *state, interest_domains_each_fn *fn, void *aux);

/* --- Groups ----------------------------------------------------------------------------------- */

/* Trees for IP multicast groups, for the app 'multicast'. A group of IPv4 is mapped (pkt_igmp.h). Its
 * frames reach 'n' ports; 0: the group is no more. Ports that belong to a domain are left out: what
 * their hosts send stays inside. Not stored. ERR_FULL: there are too many groups. */
struct domain_group_port {
    dpid_t dpid;
    port_no_t port;
};
enum err interest_domains_group_set(void *state, const struct ipv6_addr *group,
                                    const struct domain_group_port *ports, size_t n);

/* Somebody at the port sends to 'group' (nothing happens when there is none): an input entry is
 * written there, which expires when nothing is sent for sender_idle_s. */
void interest_domains_group_sender(void *state, const struct ipv6_addr *group, dpid_t dpid,
                                   port_no_t port);

/* True when the port belongs to a domain. */
bool interest_domains_has_port(const void *state, dpid_t dpid, port_no_t port);

extern const struct ctl_module interest_domains_module;

#endif
