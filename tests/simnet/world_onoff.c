/* ON/OFF sources beside what is known of them: how many are ON, how often they turn, and the Hurst
 * parameter of what they carry together, by three estimators. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/hurst.h"
#include "simnet/des/probe.h"
#include "simnet/world/onoff.h"

enum { N_HOSTS = 50, N_REPLICATIONS = 3 };

#define ON_S 1.0
#define OFF_S 2.385

struct count {
    uint64_t n_begun[N_HOSTS]; /* By destination. */
    uint64_t n_all, n_self;
};

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct count *c = aux;

    c->n_begun[dst]++;
    c->n_all++;
    c->n_self += src == dst;
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    (void)aux;
    (void)src;
    (void)dst;
}

static struct onoff *make(struct sim *sim, struct duration_law on, struct duration_law off,
                          double bin_s, struct count *count)
{
    static double weights[N_HOSTS];
    struct session_hooks hooks = {.begin = on_begin, .end = on_end, .aux = count};
    struct onoff_params p = {.n_hosts = N_HOSTS,
                             .weights = weights,
                             .on = on,
                             .off = off,
                             .bin_s = bin_s,
                             .stream = "sources"};

    for (uint32_t d = 0; d < N_HOSTS; d++) {
        weights[d] = d < 10 ? 3 : 1;
    }
    return onoff_new(sim, &p, &hooks);
}

static void test_means(void **state)
{
    static const struct duration_law laws[] = {
        {.kind = DURATION_EXPONENTIAL, .mean_s = OFF_S},
        {.kind = DURATION_DETERMINISTIC, .mean_s = OFF_S},
        {.kind = DURATION_PARETO, .mean_s = OFF_S, .shape = 2.6},
        {.kind = DURATION_LOGNORMAL, .mean_s = OFF_S, .shape = 0.7},
    };

    (void)state;
    for (size_t k = 0; k < sizeof laws / sizeof laws[0]; k++) {
        struct probe_sample on = {0}, first = {0}, turns = {0}, popular = {0};

        for (uint64_t seed = 1; seed <= 24; seed++) {
            struct duration_law law = {.kind = DURATION_PARETO, .mean_s = ON_S, .shape = 2.8};
            struct count count = {0};
            struct sim *sim = sim_new(100 * k + seed);
            struct onoff *o = make(sim, law, laws[k], 1, &count);
            const double *bins;
            uint64_t n_at_first;
            size_t n;
            double sum = 0;

            onoff_start(o);
            n_at_first = count.n_all;
            assert_int_equal(onoff_n_on(o), n_at_first);
            sim_run_until(sim, (mono_t){200 * NS_PER_S});
            bins = onoff_series(o, &n);
            assert_int_equal(n, 200);
            for (size_t i = 0; i < n; i++) {
                sum += bins[i];
            }
            probe_sample_add(&on, sum / 200);
            probe_sample_add(&first, bins[0]);
            probe_sample_add(&turns, (double)(count.n_all - n_at_first) / 200);
            probe_sample_add(&popular, (double)count.n_begun[3] / (double)count.n_all);
            assert_int_equal(count.n_self, 0);
            onoff_free(o);
            sim_free(sim);
        }
        print_message("%.3f ± %.3f ON (first second %.3f ± %.3f), %.3f turns a second\n", on.mean,
                      probe_sample_std_error(&on), first.mean, probe_sample_std_error(&first),
                      turns.mean);
        /* Student's t with 23 degrees of freedom is beyond 4.1 once in 2 300 times. */
        assert_true(fabs(on.mean - N_HOSTS * ON_S / (ON_S + OFF_S)) <
                    4.1 * probe_sample_std_error(&on));
        assert_true(fabs(first.mean - N_HOSTS * ON_S / (ON_S + OFF_S)) <
                    4.1 * probe_sample_std_error(&first));
        assert_true(fabs(turns.mean - N_HOSTS / (ON_S + OFF_S)) <
                    4.1 * probe_sample_std_error(&turns));
        /* From each of the others, whose own weight does not count. */
        assert_true(fabs(popular.mean - (9 * 3 / 67.0 + 40 * 3 / 69.0) / 50) <
                    4.1 * probe_sample_std_error(&popular));
    }
}

static void measure(double alpha, uint64_t seed, double bin_s, size_t n_bins, struct hurst h[3])
{
    struct duration_law on = {.kind = DURATION_PARETO, .mean_s = ON_S, .shape = alpha};
    struct duration_law off = {.kind = DURATION_EXPONENTIAL, .mean_s = OFF_S};
    struct count count = {0};
    struct sim *sim = sim_new(seed);
    struct onoff *o = make(sim, on, off, bin_s, &count);
    size_t n, least = (size_t)(8 * (ON_S + OFF_S) / bin_s);
    const double *x;

    onoff_start(o);
    sim_run_until(sim, (mono_t){ns_from_s(bin_s * (double)n_bins)});
    x = onoff_series(o, &n);
    assert_true(hurst_variance_time(x, n, least, &h[0]));
    assert_true(hurst_rs(x, n, least, &h[1]));
    assert_true(hurst_wavelet(x, n, least, &h[2]));
    onoff_free(o);
    sim_free(sim);
}

static void test_hurst(void **state)
{
    static const double alphas[] = {1.2, 1.4, 1.6};

    (void)state;
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++) {
        double expected = (3 - alphas[i]) / 2;
        struct probe_sample s[3] = {{0}};

        for (uint64_t seed = 1; seed <= N_REPLICATIONS; seed++) {
            struct hurst h[3];

            measure(alphas[i], 2385 * seed, 1, (size_t)1 << 14, h);
            for (size_t k = 0; k < 3; k++) {
                probe_sample_add(&s[k], h[k].h);
            }
        }
        print_message("alpha %.1f, H = %.2f: variance-time %.3f, R/S %.3f, wavelet %.3f ± %.3f\n",
                      alphas[i], expected, s[0].mean, s[1].mean, s[2].mean,
                      probe_sample_std_error(&s[2]));
        assert_true(fabs(s[2].mean - expected) < 0.06);
        assert_true(fabs(s[1].mean - expected) < 0.1);
        assert_true(s[0].mean > expected - 0.2 && s[0].mean < expected + 0.05);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_hurst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
