#include "experiments/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "experiments/claims.h"
#include "experiments/figures.h"
#include "experiments/json_out.h"

/* What trials have a model's value for (trial.c); the first two are compared when nothing is said. */
static const char *const modelled[] = {"occupancy_entries",
                                       "arrivals_per_s",
                                       "occupancy_var_entries2",
                                       "answered_frac",
                                       "core_arp_frac",
                                       "core_broadcast_frames",
                                       "core_entries_arp_proxy",
                                       "core_entries_clustering",
                                       "access_entries_arp_proxy",
                                       "access_entries_clustering",
                                       "access_timed_clustering",
                                       "access_entries_circuit_tree",
                                       "access_entries_logical_networks",
                                       "leased_frac",
                                       "leases_lost",
                                       "addresses",
                                       "before_bps",
                                       "after_bps",
                                       "apart_in_two_periods",
                                       "moves",
                                       "arrivals_in_all",
                                       "peak_entries",
                                       "peak_arrivals_per_s",
                                       "elephant_bytes_frac",
                                       "elephant_sessions_frac",
                                       "hurst_wavelet",
                                       "sources_on",
                                       "moves_per_s",
                                       "first_packets_of_moves_per_s",
                                       "control_up_bps",
                                       "control_down_bps",
                                       "control_links_bps",
                                       "control_worst_frac",
                                       "control_within_budget",
                                       "datagrams_lost",
                                       "unrepaired",
                                       "fault0_up_frac",
                                       "sojourn_s",
                                       "wait_s",
                                       "busy_frac",
                                       "mean_number",
                                       "p_block_frac"};

#define N_MODELLED (sizeof modelled / sizeof modelled[0])

uint64_t experiment_seed(const struct experiment *e, const struct experiment_point *point,
                         uint32_t r)
{
    uint64_t h = e->seed;

    if (!e->common_seeds) {
        h = hash_combine(h, hash_fnv(HASH_FNV_INIT, point->scenario.hash, 16));
    }
    return hash_combine(h, r) >> 16;
}

bool experiment_settle(struct experiment *e)
{
    struct stopping *rule = &e->stopping;
    bool named = rule->n_of > 0;

    rule->level_frac = e->level_frac;
    rule->at_least = e->replications;
    if (!(rule->frac > 0)) {
        rule->at_most = rule->at_least;
        return true;
    }
    if (!rule->at_most) {
        rule->at_most = rule->at_least < 5000 ? 20 * rule->at_least : 100000;
    }
    if (rule->at_most < rule->at_least) {
        rule->at_most = rule->at_least;
    }
    for (size_t i = 0; !named && i < e->n_compared; i++) {
        snprintf(rule->of[rule->n_of++], sizeof rule->of[0], "%s", e->compared[i]);
    }
    return rule->n_of > 0;
}

/* --- Points ------------------------------------------------------------------------------------- */

struct expansion {
    struct experiment *e;
    const char *file;
    const json_t *base;
    FILE *out;
    bool ok;
};

/* "hold_s" and 10 become "hold 10 s": the unit at the end of a key goes behind the number, and '_'
 * becomes a space. */
static void describe_number(char *out, size_t size, const char *key, const char *number)
{
    static const char *const units[] = {"_per_s", "_s", "_ms", "_us"};
    static const char *const shown[] = {" /s", " s", " ms", " µs"};
    const char *unit = "";
    size_t len = strlen(key);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i]);

        if (len > n && strcmp(key + len - n, units[i]) == 0) {
            len -= n;
            unit = shown[i];
            break;
        }
    }
    snprintf(out, size, "%.*s %s%s", (int)len, key, number, unit);
}

/* A point is named by what it changes, except how long it is measured: "uniform popularity, hold
 * 10 s". */
static void add_to_label(char *label, size_t size, const char *path, const json_t *value)
{
    const char *dot = strrchr(path, '.'), *key = dot ? dot + 1 : path;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));
    size_t len = strlen(label);
    char part[96];

    if (json_is_string(value)) {
        snprintf(part, sizeof part, "%s %s", json_string_value(value), key);
    } else {
        describe_number(part, sizeof part, key, text ? text : "");
    }
    for (char *p = part; *p; p++) {
        *p = *p == '_' ? ' ' : *p;
    }
    if (strncmp(path, "measure.", 8) != 0) {
        snprintf(label + len, size - len, "%s%s", len ? ", " : "", part);
    }
    free(text);
}

