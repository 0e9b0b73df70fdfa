/* Buffers, cursors and arenas. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/hash.h"
#include "controller/base/pool.h"

static void test_write_and_read(void **state)
{
    static const uint8_t bytes[] = {0x23, 0x85, 0x17, 0x01, 0x02, 0x03, 0xde, 0xad, 0xbe,
                                    0xef, 1,    2,    3,    4,    5,    6,    7,    8};
    struct buf b = BUF_INIT;
    struct rd r;

    (void)state;
    buf_put_u16(&b, 0x2385);
    buf_put_u8(&b, 0x17);
    buf_put_u24(&b, 0x010203);
    buf_put_u32(&b, 0xdeadbeef);
    buf_put_u64(&b, UINT64_C(0x0102030405060708));
    assert_false(b.failed);
    assert_int_equal(b.len, sizeof bytes);
    assert_memory_equal(b.data, bytes, sizeof bytes);
    r = rd_init(b.data, b.len);
    assert_int_equal(rd_u16(&r), 0x2385);
    assert_int_equal(rd_u8(&r), 0x17);
    assert_int_equal(rd_u24(&r), 0x010203);
    assert_int_equal(rd_u32(&r), 0xdeadbeef);
    assert_true(rd_u64(&r) == UINT64_C(0x0102030405060708));
    assert_true(!r.failed && r.left == 0);
    buf_fini(&b);
}

/* A value that does not fit fails the buffer, and nothing clears that but buf_clear(). */
static void test_writer_is_sticky(void **state)
{
    void (*const put[])(struct buf *, uint64_t) = {buf_put_u8, buf_put_u16, buf_put_u24,
                                                   buf_put_u32};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t most = (UINT64_C(1) << 8 * (i + 1)) - 1;
        struct buf b = BUF_INIT;

        put[i](&b, most);
        assert_false(b.failed);
        put[i](&b, most + 1);
        assert_true(b.failed);
        put[i](&b, 0);
        assert_true(b.failed);
        assert_int_equal(b.len, 3 * (i + 1));
        buf_clear(&b);
        assert_false(b.failed);
        buf_put_u16(&b, 0);
        buf_set_u16(&b, 0, 0x10000);
        assert_true(b.failed);
        buf_fini(&b);
    }
}

