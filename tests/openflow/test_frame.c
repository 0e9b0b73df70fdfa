/* Looking ahead in a stream: the frame of a packet-in is where the decoder will find it, and nothing is
 * read beyond what is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_gen.h"

#define ETH_HEADER 14

static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4, OF_VERSION_1_5};

/* 'bytes' are in memory of their own, so that a sanitizer sees a read beyond them. */
static const uint8_t *peek_copy(const uint8_t *bytes, size_t n, ptrdiff_t *at)
{
    uint8_t *copy = malloc(n ? n : 1);
    const uint8_t *found;

    memcpy(copy, bytes, n);
    found = of_frame_peek(copy, n);
    *at = found ? found - copy : -1;
    free(copy);
    return found;
}

static void check_packet_in(const struct buf *wire, struct arena *arena)
{
    struct of_msg msg;
    ptrdiff_t at;

    assert_int_equal(of_decode(wire->data, wire->len, arena, &msg), OF_OK);
    for (size_t n = 0; n <= wire->len; n++) {
        if (!peek_copy(wire->data, n, &at)) {
            assert_true(n < wire->len || msg.packet_in.data.len < ETH_HEADER);
        } else {
            assert_ptr_equal(wire->data + at, msg.packet_in.data.data);
            assert_true((size_t)at + ETH_HEADER <= n);
        }
    }
}

static void packet_ins_are_where_they_seem(void **state)
{
    struct buf wire = BUF_INIT;

    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        for (uint64_t i = 0; i < 200; i++) {
            struct arena arena = ARENA_INIT;
            struct of_gen g = of_gen_init(2385 + i, versions[v], &arena);
            struct of_msg msg;

            of_gen_msg(&g, OF_PACKET_IN, OF_MP_DESC, &msg);
            buf_clear(&wire);
            assert_int_equal(of_encode(&msg, &wire), ERR_OK);
            check_packet_in(&wire, &arena);
            arena_fini(&arena);
        }
    }
    buf_fini(&wire);
}

static void other_messages_have_no_frame(void **state)
{
    struct buf wire = BUF_INIT;
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST};
    uint8_t body[64] = {0};

    (void)state;
    echo.echo = (struct of_bytes){body, sizeof body};
    assert_int_equal(of_encode(&echo, &wire), ERR_OK);
    assert_null(of_frame_peek(wire.data, wire.len));
    assert_null(of_frame_peek(wire.data, 0));
    buf_fini(&wire);
}

/* The length of a match may lie. */
static void a_lying_match_leads_nowhere(void **state)
{
    uint8_t bytes[80] = {OF_VERSION_1_3, 10, 0, sizeof bytes};
    ptrdiff_t at;

    (void)state;
    memset(bytes + 26, 0xff, 2);
    assert_null(peek_copy(bytes, sizeof bytes, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packet_ins_are_where_they_seem),
        cmocka_unit_test(other_messages_have_no_frame),
        cmocka_unit_test(a_lying_match_leads_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
