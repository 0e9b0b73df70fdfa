/* Circuit trees over a network of switches: which entries there are, who is told which address, and
 * where the frames go, with hosts, links and roots that come, move and leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/circuit_tree.h"
#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define TREE PRIORITY_CIRCUIT_TREE
#define REVERSE PRIORITY_CIRCUIT_REVERSE

static void *state_of(struct net *net)
{
    return ctl_module_state(net->ctl, "circuit_tree");
}

static struct circuit_tree_counters counters(struct net *net)
{
    return circuit_tree_counters(state_of(net));
}

static struct circuit_root_key by_ip(const struct net *net, int host)
{
    return (struct circuit_root_key){.family = CIRCUIT_ROOT_IPV4, .ipv4 = net->hosts[host].ip};
}

static struct circuit_root_key by_mac(const struct net *net, int host)
{
    return (struct circuit_root_key){.family = CIRCUIT_ROOT_MAC, .mac = net->hosts[host].mac};
}

static void add(struct net *net, struct circuit_root_key key)
{
    assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_OK);
    net_advance(net, NS_PER_MS);
}

static void take_away(struct net *net, struct circuit_root_key key)
{
    assert_int_equal(circuit_tree_remove(state_of(net), &key), ERR_OK);
    net_advance(net, NS_PER_MS);
}

static struct eth_addr alias_of(struct net *net, int sw)
{
    struct eth_addr alias;

    circuit_tree_alias_of(state_of(net), net->switches[sw]->dpid, &alias);
    return alias;
}

/* The address that 'host' was told for 'target' last. */
static struct eth_addr told(const struct net *net, int host, int target)
{
    const struct net_host *h = &net->hosts[host];

    for (size_t i = h->n_seen; i-- > 0;) {
        if (h->seen[i].is_arp && h->seen[i].arp_op == 2 &&
            h->seen[i].arp_spa == net->hosts[target].ip) {
            return h->seen[i].src;
        }
    }
    return (struct eth_addr){{0}};
}

static struct eth_addr ask(struct net *net, int host, int target)
{
    net_arp_request(net, host, net->hosts[target].ip);
    net_settle(net);
    return told(net, host, target);
}

