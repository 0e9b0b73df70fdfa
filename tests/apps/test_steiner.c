/* Steiner trees against the optimum of small graphs (Dreyfus and Wagner 1971). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/apps/steiner.h"
#include "controller/base/hash.h"

#define MAX_NODES 14
#define MAX_EDGES 64
#define MAX_MEMBERS 7
#define N_GRAPHS 1000
#define FAR (UINT64_MAX / 4)

struct instance {
    struct steiner_edge edges[MAX_EDGES];
    struct steiner_graph g;
    uint32_t members[MAX_MEMBERS];
    size_t n;
    uint64_t random;
};

static uint32_t draw(struct instance *in, size_t n)
{
    in->random += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash_u64(in->random) % n);
}

static void add_edge(struct instance *in, uint32_t a, uint32_t b)
{
    if (a != b && in->g.n_edges < MAX_EDGES) {
        in->edges[in->g.n_edges++] = (struct steiner_edge){a, b, 1 + draw(in, 24)};
    }
}

/* A connected graph with some edges more than a tree, and two members or more. */
static void make(struct instance *in, uint64_t seed)
{
    size_t n_nodes, n_extra;

    *in = (struct instance){.random = seed * 2385};
    n_nodes = 5 + draw(in, MAX_NODES - 4);
    n_extra = draw(in, 2 * n_nodes);
    in->g = (struct steiner_graph){.n_nodes = n_nodes, .edges = in->edges};
    for (uint32_t i = 1; i < n_nodes; i++) {
        add_edge(in, i, draw(in, i));
    }
    for (size_t i = 0; i < n_extra; i++) {
        add_edge(in, draw(in, n_nodes), draw(in, n_nodes));
    }
    in->n = 2 + draw(in, MAX_MEMBERS - 1);
    for (size_t i = 0; i < in->n; i++) {
        in->members[i] = draw(in, n_nodes);
    }
}

/* --- The optimum ------------------------------------------------------------------------------ */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Distances between all nodes (Floyd 1962). */
static void distances(const struct instance *in, uint64_t d[MAX_NODES][MAX_NODES])
{
    size_t n = in->g.n_nodes;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            d[i][j] = i == j ? 0 : FAR;
        }
    }
    for (size_t e = 0; e < in->g.n_edges; e++) {
        const struct steiner_edge *x = &in->edges[e];

        d[x->a][x->b] = d[x->b][x->a] = least(d[x->a][x->b], x->weight);
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                d[i][j] = least(d[i][j], d[i][k] + d[k][j]);
            }
        }
    }
}

/* best[S][v]: the cheapest tree that joins the members of the set S and the node v. */
static uint64_t optimum(const struct instance *in)
{
    static uint64_t best[1 << MAX_MEMBERS][MAX_NODES], d[MAX_NODES][MAX_NODES];
    size_t n = in->g.n_nodes;

    distances(in, d);
    for (unsigned set = 1; set < 1U << in->n; set++) {
        uint64_t at[MAX_NODES];

        for (size_t v = 0; v < n; v++) {
            at[v] = FAR;
            for (unsigned sub = (set - 1) & set; sub > 0; sub = (sub - 1) & set) {
                at[v] = least(at[v], best[sub][v] + best[set ^ sub][v]);
            }
        }
        for (unsigned i = 0; i < in->n; i++) {
            if (set == 1U << i) {
                at[in->members[i]] = 0;
            }
        }
        for (size_t v = 0; v < n; v++) {
            best[set][v] = FAR;
            for (size_t u = 0; u < n; u++) {
                best[set][v] = least(best[set][v], at[u] + d[u][v]);
            }
        }
    }
    return best[(1U << in->n) - 1][in->members[0]];
}

/* --- What every result must be ---------------------------------------------------------------- */

static void check_tree(const struct instance *in, const struct steiner_tree *tree)
{
    unsigned degree[MAX_NODES] = {0};
    struct steiner_sets sets;
    uint64_t cost = 0;

    steiner_sets_init(&sets, in->g.n_nodes);
    for (size_t i = 0; i < tree->n_edges; i++) {
        const struct steiner_edge *e = &in->edges[tree->edges[i]];

        assert_true(i == 0 || tree->edges[i - 1] < tree->edges[i]);
        assert_true(steiner_sets_join(&sets, e->a, e->b));
        cost += e->weight;
        degree[e->a]++;
        degree[e->b]++;
    }
    assert_int_equal(cost, tree->cost);
    for (size_t i = 1; i < in->n; i++) {
        assert_int_equal(steiner_sets_root(&sets, in->members[i]),
                         steiner_sets_root(&sets, in->members[0]));
    }
    for (size_t i = 0; i < in->n; i++) {
        degree[in->members[i]] = 0;
    }
    for (size_t i = 0; i < in->g.n_nodes; i++) {
        assert_int_not_equal(degree[i], 1); /* Nothing hangs there for nobody. */
    }
    steiner_sets_fini(&sets);
}

