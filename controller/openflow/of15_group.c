/* Groups of 1.5, whose buckets have ids and properties: group-mod (1.5 §7.3.4.3) and descriptions
 * (§7.3.5.11). */
#include "controller/openflow/of_wire.h"

#define BUCKET_LEN 8 /* Before the actions. */
#define DESC_LEN 16  /* Before the buckets. */

enum {
    PROP_WEIGHT = 0,
    PROP_WATCH_PORT = 1,
    PROP_WATCH_GROUP = 2,
};

/* --- Buckets ---------------------------------------------------------------------------------- */

struct bucket_context {
    enum of_origin origin;
    struct of_bucket *bucket;
};

static enum of_err get_bucket_prop(struct of_prop *p, void *aux)
{
    const struct bucket_context *c = aux;

    switch (p->type) {
    case PROP_WEIGHT:
        c->bucket->weight = rd_u16(&p->body);
        rd_skip(&p->body, 2);
        return OF_OK;
    case PROP_WATCH_PORT:
        c->bucket->watch_port = rd_u32(&p->body);
        return OF_OK;
    case PROP_WATCH_GROUP:
        c->bucket->watch_group = rd_u32(&p->body);
        return OF_OK;
    default:
        return of_unknown_prop(c->origin, p);
    }
}

/* 'r' is bounded to one bucket. Without properties it watches nothing and, in a select group, weighs
 * as much as the others. */
static enum of_err get_bucket(struct rd *r, enum of_origin origin, enum of_group_type type,
                              struct arena *arena, struct of_bucket *bucket)
{
    struct bucket_context c = {origin, bucket};
    struct rd actions;
    size_t actions_len;
    enum of_err err;

    rd_skip(r, 2);
    actions_len = rd_u16(r);
    bucket->bucket_id = rd_u32(r);
    bucket->weight = type == OF_GT_SELECT;
    bucket->watch_port = OF_PORT_ANY;
    bucket->watch_group = OF_GROUP_ANY;
    actions = rd_sub(r, actions_len);
    if (r->failed) {
        return origin == OF_FROM_CONTROLLER ? OF_ERR_GROUP_BAD_BUCKET : OF_ERR_BAD_LEN;
    }
    err = of13_get_actions(&actions, OF_VERSION_1_5, origin, arena, &bucket->actions);
    return err ? err : of_get_props(r, get_bucket_prop, &c);
}

/* Buckets none of which was given an id are numbered in their order: ids of a group differ. */
static bool have_ids(const struct of_bucket *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].bucket_id) {
            return true;
        }
    }
    return false;
}

/* All of 'r'. A switch that gives all its buckets the id 0 has numbered none. */
static enum of_err get_buckets(struct rd *r, enum of_origin origin, enum of_group_type type,
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

        err = get_bucket(&bucket, origin, type, arena, &list[i]);
    }
    if (origin == OF_FROM_SWITCH && !have_ids(list, *n)) {
        for (size_t i = 0; i < *n; i++) {
            list[i].bucket_id = (uint32_t)i;
        }
    }
    return err;
}

static void put_watch(struct buf *b, unsigned type, uint32_t watched)
{
    size_t start = of_begin_prop(b, type);

    buf_put_u32(b, watched);
    of_end_prop(b, start);
}

static void put_bucket_props(struct buf *b, enum of_group_type type, const struct of_bucket *bucket)
{
    if (type == OF_GT_SELECT || bucket->weight) {
        size_t start = of_begin_prop(b, PROP_WEIGHT);

        buf_put_u16(b, bucket->weight);
        buf_put_zeros(b, 2);
        of_end_prop(b, start);
    }
    if (bucket->watch_port != OF_PORT_ANY) {
        put_watch(b, PROP_WATCH_PORT, bucket->watch_port);
    }
    if (bucket->watch_group != OF_GROUP_ANY) {
        put_watch(b, PROP_WATCH_GROUP, bucket->watch_group);
    }
}

static enum err put_bucket(struct buf *b, enum of_group_type type, const struct of_bucket *bucket,
                           uint32_t id)
{
    size_t start = b->len;
    enum err err;

    buf_put_zeros(b, 4);
    buf_put_u32(b, id);
    err = of13_put_actions(b, OF_VERSION_1_5, &bucket->actions);
    buf_set_u16(b, start + 2, b->len - start - BUCKET_LEN);
    put_bucket_props(b, type, bucket);
    buf_set_u16(b, start, b->len - start);
    return err;
}

static enum err put_buckets(struct buf *b, enum of_group_type type, const struct of_bucket *list,
                            size_t n)
{
    bool numbered = have_ids(list, n);
    enum err err = ERR_OK;

    for (size_t i = 0; i < n && !err; i++) {
        err = put_bucket(b, type, &list[i], numbered ? list[i].bucket_id : (uint32_t)i);
    }
    return err;
}

/* --- Group-mod -------------------------------------------------------------------------------- */

static bool command_known(unsigned command)
{
    return command <= OF_GC_INSERT_BUCKET || command == OF_GC_REMOVE_BUCKET;
}

static bool is_about_buckets(const struct of_group_mod *g)
{
    return g->command == OF_GC_INSERT_BUCKET || g->command == OF_GC_REMOVE_BUCKET;
}

