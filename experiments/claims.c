#include "experiments/claims.h"

#include <math.h>
#include <string.h>

#include "experiments/json_out.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const kinds[] = {"claim", "erratum", "finding"};
static const char *const relations[] = {"equal", "at_most", "at_least"};
static const char *const verdicts[] = {"reproduced", "within", "contradicted"};

/* --- Reading ------------------------------------------------------------------------------------ */

static bool need_text(struct conf_node *o, const char *key, const char *what)
{
    const char *text;

    return conf_need(o, key, what) && conf_text(o, key, &text);
}

/* A number, a text, a command, or a metric of a point. */
static void check_number(struct conf_node *claim, const char *key)
{
    struct conf_node *v = conf_get(claim, key);
    struct derived d;
    double scale;

    if (!v || conf_is_text(v) || conf_is_number(v)) {
        return;
    }
    if (!conf_is_object(v)) {
        conf_complain(v, "expected a number, a text, {\"run\", \"get\"} or {\"point\", \"get\"}");
        return;
    }
    if (conf_get(v, "point")) {
        need_text(v, "point", "the name of a point");
        need_text(v, "get", "a metric of the point");
        conf_real(v, "scale", -1e12, 1e12, &scale);
    } else {
        derived_read(v, &d);
    }
    conf_done(v);
}

static void check_claim(struct conf_node *o)
{
    unsigned kind, relation, verdict = 0;
    double frac;
    const char *text;
    uint32_t digits;

    need_text(o, "id", "a name");
    if (conf_need(o, "kind", "\"claim\", \"erratum\" or \"finding\"")) {
        conf_choice(o, "kind", kinds, COUNT(kinds), &kind);
    }
    need_text(o, "source", "where it is printed or found");
    need_text(o, "says", "a sentence");
    conf_text(o, "unit", &text);
    check_number(o, "printed");
    check_number(o, "model");
    check_number(o, "simulated");
    conf_u32(o, "digits", 1, 15, &digits);
    conf_choice(o, "relation", relations, COUNT(relations), &relation);
    conf_real(o, "tolerance_frac", 0, 1, &frac);
    conf_real(o, "within_frac", 0, 10, &frac);
    if (conf_need(o, "verdict", "\"reproduced\", \"within\" or \"contradicted\"")) {
        conf_choice(o, "verdict", verdicts, COUNT(verdicts), &verdict);
    }
    if (verdict != 0) {
        conf_need(o, "why", "why it is not simply reproduced");
    }
    conf_text(o, "why", &text);
    if (!conf_get(o, "printed") + !conf_get(o, "model") + !conf_get(o, "simulated") > 1) {
        conf_complain(o, "expected two of \"printed\", \"model\" and \"simulated\"");
    }
    conf_done(o);
}

void claims_read(struct conf_node *root)
{
    struct conf_node *list = conf_array(root, "claims");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (conf_as_object(v)) {
            check_claim(v);
        }
    }
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static bool find_point(const struct experiment *e, const char *file, const json_t *claim,
                       const char *key, FILE *out)
{
    const char *label = json_string_value(json_object_get(json_object_get(claim, key), "point"));

    if (!label || experiment_find_point(e, label) < e->n_points) {
        return true;
    }
    fprintf(out, "%s: claim \"%s\": %s.point: no point is called \"%s\"; there are", file,
            text_of(claim, "id"), key, label);
    for (size_t i = 0; i < e->n_points; i++) {
        fprintf(out, "%s \"%s\"", i ? "," : "", e->points[i].label);
    }
    fprintf(out, "\n");
    return false;
}

bool claims_find_points(const struct experiment *e, const char *file, FILE *out)
{
    json_t *claim;
    bool ok = true;
    size_t i;

    json_array_foreach (json_object_get(e->source, "claims"), i, claim) {
        ok = find_point(e, file, claim, "model", out) && ok;
        ok = find_point(e, file, claim, "simulated", out) && ok;
    }
    return ok;
}

/* --- Values ------------------------------------------------------------------------------------- */

/* A value of a claim, found. */
struct number {
    bool wanted, found; /* The claim asks for it; there is a number. */
    double mean, half_width;
    size_t n;
};

static double scale_of(const json_t *v)
{
    const json_t *scale = json_object_get(v, "scale");

    return scale ? json_number_value(scale) : 1;
}

static struct number ask(const json_t *v, char *error, size_t size)
{
    struct derived d = {.scale = scale_of(v)};
    struct number x = {.wanted = true};

