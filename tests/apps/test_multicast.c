/* Multicast: who has said that he listens gets one copy, nobody else gets one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/multicast.h"
#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"
#include "controller/packet/pkt_sum.h"
#include "tests/apps/net.h"

#define GROUP 0xef020355 /* 239.2.3.85 */

static const struct ipv6_addr group6 = {{0xff, 5, [15] = 0x85}};

static void *multicast(struct net *net)
{
    return ctl_module_state(net->ctl, "multicast");
}

static struct multicast_counters counters(struct net *net)
{
    return multicast_counters(multicast(net));
}

static struct interest_domains_counters trees(struct net *net)
{
    return interest_domains_counters(ctl_module_state(net->ctl, "interest_domains"));
}

static struct eth_addr mac_of(uint32_t group)
{
    return eth_addr_from_u64(UINT64_C(0x01005e000000) | (group & 0x7fffff));
}

/* An IGMPv2 message, to the group itself as version 2 has it. */
static void say(struct net *net, int host, uint8_t type, uint32_t group)
{
    const struct net_host *h = &net->hosts[host];
    struct pkt_ends4 ends = {
        .eth_dst = mac_of(group), .eth_src = h->mac, .src = h->ip, .dst = group, .ttl = 1};
    uint8_t msg[8] = {type,
                      0,
                      0,
                      0,
                      (uint8_t)(group >> 24),
                      (uint8_t)(group >> 16),
                      (uint8_t)(group >> 8),
                      (uint8_t)group};
    uint16_t sum = pkt_sum_fold(pkt_sum_add(0, msg, sizeof(msg)));
    struct buf frame = BUF_INIT;

    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    pkt_build_ipv4(&frame, &ends, PKT_PROTO_IGMP, msg, sizeof(msg));
    net_send_frame(net, host, &frame);
    net_advance(net, 100 * NS_PER_MS);
    buf_fini(&frame);
}

static void report(struct net *net, int host)
{
    say(net, host, 0x16, GROUP);
}

static void report6(struct net *net, int host)
{
    const struct net_host *h = &net->hosts[host];
    struct pkt_ends6 ends = {.eth_dst = pkt_ipv6_multicast_eth(&group6),
                             .eth_src = h->mac,
                             .src = {{0xfe, 0x80, [15] = (uint8_t)h->ip}},
                             .dst = group6,
                             .hop_limit = 1};
    uint8_t payload[32] = {PKT_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0, 131};
    struct buf frame = BUF_INIT;
    uint16_t sum;

    memcpy(payload + 16, &group6, sizeof(group6));
    sum = pkt_sum_fold(pkt_sum_add(pkt_sum_pseudo6(0, &ends.src, &ends.dst, PKT_PROTO_ICMP6, 24),
                                   payload + 8, 24));
    payload[10] = (uint8_t)(sum >> 8);
    payload[11] = (uint8_t)sum;
    pkt_build_ipv6(&frame, &ends, PKT_PROTO_HOP, payload, sizeof(payload));
    net_send_frame(net, host, &frame);
    net_advance(net, 100 * NS_PER_MS);
    buf_fini(&frame);
}

/* A ring of four switches with a host each; of two more hosts at switch 0 and 2. */
static struct net *ring(uint8_t version)
{
    struct net *net = net_new(2385);

    net->multicast.enabled = true;
    net_add_ring(net, version, 4);
    net_add_host(net, 0, 11);
    net_add_host(net, 2, 11);
    net_start(net);
    net_advance(net, 2 * NS_PER_S);
    return net;
}

static void send_frame(struct net *net, int from, uint32_t group, bool is_v6, uint32_t number)
{
    const struct net_host *h = &net->hosts[from];
    struct pkt_ends4 ends = {
        .eth_dst = mac_of(group), .eth_src = h->mac, .src = h->ip, .dst = group};
    struct pkt_ends6 ends6 = {.eth_dst = pkt_ipv6_multicast_eth(&group6),
                              .eth_src = h->mac,
                              .src = {{0xfd, [15] = (uint8_t)h->ip}},
                              .dst = group6};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, number);
    if (is_v6) {
        pkt_build_udp6(&frame, &ends6, 2385, 4711, payload.data, payload.len);
    } else {
        pkt_build_udp4(&frame, &ends, 2385, 4711, payload.data, payload.len);
    }
    net_send_frame(net, from, &frame);
    net_advance(net, 100 * NS_PER_MS);
    buf_fini(&payload);
    buf_fini(&frame);
}

static void expect_of(struct net *net, int from, uint32_t group, bool is_v6, unsigned listeners)
{
    static uint32_t number = 1;

    number++;
    send_frame(net, from, group, is_v6, number);
    for (int h = 0; h < (int)net->n_hosts; h++) {
        unsigned want = h != from && (listeners >> h & 1);

        if (net_count(net, h, number) != want) {
            fail_msg("from %d, host %d: %u copies, expected %u", from, h, net_count(net, h, number),
                     want);
        }
    }
    assert_int_equal(net->n_loops, 0);
}

