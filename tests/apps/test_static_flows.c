/* Entries that an operator wants: given, checked, written, remembered, repaired, taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/static_flows.h"
#include "controller/core/ctl_api.h"
#include "tests/apps/net.h"

#define PRIORITY 23850

static struct net *two_switches(uint8_t version)
{
    struct net *net = net_new(5);

    net_add_switch(net, version);
    net_add_switch(net, version);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 10);
    net_add_host(net, 1, 10);
    net_start(net);
    return net;
}

static void *app(struct net *net)
{
    return ctl_module_state(net->ctl, "static_flows");
}

static struct of_action out_3;

/* To 10.3.0.0/16, out at port 3. */
static struct static_flow flow(dpid_t dpid, const char *name)
{
    struct static_flow f = {.dpid = dpid, .name = name, .is_enabled = true};

    out_3 = of_output(3);
    f.spec.priority = PRIORITY;
    OF_MATCH_SET(&f.spec.match, ETH_TYPE, eth_type, 0x0800);
    f.spec.match.present |= OF_BIT(IPV4_DST);
    f.spec.match.masked |= OF_BIT(IPV4_DST);
    f.spec.match.v.ipv4_dst = 0x0a030000;
    f.spec.match.m.ipv4_dst = 0xffff0000;
    f.spec.ins = of_apply(&out_3, 1);
    return f;
}

static enum err put(struct net *net, const struct static_flow *f)
{
    enum err err = static_flows_put(app(net), f, NULL);

    net_settle(net);
    return err;
}

static void note_state(void *aux, const struct static_flow_info *info)
{
    *(enum static_flow_state *)aux = info->state;
}

static enum static_flow_state state_of(struct net *net, dpid_t dpid, const char *name)
{
    enum static_flow_state state = STATIC_FLOW_REFUSED;

    assert_int_equal(static_flows_find(app(net), dpid, name, note_state, &state), ERR_OK);
    return state;
}

static size_t on_switch(const struct net *net, int sw)
{
    return net_count_entries(net, sw, PRIORITY);
}

static void test_entry_is_written_and_taken_away(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_5};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct net *net = two_switches(versions[i]);
        struct static_flow f = flow(1, "to the lab");

        assert_int_equal(put(net, &f), ERR_OK);
        assert_int_equal(on_switch(net, 0), 1);
        assert_int_equal(state_of(net, 1, "to the lab"), STATIC_FLOW_INSTALLED);
        assert_int_equal(static_flows_remove(app(net), 1, "to the lab"), ERR_OK);
        net_settle(net);
        assert_int_equal(on_switch(net, 0), 0);
        assert_int_equal(static_flows_remove(app(net), 1, "to the lab"), ERR_NOTFOUND);
        net_free(net);
    }
}

/* In the controller that this one succeeds, the same name on another switch moved the entry. */
static void test_names_are_each_switchs_own(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow a = flow(1, "x"), b = flow(2, "x");

    (void)state;
    assert_int_equal(put(net, &a), ERR_OK);
    assert_int_equal(put(net, &b), ERR_OK);
    assert_int_equal(on_switch(net, 0), 1);
    assert_int_equal(on_switch(net, 1), 1);
    net_free(net);
}

static void test_new_match_replaces_the_old_entry(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "x");

    (void)state;
    assert_int_equal(put(net, &f), ERR_OK);
    f.spec.match.v.ipv4_dst = 0x0a040000;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(on_switch(net, 0), 1);
    f.is_enabled = false;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(on_switch(net, 0), 0);
    assert_int_equal(state_of(net, 1, "x"), STATIC_FLOW_DISABLED);
    assert_int_equal(static_flows_enable(app(net), 1, "x", true), ERR_OK);
    net_settle(net);
    assert_int_equal(on_switch(net, 0), 1);
    assert_int_equal(static_flows_enable(app(net), 1, "x", false), ERR_OK);
    net_settle(net);
    assert_int_equal(on_switch(net, 0), 0);
    assert_int_equal(static_flows_enable(app(net), 2, "x", false), ERR_NOTFOUND);
    net_free(net);
}

/* --- Refused ---------------------------------------------------------------------------------- */

