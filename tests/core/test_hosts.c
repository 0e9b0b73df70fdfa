/* The host table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/hosts_int.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/hosts_scene.h"

static void learn_and_move(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    scene_begin(&s);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    assert_int_equal(host_port(scene_find(&s, 1)), 2);
    assert_int_equal(host_ipv4(scene_find(&s, 1), &n)[0], 0x0a000001);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), scene_find(&s, 1));
    assert_string_equal(s.r.lines[0], "host_added 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[1], "host_ip 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[2], "packet a:2 known");
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(s.r.n, 4);
    fake_advance(s.f, NS_PER_S);
    scene_arp(&s, s.b, 3, 1, 0x0a000001);
    assert_string_equal(s.r.lines[4], "host_moved 02:00:00:00:00:01 b:3");
    assert_int_equal(host_seen_at(scene_find(&s, 1)).ns, NS_PER_S);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    scene_end(&s);
}

static void addresses(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    scene_begin(&s);
    for (unsigned i = 1; i <= 5; i++) {
        scene_arp(&s, s.a, 1, 1, 0x0a000000 | i);
    }
    assert_int_equal(host_ipv4(scene_find(&s, 1), &n)[0], 0x0a000005);
    assert_int_equal(n, HOST_MAX_IPS);
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000001));
    scene_arp(&s, s.a, 1, 1, 0x0a000003); /* Used again: first, and no news. */
    assert_int_equal(host_ipv4(scene_find(&s, 1), &n)[0], 0x0a000003);
    assert_int_equal(recorder_count(&s.r, "host_ip"), 5);
    scene_arp(&s, s.a, 2, 2, 0x0a000003); /* Another host says it is its own. */
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000003), scene_find(&s, 2));
    host_ipv4(scene_find(&s, 1), &n);
    assert_int_equal(n, HOST_MAX_IPS - 1);
    scene_end(&s);
}

/* The sources behind a router push nothing out and take nothing over. */
static void router(void **state)
{
    struct scene s;
    size_t n;

    (void)state;
    scene_begin(&s);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 2, 2, 0x0a000002);
    for (unsigned i = 0; i < 100; i++) {
        scene_udp(&s, s.a, 1, 1, 0x08080800 | i);
    }
    scene_udp(&s, s.a, 1, 1, 0x0a000002);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), scene_find(&s, 1));
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000002), scene_find(&s, 2));
    host_ipv4(scene_find(&s, 1), &n);
    assert_int_equal(n, HOST_MAX_IPS);
    assert_int_equal(recorder_count(&s.r, "host_ip"), 5);
    scene_end(&s);
}

static void not_addresses(void **state)
{
    static const uint32_t not_hosts[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, 0x00000005};
    struct scene s;
    size_t n;

    (void)state;
    scene_begin(&s);
    for (size_t i = 0; i < sizeof not_hosts / sizeof *not_hosts; i++) {
        scene_arp(&s, s.a, 1, 1, not_hosts[i]);
        scene_udp(&s, s.a, 1, 1, not_hosts[i]);
    }
    host_ipv4(scene_find(&s, 1), &n);
    assert_int_equal(n, 0);
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, scene_mac(9), ETH_ADDR_BROADCAST, 0x88b5);
    scene_send(&s, s.a, 1);
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, scene_mac(9), (struct eth_addr){{0}}, 0x88b5);
    scene_send(&s, s.a, 1);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    assert_int_equal(recorder_count(&s.r, "packet a:1 unknown"), 2);
    scene_end(&s);
}

