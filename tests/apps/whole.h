/* One randomised run over all apps together, on the network of net.h.
 *
 *      whole_make.c      the network, which apps take part, and what is forgotten with a restart
 *      whole_model.c     what the operator has entered, and what follows from it
 *      whole_network.c   steps: links, ports, hosts, channels, switches, the controller
 *      whole_operator.c  steps: networks, static flows, circuit roots, domains, elephants
 *      whole_traffic.c   steps: frames, groups, too many flows
 *      whole_check.c     what holds after every message and whenever all is quiet
 *      whole_calm.c      what holds when nothing has changed for the convergence time
 *      test_random.c     runs, and what the environment says
 *
 * A new app joins in four places: a bit in enum whole_part, its steps in whole_steps (whole_network.c), what
 * it allows or forbids in whole_expects() (whole_model.c), and what of it must be gone when the operator
 * has taken everything away in whole_take_all_away(). */
#ifndef TAMBO_TESTS_APPS_WHOLE_H
#define TAMBO_TESTS_APPS_WHOLE_H

#include "controller/core/ctl_api.h"
#include "tests/apps/net.h"

#define WHOLE_NETWORKS 5 /* 1 to 5. */
#define WHOLE_MAX_RULES 32
#define WHOLE_STATIC 6
#define WHOLE_DOMAINS 3
#define WHOLE_MAX_MEMBERS 24
#define WHOLE_GROUPS 3
#define WHOLE_FIRST_LABEL 2
#define WHOLE_HOLD_NS (6 * NS_PER_S) /* Entries of an earlier controller. */

/* What takes part in a run, by its seed. */
enum whole_part {
    WHOLE_ROOTS = 1 << 0,
    WHOLE_LOGICAL_NETWORKS = 1 << 1,
    WHOLE_INTEREST_DOMAINS = 1 << 2,
    WHOLE_MULTICAST = 1 << 3,
    WHOLE_STATIC_FLOWS = 1 << 4,
    WHOLE_ELEPHANTS = 1 << 5,
    WHOLE_DOS = 1 << 6,
    WHOLE_CRAMPED = 1 << 7,   /* A switch has too small a table. */
    WHOLE_SILENT = 1 << 8,    /* Links fail silently. */
    WHOLE_ADDRESSES = 1 << 9, /* Hosts get other IP addresses; no rule names any. */
    WHOLE_MIXED = 1 << 10,    /* Versions 1.0 and 1.3. */
};

struct whole_counts {
    size_t n_runs, n_steps, n_messages, n_looks, n_calms, n_frames, n_blocked, n_aliases;
};

struct whole_rule {
    uint16_t id;
    struct network_rule r;
};

/* Frames from one host to another are dropped at a switch. */
struct whole_static {
    bool is_there;
    int sw, from, to;
};

struct whole_domain {
    bool is_there;
    struct domain_member members[WHOLE_MAX_MEMBERS];
    size_t n_members;
};

struct whole {
    struct net *net;
    uint64_t seed;
    unsigned parts;
    uint32_t next_number; /* Of frames. */
    struct whole_counts n;

    struct whole_rule rules[WHOLE_MAX_RULES];
    size_t n_rules;
    bool exists[WHOLE_NETWORKS + 1];
    bool blocked[WHOLE_NETWORKS + 1][WHOLE_NETWORKS + 1];
    bool isolated[WHOLE_NETWORKS + 1];
    struct whole_static statics[WHOLE_STATIC];
    struct whole_domain domains[WHOLE_DOMAINS];
    bool listens[WHOLE_GROUPS][NET_MAX_HOSTS];

    uint64_t looked_at;     /* net->n_changes when the tables were looked at last. */
    bool looked_settled;    /* It was when networks were settled. */
    bool networks_changed;  /* The operator has changed them since. */
    bool muted;             /* A link failed silently. */
    uint32_t next_ip;
    uint32_t quiet_number;  /* Frames below this one have arrived or never will. */
    uint32_t doubtful_from; /* Frames from this number on may be doubled, until all is calm. */
    int culprit;            /* The step that was done last. */
};

/* Fails the test, with the seed, the step and the message; with NET_TRACE, all tables are printed. */
void whole_complain(const struct whole *run, const char *what, int from, int to);

/* One line. */
void whole_print_entry(const struct net_switch *sw, const struct net_entry *e, char out[512]);

