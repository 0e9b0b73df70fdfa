/* What a plan asks for: parameters, limits, the figures of one network, and whether it fits. The
 * largest network is in capacity_search.c, what a network demands in capacity_network.c. */
#include "models/capacity.h"

#include <math.h>

#include "models/capacity_int.h"
#include "models/queue.h"
#include "models/table.h"

/* ---- Parameters and limits. ---- */

struct plan_params model_plan_defaults(void)
{
    return (struct plan_params){
        .traffic = POPULARITY_PARETO,
        .alpha = 1.2,
        .mean_sessions = 4,
        .session_s = 5,
        .ports = 48,
        .tcam_entries = 8192,
        .p_overflow_frac = 1e-6,
        .controller_per_s = 51880,
        .reply_s = 1e-3,
        .p_block_frac = 1e-6,
        .hold_law = HOLD_EXPONENTIAL,
    };
}

const char *plan_limit_name(enum plan_limit limit)
{
    switch (limit) {
    case PLAN_LIMIT_TCAM:
        return "tcam";
    case PLAN_LIMIT_CONTROLLER:
        return "controller";
    }
    return "unknown";
}

static bool is_positive(double x)
{
    return x > 0 && isfinite(x);
}

/* Measured sessions: positive ones, falling. */
static bool sessions_are_valid(const struct plan_params *p)
{
    for (size_t i = 0; i < p->n_sessions; i++) {
        double ceiling = i > 0 ? p->sessions[i - 1] : (double)MODEL_HOSTS_MAX;

        if (!(p->sessions[i] >= 0) || p->sessions[i] > ceiling) {
            return false;
        }
    }
    return p->n_sessions > 0 && p->sessions[0] > 0;
}

static bool traffic_is_valid(const struct plan_params *p)
{
    switch (p->traffic) {
    case POPULARITY_UNIFORM:
        return is_positive(p->mean_sessions);
    case POPULARITY_PARETO:
        return is_positive(p->mean_sessions) && p->alpha > 1 && isfinite(p->alpha);
    case POPULARITY_SESSIONS:
        return sessions_are_valid(p);
    case POPULARITY_ZIPF:
        return is_positive(p->mean_sessions) && p->alpha >= 0 && isfinite(p->alpha);
    case POPULARITY_EMPIRICAL:
        break;
    }
    return false;
}

static bool params_are_valid(const struct plan_params *p)
{
    return traffic_is_valid(p) && is_positive(p->session_s) && is_positive(1 / p->session_s) &&
           p->ports >= 1 && is_positive(p->tcam_entries) && is_positive(p->controller_per_s) &&
           is_positive(p->reply_s) && p->hold_law <= HOLD_THRESHOLD;
}

/* m = T_REPLY ARR_MAX, rounded down: Cuba and Becerra 2015, section 5.2 (51.88 there gives 51).
 * 0.002 * 1500 must give 3, hence the last-digit allowance. */
static uint32_t queue_capacity(const struct plan_params *p)
{
    double m = floor(p->reply_s * p->controller_per_s * (1 + 1e-12));
    return m < (double)UINT32_MAX ? (uint32_t)m : UINT32_MAX;
}

enum model_status model_plan_limits(const struct plan_params *params, struct plan_limits *limits)
{
    *limits = (struct plan_limits){0};
    if (!params_are_valid(params)) {
        return MODEL_DOMAIN;
    }
    uint32_t m = queue_capacity(params);
    struct model_result entries =
        model_table_max_mean(params->tcam_entries, params->p_overflow_frac);
    struct model_result rho = model_mm1m_rho_max(m, params->p_block_frac);
    if (entries.status != MODEL_OK || rho.status != MODEL_OK) {
        return entries.status != MODEL_OK ? entries.status : rho.status;
    }
    limits->max_entries = entries.value;
    limits->queue_capacity = m;
    limits->rho_max = rho.value;
    limits->max_arrivals_per_s = rho.value * params->controller_per_s;
    return MODEL_OK;
}

/* ---- Figures of one point. ---- */

void network_point(const struct network *net, double setting, struct plan_point *point)
{
    const struct plan_params *p = net->plan->params;
    const struct plan_limits *limits = &net->plan->limits;
    struct demand demand = network_demand(net, setting);
    double rho = demand.arrivals_per_s / p->controller_per_s;

    *point = (struct plan_point){
        .n_hosts = (int64_t)net->n_hosts,
        .occupancy_entries = demand.entries,
        .arrivals_per_s = demand.arrivals_per_s,
        .p_overflow_frac = model_table_overflow_bound(demand.entries, p->tcam_entries).value,
        .p_block_frac = model_mm1m_blocking(rho, limits->queue_capacity).value,
        .tcam_load_frac = demand.entries / limits->max_entries,
        .controller_load_frac = demand.arrivals_per_s / limits->max_arrivals_per_s,
    };
    if (network_is_threshold(net)) {
        /* Without a border inside the population the rate is absent and the field 0. */
        point->permanent_frac = setting;
        point->threshold_per_s =
            p->ports * model_popularity_rate_at(&net->popularity, setting).value;
    } else {
        point->hold_s = setting;
    }
}

