/* A port goes down and comes up again, for every app that owns entries: what leads into it is led elsewhere
 * or taken away, hosts behind it are remembered (a cable that is pulled may come back) unless the switch
 * says that the port is no more, nothing else is touched, and in the end everything is as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/failover.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/openflow/of_types.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"
#include "controller/packet/pkt_sum.h"
#include "tests/apps/net.h"
#include "tests/apps/traffic.h"

#define BROADCAST ((struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})
#define FAR_SWITCH 4 /* And the next one. */
#define FAR_HOST 4
#define LINK_PORT 1
#define HOST_PORT 10

static uint32_t number = 1;

/* --- A network -------------------------------------------------------------------------------- */

/* Access switches 0 and 1, each joined to the core switches 2 and 3 at ports 1 and 2, which are joined too.
 * Hosts 0 and 1 at switch 0, 2 and 3 at switch 1. Far away, at switches 4 and 5, which are joined to each
 * other and by switch 3 to the rest, are hosts 4 and 5. */
static struct net *make(uint8_t version)
{
    struct net *net = net_new(version);

    for (int i = 0; i < 6; i++) {
        net_add_switch(net, version);
    }
    net_add_link(net, 0, LINK_PORT, 2, 1);
    net_add_link(net, 0, 2, 3, 1);
    net_add_link(net, 1, 1, 2, 2);
    net_add_link(net, 1, 2, 3, 2);
    net_add_link(net, 2, 3, 3, 3);
    net_add_link(net, 3, 4, FAR_SWITCH, 1);
    net_add_link(net, FAR_SWITCH, 2, FAR_SWITCH + 1, 1);
    for (int i = 0; i < 6; i++) {
        net_add_host(net, i < 4 ? i / 2 : i, HOST_PORT + (unsigned)(i < 4 ? i % 2 : 0));
    }
    net->clustering.ecmp = false; /* The ways go by switch 2. */
    net->arp.dp_flood_per_s = 0;
    return net;
}

static void started(struct net *net)
{
    net_start(net);
    for (int i = 0; i < 6; i++) {
        net_arp_announce(net, i);
    }
    net_advance(net, 2 * NS_PER_S);
}

/* The near ones among themselves, and the far ones. */
static bool talk(int from, int to)
{
    return from != to && (from < FAR_HOST) == (to < FAR_HOST);
}

static void send_all(struct net *net)
{
    for (int i = 0; i < 36; i++) {
        if (talk(i / 6, i % 6)) {
            net_send(net, i / 6, i % 6, number++);
        }
    }
    net_settle(net);
}

static void expect_all(struct net *net)
{
    for (int i = 0; i < 36; i++) {
        int from = i / 6, to = i % 6;

        if (talk(from, to)) {
            net->hosts[to].n_seen = 0;
            net_send(net, from, to, ++number);
            net_settle(net);
            assert_int_equal(net_count(net, to, number), 1);
        }
    }
}

/* --- Looking at tables ------------------------------------------------------------------------ */

static bool outputs_at(const struct of_action *actions, size_t n, port_no_t port)
{
    for (size_t i = 0; i < n; i++) {
        if (actions[i].type == OF_ACT_OUTPUT && actions[i].output.port == port) {
            return true;
        }
    }
    return false;
}

/* A bucket that does not watch the port. */
static bool group_outputs_at(struct net_switch *sw, uint32_t id, port_no_t port)
{
    const struct net_group *g = net_group(sw, id);

    for (size_t i = 0; g && i < g->n_buckets; i++) {
        if (g->buckets[i].watch_port != port &&
            outputs_at(g->buckets[i].actions, g->buckets[i].n_actions, port)) {
            return true;
        }
    }
    return false;
}

static bool leads_into(struct net_switch *sw, const struct net_entry *e, port_no_t port)
{
    for (size_t i = 0; i < e->n_actions; i++) {
        if (e->actions[i].type == OF_ACT_GROUP &&
            group_outputs_at(sw, e->actions[i].group_id, port)) {
            return true;
        }
    }
    return outputs_at(e->actions, e->n_actions, port);
}

