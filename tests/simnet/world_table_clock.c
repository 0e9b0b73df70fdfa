/* Time-outs of a table, against a list of entries that is looked through from one to the next: random adds, replacements,
 * deletions, frames and sessions. */
#include "simnet/world/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/rng.h"

enum { N_ENTRIES = 40, N_STEPS = 20000 };

/* What is known of an entry: those of one destination have its number as cookie. */
struct known {
    bool is_there;
    uint16_t idle_s, hard_s;
    int64_t installed_ns, idle_from_ns; /* The latter while it has no session. */
    uint32_t n_sessions;
};

struct bed {
    struct sim *sim;
    struct programs programs;
    struct table *table;
    struct known known[N_ENTRIES];
    uint32_t n_left;
};

static int64_t idle_end(const struct known *k)
{
    return k->idle_s && !k->n_sessions ? k->idle_from_ns + k->idle_s * NS_PER_S : INT64_MAX;
}

static int64_t hard_end(const struct known *k)
{
    return k->hard_s ? k->installed_ns + k->hard_s * NS_PER_S : INT64_MAX;
}

static int64_t end_of(const struct known *k)
{
    return idle_end(k) < hard_end(k) ? idle_end(k) : hard_end(k);
}

/* Each leaves when it is to, for the right reason. */
static void watch(void *aux, struct table *table, uint32_t entry, enum table_change change)
{
    struct bed *bed = aux;
    struct known *k = &bed->known[table_entry(table, entry).cookie];
    int64_t now_ns = sim_now(bed->sim).ns;

    if (change == TABLE_IDLE || change == TABLE_HARD) {
        assert_true(k->is_there);
        assert_int_equal(end_of(k), now_ns);
        assert_int_equal(change, hard_end(k) == now_ns ? TABLE_HARD : TABLE_IDLE);
        k->is_there = false;
        bed->n_left++;
    }
}

static void bed_open(struct bed *bed)
{
    *bed = (struct bed){.sim = sim_new(2385)};
    programs_init(&bed->programs);
    bed->table = table_new(&(struct table_params){.sim = bed->sim,
                                                  .programs = &bed->programs,
                                                  .max_entries = N_ENTRIES,
                                                  .law = HOLD_FIXED,
                                                  .watch = watch,
                                                  .watch_aux = bed});
}

static void bed_close(struct bed *bed)
{
    table_free(bed->table);
    programs_fini(&bed->programs);
    sim_free(bed->sim);
}

static struct of_flow_mod mod(uint32_t i, enum of_flow_mod_command command)
{
    struct of_flow_mod fm = {.command = command,
                             .cookie = i,
                             .priority = 7,
                             .out_port = OF_PORT_ANY,
                             .out_group = OF_GROUP_ANY};

    of_match_clear(&fm.match);
    OF_MATCH_SET(&fm.match, ETH_DST, eth_dst, eth_addr_from_u64(i + 1));
    return fm;
}

static uint32_t entry_of(const struct bed *bed, uint32_t i)
{
    struct of_flow_mod fm = mod(i, OF_FLOW_ADD);

    return table_lookup(bed->table, &fm.match);
}

static void add(struct bed *bed, struct rng *rng, uint32_t i)
{
    static const uint16_t times_s[] = {0, 0, 1, 2, 3, 5, 5, 5};
    struct of_flow_mod fm = mod(i, OF_FLOW_ADD);
    struct known *k = &bed->known[i];
    int64_t now_ns = sim_now(bed->sim).ns;
    uint32_t n_sessions = k->is_there ? k->n_sessions : 0; /* Those of what is replaced go on. */

    fm.idle_timeout_s = times_s[rng_below(rng, 8)];
    fm.hard_timeout_s = times_s[rng_below(rng, 8)];
    *k = (struct known){true, fm.idle_timeout_s, fm.hard_timeout_s, now_ns, now_ns, n_sessions};
    assert_int_equal(table_flow_mod(bed->table, &fm, NULL), OF_OK);
}

static void use(struct bed *bed, uint32_t i)
{
    struct of_flow_mod fm = mod(i, OF_FLOW_ADD);

    table_forward(bed->table, &fm.match, 49);
    bed->known[i].idle_from_ns = sim_now(bed->sim).ns;
}

static void begin_or_end(struct bed *bed, struct rng *rng, uint32_t i)
{
    struct known *k = &bed->known[i];

    if (k->n_sessions && rng_below(rng, 2)) {
        k->n_sessions--;
        k->idle_from_ns = sim_now(bed->sim).ns;
        table_session_end(bed->table, entry_of(bed, i), 1);
    } else {
        k->n_sessions++;
        table_session_begin(bed->table, entry_of(bed, i), 1);
    }
}

static void step(struct bed *bed, struct rng *rng)
{
    uint32_t i = (uint32_t)rng_below(rng, N_ENTRIES), what = (uint32_t)rng_below(rng, 8);
    struct of_flow_mod fm = mod(i, OF_FLOW_DELETE_STRICT);

    if (!bed->known[i].is_there || what < 2) {
        add(bed, rng, i);
    } else if (what == 2) {
        bed->known[i].is_there = false;
        assert_int_equal(table_flow_mod(bed->table, &fm, NULL), OF_OK);
    } else if (what < 5) {
        use(bed, i);
    } else {
        begin_or_end(bed, rng, i);
    }
}

/* Nobody has stayed too long. */
static void compare(const struct bed *bed)
{
    for (uint32_t i = 0; i < N_ENTRIES; i++) {
        uint32_t entry = entry_of(bed, i);

        assert_int_equal(entry != TABLE_NONE, bed->known[i].is_there);
        if (entry != TABLE_NONE) {
            assert_int_equal(table_entry_deadline(bed->table, entry).ns, end_of(&bed->known[i]));
            assert_true(end_of(&bed->known[i]) > sim_now(bed->sim).ns);
        }
    }
}

static void test_5_5_time_outs_are_those_of_a_list(void **state)
{
    struct bed bed;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 2385);
    bed_open(&bed);
    for (unsigned n = 0; n < N_STEPS; n++) {
        step(&bed, &rng);
        if (rng_below(&rng, 3) == 0) { /* Else several things happen in one instant. */
            sim_run_until(bed.sim, mono_add(sim_now(bed.sim),
                                            (int64_t)rng_below(&rng, 2385) * NS_PER_MS / 10));
            compare(&bed);
        }
    }
    assert_true(bed.n_left > 1000);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_5_time_outs_are_those_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
