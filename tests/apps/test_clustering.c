/* Clustering over a network of switches: which entries there are, in what order they come, and
 * where the frames go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/core/flowdb.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define REVERSE CLUSTERING_PRIORITY_REVERSE
#define LABEL CLUSTERING_PRIORITY_LABEL
#define INGRESS CLUSTERING_PRIORITY_INGRESS

static struct clustering_counters counters(struct net *net)
{
    return clustering_counters(ctl_module_state(net->ctl, "clustering"));
}

static struct net *diamond_with(uint8_t version, enum host_move policy)
{
    struct net *net = net_new(version);

    net_add_diamond(net, version, 4);
    net->check = net_no_circles;
    net->core.host_move = policy;
    net->clustering.ecmp = false; /* The ways go by switch 2. */
    net_start(net);
    return net;
}

static struct net *diamond(uint8_t version)
{
    return diamond_with(version, HOST_MOVE_PROBE);
}

static void sends_first_packet(uint8_t version)
{
    struct net *net = diamond(version);

    net_announce_all(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 2);
    assert_int_equal(net_count_entries(net, 0, LABEL), 1);
    assert_int_equal(net_count_entries(net, 2, LABEL), 0);
    net_send(net, 0, 2, 2385);
    net_send(net, 0, 2, 2386);
    net_send(net, 0, 2, 2387);
    assert_int_equal(net_count(net, 2, 2385), 0);
    net_settle(net);
    assert_int_equal(net->hosts[2].n_seen, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(net->hosts[2].seen[i].number, 2385 + i);
        assert_false(net->hosts[2].seen[i].tagged);
    }
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    assert_int_equal(net_count_entries(net, 1, INGRESS), 0);
    assert_int_equal(net_count_entries(net, 2, LABEL), 2); /* Both directions. */
    assert_int_equal(net_count_entries(net, 3, LABEL), 0);
    assert_int_equal(net_count_entries(net, 0, LABEL), 1);
    assert_int_equal(counters(net).misses, 1);
    assert_int_equal(counters(net).queued, 2);
    assert_int_equal(counters(net).delivered, 3);
    assert_int_equal(net->n_untagged_on_links, 0);
    assert_int_equal(net->n_arp_on_links, 0);
    net_free(net);
}

/* --- Numbers of entries ----------------------------------------------------------------------- */

/* 48 hosts make 49 permanent entries; a switch in the core has one per access switch that has
 * traffic; an ingress entry per destination in use. */
static void counts_entries(uint8_t version)
{
    struct net *net = net_new(48);
    uint32_t number = 1;

    net_add_switches(net, 4, version);
    for (int i = 0; i < 3; i++) {
        net_add_link(net, i, 1, 3, (unsigned)i + 1);
    }
    for (int i = 0; i < 48; i++) {
        net_add_host(net, 0, 2 + (unsigned)i);
    }
    net_add_host(net, 1, 2);
    net_add_host(net, 2, 2);
    net_start(net);
    net_announce_all(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 48);
    assert_int_equal(net_count_entries(net, 0, LABEL), 1);
    assert_int_equal(net_count_entries(net, 0, 0), 48 + 1 + 1); /* And the one for ARP. */
    for (int i = 0; i < 48; i++) {
        net_send(net, 48, i, number++);
        net_send(net, 49, i, number++);
        net_settle(net);
    }
    assert_int_equal(net_count_entries(net, 0, 0), 48 + 1 + 1);
    assert_int_equal(net_count_entries(net, 1, INGRESS), 48);
    assert_int_equal(net_count_entries(net, 1, 0), 48 + 1 + 1 + 1);
    assert_int_equal(net_count_entries(net, 3, LABEL), 3);
    assert_int_equal(net_count_entries(net, 3, 0), 3 + 1);
    for (int i = 0; i < 48; i++) {
        assert_int_equal(net->hosts[i].n_seen, 2); /* No announcement of anybody. */
    }
    net_free(net);
}
/* Of 30 access switches that send to one, the first makes the tree and those behind it are in it at once:
 * each gets its ingress entry, and the switches between are not written again. */
