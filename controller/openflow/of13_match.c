/* OXM: the matches since 1.3 as lists of type-length-value fields (§7.2.3). One table drives both
 * directions, the one in of_match.h; what a later version has is unknown to an earlier one. */
#include "controller/openflow/of_wire.h"

#define MATCH_TYPE_OXM 1

struct oxm_header {
    uint16_t class;
    unsigned field; /* enum of_field, or more when there is no such field. */
    bool masked;
    uint8_t len;
};

static struct oxm_header get_header(struct rd *r)
{
    struct oxm_header h;
    uint8_t field_and_mask;

    h.class = rd_u16(r);
    field_and_mask = rd_u8(r);
    h.field = of_field_of_oxm(field_and_mask >> 1);
    h.masked = (field_and_mask & 1) != 0;
    h.len = rd_u8(r);
    return h;
}

static bool value_fits(const struct of_field_info *info, struct of_num v)
{
    return of_num_within(v, of_num_ones(info->bits));
}

/* Value and mask of a field whose header was found to be good. Nothing is stored for an empty mask
 * and no mask for a full one (§7.2.3.4: they are the same as no field and as no mask). */
static enum of_err get_payload(struct rd *r, enum of_origin origin, enum of_field field,
                               bool masked, struct of_match *match)
{
    const struct of_field_info *info = of_field_info(field);
    struct of_num ones = of_num_ones(info->bits);
    struct of_num value = of_get_num(r, info->wire_size);
    struct of_num mask = masked ? of_get_num(r, info->wire_size) : ones;

    if (!value_fits(info, value)) {
        return OF_ERR_MATCH_BAD_VALUE;
    }
    if (!value_fits(info, mask)) {
        return OF_ERR_MATCH_BAD_MASK;
    }
    if (!of_num_within(value, mask) && origin == OF_FROM_CONTROLLER) {
        return OF_ERR_MATCH_BAD_WILDCARDS;
    }
    value = of_num_and(value, mask);
    if (of_num_is_zero(mask)) {
        return OF_OK;
    }
    match->present |= UINT64_C(1) << field;
    of_num_store((uint8_t *)&match->v + info->offset, info->size, value);
    if (!of_num_eq(mask, ones)) {
        match->masked |= UINT64_C(1) << field;
        of_num_store((uint8_t *)&match->m + info->offset, info->size, mask);
    }
    return OF_OK;
}

/* 'seen' are the fields met so far, whatever became of them. Of a switch's match, fields that we do
 * not know are skipped and masks that the specification does not allow are kept: it can do more
 * than we ask of it. */
static enum of_err get_oxm(struct rd *r, unsigned n_fields, enum of_origin origin, uint64_t *seen,
                           struct of_match *match)
{
    struct oxm_header h = get_header(r);
    struct rd payload = rd_sub(r, h.len);
    const struct of_field_info *info;

    if (payload.failed) {
        return OF_ERR_MATCH_BAD_LEN;
    }
    if (h.class != OF13_OXM_CLASS_BASIC) {
        return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_MATCH_BAD_FIELD;
    }
    if (h.field >= n_fields) {
        return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_MATCH_BAD_FIELD;
    }
    info = of_field_info((enum of_field)h.field);
    if (h.masked && !info->maskable && origin == OF_FROM_CONTROLLER) {
        return OF_ERR_MATCH_BAD_MASK;
    }
    if (h.len != info->wire_size << h.masked) {
        return OF_ERR_MATCH_BAD_LEN;
    }
    if (*seen >> h.field & 1) {
        return OF_ERR_MATCH_DUP_FIELD;
    }
    *seen |= UINT64_C(1) << h.field;
    return get_payload(&payload, origin, (enum of_field)h.field, h.masked, match);
}

/* A VLAN id without the bit that says there is one (§7.2.3.7), where both matter, matches nothing. */
static bool vlan_ok(const struct of_match *m)
{
    return of_match_mask(m, OF_FIELD_VLAN_VID).lo & OF_VID_PRESENT &&
                   !(m->v.vlan_vid & OF_VID_PRESENT)
               ? m->v.vlan_vid == OF_VID_NONE
               : true;
}

