/* The ARP proxy over a small network: who is answered, by whom, and what crosses the links
 * (nothing). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/openflow/of_types.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "tests/apps/net.h"

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
    return net;
}

static struct net *started_ring(uint8_t version)
{
    struct net *net = ring(version);

    net_start(net);
    return net;
}

static struct arp_proxy_counters counters(struct net *net)
{
    return arp_proxy_counters(ctl_module_state(net->ctl, "arp_proxy"));
}

static unsigned count_arp(const struct net *net, int host, uint16_t op)
{
    unsigned n = 0;

    for (size_t i = 0; i < net->hosts[host].n_seen; i++) {
        n += net->hosts[host].seen[i].is_arp && net->hosts[host].seen[i].arp_op == op;
    }
    return n;
}

/* The answer that 'host' got says that 'about' is at its address. */
static void expect_answer(const struct net *net, int host, int about)
{
    const struct net_seen *seen = &net->hosts[host].seen[net->hosts[host].n_seen - 1];

    assert_true(net->hosts[host].n_seen > 0);
    assert_int_equal(seen->arp_op, PKT_ARP_REPLY);
    assert_int_equal(seen->arp_spa, net->hosts[about].ip);
    assert_true(eth_addr_eq(seen->src, net->hosts[about].mac));
    assert_true(eth_addr_eq(seen->dst, net->hosts[host].mac));
    assert_false(seen->tagged);
}

static void finish(struct net *net)
{
    assert_int_equal(net->n_arp_on_links, 0);
    net_free(net);
}

static void asks_unknown_then_known(uint8_t version)
{
    struct net *net = started_ring(version);

    net_arp_request(net, 0, net->hosts[2].ip);
    net_settle(net);
    assert_int_equal(count_arp(net, 1, PKT_ARP_REQUEST), 1);
    assert_int_equal(count_arp(net, 2, PKT_ARP_REQUEST), 1);
    assert_int_equal(count_arp(net, 3, PKT_ARP_REQUEST), 1);
    assert_int_equal(count_arp(net, 0, PKT_ARP_REQUEST), 0);
    assert_int_equal(count_arp(net, 0, PKT_ARP_REPLY), 1);
    expect_answer(net, 0, 2);
    net_arp_request(net, 3, net->hosts[2].ip);
    net_arp_request(net, 2, net->hosts[0].ip);
    net_settle(net);
    assert_int_equal(count_arp(net, 1, PKT_ARP_REQUEST), 1); /* Nobody was disturbed. */
    expect_answer(net, 3, 2);
    expect_answer(net, 2, 0);
    assert_int_equal(counters(net).requests_known, 2);
    assert_int_equal(counters(net).requests_flooded, 1);
    finish(net);
}

static void test_unknown_then_known_1_3(void **state)
{
    (void)state;
    asks_unknown_then_known(OF_VERSION_1_3);
}

static void test_unknown_then_known_1_0(void **state)
{
    (void)state;
    asks_unknown_then_known(OF_VERSION_1_0);
}

static void test_entry_is_permanent(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);

    (void)state;
    net_advance(net, 1000 * NS_PER_S);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(net_count_entries(net, i, ARP_PROXY_PRIORITY), 1);
    }
    finish(net);
}

static void test_several_askers(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);

    (void)state;
    net->hosts[2].answers_arp = false;
    net_arp_request(net, 0, net->hosts[2].ip);
    net_arp_request(net, 1, net->hosts[2].ip);
    net_arp_request(net, 3, net->hosts[2].ip);
    net_arp_request(net, 0, net->hosts[2].ip);
    net_settle(net);
    assert_int_equal(count_arp(net, 2, PKT_ARP_REQUEST), 1);
    assert_int_equal(counters(net).requests_joined, 2);
    assert_int_equal(counters(net).requests_repeated, 1);
    net_arp_announce(net, 2); /* Whatever tells where it is will do. */
    net_settle(net);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(count_arp(net, i, PKT_ARP_REPLY), i != 2);
    }
    expect_answer(net, 3, 2);
    finish(net);
}

static void test_pending_expires(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);

    (void)state;
    net->hosts[2].answers_arp = false;
    net_arp_request(net, 0, net->hosts[2].ip);
    net_advance(net, 700 * NS_PER_MS);
    net_arp_request(net, 0, net->hosts[2].ip); /* Keeps it alive, asks nobody. */
    net_advance(net, 700 * NS_PER_MS);
    assert_int_equal(count_arp(net, 3, PKT_ARP_REQUEST), 1);
    assert_int_equal(counters(net).expired, 0);
    net_advance(net, 200 * NS_PER_MS);
    assert_int_equal(counters(net).expired, 1);
    net_arp_request(net, 0, net->hosts[2].ip);
    net_settle(net);
    assert_int_equal(count_arp(net, 3, PKT_ARP_REQUEST), 2);
    finish(net);
}

