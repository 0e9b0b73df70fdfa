/* Rules of logical networks at the paths of the original controller. Types are 1 (a port, "DPID-PORT"), 2
 * (a MAC address) and 3 (an IP address, or a prefix); a rule is known by its place among those of its
 * type. What the body says counts, not the path, as it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/logical_networks.h"
#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_network_service.h"
#include "controller/northbound/nb_resources.h"

#define PATH NB_NS_BASE "/rules/type/{type}/network/{vnid}"

#define ALL_TYPES 0

/* 1, 2, 3; "all" (ALL_TYPES) where that may be. */
static int rule_type(struct nb_call *call, const char *text, bool may_be_all)
{
    if (may_be_all && strcmp(text, "all") == 0) {
        return ALL_TYPES;
    }
    if (!text[0] || text[1] || text[0] < '1' || text[0] > '3') {
        nb_fail(call, 400, "bad_value", "type", "expected 1 (a port), 2 (a MAC address)%s",
                may_be_all ? ", 3 (an IP address) or all" : " or 3 (an IP address)");
        return NETWORK_RULE_PORT;
    }
    return text[0] - '0';
}

/* --- Looking ---------------------------------------------------------------------------------- */

/* Goes through the rules of a network, and numbers those of each type. */
struct visit {
    int type; /* Of interest. */
    uint16_t vnid;
    unsigned n[4]; /* Of each type, so far. */
    json_t *out;   /* Where they go, or... */
    uint64_t index;
    bool found; /* ...the one with that index. */
    struct network_rule rule;
};

/* As it was written: without the type, and with colons in datapath ids. */
static json_t *match_json(const struct network_rule *rule)
{
    char text[NETWORK_RULE_TEXT], dpid[NB_COMPAT_DPID];

    if (rule->type == NETWORK_RULE_PORT) {
        return json_sprintf("%s-%u", nb_compat_dpid_text(rule->dpid, dpid), rule->port);
    }
    network_rule_print(rule, text);
    return json_string(strchr(text, ' ') + 1);
}

static void add_rule(void *aux, const struct network_rule *rule)
{
    struct visit *v = aux;
    unsigned index = v->n[rule->type]++;
    char key[32];

    if (v->type == ALL_TYPES || v->type == (int)rule->type) {
        snprintf(key, sizeof key, "%d-%u-%u", (int)rule->type, v->vnid, index);
        json_object_set_new(v->out, key,
                            json_pack("{s:i,s:o,s:o}", "type", (int)rule->type, "vnid",
                                      nb_compat_number(v->vnid), "match", match_json(rule)));
    }
}

static void get_rules(struct nb_call *call)
{
    const void *app = nb_app(call, "logical_networks");
    struct visit v = {.type = rule_type(call, nb_param(call, "type"), true)};

    if (!nb_failed(call)) {
        v.vnid = nb_ns_known_network(call, app, nb_param(call, "vnid"), "vnid");
    }
    if (!nb_failed(call)) {
        v.out = json_object();
        networks_rules(app, v.vnid, add_rule, &v);
        nb_ok(call, v.out);
    }
}

/* --- Changing --------------------------------------------------------------------------------- */

/* "00:00:00:00:00:00:00:01-3" as "port 0000000000000001-3". */
static bool parse_port(const char *match, struct network_rule *out)
{
    char dpid[NB_COMPAT_DPID], text[NETWORK_RULE_TEXT];
    const char *dash = strrchr(match, '-');
    size_t n = dash ? (size_t)(dash - match) : 0;
    dpid_t id;

    if (n == 0 || n >= sizeof dpid) {
        return false;
    }
    memcpy(dpid, match, n);
    dpid[n] = '\0';
    if (!nb_dpid_parse(dpid, &id) || strlen(dash) > 12) {
        return false;
    }
    snprintf(text, sizeof text, "port " DPID_FMT "%s", DPID_ARGS(id), dash);
    return network_rule_parse(text, out) == ERR_OK;
}

static bool parse_match(int type, const char *match, struct network_rule *out)
{
    char text[NETWORK_RULE_TEXT];

    if (type == NETWORK_RULE_PORT) {
        return parse_port(match, out);
    }
    return snprintf(text, sizeof text, "%s %s", type == NETWORK_RULE_MAC ? "mac" : "ip", match) <
               (int)sizeof text &&
           network_rule_parse(text, out) == ERR_OK;
}

/* {"attachment": {"type": "1", "vnid": "2", "match": "00:00:00:00:00:00:00:01-3"}} */
static void put_rule(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    int type = rule_type(call, nb_ns_text(call, "attachment", "type"), false);
    const char *match = nb_ns_text(call, "attachment", "match");
    const char *vnid = nb_ns_text(call, "attachment", "vnid");
    struct network_rule rule;
    uint16_t id = 0;

    if (!nb_failed(call)) {
        id = nb_ns_known_network(call, app, vnid, "vnid");
    }
    if (!nb_failed(call) && !parse_match(type, match, &rule)) {
        nb_fail(call, 400, "bad_value", "match", "expected %s",
                type == NETWORK_RULE_PORT  ? "a port such as 00:00:00:00:00:00:00:01-3"
                : type == NETWORK_RULE_MAC ? "an address such as 02:00:00:00:00:0a"
                                           : "an address such as 10.0.0.1 or 10.0.0.0/8");
    }
    if (!nb_failed(call) && nb_result(call, networks_rule_add(app, id, &rule), "rule")) {
        nb_ns_ok(call);
    }
}

static void find_rule(void *aux, const struct network_rule *rule)
{
    struct visit *v = aux;

    if ((int)rule->type == v->type && v->n[rule->type]++ == v->index) {
        v->found = true;
        v->rule = *rule;
    }
}

/* {"attachment": {"type": "1", "vnid": "2", "id": "0"}} */
static void delete_rule(struct nb_call *call)
{
    void *app = nb_app(call, "logical_networks");
    struct visit v = {.type = rule_type(call, nb_ns_text(call, "attachment", "type"), false)};
    const char *vnid = nb_ns_text(call, "attachment", "vnid");
    const char *index = nb_ns_text(call, "attachment", "id");

    if (!nb_failed(call)) {
        v.vnid = nb_ns_known_network(call, app, vnid, "vnid");
    }
    if (!nb_failed(call) &&
        (!index[0] || strlen(index) > 9 || index[strspn(index, "0123456789")])) {
        nb_fail(call, 400, "bad_value", "id", "expected the place of a rule, from 0");
    }
    if (nb_failed(call)) {
        return;
    }
    v.index = strtoull(index, NULL, 10);
    networks_rules(app, v.vnid, find_rule, &v);
    if (!v.found) {
        nb_not_found(call, "rule");
    } else if (nb_result(call, networks_rule_remove(app, v.vnid, &v.rule), "rule")) {
        nb_ns_ok(call);
    }
}

const struct nb_route nb_network_rules_routes[] = {
    NB_ROW(NB_GET, PATH, NB_READ, get_rules, "The rules of a network, of one type or \"all\"."),
    NB_ROW(NB_PUT, PATH, NB_OPERATE, put_rule, "As POST /v1/networks/{id}/rules.",
           .body = NB_BODY_ANY),
    NB_ROW(NB_POST, PATH, NB_OPERATE, put_rule, "As POST /v1/networks/{id}/rules.",
           .body = NB_BODY_ANY),
    NB_ROW(NB_DELETE, PATH, NB_OPERATE, delete_rule, "As DELETE /v1/networks/{id}/rules/{rule}.",
           .body = NB_BODY_ANY),
    {0},
};
