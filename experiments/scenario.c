#include "experiments/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/channel_scenario.h"
#include "experiments/elephant_scenario.h"
#include "experiments/fault_scenario.h"
#include "experiments/hardware_scenario.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/ping_scenario.h"
#include "experiments/traffic_scenario.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const kinds[] = {"campus", "pings", "elephants", "faults", "command"};
static const char *const hold_laws[] = {"exponential", "fixed", "per-entry"};
static const char *const service_laws[] = {"exponential", "deterministic", "empirical"};
static const char *const policies[] = {"fixed", "random", "threshold"};
static const char *const starts[] = {"empty", "steady"};
static const char *const versions[] = {"1.0", "1.3", "1.4", "1.5"};
static const uint32_t version_bits[] = {1u << OF_VERSION_1_0, 1u << OF_VERSION_1_3,
                                        1u << OF_VERSION_1_4, 1u << OF_VERSION_1_5};

void scenario_fini(struct scenario *s)
{
    free(s->samples_s);
    s->samples_s = NULL;
    traffic_lists_fini(&s->traffic);
    command_scenario_fini(&s->command);
}

/* --- Reading ------------------------------------------------------------------------------------ */

static void read_topology(struct conf_node *root, struct campus_params *p)
{
    struct conf_node *o = conf_object(root, "topology");

    conf_u32(o, "access", 1, 65535, &p->n_access);
    conf_u32(o, "core", 0, 4096, &p->n_core);
    conf_u32(o, "hosts", 1, 65535, &p->hosts_per_access);
    links_read_wire(conf_object(o, "edge"), &p->edge);
    links_read_wire(conf_object(o, "trunk"), &p->trunk);
    conf_done(o);
}

void scenario_read_versions(struct conf_node *o, uint32_t *bits)
{
    struct conf_node *list = conf_array(o, "versions");

    if (!list) {
        return;
    }
    *bits = 0;
    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        unsigned i;

        if (conf_as_choice(v, versions, COUNT(versions), &i)) {
            *bits |= version_bits[i];
        }
    }
    if (!*bits) {
        conf_complain(list, "expected at least one of \"1.0\", \"1.3\", \"1.4\", \"1.5\"");
    }
}

static void read_switch(struct conf_node *root, struct campus_params *p)
{
    struct conf_node *o = conf_object(root, "switch");
    unsigned law = p->hold_law;

    hardware_read(o, &p->hw, &p->tcam_entries);
    conf_choice(o, "hold_law", hold_laws, COUNT(hold_laws), &law);
    p->hold_law = (enum hold_law)law;
    scenario_read_versions(o, &p->versions);
    conf_done(o);
}

static void read_holding(struct conf_node *controller, struct holding_time_settings *h)
{
    struct conf_node *o = conf_object(controller, "holding");
    unsigned policy = h->policy;
    uint32_t short_s = h->short_s;
    double replan_s, memory_s;

    conf_choice(o, "policy", policies, COUNT(policies), &policy);
    h->policy = policy;
    conf_u32(o, "budget", 1, 100000000, &h->budget);
    conf_u32(o, "short_s", 1, 65535, &short_s);
    h->short_s = (uint16_t)short_s;
    conf_u32(o, "keep_factor", 1, 1000, &h->keep_factor);
    conf_u32(o, "hysteresis_percent", 0, 99, &h->hysteresis_percent);
    conf_u32(o, "weight", 1, 1000000, &h->weight);
    if (conf_real(o, "replan_s", 1, 86400, &replan_s)) {
        h->replan_ns = ns_from_s(replan_s);
    }
    if (conf_real(o, "memory_s", 1, 31536000, &memory_s)) {
        h->memory_ns = ns_from_s(memory_s);
    }
    conf_done(o);
}

static void read_controller(struct conf_node *root, struct scenario *s)
{
    struct station_params *st = &s->params.channel.station;
    struct conf_node *o = conf_object(root, "controller");
    uint32_t hold_s = s->params.clustering.hold_s;
    unsigned law = st->law;
    bool core = true;

    conf_bool(o, "core", &core);
    s->params.no_core = !core;
    conf_u32(o, "hold_s", 1, 65535, &hold_s);
    s->params.clustering.hold_s = (uint16_t)hold_s;
    read_holding(o, &s->params.holding);
    conf_choice(o, "law", service_laws, COUNT(service_laws), &law);
    st->law = (enum service_law)law;
    conf_real(o, "rate_per_s", 0, 1e12, &st->rate_per_s);
    conf_u32(o, "capacity", 0, UINT32_MAX, &st->capacity);
    standby_read(o, &s->params.standby);
    st->n_samples = scenario_read_list(o, "samples_s", 0, &s->samples_s);
    st->samples_s = s->samples_s;
    if (o && st->law == SERVICE_EMPIRICAL && !st->n_samples) {
        conf_complain(o, "the law \"empirical\" needs \"samples_s\", a list of service times");
    }
    conf_done(o);
}

