/* The DHCP server over a small network: RFC 2131 from DISCOVER to RELEASE, restarts, and abuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_build.h"
#include "tests/apps/dhcp_net.h"

#define SUBNET UINT32_C(0x0a170000) /* 10.23.0.0/24 */
#define SERVER (SUBNET + 1)

static struct dhcp_pool_settings pool_of(uint32_t subnet, unsigned n)
{
    struct dhcp_pool_settings pool = {
        .name = "lab",
        .subnet = subnet,
        .mask = 0xffffff00,
        .server = subnet + 1,
        .first = subnet + 100,
        .last = subnet + 99 + n,
        .routers = {subnet + 254},
        .n_routers = 1,
        .dns = {subnet + 53, 0x08080808},
        .n_dns = 2,
        .ntp = {subnet + 123},
        .n_ntp = 1,
        .domain = "campus.example",
        .lease_s = 9600,
    };

    dhcp_pool_defaults(&pool);
    return pool;
}

/* Hosts 0 and 1 at switch 0, host 2 at switch 1, and a pool of 'n' addresses. */
static void begin(struct dhcp_net *d, uint8_t version, unsigned n)
{
    struct net *net = net_new(version + n);

    net_add_switch(net, version);
    net_add_switch(net, version);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 10);
    net_add_host(net, 0, 11);
    net_add_host(net, 1, 10);
    net->dhcp.enabled = true;
    net->dhcp.pools[0] = pool_of(SUBNET, n);
    net->dhcp.n_pools = 1;
    dhcp_net_init(d, net);
}

static void *app(const struct dhcp_net *d)
{
    return ctl_module_state(d->net->ctl, "dhcp");
}

static void finish(struct dhcp_net *d)
{
    assert_int_equal(d->net->n_arp_on_links, 0);
    assert_int_equal(d->net->n_untagged_on_links, 0);
    net_free(d->net);
}

static uint32_t u32_option(const struct dhcp_heard *h, uint8_t code)
{
    const struct pkt_dhcp_opt *opt = pkt_dhcp_find(&h->msg, code);

    assert_non_null(opt);
    assert_int_equal(opt->len, 4);
    return (uint32_t)opt->data[0] << 24 | (uint32_t)opt->data[1] << 16 |
           (uint32_t)opt->data[2] << 8 | opt->data[3];
}

/* --- From DISCOVER to RELEASE ----------------------------------------------------------------- */

static void a_client_gets_an_address(uint8_t version)
{
    struct dhcp_net d;
    const struct dhcp_heard *ack;

    begin(&d, version, 20);
    net_start(d.net);
    assert_int_equal(dhcp_net_lease(&d, 2), SUBNET + 100);
    ack = dhcp_net_last(&d, 2);
    assert_int_equal(ack->ip_src, SERVER);
    assert_int_equal(ack->ip_dst, SUBNET + 100);
    assert_true(eth_addr_eq(ack->eth_dst, d.net->hosts[2].mac));
    assert_int_equal(ack->msg.xid, 0x2387);
    assert_int_equal(ack->msg.server_id, SERVER);
    assert_int_equal(ack->msg.routers[0], SUBNET + 254);
    assert_int_equal(ack->msg.n_dns, 2);
    assert_int_equal(ack->msg.dns[1], 0x08080808);
    assert_int_equal(u32_option(ack, PKT_DHCP_OPT_BROADCAST), SUBNET + 255);
    assert_int_equal(u32_option(ack, PKT_DHCP_OPT_NTP), SUBNET + 123);
    assert_memory_equal(pkt_dhcp_find(&ack->msg, PKT_DHCP_OPT_DOMAIN)->data, "campus.example", 14);
    assert_int_equal(dhcp_net_lease(&d, 0), SUBNET + 101);
    assert_int_equal(dhcp_net_count(&d, 1), 0); /* Nobody else heard a word. */
    assert_int_equal(dhcp_pool(app(&d), 0).n_bound, 2);
    finish(&d);
}

static void test_a_client_gets_an_address_1_0(void **state)
{
    (void)state;
    a_client_gets_an_address(OF_VERSION_1_0);
}

static void test_a_client_gets_an_address_1_3(void **state)
{
    (void)state;
    a_client_gets_an_address(OF_VERSION_1_3);
}

