/* Plans of circuits' trees: which switches have an entry, where it outputs, and what protects it. */
#include "controller/apps/circuit.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"

/* --- Hops ------------------------------------------------------------------------------------- */

static size_t hop_index(const struct circuit_branch *b, dpid_t dpid)
{
    size_t lo = 0, hi = b->n_hops;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (b->hops[mid].dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

const struct circuit_hop *circuit_branch_hop(const struct circuit_branch *b, dpid_t dpid)
{
    size_t i = hop_index(b, dpid);

    return i < b->n_hops && b->hops[i].dpid == dpid ? &b->hops[i] : NULL;
}

/* False when there is one already: the rest of the way is known. */
static bool hop_add(struct circuit_branch *b, dpid_t dpid, port_no_t port, unsigned dist)
{
    size_t i = hop_index(b, dpid);

    if (i < b->n_hops && b->hops[i].dpid == dpid) {
        return false;
    }
    if (b->n_hops == b->cap_hops) {
        b->cap_hops = b->cap_hops ? 2 * b->cap_hops : 8;
        b->hops = xreallocarray(b->hops, b->cap_hops, sizeof(*b->hops));
    }
    memmove(&b->hops[i + 1], &b->hops[i], (b->n_hops - i) * sizeof(*b->hops));
    b->n_hops++;
    b->hops[i] = (struct circuit_hop){.dpid = dpid, .way = failover_plain(port), .dist = dist};
    return true;
}

/* --- Planning --------------------------------------------------------------------------------- */

static void plan_source(struct circuit_branch *b, dpid_t from)
{
    struct ctl *ctl = b->c->ctl;
    int dist = paths_distance(ctl, from, b->dest);
    dpid_t at = from;

    if (dist < 0 || dist > CIRCUIT_MAX_HOPS) {
        b->complete = false;
        return;
    }
    while (at != b->dest) {
        port_no_t port = paths_next_port(ctl, at, b->dest);
        const struct link *link = topology_link_at(ctl, at, port);

        if (!link || !hop_add(b, at, port, (unsigned)dist--)) {
            b->complete = b->complete && link;
            return;
        }
        at = link->dst_dpid;
    }
}

static void plan_sources(struct circuit_branch *b)
{
    const struct circuit *c = b->c;
    struct hmap_node *it, *tmp;

    if (b->is_up) {
        HMAP_FOR_EACH (it, tmp, &c->accesses) {
            const struct circuit_access *a = HMAP_ENTRY(it, struct circuit_access, node);

            if (a->n_hosts > 0) {
                plan_source(b, a->down.dest);
            }
        }
    } else {
        HMAP_FOR_EACH (it, tmp, &c->ups) {
            const struct circuit_branch *up = &HMAP_ENTRY(it, struct circuit_up, node)->branch;

            if (up->wanted) {
                plan_source(b, up->dest);
            }
        }
    }
}

/* Not everybody may talk to the root (logical_networks.h): no entry may serve all. An alias counts as a
 * host of the network that everybody is in. */
static bool is_guarded(const struct circuit_branch *b)
{
    const void *networks = ctl_module_state(b->c->ctl, "logical_networks");

    return networks &&
           networks_is_guarded(networks, b->is_up ? b->mac : circuit_alias(b->c, b->id));
}

/* --- Alternates ------------------------------------------------------------------------------- */

static uint64_t key_of(const struct circuit_branch *b)
{
    return b->is_up ? eth_addr_u64(b->mac) : b->id;
}

/* The way from the alternate of 'at' is a part of the tree, and has no alternates of its own. */
static void plan_alternate(struct circuit_branch *b, dpid_t at)
{
    struct circuit_hop *hop = &b->hops[hop_index(b, at)];
    const struct link *link;

    hop->way =
        failover_plan(b->c->failover, at, b->dest, hop->way.port, key_of(b), &hop->is_level);
    link = hop->way.alt != OF_PORT_ANY ? topology_link_at(b->c->ctl, at, hop->way.alt) : NULL;
    if (link) {
        plan_source(b, link->dst_dpid);
    }
}

static void plan_alternates(struct circuit_branch *b)
{
    dpid_t *carriers = xcalloc(b->n_hops + 1, sizeof(*carriers));
    size_t n = b->n_hops;

    for (size_t i = 0; i < n; i++) {
        carriers[i] = b->hops[i].dpid;
    }
    for (size_t i = 0; i < n; i++) {
        if (carriers[i] != b->dest) {
            plan_alternate(b, carriers[i]);
        }
    }
    free(carriers);
}

/* --- The whole tree --------------------------------------------------------------------------- */

void circuit_plan(struct circuit_branch *b)
{
    b->n_hops = 0;
    b->complete = true;
    b->dirty = false;
    b->generation = topology_generation(b->c->ctl);
    if (b->wanted && !is_guarded(b)) {
        hop_add(b, b->dest, b->is_up ? b->port : OF_PORT_CONTROLLER, 0);
        plan_sources(b);
        plan_alternates(b);
    }
}

bool circuit_plan_is_current(const struct circuit_branch *b)
{
    return !b->dirty && b->generation == topology_generation(b->c->ctl);
}
