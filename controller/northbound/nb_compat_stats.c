/* What switches answer, with the names of members that the original controller gave them. */
#include <string.h>

#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_flow_json.h"

/* A counter that a switch of OpenFlow 1.5 does not say is null. */
static void number(json_t *out, const char *key, uint64_t value)
{
    json_object_set_new(out, key, value == UINT64_MAX ? json_null() : nb_compat_number(value));
}

static void text(json_t *out, const char *key, const char *value)
{
    json_object_set_new(out, key, nb_json_text(value));
}

/* Ports are "7" or "local". */
static void port(json_t *out, const char *key, port_no_t value)
{
    json_t *json = nb_json_port(value);

    json_object_set_new(out, key,
                        json_is_string(json) ? json_incref(json) : nb_compat_number(value));
    json_decref(json);
}

/* The list 'key', which begins empty. */
static json_t *list(json_t *out, const char *key)
{
    json_t *array = json_array();

    json_object_set_new(out, key, array);
    return array;
}

static json_t *add(json_t *array)
{
    json_t *object = json_object();

    json_array_append_new(array, object);
    return object;
}

/* --- Entries ---------------------------------------------------------------------------------- */

static json_t *wrapped(const char *key, json_t *value)
{
    return json_pack("{s:o}", key, value);
}

/* {"instruction_apply_actions": {"actions": "..."}, "instruction_goto_table": {"tableId": "1"}} */
static json_t *instructions_json(const struct of_instructions *ins)
{
    static const struct {
        const char *ours, *theirs, *member;
    } names[] = {{"apply_actions", "instruction_apply_actions", "actions"},
                 {"write_actions", "instruction_write_actions", "actions"},
                 {"write_metadata", "instruction_write_metadata", "metadata"}};
    json_t *ours = nb_instructions_json(ins), *out = json_object();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = json_object_get(ours, names[i].ours);

        if (value) {
            json_object_set_new(out, names[i].theirs, wrapped(names[i].member, json_incref(value)));
        }
    }
    if (ins->has_clear) {
        json_object_set_new(out, "instruction_clear_actions", json_object());
    }
    if (ins->has_goto) {
        json_object_set_new(out, "instruction_goto_table",
                            wrapped("tableId", nb_compat_number(ins->goto_table)));
    }
    if (ins->has_meter) {
        json_object_set_new(out, "instruction_goto_meter",
                            wrapped("meterId", nb_compat_number(ins->meter_id)));
    }
    json_decref(ours);
    return out;
}

static void add_flows(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *flows = list(out, "flows");

    for (size_t i = 0; i < r->n; i++) {
        const struct of_flow_stats *f = &r->flows[i];
        json_t *o = add(flows);

        text(o, "version", version);
        json_object_set_new(o, "cookie", json_sprintf("%llu", (unsigned long long)f->cookie));
        json_object_set_new(o, "tableId", json_sprintf("0x%x", f->table_id));
        number(o, "packetCount", f->n_packets);
        number(o, "byteCount", f->n_bytes);
        number(o, "durationSeconds", f->duration_s);
        number(o, "priority", f->priority);
        number(o, "idleTimeoutSec", f->idle_timeout_s);
        number(o, "hardTimeoutSec", f->hard_timeout_s);
        number(o, "flags", f->flags);
        json_object_set_new(o, "match", nb_compat_match(&f->match));
        json_object_set_new(o, "instructions", instructions_json(&f->ins));
    }
}

static void add_aggregate(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *o = json_object();

    text(o, "version", version);
    number(o, "flowCount", r->aggregate.n_flows == UINT32_MAX ? UINT64_MAX : r->aggregate.n_flows);
    number(o, "packetCount", r->aggregate.n_packets);
    number(o, "byteCount", r->aggregate.n_bytes);
    number(o, "flags", 0);
    json_object_set_new(out, "aggregate", o);
}

static void add_tables(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *tables = list(out, "table");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_table_stats *t = &r->tables[i];
        json_t *o = add(tables);

        json_object_set_new(o, "tableId", json_sprintf("0x%x", t->table_id));
        number(o, "activeCount", t->n_active);
        number(o, "lookUpCount", t->n_lookup);
        number(o, "matchCount", t->n_matched);
    }
}

