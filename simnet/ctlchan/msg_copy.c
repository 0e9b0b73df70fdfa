#include "simnet/ctlchan/msg_copy.h"

#include <string.h>

static const void *dup_list(struct arena *arena, const void *p, size_t n, size_t size)
{
    return n ? arena_memdup(arena, p, n * size) : NULL;
}

static const void *dup_one(struct arena *arena, const void *p, size_t size)
{
    return p ? arena_memdup(arena, p, size) : NULL;
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
    ins->stat_trigger = dup_one(arena, ins->stat_trigger, sizeof *ins->stat_trigger);
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
            props[p].packet_types = dup_list(arena, props[p].packet_types, props[p].n_packet_types,
                                             sizeof *props[p].packet_types);
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

static const struct of_bucket *copy_buckets(const struct of_bucket *from, size_t n,
                                            struct arena *arena)
{
    struct of_bucket *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_actions(&list[i].actions, arena);
    }
    return list;
}

static void copy_meter(struct of_meter *meter, struct arena *arena)
{
    struct of_meter_band *bands;

    if (!meter->n_bands) {
        meter->bands = NULL;
        return;
    }
    meter->bands = bands = arena_memdup(arena, meter->bands, meter->n_bands * sizeof *bands);
    for (size_t i = 0; i < meter->n_bands; i++) {
        copy_bytes(&bands[i].data, arena);
    }
}

static void copy_queue(struct of_queue *queue, struct arena *arena)
{
    struct of_queue_prop *props;

    if (!queue->n_props) {
        queue->props = NULL;
        return;
    }
    queue->props = props = arena_memdup(arena, queue->props, queue->n_props * sizeof *props);
    for (size_t i = 0; i < queue->n_props; i++) {
        copy_bytes(&props[i].data, arena);
    }
}

static const struct of_queue *copy_queues(const struct of_queue *from, size_t n,
                                          struct arena *arena)
{
    struct of_queue *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_queue(&list[i], arena);
    }
    return list;
}

static const struct of_port *copy_ports(const struct of_port *from, size_t n, struct arena *arena)
{
    struct of_port *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i].optical = dup_one(arena, list[i].optical, sizeof *list[i].optical);
    }
    return list;
}

static const struct of_port_stats *copy_port_stats(const struct of_port_stats *from, size_t n,
                                                   struct arena *arena)
{
    struct of_port_stats *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i].optical = dup_one(arena, list[i].optical, sizeof *list[i].optical);
    }
    return list;
}

static const struct of_flow_update *copy_updates(const struct of_flow_update *from, size_t n,
                                                 struct arena *arena)
{
    struct of_flow_update *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_instructions(&list[i].ins, arena);
    }
    return list;
}

static const struct of_controller_status *copy_controllers(const struct of_controller_status *from,
                                                           size_t n, struct arena *arena)
{
    struct of_controller_status *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_bytes(&list[i].uri, arena);
    }
    return list;
}

static const struct of_group_stats *copy_group_stats(const struct of_group_stats *from, size_t n,
                                                     struct arena *arena)
{
    struct of_group_stats *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i].buckets =
            dup_list(arena, list[i].buckets, list[i].n_buckets, sizeof *list[i].buckets);
    }
    return list;
}

static const struct of_group_desc *copy_group_descs(const struct of_group_desc *from, size_t n,
                                                    struct arena *arena)
{
    struct of_group_desc *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i].buckets = copy_buckets(list[i].buckets, list[i].n_buckets, arena);
    }
    return list;
}

static const struct of_meter_stats *copy_meter_stats(const struct of_meter_stats *from, size_t n,
                                                     struct arena *arena)
{
    struct of_meter_stats *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i].bands = dup_list(arena, list[i].bands, list[i].n_bands, sizeof *list[i].bands);
    }
    return list;
}

static const struct of_meter *copy_meters(const struct of_meter *from, size_t n,
                                          struct arena *arena)
{
    struct of_meter *list;

