/* Holding times in a network: policies, what is measured, plans, and entries that follow them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "tests/apps/net.h"

#define INGRESS CLUSTERING_PRIORITY_INGRESS
#define NORMAL_S 23

/* Two switches; hosts 0 and 1 at the first, 2 to 9 at the second. */
static struct net *pair_with(uint32_t policy, uint32_t budget)
{
    struct net *net = net_new(7);

    net_add_switches(net, 2, OF_VERSION_1_3);
    net_add_link(net, 0, 1, 1, 1);
    for (int i = 0; i < 10; i++) {
        net_add_host(net, i >= 2, 10 + (unsigned)i);
    }
    net->clustering.hold_s = NORMAL_S;
    net->holding.policy = policy;
    net->holding.budget = budget;
    net->holding.replan_ns = 10 * NS_PER_S;
    net->core.host_timeout_ns = 1000000 * NS_PER_S; /* Hosts here listen and say nothing. */
    net_start(net);
    for (int i = 0; i < 10; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    return net;
}

static void *holding(struct net *net)
{
    return ctl_module_state(net->ctl, "holding_time");
}

/* The idle time-out of the entry of switch 0 towards 'host'; 0: there is none. */
static unsigned idle_s(const struct net *net, int host)
{
    const struct net_switch *sw = net->switches[0];

    for (size_t i = 0; i < sw->n_entries; i++) {
        if (sw->entries[i].priority == INGRESS &&
            eth_addr_eq(sw->entries[i].match.v.eth_dst, net->hosts[host].mac)) {
            return sw->entries[i].idle_s;
        }
    }
    return 0;
}

static void call(struct net *net, int host)
{
    net_send(net, 0, host, 2385);
    net_settle(net);
}

static void test_fixed_is_what_clustering_says(void **state)
{
    struct net *net = pair_with(HOLDING_FIXED, 8192);

    (void)state;
    call(net, 2);
    call(net, 1);
    assert_int_equal(idle_s(net, 2), NORMAL_S);
    assert_int_equal(idle_s(net, 1), NORMAL_S);
    assert_int_equal(holding_time_counters(holding(net)).entered, 0);
    net_free(net);
}

static void test_random_draws_an_exponential_law(void **state)
{
    struct net *net = pair_with(HOLDING_RANDOM, 8192);
    double sum = 0, n_long = 0;
    int n = 20000;

    (void)state;
    for (int i = 0; i < n; i++) {
        unsigned s = holding_s(holding(net), 1, net->hosts[2].mac, 200);

        assert_true(s >= 1);
        sum += s;
        n_long += s > 400;
    }
    assert_true(fabs(sum / n - 200) < 5);
    assert_true(fabs(n_long / n - exp(-2)) < 0.01);
    net_free(net);
}

static void test_before_the_first_plan_all_is_as_ever(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct holding_plan plan;

    (void)state;
    call(net, 2);
    assert_int_equal(idle_s(net, 2), NORMAL_S);
    assert_false(holding_time_plan(holding(net), 1, &plan));
    net_free(net);
}

static void test_with_room_for_all_every_entry_stays(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct holding_plan plan;

    (void)state;
    call(net, 2);
    net_advance(net, 11 * NS_PER_S);
    assert_true(holding_time_plan(holding(net), 1, &plan));
    assert_true(plan.threshold_per_s == 0);
    call(net, 3);
    assert_int_equal(idle_s(net, 3), 65535);
    net_free(net);
}

/* Host 2 is called every 40 s and hosts 3 to 9 once in 2000 s. */
static void call_for(struct net *net, int s, int popular)
{
    for (int t = 0; t < s; t += 40) {
        call(net, popular);
        if (t % 2000 == 0) {
            for (int host = 3; host < 10; host++) {
                call(net, host);
            }
        }
        net_advance(net, 40 * NS_PER_S);
    }
}

/* Entries of switch 0: those of all apps but for destinations, and what one more needs with its margin. */
#define NARROW 12

static void test_popular_stay_and_others_go(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, NARROW);

    (void)state;
    call_for(net, 20000, 2);
    call(net, 3);
    assert_int_equal(idle_s(net, 3), 1);
    assert_true(idle_s(net, 2) > 60);
    net_free(net);
}

struct seen {
    struct holding_time_pair pairs[16];
    size_t n;
};

static void note(void *aux, const struct holding_time_pair *pair)
{
    struct seen *seen = aux;

    assert_true(seen->n < 16);
    seen->pairs[seen->n++] = *pair;
}

static void test_pairs_are_shown_in_order(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct seen seen = {.n = 0};

    (void)state;
    call(net, 5);
    call(net, 3);
    call(net, 2);
    holding_time_each(holding(net), 1, note, &seen);
    assert_int_equal(seen.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(seen.pairs[i].has_entry && seen.pairs[i].rate_per_s > 0);
        assert_int_equal(seen.pairs[i].hold_s, NORMAL_S);
        assert_true(i == 0 || eth_addr_u64(seen.pairs[i - 1].dst) <
                                  eth_addr_u64(seen.pairs[i].dst));
    }
    net_free(net);
}