static void test_many_sources_join_a_tree(void **state)
{
    enum { N_SOURCES = 30 };
    struct net *net = net_new(2385);
    uint64_t before;

    (void)state;
    net_add_switches(net, N_SOURCES + 2, OF_VERSION_1_3);
    for (int i = 0; i <= N_SOURCES; i++) {
        net_add_link(net, i, 1, N_SOURCES + 1, (unsigned)i + 1);
        net_add_host(net, i, 2);
    }
    net_start(net);
    net_announce_all(net);
    net_send(net, 1, 0, 2385); /* Makes the way back, too. */
    net_settle(net);
    before = counters(net).tree_updates;
    for (int i = 2; i <= N_SOURCES; i++) {
        net_send(net, i, 0, (uint32_t)i);
        net_settle(net);
        assert_int_equal(net_count(net, 0, (uint32_t)i), 1);
        assert_int_equal(net_count_entries(net, i, INGRESS), 1);
    }
    assert_int_equal(counters(net).tree_updates, before + N_SOURCES - 1); /* The ways back. */
    assert_int_equal(net_count_entries(net, N_SOURCES + 1, LABEL), N_SOURCES + 1);
    net_free(net);
}

static void test_first_packet_1_3(void **state)
{
    (void)state;
    sends_first_packet(OF_VERSION_1_3);
}

static void test_first_packet_1_0(void **state)
{
    (void)state;
    sends_first_packet(OF_VERSION_1_0);
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

/* --- Use of what is there --------------------------------------------------------------------- */

static void test_other_senders_use_the_entries(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    net_send(net, 0, 2, 1);
    net_settle(net);
    net->n_written = 0;
    net_send(net, 1, 2, 2); /* Another source: nothing to do. */
    net_settle(net);
    assert_int_equal(net_count(net, 2, 2), 1);
    assert_int_equal(net->n_written, 0);
    assert_int_equal(counters(net).misses, 1);
    net_send(net, 2, 0, 3); /* The way back: one entry and its barrier. */
    net_settle(net);
    assert_int_equal(net_count(net, 0, 3), 1);
    assert_int_equal(net->n_written, 2);
    assert_int_equal(net->written[0].priority, INGRESS);
    assert_true(net->written[1].is_barrier);
    net_send(net, 0, 3, 4); /* Another destination at the same switch: one entry. */
    net_settle(net);
    assert_int_equal(net->n_written, 4);
    net_send_ipv6(net, 0, 3, 5);
    assert_int_equal(net_count(net, 3, 5), 1);
    net_free(net);
}

static void test_same_switch(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    net_send(net, 0, 1, 7);
    net_settle(net);
    assert_int_equal(net_count(net, 1, 7), 1);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    assert_int_equal(net_count_entries(net, 2, LABEL), 0);
    net_send(net, 0, 1, 8);
    assert_int_equal(net_count(net, 1, 8), 1); /* Without the controller. */
    net_free(net);
}

static void test_idle_entries_expire(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    net_send(net, 0, 2, 1);
    net_settle(net);
    net_advance(net, 299 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    net_advance(net, 2 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 0);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 2);
    assert_int_equal(net_count_entries(net, 2, LABEL), 2);
    net_send(net, 0, 2, 2);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 2), 1);
    assert_int_equal(counters(net).misses, 2);
    net_free(net);
}

/* Where the ingress entry for host 2 is, its frames arrive: at every instant, because what it leads
 * to was confirmed before. */
static void ingress_is_complete(struct net *net, void *aux)
{
    net_no_circles(net, aux);
    if (net_count_entries(net, 0, INGRESS) > 0) {
        assert_int_equal(net_walk(net, -1, 2, 0, 0, 0), NET_AT_HOST);
    }
}

static void test_core_before_edge(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct net *net = diamond(OF_VERSION_1_3);

        net->random = seed * 2385;
        net_announce_all(net);
        net->check = ingress_is_complete;
        net_send(net, 0, 2, 1);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 1), 1);
        net_free(net);
    }
}

