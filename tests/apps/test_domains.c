/* Islands of switches joined by legacy bridges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/domains.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_lldp.h"
#include "tests/apps/net.h"

/* Switches 0-1 and 2-3 are islands; the bridge has a cable to switches 1 and 2, and a host. Hosts 0
 * and 1 are at switches 0 and 3, host 2 is at the bridge. */
static struct net *two_islands(void)
{
    struct net *net = net_new(2385);

    for (int i = 0; i < 4; i++) {
        net_add_switch(net, i % 2 ? OF_VERSION_1_3 : OF_VERSION_1_4);
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 2, 1, 3, 1);
    net_add_bridge(net);
    net_add_bridge_link(net, 0, 1, 9);
    net_add_bridge_link(net, 0, 2, 9);
    net_add_host(net, 0, 10);
    net_add_host(net, 3, 10);
    net_add_bridge_host(net, 0);
    return net;
}

static void announce_all(struct net *net)
{
    for (size_t i = 0; i < net->n_hosts; i++) {
        net_arp_announce(net, (int)i);
        net_settle(net);
    }
}

static struct net *started(struct net *net)
{
    net_start(net);
    announce_all(net);
    return net;
}

static enum port_kind kind(const struct net *net, int sw, port_no_t port)
{
    return datapath_port(datapath_find(net->ctl, net->switches[sw]->dpid), port)->kind;
}

static void assert_at(const struct net *net, int host, int sw, port_no_t port)
{
    const struct host *h = hosts_find(net->ctl, net->hosts[host].mac);

    assert_non_null(h);
    assert_int_equal(host_dpid(h), net->switches[sw]->dpid);
    assert_int_equal(host_port(h), port);
}

