/* Flow entries of 1.5 as a switch tells of them: removed (1.5 §7.4.2), described (§7.3.5.2), their
 * statistics (§7.3.5.3), and the sum of those (§7.3.5.4). */
#include "controller/openflow/of_wire.h"

#define DESC_LEN 24 /* Before the match. */
#define STATS_LEN 8 /* Before the match. */
#define MATCH_LEN 8 /* Of an empty one, as of empty statistics. */
#define OXS_MIN_LEN 8

/* What we do not know is left out; what does not hold together is refused. */
static enum of_err get_oxs(struct rd *r, struct of15_oxs *s)
{
    return of15_get_oxs(r, s) == OF15_OXS_BAD_LEN ? OF_ERR_BAD_LEN : OF_OK;
}

static void put_oxs(struct buf *b, uint32_t duration_s, uint32_t duration_ns, uint64_t n_packets,
                    uint64_t n_bytes)
{
    struct of15_oxs s = of15_oxs_none;

    s.has_duration = true;
    s.duration_s = duration_s;
    s.duration_ns = duration_ns;
    s.n_packets = n_packets;
    s.n_bytes = n_bytes;
    of15_put_oxs(b, &s);
}

/* --- Flow-removed --------------------------------------------------------------------------------- */

enum of_err of15_get_flow_removed(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_removed *f = &msg->flow_removed;
    struct of15_oxs s = of15_oxs_none;
    enum of_err err;

    (void)arena;
    f->table_id = rd_u8(r);
    f->reason = (enum of_flow_removed_reason)rd_u8(r);
    f->priority = rd_u16(r);
    f->idle_timeout_s = rd_u16(r);
    f->hard_timeout_s = rd_u16(r);
    f->cookie = rd_u64(r);
    err = of13_get_match(r, OF_VERSION_1_5, OF_FROM_SWITCH, &f->match);
    if (!err) {
        err = get_oxs(r, &s);
    }
    f->duration_s = s.duration_s;
    f->duration_ns = s.duration_ns;
    f->n_packets = s.n_packets;
    f->n_bytes = s.n_bytes;
    return err;
}

enum err of15_put_flow_removed(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_removed *f = &msg->flow_removed;
    enum err err;

    buf_put_u8(b, f->table_id);
    buf_put_u8(b, f->reason);
    buf_put_u16(b, f->priority);
    buf_put_u16(b, f->idle_timeout_s);
    buf_put_u16(b, f->hard_timeout_s);
    buf_put_u64(b, f->cookie);
    err = of13_put_match(b, OF_VERSION_1_5, &f->match);
    put_oxs(b, f->duration_s, f->duration_ns, f->n_packets, f->n_bytes);
    return err;
}

/* --- Lists of entries ----------------------------------------------------------------------------- */

typedef enum of_err get_entry_fn(struct rd *r, struct arena *arena, struct of_flow_stats *s);

/* Entries of at least 'min_len' bytes, that start with their length. */
static enum of_err get_entries(struct rd *r, struct arena *arena, size_t min_len, get_entry_fn *get,
                               struct of_multipart_reply *q)
{
    enum of_err err = OF_OK;
    struct of_flow_stats *list;

    if (!of_count_elements(*r, 0, min_len, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->flows = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd entry = rd_sub(r, rd_u16(&head));

        rd_skip(&entry, 4); /* The length and padding. */
        err = get(&entry, arena, &list[i]);
        if (!err && (entry.failed || entry.left)) {
            err = OF_ERR_BAD_LEN;
        }
    }
    return err;
}

static enum of_err get_match_and_oxs(struct rd *r, struct of_flow_stats *s)
{
    struct of15_oxs oxs = of15_oxs_none;
    enum of_err err = of13_get_match(r, OF_VERSION_1_5, OF_FROM_SWITCH, &s->match);

