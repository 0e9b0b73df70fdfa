#include "experiments/command_scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "experiments/derived.h"
#include "experiments/json_out.h"
#include "experiments/trial.h"

/* --- Reading and writing ------------------------------------------------------------------------ */

static json_t *read_option(struct conf_node *v)
{
    const char *text = NULL;
    bool flag = false;
    double real = 0;

    if (conf_is_text(v)) {
        conf_as_text(v, &text);
        if (strchr(text, ' ')) {
            conf_complain(v, "expected a word without spaces");
        }
        return json_string(text);
    }
    if (conf_is_bool(v)) {
        conf_as_bool(v, &flag);
        return json_boolean(flag);
    }
    conf_as_real(v, -1e300, 1e300, &real);
    return json_real(real);
}

static json_t *read_texts(struct conf_node *o, json_t *(*read)(struct conf_node *))
{
    json_t *all = o ? json_object() : NULL;

    for (struct conf_node *v = conf_first(o); v; v = conf_next(v)) {
        json_put(all, conf_key(v), read(v));
    }
    return all;
}

static json_t *read_path(struct conf_node *v)
{
    const char *text = "";

    conf_as_text(v, &text);
    return json_string(text);
}

static json_t *read_factor(struct conf_node *v)
{
    double factor = 1;

    conf_as_real(v, -1e12, 1e12, &factor);
    return json_real(factor);
}

void command_scenario_read(struct conf_node *root, struct command_scenario *c)
{
    const char *text;

    if (conf_need(root, "run", "a command of tambo, without \"tambo\"") &&
        conf_text(root, "run", &text)) {
        snprintf(c->run, sizeof c->run, "%s", text);
        if (strlen(text) >= sizeof c->run) {
            conf_complain(conf_get(root, "run"), "at most %zu bytes", sizeof c->run - 1);
        }
    }
    conf_bool(root, "seeded", &c->seeded);
    c->options = read_texts(conf_object(root, "options"), read_option);
    c->take = read_texts(conf_object(root, "take"), read_path);
    c->scale = read_texts(conf_object(root, "scale"), read_factor);
}

void command_scenario_fini(struct command_scenario *c)
{
    json_decref(c->options);
    json_decref(c->take);
    json_decref(c->scale);
    *c = (struct command_scenario){0};
}

void command_scenario_write(const struct command_scenario *c, json_t *out)
{
    json_put(out, "run", json_string(c->run));
    json_put(out, "seeded", json_boolean(c->seeded));
    json_put(out, "options", c->options ? json_deep_copy(c->options) : json_object());
    json_put(out, "take", c->take ? json_deep_copy(c->take) : json_object());
    json_put(out, "scale", c->scale ? json_deep_copy(c->scale) : json_object());
}

/* --- Running ------------------------------------------------------------------------------------ */

static void add_option(struct text *run, const char *key, const json_t *v)
{
    if (json_is_string(v)) {
        text_addf(run, " --%s %s", key, json_string_value(v));
    } else if (json_is_number(v)) {
        text_addf(run, " --%s %.15g", key, json_number_value(v));
    } else if (json_is_true(v)) {
        text_addf(run, " --%s", key);
    }
}

/* Differs from run to run, whatever is computed. */
static bool is_about_the_run(const char *key)
{
    static const char *const keys[] = {"wall_s",   "events_per_s", "peak_rss_bytes", "explore_s",
                                       "seconds",  "peak_mib",     "memory_bytes",   "seed",
                                       "run_time", "replications"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void take_all(const json_t *answer, json_t *metrics)
{
    const char *key;
    json_t *v;

    json_object_foreach ((json_t *)(uintptr_t)answer, key, v) {
        double value;

        if (!is_about_the_run(key) && json_number_at(answer, key, &value)) {
            json_put(metrics, key, json_number(value));
        }
    }
}

/* False when something that is asked for is not there. */
static bool take_named(const json_t *answer, const json_t *take, json_t *metrics, char *why,
                       size_t size)
{
    const char *key;
    json_t *path;

    json_object_foreach ((json_t *)(uintptr_t)take, key, path) {
        double value;

        if (json_is_null(json_at(answer, json_string_value(path)))) {
            continue; /* Infinite, or of no meaning at this point. */
        }
        if (!json_number_at(answer, json_string_value(path), &value)) {
            snprintf(why, size, "the answer has no number at %s", json_string_value(path));
            return false;
        }
        json_put(metrics, key, json_number(value));
    }
    return true;
}

static void scale_metrics(json_t *metrics, const json_t *scale)
{
    const char *key;
    json_t *factor;

    json_object_foreach ((json_t *)(uintptr_t)scale, key, factor) {
        const json_t *v = json_object_get(metrics, key);

        if (v) {
            json_put(metrics, key, json_number(json_number_value(v) * json_number_value(factor)));
        }
    }
}

bool command_scenario_run(const struct command_scenario *c, uint64_t seed,
                          struct trial_result *result, char *why, size_t size)
{
    double started_s = trial_wall_s();
    struct text run = TEXT_INIT;
    json_t *answer, *metrics, *v;
    char fingerprint[17];
    const char *key;
    bool ok;

    text_add(&run, c->run);
    json_object_foreach (c->options, key, v) {
        add_option(&run, key, v);
    }
    if (c->seeded) {
        text_addf(&run, " --seed %" PRIu64, seed);
    }
    answer = derived_ask(text_str(&run), why, size);
    text_fini(&run);
    if (!answer) {
        return false;
    }
    metrics = json_object();
    ok = !json_object_size(c->take) || take_named(answer, c->take, metrics, why, size);
    if (!json_object_size(c->take)) {
        take_all(answer, metrics);
    }
    scale_metrics(metrics, c->scale);
    json_decref(answer);
    if (!ok) {
        json_decref(metrics);
        return false;
    }
    json_fingerprint(metrics, fingerprint);
    *result = (struct trial_result){.metrics = metrics,
                                    .trace_hash = strtoull(fingerprint, NULL, 16),
                                    .wall_s = trial_wall_s() - started_s};
    return true;
}
