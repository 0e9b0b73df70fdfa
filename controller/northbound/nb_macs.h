/* The addresses of all hosts in order, so that a page of them costs what the page costs, however many hosts
 * there are. Private to this room.
 *
 * Chunks of at most NB_MACS_CHUNK numbers that ascend within and from chunk to chunk. */
#ifndef TAMBO_NORTHBOUND_NB_MACS_H
#define TAMBO_NORTHBOUND_NB_MACS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NB_MACS_CHUNK 512

struct nb_macs_chunk;

struct nb_macs {
    struct nb_macs_chunk **chunks; /* None is empty. */
    size_t n_chunks, max_chunks;
    size_t n; /* Numbers in all. */
};

void nb_macs_clear(struct nb_macs *macs); /* And frees everything. */
void nb_macs_add(struct nb_macs *macs, uint64_t mac);
void nb_macs_remove(struct nb_macs *macs, uint64_t mac);

/* Copies the first 'max' numbers from 'from' on into 'out'; returns how many there were. */
size_t nb_macs_from(const struct nb_macs *macs, uint64_t from, uint64_t *out, size_t max);

#endif
