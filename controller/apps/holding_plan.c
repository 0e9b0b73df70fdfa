/* See holding_plan.h. */
#include "controller/apps/holding_plan.h"

#include <math.h>

#define Q_INV 4.753424 /* Of 1e-6: how many standard deviations a Gaussian exceeds so rarely. */

/* Bins of the same ratio from the lowest rate to the highest. */
#define LOWEST_PER_S 1e-8
#define N_DECADES 12.0

/* --- Rates ------------------------------------------------------------------------------------ */

void holding_rate_init(struct holding_rate *r, mono_t now, double age_s, double places,
                       double memory_s)
{
    *r = (struct holding_rate){.off_s = places * memory_s * -expm1(-age_s / memory_s), .at = now};
}

void holding_rate_advance(struct holding_rate *r, mono_t now, double places, double memory_s)
{
    double off_s, keep;

    if (!mono_before(r->at, now)) {
        return;
    }
    off_s = places > r->n_in ? (places - r->n_in) * ns_to_s(mono_diff_ns(now, r->at)) : 0;
    r->at = now;
    if (off_s > 0) {
        keep = exp(-off_s / (places * memory_s));
        r->n *= keep;
        r->off_s = keep * r->off_s + places * memory_s * (1 - keep);
    }
}

double holding_rate_per_s(const struct holding_rate *r, double prior_per_s, double weight)
{
    return (r->n + weight) / (r->off_s + weight / prior_per_s);
}

/* --- Bins ------------------------------------------------------------------------------------- */

static unsigned bin_of(double per_s)
{
    double at = log10(fmax(per_s, LOWEST_PER_S) / LOWEST_PER_S) * (HOLDING_BINS / N_DECADES);

    return at < HOLDING_BINS - 1 ? (unsigned)at : HOLDING_BINS - 1;
}

/* The rate at the lower end of a bin. */
static double bin_edge(double bin)
{
    return LOWEST_PER_S * pow(10, bin * (N_DECADES / HOLDING_BINS));
}

void holding_bins_add(struct holding_bins *b, double per_s, double n)
{
    unsigned bin = bin_of(per_s);

    b->n[bin] += n;
    b->sum_per_s[bin] += n * per_s;
}

/* --- Plan ------------------------------------------------------------------------------------- */

struct bin_cost {
    double off;      /* Share of the time without an entry, when not kept. */
    double misses_s; /* Packet-ins a second of the whole bin, when not kept. */
};

static struct bin_cost cost_of(const struct holding_bins *b, unsigned bin,
                               const struct holding_limits *limits)
{
    double per_s = b->n[bin] > 0 ? b->sum_per_s[bin] / b->n[bin] : 0;
    double off = exp(-per_s * (limits->short_s + limits->session_s));

    return (struct bin_cost){off, b->sum_per_s[bin] * off};
}

static void nothing_kept(const struct holding_bins *b, const struct holding_limits *limits,
                         struct holding_plan *out)
{
    *out = (struct holding_plan){.threshold_per_s = INFINITY};
    for (unsigned i = 0; i < HOLDING_BINS; i++) {
        struct bin_cost cost = cost_of(b, i, limits);

        out->entries += b->n[i] * (1 - cost.off);
        out->misses_per_s += cost.misses_s;
    }
}

/* Keeping a destination costs the entries that are missing to one: its P_OFF. */
void holding_plan_make(const struct holding_bins *b, const struct holding_limits *limits,
                       struct holding_plan *out)
{
    nothing_kept(b, limits, out);
    for (unsigned i = HOLDING_BINS; i-- > 0;) {
        struct bin_cost cost = cost_of(b, i, limits);
        double needs = b->n[i] * cost.off, room = limits->entries - out->entries;
        double share = needs > room ? room / needs : 1;

        if (!(b->n[i] > 0)) {
            continue;
        }
        if (!(share > 0)) {
            return;
        }
        out->n_kept += share * b->n[i];
        out->entries += share * needs;
        out->misses_per_s -= share * cost.misses_s;
        out->threshold_per_s = bin_edge(i + 1 - share);
        if (share < 1) {
            return;
        }
    }
    out->threshold_per_s = 0;
}

double holding_mean_entries(double n_entries)
{
    double root = n_entries > 0 ? (sqrt(Q_INV * Q_INV + 4 * n_entries) - Q_INV) / 2 : 0;

    return root * root;
}
