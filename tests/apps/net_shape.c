/* Networks that many tests use, what happens to all of their hosts, and checks of all of their tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/apps/net.h"

void net_add_switches(struct net *net, int n, uint8_t version)
{
    for (int i = 0; i < n; i++) {
        net_add_switch(net, version);
    }
}

void net_add_diamond(struct net *net, uint8_t version, int n_hosts)
{
    net_add_switches(net, 4, version);
    net_add_link(net, 0, 1, 2, 1);
    net_add_link(net, 0, 2, 3, 1);
    net_add_link(net, 1, 1, 2, 2);
    net_add_link(net, 1, 2, 3, 2);
    net_add_link(net, 2, 3, 3, 3);
    for (int i = 0; i < n_hosts; i++) {
        net_add_host(net, i / 2, 10 + (unsigned)i % 2);
    }
}

void net_add_ring(struct net *net, uint8_t version, int n)
{
    net_add_switches(net, n, version);
    for (int i = 0; i < n; i++) {
        net_add_link(net, i, 1, (i + 1) % n, 2);
    }
    for (int i = 0; i < n; i++) {
        net_add_host(net, i, 10);
    }
}

void net_announce_all(struct net *net)
{
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
}

void net_send_all(struct net *net)
{
    uint32_t number = 1000;

    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            if (from != to) {
                net_send(net, from, to, number++);
            }
        }
    }
    net_settle(net);
}

void net_toggle_link(struct net *net, unsigned n_ports)
{
    int sw = (int)net_draw(net, net->n_switches);
    unsigned port = 1 + (unsigned)net_draw(net, n_ports);
    const struct net_port *p = &net->switches[sw]->ports[port];

    if (p->exists && p->peer_switch >= 0) {
        net_port_set(net, sw, port, !p->up);
    }
}

void net_toggle_channel(struct net *net)
{
    int sw = (int)net_draw(net, net->n_switches);

    if (net->switches[sw]->session) {
        net_disconnect(net, sw);
    } else {
        net_connect(net, sw);
    }
}

void net_no_circles(struct net *net, void *aux)
{
    (void)aux;
    for (int to = 0; to < (int)net->n_hosts; to++) {
        for (int sw = 0; sw < (int)net->n_switches; sw++) {
            assert_int_not_equal(net_walk(net, -1, to, sw, 0, 0), NET_IN_CIRCLES);
            for (uint16_t label = 2; label < 2 + net->n_switches; label++) {
                assert_int_not_equal(net_walk(net, -1, to, sw, 0, label), NET_IN_CIRCLES);
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

void net_all_arrive(struct net *net)
{
    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            const struct net_host *h = &net->hosts[from];

            if (from != to) {
                assert_int_equal(net_walk(net, from, to, h->sw, h->port, 0), NET_AT_HOST);
            }
        }
    }
}
