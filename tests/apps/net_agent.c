/* See net.h: what a switch does with OpenFlow messages. */
#include "tests/apps/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

/* --- Saying things ---------------------------------------------------------------------------- */

void net_agent_hello(struct net_switch *sw)
{
    struct of_msg msg = {.type = OF_HELLO, .version = sw->version};

    msg.hello.versions = 1U << sw->version;
    net_to_core(sw, &msg);
}

static struct of_port describe(const struct net_switch *sw, unsigned port)
{
    struct of_port desc = {.port_no = port};

    desc.hw_addr = eth_addr_from_u64(UINT64_C(0x060000000000) | sw->dpid << 16 | port);
    snprintf(desc.name, sizeof(desc.name), "p%u", port);
    desc.state = sw->ports[port].up ? 0 : OF_PS_LINK_DOWN;
    return desc;
}

static size_t list_ports(const struct net_switch *sw, struct of_port *out)
{
    size_t n = 0;

    for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
        if (sw->ports[p].exists) {
            out[n++] = describe(sw, p);
        }
    }
    return n;
}

void net_agent_packet_in(struct net_switch *sw, unsigned in_port, enum of_packet_in_reason reason,
                         uint64_t cookie, const uint8_t *data, size_t len)
{
    struct of_msg msg = {.type = OF_PACKET_IN};

    if (sw->net->no_packet_ins) {
        return;
    }
    msg.packet_in.buffer_id = OF_NO_BUFFER;
    msg.packet_in.total_len = (uint16_t)len;
    msg.packet_in.reason = reason;
    msg.packet_in.cookie = cookie;
    msg.packet_in.in_port = in_port;
    OF_MATCH_SET(&msg.packet_in.match, IN_PORT, in_port, in_port);
    msg.packet_in.data = (struct of_bytes){data, len};
    net_to_core(sw, &msg);
}

void net_agent_port_status(struct net_switch *sw, unsigned port, enum of_port_reason reason)
{
    struct of_msg msg = {.type = OF_PORT_STATUS};

    msg.port_status.reason = reason;
    msg.port_status.port = describe(sw, port);
    net_to_core(sw, &msg);
}

static void say_removed(struct net_switch *sw, const struct net_entry *e,
                        enum of_flow_removed_reason reason)
{
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    if (!(e->flags & OF_FF_SEND_FLOW_REM)) {
        return;
    }
    msg.flow_removed = (struct of_flow_removed){
        .cookie = e->cookie,
        .priority = e->priority,
        .reason = reason,
        .table_id = e->table_id,
        .idle_timeout_s = e->idle_s,
        .hard_timeout_s = e->hard_s,
        .match = e->match,
    };
    net_to_core(sw, &msg);
}

static void say_error(struct net_switch *sw, const struct of_msg *about, enum of_err err)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = about->xid};

    of_err_to_wire(err, sw->version, &msg.error.type, &msg.error.code);
    msg.error.err = err;
    msg.error.data = (struct of_bytes){(const uint8_t *)"flow-mod", 8};
    net_to_core(sw, &msg);
}

/* --- Entries ---------------------------------------------------------------------------------- */

static void remove_entry(struct net_switch *sw, size_t i)
{
    sw->net->n_changes++;
    sw->n_entries--;
    memmove(&sw->entries[i], &sw->entries[i + 1], (sw->n_entries - i) * sizeof(struct net_entry));
}

static bool is_same(const struct net_entry *e, const struct of_flow_mod *fm)
{
    return e->table_id == fm->table_id && e->priority == fm->priority &&
           of_match_eq(&e->match, &fm->match);
}

static void fill(struct net_switch *sw, struct net_entry *e, const struct of_flow_mod *fm)
{
    sw->net->n_changes++;
    *e = (struct net_entry){
        .table_id = fm->table_id,
        .priority = fm->priority,
        .match = fm->match,
        .cookie = fm->cookie,
        .idle_s = fm->idle_timeout_s,
        .hard_s = fm->hard_timeout_s,
        .flags = fm->flags,
        .added_at = sw->net->clock.now,
        .used_at = sw->net->clock.now,
        .n_actions = fm->ins.has_apply ? fm->ins.apply.n : 0,
        .goto_table = fm->ins.has_goto ? fm->ins.goto_table : 0,
    };
    if (e->n_actions > 0) {
        memcpy(e->actions, fm->ins.apply.list, e->n_actions * sizeof(e->actions[0]));
    }
}

