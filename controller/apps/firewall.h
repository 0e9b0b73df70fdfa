/* Firewall: which frames may come in from hosts.
 *
 * An ordered list of rules, each of which allows or denies what it matches: from Ethernet addresses to
 * ports of TCP, UDP and SCTP. The rule with the highest priority decides, of equal ones the oldest; what no
 * rule matches is allowed. A rule counts where a frame comes in from a host: at every edge port, at those
 * of one switch, or at one port. What then crosses the network is not asked again.
 *
 * How it is enforced. Every switch with edge ports has an entry for each rule that denies, which drops
 * (priorities PRIORITY_FIREWALL_MIN to _MAX, without time-out): a flow that is denied anew is cut at once,
 * whatever entries it had, and no other is touched. An entry stands for all ports of its switch where frames
 * from other switches have met the same rules already; it is written for each edge port of the switch when
 * they have not, or do not look the same any more: for rules of one switch, rules with a VLAN id (labels of
 * clustering are some) or a masked Ethernet address, and rules that deny what one before allows by one of
 * these or an Ethernet address, which a circuit tree may exchange.
 *
 * A rule that allows has an entry where it takes something out of a later one that denies, else none. In a
 * switch with OpenFlow 1.3 and a second table that entry goes on to the last table, where the firewall keeps
 * a copy of what the other apps want in the first one (firewall_pass.c). Other switches send such frames to
 * the controller, which carries them one by one. So do switches with OpenFlow 1.0 with all that matches a
 * rule as far as 1.0 can say it, and the controller decides.
 *
 * An entry that a switch refuses is replaced by one for all frames of its Ethertype at each edge port, which
 * leads to the controller. A packet-in of a frame that is denied goes no further: so the controller decides, too,
 * while an entry is on its way.
 *
 * What always passes, whatever rules say: ARP, DHCP, and neighbour discovery (ICMPv6 133 to 137), without
 * which hosts cannot be told from each other, and LLDP and its broadcast form, without which links cannot.
 * They go to the controller before rules are asked. A rule that denies nothing else is refused. All other broadcasts and multicasts are frames like others. Later
 * fragments have no ports: rules with ports do not match them.
 *
 * Cost. Without rules, or disabled, none: the app sees no packet-ins. With rules a packet-in is looked up once for
 * each set of bits that some rule looks at. */
#ifndef TAMBO_APPS_FIREWALL_H
#define TAMBO_APPS_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/flowdb.h"
#include "controller/core/module.h"

#define FIREWALL_MAX_RULES 4096
#define FIREWALL_TEXT_LEN 160

struct firewall_settings {
    uint32_t max_rules; /* At most FIREWALL_MAX_RULES; default 1 024. */
    int64_t poll_ns;    /* How often counters are read; 0: never; default 5 s. */
    bool second_table;  /* Switches may use their last table; default true. */
};

struct firewall_settings firewall_settings_default(void);

enum firewall_action { FIREWALL_ALLOW, FIREWALL_DENY };

struct firewall_rule {
    uint32_t id; /* From 1; not used again while the controller runs. */
    uint16_t priority;
    enum firewall_action action;
    bool has_dpid;
    dpid_t dpid;
    struct of_match
        match; /* 'in_port' needs a dpid. IP addresses have prefixes, Ethernet addresses any
                            * masks, VLAN ids none but that for any tag. */
};

struct firewall_info {
    struct firewall_rule rule;
    uint32_t shadowed_by; /* A rule before it that matches all that it does; 0: none. */
    uint32_t overlaps;    /* The first rule before it that decides otherwise for a part; 0: none. */
    uint64_t n_packets, n_bytes;              /* That met its entries, when they were read last. */
    uint64_t n_packet_ins;                    /* That the controller has decided by it. */
    size_t n_entries, n_confirmed, n_refused; /* Entries in switches. */
};

/* What is wrong with a rule, for people. */
struct firewall_fault {
    const char *field; /* "dpid", "rule", "match" or a field of it. */
    bool in_match;     /* 'field' is one of the match. */
    char text[FIREWALL_TEXT_LEN];
};

/* All functions take the module's state, ctl_module_state(ctl, "firewall"). Changes are stored before they
 * are made; ERR_IO: that failed, and nothing has changed.
 *
 * Adds 'rule', whose id is given, or puts it in place of the one with its id.
 *   ERR_RANGE     it is not valid: '*fault' (may be NULL)
 *   ERR_EXISTS    another has the same priority, switch and match: '*fault'
 *   ERR_NOTFOUND  there is none with its id
 *   ERR_FULL      there are max_rules */
enum err firewall_add(void *state, const struct firewall_rule *rule, uint32_t *id,
                      struct firewall_fault *fault);
enum err firewall_put(void *state, const struct firewall_rule *rule, struct firewall_fault *fault);

enum err firewall_remove(void *state, uint32_t id); /* ERR_NOTFOUND. */

/* Removes all rules, or those for which 'pick' is true; '*n' (may be NULL) is their number. */
typedef bool firewall_pick_fn(const struct firewall_rule *rule);
enum err firewall_clear(void *state, firewall_pick_fn *pick, size_t *n);

/* As a whole; true at first. Kept over a restart. */
enum err firewall_enable(void *state, bool is_enabled);
bool firewall_is_enabled(const void *state);

size_t firewall_n_rules(const void *state);

/* ERR_NOTFOUND. */
enum err firewall_find(const void *state, uint32_t id, struct firewall_info *out);

/* Calls 'fn' for all rules, in the order in which they are asked. 'info' is valid during the call. */
typedef void firewall_each_fn(void *aux, const struct firewall_info *info);
void firewall_each(const void *state, firewall_each_fn *fn, void *aux);

#define FIREWALL_COUNTERS(X)                                                                       \
    X(packet_ins) /* That were compared with rules... */                                           \
    X(denied)     /* ...and went no further. */                                                    \
    X(passes)     /* Times the entries of a switch were looked through. */                         \
    X(refused)    /* Entries that a switch refused. */                                             \
    X(restored)   /* Entries that somebody else had deleted. */                                    \
    X(polls)      /* Times counters were asked for. */

struct firewall_counters {
#define X(name) uint64_t name;
    FIREWALL_COUNTERS(X)
#undef X
};

struct firewall_counters firewall_counters(const void *state);

/* True when every switch that is connected has confirmed all that rules ask for. */
bool firewall_is_settled(const void *state);

extern const struct ctl_module firewall_module;

#endif
