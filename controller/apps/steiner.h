/* Steiner trees: the cheapest tree that joins some nodes of a graph, by heuristics.
 *
 * The problem is NP-hard (Karp 1972), so two heuristics are given. Both visit nodes and edges in the
 * order of their numbers, so that equal inputs give equal trees; both keep within twice the cost of
 * the best tree. Members that no path joins get a tree each: the result is then a forest.
 *
 *   steiner_trunk()  the campus thesis, §4.5.3: a trunk between two members, to which each other
 *                    member is attached by Dijkstra's search until any node of the tree is reached.
 *   steiner_find()   Takahashi and Matsuyama 1980: the member nearest to the tree is attached next;
 *                    from each of several members as the start, each tree improved by the minimum
 *                    spanning tree of its nodes and by pruning; the cheapest is taken
 *                    (Rayward-Smith and Clare 1986 do the same for the average distance heuristic).
 *   steiner_keep()   the same search from a forest that is there already: what still serves is kept,
 *                    so that a join adds one path, a leave only prunes, and a failure mends. */
#ifndef TAMBO_APPS_STEINER_H
#define TAMBO_APPS_STEINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct steiner_edge {
    uint32_t a, b;   /* Nodes, below 'n_nodes'; not the same. */
    uint32_t weight; /* At least 1. */
};

/* Borrowed. Undirected; several edges may join the same nodes. */
struct steiner_graph {
    size_t n_nodes;
    const struct steiner_edge *edges;
    size_t n_edges;
};

struct steiner_tree {
    uint32_t *edges; /* Numbers of edges, ascending. */
    size_t n_edges;
    uint64_t cost; /* Sum of their weights. */
};

/* Starts that steiner_find() tries at most, spread evenly over the members. */
#define STEINER_MAX_STARTS 32

/* 'members' are numbers of nodes; one that is given twice counts once. 'out' is to be freed with
 * steiner_free(). */
void steiner_trunk(const struct steiner_graph *g, const uint32_t *members, size_t n,
                   struct steiner_tree *out);
void steiner_find(const struct steiner_graph *g, const uint32_t *members, size_t n,
                  struct steiner_tree *out);

/* 'kept' are edges without a cycle. Those that serve no member are left out. */
void steiner_keep(const struct steiner_graph *g, const uint32_t *members, size_t n,
                  const uint32_t *kept, size_t n_kept, struct steiner_tree *out);

void steiner_free(struct steiner_tree *tree);

/* Sets of nodes that edges join (Tarjan 1975, with halving of paths): which edges close a cycle. */
struct steiner_sets {
    uint32_t *parent;
};
void steiner_sets_init(struct steiner_sets *s, size_t n_nodes);
void steiner_sets_fini(struct steiner_sets *s);
uint32_t steiner_sets_root(struct steiner_sets *s, uint32_t node);
bool steiner_sets_join(struct steiner_sets *s, uint32_t a, uint32_t b); /* False: they were one. */

#endif
