/* Topologies as DOT text, read with libcgraph and written by hand.
 *
 * libcgraph's parser keeps its state in globals: one thread at a time. It tells the line of a syntax
 * error and forgets where attributes stood, so a wrong value is looked up in the text again. */
#include "simnet/world/topo.h"

#include <ctype.h>
#include <graphviz/cgraph.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *text;
    struct topo *topo;
    topo_complain_fn *complain;
    void *aux;
    unsigned n_complaints;
};

/* --- Complaints ------------------------------------------------------------------------------ */

static void complain_at(struct reader *r, const char *place, const char *what)
{
    unsigned line = 1, column = 1;

    for (const char *p = r->text; place && p < place; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n';
    }
    r->n_complaints++;
    r->complain(r->aux, place ? line : 0, place ? column : 0, what);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Where 'value' stands behind "attr =", or NULL. */
static const char *find_value(const char *text, const char *attr, const char *value)
{
    const char *p = text;

    while ((p = strstr(p, attr))) {
        const char *q = p + strlen(attr);
        bool whole = (p == text || !is_word(p[-1])) && !is_word(*q);

        p = q;
        q += strspn(q, " \t\n=\"");
        if (whole && strncmp(q, value, strlen(value)) == 0) {
            return q;
        }
    }
    return NULL;
}

static void complain_value(struct reader *r, const char *attr, const char *value,
                           const char *expected)
{
    char what[256];

    snprintf(what, sizeof what, "%s is \"%.60s\"; expected %s", attr, value, expected);
    complain_at(r, find_value(r->text, attr, value), what);
}

/* libcgraph says "<file>: syntax error in line 3 near 'x'". */
static void complain_syntax(struct reader *r)
{
    char what[256];
    char *said = aglasterr(); /* Ours to free. */
    const char *at = said ? strstr(said, "line ") : NULL;
    unsigned line = at ? (unsigned)strtoul(at + strlen("line "), NULL, 10) : 0;

    snprintf(what, sizeof what, "%.200s", said ? said : "not a graph in DOT");
    what[strcspn(what, "\n")] = '\0';
    r->n_complaints++;
    r->complain(r->aux, line, 0, what);
    free(said);
}

/* --- Values ---------------------------------------------------------------------------------- */

/* The attribute, or NULL when it is absent or empty. */
static const char *get(void *object, const char *attr)
{
    char name[32];
    const char *value;

    snprintf(name, sizeof name, "%s", attr);
    value = agget(object, name);
    return value && *value ? value : NULL;
}

static void read_u64(struct reader *r, void *object, const char *attr, uint64_t max, int base,
                     uint64_t *out)
{
    const char *value = get(object, attr);
    char expected[64];
    char *end;
    uint64_t v;

    if (!value) {
        return;
    }
    v = strtoull(value, &end, base);
    if (!isxdigit((unsigned char)*value) || *end || v > max) {
        snprintf(expected, sizeof expected, "a number from 0 to %" PRIu64, max);
        complain_value(r, attr, value, expected);
        return;
    }
    *out = v;
}

static void read_frac(struct reader *r, void *object, const char *attr, double *out)
{
    const char *value = get(object, attr);
    char *end;
    double v;

    if (!value) {
        return;
    }
    v = strtod(value, &end);
    if (end == value || *end || !(v >= 0 && v <= 1)) {
        complain_value(r, attr, value, "a fraction from 0 to 1");
        return;
    }
    *out = v;
}

static void read_mac(struct reader *r, void *object, struct eth_addr *out)
{
    const char *value = get(object, "mac");
    unsigned b[6];
    int n = 0;

    if (!value) {
        return;
    }
    if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &n) !=
            6 ||
        value[n] || (b[0] & 1)) {
        complain_value(r, "mac", value, "a unicast address like 02:00:00:00:00:01");
        return;
    }
    for (unsigned i = 0; i < ETH_ADDR_LEN; i++) {
        out->b[i] = (uint8_t)b[i];
    }
}

