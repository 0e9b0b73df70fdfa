/* Control channels: the controller's link that all share, to the nanosecond; messages in the band, what they
 * take of which link, links that fail under them; and the bandwidth that the model says. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "models/control_load.h"

/* A core without apps on a network of switches. */
struct bed {
    struct world *world;
    struct ctlchan *cc;
    struct ctl *ctl;
};

static void bed_open(struct bed *b, struct topo *topo, struct ctlchan_params *params)
{
    struct world_params wp = world_params_default();
    struct ctl_params cp = {.settings = core_settings_default()};
    const char *failed;
    char why[128];

    wp.versions = 1u << OF_VERSION_1_3;
    cp.settings.echo_interval_ns = 10 * NS_PER_S;
    cp.settings.echo_timeout_ns = 40 * NS_PER_S;
    cp.settings.lldp_interval_ns = 1000000 * NS_PER_S;
    cp.settings.link_timeout_ns = 2000000 * NS_PER_S;
    params->station.rate_per_s = 0;
    params->connect_spread_ns = 0;
    b->world = world_new(topo, &wp);
    topo_fini(topo);
    assert_true(inband_place(&params->inband, b->world, why, sizeof why));
    b->cc = ctlchan_new(b->world, params);
    cp.clock = sim_clock(world_sim(b->world));
    cp.southbound = ctlchan_southbound(b->cc);
    b->ctl = ctl_new(&cp, &failed);
    assert_non_null(b->ctl);
    ctlchan_start(b->cc, b->ctl);
}

static void bed_run(struct bed *b, double until_s)
{
    sim_run_until(world_sim(b->world), (mono_t){ns_from_s(until_s)});
}

static void bed_close(struct bed *b)
{
    ctlchan_free(b->cc);
    ctl_free(b->ctl);
    world_free(b->world);
}

static uint32_t n_up(const struct bed *b)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < world_n_switches(b->world); i++) {
        n += ctlchan_is_up(b->cc, i);
    }
    return n;
}

/* Requests of one instant leave one after another, and so come the replies: nobody waits on the way up. Two
 * messages of one instant do wait: the second for the first. */
static void test_messages_wait_for_the_shared_link(void **state)
{
    struct ctlchan_params params = ctlchan_params_default();
    const struct ctlchan_stats *s;
    struct topo topo = TOPO_INIT;
    struct bed b;

    (void)state;
    topo_make_linear(&topo, 5, 0);
    params.shared_bps = 94400;
    bed_open(&b, &topo, &params);
    bed_run(&b, 9.999);
    assert_int_equal(n_up(&b), 5);
    ctlchan_reset_stats(b.cc);
    bed_run(&b, 19.5);
    s = ctlchan_get_stats(b.cc);
    assert_int_equal(s->n_sent[OF_ECHO_REQUEST], 5);
    assert_int_equal(s->shared_up_bytes, 5 * 8);
    assert_int_equal(s->shared_down_bytes, 5 * 8);
    assert_in_range(s->shared_wait_ns, 0, 5);
    ctlchan_reset_stats(b.cc);
    wire_set_up(world_find_wire(b.world, "s2", "s3"), false);
    bed_run(&b, 19.6);
    assert_int_equal(s->n_sent[OF_PORT_STATUS], 2);
    assert_int_equal(s->sent_bytes[OF_PORT_STATUS], 2 * 80);
    assert_int_equal(s->shared_wait_ns, 80 * 8 * NS_PER_S / 94400);
    bed_close(&b);
}

/* The controller's own link carries each message with 66 bytes around it, and 66 bytes for its
 * acknowledgement; so does each link on its way. */
