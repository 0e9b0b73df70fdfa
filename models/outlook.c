/* Sensitivities, growth and mixed campuses, on top of the capacity model. */
#include "models/outlook.h"

#include <math.h>

static const char *const LEVER_NAMES[] = {
    [LEVER_TCAM] = "tcam",   [LEVER_CONTROLLER] = "controller-per-s", [LEVER_REPLY] = "reply-ms",
    [LEVER_PORTS] = "ports", [LEVER_MEAN_SESSIONS] = "mean-sessions", [LEVER_SESSION] = "session-s",
};

const char *plan_lever_name(enum plan_lever lever)
{
    return (unsigned)lever < N_LEVERS ? LEVER_NAMES[lever] : "unknown";
}

/* ---- Elasticities. ---- */

/* Moves the lever by "step" percent of itself, or by one port in the same direction; returns the
 * logarithm of what it then is. */
static double pull(struct plan_params *p, enum plan_lever lever, double step)
{
    double factor = 1 + step;

    switch (lever) {
    case LEVER_TCAM:
        return log(p->tcam_entries *= factor);
    case LEVER_CONTROLLER:
        return log(p->controller_per_s *= factor);
    case LEVER_REPLY:
        return log(p->reply_s *= factor);
    case LEVER_PORTS:
        p->ports = step > 0 ? p->ports + 1 : p->ports - 1;
        return log(p->ports);
    case LEVER_MEAN_SESSIONS:
        return log(p->mean_sessions *= factor);
    case LEVER_SESSION:
        return log(p->session_s *= factor);
    case N_LEVERS:
        break;
    }
    return 0;
}

static enum model_status pulled(const struct plan_params *params, enum plan_lever lever,
                                double step, double *log_lever, double *n_max)
{
    struct plan_params p = *params;
    struct plan_result r;
    enum model_status status;

    *log_lever = pull(&p, lever, step);
    status = model_plan_best(&p, &r);
    if (status == MODEL_OK && (r.n_max == 0 || r.n_max == MODEL_HOSTS_UNBOUNDED)) {
        return MODEL_DOMAIN;
    }
    *n_max = (double)r.n_max;
    return status;
}

struct model_result model_plan_elasticity(const struct plan_params *params, enum plan_lever lever)
{
    double x[2], n[2];
    enum model_status status;

    if ((unsigned)lever >= N_LEVERS || (lever == LEVER_PORTS && params->ports < 2) ||
        (lever == LEVER_MEAN_SESSIONS && params->traffic == POPULARITY_SESSIONS)) {
        return model_none(MODEL_DOMAIN);
    }
    status = pulled(params, lever, -0.02, &x[0], &n[0]);
    if (status == MODEL_OK) {
        status = pulled(params, lever, 0.02, &x[1], &n[1]);
    }
    if (status != MODEL_OK) {
        return model_none(status);
    }
    return model_value(log(n[1] / n[0]) / (x[1] - x[0]), 2 / fmin(n[0], n[1]) / (x[1] - x[0]));
}

struct model_result model_plan_years(double n_hosts, double growth_frac, double n_max)
{
    if (!(n_hosts >= 1) || !(n_max >= 1) || !(growth_frac > 0) || !isfinite(n_hosts) ||
        !isfinite(n_max) || !isfinite(growth_frac)) {
        return model_none(MODEL_DOMAIN);
    }
    double years = fmax(0, log(n_max / n_hosts) / log1p(growth_frac));
    return model_value(years, 1e-14 * years);
}

/* ---- Several models of switch. ---- */

struct mixture {
    const struct plan_params *params;
    const struct switch_kind *kinds;
    size_t n_kinds;
    double max_arrivals_per_s;
    struct plan_mix *mix;
    enum model_status status; /* The first failure other than too small a network. */
};

/* Packet-ins of a campus of kind "k" alone, held as long as its tables allow. INFINITY when they do
 * not even take what is in use. */
static double kind_arrivals(struct mixture *m, size_t k, int64_t n_hosts)
{
    struct plan_params p = *m->params;
    struct plan_point point;
    enum model_status status;

    p.ports = m->kinds[k].ports;
    p.tcam_entries = m->kinds[k].tcam_entries;
    status = model_plan_fullest(&p, n_hosts, &point);
    m->mix->hold_s[k] = point.hold_s;
    m->mix->permanent_frac[k] = point.permanent_frac;
    if (status != MODEL_OK) {
        m->status = status == MODEL_DOMAIN ? m->status : status;
        return INFINITY;
    }
    return point.tcam_load_frac <= 1 + 1e-9 ? point.arrivals_per_s : INFINITY;
}

static double mixture_load(int64_t n_hosts, void *ctx)
{
    struct mixture *m = ctx;
    double sum = 0;

    for (size_t k = 0; k < m->n_kinds; k++) {
        if (m->kinds[k].share_frac > 0) {
            sum += m->kinds[k].share_frac * kind_arrivals(m, k, n_hosts);
        }
    }
    m->mix->arrivals_per_s = sum;
    return sum / m->max_arrivals_per_s;
}

static enum model_status mixture_init(struct mixture *m)
{
    double shares = 0;

    if (m->n_kinds == 0 || m->n_kinds > SWITCH_KINDS_MAX) {
        return MODEL_DOMAIN;
    }
    for (size_t k = 0; k < m->n_kinds; k++) {
        struct plan_params p = *m->params;
        struct plan_limits limits;
        enum model_status status;

        p.ports = m->kinds[k].ports;
        p.tcam_entries = m->kinds[k].tcam_entries;
        status = model_plan_limits(&p, &limits);
        if (status != MODEL_OK || !(m->kinds[k].share_frac >= 0)) {
            return status != MODEL_OK ? status : MODEL_DOMAIN;
        }
        shares += m->kinds[k].share_frac;
        m->max_arrivals_per_s = limits.max_arrivals_per_s;
    }
    return fabs(shares - 1) <= 1e-9 ? MODEL_OK : MODEL_DOMAIN;
}

enum model_status model_plan_mixed(const struct plan_params *params,
                                   const struct switch_kind *kinds, size_t n_kinds,
                                   struct plan_mix *mix)
{
    struct mixture m = {.params = params, .kinds = kinds, .n_kinds = n_kinds, .mix = mix};
    enum model_status status;

    *mix = (struct plan_mix){0};
    status = mixture_init(&m);
    if (status != MODEL_OK) {
        return status;
    }
    int64_t n_max = model_largest(mixture_load, &m, 2);
    if (n_max > 0) { /* The figures of the answer, not of the last size tried. */
        mixture_load(n_max < MODEL_HOSTS_MAX ? n_max : MODEL_HOSTS_MAX, &m);
    } else {
        *mix = (struct plan_mix){0};
    }
    mix->n_max = n_max;
    return m.status;
}
