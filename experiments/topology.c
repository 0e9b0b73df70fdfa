#include "experiments/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define MANY_HOSTS 64 /* More than these are drawn folded. */

const char topology_forms[] = "a DOT file, or campus:access=A,core=C,hosts=H, "
                              "tree:depth=D,fanout=F,hosts=H, linear:switches=N,hosts=H, "
                              "ring:switches=N,hosts=H, "
                              "layered:core=C,dist=D,access=A,hosts=H,chained=0|1";

/* --- Generators --------------------------------------------------------------------------------- */

#define MAX_NUMBERS 5

struct generator {
    const char *name;
    struct {
        const char *key;
        unsigned value; /* Default. */
        unsigned max;
    } numbers[MAX_NUMBERS];
};

static const struct generator generators[] = {
    {"campus", {{"access", 4, 5000}, {"core", 2, 500}, {"hosts", 2, 5000}}},
    {"tree", {{"depth", 3, 8}, {"fanout", 2, 64}, {"hosts", 1, 5000}}},
    {"linear", {{"switches", 3, 5000}, {"hosts", 1, 5000}}},
    {"layered",
     {{"core", 4, 64}, {"dist", 5, 64}, {"access", 5, 64}, {"hosts", 5, 5000}, {"chained", 1, 1}}},
    {"ring", {{"switches", 3, 5000}, {"hosts", 1, 5000}}},
};

enum { CAMPUS, TREE, LINEAR, LAYERED, RING };

#define MAX_NODES 1000000

#define N_GENERATORS (sizeof generators / sizeof generators[0])

static void generate(const struct generator *g, const unsigned n[], struct topo *topo)
{
    switch (g - generators) {
    case CAMPUS:
        topo_make_campus(topo, &(struct topo_campus){.n_access = n[0],
                                                     .n_core = n[1],
                                                     .hosts_per_access = n[2],
                                                     .edge = topo_edge_default(),
                                                     .trunk = topo_trunk_default()});
        break;
    case TREE:
        topo_make_tree(topo, n[0], n[1], n[2]);
        break;
    case LINEAR:
        topo_make_linear(topo, n[0], n[1]);
        break;
    case LAYERED:
        topo_make_layered(topo, &(struct topo_layered){n[0], n[1], n[2], n[3], n[4] != 0});
        break;
    case RING:
        topo_make_ring(topo, n[0], n[1]);
        break;
    }
}

/* Switches and hosts of the network; the product of the largest numbers fits. */
static double n_nodes(const struct generator *g, const unsigned n[])
{
    double switches = 0, level = 1;

    switch (g - generators) {
    case CAMPUS:
        return (double)n[0] * (1 + (double)n[2]) + n[1];
    case LINEAR:
    case RING:
        return (double)n[0] * (1 + (double)n[1]);
    case LAYERED:
        return (double)n[0] * (1 + (double)n[1] * (1 + (double)n[2] * (1 + (double)n[3])));
    default:
        break;
    }
    for (unsigned i = 0; i < n[0]; i++, level *= n[1]) {
        switches += level;
    }
    return switches + level / n[1] * n[2];
}

/* Switches without hosts, and flags. */
static bool may_be_zero(const struct generator *g, unsigned i)
{
    return strcmp(g->numbers[i].key, "hosts") == 0 || g->numbers[i].max == 1;
}

/* Parses one "key=value" of 'len' characters into n[]. */
static bool parse_number(const struct generator *g, const char *text, size_t len, unsigned n[])
{
    for (unsigned i = 0; i < MAX_NUMBERS && g->numbers[i].key; i++) {
        size_t key_len = strlen(g->numbers[i].key);
        unsigned long value;
        char *end;

        if (key_len >= len || memcmp(text, g->numbers[i].key, key_len) != 0 ||
            text[key_len] != '=') {
            continue;
        }
        value = strtoul(text + key_len + 1, &end, 10);
        if (end != text + len || end == text + key_len + 1 || value > g->numbers[i].max ||
            (value == 0 && !may_be_zero(g, i))) {
            return false;
        }
        n[i] = (unsigned)value;
        return true;
    }
    return false;
}

static bool complain_generator(const struct generator *g, const char *text, size_t len, FILE *out)
{
    fprintf(out, "topology %s: \"%.*s\": expected", g->name, (int)len, text);
    for (unsigned i = 0; i < MAX_NUMBERS && g->numbers[i].key; i++) {
        fprintf(out, "%s %s=%d..%u", i ? "," : "", g->numbers[i].key, !may_be_zero(g, i),
                g->numbers[i].max);
    }
    fputc('\n', out);
    return false;
}

/* 'rest' is what follows the generator's name: "" or ":key=value,...". */
static bool run_generator(const struct generator *g, const char *rest, struct topo *topo, FILE *out)
{
    unsigned n[MAX_NUMBERS];

    for (unsigned i = 0; i < MAX_NUMBERS; i++) {
        n[i] = g->numbers[i].value;
    }
    while (*rest) {
        size_t len = strcspn(++rest, ",");

        if (!parse_number(g, rest, len, n)) {
            return complain_generator(g, rest, len, out);
        }
        rest += len;
    }
    if (n_nodes(g, n) > MAX_NODES) {
        fprintf(out, "topology %s: more than %u switches and hosts\n", g->name, MAX_NODES);
        return false;
    }
    generate(g, n, topo);
    return true;
}

