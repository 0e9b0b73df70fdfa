/* The firewall: what is denied is cut and nothing else, what is allowed passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt.h"
#include "tests/apps/firewall_scene.h"

/* --- Denying ---------------------------------------------------------------------------------- */

static void test_existing_flow_is_cut_at_once_and_no_other(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_5};

    (void)state;
    for (size_t v = 0; v < 3; v++) {
        struct net *net = firewall_net(versions[v], 1);
        struct firewall_rule r = to_ip(FIREWALL_DENY, 2385, net, 2);
        uint32_t id;

        announce(net);
        assert_true(arrives(net, 0, 2) && arrives(net, 0, 3) && arrives(net, 2, 0));
        net->n_written = 0;
        id = add(net, &r);
        for (size_t i = 0; i < net->n_written; i++) {
            const struct net_written *w = &net->written[i];

            assert_true(w->is_barrier ||
                        (w->command == OF_FLOW_ADD && w->priority >= PRIORITY_FIREWALL_MIN));
        }
        net->no_packet_ins = true;
        assert_false(arrives(net, 0, 2));
        assert_true(arrives(net, 0, 3));
        assert_true(arrives(net, 2, 0)); /* The other way. */
        net->no_packet_ins = false;
        assert_int_equal(firewall_remove(app(net), id), ERR_OK);
        settle(net);
        assert_true(arrives(net, 0, 2));
        assert_int_equal(n_entries(net, 0), 0);
        net_free(net);
    }
}

static void test_only_switches_with_hosts_have_entries(void **state)
{
    struct net *net = net_new(5);
    struct firewall_rule r;

    (void)state;
    for (int i = 0; i < 3; i++) {
        net_add_switch(net, OF_VERSION_1_3);
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 1, 2, 2, 1);
    net_add_host(net, 0, PORT_A);
    net_add_host(net, 2, PORT_A);
    net_start(net);
    announce(net);
    r = to_ip(FIREWALL_DENY, 1, net, 1);
    add(net, &r);
    assert_int_equal(n_entries(net, 0), 1);
    assert_int_equal(n_entries(net, 1), 0);
    assert_int_equal(n_entries(net, 2), 1);
    net_free(net);
}

static void test_rule_of_a_switch_has_an_entry_for_each_edge_port(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);

    (void)state;
    announce(net);
    r.has_dpid = true;
    r.dpid = 2;
    add(net, &r);
    assert_int_equal(n_entries(net, 0), 0);
    assert_int_equal(n_entries(net, 1), 2);
    assert_true(arrives(net, 0, 2)); /* It comes in at the other switch. */
    assert_false(arrives(net, 3, 2));
    r.match.v.in_port = PORT_A;
    r.priority = 2;
    r.match.present |= OF_BIT(IN_PORT);
    add(net, &r);
    assert_int_equal(n_entries(net, 1), 3);
    net_free(net);
}

/* A switch that refuses an entry sends what it is about to the controller, and that is told. */
static void test_refused_entry_is_decided_by_the_controller(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
    uint32_t id;

    (void)state;
    announce(net);
    assert_true(arrives(net, 0, 2) && arrives(net, 0, 3));
    net->switches[0]->refusal = OF_ERR_MATCH_BAD_FIELD;
    net->switches[0]->refused_field = OF_FIELD_IPV4_DST;
    id = add(net, &r);
    assert_int_equal(info_of(net, id).n_refused, 1);
    assert_int_equal(info_of(net, id).n_entries, 3); /* Two ports, and the other switch. */
    assert_false(arrives(net, 0, 2));
    assert_true(arrives(net, 0, 3));
    assert_int_equal(info_of(net, id).n_packet_ins, 1);
    net->switches[0]->refusal = OF_OK;
    net_disconnect(net, 0);
    net_connect(net, 0);
    net_settle(net);
    settle(net);
    assert_int_equal(info_of(net, id).n_refused, 0);
    assert_int_equal(info_of(net, id).n_confirmed, 2);
    net_free(net);
}