/* No change of an entry is written to a switch before the barrier behind the stage before it. */
static void test_order_of_stages(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t last_label = 0, first_ingress = SIZE_MAX, n_barriers = 0;

    (void)state;
    net_announce_all(net);
    net->n_written = 0;
    net_send(net, 0, 2, 1);
    net_settle(net);
    for (size_t i = 0; i < net->n_written; i++) {
        const struct net_written *w = &net->written[i];

        n_barriers += w->is_barrier;
        last_label = !w->is_barrier && w->priority == LABEL ? i : last_label;
        first_ingress = !w->is_barrier && w->priority == INGRESS ? i : first_ingress;
    }
    assert_int_equal(n_barriers, 3); /* Label 2 and label 3 at the core switch, then the ingress. */
    assert_true(last_label < first_ingress);
    assert_int_equal(net->n_written, 6);
    assert_true(net->written[first_ingress + 1].is_barrier);
    net_free(net);
}

/* --- Changes of the topology ------------------------------------------------------------------ */

static void survives_link_failure(uint8_t version)
{
    struct net *net = diamond(version);

    net_announce_all(net);
    net_send_all(net);
    net_all_arrive(net);
    assert_int_equal(net_count_entries(net, 3, LABEL), 0);
    net_port_set(net, 0, 1, false);
    net_settle(net);
    net_all_arrive(net);
    assert_int_equal(net_count_entries(net, 2, LABEL), 0); /* Removed, last. */
    assert_int_equal(net_count_entries(net, 3, LABEL), 2);
    net_port_set(net, 0, 2, false); /* No way at all: what is there stays. */
    net_settle(net);
    assert_int_equal(net_count_entries(net, 3, LABEL), 2);
    net_port_set(net, 0, 2, true);
    net_settle(net);
    net_all_arrive(net);
    net_free(net);
}

static void test_link_failure_1_3(void **state)
{
    (void)state;
    survives_link_failure(OF_VERSION_1_3);
}

static void test_link_failure_1_0(void **state)
{
    (void)state;
    survives_link_failure(OF_VERSION_1_0);
}

/* A better way appears: traffic moves over to it without ever having none. */
static void always_arrives(struct net *net, void *aux)
{
    net_no_circles(net, aux);
    net_all_arrive(net);
}

static void test_make_before_break(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct net *net = diamond(OF_VERSION_1_3);

        net_port_set(net, 0, 1, false);
        net_settle(net);
        net_announce_all(net);
        net_send_all(net);
        net->random = seed * 4711;
        net->check = always_arrives;
        net_port_set(net, 0, 1, true);
        net_settle(net);
        assert_int_equal(net_count_entries(net, 2, LABEL), 2); /* The lower datapath id. */
        assert_int_equal(net_count_entries(net, 3, LABEL), 0);
        net_free(net);
    }
}

/* Several events of one entry into the core make one repair. */
static void test_repair_follows_all_events(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    uint64_t before;

    (void)state;
    net_announce_all(net);
    net_send_all(net);
    before = counters(net).tree_updates;
    net_port_set(net, 0, 1, false); /* Two directed links, two port states, one way each. */
    net_settle(net);
    assert_int_equal(counters(net).tree_updates, before + 2);
    net_free(net);
}

/* --- Hosts that move -------------------------------------------------------------------------- */

static void test_host_moves(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    net_send_all(net);
    net_host_move(net, 2, 0, 20);
    net_send(net, 0, 2, 50); /* Not heard yet: it goes where the host was. */
    net_advance(net, 600 * NS_PER_MS);
    assert_int_equal(net_count(net, 2, 50), 0);
    net_arp_announce(net, 2);
    net_advance(net, net->core.host_hold_ns); /* It does not answer at its old port. */
    net_all_arrive(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 3);
    assert_int_equal(net_count_entries(net, 1, REVERSE), 1);
    net_host_move(net, 2, 0, 21); /* Another port of the same switch. */
    net_advance(net, 600 * NS_PER_MS);
    net_arp_announce(net, 2);
    net_advance(net, net->core.host_hold_ns);
    net_all_arrive(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 3);
    net_free(net);
}

