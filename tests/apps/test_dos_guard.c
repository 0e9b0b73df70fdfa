/* The guard over a small network: floods by sFlow and by packet-ins, who is held, how long, who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/dos_guard_int.h"
#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_sflow.h"
#include "tests/apps/net.h"

#define COUNT(net, member) dos_guard_counters(state_of(net)).member
#define ONE_IN 100

static void *state_of(struct net *net)
{
    return ctl_module_state(net->ctl, "dos_guard");
}

/* Two switches, two hosts each. */
static struct net *two_switches(uint8_t version)
{
    struct net *net = net_new(version);

    net_add_switches(net, 2, version);
    net_add_link(net, 0, 1, 1, 1);
    for (int i = 0; i < 4; i++) {
        net_add_host(net, i / 2, (unsigned)(10 + i % 2));
    }
    return net;
}

static struct net *started(struct net *net)
{
    net_start(net);
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    return net;
}

/* --- Samples ---------------------------------------------------------------------------------- */

enum kind { SYN, DATA, UDP };

static uint32_t seq[2]; /* By switch. */

static void emit(struct net *net, struct pkt_sflow *sf)
{
    struct buf datagram = BUF_INIT;

    pkt_build_sflow(&datagram, sf);
    ctl_sflow(net->ctl, datagram.data, datagram.len);
    buf_fini(&datagram);
}

/* The index of an interface is its port, the sub-agent the switch. */
static void place(struct net *net, const struct net_host *h)
{
    static struct pkt_sflow sf;

    sf = (struct pkt_sflow){.sub_agent = (uint32_t)h->sw, .n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_COUNTERS,
        .source_index = h->port,
        .counters = {.has_openflow = true, .dpid = net->switches[h->sw]->dpid, .port_no = h->port}};
    emit(net, &sf);
}

static void build(const struct net *net, struct buf *frame, int from, int to, enum kind kind,
                  uint16_t port)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct pkt pkt;

    if (kind == UDP) {
        pkt_build_udp4(frame, &ends, port, 53, "data", 4);
        return;
    }
    /* The first bytes of a TCP segment where those of UDP were. */
    pkt_build_udp4(frame, &ends, port, 80, "................", 16);
    assert_int_equal(pkt_parse(frame->data, frame->len, &pkt), ERR_OK);
    frame->data[pkt.off.l3 + 9] = PKT_PROTO_TCP;
    memset(frame->data + pkt.off.l4 + 4, 0, 16);
    frame->data[pkt.off.l4 + 12] = 0x50;
    frame->data[pkt.off.l4 + 13] = kind == SYN ? PKT_TCP_SYN : PKT_TCP_ACK;
}

static void sample(struct net *net, int from, int to, enum kind kind, uint16_t port)
{
    static struct pkt_sflow sf;
    const struct net_host *a = &net->hosts[from];
    struct buf frame = BUF_INIT;

    build(net, &frame, from, to, kind, port);
    place(net, a);
    sf = (struct pkt_sflow){.sub_agent = (uint32_t)a->sw, .n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){.kind = PKT_SFLOW_FLOW,
                                              .seq = ++seq[a->sw],
                                              .source_index = 1000,
                                              .flow = {.rate = ONE_IN,
                                                       .input = a->port,
                                                       .has_header = true,
                                                       .proto = PKT_SFLOW_PROTO_ETHERNET,
                                                       .frame_bytes = 64,
                                                       .header_len = (uint32_t)frame.len,
                                                       .header = frame.data}};
    emit(net, &sf);
    buf_fini(&frame);
}

/* 'n' samples a second for so many seconds. With 'fresh' each is of another flow. */
static void flood(struct net *net, int from, int to, enum kind kind, unsigned n, bool fresh,
                  unsigned seconds)
{
    static uint16_t port = 1024;

    for (unsigned s = 0; s < seconds; s++) {
        for (unsigned i = 0; i < n; i++) {
            sample(net, from, to, kind, fresh ? ++port : 2385);
        }
        net_advance(net, NS_PER_S);
    }
}

static size_t n_held(const struct net *net, int sw)
{
    return net_count_entries(net, sw, PRIORITY_DOS_GUARD);
}

