/* The hardware behind a table and the switch's processor (tcam.h, swtch.h): what fits, who leaves, what it takes.
 * Times are exact; the flow-mods of these tests take 2.385 ms, an insertion 0.7 ms, a move 0.05 ms. */
#include "tests/simnet/switch_bed.h"

enum { ANY = 7 };

#define MOD_NS INT64_C(2385000)
#define INSERT_NS INT64_C(700000)
#define MOVE_NS INT64_C(50000)

static struct swtch_params hardware(uint32_t slots, uint32_t software)
{
    struct swtch_params p = bed_params(OF_VERSION_1_4, 1);

    p.max_entries = 1000;
    p.hw.tcam = (struct tcam_params){.n_slots = slots,
                                     .software_entries = software,
                                     .wide_slots = 2,
                                     .ipv6_is_wide = true,
                                     .l2_l3_is_wide = true};
    return p;
}

static const struct tcam_stats *hw(const struct bed *bed)
{
    return table_tcam_stats(swtch_table(bed->sw, 0));
}

static struct of_msg to_port_2(uint64_t dst, uint16_t priority)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};
    struct of_msg m = flow_add(dst, priority, of_apply(&out, 1));

    m.flow_mod.cookie = dst;
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    return m;
}

static void add(struct bed *bed, uint64_t dst, uint16_t priority)
{
    assert_null(ask(bed, to_port_2(dst, priority)));
}

static void add_important(struct bed *bed, uint64_t dst, uint16_t importance)
{
    struct of_msg m = to_port_2(dst, ANY);

    m.flow_mod.importance = importance;
    assert_null(ask(bed, m));
}

static uint32_t handle_of(const struct bed *bed, uint64_t cookie)
{
    const struct table *t = swtch_table(bed->sw, 0);
    uint32_t i = table_first(t);

    while (i != TABLE_NONE && table_entry(t, i).cookie != cookie) {
        i = table_next(t, i);
    }
    return i;
}

static bool is_there(const struct bed *bed, uint64_t cookie)
{
    return handle_of(bed, cookie) != TABLE_NONE;
}

static bool is_fast(const struct bed *bed, uint64_t cookie)
{
    return table_is_fast(swtch_table(bed->sw, 0), handle_of(bed, cookie));
}

/* --- Slots ----------------------------------------------------------------------------------- */

/* An entry that matches a field of IPv4, IPv6 or MPLS, a tag, and an Ethernet address or not. */
static struct of_msg with(uint16_t eth_type, bool eth_dst)
{
    struct of_msg m = to_port_2(eth_dst ? 2385 : 0, ANY);
    struct of_match *match = &m.flow_mod.match;

    m.flow_mod.cookie = 0x2385;
    OF_MATCH_SET(match, ETH_TYPE, eth_type, eth_type);
    OF_MATCH_SET(match, VLAN_VID, vlan_vid, OF_VID_PRESENT | 238);
    if (eth_type == PKT_TYPE_IPV4) {
        OF_MATCH_SET(match, IPV4_DST, ipv4_dst, 0x0a000002);
    } else if (eth_type == PKT_TYPE_IPV6) {
        OF_MATCH_SET(match, IPV6_FLABEL, ipv6_flabel, 0x2385);
    } else if (eth_type == PKT_TYPE_MPLS) {
        OF_MATCH_SET(match, MPLS_LABEL, mpls_label, 2385);
    }
    return m;
}

static void expect_slots(uint16_t eth_type, bool eth_dst, uint32_t slots)
{
    struct swtch_params p = hardware(5, 0);
    struct bed bed;

    bed_open_with(&bed, &p);
    assert_null(ask(&bed, with(eth_type, eth_dst)));
    assert_int_equal(hw(&bed)->n_used_slots, slots);
    bed_close(&bed);
}

static void test_an_entry_takes_slots_by_what_it_matches(void **state)
{
    (void)state;
    expect_slots(PKT_TYPE_LLDP, true, 1);
    expect_slots(PKT_TYPE_MPLS, true, 1); /* A label is neither. */
    expect_slots(PKT_TYPE_IPV4, false, 1);
    expect_slots(PKT_TYPE_IPV4, true, 2);
    expect_slots(PKT_TYPE_IPV6, false, 2);
}

