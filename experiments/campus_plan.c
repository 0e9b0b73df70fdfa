#include "experiments/campus_plan.h"

#include <math.h>
#include <stdio.h>

#include "analysis/plot.h"
#include "experiments/json_out.h"
#include "models/capacity.h"
#include "models/queue.h"
#include "models/table.h"

/* What the thesis prints (sections 5.2.3 and 5.2.4). */
struct published {
    const char *name, *title;
    enum popularity_kind traffic;
    double hold_s;
    int64_t n_max;
    double first_hold_s, last_hold_s; /* Range of the figure. */
};

static const struct published published[] = {
    {"uniform", "uniform", POPULARITY_UNIFORM, 180, 56420, 20, 400},
    {"pareto", "Pareto", POPULARITY_PARETO, 340, 100004, 40, 700},
};

#define N_PUBLISHED (sizeof published / sizeof published[0])
#define N_CURVE 96

static struct plan_params params_of(const struct published *p, enum hold_law law)
{
    struct plan_params params = model_plan_defaults();

    params.traffic = p->traffic;
    params.hold_law = law;
    return params;
}

/* --- N_max against the holding time ------------------------------------------------------------- */

struct curve {
    double hold_s[N_CURVE], tcam[N_CURVE], controller[N_CURVE], both[N_CURVE];
};

/* Hosts for a plot; what has no limit leaves the picture. */
static double hosts(int64_t n)
{
    return n == MODEL_HOSTS_UNBOUNDED ? INFINITY : (double)n;
}

static enum model_status fill_curve(const struct published *p, struct curve *c)
{
    struct plan_params params = params_of(p, HOLD_EXPONENTIAL);

    for (int i = 0; i < N_CURVE; i++) {
        struct plan_result r;
        enum model_status status;

        c->hold_s[i] = p->first_hold_s + (p->last_hold_s - p->first_hold_s) * i / (N_CURVE - 1);
        status = model_plan_at_hold(&params, c->hold_s[i], &r);
        if (status != MODEL_OK) {
            return status;
        }
        c->tcam[i] = hosts(r.n_max_tcam);
        c->controller[i] = hosts(r.n_max_controller);
        c->both[i] = hosts(r.n_max);
    }
    return MODEL_OK;
}

static bool draw_curve(const struct published *p, const struct curve *c,
                       const struct plan_result *best, const char *path, char *error, size_t size)
{
    double published_n = (double)p->n_max, best_n = (double)best->n_max;
    const struct plot_series series[] = {
        {"networks that fit", PLOT_FILL, N_CURVE, c->hold_s, c->both, NULL, 0},
        {"switches' tables", PLOT_LINE, N_CURVE, c->hold_s, c->tcam, NULL, 0},
        {"controller", PLOT_LINE, N_CURVE, c->hold_s, c->controller, NULL, 0},
        {"published", PLOT_POINTS, 1, &p->hold_s, &published_n, NULL, 0},
        {"best", PLOT_POINTS, 1, &best->at.hold_s, &best_n, NULL, 1},
    };
    char title[96];
    struct plot plot = {.title = title,
                        .x_label = "mean holding time (s)",
                        .y_label = "largest network (hosts)",
                        .y_min = 0,
                        .y_max = best_n * 1.5,
                        .x_min = p->first_hold_s,
                        .x_max = p->last_hold_s,
                        .series = series,
                        .n_series = sizeof series / sizeof series[0]};

    snprintf(title, sizeof title, "How large may the campus grow? (%s popularity)", p->title);
    return plot_svg(&plot, path, error, size);
}

