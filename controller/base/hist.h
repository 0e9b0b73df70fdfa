/* Latency histogram with logarithmic buckets: 64 sub-buckets per power of two, so any quantile is
 * known to 1.6 %, from 1 ns to the end of int64, in constant space and a few instructions per
 * sample (the layout of HdrHistogram, Tene 2012). */
#ifndef TAMBO_BASE_HIST_H
#define TAMBO_BASE_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 6
#define HIST_N_BUCKETS ((64 - HIST_SUB_BITS) << HIST_SUB_BITS)

struct hist {
    uint64_t n;
    int64_t min, max;
    double sum;
    uint64_t buckets[HIST_N_BUCKETS];
};

void hist_init(struct hist *h);

/* Adds one sample; negative values count as 0. */
void hist_add(struct hist *h, int64_t value);

/* Adds all samples of 'other'. */
void hist_merge(struct hist *h, const struct hist *other);

/* The value below which a fraction 'q' (0..1) of the samples lies; 0 when there are none. */
int64_t hist_quantile(const struct hist *h, double q);

static inline double hist_mean(const struct hist *h)
{
    return h->n ? h->sum / (double)h->n : 0;
}

#endif
