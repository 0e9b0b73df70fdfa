#include "controller/northbound/nb_log.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/log.h"
#include "controller/northbound/nb_resources.h"

#define NAME_LEN 32

struct nb_levels {
    char names[LOG_MAX_MODULES][NAME_LEN];
    size_t n;
};

struct nb_levels *nb_levels_new(void)
{
    return xcalloc(1, sizeof(struct nb_levels));
}

void nb_levels_free(struct nb_levels *levels)
{
    free(levels);
}

/* A copy of 'name' that stays; NULL when there is no room for another. */
static const char *keep_name(struct nb_levels *levels, const char *name)
{
    for (size_t i = 0; i < levels->n; i++) {
        if (strcmp(levels->names[i], name) == 0) {
            return levels->names[i];
        }
    }
    if (levels->n == LOG_MAX_MODULES) {
        return NULL;
    }
    strcpy(levels->names[levels->n], name);
    return levels->names[levels->n++];
}

static json_t *modules_json(const struct log *log)
{
    json_t *modules = json_object();

    for (size_t i = 0; i < LOG_MAX_MODULES && log->levels[i].module; i++) {
        json_object_set_new(modules, log->levels[i].module,
                            json_string(log_level_name(log->levels[i].level)));
    }
    return modules;
}

static void get_log(struct nb_call *call)
{
    const struct log *log = call->nb->params.log;

    if (!log) {
        nb_not_found(call, "log");
        return;
    }
    nb_ok(call, json_pack("{s:s,s:o}", "level", log_level_name(log->level), "modules",
                          modules_json(log)));
}

static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n > 0 && n < NAME_LEN && text[n] == '\0';
}

/* Everything is read before anything is changed. */
static bool check_modules(struct nb_call *call, json_t *modules)
{
    enum log_level level;
    const char *name;
    json_t *value;

    if (modules && !json_is_object(modules)) {
        nb_fail(call, 400, "bad_value", "modules", "expected an object");
        return false;
    }
    json_object_foreach (modules, name, value) {
        if (!is_name(name)) {
            nb_fail(call, 400, "bad_value", "modules", "expected names such as \"session\"");
        } else if (!json_is_string(value) || !log_level_parse(json_string_value(value), &level)) {
            nb_fail(call, 400, "bad_value", name, "expected error, warn, info or debug");
        }
    }
    return !nb_failed(call);
}

static void put_log(struct nb_call *call)
{
    struct log *log = call->nb->params.log;
    json_t *modules = json_object_get(call->body, "modules"), *value;
    const char *text = nb_body_text_or(call, "level", 16, NULL), *name;
    enum log_level level = LOG_INFO;

    nb_body_only(call, "level,modules");
    if (!log) {
        nb_not_found(call, "log");
    } else if (text && !log_level_parse(text, &level)) {
        nb_fail(call, 400, "bad_value", "level", "expected error, warn, info or debug");
    }
    if (nb_failed(call) || !check_modules(call, modules)) {
        return;
    }
    log->level = text ? level : log->level;
    json_object_foreach (modules, name, value) {
        const char *kept = keep_name(call->nb->levels, name);

        (void)log_level_parse(json_string_value(value), &level);
        if (!kept || !log_set_level(log, kept, level)) {
            nb_fail(call, 503, "unavailable", name, "too many modules have a level of their own");
        }
    }
    get_log(call);
}

const struct nb_route nb_log_routes[] = {
    NB_ROW(NB_GET, "/v1/log", NB_READ, get_log, "The levels of the log."),
    NB_ROW(NB_PUT, "/v1/log", NB_ADMIN, put_log,
           "Changes levels of the log until the configuration is read again.",
           .body = NB_BODY_JSON),
    {0},
};
