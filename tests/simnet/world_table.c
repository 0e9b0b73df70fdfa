/* The flow table: what flow-mods do, batch by batch; look-up against a linear scan; time-outs to the
 * nanosecond; holding laws; the hard capacity. */
#include "simnet/world/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/base/rng.h"

enum { MAX_LOG = 256 };

/* One table in one world, and what its watcher was told. */
struct bed {
    struct sim *sim;
    struct programs programs;
    struct table *table;
    uint32_t n_left[5]; /* By enum table_change. */
    int64_t left_ns[MAX_LOG];
    uint64_t left_cookie[MAX_LOG];
    uint32_t n_log;
};

static void watch(void *aux, struct table *table, uint32_t entry, enum table_change change)
{
    struct bed *bed = aux;

    bed->n_left[change]++;
    if (change != TABLE_ADDED && change != TABLE_MODIFIED && bed->n_log < MAX_LOG) {
        bed->left_ns[bed->n_log] = sim_now(bed->sim).ns;
        bed->left_cookie[bed->n_log++] = table_entry(table, entry).cookie;
    }
}

static void bed_open(struct bed *bed, enum hold_law law, uint32_t max_entries)
{
    *bed = (struct bed){.sim = sim_new(2385)};
    programs_init(&bed->programs);
    bed->table = table_new(&(struct table_params){.sim = bed->sim,
                                                  .programs = &bed->programs,
                                                  .rng = sim_rng(bed->sim, "hold"),
                                                  .max_entries = max_entries,
                                                  .law = law,
                                                  .watch = watch,
                                                  .watch_aux = bed});
}

static void bed_close(struct bed *bed)
{
    table_free(bed->table);
    programs_fini(&bed->programs);
    sim_free(bed->sim);
}

static void run_until(struct bed *bed, int64_t ns)
{
    sim_run_until(bed->sim, (mono_t){ns});
}

/* --- Matches and flow-mods in short form ----------------------------------------------------- */

static struct of_match to_dst(uint64_t mac)
{
    struct of_match m;

    of_match_clear(&m);
    OF_MATCH_SET(&m, ETH_DST, eth_dst, eth_addr_from_u64(mac));
    return m;
}

static struct of_match to_net(uint32_t ip, uint32_t mask)
{
    struct of_match m;

    of_match_clear(&m);
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, ip);
    m.masked |= OF_BIT(IPV4_DST);
    m.m.ipv4_dst = mask;
    of_match_normalize(&m);
    return m;
}

static struct of_match any(void)
{
    struct of_match m;

    of_match_clear(&m);
    return m;
}

static enum of_err mod(struct bed *bed, enum of_flow_mod_command command, struct of_match match,
                       uint16_t priority, struct of_flow_mod more)
{
    struct of_action out = of_output(more.buffer_id ? more.buffer_id : 7);

    more.command = command;
    more.match = match;
    more.priority = priority;
    more.ins = of_apply(&out, 1);
    more.out_port = more.out_port ? more.out_port : OF_PORT_ANY;
    more.out_group = OF_GROUP_ANY;
    return table_flow_mod(bed->table, &more, NULL);
}

/* 'buffer_id' of the extra fields stands for the port that the entry outputs to. */
#define MOD(bed, cmd, match, prio, ...)                                                            \
    mod(bed, cmd, match, prio, (struct of_flow_mod){__VA_ARGS__})

static struct of_match packet(uint64_t mac, uint32_t ip)
{
    struct of_match m = to_dst(mac);

    OF_MATCH_SET(&m, IN_PORT, in_port, 3);
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, ip);
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_NONE);
    return m;
}

static uint64_t cookie_for(const struct bed *bed, uint64_t mac, uint32_t ip)
{
    struct of_match p = packet(mac, ip);
    uint32_t i = table_lookup(bed->table, &p);

    return i == TABLE_NONE ? 0 : table_entry(bed->table, i).cookie;
}

/* --- Flow-mods ------------------------------------------------------------------------------- */

