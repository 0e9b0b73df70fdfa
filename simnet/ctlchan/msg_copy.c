#include "simnet/ctlchan/msg_copy.h"

#include <stddef.h>

/* Makes the copy of a part its own: copies what it points to, and points there. */
typedef void fix_fn(void *part, struct arena *arena);

/* How elements of a list are copied. */
struct list_kind {
    size_t size;
    size_t offset; /* In the element, of the part that points to something. */
    fix_fn *fix;   /* NULL: there is none. */
};

#define LIST(type, member, fix)                                                                    \
    {                                                                                              \
        sizeof(struct type), offsetof(struct type, member), fix                                    \
    }
#define PLAIN(type)                                                                                \
    {                                                                                              \
        sizeof(type), 0, NULL                                                                      \
    }

static void *copy_list(const void *from, size_t n, const struct list_kind *kind,
                       struct arena *arena)
{
    char *list;

    if (!from || !n) {
        return NULL;
    }
    list = arena_memdup(arena, from, n * kind->size);
    for (size_t i = 0; i < n && kind->fix; i++) {
        kind->fix(list + i * kind->size + kind->offset, arena);
    }
    return list;
}

/* --- Parts ---------------------------------------------------------------------------------------- */

static void fix_bytes(void *part, struct arena *arena)
{
    static const struct list_kind kind = PLAIN(uint8_t);
    struct of_bytes *b = part;

    b->data = copy_list(b->data, b->len, &kind, arena);
}

static void fix_action(void *part, struct arena *arena)
{
    struct of_action *a = part;

    if (a->type == OF_ACT_EXPERIMENTER) {
        fix_bytes(&a->experimenter.data, arena);
    }
}

static void fix_actions(void *part, struct arena *arena)
{
    static const struct list_kind kind = {sizeof(struct of_action), 0, fix_action};
    struct of_actions *actions = part;

    actions->list = copy_list(actions->list, actions->n, &kind, arena);
}

static void fix_instructions(void *part, struct arena *arena)
{
    static const struct list_kind kind = PLAIN(struct of_stat_trigger);
    struct of_instructions *ins = part;

    if (ins->has_apply) {
        fix_actions(&ins->apply, arena);
    }
    if (ins->has_write) {
        fix_actions(&ins->write, arena);
    }
    ins->stat_trigger = copy_list(ins->stat_trigger, 1, &kind, arena);
}

static void fix_table_prop(void *part, struct arena *arena)
{
    static const struct list_kind tables = PLAIN(uint8_t), types = PLAIN(uint32_t);
    struct of_table_prop *p = part;

    p->next_tables = copy_list(p->next_tables, p->n_next_tables, &tables, arena);
    p->packet_types = copy_list(p->packet_types, p->n_packet_types, &types, arena);
    fix_bytes(&p->experimenter, arena);
}

static void fix_table_features(void *part, struct arena *arena)
{
    static const struct list_kind kind = {sizeof(struct of_table_prop), 0, fix_table_prop};
    struct of_table_features *t = part;

    t->props = copy_list(t->props, t->n_props, &kind, arena);
}

static const struct list_kind bucket_kind = LIST(of_bucket, actions, fix_actions);

static void fix_group_mod(void *part, struct arena *arena)
{
    struct of_group_mod *g = part;

    g->buckets = copy_list(g->buckets, g->n_buckets, &bucket_kind, arena);
}

static void fix_group_desc(void *part, struct arena *arena)
{
    struct of_group_desc *g = part;

    g->buckets = copy_list(g->buckets, g->n_buckets, &bucket_kind, arena);
}

static const struct list_kind counter_kind = PLAIN(struct of_counter);

static void fix_group_stats(void *part, struct arena *arena)
{
    struct of_group_stats *s = part;

    s->buckets = copy_list(s->buckets, s->n_buckets, &counter_kind, arena);
}

static void fix_meter_stats(void *part, struct arena *arena)
{
    struct of_meter_stats *s = part;

    s->bands = copy_list(s->bands, s->n_bands, &counter_kind, arena);
}

