/* The holding chain: one forwarding entry of one access switch towards one destination.
 *
 * "n_sources" hosts of the switch each open a session to the destination at rate lambda while they
 * have none, and close it at rate mu. The entry is in the table while any session is ON, and for a
 * holding time after the last one ends. States: OFF (no entry), HOLD (entry, no session), ON_1 ..
 * ON_S. Every passage OFF -> ON_1 costs the controller one packet-in.
 *
 * Source: G. Cuba, J. M. Becerra, "Diseño e implementación de un controlador SDN/OpenFlow para una
 * red de campus académica", PUCP, 2015, section 5.2; the laws other than HOLD_EXPONENTIAL are
 * derived in holding.c. */
#ifndef TAMBO_MODELS_HOLDING_H
#define TAMBO_MODELS_HOLDING_H

#include <stdbool.h>
#include <stdint.h>

#include "models/status.h"

/* What decides how long an idle entry stays. */
enum hold_law {
    HOLD_EXPONENTIAL, /* A fresh exponential time at every idle period: the thesis's model. */
    HOLD_FIXED,       /* The same time at every idle period: what OpenFlow switches do. */
    HOLD_PER_ENTRY,   /* One exponential draw per installed entry, re-used: the thesis's text. */
    HOLD_THRESHOLD,   /* For ever to popular destinations, not at all to the others (capacity.h). */
};

/* Returns "exponential", "fixed", "per-entry" or "threshold". */
const char *hold_law_name(enum hold_law law);

/* Parses such a name into "law". Returns false, and leaves "law" alone, for any other text. */
bool hold_law_parse(const char *name, enum hold_law *law);

struct holding_chain {
    uint32_t n_sources;  /* S: hosts of the switch that may talk to the destination; S - 1 if the
                            destination sits on the same switch; 0 is allowed. */
    double lambda_per_s; /* Rate at which an OFF pair turns ON, finite, >= 0. */
    double mu_per_s;     /* Rate at which an ON pair turns OFF, finite, > 0. */
    double hold_s;       /* Mean holding time, >= 0, may be INFINITY. */
    enum hold_law law;   /* Not HOLD_THRESHOLD: that policy mixes hold_s = 0 and INFINITY. */
};

struct holding_state {
    double p_off_frac;     /* P_OFF: no entry. */
    double p_hold_frac;    /* P_HOLD: an entry and no session. */
    double p_on_frac;      /* Sum of P_ONk, k = 1..S. */
    double occupancy_frac; /* OCC = 1 - P_OFF, with full relative precision when it is tiny. */
    double arrivals_per_s; /* ARR = S lambda P_OFF: packet-ins for this destination. */
};

/* Solves the chain for finite S into "state". Every field has a relative error below 1e-13 unless
 * it underflows to 0. A destination that nobody calls (lambda or S is 0) is always OFF.
 * MODEL_DOMAIN: a parameter outside the ranges above ("state" is zeroed). */
enum model_status model_holding_exact(const struct holding_chain *chain,
                                      struct holding_state *state);

/* The same in the limit of many sources with S lambda kept: sessions are then Poisson. */
enum model_status model_holding_limit(const struct holding_chain *chain,
                                      struct holding_state *state);

/* P_ONk for finite S: exactly "k" sessions are ON. k = 0 gives P_OFF + P_HOLD.
 * MODEL_DOMAIN as above, or k > n_sources. */
struct model_result model_holding_p_on(const struct holding_chain *chain, uint32_t k);

/* P_ONk in the limit of many sources; any "k". */
struct model_result model_holding_p_on_limit(const struct holding_chain *chain, uint32_t k);

#endif
