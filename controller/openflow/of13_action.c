/* Action lists of 1.3 to 1.5 (§7.2.5). Every action starts with a type and a length, a multiple of 8. */
#include "controller/openflow/of_wire.h"

struct action_row {
    uint8_t since;   /* First version that has it; 0: none. */
    uint16_t number; /* OFPAT_*. */
    uint16_t len;    /* Least length; the only one unless 'variable'. */
    bool variable;
};

static const struct action_row rows[OF_N_ACTIONS] = {
    [OF_ACT_OUTPUT] = {OF_VERSION_1_3, 0, 16, false},
    [OF_ACT_COPY_TTL_OUT] = {OF_VERSION_1_3, 11, 8, false},
    [OF_ACT_COPY_TTL_IN] = {OF_VERSION_1_3, 12, 8, false},
    [OF_ACT_SET_MPLS_TTL] = {OF_VERSION_1_3, 15, 8, false},
    [OF_ACT_DEC_MPLS_TTL] = {OF_VERSION_1_3, 16, 8, false},
    [OF_ACT_PUSH_VLAN] = {OF_VERSION_1_3, 17, 8, false},
    [OF_ACT_POP_VLAN] = {OF_VERSION_1_3, 18, 8, false},
    [OF_ACT_PUSH_MPLS] = {OF_VERSION_1_3, 19, 8, false},
    [OF_ACT_POP_MPLS] = {OF_VERSION_1_3, 20, 8, false},
    [OF_ACT_SET_QUEUE] = {OF_VERSION_1_3, 21, 8, false},
    [OF_ACT_GROUP] = {OF_VERSION_1_3, 22, 8, false},
    [OF_ACT_SET_NW_TTL] = {OF_VERSION_1_3, 23, 8, false},
    [OF_ACT_DEC_NW_TTL] = {OF_VERSION_1_3, 24, 8, false},
    [OF_ACT_SET_FIELD] = {OF_VERSION_1_3, 25, 16, true},
    [OF_ACT_PUSH_PBB] = {OF_VERSION_1_3, 26, 8, false},
    [OF_ACT_POP_PBB] = {OF_VERSION_1_3, 27, 8, false},
    [OF_ACT_COPY_FIELD] = {OF_VERSION_1_5, 28, 24, true},
    [OF_ACT_METER] = {OF_VERSION_1_5, 29, 8, false},
    [OF_ACT_EXPERIMENTER] = {OF_VERSION_1_3, 0xffff, 8, true},
};

static bool known(enum of_action_type type, uint8_t version)
{
    return rows[type].since && rows[type].since <= version;
}

int of13_action_number(uint8_t version, enum of_action_type type)
{
    return known(type, version) ? rows[type].number : -1;
}

/* The types that nearly all entries have are tried first. */
enum of_action_type of13_action_type(uint8_t version, uint16_t number)
{
    static const uint8_t frequent[] = {OF_ACT_OUTPUT, OF_ACT_SET_FIELD, OF_ACT_PUSH_VLAN,
                                       OF_ACT_POP_VLAN, OF_ACT_GROUP};

    for (unsigned i = 0; i < sizeof frequent; i++) {
        if (rows[frequent[i]].number == number && known(frequent[i], version)) {
            return (enum of_action_type)frequent[i];
        }
    }
    for (unsigned i = 0; i < OF_N_ACTIONS; i++) {
        if (rows[i].number == number && known((enum of_action_type)i, version)) {
            return (enum of_action_type)i;
        }
    }
    return OF_N_ACTIONS;
}

/* --- Decoding --------------------------------------------------------------------------------- */

/* The ethertypes that a tag can be pushed with (§5.12). */
static bool ethertype_ok(enum of_action_type type, uint16_t ethertype)
{
    if (type == OF_ACT_PUSH_VLAN) {
        return ethertype == 0x8100 || ethertype == 0x88a8;
    }
    if (type == OF_ACT_PUSH_MPLS) {
        return ethertype == 0x8847 || ethertype == 0x8848;
    }
    return type != OF_ACT_PUSH_PBB || ethertype == 0x88e7;
}

/* Lengths between the largest and "all of it" are reserved (§7.2.5, OFPCML_*); where the packet does
 * not go to the controller the length has no meaning. */
static enum of_err check_output(const struct of_action *a)
{
    uint16_t len = a->output.max_len;

    if (!of_port_is_output(a->output.port)) {
        return OF_ERR_ACT_BAD_OUT_PORT;
    }
    return a->output.port == OF_PORT_CONTROLLER && len > OF_CML_MAX && len != OF_CML_NO_BUFFER
               ? OF_ERR_ACT_BAD_ARGUMENT
               : OF_OK;
}