static void test_a_wide_entry_that_does_not_fit_is_refused_and_a_narrow_one_is_not(void **state)
{
    struct swtch_params p = hardware(3, 0);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    expect_error(ask(&bed, with(PKT_TYPE_IPV4, true)), OF_ERR_FLOW_TABLE_FULL);
    add(&bed, 3, ANY);
    expect_error(ask(&bed, to_port_2(4, ANY)), OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(swtch_get_stats(bed.sw)->n_table_full, 2);
    assert_int_equal(hw(&bed)->n_used_slots, 3);
    bed_close(&bed);
}

static void test_slots_come_back(void **state)
{
    struct swtch_params p = hardware(2, 0);
    struct of_msg wide = with(PKT_TYPE_IPV4, true), gone = wide;
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    assert_null(ask(&bed, wide));
    gone.flow_mod.command = OF_FLOW_DELETE_STRICT;
    assert_int_equal(ask(&bed, gone)->type, OF_FLOW_REMOVED);
    assert_int_equal(hw(&bed)->n_used_slots, 0);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    bed_close(&bed);
}

static void test_a_wide_entry_evicts_as_many_as_it_needs(void **state)
{
    struct swtch_params p = hardware(3, 0);
    struct bed bed;

    (void)state;
    p.hw.tcam.full = TCAM_FIFO;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    add(&bed, 3, ANY);
    assert_int_equal(ask(&bed, with(PKT_TYPE_IPV4, true))->type, OF_FLOW_REMOVED);
    assert_int_equal(bed.n_sent, 2);
    assert_int_equal(bed.sent[0].msg.flow_removed.cookie, 1);
    assert_int_equal(bed.sent[1].msg.flow_removed.cookie, 2);
    assert_int_equal(bed.sent[1].msg.flow_removed.reason, OF_REMOVED_EVICTION);
    assert_int_equal(hw(&bed)->n_evictions, 2);
    assert_int_equal(hw(&bed)->n_used_slots, 3);
    bed_close(&bed);
}

static void test_an_entry_wider_than_the_tcam_is_refused_without_harm(void **state)
{
    struct swtch_params p = hardware(1, 0);
    struct bed bed;

    (void)state;
    p.hw.tcam.full = TCAM_LRU;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    expect_error(ask(&bed, with(PKT_TYPE_IPV4, true)), OF_ERR_FLOW_TABLE_FULL);
    assert_true(is_there(&bed, 1));
    bed_close(&bed);
}

/* --- Who leaves ------------------------------------------------------------------------------- */

static void open_full(struct bed *bed, enum tcam_victim full)
{
    struct swtch_params p = hardware(3, 0);

    p.hw.tcam.full = full;
    bed_open_with(bed, &p);
    add_important(bed, 1, 5);
    add_important(bed, 2, 3);
    add_important(bed, 3, 4);
    receive(bed, 1, 1); /* The first is used last. */
}

static void expect_leaves(struct bed *bed, uint64_t dst, uint16_t importance, uint64_t leaves)
{
    struct of_msg m = to_port_2(dst, ANY);

    m.flow_mod.importance = importance;
    assert_int_equal(ask(bed, m)->type, OF_FLOW_REMOVED);
    assert_int_equal(bed->sent[0].msg.flow_removed.cookie, leaves);
    assert_int_equal(bed->sent[0].msg.flow_removed.reason, OF_REMOVED_EVICTION);
}

static void test_full_refuses(void **state)
{
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_NOBODY);
    expect_error(ask(&bed, to_port_2(4, ANY)), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

static void test_full_evicts_the_least_recently_used(void **state)
{
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_LRU);
    expect_leaves(&bed, 4, 0, 2);
    expect_leaves(&bed, 5, 0, 3);
    expect_leaves(&bed, 6, 0, 1);
    expect_leaves(&bed, 7, 0, 4);
    bed_close(&bed);
}

static void test_full_evicts_the_first_that_came(void **state)
{
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_FIFO);
    expect_leaves(&bed, 4, 0, 1);
    expect_leaves(&bed, 5, 0, 2);
    bed_close(&bed);
}

