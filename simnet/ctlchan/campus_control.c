/* Control traffic of a campus: what was measured, and what misses times message sizes say. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/control_load.h"
#include "simnet/ctlchan/campus_impl.h"

enum { FIRST_FRAME_BYTES = 60 }; /* Of a session: an Ethernet frame of the least length. */

static bool is_from_switch(enum of_type type)
{
    return type == OF_PACKET_IN || type == OF_FLOW_REMOVED || type == OF_BARRIER_REPLY ||
           type == OF_ECHO_REPLY || type == OF_MULTIPART_REPLY || type == OF_PORT_STATUS ||
           type == OF_ERROR || type == OF_ROLE_REPLY || type == OF_FEATURES_REPLY;
}

static void measure_inband(const struct inband *ib, double measured_s, struct campus_control *out)
{
    struct inband_load load = inband_load(ib);

    out->links_bps = 8 * (double)load.bytes / measured_s;
    out->own_bps = 8 * (double)load.own_bytes / measured_s;
    out->worst_frac = load.worst_frac;
    out->worst_peak_frac = load.worst_peak_frac;
    out->mean_frac = load.mean_frac;
    out->worst_wire = load.worst_wire;
    out->n_lost = load.n_lost;
}

bool control_measure(struct ctlchan *cc, double measured_s, struct campus_control *out)
{
    const struct ctlchan_params *p = ctlchan_get_params(cc);
    const struct ctlchan_stats *s = ctlchan_get_stats(cc);

    *out = (struct campus_control){.is_inband = p->is_inband};
    if ((!p->is_inband && !p->shared_bps) || measured_s <= 0) {
        return false;
    }
    for (int t = 0; t < OF_N_TYPES; t++) {
        *(is_from_switch((enum of_type)t) ? &out->up_bps : &out->down_bps) +=
            8 * (double)s->sent_bytes[t] / measured_s;
    }
    if (p->is_inband) {
        measure_inband(ctlchan_inband(cc), measured_s, out);
    } else {
        out->worst_frac =
            (out->up_bps > out->down_bps ? out->up_bps : out->down_bps) / (double)p->shared_bps;
        out->wait_s =
            s->n_to_controller ? ns_to_s(s->shared_wait_ns) / (double)s->n_to_controller : 0;
    }
    out->is_within_budget = !p->is_inband || out->worst_frac <= p->inband.budget_frac;
    return true;
}

bool campus_control(const struct campus *c, struct campus_control *out)
{
    double measured_s = mono_to_s(sim_now(world_sim(c->world))) - mono_to_s(c->measured_from);

    return control_measure(c->channel, measured_s, out);
}

/* What crosses the link above each switch: its own and that of those below. */
static void add_up_tree(const struct campus *c, const struct control_load *access,
                        struct campus_control *out)
{
    const struct inband *ib = ctlchan_inband(c->channel);
    uint32_t n = world_n_switches(c->world);
    struct control_load *sums = xcalloc(n, sizeof *sums);

    for (uint32_t i = 0; i < c->params.n_access; i++) {
        for (uint32_t x = i; x < n && inband_depth(ib, x) > 1; x = inband_parent(ib, x)) {
            sums[x].up += access->up;
            sums[x].down += access->down;
            out->links_bps += access->up + access->down;
        }
    }
    for (uint32_t x = 0; x < n; x++) {
        double most = sums[x].up > sums[x].down ? sums[x].up : sums[x].down;
        const struct wire *up = inband_uplink(ib, x);
        double rate_bps = up ? (double)wire_get_params(up)->rate_bps : 0;
        double share = rate_bps > 0 ? most / rate_bps : 0;

        out->worst_frac = share > out->worst_frac ? share : out->worst_frac;
    }
    free(sums);
}

/* Of the newest version that the switches know, which is agreed on. */
static enum control_sizes sizes_of(uint32_t versions)
{
    return versions >> OF_VERSION_1_5     ? CONTROL_OF15
           : versions >> OF_VERSION_1_3 ? CONTROL_OF13
                                        : CONTROL_OF10;
}

bool campus_expect_control(const struct campus *c, const struct campus_expected *e,
                           struct campus_control *out)
{
    const struct ctlchan_params *cp = &c->params.channel;
    struct control_miss miss = {.sizes = sizes_of(c->params.versions),
                                .frame_bytes = FIRST_FRAME_BYTES,
                                .local_frac = e->misses_per_s > 0
                                                  ? e->local_misses_per_s / e->misses_per_s
                                                  : 0,
                                .removed_frac = 1};
    struct control_framing bare = {0}, framing = {cp->inband.header_bytes, cp->inband.acks};
    double per_switch = e->misses_per_s / c->params.n_access;
    double echo_per_s = 1 / ns_to_s(c->params.core.echo_interval_ns);
    struct control_load all, framed;

    *out = (struct campus_control){.is_inband = cp->is_inband};
    if (!cp->is_inband && !cp->shared_bps) {
        return false;
    }
    all = model_control_bps(&miss, &bare, e->misses_per_s, echo_per_s * world_n_switches(c->world));
    framed = model_control_bps(&miss, &framing, per_switch, echo_per_s);
    out->up_bps = all.up;
    out->down_bps = all.down;
    if (cp->is_inband) {
        add_up_tree(c, &framed, out);
    } else {
        out->worst_frac = (all.up > all.down ? all.up : all.down) / (double)cp->shared_bps;
    }
    return true;
}
