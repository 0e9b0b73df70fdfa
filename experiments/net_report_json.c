#include "experiments/net_report.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "experiments/json_out.h"

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *tokens(const struct petri_space *s, const uint32_t counts[], uint32_t place)
{
    char *text = net_tokens(s, counts, place);
    json_t *value = json_string(text);

    free(text);
    return value;
}

/* --- Places and transitions --------------------------------------------------------------------- */

static json_t *places(const struct petri_space *s)
{
    uint32_t *most = xcalloc(s->n_slots + 1, sizeof *most);
    uint32_t *least = xcalloc(s->n_slots + 1, sizeof *least);
    json_t *list = json_object(), *o;

    for (size_t i = 0; i < s->n_slots; i++) {
        most[i] = (uint32_t)s->slots[i].upper;
        least[i] = (uint32_t)s->slots[i].lower;
    }
    for (uint32_t p = 0; p < s->net->n_places; p++) {
        o = json_object();
        json_put(o, "upper", count(s->places[p].upper));
        json_put(o, "lower", count(s->places[p].lower));
        json_put(o, "upper_multiset", tokens(s, most, p));
        json_put(o, "lower_multiset", tokens(s, least, p));
        json_put(list, s->net->places[p].name, o);
    }
    free(most);
    free(least);
    return list;
}

static json_t *transitions(const struct net_report *r)
{
    static const char *const liveness[] = {"dead", "not live", "live"};
    static const char *const fairness[] = {"none", "just", "fair", "impartial"};
    const struct petri_space *s = r->space;
    json_t *list = json_object(), *o;

    for (size_t t = 0; t < s->net->n_transitions; t++) {
        o = json_object();
        json_put(o, "arcs", count(s->occurs[t]));
        if (r->graph) {
            json_put(o, "liveness", json_string(liveness[r->graph->liveness[t]]));
        }
        if (r->graph && r->graph->fairness) {
            json_put(o, "fairness", json_string(fairness[r->graph->fairness[t]]));
        }
        json_put(list, s->net->transitions[t].name, o);
    }
    return list;
}

/* --- Queries ------------------------------------------------------------------------------------ */

static json_t *marking(const struct petri_space *s, uint32_t number)
{
    struct petri_marking m = {0};
    json_t *o = json_object();

    petri_space_read(s, number, &m);
    for (uint32_t p = 0; p < s->net->n_places; p++) {
        if (petri_tokens_at(&s->unfold.slots, &m, p) > 0) {
            json_put(o, s->net->places[p].name, tokens(s, m.count, p));
        }
    }
    petri_marking_fini(&m);
    return o;
}

static json_t *trace(const struct petri_space *s, const struct petri_answer *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i + 1 < a->n; i++) {
        char *event = a->events[i] ? net_event(s, a->events[i]) : xstrdup("?");
        json_t *step = json_object();

        json_put(step, "marking", count(a->numbers[i] + 1));
        json_put(step, "occurs", json_string(event));
        json_array_append_new(list, step);
        free(event);
    }
    return list;
}

static json_t *queries(const struct net_report *r)
{
    static const char *const verdicts[] = {"holds", "fails", "unknown"};
    json_t *list = json_array();

    for (size_t i = 0; i < r->space->net->n_queries; i++) {
        const struct petri_answer *a = &r->answers[i];
        json_t *o = json_object();

        json_put(o, "query", json_string(r->space->net->queries[i].text));
        json_put(o, "verdict", json_string(verdicts[a->verdict]));
        if (a->n > 0) {
            json_put(o, "trace", trace(r->space, a));
            json_put(o, "marking", count(a->numbers[a->n - 1] + 1));
            json_put(o, "tokens", marking(r->space, a->numbers[a->n - 1]));
        }
        json_array_append_new(list, o);
    }
    return list;
}

/* --- The whole ---------------------------------------------------------------------------------- */

static json_t *dead(const struct petri_space *s)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < s->n_dead && i < PETRI_MAX_DEAD_LISTED; i++) {
        json_array_append_new(list, count(s->dead[i] + 1));
    }
    return list;
}

static json_t *home(const struct petri_graph *g)
{
    json_t *list = json_array();

    for (uint32_t i = 0; g->n_home > 0 && i < g->space->n_expanded && json_array_size(list) < 100;
         i++) {
        if (g->scc[i] == 0) {
            json_array_append_new(list, count(i + 1));
        }
    }
    return list;
}

json_t *net_report_json(const struct net_report *r)
{
    const struct petri_space *s = r->space;
    json_t *o = json_object();

    json_put(o, "net", json_string(r->file->name));
    json_put(o, "markings", count(s->set.n));
    json_put(o, "arcs", count(s->n_arcs));
    json_put(o, "full", json_boolean(s->status == PETRI_FULL));
    json_put(o, "reason", s->status == PETRI_FULL ? json_null() : json_string(s->reason));
    json_put(o, "unbounded",
             s->unbounded              ? json_true()
             : s->status == PETRI_FULL ? json_false()
                                       : json_null());
    json_put(o, "explore_s", json_number(r->seconds));
    json_put(o, "memory_bytes", count(petri_space_memory(s)));
    json_put(o, "n_dead_markings", count(s->n_dead));
    json_put(o, "dead_markings", dead(s));
    if (r->graph) {
        json_put(o, "components", count(r->graph->n_scc));
        json_put(o, "terminal_components", count(r->graph->n_terminal));
        json_put(o, "cyclic", json_boolean(r->graph->cyclic));
        json_put(o, "n_home_markings", count(r->graph->n_home));
        json_put(o, "home_markings", home(r->graph));
    }
    json_put(o, "places", places(s));
    json_put(o, "transitions", transitions(r));
    json_put(o, "queries", queries(r));
    return o;
}
