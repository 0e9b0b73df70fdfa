#include "experiments/results.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

struct loading {
    const struct experiment *e;
    size_t point;
    struct results *results;
};

/* The replication that has this seed; false when none has. */
static bool find_replication(const struct loading *l, uint64_t seed, uint32_t *r)
{
    for (*r = 0; *r < l->e->replications; ++*r) {
        if (experiment_seed(l->e, &l->e->points[l->point], *r) == seed) {
            return true;
        }
    }
    return false;
}

static bool load_row(void *aux, const struct record *record)
{
    struct loading *l = aux;
    struct results *rs = l->results;
    json_t *metrics;
    uint32_t r;

    if (!find_replication(l, record->seed, &r)) {
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

bool results_load(struct records *records, const struct experiment *e, struct results *results,
                  char *error, size_t size)
{
    *results = (struct results){0};
    for (size_t p = 0; p < e->n_points; p++) {
        struct loading l = {e, p, results};

        if (!records_each(records, e->name, e->points[p].scenario.hash, load_row, &l)) {
            snprintf(error, size, "records: %s", records_error(records));
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
                                            json_number_value(json_object_get(model, key))};

            compare_add(builder, e->points[r->point].label, &sample, 1);
        }
    }
    return compare_finish(builder);
}
