/* A simulated campus, whole: network, controller station, the real core with its apps, session-level
 * traffic and measurements, from one struct of parameters. This is what experiments call.
 *
 *      0 s to 1 s     switches connect; links are discovered, ports settle
 *      2 s            hosts announce themselves (gratuitous ARP), announce_per_s of them a second; later when
 *                     messages take more than 40 ms, and ports have not settled by then
 *      setup_s        one second after the last of them: traffic begins, with no session ON. With 'steady' that
 *                     is later: tables are filled before, one access switch a millisecond (session_fill.h),
 *                     while the controller's service takes no time and has room for all
 *      + warmup_s     what was measured is forgotten
 *      + duration_s   the end
 *
 * The same parameters give the same trace and the same metrics, on any machine. Campuses share
 * nothing: each may run on a thread of its own. */
#ifndef TAMBO_CTLCHAN_CAMPUS_H
#define TAMBO_CTLCHAN_CAMPUS_H

#include <stddef.h>
#include <stdint.h>

#include "controller/apps/clustering.h"
#include "controller/apps/holding_time.h"
#include "controller/core/ctl.h"
#include "controller/core/memory.h"
#include "models/popularity.h"
#include "models/rate_shape.h"
#include "simnet/ctlchan/ctlchan.h"
#include "simnet/ctlchan/faults.h"
#include "simnet/ctlchan/sflow_link.h"
#include "simnet/ctlchan/standby.h"
#include "simnet/world/duration.h"
#include "simnet/world/link_rules.h"
#include "simnet/world/session_load.h"
#include "simnet/world/session_trace.h"
#include "simnet/world/world.h"

/* Where sessions come from. */
enum campus_model {
    CAMPUS_PAIRS, /* Every pair of hosts is an independent process (session.h). */
    CAMPUS_ONOFF, /* Every host talks to one other at a time (onoff.h); rates are weights. */
    CAMPUS_TRACE, /* They were recorded (session_trace.h). */
};

struct campus_params {
    uint64_t seed;

    /* Network: topo_make_campus(). */
    uint32_t n_access, n_core, hosts_per_access;
    struct wire_params edge, trunk;
    struct link_rules links; /* Of single links. */
    uint32_t versions;       /* Of the switches: bit 1 << version. */
    uint32_t tcam_entries;   /* Hard limit of each switch's table without hardware. */
    struct swtch_hardware hw;
    enum hold_law hold_law;

    /* Controller. */
    struct ctlchan_params channel;
    struct core_settings core;
    struct clustering_settings clustering; /* hold_s is the holding time. */
    struct holding_time_settings holding;  /* What is made of it. */
    struct log *log;                       /* Borrowed; NULL: silent. */
    bool no_core;                          /* Once hosts are known: ctlchan_set_stand_in(). */

    struct sflow_link_params sflow; /* one_in 0: switches send none, and no flow is measured. */

    struct fault_specs faults; /* Their times count from the beginning of the traffic. */
    struct standby_params standby;

    /* Traffic. */
    enum popularity_kind popularity; /* Empirical: by 'rates_per_s'. */
    double mean_sessions;            /* Per destination; 0: no traffic. */
    double alpha;                    /* Of the Pareto law and of Zipf's. */
    double session_s;                /* Mean duration, */
    enum duration_kind session_law;  /* its law, */
    double session_shape;            /* the shape of a Pareto or lognormal one, */
    const double *
        session_samples_s; /* and an empirical one's samples, whose mean is 'session_s'; borrowed. */
    uint32_t n_session_samples;
    const double *rates_per_s; /* By host as destination, instead of a law; NULL; copied. */
    struct rate_shape shape;   /* What rates are multiplied by, since traffic began, */
    uint32_t n_in_surge;       /* and how many hosts, spread evenly, its surge is about. */
    double elephant_frac, elephant_mean_s; /* Of a mixture of durations (duration.h). */
    enum campus_model model;
    double off_s; /* ON/OFF sources: mean of the OFF periods (the ON ones are sessions), */
    enum duration_kind off_law; /* their law, */
    double off_shape;
    double volume_bin_s; /* and the bins of campus_volume(); 0: none. */
    double moves_per_s; /* Of each host, to another access switch (campus_mobility.c); 0: they stay. */
    const struct session_record
        *records; /* Of a trace, by rising begin; borrowed by campus_new(). */
    size_t n_records;
    double announce_per_s; /* Hosts a second. */
    int64_t retry_ns;      /* A first frame without effect is repeated after this. */
    int64_t frame_gap_ns;  /* Above 0: packet level, a frame of every session this often. */

