/* Elephants and link costs over a small network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "controller/core/ctl_api.h"
#include "tests/apps/traffic.h"

#define PERIOD_NS (5 * NS_PER_S)
#define COUNT(net, member) elephants_counters(state_of(net)).member

static void *state_of(struct net *net)
{
    return ctl_module_state(net->ctl, "elephants");
}

static void *costs_of(struct net *net)
{
    return ctl_module_state(net->ctl, "link_costs");
}

/* Access switches 0 and 3 over two cores 1 and 2; hosts 0 to 2 at switch 0, 3 to 5 at switch 3. The
 * shortest way between them is by switch 1, for all. */
static struct traffic diamond_with(uint8_t version, bool with_sflow)
{
    struct traffic t = {.net = net_new(version), .with_sflow = with_sflow};

    t.net->clustering.ecmp = false;
    t.net->link_costs.port_stats = t.net->elephants.flow_stats = true;
    for (int i = 0; i < 4; i++) {
        net_add_switch(t.net, version);
    }
    net_add_link(t.net, 0, 1, 1, 1);
    net_add_link(t.net, 0, 2, 2, 1);
    net_add_link(t.net, 1, 2, 3, 1);
    net_add_link(t.net, 2, 2, 3, 2);
    for (unsigned i = 0; i < 3; i++) {
        net_add_host(t.net, 0, 10 + i);
    }
    for (unsigned i = 0; i < 3; i++) {
        net_add_host(t.net, 3, 10 + i);
    }
    return t;
}

static void start(struct traffic *t)
{
    net_start(t->net);
    for (int i = 0; i < (int)t->net->n_hosts; i++) {
        net_arp_announce(t->net, i);
    }
    net_settle(t->net);
}

static void add_flow(struct traffic *t, int from, int to, double mbps)
{
    t->flows[t->n_flows].from = from;
    t->flows[t->n_flows].to = to;
    t->flows[t->n_flows++].mbps = mbps;
}

/* Two flows of 400 Mbit/s on one link of 1 Gbit/s. */
static struct traffic collision(uint8_t version, bool with_sflow)
{
    struct traffic t = diamond_with(version, with_sflow);

    t.net->without_clustering = !with_sflow;
    start(&t);
    add_flow(&t, 0, 3, 400);
    add_flow(&t, 1, 4, 400);
    traffic_run(&t, NS_PER_S);
    t.n_lost = 0; /* Before, the first frames went by the controller. */
    return t;
}

static size_t n_entries(struct net *net)
{
    size_t n = 0;

    for (int i = 0; i < (int)net->n_switches; i++) {
        for (size_t k = 0; k < net->switches[i]->n_entries; k++) {
            n += net->switches[i]->entries[k].priority == PRIORITY_ELEPHANT;
        }
    }
    return n;
}

/* True when one flow has each of the two links. */
static void assert_apart(struct traffic *t)
{
    assert_float_equal(traffic_mbps(t, 0, 1, PERIOD_NS), 400, 36); /* With or without a label. */
    assert_float_equal(traffic_mbps(t, 0, 2, PERIOD_NS), 400, 4);
}

/* --- Moving ----------------------------------------------------------------------------------- */

static void test_collision_ends_within_two_periods(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    assert_float_equal(traffic_mbps(&t, 0, 1, NS_PER_S), 869.565F, 1);
    traffic_run(&t, 2 * PERIOD_NS - 2 * NS_PER_S);
    assert_apart(&t);
    assert_int_equal(COUNT(t.net, found), 2);
    assert_int_equal(COUNT(t.net, moves), 1);
    assert_int_equal(n_entries(t.net), 3);
    assert_int_equal(t.n_lost, 0);
    net_free(t.net);
}

/* No sFlow: port statistics and the counters of forwarding's entries. */
static void falls_back(uint8_t version)
{
    struct traffic t = collision(version, false);

    traffic_run(&t, 3 * PERIOD_NS);
    assert_apart(&t);
    assert_int_equal(COUNT(t.net, samples), 0);
    assert_int_equal(COUNT(t.net, moves), 1);
    assert_int_equal(t.n_lost, 0);
    t.flows[0].mbps = t.flows[1].mbps = 1;
    traffic_run(&t, 8 * PERIOD_NS);
    assert_int_equal(COUNT(t.net, released_mouse), 2);
    assert_int_equal(n_entries(t.net), 0);
    net_free(t.net);
}

static void test_falls_back_to_counters(void **state)
{
    (void)state;
    falls_back(OF_VERSION_1_3);
    falls_back(OF_VERSION_1_0);
}

/* Probes a flow after every message and change: no frame is lost or goes in circles. */
static void probe(struct net *net, void *aux)
{
    static uint32_t number = 1000000;

    (void)aux;
    net->check = NULL;
    for (int i = 0; i < 2; i++) {
        net->hosts[3 + i].n_seen = 0;
        net_send(net, i, 3 + i, ++number);
        assert_int_equal(net_count(net, 3 + i, number), 1);
    }
    net->check = probe;
}