static void read_measure(struct conf_node *root, struct campus_params *p)
{
    struct conf_node *o = conf_object(root, "measure");
    unsigned start = p->steady;

    conf_choice(o, "start", starts, COUNT(starts), &start);
    p->steady = start;
    conf_real(o, "warmup_s", 0, 1e9, &p->warmup_s);
    conf_real(o, "duration_s", 0, 1e9, &p->duration_s);
    conf_u32(o, "histogram", 0, 1000000, &p->hist_size);
    conf_real(o, "bin_s", 0, 1e9, &p->bin_s);
    conf_done(o);
}

static void read_seed(struct conf_node *root, struct campus_params *p)
{
    int64_t seed;

    if (conf_int(root, "seed", 0, INT64_MAX, &seed)) {
        p->seed = (uint64_t)seed;
    }
}

static void read_campus(struct conf_node *root, struct scenario *s)
{
    read_topology(root, &s->params);
    links_read(root, &s->params.links);
    faults_read(root, &s->params.faults);
    read_switch(root, &s->params);
    read_controller(root, s);
    channel_read(root, &s->params.channel);
    traffic_read(root, &s->params, &s->traffic);
    read_measure(root, &s->params);
}

void scenario_from_node(struct conf_node *root, struct scenario *s)
{
    const char *name;
    unsigned kind = SCENARIO_CAMPUS;

    *s = (struct scenario){.name = "unnamed",
                           .params = campus_params_default(),
                           .pings = ping_scenario_default(),
                           .elephants = elephant_pair_default(),
                           .faults = fault_scenario_default()};
    conf_choice(root, "kind", kinds, COUNT(kinds), &kind);
    s->kind = (enum scenario_kind)kind;
    if (conf_text(root, "name", &name)) {
        snprintf(s->name, sizeof s->name, "%s", name);
        if (strlen(name) >= sizeof s->name) {
            conf_complain(conf_get(root, "name"), "at most %zu bytes", sizeof s->name - 1);
        }
    }
    read_seed(root, &s->params);
    switch (s->kind) {
    case SCENARIO_CAMPUS:
        read_campus(root, s);
        break;
    case SCENARIO_PINGS:
        ping_scenario_read(root, &s->pings);
        break;
    case SCENARIO_ELEPHANTS:
        elephant_scenario_read(root, &s->elephants);
        break;
    case SCENARIO_FAULTS:
        fault_scenario_read(root, &s->faults);
        break;
    case SCENARIO_COMMAND:
        command_scenario_read(root, &s->command);
        break;
    }
    conf_done(root);
}

/* Fills 's' from 'doc'; the complaints go to 'out'. */
static bool from_doc(struct conf_doc *doc, struct scenario *s, FILE *out)
{
    scenario_from_node(conf_doc_root(doc), s);
    if (conf_doc_n_complaints(doc)) {
        conf_doc_print(doc, out);
        scenario_fini(s);
        return false;
    }
    json_t *all = scenario_to_json(s, false);

    json_fingerprint(all, s->hash);
    json_decref(all);
    return true;
}

bool scenario_from_json(const char *name, const json_t *json, struct scenario *s, FILE *out)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    struct conf_doc *doc = conf_doc_parse(name, text ? text : "", text ? strlen(text) : 0);
    bool ok = from_doc(doc, s, out);

    conf_doc_free(doc);
    free(text);
    return ok;
}

/* --- Assignments -------------------------------------------------------------------------------- */

/* "wire" need not be quoted: what is no JSON is a text. */
static json_t *parse_value(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    return value ? value : json_string(text);
}

bool scenario_set(json_t *root, const char *assignment, FILE *out)
{
    const char *equals = strchr(assignment, '=');
    const char *key = assignment;
    json_t *object = root;

    if (!equals || equals == assignment) {
        fprintf(out, "--set \"%s\": expected path.to.key=value\n", assignment);
        return false;
    }
    for (;;) {
        size_t len = strcspn(key, ".=");
        char name[128];
        json_t *child;

        snprintf(name, sizeof name, "%.*s", (int)len, key);
        if (key + len == equals) {
            json_put(object, name, parse_value(equals + 1));
            return true;
        }
        child = json_object_get(object, name);
        if (!child) {
            json_put(object, name, child = json_object());
        } else if (!json_is_object(child)) {
            fprintf(out, "--set \"%s\": \"%s\" is no object\n", assignment, name);
            return false;
        }
        object = child;
        key += len + 1;
    }
}

static bool apply_sets(json_t *root, const char *const sets[], size_t n_sets, FILE *out)
{
    bool ok = true;

    for (size_t i = 0; i < n_sets; i++) {
        ok = scenario_set(root, sets[i], out) && ok;
    }
    return ok;
}

