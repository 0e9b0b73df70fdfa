/* Actions and instructions that a client has written, and in the same form. */
#include <stdio.h>
#include <string.h>

#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/openflow/of_text.h"

/* What stands behind the name of an action. */
enum shape { NOTHING, NUMBER, ETHERTYPE, OUTPUT, FIELD, COPY, ENQUEUE };

struct action_kind {
    const char *name;
    enum of_action_type type;
    enum shape shape;
    uint64_t max; /* NUMBER. */
};

static const struct action_kind kinds[] = {
    {"output", OF_ACT_OUTPUT, OUTPUT, 0},
    {"group", OF_ACT_GROUP, NUMBER, OF_GROUP_MAX},
    {"set_field", OF_ACT_SET_FIELD, FIELD, 0},
    {"push_vlan", OF_ACT_PUSH_VLAN, ETHERTYPE, 0},
    {"pop_vlan", OF_ACT_POP_VLAN, NOTHING, 0},
    {"push_mpls", OF_ACT_PUSH_MPLS, ETHERTYPE, 0},
    {"pop_mpls", OF_ACT_POP_MPLS, ETHERTYPE, 0},
    {"push_pbb", OF_ACT_PUSH_PBB, ETHERTYPE, 0},
    {"pop_pbb", OF_ACT_POP_PBB, NOTHING, 0},
    {"set_queue", OF_ACT_SET_QUEUE, NUMBER, OF_QUEUE_ALL - 1},
    {"set_mpls_ttl", OF_ACT_SET_MPLS_TTL, NUMBER, UINT8_MAX},
    {"dec_mpls_ttl", OF_ACT_DEC_MPLS_TTL, NOTHING, 0},
    {"set_nw_ttl", OF_ACT_SET_NW_TTL, NUMBER, UINT8_MAX},
    {"dec_nw_ttl", OF_ACT_DEC_NW_TTL, NOTHING, 0},
    {"copy_ttl_out", OF_ACT_COPY_TTL_OUT, NOTHING, 0},
    {"copy_ttl_in", OF_ACT_COPY_TTL_IN, NOTHING, 0},
    {"set_vlan_vid", OF_ACT_SET_VLAN_VID, NUMBER, 4095},
    {"set_vlan_pcp", OF_ACT_SET_VLAN_PCP, NUMBER, 7},
    {"enqueue", OF_ACT_ENQUEUE, ENQUEUE, 0},
    {"copy_field", OF_ACT_COPY_FIELD, COPY, 0},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* --- Reading one action ----------------------------------------------------------------------- */

static uint64_t number(struct nb_call *call, const char *label, const json_t *json, uint64_t max)
{
    uint64_t v = 0;

    if (!nb_number_parse(json, max, &v)) {
        nb_fail(call, 400, "bad_value", label, "expected a number from 0 to %llu",
                (unsigned long long)max);
    }
    return v;
}

static port_no_t port(struct nb_call *call, const char *label, const json_t *json)
{
    port_no_t v = 0;

    if (!nb_port_parse(json, &v)) {
        nb_fail(call, 400, "bad_value", label, "expected the number or the name of a port");
    }
    return v;
}

/* A member of the object of an action; 0 when it is absent and may be. */
static uint64_t member(struct nb_call *call, const char *label, const json_t *json, const char *key,
                       uint64_t max)
{
    const json_t *value = json_object_get(json, key);
    char at[NB_LABEL_LEN];

    nb_label(at, label, key);
    return value ? number(call, at, value, max) : 0;
}

/* 400 when an object has a member that is not in 'keys', which NULL ends. */
static void only(struct nb_call *call, const char *label, const json_t *json,
                 const char *const *keys)
{
    char at[NB_LABEL_LEN];
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
        const char *const *k = keys;

        while (*k && strcmp(*k, key) != 0) {
            k++;
        }
        if (!*k) {
            nb_label(at, label, key);
            nb_fail(call, 400, "unknown_key", at, "the action has no such member");
        }
    }
}

