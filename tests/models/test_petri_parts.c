/* Slots, markings as bytes, and their set. */
#include "tests/models/petri_net.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/hash.h"

static void test_slots_come_and_go(void **state)
{
    struct petri_slots slots;
    uint32_t first;

    (void)state;
    petri_slots_init(&slots, 3);
    for (int64_t v = 0; v < 1000; v++) {
        assert_int_equal(petri_slot_get(&slots, (uint32_t)(v % 3), v * 7919), v);
    }
    for (int64_t v = 0; v < 1000; v += 2) {
        petri_slot_drop(&slots, (uint32_t)v);
    }
    for (int64_t v = 0; v < 1000; v++) {
        assert_int_equal(petri_slot_find(&slots, (uint32_t)(v % 3), v * 7919),
                         v % 2 ? (uint32_t)v : PETRI_NO_SLOT);
    }
    assert_int_equal(slots.n_used, 500);
    first = petri_slot_get(&slots, 1, -5);
    assert_true(first < 1000);
    assert_int_equal(slots.places[0].n + slots.places[1].n + slots.places[2].n, 501);
    assert_int_equal(slots.slot[slots.places[1].slots[slots.slot[first].at]].value, -5);
    petri_slots_fini(&slots);
}

/* Random markings from a fixed stream, sparse and dense, with small and large numbers. */
static void fill(struct petri_marking *m, uint64_t seed)
{
    unsigned few = (unsigned)(seed % 5);
    uint64_t x = hash_u64(seed + 1);

    petri_marking_clear(m);
    for (uint32_t s = 0; s < 300; s++) {
        x = hash_u64(x + s);
        if (x % (1 + 20 * few) == 0) {
            petri_marking_set(m, s, x >> 40 & 3 ? 1 : 1 + (uint32_t)(x >> 33));
        }
    }
}

static void test_bytes_give_the_marking_back(void **state)
{
    struct petri_marking a = {0}, b = {0};

    (void)state;
    petri_marking_reserve(&a, 300);
    petri_marking_reserve(&b, 2000); /* Room that came later changes nothing. */
    for (uint64_t seed = 0; seed < 500; seed++) {
        fill(&a, seed);
        uint8_t *bytes = malloc(petri_marking_room(&a)),
                *again = malloc(petri_marking_room(&a) + 400);
        size_t n = petri_marking_pack(&a, bytes);

        assert_int_equal(petri_packed_size(bytes), n);
        assert_int_equal(petri_marking_unpack(&b, bytes), n);
        assert_memory_equal(a.count, b.count, 300 * sizeof *a.count);
        assert_int_equal(petri_marking_pack(&b, again), n);
        assert_memory_equal(bytes, again, n);
        free(bytes);
        free(again);
    }
    petri_marking_fini(&a);
    petri_marking_fini(&b);
}

static void test_an_empty_marking_has_bytes_too(void **state)
{
    struct petri_marking m = {0};
    uint8_t bytes[256];

    (void)state;
    petri_marking_reserve(&m, 1);
    assert_int_equal(petri_marking_pack(&m, bytes), 1);
    assert_int_equal(petri_marking_unpack(&m, bytes), 1);
    assert_int_equal(m.present[0], 0);
    petri_marking_fini(&m);
}

static void test_each_marking_is_in_the_set_once(void **state)
{
    struct petri_markset set;
    struct petri_marking m = {0};
    uint8_t bytes[8192];
    bool is_new;

    (void)state;
    petri_markset_init(&set);
    petri_marking_reserve(&m, 300);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            petri_marking_clear(&m);
            petri_marking_set(&m, i % 300, 1 + i / 300);
            petri_marking_set(&m, (i + 7) % 300, 3);
            size_t n = petri_marking_pack(&m, bytes);
            uint64_t hash = petri_packed_hash(bytes, n);

            assert_int_equal(petri_markset_add(&set, bytes, n, hash, &is_new), i);
            assert_int_equal(is_new, round == 0);
            assert_int_equal(petri_markset_find(&set, bytes, n, hash), i);
            assert_memory_equal(petri_markset_get(&set, i), bytes, n);
        }
    }
    assert_int_equal(set.n, 5000);
    petri_marking_set(&m, 299, 77);
    size_t n = petri_marking_pack(&m, bytes);
    assert_int_equal(petri_markset_find(&set, bytes, n, petri_packed_hash(bytes, n)), UINT32_MAX);
    petri_marking_fini(&m);
    petri_markset_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_come_and_go),
        cmocka_unit_test(test_bytes_give_the_marking_back),
        cmocka_unit_test(test_an_empty_marking_has_bytes_too),
        cmocka_unit_test(test_each_marking_is_in_the_set_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
