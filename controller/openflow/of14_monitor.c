/* Flow monitors, since 1.4 (1.4 §7.3.5.17). */
#include "controller/openflow/of_wire.h"

#define UPDATE_LEN 8 /* The shortest. */
#define FULL_LEN 24  /* Before the match. */
#define FLAG_BITS 0x7fu

/* --- Requests --------------------------------------------------------------------------------- */

static enum of_err check_monitor(const struct of_flow_monitor *m)
{
    if (m->command > OF_FMC_DELETE) {
        return OF_ERR_MONITOR_BAD_COMMAND;
    }
    if (m->command == OF_FMC_DELETE) {
        return OF_OK; /* Nothing but the id has a meaning. */
    }
    if (m->flags & ~FLAG_BITS) {
        return OF_ERR_MONITOR_BAD_FLAGS;
    }
    return of_check_filter(m->out_port, m->out_group) ? OF_ERR_MONITOR_BAD_OUT : OF_OK;
}

/* The specification allows a list of requests in one message; we take one. */
enum of_err of14_get_monitor(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_monitor *m = &msg->mp_request.monitor;
    enum of_err err;

    (void)arena;
    m->monitor_id = rd_u32(r);
    m->out_port = rd_u32(r);
    m->out_group = rd_u32(r);
    m->flags = rd_u16(r);
    m->table_id = rd_u8(r);
    m->command = (enum of_monitor_command)rd_u8(r);
    err = check_monitor(m);
    if (!err) {
        err = of13_get_match(r, msg->version, OF_FROM_CONTROLLER, &m->match);
    }
    return !err && r->left ? OF_ERR_MULTIPART_OVERFLOW : err;
}

/* Port 0 does not exist (§7.2.1), so a caller that left it there restricts nothing. */
enum err of14_put_monitor(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_monitor *m = &msg->mp_request.monitor;
    struct of_flow_monitor asked = *m;

    if (!m->out_port && m->command != OF_FMC_DELETE) {
        asked.out_port = OF_PORT_ANY;
    }
    if (check_monitor(&asked)) {
        return ERR_RANGE;
    }
    buf_put_u32(b, m->monitor_id);
    buf_put_u32(b, asked.out_port);
    buf_put_u32(b, m->out_group);
    buf_put_u16(b, m->flags);
    buf_put_u8(b, m->table_id);
    buf_put_u8(b, m->command);
    return of13_put_match(b, msg->version, &m->match);
}

/* --- Updates ---------------------------------------------------------------------------------- */

static enum of_err get_full(struct rd *r, uint8_t version, struct arena *arena,
                            struct of_flow_update *u)
{
    enum of_err err;

    u->table_id = rd_u8(r);
    u->reason = (enum of_flow_removed_reason)rd_u8(r);
    u->idle_timeout_s = rd_u16(r);
    u->hard_timeout_s = rd_u16(r);
    u->priority = rd_u16(r);
    rd_skip(r, 4);
    u->cookie = rd_u64(r);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    err = of13_get_match(r, version, OF_FROM_SWITCH, &u->match);
    return err ? err : of13_get_instructions(r, version, OF_FROM_SWITCH, arena, &u->ins);
}

/* 'r' is bounded to one update of a known event. */
static enum of_err get_update(struct rd *r, uint8_t version, struct arena *arena,
                              struct of_flow_update *u)
{
    rd_skip(r, 2);
    u->event = (enum of_monitor_event)rd_u16(r);
    if (u->event <= OF_FME_MODIFIED) {
        return get_full(r, version, arena, u);
    }
    if (u->event == OF_FME_ABBREV) {
        u->xid = rd_u32(r);
    } else {
        rd_skip(r, 4);
    }
    return r->left ? OF_ERR_BAD_LEN : OF_OK;
}

/* Events that we do not know are left out. */
enum of_err of14_get_updates(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_flow_update *list;
    enum of_err err = OF_OK;
    size_t n;

    if (!of_count_elements(*r, 0, UPDATE_LEN, 8, &n)) {
        return OF_ERR_BAD_LEN;
    }
    q->updates = list = arena_calloc(arena, n, sizeof *list);
    q->n = 0;
    for (size_t i = 0; i < n && !err; i++) {
        struct rd head = *r;
        struct rd update = rd_sub(r, rd_u16(&head));

        if (rd_u16(&head) <= OF_FME_RESUMED) {
            err = get_update(&update, msg->version, arena, &list[q->n++]);
        }
    }
    return err;
}

static enum err put_full(struct buf *b, uint8_t version, const struct of_flow_update *u)
{
    enum err err;

    buf_put_u8(b, u->table_id);
    buf_put_u8(b, u->reason);
    buf_put_u16(b, u->idle_timeout_s);
    buf_put_u16(b, u->hard_timeout_s);
    buf_put_u16(b, u->priority);
    buf_put_zeros(b, 4);
    buf_put_u64(b, u->cookie);
    err = of13_put_match(b, version, &u->match);
    return err ? err : of13_put_instructions(b, version, &u->ins);
}

static enum err put_update(struct buf *b, uint8_t version, const struct of_flow_update *u)
{
    size_t start = b->len;
    enum err err = ERR_OK;

    buf_put_u16(b, 0);
    buf_put_u16(b, u->event);
    if (u->event <= OF_FME_MODIFIED) {
        err = put_full(b, version, u);
    } else {
        buf_put_u32(b, u->event == OF_FME_ABBREV ? u->xid : 0);
    }
    buf_set_u16(b, start, b->len - start);
    return u->event <= OF_FME_RESUMED ? err : ERR_RANGE;
}

enum err of14_put_updates(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        err = put_update(b, msg->version, &msg->mp_reply.updates[i]);
    }
    return err;
}