static void test_highest_priority_wins(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    assert_int_equal(cookie_for(&bed, 0x2385, 0x0a000001), 0);
    MOD(&bed, OF_FLOW_ADD, any(), 0, .cookie = 1);
    MOD(&bed, OF_FLOW_ADD, to_net(0x0a000000, 0xff000000), 10, .cookie = 2);
    MOD(&bed, OF_FLOW_ADD, to_dst(0x2385), 10, .cookie = 3);
    MOD(&bed, OF_FLOW_ADD, to_dst(0x2385), 9, .cookie = 4);
    MOD(&bed, OF_FLOW_ADD, to_net(0x0a010000, 0xffff0000), 11, .cookie = 5);
    assert_int_equal(cookie_for(&bed, 0x1, 0x0b000001), 1);
    assert_int_equal(cookie_for(&bed, 0x1, 0x0a000001), 2);
    assert_int_equal(cookie_for(&bed, 0x2385, 0x0b000001), 3);
    assert_int_equal(cookie_for(&bed, 0x2385, 0x0a010001), 5);
    MOD(&bed, OF_FLOW_DELETE_STRICT, to_dst(0x2385), 10, .cookie = 0);
    assert_int_equal(cookie_for(&bed, 0x2385, 0x0b000001), 4);
    assert_int_equal(table_size(bed.table), 4);
    bed_close(&bed);
}

/* Each line: what is done to a table that holds
 *   cookie 0x11: dst A prio 5 out 1;  0x12: dst A prio 6 out 2;  0x21: 10/8 prio 5 out 1;
 *   0x22: 10.1/16 prio 5 out 2;  0x31: any prio 0 out 1
 * and how many entries are changed and left. */
static const struct {
    enum of_flow_mod_command command;
    int match; /* 0 any, 1 dst A, 2 10/8, 3 10.1/16. */
    uint16_t priority;
    uint64_t cookie, cookie_mask;
    port_no_t out_port;
    uint32_t n_changed, n_left;
} mods[] = {
    {OF_FLOW_DELETE, 0, 0, 0, 0, OF_PORT_ANY, 5, 0},
    {OF_FLOW_DELETE, 1, 0, 0, 0, OF_PORT_ANY, 2, 3},
    {OF_FLOW_DELETE, 2, 0, 0, 0, OF_PORT_ANY, 2, 3},
    {OF_FLOW_DELETE, 3, 0, 0, 0, OF_PORT_ANY, 1, 4},
    {OF_FLOW_DELETE, 0, 0, 0x10, 0xf0, OF_PORT_ANY, 2, 3},
    {OF_FLOW_DELETE, 0, 0, 0x01, 0x0f, OF_PORT_ANY, 3, 2},
    {OF_FLOW_DELETE, 0, 0, 0x22, UINT64_MAX, OF_PORT_ANY, 1, 4},
    {OF_FLOW_DELETE, 0, 0, 0, 0, 2, 2, 3},
    {OF_FLOW_DELETE, 1, 0, 0, 0, 2, 1, 4},
    {OF_FLOW_DELETE, 0, 0, 0x20, 0xf0, 1, 1, 4},
    {OF_FLOW_DELETE_STRICT, 1, 5, 0, 0, OF_PORT_ANY, 1, 4},
    {OF_FLOW_DELETE_STRICT, 1, 7, 0, 0, OF_PORT_ANY, 0, 5},
    {OF_FLOW_DELETE_STRICT, 0, 0, 0, 0, OF_PORT_ANY, 1, 4},
    {OF_FLOW_DELETE_STRICT, 2, 5, 0x22, UINT64_MAX, OF_PORT_ANY, 0, 5},
    {OF_FLOW_DELETE_STRICT, 2, 5, 0, 0, 2, 0, 5},
    {OF_FLOW_MODIFY, 0, 0, 0, 0, OF_PORT_ANY, 5, 5},
    {OF_FLOW_MODIFY, 2, 9, 0, 0, OF_PORT_ANY, 2, 5},
    {OF_FLOW_MODIFY, 2, 9, 0x21, UINT64_MAX, OF_PORT_ANY, 1, 5},
    {OF_FLOW_MODIFY, 1, 0, 0, 0, 2, 2, 5}, /* out_port does not filter a modify. */
    {OF_FLOW_MODIFY_STRICT, 2, 5, 0, 0, OF_PORT_ANY, 1, 5},
    {OF_FLOW_MODIFY_STRICT, 2, 6, 0, 0, OF_PORT_ANY, 0, 5},
};