static void test_make_before_break(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct traffic t = collision(OF_VERSION_1_3, true);

        t.net->random = seed * 2385;
        t.net->check = probe;
        traffic_run(&t, 2 * PERIOD_NS);
        assert_int_equal(COUNT(t.net, moves), 1);
        t.flows[0].mbps = t.flows[1].mbps = 1;
        traffic_run(&t, 8 * PERIOD_NS);
        assert_int_equal(COUNT(t.net, released_mouse), 2);
        assert_int_equal(n_entries(t.net), 0);
        assert_int_equal(t.n_lost, 0);
        assert_int_equal(t.net->n_loops, 0);
        t.net->check = NULL;
        net_free(t.net);
    }
}

/* Hysteresis: flows do not swap places for ever, whether they fit or not. */
static void test_does_not_oscillate(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    add_flow(&t, 2, 5, 350);
    traffic_run(&t, 60 * PERIOD_NS);
    assert_int_equal(COUNT(t.net, found), 3);
    assert_in_range(COUNT(t.net, moves), 1, 2);
    net_free(t.net);
}

/* A flow that has a link for itself stays where it is; so does one below the threshold. */
static void test_leaves_what_fits(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);

    (void)state;
    start(&t);
    add_flow(&t, 0, 3, 900);
    add_flow(&t, 1, 4, 50);
    traffic_run(&t, 6 * PERIOD_NS);
    assert_int_equal(COUNT(t.net, found), 1);
    assert_int_equal(COUNT(t.net, moves), 0);
    assert_int_equal(n_entries(t.net), 0);
    net_free(t.net);
}

static void test_expires_when_it_ends(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    traffic_run(&t, 2 * PERIOD_NS);
    assert_int_equal(n_entries(t.net), 3);
    t.flows[0].mbps = t.flows[1].mbps = 0;
    traffic_run(&t, 9 * PERIOD_NS);
    assert_int_equal(n_entries(t.net), 0);
    assert_int_equal(COUNT(t.net, released_mouse) + COUNT(t.net, released_ended), 2);
    net_free(t.net);
}

/* --- Failures --------------------------------------------------------------------------------- */

static unsigned moved_port(struct net *net)
{
    for (size_t k = 0; k < net->switches[0]->n_entries; k++) {
        if (net->switches[0]->entries[k].priority == PRIORITY_ELEPHANT) {
            return net->switches[0]->entries[k].actions[0].output.port;
        }
    }
    return 0;
}

static void test_restores_at_once(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    traffic_run(&t, 2 * PERIOD_NS);
    assert_int_equal(moved_port(t.net), 2);
    net_port_set(t.net, 2, 2, false);
    net_settle(t.net); /* No time passes. */
    assert_int_equal(moved_port(t.net), 1);
    assert_int_equal(COUNT(t.net, restorations), 1);
    t.n_lost = 0;
    traffic_run(&t, NS_PER_S);
    assert_int_equal(t.n_lost, 0);
    assert_int_equal(n_entries(t.net), 3);
    net_port_set(t.net, 0, 1, false); /* Now there is no way at all. */
    net_settle(t.net);
    assert_int_equal(n_entries(t.net), 0);
    assert_int_equal(COUNT(t.net, released_broken), 1);
    net_free(t.net);
}

static void test_host_moves_away(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    traffic_run(&t, 2 * PERIOD_NS);
    assert_int_equal(n_entries(t.net), 3);
    for (int i = 3; i <= 4; i++) {
        net_host_move(t.net, i, 1, (unsigned)(20 + i));
    }
    net_advance(t.net, NS_PER_S);
    net_arp_announce(t.net, 3);
    net_arp_announce(t.net, 4);
    net_advance(t.net, 3 * NS_PER_S);
    assert_int_equal(n_entries(t.net), 0);
    assert_int_equal(COUNT(t.net, released_other), 2);
    net_free(t.net);
}

/* A full switch refuses: the flow stays where it was, whole. */
static void test_full_table(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);

    (void)state;
    start(&t);
    add_flow(&t, 0, 3, 400);
    add_flow(&t, 1, 4, 400);
    traffic_run(&t, NS_PER_S);
    t.n_lost = 0;
    t.net->switches[2]->max_entries = t.net->switches[2]->n_entries;
    traffic_run(&t, 2 * PERIOD_NS);
    assert_in_range(COUNT(t.net, refused), 1, 2); /* It is tried again. */
    assert_int_equal(n_entries(t.net), 0);
    assert_int_equal(t.n_lost, 0);
    net_free(t.net);
}

/* --- What is told ----------------------------------------------------------------------------- */

