/* A second controller that takes over: how long switches have no master, who is master and slave then, and what is
 * lost, when the first one dies, stands, or cannot be reached (OF 1.3.5 §6.3.4). */
#include "simnet/ctlchan/standby.h"

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
#include "controller/core/datapath.h"
#include "simnet/ctlchan/campus.h"
#include "simnet/ctlchan/outage.h"
#include "tests/simnet/outage_ring.h"

#define AT_S 3.2385

static struct outage_params params_with(enum fault_kind kind, double for_s, uint8_t version)
{
    struct outage_params p = ring_params(version);
    struct fault_spec spec = {.kind = kind, .at_s = AT_S, .for_s = for_s};

    p.standby.on = true;
    snprintf(spec.a, sizeof spec.a, "s3");
    p.faults.list[p.faults.n++] = spec;
    return p;
}

static void go_until(struct outage *o, double s)
{
    while (outage_now_s(o) < s && outage_step(o, s - outage_now_s(o))) {
    }
}

static struct outage_result *result_of(struct outage *o)
{
    struct outage_result *r = calloc(1, sizeof *r);

    outage_measure(o, r);
    print_message("lost %llu of %llu, probes unanswered %llu of %llu, %u takeovers, without a "
                  "master %.4f s, mean %.4f s\n",
                  (unsigned long long)(r->n_sent - r->n_received), (unsigned long long)r->n_sent,
                  (unsigned long long)(r->n_probes - r->n_answered),
                  (unsigned long long)r->n_probes, r->standby.n_takeovers, r->standby.without_s,
                  r->standby.without_mean_s);
    return r;
}

static struct outage_result *run(const struct outage_params *p)
{
    struct outage *o = ring_open(p);
    struct outage_result *r;

    go_until(o, outage_end_s(o));
    r = result_of(o);
    outage_free(o);
    return r;
}

/* The role that a controller has, and knows that it has, at every switch. */
static void assert_roles(const struct outage *o, struct ctlchan *side, enum of_role role)
{
    const struct ctl *ctl = ctlchan_ctl(side);
    size_t n;
    struct datapath *const *dps = datapath_all(ctl, &n);

    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(datapath_role(dps[i]), role);
    }
    for (uint32_t i = 0; i < world_n_switches(outage_world(o)); i++) {
        assert_true(ctlchan_is_up(side, i));
        assert_int_equal(ctlchan_is_master(side, i), role == OF_ROLE_MASTER);
    }
}

static void test_without_faults_the_first_is_master(void **state)
{
    struct outage_params p = params_with(FAULT_RESTART, 2, OF_VERSION_1_3);
    struct outage_result *r;
    struct outage *o;

    (void)state;
    p.faults.n = 0;
    o = ring_open(&p);
    go_until(o, 15.4);
    assert_roles(o, outage_channel(o), OF_ROLE_MASTER);
    assert_roles(o, standby_channel(outage_standby(o)), OF_ROLE_SLAVE);
    go_until(o, outage_end_s(o));
    r = result_of(o);
    assert_int_equal(r->standby.n_takeovers, 0);
    assert_true(r->standby.without_s == 0 && r->standby.without_mean_s == 0);
    assert_int_equal(r->n_received, r->n_sent);
    assert_int_equal(r->n_answered, r->n_probes);
    free(r);
    outage_free(o);
}

/* Between the last beat that was heard and the first one after dead_ns lie four of 100 ms; the fault is in the first of
 * them; a question and its answer take 0.1 ms. */
static void taken_over(enum fault_kind kind, uint8_t version)
{
    struct outage_params p = params_with(kind, 4, version);
    struct outage *o = ring_open(&p);
    struct outage_result *r;
    struct ctlchan *second = standby_channel(outage_standby(o));

    go_until(o, outage_begin_s(o) + AT_S + 1);
    assert_roles(o, second, OF_ROLE_MASTER);
    assert_ptr_equal(standby_master(outage_standby(o)), second);
    go_until(o, outage_begin_s(o) + AT_S + 4 + 2.5); /* Back, and connected again. */
    assert_roles(o, second, OF_ROLE_MASTER);
    assert_roles(o, outage_channel(o), OF_ROLE_SLAVE);
    go_until(o, outage_end_s(o));
    r = result_of(o);
    assert_int_equal(r->standby.n_takeovers, 1);
    assert_true(r->standby.without_s > 0.299 && r->standby.without_s < 0.403);
    assert_true(fabs(r->standby.without_mean_s - r->standby.without_s) < 0.002);
    assert_int_equal(r->n_received, r->n_sent); /* Entries stay. */
    assert_int_equal(r->n_unrepaired, 0);
    assert_true(r->n_probes - r->n_answered <= 4); /* Of some 0.4 s, 6 a second. */
    free(r);
    outage_free(o);
}

static void test_the_first_dies(void **state)
{
    (void)state;
    taken_over(FAULT_RESTART, OF_VERSION_1_3);
    taken_over(FAULT_RESTART, OF_VERSION_1_4);
    taken_over(FAULT_RESTART, OF_VERSION_1_5);
}

/* It does not know that it is master no more until it hears of the other. */
static void test_the_first_stands(void **state)
{
    (void)state;
    taken_over(FAULT_STALL, OF_VERSION_1_3);
    taken_over(FAULT_STALL, OF_VERSION_1_4);
}

static void test_the_first_is_cut_off(void **state)
{
    (void)state;
    taken_over(FAULT_CUT_OFF, OF_VERSION_1_3);
    taken_over(FAULT_CUT_OFF, OF_VERSION_1_5);
}

static void test_a_short_silence(void **state)
{
    struct outage_params p = params_with(FAULT_STALL, 0.2385, OF_VERSION_1_3);
    struct outage_result *r = run(&p);

    (void)state;
    assert_int_equal(r->standby.n_takeovers, 0);
    assert_true(fabs(r->standby.without_s - 0.2385) < 0.0011);
    free(r);
}

