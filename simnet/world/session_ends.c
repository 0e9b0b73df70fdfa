#include "simnet/world/session_ends.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

void session_ends_init(struct session_ends *ends)
{
    *ends = (struct session_ends){0};
}

void session_ends_fini(struct session_ends *ends)
{
    free(ends->heap);
    session_ends_init(ends);
}

static bool before(const struct session_end *a, const struct session_end *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void session_ends_add(struct session_ends *ends, int64_t at_ns, struct session_pair pair)
{
    struct session_end end = {at_ns, ends->next_order++, pair};
    size_t i = ends->n++;

    if (ends->n > ends->cap) {
        ends->cap = ends->cap ? 2 * ends->cap : 32;
        ends->heap = xreallocarray(ends->heap, ends->cap, sizeof *ends->heap);
    }
    for (; i && before(&end, &ends->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        ends->heap[i] = ends->heap[(i - 1) / 2];
    }
    ends->heap[i] = end;
}

const struct session_end *session_ends_first(const struct session_ends *ends)
{
    assert(ends->n && "session_ends_first: there is none");
    return &ends->heap[0];
}

struct session_pair session_ends_take(struct session_ends *ends)
{
    struct session_pair first = session_ends_first(ends)->pair;
    struct session_end last = ends->heap[--ends->n];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < ends->n) {
        child += child + 1 < ends->n && before(&ends->heap[child + 1], &ends->heap[child]);
        if (!before(&ends->heap[child], &last)) {
            break;
        }
        ends->heap[i] = ends->heap[child];
        i = child;
    }
    ends->heap[i] = last;
    return first;
}
