/* Annotated wire vectors (tests/vectors/of_*.hex).
 *
 * A file is a list of vectors. Each is some lines of hex bytes with comments behind '#', ended by
 * what decoding must give: "= " and the printed message, which encodes to the same bytes again; "~ "
 * and the printed message, of which something was tolerated or skipped, so that other bytes come
 * out; or "! " and the name of the error. */
#ifndef TAMBO_TESTS_OPENFLOW_OF_HEX_H
#define TAMBO_TESTS_OPENFLOW_OF_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/base/buf.h"

struct of_vector {
    const char *file; /* Without folder. */
    int line;         /* Where it ends. */
    const struct buf *bytes;
    char kind;        /* '=' or '!'. */
    const char *text; /* What follows the kind. */
};

typedef void of_vector_fn(const struct of_vector *v, void *aux);

/* Calls 'fn' for every vector of every file "of_*.hex" in 'folder', in the order of names. Returns
 * their number; -1, with a message on standard error, when something cannot be read or parsed. */
int of_vectors_for_each(const char *folder, of_vector_fn *fn, void *aux);

#endif