bool scenario_read(const char *path, const char *const sets[], size_t n_sets, struct scenario *s,
                   FILE *out)
{
    struct conf_doc *doc = conf_doc_read(path);
    json_t *copy;
    char name[512];
    bool ok;

    if (!n_sets || conf_doc_n_complaints(doc)) {
        ok = from_doc(doc, s, out);
        conf_doc_free(doc);
        return ok;
    }
    copy = json_deep_copy(conf_doc_json(doc));
    conf_doc_free(doc);
    snprintf(name, sizeof name, "%s with --set", path);
    ok = apply_sets(copy, sets, n_sets, out) && scenario_from_json(name, copy, s, out);
    json_decref(copy);
    return ok;
}

/* --- Writing ------------------------------------------------------------------------------------ */

json_t *scenario_versions_to_json(uint32_t bits)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNT(versions); i++) {
        if (bits & version_bits[i]) {
            json_array_append_new(list, json_string(versions[i]));
        }
    }
    return list;
}

static json_t *holding_to_json(const struct holding_time_settings *h)
{
    return json_pack("{s:s, s:I, s:i, s:I, s:I, s:I, s:f, s:f}", "policy", policies[h->policy],
                     "budget", (json_int_t)h->budget, "short_s", (int)h->short_s, "keep_factor",
                     (json_int_t)h->keep_factor, "hysteresis_percent",
                     (json_int_t)h->hysteresis_percent, "weight", (json_int_t)h->weight, "replan_s",
                     ns_to_s(h->replan_ns), "memory_s", ns_to_s(h->memory_ns));
}

static json_t *controller_to_json(const struct campus_params *p)
{
    const struct station_params *st = &p->channel.station;

    return json_pack("{s:i, s:o, s:s, s:f, s:I, s:o}", "hold_s", (int)p->clustering.hold_s,
                     "holding", holding_to_json(&p->holding), "law", service_laws[st->law],
                     "rate_per_s", st->rate_per_s, "capacity", (json_int_t)st->capacity,
                     "samples_s", json_numbers(st->samples_s, st->n_samples));
}

static json_t *switch_to_json(const struct campus_params *p)
{
    json_t *o =
        json_pack("{s:I, s:s, s:o}", "tcam_entries", (json_int_t)p->tcam_entries, "hold_law",
                  hold_laws[p->hold_law], "versions", scenario_versions_to_json(p->versions));

    hardware_write(&p->hw, o);
    return o;
}

static void write_campus(const struct campus_params *p, const struct traffic_lists *lists,
                         json_t *o)
{
    json_t *measure;

    json_put(o, "topology",
             json_pack("{s:I, s:I, s:I, s:o, s:o}", "access", (json_int_t)p->n_access, "core",
                       (json_int_t)p->n_core, "hosts", (json_int_t)p->hosts_per_access, "edge",
                       links_wire_to_json(&p->edge), "trunk", links_wire_to_json(&p->trunk)));
    links_write(&p->links, o);
    if (p->faults.n) {
        json_put(o, "faults", faults_to_json(&p->faults));
    }
    json_put(o, "switch", switch_to_json(p));
    json_put(o, "controller", controller_to_json(p));
    standby_write(&p->standby, json_object_get(o, "controller"));
    if (p->no_core) {
        json_put(json_object_get(o, "controller"), "core", json_false());
    }
    json_put(o, "channel", channel_to_json(&p->channel));
    json_put(o, "traffic", traffic_to_json(p, lists));
    measure = json_pack("{s:f, s:f, s:I}", "warmup_s", p->warmup_s, "duration_s", p->duration_s,
                        "histogram", (json_int_t)p->hist_size);
    if (p->steady) { /* An empty start is what there was before there were others. */
        json_put(measure, "start", json_string(starts[p->steady]));
    }
    if (p->bin_s > 0) {
        json_put(measure, "bin_s", json_number(p->bin_s));
    }
    json_put(o, "measure", measure);
}

/* A campus has no "kind", so that its fingerprint is what it was before there were others. */
json_t *scenario_to_json(const struct scenario *s, bool with_seed)
{
    json_t *o = json_object();

    json_put(o, "name", json_string(s->name));
    if (with_seed) {
        json_put(o, "seed", json_integer((json_int_t)s->params.seed));
    }
    if (s->kind != SCENARIO_CAMPUS) {
        json_put(o, "kind", json_string(kinds[s->kind]));
    }
    switch (s->kind) {
    case SCENARIO_CAMPUS:
        write_campus(&s->params, &s->traffic, o);
        break;
    case SCENARIO_PINGS:
        ping_scenario_write(&s->pings, o);
        break;
    case SCENARIO_ELEPHANTS:
        elephant_scenario_write(&s->elephants, o);
        break;
    case SCENARIO_FAULTS:
        fault_scenario_write(&s->faults, o);
        break;
    case SCENARIO_COMMAND:
        command_scenario_write(&s->command, o);
        break;
    }
    return o;
}
