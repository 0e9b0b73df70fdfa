/* Logical networks: what the operator may ask for, who is a member, and who reaches whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

static void *lnm(struct net *net)
{
    return ctl_module_state(net->ctl, "logical_networks");
}

/* Hosts 0 and 1 at switch 0, host 2 at switch 1, host 3 at switch 2, in a ring. */
static struct net *ring(uint8_t version)
{
    struct net *net = net_new(version);

    net_add_switches(net, 3, version);
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 1, 2, 2, 1);
    net_add_link(net, 2, 2, 0, 2);
    net_add_host(net, 0, 10);
    net_add_host(net, 0, 11);
    net_add_host(net, 1, 10);
    net_add_host(net, 2, 10);
    net_start(net);
    return net;
}

static void rule(struct net *net, uint16_t id, const char *text)
{
    struct network_rule r;

    assert_int_equal(network_rule_parse(text, &r), ERR_OK);
    assert_int_equal(networks_rule_add(lnm(net), id, &r), ERR_OK);
}

static enum err unrule(struct net *net, uint16_t id, const char *text)
{
    struct network_rule r;

    assert_int_equal(network_rule_parse(text, &r), ERR_OK);
    return networks_rule_remove(lnm(net), id, &r);
}

static void expect_in(struct net *net, int host, const char *expected)
{
    char text[64] = "";
    size_t n;
    const uint16_t *ids = networks_of(lnm(net), net->hosts[host].mac, &n);

    for (size_t i = 0; i < n; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i ? "," : "", ids[i]);
    }
    assert_string_equal(text, expected);
}

static bool leads(const struct net *net, int from, int to)
{
    const struct net_host *h = &net->hosts[from];

    return net_walk(net, from, to, h->sw, h->port, 0) == NET_AT_HOST;
}

static unsigned send(struct net *net, int from, int to, uint32_t number)
{
    net_send(net, from, to, number);
    net_settle(net);
    return net_count(net, to, number);
}

/* Lab (2) is host 0 by its port, guests (3) host 2 by its MAC address, staff (4) host 3 by its prefix. */
static struct net *three_networks(uint8_t version)
{
    struct net *net = ring(version);

    assert_int_equal(networks_create(lnm(net), 2, "lab"), ERR_OK);
    assert_int_equal(networks_create(lnm(net), 3, "guests"), ERR_OK);
    assert_int_equal(networks_create(lnm(net), 4, "staff"), ERR_OK);
    rule(net, 2, "port 0000000000000001-10");
    rule(net, 3, "mac 02:00:00:00:01:02");
    rule(net, 4, "ip 10.0.0.4/32");
    net_announce_all(net);
    return net;
}

/* --- Networks --------------------------------------------------------------------------------- */

static void test_every_error(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    struct network_rule r;
    char name[NETWORK_NAME_LEN + 2];

    (void)state;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(networks_create(lnm(net), 0, "a"), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), NETWORK_MAX + 1, "a"), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), 2, ""), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), 2, " a"), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), 2, "a\n"), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), 2, name), ERR_RANGE);
    assert_int_equal(networks_create(lnm(net), 1, "a"), ERR_EXISTS);
    assert_int_equal(networks_create(lnm(net), 2, "default"), ERR_EXISTS);
    assert_int_equal(networks_create(lnm(net), 2, name + 1), ERR_OK);
    assert_int_equal(networks_create(lnm(net), NETWORK_MAX, "last"), ERR_OK);
    assert_int_equal(networks_rename(lnm(net), 3, "x"), ERR_NOTFOUND);
    assert_int_equal(networks_rename(lnm(net), 2, "last"), ERR_EXISTS);
    assert_int_equal(networks_rename(lnm(net), 2, ""), ERR_RANGE);
    assert_int_equal(networks_rename(lnm(net), 2, name + 1), ERR_OK);
    assert_int_equal(networks_delete(lnm(net), 1), ERR_STATE);
    assert_int_equal(networks_delete(lnm(net), 3), ERR_NOTFOUND);
    assert_int_equal(network_rule_parse("mac 02:00:00:00:01:07", &r), ERR_OK);
    assert_int_equal(networks_rule_add(lnm(net), 3, &r), ERR_NOTFOUND);
    assert_int_equal(networks_rule_remove(lnm(net), 2, &r), ERR_NOTFOUND);
    assert_int_equal(networks_rule_add(lnm(net), 2, &r), ERR_OK);
    assert_int_equal(networks_rule_add(lnm(net), 2, &r), ERR_EXISTS);
    r.mac.b[0] = 1;
    assert_int_equal(networks_rule_add(lnm(net), 2, &r), ERR_RANGE);
    assert_int_equal(networks_block(lnm(net), 2, 2), ERR_STATE);
    net_free(net);
}

