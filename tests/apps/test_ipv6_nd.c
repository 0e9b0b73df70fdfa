/* Neighbour discovery over a small network: who answers, who is asked, and which routers count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "tests/apps/net.h"

static const struct ipv6_addr unspecified;
static const struct ipv6_addr all_nodes = {{0xff, 0x02, [15] = 1}};
static const struct ipv6_addr all_routers = {{0xff, 0x02, [15] = 2}};

/* What the hosts hear of neighbour discovery: how much of each type, and the last of all. */
struct heard {
    unsigned n[4][256];
    struct pkt last[4];
    uint8_t flags[4]; /* Of the last advertisement. */
    struct net *net;
    bool answers[4]; /* The host answers solicitations for its address. */
};

static struct ipv6_addr ip_of(int host)
{
    return (struct ipv6_addr){{0x20, 0x01, 0x0d, 0xb8, [13] = 0x23, 0x85, (uint8_t)(host + 1)}};
}

static void send(struct heard *s, int host, struct buf *frame)
{
    net_send_frame(s->net, host, frame);
    buf_fini(frame);
    net_settle(s->net);
}

static void advertise(struct heard *s, int host, struct eth_addr eth_dst, struct ipv6_addr dst,
                      uint8_t flags)
{
    struct eth_addr mac = s->net->hosts[host].mac;
    struct pkt_ends6 ends = {.eth_dst = eth_dst, .eth_src = mac, .src = ip_of(host), .dst = dst};
    struct ipv6_addr target = ip_of(host);
    struct buf frame = BUF_INIT;

    pkt_build_nd_na(&frame, &ends, &target, mac, flags);
    net_send_frame(s->net, host, &frame);
    buf_fini(&frame);
}

static void heard(void *aux, struct net_host *h, const uint8_t *data, size_t len)
{
    struct heard *s = aux;
    int host = (int)(h - s->net->hosts);
    struct ipv6_addr own = ip_of(host);
    struct pkt p;

    if (pkt_parse(data, len, &p) || !pkt_has(&p, PKT_ICMP6)) {
        return;
    }
    s->n[host][p.l4.type]++;
    s->last[host] = p;
    if (p.l4.type == PKT_ICMP6_NA) {
        s->flags[host] = data[p.off.l4 + 4];
    }
    if (p.l4.type == PKT_ICMP6_NS && s->answers[host] && ipv6_addr_eq(&p.nd.target, &own)) {
        bool is_dad = ipv6_addr_eq(&p.ipv6.src, &unspecified);

        advertise(s, host, is_dad ? pkt_ipv6_multicast_eth(&all_nodes) : p.eth_src,
                  is_dad ? all_nodes : p.ipv6.src,
                  PKT_NA_OVERRIDE | (is_dad ? 0 : PKT_NA_SOLICITED));
    }
}

/* Hosts 0 and 1 at switch 0, 2 and 3 at switch 1. */
static void begin(struct heard *s, uint8_t version)
{
    struct net *net = net_new(version);

    memset(s, 0, sizeof *s);
    s->net = net;
    memset(s->answers, 1, sizeof s->answers);
    net_add_switch(net, version);
    net_add_switch(net, version);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 10);
    net_add_host(net, 0, 11);
    net_add_host(net, 1, 10);
    net_add_host(net, 1, 11);
    net->ipv6_nd.enabled = true;
    net->heard = heard;
    net->heard_aux = s;
}

static struct ipv6_nd_counters counters(const struct heard *s)
{
    return ipv6_nd_counters(ctl_module_state(s->net->ctl, "ipv6_nd"));
}

static void finish(struct heard *s)
{
    assert_int_equal(s->net->n_untagged_on_links, 0);
    net_free(s->net);
}

static void solicit(struct heard *s, int from, struct ipv6_addr src, int target)
{
    struct ipv6_addr to = ip_of(target);
    struct buf frame = BUF_INIT;

    pkt_build_nd_ns(&frame, s->net->hosts[from].mac, &src, &to);
    send(s, from, &frame);
}

/* --- Neighbours ------------------------------------------------------------------------------- */

