/* See steiner.h. */
#include "controller/apps/steiner.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/heap.h"

#define FAR UINT64_MAX
#define NO_EDGE UINT32_MAX

/* --- Sets ------------------------------------------------------------------------------------- */

void steiner_sets_init(struct steiner_sets *s, size_t n_nodes)
{
    s->parent = xcalloc(n_nodes + 1, sizeof(*s->parent));
    for (size_t i = 0; i < n_nodes; i++) {
        s->parent[i] = (uint32_t)i;
    }
}

void steiner_sets_fini(struct steiner_sets *s)
{
    free(s->parent);
}

uint32_t steiner_sets_root(struct steiner_sets *s, uint32_t node)
{
    while (s->parent[node] != node) {
        s->parent[node] = s->parent[s->parent[node]];
        node = s->parent[node];
    }
    return node;
}

bool steiner_sets_join(struct steiner_sets *s, uint32_t a, uint32_t b)
{
    uint32_t ra = steiner_sets_root(s, a), rb = steiner_sets_root(s, b);

    s->parent[ra < rb ? rb : ra] = ra < rb ? ra : rb;
    return ra != rb;
}

/* --- A search --------------------------------------------------------------------------------- */

struct half {
    uint32_t to, edge;
};

/* What a search works with. Edges of a node are half[first[node]] to half[first[node + 1] - 1]. */
struct work {
    const struct steiner_graph *g;
    uint32_t *first;
    struct half *half;
    bool *is_member;
    bool *in_tree;         /* Nodes: reached by the tree that grows. */
    bool *chosen;          /* Edges: of the result. */
    uint64_t *distance;    /* Nodes: from the tree, or FAR. */
    uint32_t *via;         /* Nodes: the edge towards the tree, or NO_EDGE in it. */
    struct heap heap;      /* Nodes that were reached and not looked at. */
    struct heap_node *key; /* By node. */
    struct steiner_sets parts; /* Joined by edges that are given. */
    bool *wanted;              /* Nodes that end a search: of parts with a member, outside the tree. */
};

static void index_edges(struct work *w)
{
    const struct steiner_graph *g = w->g;
    uint32_t *next = xcalloc(g->n_nodes + 1, sizeof(*next));

    for (size_t e = 0; e < g->n_edges; e++) {
        w->first[g->edges[e].a + 1]++;
        w->first[g->edges[e].b + 1]++;
    }
    for (size_t i = 0; i < g->n_nodes; i++) {
        w->first[i + 1] += w->first[i];
        next[i] = w->first[i];
    }
    for (size_t e = 0; e < g->n_edges; e++) {
        const struct steiner_edge *edge = &g->edges[e];

        w->half[next[edge->a]++] = (struct half){edge->b, (uint32_t)e};
        w->half[next[edge->b]++] = (struct half){edge->a, (uint32_t)e};
    }
    free(next);
}

static void work_init(struct work *w, const struct steiner_graph *g, const uint32_t *members,
                      size_t n)
{
    size_t n_nodes = g->n_nodes + 1, n_edges = g->n_edges + 1;

    *w = (struct work){.g = g};
    w->first = xcalloc(n_nodes + 1, sizeof(*w->first));
    w->half = xcalloc(2 * n_edges, sizeof(*w->half));
    w->is_member = xcalloc(n_nodes, sizeof(*w->is_member));
    w->in_tree = xcalloc(n_nodes, sizeof(*w->in_tree));
    w->chosen = xcalloc(n_edges, sizeof(*w->chosen));
    w->distance = xcalloc(n_nodes, sizeof(*w->distance));
    w->via = xcalloc(n_nodes, sizeof(*w->via));
    w->key = xcalloc(n_nodes, sizeof(*w->key));
    w->wanted = xcalloc(n_nodes, sizeof(*w->wanted));
    heap_init(&w->heap);
    steiner_sets_init(&w->parts, n_nodes);
    index_edges(w);
    for (size_t i = 0; i < n; i++) {
        w->is_member[members[i]] = true;
    }
}

static void work_fini(struct work *w)
{
    free(w->first);
    free(w->half);
    free(w->is_member);
    free(w->in_tree);
    free(w->chosen);
    free(w->distance);
    free(w->via);
    free(w->key);
    free(w->wanted);
    heap_fini(&w->heap);
    steiner_sets_fini(&w->parts);
}

static void forget_distances(struct work *w)
{
    for (size_t i = 0; i < w->g->n_nodes; i++) {
        w->distance[i] = FAR;
        w->via[i] = NO_EDGE;
        heap_remove(&w->heap, &w->key[i]);
    }
}

