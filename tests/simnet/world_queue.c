/* Queues of ports: what they do to frames (egress.h), and what a controller sees of them (OF 1.3.5 §7.2.2,
 * §7.3.6, §7.3.5.8; OF 1.0 §5.2.4; 1.4 §7.3.5.9). Rates are exact: a frame of 1 000 bytes takes 8 000 ns. */
#include "tests/simnet/switch_bed.h"

enum { LEN = 1000, FRAME_NS = 8000, MAX_SEEN = 1000, NONE = QUEUE_NO_RATE };

/* --- The scheduler --------------------------------------------------------------------------- */

struct line {
    struct sim *sim;
    struct frame_pool pool;
    struct wire *wire;
    struct egress *egress;
    unsigned n_seen;
    uint8_t seen[MAX_SEEN]; /* First byte of each frame: its queue. */
    int64_t at_ns[MAX_SEEN];
    unsigned n_sent, n_dropped; /* As the port is told. */
};

static void see(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct line *l = node;

    (void)parsed;
    (void)port;
    assert_true(l->n_seen < MAX_SEEN);
    l->at_ns[l->n_seen] = sim_now(l->sim).ns;
    l->seen[l->n_seen++] = frame->data[0];
}

static void sent(void *aux, uint32_t port, size_t len, bool was_sent)
{
    struct line *l = aux;

    assert_int_equal(port, 7);
    assert_int_equal(len, LEN);
    l->n_sent += was_sent;
    l->n_dropped += !was_sent;
}

static void line_open(struct line *l, int64_t rate_bps, uint32_t queue_bytes,
                      const struct queue_params *queues, size_t n)
{
    struct wire_params wp = {.rate_bps = rate_bps, .queue_bytes = queue_bytes};
    struct egress_params ep = {
        .side = 1, .queues = queues, .n_queues = n, .sent = sent, .aux = l, .port = 7};

    memset(l, 0, sizeof *l);
    ep.sim = l->sim = sim_new(7);
    ep.wire = l->wire = wire_new(l->sim, &l->pool, &wp, 0);
    wire_attach(l->wire, 0, l, 0, see, NULL);
    l->egress = egress_new(&ep);
}

static void line_close(struct line *l)
{
    egress_free(l->egress);
    wire_free(l->wire);
    frame_pool_fini(&l->pool);
    sim_free(l->sim);
}

static void put(struct line *l, uint32_t queue, unsigned n)
{
    uint8_t frame[LEN] = {(uint8_t)queue};

    for (unsigned i = 0; i < n; i++) {
        egress_send(l->egress, queue, frame, sizeof frame);
    }
}

static unsigned n_of(const struct line *l, uint32_t queue, unsigned among)
{
    unsigned n = 0;

    for (unsigned i = 0; i < among; i++) {
        n += l->seen[i] == queue;
    }
    return n;
}

static void run_to_end(struct line *l)
{
    sim_run_until(l->sim, MONO_NEVER);
}

