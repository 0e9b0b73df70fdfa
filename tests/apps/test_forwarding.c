/* Forwarding over a small network, without clustering in front of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/openflow/of_types.h"
#include "controller/packet/pkt_build.h"
#include "tests/apps/net.h"

#define FLOW FORWARDING_PRIORITY

static struct forwarding_counters counters(struct net *net)
{
    return forwarding_counters(ctl_module_state(net->ctl, "forwarding"));
}

/* A square of switches 0-1-2-3-0; host i at switch i. */
static struct net *square(uint8_t version)
{
    struct net *net = net_new(version);

    net_add_ring(net, version, 4);
    net->without_clustering = true;
    net->multicast.enabled = false; /* What is for groups goes to everybody. */
    return net;
}

static struct net *started_square(uint8_t version)
{
    struct net *net = square(version);

    net_start(net);
    for (int i = 0; i < 4; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    return net;
}

/* An entry that leads somewhere leads all the way: the far end was confirmed first. */
static void flow_is_complete(struct net *net, void *aux)
{
    (void)aux;
    if (net_count_entries(net, 0, FLOW) > 0) {
        assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
    }
}

static void forwards_a_flow(uint8_t version)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct net *net = started_square(version);

        net->random = seed * 2385;
        net->check = flow_is_complete;
        net_send(net, 0, 2, 1);
        net_send(net, 0, 2, 2);
        net_settle(net);
        assert_int_equal(net->hosts[2].n_seen, 2);
        assert_int_equal(net->hosts[2].seen[0].number, 1);
        assert_int_equal(net->hosts[2].seen[1].number, 2);
        assert_int_equal(net_count_entries(net, 0, FLOW), 1);
        assert_int_equal(net_count_entries(net, 1, FLOW), 1);
        assert_int_equal(net_count_entries(net, 2, FLOW), 1);
        assert_int_equal(net_count_entries(net, 3, FLOW), 0);
        net_send(net, 0, 2, 3);
        assert_int_equal(net_count(net, 2, 3), 1);
        assert_int_equal(counters(net).flows, 1);
        net_free(net);
    }
}

static void test_flow_1_3(void **state)
{
    (void)state;
    forwards_a_flow(OF_VERSION_1_3);
}

static void test_flow_1_0(void **state)
{
    (void)state;
    forwards_a_flow(OF_VERSION_1_0);
}

/* Entries are granular and short-lived. */
static void test_granularity_and_time_out(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    net_send(net, 0, 2, 1);
    net_send(net, 1, 2, 2);
    net_send_ipv6(net, 0, 2, 3);
    net_settle(net);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(net_count(net, 2, i), 1);
    }
    assert_int_equal(net_count_entries(net, 2, FLOW), 3);
    net_advance(net, 5 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 2, FLOW), 0);
    net_free(net);
}

static void test_ipv6_over_1_0(void **state)
{
    struct net *net = started_square(OF_VERSION_1_0);

    (void)state;
    net_send_ipv6(net, 0, 1, 1);
    net_settle(net);
    net_send_ipv6(net, 0, 1, 2);
    assert_int_equal(net_count(net, 1, 1), 1);
    assert_int_equal(net_count(net, 1, 2), 1);
    net_free(net);
}

static void test_link_down_removes_the_flow(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    net_send(net, 0, 2, 1); /* By switch 1. */
    net_send(net, 3, 2, 2);
    net_settle(net);
    net_port_set(net, 1, 1, false);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, FLOW), 0);
    assert_int_equal(net_count_entries(net, 1, FLOW), 0);
    assert_int_equal(net_count_entries(net, 2, FLOW), 1); /* The other one. */
    assert_int_equal(counters(net).flows_removed, 1);
    net_send(net, 0, 2, 3);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 3), 1);
    assert_int_equal(net_count_entries(net, 3, FLOW), 2);
    net_free(net);
}

static void test_no_path(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    net_port_set(net, 2, 1, false);
    net_port_set(net, 2, 2, false);
    net_settle(net);
    net_send(net, 0, 2, 1);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 1), 0);
    assert_int_equal(counters(net).no_path, 1);
    net_free(net);
}

static void test_host_moves(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    net_send(net, 0, 2, 1);
    net_settle(net);
    net_host_move(net, 2, 3, 20);
    net_advance(net, 600 * NS_PER_MS);
    net_arp_announce(net, 2);
    net_advance(net, net->core.host_hold_ns); /* It does not answer at its old port. */
    assert_int_equal(net_count_entries(net, 0, FLOW), 0);
    net_send(net, 0, 2, 2);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 2), 1);
    net_free(net);
}

/* The link goes while the flow is being set up. */
static void test_link_down_meanwhile(void **state)
{
    (void)state;
    for (size_t n_steps = 0; n_steps < 12; n_steps++) {
        struct net *net = started_square(OF_VERSION_1_3);

        net_send(net, 0, 2, 1);
        for (size_t i = 0; i < n_steps; i++) {
            net_step(net);
        }
        net_port_set(net, 1, 1, false);
        net_settle(net);
        net_send(net, 0, 2, 2);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 2), 1);
        assert_int_equal(net_walk(net, 0, 2, 0, 10, 0), NET_AT_HOST);
        assert_int_equal(net->n_loops, 0);
        net_free(net);
    }
}

static uint16_t forward_idle_s(const struct net *net, int sw)
{
    for (size_t i = 0; i < net->switches[sw]->n_entries; i++) {
        if (net->switches[sw]->entries[i].priority == FORWARDING_PRIORITY) {
            return net->switches[sw]->entries[i].idle_s;
        }
    }
    return 0;
}

