/* How fast state spaces are explored, and in how much memory. Run by hand:
 *
 *     bench_petri [philosophers N | ring PLACES TOKENS | grid SIDE TOKENS] [arcs]
 *
 * Philosophers 34 (the default) have 12 752 043 markings (Lucas' number), a ring of 13 places with 15 equal
 * tokens 17 383 860 (27 over 15), a grid of 4 by 4 with 6 different tokens 16 777 216 (16^6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "models/petri/graph.h"

static void complain(void *ctx, void *origin, size_t at, const char *message)
{
    (void)ctx;
    (void)origin;
    fprintf(stderr, "character %zu: %s\n", at, message);
    exit(1);
}

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static uint32_t add_place(struct petri_net *net, const char *name, const char *type,
                          const char *initial)
{
    uint32_t p = petri_add_place(net, name, petri_find_type(net, type), false);

    if (initial) {
        petri_set_initial(net, p, initial, NULL);
    }
    return p;
}

/* Philosophers who take both forks at once. */
static void philosophers(struct petri_net *net, const char *n)
{
    static const char all[] = "for i in 0 .. n - 1 do i", forks[] = "p ++ (p + 1) mod n";
    uint32_t think, fork, eat, t;

    petri_add_constant(net, "n", n, NULL);
    think = add_place(net, "think", "INT", all);
    fork = add_place(net, "fork", "INT", all);
    eat = add_place(net, "eat", "INT", NULL);
    t = petri_begin(net, "take");
    petri_in(net, t, think, false, "p", NULL);
    petri_in(net, t, fork, false, forks, NULL);
    petri_out(net, t, eat, "p", NULL);
    petri_end(net, t, NULL);
    t = petri_begin(net, "put");
    petri_in(net, t, eat, false, "p", NULL);
    petri_out(net, t, think, "p", NULL);
    petri_out(net, t, fork, forks, NULL);
    petri_end(net, t, NULL);
}

/* Equal tokens that go round. */
static void ring(struct petri_net *net, uint32_t places, const char *tokens)
{
    char name[16];

    for (uint32_t i = 0; i < places; i++) {
        snprintf(name, sizeof name, "p%u", i);
        add_place(net, name, "UNIT", i ? NULL : tokens);
    }
    for (uint32_t i = 0; i < places; i++) {
        uint32_t t = petri_begin(net, "t");

        petri_in(net, t, i, false, "1", NULL);
        petri_out(net, t, (i + 1) % places, "1", NULL);
        petri_end(net, t, NULL);
    }
}

/* Tokens of different colours on a grid that go right and down, several in one cell. */
static void grid(struct petri_net *net, const char *side, const char *tokens)
{
    uint32_t cells, t;

    petri_add_constant(net, "side", side, NULL);
    petri_add_constant(net, "tokens", tokens, NULL);
    petri_add_type(net, &(struct petri_type){.name = "AT",
                                             .kind = PETRI_TUPLE,
                                             .n = 3,
                                             .fields = (const struct petri_type *[]){
                                                 &petri_int, &petri_int, &petri_int}});
    cells = add_place(net, "cells", "AT", "for k in 1 .. tokens do (k, 0, 0)");
    t = petri_begin(net, "right");
    petri_in(net, t, cells, false, "(k, x, y)", NULL);
    petri_guard(net, t, "x + 1 < side", NULL);
    petri_out(net, t, cells, "(k, x + 1, y)", NULL);
    petri_end(net, t, NULL);
    t = petri_begin(net, "down");
    petri_in(net, t, cells, false, "(k, x, y)", NULL);
    petri_guard(net, t, "y + 1 < side", NULL);
    petri_out(net, t, cells, "(k, x, y + 1)", NULL);
    petri_end(net, t, NULL);
}

static void measure(struct petri_net *net, const char *what, bool arcs)
{
    struct petri_space space;
    struct petri_limits limits = {4000000000, 20000000, arcs};
    struct rusage usage;
    double begin = now_s(), took;

    petri_space_explore(&space, net, &limits);
    took = now_s() - begin;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s%s: %u markings, %llu arcs, %s, in %.2f s: %.0f markings/s, %.0f arcs/s\n", what,
           arcs ? " with arcs" : "", space.set.n, (unsigned long long)space.n_arcs,
           space.status == PETRI_FULL ? "full" : space.reason, took, space.set.n / took,
           (double)space.n_arcs / took);
    printf("  %.1f bytes of each marking itself, %.1f with table and origin, %ld MB in all\n",
           (double)space.set.used / space.set.n, (double)petri_space_memory(&space) / space.set.n,
           usage.ru_maxrss / 1024);
    petri_space_fini(&space);
}

int main(int argc, char *argv[])
{
    struct petri_net *net = petri_net_new(complain, NULL);
    const char *what = argc > 1 ? argv[1] : "philosophers";
    bool arcs = argc > 2 && strcmp(argv[argc - 1], "arcs") == 0;

    if (strcmp(what, "ring") == 0 && argc > 3) {
        ring(net, (uint32_t)atoi(argv[2]), argv[3]);
    } else if (strcmp(what, "grid") == 0 && argc > 3) {
        grid(net, argv[2], argv[3]);
    } else {
        philosophers(net, argc > 2 ? argv[2] : "34");
    }
    measure(net, what, arcs);
    petri_net_free(net);
    return 0;
}