    bool steady; /* Begin with tables and sessions as they will be. */

    /* Measurement. */
    double warmup_s, duration_s;
    uint32_t hist_size; /* Values of the occupancy histogram; 0: none. */
    double bin_s;       /* Of the time series (campus_series()); 0: none. */
};

/* 20 access switches of 48 hosts, 4 core switches, links, channel and controller as their own
 * defaults say, 8 192 entries, fixed holding times of 60 s, uniform traffic of 4 sessions of 5 s per
 * destination; warm-up 300 s, 600 s measured. Ports are probed once, echo comes once a minute and
 * hosts are not forgotten, so that what is simulated is the traffic; entries of full tables are not
 * taken for idle, because of a session only the first frame is simulated. */
struct campus_params campus_params_default(void);

struct campus;

/* Builds a campus at time 0. NULL when a parameter is out of its range, with an English reason in
 * 'why' of 'size' bytes. */
struct campus *campus_new(const struct campus_params *params, char *why, size_t size);
void campus_free(struct campus *campus);

/* Lets the virtual clock go on to 't_s' (or to the end, if that is earlier). */
void campus_run_until(struct campus *campus, double t_s);

/* The phases above. */
double campus_setup_s(const struct campus *campus);
double campus_end_s(const struct campus *campus);

struct world *campus_world(struct campus *campus);
struct ctl *campus_ctl(struct campus *campus); /* The first one; NULL while there is none. */
const struct sflow_link *campus_sflow(const struct campus *campus); /* NULL: none. */
struct ctlchan *campus_channel(struct campus *campus);
const struct faults *campus_faults(const struct campus *campus); /* NULL: none. */

/* lambda_d of each host as a destination, 1/s; n_hosts values. NULL without traffic. */
const double *campus_rates(const struct campus *campus);

/* Where memory is: bytes by part (alloc_bytes()). */
struct campus_memory {
    struct ctl_memory controller;
    size_t n_entries, n_sessions; /* In the tables of the switches, and ON. */
    size_t tables;                /* Of the simulated switches, */
    size_t hosts;                 /* the simulated hosts, */
    size_t sessions;              /* and sessions with what they use at switches. */
};

void campus_memory(const struct campus *campus, struct campus_memory *out);

/* --- Results (campus_metrics.c) -------------------------------------------------------------- */

/* Averages over the time since the warm-up ended (since the start, if it has not). */
struct campus_metrics {
    double measured_s;

    /* Entries with an idle time-out at an access switch: mean over the switches, standard deviation
     * between their means, mean of their variances in time. */
    double occupancy_entries, occupancy_sd_entries, occupancy_var_entries;
    double table_entries_max; /* Most entries, permanent ones included, of a switch at the end. */

    double sessions_per_s;
    double misses_per_s; /* Sessions that began without an entry, all switches. */
    double retries_per_s;
    double move_misses_per_s; /* Among the misses: sessions of hosts that moved, at their new switch. */
    uint64_t n_moves, n_moves_heard; /* Of hosts; and those whose new switch has got its entry for them, */
    double move_s, move_max_s; /* and how long that took, on average and at most. */
    double misses_sd_per_s; /* Standard deviation between access switches. */

    /* All that arrived at the station: misses, retries, ARP, LLDP. With two controllers these two are the sums, and
     * the rest is of the one that is master at the end. */
    double packet_ins_per_s;
    double blocked_frac;
    /* What that share is of: packet-ins, in busy periods of the station, which are independent of each other; those
     * lost, and the sum over busy periods of their square. */
    uint64_t n_packet_ins, n_busy_periods, n_blocked, n_blocked2;
    double wait_s, sojourn_s, sojourn_err_s; /* Standard error by batch means. */
    double busy_frac, in_station;

    struct standby_stats standby; /* 0 with one controller. */

    uint64_t n_first_frames;               /* Misses and retries, */
    uint64_t n_first_delivered;            /* those that reached their destination, */
    double first_delivery_s;               /* and their mean time. */
    uint64_t n_frames, n_frames_delivered; /* Of sessions, first ones included. */

