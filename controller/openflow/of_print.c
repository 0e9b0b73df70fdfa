/* Messages as one line for people: type, xid, then what matters, as "name=value". */
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_print.h"
#include "controller/openflow/of_text.h"

typedef void print_fn(struct of_text *t, const struct of_msg *msg);

void of_text_u64(struct of_text *t, const char *name, uint64_t v)
{
    of_text_add(t, " %s=%llu", name, (unsigned long long)v);
}

void of_text_hex(struct of_text *t, const char *name, uint64_t v)
{
    of_text_add(t, " %s=0x%llx", name, (unsigned long long)v);
}

void of_text_named_port(struct of_text *t, const char *name, port_no_t port)
{
    of_text_add(t, " %s=", name);
    of_text_port(t, port);
}

static void add_buffer(struct of_text *t, uint32_t buffer_id)
{
    if (buffer_id != OF_NO_BUFFER) {
        of_text_u64(t, "buffer", buffer_id);
    }
}

/* --- Immutable and symmetric messages ------------------------------------------------------------- */

static void print_nothing(struct of_text *t, const struct of_msg *msg)
{
    (void)t;
    (void)msg;
}

static void print_hello(struct of_text *t, const struct of_msg *msg)
{
    of_text_u64(t, "version", msg->version);
    if (msg->hello.versions) {
        of_text_hex(t, "versions", msg->hello.versions);
    }
}

static void print_error(struct of_text *t, const struct of_msg *msg)
{
    const struct of_error *e = &msg->error;

    of_text_add(t, " %s type=%u code=%u", of_err_name(e->err), e->type, e->code);
    if (e->experimenter) {
        of_text_hex(t, "experimenter", e->experimenter);
    }
    of_text_u64(t, "data_bytes", e->data.len);
}

static void print_echo(struct of_text *t, const struct of_msg *msg)
{
    of_text_u64(t, "data_bytes", msg->echo.len);
}

void of_text_experimenter(struct of_text *t, const struct of_experimenter *e)
{
    of_text_hex(t, "experimenter", e->experimenter);
    of_text_hex(t, "exp_type", e->exp_type);
    of_text_u64(t, "data_bytes", e->data.len);
}

static void print_experimenter(struct of_text *t, const struct of_msg *msg)
{
    of_text_experimenter(t, &msg->experimenter);
}

/* --- The switch and its ports --------------------------------------------------------------------- */

static void add_port_desc(struct of_text *t, const struct of_port *p)
{
    of_text_add(t, " port=");
    of_text_port(t, p->port_no);
    of_text_add(t, "(%s) mac=" ETH_FMT " config=0x%x state=0x%x curr=0x%x kbps=%u", p->name,
                ETH_ARGS(p->hw_addr), p->config, p->state, p->curr, p->curr_speed_kbps);
    if (p->optical) {
        of_text_hex(t, "optical", p->optical->supported);
    }
}

void of_text_ports(struct of_text *t, const struct of_port *ports, size_t n)
{
    of_text_u64(t, "ports", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        add_port_desc(t, &ports[i]);
    }
}

static void print_features(struct of_text *t, const struct of_msg *msg)
{
    const struct of_features *f = &msg->features;

    of_text_add(t, " dpid=" DPID_FMT " buffers=%u tables=%u", DPID_ARGS(f->dpid), f->n_buffers,
                f->n_tables);
    if (f->auxiliary_id) {
        of_text_u64(t, "auxiliary", f->auxiliary_id);
    }
    of_text_hex(t, "capabilities", f->capabilities);
    if (msg->version == OF_VERSION_1_0) {
        of_text_hex(t, "actions", f->actions);
        of_text_ports(t, f->ports, f->n_ports);
    }
}

static void print_config(struct of_text *t, const struct of_msg *msg)
{
    of_text_add(t, " flags=%u miss_send_len=%u", msg->config.flags, msg->config.miss_send_len);
}

static void print_port_status(struct of_text *t, const struct of_msg *msg)
{
    static const char *const reasons[] = {"add", "delete", "modify"};
    unsigned reason = msg->port_status.reason;

    of_text_add(t, " %s", reason < 3 ? reasons[reason] : "?");
    add_port_desc(t, &msg->port_status.port);
}

static void print_table_mod(struct of_text *t, const struct of_msg *msg)
{
    of_text_table_mod(t, &msg->table_mod);
}

static void print_table_status(struct of_text *t, const struct of_msg *msg)
{
    of_text_table_status(t, &msg->table_status);
}

