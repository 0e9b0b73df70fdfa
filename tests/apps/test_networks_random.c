/* Random networks, rules, blocks, moves, failures and restarts: whenever the controller says that all
 * is settled, no table leads a frame to a host which its sender may not reach, wherever the sender has
 * been plugged in meanwhile; and in the end everybody reaches all others and nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define N_RUNS 250
#define N_ACTIONS 70
#define N_NETWORKS 5 /* 1 to 5. */
#define MAX_RULES 32

struct run {
    struct net *net;
    uint64_t seed;
    uint32_t next_number;
    struct {
        uint16_t id;
        struct network_rule r;
    } rules[MAX_RULES];
    size_t n_rules;
    bool blocked[N_NETWORKS + 1][N_NETWORKS + 1];
    bool isolated[N_NETWORKS + 1];
    size_t n_checks, n_blocked_pairs;
};

static void *lnm(const struct run *run)
{
    return ctl_module_state(run->net->ctl, "logical_networks");
}

static void complain(const struct run *run, const char *what, int from, int to)
{
    fail_msg("seed %llu, message %zu: %s, from %d to %d", (unsigned long long)run->seed,
             run->net->n_delivered, what, from, to);
}

/* --- Who may talk to whom, worked out anew ---------------------------------------------------- */

static bool fits(const struct run *run, const struct network_rule *r, int host)
{
    const struct net_host *h = &run->net->hosts[host];

    switch (r->type) {
    case NETWORK_RULE_PORT:
        return r->dpid == run->net->switches[h->sw]->dpid && r->port == h->port;
    case NETWORK_RULE_MAC:
        return eth_addr_eq(r->mac, h->mac);
    case NETWORK_RULE_IP: /* Of single addresses. */
        return r->ip.b[15] == (uint8_t)h->ip;
    }
    return false;
}

static unsigned networks_bits(const struct run *run, int host)
{
    unsigned bits = 0;

    for (size_t i = 0; i < run->n_rules; i++) {
        bits |= fits(run, &run->rules[i].r, host) ? 1U << run->rules[i].id : 0;
    }
    return bits ? bits : 1U << NETWORK_DEFAULT;
}

static bool may_talk(const struct run *run, int from, int to)
{
    unsigned a = networks_bits(run, from), b = networks_bits(run, to);

    for (unsigned i = 1; i <= N_NETWORKS && !(a & b); i++) {
        for (unsigned k = 1; k <= N_NETWORKS; k++) {
            if ((a >> i & 1) && (b >> k & 1) &&
                (run->blocked[i][k] || run->isolated[i] || run->isolated[k])) {
                return false;
            }
        }
    }
    return true;
}

/* --- What must hold after every message ------------------------------------------------------- */

static bool is_settled(const struct run *run)
{
    const struct net *net = run->net;

    if (!net->ctl || !networks_is_settled(lnm(run))) {
        return false;
    }
    for (size_t i = 0; i < net->n_switches; i++) {
        const struct datapath *dp = datapath_find(net->ctl, net->switches[i]->dpid);

        if (!dp || !datapath_is_ready(dp)) {
            return false;
        }
    }
    return true;
}

static void check(struct net *net, void *aux)
{
    struct run *run = aux;

    if (!is_settled(run)) {
        return;
    }
    run->n_checks++;
    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            const struct net_host *h = &net->hosts[from];

            if (from == to || may_talk(run, from, to)) {
                continue;
            }
            run->n_blocked_pairs++;
            if (net_walk(net, from, to, h->sw, h->port, 0) == NET_AT_HOST) {
                complain(run, "a frame of a blocked pair finds a way", from, to);
            }
        }
    }
}

/* --- Things that happen ----------------------------------------------------------------------- */

static uint16_t some_network(struct run *run)
{
    return (uint16_t)(1 + net_draw(run->net, N_NETWORKS));
}