static void test_an_unknown_network_is_an_error(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    assert_int_equal(networks_block(lnm(net), 1, 77), ERR_NOTFOUND);
    assert_int_equal(networks_block(lnm(net), 77, 1), ERR_NOTFOUND);
    assert_int_equal(networks_unblock(lnm(net), 77, 1), ERR_NOTFOUND);
    assert_int_equal(networks_block(lnm(net), 1, 65535), ERR_NOTFOUND);
    assert_int_equal(networks_isolate(lnm(net), 77, true), ERR_NOTFOUND);
    assert_false(networks_are_blocked(lnm(net), 1, 77));
    net_free(net);
}

static void count_rule(void *aux, const struct network_rule *r)
{
    (void)r;
    ++*(size_t *)aux;
}

static void test_renaming_keeps_rules_and_members(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    struct network_info info;
    size_t n = 0;

    (void)state;
    assert_int_equal(networks_rename(lnm(net), 2, "laboratory"), ERR_OK);
    assert_true(networks_get(lnm(net), 2, &info));
    assert_string_equal(info.name, "laboratory");
    assert_int_equal(info.n_rules, 1);
    assert_int_equal(info.n_members, 1);
    networks_rules(lnm(net), 2, count_rule, &n);
    assert_int_equal(n, 1);
    assert_int_equal(networks_find(lnm(net), "laboratory"), 2);
    assert_int_equal(networks_find(lnm(net), "lab"), 0);
    expect_in(net, 0, "2");
    net_free(net);
}

static void test_blocks_are_symmetric_and_idempotent(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    struct network_info info;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(networks_block(lnm(net), 3, 2), ERR_OK);
        assert_true(networks_are_blocked(lnm(net), 2, 3));
        assert_true(networks_are_blocked(lnm(net), 3, 2));
        assert_true(networks_get(lnm(net), 2, &info) && info.n_blocked == 1);
        assert_true(networks_get(lnm(net), 3, &info) && info.n_blocked == 1);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(networks_unblock(lnm(net), 2, 3), ERR_OK);
        assert_false(networks_are_blocked(lnm(net), 2, 3));
        assert_false(networks_are_blocked(lnm(net), 3, 2));
        assert_true(networks_get(lnm(net), 3, &info) && info.n_blocked == 0);
    }
    net_free(net);
}

static void test_deleting_forgets_everything(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    struct network_info info;

    (void)state;
    networks_block(lnm(net), 2, 3);
    networks_isolate(lnm(net), 2, true);
    assert_int_equal(networks_delete(lnm(net), 2), ERR_OK);
    expect_in(net, 0, "1");
    assert_true(networks_get(lnm(net), 3, &info) && info.n_blocked == 0);
    assert_int_equal(networks_create(lnm(net), 2, "new"), ERR_OK);
    assert_true(networks_get(lnm(net), 2, &info) && info.n_rules == 0 && !info.isolated);
    assert_false(networks_are_blocked(lnm(net), 2, 3));
    net_settle(net);
    assert_int_equal(send(net, 0, 2, 1), 1);
    net_free(net);
}

/* --- Rules and members ------------------------------------------------------------------------ */