/* The forked controller wrote 9600 s as 0x80250000: its integers were little-endian. */
static void test_times_are_in_network_byte_order(void **state)
{
    static const uint8_t lease[] = {51, 4, 0x00, 0x00, 0x25, 0x80};
    static const uint8_t t1[] = {58, 4, 0x00, 0x00, 0x12, 0xc0};
    static const uint8_t t2[] = {59, 4, 0x00, 0x00, 0x20, 0xd0};
    struct dhcp_net d;
    const struct dhcp_heard *ack;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    assert_int_not_equal(dhcp_net_lease(&d, 2), 0);
    ack = dhcp_net_last(&d, 2);
    assert_non_null(memmem(ack->bytes, ack->len, lease, sizeof lease));
    assert_non_null(memmem(ack->bytes, ack->len, t1, sizeof t1));
    assert_non_null(memmem(ack->bytes, ack->len, t2, sizeof t2));
    finish(&d);
}

/* The forked controller never installed its entries: it did not listen for switches. */
static void test_every_switch_sends_dhcp_here(void **state)
{
    struct dhcp_net d;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    for (int sw = 0; sw < 2; sw++) {
        const struct net_switch *s = d.net->switches[sw];
        unsigned n = 0;

        for (size_t i = 0; i < s->n_entries; i++) {
            const struct net_entry *e = &s->entries[i];

            if (of_match_has(&e->match, OF_FIELD_UDP_DST)) {
                n++;
                assert_int_equal(e->priority, DHCP_PRIORITY);
                assert_int_equal(e->n_actions, 1);
                assert_int_equal(e->actions[0].output.port, OF_PORT_CONTROLLER);
                assert_int_equal(e->idle_s + e->hard_s, 0);
            }
        }
        assert_int_equal(n, 4);
    }
    finish(&d);
}

static void test_only_what_is_asked_for(void **state)
{
    static const uint8_t want[] = {1, 3};
    static const uint8_t id[] = {0, 't', 'a', 'm', 'b', 'o'};
    struct dhcp_net d;
    struct pkt_dhcp msg;
    const struct dhcp_heard *offer;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    d.net->dhcp.probe_ns = 0;
    net_start(d.net);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_DISCOVER);
    msg.flags = PKT_DHCP_FLAG_BROADCAST;
    msg.opts[msg.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_PARAMS, sizeof want, want};
    msg.opts[msg.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_CLIENT_ID, sizeof id, id};
    dhcp_net_send(&d, 0, &msg);
    offer = dhcp_net_last(&d, 0);
    assert_non_null(offer);
    assert_true(eth_addr_eq(offer->eth_dst, ETH_ADDR_BROADCAST));
    assert_int_equal(offer->ip_dst, UINT32_MAX);
    assert_int_equal(offer->msg.mask, 0xffffff00);
    assert_int_equal(offer->msg.n_routers, 1);
    assert_int_equal(offer->msg.n_dns, 0);
    assert_null(pkt_dhcp_find(&offer->msg, PKT_DHCP_OPT_DOMAIN));
    assert_non_null(pkt_dhcp_find(&offer->msg, PKT_DHCP_OPT_T1));
    assert_memory_equal(pkt_dhcp_find(&offer->msg, PKT_DHCP_OPT_CLIENT_ID)->data, id, sizeof id);
    finish(&d);
}

static void test_renewing_rebinding_and_rebooting(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;
    uint32_t ip;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    ip = dhcp_net_lease(&d, 0);
    net_advance(d.net, 9000 * NS_PER_S);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_REQUEST);
    msg.ciaddr = ip;
    dhcp_net_unicast(&d, 0, &msg, d.net->dhcp.mac, ip, SERVER); /* RENEWING. */
    assert_int_equal(dhcp_net_last(&d, 0)->msg.type, PKT_DHCP_ACK);
    assert_int_equal(dhcp_net_last(&d, 0)->msg.ciaddr, ip);
    net_advance(d.net, 9000 * NS_PER_S); /* It would have ended meanwhile. */
    assert_int_equal(dhcp_pool(app(&d), 0).n_bound, 1);
    dhcp_net_send(&d, 0, &msg); /* REBINDING. */
    assert_int_equal(dhcp_net_last(&d, 0)->msg.type, PKT_DHCP_ACK);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_REQUEST); /* INIT-REBOOT. */
    msg.requested_ip = ip;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP;
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_net_last(&d, 0)->msg.type, PKT_DHCP_ACK);
    msg.requested_ip = ip + 1;
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_net_last(&d, 0)->msg.type, PKT_DHCP_NAK);
    assert_true(eth_addr_eq(dhcp_net_last(&d, 0)->eth_dst, ETH_ADDR_BROADCAST));
    net_advance(d.net, 9700 * NS_PER_S);
    assert_int_equal(dhcp_net_counters(&d).expired, 1);
    assert_int_equal(dhcp_net_lease(&d, 0), ip); /* It gets what it had. */
    finish(&d);
}