static void test_full_evicts_the_least_important(void **state)
{
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_IMPORTANCE);
    expect_error(ask(&bed, to_port_2(4, ANY)),
                 OF_ERR_FLOW_TABLE_FULL); /* All are more important. */
    expect_leaves(&bed, 4, 3, 2);
    expect_leaves(&bed, 5, 4, 4);
    expect_leaves(&bed, 6, 4, 3); /* Of equals the one used least recently. */
    bed_close(&bed);
}

static void test_full_evicts_at_random_each_as_often(void **state)
{
    struct swtch_params p = hardware(3, 0);
    unsigned left[3] = {0};
    struct bed bed;

    (void)state;
    p.hw.tcam.full = TCAM_RANDOM;
    bed_open_with(&bed, &p);
    for (uint64_t i = 0; i < 3; i++) {
        add(&bed, i + 1, ANY);
    }
    for (unsigned round = 0; round < 2385; round++) {
        const struct of_msg *a = ask(&bed, to_port_2(100 + round % 2, ANY));
        uint64_t gone;
        struct of_msg back;

        assert_non_null(a);
        gone = a->flow_removed.cookie;
        assert_in_range(gone, 1, 3);
        left[gone - 1]++;
        back = to_port_2(100 + round % 2, ANY);
        back.flow_mod.command = OF_FLOW_DELETE;
        ask(&bed, back);
        add(&bed, gone, ANY);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(left[i], 795 - 100, 795 + 100); /* 4.3 standard deviations of 23. */
    }
    bed_close(&bed);
}

/* What the controller of 1.4 asks for goes before what the switch does by itself (1.4 §6.5). */
static void test_eviction_that_the_controller_wants_goes_first(void **state)
{
    struct of_msg tm = {.type = OF_TABLE_MOD, .table_mod = {.config = OF_TC_EVICTION}};
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_FIFO);
    assert_null(ask(&bed, tm));
    expect_error(ask(&bed, to_port_2(4, ANY)), OF_ERR_FLOW_TABLE_FULL);
    expect_leaves(&bed, 4, 3, 2);
    bed_close(&bed);
}

static void test_an_entry_with_sessions_is_in_use(void **state)
{
    struct bed bed;

    (void)state;
    open_full(&bed, TCAM_LRU);
    swtch_session_begin(bed.sw, handle_of(&bed, 2), 2);
    receive(&bed, 1, 3);
    expect_leaves(&bed, 4, 0, 1);
    swtch_session_end(bed.sw, handle_of(&bed, 2), 2);
    expect_leaves(&bed, 5, 0, 3);
    bed_close(&bed);
}

/* --- Two tiers ------------------------------------------------------------------------------- */

static void test_what_does_not_fit_the_tcam_is_in_software(void **state)
{
    struct swtch_params p = hardware(2, 1);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    add(&bed, 3, ANY);
    assert_true(is_fast(&bed, 1) && is_fast(&bed, 2) && !is_fast(&bed, 3));
    expect_error(ask(&bed, to_port_2(4, ANY)), OF_ERR_FLOW_TABLE_FULL);
    receive(&bed, 1, 3);
    receive(&bed, 1, 1);
    receive(&bed, 1, 3);
    assert_int_equal(hw(&bed)->n_software_hits, 2);
    assert_int_equal(hw(&bed)->n_fast_hits, 1);
    assert_int_equal(hw(&bed)->n_ups, 0); /* Nobody leaves for it. */
    bed_close(&bed);
}

/* Thesis, 5.1.3: rules are installed in software and downloaded to the hardware only when used. */
static void test_entries_begin_in_software_and_use_moves_them_up(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct bed bed;

    (void)state;
    p.hw.tcam.software_first = true;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    assert_int_equal(hw(&bed)->n_fast, 0);
    assert_int_equal(hw(&bed)->n_software, 2);
    receive(&bed, 1, 2);
    assert_true(is_fast(&bed, 2) && !is_fast(&bed, 1));
    receive(&bed, 1, 1); /* There is no room. */
    assert_true(is_fast(&bed, 2) && !is_fast(&bed, 1));
    assert_int_equal(hw(&bed)->n_ups, 1);
    bed_close(&bed);
}

