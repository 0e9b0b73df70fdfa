#include "experiments/net_simulate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/rng.h"
#include "experiments/json_out.h"

#define LEVEL 0.95

static double uniform(void *ctx)
{
    return rng_uniform(ctx);
}

static double exponential(void *ctx, double mean)
{
    return rng_exponential(ctx, mean);
}

void net_replicate(struct net_replications *r, const struct net_file *file, uint64_t seed, size_t n,
                   const struct petri_run_limits *limits)
{
    *r = (struct net_replications){.file = file, .seed = seed};
    r->runs = xcalloc(n, sizeof *r->runs);
    for (size_t i = 0; i < n && !net_replications_error(r); i++) {
        struct rng rng;
        struct petri_random random = {&rng, uniform, exponential};

        rng_seed(&rng, hash_combine(seed, i));
        petri_simulate(file->net, &random, limits, &r->runs[r->n++]);
    }
}

void net_replications_fini(struct net_replications *r)
{
    for (size_t i = 0; i < r->n; i++) {
        petri_run_fini(&r->runs[i]);
    }
    free(r->runs);
}

const char *net_replications_error(const struct net_replications *r)
{
    const struct petri_run *last = r->n ? &r->runs[r->n - 1] : NULL;

    return last && last->end == PETRI_END_BROKEN ? last->error : NULL;
}

/* --- Figures ------------------------------------------------------------------------------------ */

/* All values of a monitor in all replications. */
static struct petri_series pooled(const struct net_replications *r, size_t monitor)
{
    struct petri_series all = {0};

    for (size_t i = 0; i < r->n; i++) {
        petri_series_join(&all, &r->runs[i].monitors[monitor]);
    }
    return all;
}

/* What a figure is in one replication; false: it has none there. */
typedef bool figure_fn(const struct petri_run *run, size_t i, double *value);

static bool mean_of_monitor(const struct petri_run *run, size_t i, double *value)
{
    *value = run->monitors[i].mean;
    return run->monitors[i].n > 0;
}

static bool mean_of_place(const struct petri_run *run, size_t i, double *value)
{
    *value = run->places[i].mean;
    return run->time > 0;
}

static bool occurrences(const struct petri_run *run, size_t i, double *value)
{
    *value = (double)run->occurs[i];
    return true;
}

static bool end_time(const struct petri_run *run, size_t i, double *value)
{
    (void)i;
    *value = run->time;
    return true;
}

static struct ana_summary over_replications(const struct net_replications *r, figure_fn *figure,
                                            size_t i)
{
    double *values = xcalloc(r->n + 1, sizeof *values);
    struct ana_summary s;
    size_t n = 0;

    for (size_t k = 0; k < r->n; k++) {
        n += figure(&r->runs[k], i, &values[n]);
    }
    s = ana_summarize(values, n, LEVEL);
    free(values);
    return s;
}

static const char *end_name(enum petri_end end)
{
    static const char *const names[] = {"dead", "time", "steps", "broken"};

    return names[end];
}

/* --- As a text ---------------------------------------------------------------------------------- */

static void print_interval(FILE *out, const struct ana_summary *s)
{
    fprintf(out, "%14.6g", s->mean);
    if (isfinite(s->half_width) && s->n > 1) {
        fprintf(out, " +- %-10.4g", s->half_width);
    } else {
        fprintf(out, "%14s", "");
    }
}

static void print_monitors(const struct net_replications *r, FILE *out)
{
    const struct petri_net *net = r->file->net;

    if (net->n_monitors > 0) {
        fprintf(out, "\nMonitors\n  %-28s %9s %14s %13s %12s %12s %12s\n", "monitor", "count",
                "mean", "", "deviation", "least", "greatest");
    }
    for (size_t i = 0; i < net->n_monitors; i++) {
        struct petri_series all = pooled(r, i);
        struct ana_summary s = over_replications(r, mean_of_monitor, i);

        fprintf(out, "  %-28s %9" PRIu64 " ", net->monitors[i].name, all.n);
        print_interval(out, &s);
        fprintf(out, " %12.6g %12.6g %12.6g\n", sqrt(petri_series_variance(&all)), all.min,
                all.max);
    }
}

static void print_transitions(const struct net_replications *r, FILE *out)
{
    fprintf(out, "\nTransitions\n  %-40s %14s\n", "transition", "occurrences");
    for (size_t t = 0; t < r->file->net->n_transitions; t++) {
        struct ana_summary s = over_replications(r, occurrences, t);

        fprintf(out, "  %-40s ", r->file->net->transitions[t].name);
        print_interval(out, &s);
        fputc('\n', out);
    }
}

