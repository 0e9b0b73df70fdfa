/* Groups of the simulated switch at work: OF 1.3.5 §5.6 (types), §6.7 (liveness), §5.10 (action set). */
#include "tests/simnet/group_bed.h"

/* --- Types ----------------------------------------------------------------------------------- */

/* "If a bucket directs a packet explicitly out the ingress port, this packet clone is dropped." */
static void test_5_6_1_all_sends_to_each_bucket_but_not_back(void **state)
{
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    receive(&fan.bed, 1, 0xa);
    assert_int_equal(fan.bed.n_out[1], 0);
    assert_int_equal(fan.bed.n_out[2], 1);
    assert_int_equal(fan.bed.n_out[3], 1);
    bed_close(&fan.bed);
}

/* Each bucket gets the packet as it came, and what follows in the list does, too. */
static void test_5_6_1_all_clones_the_packet(void **state)
{
    struct bed bed;
    struct of_action tag2[] = {of_output(2), of_set_vlan(238), of_push_vlan(0x8100)};
    struct of_action plain3[] = {of_output(3)};
    struct of_bucket buckets[] = {bucket_of(tag2, 3), bucket_of(plain3, 1)};
    struct of_action list[] = {to_group(GROUP), of_output(OF_PORT_IN_PORT)};
    struct buf frame = udp_frame(0xa);
    struct pkt p;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, GROUP, buckets, 2)));
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(list, 2))));
    receive(&bed, 1, 0xa);
    assert_int_equal(pkt_parse(bed.out[2].data, bed.out[2].len, &p), ERR_OK);
    assert_int_equal(p.n_vlans, 1); /* The push comes before the set-field: it is an action set. */
    assert_int_equal(p.vlan[0].vid, 238);
    assert_memory_equal(bed.out[3].data, frame.data, frame.len);
    assert_memory_equal(bed.out[1].data, frame.data, frame.len);
    assert_int_equal(bed.out[1].len, frame.len);
    buf_fini(&frame);
    bed_close(&bed);
}

static void test_5_6_1_indirect_has_one_bucket(void **state)
{
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_INDIRECT);
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[1], 1);
    assert_int_equal(fan.bed.n_out[2], 0);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_INDIRECT, 7, fan.buckets, 2)),
                 OF_ERR_GROUP_INVALID);
    expect_error(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_INDIRECT, 7, NULL, 0)),
                 OF_ERR_GROUP_INVALID);
    bed_close(&fan.bed);
}

/* One bucket per packet, the same for all packets of a flow, in proportion to the weights. */
static void test_5_6_1_select_keeps_flows_and_weights(void **state)
{
    enum { N_FLOWS = 3000 };
    struct fan fan;
    unsigned n[N_PORTS + 1] = {0};
    struct of_msg any;

    (void)state;
    fan_open(&fan, OF_GT_SELECT);
    fan.buckets[0].weight = 0;
    fan.buckets[1].weight = 1;
    fan.buckets[2].weight = 3;
    assert_null(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_SELECT, GROUP, fan.buckets, N_PORTS)));
    any = flow_add(0, 8, of_apply(&fan.go, 1));
    assert_null(ask(&fan.bed, any));
    for (uint64_t d = 1; d <= N_FLOWS; d++) {
        unsigned port;

        receive(&fan.bed, 1, d);
        port = fan.bed.n_out[2] ? 2 : 3;
        assert_int_equal(fan.bed.n_out[port], 1);
        assert_int_equal(fan.bed.n_out[5 - port] + fan.bed.n_out[1], 0);
        n[port]++;
        receive(&fan.bed, 1, d);
        assert_int_equal(fan.bed.n_out[port], 1);
    }
    assert_in_range(n[2], 655, 845); /* 750 and four standard deviations. */
    bed_close(&fan.bed);
}

/* Between the same two addresses of Ethernet the buckets share what differs above: ARP by its addresses, MPLS
 * by its label. */
