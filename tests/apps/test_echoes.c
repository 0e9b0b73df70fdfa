/* Links that have been silent and work again: copies of frames for everybody come back over them before a
 * probe has found them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/openflow/of_types.h"
#include "controller/packet/pkt_build.h"
#include "tests/apps/net.h"

#define FIRST_LABEL 2
#define NOBODY UINT64_C(0x02aabbccddee)

static const struct ctl_counters *counters(const struct net *net)
{
    return ctl_counters(net->ctl);
}

/* Whatever label or none it has, no frame goes in a circle. */
static void no_circles(struct net *net, void *aux)
{
    (void)aux;
    for (int to = 0; to < (int)net->n_hosts; to++) {
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            assert_int_not_equal(net_walk(net, -1, to, sw, 0, 0), NET_IN_CIRCLES);
            for (uint16_t i = 0; i < net->n_switches; i++) {
                assert_int_not_equal(net_walk(net, -1, to, sw, 0, FIRST_LABEL + i),
                                     NET_IN_CIRCLES);
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

static void everybody_is_at_home(const struct net *net)
{
    for (size_t i = 0; i < net->n_hosts; i++) {
        const struct host *host = hosts_find(net->ctl, net->hosts[i].mac);

        assert_non_null(host);
        assert_int_equal(host_dpid(host), net->switches[net->hosts[i].sw]->dpid);
        assert_int_equal(host_port(host), net->hosts[i].port);
    }
}

static bool is_link(const struct net *net, int a, int b, port_no_t port)
{
    const struct link *link = topology_link_at(net->ctl, net->switches[a]->dpid, port);

    return link && link->dst_dpid == net->switches[b]->dpid;
}

/* A ring of three switches, host i at switch i, everybody talks with everybody; the link between
 * switches 0 and 2, port 3 of both, is silent. */
static struct net *started_ring(uint64_t seed, enum host_move move)
{
    struct net *net = net_new(seed);

    for (int i = 0; i < 3; i++) {
        net_add_switch(net, seed % 2 ? OF_VERSION_1_3 : OF_VERSION_1_0);
        net_add_host(net, i, 10);
    }
    net_add_link(net, 0, 1, 1, 2);
    net_add_link(net, 1, 1, 2, 2);
    net_add_link(net, 2, 3, 0, 3);
    net_link_mute(net, 2, 3, true);
    net->core.host_move = move;
    net_start(net);
    for (int i = 0; i < 3; i++) {
        net_arp_announce(net, i);
    }
    for (int i = 0; i < 9; i++) {
        if (i / 3 != i % 3) {
            net_send(net, i / 3, i % 3, 1000 + (uint32_t)i);
            net_settle(net);
        }
    }
    assert_true(datapath_is_edge(datapath_find(net->ctl, 1), 3));
    assert_true(datapath_is_edge(datapath_find(net->ctl, 3), 3));
    return net;
}

static void send_to(struct net *net, int from, uint64_t dst, uint32_t number)
{
    net_send_via(net, from, (from + 1) % 3, eth_addr_from_u64(dst), number);
}

/* --- A link that works again ------------------------------------------------------------------ */

/* Frames for everybody, or for somebody whom nobody knows, neither circulate nor move their senders; they
 * show the link, and no time is needed for it. */
static void comes_back(uint64_t seed, enum host_move move, uint64_t dst)
{
    struct net *net = started_ring(seed, move);
    size_t before;

    net->check = no_circles;
    net_link_mute(net, 2, 3, false);
    before = net->n_delivered;
    for (int from = 0; from < 3; from++) {
        send_to(net, from, dst, 1 + (uint32_t)from);
    }
    net_settle(net);
    assert_in_range(net->n_delivered - before, 1, 150);
    assert_true(counters(net)->echoes_dropped > 0);
    assert_int_equal(counters(net)->host_claims, 0);
    assert_true(is_link(net, 0, 2, 3) && is_link(net, 2, 0, 3));
    everybody_is_at_home(net);
    for (int from = 0; from < 3; from++) {
        for (int to = 0; to < 3; to++) {
            assert_int_equal(net_count(net, to, 1 + (uint32_t)from), from != to);
        }
    }
    net_free(net);
}

static void test_silent_link_comes_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        comes_back(seed, HOST_MOVE_ACCEPT, NOBODY);
        comes_back(seed, HOST_MOVE_ACCEPT, UINT64_C(0xffffffffffff));
        comes_back(seed, HOST_MOVE_PROBE, NOBODY);
    }
}

/* Both ports have been edges for so long that a link between them is held while hosts are heard there:
 * those of copies are not. */
static void test_old_silent_link_is_not_held(void **state)
{
    struct net *net = started_ring(2385, HOST_MOVE_ACCEPT);

    (void)state;
    net_advance(net, 20 * NS_PER_S);
    net->check = no_circles;
    net_link_mute(net, 2, 3, false);
    send_to(net, 0, NOBODY, 1);
    net_settle(net);
    assert_int_equal(counters(net)->links_held, 0);
    assert_true(is_link(net, 0, 2, 3) && is_link(net, 2, 0, 3));
    everybody_is_at_home(net);
    net_free(net);
}

/* A sender at a port that is not settled is not known: a copy must not be what tells where he is. */
static void test_sender_at_an_unsettled_port(void **state)
{
    struct net *net = started_ring(7, HOST_MOVE_ACCEPT);

    (void)state;
    net_add_host(net, 1, 11);
    net_port_set(net, 1, 11, false);
    net_settle(net);
    net_port_set(net, 1, 11, true);
    net_settle(net);
    net_link_mute(net, 2, 3, false);
    net->check = no_circles;
    net_send_via(net, 3, 0, eth_addr_from_u64(NOBODY), 1);
    net_settle(net);
    assert_null(hosts_find(net->ctl, net->hosts[3].mac));
    assert_true(counters(net)->echoes_dropped > 0);
    net_advance(net, NS_PER_S);
    net_send_via(net, 3, 0, eth_addr_from_u64(NOBODY), 2);
    net_settle(net);
    everybody_is_at_home(net);
    net_free(net);
}

/* Whoever has no address of his own is not learnt; his frames must not circulate either. */
static void test_sender_without_address(void **state)
{
    struct net *net = started_ring(3, HOST_MOVE_ACCEPT);
    struct buf frame = BUF_INIT;
    size_t before;

    (void)state;
    net_link_mute(net, 2, 3, false);
    pkt_build_eth(&frame, ETH_ADDR_BROADCAST, (struct eth_addr){{0}}, 0x88b5);
    buf_put_zeros(&frame, 46);
    before = net->n_delivered;
    net_send_frame(net, 0, &frame);
    net_settle(net);
    assert_in_range(net->n_delivered - before, 1, 60);
    assert_true(counters(net)->echoes_dropped > 0);
    buf_fini(&frame);
    net_free(net);
}

/* --- What is an echo -------------------------------------------------------------------------- */

/* The same bytes, with or without zeros that fill a short frame up, from elsewhere: an echo for half a
 * second. */
static void test_same_frame_elsewhere(void **state)
{
    struct net *net = started_ring(5, HOST_MOVE_ACCEPT);
    struct buf frame = BUF_INIT;
    struct host *host = hosts_find(net->ctl, net->hosts[0].mac);

    (void)state;
    pkt_build_eth(&frame, ETH_ADDR_BROADCAST, net->hosts[0].mac, 0x88b5);
    buf_put_u32(&frame, 0x2385);
    for (int i = 0; i < 2; i++) { /* Whoever repeats it at his own place is heard. */
        net_send_frame(net, 0, &frame);
        net_settle(net);
    }
    assert_int_equal(counters(net)->echoes_dropped, 0);
    buf_put_zeros(&frame, 42);
    net_frame_in(net, net->switches[1], 10, frame.data, frame.len);
    net_settle(net);
    assert_int_equal(counters(net)->echoes_dropped, 1);
    assert_int_equal(host_dpid(host), 1);
    net_advance(net, 499 * NS_PER_MS);
    net_frame_in(net, net->switches[1], 10, frame.data, frame.len);
    net_settle(net);
    assert_int_equal(counters(net)->echoes_dropped, 2);
    assert_int_equal(host_dpid(host), 1);
    net_advance(net, NS_PER_MS);
    net_frame_in(net, net->switches[1], 10, frame.data, frame.len);
    net_settle(net);
    assert_int_equal(counters(net)->echoes_dropped, 2);
    assert_int_equal(host_dpid(host), 2); /* He has moved. */
    buf_fini(&frame);
    net_free(net);
}

/* Another frame of a host that has moved is no echo, however soon it comes. */
static void test_other_frame_elsewhere(void **state)
{
    struct net *net = started_ring(5, HOST_MOVE_ACCEPT);

    (void)state;
    send_to(net, 0, NOBODY, 1);
    net_settle(net);
    net_host_move(net, 0, 1, 11);
    net_settle(net);
    net_advance(net, 600 * NS_PER_MS);
    send_to(net, 0, NOBODY, 2);
    net_settle(net);
    net_host_move(net, 0, 2, 11);
    net_host_move(net, 0, 1, 10); /* Where an edge port is already. */
    net_settle(net);
    send_to(net, 0, NOBODY, 3);
    net_settle(net);
    assert_int_equal(counters(net)->echoes_dropped, 0);
    assert_int_equal(host_dpid(hosts_find(net->ctl, net->hosts[0].mac)), 2);
    assert_int_equal(host_port(hosts_find(net->ctl, net->hosts[0].mac)), 10);
    net_free(net);
}

/* Of more copies than are remembered some are forgotten: nothing else happens. */
static void test_many_copies(void **state)
{
    struct net *net = started_ring(9, HOST_MOVE_ACCEPT);

    (void)state;
    net->forwarding.dp_flood_per_s = 0;
    net_stop_controller(net);
    net_start(net);
    for (uint32_t i = 0; i < 3000; i++) {
        send_to(net, 0, NOBODY, i);
        net_settle(net);
        net->hosts[1].n_seen = net->hosts[2].n_seen = 0;
    }
    assert_int_equal(counters(net)->echoes_dropped, 0);
    send_to(net, 1, NOBODY, 3000);
    net_settle(net);
    assert_int_equal(net_count(net, 0, 3000), 1);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_link_comes_back),
        cmocka_unit_test(test_old_silent_link_is_not_held),
        cmocka_unit_test(test_sender_at_an_unsettled_port),
        cmocka_unit_test(test_sender_without_address),
        cmocka_unit_test(test_same_frame_elsewhere),
        cmocka_unit_test(test_other_frame_elsewhere),
        cmocka_unit_test(test_many_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
