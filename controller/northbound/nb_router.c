/* From a request to the row that answers it, and what is checked on the way. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/northbound/nb_events.h"
#include "controller/northbound/nb_log.h"
#include "controller/northbound/nb_route.h"
#include "controller/northbound/nb_url.h"

LOG_MODULE(northbound);

#define DEFAULT_MAX_BODY ((size_t)1 << 20)

static const char *const method_names[NB_N_METHODS] = {"GET", "PUT", "POST", "DELETE"};
static const char *const role_names[NB_N_ROLES] = {"nobody", "read", "operate", "admin"};

/* --- Names ------------------------------------------------------------------------------------ */

const char *nb_role_name(enum nb_role role)
{
    return role_names[role];
}

bool nb_role_parse(const char *text, enum nb_role *out)
{
    for (unsigned i = NB_READ; i < NB_N_ROLES; i++) {
        if (strcmp(role_names[i], text) == 0) {
            *out = (enum nb_role)i;
            return true;
        }
    }
    return false;
}

const char *nb_allow_text(unsigned allow, char *out)
{
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < NB_N_METHODS; i++) {
        if (allow >> i & 1) {
            len += (size_t)snprintf(out + len, NB_ALLOW_LEN - len, "%s%s", len ? ", " : "",
                                    method_names[i]);
        }
    }
    return out;
}

/* --- Rows ------------------------------------------------------------------------------------- */

/* Matches 'path' with the row's pattern. Values of parameters go to 'call' without their escapes.
 * Returns the number of literal parts, -1 when it does not match. */
static int match_path(const char *pattern, const char *path, struct nb_call *call)
{
    int n_literal = 0;

    call->n_params = 0;
    while (*pattern == '/' && *path == '/') {
        size_t n = strcspn(++pattern, "/");
        size_t m = strcspn(++path, "/");

        if (*pattern == '{') {
            assert(call->n_params < NB_MAX_PARAMS && n < sizeof call->params[0].name);
            memcpy(call->params[call->n_params].name, pattern + 1, n - 2);
            call->params[call->n_params].name[n - 2] = '\0';
            if (m == 0 || !nb_url_decode(path, m, call->params[call->n_params].value,
                                         sizeof call->params[0].value)) {
                return -1;
            }
            call->n_params++;
        } else if (n != m || memcmp(pattern, path, n) != 0) {
            return -1;
        } else {
            n_literal++;
        }
        pattern += n;
        path += m;
    }
    return *pattern || *path ? -1 : n_literal;
}

/* The row with the most literal parts. '*allow' are the methods of the path, whatever was asked. */
static const struct nb_route *find_route(struct nb_call *call, unsigned *allow)
{
    const struct nb_request *request = call->request;
    const struct nb_route *found = NULL;
    int best = -1;

    *allow = 0;
    for (size_t t = 0; t < nb_n_tables; t++) {
        for (const struct nb_route *r = nb_tables[t]; r->path; r++) {
            int n = match_path(r->path, request->path, call);

            if (n < best || n < 0) {
                continue;
            }
            if (n > best) {
                *allow = 0;
                found = NULL;
            }
            best = n;
            *allow |= 1u << r->method;
            if (strcmp(method_names[r->method], request->method) == 0) {
                found = r;
            }
        }
    }
    if (found) {
        (void)match_path(found->path, request->path, call);
    }
    return found;
}

void nb_each_row(nb_each_row_fn *fn, void *aux)
{
    for (size_t t = 0; t < nb_n_tables; t++) {
        for (const struct nb_route *r = nb_tables[t]; r->path; r++) {
            struct nb_row row = {.method = method_names[r->method],
                                 .path = r->path,
                                 .query = r->query,
                                 .summary = r->summary,
                                 .role = r->role,
                                 .has_body = r->body != NB_BODY_NONE};

            fn(aux, &row);
        }
    }
}

/* --- Checks ----------------------------------------------------------------------------------- */

/* HEAD is GET whose body is not sent. */
static bool check_route(struct nb_call *call)
{
    unsigned allow;
    bool is_options = strcmp(call->request->method, "OPTIONS") == 0;

    call->route = find_route(call, &allow);
    if (call->route) {
        return true;
    }
    if (!allow) {
        nb_fail(call, 404, "not_found", NULL, "there is nothing at this path");
    } else if (is_options) {
        nb_no_content(call);
        call->answer.allow = allow;
    } else {
        nb_fail(call, 405, "method_not_allowed", NULL, "this path does not take this method");
        call->answer.allow = allow;
    }
    return false;
}