/* A frame that was on its way with the old label is delivered where the host is now. */
static void test_label_of_the_old_switch(void **state)
{
    struct net *net = diamond_with(OF_VERSION_1_3, HOST_MOVE_ACCEPT);
    uint64_t before;

    (void)state;
    net_announce_all(net);
    net_send_all(net);
    net_host_move(net, 2, 0, 20);
    net_advance(net, 600 * NS_PER_MS);
    net_arp_announce(net, 2);
    before = counters(net).labelled;
    for (int i = 0; i < 100 && counters(net).labelled == before; i++) {
        net_send(net, 3, 2, 100 + (uint32_t)i); /* A neighbour at the old switch... */
        net_send(net, 0, 2, 300 + (uint32_t)i); /* ...and one far away, while entries change. */
        net_step(net);
    }
    net_settle(net);
    assert_true(counters(net).labelled > before);
    assert_int_equal(counters(net).labelled_dropped, 0);
    net_all_arrive(net);
    net_free(net);
}

static void test_port_of_a_host_is_removed(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net_announce_all(net);
    net_send_all(net);
    net_port_set(net, 1, 10, false);
    net_settle(net);
    net_port_set(net, 1, 10, true);
    net_advance(net, 600 * NS_PER_MS);
    net_all_arrive(net);
    net_free(net);
}

/* --- Restarts --------------------------------------------------------------------------------- */

static void restart(struct net *net)
{
    net_stop_controller(net);
    net_start_controller(net);
    for (int i = 0; i < (int)net->n_switches; i++) {
        net_connect(net, i);
        net_step(net);
    }
    net_advance(net, 4 * NS_PER_S);
}

static void survives_restart(uint8_t version, bool with_store)
{
    struct net *net = diamond(version);
    size_t before[4];

    net_stop_controller(net);
    net->with_store = with_store;
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    for (int i = 0; i < 4; i++) {
        before[i] = net_count_entries(net, i, 0);
    }
    net->check = always_arrives;
    net->n_written = 0;
    restart(net);
    if (version == OF_VERSION_1_3) {
        for (size_t i = 0; i < net->n_written; i++) {
            assert_true(net->written[i].is_barrier); /* Nothing was written that was there. */
        }
    }
    if (with_store) { /* Reverse, own, transit, ingress. */
        assert_int_equal(counters(net).adopted, 4 + 2 + 2 + 8);
    }
    net_advance(net, 130 * NS_PER_S); /* Beyond every hold and grace. */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net_count_entries(net, i, 0), before[i]);
    }
    net->check = net_no_circles;
    net_port_set(net, 2, 1, false); /* Adopted trees are repaired like others. */
    net_settle(net);
    net_all_arrive(net);
    net_free(net);
}

static void test_restart(void **state)
{
    (void)state;
    survives_restart(OF_VERSION_1_3, true);
    survives_restart(OF_VERSION_1_0, true);
}

/* Labels are known again from the entries alone. */
static void test_restart_without_store(void **state)
{
    (void)state;
    survives_restart(OF_VERSION_1_3, false);
}

static void test_labels_persist(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    void *clustering = ctl_module_state(net->ctl, "clustering");
    uint16_t label;

    (void)state;
    net_arp_announce(net, 3); /* Switch 1 first. */
    net_settle(net);
    label = clustering_label(clustering, 2);
    assert_int_equal(label, 2);
    assert_int_equal(clustering_label(clustering, 1), 0);
    net->switches[1]->n_entries = 0;
    net_stop_controller(net);
    net_start(net);
    net_announce_all(net);
    clustering = ctl_module_state(net->ctl, "clustering");
    assert_int_equal(clustering_label(clustering, 2), label);
    assert_int_equal(clustering_label(clustering, 1), 3);
    net_free(net);
}