static void random_rule(struct run *run, struct network_rule *r)
{
    struct net *net = run->net;
    size_t host = net_draw(net, net->n_hosts);
    const struct net_host *h = &net->hosts[host];

    *r = (struct network_rule){
        .type = (enum network_rule_type)(1 + net_draw(net, 3)), .mac = h->mac, .prefix_len = 128};
    if (r->type == NETWORK_RULE_PORT) {
        r->dpid = net->switches[net_draw(net, net->n_switches)]->dpid;
        r->port = (port_no_t)((net_draw(net, 2) ? 20 : 40) + host);
    }
    if (r->type == NETWORK_RULE_IP) {
        r->ip = (struct ipv6_addr){{[10] = 0xff, 0xff, 10, 0, 0, (uint8_t)h->ip}};
    }
}

static void change_rules(struct run *run)
{
    size_t i = net_draw(run->net, MAX_RULES);
    enum err err;

    if (i < run->n_rules) {
        err = networks_rule_remove(lnm(run), run->rules[i].id, &run->rules[i].r);
        run->rules[i] = run->rules[--run->n_rules];
        assert_int_equal(err, ERR_OK);
    } else if (run->n_rules < MAX_RULES) {
        run->rules[run->n_rules].id = some_network(run);
        random_rule(run, &run->rules[run->n_rules].r);
        err = networks_rule_add(lnm(run), run->rules[run->n_rules].id, &run->rules[run->n_rules].r);
        run->n_rules += err == ERR_OK;
    }
}

static void change_blocks(struct run *run)
{
    uint16_t a = some_network(run), b = some_network(run);

    if (a == b) {
        run->isolated[a] = net_draw(run->net, 3) == 0;
        assert_int_equal(networks_isolate(lnm(run), a, run->isolated[a]), ERR_OK);
        return;
    }
    run->blocked[a][b] = run->blocked[b][a] = net_draw(run->net, 2) == 0;
    assert_int_equal(run->blocked[a][b] ? networks_block(lnm(run), a, b)
                                        : networks_unblock(lnm(run), a, b),
                     ERR_OK);
}

static void send_some(struct run *run)
{
    struct net *net = run->net;

    for (int i = 0; i < 4; i++) {
        int from = (int)net_draw(net, net->n_hosts), to = (int)net_draw(net, net->n_hosts);

        if (from != to) {
            net_send(net, from, to, run->next_number++);
        }
    }
}

static void move_host(struct run *run)
{
    struct net *net = run->net;
    int host = (int)net_draw(net, net->n_hosts);

    net_host_move(net, host, (int)net_draw(net, net->n_switches), 40 + (unsigned)host);
    if (net_draw(net, 2)) {
        net_advance(net, 600 * NS_PER_MS);
        net_arp_announce(net, host);
    }
}

static void connect_all(struct net *net)
{
    for (int i = 0; i < (int)net->n_switches; i++) {
        if (!net->switches[i]->session) {
            net_connect(net, i);
        }
    }
}

static void toggle_channel(struct net *net)
{
    int sw = (int)net_draw(net, net->n_switches);

    if (net->switches[sw]->session) {
        net_disconnect(net, sw);
    } else {
        net_connect(net, sw);
    }
}

static void toggle_link(struct net *net)
{
    int sw = (int)net_draw(net, net->n_switches);
    unsigned port = 1 + (unsigned)net_draw(net, 3);
    const struct net_port *p = &net->switches[sw]->ports[port];

    if (p->exists && p->peer_switch >= 0) {
        net_port_set(net, sw, port, !p->up);
    }
}

/* The switch has lost all its entries. */
static void reboot_switch(struct net *net)
{
    int sw = (int)net_draw(net, net->n_switches);

    net_disconnect(net, sw);
    net->switches[sw]->n_entries = 0;
    net_connect(net, sw);
}

