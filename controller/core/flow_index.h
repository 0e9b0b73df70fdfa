/* The entries of a switch by the hash of their identity, in eight bytes each.
 *
 * There are millions of entries, of which each is looked up a few times in its life, so that nothing of them is in
 * the cache: a look-up should read one line here, and then the entry. Open addressing with linear probing; a slot
 * is the address of the entry, without the bits that are always zero, under a tag of 22 bits of the hash. The home
 * of an entry rises with its tag, and so do the slots from the first to the last: nothing but slots is read
 * when entries are inserted and removed, and a search ends at the first larger tag. Kept at most four fifths full;
 * grows by a quarter, never shrinks. Entries that share a tag lie in a row and are searched one after the other; the
 * memory is bounded by their number whatever their tags. */
#ifndef TAMBO_CORE_FLOW_INDEX_H
#define TAMBO_CORE_FLOW_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct flow_entry;

struct flow_index {
    uint64_t *slots; /* The homes and some more, of which the last is always empty; NULL: none yet. */
    size_t n_homes, n_slots;
    size_t n; /* Entries. */
};

/* Entries begin at multiples of this. */
#define FLOW_ENTRY_ALIGN 64

#define FLOW_INDEX_TAG_BITS 22
#define FLOW_INDEX_ADDRESS_BITS 42

static inline uint64_t flow_index_tag(uint64_t hash)
{
    return hash >> (64 - FLOW_INDEX_TAG_BITS);
}

static inline struct flow_entry *flow_index_entry(uint64_t slot)
{
    return (struct flow_entry *)(uintptr_t)((slot << FLOW_INDEX_TAG_BITS) >>
                                            (FLOW_INDEX_TAG_BITS - 6));
}

/* Where the search for 'tag' begins; there are slots. */
static inline const uint64_t *flow_index_home(const struct flow_index *x, uint64_t tag)
{
    return x->slots + (tag * x->n_homes >> FLOW_INDEX_TAG_BITS);
}

/* The first slot with the tag of 'hash', and the next one; NULL: there is none. */
static inline const uint64_t *flow_index_next(const uint64_t *slot, uint64_t tag)
{
    while (*slot && *slot >> FLOW_INDEX_ADDRESS_BITS < tag) {
        slot++;
    }
    return *slot && *slot >> FLOW_INDEX_ADDRESS_BITS == tag ? slot : NULL;
}
static inline const uint64_t *flow_index_first(const struct flow_index *x, uint64_t hash)
{
    return x->slots ? flow_index_next(flow_index_home(x, flow_index_tag(hash)), flow_index_tag(hash))
                    : NULL;
}

/* Fetches what a look-up of 'hash' will read first into the cache. */
static inline void flow_index_prefetch(const struct flow_index *x, uint64_t hash)
{
    if (x->slots) {
        __builtin_prefetch(flow_index_home(x, flow_index_tag(hash)));
    }
}

/* Some time later: the first entry that it will read. */
static inline void flow_index_prefetch_entry(const struct flow_index *x, uint64_t hash)
{
    const uint64_t *slot = flow_index_first(x, hash);

    if (slot) {
        __builtin_prefetch(flow_index_entry(*slot));
    }
}

void flow_index_insert(struct flow_index *x, struct flow_entry *entry, uint64_t hash);

/* 'entry' must be there, under 'hash'. */
void flow_index_remove(struct flow_index *x, const struct flow_entry *entry, uint64_t hash);

/* The first entry in a slot from '*at' on, which is moved behind it; NULL: there is none. Begins at 0. */
struct flow_entry *flow_index_walk(const struct flow_index *x, size_t *at);

/* Visits all entries, of which none may be inserted or removed meanwhile; 'at' is a size_t of the caller. */
#define FLOW_INDEX_FOR_EACH(entry, at, x)                                                          \
    for ((at) = 0; ((entry) = flow_index_walk((x), &(at))) != NULL;)

size_t flow_index_bytes(const struct flow_index *x);
void flow_index_fini(struct flow_index *x);

#endif
