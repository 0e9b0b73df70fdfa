/* Static flows at the paths of the original controller, /wm/staticflowpusher. Values are texts, actions
 * one text "output=2,set_field=eth_dst->02:00:00:00:00:0a". Names are names at one switch, and what is
 * wrong is answered by an error: originally names were those of all switches together, so that an
 * entry moved when another switch got one with its name, and every answer was 200. Cookies are
 * accepted and not used: they say who owns an entry. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_static.h"

#define BASE "/wm/staticflowpusher"

/* --- Names of fields and actions -------------------------------------------------------------- */

struct alias {
    const char *theirs, *ours;
};

static const struct alias fields[] = {{"eth_vlan_vid", "vlan_vid"},
                                      {"eth_vlan_pcp", "vlan_pcp"},
                                      {"ipv6_label", "ipv6_flabel"},
                                      {"arp_opcode", "arp_op"}};
static const struct alias actions[] = {{"set_ip_ttl", "set_nw_ttl"}, {"dec_ip_ttl", "dec_nw_ttl"}};

#define OURS(table, name) ours(table, sizeof(table) / sizeof(table)[0], name)

static const char *ours(const struct alias *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].theirs, name) == 0) {
            return table[i].ours;
        }
    }
    return name;
}

/* --- Matches ---------------------------------------------------------------------------------- */

/* tp_src and tp_dst are those of the protocol. */
static enum of_field port_field(struct nb_call *call, const char *key)
{
    uint64_t proto = 0;
    bool is_src = strcmp(key, "tp_src") == 0;

    nb_number_parse(json_object_get(call->body, "ip_proto"), UINT8_MAX, &proto);
    switch (proto) {
    case 6:
        return is_src ? OF_FIELD_TCP_SRC : OF_FIELD_TCP_DST;
    case 17:
        return is_src ? OF_FIELD_UDP_SRC : OF_FIELD_UDP_DST;
    case 132:
        return is_src ? OF_FIELD_SCTP_SRC : OF_FIELD_SCTP_DST;
    default:
        nb_fail(call, 400, "missing", key, "%s needs ip_proto 6, 17 or 132", key);
        return OF_FIELD_TCP_SRC;
    }
}

/* The byte of which six bits are now ip_dscp and two ip_ecn. */
static void add_tos(struct nb_call *call, const json_t *json, struct of_match *match)
{
    uint64_t tos = 0;

    if (!nb_number_parse(json, UINT8_MAX, &tos)) {
        nb_fail(call, 400, "bad_value", "ip_tos", "expected a number from 0 to 255");
    }
    OF_MATCH_SET(match, IP_DSCP, ip_dscp, (uint8_t)(tos >> 2));
    OF_MATCH_SET(match, IP_ECN, ip_ecn, (uint8_t)(tos & 3));
}

static bool is_other_key(const char *key)
{
    static const char *const others[] = {"name",   "switch",       "table",
                                         "active", "idle_timeout", "priority",
                                         "cookie", "hard_timeout", "actions"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(key, others[i]) == 0) {
            return true;
        }
    }
    return strncmp(key, "instruction_", strlen("instruction_")) == 0;
}

static void read_match(struct nb_call *call, struct of_match *out)
{
    const char *key;
    json_t *value;

    json_object_foreach (call->body, key, value) {
        bool is_port = strcmp(key, "tp_src") == 0 || strcmp(key, "tp_dst") == 0;
        enum of_field field = is_port ? port_field(call, key) : of_field_find(OURS(fields, key));

        if (strcmp(key, "ip_tos") == 0) {
            add_tos(call, value, out);
        } else if (field != OF_N_FIELDS) {
            nb_match_add(call, key, field, value, out);
        } else if (!is_other_key(key)) {
            nb_fail(call, 400, "unknown_key", key, "this key is not known here");
        }
    }
    nb_match_check(call, "", out);
}

/* --- Actions ---------------------------------------------------------------------------------- */

/* "eth_dst->02:00:00:00:00:0a" as an object; also with '='. */
static json_t *set_field_json(char *text)
{
    char *arrow = strstr(text, "->");
    char *value = arrow ? arrow + 2 : strchr(text, '=');

    if (!value) {
        return json_string(text); /* Which is refused. */
    }
    if (arrow) {
        *arrow = '\0';
    } else {
        *value++ = '\0';
    }
    return json_pack("{s:o}", OURS(fields, text), nb_json_text(value));
}

/* "output=2" as an object. */
static json_t *action_json(char *text)
{
    char *equals = strchr(text, '=');
    json_t *value;

    if (equals) {
        *equals = '\0';
    }
    if (!equals) {
        value = json_true();
    } else if (strcmp(text, "set_field") == 0) {
        value = set_field_json(equals + 1);
    } else {
        value = nb_json_text(equals + 1);
    }
    return json_pack("{s:o}", OURS(actions, text), value);
}

