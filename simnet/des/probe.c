#include "simnet/des/probe.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

void probe_sample_add(struct probe_sample *p, double x)
{
    double delta = x - p->mean;

    p->min = p->n && p->min < x ? p->min : x;
    p->max = p->n && p->max > x ? p->max : x;
    p->n++;
    p->mean += delta / (double)p->n;
    p->m2 += delta * (x - p->mean);
}

double probe_sample_variance(const struct probe_sample *p)
{
    return p->n > 1 ? p->m2 / (double)(p->n - 1) : 0.0;
}

double probe_sample_std_error(const struct probe_sample *p)
{
    return p->n > 1 ? sqrt(probe_sample_variance(p) / (double)p->n) : 0.0;
}

void probe_level_init(struct probe_level *p, mono_t now, double value)
{
    *p = (struct probe_level){
        .start = now, .since = now, .value = value, .origin = value, .min = value, .max = value};
}

/* The integrals up to 'now' go into '*area' and '*area2'. */
static void integrate(const struct probe_level *p, mono_t now, double *area, double *area2)
{
    double span_ns = (double)mono_diff_ns(now, p->since);
    double x = p->value - p->origin;

    *area = p->area + x * span_ns;
    *area2 = p->area2 + x * x * span_ns;
}

void probe_level_set(struct probe_level *p, mono_t now, double value)
{
    assert(!mono_before(now, p->since) && "probe_level_set: in the past");
    integrate(p, now, &p->area, &p->area2);
    p->since = now;
    p->value = value;
    p->min = p->min < value ? p->min : value;
    p->max = p->max > value ? p->max : value;
}

void probe_level_reset(struct probe_level *p, mono_t now)
{
    probe_level_init(p, now, p->value);
}

double probe_level_mean(const struct probe_level *p, mono_t now)
{
    double area, area2;
    int64_t total_ns = mono_diff_ns(now, p->start);

    integrate(p, now, &area, &area2);
    return total_ns ? p->origin + area / (double)total_ns : p->value;
}

double probe_level_variance(const struct probe_level *p, mono_t now)
{
    double area, area2, mean, variance;
    int64_t total_ns = mono_diff_ns(now, p->start);

    if (!total_ns) {
        return 0.0;
    }
    integrate(p, now, &area, &area2);
    mean = area / (double)total_ns;
    variance = area2 / (double)total_ns - mean * mean;
    return variance > 0 ? variance : 0.0;
}

void probe_hist_init(struct probe_hist *p, size_t n, mono_t now, size_t value)
{
    assert(n && "probe_hist_init: no values");
    *p = (struct probe_hist){.at_ns = xcalloc(n, sizeof *p->at_ns),
                             .n = n,
                             .value = value < n ? value : n - 1,
                             .start = now,
                             .since = now};
}

void probe_hist_fini(struct probe_hist *p)
{
    free(p->at_ns);
    *p = (struct probe_hist){0};
}

void probe_hist_set(struct probe_hist *p, mono_t now, size_t value)
{
    assert(!mono_before(now, p->since) && "probe_hist_set: in the past");
    p->at_ns[p->value] += mono_diff_ns(now, p->since);
    p->since = now;
    p->value = value < p->n ? value : p->n - 1;
}

void probe_hist_reset(struct probe_hist *p, mono_t now)
{
    memset(p->at_ns, 0, p->n * sizeof *p->at_ns);
    p->start = now;
    p->since = now;
}

double probe_hist_frac(const struct probe_hist *p, mono_t now, size_t value)
{
    int64_t total_ns = mono_diff_ns(now, p->start);
    int64_t at_ns;

    assert(value < p->n && "probe_hist_frac: no such value");
    at_ns = p->at_ns[value] + (value == p->value ? mono_diff_ns(now, p->since) : 0);
    return total_ns ? (double)at_ns / (double)total_ns : 0.0;
}

static void join_neighbours(struct probe_batch *p)
{
    for (size_t i = 0; i < PROBE_BATCHES / 2; i++) {
        p->sums[i] = p->sums[2 * i] + p->sums[2 * i + 1];
    }
    p->n_batches = PROBE_BATCHES / 2;
    p->size *= 2;
}

void probe_batch_add(struct probe_batch *p, double x)
{
    p->size = p->size ? p->size : 1;
    p->open += x;
    if (++p->n_open < p->size) {
        return;
    }
    /* Joined only when the next batch is full too: it then is the first half of a new one. */
    if (p->n_batches == PROBE_BATCHES) {
        join_neighbours(p);
        return;
    }
    p->sums[p->n_batches++] = p->open;
    p->open = 0;
    p->n_open = 0;
}

/* The statistics of the batch means. */
static struct probe_sample batch_means(const struct probe_batch *p)
{
    struct probe_sample means = {0};

    for (size_t i = 0; i < p->n_batches; i++) {
        probe_sample_add(&means, p->sums[i] / (double)p->size);
    }
    return means;
}

double probe_batch_mean(const struct probe_batch *p)
{
    return batch_means(p).mean;
}

double probe_batch_std_error(const struct probe_batch *p)
{
    struct probe_sample means = batch_means(p);

    return probe_sample_std_error(&means);
}
