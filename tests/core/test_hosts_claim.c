/* Addresses that are used in two places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/hosts_int.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/hosts_scene.h"

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
    pkt_build_arp_reply(&s->frame, scene_mac(i), ip, HOSTS_PROBE_MAC, 0);
    scene_send(s, sw, port);
}

/* A host that goes to another port while its old one is up: the old one is asked twice, and then the
 * host has moved, even when it is not heard again. */
static void silence_is_a_move(void **state)
{
    struct scene s;
    struct pkt pkt;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    recorder_clear(&s.r);
    scene_arp(&s, s.b, 3, 1, 0x0a000001);
    assert_int_equal(s.r.n, 0); /* Nobody has seen the frame. */
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    assert_true(last_out(s.a, 2, &pkt));
    assert_true(pkt_has(&pkt, PKT_ARP));
    assert_int_equal(pkt.arp.op, PKT_ARP_REQUEST);
    assert_int_equal(pkt.arp.tpa, 0x0a000001);
    assert_int_equal(pkt.arp.spa, 0);
    assert_true(eth_addr_eq(pkt.eth_dst, scene_mac(1)));
    assert_true(eth_addr_eq(pkt.arp.sha, HOSTS_PROBE_MAC));
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 1);
    scene_udp(&s, s.b, 3, 1, 0x0a000001); /* It goes on: no more questions for that. */
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 1);
    fake_advance(s.f, HALF);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2);
    fake_advance(s.f, HALF - 1);
    assert_int_equal(s.r.n, 0);
    fake_advance(s.f, 1);
    assert_string_equal(s.r.lines[0], "host_moved 02:00:00:00:00:01 b:3");
    assert_int_equal(s.r.n, 1);
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    assert_string_equal(s.r.lines[1], "packet b:3 known");
    assert_int_equal(ctl_counters(s.f->ctl)->host_claims, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 2);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 0);
    scene_end(&s);
}

/* The host answers where it is: whoever uses its address elsewhere is refused and reported once in the
 * hold time, however much it sends. */
static void answer_is_a_spoof(void **state)
{
    struct scene s;
    uint64_t lines;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    recorder_clear(&s.r);
    lines = s.f->log.n_lines[LOG_WARN];
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    fake_advance(s.f, HALF + 1); /* The first question was lost. */
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    assert_string_equal(s.r.lines[0], "host_spoof 02:00:00:00:00:01 a:2");
    assert_string_equal(s.r.lines[1], "spoofed_at b:3");
    assert_int_equal(s.r.n, 2); /* The answer was for the core alone. */
    for (int i = 0; i < 100; i++) {
        scene_udp(&s, s.b, 3, 1, 0x0a000001);
    }
    fake_advance(s.f, NS_PER_S - 1);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2);
    assert_int_equal(s.f->log.n_lines[LOG_WARN], lines + 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 101);
    fake_advance(s.f, 1);
    scene_udp(&s, s.b, 3, 1, 0x0a000001); /* It is asked about anew... */
    fake_advance(s.f, HALF - 1);
    scene_udp(&s, s.a, 2, 1, 0x0a000001); /* ...and any frame is an answer, which goes its way. */
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 2);
    assert_string_equal(s.r.lines[4], "packet a:2 known");
    assert_int_equal(host_port(scene_find(&s, 1)), 2);
    scene_end(&s);
}

/* A host without IPv4 is asked by neighbour solicitation; one without any address only waited for. */
static void questions_of_each_kind(void **state)
{
    struct ipv6_addr own = {{0xfe, 0x80, [15] = 1}}, target = {{0x20, 0x01, [15] = 7}};
    struct scene s;
    struct pkt pkt;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    pkt_build_nd_ns(&s.frame, scene_mac(1), &own, &target);
    scene_send(&s, s.a, 1);
    scene_send(&s, s.b, 1);
    assert_true(last_out(s.a, 1, &pkt));
    assert_true(pkt_has(&pkt, PKT_ICMP6));
    assert_int_equal(pkt.l4.type, PKT_ICMP6_NS);
    assert_true(ipv6_addr_eq(&pkt.nd.target, &own));
    assert_true(eth_addr_eq(pkt.eth_src, HOSTS_PROBE_MAC));
    assert_int_equal(pkt.ipv6.src.b[0], 0xfe);
    assert_int_equal(pkt.ipv6.src.b[8], 0x00); /* The universal bit is flipped. */
    buf_clear(&s.frame);
    pkt_build_eth(&s.frame, ETH_ADDR_BROADCAST, scene_mac(9), 0x88b5);
    scene_send(&s, s.a, 4);
    scene_send(&s, s.b, 4);
    assert_false(last_out(s.a, 4, &pkt));
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    assert_int_equal(host_dpid(scene_find(&s, 9)), 0xb);
    scene_end(&s);
}