static void test_in_band_bytes(void **state)
{
    struct ctlchan_params params = ctlchan_params_default();
    struct topo topo = TOPO_INIT;
    const struct ctlchan_stats *s;
    struct inband_load load;
    uint64_t n;
    struct bed b;

    (void)state;
    topo_make_linear(&topo, 3, 0);
    params.is_inband = true;
    bed_open(&b, &topo, &params);
    assert_int_equal(inband_depth(ctlchan_inband(b.cc), 0), 1);
    assert_int_equal(inband_depth(ctlchan_inband(b.cc), 2), 3);
    assert_int_equal(inband_parent(ctlchan_inband(b.cc), 2), 1);
    assert_int_equal(inband_parent(ctlchan_inband(b.cc), 0), 3);
    bed_run(&b, 100.5);
    assert_int_equal(n_up(&b), 3);
    s = ctlchan_get_stats(b.cc);
    n = s->n_to_controller + s->n_to_switches;
    load = inband_load(ctlchan_inband(b.cc));
    assert_true(n > 60);
    assert_int_equal(load.own_bytes, s->n_bytes + 2 * 66 * n);
    /* Echoes alone: s3's cross two links, s2's one. */
    ctlchan_reset_stats(b.cc);
    bed_run(&b, 200.5);
    load = inband_load(ctlchan_inband(b.cc));
    assert_int_equal(load.own_bytes, 3 * 10 * 2 * (8 + 66 + 66));
    assert_int_equal(load.bytes, 3 * 10 * 2 * (8 + 66 + 66));
    assert_int_equal(inband_wire_bytes(ctlchan_inband(b.cc), 0, 1), 2 * 10 * (8 + 66 + 66));
    assert_int_equal(inband_wire_bytes(ctlchan_inband(b.cc), 1, 0), 10 * (8 + 66 + 66));
    assert_int_equal(load.worst_wire, 0);
    assert_true(fabs(load.worst_frac - 2 * 10 * 140 * 8 / (1e10 * 100)) < 1e-12);
    assert_true(load.worst_peak_frac >= 2 * 140 * 8 / 1e10 - 1e-15);
    bed_close(&b);
}

static void test_a_failed_link_is_gone_round(void **state)
{
    struct ctlchan_params params = ctlchan_params_default();
    struct topo topo = TOPO_INIT;
    struct inband *ib;
    struct bed b;

    (void)state;
    topo_make_ring(&topo, 5, 0);
    params.is_inband = true;
    bed_open(&b, &topo, &params);
    ib = ctlchan_inband(b.cc);
    bed_run(&b, 5);
    assert_int_equal(n_up(&b), 5);
    assert_int_equal(inband_depth(ib, 1), 2);
    wire_set_up(world_find_wire(b.world, "s1", "s2"), false);
    assert_false(inband_has_way(ib, 1));
    bed_run(&b, 5.06);
    assert_int_equal(inband_depth(ib, 1), 5);
    assert_true(inband_has_way(ib, 1));
    bed_run(&b, 60);
    assert_int_equal(n_up(&b), 5);
    assert_int_equal(ctl_counters(b.ctl)->sessions_closed, 0);
    assert_int_equal(inband_load(ib).n_reroutes, 1);
    wire_set_up(world_find_wire(b.world, "s1", "s2"), true);
    bed_run(&b, 61);
    assert_int_equal(inband_depth(ib, 1), 2);
    bed_close(&b);
}

static void test_a_failed_link_cuts(void **state)
{
    struct ctlchan_params params = ctlchan_params_default();
    struct topo topo = TOPO_INIT;
    struct bed b;

    (void)state;
    topo_make_ring(&topo, 4, 0);
    params.is_inband = true;
    params.inband.reroutes = false;
    bed_open(&b, &topo, &params);
    bed_run(&b, 5);
    wire_set_up(world_find_wire(b.world, "s1", "s2"), false);
    bed_run(&b, 7.9);
    assert_true(ctlchan_is_up(b.cc, 1)); /* Nobody has noticed. */
    bed_run(&b, 8.1);
    assert_false(ctlchan_is_up(b.cc, 1));
    assert_true(ctlchan_is_up(b.cc, 3));
    bed_run(&b, 30);
    assert_int_equal(n_up(&b), 2); /* s3 has its way through s2. */
    wire_set_up(world_find_wire(b.world, "s1", "s2"), true);
    bed_run(&b, 33);
    assert_int_equal(n_up(&b), 4);
    bed_close(&b);
}

/* Lost messages go out again, and none overtakes another: nothing is refused by either side. */
static void test_losses_are_made_good(void **state)
{
    struct ctlchan_params params = ctlchan_params_default();
    struct topo topo = TOPO_INIT;
    struct bed b;

    (void)state;
    topo_make_linear(&topo, 4, 0);
    for (size_t i = 0; i < topo.n_edges; i++) {
        topo.edges[i].wire.loss_frac = 0.1;
    }
    params.is_inband = true;
    params.inband.window_bytes = 500;
    bed_open(&b, &topo, &params);
    bed_run(&b, 120);
    assert_int_equal(n_up(&b), 4);
    assert_true(inband_load(ctlchan_inband(b.cc)).n_lost > 10);
    assert_int_equal(ctlchan_get_stats(b.cc)->n_undecoded, 0);
    assert_int_equal(ctl_counters(b.ctl)->errors_in, 0);
    bed_close(&b);
}

