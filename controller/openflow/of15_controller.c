/* What a switch of 1.5 knows of its controllers: their roles and ids (1.5 §7.3.8), their status
 * (§7.4.7) and the list of them (§7.3.5.20). */
#include "controller/openflow/of_wire.h"

#define STATUS_LEN 16 /* Before the properties. */
#define PROP_URI 0
#define CHANNEL_UP 0
#define CHANNEL_DOWN 1

/* --- Roles ------------------------------------------------------------------------------------ */

enum of_err of15_get_role(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    uint32_t role = rd_u32(r);

    (void)arena;
    msg->role.role = (enum of_role)role;
    msg->role.short_id = rd_u16(r);
    rd_skip(r, 2);
    msg->role.generation_id = rd_u64(r);
    return role > OF_ROLE_SLAVE ? OF_ERR_ROLE_BAD_ROLE : OF_OK;
}

enum err of15_put_role(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->role.role);
    buf_put_u16(b, msg->role.short_id);
    buf_put_zeros(b, 2);
    buf_put_u64(b, msg->role.generation_id);
    return ERR_OK;
}

/* --- Status ----------------------------------------------------------------------------------- */

static enum of_err get_status_prop(struct of_prop *p, void *aux)
{
    struct of_controller_status *s = aux;

    if (p->type != PROP_URI) {
        return of_unknown_prop(OF_FROM_SWITCH, p);
    }
    s->uri = of_get_rest(&p->body);
    return OF_OK;
}

/* 'r' is bounded to one controller. Roles and reasons that we do not know are carried. */
static enum of_err get_status(struct rd *r, struct of_controller_status *s)
{
    *s = (struct of_controller_status){0};
    rd_skip(r, 2);
    s->short_id = rd_u16(r);
    s->role = (enum of_role)rd_u32(r);
    s->reason = (enum of_controller_reason)rd_u8(r);
    s->channel_is_up = rd_u8(r) == CHANNEL_UP;
    rd_skip(r, 6);
    return of_get_props(r, get_status_prop, s);
}

static void put_status(struct buf *b, const struct of_controller_status *s)
{
    size_t start = b->len;

    buf_put_u16(b, 0);
    buf_put_u16(b, s->short_id);
    buf_put_u32(b, s->role);
    buf_put_u8(b, s->reason);
    buf_put_u8(b, s->channel_is_up ? CHANNEL_UP : CHANNEL_DOWN);
    buf_put_zeros(b, 6);
    if (s->uri.len) {
        size_t prop = of_begin_prop(b, PROP_URI);

        of_put_bytes(b, s->uri);
        of_end_prop(b, prop);
    }
    buf_set_u16(b, start, b->len - start);
}

/* The message has one controller, with the length of all of it. */
enum of_err of15_get_controller_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    size_t n;

    (void)arena;
    if (!of_count_elements(*r, 0, STATUS_LEN, 8, &n) || n != 1) {
        return OF_ERR_BAD_LEN;
    }
    return get_status(r, &msg->controller_status);
}

enum err of15_put_controller_status(struct buf *b, const struct of_msg *msg)
{
    put_status(b, &msg->controller_status);
    return ERR_OK;
}

enum of_err of15_get_controllers(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_controller_status *list;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, STATUS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->controllers = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd controller = rd_sub(r, rd_u16(&head));

        err = get_status(&controller, &list[i]);
    }
    return err;
}

enum err of15_put_controllers(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        put_status(b, &msg->mp_reply.controllers[i]);
    }
    return ERR_OK;
}
