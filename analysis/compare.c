#include "analysis/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ttest.h"
#include "controller/base/alloc.h"

struct cell {
    char point[COMPARE_NAME_LEN], quantity[COMPARE_NAME_LEN];
    double *simulated, *model;
    size_t n;
    struct ana_counts counts;
    bool is_counted; /* Every sample is. */
};

struct compare_builder {
    struct cell *cells;
    size_t n;
    double tolerance_frac, level_frac;
};

struct compare_builder *compare_begin(double tolerance_frac, double level_frac)
{
    struct compare_builder *b = xcalloc(1, sizeof *b);

    b->tolerance_frac = tolerance_frac;
    b->level_frac = level_frac;
    return b;
}

static struct cell *cell_of(struct compare_builder *b, const char *point, const char *quantity)
{
    struct cell *c;

    for (size_t i = 0; i < b->n; i++) {
        if (strcmp(b->cells[i].point, point) == 0 && strcmp(b->cells[i].quantity, quantity) == 0) {
            return &b->cells[i];
        }
    }
    b->cells = xreallocarray(b->cells, b->n + 1, sizeof *b->cells);
    c = &b->cells[b->n++];
    *c = (struct cell){.is_counted = true};
    snprintf(c->point, sizeof c->point, "%s", point);
    snprintf(c->quantity, sizeof c->quantity, "%s", quantity);
    return c;
}

void compare_add(struct compare_builder *b, const char *point,
                 const struct compare_sample samples[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cell *c = cell_of(b, point, samples[i].quantity);

        c->simulated = xreallocarray(c->simulated, c->n + 1, sizeof *c->simulated);
        c->model = xreallocarray(c->model, c->n + 1, sizeof *c->model);
        c->simulated[c->n] = samples[i].simulated;
        c->model[c->n++] = samples[i].model;
        c->is_counted = c->is_counted && samples[i].counts.trials > 0;
        ana_counts_add(&c->counts, &samples[i].counts);
    }
}

bool compare_counts(const struct ana_counts *counts, double mean, double level_frac,
                    struct ana_summary *summary, struct ana_proportion *interval)
{
    struct ana_odds seen = ana_counts_odds(counts);

    if (!(seen.trials > 0) || seen.events >= COMPARE_FEW) {
        return false;
    }
    *interval = ana_proportion_interval(seen, level_frac);
    summary->half_width = fmax(interval->high - mean, mean - interval->low);
    return true;
}

/* The interval is that of the differences, replication by replication: where every replication has a
 * network of its own, the spread between networks is in both and says nothing of the model. */
static void fill_by_spread(const struct cell *c, double level_frac, struct compare_row *row)
{
    struct ana_difference d = ana_paired(c->simulated, c->model, c->n, level_frac);

    row->simulated.half_width = d.half_width;
    row->low = row->simulated.mean - d.half_width;
    row->high = row->simulated.mean + d.half_width;
    row->p_holm = c->n > 1 ? d.p : NAN;
}

static void fill_row(const struct cell *c, const struct compare_builder *b, struct compare_row *row)
{
    struct ana_proportion v;

    row->simulated = ana_summarize(c->simulated, c->n, b->level_frac);
    row->model = ana_summarize(c->model, c->n, b->level_frac).mean;
    fill_by_spread(c, b->level_frac, row);
    row->by_counts = c->is_counted && compare_counts(&c->counts, row->simulated.mean, b->level_frac,
                                                     &row->simulated, &v);
    if (row->by_counts) {
        row->low = v.low;
        row->high = v.high;
        row->p_holm = ana_proportion_p(ana_counts_odds(&c->counts), row->model);
    }
    row->result = ana_compare(&row->simulated, row->model, b->tolerance_frac);
    if (row->by_counts) {
        row->result.inside = row->low <= row->model && row->model <= row->high;
    }
    memcpy(row->point, c->point, sizeof row->point);
    memcpy(row->quantity, c->quantity, sizeof row->quantity);
}

static void judge_all(struct compare *c)
{
    double *p = xcalloc(c->n ? c->n : 1, sizeof *p);

    for (size_t i = 0; i < c->n; i++) {
        p[i] = c->rows[i].p_holm;
    }
    ana_holm(p, c->n);
    for (size_t i = 0; i < c->n; i++) {
        struct compare_row *r = &c->rows[i];
        bool close = fabs(r->result.relative_error) <= c->tolerance_frac;

        r->p_holm = p[i];
        r->differs = !(p[i] >= 1 - c->level_frac);
        r->result.holds = close || !r->differs;
        c->holds = c->holds && r->result.holds;
    }
    free(p);
}

static void builder_free(struct compare_builder *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->cells[i].simulated);
        free(b->cells[i].model);
    }
    free(b->cells);
    free(b);
}

struct compare compare_finish(struct compare_builder *b)
{
    struct compare c = {.rows = xcalloc(b->n, sizeof *c.rows),
                        .n = b->n,
                        .tolerance_frac = b->tolerance_frac,
                        .level_frac = b->level_frac,
                        .holds = b->n > 0};

    for (size_t i = 0; i < b->n; i++) {
        fill_row(&b->cells[i], b, &c.rows[i]);
    }
    judge_all(&c);
    builder_free(b);
    return c;
}

void compare_fini(struct compare *c)
{
    free(c->rows);
    *c = (struct compare){0};
}

const char *compare_verdict(const struct compare_row *r)
{
    if (!r->result.holds) {
        return "DIFFERS";
    }
    return r->result.inside ? "inside" : r->differs ? "close" : "by chance";
}

static void add_p(struct table *t, double p)
{
    if (isnan(p)) {
        table_cell(t, "none");
    } else if (p < 1e-4) {
        table_cell(t, "< 0.0001");
    } else {
        table_cell(t, "%.2g", p);
    }
}

void compare_table(const struct compare *c, struct table *t)
{
    table_columns(t, "point|quantity|model|simulated|± half-width, or interval|trials|difference|p "
                     "(Holm)|verdict");
    for (size_t i = 0; i < c->n; i++) {
        const struct compare_row *r = &c->rows[i];

        table_cell(t, "%s", r->point);
        table_cell(t, "%s", r->quantity);
        table_cell(t, "%.5g", r->model);
        table_cell(t, "%.5g", r->simulated.mean);
        if (r->by_counts) {
            table_cell(t, "%.2g to %.2g", r->low, r->high);
        } else {
            table_cell(t, "%.2g", r->simulated.half_width);
        }
        table_cell(t, "%zu", r->simulated.n);
        table_cell(t, "%+.2f %%", 100 * r->result.relative_error);
        add_p(t, r->p_holm);
        table_cell(t, "%s", compare_verdict(r));
    }
}