static void test_5_6_1_select_spreads_arp_and_labels(void **state)
{
    enum { N_FLOWS = 2000 };
    const struct eth_addr from = eth_addr_from_u64(0xa), to = eth_addr_from_u64(0xb);
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_SELECT);
    assert_null(ask(&fan.bed, flow_add(0, 8, of_apply(&fan.go, 1))));
    for (unsigned labels = 0; labels < 2; labels++) {
        unsigned n[N_PORTS + 1] = {0};

        for (uint32_t i = 0; i < N_FLOWS; i++) {
            struct buf frame = BUF_INIT;
            struct pkt_frame f;

            pkt_build_arp_reply(&frame, from, labels ? 1 : 0x0a000001 + i, to, 0x0a002385);
            if (labels) {
                assert_int_equal(pkt_frame_init(&f, &frame), ERR_OK);
                assert_int_equal(pkt_push_mpls(&f, PKT_TYPE_MPLS), ERR_OK);
                assert_int_equal(pkt_set_mpls_label(&f, 16 + i), ERR_OK);
            }
            receive_frame(&fan.bed, 1, frame);
            n[2] += fan.bed.n_out[2];
            n[3] += fan.bed.n_out[3];
        }
        assert_in_range(n[3], 580, 760); /* A third of it and four standard deviations. */
        assert_in_range(n[2], 580, 760);
    }
    bed_close(&fan.bed);
}

/* When a bucket dies its flows move, and those of the others stay. */
static void test_5_6_1_select_moves_only_the_flows_of_dead_buckets(void **state)
{
    enum { N_FLOWS = 300 };
    struct fan fan;
    unsigned before[N_FLOWS], n_moved = 0;

    (void)state;
    fan_open(&fan, OF_GT_SELECT);
    assert_null(ask(&fan.bed, flow_add(0, 8, of_apply(&fan.go, 1))));
    for (unsigned d = 0; d < N_FLOWS; d++) {
        receive(&fan.bed, 1, d + 1);
        before[d] = fan.bed.n_out[2] ? 2 : fan.bed.n_out[3] ? 3 : 1;
    }
    wire_set_up(fan.bed.wires[1], false);
    for (unsigned d = 0; d < N_FLOWS; d++) {
        unsigned now;

        receive(&fan.bed, 1, d + 1);
        now = fan.bed.n_out[2] ? 2 : fan.bed.n_out[3] ? 3 : 1;
        assert_int_not_equal(now, 2);
        n_moved += now != before[d];
        assert_true(now == before[d] || before[d] == 2);
    }
    assert_in_range(n_moved, 60, 140);
    bed_close(&fan.bed);
}

static void test_5_6_1_fast_failover_takes_the_first_live_bucket(void **state)
{
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_FF);
    assert_null(ask(&fan.bed, flow_add(0xb, 7, of_apply(&fan.go, 1))));
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[1], 1);
    wire_set_up(fan.bed.wires[0], false);
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[2], 1);
    wire_set_up(fan.bed.wires[1], false);
    receive(&fan.bed, 3, 0xa); /* The third bucket is live, but leads back. */
    assert_int_equal(fan.bed.n_out[1] + fan.bed.n_out[2] + fan.bed.n_out[3], 0);
    assert_int_equal(stats_of(&fan.bed, GROUP).buckets[2].n_packets, 1);
    wire_set_up(fan.bed.wires[0], true);
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[1], 1);
    bed_close(&fan.bed);
}

/* "If no buckets are live, packets are dropped." */
static void test_5_6_1_fast_failover_without_live_bucket_drops(void **state)
{
    struct fan fan;

    (void)state;
    fan_open(&fan, OF_GT_FF);
    for (unsigned p = 0; p < N_PORTS; p++) {
        wire_set_up(fan.bed.wires[p], false);
    }
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(stats_of(&fan.bed, GROUP).n_packets, 1);
    for (unsigned p = 0; p < N_PORTS; p++) {
        assert_int_equal(stats_of(&fan.bed, GROUP).buckets[p].n_packets, 0);
    }
    bed_close(&fan.bed);
}

/* A port that is configured down is not live, though its link is (§7.2.1, OFPPS_LIVE). */
static void test_6_7_port_configured_down_is_not_live(void **state)
{
    struct fan fan;
    struct of_msg down = {.type = OF_PORT_MOD,
                          .port_mod = {.port_no = 1,
                                       .hw_addr = eth_addr_from_u64(1),
                                       .config = OF_PC_PORT_DOWN,
                                       .mask = OF_PC_PORT_DOWN}};

    (void)state;
    fan_open(&fan, OF_GT_FF);
    assert_int_equal(ask(&fan.bed, down)->type, OF_PORT_STATUS);
    receive(&fan.bed, 3, 0xa);
    assert_int_equal(fan.bed.n_out[2], 1);
    bed_close(&fan.bed);
}

