/* Plans of trees: who needs which hop, and by which port each sends.
 *
 * The way from a source is a shortest path, of equal ones that of the tree (ecmp.h). Every switch on it that
 * has an alternate is protected by it (failover.h), and the way from the alternate is a part of the tree,
 * too: its switches have entries that carry frames only when a link has failed, and have no alternates. */
#include "controller/apps/cluster_tree.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/ecmp.h"
#include "controller/base/alloc.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"

_Static_assert(sizeof(struct tree_source) == 40, "a campus has millions of pairs of switches");
_Static_assert(CLUSTER_MAX_HOPS <= UINT8_MAX, "distances fit 'dist'");

/* --- Sources and hops ------------------------------------------------------------------------- */

/* True when the source 'dpid' is at 'i'. */
static bool is_source(const struct cluster_tree *t, size_t i, dpid_t dpid)
{
    return i < t->n_sources && t->sources[i].dpid == dpid;
}

/* True when at most the destination is missing between the first and the last. */
static bool has_all_sources(const struct cluster_tree *t)
{
    return t->n_sources >= t->c->last_source - t->first_source;
}

/* Where 'dpid' is when switches are numbered one after the other and all but the destination are sources; or
 * about where, when some are missing anywhere. There is a source, and the last is behind no guess. */
static size_t guess_index(const struct cluster_tree *t, dpid_t dpid)
{
    uint64_t span = t->c->last_source - t->first_source, offset = dpid - t->first_source;
    size_t guess = t->n_sources;

    if (dpid < t->first_source) {
        guess = 0;
    } else if (has_all_sources(t)) {
        guess = (size_t)(offset - (dpid > t->dpid && t->dpid > t->first_source));
    } else if (offset <= span) {
        guess = (size_t)((double)offset / (double)(span + 1) * t->n_sources);
    }
    return guess < t->n_sources ? guess : t->n_sources - 1;
}

/* Of sources that are missing one does not know which: as far on both sides as most guesses are wrong. */
#define LOOK_BYTES (4 * CACHE_LINE)

void cluster_plan_prefetch_source(const struct cluster_tree *t, dpid_t dpid)
{
    size_t around = has_all_sources(t) ? 0 : LOOK_BYTES;
    const struct tree_source *guess;

    if (t->n_sources) {
        guess = &t->sources[guess_index(t, dpid)];
        for (size_t i = 0; i <= 2 * around; i += CACHE_LINE) {
            __builtin_prefetch((const char *)guess - around + i);
        }
        __builtin_prefetch(&guess->used);
    }
}