/* What a controller asks for must make sense; what a switch has, it has. */
static enum of_err check_argument(const struct of_action *a)
{
    if (a->type == OF_ACT_OUTPUT) {
        return check_output(a);
    }
    if (a->type == OF_ACT_GROUP) {
        return a->group_id <= OF_GROUP_MAX ? OF_OK : OF_ERR_ACT_BAD_OUT_GROUP;
    }
    if (a->type == OF_ACT_SET_QUEUE) { /* "All" is no queue (§7.3.5.8). */
        return a->queue_id == OF_QUEUE_ALL ? OF_ERR_ACT_BAD_QUEUE : OF_OK;
    }
    if (a->type == OF_ACT_METER) {
        return of_meter_is_ordinary(a->meter_id) ? OF_OK : OF_ERR_ACT_BAD_METER;
    }
    return ethertype_ok(a->type, a->ethertype) ? OF_OK : OF_ERR_ACT_BAD_ARGUMENT;
}

static void get_output(struct rd *r, struct of_action *a)
{
    a->output.port = rd_u32(r);
    a->output.max_len = rd_u16(r);
}

static void get_experimenter(struct rd *r, struct of_action *a)
{
    struct of_bytes rest;

    a->experimenter.experimenter = rd_u32(r);
    rest = of_get_rest(r);
    a->experimenter.data = rest.data;
    a->experimenter.len = (uint16_t)rest.len;
}

/* What follows type and length of an action of the known type 'a->type'. */
static enum of_err get_argument(struct rd *r, uint8_t version, struct of_action *a)
{
    switch (a->type) {
    case OF_ACT_OUTPUT:
        get_output(r, a);
        break;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        a->ttl = rd_u8(r);
        break;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        a->ethertype = rd_u16(r);
        break;
    case OF_ACT_SET_QUEUE:
        a->queue_id = rd_u32(r);
        break;
    case OF_ACT_GROUP:
        a->group_id = rd_u32(r);
        break;
    case OF_ACT_SET_FIELD:
        return of13_get_set_field(r, version, a);
    case OF_ACT_COPY_FIELD:
        return of15_get_copy_field(r, a);
    case OF_ACT_METER:
        a->meter_id = rd_u32(r);
        break;
    case OF_ACT_EXPERIMENTER:
        get_experimenter(r, a);
        break;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
    case OF_ACT_SET_VLAN_VID:
    case OF_ACT_SET_VLAN_PCP:
    case OF_ACT_ENQUEUE:
    case OF_N_ACTIONS:
        break;
    }
    return OF_OK;
}

static bool names_fields(const struct of_action *a)
{
    return a->type == OF_ACT_SET_FIELD || a->type == OF_ACT_COPY_FIELD;
}

static enum of_err get_action(struct rd *r, uint8_t version, enum of_origin origin,
                              struct of_action *a)
{
    const struct action_row *row;
    struct rd body;
    enum of_err err;
    size_t len;

    a->type = of13_action_type(version, rd_u16(r));
    len = rd_u16(r);
    body = rd_sub(r, len - 4);
    if (a->type == OF_N_ACTIONS) {
        return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_ACT_BAD_TYPE;
    }
    row = &rows[a->type];
    if (len < row->len || (len != row->len && !row->variable)) {
        return OF_ERR_ACT_BAD_LEN;
    }
    err = get_argument(&body, version, a);
    if (err == OF_ERR_ACT_BAD_SET_TYPE && origin == OF_FROM_SWITCH) {
        a->type = OF_N_ACTIONS; /* A field that we do not know. */
        return OF_OK;
    }
    if (!err && names_fields(a) && body.left >= 8) {
        return OF_ERR_ACT_BAD_LEN; /* More than padding behind the fields. */
    }
    return err || origin == OF_FROM_SWITCH ? err : check_argument(a);
}

/* Type and length of an action. */
#define HEAD(type, len) ((uint32_t)(type) << 16 | (uint32_t)(len))

/* Takes an action of the kinds that nearly all entries have, with which nothing is wrong; false: it is for
 * get_action(), which says the same of it with more ado. There are eight bytes at least. */
static bool get_frequent(struct rd *r, struct of_action *a)
{
    const uint8_t *p = r->p;
    uint16_t vid;

    switch (be_get32(p)) {
    case HEAD(0, 16):
        a->type = OF_ACT_OUTPUT;
        a->output.port = be_get32(p + 4);
        a->output.max_len = be_get16(p + 8);
        if (check_output(a)) {
            return false;
        }
        rd_skip(r, 16);
        return true;
    case HEAD(17, 8):
        a->type = OF_ACT_PUSH_VLAN;
        a->ethertype = be_get16(p + 4);
        if (!ethertype_ok(a->type, a->ethertype)) {
            return false;
        }
        rd_skip(r, 8);
        return true;
    case HEAD(18, 8):
        a->type = OF_ACT_POP_VLAN;
        rd_skip(r, 8);
        return true;
    case HEAD(25, 16):
        vid = be_get16(p + 8);
        if (be_get32(p + 4) != OF13_EXACT(VLAN_VID, 2) || !(vid & OF_VID_PRESENT) ||
            vid > OF13_MAX_VLAN_VID) {
            return false;
        }
        a->type = OF_ACT_SET_FIELD;
        a->set_field.field = OF_FIELD_VLAN_VID;
        a->set_field.has_mask = false;
        a->set_field.value.u16 = vid;
        a->set_field.mask.u16 = OF13_MAX_VLAN_VID;
        rd_skip(r, 16);
        return true;
    default:
        return false;
    }
}

