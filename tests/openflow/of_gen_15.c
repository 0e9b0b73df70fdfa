/* Random messages of the kinds that 1.5 brought. */
#include "controller/openflow/of_field.h"
#include "tests/openflow/of_gen_parts.h"

#define NS_PER_S 1000000000

/* --- Flow entries ------------------------------------------------------------------------------- */

void gen_copy_field(struct of_gen *g, enum of_field src, enum of_field dst, struct of_action *a)
{
    unsigned src_bits = of_field_info(src)->bits, dst_bits = of_field_info(dst)->bits;
    unsigned n = 1 + (unsigned)of_gen_below(g, src_bits < dst_bits ? src_bits : dst_bits);

    a->copy_field.src = src;
    a->copy_field.dst = dst;
    a->copy_field.n_bits = (uint16_t)n;
    a->copy_field.src_offset = (uint16_t)of_gen_below(g, src_bits - n + 1);
    a->copy_field.dst_offset = (uint16_t)of_gen_below(g, dst_bits - n + 1);
}

/* Masks a value that was generated. A mask of all ones is none. */
void gen_set_mask(struct of_gen *g, struct of_action *a)
{
    const struct of_field_info *info = of_field_info(a->set_field.field);
    struct of_num ones = of_num_ones(info->bits);
    struct of_num value = of_num_load(&a->set_field.value, info->size);
    struct of_num mask = of_num_and(ones, (struct of_num){of_gen_bits(g, 64), of_gen_bits(g, 64)});

    if (a->set_field.field == OF_FIELD_VLAN_VID) {
        mask.lo |= OF_VID_PRESENT;
    }
    a->set_field.has_mask = !of_num_eq(mask, ones);
    of_num_store(&a->set_field.mask, info->size, mask);
    of_num_store(&a->set_field.value, info->size, of_num_and(value, mask));
}

static uint64_t gen_threshold(struct of_gen *g, uint64_t max)
{
    return gen_coin(g) ? UINT64_MAX : of_gen_below(g, max);
}

/* What is sent is 1 to 2^32 seconds. */
struct of_stat_trigger *gen_trigger(struct of_gen *g)
{
    struct of_stat_trigger *t = arena_alloc(g->arena, sizeof *t);

    t->flags = (uint32_t)of_gen_bits(g, 2);
    t->duration_ns = gen_threshold(g, (uint64_t)UINT32_MAX * NS_PER_S);
    t->idle_ns = gen_threshold(g, (uint64_t)UINT32_MAX * NS_PER_S);
    t->n_packets = gen_threshold(g, UINT64_MAX);
    t->n_bytes = gen_threshold(g, UINT64_MAX);
    return t;
}

/* Of a flow entry its statistics have this much. */
void gen_only_stats(struct of_gen *g, struct of_flow_stats *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct of_flow_stats s = list[i];

        list[i] = (struct of_flow_stats){.table_id = s.table_id,
                                         .duration_s = s.duration_s,
                                         .duration_ns = s.duration_ns,
                                         .priority = s.priority,
                                         .n_packets = s.n_packets,
                                         .n_bytes = s.n_bytes,
                                         .match = s.match};
        list[i].reason = gen_coin(g) ? OF_FSR_STAT_TRIGGER : OF_FSR_STATS_REQUEST;
    }
}

void gen_pipeline_fields(struct of_gen *g, struct of_match *m)
{
    if (gen_coin(g)) {
        OF_MATCH_SET(m, METADATA, metadata, of_gen_bits(g, 64));
    }
    if (gen_coin(g)) {
        OF_MATCH_SET(m, TUNNEL_ID, tunnel_id, of_gen_bits(g, 64));
    }
}

/* --- Groups ----------------------------------------------------------------------------------- */

/* Ids that differ; of several buckets not all are 0. */
void gen_bucket_ids(struct of_gen *g, struct of_bucket *list, size_t n)
{
    uint32_t base = (uint32_t)of_gen_below(g, OF_BUCKET_MAX - 100);

    for (size_t i = 0; i < n; i++) {
        list[i].bucket_id = base + 7 * (uint32_t)i;
    }
}

void gen_bucket_command(struct of_gen *g, struct of_group_mod *mod)
{
    static const uint32_t places[] = {OF_BUCKET_FIRST, OF_BUCKET_LAST, OF_BUCKET_ALL};

    if (gen_coin(g)) {
        mod->command = OF_GC_INSERT_BUCKET;
        mod->command_bucket_id = places[of_gen_below(g, 2)];
    } else {
        mod->command = OF_GC_REMOVE_BUCKET;
        mod->command_bucket_id = places[of_gen_below(g, 3)];
        mod->n_buckets = 0;
    }
    if (gen_coin(g)) {
        mod->command_bucket_id = (uint32_t)of_gen_below(g, OF_BUCKET_MAX);
    }
}

/* --- Tables ----------------------------------------------------------------------------------- */

void gen_packet_types(struct of_gen *g, struct of_table_prop *p)
{
    uint32_t *list;

    p->n_packet_types = of_gen_below(g, 4);
    p->packet_types = list = arena_calloc(g->arena, p->n_packet_types, sizeof *list);
    for (size_t i = 0; i < p->n_packet_types; i++) {
        list[i] = (uint32_t)of_gen_bits(g, 32);
    }
}

/* --- Controllers, bundles ----------------------------------------------------------------------- */

void gen_controller(struct of_gen *g, struct of_controller_status *s)
{
    s->short_id = (uint16_t)of_gen_bits(g, 16);
    s->role = (enum of_role)of_gen_below(g, 4);
    s->reason = (enum of_controller_reason)of_gen_below(g, 7);
    s->channel_is_up = gen_coin(g);
    s->uri = gen_bytes(g, 30, 1);
}

struct of_controller_status *gen_controllers(struct of_gen *g, size_t n)
{
    struct of_controller_status *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_controller(g, &list[i]);
    }
    return list;
}

static struct of_time gen_time(struct of_gen *g)
{
    struct of_time t = {.s = of_gen_bits(g, 64)};

    t.ns = (uint32_t)of_gen_below(g, NS_PER_S);
    return t;
}

void gen_bundle_features_request(struct of_gen *g, struct of_multipart_request *q)
{
    q->bundle_features.flags = (uint32_t)of_gen_bits(g, 2);
    if (q->bundle_features.flags & 1) {
        q->bundle_features.timestamp = gen_time(g);
    }
    if (q->bundle_features.flags & 2) {
        q->bundle_features.max_future = gen_time(g);
        q->bundle_features.max_past = gen_time(g);
    }
}

void gen_bundle_features(struct of_gen *g, struct of_bundle_features *f)
{
    f->capabilities = (uint16_t)of_gen_bits(g, 3);
    f->has_time = gen_coin(g);
    if (f->has_time) {
        f->accuracy = gen_time(g);
        f->max_future = gen_time(g);
        f->max_past = gen_time(g);
        f->timestamp = gen_time(g);
    }
}
