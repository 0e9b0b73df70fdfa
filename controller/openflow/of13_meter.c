/* Meters of 1.3: meter-mod (§7.3.4.4) and the multiparts about meters (§7.3.5.12 to §7.3.5.14). */
#include "controller/openflow/of_wire.h"

#define BAND_LEN 16  /* Of every band; data of an experimenter's follows. */
#define STATS_LEN 40 /* Before the counters of the bands. */
#define COUNTER_LEN 16
#define CONFIG_LEN 8 /* Before the bands. */

/* --- Counters of buckets and bands -------------------------------------------------------------- */

const struct of_counter *of13_get_counters(struct rd *r, size_t n, struct arena *arena)
{
    struct of_counter *list = arena_calloc(arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].n_packets = rd_u64(r);
        list[i].n_bytes = rd_u64(r);
    }
    return list;
}

void of13_put_counters(struct buf *b, const struct of_counter *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put_u64(b, list[i].n_packets);
        buf_put_u64(b, list[i].n_bytes);
    }
}

/* --- Bands ------------------------------------------------------------------------------------ */

static bool band_known(unsigned type)
{
    return type == OF_MB_DROP || type == OF_MB_DSCP_REMARK || type == OF_MB_EXPERIMENTER;
}

/* 'r' is bounded to one band, of a known type. */
static enum of_err get_band(struct rd *r, struct of_meter_band *band)
{
    uint16_t type = rd_u16(r);

    rd_skip(r, 2);
    band->rate = rd_u32(r);
    band->burst = rd_u32(r);
    band->type = (enum of_meter_band_type)type;
    switch (band->type) {
    case OF_MB_DROP:
        rd_skip(r, 4);
        break;
    case OF_MB_DSCP_REMARK:
        band->prec_level = rd_u8(r);
        rd_skip(r, 3);
        break;
    case OF_MB_EXPERIMENTER:
        band->experimenter = rd_u32(r);
        band->data = of_get_rest(r);
        break;
    }
    return r->left ? OF_ERR_BAD_LEN : OF_OK;
}

/* All of 'r'. Bands of a type that we do not know are left out of what a switch tells. */
static enum of_err get_bands(struct rd *r, enum of_origin origin, struct arena *arena,
                             struct of_meter *m)
{
    struct of_meter_band *list;
    enum of_err err = OF_OK;
    size_t n;

    if (!of_count_elements(*r, 2, BAND_LEN, 8, &n)) {
        return OF_ERR_BAD_LEN;
    }
    m->bands = list = arena_calloc(arena, n, sizeof *list);
    m->n_bands = 0;
    for (size_t i = 0; i < n && !err; i++) {
        struct rd head = *r;
        uint16_t type = rd_u16(&head);
        struct rd band = rd_sub(r, rd_u16(&head));

        if (band_known(type)) {
            err = get_band(&band, &list[m->n_bands++]);
        } else if (origin == OF_FROM_CONTROLLER) {
            err = OF_ERR_METER_BAD_BAND;
        }
    }
    return err;
}

/* Padding that we added to an experimenter's data would come back as data. */
static enum err put_band(struct buf *b, const struct of_meter_band *band)
{
    if (!band_known(band->type) || band->data.len % 8) {
        return ERR_RANGE;
    }
    buf_put_u16(b, band->type);
    buf_put_u16(b, BAND_LEN + band->data.len);
    buf_put_u32(b, band->rate);
    buf_put_u32(b, band->burst);
    switch (band->type) {
    case OF_MB_DROP:
        buf_put_zeros(b, 4);
        break;
    case OF_MB_DSCP_REMARK:
        buf_put_u8(b, band->prec_level);
        buf_put_zeros(b, 3);
        break;
    case OF_MB_EXPERIMENTER:
        buf_put_u32(b, band->experimenter);
        of_put_bytes(b, band->data);
        break;
    }
    return ERR_OK;
}

static enum err put_bands(struct buf *b, const struct of_meter *m)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < m->n_bands && !err; i++) {
        err = put_band(b, &m->bands[i]);
    }
    return err;
}

/* --- Meter-mod -------------------------------------------------------------------------------- */

#define RATE_UNITS (OF_MF_KBPS | OF_MF_PKTPS)
#define METER_FLAGS (RATE_UNITS | OF_MF_BURST | OF_MF_STATS)

static bool meter_id_ok(enum of_meter_command command, uint32_t id)
{
    return (id >= 1 && id <= OF_METER_MAX) || id == OF_METER_SLOWPATH ||
           id == OF_METER_CONTROLLER || (id == OF_METER_ALL && command == OF_MC_DELETE);
}

/* A rate has one unit. What a deletion says besides its meter id has no meaning. */
static enum of_err check_meter_mod(const struct of_meter_mod *m)
{
    uint16_t flags = m->meter.flags;

    if (!meter_id_ok(m->command, m->meter.meter_id)) {
        return OF_ERR_METER_INVALID;
    }
    if (m->command != OF_MC_DELETE &&
        (flags & ~METER_FLAGS || (flags & RATE_UNITS) == RATE_UNITS)) {
        return OF_ERR_METER_BAD_FLAGS;
    }
    return OF_OK;
}

