/* Groups, meters and queues as text for people. */
#include "controller/openflow/of_print.h"

static const char *const commands[] = {"add",           "modify", "delete",
                                       "insert_bucket", "?",      "remove_bucket"};

static const char *command_name(unsigned command)
{
    return command < 6 ? commands[command] : "?";
}

void of_text_id(struct of_text *t, const char *name, uint32_t id, uint32_t all)
{
    if (id == all) {
        of_text_add(t, " %s=all", name);
    } else {
        of_text_u64(t, name, id);
    }
}

static void add_traffic(struct of_text *t, uint64_t n_packets, uint64_t n_bytes)
{
    of_text_u64(t, "packets", n_packets);
    of_text_u64(t, "bytes", n_bytes);
}

/* "packets/bytes" of each. */
static void add_counters(struct of_text *t, const char *name, const struct of_counter *list,
                         size_t n)
{
    of_text_u64(t, name, n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        of_text_add(t, " %llu/%llu", (unsigned long long)list[i].n_packets,
                    (unsigned long long)list[i].n_bytes);
    }
}

/* --- Groups ----------------------------------------------------------------------------------- */

static const char *group_type_name(unsigned type)
{
    static const char *const names[OF_N_GROUP_TYPES] = {"all", "select", "indirect", "ff"};

    return type < OF_N_GROUP_TYPES ? names[type] : "?";
}

static void add_bucket(struct of_text *t, const struct of_bucket *bucket)
{
    of_text_add(t, " {");
    if (bucket->bucket_id) {
        of_text_add(t, "bucket=%u ", bucket->bucket_id);
    }
    if (bucket->weight) {
        of_text_add(t, "weight=%u ", bucket->weight);
    }
    if (bucket->watch_port != OF_PORT_ANY) {
        of_text_add(t, "watch_port=");
        of_text_port(t, bucket->watch_port);
        of_text_add(t, " ");
    }
    if (bucket->watch_group != OF_GROUP_ANY) {
        of_text_add(t, "watch_group=%u ", bucket->watch_group);
    }
    of_text_add(t, "actions=");
    of_text_actions(t, &bucket->actions);
    of_text_add(t, "}");
}

static void add_buckets(struct of_text *t, const struct of_bucket *list, size_t n)
{
    of_text_u64(t, "buckets", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        add_bucket(t, &list[i]);
    }
}

static void add_place(struct of_text *t, uint32_t id)
{
    if (id == OF_BUCKET_FIRST || id == OF_BUCKET_LAST) {
        of_text_add(t, " at=%s", id == OF_BUCKET_FIRST ? "first" : "last");
    } else {
        of_text_id(t, "at", id, OF_BUCKET_ALL);
    }
}

void of_text_group_mod(struct of_text *t, const struct of_group_mod *g)
{
    of_text_add(t, " %s", command_name(g->command));
    of_text_id(t, "group", g->group_id, OF_GROUP_ALL);
    of_text_add(t, " type=%s", group_type_name(g->type));
    if (g->command == OF_GC_INSERT_BUCKET || g->command == OF_GC_REMOVE_BUCKET) {
        add_place(t, g->command_bucket_id);
    }
    add_buckets(t, g->buckets, g->n_buckets);
}

void of_text_group_stats(struct of_text *t, const struct of_group_stats *list, size_t n)
{
    of_text_u64(t, "groups", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        const struct of_group_stats *s = &list[i];

        of_text_add(t, " {group=%u refs=%u duration_s=%u.%09u", s->group_id, s->n_refs,
                    s->duration_s, s->duration_ns);
        add_traffic(t, s->n_packets, s->n_bytes);
        add_counters(t, "buckets", s->buckets, s->n_buckets);
        of_text_add(t, "}");
    }
}

void of_text_group_descs(struct of_text *t, const struct of_group_desc *list, size_t n)
{
    of_text_u64(t, "groups", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        of_text_add(t, " {group=%u type=%s", list[i].group_id, group_type_name(list[i].type));
        add_buckets(t, list[i].buckets, list[i].n_buckets);
        of_text_add(t, "}");
    }
}

void of_text_group_features(struct of_text *t, const struct of_group_features *f)
{
    of_text_hex(t, "types", f->types);
    of_text_hex(t, "capabilities", f->capabilities);
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        of_text_add(t, " %s: max=%u actions=0x%x", group_type_name(i), f->max_groups[i],
                    f->actions[i]);
    }
}

/* --- Meters ----------------------------------------------------------------------------------- */