/* Entries of 'sw' that lead into 'port', with this priority (0: any). */
static size_t n_into(const struct net *net, int sw, port_no_t port, uint16_t priority)
{
    struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        n += (!priority || s->entries[i].priority == priority) &&
             leads_into(s, &s->entries[i], port);
    }
    return n;
}

/* Changes that were written to the far switches. */
static size_t n_written_far(const struct net *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_written; i++) {
        n += net->written[i].sw >= FAR_SWITCH && !net->written[i].is_barrier;
    }
    return n;
}

/* --- Tables as they were ---------------------------------------------------------------------- */

struct tables {
    struct net_entry *entries[6];
    size_t n[6];
};

static void remember(const struct net *net, struct tables *out)
{
    for (int i = 0; i < 6; i++) {
        out->n[i] = net->switches[i]->n_entries;
        out->entries[i] = calloc(out->n[i] + 1, sizeof(struct net_entry));
        assert_non_null(out->entries[i]);
        memcpy(out->entries[i], net->switches[i]->entries, out->n[i] * sizeof(struct net_entry));
    }
}

static void forget(struct tables *t)
{
    for (int i = 0; i < 6; i++) {
        free(t->entries[i]);
    }
}

static bool is_same(const struct net_entry *a, const struct net_entry *b)
{
    struct of_instructions x = of_apply(a->actions, a->n_actions);
    struct of_instructions y = of_apply(b->actions, b->n_actions);

    return a->priority == b->priority && of_match_eq(&a->match, &b->match) &&
           of_instructions_eq(&x, &y);
}

static bool has(const struct net_switch *sw, const struct net_entry *e)
{
    for (size_t i = 0; i < sw->n_entries; i++) {
        if (is_same(&sw->entries[i], e)) {
            return true;
        }
    }
    return false;
}

static bool is_left_out(const struct net_entry *e, uint16_t but)
{
    return but > 0 && e->priority >= but && e->priority < but + 10;
}

/* Every entry is there again, and no other, but those with the priority 'but' (0: none) and a few above. */
static void expect_as_before(const struct net *net, const struct tables *t, uint16_t but)
{
    for (int i = 0; i < 6; i++) {
        const struct net_switch *sw = net->switches[i];
        size_t n_before = 0, n_now = 0;

        for (size_t k = 0; k < t->n[i]; k++) {
            if (!is_left_out(&t->entries[i][k], but)) {
                assert_true(has(sw, &t->entries[i][k]));
                n_before++;
            }
        }
        for (size_t k = 0; k < sw->n_entries; k++) {
            n_now += !is_left_out(&sw->entries[k], but);
        }
        assert_int_equal(n_now, n_before);
    }
}

/* --- The course of a test --------------------------------------------------------------------- */

static size_t n_hosts(const struct net *net)
{
    return hosts_count(net->ctl);
}

/* The link between switches 0 and 2 fails, and works again. 'stays' (0: none): the priority of entries that
 * lead into it whatever happens; 'flows' (0: none): of those that come again only with frames. */
static void link_fails(struct net *net, uint16_t stays, uint16_t flows)
{
    struct tables before;
    size_t known = n_hosts(net);

    remember(net, &before);
    net->n_written = 0;
    net_port_set(net, 0, LINK_PORT, false);
    net_advance(net, 2 * NS_PER_S);
    assert_int_equal(n_into(net, 0, LINK_PORT, 0), stays ? n_into(net, 0, LINK_PORT, stays) : 0);
    assert_int_equal(n_into(net, 2, 1, 0), 0);
    assert_int_equal(n_hosts(net), known);
    assert_int_equal(n_written_far(net), 0);
    expect_all(net);
    net_port_set(net, 0, LINK_PORT, true);
    net_advance(net, 3 * NS_PER_S);
    expect_all(net);
    assert_int_equal(n_hosts(net), known);
    expect_as_before(net, &before, flows);
    forget(&before);
}