static bool check_role(struct nb_call *call)
{
    enum nb_role role = call->request->role;

    if (role >= call->route->role) {
        return true;
    }
    if (role == NB_NOBODY) {
        nb_fail(call, 401, "unauthorized", NULL, "a bearer token is needed");
    } else {
        nb_fail(call, 403, "forbidden", NULL, "role \"%s\" is needed, this token has \"%s\"",
                nb_role_name(call->route->role), nb_role_name(role));
    }
    return false;
}

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, ",");

        if (n == len && memcmp(at, name, n) == 0) {
            return true;
        }
        at += n + (at[n] == ',');
    }
    return false;
}

/* "a=1&b=2" */
static bool check_query(struct nb_call *call)
{
    const char *at = call->request->query;

    while (at && *at) {
        size_t n = strcspn(at, "&"), name = strcspn(at, "=&");
        size_t value = name < n ? name + 1 : n;

        if (call->n_query == NB_MAX_QUERY) {
            nb_fail(call, 400, "bad_query", NULL, "at most %d parameters are taken", NB_MAX_QUERY);
            return false;
        }
        if (!nb_url_decode(at, name, call->query[call->n_query].name, sizeof call->query[0].name) ||
            !nb_url_decode(at + value, n - value, call->query[call->n_query].value,
                           sizeof call->query[0].value)) {
            nb_fail(call, 400, "bad_query", NULL, "the query is too long or has a bad escape");
            return false;
        }
        if (!is_listed(call->route->query, call->query[call->n_query].name)) {
            nb_fail(call, 400, "bad_query", call->query[call->n_query].name,
                    "this parameter is not known here%s%s", call->route->query ? "; known: " : "",
                    call->route->query ? call->route->query : "");
            return false;
        }
        call->n_query++;
        at += n + (at[n] == '&');
    }
    return true;
}

static bool is_json_type(const char *type)
{
    static const char json[] = "application/json";

    return type && strncasecmp(type, json, sizeof json - 1) == 0 &&
           (type[sizeof json - 1] == '\0' || strchr("; ", type[sizeof json - 1]));
}

static bool parse_body(struct nb_call *call)
{
    const struct nb_request *r = call->request;
    json_error_t error;

    if (r->len == 0) {
        nb_fail(call, 400, "bad_body", NULL, "a JSON object is needed");
        return false;
    }
    call->body = json_loadb(r->body, r->len, JSON_REJECT_DUPLICATES, &error);
    if (!call->body) {
        nb_fail(call, 400, "bad_json", NULL, "line %d, column %d: %.120s", error.line, error.column,
                error.text);
    } else if (!json_is_object(call->body)) {
        nb_fail(call, 400, "bad_body", NULL, "the body must be a JSON object");
    }
    return !nb_failed(call);
}

