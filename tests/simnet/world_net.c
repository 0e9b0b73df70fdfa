/* Wires to the nanosecond, hosts, and topologies: generators, DOT in and out, complaints. */
#include "simnet/world/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* --- Wires ----------------------------------------------------------------------------------- */

struct far_end {
    struct sim *sim;
    int64_t at_ns[64];
    unsigned n;
};

static void on_frame(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct far_end *end = node;

    (void)parsed;
    (void)port;
    (void)frame;
    end->at_ns[end->n++ % 64] = sim_now(end->sim).ns;
}

/* At 7 bit/s and 3 Gbit/s alike, the n-th frame of a burst arrives at ⌊total bits · 1e9/rate⌋. */
static void test_timing_carries_the_remainder(void **state)
{
    static const int64_t rates[] = {7, 1000, 2385, 3000000000, 10000000000};
    uint8_t data[1500] = {0};

    (void)state;
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        struct far_end end = {.sim = sim_new(1)};
        struct frame_pool pool = {0};
        struct wire_params params = {.rate_bps = rates[r], .delay_ns = 2385};
        struct wire *wire = wire_new(end.sim, &pool, &params, 0);
        int64_t bits = 0;

        wire_attach(wire, 1, &end, 0, on_frame, NULL);
        for (size_t i = 0; i < 50; i++) {
            assert_true(wire_send(wire, 0, data, 61 + 13 * i));
        }
        sim_run_until(end.sim, (mono_t){INT64_C(9000000000000000)});
        assert_int_equal(end.n, 50);
        for (size_t i = 0; i < 50; i++) {
            bits += (int64_t)(61 + 13 * i) * 8;
            assert_int_equal(end.at_ns[i], (int64_t)((__int128)bits * NS_PER_S / rates[r]) + 2385);
        }
        wire_free(wire);
        frame_pool_fini(&pool);
        sim_free(end.sim);
    }
}

static void test_queue_limit_loss_and_down(void **state)
{
    struct far_end end = {.sim = sim_new(1)};
    struct frame_pool pool = {0};
    struct wire_params params = {.rate_bps = 8000, .queue_bytes = 1000};
    struct wire *wire = wire_new(end.sim, &pool, &params, 0);
    uint8_t data[300] = {0};

    (void)state;
    wire_attach(wire, 1, &end, 0, on_frame, NULL);
    assert_true(wire_send(wire, 0, data, 300));
    assert_true(wire_send(wire, 0, data, 300));
    assert_true(wire_send(wire, 0, data, 300));
    assert_false(wire_send(wire, 0, data, 300));
    assert_true(wire_send(wire, 0, data, 100));
    sim_run_until(end.sim, (mono_t){300000000}); /* The first frame has just left. */
    assert_true(wire_send(wire, 0, data, 300));
    assert_false(wire_send(wire, 0, data, 1));
    wire_set_up(wire, false);
    assert_false(wire_send(wire, 0, data, 100));
    sim_run_until(end.sim, (mono_t){10 * NS_PER_S});
    assert_int_equal(end.n, 1);
    assert_int_equal(wire_get_stats(wire, 0).n_overflow, 2);
    assert_int_equal(wire_get_stats(wire, 0).n_cut, 4);
    assert_int_equal(wire_get_stats(wire, 0).n_down, 1);
    wire_set_up(wire, true);
    assert_true(wire_send(wire, 0, data, 100));
    sim_run_until(end.sim, (mono_t){20 * NS_PER_S});
    assert_int_equal(end.n, 2);
    wire_free(wire);
    frame_pool_fini(&pool);
    sim_free(end.sim);
}

