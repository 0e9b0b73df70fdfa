/* Static flows: entries that an operator wants. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "controller/apps/static_flows.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_static.h"

#define KEYS "enabled,table_id,priority,idle_timeout_s,hard_timeout_s,match,actions,instructions"

/* --- Answers ---------------------------------------------------------------------------------- */

static json_t *flow_json(const struct static_flow_info *info)
{
    const struct flow_spec *spec = &info->flow.spec;

    return json_pack(
        "{s:o,s:o,s:b,s:s,s:o,s:o,s:i,s:i,s:i,s:i,s:o,s:o}", "dpid", nb_json_dpid(info->flow.dpid),
        "name", nb_json_text(info->flow.name), "enabled", info->flow.is_enabled, "state",
        static_flow_state_name(info->state), "error",
        info->error == OF_OK ? json_null() : json_string(of_err_name(info->error)), "repaired",
        nb_json_u64(info->n_repaired), "table_id", (int)spec->table_id, "priority",
        (int)spec->priority, "idle_timeout_s", (int)spec->idle_timeout_s, "hard_timeout_s",
        (int)spec->hard_timeout_s, "match", nb_match_json(&spec->match), "instructions",
        nb_instructions_lists(&spec->ins));
}

struct listing {
    struct nb_page page;
};

/* Keys ascend as switches and names do. */
static void add_flow(void *aux, const struct static_flow_info *info)
{
    struct listing *l = aux;
    char key[16 + 1 + STATIC_FLOW_NAME_LEN + 1];

    snprintf(key, sizeof key, "%016" PRIx64 "/%s", info->flow.dpid, info->flow.name);
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list, flow_json(info));
    }
}

static void get_flows(struct nb_call *call)
{
    const void *app = nb_app(call, "static_flows");
    struct listing l = {nb_page_begin(call)};

    if (app) {
        static_flows_each(app, NULL, add_flow, &l);
    }
    nb_page_end(call, &l.page, "flows");
}

static void note_json(void *aux, const struct static_flow_info *info)
{
    *(json_t **)aux = flow_json(info);
}

static json_t *find(const void *app, dpid_t dpid, const char *name)
{
    json_t *out = NULL;

    static_flows_find(app, dpid, name, note_json, &out);
    return out;
}

static void get_flow(struct nb_call *call)
{
    const void *app = nb_app(call, "static_flows");
    dpid_t dpid = nb_param_dpid(call, "dpid");
    json_t *flow = nb_failed(call) ? NULL : find(app, dpid, nb_param(call, "name"));

    if (flow) {
        nb_ok(call, flow);
    } else {
        nb_not_found(call, "static flow");
    }
}

/* --- Changes ---------------------------------------------------------------------------------- */

bool nb_static_put(struct nb_call *call, void *app, const struct static_flow *flow)
{
    struct static_flow_fault fault = {0};
    enum err err = static_flows_put(app, flow, &fault);

    if (fault.field) {
        bool is_whole = strcmp(fault.field, "entry") == 0;

        nb_fail(call, err == ERR_EXISTS ? 409 : 400, err == ERR_EXISTS ? "conflict" : "bad_value",
                is_whole ? NULL : fault.field, "%s", fault.text);
        return false;
    }
    return nb_result(call, err, "static flow");
}

/* What the body says but for who it is; lists are in 'arena'. */
static void read_flow(struct nb_call *call, struct arena *arena, struct static_flow *flow)
{
    const json_t *actions = nb_body_array_or(call, "actions");
    struct flow_spec *spec = &flow->spec;

    flow->is_enabled = nb_body_bool_or(call, "enabled", true);
    spec->table_id = (uint8_t)nb_body_u64_or(call, "table_id", 0, OF_TABLE_MAX, 0);
    spec->priority = (uint16_t)nb_body_u64_or(call, "priority", 0, UINT16_MAX, NB_STATIC_PRIORITY);
    spec->idle_timeout_s = (uint16_t)nb_body_u64_or(call, "idle_timeout_s", 0, UINT16_MAX, 0);
    spec->hard_timeout_s = (uint16_t)nb_body_u64_or(call, "hard_timeout_s", 0, UINT16_MAX, 0);
    nb_match_parse(call, "match", json_object_get(call->body, "match"), &spec->match);
    nb_instructions_parse(call, "instructions", json_object_get(call->body, "instructions"), arena,
                          &spec->ins);
    if (actions && spec->ins.has_apply) {
        nb_fail(call, 400, "bad_value", "actions",
                "expected either actions or instructions.apply_actions");
    } else if (actions) {
        nb_actions_parse(call, "actions", actions, arena, &spec->ins.apply);
        spec->ins.has_apply = true;
    }
}

