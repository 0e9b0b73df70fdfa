/* Admission: classes, shares, and who suffers from a flood: the one that floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/admission.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/topology.h"
#include "controller/core/txn.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

/* --- Shares  ---------------------------------------------------------------------------------- */

static unsigned take_all(struct share *b, const struct rate *rate, int64_t at_ns)
{
    unsigned n = 0;

    while (n < 1000 && share_take(b, rate, (mono_t){at_ns})) {
        n++;
    }
    return n;
}

static void share_gives_burst_then_rate(void **state)
{
    struct rate rate = rate_make(8, 5); /* One in 125 ms. */
    struct share b = {0};

    (void)state;
    assert_int_equal(take_all(&b, &rate, 2385), 5);
    assert_int_equal(take_all(&b, &rate, 2385 + 124999999), 0);
    assert_int_equal(take_all(&b, &rate, 2385 + 125000000), 1);
    assert_int_equal(take_all(&b, &rate, 2385 + 125000000 + 3 * 125000000), 3);
    assert_int_equal(take_all(&b, &rate, 3600 * NS_PER_S), 5); /* No more than the burst. */
}

static void share_edges(void **state)
{
    struct rate none = rate_make(0, 7), one = rate_make(3, 0), fast = rate_make(1000000000, 3);
    struct share b = {0};

    (void)state;
    assert_int_equal(take_all(&b, &none, 7), 1000);
    assert_false(share_is_empty(&b, &none, MONO_ZERO));
    assert_int_equal(take_all(&b, &one, 7), 1); /* A burst of none would let nothing through. */
    b = (struct share){0};
    assert_int_equal(take_all(&b, &fast, 7), 3);
    assert_int_equal(take_all(&b, &fast, 8), 1);
}

static void share_in_debt(void **state)
{
    struct rate rate = rate_make(10, 4);
    struct share b = {0};

    (void)state;
    share_charge(&b, &rate, 3, MONO_ZERO);
    assert_false(share_is_empty(&b, &rate, MONO_ZERO));
    share_charge(&b, &rate, 11, MONO_ZERO); /* Ten more than there are. */
    assert_true(share_is_empty(&b, &rate, (mono_t){1100 * NS_PER_MS - 1}));
    assert_false(share_is_empty(&b, &rate, (mono_t){1100 * NS_PER_MS}));
}

/* --- Classes ---------------------------------------------------------------------------------- */

static const struct eth_addr host_a = {{2, 0, 0, 0, 0, 0xa}}, host_b = {{2, 0, 0, 0, 0, 0xb}};
static const struct eth_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const uint8_t payload[18];

static void build_udp(struct buf *frame, struct eth_addr dst, uint16_t port)
{
    struct pkt_ends4 ends = {
        .eth_dst = dst, .eth_src = host_a, .src = 0x0a000001, .dst = 0x0a000002};

    buf_clear(frame);
    pkt_build_udp4(frame, &ends, 4242, port, payload, sizeof payload);
}

static void build_udp6(struct buf *frame, struct eth_addr dst, uint16_t port)
{
    struct pkt_ends6 ends = {
        .eth_dst = dst, .eth_src = host_a, .src = {{0xfe, 0x80}}, .dst = {{0xff, 2}}};

    buf_clear(frame);
    pkt_build_udp6(frame, &ends, 546, port, payload, sizeof payload);
}

static enum packet_class class_of(const struct buf *frame)
{
    struct pkt pkt;

    assert_int_equal(pkt_parse(frame->data, frame->len, &pkt), ERR_OK);
    return packet_class(&pkt);
}

