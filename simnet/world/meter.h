/* The meters of a switch: token buckets that tell when a rate is exceeded (OF 1.3.5 §5.7, §6.8,
 * §7.3.4.4). They know no packets; swtch_meter.c does to these what a band says.
 *
 * Each band fills with its rate up to its burst (without a burst: what its rate gives in 1/METER_DEPTHS_PER_S
 * second, but at least one packet or one frame of METER_FRAME_BYTES), and each packet takes its size from
 * every band. Of the bands that have not enough, the one with the highest
 * rate is applied: that is the "highest configured rate that is lower than the current measured rate".
 * Arithmetic is in integers, in 10^-9 of a kilobit or of a packet, so nothing is rounded. */
#ifndef TAMBO_WORLD_METER_H
#define TAMBO_WORLD_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/openflow/of_msg.h"

struct meter_band {
    struct of_meter_band said;
    uint64_t tokens;
    struct of_counter count;
};

struct meter {
    struct hmap_node node;
    uint32_t id;
    uint16_t flags;
    struct meter_band *bands; /* Behind the meter, in the same piece of memory. */
    size_t n_bands;
    struct of_counter count;
    mono_t created_at, filled_at;
};

struct meters {
    struct hmap map;
    uint32_t max_meters;
};

#define METER_MAX_BANDS 16
#define METER_DEPTHS_PER_S 10
#define METER_FRAME_BYTES 9018 /* A jumbo frame, which no rate is to keep out for good. */

void meters_init(struct meters *set, uint32_t max_meters);
void meters_fini(struct meters *set);

struct meter *meters_find(const struct meters *set, uint32_t id);

/* Adds or modifies; a modified meter keeps its own counter and duration, and its bands start anew with full buckets.
 * On error nothing has changed:
 *   METER_EXISTS, METER_UNKNOWN_METER             the id is taken, or is not
 *   METER_BAD_FLAGS                               not one unit
 *   METER_BAD_RATE, _BAD_BURST                    a rate of 0, or a burst of 0 where one is said
 *   METER_BAD_BAND, _BAD_BAND_VALUE               an unknown type, or no precedence level
 *   METER_OUT_OF_METERS, _OUT_OF_BANDS            no room */
enum of_err meters_set(struct meters *set, const struct of_meter_mod *mm, mono_t now);

/* A meter that is not there is none to delete: false. */
bool meters_delete(struct meters *set, uint32_t id);
void meters_delete_all(struct meters *set);

/* Makes '*to', which has no meters, as 'from'. */
void meters_copy(const struct meters *from, struct meters *to);

/* A packet of 'n_bytes' goes through; the band that is to be applied, or NULL. Counts. */
const struct of_meter_band *meter_run(struct meter *meter, mono_t now, uint32_t n_bytes);

/* The meters in the order of their ids, an array of set->map.n for the caller to free(). */
struct meter **meters_sorted(const struct meters *set);

#endif
