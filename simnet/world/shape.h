/* The shape of a match: which fields it looks at and under which masks, without their values.
 *
 * Entries of one shape differ only in their values, which are packed into a key of a few bytes. A
 * flow table keeps one hash key space per shape (tuple space search: Srinivasan, Suri, Varghese
 * 1999), so finding an entry costs one hash per shape whatever the number of entries. */
#ifndef TAMBO_WORLD_SHAPE_H
#define TAMBO_WORLD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/openflow/of_match.h"

#define SHAPE_MAX_KEY sizeof(struct of_fields)

struct shape {
    uint64_t present, masked; /* As in struct of_match. */
    uint16_t key_size;        /* Bytes of a packed key. */
    uint8_t n_fields;
    struct {
        uint16_t offset; /* In struct of_fields. */
        uint8_t size;
    } fields[OF_N_FIELDS];
    uint8_t mask[SHAPE_MAX_KEY]; /* Packed masks; all ones where a field is not masked. */
};

/* The shape of 'match', which is normalized. */
void shape_init(struct shape *shape, const struct of_match *match);

/* The packed masks of a match that has any, of as many bytes as its shape's keys, for the next function. */
void shape_masks(const struct of_match *match, uint8_t masks[SHAPE_MAX_KEY]);

/* True when 'match', whose masks these are, has this shape. */
bool shape_is_of(const struct shape *shape, const struct of_match *match, const uint8_t *masks);

/* Packs the values of the shape's fields in 'from' (a match of this shape, or a packet that has all of
 * them), masked, into 'key' of key_size bytes. */
void shape_pack(const struct shape *shape, const struct of_match *from, uint8_t *key);

/* The match that 'key' was packed from. */
void shape_unpack(const struct shape *shape, const uint8_t *key, struct of_match *out);

/* Hash of 'n' bytes of a packed key, continued from 'seed'. */
uint64_t shape_hash(uint64_t seed, const uint8_t *key, uint32_t n);

#endif
