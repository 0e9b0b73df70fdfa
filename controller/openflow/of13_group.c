/* Groups of 1.3 and 1.4: group-mod (§7.3.4.2) and the multiparts about groups (§7.3.5.9 to §7.3.5.11). */
#include "controller/openflow/of_wire.h"

#define BUCKET_LEN 16 /* Before the actions. */
#define STATS_LEN 40  /* Before the counters of the buckets. */
#define COUNTER_LEN 16
#define DESC_LEN 8 /* Before the buckets. */

/* --- Buckets ---------------------------------------------------------------------------------- */

/* 'r' is bounded to one bucket. */
static enum of_err get_bucket(struct rd *r, uint8_t version, enum of_origin origin,
                              struct arena *arena, struct of_bucket *bucket)
{
    rd_skip(r, 2);
    bucket->weight = rd_u16(r);
    bucket->watch_port = rd_u32(r);
    bucket->watch_group = rd_u32(r);
    rd_skip(r, 4);
    return of13_get_actions(r, version, origin, arena, &bucket->actions);
}

/* All of 'r'. */
static enum of_err get_buckets(struct rd *r, uint8_t version, enum of_origin origin,
                               struct arena *arena, const struct of_bucket **out, size_t *n)
{
    enum of_err err = OF_OK;
    struct of_bucket *list;

    if (!of_count_elements(*r, 0, BUCKET_LEN, 8, n)) {
        return origin == OF_FROM_CONTROLLER ? OF_ERR_GROUP_BAD_BUCKET : OF_ERR_BAD_LEN;
    }
    *out = list = arena_calloc(arena, *n, sizeof *list);
    for (size_t i = 0; i < *n && !err; i++) {
        struct rd head = *r;
        struct rd bucket = rd_sub(r, rd_u16(&head));

        err = get_bucket(&bucket, version, origin, arena, &list[i]);
    }
    return err;
}

static enum err put_bucket(struct buf *b, uint8_t version, const struct of_bucket *bucket)
{
    size_t start = b->len;
    enum err err;

    buf_put_u16(b, 0);
    buf_put_u16(b, bucket->weight);
    buf_put_u32(b, bucket->watch_port);
    buf_put_u32(b, bucket->watch_group);
    buf_put_zeros(b, 4);
    err = of13_put_actions(b, version, &bucket->actions);
    buf_set_u16(b, start, b->len - start);
    return err;
}

static enum err put_buckets(struct buf *b, uint8_t version, const struct of_bucket *list, size_t n)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < n && !err; i++) {
        err = put_bucket(b, version, &list[i]);
    }
    return err;
}

/* --- Group-mod -------------------------------------------------------------------------------- */

static bool watch_ok(const struct of_bucket *bucket)
{
    port_no_t port = bucket->watch_port;

    return !of_bucket_watches(bucket) ||
           ((of_port_is_ordinary(port) || port == OF_PORT_LOCAL || port == OF_PORT_ANY) &&
            (bucket->watch_group <= OF_GROUP_MAX || bucket->watch_group == OF_GROUP_ANY));
}

/* A group with a field that its type does not define is invalid (§6.7), as is one without a field that
 * it needs: weights are of select groups, and fast failover watches something in every bucket. */
static bool fits(enum of_group_type type, const struct of_bucket *bucket)
{
    return (!bucket->weight || type == OF_GT_SELECT) && (type != OF_GT_FF || of_bucket_watches(bucket));
}

/* Of buckets that come into a group only the switch knows the group's type. */
static enum of_err check_bucket(const struct of_group_mod *g, const struct of_bucket *bucket)
{
    if (g->command <= OF_GC_MODIFY && !fits(g->type, bucket)) {
        return OF_ERR_GROUP_INVALID;
    }
    return watch_ok(bucket) ? of_check_lasting(&bucket->actions) : OF_ERR_GROUP_BAD_WATCH;
}

