/* The holding chain when hosts move between access switches: what moves cost in packet-ins.
 *
 * Every host stays at its switch for an exponential time of mean 1/m and then changes places with a host of
 * another one, so that a switch always has S hosts. Its sessions go with it. Derived here:
 *
 *   Sources. Look at one place of the switch and one destination. Whoever comes there has a session with the
 *   stationary probability p = lambda/(lambda + mu), whatever has been at this switch, because a pair's
 *   session does not depend on where its source is. So the place turns ON at lambda' = lambda + m p and OFF at
 *   mu' = mu + m (1 - p): both are the old rates times 1 + m/(lambda + mu). lambda'/mu' = lambda/mu, so the
 *   numbers of sessions are what they were; what changes is how often a switch begins to use a destination.
 *   Of the S lambda' P_OFF packet-ins a second, S m p P_OFF are of moves: of N m moves a second each brings
 *   the sessions p that its host has, and each of those finds no entry with P_OFF.
 *
 *   Destinations. When one moves, the controller changes the entries towards it and their idle times begin
 *   anew, at rate m. With a = S lambda' and a fixed holding time T, T must pass without a session and without
 *   a move. With E = exp(-(a + m) T) the clock wins the next race with probability E, and a move, after which
 *   all is as at the beginning, wins (1 - E) m/(a + m), so an idle period ends by the clock with
 *   q = E + q (1 - E) m/(a + m) = E (a + m)/(a + m E). As in holding.c P_OFF = q A, A = (1 + lambda/mu)^-S.
 *   Exponential holding times have no memory that could begin anew: P_OFF = A/(1 + a T).
 *
 * Left out are terms of order 1/N: a host has no session to itself, so that it makes a place silent where it
 * is itself the destination. And the controller is taken to believe a move at once. */
#ifndef TAMBO_MODELS_MOBILITY_H
#define TAMBO_MODELS_MOBILITY_H

#include "models/holding.h"

struct mobility_state {
    double p_off_frac, occupancy_frac;
    double arrivals_per_s; /* All packet-ins for this destination, */
    double moves_per_s;    /* and those of them that moves of sources cause. */
};

/* 'chain' with a law fixed or exponential, each host moving 'moves_per_s' times a second. MODEL_DOMAIN for
 * other laws and for parameters out of their ranges ('*state' is zeroed). With 0 moves it is
 * model_holding_exact(). */
enum model_status model_mobility(const struct holding_chain *chain, double moves_per_s,
                                 struct mobility_state *state);

#endif