static struct of_match nth_match(int n)
{
    return n == 0   ? any()
           : n == 1 ? to_dst(0xa)
           : n == 2 ? to_net(0x0a000000, 0xff000000)
                    : to_net(0x0a010000, 0xffff0000);
}

static void fill(struct bed *bed)
{
    MOD(bed, OF_FLOW_ADD, nth_match(1), 5, .cookie = 0x11, .buffer_id = 1);
    MOD(bed, OF_FLOW_ADD, nth_match(1), 6, .cookie = 0x12, .buffer_id = 2);
    MOD(bed, OF_FLOW_ADD, nth_match(2), 5, .cookie = 0x21, .buffer_id = 1);
    MOD(bed, OF_FLOW_ADD, nth_match(3), 5, .cookie = 0x22, .buffer_id = 2);
    MOD(bed, OF_FLOW_ADD, nth_match(0), 0, .cookie = 0x31, .buffer_id = 1);
}

static void test_modify_and_delete(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mods / sizeof mods[0]; i++) {
        struct bed bed;
        struct of_action out = of_output(9);
        struct of_flow_mod fm = {.command = mods[i].command,
                                 .priority = mods[i].priority,
                                 .cookie = mods[i].cookie,
                                 .cookie_mask = mods[i].cookie_mask,
                                 .out_port = mods[i].out_port,
                                 .out_group = OF_GROUP_ANY,
                                 .match = nth_match(mods[i].match)};
        uint32_t n_changed;

        bed_open(&bed, HOLD_FIXED, 100);
        fill(&bed);
        fm.ins = of_apply(&out, 1);
        assert_int_equal(table_flow_mod(bed.table, &fm, &n_changed), OF_OK);
        if (n_changed != mods[i].n_changed || table_size(bed.table) != mods[i].n_left) {
            fail_msg("row %zu: %u changed, %u left", i, n_changed, table_size(bed.table));
        }
        assert_int_equal(bed.n_left[TABLE_DELETED], 5 - mods[i].n_left);
        bed_close(&bed);
    }
}

static void test_add_replaces(void **state)
{
    struct bed bed;
    struct of_match p = packet(0xa, 1);
    uint32_t i;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .cookie = 1);
    i = table_forward(bed.table, &p, 98);
    run_until(&bed, 2385);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .cookie = 2);
    assert_int_equal(table_size(bed.table), 1);
    assert_int_equal(table_entry(bed.table, i).cookie, 2);
    assert_int_equal(table_entry(bed.table, i).n_bytes, 98);
    assert_int_equal(table_entry(bed.table, i).installed_at.ns, 2385);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .cookie = 3, .flags = OF_FF_RESET_COUNTS);
    assert_int_equal(table_entry(bed.table, i).n_packets, 0);
    assert_int_equal(bed.n_left[TABLE_DELETED], 0);
    bed_close(&bed);
}

