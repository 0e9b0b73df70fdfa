/* DHCP and DHCPv6 passed on between clients and servers, port to port; and servers without trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/apps/dhcp6.h"
#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_dhcp6.h"
#include "tests/apps/dhcp_net.h"

#define OFFERED UINT32_C(0x0a000063)
#define CLIENT 0
#define BYSTANDER 1
#define SERVER 2 /* The host at the trusted port. */
#define ROGUE 3

/* The last DHCPv6 message at each host. */
struct heard6 {
    struct dhcp_net d;
    struct {
        unsigned n;
        struct ipv6_addr src, dst;
        struct eth_addr eth_src, eth_dst;
        uint16_t port;
        uint8_t bytes[1500];
        size_t len;
        struct pkt_dhcp6 msg;
        bool is_na;
    } at[4];
    net_heard_fn *next;
    void *next_aux;
};

static void heard6(void *aux, struct net_host *h, const uint8_t *data, size_t len)
{
    struct heard6 *s = aux;
    size_t i = (size_t)(h - s->d.net->hosts);
    struct pkt p;

    s->next(s->next_aux, h, data, len);
    if (pkt_parse(data, len, &p) || !pkt_has(&p, PKT_IPV6)) {
        return;
    }
    s->at[i].is_na = pkt_has(&p, PKT_ICMP6) && p.l4.type == PKT_ICMP6_NA;
    s->at[i].src = p.ipv6.src;
    s->at[i].dst = p.ipv6.dst;
    s->at[i].eth_src = p.eth_src;
    s->at[i].eth_dst = p.eth_dst;
    if (pkt_has(&p, PKT_UDP)) {
        s->at[i].n++;
        s->at[i].port = p.l4.dst;
        s->at[i].len = p.off.l3_end - p.off.l4_payload;
        memcpy(s->at[i].bytes, data + p.off.l4_payload, s->at[i].len);
        assert_int_equal(pkt_parse_dhcp6(s->at[i].bytes, s->at[i].len, &s->at[i].msg), ERR_OK);
    }
}

/* Client and bystander at switch 0, server and rogue at switch 1. */
static void begin(struct heard6 *s, uint8_t version)
{
    struct net *net = net_new(version);

    *s = (struct heard6){.next = NULL};
    net_add_switch(net, version);
    net_add_switch(net, version);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 10);
    net_add_host(net, 0, 11);
    net_add_host(net, 1, 10);
    net_add_host(net, 1, 11);
    net->dhcp.enabled = true;
    net->dhcp.trusted[0] = (struct place){2, 10};
    net->dhcp.n_trusted = 1;
    dhcp_net_init(&s->d, net);
    s->next = net->heard;
    s->next_aux = net->heard_aux;
    net->heard = heard6;
    net->heard_aux = s;
}

static void finish(struct heard6 *s)
{
    assert_int_equal(s->d.net->n_untagged_on_links, 0);
    net_free(s->d.net);
}

/* --- IPv4 ------------------------------------------------------------------------------------- */

/* The forked controller flooded the first DISCOVER, and crashed on it. */
static void discover_goes_to_the_server_only(uint8_t version)
{
    struct heard6 s;
    struct pkt_dhcp msg;

    begin(&s, version);
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, SERVER), 1);
    assert_int_equal(dhcp_net_count(&s.d, BYSTANDER) + dhcp_net_count(&s.d, ROGUE), 0);
    assert_true(eth_addr_eq(dhcp_net_last(&s.d, SERVER)->eth_src, s.d.net->hosts[CLIENT].mac));
    dhcp_net_answer(&s.d, SERVER, CLIENT, PKT_DHCP_OFFER, OFFERED);
    assert_int_equal(dhcp_net_count(&s.d, CLIENT), 1);
    assert_int_equal(dhcp_net_last(&s.d, CLIENT)->msg.yiaddr, OFFERED);
    assert_int_equal(dhcp_net_count(&s.d, BYSTANDER) + dhcp_net_count(&s.d, ROGUE), 0);
    assert_int_equal(dhcp_net_counters(&s.d).to_servers, 1);
    assert_int_equal(dhcp_net_counters(&s.d).to_clients, 1);
    finish(&s);
}