/* Where the old place is down nothing is asked; and a claim does not outlive it. */
static void dead_place_is_not_asked(void **state)
{
    struct scene s;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 2, 2, 0x0a000002);
    scene_arp(&s, s.a, 3, 3, 0x0a000003);
    fake_port_set(s.a, 1, false);
    scene_arp(&s, s.b, 1, 1, 0x0a000001);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    scene_arp(&s, s.b, 2, 2, 0x0a000002);
    assert_int_equal(host_dpid(scene_find(&s, 2)), 0xa);
    fake_port_set(s.a, 2, false);
    scene_arp(&s, s.b, 2, 2, 0x0a000002);
    assert_int_equal(host_dpid(scene_find(&s, 2)), 0xb);
    fake_disconnect(s.a);
    scene_arp(&s, s.b, 3, 3, 0x0a000003);
    assert_int_equal(host_dpid(scene_find(&s, 3)), 0xb);
    fake_advance(s.f, 3 * NS_PER_S);
    assert_int_equal(recorder_count(&s.r, "host_moved"), 3);
    assert_int_equal(recorder_count(&s.r, "host_spoof"), 0);
    scene_end(&s);
}

/* The old place goes down while it is asked, as when a host is plugged into another switch and that one is
 * heard first: no answer is waited for, neither for the MAC address nor for an IP address. */
static void place_goes_down_while_it_is_asked(void **state)
{
    struct scene s;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    scene_arp(&s, s.a, 2, 2, 0x0a000002);
    scene_arp(&s, s.a, 3, 3, 0x0a000003);
    scene_arp(&s, s.b, 2, 1, 0x0a000001);
    scene_arp(&s, s.b, 4, 4, 0x0a000002); /* A claim of the IP address only. */
    scene_arp(&s, s.b, 3, 3, 0x0a000003);
    assert_int_equal(ctl_counters(s.f->ctl)->host_claims, 3);
    fake_port_set(s.a, 1, false);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    fake_port_set(s.a, 2, false);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000002), scene_find(&s, 4));
    assert_int_equal(host_dpid(scene_find(&s, 2)), 0xa); /* Where it is nobody has said. */
    assert_int_equal(host_dpid(scene_find(&s, 3)), 0xa);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(host_dpid(scene_find(&s, 3)), 0xb);
    assert_int_equal(recorder_count(&s.r, "host_moved"), 2);
    assert_int_equal(recorder_count(&s.r, "host_spoof"), 0);
    scene_end(&s);
}

/* The new place is gone before it is decided; and a host that goes on to a third place. */
static void claimant_goes_away(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 2, 2, 0x0a000002);
    scene_arp(&s, s.a, 3, 3, 0x0a000003);
    scene_arp(&s, s.b, 1, 1, 0x0a000001);
    scene_arp(&s, s.b, 2, 2, 0x0a000002);
    scene_arp(&s, s.b, 3, 3, 0x0a000003);
    msg.port_status.reason = OF_PORT_DELETE; /* The claim goes with its port... */
    msg.port_status.port.port_no = 1;
    fake_input(s.b, &msg);
    fake_port_set(s.b, 2, false); /* ...or is for nothing. */
    scene_arp(&s, s.b, 4, 3, 0x0a000003);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    assert_int_equal(host_dpid(scene_find(&s, 2)), 0xa);
    assert_int_equal(host_dpid(scene_find(&s, 3)), 0xb);
    assert_int_equal(host_port(scene_find(&s, 3)), 4);
    scene_end(&s);
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
    scene_begin_with(&s, &settings);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.a, 2, 2, 0x0a000002);
    fake_advance(s.f, 1385 * NS_PER_MS);
    scene_arp(&s, s.b, 1, 1, 0x0a000001);
    scene_arp(&s, s.b, 4, 4, 0x0a000002); /* A claim of the IP address only. */
    fake_advance(s.f, 700 * NS_PER_MS);
    assert_null(scene_find(&s, 1));
    assert_null(hosts_find_ipv4(s.f->ctl, 0x0a000002));
    scene_arp(&s, s.b, 1, 1, 0x0a000001);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.b, &msg);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa); /* Nobody is left to be asked. */
    scene_arp(&s, s.a, 3, 7, 0x0a000007);
    scene_arp(&s, s.b, 3, 7, 0x0a000007);
    scene_arp(&s, s.b, 4, 4, 0x0a000007);
    scene_end(&s); /* With claims of both kinds under way. */
}

