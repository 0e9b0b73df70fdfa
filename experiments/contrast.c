#include "experiments/contrast.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"

/* The values of one metric of one point; NaN where a replication has none. */
struct sample {
    double *by_replication;
    size_t n;
};

static struct sample sample_of(const struct results *rs, const struct experiment *e, size_t point,
                               const char *key)
{
    struct sample s = {.n = e->stopping.at_most};

    s.by_replication = xcalloc(s.n, sizeof *s.by_replication);
    for (size_t r = 0; r < s.n; r++) {
        s.by_replication[r] = NAN;
    }
    for (size_t i = 0; i < rs->n; i++) {
        const json_t *v = json_object_get(rs->list[i].metrics, key);

        if (rs->list[i].point == point && json_is_number(v)) {
            s.by_replication[rs->list[i].replication] = json_number_value(v);
        }
    }
    return s;
}

/* Keeps the replications that 'a' has, and 'b' as well when there is one; returns how many. */
static size_t keep(const struct sample *a, const struct sample *b, double out[])
{
    size_t n = 0;

    for (size_t r = 0; r < a->n; r++) {
        if (!isnan(a->by_replication[r]) && !(b && isnan(b->by_replication[r]))) {
            out[n++] = a->by_replication[r];
        }
    }
    return n;
}

static double gain_of(const struct ana_difference *paired, const struct ana_difference *apart)
{
    double ratio = apart->half_width / paired->half_width;

    return paired->half_width > 0 && isfinite(ratio) ? ratio * ratio : NAN;
}

static void compare_samples(const struct sample *a, const struct sample *b, bool paired,
                            double level, struct contrast_row *row)
{
    double *x = xcalloc(a->n, sizeof *x), *y = xcalloc(a->n, sizeof *y);
    size_t nx = keep(a, paired ? b : NULL, x), ny = keep(b, paired ? a : NULL, y);

    row->mean = ana_summarize(x, nx, level).mean;
    row->reference = ana_summarize(y, ny, level).mean;
    row->difference = ana_welch(x, nx, y, ny, level);
    row->gain = NAN;
    if (paired) {
        struct ana_difference apart = row->difference;

        row->difference = ana_paired(x, y, nx, level);
        row->gain = gain_of(&row->difference, &apart);
    }
    row->p_holm = nx > 1 && ny > 1 ? row->difference.p : NAN;
    free(x);
    free(y);
}

static bool has_values(const struct sample *s)
{
    for (size_t r = 0; r < s->n; r++) {
        if (!isnan(s->by_replication[r])) {
            return true;
        }
    }
    return false;
}

static void add_row(struct contrast *c, const struct results *rs, const struct experiment *e,
                    size_t reference, size_t point, const char *key)
{
    struct sample a = sample_of(rs, e, point, key), b = sample_of(rs, e, reference, key);

    if (has_values(&a) && has_values(&b)) {
        struct contrast_row *row = &c->rows[c->n++];

        *row = (struct contrast_row){.point = point, .quantity = key};
        compare_samples(&a, &b, c->paired, c->level_frac, row);
    }
    free(a.by_replication);
    free(b.by_replication);
}

static void correct(struct contrast *c)
{
    double *p = xcalloc(c->n + 1, sizeof *p);

    for (size_t i = 0; i < c->n; i++) {
        p[i] = c->rows[i].p_holm;
    }
    ana_holm(p, c->n);
    for (size_t i = 0; i < c->n; i++) {
        c->rows[i].p_holm = p[i];
    }
    free(p);
}

struct contrast contrast_make(const struct results *results, const struct experiment *e,
                              size_t reference, const char *const keys[], size_t n_keys)
{
    struct contrast c = {.paired = e->common_seeds, .level_frac = e->level_frac};

    c.rows = xcalloc(e->n_points * n_keys + 1, sizeof *c.rows);
    for (size_t p = 0; p < e->n_points; p++) {
        for (size_t k = 0; p != reference && k < n_keys; k++) {
            add_row(&c, results, e, reference, p, keys[k]);
        }
    }
    correct(&c);
    return c;
}

void contrast_fini(struct contrast *c)
{
    free(c->rows);
    *c = (struct contrast){0};
}

static const char *verdict(const struct contrast *c, const struct contrast_row *r)
{
    if (!(r->p_holm < 1 - c->level_frac)) {
        return "no difference seen";
    }
    return r->difference.mean > 0 ? "higher" : "lower";
}

/* A number, or a word where there is none. */
static void add_number(struct table *t, const char *before, double value, const char *none)
{
    if (isnan(value)) {
        table_cell(t, "%s", none);
    } else {
        table_cell(t, "%s%.3g", before, value);
    }
}

void contrast_table(const struct contrast *c, const struct experiment *e, struct table *t)
{
    table_columns(t, c->paired ? "point|quantity|mean|reference|difference|± half-width|p (Holm)|"
                                 "verdict|gain by pairs"
                               : "point|quantity|mean|reference|difference|± half-width|p (Holm)|"
                                 "verdict");
    for (size_t i = 0; i < c->n; i++) {
        const struct contrast_row *r = &c->rows[i];

        table_cell(t, "%s", e->points[r->point].label);
        table_cell(t, "%s", r->quantity);
        table_cell(t, "%.5g", r->mean);
        table_cell(t, "%.5g", r->reference);
        table_cell(t, "%+.4g", r->difference.mean);
        table_cell(t, "%.2g", r->difference.half_width);
        add_number(t, "", r->p_holm, "none");
        table_cell(t, "%s", verdict(c, r));
        if (c->paired) {
            add_number(t, "× ", r->gain, "–");
        }
    }
}