static void test_discover_goes_to_the_server_only_1_0(void **state)
{
    (void)state;
    discover_goes_to_the_server_only(OF_VERSION_1_0);
}

static void test_discover_goes_to_the_server_only_1_3(void **state)
{
    (void)state;
    discover_goes_to_the_server_only(OF_VERSION_1_3);
}

static void test_rogue_servers_are_dropped_and_reported(void **state)
{
    struct heard6 s;
    struct pkt_dhcp msg;
    struct dhcp_rogue rogue;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    dhcp_net_send(&s.d, CLIENT, &msg);
    dhcp_net_answer(&s.d, ROGUE, CLIENT, PKT_DHCP_OFFER, OFFERED);
    dhcp_net_answer(&s.d, BYSTANDER, CLIENT, PKT_DHCP_OFFER, OFFERED);
    dhcp_net_answer(&s.d, ROGUE, CLIENT, PKT_DHCP_ACK, OFFERED);
    assert_int_equal(dhcp_net_count(&s.d, CLIENT), 0);
    assert_int_equal(dhcp_net_counters(&s.d).rogues, 3);
    assert_int_equal(dhcp_n_rogues(ctl_module_state(s.d.net->ctl, "dhcp")), 2);
    rogue = dhcp_rogue(ctl_module_state(s.d.net->ctl, "dhcp"), 0);
    assert_int_equal(rogue.n, 2);
    assert_int_equal(rogue.dpid, 2);
    assert_int_equal(rogue.port, 11);
    assert_int_equal(rogue.ip, s.d.net->hosts[ROGUE].ip);
    finish(&s);
}

/* A server that has answered is asked alone, until it is silent for too long. */
static void test_known_servers_are_preferred(void **state)
{
    struct heard6 s;
    struct pkt_dhcp msg;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.d.net->dhcp.trusted[1] = (struct place){1, OF_PORT_ANY};
    s.d.net->dhcp.n_trusted = 2;
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, SERVER), 1);
    assert_int_equal(dhcp_net_count(&s.d, BYSTANDER), 1);
    assert_int_equal(dhcp_net_count(&s.d, CLIENT), 0); /* Not back to where it came from. */
    dhcp_net_answer(&s.d, SERVER, CLIENT, PKT_DHCP_OFFER, OFFERED);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, SERVER), 2);
    assert_int_equal(dhcp_net_count(&s.d, BYSTANDER), 1);
    net_advance(s.d.net, 61 * NS_PER_S);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, BYSTANDER), 2);
    finish(&s);
}

/* The server is known by its address; the host table knows its port. */
static void test_a_server_by_address(void **state)
{
    struct heard6 s;
    struct pkt_dhcp msg;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.d.net->dhcp.n_trusted = 0;
    s.d.net->dhcp.server = 0x0a000003;
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_counters(&s.d).no_server, 1);
    net_arp_announce(s.d.net, SERVER);
    net_settle(s.d.net);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, SERVER), 1);
    dhcp_net_answer(&s.d, SERVER, CLIENT, PKT_DHCP_OFFER, OFFERED);
    assert_int_equal(dhcp_net_count(&s.d, CLIENT), 1);
    dhcp_net_answer(&s.d, SERVER, 77, PKT_DHCP_OFFER, OFFERED); /* For nobody. */
    assert_int_equal(dhcp_net_counters(&s.d).no_client, 1);
    finish(&s);
}

static void test_relay_information(void **state)
{
    static const uint8_t where[] = {1, 12, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 10};
    struct heard6 s;
    struct pkt_dhcp msg;
    const struct pkt_dhcp_opt *opt;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.d.net->dhcp.relay_info = true;
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    msg.opts[msg.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_RELAY_INFO, 3, where}; /* A lie. */
    dhcp_net_send(&s.d, CLIENT, &msg);
    opt = pkt_dhcp_find(&dhcp_net_last(&s.d, SERVER)->msg, PKT_DHCP_OPT_RELAY_INFO);
    assert_non_null(opt);
    assert_int_equal(opt->len, sizeof where);
    assert_memory_equal(opt->data, where, sizeof where);
    dhcp_net_answer(&s.d, SERVER, CLIENT, PKT_DHCP_OFFER, OFFERED);
    assert_null(pkt_dhcp_find(&dhcp_net_last(&s.d, CLIENT)->msg, PKT_DHCP_OPT_RELAY_INFO));
    finish(&s);
}

