/* Action lists of 1.0 (OF 1.0 §5.2.4). Rewriting a field is an action per field there. */
#include "controller/openflow/of_wire.h"

enum number {
    ACT_OUTPUT = 0,
    ACT_SET_VLAN_VID = 1,
    ACT_SET_VLAN_PCP = 2,
    ACT_STRIP_VLAN = 3,
    ACT_SET_DL_SRC = 4,
    ACT_SET_DL_DST = 5,
    ACT_SET_NW_SRC = 6,
    ACT_SET_NW_DST = 7,
    ACT_SET_NW_TOS = 8,
    ACT_SET_TP_SRC = 9,
    ACT_SET_TP_DST = 10,
    ACT_ENQUEUE = 11,
    ACT_N_STANDARD,
    ACT_VENDOR = 0xffff,
};

static const uint8_t lengths[ACT_N_STANDARD] = {
    [ACT_OUTPUT] = 8,      [ACT_SET_VLAN_VID] = 8, [ACT_SET_VLAN_PCP] = 8, [ACT_STRIP_VLAN] = 8,
    [ACT_SET_DL_SRC] = 16, [ACT_SET_DL_DST] = 16,  [ACT_SET_NW_SRC] = 8,   [ACT_SET_NW_DST] = 8,
    [ACT_SET_NW_TOS] = 8,  [ACT_SET_TP_SRC] = 8,   [ACT_SET_TP_DST] = 8,   [ACT_ENQUEUE] = 16,
};

/* --- Decoding --------------------------------------------------------------------------------- */

static enum of_err get_vlan(struct rd *r, unsigned number, struct of_action *a)
{
    if (number == ACT_SET_VLAN_VID) {
        a->type = OF_ACT_SET_VLAN_VID;
        a->vlan_vid = rd_u16(r);
        return a->vlan_vid > 0xfff ? OF_ERR_ACT_BAD_ARGUMENT : OF_OK;
    }
    a->type = OF_ACT_SET_VLAN_PCP;
    a->vlan_pcp = rd_u8(r);
    return a->vlan_pcp > 7 ? OF_ERR_ACT_BAD_ARGUMENT : OF_OK;
}

static enum of_err get_tos(struct rd *r, struct of_action *a)
{
    uint8_t tos = rd_u8(r);

    a->set_field.field = OF_FIELD_IP_DSCP;
    a->set_field.value.u8 = tos >> 2;
    return tos & 3 ? OF_ERR_ACT_BAD_ARGUMENT : OF_OK;
}

/* 1.0 does not say of which protocol a port is; 'is_udp' does when the flow entry knows. */
static enum of_err get_set_field(struct rd *r, unsigned number, bool is_udp, struct of_action *a)
{
    a->type = OF_ACT_SET_FIELD;
    switch (number) {
    case ACT_SET_DL_SRC:
    case ACT_SET_DL_DST:
        a->set_field.field = number == ACT_SET_DL_SRC ? OF_FIELD_ETH_SRC : OF_FIELD_ETH_DST;
        a->set_field.value.eth = rd_eth(r);
        return OF_OK;
    case ACT_SET_NW_SRC:
    case ACT_SET_NW_DST:
        a->set_field.field = number == ACT_SET_NW_SRC ? OF_FIELD_IPV4_SRC : OF_FIELD_IPV4_DST;
        a->set_field.value.u32 = rd_u32(r);
        return OF_OK;
    case ACT_SET_NW_TOS:
        return get_tos(r, a);
    case ACT_SET_TP_SRC:
        a->set_field.field = is_udp ? OF_FIELD_UDP_SRC : OF_FIELD_TCP_SRC;
        a->set_field.value.u16 = rd_u16(r);
        return OF_OK;
    default:
        a->set_field.field = is_udp ? OF_FIELD_UDP_DST : OF_FIELD_TCP_DST;
        a->set_field.value.u16 = rd_u16(r);
        return OF_OK;
    }
}