/* Replies that nobody waits for cannot keep the controller busy. */
static void test_replies_are_limited(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf reply = BUF_INIT;

    (void)state;
    net_arp_announce(net, 0);
    net_settle(net);
    pkt_build_arp_reply(&reply, net->hosts[3].mac, net->hosts[3].ip, net->hosts[0].mac,
                        net->hosts[0].ip);
    for (int i = 0; i < 300; i++) {
        net_send_frame(net, 3, &reply);
    }
    net_settle(net);
    assert_int_equal(counters(net).replies_forwarded, net->arp.dp_flood_burst);
    assert_int_equal(counters(net).replies_dropped, 300 - net->arp.dp_flood_burst);
    net_advance(net, NS_PER_S);
    net_send_frame(net, 3, &reply);
    net_settle(net);
    assert_int_equal(counters(net).replies_forwarded, net->arp.dp_flood_burst + 1);
    buf_fini(&reply);
    finish(net);
}

static void test_gratuitous(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf reply = BUF_INIT;

    (void)state;
    net_arp_announce(net, 0);
    pkt_build_arp_reply(&reply, net->hosts[3].mac, net->hosts[3].ip, ETH_ADDR_BROADCAST,
                        net->hosts[3].ip);
    net_send_frame(net, 3, &reply);
    buf_fini(&reply);
    net_settle(net);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net->hosts[i].n_seen, 0);
    }
    assert_int_equal(counters(net).gratuitous, 2);
    assert_non_null(hosts_find_ipv4(net->ctl, net->hosts[0].ip));
    assert_non_null(hosts_find_ipv4(net->ctl, net->hosts[3].ip));
    finish(net);
}

/* A host that probes for its own address before it takes it must not hear that it is taken. */
static void test_probe_for_own_address(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf probe = BUF_INIT;

    (void)state;
    net_arp_announce(net, 0);
    net_arp_announce(net, 2);
    net_settle(net);
    pkt_build_arp_request(&probe, net->hosts[0].mac, 0, net->hosts[0].ip);
    net_send_frame(net, 0, &probe);
    net_settle(net);
    assert_int_equal(net->hosts[0].n_seen, 0);
    buf_clear(&probe);
    pkt_build_arp_request(&probe, net->hosts[0].mac, 0, net->hosts[2].ip);
    net_send_frame(net, 0, &probe);
    net_settle(net);
    expect_answer(net, 0, 2);
    buf_fini(&probe);
    finish(net);
}

