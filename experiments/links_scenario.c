#include "experiments/links_scenario.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "experiments/json_out.h"
#include "experiments/traffic_scenario.h"

#define MAX_DELAY_US 1e9

static const char *const class_keys[] = {"all", "edge", "trunk"};

_Static_assert(LINKS_ALL == 0 && LINKS_EDGE == 1 && LINKS_TRUNK == 2, "in the order of the enum");

/* --- Reading ------------------------------------------------------------------------------------ */

static bool read_burst(struct conf_node *wire, struct wire_burst *burst)
{
    struct conf_node *o = conf_object(wire, "burst");

    if (!o) {
        return false;
    }
    *burst = (struct wire_burst){.enter_frac = 0, .leave_frac = 1, .loss_frac = 1};
    conf_need(o, "enter_frac", "how often the good state becomes bad");
    conf_real(o, "enter_frac", 0, 1, &burst->enter_frac);
    conf_real(o, "leave_frac", 0, 1, &burst->leave_frac);
    conf_real(o, "loss_frac", 0, 1, &burst->loss_frac);
    if (burst->enter_frac > 0 && burst->leave_frac <= 0) {
        conf_complain(o, "\"leave_frac\" must be above 0, or the first burst would not end");
    }
    conf_done(o);
    return true;
}

bool links_read_bps(struct conf_node *o, const char *key, int64_t *bps)
{
    double value;

    if (!conf_real(o, key, 0, 1e15, &value)) {
        return false;
    }
    if (value > 0 && value < 1) {
        conf_complain(conf_get(o, key), "expected 0, infinitely fast, or 1 and more");
    }
    *bps = (int64_t)value;
    return true;
}

unsigned links_read_wire(struct conf_node *o, struct wire_params *wire)
{
    unsigned mentions = links_read_bps(o, "rate_bps", &wire->rate_bps) ? LINK_RATE : 0;

    if (conf_get(o, "delay_us")) {
        scenario_read_scaled(o, "delay_us", MAX_DELAY_US, 1e3, &wire->delay_ns);
        mentions |= LINK_DELAY;
    }
    mentions |= conf_real(o, "loss_frac", 0, 1, &wire->loss_frac) ? LINK_LOSS : 0;
    mentions |= conf_u32(o, "queue_bytes", 0, UINT32_MAX, &wire->queue_bytes) ? LINK_QUEUE_BYTES : 0;
    mentions |=
        conf_u32(o, "queue_packets", 0, UINT32_MAX, &wire->queue_packets) ? LINK_QUEUE_PACKETS : 0;
    mentions |= read_burst(o, &wire->burst) ? LINK_BURST : 0;
    conf_done(o);
    return mentions;
}

static void read_between(struct conf_node *o, struct link_rule *rule)
{
    struct conf_node *list;
    const char *ends[2] = {"", ""};
    size_t n = 0;

    if (!conf_need(o, "between", "the names of two nodes, as [\"acc1\", \"core1\"]")) {
        return;
    }
    list = conf_array(o, "between");
    for (struct conf_node *v = conf_first(list); v; v = conf_next(v), n++) {
        if (n < 2) {
            conf_as_text(v, &ends[n]);
        }
    }
    if (list && n != 2) {
        conf_complain(list, "expected the names of two nodes");
    }
    snprintf(rule->a, sizeof rule->a, "%s", ends[0]);
    snprintf(rule->b, sizeof rule->b, "%s", ends[1]);
}

static struct link_rule *new_rule(struct link_rules *rules, enum link_scope scope)
{
    struct link_rule *rule = &rules->list[rules->n++];

    *rule = (struct link_rule){.scope = scope};
    return rule;
}

static void read_only(struct conf_node *links, struct link_rules *rules)
{
    struct conf_node *list = conf_array(links, "only");

    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        struct link_rule *rule;

        if (rules->n == LINK_MAX_RULES) {
            conf_complain(v, "at most %d rules for links", LINK_MAX_RULES);
            return;
        }
        if (conf_as_object(v)) {
            rule = new_rule(rules, LINKS_ONE);
            read_between(v, rule);
            rule->mentions = links_read_wire(v, &rule->wire);
        }
    }
}

static void read_rules(struct conf_node *links, struct link_rules *rules)
{
    for (unsigned i = 0; i < 3; i++) {
        struct conf_node *o = conf_object(links, class_keys[i]);

        if (o) {
            struct link_rule *rule = new_rule(rules, (enum link_scope)i);

            rule->mentions = links_read_wire(o, &rule->wire);
        }
    }
    read_only(links, rules);
    conf_done(links);
}