/* One that takes nothing is left alone until rules change. */
static void test_switch_that_refuses_everything_is_not_asked_again(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2), all = rule(FIREWALL_DENY, 0);
    uint32_t id;

    (void)state;
    announce(net);
    net->switches[0]->refusal = OF_ERR_FLOW_UNKNOWN;
    id = add(net, &r);
    add(net, &all);
    net->n_written = 0;
    net_advance(net, 20 * NS_PER_S);
    assert_true(net->n_written < 10);
    assert_int_equal(n_entries(net, 0), 0);
    assert_false(arrives(net, 0, 2)); /* There was no other entry. */
    assert_int_equal(info_of(net, id).n_packet_ins, 1);
    net_free(net);
}

/* --- Allowing --------------------------------------------------------------------------------- */

static void test_allowed_before_denied_goes_on_in_the_second_table(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule all = rule(FIREWALL_DENY, 0), one = to_ip(FIREWALL_ALLOW, 1, net, 2);
    struct firewall_rule back = rule(FIREWALL_ALLOW, 2);
    uint32_t id;

    (void)state;
    OF_MATCH_SET(&back.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&back.match, IPV4_SRC, ipv4_src, net->hosts[2].ip);
    announce(net);
    add(net, &one);
    assert_int_equal(n_entries(net, 0), 0); /* It takes nothing out of anything. */
    id = add(net, &all);
    add(net, &back);
    assert_int_equal(n_entries(net, 0), 3);
    assert_true(n_in_table(net, 0, 1) > 0);
    for (int i = 0; i < 3; i++) {
        assert_true(arrives(net, 0, 2));
        assert_true(arrives(net, 2, 1));
        assert_false(arrives(net, 0, 3));
        assert_false(arrives(net, 0, 1));
    }
    net->no_packet_ins = true; /* No frame needs the controller any more. */
    assert_true(arrives(net, 0, 2) && arrives(net, 2, 1));
    net->no_packet_ins = false;
    assert_int_equal(firewall_remove(app(net), id), ERR_OK);
    settle(net);
    assert_int_equal(n_entries(net, 0), 0);
    assert_int_equal(n_in_table(net, 0, 1), 0);
    assert_true(arrives(net, 0, 3));
    net_free(net);
}