static void test_minimum_rates_are_kept_at_any_moment(void **state)
{
    static const struct queue_params queues[] = {{1, 500, NONE}, {2, 300, NONE}, {3, 200, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 3);
    for (uint32_t q = 1; q <= 3; q++) {
        put(&l, q, 100);
    }
    run_to_end(&l);
    assert_int_equal(l.n_seen, 300);
    for (unsigned n = 10; n <= 200; n += 10) { /* Until queue 1 is empty. */
        assert_in_range(n_of(&l, 1, n), n / 2 - 1, n / 2 + 1);
        assert_in_range(n_of(&l, 2, n), n * 3 / 10 - 1, n * 3 / 10 + 1);
    }
    assert_int_equal(l.at_ns[299], 300 * FRAME_NS); /* The link is never idle. */
    line_close(&l);
}

static void test_a_queue_alone_has_the_whole_link(void **state)
{
    static const struct queue_params queues[] = {{1, 100, NONE}, {2, 900, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 2);
    put(&l, 1, 50);
    run_to_end(&l);
    assert_int_equal(l.at_ns[49], 50 * FRAME_NS);
    line_close(&l);
}

/* What a queue did not use is not owed to it. */
static void test_a_queue_that_was_idle_gets_no_more_than_its_share(void **state)
{
    static const struct queue_params queues[] = {{1, 500, NONE}, {2, 500, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 2);
    put(&l, 1, 100);
    sim_run_until(l.sim, (mono_t){50 * FRAME_NS});
    put(&l, 2, 50);
    run_to_end(&l);
    assert_in_range(n_of(&l, 2, 70), 9, 11);
    assert_in_range(n_of(&l, 2, 90), 19, 21);
    line_close(&l);
}

static void test_queues_without_a_minimum_share_the_rest(void **state)
{
    static const struct queue_params queues[] = {{1, 600, NONE}, {2, NONE, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 2);
    put(&l, 1, 100);
    put(&l, 2, 100);
    put(&l, 238, 100); /* No such queue. */
    run_to_end(&l);
    assert_in_range(n_of(&l, 1, 100), 59, 61);
    assert_in_range(n_of(&l, 2, 100), 19, 21);
    assert_in_range(n_of(&l, 238, 100), 19, 21);
    line_close(&l);
}

static void test_minima_beyond_the_link_are_kept_in_proportion(void **state)
{
    static const struct queue_params queues[] = {{1, 1000, NONE}, {2, 1000, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 2);
    put(&l, 1, 50);
    put(&l, 2, 50);
    put(&l, 0, 1); /* It is not starved. */
    run_to_end(&l);
    assert_in_range(n_of(&l, 1, 40), 19, 21);
    assert_int_equal(l.n_seen, 101);
    line_close(&l);
}

static void test_a_maximum_spaces_frames_exactly(void **state)
{
    static const struct queue_params queues[] = {{1, NONE, 300}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 1); /* 300 Mb/s: 26 666 2/3 ns a frame. */
    put(&l, 1, 31);
    run_to_end(&l);
    for (unsigned i = 0; i < 31; i++) {
        assert_int_equal(l.at_ns[i], (int64_t)i * 80000 / 3 + FRAME_NS);
    }
    line_close(&l);
}

static void test_what_a_maximum_leaves_is_for_others(void **state)
{
    static const struct queue_params queues[] = {{1, 900, 100}, {2, 100, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 2);
    put(&l, 1, 100);
    put(&l, 2, 100);
    run_to_end(&l);
    assert_in_range(n_of(&l, 1, 100), 9, 11);
    assert_int_equal(l.at_ns[107], 108 * FRAME_NS); /* Never idle while there is anything for it. */
    line_close(&l);
}

static void test_a_maximum_without_load_costs_nothing(void **state)
{
    static const struct queue_params queues[] = {{1, NONE, 100}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 1);
    for (int64_t i = 0; i < 5; i++) {
        sim_run_until(l.sim, (mono_t){i * 100000});
        put(&l, 1, 1);
    }
    run_to_end(&l);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(l.at_ns[i], (int64_t)i * 100000 + FRAME_NS);
    }
    line_close(&l);
}

static void test_each_queue_has_the_room_of_the_link(void **state)
{
    static const struct queue_params queues[] = {{1, 500, NONE}, {2, 500, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 3 * LEN, queues, 2);
    put(&l, 1, 10); /* One is on the wire. */
    put(&l, 2, 10);
    assert_int_equal(egress_counts(l.egress, 0)->tx_errors, 6);
    assert_int_equal(egress_counts(l.egress, 1)->tx_errors, 7);
    run_to_end(&l);
    assert_int_equal(l.n_seen, 7);
    assert_int_equal(l.n_sent, 7);
    assert_int_equal(l.n_dropped, 13);
    assert_int_equal(egress_counts(l.egress, 0)->tx_packets, 4);
    assert_int_equal(egress_counts(l.egress, 0)->tx_bytes, 4 * LEN);
    line_close(&l);
}

static void test_a_link_that_is_down_takes_nothing(void **state)
{
    static const struct queue_params queues[] = {{1, 500, NONE}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 1);
    put(&l, 1, 3);
    wire_set_up(l.wire, false);
    put(&l, 1, 1);
    run_to_end(&l);
    assert_int_equal(l.n_seen, 0);
    assert_int_equal(egress_counts(l.egress, 0)->tx_errors, 3); /* One had been sent. */
    wire_set_up(l.wire, true);
    put(&l, 1, 1);
    run_to_end(&l);
    assert_int_equal(l.n_seen, 1);
    line_close(&l);
}

static void test_on_an_infinitely_fast_link_nobody_waits(void **state)
{
    static const struct queue_params queues[] = {{1, 10, 10}};
    struct line l;

    (void)state;
    line_open(&l, 0, 0, queues, 1);
    put(&l, 1, 20);
    put(&l, 2, 20);
    run_to_end(&l);
    assert_int_equal(l.n_seen, 40);
    assert_int_equal(l.at_ns[39], 0);
    line_close(&l);
}

static void test_what_waits_goes_with_the_port(void **state)
{
    static const struct queue_params queues[] = {{1, 10, 10}};
    struct line l;

    (void)state;
    line_open(&l, 1000000000, 0, queues, 1);
    put(&l, 1, 20);
    line_close(&l);
}

/* --- The switch ------------------------------------------------------------------------------ */

static const struct queue_params two[] = {{1, 238, 500}, {2, NONE, 5}};

static void open_with_queues(struct bed *bed, uint8_t version)
{
    bed_open(bed, version, 1);
    swtch_set_queues(bed->sw, 2, two, 2);
    swtch_set_queues(bed->sw, 3, two, 1);
}

static struct of_msg stats(port_no_t port, uint32_t queue_id)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST,
                           .mp_request = {.type = OF_MP_QUEUE_STATS,
                                          .queue = {.port_no = port, .queue_id = queue_id}}};
}

static struct of_msg get_config(port_no_t port)
{
    return (struct of_msg){.type = OF_QUEUE_GET_CONFIG_REQUEST, .queue_port = port};
}

static void expect_queue(const struct of_queue *q, uint32_t id, unsigned min, unsigned max)
{
    size_t n = 0;

    assert_int_equal(q->queue_id, id);
    if (min <= 1000) {
        assert_int_equal(q->props[n].type, OF_QP_MIN_RATE);
        assert_int_equal(q->props[n++].rate_permille, min);
    }
    if (max <= 1000) {
        assert_int_equal(q->props[n].type, OF_QP_MAX_RATE);
        assert_int_equal(q->props[n++].rate_permille, max);
    }
    assert_int_equal(q->n_props, n);
}

static void test_7_3_6_get_config_tells_the_queues_of_a_port(void **state)
{
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    a = ask(&bed, get_config(2));
    assert_int_equal(a->queue_config.n_queues, 2);
    expect_queue(&a->queue_config.queues[0], 1, 238, 500);
    expect_queue(&a->queue_config.queues[1], 2, NONE, 5);
    assert_int_equal(ask(&bed, get_config(1))->queue_config.n_queues, 0);
    a = ask(&bed, get_config(OF_PORT_ANY));
    assert_int_equal(a->queue_config.n_queues, 3);
    assert_int_equal(a->queue_config.queues[2].port_no, 3);
    expect_error(ask(&bed, get_config(4)), OF_ERR_QUEUE_BAD_PORT);
    bed_close(&bed);
}

/* 1.0 has no maximum (OF 1.0 §5.2.2). */
static void test_1_0_5_3_4_get_config(void **state)
{
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_0);
    a = ask(&bed, get_config(2));
    assert_int_equal(a->queue_config.n_queues, 2);
    expect_queue(&a->queue_config.queues[0], 1, 238, NONE);
    expect_queue(&a->queue_config.queues[1], 2, NONE, NONE);
    bed_close(&bed);
}

static void test_1_4_7_3_5_9_queue_descriptions(void **state)
{
    struct of_msg m = stats(OF_PORT_ANY, 1);
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_4);
    m.mp_request.type = OF_MP_QUEUE_DESC;
    a = ask(&bed, m);
    assert_int_equal(a->mp_reply.n, 2);
    expect_queue(&a->mp_reply.queues[0], 1, 238, 500);
    assert_int_equal(a->mp_reply.queues[0].port_no, 2);
    assert_int_equal(a->mp_reply.queues[1].port_no, 3);
    m.mp_request.queue.queue_id = 3;
    expect_error(ask(&bed, m), OF_ERR_QUEUE_BAD_QUEUE);
    bed_close(&bed);
}

static struct of_msg set_queue_and_output(uint64_t dst, uint32_t queue_id)
{
    struct of_action list[2] = {{.type = OF_ACT_SET_QUEUE, .queue_id = queue_id},
                                {.type = OF_ACT_OUTPUT, .output = {.port = 2}}};
    static struct of_action kept[2];

    memcpy(kept, list, sizeof kept);
    return flow_add(dst, 7, of_apply(kept, 2));
}

static void test_7_3_5_8_counters_of_queues(void **state)
{
    const struct of_queue_stats *s;
    const struct of_msg *a;
    struct bed bed;
    size_t len;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, set_queue_and_output(1, 2)));
    receive(&bed, 1, 1);
    receive(&bed, 1, 1);
    assert_int_equal(bed.n_out[2], 1);
    len = bed.out[2].len;
    a = ask(&bed, stats(2, OF_QUEUE_ALL));
    assert_int_equal(a->mp_reply.n, 2);
    s = a->mp_reply.queue_stats;
    assert_int_equal(s[0].tx_packets, 0);
    assert_int_equal(s[1].queue_id, 2);
    assert_int_equal(s[1].tx_packets, 2);
    assert_int_equal(s[1].tx_bytes, 2 * len);
    assert_int_equal(s[1].tx_errors, 0);
    assert_int_equal(s[1].duration_s, 0);
    assert_int_equal(s[1].duration_ns, 20000000); /* receive() waits 10 ms. */
    assert_int_equal(ask(&bed, stats(OF_PORT_ANY, 1))->mp_reply.n, 2);
    expect_error(ask(&bed, stats(2, 3)), OF_ERR_QUEUE_BAD_QUEUE);
    expect_error(ask(&bed, stats(1, 1)), OF_ERR_QUEUE_BAD_QUEUE);
    expect_error(ask(&bed, stats(9, 1)), OF_ERR_QUEUE_BAD_PORT);
    bed_close(&bed);
}

