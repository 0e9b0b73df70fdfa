/* Each kind of fault and what it does, faults at random beside MTBF/(MTBF + MTTR), and a core that is restarted with
 * its store. */
#include "simnet/ctlchan/outage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "simnet/ctlchan/campus.h"
#include "simnet/ctlchan/mem_store.h"
#include "tests/simnet/outage_ring.h"

static struct outage_params params_for(const struct fault_spec *spec)
{
    struct outage_params p = ring_params(OF_VERSION_1_3);

    if (spec) {
        p.faults.list[p.faults.n++] = *spec;
    }
    return p;
}

static double p99_s; /* Of the round trips of the latest run. */

static struct outage_result *run_ring(const struct outage_params *p, const char *name)
{
    struct outage_result *r = calloc(1, sizeof *r);
    struct outage *o = ring_open(p);
    static struct hist rtt_ns;

    while (outage_step(o, 1)) {
    }
    outage_measure(o, r);
    print_message("%s: lost %llu of %llu, %llu interruptions, longest %.4f s, availability %.5f; probes "
                  "unanswered %llu of %llu, half in %.6f s, 99 %% in %.6f; entries %u, least %u, %u; %llu flow-mods, %llu connections\n",
                  name, (unsigned long long)(r->n_sent - r->n_received),
                  (unsigned long long)r->n_sent, (unsigned long long)r->n_interruptions,
                  r->longest_s, r->availability_frac,
                  (unsigned long long)(r->n_probes - r->n_answered),
                  (unsigned long long)r->n_probes, (double)hist_quantile(r->rtt_ns, 0.5) / 1e9,
                  (double)hist_quantile(r->rtt_ns, 0.99) / 1e9, r->n_entries_before, r->n_entries_least,
                  r->n_entries_after, (unsigned long long)r->n_flow_mods,
                  (unsigned long long)r->n_connections);
    p99_s = (double)hist_quantile(r->rtt_ns, 0.99) / 1e9;
    rtt_ns = *r->rtt_ns; /* The outage's ends with it. */
    r->rtt_ns = &rtt_ns;
    outage_free(o);
    return r;
}

static struct outage_result *run_fault(const struct fault_spec *spec)
{
    struct outage_params p = params_for(spec);

    return run_ring(&p, spec ? fault_kind_names[spec->kind] : "none");
}

static struct fault_spec fault(enum fault_kind kind, const char *a, const char *b, double for_s)
{
    struct fault_spec spec = {.kind = kind, .at_s = 3.2385, .for_s = for_s};

    snprintf(spec.a, sizeof spec.a, "%s", a);
    snprintf(spec.b, sizeof spec.b, "%s", b);
    return spec;
}

static void test_without_faults_nothing_is_lost(void **state)
{
    struct outage_result *r = run_fault(NULL);

    (void)state;
    assert_int_equal(r->n_sent, 12 * 1200);
    assert_int_equal(r->n_received, r->n_sent);
    assert_int_equal(r->n_answered, r->n_probes);
    assert_int_equal(r->n_interruptions, 0);
    assert_true(r->availability_frac == 1);
    assert_int_equal(r->n_bins, 24);
    free(r);
}

/* Both ends see it: streams go the other way round within a few datagrams. */
static void test_a_link_is_gone_round(void **state)
{
    struct fault_spec spec = fault(FAULT_LINK, "s1", "s2", 4);
    struct outage_result *r = run_fault(&spec);

    (void)state;
    assert_true(r->n_sent - r->n_received <= 12 * 2);
    assert_true(r->longest_s < 0.1);
    assert_int_equal(r->n_unrepaired, 0);
    assert_true(r->n_flow_mods > 0);
    assert_int_equal(r->faults[0].n_begun, 1);
    assert_true(fabs(r->faults[0].down_s - 4) < 1e-9);
    free(r);
}

/* Nobody is told: what goes that way is lost until it is mended or LLDP has missed it for long enough. */
static void test_a_fibre_is_not_seen(void **state)
{
    struct fault_spec spec = fault(FAULT_FIBRE, "s1", "s2", 4);
    struct outage_params p = params_for(&spec);
    struct outage_result *r;

    (void)state;
    p.core.link_timeout_ns = 100 * NS_PER_S;
    r = run_ring(&p, "fibre");
    assert_true(r->n_interruptions > 0);
    assert_true(fabs(r->longest_s - 4) < 0.05);
    assert_int_equal(r->n_unrepaired, 0);
    free(r);
}

