/* Which domain has which port: see domain.h. */
#include <stdlib.h>

#include "controller/apps/domain.h"
#include "controller/apps/logical_networks.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

static bool is_usable(struct domains *d, dpid_t dpid, port_no_t port)
{
    const struct datapath *dp = datapath_find(d->ctl, dpid);
    const struct dp_port *at = dp && datapath_is_ready(dp) ? datapath_port(dp, port) : NULL;

    d->unsettled = d->unsettled || (at && at->kind == PORT_UNSETTLED);
    return at && at->kind == PORT_EDGE;
}

/* Where 'm' is. False when it is nowhere that frames can go. */
static bool locate(struct domains *d, const struct domain_member *m, struct place *out)
{
    const struct host *host = m->is_host ? hosts_find(d->ctl, m->mac) : NULL;

    *out = (struct place){m->dpid, PLACE_MEMBER, m->port};
    if (host) {
        out->dpid = host_dpid(host);
        out->port = host_port(host);
    }
    return (host || !m->is_host) && is_usable(d, out->dpid, out->port);
}

struct claim {
    struct place place;
    struct domain *domain;
    size_t rank; /* Ports are given before hosts, in the order of domains. */
};

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_claim(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = compare_numbers(x->place.dpid, y->place.dpid);

    order = order ? order : compare_numbers(x->place.port, y->place.port);
    return order ? order : compare_numbers(x->rank, y->rank);
}

static size_t collect(struct domains *d, struct claim *claims)
{
    struct list *it, *tmp;
    size_t n = 0, rank = 0;

    LIST_FOR_EACH (it, tmp, &d->list) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        for (size_t i = 0; i < domain->n_members; i++) {
            const struct domain_member *m = &domain->members[i];

            if (locate(d, m, &claims[n].place)) {
                claims[n].domain = domain;
                claims[n++].rank = rank + (m->is_host ? d->n_domains : 0);
            }
        }
        rank++;
    }
    return n;
}

/* Settles which domain has which port: the first that claims it. */
void domains_resolve(struct domains *d)
{
    struct claim *claims = xcalloc(d->n_members + 1, sizeof(*claims));
    size_t n;

    d->unsettled = false;
    n = collect(d, claims);
    qsort(claims, n, sizeof(*claims), by_claim);
    free(d->claims);
    free(d->claimants);
    d->claims = xcalloc(n + 1, sizeof(*d->claims));
    d->claimants = xcalloc(n + 1, sizeof(struct domain *));
    d->n_claims = 0;
    for (size_t i = 0; i < n; i++) {
        const struct place *last = d->n_claims ? &d->claims[d->n_claims - 1] : NULL;

        if (last && last->dpid == claims[i].place.dpid && last->port == claims[i].place.port) {
            d->n.members_hidden += d->claimants[d->n_claims - 1] != claims[i].domain;
            continue;
        }
        d->claims[d->n_claims] = claims[i].place;
        d->claimants[d->n_claims++] = claims[i].domain;
    }
    free(claims);
}

struct domain *domain_of_port(const struct domains *d, dpid_t dpid, port_no_t port)
{
    size_t lo = 0, hi = d->n_claims;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct place *at = &d->claims[mid];

        if (at->dpid == dpid && at->port == port) {
            return d->claimants[mid];
        }
        if (at->dpid < dpid || (at->dpid == dpid && at->port < port)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return NULL;
}

/* --- Places ----------------------------------------------------------------------------------- */

size_t domain_max_places(const struct domain *domain)
{
    return domain->d->n_claims + domain->n_own + 1;
}

/* Entries cannot tell who sends: where one member may not hear another one, there are none. */
static bool may_mix(const struct domains *d, const struct place *places, size_t n)
{
    struct networks_port *ports = xcalloc(n + 1, sizeof(*ports));
    bool ok;

    for (size_t i = 0; i < n; i++) {
        ports[i] = (struct networks_port){places[i].dpid, places[i].port};
    }
    ok = networks_may_mix(d->networks, ports, n);
    free(ports);
    return ok;
}

static bool is_listener_too(const struct domain *domain, const struct place *sender)
{
    for (size_t i = 0; i < domain->n_own; i++) {
        const struct place *other = &domain->own[i];

        if (other->kind == PLACE_MEMBER && other->dpid == sender->dpid &&
            other->port == sender->port) {
            return true;
        }
    }
    return false;
}

static size_t add_usable(const struct domain *domain, enum place_kind kind, struct place *out,
                         size_t n)
{
    for (size_t i = 0; i < domain->n_own; i++) {
        const struct place *at = &domain->own[i];

        if (at->kind == kind && is_usable(domain->d, at->dpid, at->port) &&
            !domain_of_port(domain->d, at->dpid, at->port)) {
            out[n++] = *at;
        }
    }
    return n;
}

/* A listener of a group that sends is a listener. A sender whom not all listeners may hear has no entry: the
 * controller carries what it sends. */
static size_t group_places(struct domain *domain, struct place *out)
{
    size_t n = add_usable(domain, PLACE_MEMBER, out, 0), n_all, n_kept = n;

    if (!may_mix(domain->d, out, n)) {
        return 0;
    }
    n_all = add_usable(domain, PLACE_SENDER, out, n);
    for (size_t i = n; i < n_all; i++) {
        if (!is_listener_too(domain, &out[i])) {
            out[n_kept] = out[i];
            n_kept += may_mix(domain->d, out, n_kept + 1);
        }
    }
    places_sort(out, n_kept);
    return n_kept;
}

size_t domain_places(struct domain *domain, struct place *out)
{
    const struct domains *d = domain->d;
    size_t n = 0;

    if (domain->is_group) {
        return group_places(domain, out);
    }
    for (size_t i = 0; i < d->n_claims; i++) {
        if (d->claimants[i] == domain) {
            out[n++] = d->claims[i];
        }
    }
    return may_mix(d, out, n) ? n : 0;
}

static struct domain *of_tag(const struct list *list, uint16_t tag)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, list) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (tag && domain->plan.tag == tag) {
            return domain;
        }
    }
    return NULL;
}

struct domain *domain_of_tag(const struct domains *d, uint16_t tag)
{
    struct domain *domain = of_tag(&d->list, tag);

    return domain ? domain : of_tag(&d->groups, tag);
}
