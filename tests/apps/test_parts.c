/* The parts of the apps that need no network: labels, token buckets, waiting requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/apps/arp_cache.h"
#include "controller/apps/bucket.h"
#include "controller/apps/cluster.h"
#include "controller/apps/labels.h"
#include "controller/apps/modules.h"

/* --- Labels ----------------------------------------------------------------------------------- */

struct row {
    const char *key, *value;
};

struct fake_store {
    const struct row *rows;
    size_t n_rows;
    size_t n_puts;
    char last_key[32], last_value[16];
    enum err err;
};

static enum err put(void *aux, const char *table, const char *key, const char *value)
{
    struct fake_store *store = aux;

    assert_string_equal(table, "labels");
    store->n_puts++;
    strncpy(store->last_key, key, sizeof(store->last_key) - 1);
    strncpy(store->last_value, value, sizeof(store->last_value) - 1);
    return store->err;
}

static enum err each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    struct fake_store *store = aux;

    assert_string_equal(table, "labels");
    for (size_t i = 0; i < store->n_rows; i++) {
        fn(fn_aux, store->rows[i].key, store->rows[i].value);
    }
    return store->err;
}

static void test_labels_are_read(void **state)
{
    static const struct row rows[] = {
        {"000000000000000a", "7"},
        {"000000000000000b", "8"},
        {"000000000000000c", "8"},  /* Given twice. */
        {"000000000000000d", "99"}, /* Outside. */
        {"nonsense", "9"},
        {"000000000000000e", "9x"},
        {"000000000000000f", ""},
        {"000000000000000a", "9"}, /* A second label. */
        {"0000000000000010", "65543"},
    };
    struct fake_store store = {.rows = rows, .n_rows = 9};
    struct store_ops ops = {.aux = &store, .put = put, .each = each};
    struct labels labels;
    unsigned n_ignored;
    uint16_t label;
    dpid_t owner;

    (void)state;
    assert_int_equal(labels_init(&labels, 7, 10, &ops, "labels", &n_ignored), ERR_OK);
    assert_int_equal(n_ignored, 7);
    assert_int_equal(labels_find(&labels, 0xa), 7);
    assert_int_equal(labels_find(&labels, 0xb), 8);
    assert_int_equal(labels_find(&labels, 0xc), LABEL_NONE);
    assert_int_equal(labels_get(&labels, 0xc, &label), ERR_OK);
    assert_int_equal(label, 9);
    assert_string_equal(store.last_key, "000000000000000c");
    assert_string_equal(store.last_value, "9");
    assert_int_equal(labels_get(&labels, 0xc, &label), ERR_OK); /* The same again. */
    assert_int_equal(store.n_puts, 1);
    assert_int_equal(labels_get(&labels, 0x1d, &label), ERR_OK);
    assert_int_equal(label, 10);
    assert_int_equal(labels_get(&labels, 0x1e, &label), ERR_FULL);
    assert_int_equal(label, LABEL_NONE);
    assert_true(labels_owner(&labels, 10, &owner));
    assert_int_equal(owner, 0x1d);
    assert_false(labels_owner(&labels, 11, &owner));
    assert_false(labels_owner(&labels, 4095, &owner));
    labels_fini(&labels);
}

static void test_labels_are_adopted(void **state)
{
    struct labels labels;
    unsigned n_ignored;
    enum err err;
    uint16_t label;

    (void)state;
    assert_int_equal(labels_init(&labels, 2, 9, NULL, "labels", &n_ignored), ERR_OK);
    assert_true(labels_adopt(&labels, 0xa, 2, &err));
    assert_true(labels_adopt(&labels, 0xa, 2, &err));
    assert_false(labels_adopt(&labels, 0xa, 3, &err)); /* It has one. */
    assert_false(labels_adopt(&labels, 0xb, 2, &err)); /* Somebody else's. */
    assert_false(labels_adopt(&labels, 0xb, 10, &err));
    assert_false(labels_adopt(&labels, 0xb, 0, &err));
    assert_int_equal(labels_get(&labels, 0xb, &label), ERR_OK);
    assert_int_equal(label, 3);
    labels_fini(&labels);
}