/* The first source in 'lo'..'hi' that is not before 'dpid'; 'hi' when there is none. */
static size_t halve(const struct cluster_tree *t, dpid_t dpid, size_t lo, size_t hi)
{
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->sources[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The index of 'dpid', or where it would be. It is looked for first where it may well be, then not far from there:
 * each step of a search reads memory that is not in the cache, and there are thousands of sources in thousands of
 * trees. What is before 'lo' is before 'dpid', and what is from 'hi' on is not. */
static size_t source_index(const struct cluster_tree *t, dpid_t dpid)
{
    size_t guess = t->n_sources ? guess_index(t, dpid) : 0, lo = 0, hi = t->n_sources, step = 1;

    if (is_source(t, guess, dpid)) {
        return guess;
    }
    if (guess < hi && t->sources[guess].dpid < dpid) {
        for (lo = guess + 1; hi - lo > step && t->sources[lo + step - 1].dpid < dpid; step *= 2) {
            lo += step;
        }
        return halve(t, dpid, lo, hi - lo > step ? lo + step - 1 : hi);
    }
    for (hi = guess; hi > step && t->sources[hi - step].dpid >= dpid; step *= 2) {
        hi -= step;
    }
    return halve(t, dpid, hi > step ? hi - step + 1 : 0, hi);
}

struct tree_source *cluster_plan_find_source(const struct cluster_tree *t, dpid_t dpid)
{
    size_t i = source_index(t, dpid);

    return is_source(t, i, dpid) ? &t->sources[i] : NULL;
}

struct tree_source *cluster_plan_source(struct cluster_tree *t, dpid_t dpid)
{
    const struct failover_way none = failover_plain(OF_PORT_ANY);
    size_t i = source_index(t, dpid);

    if (is_source(t, i, dpid)) {
        return &t->sources[i];
    }
    if (t->n_sources == t->cap_sources) {
        t->cap_sources += t->cap_sources / 8 + 4; /* There are as many trees as sources. */
        t->sources = xreallocarray(t->sources, t->cap_sources, sizeof(*t->sources));
    }
    memmove(&t->sources[i + 1], &t->sources[i], (t->n_sources - i) * sizeof(*t->sources));
    t->n_sources++;
    t->sources[i] =
        (struct tree_source){.dpid = dpid, .way = none, .new_way = none, .target = none};
    t->first_source = t->sources[0].dpid;
    t->c->last_source = dpid > t->c->last_source ? dpid : t->c->last_source;
    return &t->sources[i];
}

static size_t hop_index(const struct cluster_tree *t, dpid_t dpid)
{
    size_t lo = 0, hi = t->n_hops;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->hops[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

struct tree_hop *cluster_plan_hop(struct cluster_tree *t, dpid_t dpid)
{
    size_t i = hop_index(t, dpid);

    if (i < t->n_hops && t->hops[i].dpid == dpid) {
        return &t->hops[i];
    }
    if (t->n_hops == t->cap_hops) {
        t->cap_hops = t->cap_hops ? 2 * t->cap_hops : 4;
        t->hops = xreallocarray(t->hops, t->cap_hops, sizeof(*t->hops));
    }
    memmove(&t->hops[i + 1], &t->hops[i], (t->n_hops - i) * sizeof(*t->hops));
    t->n_hops++;
    t->hops[i] = (struct tree_hop){.dpid = dpid, .way = failover_plain(OF_PORT_ANY)};
    return &t->hops[i];
}

/* --- Ways ------------------------------------------------------------------------------------- */

bool cluster_plan_reaches(int dist)
{
    return dist > 0 && dist <= CLUSTER_MAX_HOPS;
}

static port_no_t next_port(const struct cluster_tree *t, dpid_t at)
{
    return t->c->settings.ecmp ? ecmp_next_port(t->c->ctl, at, t->dpid, t->label)
                               : paths_next_port(t->c->ctl, at, t->dpid);
}

/* Where the link at 'port' of 'dpid' leads; false when there is none. */
static bool next_switch(const struct clustering *c, dpid_t *dpid, port_no_t port)
{
    const struct link *link = topology_link_at(c->ctl, *dpid, port);

    if (!link) {
        return false;
    }
    *dpid = link->dst_dpid;
    return true;
}

/* Marks the hops on the way from 'at' by 'port', 'dist' hops long, up to one that is marked already: the
 * rest is shared. Sets '*changed' when an entry on the way has another port than it had. */
static void plan_hops(struct cluster_tree *t, dpid_t at, port_no_t port, int dist, bool carries,
                      bool *changed)
{
    while (next_switch(t->c, &at, port) && at != t->dpid) {
        struct tree_hop *hop = cluster_plan_hop(t, at);

        if (hop->wanted) {
            return;
        }
        port = next_port(t, at);
        if (hop->way.port != port) {
            hop->way = failover_plain(port);
            *changed = true;
        }
        hop->wanted = true;
        hop->carries = carries;
        hop->dist = (unsigned)--dist;
    }
}

/* False when 'src' has no way. */
static bool plan_source(struct cluster_tree *t, struct tree_source *src, bool *changed)
{
    int dist = paths_distance(t->c->ctl, src->dpid, t->dpid);

    src->new_way = failover_plain(OF_PORT_ANY);
    if (!cluster_plan_reaches(dist)) {
        return false;
    }
    src->new_way.port = next_port(t, src->dpid);
    if (src->way.port == src->new_way.port) {
        src->new_way = src->way;
    }
    src->dist = (uint8_t)dist;
    *changed = *changed || !src->ready || src->way.port != src->new_way.port;
    plan_hops(t, src->dpid, src->new_way.port, dist, true, changed);
    return true;
}

/* --- Alternates ------------------------------------------------------------------------------- */

static struct failover_way alternate(const struct cluster_tree *t, dpid_t at, port_no_t port,
                                     bool *is_level)
{
    return failover_plan(t->c->failover, at, t->dpid, port, t->label, is_level);
}

/* The way from the alternate of 'at' is a part of the tree. */
static void plan_alternate(struct cluster_tree *t, dpid_t at, struct failover_way way, bool *changed)
{
    dpid_t next = at;
    int dist;

    if (way.alt != OF_PORT_ANY && next_switch(t->c, &next, way.alt)) {
        dist = paths_distance(t->c->ctl, next, t->dpid);
        plan_hops(t, at, way.alt, dist + 1, false, changed);
    }
}

/* Hops are entered on the way: those that carry frames are found first. */
static void plan_hop_alternates(struct cluster_tree *t, bool *changed)
{
    dpid_t *carriers = xcalloc(t->n_hops + 1, sizeof(*carriers));
    size_t n = 0;

    for (size_t i = 0; i < t->n_hops; i++) {
        if (t->hops[i].wanted && t->hops[i].carries) {
            carriers[n++] = t->hops[i].dpid;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct tree_hop *hop = cluster_plan_hop(t, carriers[i]);
        struct failover_way way = alternate(t, hop->dpid, hop->way.port, &hop->is_level);

        *changed = *changed || !failover_eq(hop->way, way);
        hop->way = way;
        plan_alternate(t, carriers[i], way, changed);
    }
    free(carriers);
}

static void plan_alternates(struct cluster_tree *t, bool *changed)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct tree_source *src = &t->sources[i];
        struct failover_way was = src->target;

        src->target = src->new_way;
        if (src->new_way.port != OF_PORT_ANY) {
            src->target = alternate(t, src->dpid, src->new_way.port, &src->is_level);
            *changed = *changed || !failover_eq(src->target, was);
            plan_alternate(t, src->dpid, src->target, changed);
        }
    }
    plan_hop_alternates(t, changed);
}

/* Hops that carry frames no longer, but only those of alternates, lose theirs. */
static void strip_alternates(struct cluster_tree *t, bool *changed)
{
    for (size_t i = 0; i < t->n_hops; i++) {
        struct tree_hop *hop = &t->hops[i];

        if (hop->wanted && !hop->carries && hop->way.alt != OF_PORT_ANY) {
            hop->way.alt = OF_PORT_ANY;
            *changed = true;
        }
    }
}

/* --- One source more -------------------------------------------------------------------------- */

static const struct tree_hop *carrier(const struct cluster_tree *t, dpid_t dpid)
{
    size_t i = hop_index(t, dpid);

    return i < t->n_hops && t->hops[i].dpid == dpid && t->hops[i].wanted && t->hops[i].carries
               ? &t->hops[i]
               : NULL;
}

bool cluster_plan_join(const struct cluster_tree *t, struct tree_source *src)
{
    int dist = paths_distance(t->c->ctl, src->dpid, t->dpid);
    port_no_t port = cluster_plan_reaches(dist) ? next_port(t, src->dpid) : OF_PORT_ANY;
    dpid_t next = src->dpid;

    if (t->busy || t->failed || t->c->settings.fast_failover || src->used ||
        !cluster_plan_is_current(t) || !next_switch(t->c, &next, port) ||
        (next != t->dpid && !carrier(t, next))) {
        return false;
    }
    src->dist = (uint8_t)dist;
    src->way = src->target = failover_plain(port);
    src->ready = true;
    return true;
}

/* --- The whole tree --------------------------------------------------------------------------- */

bool cluster_plan(struct cluster_tree *t)
{
    bool changed = t->failed;

    t->complete = true;
    for (size_t i = 0; i < t->n_hops; i++) {
        t->hops[i].wanted = t->hops[i].carries = false;
    }
    for (size_t i = 0; i < t->n_sources; i++) {
        if (!plan_source(t, &t->sources[i], &changed)) {
            t->sources[i].ready = false;
            t->complete = false;
        }
    }
    plan_alternates(t, &changed);
    strip_alternates(t, &changed);
    t->generation = topology_generation(t->c->ctl);
    t->dirty = false;
    return changed;
}

bool cluster_plan_is_current(const struct cluster_tree *t)
{
    return !t->dirty && t->generation == topology_generation(t->c->ctl);
}