    snprintf(d.run, sizeof d.run, "%s", text_of(v, "run"));
    snprintf(d.get, sizeof d.get, "%s", text_of(v, "get"));
    x.found = derived_value(&d, NULL, NULL, &x.mean, error, size);
    return x;
}

static struct number look_up(const json_t *v, const json_t *measured, char *error, size_t size)
{
    const json_t *point = json_object_get(measured, text_of(v, "point"));
    const json_t *s = json_object_get(point, text_of(v, "get"));
    struct number x = {.wanted = true, .found = json_is_number(json_object_get(s, "mean"))};

    x.mean = json_number_value(json_object_get(s, "mean")) * scale_of(v);
    x.half_width = fabs(json_number_value(json_object_get(s, "half_width")) * scale_of(v));
    x.n = (size_t)json_integer_value(json_object_get(s, "n"));
    if (!x.found) {
        snprintf(error, size, "nothing is measured of %s at \"%s\"", text_of(v, "get"),
                 text_of(v, "point"));
    }
    return x;
}

static struct number evaluate(const json_t *v, const json_t *measured, char *error, size_t size)
{
    if (json_is_number(v)) {
        return (struct number){.wanted = true, .found = true, .mean = json_number_value(v)};
    }
    if (json_object_get(v, "point")) {
        return look_up(v, measured, error, size);
    }
    return json_is_object(v) ? ask(v, error, size) : (struct number){0};
}

/* --- Verdicts ----------------------------------------------------------------------------------- */

enum verdict {
    REPRODUCED,
    WITHIN,
    UNDECIDED, /* The interval is too wide to tell. */
    CONTRADICTED,
    UNMEASURED,
};
static const char *const verdict_names[] = {"reproduced", "within", "undecided", "contradicted",
                                            "unmeasured"};

struct measure {
    const char *relation;
    double tolerance_frac, within_frac;
};

static struct measure measure_of(const json_t *claim)
{
    const json_t *tolerance = json_object_get(claim, "tolerance_frac");
    const json_t *within = json_object_get(claim, "within_frac");

    return (struct measure){text_of(claim, "relation"),
                            tolerance ? json_number_value(tolerance) : 0.001,
                            within ? json_number_value(within) : 0.02};
}

/* How far 'x' is off, relative to 'reference', in the direction that counts. */
static double difference(const struct number *x, const struct number *reference,
                         const struct measure *m)
{
    double d = x->mean - reference->mean;

    d = reference->mean != 0.0 ? d / fabs(reference->mean) : d;
    if (strcmp(m->relation, "at_most") == 0) {
        return fmax(d, 0);
    }
    return strcmp(m->relation, "at_least") == 0 ? fmin(d, 0) : d;
}

/* Of a bound: the whole interval must keep it. */
static bool is_clear(const struct number *x, const struct number *reference,
                     const struct measure *m)
{
    bool at_most = strcmp(m->relation, "at_most") == 0;
    struct number end = *x;

    if (!at_most && strcmp(m->relation, "at_least") != 0) {
        return true;
    }
    end.mean += at_most ? x->half_width : -x->half_width;
    return fabs(difference(&end, reference, m)) <= m->tolerance_frac;
}

static enum verdict judge(const struct number *x, const struct number *reference,
                          const struct measure *m, double *off)
{
    double d = difference(x, reference, m), wide = x->half_width;

    *off = d;
    wide = reference->mean != 0.0 ? wide / fabs(reference->mean) : wide;
    if (fabs(d) <= m->tolerance_frac) {
        return is_clear(x, reference, m) ? REPRODUCED : UNDECIDED;
    }
    if (fabs(d) <= wide) {
        return wide <= fmax(m->within_frac, m->tolerance_frac) ? REPRODUCED : UNDECIDED;
    }
    return fabs(d) <= m->within_frac ? WITHIN : CONTRADICTED;
}

struct judged {
    enum verdict verdict;
    double off;
};

static struct judged worse(struct judged a, struct judged b)
{
    return b.verdict > a.verdict || (b.verdict == a.verdict && fabs(b.off) > fabs(a.off)) ? b : a;
}

static enum verdict expected_of(const json_t *claim)
{
    for (size_t i = 0; i < COUNT(verdict_names); i++) {
        if (strcmp(text_of(claim, "verdict"), verdict_names[i]) == 0) {
            return (enum verdict)i;
        }
    }
    return UNMEASURED;
}