/* Ports 1 and 2 of s3 are its hosts (wires in the order of the topology): cut off until it is over. */
static void test_a_line_card(void **state)
{
    struct fault_spec spec = fault(FAULT_LINE_CARD, "s3", "", 2);
    struct outage_params p;
    struct outage_result *r;
    struct outage *o;

    (void)state;
    spec.n_ports = 2;
    spec.ports[0] = 1;
    spec.ports[1] = 2;
    p = params_for(&spec);
    o = ring_open(&p);
    while (outage_now_s(o) < 8.5) {
        outage_step(o, 0.5);
    }
    assert_int_equal(world_links(outage_world(o), true).sum.n_down +
                         world_links(outage_world(o), false).sum.n_down > 0,
                     1);
    outage_free(o);
    r = run_ring(&p, "line-card");
    assert_true(r->n_interruptions > 0 || r->n_probes > r->n_answered);
    assert_int_equal(r->n_unrepaired, 0);
    free(r);
}

/* It comes back empty, and its entries are installed again. */
static void test_a_switch_loses_its_power(void **state)
{
    struct fault_spec spec = fault(FAULT_SWITCH, "s2", "", 3);
    struct outage_params p = params_for(&spec);
    struct outage *o = ring_open(&p);
    struct outage_result *r;
    uint32_t before;

    (void)state;
    while (outage_now_s(o) < 8) {
        outage_step(o, 0.25);
    }
    before = table_size(swtch_table(world_switch(outage_world(o), 1), 0));
    assert_true(before > 3);
    outage_step(o, 0.5);
    assert_int_equal(table_size(swtch_table(world_switch(outage_world(o), 1), 0)), 0);
    assert_false(ctlchan_is_up(outage_channel(o), 1));
    while (outage_now_s(o) < 15) {
        outage_step(o, 0.25);
    }
    assert_true(ctlchan_is_up(outage_channel(o), 1));
    assert_true(table_size(swtch_table(world_switch(outage_world(o), 1), 0)) > 3);
    outage_free(o);
    r = run_fault(&spec);
    assert_true(r->n_interruptions > 0);
    assert_true(r->longest_s > 2.9 && r->longest_s < 6);
    assert_int_equal(r->n_unrepaired, 0);
    assert_int_equal(r->n_connections, 1);
    free(r);
}

/* What has entries goes on; what needs new ones waits for the agent. */
static void test_the_processor_of_a_switch_stands(void **state)
{
    struct fault_spec spec = fault(FAULT_CPU, "s2", "", 2);
    struct outage_result *r = run_fault(&spec);

    (void)state;
    assert_int_equal(r->n_sent, r->n_received);
    assert_true(p99_s > 1);
    assert_int_equal(r->n_connections, 0);
    free(r);
}

/* Measuring waits for the paths of streams, however far away the controller is. */
static void test_controller_is_far_away(void **state)
{
    struct outage_params p = params_for(NULL);
    struct outage_result *r;

    (void)state;
    p.channel.delay_ns = 385 * NS_PER_MS;
    p.duration_s = 5;
    r = run_ring(&p, "far away");
    assert_true(r->n_sent > 0);
    assert_int_equal(r->n_received, r->n_sent);
    assert_int_equal(r->n_interruptions, 0);
    free(r);
}

static void test_a_channel_is_cut(void **state)
{
    struct fault_spec spec = fault(FAULT_CHANNEL, "s2", "", 2);
    struct outage_result *r = run_fault(&spec);

    (void)state;
    assert_int_equal(r->n_sent, r->n_received);
    assert_true(r->n_probes > r->n_answered);
    assert_int_equal(r->n_connections, 1);
    assert_int_equal(r->n_entries_least > 0, 1);
    free(r);
}

static void test_messages_take_longer(void **state)
{
    struct fault_spec spec = fault(FAULT_DELAY, "", "", 100);
    struct outage_result *r, *none = run_fault(NULL);
    double before_s = p99_s;

    (void)state;
    spec.of = FAULT_ALL;
    spec.more_delay_s = 0.02385;
    r = run_fault(&spec);
    assert_int_equal(r->faults[0].n_targets, 5);
    assert_int_equal(r->n_sent, r->n_received);
    assert_true(before_s < 0.01);
    assert_true(p99_s >= 2 * 0.02385);
    free(r);
    free(none);
}

