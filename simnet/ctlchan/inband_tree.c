/* The tree of ways to the controller, and what its links carry. */
#include "controller/base/alloc.h"
#include "simnet/ctlchan/inband_impl.h"

/* --- The tree ----------------------------------------------------------------------------------- */

static void adopt(struct inband *ib, uint32_t child, uint32_t parent, struct wire *up, unsigned side)
{
    struct branch *b = &ib->branches[child];

    b->parent = parent;
    b->up = up;
    b->side = side;
}

void inband_find_tree(struct inband *ib)
{
    uint32_t head = 0, tail = 0;

    for (uint32_t i = 0; i < ib->n; i++) {
        ib->branches[i].parent = NOWHERE;
    }
    adopt(ib, ib->params.at_switch, ib->n, ib->own, 0);
    ib->queue[tail++] = ib->params.at_switch;
    while (head < tail) {
        uint32_t node = ib->queue[head++];

        for (uint32_t k = ib->first[node]; k < ib->first[node + 1]; k++) {
            const struct neighbour *nb = &ib->neighbours[k];

            if (wire_is_up(nb->wire) && ib->branches[nb->number].parent == NOWHERE) {
                adopt(ib, nb->number, node, nb->wire, nb->side);
                ib->queue[tail++] = nb->number;
            }
        }
    }
}

/* The two switches at the ends of a wire; false when there is a host. */
static bool ends_of(const struct world *world, uint32_t w, uint32_t ends[2])
{
    for (unsigned side = 0; side < 2; side++) {
        struct world_end end = world_wire_end(world, w, side);

        if (end.is_host) {
            return false;
        }
        ends[side] = end.number;
    }
    return true;
}

/* Counts first, then fills from the back, which leaves the wires of a switch in their order. */
void inband_find_neighbours(struct inband *ib)
{
    uint32_t n_wires = world_n_wires(ib->world), ends[2];

    ib->first = xcalloc((size_t)ib->n + 2, sizeof *ib->first);
    for (uint32_t w = 0; w < n_wires; w++) {
        if (ends_of(ib->world, w, ends)) {
            ib->first[ends[0]]++;
            ib->first[ends[1]]++;
        }
    }
    for (uint32_t i = 1; i <= ib->n; i++) {
        ib->first[i] += ib->first[i - 1];
    }
    ib->neighbours = xcalloc((size_t)ib->first[ib->n] + 1, sizeof *ib->neighbours);
    for (uint32_t w = n_wires; w-- > 0;) {
        for (unsigned side = 0; ends_of(ib->world, w, ends) && side < 2; side++) {
            ib->neighbours[--ib->first[ends[side]]] =
                (struct neighbour){ends[!side], world_wire(ib->world, w), !side};
        }
    }
}

uint32_t inband_depth(const struct inband *ib, uint32_t i)
{
    uint32_t depth = 0;

    while (i != ib->n && i != NOWHERE) {
        i = ib->branches[i].parent;
        depth++;
    }
    return i == ib->n ? depth : 0;
}

uint32_t inband_parent(const struct inband *ib, uint32_t i)
{
    return ib->branches[i].parent < ib->n ? ib->branches[i].parent : ib->n;
}

const struct wire *inband_uplink(const struct inband *ib, uint32_t i)
{
    return ib->branches[i].parent == NOWHERE ? NULL : ib->branches[i].up;
}

bool inband_has_way(const struct inband *ib, uint32_t i)
{
    while (i != ib->n) {
        const struct branch *b = &ib->branches[i];

        if (b->parent == NOWHERE || !wire_is_up(b->up)) {
            return false;
        }
        i = b->parent;
    }
    return true;
}

uint32_t inband_below(const struct inband *ib, uint32_t node, uint32_t target)
{
    uint32_t i = target;

    while (i != NOWHERE && i != ib->n && ib->branches[i].parent != node) {
        i = ib->branches[i].parent;
    }
    return i == ib->n ? NOWHERE : i;
}

/* --- Load --------------------------------------------------------------------------------------- */

static uint64_t own_bytes(const struct inband *ib, unsigned side)
{
    return wire_get_stats(ib->own, side).cargo_bytes;
}

void inband_reset(struct inband *ib)
{
    uint32_t n = world_n_wires(ib->world);

    for (uint32_t w = 0; w < n; w++) {
        for (unsigned side = 0; side < 2; side++) {
            ib->base_bytes[2 * w + side] =
                wire_get_stats(world_wire(ib->world, w), side).cargo_bytes;
        }
        wire_forget_peak(world_wire(ib->world, w));
    }
    ib->base_bytes[2 * n] = own_bytes(ib, 0);
    ib->base_bytes[2 * n + 1] = own_bytes(ib, 1);
    ib->n_lost = ib->n_reroutes = 0;
    ib->since = sim_now(ib->sim);
}

uint64_t inband_wire_bytes(const struct inband *ib, uint32_t i, unsigned side)
{
    return wire_get_stats(world_wire(ib->world, i), side).cargo_bytes - ib->base_bytes[2 * i + side];
}

static void add_load(const struct inband *ib, uint32_t w, unsigned side, struct inband_load *out)
{
    const struct wire *wire = world_wire(ib->world, w);
    double rate = (double)wire_get_params(wire)->rate_bps;
    double s = ns_to_s(mono_diff_ns(sim_now(ib->sim), ib->since));
    uint64_t bytes = inband_wire_bytes(ib, w, side);
    double share = rate > 0 && s > 0 ? (double)bytes * 8 / (rate * s) : 0;
    double peak = rate > 0 ? (double)wire_get_stats(wire, side).cargo_peak_bytes * 8 / rate : 0;

    out->bytes += bytes;
    out->mean_frac += share;
    out->worst_peak_frac = peak > out->worst_peak_frac ? peak : out->worst_peak_frac;
    if (share > out->worst_frac) {
        out->worst_frac = share;
        out->worst_wire = w;
        out->worst_side = side;
    }
}

struct inband_load inband_load(const struct inband *ib)
{
    struct inband_load out = {.n_lost = ib->n_lost, .n_reroutes = ib->n_reroutes};
    uint32_t n = world_n_wires(ib->world), n_trunks = 0;

    for (uint32_t w = 0; w < n; w++) {
        if (!world_wire_end(ib->world, w, 0).is_host && !world_wire_end(ib->world, w, 1).is_host) {
            add_load(ib, w, 0, &out);
            add_load(ib, w, 1, &out);
            n_trunks++;
        }
    }
    out.mean_frac = n_trunks ? out.mean_frac / (2 * n_trunks) : 0;
    out.own_bytes = own_bytes(ib, 0) + own_bytes(ib, 1) - ib->base_bytes[2 * n] -
                    ib->base_bytes[2 * n + 1];
    return out;
}