static void test_rules_as_text(void **state)
{
    static const struct {
        const char *text, *printed;
        enum err err;
    } table[] = {
        {"port 0000000000000001-10", "port 0000000000000001-10", ERR_OK},
        {"port 1-10", NULL, ERR_SYNTAX},
        {"port 0000000000000001-", NULL, ERR_SYNTAX},
        {"port 0000000000000001-1x", NULL, ERR_SYNTAX},
        {"port 0000000000000001-0", NULL, ERR_RANGE},
        {"port 0000000000000001-4294967295", NULL, ERR_RANGE},
        {"port 0000000000000001-9999999999", NULL, ERR_RANGE},
        {"mac 02:AB:00:00:01:02", "mac 02:ab:00:00:01:02", ERR_OK},
        {"mac 03:00:00:00:01:02", NULL, ERR_RANGE},
        {"mac 00:00:00:00:00:00", NULL, ERR_RANGE},
        {"mac 02:00:00:00:01", NULL, ERR_SYNTAX},
        {"mac 02:00:00:00:01:02:", NULL, ERR_SYNTAX},
        {"ip 10.2.3.0/24", "ip 10.2.3.0/24", ERR_OK},
        {"ip 10.2.3.85", "ip 10.2.3.85/32", ERR_OK},
        {"ip 10.2.3.4/24", NULL, ERR_RANGE},
        {"ip 10.2.3.0/33", NULL, ERR_RANGE},
        {"ip 10.2.3.0/", NULL, ERR_SYNTAX},
        {"ip 10.2.3", NULL, ERR_SYNTAX},
        {"ip 2001:db8:85::/48", "ip 2001:db8:85::/48", ERR_OK},
        {"ip 2001:db8::1", "ip 2001:db8::1/128", ERR_OK},
        {"ip 2001:db8::1/64", NULL, ERR_RANGE},
        {"ip ::/0", "ip ::/0", ERR_OK},
        {"vlan 7", NULL, ERR_SYNTAX},
        {"", NULL, ERR_SYNTAX},
    };
    char printed[NETWORK_RULE_TEXT];
    struct network_rule r;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(network_rule_parse(table[i].text, &r), table[i].err);
        if (!table[i].err) {
            network_rule_print(&r, printed);
            assert_string_equal(printed, table[i].printed);
        }
    }
}

static void test_members_by_port_address_and_prefix(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    expect_in(net, 0, "2");
    expect_in(net, 1, "1");
    expect_in(net, 2, "3");
    expect_in(net, 3, "4");
    rule(net, 3, "mac 02:00:00:00:01:00");
    rule(net, 4, "ip 10.0.0.0/24");
    expect_in(net, 0, "2,3,4");
    expect_in(net, 1, "4");
    rule(net, 3, "ip 10.0.0.2/31"); /* The longer prefix counts. */
    expect_in(net, 2, "3");
    assert_int_equal(unrule(net, 4, "ip 10.0.0.0/24"), ERR_OK);
    expect_in(net, 0, "2,3");
    assert_int_equal(unrule(net, 3, "mac 02:00:00:00:01:00"), ERR_OK);
    assert_int_equal(unrule(net, 2, "port 0000000000000001-10"), ERR_OK);
    expect_in(net, 0, "1");
    net_free(net);
}

static void test_members_by_ipv6_prefix(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    rule(net, 2, "ip fd00::8500:0:0:0/80");
    expect_in(net, 1, "1");
    net_send_ipv6(net, 1, 3, 5);
    net_settle(net);
    expect_in(net, 1, "2");
    net_free(net);
}

static void test_membership_follows_the_host(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    rule(net, 4, "port 0000000000000003-21"); /* Nobody is there yet. */
    net_host_move(net, 0, 2, 21);
    net_advance(net, 600 * NS_PER_MS);
    net_arp_announce(net, 0);
    net_advance(net, 5 * NS_PER_S);
    net_arp_announce(net, 0);
    net_settle(net);
    expect_in(net, 0, "4");
    net->hosts[1].ip = 0x0a000004; /* Takes the address over. */
    net->hosts[3].ip = 0x0a000063;
    net_arp_announce(net, 3);
    net_arp_announce(net, 1);
    net_advance(net, 5 * NS_PER_S);
    net_arp_announce(net, 1);
    net_settle(net);
    expect_in(net, 1, "4");
    expect_in(net, 3, "1"); /* And whoever had it is no member by it. */
    net_free(net);
}

static void collect(void *aux, const struct host *host)
{
    uint64_t *bits = aux;

    *bits |= UINT64_C(1) << host_mac(host).b[5];
}

static void test_members_are_all_listed(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    uint64_t bits = 0;

    (void)state;
    rule(net, 2, "mac 02:00:00:00:01:01");
    rule(net, 2, "ip 10.0.0.3");
    networks_members(lnm(net), 2, collect, &bits);
    assert_int_equal(bits, 0x7);
    rule(net, 2, "ip 10.0.0.4"); /* In 4 by the same prefix, too. */
    networks_members(lnm(net), 2, collect, &bits);
    assert_int_equal(bits, 0xf);
    net_free(net);
}

