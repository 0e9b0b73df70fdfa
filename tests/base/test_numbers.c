/* Instants, hashes, histograms, errors, small value types. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/base/err.h"
#include "controller/base/hash.h"
#include "controller/base/hist.h"
#include "controller/base/mono.h"
#include "controller/base/types.h"

/* --- Instants --------------------------------------------------------------------------------- */

static void test_mono(void **state)
{
    mono_t t = {INT64_MAX - 10};

    (void)state;
    assert_true(mono_add(t, 9).ns == INT64_MAX - 1);
    assert_true(mono_is_never(mono_add(t, 10)));
    assert_true(mono_is_never(mono_add(t, INT64_MAX)));
    assert_true(mono_is_never(mono_add(MONO_NEVER, -5)));
    assert_true(mono_before(t, MONO_NEVER) && !mono_before(t, t));
    assert_true(mono_due(t, t) && !mono_due(MONO_NEVER, t));
    assert_true(mono_min(MONO_NEVER, t).ns == t.ns);
    assert_true(mono_diff_ns(mono_add(MONO_ZERO, 2385), MONO_ZERO) == 2385);
}

static void test_seconds(void **state)
{
    (void)state;
    assert_true(ns_from_s(2.385) == INT64_C(2385000000));
    assert_true(ns_from_s(0.6e-9) == 1);
    assert_true(ns_from_s(-2.385) == 0);
    assert_true(ns_from_s(NAN) == 0);
    assert_true(ns_from_s(INFINITY) == INT64_MAX);
    assert_true(ns_from_s(1e300) == INT64_MAX);
    assert_true(fabs(ns_to_s(ns_from_s(23.85)) - 23.85) < 1e-9);
    assert_true(fabs(mono_to_s((mono_t){INT64_C(2385000000)}) - 2.385) < 1e-12);
}

/* --- Hashes ------------------------------------------------------------------------------------- */

/* SipHash-2-4 of 00, 00 01, 00 01 02, ... under the key 00 01 .. 0f: the vectors in the authors'
 * reference implementation (vectors_sip64), and the example in appendix A of their paper. */
static void test_siphash(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)}, {3, UINT64_C(0x85676696d7fb7e2d)},
        {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
    };
    uint8_t in[16];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_true(hash_sip(UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908), in,
                             vectors[i].len) == vectors[i].hash);
    }
}

/* The FNV authors' test vectors, and the first outputs of SplitMix64 seeded with 0. */
static void test_other_hashes(void **state)
{
    (void)state;
    assert_true(hash_fnv(HASH_FNV_INIT, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_fnv(HASH_FNV_INIT, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_fnv(HASH_FNV_INIT, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(hash_fnv(hash_fnv(HASH_FNV_INIT, "foo", 3), "bar", 3) ==
                UINT64_C(0x85944171f73967e8));
    assert_true(hash_u64(UINT64_C(0x9e3779b97f4a7c15)) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(hash_u64(UINT64_C(0x3c6ef372fe94f82a)) == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(hash_combine(2, 3) != hash_combine(3, 2));
}

/* --- Histogram ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Samples over eighteen orders of magnitude: every quantile is within 1/64 of the exact one. */
static void test_quantiles(void **state)
{
    enum { N = 20011 };
    static struct hist h, halves[2];
    int64_t *samples = calloc(N, sizeof *samples);
    double sum = 0;

    (void)state;
    hist_init(&h);
    hist_init(&halves[0]);
    hist_init(&halves[1]);
    for (size_t i = 0; i < N; i++) {
        samples[i] = (int64_t)(hash_u64(i) >> (1 + hash_u64(i * 7 + 1) % 62));
        sum += (double)samples[i];
        hist_add(&h, samples[i]);
        hist_add(&halves[i % 2], samples[i]);
    }
    qsort(samples, N, sizeof *samples, compare);
    for (double q = 0; q < 1; q += 0.002385) {
        double exact = (double)samples[(size_t)(q * N)];

        assert_true(fabs((double)hist_quantile(&h, q) - exact) <= exact / 64 + 0.5);
    }
    assert_true(hist_quantile(&h, 1) == samples[N - 1]);
    assert_true(h.min == samples[0] && h.max == samples[N - 1]);
    assert_true(fabs(hist_mean(&h) - sum / N) <= 1e-9 * sum / N);
    hist_merge(&halves[0], &halves[1]);
    assert_true(halves[0].n == h.n && halves[0].min == h.min && halves[0].max == h.max);
    assert_memory_equal(halves[0].buckets, h.buckets, sizeof h.buckets);
    free(samples);
}

static void test_histogram_ends(void **state)
{
    static struct hist h;

    (void)state;
    hist_init(&h);
    assert_true(hist_quantile(&h, 0.5) == 0 && hist_mean(&h) == 0);
    hist_add(&h, -23);
    assert_true(h.min == 0 && h.max == 0 && hist_quantile(&h, 0.5) == 0);
    hist_add(&h, INT64_MAX);
    assert_true(hist_quantile(&h, 0.99) > INT64_MAX / 64 * 63 && hist_quantile(&h, 1) == INT64_MAX);
    assert_true(h.n == 2);
}

/* --- Small things ------------------------------------------------------------------------------- */

static void test_err_and_types(void **state)
{
    struct eth_addr a = eth_addr_from_u64(UINT64_C(0x020000002385));

    (void)state;
    assert_string_equal(err_text(ERR_OK), "ok");
    assert_string_equal(err_text(ERR_TIMEOUT), "timed out");
    assert_non_null(err_text((enum err)2385));
    assert_true(eth_addr_u64(a) == UINT64_C(0x020000002385));
    assert_true(a.b[0] == 2 && a.b[5] == 0x85);
    assert_true(eth_addr_eq(a, a) && !eth_addr_eq(a, ETH_ADDR_BROADCAST));
    assert_true(eth_addr_is_multicast(ETH_ADDR_BROADCAST) && !eth_addr_is_multicast(a));
    assert_true(eth_addr_is_zero((struct eth_addr){{0}}) && !eth_addr_is_zero(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mono),          cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_siphash),       cmocka_unit_test(test_other_hashes),
        cmocka_unit_test(test_quantiles),     cmocka_unit_test(test_histogram_ends),
        cmocka_unit_test(test_err_and_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
