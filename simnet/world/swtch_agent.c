/* The agent: what the switch does with each message of its controller. */
#include "simnet/world/swtch_impl.h"

/* That a message of 1.0 has room for, whose features have 32 bytes before them and 48 for each. */
enum { MAX_PORTS_OF_1_0 = (UINT16_MAX - 32) / 48 };

/* --- Simple requests ------------------------------------------------------------------------- */

static void reply_features(struct swtch *sw, uint32_t xid)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = xid};
    struct of_features *f = &msg.features;
    struct of_port *ports;

    f->dpid = sw->params.dpid;
    f->n_tables = sw->params.n_tables;
    f->n_buffers = sw->params.n_buffers;
    f->capabilities = OF_C_FLOW_STATS | OF_C_TABLE_STATS | OF_C_PORT_STATS;
    f->capabilities |=
        sw->cur->version == OF_VERSION_1_0 ? OF_C_ARP_MATCH_IP : OF_C_GROUP_STATS;
    f->capabilities |= sw->reassembly ? OF_C_IP_REASM : 0;
    f->capabilities |= swtch_has_queues(sw) ? OF_C_QUEUE_STATS : 0;
    if (sw->cur->version == OF_VERSION_1_0) {
        f->n_ports = sw->n_ports < MAX_PORTS_OF_1_0 ? sw->n_ports : MAX_PORTS_OF_1_0;
        ports = arena_calloc(&sw->arena, f->n_ports, sizeof *ports);
        for (uint32_t p = 0; p < f->n_ports; p++) {
            swtch_describe_port(sw, p + 1, &ports[p]);
        }
        f->ports = ports;
        f->actions = 0x0fff; /* OFPAT_OUTPUT to OFPAT_ENQUEUE (OF 1.0 §5.2.4). */
    }
    swtch_send(sw, &msg);
}

static void reply_empty(struct swtch *sw, enum of_type type, uint32_t xid)
{
    swtch_send(sw, &(struct of_msg){.type = type, .xid = xid});
}

static void reply_echo(struct swtch *sw, const struct of_msg *msg)
{
    swtch_send(sw, &(struct of_msg){.type = OF_ECHO_REPLY, .xid = msg->xid, .echo = msg->echo});
}

static void reply_config(struct swtch *sw, uint32_t xid)
{
    struct of_config config = {sw->frag_flags, sw->cur->miss_send_len};

    swtch_send(sw, &(struct of_msg){.type = OF_GET_CONFIG_REPLY, .xid = xid, .config = config});
}

static enum of_err on_set_config(struct swtch *sw, const struct of_config *config)
{
    if (config->flags > FRAG_REASM || (config->flags == FRAG_REASM && !sw->reassembly)) {
        return OF_ERR_CONFIG_BAD_FLAGS;
    }
    sw->frag_flags = config->flags;
    sw->cur->miss_send_len = config->miss_send_len;
    return OF_OK;
}

/* --- Flow-mods and packet-outs --------------------------------------------------------------- */

static enum of_err change_table(struct swtch *sw, struct table *table, const struct of_flow_mod *fm)
{
    bool modifies = fm->command == OF_FLOW_MODIFY || fm->command == OF_FLOW_MODIFY_STRICT;
    struct of_flow_mod add;
    uint32_t n_changed;
    enum of_err err = table_flow_mod(table, fm, &n_changed);

    if (err == OF_OK && modifies && !n_changed && sw->cur->version == OF_VERSION_1_0) {
        add = *fm; /* 1.0 adds what it finds nothing to modify of (OF 1.0 §4.6). */
        add.command = OF_FLOW_ADD;
        err = table_flow_mod(table, &add, NULL);
    }
    return err;
}

static enum of_err change_tables(struct swtch *sw, const struct of_flow_mod *fm)
{
    if (fm->flags & OF_FF_EMERG) {
        return change_table(sw, sw->emergency, fm);
    }
    if (fm->table_id != OF_TABLE_ALL) {
        return change_table(sw, sw->tables[fm->table_id], fm);
    }
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        change_table(sw, sw->tables[t], fm);
    }
    return OF_OK;
}

/* The buffered packet that a flow-mod names goes through the tables once they are changed (§7.3.4.1). */
static void release_buffer(struct swtch *sw, uint32_t buffer_id)
{
    port_no_t in_port;

    if (swtch_buffer_take(sw, buffer_id, &sw->scratch, &in_port) == OF_OK) {
        swtch_path_buffered(sw, in_port, &sw->scratch);
    }
}