static bool add_curve(struct report *report, const struct published *p, const char *dir,
                      json_t *out, char *error, size_t size)
{
    struct plan_params params = params_of(p, HOLD_EXPONENTIAL);
    struct plan_result at, best;
    struct curve c;
    char path[4096], sentence[512];

    if (fill_curve(p, &c) != MODEL_OK || model_plan_best(&params, &best) != MODEL_OK ||
        model_plan_at_hold(&params, p->hold_s, &at) != MODEL_OK) {
        snprintf(error, size, "the model has no result for %s traffic", p->name);
        return false;
    }
    snprintf(path, sizeof path, "%s/n-max-%s.svg", dir, p->name);
    if (!draw_curve(p, &c, &best, path, error, size)) {
        return false;
    }
    snprintf(sentence, sizeof sentence,
             "N_max against the mean holding time, %s popularity, exponential holding, 48 hosts a "
             "switch. Left of the peak the controller is the limit, right of it the tables are; "
             "the shaded networks fit. Published: %lld hosts at %.0f s; the same constraints give "
             "%lld there and at most %lld, at %.0f s.",
             p->title, (long long)p->n_max, p->hold_s, (long long)at.n_max, (long long)best.n_max,
             best.at.hold_s);
    if (!report_figure(report, path, sentence)) {
        snprintf(error, size, "%s: cannot be read", path);
        return false;
    }
    report_finding(report, true,
                   "%s popularity: at most %lld hosts with a mean holding time of %.0f s. "
                   "The thesis prints %lld at %.0f s, where its own constraints give %lld.",
                   p->traffic == POPULARITY_PARETO ? "Pareto" : "Uniform", (long long)best.n_max,
                   best.at.hold_s, (long long)p->n_max, p->hold_s, (long long)at.n_max);
    json_put(out, p->name,
             json_pack("{s:I, s:f, s:I, s:f, s:I}", "n_max", (json_int_t)best.n_max, "hold_s",
                       best.at.hold_s, "published_n_max", (json_int_t)p->n_max, "published_hold_s",
                       p->hold_s, "n_max_at_published_hold", (json_int_t)at.n_max));
    return true;
}

/* --- Holding laws ------------------------------------------------------------------------------- */

static void add_law_row(struct table *t, const struct published *p, enum hold_law law)
{
    struct plan_params params = params_of(p, law);
    struct plan_result r;

    if (model_plan_best(&params, &r) != MODEL_OK) {
        return;
    }
    table_cell(t, "%s, %s", p->title, hold_law_name(law));
    table_cell(t, "%lld", (long long)r.n_max);
    if (law == HOLD_THRESHOLD) {
        table_cell(t, "permanent for %.2f %%", 100 * r.at.permanent_frac);
    } else {
        table_cell(t, "%.1f s", r.at.hold_s);
    }
    table_cell(t, "%.0f", r.at.occupancy_entries);
    table_cell(t, "%.0f", r.at.arrivals_per_s);
}

static void add_laws(struct report *report)
{
    static const enum hold_law laws[] = {HOLD_EXPONENTIAL, HOLD_FIXED, HOLD_PER_ENTRY,
                                         HOLD_THRESHOLD};
    struct table t = TABLE_INIT;

    report_section(report, "What the holding law changes");
    report_paragraph(
        report,
        "The thesis describes a controller that draws one random time-out for each entry it "
        "installs, and solves a model in which a fresh exponential time begins at every idle "
        "period. OpenFlow switches do neither by themselves: they restart the same idle time-out. "
        "With popularities that differ the three carry different campuses, and the best policy is "
        "none of them: permanent entries for destinations called more often than a threshold, none "
        "for the others, because occupancy and arrivals are both linear in the probability that "
        "an entry is absent.");
    table_columns(&t, "popularity, holding law|largest network (hosts)|mean holding time|entries a "
                      "switch|packet-ins /s");
    for (size_t i = 0; i < N_PUBLISHED; i++) {
        for (size_t k = 0; k < sizeof laws / sizeof laws[0]; k++) {
            add_law_row(&t, &published[i], laws[k]);
        }
    }
    report_table(report, &t,
                 "The largest campus under each holding law, each at its own best holding time, "
                 "with the thesis's switches and controller.");
    table_fini(&t);
}

/* --- Errata ------------------------------------------------------------------------------------- */

