/* Laws of session durations: their draws, what is left of a session, and traffic with a memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "simnet/des/sim.h"
#include "simnet/world/duration.h"
#include "simnet/world/session.h"
#include "simnet/world/session_ends.h"

#define MEAN_S 2.385
#define N_DRAWS 200000

static const double samples_s[] = {0.31, 2.385, 2.385, 7.04, 11.9, 0.02};

static const struct duration_law laws[] = {
    {.kind = DURATION_EXPONENTIAL, .mean_s = MEAN_S},
    {.kind = DURATION_DETERMINISTIC, .mean_s = MEAN_S},
    {.kind = DURATION_PARETO, .mean_s = MEAN_S, .shape = 1.7},
    {.kind = DURATION_PARETO, .mean_s = MEAN_S, .shape = 3.1},
    {.kind = DURATION_LOGNORMAL, .mean_s = MEAN_S, .shape = 0.9},
    {.kind = DURATION_MIXTURE,
     .mean_s = MEAN_S,
     .shape = 2.2,
     .elephant_frac = 0.06,
     .elephant_mean_s = 8 * MEAN_S},
    {.kind = DURATION_EMPIRICAL,
     .mean_s = 24.04 / 6,
     .samples_s = samples_s,
     .n_samples = sizeof samples_s / sizeof samples_s[0]},
};

#define N_LAWS (sizeof laws / sizeof laws[0])

/* P(X > t), and its integral from t on, divided by the mean: what is left of a session lasts longer than t with
 * that probability (Cox 1962). */
static double longer(const struct duration_law *law, double t)
{
    double x_m = law->mean_s * (law->shape - 1) / law->shape, n = 0;

    switch (law->kind) {
    case DURATION_EXPONENTIAL:
        return exp(-t / law->mean_s);
    case DURATION_DETERMINISTIC:
        return t < law->mean_s;
    case DURATION_PARETO:
        return t < x_m ? 1 : pow(x_m / t, law->shape);
    case DURATION_LOGNORMAL:
        return 0.5 *
               erfc((log(t / law->mean_s) + law->shape * law->shape / 2) / law->shape / sqrt(2));
    case DURATION_MIXTURE:
        x_m = law->elephant_mean_s * (law->shape - 1) / law->shape;
        return law->elephant_frac * (t < x_m ? 1 : pow(x_m / t, law->shape)) +
               (1 - law->elephant_frac) *
                   exp(-t * (1 - law->elephant_frac) /
                       (law->mean_s - law->elephant_frac * law->elephant_mean_s));
    case DURATION_EMPIRICAL:
        break;
    }
    for (uint32_t i = 0; i < law->n_samples; i++) {
        n += law->samples_s[i] > t;
    }
    return n / law->n_samples;
}

static double rest_longer(const struct duration_law *law, double t)
{
    double sum = 0, step = t / 20000; /* By the middles: 1 minus the integral up to t. */

    for (int i = 0; i < 20000; i++) {
        sum += longer(law, (i + 0.5) * step) * step;
    }
    return 1 - sum / law->mean_s;
}

typedef double draw_fn(const struct duration *d, struct rng *rng);
typedef double law_fn(const struct duration_law *law, double t);

/* The share of draws above each of some times is what the law says, within 4.5 standard errors. */
static void check_law(const struct duration_law *law, draw_fn *draw, law_fn *expected)
{
    static const double at[] = {0.011, 0.5, 1.3, 2.2, 2.4, 5.9, 9.7, 23.85};
    double above[sizeof at / sizeof at[0]] = {0};
    struct duration d;
    struct rng rng;

    duration_init(&d, law);
    rng_seed(&rng, 2385);
    for (int i = 0; i < N_DRAWS; i++) {
        double s = draw(&d, &rng);

        assert_true(s > 0);
        for (size_t k = 0; k < sizeof at / sizeof at[0]; k++) {
            above[k] += s > at[k];
        }
    }
    for (size_t k = 0; k < sizeof at / sizeof at[0]; k++) {
        double p = expected(law, at[k]), error = sqrt(fmax(p * (1 - p), 1e-9) / N_DRAWS);

        if (fabs(above[k] / N_DRAWS - p) > 4.5 * error + 1e-4) {
            fail_msg("law %d: P(> %g s) is %g, expected %g", (int)law->kind, at[k],
                     above[k] / N_DRAWS, p);
        }
    }
    duration_fini(&d);
}

