/* N_max and its optimum.
 *
 * One knob. Every policy is turned by a number z in [0, 1]: for the holding times
 * T = session_s z/(1 - z), from none to for ever; for the threshold policy the share of
 * destinations, most popular first, whose entry is permanent. The table's load X/X_max rises with z
 * (1 - P_OFF rises with T for each law), the controller's load ARR/ARR_max falls to 0. So for a
 * given N the admissible z form an interval with one root at each end, and the z at which both
 * loads are equal is the best: if that does not fit, none does. N_max over all holding times is
 * the largest N whose balanced load is at most 1 (derived here; the thesis reads it off a plot of
 * min(N_MAX_TCAM, N_MAX_ARR)).
 *
 * Threshold policy, derived here. Minimise sum a_d P_OFF,d subject to sum (1 - P_OFF,d) <= budget,
 * 0 <= P_OFF,d <= A_d. Objective and constraint are linear in each P_OFF,d and their ratio is a_d,
 * so the optimum is a fractional knapsack: P_OFF,d = 0 (permanent) where a_d is above a threshold,
 * P_OFF,d = A_d (no holding) where it is below. */
#include "models/capacity.h"

#include <math.h>

#include "models/queue.h"
#include "models/root.h"
#include "models/table.h"

/* Quadrature ten times finer than the 1e-9 asked of results; roots finer than that again. */
static const double EXPECT_EPSREL = 1e-10;
static const double ROOT_EPSABS = 1e-18;
static const double ROOT_EPSREL = 1e-14;

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

