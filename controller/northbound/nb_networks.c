/* Logical networks: their rules and members, and who may talk to whom. */
#include <stdio.h>
#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/northbound/nb_hosts.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

/* --- Networks --------------------------------------------------------------------------------- */

static json_t *network_json(const struct network_info *n)
{
    return json_pack("{s:i,s:o,s:b,s:o,s:o,s:o}", "id", n->id, "name", nb_json_text(n->name),
                     "isolated", n->isolated, "n_rules", nb_json_u64(n->n_rules), "n_members",
                     nb_json_u64(n->n_members), "n_blocked", nb_json_u64(n->n_blocked));
}

static uint16_t param_id(struct nb_call *call, const char *name)
{
    uint64_t id = nb_param_u64(call, name, NETWORK_MAX);

    if (id < 1) {
        nb_fail(call, 400, "bad_value", name, "expected a number from 1 to %d", NETWORK_MAX);
    }
    return (uint16_t)id;
}

/* The network that the path names: 404 when there is none. */
static struct network_info param_network(struct nb_call *call, const void *app)
{
    uint16_t id = param_id(call, "id");
    struct network_info info = {0};

    if (!nb_failed(call) && !networks_get(app, id, &info)) {
        nb_not_found(call, "network");
    }
    return info;
}

struct listing {
    const void *app;
    struct nb_page page;
};

static void add_network(void *aux, const struct network_info *info)
{
    struct listing *l = aux;
    char key[8];

    snprintf(key, sizeof key, "%04u", info->id);
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list, network_json(info));
    }
}

static void get_networks(struct nb_call *call)
{
    struct listing l = {.app = nb_app(call, "logical_networks"), .page = nb_page_begin(call)};

    if (l.app) {
        networks_each(l.app, add_network, &l);
    }
    nb_page_end(call, &l.page, "networks");
}

static void get_network(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);

    if (!nb_failed(call)) {
        nb_ok(call, network_json(&info));
    }
}

static enum err put(void *app, uint16_t id, const char *name, bool exists)
{
    struct network_info info;

    if (!exists) {
        return networks_create(app, id, name);
    }
    return networks_get(app, id, &info) && strcmp(info.name, name) == 0
               ? ERR_OK
               : networks_rename(app, id, name);
}

static void put_network(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    uint16_t id = param_id(call, "id");
    const char *name = nb_body_text(call, "name", 1, NETWORK_NAME_LEN);
    bool isolate = nb_body_bool_or(call, "isolated", false);
    struct network_info info;
    bool exists;

    nb_body_only(call, "name,isolated");
    if (nb_failed(call)) {
        return;
    }
    exists = networks_get(app, id, &info);
    if (!nb_result(call, put(app, id, name, exists), "network") ||
        (nb_body_has(call, "isolated") &&
         !nb_result(call, networks_isolate(app, id, isolate), "network"))) {
        return;
    }
    networks_get(app, id, &info);
    if (exists) {
        nb_ok(call, network_json(&info));
    } else {
        nb_created(call, network_json(&info));
    }
}

static void delete_network(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    uint16_t id = param_id(call, "id");

    if (!nb_failed(call)) {
        nb_result(call, networks_delete(app, id), "network");
    }
}

/* --- Rules and members ------------------------------------------------------------------------ */

static void add_rule(void *aux, const struct network_rule *rule)
{
    char text[NETWORK_RULE_TEXT];

    network_rule_print(rule, text);
    json_array_append_new(aux, json_string(text));
}

static void get_rules(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);
    json_t *list;

    if (!nb_failed(call)) {
        list = json_array();
        networks_rules(app, info.id, add_rule, list);
        nb_ok(call, json_pack("{s:o}", "rules", list));
    }
}

/* {"rule": "mac 02:00:00:00:00:0a"} */
static struct network_rule body_rule(struct nb_call *call)
{
    const char *text = nb_body_text(call, "rule", 1, NETWORK_RULE_TEXT - 1);
    struct network_rule rule = {0};

    nb_body_only(call, "rule");
    if (!nb_failed(call) && network_rule_parse(text, &rule) != ERR_OK) {
        nb_fail(call, 400, "bad_value", "rule",
                "expected \"port DPID-PORT\", \"mac ADDRESS\" or \"ip ADDRESS[/LENGTH]\"");
    }
    return rule;
}

static void post_rule(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);
    struct network_rule rule = body_rule(call);
    char text[NETWORK_RULE_TEXT];

    if (!nb_failed(call) && nb_result(call, networks_rule_add(app, info.id, &rule), "rule")) {
        network_rule_print(&rule, text);
        nb_created(call, json_pack("{s:s}", "rule", text));
    }
}