static bool leads_nowhere(struct net_switch *sw, const struct of_flow_mod *fm)
{
    for (size_t i = 0; fm->ins.has_apply && i < fm->ins.apply.n; i++) {
        const struct of_action *a = &fm->ins.apply.list[i];

        if (a->type == OF_ACT_GROUP && !net_group(sw, a->group_id)) {
            return true;
        }
    }
    return false;
}

static bool refuses(const struct net_switch *sw, const struct of_flow_mod *fm)
{
    return sw->refusal != OF_OK &&
           (!sw->refused_field || of_match_has(&fm->match, sw->refused_field));
}

static void add_entry(struct net_switch *sw, const struct of_msg *msg)
{
    const struct of_flow_mod *fm = &msg->flow_mod;

    if (refuses(sw, fm)) {
        say_error(sw, msg, sw->refusal);
        return;
    }
    if (fm->table_id >= sw->n_tables) {
        say_error(sw, msg, OF_ERR_FLOW_BAD_TABLE_ID);
        return;
    }
    if (leads_nowhere(sw, fm)) {
        say_error(sw, msg, OF_ERR_ACT_BAD_OUT_GROUP);
        return;
    }
    for (size_t i = 0; i < sw->n_entries; i++) {
        if (is_same(&sw->entries[i], fm)) {
            fill(sw, &sw->entries[i], fm);
            return;
        }
    }
    if (sw->n_entries >= sw->max_entries) {
        say_error(sw, msg, OF_ERR_FLOW_TABLE_FULL);
        return;
    }
    fill(sw, &sw->entries[sw->n_entries++], fm);
}

static void delete_strict(struct net_switch *sw, const struct of_flow_mod *fm)
{
    for (size_t i = 0; i < sw->n_entries; i++) {
        if (is_same(&sw->entries[i], fm)) {
            say_removed(sw, &sw->entries[i], OF_REMOVED_DELETE);
            remove_entry(sw, i);
            return;
        }
    }
}

static void note(struct net_switch *sw, const struct of_msg *msg)
{
    struct net *net = sw->net;
    struct net_written *w;

    if (net->n_written == NET_MAX_WRITTEN) {
        return;
    }
    w = &net->written[net->n_written++];
    *w = (struct net_written){.sw = sw->index, .is_barrier = msg->type == OF_BARRIER_REQUEST};
    if (!w->is_barrier) {
        w->command = msg->flow_mod.command;
        w->cookie = msg->flow_mod.cookie;
        w->priority = msg->flow_mod.priority;
    }
}

static void on_flow_mod(struct net_switch *sw, const struct of_msg *msg)
{
    note(sw, msg);
    switch (msg->flow_mod.command) {
    case OF_FLOW_ADD:
        add_entry(sw, msg);
        return;
    case OF_FLOW_DELETE_STRICT:
        delete_strict(sw, &msg->flow_mod);
        return;
    case OF_FLOW_MODIFY:
    case OF_FLOW_MODIFY_STRICT:
    case OF_FLOW_DELETE:
        say_error(sw, msg, OF_ERR_FLOW_BAD_COMMAND);
        return;
    }
}

/* Entries that lead to a group leave with it (§6.5). */
static void delete_referring(struct net_switch *sw, uint32_t group)
{
    for (size_t i = sw->n_entries; i-- > 0;) {
        const struct net_entry *e = &sw->entries[i];

        for (size_t a = 0; a < e->n_actions; a++) {
            if (e->actions[a].type == OF_ACT_GROUP && e->actions[a].group_id == group) {
                say_removed(sw, e, OF_REMOVED_GROUP_DELETE);
                remove_entry(sw, i);
                break;
            }
        }
    }
}

static void on_group_mod(struct net_switch *sw, const struct of_msg *msg)
{
    enum of_err err = net_group_mod(sw, &msg->group_mod);

    sw->net->n_group_mods++;
    sw->net->n_changes++;
    if (err) {
        say_error(sw, msg, err);
    } else if (msg->group_mod.command == OF_GC_DELETE) {
        delete_referring(sw, msg->group_mod.group_id);
    }
}

