#include "experiments/net_picture.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/net_report.h"

/* Characters of an expression that a label shows. */
enum { LABEL = 26, TOOLTIP = 2000 };

/* --- Texts -------------------------------------------------------------------------------------- */

/* "s" within a quoted string of DOT, cut after "max" bytes at the end of a character. */
static void add_quoted(struct text *dot, const char *s, size_t max)
{
    for (size_t i = 0; s[i]; i++) {
        if (i >= max && ((unsigned char)s[i] & 0xc0) != 0x80) {
            text_add(dot, "...");
            return;
        }
        text_addf(dot, s[i] == '"' || s[i] == '\\' ? "\\%c" : "%c", s[i] == '\n' ? ' ' : s[i]);
    }
}

/* The last part of a path. */
static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

/* --- Nets --------------------------------------------------------------------------------------- */

static char *first_tokens(const struct petri_space *space, const struct petri_marking *m,
                          uint32_t p)
{
    return petri_tokens_at(&space->unfold.slots, m, p) ? net_tokens(space, m->count, p)
                                                       : xstrdup("");
}

struct drawing {
    const struct petri_net *net;
    const struct petri_space *first; /* The first marking alone, for its tokens. */
    struct petri_marking marking;
    struct text *dot;
    unsigned n_clusters;
};

static void draw_place(struct drawing *d, uint32_t p)
{
    const struct petri_place *place = &d->net->places[p];
    char *tokens = first_tokens(d->first, &d->marking, p);

    text_addf(d->dot, "  p%u [shape=ellipse, fillcolor=\"%s\", label=\"%s\\n", p,
              *tokens ? "#fff3c4" : "white", last_part(place->name));
    text_addf(d->dot, "%s%s", place->type->name, place->timed ? " timed" : "");
    if (*tokens) {
        text_add(d->dot, "\\n");
        add_quoted(d->dot, tokens, LABEL);
    }
    text_addf(d->dot, "\", tooltip=\"%s: ", place->name);
    add_quoted(d->dot, *tokens ? tokens : "empty", TOOLTIP);
    text_add(d->dot, "\"];\n");
    free(tokens);
}

static void draw_transition(struct drawing *d, uint32_t number)
{
    const struct petri_transition *t = &d->net->transitions[number];

    text_addf(d->dot, "  t%u [shape=box, fillcolor=\"#dbe9f6\", label=\"%s", number,
              last_part(t->name));
    if (t->guard_text) {
        text_add(d->dot, "\\n[");
        add_quoted(d->dot, t->guard_text, LABEL);
        text_add(d->dot, "]");
    }
    if (t->delay_text) {
        text_add(d->dot, "\\n@+ ");
        add_quoted(d->dot, t->delay_text, LABEL);
    }
    text_addf(d->dot, "\", tooltip=\"%s", t->name);
    text_add(d->dot, t->guard_text ? "; guard: " : "");
    add_quoted(d->dot, t->guard_text ? t->guard_text : "", TOOLTIP);
    text_add(d->dot, t->delay_text ? "; delay: " : "");
    add_quoted(d->dot, t->delay_text ? t->delay_text : "", TOOLTIP);
    text_add(d->dot, "\"];\n");
}

/* The length of the first part of "path" behind "prefix"; 0 when it is the last part, SIZE_MAX when the path
 * is not under the prefix. */
static size_t part_under(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    const char *dot;

    if (strncmp(path, prefix, len) != 0) {
        return SIZE_MAX;
    }
    dot = strchr(path + len, '.');
    return dot ? (size_t)(dot - path) - len : 0;
}

static const char *path_of(const struct petri_net *net, size_t i)
{
    return i < net->n_places ? net->places[i].name : net->transitions[i - net->n_places].name;
}

static void draw_under(struct drawing *d, const char *prefix);

/* The frame of the page that begins with element "i", unless an element before had it drawn. */
static void draw_frame(struct drawing *d, const char *prefix, size_t i, size_t part)
{
    const char *path = path_of(d->net, i);
    size_t len = strlen(prefix) + part + 1;
    char *inner = xstrdup(path);

    inner[len] = '\0'; /* "SW." */
    for (size_t k = 0; k < i; k++) {
        if (strncmp(path_of(d->net, k), inner, len) == 0) {
            free(inner);
            return;
        }
    }
    text_addf(d->dot,
              "  subgraph cluster_%u {\n  label=\"%.*s\"; color=\"#999999\"; style=rounded;\n",
              d->n_clusters++, (int)part, path + strlen(prefix));
    draw_under(d, inner);
    text_add(d->dot, "  }\n");
    free(inner);
}

static void draw_under(struct drawing *d, const char *prefix)
{
    for (size_t i = 0; i < d->net->n_places + d->net->n_transitions; i++) {
        size_t part = part_under(path_of(d->net, i), prefix);

        if (part == 0 && i < d->net->n_places) {
            draw_place(d, (uint32_t)i);
        } else if (part == 0) {
            draw_transition(d, (uint32_t)(i - d->net->n_places));
        } else if (part != SIZE_MAX) {
            draw_frame(d, prefix, i, part);
        }
    }
}

