#include "simnet/world/shape.h"

#include <string.h>

#include "controller/base/hash.h"

void shape_masks(const struct of_match *match, uint8_t masks[SHAPE_MAX_KEY])
{
    uint8_t *out = masks;

    for (unsigned f = 0; f < OF_N_FIELDS; f++) {
        const struct of_field_info *info = of_field_info((enum of_field)f);

        if (!of_match_has(match, (enum of_field)f)) {
            continue;
        }
        if (match->masked >> f & 1) {
            memcpy(out, (const uint8_t *)&match->m + info->offset, info->size);
        } else {
            memset(out, 0xff, info->size);
        }
        out += info->size;
    }
}

void shape_init(struct shape *shape, const struct of_match *match)
{
    *shape = (struct shape){.present = match->present, .masked = match->masked};
    for (unsigned f = 0; f < OF_N_FIELDS; f++) {
        const struct of_field_info *info = of_field_info((enum of_field)f);

        if (of_match_has(match, (enum of_field)f)) {
            shape->fields[shape->n_fields].offset = info->offset;
            shape->fields[shape->n_fields++].size = info->size;
            shape->key_size = (uint16_t)(shape->key_size + info->size);
        }
    }
    shape_masks(match, shape->mask);
}

bool shape_is_of(const struct shape *shape, const struct of_match *match, const uint8_t *masks)
{
    return shape->present == match->present && shape->masked == match->masked &&
           (!shape->masked || memcmp(masks, shape->mask, shape->key_size) == 0);
}

/* The usual sizes are moves of a word. */
static inline void copy_field(uint8_t *to, const uint8_t *from, unsigned size)
{
    switch (size) {
    case 2:
        memcpy(to, from, 2);
        return;
    case 4:
        memcpy(to, from, 4);
        return;
    case 6:
        memcpy(to, from, 6);
        return;
    case 8:
        memcpy(to, from, 8);
        return;
    default:
        memcpy(to, from, size);
        return;
    }
}

void shape_pack(const struct shape *shape, const struct of_match *from, uint8_t *key)
{
    uint8_t *out = key;

    for (unsigned i = 0; i < shape->n_fields; i++) {
        copy_field(out, (const uint8_t *)&from->v + shape->fields[i].offset,
                   shape->fields[i].size);
        out += shape->fields[i].size;
    }
    if (shape->masked) {
        for (unsigned i = 0; i < shape->key_size; i++) {
            key[i] &= shape->mask[i];
        }
    }
}

void shape_unpack(const struct shape *shape, const uint8_t *key, struct of_match *out)
{
    const uint8_t *mask = shape->mask;

    out->present = shape->present;
    out->masked = shape->masked;
    for (unsigned i = 0; i < shape->n_fields; i++) {
        copy_field((uint8_t *)&out->v + shape->fields[i].offset, key, shape->fields[i].size);
        key += shape->fields[i].size;
    }
    for (unsigned i = 0; shape->masked && i < shape->n_fields; i++) {
        copy_field((uint8_t *)&out->m + shape->fields[i].offset, mask, shape->fields[i].size);
        mask += shape->fields[i].size;
    }
}

uint64_t shape_hash(uint64_t seed, const uint8_t *key, uint32_t n)
{
    uint64_t h = seed, word;

    for (; n >= sizeof word; n -= (uint32_t)sizeof word, key += sizeof word) {
        memcpy(&word, key, sizeof word);
        h = hash_combine(h, word);
    }
    if (n) {
        word = 0;
        memcpy(&word, key, n);
        h = hash_combine(h, word);
    }
    return h;
}
