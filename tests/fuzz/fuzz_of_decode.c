/* Fuzz target of room openflow: a byte stream is split and decoded. What decodes prints without
 * overflow; what of that a version can say encodes, decodes to the same message again, and encodes
 * to the same bytes again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_eq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_short(const struct of_msg *msg)
{
    char text[120];
    size_t needed = of_msg_print(msg, text, sizeof text);

    assert(strlen(text) == (needed < sizeof text ? needed : sizeof text - 1));
}

static void explain(enum of_err err, const struct of_msg *a, const struct of_msg *b)
{
    char text[4096];

    of_msg_print(a, text, sizeof text);
    fprintf(stderr, "%s\n  decoded        %s\n", of_err_name(err), text);
    of_msg_print(b, text, sizeof text);
    fprintf(stderr, "  decoded again  %s\n", err ? "" : text);
}

static void encode_again(const struct of_msg *msg, struct arena *arena)
{
    struct buf first = BUF_INIT, second = BUF_INIT;
    struct of_msg again;

    if (of_encode(msg, &first) == ERR_OK) {
        enum of_err err;

        memset(&again, 0x5a, sizeof again);
        err = of_decode(first.data, first.len, arena, &again);

        if (err || !of_msg_eq(msg, &again)) {
            explain(err, msg, &again);
            abort();
        }
        assert(of_encode(&again, &second) == ERR_OK);
        assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    } else {
        assert(first.len == 0 && !first.failed);
    }
    buf_fini(&first);
    buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    size_t len;

    while (of_frame_split(data, size, &len) == OF_FRAME_WHOLE) {
        struct of_msg msg;

        memset(&msg, 0xa5, sizeof msg); /* So that what was left unset is not 0 by chance. */
        if (of_decode(data, len, &arena, &msg) == OF_OK) {
            print_short(&msg);
            encode_again(&msg, &arena);
        }
        arena_reset(&arena);
        data += len;
        size -= len;
    }
    arena_fini(&arena);
    return 0;
}
