#include "models/cache_twin.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/rng_gsl.h"

#define ABSENT SIZE_MAX

/* Places in the order in which their entries go: by age or, under LRU, by last use. */
struct twin {
    enum eviction eviction;
    size_t room;
    size_t *place;         /* By destination, or ABSENT. */
    size_t *destination; /* By place. */
    size_t *older, *newer; /* By place: a circle through 'room', its end. */
    gsl_rng *rng;
    gsl_ran_discrete_t *choice;
};

static void unlink_place(struct twin *t, size_t at)
{
    t->newer[t->older[at]] = t->newer[at];
    t->older[t->newer[at]] = t->older[at];
}

static void make_newest(struct twin *t, size_t at)
{
    size_t newest = t->older[t->room];

    t->older[at] = newest;
    t->newer[at] = t->room;
    t->newer[newest] = at;
    t->older[t->room] = at;
}

/* The place whose entry makes room. */
static size_t victim(struct twin *t)
{
    if (t->eviction == EVICT_RANDOM) {
        return gsl_rng_uniform_int(t->rng, t->room);
    }
    return t->newer[t->room]; /* The oldest; hits move it under LRU alone. */
}

static bool request(struct twin *t)
{
    size_t d = gsl_ran_discrete(t->rng, t->choice), at = t->place[d];
    bool hit = at != ABSENT;

    if (!hit) {
        at = victim(t);
        t->place[t->destination[at]] = ABSENT;
        t->destination[at] = d;
        t->place[d] = at;
    }
    if (!hit || t->eviction == EVICT_LRU) {
        unlink_place(t, at);
        make_newest(t, at);
    }
    return hit;
}

static void init(struct twin *t, const double weights[], size_t n, uint64_t seed)
{
    t->place = xcalloc(n, sizeof *t->place);
    t->destination = xcalloc(t->room, sizeof *t->destination);
    t->older = xcalloc(t->room + 1, sizeof *t->older);
    t->newer = xcalloc(t->room + 1, sizeof *t->newer);
    t->older[t->room] = t->newer[t->room] = t->room;
    for (size_t d = 0; d < n; d++) {
        t->place[d] = d < t->room ? d : ABSENT;
    }
    for (size_t at = 0; at < t->room; at++) {
        t->destination[at] = at;
        make_newest(t, at);
    }
    t->rng = gsl_rng_alloc(model_rng_xoshiro);
    gsl_rng_set(t->rng, (unsigned long)seed);
    t->choice = gsl_ran_discrete_preproc(n, weights);
}

static void fini(struct twin *t)
{
    gsl_ran_discrete_free(t->choice);
    gsl_rng_free(t->rng);
    free(t->place);
    free(t->destination);
    free(t->older);
    free(t->newer);
}

double model_cache_simulate(const double weights[], size_t n, size_t room, enum eviction eviction,
                            uint64_t n_requests, uint64_t seed)
{
    struct twin t = {.eviction = eviction, .room = room};
    uint64_t hits = 0;

    init(&t, weights, n, seed);
    for (uint64_t i = 0; i < n_requests / 10; i++) {
        request(&t);
    }
    for (uint64_t i = 0; i < n_requests; i++) {
        hits += request(&t);
    }
    fini(&t);
    return (double)hits / (double)n_requests;
}