/* Removes one entry that is due. The next instant at which one is, or now if one was removed. */
static mono_t expire_one(struct net_switch *sw)
{
    mono_t next = MONO_NEVER, now = sw->net->clock.now;

    for (size_t i = 0; i < sw->n_entries; i++) {
        struct net_entry *e = &sw->entries[i];
        mono_t idle = e->idle_s ? mono_add(e->used_at, e->idle_s * NS_PER_S) : MONO_NEVER;
        mono_t hard = e->hard_s ? mono_add(e->added_at, e->hard_s * NS_PER_S) : MONO_NEVER;
        mono_t due = mono_min(idle, hard);

        if (mono_due(due, now)) {
            say_removed(sw, e,
                        mono_due(hard, now) ? OF_REMOVED_HARD_TIMEOUT : OF_REMOVED_IDLE_TIMEOUT);
            remove_entry(sw, i);
            return now;
        }
        next = mono_min(next, due);
    }
    return next;
}

mono_t net_agent_expire(struct net_switch *sw)
{
    mono_t next;

    do {
        next = expire_one(sw);
    } while (mono_due(next, sw->net->clock.now));
    return next;
}

/* --- Multiparts ------------------------------------------------------------------------------- */

static void say_flows(struct net_switch *sw, struct of_msg *msg)
{
    struct of_flow_stats *flows = xcalloc(sw->n_entries + 1, sizeof(*flows));

    for (size_t i = 0; i < sw->n_entries; i++) {
        const struct net_entry *e = &sw->entries[i];

        flows[i] = (struct of_flow_stats){
            .table_id = e->table_id,
            .priority = e->priority,
            .idle_timeout_s = e->idle_s,
            .hard_timeout_s = e->hard_s,
            .flags = e->flags,
            .cookie = e->cookie,
            .n_packets = e->n_packets,
            .n_bytes = e->n_bytes,
            .duration_s = (uint32_t)(mono_diff_ns(sw->net->clock.now, e->added_at) / NS_PER_S),
            .match = e->match,
            .ins = of_apply(e->actions, e->n_actions),
        };
        flows[i].ins.has_goto = e->goto_table > 0;
        flows[i].ins.goto_table = e->goto_table;
    }
    msg->mp_reply.flows = flows;
    msg->mp_reply.n = sw->n_entries;
    net_to_core(sw, msg);
    free(flows);
}

static void say_ports(struct net_switch *sw, struct of_msg *msg)
{
    struct of_port_stats ports[NET_MAX_PORTS];
    size_t n = 0;

    for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
        if (sw->ports[p].exists) {
            ports[n++] = (struct of_port_stats){.port_no = p,
                                                .rx_bytes = sw->ports[p].rx_bytes,
                                                .tx_bytes = sw->ports[p].tx_bytes};
        }
    }
    msg->mp_reply.port_stats = ports;
    msg->mp_reply.n = n;
    net_to_core(sw, msg);
}

static void say_tables(struct net_switch *sw, struct of_msg *msg)
{
    struct of_table_stats table = {.n_active = (uint32_t)sw->n_entries};

    if (sw->version == OF_VERSION_1_0) {
        table.max_entries = (uint32_t)sw->max_entries;
    }
    msg->mp_reply.tables = &table;
    msg->mp_reply.n = 1;
    net_to_core(sw, msg);
}

static void say_table_features(struct net_switch *sw, struct of_msg *msg)
{
    struct of_table_features table = {.max_entries = (uint32_t)sw->max_entries};

    msg->mp_reply.table_features = &table;
    msg->mp_reply.n = 1;
    net_to_core(sw, msg);
}

static void on_multipart(struct net_switch *sw, const struct of_msg *request)
{
    static const struct of_desc desc = {.mfr_desc = "Tambo", .hw_desc = "test"};
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};
    struct of_port ports[NET_MAX_PORTS];

    msg.mp_reply.type = request->mp_request.type;
    switch (request->mp_request.type) {
    case OF_MP_DESC:
        msg.mp_reply.desc = &desc;
        net_to_core(sw, &msg);
        return;
    case OF_MP_FLOW:
        say_flows(sw, &msg);
        return;
    case OF_MP_PORT_DESC:
        msg.mp_reply.n = list_ports(sw, ports);
        msg.mp_reply.ports = ports;
        net_to_core(sw, &msg);
        return;
    case OF_MP_TABLE:
        say_tables(sw, &msg);
        return;
    case OF_MP_TABLE_FEATURES:
        say_table_features(sw, &msg);
        return;
    case OF_MP_GROUP_DESC:
        net_group_say(sw, &msg);
        return;
    case OF_MP_GROUP_FEATURES:
        net_group_say_features(sw, &msg);
        return;
    case OF_MP_METER_CONFIG: /* Meters are taken and forgotten. */
        net_to_core(sw, &msg);
        return;
    case OF_MP_PORT_STATS:
        say_ports(sw, &msg);
        return;
    case OF_MP_AGGREGATE:
    case OF_MP_EXPERIMENTER:
    case OF_MP_QUEUE_STATS:
    case OF_MP_GROUP_STATS:
    case OF_MP_METER_STATS:
    case OF_MP_METER_FEATURES:
    case OF_MP_TABLE_DESC:
    case OF_MP_QUEUE_DESC:
    case OF_MP_FLOW_MONITOR:
    case OF_MP_FLOW_STATS:
    case OF_MP_CONTROLLER_STATUS:
    case OF_MP_BUNDLE_FEATURES:
    case OF_N_MP_TYPES:
        say_error(sw, request, OF_ERR_BAD_MULTIPART);
        return;
    }
}