static void test_off_it_does_nothing(void **state)
{
    struct heard6 s;
    struct pkt_dhcp msg;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.d.net->dhcp.enabled = false;
    net_start(s.d.net);
    msg = dhcp_net_msg(&s.d, CLIENT, PKT_DHCP_DISCOVER);
    dhcp_net_send(&s.d, CLIENT, &msg);
    assert_int_equal(dhcp_net_count(&s.d, ROGUE), 1); /* As any broadcast, by edge ports. */
    assert_int_equal(net_count_entries(s.d.net, 0, DHCP_PRIORITY), 1);
    finish(&s);
}

/* --- IPv6 ------------------------------------------------------------------------------------- */

static const struct ipv6_addr relay6 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x67}};
static const struct ipv6_addr server6 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x53}};
static const struct ipv6_addr agents = {{0xff, 0x02, [13] = 1, [15] = 2}};

static struct ipv6_addr local_of(int host)
{
    return (struct ipv6_addr){{0xfe, 0x80, [15] = (uint8_t)(host + 1)}};
}

static void send6(struct heard6 *s, int from, const struct pkt_ends6 *ends, uint16_t port,
                  const struct buf *payload)
{
    struct buf frame = BUF_INIT;

    pkt_build_udp6(&frame, ends, 546, port, payload->data, payload->len);
    net_send_frame(s->d.net, from, &frame);
    buf_fini(&frame);
    net_settle(s->d.net);
}

static void solicit(struct heard6 *s, int from)
{
    static const uint8_t duid[] = {0, 3, 0, 1, 2, 0, 0, 0, 1, 0};
    struct pkt_dhcp6 m = {.type = PKT_DHCP6_SOLICIT, .xid = 0x238501, .n_opts = 1};
    struct pkt_ends6 ends = {.eth_dst = pkt_ipv6_multicast_eth(&agents),
                             .eth_src = s->d.net->hosts[from].mac,
                             .src = local_of(from),
                             .dst = agents};
    struct buf payload = BUF_INIT;

    m.opts[0] = (struct pkt_dhcp6_opt){PKT_DHCP6_OPT_CLIENT_ID, sizeof duid, duid};
    pkt_build_dhcp6(&payload, &m);
    send6(s, from, &ends, PKT_DHCP6_SERVER_PORT, &payload);
    buf_fini(&payload);
}

static void advertise(struct heard6 *s, int from, int to)
{
    struct pkt_dhcp6 m = {.type = PKT_DHCP6_ADVERTISE, .xid = 0x238501};
    struct pkt_ends6 ends = {.eth_dst = s->d.net->hosts[to].mac,
                             .eth_src = s->d.net->hosts[from].mac,
                             .src = local_of(from),
                             .dst = local_of(to)};
    struct buf payload = BUF_INIT;

    pkt_build_dhcp6(&payload, &m);
    send6(s, from, &ends, PKT_DHCP6_CLIENT_PORT, &payload);
    buf_fini(&payload);
}

static void test_v6_between_ports(void **state)
{
    struct heard6 s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    net_start(s.d.net);
    solicit(&s, CLIENT);
    assert_int_equal(s.at[SERVER].n, 1);
    assert_int_equal(s.at[SERVER].msg.type, PKT_DHCP6_SOLICIT);
    assert_int_equal(s.at[BYSTANDER].n + s.at[ROGUE].n, 0);
    advertise(&s, SERVER, CLIENT);
    assert_int_equal(s.at[CLIENT].n, 1);
    advertise(&s, ROGUE, CLIENT);
    assert_int_equal(s.at[CLIENT].n, 1);
    assert_int_equal(dhcp_net_counters(&s.d).rogues, 1);
    finish(&s);
}