static struct elephant_flow flow_of(struct net *net, int from, int to)
{
    struct elephant_flow flow;

    memset(&flow, 0, sizeof flow);
    be_put32(flow.ip_src.b + 12, net->hosts[from].ip);
    be_put32(flow.ip_dst.b + 12, net->hosts[to].ip);
    flow.proto = 17;
    flow.sport = 2385;
    flow.dport = 4711;
    return flow;
}

static void note(void *aux, const struct elephant_info *info)
{
    *(struct elephant_info *)aux = *info;
}

static void test_told_flows(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);
    struct elephant_flow flow = flow_of(t.net, 0, 3), bad = flow;
    struct elephant_info info = {0};
    uint32_t id, again;

    (void)state;
    start(&t);
    add_flow(&t, 1, 4, 600);
    traffic_run(&t, PERIOD_NS);
    assert_int_equal(elephants_tell(state_of(t.net), &flow, 400000000, &id), ERR_OK);
    net_settle(t.net);
    assert_int_equal(moved_port(t.net), 2);
    assert_int_equal(t.net->n_stored > 0, 1);
    assert_int_equal(elephants_tell(state_of(t.net), &flow, 0, &again), ERR_EXISTS);
    assert_int_equal(again, id);
    elephants_each(state_of(t.net), note, &info);
    assert_true(info.is_moved || info.is_told || info.id);
    bad.proto = 1; /* ICMP has no ports. */
    assert_int_equal(elephants_tell(state_of(t.net), &bad, 0, &again), ERR_RANGE);
    bad = flow;
    bad.ip_dst = bad.ip_src;
    assert_int_equal(elephants_tell(state_of(t.net), &bad, 0, &again), ERR_RANGE);
    assert_int_equal(elephants_forget(state_of(t.net), id), ERR_OK);
    assert_int_equal(elephants_forget(state_of(t.net), id + 2385), ERR_NOTFOUND);
    net_settle(t.net);
    assert_int_equal(n_entries(t.net), 0);
    net_free(t.net);
}

static size_t n_stored(const struct net *net, const char *table)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_stored; i++) {
        n += strcmp(net->stored[i].table, table) == 0;
    }
    return n;
}

/* Flows and roots are there after a restart; what does not parse is left out. */
static void test_restart(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);
    struct elephant_flow flow = flow_of(t.net, 0, 3);
    const dpid_t *roots;
    uint32_t id;
    size_t n;

    (void)state;
    start(&t);
    assert_int_equal(elephants_tell(state_of(t.net), &flow, 0, &id), ERR_OK);
    assert_int_equal(elephants_root_add(state_of(t.net), 4), ERR_OK);
    assert_int_equal(elephants_root_add(state_of(t.net), 2), ERR_OK);
    assert_int_equal(elephants_root_add(state_of(t.net), 2), ERR_EXISTS);
    assert_int_equal(n_stored(t.net, "elephants"), 1);
    t.net->store.put(t.net, "elephants", "10.0.0.1 nobody 17 1 2", "0");
    t.net->store.put(t.net, "elephant_roots", "root", "");
    net_stop_controller(t.net);
    net_start(t.net);
    for (int i = 0; i < 6; i++) {
        net_arp_announce(t.net, i);
    }
    net_advance(t.net, PERIOD_NS);
    assert_int_equal(elephants_tell(state_of(t.net), &flow, 0, &id), ERR_EXISTS);
    assert_int_not_equal(id, 0);
    roots = elephants_roots(state_of(t.net), &n);
    assert_int_equal(n, 2);
    assert_true(roots[0] == 2 && roots[1] == 4);
    assert_int_equal(elephants_root_remove(state_of(t.net), 4), ERR_OK);
    assert_int_equal(elephants_root_remove(state_of(t.net), 4), ERR_NOTFOUND);
    assert_int_equal(elephants_forget(state_of(t.net), id), ERR_OK);
    assert_int_equal(n_stored(t.net, "elephants"), 1); /* The broken one. */
    net_free(t.net);
}

/* Entries of an earlier controller are given back, when switches have had time to come back, or the flow gets a
 * way again. */
static void test_adopted_entries_go(void **state)
{
    struct traffic t = collision(OF_VERSION_1_3, true);

    (void)state;
    traffic_run(&t, 2 * PERIOD_NS);
    assert_int_equal(n_entries(t.net), 3);
    net_stop_controller(t.net);
    net_start(t.net);
    assert_int_equal(n_entries(t.net), 3);
    net_advance(t.net, 14 * NS_PER_S);
    assert_int_equal(n_entries(t.net), 0);
    net_free(t.net);
}

/* --- Ways and limits -------------------------------------------------------------------------- */

