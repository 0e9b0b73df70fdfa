/* Clustering over a network of switches: which entries there are, in what order they come, and where
 * the frames go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/flowdb.h"
#include "controller/openflow/of_types.h"
#include "tests/apps/net.h"

#define REVERSE CLUSTERING_PRIORITY_REVERSE
#define LABEL CLUSTERING_PRIORITY_LABEL
#define INGRESS CLUSTERING_PRIORITY_INGRESS

static struct clustering_counters counters(struct net *net)
{
    return clustering_counters(ctl_module_state(net->ctl, "clustering"));
}

static void no_circles(struct net *net, void *aux)
{
    (void)aux;
    for (int to = 0; to < (int)net->n_hosts; to++) {
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            assert_int_not_equal(net_walk(net, -1, to, sw, 0, 0), NET_IN_CIRCLES);
            for (uint16_t label = 2; label < 2 + net->n_switches; label++) {
                assert_int_not_equal(net_walk(net, -1, to, sw, 0, label), NET_IN_CIRCLES);
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

/* Access switches 0 and 1, each joined to the core switches 2 and 3, which are joined too. Hosts 0
 * and 1 at switch 0, 2 and 3 at switch 1. */
static struct net *diamond(uint8_t version)
{
    struct net *net = net_new(version);

    for (int i = 0; i < 4; i++) {
        net_add_switch(net, version);
    }
    net_add_link(net, 0, 1, 2, 1);
    net_add_link(net, 0, 2, 3, 1);
    net_add_link(net, 1, 1, 2, 2);
    net_add_link(net, 1, 2, 3, 2);
    net_add_link(net, 2, 3, 3, 3);
    for (int i = 0; i < 4; i++) {
        net_add_host(net, i / 2, 10 + (unsigned)i % 2);
    }
    net->check = no_circles;
    net_start(net);
    return net;
}

static void announce_all(struct net *net)
{
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
}

static void sends_first_packet(uint8_t version)
{
    struct net *net = diamond(version);

    announce_all(net);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 2);
    assert_int_equal(net_count_entries(net, 0, LABEL), 1);
    assert_int_equal(net_count_entries(net, 2, LABEL), 0);
    net_send(net, 0, 2, 2385);
    net_send(net, 0, 2, 2386);
    net_send(net, 0, 2, 2387);
    assert_int_equal(net_count(net, 2, 2385), 0);
    net_settle(net);
    assert_int_equal(net->hosts[2].n_seen, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(net->hosts[2].seen[i].number, 2385 + i);
        assert_false(net->hosts[2].seen[i].tagged);
    }
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    assert_int_equal(net_count_entries(net, 1, INGRESS), 0);
    assert_int_equal(net_count_entries(net, 2, LABEL), 2); /* Both directions. */
    assert_int_equal(net_count_entries(net, 3, LABEL), 0);
    assert_int_equal(net_count_entries(net, 0, LABEL), 1);
    assert_int_equal(counters(net).misses, 1);
    assert_int_equal(counters(net).queued, 2);
    assert_int_equal(counters(net).delivered, 3);
    assert_int_equal(net->n_untagged_on_links, 0);
    assert_int_equal(net->n_arp_on_links, 0);
    net_free(net);
}

static void test_first_packet_1_3(void **state)
{
    (void)state;
    sends_first_packet(OF_VERSION_1_3);
}

static void test_first_packet_1_0(void **state)
{
    (void)state;
    sends_first_packet(OF_VERSION_1_0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_packet_1_3),
        cmocka_unit_test(test_first_packet_1_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
