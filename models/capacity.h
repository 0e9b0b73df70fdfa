/* Capacity: the largest campus that the switches' tables and the controller can carry, and the
 * holding time that gets there. This is what "tambo plan" prints.
 *
 * N hosts, S per access switch. With the holding chain of every destination (holding.h, finite S)
 * and the popularity of destinations (popularity.h), a switch holds X = N E_d[OCC] entries on
 * average and the controller receives ARR = (N^2/S) E_d[ARR] packet-ins per second. A network fits
 * when both hold:
 *
 *     table:       X + Q^-1(p_overflow) sqrt(X) <= tcam
 *     controller:  ARR <= rho_max controller_per_s,   rho_max: M/M/1/m blocks p_block,
 *                                                     m = floor(reply time * controller_per_s)
 *
 * Longer holding raises X and lowers ARR. Source: G. Cuba, J. M. Becerra, PUCP, 2015, section 5.2;
 * what goes beyond it is derived in capacity_network.c. */
#ifndef TAMBO_MODELS_CAPACITY_H
#define TAMBO_MODELS_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/holding.h"
#include "models/largest.h"
#include "models/popularity.h"
#include "models/status.h"

struct plan_params {
    enum popularity_kind traffic; /* POPULARITY_UNIFORM, _PARETO, _ZIPF or _SESSIONS. */
    double alpha;                 /* Pareto's shape, > 1, or Zipf's exponent, >= 0. */
    double mean_sessions;         /* Mean simultaneous sessions of a destination, > 0. */
    const double *sessions;       /* POPULARITY_SESSIONS: measured ones instead of these two, */
    size_t n_sessions;            /* falling, the first > 0; borrowed. */
    double session_s;             /* Mean duration of a session, 1/mu, > 0. */
    uint32_t ports;               /* S: hosts of an access switch, >= 1. */
    double tcam_entries;          /* Entries that an access switch's table holds, > 0. */
    double p_overflow_frac;       /* Accepted probability of more entries than that, in (0, 1). */
    double controller_per_s;      /* Packet-ins per second that the controller serves, > 0. */
    double reply_s;               /* Longest time in the controller: sets m, which must be >= 1. */
    double p_block_frac;          /* Accepted probability of losing a packet-in, in (0, 1). */
    enum hold_law hold_law;
};

/* The thesis's parameters: Pareto traffic with alpha 1.2, 4 sessions of 5 s, 48 ports, 8192
 * entries, 1e-6, 51 880 per second, 1 ms, 1e-6, exponential holding. */
struct plan_params model_plan_defaults(void);

/* What the parameters allow, before any network is looked at. */
struct plan_limits {
    double max_entries;        /* Largest X that the table takes. */
    uint32_t queue_capacity;   /* m. */
    double rho_max;            /* Largest load of the controller. */
    double max_arrivals_per_s; /* rho_max controller_per_s. */
};

/* MODEL_DOMAIN ("limits" zeroed): a parameter outside the ranges above. */
enum model_status model_plan_limits(const struct plan_params *params, struct plan_limits *limits);

enum plan_limit { PLAN_LIMIT_TCAM, PLAN_LIMIT_CONTROLLER };

/* Returns "tcam" or "controller". */
const char *plan_limit_name(enum plan_limit limit);

/* One network under one holding time (or, for HOLD_THRESHOLD, one share of permanent entries). */
struct plan_point {
    int64_t n_hosts;
    double hold_s;               /* Mean holding time, may be INFINITY; 0 for HOLD_THRESHOLD. */
    double permanent_frac;       /* HOLD_THRESHOLD: share of destinations whose entry is permanent,
                                   the most popular ones; else 0. */
    double threshold_per_s;      /* HOLD_THRESHOLD: a_d = S lambda_d at that border; else 0. */
    double occupancy_entries;    /* X. */
    double arrivals_per_s;       /* ARR. */
    double p_overflow_frac;      /* Q((tcam - X)/sqrt(X)), the bound. */
    double p_block_frac;         /* Blocking at ARR. */
    double tcam_load_frac;       /* X/max_entries: fits when <= 1. */
    double controller_load_frac; /* ARR/max_arrivals_per_s: fits when <= 1. */
};