/* Sets the value at the dotted 'path'. */
static bool set_path(struct expansion *x, json_t *scenario, const char *path, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    size_t size = strlen(path) + strlen(text ? text : "") + 2;
    char *assignment = xcalloc(size, 1);
    bool ok;

    snprintf(assignment, size, "%s=%s", path, text ? text : "");
    ok = scenario_set(scenario, assignment, x->out);
    free(assignment);
    free(text);
    return ok;
}

size_t experiment_find_point(const struct experiment *e, const char *label)
{
    size_t i = 0;

    while (i < e->n_points && strcmp(e->points[i].label, label) != 0) {
        i++;
    }
    return i;
}

bool experiment_matches(const json_t *scenario, const json_t *wanted)
{
    const char *path;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)wanted, path, value) {
        const json_t *found = json_at(scenario, path);
        bool equal = json_is_number(value) ? json_is_number(found) && json_number_value(found) ==
                                                                          json_number_value(value)
                                           : json_equal(found, value);

        if (!equal) {
            return false;
        }
    }
    return true;
}

static void add_point(struct expansion *x, const json_t *choice)
{
    struct experiment *e = x->e;
    struct experiment_point point = {0};
    json_t *scenario = json_deep_copy(x->base), *value;
    const char *path;
    char name[512];
    bool ok = true;

    json_object_foreach ((json_t *)(uintptr_t)choice, path, value) {
        ok = ok && set_path(x, scenario, path, value);
        add_to_label(point.label, sizeof point.label, path, value);
    }
    snprintf(name, sizeof name, "%s, point \"%s\"", x->file, point.label);
    ok = ok && scenario_from_json(name, scenario, &point.scenario, x->out);
    json_decref(scenario);
    if (ok && experiment_find_point(e, point.label) < e->n_points) {
        fprintf(x->out,
                "%s: two points have this name; points must differ in more than \"measure\"\n",
                name);
        scenario_fini(&point.scenario);
        ok = false;
    }
    if (!ok) {
        x->ok = false;
        return;
    }
    e->points = xreallocarray(e->points, e->n_points + 1, sizeof *e->points);
    e->points[e->n_points++] = point;
}

/* Replaces the first array in 'choice' by each of its values in turn, until none is left. */
static void expand(struct expansion *x, const json_t *choice)
{
    const char *path;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)choice, path, value) {
        size_t i;
        json_t *one;

        if (!json_is_array(value)) {
            continue;
        }
        json_array_foreach (value, i, one) {
            json_t *narrowed = json_copy((json_t *)(uintptr_t)choice);

            json_object_set(narrowed, path, one);
            expand(x, narrowed);
            json_decref(narrowed);
        }
        return;
    }
    add_point(x, choice);
}

static void expand_all(struct expansion *x)
{
    const json_t *points = json_object_get(x->e->source, "points");
    const json_t *sweep = json_object_get(x->e->source, "sweep");
    size_t i;
    json_t *choice;

    x->base = json_object_get(x->e->source, "base");
    json_array_foreach ((json_t *)(uintptr_t)points, i, choice) {
        expand(x, choice);
    }
    if (sweep) {
        expand(x, sweep);
    }
}

/* --- The file ----------------------------------------------------------------------------------- */

static void read_text(struct conf_node *root, const char *key, char *out, size_t size)
{
    const char *text;

    if (conf_text(root, key, &text)) {
        snprintf(out, size, "%s", text);
        if (strlen(text) >= size) {
            conf_complain(conf_get(root, key), "at most %zu bytes", size - 1);
        }
    }
}

static void read_texts(struct conf_node *root, struct experiment *e)
{
    if (conf_need(root, "experiment", "the experiment's name")) {
        read_text(root, "experiment", e->name, sizeof e->name);
    }
    snprintf(e->title, sizeof e->title, "%s", e->name);
    read_text(root, "title", e->title, sizeof e->title);
    read_text(root, "about", e->about, sizeof e->about);
}

