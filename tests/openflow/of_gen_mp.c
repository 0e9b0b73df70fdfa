/* Random multipart requests and replies. */
#include <string.h>

#include "controller/openflow/of_field.h"
#include "tests/openflow/of_gen.h"
#include "tests/openflow/of_gen_parts.h"

static void gen_filter(struct of_gen *g, struct of_flow_filter *f)
{
    bool v10 = g->version == OF_VERSION_1_0;

    memset(f, 0, sizeof *f);
    f->table_id = gen_coin(g) ? OF_TABLE_ALL : (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    f->out_port = gen_port_no(g);
    f->out_group = v10 ? OF_GROUP_ANY : gen_out_group(g);
    f->cookie = v10 ? 0 : of_gen_bits(g, 64);
    f->cookie_mask = v10 ? 0 : of_gen_bits(g, 64);
    of_gen_match(g, &f->match);
}

static struct of_desc *gen_desc(struct of_gen *g)
{
    struct of_desc *d = arena_alloc(g->arena, sizeof *d);

    gen_text(g, d->mfr_desc, OF_DESC_STR_LEN);
    gen_text(g, d->hw_desc, OF_DESC_STR_LEN);
    gen_text(g, d->sw_desc, OF_DESC_STR_LEN);
    gen_text(g, d->serial_num, OF_SERIAL_NUM_LEN);
    gen_text(g, d->dp_desc, OF_DESC_STR_LEN);
    return d;
}

static struct of_flow_stats *gen_flows(struct of_gen *g, size_t n)
{
    struct of_flow_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        struct of_flow_stats *s = &list[i];

        s->table_id = (uint8_t)of_gen_below(g, OF_TABLE_MAX);
        s->duration_s = (uint32_t)of_gen_bits(g, 32);
        s->duration_ns = (uint32_t)of_gen_below(g, 1000000000);
        s->priority = (uint16_t)of_gen_bits(g, 16);
        s->idle_timeout_s = (uint16_t)of_gen_bits(g, 16);
        s->hard_timeout_s = (uint16_t)of_gen_bits(g, 16);
        s->flags = g->version == OF_VERSION_1_0 ? 0 : (uint16_t)of_gen_bits(g, 5);
        s->importance = g->version < OF_VERSION_1_4 ? 0 : (uint16_t)of_gen_bits(g, 16);
        s->cookie = of_gen_bits(g, 64);
        s->n_packets = of_gen_bits(g, 64);
        s->n_bytes = of_gen_bits(g, 64);
        of_gen_match(g, &s->match);
        gen_instructions(g, &s->match, &s->ins);
    }
    return list;
}

static struct of_table_stats *gen_tables(struct of_gen *g, size_t n)
{
    struct of_table_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].table_id = (uint8_t)i;
        list[i].n_active = (uint32_t)of_gen_bits(g, 32);
        list[i].n_lookup = of_gen_bits(g, 64);
        list[i].n_matched = of_gen_bits(g, 64);
        if (g->version == OF_VERSION_1_0) {
            gen_text(g, list[i].name, 32);
            list[i].wildcards = (uint32_t)of_gen_bits(g, 22);
            list[i].max_entries = (uint32_t)of_gen_bits(g, 32);
        }
    }
    return list;
}

static struct of_port_optical_stats *gen_optical_stats(struct of_gen *g)
{
    struct of_port_optical_stats *o = arena_alloc(g->arena, sizeof *o);

    if (g->version < OF_VERSION_1_4 || gen_coin(g)) {
        return NULL;
    }
    o->flags = (uint32_t)of_gen_bits(g, 7);
    o->tx_freq = (uint32_t)of_gen_bits(g, 32);
    o->tx_offset = (uint32_t)of_gen_bits(g, 32);
    o->tx_grid_span = (uint32_t)of_gen_bits(g, 32);
    o->rx_freq = (uint32_t)of_gen_bits(g, 32);
    o->rx_offset = (uint32_t)of_gen_bits(g, 32);
    o->rx_grid_span = (uint32_t)of_gen_bits(g, 32);
    o->tx_pwr = (uint16_t)of_gen_bits(g, 16);
    o->rx_pwr = (uint16_t)of_gen_bits(g, 16);
    o->bias_current = (uint16_t)of_gen_bits(g, 16);
    o->temperature = (uint16_t)of_gen_bits(g, 16);
    return o;
}

static struct of_port_stats *gen_port_stats(struct of_gen *g, size_t n)
{
    struct of_port_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        struct of_port_stats *s = &list[i];
        uint64_t *const counters[] = {
            &s->rx_packets,   &s->tx_packets,  &s->rx_bytes,   &s->tx_bytes,
            &s->rx_dropped,   &s->tx_dropped,  &s->rx_errors,  &s->tx_errors,
            &s->rx_frame_err, &s->rx_over_err, &s->rx_crc_err, &s->collisions,
        };