static void open_swapping(struct bed *bed, enum tcam_victim swap)
{
    struct swtch_params p = hardware(2, 2);

    p.hw.tcam.swap = swap;
    bed_open_with(bed, &p);
    add_important(bed, 1, 3);
    add_important(bed, 2, 2);
    add_important(bed, 3, 2);
    receive(bed, 1, 1);
}

static void test_use_swaps_for_the_least_recently_used(void **state)
{
    struct bed bed;

    (void)state;
    open_swapping(&bed, TCAM_LRU);
    receive(&bed, 1, 3);
    assert_true(is_fast(&bed, 1) && !is_fast(&bed, 2) && is_fast(&bed, 3));
    receive(&bed, 1, 2);
    assert_true(!is_fast(&bed, 1) && is_fast(&bed, 2) && is_fast(&bed, 3));
    assert_int_equal(hw(&bed)->n_ups, 2);
    assert_int_equal(hw(&bed)->n_downs, 2);
    assert_int_equal(hw(&bed)->n_used_slots, 2);
    bed_close(&bed);
}

static void test_use_swaps_for_the_first_that_came_in(void **state)
{
    struct bed bed;

    (void)state;
    open_swapping(&bed, TCAM_FIFO);
    receive(&bed, 1, 3);
    assert_true(!is_fast(&bed, 1) && is_fast(&bed, 2) && is_fast(&bed, 3));
    receive(&bed, 1, 1); /* It comes back, last. */
    receive(&bed, 1, 2);
    assert_true(is_fast(&bed, 1) && is_fast(&bed, 2) && !is_fast(&bed, 3));
    bed_close(&bed);
}

static void test_use_swaps_for_what_is_not_more_important(void **state)
{
    struct bed bed;

    (void)state;
    open_swapping(&bed, TCAM_IMPORTANCE);
    receive(&bed, 1, 3);
    assert_true(is_fast(&bed, 1) && !is_fast(&bed, 2) && is_fast(&bed, 3));
    add_important(&bed, 4, 1);
    receive(&bed, 1, 4);
    assert_false(is_fast(&bed, 4));
    bed_close(&bed);
}

/* --- What it takes ----------------------------------------------------------------------------- */

static struct swtch_params slow(enum tcam_moves moves)
{
    struct swtch_params p = hardware(100, 0);

    p.hw.tcam.moves = moves;
    p.hw.tcam.insert_ns = INSERT_NS;
    p.hw.tcam.move_ns = MOVE_NS;
    p.hw.cpu.flow_mod_ns = MOD_NS;
    return p;
}

/* The barrier that follows a flow-mod is answered when that is done. */
static int64_t time_of(struct bed *bed, struct of_msg m)
{
    int64_t began = sim_now(bed->sim).ns;

    assert_null(ask(bed, m));
    assert_null(ask(bed, (struct of_msg){.type = OF_BARRIER_REQUEST}));
    while (!bed->n_sent) {
        sim_run_until(bed->sim, sim_next(bed->sim));
    }
    assert_int_equal(bed->sent[0].msg.type, OF_BARRIER_REPLY);
    return sim_now(bed->sim).ns - began;
}

static void expect_times(enum tcam_moves moves, const int64_t n_moves[5])
{
    static const uint16_t priorities[5] = {10, 20, 20, 5, 15};
    struct swtch_params p = slow(moves);
    int64_t sum = 0;
    struct bed bed;

    bed_open_with(&bed, &p);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(time_of(&bed, to_port_2(i + 1, priorities[i])),
                         MOD_NS + INSERT_NS + n_moves[i] * MOVE_NS);
        sum += n_moves[i];
    }
    assert_int_equal(hw(&bed)->n_moves, sum);
    assert_int_equal(hw(&bed)->n_inserts, 5);
    assert_int_equal(time_of(&bed, to_port_2(3, 20)), MOD_NS); /* Replaced where it is. */
    bed_close(&bed);
}

static void test_an_insertion_moves_every_entry_below(void **state)
{
    (void)state;
    expect_times(TCAM_MOVES_ENTRIES, (const int64_t[]){0, 1, 1, 0, 2});
}

static void test_an_insertion_moves_one_entry_of_each_priority_below(void **state)
{
    (void)state;
    expect_times(TCAM_MOVES_LEVELS, (const int64_t[]){0, 1, 1, 0, 2});
    expect_times(TCAM_MOVES_NONE, (const int64_t[]){0, 0, 0, 0, 0});
}