static void something(struct run *run)
{
    struct net *net = run->net;
    size_t what = net_draw(net, 100);

    if (what < 40) {
        send_some(run);
    } else if (what < 50) {
        change_rules(run);
    } else if (what < 60) {
        change_blocks(run);
    } else if (what < 67) {
        move_host(run);
    } else if (what < 71) {
        toggle_channel(net);
    } else if (what < 73) {
        reboot_switch(net);
    } else if (what < 75) {
        net_stop_controller(net);
        net_start_controller(net);
        connect_all(net);
    } else if (what < 80) {
        toggle_link(net);
    } else if (what < 86) {
        net_advance(net, (int64_t)net_draw(net, 2000) * NS_PER_MS);
    } else {
        for (size_t n = net_draw(net, 60); n > 0 && net_step(net); n--) {
        }
    }
}

/* --- A run ------------------------------------------------------------------------------------ */

static void make(struct run *run)
{
    struct net *net = run->net = net_new(run->seed);
    size_t n = 2 + net_draw(net, 3), n_hosts = 4 + net_draw(net, 3);
    unsigned ports[NET_MAX_SWITCHES] = {0};

    for (size_t i = 0; i < n; i++) {
        net_add_switch(net, run->seed % 3 == 0 ? OF_VERSION_1_0 : OF_VERSION_1_3);
    }
    for (size_t i = 1; i < n; i++) {
        int peer = (int)net_draw(net, i);

        ports[i]++;
        ports[peer]++;
        net_add_link(net, (int)i, ports[i], peer, ports[peer]);
    }
    for (size_t i = 0; i < n_hosts; i++) {
        net_add_host(net, (int)net_draw(net, n), 20 + (unsigned)i);
    }
    net->without_clustering = run->seed % 5 == 0;
    net->check = check;
    net->check_aux = run;
    net_start(net);
    for (uint16_t id = 2; id <= N_NETWORKS; id++) {
        char name[2] = {(char)('a' + id), '\0'};

        assert_int_equal(networks_create(lnm(run), id, name), ERR_OK);
    }
}

static void calm_down(struct run *run)
{
    struct net *net = run->net;

    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        for (unsigned port = 1; port <= 4; port++) {
            if (net->switches[sw]->ports[port].exists && !net->switches[sw]->ports[port].up) {
                net_port_set(net, sw, port, true);
            }
        }
    }
    connect_all(net);
    net_advance(net, net->core.lldp_interval_ns + NS_PER_S);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < (int)net->n_hosts; i++) {
            net_arp_announce(net, i);
        }
        net_advance(net, 5 * NS_PER_S);
    }
    for (size_t i = 0; i < net->n_hosts; i++) {
        net->hosts[i].n_seen = 0;
    }
}

static void expect_everything(struct run *run)
{
    struct net *net = run->net;

    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            uint32_t number = run->next_number++;

            if (from == to) {
                continue;
            }
            net_send(net, from, to, number);
            net_advance(net, 0);
            if (net_count(net, to, number) != may_talk(run, from, to)) {
                complain(run, may_talk(run, from, to) ? "a frame is lost" : "a frame came through",
                         from, to);
            }
        }
    }
}

static void one_run(uint64_t seed, size_t *n_checks, size_t *n_pairs)
{
    struct run run = {.seed = seed, .next_number = 1};

    make(&run);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        something(&run);
    }
    calm_down(&run);
    assert_true(is_settled(&run));
    expect_everything(&run);
    *n_checks += run.n_checks;
    *n_pairs += run.n_blocked_pairs;
    net_free(run.net);
}

static void test_isolation_at_every_message(void **state)
{
    const char *only = getenv("SEED");
    size_t n_checks = 0, n_pairs = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        if (!only || strtoull(only, NULL, 10) == seed) {
            one_run(seed, &n_checks, &n_pairs);
        }
    }
    printf("%d runs, %zu looks at all tables, %zu blocked pairs followed\n", N_RUNS, n_checks,
           n_pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_isolation_at_every_message)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