static void reach(struct work *w, uint32_t node, uint64_t distance, uint32_t via)
{
    if (distance < w->distance[node]) {
        w->distance[node] = distance;
        w->via[node] = via;
        heap_set(&w->heap, &w->key[node], (int64_t)distance);
    }
}

/* Goes on with Dijkstra's search until a node of 'goal' comes, which it returns; NO_EDGE when none
 * is in reach. */
static uint32_t search(struct work *w, const bool *goal)
{
    struct heap_node *top;

    while ((top = heap_min(&w->heap)) != NULL) {
        uint32_t node = (uint32_t)(top - w->key);

        if (goal[node]) {
            return node; /* It stays in the heap: the search may go on from it. */
        }
        heap_remove(&w->heap, top);
        for (uint32_t i = w->first[node]; i < w->first[node + 1]; i++) {
            const struct half *h = &w->half[i];

            reach(w, h->to, w->distance[node] + w->g->edges[h->edge].weight, h->edge);
        }
    }
    return NO_EDGE;
}

static uint32_t other_end(const struct work *w, uint32_t edge, uint32_t node)
{
    const struct steiner_edge *e = &w->g->edges[edge];

    return e->a == node ? e->b : e->a;
}

/* Chooses the way from 'node' back to where its search began. */
static void choose_way(struct work *w, uint32_t node)
{
    while (w->via[node] != NO_EDGE) {
        uint32_t edge = w->via[node];

        w->chosen[edge] = true;
        w->in_tree[node] = true;
        w->via[node] = NO_EDGE;
        node = other_end(w, edge, node);
    }
    w->in_tree[node] = true;
}

/* --- Takahashi and Matsuyama, from parts ------------------------------------------------------ */

/* All nodes of the tree, which are at no distance from it, and those of the part of 'node', which
 * belong to the tree from now on. */
static void absorb(struct work *w, uint32_t node)
{
    uint32_t part = steiner_sets_root(&w->parts, node);

    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        if (w->in_tree[i] || (w->wanted[i] && steiner_sets_root(&w->parts, i) == part)) {
            w->in_tree[i] = true;
            w->wanted[i] = false;
            w->via[i] = NO_EDGE;
            reach(w, i, 0, NO_EDGE);
        }
    }
}

/* Grows one tree from the part of 'start' until no wanted node is in its reach. */
static void grow(struct work *w, uint32_t start)
{
    uint32_t node = start;

    forget_distances(w);
    memset(w->in_tree, 0, w->g->n_nodes * sizeof(*w->in_tree));
    do {
        choose_way(w, node);
        absorb(w, node);
        node = search(w, w->wanted);
    } while (node != NO_EDGE);
}

/* Marks the nodes of parts that have a member. */
static void want_parts(struct work *w)
{
    bool *has = xcalloc(w->g->n_nodes + 1, sizeof(*has));

    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        has[steiner_sets_root(&w->parts, i)] |= w->is_member[i];
    }
    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        w->wanted[i] = has[steiner_sets_root(&w->parts, i)];
    }
    free(has);
}

/* The first tree from 'start', others from the first member that was not reached. */
static void grow_all(struct work *w, uint32_t start)
{
    grow(w, start);
    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        if (w->is_member[i] && w->wanted[i]) {
            grow(w, i);
        }
    }
}

/* --- Improving -------------------------------------------------------------------------------- */

static void count_degrees(const struct work *w, uint32_t *degree)
{
    memset(degree, 0, w->g->n_nodes * sizeof(*degree));
    for (size_t e = 0; e < w->g->n_edges; e++) {
        if (w->chosen[e]) {
            degree[w->g->edges[e].a]++;
            degree[w->g->edges[e].b]++;
        }
    }
}

/* Takes away a branch that ends at 'node', which is no member, as far as nothing else needs it. */
static void cut_branch(struct work *w, uint32_t *degree, uint32_t node)
{
    while (degree[node] == 1 && !w->is_member[node]) {
        for (uint32_t i = w->first[node]; i < w->first[node + 1]; i++) {
            const struct half *h = &w->half[i];

            if (w->chosen[h->edge]) {
                w->chosen[h->edge] = false;
                degree[node]--;
                degree[h->to]--;
                node = h->to;
                break;
            }
        }
    }
}

static void prune(struct work *w)
{
    uint32_t *degree = xcalloc(w->g->n_nodes + 1, sizeof(*degree));

    count_degrees(w, degree);
    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        cut_branch(w, degree, i);
    }
    free(degree);
}