/* After a restart the place of a host is known from entries, its IP address is not: it is asked for
 * the one that is used elsewhere. A frame that names none is asked about when one does. */
static void unknown_ip_is_asked_for(void **state)
{
    struct scene s;
    struct pkt pkt;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    hosts_restore(s.f->ctl, scene_mac(1), 0xa, 2);
    hosts_restore(s.f->ctl, scene_mac(2), 0xa, 1);
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    assert_true(last_out(s.a, 2, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    scene_arp(&s, s.b, 3, 2, 0); /* It looks whether its address is free (RFC 5227). */
    assert_false(last_out(s.a, 1, &pkt));
    scene_arp(&s, s.b, 3, 2, 0x0a000002);
    fake_advance(s.f, 500 * NS_PER_MS);
    assert_true(last_out(s.a, 1, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000002);
    fake_advance(s.f, 500 * NS_PER_MS);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    assert_int_equal(host_dpid(scene_find(&s, 2)), 0xb);
    scene_end(&s);
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
    scene_begin_with(&s, &settings);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    fake_settle(s.f);
    OF_MATCH_SET(&match, IN_PORT, in_port, 3);
    OF_MATCH_SET(&match, ETH_SRC, eth_src, scene_mac(1));
    flow = fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match);
    assert_non_null(flow);
    assert_int_equal(flow->hard_timeout_s, 20);
    assert_int_equal(flow->ins.apply.n, 0);
    fake_advance(s.f, 20 * NS_PER_S - 1);
    scene_udp(&s, s.b, 3, 1, 0x0a000001); /* On its way before the entry was there. */
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 1);
    assert_non_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    fake_advance(s.f, 1);
    assert_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    arp_answer(&s, s.a, 2, 1, 0x0a000001);
    fake_settle(s.f);
    assert_non_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    fake_port_set(s.a, 2, false);
    scene_udp(&s, s.b, 3, 1, 0x0a000001); /* From another port, say: 3 is blocked. */
    fake_settle(s.f);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    assert_null(fake_switch_flow(s.b, 0, HOSTS_BLOCK_PRIORITY, &match));
    scene_udp(&s, s.a, 3, 1, 0x0a000001);
    scene_udp(&s, s.b, 3, 1, 0x0a000001);
    scene_end(&s); /* With an entry that blocks. */
}

static void refused_moves(void **state)
{
    struct scene s;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_REFUSE);
    scene_arp(&s, s.a, 2, 1, 0x0a000001);
    for (int i = 0; i < 10; i++) {
        scene_arp(&s, s.b, 3, 1, 0x0a000001);
        fake_advance(s.f, 250 * NS_PER_MS);
    }
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xa);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 0);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 3); /* At 0, 1 and 2 s. */
    fake_port_set(s.a, 2, false);
    scene_arp(&s, s.b, 3, 1, 0x0a000001);
    assert_int_equal(host_dpid(scene_find(&s, 1)), 0xb);
    scene_end(&s);
}

/* Somebody else says that an IP address is his own, by ARP: he gets it when its owner is silent, and
 * his frames go nowhere until then. What the owner sends with it is its answer. */
