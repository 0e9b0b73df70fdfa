#include "simnet/world/session_race.h"

#include "controller/base/mono.h"

enum { RESOLVE_BEFORE = RACE_AHEAD - 2 /* Steps: the column or place has come by then. */ };

static struct race_step *step_at(struct session_race *race, unsigned i)
{
    return &race->ring[(race->head + i) % RACE_AHEAD];
}

void session_race_init(struct session_race *race, double births_per_s, double mu_per_s,
                       const struct alias_table *destinations, uint32_t n_hosts)
{
    *race = (struct session_race){.destinations = destinations,
                                  .n_hosts = n_hosts,
                                  .births_per_s = births_per_s,
                                  .mu_per_s = mu_per_s};
}

/* Ten standard deviations of a Poisson number of 400 000. */
static uint32_t spare_places(size_t n_on)
{
    return (uint32_t)(n_on / 64) + 4;
}

void session_race_restart(struct session_race *race, int64_t now_ns, size_t n_on)
{
    race->head = race->n = race->n_known = 0;
    race->drawn_ns = now_ns;
    race->places = race->mu_per_s > 0 ? (uint32_t)n_on + spare_places(n_on) : 0;
}

bool session_race_fits(const struct session_race *race, size_t n_on)
{
    return !(race->mu_per_s > 0) ||
           (n_on <= race->places && race->places - n_on <= 3 * (size_t)spare_places(n_on));
}

/* --- Drawing ------------------------------------------------------------------------------------ */

/* Who is born towards whom is known when the column of the alias table has come. */
static void draw_birth(struct session_race *race, struct race_step *step, struct rng *rng)
{
    step->place = RACE_BIRTH;
    step->pair.dst = rng_below(rng, race->destinations->n);
    step->keep = rng_uniform(rng);
    step->pair.src = rng_below(rng, race->n_hosts - 1);
    __builtin_prefetch(&race->destinations->columns[step->pair.dst]);
}

static void draw(struct session_race *race, struct rng *rng, const struct session_pairs *on)
{
    struct race_step *step = step_at(race, race->n++);
    double all_per_s = race->births_per_s + race->places * race->mu_per_s;
    mono_t at = mono_add((mono_t){race->drawn_ns}, ns_from_s(rng_exponential(rng, 1 / all_per_s)));

    step->at_ns = race->drawn_ns = at.ns;
    if (!race->places || rng_uniform(rng) * all_per_s < race->births_per_s) {
        draw_birth(race, step, rng);
    } else {
        step->place = rng_below(rng, race->places);
        __builtin_prefetch(&on->list[step->place < on->n ? step->place : 0]);
    }
}

static void resolve(struct session_race *race, struct race_step *step,
                    const struct session_pairs *on)
{
    if (step->place == RACE_BIRTH) {
        step->pair.dst = alias_of(race->destinations, step->pair.dst, step->keep);
        step->pair.src = session_other_host(step->pair.dst, step->pair.src);
    } else if (step->place < on->n) {
        step->pair = on->list[step->place];
    } else {
        return;
    }
    session_pairs_prefetch(on, step->pair);
}

static void fill(struct session_race *race, struct rng *rng, const struct session_pairs *on)
{
    while (race->n < RACE_AHEAD) {
        draw(race, rng, on);
    }
    while (race->n_known < RESOLVE_BEFORE) {
        resolve(race, step_at(race, race->n_known++), on);
    }
}

const struct race_step *session_race_first(struct session_race *race, struct rng *rng,
                                           const struct session_pairs *on)
{
    const struct race_step *first;

    if (!(race->births_per_s > 0) && !(race->mu_per_s > 0 && on->n)) {
        return NULL;
    }
    for (;; session_race_drop(race)) {
        fill(race, rng, on);
        first = step_at(race, 0);
        if (first->place == RACE_BIRTH || first->place < on->n) {
            return first;
        }
    }
}

void session_race_drop(struct session_race *race)
{
    race->head = (race->head + 1) % RACE_AHEAD;
    race->n--;
    race->n_known--;
}

const struct race_step *session_race_peek(const struct session_race *race, unsigned i,
                                          const struct session_pairs *on)
{
    const struct race_step *step = &race->ring[(race->head + i) % RACE_AHEAD];

    return i < race->n_known && (step->place == RACE_BIRTH || step->place < on->n) ? step : NULL;
}
