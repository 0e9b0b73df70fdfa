#include "simnet/ctlchan/campus_sources.h"

#define MOST_OF_CALLS 0.999 /* To one host: its own are drawn until they go to another one. */

static struct duration_law off_law(const struct campus_params *p)
{
    return (struct duration_law){.kind = p->off_law, .mean_s = p->off_s, .shape = p->off_shape};
}

static const char *trace_error(const struct campus_params *p)
{
    uint32_t n_hosts = p->n_access * p->hosts_per_access;

    for (size_t i = 0; i < p->n_records; i++) {
        const struct session_record *r = &p->records[i];

        if (r->src >= n_hosts || r->dst >= n_hosts || r->src == r->dst || r->begin_ns < 0 ||
            r->end_ns < r->begin_ns || (i && r->begin_ns < r[-1].begin_ns)) {
            return "a record of the trace is not in order, or of hosts that are not there";
        }
    }
    return NULL;
}

const char *campus_sources_error(const struct campus_params *p)
{
    struct duration_law off = off_law(p);

    if (p->model != CAMPUS_PAIRS && p->steady) {
        return "a steady start is known for the traffic model pairs only";
    }
    if (p->model != CAMPUS_PAIRS && !rate_shape_is_flat(&p->shape)) {
        return "traffic.rate: rates change with time in the traffic model pairs only";
    }
    if (p->model != CAMPUS_PAIRS && rate_shape_has_surge(&p->shape)) {
        return "traffic.flash: there are flash crowds in the traffic model pairs only";
    }
    if (p->model == CAMPUS_ONOFF && duration_law_error(&off)) {
        return "off_s, off_law, off_shape: no law of durations";
    }
    if (p->model == CAMPUS_ONOFF && !(p->volume_bin_s >= 0 && p->volume_bin_s <= 1e6)) {
        return "volume_bin_s: expected 0 to 1e6";
    }
    return p->model == CAMPUS_TRACE ? trace_error(p) : NULL;
}

const char *campus_sources_weights_error(const struct campus_params *p, const double weights[],
                                         uint32_t n_hosts)
{
    double sum = 0, most = 0;

    for (uint32_t i = 0; i < n_hosts; i++) {
        sum += weights[i];
        most = weights[i] > most ? weights[i] : most;
    }
    if (p->model == CAMPUS_ONOFF && !(most <= MOST_OF_CALLS * sum && sum > 0)) {
        return "traffic.model \"on-off\": a host to which more than 999 of 1000 calls go would "
               "have nobody to call: traffic.popularity must be more even";
    }
    return NULL;
}

void campus_sources_make(struct campus_sources *s, struct sim *sim, const struct campus_params *p,
                         const double weights[], uint32_t n_hosts,
                         const struct session_hooks *hooks)
{
    struct onoff_params op = {.n_hosts = n_hosts,
                              .weights = weights,
                              .on = campus_session_law(p),
                              .off = off_law(p),
                              .bin_s = p->volume_bin_s,
                              .stream = "sources"};

    if (p->model == CAMPUS_ONOFF) {
        s->onoff = onoff_new(sim, &op, hooks);
    } else if (p->model == CAMPUS_TRACE) {
        s->trace = session_trace_new(sim, p->records, p->n_records, hooks);
    }
}

void campus_sources_start(struct campus_sources *s)
{
    if (s->onoff) {
        onoff_start(s->onoff);
    }
    if (s->trace) {
        session_trace_start(s->trace);
    }
}

void campus_sources_fini(struct campus_sources *s)
{
    onoff_free(s->onoff);
    session_trace_free(s->trace);
    *s = (struct campus_sources){0};
}

size_t campus_sources_n_on(const struct campus_sources *s)
{
    return s->onoff ? onoff_n_on(s->onoff) : s->trace ? session_trace_n_on(s->trace) : 0;
}