static void read_model(struct conf_node *o, struct experiment_model *m)
{
    if (conf_need(o, "quantity", "a metric")) {
        read_text(o, "quantity", m->quantity, sizeof m->quantity);
    }
    derived_read(o, &m->from);
    conf_object(o, "when");
    conf_done(o);
}

static void read_models(struct conf_node *root, struct experiment *e)
{
    struct conf_node *list = conf_array(root, "models");
    const json_t *sources = json_object_get(e->source, "models");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        struct experiment_model *m = &e->models[e->n_models];

        if (e->n_models == EXPERIMENT_MAX_MODELS) {
            conf_complain(v, "at most %d models", EXPERIMENT_MAX_MODELS);
            return;
        }
        if (conf_as_object(v)) {
            read_model(v, m);
            m->when = json_object_get(json_array_get(sources, e->n_models++), "when");
        }
    }
}

static void compare_also(struct experiment *e, const char *key)
{
    for (size_t i = 0; i < e->n_compared; i++) {
        if (strcmp(e->compared[i], key) == 0) {
            return;
        }
    }
    if (e->n_compared < EXPERIMENT_MAX_COMPARED) {
        snprintf(e->compared[e->n_compared++], sizeof e->compared[0], "%s", key);
    }
}

/* What there is a model for: those that are built in, and the experiment's own. */
static size_t list_modelled(const struct experiment *e,
                            const char *out[N_MODELLED + EXPERIMENT_MAX_MODELS])
{
    size_t n = 0;

    for (size_t i = 0; i < N_MODELLED; i++) {
        out[n++] = modelled[i];
    }
    for (size_t i = 0; i < e->n_models; i++) {
        out[n++] = e->models[i].quantity;
    }
    return n;
}

static void read_compared(struct conf_node *root, struct experiment *e)
{
    struct conf_node *list = conf_array(root, "compare");
    const char *known[N_MODELLED + EXPERIMENT_MAX_MODELS];
    size_t n = list_modelled(e, known);

    for (size_t i = 0; !list && i < n; i += i == 1 ? N_MODELLED - 1 : 1) {
        compare_also(e, known[i]);
    }
    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        unsigned key;

        if (e->n_compared == EXPERIMENT_MAX_COMPARED) {
            conf_complain(v, "at most %d quantities", EXPERIMENT_MAX_COMPARED);
            return;
        }
        if (conf_as_choice(v, known, n, &key)) {
            compare_also(e, known[key]);
        }
    }
}

/* The base must be a sound scenario by itself, so that its mistakes are told once and in place. Trials of a command
 * that takes no seed do not differ. */
static void read_base(struct conf_node *root, struct experiment *e)
{
    struct scenario base;

    if (!conf_get(root, "base")) {
        return;
    }
    scenario_from_node(conf_object(root, "base"), &base);
    if (base.kind == SCENARIO_COMMAND && !base.command.seeded) {
        e->replications = 1;
    }
    scenario_fini(&base);
}

/* An object whose keys are paths; its values are checked where they are set. */
static void check_paths(struct conf_node *o)
{
    for (struct conf_node *member = conf_first(o); member; member = conf_next(member)) {
        conf_key(member);
    }
}

/* What is no measure would be part of the points' names. */
static void check_quick(struct conf_node *o)
{
    for (struct conf_node *member = conf_first(o); member; member = conf_next(member)) {
        if (strncmp(conf_key(member), "measure.", 8) != 0) {
            conf_complain(member, "only keys of \"measure\" can be quicker");
        }
    }
}

static void check_points(struct conf_node *root)
{
    struct conf_node *list = conf_array(root, "points"), *sweep = conf_object(root, "sweep");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (conf_as_object(v)) {
            check_paths(v);
        }
    }
    check_paths(sweep);
    check_quick(conf_object(root, "quick"));
    if (list && !conf_size(list)) {
        conf_complain(list, "expected at least one object");
    }
    if (conf_get(root, "base") && !list && !sweep) {
        conf_complain(root, "expected \"points\" or \"sweep\" beside \"base\"");
    }
    if (!conf_get(root, "base") && (list || sweep || !conf_get(root, "claims"))) {
        conf_complain(root, "expected \"base\", a scenario; only claims can be without");
    }
}

