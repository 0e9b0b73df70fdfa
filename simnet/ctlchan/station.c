#include "simnet/ctlchan/station.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "simnet/world/stage.h"

enum { SERVED_KIND = 0x5e4 };

struct station {
    struct sim *sim;
    struct rng *rng;
    struct station_params params;
    station_served_fn *served;
    void *aux;
    struct station_job *head, *tail; /* The head is in service. */
    uint32_t n_packet_ins;           /* In line. */
    uint64_t n_blocked_in_period;    /* Lost since packet-ins have been in line. */
    bool open;
    struct sim_event done;
    bool is_stalled;
    bool is_overdue; /* The job in service was done meanwhile. */
    struct station_stats stats;
};

static const char *const LAW_NAMES[] = {"exponential", "deterministic", "empirical"};
enum { N_LAWS = sizeof LAW_NAMES / sizeof LAW_NAMES[0] };

const char *service_law_name(enum service_law law)
{
    return (size_t)law < N_LAWS ? LAW_NAMES[law] : "unknown";
}

static void on_done(void *aux, struct sim_event *event);

struct station *station_new(struct sim *sim, const char *name, const struct station_params *params,
                            station_served_fn *served, void *aux)
{
    struct station *st = xcalloc(1, sizeof *st);

    assert((params->law != SERVICE_EMPIRICAL || params->n_samples) && "no samples to draw from");
    st->sim = sim;
    st->rng = sim_rng(sim, name);
    st->params = *params;
    st->served = served;
    st->aux = aux;
    sim_event_init(&st->done, SERVED_KIND, SIM_PRIO_CONTROLLER, on_done, st);
    st->done.stage = STAGE_TO_CONTROLLER;
    station_reset_stats(st);
    return st;
}

void station_free(struct station *st, station_served_fn *drop, void *aux)
{
    struct station_job *next;

    if (!st) {
        return;
    }
    for (struct station_job *job = st->head; job; job = next) {
        next = job->next;
        drop(aux, job);
    }
    sim_cancel(st->sim, &st->done);
    free(st);
}

/* --- Measuring ------------------------------------------------------------------------------- */

static void note_number(struct station *st)
{
    mono_t now = sim_now(st->sim);

    probe_level_set(&st->stats.in_station, now, st->n_packet_ins);
    probe_level_set(&st->stats.busy, now, st->head && st->head->is_packet_in);
}

static void note_start(struct station *st, const struct station_job *job)
{
    if (job->is_packet_in) {
        probe_sample_add(&st->stats.wait_s,
                         ns_to_s(mono_diff_ns(sim_now(st->sim), job->arrived_at)));
    }
}

static void note_end(struct station *st, const struct station_job *job)
{
    double sojourn_s = ns_to_s(mono_diff_ns(sim_now(st->sim), job->arrived_at));

    if (job->is_packet_in) {
        st->stats.n_served++;
        probe_sample_add(&st->stats.sojourn_s, sojourn_s);
        probe_batch_add(&st->stats.sojourn_batches, sojourn_s);
    } else {
        st->stats.n_control++;
    }
}

static void note_arrival(struct station *st, bool is_packet_in)
{
    st->stats.n_arrived += is_packet_in;
    if (is_packet_in && !st->n_packet_ins) {
        st->stats.n_busy_periods++;
        st->n_blocked_in_period = 0;
    }
}

static void note_blocked(struct station *st)
{
    st->stats.n_blocked++;
    st->stats.n_blocked2 += 2 * st->n_blocked_in_period++ + 1; /* (n + 1)² − n². */
}

const struct station_stats *station_get_stats(const struct station *st)
{
    return &st->stats;
}

void station_reset_stats(struct station *st)
{
    mono_t now = sim_now(st->sim);

    memset(&st->stats, 0, sizeof st->stats);
    st->n_blocked_in_period = 0;
    probe_level_init(&st->stats.in_station, now, st->n_packet_ins);
    probe_level_init(&st->stats.busy, now, st->head && st->head->is_packet_in);
}

/* --- Serving --------------------------------------------------------------------------------- */

static int64_t draw_service_ns(struct station *st, const struct station_job *job)
{
    const struct station_params *p = &st->params;

    if (!job->is_packet_in) {
        return p->control_ns;
    }
    if (st->open) {
        return 0;
    }
    switch (p->law) {
    case SERVICE_EXPONENTIAL:
        return p->rate_per_s > 0 ? ns_from_s(rng_exponential(st->rng, 1 / p->rate_per_s)) : 0;
    case SERVICE_DETERMINISTIC:
        return p->rate_per_s > 0 ? ns_from_s(1 / p->rate_per_s) : 0;
    case SERVICE_EMPIRICAL:
        return ns_from_s(p->samples_s[rng_below(st->rng, (uint32_t)p->n_samples)]);
    }
    return 0;
}

static struct station_job *take_head(struct station *st)
{
    struct station_job *job = st->head;

    st->head = job->next;
    if (!st->head) {
        st->tail = NULL;
    }
    st->n_packet_ins -= job->is_packet_in;
    return job;
}

/* Serves from the head until somebody needs time or the line is empty. While 'served' runs its job
 * is no longer in line, and a job that it offers joins the end. */
static void serve(struct station *st)
{
    while (st->head && !sim_event_is_set(&st->done) && !st->is_stalled) {
        int64_t service_ns = draw_service_ns(st, st->head);

        note_start(st, st->head);
        if (service_ns > 0) {
            sim_at(st->sim, &st->done, mono_add(sim_now(st->sim), service_ns));
        } else {
            struct station_job *job = take_head(st);

            note_end(st, job);
            st->served(st->aux, job);
        }
    }
    note_number(st);
}

static void on_done(void *aux, struct sim_event *event)
{
    struct station *st = aux;
    struct station_job *job;

    (void)event;
    if (st->is_stalled) {
        st->is_overdue = true;
        return;
    }
    job = take_head(st);
    note_end(st, job);
    st->served(st->aux, job);
    serve(st);
}

void station_stall(struct station *st, bool stalled)
{
    bool overdue = st->is_overdue;

    st->is_stalled = stalled;
    if (!stalled) {
        st->is_overdue = false;
        if (overdue) {
            on_done(st, &st->done);
        } else {
            serve(st);
        }
    }
}

void station_clear(struct station *st, station_served_fn *drop, void *aux)
{
    while (st->head) {
        drop(aux, take_head(st));
    }
    sim_cancel(st->sim, &st->done);
    st->is_overdue = false;
    note_number(st);
}

void station_set_open(struct station *st, bool open)
{
    st->open = open;
}

bool station_offer(struct station *st, struct station_job *job, bool is_packet_in)
{
    bool idle = !st->head && !st->is_stalled;

    note_arrival(st, is_packet_in);
    if (is_packet_in && st->params.capacity && st->n_packet_ins >= st->params.capacity &&
        !st->open) {
        note_blocked(st);
        return false;
    }
    *job = (struct station_job){.arrived_at = sim_now(st->sim), .is_packet_in = is_packet_in};
    if (!st->head) {
        st->head = job;
    } else {
        st->tail->next = job;
    }
    st->tail = job;
    st->n_packet_ins += is_packet_in;
    if (idle) {
        serve(st);
    } else {
        note_number(st);
    }
    return true;
}