void links_read(struct conf_node *root, struct link_rules *rules)
{
    read_rules(conf_object(root, "links"), rules);
}

bool links_load(const char *path, struct link_rules *rules, FILE *out)
{
    struct conf_doc *doc = conf_doc_read(path);
    bool ok;

    *rules = (struct link_rules){.n = 0};
    read_rules(conf_doc_root(doc), rules);
    ok = conf_doc_n_complaints(doc) == 0;
    conf_doc_print(doc, out);
    conf_doc_free(doc);
    return ok;
}

/* --- Writing ------------------------------------------------------------------------------------ */

static json_t *mentioned_to_json(const struct wire_params *w, unsigned mentions)
{
    json_t *o = json_object();

    if (mentions & LINK_RATE) {
        json_put(o, "rate_bps", json_integer((json_int_t)w->rate_bps));
    }
    if (mentions & LINK_DELAY) {
        json_put(o, "delay_us", json_real((double)w->delay_ns / 1e3));
    }
    if (mentions & LINK_LOSS) {
        json_put(o, "loss_frac", json_real(w->loss_frac));
    }
    if (mentions & LINK_QUEUE_BYTES) {
        json_put(o, "queue_bytes", json_integer((json_int_t)w->queue_bytes));
    }
    if (mentions & LINK_QUEUE_PACKETS) {
        json_put(o, "queue_packets", json_integer((json_int_t)w->queue_packets));
    }
    if (mentions & LINK_BURST) {
        json_put(o, "burst",
                 json_pack("{s:f, s:f, s:f}", "enter_frac", w->burst.enter_frac, "leave_frac",
                           w->burst.leave_frac, "loss_frac", w->burst.loss_frac));
    }
    return o;
}

/* Without what is off and came later, so that fingerprints stay what they were. */
json_t *links_wire_to_json(const struct wire_params *wire)
{
    return mentioned_to_json(wire, LINK_RATE | LINK_DELAY | LINK_LOSS | LINK_QUEUE_BYTES |
                                       (wire->queue_packets ? LINK_QUEUE_PACKETS : 0) |
                                       (wire->burst.enter_frac > 0 ? LINK_BURST : 0));
}

void links_write(const struct link_rules *rules, json_t *out)
{
    json_t *o = json_object(), *only = json_array();

    for (size_t i = 0; i < rules->n; i++) {
        const struct link_rule *rule = &rules->list[i];
        json_t *wire = mentioned_to_json(&rule->wire, rule->mentions);

        if (rule->scope == LINKS_ONE) {
            json_put(wire, "between", json_pack("[s, s]", rule->a, rule->b));
            json_array_append_new(only, wire);
        } else {
            json_put(o, class_keys[rule->scope], wire);
        }
    }
    if (json_array_size(only)) {
        json_put(o, "only", json_incref(only));
    }
    json_decref(only);
    if (rules->n) {
        json_put(out, "links", json_incref(o));
    }
    json_decref(o);
}

/* --- Results ------------------------------------------------------------------------------------ */

static void put_class(json_t *metrics, const char *name, const struct world_links *l)
{
    const struct wire_stats *s = &l->sum;
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"frames", (double)s->n_sent},
        {"dropped_queue", (double)s->n_overflow},
        {"dropped_loss", (double)s->n_lost},
        {"dropped_cut", (double)s->n_cut},
        {"dropped_down", (double)s->n_down},
        {"wait_mean_s", s->n_sent ? ns_to_s(s->wait_ns) / (double)s->n_sent : 0},
        {"queue_max_bytes", (double)s->max_waiting_bytes},
        {"load_max_frac", l->max_load_frac},
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char key[64];

        snprintf(key, sizeof key, "%s_%s", name, values[i].name);
        json_put(metrics, key, json_number(values[i].value));
    }
}

static uint64_t n_dropped(const struct world_links *l)
{
    return l->sum.n_overflow + l->sum.n_lost + l->sum.n_cut + l->sum.n_down;
}

void links_totals_put(json_t *metrics, const struct link_rules *rules, const struct world *world)
{
    struct world_links edges = world_links(world, false), trunks = world_links(world, true);

    if (rules->n || n_dropped(&edges) || n_dropped(&trunks)) {
        put_class(metrics, "edge", &edges);
        put_class(metrics, "trunk", &trunks);
    }
}
