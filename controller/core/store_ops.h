/* What must survive a restart, as the core sees it: small texts under (table, key).
 *
 * controller/store does it with SQLite; the simulator leaves it out or keeps a table in memory.
 * Writes are durable when put() and del() return. */
#ifndef TAMBO_CORE_STORE_OPS_H
#define TAMBO_CORE_STORE_OPS_H

#include "controller/base/err.h"

typedef void store_each_fn(void *aux, const char *key, const char *value);
typedef void store_table_fn(void *aux, const char *table);

struct store_ops {
    void *aux;
    enum err (*put)(void *aux, const char *table, const char *key, const char *value);
    enum err (*del)(void *aux, const char *table, const char *key);

    /* Calls 'fn' for every pair of 'table', in the order of the keys. */
    enum err (*each)(void *aux, const char *table, store_each_fn *fn, void *fn_aux);

    /* Calls 'fn' for the name of every table that has a pair, ascending: for people who look. NULL: it
     * cannot tell. */
    enum err (*tables)(void *aux, store_table_fn *fn, void *fn_aux);

    /* What is put and deleted between them survives as a whole or not at all, and is durable when end()
     * returns ERR_OK. After an error none of it is: one of the calls between has failed, or end() itself.
     * They do not nest. Both may be NULL. */
    enum err (*begin)(void *aux);
    enum err (*end)(void *aux);
};

#endif