static size_t n_members(struct net *net, uint16_t id)
{
    struct network_info info;

    assert_true(networks_get(lnm(net), id, &info));
    return info.n_members;
}

static size_t bytes(struct net *net)
{
    return logical_networks_module.memory(lnm(net));
}

static void expect_nobody_kept(struct net *net, size_t least)
{
    uint64_t bits = 0;

    assert_in_range(bytes(net), least, least + 400); /* The index of rules does not shrink. */
    assert_int_equal(n_members(net, 1), net->n_hosts);
    networks_members(lnm(net), 1, collect, &bits);
    assert_int_equal(bits, 0xf);
    for (int i = 0; i < (int)net->n_hosts; i++) {
        expect_in(net, i, "1");
    }
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_NETWORK_MISS), 0);
}

/* Hosts are kept from the first rule to the last, however that goes. */
static void test_without_rules_nobody_is_kept(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    size_t least = bytes(net), n;

    (void)state;
    net_announce_all(net);
    expect_nobody_kept(net, least);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(networks_create(lnm(net), 2, "lab"), ERR_OK);
        expect_nobody_kept(net, least);
        rule(net, 2, "port 0000000000000001-10");
        rule(net, 2, "ip 10.0.0.3");
        net_settle(net);
        assert_true(bytes(net) > least + 1000);
        assert_int_equal(n_members(net, 1), 2);
        assert_int_equal(n_members(net, 2), 2);
        expect_in(net, 0, "2");
        expect_in(net, 1, "1");
        expect_in(net, 2, "2");
        assert_int_equal(net_count_entries(net, 0, PRIORITY_NETWORK_MISS), 1);
        if (round % 2) {
            assert_int_equal(unrule(net, 2, "ip 10.0.0.3"), ERR_OK);
            assert_int_equal(unrule(net, 2, "port 0000000000000001-10"), ERR_OK);
            expect_nobody_kept(net, least);
        }
        assert_int_equal(networks_delete(lnm(net), 2), ERR_OK);
        expect_nobody_kept(net, least);
    }
    assert_null(networks_of(lnm(net), ETH_ADDR_BROADCAST, &n));
    assert_int_equal(n, 0);
    net_free(net);
}

/* A rule that is about nobody changes no answer. */
static void test_answers_without_rules(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    struct eth_addr nobody = {{2, 3, 8, 5, 0, 0}};

    (void)state;
    net_announce_all(net);
    assert_int_equal(networks_create(lnm(net), 2, "lab"), ERR_OK);
    assert_int_equal(networks_isolate(lnm(net), 1, true), ERR_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            const struct net_host *h = &net->hosts[i];
            dpid_t dpid = net->switches[h->sw]->dpid;

            assert_true(networks_is_guarded(lnm(net), h->mac));
            assert_true(networks_has_sender(lnm(net), 1, dpid, h->port, h->mac));
            assert_false(networks_has_sender(lnm(net), 2, dpid, h->port, h->mac));
            assert_true(networks_may_talk(lnm(net), dpid, h->port, h->mac, nobody));
            assert_int_equal(send(net, i, (i + 1) % 4, (uint32_t)(10 * round + i + 1)), 1);
            assert_true(leads(net, i, (i + 1) % 4));
        }
        assert_true(networks_is_guarded(lnm(net), nobody));
        if (round == 0) {
            rule(net, 2, "mac 02:03:08:05:00:01");
        }
    }
    net_free(net);
}

/* --- Entries of ports ------------------------------------------------------------------------- */

static const struct net_entry *port_entry(const struct net *net, int sw, unsigned port)
{
    const struct net_switch *s = net->switches[sw];

    for (size_t i = 0; i < s->n_entries; i++) {
        if (s->entries[i].priority == PRIORITY_NETWORK_MISS &&
            s->entries[i].match.v.in_port == port) {
            return &s->entries[i];
        }
    }
    return NULL;
}

static void test_cookies_tell_the_source(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    struct networks_counters before;

    (void)state;
    assert_int_equal(flow_cookie_value(port_entry(net, 0, 10)->cookie), 2);
    assert_int_equal(flow_cookie_value(port_entry(net, 1, 10)->cookie), 3);
    assert_int_equal(port_entry(net, 0, 10)->match.present, OF_BIT(IN_PORT));
    assert_null(port_entry(net, 0, 11));
    networks_block(lnm(net), 2, 4);
    net_settle(net);
    before = networks_counters(lnm(net));
    assert_int_equal(send(net, 0, 3, 1), 0);
    assert_int_equal(networks_counters(lnm(net)).by_cookie, before.by_cookie + 1);
    assert_int_equal(networks_counters(lnm(net)).by_lookup, before.by_lookup);
    net_free(net);
}