/* The first frames of new sessions wait for it; what has entries does not notice. */
static void test_the_controller_stands(void **state)
{
    struct fault_spec spec = fault(FAULT_STALL, "", "", 2);
    struct outage_result *r = run_fault(&spec);

    (void)state;
    assert_int_equal(r->n_sent, r->n_received);
    assert_int_equal(r->n_connections, 0);
    assert_true(p99_s > 1);
    free(r);
}

static void test_the_controller_is_restarted(void **state)
{
    struct fault_spec spec = fault(FAULT_RESTART, "", "", 2);
    struct outage_result *r = run_fault(&spec);

    (void)state;
    assert_int_equal(r->n_connections, 5);
    assert_int_equal(r->n_unrepaired, 0);
    assert_true(r->answered_frac[r->n_bins - 1] > 0.9);
    free(r);
}

/* A stand-alone switch goes on as a bridge when the controller is gone for good. */
static void test_fail_secure_and_standalone(void **state)
{
    struct fault_spec spec = fault(FAULT_RESTART, "", "", INFINITY);
    double answered[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct outage_params p = params_for(&spec);
        struct topo topo = TOPO_INIT;
        struct outage_result *r = calloc(1, sizeof *r);
        struct outage *o;
        char why[128];

        p.world.fail_mode = i ? SWTCH_FAIL_STANDALONE : SWTCH_FAIL_SECURE;
        topo_make_linear(&topo, 3, 2); /* A bridge has no spanning tree: no loops. */
        o = outage_new(&topo, &p, why, sizeof why);
        topo_fini(&topo);
        while (outage_step(o, 1)) {
        }
        outage_measure(o, r);
        answered[i] = r->answered_frac[r->n_bins - 1];
        assert_null(outage_ctl(o));
        outage_free(o);
        free(r);
    }
    print_message("answered without a controller: fail-secure %.3f, stand-alone %.3f\n",
                  answered[0], answered[1]);
    assert_true(answered[0] < 0.9);
    assert_true(answered[1] > 0.95);
}

/* --- Queues ------------------------------------------------------------------------------------ */

/* Streams in a queue with a maximum get that and no more; pings beside them do not wait for what is too much. */
static void test_a_queue_limits_streams(void **state)
{
    static const struct queue_params queues[] = {{7, QUEUE_NO_RATE, 100}};
    static const struct queue_class classes[] = {{2385, 7}};
    struct outage_params p = params_for(NULL);
    struct topo topo = TOPO_INIT;
    struct outage_result *r = calloc(1, sizeof *r);
    struct queue_counts sum;
    struct outage *o;
    double bps;
    char why[128];

    (void)state;
    p.n_streams = 1;
    p.interval_s = 0.001;
    p.world.queues = queues;
    p.world.n_queues = 1;
    p.world.classes = classes;
    p.world.n_classes = 1;
    topo_make_linear(&topo, 2, 1);
    for (size_t i = 0; i < topo.n_edges; i++) {
        topo.edges[i].wire.rate_bps = 1000000;
        topo.edges[i].wire.queue_bytes = 2000;
    }
    o = outage_new(&topo, &p, why, sizeof why);
    topo_fini(&topo);
    while (outage_step(o, 1)) {
    }
    outage_measure(o, r);
    sum = swtch_queue_counts(world_switch(outage_world(o), 0), 7);
    /* A datagram of 12 bytes is a frame of 54, with the tag of clustering 58 between the switches. */
    bps = (double)r->n_received * 58 * 8 / p.duration_s;
    print_message("a queue of 100 kb/s carried %.0f b/s, dropped %llu; pings took %.6f s at most\n", bps,
                  (unsigned long long)sum.tx_errors, (double)r->rtt_ns->max / 1e9);
    assert_true(fabs(bps - 100000) < 0.03 * 100000);
    assert_true(sum.tx_errors > 0 && r->n_sent > r->n_received);
    assert_true(hist_quantile(r->rtt_ns, 0.5) < 20000000);
    assert_int_equal(r->n_probes, r->n_answered);
    assert_int_equal(swtch_queue_counts(world_switch(outage_world(o), 0), 8).tx_bytes, 0);
    outage_free(o);
    free(r);
}

/* --- Session level ----------------------------------------------------------------------------- */

/* First frames are repeated while the controller is gone, and delivered when there is another one; entries of a switch
 * that lost its power are installed again. */