/* A switch that restarts has its entries again, without anybody sending a frame. */
static void test_switch_restarts(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t reverse, label;

    (void)state;
    net_announce_all(net);
    net_send_all(net);
    reverse = net_count_entries(net, 1, REVERSE);
    label = net_count_entries(net, 2, LABEL);
    for (int i = 1; i <= 2; i++) {
        net_disconnect(net, i);
        net->switches[i]->n_entries = 0;
        net_connect(net, i);
    }
    net_settle(net);
    assert_int_equal(net_count_entries(net, 1, REVERSE), reverse);
    assert_int_equal(net_count_entries(net, 2, LABEL), label);
    net_send_all(net);
    net_all_arrive(net);
    net_free(net);
}

/* --- Equal ways ------------------------------------------------------------------------------- */

#define N_LEAVES 32
#define N_SPINES 4

/* Leaves 0..31 with a host each, every one joined to the 4 spines at its ports 1..4. */
static struct net *leaves_and_spines(uint8_t version)
{
    struct net *net = net_new(version);

    for (int i = 0; i < N_LEAVES + N_SPINES; i++) {
        net_add_switch(net, version);
    }
    for (int leaf = 0; leaf < N_LEAVES; leaf++) {
        for (int spine = 0; spine < N_SPINES; spine++) {
            net_add_link(net, leaf, 1 + (unsigned)spine, N_LEAVES + spine, 1 + (unsigned)leaf);
        }
        net_add_host(net, leaf, 10);
    }
    net_start(net);
    net_announce_all(net);
    return net;
}

static void send_from_first_leaf(struct net *net, uint32_t number)
{
    for (int to = 1; to < N_LEAVES; to++) {
        net_send(net, 0, to, number);
        net_settle(net);
        assert_int_equal(net_count(net, to, number), 1);
    }
}

/* The port that the ingress entry of leaf 0 towards each host uses, and how many use each port. */
static void look_at_uplinks(const struct net *net, port_no_t port_of[N_LEAVES],
                            unsigned count[N_SPINES + 1])
{
    const struct net_switch *sw = net->switches[0];

    memset(port_of, 0, N_LEAVES * sizeof(*port_of));
    memset(count, 0, (N_SPINES + 1) * sizeof(*count));
    for (size_t i = 0; i < sw->n_entries; i++) {
        const struct net_entry *e = &sw->entries[i];

        if (e->priority == INGRESS) {
            port_no_t port = e->actions[e->n_actions - 1].output.port;

            port_of[eth_addr_u64(e->match.v.eth_dst) - UINT64_C(0x020000000100)] = port;
            count[port]++;
        }
    }
}

static void spreads(uint8_t version)
{
    struct net *net = leaves_and_spines(version);
    port_no_t before[N_LEAVES], during[N_LEAVES], after[N_LEAVES];
    unsigned count[N_SPINES + 1];

    send_from_first_leaf(net, 1);
    look_at_uplinks(net, before, count);
    for (int i = 1; i <= N_SPINES; i++) {
        assert_in_range(count[i], 3, 13); /* 31 labels, four ways. */
    }
    net_port_set(net, 0, 2, false);
    net_settle(net);
    look_at_uplinks(net, during, count);
    assert_int_equal(count[2], 0);
    for (int to = 1; to < N_LEAVES; to++) {
        assert_true(before[to] == 2 || during[to] == before[to]); /* Others stay. */
        assert_int_equal(net_walk(net, 0, to, 0, 10, 0), NET_AT_HOST);
    }
    net_port_set(net, 0, 2, true);
    net_advance(net, NS_PER_S);
    send_from_first_leaf(net, 2);
    look_at_uplinks(net, after, count);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(net->n_loops, 0);
    net_free(net);
}

