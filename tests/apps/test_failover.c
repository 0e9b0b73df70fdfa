/* Fast failover of clustering: traffic goes on when a link fails, before the controller knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/failover.h"
#include "controller/core/ctl_api.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define LABEL CLUSTERING_PRIORITY_LABEL
#define INGRESS CLUSTERING_PRIORITY_INGRESS

static struct clustering_counters counters(struct net *net)
{
    return clustering_counters(ctl_module_state(net->ctl, "clustering"));
}

static void always_arrives(struct net *net, void *aux)
{
    net_no_circles(net, aux);
    net_all_arrive(net);
}

static void set_up(struct net *net)
{
    net->clustering.fast_failover = true;
    net->check = net_no_circles;
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    net_all_arrive(net);
}

/* Groups of type fast failover at a switch, of all switches. */
static size_t n_groups(const struct net *net, int sw)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_groups; i++) {
        n += s->groups[i].type == OF_GT_FF;
    }
    return n;
}

static size_t n_all_groups(const struct net *net)
{
    size_t n = 0;

    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        n += n_groups(net, sw);
    }
    return n;
}

static bool is_protected(const struct net_entry *e)
{
    return e->n_actions > 0 && e->actions[e->n_actions - 1].type == OF_ACT_GROUP;
}

static size_t n_protected(const struct net *net, int sw, uint16_t priority)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        n += s->entries[i].priority == priority && is_protected(&s->entries[i]);
    }
    return n;
}

static struct net *diamond(uint8_t version)
{
    struct net *net = net_new(version + 85u);

    net_add_diamond(net, version, 4);
    net->clustering.ecmp = false;
    return net;
}

/* --- Links that fail -------------------------------------------------------------------------- */

static void test_no_frame_waits_for_the_controller(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct net *net = diamond(OF_VERSION_1_3);

        set_up(net);
        assert_int_equal(n_protected(net, 0, INGRESS), 2); /* By an equal way... */
        assert_int_equal(n_protected(net, 2, LABEL), 2);   /* ...and by one as far away. */
        net->random = seed * 4711;
        net->check = always_arrives;
        net_port_set(net, 0, 1, false);
        net_settle(net);
        net_port_set(net, 0, 1, true);
        net_advance(net, NS_PER_S);
        net_port_set(net, 1, 1, false); /* The one behind, at switch 2. */
        net_advance(net, NS_PER_S);
        net_port_set(net, 1, 1, true);
        net_advance(net, NS_PER_S);
        net_free(net);
    }
}

/* The same without: frames are lost until the controller has turned the entries. */
static void test_off_by_default(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    assert_false(net->clustering.fast_failover);
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    net_port_set(net, 0, 1, false);
    assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_LOST);
    net_settle(net);
    net_all_arrive(net);
    assert_int_equal(n_all_groups(net), 0);
    assert_int_equal(net->n_group_mods, 0);
    assert_int_equal(counters(net).protections, 0);
    net_free(net);
}

/* Three switches in a ring: each other's only alternates, which are as far from the destination. */
static void test_ring_of_three(void **state)
{
    struct net *net = net_new(23);

    (void)state;
    for (int i = 0; i < 3; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        net_add_host(net, i, 10);
    }
    for (int i = 0; i < 3; i++) {
        net_add_link(net, i, 1, (i + 1) % 3, 2);
    }
    set_up(net);
    for (int cut = 0; cut < 3; cut++) {
        net->check = always_arrives;
        net_port_set(net, cut, 1, false);
        net_settle(net);
        net_port_set(net, cut, 1, true);
        net_advance(net, NS_PER_S);
    }
    net->check = net_no_circles; /* Both ways of a switch fail at once: nobody turns in circles. */
    net_port_set(net, 0, 1, false);
    net_port_set(net, 0, 2, false);
    net_settle(net);
    net_free(net);
}