static void add_table_features(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *tables = list(out, "tableFeatures");

    for (size_t i = 0; i < r->n; i++) {
        const struct of_table_features *t = &r->table_features[i];
        json_t *o = add(tables);

        text(o, "version", version);
        json_object_set_new(o, "tableId", json_sprintf("0x%x", t->table_id));
        text(o, "name", t->name);
        json_object_set_new(o, "metadataMatch", nb_compat_number(t->metadata_match));
        json_object_set_new(o, "metadataWrite", nb_compat_number(t->metadata_write));
        number(o, "config", t->config);
        number(o, "maxEntries", t->max_entries);
    }
}

/* --- The switch and its ports ----------------------------------------------------------------- */

static void add_desc(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *o = json_object();

    text(o, "version", version);
    text(o, "manufacturerDescription", r->desc->mfr_desc);
    text(o, "hardwareDescription", r->desc->hw_desc);
    text(o, "softwareDescription", r->desc->sw_desc);
    text(o, "serialNumber", r->desc->serial_num);
    text(o, "datapathDescription", r->desc->dp_desc);
    json_object_set_new(out, "desc", o);
}

static void add_ports(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *ports = list(out, "port");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_port_stats *p = &r->port_stats[i];
        json_t *o = add(ports);

        port(o, "portNumber", p->port_no);
        number(o, "receivePackets", p->rx_packets);
        number(o, "transmitPackets", p->tx_packets);
        number(o, "receiveBytes", p->rx_bytes);
        number(o, "transmitBytes", p->tx_bytes);
        number(o, "receiveDropped", p->rx_dropped);
        number(o, "transmitDropped", p->tx_dropped);
        number(o, "receiveErrors", p->rx_errors);
        number(o, "transmitErrors", p->tx_errors);
        number(o, "receiveFrameErrors", p->rx_frame_err);
        number(o, "receiveOverrunErrors", p->rx_over_err);
        number(o, "receiveCRCErrors", p->rx_crc_err);
        number(o, "collisions", p->collisions);
        number(o, "durationSec", p->duration_s == UINT32_MAX ? UINT64_MAX : p->duration_s);
        number(o, "durationNsec", p->duration_ns == UINT32_MAX ? UINT64_MAX : p->duration_ns);
    }
}

static void add_queues(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *queues = list(out, "queue");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_queue_stats *q = &r->queue_stats[i];
        json_t *o = add(queues);

        port(o, "portNumber", q->port_no);
        number(o, "queueId", q->queue_id);
        number(o, "transmitBytes", q->tx_bytes);
        number(o, "transmitPackets", q->tx_packets);
        number(o, "transmitErrors", q->tx_errors);
    }
}

/* --- Groups and meters ------------------------------------------------------------------------ */

static void add_counters(json_t *out, const struct of_counter *counters, size_t n,
                         const char *packets, const char *bytes)
{
    for (size_t i = 0; i < n; i++) {
        json_t *o = add(out);

        number(o, packets, counters[i].n_packets);
        number(o, bytes, counters[i].n_bytes);
    }
}

static void add_groups(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *groups = list(out, "group");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_group_stats *g = &r->group_stats[i];
        json_t *o = add(groups);

        number(o, "groupNumber", g->group_id);
        number(o, "referenceCount", g->n_refs);
        number(o, "packetCount", g->n_packets);
        number(o, "byteCount", g->n_bytes);
        add_counters(list(o, "bucketCounters"), g->buckets, g->n_buckets, "packetCount",
                     "byteCount");
        number(o, "durationSec", g->duration_s);
        number(o, "durationNsec", g->duration_ns);
    }
}

static const char *group_type(enum of_group_type type)
{
    static const char *const names[] = {[OF_GT_ALL] = "ALL",
                                        [OF_GT_SELECT] = "SELECT",
                                        [OF_GT_INDIRECT] = "INDIRECT",
                                        [OF_GT_FF] = "FF"};

    return (unsigned)type < sizeof names / sizeof names[0] ? names[type] : "?";
}

static void add_group_descs(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *groups = list(out, "groupDesc");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_group_desc *g = &r->group_descs[i];
        json_t *o = add(groups), *buckets = list(o, "buckets");

        text(o, "groupType", group_type(g->type));
        number(o, "groupNumber", g->group_id);
        for (size_t k = 0; k < g->n_buckets; k++) {
            const struct of_instructions ins = {.has_apply = true, .apply = g->buckets[k].actions};
            json_t *b = add(buckets), *ours = nb_instructions_json(&ins);

            number(b, "weight", g->buckets[k].weight);
            port(b, "watchPortNumber", g->buckets[k].watch_port);
            json_object_set(b, "actions", json_object_get(ours, "apply_actions"));
            json_decref(ours);
        }
    }
}