/* After the first failure reads give 0 and move nothing. */
static void test_reader_is_sticky(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    struct rd r = rd_init(bytes, sizeof bytes), sub;
    uint8_t copy[2] = {7, 7};

    (void)state;
    assert_int_equal(rd_u16(&r), 0x0102);
    assert_int_equal(rd_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(r.left, 3);
    assert_int_equal(rd_u8(&r), 0);
    assert_null(rd_bytes(&r, 1));
    rd_copy(&r, copy, sizeof copy);
    assert_true(copy[0] == 0 && copy[1] == 0);
    sub = rd_sub(&r, 1);
    assert_true(sub.failed && sub.left == 0);
    assert_int_equal(r.left, 3);
}

static void test_sub_readers(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    struct rd r = rd_init(bytes, sizeof bytes);
    struct rd sub = rd_sub(&r, 3);

    (void)state;
    assert_int_equal(r.left, 2);
    assert_int_equal(rd_u24(&sub), 0x010203);
    assert_int_equal(rd_u8(&sub), 0);
    assert_true(sub.failed && !r.failed);
    sub = rd_sub(&r, SIZE_MAX);
    assert_true(sub.failed && r.failed);
}

static void test_text_pad_consume(void **state)
{
    struct buf b = BUF_INIT;
    char text[9];
    struct rd r;

    (void)state;
    buf_put_text(&b, "tambo", 8);
    buf_put_text(&b, "way station", 8);
    assert_memory_equal(b.data, "tambo\0\0\0way sta", 16);
    buf_put_u8(&b, 1);
    buf_pad(&b, 3, 8);
    assert_int_equal(b.len, 19);
    buf_pad(&b, 3, 8);
    assert_int_equal(b.len, 19);
    buf_consume(&b, 8);
    r = rd_init(b.data, b.len);
    rd_text(&r, text, 8);
    assert_string_equal(text, "way sta");
    buf_consume(&b, b.len);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

/* --- Arena ------------------------------------------------------------------------------------ */

/* Pieces of every size, among them some larger than a block, are aligned, zeroed and apart. */
static void fill(struct arena *a, uint64_t seed)
{
    uint8_t *pieces[200];
    size_t sizes[200];

    for (size_t i = 0; i < 200; i++) {
        sizes[i] = hash_u64(seed + i) % (i % 20 ? 300 : 20000);
        pieces[i] = arena_alloc(a, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(pieces[i][j], 0);
        }
        memset(pieces[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(pieces[i][j], (uint8_t)(i + 1));
        }
    }
}

static void test_arena(void **state)
{
    struct arena a = ARENA_INIT;
    const void *first;

    (void)state;
    for (uint64_t round = 0; round < 5; round++) {
        fill(&a, 2385 * round);
        arena_reset(&a);
    }
    first = arena_alloc(&a, 23);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 85), first); /* The same memory again. */
    assert_string_equal(arena_memdup(&a, "tambo", 6), "tambo");
    arena_fini(&a);
    assert_non_null(arena_calloc(&a, 3, 5));
    arena_fini(&a);
}

/* Objects come zeroed, apart, and at lines of the cache; what is given back is given out again. */
static void test_pool(void **state)
{
    enum { N = 50000, SIZE = 176 };
    static uint8_t *objects[N];
    static const uint8_t zeros[SIZE];
    struct pool p;
    uint64_t seed = 2385;

    (void)state;
    pool_init(&p, SIZE);
    for (size_t step = 0; step < (size_t)4 * N; step++) {
        size_t i;

        seed = hash_u64(seed + step);
        i = seed % N;
        if (objects[i]) {
            for (size_t k = 0; k < SIZE; k++) {
                assert_int_equal(objects[i][k], (uint8_t)i);
            }
            pool_give(&p, objects[i]);
            objects[i] = NULL;
        } else {
            objects[i] = pool_take(&p);
            assert_memory_equal(objects[i], zeros, SIZE);
            assert_int_equal((uintptr_t)objects[i] % CACHE_LINE, 0);
            memset(objects[i], (uint8_t)i, SIZE);
        }
    }
    pool_fini(&p);
    pool_fini(&p);
}

/* A pool is not much larger than what it has given out. */
static void test_pool_bytes(void **state)
{
    enum { SIZE = 128 };
    struct pool p;

    (void)state;
    pool_init(&p, SIZE - 1);
    assert_int_equal(pool_bytes(&p), 0);
    for (size_t n = 1; n < 100000; n++) {
        size_t out = n * SIZE, bytes;

        pool_take(&p);
        bytes = pool_bytes(&p);
        assert_true(bytes >= out);
        if (bytes >= POOL_LARGE + HUGE_PAGE) {
            assert_true(bytes <= out + HUGE_PAGE + HUGE_PAGE / 16);
        } else if (bytes > POOL_LARGE / 32) {
            assert_true(bytes <= out + out / 3);
        }
    }
    pool_fini(&p);
    assert_int_equal(pool_bytes(&p), 0);
}

static void test_lines(void **state)
{
    static const size_t sizes[] = {0, 1, 64, 2385, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 2385};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *p = xcalloc_lines(1, sizes[i]);

        assert_int_equal((uintptr_t)p % (sizes[i] < HUGE_PAGE ? CACHE_LINE : HUGE_PAGE), 0);
        for (size_t k = 0; k < sizes[i]; k += 61) {
            assert_int_equal(p[k], 0);
        }
        free(p);
        p = xalloc_lines(1, sizes[i]);
        assert_int_equal((uintptr_t)p % (sizes[i] < HUGE_PAGE ? CACHE_LINE : HUGE_PAGE), 0);
        memset(p, 0x23, sizes[i]);
        free(p);
    }
}

static void test_growing_lines(void **state)
{
    uint32_t *p = NULL;
    size_t n = 0, cap;

    (void)state;
    for (cap = 3; n < 2385; cap += cap / 2) {
        p = xgrow_lines(p, n, cap, sizeof *p);
        assert_int_equal((uintptr_t)p % CACHE_LINE, 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p[i], i);
        }
        for (; n < cap; n++) {
            p[n] = (uint32_t)n;
        }
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_writer_is_sticky),
        cmocka_unit_test(test_reader_is_sticky),
        cmocka_unit_test(test_sub_readers),
        cmocka_unit_test(test_text_pad_consume),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_pool_bytes),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_growing_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