static bool params_are_valid(const struct plan_params *p)
{
    bool traffic = p->traffic == POPULARITY_UNIFORM ||
                   (p->traffic == POPULARITY_PARETO && p->alpha > 1 && isfinite(p->alpha));

    return traffic && is_positive(p->mean_sessions) && is_positive(p->session_s) &&
           is_positive(1 / p->session_s) && p->ports >= 1 && is_positive(p->tcam_entries) &&
           is_positive(p->controller_per_s) && is_positive(p->reply_s) &&
           p->hold_law <= HOLD_THRESHOLD;
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

/* ---- One network: mean entries and arrivals. ---- */

/* A question in progress. The first failure below stays in "status". */
struct plan {
    const struct plan_params *params;
    struct plan_limits limits;
    enum model_status status;
};

struct network {
    struct plan *plan;
    struct popularity popularity;
    double n_hosts;
};

struct demand {
    double entries;
    double arrivals_per_s;
};

static enum model_status plan_init(struct plan *plan, const struct plan_params *params)
{
    *plan = (struct plan){.params = params};
    plan->status = model_plan_limits(params, &plan->limits);
    return plan->status;
}

/* Returns false when the popularity does not exist for so few hosts. */
static bool network_init(struct network *net, struct plan *plan, int64_t n_hosts)
{
    const struct plan_params *p = plan->params;
    double mu_per_s = 1 / p->session_s;
    enum model_status status;

    net->plan = plan;
    net->n_hosts = (double)n_hosts;
    if (p->traffic == POPULARITY_UNIFORM) {
        status =
            model_popularity_uniform(&net->popularity, net->n_hosts, p->mean_sessions, mu_per_s);
    } else {
        status = model_popularity_pareto(&net->popularity, net->n_hosts, p->mean_sessions, p->alpha,
                                         mu_per_s);
    }
    return status == MODEL_OK && n_hosts <= MODEL_HOSTS_MAX;
}

static double occupancy_of(double lambda_per_s, const void *ctx)
{
    struct holding_chain chain = *(const struct holding_chain *)ctx;
    struct holding_state state;

    chain.lambda_per_s = lambda_per_s;
    model_holding_exact(&chain, &state);
    return state.occupancy_frac;
}

static double arrivals_of(double lambda_per_s, const void *ctx)
{
    struct holding_chain chain = *(const struct holding_chain *)ctx;
    struct holding_state state;

    chain.lambda_per_s = lambda_per_s;
    model_holding_exact(&chain, &state);
    return state.arrivals_per_s;
}

static double expect(const struct network *net, struct popularity_range range, model_rate_fn *fn,
                     const struct holding_chain *chain)
{
    struct model_result r = model_popularity_expect(&net->popularity, range, fn, chain);

    if (r.status != MODEL_OK && net->plan->status == MODEL_OK) {
        net->plan->status = r.status;
    }
    return r.value;
}

static struct holding_chain chain_of(const struct network *net, double hold_s)
{
    const struct plan_params *p = net->plan->params;

    return (struct holding_chain){
        .n_sources = p->ports,
        .mu_per_s = net->popularity.mu_per_s,
        .hold_s = hold_s,
        .law = p->hold_law == HOLD_THRESHOLD ? HOLD_FIXED : p->hold_law,
    };
}

static struct popularity_range range_for(const struct holding_chain *chain)
{
    struct popularity_range range = model_popularity_everyone();

    range.epsrel = EXPECT_EPSREL;
    if (chain->law == HOLD_PER_ENTRY && chain->hold_s > 0) {
        range.kink_per_s = 1 / (chain->n_sources * chain->hold_s);
    }
    return range;
}

/* X = N E[OCC]: Cuba and Becerra 2015, section 5.2. */
static double hold_entries(const struct network *net, double hold_s)
{
    struct holding_chain chain = chain_of(net, hold_s);
    return net->n_hosts * expect(net, range_for(&chain), occupancy_of, &chain);
}

/* ARR_TOT = N^2/S E[ARR]: Cuba and Becerra 2015, section 5.2. */
static double hold_arrivals(const struct network *net, double hold_s)
{
    struct holding_chain chain = chain_of(net, hold_s);
    double switches = net->n_hosts / chain.n_sources;
    return switches * net->n_hosts * expect(net, range_for(&chain), arrivals_of, &chain);
}

/* The same sums when the first "permanent_frac" of the ranks stay for ever (P_OFF = 0) and the
 * others are not held (P_OFF = A). */
static double threshold_entries(const struct network *net, double permanent_frac)
{
    struct holding_chain chain = chain_of(net, 0);
    struct popularity_range range = range_for(&chain);

    range.from_frac = permanent_frac;
    return net->n_hosts * (permanent_frac + expect(net, range, occupancy_of, &chain));
}

static double threshold_arrivals(const struct network *net, double permanent_frac)
{
    struct holding_chain chain = chain_of(net, 0);
    struct popularity_range range = range_for(&chain);
    double switches = net->n_hosts / chain.n_sources;

    range.from_frac = permanent_frac;
    return switches * net->n_hosts * expect(net, range, arrivals_of, &chain);
}

/* ---- Policies and their knob. ---- */

static bool is_threshold(const struct network *net)
{
    return net->plan->params->hold_law == HOLD_THRESHOLD;
}

/* A policy's setting is what the user knows: the mean holding time, or the share of permanent
 * entries. */
static double setting_of_knob(const struct network *net, double z)
{
    if (is_threshold(net)) {
        return z;
    }
    return z < 1 ? net->plan->params->session_s * z / (1 - z) : INFINITY;
}

static struct demand demand_at(const struct network *net, double setting)
{
    if (is_threshold(net)) {
        return (struct demand){threshold_entries(net, setting), threshold_arrivals(net, setting)};
    }
    return (struct demand){hold_entries(net, setting), hold_arrivals(net, setting)};
}

static double tcam_load(const struct network *net, double setting)
{
    double entries =
        is_threshold(net) ? threshold_entries(net, setting) : hold_entries(net, setting);
    return entries / net->plan->limits.max_entries;
}

static double controller_load(const struct network *net, double setting)
{
    double arrivals_per_s =
        is_threshold(net) ? threshold_arrivals(net, setting) : hold_arrivals(net, setting);
    return arrivals_per_s / net->plan->limits.max_arrivals_per_s;
}

static double tcam_excess(double z, const void *ctx)
{
    return tcam_load(ctx, setting_of_knob(ctx, z)) - 1;
}

static double controller_excess(double z, const void *ctx)
{
    return controller_load(ctx, setting_of_knob(ctx, z)) - 1;
}

static double imbalance(double z, const void *ctx)
{
    double setting = setting_of_knob(ctx, z);
    return tcam_load(ctx, setting) - controller_load(ctx, setting);
}

/* The setting at the root of a function that changes sign once with the knob; when it keeps its
 * sign, the end "otherwise" of the knob. */
static double setting_at_root(const struct network *net, model_root_fn *fn, double otherwise)
{
    struct model_result z = model_root_find(fn, net, 0, 1, ROOT_EPSABS, ROOT_EPSREL);

    if (z.status == MODEL_DOMAIN) {
        return setting_of_knob(net, otherwise);
    }
    if (z.status != MODEL_OK && net->plan->status == MODEL_OK) {
        net->plan->status = z.status;
    }
    return setting_of_knob(net, z.value);
}

/* With everything held for ever the controller is idle and the table is not, so when the loads
 * never meet it is because the table is the more loaded one even without holding. */
static double balanced_setting(const struct network *net)
{
    return setting_at_root(net, imbalance, 0);
}

/* ---- Figures of one point. ---- */

static void point_fill(const struct network *net, double setting, struct plan_point *point)
{
    const struct plan_params *p = net->plan->params;
    const struct plan_limits *limits = &net->plan->limits;
    struct demand demand = demand_at(net, setting);
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
    if (is_threshold(net)) {
        /* Without a border inside the population the rate is absent and the field 0. */
        point->permanent_frac = setting;
        point->threshold_per_s =
            p->ports * model_popularity_rate_at(&net->popularity, setting).value;
    } else {
        point->hold_s = setting;
    }
}

static enum plan_limit more_loaded(const struct plan_point *point)
{
    return point->tcam_load_frac >= point->controller_load_frac ? PLAN_LIMIT_TCAM
                                                                : PLAN_LIMIT_CONTROLLER;
}

static bool point_fits(const struct plan_point *point)
{
    return point->tcam_load_frac <= 1 && point->controller_load_frac <= 1;
}

enum model_status model_plan_point(const struct plan_params *params, int64_t n_hosts, double hold_s,
                                   struct plan_point *point)
{
    struct plan plan;
    struct network net;

    *point = (struct plan_point){0};
    if (plan_init(&plan, params) != MODEL_OK) {
        return plan.status;
    }
    if (!network_init(&net, &plan, n_hosts) || is_threshold(&net) || !(hold_s >= 0)) {
        return MODEL_DOMAIN;
    }
    point_fill(&net, hold_s, point);
    return plan.status;
}

enum model_status model_plan_threshold_point(const struct plan_params *params, int64_t n_hosts,
                                             double permanent_frac, struct plan_point *point)
{
    struct plan_params threshold = *params;
    struct plan plan;
    struct network net;

    *point = (struct plan_point){0};
    threshold.hold_law = HOLD_THRESHOLD;
    if (plan_init(&plan, &threshold) != MODEL_OK) {
        return plan.status;
    }
    if (!network_init(&net, &plan, n_hosts) || !(permanent_frac >= 0 && permanent_frac <= 1)) {
        return MODEL_DOMAIN;
    }
    point_fill(&net, permanent_frac, point);
    return plan.status;
}

/* ---- The largest network. ---- */

/* The load that decides whether a network fits (<= 1) under a setting. */
typedef double network_load_fn(const struct network *net, double setting);

static double either_load(const struct network *net, double setting)
{
    return fmax(tcam_load(net, setting), controller_load(net, setting));
}

/* The least that either_load can be made; any other setting raises one of the two. */
static double balanced_load(const struct network *net, double setting)
{
    (void)setting;
    return either_load(net, balanced_setting(net));
}

static bool fits(struct plan *plan, int64_t n_hosts, network_load_fn *load, double setting)
{
    struct network net;
    return network_init(&net, plan, n_hosts) && load(&net, setting) <= 1;
}

/* The smallest network in which every destination can have its sessions; it grows with the
 * parameters but never past MODEL_HOSTS_MAX + 1. */
static int64_t smallest_network(struct plan *plan)
{
    const struct plan_params *p = plan->params;
    double sessions = p->mean_sessions;

    if (p->traffic == POPULARITY_PARETO) {
        sessions *= (p->alpha - 1) / p->alpha;
    }
    return (int64_t)fmin(floor(sessions) + 2, (double)MODEL_HOSTS_MAX + 1);
}

/* Between a size that fits and a larger one that does not: the last that fits. The first cuts are
 * at the geometric mean, since sizes span decades. */
static int64_t bisect(struct plan *plan, network_load_fn *load, double setting, int64_t good,
                      int64_t too_many)
{
    while (too_many - good > 1) {
        int64_t middle = (int64_t)sqrt((double)good * (double)too_many);

        if (middle <= good || middle >= too_many) {
            middle = good + (too_many - good) / 2;
        }
        if (fits(plan, middle, load, setting)) {
            good = middle;
        } else {
            too_many = middle;
        }
    }
    return good;
}

/* Comes down from MODEL_HOSTS_MAX in quarters to the first size that fits, so that a gap among the
 * small sizes does no harm. There can be one: with concave OCC(lambda) and lambda proportional to
 * 1/N, N OCC grows with N; the true lambda = mu x/(N - 1 - x) falls a little faster, and with S = 1
 * and no holding X = N x/(N - 1) even falls, by one entry over all N. */
static int64_t largest_network(struct plan *plan, network_load_fn *load, double setting)
{
    int64_t smallest = smallest_network(plan);
    int64_t too_many = MODEL_HOSTS_MAX;

    if (fits(plan, too_many, load, setting)) {
        return MODEL_HOSTS_UNBOUNDED;
    }
    while (too_many > smallest) {
        int64_t good = too_many / 4 > smallest ? too_many / 4 : smallest;

        if (fits(plan, good, load, setting)) {
            return bisect(plan, load, setting, good, too_many);
        }
        too_many = good;
    }
    return 0;
}

/* The network whose figures stand for a size: an unbounded one is shown at MODEL_HOSTS_MAX. */
static void result_point(struct plan *plan, double setting, struct plan_result *result)
{
    struct network net;
    int64_t n_hosts = result->n_max < MODEL_HOSTS_MAX ? result->n_max : MODEL_HOSTS_MAX;

    if (n_hosts > 0 && network_init(&net, plan, n_hosts)) {
        point_fill(&net, setting, &result->at);
    }
}

/* Fills "result" at a setting. Each limit has its own largest network, and the smaller one is the
 * answer if it keeps the other limit too; only a gap (above) can make that fail. */
static void result_fill(struct plan *plan, double setting, struct plan_result *result)
{
    result->n_max_tcam = largest_network(plan, tcam_load, setting);
    result->n_max_controller = largest_network(plan, controller_load, setting);
    bool tcam = result->n_max_tcam <= result->n_max_controller;
    result->limited_by = tcam ? PLAN_LIMIT_TCAM : PLAN_LIMIT_CONTROLLER;
    result->n_max = tcam ? result->n_max_tcam : result->n_max_controller;
    result_point(plan, setting, result);
    if (!point_fits(&result->at)) {
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
        result_fill(&plan, balanced_setting(&net), result);
    }
    return plan.status;
}

/* ---- A given network. ---- */

/* The interval of settings: up from where the controller bears them, to where the tables do. */
static void hosts_interval(const struct network *net, struct plan_hosts *hosts)
{
    double table_end = tcam_load(net, 0) > 1 ? 0 : 1;
    double min = setting_at_root(net, controller_excess, 0);
    double max = setting_at_root(net, tcam_excess, table_end);

    if (is_threshold(net)) {
        hosts->permanent_min_frac = min;
        hosts->permanent_max_frac = max;
    } else {
        hosts->hold_min_s = min;
        hosts->hold_max_s = max;
    }
}

static void hosts_fill(const struct network *net, double setting, struct plan_hosts *hosts)
{
    hosts_interval(net, hosts);
    point_fill(net, setting, &hosts->at);
    hosts->limited_by = more_loaded(&hosts->at);
    hosts->fits = point_fits(&hosts->at);
}

enum model_status model_plan_hosts(const struct plan_params *params, int64_t n_hosts,
                                   struct plan_hosts *hosts)
{
    struct plan plan;
    struct network net;

    *hosts = (struct plan_hosts){0};
    if (plan_init(&plan, params) != MODEL_OK) {
        return plan.status;
    }
    if (!network_init(&net, &plan, n_hosts)) {
        return MODEL_DOMAIN;
    }
    hosts_fill(&net, balanced_setting(&net), hosts);
    return plan.status;
}

enum model_status model_plan_hosts_at_hold(const struct plan_params *params, int64_t n_hosts,
                                           double hold_s, struct plan_hosts *hosts)
{
    struct plan plan;
    struct network net;

    *hosts = (struct plan_hosts){0};
    if (plan_init(&plan, params) != MODEL_OK) {
        return plan.status;
    }
    if (!network_init(&net, &plan, n_hosts) || is_threshold(&net) || !(hold_s >= 0)) {
        return MODEL_DOMAIN;
    }
    hosts_fill(&net, hold_s, hosts);
    return plan.status;
}