static void refuse(struct net *net, const struct static_flow *f, enum err err, const char *field,
                   const char *text)
{
    struct static_flow_fault fault = {.field = "?"};

    assert_int_equal(static_flows_put(app(net), f, &fault), err);
    assert_string_equal(fault.field, field);
    assert_non_null(strstr(fault.text, text));
    net_settle(net);
    assert_int_equal(on_switch(net, 0), 0);
}

/* There the answer was 200 and a warning, or nothing. */
static void test_bad_entries_are_refused_with_a_reason(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f;
    char long_name[STATIC_FLOW_NAME_LEN + 2];

    (void)state;
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    f = flow(1, "");
    refuse(net, &f, ERR_RANGE, "name", "printable");
    f = flow(1, long_name);
    refuse(net, &f, ERR_RANGE, "name", "printable");
    f = flow(1, "tab\t");
    refuse(net, &f, ERR_RANGE, "name", "printable");
    f = flow(1, "x");
    f.spec.priority = PRIORITY_STATIC_MAX + 1;
    refuse(net, &f, ERR_RANGE, "priority", "39999");
    f.spec.priority = PRIORITY_STATIC_MIN - 1;
    refuse(net, &f, ERR_RANGE, "priority", "1001");
    f = flow(1, "x");
    f.spec.table_id = OF_TABLE_ALL;
    refuse(net, &f, ERR_RANGE, "table_id", "254");
    f = flow(1, "no eth_type");
    f.spec.match.present &= ~OF_BIT(ETH_TYPE);
    refuse(net, &f, ERR_RANGE, "match", "PREREQ");
    net_free(net);
}

static void test_what_the_version_cannot_say_is_refused(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_0);
    struct static_flow f = flow(1, "x");

    (void)state;
    f.spec.table_id = 1;
    refuse(net, &f, ERR_RANGE, "entry", "OpenFlow of the switch");
    f = flow(1, "x");
    f.spec.match.present |= OF_BIT(METADATA);
    f.spec.match.v.metadata = 2385;
    refuse(net, &f, ERR_RANGE, "entry", "OpenFlow of the switch");
    net_free(net);
}

static void test_two_names_may_not_have_one_place(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "first"), g = flow(1, "second");
    struct static_flow_fault fault;

    (void)state;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(static_flows_put(app(net), &g, &fault), ERR_EXISTS);
    assert_non_null(strstr(fault.text, "first"));
    assert_int_equal(on_switch(net, 0), 1);
    net_free(net);
}

static void test_there_is_a_limit(void **state)
{
    struct net *net = net_new(5);
    struct static_flow f = flow(1, "x"), g = flow(2, "x");

    (void)state;
    net_add_switch(net, OF_VERSION_1_3);
    net->static_flows.max_flows = 1;
    net_start(net);
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(put(net, &g), ERR_FULL);
    assert_int_equal(put(net, &f), ERR_OK);
    net_free(net);
}

/* --- Staying ---------------------------------------------------------------------------------- */

static void test_entries_survive_reconnects_and_restarts(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "x"), off = flow(2, "off");

    (void)state;
    off.is_enabled = false;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(put(net, &off), ERR_OK);
    net_disconnect(net, 0);
    net->switches[0]->n_entries = 0; /* It has been switched off. */
    net_connect(net, 0);
    net_advance(net, NS_PER_S);
    assert_int_equal(on_switch(net, 0), 1);
    net_stop_controller(net);
    net->switches[0]->n_entries = 0;
    net_start(net);
    assert_int_equal(on_switch(net, 0), 1);
    assert_int_equal(on_switch(net, 1), 0);
    assert_int_equal(state_of(net, 1, "x"), STATIC_FLOW_INSTALLED);
    assert_int_equal(state_of(net, 2, "off"), STATIC_FLOW_DISABLED);
    net_free(net);
}

static void test_switch_that_is_not_there_gets_it_later(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(2, "x");

    (void)state;
    net_disconnect(net, 1);
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(state_of(net, 2, "x"), STATIC_FLOW_WAITING);
    net_connect(net, 1);
    net_advance(net, NS_PER_S);
    assert_int_equal(on_switch(net, 1), 1);
    f = flow(77, "never seen");
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(state_of(net, 77, "never seen"), STATIC_FLOW_WAITING);
    net_free(net);
}

static void test_removed_while_the_switch_was_away(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "x");

    (void)state;
    assert_int_equal(put(net, &f), ERR_OK);
    net_disconnect(net, 0);
    assert_int_equal(static_flows_clear(app(net), NULL, NULL), ERR_OK);
    net_connect(net, 0);
    net_advance(net, NS_PER_S);
    assert_int_equal(on_switch(net, 0), 0);
    net_free(net);
}

