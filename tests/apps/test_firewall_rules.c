/* Rules of the firewall: checked, ordered, counted, remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/packet/pkt.h"
#include "tests/apps/firewall_scene.h"

/* --- Rules ------------------------------------------------------------------------------------ */

static void test_invalid_rules_name_their_field(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_fault fault;
    struct firewall_rule r;
    uint32_t id;

    (void)state;
    r = rule(FIREWALL_DENY,
             1); /* In the controller that this one succeeds, any port without protocol. */
    OF_MATCH_SET(&r.match, TCP_DST, tcp_dst, 2385);
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "tcp_dst");
    assert_true(fault.in_match);
    r = rule(FIREWALL_DENY, 1);
    OF_MATCH_SET(&r.match, IN_PORT, in_port, 3);
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "dpid");
    r.has_dpid = true;
    r.match.v.in_port = OF_PORT_CONTROLLER;
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "in_port");
    r = to_ip(FIREWALL_DENY, 1, net, 2);
    r.match.masked = OF_BIT(IPV4_DST);
    r.match.m.ipv4_dst = 0xff00ff00;
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "ipv4_dst");
    r = rule(FIREWALL_DENY, 1);
    OF_MATCH_SET(&r.match, VLAN_VID, vlan_vid, 0x1004);
    r.match.masked = OF_BIT(VLAN_VID);
    r.match.m.vlan_vid = 0x100c;
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "vlan_vid");
    r = rule(FIREWALL_DENY, 1);
    OF_MATCH_SET(&r.match, METADATA, metadata, 5);
    assert_int_equal(firewall_add(app(net), &r, &id, &fault), ERR_RANGE);
    assert_string_equal(fault.field, "metadata");
    assert_int_equal(firewall_n_rules(app(net)), 0);
    net_free(net);
}

static void test_equal_rule_is_refused(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
    struct firewall_fault fault;
    uint32_t id, other;

    (void)state;
    id = add(net, &r);
    r.action = FIREWALL_ALLOW;
    assert_int_equal(firewall_add(app(net), &r, &other, &fault), ERR_EXISTS);
    assert_string_equal(fault.field, "rule");
    r.id = id;
    assert_int_equal(firewall_put(app(net), &r, &fault), ERR_OK);
    r.id = 2385;
    assert_int_equal(firewall_put(app(net), &r, &fault), ERR_NOTFOUND);
    assert_int_equal(firewall_remove(app(net), 2385), ERR_NOTFOUND);
    net_free(net);
}

static void test_shadowed_rule_is_told(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule wide = to_ip(FIREWALL_DENY, 30, net, 2), narrow = wide, other;
    uint32_t a, b, c;

    (void)state;
    wide.match.masked = OF_BIT(IPV4_DST);
    wide.match.m.ipv4_dst = 0xff000000;
    wide.match.v.ipv4_dst = 0x0a000000;
    narrow.action = FIREWALL_ALLOW;
    narrow.priority = 20;
    b = add(net, &narrow);
    assert_int_equal(info_of(net, b).shadowed_by, 0);
    a = add(net, &wide);
    assert_int_equal(info_of(net, b).shadowed_by, a);
    assert_int_equal(info_of(net, a).shadowed_by, 0);
    other = rule(FIREWALL_ALLOW, 10);
    OF_MATCH_SET(&other.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    c = add(net, &other);
    assert_int_equal(info_of(net, c).shadowed_by, 0);
    assert_int_equal(info_of(net, c).overlaps, a);
    net_free(net);
}

static void note_id(void *aux, const struct firewall_info *info)
{
    uint32_t **next = aux;

    *(*next)++ = info->rule.id;
}

/* The oldest of equal priority is first; a slot is found for every place. */
static void test_rules_keep_their_order_when_slots_run_out(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 0, net, 2);
    uint32_t ids[64] = {0}, *next = ids;
    uint16_t last = UINT16_MAX;

    (void)state;
    for (uint16_t i = 0; i < 40; i++) { /* Always between the first and the second. */
        r.priority = (uint16_t)(i ? 1000 + i : 2000);
        add(net, &r);
    }
    firewall_each(app(net), note_id, &next);
    assert_int_equal(next - ids, 40);
    assert_int_equal(ids[0], 1);
    for (uint32_t i = 1; i < 40; i++) {
        assert_int_equal(ids[i], 41 - i);
    }
    for (size_t k = 0; k < 40; k++) {
        for (size_t i = 0; i < net->switches[0]->n_entries; i++) {
            const struct net_entry *e = &net->switches[0]->entries[i];

            if (e->priority >= PRIORITY_FIREWALL_MIN && (e->cookie & 0xffff) == ids[k] &&
                e->priority < PRIORITY_FIREWALL_MAX) {
                assert_true(e->priority < last);
                last = e->priority;
            }
        }
    }
    assert_int_equal(n_entries(net, 0), 40);
    net_free(net);
}