static void no_circles(struct net *net, void *aux)
{
    (void)aux;
    for (int to = 0; to < (int)net->n_hosts; to++) {
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            enum net_end end = net_walk(net, -1, to, sw, 0, 0);

            assert_int_not_equal(end, NET_IN_CIRCLES);
            assert_int_not_equal(end, NET_AT_OTHER);
            for (int a = 0; net->ctl && a < (int)net->n_switches; a++) {
                end = net_walk_via(net, -1, to, alias_of(net, a), sw, 0, 0);
                assert_int_not_equal(end, NET_IN_CIRCLES);
                assert_int_not_equal(end, NET_AT_OTHER);
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

/* Host 4 is at switch 2. */
static struct net *diamond_seed(uint8_t version, uint64_t seed)
{
    struct net *net = net_new(seed);

    net_add_diamond(net, version, 5);
    net->check = no_circles;
    net->core.host_move = HOST_MOVE_ACCEPT;
    net_start(net);
    return net;
}

static struct net *diamond(uint8_t version)
{
    return diamond_seed(version, version);
}

static void count_state(void *aux, const struct circuit_root_view *root)
{
    unsigned *n = aux;

    n[root->state]++;
}

static void expect_states(struct net *net, unsigned unknown, unsigned building, unsigned ready)
{
    unsigned n[3] = {0};

    circuit_tree_each(state_of(net), count_state, n);
    assert_int_equal(n[CIRCUIT_ROOT_UNKNOWN], unknown);
    assert_int_equal(n[CIRCUIT_ROOT_BUILDING], building);
    assert_int_equal(n[CIRCUIT_ROOT_READY], ready);
}

/* From 'host' to 'root' and back without a packet-in. */
static void expect_circuit(struct net *net, int host, int root)
{
    const struct net_host *h = &net->hosts[host], *r = &net->hosts[root];
    struct eth_addr alias = ask(net, root, host);

    assert_int_equal(net_walk(net, host, root, h->sw, h->port, 0), NET_AT_HOST);
    assert_false(eth_addr_eq(alias, h->mac));
    assert_true(eth_addr_eq(alias, alias_of(net, h->sw)));
    assert_int_equal(net_walk_via(net, root, host, alias, r->sw, r->port, 0), NET_AT_HOST);
}

/* --- Both ways -------------------------------------------------------------------------------- */

static void both_ways(uint8_t version)
{
    struct net *net = diamond(version);
    struct eth_addr alias;

    net_announce_all(net);
    add(net, by_ip(net, 2));
    expect_states(net, 0, 0, 1);
    net->n_written = 0;
    net_send(net, 0, 2, 2385); /* The very first frame, and no controller. */
    assert_int_equal(net_count(net, 2, 2385), 1);
    alias = ask(net, 2, 0);
    assert_true(eth_addr_eq(alias, alias_of(net, 0)));
    net_send_via(net, 2, 0, alias, 2386);
    assert_int_equal(net_count(net, 0, 2386), 1);
    assert_true(eth_addr_eq(net->hosts[0].seen[net->hosts[0].n_seen - 1].dst, net->hosts[0].mac));
    assert_int_equal(net->n_written, 0);
    for (int host = 0; host < 5; host++) {
        if (host != 2) {
            expect_circuit(net, host, 2);
        }
    }
    assert_true(eth_addr_eq(ask(net, 0, 2), net->hosts[2].mac)); /* Others are told no alias. */
    assert_true(eth_addr_eq(ask(net, 0, 1), net->hosts[1].mac));
    assert_int_equal(counters(net).strays, 0);
    net_free(net);
}

static void test_both_ways_1_3(void **state)
{
    (void)state;
    both_ways(OF_VERSION_1_3);
}

static void test_both_ways_1_0(void **state)
{
    (void)state;
    both_ways(OF_VERSION_1_0);
}

/* The alias of every switch can be a host's address, whatever its datapath id: never a group's, always
 * a local one. */
static void test_alias_is_never_multicast(void **state)
{
    struct net *net = net_new(18);

    (void)state;
    for (int i = 0; i < 36; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        if (i > 0) {
            net_add_link(net, 0, (unsigned)i, i, 1);
        }
        net_add_host(net, i, 60);
    }
    net_start(net);
    net_announce_all(net);
    add(net, by_ip(net, 17)); /* The switch with datapath id 0x12. */
    for (int i = 0; i < 36; i++) {
        struct eth_addr alias = alias_of(net, i);

        assert_false(eth_addr_is_multicast(alias));
        assert_true(alias.b[0] & 2);
        for (int j = 0; j < i; j++) {
            assert_false(eth_addr_eq(alias, alias_of(net, j)));
        }
    }
    expect_circuit(net, 3, 17);
    assert_false(circuit_tree_prefix_ok(0x1254 | 0x0100));
    assert_false(circuit_tree_prefix_ok(0x0054));
    net_free(net);
}

/* --- Numbers of entries ----------------------------------------------------------------------- */

/* Three access switches with 48, 1 and 1 hosts round one in the core; roots at the second. */
static void counts_entries(uint8_t version)
{
    struct net *net = net_new(48);

    net_add_switches(net, 4, version);
    for (int i = 0; i < 3; i++) {
        net_add_link(net, i, 1, 3, (unsigned)i + 1);
    }
    for (int i = 0; i < 48; i++) {
        net_add_host(net, 0, 2 + (unsigned)i);
    }
    net_add_host(net, 1, 2);
    net_add_host(net, 1, 3);
    net_add_host(net, 2, 2);
    net_start(net);
    net_announce_all(net);
    assert_int_equal(net_count_entries(net, 0, TREE), 0);
    add(net, by_ip(net, 48));
    assert_int_equal(net_count_entries(net, 0, REVERSE), 48);
    assert_int_equal(net_count_entries(net, 0, TREE), 2);      /* Own, and up: R + 1. */
    assert_int_equal(net_count_entries(net, 1, TREE), 2 + 2);  /* And down to the others: N + R. */
    assert_int_equal(net_count_entries(net, 3, TREE), 1 + 2);  /* Up, and down to two. */
    add(net, by_mac(net, 49));
    assert_int_equal(net_count_entries(net, 0, REVERSE), 48); /* One for all roots. */
    assert_int_equal(net_count_entries(net, 0, TREE), 3);
    assert_int_equal(net_count_entries(net, 1, TREE), 5);
    take_away(net, by_ip(net, 48));
    take_away(net, by_mac(net, 49));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net_count_entries(net, i, TREE), 0);
        assert_int_equal(net_count_entries(net, i, REVERSE), 0);
    }
    net_free(net);
}

static void test_counts_1_3(void **state)
{
    (void)state;
    counts_entries(OF_VERSION_1_3);
}

static void test_counts_1_0(void **state)
{
    (void)state;
    counts_entries(OF_VERSION_1_0);
}

/* --- Roots ------------------------------------------------------------------------------------ */

static void test_root_before_its_host(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    add(net, by_ip(net, 2));
    add(net, by_mac(net, 0));
    expect_states(net, 2, 0, 0);
    net_announce_all(net);
    expect_states(net, 0, 0, 2);
    expect_circuit(net, 3, 0);
    expect_circuit(net, 1, 2);
    net_free(net);
}

/* Hosts that come after the first root serve every root, and those of later roots are served. */
static void test_second_root(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_arp_announce(net, 2);
    net_settle(net);
    add(net, by_ip(net, 2));
    net_arp_announce(net, 0);
    net_settle(net);
    add(net, by_ip(net, 4));
    net_announce_all(net);
    for (int host = 0; host < 4; host++) {
        expect_circuit(net, host, 4);
        if (host != 2) {
            expect_circuit(net, host, 2);
        }
    }
    net_free(net);
}

/* Two names of one host are one tree, which stays until both are gone. */
static void test_two_names_of_a_root(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    add(net, by_mac(net, 2));
    take_away(net, by_ip(net, 2));
    expect_states(net, 0, 0, 1);
    expect_circuit(net, 0, 2);
    take_away(net, by_mac(net, 2));
    assert_int_equal(net_count_entries(net, 0, TREE), 0);
    net_free(net);
}

static void test_removed_root(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct eth_addr alias;

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    alias = ask(net, 2, 0);
    take_away(net, by_ip(net, 2));
    net_send_via(net, 2, 0, alias, 7); /* It still believes what it was told. */
    net_settle(net);
    assert_int_equal(net_count(net, 0, 7), 1);
    assert_true(eth_addr_eq(told(net, 2, 0), net->hosts[0].mac));
    assert_int_equal(counters(net).strays, 1);
    net_free(net);
}

static void test_errors(void **state)
{
    static const char *const bad[] = {"00:00:00:00:00:00", "01:00:5e:00:00:01", "06:54:00:01:00:00",
                                      "0.0.0.0",           "127.0.0.1",         "224.0.0.1",
                                      "255.255.255.255",   "::",                "::1", "ff02::1"};
    static const char *const wrong[] = {"", "10.0.0", "10.0.0.256", "00:11:22:33:44", "host",
                                        "00:11:22:33:44:5g", "00:11:22:33:44:55:66", "fd00::1::2",
                                        "+0:11:22:33:44:55", "10.0.0.1/8"};
    struct net *net = net_new(3);
    struct circuit_root_key key;

    (void)state;
    net->circuit_tree.max_roots = 2;
    net_add_switch(net, OF_VERSION_1_3);
    net_start(net);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(circuit_root_parse(bad[i], &key), ERR_OK);
        assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_RANGE);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(circuit_root_parse(wrong[i], &key), ERR_SYNTAX);
    }
    assert_int_equal(circuit_root_parse("10.0.23.85", &key), ERR_OK);
    assert_int_equal(circuit_tree_remove(state_of(net), &key), ERR_NOTFOUND);
    assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_OK);
    assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_EXISTS);
    assert_int_equal(circuit_root_parse("fd00::2385", &key), ERR_OK);
    assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_OK);
    assert_int_equal(circuit_root_parse("02:00:00:00:23:85", &key), ERR_OK);
    assert_int_equal(circuit_tree_add(state_of(net), &key), ERR_FULL);
    net_free(net);
}