static void test_priorities_in_falling_order_move_nothing(void **state)
{
    struct swtch_params p = slow(TCAM_MOVES_ENTRIES);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    for (uint16_t i = 0; i < 20; i++) {
        time_of(&bed, to_port_2(i + 1U, (uint16_t)(2385 - i)));
    }
    assert_int_equal(hw(&bed)->n_moves, 0);
    for (uint16_t i = 0; i < 20; i++) {
        time_of(&bed, to_port_2(i + 100U, 2400));
    }
    assert_int_equal(hw(&bed)->n_moves, 20 * 20);
    bed_close(&bed);
}

static void test_a_deleted_entry_is_moved_no_more(void **state)
{
    struct swtch_params p = slow(TCAM_MOVES_ENTRIES);
    struct of_msg gone = to_port_2(1, 10);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    time_of(&bed, to_port_2(1, 10));
    time_of(&bed, to_port_2(2, 10));
    gone.flow_mod.command = OF_FLOW_DELETE_STRICT;
    assert_null(ask(&bed, gone));
    sim_run_until(bed.sim, mono_add(sim_now(bed.sim), MOD_NS - 1));
    assert_int_equal(bed.n_sent, 0);
    sim_run_until(bed.sim, mono_add(sim_now(bed.sim), 1));
    assert_int_equal(bed.sent[0].msg.type, OF_FLOW_REMOVED);
    assert_int_equal(time_of(&bed, to_port_2(3, 20)), MOD_NS + INSERT_NS + MOVE_NS);
    bed_close(&bed);
}

static void test_flow_mods_wait_for_each_other_and_work_when_they_are_done(void **state)
{
    struct swtch_params p = bed_params(OF_VERSION_1_3, 1);
    struct bed bed;

    (void)state;
    p.max_entries = 100;
    p.hw.cpu.flow_mod_ns = MOD_NS;
    bed_open_with(&bed, &p);
    for (unsigned i = 0; i < 10; i++) {
        assert_null(ask(&bed, to_port_2(i + 1U, ANY)));
    }
    for (unsigned i = 0; i <= 10; i++) {
        assert_int_equal(table_size(swtch_table(bed.sw, 0)), i);
        sim_run_until(bed.sim, (mono_t){(i + 1) * MOD_NS - 1});
        assert_int_equal(table_size(swtch_table(bed.sw, 0)), i);
        sim_run_until(bed.sim, (mono_t){(i + 1) * MOD_NS});
    }
    assert_int_equal(swtch_get_stats(bed.sw)->n_flow_mods, 10);
    bed_close(&bed);
}

static void test_what_a_connection_sent_goes_with_it(void **state)
{
    struct swtch_params p = slow(TCAM_MOVES_NONE);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    ask(&bed, to_port_2(1, ANY));
    ask(&bed, to_port_2(2, ANY));
    swtch_disconnected(bed.sw);
    swtch_connected(bed.sw);
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    bed_close(&bed);
}

static void test_a_switch_may_go_while_messages_wait(void **state)
{
    struct swtch_params p = slow(TCAM_MOVES_NONE);
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    ask(&bed, to_port_2(1, ANY));
    ask(&bed, (struct of_msg){.type = OF_BARRIER_REQUEST});
    bed_close(&bed);
}

static void test_a_bundle_takes_what_its_flow_mods_take(void **state)
{
    struct swtch_params p = slow(TCAM_MOVES_NONE);
    struct of_msg a = to_port_2(1, ANY), b = to_port_2(2, ANY);
    struct of_msg commit = {.type = OF_BUNDLE_CONTROL,
                            .bundle_control = {.bundle_id = 7, .type = OF_BCT_COMMIT_REQUEST}};
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    a.version = b.version = OF_VERSION_1_4;
    a.xid = b.xid = 2385;
    assert_null(ask(&bed, (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE,
                                          .bundle_add = {.bundle_id = 7, .message = &a}}));
    assert_null(ask(&bed, (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE,
                                          .bundle_add = {.bundle_id = 7, .message = &b}}));
    assert_null(ask(&bed, commit));
    sim_run_until(bed.sim, (mono_t){2 * (MOD_NS + INSERT_NS) - 1});
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    sim_run_until(bed.sim, (mono_t){2 * (MOD_NS + INSERT_NS)});
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 2);
    assert_int_equal(bed.sent[0].msg.bundle_control.type, OF_BCT_COMMIT_REPLY);
    assert_int_equal(hw(&bed)->n_used_slots, 2);
    bed_close(&bed);
}