/* Of a client that nobody knows nothing is said, unless its address cannot be right here. */
static void test_unknown_clients_that_reboot(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    msg = dhcp_net_msg(&d, 1, PKT_DHCP_REQUEST);
    msg.present = PKT_DHCP_HAS_REQUESTED_IP;
    msg.requested_ip = SUBNET + 105;
    dhcp_net_send(&d, 1, &msg);
    assert_int_equal(dhcp_net_count(&d, 1), 0);
    msg.requested_ip = 0xc0a80017;
    dhcp_net_send(&d, 1, &msg);
    assert_int_equal(dhcp_net_last(&d, 1)->msg.type, PKT_DHCP_NAK);
    finish(&d);
}

static void test_another_servers_offer_is_taken(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    d.net->dhcp.probe_ns = 0;
    net_start(d.net);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_DISCOVER);
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_pool(app(&d), 0).n_offered, 1);
    msg.type = PKT_DHCP_REQUEST;
    msg.server_id = 0xc0a80001;
    msg.requested_ip = 0xc0a80017;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP | PKT_DHCP_HAS_SERVER_ID;
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_pool(app(&d), 0).n_offered, 0);
    assert_int_equal(dhcp_net_count(&d, 0), 1);
    msg.server_id = SERVER; /* What was never offered. */
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_net_last(&d, 0)->msg.type, PKT_DHCP_NAK);
    finish(&d);
}

static void test_inform_and_release(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;
    uint32_t ip;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    msg = dhcp_net_msg(&d, 1, PKT_DHCP_INFORM);
    msg.ciaddr = SUBNET + 7;
    dhcp_net_unicast(&d, 1, &msg, ETH_ADDR_BROADCAST, SUBNET + 7, UINT32_MAX);
    assert_int_equal(dhcp_net_last(&d, 1)->msg.type, PKT_DHCP_ACK);
    assert_int_equal(dhcp_net_last(&d, 1)->msg.yiaddr, 0);
    assert_int_equal(dhcp_net_last(&d, 1)->msg.present & PKT_DHCP_HAS_LEASE, 0);
    ip = dhcp_net_lease(&d, 0);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_RELEASE);
    msg.ciaddr = ip;
    msg.server_id = SERVER;
    msg.present = PKT_DHCP_HAS_SERVER_ID;
    dhcp_net_unicast(&d, 0, &msg, d.net->dhcp.mac, ip, SERVER);
    assert_int_equal(dhcp_pool(app(&d), 0).n_bound, 0);
    assert_int_equal(dhcp_pool(app(&d), 0).n_free, 1);
    finish(&d);
}

/* --- Conflicts -------------------------------------------------------------------------------- */

/* Somebody has set the first address of the range by hand and answers the probe. */
static void test_an_address_in_use_is_not_offered(void **state)
{
    struct dhcp_net d;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    d.claimed = SUBNET + 100;
    d.claimer = 1;
    assert_int_equal(dhcp_net_lease(&d, 0), SUBNET + 101);
    assert_int_equal(dhcp_net_counters(&d).conflicts, 1);
    assert_int_equal(dhcp_pool(app(&d), 0).n_quarantined, 1);
    net_advance(d.net, 3700 * NS_PER_S);
    assert_int_equal(dhcp_pool(app(&d), 0).n_quarantined, 0);
    finish(&d);
}