static void test_without_cookies_the_sender_is_looked_up(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_0);

    (void)state;
    networks_block(lnm(net), 2, 4);
    net_settle(net);
    assert_int_equal(send(net, 0, 3, 1), 0);
    assert_int_equal(networks_counters(lnm(net)).by_cookie, 0);
    assert_true(networks_counters(lnm(net)).by_lookup > 0);
    net_free(net);
}

static void test_a_port_that_is_none_keeps_its_other_entries(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    size_t n_drops;

    (void)state;
    networks_block(lnm(net), 2, 4);
    net_settle(net);
    assert_int_equal(send(net, 0, 3, 1), 0);
    n_drops = net_count_entries(net, 0, PRIORITY_NETWORK_BLOCK);
    assert_int_equal(n_drops, 1);
    rule(net, 3, "port 0000000000000001-10"); /* Another cookie: two networks. */
    net_settle(net);
    assert_int_equal(flow_cookie_value(port_entry(net, 0, 10)->cookie), 0);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_NETWORK_BLOCK), n_drops);
    assert_int_equal(unrule(net, 3, "port 0000000000000001-10"), ERR_OK);
    assert_int_equal(unrule(net, 2, "port 0000000000000001-10"), ERR_OK);
    net_settle(net);
    assert_null(port_entry(net, 0, 10));
    net_free(net);
}

/* --- Who reaches whom ------------------------------------------------------------------------- */

static void block_and_unblock(uint8_t version)
{
    struct net *net = three_networks(version);

    assert_int_equal(send(net, 0, 3, 1), 1);
    assert_int_equal(send(net, 1, 3, 2), 1);
    assert_int_equal(send(net, 0, 2, 3), 1);
    assert_true(leads(net, 0, 3) && leads(net, 0, 2));
    networks_block(lnm(net), 2, 4);
    net_advance(net, 0);
    assert_true(networks_is_settled(lnm(net)));
    assert_false(leads(net, 0, 3));          /* At once... */
    assert_true(leads(net, 0, 2));           /* ...and only this. */
    assert_int_equal(send(net, 1, 3, 4), 1); /* Nobody else loses a frame. */
    assert_true(leads(net, 1, 3));
    assert_int_equal(send(net, 0, 3, 5), 0);
    assert_int_equal(send(net, 3, 0, 6), 0);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_NETWORK_BLOCK), 1);
    assert_int_equal(send(net, 0, 3, 7), 0);
    assert_int_equal(networks_counters(lnm(net)).blocked, 2); /* The entry drops the second one. */
    networks_unblock(lnm(net), 2, 4);
    net_advance(net, 0);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_NETWORK_BLOCK), 0);
    assert_int_equal(send(net, 0, 3, 8), 1);
    assert_int_equal(send(net, 3, 0, 9), 1);
    net_free(net);
}

static void test_blocking_removes_these_flows_and_no_others(void **state)
{
    (void)state;
    block_and_unblock(OF_VERSION_1_3);
    block_and_unblock(OF_VERSION_1_0);
}

static void test_isolation(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    rule(net, 2, "mac 02:00:00:00:01:03"); /* Host 3 is in 2 and 4. */
    networks_isolate(lnm(net), 2, true);
    net_advance(net, 0);
    assert_int_equal(send(net, 0, 1, 1), 0);
    assert_int_equal(send(net, 1, 0, 2), 0);
    assert_int_equal(send(net, 0, 2, 3), 0);
    assert_int_equal(send(net, 2, 3, 4), 0);
    assert_int_equal(send(net, 0, 3, 5), 1); /* They share a network. */
    assert_int_equal(send(net, 3, 0, 6), 1);
    assert_int_equal(send(net, 1, 2, 7), 1);
    networks_create(lnm(net), 85, "later"); /* From the beginning. */
    rule(net, 85, "mac 02:00:00:00:01:01");
    net_advance(net, 0);
    assert_int_equal(send(net, 0, 1, 8), 0);
    networks_isolate(lnm(net), 2, false);
    net_advance(net, 0);
    assert_int_equal(send(net, 0, 1, 9), 1);
    net_free(net);
}