/* --- Files -------------------------------------------------------------------------------------- */

struct complaints {
    const char *file;
    FILE *out;
};

static void complain_dot(void *aux, unsigned line, unsigned column, const char *what)
{
    const struct complaints *c = aux;

    if (line && column) {
        fprintf(c->out, "%s:%u:%u: %s\n", c->file, line, column, what);
    } else if (line) {
        fprintf(c->out, "%s:%u: %s\n", c->file, line, what);
    } else {
        fprintf(c->out, "%s: %s\n", c->file, what);
    }
}

static bool load_file(const char *file, struct topo *topo, FILE *out)
{
    struct complaints complaints = {file, out};
    struct text text = TEXT_INIT;
    bool ok = text_load(&text, file);

    if (!ok) {
        fprintf(out, "%s: %s; a topology is %s\n", file, strerror(errno), topology_forms);
    } else {
        ok = topo_read_dot(text_str(&text), topo, complain_dot, &complaints);
    }
    text_fini(&text);
    return ok;
}

bool topology_load(const char *spec, struct topo *topo, FILE *out)
{
    size_t len = strcspn(spec, ":");

    for (size_t i = 0; i < N_GENERATORS; i++) {
        if (strlen(generators[i].name) == len && memcmp(spec, generators[i].name, len) == 0) {
            return run_generator(&generators[i], spec + len, topo, out);
        }
    }
    return load_file(spec, topo, out);
}

/* --- Pictures ----------------------------------------------------------------------------------- */

static const char *const colours[] = {"#d9e8f5", "#dcefdc", "#fdf0d5", "#ffffff"};

static bool is_folded(const struct topo *topo, const struct topo_node *node)
{
    return node->kind == TOPO_HOST && topo->n_hosts > MANY_HOSTS;
}

/* A switch says how many hosts are folded into it. */
static void add_node(struct text *dot, const struct topo_node *node, unsigned n_hosts)
{
    unsigned layer = node->layer < 3 ? node->layer : 3;
    char name[TOPO_QUOTED_LEN + 1];

    topo_quoted(node->name, name);
    if (node->kind == TOPO_HOST) {
        text_addf(dot, "  %s [shape=ellipse, fontsize=9, width=0.3, height=0.25];\n", name);
        return;
    }
    text_addf(dot, "  %s [shape=box, style=\"filled,rounded\", fillcolor=\"%s\"", name,
              colours[layer]);
    if (n_hosts) {
        text_addf(dot, ", label=%.*s\\n%u hosts\"", (int)strlen(name) - 1, name, n_hosts);
    }
    text_add(dot, "];\n");
}

/* Upper layers come first, so that they are drawn on top. */
static void add_edge(struct text *dot, const struct topo_node *a, const struct topo_node *b)
{
    const struct topo_node *upper = a->layer <= b->layer ? a : b, *lower = upper == a ? b : a;
    char names[2][TOPO_QUOTED_LEN + 1];

    text_addf(dot, "  %s -- %s%s;\n", topo_quoted(upper->name, names[0]),
              topo_quoted(lower->name, names[1]),
              a->layer == b->layer ? " [constraint=false]" : "");
}

static void count_folded(const struct topo *topo, unsigned n_hosts[])
{
    for (size_t i = 0; i < topo->n_edges; i++) {
        const struct topo_edge *e = &topo->edges[i];

        n_hosts[e->a] += is_folded(topo, &topo->nodes[e->b]);
        n_hosts[e->b] += is_folded(topo, &topo->nodes[e->a]);
    }
}

void topology_picture(const struct topo *topo, struct text *dot)
{
    unsigned *n_hosts = xcalloc(topo->n_nodes, sizeof *n_hosts);

    text_add(dot,
             "graph topology {\n  graph [ranksep=1.3, nodesep=0.12, fontname=\"DejaVu Sans\"];\n"
             "  node [fontname=\"DejaVu Sans\", fontsize=11, height=0.3];\n"
             "  edge [color=\"#555555\"];\n");
    count_folded(topo, n_hosts);
    for (size_t i = 0; i < topo->n_nodes; i++) {
        if (!is_folded(topo, &topo->nodes[i])) {
            add_node(dot, &topo->nodes[i], n_hosts[i]);
        }
    }
    for (size_t i = 0; i < topo->n_edges; i++) {
        const struct topo_node *ends[] = {&topo->nodes[topo->edges[i].a],
                                          &topo->nodes[topo->edges[i].b]};

        if (!is_folded(topo, ends[0]) && !is_folded(topo, ends[1])) {
            add_edge(dot, ends[0], ends[1]);
        }
    }
    text_add(dot, "}\n");
    free(n_hosts);
}
