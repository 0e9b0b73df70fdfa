/* What lies where in this process's memory, as /proc/self/maps tells it. Nothing here allocates memory: whoever
 * saves all memory must not change it meanwhile. */
#ifndef TAMBO_EXPERIMENTS_ADDRESS_SPACE_H
#define TAMBO_EXPERIMENTS_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum region_kind { REGION_ORDINARY, REGION_HEAP, REGION_STACK };

/* Private memory that can be written. */
struct region {
    uint64_t start, end;
    uint64_t kind; /* enum region_kind. */
};

enum { ADDRESS_SPACE_REGIONS = 1024 };

struct address_space {
    struct region
        regions[ADDRESS_SPACE_REGIONS]; /* By address; those of the caller are left out. */
    size_t n_regions;
    uint64_t
        layout; /* A hash of what cannot be written: programs and libraries, their files, and the kernel's. */
    char text[256 << 10];
    char program[4096]; /* The path of this program. */
};

/* Fills '*space', which must lie in ['own_start', 'own_end'), memory that is not told of. False when there is more
 * than there is room for, or the file cannot be read. */
bool address_space_read(struct address_space *space, uint64_t own_start, uint64_t own_end);

#endif
