/* Generated messages of every type and version: a deep copy says the same and shares nothing; and
 * whatever a controller sends, a simulated switch stays sound and answers what can be encoded. */
#include "simnet/ctlchan/msg_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "simnet/world/world.h"
#include "tests/openflow/of_gen.h"

static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4, OF_VERSION_1_5};

typedef void message_fn(void *aux, const struct of_msg *msg, struct arena *arena);

/* Calls 'fn' with 'n' messages of each kind. The arena of each is freed afterwards, so that a
 * sanitizer finds whoever kept a pointer. */
static void for_each_message(uint8_t version, int n, message_fn *fn, void *aux)
{
    for (unsigned t = 0; t < OF_N_TYPES; t++) {
        bool is_mp = t == OF_MULTIPART_REQUEST || t == OF_MULTIPART_REPLY;

        for (unsigned mp = 0; mp < (is_mp ? OF_N_MP_TYPES : 1); mp++) {
            if (!of_gen_has_type(version, (enum of_type)t) ||
                (is_mp && !of_gen_has_mp_type(version, (enum of_mp_type)mp))) {
                continue;
            }
            for (int i = 0; i < n; i++) {
                struct arena arena = ARENA_INIT;
                struct of_gen g = of_gen_init((uint64_t)i << 24 | t << 8 | mp, version, &arena);
                struct of_msg msg;

                of_gen_msg(&g, (enum of_type)t, (enum of_mp_type)mp, &msg);
                fn(aux, &msg, &arena);
                arena_fini(&arena);
            }
        }
    }
}

/* --- Copies ---------------------------------------------------------------------------------- */

static void check_copy(void *aux, const struct of_msg *msg, struct arena *arena)
{
    struct arena own = ARENA_INIT;
    struct buf before = BUF_INIT, after = BUF_INIT;
    struct of_msg copy;

    (void)aux;
    assert_int_equal(of_encode(msg, &before), ERR_OK);
    msg_copy(msg, &copy, &own);
    arena_fini(arena);
    assert_int_equal(of_encode(&copy, &after), ERR_OK);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buf_fini(&before);
    buf_fini(&after);
    arena_fini(&own);
}

/* What the sender leaves to the encoder of a held message is in a copy, too. */
static void test_a_held_message_speaks_as_its_holder(void **state)
{
    struct arena arena = ARENA_INIT;
    struct of_msg held = {.type = OF_BARRIER_REQUEST, .version = 0xee, .xid = 2385}, copy;
    struct of_msg outer = {.type = OF_BUNDLE_ADD_MESSAGE,
                           .version = OF_VERSION_1_4,
                           .xid = 7,
                           .bundle_add = {.bundle_id = 1, .message = &held}};

    (void)state;
    msg_copy(&outer, &copy, &arena);
    assert_ptr_not_equal(copy.bundle_add.message, &held);
    assert_int_equal(copy.bundle_add.message->version, OF_VERSION_1_4);
    assert_int_equal(copy.bundle_add.message->xid, 7);
    outer.type = OF_REQUESTFORWARD;
    outer.requestforward.request = &held;
    msg_copy(&outer, &copy, &arena);
    assert_int_equal(copy.requestforward.request->version, OF_VERSION_1_4);
    assert_int_equal(copy.requestforward.request->xid, 2385);
    arena_fini(&arena);
}

/* The core gives every entry an importance; only the encoder knows that 1.0 and 1.3 cannot tell it. */
static void test_a_copy_says_no_more_than_its_version(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        struct arena arena = ARENA_INIT;
        struct of_msg msg = {.type = OF_FLOW_MOD,
                             .version = versions[v],
                             .flow_mod = {.command = OF_FLOW_ADD, .importance = 2385}},
                      copy;

        msg_copy(&msg, &copy, &arena);
        assert_int_equal(copy.flow_mod.importance, versions[v] < OF_VERSION_1_4 ? 0 : 2385);
        arena_fini(&arena);
    }
}

static void test_a_copy_says_the_same(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        for_each_message(versions[v], 200, check_copy, NULL);
    }
}

/* --- A switch under fire --------------------------------------------------------------------- */

struct range {
    struct world *world;
    struct swtch *sw;
    struct buf bytes;
    uint64_t n_answers;
};

static void on_answer(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct range *r = aux;

    (void)sw;
    buf_clear(&r->bytes);
    assert_int_equal(of_encode(msg, &r->bytes), ERR_OK);
    r->n_answers++;
}

static void fire(void *aux, const struct of_msg *msg, struct arena *arena)
{
    struct range *r = aux;

    (void)arena;
    swtch_input(r->sw, msg);
    sim_run_until(world_sim(r->world), mono_add(sim_now(world_sim(r->world)), 23850000));
}

static void test_a_switch_survives_every_message(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        struct topo topo = TOPO_INIT;
        struct world_params params = world_params_default();
        struct range r = {0};

        topo_make_linear(&topo, 1, 4);
        params.versions = 1U << versions[v];
        params.n_tables = 3;
        params.max_entries = 100;
        params.hold_law = HOLD_EXPONENTIAL;
        r.world = world_new(&topo, &params);
        r.sw = world_switch(r.world, 0);
        swtch_set_controller(r.sw, on_answer, &r);
        swtch_connected(r.sw);
        swtch_input(r.sw, &(struct of_msg){.version = versions[v], .type = OF_HELLO});
        for_each_message(versions[v], 300, fire, &r);
        print_message("%s: %llu answers, %llu of them errors; %u entries at the end\n",
                      of_version_name(versions[v]), (unsigned long long)r.n_answers,
                      (unsigned long long)swtch_get_stats(r.sw)->n_errors,
                      table_size(swtch_table(r.sw, 0)));
        assert_true(r.n_answers > 1000);
        buf_fini(&r.bytes);
        world_free(r.world);
        topo_fini(&topo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_says_no_more_than_its_version),
        cmocka_unit_test(test_a_copy_says_the_same),
        cmocka_unit_test(test_a_held_message_speaks_as_its_holder),
        cmocka_unit_test(test_a_switch_survives_every_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