/* The fields that 1.0 has for packets of this protocol. */
static uint64_t transport_fields(uint8_t ip_proto)
{
    return ip_proto == 1    ? OF_BIT(ICMPV4_TYPE) | OF_BIT(ICMPV4_CODE)
           : ip_proto == 6  ? OF_BIT(TCP_SRC) | OF_BIT(TCP_DST)
           : ip_proto == 17 ? OF_BIT(UDP_SRC) | OF_BIT(UDP_DST)
                            : 0;
}

/* True for a match of 1.0 without wildcards; fields that the packets do not have do not count. */
static bool is_exact(const struct of_match *m)
{
    uint64_t all = OF_BIT(IN_PORT) | OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(VLAN_VID) |
                   OF_BIT(ETH_TYPE);

    if (m->masked || (all & ~m->present)) {
        return false; /* Values of fields that are not there have never been written. */
    }
    all |= m->v.vlan_vid == OF_VID_NONE ? 0 : OF_BIT(VLAN_PCP);
    if (m->v.eth_type == PKT_TYPE_IPV4) {
        all |= OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO) | OF_BIT(IPV4_SRC) | OF_BIT(IPV4_DST);
        all |= of_match_has(m, OF_FIELD_IP_PROTO) ? transport_fields(m->v.ip_proto) : 0;
    } else if (m->v.eth_type == PKT_TYPE_ARP) {
        all |= OF_BIT(ARP_OP) | OF_BIT(ARP_SPA) | OF_BIT(ARP_TPA);
    }
    return !(all & ~m->present);
}

const struct of_flow_mod *swtch_as_meant(const struct swtch *sw, const struct of_flow_mod *fm,
                                         struct of_flow_mod *own)
{
    if (sw->cur->version != OF_VERSION_1_0) {
        return fm;
    }
    *own = *fm;
    own->flags |= fm->command == OF_FLOW_ADD ? OF_FF_RESET_COUNTS : 0;
    own->priority = is_exact(&fm->match) ? UINT16_MAX : fm->priority;
    return own;
}

static enum of_err on_flow_mod(struct swtch *sw, const struct of_flow_mod *fm)
{
    enum of_err err = swtch_check_flow_mod(sw, fm);
    struct of_flow_mod own;

    sw->stats.n_flow_mods++;
    if (err != OF_OK) {
        return err;
    }
    err = change_tables(sw, swtch_as_meant(sw, fm, &own));
    sw->stats.n_table_full += err == OF_ERR_FLOW_TABLE_FULL;
    if (err == OF_OK && fm->buffer_id != OF_NO_BUFFER && fm->command <= OF_FLOW_MODIFY_STRICT) {
        release_buffer(sw, fm->buffer_id);
    }
    return err;
}

static bool in_port_is_valid(const struct swtch *sw, port_no_t port)
{
    return port == OF_PORT_CONTROLLER || port == OF_PORT_ANY || port == OF_PORT_LOCAL ||
           swtch_port(sw, port);
}

/* The frame of a packet-out into 'scratch': from a buffer, or from the message. */
static enum of_err frame_of(struct swtch *sw, const struct of_packet_out *out)
{
    port_no_t stored_port;

    if (out->buffer_id != OF_NO_BUFFER) {
        return swtch_buffer_take(sw, out->buffer_id, &sw->scratch, &stored_port);
    }
    buf_clear(&sw->scratch);
    buf_put(&sw->scratch, out->data.data, out->data.len);
    return OF_OK;
}

enum of_err swtch_check_packet_out(const struct swtch *sw, const struct of_packet_out *out)
{
    return in_port_is_valid(sw, out->in_port) ? swtch_check_actions(sw, &out->actions)
                                              : OF_ERR_REQ_BAD_PORT;
}

static enum of_err on_packet_out(struct swtch *sw, const struct of_packet_out *out)
{
    enum of_err err = swtch_check_packet_out(sw, out);

    sw->stats.n_packet_outs++;
    err = err == OF_OK ? frame_of(sw, out) : err;
    return err == OF_OK ? swtch_path_packet_out(sw, out, &sw->scratch) : err;
}

/* --- Dispatch -------------------------------------------------------------------------------- */