static void test_labels_spread_over_equal_ways(void **state)
{
    (void)state;
    spreads(OF_VERSION_1_3);
    spreads(OF_VERSION_1_0);
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void test_labels_exhausted(void **state)
{
    struct net *net = net_new(5);

    (void)state;
    for (int i = 0; i < 3; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        net_add_host(net, i, 10);
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 1, 2, 2, 1);
    net->clustering.label_min = 7;
    net->clustering.label_max = 8;
    net_start(net);
    for (int i = 0; i < 3; i++) {
        net_arp_announce(net, i); /* The last one finds no label. */
        net_settle(net);
    }
    assert_true(counters(net).labels_exhausted > 0);
    net_send(net, 0, 2, 1); /* Forwarding takes over... */
    net_send(net, 0, 1, 2); /* ...where a label is missing. */
    net_settle(net);
    assert_int_equal(net_count(net, 2, 1), 1);
    assert_int_equal(net_count(net, 1, 2), 1);
    assert_int_equal(net_count_entries(net, 0, FORWARDING_PRIORITY), 1);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    net_free(net);
}

/* A label comes back when the operator says that its switch is gone, or when one is needed and a switch
 * has been gone long enough; with it go all entries that use it, and another switch can have it. */
static void test_labels_come_back(void **state)
{
    struct net *net = net_new(6);
    void *clustering;

    (void)state;
    for (int i = 0; i < 4; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        net_add_host(net, i, 10);
    }
    for (int i = 0; i < 3; i++) {
        net_add_link(net, i, 1, 3, 1 + (unsigned)i);
    }
    net->clustering.label_min = 7;
    net->clustering.label_max = 8;
    net->clustering.label_hold_ns = 2385 * NS_PER_S;
    net_start(net);
    clustering = ctl_module_state(net->ctl, "clustering");
    net_arp_announce(net, 0);
    net_settle(net);
    net_arp_announce(net, 1);
    net_settle(net);
    net_send(net, 0, 1, 1);
    net_send(net, 1, 0, 2);
    net_settle(net);
    assert_int_equal(clustering_label(clustering, 2), 8);
    assert_int_equal(clustering_forget(clustering, 2), ERR_STATE); /* It is there. */
    assert_int_equal(clustering_forget(clustering, 4), ERR_NOTFOUND);
    net_disconnect(net, 1);
    net_advance(net, NS_PER_S);
    assert_int_equal(net_count_entries(net, 3, LABEL), 2);
    assert_int_equal(clustering_forget(clustering, 2), ERR_OK);
    net_advance(net, NS_PER_S);
    assert_int_equal(net_count_entries(net, 3, LABEL), 1); /* Towards switch 0. */
    assert_int_equal(net_count_entries(net, 0, INGRESS), 0);
    net_arp_announce(net, 2);
    net_settle(net);
    assert_int_equal(clustering_label(clustering, 3), 8);
    net_disconnect(net, 2);
    net_advance(net, 1200 * NS_PER_S);
    net_arp_announce(net, 3); /* Nobody has been gone long enough. */
    net_settle(net);
    assert_int_equal(clustering_label(clustering, 4), 0);
    net_advance(net, 1200 * NS_PER_S);
    net_send(net, 0, 3, 3);
    net_settle(net);
    assert_int_equal(clustering_label(clustering, 4), 8);
    assert_int_equal(clustering_label(clustering, 3), 0);
    assert_int_equal(counters(net).labels_released, 2);
    net_connect(net, 1); /* What it has is not ours any more. */
    net_advance(net, 3 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 1, LABEL), 0);
    net_stop_controller(net);
    net_start_controller(net); /* And that is remembered. */
    clustering = ctl_module_state(net->ctl, "clustering");
    assert_int_equal(clustering_label(clustering, 1), 7);
    assert_int_equal(clustering_label(clustering, 4), 8);
    assert_int_equal(clustering_label(clustering, 3), 0);
    net_free(net);
}

static void test_bad_settings(void **state)
{
    struct clustering_settings bad = clustering_settings_default();
    void *module = NULL;

    (void)state;
    bad.label_max = 4095;
    assert_int_equal(clustering_module.start(NULL, 1, &bad, &module), ERR_RANGE);
    bad = clustering_settings_default();
    bad.label_min = 0;
    assert_int_equal(clustering_module.start(NULL, 1, &bad, &module), ERR_RANGE);
    bad = clustering_settings_default();
    bad.hold_s = 0;
    assert_int_equal(clustering_module.start(NULL, 1, &bad, &module), ERR_RANGE);
}