/* Actions that we do not know are left out of what a switch tells. */
enum of_err of13_get_actions(struct rd *r, uint8_t version, enum of_origin origin,
                             struct arena *arena, struct of_actions *out)
{
    enum of_err err = OF_OK;
    struct of_action *list;
    size_t n, n_known = 0;

    if (!of_count_elements(*r, 2, 8, 8, &n)) {
        return OF_ERR_ACT_BAD_LEN;
    }
    list = n ? arena_calloc(arena, n, sizeof *list) : NULL;
    for (size_t i = 0; i < n && !err; i++) {
        if (!get_frequent(r, &list[n_known])) {
            err = get_action(r, version, origin, &list[n_known]);
        }
        n_known += list[n_known].type != OF_N_ACTIONS;
    }
    *out = (struct of_actions){list, n_known};
    return err;
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void put_set_field(struct buf *b, const struct of_action *a)
{
    enum of_field field = a->set_field.field;
    size_t size = of_field_info(field)->size;

    if (a->set_field.has_mask) {
        of15_put_masked_field(b, field, of_num_load(&a->set_field.value, size),
                              of_num_load(&a->set_field.mask, size));
    } else {
        of13_put_oxm(b, field, of_num_load(&a->set_field.value, size));
    }
}

static void put_argument(struct buf *b, const struct of_action *a)
{
    switch (a->type) {
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        buf_put_u8(b, a->ttl);
        break;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        buf_put_u16(b, a->ethertype);
        break;
    case OF_ACT_SET_QUEUE:
        buf_put_u32(b, a->queue_id);
        break;
    case OF_ACT_GROUP:
        buf_put_u32(b, a->group_id);
        break;
    case OF_ACT_SET_FIELD:
        put_set_field(b, a);
        break;
    case OF_ACT_COPY_FIELD:
        of15_put_copy_field(b, a);
        break;
    case OF_ACT_METER:
        buf_put_u32(b, a->meter_id);
        break;
    case OF_ACT_EXPERIMENTER:
        buf_put_u32(b, a->experimenter.experimenter);
        buf_put(b, a->experimenter.data, a->experimenter.len);
        break;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
        buf_put_zeros(b, 4);
        break;
    case OF_ACT_OUTPUT: /* Put before. */
    case OF_ACT_SET_VLAN_VID:
    case OF_ACT_SET_VLAN_PCP:
    case OF_ACT_ENQUEUE:
    case OF_N_ACTIONS:
        break;
    }
}

/* The data of an experimenter's action must fill it to a multiple of 8 bytes (§7.2.5): padding that
 * we added would come back as data. */
static bool experimenter_fits(const struct of_action *a)
{
    return a->type != OF_ACT_EXPERIMENTER || a->experimenter.len % 8 == 0;
}

/* Whether 'version' can say the action at all. */
static bool can_say(const struct of_action *a, uint8_t version)
{
    return known(a->type, version) &&
           (a->type != OF_ACT_SET_FIELD || (a->set_field.field < of_n_fields(version) &&
                                            (version >= OF_VERSION_1_5 || !a->set_field.has_mask)));
}

/* A tag's id, exact. */
static bool sets_vlan(const struct of_action *a)
{
    return a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_VID &&
           !a->set_field.has_mask;
}

/* Puts an action of the kinds that nearly all entries have; false: it is one of the others. */
static bool put_frequent(struct buf *b, const struct of_action *a)
{
    uint8_t *p;

    if (a->type == OF_ACT_OUTPUT) {
        p = buf_put_uninit(b, 16);
        be_put64(p, (uint64_t)HEAD(0, 16) << 32 | a->output.port);
        be_put64(p + 8, (uint64_t)a->output.max_len << 48);
    } else if (sets_vlan(a)) {
        b->failed |= a->set_field.value.u16 > OF13_MAX_VLAN_VID;
        p = buf_put_uninit(b, 16);
        be_put64(p, (uint64_t)HEAD(25, 16) << 32 | OF13_EXACT(VLAN_VID, 2));
        be_put64(p + 8, (uint64_t)a->set_field.value.u16 << 48);
    } else if (a->type == OF_ACT_PUSH_VLAN) {
        be_put64(buf_put_uninit(b, 8), (uint64_t)HEAD(17, 8) << 32 | (uint64_t)a->ethertype << 16);
    } else if (a->type == OF_ACT_POP_VLAN) {
        be_put64(buf_put_uninit(b, 8), (uint64_t)HEAD(18, 8) << 32);
    } else {
        return false;
    }
    return true;
}

enum err of13_put_actions(struct buf *b, uint8_t version, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        const struct of_action *a = &actions->list[i];
        size_t start = b->len;

        if (put_frequent(b, a)) {
            continue;
        }
        if (!can_say(a, version)) {
            return ERR_UNSUPPORTED;
        }
        if (!experimenter_fits(a)) {
            return ERR_RANGE;
        }
        buf_put_u16(b, rows[a->type].number);
        buf_put_u16(b, 0);
        put_argument(b, a);
        buf_pad(b, start, 8);
        buf_set_u16(b, start + 2, b->len - start);
    }
    return ERR_OK;
}
