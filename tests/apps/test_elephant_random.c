/* Elephants that are told and forgotten, loads, links, channels, restarts: at no moment does a frame of any two hosts
 * turn in circles, and in the end everybody gets what is sent. SEED and LAST choose other runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "tests/apps/roundabout.h"

#define FIRST_FRAME 4711
#define N_STEPS 80

static void steps(struct net *net, size_t n)
{
    while (n-- > 0 && net_step(net)) {
    }
}

static void no_flow_circles(struct net *net, void *aux)
{
    (void)aux;
    for (int from = 0; from < ROUNDABOUT_N; from++) {
        for (int to = 0; to < ROUNDABOUT_N; to++) {
            for (int sw = 0; from != to && sw < ROUNDABOUT_N; sw++) {
                assert_int_not_equal(net_walk(net, from, to, sw, 0, 0), NET_IN_CIRCLES);
            }
        }
    }
    assert_int_equal(net->n_loops, 0);
}

static void tell_or_forget(struct net *net)
{
    int from = (int)net_draw(net, ROUNDABOUT_N), to = (int)net_draw(net, ROUNDABOUT_N);
    struct elephant_flow flow = roundabout_flow(net, from, to);
    uint32_t id;

    if (from != to &&
        elephants_tell(roundabout_app(net), &flow, 200 * ROUNDABOUT_MBPS, &id) == ERR_EXISTS &&
        net_draw(net, 2)) {
        elephants_forget(roundabout_app(net), id);
    }
}

static void tell_some_load(struct net *net)
{
    void *costs = ctl_module_state(net->ctl, "link_costs");
    dpid_t dpid = 1 + net_draw(net, ROUNDABOUT_N);
    port_no_t port = 1 + (port_no_t)net_draw(net, 3);

    link_costs_tell(costs, dpid, port, net_draw(net, 11) * 90 * ROUNDABOUT_MBPS);
}

static void restart(struct net *net)
{
    int first = (int)net_draw(net, ROUNDABOUT_N);

    net_stop_controller(net);
    net_start_controller(net);
    for (int i = 0; i < ROUNDABOUT_N; i++) {
        net_connect(net, (first + i) % ROUNDABOUT_N);
        net_advance(net, (int64_t)net_draw(net, 600) * NS_PER_MS);
    }
}

static void something(struct net *net, uint32_t number)
{
    int from = (int)net_draw(net, ROUNDABOUT_N),
        to = (from + 1 + (int)net_draw(net, ROUNDABOUT_N - 1)) % ROUNDABOUT_N;

    switch (net_draw(net, 10)) {
    case 0:
    case 1:
        tell_or_forget(net);
        return;
    case 2:
    case 3:
        for (int i = 0; i < 3; i++) {
            tell_some_load(net);
        }
        return;
    case 4:
        net_toggle_link(net, 3);
        return;
    case 5:
        net_toggle_channel(net);
        return;
    case 6:
        net_advance(net, (int64_t)net_draw(net, 9000) * NS_PER_MS);
        return;
    case 7:
        if (net_draw(net, 6) == 0) {
            restart(net);
        }
        return;
    case 8:
        net_send(net, from, to, number);
        return;
    default:
        steps(net, net_draw(net, 40));
    }
}

static void mend(struct net *net)
{
    for (int sw = 0; sw < ROUNDABOUT_N; sw++) {
        for (unsigned port = 1; port <= 3; port++) {
            const struct net_port *p = &net->switches[sw]->ports[port];

            if (p->exists && p->peer_switch >= 0 && !p->up) {
                net_port_set(net, sw, port, true);
            }
        }
        if (!net->switches[sw]->session) {
            net_connect(net, sw);
        }
    }
    net_advance(net, 20 * NS_PER_S);
    net_announce_all(net);
    net_send_all(net);
}

static void count_hops(void *aux, const struct elephant_info *info)
{
    *(size_t *)aux += info->is_moved ? info->way->n : 0;
}

/* Everybody gets what is sent, and the entries are those of the ways that there are. */
static void all_is_well(struct net *net)
{
    size_t n_hops = 0;

    net_all_arrive(net);
    elephants_each(roundabout_app(net), count_hops, &n_hops);
    assert_int_equal(roundabout_entries(net), n_hops);
}

static uint64_t random_run(uint64_t seed)
{
    struct net *net = roundabout_new(seed, seed / 2 % 2 == 0);
    uint64_t n_moves;

    net->check = no_flow_circles;
    for (uint32_t i = 0; i < N_STEPS; i++) {
        something(net, FIRST_FRAME + i);
    }
    mend(net);
    all_is_well(net);
    n_moves = elephants_counters(roundabout_app(net)).moves +
              elephants_counters(roundabout_app(net)).restorations;
    net_free(net);
    return n_moves;
}

static void test_random_runs(void **state)
{
    uint64_t first = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
    uint64_t last = getenv("LAST") ? strtoull(getenv("LAST"), NULL, 10) : first + 29;
    uint64_t n_moves = 0;

    (void)state;
    for (uint64_t seed = first; seed <= last; seed++) {
        n_moves += random_run(seed);
    }
    printf("%llu ways\n", (unsigned long long)n_moves);
    assert_true(4 * n_moves > last - first); /* Those after the last restart are counted. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
