#include "controller/core/flow_index.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define FIRST_HOMES ((size_t)8)

/* Slots behind the last home. At four fifths full hardly a table needs as many; one that does gets twice as many. More
 * homes would not help it when its entries have the same tag. */
#define SPILL ((size_t)24)

static uint64_t make(const struct flow_entry *entry, uint64_t hash)
{
    uintptr_t address = (uintptr_t)entry;

    assert(address % FLOW_ENTRY_ALIGN == 0 && address >> 48 == 0);
    return flow_index_tag(hash) << FLOW_INDEX_ADDRESS_BITS | address / FLOW_ENTRY_ALIGN;
}

static size_t home(const struct flow_index *x, uint64_t slot)
{
    return (size_t)(flow_index_home(x, slot >> FLOW_INDEX_ADDRESS_BITS) - x->slots);
}

/* Fills 'to', which is empty, with the slots of 'from'. They come in ascending order, so that each goes to its
 * home or behind the one before it. */
static bool refill(struct flow_index *to, const struct flow_index *from)
{
    size_t at = 0;

    for (size_t i = 0; i < from->n_slots; i++) {
        if (!from->slots[i]) {
            continue;
        }
        at = home(to, from->slots[i]) > at ? home(to, from->slots[i]) : at;
        if (at + 1 == to->n_slots) {
            return false;
        }
        to->slots[at++] = from->slots[i];
    }
    return true;
}

/* Ends, because the entries themselves bound the room that they need behind the last home. */
static void rebuild(struct flow_index *x, size_t n_homes, size_t n_spill)
{
    struct flow_index to = {.n = x->n, .n_homes = n_homes};

    for (;; n_spill *= 2) {
        to.n_slots = n_homes + n_spill;
        to.slots = xcalloc_lines(to.n_slots, sizeof *to.slots);
        if (refill(&to, x)) {
            break;
        }
        free(to.slots);
    }
    free(x->slots);
    *x = to;
}

/* False when there is no slot left before the empty one at the end. */
static bool place(struct flow_index *x, uint64_t new)
{
    size_t at = home(x, new), end;

    while (x->slots[at] && x->slots[at] < new) {
        at++;
    }
    for (end = at; x->slots[end]; end++) {
    }
    if (end + 1 == x->n_slots) {
        return false;
    }
    memmove(&x->slots[at + 1], &x->slots[at], (end - at) * sizeof *x->slots);
    x->slots[at] = new;
    return true;
}

void flow_index_insert(struct flow_index *x, struct flow_entry *entry, uint64_t hash)
{
    if ((x->n + 1) * 5 > x->n_homes * 4) {
        rebuild(x, x->n_homes ? x->n_homes * 5 / 4 : FIRST_HOMES, SPILL);
    }
    while (!place(x, make(entry, hash))) {
        rebuild(x, x->n_homes, 2 * (x->n_slots - x->n_homes));
    }
    x->n++;
}

/* What follows in the cluster and is not at home moves one place forward. */
void flow_index_remove(struct flow_index *x, const struct flow_entry *entry, uint64_t hash)
{
    uint64_t slot = make(entry, hash);
    size_t at = home(x, slot);

    while (x->slots[at] != slot) {
        assert(x->slots[at] && "flow_index_remove: the entry is not there");
        at++;
    }
    for (; x->slots[at + 1] && home(x, x->slots[at + 1]) <= at; at++) {
        x->slots[at] = x->slots[at + 1];
    }
    x->slots[at] = 0;
    x->n--;
}

struct flow_entry *flow_index_walk(const struct flow_index *x, size_t *at)
{
    while (*at < x->n_slots) {
        uint64_t slot = x->slots[(*at)++];

        if (slot) {
            return flow_index_entry(slot);
        }
    }
    return NULL;
}

size_t flow_index_bytes(const struct flow_index *x)
{
    return alloc_bytes(x->n_slots * sizeof *x->slots);
}

void flow_index_fini(struct flow_index *x)
{
    free(x->slots);
    *x = (struct flow_index){0};
}
