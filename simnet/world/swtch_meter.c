/* Meters at work: what bands do to frames, what a controller asks of meters, and the multiparts about
 * them (OF 1.3.5 §5.7, §6.8, §7.3.5.12 to §7.3.5.14). */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_pass.h"

/* --- Frames ---------------------------------------------------------------------------------- */

/* The drop precedence of an assured-forwarding class grows up to the highest, 3 (RFC 2597 §6). A class
 * selector has none, but a lower one is forwarded with less probability (RFC 2474 §4.2.2.2). Other code
 * points stay. */
static uint8_t remark(uint8_t dscp, uint8_t level)
{
    unsigned class = dscp >> 3, precedence = dscp >> 1 & 3;

    if (!(dscp & 7)) {
        return (uint8_t)((class > level ? class - level : 0) << 3);
    }
    if (dscp & 1 || class < 1 || class > 4 || !precedence) {
        return dscp;
    }
    precedence = precedence + level > 3 ? 3 : precedence + level;
    return (uint8_t)(class << 3 | precedence << 1);
}

static uint8_t dscp_of(const struct pkt *p)
{
    return pkt_has(p, PKT_IPV4) ? p->ipv4.dscp : p->ipv6.dscp;
}

static void apply(struct pass *pass, const struct of_meter_band *band)
{
    if (band->type == OF_MB_DROP) {
        pass->sw->stats.n_meter_drops++;
        pass->dropped = true;
    } else if (pkt_has(&pass->frame.p, PKT_IP)) {
        pkt_set_nw_dscp(&pass->frame, remark(dscp_of(&pass->frame.p), band->prec_level));
        pass->stale = true;
    }
}

void pass_meter(struct pass *pass, uint32_t meter_id)
{
    struct meter *meter = meters_find(&pass->sw->meters, meter_id);
    const struct of_meter_band *band =
        meter ? meter_run(meter, sim_now(pass->sw->sim), (uint32_t)pass->frame.buf->len) : NULL;

    if (band) {
        apply(pass, band);
    }
}

/* The virtual meter of what goes to controllers; it cannot remark what they are to see as it came. */
bool swtch_meter_drops_packet_in(struct swtch *sw, const struct buf *frame)
{
    struct meter *meter = sw->meters.map.n ? meters_find(&sw->meters, OF_METER_CONTROLLER) : NULL;
    const struct of_meter_band *band =
        meter ? meter_run(meter, sim_now(sw->sim), (uint32_t)frame->len) : NULL;

    if (!band || band->type != OF_MB_DROP) {
        return false;
    }
    sw->stats.n_meter_drops++;
    return true;
}

/* --- Meter-mods ------------------------------------------------------------------------------ */

/* The entries that refer to a deleted meter go with it (§6.8). */
static void delete_entries(struct swtch *sw, uint32_t id)
{
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_delete_of_meter(sw->tables[t], id);
    }
}

/* Of the virtual meters there is that of the controller; this switch has no slow path (§7.3.4.4). */
enum of_err swtch_meter_mod(struct swtch *sw, const struct of_meter_mod *mm)
{
    uint32_t id = mm->meter.meter_id;

    switch (mm->command) {
    case OF_MC_DELETE:
        if (id == OF_METER_ALL) {
            meters_delete_all(&sw->meters);
            delete_entries(sw, OF_METER_ALL);
        } else if (meters_delete(&sw->meters, id)) {
            delete_entries(sw, id);
        }
        return OF_OK;
    case OF_MC_ADD:
    case OF_MC_MODIFY:
        if ((id < 1 || id > OF_METER_MAX) && id != OF_METER_CONTROLLER) {
            return OF_ERR_METER_INVALID;
        }
        return meters_set(&sw->meters, mm, sim_now(sw->sim));
    }
    return OF_ERR_METER_BAD_COMMAND;
}

/* --- Multiparts ------------------------------------------------------------------------------ */

enum { METER_BYTES = 40, BAND_BYTES = 16 };