static unsigned n_replies(const struct net *net, int host)
{
    unsigned n = 0;

    for (size_t i = 0; i < net->hosts[host].n_seen; i++) {
        n += net->hosts[host].seen[i].is_arp && net->hosts[host].seen[i].arp_op == PKT_ARP_REPLY;
    }
    return n;
}

static void test_nobody_is_told_whom_he_may_not_reach(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    networks_block(lnm(net), 2, 4);
    net_advance(net, 0);
    net_arp_request(net, 0, net->hosts[3].ip);
    net_settle(net);
    assert_int_equal(n_replies(net, 0), 0);
    net_arp_request(net, 1, net->hosts[3].ip);
    net_arp_request(net, 0, net->hosts[2].ip);
    net_settle(net);
    assert_int_equal(n_replies(net, 1), 1);
    assert_int_equal(n_replies(net, 0), 1);
    net_free(net);
}

static void test_nobody_asks_whom_he_may_not_reach(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    networks_create(lnm(net), 2, "lab");
    networks_create(lnm(net), 4, "staff");
    rule(net, 2, "port 0000000000000001-10");
    rule(net, 4, "port 0000000000000003-10");
    networks_block(lnm(net), 2, 4);
    net_settle(net);
    net_arp_request(net, 0, net->hosts[3].ip); /* Whom nobody has heard yet. */
    net_settle(net);
    assert_int_equal(net->hosts[3].n_seen, 0);
    assert_int_equal(net->hosts[2].n_seen, 1);
    assert_int_equal(send(net, 0, 3, 1), 0);
    net_free(net);
}

static void test_broadcast_stays_among_members(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);

    (void)state;
    rule(net, 2, "mac 02:00:00:00:01:02");
    net_settle(net);
    net_send_via(net, 0, 2, ETH_ADDR_BROADCAST, 77);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 77), 1);
    assert_int_equal(net_count(net, 1, 77), 0);
    assert_int_equal(net_count(net, 3, 77), 0);
    net_send_via(net, 1, 2, ETH_ADDR_BROADCAST, 78); /* Nobody else is in network 1. */
    net_settle(net);
    assert_int_equal(net_count(net, 2, 78) + net_count(net, 0, 78) + net_count(net, 3, 78), 0);
    net_free(net);
}

/* --- Restart ---------------------------------------------------------------------------------- */

static void test_everything_is_remembered(void **state)
{
    struct net *net = three_networks(OF_VERSION_1_3);
    struct network_info info;

    (void)state;
    networks_block(lnm(net), 2, 4);
    networks_isolate(lnm(net), 3, true);
    networks_rename(lnm(net), 1, "campus");
    networks_create(lnm(net), 9, "gone");
    networks_delete(lnm(net), 9);
    net_settle(net);
    net->stored[net->n_stored].table[0] = '\0';
    snprintf(net->stored[net->n_stored].table, sizeof net->stored[0].table, "network_rules");
    snprintf(net->stored[net->n_stored++].key, sizeof net->stored[0].key, "0002 nonsense");
    net_stop_controller(net);
    net_start_controller(net);
    assert_true(networks_get(lnm(net), 1, &info));
    assert_string_equal(info.name, "campus");
    assert_true(networks_get(lnm(net), 2, &info));
    assert_string_equal(info.name, "lab");
    assert_int_equal(info.n_rules, 1);
    assert_true(networks_get(lnm(net), 3, &info) && info.isolated);
    assert_false(networks_get(lnm(net), 9, &info));
    assert_true(networks_are_blocked(lnm(net), 2, 4));
    for (int i = 0; i < 3; i++) {
        net_connect(net, i);
    }
    net_advance(net, NS_PER_S);
    net_announce_all(net);
    expect_in(net, 3, "4");
    assert_int_equal(send(net, 0, 3, 1), 0);
    assert_int_equal(send(net, 0, 1, 2), 1);
    net_free(net);
}

static void test_without_a_store_nothing_is_remembered(void **state)
{
    struct net *net = net_new(7);

    (void)state;
    net->with_store = false;
    net_start(net);
    assert_int_equal(networks_create(lnm(net), 2, "lab"), ERR_OK);
    net_stop_controller(net);
    net_start_controller(net);
    assert_int_equal(networks_find(lnm(net), "lab"), 0);
    net_free(net);
}