static bool check_body(struct nb_call *call)
{
    const struct nb_request *r = call->request;

    if (r->len > call->nb->params.max_body_bytes) {
        nb_fail(call, 413, "too_large", NULL, "at most %zu bytes are taken",
                call->nb->params.max_body_bytes);
        return false;
    }
    switch (call->route->body) {
    case NB_BODY_NONE:
        if (r->len) {
            nb_fail(call, 400, "bad_body", NULL, "no body is taken here");
        }
        return r->len == 0;
    case NB_BODY_JSON:
        if (!is_json_type(r->content_type)) {
            nb_fail(call, 415, "unsupported_media_type", NULL, "send application/json");
            return false;
        }
        return parse_body(call);
    case NB_BODY_ANY:
        return parse_body(call);
    }
    return false;
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void call_free(struct nb_call *call)
{
    if (call->in_list) {
        *call->link = call->next;
        if (call->next) {
            call->next->link = call->link;
        }
    }
    nb_answer_fini(&call->answer);
    json_decref(call->body);
    free(call->state);
    free(call);
}

static void call_end(struct nb_call *call)
{
    struct nb_counters *c = &call->nb->counters;

    if (!call->answer.status) {
        call->answer.status = 204;
    }
    c->refused_4xx += call->answer.status / 100 == 4;
    c->failed_5xx += call->answer.status / 100 == 5;
    if (call->done) {
        call->done(call->done_aux, &call->answer);
    }
    call_free(call);
}

void nb_defer(struct nb_call *call)
{
    call->deferred = true;
}

void nb_finish(struct nb_call *call)
{
    assert(call->deferred);
    if (call->in_list) {
        call_end(call);
    } else {
        call->deferred = false; /* The handler has not returned yet. */
    }
}

void nb_cancel(struct nb_call *call)
{
    call->done = NULL;
}

static void keep(struct nb_call *call)
{
    struct nb *nb = call->nb;

    call->request = NULL;
    call->in_list = true;
    call->next = nb->deferred;
    call->link = &nb->deferred;
    if (call->next) {
        call->next->link = &call->next;
    }
    nb->deferred = call;
}

/* Some paths of long ago change things by GET. */
static bool changes(const struct nb_route *route)
{
    return route->method != NB_GET || route->role >= NB_OPERATE;
}

/* What is changed is worth a line. */
static void tell(const struct nb_call *call)
{
    const struct nb_request *r = call->request;

    if (changes(call->route)) {
        if (!nb_failed(call)) {
            nb_events_changed(call->nb, r->method, r->path, r->user);
        }
        LOG_INFO(call->nb->params.log, "%s: %s %s: %d", r->user ? r->user : "?", r->method,
                 call->route->path, call->answer.status ? call->answer.status : 204);
    }
}

static void run_handler(struct nb_call *call)
{
    const struct nb_params *params = &call->nb->params;

    if (params->heard) {
        params->heard(params->heard_aux, call->request, changes(call->route));
    }
    call->route->handler(call);
    if (params->heard) {
        params->heard(params->heard_aux, NULL, false);
    }
}

/* What a call changes is remembered as a whole. */
static void run(struct nb_call *call)
{
    const struct store_ops *store =
        call->route->method == NB_GET ? NULL : ctl_store(call->ctl);
    bool is_whole = store && store->begin && store->begin(store->aux) == ERR_OK;

    run_handler(call);
    if (is_whole && store->end(store->aux) != ERR_OK) {
        nb_fail(call, 503, "unavailable", NULL,
                "the store fails: what was asked for is lost at the next start");
    }
}

struct nb_call *nb_handle(struct nb *nb, const struct nb_request *request, nb_done_fn *done,
                          void *aux)
{
    struct nb_call *call = xcalloc(1, sizeof *call);
    struct nb_request as_get = *request;

    call->nb = nb;
    call->ctl = nb->ctl;
    call->request = request;
    call->done = done;
    call->done_aux = aux;
    if (strcmp(request->method, "HEAD") == 0) {
        as_get.method = "GET";
        call->request = &as_get;
    }
    nb->counters.requests++;
    if (!nb->ctl) {
        nb_fail(call, 503, "unavailable", NULL, "the controller is starting or stopping");
    } else if (check_route(call) && check_role(call) && check_query(call) && check_body(call)) {
        run(call);
        tell(call);
    }
    if (call->deferred) {
        keep(call);
        return call;
    }
    call_end(call);
    return NULL;
}

/* --- Construction ----------------------------------------------------------------------------- */

struct nb *nb_new(const struct nb_params *params)
{
    struct nb *nb = xcalloc(1, sizeof *nb);

    nb->params = *params;
    nb_set_max_body(nb, params->max_body_bytes);
    nb->started_at = params->clock->now;
    nb->events = nb_events_new(params->clock);
    nb->levels = nb_levels_new();
    return nb;
}

void nb_free(struct nb *nb)
{
    if (!nb) {
        return;
    }
    while (nb->deferred) {
        call_free(nb->deferred);
    }
    nb_events_free(nb->events);
    nb_levels_free(nb->levels);
    nb_macs_clear(&nb->macs);
    free(nb);
}

void nb_serve(struct nb *nb, struct ctl *ctl, const char *const *modules, size_t n_modules)
{
    nb->ctl = ctl;
    nb->modules = modules;
    nb->n_modules = n_modules;
}

void nb_set_max_body(struct nb *nb, size_t max_body_bytes)
{
    nb->params.max_body_bytes = max_body_bytes ? max_body_bytes : DEFAULT_MAX_BODY;
}
