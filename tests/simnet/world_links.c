/* Links beside their closed forms: waiting at a link, transmission times, losses alone and in bursts, queues by
 * frames, cargo among frames, one fibre of two broken, and rules for the links of a topology. */
#include "simnet/world/link_rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/rng.h"
#include "simnet/world/world.h"

/* A link whose far end counts, and Poisson arrivals at its near end. */
struct line {
    struct sim *sim;
    struct frame_pool pool;
    struct wire *wire;
    struct sim_event next;
    struct rng *rng;
    double mean_gap_s;
    uint64_t n_left;
    size_t len;
    uint64_t n_arrived, n_bursts, n_cargo, n_cargo_lost;
    int64_t at_ns[16];
    uint32_t expected; /* Number of the frame that follows the latest. */
};

static void on_frame(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct line *l = node;
    uint32_t number;

    (void)parsed;
    (void)port;
    memcpy(&number, frame->data, sizeof number);
    l->n_bursts += number != l->expected;
    l->expected = number + 1;
    l->at_ns[l->n_arrived++ % 16] = sim_now(l->sim).ns;
}

static void on_cargo(void *aux, bool arrived)
{
    struct line *l = aux;

    l->n_cargo += arrived;
    l->n_cargo_lost += !arrived;
}

static void send(struct line *l, uint32_t number)
{
    uint8_t data[2000] = {0};

    memcpy(data, &number, sizeof number);
    wire_send(l->wire, 0, data, l->len);
}

static void on_next(void *aux, struct sim_event *event)
{
    struct line *l = aux;

    send(l, (uint32_t)l->n_left);
    if (--l->n_left > 0) {
        sim_at(l->sim, event,
               mono_add(sim_now(l->sim), ns_from_s(rng_exponential(l->rng, l->mean_gap_s))));
    }
}

static void line_open(struct line *l, const struct wire_params *params, uint64_t seed)
{
    *l = (struct line){.sim = sim_new(seed), .len = 1250};
    l->rng = sim_rng(l->sim, "arrivals");
    l->wire = wire_new(l->sim, &l->pool, params, 7);
    wire_attach(l->wire, 1, l, 0, on_frame, NULL);
    sim_event_init(&l->next, 0x11, SIM_PRIO_NORMAL, on_next, l);
}

static void line_close(struct line *l)
{
    wire_free(l->wire);
    frame_pool_fini(&l->pool);
    sim_free(l->sim);
}

/* Pollaczek and Khinchin: W = rho·D / (2(1 − rho)), D the transmission time of a frame. The interval is
 * five standard errors between independent runs. */
static void test_a_link_is_m_d_1(void **state)
{
    static const double loads[] = {0.2385, 0.6, 0.85};
    struct wire_params params = {.rate_bps = 10000000, .delay_ns = 2385};
    enum { RUNS = 10, FRAMES = 16000 };
    const double d_s = 1e-3;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        double sum = 0, squares = 0, mean, err, expected;

        for (uint64_t run = 0; run < RUNS; run++) {
            struct line l;
            double wait_s;

            line_open(&l, &params, 100 * i + run);
            l.mean_gap_s = d_s / loads[i];
            l.n_left = FRAMES;
            sim_at(l.sim, &l.next, (mono_t){0});
            sim_run_until(l.sim, MONO_NEVER);
            assert_int_equal(l.n_arrived, FRAMES);
            wait_s = ns_to_s(wire_get_stats(l.wire, 0).wait_ns) / FRAMES;
            sum += wait_s;
            squares += wait_s * wait_s;
            line_close(&l);
        }
        mean = sum / RUNS;
        err = sqrt((squares / RUNS - mean * mean) / (RUNS - 1));
        expected = loads[i] * d_s / (2 * (1 - loads[i]));
        print_message("M/D/1 at load %.4f: waits %.6f ms, %.6f ± %.6f simulated\n", loads[i],
                      1e3 * expected, 1e3 * mean, 1e3 * err);
        assert_true(fabs(mean - expected) < 5 * err);
        assert_true(5 * err < 0.2 * expected);
    }
}

