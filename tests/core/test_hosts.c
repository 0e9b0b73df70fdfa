/* The host table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
    struct buf frame;
};

static void begin_with(struct scene *s, const struct core_settings *settings)
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

static void begin(struct scene *s)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    begin_with(s, &settings);
}

static void end(struct scene *s)
{
    buf_fini(&s->frame);
    fake_free(s->f);
}

static struct eth_addr mac(unsigned i)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | i);
}

static void send(struct scene *s, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, s->frame.data, s->frame.len);
}

static void arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip)
{
    buf_clear(&s->frame);
    pkt_build_arp_request(&s->frame, mac(i), ip, 0x0a0000fe);
    send(s, sw, port);
}

static void udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip)
{
    struct pkt_ends4 ends = {.eth_src = mac(i), .eth_dst = mac(200), .src = ip, .dst = 0x0a0000fe};

    buf_clear(&s->frame);
    pkt_build_udp4(&s->frame, &ends, 2385, 53, "x", 1);
    send(s, sw, port);
}

static struct host *find(const struct scene *s, unsigned i)
{
    return hosts_find(s->f->ctl, mac(i));
}

static void learn_and_move(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    begin(&s);
    arp(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(host_dpid(find(&s, 1)), 0xa);
    assert_int_equal(host_port(find(&s, 1)), 2);
    assert_int_equal(host_ipv4(find(&s, 1), &n)[0], 0x0a000001);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), find(&s, 1));
    assert_string_equal(s.r.lines[0], "host_added 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[1], "host_ip 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[2], "packet a:2 known");
    arp(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(s.r.n, 4);
    fake_advance(s.f, NS_PER_S);
    arp(&s, s.b, 3, 1, 0x0a000001);
    assert_string_equal(s.r.lines[4], "host_moved 02:00:00:00:00:01 b:3");
    assert_int_equal(host_seen_at(find(&s, 1)).ns, NS_PER_S);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    end(&s);
}

static void addresses(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    begin(&s);
    for (unsigned i = 1; i <= 5; i++) {
        arp(&s, s.a, 1, 1, 0x0a000000 | i);
    }
    assert_int_equal(host_ipv4(find(&s, 1), &n)[0], 0x0a000005);
    assert_int_equal(n, HOST_MAX_IPS);
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000001));
    arp(&s, s.a, 1, 1, 0x0a000003); /* Used again: first, and no news. */
    assert_int_equal(host_ipv4(find(&s, 1), &n)[0], 0x0a000003);
    assert_int_equal(recorder_count(&s.r, "host_ip"), 5);
    arp(&s, s.a, 2, 2, 0x0a000003); /* Another host says it is its own. */
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000003), find(&s, 2));
    host_ipv4(find(&s, 1), &n);
    assert_int_equal(n, HOST_MAX_IPS - 1);
    end(&s);
}

/* The sources behind a router push nothing out and take nothing over. */
static void router(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    begin(&s);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 2, 2, 0x0a000002);
    for (unsigned i = 0; i < 100; i++) {
        udp(&s, s.a, 1, 1, 0x08080800 | i);
    }
    udp(&s, s.a, 1, 1, 0x0a000002);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), find(&s, 1));
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000002), find(&s, 2));
    host_ipv4(find(&s, 1), &n);
    assert_int_equal(n, HOST_MAX_IPS);
    assert_int_equal(recorder_count(&s.r, "host_ip"), 5);
    end(&s);
}

static void not_addresses(void **state)
{
    static const uint32_t not_hosts[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, 0x00000005};
    struct scene s;
    size_t n;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof not_hosts / sizeof *not_hosts; i++) {
        arp(&s, s.a, 1, 1, not_hosts[i]);
        udp(&s, s.a, 1, 1, not_hosts[i]);
    }
    host_ipv4(find(&s, 1), &n);
    assert_int_equal(n, 0);
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, mac(9), ETH_ADDR_BROADCAST, 0x88b5);
    send(&s, s.a, 1);
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, mac(9), (struct eth_addr){{0}}, 0x88b5);
    send(&s, s.a, 1);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    assert_int_equal(recorder_count(&s.r, "packet a:1 unknown"), 2);
    end(&s);
}

