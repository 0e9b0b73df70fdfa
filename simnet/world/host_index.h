/* The hosts of a world by their Ethernet addresses, as they are when the index is made: a table with linear
 * probing, two thirds full at most. */
#ifndef TAMBO_WORLD_HOST_INDEX_H
#define TAMBO_WORLD_HOST_INDEX_H

#include "simnet/world/world.h"

struct host_place {
    uint64_t mac;
    uint32_t host; /* UINT32_MAX: free. */
};

struct host_index {
    struct host_place *places;
    uint64_t mask;
};

void host_index_init(struct host_index *index, const struct world *world);
void host_index_fini(struct host_index *index);

/* Its number, or UINT32_MAX. */
uint32_t host_index_find(const struct host_index *index, struct eth_addr mac);

size_t host_index_bytes(const struct host_index *index); /* That it holds. */

#endif