/* A group that leads to itself; longer ways around only the switch can see (§6.7). */
static bool leads_to(const struct of_bucket *bucket, uint32_t group_id)
{
    for (size_t i = 0; i < bucket->actions.n; i++) {
        const struct of_action *a = &bucket->actions.list[i];

        if (a->type == OF_ACT_GROUP && a->group_id == group_id) {
            return true;
        }
    }
    return false;
}

/* What a deletion says besides its group id has no meaning. */
enum of_err of13_check_group_mod(const struct of_group_mod *g)
{
    enum of_err err = OF_OK;

    if (g->group_id > OF_GROUP_MAX &&
        !(g->group_id == OF_GROUP_ALL && g->command == OF_GC_DELETE)) {
        return OF_ERR_GROUP_INVALID;
    }
    if (g->command == OF_GC_DELETE) {
        return OF_OK;
    }
    if (g->type == OF_GT_INDIRECT && g->n_buckets != 1 && g->command <= OF_GC_MODIFY) {
        return OF_ERR_GROUP_INVALID;
    }
    for (size_t i = 0; i < g->n_buckets && !err; i++) {
        err = check_bucket(g, &g->buckets[i]);
        if (!err && leads_to(&g->buckets[i], g->group_id)) {
            err = OF_ERR_GROUP_LOOP;
        }
    }
    return err;
}

enum of_err of13_get_group_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_group_mod *g = &msg->group_mod;
    uint16_t command = rd_u16(r);
    uint8_t type = rd_u8(r);
    enum of_err err;

    rd_skip(r, 1);
    g->group_id = rd_u32(r);
    g->command_bucket_id = 0;
    if (command > OF_GC_DELETE) {
        return OF_ERR_GROUP_BAD_COMMAND;
    }
    if (type >= OF_N_GROUP_TYPES) {
        return OF_ERR_GROUP_BAD_TYPE;
    }
    g->command = (enum of_group_command)command;
    g->type = (enum of_group_type)type;
    err = get_buckets(r, msg->version, OF_FROM_CONTROLLER, arena, &g->buckets, &g->n_buckets);
    return err ? err : of13_check_group_mod(g);
}

enum err of13_put_group_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_group_mod *g = &msg->group_mod;

    if (g->command == OF_GC_INSERT_BUCKET || g->command == OF_GC_REMOVE_BUCKET) {
        return ERR_UNSUPPORTED;
    }
    if (g->command > OF_GC_DELETE || g->type >= OF_N_GROUP_TYPES || of13_check_group_mod(g)) {
        return ERR_RANGE;
    }
    buf_put_u16(b, g->command);
    buf_put_u8(b, g->type);
    buf_put_zeros(b, 1);
    buf_put_u32(b, g->group_id);
    return put_buckets(b, msg->version, g->buckets, g->n_buckets);
}

/* --- Statistics (§7.3.5.9) ---------------------------------------------------------------------- */

enum of_err of13_get_group_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    (void)arena;
    q->group_id = rd_u32(r);
    rd_skip(r, 4);
    return q->group_id <= OF_GROUP_MAX || q->group_id == OF_GROUP_ALL ? OF_OK
                                                                      : OF_ERR_GROUP_UNKNOWN_GROUP;
}

enum err of13_put_group_request(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->mp_request.group_id);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

/* 'r' is bounded to one group. */
static void get_stats(struct rd *r, struct arena *arena, struct of_group_stats *s)
{
    rd_skip(r, 4);
    s->group_id = rd_u32(r);
    s->n_refs = rd_u32(r);
    rd_skip(r, 4);
    s->n_packets = rd_u64(r);
    s->n_bytes = rd_u64(r);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    s->n_buckets = r->left / COUNTER_LEN;
    s->buckets = of13_get_counters(r, s->n_buckets, arena);
}

enum of_err of13_get_group_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_group_stats *list;

    if (!of_count_elements(*r, 0, STATS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->group_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        struct rd head = *r;
        struct rd group = rd_sub(r, rd_u16(&head));

        get_stats(&group, arena, &list[i]);
        if (group.left) {
            return OF_ERR_BAD_LEN;
        }
    }
    return OF_OK;
}

