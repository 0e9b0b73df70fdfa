/* The host table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/hosts_int.h"
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

static void begin_policy(struct scene *s, enum host_move policy)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    settings.host_move = policy;
    begin_with(s, &settings);
}

/* Without questions: for what the table itself does. */
static void begin(struct scene *s)
{
    begin_policy(s, HOST_MOVE_ACCEPT);
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
    settings.host_move = HOST_MOVE_ACCEPT;
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

/* --- Addresses in two places ------------------------------------------------------------------ */

#define HALF (NS_PER_S / 2)

/* The frame that the core last sent out of 'port', parsed; a question is a packet-out like any. */
static bool last_out(const struct fake_switch *sw, port_no_t port, struct pkt *pkt)
{
    for (size_t i = sw->n_sent; i-- > 0;) {
        const struct of_msg *msg = &sw->sent[i];

        if (msg->type == OF_PACKET_OUT && msg->packet_out.actions.list[0].output.port == port) {
            return pkt_parse(msg->packet_out.data.data, msg->packet_out.data.len, pkt) == ERR_OK;
        }
    }
    return false;
}

static void arp_answer(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i,
                       uint32_t ip)
{
    buf_clear(&s->frame);
    pkt_build_arp_reply(&s->frame, mac(i), ip, HOSTS_PROBE_MAC, 0);
    send(s, sw, port);
}

/* A host that goes to another port while its old one is up: the old one is asked twice, and then the
 * host has moved, even when it is not heard again. */
static void silence_is_a_move(void **state)
{
    struct scene s;
    struct pkt pkt;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 2, 1, 0x0a000001);
    recorder_clear(&s.r);
    arp(&s, s.b, 3, 1, 0x0a000001);
    assert_int_equal(s.r.n, 0); /* Nobody has seen the frame. */
    assert_int_equal(host_dpid(find(&s, 1)), 0xa);
    assert_true(last_out(s.a, 2, &pkt));
    assert_true(pkt_has(&pkt, PKT_ARP));
    assert_int_equal(pkt.arp.op, PKT_ARP_REQUEST);
    assert_int_equal(pkt.arp.tpa, 0x0a000001);
    assert_int_equal(pkt.arp.spa, 0);
    assert_true(eth_addr_eq(pkt.eth_dst, mac(1)));
    assert_true(eth_addr_eq(pkt.arp.sha, HOSTS_PROBE_MAC));
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 1);
    udp(&s, s.b, 3, 1, 0x0a000001); /* It goes on: no more questions for that. */
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 1);
    fake_advance(s.f, HALF);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2);
    fake_advance(s.f, HALF - 1);
    assert_int_equal(s.r.n, 0);
    fake_advance(s.f, 1);
    assert_string_equal(s.r.lines[0], "host_moved 02:00:00:00:00:01 b:3");
    assert_int_equal(s.r.n, 1);
    udp(&s, s.b, 3, 1, 0x0a000001);
    assert_string_equal(s.r.lines[1], "packet b:3 known");
    assert_int_equal(ctl_counters(s.f->ctl)->host_claims, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 2);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 0);
    end(&s);
}

/* The host answers where it is: whoever uses its address elsewhere is refused and reported once in the
 * hold time, however much it sends. */
static void answer_is_a_spoof(void **state)
{
    struct scene s;
    uint64_t lines;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 2, 1, 0x0a000001);
    recorder_clear(&s.r);
    lines = s.f->log.n_lines[LOG_WARN];
    udp(&s, s.b, 3, 1, 0x0a000001);
    fake_advance(s.f, HALF + 1); /* The first question was lost. */
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    assert_string_equal(s.r.lines[0], "host_spoof 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[1], "spoofed_at b:3");
    assert_int_equal(s.r.n, 2); /* The answer was for the core alone. */
    for (int i = 0; i < 100; i++) {
        udp(&s, s.b, 3, 1, 0x0a000001);
    }
    fake_advance(s.f, NS_PER_S - 1);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2);
    assert_int_equal(s.f->log.n_lines[LOG_WARN], lines + 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 101);
    fake_advance(s.f, 1);
    udp(&s, s.b, 3, 1, 0x0a000001); /* It is asked about anew... */
    fake_advance(s.f, HALF - 1);
    udp(&s, s.a, 2, 1, 0x0a000001); /* ...and any frame is an answer, which goes its way. */
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 2);
    assert_string_equal(s.r.lines[4], "packet a:2 known");
    assert_int_equal(host_port(find(&s, 1)), 2);
    end(&s);
}

