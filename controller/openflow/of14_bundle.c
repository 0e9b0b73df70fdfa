/* Messages that hold messages, since 1.4: bundles (1.4 §7.3.9) and forwarded requests (§7.4.6). A held
 * message is of few types, none of which holds another: there is one level. */
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_wire.h"

#define PROP_TIME 1 /* Since 1.5. */
#define NS_PER_S 1000000000

/* Where a message keeps the time of its bundle; NULL: it has none. */
struct context {
    uint8_t version;
    enum of_origin origin;
    struct of_time *at;
    bool has_time;
};

/* --- Properties and flags ----------------------------------------------------------------------- */

static enum of_err get_prop(struct of_prop *p, void *aux)
{
    struct context *c = aux;

    if (p->type != PROP_TIME || c->version < OF_VERSION_1_5 || !c->at) {
        return of_unknown_prop(c->origin, p);
    }
    rd_skip(&p->body, 4);
    c->at->s = rd_u64(&p->body);
    c->at->ns = rd_u32(&p->body);
    rd_skip(&p->body, 4);
    c->has_time = true;
    return c->at->ns < NS_PER_S ? OF_OK : OF_ERR_PROP_BAD_VALUE;
}

static void put_time(struct buf *b, struct of_time at)
{
    size_t start = of_begin_prop(b, PROP_TIME);

    buf_put_zeros(b, 4);
    buf_put_u64(b, at.s);
    buf_put_u32(b, at.ns);
    buf_put_zeros(b, 4);
    of_end_prop(b, start);
}

static bool flags_ok(uint8_t version, uint16_t flags)
{
    unsigned known = OF_BF_ATOMIC | OF_BF_ORDERED;

    return !(flags & ~(version >= OF_VERSION_1_5 ? known | OF_BF_TIME : known));
}

/* --- Bundle-control --------------------------------------------------------------------------- */

enum of_err of14_get_bundle_control(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_bundle_control *bundle = &msg->bundle_control;
    struct context c = {.version = msg->version, .at = &bundle->at};
    uint16_t type;
    enum of_err err;

    (void)arena;
    *bundle = (struct of_bundle_control){.bundle_id = rd_u32(r)};
    type = rd_u16(r);
    bundle->flags = rd_u16(r);
    if (type >= OF_N_BUNDLE_TYPES) {
        return OF_ERR_BUNDLE_BAD_TYPE;
    }
    bundle->type = (enum of_bundle_type)type;
    c.origin = type % 2 ? OF_FROM_SWITCH : OF_FROM_CONTROLLER; /* Replies have the odd numbers. */
    if (!flags_ok(msg->version, bundle->flags)) {
        return OF_ERR_BUNDLE_BAD_FLAGS;
    }
    err = of_get_props(r, get_prop, &c);
    return !err && c.has_time != (bool)(bundle->flags & OF_BF_TIME) ? OF_ERR_BUNDLE_BAD_FLAGS : err;
}

enum err of14_put_bundle_control(struct buf *b, const struct of_msg *msg)
{
    const struct of_bundle_control *bundle = &msg->bundle_control;

    if (bundle->type >= OF_N_BUNDLE_TYPES) {
        return ERR_RANGE;
    }
    if (!flags_ok(msg->version, bundle->flags)) {
        return ERR_UNSUPPORTED;
    }
    if (bundle->flags & OF_BF_TIME && bundle->at.ns >= NS_PER_S) {
        return ERR_RANGE;
    }
    buf_put_u32(b, bundle->bundle_id);
    buf_put_u16(b, bundle->type);
    buf_put_u16(b, bundle->flags);
    if (bundle->flags & OF_BF_TIME) {
        put_time(b, bundle->at);
    }
    return ERR_OK;
}

/* --- Bundle-add-message ------------------------------------------------------------------------- */

/* What changes the state of a switch can be part of a bundle, and nothing else. */
static bool is_bundled(enum of_type type)
{
    return type == OF_FLOW_MOD || type == OF_GROUP_MOD || type == OF_METER_MOD ||
           type == OF_PORT_MOD || type == OF_TABLE_MOD || type == OF_PACKET_OUT;
}

/* The header of the message that 'r' begins with, and its bytes. False when they are not all there. */
static bool get_frame(struct rd *r, uint8_t *version, uint8_t *number, uint32_t *xid,
                      struct of_bytes *frame)
{
    struct rd head = *r;

