/* Multiparts: descriptions and statistics (OF 1.3.5 §7.3.5). Long answers go out in several
 * messages, each well below the 64 KiB that a message can hold. */
#include "controller/openflow/of_codec.h"
#include "simnet/world/swtch_impl.h"

#include <stdio.h>
#include <string.h>

enum {
    FLOWS_PER_MSG = 64,
    PORTS_PER_MSG = 256,
    FLOW_BYTES = 900,  /* A flow with every field under a mask, without actions: at most. */
    ACTION_BYTES = 40, /* An action, but for the data of experimenters: at most. */
};

static struct answer answer_to(struct swtch *sw, const struct of_msg *request)
{
    struct answer a = {.sw = sw, .msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid}};

    a.msg.mp_reply.type = request->mp_request.type;
    return a;
}

void swtch_stats_part(struct answer *a, size_t n, bool more)
{
    a->msg.mp_reply.n = n;
    a->msg.mp_reply.more = more;
    swtch_send(a->sw, &a->msg);
}

/* --- Description ----------------------------------------------------------------------------- */

static void reply_desc(struct answer *a)
{
    struct of_desc *desc = arena_calloc(&a->sw->arena, 1, sizeof *desc);

    snprintf(desc->mfr_desc, sizeof desc->mfr_desc, "Tambo");
    snprintf(desc->hw_desc, sizeof desc->hw_desc, "simulated switch");
    snprintf(desc->sw_desc, sizeof desc->sw_desc, "simnet");
    snprintf(desc->serial_num, sizeof desc->serial_num, "%u", a->sw->id);
    snprintf(desc->dp_desc, sizeof desc->dp_desc, "%s", a->sw->name);
    a->msg.mp_reply.desc = desc;
    swtch_send(a->sw, &a->msg);
}

/* --- Flows ----------------------------------------------------------------------------------- */

/* The table of that number, which the emergency entries of 1.0 have, too. */
static const struct table *table_called(const struct swtch *sw, uint8_t t)
{
    return t == SWTCH_EMERGENCY_TABLE && sw->emergency ? sw->emergency : sw->tables[t];
}

static bool is_there(const struct swtch *sw, const struct of_flow_filter *filter)
{
    return filter->table_id == OF_TABLE_ALL || swtch_table_in_use(sw, filter->table_id) ||
           (filter->table_id == SWTCH_EMERGENCY_TABLE && sw->emergency);
}

/* The tables that the filter asks for: from '*first' to '*last', which comes before it when there is none. */
static void asked_for(const struct swtch *sw, const struct of_flow_filter *filter, uint8_t *first,
                      uint8_t *last)
{
    bool all = filter->table_id == OF_TABLE_ALL;

    if (!is_there(sw, filter)) {
        *first = 1;
        *last = 0;
        return;
    }
    *first = all ? 0 : filter->table_id;
    *last = all ? (uint8_t)(sw->params.n_tables - 1) : filter->table_id;
}

void swtch_stats_fill_flow(const struct swtch *sw, uint8_t t, uint32_t i, struct of_flow_stats *out)
{
    const struct table *table = table_called(sw, t);
    struct table_entry e = table_entry(table, i);
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), e.installed_at);

    *out = (struct of_flow_stats){
        .table_id = t,
        .duration_s = (uint32_t)(age_ns / NS_PER_S),
        .duration_ns = (uint32_t)(age_ns % NS_PER_S),
        .priority = e.priority,
        .idle_timeout_s = e.idle_timeout_s,
        .hard_timeout_s = e.hard_timeout_s,
        .flags = sw->cur->version == OF_VERSION_1_0 ? 0 : e.flags,
        .importance = sw->cur->version >= OF_VERSION_1_4 ? e.importance : 0,
        .cookie = e.cookie,
        .n_packets = e.n_packets,
        .n_bytes = e.n_bytes,
        .ins = e.program->ins,
    };
    table_entry_match(table, i, &out->match);
}

size_t swtch_stats_actions_size(const struct of_actions *actions)
{
    size_t size = actions->n * ACTION_BYTES;

    for (size_t i = 0; i < actions->n; i++) {
        if (actions->list[i].type == OF_ACT_EXPERIMENTER) {
            size += actions->list[i].experimenter.len;
        }
    }
    return size;
}

size_t swtch_stats_flow_size(const struct table *table, uint32_t i)
{
    const struct of_instructions *ins = &table_entry(table, i).program->ins;

    return FLOW_BYTES + swtch_stats_actions_size(&ins->apply) +
           swtch_stats_actions_size(&ins->write);
}

