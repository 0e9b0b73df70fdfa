/* The firewall: what hosts may send. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "controller/northbound/nb_firewall.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/northbound/nb_resources.h"

#define APP "firewall"
#define KEYS "priority,action,dpid,match"

/* --- Answers ---------------------------------------------------------------------------------- */

static json_t *id_or_null(uint32_t id)
{
    return id ? nb_json_u64(id) : json_null();
}

static json_t *rule_json(const struct firewall_info *info)
{
    const struct firewall_rule *r = &info->rule;

    return json_pack(
        "{s:o,s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", nb_json_u64(r->id),
        "priority", (int)r->priority, "action", r->action == FIREWALL_DENY ? "deny" : "allow",
        "dpid", r->has_dpid ? nb_json_dpid(r->dpid) : json_null(), "match",
        nb_match_json(&r->match), "shadowed_by", id_or_null(info->shadowed_by), "overlaps",
        id_or_null(info->overlaps), "packets", nb_json_u64(info->n_packets), "bytes",
        nb_json_u64(info->n_bytes), "packet_ins", nb_json_u64(info->n_packet_ins), "entries",
        nb_json_u64(info->n_entries), "confirmed", nb_json_u64(info->n_confirmed), "refused",
        nb_json_u64(info->n_refused));
}

static json_t *firewall_json(const void *app)
{
    const struct firewall_counters n = firewall_counters(app);
    json_t *counters = json_object();

#define X(name) json_object_set_new(counters, #name, nb_json_u64(n.name));
    FIREWALL_COUNTERS(X)
#undef X
    return json_pack("{s:b,s:o,s:b,s:o}", "enabled", firewall_is_enabled(app), "rules",
                     nb_json_u64(firewall_n_rules(app)), "settled", firewall_is_settled(app),
                     "counters", counters);
}

static void get_firewall(struct nb_call *call)
{
    const void *app = nb_app(call, APP);

    if (!nb_failed(call)) {
        nb_ok(call, firewall_json(app));
    }
}

/* Keys ascend in the order in which rules are asked. */
static void add_rule(void *aux, const struct firewall_info *info)
{
    struct nb_page *page = aux;
    char key[32];

    snprintf(key, sizeof key, "%05u-%010" PRIu32, (unsigned)(UINT16_MAX - info->rule.priority),
             info->rule.id);
    if (nb_page_wants(page, key)) {
        json_array_append_new(page->list, rule_json(info));
    }
}

static void get_rules(struct nb_call *call)
{
    const void *app = nb_app(call, APP);
    struct nb_page page = nb_page_begin(call);

    if (app) {
        firewall_each(app, add_rule, &page);
    }
    nb_page_end(call, &page, "rules");
}

static void get_rule(struct nb_call *call)
{
    const void *app = nb_app(call, APP);
    uint32_t id = (uint32_t)nb_param_u64(call, "id", UINT32_MAX);
    struct firewall_info info;

    if (nb_failed(call)) {
        return;
    }
    if (firewall_find(app, id, &info)) {
        nb_not_found(call, "rule");
    } else {
        nb_ok(call, rule_json(&info));
    }
}

/* --- Changes ---------------------------------------------------------------------------------- */

bool nb_firewall_result(struct nb_call *call, enum err err, const struct firewall_fault *fault,
                        const char *parent)
{
    char label[NB_LABEL_LEN];

    if (!err || !fault->field) {
        return nb_result(call, err, "rule");
    }
    nb_label(label, fault->in_match ? parent : "", fault->field);
    if (strcmp(fault->field, "rule") == 0) {
        nb_fail(call, 409, "conflict", NULL, "%s", fault->text);
    } else {
        nb_fail(call, 400, "bad_value", label, "%s", fault->text);
    }
    return false;
}

static enum firewall_action read_action(struct nb_call *call)
{
    const char *text = nb_body_text(call, "action", 1, 16);