static void print_one(void *aux, const struct circuit_root_view *root)
{
    char text[CIRCUIT_ROOT_TEXT];

    circuit_root_print(&root->key, text);
    strcat(aux, text);
    strcat(aux, " ");
}

static void add_text(struct net *net, const char *text)
{
    struct circuit_root_key key;

    assert_int_equal(circuit_root_parse(text, &key), ERR_OK);
    add(net, key);
}

static void restart(struct net *net)
{
    net_stop_controller(net);
    net_start_controller(net);
    for (int i = 0; i < (int)net->n_switches; i++) {
        net_connect(net, i);
    }
}

/* What the operator has said is listed in order, and is still there after a restart; what cannot be
 * read is left out. */
static void test_roots_are_remembered(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    const char *expected = "02:00:00:00:01:17 10.0.0.3 10.0.0.200 fd00::2385 ";
    char text[512] = "";

    (void)state;
    add_text(net, "10.0.0.200");
    add_text(net, "fd00::2385");
    add_text(net, "10.0.0.3");
    add_text(net, "02:00:00:00:01:17");
    circuit_tree_each(state_of(net), print_one, text);
    assert_string_equal(text, expected);
    net->store.put(net->store.aux, "circuit_roots", "nonsense", "02:00:00:00:00:01");
    net->store.put(net->store.aux, "circuit_roots", "10.0.0.9", "nonsense");
    net->store.put(net->store.aux, "circuit_roots", "224.0.0.9", "00:00:00:00:00:00");
    restart(net);
    text[0] = '\0';
    circuit_tree_each(state_of(net), print_one, text);
    assert_string_equal(text, expected);
    net_free(net);
}

