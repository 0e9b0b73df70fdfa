/* See bucket.h. */
#include "controller/apps/bucket.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

struct dp_bucket {
    struct hmap_node node;
    dpid_t dpid;
    struct bucket bucket;
};

void bucket_init(struct bucket *b, uint32_t per_s, uint32_t burst)
{
    *b = (struct bucket){.interval_ns = per_s ? NS_PER_S / per_s : 0};
    b->slack_ns = burst > 1 ? (int64_t)(burst - 1) * b->interval_ns : 0;
    b->next = (mono_t){INT64_MIN};
}

bool bucket_take(struct bucket *b, mono_t now)
{
    mono_t at = mono_before(b->next, now) ? now : b->next;

    if (b->interval_ns == 0) {
        return true;
    }
    if (mono_diff_ns(at, now) > b->slack_ns) {
        return false;
    }
    b->next = mono_add(at, b->interval_ns);
    return true;
}

void bucket_map_init(struct bucket_map *m, uint32_t per_s, uint32_t burst)
{
    hmap_init(&m->by_dpid);
    m->per_s = per_s;
    m->burst = burst;
}

void bucket_map_fini(struct bucket_map *m)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &m->by_dpid) {
        free(HMAP_ENTRY(it, struct dp_bucket, node));
    }
    hmap_fini(&m->by_dpid);
}

bool bucket_map_take(struct bucket_map *m, dpid_t dpid, mono_t now)
{
    uint64_t hash = hash_u64(dpid);
    struct hmap_node *it = hmap_first_with(&m->by_dpid, hash);
    struct dp_bucket *b;

    while (it && HMAP_ENTRY(it, struct dp_bucket, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    if (!it) {
        b = xcalloc(1, sizeof(*b));
        b->dpid = dpid;
        bucket_init(&b->bucket, m->per_s, m->burst);
        hmap_insert(&m->by_dpid, &b->node, hash);
        it = &b->node;
    }
    return bucket_take(&HMAP_ENTRY(it, struct dp_bucket, node)->bucket, now);
}