    if (strcmp(text, "allow") != 0 && strcmp(text, "deny") != 0) {
        nb_fail(call, 400, "bad_value", "action", "expected \"allow\" or \"deny\"");
    }
    return strcmp(text, "deny") == 0 ? FIREWALL_DENY : FIREWALL_ALLOW;
}

static void read_rule(struct nb_call *call, struct firewall_rule *out)
{
    nb_body_only(call, KEYS);
    out->action = read_action(call);
    out->priority = (uint16_t)nb_body_u64_or(call, "priority", 0, UINT16_MAX, NB_FIREWALL_PRIORITY);
    out->has_dpid = nb_body_has(call, "dpid") && !json_is_null(json_object_get(call->body, "dpid"));
    if (out->has_dpid) {
        out->dpid = nb_body_dpid(call, "dpid");
    }
    nb_match_parse(call, "match", json_object_get(call->body, "match"), &out->match);
}

static void tell_rule(struct nb_call *call, const void *app, uint32_t id,
                      void (*answer)(struct nb_call *, json_t *))
{
    struct firewall_info info;

    if (firewall_find(app, id, &info) == ERR_OK) {
        answer(call, rule_json(&info));
    }
}

static void post_rule(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    struct firewall_rule rule = {0};
    struct firewall_fault fault = {0};
    uint32_t id = 0;

    read_rule(call, &rule);
    if (!nb_failed(call) &&
        nb_firewall_result(call, firewall_add(app, &rule, &id, &fault), &fault, "match")) {
        tell_rule(call, app, id, nb_created);
    }
}

static void put_rule(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    struct firewall_rule rule = {.id = (uint32_t)nb_param_u64(call, "id", UINT32_MAX)};
    struct firewall_fault fault = {0};

    read_rule(call, &rule);
    if (!nb_failed(call) &&
        nb_firewall_result(call, firewall_put(app, &rule, &fault), &fault, "match")) {
        tell_rule(call, app, rule.id, nb_ok);
    }
}

static void delete_rule(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    uint32_t id = (uint32_t)nb_param_u64(call, "id", UINT32_MAX);

    if (!nb_failed(call)) {
        nb_result(call, firewall_remove(app, id), "rule");
    }
}

static void delete_rules(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    size_t n = 0;

    if (!nb_failed(call) && nb_result(call, firewall_clear(app, NULL, &n), "rule")) {
        nb_ok(call, json_pack("{s:o}", "removed", nb_json_u64(n)));
    }
}

static void put_firewall(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    bool is_enabled = nb_body_bool_or(call, "enabled", true);

    nb_body_only(call, "enabled");
    if (!nb_body_has(call, "enabled")) {
        nb_fail(call, 400, "missing", "enabled", "expected true or false");
    }
    if (!nb_failed(call) && nb_result(call, firewall_enable(app, is_enabled), "firewall")) {
        nb_ok(call, firewall_json(app));
    }
}

const struct nb_route nb_firewall_routes[] = {
    NB_ROW(NB_GET, "/v1/firewall", NB_READ, get_firewall,
           "Whether the firewall is in force, and its counters."),
    NB_ROW(NB_PUT, "/v1/firewall", NB_OPERATE, put_firewall,
           "Puts the firewall in force, or out of it.", .body = NB_BODY_JSON),
    NB_ROW(NB_GET, "/v1/firewall/rules", NB_READ, get_rules,
           "The rules, in the order in which they are asked.", .query = "limit,after"),
    NB_ROW(NB_POST, "/v1/firewall/rules", NB_OPERATE, post_rule, "Adds a rule.",
           .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/firewall/rules", NB_OPERATE, delete_rules, "Takes all rules away."),
    NB_ROW(NB_GET, "/v1/firewall/rules/{id}", NB_READ, get_rule, "One rule."),
    NB_ROW(NB_PUT, "/v1/firewall/rules/{id}", NB_OPERATE, put_rule,
           "Puts another rule in place of one.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/firewall/rules/{id}", NB_OPERATE, delete_rule, "Takes a rule away."),
    {0},
};