/* A ring of four has no alternate for the switch next to the destination: RFC 5286 §3.1, the neighbour on
 * the other side is farther away and would send frames back. */
static void test_no_alternate_that_comes_back(void **state)
{
    struct net *net = net_new(24);

    (void)state;
    net_add_switches(net, 4, OF_VERSION_1_3);
    for (int i = 0; i < 4; i++) {
        net_add_link(net, i, 1, (i + 1) % 4, 2);
    }
    net_add_host(net, 0, 10);
    net_add_host(net, 1, 10);
    set_up(net);
    assert_int_equal(n_all_groups(net), 0);
    net_port_set(net, 0, 1, false);
    net_settle(net);
    net_all_arrive(net); /* By the controller, the long way. */
    net_free(net);
}

/* Two links between the same switches protect each other. */
static void test_parallel_links(void **state)
{
    struct net *net = net_new(25);

    (void)state;
    for (int i = 0; i < 2; i++) {
        net_add_switch(net, OF_VERSION_1_3);
        net_add_host(net, i, 10);
    }
    net_add_link(net, 0, 1, 1, 2);
    net_add_link(net, 0, 2, 1, 1);
    set_up(net);
    net->check = always_arrives;
    for (unsigned port = 1; port <= 2; port++) {
        net_port_set(net, 0, port, false);
        net_advance(net, NS_PER_S);
        net_port_set(net, 0, port, true);
        net_advance(net, NS_PER_S);
    }
    net_free(net);
}

/* --- Circuits --------------------------------------------------------------------------------- */

/* Up to the root, host 2, and from it down to the alias of switch 0. */
static void circuits_arrive(struct net *net, void *aux)
{
    const struct net_host *root = &net->hosts[2];
    struct eth_addr alias;

    (void)aux;
    assert_true(circuit_tree_alias_of(ctl_module_state(net->ctl, "circuit_tree"), 1, &alias));
    assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
    assert_int_equal(net_walk_via(net, 2, 1, alias, root->sw, root->port, 0), NET_AT_HOST);
}

static struct net *with_root(uint8_t version)
{
    struct net *net = diamond(version);
    struct circuit_root_key key = {.family = CIRCUIT_ROOT_MAC, .mac = net->hosts[2].mac};

    net->without_clustering = true;
    net->circuit_tree.fast_failover = true;
    net_start(net);
    net_announce_all(net);
    assert_int_equal(circuit_tree_add(ctl_module_state(net->ctl, "circuit_tree"), &key), ERR_OK);
    net_advance(net, NS_PER_S);
    circuits_arrive(net, NULL);
    return net;
}

static void test_circuits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct net *net = with_root(OF_VERSION_1_3);

        assert_int_equal(n_protected(net, 0, PRIORITY_CIRCUIT_TREE), 1);
        assert_int_equal(n_protected(net, 2, PRIORITY_CIRCUIT_TREE), 2);
        net->random = seed * 4711;
        net->check = circuits_arrive;
        for (int sw = 0; sw < 2; sw++) {
            net_port_set(net, sw, 1, false);
            net_advance(net, NS_PER_S);
            net_port_set(net, sw, 1, true);
            net_advance(net, NS_PER_S);
        }
        net_advance(net, 2 * FAILOVER_KEEP_NS);
        assert_int_equal(n_protected(net, 0, PRIORITY_CIRCUIT_TREE), 1);
        assert_int_equal(n_groups(net, 0), 1);
        assert_int_equal(n_groups(net, 3), 0);
        net_free(net);
    }
}

static void test_circuits_without(void **state)
{
    struct net *net = with_root(OF_VERSION_1_0);

    (void)state;
    net_port_set(net, 0, 1, false);
    net_settle(net);
    circuits_arrive(net, NULL);
    net_free(net);
    net = with_root(OF_VERSION_1_3);
    net->circuit_tree.fast_failover = false; /* After a restart without, groups of before are given up. */
    net_stop_controller(net);
    net_start(net);
    net->check = circuits_arrive;
    net_advance(net, 130 * NS_PER_S);
    assert_int_equal(n_all_groups(net), 0);
    net_port_set(net, 0, 2, false);
    net_settle(net);
    net_free(net);
}