static void add_band(struct of_text *t, const struct of_meter_band *band)
{
    switch (band->type) {
    case OF_MB_DROP:
        of_text_add(t, " {drop");
        break;
    case OF_MB_DSCP_REMARK:
        of_text_add(t, " {dscp_remark prec_level=%u", band->prec_level);
        break;
    case OF_MB_EXPERIMENTER:
        of_text_add(t, " {experimenter:0x%08x data_bytes=%zu", band->experimenter, band->data.len);
        break;
    }
    of_text_add(t, " rate=%u burst=%u}", band->rate, band->burst);
}

static void add_meter_id(struct of_text *t, uint32_t id)
{
    if (id == OF_METER_SLOWPATH || id == OF_METER_CONTROLLER) {
        of_text_add(t, " meter=%s", id == OF_METER_SLOWPATH ? "slowpath" : "controller");
    } else {
        of_text_id(t, "meter", id, OF_METER_ALL);
    }
}

static void add_meter(struct of_text *t, const struct of_meter *m)
{
    add_meter_id(t, m->meter_id);
    of_text_hex(t, "flags", m->flags);
    of_text_u64(t, "bands", m->n_bands);
    for (size_t i = 0; i < m->n_bands && i < OF_MAX_LISTED; i++) {
        add_band(t, &m->bands[i]);
    }
}

void of_text_meter_mod(struct of_text *t, const struct of_meter_mod *m)
{
    of_text_add(t, " %s", command_name(m->command));
    add_meter(t, &m->meter);
}

void of_text_meter_stats(struct of_text *t, const struct of_meter_stats *list, size_t n)
{
    of_text_u64(t, "meters", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        const struct of_meter_stats *s = &list[i];

        of_text_add(t, " {meter=%u flows=%u duration_s=%u.%09u", s->meter_id, s->n_flows,
                    s->duration_s, s->duration_ns);
        add_traffic(t, s->n_packets, s->n_bytes);
        add_counters(t, "bands", s->bands, s->n_bands);
        of_text_add(t, "}");
    }
}

void of_text_meters(struct of_text *t, const struct of_meter *list, size_t n)
{
    of_text_u64(t, "meters", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        add_meter(t, &list[i]);
    }
}

void of_text_meter_features(struct of_text *t, const struct of_meter_features *f)
{
    of_text_add(t, " max_meters=%u band_types=0x%x capabilities=0x%x max_bands=%u max_color=%u",
                f->max_meters, f->band_types, f->capabilities, f->max_bands, f->max_color);
    if (f->features) {
        of_text_hex(t, "features", f->features);
    }
}

/* --- Queues ----------------------------------------------------------------------------------- */

static void add_queue_prop(struct of_text *t, const struct of_queue_prop *p)
{
    switch (p->type) {
    case OF_QP_MIN_RATE:
        of_text_u64(t, "min_permille", p->rate_permille);
        break;
    case OF_QP_MAX_RATE:
        of_text_u64(t, "max_permille", p->rate_permille);
        break;
    case OF_QP_EXPERIMENTER:
        of_text_hex(t, "experimenter", p->experimenter);
        of_text_u64(t, "data_bytes", p->data.len);
        break;
    }
}

static void add_queue(struct of_text *t, const struct of_queue *queue)
{
    of_text_add(t, " {queue=%u", queue->queue_id);
    of_text_named_port(t, "port", queue->port_no);
    for (size_t i = 0; i < queue->n_props && i < OF_MAX_LISTED; i++) {
        add_queue_prop(t, &queue->props[i]);
    }
    of_text_add(t, "}");
}

void of_text_queue_config(struct of_text *t, const struct of_queue_config *c)
{
    of_text_named_port(t, "port", c->port_no);
    of_text_queues(t, c->queues, c->n_queues);
}

void of_text_queues(struct of_text *t, const struct of_queue *list, size_t n)
{
    of_text_u64(t, "queues", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        add_queue(t, &list[i]);
    }
}

void of_text_queue_stats(struct of_text *t, const struct of_queue_stats *list, size_t n)
{
    of_text_u64(t, "queues", n);
    for (size_t i = 0; i < n && i < OF_MAX_LISTED; i++) {
        const struct of_queue_stats *s = &list[i];

        of_text_add(t, " {queue=%u", s->queue_id);
        of_text_named_port(t, "port", s->port_no);
        add_traffic(t, s->tx_packets, s->tx_bytes);
        of_text_u64(t, "errors", s->tx_errors);
        of_text_add(t, "}");
    }
}
