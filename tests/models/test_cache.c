/* Tables that evict: closed forms for equal destinations, and twins that are simulated. */
#include "tests/models/close.h"


#include "models/cache.h"
#include "models/cache_twin.h"

/* Uniform popularity: all destinations are in the table for K/N of the time. LRU: A e^(-aT) =
 * 1 - K/N gives T; packet-ins N a (1 - K/N). */
static void test_equal_destinations(void **state)
{
    (void)state;
    struct popularity pop;
    struct cache_state lru, random;
    double lambda, a, idle;

    assert_int_equal(model_popularity_uniform(&pop, 2385, 4, 0.2385), MODEL_OK);
    lambda = 0.2385 * 4 / 2380;
    a = 48 * lambda;
    idle = pow(1 + lambda / 0.2385, -48);
    assert_int_equal(model_cache(&pop, 48, 738.5, EVICT_LRU, &lru), MODEL_OK);
    assert_close(lru.characteristic_s, log(idle / (1 - 738.5 / 2385)) / a, 1e-9);
    assert_close(lru.occupancy_entries, 738.5, 1e-9);
    assert_close(lru.arrivals_per_s, 2385 * a * (1 - 738.5 / 2385), 1e-9);
    assert_close(lru.sessions_per_s, 2385 * a / (1 + lambda / 0.2385), 1e-9);
    assert_int_equal(model_cache(&pop, 48, 738.5, EVICT_RANDOM, &random), MODEL_OK);
    assert_close(random.hit_frac, lru.hit_frac, 1e-8); /* Nothing to choose among equals. */
    assert_true(random.arrivals_per_s > lru.arrivals_per_s);
}

/* ---- Twin: independent references, sessions of no length. ---- */

enum { N = 300, ROOM = 60, REQUESTS = 400000 };

static double simulated_hits(const struct popularity *pop, enum eviction eviction)
{
    double rates[N];

    model_popularity_rates(pop, N, rates);
    return model_cache_simulate(rates, N, ROOM, eviction, REQUESTS, 20151203);
}

static void test_simulated(void **state)
{
    (void)state;
    struct popularity pop;
    double share[3];

    assert_int_equal(model_popularity_zipf(&pop, N, 1e-7, 0.9385, 2.385), MODEL_OK);
    for (int e = EVICT_LRU; e <= EVICT_FIFO; e++) {
        struct cache_state model;
        double sim = simulated_hits(&pop, (enum eviction)e);
        double half = 1.96 * sqrt(sim * (1 - sim) / REQUESTS);

        assert_int_equal(model_cache(&pop, 1, ROOM, (enum eviction)e, &model), MODEL_OK);
        print_message("  %-7s hits simulated %.5f +- %.5f (95 %%), model %.5f\n",
                      eviction_name((enum eviction)e), sim, half, model.hit_frac);
        assert_true(fabs(model.hit_frac - sim) <= 4 * half + 0.002);
        share[e] = model.hit_frac;
    }
    assert_close(share[EVICT_FIFO], share[EVICT_RANDOM], 1e-5); /* Gelenbe 1973. */
    assert_true(share[EVICT_LRU] > share[EVICT_RANDOM] + 0.02);
}

/* ---- Properties. ---- */

static void test_more_room_is_better(void **state)
{
    (void)state;
    struct popularity pop;

    assert_int_equal(model_popularity_pareto(&pop, 20000, 4, 1.2, 0.2), MODEL_OK);
    for (int e = EVICT_LRU; e <= EVICT_FIFO; e++) {
        double last_hit = -1, last_arrivals = INFINITY;

        for (double room = 400; room < 20000; room *= 2.385) {
            struct cache_state s;
            assert_int_equal(model_cache(&pop, 48, room, (enum eviction)e, &s), MODEL_OK);
            assert_true(s.hit_frac > last_hit && s.arrivals_per_s < last_arrivals);
            last_hit = s.hit_frac;
            last_arrivals = s.arrivals_per_s;
        }
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct popularity pop;
    struct cache_state s;

    assert_int_equal(model_popularity_pareto(&pop, 2385, 4, 1.2, 0.2), MODEL_OK);
    for (int e = EVICT_LRU; e <= EVICT_FIFO; e++) {
        assert_int_equal(model_cache(&pop, 48, 2385, (enum eviction)e, &s), MODEL_OK);
        assert_true(isinf(s.characteristic_s) && s.hit_frac == 1 && s.arrivals_per_s == 0);
        assert_int_equal(model_cache(&pop, 48, 23.85, (enum eviction)e, &s), MODEL_UNSTABLE);
        assert_true(s.arrivals_per_s == 0);
        assert_int_equal(model_cache(&pop, 0, 238.5, (enum eviction)e, &s), MODEL_DOMAIN);
        assert_int_equal(model_cache(&pop, 48, 0, (enum eviction)e, &s), MODEL_DOMAIN);
    }
    assert_int_equal(model_cache(&pop, 48, 238.5, (enum eviction)3, &s), MODEL_DOMAIN);
    assert_int_equal(model_cache(&pop, 48, 1e12, EVICT_LRU, &s), MODEL_OK);
    assert_int_equal(model_popularity_uniform(&pop, 2385, 0, 0.2), MODEL_OK);
    assert_int_equal(model_cache(&pop, 48, 10, EVICT_FIFO, &s), MODEL_OK); /* Nobody talks. */
    assert_true(s.arrivals_per_s == 0 && s.hit_frac == 1);
}

static void test_tiers(void **state)
{
    (void)state;
    struct popularity pop;
    struct cache_tiers t;
    struct cache_state tcam, both;

    assert_int_equal(model_popularity_pareto(&pop, 20000, 4, 1.2, 0.2), MODEL_OK);
    assert_int_equal(model_cache_tiers(&pop, 48, 738.5, 2385, &t), MODEL_OK);
    assert_int_equal(model_cache(&pop, 48, 738.5, EVICT_LRU, &tcam), MODEL_OK);
    assert_int_equal(model_cache(&pop, 48, 738.5 + 2385, EVICT_LRU, &both), MODEL_OK);
    assert_close(t.tcam_frac + t.software_frac + t.controller_frac, 1, 1e-14);
    assert_close(t.tcam_frac, tcam.hit_frac, 1e-14);
    assert_close(t.arrivals_per_s, both.arrivals_per_s, 1e-14);
    assert_close(t.controller_frac * t.sessions_per_s, t.arrivals_per_s, 1e-9);
    assert_int_equal(model_cache_tiers(&pop, 48, 738.5, 0, &t), MODEL_OK);
    assert_true(t.software_frac == 0);
    assert_int_equal(model_cache_tiers(&pop, 48, 738.5, -1, &t), MODEL_DOMAIN);
    assert_int_equal(model_cache_tiers(&pop, 48, 2, 1, &t), MODEL_UNSTABLE);
    assert_true(t.arrivals_per_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_destinations),
        cmocka_unit_test(test_simulated),
        cmocka_unit_test(test_more_room_is_better),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_tiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