static void test_a_campus_under_faults(void **state)
{
    struct campus_params p = campus_params_default();
    struct fault_spec specs[] = {fault(FAULT_SWITCH, "acc2", "", 5), fault(FAULT_STALL, "", "", 4)};
    struct campus_metrics none, m;
    struct campus *c;
    char why[128];

    (void)state;
    p.n_access = 4;
    p.n_core = 2;
    p.hosts_per_access = 12;
    p.clustering.hold_s = 10;
    p.warmup_s = 20;
    p.duration_s = 60;
    assert_int_equal(campus_run(&p, &none, why, sizeof why), ERR_OK);
    specs[0].at_s = 30;
    specs[1].at_s = 50;
    p.faults.list[0] = specs[0];
    p.faults.list[1] = specs[1];
    p.faults.n = 2;
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    campus_run_until(c, campus_setup_s(c) + 31);
    assert_int_equal(table_size(swtch_table(world_switch(campus_world(c), 1), 0)), 0);
    campus_run_until(c, campus_end_s(c));
    assert_true(table_size(swtch_table(world_switch(campus_world(c), 1), 0)) > 13);
    campus_measure(c, &m);
    print_message("retries without faults %.3f/s, with them %.3f/s\n", none.retries_per_s,
                  m.retries_per_s);
    assert_true(m.retries_per_s > none.retries_per_s + 0.1);
    assert_int_equal(faults_stats(campus_faults(c), 0).n_begun, 1);
    assert_true(fabs(faults_stats(campus_faults(c), 1).down_s - 4) < 1e-9);
    campus_free(c);

    p.faults.list[1].kind = FAULT_RESTART;
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    campus_run_until(c, campus_setup_s(c) + 52);
    assert_null(campus_ctl(c));
    campus_run_until(c, campus_end_s(c));
    assert_non_null(campus_ctl(c));
    assert_true(ctlchan_is_up(campus_channel(c), 0));
    campus_free(c);
    p.sflow.one_in = 10;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "cannot be restarted"));
    p.sflow.one_in = 0;
    snprintf(p.faults.list[0].a, sizeof p.faults.list[0].a, "acc9");
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "acc9"));
}

/* --- At random --------------------------------------------------------------------------------- */

/* The variance of the share of time up of an alternating process in a long time T is
 * (mtbf² var(down) + mttr² var(up)) / (mtbf + mttr)³ / T (Takács 1957). */
static void test_availability_of_random_faults(void **state)
{
    static const struct {
        enum duration_kind law;
        double shape, cv2;
    } laws[] = {{DURATION_EXPONENTIAL, 0, 1},
                {DURATION_DETERMINISTIC, 0, 0},
                {DURATION_LOGNORMAL, 0.5, 0.2840254166877414}};
    const double mtbf = 2.385, mttr = 0.85, t = 6000;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world_params wp = world_params_default();
        struct ctlchan_params cp = ctlchan_params_default();
        struct fault_specs specs = {.n = 1};
        struct fault_hooks hooks = {0};
        struct fault_stats stats;
        struct topo topo = TOPO_INIT;
        struct world *world;
        struct ctlchan *cc;
        struct faults *f;
        double expected = mtbf / (mtbf + mttr), sd, up;
        char why[128];

        topo_make_ring(&topo, 6, 1);
        specs.list[0] = (struct fault_spec){.kind = FAULT_LINK,
                                            .of = FAULT_TRUNKS,
                                            .is_random = true,
                                            .mtbf_s = mtbf,
                                            .mttr_s = mttr,
                                            .up_law = DURATION_EXPONENTIAL,
                                            .down_law = laws[i].law,
                                            .down_shape = laws[i].shape};
        wp.seed = 85 + i;
        world = world_new(&topo, &wp);
        topo_fini(&topo);
        cc = ctlchan_new(world, &cp);
        f = faults_new(world, cc, &specs, &hooks, why, sizeof why);
        assert_non_null(f);
        sim_run_until(world_sim(world), (mono_t){ns_from_s(t)});
        stats = faults_stats(f, 0);
        up = 1 - stats.down_s / stats.watched_s;
        sd = sqrt((mtbf * mtbf * mttr * mttr * laws[i].cv2 + mttr * mttr * mtbf * mtbf) /
                  pow(mtbf + mttr, 3) / (6 * t));
        print_message("availability: %.5f expected, %.5f ± %.5f simulated, %llu faults\n", expected, up,
                      sd, (unsigned long long)stats.n_begun);
        assert_int_equal(stats.n_targets, 6);
        assert_true(fabs(stats.expected_frac - expected) < 1e-12);
        assert_true(fabs(up - expected) < 4 * sd);
        faults_free(f);
        ctlchan_free(cc);
        world_free(world);
    }
}