static void expect(struct net *net, int from, unsigned listeners)
{
    expect_of(net, from, GROUP, false, listeners);
}

static void listeners_only(uint8_t version)
{
    struct net *net = ring(version);
    uint64_t before;

    expect(net, 1, 0); /* Nobody listens. */
    assert_int_equal(counters(net).unregistered, 1);
    report(net, 0);
    report(net, 2);
    report(net, 5);
    expect(net, 1, 0x25); /* The first one goes by packet-out... */
    before = counters(net).frames;
    assert_int_equal(before, 1);
    expect(net, 1, 0x25); /* ...the others by entries. */
    expect(net, 2, 0x25);
    expect(net, 0, 0x25);
    assert_int_equal(counters(net).frames, before);
    report(net, 5); /* Still heard though its port has an input. */
    assert_int_equal(counters(net).reports, 4);
    net_advance(net, 130 * NS_PER_S);
    expect(net, 1, 0x25); /* The sender's entry has expired meanwhile. */
    assert_int_equal(counters(net).frames, before + 1);
    net_free(net);
}

static void test_listeners_only(void **state)
{
    (void)state;
    listeners_only(OF_VERSION_1_0);
    listeners_only(OF_VERSION_1_3);
}

static void test_ipv6(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    report6(net, 3);
    report6(net, 4);
    expect_of(net, 0, 0, true, 0x18);
    expect_of(net, 0, 0, true, 0x18);
    expect_of(net, 4, 0, true, 0x18);
    assert_int_equal(counters(net).frames, 1);
    net_free(net);
    net = ring(OF_VERSION_1_0); /* Which cannot look into IPv6. */
    report6(net, 3);
    expect_of(net, 0, 0, true, 0x8);
    expect_of(net, 0, 0, true, 0x8);
    assert_int_equal(counters(net).frames, 2);
    net_free(net);
}

static void test_leave_and_age(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    uint64_t before;

    (void)state;
    report(net, 0);
    report(net, 2);
    before = counters(net).queries_sent;
    say(net, 2, 0x17, GROUP);
    assert_int_equal(counters(net).queries_sent, before + 1);
    report(net, 2); /* Another host at the port answers. */
    net_advance(net, 5 * NS_PER_S);
    expect(net, 1, 0x5);
    say(net, 2, 0x17, GROUP);
    net_advance(net, 3 * NS_PER_S);
    expect(net, 1, 0x1);
    net_advance(net, 261 * NS_PER_S); /* Nobody has answered the general queries. */
    expect(net, 1, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net->switches[i]->n_groups, 0);
    }
    assert_true(counters(net).expired == 2);
    net_free(net);
}

static void test_link_local_is_never_pruned(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    say(net, 0, 0x16, 0xe00000fb);
    expect_of(net, 1, 0xe00000fb, false, 0x3f);
    assert_int_equal(counters(net).reports, 0);
    net_free(net);
}

static void test_routers_get_everything(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    static const struct ipv6_addr none;
    struct buf frame = BUF_INIT;
    uint64_t before;

    (void)state;
    report(net, 0);
    pkt_build_igmp_query(&frame, net->hosts[3].mac, net->hosts[3].ip, &none, 10000, 125);
    net_send_frame(net, 3, &frame);
    net_advance(net, NS_PER_S);
    assert_true(net->hosts[1].n_queries > 0); /* Everybody is asked. */
    expect(net, 1, 0x9);
    expect(net, 1, 0x9);
    expect_of(net, 1, GROUP + 1, false, 0x8);
    before = counters(net).queries_sent;
    net_advance(net, 200 * NS_PER_S);
    assert_int_equal(counters(net).queries_sent, before); /* The router asks. */
    net_advance(net, 100 * NS_PER_S);
    assert_true(counters(net).queries_sent > before);
    buf_fini(&frame);
    net_free(net);
}

static void test_limits(void **state)
{
    struct net *net = net_new(7);

    (void)state;
    net->multicast.enabled = true;
    net->multicast.max_per_port = 3;
    net->multicast.max_groups = 4;
    net_add_switch(net, OF_VERSION_1_3);
    net_add_host(net, 0, 1);
    net_add_host(net, 0, 2);
    net_start(net);
    for (uint32_t i = 0; i < 4; i++) {
        say(net, 0, 0x16, GROUP + i);
    }
    assert_int_equal(counters(net).limited, 1);
    say(net, 1, 0x16, GROUP + 7);
    say(net, 1, 0x16, GROUP + 8);
    assert_int_equal(counters(net).limited, 2);
    say(net, 1, 0x16, 0x0a000001); /* No group. */
    assert_int_equal(counters(net).bad, 1);
    say(net, 1, 0x42, GROUP); /* No type. */
    assert_int_equal(counters(net).bad, 2);
    net_free(net);
}

