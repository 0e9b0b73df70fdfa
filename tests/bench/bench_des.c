/* Speed of the event set: the hold model (Vaucher, Duval 1975). A set is filled with n events; each
 * step takes the earliest and schedules it again an exponential time later; and the same when each step also
 * schedules anew an event taken at random. Run by hand:
 *
 *     bench_des [MOST PENDING]
 *
 * The same steps, with the same random numbers, go through a plain binary heap of pointers
 * (controller/base/heap). The ratio of the two is what to compare between machines; the absolute
 * times include drawing the exponential (whose time alone is printed) and, for the engine, the
 * trace hash and the call of the handler. The engine is measured when it has run for two steps per event. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "controller/base/heap.h"
#include "controller/base/rng.h"
#include "simnet/des/sim.h"

#define MEAN_NS 1e6
#define REPEATS 3 /* The best one counts: the others were disturbed. */

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int64_t step_ns(struct rng *rng)
{
    return (int64_t)rng_exponential(rng, MEAN_NS);
}

typedef double draw_fn(void *generator);

static double draw_exponential(void *rng)
{
    return rng_exponential(rng, MEAN_NS);
}

static double draw_normal(void *rng)
{
    return rng_normal(rng);
}

static double draw_gsl(void *rng)
{
    return gsl_ran_exponential(rng, MEAN_NS);
}

static double draw_ns(draw_fn *draw, void *generator)
{
    const uint64_t n = 10000000;
    double best = 1e18;
    volatile double sum = 0; /* Seen to be used. */

    for (int k = 0; k < REPEATS; k++) {
        double begin = seconds(), part = 0, ns;

        for (uint64_t i = 0; i < n; i++) {
            part += draw(generator);
        }
        sum += part;
        ns = (seconds() - begin) / (double)n * 1e9;
        best = ns < best ? ns : best;
    }
    return best;
}

static void run_draws(void)
{
    gsl_rng *mt = gsl_rng_alloc(gsl_rng_mt19937);
    struct rng rng;

    rng_seed(&rng, 1);
    printf("drawing one exponential: %.1f ns, one normal: %.1f ns; GSL, mt19937, exponential: %.1f "
           "ns\n",
           draw_ns(draw_exponential, &rng), draw_ns(draw_normal, &rng), draw_ns(draw_gsl, mt));
    gsl_rng_free(mt);
}

/* --- The engine -------------------------------------------------------------------------------- */

struct hold {
    struct sim *sim;
    struct rng *rng;
    struct sim_event *events;
    size_t n;
    uint64_t left;
    bool rearms;
};

static void hold_step(void *aux, struct sim_event *ev)
{
    struct hold *hold = aux;
    mono_t now = sim_now(hold->sim);

    sim_at(hold->sim, ev, mono_add(now, step_ns(hold->rng)));
    if (hold->rearms) {
        sim_at(hold->sim, &hold->events[rng_below(hold->rng, (uint32_t)hold->n)],
               mono_add(now, step_ns(hold->rng)));
    }
    if (!--hold->left) {
        sim_stop(hold->sim);
    }
}

static double engine_ns(size_t n, uint64_t n_steps, bool rearms)
{
    struct hold hold = {.sim = sim_new(1), .n = n, .rearms = rearms};
    double begin, end;

    hold.rng = sim_rng(hold.sim, "hold");
    hold.events = xcalloc(n, sizeof *hold.events);
    for (size_t i = 0; i < n; i++) {
        sim_event_init(&hold.events[i], 0, 0, hold_step, &hold);
        sim_at(hold.sim, &hold.events[i], (mono_t){step_ns(hold.rng)});
    }
    hold.left = 2 * n; /* Until the set is as it stays. */
    sim_run_until(hold.sim, MONO_NEVER);
    hold.left = n_steps;
    begin = seconds();
    sim_run_until(hold.sim, MONO_NEVER);
    end = seconds();
    sim_free(hold.sim);
    free(hold.events);
    return (end - begin) / (double)n_steps * 1e9;
}

/* --- The reference ----------------------------------------------------------------------------- */

static int64_t reference_step(struct heap *heap, struct heap_node *nodes, size_t n, bool rearms,
                              struct rng *rng)
{
    struct heap_node *node = heap_min(heap);
    int64_t now_ns = node->key;

    heap_remove(heap, node);
    heap_set(heap, node, now_ns + step_ns(rng));
    if (rearms) {
        heap_set(heap, &nodes[rng_below(rng, (uint32_t)n)], now_ns + step_ns(rng));
    }
    return now_ns;
}

static double reference_ns(size_t n, uint64_t n_steps, bool rearms)
{
    struct heap_node *nodes = xcalloc(n, sizeof *nodes);
    struct heap heap;
    struct rng rng;
    double begin, end;

    heap_init(&heap);
    rng_seed(&rng, 1);
    for (size_t i = 0; i < n; i++) {
        heap_set(&heap, &nodes[i], step_ns(&rng));
    }
    begin = seconds();
    for (uint64_t i = 0; i < n_steps; i++) {
        reference_step(&heap, nodes, n, rearms, &rng);
    }
    end = seconds();
    heap_fini(&heap);
    free(nodes);
    return (end - begin) / (double)n_steps * 1e9;
}

static void run(size_t n, uint64_t n_steps, bool rearms)
{
    double engine = 1e18, reference = 1e18;

    for (int i = 0; i < REPEATS; i++) {
        double e = engine_ns(n, n_steps, rearms), r = reference_ns(n, n_steps, rearms);

        engine = e < engine ? e : engine;
        reference = r < reference ? r : reference;
    }
    printf("%10zu pending%s: engine %7.1f ns/event, binary heap %7.1f ns/event, ratio %.2f\n", n,
           rearms ? ", one re-armed" : "              ", engine, reference, engine / reference);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t most = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;

    run_draws();
    for (size_t n = 100; n <= most; n *= n < 1000000 ? 100 : 10) {
        for (int rearms = 0; rearms < 2; rearms++) {
            run(n, n <= 10000 ? 10000000 : 4000000, rearms);
        }
    }
    return 0;
}