static void test_draws_follow_their_law(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LAWS; i++) {
        check_law(&laws[i], duration_draw, longer);
    }
}

static void test_what_is_left_follows_renewal_theory(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LAWS; i++) {
        check_law(&laws[i], duration_draw_rest, rest_longer);
    }
}

static void test_laws_that_are_none(void **state)
{
    static const double bad_samples[] = {1, -2.385}, no_number[] = {NAN};
    const struct duration_law bad[] = {
        {.mean_s = 0},
        {.mean_s = -2.385},
        {.mean_s = NAN},
        {.mean_s = INFINITY},
        {.mean_s = 1.1e9},
        {.kind = DURATION_PARETO, .mean_s = MEAN_S, .shape = 1},
        {.kind = DURATION_PARETO, .mean_s = MEAN_S, .shape = NAN},
        {.kind = DURATION_PARETO, .mean_s = MEAN_S, .shape = INFINITY},
        {.kind = DURATION_LOGNORMAL, .mean_s = MEAN_S, .shape = -0.1},
        {.kind = DURATION_LOGNORMAL, .mean_s = MEAN_S, .shape = NAN},
        {.kind = DURATION_EMPIRICAL, .mean_s = MEAN_S},
        {.kind = DURATION_EMPIRICAL, .mean_s = MEAN_S, .samples_s = bad_samples, .n_samples = 2},
        {.kind = DURATION_EMPIRICAL, .mean_s = MEAN_S, .samples_s = no_number, .n_samples = 1},
    };

    (void)state;
    for (size_t i = 0; i < N_LAWS; i++) {
        assert_null(duration_law_error(&laws[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_non_null(duration_law_error(&bad[i]));
    }
}

/* A tail so heavy that it would not fit into nanoseconds is cut. */
static void test_very_long_ones_are_cut(void **state)
{
    const struct duration_law law = {.kind = DURATION_LOGNORMAL, .mean_s = 1e8, .shape = 10};
    struct duration d;
    struct rng rng;
    double longest = 0;

    (void)state;
    duration_init(&d, &law);
    rng_seed(&rng, 7);
    for (int i = 0; i < 100000; i++) {
        longest = fmax(longest, fmax(duration_draw(&d, &rng), duration_draw_rest(&d, &rng)));
    }
    assert_true(longest == DURATION_MAX_S);
    duration_fini(&d);
}

/* --- The queue of ends against a sorted list ---------------------------------------------------------- */

static void test_ends_come_in_order(void **state)
{
    struct session_ends ends;
    struct rng rng;
    int64_t last_ns = 0;
    uint32_t number = 0, last_number = 0;

    (void)state;
    session_ends_init(&ends);
    rng_seed(&rng, 5);
    for (int step = 0; step < 50000; step++) {
        if (!ends.n || rng_below(&rng, 100) < (step / 4000 % 2 ? 40u : 60u)) {
            int64_t at_ns = last_ns + rng_below(&rng, 300); /* Many are equal. */

            session_ends_add(&ends, at_ns, (struct session_pair){number++, UINT32_MAX});
        } else {
            int64_t at_ns = session_ends_first(&ends)->at_ns;
            struct session_pair pair = session_ends_take(&ends);

            assert_true(at_ns > last_ns || (at_ns == last_ns && pair.src > last_number));
            last_ns = at_ns;
            last_number = pair.src;
        }
    }
    session_ends_fini(&ends);
}

/* --- Traffic ------------------------------------------------------------------------------------------- */

#define N_HOSTS 24

struct watch {
    struct sim *sim;
    int64_t since_ns[N_HOSTS][N_HOSTS]; /* −1: OFF. */
    double on_s[N_HOSTS];               /* Of all pairs towards the host. */
    uint64_t n_begun, n_ended;
    double longest_s;
};

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct watch *w = aux;

    assert_true(w->since_ns[src][dst] < 0);
    w->since_ns[src][dst] = sim_now(w->sim).ns;
    w->n_begun++;
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    struct watch *w = aux;
    double s;

    assert_true(w->since_ns[src][dst] >= 0);
    s = ns_to_s(sim_now(w->sim).ns - w->since_ns[src][dst]);
    w->since_ns[src][dst] = -1;
    w->on_s[dst] += s;
    w->longest_s = fmax(w->longest_s, s);
    w->n_ended++;
}

static struct watch *watch_new(struct sim *sim)
{
    struct watch *w = xcalloc(1, sizeof *w);

    w->sim = sim;
    for (size_t s = 0; s < N_HOSTS; s++) {
        for (size_t d = 0; d < N_HOSTS; d++) {
            w->since_ns[s][d] = -1;
        }
    }
    return w;
}

static double lambda_of(uint32_t d)
{
    return 0.02385 * (d + 1);
}

static struct session_traffic *traffic_of(struct sim *sim, struct watch *w,
                                          const struct duration_law *law)
{
    const struct session_hooks hooks = {.begin = on_begin, .end = on_end, .aux = w};
    struct session_params params = {.n_hosts = N_HOSTS, .duration = *law, .stream = "sessions"};
    double lambda_per_s[N_HOSTS];

    for (uint32_t d = 0; d < N_HOSTS; d++) {
        lambda_per_s[d] = lambda_of(d);
    }
    params.lambda_per_s = lambda_per_s;
    return session_traffic_new(sim, &params, &hooks);
}

/* The share of time that a pair is ON is lambda m/(1 + lambda m) for every law of mean m: an alternating renewal
 * process (Cox 1962, section 7.3). From the first instant on, because the traffic begins stationary. */
static void test_share_of_time_on_depends_on_the_mean_only(void **state)
{
    const double total_s = 20000;

    (void)state;
    for (size_t i = 0; i < N_LAWS; i++) {
        struct sim *sim = sim_new(41);
        struct watch *w = watch_new(sim);
        struct session_traffic *st = traffic_of(sim, w, &laws[i]);
        double all = 0, expected = 0;

        session_traffic_populate(st);
        session_traffic_start(st);
        sim_run_until(sim, (mono_t){ns_from_s(total_s)});
        assert_int_equal(session_traffic_n_on(st), w->n_begun - w->n_ended);
        for (uint32_t d = 0; d < N_HOSTS; d++) {
            double odds = lambda_of(d) * laws[i].mean_s;

            for (uint32_t s = 0; s < N_HOSTS; s++) {
                all += w->since_ns[s][d] >= 0 ? total_s - ns_to_s(w->since_ns[s][d]) : 0;
            }
            all += w->on_s[d];
            expected += (N_HOSTS - 1) * total_s * odds / (1 + odds);
        }
        print_message("law %d: ON for %.0f s, expected %.0f\n", (int)laws[i].kind, all, expected);
        assert_true(fabs(all / expected - 1) < (laws[i].shape == 1.7 ? 0.04 : 0.01));
        if (laws[i].kind == DURATION_DETERMINISTIC) {
            assert_true(fabs(w->longest_s - MEAN_S) < 1e-6);
        }
        session_traffic_free(st);
        free(w);
        sim_free(sim);
    }
}

/* Standing still takes nothing from what is left of a session. */
static void test_standing_still_keeps_what_is_left(void **state)
{
    const struct duration_law law = {.kind = DURATION_DETERMINISTIC, .mean_s = MEAN_S};
    struct sim *sim = sim_new(3);
    struct watch *w = watch_new(sim);
    struct session_traffic *st = traffic_of(sim, w, &law);
    uint64_t n_ended;

    (void)state;
    session_traffic_start(st);
    sim_run_until(sim, (mono_t){ns_from_s(100.3)});
    n_ended = w->n_ended;
    session_traffic_stop(st);
    session_traffic_stop(st);
    sim_run_until(sim, (mono_t){ns_from_s(200)});
    assert_int_equal(w->n_ended, n_ended);
    w->longest_s = 0;
    session_traffic_start(st);
    sim_run_until(sim, (mono_t){ns_from_s(200 + MEAN_S)});
    assert_true(fabs(w->longest_s - MEAN_S - 99.7) < 1e-6); /* Those that waited: by no more. */
    assert_true(w->n_ended > n_ended);
    w->longest_s = 0;
    sim_run_until(sim, (mono_t){ns_from_s(300)});
    assert_true(fabs(w->longest_s - MEAN_S) < 1e-6);
    session_traffic_free(st);
    free(w);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_follow_their_law),
        cmocka_unit_test(test_what_is_left_follows_renewal_theory),
        cmocka_unit_test(test_laws_that_are_none),
        cmocka_unit_test(test_very_long_ones_are_cut),
        cmocka_unit_test(test_ends_come_in_order),
        cmocka_unit_test(test_share_of_time_on_depends_on_the_mean_only),
        cmocka_unit_test(test_standing_still_keeps_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