/* A bucket that watches a group lives as long as one of that group's buckets does. */
static void test_6_7_bucket_watches_a_group(void **state)
{
    struct fan fan;
    struct of_action via = to_group(GROUP), other = of_output(3);
    struct of_bucket two[] = {bucket_of(&via, 1), bucket_of(&other, 1)};
    struct of_action go = to_group(7);

    (void)state;
    fan_open(&fan, OF_GT_FF);
    assert_null(ask(&fan.bed, group_msg(OF_GC_MODIFY, OF_GT_FF, GROUP, fan.buckets, 2)));
    two[0].watch_group = GROUP;
    two[1].watch_port = 3;
    assert_null(ask(&fan.bed, group_msg(OF_GC_ADD, OF_GT_FF, 7, two, 2)));
    assert_null(ask(&fan.bed, flow_add(0xb, 7, of_apply(&go, 1))));
    receive(&fan.bed, 2, 0xb);
    assert_int_equal(fan.bed.n_out[1], 1);
    wire_set_up(fan.bed.wires[0], false);
    wire_set_up(fan.bed.wires[1], false);
    receive(&fan.bed, 2, 0xb);
    assert_int_equal(fan.bed.n_out[3], 1);
    bed_close(&fan.bed);
}

/* --- In the pipeline -------------------------------------------------------------------------- */

/* In the action set a group comes instead of the output (§5.10). */
static void test_5_10_group_of_the_action_set_ignores_output(void **state)
{
    struct fan fan;
    struct of_action written[] = {of_output(3), to_group(GROUP)};
    struct of_instructions ins = {.has_write = true, .write = {written, 2}};

    (void)state;
    fan_open(&fan, OF_GT_INDIRECT);
    assert_null(ask(&fan.bed, flow_add(0xb, 7, ins)));
    receive(&fan.bed, 2, 0xb);
    assert_int_equal(fan.bed.n_out[1], 1);
    assert_int_equal(fan.bed.n_out[3], 0);
    bed_close(&fan.bed);
}

static void test_7_3_7_packet_out_to_a_group(void **state)
{
    struct fan fan;
    struct buf frame = udp_frame(0xa);

    (void)state;
    fan_open(&fan, OF_GT_ALL);
    memset(fan.bed.n_out, 0, sizeof fan.bed.n_out);
    assert_null(ask(&fan.bed, (struct of_msg){.type = OF_PACKET_OUT,
                                              .packet_out = {.buffer_id = OF_NO_BUFFER,
                                                             .in_port = OF_PORT_CONTROLLER,
                                                             .actions = {&fan.go, 1},
                                                             .data = {frame.data, frame.len}}}));
    sim_run_until(fan.bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(fan.bed.n_out[1] + fan.bed.n_out[2] + fan.bed.n_out[3], 3);
    buf_fini(&frame);
    bed_close(&fan.bed);
}

/* Twenty groups of two buckets that each lead to the next one: a million copies, of which the switch
 * makes a few thousand. */
static void test_6_7_chains_of_copies_are_cut_short(void **state)
{
    struct bed bed;
    struct of_action out = of_output(2), next;
    struct of_bucket ends[] = {bucket_of(&out, 1)}, two[2];

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 20, ends, 1)));
    for (uint32_t g = 19; g > 0; g--) {
        next = to_group(g + 1);
        two[0] = two[1] = bucket_of(&next, 1);
        assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, g, two, 2)));
    }
    next = to_group(1);
    assert_null(ask(&bed, flow_add(0xa, 7, of_apply(&next, 1))));
    receive(&bed, 1, 0xa);
    assert_in_range(bed.n_out[2], 1, 10000);
    assert_true(swtch_get_stats(bed.sw)->n_group_stops > 0);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_6_1_all_sends_to_each_bucket_but_not_back),
        cmocka_unit_test(test_5_6_1_all_clones_the_packet),
        cmocka_unit_test(test_5_6_1_indirect_has_one_bucket),
        cmocka_unit_test(test_5_6_1_select_keeps_flows_and_weights),
        cmocka_unit_test(test_5_6_1_select_spreads_arp_and_labels),
        cmocka_unit_test(test_5_6_1_select_moves_only_the_flows_of_dead_buckets),
        cmocka_unit_test(test_5_6_1_fast_failover_takes_the_first_live_bucket),
        cmocka_unit_test(test_5_6_1_fast_failover_without_live_bucket_drops),
        cmocka_unit_test(test_6_7_port_configured_down_is_not_live),
        cmocka_unit_test(test_6_7_bucket_watches_a_group),
        cmocka_unit_test(test_5_10_group_of_the_action_set_ignores_output),
        cmocka_unit_test(test_7_3_7_packet_out_to_a_group),
        cmocka_unit_test(test_6_7_chains_of_copies_are_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