enum of_err of13_get_meter_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_meter_mod *m = &msg->meter_mod;
    uint16_t command = rd_u16(r);
    enum of_err err;

    m->meter.flags = rd_u16(r);
    m->meter.meter_id = rd_u32(r);
    if (command > OF_MC_DELETE) {
        return OF_ERR_METER_BAD_COMMAND;
    }
    m->command = (enum of_meter_command)command;
    err = check_meter_mod(m);
    return err ? err : get_bands(r, OF_FROM_CONTROLLER, arena, &m->meter);
}

enum err of13_put_meter_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_meter_mod *m = &msg->meter_mod;

    if (m->command > OF_MC_DELETE || check_meter_mod(m)) {
        return ERR_RANGE;
    }
    buf_put_u16(b, m->command);
    buf_put_u16(b, m->meter.flags);
    buf_put_u32(b, m->meter.meter_id);
    return put_bands(b, &m->meter);
}

/* --- Statistics (§7.3.5.12) --------------------------------------------------------------------- */

enum of_err of13_get_meter_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->mp_request.meter_id = rd_u32(r);
    rd_skip(r, 4);
    return meter_id_ok(OF_MC_DELETE, msg->mp_request.meter_id) ? OF_OK : OF_ERR_METER_UNKNOWN_METER;
}

enum err of13_put_meter_request(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->mp_request.meter_id);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

/* 'r' is bounded to one meter. */
static void get_stats(struct rd *r, struct arena *arena, struct of_meter_stats *s)
{
    s->meter_id = rd_u32(r);
    rd_skip(r, 8);
    s->n_flows = rd_u32(r);
    s->n_packets = rd_u64(r);
    s->n_bytes = rd_u64(r);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    s->n_bands = r->left / COUNTER_LEN;
    s->bands = of13_get_counters(r, s->n_bands, arena);
}

enum of_err of13_get_meter_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_meter_stats *list;

    if (!of_count_elements(*r, 4, STATS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->meter_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        struct rd head = *r;
        struct rd meter;

        rd_skip(&head, 4);
        meter = rd_sub(r, rd_u16(&head));
        get_stats(&meter, arena, &list[i]);
        if (meter.left) {
            return OF_ERR_BAD_LEN;
        }
    }
    return OF_OK;
}

enum err of13_put_meter_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_meter_stats *s = &msg->mp_reply.meter_stats[i];

        buf_put_u32(b, s->meter_id);
        buf_put_u16(b, STATS_LEN + s->n_bands * COUNTER_LEN);
        buf_put_zeros(b, 6);
        buf_put_u32(b, s->n_flows);
        buf_put_u64(b, s->n_packets);
        buf_put_u64(b, s->n_bytes);
        buf_put_u32(b, s->duration_s);
        buf_put_u32(b, s->duration_ns);
        of13_put_counters(b, s->bands, s->n_bands);
    }
    return ERR_OK;
}

/* --- Configurations (§7.3.5.13) ----------------------------------------------------------------- */

/* 'r' is bounded to one meter. */
static enum of_err get_config(struct rd *r, struct arena *arena, struct of_meter *m)
{
    rd_skip(r, 2);
    m->flags = rd_u16(r);
    m->meter_id = rd_u32(r);
    return get_bands(r, OF_FROM_SWITCH, arena, m);
}

enum of_err of13_get_meter_config(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_meter *list;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, CONFIG_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->meters = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd meter = rd_sub(r, rd_u16(&head));

        err = get_config(&meter, arena, &list[i]);
    }
    return err;
}

enum err of13_put_meter_config(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;
    enum err err = ERR_OK;

    for (size_t i = 0; i < q->n && !err; i++) {
        size_t start = b->len;

        buf_put_u16(b, 0);
        buf_put_u16(b, q->meters[i].flags);
        buf_put_u32(b, q->meters[i].meter_id);
        err = put_bands(b, &q->meters[i]);
        buf_set_u16(b, start, b->len - start);
    }
    return err;
}

/* --- Features (§7.3.5.14) ----------------------------------------------------------------------- */

#define BAND_TYPE_BITS (1u << OF_MB_DROP | 1u << OF_MB_DSCP_REMARK)

enum of_err of13_get_meter_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_meter_features *f = &msg->mp_reply.meter_features;

    (void)arena;
    *f = (struct of_meter_features){.max_meters = rd_u32(r)};
    f->band_types = rd_u32(r) & BAND_TYPE_BITS;
    f->capabilities = rd_u32(r) & METER_FLAGS;
    f->max_bands = rd_u8(r);
    f->max_color = rd_u8(r);
    rd_skip(r, 2);
    return OF_OK;
}

enum err of13_put_meter_features(struct buf *b, const struct of_msg *msg)
{
    const struct of_meter_features *f = &msg->mp_reply.meter_features;

    buf_put_u32(b, f->max_meters);
    buf_put_u32(b, f->band_types & BAND_TYPE_BITS);
    buf_put_u32(b, f->capabilities & METER_FLAGS);
    buf_put_u8(b, f->max_bands);
    buf_put_u8(b, f->max_color);
    buf_put_zeros(b, 2);
    return ERR_OK;
}