/* --- Size ------------------------------------------------------------------------------------- */

static void test_many(void **state)
{
    struct net *net = net_new(8);
    char name[16];
    struct network_info info;
    size_t n = 0;

    (void)state;
    net->with_store = false;
    net_start(net);
    for (unsigned id = 2; id <= NETWORK_MAX; id++) {
        struct network_rule r = {.type = NETWORK_RULE_IP, .prefix_len = 120};

        snprintf(name, sizeof name, "n%u", id);
        assert_int_equal(networks_create(lnm(net), (uint16_t)id, name), ERR_OK);
        r.ip = (struct ipv6_addr){{[10] = 0xff, 0xff, 10, (uint8_t)(id >> 8), (uint8_t)id, 0}};
        assert_int_equal(networks_rule_add(lnm(net), (uint16_t)id, &r), ERR_OK);
    }
    assert_int_equal(networks_create(lnm(net), NETWORK_MAX, "more"), ERR_EXISTS);
    for (uint64_t i = 0; i < 5000; i++) {
        hosts_restore(net->ctl, eth_addr_from_u64(UINT64_C(0x020000100000) + i), 1 + i / 48,
                      (port_no_t)(1 + i % 48));
    }
    ctl_run(net->ctl);
    assert_true(networks_get(lnm(net), 1, &info));
    n = info.n_members;
    assert_int_equal(n, hosts_count(net->ctl));
    net_free(net);
}

/* Ports whose hosts may all hear each other; who was not heard counts as his port, and with more than 64
 * different ones nobody looks at all pairs. */
static void test_ports_that_mix(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    struct networks_port ports[65];
    char text[NETWORK_RULE_TEXT];

    (void)state;
    for (uint16_t i = 0; i < 65; i++) {
        ports[i] = (struct networks_port){1, 100u + i};
        snprintf(text, sizeof text, "network %u", i);
        assert_int_equal(networks_create(lnm(net), (uint16_t)(23 + i), text), ERR_OK);
        snprintf(text, sizeof text, "port 0000000000000001-%u", 100 + i);
        rule(net, (uint16_t)(23 + i), text);
    }
    assert_true(networks_may_mix(lnm(net), ports, 65)); /* Nothing is blocked. */
    assert_int_equal(networks_block(lnm(net), 1, 24), ERR_OK);
    assert_true(networks_may_mix(lnm(net), ports, 64));
    assert_false(networks_may_mix(lnm(net), ports, 65));
    assert_true(networks_may_mix(lnm(net), ports, 0));
    assert_int_equal(networks_block(lnm(net), 23, 24), ERR_OK);
    assert_false(networks_may_mix(lnm(net), ports, 2));
    assert_true(networks_may_mix(lnm(net), &ports[1], 63));
    assert_true(networks_may_mix(NULL, ports, 2));
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error),
        cmocka_unit_test(test_an_unknown_network_is_an_error),
        cmocka_unit_test(test_renaming_keeps_rules_and_members),
        cmocka_unit_test(test_blocks_are_symmetric_and_idempotent),
        cmocka_unit_test(test_deleting_forgets_everything),
        cmocka_unit_test(test_rules_as_text),
        cmocka_unit_test(test_members_by_port_address_and_prefix),
        cmocka_unit_test(test_members_by_ipv6_prefix),
        cmocka_unit_test(test_membership_follows_the_host),
        cmocka_unit_test(test_members_are_all_listed),
        cmocka_unit_test(test_without_rules_nobody_is_kept),
        cmocka_unit_test(test_answers_without_rules),
        cmocka_unit_test(test_cookies_tell_the_source),
        cmocka_unit_test(test_without_cookies_the_sender_is_looked_up),
        cmocka_unit_test(test_a_port_that_is_none_keeps_its_other_entries),
        cmocka_unit_test(test_blocking_removes_these_flows_and_no_others),
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_nobody_is_told_whom_he_may_not_reach),
        cmocka_unit_test(test_nobody_asks_whom_he_may_not_reach),
        cmocka_unit_test(test_broadcast_stays_among_members),
        cmocka_unit_test(test_everything_is_remembered),
        cmocka_unit_test(test_without_a_store_nothing_is_remembered),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_ports_that_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