static void test_unicast(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct pkt_arp arp = {.op = PKT_ARP_REPLY};
    struct buf frame = BUF_INIT;

    (void)state;
    for (int i = 0; i < 3; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    arp.sha = net->hosts[0].mac; /* A reply that nobody waits for goes where it is sent. */
    arp.spa = net->hosts[0].ip;
    arp.tha = net->hosts[2].mac;
    arp.tpa = net->hosts[2].ip;
    pkt_build_arp(&frame, net->hosts[2].mac, net->hosts[0].mac, &arp);
    net_send_frame(net, 0, &frame);
    net_settle(net);
    expect_answer(net, 2, 0);
    assert_int_equal(counters(net).replies_forwarded, 1);
    buf_clear(&frame);
    arp.op = PKT_ARP_REQUEST; /* A unicast request is answered like any other. */
    pkt_build_arp(&frame, net->hosts[2].mac, net->hosts[0].mac, &arp);
    net_send_frame(net, 0, &frame);
    net_settle(net);
    expect_answer(net, 0, 2);
    buf_clear(&frame);
    arp.op = PKT_ARP_REPLY; /* To a host that nobody knows. */
    pkt_build_arp(&frame, net->hosts[3].mac, net->hosts[0].mac, &arp);
    net_send_frame(net, 0, &frame);
    net_settle(net);
    assert_int_equal(counters(net).replies_dropped, 1);
    buf_fini(&frame);
    finish(net);
}

static void test_rate_limit(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net->arp.dp_flood_per_s = 10;
    net->arp.dp_flood_burst = 5;
    net_start(net);
    for (uint32_t i = 0; i < 20; i++) {
        net_arp_request(net, 0, 0x0a0a0000 + i);
    }
    net_settle(net);
    assert_int_equal(count_arp(net, 3, PKT_ARP_REQUEST), 5);
    assert_int_equal(counters(net).requests_limited, 15);
    net_arp_request(net, 3, 0x0a0b0000); /* Another switch has a limit of its own. */
    net_settle(net);
    assert_int_equal(count_arp(net, 0, PKT_ARP_REQUEST), 1);
    net_advance(net, 200 * NS_PER_MS);
    for (uint32_t i = 0; i < 20; i++) {
        net_arp_request(net, 0, 0x0a0c0000 + i);
    }
    net_settle(net);
    assert_int_equal(count_arp(net, 3, PKT_ARP_REQUEST), 7);
    finish(net);
}

static void test_overall_rate_limit(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net->arp.flood_per_s = 1;
    net->arp.flood_burst = 3;
    net_start(net);
    for (uint32_t i = 0; i < 8; i++) {
        net_arp_request(net, i % 2 ? 0 : 3, 0x0a0a0000 + i);
    }
    net_settle(net);
    assert_int_equal(count_arp(net, 2, PKT_ARP_REQUEST), 3);
    finish(net);
}

static void test_bounds(void **state)
{
    struct net *net = ring(OF_VERSION_1_3);

    (void)state;
    net->arp.max_targets = 2;
    net->arp.max_askers = 2;
    net_start(net);
    for (int i = 0; i < 4; i++) {
        net->hosts[i].answers_arp = false;
    }
    net_arp_request(net, 0, 0x0a0a0001);
    net_arp_request(net, 0, 0x0a0a0002);
    net_arp_request(net, 0, 0x0a0a0003); /* One target too many. */
    net_arp_request(net, 2, 0x0a0a0001);
    net_arp_request(net, 3, 0x0a0a0001); /* One asker too many. */
    net_settle(net);
    assert_int_equal(counters(net).requests_flooded + counters(net).requests_joined, 3);
    assert_int_equal(counters(net).requests_limited, 2);
    finish(net);
}

static void test_malformed_and_tagged(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf bytes = BUF_INIT;
    struct pkt_frame frame;

    (void)state;
    pkt_build_arp_request(&bytes, net->hosts[0].mac, net->hosts[0].ip, net->hosts[2].ip);
    bytes.len = 30; /* Cut. */
    net_send_frame(net, 0, &bytes);
    net_settle(net);
    assert_int_equal(counters(net).malformed, 1);
    buf_clear(&bytes);
    pkt_build_arp_request(&bytes, net->hosts[0].mac, net->hosts[0].ip, net->hosts[2].ip);
    bytes.data[21] = 8; /* RARP and others are not ours. */
    net_send_frame(net, 0, &bytes);
    net_settle(net);
    assert_int_equal(counters(net).malformed, 2);
    bytes.data[21] = 1;
    assert_int_equal(pkt_frame_init(&frame, &bytes), ERR_OK);
    assert_int_equal(pkt_push_vlan(&frame, PKT_TYPE_VLAN), ERR_OK);
    assert_int_equal(pkt_set_vlan_vid(&frame, 2385), ERR_OK);
    net_send_frame(net, 0, &bytes); /* Somebody else's network: left to forwarding. */
    net_settle(net);
    assert_int_equal(counters(net).requests, 0);
    buf_fini(&bytes);
    finish(net);
}

static void test_from_a_link(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf bytes = BUF_INIT;

    (void)state;
    pkt_build_arp_request(&bytes, net->hosts[0].mac, net->hosts[0].ip, net->hosts[2].ip);
    net_frame_in(net, net->switches[1], 1, bytes.data, bytes.len);
    net_settle(net);
    assert_int_equal(counters(net).from_links, 1);
    assert_int_equal(net->hosts[2].n_seen, 0);
    assert_null(hosts_find(net->ctl, net->hosts[0].mac));
    buf_fini(&bytes);
    finish(net);
}

/* Nobody answers with another's hardware address: who waits is not told. */
static void test_answers_in_anothers_name(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);
    struct buf reply = BUF_INIT;

    (void)state;
    net->hosts[2].answers_arp = false;
    net_arp_request(net, 0, net->hosts[2].ip);
    net_settle(net);
    pkt_build_arp_reply(&reply, net->hosts[2].mac, net->hosts[2].ip, net->hosts[0].mac,
                        net->hosts[0].ip);
    memcpy(reply.data + ETH_ADDR_LEN, net->hosts[3].mac.b, ETH_ADDR_LEN);
    net_send_frame(net, 3, &reply);
    net_settle(net);
    assert_int_equal(counters(net).spoofed, 1);
    assert_int_equal(count_arp(net, 0, PKT_ARP_REPLY), 0);
    buf_fini(&reply);
    finish(net);
}

/* The forked controller's sweep changed the table that it walked, and failed at the second record. */
static void test_many_requests_expire_at_once(void **state)
{
    struct net *net = started_ring(OF_VERSION_1_3);

    (void)state;
    for (uint32_t i = 0; i < 150; i++) {
        net_arp_request(net, (int)(i % 4), 0x0a170000 + i / 2);
    }
    net_settle(net);
    assert_int_equal(counters(net).requests_flooded, 75);
    net_advance(net, NS_PER_S);
    assert_int_equal(counters(net).expired, 75);
    net_arp_request(net, 0, 0x0a170000);
    net_settle(net);
    assert_int_equal(counters(net).requests_flooded, 76);
    finish(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_in_anothers_name),
        cmocka_unit_test(test_many_requests_expire_at_once),
        cmocka_unit_test(test_unknown_then_known_1_3),
        cmocka_unit_test(test_unknown_then_known_1_0),
        cmocka_unit_test(test_entry_is_permanent),
        cmocka_unit_test(test_several_askers),
        cmocka_unit_test(test_pending_expires),
        cmocka_unit_test(test_replies_are_limited),
        cmocka_unit_test(test_gratuitous),
        cmocka_unit_test(test_probe_for_own_address),
        cmocka_unit_test(test_unicast),
        cmocka_unit_test(test_rate_limit),
        cmocka_unit_test(test_overall_rate_limit),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_malformed_and_tagged),
        cmocka_unit_test(test_from_a_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
