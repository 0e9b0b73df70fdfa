/* Multiparts as text for people. */
#include "controller/openflow/of_print.h"

static void add_table_features(struct of_text *t, const struct of_table_features *list, size_t n)
{
    of_text_u64(t, "tables", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        of_text_add(t, " table=%u(%s) max_entries=%u props=%zu", list[i].table_id, list[i].name,
                    list[i].max_entries, list[i].n_props);
        if (list[i].command || list[i].features) {
            of_text_add(t, " command=%u features=0x%x", list[i].command, list[i].features);
        }
    }
}

void of_text_mp_request(struct of_text *t, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;

    of_text_add(t, " %s%s", of_mp_type_name(q->type), q->more ? " more" : "");
    switch (q->type) {
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
    case OF_MP_AGGREGATE:
        of_text_add(t, " table=%u ", q->flow.table_id);
        of_text_match(t, &q->flow.match);
        of_text_add(t, " cookie=0x%llx/0x%llx", (unsigned long long)q->flow.cookie,
                    (unsigned long long)q->flow.cookie_mask);
        of_text_filter(t, q->flow.out_port, q->flow.out_group);
        break;
    case OF_MP_PORT_STATS:
        of_text_named_port(t, "port", q->port_no);
        break;
    case OF_MP_TABLE_FEATURES:
        add_table_features(t, q->table_features.list, q->table_features.n);
        break;
    case OF_MP_EXPERIMENTER:
        of_text_experimenter(t, &q->experimenter);
        break;
    case OF_MP_FLOW_MONITOR:
        of_text_monitor(t, &q->monitor);
        break;
    case OF_MP_QUEUE_STATS:
    case OF_MP_QUEUE_DESC:
        of_text_named_port(t, "port", q->queue.port_no);
        of_text_id(t, "queue", q->queue.queue_id, OF_QUEUE_ALL);
        break;
    case OF_MP_GROUP_STATS:
        of_text_id(t, "group", q->group_id, OF_GROUP_ALL);
        break;
    case OF_MP_METER_STATS:
    case OF_MP_METER_CONFIG:
        of_text_id(t, "meter", q->meter_id, OF_METER_ALL);
        break;
    case OF_MP_PORT_DESC: /* Before 1.5 these two ask for all. */
        if (msg->version >= OF_VERSION_1_5) {
            of_text_named_port(t, "port", q->port_no);
        }
        break;
    case OF_MP_GROUP_DESC:
        if (msg->version >= OF_VERSION_1_5) {
            of_text_id(t, "group", q->group_id, OF_GROUP_ALL);
        }
        break;
    case OF_MP_BUNDLE_FEATURES:
        of_text_bundle_features_request(t, q);
        break;
    case OF_MP_DESC:
    case OF_MP_TABLE:
    case OF_MP_GROUP_FEATURES:
    case OF_MP_METER_FEATURES:
    case OF_MP_TABLE_DESC:
    case OF_MP_CONTROLLER_STATUS:
    case OF_N_MP_TYPES:
        break;
    }
}

static void add_flows(struct of_text *t, const struct of_multipart_reply *q)
{
    of_text_u64(t, "flows", q->n);
    for (size_t i = 0; i < q->n && i < OF_MAX_LISTED; i++) {
        const struct of_flow_stats *s = &q->flows[i];

        of_text_add(t, " {table=%u prio=%u ", s->table_id, s->priority);
        of_text_match(t, &s->match);
        of_text_add(t, " cookie=0x%llx", (unsigned long long)s->cookie);
        of_text_counts(t, s->n_packets, s->n_bytes);
        of_text_add(t, " actions=");
        of_text_instructions(t, &s->ins);
        of_text_add(t, "}");
    }
}

static void add_flow_stats(struct of_text *t, const struct of_multipart_reply *q)
{
    of_text_u64(t, "flows", q->n);
    for (size_t i = 0; i < q->n && i < OF_MAX_LISTED; i++) {
        const struct of_flow_stats *s = &q->flows[i];

        of_text_add(t, " {%s table=%u prio=%u ",
                    s->reason == OF_FSR_STAT_TRIGGER ? "triggered" : "asked", s->table_id,
                    s->priority);
        of_text_match(t, &s->match);
        of_text_counts(t, s->n_packets, s->n_bytes);
        of_text_add(t, "}");
    }
}

