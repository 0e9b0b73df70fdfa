#include "models/petri/marking.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

enum form { FEW, BITS, BITS_AND_COUNTS };

void petri_marking_fini(struct petri_marking *m)
{
    free(m->count);
    free(m->present);
    free(m->several);
}

void petri_marking_reserve(struct petri_marking *m, size_t n)
{
    size_t words = m->n_words ? m->n_words : 1;

    while (64 * words < n) {
        words *= 2;
    }
    if (words == m->n_words) {
        return;
    }
    m->count = xreallocarray(m->count, 64 * words, sizeof *m->count);
    m->present = xreallocarray(m->present, words, sizeof *m->present);
    m->several = xreallocarray(m->several, words, sizeof *m->several);
    memset(m->count + 64 * m->n_words, 0, 64 * (words - m->n_words) * sizeof *m->count);
    memset(m->present + m->n_words, 0, (words - m->n_words) * sizeof *m->present);
    memset(m->several + m->n_words, 0, (words - m->n_words) * sizeof *m->several);
    m->n_words = words;
}

void petri_marking_clear(struct petri_marking *m)
{
    for (size_t w = 0; w < m->n_words; w++) {
        for (uint64_t bits = m->present[w]; bits; bits &= bits - 1) {
            m->count[64 * w + (unsigned)__builtin_ctzll(bits)] = 0;
        }
        m->present[w] = m->several[w] = 0;
    }
}

/* --- Bytes -------------------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *out, uint64_t v)
{
    while (v > 127) {
        *out++ = (uint8_t)(v | 128);
        v >>= 7;
    }
    *out++ = (uint8_t)v;
    return out;
}

static uint64_t get(const uint8_t **in)
{
    uint64_t v = 0;
    unsigned shift = 0;

    while (**in & 128) {
        v |= (uint64_t)(*(*in)++ & 127) << shift;
        shift += 7;
    }
    return v | (uint64_t) * (*in)++ << shift;
}

size_t petri_marking_room(const struct petri_marking *m)
{
    size_t n = 0;

    for (size_t w = 0; w < m->n_words; w++) {
        n += (unsigned)__builtin_popcountll(m->present[w]);
    }
    return 32 + 8 * m->n_words + 10 * n;
}

static uint8_t *put_few(const struct petri_marking *m, uint8_t *out)
{
    size_t last = 0;

    for (size_t w = 0; w < m->n_words; w++) {
        for (uint64_t bits = m->present[w]; bits; bits &= bits - 1) {
            size_t slot = 64 * w + (unsigned)__builtin_ctzll(bits);
            bool several = m->count[slot] > 1;

            out = put(out, 2 * (slot - last) + several);
            out = several ? put(out, m->count[slot] - 2) : out;
            last = slot;
        }
    }
    return out;
}

static uint8_t *put_counts(const struct petri_marking *m, uint8_t *out)
{
    size_t last = 0;

    for (size_t w = 0; w < m->n_words; w++) {
        for (uint64_t bits = m->several[w]; bits; bits &= bits - 1) {
            size_t slot = 64 * w + (unsigned)__builtin_ctzll(bits);

            out = put(out, slot - last);
            out = put(out, m->count[slot] - 2);
            last = slot;
        }
    }
    return out;
}

size_t petri_marking_pack(const struct petri_marking *m, uint8_t *out)
{
    uint8_t *begin = out + 10, *end = begin, head[10], *head_end; /* The head comes in front. */
    size_t tokens = 0, bytes = 0;
    bool several = false;
    enum form form = FEW;

    for (size_t w = 0; w < m->n_words; w++) {
        if (m->present[w]) {
            tokens += (unsigned)__builtin_popcountll(m->present[w]);
            bytes = 8 * w + 8 - (unsigned)__builtin_clzll(m->present[w]) / 8;
            several |= m->several[w] != 0;
        }
    }
    if (bytes > tokens + tokens / 2) {
        end = put_few(m, begin);
    } else {
        form = several ? BITS_AND_COUNTS : BITS;
        end = several ? put(end, bytes) : end;
        memcpy(end, m->present, bytes); /* Little endian, as on every machine that we build for. */
        end = several ? put_counts(m, end + bytes) : end + bytes;
    }
    head_end = put(head, 4 * (uint64_t)(end - begin) + form);
    memcpy(out, head, (size_t)(head_end - head));
    memmove(out + (head_end - head), begin, (size_t)(end - begin));
    return (size_t)(head_end - head) + (size_t)(end - begin);
}

static void get_few(struct petri_marking *m, const uint8_t *in, const uint8_t *end)
{
    size_t slot = 0;

    while (in < end) {
        uint64_t v = get(&in);

        slot += v / 2;
        petri_marking_set(m, (uint32_t)slot, v & 1 ? (uint32_t)get(&in) + 2 : 1);
    }
}

static void get_bits(struct petri_marking *m, const uint8_t *in, size_t bytes)
{
    memcpy(m->present, in, bytes);
    for (size_t w = 0; 8 * w < bytes; w++) {
        for (uint64_t bits = m->present[w]; bits; bits &= bits - 1) {
            m->count[64 * w + (unsigned)__builtin_ctzll(bits)] = 1;
        }
    }
}

size_t petri_marking_unpack(struct petri_marking *m, const uint8_t *in)
{
    const uint8_t *begin = in, *end;
    uint64_t head = get(&in), bytes = head / 4;
    size_t slot = 0;

    end = in + head / 4;
    petri_marking_clear(m);
    if (head % 4 == FEW) {
        get_few(m, in, end);
        return (size_t)(end - begin);
    }
    bytes = head % 4 == BITS ? bytes : get(&in);
    get_bits(m, in, bytes);
    for (in += bytes; in < end;) {
        slot += get(&in);
        petri_marking_set(m, (uint32_t)slot, (uint32_t)get(&in) + 2);
    }
    return (size_t)(end - begin);
}

size_t petri_packed_size(const uint8_t *in)
{
    const uint8_t *begin = in;
    uint64_t head = get(&in);

    return (size_t)(in - begin) + head / 4;
}