/* What a slave may not ask, because it would change the switch or send packets (§6.3.4). */
static bool needs_write(const struct of_msg *msg)
{
    enum of_type t = msg->type;

    return t == OF_PACKET_OUT || t == OF_FLOW_MOD || t == OF_GROUP_MOD || t == OF_METER_MOD ||
           t == OF_PORT_MOD || t == OF_TABLE_MOD || t == OF_BUNDLE_CONTROL ||
           t == OF_BUNDLE_ADD_MESSAGE ||
           (t == OF_MULTIPART_REQUEST && msg->mp_request.type == OF_MP_TABLE_FEATURES &&
            msg->mp_request.table_features.n);
}

/* 'err' of a group-mod or meter-mod, which others are told of when there was none. */
static enum of_err forwarded(struct swtch *sw, const struct of_msg *msg, enum of_err err)
{
    if (err == OF_OK) {
        swtch_forward_request(sw, msg);
    }
    return err;
}

static enum of_err dispatch(struct swtch *sw, const struct of_msg *msg)
{
    if (sw->cur->role == OF_ROLE_SLAVE && needs_write(msg)) {
        return OF_ERR_IS_SLAVE;
    }
    switch (msg->type) {
    case OF_HELLO:
        return OF_OK;
    case OF_ERROR:
    case OF_ECHO_REPLY:
        return OF_OK;
    case OF_ECHO_REQUEST:
        reply_echo(sw, msg);
        return OF_OK;
    case OF_EXPERIMENTER:
        return OF_ERR_BAD_EXPERIMENTER;
    case OF_FEATURES_REQUEST:
        reply_features(sw, msg->xid);
        return OF_OK;
    case OF_GET_CONFIG_REQUEST:
        reply_config(sw, msg->xid);
        return OF_OK;
    case OF_SET_CONFIG:
        return on_set_config(sw, &msg->config);
    case OF_PACKET_OUT:
        return on_packet_out(sw, &msg->packet_out);
    case OF_FLOW_MOD:
        return on_flow_mod(sw, &msg->flow_mod);
    case OF_GROUP_MOD:
        return forwarded(sw, msg, swtch_group_mod(sw, &msg->group_mod));
    case OF_METER_MOD:
        return forwarded(sw, msg, swtch_meter_mod(sw, &msg->meter_mod));
    case OF_QUEUE_GET_CONFIG_REQUEST:
        return swtch_queue_config(sw, msg);
    case OF_PORT_MOD:
        return swtch_port_mod(sw, &msg->port_mod);
    case OF_TABLE_MOD:
        return swtch_table_mod(sw, &msg->table_mod);
    case OF_MULTIPART_REQUEST:
        return swtch_stats_reply(sw, msg);
    case OF_BARRIER_REQUEST:
        reply_empty(sw, OF_BARRIER_REPLY, msg->xid);
        return OF_OK;
    case OF_ROLE_REQUEST:
        return swtch_role(sw, msg);
    case OF_BUNDLE_CONTROL:
        return swtch_bundle_control(sw, msg);
    case OF_BUNDLE_ADD_MESSAGE:
        return swtch_bundle_add(sw, &msg->bundle_add);
    case OF_SET_ASYNC:
        swtch_set_async(sw, &msg->async);
        return OF_OK;
    case OF_GET_ASYNC_REQUEST:
        swtch_reply_async(sw, msg->xid);
        return OF_OK;
    case OF_FEATURES_REPLY:
    case OF_GET_CONFIG_REPLY:
    case OF_PACKET_IN:
    case OF_FLOW_REMOVED:
    case OF_PORT_STATUS:
    case OF_MULTIPART_REPLY:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REPLY:
    case OF_QUEUE_GET_CONFIG_REPLY:
    case OF_GET_ASYNC_REPLY:
    case OF_ROLE_STATUS:
    case OF_TABLE_STATUS:
    case OF_REQUESTFORWARD:
    case OF_CONTROLLER_STATUS:
    case OF_N_TYPES:
        break;
    }
    return OF_ERR_BAD_TYPE;
}

/* A bundle does messages within a message. */
enum of_err swtch_dispatch(struct swtch *sw, const struct of_msg *msg)
{
    const struct of_msg *before = sw->at_work;
    enum of_err err;

    sw->at_work = msg;
    sw->cur->has_abbreviated = false;
    err = dispatch(sw, msg);
    sw->at_work = before;
    return err;
}