/* Figures of "n_hosts" hosts under the mean holding time "hold_s" (INFINITY allowed).
 * HOLD_THRESHOLD has no common holding time: use model_plan_threshold_point.
 * MODEL_DOMAIN ("point" zeroed): bad parameters, law, hold_s or n_hosts (every destination must
 * have fewer sessions than there are other hosts; n_hosts <= MODEL_HOSTS_MAX).
 * MODEL_NOCONV: quadrature. */
enum model_status model_plan_point(const struct plan_params *params, int64_t n_hosts, double hold_s,
                                   struct plan_point *point);

/* Figures when the "permanent_frac" (0..1) most popular destinations have permanent entries and the
 * others none beyond their sessions. params->hold_law is not read. */
enum model_status model_plan_threshold_point(const struct plan_params *params, int64_t n_hosts,
                                             double permanent_frac, struct plan_point *point);

/* The largest network. n_max = 0: nothing fits; "at" is then zeroed, and so is everything else when
 * no holding time was given. */
struct plan_result {
    int64_t n_max;            /* Largest N that fits both, or MODEL_HOSTS_UNBOUNDED. */
    int64_t n_max_tcam;       /* Largest N that the tables take at the same holding time. */
    int64_t n_max_controller; /* Largest N that the controller takes at the same holding time. */
    enum plan_limit limited_by;
    struct plan_point at; /* The figures at n_max (at MODEL_HOSTS_MAX when unbounded). */
};

/* N_max at the given mean holding time; not for HOLD_THRESHOLD (MODEL_DOMAIN).
 *
 * "Largest N" means that N fits, N + 1 does not, and neither does any of MODEL_HOSTS_MAX/4^k above
 * it. That is the largest of all because X and ARR grow with N, but for networks hardly larger than
 * the number of sessions of one destination (capacity_search.c says why). */
enum model_status model_plan_at_hold(const struct plan_params *params, double hold_s,
                                     struct plan_result *result);

/* N_max over all holding times (all thresholds for HOLD_THRESHOLD) and the best one, which is the
 * one that loads the table and the controller alike at N_max. */
enum model_status model_plan_best(const struct plan_params *params, struct plan_result *result);

/* Whether a given network fits. */
struct plan_hosts {
    bool fits;
    double hold_min_s; /* Shortest holding time that the controller bears, >= 0. */
    double hold_max_s; /* Longest one that the tables bear, INFINITY when all do, 0 when none does.
                          The network fits when min <= max and the table bears hold_min_s. */
    double permanent_min_frac;  /* HOLD_THRESHOLD: the same interval for the share of permanent */
    double permanent_max_frac;  /* entries, and both times are 0; else these are 0. */
    enum plan_limit limited_by; /* The more loaded of the two at "at". */
    struct plan_point at;       /* At the best time: table and controller equally loaded, or 0 when
                                   the table is the more loaded one even without holding. */
};

/* Examines "n_hosts" over all holding times (all thresholds for HOLD_THRESHOLD). */
enum model_status model_plan_hosts(const struct plan_params *params, int64_t n_hosts,
                                   struct plan_hosts *hosts);

/* The figures of "n_hosts" held as long as the tables bear; "point->tcam_load_frac" is above 1 when
 * they do not even bear what is in use. */
enum model_status model_plan_fullest(const struct plan_params *params, int64_t n_hosts,
                                     struct plan_point *point);

/* Examines "n_hosts" at the mean holding time "hold_s": "fits" and "at" are for that time, the
 * interval is the same as above. Not for HOLD_THRESHOLD. */
enum model_status model_plan_hosts_at_hold(const struct plan_params *params, int64_t n_hosts,
                                           double hold_s, struct plan_hosts *hosts);

#endif
