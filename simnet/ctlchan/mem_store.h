/* A store in memory, for cores that are restarted within a simulation. */
#ifndef TAMBO_CTLCHAN_MEM_STORE_H
#define TAMBO_CTLCHAN_MEM_STORE_H

#include <stddef.h>

#include "controller/core/store_ops.h"

struct mem_store;

struct mem_store *mem_store_new(void);
void mem_store_free(struct mem_store *store); /* NULL is fine. */

/* Valid as long as the store. What is put is there at once: begin() and end() are not. */
const struct store_ops *mem_store_ops(const struct mem_store *store);

size_t mem_store_size(const struct mem_store *store); /* Pairs. */

#endif