/* The port of host 0 goes down: who it was is not forgotten, and nothing is written for its sake that
 * would have to be written back. */
static void host_port_fails(struct net *net, uint16_t flows)
{
    struct tables before;
    size_t known = n_hosts(net);

    remember(net, &before);
    net->n_written = 0;
    net_port_set(net, 0, HOST_PORT, false);
    net_advance(net, 2 * NS_PER_S);
    assert_int_equal(n_hosts(net), known);
    assert_non_null(hosts_find(net->ctl, net->hosts[0].mac));
    assert_int_equal(n_written_far(net), 0);
    net_port_set(net, 0, HOST_PORT, true);
    net_advance(net, 3 * NS_PER_S);
    net_arp_announce(net, 0);
    net_advance(net, NS_PER_S);
    expect_all(net);
    expect_as_before(net, &before, flows);
    forget(&before);
}

/* --- Clustering ------------------------------------------------------------------------------- */

static void clustering_over(uint8_t version, bool failover)
{
    struct net *net = make(version);

    net->clustering.fast_failover = failover;
    started(net);
    send_all(net);
    assert_true(n_into(net, 0, LINK_PORT, CLUSTERING_PRIORITY_INGRESS) > 0 || failover);
    link_fails(net, 0, 0);
    host_port_fails(net, 0);
    net_free(net);
}

static void test_clustering(void **state)
{
    (void)state;
    clustering_over(OF_VERSION_1_3, false);
    clustering_over(OF_VERSION_1_0, false);
    clustering_over(OF_VERSION_1_3, true);
}

/* The switch says that the port is no more: so is the host, and everything that led to it. */
static void test_port_is_removed(void **state)
{
    struct net *net = make(OF_VERSION_1_3);
    struct tables before;

    (void)state;
    started(net);
    send_all(net);
    remember(net, &before);
    net->n_written = 0;
    net_port_remove(net, 0, HOST_PORT);
    net_settle(net);
    assert_null(hosts_find(net->ctl, net->hosts[0].mac));
    assert_non_null(hosts_find(net->ctl, net->hosts[1].mac));
    assert_int_equal(n_into(net, 0, HOST_PORT, 0), 0);
    assert_int_equal(net_count_entries(net, 1, CLUSTERING_PRIORITY_INGRESS), 2 + 1);
    assert_int_equal(n_written_far(net), 0);
    net_port_add(net, 0, HOST_PORT);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 0);
    net_settle(net);
    send_all(net);
    expect_all(net);
    expect_as_before(net, &before, 0);
    forget(&before);
    net_free(net);
}

/* --- Circuit trees ---------------------------------------------------------------------------- */

static void circuits_over(uint8_t version)
{
    struct net *net = make(version);
    struct circuit_root_key key = {.family = CIRCUIT_ROOT_MAC};

    started(net);
    key.mac = net->hosts[2].mac;
    assert_int_equal(circuit_tree_add(ctl_module_state(net->ctl, "circuit_tree"), &key), ERR_OK);
    net_advance(net, NS_PER_S);
    send_all(net);
    assert_true(n_into(net, 0, LINK_PORT, PRIORITY_CIRCUIT_TREE) > 0);
    link_fails(net, 0, 0);
    host_port_fails(net, 0);
    net_free(net);
}

static void test_circuit_tree(void **state)
{
    (void)state;
    circuits_over(OF_VERSION_1_3);
    circuits_over(OF_VERSION_1_0);
}

/* --- Forwarding ------------------------------------------------------------------------------- */

static void test_forwarding(void **state)
{
    struct net *net = make(OF_VERSION_1_3);

    (void)state;
    net->without_clustering = true;
    started(net);
    send_all(net);
    assert_true(n_into(net, 0, LINK_PORT, PRIORITY_FORWARDING) > 0);
    link_fails(net, 0, PRIORITY_FORWARDING);
    host_port_fails(net, PRIORITY_FORWARDING);
    net_free(net);
}

