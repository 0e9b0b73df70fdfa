/* Random networks, random traffic, random failures: whatever the order in which messages arrive, no
 * frame is ever led in a circle or delivered twice, and once all is quiet every host that a path
 * leads to is reached, by entries alone where there is room for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/openflow/of_types.h"
#include "controller/core/ctl_api.h"
#include "tests/apps/net.h"

#define N_RUNS 330
#define N_ACTIONS 100
#define FIRST_LABEL 2

struct run {
    struct net *net;
    uint64_t seed;
    uint32_t next_number;
    size_t n_aliases; /* Told in the end. */
    bool mixed;             /* Versions 1.0 and 1.3. */
    bool cramped;           /* A switch has too small a table. */
    bool with_roots;        /* Circuit roots come and go. */
    bool muted;             /* Links failed silently. */
    uint32_t doubtful_from; /* Frames from this number on may be doubled, until all is calm. */
};

static void complain(const struct run *run, const char *what, int from, int to)
{
    fail_msg("seed %llu, message %zu: %s, from %d to %d", (unsigned long long)run->seed,
             run->net->n_delivered, what, from, to);
}

/* --- Circuit roots ---------------------------------------------------------------------------- */

static struct circuit_root_key root_key(const struct net *net, int host)
{
    struct circuit_root_key key = {.family = host % 2 ? CIRCUIT_ROOT_IPV4 : CIRCUIT_ROOT_MAC};

    if (host % 2) {
        key.ipv4 = net->hosts[host].ip;
    } else {
        key.mac = net->hosts[host].mac;
    }
    return key;
}

/* A root is registered, or is none any more. */
static void toggle_root(struct run *run)
{
    struct net *net = run->net;
    void *state = ctl_module_state(net->ctl, "circuit_tree");
    struct circuit_root_key key = root_key(net, (int)net_draw(net, net->n_hosts));

    if (circuit_tree_add(state, &key) == ERR_EXISTS) {
        circuit_tree_remove(state, &key);
    }
}

/* Rules of the firewall about what nobody sends come and go. */
static void toggle_rule(struct run *run)
{
    void *state = ctl_module_state(run->net->ctl, "firewall");
    struct firewall_rule rule = {.action = FIREWALL_DENY, .has_dpid = net_draw(run->net, 2)};
    uint32_t id;

    rule.dpid = 1;
    OF_MATCH_SET(&rule.match, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&rule.match, IP_PROTO, ip_proto, 6);
    if (firewall_add(state, &rule, &id, NULL) == ERR_EXISTS) {
        firewall_clear(state, NULL, NULL);
    }
}

static struct eth_addr alias_of(const struct net *net, int sw)
{
    struct eth_addr alias = {{0}};

    if (net->ctl) {
        circuit_tree_alias_of(ctl_module_state(net->ctl, "circuit_tree"), net->switches[sw]->dpid,
                              &alias);
    }
    return alias;
}

/* What 'from' is told when it asks for 'to'. */
static struct eth_addr ask(struct net *net, int from, int to)
{
    struct net_host *h = &net->hosts[from];

    h->n_seen = 0;
    net_arp_request(net, from, net->hosts[to].ip);
    net_settle(net);
    for (size_t i = h->n_seen; i-- > 0;) {
        if (h->seen[i].is_arp && h->seen[i].arp_op == 2 &&
            h->seen[i].arp_spa == net->hosts[to].ip) {
            return h->seen[i].src;
        }
    }
    return net->hosts[to].mac;
}

/* --- What must hold after every message ------------------------------------------------------- */

static void check_host(const struct run *run, int to)
{
    const struct net *net = run->net;

    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        if (net_walk(net, -1, to, sw, 0, 0) == NET_IN_CIRCLES) {
            complain(run, "an ingress entry leads in circles", sw, to);
        }
        for (uint16_t i = 0; i < net->n_switches; i++) {
            if (net_walk(net, -1, to, sw, 0, FIRST_LABEL + i) == NET_IN_CIRCLES) {
                complain(run, "a label leads in circles", sw, to);
            }
        }
        for (int a = 0; run->with_roots && a < (int)net->n_switches; a++) {
            enum net_end end = net_walk_via(net, -1, to, alias_of(net, a), sw, 0, 0);

            if (end == NET_IN_CIRCLES || end == NET_AT_OTHER) {
                complain(run, "an alias leads in circles or to another host", sw, to);
            }
        }
        for (int from = 0; from < (int)net->n_hosts; from++) {
            if (net_walk(net, from, to, sw, 0, 0) == NET_IN_CIRCLES) {
                complain(run, "a flow leads in circles", from, to);
            }
        }
    }
}

static void check(struct net *net, void *aux)
{
    const struct run *run = aux;

    for (int to = 0; to < (int)net->n_hosts; to++) {
        check_host(run, to);
    }
    if (net->n_loops > 0) {
        complain(run, "a frame went in circles", -1, -1);
    }
}

/* The port towards a switch that the controller does not see looks like an edge port: what is
 * emitted there may come back by another switch. */
static bool may_be_doubled(const struct run *run, uint32_t number)
{
    return run->doubtful_from && number >= run->doubtful_from;
}