static void test_decline_is_quarantine(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;
    uint32_t ip;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    ip = dhcp_net_lease(&d, 0);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_DECLINE);
    msg.requested_ip = ip;
    msg.server_id = SERVER;
    msg.present = PKT_DHCP_HAS_REQUESTED_IP | PKT_DHCP_HAS_SERVER_ID;
    msg.chaddr = d.net->hosts[0].mac;
    dhcp_net_send(&d, 1, &msg); /* Another host cannot say it. */
    assert_int_equal(dhcp_net_counters(&d).spoofed, 1);
    dhcp_net_send(&d, 0, &msg);
    assert_int_equal(dhcp_pool(app(&d), 0).n_quarantined, 1);
    assert_int_equal(dhcp_net_lease(&d, 0), ip + 1);
    finish(&d);
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void test_a_pool_is_exhausted(void **state)
{
    struct dhcp_net d;

    (void)state;
    begin(&d, OF_VERSION_1_3, 2);
    net_start(d.net);
    assert_int_not_equal(dhcp_net_lease(&d, 0), 0);
    assert_int_not_equal(dhcp_net_lease(&d, 1), 0);
    assert_int_equal(dhcp_net_lease(&d, 2), 0);
    assert_int_equal(dhcp_net_counters(&d).exhausted, 1);
    net_advance(d.net, 9700 * NS_PER_S);
    assert_int_equal(dhcp_net_lease(&d, 2), SUBNET + 100); /* What was freed longest ago. */
    finish(&d);
}

/* One host with many client identifiers takes no more than its port's share, and no more messages
 * are looked at than the port may send. */
static void test_a_port_has_a_share(void **state)
{
    struct dhcp_net d;
    uint8_t id[2] = {0};

    (void)state;
    begin(&d, OF_VERSION_1_3, 100);
    d.net->dhcp.max_per_port = 5;
    d.net->dhcp.probe_ns = 0;
    net_start(d.net);
    for (uint8_t i = 0; i < 80; i++) {
        struct pkt_dhcp msg = dhcp_net_msg(&d, 0, PKT_DHCP_DISCOVER);

        id[1] = i;
        msg.opts[msg.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_CLIENT_ID, sizeof id, id};
        dhcp_net_send(&d, 0, &msg);
    }
    assert_int_equal(dhcp_pool(app(&d), 0).n_offered, 5);
    assert_int_equal(dhcp_net_counters(&d).discovers, 60);
    assert_int_equal(dhcp_net_counters(&d).limited, 75);
    assert_int_not_equal(dhcp_net_lease(&d, 1), 0);
    net_advance(d.net, 121 * NS_PER_S); /* Offers do not last. */
    assert_int_equal(dhcp_pool(app(&d), 0).n_offered, 0);
    finish(&d);
}

static void test_bad_messages(void **state)
{
    struct dhcp_net d;
    struct pkt_dhcp msg;
    struct buf frame = BUF_INIT;
    struct pkt_ends4 ends = {.eth_dst = ETH_ADDR_BROADCAST, .dst = UINT32_MAX};

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    msg = dhcp_net_msg(&d, 0, (enum pkt_dhcp_type)0); /* BOOTP. */
    dhcp_net_send(&d, 0, &msg);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_REQUEST); /* For nothing. */
    dhcp_net_send(&d, 0, &msg);
    msg = dhcp_net_msg(&d, 0, PKT_DHCP_DISCOVER);
    msg.htype = 6;
    dhcp_net_send(&d, 0, &msg);
    msg.htype = 1;
    msg.op = 3;
    dhcp_net_send(&d, 0, &msg);
    ends.eth_src = d.net->hosts[0].mac;
    pkt_build_udp4(&frame, &ends, 68, 67, "cut", 3);
    net_send_frame(d.net, 0, &frame);
    net_settle(d.net);
    assert_int_equal(dhcp_net_counters(&d).malformed, 5);
    assert_int_equal(dhcp_net_count(&d, 0), 0);
    buf_fini(&frame);
    finish(&d);
}

/* --- Pools and reservations ------------------------------------------------------------------- */