static inline bool whole_has(const struct whole *run, enum whole_part part)
{
    return (run->parts & part) != 0;
}

static inline void *whole_app(const struct whole *run, const char *name)
{
    return ctl_module_state(run->net->ctl, name);
}

/* --- Making (whole_make.c) -------------------------------------------------------------------- */

void whole_make(struct whole *run, uint64_t seed);

/* The controller was restarted, without a store if it has none. */
void whole_restarted(struct whole *run);

/* --- The model (whole_model.c) ---------------------------------------------------------------- */

/* By logical networks alone. */
bool whole_may_talk(const struct whole *run, int from, int to);
bool whole_share_network(const struct whole *run, int from, int to);

/* The domain of interest that the host is in; −1: none. */
int whole_domain_of(const struct whole *run, int host);

/* How many copies of a frame a host must get, at least and at most, when all is calm. */
struct whole_copies {
    unsigned least, most;
};
struct whole_copies whole_expects(const struct whole *run, int from, int to);
struct whole_copies whole_expects_broadcast(const struct whole *run, int from, int to);
struct whole_copies whole_expects_group(const struct whole *run, int from, int to, int group);

/* A way of working links leads from the one's switch to the other's. */
bool whole_is_reachable(const struct net *net, int from, int to);

/* --- Steps ------------------------------------------------------------------------------------ */

struct whole_step {
    const char *name;
    unsigned weight;
    unsigned needs; /* enum whole_part; 0: nothing. */
    void (*fn)(struct whole *run);
};

extern const struct whole_step whole_steps[];
extern const size_t whole_n_steps;

/* Does one of them, drawn by weight. */
void whole_something(struct whole *run);

int whole_some_host(struct whole *run);
void whole_begin_doubt(struct whole *run);

/* whole_network.c */
void whole_toggle_link(struct whole *run);
void whole_toggle_silently(struct whole *run);
void whole_toggle_port(struct whole *run);
void whole_move_host(struct whole *run);
void whole_leave_host(struct whole *run);
void whole_new_address(struct whole *run);
void whole_toggle_channel(struct whole *run);
void whole_reboot_switch(struct whole *run);
void whole_restart(struct whole *run);
void whole_wait(struct whole *run);
void whole_some_messages(struct whole *run);

/* whole_operator.c */
void whole_change_rules(struct whole *run);
void whole_change_blocks(struct whole *run);
void whole_change_network(struct whole *run);
void whole_toggle_root(struct whole *run);
void whole_toggle_static(struct whole *run);
void whole_change_domain(struct whole *run);
void whole_toggle_firewall(struct whole *run);
void whole_tell_elephant(struct whole *run);
void whole_tell_load(struct whole *run);

/* Takes away whatever the operator has entered and the hosts have asked for. */
void whole_take_all_away(struct whole *run);

/* whole_traffic.c */
void whole_send(struct whole *run);
void whole_ask(struct whole *run);
void whole_broadcast(struct whole *run);
void whole_group_frame(struct whole *run);
void whole_toggle_listener(struct whole *run);
void whole_flood(struct whole *run);

void whole_announce_all(struct whole *run);
void whole_leave_all_groups(struct whole *run);

/* A host hears a frame (net_heard_fn). */
void whole_heard(void *aux, struct net_host *host, const uint8_t *data, size_t len);

/* Sends a frame of the kind, and returns its number. */
uint32_t whole_send_broadcast(struct whole *run, int from);
uint32_t whole_send_group(struct whole *run, int from, int group);

/* The address that 'to' has for 'from', who asks for it. */
struct eth_addr whole_resolve(struct whole *run, int from, int to);
struct eth_addr whole_alias_of(const struct whole *run, int sw);

/* --- Looking ---------------------------------------------------------------------------------- */

/* After every message: no circles; nobody reaches whom he may not. */
void whole_look(struct net *net, void *aux);

/* When no message waits: flowdb is what is on the switches; nobody got a frame twice, or one with a tag. */
void whole_look_quiet(struct whole *run);

/* Lets everything converge; then everybody reaches whom he should, once, and nobody else. */
void whole_calm(struct whole *run);

/* Permanent entries are those of a controller that finds empty tables. */
void whole_compare_with_fresh(struct whole *run);

#endif
