/* Fuzz target of framing: a byte stream that arrives in pieces of any size is cut into the same
 * messages as the whole, nothing is lost between them, and a stream that cannot be followed is given
 * up at the same place. The input is the stream behind one byte that says how the pieces are made. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/openflow/of_codec.h"

#define MAX_MESSAGES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct cut {
    size_t ends[MAX_MESSAGES]; /* Of the messages, from the start of the stream. */
    size_t n;
    bool bad;
};

/* Takes all whole messages off the stream, which begins at offset 'at', and returns how many bytes they
 * were. 'data' has exactly 'n' bytes, so that a sanitizer sees a read beyond them. */
static size_t take(struct cut *cut, size_t at, const uint8_t *data, size_t n)
{
    size_t done = 0;

    while (cut->n < MAX_MESSAGES && !cut->bad) {
        size_t len = 0;
        enum of_frame frame = of_frame_split(data + done, n - done, &len);

        cut->bad = frame == OF_FRAME_BAD;
        if (frame != OF_FRAME_WHOLE) {
            break;
        }
        assert(len >= OF_HEADER_LEN && len <= n - done);
        done += len;
        cut->ends[cut->n++] = at + done;
    }
    return done;
}

static void cut_whole(struct cut *cut, const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);

    memcpy(exact, data, n);
    (void)take(cut, 0, exact, n);
    free(exact);
}

/* Pieces of 1 to 'step' bytes, by turns. */
static void cut_pieces(struct cut *cut, const uint8_t *data, size_t n, size_t step)
{
    size_t done = 0, have = 0;

    for (size_t turn = 0; have < n && !cut->bad && cut->n < MAX_MESSAGES; turn++) {
        size_t piece = 1 + turn * 7 % step;
        uint8_t *exact;

        have += piece < n - have ? piece : n - have;
        exact = malloc(have - done ? have - done : 1);
        memcpy(exact, data + done, have - done);
        done += take(cut, done, exact, have - done);
        free(exact);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cut whole, pieces;

    if (size < 2) {
        return 0;
    }
    whole = pieces = (struct cut){.n = 0};
    cut_whole(&whole, data + 1, size - 1);
    cut_pieces(&pieces, data + 1, size - 1, 1 + data[0]);
    assert(whole.n == pieces.n && whole.bad == pieces.bad);
    assert(memcmp(whole.ends, pieces.ends, whole.n * sizeof whole.ends[0]) == 0);
    return 0;
}