static void test_pools_by_place_and_relay(void **state)
{
    static const uint8_t info[] = {1, 4, 0xde, 0xad, 0xbe, 0xef};
    struct dhcp_net d;
    struct pkt_dhcp msg;
    const struct dhcp_heard *offer;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    d.net->dhcp.pools[1] = pool_of(0x0a180000, 9);
    strcpy(d.net->dhcp.pools[1].name, "second");
    d.net->dhcp.pools[1].places[0] = (struct place){2, OF_PORT_ANY};
    d.net->dhcp.pools[1].n_places = 1;
    d.net->dhcp.pools[2] = pool_of(0x0a190000, 9);
    strcpy(d.net->dhcp.pools[2].name, "third");
    d.net->dhcp.pools[2].places[0] = (struct place){1, 11};
    d.net->dhcp.pools[2].n_places = 1;
    d.net->dhcp.n_pools = 3;
    d.net->dhcp.probe_ns = 0;
    net_start(d.net);
    assert_int_equal(dhcp_net_lease(&d, 0), SUBNET + 100);
    assert_int_equal(dhcp_net_lease(&d, 1), 0x0a190000 + 100);
    assert_int_equal(dhcp_net_lease(&d, 2), 0x0a180000 + 100);
    msg = dhcp_net_msg(&d, 1, PKT_DHCP_DISCOVER); /* Through an agent at the port of host 0. */
    msg.giaddr = 0x0a180007;
    msg.hops = 1;
    msg.opts[msg.n_opts++] = (struct pkt_dhcp_opt){PKT_DHCP_OPT_RELAY_INFO, sizeof info, info};
    dhcp_net_unicast(&d, 0, &msg, d.net->dhcp.mac, 0x0a180007, 0x0a180001);
    offer = dhcp_net_last(&d, 0);
    assert_int_equal(offer->udp_dst, PKT_DHCP_SERVER_PORT);
    assert_int_equal(offer->ip_dst, 0x0a180007);
    assert_true(eth_addr_eq(offer->eth_dst, d.net->hosts[0].mac));
    assert_int_equal(offer->msg.yiaddr, 0x0a180000 + 101);
    assert_int_equal(offer->msg.server_id, 0x0a180001);
    assert_memory_equal(pkt_dhcp_find(&offer->msg, PKT_DHCP_OPT_RELAY_INFO)->data, info,
                        sizeof info);
    finish(&d);
}

/* Hosts 0 and 1 are at switch 1, host 2 at switch 2. The pool of a client's network comes before that of
 * its place, and nobody else gets an address from it. */
static void test_pools_by_network(void **state)
{
    struct dhcp_net d;
    void *networks;
    struct network_rule rule = {.type = NETWORK_RULE_PORT, .dpid = 2, .port = 12};

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    d.net->dhcp.pools[1] = pool_of(0x0a180000, 9);
    strcpy(d.net->dhcp.pools[1].name, "second");
    d.net->dhcp.pools[1].places[0] = (struct place){1, 11};
    d.net->dhcp.pools[1].n_places = 1;
    d.net->dhcp.pools[2] = pool_of(0x0a190000, 9);
    strcpy(d.net->dhcp.pools[2].name, "third");
    d.net->dhcp.pools[2].network = 23;
    d.net->dhcp.n_pools = 3;
    d.net->dhcp.probe_ns = 0;
    net_start(d.net);
    networks = ctl_module_state(d.net->ctl, "logical_networks");
    assert_int_equal(networks_create(networks, 23, "lab"), ERR_OK);
    rule.dpid = d.net->switches[d.net->hosts[2].sw]->dpid;
    rule.port = d.net->hosts[2].port;
    assert_int_equal(networks_rule_add(networks, 23, &rule), ERR_OK);
    assert_int_equal(dhcp_net_lease(&d, 0), SUBNET + 100);
    assert_int_equal(dhcp_net_lease(&d, 1), 0x0a180000 + 100);
    assert_int_equal(dhcp_net_lease(&d, 2), 0x0a190000 + 100);
    rule = (struct network_rule){.type = NETWORK_RULE_MAC, .mac = d.net->hosts[1].mac};
    assert_int_equal(networks_rule_add(networks, 23, &rule), ERR_OK);
    assert_int_equal(dhcp_net_lease(&d, 1), 0x0a190000 + 101);
    finish(&d);
}

static void test_reservations(void **state)
{
    struct dhcp_net d;
    struct dhcp_reservation r = {.pool = "lab", .ip = SUBNET + 100, .name = "printer"};
    const struct dhcp_heard *ack;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    r.mac = d.net->hosts[2].mac;
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_OK);
    assert_int_equal(dhcp_net_lease(&d, 0), SUBNET + 101); /* The reserved one is not given away. */
    assert_int_equal(dhcp_net_lease(&d, 2), SUBNET + 100);
    ack = dhcp_net_last(&d, 2);
    assert_memory_equal(pkt_dhcp_find(&ack->msg, PKT_DHCP_OPT_HOST_NAME)->data, "printer", 7);
    r.mac = d.net->hosts[1].mac;
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_EXISTS);
    r.ip = SERVER;
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_RANGE);
    r.ip = SUBNET + 255;
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_RANGE);
    r.ip = SUBNET + 50; /* Outside the range. */
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_OK);
    assert_int_equal(dhcp_net_lease(&d, 1), SUBNET + 50);
    strcpy(r.pool, "none");
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_NOTFOUND);
    assert_int_equal(dhcp_unreserve(app(&d), "lab", d.net->hosts[0].mac), ERR_NOTFOUND);
    assert_int_equal(dhcp_unreserve(app(&d), "lab", r.mac), ERR_OK);
    assert_int_equal(dhcp_pool(app(&d), 0).n_reserved, 1);
    finish(&d);
}