static void test_labels_when_the_store_fails(void **state)
{
    struct fake_store store = {.err = ERR_IO};
    struct store_ops ops = {.aux = &store, .put = put, .each = each};
    struct labels labels;
    unsigned n_ignored;
    enum err err;
    uint16_t label;

    (void)state;
    assert_int_equal(labels_init(&labels, 2, 9, &ops, "labels", &n_ignored), ERR_IO);
    assert_int_equal(labels_get(&labels, 0xa, &label), ERR_IO);
    assert_int_equal(label, 2); /* Good all the same. */
    assert_true(labels_adopt(&labels, 0xb, 5, &err));
    assert_int_equal(err, ERR_IO);
    assert_int_equal(labels_find(&labels, 0xb), 5);
    assert_true(labels_adopt(&labels, 0xb, 5, &err)); /* Known already: nothing is written. */
    assert_int_equal(err, ERR_OK);
    assert_int_equal(labels_find(&labels, 0xa), 2);
    labels_fini(&labels);
}

/* --- Buckets ---------------------------------------------------------------------------------- */

static unsigned take_all(struct bucket *b, mono_t now)
{
    unsigned n = 0;

    while (n < 1000 && bucket_take(b, now)) {
        n++;
    }
    return n;
}

static void test_bucket(void **state)
{
    mono_t now = {2385};
    struct bucket b;

    (void)state;
    bucket_init(&b, 8, 5);
    assert_int_equal(take_all(&b, now), 5);
    assert_int_equal(take_all(&b, mono_add(now, 124 * NS_PER_MS)), 0);
    assert_int_equal(take_all(&b, mono_add(now, 125 * NS_PER_MS)), 1);
    assert_int_equal(take_all(&b, mono_add(now, 500 * NS_PER_MS)), 3);
    assert_int_equal(take_all(&b, mono_add(now, 100 * NS_PER_S)), 5); /* No more than the burst. */
    bucket_init(&b, 0, 0);
    assert_int_equal(take_all(&b, now), 1000); /* No limit. */
    bucket_init(&b, 3, 0);
    assert_int_equal(take_all(&b, MONO_ZERO), 1);
}

static void test_bucket_map(void **state)
{
    struct bucket_map m;

    (void)state;
    bucket_map_init(&m, 1, 2);
    for (dpid_t dpid = 1; dpid <= 40; dpid++) {
        assert_true(bucket_map_take(&m, dpid, MONO_ZERO));
        assert_true(bucket_map_take(&m, dpid, MONO_ZERO));
        assert_false(bucket_map_take(&m, dpid, MONO_ZERO));
    }
    bucket_map_fini(&m);
}

/* --- Waiting ARP requests --------------------------------------------------------------------- */

static struct arp_asker asker(uint32_t i)
{
    return (struct arp_asker){
        .dpid = i % 3, .port = i, .mac = eth_addr_from_u64(i + 1), .ip = 0x0a000000 + i};
}

static void test_arp_cache(void **state)
{
    struct arp_limits limits = {.targets = 2, .askers_per_target = 3, .askers_total = 4};
    struct arp_asker a[5], *taken;
    struct arp_cache cache;
    struct timers timers;
    mono_t soon = {1000}, late = {5000};
    size_t n;

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        a[i] = asker(i);
    }
    timers_init(&timers);
    arp_cache_init(&cache, &timers, limits);
    assert_int_equal(arp_cache_ask(&cache, 77, &a[0], soon), ARP_CACHE_NEW);
    assert_int_equal(arp_cache_ask(&cache, 77, &a[1], soon), ARP_CACHE_JOINED);
    assert_int_equal(arp_cache_ask(&cache, 77, &a[0], late), ARP_CACHE_AGAIN);
    assert_int_equal(arp_cache_ask(&cache, 77, &a[2], soon), ARP_CACHE_JOINED);
    assert_int_equal(arp_cache_ask(&cache, 77, &a[3], soon), ARP_CACHE_FULL);
    assert_int_equal(arp_cache_ask(&cache, 78, &a[3], late), ARP_CACHE_NEW);
    assert_int_equal(arp_cache_ask(&cache, 78, &a[4], late), ARP_CACHE_FULL); /* Four in all. */
    assert_int_equal(arp_cache_ask(&cache, 79, &a[4], late), ARP_CACHE_FULL);
    timers_run(&timers, soon); /* Asking again has moved nothing but its own record: 77 was last
                                * heard with 'soon'. */
    assert_false(arp_cache_has(&cache, 77));
    assert_int_equal(cache.expired, 1);
    taken = arp_cache_take(&cache, 78, &n);
    assert_int_equal(n, 1);
    assert_true(eth_addr_eq(taken[0].mac, a[3].mac));
    free(taken);
    assert_null(arp_cache_take(&cache, 78, &n));
    assert_int_equal(n, 0);
    assert_int_equal(cache.n_askers, 0);
    assert_int_equal(arp_cache_ask(&cache, 80, &a[4], late), ARP_CACHE_NEW);
    arp_cache_fini(&cache); /* With a record left in it. */
    assert_true(mono_is_never(timers_next(&timers)));
    timers_fini(&timers);
}

