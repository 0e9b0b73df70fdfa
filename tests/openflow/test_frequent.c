/* The fields and actions of nearly all entries go a short way through the codec: it says what the long way
 * says, and refuses what that refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_msg.h"
#include "controller/openflow/of_wire.h"
#include "tests/openflow/of_eq.h"
#include "tests/openflow/of_gen.h"

#define N_ROUNDS 20000
#define OXM_CLASS_BASIC 0x8000

static const enum of_field fields[] = {OF_FIELD_IN_PORT, OF_FIELD_ETH_DST, OF_FIELD_ETH_SRC,
                                       OF_FIELD_ETH_TYPE, OF_FIELD_VLAN_VID};

#define N_FIELDS (sizeof fields / sizeof *fields)

/* Mostly what the field can hold. */
static uint16_t gen_vid(struct of_gen *g)
{
    return (uint16_t)of_gen_bits(g, of_gen_below(g, 8) ? 13 : 16);
}

static struct eth_addr gen_eth(struct of_gen *g)
{
    return eth_addr_from_u64(of_gen_bits(g, 48));
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void gen_match(struct of_gen *g, struct of_match *m)
{
    memset(m, 0xa5, sizeof *m);
    of_match_clear(m);
    for (size_t i = 0; i < N_FIELDS; i++) {
        m->present |= of_gen_below(g, 2) << fields[i];
    }
    m->v.in_port = (uint32_t)of_gen_bits(g, 32);
    m->v.eth_dst = gen_eth(g);
    m->v.eth_src = gen_eth(g);
    m->v.eth_type = (uint16_t)of_gen_bits(g, 16);
    m->v.vlan_vid = gen_vid(g);
}

/* Encodes a flow-removed with the match; its fields are '*at' to '*end'. */
static enum err encode(struct of_gen *g, const struct of_match *m, struct buf *out, size_t *at,
                       size_t *end)
{
    struct of_msg msg = {.type = OF_FLOW_REMOVED, .version = g->version};
    enum err err;

    msg.flow_removed.match = *m;
    buf_clear(out);
    err = of_encode(&msg, out);
    *at = 8 + 40 + 4;
    *end = err ? *at : *at - 4 + be_get16(out->data + *at - 2);
    return err;
}

/* With one field more, that comes behind, the match goes the long way. */
static void test_match_encoding(void **state)
{
    struct of_gen g = of_gen_init(4711, OF_VERSION_1_3, NULL);
    struct buf is = BUF_INIT, shall = BUF_INIT;
    size_t at, end, shall_end;

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        struct of_match m;
        enum err err;

        gen_match(&g, &m);
        err = encode(&g, &m, &is, &at, &end);
        OF_MATCH_SET(&m, TUNNEL_ID, tunnel_id, 2385);
        assert_int_equal(encode(&g, &m, &shall, &at, &shall_end), err);
        if (err) {
            assert_true(m.present & OF_BIT(VLAN_VID) && m.v.vlan_vid > 0x1fff);
            continue;
        }
        assert_int_equal(end + 12, shall_end);
        assert_memory_equal(is.data + at, shall.data + at, end - at);
        assert_int_equal(is.len, (end + 7) / 8 * 8);
        for (size_t k = end; k < is.len; k++) {
            assert_int_equal(is.data[k], 0);
        }
    }
    buf_fini(&is);
    buf_fini(&shall);
}

/* --- Decoding --------------------------------------------------------------------------------- */

/* One field, with a full mask where 'is_masked': then it goes the long way. */
static void put_field(struct buf *b, enum of_field field, bool is_masked, uint64_t value)
{
    size_t size = of_field_info(field)->wire_size;
    bool has_mask = is_masked && of_field_info(field)->maskable;

    buf_put_u16(b, OXM_CLASS_BASIC);
    buf_put_u8(b, (uint64_t)of_field_info(field)->oxm << 1 | (uint64_t)has_mask);
    buf_put_u8(b, size << has_mask);
    buf_put_uint(b, size, value);
    if (has_mask) {
        buf_put_uint(b, size, field == OF_FIELD_VLAN_VID ? 0x1fff : UINT64_MAX);
    }
}

/* A flow-mod or flow-removed with 'n' of the fields, of which some may come twice. */
static void put_message(struct buf *b, bool is_mod, const enum of_field *list,
                        const uint64_t *values, size_t n, bool is_masked)
{
    size_t start;

    buf_clear(b);
    buf_put_u8(b, OF_VERSION_1_3);
    buf_put_u8(b, is_mod ? 14 : 11);
    buf_put_u16(b, 0);
    buf_put_zeros(b, 4 + 40);
    start = b->len;
    buf_put_u16(b, 1);
    buf_put_u16(b, 0);
    for (size_t i = 0; i < n; i++) {
        put_field(b, list[i], is_masked, values[i]);
    }
    buf_set_u16(b, start + 2, b->len - start);
    buf_pad(b, start, 8);
    buf_set_u16(b, 2, b->len);
}