/* Values that cannot be matched (§6.4). */
static bool values_ok(const struct of_match *m)
{
    return !(of_match_has(m, OF_FIELD_IN_PORT) && !of_port_is_input(m->v.in_port)) &&
           !(of_match_has(m, OF_FIELD_IN_PHY_PORT) && !of_port_is_input(m->v.in_phy_port)) &&
           !(of_match_has(m, OF_FIELD_VLAN_VID) && !vlan_ok(m));
}

/* --- Frequent fields ---------------------------------------------------------------------------- */

/* Nearly all entries match nothing but a few of these fields, exactly. What follows says the same of them as
 * the lines for any field, in a few instructions. */
#define FREQUENT_FIELDS                                                                            \
    (OF_BIT(IN_PORT) | OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) | OF_BIT(ETH_TYPE) | OF_BIT(VLAN_VID))

/* Takes one field that is frequent, was not met and can have any value; false: it is for get_oxm(). */
static bool get_frequent(struct rd *r, uint64_t *seen, struct of_match *match)
{
    const uint8_t *p = r->p;
    uint32_t header = r->left >= 4 ? be_get32(p) : 0;
    unsigned field = header >> 9 & 0x7f, len = header & 0xff;

    if (r->left < 4 + len || *seen >> field % 64 & 1) {
        return false;
    }
    switch (header) {
    case OF13_EXACT(IN_PORT, 4):
        match->v.in_port = be_get32(p + 4);
        break;
    case OF13_EXACT(ETH_DST, ETH_ADDR_LEN):
        memcpy(&match->v.eth_dst, p + 4, ETH_ADDR_LEN);
        break;
    case OF13_EXACT(ETH_SRC, ETH_ADDR_LEN):
        memcpy(&match->v.eth_src, p + 4, ETH_ADDR_LEN);
        break;
    case OF13_EXACT(ETH_TYPE, 2):
        match->v.eth_type = be_get16(p + 4);
        break;
    case OF13_EXACT(VLAN_VID, 2):
        if (be_get16(p + 4) > OF13_MAX_VLAN_VID) {
            return false;
        }
        match->v.vlan_vid = be_get16(p + 4);
        break;
    default:
        return false;
    }
    *seen |= UINT64_C(1) << field;
    match->present |= UINT64_C(1) << field;
    rd_skip(r, 4 + len);
    return true;
}

static uint8_t *put_exact_u16(uint8_t *p, uint32_t header, uint16_t v)
{
    be_put32(p, header);
    be_put16(p + 4, v);
    return p + 6;
}

static uint8_t *put_exact_eth(uint8_t *p, uint32_t header, struct eth_addr v)
{
    be_put32(p, header);
    memcpy(p + 4, v.b, ETH_ADDR_LEN);
    return p + 4 + ETH_ADDR_LEN;
}

/* The whole of a match of frequent fields, with type, length and padding. */
static void put_frequent(struct buf *b, const struct of_match *match)
{
    enum { MOST = 4 + 8 + 2 * (4 + ETH_ADDR_LEN) + 2 * 6 + 8 };
    uint64_t has = match->present;
    uint8_t *start = buf_put_uninit(b, MOST), *p = start + 4;
    size_t len;

    if (has & OF_BIT(IN_PORT)) {
        be_put32(p, OF13_EXACT(IN_PORT, 4));
        be_put32(p + 4, match->v.in_port);
        p += 8;
    }
    if (has & OF_BIT(ETH_DST)) {
        p = put_exact_eth(p, OF13_EXACT(ETH_DST, ETH_ADDR_LEN), match->v.eth_dst);
    }
    if (has & OF_BIT(ETH_SRC)) {
        p = put_exact_eth(p, OF13_EXACT(ETH_SRC, ETH_ADDR_LEN), match->v.eth_src);
    }
    if (has & OF_BIT(ETH_TYPE)) {
        p = put_exact_u16(p, OF13_EXACT(ETH_TYPE, 2), match->v.eth_type);
    }
    if (has & OF_BIT(VLAN_VID)) {
        b->failed |= match->v.vlan_vid > OF13_MAX_VLAN_VID;
        p = put_exact_u16(p, OF13_EXACT(VLAN_VID, 2), match->v.vlan_vid);
    }
    len = (size_t)(p - start);
    be_put32(start, (uint32_t)MATCH_TYPE_OXM << 16 | (uint32_t)len);
    be_put64(p, 0); /* The padding, and more, which is taken back. */
    b->len -= MOST - (len + of_padding(len));
}

