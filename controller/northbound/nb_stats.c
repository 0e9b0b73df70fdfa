/* What switches themselves say: entries with their counters, ports, tables, groups, meters. The switch is
 * asked when somebody asks us, and the answer comes when the switch has answered. */

#include "controller/core/ask.h"
#include "controller/core/flowdb.h"
#include "controller/core/object.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_stats.h"

/* A counter that a switch of OpenFlow 1.5 does not say is null. */
static json_t *count_json(uint64_t n)
{
    return n == UINT64_MAX ? json_null() : nb_json_u64(n);
}

/* --- Lists ------------------------------------------------------------------------------------ */

static json_t *flow_json(const struct nb *nb, const struct of_flow_stats *f)
{
    bool ours = flow_cookie_is_ours(f->cookie);
    const char *app = ours ? nb_module_name(nb, flow_cookie_module(f->cookie)) : "?";

    return json_pack("{s:i,s:i,s:o,s:o,s:s,s:o,s:i,s:i,s:o,s:o,s:o}", "table_id", f->table_id,
                     "priority", f->priority, "match", nb_match_json(&f->match), "instructions",
                     nb_instructions_json(&f->ins), "app", app, "cookie",
                     json_sprintf("0x%016llx", (unsigned long long)f->cookie), "idle_timeout_s",
                     f->idle_timeout_s, "hard_timeout_s", f->hard_timeout_s, "duration_s",
                     nb_json_u64(f->duration_s), "n_packets", count_json(f->n_packets), "n_bytes",
                     count_json(f->n_bytes));
}

static json_t *port_json(const struct of_port_stats *p)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "port", nb_json_port(p->port_no),
                     "rx_packets", count_json(p->rx_packets), "tx_packets",
                     count_json(p->tx_packets), "rx_bytes", count_json(p->rx_bytes), "tx_bytes",
                     count_json(p->tx_bytes), "rx_dropped", count_json(p->rx_dropped), "tx_dropped",
                     count_json(p->tx_dropped), "rx_errors", count_json(p->rx_errors), "tx_errors",
                     count_json(p->tx_errors));
}

static json_t *table_json(const struct of_table_stats *t)
{
    return json_pack("{s:i,s:o,s:o,s:o}", "table_id", t->table_id, "n_entries",
                     nb_json_u64(t->n_active), "n_lookups", count_json(t->n_lookup), "n_matched",
                     count_json(t->n_matched));
}

static const char *state_name(enum object_state state)
{
    static const char *const names[] = {
        [OBJECT_UNKNOWN] = "foreign", [OBJECT_WANTED] = "wanted",
        [OBJECT_SENT] = "sent",       [OBJECT_CONFIRMED] = "confirmed",
        [OBJECT_FOUND] = "found",     [OBJECT_DELETING] = "deleting",
    };

    return names[state];
}

static json_t *object_json(const struct nb_call *call, const struct datapath *dp,
                           enum object_kind kind, uint32_t id)
{
    uint8_t module = object_module(id);
    enum object_state state = object_state(call->ctl, datapath_id(dp), kind, id);

    return json_pack("{s:o,s:s,s:s}", "id", nb_json_u64(id), "app",
                     module ? nb_module_name(call->nb, module) : "?", "state", state_name(state));
}

static json_t *group_json(const struct nb_call *call, const struct datapath *dp,
                          const struct of_group_desc *g)
{
    static const char *const types[] = {"all", "select", "indirect", "fast_failover"};
    json_t *out = object_json(call, dp, OBJECT_GROUP, g->group_id);
    json_t *buckets = json_array();

    for (size_t i = 0; i < g->n_buckets; i++) {
        const struct of_instructions ins = {.has_apply = true, .apply = g->buckets[i].actions};
        json_t *bucket = nb_instructions_json(&ins);

        json_object_set_new(bucket, "weight", json_integer(g->buckets[i].weight));
        json_array_append_new(buckets, bucket);
    }
    json_object_set_new(out, "type", json_string(g->type < 4 ? types[g->type] : "?"));
    json_object_set_new(out, "buckets", buckets);
    return out;
}

static json_t *meter_json(const struct nb_call *call, const struct datapath *dp,
                          const struct of_meter *m)
{
    json_t *out = object_json(call, dp, OBJECT_METER, m->meter_id);
    json_t *bands = json_array();

    for (size_t i = 0; i < m->n_bands; i++) {
        json_array_append_new(bands, json_pack("{s:o,s:o}", "rate", nb_json_u64(m->bands[i].rate),
                                               "burst", nb_json_u64(m->bands[i].burst)));
    }
    json_object_set_new(out, "flags", json_integer(m->flags));
    json_object_set_new(out, "bands", bands);
    return out;
}

static json_t *element_json(const struct nb_call *call, const struct datapath *dp,
                            const struct of_multipart_reply *r, size_t i)
{
    if (r->type == OF_MP_FLOW) {
        return flow_json(call->nb, &r->flows[i]);
    }
    if (r->type == OF_MP_PORT_STATS) {
        return port_json(&r->port_stats[i]);
    }
    if (r->type == OF_MP_TABLE) {
        return table_json(&r->tables[i]);
    }
    return r->type == OF_MP_GROUP_DESC ? group_json(call, dp, &r->group_descs[i])
                                       : meter_json(call, dp, &r->meters[i]);
}

