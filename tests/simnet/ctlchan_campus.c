/* The real core and its apps inside the simulator, at packet level: all pairs ping, what is in the
 * tables, what crosses the core, a cut link, a lost control channel; and determinism: the same seed,
 * both fidelities, two worlds interleaved. */
#include "simnet/ctlchan/campus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { N_ACCESS = 4, N_CORE = 2 };

static struct campus_params quiet_campus(uint32_t hosts_per_access)
{
    struct campus_params p = campus_params_default();

    p.n_access = N_ACCESS;
    p.n_core = N_CORE;
    p.hosts_per_access = hosts_per_access;
    p.mean_sessions = 0;
    p.announce_per_s = 100;
    p.warmup_s = 0;
    p.duration_s = 1000;
    return p;
}

static struct campus *open_campus(const struct campus_params *params)
{
    char why[128] = "";
    struct campus *c = campus_new(params, why, sizeof why);

    if (!c) {
        fail_msg("campus_new: %s", why);
    }
    return c;
}

static double now_s(struct campus *c)
{
    return mono_to_s(sim_now(world_sim(campus_world(c))));
}

/* Every host pings every other; one ping each millisecond. */
static void ping_all(struct campus *c)
{
    struct world *w = campus_world(c);
    double t_s = now_s(c);

    for (uint32_t a = 0; a < world_n_hosts(w); a++) {
        for (uint32_t b = 0; b < world_n_hosts(w); b++) {
            if (a != b) {
                endhost_ping(world_host(w, a), endhost_ip(world_host(w, b)));
                campus_run_until(c, t_s += 0.001);
            }
        }
    }
    campus_run_until(c, t_s + 5);
}

static uint64_t n_replies(struct campus *c)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < world_n_hosts(campus_world(c)); i++) {
        n += endhost_get_stats(world_host(campus_world(c), i))->n_echo_replies_rx;
    }
    return n;
}

/* --- All pairs ------------------------------------------------------------------------------- */

/* Entries of clustering in a table: permanent ones (reverse, own, transit) and ingress ones. */
static void count_entries(const struct table *t, uint32_t *permanent, uint32_t *label,
                          uint32_t *ingress)
{
    *permanent = *label = *ingress = 0;
    for (uint32_t i = table_first(t); i != TABLE_NONE; i = table_next(t, i)) {
        struct table_entry e = table_entry(t, i);

        *ingress += e.priority == CLUSTERING_PRIORITY_INGRESS;
        *label += e.priority == CLUSTERING_PRIORITY_LABEL;
        *permanent += e.priority == CLUSTERING_PRIORITY_REVERSE;
    }
}

static void test_all_pairs_ping(void **state)
{
    static const uint32_t sizes[] = {2, 7, 48};

    (void)state;
    for (size_t s = 0; s < 3; s++) {
        uint32_t S = sizes[s], n_hosts = N_ACCESS * S, reverse, label, ingress;
        struct campus_params p = quiet_campus(S);
        struct campus *c = open_campus(&p);
        struct world *w = campus_world(c);
        uint64_t pinged = (uint64_t)n_hosts * (n_hosts - 1);

        campus_run_until(c, campus_setup_s(c));
        if (S < 48) {
            ping_all(c);
            assert_int_equal(n_replies(c), pinged);
        } else { /* Enough to use every label: host i pings host i + 1, round the campus. */
            for (uint32_t i = 0; i < n_hosts; i++) {
                for (uint32_t a = 1; a < N_ACCESS; a++) {
                    endhost_ping(world_host(w, i),
                                 endhost_ip(world_host(w, (i + a * S) % n_hosts)));
                    campus_run_until(c, now_s(c) + 0.001); /* The station holds 51 at a time. */
                }
            }
            campus_run_until(c, now_s(c) + 5);
            assert_int_equal(n_replies(c), (uint64_t)n_hosts * (N_ACCESS - 1));
        }
        for (uint32_t i = 0; i < N_ACCESS; i++) {
            count_entries(swtch_table(world_switch(w, i), 0), &reverse, &label, &ingress);
            assert_int_equal(reverse, S); /* One per host of the switch, and its own label. */
            assert_int_equal(label, 1);
            if (S < 48) {
                assert_int_equal(ingress, n_hosts);
            }
            print_message("S=%u acc%u: %u reverse, %u label, %u ingress\n", S, i + 1, reverse,
                          label, ingress);
        }
        for (uint32_t i = N_ACCESS; i < N_ACCESS + N_CORE; i++) {
            count_entries(swtch_table(world_switch(w, i), 0), &reverse, &label, &ingress);
            assert_int_equal(reverse + ingress, 0);
            assert_true(label <= N_ACCESS);
        }
        campus_free(c);
    }
}