/* --- Interest domains and multicast ----------------------------------------------------------- */

static void *domains(struct net *net)
{
    return ctl_module_state(net->ctl, "interest_domains");
}

static void join(struct net *net, const char *name, int host)
{
    const struct net_host *h = &net->hosts[host];
    struct domain_member m = {.dpid = net->switches[h->sw]->dpid, .port = h->port};

    assert_int_equal(interest_domains_join(domains(net), name, &m), ERR_OK);
}

static void to_all(struct net *net, int from, struct eth_addr dst, uint32_t ip)
{
    const struct net_host *h = &net->hosts[from];
    struct pkt_ends4 ends = {.eth_dst = dst, .eth_src = h->mac, .src = h->ip, .dst = ip};
    struct buf frame = BUF_INIT, payload = BUF_INIT;

    for (size_t i = 0; i < net->n_hosts; i++) {
        net->hosts[i].n_seen = 0;
    }
    buf_put_u32(&payload, ++number);
    pkt_build_udp4(&frame, &ends, 2385, 4711, payload.data, payload.len);
    net_send_frame(net, from, &frame);
    net_settle(net);
    buf_fini(&payload);
    buf_fini(&frame);
}

/* The far hosts are a domain of their own. */
static void expect_domains(struct net *net)
{
    to_all(net, 0, BROADCAST, 0xffffffff);
    assert_int_equal(net_count(net, 2, number), 1);
    assert_int_equal(net_count(net, 3, number), 1);
    assert_int_equal(net_count(net, 4, number), 0);
    to_all(net, 4, BROADCAST, 0xffffffff);
    assert_int_equal(net_count(net, 5, number), 1);
    assert_int_equal(net_count(net, 0, number), 0);
}

static void domains_over(uint8_t version)
{
    struct net *net = make(version);

    started(net);
    assert_int_equal(interest_domains_add(domains(net), "lab"), ERR_OK);
    assert_int_equal(interest_domains_add(domains(net), "far"), ERR_OK);
    for (int i = 0; i < 4; i++) {
        join(net, i == 1 ? "far" : "lab", i == 1 ? 4 : i);
    }
    join(net, "far", 5);
    net_advance(net, 2 * NS_PER_S);
    send_all(net);
    expect_domains(net);
    assert_true(n_into(net, 0, LINK_PORT, 0) > 0);
    link_fails(net, 0, PRIORITY_MULTICAST); /* A tree that was mended stays: it is as good. */
    expect_domains(net);
    net_free(net);
}

static void test_interest_domains(void **state)
{
    (void)state;
    domains_over(OF_VERSION_1_3);
    domains_over(OF_VERSION_1_0);
}

#define GROUP 0xef020355 /* 239.2.3.85 */

static struct eth_addr group_mac(void)
{
    return eth_addr_from_u64(UINT64_C(0x01005e000000) | (GROUP & 0x7fffff));
}

/* An IGMPv2 report. */
static void listen_to(struct net *net, int host)
{
    const struct net_host *h = &net->hosts[host];
    struct pkt_ends4 ends = {
        .eth_dst = group_mac(), .eth_src = h->mac, .src = h->ip, .dst = GROUP, .ttl = 1};
    uint8_t msg[8] = {0x16, 0, 0, 0, GROUP >> 24, GROUP >> 16 & 0xff, GROUP >> 8 & 0xff,
                      GROUP & 0xff};
    uint16_t sum = pkt_sum_fold(pkt_sum_add(0, msg, sizeof(msg)));
    struct buf frame = BUF_INIT;

    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    pkt_build_ipv4(&frame, &ends, PKT_PROTO_IGMP, msg, sizeof(msg));
    net_send_frame(net, host, &frame);
    net_advance(net, 100 * NS_PER_MS);
    buf_fini(&frame);
}

