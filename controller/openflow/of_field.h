/* Field values as numbers, most significant byte first. In this form values, masks, ranges and wire
 * bytes are handled by the same few lines for every field, from one bit to an IPv6 address. */
#ifndef TAMBO_OPENFLOW_OF_FIELD_H
#define TAMBO_OPENFLOW_OF_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "controller/openflow/of_match.h"

struct of_num {
    uint64_t hi, lo; /* 'hi' is 0 except for IPv6 addresses. */
};

/* The number in the 'size' bytes of a member of struct of_fields or union of_value. */
struct of_num of_num_load(const void *p, size_t size);
void of_num_store(void *p, size_t size, struct of_num v);

/* 'bits' ones, 1 to 128. */
static inline struct of_num of_num_ones(unsigned bits)
{
    return (struct of_num){bits > 64 ? UINT64_MAX >> (128 - bits) : 0,
                           bits >= 64 ? UINT64_MAX : UINT64_MAX >> (64 - bits)};
}

static inline struct of_num of_num_and(struct of_num a, struct of_num b)
{
    return (struct of_num){a.hi & b.hi, a.lo & b.lo};
}

static inline bool of_num_eq(struct of_num a, struct of_num b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* True when every bit of 'a' is also in 'b'. */
static inline bool of_num_within(struct of_num a, struct of_num b)
{
    return !(a.hi & ~b.hi) && !(a.lo & ~b.lo);
}

static inline bool of_num_is_zero(struct of_num a)
{
    return !(a.hi | a.lo);
}

/* Value and mask of 'field', which must be present; the mask of an exact field is all ones. */
struct of_num of_match_value(const struct of_match *match, enum of_field field);
struct of_num of_match_mask(const struct of_match *match, enum of_field field);

/* The field with number 'oxm' of class OPENFLOW_BASIC; OF_N_FIELDS, or more, when there is none. */
static inline unsigned of_field_of_oxm(unsigned oxm)
{
    return oxm < 40 ? oxm : oxm > 40 ? oxm - 1 : OF_N_FIELDS;
}

/* Visits the fields in the bitmap 'bits', lowest first; 'left' is a uint64_t of the caller. */
#define OF_FOR_EACH_FIELD(field, left, bits)                                                       \
    for ((left) = (bits); (left) && ((field) = (enum of_field)__builtin_ctzll(left), true);        \
         (left) &= (left)-1)

#endif