static void test_where_the_controller_is(void **state)
{
    struct inband_params p = inband_params_default();
    struct world_params wp = world_params_default();
    struct topo topo = TOPO_INIT;
    struct world *world;
    char why[128] = "";

    (void)state;
    topo_make_layered(&topo, &(struct topo_layered){2, 1, 1, 1, false});
    world = world_new(&topo, &wp);
    topo_fini(&topo);
    assert_true(inband_place(&p, world, why, sizeof why));
    assert_string_equal(swtch_name(world_switch(world, p.at_switch)), "core1");
    snprintf(p.at, sizeof p.at, "acc2");
    assert_true(inband_place(&p, world, why, sizeof why));
    assert_string_equal(swtch_name(world_switch(world, p.at_switch)), "acc2");
    snprintf(p.at, sizeof p.at, "acc9");
    assert_false(inband_place(&p, world, why, sizeof why));
    assert_non_null(strstr(why, "\"acc9\""));
    world_free(world);
}

/* --- Beside the model ------------------------------------------------------------------------- */

/* OF 1.3.5: 102 bytes of packet-in with a frame of 60, 72 of flow-removed, 8 of a barrier; down 80 + 16 and
 * 84 + 16 with an output, 24 more in each with a tag. */
static void test_sizes_of_a_miss(void **state)
{
    struct control_miss miss = {.frame_bytes = 60, .local_frac = 1, .removed_frac = 1};
    struct control_framing bare = {0}, tcp = {66, 1};
    struct control_load load = model_control_miss(&miss, &bare);

    (void)state;
    assert_true(load.up == 182 && load.down == 96 + 100 + 8);
    miss.local_frac = 0;
    assert_true(model_control_miss(&miss, &bare).down == 120 + 124 + 8);
    load = model_control_miss(&miss, &tcp);
    assert_true(load.up == 182 + 6 * 66 && load.down == 252 + 6 * 66);
    load = model_control_bps(&miss, &bare, 2.385, 0.5);
    assert_true(fabs(load.up - 8 * (2.385 * 182 + 4)) < 1e-9);
    miss.sizes = CONTROL_OF10;
    load = model_control_miss(&miss, &bare);
    assert_true(load.up == 78 + 88 + 8 && load.down == 88 + 92 + 8);
    miss.sizes = CONTROL_OF15;
    load = model_control_miss(&miss, &bare);
    assert_true(load.up == 102 + 88 + 8 && load.down == 120 + 132 + 8);
}

static struct campus_params small_campus(uint64_t seed)
{
    struct campus_params p = campus_params_default();

    p.seed = seed;
    p.n_access = 6;
    p.n_core = 3;
    p.hosts_per_access = 12;
    p.versions = 1u << OF_VERSION_1_3;
    p.clustering.hold_s = 3;
    p.warmup_s = 30;
    p.duration_s = 120;
    return p;
}

static void compare(const char *what, double model, double mean, double err)
{
    print_message("%s: model %.6g, simulated %.6g ± %.2g\n", what, model, mean, err);
    assert_true(fabs(mean - model) < 5 * err + 0.002 * model);
    assert_true(err < 0.02 * model);
}

static void test_bandwidth_beside_the_model(void **state)
{
    enum { RUNS = 8 };
    static const char *const names[] = {"up", "down", "links", "worst"};
    double sum[4] = {0}, squares[4] = {0}, model[4] = {0};

    (void)state;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct campus_params p = small_campus(run + 85);
        struct campus_control m, e;
        struct campus_expected expected;
        struct campus *c;
        char why[128];

        p.channel.is_inband = true;
        c = campus_new(&p, why, sizeof why);
        assert_non_null(c);
        campus_run_until(c, campus_end_s(c));
        assert_true(campus_control(c, &m));
        assert_true(campus_expect(c, &expected));
        assert_true(campus_expect_control(c, &expected, &e));
        assert_true(m.is_within_budget);
        for (unsigned i = 0; i < 4; i++) {
            double v[] = {m.up_bps, m.down_bps, m.links_bps, m.worst_frac};
            double w[] = {e.up_bps, e.down_bps, e.links_bps, e.worst_frac};

            sum[i] += v[i];
            squares[i] += v[i] * v[i];
            model[i] = w[i];
        }
        campus_free(c);
    }
    for (unsigned i = 0; i < 4; i++) {
        double mean = sum[i] / RUNS;

        compare(names[i], model[i], mean, sqrt((squares[i] / RUNS - mean * mean) / (RUNS - 1)));
    }
}