/* --- Senders ---------------------------------------------------------------------------------- */

/* 2 400 SYNs a second. */
static void test_syn_flood_is_dropped(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_3));

    (void)state;
    net_send(net, 0, 2, 1);
    net_send(net, 1, 2, 2);
    net_settle(net);
    flood(net, 0, 2, SYN, 24, true, 2);
    assert_int_equal(COUNT(net, held), 0); /* Not at once. */
    flood(net, 0, 2, SYN, 24, true, 2);
    assert_int_equal(COUNT(net, held), 1);
    assert_int_equal(n_held(net, 0), 1);
    assert_int_equal(n_held(net, 1), 0);
    net_send(net, 0, 2, 3);
    net_send(net, 1, 2, 4); /* Others at the same switch are served. */
    net_settle(net);
    assert_int_equal(net_count(net, 2, 3), 0);
    assert_int_equal(net_count(net, 2, 4), 1);
    net_advance(net, 60 * NS_PER_S);
    assert_int_equal(n_held(net, 0), 0);
    assert_int_equal(COUNT(net, released), 1);
    net_send(net, 0, 2, 5);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 5), 1);
    net_free(net);
}

static void test_udp_scan_is_dropped(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_0));

    (void)state;
    flood(net, 0, 2, UDP, 30, true, 5);
    assert_int_equal(n_held(net, 0), 1);
    net_free(net);
}

/* Many samples of few flows are no flood, and data of TCP is none. */
static void test_elephants_are_no_flood(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_3));

    (void)state;
    flood(net, 0, 2, UDP, 300, false, 6);
    flood(net, 1, 3, DATA, 300, true, 6);
    assert_int_equal(COUNT(net, senders), 0);
    assert_int_equal(COUNT(net, victims), 0);
    net_free(net);
}

/* Few samples say nothing, whatever they would stand for. */
static void test_few_samples_say_nothing(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);

    (void)state;
    net->dos_guard.from_per_s = 100;
    started(net);
    flood(net, 0, 2, SYN, 7, true, 6);
    assert_int_equal(COUNT(net, senders), 0);
    flood(net, 0, 2, SYN, 8, true, 4);
    assert_int_equal(COUNT(net, senders), 1);
    net_free(net);
}

/* Hysteresis: who goes on is held longer each time; who rests begins anew. */
static void test_held_longer_each_time(void **state)
{
    static const int64_t seconds[] = {60, 120, 240, 480, 480};
    struct net *net = started(two_switches(OF_VERSION_1_3));

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        flood(net, 0, 2, SYN, 24, true, 4);
        assert_int_equal(n_held(net, 0), 1);
        net_advance(net, (seconds[i] - 3) * NS_PER_S);
        assert_int_equal(n_held(net, 0), 1);
        net_advance(net, 3 * NS_PER_S);
        assert_int_equal(n_held(net, 0), 0);
    }
    net_advance(net, 61 * NS_PER_S);
    flood(net, 0, 2, SYN, 24, true, 4);
    net_advance(net, 61 * NS_PER_S);
    assert_int_equal(n_held(net, 0), 0);
    net_free(net);
}

static void note_info(void *aux, const struct dos_guard_info *info)
{
    struct dos_guard_info *out = aux;

    *out = *info;
}

/* Packet-ins count too; with 'limit' some of what is held comes to the controller. */
static void test_packet_ins_and_limit(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct dos_guard_info info = {.is_held = false};
    struct buf frame = BUF_INIT;

    (void)state;
    net->dos_guard.limit = true;
    net->dos_guard.from_per_s = 200;
    started(net);
    build(net, &frame, 0, 2, UDP, 4711);
    for (unsigned s = 0; s < 5; s++) {
        for (unsigned i = 0; i < 400 && !n_held(net, 0); i++) {
            net_agent_packet_in(net->switches[0], 10, OF_REASON_NO_MATCH, 0, frame.data, frame.len);
        }
        net_advance(net, NS_PER_S);
    }
    buf_fini(&frame);
    assert_int_equal(n_held(net, 0), 1);
    dos_guard_each(state_of(net), note_info, &info);
    assert_true(info.is_held && info.is_limited);
    assert_true(eth_addr_eq(info.mac, net->hosts[0].mac));
    net->hosts[2].n_seen = 0;
    net_send(net, 0, 2, 9);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 9), 1); /* By the controller. */
    net_free(net);
}