static void ipv6(void **state)
{
    struct scene s;
    struct ipv6_addr own = {{0xfe, 0x80, [15] = 1}}, tentative = {{0x20, 0x01, [15] = 7}};
    struct ipv6_addr unspecified = {{0}};
    struct pkt_ends6 ends = {.eth_src = mac(1), .eth_dst = mac(2), .src = own, .dst = own};
    size_t n;

    (void)state;
    begin(&s);
    pkt_build_nd_ns(&s.frame, mac(1), &unspecified, &tentative);
    send(&s, s.a, 1);
    host_ipv6(find(&s, 1), &n);
    assert_int_equal(n, 0); /* Duplicate address detection: not its own yet. */
    buf_clear(&s.frame);
    pkt_build_nd_ns(&s.frame, mac(1), &own, &tentative);
    send(&s, s.a, 1);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &own), find(&s, 1));
    buf_clear(&s.frame);
    pkt_build_nd_na(&s.frame, &ends, &tentative, mac(1), PKT_NA_OVERRIDE);
    send(&s, s.a, 1);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &tentative), find(&s, 1));
    assert_true(ipv6_addr_eq(host_ipv6(find(&s, 1), &n), &tentative));
    assert_int_equal(n, 2);
    end(&s);
}

static void ageing(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 1, 2, 0x0a000002);
    fake_advance(s.f, 3000 * NS_PER_S);
    arp(&s, s.a, 1, 1, 0x0a000001);
    fake_advance(s.f, 600 * NS_PER_S - 1);
    assert_int_equal(hosts_count(s.f->ctl), 2);
    fake_advance(s.f, 1);
    assert_int_equal(recorder_count(&s.r, "host_gone 02:00:00:00:00:02 a:1"), 1);
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000002));
    assert_non_null(find(&s, 1));
    fake_advance(s.f, 3000 * NS_PER_S);
    assert_int_equal(hosts_count(s.f->ctl), 0);
    end(&s);
}

static void limits(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;
    uint64_t lines;

    (void)state;
    settings.discovery = false;
    settings.max_hosts = 10;
    settings.max_hosts_per_port = 4;
    begin_with(&s, &settings);
    lines = s.f->log.n_lines[LOG_WARN];
    for (unsigned i = 0; i < 20; i++) {
        arp(&s, s.a, i % 4 + 1, i, 0x0a000100 | i);
    }
    assert_int_equal(hosts_count(s.f->ctl), 10);
    assert_int_equal(ctl_counters(s.f->ctl)->host_limit_hits, 10);
    assert_true(s.f->log.n_lines[LOG_WARN] - lines <= 5);
    arp(&s, s.a, 4, 0, 0x0a000100); /* Moving is possible in a full table... */
    arp(&s, s.a, 4, 1, 0x0a000101);
    assert_int_equal(host_port(find(&s, 1)), 4);
    arp(&s, s.a, 4, 2, 0x0a000102); /* ...but not to a full port. */
    assert_int_equal(host_port(find(&s, 2)), 3);
    end(&s);
}

static void note_host(void *aux, const struct host *host)
{
    uint64_t *last = aux;

    assert_true(eth_addr_u64(host_mac(host)) > *last);
    *last = eth_addr_u64(host_mac(host));
}

static void each_in_order_and_restore(void **state)
{
    struct scene s;
    uint64_t last = 0;

    (void)state;
    begin(&s);
    for (unsigned i = 0; i < 50; i++) {
        arp(&s, s.a, 1, i * 37 % 101, 0);
    }
    hosts_each(s.f->ctl, note_host, &last);
    assert_int_equal(last, eth_addr_u64(mac(100)) & last);
    hosts_restore(s.f->ctl, mac(150), 0x999, 7);
    hosts_restore(s.f->ctl, mac(0), 0x999, 7);
    hosts_restore(s.f->ctl, mac(151), 0x999, OF_PORT_CONTROLLER); /* Nobody lives there. */
    assert_null(find(&s, 151));
    assert_int_equal(host_dpid(find(&s, 150)), 0x999);
    assert_int_equal(host_dpid(find(&s, 0)), 0xa);
    assert_int_equal(recorder_count(&s.r, "host_added 02:00:00:00:00:96"), 0);
    fake_settle(s.f); /* The event of a host entered from outside waits for the next entry. */
    assert_int_equal(recorder_count(&s.r, "host_added 02:00:00:00:00:96"), 1);
    end(&s);
}

static void port_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};

    (void)state;
    begin(&s);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 1, 2, 0x0a000002);
    arp(&s, s.a, 2, 3, 0x0a000003);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.a, &msg);
    assert_int_equal(recorder_count(&s.r, "host_gone"), 2);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learn_and_move), cmocka_unit_test(addresses),
        cmocka_unit_test(router),         cmocka_unit_test(not_addresses),
        cmocka_unit_test(ipv6),           cmocka_unit_test(ageing),
        cmocka_unit_test(limits),         cmocka_unit_test(each_in_order_and_restore),
        cmocka_unit_test(port_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