/* --- ARP ------------------------------------------------------------------------------------- */

static uint64_t n_frames_on_trunks(struct campus *c)
{
    uint64_t n = 0;

    for (uint32_t i = N_ACCESS * 2; i < world_n_wires(campus_world(c)); i++) {
        struct wire *wire = world_wire(campus_world(c), i);

        n += wire_get_stats(wire, 0).n_sent + wire_get_stats(wire, 1).n_sent;
    }
    return n;
}

/* With ARP only (hosts ask for each other, nobody sends data) nothing may cross a trunk. */
static void test_no_arp_crosses_the_core(void **state)
{
    struct campus_params p = quiet_campus(2);
    struct campus *c;
    struct world *w;
    uint64_t before;

    (void)state;
    p.core.discovery = true;
    c = open_campus(&p);
    w = campus_world(c);
    campus_run_until(c, campus_setup_s(c));
    before = n_frames_on_trunks(c);
    for (uint32_t i = 0; i < world_n_hosts(w); i++) {
        endhost_ping(world_host(w, i), 0x0a0000f0 + i); /* Nobody there: requests are flooded. */
        endhost_announce(world_host(w, i));
    }
    campus_run_until(c, now_s(c) + 10);
    assert_int_equal(n_frames_on_trunks(c) - before, 0);
    assert_true(endhost_get_stats(world_host(w, 7))->n_arp_requests_rx > 0);
    campus_free(c);
}

/* --- Faults ---------------------------------------------------------------------------------- */

static void test_cut_link_recovers(void **state)
{
    struct campus_params p = quiet_campus(2);
    struct campus *c = open_campus(&p);
    struct world *w = campus_world(c);
    struct wire *wire = world_find_wire(w, "acc1", "core1");
    uint64_t before, lost;

    (void)state;
    campus_run_until(c, campus_setup_s(c));
    ping_all(c);
    before = n_replies(c);
    wire_set_up(wire, false);
    for (int i = 0; i < 1000; i++) {
        endhost_ping(world_host(w, 0), endhost_ip(world_host(w, 7)));
        endhost_ping(world_host(w, 7), endhost_ip(world_host(w, 0)));
        campus_run_until(c, now_s(c) + 0.001);
    }
    campus_run_until(c, now_s(c) + 2);
    lost = 2000 - (n_replies(c) - before);
    print_message("acc1-core1 cut: %llu of 2000 pings lost at one a millisecond each way\n",
                  (unsigned long long)lost);
    assert_true(lost < 20);
    before = n_replies(c);
    ping_all(c);
    assert_int_equal(n_replies(c) - before, 56);
    wire_set_up(wire, true);
    campus_run_until(c, now_s(c) + 70);
    before = n_replies(c);
    ping_all(c);
    assert_int_equal(n_replies(c) - before, 56);
    campus_free(c);
}

static void test_lost_channel_is_reconciled(void **state)
{
    struct campus_params p = quiet_campus(2);
    struct campus *c = open_campus(&p);
    struct world *w = campus_world(c);
    uint64_t before, n_flow_mods, n_deleted;

    (void)state;
    campus_run_until(c, campus_setup_s(c));
    ping_all(c);
    n_flow_mods = ctl_counters(campus_ctl(c))->flow_mods;
    n_deleted = swtch_get_stats(world_switch(w, 1))->n_flow_mods;
    ctlchan_cut(campus_channel(c), 1, 3 * NS_PER_S);
    assert_false(ctlchan_is_up(campus_channel(c), 1));
    before = n_replies(c);
    ping_all(c); /* Within the holding time: everything is in the tables. */
    assert_int_equal(n_replies(c) - before, 56);
    campus_run_until(c, now_s(c) + 10);
    assert_true(ctlchan_is_up(campus_channel(c), 1));
    assert_int_equal(ctl_counters(campus_ctl(c))->flow_mods, n_flow_mods);
    assert_int_equal(swtch_get_stats(world_switch(w, 1))->n_flow_mods, n_deleted);
    campus_free(c);
}