static void print_role(struct of_text *t, const struct of_msg *msg)
{
    of_text_role(t, &msg->role);
}

static void print_role_status(struct of_text *t, const struct of_msg *msg)
{
    of_text_role_status(t, &msg->role_status);
}

static void print_controller(struct of_text *t, const struct of_msg *msg)
{
    of_text_controller(t, &msg->controller_status);
}

static void print_port_mod(struct of_text *t, const struct of_msg *msg)
{
    const struct of_port_mod *p = &msg->port_mod;

    of_text_named_port(t, "port", p->port_no);
    of_text_add(t, " mac=" ETH_FMT " config=0x%x/0x%x advertise=0x%x", ETH_ARGS(p->hw_addr),
                p->config, p->mask, p->advertise);
    if (p->optical) {
        of_text_add(t, " optical=0x%x freq=%u offset=%d grid_span=%u tx_pwr=%u",
                    p->optical->configure, p->optical->freq, p->optical->offset,
                    p->optical->grid_span, p->optical->tx_pwr);
    }
}

static void print_group_mod(struct of_text *t, const struct of_msg *msg)
{
    of_text_group_mod(t, &msg->group_mod);
}

static void print_meter_mod(struct of_text *t, const struct of_msg *msg)
{
    of_text_meter_mod(t, &msg->meter_mod);
}

static void print_queue_request(struct of_text *t, const struct of_msg *msg)
{
    of_text_named_port(t, "port", msg->queue_port);
}

static void print_queue_reply(struct of_text *t, const struct of_msg *msg)
{
    of_text_queue_config(t, &msg->queue_config);
}

static void print_async(struct of_text *t, const struct of_msg *msg)
{
    struct of_async async = msg->async;

    if (msg->version < OF_VERSION_1_4) {
        async.said[0] = async.said[1] = 7; /* It has the first three pairs. */
    }
    of_text_async(t, &async);
}

static void print_bundle_control(struct of_text *t, const struct of_msg *msg)
{
    of_text_bundle_control(t, &msg->bundle_control);
}

static void print_bundle_add(struct of_text *t, const struct of_msg *msg)
{
    of_text_bundle_add(t, &msg->bundle_add);
}

static void print_requestforward(struct of_text *t, const struct of_msg *msg)
{
    of_text_requestforward(t, &msg->requestforward);
}

/* --- Packets and flow entries --------------------------------------------------------------------- */

static void print_packet_in(struct of_text *t, const struct of_msg *msg)
{
    static const char *const reasons[] = {"no_match",   "action", "invalid_ttl",
                                          "action_set", "group",  "packet_out"};
    const struct of_packet_in *p = &msg->packet_in;
    unsigned reason = p->reason;

    of_text_add(t, " %s", reason < 6 ? reasons[reason] : "?");
    of_text_named_port(t, "in_port", p->in_port);
    if (msg->version != OF_VERSION_1_0) {
        of_text_add(t, " table=%u cookie=0x%llx match=", p->table_id,
                    (unsigned long long)p->cookie);
        of_text_match(t, &p->match);
    }
    add_buffer(t, p->buffer_id);
    of_text_add(t, " total_len=%u data_bytes=%zu", p->total_len, p->data.len);
}

static void print_packet_out(struct of_text *t, const struct of_msg *msg)
{
    const struct of_packet_out *p = &msg->packet_out;

    of_text_named_port(t, "in_port", p->in_port);
    if (p->match.present) {
        of_text_add(t, " match=");
        of_text_match(t, &p->match);
    }
    add_buffer(t, p->buffer_id);
    of_text_add(t, " actions=");
    of_text_actions(t, &p->actions);
    of_text_u64(t, "data_bytes", p->data.len);
}

static void add_timeouts(struct of_text *t, uint16_t idle_s, uint16_t hard_s)
{
    if (idle_s) {
        of_text_u64(t, "idle_s", idle_s);
    }
    if (hard_s) {
        of_text_u64(t, "hard_s", hard_s);
    }
}

