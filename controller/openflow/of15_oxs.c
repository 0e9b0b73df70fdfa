/* OXS: the statistics of flow entries in 1.5, a list of type-length-value fields like a match
 * (1.5 §7.2.4). */
#include "controller/openflow/of_wire.h"

#define OXS_CLASS_BASIC 0x8002

enum {
    OXS_DURATION = 0,
    OXS_IDLE_TIME = 1,
    OXS_FLOW_COUNT = 3,
    OXS_PACKET_COUNT = 4,
    OXS_BYTE_COUNT = 5,
    N_OXS
};

static const uint8_t sizes[N_OXS] = {
    [OXS_DURATION] = 8,     [OXS_IDLE_TIME] = 8,  [OXS_FLOW_COUNT] = 4,
    [OXS_PACKET_COUNT] = 8, [OXS_BYTE_COUNT] = 8,
};

const struct of15_oxs of15_oxs_none = {
    .n_flows = UINT32_MAX, .n_packets = UINT64_MAX, .n_bytes = UINT64_MAX};

/* --- Decoding --------------------------------------------------------------------------------- */

static void get_value(struct rd *r, unsigned field, struct of15_oxs *s)
{
    switch (field) {
    case OXS_DURATION:
        s->has_duration = true;
        s->duration_s = rd_u32(r);
        s->duration_ns = rd_u32(r);
        break;
    case OXS_IDLE_TIME:
        s->has_idle = true;
        s->idle_s = rd_u32(r);
        s->idle_ns = rd_u32(r);
        break;
    case OXS_FLOW_COUNT:
        s->n_flows = rd_u32(r);
        break;
    case OXS_PACKET_COUNT:
        s->n_packets = rd_u64(r);
        break;
    default:
        s->n_bytes = rd_u64(r);
        break;
    }
}

/* The bit behind the field's number is reserved; with it, it is none of the fields we know. */
static enum of15_oxs_result get_field(struct rd *r, uint32_t *seen, struct of15_oxs *s)
{
    uint16_t class = rd_u16(r);
    uint8_t number = rd_u8(r);
    size_t len = rd_u8(r);
    struct rd payload = rd_sub(r, len);
    unsigned field = number >> 1;

    if (payload.failed) {
        return OF15_OXS_BAD_LEN;
    }
    if (class != OXS_CLASS_BASIC || number & 1 || field >= N_OXS || !sizes[field]) {
        return OF15_OXS_UNKNOWN;
    }
    if (len != sizes[field]) {
        return OF15_OXS_BAD_LEN;
    }
    if (*seen >> field & 1) {
        return OF15_OXS_DUP;
    }
    *seen |= UINT32_C(1) << field;
    get_value(&payload, field, s);
    return OF15_OXS_OK;
}

enum of15_oxs_result of15_get_oxs(struct rd *r, struct of15_oxs *s)
{
    enum of15_oxs_result worst = OF15_OXS_OK;
    uint32_t seen = 0;
    struct rd fields;
    size_t len;

    *s = of15_oxs_none;
    rd_skip(r, 2);
    len = rd_u16(r);
    fields = rd_sub(r, len - 4); /* A length below 4 asks for more than there can be. */
    rd_skip(r, of_padding(len));
    if (r->failed) {
        return OF15_OXS_BAD_LEN;
    }
    while (fields.left && worst != OF15_OXS_BAD_LEN) {
        enum of15_oxs_result result = get_field(&fields, &seen, s);

        worst = result > worst ? result : worst;
    }
    return worst;
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void put_header(struct buf *b, unsigned field)
{
    buf_put_u16(b, OXS_CLASS_BASIC);
    buf_put_u8(b, (uint64_t)field << 1);
    buf_put_u8(b, sizes[field]);
}

static void put_time(struct buf *b, unsigned field, uint32_t s, uint32_t ns)
{
    put_header(b, field);
    buf_put_u32(b, s);
    buf_put_u32(b, ns);
}

static void put_count(struct buf *b, unsigned field, uint64_t n)
{
    if (n != UINT64_MAX) {
        put_header(b, field);
        buf_put_u64(b, n);
    }
}

void of15_put_oxs(struct buf *b, const struct of15_oxs *s)
{
    size_t start = b->len;

    buf_put_zeros(b, 4);
    if (s->has_duration) {
        put_time(b, OXS_DURATION, s->duration_s, s->duration_ns);
    }
    if (s->has_idle) {
        put_time(b, OXS_IDLE_TIME, s->idle_s, s->idle_ns);
    }
    if (s->n_flows != UINT32_MAX) {
        put_header(b, OXS_FLOW_COUNT);
        buf_put_u32(b, s->n_flows);
    }
    put_count(b, OXS_PACKET_COUNT, s->n_packets);
    put_count(b, OXS_BYTE_COUNT, s->n_bytes);
    buf_set_u16(b, start + 2, b->len - start);
    buf_pad(b, start, 8);
}

/* --- Thresholds (1.5 §7.2.5) -------------------------------------------------------------------- */

#define NS_PER_S UINT64_C(1000000000)
#define TRIGGER_FLAGS ((uint32_t)(OF_STF_PERIODIC | OF_STF_ONLY_FIRST))

/* What a controller asks for and we do not know is refused; of what a switch has, it is left out. */
enum of_err of15_get_trigger(struct rd *r, enum of_origin origin, struct of_stat_trigger *t)
{
    enum of15_oxs_result result;
    struct of15_oxs s;

    t->flags = rd_u32(r);
    result = of15_get_oxs(r, &s);
    if (result == OF15_OXS_BAD_LEN) {
        return OF_ERR_INST_BAD_LEN;
    }
    if (origin == OF_FROM_CONTROLLER &&
        (t->flags & ~TRIGGER_FLAGS || result != OF15_OXS_OK || s.n_flows != UINT32_MAX)) {
        return OF_ERR_INST_UNSUPPORTED;
    }
    t->flags &= TRIGGER_FLAGS;
    t->duration_ns = s.has_duration ? s.duration_s * NS_PER_S + s.duration_ns : UINT64_MAX;
    t->idle_ns = s.has_idle ? s.idle_s * NS_PER_S + s.idle_ns : UINT64_MAX;
    t->n_packets = s.n_packets;
    t->n_bytes = s.n_bytes;
    return OF_OK;
}

void of15_put_trigger(struct buf *b, const struct of_stat_trigger *t)
{
    struct of15_oxs s = of15_oxs_none;

    s.has_duration = t->duration_ns != UINT64_MAX;
    s.has_idle = t->idle_ns != UINT64_MAX;
    b->failed |= (s.has_duration && t->duration_ns / NS_PER_S > UINT32_MAX) ||
                 (s.has_idle && t->idle_ns / NS_PER_S > UINT32_MAX) || t->flags & ~TRIGGER_FLAGS;
    s.duration_s = (uint32_t)(t->duration_ns / NS_PER_S);
    s.duration_ns = (uint32_t)(t->duration_ns % NS_PER_S);
    s.idle_s = (uint32_t)(t->idle_ns / NS_PER_S);
    s.idle_ns = (uint32_t)(t->idle_ns % NS_PER_S);
    s.n_packets = t->n_packets;
    s.n_bytes = t->n_bytes;
    buf_put_u32(b, t->flags);
    of15_put_oxs(b, &s);
}
