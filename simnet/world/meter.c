#include "simnet/world/meter.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define UNIT UINT64_C(1000000000) /* A kilobit or a packet in tokens. */
#define TOKENS_PER_BYTE UINT64_C(8000000)

void meters_init(struct meters *set, uint32_t max_meters)
{
    *set = (struct meters){.max_meters = max_meters};
    hmap_init(&set->map);
}

void meters_delete_all(struct meters *set)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &set->map) {
        hmap_remove(&set->map, it);
        free(HMAP_ENTRY(it, struct meter, node));
    }
}

void meters_fini(struct meters *set)
{
    meters_delete_all(set);
    hmap_fini(&set->map);
}

struct meter *meters_find(const struct meters *set, uint32_t id)
{
    struct hmap_node *node = hmap_first_with(&set->map, hash_u64(id));

    return node ? HMAP_ENTRY(node, struct meter, node) : NULL; /* The hash is a bijection. */
}

static int by_id(const void *a, const void *b)
{
    const struct meter *const *x = a, *const *y = b;

    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

struct meter **meters_sorted(const struct meters *set)
{
    struct meter **list = xcalloc(set->map.n + 1, sizeof(struct meter *));
    struct hmap_node *it, *next;
    size_t n = 0;

    HMAP_FOR_EACH (it, next, &set->map) {
        list[n++] = HMAP_ENTRY(it, struct meter, node);
    }
    qsort(list, n, sizeof(struct meter *), by_id);
    return list;
}

/* --- Changes --------------------------------------------------------------------------------- */

static enum of_err check_band(const struct of_meter *m, const struct of_meter_band *band)
{
    if (band->type != OF_MB_DROP && band->type != OF_MB_DSCP_REMARK) {
        return OF_ERR_METER_BAD_BAND;
    }
    if (!band->rate) {
        return OF_ERR_METER_BAD_RATE;
    }
    if ((m->flags & OF_MF_BURST) && !band->burst) {
        return OF_ERR_METER_BAD_BURST;
    }
    return band->type != OF_MB_DSCP_REMARK || band->prec_level ? OF_OK
                                                               : OF_ERR_METER_BAD_BAND_VALUE;
}

static enum of_err check(const struct meters *set, const struct of_meter *m,
                         const struct meter *old)
{
    enum of_err err = OF_OK;

    if ((m->flags & OF_MF_KBPS) && (m->flags & OF_MF_PKTPS)) {
        return OF_ERR_METER_BAD_FLAGS;
    }
    if (m->n_bands > METER_MAX_BANDS) {
        return OF_ERR_METER_OUT_OF_BANDS;
    }
    for (size_t i = 0; i < m->n_bands && err == OF_OK; i++) {
        err = check_band(m, &m->bands[i]);
    }
    return err == OF_OK && !old && set->map.n >= set->max_meters ? OF_ERR_METER_OUT_OF_METERS : err;
}

/* The most tokens that a band can hold. Where no burst is said the depth is the switch's to choose: a
 * second of the rate would pass a tenth too much in the first ten seconds, and less than one frame nothing
 * at all. */
static uint64_t capacity(const struct meter *meter, const struct of_meter_band *band)
{
    uint64_t one = meter->flags & OF_MF_PKTPS ? UNIT : METER_FRAME_BYTES * TOKENS_PER_BYTE;
    uint64_t depth = band->rate * UNIT / METER_DEPTHS_PER_S;

    if (meter->flags & OF_MF_BURST) {
        return band->burst * UNIT;
    }
    return depth > one ? depth : one;
}

bool meters_delete(struct meters *set, uint32_t id)
{
    struct meter *meter = meters_find(set, id);

    if (meter) {
        hmap_remove(&set->map, &meter->node);
        free(meter);
    }
    return meter != NULL;
}

static struct meter *meter_add(struct meters *set, const struct of_meter *m, mono_t now)
{
    struct meter *meter = xcalloc(1, sizeof *meter + m->n_bands * sizeof *meter->bands);

    meter->id = m->meter_id;
    meter->flags = m->flags;
    meter->created_at = meter->filled_at = now;
    meter->bands = (struct meter_band *)(meter + 1);
    meter->n_bands = m->n_bands;
    for (size_t i = 0; i < m->n_bands; i++) {
        meter->bands[i].said = m->bands[i];
        meter->bands[i].said.data = (struct of_bytes){0};
        meter->bands[i].tokens = capacity(meter, &m->bands[i]);
    }
    hmap_insert(&set->map, &meter->node, hash_u64(meter->id));
    return meter;
}

/* What the meter itself counted goes on, what its bands counted does not (OF 1.3.5 §6.8). */
static void meter_replace(struct meters *set, const struct meter *old, const struct of_meter *m,
                          mono_t now)
{
    struct of_counter count = old->count;
    mono_t created_at = old->created_at;
    struct meter *meter;

    meters_delete(set, m->meter_id);
    meter = meter_add(set, m, now);
    meter->count = count;
    meter->created_at = created_at;
}

enum of_err meters_set(struct meters *set, const struct of_meter_mod *mm, mono_t now)
{
    const struct of_meter *m = &mm->meter;
    const struct meter *old = meters_find(set, m->meter_id);
    enum of_err err;

    if (mm->command == OF_MC_ADD && old) {
        return OF_ERR_METER_EXISTS;
    }
    if (mm->command != OF_MC_ADD && !old) {
        return OF_ERR_METER_UNKNOWN_METER;
    }
    err = check(set, m, old);
    if (err == OF_OK && old) {
        meter_replace(set, old, m, now);
    } else if (err == OF_OK) {
        meter_add(set, m, now);
    }
    return err;
}

void meters_copy(const struct meters *from, struct meters *to)
{
    struct hmap_node *it, *next;

    meters_init(to, from->max_meters);
    HMAP_FOR_EACH (it, next, &from->map) {
        const struct meter *meter = HMAP_ENTRY(it, struct meter, node);
        struct meter *copy = xmemdup(meter, sizeof *meter + meter->n_bands * sizeof *meter->bands);

        copy->bands = (struct meter_band *)(copy + 1);
        hmap_insert(&to->map, &copy->node, hash_u64(copy->id));
    }
}

/* --- Packets --------------------------------------------------------------------------------- */

static void fill(struct meter *meter, mono_t now)
{
    uint64_t ns = (uint64_t)mono_diff_ns(now, meter->filled_at);

    for (size_t i = 0; i < meter->n_bands; i++) {
        struct meter_band *band = &meter->bands[i];
        uint64_t full = capacity(meter, &band->said);
        unsigned __int128 more = (unsigned __int128)ns * band->said.rate;

        band->tokens = more >= full - band->tokens ? full : band->tokens + (uint64_t)more;
    }
    meter->filled_at = now;
}

const struct of_meter_band *meter_run(struct meter *meter, mono_t now, uint32_t n_bytes)
{
    uint64_t cost = meter->flags & OF_MF_PKTPS ? UNIT : n_bytes * TOKENS_PER_BYTE;
    struct meter_band *worst = NULL;

    fill(meter, now);
    meter->count.n_packets++;
    meter->count.n_bytes += n_bytes;
    for (size_t i = 0; i < meter->n_bands; i++) {
        struct meter_band *band = &meter->bands[i];

        if (band->tokens >= cost) {
            band->tokens -= cost;
        } else if (!worst || band->said.rate > worst->said.rate) {
            worst = band;
        }
    }
    if (!worst) {
        return NULL;
    }
    worst->count.n_packets++;
    worst->count.n_bytes += n_bytes;
    return &worst->said;
}
