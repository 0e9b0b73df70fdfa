/* The annotated vectors: each decodes to the message it says, or is refused with the error it says;
 * good ones encode to the same bytes again. Cut or flipped anywhere they never crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_eq.h"
#include "tests/openflow/of_gen.h"
#include "tests/openflow/of_hex.h"

#define FOLDER TAMBO_SOURCE_DIR "/tests/vectors"

/* Counts, so that an empty folder does not pass for a good one. */
struct tally {
    struct arena arena;
    int n_good, n_tolerated, n_bad, n_failed;
    bool seen[OF_VERSION_1_5 + 1][OF_N_TYPES];
    bool seen_mp[OF_VERSION_1_5 + 1][2][OF_N_MP_TYPES]; /* Version, request or reply, type. */
};

static void complain(struct tally *t, const struct of_vector *v, const char *what, const char *got)
{
    print_error("%s:%d: %s\n  expected %s\n  got      %s\n", v->file, v->line, what, v->text, got);
    t->n_failed++;
}

static void note(struct tally *t, const struct of_msg *msg)
{
    uint8_t version = msg->version;

    if (version > OF_VERSION_1_5) {
        return; /* A hello of the future. */
    }
    t->seen[version][msg->type] = true;
    if (msg->type == OF_MULTIPART_REQUEST) {
        t->seen_mp[version][0][msg->mp_request.type] = true;
    }
    if (msg->type == OF_MULTIPART_REPLY) {
        t->seen_mp[version][1][msg->mp_reply.type] = true;
    }
}

static void check_good(struct tally *t, const struct of_vector *v, const struct of_msg *msg)
{
    struct buf again = BUF_INIT;
    char text[8192];

    of_msg_print(msg, text, sizeof text);
    if (strcmp(text, v->text) != 0) {
        complain(t, v, "prints differently", text);
    }
    if (of_encode(msg, &again) || again.len != v->bytes->len ||
        memcmp(again.data, v->bytes->data, again.len) != 0) {
        complain(t, v, "encodes to other bytes", text);
    }
    buf_fini(&again);
    note(t, msg);
}

/* What was tolerated is gone or in order when the message is encoded, if it can be at all: what a
 * switch has may be more than we can ask for. */
static void check_tolerated(struct tally *t, const struct of_vector *v, const struct of_msg *msg)
{
    struct buf again = BUF_INIT;
    struct of_msg other;
    char text[8192];

    of_msg_print(msg, text, sizeof text);
    if (strcmp(text, v->text) != 0) {
        complain(t, v, "prints differently", text);
    }
    if (of_encode(msg, &again) == ERR_OK) {
        if (again.len == v->bytes->len && !memcmp(again.data, v->bytes->data, again.len)) {
            complain(t, v, "has nothing to tolerate", text);
        }
        if (of_decode(again.data, again.len, &t->arena, &other) || !of_msg_eq(msg, &other)) {
            complain(t, v, "encodes to another message", text);
        }
    }
    buf_fini(&again);
}

static void check_vector(const struct of_vector *v, void *aux)
{
    struct tally *t = aux;
    struct of_msg msg;
    enum of_err err = of_decode(v->bytes->data, v->bytes->len, &t->arena, &msg);

    if (v->kind == '!') {
        t->n_bad++;
        if (strcmp(of_err_name(err), v->text) != 0) {
            complain(t, v, "wrong error", of_err_name(err));
        }
    } else if (err) {
        complain(t, v, "does not decode", of_err_name(err));
    } else if (v->kind == '~') {
        t->n_tolerated++;
        check_tolerated(t, v, &msg);
    } else {
        t->n_good++;
        check_good(t, v, &msg);
    }
    arena_reset(&t->arena);
}

/* There is a vector for each message and multipart that the version has. */
static void check_complete(const struct tally *t, uint8_t version)
{
    for (unsigned type = 0; type < OF_N_TYPES; type++) {
        assert_int_equal(t->seen[version][type], of_gen_has_type(version, (enum of_type)type));
    }
    for (unsigned mp = 0; mp < OF_N_MP_TYPES; mp++) {
        bool has = of_gen_has_mp_type(version, (enum of_mp_type)mp);

        assert_int_equal(t->seen_mp[version][0][mp], has);
        assert_int_equal(t->seen_mp[version][1][mp], has);
    }
}