    if (!n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        copy_meter(&list[i], arena);
    }
    return list;
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
    case OF_MP_FLOW_STATS:
        reply->flows = copy_flows(reply->flows, reply->n, arena);
        break;
    case OF_MP_TABLE:
        reply->tables = dup_list(arena, reply->tables, reply->n, sizeof *reply->tables);
        break;
    case OF_MP_PORT_STATS:
        reply->port_stats = copy_port_stats(reply->port_stats, reply->n, arena);
        break;
    case OF_MP_TABLE_FEATURES:
        reply->table_features = copy_table_features(reply->table_features, reply->n, arena);
        break;
    case OF_MP_PORT_DESC:
        reply->ports = copy_ports(reply->ports, reply->n, arena);
        break;
    case OF_MP_EXPERIMENTER:
        copy_bytes(&reply->experimenter.data, arena);
        break;
    case OF_MP_QUEUE_STATS:
        reply->queue_stats =
            dup_list(arena, reply->queue_stats, reply->n, sizeof *reply->queue_stats);
        break;
    case OF_MP_GROUP_STATS:
        reply->group_stats = copy_group_stats(reply->group_stats, reply->n, arena);
        break;
    case OF_MP_GROUP_DESC:
        reply->group_descs = copy_group_descs(reply->group_descs, reply->n, arena);
        break;
    case OF_MP_METER_STATS:
        reply->meter_stats = copy_meter_stats(reply->meter_stats, reply->n, arena);
        break;
    case OF_MP_METER_CONFIG:
        reply->meters = copy_meters(reply->meters, reply->n, arena);
        break;
    case OF_MP_TABLE_DESC:
        reply->table_descs =
            dup_list(arena, reply->table_descs, reply->n, sizeof *reply->table_descs);
        break;
    case OF_MP_QUEUE_DESC:
        reply->queues = copy_queues(reply->queues, reply->n, arena);
        break;
    case OF_MP_FLOW_MONITOR:
        reply->updates = copy_updates(reply->updates, reply->n, arena);
        break;
    case OF_MP_CONTROLLER_STATUS:
        reply->controllers = copy_controllers(reply->controllers, reply->n, arena);
        break;
    case OF_MP_AGGREGATE:
    case OF_MP_GROUP_FEATURES:
    case OF_MP_METER_FEATURES:
    case OF_MP_BUNDLE_FEATURES:
    case OF_N_MP_TYPES:
        break;
    }
}

static const struct of_msg *copy_inner(const struct of_msg *from, struct arena *arena)
{
    struct of_msg *msg = arena_memdup(arena, from, sizeof *from);

    msg_copy(from, msg, arena);
    return msg;
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
        to->features.ports = copy_ports(from->features.ports, from->features.n_ports, arena);
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
    case OF_GROUP_MOD:
        to->group_mod.buckets =
            copy_buckets(from->group_mod.buckets, from->group_mod.n_buckets, arena);
        break;
    case OF_METER_MOD:
        copy_meter(&to->meter_mod.meter, arena);
        break;
    case OF_QUEUE_GET_CONFIG_REPLY:
        to->queue_config.queues =
            copy_queues(from->queue_config.queues, from->queue_config.n_queues, arena);
        break;
    case OF_PORT_STATUS:
        to->port_status.port.optical =
            dup_one(arena, from->port_status.port.optical, sizeof *from->port_status.port.optical);
        break;
    case OF_PORT_MOD:
        to->port_mod.optical =
            dup_one(arena, from->port_mod.optical, sizeof *from->port_mod.optical);
        break;
    case OF_REQUESTFORWARD:
        to->requestforward.request = copy_inner(from->requestforward.request, arena);
        break;
    case OF_BUNDLE_ADD_MESSAGE:
        to->bundle_add.message = copy_inner(from->bundle_add.message, arena);
        break;
    case OF_CONTROLLER_STATUS:
        copy_bytes(&to->controller_status.uri, arena);
        break;
    case OF_HELLO:
    case OF_FEATURES_REQUEST:
    case OF_GET_CONFIG_REQUEST:
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
    case OF_FLOW_REMOVED:
    case OF_TABLE_MOD:
    case OF_BARRIER_REQUEST:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REQUEST:
    case OF_ROLE_REPLY:
    case OF_QUEUE_GET_CONFIG_REQUEST:
    case OF_GET_ASYNC_REQUEST:
    case OF_GET_ASYNC_REPLY:
    case OF_SET_ASYNC:
    case OF_ROLE_STATUS:
    case OF_TABLE_STATUS:
    case OF_BUNDLE_CONTROL:
    case OF_N_TYPES:
        break;
    }
}
