/* Error values used from the ground floor up.
 *
 * Two kinds of wrong are kept apart: our own bug trips an assert with a message; the world's fault
 * (a peer, a file, a full table, no memory) comes back as one of these values. Anything that answers
 * an OpenFlow peer uses enum of_err instead (controller/openflow/of_err.h). */
#ifndef TAMBO_BASE_ERR_H
#define TAMBO_BASE_ERR_H

#define ERR_LIST(X)                                                                                \
    X(ERR_OK, "ok")                                                                                \
    X(ERR_NOMEM, "out of memory")                                                                  \
    X(ERR_RANGE, "value out of range")                                                             \
    X(ERR_TRUNCATED, "data ends too early")                                                        \
    X(ERR_FULL, "no room left")                                                                    \
    X(ERR_EXISTS, "already exists")                                                                \
    X(ERR_NOTFOUND, "not found")                                                                   \
    X(ERR_STATE, "not possible in this state")                                                     \
    X(ERR_UNSUPPORTED, "not supported")                                                            \
    X(ERR_SYNTAX, "syntax error")                                                                  \
    X(ERR_IO, "input/output error")                                                                \
    X(ERR_CLOSED, "connection closed")                                                             \
    X(ERR_TIMEOUT, "timed out")

enum err {
#define X(name, text) name,
    ERR_LIST(X)
#undef X
};

/* A short English text for 'err', never NULL. */
const char *err_text(enum err err);

#endif
