/* What a plan is sensitive to, and campuses with several models of switch. */
#ifndef TAMBO_MODELS_OUTLOOK_H
#define TAMBO_MODELS_OUTLOOK_H

#include "models/capacity.h"

/* The parameters that a purchase or a user may change. */
enum plan_lever {
    LEVER_TCAM,          /* tcam_entries */
    LEVER_CONTROLLER,    /* controller_per_s */
    LEVER_REPLY,         /* reply_s */
    LEVER_PORTS,         /* ports */
    LEVER_MEAN_SESSIONS, /* mean_sessions, or all measured sessions */
    LEVER_SESSION,       /* session_s */
    N_LEVERS,
};

/* Returns the name of the option of tambo plan: "tcam", "controller-per-s", ... */
const char *plan_lever_name(enum plan_lever lever);

/* Elasticities of N_max (model_plan_best): by how many percent it grows when a lever grows by one
 * percent. At N_max both loads are 1; a change of the lever is made up by the size and the setting
 * (holding time, or share of permanent entries), and the three changes of the loads, by central
 * differences (of 4 % for the lever, two ports for ports), give the size's: two equations in two
 * unknowns. Where there is nothing to set, the table alone decides. "abserr" is a thousandth, what
 * such steps leave open.
 * Fills "elasticities"; a lever that does not apply is MODEL_DOMAIN: ports = 1, mean sessions with
 * measured ones. Returns MODEL_DOMAIN, and all of them so: bad parameters, N_max is 0 or unbounded. */
enum model_status model_plan_elasticities(const struct plan_params *params,
                                          struct model_result elasticities[N_LEVERS]);

/* Years until "n_hosts", growing by "growth_frac" a year, are "n_max": ln(n_max/n_hosts)/ln(1 + g).
 * 0 when they are already more. MODEL_DOMAIN: n_hosts < 1, n_max < 1, or growth not positive. */
struct model_result model_plan_years(double n_hosts, double growth_frac, double n_max);

/* One model of access switch among several. */
struct switch_kind {
    double share_frac; /* Share of the hosts on such switches; all shares sum to 1. */
    uint32_t ports;
    double tcam_entries;
};

enum { SWITCH_KINDS_MAX = 16 };

struct plan_mix {
    int64_t n_max;                           /* 0: nothing fits; MODEL_HOSTS_UNBOUNDED possible. */
    double arrivals_per_s;                   /* At n_max. */
    double hold_s[SWITCH_KINDS_MAX];         /* Each kind's own longest holding time there. */
    double permanent_frac[SWITCH_KINDS_MAX]; /* HOLD_THRESHOLD: share of permanent entries. */
};

/* The largest campus of "n_kinds" models of switch, where each is held as long as its own table
 * allows, which spares the controller most: N_max is the largest N with sum of share_k ARR_k(N) <=
 * what the controller takes, ARR_k being the packet-ins of a campus of that kind alone. Ports and
 * tcam_entries of "params" are not read.
 * MODEL_DOMAIN ("mix" zeroed): bad parameters, no kinds or more than 16, shares that are negative
 * or do not sum to 1 within 1e-9. */
enum model_status model_plan_mixed(const struct plan_params *params,
                                   const struct switch_kind *kinds, size_t n_kinds,
                                   struct plan_mix *mix);

#endif