struct ratio {
    double sum, worst;
};

static void measure(struct ratio *r, uint64_t cost, uint64_t best)
{
    double ratio = best ? (double)cost / (double)best : 1;

    assert_true(cost >= best);
    r->sum += ratio;
    r->worst = ratio > r->worst ? ratio : r->worst;
}

static void test_ratio_to_the_optimum(void **state)
{
    struct ratio trunk = {0}, find = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= N_GRAPHS; seed++) {
        struct steiner_tree a, b;
        struct instance in;
        uint64_t best;

        make(&in, seed);
        best = optimum(&in);
        steiner_trunk(&in.g, in.members, in.n, &a);
        steiner_find(&in.g, in.members, in.n, &b);
        check_tree(&in, &a);
        check_tree(&in, &b);
        measure(&trunk, a.cost, best);
        measure(&find, b.cost, best);
        steiner_free(&a);
        steiner_free(&b);
    }
    printf("%d graphs: cost / optimum: trunk and Dijkstra %.4f mean, %.3f worst; "
           "Takahashi-Matsuyama, improved %.4f mean, %.3f worst\n",
           N_GRAPHS, trunk.sum / N_GRAPHS, trunk.worst, find.sum / N_GRAPHS, find.worst);
    assert_true(trunk.sum / N_GRAPHS < 1.10 && trunk.worst < 2);
    assert_true(find.sum / N_GRAPHS < 1.02 && find.worst < 1.5);
}

/* --- Keeping ---------------------------------------------------------------------------------- */

static bool contains(const struct steiner_tree *tree, uint32_t edge)
{
    size_t i = 0;

    while (i < tree->n_edges && tree->edges[i] != edge) {
        i++;
    }
    return i < tree->n_edges;
}

static void test_join_adds_and_leave_prunes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_GRAPHS; seed++) {
        struct steiner_tree before, after, again;
        struct instance in;

        make(&in, seed);
        steiner_find(&in.g, in.members, in.n - 1, &before);
        steiner_keep(&in.g, in.members, in.n, before.edges, before.n_edges, &after);
        check_tree(&in, &after);
        for (size_t i = 0; i < before.n_edges; i++) {
            assert_true(contains(&after, before.edges[i]));
        }
        in.n--;
        steiner_keep(&in.g, in.members, in.n, after.edges, after.n_edges, &again);
        check_tree(&in, &again);
        assert_true(again.n_edges <= after.n_edges);
        steiner_free(&before);
        steiner_free(&after);
        steiner_free(&again);
    }
}

static void test_failure_mends(void **state)
{
    /* A ring of five: the way round is taken when an edge is no longer there. */
    const struct steiner_edge ring[] = {{0, 1, 2}, {1, 2, 2}, {2, 3, 2}, {3, 4, 2}, {4, 0, 7}};
    struct steiner_graph g = {5, ring, 5}, broken = {5, ring + 1, 4};
    const uint32_t members[] = {0, 2, 4};
    const uint32_t left[] = {0, 1, 2}; /* In 'broken'. */
    struct steiner_tree tree;

    (void)state;
    steiner_find(&g, members, 3, &tree);
    assert_int_equal(tree.cost, 8);
    steiner_free(&tree);
    steiner_keep(&broken, members, 3, left, 3, &tree);
    assert_int_equal(tree.cost, 11); /* Node 1 is not needed any more. */
    assert_int_equal(tree.n_edges, 3);
    steiner_free(&tree);
}

static void test_members_that_no_path_joins(void **state)
{
    const struct steiner_edge edges[] = {{0, 1, 3}, {2, 3, 5}, {3, 4, 1}};
    struct steiner_graph g = {6, edges, 3};
    const uint32_t members[] = {0, 2, 1, 4, 5, 2};
    struct steiner_tree tree;

    (void)state;
    steiner_trunk(&g, members, 6, &tree);
    assert_int_equal(tree.cost, 9);
    steiner_free(&tree);
    steiner_find(&g, members, 6, &tree);
    assert_int_equal(tree.cost, 9);
    steiner_free(&tree);
    steiner_keep(&g, members, 6, NULL, 0, &tree);
    assert_int_equal(tree.cost, 9);
    steiner_free(&tree);
    steiner_find(&g, NULL, 0, &tree);
    assert_int_equal(tree.n_edges, 0);
    steiner_free(&tree);
    steiner_find(&g, members, 1, &tree);
    assert_int_equal(tree.n_edges, 0);
    steiner_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratio_to_the_optimum),
        cmocka_unit_test(test_join_adds_and_leave_prunes),
        cmocka_unit_test(test_failure_mends),
        cmocka_unit_test(test_members_that_no_path_joins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
