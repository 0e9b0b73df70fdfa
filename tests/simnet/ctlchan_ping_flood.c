/* All pairs ping in a network with loops in every layer, through the real core: everything arrives, no ARP
 * crosses the core, and the tables hold what the design says. */
#include "simnet/ctlchan/ping_flood.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void make_layered(struct topo *topo, bool chained)
{
    *topo = TOPO_INIT;
    topo_make_layered(topo, &(struct topo_layered){.n_core = 3,
                                                   .n_distribution = 2,
                                                   .n_access = 3,
                                                   .hosts_per_access = 4,
                                                   .chained = chained});
}

static struct ping_flood *open_flood(const struct topo *topo, const struct ping_params *params)
{
    char why[128] = "";
    struct ping_flood *f = ping_flood_new(topo, params, why, sizeof why);

    if (!f) {
        fail_msg("ping_flood_new: %s", why);
    }
    return f;
}

static size_t index_of(const char *app)
{
    size_t i = 0;

    while (strcmp(app_modules[i]->name, app) != 0) {
        i++;
    }
    return i;
}

static void layered_topology(void **state)
{
    const struct topo_layered thesis = {4, 5, 5, 5, true};
    struct topo topo = TOPO_INIT;
    char why[128];

    (void)state;
    topo_make_layered(&topo, &thesis);
    assert_int_equal(topo.n_switches, 4 + 20 + 100);
    assert_int_equal(topo.n_hosts, 500);
    /* Hosts, uplinks, chains of access and distribution switches, the mesh of the core. */
    assert_int_equal(topo.n_edges, 500 + 120 + 20 * 4 + 4 * 4 + 6);
    assert_int_equal(topo_check(&topo, why, sizeof why), ERR_OK);
    topo_fini(&topo);
    make_layered(&topo, false);
    assert_int_equal(topo.n_edges, 72 + 24 + 3);
    topo_fini(&topo);
}

/* 18 access switches of 4 hosts. An access switch has an entry for each host that is elsewhere or here, a
 * reverse entry for each of its own, its own label, and labels of neighbours that go through it. */