/* Who stays far below the limit is not even in the table, and does not become heavy because somebody else
 * is; who reaches the limit in the third period is held in that period. */
static void test_light_hosts_share_a_sketch(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    const struct dos_guard *g;
    struct buf heavy = BUF_INIT, light = BUF_INIT;

    (void)state;
    started(net);
    g = state_of(net);
    build(net, &heavy, 0, 2, UDP, 4711);
    build(net, &light, 1, 2, UDP, 4712);
    for (unsigned s = 0; s < 3; s++) {
        assert_int_equal(n_held(net, 0), 0);
        for (unsigned i = 0; i < 2385; i++) {
            net_agent_packet_in(net->switches[0], 10, OF_REASON_NO_MATCH, 0, heavy.data, heavy.len);
            if (i % 8 == 0) {
                net_agent_packet_in(net->switches[0], 11, OF_REASON_NO_MATCH, 0, light.data,
                                    light.len);
            }
        }
        net_advance(net, NS_PER_S);
    }
    buf_fini(&heavy);
    buf_fini(&light);
    assert_int_equal(n_held(net, 0), 1);
    assert_non_null(dos_find(g, net->hosts[0].mac));
    assert_null(dos_find(g, net->hosts[1].mac));
    net_free(net);
}

static void packet_ins(struct net *net, int from, unsigned n)
{
    struct buf frame = BUF_INIT;

    build(net, &frame, from, 2, UDP, 4711);
    for (unsigned i = 0; i < n; i++) {
        net_agent_packet_in(net->switches[0], net->hosts[from].port, OF_REASON_NO_MATCH, 0,
                            frame.data, frame.len);
    }
    net_settle(net);
    buf_fini(&frame);
}

/* A record lasts while its host is busy: who goes on at a tenth of the limit is in the sketch again soon, and
 * is found when he is busy once more. What only samples fill is not there without any. */
static void test_records_of_hosts_that_calm_down(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_3));
    const struct dos_guard *g = state_of(net);
    const struct dos_host *h;

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        packet_ins(net, 0, 1800);
        h = dos_find(g, net->hosts[0].mac);
        assert_non_null(h);
        assert_null(h->way[DOS_FROM].samples);
        assert_null(h->way[DOS_TO].samples);
        for (unsigned s = 0; s < 5; s++) {
            net_advance(net, NS_PER_S);
            packet_ins(net, 0, 200);
        }
        assert_null(dos_find(g, net->hosts[0].mac));
    }
    assert_int_equal(COUNT(net, senders), 0);
    flood(net, 0, 2, SYN, 1, true, 1);
    h = dos_find(g, net->hosts[0].mac);
    assert_non_null(h->way[DOS_FROM].samples);
    assert_null(h->way[DOS_TO].samples);
    net_advance(net, 4 * NS_PER_S);
    assert_int_equal(g->hosts.n, 0);
    net_free(net);
}

/* Limits below one glance a period: whoever was silent is forgotten all the same. */
static void test_a_limit_of_one(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);

    (void)state;
    net->dos_guard.from_per_s = 1;
    net->dos_guard.hold = false;
    started(net);
    packet_ins(net, 0, 100);
    net_advance(net, NS_PER_S);
    assert_non_null(dos_find(state_of(net), net->hosts[0].mac));
    net_advance(net, 4 * NS_PER_S);
    assert_null(dos_find(state_of(net), net->hosts[0].mac));
    net_free(net);
}

/* --- Those who may, and those who suffer ------------------------------------------------------ */