/* --- Matches -------------------------------------------------------------------------------------- */

static enum of_err get_fields(struct rd *r, unsigned n_fields, enum of_origin origin,
                              struct of_match *match)
{
    enum of_err err = OF_OK;
    enum of_field bad;
    uint64_t seen = 0;

    while (r->left && !err) {
        if (!get_frequent(r, &seen, match)) {
            err = get_oxm(r, n_fields, origin, &seen, match);
        }
    }
    if (err || origin == OF_FROM_SWITCH) {
        return err;
    }
    if (!values_ok(match)) {
        return OF_ERR_MATCH_BAD_VALUE;
    }
    return of_match_prereqs_ok(match, &bad) ? OF_OK : OF_ERR_MATCH_BAD_PREREQ;
}

/* A match of nothing but the port, which is what nearly all packet-ins have: type and length, then one
 * field of the basic class with its length, four bytes of value and as much padding. */
static bool get_port_only(struct rd *r, struct of_match *match)
{
    static const uint8_t port_only[] = {0, MATCH_TYPE_OXM,        0, 12, 0x80,
                                        0, OF_FIELD_IN_PORT << 1, 4};
    enum { LEN = 16 };

    if (r->left < LEN || memcmp(r->p, port_only, sizeof port_only) != 0) {
        return false;
    }
    OF_MATCH_SET(match, IN_PORT, in_port, be_get32(r->p + sizeof port_only));
    rd_skip(r, LEN);
    return true;
}

/* A match of a destination without a tag, which most entries towards hosts have: their flow-mods and
 * flow-removed messages are many. */
static bool get_untagged_host(struct rd *r, struct of_match *match)
{
    enum { ETH_AT = 8, VLAN_AT = ETH_AT + ETH_ADDR_LEN, VID_AT = VLAN_AT + 4, LEN = 24 };
    const uint64_t head = (uint64_t)MATCH_TYPE_OXM << 48 | (uint64_t)(VID_AT + 2) << 32 |
                          OF13_EXACT(ETH_DST, ETH_ADDR_LEN);

    if (r->left < LEN || be_get64(r->p) != head ||
        be_get32(r->p + VLAN_AT) != OF13_EXACT(VLAN_VID, 2) ||
        be_get16(r->p + VID_AT) != OF_VID_NONE) {
        return false;
    }
    memcpy(match->v.eth_dst.b, r->p + ETH_AT, ETH_ADDR_LEN);
    match->v.vlan_vid = OF_VID_NONE;
    match->present = OF_BIT(ETH_DST) | OF_BIT(VLAN_VID);
    rd_skip(r, LEN);
    return true;
}

enum of_err of13_get_match(struct rd *r, uint8_t version, enum of_origin origin,
                           struct of_match *match)
{
    uint16_t type;
    size_t len;
    struct rd fields;

    of_match_clear(match);
    if ((origin == OF_FROM_SWITCH && get_port_only(r, match)) || get_untagged_host(r, match)) {
        return OF_OK;
    }
    type = rd_u16(r);
    len = rd_u16(r);
    if (r->failed || type != MATCH_TYPE_OXM) {
        return r->failed ? OF_ERR_MATCH_BAD_LEN : OF_ERR_MATCH_BAD_TYPE;
    }
    fields = rd_sub(r, len - 4); /* A length below 4 asks for more than there can be. */
    rd_skip(r, of_padding(len));
    return r->failed ? OF_ERR_MATCH_BAD_LEN
                     : get_fields(&fields, of_n_fields(version), origin, match);
}

/* --- Encoding --------------------------------------------------------------------------------- */

void of13_put_oxm_header(struct buf *b, enum of_field field, bool masked)
{
    const struct of_field_info *info = of_field_info(field);

    be_put32(buf_put_uninit(b, 4), (uint32_t)OF13_OXM_CLASS_BASIC << 16 | (uint32_t)info->oxm << 9 |
                                       (uint32_t)masked << 8 | (uint32_t)info->wire_size << masked);
}

void of13_put_oxm(struct buf *b, enum of_field field, struct of_num value)
{
    const struct of_field_info *info = of_field_info(field);

    if (!value_fits(info, value)) {
        b->failed = true;
    }
    of13_put_oxm_header(b, field, false);
    of_put_num(b, info->wire_size, value);
}

