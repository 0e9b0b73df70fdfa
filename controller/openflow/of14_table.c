/* What a table does when it gets full, since 1.4: table-mod (1.4 §7.3.4.1), table-status (§7.4.5) and the
 * descriptions of tables (§7.3.5.5). */
#include "controller/openflow/of_wire.h"

#define DESC_LEN 8 /* Before the properties. */

/* The two lowest bits are deprecated, and carried. */
#define CONFIG_BITS (3u | OF_TC_EVICTION | OF_TC_VACANCY_EVENTS)
#define EVICTION_BITS ((uint32_t)(OF_EV_OTHER | OF_EV_IMPORTANCE | OF_EV_LIFETIME))

enum {
    PROP_EVICTION = 2,
    PROP_VACANCY = 3,
};

struct context {
    enum of_origin origin;
    struct of_table_mod *table;
};

/* --- Properties ------------------------------------------------------------------------------- */

static void get_vacancy(struct rd *r, struct of_table_mod *t)
{
    t->has_vacancy = true;
    t->vacancy_down_percent = rd_u8(r);
    t->vacancy_up_percent = rd_u8(r);
    t->vacancy_percent = rd_u8(r);
    rd_skip(r, 1);
}

static enum of_err get_prop(struct of_prop *p, void *aux)
{
    const struct context *c = aux;

    switch (p->type) {
    case PROP_EVICTION:
        c->table->has_eviction = true;
        c->table->eviction = rd_u32(&p->body);
        return OF_OK;
    case PROP_VACANCY:
        get_vacancy(&p->body, c->table);
        return OF_OK;
    default:
        return of_unknown_prop(c->origin, p);
    }
}

static void put_props(struct buf *b, const struct of_table_mod *t)
{
    size_t start;

    if (t->has_eviction) {
        start = of_begin_prop(b, PROP_EVICTION);
        buf_put_u32(b, t->eviction);
        of_end_prop(b, start);
    }
    if (t->has_vacancy) {
        start = of_begin_prop(b, PROP_VACANCY);
        buf_put_u8(b, t->vacancy_down_percent);
        buf_put_u8(b, t->vacancy_up_percent);
        buf_put_u8(b, t->vacancy_percent);
        buf_put_zeros(b, 1);
        of_end_prop(b, start);
    }
}

/* --- Table-mod -------------------------------------------------------------------------------- */

/* Thresholds are percentages, the one for "nearly full" not above the one for "room again"; how much is
 * free only the switch can tell. */
static bool vacancy_ok(const struct of_table_mod *t)
{
    return t->vacancy_up_percent <= 100 && t->vacancy_down_percent <= t->vacancy_up_percent &&
           t->vacancy_percent == 0;
}

static enum of_err check_table_mod(const struct of_table_mod *t)
{
    if (t->config & ~CONFIG_BITS) {
        return OF_ERR_TABLE_BAD_CONFIG;
    }
    return (t->has_eviction && t->eviction & ~EVICTION_BITS) || (t->has_vacancy && !vacancy_ok(t))
               ? OF_ERR_PROP_BAD_VALUE
               : OF_OK;
}

enum of_err of14_get_table_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct context c = {OF_FROM_CONTROLLER, &msg->table_mod};
    enum of_err err;

    (void)arena;
    msg->table_mod = (struct of_table_mod){.table_id = rd_u8(r)};
    rd_skip(r, 3);
    msg->table_mod.config = rd_u32(r);
    err = of_get_props(r, get_prop, &c);
    return err ? err : check_table_mod(&msg->table_mod);
}

enum err of14_put_table_mod(struct buf *b, const struct of_msg *msg)
{
    if (check_table_mod(&msg->table_mod)) {
        return ERR_RANGE;
    }
    buf_put_u8(b, msg->table_mod.table_id);
    buf_put_zeros(b, 3);
    buf_put_u32(b, msg->table_mod.config);
    put_props(b, &msg->table_mod);
    return ERR_OK;
}

/* --- Descriptions ------------------------------------------------------------------------------- */

/* 'r' is bounded to one table. */
static enum of_err get_desc(struct rd *r, struct of_table_mod *t)
{
    struct context c = {OF_FROM_SWITCH, t};

    rd_skip(r, 2);
    *t = (struct of_table_mod){.table_id = rd_u8(r)};
    rd_skip(r, 1);
    t->config = rd_u32(r);
    return of_get_props(r, get_prop, &c);
}

static void put_desc(struct buf *b, const struct of_table_mod *t)
{
    size_t start = b->len;

    buf_put_u16(b, 0);
    buf_put_u8(b, t->table_id);
    buf_put_zeros(b, 1);
    buf_put_u32(b, t->config);
    put_props(b, t);
    buf_set_u16(b, start, b->len - start);
}

enum of_err of14_get_table_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    enum of_err err = OF_OK;
    struct of_table_mod *list;

    if (!of_count_elements(*r, 0, DESC_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->table_descs = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd table = rd_sub(r, rd_u16(&head));

        err = get_desc(&table, &list[i]);
    }
    return err;
}

enum err of14_put_table_desc(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        put_desc(b, &msg->mp_reply.table_descs[i]);
    }
    return ERR_OK;
}

enum of_err of14_get_table_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct rd table;
    size_t n;

    (void)arena;
    msg->table_status.reason = (enum of_table_reason)rd_u8(r);
    rd_skip(r, 7);
    if (!of_count_elements(*r, 0, DESC_LEN, 8, &n) || n != 1) {
        return OF_ERR_BAD_LEN;
    }
    table = rd_sub(r, r->left);
    return get_desc(&table, &msg->table_status.table);
}

enum err of14_put_table_status(struct buf *b, const struct of_msg *msg)
{
    buf_put_u8(b, msg->table_status.reason);
    buf_put_zeros(b, 7);
    put_desc(b, &msg->table_status.table);
    return ERR_OK;
}