static void draw_label(struct drawing *d, const char *text, const char *delay, const char *more)
{
    bool plain = strcmp(text, "1") == 0; /* One token without colour needs no words. */

    text_add(d->dot, " [label=\" "); /* The space keeps words off their line. */
    add_quoted(d->dot, plain ? "" : text, LABEL);
    if (delay) {
        text_add(d->dot, "\\n@+ ");
        add_quoted(d->dot, delay, LABEL);
    }
    text_add(d->dot, "\", edgetooltip=\"");
    add_quoted(d->dot, text, TOOLTIP);
    text_add(d->dot, delay ? "; delay: " : "");
    add_quoted(d->dot, delay ? delay : "", TOOLTIP);
    text_addf(d->dot, "\"%s];\n", more);
}

static void draw_arcs(struct drawing *d, uint32_t number)
{
    const struct petri_transition *t = &d->net->transitions[number];

    for (size_t i = 0; i < t->n_items; i++) {
        if (t->items[i].text) {
            text_addf(d->dot, "  p%u -> t%u", t->items[i].place, number);
            draw_label(d, t->items[i].text, NULL,
                       t->items[i].test ? ", dir=both, style=dashed" : "");
        }
    }
    for (size_t i = 0; i < t->n_inhibitors; i++) {
        if (t->inhibitors[i].text) {
            text_addf(d->dot, "  p%u -> t%u", t->inhibitors[i].place, number);
            draw_label(d, t->inhibitors[i].text, NULL, ", arrowhead=odot, color=\"#b03030\"");
        }
    }
    for (size_t i = 0; i < t->n_outs; i++) {
        text_addf(d->dot, "  t%u -> p%u", number, t->outs[i].place);
        draw_label(d, t->outs[i].text, t->outs[i].delay_text, "");
    }
}

static const char head[] =
    "digraph net {\n  graph [fontname=\"DejaVu Sans\", fontsize=11, nodesep=0.25, "
    "ranksep=0.45];\n"
    "  node [fontname=\"DejaVu Sans\", fontsize=10, height=0.3, style=filled, "
    "fillcolor=white];\n"
    "  edge [fontname=\"DejaVu Sans\", fontsize=9, color=\"#444444\"];\n";

void net_picture(struct petri_net *net, struct text *dot)
{
    struct petri_space first;
    struct drawing d = {.net = net, .first = &first, .dot = dot};

    petri_space_explore(&first, net, &(struct petri_limits){1, 1000000, false});
    petri_space_read(&first, 0, &d.marking);
    text_add(dot, head);
    draw_under(&d, "");
    for (uint32_t t = 0; t < net->n_transitions; t++) {
        draw_arcs(&d, t);
    }
    text_add(dot, "}\n");
    petri_marking_fini(&d.marking);
    petri_space_fini(&first);
}

/* --- State spaces ------------------------------------------------------------------------------- */

static void draw_marking(const struct petri_space *space, const struct petri_graph *graph,
                         uint32_t i, struct text *dot)
{
    bool dead = space->first_arc[i] == space->first_arc[i + 1];
    bool home = graph && graph->n_home > 0 && graph->scc[i] == 0;
    struct petri_marking m = {0};

    petri_space_read(space, i, &m);
    text_addf(dot,
              "  m%u [label=\"%u\", shape=%s, width=0.45, fixedsize=true, fillcolor=\"%s\", "
              "penwidth=%s, tooltip=\"",
              i, i + 1, dead ? "doublecircle" : "circle", home ? "#cfe8cf" : "white",
              i == 0 ? "2.5" : "1");
    for (uint32_t p = 0; p < space->net->n_places; p++) {
        if (petri_tokens_at(&space->unfold.slots, &m, p) > 0) {
            char *tokens = net_tokens(space, m.count, p);

            text_addf(dot, "%s: ", space->net->places[p].name);
            add_quoted(dot, tokens, TOOLTIP);
            text_add(dot, "\\n");
            free(tokens);
        }
    }
    text_add(dot, "\"];\n");
    petri_marking_fini(&m);
}

/* Steps from the first marking. */
static uint32_t depth_of(const struct petri_space *space, uint32_t i)
{
    uint32_t depth = 0;

    for (; i != 0; i = space->parent[i]) {
        depth++;
    }
    return depth;
}

/* Only arcs that lead away from the first marking say what is below what. */
static void draw_marking_arcs(const struct petri_space *space, uint32_t i, struct text *dot)
{
    for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
        const struct petri_event *e = space->unfold.events[space->arcs[a].event];
        char *event = net_event(space, e);

        text_addf(dot, "  m%u -> m%u [label=\" %s\", edgetooltip=\"", i, space->arcs[a].to,
                  space->set.n <= 60 ? space->net->transitions[e->transition].name : "");
        add_quoted(dot, event, TOOLTIP);
        text_addf(dot, "\"%s];\n",
                  depth_of(space, space->arcs[a].to) > depth_of(space, i) ? ""
                                                                          : ", constraint=false");
        free(event);
    }
}

void net_space_picture(const struct petri_space *space, const struct petri_graph *graph,
                       struct text *dot)
{
    text_add(dot, head);
    for (uint32_t i = 0; i < space->n_expanded; i++) {
        draw_marking(space, graph, i, dot);
    }
    for (uint32_t i = 0; i < space->n_expanded; i++) {
        draw_marking_arcs(space, i, dot);
    }
    text_add(dot, "}\n");
}