static void test_disabled_firewall_has_no_entries(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);

    (void)state;
    announce(net);
    add(net, &r);
    assert_int_equal(firewall_enable(app(net), false), ERR_OK);
    settle(net);
    assert_int_equal(n_entries(net, 0), 0);
    assert_true(arrives(net, 0, 2));
    net_stop_controller(net);
    net_start_controller(net);
    assert_false(firewall_is_enabled(app(net)));
    assert_int_equal(firewall_enable(app(net), true), ERR_OK);
    net_connect(net, 0);
    net_connect(net, 1);
    net_advance(net, 5 * NS_PER_S);
    announce(net);
    assert_false(arrives(net, 0, 2));
    net_free(net);
}

static void test_without_rules_no_packet_in_is_looked_at(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 3);
    uint32_t id;

    (void)state;
    announce(net);
    assert_true(arrives(net, 0, 2));
    assert_int_equal(firewall_counters(app(net)).packet_ins, 0);
    id = add(net, &r);
    assert_true(arrives(net, 1, 0));
    assert_int_equal(firewall_counters(app(net)).packet_ins, 1);
    firewall_remove(app(net), id);
    settle(net);
    assert_true(arrives(net, 2, 0));
    assert_int_equal(firewall_counters(app(net)).packet_ins, 1);
    net_free(net);
}

/* --- Counters, restarts ----------------------------------------------------------------------- */

static void test_counters_come_from_switches(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct net *net = firewall_net(versions[v], 1);
        struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
        uint32_t id;

        announce(net);
        id = add(net, &r);
        for (int i = 0; i < 5; i++) {
            assert_false(arrives(net, 0, 2));
            assert_false(arrives(net, 3, 2));
        }
        assert_int_equal(info_of(net, id).n_packets, 0);
        net_advance(net, 6 * NS_PER_S);
        assert_int_equal(info_of(net, id).n_packets, 10);
        assert_int_equal(info_of(net, id).n_bytes, 10 * (14 + 20 + 8 + 4));
        net->switches[0]->n_entries = 0; /* Counters begin anew. */
        net_disconnect(net, 0);
        net_connect(net, 0);
        net_settle(net);
        assert_false(arrives(net, 0, 2));
        net_advance(net, 6 * NS_PER_S);
        assert_int_equal(info_of(net, id).n_packets, 11);
        net_free(net);
    }
}

static void test_rules_survive_a_restart_and_entries_stay(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 2);
    struct firewall_rule all = rule(FIREWALL_DENY, 0), one = to_ip(FIREWALL_ALLOW, 1, net, 2);

    (void)state;
    announce(net);
    add(net, &all);
    add(net, &one);
    assert_true(arrives(net, 0, 2));
    net_stop_controller(net);
    assert_false(arrives(net, 0, 3));
    net->n_written = 0;
    net_start_controller(net);
    assert_int_equal(firewall_n_rules(app(net)), 2);
    net_connect(net, 0);
    net_connect(net, 1);
    net_advance(net, 300 * NS_PER_S); /* Longer than entries that nobody asks for stay. */
    for (size_t i = 0; i < net->n_written; i++) {
        const struct net_written *w = &net->written[i];

        assert_true(w->is_barrier || w->priority < PRIORITY_FIREWALL_MIN ||
                    w->priority > PRIORITY_FIREWALL_MAX);
    }
    announce(net);
    assert_true(arrives(net, 0, 2));
    assert_false(arrives(net, 0, 3));
    net_free(net);
}