/* 2, "controller" or {"port": "controller", "max_len": 128}. */
static void read_output(struct nb_call *call, const char *label, const json_t *json,
                        struct of_action *out)
{
    static const char *const keys[] = {"port", "max_len", NULL};
    const json_t *inner = json_object_get(json, "port");

    only(call, label, json, keys);
    *out = of_output(port(call, label, inner ? inner : json));
    if (json_object_get(json, "max_len")) {
        out->output.max_len = (uint16_t)member(call, label, json, "max_len", UINT16_MAX);
    }
}

static void read_number(struct of_action *out, uint64_t v)
{
    if (out->type == OF_ACT_GROUP) {
        out->group_id = (uint32_t)v;
    } else if (out->type == OF_ACT_SET_QUEUE) {
        out->queue_id = (uint32_t)v;
    } else if (out->type == OF_ACT_SET_VLAN_VID) {
        out->vlan_vid = (uint16_t)v;
    } else if (out->type == OF_ACT_SET_VLAN_PCP) {
        out->vlan_pcp = (uint8_t)v;
    } else {
        out->ttl = (uint8_t)v;
    }
}

static enum of_field field_called(struct nb_call *call, const char *label, const char *name)
{
    enum of_field field = name ? of_field_find(name) : OF_N_FIELDS;

    if (field == OF_N_FIELDS) {
        nb_fail(call, 400, "bad_value", label, "expected a field of OpenFlow such as eth_dst");
        return OF_FIELD_ETH_DST;
    }
    return field;
}

/* {"eth_dst": "02:00:00:00:00:0a"} */
static void read_set_field(struct nb_call *call, const char *label, const json_t *json,
                           struct of_action *out)
{
    json_t *object = (json_t *)(uintptr_t)json;
    const char *key = json_object_iter_key(json_object_iter(object));
    enum of_field field;
    struct nb_field_value v;
    char at[NB_LABEL_LEN];

    if (!json_is_object(json) || json_object_size(json) != 1) {
        nb_fail(call, 400, "bad_value", label, "expected an object with one field and its value");
        return;
    }
    field = field_called(call, label, key);
    nb_label(at, label, key);
    if (nb_failed(call) || !nb_field_parse(call, at, field, json_object_get(json, key), &v)) {
        return;
    }
    if (of_num_is_zero(v.mask)) {
        nb_fail(call, 400, "bad_value", at, "expected a mask that is not zero");
    }
    out->set_field.field = field;
    out->set_field.has_mask = v.has_mask;
    of_num_store(&out->set_field.value, of_field_info(field)->size, v.value);
    of_num_store(&out->set_field.mask, of_field_info(field)->size, v.mask);
}

/* {"src": "eth_src", "dst": "eth_dst", "n_bits": 48, "src_offset": 0, "dst_offset": 0} */
static void read_copy(struct nb_call *call, const char *label, const json_t *json,
                      struct of_action *out)
{
    static const char *const keys[] = {"src", "dst", "n_bits", "src_offset", "dst_offset", NULL};

    only(call, label, json, keys);
    out->copy_field.src =
        field_called(call, label, json_string_value(json_object_get(json, "src")));
    out->copy_field.dst =
        field_called(call, label, json_string_value(json_object_get(json, "dst")));
    out->copy_field.n_bits = (uint16_t)member(call, label, json, "n_bits", 128);
    out->copy_field.src_offset = (uint16_t)member(call, label, json, "src_offset", 127);
    out->copy_field.dst_offset = (uint16_t)member(call, label, json, "dst_offset", 127);
}

/* {"port": 8, "queue_id": 5} */
static void read_enqueue(struct nb_call *call, const char *label, const json_t *json,
                         struct of_action *out)
{
    static const char *const keys[] = {"port", "queue_id", NULL};

    only(call, label, json, keys);
    out->enqueue.port = port(call, label, json_object_get(json, "port"));
    out->enqueue.queue_id = (uint32_t)member(call, label, json, "queue_id", OF_QUEUE_ALL - 1);
}