    *version = rd_u8(&head);
    *number = rd_u8(&head);
    frame->len = rd_u16(&head);
    *xid = rd_u32(&head);
    if (head.failed || frame->len < OF_HEADER_LEN) {
        return false;
    }
    frame->data = rd_bytes(r, frame->len);
    return frame->data != NULL;
}

/* The type of a held message by its number, the same in all versions that have bundles. */
static enum of_type type_of_number(uint8_t number)
{
    for (unsigned i = 0; i < OF_N_TYPES; i++) {
        if (of14_rows[i].known && of14_rows[i].number == number) {
            return (enum of_type)i;
        }
    }
    return OF_N_TYPES;
}

/* Properties, if there are any, begin at a multiple of 8 bytes behind the start of the message. */
static enum of_err get_props_behind(struct rd *r, uint8_t version, size_t len)
{
    struct context c = {.version = version, .origin = OF_FROM_CONTROLLER};

    if (r->left) {
        rd_skip(r, of_padding(len));
    }
    return r->failed ? OF_ERR_BUNDLE_MSG_BAD_LEN : of_get_props(r, get_prop, &c);
}

enum of_err of14_get_bundle_add(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_bundle_add *add = &msg->bundle_add;
    struct of_msg *held = arena_alloc(arena, sizeof *held);
    struct of_bytes frame;
    uint8_t version, number;
    enum of_err err;
    uint32_t xid;

    *add = (struct of_bundle_add){.bundle_id = rd_u32(r)};
    rd_skip(r, 2);
    add->flags = rd_u16(r);
    if (!flags_ok(msg->version, add->flags)) {
        return OF_ERR_BUNDLE_BAD_FLAGS;
    }
    if (!get_frame(r, &version, &number, &xid, &frame)) {
        return OF_ERR_BUNDLE_MSG_BAD_LEN;
    }
    if (xid != msg->xid) {
        return OF_ERR_BUNDLE_MSG_BAD_XID;
    }
    if (version != msg->version || !is_bundled(type_of_number(number))) {
        return OF_ERR_BUNDLE_MSG_UNSUP;
    }
    add->message = held;
    err = of_decode(frame.data, frame.len, arena, held);
    return err ? err : get_props_behind(r, msg->version, frame.len);
}

/* A message that is held speaks the version of the one that holds it. */
static enum err put_held(struct buf *b, uint8_t version, uint32_t xid, const struct of_msg *message)
{
    struct of_msg held = *message;

    held.version = version;
    held.xid = xid;
    return of_encode(&held, b);
}

enum err of14_put_bundle_add(struct buf *b, const struct of_msg *msg)
{
    const struct of_bundle_add *add = &msg->bundle_add;

    if (!add->message || !is_bundled(add->message->type)) {
        return ERR_RANGE;
    }
    if (!flags_ok(msg->version, add->flags)) {
        return ERR_UNSUPPORTED;
    }
    buf_put_u32(b, add->bundle_id);
    buf_put_zeros(b, 2);
    buf_put_u16(b, add->flags);
    return put_held(b, msg->version, msg->xid, add->message);
}

/* --- Requestforward --------------------------------------------------------------------------- */

static bool is_forwarded(enum of_type type)
{
    return type == OF_GROUP_MOD || type == OF_METER_MOD;
}

enum of_err of14_get_requestforward(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_msg *request = arena_alloc(arena, sizeof *request);
    struct of_bytes frame;
    uint8_t version, number;
    uint32_t xid;

    msg->requestforward.request = request;
    if (!get_frame(r, &version, &number, &xid, &frame)) {
        return OF_ERR_BAD_LEN;
    }
    if (version != msg->version) {
        return OF_ERR_BAD_VERSION;
    }
    return is_forwarded(type_of_number(number)) ? of_decode(frame.data, frame.len, arena, request)
                                                : OF_ERR_BAD_TYPE;
}

enum err of14_put_requestforward(struct buf *b, const struct of_msg *msg)
{
    const struct of_msg *request = msg->requestforward.request;

    return request && is_forwarded(request->type) ? put_held(b, msg->version, request->xid, request)
                                                  : ERR_RANGE;
}
