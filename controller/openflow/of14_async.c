/* Asynchronous configuration since 1.4 (1.4 §7.3.10): a property for each mask. Types come in pairs, that of
 * a slave first, in the order of struct of_async. */
#include "controller/openflow/of_wire.h"

#define PROP_EXPERIMENTER_SLAVE 0xfffe

struct kind {
    uint8_t since;
    uint32_t reasons; /* Those that are defined. */
};

static const struct kind kinds[] = {
    {OF_VERSION_1_4, 0x3f}, /* Packet-in. */
    {OF_VERSION_1_4, 0x07}, /* Port-status. */
    {OF_VERSION_1_4, 0x3f}, /* Flow-removed. */
    {OF_VERSION_1_4, 0x07}, /* Role-status. */
    {OF_VERSION_1_4, 1u << OF_TR_VACANCY_DOWN | 1u << OF_TR_VACANCY_UP},
    {OF_VERSION_1_4, 0x03}, /* Requestforward. */
    {OF_VERSION_1_5, 0x03}, /* Flow-stats. */
    {OF_VERSION_1_5, 0x7f}, /* Controller-status. */
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* The two masks of a kind. */
static uint32_t *masks(struct of_async *a, size_t kind)
{
    uint32_t *const all[N_KINDS] = {a->packet_in,   a->port_status,      a->flow_removed,
                                    a->role_status, a->table_status,     a->requestforward,
                                    a->flow_stats,  a->controller_status};

    return all[kind];
}

struct context {
    uint8_t version;
    enum of_origin origin;
    struct of_async *async;
};

static enum of_err get_prop(struct of_prop *p, void *aux)
{
    const struct context *c = aux;
    size_t kind = p->type / 2u;
    unsigned slave = p->type % 2 == 0;
    uint32_t mask;

    if (p->type == PROP_EXPERIMENTER_SLAVE) {
        p->type = OF_PROP_EXPERIMENTER;
    }
    if (kind >= N_KINDS || kinds[kind].since > c->version) {
        return of_unknown_prop(c->origin, p);
    }
    mask = rd_u32(&p->body);
    masks(c->async, kind)[slave] = mask;
    c->async->said[slave] |= UINT32_C(1) << kind;
    return c->origin == OF_FROM_CONTROLLER && mask & ~kinds[kind].reasons ? OF_ERR_ASYNC_INVALID
                                                                          : OF_OK;
}

enum of_err of14_get_async(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct context c = {
        msg->version, msg->type == OF_SET_ASYNC ? OF_FROM_CONTROLLER : OF_FROM_SWITCH, &msg->async};

    (void)arena;
    msg->async = (struct of_async){0};
    return of_get_props(r, get_prop, &c);
}

static enum err put_mask(struct buf *b, const struct of_msg *msg, size_t kind, unsigned slave)
{
    struct of_async async = msg->async;
    uint32_t mask = masks(&async, kind)[slave];
    size_t start;

    if (kinds[kind].since > msg->version) {
        return ERR_UNSUPPORTED;
    }
    if (msg->type == OF_SET_ASYNC && mask & ~kinds[kind].reasons) {
        return ERR_RANGE;
    }
    start = of_begin_prop(b, (unsigned)(2 * kind + !slave));
    buf_put_u32(b, mask);
    of_end_prop(b, start);
    return ERR_OK;
}

enum err of14_put_async(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < 2 * N_KINDS && !err; i++) {
        unsigned slave = i % 2 == 0;

        if (msg->async.said[slave] >> i / 2 & 1) {
            err = put_mask(b, msg, i / 2, slave);
        }
    }
    return err;
}