        s->port_no = gen_port_no(g);
        for (size_t j = 0; j < sizeof counters / sizeof counters[0]; j++) {
            *counters[j] = of_gen_bits(g, 64);
        }
        s->duration_s = s->duration_ns = UINT32_MAX;
        if (g->version != OF_VERSION_1_0) {
            s->duration_s = (uint32_t)of_gen_bits(g, 32);
            s->duration_ns = (uint32_t)of_gen_below(g, 1000000000);
        }
        s->optical = gen_optical_stats(g);
        if (s->optical && gen_coin(g)) {
            s->rx_frame_err = s->rx_over_err = s->rx_crc_err = s->collisions = 0; /* No Ethernet. */
        }
    }
    return list;
}

void gen_mp_request(struct of_gen *g, enum of_mp_type type, struct of_multipart_request *q)
{
    memset(q, 0, sizeof *q);
    q->type = type;
    switch (type) {
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
    case OF_MP_AGGREGATE:
        gen_filter(g, &q->flow);
        break;
    case OF_MP_PORT_STATS:
        q->port_no = gen_coin(g) ? OF_PORT_ANY : gen_ordinary_port(g);
        break;
    case OF_MP_TABLE_FEATURES:
        q->more = gen_coin(g);
        q->table_features.n = of_gen_below(g, 3);
        q->table_features.list = gen_table_features(g, q->table_features.n);
        break;
    case OF_MP_EXPERIMENTER:
        q->experimenter = gen_experimenter(g);
        break;
    case OF_MP_FLOW_MONITOR:
        gen_monitor(g, &q->monitor);
        break;
    case OF_MP_QUEUE_STATS:
    case OF_MP_QUEUE_DESC:
        q->queue.port_no = gen_queue_port(g, true);
        q->queue.queue_id = (uint32_t)of_gen_bits(g, 32);
        break;
    case OF_MP_GROUP_STATS:
    case OF_MP_GROUP_DESC:
        q->group_id = gen_coin(g) ? OF_GROUP_ALL : (uint32_t)of_gen_below(g, OF_GROUP_MAX);
        break;
    case OF_MP_METER_STATS:
    case OF_MP_METER_CONFIG:
        q->meter_id = gen_coin(g) ? OF_METER_ALL : 1 + (uint32_t)of_gen_below(g, OF_METER_MAX);
        break;
    case OF_MP_PORT_DESC:
        q->port_no = gen_coin(g) ? OF_PORT_ANY : gen_ordinary_port(g);
        break;
    case OF_MP_BUNDLE_FEATURES:
        gen_bundle_features_request(g, q);
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

void gen_mp_reply(struct of_gen *g, enum of_mp_type type, struct of_multipart_reply *q)
{
    struct of_flow_stats *list;
    size_t n = of_gen_below(g, 4);

    memset(q, 0, sizeof *q);
    q->type = type;
    q->more = gen_coin(g);
    switch (type) {
    case OF_MP_DESC:
        q->desc = gen_desc(g);
        return;
    case OF_MP_AGGREGATE:
        q->aggregate.n_packets = of_gen_bits(g, 64);
        q->aggregate.n_bytes = of_gen_bits(g, 64);
        q->aggregate.n_flows = (uint32_t)of_gen_bits(g, 32);
        return;
    case OF_MP_EXPERIMENTER:
        q->experimenter = gen_experimenter(g);
        return;
    case OF_MP_FLOW:
        q->flows = gen_flows(g, n);
        break;
    case OF_MP_TABLE:
        q->tables = gen_tables(g, n);
        break;
    case OF_MP_PORT_STATS:
        q->port_stats = gen_port_stats(g, n);
        break;
    case OF_MP_TABLE_FEATURES:
        q->table_features = gen_table_features(g, n);
        break;
    case OF_MP_PORT_DESC:
        q->ports = gen_ports(g, &n);
        break;
    case OF_MP_QUEUE_STATS:
        q->queue_stats = gen_queue_stats(g, n);
        break;
    case OF_MP_GROUP_STATS:
        q->group_stats = gen_group_stats(g, n);
        break;
    case OF_MP_GROUP_DESC:
        q->group_descs = gen_group_descs(g, n);
        break;
    case OF_MP_METER_STATS:
        q->meter_stats = gen_meter_stats(g, n);
        break;
    case OF_MP_METER_CONFIG:
        q->meters = gen_meters(g, n);
        break;
    case OF_MP_GROUP_FEATURES:
        gen_group_features(g, &q->group_features);
        return;
    case OF_MP_METER_FEATURES:
        gen_meter_features(g, &q->meter_features);
        return;
    case OF_MP_TABLE_DESC:
        q->table_descs = gen_table_descs(g, n);
        break;
    case OF_MP_QUEUE_DESC:
        q->queues = gen_queues(g, n);
        break;
    case OF_MP_FLOW_MONITOR:
        q->updates = gen_updates(g, n);
        break;
    case OF_MP_FLOW_STATS:
        list = gen_flows(g, n);
        gen_only_stats(g, list, n);
        q->flows = list;
        break;
    case OF_MP_CONTROLLER_STATUS:
        q->controllers = gen_controllers(g, n);
        break;
    case OF_MP_BUNDLE_FEATURES:
        gen_bundle_features(g, &q->bundle_features);
        return;
    case OF_N_MP_TYPES:
        break;
    }
    q->n = n;
}