static void fix_meter(void *part, struct arena *arena)
{
    static const struct list_kind kind = LIST(of_meter_band, data, fix_bytes);
    struct of_meter *m = part;

    m->bands = copy_list(m->bands, m->n_bands, &kind, arena);
}

static void fix_queue(void *part, struct arena *arena)
{
    static const struct list_kind kind = LIST(of_queue_prop, data, fix_bytes);
    struct of_queue *q = part;

    q->props = copy_list(q->props, q->n_props, &kind, arena);
}

static void fix_queue_config(void *part, struct arena *arena)
{
    static const struct list_kind kind = {sizeof(struct of_queue), 0, fix_queue};
    struct of_queue_config *c = part;

    c->queues = copy_list(c->queues, c->n_queues, &kind, arena);
}

static void fix_port(void *part, struct arena *arena)
{
    static const struct list_kind kind = PLAIN(struct of_port_optical);
    struct of_port *p = part;

    p->optical = copy_list(p->optical, 1, &kind, arena);
}

static void fix_port_mod(void *part, struct arena *arena)
{
    static const struct list_kind kind = PLAIN(struct of_port_mod_optical);
    struct of_port_mod *p = part;

    p->optical = copy_list(p->optical, 1, &kind, arena);
}

static void fix_port_stats(void *part, struct arena *arena)
{
    static const struct list_kind kind = PLAIN(struct of_port_optical_stats);
    struct of_port_stats *p = part;

    p->optical = copy_list(p->optical, 1, &kind, arena);
}

static void fix_features(void *part, struct arena *arena)
{
    static const struct list_kind kind = {sizeof(struct of_port), 0, fix_port};
    struct of_features *f = part;

    f->ports = copy_list(f->ports, f->n_ports, &kind, arena);
}

static void fix_packet_out(void *part, struct arena *arena)
{
    struct of_packet_out *p = part;

    fix_actions(&p->actions, arena);
    fix_bytes(&p->data, arena);
}

/* --- Multiparts ----------------------------------------------------------------------------------- */

static const struct list_kind features_kind = {sizeof(struct of_table_features), 0,
                                               fix_table_features};

static void fix_request(void *part, struct arena *arena)
{
    struct of_multipart_request *q = part;

    if (q->type == OF_MP_TABLE_FEATURES) {
        q->table_features.list =
            copy_list(q->table_features.list, q->table_features.n, &features_kind, arena);
    } else if (q->type == OF_MP_EXPERIMENTER) {
        fix_bytes(&q->experimenter.data, arena);
    }
}

/* The lists of replies; size 0: it has none. */
static const struct list_kind reply_kinds[OF_N_MP_TYPES] = {
    [OF_MP_FLOW] = LIST(of_flow_stats, ins, fix_instructions),
    [OF_MP_FLOW_STATS] = LIST(of_flow_stats, ins, fix_instructions),
    [OF_MP_TABLE] = PLAIN(struct of_table_stats),
    [OF_MP_PORT_STATS] = {sizeof(struct of_port_stats), 0, fix_port_stats},
    [OF_MP_TABLE_FEATURES] = {sizeof(struct of_table_features), 0, fix_table_features},
    [OF_MP_PORT_DESC] = {sizeof(struct of_port), 0, fix_port},
    [OF_MP_QUEUE_STATS] = PLAIN(struct of_queue_stats),
    [OF_MP_GROUP_STATS] = {sizeof(struct of_group_stats), 0, fix_group_stats},
    [OF_MP_GROUP_DESC] = {sizeof(struct of_group_desc), 0, fix_group_desc},
    [OF_MP_METER_STATS] = {sizeof(struct of_meter_stats), 0, fix_meter_stats},
    [OF_MP_METER_CONFIG] = {sizeof(struct of_meter), 0, fix_meter},
    [OF_MP_TABLE_DESC] = PLAIN(struct of_table_mod),
    [OF_MP_QUEUE_DESC] = {sizeof(struct of_queue), 0, fix_queue},
    [OF_MP_FLOW_MONITOR] = LIST(of_flow_update, ins, fix_instructions),
    [OF_MP_CONTROLLER_STATUS] = LIST(of_controller_status, uri, fix_bytes),
};

