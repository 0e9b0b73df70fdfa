/* N_max and its optimum: the largest network at a setting, and over all settings. */
#include <math.h>

#include "models/capacity_int.h"

/* ---- The largest network. ---- */

/* The load that decides whether a network fits (<= 1) under a setting. */
typedef double network_load_fn(const struct network *net, double setting);

static double either_load(const struct network *net, double setting)
{
    return fmax(network_tcam_load(net, setting), network_controller_load(net, setting));
}

/* The least that either_load can be made, or a load on the same side of 1. Any other setting raises
 * one of the two loads; so when the last balanced setting keeps both below 1, or none, that decides
 * and no root need be found. */
static double balanced_load(const struct network *net, double setting)
{
    struct plan *plan = net->plan;

    (void)setting;
    if (plan->is_warm) {
        double tcam = network_tcam_load(net, plan->warm_setting);
        double controller = network_controller_load(net, plan->warm_setting);

        if ((tcam <= 1) == (controller <= 1)) {
            return fmax(tcam, controller);
        }
    }
    plan->warm_setting = network_balanced_setting(net);
    plan->is_warm = true;
    return either_load(net, plan->warm_setting);
}

struct search {
    struct plan *plan;
    network_load_fn *load;
    double setting;
};

static double load_of_size(int64_t n_hosts, void *ctx)
{
    struct search *search = ctx;
    struct network net;

    return network_init(&net, search->plan, n_hosts) ? search->load(&net, search->setting)
                                                     : INFINITY;
}

/* The smallest network in which every destination can have its sessions; it grows with the
 * parameters but never past MODEL_HOSTS_MAX + 1. */
static int64_t smallest_network(struct plan *plan)
{
    const struct plan_params *p = plan->params;
    double sessions = p->traffic == POPULARITY_SESSIONS ? p->sessions[0] : p->mean_sessions;

    if (p->traffic == POPULARITY_ZIPF) {
        return 2;
    }
    if (p->traffic == POPULARITY_PARETO) {
        sessions *= (p->alpha - 1) / p->alpha;
    }
    return (int64_t)fmin(floor(sessions) + 2, (double)MODEL_HOSTS_MAX + 1);
}

/* model_largest() comes down from the top, so that a gap among the small sizes does no harm. There
 * can be one: with concave OCC(lambda) and lambda proportional to 1/N, N OCC grows with N; the true
 * lambda = mu x/(N - 1 - x) falls a little faster, and with S = 1 and no holding X = N x/(N - 1) even
 * falls, by one entry over all N. */
static int64_t largest_network(struct plan *plan, network_load_fn *load, double setting)
{
    struct search search = {plan, load, setting};
    return model_largest(load_of_size, &search, smallest_network(plan));
}

/* The network whose figures stand for a size: an unbounded one is shown at MODEL_HOSTS_MAX. */
static void result_point(struct plan *plan, double setting, struct plan_result *result)
{
    struct network net;
    int64_t n_hosts = result->n_max < MODEL_HOSTS_MAX ? result->n_max : MODEL_HOSTS_MAX;

    if (n_hosts > 0 && network_init(&net, plan, n_hosts)) {
        network_point(&net, setting, &result->at);
    }
}

/* Fills "result" at a setting. Each limit has its own largest network, and the smaller one is the
 * answer if it keeps the other limit too; only a gap (above) can make that fail. */
static void result_fill(struct plan *plan, double setting, struct plan_result *result)
{
    result->n_max_tcam = largest_network(plan, network_tcam_load, setting);
    result->n_max_controller = largest_network(plan, network_controller_load, setting);
    bool tcam = result->n_max_tcam <= result->n_max_controller;
    result->limited_by = tcam ? PLAN_LIMIT_TCAM : PLAN_LIMIT_CONTROLLER;
    result->n_max = tcam ? result->n_max_tcam : result->n_max_controller;
    result_point(plan, setting, result);
    if (!plan_point_fits(&result->at)) {
        result->n_max = largest_network(plan, either_load, setting);
        result->at = (struct plan_point){0};
        result_point(plan, setting, result);
    }
}

enum model_status model_plan_at_hold(const struct plan_params *params, double hold_s,
                                     struct plan_result *result)
{
    struct plan plan;

    *result = (struct plan_result){0};
    if (plan_init(&plan, params) != MODEL_OK) {
        return plan.status;
    }
    if (params->hold_law == HOLD_THRESHOLD || !(hold_s >= 0)) {
        return MODEL_DOMAIN;
    }
    result_fill(&plan, hold_s, result);
    return plan.status;
}

enum model_status model_plan_best(const struct plan_params *params, struct plan_result *result)
{
    struct plan plan;
    struct network net;

    *result = (struct plan_result){0};
    if (plan_init(&plan, params) != MODEL_OK) {
        return plan.status;
    }
    int64_t n_max = largest_network(&plan, balanced_load, 0);
    int64_t n_hosts = n_max < MODEL_HOSTS_MAX ? n_max : MODEL_HOSTS_MAX;
    if (n_hosts > 0 && network_init(&net, &plan, n_hosts)) {
        result_fill(&plan, network_balanced_setting(&net), result);
    }
    return plan.status;
}