/* What was removed while a switch, or its controller, was away. */
static void test_entries_of_removed_rules_leave_when_the_switch_is_back(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
    uint32_t id;

    (void)state;
    id = add(net, &r);
    net_disconnect(net, 0);
    assert_int_equal(firewall_remove(app(net), id), ERR_OK);
    net_stop_controller(net);
    net_start_controller(net);
    assert_int_equal(n_entries(net, 0), 1);
    net_connect(net, 0);
    net_connect(net, 1);
    net_advance(net, 5 * NS_PER_S);
    assert_int_equal(n_entries(net, 0), 0);
    assert_int_equal(n_entries(net, 1), 0);
    net_free(net);
}

static void test_unusable_stored_rules_are_left_out(void **state)
{
    static const char *const values[] = {"", "5 deny - 50001 zz", "5 maybe - 50001 040e",
                                         "70000 deny - 50001 040e"};
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);

    (void)state;
    add(net, &r);
    net_stop_controller(net);
    for (size_t i = 0; i < 4; i++) {
        char key[16];

        snprintf(key, sizeof key, "rule/%zu", i + 2);
        net->store.put(net->store.aux, "firewall", key, values[i]);
    }
    net->store.put(net->store.aux, "firewall", "rule/x", "5 deny - 50001 040e");
    net_start_controller(net);
    assert_int_equal(firewall_n_rules(app(net)), 1);
    net_free(net);
}

static enum err store_fails(void *aux, const char *table, const char *key, const char *value)
{
    (void)aux;
    (void)table;
    (void)key;
    (void)value;
    return ERR_IO;
}

static void test_what_cannot_be_remembered_is_not_done(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
    uint32_t id = add(net, &r), other;

    (void)state;
    net->store.put = store_fails;
    r.priority = 5;
    assert_int_equal(firewall_add(app(net), &r, &other, NULL), ERR_IO);
    r.id = id;
    assert_int_equal(firewall_put(app(net), &r, NULL), ERR_IO);
    assert_int_equal(info_of(net, id).rule.priority, 1);
    assert_int_equal(firewall_enable(app(net), false), ERR_IO);
    assert_true(firewall_is_enabled(app(net)));
    assert_int_equal(firewall_n_rules(app(net)), 1);
    net_free(net);
}

static void test_deleted_entry_is_written_again(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);

    (void)state;
    add(net, &r);
    net->switches[0]->n_entries = 0;
    net_disconnect(net, 0);
    net_connect(net, 0);
    net_settle(net);
    assert_int_equal(n_entries(net, 0), 1);
    net_free(net);
}

static bool is_odd(const struct firewall_rule *r)
{
    return r->priority % 2 == 1;
}

static void test_clear_takes_some_or_all(void **state)
{
    struct net *net = firewall_net(OF_VERSION_1_3, 1);
    struct firewall_rule r = to_ip(FIREWALL_DENY, 1, net, 2);
    size_t n;

    (void)state;
    for (r.priority = 1; r.priority <= 5; r.priority++) {
        add(net, &r);
    }
    assert_int_equal(firewall_clear(app(net), is_odd, &n), ERR_OK);
    assert_int_equal(n, 3);
    assert_int_equal(firewall_clear(app(net), NULL, &n), ERR_OK);
    assert_int_equal(n, 2);
    settle(net);
    assert_int_equal(n_entries(net, 0), 0);
    net->firewall.max_rules = 1;
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invalid_rules_name_their_field),
        cmocka_unit_test(test_equal_rule_is_refused),
        cmocka_unit_test(test_shadowed_rule_is_told),
        cmocka_unit_test(test_rules_keep_their_order_when_slots_run_out),
        cmocka_unit_test(test_disabled_firewall_has_no_entries),
        cmocka_unit_test(test_without_rules_no_packet_in_is_looked_at),
        cmocka_unit_test(test_counters_come_from_switches),
        cmocka_unit_test(test_rules_survive_a_restart_and_entries_stay),
        cmocka_unit_test(test_entries_of_removed_rules_leave_when_the_switch_is_back),
        cmocka_unit_test(test_unusable_stored_rules_are_left_out),
        cmocka_unit_test(test_what_cannot_be_remembered_is_not_done),
        cmocka_unit_test(test_deleted_entry_is_written_again),
        cmocka_unit_test(test_clear_takes_some_or_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