static json_t *actions_json(struct nb_call *call, const char *key, const json_t *text)
{
    json_t *list = json_array();
    char *copy = xstrdup(json_is_string(text) ? json_string_value(text) : ""), *save = NULL;

    if (!json_is_string(text)) {
        nb_fail(call, 400, "bad_value", key, "expected a text such as \"output=2\"");
    }
    for (char *p = strtok_r(copy, ", ", &save); p; p = strtok_r(NULL, ", ", &save)) {
        json_array_append_new(list, action_json(p));
    }
    free(copy);
    return list;
}

static void read_actions(struct nb_call *call, const char *key, struct arena *arena,
                         struct of_actions *out, bool *has)
{
    const json_t *text = json_object_get(call->body, key);
    json_t *list = text ? actions_json(call, key, text) : NULL;

    if (list) {
        nb_actions_parse(call, key, list, arena, out);
        *has = true;
    }
    json_decref(list);
}

/* --- Instructions ----------------------------------------------------------------------------- */

static uint64_t number_or(struct nb_call *call, const char *key, uint64_t max, uint64_t normal)
{
    const json_t *value = json_object_get(call->body, key);
    uint64_t v = normal;

    if (value && !nb_number_parse(value, max, &v)) {
        nb_fail(call, 400, "bad_value", key, "expected a number from 0 to %llu",
                (unsigned long long)max);
    }
    return v;
}

static void read_metadata(struct nb_call *call, struct of_instructions *out)
{
    static const char key[] = "instruction_write_metadata";
    const json_t *value = json_object_get(call->body, key);
    struct nb_field_value v;

    if (value && nb_field_parse(call, key, OF_FIELD_METADATA, value, &v)) {
        out->has_metadata = true;
        out->metadata = v.value.lo;
        out->metadata_mask = v.mask.lo;
    }
}

static void check_instructions(struct nb_call *call)
{
    static const char *const known[] = {"apply_actions", "write_actions", "clear_actions",
                                        "goto_table",    "goto_meter",    "write_metadata"};
    size_t skip = strlen("instruction_");
    const char *key;
    json_t *value;

    json_object_foreach (call->body, key, value) {
        bool ok = strncmp(key, "instruction_", skip) != 0;

        for (size_t i = 0; i < sizeof known / sizeof known[0] && !ok; i++) {
            ok = strcmp(key + skip, known[i]) == 0;
        }
        if (!ok) {
            nb_fail(call, 400, "unknown_key", key, "this instruction is not known here");
        }
    }
}

static void read_instructions(struct nb_call *call, struct arena *arena,
                              struct of_instructions *out)
{
    check_instructions(call);
    read_actions(call, "actions", arena, &out->apply, &out->has_apply);
    if (out->has_apply && nb_body_has(call, "instruction_apply_actions")) {
        nb_fail(call, 400, "bad_value", "actions",
                "expected either actions or instruction_apply_actions");
    }
    read_actions(call, "instruction_apply_actions", arena, &out->apply, &out->has_apply);
    read_actions(call, "instruction_write_actions", arena, &out->write, &out->has_write);
    out->has_clear = nb_body_has(call, "instruction_clear_actions");
    out->has_goto = nb_body_has(call, "instruction_goto_table");
    out->goto_table = (uint8_t)number_or(call, "instruction_goto_table", OF_TABLE_MAX, 0);
    out->has_meter = nb_body_has(call, "instruction_goto_meter");
    out->meter_id = (uint32_t)number_or(call, "instruction_goto_meter", OF_METER_MAX, 0);
    read_metadata(call, out);
}

/* --- One entry -------------------------------------------------------------------------------- */

static bool read_active(struct nb_call *call)
{
    const json_t *value = json_object_get(call->body, "active");
    const char *text = json_is_boolean(value) ? (json_is_true(value) ? "true" : "false")
                                              : json_string_value(value);

    if (value && (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))) {
        nb_fail(call, 400, "bad_value", "active", "expected \"true\" or \"false\"");
        return false;
    }
    return !value || strcmp(text, "true") == 0;
}

static void post_entry(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    struct static_flow flow = {.dpid = nb_body_dpid(call, "switch"),
                               .name = nb_body_text(call, "name", 1, STATIC_FLOW_NAME_LEN),
                               .is_enabled = read_active(call)};
    struct flow_spec *spec = &flow.spec;
    struct arena arena = ARENA_INIT;
    bool exists;

    spec->table_id = (uint8_t)number_or(call, "table", OF_TABLE_MAX, 0);
    spec->priority = (uint16_t)number_or(call, "priority", UINT16_MAX, NB_STATIC_PRIORITY);
    spec->idle_timeout_s = (uint16_t)number_or(call, "idle_timeout", UINT16_MAX, 0);
    spec->hard_timeout_s = (uint16_t)number_or(call, "hard_timeout", UINT16_MAX, 0);
    read_match(call, &spec->match);
    read_instructions(call, &arena, &spec->ins);
    if (!nb_failed(call)) {
        exists = static_flows_find(app, flow.dpid, flow.name, nb_static_ignore, NULL) == ERR_OK;
        if (nb_static_put(call, app, &flow)) {
            json_t *answer = json_pack("{s:s}", "status", "Entry pushed");

            if (exists) {
                nb_ok(call, answer);
            } else {
                nb_created(call, answer);
            }
        }
    }
    arena_fini(&arena);
}

