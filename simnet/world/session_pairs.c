#include "simnet/world/session_pairs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

/* No pair has this key, because source and destination differ. */
#define FREE UINT64_MAX
#define FIRST_CAP ((size_t)32)

static uint64_t key_of(struct session_pair pair)
{
    return (uint64_t)pair.src << 32 | pair.dst;
}

static void make_table(struct session_pairs *pairs)
{
    size_t size = 2 * pairs->cap;

    pairs->table = xreallocarray(NULL, size, sizeof *pairs->table);
    memset(pairs->table, 0xff, size * sizeof *pairs->table);
    pairs->mask = size - 1;
}

void session_pairs_init(struct session_pairs *pairs, bool listed)
{
    *pairs = (struct session_pairs){.cap = FIRST_CAP};
    pairs->list = listed ? xcalloc(pairs->cap, sizeof *pairs->list) : NULL;
    make_table(pairs);
}

void session_pairs_fini(struct session_pairs *pairs)
{
    free(pairs->list);
    free(pairs->table);
    *pairs = (struct session_pairs){0};
}

static size_t home_of(const struct session_pairs *pairs, uint64_t key)
{
    return hash_u64(key) & pairs->mask;
}

/* The place of 'key', or the free one where it belongs. */
static size_t probe(const struct session_pairs *pairs, uint64_t key)
{
    size_t i = home_of(pairs, key);

    while (pairs->table[i] != key && pairs->table[i] != FREE) {
        i = (i + 1) & pairs->mask;
    }
    return i;
}

void session_pairs_prefetch(const struct session_pairs *pairs, struct session_pair pair)
{
    __builtin_prefetch(&pairs->table[home_of(pairs, key_of(pair))]);
}

bool session_pairs_has(const struct session_pairs *pairs, struct session_pair pair)
{
    return pairs->table[probe(pairs, key_of(pair))] != FREE;
}

static void grow(struct session_pairs *pairs)
{
    uint64_t *old = pairs->table;
    size_t n_old = pairs->mask + 1;

    pairs->cap *= 2;
    if (pairs->list) {
        pairs->list = xreallocarray(pairs->list, pairs->cap, sizeof *pairs->list);
    }
    make_table(pairs);
    for (size_t i = 0; i < n_old; i++) {
        if (old[i] != FREE) {
            pairs->table[probe(pairs, old[i])] = old[i];
        }
    }
    free(old);
}

bool session_pairs_add(struct session_pairs *pairs, struct session_pair pair)
{
    uint64_t key = key_of(pair);
    size_t i = probe(pairs, key);

    assert(pair.src != pair.dst && "session_pairs_add: a host with itself");
    if (pairs->table[i] == key) {
        return false;
    }
    if (pairs->n == pairs->cap) {
        grow(pairs);
        i = probe(pairs, key);
    }
    pairs->table[i] = key;
    if (pairs->list) {
        pairs->list[pairs->n] = pair;
    }
    pairs->n++;
    return true;
}

/* Frees place 'gap' and moves later keys of the same run back, so that no probe ends too early
 * (Knuth, volume 3, section 6.4, algorithm R). */
static void erase(struct session_pairs *pairs, size_t gap)
{
    for (size_t i = gap;;) {
        size_t home;

        i = (i + 1) & pairs->mask;
        if (pairs->table[i] == FREE) {
            break;
        }
        home = home_of(pairs, pairs->table[i]);
        /* The key may move unless its home lies after the gap, cyclically. */
        if (((i - home) & pairs->mask) >= ((i - gap) & pairs->mask)) {
            pairs->table[gap] = pairs->table[i];
            gap = i;
        }
    }
    pairs->table[gap] = FREE;
}

struct session_pair session_pairs_take(struct session_pairs *pairs, size_t i)
{
    struct session_pair pair;

    assert(pairs->list && i < pairs->n && "session_pairs_take: no such pair");
    pair = pairs->list[i];
    pairs->list[i] = pairs->list[--pairs->n];
    erase(pairs, probe(pairs, key_of(pair)));
    return pair;
}

void session_pairs_remove(struct session_pairs *pairs, struct session_pair pair)
{
    size_t i = probe(pairs, key_of(pair));

    assert(!pairs->list && pairs->table[i] != FREE && "session_pairs_remove: no such pair");
    pairs->n--;
    erase(pairs, i);
}

size_t session_pairs_bytes(const struct session_pairs *pairs)
{
    return (pairs->list ? alloc_bytes(pairs->cap * sizeof *pairs->list) : 0) +
           alloc_bytes((pairs->mask + 1) * sizeof *pairs->table);
}