static void print_flow_mod(struct of_text *t, const struct of_msg *msg)
{
    static const char *const commands[] = {"add", "modify", "modify_strict", "delete",
                                           "delete_strict"};
    const struct of_flow_mod *f = &msg->flow_mod;
    unsigned command = f->command;

    of_text_add(t, " %s table=%u prio=%u ", command < 5 ? commands[command] : "?", f->table_id,
                f->priority);
    of_text_match(t, &f->match);
    of_text_add(t, " cookie=0x%llx", (unsigned long long)f->cookie);
    if (f->cookie_mask) {
        of_text_add(t, "/0x%llx", (unsigned long long)f->cookie_mask);
    }
    add_timeouts(t, f->idle_timeout_s, f->hard_timeout_s);
    if (f->importance) {
        of_text_u64(t, "importance", f->importance);
    }
    if (f->flags) {
        of_text_hex(t, "flags", f->flags);
    }
    add_buffer(t, f->buffer_id);
    of_text_filter(t, f->out_port, f->out_group);
    of_text_add(t, " actions=");
    of_text_instructions(t, &f->ins);
}

/* What a switch of 1.5 does not say is "?". */
static void add_count(struct of_text *t, const char *name, uint64_t n)
{
    if (n == UINT64_MAX) {
        of_text_add(t, " %s=?", name);
    } else {
        of_text_u64(t, name, n);
    }
}

void of_text_counts(struct of_text *t, uint64_t n_packets, uint64_t n_bytes)
{
    add_count(t, "packets", n_packets);
    add_count(t, "bytes", n_bytes);
}

static void print_flow_removed(struct of_text *t, const struct of_msg *msg)
{
    const struct of_flow_removed *f = &msg->flow_removed;

    of_text_add(t, " %s table=%u prio=%u ", of_removed_reason_name(f->reason), f->table_id,
                f->priority);
    of_text_match(t, &f->match);
    of_text_add(t, " cookie=0x%llx duration_s=%u.%09u", (unsigned long long)f->cookie,
                f->duration_s, f->duration_ns);
    add_timeouts(t, f->idle_timeout_s, f->hard_timeout_s);
    of_text_counts(t, f->n_packets, f->n_bytes);
}

/* --- The table ---------------------------------------------------------------------------------- */

static print_fn *const printers[OF_N_TYPES] = {
    [OF_HELLO] = print_hello,
    [OF_ERROR] = print_error,
    [OF_ECHO_REQUEST] = print_echo,
    [OF_ECHO_REPLY] = print_echo,
    [OF_EXPERIMENTER] = print_experimenter,
    [OF_FEATURES_REQUEST] = print_nothing,
    [OF_FEATURES_REPLY] = print_features,
    [OF_GET_CONFIG_REQUEST] = print_nothing,
    [OF_GET_CONFIG_REPLY] = print_config,
    [OF_SET_CONFIG] = print_config,
    [OF_PACKET_IN] = print_packet_in,
    [OF_FLOW_REMOVED] = print_flow_removed,
    [OF_PORT_STATUS] = print_port_status,
    [OF_PACKET_OUT] = print_packet_out,
    [OF_FLOW_MOD] = print_flow_mod,
    [OF_TABLE_MOD] = print_table_mod,
    [OF_MULTIPART_REQUEST] = of_text_mp_request,
    [OF_MULTIPART_REPLY] = of_text_mp_reply,
    [OF_BARRIER_REQUEST] = print_nothing,
    [OF_BARRIER_REPLY] = print_nothing,
    [OF_ROLE_REQUEST] = print_role,
    [OF_ROLE_REPLY] = print_role,
    [OF_PORT_MOD] = print_port_mod,
    [OF_GROUP_MOD] = print_group_mod,
    [OF_METER_MOD] = print_meter_mod,
    [OF_QUEUE_GET_CONFIG_REQUEST] = print_queue_request,
    [OF_QUEUE_GET_CONFIG_REPLY] = print_queue_reply,
    [OF_GET_ASYNC_REQUEST] = print_nothing,
    [OF_GET_ASYNC_REPLY] = print_async,
    [OF_SET_ASYNC] = print_async,
    [OF_ROLE_STATUS] = print_role_status,
    [OF_TABLE_STATUS] = print_table_status,
    [OF_REQUESTFORWARD] = print_requestforward,
    [OF_BUNDLE_CONTROL] = print_bundle_control,
    [OF_BUNDLE_ADD_MESSAGE] = print_bundle_add,
    [OF_CONTROLLER_STATUS] = print_controller,
};

void of_text_msg(struct of_text *t, const struct of_msg *msg)
{
    of_text_add(t, "%s xid=%u", of_type_name(msg->type), msg->xid);
    if (msg->type < OF_N_TYPES) {
        printers[msg->type](t, msg);
    }
}

size_t of_msg_print(const struct of_msg *msg, char *out, size_t size)
{
    struct of_text t = of_text_init(out, size);

    of_text_msg(&t, msg);
    return t.len;
}
