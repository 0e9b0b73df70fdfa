/* The controller as a queueing station: one server, first come first served.
 *
 * Packet-ins have a service time drawn from a law and share a buffer of 'capacity' places, the one in
 * service included; one that finds them all taken is lost and counted. That is M/M/1/m when the law
 * is exponential and the arrivals Poisson. All other messages (replies, port status, ...) are never
 * lost: they wait in the same line, so that no message overtakes another, take 'control_ns' each
 * (0 by default) and hold no place. */
#ifndef TAMBO_CTLCHAN_STATION_H
#define TAMBO_CTLCHAN_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/des/probe.h"
#include "simnet/des/sim.h"

enum service_law {
    SERVICE_EXPONENTIAL,
    SERVICE_DETERMINISTIC,
    SERVICE_EMPIRICAL, /* Samples drawn with replacement. */
};

/* "exponential", "deterministic", "empirical". */
const char *service_law_name(enum service_law law);

struct station_params {
    enum service_law law;
    double rate_per_s;       /* 1/mean service time; 0: served in no time. Not for EMPIRICAL. */
    const double *samples_s; /* EMPIRICAL: service times; borrowed. */
    size_t n_samples;
    uint32_t capacity;  /* Places for packet-ins (m); 0: no limit. */
    int64_t control_ns; /* Service time of a message that is no packet-in. */
};

/* Embedded in whatever is served. */
struct station_job {
    struct station_job *next;
    mono_t arrived_at;
    bool is_packet_in;
};

/* The job has been served and leaves. */
typedef void station_served_fn(void *aux, struct station_job *job);

struct station_stats {
    uint64_t n_arrived, n_blocked, n_served; /* Packet-ins. */
    uint64_t n_busy_periods;                 /* Arrivals that found no packet-in there. */
    uint64_t n_blocked2;                     /* Sum over busy periods of the square of those lost. */
    uint64_t n_control;                      /* Other messages served. */
    struct probe_sample wait_s, sojourn_s;   /* Of packet-ins that were not lost. */
    struct probe_batch sojourn_batches;      /* The same, for a confidence interval. */
    struct probe_level in_station;           /* Packet-ins. */
    struct probe_level busy;                 /* 0 or 1: serving a packet-in. */
};

struct station;

/* 'name' names the random stream. */
struct station *station_new(struct sim *sim, const char *name, const struct station_params *params,
                            station_served_fn *served, void *aux);

/* Jobs that are still in line are given to 'drop' one by one. */
void station_free(struct station *st, station_served_fn *drop, void *aux);

/* A job arrives. False: it was lost, the caller keeps it. A job whose service takes no time and finds
 * nobody in line leaves before this returns. */
bool station_offer(struct station *st, struct station_job *job, bool is_packet_in);

/* While the station is open, packet-ins take no time and all have room: nobody is lost, nobody waits. */
void station_set_open(struct station *st, bool open);

/* While the server stands still nobody is served, and what comes waits, or is lost for want of room. Who was being
 * served leaves no sooner than the server goes on. */
void station_stall(struct station *st, bool stalled);

/* Those in line are given to 'drop', as is who is being served. */
void station_clear(struct station *st, station_served_fn *drop, void *aux);

const struct station_stats *station_get_stats(const struct station *st);

/* Forgets the past: end of the warm-up. */
void station_reset_stats(struct station *st);

#endif