/* --- Determinism ----------------------------------------------------------------------------- */

/* A small campus with traffic, pings and a fault. */
static struct campus_params busy_campus(uint64_t seed, enum chan_fidelity fidelity)
{
    struct campus_params p = quiet_campus(5);

    p.seed = seed;
    p.mean_sessions = 2;
    p.hold_law = HOLD_EXPONENTIAL;
    p.clustering.hold_s = 7;
    p.trunk.loss_frac = 0.01;
    p.channel.fidelity = fidelity;
    p.duration_s = 120;
    return p;
}

static void provoke(struct campus *c, double until_s)
{
    struct world *w = campus_world(c);

    campus_run_until(c, 20);
    wire_set_up(world_find_wire(w, "acc2", "core2"), false);
    campus_run_until(c, 30);
    endhost_ping(world_host(w, 3), endhost_ip(world_host(w, 12)));
    ctlchan_cut(campus_channel(c), 2, NS_PER_S);
    campus_run_until(c, until_s);
}

static uint64_t hash_of(const struct campus_params *p)
{
    struct campus *c = open_campus(p);
    uint64_t hash;

    provoke(c, 120);
    hash = sim_trace_hash(world_sim(campus_world(c)));
    assert_int_equal(ctlchan_get_stats(campus_channel(c))->n_undecoded, 0);
    campus_free(c);
    return hash;
}

static void test_same_seed_same_trace(void **state)
{
    struct campus_params a = busy_campus(1, CHAN_WIRE), b = busy_campus(2, CHAN_WIRE);
    uint64_t hash = hash_of(&a);

    (void)state;
    assert_true(hash == hash_of(&a));
    assert_true(hash != hash_of(&b));
}

