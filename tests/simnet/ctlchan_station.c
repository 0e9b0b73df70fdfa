/* The controller station beside its closed forms, and what it promises of other messages. */
#include "simnet/ctlchan/station.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/list.h"
#include "controller/base/rng.h"
#include "models/queue.h"

struct source {
    struct sim *sim;
    struct station *st;
    struct rng *rng;
    double lambda_per_s;
    struct sim_event next;
};

static void forget(void *aux, struct station_job *job)
{
    (void)aux;
    free(job);
}

static void on_next(void *aux, struct sim_event *event)
{
    struct source *src = aux;
    struct station_job *job = xcalloc(1, sizeof *job);

    if (!station_offer(src->st, job, true)) {
        free(job);
    }
    sim_at(
        src->sim, event,
        mono_add(sim_now(src->sim), ns_from_s(rng_exponential(src->rng, 1 / src->lambda_per_s))));
}

/* Means over replications, for confidence intervals. */
struct outcome {
    struct probe_sample blocked_frac, sojourn_s, wait_s, in_station, busy_frac;
};

static void replicate(const struct station_params *params, double lambda_per_s, uint64_t seed,
                      struct outcome *out)
{
    struct source src = {.sim = sim_new(seed), .lambda_per_s = lambda_per_s};
    const struct station_stats *s;
    mono_t end = {20 * NS_PER_S};

    src.rng = sim_rng(src.sim, "arrivals");
    src.st = station_new(src.sim, "service", params, forget, NULL);
    sim_event_init(&src.next, 1, SIM_PRIO_NORMAL, on_next, &src);
    sim_at(src.sim, &src.next, MONO_ZERO);
    sim_run_until(src.sim, (mono_t){NS_PER_S});
    station_reset_stats(src.st);
    sim_run_until(src.sim, end);
    s = station_get_stats(src.st);
    probe_sample_add(&out->blocked_frac, (double)s->n_blocked / (double)s->n_arrived);
    probe_sample_add(&out->sojourn_s, s->sojourn_s.mean);
    probe_sample_add(&out->wait_s, s->wait_s.mean);
    probe_sample_add(&out->in_station, probe_level_mean(&s->in_station, end));
    probe_sample_add(&out->busy_frac, probe_level_mean(&s->busy, end));
    station_free(src.st, forget, NULL);
    sim_free(src.sim);
}

/* Inside three and a half standard errors: t with 39 degrees of freedom is beyond once in 850. Events
 * too rare to be seen at all (a blocking of 1e-8) are told apart from 0 by 1e-8 only. */
static void check(const char *what, const struct probe_sample *p, double expected)
{
    double err = probe_sample_std_error(p);

    print_message("  %-10s measured %.6g ± %.2g, model %.6g\n", what, p->mean, 1.96 * err,
                  expected);
    assert_true(fabs(p->mean - expected) <= 3.5 * err + 1e-8);
}

static void run_twin(enum service_law law, double lambda_per_s, double mu_per_s, uint32_t m)
{
    struct station_params params = {.law = law, .rate_per_s = mu_per_s, .capacity = m};
    struct queue_state q;
    struct outcome out = {0};

    if (law == SERVICE_EXPONENTIAL) {
        assert_int_equal(model_mm1m(lambda_per_s, mu_per_s, m, &q), MODEL_OK);
    } else {
        assert_int_equal(model_md1m(lambda_per_s, mu_per_s, m, &q), MODEL_OK);
    }
    for (uint64_t seed = 1; seed <= 40; seed++) {
        replicate(&params, lambda_per_s, seed * 2386, &out);
    }
    print_message("%s, rho %.3f, m %u\n", service_law_name(law), lambda_per_s / mu_per_s, m);
    check("blocking", &out.blocked_frac, q.p_block_frac);
    check("sojourn", &out.sojourn_s, q.mean_sojourn_s);
    check("wait", &out.wait_s, q.mean_wait_s);
    check("number", &out.in_station, q.mean_number);
    check("busy", &out.busy_frac, q.throughput_per_s / mu_per_s);
}

static void test_station_is_mm1m(void **state)
{
    (void)state;
    run_twin(SERVICE_EXPONENTIAL, 1670, 2385, 51);
    run_twin(SERVICE_EXPONENTIAL, 1910, 2385, 5);
    run_twin(SERVICE_EXPONENTIAL, 2700, 2385, 7);
    run_twin(SERVICE_EXPONENTIAL, 800, 2385, 1);
}