static void ip_in_two_places(void **state)
{
    struct scene s;
    struct pkt pkt;
    size_t n;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 1, 1, 0x0a000005);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    scene_arp(&s, s.b, 2, 2, 0x0a000002);
    recorder_clear(&s.r);
    scene_arp(&s, s.b, 2, 2, 0x0a000005);
    assert_int_equal(s.r.n, 0);
    assert_true(last_out(s.a, 1, &pkt));
    assert_int_equal(pkt.arp.tpa, 0x0a000005);
    scene_arp(&s, s.a, 1, 1, 0x0a000001); /* It lives, but that is not about this address. */
    scene_udp(&s, s.b, 2, 2, 0x0a000002); /* The claimant's other frames are not held. */
    assert_int_equal(recorder_count(&s.r, "packet"), 2);
    fake_advance(s.f, NS_PER_S);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000005), scene_find(&s, 2));
    assert_int_equal(host_ipv4(scene_find(&s, 2), &n)[0], 0x0a000005);
    assert_int_equal(recorder_count(&s.r, "host_ip 02:00:00:00:00:02"), 1);
    host_ipv4(scene_find(&s, 1), &n);
    assert_int_equal(n, 1);
    recorder_clear(&s.r);
    scene_arp(&s, s.b, 2, 2, 0x0a000001);
    arp_answer(&s, s.a, 1, 1, 0x0a000001);
    assert_string_equal(s.r.lines[0], "host_spoof 02:00:00:00:00:01 a:1");
    assert_string_equal(s.r.lines[1], "spoofed_at b:2");
    fake_advance(s.f, 3 * NS_PER_S);
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), scene_find(&s, 1));
    assert_int_equal(ctl_counters(s.f->ctl)->address_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_spoofs, 0);
    scene_end(&s);
}

static void ipv6_in_two_places(void **state)
{
    struct ipv6_addr ip = {{0x20, 0x01, [15] = 7}};
    struct pkt_ends6 ends = {.eth_dst = scene_mac(9), .src = ip, .dst = ip};
    struct scene s;
    struct pkt pkt;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    for (unsigned i = 1; i <= 2; i++) {
        ends.eth_src = scene_mac(i);
        buf_clear(&s.frame);
        pkt_build_nd_na(&s.frame, &ends, &ip, scene_mac(i), PKT_NA_OVERRIDE);
        scene_send(&s, i == 1 ? s.a : s.b, 3);
    }
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &ip), scene_find(&s, 1));
    assert_true(last_out(s.a, 3, &pkt));
    assert_true(ipv6_addr_eq(&pkt.nd.target, &ip));
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 1);
    fake_advance(s.f, NS_PER_S);
    assert_ptr_equal(hosts_find_ipv6(s.f->ctl, &ip), scene_find(&s, 2));
    scene_end(&s);
}

/* An ARP packet in whose name somebody speaks for a third: not when the address is known. */
static void arp_for_others(void **state)
{
    struct scene s;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    scene_arp(&s, s.a, 1, 1, 0x0a000001);
    for (uint32_t ip = 0x0a000001; ip <= 0x0a000002; ip++) {
        struct pkt_arp fields = {.op = PKT_ARP_REPLY, .sha = scene_mac(66), .spa = ip};

        buf_clear(&s.frame);
        pkt_build_arp(&s.frame, scene_mac(3), scene_mac(2), &fields);
        scene_send(&s, s.b, 2);
    }
    assert_int_equal(ctl_counters(s.f->ctl)->address_spoofs, 1);
    assert_int_equal(ctl_counters(s.f->ctl)->host_frames_held, 1);
    assert_int_equal(recorder_count(&s.r, "packet b:2"),
                     1); /* As of a router that speaks for it. */
    assert_ptr_equal(hosts_find_ipv4(s.f->ctl, 0x0a000001), scene_find(&s, 1));
    scene_end(&s);
}

/* One port that claims everybody's address makes a bounded number of questions. */
static void claims_of_a_port_are_limited(void **state)
{
    struct scene s;
    const struct ctl_counters *c;

    (void)state;
    scene_begin_policy(&s, HOST_MOVE_PROBE);
    c = ctl_counters(s.f->ctl);
    for (unsigned i = 0; i < 300; i++) {
        scene_arp(&s, s.a, 1, 1000 + i, 0x0a010000 | i);
    }
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned i = 0; i < 300; i++) {
            scene_udp(&s, s.b, 2, 1000 + i, 0x0a010000 | i);
        }
    }
    assert_int_equal(c->host_claims, 256);
    assert_int_equal(c->host_claims_limited, 3 * 44);
    assert_int_equal(c->host_frames_held, 900);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 256);
    scene_arp(&s, s.b, 3, 1299, 0x0a010000 | 299); /* Other ports are not concerned. */
    assert_int_equal(c->host_claims, 257);
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 2 * 257);
    assert_int_equal(recorder_count(&s.r, "host_moved"), 257);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_a_move),
        cmocka_unit_test(answer_is_a_spoof),
        cmocka_unit_test(questions_of_each_kind),
        cmocka_unit_test(dead_place_is_not_asked),
        cmocka_unit_test(place_goes_down_while_it_is_asked),
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
