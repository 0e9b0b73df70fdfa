#include "experiments/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"
#include "experiments/counts.h"
#include "experiments/json_out.h"
#include "experiments/seeds.h"

struct loading {
    const struct experiment *e;
    size_t point;
    struct seeds seeds;
    struct results *results;
};

static bool load_row(void *aux, const struct record *record)
{
    struct loading *l = aux;
    struct results *rs = l->results;
    json_t *metrics;
    uint32_t r;

    if (!seeds_find(&l->seeds, record->seed, &r)) {
        return true;
    }
    metrics = json_loads(record->metrics, 0, NULL);
    if (!metrics) {
        return false;
    }
    rs->list = xreallocarray(rs->list, rs->n + 1, sizeof *rs->list);
    rs->list[rs->n++] = (struct result){l->point, r, record->seed, record->wall_s, metrics};
    return true;
}

/* --- As many as the rule asks for ---------------------------------------------------------------- */

/* What the rule looks at, of the results from 'first' on. */
static void note_values(const struct results *rs, size_t first, const struct stopping *rule,
                        struct stopping_point *p)
{
    for (size_t i = first; i < rs->n; i++) {
        uint32_t r = rs->list[i].replication;

        p->known[r] = true;
        for (size_t q = 0; q < rule->n_of; q++) {
            const json_t *v = json_object_get(rs->list[i].metrics, rule->of[q]);

            p->values[q * rule->at_most + r] = json_is_number(v) ? json_number_value(v) : NAN;
        }
    }
}

/* Drops the results of a point, those from 'first' on, that are more than its rule asks for: an earlier
 * run may have asked for more. */
static void keep_wanted(struct results *rs, size_t first, const struct stopping *rule)
{
    struct stopping_point p;
    size_t kept = first;

    stopping_point_init(&p, rule);
    note_values(rs, first, rule, &p);
    stopping_point_look(&p, rule);
    for (size_t i = first; i < rs->n; i++) {
        if (rs->list[i].replication < p.n_wanted) {
            rs->list[kept++] = rs->list[i];
        } else {
            json_decref(rs->list[i].metrics);
        }
    }
    rs->n = kept;
    rs->n_wanted += p.n_wanted;
    stopping_point_fini(&p);
}

static bool load_point(struct records *records, const struct experiment *e, size_t point,
                       struct results *results)
{
    struct loading l = {.e = e, .point = point, .results = results};
    size_t first = results->n;
    bool ok;

    seeds_init(&l.seeds, e, &e->points[point]);
    ok = records_each(records, e->name, e->points[point].scenario.hash, load_row, &l);
    seeds_fini(&l.seeds);
    keep_wanted(results, first, &e->stopping);
    return ok;
}

/* --- The experiment's own models ---------------------------------------------------------------- */

static bool ask_models(const struct experiment *e, struct result *r, char *error, size_t size)
{
    json_t *scenario = scenario_to_json(&e->points[r->point].scenario, false);
    json_t *model = json_object_get(r->metrics, "model");
    bool ok = true;

    if (!model && e->n_models) {
        json_put(r->metrics, "model", model = json_object());
    }
    for (size_t i = 0; ok && i < e->n_models; i++) {
        const struct experiment_model *m = &e->models[i];
        double value;

        if (experiment_matches(scenario, m->when)) {
            ok = derived_value(&m->from, scenario, r->metrics, &value, error, size);
            if (ok) {
                json_put(model, m->quantity, json_number(value));
            }
        }
    }
    json_decref(scenario);
    return ok;
}

bool results_load(struct records *records, const struct experiment *e, struct results *results,
                  char *error, size_t size)
{
    *results = (struct results){0};
    for (size_t p = 0; p < e->n_points; p++) {
        if (!load_point(records, e, p, results)) {
            snprintf(error, size, "records: %s", records_error(records));
            results_fini(results);
            return false;
        }
    }
    for (size_t i = 0; i < results->n; i++) {
        if (!ask_models(e, &results->list[i], error, size)) {
            results_fini(results);
            return false;
        }
    }
    return true;
}