/* The published operating point under several numbers of ports: the thesis's table with S is lost. */
static void add_ports(struct report *report)
{
    static const uint32_t ports[] = {40, 45, 48};
    struct table t = TABLE_INIT;

    table_columns(&t, "published point|S (ports)|entries a switch|tables allow|packet-ins /s|"
                      "controller allows");
    for (size_t i = 0; i < N_PUBLISHED * 3; i++) {
        const struct published *p = &published[i / 3];
        struct plan_params params = params_of(p, HOLD_EXPONENTIAL);
        struct plan_limits limits;
        struct plan_point at;

        params.ports = ports[i % 3];
        if (model_plan_limits(&params, &limits) != MODEL_OK ||
            model_plan_point(&params, p->n_max, p->hold_s, &at) != MODEL_OK) {
            continue;
        }
        table_cell(&t, "%s, %lld hosts, %.0f s", p->title, (long long)p->n_max, p->hold_s);
        table_cell(&t, "%u", params.ports);
        table_cell(&t, "%.1f", at.occupancy_entries);
        table_cell(&t, "%.1f", limits.max_entries);
        table_cell(&t, "%.1f", at.arrivals_per_s);
        table_cell(&t, "%.1f", limits.max_arrivals_per_s);
    }
    report_table(report, &t,
                 "The published networks under the published constraints. The thesis's table with "
                 "the number of ports is lost; with 48 ports both networks fit with room to spare, "
                 "so they are not the largest ones.");
    table_fini(&t);
}

static void add_erratum(struct table *t, const char *what, const char *printed, int digits,
                        double value)
{
    table_cell(t, "%s", what);
    table_cell(t, "%s", printed);
    table_cell(t, "%.*g", digits, value);
}

static void add_errata(struct report *report)
{
    struct plan_params params = model_plan_defaults();
    struct plan_limits limits = {0};
    struct popularity popularity;
    struct table t = TABLE_INIT;
    double truncated = 0;

    (void)model_plan_limits(&params, &limits);
    if (model_popularity_pareto(&popularity, 100004, 4, 1.2, 0.2) == MODEL_OK) {
        truncated = model_popularity_mean_sessions(&popularity).value;
    }
    table_columns(&t, "quantity|printed|recomputed");
    add_erratum(&t, "Q⁻¹(10⁻⁶)", "4.57535 and 4.7535", 7, model_gaussian_q_inv(1e-6).value);
    add_erratum(&t, "largest mean number of entries, 8192 places", "7679", 5, limits.max_entries);
    add_erratum(&t, "largest controller load, m = 51", "0.787", 6, limits.rho_max);
    add_erratum(&t, "largest rate of packet-ins (/s)", "40829.56", 6, limits.max_arrivals_per_s);
    add_erratum(&t, "M/M/1/51 blocking at the printed load", "1e-6", 4,
                model_mm1m_blocking(0.787, 51).value);
    add_erratum(&t, "mean sessions of a destination, truncated Pareto, N = 100004", "4", 4,
                truncated);
    report_table(report, &t,
                 "Numbers of the thesis that do not follow from its own formulas. P_OFF is also "
                 "printed as 1/((1 + Sλ/μ)(1 + λ/μ)^S), where the balance equations give "
                 "(1 + λ/μ)^−S·ω/(ω + Sλ); its balance equation (vi) has (S − 3)λ where the chain "
                 "has (S − 2)λ; and blocking is printed with 1 − ρ^m for 1 − ρ^(m+1).");
    table_fini(&t);
}

bool campus_plan_report(struct report *report, const char *dir, json_t *summary, char *error,
                        size_t size)
{
    json_t *out = json_object();

    json_put(summary, "plan", out);
    report_section(report, "The plan for the thesis's campus");
    report_paragraph(
        report,
        "Access switches of 48 hosts with 8192 entries each; a controller that serves 51 880 "
        "packet-ins a second and answers within 1 ms; sessions of 5 s, four at a time towards "
        "each destination on average; overflow of a table and loss of a packet-in each at most "
        "one in a million. A longer holding time fills the tables and spares the controller, so "
        "the largest network is where both are full.");
    for (size_t i = 0; i < N_PUBLISHED; i++) {
        if (!add_curve(report, &published[i], dir, out, error, size)) {
            return false;
        }
    }
    add_laws(report);
    report_section(report, "Errata of the source");
    add_ports(report);
    add_errata(report);
    return true;
}