/* As a parameter, queues are every port's. */
static void test_7_2_2_queues_of_every_port(void **state)
{
    struct swtch_params p = bed_params(OF_VERSION_1_3, 1);
    struct queue_params list[2];
    struct bed bed;

    (void)state;
    memcpy(list, two, sizeof list);
    p.queues = list;
    p.n_queues = 2;
    bed_open_with(&bed, &p);
    memset(list, 0, sizeof list); /* They have been copied. */
    assert_int_equal(ask(&bed, get_config(OF_PORT_ANY))->queue_config.n_queues, 2 * N_PORTS);
    expect_queue(&ask(&bed, get_config(3))->queue_config.queues[0], 1, 238, 500);
    bed_close(&bed);
}

static void test_7_3_1_features_say_that_there_are_queues(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_false(ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.capabilities &
                 OF_C_QUEUE_STATS);
    swtch_set_queues(bed.sw, 2, two, 2);
    assert_true(ask(&bed, (struct of_msg){.type = OF_FEATURES_REQUEST})->features.capabilities &
                OF_C_QUEUE_STATS);
    bed_close(&bed);
}

static uint64_t packets_in(struct bed *bed, port_no_t port, uint32_t queue_id)
{
    return ask(bed, stats(port, queue_id))->mp_reply.queue_stats[0].tx_packets;
}

