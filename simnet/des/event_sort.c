#include "simnet/des/event_sort.h"

#include <string.h>

enum { FEW = 16 }; /* That are sorted without jumps. */

__extension__ static inline unsigned __int128 key_of(const struct event_slot *slot)
{
    return (unsigned __int128)(uint64_t)slot->time_ns << 64 | slot->order;
}

/* Sorts a few by counting for each how many are before it: no jump depends on their order. */
static inline void rank_sort(const struct event_slot *from, struct event_slot *to, size_t n)
{
    unsigned ranks[FEW] = {0};

    for (size_t i = 1; i < n; i++) {
        __extension__ unsigned __int128 a = key_of(&from[i]);
        unsigned rank = 0;

        for (size_t j = 0; j < i; j++) {
            unsigned is_after = key_of(&from[j]) < a;

            rank += is_after;
            ranks[j] += 1 - is_after;
        }
        ranks[i] = rank;
    }
    for (size_t i = 0; i < n; i++) {
        to[ranks[i]] = from[i];
    }
}

static void merge(struct event_slot *to, const struct event_slot *a, size_t n_a,
                  const struct event_slot *b, size_t n_b)
{
    const struct event_slot *end_a = a + n_a, *end_b = b + n_b;

    while (a < end_a && b < end_b) {
        *to++ = event_slot_before(b, a) ? *b++ : *a++;
    }
    memcpy(to, a, (size_t)(end_a - a) * sizeof *a);
    memcpy(to + (end_a - a), b, (size_t)(end_b - b) * sizeof *b);
}

static void swap(struct event_slot **a, struct event_slot **b)
{
    struct event_slot *old = *a;

    *a = *b;
    *b = old;
}

/* Sorts few at a time, then merges them. */
void event_sort(struct event_slot **slots, struct event_slot **spare, size_t n)
{
    for (size_t at = 0; at < n; at += FEW) {
        rank_sort(*slots + at, *spare + at, n - at < FEW ? n - at : FEW);
    }
    swap(slots, spare);
    for (size_t width = FEW; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t n_a = n - at < width ? n - at : width;
            size_t n_b = n - at - n_a < width ? n - at - n_a : width;

            merge(*spare + at, *slots + at, n_a, *slots + at + n_a, n_b);
        }
        swap(slots, spare);
    }
}
