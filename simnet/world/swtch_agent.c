/* The agent: what the switch does with each message of its controller. */
#include "simnet/world/swtch_impl.h"

#include <string.h>

#include "controller/openflow/of_codec.h"

enum { ERROR_DATA = 64 }; /* Bytes of the request that an error carries (§7.4.4). */

/* --- Errors ---------------------------------------------------------------------------------- */

static void send_error(struct swtch *sw, uint32_t xid, enum of_err err, const uint8_t *request,
                       size_t len)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = xid, .error = {.err = err}};

    of_err_to_wire(err, sw->version, &msg.error.type, &msg.error.code);
    msg.error.data = (struct of_bytes){request, len < ERROR_DATA ? len : ERROR_DATA};
    sw->stats.n_errors++;
    swtch_send(sw, &msg);
}

/* Refuses 'request'. Its bytes are made anew, so that the answer is the same whether it came as
 * bytes or not. */
static void refuse(struct swtch *sw, const struct of_msg *request, enum of_err err)
{
    buf_clear(&sw->request);
    if (of_encode(request, &sw->request) != ERR_OK) {
        buf_clear(&sw->request);
    }
    send_error(sw, request->xid, err, sw->request.data, sw->request.len);
}

void swtch_input_bad(struct swtch *sw, const struct of_msg *head, enum of_err err,
                     const uint8_t *frame, size_t len)
{
    if (sw->version != OF_VERSION_NONE) {
        send_error(sw, head->xid, err, frame, len);
    }
}

/* --- Hello ----------------------------------------------------------------------------------- */

static uint8_t highest(uint32_t versions)
{
    return versions ? (uint8_t)(31 - __builtin_clz(versions)) : OF_VERSION_NONE;
}

void swtch_connected(struct swtch *sw)
{
    struct of_msg hello = {.type = OF_HELLO};

    sw->connected = true;
    sw->version = OF_VERSION_NONE;
    sw->role = OF_ROLE_EQUAL;
    hello.version = highest(sw->params.versions);
    hello.hello.versions = hello.version > OF_VERSION_1_0 ? sw->params.versions : 0;
    if (sw->send) {
        sw->send(sw->send_aux, sw, &hello);
    }
}

void swtch_disconnected(struct swtch *sw)
{
    sw->connected = false;
    sw->version = OF_VERSION_NONE;
}

/* The highest version that both speak (§6.3.1); without a bitmap the other side speaks everything up
 * to the version of its hello. */
static void on_hello(struct swtch *sw, const struct of_msg *msg)
{
    uint32_t theirs = msg->hello.versions;
    uint8_t lower = highest(sw->params.versions);

    if (theirs) {
        sw->version = highest(theirs & sw->params.versions);
    } else {
        lower = msg->version < lower ? msg->version : lower;
        sw->version = (sw->params.versions >> lower & 1) ? lower : OF_VERSION_NONE;
    }
    if (sw->version == OF_VERSION_NONE) {
        sw->version = highest(sw->params.versions);
        refuse(sw, msg, OF_ERR_HELLO_INCOMPATIBLE);
        sw->version = OF_VERSION_NONE;
    }
}

/* --- Simple requests ------------------------------------------------------------------------- */

static void reply_features(struct swtch *sw, uint32_t xid)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = xid};
    struct of_features *f = &msg.features;
    struct of_port *ports;

    f->dpid = sw->params.dpid;
    f->n_tables = sw->params.n_tables;
    f->capabilities = OF_C_FLOW_STATS | OF_C_TABLE_STATS | OF_C_PORT_STATS;
    f->capabilities |= sw->version == OF_VERSION_1_0 ? 0 : OF_C_GROUP_STATS;
    if (sw->version == OF_VERSION_1_0) {
        ports = arena_calloc(&sw->arena, sw->n_ports, sizeof *ports);
        for (uint32_t p = 0; p < sw->n_ports; p++) {
            swtch_describe_port(sw, p + 1, &ports[p]);
        }
        f->ports = ports;
        f->n_ports = sw->n_ports;
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
    swtch_send(sw, &(struct of_msg){.type = OF_GET_CONFIG_REPLY, .xid = xid, .config = sw->config});
}

static enum of_err on_set_config(struct swtch *sw, const struct of_config *config)
{
    enum { FRAG_NORMAL = 0 }; /* Fragments are forwarded as they are (§7.3.2). */

    if (config->flags != FRAG_NORMAL) {
        return OF_ERR_CONFIG_BAD_FLAGS;
    }
    sw->config = *config;
    return OF_OK;
}

/* A master or slave role is taken only with a generation that is not older than the last (§6.3.4). */
static enum of_err on_role(struct swtch *sw, const struct of_msg *msg)
{
    struct of_msg reply = {.type = OF_ROLE_REPLY, .xid = msg->xid};
    enum of_role role = msg->role.role;

    if (role == OF_ROLE_MASTER || role == OF_ROLE_SLAVE) {
        if (sw->has_generation && (int64_t)(msg->role.generation_id - sw->generation_id) < 0) {
            return OF_ERR_ROLE_STALE;
        }
        sw->has_generation = true;
        sw->generation_id = msg->role.generation_id;
    }
    if (role != OF_ROLE_NOCHANGE) {
        sw->role = role;
    }
    reply.role.role = sw->role;
    reply.role.generation_id = sw->has_generation ? sw->generation_id : UINT64_MAX;
    swtch_send(sw, &reply);
    return OF_OK;
}