/* Each version has its own sizes: what a miss takes is as the model says, from switches and to them. */
static void test_bandwidth_by_version(void **state)
{
    static const enum of_version versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4,
                                               OF_VERSION_1_5};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct campus_params p = small_campus(2385);
        struct campus_metrics metrics;
        struct campus_expected expected;
        struct campus_control m, e;
        struct campus *c;
        char why[128];

        p.versions = 1u << versions[i];
        p.duration_s = 300;
        p.channel.shared_bps = 94400000;
        c = campus_new(&p, why, sizeof why);
        assert_non_null(c);
        campus_run_until(c, campus_end_s(c));
        campus_measure(c, &metrics);
        assert_true(campus_control(c, &m) && campus_expect(c, &expected));
        expected.local_misses_per_s *= metrics.misses_per_s / expected.misses_per_s;
        expected.misses_per_s = metrics.misses_per_s;
        assert_true(campus_expect_control(c, &expected, &e));
        print_message("version %u: up %.0f b/s, expected %.0f; down %.0f, expected %.0f\n",
                      (unsigned)versions[i], m.up_bps, e.up_bps, m.down_bps, e.down_bps);
        assert_true(fabs(m.up_bps / e.up_bps - 1) < 0.01);
        assert_true(fabs(m.down_bps / e.down_bps - 1) < 0.01);
        campus_free(c);
    }
}

/* The model's shares are of the links as they are, whichever section of a scenario made them so. */
static void test_shares_of_links_by_rule(void **state)
{
    double share[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct campus_params p = small_campus(85);
        struct campus_expected expected;
        struct campus_control e;
        struct campus *c;
        char why[128];

        p.channel.is_inband = true;
        p.trunk.rate_bps = 2000000;
        p.links.n = i;
        p.links.list[0] = (struct link_rule){
            .scope = LINKS_TRUNK, .mentions = LINK_RATE, .wire = {.rate_bps = 4000000}};
        c = campus_new(&p, why, sizeof why);
        assert_non_null(c);
        assert_true(campus_expect(c, &expected) && campus_expect_control(c, &expected, &e));
        share[i] = e.worst_frac;
        campus_free(c);
    }
    assert_true(share[1] > 0 && fabs(share[0] / share[1] - 2) < 1e-9);
}

static void test_a_budget_is_exceeded(void **state)
{
    struct campus_params p = small_campus(1);
    struct campus_control m;
    struct campus *c;
    char why[128];

    (void)state;
    p.channel.is_inband = true;
    p.trunk.rate_bps = 100000;
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    campus_run_until(c, campus_end_s(c));
    assert_true(campus_control(c, &m));
    print_message("on 100 kb/s: worst %.3f, in one second %.3f\n", m.worst_frac, m.worst_peak_frac);
    assert_true(m.worst_frac > 0.1 && !m.is_within_budget);
    assert_true(m.worst_peak_frac >= m.worst_frac);
    campus_free(c);

    snprintf(p.channel.inband.at, sizeof p.channel.inband.at, "core9");
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "core9"));
}

static void test_the_shared_link_of_a_campus(void **state)
{
    struct campus_params p = small_campus(2);
    struct campus_expected expected;
    struct campus_control m, e;
    struct campus *c;
    char why[128];

    (void)state;
    p.channel.shared_bps = 94400000;
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    campus_run_until(c, campus_end_s(c));
    assert_true(campus_control(c, &m));
    assert_true(campus_expect(c, &expected) && campus_expect_control(c, &expected, &e));
    assert_true(fabs(m.worst_frac - e.worst_frac) < 0.05 * e.worst_frac);
    assert_true(m.wait_s > 0 && m.wait_s < 1e-5);
    campus_free(c);
    p.channel.shared_bps = 0;
    c = campus_new(&p, why, sizeof why);
    assert_false(campus_control(c, &m));
    campus_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_wait_for_the_shared_link),
        cmocka_unit_test(test_in_band_bytes),
        cmocka_unit_test(test_a_failed_link_is_gone_round),
        cmocka_unit_test(test_a_failed_link_cuts),
        cmocka_unit_test(test_losses_are_made_good),
        cmocka_unit_test(test_where_the_controller_is),
        cmocka_unit_test(test_sizes_of_a_miss),
        cmocka_unit_test(test_bandwidth_beside_the_model),
        cmocka_unit_test(test_bandwidth_by_version),
        cmocka_unit_test(test_shares_of_links_by_rule),
        cmocka_unit_test(test_a_budget_is_exceeded),
        cmocka_unit_test(test_the_shared_link_of_a_campus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
