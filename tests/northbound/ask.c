#include "tests/northbound/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/alloc.h"

/* The order in which tests/apps/net.c starts them does not matter here: ids that are not known are
 * shown as "?". */
static const char *const modules[] = {"arp_proxy", "clustering", "forwarding"};

/* --- Set-ups ---------------------------------------------------------------------------------- */

static struct net *make_net(const struct scene_row *row)
{
    struct net *net = net_new(row->seed);
    int n_hosts = 0;

    for (int i = 0; i < SCENE_MAX && row->versions[i]; i++) {
        net_add_switch(net, row->versions[i]);
        if (i) {
            net_add_link(net, i - 1, 2, i, 1);
        }
    }
    while (n_hosts < SCENE_MAX && row->hosts[n_hosts].port) {
        net_add_host(net, row->hosts[n_hosts].sw, row->hosts[n_hosts].port);
        n_hosts++;
    }
    if (row->prepare) {
        row->prepare(net);
    }
    net_start(net);
    for (int i = 0; i < n_hosts && !row->is_silent; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
    return net;
}

int scene_start(void **state, const struct scene_row *row)
{
    struct scene *s = xcalloc(1, sizeof *s);
    struct net *net = make_net(row);

    s->net = net;
    s->role = NB_ADMIN;
    s->type = "application/json";
    log_init(&s->log, &net->clock, NULL, NULL);
    s->nb = nb_new(&(struct nb_params){.version = "2.385", .clock = &net->clock, .log = &s->log});
    nb_serve(s->nb, net->ctl, modules, sizeof modules / sizeof modules[0]);
    *state = s;
    return 0;
}

static void forget(struct scene *s)
{
    json_decref(s->json);
    free(s->text);
    s->json = NULL;
    s->text = NULL;
    s->status = 0;
    s->allow = 0;
    s->is_stream = s->pending = false;
}

int scene_stop(void **state)
{
    struct scene *s = *state;

    forget(s);
    nb_free(s->nb);
    net_free(s->net);
    free(s);
    return 0;
}

/* --- Questions -------------------------------------------------------------------------------- */

static void on_answer(void *aux, const struct nb_answer *answer)
{
    struct scene *s = aux;

    s->status = answer->status;
    s->json = json_incref(answer->json);
    s->text = answer->text ? xstrdup(answer->text) : NULL;
    s->allow = answer->allow;
    s->is_stream = answer->is_stream;
    s->pending = false;
}

int ask(struct scene *s, const char *method, const char *target, const char *body)
{
    char *path = xstrdup(target);
    char *query = strchr(path, '?');
    struct nb_request request = {.method = method,
                                 .path = path,
                                 .content_type = s->type,
                                 .body = body,
                                 .len = body ? strlen(body) : 0,
                                 .role = s->role,
                                 .user = "test"};

    if (query) {
        *query = '\0';
        request.query = query + 1;
    }
    forget(s);
    s->pending = nb_handle(s->nb, &request, on_answer, s) != NULL;
    free(path);
    return s->status;
}

/* One step of the path: a key, then any number of "[i]". */
static const json_t *step(const json_t *at, const char *part, size_t n)
{
    size_t key = strcspn(part, "[");

    if (key > n) {
        key = n;
    }
    if (key) {
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)key, part);
        at = json_object_get(at, name);
    }
    while (at && key < n) {
        at = json_array_get(at, strtoul(part + key + 1, NULL, 10));
        key += strcspn(part + key, "]") + 1;
    }
    return at;
}

const char *answer_at(const struct scene *s, const char *path)
{
    static char text[4096];
    const json_t *at = s->json;
    char *dump;

    while (at && *path) {
        size_t n = strcspn(path, ".");

        at = step(at, path, n);
        path += n + (path[n] == '.');
    }
    if (!at) {
        return "absent";
    }
    if (json_is_string(at)) {
        return json_string_value(at);
    }
    dump = json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    snprintf(text, sizeof text, "%s", dump);
    free(dump);
    return text;
}

void ask_all(struct scene *s, const struct request *requests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        print_message("%s %s %s\n", requests[i].method, requests[i].path,
                      requests[i].body ? requests[i].body : "");
        assert_int_equal(ask(s, requests[i].method, requests[i].path, requests[i].body),
                         requests[i].status);
    }
}

void refuse_all(struct scene *s, const char *method, const char *path, const struct fault *faults,
                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        print_message("%s\n", faults[i].body);
        assert_int_equal(ask(s, method, path, faults[i].body), 400);
        assert_at(s, "error.field", faults[i].field);
        assert_true(strlen(answer_at(s, "error.message")) > 10);
    }
}
