/* The index of entries against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/flow_index.h"

#define N 1200

/* Addresses only: the index never looks into an entry. */
struct scene {
    struct flow_index x;
    char *room;
    uint64_t hash[N];
    bool in[N];
};

static struct flow_entry *entry_at(const struct scene *s, size_t i)
{
    return (struct flow_entry *)(void *)(s->room + i * FLOW_ENTRY_ALIGN);
}

/* 'n_tags' different tags, 0: as many as there can be. */
static struct scene *begin(uint64_t n_tags, unsigned shift)
{
    struct scene *s = xcalloc(1, sizeof *s);

    s->room = xcalloc_lines(N, FLOW_ENTRY_ALIGN);
    for (size_t i = 0; i < N; i++) {
        uint64_t hash = hash_u64(i + 1);

        s->hash[i] = n_tags ? (hash % n_tags) << shift : hash;
    }
    return s;
}

static void end(struct scene *s)
{
    flow_index_fini(&s->x);
    free(s->room);
    free(s);
}

static void flip(struct scene *s, size_t i)
{
    if (s->in[i]) {
        flow_index_remove(&s->x, entry_at(s, i), s->hash[i]);
    } else {
        flow_index_insert(&s->x, entry_at(s, i), s->hash[i]);
    }
    s->in[i] = !s->in[i];
}

static bool finds(const struct scene *s, size_t i)
{
    const uint64_t *slot = flow_index_first(&s->x, s->hash[i]);

    while (slot && flow_index_entry(*slot) != entry_at(s, i)) {
        slot = flow_index_next(slot + 1, flow_index_tag(s->hash[i]));
    }
    return slot != NULL;
}

static void check(const struct scene *s)
{
    const struct flow_entry *entry;
    size_t n = 0, n_walked = 0, at;

    for (size_t i = 0; i < N; i++) {
        assert_int_equal(finds(s, i), s->in[i]);
        n += s->in[i];
    }
    assert_int_equal(s->x.n, n);
    FLOW_INDEX_FOR_EACH (entry, at, &s->x) {
        size_t i = (size_t)((const char *)entry - s->room) / FLOW_ENTRY_ALIGN;

        assert_true(i < N && s->in[i]);
        n_walked++;
    }
    assert_int_equal(n_walked, n);
}

static void run(uint64_t n_tags, unsigned shift)
{
    struct scene *s = begin(n_tags, shift);

    check(s);
    for (size_t i = 0; i < N; i++) {
        flip(s, i);
    }
    check(s);
    for (unsigned round = 0; round < 6000; round++) {
        flip(s, hash_u64(round) % N);
    }
    check(s);
    for (size_t i = 0; i < N; i++) {
        if (s->in[i]) {
            flip(s, i);
        }
    }
    check(s);
    end(s);
}

static void entries_come_and_go(void **state)
{
    (void)state;
    run(0, 0);
}

/* The home of the largest tag is the last. */
static void entries_with_the_same_few_tags_are_told_apart(void **state)
{
    (void)state;
    run(7, 61);
    run(700, 64 - FLOW_INDEX_TAG_BITS);
}

static void an_entry_takes_little(void **state)
{
    struct scene *s = begin(0, 0);

    (void)state;
    assert_int_equal(flow_index_bytes(&s->x), 0);
    for (size_t i = 0; i < N; i++) {
        flip(s, i);
    }
    assert_true(flow_index_bytes(&s->x) < 14 * N);
    end(s);
}

/* However many homes there were, they would all have the last one. */
static void entries_that_all_have_the_last_home_take_bounded_memory(void **state)
{
    struct scene *s = begin(0, 0);

    (void)state;
    for (size_t i = 0; i < N; i++) {
        s->hash[i] |= ~UINT64_C(0) << (64 - FLOW_INDEX_TAG_BITS);
        flip(s, i);
        assert_true(flow_index_bytes(&s->x) <= 8 * (i * 4 + 64));
    }
    check(s);
    for (size_t i = 0; i < N; i += 2) {
        flip(s, i);
    }
    check(s);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_and_go),
        cmocka_unit_test(entries_with_the_same_few_tags_are_told_apart),
        cmocka_unit_test(entries_that_all_have_the_last_home_take_bounded_memory),
        cmocka_unit_test(an_entry_takes_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