static void read_action(struct nb_call *call, const char *label, const struct action_kind *kind,
                        const json_t *json, struct of_action *out)
{
    *out = (struct of_action){.type = kind->type};
    switch (kind->shape) {
    case NOTHING:
        if (!json_is_true(json)) {
            nb_fail(call, 400, "bad_value", label, "expected true");
        }
        break;
    case NUMBER:
        read_number(out, number(call, label, json, kind->max));
        break;
    case ETHERTYPE:
        out->ethertype = (uint16_t)number(call, label, json, UINT16_MAX);
        break;
    case OUTPUT:
        read_output(call, label, json, out);
        break;
    case FIELD:
        read_set_field(call, label, json, out);
        break;
    case COPY:
        read_copy(call, label, json, out);
        break;
    case ENQUEUE:
        read_enqueue(call, label, json, out);
        break;
    }
}

/* --- Reading lists ---------------------------------------------------------------------------- */

/* {"output": 2} */
static void read_element(struct nb_call *call, const char *label, const json_t *json,
                         struct of_action *out)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)json));
    char at[NB_LABEL_LEN];

    if (!json_is_object(json) || json_object_size(json) != 1) {
        nb_fail(call, 400, "bad_value", label, "expected an object with one action");
        return;
    }
    nb_label(at, label, name);
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            read_action(call, at, &kinds[i], json_object_get(json, name), out);
            return;
        }
    }
    nb_fail(call, 400, "unknown_key", at,
            "expected an action of OpenFlow such as output, group or set_field");
}

void nb_actions_parse(struct nb_call *call, const char *where, const json_t *json,
                      struct arena *arena, struct of_actions *out)
{
    size_t n = json_array_size(json);
    struct of_action *list = arena_calloc(arena, n + 1, sizeof *list);
    char label[NB_LABEL_LEN];

    if (!json_is_array(json)) {
        nb_fail(call, 400, "bad_value", where, "expected a list of actions");
    }
    for (size_t i = 0; i < n && !nb_failed(call); i++) {
        char index[24];

        snprintf(index, sizeof index, "[%zu]", i);
        nb_label(label, where, index);
        read_element(call, label, json_array_get(json, i), &list[i]);
    }
    *out = (struct of_actions){list, nb_failed(call) ? 0 : n};
}

static void read_metadata(struct nb_call *call, const char *label, const json_t *json,
                          struct of_instructions *out)
{
    struct nb_field_value v;

    if (nb_field_parse(call, label, OF_FIELD_METADATA, json, &v)) {
        out->has_metadata = true;
        out->metadata = v.value.lo;
        out->metadata_mask = v.mask.lo;
    }
}

static void read_instruction(struct nb_call *call, const char *label, const char *key,
                             const json_t *json, struct arena *arena, struct of_instructions *out)
{
    if (strcmp(key, "apply_actions") == 0) {
        nb_actions_parse(call, label, json, arena, &out->apply);
        out->has_apply = true;
    } else if (strcmp(key, "write_actions") == 0) {
        nb_actions_parse(call, label, json, arena, &out->write);
        out->has_write = true;
    } else if (strcmp(key, "clear_actions") == 0) {
        out->has_clear = json_is_true(json);
        if (!json_is_boolean(json)) {
            nb_fail(call, 400, "bad_value", label, "expected true or false");
        }
    } else if (strcmp(key, "goto_table") == 0) {
        out->goto_table = (uint8_t)number(call, label, json, OF_TABLE_MAX);
        out->has_goto = true;
    } else if (strcmp(key, "meter") == 0) {
        out->meter_id = (uint32_t)number(call, label, json, OF_METER_MAX);
        out->has_meter = true;
    } else if (strcmp(key, "write_metadata") == 0) {
        read_metadata(call, label, json, out);
    } else {
        nb_fail(call, 400, "unknown_key", label,
                "expected apply_actions, write_actions, clear_actions, goto_table, meter or "
                "write_metadata");
    }
}