static void test_faults_overlap(void **state)
{
    struct fault_spec link = fault(FAULT_LINK, "s1", "s2", 4);
    struct outage_params p = params_for(&link);
    struct outage *o;
    struct wire *wire;

    (void)state;
    p.faults.list[p.faults.n] = fault(FAULT_SWITCH, "s2", "", 1);
    p.faults.list[p.faults.n++].at_s = 4;
    o = ring_open(&p);
    wire = world_find_wire(outage_world(o), "s1", "s2");
    outage_step(o, 8);
    assert_true(wire_is_up(wire));
    outage_step(o, 2.5); /* The switch is back, the link is not. */
    assert_false(wire_is_up(wire));
    assert_true(wire_is_up(world_find_wire(outage_world(o), "s2", "s3")));
    outage_step(o, 2);
    assert_true(wire_is_up(wire));
    outage_free(o);
}

/* The short one of two on the same fibre, or the same channel, does not end the long one. */
static void test_faults_of_a_kind_overlap(void **state)
{
    struct fault_spec specs[] = {fault(FAULT_FIBRE, "s1", "s2", INFINITY),
                                 fault(FAULT_DELAY, "", "", INFINITY)};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct outage_params p;
        struct outage_result *r;

        specs[i].at_s = 0;
        specs[i].of = specs[i].kind == FAULT_DELAY ? FAULT_ALL : FAULT_ONE;
        specs[i].more_delay_s = 0.02385;
        p = params_for(&specs[i]);
        p.core.link_timeout_ns = 100 * NS_PER_S;
        p.faults.list[p.faults.n] = specs[i];
        p.faults.list[p.faults.n].at_s = 1;
        p.faults.list[p.faults.n++].for_s = 0.5;
        r = run_ring(&p, i ? "two delays" : "two of a fibre");
        if (i) {
            assert_true(hist_quantile(r->rtt_ns, 0.5) >= 2 * 23850000);
        } else {
            assert_true(r->n_unrepaired > 0);
        }
        free(r);
    }
}

/* Replies to what was asked before measuring began do not count, however late they are. */
static void test_sessions_are_those_that_begin_while_measuring(void **state)
{
    struct outage_params p = params_for(NULL);
    struct outage_result *r = calloc(1, sizeof *r);
    struct outage *o;

    (void)state;
    p.channel.delay_ns = 200 * NS_PER_MS;
    p.probes_per_s = 200;
    o = ring_open(&p);
    outage_step(o, 4.9);
    outage_measure(o, r);
    assert_int_equal(r->n_probes, 0);
    assert_int_equal(r->n_answered, 0);
    outage_free(o);
    free(r);
    r = run_ring(&p, "far from the controller");
    assert_int_equal(r->n_answered, r->n_probes);
    assert_int_equal(r->rtt_ns->n, r->n_probes);
    free(r);
}

/* Streams go between hosts of different switches, and where there is one switch with hosts between those; none goes to
 * the host that it comes from. */
static void test_streams_have_two_ends(void **state)
{
    struct outage_params p = params_for(NULL);
    struct outage_result *r = calloc(1, sizeof *r);
    struct topo topo = TOPO_INIT;
    struct outage *o;
    char why[256] = "";

    (void)state;
    assert_true(topo_read_dot("graph g { s1 -- s2; s1 -- h1; s1 -- h2; }", &topo, NULL, NULL));
    o = outage_new(&topo, &p, why, sizeof why);
    topo_fini(&topo);
    assert_non_null(o);
    while (outage_step(o, 1)) {
    }
    outage_measure(o, r);
    assert_int_equal(r->n_sent, 12 * 1200);
    assert_int_equal(r->n_received, r->n_sent);
    outage_free(o);
    free(r);
}

static void test_same_seed_same_trace(void **state)
{
    struct fault_spec spec = {.kind = FAULT_SWITCH, .of = FAULT_ALL, .is_random = true, .mtbf_s = 20,
                              .mttr_s = 1};
    struct outage_params p = params_for(&spec);
    struct outage_result *a = run_ring(&p, "switches at random"), *b = run_ring(&p, "again");

    (void)state;
    assert_true(a->trace_hash == b->trace_hash && a->n_received == b->n_received);
    assert_true(a->faults[0].n_begun > 0);
    free(b);
    p.world.seed = 2;
    b = run_ring(&p, "another seed");
    assert_true(a->trace_hash != b->trace_hash);
    free(a);
    free(b);
}

