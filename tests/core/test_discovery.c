/* Links and kinds of ports, with the switches' cables as the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_lldp.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
};

/* Switches a and b joined by a:1 – b:2. */
static void begin(struct scene *s, uint8_t version)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(NULL, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 3);
    s->b = fake_switch_add(s->f, 0xb, version, 3);
    fake_link(s->a, 1, s->b, 2);
}

static void both_up(struct scene *s, uint8_t version)
{
    begin(s, version);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
}

static void end(struct scene *s)
{
    fake_free(s->f);
}

static enum port_kind kind(const struct fake_switch *sw, port_no_t port_no)
{
    return datapath_port(datapath_find(sw->fake->ctl, sw->dpid), port_no)->kind;
}

static size_t n_links(const struct scene *s)
{
    size_t n;

    topology_links(s->f->ctl, &n);
    return n;
}

static void probe_format(void **state)
{
    struct scene s;
    const struct of_msg *po;
    struct pkt pkt;
    struct pkt_lldp lldp;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 3);
    po = fake_sent(s.a, OF_PACKET_OUT, 0, 1);
    assert_int_equal(po->packet_out.actions.list[0].output.port, 2);
    assert_int_equal(po->packet_out.in_port, OF_PORT_CONTROLLER);
    assert_int_equal(pkt_parse(po->packet_out.data.data, po->packet_out.data.len, &pkt), ERR_OK);
    assert_true(eth_addr_eq(pkt.eth_dst, PKT_LLDP_MULTICAST));
    assert_true(eth_addr_eq(pkt.eth_src, s.a->ports[1].hw_addr));
    assert_int_equal(pkt_parse_lldp(po->packet_out.data.data + pkt.off.payload,
                                    po->packet_out.data.len - pkt.off.payload, &lldp),
                     ERR_OK);
    assert_memory_equal(lldp.chassis.data, "dpid:000000000000000a", 21);
    assert_memory_equal(lldp.port.data, "2", 1);
    assert_int_equal(lldp.ttl_s, 16);
    end(&s);
}

static void link_comes_up_both_ways(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        begin(&s, versions[v]);
        fake_connect(s.a);
        fake_settle(s.f);
        fake_advance(s.f, 2385 * NS_PER_MS);
        assert_int_equal(kind(s.a, 1), PORT_EDGE);
        fake_connect(s.b);
        fake_settle(s.f);
        assert_int_equal(n_links(&s), 2);
        assert_int_equal(recorder_count(&s.r, "link_up a:1>b:2"), 1);
        assert_int_equal(recorder_count(&s.r, "link_up b:2>a:1"), 1);
        assert_int_equal(kind(s.a, 1), PORT_LINK);
        assert_int_equal(kind(s.b, 2), PORT_LINK);
        assert_int_equal(kind(s.b, 1), PORT_UNSETTLED);
        fake_advance(s.f, 500 * NS_PER_MS - 1);
        assert_int_equal(kind(s.b, 1), PORT_UNSETTLED);
        fake_advance(s.f, 1);
        assert_int_equal(kind(s.b, 1), PORT_EDGE);
        assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), 1);
        fake_advance(s.f, 100 * NS_PER_S);
        assert_int_equal(n_links(&s), 2);
        assert_int_equal(recorder_count(&s.r, "link_"), 2);
        end(&s);
    }
}