/* A host without IPv4 is asked by neighbour solicitation; one without any address only waited for. */
static void questions_of_each_kind(void **state)
{
    struct ipv6_addr own = {{0xfe, 0x80, [15] = 1}}, target = {{0x20, 0x01, [15] = 7}};
    struct scene s;
    struct pkt pkt;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    pkt_build_nd_ns(&s.frame, mac(1), &own, &target);
    send(&s, s.a, 1);
    send(&s, s.b, 1);
    assert_true(last_out(s.a, 1, &pkt));
    assert_true(pkt_has(&pkt, PKT_ICMP6));
    assert_int_equal(pkt.l4.type, PKT_ICMP6_NS);
    assert_true(ipv6_addr_eq(&pkt.nd.target, &own));
    assert_true(eth_addr_eq(pkt.eth_src, HOSTS_PROBE_MAC));
    assert_int_equal(pkt.ipv6.src.b[0], 0xfe);
    assert_int_equal(pkt.ipv6.src.b[8], 0x00); /* The universal bit is flipped. */
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, ETH_ADDR_BROADCAST, mac(9), 0x88b5);
    send(&s, s.a, 4);
    send(&s, s.b, 4);
    assert_false(last_out(s.a, 4, &pkt));
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(host_dpid(find(&s, 1)), 0xb);
    assert_int_equal(host_dpid(find(&s, 9)), 0xb);
    end(&s);
}

/* Where the old place is down nothing is asked; and a claim does not outlive it. */
static void dead_place_is_not_asked(void **state)
{
    struct scene s;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 2, 2, 0x0a000002);
    arp(&s, s.a, 3, 3, 0x0a000003);
    fake_port_set(s.a, 1, false);
    arp(&s, s.b, 1, 1, 0x0a000001);
    assert_int_equal(host_dpid(find(&s, 1)), 0xb);
    arp(&s, s.b, 2, 2, 0x0a000002);
    assert_int_equal(host_dpid(find(&s, 2)), 0xa);
    fake_port_set(s.a, 2, false);
    arp(&s, s.b, 2, 2, 0x0a000002);
    assert_int_equal(host_dpid(find(&s, 2)), 0xb);
    fake_disconnect(s.a);
    arp(&s, s.b, 3, 3, 0x0a000003);
    assert_int_equal(host_dpid(find(&s, 3)), 0xb);
    fake_advance(s.f, 3 * NS_PER_S);
    assert_int_equal(recorder_count(&s.r, "host_moved"), 3);
    assert_int_equal(recorder_count(&s.r, "host_spoof"), 0);
    end(&s);
}

/* The new place is gone before it is decided; and a host that goes on to a third place. */
static void claimant_goes_away(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 2, 2, 0x0a000002);
    arp(&s, s.a, 3, 3, 0x0a000003);
    arp(&s, s.b, 1, 1, 0x0a000001);
    arp(&s, s.b, 2, 2, 0x0a000002);
    arp(&s, s.b, 3, 3, 0x0a000003);
    msg.port_status.reason = OF_PORT_DELETE; /* The claim goes with its port... */
    msg.port_status.port.port_no = 1;
    fake_input(s.b, &msg);
    fake_port_set(s.b, 2, false); /* ...or is for nothing. */
    arp(&s, s.b, 4, 3, 0x0a000003);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(host_dpid(find(&s, 1)), 0xa);
    assert_int_equal(host_dpid(find(&s, 2)), 0xa);
    assert_int_equal(host_dpid(find(&s, 3)), 0xb);
    assert_int_equal(host_port(find(&s, 3)), 4);
    end(&s);
}

/* The known host ages out, or its port is removed, while it is claimed; and the core ends. */
static void owner_goes_away(void **state)
{
    struct core_settings settings = core_settings_default();
    struct of_msg msg = {.type = OF_PORT_STATUS};
    struct scene s;

    (void)state;
    settings.discovery = false;
    settings.host_timeout_ns = 2 * NS_PER_S;
    begin_with(&s, &settings);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.a, 2, 2, 0x0a000002);
    fake_advance(s.f, 1385 * NS_PER_MS);
    arp(&s, s.b, 1, 1, 0x0a000001);
    arp(&s, s.b, 4, 4, 0x0a000002); /* A claim of the IP address only. */
    fake_advance(s.f, 700 * NS_PER_MS);
    assert_null(find(&s, 1));
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000002));
    arp(&s, s.b, 1, 1, 0x0a000001);
    assert_int_equal(host_dpid(find(&s, 1)), 0xb);
    arp(&s, s.a, 1, 1, 0x0a000001);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.b, &msg);
    assert_null(find(&s, 1));
    arp(&s, s.a, 3, 7, 0x0a000007);
    arp(&s, s.b, 3, 7, 0x0a000007);
    arp(&s, s.b, 4, 4, 0x0a000007);
    end(&s); /* With claims of both kinds under way. */
}

