/* Links fail under traffic: what used them goes on, at once with fast failover, and nothing else notices. */
#include "simnet/ctlchan/reroute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define DELAY_NS (2 * NS_PER_MS) /* To the controller, each way. */

/* Two core switches that are joined, 4 access switches at both. */
static struct topo campus(void)
{
    struct topo topo = TOPO_INIT;

    topo_make_campus(&topo, &(struct topo_campus){.n_access = 4,
                                                  .n_core = 2,
                                                  .hosts_per_access = 3,
                                                  .edge = topo_edge_default(),
                                                  .trunk = topo_trunk_default()});
    return topo;
}

static struct reroute_params params_of(bool failover)
{
    struct reroute_params params = reroute_params_default();

    params.n_streams = 8;
    params.n_failures = 8;
    params.interval_s = 2e-4;
    params.outage_s = 0.1;
    params.clustering.fast_failover = failover;
    params.channel.delay_ns = DELAY_NS;
    return params;
}

static struct reroute_result run(const struct reroute_params *params, struct reroute **kept)
{
    struct topo topo = campus();
    struct reroute_result result;
    char why[128] = "";
    struct reroute *r = reroute_new(&topo, params, why, sizeof why);

    topo_fini(&topo);
    if (!r) {
        fail_msg("reroute_new: %s", why);
    }
    while (reroute_step(r, 0.5)) {
    }
    reroute_measure(r, &result);
    printf("hit %llu, lost %llu, unbroken %llu, cut off %llu; spared lost %llu, back lost %llu; p50 %.3f ms, "
           "p99 %.3f ms, max %.3f ms\n",
           (unsigned long long)result.n_hit, (unsigned long long)result.n_hit_lost,
           (unsigned long long)result.n_unbroken, (unsigned long long)result.n_cut_off,
           (unsigned long long)result.n_spared_lost, (unsigned long long)result.n_back_lost,
           (double)hist_quantile(result.gap_ns, 0.5) / 1e6,
           (double)hist_quantile(result.gap_ns, 0.99) / 1e6, (double)result.gap_ns->max / 1e6);
    *kept = r;
    return result;
}

/* At least one message there and one back; two rounds when a switch must have its entry first. */
static void test_the_controller_repairs(void **state)
{
    struct reroute_params params = params_of(false);
    struct reroute *r;
    struct reroute_result result = run(&params, &r);

    (void)state;
    assert_int_equal(result.n_failures, 8);
    assert_true(result.n_hit > 8);
    assert_int_equal(result.n_spared_lost, 0);
    assert_int_equal(result.n_cut_off, 0);
    assert_int_equal(result.n_group_mods, 0);
    assert_true(hist_quantile(result.gap_ns, 0.5) >= 2 * DELAY_NS);
    assert_true(result.gap_ns->max < 20 * DELAY_NS);
    assert_true(result.n_hit_lost > 0);
    reroute_free(r);
}

/* In the simulator a switch takes no time to turn: what was on the wire is all that is lost. */
static void test_the_switch_turns_at_once(void **state)
{
    struct reroute_params params = params_of(true);
    struct reroute *r;
    struct reroute_result result = run(&params, &r);

    (void)state;
    assert_true(result.n_hit > 8);
    assert_int_equal(result.n_spared_lost, 0);
    assert_int_equal(result.n_cut_off, 0);
    assert_true(result.n_group_mods > 0);
    assert_true(result.gap_ns->max < 5 * NS_PER_MS);
    assert_true(result.n_hit_lost <= result.n_hit);
    assert_int_equal(result.n_back_lost, 0);
    reroute_free(r);
}

static void test_the_same_again(void **state)
{
    struct reroute_params params = params_of(true);
    uint64_t hash[2];

    (void)state;
    params.n_failures = 3;
    for (int i = 0; i < 2; i++) {
        struct reroute *r;

        hash[i] = run(&params, &r).trace_hash;
        reroute_free(r);
    }
    assert_int_equal(hash[0], hash[1]);
}

static void test_bad_parameters(void **state)
{
    struct topo topo = campus(), alone = TOPO_INIT;
    struct reroute_params params = params_of(true);
    char why[128];

    (void)state;
    params.n_streams = 0;
    assert_null(reroute_new(&topo, &params, why, sizeof why));
    params = params_of(true);
    params.interval_s = params.outage_s;
    assert_null(reroute_new(&topo, &params, why, sizeof why));
    params = params_of(true);
    params.clustering.hold_s = 0;
    assert_null(reroute_new(&topo, &params, why, sizeof why));
    assert_string_equal(why, "the settings of app clustering are out of range");
    topo_make_linear(&alone, 1, 3);
    params = params_of(true);
    assert_null(reroute_new(&alone, &params, why, sizeof why));
    topo_fini(&alone);
    topo_fini(&topo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_controller_repairs),
        cmocka_unit_test(test_the_switch_turns_at_once),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_bad_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