enum err of13_put_group_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_group_stats *s = &msg->mp_reply.group_stats[i];

        buf_put_u16(b, STATS_LEN + s->n_buckets * COUNTER_LEN);
        buf_put_zeros(b, 2);
        buf_put_u32(b, s->group_id);
        buf_put_u32(b, s->n_refs);
        buf_put_zeros(b, 4);
        buf_put_u64(b, s->n_packets);
        buf_put_u64(b, s->n_bytes);
        buf_put_u32(b, s->duration_s);
        buf_put_u32(b, s->duration_ns);
        of13_put_counters(b, s->buckets, s->n_buckets);
    }
    return ERR_OK;
}

/* --- Descriptions (§7.3.5.10) ------------------------------------------------------------------- */

/* 'r' is bounded to one group. A type that we do not know is an experimenter's, and is carried. */
static enum of_err get_desc(struct rd *r, uint8_t version, struct arena *arena,
                            struct of_group_desc *d)
{
    rd_skip(r, 2);
    d->type = (enum of_group_type)rd_u8(r);
    rd_skip(r, 1);
    d->group_id = rd_u32(r);
    return get_buckets(r, version, OF_FROM_SWITCH, arena, &d->buckets, &d->n_buckets);
}

enum of_err of13_get_group_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_group_desc *list;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, DESC_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->group_descs = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd group = rd_sub(r, rd_u16(&head));

        err = get_desc(&group, msg->version, arena, &list[i]);
    }
    return err;
}

enum err of13_put_group_desc(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        const struct of_group_desc *d = &msg->mp_reply.group_descs[i];
        size_t start = b->len;

        buf_put_u16(b, 0);
        buf_put_u8(b, d->type);
        buf_put_zeros(b, 1);
        buf_put_u32(b, d->group_id);
        err = put_buckets(b, msg->version, d->buckets, d->n_buckets);
        buf_set_u16(b, start, b->len - start);
    }
    return err;
}

/* --- Features (§7.3.5.11) ----------------------------------------------------------------------- */

#define TYPE_BITS ((1u << OF_N_GROUP_TYPES) - 1)
#define CAPABILITY_BITS                                                                            \
    (OF_GFC_SELECT_WEIGHT | OF_GFC_SELECT_LIVENESS | OF_GFC_CHAINING | OF_GFC_CHAINING_CHECKS)

/* On the wire bits are 1 << OFPAT_*, which leaves out experimenters' actions. */
static uint32_t actions_from_wire(uint8_t version, uint32_t bits)
{
    uint32_t actions = 0;

    for (unsigned i = 0; i < OF_N_ACTIONS; i++) {
        int number = of13_action_number(version, (enum of_action_type)i);

        actions |= number >= 0 && number < 32 && bits >> number & 1 ? UINT32_C(1) << i : 0;
    }
    return actions;
}

static uint32_t actions_to_wire(uint8_t version, uint32_t actions)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < OF_N_ACTIONS; i++) {
        int number = of13_action_number(version, (enum of_action_type)i);

        bits |= number >= 0 && number < 32 && actions >> i & 1 ? UINT32_C(1) << number : 0;
    }
    return bits;
}

enum of_err of13_get_group_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_group_features *f = &msg->mp_reply.group_features;

    (void)arena;
    f->types = rd_u32(r) & TYPE_BITS;
    f->capabilities = rd_u32(r) & CAPABILITY_BITS;
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        f->max_groups[i] = rd_u32(r);
    }
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        f->actions[i] = actions_from_wire(msg->version, rd_u32(r));
    }
    return OF_OK;
}

enum err of13_put_group_features(struct buf *b, const struct of_msg *msg)
{
    const struct of_group_features *f = &msg->mp_reply.group_features;

    buf_put_u32(b, f->types & TYPE_BITS);
    buf_put_u32(b, f->capabilities & CAPABILITY_BITS);
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        buf_put_u32(b, f->max_groups[i]);
    }
    for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
        buf_put_u32(b, actions_to_wire(msg->version, f->actions[i]));
    }
    return ERR_OK;
}