/* The server asks where the relay is, and tells by that where it is itself. */
static void server_asks_for_relay(struct heard6 *s)
{
    struct buf frame = BUF_INIT;

    pkt_build_nd_ns(&frame, s->d.net->hosts[SERVER].mac, &server6, &relay6);
    net_send_frame(s->d.net, SERVER, &frame);
    net_settle(s->d.net);
    buf_fini(&frame);
}

static void relay_reply(struct heard6 *s, int from, const struct pkt_dhcp6 *forward)
{
    static const uint8_t inner[] = {PKT_DHCP6_REPLY, 0x23, 0x85, 0x01};
    struct pkt_dhcp6 m = {.type = PKT_DHCP6_RELAY_REPL, .link = relay6, .peer = local_of(CLIENT)};
    struct pkt_ends6 ends = {.eth_dst = s->d.net->dhcp.mac,
                             .eth_src = s->d.net->hosts[from].mac,
                             .src = server6,
                             .dst = relay6};
    struct buf payload = BUF_INIT;

    m.opts[m.n_opts++] = *pkt_dhcp6_find(forward, PKT_DHCP6_OPT_INTERFACE_ID);
    m.opts[m.n_opts++] = (struct pkt_dhcp6_opt){PKT_DHCP6_OPT_RELAY_MSG, sizeof inner, inner};
    pkt_build_dhcp6(&payload, &m);
    send6(s, from, &ends, PKT_DHCP6_SERVER_PORT, &payload);
    buf_fini(&payload);
}

static void test_v6_relay(void **state)
{
    struct heard6 s;
    const struct pkt_dhcp6_opt *id;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.d.net->dhcp.relay6 = relay6;
    s.d.net->dhcp.server6 = server6;
    net_start(s.d.net);
    solicit(&s, CLIENT); /* The server is not known: it is asked for at the trusted port. */
    assert_int_equal(dhcp_net_counters(&s.d).no_server, 1);
    assert_int_equal(s.at[SERVER].n, 0);
    assert_true(ipv6_addr_eq(&s.at[SERVER].src, &relay6));
    server_asks_for_relay(&s);
    assert_true(s.at[SERVER].is_na);
    assert_true(eth_addr_eq(s.at[SERVER].eth_src, s.d.net->dhcp.mac));
    solicit(&s, CLIENT);
    assert_int_equal(s.at[SERVER].n, 1);
    assert_int_equal(s.at[SERVER].msg.type, PKT_DHCP6_RELAY_FORW);
    assert_int_equal(s.at[SERVER].msg.hop_count, 0);
    assert_true(ipv6_addr_eq(&s.at[SERVER].dst, &server6));
    id = pkt_dhcp6_find(&s.at[SERVER].msg, PKT_DHCP6_OPT_INTERFACE_ID);
    assert_int_equal(id->len, DHCP6_INTERFACE_ID_LEN);
    assert_int_equal(id->data[7], 1);
    assert_int_equal(id->data[11], 10);
    relay_reply(&s, ROGUE, &s.at[SERVER].msg);
    assert_int_equal(s.at[CLIENT].n, 0);
    relay_reply(&s, SERVER, &s.at[SERVER].msg);
    assert_int_equal(s.at[CLIENT].n, 1);
    assert_int_equal(s.at[CLIENT].msg.type, PKT_DHCP6_REPLY);
    assert_int_equal(s.at[CLIENT].port, PKT_DHCP6_CLIENT_PORT);
    assert_true(eth_addr_eq(s.at[CLIENT].eth_dst, s.d.net->hosts[CLIENT].mac));
    assert_int_equal(s.at[CLIENT].src.b[0], 0xfe);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discover_goes_to_the_server_only_1_0),
        cmocka_unit_test(test_discover_goes_to_the_server_only_1_3),
        cmocka_unit_test(test_rogue_servers_are_dropped_and_reported),
        cmocka_unit_test(test_known_servers_are_preferred),
        cmocka_unit_test(test_a_server_by_address),
        cmocka_unit_test(test_relay_information),
        cmocka_unit_test(test_off_it_does_nothing),
        cmocka_unit_test(test_v6_between_ports),
        cmocka_unit_test(test_v6_relay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