bool plan_point_fits(const struct plan_point *point)
{
    return point->tcam_load_frac <= 1 && point->controller_load_frac <= 1;
}

/* Begins a question about "n_hosts" hosts. MODEL_DOMAIN: bad parameters, or no such network. */
static enum model_status question_init(struct plan *plan, struct network *net,
                                       const struct plan_params *params, int64_t n_hosts)
{
    if (plan_init(plan, params) != MODEL_OK) {
        return plan->status;
    }
    return network_init(net, plan, n_hosts) ? MODEL_OK : MODEL_DOMAIN;
}

enum model_status model_plan_point(const struct plan_params *params, int64_t n_hosts, double hold_s,
                                   struct plan_point *point)
{
    struct plan plan;
    struct network net;
    enum model_status status;

    *point = (struct plan_point){0};
    status = question_init(&plan, &net, params, n_hosts);
    if (status != MODEL_OK || network_is_threshold(&net) || !(hold_s >= 0)) {
        return status != MODEL_OK ? status : MODEL_DOMAIN;
    }
    network_point(&net, hold_s, point);
    return plan.status;
}

enum model_status model_plan_threshold_point(const struct plan_params *params, int64_t n_hosts,
                                             double permanent_frac, struct plan_point *point)
{
    struct plan_params threshold = *params;
    struct plan plan;
    struct network net;
    enum model_status status;

    *point = (struct plan_point){0};
    threshold.hold_law = HOLD_THRESHOLD;
    status = question_init(&plan, &net, &threshold, n_hosts);
    if (status != MODEL_OK || !(permanent_frac >= 0 && permanent_frac <= 1)) {
        return status != MODEL_OK ? status : MODEL_DOMAIN;
    }
    network_point(&net, permanent_frac, point);
    return plan.status;
}

/* ---- A given network. ---- */

/* The interval of settings: up from where the controller bears them, to where the tables do. */
static void hosts_interval(const struct network *net, struct plan_hosts *hosts)
{
    double min = network_least_setting(net);
    double max = network_most_setting(net);

    if (network_is_threshold(net)) {
        hosts->permanent_min_frac = min;
        hosts->permanent_max_frac = max;
    } else {
        hosts->hold_min_s = min;
        hosts->hold_max_s = max;
    }
}

static enum plan_limit more_loaded(const struct plan_point *point)
{
    return point->tcam_load_frac >= point->controller_load_frac ? PLAN_LIMIT_TCAM
                                                                : PLAN_LIMIT_CONTROLLER;
}

static void hosts_fill(const struct network *net, double setting, struct plan_hosts *hosts)
{
    hosts_interval(net, hosts);
    network_point(net, setting, &hosts->at);
    hosts->limited_by = more_loaded(&hosts->at);
    hosts->fits = plan_point_fits(&hosts->at);
}

enum model_status model_plan_hosts(const struct plan_params *params, int64_t n_hosts,
                                   struct plan_hosts *hosts)
{
    struct plan plan;
    struct network net;
    enum model_status status;

    *hosts = (struct plan_hosts){0};
    status = question_init(&plan, &net, params, n_hosts);
    if (status != MODEL_OK) {
        return status;
    }
    hosts_fill(&net, network_balanced_setting(&net), hosts);
    return plan.status;
}

enum model_status model_plan_fullest(const struct plan_params *params, int64_t n_hosts,
                                     struct plan_point *point)
{
    struct plan plan;
    struct network net;
    enum model_status status;

    *point = (struct plan_point){0};
    status = question_init(&plan, &net, params, n_hosts);
    if (status != MODEL_OK) {
        return status;
    }
    network_point(&net, network_most_setting(&net), point);
    return plan.status;
}

enum model_status model_plan_hosts_at_hold(const struct plan_params *params, int64_t n_hosts,
                                           double hold_s, struct plan_hosts *hosts)
{
    struct plan plan;
    struct network net;
    enum model_status status;

    *hosts = (struct plan_hosts){0};
    status = question_init(&plan, &net, params, n_hosts);
    if (status != MODEL_OK || network_is_threshold(&net) || !(hold_s >= 0)) {
        return status != MODEL_OK ? status : MODEL_DOMAIN;
    }
    hosts_fill(&net, hold_s, hosts);
    return plan.status;
}