struct ranked {
    uint32_t edge, weight;
};

static int by_weight(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->weight != y->weight) {
        return x->weight < y->weight ? -1 : 1;
    }
    return x->edge < y->edge ? -1 : x->edge > y->edge;
}

/* The minimum spanning forest of the nodes that the tree has (Kruskal 1956), pruned. */
static void improve(struct work *w)
{
    const struct steiner_graph *g = w->g;
    uint32_t *degree = xcalloc(g->n_nodes + 1, sizeof(*degree));
    struct ranked *ranked = xcalloc(g->n_edges + 1, sizeof(*ranked));
    struct steiner_sets sets;
    size_t n = 0;

    count_degrees(w, degree);
    for (uint32_t e = 0; e < g->n_edges; e++) {
        if (degree[g->edges[e].a] > 0 && degree[g->edges[e].b] > 0) {
            ranked[n++] = (struct ranked){e, g->edges[e].weight};
        }
        w->chosen[e] = false;
    }
    qsort(ranked, n, sizeof(*ranked), by_weight);
    steiner_sets_init(&sets, g->n_nodes);
    for (size_t i = 0; i < n; i++) {
        const struct steiner_edge *e = &g->edges[ranked[i].edge];

        w->chosen[ranked[i].edge] = steiner_sets_join(&sets, e->a, e->b);
    }
    steiner_sets_fini(&sets);
    free(ranked);
    free(degree);
    prune(w);
}

/* --- Results ---------------------------------------------------------------------------------- */

static void take(const struct work *w, struct steiner_tree *out)
{
    *out = (struct steiner_tree){.edges = xcalloc(w->g->n_edges + 1, sizeof(*out->edges))};
    for (uint32_t e = 0; e < w->g->n_edges; e++) {
        if (w->chosen[e]) {
            out->edges[out->n_edges++] = e;
            out->cost += w->g->edges[e].weight;
        }
    }
}

void steiner_free(struct steiner_tree *tree)
{
    free(tree->edges);
    *tree = (struct steiner_tree){0};
}

void steiner_keep(const struct steiner_graph *g, const uint32_t *members, size_t n,
                  const uint32_t *kept, size_t n_kept, struct steiner_tree *out)
{
    struct work w;

    work_init(&w, g, members, n);
    for (size_t i = 0; i < n_kept; i++) {
        const struct steiner_edge *e = &g->edges[kept[i]];

        w.chosen[kept[i]] = steiner_sets_join(&w.parts, e->a, e->b);
    }
    want_parts(&w);
    if (n > 0) {
        grow_all(&w, members[0]);
    }
    prune(&w);
    take(&w, out);
    work_fini(&w);
}

void steiner_find(const struct steiner_graph *g, const uint32_t *members, size_t n,
                  struct steiner_tree *out)
{
    size_t n_starts = n < STEINER_MAX_STARTS ? n : STEINER_MAX_STARTS;
    struct work w;

    work_init(&w, g, members, n);
    take(&w, out); /* Nothing, for no member. */
    for (size_t i = 0; i < n_starts; i++) {
        struct steiner_tree tree;

        memset(w.chosen, 0, (g->n_edges + 1) * sizeof(*w.chosen));
        want_parts(&w);
        grow_all(&w, members[i * n / n_starts]);
        improve(&w);
        take(&w, &tree);
        if (i == 0 || tree.cost < out->cost) {
            struct steiner_tree worse = *out;

            *out = tree;
            tree = worse;
        }
        steiner_free(&tree);
    }
    work_fini(&w);
}

/* --- The heuristic of the thesis --------------------------------------------------------------- */

/* The tree that takes 'member' when its search reaches any node of it; a tree of its own when it
 * reaches none. */
static void attach(struct work *w, uint32_t member)
{
    uint32_t met;

    if (w->in_tree[member]) {
        return;
    }
    forget_distances(w);
    reach(w, member, 0, NO_EDGE);
    met = search(w, w->in_tree);
    choose_way(w, met == NO_EDGE ? member : met);
}

void steiner_trunk(const struct steiner_graph *g, const uint32_t *members, size_t n,
                   struct steiner_tree *out)
{
    struct work w;

    work_init(&w, g, members, n);
    if (n > 0) {
        w.in_tree[members[0]] = true;
    }
    for (size_t i = 1; i < n; i++) {
        attach(&w, members[i]);
    }
    take(&w, out);
    work_fini(&w);
}
