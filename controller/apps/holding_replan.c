/* A plan for each switch, and the entries that it makes short. */
#include <math.h>
#include <stdlib.h>

#include "controller/apps/holding.h"
#include "controller/base/alloc.h"
#include "controller/core/flowdb.h"

#define MOST_MISSING 0.25 /* Of the room. */

bool holding_is_kept(const struct holding_time *h, const struct holding_switch *sw, double per_s,
                     bool was)
{
    double band = h->settings.hysteresis_percent / 100.0;

    return per_s >= sw->plan.threshold_per_s * (was ? 1 - band : 1 + band);
}

/* --- Planning --------------------------------------------------------------------------------- */

static void clear_bins(struct holding_time *h)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &h->switches) {
        HMAP_ENTRY(it, struct holding_switch, node)->bins = (struct holding_bins){{0}, {0}};
    }
}

/* Every destination at every switch is as it is elsewhere, unless the switch knows better. */
static void fill_bins(struct holding_time *h, struct holding_bins *everywhere)
{
    struct hmap_node *it, *tmp;

    clear_bins(h);
    HMAP_FOR_EACH (it, tmp, &h->destinations) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        holding_bins_add(everywhere, holding_destination_per_s(h, r), 1);
    }
    HMAP_FOR_EACH (it, tmp, &h->pairs) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);
        struct holding_switch *sw = holding_switch_find(h, r->dpid);

        if (sw) {
            holding_bins_add(&sw->bins, holding_destination_per_s(h, r), -1);
            holding_bins_add(&sw->bins, holding_pair_per_s(h, r), 1);
        }
    }
}

/* Entries that the destinations may have: what others have in the table does not move. */
static double room_of(const struct holding_time *h, const struct holding_switch *sw)
{
    size_t n = flowdb_size(h->ctl, sw->dpid).n_entries;
    double others = n > sw->n_in ? (double)(n - sw->n_in) : 0, room = h->settings.budget;

    if (sw->capacity > 0) {
        room = fmin(room, sw->capacity);
    }
    return holding_mean_entries(fmax(room - others, 0));
}

/* What the plan does not know (the hysteresis, rates that are wrong, sessions of another law) shows in
 * the number of entries that there are: what is missing is planned on top. */
static double missing(const struct holding_switch *sw, double room)
{
    return sw->is_planned ? fmax(fmin(room - sw->n_in, MOST_MISSING * room), -MOST_MISSING * room)
                          : 0;
}

static void plan_switch(struct holding_time *h, struct holding_switch *sw,
                        const struct holding_bins *everywhere)
{
    struct holding_limits limits = {room_of(h, sw), h->settings.short_s, h->session_s};

    limits.entries += missing(sw, limits.entries);
    for (unsigned i = 0; i < HOLDING_BINS; i++) {
        sw->bins.n[i] = fmax(sw->bins.n[i] + everywhere->n[i], 0);
        sw->bins.sum_per_s[i] = fmax(sw->bins.sum_per_s[i] + everywhere->sum_per_s[i], 0);
    }
    holding_plan_make(&sw->bins, &limits, &sw->plan);
    sw->is_planned = true;
    h->n.plans++;
}

/* --- Entries that are not worth their place any more -------------------------------------------- */

static bool has_fallen(const struct holding_time *h, struct holding_record *r)
{
    const struct holding_switch *sw = holding_switch_find(h, r->dpid);

    return r->is_kept && !mono_is_never(r->in_since) && sw && sw->is_planned &&
           !holding_is_kept(h, sw, holding_pair_per_s(h, r), true);
}

/* In the order of their keys, so that the limit cuts alike in every run. */
static void rewrite_fallen(struct holding_time *h)
{
    struct holding_record **list = xcalloc(h->pairs.n + 1, sizeof(struct holding_record *));
    struct hmap_node *it, *tmp;
    size_t n = 0;

    HMAP_FOR_EACH (it, tmp, &h->pairs) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        if (has_fallen(h, r)) {
            list[n++] = r;
        }
    }
    qsort(list, n, sizeof(struct holding_record *), holding_pair_compare);
    for (size_t i = 0; i < n && i < h->settings.max_rewrites; i++) {
        h->n.rewritten++;
        h->change(h->change_aux, list[i]->dpid, list[i]->dst);
    }
    free(list);
}

void holding_replan(struct holding_time *h)
{
    struct holding_bins everywhere = {{0}, {0}};
    struct hmap_node *it, *tmp;

    holding_records_sum_up(h);
    if (h->total.n > 0) {
        fill_bins(h, &everywhere);
        HMAP_FOR_EACH (it, tmp, &h->switches) {
            plan_switch(h, HMAP_ENTRY(it, struct holding_switch, node), &everywhere);
        }
        if (h->change) {
            rewrite_fallen(h);
        }
    }
    timer_set(ctl_timers(h->ctl), &h->replan, mono_add(ctl_now(h->ctl), h->settings.replan_ns));
}
