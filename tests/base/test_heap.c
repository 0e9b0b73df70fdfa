/* Heap: after every random step the order of the array, the positions that nodes remember, and the
 * minimum agree with a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/base/hash.h"
#include "controller/base/heap.h"

#define N_NODES 97
#define N_STEPS 20000

static uint64_t rnd(uint64_t *state)
{
    return hash_u64(*state += UINT64_C(0x9e3779b97f4a7c15));
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void check_invariant(const struct heap *h, struct heap_node *all)
{
    struct heap_node *least = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->n; i++) {
        assert_int_equal(h->nodes[i]->index, i + 1);
        assert_true(i == 0 || before(h->nodes[(i - 1) / 2], h->nodes[i]));
    }
    for (size_t i = 0; i < N_NODES; i++) {
        if (heap_has(&all[i])) {
            n++;
            least = !least || before(&all[i], least) ? &all[i] : least;
        }
    }
    assert_int_equal(n, h->n);
    assert_ptr_equal(heap_min(h), least);
}

/* Few different keys, so that ties are the rule. */
static void test_random_steps(void **state)
{
    struct heap_node nodes[N_NODES] = {0};
    struct heap h;
    uint64_t seed = 2385;

    (void)state;
    heap_init(&h);
    for (int i = 0; i < N_STEPS; i++) {
        struct heap_node *node = &nodes[rnd(&seed) % N_NODES];

        if (rnd(&seed) % 3) {
            heap_set(&h, node, (int64_t)(rnd(&seed) % 11) - 5);
        } else {
            heap_remove(&h, node);
            assert_false(heap_has(node));
        }
        check_invariant(&h, nodes);
    }
    heap_fini(&h);
}

static void test_ties_are_first_in_first_out(void **state)
{
    struct heap_node nodes[N_NODES] = {0};
    struct heap h;

    (void)state;
    heap_init(&h);
    for (size_t i = 0; i < N_NODES; i++) {
        heap_set(&h, &nodes[i], INT64_MIN);
    }
    heap_set(&h, &nodes[0], INT64_MIN); /* A move goes behind its equals. */
    for (size_t i = 1; i <= N_NODES; i++) {
        assert_ptr_equal(heap_min(&h), &nodes[i % N_NODES]);
        heap_remove(&h, heap_min(&h));
    }
    assert_null(heap_min(&h));
    heap_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_ties_are_first_in_first_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
