/* Random valid messages of every type and version, from a seed, for property tests and captures.
 *
 * "Valid" means that the version can say it and that decoding gives exactly what was generated:
 * matches are normalized, what a version does not carry has the value that its decoder fills in. */
#ifndef TAMBO_TESTS_OPENFLOW_OF_GEN_H
#define TAMBO_TESTS_OPENFLOW_OF_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/openflow/of_msg.h"

struct of_gen {
    uint64_t state;
    uint8_t version;
    struct arena *arena; /* Holds the lists and data of the messages; borrowed. */
};

struct of_gen of_gen_init(uint64_t seed, uint8_t version, struct arena *arena);

/* A uniform number below 'n', which is not 0. */
uint64_t of_gen_below(struct of_gen *g, uint64_t n);

/* 'bits' random bits; small numbers and all ones come more often than chance would have it. */
uint64_t of_gen_bits(struct of_gen *g, unsigned bits);

/* Does the version have this message, this multipart? */
bool of_gen_has_type(uint8_t version, enum of_type type);
bool of_gen_has_mp_type(uint8_t version, enum of_mp_type type);

/* A message of type 'type'; of multiparts, one of type 'mp_type'. */
void of_gen_msg(struct of_gen *g, enum of_type type, enum of_mp_type mp_type, struct of_msg *msg);

/* A match that the version can say. */
void of_gen_match(struct of_gen *g, struct of_match *match);

#endif
