/* The holding laws as switches can keep them: OpenFlow counts idle time-outs in whole seconds, and
 * 0 would mean never. Times are rounded to the nearest second, at least 1, as the controller does. */
#ifndef TAMBO_MODELS_HOLDING_WHOLE_H
#define TAMBO_MODELS_HOLDING_WHOLE_H

#include "models/holding.h"

/* As model_holding_exact, with every holding time k = max(1, round(t)) where t is what chain->law
 * gives with mean chain->hold_s. With E over k and a = S lambda,
 *
 *     fixed, and a fresh draw at every idle period:  P_OFF = A E[e^(-ak)]
 *     one draw per installed entry:                  P_OFF = A/E[e^(ak)], 0 where that is infinite
 *
 * (derived as in holding.c; k is geometric but for its first step). By Jensen's inequality P_OFF is
 * largest for the fresh draw and smallest for the one per entry, at equal means. Same domain and
 * precision. */
enum model_status model_holding_whole(const struct holding_chain *chain,
                                      struct holding_state *state);

/* E[k]: the mean time that is really held, never less than 1 s. MODEL_DOMAIN: hold_s negative or
 * infinite, or the law is HOLD_THRESHOLD. */
struct model_result model_holding_whole_mean(enum hold_law law, double hold_s);

#endif
