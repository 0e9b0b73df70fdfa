/* The section "faults" of a scenario: reading and writing. */
#include <math.h>
#include <string.h>

#include "experiments/fault_scenario.h"
#include "experiments/json_out.h"

static const char *const classes[] = {"one", "all", "trunk", "edge"};
static const char *const laws[] = {"exponential", "deterministic", "pareto", "lognormal"};

#define MAX_S 1e9

static bool is_about_links(enum fault_kind kind)
{
    return kind == FAULT_LINK || kind == FAULT_FIBRE;
}

static bool is_about_the_controller(enum fault_kind kind)
{
    return kind == FAULT_STALL || kind == FAULT_RESTART || kind == FAULT_CUT_OFF;
}

/* --- Reading ------------------------------------------------------------------------------------ */

static void read_between(struct conf_node *o, struct fault_spec *f)
{
    struct conf_node *list = conf_array(o, "between");
    const char *ends[2] = {"", ""};
    size_t n = 0;

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v), n++) {
        if (n < 2) {
            conf_as_text(v, &ends[n]);
        }
    }
    if (list && n != 2) {
        conf_complain(list, "expected the names of two nodes");
    }
    snprintf(f->a, sizeof f->a, "%s", ends[0]);
    snprintf(f->b, sizeof f->b, "%s", ends[1]);
}

static void read_ports(struct conf_node *o, struct fault_spec *f)
{
    struct conf_node *list = conf_array(o, "ports");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        int64_t port;

        if (f->n_ports == FAULT_MAX_PORTS) {
            conf_complain(v, "at most %d ports", FAULT_MAX_PORTS);
            return;
        }
        if (conf_as_int(v, 1, 65279, &port)) {
            f->ports[f->n_ports++] = (port_no_t)port;
        }
    }
    if (f->n_ports == 0) {
        conf_complain(o, "a line card needs \"ports\", a list of numbers");
    }
}

/* Who it is about. */
static void read_target(struct conf_node *o, struct fault_spec *f)
{
    const char *name;
    unsigned of = FAULT_ONE;

    if (is_about_the_controller(f->kind)) {
        conf_get(o, "of"); /* The first controller: allowed, so that kinds can be varied. */
        return;
    }
    if (conf_choice(o, "of", classes, 4, &of) && of > FAULT_ALL && !is_about_links(f->kind)) {
        conf_complain(o, "\"trunk\" and \"edge\" are classes of links");
    }
    f->of = (enum fault_class)of;
    if (f->of != FAULT_ONE) {
        return;
    }
    if (is_about_links(f->kind)) {
        if (conf_need(o, "between", "the names of two nodes, or \"of\", a class")) {
            read_between(o, f);
        }
    } else if (conf_need(o, "switch", "the name of a switch, or \"of\": \"all\"") &&
               conf_text(o, "switch", &name)) {
        snprintf(f->a, sizeof f->a, "%s", name);
    }
}

static void read_random(struct conf_node *o, struct fault_spec *f)
{
    unsigned up = DURATION_EXPONENTIAL, down = DURATION_EXPONENTIAL;

    f->up_shape = f->down_shape = 1.5;
    f->is_random = conf_real(o, "mtbf_s", 1e-6, MAX_S, &f->mtbf_s);
    if (!f->is_random) {
        return;
    }
    if (conf_need(o, "mttr_s", "the mean time to repair")) {
        conf_real(o, "mttr_s", 1e-6, MAX_S, &f->mttr_s);
    }
    conf_choice(o, "up_law", laws, 4, &up);
    conf_choice(o, "down_law", laws, 4, &down);
    conf_real(o, "up_shape", 0, 100, &f->up_shape);
    conf_real(o, "down_shape", 0, 100, &f->down_shape);
    f->up_law = (enum duration_kind)up;
    f->down_law = (enum duration_kind)down;
}

