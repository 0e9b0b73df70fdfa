/* Looking ahead: whatever is looked at, in whatever order and however long before, nothing is changed by it and
 * nothing is touched that is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/hash.h"
#include "tests/apps/net.h"

#define N_AHEADS 97

/* Messages that may come, each with the number of its next look. Many never come. */
struct looker {
    struct {
        int sw;
        struct ctl_ahead ahead;
        unsigned look;
    } of[N_AHEADS];
    uint64_t random;
    size_t n_looks;
};

/* The network must not notice, so that its own numbers are not drawn. */
static size_t draw(struct looker *l, size_t n)
{
    return (size_t)(hash_u64(l->random++) % n);
}

static struct eth_addr draw_mac(struct looker *l, const struct net *net)
{
    size_t i = draw(l, net->n_hosts + 1);

    return i < net->n_hosts ? net->hosts[i].mac : (struct eth_addr){{2, 3, 8, 5, 0, 1}};
}

static struct ctl_ahead draw_ahead(struct looker *l, struct net *net, const struct net_switch *sw)
{
    struct of_match none;

    if (sw->n_entries && draw(l, 2)) {
        const struct net_entry *e = &sw->entries[draw(l, sw->n_entries)];

        return ctl_ahead_removed(net->ctl, e->table_id, e->priority, &e->match);
    }
    if (!draw(l, 7)) {
        of_match_clear(&none);
        return ctl_ahead_removed(net->ctl, 2, 385, &none);
    }
    return ctl_ahead_packet(net->ctl, draw_mac(l, net), draw_mac(l, net));
}

/* All take one look; every third one out of order. */
static void look_about(struct net *net, void *aux)
{
    struct looker *l = aux;

    for (size_t i = 0; i < N_AHEADS && net->ctl; i++) {
        const struct net_switch *sw = net->switches[l->of[i].sw];

        if (l->of[i].look >= CTL_N_LOOKS || !l->of[i].ahead.kind) {
            l->of[i].sw = (int)draw(l, net->n_switches);
            sw = net->switches[l->of[i].sw];
            l->of[i].ahead = draw_ahead(l, net, sw);
            l->of[i].look = 0;
        }
        if (sw->session) {
            unsigned look = i % 3 ? l->of[i].look++ : (unsigned)draw(l, CTL_N_LOOKS + 2);

            ctl_look(net->ctl, sw->session, &l->of[i].ahead, look);
            l->n_looks++;
        }
    }
}

/* The same at Ethernet headers, as in a burst. */
static void look_in_burst(struct net *net, void *aux)
{
    struct looker *l = aux;

    for (size_t i = 0; i < net->n_switches && net->ctl; i++) {
        struct eth_addr dst = draw_mac(l, net), src = draw_mac(l, net);
        uint8_t eth[2 * ETH_ADDR_LEN];

        memcpy(eth, dst.b, ETH_ADDR_LEN);
        memcpy(eth + ETH_ADDR_LEN, src.b, ETH_ADDR_LEN);
        ctl_look_in_burst_again(net->ctl, l->random);
        if (net->switches[i]->session) {
            l->random += ctl_look_in_burst(net->ctl, net->switches[i]->session, eth) & 1;
            l->n_looks++;
        }
    }
}

/* Hosts talk, move and leave, entries expire, ports and channels go down and come up. */
static void live_through(struct net *net)
{
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    net_settle(net);
    net_advance(net, 238 * NS_PER_S);
    net_host_move(net, 1, 1, 23);
    net_arp_announce(net, 1);
    net_send_all(net);
    net_settle(net);
    net_host_leave(net, 2);
    net_port_set(net, 0, 1, false);
    net_settle(net);
    net_send_all(net);
    net_disconnect(net, 1);
    net_advance(net, 385 * NS_PER_S);
    net_connect(net, 1);
    net_port_set(net, 0, 1, true);
    net_settle(net);
    net_port_remove(net, 0, 10);
    net_send_all(net);
    net_advance(net, 5000 * NS_PER_S); /* Hosts that are silent are forgotten. */
    net_send_all(net);
    net_settle(net);
}

static struct net *play(uint8_t version, net_check_fn *check, struct looker *l)
{
    struct net *net = net_new(2385);

    net_add_diamond(net, version, 4);
    net->core.host_move = HOST_MOVE_ACCEPT;
    net->check = check;
    net->check_aux = l;
    live_through(net);
    return net;
}

static void changes_nothing(uint8_t version, net_check_fn *check)
{
    struct looker *l = calloc(1, sizeof *l);
    struct net *plain = play(version, NULL, NULL), *looking = play(version, check, l);

    assert_true(l->n_looks > 2385);
    assert_memory_equal(ctl_counters(plain->ctl), ctl_counters(looking->ctl),
                        sizeof(struct ctl_counters));
    assert_int_equal(plain->n_delivered, looking->n_delivered);
    assert_int_equal(plain->n_changes, looking->n_changes);
    assert_int_equal(plain->clock.now.ns, looking->clock.now.ns);
    assert_true(ctl_counters(plain->ctl)->flow_removed > 0);
    net_free(plain);
    net_free(looking);
    free(l);
}

static void test_looks_change_nothing_1_0(void **state)
{
    (void)state;
    changes_nothing(OF_VERSION_1_0, look_about);
}

static void test_looks_change_nothing_1_3(void **state)
{
    (void)state;
    changes_nothing(OF_VERSION_1_3, look_about);
}

static void test_looks_in_bursts_change_nothing(void **state)
{
    (void)state;
    changes_nothing(OF_VERSION_1_3, look_in_burst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks_change_nothing_1_0),
        cmocka_unit_test(test_looks_change_nothing_1_3),
        cmocka_unit_test(test_looks_in_bursts_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