/* A bundle that fails takes back what it did to the hardware, too. */
static void test_a_failed_bundle_leaves_the_tcam_as_it_was(void **state)
{
    struct swtch_params p = hardware(2, 0);
    struct of_msg m[3] = {to_port_2(1, ANY), to_port_2(2, ANY), to_port_2(3, ANY)};
    struct of_msg commit = {.type = OF_BUNDLE_CONTROL,
                            .bundle_control = {.bundle_id = 7, .type = OF_BCT_COMMIT_REQUEST}};
    struct bed bed;

    (void)state;
    bed_open_with(&bed, &p);
    add(&bed, 9, ANY);
    for (unsigned i = 0; i < 3; i++) {
        m[i].version = OF_VERSION_1_4;
        ask(&bed, (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE,
                                  .bundle_add = {.bundle_id = 7, .message = &m[i]}});
    }
    ask(&bed, commit);
    assert_int_equal(bed.n_sent, 2);
    assert_int_equal(bed.sent[0].msg.error.err, OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(bed.sent[1].msg.error.err, OF_ERR_BUNDLE_MSG_FAILED);
    assert_int_equal(hw(&bed)->n_used_slots, 1);
    add(&bed, 1, ANY);
    expect_error(ask(&bed, to_port_2(2, ANY)), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

/* --- Frames ---------------------------------------------------------------------------------- */

/* As receive(), without waiting. */
static void come(struct bed *bed, uint64_t dst)
{
    struct buf frame = udp_frame(dst);

    swtch_receive(bed->sw, 1, &frame);
    buf_fini(&frame);
}

/* When port 2 has sent so many frames; the wire takes 1 us and the frame's own time. */
static int64_t wire_ns(void)
{
    struct buf frame = udp_frame(1);
    int64_t ns = 1000 + (int64_t)frame.len * 8;

    buf_fini(&frame);
    return ns;
}

static void test_frames_of_entries_in_software_take_their_time(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct bed bed;

    (void)state;
    p.hw.cpu.software_ns = 238500;
    p.hw.cpu.software_queue = 3;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    come(&bed, 1);
    for (unsigned i = 0; i < 4; i++) {
        come(&bed, 2);
    }
    assert_int_equal(swtch_get_stats(bed.sw)->n_software_drops, 1);
    sim_run_until(bed.sim, (mono_t){wire_ns()});
    assert_int_equal(bed.n_out[2], 1);
    for (unsigned i = 1; i <= 3; i++) {
        sim_run_until(bed.sim, (mono_t){i * 238500 + wire_ns() - 1});
        assert_int_equal(bed.n_out[2], i);
        sim_run_until(bed.sim, (mono_t){i * 238500 + wire_ns()});
        assert_int_equal(bed.n_out[2], i + 1);
    }
    assert_int_equal(hw(&bed)->n_software_hits, 3);
    assert_int_equal(table_n_lookups(swtch_table(bed.sw, 0)), 4); /* Each is counted once. */
    bed_close(&bed);
}

/* While an entry moves up its frames go through software. */
static void test_an_entry_that_moves_up_is_slow_until_it_is_there(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct bed bed;

    (void)state;
    p.hw.tcam.software_first = true;
    p.hw.tcam.insert_ns = INSERT_NS;
    p.hw.cpu.software_ns = 100000;
    p.hw.cpu.software_queue = 100;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    come(&bed, 1);
    sim_run_until(bed.sim, (mono_t){100000 + INSERT_NS - 1});
    assert_false(is_fast(&bed, 1));
    come(&bed, 1);
    sim_run_until(bed.sim, (mono_t){100000 + INSERT_NS});
    assert_true(is_fast(&bed, 1));
    come(&bed, 1);
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(hw(&bed)->n_software_hits,
                     1); /* The second finds it moved up when its time comes. */
    assert_int_equal(hw(&bed)->n_fast_hits, 2);
    assert_int_equal(bed.n_out[2], 3);
    bed_close(&bed);
}

static void test_an_entry_that_goes_while_it_moves_up_does_not_arrive(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct of_msg m = to_port_2(1, ANY);
    struct bed bed;

    (void)state;
    p.hw.tcam.software_first = true;
    p.hw.tcam.insert_ns = 2385000000;
    bed_open_with(&bed, &p);
    m.flow_mod.hard_timeout_s = 2;
    assert_null(ask(&bed, m));
    come(&bed, 1);
    come(&bed, 1); /* It is on its way. */
    assert_null(ask(&bed, to_port_2(2, ANY)));
    sim_run_until(bed.sim, (mono_t){2385000000 - 1});
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 0);
    sim_run_until(bed.sim, (mono_t){2385000000}); /* Now another has its handle. */
    assert_int_equal(hw(&bed)->n_ups, 0);
    assert_int_equal(hw(&bed)->n_used_slots, 0);
    assert_true(is_there(&bed, 2) && !is_fast(&bed, 2));
    bed_close(&bed);
}

/* What the processor of a switch has not done when the power goes it never does. */
static void test_what_waits_goes_with_the_power(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct bed bed;

    (void)state;
    p.hw.cpu.software_ns = 2 * MOD_NS;
    p.hw.cpu.software_queue = 5;
    p.hw.cpu.flow_mod_ns = MOD_NS;
    bed_open_with(&bed, &p);
    add(&bed, 1, ANY);
    add(&bed, 2, ANY);
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    come(&bed, 2);
    come(&bed, 2);
    ask(&bed, to_port_2(3, ANY));
    swtch_reset(bed.sw);
    swtch_connected(bed.sw);
    swtch_input(bed.sw, &(struct of_msg){.version = OF_VERSION_1_4, .type = OF_HELLO});
    bed.n_sent = 0;
    add(&bed, 2, ANY);
    sim_run_until(bed.sim, (mono_t){2 * NS_PER_S});
    assert_int_equal(bed.n_out[2], 0);
    assert_int_equal(table_size(swtch_table(bed.sw, 0)), 1);
    come(&bed, 2);
    sim_run_until(bed.sim, (mono_t){3 * NS_PER_S});
    assert_int_equal(bed.n_out[2], 1);
    bed_close(&bed);
}

/* Metadata and the action set wait with the frame. */
static void test_a_frame_goes_on_between_tables_as_it_was(void **state)
{
    struct swtch_params p = hardware(1, 5);
    struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 3}};
    struct of_instructions first = {.has_write = true,
                                    .write = {.list = &out, .n = 1},
                                    .has_metadata = true,
                                    .metadata = 0x2385,
                                    .metadata_mask = UINT64_MAX,
                                    .has_goto = true,
                                    .goto_table = 1};
    struct of_msg second = flow_add(0, ANY, (struct of_instructions){0});
    struct bed bed;

    (void)state;
    p.n_tables = 2;
    p.hw.cpu.software_ns = 238500;
    p.hw.cpu.software_queue = 3;
    bed_open_with(&bed, &p);
    assert_null(ask(&bed, flow_add(1, ANY, first)));
    second.flow_mod.table_id = 1;
    OF_MATCH_SET(&second.flow_mod.match, METADATA, metadata, 1);
    assert_null(ask(&bed, second)); /* This one has the TCAM of table 1. */
    OF_MATCH_SET(&second.flow_mod.match, METADATA, metadata, 0x2385);
    assert_null(ask(&bed, second));
    come(&bed, 1);
    sim_run_until(bed.sim, (mono_t){238500 + wire_ns() - 1});
    assert_int_equal(bed.n_out[3], 0);
    sim_run_until(bed.sim, (mono_t){238500 + wire_ns()});
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(table_n_lookups(swtch_table(bed.sw, 0)), 1);
    assert_int_equal(table_n_lookups(swtch_table(bed.sw, 1)), 1);
    bed_close(&bed);
}