/* No frame twice, nothing with a tag. */
static void check_received(const struct run *run)
{
    const struct net *net = run->net;

    for (int h = 0; h < (int)net->n_hosts; h++) {
        for (size_t i = 0; i < net->hosts[h].n_seen; i++) {
            const struct net_seen *seen = &net->hosts[h].seen[i];

            if (seen->tagged) {
                complain(run, "a tagged frame", -1, h);
            }
            if (!seen->is_arp && net_count(net, h, seen->number) != 1 &&
                !may_be_doubled(run, seen->number)) {
                complain(run, "a frame came twice", -1, h);
            }
        }
    }
}

/* --- Making a network ------------------------------------------------------------------------- */

static void add_switch(struct run *run)
{
    bool is_1_0 = run->mixed ? net_draw(run->net, 2) == 0 : run->seed % 2 == 0;

    net_add_switch(run->net, is_1_0 ? OF_VERSION_1_0 : OF_VERSION_1_3);
}

static void add_links(struct net *net)
{
    unsigned ports[NET_MAX_SWITCHES] = {0};
    size_t n = net->n_switches, n_extra = net_draw(net, n);

    for (size_t i = 1; i < n + n_extra; i++) {
        int a = (int)(i < n ? i : net_draw(net, n));
        int b = (int)net_draw(net, i < n ? i : n);

        if (a != b) {
            ports[a]++;
            ports[b]++;
            net_add_link(net, a, ports[a], b, ports[b]);
        }
    }
}

static void make(struct run *run)
{
    struct net *net = run->net = net_new(run->seed);
    size_t n = 3 + net_draw(net, 4), n_hosts = 3 + net_draw(net, 4);

    run->mixed = run->seed % 3 == 0;
    run->with_roots = run->seed % 2 == 0 || run->mixed;
    for (size_t i = 0; i < n; i++) {
        add_switch(run);
    }
    add_links(net);
    for (size_t i = 0; i < n_hosts; i++) {
        net_add_host(net, (int)net_draw(net, n), 20 + (unsigned)i);
    }
    run->cramped = run->seed % 11 == 0;
    if (run->cramped) {
        net->switches[net_draw(net, n)]->max_entries = 4 + net_draw(net, 8);
    }
    net->without_clustering = run->seed % 5 == 0;
    net->with_store = run->seed % 7 != 0;
    net->clustering.fast_failover = run->seed / 2 % 2 == 0;
    net->circuit_tree.fast_failover = run->seed / 4 % 2 == 0;
    net->switches[0]->no_failover = run->seed % 13 == 0;
    if (run->seed % 17 == 0) {
        net->switches[1]->max_groups = 1 + net_draw(net, 3);
    }
    net->clustering.hold_s = (uint16_t)(1 + net_draw(net, 5));
    net->check = check;
    net->check_aux = run;
    net->core.host_move = run->seed % 2 ? HOST_MOVE_PROBE : HOST_MOVE_ACCEPT;
    net_start(net);
}

/* --- Things that happen ----------------------------------------------------------------------- */

static void send_one(struct run *run)
{
    struct net *net = run->net;
    int from = (int)net_draw(net, net->n_hosts), to = (int)net_draw(net, net->n_hosts);

    if (from != to && run->with_roots && net_draw(net, 3) == 0) {
        int at = net_draw(net, 2) ? net->hosts[to].sw : (int)net_draw(net, net->n_switches);

        net_send_via(net, from, to, alias_of(net, at), run->next_number++);
    } else if (from != to) {
        net_send(net, from, to, run->next_number++);
    }
}

static void announce_all(struct net *net)
{
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
    }
}

static void toggle_link(struct net *net)
{
    int sw = (int)net_draw(net, net->n_switches);
    unsigned port = 1 + (unsigned)net_draw(net, 4);
    const struct net_port *p = &net->switches[sw]->ports[port];

    if (p->exists && p->peer_switch >= 0) {
        net_port_set(net, sw, port, !p->up);
    }
}

static void begin_doubt(struct run *run)
{
    if (!run->doubtful_from) {
        run->doubtful_from = run->next_number;
    }
}

/* A link that works again looks like an edge port until it is found. */
static void toggle_silently(struct run *run)
{
    struct net *net = run->net;
    int sw = (int)net_draw(net, net->n_switches);
    unsigned port = 1 + (unsigned)net_draw(net, 4);
    const struct net_port *p = &net->switches[sw]->ports[port];

    if (p->exists && p->peer_switch >= 0) {
        begin_doubt(run);
        run->muted = true;
        net_link_mute(net, sw, port, !p->mute);
    }
}

static void move_host(struct net *net)
{
    int host = (int)net_draw(net, net->n_hosts);

    net_host_move(net, host, (int)net_draw(net, net->n_switches), 40 + (unsigned)host);
    net_advance(net, 600 * NS_PER_MS);
    net_arp_announce(net, host);
}

static void drop_channel(struct run *run)
{
    struct net *net = run->net;
    int sw = (int)net_draw(net, net->n_switches);

    begin_doubt(run);

    if (net->switches[sw]->session) {
        net_disconnect(net, sw);
    } else {
        net_connect(net, sw);
    }
}