static void test_allowed_hosts(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_3));
    struct eth_addr mac = net->hosts[0].mac;
    size_t n;

    (void)state;
    flood(net, 0, 2, SYN, 24, true, 4);
    assert_int_equal(n_held(net, 0), 1);
    assert_int_equal(dos_guard_allow(state_of(net), mac), ERR_OK);
    net_settle(net);
    assert_int_equal(n_held(net, 0), 0);
    assert_int_equal(dos_guard_allow(state_of(net), mac), ERR_EXISTS);
    assert_int_equal(dos_guard_allow(state_of(net), ETH_ADDR_BROADCAST), ERR_RANGE);
    flood(net, 0, 2, SYN, 24, true, 5);
    assert_int_equal(n_held(net, 0), 0);
    assert_true(COUNT(net, spared) >= 1);
    net->store.put(net, "dos_allowed", "no address", "");
    net_stop_controller(net);
    started(net);
    dos_guard_allowed(state_of(net), &n);
    assert_int_equal(n, 1);
    assert_int_equal(dos_guard_disallow(state_of(net), mac), ERR_OK);
    assert_int_equal(dos_guard_disallow(state_of(net), mac), ERR_NOTFOUND);
    flood(net, 0, 2, SYN, 24, true, 4);
    assert_int_equal(n_held(net, 0), 1);
    assert_int_equal(dos_guard_release(state_of(net), mac), ERR_OK);
    assert_int_equal(dos_guard_release(state_of(net), mac), ERR_NOTFOUND);
    net_settle(net);
    assert_int_equal(n_held(net, 0), 0);
    net_free(net);
}

/* Three senders, none of them above its limit, to one host: it is reported, and nobody is held. */
static void test_victim_is_reported(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);
    struct dos_guard_info info = {.is_victim = false};

    (void)state;
    net->dos_guard.to_per_s = 5000;
    started(net);
    for (unsigned s = 0; s < 4; s++) {
        for (int from = 0; from < 3; from++) {
            for (uint16_t i = 0; i < 18; i++) {
                sample(net, from, 3, SYN, (uint16_t)(1000 * s + i));
            }
        }
        net_advance(net, NS_PER_S);
    }
    dos_guard_each(state_of(net), note_info, &info);
    assert_true(info.is_victim && !info.is_held);
    assert_true(eth_addr_eq(info.mac, net->hosts[3].mac));
    assert_int_equal(COUNT(net, senders), 0);
    net_advance(net, 4 * NS_PER_S);
    info.is_victim = false;
    dos_guard_each(state_of(net), note_info, &info);
    assert_false(info.is_victim);
    net_free(net);
}

static void test_follows_a_host(void **state)
{
    struct net *net = started(two_switches(OF_VERSION_1_3));

    (void)state;
    flood(net, 0, 2, SYN, 24, true, 4);
    net_host_move(net, 0, 1, 20);
    net_advance(net, NS_PER_S);
    net_arp_announce(net, 0);
    net_advance(net, 3 * NS_PER_S);
    assert_int_equal(n_held(net, 0), 0);
    assert_int_equal(n_held(net, 1), 1);
    net_free(net);
}

static void test_refusals_and_limits(void **state)
{
    struct net *net = two_switches(OF_VERSION_1_3);

    (void)state;
    net->dos_guard.max_hosts = 1;
    net->dos_guard.hold = false;
    started(net);
    flood(net, 0, 2, SYN, 24, true, 5);
    assert_int_equal(n_held(net, 0), 0); /* Only reported. */
    assert_true(COUNT(net, spared) >= 1);
    assert_true(COUNT(net, hosts_full) > 0);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syn_flood_is_dropped),
        cmocka_unit_test(test_udp_scan_is_dropped),
        cmocka_unit_test(test_elephants_are_no_flood),
        cmocka_unit_test(test_few_samples_say_nothing),
        cmocka_unit_test(test_held_longer_each_time),
        cmocka_unit_test(test_packet_ins_and_limit),
        cmocka_unit_test(test_light_hosts_share_a_sketch),
        cmocka_unit_test(test_records_of_hosts_that_calm_down),
        cmocka_unit_test(test_a_limit_of_one),
        cmocka_unit_test(test_allowed_hosts),
        cmocka_unit_test(test_victim_is_reported),
        cmocka_unit_test(test_follows_a_host),
        cmocka_unit_test(test_refusals_and_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