/* Where to insert is a bucket or an end of the list; what to remove may also be all of it. */
static bool place_ok(const struct of_group_mod *g)
{
    uint32_t id = g->command_bucket_id;

    return id <= OF_BUCKET_MAX || id == OF_BUCKET_FIRST || id == OF_BUCKET_LAST ||
           (id == OF_BUCKET_ALL && g->command == OF_GC_REMOVE_BUCKET);
}

/* Quadratic, over the few buckets of one group. */
static enum of_err check_ids(const struct of_bucket *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].bucket_id > OF_BUCKET_MAX) {
            return OF_ERR_GROUP_BAD_BUCKET;
        }
        for (size_t j = 0; j < i; j++) {
            if (list[i].bucket_id == list[j].bucket_id) {
                return OF_ERR_GROUP_BUCKET_EXISTS;
            }
        }
    }
    return OF_OK;
}

/* A removal names its bucket and brings none. */
static enum of_err check_place(const struct of_group_mod *g)
{
    if (!place_ok(g)) {
        return OF_ERR_GROUP_UNKNOWN_BUCKET;
    }
    return g->command == OF_GC_REMOVE_BUCKET && g->n_buckets ? OF_ERR_GROUP_BAD_BUCKET : OF_OK;
}

enum of_err of15_get_group_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_group_mod *g = &msg->group_mod;
    uint16_t command = rd_u16(r);
    uint8_t type = rd_u8(r);
    struct rd buckets;
    size_t buckets_len;
    enum of_err err;

    rd_skip(r, 1);
    g->group_id = rd_u32(r);
    buckets_len = rd_u16(r);
    rd_skip(r, 2);
    g->command_bucket_id = rd_u32(r);
    buckets = rd_sub(r, buckets_len);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    if (!command_known(command)) {
        return OF_ERR_GROUP_BAD_COMMAND;
    }
    if (type >= OF_N_GROUP_TYPES) {
        return OF_ERR_GROUP_BAD_TYPE;
    }
    g->command = (enum of_group_command)command;
    g->type = (enum of_group_type)type;
    err = get_buckets(&buckets, OF_FROM_CONTROLLER, g->type, arena, &g->buckets, &g->n_buckets);
    err = err ? err : of_get_no_props(r, OF_FROM_CONTROLLER);
    err = err ? err : check_ids(g->buckets, g->n_buckets);
    if (!err && is_about_buckets(g)) {
        err = check_place(g);
    } else if (!err && g->command_bucket_id != OF_BUCKET_ALL) {
        err = OF_ERR_GROUP_BAD_BUCKET;
    } else {
        g->command_bucket_id = 0;
    }
    return err ? err : of13_check_group_mod(g);
}

enum err of15_put_group_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_group_mod *g = &msg->group_mod;
    size_t len_at, start;
    enum err err;

    if (!command_known(g->command) || g->type >= OF_N_GROUP_TYPES || of13_check_group_mod(g) ||
        (is_about_buckets(g) && check_place(g)) ||
        (have_ids(g->buckets, g->n_buckets) && check_ids(g->buckets, g->n_buckets))) {
        return ERR_RANGE;
    }
    buf_put_u16(b, g->command);
    buf_put_u8(b, g->type);
    buf_put_zeros(b, 1);
    buf_put_u32(b, g->group_id);
    len_at = b->len;
    buf_put_zeros(b, 4);
    buf_put_u32(b, is_about_buckets(g) ? g->command_bucket_id : OF_BUCKET_ALL);
    start = b->len;
    err = put_buckets(b, g->type, g->buckets, g->n_buckets);
    buf_set_u16(b, len_at, b->len - start);
    return err;
}

/* --- Descriptions --------------------------------------------------------------------------------- */

/* 'r' is bounded to one group. A type that we do not know is an experimenter's, and is carried. */
static enum of_err get_desc(struct rd *r, struct arena *arena, struct of_group_desc *d)
{
    struct rd buckets;
    size_t buckets_len;
    enum of_err err;

    rd_skip(r, 2);
    d->type = (enum of_group_type)rd_u8(r);
    rd_skip(r, 1);
    d->group_id = rd_u32(r);
    buckets_len = rd_u16(r);
    rd_skip(r, 6);
    buckets = rd_sub(r, buckets_len);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    err = get_buckets(&buckets, OF_FROM_SWITCH, d->type, arena, &d->buckets, &d->n_buckets);
    return err ? err : of_get_no_props(r, OF_FROM_SWITCH);
}

enum of_err of15_get_group_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
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

        err = get_desc(&group, arena, &list[i]);
    }
    return err;
}

enum err of15_put_group_desc(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        const struct of_group_desc *d = &msg->mp_reply.group_descs[i];
        size_t start = b->len;

        buf_put_u16(b, 0);
        buf_put_u8(b, d->type);
        buf_put_zeros(b, 1);
        buf_put_u32(b, d->group_id);
        buf_put_zeros(b, 8);
        err = put_buckets(b, d->type, d->buckets, d->n_buckets);
        buf_set_u16(b, start + 8, b->len - start - DESC_LEN);
        buf_set_u16(b, start, b->len - start);
    }
    return err;
}