/* Every host reaches every other one, also with the entries of the first frame, and once. */
static void assert_all_reach(struct net *net, uint32_t number)
{
    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            for (uint32_t i = 0; from != to && i < 3; i++) {
                net_send(net, from, to, number);
                net_settle(net);
                assert_int_equal(net_count(net, to, number), 1);
                number++;
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

static void islands_reach_each_other_over_a_bridge(void **state)
{
    struct net *net = started(two_islands());

    (void)state;
    assert_int_equal(kind(net, 1, 9), PORT_EDGE);
    assert_int_equal(kind(net, 2, 9), PORT_EDGE);
    assert_all_reach(net, 100);
    assert_at(net, 0, 0, 10);
    assert_at(net, 1, 3, 10);
    assert_at(net, 2, 1, 9);
    assert_int_equal(ctl_counters(net->ctl)->host_claims, 0);
    net_advance(net, 60 * NS_PER_S);
    assert_all_reach(net, 200);
    assert_int_equal(ctl_counters(net->ctl)->host_claims, 0);
    net_free(net);
}

static void send_to_all(struct net *net, int from, uint32_t number)
{
    net_send_via(net, from, from, ETH_ADDR_BROADCAST, number);
    net_settle(net);
}

static void a_broadcast_reaches_everybody_once(void **state)
{
    struct net *net = started(two_islands());

    (void)state;
    for (int from = 0; from < 3; from++) {
        uint64_t before = net->bridges[0].n_frames;

        send_to_all(net, from, 300 + (uint32_t)from);
        assert_int_equal(net->bridges[0].n_frames - before, 1);
        for (int to = 0; to < 3; to++) {
            assert_int_equal(net_count(net, to, 300 + (uint32_t)from), from != to);
        }
    }
    net_free(net);
}

/* One island with three ports into the bridge. */
static struct net *three_ports(void)
{
    struct net *net = net_new(47);

    net_add_switch(net, OF_VERSION_1_3);
    net_add_switch(net, OF_VERSION_1_3);
    net_add_link(net, 0, 1, 1, 1);
    net_add_bridge(net);
    net_add_bridge_link(net, 0, 0, 8);
    net_add_bridge_link(net, 0, 0, 9);
    net_add_bridge_link(net, 0, 1, 9);
    net_add_host(net, 0, 10);
    net_add_host(net, 1, 10);
    net_add_bridge_host(net, 0);
    net_add_bridge_host(net, 0);
    return net;
}

static void an_island_with_several_ports_does_not_loop(void **state)
{
    struct net *net = started(three_ports());

    (void)state;
    assert_int_equal(kind(net, 0, 8), PORT_EDGE);
    assert_int_equal(kind(net, 0, 9), PORT_BACKUP);
    assert_int_equal(kind(net, 1, 9), PORT_BACKUP);
    for (int from = 0; from < 4; from++) {
        uint64_t before = net->bridges[0].n_frames;

        send_to_all(net, from, 400 + (uint32_t)from);
        assert_int_equal(net->bridges[0].n_frames - before, 1);
        for (int to = 0; to < 4; to++) {
            assert_int_equal(net_count(net, to, 400 + (uint32_t)from), from != to);
        }
    }
    assert_all_reach(net, 500);
    assert_at(net, 2, 0, 8);
    assert_int_equal(ctl_counters(net->ctl)->host_claims, 0);
    net_free(net);
}

static void the_next_port_takes_over(void **state)
{
    struct net *net = started(three_ports());

    (void)state;
    assert_all_reach(net, 500);
    net_port_set(net, 0, 8, false);
    net_advance(net, NS_PER_MS);
    assert_int_equal(kind(net, 0, 9), PORT_EDGE);
    assert_int_equal(kind(net, 1, 9), PORT_BACKUP);
    assert_at(net, 2, 0, 9);
    assert_at(net, 3, 0, 9);
    send_to_all(net, 0, 600);
    assert_int_equal(net_count(net, 2, 600), 1);
    net->bridges[0].n_macs = 0; /* As spanning tree does when a port fails. */
    assert_all_reach(net, 700);
    net_port_set(net, 0, 8, true);
    net_advance(net, NS_PER_S);
    assert_int_equal(kind(net, 0, 8), PORT_EDGE);
    assert_int_equal(kind(net, 0, 9), PORT_BACKUP);
    assert_at(net, 2, 0, 8);
    net->bridges[0].n_macs = 0;
    assert_all_reach(net, 800);
    net_disconnect(net, 0);
    net_advance(net, NS_PER_MS);
    assert_int_equal(kind(net, 1, 9), PORT_EDGE);
    assert_at(net, 2, 1, 9);
    net_connect(net, 0);
    net_advance(net, NS_PER_S);
    assert_int_equal(kind(net, 0, 8), PORT_EDGE);
    assert_int_equal(kind(net, 1, 9), PORT_BACKUP);
    net_free(net);
}

static void a_host_moves_from_the_bridge_into_an_island(void **state)
{
    struct net *net = started(two_islands());

    (void)state;
    assert_at(net, 2, 1, 9);
    net_host_move(net, 2, 3, 11);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 2);
    net_advance(net, 2 * NS_PER_S);
    assert_at(net, 2, 3, 11);
    assert_all_reach(net, 900);
    net_free(net);
}

static void probe_in(struct net *net, uint16_t port, bool sign)
{
    uint8_t value[44] = {0};
    struct pkt_lldp lldp = {.chassis = {PKT_LLDP_CHASSIS_LOCAL, 1, (const uint8_t *)"a"},
                            .port = {PKT_LLDP_PORT_LOCAL, 1, (const uint8_t *)"1"},
                            .ttl_s = 47,
                            .n_orgs = sign};
    struct buf frame = BUF_INIT;

    value[7] = 1;
    value[11] = 10;
    lldp.orgs[0] = (struct pkt_lldp_org){0x0026e1, 0x54, sizeof value, value};
    pkt_build_lldp(&frame, ETH_ADDR_BROADCAST, net->hosts[0].mac, PKT_TYPE_BDDP, &lldp);
    net_frame_in(net, net->switches[3], port, frame.data, frame.len);
    net_settle(net);
    buf_fini(&frame);
}

static void a_forged_probe_is_refused(void **state)
{
    struct net *net = started(two_islands());
    struct ctl_counters before = *ctl_counters(net->ctl);

    (void)state;
    probe_in(net, 10, true);
    assert_int_equal(ctl_counters(net->ctl)->lldp_forged - before.lldp_forged, 1);
    probe_in(net, 10, false);
    assert_int_equal(ctl_counters(net->ctl)->lldp_bad - before.lldp_bad, 1);
    assert_int_equal(kind(net, 3, 10), PORT_EDGE);
    assert_false(domains_joined(net->ctl, (struct port_at){1, 10}, (struct port_at){4, 10}));
    assert_true(domains_joined(net->ctl, (struct port_at){2, 9}, (struct port_at){3, 9}));
    net_free(net);
}

/* Keeps the first probe of a domain that the host at the bridge hears. */
static void keep_probe(void *aux, struct net_host *host, const uint8_t *data, size_t len)
{
    struct buf *kept = aux;
    struct pkt p;

    if (host->bridge >= 0 && kept->len == 0 && pkt_parse(data, len, &p) == ERR_OK &&
        p.eth_type == PKT_TYPE_BDDP) {
        buf_put(kept, data, len);
    }
}

/* Makes the frame a probe of the other kind. */
static void set_type(struct buf *frame, uint16_t type)
{
    frame->data[12] = (uint8_t)(type >> 8);
    frame->data[13] = (uint8_t)type;
}

/* One that is passed on while it is under way joins the port; later, or as LLDP, it does nothing. */
static void an_old_probe_is_refused(void **state)
{
    struct net *net = two_islands();
    struct buf kept = BUF_INIT;
    uint64_t replayed;

    (void)state;
    net->heard_probes = true;
    net->heard = keep_probe;
    net->heard_aux = &kept;
    started(net);
    assert_true(kept.len > 0);
    replayed = ctl_counters(net->ctl)->lldp_replayed;
    set_type(&kept, PKT_TYPE_LLDP);
    net_frame_in(net, net->switches[3], 10, kept.data, kept.len);
    net_settle(net);
    assert_int_equal(ctl_counters(net->ctl)->lldp_replayed, replayed + 1);
    assert_int_equal(kind(net, 3, 10), PORT_EDGE);
    set_type(&kept, PKT_TYPE_BDDP);
    net_advance(net, net->core.probe_life_ns);
    replayed = ctl_counters(net->ctl)->lldp_replayed;
    net_frame_in(net, net->switches[3], 10, kept.data, kept.len);
    net_settle(net);
    assert_int_equal(ctl_counters(net->ctl)->lldp_replayed, replayed + 1);
    assert_false(domains_joined(net->ctl, (struct port_at){3, 9}, (struct port_at){4, 10}));
    set_type(&kept, PKT_TYPE_LLDP);
    net_frame_in(net, net->switches[3], 10, kept.data, kept.len);
    net_settle(net);
    assert_int_equal(ctl_counters(net->ctl)->lldp_replayed, replayed + 2);
    assert_int_equal(kind(net, 3, 10), PORT_EDGE);
    buf_fini(&kept);
    net_free(net);
}

/* A bridge that loses a cable inside, or a port that hears nobody any more, is a domain of its own. */
static void what_is_not_heard_is_not_joined(void **state)
{
    struct net *net = started(three_ports());
    struct net_bridge *bridge = &net->bridges[0];

    (void)state;
    bridge->ports[2].sw = -1; /* Towards switch 1; no port goes down. */
    net->switches[1]->ports[9].bridge = -1;
    net_advance(net, 40 * NS_PER_S);
    assert_int_equal(kind(net, 0, 9), PORT_BACKUP);
    assert_int_equal(kind(net, 1, 9), PORT_EDGE);
    assert_int_equal(net_count_entries(net, 1, 65001), 0);
    assert_int_equal(net_count_entries(net, 0, 65001), 1);
    net_free(net);
}

/* The port of an island fails towards another one, which goes on by the next; and when it is back, flows that go on
 * leave by it again, so that their answers do not come to the port that is kept back. */
static void the_way_between_islands_follows(void **state)
{
    struct net *net = two_islands();

    (void)state;
    net_add_bridge_link(net, 0, 0, 20);
    started(net);
    assert_int_equal(kind(net, 0, 20), PORT_EDGE);
    assert_int_equal(kind(net, 1, 9), PORT_BACKUP);
    assert_all_reach(net, 1100);
    net_port_set(net, 0, 20, false);
    net->bridges[0].n_macs = 0;
    net_advance(net, NS_PER_MS);
    assert_int_equal(kind(net, 1, 9), PORT_EDGE);
    assert_at(net, 2, 1, 9);
    assert_all_reach(net, 1200);
    net_port_set(net, 0, 20, true);
    net->bridges[0].n_macs = 0;
    net_advance(net, NS_PER_S);
    assert_int_equal(kind(net, 1, 9), PORT_BACKUP);
    assert_all_reach(net, 1300);
    net_free(net);
}

static void without_probes_nothing_is_joined(void **state)
{
    struct net *net = three_ports();

    (void)state;
    net->core.bddp = false;
    net_start(net);
    assert_int_equal(ctl_counters(net->ctl)->domain_probes_sent, 0);
    assert_int_equal(kind(net, 0, 8), PORT_EDGE);
    assert_int_equal(kind(net, 0, 9), PORT_EDGE);
    net_free(net);
}

static void arp_from(struct net *net, int host, struct eth_addr mac, uint32_t ip)
{
    struct buf frame = BUF_INIT;

    pkt_build_arp_request(&frame, mac, ip, ip);
    net_send_frame(net, host, &frame);
    net_settle(net);
    buf_fini(&frame);
}

static void hosts_behind_one_port_are_limited(void **state)
{
    struct net *net = two_islands();

    (void)state;
    net->core.max_hosts_per_port = 385;
    started(net);
    for (uint32_t i = 0; i < 500; i++) {
        arp_from(net, 2, eth_addr_from_u64(UINT64_C(0x020000010000) + i), 0x0a010000 + i);
    }
    assert_int_equal(hosts_count(net->ctl), 385 + 2);
    assert_int_equal(ctl_counters(net->ctl)->host_limit_hits, 500 - 384);
    assert_all_reach(net, 1000);
    net_free(net);
}

/* A gateway sends what comes from everywhere under its own MAC address. */
static void a_gateway_keeps_few_addresses(void **state)
{
    struct net *net = started(two_islands());
    struct net_host *gateway = &net->hosts[2];
    uint32_t own = gateway->ip;
    const struct host *h;
    size_t n;

    (void)state;
    for (uint32_t i = 0; i < 3000; i++) {
        gateway->ip = 0xc6336400 + i;
        net_send(net, 2, (int)(i % 2), 1);
        net_settle(net);
    }
    gateway->ip = net->hosts[1].ip;
    net_send(net, 2, 0, 2);
    net_advance(net, 3 * NS_PER_S);
    gateway->ip = own;
    h = hosts_find(net->ctl, gateway->mac);
    host_ipv4(h, &n);
    assert_in_range(n, 1, HOST_MAX_IPS);
    assert_ptr_equal(hosts_find_ipv4(net->ctl, own), h);
    assert_ptr_equal(hosts_find_ipv4(net->ctl, net->hosts[1].ip),
                     hosts_find(net->ctl, net->hosts[1].mac));
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(islands_reach_each_other_over_a_bridge),
        cmocka_unit_test(a_broadcast_reaches_everybody_once),
        cmocka_unit_test(an_island_with_several_ports_does_not_loop),
        cmocka_unit_test(the_next_port_takes_over),
        cmocka_unit_test(a_host_moves_from_the_bridge_into_an_island),
        cmocka_unit_test(a_forged_probe_is_refused),
        cmocka_unit_test(an_old_probe_is_refused),
        cmocka_unit_test(what_is_not_heard_is_not_joined),
        cmocka_unit_test(the_way_between_islands_follows),
        cmocka_unit_test(without_probes_nothing_is_joined),
        cmocka_unit_test(hosts_behind_one_port_are_limited),
        cmocka_unit_test(a_gateway_keeps_few_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