static void test_table_full(void **state)
{
    (void)state;
    for (int full = 0; full < 3; full++) {
        struct net *net = started_square(OF_VERSION_1_3);

        net->switches[full]->max_entries = net->switches[full]->n_entries;
        net_send(net, 0, 2, 1);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 1), 1);
        assert_int_equal(counters(net).flow_failures, 1);
        assert_int_equal(counters(net).delivered_direct, 1);
        net->switches[full]->max_entries = NET_MAX_ENTRIES;
        net_advance(net, 1100 * NS_PER_MS);
        net_send(net, 0, 2, 2);
        net_settle(net);
        assert_int_equal(net_count(net, 2, 2), 1);
        for (int sw = 0; sw < 3; sw++) { /* Held for a shorter time where it was full. */
            assert_int_equal(forward_idle_s(net, sw), sw == full ? 1 : 5);
        }
        net_free(net);
    }
}

/* --- Frames for everybody --------------------------------------------------------------------- */

static void send_to(struct net *net, int from, uint64_t dst, uint32_t number)
{
    struct pkt_ends4 ends = {.eth_dst = eth_addr_from_u64(dst),
                             .eth_src = net->hosts[from].mac,
                             .src = net->hosts[from].ip,
                             .dst = 0xe0000185};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    buf_put_u32(&payload, number);
    pkt_build_udp4(&frame, &ends, 5353, 5353, payload.data, payload.len);
    net_send_frame(net, from, &frame);
    net_settle(net);
    buf_fini(&payload);
    buf_fini(&frame);
}

static void reaches_everybody_once(uint8_t version)
{
    static const uint64_t dsts[] = {
        UINT64_C(0xffffffffffff), /* Broadcast, */
        UINT64_C(0x01005e000185), /* multicast, */
        UINT64_C(0x02aabbccddee), /* unknown unicast. */
    };
    struct net *net = started_square(version);

    for (uint32_t i = 0; i < 3; i++) {
        send_to(net, 0, dsts[i], 100 + i);
        for (int host = 0; host < 4; host++) {
            assert_int_equal(net_count(net, host, 100 + i), host != 0);
        }
    }
    assert_int_equal(net->n_untagged_on_links, 0); /* Nothing went from switch to switch. */
    assert_int_equal(counters(net).floods, 3);
    net_free(net);
}

static void test_everybody_1_3(void **state)
{
    (void)state;
    reaches_everybody_once(OF_VERSION_1_3);
}

static void test_everybody_1_0(void **state)
{
    (void)state;
    reaches_everybody_once(OF_VERSION_1_0);
}

static void test_reserved_addresses(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    send_to(net, 0, UINT64_C(0x0180c2000000), 1);
    send_to(net, 0, UINT64_C(0x0180c200000f), 2);
    assert_int_equal(counters(net).reserved_dropped, 2);
    send_to(net, 0, UINT64_C(0x0180c2000010), 3); /* Not one of them. */
    assert_int_equal(net_count(net, 1, 1) + net_count(net, 1, 2), 0);
    assert_int_equal(net_count(net, 1, 3), 1);
    net_free(net);
}

static void test_flood_limit(void **state)
{
    struct net *net = square(OF_VERSION_1_3);

    (void)state;
    net->forwarding.dp_flood_per_s = 10;
    net->forwarding.dp_flood_burst = 4;
    net_start(net);
    for (uint32_t i = 0; i < 10; i++) {
        send_to(net, 0, UINT64_C(0xffffffffffff), i);
    }
    assert_int_equal(net->hosts[1].n_seen, 4);
    assert_int_equal(counters(net).floods_limited, 6);
    send_to(net, 1, UINT64_C(0xffffffffffff), 77);
    assert_int_equal(net_count(net, 0, 77), 1);
    net_free(net);
}

static void test_flood_from_a_link(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);
    struct buf frame = BUF_INIT;

    (void)state;
    pkt_build_eth(&frame, ETH_ADDR_BROADCAST, net->hosts[0].mac, 0x88b5);
    buf_put_zeros(&frame, 46);
    net_frame_in(net, net->switches[1], 1, frame.data, frame.len);
    net_settle(net);
    assert_int_equal(counters(net).floods_dropped, 1);
    assert_int_equal(net->hosts[1].n_seen, 0);
    buf_fini(&frame);
    net_free(net);
}

/* A restarted controller finds a flow that leads to where a host was. */
static void test_flow_of_before(void **state)
{
    struct net *net = started_square(OF_VERSION_1_3);

    (void)state;
    net_send(net, 0, 2, 1);
    net_send(net, 0, 3, 2);
    net_settle(net);
    net_stop_controller(net);
    net_host_move(net, 2, 1, 20);
    net_start(net);
    assert_int_equal(net_count_entries(net, 0, FLOW), 2); /* Nobody knows better yet. */
    net_arp_announce(net, 2);
    net_arp_announce(net, 3);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, FLOW), 1);
    net_send(net, 0, 2, 3);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 3), 1);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flow_1_3),
        cmocka_unit_test(test_flow_1_0),
        cmocka_unit_test(test_granularity_and_time_out),
        cmocka_unit_test(test_ipv6_over_1_0),
        cmocka_unit_test(test_link_down_removes_the_flow),
        cmocka_unit_test(test_no_path),
        cmocka_unit_test(test_host_moves),
        cmocka_unit_test(test_link_down_meanwhile),
        cmocka_unit_test(test_table_full),
        cmocka_unit_test(test_everybody_1_3),
        cmocka_unit_test(test_everybody_1_0),
        cmocka_unit_test(test_reserved_addresses),
        cmocka_unit_test(test_flood_limit),
        cmocka_unit_test(test_flood_from_a_link),
        cmocka_unit_test(test_flow_of_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