/* Value bits outside the mask would be refused by the switch. */
static void put_masked_oxm(struct buf *b, enum of_field field, struct of_num value,
                           struct of_num mask)
{
    const struct of_field_info *info = of_field_info(field);

    if (!info->maskable || !value_fits(info, mask) || !of_num_within(value, mask)) {
        b->failed = true;
    }
    of13_put_oxm_header(b, field, true);
    of_put_num(b, info->wire_size, value);
    of_put_num(b, info->wire_size, mask);
}

static void put_field(struct buf *b, const struct of_match *match, enum of_field field)
{
    struct of_num value = of_match_value(match, field);

    if (match->masked >> field & 1) {
        put_masked_oxm(b, field, value, of_match_mask(match, field));
    } else {
        of13_put_oxm(b, field, value);
    }
}

/* Fields go out in the order of their numbers, which puts prerequisites first (§7.2.3.6), but for
 * the type of the packet, which all headers need and which came last (1.5 §7.2.3.8). */
enum err of13_put_match(struct buf *b, uint8_t version, const struct of_match *match)
{
    size_t start = b->len;
    enum of_field field;
    uint64_t left;

    if (!(match->present & ~FREQUENT_FIELDS) && !match->masked) {
        put_frequent(b, match);
        return ERR_OK;
    }
    if (match->present >> of_n_fields(version)) {
        return ERR_UNSUPPORTED;
    }
    buf_put_u16(b, MATCH_TYPE_OXM);
    buf_put_u16(b, 0);
    if (of_match_has(match, OF_FIELD_PACKET_TYPE)) {
        put_field(b, match, OF_FIELD_PACKET_TYPE);
    }
    OF_FOR_EACH_FIELD(field, left, match->present & ~OF_BIT(PACKET_TYPE))
    {
        put_field(b, match, field);
    }
    buf_set_u16(b, start + 2, b->len - start);
    buf_pad(b, start, 8);
    return ERR_OK;
}

/* --- Set-field (§7.2.5) ------------------------------------------------------------------------- */

/* A packet's way into and through the switch and the metadata cannot be rewritten. */
bool of13_is_settable(enum of_field field)
{
    return field != OF_FIELD_IN_PORT && field != OF_FIELD_IN_PHY_PORT &&
           field != OF_FIELD_METADATA && field != OF_FIELD_ACTSET_OUTPUT &&
           field != OF_FIELD_PACKET_TYPE;
}

/* A mask has bits of the field, and the value none beside them; of a VLAN id both say that there is
 * one (1.5 §7.2.6.7). */
static enum of_err check_set_value(enum of_field field, struct of_num value, struct of_num mask)
{
    const struct of_field_info *info = of_field_info(field);

    if (!value_fits(info, value) ||
        (field == OF_FIELD_VLAN_VID && !(value.lo & mask.lo & OF_VID_PRESENT))) {
        return OF_ERR_ACT_BAD_SET_ARGUMENT;
    }
    return value_fits(info, mask) && of_num_within(value, mask) ? OF_OK : OF_ERR_ACT_BAD_SET_MASK;
}

enum of_err of13_get_set_field(struct rd *r, uint8_t version, struct of_action *a)
{
    struct oxm_header h = get_header(r);
    struct rd payload = rd_sub(r, h.len);
    const struct of_field_info *info;
    struct of_num value, mask;

    if (payload.failed) {
        return OF_ERR_ACT_BAD_SET_LEN;
    }
    if (h.class != OF13_OXM_CLASS_BASIC || h.field >= of_n_fields(version) ||
        (h.masked && version < OF_VERSION_1_5) || !of13_is_settable((enum of_field)h.field)) {
        return OF_ERR_ACT_BAD_SET_TYPE;
    }
    info = of_field_info((enum of_field)h.field);
    if (h.len != info->wire_size << h.masked) {
        return OF_ERR_ACT_BAD_SET_LEN;
    }
    value = of_get_num(&payload, info->wire_size);
    mask = h.masked ? of_get_num(&payload, info->wire_size) : of_num_ones(info->bits);
    a->set_field.field = (enum of_field)h.field;
    a->set_field.has_mask = !of_num_eq(mask, of_num_ones(info->bits));
    of_num_store(&a->set_field.value, info->size, value);
    of_num_store(&a->set_field.mask, info->size, mask);
    return check_set_value(a->set_field.field, value, mask);
}