static uint16_t ingress_idle_s(const struct net *net, int sw)
{
    for (size_t i = 0; i < net->switches[sw]->n_entries; i++) {
        if (net->switches[sw]->entries[i].priority == INGRESS) {
            return net->switches[sw]->entries[i].idle_s;
        }
    }
    return 0;
}

/* A full table at the edge or in the core costs entries, never the frame. */
static void test_table_full(void **state)
{
    (void)state;
    for (int full = 0; full <= 2; full += 2) {
        struct net *net = diamond(OF_VERSION_1_3);

        net_announce_all(net);
        net->switches[full]->max_entries = net->switches[full]->n_entries;
        net_send(net, 0, 2, 1);
        net_send(net, 0, 2, 2);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 1), 1);
        assert_int_equal(net_count(net, 2, 2), 1);
        assert_int_equal(net_count_entries(net, 0, INGRESS), 0);
        assert_int_equal(counters(net).delivered_direct, 2);
        assert_true(counters(net).flows_failed > 0);
        net->switches[full]->max_entries = NET_MAX_ENTRIES;
        net_advance(net, 1100 * NS_PER_MS); /* Trees are tried again by themselves. */
        net_send(net, 0, 2, 3);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 3), 1);
        assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
        /* At the switch that has been full entries are held for a shorter time. */
        assert_int_equal(ingress_idle_s(net, 0), net->clustering.hold_s / (full == 0 ? 4 : 1));
        net_free(net);
    }
}

/* A full table has room for the entries of a new host: an ingress entry makes it. */
static void test_full_table_takes_a_host(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t n_reverse;

    (void)state;
    net_announce_all(net);
    net_send(net, 0, 2, 1);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    n_reverse = net_count_entries(net, 0, CLUSTERING_PRIORITY_REVERSE);
    net->switches[0]->max_entries = net->switches[0]->n_entries;
    net_add_host(net, 0, 33);
    net_port_set(net, 0, 33, false);
    net_port_set(net, 0, 33, true);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, (int)net->n_hosts - 1);
    net_advance(net, 100 * NS_PER_MS);
    assert_int_equal(net_count_entries(net, 0, CLUSTERING_PRIORITY_REVERSE), n_reverse + 1);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 0);
    net_send(net, 0, 2, 2); /* Once more by the controller. */
    net_send(net, 2, (int)net->n_hosts - 1, 3);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 2), 1);
    assert_int_equal(net_count(net, (int)net->n_hosts - 1, 3), 1);
    net_free(net);
}

/* The way round a broken link leads through a switch without room: the controller carries the frames, until
 * there is some. */
static void way_round_is_full(bool at_the_source)
{
    struct net *net = net_new(2385);
    size_t max_entries;

    net_add_switches(net, 5, OF_VERSION_1_3);
    net_add_link(net, 0, 1, 4, 1);
    net_add_link(net, 4, 2, 2, 1);
    net_add_link(net, 4, 3, 3, 1);
    net_add_link(net, 1, 1, 2, 2);
    net_add_link(net, 1, 2, 3, 2);
    net_add_host(net, at_the_source ? 4 : 0, 10);
    net_add_host(net, 1, 10);
    net->check = net_no_circles;
    net->clustering.ecmp = false; /* By switch 2. */
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    net_all_arrive(net);
    max_entries = net->switches[3]->max_entries;
    net->switches[3]->max_entries = net->switches[3]->n_entries;
    net_port_set(net, 1, 1, false);
    net_advance(net, NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        net_send(net, 0, 1, 1 + i);
        net_send(net, 1, 0, 1 + i);
        net_advance(net, NS_PER_S);
        assert_int_equal(net_count(net, 1, 1 + i), 1);
        assert_int_equal(net_count(net, 0, 1 + i), 1);
    }
    net->switches[3]->max_entries = max_entries;
    net_advance(net, 40 * NS_PER_S);
    net_send_all(net);
    net_all_arrive(net);
    net_free(net);
}

