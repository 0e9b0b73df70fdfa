/* The report as a text; net_report_json.c has it as JSON. */
#include "experiments/net_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

char *net_tokens(const struct petri_space *space, const uint32_t count[], uint32_t place)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    petri_tokens_print(out, space->net, &space->unfold.slots, count, place);
    fclose(out);
    return text;
}

char *net_event(const struct petri_space *space, const struct petri_event *e)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    petri_event_print(out, &space->unfold, e);
    fclose(out);
    return text;
}

bool net_report_holds(const struct net_report *r)
{
    for (size_t i = 0; i < r->space->net->n_queries; i++) {
        if (r->answers[i].verdict != PETRI_HOLDS) {
            return false;
        }
    }
    return true;
}

/* --- The space ---------------------------------------------------------------------------------- */

static void print_status(const struct net_report *r, FILE *out)
{
    const struct petri_space *s = r->space;
    double mb = (double)petri_space_memory(s) / 1e6;

    fprintf(out, "%s: %zu places, %zu transitions\n", r->file->name, s->net->n_places,
            s->net->n_transitions);
    fprintf(out, "\nState space\n  markings          %u\n  arcs              %" PRIu64 "\n",
            s->set.n, s->n_arcs);
    fprintf(out, "  status            %s%s%s\n",
            s->status == PETRI_FULL ? "full" : "partial: ", s->reason,
            s->status == PETRI_FULL ? "" : "; what follows is of the markings looked at");
    if (s->unbounded) {
        fprintf(out, "  unbounded         marking %u comes from marking %u and has more tokens\n",
                s->growing[1] + 1, s->growing[0] + 1);
    }
    fprintf(out, "  time, memory      %.3f s, %.1f MB\n", r->seconds, mb);
}

static void print_dead(const struct net_report *r, FILE *out)
{
    const struct petri_space *s = r->space;
    uint64_t n = s->n_dead < 20 ? s->n_dead : 20;

    fprintf(out, "  dead markings     %" PRIu64, s->n_dead);
    for (uint64_t i = 0; i < n; i++) {
        fprintf(out, "%s%u", i ? ", " : ": ", s->dead[i] + 1);
    }
    fputs(n < s->n_dead ? ", ...\n" : "\n", out);
}

static void print_home(const struct net_report *r, FILE *out)
{
    const struct petri_graph *g = r->graph;
    unsigned listed = 0;

    if (!g) {
        return;
    }
    fprintf(out, "  components        %u, terminal %u, %s\n", g->n_scc, g->n_terminal,
            g->cyclic ? "with cycles" : "no cycle");
    fprintf(out, "  home markings     %" PRIu64, g->n_home);
    for (uint32_t i = 0; g->n_home > 0 && g->n_home < r->space->set.n && i < r->space->n_expanded;
         i++) {
        if (g->scc[i] == 0 && listed < 20) {
            fprintf(out, "%s%u", listed++ ? ", " : ": ", i + 1);
        }
    }
    fputs(g->n_home == r->space->set.n ? ": all\n" : listed < g->n_home ? ", ...\n" : "\n", out);
}

/* --- Places ------------------------------------------------------------------------------------- */

/* The multiset bounds as numbers of each slot. */
static uint32_t *counts_of(const struct petri_space *s, bool upper)
{
    uint32_t *count = xcalloc(s->n_slots + 1, sizeof *count);

    for (size_t i = 0; i < s->n_slots; i++) {
        count[i] = (uint32_t)(upper ? s->slots[i].upper : s->slots[i].lower);
    }
    return count;
}

static void print_bounds(const struct net_report *r, FILE *out)
{
    const struct petri_space *s = r->space;
    uint32_t *most = counts_of(s, true);

    fprintf(out, "\nBounds\n  %-40s %8s %8s  %s\n", "place", "upper", "lower", "upper multiset");
    for (uint32_t p = 0; p < s->net->n_places; p++) {
        char *tokens = net_tokens(s, most, p);

        if (strlen(tokens) > 100) {
            memcpy(tokens + 97, "...", 4);
        }
        fprintf(out, "  %-40s %8" PRIu64 " %8" PRIu64 "  %s\n", s->net->places[p].name,
                s->places[p].upper, s->places[p].lower, tokens);
        free(tokens);
    }
    free(most);
}

/* --- Transitions -------------------------------------------------------------------------------- */

static const char *liveness_name(const struct net_report *r, size_t t)
{
    if (!r->graph) {
        return r->space->occurs[t]              ? "occurs"
               : r->space->status == PETRI_FULL ? "dead"
                                                : "not seen";
    }
    return r->graph->liveness[t] == PETRI_LIVE              ? "live"
           : r->graph->liveness[t] == PETRI_DEAD_TRANSITION ? "dead"
                                                            : "not live";
}

static const char *fairness_name(const struct net_report *r, size_t t)
{
    static const char *const names[] = {"no fairness", "just", "fair", "impartial"};

    return !r->graph            ? ""
           : r->graph->fairness ? names[r->graph->fairness[t]]
           : r->graph->cyclic   ? "not computed"
                                : "no infinite run";
}

static void print_transitions(const struct net_report *r, FILE *out)
{
    const struct petri_space *s = r->space;

    fprintf(out, "\nTransitions\n  %-40s %8s  %-9s %s\n", "transition", "arcs", "liveness",
            "fairness");
    for (size_t t = 0; t < s->net->n_transitions; t++) {
        fprintf(out, "  %-40s %8" PRIu64 "  %-9s %s\n", s->net->transitions[t].name, s->occurs[t],
                liveness_name(r, t), fairness_name(r, t));
    }
}

/* --- Queries ------------------------------------------------------------------------------------ */

static void print_marking(const struct petri_space *s, uint32_t number, FILE *out)
{
    struct petri_marking m = {0};

    petri_space_read(s, number, &m);
    fprintf(out, "    marking %u:\n", number + 1);
    for (uint32_t p = 0; p < s->net->n_places; p++) {
        if (petri_tokens_at(&s->unfold.slots, &m, p) > 0) {
            char *tokens = net_tokens(s, m.count, p);

            fprintf(out, "      %s: %s\n", s->net->places[p].name, tokens);
            free(tokens);
        }
    }
    petri_marking_fini(&m);
}

static void print_trace(const struct petri_space *s, const struct petri_answer *a, FILE *out)
{
    for (size_t i = 0; i + 1 < a->n; i++) {
        char *event = a->events[i] ? net_event(s, a->events[i]) : xstrdup("?");

        fprintf(out, "    %u  %s\n", a->numbers[i] + 1, event);
        free(event);
    }
    if (a->n > 0) {
        print_marking(s, a->numbers[a->n - 1], out);
    }
}

static void print_queries(const struct net_report *r, FILE *out)
{
    static const char *const verdicts[] = {"holds", "FAILS", "UNKNOWN"};

    fputs(r->space->net->n_queries ? "\nQueries\n" : "", out);
    for (size_t i = 0; i < r->space->net->n_queries; i++) {
        fprintf(out, "  %-8s %s\n", verdicts[r->answers[i].verdict],
                r->space->net->queries[i].text);
        print_trace(r->space, &r->answers[i], out);
    }
}

void net_report_text(const struct net_report *r, FILE *out)
{
    print_status(r, out);
    print_home(r, out);
    print_dead(r, out);
    print_bounds(r, out);
    print_transitions(r, out);
    print_queries(r, out);
}
