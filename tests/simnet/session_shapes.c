/* Session traffic whose rates change with time, beside the equation of a pair: births and sessions in
 * each bin, of destinations in a flash crowd and of the others; over replications, with intervals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "simnet/des/probe.h"
#include "simnet/des/sim.h"
#include "simnet/world/session.h"

#define N_HOSTS 60
#define N_BINS 30
#define BIN_S 4.0
#define MU_PER_S 0.2
#define N_REPLICATIONS 60

/* t beyond this once in 32 000 times, 59 degrees of freedom; there are 240 comparisons. */
#define MOST_ERRORS 4.35

struct counts {
    double births[2][N_BINS], on[2][N_BINS]; /* First those that are not in the crowd. */
    bool in_surge[N_HOSTS];
    double n_on[2];
    size_t bin;
};

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct counts *c = aux;

    (void)src;
    c->births[c->in_surge[dst]][c->bin]++;
    c->n_on[c->in_surge[dst]]++;
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    struct counts *c = aux;

    (void)src;
    c->n_on[c->in_surge[dst]]--;
}

static double lambda_of(uint32_t d)
{
    return d % 3 ? 0.002385 : 0.0007;
}

static struct rate_shape shape(void)
{
    struct rate_shape s = rate_shape_flat();

    s.table[0] = 1, s.table[1] = 0.2, s.table[2] = 2.5, s.table[3] = 0, s.n_table = 4;
    s.step_s = 16;
    s.amplitude = 0.6;
    s.period_s = 50;
    s.surge = (struct rate_surge){.at_s = 34, .factor = 15, .decay_s = 12};
    return s;
}

static void simulate(struct counts *c, uint64_t seed, enum duration_kind law, bool paused)
{
    struct sim *sim = sim_new(seed);
    struct rate_shape s = shape();
    double lambda[N_HOSTS];
    struct session_params p = {.n_hosts = N_HOSTS,
                               .lambda_per_s = lambda,
                               .duration = {.kind = law, .mean_s = 1 / MU_PER_S},
                               .stream = "sessions",
                               .shape = &s,
                               .in_surge = c->in_surge};
    struct session_hooks hooks = {.begin = on_begin, .end = on_end, .aux = c};
    struct session_traffic *st;

    for (uint32_t d = 0; d < N_HOSTS; d++) {
        lambda[d] = lambda_of(d);
        c->in_surge[d] = d % 5 == 0;
    }
    st = session_traffic_new(sim, &p, &hooks);
    for (c->bin = 0; c->bin < N_BINS; c->bin++) {
        session_traffic_start(st);
        sim_run_until(sim, mono_add(sim_now(sim), ns_from_s(BIN_S)));
        for (size_t k = 0; k < 2; k++) {
            c->on[k][c->bin] = c->n_on[k];
        }
        if (paused) { /* Its own time does not go on meanwhile. */
            session_traffic_stop(st);
            sim_run_until(sim, mono_add(sim_now(sim), ns_from_s(2.385)));
        }
    }
    assert_true(session_traffic_counters(st)->n_thinned > 0);
    session_traffic_free(st);
    sim_free(sim);
}

/* p' = lambda(t) (1 - p) - mu p, by small steps; adds what one destination does. */
static void predict(const struct rate_shape *s, uint32_t d, bool in_surge, double births[],
                    double on[])
{
    double p = 0, h_s = BIN_S / 4000;

    for (size_t b = 0; b < N_BINS; b++) {
        for (size_t i = 0; i < 4000; i++) {
            double t_s = (double)b * BIN_S + ((double)i + 0.5) * h_s;
            double lambda = lambda_of(d) * rate_shape_common(s, t_s) *
                            (in_surge ? 1 + rate_shape_surge(s, t_s) : 1);

            births[b] += (N_HOSTS - 1) * lambda * (1 - p) * h_s;
            p += (lambda * (1 - p) - MU_PER_S * p) * h_s;
        }
        on[b] += (N_HOSTS - 1) * p;
    }
}

static double compare(const char *what, size_t b, const struct probe_sample *seen, double expected)
{
    double error = probe_sample_std_error(seen);

    if (expected == 0 || error == 0) {
        assert_true(fabs(seen->mean - expected) < 0.05);
        return 0;
    }
    if (!(fabs(seen->mean - expected) <= MOST_ERRORS * error)) {
        fail_msg("%s of bin %zu: %g ± %g, expected %g", what, b, seen->mean, error, expected);
    }
    return (seen->mean - expected) / error;
}

/* Births of an exponential law do not depend on ends but through p; with deterministic durations p is
 * another one, but there are so few pairs ON that births are the same within their intervals. */
static void check(enum duration_kind law, bool paused, uint64_t first_seed)
{
    static struct probe_sample births[2][N_BINS], on[2][N_BINS];
    double expected_births[2][N_BINS] = {{0}}, expected_on[2][N_BINS] = {{0}}, worst = 0;
    struct rate_shape s = shape();

    for (size_t k = 0; k < 2; k++) {
        for (size_t b = 0; b < N_BINS; b++) {
            births[k][b] = on[k][b] = (struct probe_sample){0};
        }
    }
    for (uint64_t r = 0; r < N_REPLICATIONS; r++) {
        struct counts c = {0};

        simulate(&c, first_seed + r, law, paused);
        for (size_t i = 0; i < 2 * N_BINS; i++) {
            probe_sample_add(&births[i / N_BINS][i % N_BINS], c.births[i / N_BINS][i % N_BINS]);
            probe_sample_add(&on[i / N_BINS][i % N_BINS], c.on[i / N_BINS][i % N_BINS]);
        }
    }
    for (uint32_t d = 0; d < N_HOSTS; d++) {
        predict(&s, d, d % 5 == 0, expected_births[d % 5 == 0], expected_on[d % 5 == 0]);
    }
    for (size_t i = 0; i < 2 * N_BINS; i++) {
        size_t k = i / N_BINS, b = i % N_BINS;

        worst = fmax(worst, fabs(compare("births", b, &births[k][b], expected_births[k][b])));
        if (law == DURATION_EXPONENTIAL) {
            worst = fmax(worst, fabs(compare("sessions", b, &on[k][b], expected_on[k][b])));
        }
    }
    print_message("worst of the comparisons: %.2f standard errors\n", worst);
}

static void test_exponential(void **state)
{
    (void)state;
    check(DURATION_EXPONENTIAL, false, 1000);
}

static void test_deterministic(void **state)
{
    (void)state;
    check(DURATION_DETERMINISTIC, false, 2000);
}

static void test_paused(void **state)
{
    (void)state;
    check(DURATION_EXPONENTIAL, true, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
