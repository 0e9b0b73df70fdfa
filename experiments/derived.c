#include "experiments/derived.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tool.h"
#include "experiments/args.h"

#define MAX_WORDS 64
#define LONGEST_RUN 2048

/* --- Paths -------------------------------------------------------------------------------------- */

const json_t *json_at(const json_t *o, const char *path)
{
    char name[96];

    while (o && *path) {
        size_t len = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)len, path);
        o = json_is_array(o) ? json_array_get(o, strtoul(name, NULL, 10))
                             : json_object_get(o, name);
        path += len + (path[len] == '.');
    }
    return o;
}

static size_t n_members(const json_t *v)
{
    return json_is_array(v) ? json_array_size(v) : json_object_size(v);
}

bool json_number_at(const json_t *o, const char *path, double *value)
{
    size_t len = strlen(path);
    const json_t *v;
    char above[128];

    if (len > 2 && strcmp(path + len - 2, ".#") == 0) {
        snprintf(above, sizeof above, "%.*s", (int)len - 2, path);
        *value = (double)n_members(json_at(o, above));
        return true;
    }
    v = json_at(o, path);
    *value = json_is_boolean(v) ? json_is_true(v) : json_number_value(v);
    return json_is_number(v) || json_is_boolean(v);
}

/* --- Reading ------------------------------------------------------------------------------------ */

void derived_read(struct conf_node *o, struct derived *d)
{
    const char *text;

    *d = (struct derived){.scale = 1};
    if (conf_need(o, "run", "a command of tambo, without \"tambo\"") &&
        conf_text(o, "run", &text)) {
        snprintf(d->run, sizeof d->run, "%s", text);
        if (strlen(text) >= sizeof d->run) {
            conf_complain(conf_get(o, "run"), "at most %zu bytes", sizeof d->run - 1);
        }
    }
    if (conf_need(o, "get", "a path into the answer") && conf_text(o, "get", &text)) {
        snprintf(d->get, sizeof d->get, "%s", text);
    }
    conf_real(o, "scale", -1e12, 1e12, &d->scale);
}

/* --- Asking ------------------------------------------------------------------------------------- */

/* Cuts 'run' at its spaces; the number of words, 0 when there are too many. */
static size_t split(char *run, const char *argv[MAX_WORDS])
{
    size_t n = 0;
    char *save = NULL;

    argv[n++] = "/proc/self/exe";
    for (char *w = strtok_r(run, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        if (n + 2 >= MAX_WORDS) {
            return 0;
        }
        argv[n++] = w;
    }
    argv[n++] = "--json";
    argv[n] = NULL;
    return n;
}

json_t *derived_ask(const char *run, char *error, size_t size)
{
    const char *argv[MAX_WORDS];
    struct text out = TEXT_INIT;
    char words[LONGEST_RUN];
    json_t *answer = NULL;
    int status;

    snprintf(words, sizeof words, "%s", run);
    if (strlen(run) >= sizeof words || !split(words, argv)) {
        snprintf(error, size, "tambo %.60s...: too long", run);
        return NULL;
    }
    status = tool_output(argv, &out, error, size);
    if (status == EXIT_DONE || status == EXIT_NOT_HELD) {
        answer = json_loads(text_str(&out), 0, NULL);
    }
    if (!answer && status >= 0) {
        snprintf(error, size, "tambo %s: exit %d, and no answer in JSON", run, status);
    }
    text_fini(&out);
    return answer;
}

/* Adds the value at 'path' as the command line wants it. */
static bool add_value(struct text *out, const char *path, const json_t *scenario,
                      const json_t *metrics)
{
    static const char measured[] = "metrics.";
    bool is_measured = strncmp(path, measured, sizeof measured - 1) == 0;
    const json_t *v =
        is_measured ? json_at(metrics, path + sizeof measured - 1) : json_at(scenario, path);

    if (json_is_string(v)) {
        text_add(out, json_string_value(v));
    } else if (json_is_integer(v)) {
        text_addf(out, "%lld", (long long)json_integer_value(v));
    } else if (json_is_real(v)) {
        text_addf(out, "%.17g", json_real_value(v));
    }
    return json_is_string(v) || json_is_number(v);
}

/* The command with its values; false when one of them is nowhere. */
static bool fill_in(const char *run, const json_t *scenario, const json_t *metrics,
                    struct text *out, char *error, size_t size)
{
    const char *rest = run;
    char path[128];

    while (*rest) {
        size_t plain = strcspn(rest, "{"), len;

        text_addf(out, "%.*s", (int)plain, rest);
        rest += plain;
        if (!*rest) {
            break;
        }
        len = strcspn(++rest, "}");
        snprintf(path, sizeof path, "%.*s", (int)len, rest);
        if (!add_value(out, path, scenario, metrics)) {
            snprintf(error, size, "tambo %s: there is no value at %s", run, path);
            return false;
        }
        rest += len + (rest[len] == '}');
    }
    return true;
}

bool derived_value(const struct derived *d, const json_t *scenario, const json_t *metrics,
                   double *value, char *error, size_t size)
{
    struct text run = TEXT_INIT;
    json_t *answer = NULL;
    bool ok = fill_in(d->run, scenario, metrics, &run, error, size);

    if (ok) {
        answer = derived_ask(text_str(&run), error, size);
        ok = answer != NULL;
    }
    if (ok && !json_number_at(answer, d->get, value)) {
        snprintf(error, size, "tambo %s: there is no number at %s", text_str(&run), d->get);
        ok = false;
    }
    if (ok) {
        *value *= d->scale;
    }
    json_decref(answer);
    text_fini(&run);
    return ok;
}