static void expect_listeners(struct net *net, unsigned listeners)
{
    to_all(net, 3, group_mac(), GROUP);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(net_count(net, i, number), listeners >> i & 1);
    }
}

/* A listener whose port goes down is one no longer: that is not remembered, but asked for. */
static void test_multicast(void **state)
{
    struct net *net = make(OF_VERSION_1_3);

    (void)state;
    net->multicast.enabled = true;
    started(net);
    listen_to(net, 0);
    listen_to(net, 1);
    send_all(net);
    expect_listeners(net, 0x3);
    net_port_set(net, 0, LINK_PORT, false);
    net_advance(net, 2 * NS_PER_S);
    assert_int_equal(n_into(net, 0, LINK_PORT, 0) + n_into(net, 2, 1, 0), 0);
    expect_listeners(net, 0x3);
    net_port_set(net, 0, LINK_PORT, true);
    net_advance(net, 3 * NS_PER_S);
    expect_listeners(net, 0x3);
    net_port_set(net, 0, HOST_PORT, false);
    net_advance(net, 2 * NS_PER_S);
    expect_listeners(net, 0x2);
    net_port_set(net, 0, HOST_PORT, true);
    net_advance(net, 2 * NS_PER_S);
    expect_listeners(net, 0x2);
    listen_to(net, 0);
    net_advance(net, NS_PER_S);
    expect_listeners(net, 0x3);
    net_free(net);
}

/* --- Elephants -------------------------------------------------------------------------------- */

/* One that was moved to the way by switch 3 comes back to the other at once when that fails. */
static void test_elephants(void **state)
{
    struct traffic t = {.net = make(OF_VERSION_1_3), .with_sflow = true};

    (void)state;
    t.net->link_costs.port_stats = t.net->elephants.flow_stats = true;
    started(t.net);
    for (int i = 0; i < 2; i++) {
        t.flows[i].from = i;
        t.flows[i].to = 2 + i;
        t.flows[i].mbps = 400;
    }
    t.n_flows = 2;
    traffic_run(&t, 12 * NS_PER_S);
    assert_true(n_into(t.net, 0, 2, PRIORITY_ELEPHANT) > 0);
    t.net->n_written = 0;
    net_port_set(t.net, 0, 2, false);
    net_settle(t.net);
    assert_int_equal(n_into(t.net, 0, 2, 0), 0);
    assert_int_equal(n_written_far(t.net), 0);
    t.n_lost = 0;
    traffic_run(&t, NS_PER_S);
    assert_int_equal(t.n_lost, 0);
    net_port_set(t.net, 0, 2, true);
    traffic_run(&t, 20 * NS_PER_S); /* It collides with the other again, and is moved again. */
    assert_true(n_into(t.net, 0, 2, PRIORITY_ELEPHANT) > 0);
    assert_int_equal(t.n_lost, 0);
    net_free(t.net);
}

/* --- Entries that no port going down changes -------------------------------------------------- */

static void *networks(struct net *net)
{
    return ctl_module_state(net->ctl, "logical_networks");
}

