/* Random networks, random traffic, random failures, whatever an operator can do: whatever the order in
 * which messages arrive, no frame is ever led in a circle, delivered twice or to somebody whom its sender
 * may not reach; and once nothing has changed for the convergence time everybody gets what he should get,
 * by entries alone where there is room for them.
 *
 * The environment makes longer runs, and shows one: SEED is the first seed, LAST the last one (SEED alone:
 * only that), EVERY the distance between two; NET_TRACE prints all messages, NET_LOG what is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/apps/whole.h"

#define N_RUNS 80
#define N_STEPS 120

static void one_run(uint64_t seed, struct whole_counts *n)
{
    struct whole run;

    whole_make(&run, seed);
    for (size_t i = 0; i < N_STEPS; i++) {
        whole_something(&run);
        if (net_draw(run.net, 3) == 0) {
            whole_look_quiet(&run);
        }
        if (net_draw(run.net, 40) == 0) {
            whole_calm(&run);
        }
    }
    whole_calm(&run);
    whole_compare_with_fresh(&run);
    n->n_runs++;
    n->n_steps += run.n.n_steps;
    n->n_messages += run.net->n_delivered;
    n->n_looks += run.n.n_looks;
    n->n_calms += run.n.n_calms;
    n->n_frames += run.n.n_frames;
    n->n_blocked += run.n.n_blocked;
    n->n_aliases += run.n.n_aliases;
    net_free(run.net);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_random_runs(void **state)
{
    uint64_t first = from_environment("SEED", 1);
    uint64_t last = from_environment("LAST", getenv("SEED") ? first : N_RUNS);
    uint64_t every = from_environment("EVERY", 1);
    struct whole_counts n = {0};

    (void)state;
    for (uint64_t seed = first; seed <= last; seed += every) {
        one_run(seed, &n);
    }
    printf("%zu runs, %zu steps, %zu messages, %zu looks at all tables, %zu blocked pairs followed, "
           "%zu times calm, %zu copies counted, %zu aliases\n",
           n.n_runs, n.n_steps, n.n_messages, n.n_looks, n.n_blocked, n.n_calms, n.n_frames,
           n.n_aliases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_runs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
