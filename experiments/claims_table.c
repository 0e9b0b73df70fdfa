/* Claims as tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/claims.h"

const struct claims_kind claims_kinds[] = {
    {"claim", "Claims of the sources",
     "What the sources print, what the models say, what the simulation shows."},
    {"erratum", "Errata of the sources",
     "What the sources print and what it should be: numbers that do not follow from their own formulas, and "
     "formulas that do not follow from their own assumptions."},
    {"finding", "Beyond the sources", "What the models and the simulation add."},
    {NULL, NULL, NULL}};

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

/* Significant digits without an exponent, where that can be read. */
static void format_number(char *out, size_t size, double v, int digits)
{
    int exponent = v != 0.0 ? (int)floor(log10(fabs(v))) : 0;

    if (v != 0.0 && (exponent < -4 || exponent > 9)) {
        snprintf(out, size, "%.*g", digits < 6 ? digits : 6, v);
    } else {
        int decimals = digits - 1 - exponent;

        snprintf(out, size, "%.*f", decimals > 0 ? decimals : 0, v);
        if (decimals > 0 && strchr(out, '.')) {
            char *end = out + strlen(out) - 1;

            while (*end == '0') {
                *end-- = 0;
            }
            *end = *end == '.' ? 0 : *end;
        }
    }
}

static int digits_of(const json_t *row)
{
    const json_t *digits = json_object_get(row, "digits");

    return digits ? (int)json_integer_value(digits) : 5;
}

static void number_cell(struct table *t, const json_t *row, const char *key, int digits)
{
    const json_t *v = json_object_get(row, key);
    char text[64];

    if (json_is_string(v)) {
        table_cell(t, "%s", json_string_value(v));
    } else if (json_is_number(v)) {
        format_number(text, sizeof text, json_number_value(v), digits);
        table_cell(t, "%s", text);
    } else {
        table_cell(t, "–");
    }
}

static void simulated_cell(struct table *t, const json_t *row)
{
    const json_t *v = json_object_get(row, "simulated");
    double half_width = json_number_value(json_object_get(v, "half_width"));
    char mean[64], wide[64];

    if (!json_is_object(v)) {
        number_cell(t, row, "simulated", digits_of(row));
        return;
    }
    format_number(mean, sizeof mean, json_number_value(json_object_get(v, "mean")), digits_of(row));
    format_number(wide, sizeof wide, half_width, 2);
    if (json_integer_value(json_object_get(v, "n")) > 1) {
        table_cell(t, "%s ± %s", mean, wide);
    } else {
        table_cell(t, "%s", mean);
    }
}

/* "reproduced within 1.7 %": rounded up, so that it is true. */
static void verdict_text(const json_t *row, char *out, size_t size)
{
    const char *verdict = text_of(row, "verdict");
    double off = json_number_value(json_object_get(row, "difference_frac"));
    bool finding = strcmp(text_of(row, "kind"), "finding") == 0;
    const char *good = finding ? "holds" : "reproduced";

    if (strcmp(verdict, "reproduced") == 0) {
        snprintf(out, size, "%s", good);
    } else if (strcmp(verdict, "within") == 0) {
        snprintf(out, size, "%s within %.1f %%", good, ceil(1000 * fabs(off)) / 10);
    } else if (strcmp(verdict, "contradicted") == 0 && off != 0.0) {
        snprintf(out, size, "%s (%+.3g %%)", finding ? "does not hold" : "contradicted", 100 * off);
    } else {
        snprintf(out, size, "%s", verdict);
    }
    if (!json_is_true(json_object_get(row, "as_expected"))) {
        size_t len = strlen(out);

        snprintf(out + len, size - len, ", EXPECTED: %s", text_of(row, "expected"));
    }
}

static void add_row(struct table *t, const json_t *row)
{
    const char *unit = text_of(row, "unit"), *why = text_of(row, "why");
    char verdict[160];

    verdict_text(row, verdict, sizeof verdict);
    table_cell(t, "%s%s%s%s (%s)", text_of(row, "says"), *unit ? " [" : "", unit, *unit ? "]" : "",
               text_of(row, "source"));
    number_cell(t, row, "printed", 10);
    number_cell(t, row, "model", digits_of(row));
    simulated_cell(t, row);
    table_cell(t, "%s%s%s%s%s", verdict, *why ? ": " : "", why,
               *text_of(row, "error") ? "; " : "", text_of(row, "error"));
    table_cell(t, "%s", text_of(row, "experiment"));
}

size_t claims_table(const json_t *rows, const char *kind, struct table *t)
{
    json_t *row;
    size_t i, n = 0;

    table_columns(t, "claim|printed|model|simulation|verdict|tambo exp");
    json_array_foreach (rows, i, row) {
        if (strcmp(text_of(row, "kind"), kind) == 0) {
            add_row(t, row);
            n++;
        }
    }
    return n;
}

static void add_kind(const json_t *rows, const struct claims_kind *kind, struct text *out)
{
    struct table t = TABLE_INIT;

    if (claims_table(rows, kind->kind, &t)) {
        text_addf(out, "\n## %s\n%s\n\n", kind->heading, kind->sentence);
        table_to_markdown(&t, out);
    }
    table_fini(&t);
}

void claims_markdown(const json_t *rows, struct text *out)
{
    text_add(out,
             "# Claims\n\n"
             "What the sources say, what the models say, what the simulation shows. The rows are data: each belongs "
             "to an experiment\nin `experiments/scenarios/`, the last column. `tambo exp all --out DIR` runs them all, "
             "judges every row again and leaves\n`DIR/index.html`; `DIR/claims.json`, kept as `docs/claims.json`, is "
             "what the simulations said, and this page is printed by\n`tambo exp claims docs/claims.json`, which asks "
             "the models anew.\n\n"
             "\"Reproduced\": model and simulation agree with what is printed, the simulation by its 95 % interval. "
             "The thesis is\nG. Cuba and J. M. Becerra, *Diseño e implementación de un controlador SDN/OpenFlow para "
             "una red de campus académica*, PUCP,\nLima, 2015; the formal thesis is S. Castrillón Ospina, *Modelado y "
             "validación formal de una topología SDN/OpenFlow*,\nUniversidad de Antioquia, 2016; the slicing thesis "
             "is K. Giotis, NTUA, 2011; the mobility thesis is F. Pérez Gutierrez, UPC, 2017.\n");
    for (const struct claims_kind *k = claims_kinds; k->kind; k++) {
        add_kind(rows, k, out);
    }
}
