#include "experiments/report_parts.h"

#include <math.h>
#include <stdio.h>

#include "experiments/build_id.h"

void report_add_findings(struct report *report, const struct compare *compare)
{
    size_t n_inside = 0, n_hold = 0, n_chance = 0;
    double worst = 0;

    if (!compare->n) {
        report_finding(report, true, "Nothing was compared with the model.");
        return;
    }
    for (size_t i = 0; i < compare->n; i++) {
        const struct ana_comparison *c = &compare->rows[i].result;

        n_inside += c->inside;
        n_chance += !c->inside && !compare->rows[i].differs;
        n_hold += c->holds;
        worst = fmax(worst, fabs(c->relative_error));
    }
    report_finding(report, compare->holds,
                   "Simulation against model: %zu of %zu comparisons hold (%zu inside their %.0f "
                   "%% interval, %zu outside but no more than chance explains in so long a table, "
                   "the rest within %.3g %%). The largest difference is %.2f %%.",
                   n_hold, compare->n, n_inside, 100 * compare->level_frac, n_chance,
                   100 * compare->tolerance_frac, 100 * worst);
}

bool report_add_compared(struct report *report, const struct compare *compare, const char *dir)
{
    struct table t = TABLE_INIT;
    struct text csv = TEXT_INIT;
    char path[4096];
    bool ok;

    if (!compare->n) {
        return true;
    }
    compare_table(compare, &t);
    report_table(report, &t,
                 "Every comparison. \"inside\": the model lies in the interval of the simulation; "
                 "\"by chance\": it does not, but p, corrected by Holm's method for the length of "
                 "the table, says that so much must be expected; \"close\": they differ, by less "
                 "than the tolerance.");
    table_to_csv(&t, &csv);
    snprintf(path, sizeof path, "%s/compare.csv", dir);
    ok = text_save(&csv, path);
    text_fini(&csv);
    table_fini(&t);
    return ok;
}

bool report_finish(const struct report *report, const struct experiment *e,
                   const struct results *results, const char *dir)
{
    char footer[512], path[4096];

    snprintf(footer, sizeof footer,
             "Made by: tambo exp %s --out DIR\n%u replications a point, experiment seed %llu, "
             "%zu trials recorded in records.sqlite with their seeds. Build %s.",
             e->name, e->replications, (unsigned long long)e->seed, results->n, build_id());
    snprintf(path, sizeof path, "%s/report.html", dir);
    return report_save(report, path, footer);
}