static void test_loss_probability(void **state)
{
    struct far_end end = {.sim = sim_new(2385)};
    struct frame_pool pool = {0};
    struct wire_params params = {.loss_frac = 0.2385};
    struct wire *wire = wire_new(end.sim, &pool, &params, 3);
    uint8_t data[64] = {0};
    enum { N = 40000 };

    (void)state;
    wire_attach(wire, 1, &end, 0, on_frame, NULL);
    for (int i = 0; i < N; i++) {
        wire_send(wire, 0, data, sizeof data);
    }
    sim_run_until(end.sim, (mono_t){1});
    /* Five standard deviations of a binomial count. */
    assert_in_range(wire_get_stats(wire, 0).n_lost, 9540 - 427, 9540 + 427);
    wire_free(wire);
    frame_pool_fini(&pool);
    sim_free(end.sim);
}

/* --- Hosts ----------------------------------------------------------------------------------- */

static void test_two_hosts_on_a_flooding_switch(void **state)
{
    struct topo topo = TOPO_INIT;
    struct world_params params = world_params_default();
    struct world *world;
    struct of_action flood = of_output(OF_PORT_FLOOD);
    struct of_msg m = {.version = OF_VERSION_1_3, .type = OF_FLOW_MOD};
    const struct endhost_stats *s;

    (void)state;
    topo_make_linear(&topo, 1, 3);
    world = world_new(&topo, &params);
    swtch_connected(world_switch(world, 0));
    swtch_input(world_switch(world, 0),
                &(struct of_msg){.version = OF_VERSION_1_3, .type = OF_HELLO});
    m.flow_mod = (struct of_flow_mod){.buffer_id = OF_NO_BUFFER, .ins = of_apply(&flood, 1)};
    swtch_input(world_switch(world, 0), &m);
    endhost_ping(world_host(world, 0), endhost_ip(world_host(world, 2)));
    sim_run_until(world_sim(world), (mono_t){NS_PER_S});
    endhost_send_udp(world_host(world, 1), endhost_ip(world_host(world, 0)), 1, 2, "x", 1);
    endhost_ping(world_host(world, 0), 0x0a0000ee);
    sim_run_until(world_sim(world), (mono_t){20 * NS_PER_S});
    s = endhost_get_stats(world_host(world, 0));
    assert_int_equal(s->n_echo_replies_rx, 1);
    assert_int_equal(s->n_udp_rx, 1);
    assert_int_equal(s->n_arp_failed, 1);
    assert_int_equal(s->n_unsent, 1);
    assert_int_equal(s->n_arp_requests_tx, 4); /* One for the peer, three for nobody. */
    /* Out and back over two 1 Gb/s wires each: ARP (42 bytes) and
     * echo (98 bytes) each take four times (bytes · 8 ns + 1 µs). */
    assert_true(endhost_rtt_s(world_host(world, 0))->n == 1);
    assert_int_equal((int64_t)(endhost_rtt_s(world_host(world, 0))->mean * 1e9 + 0.5),
                     4 * (42 * 8 + 1000) + 4 * (98 * 8 + 1000));
    world_free(world);
    topo_fini(&topo);
}

/* --- Topologies ------------------------------------------------------------------------------ */

static void test_campus_shape(void **state)
{
    struct topo topo = TOPO_INIT;
    struct topo_campus c = {.n_access = 20,
                            .n_core = 4,
                            .hosts_per_access = 48,
                            .edge = topo_edge_default(),
                            .trunk = topo_trunk_default()};
    struct world_params params = world_params_default();
    struct world *world;
    char why[128];

    (void)state;
    topo_make_campus(&topo, &c);
    assert_int_equal(topo_check(&topo, why, sizeof why), ERR_OK);
    assert_int_equal(topo.n_edges, 960 + 40 + 6);
    world = world_new(&topo, &params);
    assert_int_equal(world_n_hosts(world), 960);
    for (uint32_t h = 0; h < 960; h++) {
        assert_int_equal(world_host_switch(world, h), h / 48);
        assert_int_equal(world_host_port(world, h), h % 48 + 1);
    }
    assert_int_equal(swtch_n_ports(world_switch(world, 19)), 50);
    assert_int_equal(swtch_n_ports(world_switch(world, 20)), 13);
    assert_non_null(world_find_wire(world, "core1", "acc1"));
    assert_null(world_find_wire(world, "acc1", "acc2"));
    world_free(world);
    topo_fini(&topo);
}

