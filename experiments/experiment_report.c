#include "experiments/experiment_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/graph.h"
#include "experiments/claims.h"
#include "experiments/figures.h"
#include "experiments/report_parts.h"
#include "experiments/topology.h"

/* --- Measured ----------------------------------------------------------------------------------- */

static void add_measured_point(struct table *t, const char *label, const json_t *point)
{
    const char *key;
    json_t *s;

    json_object_foreach ((json_t *)(uintptr_t)point, key, s) {
        int n = (int)json_integer_value(json_object_get(s, "n"));

        if (strncmp(key, "model.", 6) == 0) {
            continue;
        }
        table_cell(t, "%s", label);
        table_cell(t, "%s", key);
        table_cell(t, "%.5g", json_number_value(json_object_get(s, "mean")));
        if (n > 1) {
            table_cell(t, "± %.2g", json_number_value(json_object_get(s, "half_width")));
        } else {
            table_cell(t, " ");
        }
        table_cell(t, "%d", n);
    }
}

/* More than a page of paper. */
static bool is_long(const struct table *t)
{
    return t->n_cells > 50 * t->n_columns;
}

static void add_long(struct report *report, const struct table *t, const char *sentence)
{
    report_long_table(report, t, sentence, "measured.csv");
}

static void add_measured(struct report *report, const struct experiment *e, const json_t *measured)
{
    struct table t = TABLE_INIT;

    table_columns(&t, "point|quantity|mean|interval|trials");
    for (size_t p = 0; p < e->n_points; p++) {
        add_measured_point(&t, e->points[p].label,
                           json_object_get(measured, e->points[p].label));
    }
    report_section(report, "What was measured");
    (is_long(&t) ? add_long : report_table)(
        report, &t,
        "Every metric of every point: mean over the replications and half-width of its interval. "
        "Units are in the names.");
    table_fini(&t);
}

/* The same for other programs: all digits, the half-width as a number. */
static bool save_measured(const struct experiment *e, const json_t *measured, const char *dir)
{
    struct table t = TABLE_INIT;
    struct text csv = TEXT_INIT;
    char path[4096];
    bool ok;

    table_columns(&t, "point|quantity|mean|half_width|trials");
    for (size_t p = 0; p < e->n_points; p++) {
        const char *label = e->points[p].label, *key;
        json_t *s;

        json_object_foreach (json_object_get(measured, label), key, s) {
            table_cell(&t, "%s", label);
            table_cell(&t, "%s", key);
            table_cell(&t, "%.15g", json_number_value(json_object_get(s, "mean")));
            table_cell(&t, "%.6g", json_number_value(json_object_get(s, "half_width")));
            table_cell(&t, "%lld", json_integer_value(json_object_get(s, "n")));
        }
    }
    table_to_csv(&t, &csv);
    snprintf(path, sizeof path, "%s/measured.csv", dir);
    ok = text_save(&csv, path);
    text_fini(&csv);
    table_fini(&t);
    return ok;
}

/* --- Network ------------------------------------------------------------------------------------ */

/* The network of the first point, when it is a campus. */
static bool add_network(struct report *report, const struct experiment *e, const char *dir,
                        char *error, size_t size)
{
    const struct campus_params *p = &e->points[0].scenario.params;
    struct topo_campus shape = {.n_access = p->n_access,
                                .n_core = p->n_core,
                                .hosts_per_access = p->hosts_per_access,
                                .edge = p->edge,
                                .trunk = p->trunk};
    struct topo topo = TOPO_INIT;
    struct text dot = TEXT_INIT;
    char path[4096], sentence[512];
    bool ok;

    if (e->points[0].scenario.kind != SCENARIO_CAMPUS) {
        return true;
    }
    topo_make_campus(&topo, &shape);
    topology_picture(&topo, &dot);
    snprintf(path, sizeof path, "%s/topology.svg", dir);
    ok = graph_draw(text_str(&dot), "dot", "svg", path, error, size);
    text_fini(&dot);
    topo_fini(&topo);
    report_section(report, "The simulated campus");
    report_paragraph(
        report,
        "The controller core that runs here is the one that tambod runs: it discovers the links, "
        "learns the hosts, and answers every packet-in with label forwarding. In front of it is a "
        "station with one server and a finite queue. Every ordered pair of hosts is an independent "
        "ON/OFF process, simulated exactly; only the first frames of sessions that find no entry "
        "are frames.");
    snprintf(sentence, sizeof sentence,
             "The network: %u core switches in full mesh, %u access switches with two uplinks "
             "each, %u hosts on each access switch.",
             p->n_core, p->n_access, p->hosts_per_access);
    return ok && report_figure(report, path, sentence);
}

/* --- The whole ---------------------------------------------------------------------------------- */

/* Sections with points; an experiment of claims has none. */
static bool add_points(struct report *report, const struct experiment *e,
                       const struct findings *found, const char *dir, char *error, size_t size)
{
    if (e->n_figures) {
        report_section(report, "Pictures");
    }
    if (!figures_add(report, e, found->results, dir, error, size)) {
        return false;
    }
    if (found->compare->n) {
        report_section(report, "Simulation beside model");
    }
    if (!report_add_compared(report, found->compare, dir)) {
        snprintf(error, size, "%s/compare.csv: %s", dir, strerror(errno));
        return false;
    }
    if (!add_network(report, e, dir, error, size)) {
        return false;
    }
    add_measured(report, e, found->measured);
    if (!save_measured(e, found->measured, dir)) {
        snprintf(error, size, "%s/measured.csv: %s", dir, strerror(errno));
        return false;
    }
    return true;
}

bool experiment_report_write(const struct experiment *e, const struct findings *found,
                             const char *dir, char *error, size_t size)
{
    struct report report;
    bool ok = true;

    report_init(&report, e->title);
    if (e->n_points) {
        report_add_findings(&report, found->compare);
        report_add_warmup(&report, found->measured);
    }
    report_add_claims(&report, found->claims);
    if (e->about[0]) {
        report_section(&report, "What this is about");
        report_paragraph(&report, "%s", e->about);
    }
    report_add_claim_tables(&report, found->claims);
    snprintf(error, size, "%s: a picture cannot be read", dir);
    ok = !e->n_points || add_points(&report, e, found, dir, error, size);
    if (ok && !report_finish(&report, e, found->results, found->compare, dir)) {
        snprintf(error, size, "%s/report.html: %s", dir, strerror(errno));
        ok = false;
    }
    report_fini(&report);
    return ok;
}