/* --- Restarts --------------------------------------------------------------------------------- */

/* The circuit works all the time, before anybody has been heard again, and stays. */
static void test_restart_keeps_the_circuit(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct eth_addr alias;

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    alias = ask(net, 2, 0);
    restart(net);
    net->n_written = 0;
    for (int i = 0; i < 130; i++) {
        net_advance(net, NS_PER_S);
        assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
        assert_int_equal(net_walk_via(net, 2, 0, alias, 1, 10, 0), NET_AT_HOST);
    }
    for (size_t i = 0; i < net->n_written; i++) {
        assert_true(net->written[i].priority != TREE && net->written[i].priority != REVERSE);
    }
    assert_true(eth_addr_eq(alias, alias_of(net, 0)));
    assert_true(counters(net).adopted > 0);
    net_announce_all(net);
    expect_circuit(net, 0, 2);
    net_free(net);
}

/* Without a store nobody knows the roots after a restart: what is left of them goes. */
static void test_restart_without_a_store(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_stop_controller(net);
    net->with_store = false;
    net_start(net);
    net_announce_all(net);
    add(net, by_ip(net, 2));
    assert_true(net_count_entries(net, 0, TREE) > 0);
    restart(net);
    net_advance(net, NS_PER_S);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net_count_entries(net, i, TREE), 0);
        assert_int_equal(net_count_entries(net, i, REVERSE), 0);
    }
    net_free(net);
}

/* --- Changes ---------------------------------------------------------------------------------- */

/* A link on the way fails and comes back: the circuit is repaired, and nothing is lost when it
 * comes back. */
static void repairs(uint8_t version, uint64_t seed)
{
    struct net *net = diamond_seed(version, seed);
    struct eth_addr alias;

    net_announce_all(net);
    add(net, by_ip(net, 2));
    alias = ask(net, 2, 0);
    net_port_set(net, 1, 1, false);
    net_settle(net);
    assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
    assert_int_equal(net_walk_via(net, 2, 0, alias, 1, 10, 0), NET_AT_HOST);
    net_port_set(net, 1, 1, true);
    for (int i = 0; i < 400; i++) {
        if (!net_step(net)) {
            net_advance(net, 50 * NS_PER_MS);
        }
        assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
        assert_int_equal(net_walk_via(net, 2, 0, alias, 1, 10, 0), NET_AT_HOST);
    }
    expect_circuit(net, 0, 2);
    expect_circuit(net, 4, 2);
    net_free(net);
}