static void test_way_round_is_full(void **state)
{
    (void)state;
    way_round_is_full(false);
    way_round_is_full(true);
}

/* A link goes silent while its ports stay up, and works again without a word: what comes through it then are
 * no hosts of that port, and the first frame shows the link. */
static void test_silent_link_works_again(void **state)
{
    struct net *net = net_new(2385);
    const struct host *host;
    size_t n;

    (void)state;
    net_add_switch(net, OF_VERSION_1_3);
    net_add_switch(net, OF_VERSION_1_3);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 10);
    net_add_host(net, 1, 10);
    net->core.host_move = HOST_MOVE_ACCEPT;
    net_start(net);
    net_announce_all(net);
    topology_links(net->ctl, &n);
    assert_int_equal(n, 2);
    net_link_mute(net, 0, 1, true);
    net_advance(net, 40 * NS_PER_S);
    topology_links(net->ctl, &n);
    assert_int_equal(n, 0);
    net_link_mute(net, 0, 1, false);
    net_send_via(net, 0, 1, (struct eth_addr){{0x02, 0x17}}, 1); /* To everybody. */
    net_settle(net);
    host = hosts_find(net->ctl, net->hosts[0].mac);
    assert_int_equal(host_dpid(host), 1);
    assert_int_equal(host_port(host), 10);
    topology_links(net->ctl, &n);
    assert_int_equal(n, 2);
    net_send(net, 0, 1, 2);
    net_settle(net);
    assert_int_equal(net_count(net, 1, 2), 1);
    net_free(net);
}

static void test_frames_wait_in_bounds(void **state)
{
    struct net *net = net_new(3);

    (void)state;
    for (int i = 0; i < 2; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        net_add_host(net, i, 10);
    }
    net_add_link(net, 0, 1, 1, 1);
    net->clustering.max_frames_per_miss = 5;
    net_start(net);
    net_announce_all(net);
    for (uint32_t i = 0; i < 9; i++) {
        net_send(net, 0, 1, 100 + i);
    }
    while (counters(net).misses + counters(net).queued + counters(net).dropped < 9) {
        assert_true(net_step(net));
    }
    net_settle(net);
    assert_int_equal(net->hosts[1].n_seen + counters(net).dropped, 9);
    assert_true(net->hosts[1].n_seen >= 5);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_packet_1_3),
        cmocka_unit_test(test_first_packet_1_0),
        cmocka_unit_test(test_counts_1_3),
        cmocka_unit_test(test_counts_1_0),
        cmocka_unit_test(test_many_sources_join_a_tree),
        cmocka_unit_test(test_other_senders_use_the_entries),
        cmocka_unit_test(test_same_switch),
        cmocka_unit_test(test_idle_entries_expire),
        cmocka_unit_test(test_core_before_edge),
        cmocka_unit_test(test_order_of_stages),
        cmocka_unit_test(test_link_failure_1_3),
        cmocka_unit_test(test_link_failure_1_0),
        cmocka_unit_test(test_make_before_break),
        cmocka_unit_test(test_repair_follows_all_events),
        cmocka_unit_test(test_host_moves),
        cmocka_unit_test(test_label_of_the_old_switch),
        cmocka_unit_test(test_port_of_a_host_is_removed),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_restart_without_store),
        cmocka_unit_test(test_labels_persist),
        cmocka_unit_test(test_switch_restarts),
        cmocka_unit_test(test_labels_spread_over_equal_ways),
        cmocka_unit_test(test_labels_exhausted),
        cmocka_unit_test(test_labels_come_back),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_table_full),
        cmocka_unit_test(test_full_table_takes_a_host),
        cmocka_unit_test(test_way_round_is_full),
        cmocka_unit_test(test_silent_link_works_again),
        cmocka_unit_test(test_frames_wait_in_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