static void delete_rule(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);
    struct network_rule rule = {0};

    if (!nb_failed(call) && network_rule_parse(nb_param(call, "rule"), &rule) != ERR_OK) {
        nb_fail(call, 400, "bad_value", "rule", "expected a rule as the list shows it");
    }
    if (!nb_failed(call)) {
        nb_result(call, networks_rule_remove(app, info.id, &rule), "rule");
    }
}

/* Members are picked out of all hosts, of which so many are looked at for one page. */
#define MAX_LOOKED_AT 10000

struct members {
    const void *app;
    uint16_t id;
    struct nb_page page;
};

static bool is_member(const struct members *m, const struct host *host)
{
    size_t n;
    const uint16_t *ids = networks_of(m->app, host_mac(host), &n);

    while (n > 0 && ids[n - 1] != m->id) {
        n--;
    }
    return n > 0;
}

static void add_member(void *aux, const struct host *host)
{
    struct members *m = aux;
    char key[PKT_ETH_TEXT];

    if (json_array_size(m->page.list) == m->page.limit) {
        m->page.more = true;
        return;
    }
    snprintf(m->page.last, sizeof m->page.last, "%s", pkt_eth_format(host_mac(host), key));
    if (is_member(m, host)) {
        json_array_append_new(m->page.list,
                              json_pack("{s:o,s:o,s:o}", "mac", nb_json_eth(host_mac(host)), "dpid",
                                        nb_json_dpid(host_dpid(host)), "port",
                                        nb_json_port(host_port(host))));
    }
}

/* A page may have fewer than asked for, or none, and a next one. */
static void get_members(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);
    struct members m = {.app = app, .id = info.id, .page = nb_page_begin(call)};
    struct eth_addr after;
    bool has_after = nb_hosts_page_after(call, &m.page, &after), more;

    if (!nb_failed(call)) {
        more = nb_hosts_after(call->nb, has_after ? &after : NULL, MAX_LOOKED_AT, add_member, &m);
        m.page.more = m.page.more || more;
    }
    nb_page_end(call, &m.page, "members");
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
        json_array_append_new(b->list, json_integer(info->id));
    }
}

static void get_blocks(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct network_info info = param_network(call, app);
    struct blocks b = {.app = app, .id = info.id};

    if (!nb_failed(call)) {
        b.list = json_array();
        networks_each(app, add_block, &b);
        nb_ok(call, json_pack("{s:o}", "blocked", b.list));
    }
}

static void put_block(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    uint16_t a = param_id(call, "id"), b = param_id(call, "other");

    if (!nb_failed(call)) {
        nb_result(call, networks_block(app, a, b), "network");
    }
}

static void delete_block(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    uint16_t a = param_id(call, "id"), b = param_id(call, "other");

    if (!nb_failed(call)) {
        nb_result(call, networks_unblock(app, a, b), "network");
    }
}

const struct nb_route nb_networks_routes[] = {
    NB_ROW(NB_GET, "/v1/networks", NB_READ, get_networks, "The logical networks.",
           .query = "limit,after"),
    NB_ROW(NB_GET, "/v1/networks/{id}", NB_READ, get_network, "One logical network."),
    NB_ROW(NB_PUT, "/v1/networks/{id}", NB_OPERATE, put_network,
           "Makes, renames or isolates a network; its rules stay.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/networks/{id}", NB_OPERATE, delete_network,
           "Deletes a network with its rules and blocks."),
    NB_ROW(NB_GET, "/v1/networks/{id}/rules", NB_READ, get_rules,
           "The rules that put hosts into a network."),
    NB_ROW(NB_POST, "/v1/networks/{id}/rules", NB_OPERATE, post_rule,
           "Puts a port, an address or a prefix into a network.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/networks/{id}/rules/{rule}", NB_OPERATE, delete_rule,
           "Takes a rule away."),
    NB_ROW(NB_GET, "/v1/networks/{id}/members", NB_READ, get_members,
           "The known hosts of a network.", .query = "limit,after"),
    NB_ROW(NB_GET, "/v1/networks/{id}/blocked", NB_READ, get_blocks,
           "The networks that it may not talk to."),
    NB_ROW(NB_PUT, "/v1/networks/{id}/blocked/{other}", NB_OPERATE, put_block,
           "Keeps two networks from talking to each other."),
    NB_ROW(NB_DELETE, "/v1/networks/{id}/blocked/{other}", NB_OPERATE, delete_block,
           "Lets two networks talk to each other again."),
    {0},
};
