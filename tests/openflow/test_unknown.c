/* What we do not know: fields, actions and instructions of later versions and of experimenters are put
 * into random places of random messages. In what a switch tells they are skipped and the rest is as
 * it was; in what a controller asks for they are refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_eq.h"
#include "tests/openflow/of_gen.h"

#define N_MESSAGES 3000

#define MULTIPART_LEN 16
#define FLOW_STATS_LEN 48 /* Before the match. */
#define FLOW_MOD_LEN 48   /* Before the match, with the header. */
#define FLOW_STATS_LEN_10 88
#define FLOW_MOD_LEN_10 72

enum what { OXM, ACTION, INSTRUCTION, N_WHATS };

struct fixture {
    struct arena gen_arena, arena;
    struct buf plain, spoilt;
    struct of_gen gen;
    enum what what;
    bool done; /* The unknown thing has found its place. */
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.gen_arena = ARENA_INIT, .arena = ARENA_INIT};
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_fini(&f->gen_arena);
    arena_fini(&f->arena);
    buf_fini(&f->plain);
    buf_fini(&f->spoilt);
    return 0;
}

/* --- Unknown things --------------------------------------------------------------------------- */

static void put_random(struct fixture *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put_u8(&f->spoilt, of_gen_bits(&f->gen, 8));
    }
}

/* A field of OpenFlow's own class behind the last of 1.3, or one of another class. */
static void put_oxm(struct fixture *f)
{
    static const uint16_t classes[] = {0x8000, 0x0000, 0x0001, 0x7fff, 0x8001, 0xffff};
    uint16_t class = classes[of_gen_below(&f->gen, sizeof classes / sizeof classes[0])];
    uint64_t field = class == 0x8000 ? 40 + of_gen_below(&f->gen, 88) : of_gen_below(&f->gen, 128);
    size_t len = 4 + of_gen_below(&f->gen, 60);

    buf_put_u16(&f->spoilt, class);
    buf_put_u8(&f->spoilt, field << 1 | of_gen_below(&f->gen, 2));
    buf_put_u8(&f->spoilt, len);
    put_random(f, len);
}

/* Numbers between the last action of either version and those of experimenters. */
static void put_action(struct fixture *f)
{
    size_t len = 8 * (1 + of_gen_below(&f->gen, 5));

    buf_put_u16(&f->spoilt, 28 + of_gen_below(&f->gen, 0xffff - 28));
    buf_put_u16(&f->spoilt, len);
    put_random(f, len - 4);
}

static void put_instruction(struct fixture *f)
{
    size_t len = 8 * (1 + of_gen_below(&f->gen, 5));

    buf_put_u16(&f->spoilt, 7 + of_gen_below(&f->gen, 0xffff - 7));
    buf_put_u16(&f->spoilt, len);
    put_random(f, len - 4);
}

/* Here is a place for a 'what': takes it every other time, or if it is the 'last'. */
static void maybe_put(struct fixture *f, enum what what, bool last)
{
    static void (*const put[N_WHATS])(struct fixture *) = {put_oxm, put_action, put_instruction};

    if (f->what == what && !f->done && (last || of_gen_below(&f->gen, 2))) {
        f->done = true;
        put[what](f);
    }
}

/* --- Copying messages with one more thing in them ------------------------------------------------- */

static void copy(struct fixture *f, struct rd *r, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);

    assert_non_null(p);
    buf_put(&f->spoilt, p, n);
}

static void copy_match(struct fixture *f, struct rd *r)
{
    size_t start = f->spoilt.len;
    size_t len;
    struct rd fields;

    copy(f, r, 2);
    len = rd_u16(r);
    fields = rd_sub(r, len - 4);
    rd_skip(r, (8 - len % 8) % 8);
    buf_put_u16(&f->spoilt, 0);
    while (fields.left) {
        maybe_put(f, OXM, false);
        copy(f, &fields, 4u + fields.p[3]);
    }
    maybe_put(f, OXM, true);
    buf_set_u16(&f->spoilt, start + 2, f->spoilt.len - start);
    buf_pad(&f->spoilt, start, 8);
}

static void copy_actions(struct fixture *f, struct rd *r)
{
    while (r->left) {
        maybe_put(f, ACTION, false);
        copy(f, r, (size_t)r->p[2] << 8 | r->p[3]);
    }
    maybe_put(f, ACTION, true);
}

