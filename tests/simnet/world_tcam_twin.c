/* Tables with hardware beside closed forms. Destinations are asked for independently, 'p[i]' of the time; a
 * destination that is not there gets an entry, as from a controller. Which are there is a Markov chain with a
 * known solution: under FIFO and under random eviction a set has a probability proportional to the product of
 * its p (W. F. King, IFIP 1971; E. Gelenbe, IEEE Trans. Computers 22, 1973), under LRU an order i, j, k, ... has
 * p_i p_j/(1 - p_i) p_k/(1 - p_i - p_j) ... (King). The same holds for a TCAM before software that has all. */
#include <math.h>

#include "controller/base/rng.h"
#include "tests/simnet/switch_bed.h"

enum { N = 6, SLOTS = 3, N_ASKED = 400000 };

static const double p[N] = {0.385, 0.238, 0.15, 0.1, 0.085, 0.042};

/* --- Closed forms ---------------------------------------------------------------------------- */

static double product_form_hits(void)
{
    double hits = 0, all = 0;

    for (unsigned set = 0; set < 1U << N; set++) {
        double weight = 1, in = 0;

        for (unsigned i = 0; i < N; i++) {
            weight *= set >> i & 1 ? p[i] : 1;
            in += set >> i & 1 ? p[i] : 0;
        }
        if (__builtin_popcount(set) == SLOTS) {
            hits += weight * in;
            all += weight;
        }
    }
    return hits / all;
}

/* Of orders that begin with those in 'set', whose probability is 'so_far'. */
static double lru_hits(unsigned set, unsigned n, double so_far)
{
    double in = 0, sum = 0;

    for (unsigned i = 0; i < N; i++) {
        in += set >> i & 1 ? p[i] : 0;
    }
    if (n == SLOTS) {
        return so_far * in;
    }
    for (unsigned i = 0; i < N; i++) {
        sum += set >> i & 1 ? 0 : lru_hits(set | 1U << i, n + 1, so_far * p[i] / (1 - in));
    }
    return sum;
}

/* --- Simulated ------------------------------------------------------------------------------- */

struct net {
    struct sim *sim;
    struct programs programs;
    struct table *table;
};

static void net_open(struct net *net, const struct tcam_params *tcam)
{
    struct table_params params = {
        .tcam = *tcam, .max_entries = SLOTS + tcam->software_entries, .law = HOLD_FIXED};

    net->sim = sim_new(2385);
    programs_init(&net->programs);
    params.sim = net->sim;
    params.programs = &net->programs;
    params.tcam_rng = sim_rng(net->sim, "victims");
    net->table = table_new(&params);
}

static void net_close(struct net *net)
{
    table_free(net->table);
    programs_fini(&net->programs);
    sim_free(net->sim);
}

static unsigned draw(struct rng *rng)
{
    double u = rng_uniform(rng);
    unsigned i = 0;

    while (i < N - 1 && u >= p[i]) {
        u -= p[i++];
    }
    return i;
}

/* True when there is an entry in the TCAM, where one is afterwards if there is a way. */
static bool ask_for(struct net *net, unsigned i)
{
    struct of_msg m = flow_add(i + 1, 7, (struct of_instructions){0});
    uint32_t entry = table_forward(net->table, &m.flow_mod.match, 64);
    uint64_t stamp;

    if (entry == TABLE_NONE) {
        assert_int_equal(table_flow_mod(net->table, &m.flow_mod, NULL), OF_OK);
        return false;
    }
    if (table_is_fast(net->table, entry)) {
        return true;
    }
    stamp = table_begin_up(net->table, entry);
    assert_true(stamp && table_end_up(net->table, entry, stamp));
    return false;
}

static double simulated_hits(const struct tcam_params *tcam)
{
    struct net net;
    unsigned hits = 0;
    struct rng *rng;

    net_open(&net, tcam);
    rng = sim_rng(net.sim, "destinations");
    for (unsigned n = 0; n < N_ASKED; n++) {
        hits += ask_for(&net, draw(rng));
    }
    assert_int_equal(table_tcam_stats(net.table)->n_used_slots, SLOTS);
    net_close(&net);
    return (double)hits / N_ASKED;
}

static void compare(const char *what, struct tcam_params tcam, double model)
{
    double simulated = simulated_hits(&tcam);

    print_message("%-28s simulated %.5f, model %.5f\n", what, simulated, model);
    assert_true(fabs(simulated - model) < 0.004);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void test_a_full_table_that_evicts(void **state)
{
    (void)state;
    compare("LRU eviction", (struct tcam_params){.n_slots = SLOTS, .full = TCAM_LRU},
            lru_hits(0, 0, 1));
    compare("FIFO eviction", (struct tcam_params){.n_slots = SLOTS, .full = TCAM_FIFO},
            product_form_hits());
    compare("random eviction", (struct tcam_params){.n_slots = SLOTS, .full = TCAM_RANDOM},
            product_form_hits());
    /* All are equally important. */
    compare("least important, then LRU",
            (struct tcam_params){.n_slots = SLOTS, .full = TCAM_IMPORTANCE}, lru_hits(0, 0, 1));
}

static struct tcam_params tiers(enum tcam_victim swap)
{
    return (struct tcam_params){
        .n_slots = SLOTS, .software_entries = N, .software_first = true, .swap = swap};
}

static void test_a_tcam_before_software(void **state)
{
    (void)state;
    compare("LRU swaps", tiers(TCAM_LRU), lru_hits(0, 0, 1));
    compare("FIFO swaps", tiers(TCAM_FIFO), product_form_hits());
    compare("random swaps", tiers(TCAM_RANDOM), product_form_hits());
}

/* LRU keeps more of what is asked for often. */
static void test_the_closed_forms(void **state)
{
    (void)state;
    assert_true(lru_hits(0, 0, 1) > product_form_hits());
    assert_true(product_form_hits() > p[0] + p[N - 1]);
    assert_true(lru_hits(0, 0, 1) < p[0] + p[1] + p[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_closed_forms),
        cmocka_unit_test(test_a_full_table_that_evicts),
        cmocka_unit_test(test_a_tcam_before_software),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