/* --- Groups ----------------------------------------------------------------------------------- */

#define N_LEAVES 12
#define N_SPINES 3

static struct net *leaves_and_spines(void)
{
    struct net *net = net_new(26);

    for (int i = 0; i < N_LEAVES + N_SPINES; i++) {
        net_add_switch(net, OF_VERSION_1_3);
    }
    for (int leaf = 0; leaf < N_LEAVES; leaf++) {
        for (int spine = 0; spine < N_SPINES; spine++) {
            net_add_link(net, leaf, 1 + (unsigned)spine, N_LEAVES + spine, 1 + (unsigned)leaf);
        }
        net_add_host(net, leaf, 10);
        net_add_host(net, leaf, 11);
    }
    return net;
}

/* 22 destinations behind 11 labels, and 3 uplinks: pairs of ports are what counts. */
static void test_groups_are_shared(void **state)
{
    struct net *net = leaves_and_spines();

    (void)state;
    set_up(net);
    for (int leaf = 0; leaf < N_LEAVES; leaf++) {
        assert_int_equal(n_protected(net, leaf, INGRESS), 2 * (N_LEAVES - 1));
        assert_in_range(n_groups(net, leaf), 2, N_SPINES * (N_SPINES - 1));
    }
    assert_int_equal(n_groups(net, N_LEAVES), 0); /* A spine has one way to each leaf. */
    net_free(net);
}

static void test_groups_without_users_leave(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    set_up(net);
    assert_int_equal(n_groups(net, 0), 1);
    net_port_set(net, 0, 2, false);
    net_settle(net);
    assert_int_equal(n_groups(net, 0), 1); /* Not at once... */
    assert_int_equal(n_protected(net, 0, INGRESS), 0);
    net_advance(net, 2 * FAILOVER_KEEP_NS);
    assert_int_equal(n_groups(net, 0), 0);
    net_port_set(net, 0, 2, true);
    net_advance(net, NS_PER_S);
    assert_int_equal(n_groups(net, 0), 1);
    assert_int_equal(n_protected(net, 0, INGRESS), 2);
    net_advance(net, 4 * FAILOVER_KEEP_NS);
    assert_int_equal(n_groups(net, 0), 1); /* ...and not as long as it is used. */
    net_all_arrive(net);
    net_free(net);
}

/* Idle entries were its last users. */
static void test_groups_leave_with_idle_entries(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net->clustering.hold_s = 3;
    set_up(net);
    assert_int_equal(n_groups(net, 0), 1);
    net_advance(net, 4 * NS_PER_S + 2 * FAILOVER_KEEP_NS);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 0);
    assert_int_equal(n_groups(net, 0), 0);
    net_send_all(net); /* And it is there again with the first one. */
    assert_int_equal(n_groups(net, 0), 1);
    net_all_arrive(net);
    net_free(net);
}

/* A way is protected by its ports' numbers: those that do not fit go without. */
static void test_ports_are_the_id(void **state)
{
    const struct failover_way way = {2385, 4095};
    struct of_action action = failover_output(23, way);

    (void)state;
    assert_int_equal(action.type, OF_ACT_GROUP);
    assert_int_equal(object_module(action.group_id), 23);
    assert_true(failover_eq(failover_way_of(&action), way));
    action = failover_output(23, failover_plain(2385));
    assert_int_equal(action.type, OF_ACT_OUTPUT);
    assert_true(failover_eq(failover_way_of(&action), failover_plain(2385)));
    action = of_pop_vlan();
    assert_int_equal(failover_way_of(&action).port, OF_PORT_ANY);
}

/* --- Switches that have none ------------------------------------------------------------------ */