/* After a restart the place of a host is known from entries, its IP address is not: it is asked for
 * the one that is used elsewhere. A frame that names none is asked about when one does. */
static void unknown_ip_is_asked_for(void **state)
{
    struct scene s;
    struct pkt pkt;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    hosts_restore(s.f->ctl, mac(1), 0xa, 2);
    hosts_restore(s.f->ctl, mac(2), 0xa, 1);
    udp(&s, s.b, 3, 1, 0x0a000001);
    assert_true(last_out(s.a, 2, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    arp(&s, s.b, 3, 2, 0); /* It looks whether its address is free (RFC 5227). */
    assert_false(last_out(s.a, 1, &pkt));
    arp(&s, s.b, 3, 2, 0x0a000002);
    fake_advance(s.f, 500 * NS_PER_MS);
    assert_true(last_out(s.a, 1, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000002);
    fake_advance(s.f, 500 * NS_PER_MS);
    assert_int_equal(host_dpid(find(&s, 1)), 0xa);
    assert_int_equal(host_dpid(find(&s, 2)), 0xb);
    end(&s);
}

/* What was refused can be blocked in the switch: one entry for each address, gone after its time, or
 * when the host may move after all. */
static void refused_address_is_blocked(void **state)
{
    struct core_settings settings = core_settings_default();
    const struct of_flow_stats *flow;
    struct of_match match = {0};
    struct scene s;

    (void)state;
    settings.discovery = false;
    settings.host_block_s = 20;
    begin_with(&s, &settings);
    arp(&s, s.a, 2, 1, 0x0a000001);
    udp(&s, s.b, 3, 1, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    fake_settle(s.f);
    OF_MATCH_SET(&match, IN_PORT, in_port, 3);
    OF_MATCH_SET(&match, ETH_SRC, eth_src, mac(1));
    flow = fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match);
    assert_non_null(flow);
    assert_int_equal(flow->hard_timeout_s, 20);
    assert_int_equal(flow->ins.apply.n, 0);
    fake_advance(s.f, 20 * NS_PER_S - 1);
    udp(&s, s.b, 3, 1, 0x0a000001); /* On its way before the entry was there. */
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    assert_non_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    fake_advance(s.f, 1);
    assert_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    udp(&s, s.b, 3, 1, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    fake_settle(s.f);
    assert_non_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    fake_port_set(s.a, 2, false);
    udp(&s, s.b, 3, 1, 0x0a000001); /* From another port, say: 3 is blocked. */
    fake_settle(s.f);
    assert_int_equal(host_dpid(find(&s, 1)), 0xb);
    assert_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    udp(&s, s.a, 3, 1, 0x0a000001);
    udp(&s, s.b, 3, 1, 0x0a000001);
    end(&s); /* With an entry that blocks. */
}

static void refused_moves(void **state)
{
    struct scene s;

    (void)state;
    begin_policy(&s, HOST_MOVE_REFUSE);
    arp(&s, s.a, 2, 1, 0x0a000001);
    for (int i = 0; i < 10; i++) {
        arp(&s, s.b, 3, 1, 0x0a000001);
        fake_advance(s.f, 250 * NS_PER_MS);
    }
    assert_int_equal(host_dpid(find(&s, 1)), 0xa);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 0);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 3); /* At 0, 1 and 2 s. */
    fake_port_set(s.a, 2, false);
    arp(&s, s.b, 3, 1, 0x0a000001);
    assert_int_equal(host_dpid(find(&s, 1)), 0xb);
    end(&s);
}

/* Somebody else says that an IP address is his own, by ARP: he gets it when its owner is silent, and
 * his frames go nowhere until then. What the owner sends with it is its answer. */
static void ip_in_two_places(void **state)
{
    struct scene s;
    struct pkt pkt;
    size_t n;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 1, 1, 0x0a000005);
    arp(&s, s.a, 1, 1, 0x0a000001);
    arp(&s, s.b, 2, 2, 0x0a000002);
    recorder_clear(&s.r);
    arp(&s, s.b, 2, 2, 0x0a000005);
    assert_int_equal(s.r.n, 0);
    assert_true(last_out(s.a, 1, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000005);
    arp(&s, s.a, 1, 1, 0x0a000001); /* It lives, but that is not about this address. */
    udp(&s, s.b, 2, 2, 0x0a000002); /* The claimant's other frames are not held. */
    assert_int_equal(recorder_count(&s.r, "packet"), 2);
    fake_advance(s.f, NS_PER_S);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000005), find(&s, 2));
    assert_int_equal(host_ipv4(find(&s, 2), &n)[0], 0x0a000005);
    assert_int_equal(recorder_count(&s.r, "host_ip 02:00:00:00:00:02"), 1);
    host_ipv4(find(&s, 1), &n);
    assert_int_equal(n, 1);
    recorder_clear(&s.r);
    arp(&s, s.b, 2, 2, 0x0a000001);
    arp_answer(&s, s.a, 1, 1, 0x0a000001);
    assert_string_equal(s.r.lines[0], "host_spoof 02:00:00:00:00:01 a:1");
    assert_string_equal(s.r.lines[1], "spoofed_at b:2");
    fake_advance(s.f, 3 * NS_PER_S);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), find(&s, 1));
    assert_int_equal(ctl_counters(s.f->ctl)->address_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 0);
    end(&s);
}

