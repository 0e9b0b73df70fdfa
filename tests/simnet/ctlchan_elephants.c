/* Two elephants collide on a link of the simulated campus, frame by frame: what the receivers get before
 * and after one of them is moved, from sFlow datagrams in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "controller/apps/elephants.h"
#include "controller/core/ctl_api.h"
#include "simnet/ctlchan/campus.h"

#define LINK_MBPS 10
#define FLOW_MBPS 8
#define PAYLOAD 1358 /* Frames of 1 400 bytes. */
#define FRAME_BITS (1400 * 8)

static uint64_t received[8];

static void count(void *aux, struct endhost *host, const struct pkt *pkt, const uint8_t *payload,
                  size_t n)
{
    (void)host;
    (void)pkt;
    (void)payload;
    (void)n;
    ++*(uint64_t *)aux;
}

/* Two access switches with two hosts each, both joined to two core switches; every line carries
 * 10 Mbit/s and keeps 32 kB. */
static struct campus *open_campus(uint64_t seed, uint32_t one_in)
{
    struct campus_params p = campus_params_default();
    char why[128] = "";
    struct campus *c;

    p.seed = seed;
    p.n_access = p.n_core = p.hosts_per_access = 2;
    p.edge.rate_bps = p.trunk.rate_bps = LINK_MBPS * 1000000;
    p.edge.queue_bytes = p.trunk.queue_bytes = 32000;
    p.mean_sessions = 0;
    p.warmup_s = 0;
    p.duration_s = 1000;
    p.sflow.one_in = one_in;
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    for (uint32_t i = 0; i < world_n_hosts(campus_world(c)); i++) {
        received[i] = 0;
        endhost_set_udp(world_host(campus_world(c), i), count, &received[i]);
    }
    campus_run_until(c, campus_setup_s(c) + 1);
    return c;
}

static double now_s(struct campus *c)
{
    return (double)sim_now(world_sim(campus_world(c))).ns / 1e9;
}

static void send(struct campus *c, uint32_t from, uint32_t to, uint16_t port)
{
    static const uint8_t payload[PAYLOAD];
    struct world *w = campus_world(c);

    endhost_send_udp(world_host(w, from), endhost_ip(world_host(w, to)), port, 5001, payload,
                     sizeof payload);
}

/* Both flows run for 'seconds'; what hosts 2 and 3 receive, in Mbit/s. */
static void run(struct campus *c, double seconds, double mbps[2])
{
    double begun_s = now_s(c), pause_s = FRAME_BITS / (FLOW_MBPS * 1e6);
    uint64_t before[2] = {received[2], received[3]};

    for (uint32_t n = 1; n * pause_s <= seconds; n++) {
        send(c, 0, 2, 2385);
        campus_run_until(c, begun_s + (n - 0.618) * pause_s);
        send(c, 1, 3, 2386);
        campus_run_until(c, begun_s + n * pause_s);
    }
    for (unsigned i = 0; i < 2; i++) {
        mbps[i] = (double)(received[2 + i] - before[i]) * FRAME_BITS / seconds / 1e6;
    }
}

static struct elephants_counters counters(struct campus *c)
{
    return elephants_counters(ctl_module_state(campus_ctl(c), "elephants"));
}

static void test_two_elephants_are_apart(void **state)
{
    double before[2], between[2], after[2];

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct campus *c = open_campus(seed, 20);

        run(c, 4, before);
        run(c, 6, between); /* Two periods have passed. */
        run(c, 10, after);
        printf("seed %llu: %.2f + %.2f Mbit/s before, %.2f + %.2f after; %llu samples\n",
               (unsigned long long)seed, before[0], before[1], after[0], after[1],
               (unsigned long long)counters(c).samples);
        assert_true(before[0] + before[1] < LINK_MBPS * 1.01);
        assert_true(after[0] > FLOW_MBPS * 0.99 && after[1] > FLOW_MBPS * 0.99);
        assert_int_equal(counters(c).found, 2);
        assert_int_equal(counters(c).moves, 1);
        assert_int_equal(ctl_counters(campus_ctl(c))->sflow_bad, 0);
        assert_true(sflow_link_n_datagrams(campus_sflow(c)) > 100);
        campus_free(c);
    }
}

/* Without samples they go on sharing. */
static void test_without_samples_nothing_moves(void **state)
{
    struct campus *c = open_campus(1, 0);
    double mbps[2];

    (void)state;
    run(c, 20, mbps);
    printf("without sFlow: %.2f + %.2f Mbit/s\n", mbps[0], mbps[1]);
    assert_true(mbps[0] + mbps[1] < LINK_MBPS * 1.01);
    assert_int_equal(counters(c).found, 0);
    assert_null(campus_sflow(c));
    campus_free(c);
}

static uint64_t trace_of(uint64_t seed)
{
    struct campus *c = open_campus(seed, 20);
    struct campus_metrics metrics;
    double mbps[2];
    uint64_t hash;

    run(c, 12, mbps);
    campus_measure(c, &metrics);
    hash = metrics.trace_hash;
    campus_metrics_fini(&metrics);
    campus_free(c);
    return hash;
}

static void test_same_seed_same_trace(void **state)
{
    (void)state;
    assert_true(trace_of(2385) == trace_of(2385));
    assert_true(trace_of(2385) != trace_of(2386));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_elephants_are_apart),
        cmocka_unit_test(test_without_samples_nothing_moves),
        cmocka_unit_test(test_same_seed_same_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