/* Writes into the experiment itself what it wants when it is quick, so that the copy in the folder of the results is
 * what was run. */
static void hasten(struct experiment *e)
{
    json_t *quick = json_object_get(e->source, "quick"), *choice;
    size_t i;

    e->replications = e->replications > 2 ? 2 : e->replications;
    json_put(e->source, "replications", json_integer(e->replications));
    json_array_foreach (json_object_get(e->source, "points"), i, choice) {
        json_object_update(choice, quick);
    }
    json_object_update(json_object_get(e->source, "sweep"), quick);
    json_object_del(e->source, "quick");
    json_object_del(e->source, "precision");
    e->stopping.frac = 0;
    experiment_settle(e);
}

static void read_experiment(struct conf_node *root, struct experiment *e)
{
    static const char *const seeds[] = {"own", "common"};
    unsigned common = 0;
    int64_t seed;

    read_texts(root, e);
    conf_u32(root, "replications", 1, 100000, &e->replications);
    if (conf_int(root, "seed", 0, INT64_MAX, &seed)) {
        e->seed = (uint64_t)seed;
    }
    conf_choice(root, "seeds", seeds, 2, &common);
    e->common_seeds = common;
    conf_real(root, "tolerance_frac", 0, 1, &e->tolerance_frac);
    conf_bool(root, "alone", &e->alone);
    conf_real(root, "level_frac", 0.5, 0.999999, &e->level_frac);
    read_models(root, e);
    read_compared(root, e);
    stopping_read(root, &e->stopping);
    if (!experiment_settle(e)) {
        conf_complain(root, "precision.of: nothing is compared, so quantities must be named");
    }
    read_base(root, e);
    check_points(root);
    figures_read(root, e);
    claims_read(root);
    conf_done(root);
}

void experiment_replicate(struct experiment *e, uint32_t replications)
{
    const struct scenario *first = e->n_points ? &e->points[0].scenario : NULL;

    if (!first || (first->kind == SCENARIO_COMMAND && !first->command.seeded)) {
        return;
    }
    e->replications = replications;
    json_put(e->source, "replications", json_integer(replications));
    if (!json_object_get(json_object_get(e->source, "precision"), "at_most")) {
        e->stopping.at_most = 0;
    }
    experiment_settle(e);
}

static const struct builtin *find_builtin(const char *name)
{
    for (size_t i = 0; i < n_builtins; i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return &builtins[i];
        }
    }
    return NULL;
}

bool experiment_load(const char *name, bool quick, struct experiment *e, FILE *out)
{
    const struct builtin *b = find_builtin(name);
    struct conf_doc *doc = b ? conf_doc_parse(name, b->text, strlen(b->text)) : conf_doc_read(name);
    struct conf_node *root = conf_doc_root(doc);
    struct expansion x = {.e = e, .file = name, .out = out, .ok = true};

    *e = (struct experiment){
        .replications = 10, .seed = 1, .tolerance_frac = 0.01, .level_frac = 0.95};
    if (root) {
        e->source = json_deep_copy(conf_doc_json(doc));
        read_experiment(root, e);
    }
    x.ok = !conf_doc_n_complaints(doc);
    conf_doc_print(doc, out);
    conf_doc_free(doc);
    if (x.ok) {
        quick ? hasten(e) : (void)0;
        expand_all(&x);
    }
    if (x.ok) {
        figures_complete(e);
        x.ok = claims_find_points(e, name, out);
    }
    if (!x.ok) {
        experiment_fini(e);
    }
    return x.ok;
}

void experiment_fini(struct experiment *e)
{
    for (size_t i = 0; i < e->n_points; i++) {
        scenario_fini(&e->points[i].scenario);
    }
    free(e->points);
    json_decref(e->source);
    *e = (struct experiment){0};
}