static void test_domains_stay_apart(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    void *domains = ctl_module_state(net->ctl, "interest_domains");
    struct domain_member a = {.dpid = 1, .port = 10}, b = {.dpid = 3, .port = 10};

    (void)state;
    assert_int_equal(interest_domains_add(domains, "lab"), ERR_OK);
    assert_int_equal(interest_domains_join(domains, "lab", &a), ERR_OK);
    assert_int_equal(interest_domains_join(domains, "lab", &b), ERR_OK);
    net_advance(net, NS_PER_S);
    for (int i = 0; i < 6; i++) {
        report(net, i);
    }
    expect(net, 0, 0x5);
    expect(net, 2, 0x5);
    expect(net, 1, 0x3a);
    expect(net, 5, 0x3a);
    net_free(net);
}

static void network_of(struct net *net, uint16_t id, int host)
{
    void *networks = ctl_module_state(net->ctl, "logical_networks");
    struct network_rule r = {.type = NETWORK_RULE_MAC, .mac = net->hosts[host].mac};

    networks_create(networks, id, id == 2 ? "two" : "three");
    assert_int_equal(networks_rule_add(networks, id, &r), ERR_OK);
}

/* A listener gets what those send who may talk to it. Where one sender is kept from some, his frames go by the
 * controller, and those of others by entries. */
static void networks_hold(uint8_t version)
{
    struct net *net = ring(version);
    void *networks = ctl_module_state(net->ctl, "logical_networks");
    uint64_t before;

    for (int h = 0; h < 6; h++) {
        net_arp_announce(net, h);
    }
    network_of(net, 2, 0);
    network_of(net, 3, 1);
    assert_int_equal(networks_block(networks, 2, 3), ERR_OK);
    report(net, 0);
    report(net, 2);
    report(net, 5);
    for (int i = 0; i < 3; i++) {
        expect(net, 1, 0x24);
        expect(net, 3, 0x25);
        expect(net, 0, 0x25);
    }
    before = counters(net).frames;
    expect(net, 3, 0x25);
    assert_int_equal(counters(net).frames, before);
    expect(net, 1, 0x24);
    assert_int_equal(counters(net).frames, before + 1);
    report(net, 1); /* Two listeners that may not hear each other: no entries at all. */
    expect(net, 3, 0x27);
    expect(net, 0, 0x25);
    expect(net, 1, 0x26);
    assert_int_equal(networks_unblock(networks, 2, 3), ERR_OK);
    net_advance(net, NS_PER_S);
    expect(net, 1, 0x27);
    expect(net, 0, 0x27);
    before = counters(net).frames;
    expect(net, 1, 0x27);
    expect(net, 0, 0x27);
    assert_int_equal(counters(net).frames, before);
    net_free(net);
}

static void test_networks_hold(void **state)
{
    (void)state;
    networks_hold(OF_VERSION_1_0);
    networks_hold(OF_VERSION_1_3);
}

/* Nothing of a listener stays that was unplugged, and forgotten afterwards. */
static void test_unplugged_listener(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);
    size_t before = net->switches[2]->n_entries;

    (void)state;
    report(net, 0);
    report(net, 2);
    report(net, 5);
    assert_true(net->switches[2]->n_entries > before);
    net_disconnect(net, 2);
    net_port_set(net, 2, 10, false);
    net_port_set(net, 2, 11, false);
    net_connect(net, 2);
    net_advance(net, 300 * NS_PER_S);
    for (size_t i = 0; i < net->switches[2]->n_entries; i++) {
        uint16_t priority = net->switches[2]->entries[i].priority;

        assert_false(priority >= PRIORITY_MULTICAST && priority < PRIORITY_MULTICAST + 60);
    }
    net_free(net);
}

static void test_broken_link(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    report(net, 0);
    report(net, 2);
    net_port_set(net, 0, 1, false);
    net_advance(net, NS_PER_S);
    expect(net, 0, 0x5);
    net_port_set(net, 0, 1, true);
    net_port_set(net, 0, 2, false);
    net_advance(net, 10 * NS_PER_S);
    expect(net, 0, 0x5);
    expect(net, 2, 0x5);
    assert_int_equal(trees(net).failures, 0);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listeners_only),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_leave_and_age),
        cmocka_unit_test(test_link_local_is_never_pruned),
        cmocka_unit_test(test_routers_get_everything),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_domains_stay_apart),
        cmocka_unit_test(test_networks_hold),
        cmocka_unit_test(test_unplugged_listener),
        cmocka_unit_test(test_broken_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