static void test_transmission_times(void **state)
{
    struct wire_params params = {.rate_bps = 94400000, .delay_ns = 2385};
    struct line l;

    (void)state;
    line_open(&l, &params, 1);
    for (uint32_t i = 0; i < 5; i++) {
        send(&l, i);
    }
    sim_run_until(l.sim, MONO_NEVER);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(l.at_ns[i], (i + 1) * 10000 * NS_PER_S / 94400000 + 2385);
    }
    /* They waited for 0, 1, 2, 3 and 4 transmissions, each rounded down. */
    assert_in_range(wire_get_stats(l.wire, 0).wait_ns, 1059322 - 5, 1059322);
    assert_int_equal(wire_get_stats(l.wire, 0).max_waiting_bytes, 5 * 1250);
    line_close(&l);
}

/* Gilbert and Elliott: the share lost is pi_bad·h + (1 − pi_bad)·k, pi_bad = p/(p + r). With k = 0 and h = 1
 * a burst lasts for 1/r frames. */
static void test_bursts_of_losses(void **state)
{
    struct wire_params params = {
        .burst = {.enter_frac = 0.01, .leave_frac = 0.2385, .loss_frac = 1}};
    enum { N = 200000 };
    double pi = 0.01 / (0.01 + 0.2385), r = 0.2385, lost, length;
    struct line l;

    (void)state;
    assert_true(fabs(wire_mean_loss(&params) - pi) < 1e-12);
    line_open(&l, &params, 2385);
    l.len = 64;
    for (uint32_t i = 0; i < N; i++) {
        send(&l, i);
        sim_run_until(l.sim, sim_now(l.sim));
    }
    lost = (double)wire_get_stats(l.wire, 0).n_lost / N;
    length = lost * N / (double)l.n_bursts;
    /* The variance of the share is pi(1 − pi)(1 + 2g/(1 − g))/N, g = 1 − p − r the correlation. */
    print_message("bursts: %.5f lost, %.5f expected; %.4f frames, %.4f expected\n", lost, pi,
                  length, 1 / r);
    assert_true(fabs(lost - pi) < 5 * sqrt(pi * (1 - pi) * (2 / (0.01 + r) - 1) / N));
    assert_true(fabs(length - 1 / r) < 5 * sqrt((1 - r) / (r * r) / (double)l.n_bursts));
    line_close(&l);

    params.loss_frac = 0.1;
    params.burst.loss_frac = 0.5;
    assert_true(fabs(wire_mean_loss(&params) - ((1 - pi) * 0.1 + pi * 0.5)) < 1e-12);
}

static void test_queue_in_frames(void **state)
{
    struct wire_params params = {.rate_bps = 8000, .queue_packets = 3};
    struct line l;

    (void)state;
    line_open(&l, &params, 1);
    l.len = 100;
    for (uint32_t i = 0; i < 5; i++) {
        send(&l, i);
    }
    assert_int_equal(wire_get_stats(l.wire, 0).n_overflow, 2);
    sim_run_until(l.sim, (mono_t){100000000}); /* One has left. */
    send(&l, 5);
    send(&l, 6);
    assert_int_equal(wire_get_stats(l.wire, 0).n_overflow, 3);
    sim_run_until(l.sim, MONO_NEVER);
    assert_int_equal(l.n_arrived, 4);
    line_close(&l);
}

