#include "experiments/plan_outlook.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/json_out.h"
#include "experiments/model_commands.h"
#include "models/estimated.h"
#include "models/outlook.h"

static const char NAME[] = "tambo plan";

/* A size for JSON: no limit is null. */
static json_t *json_hosts(int64_t n)
{
    return n == MODEL_HOSTS_UNBOUNDED ? json_null() : json_integer(n);
}

int plan_print_elasticities(const struct plan_params *params, bool json)
{
    struct model_result elasticities[N_LEVERS];
    enum model_status status = model_plan_elasticities(params, elasticities);
    json_t *o;

    if (status != MODEL_OK) {
        return model_no_result(NAME, status);
    }
    o = json_object();
    for (int i = 0; i < N_LEVERS; i++) {
        const char *name = plan_lever_name((enum plan_lever)i);
        struct model_result r = elasticities[i];

        json_put(o, name, json_number(r.status == MODEL_OK ? r.value : INFINITY));
        if (!json && r.status == MODEL_OK) {
            printf("1 %% more --%-18s %+.3f %% hosts\n", name, r.value);
        }
    }
    if (json) {
        json_t *all = json_object();

        json_put(all, "elasticities", o);
        json_print(all);
    } else {
        json_decref(o);
    }
    return EXIT_DONE;
}

int plan_print_growth(const struct plan_params *params, double n_hosts, double growth_frac,
                      bool json)
{
    struct plan_result best;
    struct model_result years;
    enum model_status status = model_plan_best(params, &best);
    json_t *o;

    if (status != MODEL_OK) {
        return model_no_result(NAME, status);
    }
    years = best.n_max == MODEL_HOSTS_UNBOUNDED
                ? model_value(INFINITY, 0)
                : model_plan_years(n_hosts, growth_frac, fmax(1, (double)best.n_max));
    if (!json) {
        printf("%.0f hosts, %g %% more each year: the campus fits for %.1f years, until it has "
               "%.0f hosts.\n",
               n_hosts, 100 * growth_frac, years.value,
               best.n_max == MODEL_HOSTS_UNBOUNDED ? INFINITY : (double)best.n_max);
        return EXIT_DONE;
    }
    o = json_object();
    json_put(o, "n_max", json_hosts(best.n_max));
    json_put(o, "fits_years", json_number(years.value));
    json_print(o);
    return EXIT_DONE;
}

int plan_print_estimated(const struct plan_params *params, double window_s, double drift_frac,
                         bool json)
{
    const struct estimated_params by = {window_s, drift_frac};
    struct estimated_point p;
    enum model_status status = model_estimated_best(params, &by, &p);
    json_t *o;

    if (status != MODEL_OK) {
        return model_no_result(NAME, status);
    }
    if (!json) {
        printf("The largest network: %" PRId64 " hosts, with permanent entries for %.3g %% of the "
               "destinations, those with\n%.3g sessions or more in %g s; %.0f entries, %.0f "
               "packet-ins/s.\n",
               p.n_hosts, 100 * p.permanent_frac, p.count, window_s, p.occupancy_entries,
               p.arrivals_per_s);
        return EXIT_DONE;
    }
    o = json_object();
    json_put(o, "n_max", json_hosts(p.n_hosts));
    json_put(o, "count", json_number(p.count));
    json_put(o, "permanent_frac", json_number(p.permanent_frac));
    json_put(o, "occupancy_entries", json_number(p.occupancy_entries));
    json_put(o, "arrivals_per_s", json_number(p.arrivals_per_s));
    json_print(o);
    return EXIT_DONE;
}

/* ---- Several models of switch. ---- */

static bool parse_kind(const char *text, struct switch_kind *kind)
{
    unsigned ports;
    int end = 0;

    if (sscanf(text, "%lf:%u:%lf%n", &kind->share_frac, &ports, &kind->tcam_entries, &end) != 3 ||
        text[end]) {
        return false;
    }
    kind->ports = ports;
    return kind->share_frac >= 0 && kind->share_frac <= 1 && ports >= 1 && ports <= 1000000 &&
           kind->tcam_entries > 0;
}

static void print_mix(const struct plan_params *params, const struct switch_kind *kinds, size_t n,
                      const struct plan_mix *mix)
{
    printf("The largest network: %" PRId64 " hosts, %.0f packet-ins/s.\n", mix->n_max,
           mix->arrivals_per_s);
    for (size_t k = 0; k < n; k++) {
        printf("  %5.1f %% on switches of %u ports and %.0f entries: ", 100 * kinds[k].share_frac,
               kinds[k].ports, kinds[k].tcam_entries);
        if (params->hold_law == HOLD_THRESHOLD) {
            printf("permanent entries for %.3g %%\n", 100 * mix->permanent_frac[k]);
        } else {
            printf("held for %.4g s\n", mix->hold_s[k]);
        }
    }
}

static void print_mix_json(const struct plan_params *params, size_t n, const struct plan_mix *mix)
{
    bool threshold = params->hold_law == HOLD_THRESHOLD;
    json_t *o = json_object();

    json_put(o, "n_max", json_hosts(mix->n_max));
    json_put(o, "arrivals_per_s", json_number(mix->arrivals_per_s));
    json_put(o, threshold ? "permanent_frac" : "hold_s",
             json_numbers(threshold ? mix->permanent_frac : mix->hold_s, n));
    json_print(o);
}

int plan_print_mix(const struct plan_params *params, const struct opt_list *texts, bool json)
{
    struct switch_kind kinds[SWITCH_KINDS_MAX];
    struct plan_mix mix;
    enum model_status status;

    for (size_t i = 0; i < texts->n; i++) {
        if (i == SWITCH_KINDS_MAX || !parse_kind(texts->items[i], &kinds[i])) {
            fprintf(stderr,
                    "%s: --mix \"%s\": expected SHARE:PORTS:ENTRIES, for example 0.25:24:2000, at "
                    "most %d times\n",
                    NAME, texts->items[i], SWITCH_KINDS_MAX);
            return EXIT_BAD_INPUT;
        }
    }
    status = model_plan_mixed(params, kinds, texts->n, &mix);
    if (status == MODEL_DOMAIN) {
        fprintf(stderr,
                "%s: --mix: the shares must sum to 1, and the other values must make a "
                "network\n",
                NAME);
        return EXIT_BAD_INPUT;
    }
    if (status != MODEL_OK) {
        return model_no_result(NAME, status);
    }
    if (json) {
        print_mix_json(params, texts->n, &mix);
    } else {
        print_mix(params, kinds, texts->n, &mix);
    }
    return EXIT_DONE;
}