static void get_enqueue(struct rd *r, struct of_action *a)
{
    a->type = OF_ACT_ENQUEUE;
    a->enqueue.port = of10_get_port_no(r);
    rd_skip(r, 6);
    a->enqueue.queue_id = rd_u32(r);
}

static void get_vendor(struct rd *r, struct of_action *a)
{
    struct of_bytes rest;

    a->type = OF_ACT_EXPERIMENTER;
    a->experimenter.experimenter = rd_u32(r);
    rest = of_get_rest(r);
    a->experimenter.data = rest.data;
    a->experimenter.len = (uint16_t)rest.len;
}

static enum of_err get_argument(struct rd *r, unsigned number, bool is_udp, struct of_action *a)
{
    switch (number) {
    case ACT_OUTPUT:
        a->type = OF_ACT_OUTPUT;
        a->output.port = of10_get_port_no(r);
        a->output.max_len = rd_u16(r);
        return OF_OK;
    case ACT_SET_VLAN_VID:
    case ACT_SET_VLAN_PCP:
        return get_vlan(r, number, a);
    case ACT_STRIP_VLAN:
        a->type = OF_ACT_POP_VLAN;
        return OF_OK;
    case ACT_ENQUEUE:
        get_enqueue(r, a);
        return OF_OK;
    case ACT_VENDOR:
        get_vendor(r, a);
        return OF_OK;
    default:
        return get_set_field(r, number, is_udp, a);
    }
}

/* Queues belong to ordinary ports, of which the packet's own is one (§5.2.4). "All" is no queue
 * (§5.3.5). */
static enum of_err check_enqueue(const struct of_action *a)
{
    if (!of10_port_is_ordinary(a->enqueue.port) && a->enqueue.port != OF_PORT_IN_PORT) {
        return OF_ERR_ACT_BAD_OUT_PORT;
    }
    return a->enqueue.queue_id == OF_QUEUE_ALL ? OF_ERR_ACT_BAD_QUEUE : OF_OK;
}

/* What a controller asks for must make sense; what a switch has, it has. */
static enum of_err check_argument(const struct of_action *a)
{
    if (a->type == OF_ACT_ENQUEUE) {
        return check_enqueue(a);
    }
    return a->type != OF_ACT_OUTPUT || of10_port_is_ordinary(a->output.port) ||
                   (a->output.port >= OF_PORT_IN_PORT && a->output.port <= OF_PORT_LOCAL)
               ? OF_OK
               : OF_ERR_ACT_BAD_OUT_PORT;
}

static enum of_err get_action(struct rd *r, enum of_origin origin, bool is_udp, struct of_action *a)
{
    unsigned number = rd_u16(r);
    size_t len = rd_u16(r);
    struct rd body = rd_sub(r, len - 4);
    enum of_err err;

    if (number >= ACT_N_STANDARD && number != ACT_VENDOR) {
        a->type = OF_N_ACTIONS;
        return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_ACT_BAD_TYPE;
    }
    if (number != ACT_VENDOR && len != lengths[number]) {
        return OF_ERR_ACT_BAD_LEN;
    }
    err = get_argument(&body, number, is_udp, a);
    return err || origin == OF_FROM_SWITCH ? err : check_argument(a);
}

/* Actions that we do not know are left out of what a switch tells. */
enum of_err of10_get_actions(struct rd *r, enum of_origin origin, struct arena *arena,
                             const struct of_match *match, struct of_actions *out)
{
    bool is_udp = match && of_match_has(match, OF_FIELD_IP_PROTO) && match->v.ip_proto == 17;
    enum of_err err = OF_OK;
    struct of_action *list;
    size_t n, n_known = 0;

    if (!of_count_elements(*r, 2, 8, 8, &n)) {
        return OF_ERR_ACT_BAD_LEN;
    }
    list = n ? arena_calloc(arena, n, sizeof *list) : NULL;
    for (size_t i = 0; i < n && !err; i++) {
        err = get_action(r, origin, is_udp, &list[n_known]);
        n_known += list[n_known].type != OF_N_ACTIONS;
    }
    *out = (struct of_actions){list, n_known};
    return err;
}

