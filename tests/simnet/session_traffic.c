/* Session traffic: the pairs, the alias table, and the law of every single pair. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "models/popularity.h"
#include "simnet/des/probe.h"
#include "simnet/des/sim.h"
#include "simnet/world/session.h"
#include "simnet/world/session_pairs.h"
#include "simnet/world/traffic_alias.h"
#include "simnet/world/traffic_popularity.h"

static mono_t at_s(double s)
{
    return (mono_t){ns_from_s(s)};
}

/* --- Pairs against a matrix -------------------------------------------------------------------- */

#define N_PAIR_HOSTS 40

static void test_pairs_agree_with_a_matrix(void **state)
{
    static bool matrix[N_PAIR_HOSTS][N_PAIR_HOSTS];
    struct session_pairs pairs;
    struct rng rng;
    size_t n = 0;

    (void)state;
    session_pairs_init(&pairs, true);
    rng_seed(&rng, 77);
    for (int step = 0; step < 200000; step++) {
        /* Waves of growing and shrinking. */
        bool grow = rng_below(&rng, 100) < (step / 5000 % 2 ? 35u : 65u);

        if (grow || !n) {
            struct session_pair pair = {rng_below(&rng, N_PAIR_HOSTS), 0};

            pair.dst = (pair.src + 1 + rng_below(&rng, N_PAIR_HOSTS - 1)) % N_PAIR_HOSTS;
            assert_int_equal(session_pairs_has(&pairs, pair), matrix[pair.src][pair.dst]);
            assert_int_equal(session_pairs_add(&pairs, pair), !matrix[pair.src][pair.dst]);
            n += !matrix[pair.src][pair.dst];
            matrix[pair.src][pair.dst] = true;
        } else {
            struct session_pair pair = session_pairs_take(&pairs, rng_below(&rng, (uint32_t)n));

            assert_true(matrix[pair.src][pair.dst]);
            assert_false(session_pairs_has(&pairs, pair));
            matrix[pair.src][pair.dst] = false;
            n--;
        }
        assert_int_equal(pairs.n, n);
    }
    for (uint32_t s = 0; s < N_PAIR_HOSTS; s++) {
        for (uint32_t d = 0; d < N_PAIR_HOSTS; d++) {
            assert_int_equal(session_pairs_has(&pairs, (struct session_pair){s, d}), matrix[s][d]);
        }
    }
    session_pairs_fini(&pairs);
}

/* --- Alias table ------------------------------------------------------------------------------- */

static void check_alias(const double *weights, uint32_t n)
{
    double *share = xcalloc(n, sizeof *share), sum = 0;
    struct alias_table table;

    alias_init(&table, weights, n);
    for (uint32_t i = 0; i < n; i++) {
        sum += weights[i];
        share[i] += table.columns[i].keep_frac / n;
        share[table.columns[i].other] += (1.0 - table.columns[i].keep_frac) / n;
    }
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fabs(share[i] - weights[i] / sum) < 1e-14);
    }
    alias_fini(&table);
    free(share);
}

static void test_alias_table_holds_the_weights(void **state)
{
    static const double one[] = {2.385}, equal[] = {0.1, 0.1, 0.1}, mixed[] = {0, 5, 0.01, 0, 17.3};
    double wide[1000];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < 1000; i++) {
        wide[i] = rng_pareto(&rng, 0.6, 0.01);
    }
    check_alias(one, 1);
    check_alias(equal, 3);
    check_alias(mixed, 5);
    check_alias(wide, 1000);
}

static void test_alias_draws_the_weights(void **state)
{
    static const double weights[] = {0, 5, 0.01, 0, 17.3};
    const double n = 1000000, sum = 22.31;
    double counts[5] = {0};
    struct alias_table table;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 3);
    alias_init(&table, weights, 5);
    for (int i = 0; i < (int)n; i++) {
        counts[alias_draw(&table, &rng)]++;
    }
    for (size_t i = 0; i < 5; i++) {
        double p = weights[i] / sum;

        assert_true(fabs(counts[i] - n * p) <= 4.0 * sqrt(n * p * (1 - p)));
    }
    alias_fini(&table);
}