bool swtch_stats_can_tell(struct answer *a, size_t size)
{
    struct swtch *sw = a->sw;
    bool knows_all = !(sw->params.versions >> sw->cur->version >> 1);

    if (knows_all && size <= STATS_BODY_BYTES) {
        return true;
    }
    a->msg.version = sw->cur->version;
    a->msg.mp_reply.n = 1;
    buf_clear(&sw->request);
    return of_encode(&a->msg, &sw->request) == ERR_OK;
}

static void reply_flows(struct answer *a, const struct of_flow_filter *filter)
{
    struct swtch *sw = a->sw;
    struct of_flow_stats *list = arena_calloc(&sw->arena, FLOWS_PER_MSG, sizeof *list);
    size_t n = 0, size = 0, more;
    uint8_t first, last;

    asked_for(sw, filter, &first, &last);
    for (uint8_t t = first; t <= last; t++) {
        const struct table *table = table_called(sw, t);

        for (uint32_t i = table_first(table); i != TABLE_NONE; i = table_next(table, i)) {
            if (!table_entry_passes(table, i, filter)) {
                continue;
            }
            more = swtch_stats_flow_size(table, i);
            if (n == FLOWS_PER_MSG || (n && size + more > STATS_BODY_BYTES)) {
                a->msg.mp_reply.flows = list;
                swtch_stats_part(a, n, true);
                n = size = 0;
            }
            swtch_stats_fill_flow(sw, t, i, &list[n]);
            a->msg.mp_reply.flows = &list[n];
            if (swtch_stats_can_tell(a, more)) {
                size += more;
                n++;
            }
        }
    }
    a->msg.mp_reply.flows = list;
    swtch_stats_part(a, n, false);
}

static void reply_aggregate(struct answer *a, const struct of_flow_filter *filter)
{
    struct of_aggregate_stats *sum = &a->msg.mp_reply.aggregate;
    uint8_t first, last;

    asked_for(a->sw, filter, &first, &last);
    for (uint8_t t = first; t <= last; t++) {
        const struct table *table = table_called(a->sw, t);

        for (uint32_t i = table_first(table); i != TABLE_NONE; i = table_next(table, i)) {
            if (table_entry_passes(table, i, filter)) {
                sum->n_flows++;
                sum->n_packets += table_entry(table, i).n_packets;
                sum->n_bytes += table_entry(table, i).n_bytes;
            }
        }
    }
    swtch_send(a->sw, &a->msg);
}

/* --- Tables ---------------------------------------------------------------------------------- */

static void reply_tables(struct answer *a)
{
    struct swtch *sw = a->sw;
    struct of_table_stats *list = arena_calloc(&sw->arena, sw->params.n_tables, sizeof *list);
    size_t n = 0;
    bool is10 = sw->cur->version == OF_VERSION_1_0;

    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        if (sw->vacancies[t].removed) {
            continue;
        }
        list[n] = (struct of_table_stats){.table_id = t,
                                          .n_active = table_size(sw->tables[t]),
                                          .n_lookup = table_n_lookups(sw->tables[t]),
                                          .n_matched = table_n_matched(sw->tables[t])};
        if (is10) {
            snprintf(list[n].name, sizeof list[n].name, "%s", sw->shapes[t].name);
            list[n].wildcards = 0x3fffff; /* OFPFW_ALL. */
            list[n].max_entries = table_max_entries(sw->tables[t]);
        }
        n++;
    }
    a->msg.mp_reply.tables = list;
    swtch_stats_part(a, n, false);
}

/* --- Ports ----------------------------------------------------------------------------------- */

static void fill_port_stats(const struct swtch *sw, port_no_t port_no, struct of_port_stats *out)
{
    const struct port *port = swtch_port(sw, port_no);
    bool is10 = sw->cur->version == OF_VERSION_1_0;
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), port->rest->added_at);

    *out = (struct of_port_stats){
        .port_no = port_no,
        .rx_packets = port->rx_packets,
        .tx_packets = port->tx_packets,
        .rx_bytes = port->rx_bytes,
        .tx_bytes = port->tx_bytes,
        .rx_dropped = port->rest->rx_dropped,
        .tx_dropped = port->rest->tx_dropped,
        .duration_s = is10 ? UINT32_MAX : (uint32_t)(age_ns / NS_PER_S),
        .duration_ns = is10 ? UINT32_MAX : (uint32_t)(age_ns % NS_PER_S),
    };
}

static enum of_err reply_port_stats(struct answer *a, port_no_t port_no)
{
    struct swtch *sw = a->sw;
    port_no_t first = port_no == OF_PORT_ANY ? 1 : port_no;
    port_no_t last = port_no == OF_PORT_ANY ? sw->n_ports : port_no;
    struct of_port_stats *list = arena_calloc(&sw->arena, PORTS_PER_MSG, sizeof *list);
    size_t n = 0;