static void test_repair(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        repairs(seed % 2 ? OF_VERSION_1_3 : OF_VERSION_1_0, seed);
    }
}

static void test_host_moves(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct eth_addr alias;

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    alias = ask(net, 2, 0);
    net_host_move(net, 0, 3, 20); /* Nobody lived there. */
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 0);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 1);
    net_send_via(net, 2, 0, alias, 7); /* To where it was. */
    net_settle(net);
    assert_int_equal(net_count(net, 0, 7), 1);
    assert_true(eth_addr_eq(told(net, 2, 0), alias_of(net, 3)));
    assert_int_equal(counters(net).strays, 1);
    expect_circuit(net, 0, 2);
    net_free(net);
}

static void test_root_moves(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    add(net, by_mac(net, 2));
    net_host_move(net, 2, 0, 20);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 2);
    net_settle(net);
    expect_states(net, 0, 0, 1);
    for (int host = 0; host < 5; host++) {
        if (host != 2) {
            expect_circuit(net, host, 2);
        }
    }
    net_free(net);
}

/* It moves to a switch without room for it: nobody is led to where it was. */
static void root_moves_to_a_full_switch(bool while_disconnected)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t max_entries = net->switches[3]->max_entries;

    net_announce_all(net);
    add(net, by_mac(net, 2));
    net->switches[3]->max_entries = net->switches[3]->n_entries;
    net_host_move(net, 2, 3, 20);
    if (while_disconnected) {
        net_disconnect(net, 3);
        net_connect(net, 3);
    }
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 2);
    net_advance(net, NS_PER_S);
    for (int host = 0; host < 5; host++) {
        if (host != 2) {
            net_send(net, host, 2, 1 + (uint32_t)host);
        }
        net_advance(net, NS_PER_S);
        assert_int_equal(net_count(net, 2, 1 + (uint32_t)host), host != 2);
    }
    net->switches[3]->max_entries = max_entries;
    net_advance(net, 40 * NS_PER_S);
    expect_states(net, 0, 0, 1);
    expect_circuit(net, 3, 2);
    net_free(net);
}

static void test_root_moves_to_a_full_switch(void **state)
{
    (void)state;
    root_moves_to_a_full_switch(false);
    root_moves_to_a_full_switch(true);
}

/* A host takes over the address of another one: only the new one gets its frames. */
static void test_address_moves(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct eth_addr alias;

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    alias = ask(net, 2, 0);
    net_port_set(net, 0, 10, false);
    net_advance(net, 2 * NS_PER_S);
    net->hosts[3].ip = net->hosts[0].ip;
    net->hosts[0].ip = 0x0a0000c8;
    net_arp_announce(net, 3);
    net_advance(net, 3 * NS_PER_S);
    net_arp_announce(net, 3);
    net_settle(net);
    assert_int_equal(net_walk_via(net, 2, 3, alias, 1, 10, 0), NET_AT_CONTROLLER);
    net_send_via(net, 2, 3, alias, 9);
    net_settle(net);
    assert_int_equal(net_count(net, 3, 9), 1);
    assert_int_equal(net_count(net, 0, 9), 0);
    net_free(net);
}

/* Somebody else takes our entries away: they are written again. */
static void test_entries_come_back(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t tree, reverse;

    (void)state;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    tree = net_count_entries(net, 0, TREE);
    reverse = net_count_entries(net, 0, REVERSE);
    net_disconnect(net, 0);
    net->switches[0]->n_entries = 0;
    net_connect(net, 0);
    net_advance(net, NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, TREE), tree);
    assert_int_equal(net_count_entries(net, 0, REVERSE), reverse);
    net_free(net);
}

/* An alias that cannot be led to its host is told to nobody. */
static void test_no_alias_without_a_way(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net->switches[2]->max_entries = 6;
    net_announce_all(net);
    add(net, by_ip(net, 2));
    net_port_set(net, 0, 2, false);
    net_port_set(net, 1, 2, false);
    net_advance(net, NS_PER_S);
    for (int host = 0; host < 2; host++) {
        struct eth_addr alias = ask(net, 2, host);

        assert_true(eth_addr_eq(alias, net->hosts[host].mac) ||
                    net_walk_via(net, 2, host, alias, 1, 10, 0) == NET_AT_HOST);
    }
    net_free(net);
}