/* --- Questions -------------------------------------------------------------------------------- */

static const struct question {
    enum of_mp_type type;
    const char *name; /* Of the list in the answer. */
    uint8_t min_version;
} questions[] = {
    {OF_MP_FLOW, "flows", OF_VERSION_1_0},          {OF_MP_PORT_STATS, "ports", OF_VERSION_1_0},
    {OF_MP_TABLE, "tables", OF_VERSION_1_0},        {OF_MP_GROUP_DESC, "groups", OF_VERSION_1_3},
    {OF_MP_METER_CONFIG, "meters", OF_VERSION_1_3},
};

static const struct question *find_question(enum of_mp_type type)
{
    size_t i = 0;

    while (questions[i].type != type) {
        i++;
    }
    return &questions[i];
}

static void fail(struct nb_call *call, enum err err)
{
    nb_fail(call, 503, "unavailable", NULL, "the switch did not answer: %s", err_text(err));
}

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct nb_call *call = aux;
    const struct of_multipart_reply *r = answer->err == ERR_OK ? &answer->msg->mp_reply : NULL;
    json_t *list;

    if (!r) {
        fail(call, answer->err);
    } else {
        list = json_array();
        for (size_t i = 0; i < r->n; i++) {
            json_array_append_new(list, element_json(call, dp, r, i));
        }
        nb_ok(call, json_pack("{s:o,s:o}", "dpid", nb_json_dpid(datapath_id(dp)),
                              find_question(r->type)->name, list));
    }
    nb_finish(call);
}

struct of_msg nb_stats_request(enum of_mp_type type)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = type}};

    if (type == OF_MP_FLOW || type == OF_MP_AGGREGATE) {
        msg.mp_request.flow = (struct of_flow_filter){
            .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    } else if (type == OF_MP_PORT_STATS) {
        msg.mp_request.port_no = OF_PORT_ANY;
    } else if (type == OF_MP_GROUP_DESC || type == OF_MP_GROUP_STATS) {
        msg.mp_request.group_id = OF_GROUP_ALL;
    } else if (type == OF_MP_METER_CONFIG || type == OF_MP_METER_STATS) {
        msg.mp_request.meter_id = OF_METER_ALL;
    } else if (type == OF_MP_QUEUE_STATS) {
        msg.mp_request.queue.port_no = OF_PORT_ANY;
        msg.mp_request.queue.queue_id = OF_QUEUE_ALL;
    }
    return msg;
}

void nb_ask_switch(struct nb_call *call, struct datapath *dp, enum of_mp_type type)
{
    const struct question *q = find_question(type);
    struct of_msg msg = nb_stats_request(type);
    enum err err;

    if (nb_failed(call)) {
        return;
    }
    if (datapath_is_ready(dp) && datapath_version(dp) < q->min_version) {
        nb_fail(call, 409, "conflict", NULL, "a switch of OpenFlow 1.0 has no %s", q->name);
        return;
    }
    err = datapath_ask(dp, &msg, on_answer, call);
    if (err == ERR_OK) {
        nb_defer(call);
    } else if (err == ERR_STATE) {
        nb_fail(call, 503, "unavailable", NULL, "the switch is not ready");
    } else {
        fail(call, err);
    }
}

static void get_installed(struct nb_call *call)
{
    nb_ask_switch(call, nb_param_datapath(call, "dpid"), OF_MP_FLOW);
}

static void get_ports(struct nb_call *call)
{
    nb_ask_switch(call, nb_param_datapath(call, "dpid"), OF_MP_PORT_STATS);
}

static void get_tables(struct nb_call *call)
{
    nb_ask_switch(call, nb_param_datapath(call, "dpid"), OF_MP_TABLE);
}

static void get_groups(struct nb_call *call)
{
    nb_ask_switch(call, nb_param_datapath(call, "dpid"), OF_MP_GROUP_DESC);
}

static void get_meters(struct nb_call *call)
{
    nb_ask_switch(call, nb_param_datapath(call, "dpid"), OF_MP_METER_CONFIG);
}

const struct nb_route nb_stats_routes[] = {
    NB_ROW(NB_GET, "/v1/switches/{dpid}/installed-flows", NB_READ, get_installed,
           "The entries that the switch says it has, with their counters."),
    NB_ROW(NB_GET, "/v1/switches/{dpid}/ports", NB_READ, get_ports, "The counters of its ports."),
    NB_ROW(NB_GET, "/v1/switches/{dpid}/tables", NB_READ, get_tables, "The sizes of its tables."),
    NB_ROW(NB_GET, "/v1/switches/{dpid}/groups", NB_READ, get_groups,
           "The groups that the switch says it has, and how each is wanted."),
    NB_ROW(NB_GET, "/v1/switches/{dpid}/meters", NB_READ, get_meters,
           "The meters that the switch says it has, and how each is wanted."),
    {0},
};
