/* What was made for an earlier version means the same in 1.5, which says some of it otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_eq.h"
#include "tests/openflow/of_gen.h"

#define N_MESSAGES 2500

struct fixture {
    struct buf bytes;
    struct arena gen_arena, arena;
    struct of_msg out;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.bytes = BUF_INIT};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_fini(&f->bytes);
    arena_fini(&f->gen_arena);
    arena_fini(&f->arena);
    return 0;
}

static enum err through(struct fixture *f, const struct of_msg *msg)
{
    enum err err;

    buf_clear(&f->bytes);
    arena_reset(&f->arena);
    err = of_encode(msg, &f->bytes);
    if (!err) {
        assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out), OF_OK);
    }
    return err;
}

/* Types that a controller of any version sends or gets, and that keep their meaning. */
static void test_from_13_and_14(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_3, OF_VERSION_1_4};
    static const enum of_type types[] = {OF_FLOW_MOD,  OF_FLOW_REMOVED, OF_PACKET_OUT, OF_PACKET_IN,
                                         OF_METER_MOD, OF_ROLE_REQUEST, OF_PORT_MOD};
    struct fixture *f = *state;

    for (size_t v = 0; v < sizeof versions; v++) {
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
            struct of_gen g = of_gen_init(2385 + t, versions[v], &f->gen_arena);

            for (int i = 0; i < N_MESSAGES; i++) {
                struct of_msg msg;

                of_gen_msg(&g, types[t], OF_MP_DESC, &msg);
                msg.version = OF_VERSION_1_5;
                assert_int_equal(through(f, &msg), ERR_OK);
                assert_true(of_msg_eq(&msg, &f->out));
                arena_reset(&f->gen_arena);
            }
        }
    }
}

/* On the wire the meter is the first action, and nothing else is. */
static void test_meter(void **state)
{
    const struct of_action out = of_output(7);
    struct of_msg msg = {.version = OF_VERSION_1_5, .type = OF_FLOW_MOD};
    struct fixture *f = *state;
    size_t without;

    msg.flow_mod.buffer_id = OF_NO_BUFFER;
    msg.flow_mod.ins = of_apply(&out, 1);
    assert_int_equal(through(f, &msg), ERR_OK);
    without = f->bytes.len;
    msg.flow_mod.ins.has_meter = true;
    msg.flow_mod.ins.meter_id = 2385;
    assert_int_equal(through(f, &msg), ERR_OK);
    assert_int_equal(f->bytes.len, without + 8);
    assert_true(f->out.flow_mod.ins.has_meter);
    assert_int_equal(f->out.flow_mod.ins.meter_id, 2385);
    assert_int_equal(f->out.flow_mod.ins.apply.n, 1);
    assert_int_equal(f->out.flow_mod.ins.apply.list[0].type, OF_ACT_OUTPUT);

    msg.flow_mod.ins.has_apply = false;
    assert_int_equal(through(f, &msg), ERR_OK);
    assert_true(f->out.flow_mod.ins.has_meter && !f->out.flow_mod.ins.has_apply);
    msg.flow_mod.ins.meter_id = 0; /* Which is none. */
    buf_clear(&f->bytes);
    assert_int_equal(of_encode(&msg, &f->bytes), ERR_OK);
    assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out),
                     OF_ERR_ACT_BAD_METER);
}

/* Buckets without ids get the numbers of their places; ids that were given are kept, if they can be. */
static void test_bucket_ids(void **state)
{
    struct of_bucket buckets[3];
    struct of_msg msg = {.version = OF_VERSION_1_5, .type = OF_GROUP_MOD};
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        buckets[i] = (struct of_bucket){.watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY};
    }
    msg.group_mod = (struct of_group_mod){.group_id = 9, .buckets = buckets, .n_buckets = 3};
    assert_int_equal(through(f, &msg), ERR_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(f->out.group_mod.buckets[i].bucket_id, i);
    }
    buckets[0].bucket_id = 2385;
    assert_int_equal(through(f, &msg), ERR_RANGE); /* The other two are both 0. */
    buckets[1].bucket_id = 7;
    assert_int_equal(through(f, &msg), ERR_OK);
    assert_int_equal(f->out.group_mod.buckets[0].bucket_id, 2385);
    assert_int_equal(f->out.group_mod.buckets[2].bucket_id, 0);
    buckets[1].bucket_id = OF_BUCKET_LAST;
    assert_int_equal(through(f, &msg), ERR_RANGE);
    msg.version = OF_VERSION_1_4; /* Which has no ids. */
    assert_int_equal(through(f, &msg), ERR_OK);
    msg.group_mod.command = OF_GC_INSERT_BUCKET;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
}