static void test_packet_ins_leave_at_their_rate_and_are_dropped_beyond_the_queue(void **state)
{
    static const struct of_action to_controller = {
        .type = OF_ACT_OUTPUT, .output = {.port = OF_PORT_CONTROLLER, .max_len = 0xffff}};
    struct swtch_params p = bed_params(OF_VERSION_1_3, 1);
    struct bed bed;

    (void)state;
    p.hw.cpu.packet_in_ns = MOD_NS;
    p.hw.cpu.packet_in_queue = 4;
    bed_open_with(&bed, &p);
    assert_null(ask(&bed, flow_add(0, 0, of_apply(&to_controller, 1))));
    for (unsigned i = 0; i < 6; i++) {
        come(&bed, 1);
    }
    assert_int_equal(swtch_get_stats(bed.sw)->n_packet_in_drops, 2);
    for (unsigned i = 0; i < 4; i++) {
        sim_run_until(bed.sim, (mono_t){(i + 1) * MOD_NS - 1});
        assert_int_equal(bed.n_sent, i);
        sim_run_until(bed.sim, (mono_t){(i + 1) * MOD_NS});
        assert_int_equal(bed.n_sent, i + 1);
        assert_int_equal(bed.sent[i].msg.type, OF_PACKET_IN);
    }
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(bed.n_sent, 4);
    assert_int_equal(swtch_get_stats(bed.sw)->n_packet_ins, 4);
    bed_close(&bed);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(tcam_victim_name(TCAM_IMPORTANCE), "importance");
    assert_string_equal(tcam_moves_name(TCAM_MOVES_LEVELS), "levels");
    assert_null(tcam_victim_name(TCAM_N_VICTIMS));
    assert_null(tcam_moves_name(TCAM_N_MOVES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_takes_slots_by_what_it_matches),
        cmocka_unit_test(test_a_wide_entry_that_does_not_fit_is_refused_and_a_narrow_one_is_not),
        cmocka_unit_test(test_slots_come_back),
        cmocka_unit_test(test_a_wide_entry_evicts_as_many_as_it_needs),
        cmocka_unit_test(test_an_entry_wider_than_the_tcam_is_refused_without_harm),
        cmocka_unit_test(test_full_refuses),
        cmocka_unit_test(test_full_evicts_the_least_recently_used),
        cmocka_unit_test(test_full_evicts_the_first_that_came),
        cmocka_unit_test(test_full_evicts_the_least_important),
        cmocka_unit_test(test_full_evicts_at_random_each_as_often),
        cmocka_unit_test(test_eviction_that_the_controller_wants_goes_first),
        cmocka_unit_test(test_an_entry_with_sessions_is_in_use),
        cmocka_unit_test(test_what_does_not_fit_the_tcam_is_in_software),
        cmocka_unit_test(test_entries_begin_in_software_and_use_moves_them_up),
        cmocka_unit_test(test_use_swaps_for_the_least_recently_used),
        cmocka_unit_test(test_use_swaps_for_the_first_that_came_in),
        cmocka_unit_test(test_use_swaps_for_what_is_not_more_important),
        cmocka_unit_test(test_an_insertion_moves_every_entry_below),
        cmocka_unit_test(test_an_insertion_moves_one_entry_of_each_priority_below),
        cmocka_unit_test(test_priorities_in_falling_order_move_nothing),
        cmocka_unit_test(test_a_deleted_entry_is_moved_no_more),
        cmocka_unit_test(test_flow_mods_wait_for_each_other_and_work_when_they_are_done),
        cmocka_unit_test(test_what_a_connection_sent_goes_with_it),
        cmocka_unit_test(test_a_switch_may_go_while_messages_wait),
        cmocka_unit_test(test_a_bundle_takes_what_its_flow_mods_take),
        cmocka_unit_test(test_a_failed_bundle_leaves_the_tcam_as_it_was),
        cmocka_unit_test(test_frames_of_entries_in_software_take_their_time),
        cmocka_unit_test(test_an_entry_that_moves_up_is_slow_until_it_is_there),
        cmocka_unit_test(test_an_entry_that_goes_while_it_moves_up_does_not_arrive),
        cmocka_unit_test(test_what_waits_goes_with_the_power),
        cmocka_unit_test(test_a_frame_goes_on_between_tables_as_it_was),
        cmocka_unit_test(test_packet_ins_leave_at_their_rate_and_are_dropped_beyond_the_queue),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