static struct judged judge_claim(const json_t *claim, const struct number *printed,
                                 const struct number *model, const struct number *simulated)
{
    const struct number *reference = printed->wanted ? printed : model;
    struct measure m = measure_of(claim);
    struct judged all = {REPRODUCED, 0};
    bool against = false;

    if ((model->wanted && !model->found) || (simulated->wanted && !simulated->found)) {
        return (struct judged){UNMEASURED, 0};
    }
    for (int i = 0; i < 2; i++) {
        const struct number *x = i ? simulated : model;
        struct judged one;

        if (reference->found && x->found && x != reference) {
            one.verdict = judge(x, reference, &m, &one.off);
            all = against ? worse(all, one) : one;
            against = true;
        }
    }
    return against ? all : (struct judged){expected_of(claim), 0};
}

static json_t *number_to_json(const json_t *v, const struct number *x)
{
    if (x->found) {
        return json_number(x->mean);
    }
    return json_is_string(v) ? json_incref((json_t *)(uintptr_t)v) : json_null();
}

static json_t *simulated_to_json(const json_t *v, const struct number *x)
{
    if (!x->found) {
        return number_to_json(v, x);
    }
    return json_pack("{s:f, s:f, s:I}", "mean", x->mean, "half_width", x->half_width, "n",
                     (json_int_t)x->n);
}

static bool is_good(enum verdict v)
{
    return v == REPRODUCED || v == WITHIN;
}

static json_t *judge_row(const struct experiment *e, const json_t *claim, const json_t *measured)
{
    static const char *const copied[] = {"id", "kind", "says", "source", "unit", "digits", "why"};
    const json_t *p = json_object_get(claim, "printed"), *m = json_object_get(claim, "model");
    const json_t *s = json_object_get(claim, "simulated");
    char error[512] = "";
    struct number printed = evaluate(p, measured, error, sizeof error);
    struct number model = evaluate(m, measured, error, sizeof error);
    struct number simulated = evaluate(s, measured, error, sizeof error);
    struct judged judged = judge_claim(claim, &printed, &model, &simulated);
    json_t *row = json_object();

    for (size_t i = 0; i < COUNT(copied); i++) {
        const json_t *v = json_object_get(claim, copied[i]);

        if (v) {
            json_object_set(row, copied[i], (json_t *)(uintptr_t)v);
        }
    }
    json_put(row, "experiment", json_string(e->name));
    json_put(row, "printed", number_to_json(p, &printed));
    json_put(row, "model", number_to_json(m, &model));
    json_put(row, "model_by", json_string(text_of(m, "run")));
    json_put(row, "simulated", simulated_to_json(s, &simulated));
    json_put(row, "point", json_string(text_of(s, "point")));
    json_put(row, "difference_frac", json_number(judged.off));
    json_put(row, "expected", json_string(text_of(claim, "verdict")));
    json_put(row, "verdict", json_string(verdict_names[judged.verdict]));
    json_put(row, "as_expected", json_boolean(is_good(judged.verdict) ? is_good(expected_of(claim))
                                               : judged.verdict == expected_of(claim)));
    json_put(row, "error", json_string(error));
    return row;
}

json_t *claims_judge(const struct experiment *e, const json_t *measured)
{
    json_t *rows = json_array(), *claim;
    size_t i;

    json_array_foreach (json_object_get(e->source, "claims"), i, claim) {
        json_array_append_new(rows, judge_row(e, claim, measured));
    }
    return rows;
}

static void keep(const json_t *v, const json_t *measured, json_t *out)
{
    const char *point = text_of(v, "point"), *key = text_of(v, "get");
    const json_t *s = json_object_get(json_object_get(measured, point), key);

    if (s && !json_object_get(out, point)) {
        json_put(out, point, json_object());
    }
    if (s) {
        json_object_set(json_object_get(out, point), key, (json_t *)(uintptr_t)s);
    }
}

json_t *claims_used(const struct experiment *e, const json_t *measured)
{
    json_t *out = json_object(), *claim;
    size_t i;

    json_array_foreach (json_object_get(e->source, "claims"), i, claim) {
        keep(json_object_get(claim, "model"), measured, out);
        keep(json_object_get(claim, "simulated"), measured, out);
    }
    return out;
}

bool claims_hold(const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach (rows, i, row) {
        if (strcmp(text_of(row, "expected"), "contradicted") != 0 &&
            strcmp(text_of(row, "verdict"), "reproduced") != 0 &&
            strcmp(text_of(row, "verdict"), "within") != 0) {
            return false;
        }
    }
    return true;
}