static void test_5_12_set_queue_of_a_queue_that_there_is_not(void **state)
{
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    expect_error(ask(&bed, set_queue_and_output(1, 3)), OF_ERR_ACT_BAD_QUEUE);
    bed_close(&bed);
}

/* It holds for all outputs that follow. */
static void test_5_12_set_queue_holds_for_outputs_that_follow(void **state)
{
    struct of_action list[] = {{.type = OF_ACT_OUTPUT, .output = {.port = 3}},
                               {.type = OF_ACT_SET_QUEUE, .queue_id = 1},
                               {.type = OF_ACT_OUTPUT, .output = {.port = 2}},
                               {.type = OF_ACT_OUTPUT, .output = {.port = 3}}};
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, flow_add(1, 7, of_apply(list, 4))));
    receive(&bed, 1, 1);
    assert_int_equal(bed.n_out[3], 2);
    assert_int_equal(packets_in(&bed, 2, 1), 1);
    assert_int_equal(packets_in(&bed, 3, 1), 1);
    bed_close(&bed);
}

static void test_5_10_set_queue_in_an_action_set_comes_before_output(void **state)
{
    struct of_action list[] = {{.type = OF_ACT_OUTPUT, .output = {.port = 2}},
                               {.type = OF_ACT_SET_QUEUE, .queue_id = 2}};
    struct of_instructions ins = {.has_write = true, .write = {.list = list, .n = 2}};
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, flow_add(1, 7, ins)));
    receive(&bed, 1, 1);
    assert_int_equal(packets_in(&bed, 2, 2), 1);
    bed_close(&bed);
}

static void test_5_6_set_queue_of_a_bucket_is_for_that_bucket(void **state)
{
    struct of_action first[] = {{.type = OF_ACT_SET_QUEUE, .queue_id = 1},
                                {.type = OF_ACT_OUTPUT, .output = {.port = 2}}};
    struct of_action second[] = {{.type = OF_ACT_OUTPUT, .output = {.port = 3}}};
    struct of_action group = {.type = OF_ACT_GROUP, .group_id = 7};
    struct of_bucket buckets[] = {{.watch_port = OF_PORT_ANY,
                                   .watch_group = OF_GROUP_ANY,
                                   .actions = {.list = first, .n = 2}},
                                  {.watch_port = OF_PORT_ANY,
                                   .watch_group = OF_GROUP_ANY,
                                   .actions = {.list = second, .n = 1}}};
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, (struct of_msg){.type = OF_GROUP_MOD,
                                          .group_mod = {.command = OF_GC_ADD,
                                                        .type = OF_GT_ALL,
                                                        .group_id = 7,
                                                        .buckets = buckets,
                                                        .n_buckets = 2}}));
    assert_null(ask(&bed, flow_add(1, 7, of_apply(&group, 1))));
    receive(&bed, 1, 1);
    assert_int_equal(packets_in(&bed, 2, 1), 1);
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(packets_in(&bed, 3, 1), 0);
    bed_close(&bed);
}