static void test_match_decoding(void **state)
{
    struct of_gen g = of_gen_init(815, OF_VERSION_1_3, NULL);
    struct arena arena = ARENA_INIT;
    struct buf exact = BUF_INIT, masked = BUF_INIT;
    unsigned n_good = 0, n_bad = 0;

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        enum of_field list[N_FIELDS];
        uint64_t values[N_FIELDS];
        size_t n = of_gen_below(&g, N_FIELDS + 1);
        bool is_mod = of_gen_below(&g, 2);
        struct of_msg a, b;
        enum of_err err;

        for (size_t k = 0; k < n; k++) {
            list[k] = fields[of_gen_below(&g, N_FIELDS)];
            values[k] = list[k] == OF_FIELD_VLAN_VID ? gen_vid(&g) : of_gen_bits(&g, 48);
        }
        put_message(&exact, is_mod, list, values, n, false);
        put_message(&masked, is_mod, list, values, n, true);
        err = of_decode(exact.data, exact.len, &arena, &a);
        assert_int_equal(of_decode(masked.data, masked.len, &arena, &b), err);
        assert_true(err || of_msg_eq(&a, &b));
        n_good += !err;
        n_bad += err != OF_OK;
        arena_reset(&arena);
    }
    assert_true(n_good > N_ROUNDS / 8 && n_bad > N_ROUNDS / 8);
    arena_fini(&arena);
    buf_fini(&exact);
    buf_fini(&masked);
}

/* A field that is longer than what is left of its match. */
static void test_match_cut(void **state)
{
    const enum of_field list[] = {OF_FIELD_ETH_DST, OF_FIELD_VLAN_VID};
    const uint64_t values[] = {0x0200000002ff, OF_VID_PRESENT | 23};
    struct arena arena = ARENA_INIT;
    struct buf b = BUF_INIT;
    struct of_msg msg;

    (void)state;
    for (uint16_t len = 5; len < 20; len++) {
        put_message(&b, true, list, values, 2, false);
        buf_set_u16(&b, 8 + 40 + 2, len); /* What is behind is padding, or no instruction. */
        assert_int_equal(of_decode(b.data, b.len, &arena, &msg),
                         len == 14 ? OF_ERR_INST_BAD_LEN : OF_ERR_MATCH_BAD_LEN);
    }
    arena_fini(&arena);
    buf_fini(&b);
}

/* --- Actions ---------------------------------------------------------------------------------- */

/* A packet-out with one action of 'len' bytes. */
static enum of_err decode_action(const uint8_t *action, size_t len, struct of_action *out)
{
    struct arena arena = ARENA_INIT;
    struct buf b = BUF_INIT;
    struct of_msg msg;
    enum of_err err;

    buf_put_u8(&b, OF_VERSION_1_3);
    buf_put_u8(&b, 13);
    buf_put_u16(&b, 24 + len);
    buf_put_zeros(&b, 4);
    buf_put_u32(&b, 7); /* A buffer. */
    buf_put_u32(&b, 2); /* The port where it came in. */
    buf_put_u16(&b, len);
    buf_put_zeros(&b, 6);
    buf_put(&b, action, len);
    err = of_decode(b.data, b.len, &arena, &msg);
    if (!err) {
        assert_int_equal(msg.packet_out.actions.n, 1);
        *out = msg.packet_out.actions.list[0];
    }
    arena_fini(&arena);
    buf_fini(&b);
    return err;
}

static void encode_action(const struct of_action *a, enum err shall, uint8_t *out, size_t *len)
{
    struct of_msg msg = {.type = OF_PACKET_OUT, .version = OF_VERSION_1_3};
    struct buf b = BUF_INIT;

    msg.packet_out.buffer_id = 7;
    msg.packet_out.in_port = 2;
    msg.packet_out.actions = (struct of_actions){a, 1};
    assert_int_equal(of_encode(&msg, &b), shall);
    *len = shall ? 0 : b.len - 24;
    assert_true(*len <= 16);
    if (*len) {
        memcpy(out, b.data + 24, *len);
    }
    buf_fini(&b);
}