static void test_full_switch_makes_it_wait(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "x");

    (void)state;
    net->switches[0]->max_entries = net->switches[0]->n_entries;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(on_switch(net, 0), 0);
    assert_int_equal(state_of(net, 1, "x"), STATIC_FLOW_WAITING);
    net_free(net);
}

static void test_expired_entry_stays_known(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct static_flow f = flow(1, "x");

    (void)state;
    f.spec.hard_timeout_s = 7;
    assert_int_equal(put(net, &f), ERR_OK);
    assert_int_equal(state_of(net, 1, "x"), STATIC_FLOW_INSTALLED);
    net_advance(net, 8 * NS_PER_S);
    assert_int_equal(on_switch(net, 0), 0);
    assert_int_equal(state_of(net, 1, "x"), STATIC_FLOW_EXPIRED);
    assert_int_equal(static_flows_enable(app(net), 1, "x", true), ERR_OK);
    net_settle(net);
    assert_int_equal(on_switch(net, 0), 1);
    net_free(net);
}

static void test_unusable_stored_entries_are_left_out(void **state)
{
    static const char *const bad[][2] = {
        {"x", "1 1 06"},
        {"0000000000000001/", "1 1 0600000000000000"},
        {"0000000000000001/a", "nonsense"},
        {"0000000000000001/b", "1 1 zz00000000000000"},
        {"0000000000000001/c", "1 1 0402000800000000"},
        {"0000000000000001/d", "1 1 040e000800000000"},
    };
    struct net *net = net_new(5);
    size_t n = 0;

    (void)state;
    net_add_switch(net, OF_VERSION_1_3);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(net->store.put(net->store.aux, "static_flows", bad[i][0], bad[i][1]),
                         ERR_OK);
    }
    net_start(net);
    assert_int_equal(static_flows_clear(app(net), NULL, &n), ERR_OK);
    assert_int_equal(n, 0);
    net_free(net);
}

/* --- Views ------------------------------------------------------------------------------------ */

struct listing {
    char text[128];
    size_t n_actions;
};

static void list(void *aux, const struct static_flow_info *info)
{
    struct listing *l = aux;

    strcat(l->text, info->flow.name);
    l->n_actions += info->flow.spec.ins.apply.n;
}

static void test_lists_are_in_order(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    static const char *const names[] = {"c", "a", "b"};
    const dpid_t first = 1;
    struct listing l = {{0}, 0};
    size_t n;

    (void)state;
    for (uint16_t i = 0; i < 3; i++) {
        struct static_flow f = flow(i == 1 ? 2 : 1, names[i]);

        f.spec.priority = (uint16_t)(PRIORITY + i);
        assert_int_equal(put(net, &f), ERR_OK);
    }
    static_flows_each(app(net), NULL, list, &l);
    assert_string_equal(l.text, "bca");
    assert_int_equal(l.n_actions, 3);
    static_flows_each(app(net), &first, list, &l);
    assert_string_equal(l.text, "bcabc");
    assert_int_equal(static_flows_clear(app(net), &first, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(static_flows_find(app(net), 1, "b", list, &l), ERR_NOTFOUND);
    assert_string_equal(static_flow_state_name(STATIC_FLOW_EXPIRED), "expired");
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry_is_written_and_taken_away),
        cmocka_unit_test(test_names_are_each_switchs_own),
        cmocka_unit_test(test_new_match_replaces_the_old_entry),
        cmocka_unit_test(test_bad_entries_are_refused_with_a_reason),
        cmocka_unit_test(test_what_the_version_cannot_say_is_refused),
        cmocka_unit_test(test_two_names_may_not_have_one_place),
        cmocka_unit_test(test_there_is_a_limit),
        cmocka_unit_test(test_entries_survive_reconnects_and_restarts),
        cmocka_unit_test(test_switch_that_is_not_there_gets_it_later),
        cmocka_unit_test(test_removed_while_the_switch_was_away),
        cmocka_unit_test(test_full_switch_makes_it_wait),
        cmocka_unit_test(test_expired_entry_stays_known),
        cmocka_unit_test(test_unusable_stored_entries_are_left_out),
        cmocka_unit_test(test_lists_are_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