static void classes(void **state)
{
    static const struct {
        struct eth_addr dst;
        uint16_t port;
        enum packet_class class;
    } cases[] = {{{{2, 0, 0, 0, 0, 0xb}}, 53, PACKET_UNICAST},
                 {{{2, 0, 0, 0, 0, 0xb}}, 67, PACKET_ADDRESS}, /* A renewal. */
                 {{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, 68, PACKET_ADDRESS},
                 {{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, 137, PACKET_MULTICAST},
                 {{{1, 0, 0x5e, 0, 0, 0xfb}}, 5353, PACKET_MULTICAST}};
    struct ipv6_addr a = {{0xfe, 0x80, [15] = 1}}, b = {{0xfe, 0x80, [15] = 2}};
    struct buf frame = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        build_udp(&frame, cases[i].dst, cases[i].port);
        assert_int_equal(class_of(&frame), cases[i].class);
    }
    build_udp6(&frame, everybody, 547);
    assert_int_equal(class_of(&frame), PACKET_ADDRESS);
    build_udp6(&frame, host_b, 67); /* No DHCP in IPv6. */
    assert_int_equal(class_of(&frame), PACKET_UNICAST);
    buf_clear(&frame);
    pkt_build_arp_request(&frame, host_a, 0x0a000001, 0x0a000002);
    assert_int_equal(class_of(&frame), PACKET_ADDRESS);
    buf_clear(&frame);
    pkt_build_nd_ns(&frame, host_a, &a, &b);
    assert_int_equal(class_of(&frame), PACKET_ADDRESS);
    buf_clear(&frame);
    pkt_build_eth(&frame, host_b, host_a, PKT_TYPE_LLDP);
    buf_put(&frame, payload, sizeof payload);
    assert_int_equal(class_of(&frame), PACKET_LLDP);
    buf_fini(&frame);
}

/* --- A core under a flood --------------------------------------------------------------------- */

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
    struct buf frame;
};

static struct core_settings quiet(void)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    settings.host_move = HOST_MOVE_ACCEPT; /* One host sends at all ports. */
    return settings;
}

static void begin(struct scene *s, const struct core_settings *settings)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, OF_VERSION_1_3, 4);
    s->b = fake_switch_add(s->f, 0xb, OF_VERSION_1_0, 4);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

static void end(struct scene *s)
{
    buf_fini(&s->frame);
    fake_free(s->f);
}

/* Sends the frame 'n' times; returns how many the modules were shown. */
static size_t flood(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned n)
{
    recorder_clear(&s->r);
    for (unsigned i = 0; i < n; i++) {
        fake_packet_in(sw, port, s->frame.data, s->frame.len);
    }
    return recorder_count(&s->r, "packet");
}

static const struct ctl_counters *counters(const struct scene *s)
{
    return ctl_counters(s->f->ctl);
}

/* One class of one switch runs out; other classes, the other switch and its echo do not notice. */
static void a_class_of_a_switch(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;
    size_t from;

    (void)state;
    settings.multicast_per_s = 20;
    settings.multicast_burst = 7;
    begin(&s, &settings);
    build_udp(&s.frame, everybody, 137);
    assert_int_equal(flood(&s, s.a, 1, 1000), 7);
    assert_int_equal(counters(&s)->multicast_limited, 993);
    assert_int_equal(flood(&s, s.a, 2, 10), 0); /* It is the switch's share, not the port's. */
    assert_int_equal(flood(&s, s.b, 1, 7), 7);
    from = s.a->n_sent;
    fake_input(s.a, &(struct of_msg){.type = OF_ECHO_REQUEST, .xid = 2385});
    assert_int_equal(fake_sent(s.a, OF_ECHO_REPLY, from, 0)->xid, 2385);
    build_udp(&s.frame, host_b, 53);
    assert_int_equal(flood(&s, s.a, 1, 1000), 1000);
    build_udp(&s.frame, everybody, 137);
    fake_advance(s.f, 150 * NS_PER_MS);
    assert_int_equal(flood(&s, s.a, 1, 100), 3);
    end(&s);
}

static void each_class_has_its_counter(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;

    (void)state;
    settings.address_per_s = settings.unicast_per_s = 1;
    settings.address_burst = 3;
    settings.unicast_burst = 4;
    begin(&s, &settings);
    build_udp(&s.frame, everybody, 67);
    assert_int_equal(flood(&s, s.a, 1, 10), 3);
    assert_int_equal(counters(&s)->address_limited, 7);
    build_udp(&s.frame, host_b, 53);
    assert_int_equal(flood(&s, s.a, 1, 10), 4);
    assert_int_equal(counters(&s)->unicast_limited, 6);
    assert_int_equal(counters(&s)->multicast_limited, 0);
    assert_int_equal(counters(&s)->packet_ins, 20);
    end(&s);
}

static void all_classes_together(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;

    (void)state;
    settings.switch_per_s = 1;
    settings.switch_burst = 5;
    begin(&s, &settings);
    build_udp(&s.frame, host_b, 53);
    assert_int_equal(flood(&s, s.b, 1, 3), 3);
    build_udp(&s.frame, everybody, 137);
    assert_int_equal(flood(&s, s.b, 1, 9), 2);
    assert_int_equal(counters(&s)->switch_limited, 7);
    end(&s);
}