static void test_overlap(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    MOD(&bed, OF_FLOW_ADD, to_net(0x0a000000, 0xff000000), 5, .cookie = 0);
    assert_int_equal(
        MOD(&bed, OF_FLOW_ADD, to_net(0x0a010000, 0xffff0000), 5, .flags = OF_FF_CHECK_OVERLAP),
        OF_ERR_FLOW_OVERLAP);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .flags = OF_FF_CHECK_OVERLAP),
                     OF_ERR_FLOW_OVERLAP);
    assert_int_equal(
        MOD(&bed, OF_FLOW_ADD, to_net(0x0b010000, 0xffff0000), 5, .flags = OF_FF_CHECK_OVERLAP),
        OF_OK);
    assert_int_equal(
        MOD(&bed, OF_FLOW_ADD, to_net(0x0a010000, 0xffff0000), 6, .flags = OF_FF_CHECK_OVERLAP),
        OF_OK);
    /* An entry with the same match is replaced: it does not overlap, another may. */
    assert_int_equal(
        MOD(&bed, OF_FLOW_ADD, to_net(0x0a000000, 0xff000000), 5, .flags = OF_FF_CHECK_OVERLAP),
        OF_OK);
    assert_int_equal(table_size(bed.table), 3);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .cookie = 0);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .flags = OF_FF_CHECK_OVERLAP),
                     OF_ERR_FLOW_OVERLAP);
    bed_close(&bed);
}

static void test_capacity(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 37);
    for (uint64_t i = 0; i < 37; i++) {
        assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(i), 5, .cookie = 0), OF_OK);
    }
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(99), 5, .cookie = 0), OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(36), 5, .cookie = 7), OF_OK);
    assert_int_equal(table_size(bed.table), 37);
    MOD(&bed, OF_FLOW_DELETE, to_dst(5), 0, .cookie = 0);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_dst(99), 5, .cookie = 0), OF_OK);
    bed_close(&bed);
}

/* Masks that entries no longer have cost nothing, however many there have been. */
static void test_masks_come_and_go(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 37);
    MOD(&bed, OF_FLOW_ADD, any(), 0, .cookie = 1);
    for (uint32_t mask = 1; mask <= 2385; mask++) {
        MOD(&bed, OF_FLOW_ADD, to_net(0x0a238500, mask), 5, .cookie = 0x2385);
        assert_int_equal(cookie_for(&bed, 1, 0x0a238500), 0x2385);
        MOD(&bed, OF_FLOW_DELETE_STRICT, to_net(0x0a238500, mask), 5, .cookie = 0);
    }
    assert_int_equal(cookie_for(&bed, 1, 0x0a238500), 1);
    assert_true(table_bytes(bed.table) < 100000);
    bed_close(&bed);
}

/* So many masks at a time, and no more. */
static void test_room_for_masks_ends(void **state)
{
    struct bed bed;
    uint32_t mask = 1;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 2 * TABLE_MAX_SHAPES);
    while (MOD(&bed, OF_FLOW_ADD, to_net(UINT32_MAX, mask), 5, .cookie = 0) == OF_OK) {
        mask++;
    }
    assert_int_equal(table_size(bed.table), TABLE_MAX_SHAPES);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_net(UINT32_MAX, mask), 5, .cookie = 0),
                     OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_net(1, 1), 6, .cookie = 0), OF_OK);
    MOD(&bed, OF_FLOW_DELETE_STRICT, to_net(UINT32_MAX, 238), 5, .cookie = 0);
    assert_int_equal(MOD(&bed, OF_FLOW_ADD, to_net(UINT32_MAX, mask), 5, .cookie = 7), OF_OK);
    assert_int_equal(table_size(bed.table), TABLE_MAX_SHAPES + 1);
    bed_close(&bed);
}

/* --- Look-up --------------------------------------------------------------------------------- */

static struct of_match random_match(struct rng *rng)
{
    struct of_match m;

    of_match_clear(&m);
    if (rng_below(rng, 2)) {
        OF_MATCH_SET(&m, ETH_DST, eth_dst, eth_addr_from_u64(rng_below(rng, 16)));
    }
    if (rng_below(rng, 3) == 0) {
        OF_MATCH_SET(&m, IN_PORT, in_port, rng_below(rng, 4));
    }
    if (rng_below(rng, 2)) {
        unsigned bits = rng_below(rng, 33);

        OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x0800);
        OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, rng_below(rng, 64) << 26 | rng_below(rng, 4));
        m.masked |= OF_BIT(IPV4_DST);
        m.m.ipv4_dst = bits ? UINT32_MAX << (32 - bits) : 0;
    }
    of_match_normalize(&m);
    return m;
}