static void add_tables(struct of_text *t, const struct of_multipart_reply *q)
{
    of_text_u64(t, "tables", q->n);
    for (size_t i = 0; i < q->n && i < OF_MAX_LISTED; i++) {
        of_text_add(t, " table=%u active=%u lookup=%llu matched=%llu", q->tables[i].table_id,
                    q->tables[i].n_active, (unsigned long long)q->tables[i].n_lookup,
                    (unsigned long long)q->tables[i].n_matched);
    }
}

static void add_port_stats(struct of_text *t, const struct of_multipart_reply *q)
{
    of_text_u64(t, "ports", q->n);
    for (size_t i = 0; i < q->n && i < OF_MAX_LISTED; i++) {
        const struct of_port_stats *s = &q->port_stats[i];

        of_text_named_port(t, "port", s->port_no);
        of_text_add(t, " rx=%llu/%llu tx=%llu/%llu", (unsigned long long)s->rx_packets,
                    (unsigned long long)s->rx_bytes, (unsigned long long)s->tx_packets,
                    (unsigned long long)s->tx_bytes);
        if (s->optical) {
            of_text_hex(t, "optical", s->optical->flags);
        }
    }
}

void of_text_mp_reply(struct of_text *t, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;

    of_text_add(t, " %s%s", of_mp_type_name(q->type), q->more ? " more" : "");
    switch (q->type) {
    case OF_MP_DESC:
        of_text_add(t, " mfr=\"%s\" hw=\"%s\" sw=\"%s\" serial=\"%s\" dp=\"%s\"", q->desc->mfr_desc,
                    q->desc->hw_desc, q->desc->sw_desc, q->desc->serial_num, q->desc->dp_desc);
        break;
    case OF_MP_FLOW:
        add_flows(t, q);
        break;
    case OF_MP_AGGREGATE:
        of_text_counts(t, q->aggregate.n_packets, q->aggregate.n_bytes);
        of_text_u64(t, "flows", q->aggregate.n_flows);
        break;
    case OF_MP_TABLE:
        add_tables(t, q);
        break;
    case OF_MP_PORT_STATS:
        add_port_stats(t, q);
        break;
    case OF_MP_TABLE_FEATURES:
        add_table_features(t, q->table_features, q->n);
        break;
    case OF_MP_PORT_DESC:
        of_text_ports(t, q->ports, q->n);
        break;
    case OF_MP_EXPERIMENTER:
        of_text_experimenter(t, &q->experimenter);
        break;
    case OF_MP_QUEUE_STATS:
        of_text_queue_stats(t, q->queue_stats, q->n);
        break;
    case OF_MP_GROUP_STATS:
        of_text_group_stats(t, q->group_stats, q->n);
        break;
    case OF_MP_GROUP_DESC:
        of_text_group_descs(t, q->group_descs, q->n);
        break;
    case OF_MP_GROUP_FEATURES:
        of_text_group_features(t, &q->group_features);
        break;
    case OF_MP_METER_STATS:
        of_text_meter_stats(t, q->meter_stats, q->n);
        break;
    case OF_MP_METER_CONFIG:
        of_text_meters(t, q->meters, q->n);
        break;
    case OF_MP_METER_FEATURES:
        of_text_meter_features(t, &q->meter_features);
        break;
    case OF_MP_TABLE_DESC:
        of_text_table_descs(t, q->table_descs, q->n);
        break;
    case OF_MP_QUEUE_DESC:
        of_text_queues(t, q->queues, q->n);
        break;
    case OF_MP_FLOW_MONITOR:
        of_text_updates(t, q->updates, q->n);
        break;
    case OF_MP_FLOW_STATS:
        add_flow_stats(t, q);
        break;
    case OF_MP_CONTROLLER_STATUS:
        of_text_controllers(t, q->controllers, q->n);
        break;
    case OF_MP_BUNDLE_FEATURES:
        of_text_bundle_features(t, &q->bundle_features);
        break;
    case OF_N_MP_TYPES:
        break;
    }
}