/* However long the flood, a switch gets one line in ten seconds. */
static void one_line_in_ten_seconds(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;
    uint64_t before;

    (void)state;
    settings.unicast_per_s = settings.unicast_burst = 1;
    begin(&s, &settings);
    build_udp(&s.frame, host_b, 53);
    before = s.f->log.n_lines[LOG_WARN];
    for (int i = 0; i < 199; i++) {
        flood(&s, s.a, 1, 20);
        fake_advance(s.f, 100 * NS_PER_MS);
    }
    assert_int_equal(s.f->log.n_lines[LOG_WARN] - before, 2);
    flood(&s, s.b, 1, 20); /* It has a line of its own. */
    assert_int_equal(s.f->log.n_lines[LOG_WARN] - before, 3);
    end(&s);
}

/* The defaults let everything pass that a campus does, and stop what only an attack does. */
static void defaults(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;

    (void)state;
    begin(&s, &settings);
    build_udp(&s.frame, host_b, 53);
    assert_int_equal(flood(&s, s.a, 1, 3000), 3000);
    for (unsigned i = 0; i < 66000; i++) {
        build_udp(&s.frame, everybody, 67);
        fake_packet_in(s.a, 1, s.frame.data, s.frame.len);
    }
    assert_int_equal(counters(&s)->address_limited, 66000 - 65536);
    assert_int_equal(counters(&s)->unicast_limited + counters(&s)->switch_limited, 0);
    end(&s);
}

/* --- Ports ------------------------------------------------------------------------------------ */

/* A host that floods LLDP frames does not use up what the switch's links need. */
static void lldp_of_a_port(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.port_lldp_per_s = 1;
    settings.port_lldp_burst = 6;
    settings.lldp_burst = 100;
    begin(&s, &settings);
    pkt_build_eth(&s.frame, host_b, host_a, PKT_TYPE_LLDP);
    buf_put(&s.frame, payload, sizeof payload);
    flood(&s, s.a, 1, 1000);
    assert_int_equal(counters(&s)->lldp_limited, 994);
    assert_int_equal(counters(&s)->lldp_bad, 6);
    fake_link(s.a, 2, s.b, 3);
    fake_advance(s.f, 6 * NS_PER_S);
    assert_non_null(topology_link_at(s.f->ctl, 0xa, 2));
    assert_non_null(topology_link_at(s.f->ctl, 0xb, 3));
    end(&s);
}

static unsigned next_flow;

/* A module that answers every packet with an entry. */
static enum ctl_verdict write_entry(struct recorder *r, const struct ctl_packet *packet)
{
    struct txn *txn = txn_begin(r->ctl);
    struct of_action out = of_output(2);
    struct flow_spec spec = {.priority = 2385, .cookie = flow_cookie(r->id, 1)};

    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | ++next_flow));
    spec.ins = of_apply(&out, 1);
    txn_add(txn, 0, datapath_id(packet->dp), &spec);
    txn_commit(txn, NULL, NULL);
    return CTL_STOP;
}

/* The host that has entry after entry written is held back; its neighbour on the next port is not,
 * and after a second it may again. */
static void new_flows_of_a_port(void **state)
{
    struct core_settings settings = quiet();
    struct scene s;

    (void)state;
    settings.port_mods_per_s = 10;
    settings.port_mods_burst = 25;
    begin(&s, &settings);
    s.r.on_packet = write_entry;
    build_udp(&s.frame, host_b, 53);
    assert_int_equal(flood(&s, s.a, 1, 500), 25);
    assert_int_equal(counters(&s)->port_limited, 475);
    assert_int_equal(flood(&s, s.a, 2, 20), 20);
    assert_int_equal(flood(&s, s.b, 1, 20), 20);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(flood(&s, s.a, 1, 500), 10);
    s.r.on_packet = NULL; /* What causes no flow-mod costs nothing. */
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(flood(&s, s.a, 1, 500), 500);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_gives_burst_then_rate),
        cmocka_unit_test(share_edges),
        cmocka_unit_test(share_in_debt),
        cmocka_unit_test(classes),
        cmocka_unit_test(a_class_of_a_switch),
        cmocka_unit_test(each_class_has_its_counter),
        cmocka_unit_test(all_classes_together),
        cmocka_unit_test(one_line_in_ten_seconds),
        cmocka_unit_test(defaults),
        cmocka_unit_test(lldp_of_a_port),
        cmocka_unit_test(new_flows_of_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