/* Frames for an alias that leads nowhere are dropped, at a limited rate delivered. */
static void test_strays(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_stop_controller(net);
    net->circuit_tree.strays_per_s = 3;
    net_start(net);
    net_announce_all(net);
    net_send_via(net, 0, 2, (struct eth_addr){{6, 0x54, 0x11, 0x22}}, 99);
    net_settle(net);
    assert_int_equal(counters(net).strays, 0); /* There was no root, so nobody was told an alias. */
    add(net, by_ip(net, 2));
    take_away(net, by_ip(net, 2));
    for (uint32_t i = 0; i < 10; i++) {
        net_send_via(net, 0, 2, (struct eth_addr){{6, 0x54, 0x11, 0x22}}, 100 + i);
    }
    net_settle(net);
    assert_int_equal(counters(net).strays, 10);
    assert_int_equal(counters(net).strays_dropped, 7);
    assert_int_equal(net_count(net, 2, 102), 1);
    assert_true(eth_addr_eq(told(net, 0, 2), net->hosts[2].mac));
    net_free(net);
}

/* --- Logical networks ------------------------------------------------------------------------- */

static void block(struct net *net, int host)
{
    void *networks = ctl_module_state(net->ctl, "logical_networks");
    struct network_rule rule = {.type = NETWORK_RULE_MAC, .mac = net->hosts[host].mac};

    networks_create(networks, 23, "other");
    assert_int_equal(networks_rule_add(networks, 23, &rule), ERR_OK);
    assert_int_equal(networks_block(networks, 1, 23), ERR_OK);
    net_advance(net, 2 * NS_PER_S);
}

/* Nobody gets around a blocked network by a tree or an alias, also when the block comes later. */
static void keeps_networks_apart(int blocked, bool block_first)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct eth_addr alias;

    net->check = NULL;
    net_announce_all(net);
    if (block_first) {
        block(net, blocked);
        add(net, by_ip(net, 2));
    } else {
        add(net, by_ip(net, 2));
        alias = ask(net, 2, 0);
        block(net, blocked);
    }
    alias = alias_of(net, 0);
    net_send(net, 0, 2, 1);
    net_settle(net);
    net_send_via(net, 2, 0, alias, 2);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 1), 0);
    assert_int_equal(net_count(net, 0, 2), 0);
    networks_unblock(ctl_module_state(net->ctl, "logical_networks"), 1, 23);
    net_advance(net, 3 * NS_PER_S);
    net_send(net, 0, 2, 3);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 3), 1);
    net_advance(net, 40 * NS_PER_S); /* Entries that drop are over. */
    ask(net, 2, 0); /* Its entry is asked for again. */
    expect_circuit(net, 0, 2);
    net_free(net);
}

static void test_networks_stay_apart(void **state)
{
    (void)state;
    keeps_networks_apart(0, true);
    keeps_networks_apart(0, false);
    keeps_networks_apart(2, true);
    keeps_networks_apart(2, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_1_3),
        cmocka_unit_test(test_both_ways_1_0),
        cmocka_unit_test(test_alias_is_never_multicast),
        cmocka_unit_test(test_counts_1_3),
        cmocka_unit_test(test_counts_1_0),
        cmocka_unit_test(test_root_before_its_host),
        cmocka_unit_test(test_second_root),
        cmocka_unit_test(test_two_names_of_a_root),
        cmocka_unit_test(test_removed_root),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_roots_are_remembered),
        cmocka_unit_test(test_restart_keeps_the_circuit),
        cmocka_unit_test(test_restart_without_a_store),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_host_moves),
        cmocka_unit_test(test_root_moves),
        cmocka_unit_test(test_root_moves_to_a_full_switch),
        cmocka_unit_test(test_address_moves),
        cmocka_unit_test(test_entries_come_back),
        cmocka_unit_test(test_no_alias_without_a_way),
        cmocka_unit_test(test_strays),
        cmocka_unit_test(test_networks_stay_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
