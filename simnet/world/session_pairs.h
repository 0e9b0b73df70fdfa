/* The (source, destination) pairs that have a session: a set with constant-time look-up, insertion
 * and removal, by number or by name.
 *
 * An open-addressing table finds a pair's presence. Where pairs are taken by number they stand in an
 * array besides, without gaps (removal moves the last one into the gap), so that a uniform number
 * chooses a uniform pair. Neither allocates unless the set grows beyond its largest size so far. */
#ifndef TAMBO_WORLD_SESSION_PAIRS_H
#define TAMBO_WORLD_SESSION_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session_pair {
    uint32_t src, dst; /* Not equal. */
};

struct session_pairs {
    struct session_pair *list; /* n pairs in no order; NULL: they are taken by name. */
    size_t n, cap;
    uint64_t *table; /* Linear probing, at most half full. */
    size_t mask;
};

/* 'listed': pairs will be taken by number, else by name. */
void session_pairs_init(struct session_pairs *pairs, bool listed);
void session_pairs_fini(struct session_pairs *pairs);

/* Fetches what the others of these functions will read of 'pair'. */
void session_pairs_prefetch(const struct session_pairs *pairs, struct session_pair pair);

bool session_pairs_has(const struct session_pairs *pairs, struct session_pair pair);

/* Adds 'pair' at the end of the list; returns false if it is in the set already. */
bool session_pairs_add(struct session_pairs *pairs, struct session_pair pair);

/* Removes and returns pair number 'i' < n of a set that is listed. */
struct session_pair session_pairs_take(struct session_pairs *pairs, size_t i);

/* Removes 'pair', which is in the set, which is not listed. */
void session_pairs_remove(struct session_pairs *pairs, struct session_pair pair);

size_t session_pairs_bytes(const struct session_pairs *pairs); /* That it holds. */

#endif