static void test_wire_and_direct_give_the_same_trace(void **state)
{
    static const struct {
        int64_t rate_bps;
        uint32_t versions;
    } rows[] = {
        {0, 1U << OF_VERSION_1_3}, {0, 1U << OF_VERSION_1_0}, {100000000, 1U << OF_VERSION_1_3},
        {0, 1U << OF_VERSION_1_4}, {0, 1U << OF_VERSION_1_5}, {2385000, 1U << OF_VERSION_1_0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct campus_params wire = busy_campus(3, CHAN_WIRE), direct;

        wire.versions = rows[i].versions;
        wire.channel.rate_bps = rows[i].rate_bps;
        direct = wire;
        direct.channel.fidelity = CHAN_DIRECT;
        if (hash_of(&wire) != hash_of(&direct)) {
            fail_msg("row %zu: the traces differ", i);
        }
    }
}

static void test_interleaved_worlds_do_not_disturb_each_other(void **state)
{
    struct campus_params pa = busy_campus(4, CHAN_WIRE), pb = busy_campus(5, CHAN_DIRECT);
    struct campus *a = open_campus(&pa), *b = open_campus(&pb);
    uint64_t ha, hb;

    (void)state;
    for (double t_s = 0; t_s <= 100; t_s += 2.385) {
        campus_run_until(a, t_s);
        campus_run_until(b, t_s);
    }
    ha = sim_trace_hash(world_sim(campus_world(a)));
    hb = sim_trace_hash(world_sim(campus_world(b)));
    campus_free(a);
    campus_free(b);
    a = open_campus(&pa);
    b = open_campus(&pb);
    for (double t_s = 0; t_s <= 100; t_s += 2.385) {
        campus_run_until(a, t_s);
    }
    for (double t_s = 0; t_s <= 100; t_s += 2.385) {
        campus_run_until(b, t_s);
    }
    assert_true(ha == sim_trace_hash(world_sim(campus_world(a))));
    assert_true(hb == sim_trace_hash(world_sim(campus_world(b))));
    campus_free(a);
    campus_free(b);
}

/* What is counted is there: as many as there should be. A host costs the controller less than a kilobyte, with the
 * entries that are permanent for its sake, its port, and its share of the switch. */
static void test_memory_by_part(void **state)
{
    struct campus_params p = quiet_campus(2);
    struct campus_memory before, after;
    struct campus *c;

    (void)state;
    p.n_access = 23;
    p.hosts_per_access = 48;
    p.mean_sessions = 4;
    p.duration_s = 100;
    c = open_campus(&p);
    campus_run_until(c, campus_setup_s(c));
    campus_memory(c, &before);
    assert_int_equal(before.controller.n_hosts, 23 * 48);
    assert_int_equal(before.controller.n_switches, 23 + p.n_core);
    assert_true(before.controller.n_flows >= 23 * 49);
    assert_int_equal(before.n_sessions, 0);
    assert_true((before.controller.hosts + before.controller.flows + before.controller.switches +
                 before.controller.apps) /
                    before.controller.n_hosts <
                1000);
    assert_true(before.controller.switches / before.controller.n_switches < 12000);
    campus_run_until(c, campus_setup_s(c) + 30);
    campus_memory(c, &after);
    assert_true(after.n_sessions > 4000 && after.n_sessions < 5000);
    assert_true(after.controller.n_flows > before.controller.n_flows + 1000);
    assert_true(after.n_entries >= after.controller.n_flows);
    assert_true((after.controller.flows - before.controller.flows) /
                    (after.controller.n_flows - before.controller.n_flows) <
                250);
    assert_int_equal(after.controller.hosts, before.controller.hosts);
    assert_true(after.hosts >= 23 * 48 * 100 && after.tables > before.tables);
    assert_true(after.sessions > before.sessions);
    campus_free(c);
}

static void test_bad_parameters_are_refused(void **state)
{
    struct campus_params p = quiet_campus(2);
    char why[128] = "";

    (void)state;
    p.n_core = 0;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "core switches"));
    p = quiet_campus(2);
    p.mean_sessions = 2385;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "mean_sessions is too high"));
    p = quiet_campus(1);
    p.n_access = 60000;
    p.n_core = 4096;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "at most 16000000 such links"));
}

/* Announcements wait for ports to settle, so that a controller far away hears them. */
static void test_hosts_are_known_far_away(void **state)
{
    struct campus_params p = quiet_campus(2);
    struct campus_memory memory;
    struct campus *c;

    (void)state;
    p.channel.delay_ns = 238500 * NS_PER_US;
    c = open_campus(&p);
    campus_run_until(c, campus_setup_s(c));
    campus_memory(c, &memory);
    assert_int_equal(memory.controller.n_hosts, 2 * N_ACCESS);
    campus_free(c);
}

/* A source that is the only destination, or nearly so, would look for another one for ever. */
static void test_a_source_needs_somebody_to_call(void **state)
{
    struct campus_params p = quiet_campus(2);
    double rates[2 * N_ACCESS] = {0};
    char why[256] = "";

    (void)state;
    p.model = CAMPUS_ONOFF;
    p.popularity = POPULARITY_EMPIRICAL;
    p.rates_per_s = rates;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "nobody to call"));
    rates[1] = 2.385;
    assert_null(campus_new(&p, why, sizeof why));
    rates[2] = 1e-9;
    assert_null(campus_new(&p, why, sizeof why));
    rates[2] = 0.05;
    campus_free(open_campus(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs_ping),
        cmocka_unit_test(test_no_arp_crosses_the_core),
        cmocka_unit_test(test_cut_link_recovers),
        cmocka_unit_test(test_lost_channel_is_reconciled),
        cmocka_unit_test(test_same_seed_same_trace),
        cmocka_unit_test(test_wire_and_direct_give_the_same_trace),
        cmocka_unit_test(test_interleaved_worlds_do_not_disturb_each_other),
        cmocka_unit_test(test_memory_by_part),
        cmocka_unit_test(test_bad_parameters_are_refused),
        cmocka_unit_test(test_hosts_are_known_far_away),
        cmocka_unit_test(test_a_source_needs_somebody_to_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