static void test_1_0_5_2_4_enqueue(void **state)
{
    struct of_action list[] = {{.type = OF_ACT_ENQUEUE, .enqueue = {.port = 2, .queue_id = 2}},
                               {.type = OF_ACT_OUTPUT, .output = {.port = 3}}};
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_0);
    assert_null(ask(&bed, flow_add(1, 7, of_apply(list, 2))));
    receive(&bed, 1, 1);
    assert_int_equal(packets_in(&bed, 2, 2), 1);
    assert_int_equal(packets_in(&bed, 3, 1), 0); /* It was for that output only. */
    assert_int_equal(bed.n_out[3], 1);
    list[0].enqueue.queue_id = 3;
    expect_error(ask(&bed, flow_add(2, 7, of_apply(list, 2))), OF_ERR_ACT_BAD_QUEUE);
    list[0] = (struct of_action){.type = OF_ACT_ENQUEUE, .enqueue = {.port = 3, .queue_id = 2}};
    expect_error(ask(&bed, flow_add(2, 7, of_apply(list, 2))), OF_ERR_ACT_BAD_QUEUE);
    bed_close(&bed);
}

static void test_7_3_5_6_ports_count_what_their_queues_send(void **state)
{
    struct of_msg m = {.type = OF_MULTIPART_REQUEST,
                       .mp_request = {.type = OF_MP_PORT_STATS, .port_no = 2}};
    const struct of_port_stats *s;
    struct bed bed;

    (void)state;
    open_with_queues(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, set_queue_and_output(1, 1)));
    receive(&bed, 1, 1);
    s = ask(&bed, m)->mp_reply.port_stats;
    assert_int_equal(s->tx_packets, 1);
    assert_int_equal(s->tx_bytes, bed.out[2].len);
    wire_set_up(bed.wires[1], false);
    receive(&bed, 1, 1);
    assert_int_equal(ask(&bed, m)->mp_reply.port_stats->tx_dropped, 1);
    assert_int_equal(ask(&bed, stats(2, 1))->mp_reply.queue_stats->tx_errors, 1);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimum_rates_are_kept_at_any_moment),
        cmocka_unit_test(test_a_queue_alone_has_the_whole_link),
        cmocka_unit_test(test_a_queue_that_was_idle_gets_no_more_than_its_share),
        cmocka_unit_test(test_queues_without_a_minimum_share_the_rest),
        cmocka_unit_test(test_minima_beyond_the_link_are_kept_in_proportion),
        cmocka_unit_test(test_a_maximum_spaces_frames_exactly),
        cmocka_unit_test(test_what_a_maximum_leaves_is_for_others),
        cmocka_unit_test(test_a_maximum_without_load_costs_nothing),
        cmocka_unit_test(test_each_queue_has_the_room_of_the_link),
        cmocka_unit_test(test_a_link_that_is_down_takes_nothing),
        cmocka_unit_test(test_on_an_infinitely_fast_link_nobody_waits),
        cmocka_unit_test(test_what_waits_goes_with_the_port),
        cmocka_unit_test(test_7_3_6_get_config_tells_the_queues_of_a_port),
        cmocka_unit_test(test_1_0_5_3_4_get_config),
        cmocka_unit_test(test_1_4_7_3_5_9_queue_descriptions),
        cmocka_unit_test(test_7_3_5_8_counters_of_queues),
        cmocka_unit_test(test_7_2_2_queues_of_every_port),
        cmocka_unit_test(test_7_3_1_features_say_that_there_are_queues),
        cmocka_unit_test(test_5_12_set_queue_of_a_queue_that_there_is_not),
        cmocka_unit_test(test_5_12_set_queue_holds_for_outputs_that_follow),
        cmocka_unit_test(test_5_10_set_queue_in_an_action_set_comes_before_output),
        cmocka_unit_test(test_5_6_set_queue_of_a_bucket_is_for_that_bucket),
        cmocka_unit_test(test_1_0_5_2_4_enqueue),
        cmocka_unit_test(test_7_3_5_6_ports_count_what_their_queues_send),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