    if (port_no != OF_PORT_ANY && !swtch_port(sw, port_no)) {
        return OF_ERR_REQ_BAD_PORT;
    }
    a->msg.mp_reply.port_stats = list;
    for (port_no_t p = first; p <= last; p++) {
        if (n == PORTS_PER_MSG) {
            swtch_stats_part(a, n, true);
            n = 0;
        }
        fill_port_stats(sw, p, &list[n++]);
    }
    swtch_stats_part(a, n, false);
    return OF_OK;
}

/* All ports, or since 1.5 one of them. */
static enum of_err reply_port_desc(struct answer *a, port_no_t port_no)
{
    struct swtch *sw = a->sw;
    bool all = sw->cur->version < OF_VERSION_1_5 || port_no == OF_PORT_ANY;
    port_no_t first = all ? 1 : port_no, last = all ? sw->n_ports : port_no;
    struct of_port *list = arena_calloc(&sw->arena, PORTS_PER_MSG, sizeof *list);
    size_t n = 0;

    if (!all && !swtch_port(sw, port_no)) {
        return OF_ERR_REQ_BAD_PORT;
    }
    a->msg.mp_reply.ports = list;
    for (port_no_t p = first; p <= last; p++) {
        if (n == PORTS_PER_MSG) {
            swtch_stats_part(a, n, true);
            n = 0;
        }
        swtch_describe_port(sw, p, &list[n++]);
    }
    swtch_stats_part(a, n, false);
    return OF_OK;
}

/* --- Dispatch -------------------------------------------------------------------------------- */

/* OpenFlow 1.0 has no error for a table that there is not: nothing is in it. */
static enum of_err check_filter(const struct swtch *sw, const struct of_flow_filter *filter)
{
    return is_there(sw, filter) || sw->cur->version == OF_VERSION_1_0 ? OF_OK
                                                                      : OF_ERR_REQ_BAD_TABLE_ID;
}

enum of_err swtch_stats_reply(struct swtch *sw, const struct of_msg *request)
{
    const struct of_multipart_request *req = &request->mp_request;
    struct answer a = answer_to(sw, request);
    enum of_err err;

    if (req->type >= OF_MP_FLOW_STATS && sw->cur->version < OF_VERSION_1_5) {
        return OF_ERR_BAD_MULTIPART;
    }
    switch (req->type) {
    case OF_MP_DESC:
        reply_desc(&a);
        return OF_OK;
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
        err = check_filter(sw, &req->flow);
        if (err == OF_OK) {
            reply_flows(&a, &req->flow);
        }
        return err;
    case OF_MP_AGGREGATE:
        err = check_filter(sw, &req->flow);
        if (err == OF_OK) {
            reply_aggregate(&a, &req->flow);
        }
        return err;
    case OF_MP_TABLE:
        reply_tables(&a);
        return OF_OK;
    case OF_MP_PORT_STATS:
        return reply_port_stats(&a, req->port_no);
    case OF_MP_TABLE_FEATURES:
        return swtch_table_features(&a, request);
    case OF_MP_PORT_DESC:
        return reply_port_desc(&a, req->port_no);
    case OF_MP_EXPERIMENTER:
        return OF_ERR_BAD_EXPERIMENTER;
    case OF_MP_GROUP_STATS:
        return swtch_stats_groups(&a, req->group_id);
    case OF_MP_GROUP_DESC:
        swtch_stats_group_descs(&a,
                                sw->cur->version < OF_VERSION_1_5 ? OF_GROUP_ALL : req->group_id);
        return OF_OK;
    case OF_MP_GROUP_FEATURES:
        swtch_stats_group_features(&a);
        return OF_OK;
    case OF_MP_METER_STATS:
    case OF_MP_METER_CONFIG:
        return swtch_stats_meters(&a, req->meter_id);
    case OF_MP_METER_FEATURES:
        swtch_stats_meter_features(&a);
        return OF_OK;
    case OF_MP_TABLE_DESC:
        swtch_stats_table_descs(&a);
        return OF_OK;
    case OF_MP_QUEUE_STATS:
    case OF_MP_QUEUE_DESC:
        return swtch_stats_queues(&a, req->queue.port_no, req->queue.queue_id);
    case OF_MP_FLOW_MONITOR:
        return swtch_flow_monitor(&a, &req->monitor);
    case OF_MP_CONTROLLER_STATUS:
        swtch_stats_controllers(&a);
        return OF_OK;
    case OF_MP_BUNDLE_FEATURES:
        return swtch_bundle_features(&a, &request->mp_request);
    case OF_N_MP_TYPES:
        break;
    }
    return OF_ERR_BAD_MULTIPART;
}
