#include "experiments/counts.h"

#include "experiments/json_out.h"

void counts_put(json_t *metrics, const char *key, const struct ana_counts *c)
{
    json_t *all = json_object_get(metrics, "counts");

    if (!all) {
        json_put(metrics, "counts", all = json_object());
    }
    json_put(all, key,
             json_pack("{s:o, s:o, s:o, s:o}", "trials", json_number(c->trials), "groups",
                       json_number(c->groups), "events", json_number(c->events), "events2",
                       json_number(c->events2)));
}

bool counts_of(const json_t *metrics, const char *key, struct ana_counts *out)
{
    const json_t *c = json_object_get(json_object_get(metrics, "counts"), key);

    out->trials = json_number_value(json_object_get(c, "trials"));
    out->groups = json_number_value(json_object_get(c, "groups"));
    out->events = json_number_value(json_object_get(c, "events"));
    out->events2 = json_number_value(json_object_get(c, "events2"));
    return c != NULL;
}