static void cut_and_replugged(void **state)
{
    struct scene s;
    uint64_t generation;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    generation = topology_generation(s.f->ctl);
    fake_cut(s.a, 1);
    assert_int_equal(n_links(&s), 0);
    assert_true(topology_generation(s.f->ctl) > generation);
    assert_int_equal(recorder_count(&s.r, "link_down"), 2);
    assert_int_equal(recorder_count(&s.r, "port_down a:1"), 1);
    assert_int_equal(kind(s.a, 1), PORT_DEAD);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    fake_link(s.a, 1, s.b, 2);
    fake_port_set(s.a, 1, true);
    fake_port_set(s.b, 2, true);
    fake_settle(s.f);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(recorder_count(&s.r, "port_up"), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* The far end falls silent with its port up, as behind a converter. */
static void link_times_out(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    s.a->peers[0].sw = NULL; /* a's frames no longer reach b; b's still reach a. */
    fake_advance(s.f, 15 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    fake_advance(s.f, 6 * NS_PER_S);
    assert_int_equal(n_links(&s), 1);
    assert_null(topology_link_at(s.f->ctl, 0xa, 1));
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    assert_int_equal(kind(s.a, 1), PORT_LINK); /* b is still heard on it. */
    s.b->peers[1].sw = NULL;
    fake_advance(s.f, 25 * NS_PER_S);
    assert_int_equal(n_links(&s), 0);
    assert_int_equal(kind(s.a, 1), PORT_EDGE);
    end(&s);
}

/* As long as only one direction is known, every probe that comes in is answered by one the other way,
 * so that a link works again as soon as it can. */
static void one_way_link_is_probed_back(void **state)
{
    struct scene s;
    size_t n_before;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    fake_advance(s.f, NS_PER_S);
    n_before = fake_count(s.a, OF_PACKET_OUT, 0);
    fake_advance(s.f, 20 * NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0) - n_before, 3 * 4);
    s.a->peers[0].sw = NULL;
    fake_advance(s.f, 25 * NS_PER_S);
    assert_int_equal(n_links(&s), 1);
    n_before = fake_count(s.a, OF_PACKET_OUT, 0);
    fake_advance(s.f, 20 * NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0) - n_before, 3 * 4 + 4);
    end(&s);
}

/* The first probes are lost, as when the neighbour is not connected yet: the port is probed again
 * before it is taken for an edge. */
static void lost_probes_are_repeated(void **state)
{
    struct scene s;
    struct fake_switch *b;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    b = s.a->peers[0].sw;
    s.a->peers[0].sw = NULL;
    s.b->peers[1].sw = NULL;
    fake_connect(s.a);
    fake_connect(s.b);
    fake_settle(s.f);
    assert_int_equal(n_links(&s), 0);
    fake_advance(s.f, 300 * NS_PER_MS);
    s.a->peers[0].sw = b;
    s.b->peers[1].sw = s.a;
    fake_advance(s.f, 126 * NS_PER_MS);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* A port that should lead to a switch is no edge before a link would have timed out. */
static void expected_link(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_settle(s.f);
    datapath_expect_link(datapath_find(s.f->ctl, 0xa), 1);
    datapath_expect_link(datapath_find(s.f->ctl, 0xa), 77); /* There is no such port. */
    fake_advance(s.f, 16 * NS_PER_S - 1);
    assert_int_equal(kind(s.a, 1), PORT_UNSETTLED);
    assert_int_equal(kind(s.a, 2), PORT_EDGE);
    fake_advance(s.f, 1);
    assert_int_equal(kind(s.a, 1), PORT_EDGE);
    end(&s);
}

/* While a switch is away its links do not age, but no path goes over them. */
static void switch_away(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    fake_advance(s.f, NS_PER_S);
    fake_disconnect(s.b);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    fake_connect(s.b);
    fake_settle(s.f);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), 1);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(recorder_count(&s.r, "link_"), 2);
    end(&s);
}

static void link_moves(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    recorder_clear(&s.r);
    s.b->peers[1].sw = NULL;
    s.a->peers[0].port_no = 3;
    s.b->peers[2].sw = s.a;
    s.b->peers[2].port_no = 1;
    fake_advance(s.f, 30 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(topology_link_at(s.f->ctl, 0xa, 1)->dst_port, 3);
    assert_int_equal(recorder_count(&s.r, "link_down a:1>b:2"), 1);
    assert_int_equal(recorder_count(&s.r, "link_up a:1>b:3"), 1);
    assert_int_equal(kind(s.b, 2), PORT_EDGE);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* A host that was heard where a switch is found is forgotten. */
static void host_behind_link(void **state)
{
    struct scene s;
    struct buf frame = BUF_INIT;
    struct eth_addr mac = eth_addr_from_u64(0x020000000101);

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_advance(s.f, NS_PER_S);
    pkt_build_arp_request(&frame, mac, 0x0a000001, 0x0a000002);
    fake_packet_in(s.a, 1, frame.data, frame.len);
    assert_non_null(hosts_find(s.f->ctl, mac));
    fake_connect(s.b);
    fake_settle(s.f);
    assert_null(hosts_find(s.f->ctl, mac));
    assert_int_equal(recorder_count(&s.r, "host_gone 02:00:00:00:01:01 a:1"), 1);
    fake_packet_in(s.a, 1, frame.data, frame.len);
    assert_null(hosts_find(s.f->ctl, mac));
    assert_int_equal(recorder_count(&s.r, "packet a:1 unknown"), 1);
    buf_fini(&frame);
    end(&s);
}

static void port_added_and_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};
    size_t n;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    msg.port_status.reason = OF_PORT_ADD;
    msg.port_status.port.port_no = 77;
    fake_input(s.a, &msg);
    assert_int_equal(recorder_count(&s.r, "port_up a:77"), 1);
    msg.port_status.port.port_no = OF_PORT_LOCAL;
    fake_input(s.a, &msg);
    datapath_ports(datapath_find(s.f->ctl, 0xa), &n);
    assert_int_equal(n, 4);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.a, &msg);
    assert_int_equal(n_links(&s), 0);
    assert_int_equal(recorder_count(&s.r, "port_down a:1"), 1);
    assert_null(datapath_port(datapath_find(s.f->ctl, 0xa), 1));
    end(&s);
}