/* --- Messages --------------------------------------------------------------------------------- */

static void say_features(struct net_switch *sw, uint32_t xid)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = xid};
    struct of_port ports[NET_MAX_PORTS];

    msg.features.dpid = sw->dpid;
    msg.features.n_tables = sw->n_tables;
    if (sw->version == OF_VERSION_1_0) {
        msg.features.n_ports = list_ports(sw, ports);
        msg.features.ports = ports;
    }
    net_to_core(sw, &msg);
}

static void reply(struct net_switch *sw, const struct of_msg *request, enum of_type type)
{
    struct of_msg msg = {.type = type, .xid = request->xid};

    if (type == OF_ECHO_REPLY) {
        msg.echo = request->echo;
    }
    if (type == OF_GET_CONFIG_REPLY) {
        msg.config.miss_send_len = 0xffff;
    }
    if (type == OF_ROLE_REPLY) {
        msg.role = request->role;
    }
    net_to_core(sw, &msg);
}

static void on_packet_out(struct net_switch *sw, const struct of_packet_out *po)
{
    unsigned in_port = po->in_port <= NET_MAX_PORTS ? po->in_port : 0;

    net_apply(sw->net, sw, in_port, po->actions.list, po->actions.n, po->data.data, po->data.len, 0,
              64);
}

void net_agent_input(struct net_switch *sw, const struct of_msg *msg)
{
    switch (msg->type) {
    case OF_FEATURES_REQUEST:
        say_features(sw, msg->xid);
        return;
    case OF_ECHO_REQUEST:
        reply(sw, msg, OF_ECHO_REPLY);
        return;
    case OF_GET_CONFIG_REQUEST:
        reply(sw, msg, OF_GET_CONFIG_REPLY);
        return;
    case OF_ROLE_REQUEST:
        reply(sw, msg, OF_ROLE_REPLY);
        return;
    case OF_BARRIER_REQUEST:
        note(sw, msg);
        reply(sw, msg, OF_BARRIER_REPLY);
        return;
    case OF_MULTIPART_REQUEST:
        on_multipart(sw, msg);
        return;
    case OF_PACKET_OUT:
        on_packet_out(sw, &msg->packet_out);
        return;
    case OF_FLOW_MOD:
        on_flow_mod(sw, msg);
        return;
    case OF_GROUP_MOD:
        on_group_mod(sw, msg);
        return;
    case OF_HELLO:
    case OF_ERROR:
    case OF_ECHO_REPLY:
    case OF_EXPERIMENTER:
    case OF_FEATURES_REPLY:
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
    case OF_PACKET_IN:
    case OF_FLOW_REMOVED:
    case OF_PORT_STATUS:
    case OF_TABLE_MOD:
    case OF_MULTIPART_REPLY:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REPLY:
    case OF_PORT_MOD:
    case OF_METER_MOD:
    case OF_QUEUE_GET_CONFIG_REQUEST:
    case OF_QUEUE_GET_CONFIG_REPLY:
    case OF_GET_ASYNC_REQUEST:
    case OF_GET_ASYNC_REPLY:
    case OF_SET_ASYNC:
    case OF_ROLE_STATUS:
    case OF_TABLE_STATUS:
    case OF_REQUESTFORWARD:
    case OF_BUNDLE_CONTROL:
    case OF_BUNDLE_ADD_MESSAGE:
    case OF_CONTROLLER_STATUS:
    case OF_N_TYPES:
        return;
    }
}