/* One switch of five: the others' master lives, and nobody takes over. */
static void test_one_channel(void **state)
{
    struct outage_params p = params_with(FAULT_CHANNEL, 2.5, OF_VERSION_1_3);
    struct outage_result *r = run(&p);

    (void)state;
    assert_int_equal(r->standby.n_takeovers, 0);
    assert_true(r->standby.without_s >= 2.5 && r->standby.without_s < 2.52);
    assert_true(fabs(r->standby.without_mean_s - r->standby.without_s / 5) < 1e-9);
    free(r);
}

/* A switch that comes back after a take-over knows no generation, and has the second for a master again. */
static void test_a_switch_without_power(void **state)
{
    struct outage_params p = params_with(FAULT_SWITCH, 1, OF_VERSION_1_3);
    struct outage *o;

    (void)state;
    p.faults.list[1] = (struct fault_spec){.kind = FAULT_RESTART, .at_s = 1, .for_s = 1.5};
    p.faults.n = 2;
    o = ring_open(&p);
    go_until(o, outage_begin_s(o) + 9);
    assert_roles(o, standby_channel(outage_standby(o)), OF_ROLE_MASTER);
    assert_roles(o, outage_channel(o), OF_ROLE_SLAVE);
    outage_free(o);
}

static void test_more_is_lost_without_it(void **state)
{
    struct outage_params p = params_with(FAULT_CUT_OFF, 4, OF_VERSION_1_3);
    struct outage_result *with = run(&p), *without;

    (void)state;
    p.standby.on = false;
    without = run(&p);
    assert_true(without->n_probes - without->n_answered >= 8 + with->n_probes - with->n_answered);
    assert_int_equal(without->standby.n_takeovers, 0);
    free(with);
    free(without);
}

static void test_same_again(void **state)
{
    struct outage_params p = params_with(FAULT_RESTART, 2, OF_VERSION_1_3);
    struct outage_result *a = run(&p), *b = run(&p);

    (void)state;
    assert_true(a->trace_hash == b->trace_hash);
    p.channel.fidelity = CHAN_DIRECT;
    free(b);
    b = run(&p);
    assert_true(a->trace_hash == b->trace_hash);
    free(a);
    free(b);
}

/* --- A campus ----------------------------------------------------------------------------------- */

static struct campus_params campus(void)
{
    struct campus_params p = campus_params_default();

    p.n_access = 6;
    p.n_core = 2;
    p.hosts_per_access = 12;
    p.versions = 1u << OF_VERSION_1_3;
    p.clustering.hold_s = 5;
    p.mean_sessions = 2.385;
    p.warmup_s = 10;
    p.duration_s = 60;
    p.standby.on = true;
    p.faults.list[0] = (struct fault_spec){.kind = FAULT_RESTART, .at_s = 30, .for_s = 8};
    p.faults.n = 1;
    return p;
}

static struct campus_metrics run_campus(const struct campus_params *p)
{
    struct campus_metrics m;
    char why[256] = "";

    if (campus_run(p, &m, why, sizeof why) != ERR_OK) {
        fail_msg("%s", why);
    }
    print_message(
        "%u takeovers, without a master %.4f s, %llu of %llu first frames lost, %.4f retries/s\n",
        m.standby.n_takeovers, m.standby.without_s,
        (unsigned long long)(m.n_first_frames - m.n_first_delivered),
        (unsigned long long)m.n_first_frames, m.retries_per_s);
    return m;
}

/* What is lost is repeated, and gets its entries from the second. */
static void test_a_campus(void **state)
{
    struct campus_params p = campus();
    struct campus_metrics with = run_campus(&p), without;
    double lost = (double)(with.n_first_frames - with.n_first_delivered);

    (void)state;
    p.standby.on = false;
    without = run_campus(&p);
    assert_int_equal(with.standby.n_takeovers, 1);
    assert_true(with.standby.without_s > 0.25 && with.standby.without_s < 0.45);
    assert_true(lost > 0 && lost < with.misses_per_s * 1.5);
    assert_true(without.n_first_frames - without.n_first_delivered > 10 * lost);
    assert_true(fabs(with.occupancy_entries / without.occupancy_entries - 1) < 0.2);
}

static void refused(const struct campus_params *p, const char *word)
{
    char why[256] = "";

    assert_null(campus_new(p, why, sizeof why));
    if (!strstr(why, word)) {
        fail_msg("\"%s\" is not in \"%s\"", word, why);
    }
}

static void test_refused(void **state)
{
    struct campus_params p = campus();

    (void)state;
    p.versions = 1u << OF_VERSION_1_0;
    refused(&p, "switch.versions from 1.3 on");
    p = campus();
    p.channel.is_inband = true;
    refused(&p, "channel.in_band must be left out");
    p = campus();
    p.standby.dead_ns = p.standby.beat_ns;
    refused(&p, "dead_ms above that");
    p.standby.beat_ns = 0;
    refused(&p, "beat_ms must be above 0");
    p = campus();
    p.sflow.one_in = 10;
    p.faults.n = 0;
    refused(&p, "without sFlow");
    p = campus();
    p.steady = true;
    refused(&p, "an empty start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_faults_the_first_is_master),
        cmocka_unit_test(test_the_first_dies),
        cmocka_unit_test(test_the_first_stands),
        cmocka_unit_test(test_the_first_is_cut_off),
        cmocka_unit_test(test_a_short_silence),
        cmocka_unit_test(test_one_channel),
        cmocka_unit_test(test_a_switch_without_power),
        cmocka_unit_test(test_more_is_lost_without_it),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_a_campus),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
