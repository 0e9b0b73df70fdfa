/* Nets for tests, and the complaints about them. */
#ifndef TAMBO_TESTS_PETRI_NET_H
#define TAMBO_TESTS_PETRI_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/petri/graph.h"

/* The first complaint. */
struct complaint {
    size_t n, at;
    char text[256];
};

static inline void note_complaint(void *ctx, void *origin, size_t at, const char *message)
{
    struct complaint *c = ctx;

    (void)origin;
    if (c->n++ == 0) {
        c->at = at;
        snprintf(c->text, sizeof c->text, "%s", message);
    }
}

/* A net in which a complaint fails the test. */
static inline void no_complaint(void *ctx, void *origin, size_t at, const char *message)
{
    (void)ctx;
    (void)origin;
    fail_msg("character %zu: %s", at, message);
}

static inline struct petri_net *whole_net(void)
{
    return petri_net_new(no_complaint, NULL);
}

static inline uint32_t place(struct petri_net *net, const char *name, const char *type,
                             const char *initial)
{
    uint32_t p = petri_add_place(net, name, petri_find_type(net, type), false);

    if (initial) {
        petri_set_initial(net, p, initial, NULL);
    }
    return p;
}

/* Dining philosophers who take both forks at once. */
static inline struct petri_net *philosophers(unsigned n)
{
    struct petri_net *net = whole_net();
    char number[16], all[] = "for i in 0 .. n - 1 do i";
    uint32_t think, fork, eat, take, put;

    snprintf(number, sizeof number, "%u", n);
    petri_add_constant(net, "n", number, NULL);
    think = place(net, "think", "INT", all);
    fork = place(net, "fork", "INT", all);
    eat = place(net, "eat", "INT", NULL);
    take = petri_begin(net, "take");
    petri_in(net, take, think, false, "p", NULL);
    petri_in(net, take, fork, false, "p ++ (p + 1) mod n", NULL);
    petri_out(net, take, eat, "p", NULL);
    petri_end(net, take, NULL);
    put = petri_begin(net, "put");
    petri_in(net, put, eat, false, "p", NULL);
    petri_out(net, put, think, "p", NULL);
    petri_out(net, put, fork, "p ++ (p + 1) mod n", NULL);
    petri_end(net, put, NULL);
    return net;
}

/* "tokens" tokens without colour that go round "places" places. */
static inline struct petri_net *token_ring(unsigned places, const char *tokens)
{
    struct petri_net *net = whole_net();
    char name[16];

    for (unsigned i = 0; i < places; i++) {
        snprintf(name, sizeof name, "p%u", i);
        place(net, name, "UNIT", i == 0 ? tokens : NULL);
    }
    for (unsigned i = 0; i < places; i++) {
        snprintf(name, sizeof name, "t%u", i);
        uint32_t t = petri_begin(net, name);

        petri_in(net, t, i, false, "1", NULL);
        petri_out(net, t, (i + 1) % places, "1", NULL);
        petri_end(net, t, NULL);
    }
    return net;
}

static inline void explore(struct petri_space *space, struct petri_net *net)
{
    petri_space_explore(space, net, &PETRI_LIMITS_INIT);
}

#endif
