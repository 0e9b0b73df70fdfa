/* Logical networks at the paths of the original controller, /networkService/v1.1: the tenant is of no
 * meaning. What cannot be done is answered by an error instead of 200. */
#include "controller/northbound/nb_network_service.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/northbound/nb_hosts.h"
#include "controller/northbound/nb_resources.h"

uint16_t nb_ns_network(struct nb_call *call, const char *text, const char *field)
{
    char *end;
    unsigned long id = strtoul(text, &end, 10);

    if (!*text || *end || id < 1 || id > NETWORK_MAX || text[0] == '-' || text[0] == '+') {
        nb_fail(call, 400, "bad_value", field, "expected a number from 1 to %d", NETWORK_MAX);
        return 0;
    }
    return (uint16_t)id;
}

uint16_t nb_ns_known_network(struct nb_call *call, const void *app, const char *text,
                             const char *field)
{
    uint16_t id = nb_ns_network(call, text, field);
    struct network_info info;

    if (!nb_failed(call) && !networks_get(app, id, &info)) {
        nb_not_found(call, "network");
    }
    return id;
}

const char *nb_ns_text(struct nb_call *call, const char *object, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(call->body, object), key));

    if (!text) {
        nb_fail(call, 400, "missing", key, "expected {\"%s\": {\"%s\": \"...\"}}", object, key);
    }
    return text ? text : "";
}

void nb_ns_ok(struct nb_call *call)
{
    nb_ok(call, json_pack("{s:s}", "status", "ok"));
}

/* --- Networks --------------------------------------------------------------------------------- */

/* There were no pages; beyond so many, hosts are left out. */
#define MAX_HOSTS 2000

struct listing {
    const void *app;
    json_t *list;
    json_t *hosts[NETWORK_MAX + 1]; /* Of each network; borrowed. */
};

static void add_network(void *aux, const struct network_info *info)
{
    struct listing *l = aux;

    l->hosts[info->id] = json_array();
    json_array_append_new(l->list,
                          json_pack("{s:o,s:o,s:o}", "name", nb_json_text(info->name), "guid",
                                    json_sprintf("%u", info->id), "hosts", l->hosts[info->id]));
}

static void add_host(void *aux, const struct host *host)
{
    struct listing *l = aux;
    size_t n;
    const uint16_t *ids = networks_of(l->app, host_mac(host), &n);

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(l->hosts[ids[i]],
                              json_pack("{s:o}", "mac", nb_json_eth(host_mac(host))));
    }
}

static void get_networks(struct nb_call *call)
{
    struct listing l = {.app = nb_app(call, "logical_networks")};

    if (l.app) {
        l.list = json_array();
        networks_each(l.app, add_network, &l);
        nb_hosts_after(call->nb, NULL, MAX_HOSTS, add_host, &l);
        nb_ok(call, l.list);
    }
}

/* Renames one that is there; its rules stay. The id may stand in the path. */
static void put_network(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    const char *in_path = nb_param(call, "network");
    uint16_t id =
        nb_ns_network(call, in_path[0] ? in_path : nb_ns_text(call, "network", "id"), "id");
    const char *name = nb_ns_text(call, "network", "name");
    struct network_info info;
    enum err err;

    if (nb_failed(call)) {
        return;
    }
    err = networks_get(app, id, &info) && strcmp(info.name, name) == 0 ? ERR_OK
          : networks_get(app, id, &info) ? networks_rename(app, id, name)
                                         : networks_create(app, id, name);
    if (nb_result(call, err, "network")) {
        nb_ns_ok(call);
    }
}

static void delete_network(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    uint16_t id = nb_ns_network(call, nb_param(call, "network"), "network");

    if (!nb_failed(call) && nb_result(call, networks_delete(app, id), "network")) {
        nb_ns_ok(call);
    }
}

/* --- Who may talk to whom --------------------------------------------------------------------- */

struct blocks {
    const void *app;
    uint16_t id;
    json_t *list;
};