/* --- Flow-mods and packet-outs --------------------------------------------------------------- */

static enum of_err change_table(struct swtch *sw, uint8_t table_id, const struct of_flow_mod *fm)
{
    bool modifies = fm->command == OF_FLOW_MODIFY || fm->command == OF_FLOW_MODIFY_STRICT;
    struct of_flow_mod add;
    uint32_t n_changed;
    enum of_err err = table_flow_mod(sw->tables[table_id], fm, &n_changed);

    if (err == OF_OK && modifies && !n_changed && sw->version == OF_VERSION_1_0) {
        add = *fm; /* 1.0 adds what it finds nothing to modify of (OF 1.0 §4.6). */
        add.command = OF_FLOW_ADD;
        err = table_flow_mod(sw->tables[table_id], &add, NULL);
    }
    return err;
}

static enum of_err on_flow_mod(struct swtch *sw, const struct of_flow_mod *fm)
{
    struct of_flow_mod own = *fm;
    enum of_err err = sw->role == OF_ROLE_SLAVE ? OF_ERR_IS_SLAVE : swtch_check_flow_mod(sw, fm);

    sw->stats.n_flow_mods++;
    if (err != OF_OK) {
        return err;
    }
    if (sw->version == OF_VERSION_1_0 && fm->command == OF_FLOW_ADD) {
        own.flags |= OF_FF_RESET_COUNTS; /* 1.0 forgets the counters of what it replaces. */
    }
    if (fm->table_id != OF_TABLE_ALL) {
        err = change_table(sw, fm->table_id, &own);
    } else {
        for (uint8_t t = 0; t < sw->params.n_tables; t++) {
            change_table(sw, t, &own);
        }
    }
    sw->stats.n_table_full += err == OF_ERR_FLOW_TABLE_FULL;
    return err;
}

static bool in_port_is_valid(const struct swtch *sw, port_no_t port)
{
    return port == OF_PORT_CONTROLLER || port == OF_PORT_ANY || port == OF_PORT_LOCAL ||
           swtch_port(sw, port);
}

static enum of_err on_packet_out(struct swtch *sw, const struct of_packet_out *out)
{
    enum of_err err = sw->role == OF_ROLE_SLAVE ? OF_ERR_IS_SLAVE : OF_OK;

    sw->stats.n_packet_outs++;
    if (err == OF_OK && out->buffer_id != OF_NO_BUFFER) {
        err = OF_ERR_BUFFER_UNKNOWN;
    }
    if (err == OF_OK && !in_port_is_valid(sw, out->in_port)) {
        err = OF_ERR_REQ_BAD_PORT;
    }
    if (err == OF_OK) {
        err = swtch_check_actions(sw, &out->actions);
    }
    if (err != OF_OK) {
        return err;
    }
    buf_clear(&sw->scratch);
    buf_put(&sw->scratch, out->data.data, out->data.len);
    return swtch_path_packet_out(sw, out->in_port, &out->actions, &sw->scratch);
}

/* --- Dispatch -------------------------------------------------------------------------------- */

static enum of_err dispatch(struct swtch *sw, const struct of_msg *msg)
{
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
        return sw->role == OF_ROLE_SLAVE ? OF_ERR_IS_SLAVE : swtch_group_mod(sw, &msg->group_mod);
    case OF_PORT_MOD:
        return sw->role == OF_ROLE_SLAVE ? OF_ERR_IS_SLAVE : swtch_port_mod(sw, &msg->port_mod);
    case OF_TABLE_MOD:
        return msg->table_mod.table_id < sw->params.n_tables ||
                       msg->table_mod.table_id == OF_TABLE_ALL
                   ? OF_OK
                   : OF_ERR_TABLE_BAD_TABLE;
    case OF_MULTIPART_REQUEST:
        return swtch_stats_reply(sw, msg);
    case OF_BARRIER_REQUEST:
        reply_empty(sw, OF_BARRIER_REPLY, msg->xid);
        return OF_OK;
    case OF_ROLE_REQUEST:
        return on_role(sw, msg);
    case OF_FEATURES_REPLY:
    case OF_GET_CONFIG_REPLY:
    case OF_PACKET_IN:
    case OF_FLOW_REMOVED:
    case OF_PORT_STATUS:
    case OF_MULTIPART_REPLY:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REPLY:
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
        break;
    }
    return OF_ERR_BAD_TYPE;
}

void swtch_input(struct swtch *sw, const struct of_msg *msg)
{
    enum of_err err;

    if (!sw->connected) {
        return;
    }
    if (sw->version == OF_VERSION_NONE) {
        if (msg->type == OF_HELLO) {
            on_hello(sw, msg);
        }
        return;
    }
    if (msg->version != sw->version && msg->type != OF_HELLO) {
        refuse(sw, msg, OF_ERR_BAD_VERSION);
        return;
    }
    err = dispatch(sw, msg);
    arena_reset(&sw->arena);
    if (err != OF_OK) {
        refuse(sw, msg, err);
    }
}
