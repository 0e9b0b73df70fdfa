/* What campus.c and campus_metrics.c share. Nobody else includes this. */
#ifndef TAMBO_CTLCHAN_CAMPUS_IMPL_H
#define TAMBO_CTLCHAN_CAMPUS_IMPL_H

#include "simnet/ctlchan/campus.h"

struct campus {
    struct campus_params params;
    struct world *world;
    struct ctlchan *channel;
    struct ctl *ctl;
    struct sflow_link *sflow; /* NULL: none. */
    struct session_load *load;
    struct session_traffic *traffic; /* NULL without traffic. */
    struct session_fill *fill;       /* While tables are filled. */
    double *rates_per_s;
    uint32_t n_announced;
    struct sim_event announce, begin_fill, begin, measure;
    mono_t setup_at, measured_from, end_at;
    bool *in_surge; /* By host. */
    struct campus_series series;
    struct sim_event sample;            /* The end of the present bin. */
    uint64_t n_misses_base, n_ins_base; /* Counted before the bin; negative after a reset. */
};

/* The series begins with the traffic. */
void campus_series_begin(struct campus *c);

/* What is counted is about to be forgotten. */
void campus_series_reset(struct campus *c);
void campus_series_fini(struct campus *c);

#endif
