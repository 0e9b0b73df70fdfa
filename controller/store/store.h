/* What must survive a restart, in one SQLite file: small texts under (table, key).
 *
 * This is the live implementation of controller/core/store_ops.h. Every put and del is one
 * transaction in a write-ahead log that is flushed to the disk before the call returns, so a label
 * that a switch has been told is never forgotten; what is between begin and end is one together. The file carries our application id and a schema
 * version; a file of somebody else or of a newer tambod is refused, never changed. */
#ifndef TAMBO_STORE_STORE_H
#define TAMBO_STORE_STORE_H

#include <stddef.h>

#include "controller/base/log.h"
#include "controller/core/store_ops.h"

struct store;

/* Opens or makes the file 'path' (":memory:": nothing survives). 'log' is borrowed and may be NULL;
 * later failures are told there. On error NULL, and 'why' (of 'why_size' bytes) says what was wrong
 * with which file. */
struct store *store_open(const char *path, struct log *log, char *why, size_t why_size);

/* Closes the file. NULL is fine. */
void store_close(struct store *store);

/* What the core is given. Borrowed from 'store'. put() and del() return ERR_IO when SQLite fails
 * (disk full, file gone read-only); each() stops at the first failure in the same way. */
const struct store_ops *store_get_ops(const struct store *store);

#endif
