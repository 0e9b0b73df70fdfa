/* Random groups, meters and queues. */

#include "tests/openflow/of_gen_parts.h"

#define NS_PER_S 1000000000

static struct of_counter *gen_counters(struct of_gen *g, size_t *n)
{
    struct of_counter *list;

    *n = of_gen_below(g, 4);
    list = arena_calloc(g->arena, *n, sizeof *list);
    for (size_t i = 0; i < *n; i++) {
        list[i].n_packets = of_gen_bits(g, 64);
        list[i].n_bytes = of_gen_bits(g, 64);
    }
    return list;
}

/* --- Groups ----------------------------------------------------------------------------------- */

static void gen_bucket(struct of_gen *g, enum of_group_type type, struct of_bucket *bucket)
{
    bool watches = type == OF_GT_FF || gen_coin(g);

    bucket->weight = type == OF_GT_SELECT ? (uint16_t)of_gen_bits(g, 16) : 0;
    bucket->watch_port = watches ? gen_ordinary_port(g) : OF_PORT_ANY;
    bucket->watch_group = gen_coin(g) ? (uint32_t)of_gen_below(g, OF_GROUP_MAX) : OF_GROUP_ANY;
    bucket->actions = gen_actions(g, false);
    gen_make_lasting(&bucket->actions);
}

static struct of_bucket *gen_buckets(struct of_gen *g, enum of_group_type type, size_t *n)
{
    struct of_bucket *list;

    *n = type == OF_GT_INDIRECT ? 1 : of_gen_below(g, 4);
    list = arena_calloc(g->arena, *n, sizeof *list);
    for (size_t i = 0; i < *n; i++) {
        gen_bucket(g, type, &list[i]);
    }
    if (g->version >= OF_VERSION_1_5) {
        gen_bucket_ids(g, list, *n);
    }
    return list;
}

void gen_group_mod(struct of_gen *g, struct of_group_mod *mod)
{
    mod->command = (enum of_group_command)of_gen_below(g, 3);
    mod->type = (enum of_group_type)of_gen_below(g, OF_N_GROUP_TYPES);
    mod->group_id = (uint32_t)of_gen_below(g, OF_GROUP_MAX);
    if (mod->command == OF_GC_DELETE && gen_coin(g)) {
        mod->group_id = OF_GROUP_ALL;
    }
    mod->buckets = gen_buckets(g, mod->type, &mod->n_buckets);
    if (g->version >= OF_VERSION_1_5 && mod->group_id != OF_GROUP_ALL && gen_coin(g)) {
        gen_bucket_command(g, mod);
    }
}

struct of_group_stats *gen_group_stats(struct of_gen *g, size_t n)
{
    struct of_group_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].group_id = (uint32_t)of_gen_below(g, OF_GROUP_MAX);
        list[i].n_refs = (uint32_t)of_gen_bits(g, 32);
        list[i].n_packets = of_gen_bits(g, 64);
        list[i].n_bytes = of_gen_bits(g, 64);
        list[i].duration_s = (uint32_t)of_gen_bits(g, 32);
        list[i].duration_ns = (uint32_t)of_gen_below(g, NS_PER_S);
        list[i].buckets = gen_counters(g, &list[i].n_buckets);
    }
    return list;
}

struct of_group_desc *gen_group_descs(struct of_gen *g, size_t n)
{
    struct of_group_desc *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].type = (enum of_group_type)of_gen_below(g, OF_N_GROUP_TYPES);
        list[i].group_id = (uint32_t)of_gen_below(g, OF_GROUP_MAX);
        list[i].buckets = gen_buckets(g, list[i].type, &list[i].n_buckets);
    }
    return list;
}

void gen_group_features(struct of_gen *g, struct of_group_features *f)
{
    f->types = (uint32_t)of_gen_bits(g, 4);
    f->capabilities = (uint32_t)of_gen_bits(g, 4);
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        f->max_groups[i] = (uint32_t)of_gen_bits(g, 32);
        f->actions[i] = (uint32_t)of_gen_bits(g, 32) & gen_known_actions(g);
    }
}

/* --- Meters ----------------------------------------------------------------------------------- */

static void gen_band(struct of_gen *g, struct of_meter_band *band)
{
    static const enum of_meter_band_type types[] = {OF_MB_DROP, OF_MB_DSCP_REMARK,
                                                    OF_MB_EXPERIMENTER};

    band->type = types[of_gen_below(g, 3)];
    band->rate = (uint32_t)of_gen_bits(g, 32);
    band->burst = (uint32_t)of_gen_bits(g, 32);
    if (band->type == OF_MB_DSCP_REMARK) {
        band->prec_level = (uint8_t)of_gen_bits(g, 8);
    } else if (band->type == OF_MB_EXPERIMENTER) {
        band->experimenter = (uint32_t)of_gen_bits(g, 32);
        band->data = gen_bytes(g, 24, 8);
    }
}

static void gen_meter(struct of_gen *g, struct of_meter *m)
{
    struct of_meter_band *bands;

    m->meter_id = 1 + (uint32_t)of_gen_below(g, OF_METER_MAX);
    m->flags = (uint16_t)(1u << of_gen_below(g, 2) | of_gen_bits(g, 2) << 2);
    m->n_bands = of_gen_below(g, 4);
    m->bands = bands = arena_calloc(g->arena, m->n_bands, sizeof *bands);
    for (size_t i = 0; i < m->n_bands; i++) {
        gen_band(g, &bands[i]);
    }
}