struct search {
    const char *name;
    size_t n;
    dpid_t dpid; /* Of the latest. */
};

static void count_named(void *aux, const struct static_flow_info *info)
{
    struct search *s = aux;

    if (strcmp(info->flow.name, s->name) == 0) {
        s->n++;
        s->dpid = info->flow.dpid;
    }
}

/* The one with the name; where several switches have one, "switch" says which. */
static void delete_entry(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    struct search s = {.name = nb_body_text(call, "name", 1, STATIC_FLOW_NAME_LEN)};
    bool has_switch = nb_body_has(call, "switch");
    dpid_t dpid = has_switch ? nb_body_dpid(call, "switch") : 0;

    nb_body_only(call, "name,switch");
    if (nb_failed(call)) {
        return;
    }
    static_flows_each(app, has_switch ? &dpid : NULL, count_named, &s);
    if (s.n > 1) {
        nb_fail(call, 409, "conflict", "switch", "%zu switches have an entry with this name", s.n);
    } else if (s.n == 0) {
        nb_not_found(call, "entry");
    } else if (nb_result(call, static_flows_remove(app, s.dpid, s.name), "entry")) {
        nb_ok(call, json_pack("{s:s}", "status", "Entry deleted"));
    }
}

/* --- All entries ------------------------------------------------------------------------------ */

json_t *nb_compat_match(const struct of_match *ours)
{
    json_t *match = nb_match_json(ours);

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_t *value = json_object_get(match, fields[i].ours);

        if (value) {
            json_object_set(match, fields[i].theirs, value);
            json_object_del(match, fields[i].ours);
        }
    }
    return match;
}

static json_t *entry_json(const struct static_flow_info *info)
{
    const struct flow_spec *spec = &info->flow.spec;

    return json_pack(
        "{s:s,s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:o}", "command", "ADD", "tableId",
        json_sprintf("%u", spec->table_id), "priority", json_sprintf("%u", spec->priority),
        "idleTimeoutSec", json_sprintf("%u", spec->idle_timeout_s), "hardTimeoutSec",
        json_sprintf("%u", spec->hard_timeout_s), "active",
        info->flow.is_enabled ? "true" : "false", "state", static_flow_state_name(info->state),
        "match", nb_compat_match(&spec->match), "instructions", nb_instructions_json(&spec->ins));
}

/* {"00:00:00:00:00:00:00:01": [{"name": {...}}]} */
static void add_entry(void *aux, const struct static_flow_info *info)
{
    char key[NB_COMPAT_DPID];
    json_t *list;

    nb_compat_dpid_text(info->flow.dpid, key);
    list = json_object_get(aux, key);
    if (!list) {
        list = json_array();
        json_object_set_new(aux, key, list);
    }
    json_array_append_new(list, json_pack("{s:o}", info->flow.name, entry_json(info)));
}

static void get_list(struct nb_call *call)
{
    const void *app = nb_app(call, "static_flows");
    dpid_t dpid = nb_compat_is_all(call) ? 0 : nb_param_dpid(call, "dpid");
    json_t *out;

    if (!nb_failed(call)) {
        out = json_object();
        static_flows_each(app, nb_compat_is_all(call) ? NULL : &dpid, add_entry, out);
        nb_ok(call, out);
    }
}

static void get_clear(struct nb_call *call)
{
    void *app = nb_app(call, "static_flows");
    dpid_t dpid = nb_compat_is_all(call) ? 0 : nb_param_dpid(call, "dpid");
    size_t n = 0;

    if (!nb_failed(call) &&
        nb_result(call, static_flows_clear(app, nb_compat_is_all(call) ? NULL : &dpid, &n),
                  "entry")) {
        nb_ok(call, json_pack("{s:s,s:o}", "status", "Entries deleted", "n", nb_json_u64(n)));
    }
}

const struct nb_route nb_static_compat_routes[] = {
    NB_ROW(NB_POST, BASE "/json", NB_OPERATE, post_entry,
           "Wants an entry, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_DELETE, BASE "/json", NB_OPERATE, delete_entry,
           "Takes an entry away, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_POST, BASE "/json/store", NB_OPERATE, post_entry,
           "Wants an entry, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_POST, BASE "/json/delete", NB_OPERATE, delete_entry,
           "Takes an entry away, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_GET, BASE "/list/{dpid}/json", NB_READ, get_list,
           "The entries of a switch or of all."),
    NB_ROW(NB_GET, BASE "/clear/{dpid}/json", NB_OPERATE, get_clear,
           "Takes the entries of a switch or of all away."),
    {0},
};