static int scan_priority(const struct table *table, const struct of_match *pkt)
{
    int best = -1;
    struct of_match m;

    for (uint32_t i = table_first(table); i != TABLE_NONE; i = table_next(table, i)) {
        table_entry_match(table, i, &m);
        if (of_match_packet(&m, pkt) && table_entry(table, i).priority > best) {
            best = table_entry(table, i).priority;
        }
    }
    return best;
}

static void check_lookup(struct bed *bed, struct rng *rng)
{
    struct of_match p = packet(rng_below(rng, 16), rng_below(rng, 64) << 26 | rng_below(rng, 4));
    struct of_match m;
    uint32_t i;
    int expected;

    p.v.in_port = rng_below(rng, 4);
    if (rng_below(rng, 4) == 0) {
        p.present &= ~OF_BIT(IPV4_DST);
    }
    i = table_lookup(bed->table, &p);
    expected = scan_priority(bed->table, &p);
    assert_int_equal(i == TABLE_NONE ? -1 : table_entry(bed->table, i).priority, expected);
    if (i != TABLE_NONE) {
        table_entry_match(bed->table, i, &m);
        assert_true(of_match_packet(&m, &p));
    }
}

static void test_lookup_is_a_linear_scan(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 2385);
    for (int round = 0; round < 40; round++) {
        struct bed bed;

        bed_open(&bed, HOLD_FIXED, 4096);
        for (int i = 0; i < 300; i++) {
            enum of_flow_mod_command command =
                rng_below(&rng, 5) ? OF_FLOW_ADD : OF_FLOW_DELETE_STRICT;

            MOD(&bed, command, random_match(&rng), (uint16_t)rng_below(&rng, 8), .cookie = 0);
            check_lookup(&bed, &rng);
        }
        bed_close(&bed);
    }
}

/* --- Time-outs ------------------------------------------------------------------------------- */

static void test_idle_and_hard_are_exact(void **state)
{
    struct bed bed;
    struct of_match p = packet(0xa, 1);

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    run_until(&bed, 123456789);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .cookie = 1, .idle_timeout_s = 3);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xb), 5, .cookie = 2, .idle_timeout_s = 2);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xc), 5, .cookie = 3, .idle_timeout_s = 9, .hard_timeout_s = 4);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xd), 5, .cookie = 4);
    run_until(&bed, 2 * NS_PER_S);
    assert_int_not_equal(table_forward(bed.table, &p, 60), TABLE_NONE);
    run_until(&bed, 100 * NS_PER_S);
    assert_int_equal(bed.n_log, 3);
    assert_int_equal(bed.left_cookie[0], 2);
    assert_int_equal(bed.left_ns[0], 2123456789);
    assert_int_equal(bed.left_cookie[1], 3);
    assert_int_equal(bed.left_ns[1], 4123456789);
    assert_int_equal(bed.left_cookie[2], 1);
    assert_int_equal(bed.left_ns[2], 5 * NS_PER_S);
    assert_int_equal(bed.n_left[TABLE_HARD], 1);
    assert_int_equal(bed.n_left[TABLE_IDLE], 2);
    assert_int_equal(table_size(bed.table), 1);
    bed_close(&bed);
}