/* --- The law of one pair ----------------------------------------------------------------------- */

#define N_HOSTS 6
#define MAX_SAMPLES 60000

/* Durations of ON and OFF periods of the pairs towards one destination. */
struct durations {
    double *on_s, *off_s;
    size_t n_on, n_off;
};

/* Watches every pair of a small network. */
struct watch {
    struct sim *sim;
    bool on[N_HOSTS][N_HOSTS];
    mono_t changed_at[N_HOSTS][N_HOSTS];
    struct durations durations[N_HOSTS];    /* By destination. */
    struct probe_level both, first, second; /* Of two pairs, for their independence. */
    size_t n_on;
};

static double change(struct watch *w, uint32_t src, uint32_t dst, bool on)
{
    mono_t now = sim_now(w->sim);
    int64_t held_ns = mono_diff_ns(now, w->changed_at[src][dst]);

    assert_true(src < N_HOSTS && dst < N_HOSTS && src != dst);
    assert_int_equal(w->on[src][dst], !on);
    w->on[src][dst] = on;
    w->changed_at[src][dst] = now;
    probe_level_set(&w->first, now, w->on[0][5]);
    probe_level_set(&w->second, now, w->on[1][5]);
    probe_level_set(&w->both, now, w->on[0][5] && w->on[1][5]);
    return ns_to_s(held_ns);
}

static void watch_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct watch *w = aux;
    struct durations *d = &w->durations[dst];
    bool first_ever = w->changed_at[src][dst].ns == 0;
    double held_s = change(w, src, dst, true);

    w->n_on++;
    if (!first_ever && d->n_off < MAX_SAMPLES) {
        d->off_s[d->n_off++] = held_s;
    }
}

static void watch_end(void *aux, uint32_t src, uint32_t dst)
{
    struct watch *w = aux;
    struct durations *d = &w->durations[dst];
    double held_s = change(w, src, dst, false);

    w->n_on--;
    if (d->n_on < MAX_SAMPLES) {
        d->on_s[d->n_on++] = held_s;
    }
}

static struct watch *watch_new(struct sim *sim)
{
    struct watch *w = xcalloc(1, sizeof *w);

    w->sim = sim;
    for (size_t d = 0; d < N_HOSTS; d++) {
        w->durations[d].on_s = xcalloc(MAX_SAMPLES, sizeof(double));
        w->durations[d].off_s = xcalloc(MAX_SAMPLES, sizeof(double));
    }
    return w;
}

