/* What the files of holding_time share. Private to this room.
 *
 *      holding_time.c     module: policies, entries that come and go, views
 *      holding_record.c   what is measured, of destinations and of pairs
 *      holding_replan.c   a plan for each switch, and entries that it makes short
 *      holding_plan.c     formulas */
#ifndef TAMBO_APPS_HOLDING_H
#define TAMBO_APPS_HOLDING_H

#include "controller/apps/holding_time.h"
#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/core/ctl_api.h"

/* What is measured of a destination, at one switch or at all of them. */
struct holding_record {
    struct hmap_node node;
    dpid_t dpid; /* 0 in a destination's record. */
    struct eth_addr dst;
    struct holding_rate rate;
    mono_t in_since; /* A pair's entry is there; MONO_NEVER: none is. */
    uint16_t hold_s;
    bool is_kept;
};

struct holding_switch {
    struct hmap_node node;
    dpid_t dpid;
    struct holding_plan plan;
    bool is_planned;
    uint32_t n_in;     /* Entries that are there. */
    uint32_t capacity; /* At which the table was full; 0: never was. */
    struct holding_bins bins;
};

struct holding_time {
    struct ctl *ctl;
    struct holding_time_settings settings;
    struct holding_time_counters n;
    struct hmap pairs, destinations; /* struct holding_record */
    struct hmap switches;            /* struct holding_switch: those that have had an entry. */
    struct holding_rate total;       /* Of all destinations. */
    double session_s, n_sessions;
    mono_t began;
    uint64_t n_draws;
    struct timer replan;
    holding_change_fn *change;
    void *change_aux;
};

/* --- Records (holding_record.c) --------------------------------------------------------------- */

uint64_t holding_key(dpid_t dpid, struct eth_addr dst);

struct holding_record *holding_pair_find(const struct holding_time *h, dpid_t dpid,
                                         struct eth_addr dst);
/* NULL when there are too many. */
struct holding_record *holding_pair_get(struct holding_time *h, dpid_t dpid, struct eth_addr dst);

/* The rate of the destination of 'r' at an average switch, and of the pair 'r', given that. */
double holding_destination_per_s(const struct holding_time *h, struct holding_record *r);
double holding_pair_per_s(const struct holding_time *h, struct holding_record *r);

/* The entry of the pair 'r' is there now, or no longer. */
void holding_record_enter(struct holding_time *h, struct holding_record *r, bool is_arrival);
void holding_record_leave(struct holding_time *h, struct holding_record *r);

/* Brings all records up to now and forgets those that say nothing any more. */
void holding_records_sum_up(struct holding_time *h);
void holding_records_free(struct holding_time *h);

/* For qsort() of pointers to pairs: by switch, then by destination. */
int holding_pair_compare(const void *a, const void *b);

/* NULL when it has had no entry. */
struct holding_switch *holding_switch_find(const struct holding_time *h, dpid_t dpid);

/* --- Plans (holding_replan.c) ----------------------------------------------------------------- */

/* Whether a pair with this rate is kept, given whether it was. */
bool holding_is_kept(const struct holding_time *h, const struct holding_switch *sw, double per_s,
                     bool was);

void holding_replan(struct holding_time *h);

#endif
