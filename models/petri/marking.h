/* A marking as numbers of tokens, and as bytes.
 *
 * Bytes: a varint of 4 × length + form, then
 *      form 0   few tokens: for each slot that has some, a varint of twice the distance to the slot before
 *               and whether there are several, which another varint tells (less 2);
 *      form 1   a bit for each slot, without the zero bytes at the end;
 *      form 2   a varint, how many bytes of bits, the bits, and for each slot with several tokens the
 *               varints distance and number less 2.
 * The form follows from the marking, so equal markings are equal bytes, whatever slots come to be known
 * later. 34 philosophers take 14 bytes. */
#ifndef TAMBO_MODELS_PETRI_MARKING_H
#define TAMBO_MODELS_PETRI_MARKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct petri_marking {
    uint32_t *count;   /* By slot. */
    uint64_t *present; /* A bit for each slot that has tokens, */
    uint64_t *several; /* and for each that has more than one. */
    size_t n_words;    /* Of the bits: room for 64 slots each. */
};

void petri_marking_fini(struct petri_marking *m);

/* Makes room for "n" slots. */
void petri_marking_reserve(struct petri_marking *m, size_t n);

/* Sets the number of tokens of a slot within the room. */
static inline void petri_marking_set(struct petri_marking *m, uint32_t slot, uint32_t count)
{
    uint64_t bit = UINT64_C(1) << (slot & 63);

    m->count[slot] = count;
    m->present[slot >> 6] = count ? m->present[slot >> 6] | bit : m->present[slot >> 6] & ~bit;
    m->several[slot >> 6] = count > 1 ? m->several[slot >> 6] | bit : m->several[slot >> 6] & ~bit;
}

void petri_marking_clear(struct petri_marking *m);

/* At most so many bytes. */
size_t petri_marking_room(const struct petri_marking *m);

/* Writes the bytes to "out" and returns how many. */
size_t petri_marking_pack(const struct petri_marking *m, uint8_t *out);

/* Reads bytes of petri_marking_pack(); the slots must be within the room. Returns how many it read. */
size_t petri_marking_unpack(struct petri_marking *m, const uint8_t *in);

/* How many bytes there are at "in". */
size_t petri_packed_size(const uint8_t *in);

#endif
