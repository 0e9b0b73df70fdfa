/* Property: what is encoded decodes to the same message, and that encodes to the same bytes. For
 * thousands of generated messages of every type, multipart and version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_eq.h"
#include "tests/openflow/of_gen.h"

#define N_MESSAGES 2500

static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4, OF_VERSION_1_5};

struct fixture {
    struct arena gen_arena, arena;
    struct buf first, second;
    uint64_t fields_seen[OF_VERSION_1_5 + 1]; /* In matches of flow-mods, by version. */
};

static void explain(const char *what, const struct of_msg *a, const struct of_msg *b)
{
    char text[4096];

    of_msg_print(a, text, sizeof text);
    print_error("%s\n  generated %s\n", what, text);
    of_msg_print(b, text, sizeof text);
    print_error("  decoded   %s\n", text);
}

static void check_message(struct fixture *f, const struct of_msg *msg)
{
    struct of_msg out;
    enum of_err err;

    buf_clear(&f->first);
    buf_clear(&f->second);
    assert_int_equal(of_encode(msg, &f->first), ERR_OK);
    memset(&out, 0xa5, sizeof out); /* So that what was left unset is not 0 by chance. */
    err = of_decode(f->first.data, f->first.len, &f->arena, &out);
    if (err || !of_msg_eq(msg, &out)) {
        explain(of_err_name(err), msg, &out);
        fail();
    }
    assert_int_equal(of_encode(&out, &f->second), ERR_OK);
    assert_int_equal(f->first.len, f->second.len);
    assert_memory_equal(f->first.data, f->second.data, f->first.len);
}

static void check_type(struct fixture *f, uint8_t version, enum of_type type, enum of_mp_type mp)
{
    struct of_gen g = of_gen_init((uint64_t)version << 32 | (uint64_t)type << 8 | (uint64_t)mp,
                                  version, &f->gen_arena);

    for (int i = 0; i < N_MESSAGES; i++) {
        struct of_msg msg;

        of_gen_msg(&g, type, mp, &msg);
        if (type == OF_FLOW_MOD) {
            f->fields_seen[version] |= msg.flow_mod.match.present;
        }
        check_message(f, &msg);
        arena_reset(&f->gen_arena);
        arena_reset(&f->arena);
    }
}

static void check_version(struct fixture *f, uint8_t version)
{
    for (unsigned t = 0; t < OF_N_TYPES; t++) {
        bool is_mp = t == OF_MULTIPART_REQUEST || t == OF_MULTIPART_REPLY;

        for (unsigned mp = 0; mp < (is_mp ? OF_N_MP_TYPES : 1); mp++) {
            if (of_gen_has_type(version, (enum of_type)t) &&
                (!is_mp || of_gen_has_mp_type(version, (enum of_mp_type)mp))) {
                check_type(f, version, (enum of_type)t, (enum of_mp_type)mp);
            }
        }
    }
}

static void test_every_type(void **state)
{
    struct fixture f = {0};

    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        check_version(&f, versions[v]);
    }
    for (size_t v = 1; v < sizeof versions; v++) {
        assert_true(f.fields_seen[versions[v]] == (UINT64_C(1) << of_n_fields(versions[v])) - 1);
    }
    buf_fini(&f.first);
    buf_fini(&f.second);
    arena_fini(&f.gen_arena);
    arena_fini(&f.arena);
}

/* What a version does not have is refused, and the buffer is as it was. */
static void test_unsupported_types(void **state)
{
    struct of_msg msg = {.version = OF_VERSION_1_0, .type = OF_ROLE_REQUEST};
    struct buf b = BUF_INIT;

    (void)state;
    buf_put_u32(&b, 2385);
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    msg.type = OF_TABLE_MOD;
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    msg.type = OF_MULTIPART_REQUEST;
    msg.mp_request.type = OF_MP_PORT_DESC;
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    msg = (struct of_msg){.version = 3, .type = OF_BARRIER_REQUEST};
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    assert_int_equal(b.len, 4);
    assert_false(b.failed);
    buf_fini(&b);
}

/* What a switch would refuse is not sent, and what 1.0 cannot say neither. */
static void test_refused_mods(void **state)
{
    const struct of_bucket bucket = {.weight = 3, .watch_port = OF_PORT_ANY, .watch_group = 7};
    const struct of_queue_prop max = {.type = OF_QP_MAX_RATE, .rate_permille = 250};
    const struct of_queue queue = {.queue_id = 5, .port_no = 7, .props = &max, .n_props = 1};
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_GROUP_MOD};
    struct buf b = BUF_INIT;

    (void)state;
    msg.group_mod = (struct of_group_mod){
        .type = OF_GT_SELECT, .group_id = 2385, .buckets = &bucket, .n_buckets = 1};
    assert_int_equal(of_encode(&msg, &b), ERR_OK);
    msg.group_mod.type = OF_GT_FF; /* Which has no weights. */
    assert_int_equal(of_encode(&msg, &b), ERR_RANGE);
    msg.version = OF_VERSION_1_0;
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);

    msg = (struct of_msg){.version = OF_VERSION_1_3, .type = OF_METER_MOD};
    msg.meter_mod.meter.meter_id = OF_METER_ALL;
    assert_int_equal(of_encode(&msg, &b), ERR_RANGE);
    msg.meter_mod.command = OF_MC_DELETE;
    assert_int_equal(of_encode(&msg, &b), ERR_OK);

    msg = (struct of_msg){.version = OF_VERSION_1_3, .type = OF_PORT_MOD};
    msg.port_mod = (struct of_port_mod){.port_no = 7, .mask = OF_PC_NO_FLOOD};
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    msg.version = OF_VERSION_1_0;
    assert_int_equal(of_encode(&msg, &b), ERR_OK);

    msg = (struct of_msg){.version = OF_VERSION_1_3, .type = OF_QUEUE_GET_CONFIG_REPLY};
    msg.queue_config = (struct of_queue_config){.port_no = 7, .queues = &queue, .n_queues = 1};
    assert_int_equal(of_encode(&msg, &b), ERR_OK);
    msg.version = OF_VERSION_1_0;
    assert_int_equal(of_encode(&msg, &b), ERR_UNSUPPORTED);
    buf_fini(&b);
}

/* A message longer than its length field can say. */
static void test_too_long(void **state)
{
    static uint8_t data[OF_MAX_LEN];
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST};
    struct buf b = BUF_INIT;

    (void)state;
    msg.echo = (struct of_bytes){data, OF_MAX_LEN - OF_HEADER_LEN};
    assert_int_equal(of_encode(&msg, &b), ERR_OK);
    assert_int_equal(b.len, OF_MAX_LEN);
    msg.echo.len++;
    assert_int_equal(of_encode(&msg, &b), ERR_RANGE);
    assert_int_equal(b.len, OF_MAX_LEN);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_unsupported_types),
        cmocka_unit_test(test_refused_mods),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