static void never(void *aux, unsigned line, unsigned column, const char *what)
{
    (void)aux;
    fail_msg("unexpected complaint at %u:%u: %s", line, column, what);
}

static void test_dot_round_trip(void **state)
{
    struct topo a = TOPO_INIT, b = TOPO_INIT;
    struct buf text = BUF_INIT, again = BUF_INIT;

    (void)state;
    topo_make_tree(&a, 3, 2, 3);
    a.edges[2].wire.loss_frac = 0.2385;
    a.edges[3].wire.queue_bytes = 65000;
    a.edges[4].wire.queue_packets = 100;
    a.edges[4].wire.burst = (struct wire_burst){0.01, 0.25, 0.85};
    a.nodes[1].dpid = UINT64_C(0xfedcba9876543210);
    topo_write_dot(&a, &text);
    buf_put_u8(&text, 0);
    assert_true(topo_read_dot((const char *)text.data, &b, never, NULL));
    topo_write_dot(&b, &again);
    buf_put_u8(&again, 0);
    assert_string_equal((const char *)again.data, (const char *)text.data);
    buf_fini(&text);
    buf_fini(&again);
    topo_fini(&a);
    topo_fini(&b);
}

struct complaint {
    unsigned n, line, column;
    char what[256];
};

static void keep(void *aux, unsigned line, unsigned column, const char *what)
{
    struct complaint *c = aux;

    if (c->n++ == 0) {
        c->line = line;
        c->column = column;
        snprintf(c->what, sizeof c->what, "%s", what);
    }
}

static const struct {
    const char *text;
    unsigned n, line, column;
    const char *what;
} bad_dots[] = {
    {"graph g {\n  a -- b\n  b -- \n}\n", 1, 4, 0, "syntax error"},
    {"digraph g {\n a -> b\n}\n", 1, 1, 1, "undirected"},
    {"graph {\n s1 [dpid=zz]; h1 -- s1\n}", 1, 2, 11, "dpid is \"zz\""},
    {"graph {\n h1 -- s1 [rate_bps=1,\n   loss_frac=1.5, delay_ns=-3]\n}", 2, 3, 28, "delay_ns"},
    {"graph {\n h1 [ip=\"10.0.0.300\", mac=\"01:00:00:00:00:01\"]; h1 -- s1\n}", 2, 2, 28, "mac"},
    {"graph { h1 -- s1; h1 -- s2 }", 1, 0, 0, "host \"h1\" has 2 links"},
    {"graph { h1 -- h2 }", 1, 0, 0, "without a switch"},
    {"graph { s1 -- s1 }", 1, 0, 0, "itself"},
    {"graph { s1 [dpid=7]; s2 [dpid=7] }", 1, 0, 0, "datapath id"},
    {"graph { s1 [kind=router] }", 1, 1, 18, "\"switch\" or \"host\""},
};

static void test_dot_complaints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_dots / sizeof bad_dots[0]; i++) {
        struct topo topo = TOPO_INIT;
        struct complaint c = {0};

        assert_false(topo_read_dot(bad_dots[i].text, &topo, keep, &c));
        if (c.n != bad_dots[i].n || c.line != bad_dots[i].line || c.column != bad_dots[i].column ||
            !strstr(c.what, bad_dots[i].what)) {
            fail_msg("row %zu: %u complaints, first at %u:%u: %s", i, c.n, c.line, c.column,
                     c.what);
        }
        assert_int_equal(topo.n_nodes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timing_carries_the_remainder),
        cmocka_unit_test(test_queue_limit_loss_and_down),
        cmocka_unit_test(test_loss_probability),
        cmocka_unit_test(test_two_hosts_on_a_flooding_switch),
        cmocka_unit_test(test_campus_shape),
        cmocka_unit_test(test_dot_round_trip),
        cmocka_unit_test(test_dot_complaints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