static void fix_reply(void *part, struct arena *arena)
{
    static const struct list_kind desc_kind = PLAIN(struct of_desc);
    struct of_multipart_reply *q = part;

    if (q->type == OF_MP_DESC) {
        q->desc = copy_list(q->desc, 1, &desc_kind, arena);
    } else if (q->type == OF_MP_EXPERIMENTER) {
        fix_bytes(&q->experimenter.data, arena);
    } else if (q->type < OF_N_MP_TYPES && reply_kinds[q->type].size) {
        q->flows = copy_list(q->flows, q->n, &reply_kinds[q->type], arena); /* Of whatever kind. */
    }
}

/* --- Messages ------------------------------------------------------------------------------------- */

#define AT(member, fix)                                                                            \
    {                                                                                              \
        offsetof(struct of_msg, member), fix                                                       \
    }

/* Where messages point to something. */
static const struct {
    size_t offset;
    fix_fn *fix; /* NULL: they do not. */
} parts[OF_N_TYPES] = {
    [OF_ERROR] = AT(error.data, fix_bytes),
    [OF_ECHO_REQUEST] = AT(echo, fix_bytes),
    [OF_ECHO_REPLY] = AT(echo, fix_bytes),
    [OF_EXPERIMENTER] = AT(experimenter.data, fix_bytes),
    [OF_FEATURES_REPLY] = AT(features, fix_features),
    [OF_PACKET_IN] = AT(packet_in.data, fix_bytes),
    [OF_PACKET_OUT] = AT(packet_out, fix_packet_out),
    [OF_FLOW_MOD] = AT(flow_mod.ins, fix_instructions),
    [OF_MULTIPART_REQUEST] = AT(mp_request, fix_request),
    [OF_MULTIPART_REPLY] = AT(mp_reply, fix_reply),
    [OF_GROUP_MOD] = AT(group_mod, fix_group_mod),
    [OF_METER_MOD] = AT(meter_mod.meter, fix_meter),
    [OF_QUEUE_GET_CONFIG_REPLY] = AT(queue_config, fix_queue_config),
    [OF_PORT_STATUS] = AT(port_status.port, fix_port),
    [OF_PORT_MOD] = AT(port_mod, fix_port_mod),
    [OF_CONTROLLER_STATUS] = AT(controller_status.uri, fix_bytes),
};

/* A message in 'outer' speaks its version, and in a bundle it has its xid, as the encoder makes it. */
static const struct of_msg *copy_held(const struct of_msg *held, const struct of_msg *outer,
                                      struct arena *arena)
{
    struct of_msg *copy = arena_alloc(arena, sizeof *copy), own = *held;

    own.version = outer->version;
    msg_copy(&own, copy, arena);
    copy->xid = outer->type == OF_BUNDLE_ADD_MESSAGE ? outer->xid : held->xid;
    return copy;
}

void msg_copy(const struct of_msg *from, struct of_msg *to, struct arena *arena)
{
    *to = *from;
    if (from->type == OF_BUNDLE_ADD_MESSAGE) {
        to->bundle_add.message = copy_held(from->bundle_add.message, from, arena);
    } else if (from->type == OF_REQUESTFORWARD) {
        to->requestforward.request = copy_held(from->requestforward.request, from, arena);
    } else if (from->type < OF_N_TYPES && parts[from->type].fix) {
        parts[from->type].fix((char *)to + parts[from->type].offset, arena);
    }
    if (from->type == OF_FLOW_MOD && from->version < OF_VERSION_1_4) {
        to->flow_mod.importance = 0; /* Older versions have no room for it. */
    }
}
