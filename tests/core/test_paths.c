/* Shortest paths against brute force, on random graphs found by discovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "tests/core/fake_sb.h"

#define N 12
#define PORTS 16
#define FAR 1000

struct graph {
    struct fake *f;
    struct fake_switch *sw[N];
    port_no_t used[N];
    int distance[N][N];
};

static uint64_t next_random(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

/* Ids are not in the order of creation. */
static dpid_t dpid_of(int i)
{
    return (dpid_t)((i * 7 + 3) % N + 1);
}

static void join(struct graph *g, int a, int b)
{
    if (g->used[a] < PORTS && g->used[b] < PORTS) {
        fake_link(g->sw[a], ++g->used[a], g->sw[b], ++g->used[b]);
    }
}

static void build(struct graph *g, uint64_t seed, int n_links)
{
    uint64_t x = seed;

    *g = (struct graph){.f = fake_new(NULL, NULL, 0)};
    for (int i = 0; i < N; i++) {
        g->sw[i] =
            fake_switch_add(g->f, dpid_of(i), i % 3 ? OF_VERSION_1_3 : OF_VERSION_1_0, PORTS);
    }
    for (int i = 0; i < n_links; i++) {
        int a = (int)(next_random(&x) % N), b = (int)(next_random(&x) % N);

        if (a != b) {
            join(g, a, b);
        }
    }
    for (int i = 0; i < N; i++) {
        fake_connect(g->sw[i]);
    }
    fake_settle(g->f);
}

/* Floyd and Warshall over the cables between connected switches. */
static void measure(struct graph *g)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            g->distance[i][j] = i == j && g->sw[i]->session ? 0 : FAR;
        }
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            for (int p = 0; p < PORTS; p++) {
                if (g->sw[i]->session && g->sw[j]->session && g->sw[i]->peers[p].sw == g->sw[j]) {
                    g->distance[i][j] = 1;
                }
            }
        }
    }
    for (int k = 0; k < N; k++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                if (g->distance[i][k] + g->distance[k][j] < g->distance[i][j]) {
                    g->distance[i][j] = g->distance[i][k] + g->distance[k][j];
                }
            }
        }
    }
}

/* The lowest (datapath id, port) among the neighbours of 'i' that are one hop nearer to 'j'. */
static port_no_t expected_port(const struct graph *g, int i, int j)
{
    port_no_t best = OF_PORT_ANY;
    dpid_t best_dpid = UINT64_MAX;

    for (int p = 0; p < PORTS; p++) {
        const struct fake_switch *peer = g->sw[i]->peers[p].sw;

        for (int k = 0; peer && k < N; k++) {
            if (peer == g->sw[k] && g->distance[k][j] == g->distance[i][j] - 1 &&
                peer->dpid < best_dpid) {
                best_dpid = peer->dpid;
                best = (port_no_t)(p + 1);
            }
        }
    }
    return best;
}

static void check_path(const struct graph *g, const struct path *path, int i, int j)
{
    assert_int_equal(path->n, g->distance[i][j] + 1);
    assert_int_equal(path->hops[0].dpid, dpid_of(i));
    assert_int_equal(path->hops[0].in_port, OF_PORT_ANY);
    assert_int_equal(path->hops[path->n - 1].dpid, dpid_of(j));
    assert_int_equal(path->hops[path->n - 1].out_port, OF_PORT_ANY);
    for (size_t h = 0; h + 1 < path->n; h++) {
        const struct link *link =
            topology_link_at(g->f->ctl, path->hops[h].dpid, path->hops[h].out_port);

        assert_non_null(link);
        assert_int_equal(link->dst_dpid, path->hops[h + 1].dpid);
        assert_int_equal(link->dst_port, path->hops[h + 1].in_port);
    }
}

/* The neighbours of 'i' at each distance from 'j' are those of the ports in their order. */
static void check_next(const struct graph *g, int i, int j, int distance)
{
    struct path_next next;
    size_t cursor = 0;

    for (int p = 0; p < PORTS; p++) {
        for (int k = 0; g->sw[i]->session && k < N; k++) {
            if (g->sw[i]->peers[p].sw == g->sw[k] && g->sw[k]->session &&
                g->distance[k][j] == distance && g->distance[i][j] != FAR) {
                assert_true(
                    paths_next(g->f->ctl, dpid_of(i), dpid_of(j), distance, &cursor, &next));
                assert_int_equal(next.dpid, dpid_of(k));
                assert_int_equal(next.out_port, p + 1);
                assert_int_equal(
                    next.in_port,
                    topology_link_at(g->f->ctl, dpid_of(i), next.out_port)->dst_port);
            }
        }
    }
    assert_false(paths_next(g->f->ctl, dpid_of(i), dpid_of(j), distance, &cursor, &next));
    assert_false(paths_next(g->f->ctl, dpid_of(i), dpid_of(j), distance, &cursor, &next));
}

static void check_all(struct graph *g)
{
    static struct path path;

    measure(g);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            int d = g->distance[i][j];

            assert_int_equal(paths_distance(g->f->ctl, dpid_of(i), dpid_of(j)), d == FAR ? -1 : d);
            assert_int_equal(paths_find(g->f->ctl, dpid_of(i), dpid_of(j), &path), d != FAR);
            assert_int_equal(paths_next_port(g->f->ctl, dpid_of(i), dpid_of(j)),
                             d == FAR || d == 0 ? OF_PORT_ANY : expected_port(g, i, j));
            if (d != FAR) {
                check_path(g, &path, i, j);
            }
            for (int distance = 0; distance < N; distance++) {
                check_next(g, i, j, distance);
            }
        }
    }
}

static void random_graphs(void **state)
{
    static struct graph g;

    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        build(&g, seed * 2385, (int)(seed % 10) * 3 + 5);
        check_all(&g);
        if (g.used[0]) {
            fake_cut(g.sw[0], (port_no_t)(seed % g.used[0]) + 1);
        }
        fake_disconnect(g.sw[N - 1]);
        check_all(&g);
        fake_free(g.f);
    }
}

static void unknown_datapaths(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct path path;

    (void)state;
    assert_int_equal(paths_distance(f->ctl, 1, 1), -1);
    assert_int_equal(paths_next_port(f->ctl, 1, 2), OF_PORT_ANY);
    assert_false(paths_find(f->ctl, 1, 2, &path));
    fake_free(f);
}

/* A line of 64 switches is the longest path that is given out. */
static void longest_path(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    static struct path path;

    (void)state;
    for (unsigned i = 0; i < FAKE_MAX_SWITCHES; i++) {
        struct fake_switch *sw = fake_switch_add(f, i + 1, OF_VERSION_1_3, 2);

        if (i) {
            fake_link(f->switches[i - 1], 2, sw, 1);
        }
        fake_connect(sw);
    }
    fake_settle(f);
    assert_int_equal(paths_distance(f->ctl, 1, 64), 63);
    assert_true(paths_find(f->ctl, 1, 64, &path));
    assert_int_equal(path.n, PATH_MAX_HOPS);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(unknown_datapaths),
        cmocka_unit_test(longest_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