static void add_block(void *aux, const struct network_info *info)
{
    const struct blocks *b = aux;

    if (networks_are_blocked(b->app, b->id, info->id)) {
        json_array_append_new(b->list, json_sprintf("%u", info->id));
    }
}

static void get_filter(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct blocks b = {.app = app};

    if (!nb_failed(call)) {
        b.id = nb_ns_known_network(call, app, nb_param(call, "network"), "network");
    }
    if (!nb_failed(call)) {
        b.list = json_array();
        networks_each(app, add_block, &b);
        nb_ok(call, b.list);
    }
}

/* Reads all of "3,4" before anything is done. Returns how many. */
static size_t read_nets(struct nb_call *call, const void *app, const char *nets, uint16_t *out,
                        size_t max)
{
    char *copy = xstrdup(nets), *save = NULL;
    size_t n = 0;

    for (char *p = strtok_r(copy, ", ", &save); p; p = strtok_r(NULL, ", ", &save)) {
        if (n == max) {
            nb_fail(call, 400, "bad_value", "nets", "expected at most %zu networks", max);
            break;
        }
        out[n++] = nb_ns_known_network(call, app, p, "nets");
    }
    free(copy);
    return n;
}

/* {"isolate": {"type": "1", "vnid": "2", "nets": "3,4"}}: 1 blocks, anything else unblocks. */
static void put_filter(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    bool block = strcmp(nb_ns_text(call, "isolate", "type"), "1") == 0;
    const char *vnid = nb_ns_text(call, "isolate", "vnid"),
               *nets = nb_ns_text(call, "isolate", "nets");
    uint16_t others[64], id = 0;
    size_t n = 0;

    if (!nb_failed(call)) {
        id = nb_ns_known_network(call, app, vnid, "vnid");
        n = read_nets(call, app, nets, others, sizeof others / sizeof others[0]);
    }
    for (size_t i = 0; i < n && !nb_failed(call); i++) {
        nb_result(call,
                  block ? networks_block(app, id, others[i]) : networks_unblock(app, id, others[i]),
                  "network");
    }
    if (!nb_failed(call)) {
        nb_ns_ok(call);
    }
}

const struct nb_route nb_network_service_routes[] = {
    NB_ROW(NB_GET, NB_NS_BASE "/networks", NB_READ, get_networks,
           "The logical networks with their hosts."),
    NB_ROW(NB_POST, NB_NS_BASE "/networks", NB_OPERATE, put_network, "As PUT /v1/networks/{id}.",
           .body = NB_BODY_ANY),
    NB_ROW(NB_PUT, NB_NS_BASE "/networks", NB_OPERATE, put_network, "As PUT /v1/networks/{id}.",
           .body = NB_BODY_ANY),
    NB_ROW(NB_POST, NB_NS_BASE "/networks/{network}", NB_OPERATE, put_network,
           "As PUT /v1/networks/{id}.", .body = NB_BODY_ANY),
    NB_ROW(NB_PUT, NB_NS_BASE "/networks/{network}", NB_OPERATE, put_network,
           "As PUT /v1/networks/{id}.", .body = NB_BODY_ANY),
    NB_ROW(NB_DELETE, NB_NS_BASE "/networks/{network}", NB_OPERATE, delete_network,
           "As DELETE /v1/networks/{id}."),
    NB_ROW(NB_GET, NB_NS_BASE "/networks/filter/{network}", NB_READ, get_filter,
           "The networks that it may not talk to."),
    NB_ROW(NB_POST, NB_NS_BASE "/networks/filter/{network}", NB_OPERATE, put_filter,
           "Blocks or unblocks pairs of networks.", .body = NB_BODY_ANY),
    NB_ROW(NB_PUT, NB_NS_BASE "/networks/filter/{network}", NB_OPERATE, put_filter,
           "Blocks or unblocks pairs of networks.", .body = NB_BODY_ANY),
    {0},
};
