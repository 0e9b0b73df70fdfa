/* What campus.c and campus_metrics.c share. Nobody else includes this. */
#ifndef TAMBO_CTLCHAN_CAMPUS_IMPL_H
#define TAMBO_CTLCHAN_CAMPUS_IMPL_H

#include "simnet/ctlchan/campus.h"
#include "simnet/ctlchan/mem_store.h"
#include "simnet/ctlchan/campus_sources.h"

struct campus {
    struct campus_params params;
    struct world *world;
    struct ctlchan *channel;
    struct ctl *ctl;
    struct sflow_link *sflow; /* NULL: none. */
    struct mem_store *store;  /* Of a core that is restarted; NULL: nothing fails. */
    struct faults *faults;    /* NULL: none. */
    struct standby *standby;  /* NULL: there is one controller. */
    struct session_load *load;
    struct session_traffic *traffic; /* NULL without traffic, or with another model of it: */
    struct campus_sources sources;
    struct session_fill *fill; /* While tables are filled. */
    double *rates_per_s;
    uint32_t n_announced;
    struct sim_event announce, begin_fill, begin, measure;
    mono_t setup_at, measured_from, end_at;
    struct mobility *mobility; /* NULL: hosts stay. */
    bool *in_surge; /* By host. */
    struct campus_series series;
    struct sim_event sample;            /* The end of the present bin. */
    uint64_t n_misses_base, n_ins_base; /* Counted before the bin; negative after a reset. */
};

/* A core with its apps; NULL when an app's settings are out of range: '*failed'. */
struct ctl *campus_make_core(struct campus *c, const struct southbound *southbound,
                             const char **failed);

/* The first controller's. */
struct ctl *campus_make_first(struct campus *c, const char **failed);

/* The second controller, when there is to be one; and before the faults. */
void campus_make_standby(struct campus *c);

/* The channels of the controller that is to be master. */
struct ctlchan *campus_master(const struct campus *c);

/* False when a fault is about what is not there, with the reason. 'setup_at' is known. */
bool campus_make_faults(struct campus *c, char *why, size_t size);

/* For hosts that move: '*hooks', those of the load, become its own, which tell the load. */
void campus_mobility_make(struct campus *c, struct session_hooks *hooks);

/* Hosts move from now on, if they do. */
void campus_mobility_begin(struct campus *c);
void campus_mobility_reset(struct campus *c); /* What was measured is forgotten. */
void campus_mobility_measure(const struct campus *c, struct campus_metrics *out);
void campus_mobility_fini(struct campus *c);

/* The series begins with the traffic. */
void campus_series_begin(struct campus *c);

/* What is counted is about to be forgotten. */
void campus_series_reset(struct campus *c);
void campus_series_fini(struct campus *c);

#endif