static void restart(struct run *run)
{
    struct net *net = run->net;

    begin_doubt(run);
    net_stop_controller(net);
    net_start_controller(net);
    for (int i = 0; i < (int)net->n_switches; i++) {
        net_connect(net, i);
    }
}

static void steps(struct net *net, size_t n)
{
    while (n-- > 0 && net_step(net)) {
    }
}

static void something(struct run *run)
{
    struct net *net = run->net;
    size_t what = net_draw(net, 100);

    if (what < 50) {
        send_one(run);
    } else if (what < 62) {
        toggle_link(net);
    } else if (what < 65) {
        toggle_silently(run);
    } else if (what < 70) {
        move_host(net);
    } else if (what < 75) {
        net_arp_request(net, (int)net_draw(net, net->n_hosts),
                        net->hosts[net_draw(net, net->n_hosts)].ip);
    } else if (what < 82) {
        net_advance(net, (int64_t)net_draw(net, 3000) * NS_PER_MS);
    } else if (what < 86) {
        drop_channel(run);
    } else if (what < 88) {
        restart(run);
    } else if (what < 91 && run->with_roots) {
        toggle_root(run);
    } else if (what < 93) {
        toggle_rule(run);
    } else {
        steps(net, net_draw(net, 60));
    }
}

/* --- What must hold in the end ---------------------------------------------------------------- */

static bool reach(const struct net *net, int sw, bool *seen)
{
    seen[sw] = true;
    for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
        const struct net_port *port = &net->switches[sw]->ports[p];

        if (port->exists && port->up && !port->mute && port->peer_switch >= 0 &&
            !seen[port->peer_switch]) {
            reach(net, port->peer_switch, seen);
        }
    }
    return true;
}

static bool is_reachable(const struct net *net, int from, int to)
{
    bool seen[NET_MAX_SWITCHES] = {false};

    reach(net, net->hosts[from].sw, seen);
    return seen[net->hosts[to].sw];
}

static void calm_down(struct run *run)
{
    struct net *net = run->net;

    for (int i = 0; i < (int)net->n_switches; i++) {
        if (!net->switches[i]->session) {
            net_connect(net, i);
        }
    }
    net_advance(net, net->core.lldp_interval_ns + NS_PER_S); /* Every link shows itself once. */
    if (run->muted) {
        net_advance(net, net->core.link_timeout_ns); /* Or is missed. */
    }
    announce_all(net);
    net_advance(net, 2 * NS_PER_S);
}

static void expect_delivery(struct run *run, int from, int to)
{
    struct net *net = run->net;
    uint32_t number = run->next_number++;
    bool expected = is_reachable(net, from, to);
    const struct net_host *h = &net->hosts[from];
    struct eth_addr dst = run->with_roots ? ask(net, from, to) : net->hosts[to].mac;

    run->n_aliases += !eth_addr_eq(dst, net->hosts[to].mac);
    net_send_via(net, from, to, dst, number);
    net_settle(net);
    if (net_count(net, to, number) != expected) {
        complain(run, expected ? "a frame is lost" : "a frame found a way", from, to);
    }
    if (expected && !run->cramped && net_walk_via(net, from, to, dst, h->sw, h->port, 0) != NET_AT_HOST) {
        complain(run, "the entries do not lead there", from, to);
    }
}

static void expect_everything(struct run *run)
{
    for (int from = 0; from < (int)run->net->n_hosts; from++) {
        for (int to = 0; to < (int)run->net->n_hosts; to++) {
            if (from != to) {
                expect_delivery(run, from, to);
            }
        }
    }
}

static void forget_received(struct net *net)
{
    for (size_t i = 0; i < net->n_hosts; i++) {
        net->hosts[i].n_seen = 0;
    }
}

static void one_run(uint64_t seed, size_t *n_messages, size_t *n_aliases)
{
    struct run run = {.seed = seed, .next_number = 1};

    make(&run);
    announce_all(run.net);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        something(&run);
    }
    calm_down(&run);
    check_received(&run);
    forget_received(run.net);
    run.doubtful_from = 0;
    expect_everything(&run);
    check_received(&run);
    *n_messages += run.net->n_delivered;
    *n_aliases += run.n_aliases;
    net_free(run.net);
}

/* What the environment says, for longer runs: SEED is the first seed, LAST the last one (SEED alone: only
 * that), EVERY the distance between two. */
static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_random_runs(void **state)
{
    uint64_t first = from_environment("SEED", 1);
    uint64_t last = from_environment("LAST", getenv("SEED") ? first : N_RUNS);
    uint64_t every = from_environment("EVERY", 1);
    size_t n_runs = 0, n_messages = 0, n_aliases = 0;

    (void)state;
    for (uint64_t seed = first; seed <= last; seed += every) {
        one_run(seed, &n_messages, &n_aliases);
        n_runs++;
    }
    printf("%zu runs, %zu messages, each followed by a look at all tables, %zu aliases\n", n_runs,
           n_messages, n_aliases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_runs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
