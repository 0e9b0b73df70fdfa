/* Frame splitter: where one message ends and the next begins in a byte stream (§7.1: every message
 * starts with version, type, length, xid, and the length includes these eight bytes). */
#include "controller/openflow/of_codec.h"

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
