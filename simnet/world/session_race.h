/* The race of births and deaths (session.h), drawn some steps ahead, so that memory that a step is going to
 * need can be fetched before. Part of session.c.
 *
 * What is drawn must not depend on how many sessions there will be, so deaths race in as many places as there
 * may be sessions, a little more than there are, and a death in an empty place is none: the clocks of the empty
 * places ring for nobody (uniformization). That is exact as long as sessions do not become more than
 * places, or of another number by other means than the race; then what was drawn is forgotten and drawn anew, which
 * is exact, too, because the clocks are memoryless and nobody looked at what they will do. */
#ifndef TAMBO_WORLD_SESSION_RACE_H
#define TAMBO_WORLD_SESSION_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/rng.h"
#include "simnet/world/session_pairs.h"
#include "simnet/world/traffic_alias.h"

enum { RACE_AHEAD = 8 /* Steps: a power of two. */ };

struct race_step {
    int64_t at_ns;
    uint32_t place;           /* Of a death; RACE_BIRTH: of none. */
    struct session_pair pair; /* A birth's; that of a death is a guess. */
    double keep;              /* A birth's: what is compared in its column of the alias table. */
};

#define RACE_BIRTH UINT32_MAX

struct session_race {
    const struct alias_table *destinations; /* Borrowed. */
    uint32_t n_hosts;
    double births_per_s, mu_per_s;
    uint32_t places;
    int64_t drawn_ns; /* Up to here. */
    struct race_step ring[RACE_AHEAD];
    unsigned head, n,
        n_known; /* Steps from the head on, and those of them that know their pairs. */
};

/* Host number 'i' of the others, as 'host' counts them. */
static inline uint32_t session_other_host(uint32_t host, uint32_t i)
{
    return i + (i >= host);
}

/* Without anything drawn. 'births_per_s' in all, 'mu_per_s' of each session, 0 when deaths do not race. */
void session_race_init(struct session_race *race, double births_per_s, double mu_per_s,
                       const struct alias_table *destinations, uint32_t n_hosts);

/* Forgets what was drawn; what comes begins at 'now_ns', with 'n_on' sessions. */
void session_race_restart(struct session_race *race, int64_t now_ns, size_t n_on);

/* Whether the places do for 'n_on' sessions, and are not many more than these. */
bool session_race_fits(const struct session_race *race, size_t n_on);

/* The next step, of a birth or of a session in 'on'; NULL: there will be none. It is due at its time, if nothing is
 * restarted before. */
const struct race_step *session_race_first(struct session_race *race, struct rng *rng,
                                           const struct session_pairs *on);

/* The first step is done, or about to be. */
void session_race_drop(struct session_race *race);

/* The step that follows 'i' others, if it is known and something will happen, or NULL. */
const struct race_step *session_race_peek(const struct session_race *race, unsigned i,
                                          const struct session_pairs *on);

#endif
