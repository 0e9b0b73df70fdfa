/* Frame splitter: where one message ends and the next begins in a byte stream (§7.1: every message
 * starts with version, type, length, xid, and the length includes these eight bytes). */
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_wire.h"

enum of_frame of_frame_split(const uint8_t *data, size_t n, size_t *len)
{
    if (n < 4) {
        return OF_FRAME_PARTIAL;
    }
    *len = (size_t)data[2] << 8 | data[3];
    if (*len < OF_HEADER_LEN) {
        return OF_FRAME_BAD;
    }
    return n < *len ? OF_FRAME_PARTIAL : OF_FRAME_WHOLE;
}

#define PEEK_10 18    /* Bytes before the frame in 1.0. */
#define PEEK_MATCH 24 /* Where the match begins in later versions; */
#define PEEK_PAD 2    /* between it and the frame. */
#define PEEK_ETH_HEADER 14

const uint8_t *of_frame_peek(const uint8_t *data, size_t n)
{
    size_t at = PEEK_10;

    if (n < PEEK_MATCH + 4 || data[1] != of13_rows[OF_PACKET_IN].number) {
        return NULL;
    }
    if (data[0] != OF_VERSION_1_0) {
        size_t match = (size_t)data[PEEK_MATCH + 2] << 8 | data[PEEK_MATCH + 3];

        at = PEEK_MATCH + (match + 7) / 8 * 8 + PEEK_PAD;
    }
    return at + PEEK_ETH_HEADER <= n ? data + at : NULL;
}
