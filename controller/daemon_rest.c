#include "controller/daemon_rest.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/live/live.h"
#include "controller/live/live_tap.h"
#include "controller/northbound/nb.h"
#include "controller/northbound/nb_draw.h"
#include "controller/northbound/nb_http.h"

LOG_MODULE(tambod);

#define MAX_MODULES 64

struct daemon_rest {
    struct live *live;
    struct log *log;
    const struct config_rest *config; /* Until it has started. */
    struct nb *nb;
    struct nb_draw *draw;
    struct nb_http *http;
    const char *modules[MAX_MODULES];
};

static struct ctl *enter(void *aux)
{
    return live_enter(aux);
}

static void each_counter(void *aux, nb_counter_fn *each, void *each_aux)
{
    const struct daemon_rest *rest = aux;
    const struct live_counters *live = live_counters(rest->live);
    const struct nb_http_counters *http = nb_http_counters(rest->http);

#define X(name) each(each_aux, "live", #name, live->name);
    LIVE_COUNTERS(X)
#undef X
#define X(name) each(each_aux, "rest", #name, http->name);
    NB_HTTP_COUNTERS(X)
#undef X
}

/* For the message tap. */
static void heard(void *aux, const struct nb_request *r, bool changes)
{
    const struct daemon_rest *rest = aux;
    struct live_tap_request request;

    if (!r) {
        live_tap_request(rest->live, NULL);
        return;
    }
    request = (struct live_tap_request){.role = r->role,
                                        .changes = changes,
                                        .method = r->method,
                                        .path = r->path,
                                        .query = r->query,
                                        .type = r->content_type,
                                        .body = r->body,
                                        .len = r->len};
    live_tap_request(rest->live, &request);
}

static struct nb_limits limits_of(const struct config_rest *config)
{
    return (struct nb_limits){.max_connections = config->max_connections,
                              .max_listeners = config->max_listeners,
                              .request_ns = config->request_ns,
                              .per_s = config->requests_per_s,
                              .burst = config->requests_burst};
}

/* Both are in the order nobody, read, operate, admin. */
static enum nb_role role_of(enum config_rest_role role)
{
    return (enum nb_role)role;
}

struct daemon_rest *rest_new(struct live *live, const struct clock *clock, struct log *log,
                             const struct config_rest *config)
{
    struct daemon_rest *rest = xcalloc(1, sizeof *rest);

    rest->live = live;
    rest->log = log;
    rest->config = config;
    rest->draw = nb_draw_new(live_base(live), log, NULL);
    rest->nb = nb_new(&(struct nb_params){.version = TAMBO_VERSION,
                                          .clock = clock,
                                          .log = log,
                                          .counters = each_counter,
                                          .counters_aux = rest,
                                          .heard = heard,
                                          .heard_aux = rest,
                                          .draw = nb_draw_svg,
                                          .draw_aux = rest->draw,
                                          .max_body_bytes = config->max_body_bytes});
    rest->http = nb_http_new(&(struct nb_http_params){.base = live_base(live),
                                                      .nb = rest->nb,
                                                      .log = log,
                                                      .clock = clock,
                                                      .enter = enter,
                                                      .enter_aux = live,
                                                      .limits = limits_of(config)});
    return rest;
}

void rest_stop(struct daemon_rest *rest)
{
    if (rest) {
        nb_http_free(rest->http);
        rest->http = NULL;
        nb_draw_free(rest->draw);
        rest->draw = NULL;
    }
}

void rest_free(struct daemon_rest *rest)
{
    if (rest) {
        nb_free(rest->nb);
        free(rest);
    }
}

struct ctl_module_use rest_module(struct daemon_rest *rest)
{
    return (struct ctl_module_use){.module = &nb_module, .settings = rest->nb};
}

/* --- Settings --------------------------------------------------------------------------------- */

static bool set_door(struct daemon_rest *rest, const struct config_rest *config)
{
    char why[512];
    struct nb_door door = {.tokens_file = config->tokens_file,
                           .certificate = config->certificate,
                           .key = config->key,
                           .ca = config->ca,
                           .client_role = role_of(config->client_role)};

    if (!nb_http_set_door(rest->http, &door, why, sizeof why)) {
        LOG_ERROR(rest->log, "REST: %s", why);
        return false;
    }
    return true;
}

static void listen_on(struct daemon_rest *rest, const struct config_rest *config)
{
    char why[512];

    if (!config->listen[0]) {
        nb_http_unlisten(rest->http);
        return;
    }
    if (!nb_http_listen(rest->http, config->listen, why, sizeof why)) {
        LOG_ERROR(rest->log, "there is no REST interface: %s", why);
        return;
    }
    if (!config->tokens_file[0] && !config->ca[0]) {
        LOG_WARN(rest->log, "REST asks for no token: everybody on this machine may do everything");
    }
}

bool rest_start(struct daemon_rest *rest, struct ctl *ctl, const struct ctl_module_use *uses,
                size_t n_uses)
{
    for (size_t i = 0; i < n_uses && i < MAX_MODULES; i++) {
        rest->modules[i] = uses[i].module->name;
    }
    nb_serve(rest->nb, ctl, rest->modules, n_uses < MAX_MODULES ? n_uses : MAX_MODULES);
    if (!set_door(rest, rest->config)) {
        return false;
    }
    listen_on(rest, rest->config);
    rest->config = NULL;
    return true;
}

void rest_apply(struct daemon_rest *rest, const struct config_rest *old,
                const struct config_rest *new)
{
    struct nb_limits limits = limits_of(new);

    if (!set_door(rest, new)) {
        return;
    }
    nb_http_set_limits(rest->http, &limits);
    nb_set_max_body(rest->nb, new->max_body_bytes);
    if (strcmp(old->listen, new->listen) != 0 || nb_http_port(rest->http) == 0) {
        listen_on(rest, new);
    }
}
