#include "experiments/check_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/config/json_check.h"
#include "experiments/json_out.h"

#define MAX_ACTS 100000
#define MAX_OF_EACH 8 /* Failures, moves, ... */

static const char *const versions[] = {"1.0", "1.3", "1.4", "1.5"};
static const uint8_t version_numbers[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4,
                                          OF_VERSION_1_5};

struct check_scenario check_scenario_default(void)
{
    return (struct check_scenario){.topology = "linear:switches=2",
                                   .params = check_params_default()};
}

void check_scenario_fini(struct check_scenario *s)
{
    free(s->acts);
    s->acts = NULL;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void read_act(struct conf_node *node, struct check_act *act)
{
    const char *names[CHECK_N_KINDS];
    struct conf_node *kind = conf_first(node), *a = kind ? conf_next(kind) : NULL;
    struct conf_node *b = a ? conf_next(a) : NULL;
    unsigned choice = 0;
    int64_t na = 0, nb = 0;

    for (unsigned k = 0; k < CHECK_N_KINDS; k++) {
        names[k] = check_kind_name((enum check_kind)k);
    }
    if (conf_size(node) != 3) {
        conf_complain(node, "an act is [\"kind\", number, number]");
        return;
    }
    conf_as_choice(kind, names, CHECK_N_KINDS, &choice);
    conf_as_int(a, 0, 255, &na);
    conf_as_int(b, 0, 255, &nb);
    *act = (struct check_act){(uint8_t)choice, (uint8_t)na, (uint8_t)nb};
}

static void read_acts(struct conf_node *root, struct check_scenario *s)
{
    struct conf_node *acts = conf_array(root, "acts");
    size_t n = acts ? conf_size(acts) : 0;

    if (n > MAX_ACTS) {
        conf_complain(acts, "more than %d acts", MAX_ACTS);
        return;
    }
    s->acts = xcalloc(n + 1, sizeof *s->acts);
    for (struct conf_node *e = acts ? conf_first(acts) : NULL; e; e = conf_next(e)) {
        read_act(e, &s->acts[s->n_acts++]);
    }
}

static void read_params(struct conf_node *root, struct check_params *p)
{
    unsigned version = 1;

    if (conf_choice(root, "version", versions, 4, &version)) {
        p->versions = 1U << version_numbers[version];
    }
    conf_u32(root, "frames", 0, CHECK_MAX_FRAMES, &p->n_frames);
    conf_u32(root, "quiet_hosts", 0, CHECK_MAX_HOSTS, &p->n_quiet);
    conf_u32(root, "failures", 0, MAX_OF_EACH, &p->n_failures);
    conf_u32(root, "moves", 0, MAX_OF_EACH, &p->n_moves);
    conf_u32(root, "cuts", 0, MAX_OF_EACH, &p->n_cuts);
    conf_u32(root, "expiries", 0, MAX_OF_EACH, &p->n_expiries);
    conf_u32(root, "networks", 0, CHECK_MAX_HOSTS, &p->n_networks);
    conf_bool(root, "block_in_run", &p->block_in_run);
    conf_bool(root, "warm", &p->warm);
    conf_u32(root, "max_entries", 0, 4096, &p->max_entries);
    conf_bool(root, "fast_failover", &p->fast_failover);
}

bool check_scenario_read(const char *path, struct check_scenario *s, FILE *out)
{
    static const char *const kinds[] = {"check"};
    struct conf_doc *doc = conf_doc_read(path);
    struct conf_node *root = conf_doc_root(doc);
    const char *text = NULL;
    unsigned kind;
    bool good;

    conf_choice(root, "kind", kinds, 1, &kind);
    if (conf_as_text(conf_need(root, "topology", "a topology"), &text)) {
        snprintf(s->topology, sizeof s->topology, "%s", text);
    }
    read_params(root, &s->params);
    read_acts(root, s);
    conf_text(root, "fault", &text);
    conf_text(root, "what", &text);
    conf_done(root);
    good = conf_doc_n_complaints(doc) == 0;
    conf_doc_print(doc, out);
    conf_doc_free(doc);
    return good;
}

/* --- Events ----------------------------------------------------------------------------------- */

static uint32_t *count_of(struct check_params *p, const char *name, size_t len)
{
    const struct {
        const char *name;
        uint32_t *count;
    } events[] = {{"link-failure", &p->n_failures},
                  {"host-move", &p->n_moves},
                  {"channel-loss", &p->n_cuts},
                  {"expiry", &p->n_expiries}};

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strlen(events[i].name) == len && memcmp(events[i].name, name, len) == 0) {
            return events[i].count;
        }
    }
    return NULL;
}

bool check_scenario_events(const char *text, struct check_params *params, FILE *out)
{
    while (*text) {
        size_t len = strcspn(text, ",="), n = 1;
        uint32_t *count = count_of(params, text, len);
        char *end = NULL;

        if (count && text[len] == '=') {
            n = strtoul(text + len + 1, &end, 10);
        }
        if (!end) {
            end = (char *)(uintptr_t)(text + len);
        }
        if (!count || n < 1 || n > MAX_OF_EACH || (*end != ',' && *end != '\0')) {
            fprintf(out,
                    "--events %s: link-failure, host-move, channel-loss and expiry are known, with "
                    "commas between, each with =1 to =%d behind it when it may happen that often\n",
                    text, MAX_OF_EACH);
            return false;
        }
        *count = (uint32_t)n;
        text = *end ? end + 1 : end;
    }
    return true;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static const char *version_name(uint32_t bits)
{
    for (size_t i = 0; i < 4; i++) {
        if (bits >> version_numbers[i] & 1) {
            return versions[i];
        }
    }
    return versions[1];
}

static json_t *acts_to_json(const struct check_act *acts, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *act = json_array();

        json_array_append_new(act, json_string(check_kind_name((enum check_kind)acts[i].kind)));
        json_array_append_new(act, json_integer(acts[i].a));
        json_array_append_new(act, json_integer(acts[i].b));
        json_array_append_new(list, act);
    }
    return list;
}

json_t *check_scenario_to_json(const struct check_scenario *s, const struct check_result *result)
{
    const struct check_params *p = &s->params;
    json_t *o = json_object();

    json_put(o, "kind", json_string("check"));
    json_put(o, "topology", json_string(s->topology));
    json_put(o, "version", json_string(version_name(p->versions)));
    json_put(o, "frames", json_integer(p->n_frames));
    json_put(o, "quiet_hosts", json_integer(p->n_quiet));
    json_put(o, "warm", json_boolean(p->warm));
    json_put(o, "failures", json_integer(p->n_failures));
    json_put(o, "moves", json_integer(p->n_moves));
    json_put(o, "cuts", json_integer(p->n_cuts));
    json_put(o, "expiries", json_integer(p->n_expiries));
    json_put(o, "networks", json_integer(p->n_networks));
    json_put(o, "block_in_run", json_boolean(p->block_in_run));
    json_put(o, "max_entries", json_integer(p->max_entries));
    json_put(o, "fast_failover", json_boolean(p->fast_failover));
    if (result && result->end == CHECK_FOUND) {
        json_put(o, "fault", json_string(check_fault_name(result->fault)));
        json_put(o, "what", json_string(result->what));
        json_put(o, "acts", acts_to_json(result->trace, result->n_trace));
    }
    return o;
}