    uint64_t n_table_full;          /* Adds refused by a switch since the start. */
    struct world_hardware hardware; /* Since the start. */
    uint64_t n_events;              /* Since the start. */
    uint64_t trace_hash;

    double *occupancy_frac; /* Share of time at each number of entries, over all access switches. */
    size_t n_occupancy;     /* hist_size values. */
};

/* Entries with an idle time-out at an access switch at this moment, mean over the switches: the series in
 * which a warm-up that is too short is seen. */
double campus_timed_entries(const struct campus *campus);

/* '*out' is for campus_metrics_fini(). */
void campus_measure(const struct campus *campus, struct campus_metrics *out);
void campus_metrics_fini(struct campus_metrics *metrics);

/* Builds, runs to the end, measures, frees. ERR_RANGE for bad parameters, with the reason. */
enum err campus_run(const struct campus_params *params, struct campus_metrics *out, char *why,
                    size_t size);

/* What the exact holding chain says of the same campus: the sum over destinations, each with S
 * sources at an access switch, or S − 1 where it sits itself. */
struct campus_expected {
    double occupancy_entries; /* Of an access switch, mean over the switches. */
    double occupancy_var_entries;
    double misses_per_s;       /* All switches. */
    double local_misses_per_s; /* Of these, towards hosts of the same switch. */
    double move_misses_per_s;  /* Of these, of sessions that came with hosts. */
};

/* --- In the course of time (campus_series.c) --------------------------------------------------- */

/* One value for each bin since traffic began, the warm-up included; the bins that are over. */
struct campus_series {
    size_t n;
    double *time_s; /* End of the bin, after the beginning of the traffic. */
    double *
        occupancy_entries; /* With an idle time-out at that instant: mean of the access switches. */
    double *misses_per_s;  /* All switches, mean over the bin, */
    double *packet_ins_per_s; /* as is what arrived at the station. */
    double *sessions;         /* ON at that instant. */
};

/* Owned by 'campus'; n = 0 when there is none. */
const struct campus_series *campus_get_series(const struct campus *campus);

/* Source-seconds ON in each bin of 'volume_bin_s' that is over, of ON/OFF sources: what they carry, at
 * equal rates. '*n' of them, owned by 'campus'; NULL: none. */
const double *campus_volume(const struct campus *campus, size_t *n);

/* Records of a trace that have begun, and those among them that found their pair ON; 0 without one. */
size_t campus_trace_begun(const struct campus *campus);
size_t campus_trace_merged(const struct campus *campus);

/* NULL: sessions do not come from independent pairs. */
const struct session_counters *campus_session_counters(const struct campus *campus);

/* The law of the durations of sessions. */
struct duration_law campus_session_law(const struct campus_params *params);

/* What the chain with changing rates says of the same bins: allocates 'occupancy' and 'misses', which
 * the caller frees. False where it does not know: holding times that are not fixed, durations of
 * sessions that are not exponential, no traffic, no series. */
bool campus_expect_series(const struct campus *campus, double **occupancy_entries,
                          double **misses_per_s);

/* False without traffic, and when rates change with time. */
bool campus_expect(const struct campus *campus, struct campus_expected *out);

/* Control traffic (campus_control.c), since the warm-up ended. */
struct campus_control {
    bool is_inband;
    double up_bps,
        down_bps;     /* Messages of switches and of the controller, without what is around them. */
    double links_bps; /* In the band: on all links between switches, headers included. */
    double own_bps;   /* In the band: on the controller's own link, both ways. */
    double worst_frac;      /* Share of the link with most; out of the band of the shared one. */
    double worst_peak_frac; /* In one second. */
    double mean_frac;       /* Over the links between switches. */
    double wait_s;          /* For the shared link, of messages to the controller. */
    uint32_t worst_wire;
    uint64_t n_lost; /* Messages that had to go out again. */
    bool is_within_budget;
};

/* False when channels are out of the band and share no link. The first is for any network, 'measured_s' after its
 * start or after ctlchan_reset_stats(). */
bool control_measure(struct ctlchan *cc, double measured_s, struct campus_control *out);
bool campus_control(const struct campus *campus, struct campus_control *out);

/* What the model says: up_bps, down_bps, links_bps and worst_frac. */
bool campus_expect_control(const struct campus *campus, const struct campus_expected *expected,
                           struct campus_control *out);

#endif
