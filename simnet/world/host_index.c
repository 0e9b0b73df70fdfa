#include "simnet/world/host_index.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

enum { MIN_PLACES = 16 };

/* The place of 'mac', or the free one where it belongs. */
static struct host_place *place_of(const struct host_index *index, uint64_t mac)
{
    uint64_t i = hash_u64(mac) & index->mask;

    while (index->places[i].host != UINT32_MAX && index->places[i].mac != mac) {
        i = (i + 1) & index->mask;
    }
    return &index->places[i];
}

void host_index_init(struct host_index *index, const struct world *world)
{
    uint32_t n = world_n_hosts(world);
    uint64_t size = MIN_PLACES;

    while (2 * size < 3 * (uint64_t)n) { /* At most two thirds are taken: four places are a line. */
        size *= 2;
    }
    index->mask = size - 1;
    index->places = xalloc_lines(size, sizeof *index->places);
    for (uint64_t i = 0; i < size; i++) {
        index->places[i] = (struct host_place){.host = UINT32_MAX};
    }
    for (uint32_t h = 0; h < n; h++) {
        uint64_t mac = eth_addr_u64(endhost_mac(world_host(world, h)));

        *place_of(index, mac) = (struct host_place){mac, h};
    }
}

void host_index_fini(struct host_index *index)
{
    free(index->places);
}

uint32_t host_index_find(const struct host_index *index, struct eth_addr mac)
{
    return place_of(index, eth_addr_u64(mac))->host;
}

size_t host_index_bytes(const struct host_index *index)
{
    return alloc_bytes((index->mask + 1) * sizeof *index->places);
}