static void test_sessions_keep_an_entry(void **state)
{
    struct bed bed;
    struct of_match p = packet(0xa, 1);
    uint32_t i;

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .idle_timeout_s = 3);
    i = table_lookup(bed.table, &p);
    table_session_begin(bed.table, i, 2);
    run_until(&bed, 50 * NS_PER_S);
    table_session_end(bed.table, i, 1);
    run_until(&bed, 60 * NS_PER_S + 7);
    assert_int_equal(table_size(bed.table), 1);
    table_session_end(bed.table, i, 1);
    assert_int_equal(table_entry_deadline(bed.table, i).ns, 63 * NS_PER_S + 7);
    run_until(&bed, 62 * NS_PER_S);
    table_session_begin(bed.table, i, 1);
    run_until(&bed, 70 * NS_PER_S);
    table_session_end(bed.table, i, 1);
    run_until(&bed, 80 * NS_PER_S);
    assert_int_equal(bed.n_log, 1);
    assert_int_equal(bed.left_ns[0], 73 * NS_PER_S);
    bed_close(&bed);
}

static void test_hard_beats_sessions(void **state)
{
    struct bed bed;
    struct of_match p = packet(0xa, 1);

    (void)state;
    bed_open(&bed, HOLD_FIXED, 100);
    MOD(&bed, OF_FLOW_ADD, to_dst(0xa), 5, .idle_timeout_s = 3, .hard_timeout_s = 10);
    table_session_begin(bed.table, table_lookup(bed.table, &p), 1);
    run_until(&bed, 20 * NS_PER_S);
    assert_int_equal(bed.n_left[TABLE_HARD], 1);
    assert_int_equal(bed.left_ns[0], 10 * NS_PER_S);
    bed_close(&bed);
}

/* --- Holding laws ---------------------------------------------------------------------------- */

/* Length of the idle period that begins when a session of 'n' entries ends. */
static void idle_periods(struct bed *bed, uint32_t entry, double *first, double *second)
{
    table_session_begin(bed->table, entry, 1);
    table_session_end(bed->table, entry, 1);
    *first = ns_to_s(table_entry_deadline(bed->table, entry).ns);
    table_session_begin(bed->table, entry, 1);
    table_session_end(bed->table, entry, 1);
    *second = ns_to_s(table_entry_deadline(bed->table, entry).ns);
}

static void test_holding_laws(void **state)
{
    static const enum hold_law laws[] = {HOLD_FIXED, HOLD_EXPONENTIAL, HOLD_PER_ENTRY};
    enum { N = 20000 };

    (void)state;
    for (size_t l = 0; l < 3; l++) {
        struct bed bed;
        double sum = 0, sum2 = 0, cross = 0, a, b, mean;

        bed_open(&bed, laws[l], N);
        for (uint64_t i = 0; i < N; i++) {
            struct of_match p = packet(i, 1);

            MOD(&bed, OF_FLOW_ADD, to_dst(i), 5, .idle_timeout_s = 23);
            idle_periods(&bed, table_lookup(bed.table, &p), &a, &b);
            sum += a;
            sum2 += a * a;
            cross += a * b;
        }
        mean = sum / N;
        print_message("%s: mean %.3f s, scv %.4f, lag-1 product/mean^2 %.4f\n",
                      hold_law_name(laws[l]), mean, sum2 / N / mean / mean - 1,
                      cross / N / mean / mean);
        assert_true(fabs(mean - 23) < 4 * 23 / sqrt(N));
        /* E[ab]/mean²: 1 for fixed and for independent draws, 2 for one draw used twice. */
        assert_true(fabs(cross / N / mean / mean - (laws[l] == HOLD_PER_ENTRY ? 2 : 1)) < 0.15);
        assert_true(fabs(sum2 / N / mean / mean - (laws[l] == HOLD_FIXED ? 1 : 2)) < 0.15);
        bed_close(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_highest_priority_wins),
        cmocka_unit_test(test_modify_and_delete),
        cmocka_unit_test(test_add_replaces),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_masks_come_and_go),
        cmocka_unit_test(test_room_for_masks_ends),
        cmocka_unit_test(test_lookup_is_a_linear_scan),
        cmocka_unit_test(test_idle_and_hard_are_exact),
        cmocka_unit_test(test_sessions_keep_an_entry),
        cmocka_unit_test(test_hard_beats_sessions),
        cmocka_unit_test(test_holding_laws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