static void unknown_then_known(uint8_t version)
{
    struct heard s;

    begin(&s, version);
    net_start(s.net);
    solicit(&s, 0, ip_of(0), 2);
    assert_int_equal(s.n[1][PKT_ICMP6_NS], 1); /* Everybody was asked, once. */
    assert_int_equal(s.n[3][PKT_ICMP6_NS], 1);
    assert_int_equal(s.n[0][PKT_ICMP6_NS], 0);
    assert_int_equal(s.n[0][PKT_ICMP6_NA], 1);
    assert_true(eth_addr_eq(s.last[0].nd.tll, s.net->hosts[2].mac));
    assert_int_equal(s.flags[0], PKT_NA_SOLICITED | PKT_NA_OVERRIDE);
    solicit(&s, 3, ip_of(3), 2);
    solicit(&s, 2, ip_of(2), 0);
    assert_int_equal(s.n[1][PKT_ICMP6_NS], 1); /* Nobody was disturbed. */
    assert_int_equal(s.n[3][PKT_ICMP6_NA], 1);
    assert_int_equal(s.n[2][PKT_ICMP6_NA], 1);
    assert_true(eth_addr_eq(s.last[2].nd.tll, s.net->hosts[0].mac));
    assert_int_equal(counters(&s).solicits_known, 2);
    finish(&s);
}

static void test_unknown_then_known_1_0(void **state)
{
    (void)state;
    unknown_then_known(OF_VERSION_1_0);
}

static void test_unknown_then_known_1_3(void **state)
{
    (void)state;
    unknown_then_known(OF_VERSION_1_3);
}

static void test_several_askers(void **state)
{
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    s.answers[2] = false;
    solicit(&s, 0, ip_of(0), 2);
    solicit(&s, 1, ip_of(1), 2);
    solicit(&s, 3, ip_of(3), 2);
    assert_int_equal(s.n[2][PKT_ICMP6_NS], 1);
    assert_int_equal(counters(&s).solicits_joined, 2);
    advertise(&s, 2, pkt_ipv6_multicast_eth(&all_nodes), all_nodes, PKT_NA_OVERRIDE);
    net_settle(s.net);
    for (int host = 0; host < 4; host++) {
        assert_int_equal(s.n[host][PKT_ICMP6_NA], host != 2);
    }
    solicit(&s, 0, ip_of(0), 7);
    net_advance(s.net, NS_PER_S);
    assert_int_equal(counters(&s).expired, 1);
    finish(&s);
}

/* A tentative address is answered for by nobody but the host that has it. */
static void test_duplicate_address_detection(void **state)
{
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    solicit(&s, 0, unspecified, 7); /* Free: everybody is asked, nobody answers. */
    assert_int_equal(s.n[3][PKT_ICMP6_NS], 1);
    assert_int_equal(s.n[0][PKT_ICMP6_NA], 0);
    solicit(&s, 2, ip_of(2), 0); /* Host 2 is known. */
    memset(s.n, 0, sizeof s.n);
    solicit(&s, 1, unspecified, 2); /* Taken: only host 2 is asked, and defends it. */
    assert_int_equal(s.n[2][PKT_ICMP6_NS], 1);
    assert_int_equal(s.n[0][PKT_ICMP6_NS] + s.n[3][PKT_ICMP6_NS], 0);
    assert_int_equal(s.n[1][PKT_ICMP6_NA], 1);
    assert_true(ipv6_addr_eq(&s.last[1].ipv6.dst, &all_nodes));
    assert_int_equal(s.flags[1], PKT_NA_OVERRIDE); /* Not solicited. */
    assert_int_equal(s.n[0][PKT_ICMP6_NA] + s.n[3][PKT_ICMP6_NA], 0);
    net_advance(s.net, NS_PER_S);
    s.answers[2] = false; /* It has left; the host table does not know yet. */
    solicit(&s, 1, unspecified, 2);
    assert_int_equal(s.n[1][PKT_ICMP6_NA], 1);
    solicit(&s, 2, unspecified, 2); /* Its own address. */
    assert_int_equal(s.n[2][PKT_ICMP6_NA], 0);
    assert_int_equal(counters(&s).tentative, 4);
    finish(&s);
}