static void ipv6_in_two_places(void **state)
{
    struct ipv6_addr ip = {{0x20, 0x01, [15] = 7}};
    struct pkt_ends6 ends = {.eth_dst = mac(9), .src = ip, .dst = ip};
    struct scene s;
    struct pkt pkt;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    for (unsigned i = 1; i <= 2; i++) {
        ends.eth_src = mac(i);
        buf_clear(&s.frame);
        pkt_build_nd_na(&s.frame, &ends, &ip, mac(i), PKT_NA_OVERRIDE);
        send(&s, i == 1 ? s.a : s.b, 3);
    }
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &ip), find(&s, 1));
    assert_true(last_out(s.a, 3, &pkt));
    assert_true(ipv6_addr_eq(&pkt.nd.target, &ip));
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 1);
    fake_advance(s.f, NS_PER_S);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &ip), find(&s, 2));
    end(&s);
}

/* An ARP packet in whose name somebody speaks for a third: not when the address is known. */
static void arp_for_others(void **state)
{
    struct scene s;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    arp(&s, s.a, 1, 1, 0x0a000001);
    for (uint32_t ip = 0x0a000001; ip <= 0x0a000002; ip++) {
        struct pkt_arp fields = {.op = PKT_ARP_REPLY, .sha = mac(66), .spa = ip};

        buf_clear(&s.frame);
        pkt_build_arp(&s.frame, mac(3), mac(2), &fields);
        send(&s, s.b, 2);
    }
    assert_int_equal(ctl_counters(s.f->ctl)->address_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 1);
    assert_int_equal(recorder_count(&s.r, "packet b:2"),
                     1); /* As of a router that speaks for it. */
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), find(&s, 1));
    end(&s);
}

/* One port that claims everybody's address makes a bounded number of questions. */
static void claims_of_a_port_are_limited(void **state)
{
    struct scene s;
    const struct ctl_counters *c;

    (void)state;
    begin_policy(&s, HOST_MOVE_PROBE);
    c = ctl_counters(s.f->ctl);
    for (unsigned i = 0; i < 300; i++) {
        arp(&s, s.a, 1, 1000 + i, 0x0a010000 | i);
    }
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned i = 0; i < 300; i++) {
            udp(&s, s.b, 2, 1000 + i, 0x0a010000 | i);
        }
    }
    assert_int_equal(c->host_claims, 256);
    assert_int_equal(c->host_claims_limited, 3 * 44);
    assert_int_equal(c->host_frames_held, 900);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 256);
    arp(&s, s.b, 3, 1299, 0x0a010000 | 299); /* Other ports are not concerned. */
    assert_int_equal(c->host_claims, 257);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2 * 257);
    assert_int_equal(recorder_count(&s.r, "host_moved"), 257);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learn_and_move),
        cmocka_unit_test(addresses),
        cmocka_unit_test(router),
        cmocka_unit_test(not_addresses),
        cmocka_unit_test(ipv6),
        cmocka_unit_test(ageing),
        cmocka_unit_test(limits),
        cmocka_unit_test(each_in_order_and_restore),
        cmocka_unit_test(port_removed),
        cmocka_unit_test(silence_is_a_move),
        cmocka_unit_test(answer_is_a_spoof),
        cmocka_unit_test(questions_of_each_kind),
        cmocka_unit_test(dead_place_is_not_asked),
        cmocka_unit_test(claimant_goes_away),
        cmocka_unit_test(owner_goes_away),
        cmocka_unit_test(refused_moves),
        cmocka_unit_test(unknown_ip_is_asked_for),
        cmocka_unit_test(refused_address_is_blocked),
        cmocka_unit_test(ip_in_two_places),
        cmocka_unit_test(ipv6_in_two_places),
        cmocka_unit_test(arp_for_others),
        cmocka_unit_test(claims_of_a_port_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