static void survives_without(struct net *net)
{
    set_up(net);
    net_port_set(net, 0, 1, false);
    net_settle(net);
    net_all_arrive(net);
    net_port_set(net, 0, 1, true);
    net_advance(net, 10 * NS_PER_S);
    net_all_arrive(net);
}

static void test_openflow_1_0(void **state)
{
    struct net *net = diamond(OF_VERSION_1_0);

    (void)state;
    survives_without(net);
    assert_int_equal(n_all_groups(net), 0);
    assert_int_equal(net->n_group_mods, 0);
    net_free(net);
}

static void test_no_such_groups(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net->switches[0]->no_failover = true;
    survives_without(net);
    assert_int_equal(n_groups(net, 0), 0);
    assert_int_equal(n_protected(net, 2, LABEL), 2); /* Others are protected still. */
    net_free(net);
}

/* It says that it has them, and has no room. */
static void test_no_room_for_groups(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    net->switches[0]->max_groups = net->switches[2]->max_groups = 0;
    survives_without(net);
    assert_int_equal(n_groups(net, 0) + n_groups(net, 2), 0);
    assert_int_equal(n_protected(net, 0, INGRESS), 0);
    assert_true(n_protected(net, 1, INGRESS) > 0);
    net_free(net);
}

/* Also the frame that finds that out has its entry. */
static void test_no_room_has_an_entry_at_once(void **state)
{
    (void)state;
    for (size_t room = 0; room < 3; room++) {
        struct net *net = diamond(OF_VERSION_1_3);
        uint32_t number = 2385;

        net->clustering.fast_failover = true;
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            net->switches[sw]->max_groups = room;
        }
        net_start(net);
        net_announce_all(net);
        net_settle(net);
        for (int from = 0; from < (int)net->n_hosts; from++) {
            for (int to = 0; to < (int)net->n_hosts; to++) {
                const struct net_host *h = &net->hosts[from];

                if (from != to) {
                    net_send(net, from, to, ++number);
                    net_settle(net);
                    assert_int_equal(net_count(net, to, number), 1);
                    assert_int_equal(net_walk(net, from, to, h->sw, h->port, 0), NET_AT_HOST);
                }
            }
        }
        net_free(net);
    }
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

static void test_restart_keeps_groups(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    size_t before;

    (void)state;
    set_up(net);
    before = n_all_groups(net);
    net->check = always_arrives;
    net->n_written = 0;
    restart(net);
    for (size_t i = 0; i < net->n_written; i++) {
        assert_true(net->written[i].is_barrier); /* Nothing was written that was there. */
    }
    net_advance(net, 130 * NS_PER_S);
    assert_int_equal(n_all_groups(net), before);
    net_port_set(net, 2, 1, false);
    net_settle(net);
    net_free(net);
}

static void test_restart_without_failover(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);

    (void)state;
    set_up(net);
    net->clustering.fast_failover = false;
    net->check = always_arrives;
    restart(net);
    assert_int_equal(n_protected(net, 0, INGRESS), 0);
    net_advance(net, 130 * NS_PER_S);
    assert_int_equal(n_all_groups(net), 0);
    net_free(net);
}

/* A group that somebody else takes away comes back with the entries that it took along. */
static void test_lost_groups_come_back(void **state)
{
    struct net *net = diamond(OF_VERSION_1_3);
    struct net_switch *sw;
    struct of_msg msg = {.type = OF_GROUP_MOD};

    (void)state;
    set_up(net);
    sw = net->switches[0];
    msg.group_mod = (struct of_group_mod){.command = OF_GC_DELETE, .group_id = sw->groups[0].id};
    net_agent_input(sw, &msg);
    assert_int_equal(n_groups(net, 0), 0);
    net_settle(net);
    net_send_all(net);
    net_advance(net, 3 * NS_PER_S);
    assert_int_equal(n_groups(net, 0), 1);
    net_all_arrive(net);
    net_free(net);
}