/* Whether a neighbour is still there, only the neighbour can say. */
static void test_reachability_is_asked_of_the_neighbour(void **state)
{
    struct heard s;
    struct buf frame = BUF_INIT;
    struct ipv6_addr own, target = ip_of(2);

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    solicit(&s, 0, ip_of(0), 2);
    memset(s.n, 0, sizeof s.n);
    own = ip_of(0);
    pkt_build_nd_ns(&frame, s.net->hosts[0].mac, &own, &target);
    memcpy(frame.data, s.net->hosts[2].mac.b, ETH_ADDR_LEN);
    send(&s, 0, &frame);
    assert_int_equal(s.n[2][PKT_ICMP6_NS], 1);
    assert_int_equal(s.n[0][PKT_ICMP6_NA], 1);
    assert_int_equal(counters(&s).solicits_forwarded, 1);
    assert_int_equal(counters(&s).adverts_forwarded, 1);
    finish(&s);
}

static void test_bad_solicitations(void **state)
{
    struct heard s;
    struct buf frame = BUF_INIT;
    struct ipv6_addr own = ip_of(0), group = all_nodes;
    struct pkt_ends6 ends = {.dst = ip_of(2), .src = ip_of(0)};
    uint8_t ns[24] = {PKT_ICMP6_NS};

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    ends.eth_src = s.net->hosts[0].mac;
    ends.eth_dst = s.net->hosts[2].mac;
    pkt_build_ipv6(&frame, &ends, PKT_PROTO_ICMP6, ns, sizeof ns); /* Has crossed a router. */
    send(&s, 0, &frame);
    frame = BUF_INIT;
    pkt_build_nd_ns(&frame, s.net->hosts[0].mac, &own, &group); /* For a group. */
    send(&s, 0, &frame);
    assert_int_equal(counters(&s).malformed, 2);
    frame = BUF_INIT;
    group = ip_of(2);
    pkt_build_nd_ns(&frame, s.net->hosts[1].mac, &own, &group); /* Says that it is host 1. */
    memcpy(frame.data + ETH_ADDR_LEN, s.net->hosts[0].mac.b, ETH_ADDR_LEN);
    send(&s, 0, &frame);
    assert_int_equal(counters(&s).spoofed, 1);
    assert_int_equal(s.n[2][PKT_ICMP6_NS], 0);
    finish(&s);
}

static void test_floods_are_limited(void **state)
{
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.net->ipv6_nd.dp_flood_burst = 5;
    net_start(s.net);
    for (int i = 0; i < 20; i++) {
        solicit(&s, 0, ip_of(0), 100 + i);
    }
    assert_int_equal(s.n[3][PKT_ICMP6_NS], 5);
    assert_int_equal(counters(&s).limited, 15);
    finish(&s);
}

/* --- Routers ---------------------------------------------------------------------------------- */

static void router_says(struct heard *s, int host, uint8_t type, uint16_t lifetime_s, int to)
{
    struct pkt_ends6 ends = {.eth_dst = to < 0 ? pkt_ipv6_multicast_eth(&all_nodes)
                                               : s->net->hosts[to].mac,
                             .eth_src = s->net->hosts[host].mac,
                             .src = {{0xfe, 0x80, [15] = (uint8_t)(host + 1)}},
                             .dst = to < 0 ? all_nodes : ip_of(to),
                             .hop_limit = 255};
    uint8_t body[40] = {type};
    struct buf frame = BUF_INIT;

    body[6] = (uint8_t)(lifetime_s >> 8);
    body[7] = (uint8_t)lifetime_s;
    pkt_build_ipv6(&frame, &ends, PKT_PROTO_ICMP6, body, sizeof body);
    send(s, host, &frame);
}

static void ask_routers(struct heard *s, int host)
{
    struct pkt_ends6 ends = {.eth_dst = pkt_ipv6_multicast_eth(&all_routers),
                             .eth_src = s->net->hosts[host].mac,
                             .src = {{0xfe, 0x80, [15] = (uint8_t)(host + 1)}},
                             .dst = all_routers,
                             .hop_limit = 255};
    uint8_t body[8] = {PKT_ICMP6_RS};
    struct buf frame = BUF_INIT;

    pkt_build_ipv6(&frame, &ends, PKT_PROTO_ICMP6, body, sizeof body);
    send(s, host, &frame);
}

