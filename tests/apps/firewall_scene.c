/* See firewall_scene.h. */
#include "tests/apps/firewall_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/packet/pkt.h"

struct net *firewall_net(uint8_t version, uint8_t n_tables)
{
    struct net *net = net_new(5);

    for (int i = 0; i < 2; i++) {
        net_add_switch(net, version);
        net->switches[i]->n_tables = n_tables;
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, PORT_A);
    net_add_host(net, 0, PORT_B);
    net_add_host(net, 1, PORT_A);
    net_add_host(net, 1, PORT_B);
    net_start(net);
    return net;
}

void announce(struct net *net)
{
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
        net_settle(net);
    }
}

void *app(struct net *net)
{
    return ctl_module_state(net->ctl, "firewall");
}

struct firewall_rule rule(enum firewall_action action, uint16_t priority)
{
    return (struct firewall_rule){.action = action, .priority = priority};
}

struct firewall_rule to_ip(enum firewall_action action, uint16_t priority, const struct net *net,
                           int host)
{
    struct firewall_rule r = rule(action, priority);

    OF_MATCH_SET(&r.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&r.match, IPV4_DST, ipv4_dst, net->hosts[host].ip);
    return r;
}

void settle(struct net *net)
{
    net_advance(net, 0);
    assert_true(firewall_is_settled(app(net)));
}

uint32_t add(struct net *net, const struct firewall_rule *r)
{
    struct firewall_fault fault = {0};
    uint32_t id = 0;
    enum err err = firewall_add(app(net), r, &id, &fault);

    if (err) {
        fail_msg("%s: %s", fault.field ? fault.field : "?", fault.text);
    }
    settle(net);
    return id;
}

bool arrives(struct net *net, int from, int to)
{
    static uint32_t number = 1000;
    unsigned n;

    net_send(net, from, to, ++number);
    net_settle(net);
    n = net_count(net, to, number);
    net->hosts[to].n_seen = 0;
    assert_true(n <= 1);
    return n == 1;
}

size_t n_entries(const struct net *net, int sw)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        n += s->entries[i].table_id == 0 && s->entries[i].priority < PRIORITY_FIREWALL_MAX &&
             s->entries[i].priority >= PRIORITY_FIREWALL_MIN;
    }
    return n;
}

size_t n_in_table(const struct net *net, int sw, uint8_t table_id)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        n += s->entries[i].table_id == table_id;
    }
    return n;
}

struct firewall_info info_of(struct net *net, uint32_t id)
{
    struct firewall_info info;

    assert_int_equal(firewall_find(app(net), id, &info), ERR_OK);
    return info;
}