/* Copies follow what they are copies of. */
static void test_second_table_follows_the_first(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule all = rule(FIREWALL_DENY, 0), ip = rule(FIREWALL_ALLOW, 1);

    (void)state;
    OF_MATCH_SET(&ip.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    announce(net);
    add(net, &ip);
    add(net, &all);
    assert_true(arrives(net, 0, 1));
    net_host_move(net, 1, 1, 20);
    net_advance(net, 5 * NS_PER_S);
    net_arp_announce(net, 1);
    net_advance(net, NS_PER_S);
    assert_true(arrives(net, 0, 1));
    net->no_packet_ins = true;
    assert_true(arrives(net, 0, 1));
    net->no_packet_ins = false;
    net_advance(net, 1000 * NS_PER_S); /* What had a time-out is gone. */
    announce(net);
    assert_true(arrives(net, 0, 1));
    net_free(net);
}

/* What networks block is blocked in the second table, too, and what they do not stays. */
static void test_logical_networks_hold_in_the_second_table(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule all = rule(FIREWALL_DENY, 0), ip = rule(FIREWALL_ALLOW, 1);
    void *networks = ctl_module_state(net->ctl, "logical_networks");
    struct network_rule lab;

    (void)state;
    OF_MATCH_SET(&ip.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    announce(net);
    add(net, &ip);
    add(net, &all);
    assert_true(arrives(net, 0, 2) && arrives(net, 1, 2));
    assert_int_equal(networks_create(networks, 2, "lab"), ERR_OK);
    assert_int_equal(network_rule_parse("port 0000000000000001-10", &lab), ERR_OK);
    assert_int_equal(networks_rule_add(networks, 2, &lab), ERR_OK);
    assert_int_equal(networks_block(networks, 1, 2), ERR_OK);
    net_advance(net, 0);
    for (int i = 0; i < 3; i++) {
        assert_false(arrives(net, 0, 2));
        assert_true(arrives(net, 1, 2));
    }
    assert_int_equal(firewall_counters(app(net)).refused, 0);
    assert_int_equal(networks_unblock(networks, 1, 2), ERR_OK);
    net_advance(net, 60 * NS_PER_S);
    announce(net);
    assert_true(arrives(net, 0, 2));
    net->no_packet_ins = true;
    assert_true(arrives(net, 0, 2));
    net_free(net);
}

static void test_switch_with_one_table_leaves_it_to_the_controller(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct net *net = firewall_net(versions[v], 1);
        struct firewall_rule all = rule(FIREWALL_DENY, 0), one = to_ip(FIREWALL_ALLOW, 1, net, 2);
        uint32_t id;

        announce(net);
        id = add(net, &one);
        add(net, &all);
        for (int i = 0; i < 3; i++) {
            assert_true(arrives(net, 0, 2));
            assert_false(arrives(net, 0, 3));
        }
        assert_int_equal(info_of(net, id).n_packet_ins, 3);
        net_free(net);
    }
}

static void test_refused_second_table_is_done_without(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule all = rule(FIREWALL_DENY, 0), one = to_ip(FIREWALL_ALLOW, 1, net, 2);
    uint32_t id;

    (void)state;
    announce(net);
    net->switches[0]->n_tables = 1; /* It said something else before. */
    id = add(net, &one);
    add(net, &all);
    assert_true(arrives(net, 0, 2) && arrives(net, 0, 2));
    assert_false(arrives(net, 0, 3));
    assert_int_equal(info_of(net, id).n_packet_ins, 2);
    net_free(net);
}

/* --- What always passes ----------------------------------------------------------------------- */

static void test_address_questions_pass_whatever_rules_say(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct net *net = firewall_net(versions[v], 2);
        struct firewall_rule all = rule(FIREWALL_DENY, 0);
        size_t n_links;

        add(net, &all);
        announce(net);
        net->hosts[0].n_seen = 0;
        net_arp_request(net, 0, net->hosts[2].ip);
        net_settle(net);
        assert_int_equal(net->hosts[0].n_seen, 1);
        assert_true(net->hosts[0].seen[0].is_arp);
        assert_false(arrives(net, 0, 2));
        net_advance(net, 100 * NS_PER_S);
        topology_links(net->ctl, &n_links);
        assert_int_equal(n_links, 2); /* Nothing keeps probes from going on. */
        net_free(net);
    }
}

static void test_rule_that_denies_only_what_always_passes_is_refused(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = rule(FIREWALL_DENY, 1);
    struct firewall_fault fault;
    uint32_t id;

    (void)state;
    OF_MATCH_SET(&r.match, ETH_TYPE, eth_type, PKT_TYPE_ARP);
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "match");
    r.action = FIREWALL_ALLOW;
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_OK);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_existing_flow_is_cut_at_once_and_no_other),
        cmocka_unit_test(test_only_switches_with_hosts_have_entries),
        cmocka_unit_test(test_rule_of_a_switch_has_an_entry_for_each_edge_port),
        cmocka_unit_test(test_refused_entry_is_decided_by_the_controller),
        cmocka_unit_test(test_switch_that_refuses_everything_is_not_asked_again),
        cmocka_unit_test(test_allowed_before_denied_goes_on_in_the_second_table),
        cmocka_unit_test(test_second_table_follows_the_first),
        cmocka_unit_test(test_logical_networks_hold_in_the_second_table),
        cmocka_unit_test(test_switch_with_one_table_leaves_it_to_the_controller),
        cmocka_unit_test(test_refused_second_table_is_done_without),
        cmocka_unit_test(test_address_questions_pass_whatever_rules_say),
        cmocka_unit_test(test_rule_that_denies_only_what_always_passes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