static void test_decode_print_encode(void **state)
{
    struct tally t = {0};

    (void)state;
    assert_int_not_equal(of_vectors_for_each(FOLDER, check_vector, &t), -1);
    print_message("%d good, %d tolerated, %d malformed\n", t.n_good, t.n_tolerated, t.n_bad);
    assert_int_equal(t.n_failed, 0);
    check_complete(&t, OF_VERSION_1_0);
    check_complete(&t, OF_VERSION_1_3);
    check_complete(&t, OF_VERSION_1_4);
    check_complete(&t, OF_VERSION_1_5);
    assert_true(t.n_bad >= 400 && t.n_tolerated >= 30);
    arena_fini(&t.arena);
}

/* A copy of exactly 'n' bytes, so that a sanitizer sees the first byte read beyond them. */
static enum of_err decode_exact(const uint8_t *data, size_t n, struct arena *arena)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct of_msg msg;
    enum of_err err;

    memcpy(copy, data, n);
    err = of_decode(copy, n, arena, &msg);
    if (!err) {
        struct buf again = BUF_INIT;
        char text[256];

        of_msg_print(&msg, text, sizeof text);
        (void)of_encode(&msg, &again);
        buf_fini(&again);
    }
    free(copy);
    arena_reset(arena);
    return err;
}

/* Cut short, the header's length is wrong (unless it already was); with the length made to agree the rest is what a peer
 * could send, and must be survived. */
static void truncate_everywhere(const struct of_vector *v, void *aux)
{
    struct arena *arena = aux;

    for (size_t n = 0; n < v->bytes->len; n++) {
        uint8_t *cut = malloc(n + 4);

        memcpy(cut, v->bytes->data, n);
        assert_true(decode_exact(cut, n, arena) != OF_OK || v->kind == '!');
        cut[2] = (uint8_t)(n >> 8);
        cut[3] = (uint8_t)n;
        (void)decode_exact(cut, n, arena);
        free(cut);
    }
}

static void test_truncation(void **state)
{
    struct arena arena = ARENA_INIT;

    (void)state;
    assert_true(of_vectors_for_each(FOLDER, truncate_everywhere, &arena) > 0);
    arena_fini(&arena);
}

static void flip_every_bit(const struct of_vector *v, void *aux)
{
    struct arena *arena = aux;

    for (size_t bit = 0; bit < v->bytes->len * 8; bit++) {
        v->bytes->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)decode_exact(v->bytes->data, v->bytes->len, arena);
        v->bytes->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_bit_flips(void **state)
{
    struct arena arena = ARENA_INIT;

    (void)state;
    assert_true(of_vectors_for_each(FOLDER, flip_every_bit, &arena) > 0);
    arena_fini(&arena);
}

/* Printing reports the length that it needs and never writes more than it may. */
static void print_in_every_size(const struct of_vector *v, void *aux)
{
    struct arena *arena = aux;
    struct of_msg msg;
    char text[8192];
    size_t needed;

    if (v->kind == '!' || of_decode(v->bytes->data, v->bytes->len, arena, &msg)) {
        return;
    }
    needed = of_msg_print(&msg, text, sizeof text);
    assert_int_equal(needed, strlen(text));
    for (size_t size = 0; size <= needed; size++) {
        char *out = malloc(size ? size : 1);

        assert_int_equal(of_msg_print(&msg, out, size), needed);
        assert_true(size == 0 || (strlen(out) == size - 1 && memcmp(out, text, size - 1) == 0));
        free(out);
    }
    arena_reset(arena);
}

static void test_print_sizes(void **state)
{
    struct arena arena = ARENA_INIT;

    (void)state;
    assert_true(of_vectors_for_each(FOLDER, print_in_every_size, &arena) > 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_print_encode),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_bit_flips),
        cmocka_unit_test(test_print_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