void results_fini(struct results *results)
{
    for (size_t i = 0; i < results->n; i++) {
        json_decref(results->list[i].metrics);
    }
    free(results->list);
    *results = (struct results){0};
}

/* --- Summaries ---------------------------------------------------------------------------------- */

bool results_summary(const struct results *rs, const struct experiment *e, size_t point,
                     const char *path, size_t k, struct ana_summary *out)
{
    double *values = xcalloc(rs->n + 1, sizeof *values);
    struct ana_counts sum = {0}, one;
    struct ana_proportion interval;
    bool is_counted = true;
    size_t n = 0;

    for (size_t i = 0; i < rs->n; i++) {
        const json_t *metrics = rs->list[i].metrics, *v = json_at(metrics, path);

        v = json_is_array(v) ? json_array_get(v, k) : v;
        if (rs->list[i].point == point && json_is_number(v)) {
            values[n++] = json_number_value(v);
            is_counted = is_counted && counts_of(metrics, path, &one);
            ana_counts_add(&sum, is_counted ? &one : &(struct ana_counts){0});
        }
    }
    *out = ana_summarize(values, n, e->level_frac);
    if (n && is_counted) {
        compare_counts(&sum, out->mean, e->level_frac, out, &interval);
    }
    free(values);
    return n > 0;
}

static json_t *summary_of(const struct results *rs, const struct experiment *e, size_t point,
                          const char *prefix, const char *key)
{
    struct ana_summary s;
    char path[160];

    snprintf(path, sizeof path, "%s%s", prefix, key);
    results_summary(rs, e, point, path, 0, &s);
    return json_pack("{s:o, s:o, s:I}", "mean", json_number(s.mean), "half_width",
                     json_number(isfinite(s.half_width) ? s.half_width : 0), "n", (json_int_t)s.n);
}

static void add_summaries(const struct results *rs, const struct experiment *e, size_t point,
                          const char *prefix, const json_t *metrics, json_t *out)
{
    const json_t *value;
    const char *key;
    char name[160];

    json_object_foreach ((json_t *)(uintptr_t)metrics, key, value) {
        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (json_is_number(value) && !json_object_get(out, name)) {
            json_put(out, name, summary_of(rs, e, point, prefix, key));
        }
    }
}

json_t *results_measured(const struct results *rs, const struct experiment *e)
{
    json_t *all = json_object();

    for (size_t p = 0; p < e->n_points; p++) {
        json_t *out = json_object();

        for (size_t i = 0; i < rs->n; i++) {
            const json_t *metrics = rs->list[i].metrics;

            if (rs->list[i].point == p) {
                add_summaries(rs, e, p, "", metrics, out);
                add_summaries(rs, e, p, "model.", json_object_get(metrics, "model"), out);
            }
        }
        json_put(all, e->points[p].label, out);
    }
    return all;
}

struct compare results_compare(const struct results *results, const struct experiment *e)
{
    struct compare_builder *builder = compare_begin(e->tolerance_frac, e->level_frac);

    for (size_t i = 0; i < results->n; i++) {
        const struct result *r = &results->list[i];
        const json_t *model = json_object_get(r->metrics, "model");

        /* Without traffic there is no model, and nothing to compare. */
        for (size_t k = 0; model && k < e->n_compared; k++) {
            const char *key = e->compared[k];

            if (!json_object_get(model, key)) {
                continue; /* Of this point the model says nothing of it. */
            }
            struct compare_sample sample = {key,
                                            json_number_value(json_object_get(r->metrics, key)),
                                            json_number_value(json_object_get(model, key)),
                                            {.trials = 0}};

            counts_of(r->metrics, key, &sample.counts);
            compare_add(builder, e->points[r->point].label, &sample, 1);
        }
    }
    return compare_finish(builder);
}