static void test_ways_are_kept(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);

    (void)state;
    t.net->elephants.busy_percent = 0; /* A better way is always looked for. */
    start(&t);
    add_flow(&t, 0, 3, 400);
    add_flow(&t, 1, 4, 400);
    assert_int_equal(elephants_root_add(state_of(t.net), 4), ERR_OK);
    traffic_run(&t, 20 * PERIOD_NS);
    assert_int_equal(COUNT(t.net, moves), 1);
    assert_true(COUNT(t.net, ways_worst) >= 1);
    assert_true(COUNT(t.net, ways_best) > COUNT(t.net, ways_worst));
    net_free(t.net);
}

static void test_limits(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);

    (void)state;
    t.net->elephants.max_flows = 2;
    t.net->elephants.max_elephants = 1;
    start(&t);
    for (int i = 0; i < 3; i++) {
        add_flow(&t, i, 3 + i, 300);
    }
    traffic_run(&t, 3 * PERIOD_NS);
    assert_int_equal(COUNT(t.net, found), 1);
    assert_true(COUNT(t.net, flows_full) > 0);
    assert_true(COUNT(t.net, elephants_full) > 0);
    net_free(t.net);
}

/* --- Link costs ------------------------------------------------------------------------------- */

static void count_load(void *aux, const struct link_load *load)
{
    (void)load;
    ++*(size_t *)aux;
}

static void test_link_costs(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);
    struct link_load load;
    size_t n = 0;

    (void)state;
    t.net->elephants.busy_percent = 101; /* Nothing is moved. */
    start(&t);
    add_flow(&t, 0, 3, 400 * 46 / 50.0);
    add_flow(&t, 1, 4, 400 * 46 / 50.0);
    traffic_run(&t, PERIOD_NS);
    load = link_costs_find(costs_of(t.net), 1, 1);
    assert_string_equal(link_load_source_name(load.source), "sflow");
    assert_int_equal(load.capacity_bps, 1000000000);
    assert_float_equal((double)load.tx_bps, 8e8, 1e7);
    assert_int_equal(link_costs_tell(costs_of(t.net), 1, 2, 23850000), ERR_OK);
    load = link_costs_find(costs_of(t.net), 1, 2);
    assert_int_equal(load.source, LINK_LOAD_TOLD);
    assert_int_equal(load.tx_bps, 23850000);
    assert_int_equal(link_costs_tell(costs_of(t.net), 1, 63, 1), ERR_NOTFOUND);
    assert_int_equal(link_costs_tell(costs_of(t.net), 99, 1, 1), ERR_NOTFOUND);
    link_costs_each(costs_of(t.net), count_load, &n);
    assert_int_equal(n, 14);          /* Four links have eight ends; six hosts. */
    net_port_set(t.net, 0, 1, false); /* Costs outlive the link. */
    net_settle(t.net);
    assert_float_equal((double)link_costs_find(costs_of(t.net), 1, 1).tx_bps, 8e8, 1e7);
    t.net->switches[0]->ports[1].tx_bytes = 0; /* The counters begin anew. */
    traffic_run(&t, NS_PER_S);
    assert_true(link_costs_counters(costs_of(t.net)).restarts > 0);
    t.with_sflow = false; /* Then the switches are asked. */
    traffic_run(&t, 5 * PERIOD_NS);
    assert_int_equal(link_costs_find(costs_of(t.net), 1, 2).source, LINK_LOAD_PORT_STATS);
    net_free(t.net);
}

static void test_costs_are_forgotten(void **state)
{
    struct traffic t = diamond_with(OF_VERSION_1_3, true);

    (void)state;
    t.net->link_costs.port_stats = false;
    start(&t);
    assert_int_equal(link_costs_tell(costs_of(t.net), 1, 2, 5), ERR_OK);
    net_advance(t.net, 3 * PERIOD_NS - 1);
    assert_int_equal(link_costs_find(costs_of(t.net), 1, 2).tx_bps, 5);
    net_advance(t.net, 1);
    assert_int_equal(link_costs_find(costs_of(t.net), 1, 2).source, LINK_LOAD_UNKNOWN);
    assert_int_equal(link_costs_find(costs_of(t.net), 1, 2).tx_bps, 0);
    assert_int_equal(link_costs_counters(costs_of(t.net)).asked, 0);
    net_free(t.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collision_ends_within_two_periods),
        cmocka_unit_test(test_falls_back_to_counters),
        cmocka_unit_test(test_make_before_break),
        cmocka_unit_test(test_does_not_oscillate),
        cmocka_unit_test(test_leaves_what_fits),
        cmocka_unit_test(test_expires_when_it_ends),
        cmocka_unit_test(test_restores_at_once),
        cmocka_unit_test(test_host_moves_away),
        cmocka_unit_test(test_full_table),
        cmocka_unit_test(test_told_flows),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_adopted_entries_go),
        cmocka_unit_test(test_ways_are_kept),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_link_costs),
        cmocka_unit_test(test_costs_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