static void copy_instructions(struct fixture *f, struct rd *r)
{
    while (r->left) {
        size_t start = f->spoilt.len;
        unsigned type = r->p[1];
        struct rd body = rd_sub(r, (size_t)r->p[2] << 8 | r->p[3]);

        maybe_put(f, INSTRUCTION, false);
        start = f->spoilt.len;
        copy(f, &body, type == 3 || type == 4 ? 8 : body.left);
        if (type == 3 || type == 4) { /* Write- and apply-actions. */
            copy_actions(f, &body);
        }
        buf_set_u16(&f->spoilt, start + 2, f->spoilt.len - start);
    }
    maybe_put(f, INSTRUCTION, true);
}

/* A list of one flow entry behind 'head' bytes, of which 'len_at' has the entry's length. */
static void spoil(struct fixture *f, enum what what, size_t head, size_t len_at)
{
    struct rd r = rd_init(f->plain.data, f->plain.len);

    f->what = what;
    f->done = false;
    buf_clear(&f->spoilt);
    copy(f, &r, head);
    if (f->gen.version == OF_VERSION_1_0) {
        copy_actions(f, &r);
    } else {
        copy_match(f, &r);
        copy_instructions(f, &r);
    }
    buf_set_u16(&f->spoilt, 2, f->spoilt.len);
    if (len_at) {
        buf_set_u16(&f->spoilt, len_at, f->spoilt.len - len_at);
    }
}

/* --- Tests ------------------------------------------------------------------------------------ */

/* Flow statistics of one entry, or NULL when chance wants more or none. */
static bool gen_reply(struct fixture *f, struct of_msg *msg)
{
    of_gen_msg(&f->gen, OF_MULTIPART_REPLY, OF_MP_FLOW, msg);
    buf_clear(&f->plain);
    return msg->mp_reply.n == 1 && !of_encode(msg, &f->plain);
}

static void check_reply(struct fixture *f, const struct of_msg *msg)
{
    struct of_msg out;

    assert_int_equal(of_decode(f->spoilt.data, f->spoilt.len, &f->arena, &out), OF_OK);
    assert_true(of_msg_eq(msg, &out));
}

static int skip_in_replies(struct fixture *f, uint8_t version, enum what what, size_t head,
                           size_t len_at)
{
    int n = 0;

    f->gen = of_gen_init((uint64_t)version << 8 | what, version, &f->gen_arena);
    for (int i = 0; i < N_MESSAGES; i++) {
        struct of_msg msg;

        if (gen_reply(f, &msg)) {
            spoil(f, what, head, len_at);
            if (f->done) {
                check_reply(f, &msg);
                n++;
            }
        }
        arena_reset(&f->arena);
        arena_reset(&f->gen_arena);
    }
    return n;
}

static void test_skipped_from_switches(void **state)
{
    struct fixture *f = *state;

    for (unsigned what = 0; what < N_WHATS; what++) {
        assert_true(skip_in_replies(f, OF_VERSION_1_3, (enum what)what,
                                    MULTIPART_LEN + FLOW_STATS_LEN, MULTIPART_LEN) > 100);
    }
    assert_true(skip_in_replies(f, OF_VERSION_1_0, ACTION, 12 + FLOW_STATS_LEN_10, 12) > 100);
}

static int refuse_in_flow_mods(struct fixture *f, uint8_t version, enum what what, size_t head,
                               enum of_err expected)
{
    int n = 0;

    f->gen = of_gen_init((uint64_t)version << 8 | what, version, &f->gen_arena);
    for (int i = 0; i < N_MESSAGES; i++) {
        struct of_msg msg, out;

        of_gen_msg(&f->gen, OF_FLOW_MOD, OF_MP_DESC, &msg);
        buf_clear(&f->plain);
        assert_int_equal(of_encode(&msg, &f->plain), ERR_OK);
        spoil(f, what, head, 0);
        if (f->done) {
            assert_int_equal(of_decode(f->spoilt.data, f->spoilt.len, &f->arena, &out), expected);
            n++;
        }
        arena_reset(&f->arena);
        arena_reset(&f->gen_arena);
    }
    return n;
}

static void test_refused_from_controllers(void **state)
{
    static const enum of_err expected[N_WHATS] = {
        OF_ERR_MATCH_BAD_FIELD,
        OF_ERR_ACT_BAD_TYPE,
        OF_ERR_INST_UNKNOWN,
    };
    struct fixture *f = *state;

    for (unsigned what = 0; what < N_WHATS; what++) {
        assert_true(refuse_in_flow_mods(f, OF_VERSION_1_3, (enum what)what, FLOW_MOD_LEN,
                                        expected[what]) > 100);
    }
    assert_true(
        refuse_in_flow_mods(f, OF_VERSION_1_0, ACTION, FLOW_MOD_LEN_10, OF_ERR_ACT_BAD_TYPE) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_skipped_from_switches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_from_controllers, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
