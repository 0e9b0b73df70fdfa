/* Claims: what a source prints (or what is found beyond it), what a model says, what a simulation shows, and the
 * verdict. They are members of an experiment:
 *
 *      "claims": [{
 *        "id": "uniform-n-max", "kind": "claim"|"erratum"|"finding",
 *        "source": "thesis §5.2.3", "says": "the largest campus at a holding time of 180 s", "unit": "hosts",
 *        "printed": 56420, "model": NUMBER, "simulated": NUMBER, "digits": 5,
 *        "relation": "equal"|"at_most"|"at_least", "tolerance_frac": 0.001, "within_frac": 0.02,
 *        "verdict": "reproduced"|"within"|"contradicted", "why": "..."
 *      }, ...]
 *
 * A NUMBER is a number, a text (for formulas), {"run": ..., "get": ..., "scale": ...} (derived.h) or
 * {"point": "hold 60 s", "get": "occupancy_entries", "scale": 1}: a metric of one of the experiment's points, with
 * "model." in front what the model says of it.
 *
 * Model and simulation are held against what is printed or, when no number is printed, the simulation against the
 * model. A number reproduces another when it stands in the relation to it, up to "tolerance_frac" (of a bound, with its
 * whole interval); or, of a
 * simulation, when its interval contains it and is narrower than "within_frac"; it reproduces it within x % when it
 * is off by no more than "within_frac"; else it contradicts it. The worse verdict counts. "verdict" is the verdict
 * that is expected; anything but "reproduced" needs a "why". Where only texts stand against a number the verdict is
 * what is expected. */
#ifndef TAMBO_EXPERIMENTS_CLAIMS_H
#define TAMBO_EXPERIMENTS_CLAIMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "analysis/table.h"
#include "controller/config/json_check.h"
#include "experiments/experiment.h"

/* Checks the member "claims" of the experiment 'root'. */
void claims_read(struct conf_node *root);

/* Checks that the points they name are points of 'e'. False after complaints to 'out'. */
bool claims_find_points(const struct experiment *e, const char *file, FILE *out);

/* The verdicts, an array of objects in the order of the claims: id, kind, experiment, says, source, unit, printed,
 * model, simulated ({mean, half_width, n}), difference_frac, expected, verdict ("undecided": an interval too wide to
 * tell; "unmeasured": something is missing), as_expected, why, error. 'measured' is results_measured()'s, or NULL. The
 * caller frees it. */
json_t *claims_judge(const struct experiment *e, const json_t *measured);

/* What of 'measured' claims of 'e' use, to be kept; the caller frees it. */
json_t *claims_used(const struct experiment *e, const json_t *measured);

/* Did all claims that are expected to be reproduced come out so? */
bool claims_hold(const json_t *rows);

/* The rows of one kind as a table; the number of rows. */
size_t claims_table(const json_t *rows, const char *kind, struct table *t);

/* All rows as a Markdown document. */
void claims_markdown(const json_t *rows, struct text *out);

/* The kinds, in the order in which they are shown, with their headings; ends with NULL. */
struct claims_kind {
    const char *kind, *heading, *sentence;
};
extern const struct claims_kind claims_kinds[];

#endif