/* --- Frames that are not what they claim ------------------------------------------------------ */

static void send_lldp(struct scene *s, const uint8_t *org, size_t org_len, size_t cut)
{
    struct pkt_lldp lldp = {.chassis = {PKT_LLDP_CHASSIS_LOCAL, 1, (const uint8_t *)"x"},
                            .port = {PKT_LLDP_PORT_LOCAL, 1, (const uint8_t *)"1"},
                            .ttl_s = 20};
    struct buf frame = BUF_INIT;

    if (org) {
        lldp.n_orgs = 1;
        lldp.orgs[0] = (struct pkt_lldp_org){0x0026e1, 0x54, (uint16_t)org_len, org};
    }
    pkt_build_lldp(&frame, PKT_LLDP_MULTICAST, s->a->ports[0].hw_addr, PKT_TYPE_LLDP, &lldp);
    fake_packet_in(s->a, 3, frame.data, frame.len - cut);
    buf_fini(&frame);
}

static void forged_probes(void **state)
{
    static const uint8_t unknown[12] = {0, 0, 0, 0, 0, 0, 0, 0x99, 0, 0, 0, 1};
    static const uint8_t no_port[12] = {0, 0, 0, 0, 0, 0, 0, 0xb, 0, 0, 0, 99};
    static const uint8_t itself[12] = {0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0, 0, 3};
    struct scene s;
    const struct ctl_counters *c;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    c = ctl_counters(s.f->ctl);
    send_lldp(&s, unknown, 12, 0);
    send_lldp(&s, no_port, 12, 0);
    send_lldp(&s, no_port, 11, 0);
    send_lldp(&s, no_port, 12, 3);
    assert_int_equal(c->lldp_bad, 4);
    send_lldp(&s, NULL, 0, 0);    /* Somebody else's: nothing wrong with it. */
    send_lldp(&s, itself, 12, 0); /* A loop on one port is not a link. */
    assert_int_equal(c->lldp_bad, 4);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(recorder_count(&s.r, "packet"), 0);
    fake_packet_in(s.a, 3, "short", 5);
    assert_int_equal(c->packet_ins_malformed, 1);
    end(&s);
}

/* Rounds of probes are spread over the interval, and every port is probed in each of them. */
static void probes_are_spread(void **state)
{
    struct core_settings settings = core_settings_default();
    size_t seen[48 + 1] = {0}, from, n;
    struct fake *f = fake_new(&settings, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 1, OF_VERSION_1_3, 48);

    (void)state;
    fake_connect(sw);
    fake_settle(f);
    assert_int_equal(fake_count(sw, OF_PACKET_OUT, 0), 48); /* All at once when it comes up. */
    fake_advance(f, settings.lldp_interval_ns);
    for (int step = 0; step < 32; step++) {
        from = sw->n_sent;
        fake_advance(f, settings.lldp_interval_ns / 32);
        n = fake_count(sw, OF_PACKET_OUT, from);
        assert_in_range(n, 0, 3);
        for (size_t i = 0; i < n; i++) {
            seen[fake_sent(sw, OF_PACKET_OUT, from, i)->packet_out.actions.list[0].output.port]++;
        }
    }
    for (size_t port = 1; port <= 48; port++) {
        assert_int_equal(seen[port], 1);
    }
    fake_free(f);
}

static void without_discovery(void **state)
{
    struct core_settings settings = core_settings_default();
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    settings.discovery = false;
    f = fake_new(&settings, NULL, 0);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_settle(f);
    assert_int_equal(fake_count(sw, OF_PACKET_OUT, 0), 0);
    assert_int_equal(kind(sw, 1), PORT_EDGE);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_format),
        cmocka_unit_test(link_comes_up_both_ways),
        cmocka_unit_test(cut_and_replugged),
        cmocka_unit_test(link_times_out),
        cmocka_unit_test(one_way_link_is_probed_back),
        cmocka_unit_test(lost_probes_are_repeated),
        cmocka_unit_test(expected_link),
        cmocka_unit_test(switch_away),
        cmocka_unit_test(link_moves),
        cmocka_unit_test(host_behind_link),
        cmocka_unit_test(port_added_and_removed),
        cmocka_unit_test(forged_probes),
        cmocka_unit_test(probes_are_spread),
        cmocka_unit_test(without_discovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
