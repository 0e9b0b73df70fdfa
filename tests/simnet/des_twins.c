/* Simulated queueing stations beside their closed forms: M/M/1/m, M/D/1/m, M/M/1, M/D/1.
 *
 * Each point is simulated in independent replications; the mean over these with its 95 % confidence
 * interval (Student's t) is printed beside the model. The model must lie in the interval that a true
 * model misses once in 16 000 times (four standard deviations of a Gaussian). Seeds are fixed, so
 * the verdict never changes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "models/queue.h"
#include "simnet/des/probe.h"
#include "simnet/des/sim.h"

#define N_REPLICATIONS 20
/* Beyond four standard deviations, one side. */
#define MISS_FRAC 3.167e-5

#define MU_PER_S 238.5
#define WARM_UP_S 20.0
#define MEASURED_S 200.0

enum service_law { SERVICE_EXPONENTIAL, SERVICE_CONSTANT };

struct station_params {
    enum service_law law;
    double lambda_per_s, mu_per_s;
    uint32_t capacity; /* Customers in the station; UINT32_MAX for no limit. */
};

/* One server, first come first served. The ring holds when each customer came. */
struct station {
    const struct station_params *params;
    struct sim *sim;
    struct rng *arrivals, *service;
    struct sim_event arrival, departure;
    mono_t *came_at;
    size_t ring_size, head;
    uint32_t n;
    uint64_t n_offered, n_lost;
    struct probe_level number;
    struct probe_sample sojourn_s;
};

static void schedule_arrival(struct station *st)
{
    double gap_s = rng_exponential(st->arrivals, 1.0 / st->params->lambda_per_s);

    sim_at(st->sim, &st->arrival, mono_add(sim_now(st->sim), ns_from_s(gap_s)));
}

static void schedule_departure(struct station *st)
{
    double mean_s = 1.0 / st->params->mu_per_s;
    double service_s =
        st->params->law == SERVICE_CONSTANT ? mean_s : rng_exponential(st->service, mean_s);

    sim_at(st->sim, &st->departure, mono_add(sim_now(st->sim), ns_from_s(service_s)));
}

static void on_arrival(void *aux, struct sim_event *ev)
{
    struct station *st = aux;
    mono_t now = sim_now(st->sim);

    (void)ev;
    schedule_arrival(st);
    st->n_offered++;
    if (st->n == st->params->capacity) {
        st->n_lost++;
        return;
    }
    assert_true(st->n < st->ring_size);
    st->came_at[(st->head + st->n) % st->ring_size] = now;
    probe_level_set(&st->number, now, ++st->n);
    if (st->n == 1) {
        schedule_departure(st);
    }
}

static void on_departure(void *aux, struct sim_event *ev)
{
    struct station *st = aux;
    mono_t now = sim_now(st->sim);

    (void)ev;
    probe_sample_add(&st->sojourn_s, ns_to_s(mono_diff_ns(now, st->came_at[st->head])));
    st->head = (st->head + 1) % st->ring_size;
    probe_level_set(&st->number, now, --st->n);
    if (st->n) {
        schedule_departure(st);
    }
}

static void station_init(struct station *st, const struct station_params *params, uint64_t seed)
{
    *st = (struct station){.params = params, .sim = sim_new(seed), .ring_size = 4096};
    st->arrivals = sim_rng(st->sim, "arrivals");
    st->service = sim_rng(st->sim, "service");
    st->came_at = xcalloc(st->ring_size, sizeof *st->came_at);
    sim_event_init(&st->arrival, 1, SIM_PRIO_NORMAL, on_arrival, st);
    sim_event_init(&st->departure, 2, SIM_PRIO_NORMAL, on_departure, st);
    probe_level_init(&st->number, MONO_ZERO, 0);
    schedule_arrival(st);
}

static void station_fini(struct station *st)
{
    free(st->came_at);
    sim_free(st->sim);
}

static void station_forget(struct station *st)
{
    st->n_offered = 0;
    st->n_lost = 0;
    st->sojourn_s = (struct probe_sample){0};
    probe_level_reset(&st->number, sim_now(st->sim));
}

/* One value per replication. */
struct estimates {
    struct probe_sample blocked_frac, number, sojourn_s;
};

