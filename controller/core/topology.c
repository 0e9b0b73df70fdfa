/* The table of links: sorted by their source, with one timer for the oldest. */
#include "controller/core/topology.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/discovery.h"

LOG_MODULE(topology);

static void expire(void *aux, struct timer *timer);

void topology_init(struct ctl *ctl)
{
    timer_init(&ctl->topology.expiry, expire, ctl);
}

void topology_fini(struct ctl *ctl)
{
    for (size_t i = 0; i < ctl->topology.n; i++) {
        free(ctl->topology.links[i]);
    }
    free(ctl->topology.links);
}

void topology_changed(struct ctl *ctl)
{
    ctl->topology.generation++;
    domains_changed(ctl);
}

uint64_t topology_generation(const struct ctl *ctl)
{
    return ctl->topology.generation;
}

const struct link *const *topology_links(const struct ctl *ctl, size_t *n)
{
    *n = ctl->topology.n;
    return (const struct link *const *)ctl->topology.links;
}

/* --- Looking up ------------------------------------------------------------------------------- */

/* Index of the first link that does not leave a smaller (dpid, port). */
static size_t topology_lower_bound(const struct topology *t, dpid_t dpid, port_no_t port)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct link *link = t->links[mid];

        if (link->src_dpid < dpid || (link->src_dpid == dpid && link->src_port < port)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static struct link *link_at(const struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    const struct topology *t = &ctl->topology;
    size_t i = topology_lower_bound(t, dpid, port);

    if (i < t->n && t->links[i]->src_dpid == dpid && t->links[i]->src_port == port) {
        return t->links[i];
    }
    return NULL;
}

const struct link *topology_link_at(const struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    return link_at(ctl, dpid, port);
}

bool topology_is_two_way(const struct ctl *ctl, const struct link *link)
{
    const struct link *back = link_at(ctl, link->dst_dpid, link->dst_port);

    return back && back->dst_dpid == link->src_dpid && back->dst_port == link->src_port;
}

static bool touches(const struct link *link, dpid_t dpid, port_no_t port)
{
    return (link->src_dpid == dpid && link->src_port == port) ||
           (link->dst_dpid == dpid && link->dst_port == port);
}

bool topology_touches(const struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    for (size_t i = 0; i < ctl->topology.n; i++) {
        if (touches(ctl->topology.links[i], dpid, port)) {
            return true;
        }
    }
    return false;
}

/* --- Changing --------------------------------------------------------------------------------- */

static void log_link(struct ctl *ctl, const struct link *link, const char *what)
{
    LOG_LIMITED(ctl->log, &ctl->link_limit, LOG_INFO,
                "link " DPID_FMT ":%u to " DPID_FMT ":%u is %s", DPID_ARGS(link->src_dpid),
                link->src_port, DPID_ARGS(link->dst_dpid), link->dst_port, what);
}

/* Takes the link at index 'i' out and hands it to its last event. */
static void remove_index(struct ctl *ctl, size_t i)
{
    struct topology *t = &ctl->topology;
    struct link *link = t->links[i];

    memmove(&t->links[i], &t->links[i + 1], (--t->n - i) * sizeof(struct link *));
    topology_changed(ctl);
    log_link(ctl, link, "down");
    discovery_link_gone(ctl, link->src_dpid, link->src_port);
    discovery_link_gone(ctl, link->dst_dpid, link->dst_port);
    events_post(ctl, &(struct ctl_event){.type = CTL_LINK_DOWN, .link = link});
}

static void insert(struct ctl *ctl, const struct link *seen)
{
    struct topology *t = &ctl->topology;
    size_t i = topology_lower_bound(t, seen->src_dpid, seen->src_port);
    struct link *link = xmemdup(seen, sizeof *seen);

    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 32;
        t->links = xreallocarray(t->links, t->cap, sizeof(struct link *));
    }
    memmove(&t->links[i + 1], &t->links[i], (t->n - i) * sizeof(struct link *));
    t->links[i] = link;
    t->n++;
    topology_changed(ctl);
    log_link(ctl, link, "up");
    events_post(ctl, &(struct ctl_event){.type = CTL_LINK_UP, .link = link});
}

void topology_seen(struct ctl *ctl, const struct link *seen)
{
    struct topology *t = &ctl->topology;
    struct link *link = link_at(ctl, seen->src_dpid, seen->src_port);

    if (link && (link->dst_dpid != seen->dst_dpid || link->dst_port != seen->dst_port)) {
        remove_index(ctl, topology_lower_bound(t, seen->src_dpid, seen->src_port));
        link = NULL;
    }
    if (link) {
        link->seen_at = seen->seen_at;
        return;
    }
    insert(ctl, seen);
    if (!timer_is_set(&t->expiry)) {
        timer_set(&ctl->timers, &t->expiry, mono_add(seen->seen_at, ctl->settings.link_timeout_ns));
    }
}

void topology_remove_at(struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    for (size_t i = ctl->topology.n; i-- > 0;) {
        if (touches(ctl->topology.links[i], dpid, port)) {
            remove_index(ctl, i);
        }
    }
}

void topology_datapath_up(struct ctl *ctl, dpid_t dpid)
{
    topology_changed(ctl);
    for (size_t i = 0; i < ctl->topology.n; i++) {
        struct link *link = ctl->topology.links[i];

        if (link->src_dpid == dpid || link->dst_dpid == dpid) {
            link->seen_at = ctl->clock->now;
        }
    }
}

/* --- Ageing ----------------------------------------------------------------------------------- */

/* A link whose ends are not both under our eyes cannot show itself and does not age. */
static bool can_be_seen(const struct ctl *ctl, const struct link *link)
{
    return datapath_is_ready(datapath_find(ctl, link->src_dpid)) &&
           datapath_is_ready(datapath_find(ctl, link->dst_dpid));
}

static void expire(void *aux, struct timer *timer)
{
    struct ctl *ctl = aux;
    mono_t now = ctl->clock->now, next = MONO_NEVER;

    for (size_t i = ctl->topology.n; i-- > 0;) {
        struct link *link = ctl->topology.links[i];
        mono_t deadline = mono_add(link->seen_at, ctl->settings.link_timeout_ns);

        if (!can_be_seen(ctl, link)) {
            deadline = mono_add(now, ctl->settings.link_timeout_ns);
        }
        if (mono_due(deadline, now)) {
            remove_index(ctl, i); /* It lives on until its last event is delivered. */
            discovery_link_silent(ctl, link->src_dpid, link->src_port);
        } else {
            next = mono_min(next, deadline);
        }
    }
    timer_set(&ctl->timers, timer, next);
}
