/* The threshold policy on counts instead of rates. */
#include "models/estimated.h"

#include <math.h>

#include "models/capacity_int.h"
#include "models/poisson.h"
#include "models/root.h"

/* The most sessions that are worth counting. */
static const double COUNT_MAX = 1e12;

struct estimate {
    const struct network *net;
    const struct estimated_params *by;
    double count;
    double anyone; /* E[F_c]: share of destinations that are made permanent; 0 when none drifts. */
    enum model_status status;
};

/* F_c of the header, or what is left of it to 1, which is as exact when it is small: between whole
 * numbers the next one is asked for with the rest as probability. */
static double counted(double (*tail)(double count, double mean), double c, double mean)
{
    double k = floor(c), rest = c - k;
    return (1 - rest) * tail(k, mean) + (rest > 0 ? rest * tail(k + 1, mean) : 0);
}

static double mean_count(const struct estimate *e, double lambda_per_s)
{
    return e->net->plan->params->ports * lambda_per_s * e->by->window_s;
}

static double permanent_of(double lambda_per_s, const void *ctx)
{
    const struct estimate *e = ctx;
    return counted(model_poisson_at_least, e->count, mean_count(e, lambda_per_s));
}

static double absent_of(double lambda_per_s, const void *ctx)
{
    const struct estimate *e = ctx;
    double below = counted(model_poisson_below, e->count, mean_count(e, lambda_per_s));
    double drift = e->by->drift_frac;
    struct holding_chain chain = {.n_sources = e->net->plan->params->ports,
                                  .lambda_per_s = lambda_per_s,
                                  .mu_per_s = e->net->popularity.mu_per_s,
                                  .law = HOLD_FIXED};
    struct holding_state state;

    model_holding_exact(&chain, &state);
    return state.p_off_frac * ((1 - drift) * below + drift * (1 - e->anyone));
}

static double arrivals_of(double lambda_per_s, const void *ctx)
{
    const struct estimate *e = ctx;
    return e->net->plan->params->ports * lambda_per_s * absent_of(lambda_per_s, ctx);
}

static double expect(struct estimate *e, model_rate_fn *fn)
{
    struct popularity_range range = model_popularity_everyone();
    struct model_result r;

    range.epsrel = 1e-7;
    range.kink_per_s = e->count / (e->by->window_s * e->net->plan->params->ports);
    r = model_popularity_expect(&e->net->popularity, range, fn, e);
    if (r.status != MODEL_OK && e->status == MODEL_OK) {
        e->status = r.status;
    }
    return r.value;
}

static double entries(struct estimate *e)
{
    e->anyone = e->by->drift_frac > 0 ? expect(e, permanent_of) : 0;
    return e->net->n_hosts * (1 - expect(e, absent_of));
}

static double entries_excess(double log_count, const void *ctx)
{
    struct estimate e = *(const struct estimate *)ctx;

    e.count = exp(log_count);
    return log(entries(&e) / e.net->plan->limits.max_entries);
}

/* The count with which the tables are just full: near that of the last network, or anywhere. */
static struct model_result full_count(const struct estimate *e, double least, double most)
{
    const struct plan *plan = e->net->plan;
    struct model_result r = model_none(MODEL_DOMAIN);

    if (plan->is_warm) {
        double near = plan->warm_setting;
        r = model_root_find(entries_excess, e, near - 0.2, near + 0.2, 1e-9, 0);
    }
    return r.status == MODEL_OK ? r : model_root_find(entries_excess, e, least, most, 1e-9, 0);
}

/* Sets the count with which the tables are just full. */
static void fill_tables(struct estimate *e)
{
    double least = log(1e-6), most = log(COUNT_MAX);
    struct plan *plan = e->net->plan;

    if (e->net->n_hosts <= plan->limits.max_entries) {
        e->count = 0;
    } else if (entries_excess(most, e) > 0) {
        e->count = INFINITY;
    } else if (entries_excess(least, e) <= 0) {
        e->count = 1e-6;
    } else {
        struct model_result r = full_count(e, least, most);

        e->count = exp(r.value);
        e->status = r.status != MODEL_OK ? r.status : e->status;
        plan->warm_setting = r.value;
        plan->is_warm = r.status == MODEL_OK;
    }
}

static enum model_status point_of(struct plan *plan, const struct estimated_params *by,
                                  int64_t n_hosts, struct estimated_point *point)
{
    struct network net;
    struct estimate e = {.net = &net, .by = by};

    *point = (struct estimated_point){0};
    if (!network_init(&net, plan, n_hosts)) {
        return MODEL_DOMAIN;
    }
    fill_tables(&e);
    point->n_hosts = n_hosts;
    point->count = e.count;
    bool crowded = isinf(e.count);
    e.count = fmin(e.count, COUNT_MAX);
    point->occupancy_entries = entries(&e);
    point->permanent_frac = crowded ? 0 : expect(&e, permanent_of);
    point->arrivals_per_s =
        net.n_hosts / plan->params->ports * net.n_hosts * expect(&e, arrivals_of);
    point->fits = !crowded && point->arrivals_per_s <= plan->limits.max_arrivals_per_s;
    return e.status;
}

static enum model_status estimated_init(struct plan *plan, struct plan_params *params,
                                        const struct estimated_params *by)
{
    params->hold_law = HOLD_THRESHOLD;
    if (!(by->window_s > 0) || !isfinite(by->window_s) ||
        !(by->drift_frac >= 0 && by->drift_frac <= 1)) {
        return MODEL_DOMAIN;
    }
    return plan_init(plan, params);
}

enum model_status model_estimated_point(const struct plan_params *params,
                                        const struct estimated_params *estimated, int64_t n_hosts,
                                        struct estimated_point *point)
{
    struct plan_params threshold = *params;
    struct plan plan;
    enum model_status status = estimated_init(&plan, &threshold, estimated);

    *point = (struct estimated_point){0};
    return status == MODEL_OK ? point_of(&plan, estimated, n_hosts, point) : status;
}

struct search {
    struct plan *plan;
    const struct estimated_params *by;
    enum model_status status; /* The first failure other than a network that does not exist. */
};

static double load_of_size(int64_t n_hosts, void *ctx)
{
    struct search *search = ctx;
    struct estimated_point point;
    enum model_status status = point_of(search->plan, search->by, n_hosts, &point);

    if (status != MODEL_OK) {
        search->status = status == MODEL_DOMAIN ? search->status : status;
        return INFINITY;
    }
    return isinf(point.count) ? INFINITY
                              : point.arrivals_per_s / search->plan->limits.max_arrivals_per_s;
}

enum model_status model_estimated_best(const struct plan_params *params,
                                       const struct estimated_params *estimated,
                                       struct estimated_point *point)
{
    struct plan_params threshold = *params;
    struct plan plan;
    struct search search = {.plan = &plan, .by = estimated};
    enum model_status status = estimated_init(&plan, &threshold, estimated);

    *point = (struct estimated_point){0};
    if (status != MODEL_OK) {
        return status;
    }
    int64_t n_max = model_largest(load_of_size, &search, 2);
    if (n_max > 0) {
        search.status =
            point_of(&plan, estimated, n_max < MODEL_HOSTS_MAX ? n_max : MODEL_HOSTS_MAX, point);
        point->n_hosts = n_max;
    }
    return search.status;
}
