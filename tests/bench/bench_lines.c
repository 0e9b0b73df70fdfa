/* What a line of memory costs that is in no cache: met by surprise, asked for in time one by one, and in rows. Divided into the
 * time that a miss may take these say how many lines it may touch; `tests/bench/lines_of_a_miss.sh` counts how many it
 * does. Run by hand:
 *
 *     bench_lines [MEGABYTES]     default 3500, about what the largest campus of the thesis takes
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"

enum { N_LINES = 1 << 21, ROW = 16, WORK = 60 };

struct lines {
    uint64_t *at; /* Eight to a line. */
    uint32_t n;
    struct rng rng;
    uint64_t sum; /* So that nothing is left out. */
};

static double processor_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t *some_line(struct lines *l)
{
    return &l->at[8 * (uint64_t)rng_below(&l->rng, l->n)];
}

/* Something that takes a while and no memory. */
static void work(struct lines *l)
{
    for (int i = 0; i < WORK; i++) {
        l->sum = l->sum * UINT64_C(6364136223846793005) + 1;
    }
}

static void only_work(struct lines *l)
{
    l->sum += (uintptr_t)some_line(l);
    work(l);
}

/* What follows depends on what is read. */
static void surprise(struct lines *l)
{
    l->sum += *some_line(l);
    work(l);
}

static void one_by_one(struct lines *l)
{
    __builtin_prefetch(some_line(l));
    work(l);
}

static void in_rows(struct lines *l)
{
    for (int i = 0; i < ROW; i++) {
        __builtin_prefetch(some_line(l));
    }
    for (int i = 0; i < ROW; i++) {
        work(l);
    }
}

static double ns_each(struct lines *l, void touch(struct lines *l), int n_each)
{
    double begun_s = processor_s();

    for (int i = 0; i < N_LINES; i += n_each) {
        touch(l);
    }
    return 1e9 * (processor_s() - begun_s) / N_LINES;
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 3500, bytes = megabytes << 20;
    struct lines l = {.n = (uint32_t)(bytes / CACHE_LINE)};
    double bare_ns, surprise_ns, single_ns, row_ns;

    if (megabytes < 1 || megabytes > 100000) {
        fprintf(stderr, "bench_lines: 1 to 100000 megabytes, not %s\n", argv[1]);
        return 2;
    }
    l.at = xalloc_lines(bytes, 1);
    madvise(l.at, bytes, MADV_HUGEPAGE);
    for (uint64_t i = 0; i < l.n; i++) {
        l.at[8 * i] = i;
    }
    rng_seed(&l.rng, 2385);
    bare_ns = ns_each(&l, only_work, 1);
    surprise_ns = ns_each(&l, surprise, 1) - bare_ns;
    single_ns = ns_each(&l, one_by_one, 1) - bare_ns;
    row_ns = ns_each(&l, in_rows, ROW) - bare_ns;
    printf("%zu MB, between %.0f ns of work each:\n", megabytes, bare_ns);
    printf("  by surprise                    %6.1f ns a line\n", surprise_ns);
    printf("  fetched before, one by one     %6.1f ns, %.2f of that\n", single_ns,
           single_ns / surprise_ns);
    printf("  fetched before, in rows of %d  %6.1f ns, %.2f of that\n", ROW, row_ns,
           row_ns / surprise_ns);
    free(l.at);
    return l.sum == 0;
}