static void test_bad_faults(void **state)
{
    static const struct {
        struct fault_spec spec;
        const char *why;
    } rows[] = {
        {{.kind = FAULT_LINK, .a = "s1", .b = "s3"}, "no link between \"s1\" and \"s3\""},
        {{.kind = FAULT_SWITCH, .a = "s9"}, "no switch is called \"s9\""},
        {{.kind = FAULT_LINE_CARD, .a = "s1", .n_ports = 1, .ports = {9}}, "has no port 9"},
        {{.kind = FAULT_STALL, .is_random = true, .mtbf_s = 0, .mttr_s = 1}, "fault0: up_law: mean"},
        {{.kind = FAULT_STALL, .is_random = true, .mtbf_s = 1, .mttr_s = 1,
          .down_law = DURATION_PARETO, .down_shape = 1}, "down_law: shape"},
        {{.kind = FAULT_LINE_CARD, .of = FAULT_ALL, .n_ports = 1, .ports = {9}}, "\"s1\" has no port 9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outage_params p = params_for(&rows[i].spec);
        struct topo topo = TOPO_INIT;
        char why[256] = "";

        topo_make_ring(&topo, 5, 2);
        assert_null(outage_new(&topo, &p, why, sizeof why));
        if (!strstr(why, rows[i].why)) {
            fail_msg("row %zu: %s", i, why);
        }
        topo_fini(&topo);
    }
}

/* --- The store --------------------------------------------------------------------------------- */

static void collect(void *aux, const char *key, const char *value)
{
    char *out = aux;

    snprintf(out + strlen(out), 64 - strlen(out), "%s=%s;", key, value);
}

static void collect_table(void *aux, const char *table)
{
    collect(aux, table, "");
}

static void test_store_in_memory(void **state)
{
    struct mem_store *s = mem_store_new();
    const struct store_ops *ops = mem_store_ops(s);
    char out[64] = "";

    (void)state;
    assert_int_equal(ops->put(ops->aux, "b", "2", "two"), ERR_OK);
    assert_int_equal(ops->put(ops->aux, "a", "x", "y"), ERR_OK);
    assert_int_equal(ops->put(ops->aux, "b", "1", "one"), ERR_OK);
    assert_int_equal(ops->put(ops->aux, "b", "2", "zwei"), ERR_OK);
    assert_int_equal(mem_store_size(s), 3);
    ops->each(ops->aux, "b", collect, out);
    assert_string_equal(out, "1=one;2=zwei;");
    out[0] = 0;
    ops->tables(ops->aux, collect_table, out);
    assert_string_equal(out, "a=;b=;");
    assert_int_equal(ops->del(ops->aux, "b", "3"), ERR_NOTFOUND);
    assert_int_equal(ops->del(ops->aux, "b", "1"), ERR_OK);
    assert_int_equal(mem_store_size(s), 2);
    mem_store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_faults_nothing_is_lost),
        cmocka_unit_test(test_a_link_is_gone_round),
        cmocka_unit_test(test_a_fibre_is_not_seen),
        cmocka_unit_test(test_a_line_card),
        cmocka_unit_test(test_a_switch_loses_its_power),
        cmocka_unit_test(test_the_processor_of_a_switch_stands),
        cmocka_unit_test(test_controller_is_far_away),
        cmocka_unit_test(test_a_channel_is_cut),
        cmocka_unit_test(test_messages_take_longer),
        cmocka_unit_test(test_the_controller_stands),
        cmocka_unit_test(test_the_controller_is_restarted),
        cmocka_unit_test(test_fail_secure_and_standalone),
        cmocka_unit_test(test_a_queue_limits_streams),
        cmocka_unit_test(test_a_campus_under_faults),
        cmocka_unit_test(test_availability_of_random_faults),
        cmocka_unit_test(test_faults_overlap),
        cmocka_unit_test(test_faults_of_a_kind_overlap),
        cmocka_unit_test(test_sessions_are_those_that_begin_while_measuring),
        cmocka_unit_test(test_streams_have_two_ends),
        cmocka_unit_test(test_same_seed_same_trace),
        cmocka_unit_test(test_bad_faults),
        cmocka_unit_test(test_store_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
