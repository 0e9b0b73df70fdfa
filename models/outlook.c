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

/* Logarithms of the two loads. */
struct loads {
    double tcam, controller;
    enum model_status status;
};

/* Of "n_hosts" hosts at the holding time, or the share of permanent entries, "setting". */
static struct loads loads_at(const struct plan_params *p, int64_t n_hosts, double setting)
{
    struct plan_point point;
    enum model_status status = p->hold_law == HOLD_THRESHOLD
                                   ? model_plan_threshold_point(p, n_hosts, setting, &point)
                                   : model_plan_point(p, n_hosts, setting, &point);

    return (struct loads){log(point.tcam_load_frac), log(point.controller_load_frac), status};
}

/* (b - a)/step; the first failure of either stays. */
static struct loads slope(struct loads a, struct loads b, double step)
{
    return (struct loads){(b.tcam - a.tcam) / step, (b.controller - a.controller) / step,
                          a.status != MODEL_OK ? a.status : b.status};
}

/* The optimum, and how the loads change there with the logarithms of the size and of the setting. */
struct optimum {
    const struct plan_params *params;
    int64_t n_hosts;
    double setting;
    struct loads by_size, by_setting;
    bool is_set; /* There is a setting whose change changes both loads. */
};

static enum model_status optimum_init(struct optimum *o, const struct plan_params *params)
{
    struct plan_result r;
    enum model_status status = model_plan_best(params, &r);

    if (status != MODEL_OK || r.n_max < 2 || r.n_max == MODEL_HOSTS_UNBOUNDED) {
        return status != MODEL_OK ? status : MODEL_DOMAIN;
    }
    int64_t step = r.n_max / 100 + 1, below = r.n_max > step ? r.n_max - step : 1;
    *o = (struct optimum){.params = params, .n_hosts = r.n_max};
    o->setting = params->hold_law == HOLD_THRESHOLD ? r.at.permanent_frac : r.at.hold_s;
    o->by_size = slope(loads_at(params, below, o->setting),
                       loads_at(params, r.n_max + step, o->setting),
                       log((double)(r.n_max + step) / (double)below));
    o->is_set = o->setting > 0 && isfinite(o->setting) && r.at.controller_load_frac > 0;
    if (o->is_set) {
        double up = params->hold_law == HOLD_THRESHOLD ? fmin(1, o->setting * 1.01)
                                                       : o->setting * 1.01;
        o->by_setting = slope(loads_at(params, r.n_max, o->setting * 0.99),
                              loads_at(params, r.n_max, up), log(up / (o->setting * 0.99)));
    }
    return o->by_size.status != MODEL_OK ? o->by_size.status : o->by_setting.status;
}

static struct model_result elasticity(const struct optimum *o, enum plan_lever lever)
{
    struct plan_params less = *o->params, more = *o->params;
    double from = pull(&less, lever, -0.02), to = pull(&more, lever, 0.02);
    struct loads c = slope(loads_at(&less, o->n_hosts, o->setting),
                           loads_at(&more, o->n_hosts, o->setting), to - from);
    const struct loads *a = &o->by_size, *b = &o->by_setting;
    double e = o->is_set ? (b->tcam * c.controller - b->controller * c.tcam) /
                               (a->tcam * b->controller - a->controller * b->tcam)
                         : -c.tcam / a->tcam;

    if (c.status != MODEL_OK || !isfinite(e)) {
        return model_none(c.status != MODEL_OK ? c.status : MODEL_NOCONV);
    }
    return model_value(e, 1e-3 * fmax(1, fabs(e)));
}

enum model_status model_plan_elasticities(const struct plan_params *params,
                                          struct model_result elasticities[N_LEVERS])
{
    struct optimum optimum = {0};
    enum model_status status = optimum_init(&optimum, params);

    for (enum plan_lever lever = 0; lever < N_LEVERS; lever++) {
        bool applies = !(lever == LEVER_PORTS && params->ports < 2) &&
                       !(lever == LEVER_MEAN_SESSIONS && params->traffic == POPULARITY_SESSIONS);

        elasticities[lever] = status != MODEL_OK ? model_none(status)
                              : applies          ? elasticity(&optimum, lever)
                                                 : model_none(MODEL_DOMAIN);
    }
    return status;
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
