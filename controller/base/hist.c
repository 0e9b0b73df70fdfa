#include "controller/base/hist.h"

#include <string.h>

#define SUB (1u << HIST_SUB_BITS)

/* Values below SUB have a bucket each; above, the top HIST_SUB_BITS bits after the leading one pick
 * the sub-bucket. */
static unsigned bucket_of(uint64_t v)
{
    unsigned top;

    if (v < SUB) {
        return (unsigned)v;
    }
    top = 63u - (unsigned)__builtin_clzll(v);
    return ((top - HIST_SUB_BITS + 1) << HIST_SUB_BITS) +
           (unsigned)(v >> (top - HIST_SUB_BITS) & (SUB - 1));
}

/* The middle of bucket 'i'. */
static int64_t bucket_value(unsigned i)
{
    unsigned shift;
    uint64_t low;

    if (i < SUB) {
        return (int64_t)i;
    }
    shift = (i >> HIST_SUB_BITS) - 1;
    low = (uint64_t)(SUB + (i & (SUB - 1))) << shift;
    return (int64_t)(low + ((UINT64_C(1) << shift) >> 1));
}

void hist_init(struct hist *h)
{
    memset(h, 0, sizeof *h);
    h->min = INT64_MAX;
}

void hist_add(struct hist *h, int64_t value)
{
    if (value < 0) {
        value = 0;
    }
    h->n++;
    h->sum += (double)value;
    h->min = value < h->min ? value : h->min;
    h->max = value > h->max ? value : h->max;
    h->buckets[bucket_of((uint64_t)value)]++;
}

void hist_merge(struct hist *h, const struct hist *other)
{
    h->n += other->n;
    h->sum += other->sum;
    h->min = other->min < h->min ? other->min : h->min;
    h->max = other->max > h->max ? other->max : h->max;
    for (unsigned i = 0; i < HIST_N_BUCKETS; i++) {
        h->buckets[i] += other->buckets[i];
    }
}

int64_t hist_quantile(const struct hist *h, double q)
{
    uint64_t rank = (uint64_t)(q * (double)h->n);
    uint64_t seen = 0;

    for (unsigned i = 0; i < HIST_N_BUCKETS && h->n; i++) {
        seen += h->buckets[i];
        if (seen > rank) {
            int64_t v = bucket_value(i);

            return v < h->min ? h->min : v > h->max ? h->max : v;
        }
    }
    return h->n ? h->max : 0;
}