static void add_group_features(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    static const char *const max[] = {"maxGroupsAll", "maxGroupsSelect", "maxGroupsIndirect",
                                      "maxGroupsFf"};
    static const char *const actions[] = {"actionsAll", "actionsSelect", "actionsIndirect",
                                          "actionsFf"};
    json_t *o = json_object();

    text(out, "version", version);
    number(o, "capabilities", r->group_features.capabilities);
    for (size_t i = 0; i < OF_N_GROUP_TYPES; i++) {
        number(o, max[i], r->group_features.max_groups[i]);
        number(o, actions[i], r->group_features.actions[i]);
    }
    json_object_set_new(out, "groupFeatures", o);
}

static void add_meters(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *meters = list(out, "meter");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_meter_stats *m = &r->meter_stats[i];
        json_t *o = add(meters);

        number(o, "meterId", m->meter_id);
        number(o, "flowCount", m->n_flows);
        number(o, "packetInCount", m->n_packets);
        number(o, "byteInCount", m->n_bytes);
        add_counters(list(o, "meterBandStats"), m->bands, m->n_bands, "packetBandCount",
                     "byteBandCount");
        number(o, "durationSec", m->duration_s);
        number(o, "durationNsec", m->duration_ns);
    }
}

static void add_meter_configs(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *meters = list(out, "meterConfig");

    text(out, "version", version);
    for (size_t i = 0; i < r->n; i++) {
        const struct of_meter *m = &r->meters[i];
        json_t *o = add(meters), *bands = list(o, "meterBands");

        number(o, "meterId", m->meter_id);
        number(o, "flags", m->flags);
        for (size_t k = 0; k < m->n_bands; k++) {
            json_t *b = add(bands);

            number(b, "bandType", m->bands[k].type);
            number(b, "rate", m->bands[k].rate);
            number(b, "burstSize", m->bands[k].burst);
        }
    }
}

static void add_meter_features(json_t *out, const struct of_multipart_reply *r, const char *version)
{
    json_t *o = json_object();

    text(out, "version", version);
    number(o, "maxGroupsMeters", r->meter_features.max_meters);
    number(o, "bandTypes", r->meter_features.band_types);
    number(o, "capabilities", r->meter_features.capabilities);
    number(o, "maxBands", r->meter_features.max_bands);
    number(o, "maxColors", r->meter_features.max_color);
    json_object_set_new(out, "meterFeatures", o);
}

/* --- Which there are -------------------------------------------------------------------------- */

static const struct nb_compat_stat stats[] = {
    {"flow", OF_MP_FLOW, OF_VERSION_1_0, add_flows},
    {"aggregate", OF_MP_AGGREGATE, OF_VERSION_1_0, add_aggregate},
    {"desc", OF_MP_DESC, OF_VERSION_1_0, add_desc},
    {"port", OF_MP_PORT_STATS, OF_VERSION_1_0, add_ports},
    {"queue", OF_MP_QUEUE_STATS, OF_VERSION_1_0, add_queues},
    {"table", OF_MP_TABLE, OF_VERSION_1_0, add_tables},
    {"table-features", OF_MP_TABLE_FEATURES, OF_VERSION_1_3, add_table_features},
    {"group", OF_MP_GROUP_STATS, OF_VERSION_1_3, add_groups},
    {"group-desc", OF_MP_GROUP_DESC, OF_VERSION_1_3, add_group_descs},
    {"group-features", OF_MP_GROUP_FEATURES, OF_VERSION_1_3, add_group_features},
    {"meter", OF_MP_METER_STATS, OF_VERSION_1_3, add_meters},
    {"meter-config", OF_MP_METER_CONFIG, OF_VERSION_1_3, add_meter_configs},
    {"meter-features", OF_MP_METER_FEATURES, OF_VERSION_1_3, add_meter_features},
};

const struct nb_compat_stat *nb_compat_stat_find(const char *name)
{
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        if (strcmp(stats[i].name, name) == 0) {
            return &stats[i];
        }
    }
    return NULL;
}

const char *nb_compat_stat_names(void)
{
    return "flow, aggregate, desc, port, port-desc, queue, table, table-features, group, "
           "group-desc, "
           "group-features, meter, meter-config, meter-features or features";
}
