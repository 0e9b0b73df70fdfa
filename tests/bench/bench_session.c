/* Speed of session traffic: nanoseconds per proposed birth or death at several sizes, with the
 * thesis's parameters (mean sessions 5 s, 4 at a time on each destination). Run by hand:
 *
 *     bench_session
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "models/popularity.h"
#include "simnet/des/sim.h"
#include "simnet/world/session.h"
#include "simnet/world/traffic_popularity.h"

#define MU_PER_S 0.2
#define N_EVENTS 10000000.0

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void count(void *aux, uint32_t src, uint32_t dst)
{
    uint64_t *sum = aux;

    *sum += src ^ dst;
}

static void run(uint32_t n_hosts, const struct popularity *popularity)
{
    double *rates = xcalloc(n_hosts, sizeof *rates);
    uint64_t sum = 0;
    const struct session_params params = {
        .n_hosts = n_hosts,
        .lambda_per_s = rates,
        .duration = {.kind = DURATION_EXPONENTIAL, .mean_s = 1 / MU_PER_S},
        .stream = "sessions"};
    const struct session_hooks hooks = {.begin = count, .end = count, .aux = &sum};
    struct sim *sim = sim_new(1);
    struct session_traffic *st;
    double begin, populated, end, sim_s;

    traffic_rates_by_rank(popularity, n_hosts, rates);
    st = session_traffic_new(sim, &params, &hooks);
    begin = seconds();
    session_traffic_populate(st);
    populated = seconds();
    sim_s = N_EVENTS / (2 * MU_PER_S * (double)session_traffic_n_on(st));
    session_traffic_start(st);
    sim_run_until(sim, (mono_t){ns_from_s(sim_s)});
    end = seconds();
    printf("%7u hosts, %-8s %7zu sessions: populate %6.1f ms, %6.1f ns/event, rejected %.2g of "
           "births, %.1f simulated s per s (%016" PRIx64 ")\n",
           n_hosts, popularity_kind_name(popularity->kind), session_traffic_n_on(st),
           (populated - begin) * 1e3, (end - populated) / (double)sim_n_events(sim) * 1e9,
           (double)session_traffic_counters(st)->n_rejected /
               (double)session_traffic_counters(st)->n_proposed,
           sim_s / (end - populated), sim_trace_hash(sim) ^ sum);
    session_traffic_free(st);
    sim_free(sim);
    free(rates);
}

int main(void)
{
    for (uint32_t n_hosts = 1000; n_hosts <= 100000; n_hosts *= 10) {
        struct popularity popularity;

        if (!model_popularity_uniform(&popularity, n_hosts, 4, MU_PER_S)) {
            run(n_hosts, &popularity);
        }
        if (!model_popularity_pareto(&popularity, n_hosts, 4, 1.2, MU_PER_S)) {
            run(n_hosts, &popularity);
        }
    }
    return 0;
}
