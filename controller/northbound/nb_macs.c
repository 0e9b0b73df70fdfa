#include "controller/northbound/nb_macs.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

struct nb_macs_chunk {
    size_t n;
    uint64_t v[NB_MACS_CHUNK];
};

void nb_macs_clear(struct nb_macs *m)
{
    for (size_t i = 0; i < m->n_chunks; i++) {
        free(m->chunks[i]);
    }
    free(m->chunks);
    *m = (struct nb_macs){0};
}

/* --- Finding ---------------------------------------------------------------------------------- */

/* The chunk in which 'mac' is or would be; 0 also when there is none. */
static size_t chunk_of(const struct nb_macs *m, uint64_t mac)
{
    size_t lo = 0, hi = m->n_chunks;

    while (lo + 1 < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (m->chunks[mid]->v[0] <= mac) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The first place in the chunk that is not below 'mac'. */
static size_t place_of(const struct nb_macs_chunk *c, uint64_t mac)
{
    size_t lo = 0, hi = c->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->v[mid] < mac) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

size_t nb_macs_from(const struct nb_macs *m, uint64_t from, uint64_t *out, size_t max)
{
    size_t n = 0;

    for (size_t i = chunk_of(m, from); i < m->n_chunks && n < max; i++) {
        const struct nb_macs_chunk *c = m->chunks[i];

        for (size_t k = place_of(c, from); k < c->n && n < max; k++) {
            out[n++] = c->v[k];
        }
    }
    return n;
}

/* --- Changing --------------------------------------------------------------------------------- */

/* Puts 'chunk' at 'at'. */
static void insert_chunk(struct nb_macs *m, size_t at, struct nb_macs_chunk *chunk)
{
    if (m->n_chunks == m->max_chunks) {
        m->max_chunks = m->max_chunks ? 2 * m->max_chunks : 16;
        m->chunks = xreallocarray(m->chunks, m->max_chunks, sizeof(struct nb_macs_chunk *));
    }
    memmove(&m->chunks[at + 1], &m->chunks[at], (m->n_chunks - at) * sizeof m->chunks[0]);
    m->chunks[at] = chunk;
    m->n_chunks++;
}

/* The upper half becomes a chunk of its own. */
static void split(struct nb_macs *m, size_t at)
{
    struct nb_macs_chunk *low = m->chunks[at], *high = xcalloc(1, sizeof *high);

    high->n = low->n / 2;
    low->n -= high->n;
    memcpy(high->v, low->v + low->n, high->n * sizeof high->v[0]);
    insert_chunk(m, at + 1, high);
}

void nb_macs_add(struct nb_macs *m, uint64_t mac)
{
    size_t at = chunk_of(m, mac), place;
    struct nb_macs_chunk *c;

    if (m->n_chunks == 0) {
        insert_chunk(m, 0, xcalloc(1, sizeof *c));
    } else if (m->chunks[at]->n == NB_MACS_CHUNK) {
        split(m, at);
        at = chunk_of(m, mac);
    }
    c = m->chunks[at];
    place = place_of(c, mac);
    if (place < c->n && c->v[place] == mac) {
        return;
    }
    memmove(&c->v[place + 1], &c->v[place], (c->n - place) * sizeof c->v[0]);
    c->v[place] = mac;
    c->n++;
    m->n++;
}

void nb_macs_remove(struct nb_macs *m, uint64_t mac)
{
    size_t at = chunk_of(m, mac), place;
    struct nb_macs_chunk *c = m->n_chunks ? m->chunks[at] : NULL;

    place = c ? place_of(c, mac) : 0;
    if (!c || place == c->n || c->v[place] != mac) {
        return;
    }
    c->n--;
    m->n--;
    memmove(&c->v[place], &c->v[place + 1], (c->n - place) * sizeof c->v[0]);
    if (c->n == 0) {
        free(c);
        m->n_chunks--;
        memmove(&m->chunks[at], &m->chunks[at + 1], (m->n_chunks - at) * sizeof m->chunks[0]);
    }
}
