/* Hash map and list against naive arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"

#define N_ITEMS 300
#define N_STEPS 6000

struct item {
    struct hmap_node node;
    struct list link;
    bool is_in;
    int visits;
};

static uint64_t rnd(uint64_t *state)
{
    return hash_u64(*state += UINT64_C(0x9e3779b97f4a7c15));
}

/* A third of the items share each hash of a small set; the rest have their own. */
static uint64_t hash_of(size_t i)
{
    return i % 3 ? hash_u64(i) : i % 7;
}

static void check_map(const struct hmap *m, struct item *items)
{
    struct hmap_node *it, *next;
    size_t n = 0;

    HMAP_FOR_EACH (it, next, m) {
        HMAP_ENTRY(it, struct item, node)->visits++;
    }
    for (size_t i = 0; i < N_ITEMS; i++) {
        bool found = false;

        assert_int_equal(items[i].visits, items[i].is_in);
        items[i].visits = 0;
        n += items[i].is_in;
        for (it = hmap_first_with(m, hash_of(i)); it; it = hmap_next_with(it)) {
            assert_true(it->hash == hash_of(i));
            found = found || it == &items[i].node;
        }
        assert_int_equal(found, items[i].is_in);
    }
    assert_int_equal(m->n, n);
    assert_true(m->n_used <= 1 || m->n_used * 3 <= (size_t)2 << m->bits);
}

static void test_map_random_steps(void **state)
{
    static struct item items[N_ITEMS];
    struct hmap m;
    uint64_t seed = 23;

    (void)state;
    hmap_init(&m);
    check_map(&m, items);
    for (int i = 0; i < N_STEPS; i++) {
        size_t k = rnd(&seed) % N_ITEMS;

        if (items[k].is_in) {
            hmap_remove(&m, &items[k].node);
        } else {
            hmap_insert(&m, &items[k].node, hash_of(k));
        }
        items[k].is_in = !items[k].is_in;
        if (i % 10 == 0) {
            check_map(&m, items);
        }
    }
    check_map(&m, items);
    hmap_fini(&m);
}

static void test_map_remove_while_visiting(void **state)
{
    static struct item items[N_ITEMS];
    struct hmap_node *it, *next;
    struct hmap m;
    size_t n = 0;

    (void)state;
    hmap_init(&m);
    for (size_t i = 0; i < N_ITEMS; i++) {
        hmap_insert(&m, &items[i].node, hash_of(i));
    }
    HMAP_FOR_EACH (it, next, &m) {
        hmap_remove(&m, it);
        n++;
    }
    assert_int_equal(n, N_ITEMS);
    assert_int_equal(m.n, 0);
    assert_null(hmap_first(&m));
    hmap_fini(&m);
}

/* Some go while all are visited: each is seen once, and those that stay are found. */
static void test_map_thin_out(void **state)
{
    static struct item items[N_ITEMS];
    struct hmap_node *it, *next;
    struct hmap m;

    (void)state;
    for (unsigned keep = 2; keep < 7; keep++) {
        hmap_init(&m);
        for (size_t i = 0; i < N_ITEMS; i++) {
            items[i] = (struct item){.is_in = true};
            hmap_insert(&m, &items[i].node, hash_of(i));
        }
        HMAP_FOR_EACH (it, next, &m) {
            struct item *item = HMAP_ENTRY(it, struct item, node);

            assert_int_equal(item->visits++, 0);
            if ((size_t)(item - items) % keep) {
                item->is_in = false;
                hmap_remove(&m, it);
            }
        }
        for (size_t i = 0; i < N_ITEMS; i++) {
            assert_int_equal(items[i].visits, 1);
            items[i].visits = 0;
        }
        check_map(&m, items);
        hmap_fini(&m);
    }
}

/* What the slots take: at two thirds full the next power of two, and some for what spills over. */
static void test_map_bytes(void **state)
{
    static struct item items[N_ITEMS];
    struct hmap m;

    (void)state;
    hmap_init(&m);
    assert_int_equal(hmap_slot_bytes(&m), 0);
    for (size_t i = 0; i < N_ITEMS; i++) {
        size_t homes = 8;

        hmap_insert(&m, &items[i].node, hash_u64(i));
        while (3 * (i + 1) > 2 * homes) {
            homes *= 2;
        }
        assert_true(i == 0 || hmap_slot_bytes(&m) <= (homes + 16) * sizeof(struct hmap_slot));
    }
    hmap_fini(&m);
}

/* Hashes that differ only in a few bits, wherever these are, cost no more room than good ones. */
static void test_map_poor_hashes(void **state)
{
    static struct item items[N_ITEMS];
    struct hmap m;

    (void)state;
    for (unsigned shift = 0; shift < 48; shift += 7) {
        hmap_init(&m);
        for (size_t i = 0; i < N_ITEMS; i++) {
            hmap_insert(&m, &items[i].node, (uint64_t)i << shift);
        }
        for (size_t i = 0; i < N_ITEMS; i++) {
            assert_ptr_equal(hmap_first_with(&m, (uint64_t)i << shift), &items[i].node);
        }
        assert_true(((size_t)1 << m.bits) <= 4 * N_ITEMS);
        hmap_fini(&m);
    }
}

static void test_list(void **state)
{
    struct item items[5];
    struct list head, *it, *next;
    size_t order[] = {1, 0, 2, 3, 4}, i = 0;

    (void)state;
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_pop_front(&head));
    list_push_back(&head, &items[0].link);
    list_push_front(&head, &items[1].link);
    list_push_back(&head, &items[4].link);
    list_insert_before(&items[4].link, &items[2].link);
    list_insert_before(&items[4].link, &items[3].link);
    assert_int_equal(list_size(&head), 5);
    LIST_FOR_EACH (it, next, &head) {
        assert_ptr_equal(LIST_ENTRY(it, struct item, link), &items[order[i++]]);
        if (i % 2) {
            list_remove(it);
        }
    }
    assert_int_equal(list_size(&head), 2);
    list_remove(&items[1].link); /* Already out: harmless. */
    assert_ptr_equal(list_pop_front(&head), &items[0].link);
    assert_ptr_equal(list_pop_front(&head), &items[3].link);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_random_steps),
        cmocka_unit_test(test_map_remove_while_visiting),
        cmocka_unit_test(test_map_thin_out),
        cmocka_unit_test(test_map_bytes),
        cmocka_unit_test(test_map_poor_hashes),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