static void read_ip(struct reader *r, void *object, uint32_t *out)
{
    const char *value = get(object, "ip");
    unsigned b[4];
    int n = 0;

    if (!value) {
        return;
    }
    if (sscanf(value, "%3u.%3u.%3u.%3u%n", &b[0], &b[1], &b[2], &b[3], &n) != 4 || value[n] ||
        b[0] > 255 || b[1] > 255 || b[2] > 255 || b[3] > 255) {
        complain_value(r, "ip", value, "an IPv4 address like 10.0.0.1");
        return;
    }
    *out = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* --- Nodes and edges ------------------------------------------------------------------------- */

static bool reads_as_host(struct reader *r, Agnode_t *node)
{
    const char *kind = get(node, "kind");

    if (!kind) {
        return agnameof(node)[0] == 'h';
    }
    if (strcmp(kind, "host") != 0 && strcmp(kind, "switch") != 0) {
        complain_value(r, "kind", kind, "\"switch\" or \"host\"");
    }
    return strcmp(kind, "host") == 0;
}

static void read_node(struct reader *r, Agnode_t *node)
{
    const char *name = agnameof(node);
    struct topo_node *n;
    uint32_t i;
    uint64_t layer = 1;

    if (strlen(name) > TOPO_NAME_LEN) {
        complain_at(r, strstr(r->text, name), "the name is longer than 31 bytes");
    }
    if (reads_as_host(r, node)) {
        i = topo_add_host(r->topo, name);
        n = &r->topo->nodes[i];
        read_mac(r, node, &n->mac);
        read_ip(r, node, &n->ip);
        return;
    }
    read_u64(r, node, "layer", 2, 10, &layer);
    i = topo_add_switch(r->topo, name, (unsigned)layer);
    n = &r->topo->nodes[i];
    read_u64(r, node, "dpid", UINT64_MAX, 16, &n->dpid);
}

static void read_edge(struct reader *r, Agedge_t *edge)
{
    uint32_t a = (uint32_t)topo_find(r->topo, agnameof(agtail(edge)));
    uint32_t b = (uint32_t)topo_find(r->topo, agnameof(aghead(edge)));
    bool trunk = r->topo->nodes[a].kind == TOPO_SWITCH && r->topo->nodes[b].kind == TOPO_SWITCH;
    struct wire_params wire = trunk ? topo_trunk_default() : topo_edge_default();
    uint64_t rate_bps = (uint64_t)wire.rate_bps, delay_ns = (uint64_t)wire.delay_ns;
    uint64_t queue = 0, queue_packets = 0;

    read_u64(r, edge, "rate_bps", UINT64_C(1000000000000), 10, &rate_bps);
    read_u64(r, edge, "delay_ns", UINT64_C(3600) * NS_PER_S, 10, &delay_ns);
    read_u64(r, edge, "queue_bytes", UINT32_MAX, 10, &queue);
    read_u64(r, edge, "queue_packets", UINT32_MAX, 10, &queue_packets);
    read_frac(r, edge, "loss_frac", &wire.loss_frac);
    read_frac(r, edge, "burst_enter_frac", &wire.burst.enter_frac);
    read_frac(r, edge, "burst_leave_frac", &wire.burst.leave_frac);
    read_frac(r, edge, "burst_loss_frac", &wire.burst.loss_frac);
    wire.rate_bps = (int64_t)rate_bps;
    wire.delay_ns = (int64_t)delay_ns;
    wire.queue_bytes = (uint32_t)queue;
    wire.queue_packets = (uint32_t)queue_packets;
    topo_add_edge(r->topo, a, b, &wire);
}

/* Edges in the order in which they were written: libcgraph numbers them. */
static int by_sequence(const void *a, const void *b)
{
    Agedge_t *const *x = a, *const *y = b;
    uint64_t sx = AGSEQ(*x), sy = AGSEQ(*y);

    return (sx > sy) - (sx < sy);
}

static void read_edges(struct reader *r, Agraph_t *graph)
{
    size_t n = (size_t)agnedges(graph), i = 0;
    Agedge_t **edges = calloc(n + 1, sizeof(Agedge_t *));

    for (Agnode_t *node = agfstnode(graph); node && edges; node = agnxtnode(graph, node)) {
        for (Agedge_t *e = agfstout(graph, node); e; e = agnxtout(graph, e)) {
            edges[i++] = e;
        }
    }
    if (i) {
        qsort(edges, i, sizeof(Agedge_t *), by_sequence);
    }
    for (size_t k = 0; k < i; k++) {
        read_edge(r, edges[k]);
    }
    free(edges);
}

static void read_graph(struct reader *r, Agraph_t *graph)
{
    char why[128];

    if (agisdirected(graph)) {
        complain_at(r, strstr(r->text, "digraph"), "expected an undirected graph (\"graph\")");
        return;
    }
    for (Agnode_t *node = agfstnode(graph); node; node = agnxtnode(graph, node)) {
        read_node(r, node);
    }
    read_edges(r, graph);
    if (!r->n_complaints && topo_check(r->topo, why, sizeof why) != ERR_OK) {
        complain_at(r, NULL, why);
    }
}

/* The parser keeps what follows a graph for the next call; this empties it and its line count. */
static void drain_parser(void)
{
    Agraph_t *rest = agmemread("");

    if (rest) {
        agclose(rest);
    }
    agreadline(1);
}

bool topo_read_dot(const char *text, struct topo *topo, topo_complain_fn *complain, void *aux)
{
    struct reader r = {.text = text, .topo = topo, .complain = complain, .aux = aux};
    Agraph_t *graph;

    agseterr(AGMAX);
    graph = agmemread(text);
    if (graph) {
        drain_parser();
        read_graph(&r, graph);
        agclose(graph);
    } else {
        complain_syntax(&r);
    }
    if (r.n_complaints) {
        topo_fini(topo);
    }
    return !r.n_complaints;
}

/* --- Writing --------------------------------------------------------------------------------- */

static void put_text(struct buf *out, const char *text)
{
    buf_put(out, text, strlen(text));
}

const char *topo_quoted(const char *name, char out[TOPO_QUOTED_LEN + 1])
{
    char *p = out;

    *p++ = '"';
    for (size_t i = 0; name[i] && i < TOPO_NAME_LEN; i++) {
        if (name[i] == '"') { /* Other backslashes are part of the name, also for libcgraph. */
            *p++ = '\\';
        }
        *p++ = name[i];
    }
    *p++ = '"';
    *p = '\0';
    return out;
}

static void write_node(const struct topo_node *n, struct buf *out)
{
    char line[256], name[TOPO_QUOTED_LEN + 1];

    if (n->kind == TOPO_HOST) {
        snprintf(line, sizeof line,
                 "  %s [kind=host, shape=point, mac=\"" ETH_FMT "\", ip=\"" IPV4_FMT "\"];\n",
                 topo_quoted(n->name, name), ETH_ARGS(n->mac), IPV4_ARGS(n->ip));
    } else {
        snprintf(line, sizeof line,
                 "  %s [kind=switch, shape=box, style=filled, fillcolor=\"%s\", layer=%u, "
                 "dpid=\"" DPID_FMT "\"];\n",
                 topo_quoted(n->name, name), n->layer == 0 ? "#c6dbef" : "#e5f5e0", n->layer,
                 DPID_ARGS(n->dpid));
    }
    put_text(out, line);
}

static void write_edge(const struct topo *topo, const struct topo_edge *e, struct buf *out)
{
    const struct topo_node *a = &topo->nodes[e->a], *b = &topo->nodes[e->b];
    bool trunk = a->kind == TOPO_SWITCH && b->kind == TOPO_SWITCH;
    char line[384], names[2][TOPO_QUOTED_LEN + 1];

    snprintf(line, sizeof line,
             "  %s -- %s [rate_bps=%" PRId64 ", delay_ns=%" PRId64
             ", loss_frac=%.17g, queue_bytes=%u, queue_packets=%u",
             topo_quoted(a->name, names[0]), topo_quoted(b->name, names[1]), e->wire.rate_bps,
             e->wire.delay_ns, e->wire.loss_frac, e->wire.queue_bytes, e->wire.queue_packets);
    put_text(out, line);
    if (e->wire.burst.enter_frac > 0) {
        snprintf(line, sizeof line,
                 ", burst_enter_frac=%.17g, burst_leave_frac=%.17g, burst_loss_frac=%.17g",
                 e->wire.burst.enter_frac, e->wire.burst.leave_frac, e->wire.burst.loss_frac);
        put_text(out, line);
    }
    put_text(out, trunk ? ", penwidth=2];\n" : "];\n");
}

static void write_rank(const struct topo *topo, unsigned layer, struct buf *out)
{
    char name[TOPO_QUOTED_LEN + 1];

    put_text(out, "  { rank=same;");
    for (size_t i = 0; i < topo->n_nodes; i++) {
        if (topo->nodes[i].layer == layer) {
            put_text(out, " ");
            put_text(out, topo_quoted(topo->nodes[i].name, name));
            put_text(out, ";");
        }
    }
    put_text(out, " }\n");
}

void topo_write_dot(const struct topo *topo, struct buf *out)
{
    put_text(out, "graph topology {\n  layout=dot; rankdir=TB; ranksep=0.8; nodesep=0.1;\n"
                  "  node [fontname=\"Helvetica\", fontsize=10];\n");
    for (size_t i = 0; i < topo->n_nodes; i++) {
        write_node(&topo->nodes[i], out);
    }
    for (size_t i = 0; i < topo->n_edges; i++) {
        write_edge(topo, &topo->edges[i], out);
    }
    for (unsigned layer = 0; layer <= 2; layer++) {
        write_rank(topo, layer, out);
    }
    put_text(out, "}\n");
}