/* Whoever may not talk may not by any way, nor through a port that was down. */
static void networks_over(uint8_t version)
{
    struct net *net = make(version);
    struct network_rule rule;

    started(net);
    assert_int_equal(networks_create(networks(net), 2, "lab"), ERR_OK);
    assert_int_equal(network_rule_parse("port 0000000000000005-10", &rule), ERR_OK);
    assert_int_equal(networks_rule_add(networks(net), 2, &rule), ERR_OK);
    net_advance(net, NS_PER_S);
    send_all(net);
    net->n_written = 0;
    for (int i = 0; i < 2; i++) {
        net_port_set(net, 0, i ? HOST_PORT : LINK_PORT, false);
        net_advance(net, 2 * NS_PER_S);
        net_send(net, 4, 1, ++number);
        net_settle(net);
        assert_int_equal(net_count(net, 1, number), 1); /* Not blocked yet. */
        net_port_set(net, 0, i ? HOST_PORT : LINK_PORT, true);
        net_advance(net, 3 * NS_PER_S);
    }
    assert_int_equal(networks_block(networks(net), 1, 2), ERR_OK);
    net_advance(net, NS_PER_S);
    for (int i = 0; i < 4; i++) {
        net_port_set(net, 0, i / 2 ? HOST_PORT : LINK_PORT, i % 2 == 1);
        net_advance(net, 3 * NS_PER_S);
        net_send(net, 4, 1, ++number);
        net_settle(net);
        assert_int_equal(net_count(net, 1, number), 0);
        net_send(net, 2, 1, ++number);
        net_settle(net);
        assert_int_equal(net_count(net, 1, number), 1);
    }
    net_free(net);
}

static void test_logical_networks(void **state)
{
    (void)state;
    networks_over(OF_VERSION_1_3);
    networks_over(OF_VERSION_1_0);
}

/* What an operator has said stays said. */
static void test_static_flows(void **state)
{
    struct net *net = make(OF_VERSION_1_3);
    struct static_flow flow = {.dpid = 1, .name = "operator's", .is_enabled = true};
    struct of_action out = of_output(LINK_PORT);

    (void)state;
    flow.spec.priority = 2385;
    OF_MATCH_SET(&flow.spec.match, ETH_TYPE, eth_type, 0x88f7);
    flow.spec.ins = of_apply(&out, 1);
    started(net);
    assert_int_equal(static_flows_put(ctl_module_state(net->ctl, "static_flows"), &flow, NULL),
                     ERR_OK);
    send_all(net);
    assert_int_equal(n_into(net, 0, LINK_PORT, 2385), 1);
    link_fails(net, 2385, 0);
    assert_int_equal(n_into(net, 0, LINK_PORT, 2385), 1);
    net_free(net);
}

/* Questions about addresses go to the controller, and a host that is held stays held: no port matters. */
static void test_what_has_no_port(void **state)
{
    struct net *net = make(OF_VERSION_1_3);
    size_t n_questions, n_held;

    (void)state;
    net->dhcp.enabled = true;
    net->ipv6_nd.enabled = true;
    net->dos_guard.from_per_s = 200;
    started(net);
    send_all(net);
    n_questions = net_count_entries(net, 0, PRIORITY_ADDRESSES);
    assert_true(n_questions > 0);
    for (uint32_t i = 0; i < 2000 && !net_count_entries(net, 0, PRIORITY_DOS_GUARD); i++) {
        struct eth_addr nobody = eth_addr_from_u64(UINT64_C(0x020000990000) + i);

        net_send_via(net, 0, 2, nobody, ++number); /* Each the first packet of a flow. */
        if (i % 400 == 399) {
            net_advance(net, NS_PER_S);
        }
    }
    n_held = net_count_entries(net, 0, PRIORITY_DOS_GUARD);
    assert_true(n_held > 0);
    net->n_written = 0;
    net_port_set(net, 0, LINK_PORT, false);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_ADDRESSES), n_questions);
    assert_int_equal(net_count_entries(net, 0, PRIORITY_DOS_GUARD), n_held);
    for (size_t i = 0; i < net->n_written; i++) {
        assert_true(net->written[i].is_barrier || net->written[i].priority < PRIORITY_STATIC_MIN);
    }
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clustering),       cmocka_unit_test(test_port_is_removed),
        cmocka_unit_test(test_circuit_tree),     cmocka_unit_test(test_forwarding),
        cmocka_unit_test(test_interest_domains), cmocka_unit_test(test_multicast),
        cmocka_unit_test(test_elephants),        cmocka_unit_test(test_logical_networks),
        cmocka_unit_test(test_static_flows),     cmocka_unit_test(test_what_has_no_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