/* The least and the most tokens in any replication. */
static void extremes(const struct net_replications *r, size_t place, uint64_t *min, uint64_t *max)
{
    *min = UINT64_MAX;
    *max = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct petri_load *l = &r->runs[i].places[place];

        *min = l->min < *min ? l->min : *min;
        *max = l->max > *max ? l->max : *max;
    }
}

static void print_places(const struct net_replications *r, FILE *out)
{
    fprintf(out, "\nPlaces\n  %-40s %14s %13s %8s %8s\n", "place", "mean tokens", "", "least",
            "most");
    for (size_t p = 0; p < r->file->net->n_places; p++) {
        struct ana_summary s = over_replications(r, mean_of_place, p);
        uint64_t min, max;

        extremes(r, p, &min, &max);
        fprintf(out, "  %-40s ", r->file->net->places[p].name);
        print_interval(out, &s);
        fprintf(out, " %8" PRIu64 " %8" PRIu64 "\n", min, max);
    }
}

void net_replications_text(const struct net_replications *r, FILE *out)
{
    struct ana_summary time = over_replications(r, end_time, 0);

    fprintf(out, "%s: %zu replications, seed %" PRIu64 "; the first ended with %s\n", r->file->name,
            r->n, r->seed, end_name(r->runs[0].end));
    fprintf(out, "  %-30s", "time in the end");
    print_interval(out, &time);
    fprintf(out, " %s\n", r->file->time_unit);
    print_monitors(r, out);
    print_transitions(r, out);
    print_places(r, out);
}

/* --- As JSON ------------------------------------------------------------------------------------ */

static void put_interval(json_t *o, const struct ana_summary *s)
{
    json_put(o, "mean", json_number(s->mean));
    json_put(o, "half_width_95", json_number(s->half_width));
}

static json_t *monitors(const struct net_replications *r)
{
    json_t *list = json_object();

    for (size_t i = 0; i < r->file->net->n_monitors; i++) {
        struct petri_series all = pooled(r, i);
        struct ana_summary s = over_replications(r, mean_of_monitor, i);
        json_t *o = json_object();

        json_put(o, "count", json_integer((json_int_t)all.n));
        json_put(o, "sum", json_number(all.sum));
        put_interval(o, &s);
        json_put(o, "variance", json_number(petri_series_variance(&all)));
        json_put(o, "deviation", json_number(sqrt(petri_series_variance(&all))));
        json_put(o, "min", json_number(all.min));
        json_put(o, "max", json_number(all.max));
        json_put(list, r->file->net->monitors[i].name, o);
    }
    return list;
}

static json_t *transitions(const struct net_replications *r)
{
    json_t *list = json_object();

    for (size_t t = 0; t < r->file->net->n_transitions; t++) {
        struct ana_summary s = over_replications(r, occurrences, t);
        json_t *o = json_object();

        put_interval(o, &s);
        json_put(list, r->file->net->transitions[t].name, o);
    }
    return list;
}

static json_t *places(const struct net_replications *r)
{
    json_t *list = json_object();

    for (size_t p = 0; p < r->file->net->n_places; p++) {
        struct ana_summary s = over_replications(r, mean_of_place, p);
        json_t *o = json_object();
        uint64_t min, max;

        extremes(r, p, &min, &max);
        put_interval(o, &s);
        json_put(o, "variance_first", json_number(r->runs[0].places[p].variance));
        json_put(o, "min", json_integer((json_int_t)min));
        json_put(o, "max", json_integer((json_int_t)max));
        json_put(list, r->file->net->places[p].name, o);
    }
    return list;
}

json_t *net_replications_json(const struct net_replications *r)
{
    struct ana_summary time = over_replications(r, end_time, 0);
    json_t *o = json_object(), *end = json_object();

    put_interval(end, &time);
    json_put(o, "net", json_string(r->file->name));
    json_put(o, "seed", json_integer((json_int_t)r->seed));
    json_put(o, "replications", json_integer((json_int_t)r->n));
    json_put(o, "time_unit", json_string(r->file->time_unit));
    json_put(o, "ended_with", json_string(end_name(r->runs[0].end)));
    json_put(o, "end_time", end);
    json_put(o, "monitors", monitors(r));
    json_put(o, "transitions", transitions(r));
    json_put(o, "places", places(r));
    return o;
}