static void test_good_actions(void **state)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
    } rows[] = {
        {{0, 0, 0, 16, 0, 0, 0x09, 0x51, 0xff, 0xff}, 16},
        {{0, 0, 0, 16, 0xff, 0xff, 0xff, 0xfd, 0x00, 0x80}, 16}, /* 128 bytes to the controller. */
        {{0, 17, 0, 8, 0x88, 0xa8}, 8},
        {{0, 18, 0, 8}, 8},
        {{0, 25, 0, 16, 0x80, 0x00, 0x0c, 2, 0x19, 0x51}, 16},
    };
    const struct of_action shall[] = {of_output(2385),
                                      {.type = OF_ACT_OUTPUT, .output = {OF_PORT_CONTROLLER, 128}},
                                      of_push_vlan(0x88a8),
                                      of_pop_vlan(),
                                      of_set_vlan(0x951)};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct of_action is;
        uint8_t said[16];
        size_t len;

        assert_int_equal(decode_action(rows[i].bytes, rows[i].len, &is), OF_OK);
        assert_true(of_action_eq(&is, &shall[i]));
        encode_action(&shall[i], ERR_OK, said, &len);
        assert_int_equal(len, rows[i].len);
        assert_memory_equal(said, rows[i].bytes, len);
    }
}

static void test_bad_actions(void **state)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
        enum of_err err;
    } rows[] = {
        {{0, 0, 0, 16, 0, 0, 0, 0, 0xff, 0xff}, 16, OF_ERR_ACT_BAD_OUT_PORT},
        {{0, 0, 0, 16, 0xff, 0xff, 0xff, 0xfd, 0xff, 0xf0}, 16, OF_ERR_ACT_BAD_ARGUMENT},
        {{0, 0, 0, 8, 0, 0, 0, 1}, 8, OF_ERR_ACT_BAD_LEN},
        {{0, 17, 0, 8, 0x91, 0x00}, 8, OF_ERR_ACT_BAD_ARGUMENT},
        {{0, 18, 0, 16}, 16, OF_ERR_ACT_BAD_LEN},
        {{0, 25, 0, 16, 0x80, 0x00, 0x0c, 2, 0x09, 0x51}, 16, OF_ERR_ACT_BAD_SET_ARGUMENT},
        {{0, 25, 0, 16, 0x80, 0x00, 0x0c, 2, 0x39, 0x51}, 16, OF_ERR_ACT_BAD_SET_ARGUMENT},
        {{0, 25, 0, 16, 0x80, 0x00, 0x0c, 4, 0x19, 0x51}, 16, OF_ERR_ACT_BAD_SET_LEN},
        {{0, 25, 0, 16, 0x80, 0x00, 0x0d, 4, 0x19, 0x51}, 16, OF_ERR_ACT_BAD_SET_TYPE},
    };
    struct of_action a = of_set_vlan(5);
    uint8_t said[16];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct of_action is;

        assert_int_equal(decode_action(rows[i].bytes, rows[i].len, &is), rows[i].err);
    }
    a.set_field.value.u16 = 0x3005; /* More than the field's 13 bits. */
    encode_action(&a, ERR_RANGE, said, &len);
}

/* --- Consistency ------------------------------------------------------------------------------ */

static struct of_action gen_action(struct of_gen *g)
{
    struct of_action group = {.type = OF_ACT_GROUP, .group_id = 7};
    struct of_action list[] = {of_output(2), of_push_vlan(0x8100), of_set_vlan(5), of_pop_vlan(),
                               group};

    return list[of_gen_below(g, sizeof list / sizeof *list)];
}

/* With one action more that fits, and is not frequent, a list goes the long way. */
static void test_consistency(void **state)
{
    struct of_gen g = of_gen_init(42, OF_VERSION_1_5, NULL);
    unsigned n_good = 0, n_bad = 0;

    (void)state;
    for (int i = 0; i < N_ROUNDS; i++) {
        struct of_action actions[5];
        struct of_flow_mod f = {.command = OF_FLOW_ADD, .out_port = OF_PORT_ANY};
        size_t n = of_gen_below(&g, 5);
        enum of_err err;

        for (size_t k = 0; k < n; k++) {
            actions[k] = gen_action(&g);
        }
        actions[n] = (struct of_action){.type = OF_ACT_DEC_NW_TTL};
        if (of_gen_below(&g, 2)) {
            OF_MATCH_SET(&f.match, VLAN_VID, vlan_vid, OF_VID_NONE);
        }
        if (of_gen_below(&g, 4) == 0) {
            OF_MATCH_SET(&f.match, PACKET_TYPE, packet_type, (uint32_t)of_gen_below(&g, 2));
        }
        f.ins = of_apply(actions, n);
        err = of_check_flow_mod(&f);
        f.ins = of_apply(actions, n + 1);
        assert_int_equal(of_check_flow_mod(&f), err);
        n_good += !err;
        n_bad += err != OF_OK;
    }
    assert_true(n_good > N_ROUNDS / 8 && n_bad > N_ROUNDS / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_encoding), cmocka_unit_test(test_match_decoding),
        cmocka_unit_test(test_match_cut),      cmocka_unit_test(test_good_actions),
        cmocka_unit_test(test_bad_actions),    cmocka_unit_test(test_consistency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