/* --- Random networks -------------------------------------------------------------------------- */

static struct net *random_net(uint64_t seed)
{
    struct net *net = net_new(seed);
    size_t n = 4 + net_draw(net, 5);
    unsigned ports[NET_MAX_SWITCHES] = {0};

    for (size_t i = 0; i < n; i++) {
        net_add_switch(net, OF_VERSION_1_3);
    }
    for (size_t i = 1; i < 2 * n + 2; i++) {
        int a = (int)(i < n ? i : net_draw(net, n)), b = (int)net_draw(net, i < n ? i : n);

        if (a != b) {
            ports[a]++;
            ports[b]++;
            net_add_link(net, a, ports[a], b, ports[b]);
        }
    }
    for (int i = 0; i < 4; i++) {
        net_add_host(net, (int)net_draw(net, n), 20 + (unsigned)i);
    }
    return net;
}

/* True when it is the way of 'e' that is down now. */
static bool leads_into(const struct net_entry *e, port_no_t port)
{
    return e->n_actions > 0 && failover_way_of(&e->actions[e->n_actions - 1]).port == port;
}

/* Every entry that leads into the dead port and is protected still leads to each host of its label. */
static size_t expect_detours(struct net *net, int sw, port_no_t port)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        const struct net_entry *e = &s->entries[i];

        for (int to = 0; leads_into(e, port) && is_protected(e) && to < 4; to++) {
            bool is_its = e->priority == INGRESS &&
                          eth_addr_eq(e->match.v.eth_dst, net->hosts[to].mac);

            if (is_its && net->hosts[to].sw != sw) {
                assert_int_equal(net_walk(net, -1, to, sw, 0, 0), NET_AT_HOST);
                n++;
            }
        }
    }
    return n;
}

static void test_every_single_link(void **state)
{
    size_t n_detours = 0, n_lost = 0, n_ways = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct net *net = random_net(seed);

        set_up(net);
        net_advance(net, NS_PER_S);
        net->check = NULL;
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            for (unsigned port = 1; port < 20 && net->switches[sw]->ports[port].exists; port++) {
                net_port_set(net, sw, port, false);
                net_no_circles(net, NULL);
                n_detours += expect_detours(net, sw, port);
                for (int i = 0; i < 16; i++) {
                    const struct net_host *h = &net->hosts[i / 4];

                    n_ways += i / 4 != i % 4;
                    n_lost += i / 4 != i % 4 && net_walk(net, i / 4, i % 4, h->sw, h->port, 0) !=
                                                    NET_AT_HOST;
                }
                net_settle(net);
                net_port_set(net, sw, port, true);
                net_advance(net, 2 * NS_PER_S);
            }
        }
        net_free(net);
    }
    printf("%zu ways by alternates; of %zu ways looked at, %zu waited for the controller\n",
           n_detours, n_ways, n_lost);
    assert_true(n_detours > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_frame_waits_for_the_controller),
        cmocka_unit_test(test_off_by_default),
        cmocka_unit_test(test_ring_of_three),
        cmocka_unit_test(test_no_alternate_that_comes_back),
        cmocka_unit_test(test_parallel_links),
        cmocka_unit_test(test_circuits),
        cmocka_unit_test(test_circuits_without),
        cmocka_unit_test(test_groups_are_shared),
        cmocka_unit_test(test_groups_without_users_leave),
        cmocka_unit_test(test_groups_leave_with_idle_entries),
        cmocka_unit_test(test_ports_are_the_id),
        cmocka_unit_test(test_openflow_1_0),
        cmocka_unit_test(test_no_such_groups),
        cmocka_unit_test(test_no_room_for_groups),
        cmocka_unit_test(test_no_room_has_an_entry_at_once),
        cmocka_unit_test(test_restart_keeps_groups),
        cmocka_unit_test(test_restart_without_failover),
        cmocka_unit_test(test_lost_groups_come_back),
        cmocka_unit_test(test_every_single_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