    if (!err) {
        err = get_oxs(r, &oxs);
    }
    s->duration_s = oxs.duration_s;
    s->duration_ns = oxs.duration_ns;
    s->n_packets = oxs.n_packets;
    s->n_bytes = oxs.n_bytes;
    return err;
}

static enum err put_match_and_oxs(struct buf *b, const struct of_flow_stats *s)
{
    enum err err = of13_put_match(b, OF_VERSION_1_5, &s->match);

    put_oxs(b, s->duration_s, s->duration_ns, s->n_packets, s->n_bytes);
    return err;
}

/* --- Descriptions --------------------------------------------------------------------------------- */

static enum of_err get_desc(struct rd *r, struct arena *arena, struct of_flow_stats *s)
{
    enum of_err err;

    s->table_id = rd_u8(r);
    rd_skip(r, 1);
    s->priority = rd_u16(r);
    s->idle_timeout_s = rd_u16(r);
    s->hard_timeout_s = rd_u16(r);
    s->flags = rd_u16(r);
    s->importance = rd_u16(r);
    s->cookie = rd_u64(r);
    err = get_match_and_oxs(r, s);
    return err ? err : of13_get_instructions(r, OF_VERSION_1_5, OF_FROM_SWITCH, arena, &s->ins);
}

enum of_err of15_get_flow_descs(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return get_entries(r, arena, DESC_LEN + MATCH_LEN + OXS_MIN_LEN, get_desc, &msg->mp_reply);
}

static enum err put_desc(struct buf *b, const struct of_flow_stats *s)
{
    size_t start = b->len;
    enum err err;

    buf_put_zeros(b, 4);
    buf_put_u8(b, s->table_id);
    buf_put_zeros(b, 1);
    buf_put_u16(b, s->priority);
    buf_put_u16(b, s->idle_timeout_s);
    buf_put_u16(b, s->hard_timeout_s);
    buf_put_u16(b, s->flags);
    buf_put_u16(b, s->importance);
    buf_put_u64(b, s->cookie);
    err = put_match_and_oxs(b, s);
    if (!err) {
        err = of13_put_instructions(b, OF_VERSION_1_5, &s->ins);
    }
    buf_set_u16(b, start, b->len - start);
    return err;
}

enum err of15_put_flow_descs(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        err = put_desc(b, &msg->mp_reply.flows[i]);
    }
    return err;
}

/* --- Statistics --------------------------------------------------------------------------------- */

/* A reason that we do not know is carried. */
static enum of_err get_stats(struct rd *r, struct arena *arena, struct of_flow_stats *s)
{
    (void)arena;
    s->table_id = rd_u8(r);
    s->reason = (enum of_flow_stats_reason)rd_u8(r);
    s->priority = rd_u16(r);
    return get_match_and_oxs(r, s);
}

enum of_err of15_get_flow_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return get_entries(r, arena, STATS_LEN + MATCH_LEN + OXS_MIN_LEN, get_stats, &msg->mp_reply);
}

enum err of15_put_flow_stats(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;
    enum err err = ERR_OK;

    for (size_t i = 0; i < q->n && !err; i++) {
        size_t start = b->len;

        buf_put_zeros(b, 4);
        buf_put_u8(b, q->flows[i].table_id);
        buf_put_u8(b, q->flows[i].reason);
        buf_put_u16(b, q->flows[i].priority);
        err = put_match_and_oxs(b, &q->flows[i]);
        buf_set_u16(b, start, b->len - start);
    }
    return err;
}

/* --- Sums --------------------------------------------------------------------------------------- */

enum of_err of15_get_aggregate(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of15_oxs s;
    enum of_err err = get_oxs(r, &s);

    (void)arena;
    q->aggregate.n_packets = s.n_packets;
    q->aggregate.n_bytes = s.n_bytes;
    q->aggregate.n_flows = s.n_flows;
    return err;
}

enum err of15_put_aggregate(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;
    struct of15_oxs s = of15_oxs_none;

    s.n_flows = q->aggregate.n_flows;
    s.n_packets = q->aggregate.n_packets;
    s.n_bytes = q->aggregate.n_bytes;
    of15_put_oxs(b, &s);
    return ERR_OK;
}