void nb_instructions_parse(struct nb_call *call, const char *where, const json_t *json,
                           struct arena *arena, struct of_instructions *out)
{
    char label[NB_LABEL_LEN];
    const char *key;
    json_t *value;

    *out = (struct of_instructions){0};
    if (json && !json_is_object(json)) {
        nb_fail(call, 400, "bad_value", where, "expected an object with instructions");
    }
    json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
        nb_label(label, where, key);
        read_instruction(call, label, key, value, arena, out);
    }
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* "10.0.0.1" or "0x1005/0x1fff": a match with the one field says it as it is read. */
static json_t *set_field_json(const struct of_action *a)
{
    enum of_field field = a->set_field.field;
    const struct of_field_info *info = of_field_info(field);
    struct of_match match = {.present = UINT64_C(1) << field};
    char text[128];
    const char *equals;

    match.masked = a->set_field.has_mask ? match.present : 0;
    memcpy((uint8_t *)&match.v + info->offset, &a->set_field.value, info->size);
    memcpy((uint8_t *)&match.m + info->offset, &a->set_field.mask, info->size);
    of_match_print(&match, text, sizeof text);
    equals = strchr(text, '=');
    return json_pack("{s:s}", info->name, equals ? equals + 1 : "");
}

static uint64_t number_of(const struct of_action *a)
{
    return a->type == OF_ACT_GROUP          ? a->group_id
           : a->type == OF_ACT_SET_QUEUE    ? a->queue_id
           : a->type == OF_ACT_SET_VLAN_VID ? a->vlan_vid
           : a->type == OF_ACT_SET_VLAN_PCP ? a->vlan_pcp
                                            : a->ttl;
}

static json_t *port_json(port_no_t no)
{
    struct of_text t;
    char text[16];

    if (no < OF_PORT_IN_PORT) {
        return nb_json_u64(no);
    }
    t = of_text_init(text, sizeof text);
    of_text_port(&t, no);
    return json_string(text);
}

static json_t *output_json(const struct of_action *a)
{
    if (a->output.port != OF_PORT_CONTROLLER || a->output.max_len == OF_CML_NO_BUFFER) {
        return port_json(a->output.port);
    }
    return json_pack("{s:o,s:i}", "port", port_json(a->output.port), "max_len",
                     (int)a->output.max_len);
}

static json_t *value_json(enum shape shape, const struct of_action *a)
{
    switch (shape) {
    case NOTHING:
        break;
    case NUMBER:
        return nb_json_u64(number_of(a));
    case ETHERTYPE:
        return json_sprintf("0x%04x", a->ethertype);
    case OUTPUT:
        return output_json(a);
    case FIELD:
        return set_field_json(a);
    case COPY:
        return json_pack("{s:s,s:s,s:i,s:i,s:i}", "src", of_field_info(a->copy_field.src)->name,
                         "dst", of_field_info(a->copy_field.dst)->name, "n_bits",
                         (int)a->copy_field.n_bits, "src_offset", (int)a->copy_field.src_offset,
                         "dst_offset", (int)a->copy_field.dst_offset);
    case ENQUEUE:
        return json_pack("{s:o,s:o}", "port", port_json(a->enqueue.port), "queue_id",
                         nb_json_u64(a->enqueue.queue_id));
    }
    return json_true();
}

static json_t *nb_actions_list(const struct of_actions *actions)
{
    json_t *list = json_array();

    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];

        for (size_t k = 0; k < N_KINDS; k++) {
            if (kinds[k].type == a->type) {
                json_array_append_new(
                    list, json_pack("{s:o}", kinds[k].name, value_json(kinds[k].shape, a)));
            }
        }
    }
    return list;
}

json_t *nb_instructions_lists(const struct of_instructions *ins)
{
    json_t *out = nb_instructions_json(ins);

    if (ins->has_apply) {
        json_object_set_new(out, "apply_actions", nb_actions_list(&ins->apply));
    }
    if (ins->has_write) {
        json_object_set_new(out, "write_actions", nb_actions_list(&ins->write));
    }
    return out;
}