void gen_meter_mod(struct of_gen *g, struct of_meter_mod *mod)
{
    gen_meter(g, &mod->meter);
    mod->command = (enum of_meter_command)of_gen_below(g, 3);
    if (gen_coin(g)) {
        mod->meter.meter_id = gen_coin(g) ? OF_METER_SLOWPATH : OF_METER_CONTROLLER;
    }
    if (mod->command == OF_MC_DELETE && gen_coin(g)) {
        mod->meter.meter_id = OF_METER_ALL;
    }
}

struct of_meter *gen_meters(struct of_gen *g, size_t n)
{
    struct of_meter *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_meter(g, &list[i]);
    }
    return list;
}

struct of_meter_stats *gen_meter_stats(struct of_gen *g, size_t n)
{
    struct of_meter_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].meter_id = 1 + (uint32_t)of_gen_below(g, OF_METER_MAX);
        list[i].n_flows = (uint32_t)of_gen_bits(g, 32);
        list[i].n_packets = of_gen_bits(g, 64);
        list[i].n_bytes = of_gen_bits(g, 64);
        list[i].duration_s = (uint32_t)of_gen_bits(g, 32);
        list[i].duration_ns = (uint32_t)of_gen_below(g, NS_PER_S);
        list[i].bands = gen_counters(g, &list[i].n_bands);
    }
    return list;
}

void gen_meter_features(struct of_gen *g, struct of_meter_features *f)
{
    f->max_meters = (uint32_t)of_gen_bits(g, 32);
    f->band_types = (uint32_t)of_gen_bits(g, 2) << 1;
    f->capabilities = (uint32_t)of_gen_bits(g, 4);
    f->max_bands = (uint8_t)of_gen_bits(g, 8);
    f->max_color = (uint8_t)of_gen_bits(g, 8);
    f->features = g->version >= OF_VERSION_1_5 ? (uint32_t)of_gen_bits(g, 3) : 0;
}

/* --- Queues ----------------------------------------------------------------------------------- */

port_no_t gen_queue_port(struct of_gen *g, bool for_stats)
{
    bool can_say_all = g->version != OF_VERSION_1_0 || for_stats;

    return can_say_all && gen_coin(g) ? OF_PORT_ANY : gen_ordinary_port(g);
}

static const enum of_queue_prop_type queue_prop_types[] = {OF_QP_MIN_RATE, OF_QP_MAX_RATE,
                                                           OF_QP_EXPERIMENTER};

/* The data of an experimenter's property fill it to 8 bytes, until they begin with an exp_type. */
static struct of_bytes gen_queue_data(struct of_gen *g)
{
    struct of_bytes data;

    do {
        data = gen_bytes(g, 24, g->version < OF_VERSION_1_4 ? 8 : 1);
    } while (g->version >= OF_VERSION_1_4 && data.len < 4);
    return data;
}

static void gen_queue_prop(struct of_gen *g, enum of_queue_prop_type type, struct of_queue_prop *p)
{
    p->type = type;
    if (p->type == OF_QP_EXPERIMENTER) {
        p->experimenter = (uint32_t)of_gen_bits(g, 32);
        p->data = gen_queue_data(g);
    } else {
        p->rate_permille = (uint16_t)of_gen_below(g, 1001);
    }
}

static void gen_queue(struct of_gen *g, port_no_t port, struct of_queue *queue)
{
    struct of_queue_prop *props;

    queue->queue_id = (uint32_t)of_gen_bits(g, 32);
    queue->port_no = port;
    queue->props = props = arena_calloc(g->arena, 4, sizeof *props);
    if (g->version >= OF_VERSION_1_4) { /* Once each. */
        for (size_t i = 0; i < 3; i++) {
            if (gen_coin(g)) {
                gen_queue_prop(g, queue_prop_types[i], &props[queue->n_props++]);
            }
        }
        return;
    }
    queue->n_props = of_gen_below(g, 4);
    for (size_t i = 0; i < queue->n_props; i++) {
        gen_queue_prop(g, queue_prop_types[of_gen_below(g, g->version == OF_VERSION_1_0 ? 1 : 3)],
                       &props[i]);
    }
}

void gen_queue_config(struct of_gen *g, struct of_queue_config *c)
{
    struct of_queue *queues;

    c->port_no = gen_queue_port(g, false);
    c->n_queues = of_gen_below(g, 4);
    c->queues = queues = arena_calloc(g->arena, c->n_queues, sizeof *queues);
    for (size_t i = 0; i < c->n_queues; i++) {
        gen_queue(g, c->port_no == OF_PORT_ANY ? gen_ordinary_port(g) : c->port_no, &queues[i]);
    }
}

struct of_queue *gen_queues(struct of_gen *g, size_t n)
{
    struct of_queue *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_queue(g, gen_ordinary_port(g), &list[i]);
    }
    return list;
}

struct of_queue_stats *gen_queue_stats(struct of_gen *g, size_t n)
{
    struct of_queue_stats *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].port_no = gen_ordinary_port(g);
        list[i].queue_id = (uint32_t)of_gen_bits(g, 32);
        list[i].tx_bytes = of_gen_bits(g, 64);
        list[i].tx_packets = of_gen_bits(g, 64);
        list[i].tx_errors = of_gen_bits(g, 64);
        list[i].duration_s = list[i].duration_ns = UINT32_MAX;
        if (g->version != OF_VERSION_1_0) {
            list[i].duration_s = (uint32_t)of_gen_bits(g, 32);
            list[i].duration_ns = (uint32_t)of_gen_below(g, NS_PER_S);
        }
    }
    return list;
}