static void test_cargo_waits_among_frames(void **state)
{
    struct wire_params params = {.rate_bps = 8000, .queue_bytes = 1000};
    struct line l;

    (void)state;
    line_open(&l, &params, 1);
    l.len = 300;
    send(&l, 0);
    assert_true(wire_send_cargo(l.wire, 0, 300, on_cargo, &l));
    send(&l, 1);
    assert_false(wire_send_cargo(l.wire, 0, 101, on_cargo, &l));
    sim_run_until(l.sim, (mono_t){599999999});
    assert_int_equal(l.n_cargo, 0);
    sim_run_until(l.sim, (mono_t){600000000});
    assert_int_equal(l.n_cargo, 1);
    assert_int_equal(wire_get_stats(l.wire, 0).cargo_bytes, 300);
    assert_true(wire_send_cargo(l.wire, 0, 385, on_cargo, &l));
    assert_int_equal(wire_get_stats(l.wire, 0).cargo_peak_bytes, 685);
    assert_int_equal(wire_get_stats(l.wire, 0).n_delivered, 2);
    assert_int_equal(wire_get_stats(l.wire, 0).delivered_bytes, 600);
    wire_set_up(l.wire, false);
    assert_int_equal(l.n_cargo_lost, 1);
    assert_int_equal(wire_get_stats(l.wire, 0).n_cut, 2);
    assert_int_equal(wire_get_stats(l.wire, 0).n_delivered, 2);
    assert_int_equal(wire_get_stats(l.wire, 0).delivered_bytes, 600);
    wire_set_up(l.wire, true);
    sim_run_until(l.sim, (mono_t){2 * NS_PER_S});
    assert_true(wire_send_cargo(l.wire, 0, 200, on_cargo, &l));
    wire_drop_cargo(l.wire);
    assert_int_equal(l.n_cargo_lost, 2);
    sim_run_until(l.sim, (mono_t){4 * NS_PER_S});
    assert_int_equal(l.n_cargo + l.n_cargo_lost, 3);
    assert_int_equal(wire_get_stats(l.wire, 0).cargo_peak_bytes, 685);
    wire_forget_peak(l.wire);
    assert_int_equal(wire_get_stats(l.wire, 0).cargo_peak_bytes, 0);
    line_close(&l);
}

/* What is on the way when counting begins again was sent before, and is still delivered or cut. */
static void test_counting_begins_again(void **state)
{
    struct wire_params params = {.rate_bps = 8000, .queue_packets = 3};
    struct wire_stats s;
    struct line l;

    (void)state;
    line_open(&l, &params, 1);
    l.len = 238;
    for (uint32_t i = 0; i < 4; i++) {
        send(&l, i);
    }
    sim_run_until(l.sim, (mono_t){NS_PER_S / 4}); /* One has arrived. */
    wire_reset_stats(l.wire);
    s = wire_get_stats(l.wire, 0);
    assert_int_equal(s.n_sent + s.sent_bytes + s.n_overflow, 0);
    assert_int_equal(s.n_delivered + s.delivered_bytes, 0);
    assert_int_equal(s.wait_ns, 0);
    assert_int_equal(s.max_waiting_bytes, 2 * 238);
    l.len = 85;
    send(&l, 4);
    s = wire_get_stats(l.wire, 0);
    assert_int_equal(s.n_sent, 1);
    assert_int_equal(s.sent_bytes, 85);
    assert_int_equal(s.max_waiting_bytes, 2 * 238 + 85);
    sim_run_until(l.sim, (mono_t){NS_PER_S / 2}); /* The second. */
    s = wire_get_stats(l.wire, 0);
    assert_int_equal(s.n_delivered, 1);
    assert_int_equal(s.delivered_bytes, 238);
    wire_set_up(l.wire, false);
    s = wire_get_stats(l.wire, 0);
    assert_int_equal(s.n_cut, 2);
    assert_int_equal(s.n_delivered, 1);
    assert_int_equal(s.delivered_bytes, 238);
    line_close(&l);
}

/* A load is of the time in which the links have counted. */
static void test_load_since_counting_began(void **state)
{
    struct world_params params = world_params_default();
    struct topo topo = TOPO_INIT;
    struct world *world;
    uint8_t data[1000] = {0};

    (void)state;
    topo_make_linear(&topo, 2, 1);
    topo.edges[0].wire.rate_bps = topo.edges[1].wire.rate_bps = topo.edges[2].wire.rate_bps = 16000;
    world = world_new(&topo, &params);
    sim_run_until(world_sim(world), (mono_t){6 * NS_PER_S});
    wire_send(world_find_wire(world, "s1", "s2"), 0, data, sizeof data);
    assert_true(world_links(world, true).max_load_frac == 8000. / (6 * 16000.));
    world_reset_links(world);
    assert_int_equal(world_links(world, true).sum.n_sent, 0);
    assert_true(world_links(world, true).max_load_frac == 0);
    wire_send(world_find_wire(world, "s1", "s2"), 1, data, sizeof data);
    sim_run_until(world_sim(world), (mono_t){8 * NS_PER_S});
    assert_int_equal(world_links(world, true).sum.n_sent, 1);
    assert_true(world_links(world, true).max_load_frac == 8000. / (2 * 16000.));
    world_free(world);
    topo_fini(&topo);
}