static void replicate(const struct station_params *params, uint64_t seed, struct estimates *est)
{
    struct station st;

    station_init(&st, params, seed);
    sim_run_until(st.sim, (mono_t){ns_from_s(WARM_UP_S)});
    station_forget(&st);
    sim_run_until(st.sim, (mono_t){ns_from_s(WARM_UP_S + MEASURED_S)});
    probe_sample_add(&est->blocked_frac, (double)st.n_lost / (double)st.n_offered);
    probe_sample_add(&est->number, probe_level_mean(&st.number, sim_now(st.sim)));
    probe_sample_add(&est->sojourn_s, st.sojourn_s.mean);
    station_fini(&st);
}

/* 'grain': the smallest difference that the simulation can show at all. */
static void check(const char *what, const struct probe_sample *seen, double model, double grain)
{
    double error = probe_sample_std_error(seen);
    double half = gsl_cdf_tdist_Pinv(0.975, (double)seen->n - 1) * error;

    print_message("    %-10s simulated %11.6g ± %9.3g   model %11.6g   off by %5.2f errors\n", what,
                  seen->mean, half, model, error > 0 ? (seen->mean - model) / error : 0.0);
    assert_true(fabs(seen->mean - model) <=
                gsl_cdf_tdist_Qinv(MISS_FRAC, (double)seen->n - 1) * error + grain);
}

/* Every point has its own seeds: points that share them err in the same direction. */
static void compare(const struct station_params *params, const struct queue_state *model,
                    uint64_t point)
{
    double n_offered = params->lambda_per_s * MEASURED_S * N_REPLICATIONS;
    struct estimates est = {0};

    print_message("rho %.4g, m %u, %s service\n", model->rho, params->capacity,
                  params->law == SERVICE_CONSTANT ? "constant" : "exponential");
    for (uint64_t i = 0; i < N_REPLICATIONS; i++) {
        replicate(params, point * N_REPLICATIONS + i, &est);
    }
    /* Losses are rare and come in clumps: ten are as good as none. */
    check("blocking", &est.blocked_frac, model->p_block_frac, 10.0 / n_offered);
    check("number", &est.number, model->mean_number, 0.0);
    check("sojourn_s", &est.sojourn_s, model->mean_sojourn_s, 1e-9);
}

typedef enum model_status finite_model_fn(double lambda_per_s, double mu_per_s, uint32_t capacity,
                                          struct queue_state *out);

static void compare_finite(enum service_law law, finite_model_fn *model_fn, uint64_t point)
{
    static const double loads[] = {0.3, 0.7861, 1.0, 1.3};
    static const uint32_t capacities[] = {1, 4, 51};

    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        for (size_t j = 0; j < sizeof capacities / sizeof capacities[0]; j++) {
            struct station_params params = {law, loads[i] * MU_PER_S, MU_PER_S, capacities[j]};
            struct queue_state model;

            assert_int_equal(
                model_fn(params.lambda_per_s, params.mu_per_s, params.capacity, &model), MODEL_OK);
            compare(&params, &model, point++);
        }
    }
}

static void test_mm1m(void **state)
{
    (void)state;
    compare_finite(SERVICE_EXPONENTIAL, model_mm1m, 100);
}

static void test_md1m(void **state)
{
    (void)state;
    compare_finite(SERVICE_CONSTANT, model_md1m, 200);
}

static void compare_infinite(enum service_law law, double scv, uint64_t point)
{
    static const double loads[] = {0.3, 0.6, 0.7861};

    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct station_params params = {law, loads[i] * MU_PER_S, MU_PER_S, UINT32_MAX};
        struct queue_state model;

        assert_int_equal(model_mg1(params.lambda_per_s, params.mu_per_s, scv, &model), MODEL_OK);
        compare(&params, &model, point++);
    }
}

static void test_mm1(void **state)
{
    (void)state;
    compare_infinite(SERVICE_EXPONENTIAL, 1.0, 300);
}

static void test_md1(void **state)
{
    (void)state;
    compare_infinite(SERVICE_CONSTANT, 0.0, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mm1m),
        cmocka_unit_test(test_md1m),
        cmocka_unit_test(test_mm1),
        cmocka_unit_test(test_md1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
