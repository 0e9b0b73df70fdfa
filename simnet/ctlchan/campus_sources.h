/* Where the sessions of a campus come from when it is not the independent pairs of session.h: ON/OFF
 * sources, or a recorded trace. Private to the campus. */
#ifndef TAMBO_CTLCHAN_CAMPUS_SOURCES_H
#define TAMBO_CTLCHAN_CAMPUS_SOURCES_H

#include "simnet/ctlchan/campus.h"
#include "simnet/world/onoff.h"
#include "simnet/world/session_trace.h"

struct campus_sources {
    struct onoff *onoff;         /* NULL: none. */
    struct session_trace *trace; /* NULL: none. */
};

/* What is wrong with the parameters; NULL: nothing. */
const char *campus_sources_error(const struct campus_params *p);

/* What is wrong with the rates as weights; NULL: nothing. */
const char *campus_sources_weights_error(const struct campus_params *p, const double weights[],
                                         uint32_t n_hosts);

/* The one that 'p' asks for. 'weights' are those of 'n_hosts' destinations. */
void campus_sources_make(struct campus_sources *s, struct sim *sim, const struct campus_params *p,
                         const double weights[], uint32_t n_hosts,
                         const struct session_hooks *hooks);
void campus_sources_start(struct campus_sources *s);
void campus_sources_fini(struct campus_sources *s);
size_t campus_sources_n_on(const struct campus_sources *s);

#endif