static void on_back(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    (void)parsed;
    (void)port;
    (void)frame;
    ++*(unsigned *)node;
}

static void test_one_fibre_is_broken(void **state)
{
    struct wire_params params = {.rate_bps = 1000000};
    unsigned n_back = 0;
    uint8_t data[64] = {0};
    struct line l;

    (void)state;
    line_open(&l, &params, 1);
    wire_attach(l.wire, 0, &n_back, 0, on_back, NULL);
    wire_set_broken(l.wire, 0, true);
    send(&l, 0);
    assert_true(wire_send(l.wire, 1, data, sizeof data));
    sim_run_until(l.sim, (mono_t){NS_PER_S});
    assert_true(wire_is_up(l.wire));
    assert_int_equal(l.n_arrived, 0);
    assert_int_equal(n_back, 1);
    assert_int_equal(wire_get_stats(l.wire, 0).n_cut, 1);
    assert_int_equal(wire_get_stats(l.wire, 1).n_cut, 0);
    wire_set_broken(l.wire, 0, false);
    send(&l, 1);
    sim_run_until(l.sim, (mono_t){2 * NS_PER_S});
    assert_int_equal(l.n_arrived, 1);
    line_close(&l);
}

static void test_rules_for_links(void **state)
{
    struct link_rules rules = {
        .list = {{.scope = LINKS_ALL, .mentions = LINK_QUEUE_PACKETS, .wire.queue_packets = 23},
                 {.scope = LINKS_TRUNK,
                  .mentions = LINK_RATE | LINK_LOSS,
                  .wire = {.rate_bps = 2385000, .loss_frac = 0.5}},
                 {.scope = LINKS_EDGE, .mentions = LINK_DELAY, .wire.delay_ns = 85},
                 {.scope = LINKS_ONE,
                  .a = "s2",
                  .b = "s1",
                  .mentions = LINK_BURST | LINK_LOSS,
                  .wire.burst = {0.1, 0.2, 0.3}}},
        .n = 4};
    struct topo topo = TOPO_INIT;
    const struct wire_params *w;
    struct world_params params = world_params_default();
    struct world *world;
    char why[128];

    (void)state;
    topo_make_linear(&topo, 3, 1);
    assert_true(link_rules_apply(&rules, &topo, why, sizeof why));
    world = world_new(&topo, &params);
    w = wire_get_params(world_find_wire(world, "s1", "s2"));
    assert_int_equal(w->rate_bps, 2385000);
    assert_true(w->burst.leave_frac == 0.2 && w->loss_frac == 0);
    assert_int_equal(w->queue_packets, 23);
    w = wire_get_params(world_find_wire(world, "s2", "s3"));
    assert_true(w->loss_frac == 0.5 && w->burst.enter_frac == 0);
    assert_int_equal(w->delay_ns, topo_trunk_default().delay_ns);
    w = wire_get_params(world_find_wire(world, "h1", "s1"));
    assert_int_equal(w->delay_ns, 85);
    assert_int_equal(w->rate_bps, topo_edge_default().rate_bps);
    assert_int_equal(world_links(world, true).n, 2);
    assert_int_equal(world_links(world, false).n, 3);
    assert_int_equal(world_find_switch(world, "s3"), 2);
    assert_int_equal(world_find_switch(world, "s9"), 3);
    world_free(world);
    snprintf(rules.list[3].a, sizeof rules.list[3].a, "s9");
    assert_false(link_rules_apply(&rules, &topo, why, sizeof why));
    assert_non_null(strstr(why, "no link between \"s9\" and \"s1\""));
    topo_fini(&topo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_link_is_m_d_1),          cmocka_unit_test(test_transmission_times),
        cmocka_unit_test(test_bursts_of_losses),         cmocka_unit_test(test_queue_in_frames),
        cmocka_unit_test(test_cargo_waits_among_frames), cmocka_unit_test(test_one_fibre_is_broken),
        cmocka_unit_test(test_counting_begins_again),    cmocka_unit_test(test_load_since_counting_began),
        cmocka_unit_test(test_rules_for_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