static void ipv6(void **state)
{
    struct scene s;
    struct ipv6_addr own = {{0xfe, 0x80, [15] = 1}}, tentative = {{0x20, 0x01, [15] = 7}};
    struct ipv6_addr unspecified = {{0}};
    struct pkt_ends6 ends = {
        .eth_src = scene_mac(1), .eth_dst = scene_mac(2), .src = own, .dst = own};
    size_t n;

    (void)state;
    scene_begin(&s);
    pkt_build_nd_ns(&s.frame, scene_mac(1), &unspecified, &tentative);
    scene_send(&s, s.a, 1);
    host_ipv6(scene_find(&s, 1), &n);
    assert_int_equal(n, 0); /* Duplicate address detection: not its own yet. */
    buf_clear(&s.frame);
    pkt_build_nd_ns(&s.frame, scene_mac(1), &own, &tentative);
    scene_send(&s, s.a, 1);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &own), scene_find(&s, 1));
    buf_clear(&s.frame);
    pkt_build_nd_na(&s.frame, &ends, &tentative, scene_mac(1), PKT_NA_OVERRIDE);
    scene_send(&s, s.a, 1);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &tentative), scene_find(&s, 1));
    assert_true(ipv6_addr_eq(host_ipv6(scene_find(&s, 1), &n), &tentative));
    assert_int_equal(n, 2);
    scene_end(&s);
}

static void ageing(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 1, 2, 0x0a000002);
    fake_advance(s.f, 3000 * NS_PER_S);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    fake_advance(s.f, 600 * NS_PER_S - 1);
    assert_int_equal(hosts_count(s.f->ctl), 2);
    fake_advance(s.f, 1);
    assert_int_equal(recorder_count(&s.r, "host_gone 02:00:00:00:00:02 a:1"), 1);
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000002));
    assert_non_null(scene_find(&s, 1));
    fake_advance(s.f, 3000 * NS_PER_S);
    assert_int_equal(hosts_count(s.f->ctl), 0);
    scene_end(&s);
}

static void limits(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;
    uint64_t lines;

    (void)state;
    settings.discovery = false;
    settings.host_move = HOST_MOVE_ACCEPT;
    settings.max_hosts = 10;
    settings.max_hosts_per_port = 4;
    scene_begin_with(&s, &settings);
    lines = s.f->log.n_lines[LOG_WARN];
    for (unsigned i = 0; i < 20; i++) {
        scene_arp(&s, s.a, i % 4 + 1, i, 0x0a000100 | i);
    }
    assert_int_equal(hosts_count(s.f->ctl), 10);
    assert_int_equal(ctl_counters(s.f->ctl)->host_limit_hits, 10);
    assert_true(s.f->log.n_lines[LOG_WARN] - lines <= 5);
    scene_arp(&s, s.a, 4, 0, 0x0a000100); /* Moving is possible in a full table... */
    scene_arp(&s, s.a, 4, 1, 0x0a000101);
    assert_int_equal(host_port(scene_find(&s, 1)), 4);
    scene_arp(&s, s.a, 4, 2, 0x0a000102); /* ...but not to a full port. */
    assert_int_equal(host_port(scene_find(&s, 2)), 3);
    scene_end(&s);
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
    scene_begin(&s);
    for (unsigned i = 0; i < 50; i++) {
        scene_arp(&s, s.a, 1, i * 37 % 101, 0);
    }
    hosts_each(s.f->ctl, note_host, &last);
    assert_int_equal(last, eth_addr_u64(scene_mac(100)) & last);
    hosts_restore(s.f->ctl, scene_mac(150), 0x999, 7);
    hosts_restore(s.f->ctl, scene_mac(0), 0x999, 7);
    hosts_restore(s.f->ctl, scene_mac(151), 0x999, OF_PORT_CONTROLLER); /* Nobody lives there. */
    assert_null(scene_find(&s, 151));
    assert_int_equal(host_dpid(scene_find(&s, 150)), 0x999);
    assert_int_equal(host_dpid(scene_find(&s, 0)), 0xa);
    assert_int_equal(recorder_count(&s.r, "host_added 02:00:00:00:00:96"), 0);
    fake_settle(s.f); /* The event of a host entered from outside waits for the next entry. */
    assert_int_equal(recorder_count(&s.r, "host_added 02:00:00:00:00:96"), 1);
    scene_end(&s);
}

static void port_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};

    (void)state;
    scene_begin(&s);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 1, 2, 0x0a000002);
    scene_arp(&s, s.a, 2, 3, 0x0a000003);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.a, &msg);
    assert_int_equal(recorder_count(&s.r, "host_gone"), 2);
    assert_int_equal(hosts_count(s.f->ctl), 1);
    scene_end(&s);
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
