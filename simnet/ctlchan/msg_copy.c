#include "simnet/ctlchan/msg_copy.h"

#include <string.h>

static const void *dup_list(struct arena *arena, const void *p, size_t n, size_t size)
{
    return n ? arena_memdup(arena, p, n * size) : NULL;
}

static void copy_bytes(struct of_bytes *b, struct arena *arena)
{
    b->data = dup_list(arena, b->data, b->len, 1);
}

static void copy_actions(struct of_actions *actions, struct arena *arena)
{
    struct of_action *list;

    if (!actions->n) {
        return;
    }
    list = arena_memdup(arena, actions->list, actions->n * sizeof *list);
    for (size_t i = 0; i < actions->n; i++) {
        if (list[i].type == OF_ACT_EXPERIMENTER) {
            list[i].experimenter.data =
                dup_list(arena, list[i].experimenter.data, list[i].experimenter.len, 1);
        }
    }
    actions->list = list;
}

static void copy_instructions(struct of_instructions *ins, struct arena *arena)
{
    if (ins->has_apply) {
        copy_actions(&ins->apply, arena);
    }
    if (ins->has_write) {
        copy_actions(&ins->write, arena);
    }
}

static const struct of_table_features *copy_table_features(const struct of_table_features *from,
                                                           size_t n, struct arena *arena)
{
    struct of_table_features *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        struct of_table_prop *props = arena_calloc(arena, list[i].n_props + 1, sizeof *props);

        for (size_t p = 0; p < list[i].n_props; p++) {
            props[p] = list[i].props[p];
            props[p].next_tables = dup_list(arena, props[p].next_tables, props[p].n_next_tables, 1);
            copy_bytes(&props[p].experimenter, arena);
        }
        list[i].props = props;
    }
    return list;
}

static void copy_request(struct of_multipart_request *req, struct arena *arena)
{
    if (req->type == OF_MP_TABLE_FEATURES) {
        req->table_features.list =
            copy_table_features(req->table_features.list, req->table_features.n, arena);
    } else if (req->type == OF_MP_EXPERIMENTER) {
        copy_bytes(&req->experimenter.data, arena);
    }
}

static const struct of_flow_stats *copy_flows(const struct of_flow_stats *from, size_t n,
                                              struct arena *arena)
{
    struct of_flow_stats *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_instructions(&list[i].ins, arena);
    }
    return list;
}

static void copy_reply(struct of_multipart_reply *reply, struct arena *arena)
{
    switch (reply->type) {
    case OF_MP_DESC:
        reply->desc = dup_list(arena, reply->desc, 1, sizeof *reply->desc);
        break;
    case OF_MP_FLOW:
        reply->flows = copy_flows(reply->flows, reply->n, arena);
        break;
    case OF_MP_TABLE:
        reply->tables = dup_list(arena, reply->tables, reply->n, sizeof *reply->tables);
        break;
    case OF_MP_PORT_STATS:
        reply->port_stats = dup_list(arena, reply->port_stats, reply->n, sizeof *reply->port_stats);
        break;
    case OF_MP_TABLE_FEATURES:
        reply->table_features = copy_table_features(reply->table_features, reply->n, arena);
        break;
    case OF_MP_PORT_DESC:
        reply->ports = dup_list(arena, reply->ports, reply->n, sizeof *reply->ports);
        break;
    case OF_MP_EXPERIMENTER:
        copy_bytes(&reply->experimenter.data, arena);
        break;
    case OF_MP_AGGREGATE:
    case OF_N_MP_TYPES:
        break;
    }
}

void msg_copy(const struct of_msg *from, struct of_msg *to, struct arena *arena)
{
    *to = *from;
    switch (from->type) {
    case OF_ERROR:
        copy_bytes(&to->error.data, arena);
        break;
    case OF_ECHO_REQUEST:
    case OF_ECHO_REPLY:
        copy_bytes(&to->echo, arena);
        break;
    case OF_EXPERIMENTER:
        copy_bytes(&to->experimenter.data, arena);
        break;
    case OF_FEATURES_REPLY:
        to->features.ports = dup_list(arena, from->features.ports, from->features.n_ports,
                                      sizeof *from->features.ports);
        break;
    case OF_PACKET_IN:
        copy_bytes(&to->packet_in.data, arena);
        break;
    case OF_PACKET_OUT:
        copy_actions(&to->packet_out.actions, arena);
        copy_bytes(&to->packet_out.data, arena);
        break;
    case OF_FLOW_MOD:
        copy_instructions(&to->flow_mod.ins, arena);
        break;
    case OF_MULTIPART_REQUEST:
        copy_request(&to->mp_request, arena);
        break;
    case OF_MULTIPART_REPLY:
        copy_reply(&to->mp_reply, arena);
        break;
    case OF_HELLO:
    case OF_FEATURES_REQUEST:
    case OF_GET_CONFIG_REQUEST:
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
    case OF_FLOW_REMOVED:
    case OF_PORT_STATUS:
    case OF_TABLE_MOD:
    case OF_BARRIER_REQUEST:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REQUEST:
    case OF_ROLE_REPLY:
    case OF_N_TYPES:
        break;
    }
}
