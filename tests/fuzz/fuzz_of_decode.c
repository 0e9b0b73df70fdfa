/* Fuzz target of room openflow: a byte stream is split and decoded. What decodes prints without
 * overflow; what of that a version can say encodes, decodes to the same message again, and encodes
 * to the same bytes again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
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

/* Port 0 does not exist, and a filter on it encodes as no filter. */
static bool filters_on_port_0(const struct of_msg *msg)
{
    if (msg->type == OF_FLOW_MOD) {
        return msg->flow_mod.out_port == 0;
    }
    return msg->type == OF_MULTIPART_REQUEST &&
           (msg->mp_request.type == OF_MP_FLOW || msg->mp_request.type == OF_MP_AGGREGATE) &&
           msg->mp_request.flow.out_port == 0;
}

static void encode_again(const struct of_msg *msg, struct arena *arena)
{
    struct buf first = BUF_INIT, second = BUF_INIT;
    struct of_msg again;

    if (of_encode(msg, &first) == ERR_OK) {
        enum of_err err = of_decode(first.data, first.len, arena, &again);

        assert(!err && (of_msg_eq(msg, &again) || filters_on_port_0(msg)));
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