enum of_err of10_get_instructions(struct rd *r, enum of_origin origin, struct arena *arena,
                                  const struct of_match *match, struct of_instructions *out)
{
    *out = (struct of_instructions){.has_apply = r->left > 0};
    return of10_get_actions(r, origin, arena, match, &out->apply);
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void put_header(struct buf *b, unsigned number)
{
    buf_put_u16(b, number);
    buf_put_u16(b, number == ACT_VENDOR ? 0u : lengths[number]);
}

static void put_vlan_vid(struct buf *b, unsigned vid)
{
    if (vid > 0xfff) {
        b->failed = true;
    }
    put_header(b, ACT_SET_VLAN_VID);
    buf_put_u16(b, vid & 0xffff);
    buf_put_zeros(b, 2);
}

static void put_vlan_pcp(struct buf *b, unsigned pcp)
{
    if (pcp > 7) {
        b->failed = true;
    }
    put_header(b, ACT_SET_VLAN_PCP);
    buf_put_u8(b, pcp);
    buf_put_zeros(b, 3);
}

static void put_eth(struct buf *b, unsigned number, struct eth_addr addr)
{
    put_header(b, number);
    buf_put_eth(b, addr);
    buf_put_zeros(b, 6);
}

static void put_u32(struct buf *b, unsigned number, uint32_t value)
{
    put_header(b, number);
    buf_put_u32(b, value);
}

static void put_tos(struct buf *b, unsigned dscp)
{
    put_header(b, ACT_SET_NW_TOS);
    buf_put_u8(b, dscp << 2);
    buf_put_zeros(b, 3);
}

static void put_transport(struct buf *b, unsigned number, uint16_t port)
{
    put_header(b, number);
    buf_put_u16(b, port);
    buf_put_zeros(b, 2);
}

static bool is_set_field(const struct of_action *a, enum of_field field)
{
    return a->type == OF_ACT_SET_FIELD && a->set_field.field == field;
}

static enum err put_set_field(struct buf *b, const struct of_action *a)
{
    const union of_value *v = &a->set_field.value;

    if (a->set_field.has_mask) {
        return ERR_UNSUPPORTED;
    }
    if (is_set_field(a, OF_FIELD_VLAN_VID)) {
        put_vlan_vid(b, v->u16 & ~(unsigned)OF_VID_PRESENT);
    } else if (is_set_field(a, OF_FIELD_VLAN_PCP)) {
        put_vlan_pcp(b, v->u8);
    } else if (is_set_field(a, OF_FIELD_ETH_SRC)) {
        put_eth(b, ACT_SET_DL_SRC, v->eth);
    } else if (is_set_field(a, OF_FIELD_ETH_DST)) {
        put_eth(b, ACT_SET_DL_DST, v->eth);
    } else if (is_set_field(a, OF_FIELD_IPV4_SRC)) {
        put_u32(b, ACT_SET_NW_SRC, v->u32);
    } else if (is_set_field(a, OF_FIELD_IPV4_DST)) {
        put_u32(b, ACT_SET_NW_DST, v->u32);
    } else if (is_set_field(a, OF_FIELD_IP_DSCP)) {
        put_tos(b, v->u8);
    } else if (is_set_field(a, OF_FIELD_TCP_SRC) || is_set_field(a, OF_FIELD_UDP_SRC)) {
        put_transport(b, ACT_SET_TP_SRC, v->u16);
    } else if (is_set_field(a, OF_FIELD_TCP_DST) || is_set_field(a, OF_FIELD_UDP_DST)) {
        put_transport(b, ACT_SET_TP_DST, v->u16);
    } else {
        return ERR_UNSUPPORTED;
    }
    return ERR_OK;
}

static void put_enqueue(struct buf *b, const struct of_action *a)
{
    put_header(b, ACT_ENQUEUE);
    of10_put_port_no(b, a->enqueue.port);
    buf_put_zeros(b, 6);
    buf_put_u32(b, a->enqueue.queue_id);
}

/* As in 1.3 the data must fill the action to a multiple of 8 bytes. */
static enum err put_vendor(struct buf *b, const struct of_action *a)
{
    size_t start = b->len;

    put_header(b, ACT_VENDOR);
    buf_put_u32(b, a->experimenter.experimenter);
    buf_put(b, a->experimenter.data, a->experimenter.len);
    buf_set_u16(b, start + 2, b->len - start);
    return a->experimenter.len % 8 ? ERR_RANGE : ERR_OK;
}

static void put_output(struct buf *b, const struct of_action *a)
{
    uint8_t *p = buf_put_uninit(b, 8);

    be_put32(p, ACT_OUTPUT << 16 | 8);
    be_put16(p + 4, of10_wire_port(b, a->output.port));
    be_put16(p + 6, a->output.max_len);
}

static enum err put_action(struct buf *b, const struct of_action *a)
{
    switch (a->type) {
    case OF_ACT_OUTPUT:
        put_output(b, a);
        return ERR_OK;
    case OF_ACT_SET_VLAN_VID:
        put_vlan_vid(b, a->vlan_vid);
        return ERR_OK;
    case OF_ACT_SET_VLAN_PCP:
        put_vlan_pcp(b, a->vlan_pcp);
        return ERR_OK;
    case OF_ACT_POP_VLAN:
        put_u32(b, ACT_STRIP_VLAN, 0);
        return ERR_OK;
    case OF_ACT_SET_FIELD:
        return put_set_field(b, a);
    case OF_ACT_ENQUEUE:
        put_enqueue(b, a);
        return ERR_OK;
    case OF_ACT_EXPERIMENTER:
        return put_vendor(b, a);
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_SET_QUEUE:
    case OF_ACT_GROUP:
    case OF_ACT_SET_NW_TTL:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_PUSH_PBB:
    case OF_ACT_POP_PBB:
    case OF_ACT_COPY_FIELD:
    case OF_ACT_METER:
    case OF_N_ACTIONS:
        break;
    }
    return ERR_UNSUPPORTED;
}

/* 1.0 pushes a tag by setting its id, so a push is said by the set-field behind it, or by id 0 when
 * there is none. It has no second tag. */
static enum err put_push(struct buf *b, const struct of_action *push, const struct of_action *next,
                         bool already_pushed)
{
    if (push->ethertype != 0x8100 || already_pushed) {
        return ERR_UNSUPPORTED;
    }
    if (!next || !is_set_field(next, OF_FIELD_VLAN_VID)) {
        put_vlan_vid(b, 0);
    }
    return ERR_OK;
}

enum err of10_put_actions(struct buf *b, const struct of_actions *actions)
{
    bool pushed = false;

    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];
        enum err err;

        if (a->type == OF_ACT_PUSH_VLAN) {
            err = put_push(b, a, i + 1 < actions->n ? a + 1 : NULL, pushed);
            pushed = true;
        } else {
            err = put_action(b, a);
            pushed = pushed && a->type != OF_ACT_POP_VLAN;
        }
        if (err) {
            return err;
        }
    }
    return ERR_OK;
}

enum err of10_put_instructions(struct buf *b, const struct of_instructions *ins)
{
    if (ins->has_meter || ins->has_clear || ins->has_write || ins->has_metadata || ins->has_goto ||
        ins->stat_trigger) {
        return ERR_UNSUPPORTED;
    }
    return ins->has_apply ? of10_put_actions(b, &ins->apply) : ERR_OK;
}
