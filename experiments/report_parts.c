#include "experiments/report_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/build_id.h"
#include "experiments/claims.h"

void report_add_findings(struct report *report, const struct compare *compare)
{
    size_t n_inside = 0, n_hold = 0, n_chance = 0;
    double worst = 0;

    if (!compare->n) {
        return;
    }
    for (size_t i = 0; i < compare->n; i++) {
        const struct ana_comparison *c = &compare->rows[i].result;

        n_inside += c->inside;
        n_chance += !c->inside && !compare->rows[i].differs;
        n_hold += c->holds;
        if (!compare->rows[i].by_counts) { /* Off by 100 % is what no event at all must be. */
            worst = fmax(worst, fabs(c->relative_error));
        }
    }
    report_finding(report, compare->holds,
                   "Simulation against model: %zu of %zu comparisons hold (%zu inside their %.0f "
                   "%% interval, %zu outside but no more than chance explains in so long a table, "
                   "the rest within %.3g %%). The largest difference is %.2f %%.",
                   n_hold, compare->n, n_inside, 100 * compare->level_frac, n_chance,
                   100 * compare->tolerance_frac, 100 * worst);
}

void report_add_warmup(struct report *report, const json_t *measured)
{
    double n_short = 0, n = 0;
    const char *label;
    json_t *point;

    json_object_foreach ((json_t *)(uintptr_t)measured, label, point) {
        const json_t *s = json_object_get(point, "warmup_short");
        double trials = (double)json_integer_value(json_object_get(s, "n"));

        n += trials;
        n_short += trials * json_number_value(json_object_get(s, "mean"));
    }
    if (n > 0) {
        report_finding(
            report, n_short <= n / 2,
            "Warm-up: by MSER-5 it was long enough in %.0f of %.0f trials (in the others "
            "the occupancy of the tables was not seen to be steady).",
            n - n_short, n);
    }
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

static size_t count(const json_t *claims, const char *kind, const char *verdict)
{
    size_t i, n = 0;
    json_t *row;

    json_array_foreach ((json_t *)(uintptr_t)claims, i, row) {
        n += strcmp(text_of(row, "kind"), kind) == 0 &&
             (!verdict || strcmp(text_of(row, "verdict"), verdict) == 0);
    }
    return n;
}

static void add_counts(struct report *report, const json_t *claims)
{
    size_t n_claims = count(claims, "claim", NULL), n_findings = count(claims, "finding", NULL);
    size_t n_within = count(claims, "claim", "within");
    bool holds = claims_hold(claims);

    if (n_claims) {
        report_finding(report, holds,
                       "Claims of the sources: %zu of %zu are reproduced, %zu of them within some "
                       "percent; %zu are contradicted.",
                       count(claims, "claim", "reproduced") + n_within, n_claims, n_within,
                       count(claims, "claim", "contradicted"));
    }
    if (count(claims, "erratum", NULL)) {
        report_finding(report, true,
                       "Errata of the sources: %zu numbers and formulas were computed again.",
                       count(claims, "erratum", NULL));
    }
    if (n_findings) {
        report_finding(report, holds, "Beyond the sources: %zu of %zu statements hold.",
                       count(claims, "finding", "reproduced") + count(claims, "finding", "within"),
                       n_findings);
    }
}

void report_add_claims(struct report *report, const json_t *claims)
{
    size_t i;
    json_t *row;

    add_counts(report, claims);
    json_array_foreach ((json_t *)(uintptr_t)claims, i, row) {
        if (!json_is_true(json_object_get(row, "as_expected"))) {
            report_finding(report, false, "%s (%s): %s, where %s was expected. %s",
                           text_of(row, "says"), text_of(row, "id"), text_of(row, "verdict"),
                           text_of(row, "expected"), text_of(row, "error"));
        } else if (strcmp(text_of(row, "kind"), "erratum") != 0 &&
                   strcmp(text_of(row, "verdict"), "contradicted") == 0) {
            report_finding(report, false, "Contradicted: %s (%s): %s.", text_of(row, "says"),
                           text_of(row, "source"), text_of(row, "why"));
        }
    }
}

void report_add_claim_tables(struct report *report, const json_t *claims)
{
    for (const struct claims_kind *k = claims_kinds; k->kind; k++) {
        struct table t = TABLE_INIT;

        if (claims_table(claims, k->kind, &t)) {
            report_section(report, k->heading);
            report_table(report, &t, k->sentence);
        }
        table_fini(&t);
    }
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
                 "than the tolerance. \"1e-7 to 4e-6\": of a proportion with few events, or "
                 "none, the interval is that of its counts (Clopper, Pearson), as the spread between trials "
                 "would say too little.");
    table_to_csv(&t, &csv);
    snprintf(path, sizeof path, "%s/compare.csv", dir);
    ok = text_save(&csv, path);
    text_fini(&csv);
    table_fini(&t);
    return ok;
}

static void add_files(struct report *report, const struct experiment *e,
                      const struct compare *compare)
{
    if (e->n_points) {
        report_link(
            report, "measured.csv", "measured.csv",
            "– every metric of every point with its interval, as a table for other programs.");
    }
    if (compare->n) {
        report_link(report, "compare.csv", "compare.csv", "– simulation beside model.");
    }
    report_link(report, "records.sqlite", "records.sqlite",
                "– every trial: its point, seed, parameters, metrics and trace hash.");
    report_link(report, "summary.json", "summary.json",
                "– this page as data; and each picture beside it as SVG.");
}

bool report_finish(struct report *report, const struct experiment *e, const struct results *results,
                   const struct compare *compare, const char *dir)
{
    char footer[512], path[4096];

    report_section(report, "How this was made, and how to make it again");
    report_paragraph(report, "tambo exp %s --out DIR", e->name);
    report_paragraph(
        report,
        "That runs the experiment with its own number of replications; the file experiment.json "
        "beside this page is the experiment exactly as it was run here (tambo exp experiment.json "
        "--out DIR). Every figure and table comes from that one command. Replications of a point: "
        "%u%s; experiment seed %llu; %zu trials; random numbers of %s.",
        e->replications, e->stopping.frac > 0 ? " or more, until the precision was reached" : "",
        (unsigned long long)e->seed, results->n,
        e->common_seeds ? "a replication are common to all points" : "every trial are its own");
    add_files(report, e, compare);
    snprintf(footer, sizeof footer,
             "tambo exp %s, seed %llu, build %s. The same seed and build give the same numbers on "
             "any machine, with any number of threads and processes.",
             e->name, (unsigned long long)e->seed, build_id());
    snprintf(path, sizeof path, "%s/report.html", dir);
    return report_save(report, path, footer);
}
