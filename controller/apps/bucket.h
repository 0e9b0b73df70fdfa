/* Token buckets: how often something that costs every switch may be done.
 *
 * A bucket is kept as the instant at which its next token exists (the virtual scheduling form of
 * the generic cell rate algorithm, ITU-T I.371 annex A), so it needs no timer and no rounding. */
#ifndef TAMBO_APPS_BUCKET_H
#define TAMBO_APPS_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/base/types.h"

struct bucket {
    int64_t interval_ns; /* Between two tokens; 0: no limit. */
    int64_t slack_ns;    /* How far 'next' may lie in the future. */
    mono_t next;
};

/* 'per_s' tokens per second, of which up to 'burst' (at least 1) may be saved up. 0 per second
 * means no limit. */
void bucket_init(struct bucket *b, uint32_t per_s, uint32_t burst);

/* True when there is a token at 'now', which is then used. */
bool bucket_take(struct bucket *b, mono_t now);

/* A bucket for each datapath. */
struct bucket_map {
    struct hmap by_dpid;
    uint32_t per_s, burst;
};

void bucket_map_init(struct bucket_map *m, uint32_t per_s, uint32_t burst);
void bucket_map_fini(struct bucket_map *m);
bool bucket_map_take(struct bucket_map *m, dpid_t dpid, mono_t now);

#endif