static void everything_arrives(void **state)
{
    struct ping_params params = ping_params_default();
    uint64_t hashes[2] = {0, 1};

    (void)state;
    for (unsigned run = 0; run < 2; run++) {
        struct topo topo;
        struct ping_flood *f;
        struct ping_result r;

        make_layered(&topo, true);
        f = open_flood(&topo, &params);
        topo_fini(&topo);
        while (ping_flood_step(f, 0.7)) {
        }
        ping_flood_measure(f, &r);
        assert_int_equal(r.n_pings, 72 * 71);
        assert_int_equal(r.n_answered, r.n_pings);
        assert_int_equal(r.rtt_ns->n, r.n_pings);
        assert_int_equal(r.layers[0].n_switches, 3);
        assert_int_equal(r.layers[1].n_switches, 6);
        assert_int_equal(r.layers[2].n_switches, 18);
        assert_int_equal(r.layers[0].n_rx_arp + r.layers[1].n_rx_arp, 0);
        assert_int_equal(r.layers[0].n_rx_broadcast, 0);
        assert_true(r.layers[2].n_rx_arp > 0);
        assert_true(r.layers[0].n_rx > r.n_pings);
        assert_float_equal(r.layers[0].mean_entries[index_of("clustering")], 18, 1e-9);
        assert_true(r.layers[2].mean_entries[index_of("clustering")] >= 72 + 4 + 1);
        assert_true(r.layers[2].mean_entries[index_of("clustering")] <= 72 + 4 + 1 + 2);
        assert_float_equal(r.layers[2].mean_entries[index_of("forwarding")], 0, 1e-9);
        hashes[run] = r.trace_hash;
        ping_flood_free(f);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

static void some_pairs(void **state)
{
    struct ping_params params = ping_params_default();
    struct ping_result r;
    struct topo topo;
    struct ping_flood *f;

    (void)state;
    make_layered(&topo, true);
    params.max_pings = 238;
    params.pings_per_s = 238.5;
    f = open_flood(&topo, &params);
    while (ping_flood_step(f, 1e9)) {
    }
    ping_flood_measure(f, &r);
    assert_int_equal(r.n_pings, 238);
    assert_int_equal(r.n_answered, 238);
    assert_float_equal(ping_flood_now_s(f), ping_flood_end_s(f), 1e-12);
    ping_flood_free(f);
    topo_fini(&topo);
}

static struct ping_result flood_of(struct ping_params *params)
{
    struct ping_result r;
    struct ping_flood *f;
    struct topo topo;

    make_layered(&topo, true);
    f = open_flood(&topo, params);
    while (ping_flood_step(f, 1e9)) {
    }
    ping_flood_measure(f, &r);
    r.rtt_ns = NULL;
    ping_flood_free(f);
    topo_fini(&topo);
    return r;
}

/* Without the proxy every question reaches every switch, once. */
static void without_arp_proxy(void **state)
{
    struct ping_params params = ping_params_default();
    struct ping_result with, without;
    struct ping_layer core;

    (void)state;
    params.max_pings = 2385;
    with = flood_of(&params);
    assert_int_equal(with.n_answered, 2385);
    assert_int_equal(with.layers[0].n_rx_arp, 0);
    params.plain_flood = true;
    without = flood_of(&params);
    core = without.layers[0];
    assert_int_equal(without.n_answered, 2385);
    assert_true(core.n_rx_arp > (core.n_rx - core.n_rx_lldp) / 2);
    assert_true(core.n_rx_broadcast > core.n_rx_arp / 2);
    /* Three switches in the core, one copy of each question for each. */
    assert_int_equal(core.n_rx_broadcast % 3, 0);
    assert_int_equal(without.layers[1].n_rx_broadcast, 2 * core.n_rx_broadcast);
    assert_int_equal(without.layers[2].n_rx_broadcast, 6 * core.n_rx_broadcast);
}

/* Hosts that forget ask again: of two who ping each other the second has learnt the first from its
 * question, unless that is too long ago. */
static void addresses_age(void **state)
{
    struct ping_params params = ping_params_default();
    struct ping_result kept, aged;

    (void)state;
    params.plain_flood = true;
    kept = flood_of(&params);
    params.arp_cache_ns = 100 * NS_PER_MS;
    aged = flood_of(&params);
    assert_int_equal(aged.n_answered, aged.n_pings);
    assert_int_equal(kept.layers[0].n_rx_broadcast, 3 * 72 * 71 / 2);
    assert_true(aged.layers[0].n_rx_broadcast > 3 * kept.layers[0].n_rx_broadcast / 2);
    params.arp_cache_ns = -1;
    struct topo topo;
    char why[160];

    make_layered(&topo, false);
    assert_null(ping_flood_new(&topo, &params, why, sizeof why));
    assert_non_null(strstr(why, "ARP cache"));
    topo_fini(&topo);
}

/* --- Hosts without addresses ------------------------------------------------------------------ */

static struct ping_params with_dhcp(uint32_t lease_s, uint32_t n_squatters, bool probe)
{
    struct ping_params params = ping_params_default();

    params.max_pings = 500;
    params.pings_per_s = 25;
    params.dhcp = (struct ping_dhcp){lease_s, probe, n_squatters, 15};
    return params;
}

/* Everybody gets an address of his own, keeps it past its time, and is reached there; nothing of it crosses the
 * core. */
static void hosts_get_addresses(void **state)
{
    struct ping_params params = with_dhcp(16, 0, true);
    struct ping_result r = flood_of(&params), again;

    (void)state;
    assert_int_equal(r.n_clients, 72);
    assert_int_equal(r.n_leased, 72);
    assert_int_equal(r.n_distinct, 72);
    assert_int_equal(r.n_answered, 500);
    assert_int_equal(r.n_lost + r.n_declines + r.n_conflicts, 0);
    assert_in_range(r.n_renewals, 72 * 3, 72 * 5); /* After half of 16 s, for about 38 s. */
    assert_int_equal(r.layers[0].n_rx_broadcast, 0);
    again = flood_of(&params);
    assert_true(again.trace_hash == r.trace_hash);
}

/* Addresses in use without a lease are found by the server's question, or by the clients'. */
static void squatters_keep_their_addresses(void **state)
{
    struct ping_params params = with_dhcp(60, 5, true);
    struct ping_result r = flood_of(&params);

    (void)state;
    assert_int_equal(r.n_clients, 67);
    assert_int_equal(r.n_leased, 67);
    assert_int_equal(r.n_distinct, 72);
    assert_int_equal(r.n_conflicts, 5);
    assert_int_equal(r.n_declines, 0);
    params = with_dhcp(60, 5, false);
    r = flood_of(&params);
    assert_int_equal(r.n_leased, 67);
    assert_int_equal(r.n_distinct, 72);
    assert_int_equal(r.n_conflicts, 0);
    assert_int_equal(r.n_declines, 5);
    assert_int_equal(r.n_answered, 500);
}

/* A message takes longer than a port does to be taken for one of hosts: hosts wait until switches have connected
 * and links are known before they announce themselves. */
static void controller_is_far_away(void **state)
{
    struct ping_params params = ping_params_default();
    struct topo topo = TOPO_INIT;
    struct ping_flood *f;
    struct ping_result r;

    (void)state;
    params.channel.delay_ns = 585 * NS_PER_MS;
    params.pings_per_s = 85;
    topo_make_linear(&topo, 3, 2);
    f = open_flood(&topo, &params);
    topo_fini(&topo);
    while (ping_flood_step(f, 0.7)) {
    }
    ping_flood_measure(f, &r);
    assert_int_equal(r.n_pings, 6 * 5);
    assert_int_equal(r.n_answered, r.n_pings);
    ping_flood_free(f);
}

static void bad_parameters(void **state)
{
    struct ping_params params = ping_params_default();
    struct topo topo = TOPO_INIT;
    char why[128];

    (void)state;
    topo_make_linear(&topo, 1, 1);
    assert_null(ping_flood_new(&topo, &params, why, sizeof why));
    assert_non_null(strstr(why, "at least 2 hosts"));
    topo_fini(&topo);
    make_layered(&topo, false);
    params.pings_per_s = 0;
    assert_null(ping_flood_new(&topo, &params, why, sizeof why));
    assert_non_null(strstr(why, "pings_per_s"));
    params.pings_per_s = 1;
    params.dhcp = (struct ping_dhcp){.lease_s = 60, .settle_s = -1};
    assert_null(ping_flood_new(&topo, &params, why, sizeof why));
    assert_non_null(strstr(why, "settle_s"));
    params.dhcp.lease_s = 0;
    params.rest_s = -0.5;
    assert_null(ping_flood_new(&topo, &params, why, sizeof why));
    topo_fini(&topo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layered_topology),
        cmocka_unit_test(everything_arrives),
        cmocka_unit_test(some_pairs),
        cmocka_unit_test(without_arp_proxy),
        cmocka_unit_test(addresses_age),
        cmocka_unit_test(hosts_get_addresses),
        cmocka_unit_test(squatters_keep_their_addresses),
        cmocka_unit_test(controller_is_far_away),
        cmocka_unit_test(bad_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
