/* One network of a capacity question: entries, packet-ins, and the knob of a policy.
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
#include <math.h>

#include "models/capacity_int.h"
#include "models/root.h"

/* Quadrature ten times finer than the 1e-9 asked of results; roots finer than that again. */
static const double EXPECT_EPSREL = 1e-10;
static const double ROOT_EPS = 1e-13;

/* ---- One network: mean entries and arrivals. ---- */

enum model_status plan_init(struct plan *plan, const struct plan_params *params)
{
    *plan = (struct plan){.params = params};
    plan->status = model_plan_limits(params, &plan->limits);
    return plan->status;
}

bool network_init(struct network *net, struct plan *plan, int64_t n_hosts)
{
    const struct plan_params *p = plan->params;
    double mu_per_s = 1 / p->session_s;
    enum model_status status;

    net->plan = plan;
    net->n_hosts = (double)n_hosts;
    if (p->traffic == POPULARITY_UNIFORM) {
        status =
            model_popularity_uniform(&net->popularity, net->n_hosts, p->mean_sessions, mu_per_s);
    } else if (p->traffic == POPULARITY_SESSIONS) {
        status = model_popularity_sessions(&net->popularity, net->n_hosts, p->sessions,
                                           p->n_sessions, mu_per_s);
    } else if (p->traffic == POPULARITY_ZIPF) {
        status = model_popularity_zipf(&net->popularity, net->n_hosts, p->mean_sessions, p->alpha,
                                       mu_per_s);
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

bool network_is_threshold(const struct network *net)
{
    return net->plan->params->hold_law == HOLD_THRESHOLD;
}

/* The knob is turned by u = ln(z/(1 - z)), so that T = session_s e^u. */
static double setting_of_knob(const struct network *net, double u)
{
    return network_is_threshold(net) ? 1 / (1 + exp(-u)) : net->plan->params->session_s * exp(u);
}

static double knob_of_setting(const struct network *net, double setting)
{
    return network_is_threshold(net) ? log(setting / (1 - setting))
                                     : log(setting / net->plan->params->session_s);
}

struct demand network_demand(const struct network *net, double setting)
{
    if (network_is_threshold(net)) {
        return (struct demand){threshold_entries(net, setting), threshold_arrivals(net, setting)};
    }
    return (struct demand){hold_entries(net, setting), hold_arrivals(net, setting)};
}

double network_tcam_load(const struct network *net, double setting)
{
    double entries =
        network_is_threshold(net) ? threshold_entries(net, setting) : hold_entries(net, setting);
    return entries / net->plan->limits.max_entries;
}

double network_controller_load(const struct network *net, double setting)
{
    double arrivals_per_s =
        network_is_threshold(net) ? threshold_arrivals(net, setting) : hold_arrivals(net, setting);
    return arrivals_per_s / net->plan->limits.max_arrivals_per_s;
}

/* Against u the logarithms of the loads are nearly straight, the loads themselves span decades. */
static double log_load(double load)
{
    return log(fmax(load, 1e-300));
}

static double tcam_excess(double u, const void *ctx)
{
    return log_load(network_tcam_load(ctx, setting_of_knob(ctx, u)));
}

static double controller_excess(double u, const void *ctx)
{
    return log_load(network_controller_load(ctx, setting_of_knob(ctx, u)));
}

static double imbalance(double u, const void *ctx)
{
    return tcam_excess(u, ctx) - controller_excess(u, ctx);
}

/* Looks for a root of a function that changes sign once with the knob: within "reach" of "u", then
 * for ordinary settings, then for all that there are. MODEL_DOMAIN: it keeps its sign. */
static struct model_result root_of(const struct network *net, model_root_fn *fn, double u,
                                   double reach)
{
    const struct {
        double lo, hi;
    } brackets[] = {{u - reach, u + reach}, {-25, 25}, {-690, 690}};
    struct model_result root = model_none(MODEL_DOMAIN);

    for (size_t i = 0; i < sizeof brackets / sizeof brackets[0]; i++) {
        if (root.status == MODEL_DOMAIN && brackets[i].lo < brackets[i].hi) {
            root = model_root_find(fn, net, brackets[i].lo, brackets[i].hi, ROOT_EPS, ROOT_EPS);
        }
    }
    return root;
}

/* The setting at the root, or "otherwise" when there is none. */
static double setting_at(const struct network *net, struct model_result root, double otherwise)
{
    if (root.status == MODEL_DOMAIN) {
        return otherwise;
    }
    if (root.status != MODEL_OK && net->plan->status == MODEL_OK) {
        net->plan->status = root.status;
    }
    return setting_of_knob(net, root.value);
}

/* With everything held for ever the controller is idle and the table is not, so when the loads
 * never meet it is because the table is the more loaded one even without holding. A network of
 * another size seldom differs much from the last. */
double network_balanced_setting(const struct network *net)
{
    const struct plan *plan = net->plan;
    double u = plan->is_warm ? knob_of_setting(net, plan->warm_setting) : NAN;

    return setting_at(net, root_of(net, imbalance, u, 0.25), 0);
}

double network_least_setting(const struct network *net)
{
    return setting_at(net, root_of(net, controller_excess, NAN, 0), 0);
}

double network_most_setting(const struct network *net)
{
    double most = network_is_threshold(net) ? 1 : INFINITY;
    double table_end = network_tcam_load(net, 0) > 1 ? 0 : most;

    return setting_at(net, root_of(net, tcam_excess, NAN, 0), table_end);
}