/* --- Ways that are ready ---------------------------------------------------------------------- */

static struct eth_addr host_of(uint64_t i)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) + i);
}

static void test_ready_ways(void **state)
{
    struct cluster_ready ready;
    struct cluster_way way;

    (void)state;
    cluster_ready_init(&ready);
    cluster_ready_forget(&ready, 7, host_of(1));
    assert_false(cluster_ready_find(&ready, 7, host_of(1), &way));
    cluster_ready_note(&ready, 7, host_of(1), 23, 85);
    assert_true(cluster_ready_find(&ready, 7, host_of(1), &way));
    assert_int_equal(way.label, 23);
    assert_int_equal(way.port, 85);
    assert_false(cluster_ready_find(&ready, 8, host_of(1), &way));
    assert_false(cluster_ready_find(&ready, 7, host_of(2), &way));
    cluster_ready_forget(&ready, 7, host_of(2)); /* Another one, even in the same slot. */
    assert_true(cluster_ready_find(&ready, 7, host_of(1), &way));
    cluster_ready_note(&ready, 7, host_of(1), LABEL_NONE, 3);
    assert_true(cluster_ready_find(&ready, 7, host_of(1), &way));
    assert_int_equal(way.port, 3);
    cluster_ready_forget(&ready, 7, host_of(1));
    assert_false(cluster_ready_find(&ready, 7, host_of(1), &way));
    cluster_ready_note(&ready, 7, host_of(1), 23, 85);
    cluster_ready_forget_all(&ready);
    assert_false(cluster_ready_find(&ready, 7, host_of(1), &way));
    cluster_ready_fini(&ready);
}

/* Whatever is found is right; and once the table has grown to what there is, nearly all are found. */
static void test_ready_ways_by_the_thousand(void **state)
{
    struct cluster_ready ready;
    struct cluster_way way;
    unsigned n_found = 0;

    (void)state;
    cluster_ready_init(&ready);
    for (uint32_t k = 0; k < 2 * 64000; k++) {
        uint32_t i = k % 64000;

        if (!cluster_ready_find(&ready, 1 + i / 1000, host_of(i), &way)) {
            cluster_ready_note(&ready, 1 + i / 1000, host_of(i), (uint16_t)(i % 4000), i + 1);
        }
    }
    for (uint32_t i = 0; i < 64000; i++) {
        if (cluster_ready_find(&ready, 1 + i / 1000, host_of(i), &way)) {
            assert_int_equal(way.port, i + 1);
            assert_int_equal(way.label, i % 4000);
            n_found++;
        }
    }
    assert_true(n_found > 64000 * 99 / 100);
    assert_true(ready.n_sets <= (size_t)1 << 16);
    cluster_ready_fini(&ready);
}

/* --- Modules ---------------------------------------------------------------------------------- */

static void test_modules(void **state)
{
    static const char *const names[] = {"dos_guard",    "firewall",     "dhcp",         "logical_networks",
                                        "arp_proxy",    "ipv6_nd",      "interest_domains", "multicast",
                                        "circuit_tree", "holding_time", "clustering",
                                        "forwarding",   "link_costs",   "elephants",    "static_flows"};

    (void)state;
    for (size_t i = 0; i < APP_N_MODULES; i++) {
        assert_string_equal(app_modules[i]->name, names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_are_read),
        cmocka_unit_test(test_labels_are_adopted),
        cmocka_unit_test(test_labels_when_the_store_fails),
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_bucket_map),
        cmocka_unit_test(test_arp_cache),
        cmocka_unit_test(test_ready_ways),
        cmocka_unit_test(test_ready_ways_by_the_thousand),
        cmocka_unit_test(test_modules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
