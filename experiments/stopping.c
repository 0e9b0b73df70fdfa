#include "experiments/stopping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"

static void read_quantities(struct conf_node *o, struct stopping *rule)
{
    struct conf_node *list = conf_array(o, "of");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        const char *key;

        if (rule->n_of == STOPPING_MAX_QUANTITIES) {
            conf_complain(v, "at most %d quantities", STOPPING_MAX_QUANTITIES);
            return;
        }
        if (conf_as_text(v, &key)) {
            snprintf(rule->of[rule->n_of++], sizeof rule->of[0], "%s", key);
        }
    }
}

void stopping_read(struct conf_node *root, struct stopping *rule)
{
    struct conf_node *o = conf_object(root, "precision");

    if (o) {
        conf_need(o, "frac", "the largest half-width as a part of the mean");
        conf_real(o, "frac", 1e-6, 1, &rule->frac);
        conf_u32(o, "at_most", 2, 100000, &rule->at_most);
        read_quantities(o, rule);
    }
}

void stopping_point_init(struct stopping_point *p, const struct stopping *rule)
{
    *p = (struct stopping_point){.n_wanted = rule->at_least};
    p->known = xcalloc(rule->at_most, sizeof *p->known);
    p->values = xcalloc(rule->at_most * (rule->n_of + 1), sizeof *p->values);
}

void stopping_point_fini(struct stopping_point *p)
{
    free(p->known);
    free(p->values);
}

/* How many replications would bring the half-width down to what is wanted, if it shrinks like 1/√n. */
static double n_needed(const struct stopping *rule, const double values[], uint32_t n)
{
    struct ana_summary s = ana_summarize(values, n, rule->level_frac);
    double wanted = rule->frac * fabs(s.mean);

    if (isnan(s.mean) || s.half_width <= wanted) {
        return n; /* A quantity that is not measured cannot be waited for. */
    }
    return wanted > 0 ? n * (s.half_width / wanted) * (s.half_width / wanted) : INFINITY;
}

uint32_t stopping_next(const struct stopping *rule, const double values[], size_t stride,
                       uint32_t n)
{
    double most = n;

    for (size_t q = 0; q < rule->n_of; q++) {
        most = fmax(most, n_needed(rule, values + q * stride, n));
    }
    /* What four replications say of their spread is too little to believe: look again soon. */
    return (uint32_t)fmin(fmin(ceil(most), 2.0 * n), rule->at_most > n ? rule->at_most : n);
}

static bool knows_all(const struct stopping_point *p)
{
    for (uint32_t r = 0; r < p->n_wanted; r++) {
        if (!p->known[r]) {
            return false;
        }
    }
    return true;
}

void stopping_point_look(struct stopping_point *p, const struct stopping *rule)
{
    while (!p->finished && knows_all(p)) {
        uint32_t next = rule->frac > 0 ? stopping_next(rule, p->values, rule->at_most, p->n_wanted)
                                       : p->n_wanted;

        p->finished = next == p->n_wanted;
        p->n_wanted = next;
    }
}