static void test_routers_at_trusted_ports(void **state)
{
    struct ipv6_nd_rogue rogue;
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.net->ipv6_nd.trusted[0] = (struct place){2, 10}; /* Host 2. */
    s.net->ipv6_nd.n_trusted = 1;
    net_start(s.net);
    ask_routers(&s, 0);
    assert_int_equal(s.n[2][PKT_ICMP6_RS], 1);
    assert_int_equal(s.n[1][PKT_ICMP6_RS] + s.n[3][PKT_ICMP6_RS], 0);
    router_says(&s, 3, PKT_ICMP6_RA, 1800, -1);
    assert_int_equal(counters(&s).rogue_routers, 1);
    assert_int_equal(s.n[0][PKT_ICMP6_RA], 0);
    router_says(&s, 2, PKT_ICMP6_RA, 1800, -1);
    assert_int_equal(s.n[0][PKT_ICMP6_RA], 1);
    assert_int_equal(s.n[3][PKT_ICMP6_RA], 1);
    router_says(&s, 2, PKT_ICMP6_RA, 1800, 3);
    assert_int_equal(s.n[3][PKT_ICMP6_RA], 2);
    assert_int_equal(s.n[0][PKT_ICMP6_RA], 1);
    assert_int_equal(ipv6_nd_n_routers(ctl_module_state(s.net->ctl, "ipv6_nd")), 1);
    router_says(&s, 3, PKT_ICMP6_REDIRECT, 0, 0);
    assert_int_equal(s.n[0][PKT_ICMP6_REDIRECT], 0);
    assert_int_equal(ipv6_nd_n_rogues(ctl_module_state(s.net->ctl, "ipv6_nd")), 1);
    rogue = ipv6_nd_rogue(ctl_module_state(s.net->ctl, "ipv6_nd"), 0);
    assert_int_equal(rogue.n, 2); /* What it advertised, and the redirect. */
    assert_true(eth_addr_eq(rogue.mac, s.net->hosts[3].mac));
    assert_int_equal(rogue.port, s.net->hosts[3].port);
    router_says(&s, 2, PKT_ICMP6_REDIRECT, 0, 0);
    assert_int_equal(s.n[0][PKT_ICMP6_REDIRECT], 1);
    router_says(&s, 2, PKT_ICMP6_RA, 0, -1);         /* It routes no more. */
    assert_int_equal(ipv6_nd_n_routers(ctl_module_state(s.net->ctl, "ipv6_nd")), 0);
    finish(&s);
}

static void test_the_first_router_counts(void **state)
{
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    ask_routers(&s, 0); /* Nobody is known: everybody is asked. */
    assert_int_equal(s.n[3][PKT_ICMP6_RS], 1);
    router_says(&s, 2, PKT_ICMP6_RA, 60, -1);
    router_says(&s, 3, PKT_ICMP6_RA, 1800, -1);
    assert_int_equal(counters(&s).rogue_routers, 1);
    assert_int_equal(s.n[0][PKT_ICMP6_RA], 1);
    ask_routers(&s, 0);
    assert_int_equal(s.n[2][PKT_ICMP6_RS], 2);
    assert_int_equal(s.n[3][PKT_ICMP6_RS], 1);
    net_advance(s.net, 61 * NS_PER_S); /* Its lifetime is over. */
    router_says(&s, 3, PKT_ICMP6_RA, 1800, -1);
    assert_int_equal(s.n[0][PKT_ICMP6_RA], 2);
    finish(&s);
}

static void test_entries(void **state)
{
    struct heard s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.net);
    assert_int_equal(net_count_entries(s.net, 0, IPV6_ND_PRIORITY), 1 + 5); /* And one for ARP. */
    net_free(s.net);
    begin(&s, OF_VERSION_1_0);
    net_start(s.net);
    assert_int_equal(net_count_entries(s.net, 0, IPV6_ND_PRIORITY), 1);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_then_known_1_0),
        cmocka_unit_test(test_unknown_then_known_1_3),
        cmocka_unit_test(test_several_askers),
        cmocka_unit_test(test_duplicate_address_detection),
        cmocka_unit_test(test_reachability_is_asked_of_the_neighbour),
        cmocka_unit_test(test_bad_solicitations),
        cmocka_unit_test(test_floods_are_limited),
        cmocka_unit_test(test_routers_at_trusted_ports),
        cmocka_unit_test(test_the_first_router_counts),
        cmocka_unit_test(test_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