/* A caller that knew of no port asks for all of them. */
static void test_asking_for_all_ports(void **state)
{
    struct of_msg msg = {.version = OF_VERSION_1_5, .type = OF_MULTIPART_REQUEST};
    struct fixture *f = *state;

    msg.mp_request.type = OF_MP_PORT_DESC;
    assert_int_equal(through(f, &msg), ERR_OK);
    assert_int_equal(f->out.mp_request.port_no, OF_PORT_ANY);
}

/* What only 1.5 has is not sent to others, rather than without it. */
static void test_not_before_15(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4,
                                       OF_VERSION_1_5};
    const struct of_stat_trigger trigger = {OF_STF_PERIODIC, UINT64_MAX, UINT64_MAX, 1000,
                                            UINT64_MAX};
    struct of_action a = {.type = OF_ACT_METER, .meter_id = 7};
    struct of_msg msg = {.type = OF_FLOW_MOD};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof versions; i++) {
        enum err expected = versions[i] < OF_VERSION_1_5 ? ERR_UNSUPPORTED : ERR_OK;

        msg.version = versions[i];
        msg.flow_mod = (struct of_flow_mod){.buffer_id = OF_NO_BUFFER, .ins = of_apply(&a, 1)};
        a = (struct of_action){.type = OF_ACT_METER, .meter_id = 7};
        assert_int_equal(through(f, &msg), expected);
        a = (struct of_action){.type = OF_ACT_COPY_FIELD,
                               .copy_field = {OF_FIELD_ETH_SRC, OF_FIELD_ETH_DST, 16, 8, 16}};
        assert_int_equal(through(f, &msg), expected);
        a = (struct of_action){.type = OF_ACT_SET_FIELD};
        a.set_field.field = OF_FIELD_ETH_SRC;
        a.set_field.value.eth = eth_addr_from_u64(0x2300);
        a.set_field.mask.eth = eth_addr_from_u64(0xff00);
        a.set_field.has_mask = true;
        assert_int_equal(through(f, &msg), expected);
        msg.flow_mod.ins = (struct of_instructions){.stat_trigger = &trigger};
        assert_int_equal(through(f, &msg), expected);
    }
}

/* What is out of its range is not encoded. */
static void test_out_of_range(void **state)
{
    struct of_stat_trigger trigger = {0, UINT64_MAX, UINT64_MAX, 1000, UINT64_MAX};
    struct of_action a = {.type = OF_ACT_COPY_FIELD,
                          .copy_field = {OF_FIELD_ETH_SRC, OF_FIELD_ETH_DST, 41, 8, 0}};
    struct of_msg msg = {.version = OF_VERSION_1_5, .type = OF_FLOW_MOD};
    struct fixture *f = *state;

    msg.flow_mod = (struct of_flow_mod){.buffer_id = OF_NO_BUFFER, .ins = of_apply(&a, 1)};
    assert_int_equal(through(f, &msg), ERR_RANGE);
    a.copy_field.n_bits = 0;
    assert_int_equal(through(f, &msg), ERR_RANGE);
    a.copy_field.n_bits = 40;
    assert_int_equal(through(f, &msg), ERR_OK);
    a = (struct of_action){.type = OF_ACT_SET_FIELD};
    a.set_field.field = OF_FIELD_TUNNEL_ID;
    a.set_field.value.u64 = 0x2385; /* More than the mask. */
    a.set_field.mask.u64 = 0xff00;
    a.set_field.has_mask = true;
    assert_int_equal(through(f, &msg), ERR_RANGE);

    msg.flow_mod.ins = (struct of_instructions){.stat_trigger = &trigger};
    assert_int_equal(through(f, &msg), ERR_OK);
    trigger.idle_ns = UINT64_MAX - 1; /* More seconds than 32 bits can say. */
    assert_int_equal(through(f, &msg), ERR_RANGE);
    trigger.idle_ns = 0;
    trigger.flags = 4;
    assert_int_equal(through(f, &msg), ERR_RANGE);

    msg = (struct of_msg){.version = OF_VERSION_1_5, .type = OF_PACKET_OUT};
    msg.packet_out = (struct of_packet_out){.buffer_id = 7, .in_port = 3};
    OF_MATCH_SET(&msg.packet_out.match, ETH_TYPE, eth_type, 0x0800);
    assert_int_equal(through(f, &msg), ERR_RANGE);

    msg = (struct of_msg){.version = OF_VERSION_1_5, .type = OF_BUNDLE_CONTROL};
    msg.bundle_control.flags = OF_BF_TIME;
    msg.bundle_control.at.ns = 1000000000;
    assert_int_equal(through(f, &msg), ERR_RANGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_from_13_and_14),       TEST(test_meter),         TEST(test_bucket_ids),
        TEST(test_asking_for_all_ports), TEST(test_not_before_15), TEST(test_out_of_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
