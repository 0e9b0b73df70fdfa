/* The ordered index of addresses, beside a plain list of what is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/hash.h"
#include "controller/northbound/nb_macs.h"

#define N 3000 /* Addresses that there may be. */

static bool in[N];
static struct nb_macs macs;

/* Every page of every length, from everywhere. */
static void check(size_t page)
{
    uint64_t found[N];
    size_t n_in = 0;

    for (size_t from = 0; from < N; from += 97) {
        size_t n = nb_macs_from(&macs, from, found, page), k = 0;

        for (size_t i = from; i < N && k < page; i++) {
            if (in[i]) {
                assert_true(k < n);
                assert_int_equal(found[k++], i);
            }
        }
        assert_int_equal(k, n);
    }
    for (size_t i = 0; i < N; i++) {
        n_in += in[i];
    }
    assert_int_equal(macs.n, n_in);
}

static void test_random_changes(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 40000; i++) {
        uint64_t r = hash_u64(i + 2385);
        size_t mac = r % N;
        bool add = (r >> 40) % 100 < (i < 20000 ? 70 : 30);

        if (add) {
            nb_macs_add(&macs, mac);
        } else {
            nb_macs_remove(&macs, mac);
        }
        in[mac] = add;
        if (i % 2500 == 0) {
            check(1 + r % 700);
        }
    }
    for (size_t i = 0; i < N; i++) {
        nb_macs_remove(&macs, i);
        in[i] = false;
    }
    check(10);
    assert_int_equal(macs.n_chunks, 0);
    nb_macs_clear(&macs);
}

static void test_ascending_and_descending(void **state)
{
    (void)state;
    for (size_t i = 0; i < N / 2; i++) {
        nb_macs_add(&macs, N / 2 + i);
        nb_macs_add(&macs, N / 2 - 1 - i);
        nb_macs_add(&macs, N / 2 + i); /* It is there. */
        in[N / 2 + i] = in[N / 2 - 1 - i] = true;
    }
    check(N);
    nb_macs_clear(&macs);
    memset(in, 0, sizeof in);
    check(N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes),
        cmocka_unit_test(test_ascending_and_descending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