static void test_expired_entries_leave_and_tell_how_long_sessions_are(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct seen seen = {.n = 0};

    (void)state;
    call(net, 2);
    net_advance(net, 3 * NS_PER_S);
    call(net, 2);
    net_advance(net, 60 * NS_PER_S);
    assert_int_equal(idle_s(net, 2), 0);
    holding_time_each(holding(net), 1, note, &seen);
    assert_int_equal(seen.n, 1);
    assert_false(seen.pairs[0].has_entry);
    assert_true(fabs(holding_time_view(holding(net)).session_s - 3) < 1.1);
    assert_int_equal(holding_time_counters(holding(net)).left, 1);
    net_free(net);
}

static void test_refused_entry_is_not_there(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct seen seen = {.n = 0};

    (void)state;
    net->switches[0]->max_entries = net->switches[0]->n_entries;
    call(net, 2);
    assert_int_equal(idle_s(net, 2), 0);
    holding_time_each(holding(net), 1, note, &seen);
    assert_int_equal(seen.n, 1);
    assert_false(seen.pairs[0].has_entry);
    net_free(net);
}

/* All entries are there and long; then the table is found to be full at that. */
static void test_full_table_makes_a_smaller_plan_at_once(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, 8192);
    struct holding_plan plan;

    (void)state;
    call_for(net, 4000, 2);
    assert_true(holding_time_plan(holding(net), 1, &plan));
    assert_true(plan.threshold_per_s == 0);
    net->switches[0]->max_entries = net->switches[0]->n_entries;
    call(net, 1);
    net_advance(net, NS_PER_S);
    assert_true(holding_time_plan(holding(net), 1, &plan));
    assert_true(plan.threshold_per_s > 0);
    net_free(net);
}

/* Host 2 was popular and is not called any more; now host 3 is. */
static void test_popularity_may_drift(void **state)
{
    struct net *net = pair_with(HOLDING_THRESHOLD, NARROW);

    (void)state;
    call_for(net, 20000, 2);
    assert_true(idle_s(net, 2) > 60);
    for (int t = 0; t < 40000; t += 20) {
        call(net, 3);
        net_advance(net, 20 * NS_PER_S);
    }
    assert_int_equal(idle_s(net, 2), 0);
    assert_true(idle_s(net, 3) > 60);
    net_free(net);
}

static void test_too_many_pairs_are_held_briefly(void **state)
{
    struct net *net = net_new(3);

    (void)state;
    net_add_switch(net, OF_VERSION_1_0);
    for (unsigned i = 0; i < 4; i++) {
        net_add_host(net, 0, 10 + i);
    }
    net->holding.policy = HOLDING_THRESHOLD;
    net->holding.max_pairs = 1;
    net_start(net);
    for (int i = 0; i < 4; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    call(net, 1);
    call(net, 2);
    assert_int_equal(idle_s(net, 2), 1);
    assert_true(holding_time_counters(holding(net)).forgotten > 0);
    assert_int_equal(holding_time_view(holding(net)).n_pairs, 1);
    net_free(net);
}

static void test_settings_out_of_range_do_not_start(void **state)
{
    static const struct clock clock = {.now = {0}};
    struct holding_time_settings bad[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct ctl_module_use use = {&holding_time_module, &bad[i]};
        struct southbound southbound = {0};
        struct ctl_params params = {.settings = core_settings_default(),
                                    .clock = &clock,
                                    .southbound = &southbound,
                                    .modules = &use,
                                    .n_modules = 1};
        const char *failed = NULL;

        bad[i] = holding_time_settings_default();
        bad[i].policy = i == 0 ? HOLDING_N_POLICIES : HOLDING_THRESHOLD;
        bad[i].short_s = i == 1 ? 0 : 1;
        bad[i].hysteresis_percent = i == 2 ? 100 : 20;
        bad[i].replan_ns = i == 3 ? 0 : NS_PER_S;
        assert_null(ctl_new(&params, &failed));
        assert_string_equal(failed, "holding_time");
    }
    assert_string_equal(holding_policy_name(HOLDING_RANDOM), "random");
    assert_string_equal(holding_policy_name(HOLDING_N_POLICIES), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_is_what_clustering_says),
        cmocka_unit_test(test_random_draws_an_exponential_law),
        cmocka_unit_test(test_before_the_first_plan_all_is_as_ever),
        cmocka_unit_test(test_with_room_for_all_every_entry_stays),
        cmocka_unit_test(test_popular_stay_and_others_go),
        cmocka_unit_test(test_pairs_are_shown_in_order),
        cmocka_unit_test(test_expired_entries_leave_and_tell_how_long_sessions_are),
        cmocka_unit_test(test_refused_entry_is_not_there),
        cmocka_unit_test(test_full_table_makes_a_smaller_plan_at_once),
        cmocka_unit_test(test_popularity_may_drift),
        cmocka_unit_test(test_too_many_pairs_are_held_briefly),
        cmocka_unit_test(test_settings_out_of_range_do_not_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