/* --- Restart ---------------------------------------------------------------------------------- */

static void count_bound(void *aux, const struct dhcp_lease_info *lease)
{
    *(unsigned *)aux += lease->state == DHCP_BOUND && lease->until.ns > 0;
}

static void test_leases_survive_a_restart(void **state)
{
    struct dhcp_net d;
    struct dhcp_reservation r = {.pool = "lab", .ip = SUBNET + 110};
    uint32_t first, second;
    unsigned n = 0;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    d.claimed = SUBNET + 102;
    d.claimer = 1;
    first = dhcp_net_lease(&d, 0);
    second = dhcp_net_lease(&d, 1);
    assert_int_equal(dhcp_net_lease(&d, 2), SUBNET + 103);
    r.mac = eth_addr_from_u64(0x020000002385);
    assert_int_equal(dhcp_reserve(app(&d), &r), ERR_OK);
    net_stop_controller(d.net);
    d.net->store.put(d.net->store.aux, "dhcp", "lease 10.23.0.300", "lab x y");
    net_start(d.net);
    dhcp_each_lease(app(&d), count_bound, &n);
    assert_int_equal(n, 3);
    assert_int_equal(dhcp_pool(app(&d), 0).n_quarantined, 1);
    assert_int_equal(dhcp_pool(app(&d), 0).n_reserved, 1);
    assert_int_equal(dhcp_net_lease(&d, 1), second);
    assert_int_equal(dhcp_net_lease(&d, 0), first);
    assert_int_equal(dhcp_forget(app(&d), first), ERR_OK);
    assert_int_equal(dhcp_forget(app(&d), first), ERR_NOTFOUND);
    net_stop_controller(d.net);
    net_start(d.net);
    assert_int_equal(dhcp_pool(app(&d), 0).n_bound, 2);
    finish(&d);
}

/* --- Our own address -------------------------------------------------------------------------- */

/* A client that renews asks for the server first: nobody else has the address. */
static void test_the_servers_address_is_answered_for(void **state)
{
    struct dhcp_net d;
    const struct net_seen *seen;

    (void)state;
    begin(&d, OF_VERSION_1_3, 20);
    net_start(d.net);
    net_arp_request(d.net, 0, SERVER);
    net_settle(d.net);
    assert_int_equal(d.net->hosts[0].n_seen, 1);
    assert_int_equal(d.net->hosts[1].n_seen, 0);
    seen = &d.net->hosts[0].seen[0];
    assert_int_equal(seen->arp_op, PKT_ARP_REPLY);
    assert_int_equal(seen->arp_spa, SERVER);
    assert_true(eth_addr_eq(seen->src, d.net->dhcp.mac));
    finish(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_gets_an_address_1_0),
        cmocka_unit_test(test_a_client_gets_an_address_1_3),
        cmocka_unit_test(test_times_are_in_network_byte_order),
        cmocka_unit_test(test_every_switch_sends_dhcp_here),
        cmocka_unit_test(test_only_what_is_asked_for),
        cmocka_unit_test(test_renewing_rebinding_and_rebooting),
        cmocka_unit_test(test_unknown_clients_that_reboot),
        cmocka_unit_test(test_another_servers_offer_is_taken),
        cmocka_unit_test(test_inform_and_release),
        cmocka_unit_test(test_an_address_in_use_is_not_offered),
        cmocka_unit_test(test_decline_is_quarantine),
        cmocka_unit_test(test_a_pool_is_exhausted),
        cmocka_unit_test(test_a_port_has_a_share),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_pools_by_place_and_relay),
        cmocka_unit_test(test_pools_by_network),
        cmocka_unit_test(test_reservations),
        cmocka_unit_test(test_leases_survive_a_restart),
        cmocka_unit_test(test_the_servers_address_is_answered_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
