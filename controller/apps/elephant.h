/* What the files of elephants share: elephants.c (module, events, periods), elephant_flow.c (flows
 * and their rates), elephant_graph.c (trees, ways), elephant_way.c (entries), elephant_found.c (entries of
 * an earlier controller), elephant_told.c (what an operator says). Nobody else includes this. */
#ifndef TAMBO_APPS_ELEPHANT_H
#define TAMBO_APPS_ELEPHANT_H

#include "controller/apps/elephants.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/ctl_api.h"
#include "controller/core/txn.h"

struct elephants;

/* --- Flows (elephant_flow.c) ------------------------------------------------------------------ */

/* Switches of a way, and as many that have something of earlier ones. */
#define ELEPHANT_MAX_TOUCHED (2 * PATH_MAX_HOPS)

struct elephant {
    uint32_t id;
    uint32_t n_moves, n_quiet; /* Periods in which it was a mouse. */
    bool is_told, is_busy;     /* A transaction is under way... */
    bool is_leaving;           /* ...to give it back. */
    bool looks_again;          /* Its way was lost meanwhile. */
    bool is_unfinished;        /* A switch was lost: the rest is done when it is back. */
    unsigned n_tries;          /* To take its way away. */
    bool has_way;
    struct path way;                   /* Wanted or there, when has_way. */
    dpid_t touched[ELEPHANT_MAX_TOUCHED]; /* Switches that may have an entry of it. */
    size_t n_touched;
    mono_t moved_at;
};

struct flow {
    struct hmap_node node;
    struct elephants *e;
    struct elephant_flow key;
    uint64_t window_bytes; /* In this period. */
    uint32_t window_samples;
    bool has_stats; /* What its entry's counter said last. */
    uint64_t stats_bytes;
    double rate_bps;           /* Follows a rise at once, a fall by half in every period. */
    double last_bps;           /* Of the last period. */
    uint32_t n_periods;        /* In which it was heard without a break... */
    uint32_t n_silent;         /* ...or was not. */
    bool is_measurable;        /* There were enough samples in it. */
    struct elephant *elephant; /* NULL: a mouse. */
};

void flows_init(struct elephants *e);
void flows_fini(struct elephants *e);

/* NULL when there is no room. */
struct flow *flow_add(struct elephants *e, const struct elephant_flow *key);

/* All flows that are elephants, greatest first; '*n' of them, for free(). */
struct flow **flows_elephants(const struct elephants *e, size_t *n);

void flows_sample(struct elephants *e, const struct ctl_sample *sample);

/* Asks switches without sFlow; the answers count in the next period. */
void flows_ask(struct elephants *e);

/* Ends the period: rates, who has become an elephant, who no longer is one. */
void flows_count(struct elephants *e);

/* Makes the flow an elephant. False when there are too many. */
bool flow_promote(struct flow *flow, bool is_told);

/* What makes a flow an elephant that enters where the flow does, bit/s; 0: its host is unknown. */
double flow_threshold_bps(const struct flow *flow);

/* --- Ways (elephant_graph.c) ------------------------------------------------------------------ */

struct graph;

/* Takes topology and link costs as they are now. Trees and ways stay when nothing of it has changed. */
void graph_update(struct elephants *e);
void graph_free(struct graph *g);

/* Adds 'bps' (or takes away) on every link of 'way'. */
void graph_load(struct elephants *e, const struct path *way, double bps);

/* The way of least cost; false when there is none. */
bool graph_way(struct elephants *e, dpid_t from, dpid_t to, struct path *out);

/* What the busiest link of 'way' would carry with 'bps' more, in shares of its capacity; 2 when a link
 * is missing. */
double graph_share(const struct elephants *e, const struct path *way, double bps);

/* Makes the tree towards 'root' if it is not fresh. */
void graph_ready(struct elephants *e, dpid_t root);

/* --- Entries (elephant_way.c) ----------------------------------------------------------------- */

/* The way that the flow takes now: its own, or the shortest. False when there is none. */
bool way_now(const struct flow *flow, struct path *out);

/* Looks for a better way and moves the flow there. */
void way_consider(struct flow *flow);

/* A link is gone: the flow gets another way if it used it. */
void way_check(struct flow *flow);

/* Gives the flow back to the apps below and forgets the elephant ('*why' is counted once). */
void way_release(struct flow *flow, uint64_t *why);

/* Goes on with what was left undone when a switch was lost. */
void way_resume(struct flow *flow);

/* 'dpid' may have an entry of it. False when there is no room to remember. */
bool way_touch(struct elephant *elephant, dpid_t dpid);

/* The flow whose entry has this match, or NULL. */
struct flow *way_flow_of(const struct elephants *e, const struct of_match *match);

/* --- Entries of an earlier controller (elephant_found.c) -------------------------------------- */

struct found;

void found_fini(struct elephants *e);

/* 'spec' is on 'dpid'. It is taken away when the network has been found again, unless its flow gets a way. */
void found_add(struct elephants *e, dpid_t dpid, const struct flow_spec *spec);

/* It has left by itself. */
void found_gone(struct elephants *e, dpid_t dpid, const struct of_match *match);

/* The entries with this match belong to 'flow' from now on, which replaces or removes them. */
void found_take(struct flow *flow, const struct of_match *match);

/* Takes all of them away, the beginnings of ways first: if one sends to that port, or if it is time to. */
void found_lost(struct elephants *e, dpid_t dpid, port_no_t port);
void found_look(struct elephants *e);

/* --- What is told (elephant_told.c) ----------------------------------------------------------- */

struct told;

void told_init(struct elephants *e);
void told_fini(struct elephants *e);
void told_resolve(struct elephants *e); /* Those whose hosts are known now. */
void told_ended(struct elephants *e, const struct flow *flow); /* Forgets it for good. */

/* --- All -------------------------------------------------------------------------------------- */

struct elephants {
    struct ctl *ctl;
    uint8_t id;
    struct elephants_settings settings;
    void *costs; /* State of link_costs. */
    struct hmap flows;
    size_t n_elephants;
    uint32_t last_id;
    struct graph *graph;
    struct hmap samplers; /* Switches that have sent flow samples, and when. */
    struct hmap told;
    dpid_t roots[ELEPHANTS_MAX_ROOTS];
    size_t n_roots;
    struct found *found; /* In the order in which they were found. */
    size_t n_found, cap_found;
    mono_t found_at; /* The last one. */
    struct log_limit limit;
    struct elephants_counters n;
};

#endif