static void test_station_is_md1m(void **state)
{
    (void)state;
    run_twin(SERVICE_DETERMINISTIC, 1910, 2385, 4);
    run_twin(SERVICE_DETERMINISTIC, 1670, 2385, 51);
}

/* Two equally likely times: the mean is theirs, and nothing else comes out. */
static void test_empirical_draws_from_its_samples(void **state)
{
    static const double samples[] = {0.0002385, 0.0006};
    struct station_params params = {.law = SERVICE_EMPIRICAL, .samples_s = samples, .n_samples = 2};
    struct outcome out = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        replicate(&params, 500, seed, &out);
    }
    check("busy", &out.busy_frac, 500 * (samples[0] + samples[1]) / 2);
}

/* --- Order ----------------------------------------------------------------------------------- */

struct numbered {
    struct station_job job;
    int n;
};

struct journal {
    int order[8];
    unsigned n;
};

static void write_down(void *aux, struct station_job *job)
{
    struct journal *j = aux;

    j->order[j->n++] = CONTAINER_OF(job, struct numbered, job)->n;
}

static void test_control_messages_wait_and_are_never_lost(void **state)
{
    struct sim *sim = sim_new(1);
    struct station_params params = {
        .law = SERVICE_DETERMINISTIC, .rate_per_s = 1000, .capacity = 2};
    struct journal j = {{0}, 0};
    struct station *st = station_new(sim, "s", &params, write_down, &j);
    struct numbered jobs[7];

    (void)state;
    for (int i = 0; i < 7; i++) {
        jobs[i].n = i;
    }
    assert_true(station_offer(st, &jobs[0].job, false)); /* Nobody there: served at once. */
    assert_int_equal(j.n, 1);
    assert_true(station_offer(st, &jobs[1].job, true));
    assert_true(station_offer(st, &jobs[2].job, false));
    assert_true(station_offer(st, &jobs[3].job, true));
    assert_false(station_offer(st, &jobs[4].job, true)); /* Both places are taken. */
    assert_true(station_offer(st, &jobs[5].job, false));
    sim_run_until(sim, (mono_t){NS_PER_S / 1000});
    assert_int_equal(j.n, 3); /* Served: 1, and 2 behind it in no time. */
    assert_true(station_offer(st, &jobs[6].job, true));
    sim_run_until(sim, (mono_t){NS_PER_S});
    assert_int_equal(j.n, 6);
    assert_memory_equal(j.order, ((int[]){0, 1, 2, 3, 5, 6}), 6 * sizeof(int));
    assert_int_equal(station_get_stats(st)->n_blocked, 1);
    assert_int_equal(station_get_stats(st)->n_busy_periods, 1);
    assert_int_equal(station_get_stats(st)->n_control, 3);
    station_free(st, write_down, &j);
    sim_free(sim);
}

/* Three lost while the line is never empty, one in the next busy period: 3² + 1². */
static void test_losses_are_counted_by_busy_periods(void **state)
{
    struct sim *sim = sim_new(1);
    struct station_params params = {
        .law = SERVICE_DETERMINISTIC, .rate_per_s = 1000, .capacity = 1};
    struct journal j = {{0}, 0};
    struct station *st = station_new(sim, "s", &params, write_down, &j);
    struct numbered jobs[6] = {{.n = 0}};

    (void)state;
    for (int i = 0; i < 6; i++) {
        if (i == 4) {
            sim_run_until(sim, (mono_t){NS_PER_S / 500});
        }
        assert_int_equal(station_offer(st, &jobs[i].job, true), i == 0 || i == 4);
    }
    assert_int_equal(station_get_stats(st)->n_arrived, 6);
    assert_int_equal(station_get_stats(st)->n_busy_periods, 2);
    assert_int_equal(station_get_stats(st)->n_blocked, 4);
    assert_int_equal(station_get_stats(st)->n_blocked2, 10);
    station_free(st, write_down, &j);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_station_is_mm1m),
        cmocka_unit_test(test_station_is_md1m),
        cmocka_unit_test(test_empirical_draws_from_its_samples),
        cmocka_unit_test(test_control_messages_wait_and_are_never_lost),
        cmocka_unit_test(test_losses_are_counted_by_busy_periods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