/* The meters that a request asks for, in the order of their ids. */
static struct meter **asked_for(const struct swtch *sw, uint32_t meter_id, size_t *n)
{
    struct meter **list;

    if (meter_id == OF_METER_ALL) {
        *n = sw->meters.map.n;
        return meters_sorted(&sw->meters);
    }
    list = xcalloc(1, sizeof(struct meter *));
    list[0] = meters_find(&sw->meters, meter_id);
    *n = list[0] != NULL;
    return list;
}

static uint32_t count_flows(const struct swtch *sw, uint32_t meter_id)
{
    uint32_t n = 0;

    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        for (uint32_t i = table_first(sw->tables[t]); i != TABLE_NONE;
             i = table_next(sw->tables[t], i)) {
            n += program_uses_meter(table_entry(sw->tables[t], i).program, meter_id);
        }
    }
    return n;
}

static void fill_stats(struct swtch *sw, const struct meter *meter, struct of_meter_stats *out)
{
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), meter->created_at);
    struct of_counter *bands = arena_calloc(&sw->arena, meter->n_bands + 1, sizeof *bands);

    for (size_t b = 0; b < meter->n_bands; b++) {
        bands[b] = meter->bands[b].count;
    }
    *out = (struct of_meter_stats){
        .meter_id = meter->id,
        .n_flows = count_flows(sw, meter->id),
        .n_packets = meter->count.n_packets,
        .n_bytes = meter->count.n_bytes,
        .duration_s = (uint32_t)(age_ns / NS_PER_S),
        .duration_ns = (uint32_t)(age_ns % NS_PER_S),
        .bands = bands,
        .n_bands = meter->n_bands,
    };
}

static void fill_config(struct swtch *sw, const struct meter *meter, struct of_meter *out)
{
    struct of_meter_band *bands = arena_calloc(&sw->arena, meter->n_bands + 1, sizeof *bands);

    for (size_t b = 0; b < meter->n_bands; b++) {
        bands[b] = meter->bands[b].said;
    }
    *out = (struct of_meter){meter->id, meter->flags, bands, meter->n_bands};
}

enum of_err swtch_stats_meters(struct answer *a, uint32_t meter_id)
{
    bool is_stats = a->msg.mp_reply.type == OF_MP_METER_STATS;
    size_t n_meters, n = 0, size = 0;
    struct meter **meters = asked_for(a->sw, meter_id, &n_meters);
    struct of_meter_stats *stats = arena_calloc(&a->sw->arena, n_meters + 1, sizeof *stats);
    struct of_meter *configs = arena_calloc(&a->sw->arena, n_meters + 1, sizeof *configs);

    if (!n_meters && meter_id != OF_METER_ALL) {
        free(meters);
        return OF_ERR_METER_UNKNOWN_METER;
    }
    a->msg.mp_reply.meters = configs;
    if (is_stats) {
        a->msg.mp_reply.meter_stats = stats;
    }
    for (size_t i = 0; i < n_meters; i++) {
        size_t more = METER_BYTES + BAND_BYTES * meters[i]->n_bands;

        if (n && size + more > STATS_BODY_BYTES) {
            swtch_stats_part(a, n, true);
            n = size = 0;
        }
        size += more;
        fill_stats(a->sw, meters[i], &stats[n]);
        fill_config(a->sw, meters[i], &configs[n++]);
    }
    swtch_stats_part(a, n, false);
    free(meters);
    return OF_OK;
}

void swtch_stats_meter_features(struct answer *a)
{
    a->msg.mp_reply.meter_features = (struct of_meter_features){
        .max_meters = a->sw->meters.max_meters,
        .band_types = 1U << OF_MB_DROP | 1U << OF_MB_DSCP_REMARK,
        .capabilities = OF_MF_KBPS | OF_MF_PKTPS | OF_MF_BURST | OF_MF_STATS,
        .max_bands = METER_MAX_BANDS,
        .max_color = 0,
    };
    swtch_send(a->sw, &a->msg);
}