static void read_fault(struct conf_node *o, struct fault_spec *f)
{
    unsigned kind = FAULT_LINK;
    double delay_ms;

    *f = (struct fault_spec){.for_s = INFINITY};
    if (conf_need(o, "kind", "what fails")) {
        conf_choice(o, "kind", fault_kind_names, FAULT_N_KINDS, &kind);
    }
    f->kind = (enum fault_kind)kind;
    read_target(o, f);
    if (f->kind == FAULT_LINE_CARD) {
        read_ports(o, f);
    }
    if (f->kind == FAULT_DELAY && conf_need(o, "delay_ms", "by how much messages are later") &&
        conf_real(o, "delay_ms", 0, 1e9, &delay_ms)) {
        f->more_delay_s = delay_ms / 1e3;
    }
    conf_real(o, "at_s", 0, MAX_S, &f->at_s);
    read_random(o, f);
    if (!f->is_random) {
        conf_real(o, "for_s", 0, MAX_S, &f->for_s);
    }
    conf_done(o);
}

void faults_read(struct conf_node *root, struct fault_specs *faults)
{
    struct conf_node *one = conf_object(root, "fault"), *list = conf_array(root, "faults");

    if (one) {
        read_fault(one, &faults->list[faults->n++]);
    }

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (faults->n == FAULT_MAX_SPECS) {
            conf_complain(v, "at most %d faults", FAULT_MAX_SPECS);
            return;
        }
        if (conf_as_object(v)) {
            read_fault(v, &faults->list[faults->n++]);
        }
    }
}

/* --- Writing ------------------------------------------------------------------------------------ */

static void put_target(const struct fault_spec *f, json_t *o)
{
    json_t *ports;

    if (f->of != FAULT_ONE) {
        json_put(o, "of", json_string(classes[f->of]));
    } else if (is_about_links(f->kind)) {
        json_put(o, "between", json_pack("[s, s]", f->a, f->b));
    } else if (!is_about_the_controller(f->kind)) {
        json_put(o, "switch", json_string(f->a));
    }
    if (f->n_ports) {
        ports = json_array();
        for (uint32_t i = 0; i < f->n_ports; i++) {
            json_array_append_new(ports, json_integer(f->ports[i]));
        }
        json_put(o, "ports", ports);
    }
}

static json_t *fault_to_json(const struct fault_spec *f)
{
    json_t *o = json_pack("{s:s, s:f}", "kind", fault_kind_names[f->kind], "at_s", f->at_s);

    put_target(f, o);
    if (f->kind == FAULT_DELAY) {
        json_put(o, "delay_ms", json_real(f->more_delay_s * 1e3));
    }
    if (f->is_random) {
        json_put(o, "mtbf_s", json_real(f->mtbf_s));
        json_put(o, "mttr_s", json_real(f->mttr_s));
        json_put(o, "up_law", json_string(laws[f->up_law]));
        json_put(o, "down_law", json_string(laws[f->down_law]));
        json_put(o, "up_shape", json_real(f->up_shape));
        json_put(o, "down_shape", json_real(f->down_shape));
    } else if (isfinite(f->for_s)) {
        json_put(o, "for_s", json_real(f->for_s));
    }
    return o;
}

json_t *faults_to_json(const struct fault_specs *faults)
{
    json_t *list = json_array();

    for (size_t i = 0; i < faults->n; i++) {
        json_array_append_new(list, fault_to_json(&faults->list[i]));
    }
    return list;
}

/* --- Results ------------------------------------------------------------------------------------ */

static void put_of(json_t *o, size_t i, const char *quantity, double value)
{
    char key[64];

    snprintf(key, sizeof key, "fault%zu_%s", i, quantity);
    json_put(o, key, json_number(value));
}

void faults_totals_put(json_t *metrics, json_t *model, const struct fault_stats stats[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct fault_stats *s = &stats[i];

        put_of(metrics, i, "begun", (double)s->n_begun);
        put_of(metrics, i, "down_s", s->down_s);
        if (s->expected_frac > 0) {
            put_of(metrics, i, "up_frac", s->watched_s > 0 ? 1 - s->down_s / s->watched_s : 1);
            put_of(model, i, "up_frac", s->expected_frac);
        }
    }
}