static void watch_free(struct watch *w)
{
    for (size_t d = 0; d < N_HOSTS; d++) {
        free(w->durations[d].on_s);
        free(w->durations[d].off_s);
    }
    free(w);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Kolmogorov–Smirnov distance from the exponential law, times sqrt(n): above 1.95 once in a
 * thousand good samples. */
static double distance(double *x, size_t n, double rate_per_s)
{
    double worst = 0;

    qsort(x, n, sizeof *x, compare);
    for (size_t i = 0; i < n; i++) {
        double f = -expm1(-x[i] * rate_per_s);

        worst = fmax(worst, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
    }
    return worst * sqrt((double)n);
}

/* Far from the thesis's lambda << mu on purpose: rejected births are then the rule. Destination 0 is
 * never called. */
static const double lambda_per_s[N_HOSTS] = {0, 0.02385, 0.1, 0.25, 0.9, 2.2};
static const double mu_per_s = 0.2385;

static struct session_traffic *small_network(struct sim *sim, struct watch *w)
{
    const struct session_params params = {.n_hosts = N_HOSTS,
                                          .lambda_per_s = lambda_per_s,
                                          .duration = {.mean_s = 1 / mu_per_s},
                                          .stream = "sessions"};
    const struct session_hooks hooks = {.begin = watch_begin, .end = watch_end, .aux = w};

    return session_traffic_new(sim, &params, &hooks);
}

static void test_every_pair_is_an_on_off_process(void **state)
{
    struct sim *sim = sim_new(2015);
    struct watch *w = watch_new(sim);
    struct session_traffic *st = small_network(sim, w);
    const struct session_counters *count = session_traffic_counters(st);

    (void)state;
    session_traffic_start(st);
    sim_run_until(sim, at_s(60000.0));
    for (size_t d = 1; d < N_HOSTS; d++) {
        struct durations *seen = &w->durations[d];
        double on = distance(seen->on_s, seen->n_on, mu_per_s);
        double off = distance(seen->off_s, seen->n_off, lambda_per_s[d]);

        print_message("lambda %.5f: %zu ON, sqrt(n) D = %.3f; %zu OFF, sqrt(n) D = %.3f\n",
                      lambda_per_s[d], seen->n_on, on, seen->n_off, off);
        assert_true(seen->n_on > 5000 && seen->n_off > 5000);
        assert_true(on < 1.95 && off < 1.95);
    }
    assert_int_equal(w->durations[0].n_on, 0);
    assert_int_equal(session_traffic_n_on(st), w->n_on);
    assert_int_equal(count->n_proposed, count->n_rejected + count->n_begun);
    assert_int_equal(count->n_begun, count->n_ended + w->n_on);
    assert_true(count->n_rejected > count->n_begun);
    session_traffic_free(st);
    watch_free(w);
    sim_free(sim);
}

/* Two sources that call the same destination know nothing of each other: their states are
 * uncorrelated. */
static void test_pairs_are_independent(void **state)
{
    struct sim *sim = sim_new(31);
    struct watch *w = watch_new(sim);
    struct session_traffic *st = small_network(sim, w);
    double p = lambda_per_s[5] / (lambda_per_s[5] + mu_per_s);
    double rate_per_s = lambda_per_s[5] + mu_per_s, total_s = 200000;
    double covariance, error;
    mono_t end = at_s(total_s);

    (void)state;
    session_traffic_start(st);
    sim_run_until(sim, end);
    covariance = probe_level_mean(&w->both, end) -
                 probe_level_mean(&w->first, end) * probe_level_mean(&w->second, end);
    /* The product of two independent deviations has variance (p(1 − p))² and correlation time
     * 1/(2 rate), hence this standard error of its time average. */
    error = p * (1 - p) * sqrt(1.0 / (rate_per_s * total_s));
    print_message("covariance %.3g, standard error %.3g\n", covariance, error);
    assert_true(fabs(covariance) < 4 * error);
    assert_true(fabs(probe_level_mean(&w->first, end) - p) <
                4 * sqrt(p * (1 - p) * 2 / (rate_per_s * total_s)));
    session_traffic_free(st);
    watch_free(w);
    sim_free(sim);
}

/* --- The stationary start ---------------------------------------------------------------------- */

static void test_populate_draws_the_stationary_state(void **state)
{
    const int n_worlds = 40000;
    double by_pair[N_HOSTS][N_HOSTS] = {{0}};
    struct probe_sample n_to_4 = {0};
    double p = lambda_per_s[4] / (lambda_per_s[4] + mu_per_s), n = N_HOSTS - 1;

    (void)state;
    for (int i = 0; i < n_worlds; i++) {
        struct sim *sim = sim_new((uint64_t)i);
        struct watch w = {.sim = sim};
        const struct session_params params = {.n_hosts = N_HOSTS,
                                              .lambda_per_s = lambda_per_s,
                                              .duration = {.mean_s = 1 / mu_per_s},
                                              .stream = "sessions"};
        const struct session_hooks hooks = {.begin = watch_begin, .end = watch_end, .aux = &w};
        struct session_traffic *st = session_traffic_new(sim, &params, &hooks);
        int to_4 = 0;

        session_traffic_populate(st);
        assert_int_equal(session_traffic_n_on(st), w.n_on);
        for (size_t s = 0; s < N_HOSTS; s++) {
            to_4 += w.on[s][4];
            for (size_t d = 0; d < N_HOSTS; d++) {
                by_pair[s][d] += w.on[s][d];
            }
        }
        probe_sample_add(&n_to_4, to_4);
        session_traffic_free(st);
        sim_free(sim);
    }
    for (size_t s = 0; s < N_HOSTS; s++) {
        for (size_t d = 0; d < N_HOSTS; d++) {
            double q = s == d ? 0 : lambda_per_s[d] / (lambda_per_s[d] + mu_per_s);

            assert_true(fabs(by_pair[s][d] - n_worlds * q) <= 4 * sqrt(n_worlds * q * (1 - q)));
        }
    }
    /* Binomial, hence independent among sources: the variance says so. */
    assert_true(fabs(probe_sample_variance(&n_to_4) / (n * p * (1 - p)) - 1) <
                4 * sqrt(2.0 / n_worlds));
}

/* --- Control ----------------------------------------------------------------------------------- */

static void test_stop_stands_still_and_start_goes_on(void **state)
{
    struct sim *sim = sim_new(9);
    struct watch *w = watch_new(sim);
    struct session_traffic *st = small_network(sim, w);
    size_t n_on;

    (void)state;
    session_traffic_populate(st);
    assert_true(mono_is_never(sim_next(sim)));
    session_traffic_start(st);
    session_traffic_start(st);
    sim_run_until(sim, at_s(100));
    n_on = session_traffic_n_on(st);
    session_traffic_stop(st);
    assert_int_equal(sim_run_until(sim, at_s(200)), 0);
    assert_int_equal(session_traffic_n_on(st), n_on);
    session_traffic_start(st);
    assert_true(sim_run_until(sim, at_s(300)) > 0);
    session_traffic_free(st);
    assert_true(mono_is_never(sim_next(sim)));
    watch_free(w);
    sim_free(sim);
    session_traffic_free(NULL);
}

static void test_nobody_calls(void **state)
{
    static const double silent[N_HOSTS] = {0};
    struct sim *sim = sim_new(9);
    struct watch w = {.sim = sim};
    const struct session_params params = {.n_hosts = N_HOSTS,
                                          .lambda_per_s = silent,
                                          .duration = {.mean_s = 1 / mu_per_s},
                                          .stream = "sessions"};
    const struct session_hooks hooks = {.begin = watch_begin, .end = watch_end, .aux = &w};
    struct session_traffic *st = session_traffic_new(sim, &params, &hooks);

    (void)state;
    session_traffic_populate(st);
    session_traffic_start(st);
    assert_int_equal(session_traffic_n_on(st), 0);
    assert_int_equal(sim_run_until(sim, at_s(1000)), 0);
    session_traffic_free(st);
    sim_free(sim);
}

/* What was said of the session after the next one, and how often that was right. */
struct foresight {
    struct foreseen {
        uint32_t src, dst;
    } next, after_next;
    uint64_t n_right, n_seen;
};

static void foresee(void *aux, uint32_t src, uint32_t dst, unsigned i)
{
    struct foresight *f = aux;

    assert_true(src != dst && src < 400 && dst < 400 && i < SESSION_LOOKS);
    if (i == 0) {
        f->next = f->after_next;
        f->after_next.src = src;
        f->after_next.dst = dst;
    }
}

static void verify(void *aux, uint32_t src, uint32_t dst)
{
    struct foresight *f = aux;

    f->n_seen++;
    f->n_right += f->next.src == src && f->next.dst == dst;
}

/* The look at a session comes while the one before it is waited for. */
static void test_sessions_are_looked_at_before(void **state)
{
    struct sim *sim = sim_new(2385);
    struct foresight f = {0};
    double rates_per_s[400];
    const struct session_params params = {.n_hosts = 400,
                                          .lambda_per_s = rates_per_s,
                                          .duration = {.mean_s = 23.85},
                                          .stream = "sessions"};
    const struct session_hooks hooks = {.begin = verify, .end = verify, .look = foresee, .aux = &f};
    struct session_traffic *st;

    (void)state;
    for (size_t d = 0; d < 400; d++) {
        rates_per_s[d] = 0.0002385;
    }
    st = session_traffic_new(sim, &params, &hooks);
    session_traffic_populate(st);
    f = (struct foresight){0};
    session_traffic_start(st);
    sim_run_until(sim, at_s(100));
    assert_true(f.n_seen > 5000);
    assert_true((double)f.n_right > 0.9 * (double)f.n_seen);
    session_traffic_free(st);
    sim_free(sim);
}

static uint64_t trace_of_a_run(uint64_t seed)
{
    struct sim *sim = sim_new(seed);
    struct watch *w = watch_new(sim);
    struct session_traffic *st = small_network(sim, w);
    uint64_t hash;

    session_traffic_populate(st);
    session_traffic_start(st);
    sim_run_until(sim, at_s(500));
    hash = sim_trace_hash(sim);
    session_traffic_free(st);
    watch_free(w);
    sim_free(sim);
    return hash;
}

/* The constant must come out on every machine and in every build. */
static void test_one_seed_one_trace(void **state)
{
    (void)state;
    print_message("trace of seed 1: 0x%016llx\n", (unsigned long long)trace_of_a_run(1));
    assert_true(trace_of_a_run(1) == UINT64_C(0x977417e1a135e5a7));
    assert_true(trace_of_a_run(1) != trace_of_a_run(2));
}

/* --- Popularity -------------------------------------------------------------------------------- */

static void test_rates_follow_the_popularity(void **state)
{
    const size_t n = 100000;
    double *rates = xcalloc(n, sizeof *rates), *drawn = xcalloc(n, sizeof *drawn), worst = 0;
    struct popularity pareto, uniform;
    struct rng rng;

    (void)state;
    assert_int_equal(model_popularity_pareto(&pareto, 1e5, 4, 1.2, 0.2), MODEL_OK);
    assert_int_equal(model_popularity_uniform(&uniform, 1e5, 4, 0.2), MODEL_OK);
    rng_seed(&rng, 6);
    traffic_rates_by_rank(&uniform, n, rates);
    for (size_t d = 0; d < n; d++) {
        assert_true(fabs(rates[d] / (0.8 / 99995) - 1) < 1e-7);
    }
    traffic_rates_by_rank(&pareto, n, rates);
    traffic_rates_drawn(&pareto, &rng, n, drawn);
    assert_true(rates[0] > rates[n - 1]);
    /* The sorted draws against the ranks: a Kolmogorov–Smirnov distance. */
    qsort(drawn, n, sizeof *drawn, compare);
    for (size_t i = 0, below = 0; i < n; i++) {
        while (below < n && drawn[below] <= rates[n - 1 - i]) {
            below++;
        }
        worst = fmax(worst, fabs((double)below - (double)i - 0.5) / (double)n);
    }
    print_message("sqrt(n) D = %.3f\n", worst * sqrt((double)n));
    assert_true(worst * sqrt((double)n) < 1.95);
    free(rates);
    free(drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_agree_with_a_matrix),
        cmocka_unit_test(test_alias_table_holds_the_weights),
        cmocka_unit_test(test_alias_draws_the_weights),
        cmocka_unit_test(test_every_pair_is_an_on_off_process),
        cmocka_unit_test(test_pairs_are_independent),
        cmocka_unit_test(test_populate_draws_the_stationary_state),
        cmocka_unit_test(test_stop_stands_still_and_start_goes_on),
        cmocka_unit_test(test_nobody_calls),
        cmocka_unit_test(test_sessions_are_looked_at_before),
        cmocka_unit_test(test_one_seed_one_trace),
        cmocka_unit_test(test_rates_follow_the_popularity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