/* Puts 'flow' and answers with what has become of it. */
static void put_and_tell(struct nb_call *call, void *app, const struct static_flow *flow)
{
    bool exists = static_flows_find(app, flow->dpid, flow->name, nb_static_ignore, NULL) == ERR_OK;

    if (exists && call->route->method == NB_POST) {
        nb_fail(call, 409, "conflict", "name", "the switch has a static flow with this name");
    } else if (nb_static_put(call, app, flow)) {
        json_t *json = find(app, flow->dpid, flow->name);

        if (exists) {
            nb_ok(call, json);
        } else {
            nb_created(call, json);
        }
    }
}

void nb_static_ignore(void *aux, const struct static_flow_info *info)
{
    (void)aux;
    (void)info;
}

static void put_flow(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    struct static_flow flow = {.dpid = nb_param_dpid(call, "dpid"), .name = nb_param(call, "name")};
    struct arena arena = ARENA_INIT;

    nb_body_only(call, KEYS);
    read_flow(call, &arena, &flow);
    if (!nb_failed(call)) {
        put_and_tell(call, app, &flow);
    }
    arena_fini(&arena);
}

static void post_flow(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    struct static_flow flow = {.dpid = nb_body_dpid(call, "dpid"),
                               .name = nb_body_text(call, "name", 1, STATIC_FLOW_NAME_LEN)};
    struct arena arena = ARENA_INIT;

    nb_body_only(call, "dpid,name," KEYS);
    read_flow(call, &arena, &flow);
    if (!nb_failed(call)) {
        put_and_tell(call, app, &flow);
    }
    arena_fini(&arena);
}

static void delete_flow(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    dpid_t dpid = nb_param_dpid(call, "dpid");

    if (!nb_failed(call)) {
        nb_result(call, static_flows_remove(app, dpid, nb_param(call, "name")), "static flow");
    }
}

static void enable(struct nb_call *call, bool is_enabled)
{
    void *app = nb_app(call, "static_flows");
    dpid_t dpid = nb_param_dpid(call, "dpid");

    if (!nb_failed(call)) {
        nb_result(call, static_flows_enable(app, dpid, nb_param(call, "name"), is_enabled),
                  "static flow");
    }
}

static void put_enabled(struct nb_call *call)
{
    enable(call, true);
}

static void delete_enabled(struct nb_call *call)
{
    enable(call, false);
}

const struct nb_route nb_static_flows_routes[] = {
    NB_ROW(NB_GET, "/v1/static-flows", NB_READ, get_flows,
           "The entries that operators want, and what has become of them.", .query = "limit,after"),
    NB_ROW(NB_POST, "/v1/static-flows", NB_OPERATE, post_flow,
           "Wants an entry with a new name at a switch.", .body = NB_BODY_JSON),
    NB_ROW(NB_GET, "/v1/static-flows/{dpid}/{name}", NB_READ, get_flow, "One static flow."),
    NB_ROW(NB_PUT, "/v1/static-flows/{dpid}/{name}", NB_OPERATE, put_flow,
           "Wants an entry, in place of the one with its name at the switch.",
           .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/static-flows/{dpid}/{name}", NB_OPERATE, delete_flow,
           "Takes a static flow away."),
    NB_ROW(NB_PUT, "/v1/static-flows/{dpid}/{name}/enabled", NB_OPERATE, put_enabled,
           "Wants a static flow at its switch again."),
    NB_ROW(NB_DELETE, "/v1/static-flows/{dpid}/{name}/enabled", NB_OPERATE, delete_enabled,
           "Keeps a static flow, but not at its switch."),
    {0},
};
