/* Time-outs of the flow table. An entry has at most one place among the deadlines, (deadline, entry), which is
 * left where it is when its deadline gets later or ends: only when the place comes up is it looked at
 * again. So a session that begins on an entry, and the frames that use it, touch nothing but the entry. Places
 * are in a circle as long as they come in order, which those of one idle time-out do, the others in a
 * heap of four ways, whose children are in one line of the cache or two; one simulator event stands at the
 * first. */
#include "simnet/world/table_impl.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/stage.h"

enum { EXPIRY_KIND = 0x7ab1e, MIN_CAP = 16, WAYS = 4 };

static bool before(struct deadline a, struct deadline b)
{
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.entry < b.entry;
}

/* --- Places ----------------------------------------------------------------------------------- */

/* The children of 'i' are side by side. Theirs, of which some will be asked for next, are fetched at once. */
static uint32_t first_child(const struct table *table, uint32_t i)
{
    uint64_t child = (uint64_t)WAYS * i + 1;

    for (uint64_t n = 0, at = WAYS * child + 1; n < WAYS && at < table->heap_n; n++, at += WAYS) {
        __builtin_prefetch(&table->heap[at]);
    }
    return child < table->heap_n ? (uint32_t)child : table->heap_n;
}

/* Which of the children from 'child' on comes first. */
static uint32_t first_of(const struct table *table, uint32_t child)
{
    uint32_t end = table->heap_n - child < WAYS ? table->heap_n : child + WAYS, best = child;

    while (++child < end) {
        best = before(table->heap[child], table->heap[best]) ? child : best;
    }
    return best;
}

/* Puts 'd' where it belongs, given that position 'i' is free. */
static void settle(struct table *table, struct deadline d, uint32_t i)
{
    struct deadline *heap = table->heap;

    for (; i && before(d, heap[(i - 1) / WAYS]); i = (i - 1) / WAYS) {
        heap[i] = heap[(i - 1) / WAYS];
    }
    for (uint32_t child; (child = first_child(table, i)) < table->heap_n;) {
        child = first_of(table, child);
        if (!before(heap[child], d)) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = d;
}

static void heap_put(struct table *table, struct deadline d)
{
    if (table->heap_n == table->heap_cap) {
        table->heap_cap = table->heap_cap ? table->heap_cap * 2 : MIN_CAP;
        table->heap = xreallocarray(table->heap, table->heap_cap, sizeof *table->heap);
    }
    table->heap_n++;
    settle(table, d, table->heap_n - 1);
}

static void heap_drop_first(struct table *table)
{
    if (--table->heap_n) {
        settle(table, table->heap[table->heap_n], 0);
    }
    if (table->heap_cap > MIN_CAP && table->heap_n < table->heap_cap / 4) {
        table->heap_cap /= 2;
        table->heap = xreallocarray(table->heap, table->heap_cap, sizeof *table->heap);
    }
}

static struct deadline *ring_at(const struct deadline_ring *ring, uint32_t i)
{
    return &ring->list[(ring->head + i) & ring->mask];
}

/* 'cap' places, a power of two, for what is there. */
static void ring_resize(struct deadline_ring *ring, uint32_t cap)
{
    struct deadline *list = xreallocarray(NULL, cap, sizeof *list);

    for (uint32_t i = 0; i < ring->n; i++) {
        list[i] = *ring_at(ring, i);
    }
    free(ring->list);
    *ring = (struct deadline_ring){.list = list, .n = ring->n, .mask = cap - 1};
}

static void ring_put(struct deadline_ring *ring, struct deadline d)
{
    if (!ring->list) {
        ring_resize(ring, MIN_CAP);
    } else if (ring->n > ring->mask) {
        ring_resize(ring, 2 * ring->n);
    }
    *ring_at(ring, ring->n++) = d;
}

static bool is_void(const struct table *table, struct deadline d)
{
    return table->entries[d.entry].stamp != d.stamp;
}

/* Leaves out what is void, when that is a fifth: entries that leave and come anew would fill the memory. */
static void sweep(struct table *table)
{
    struct deadline_ring *ring = &table->ring;
    uint32_t n = 0;

    if (ring->n + table->heap_n <= table->n_stamped + table->n_stamped / 4 + 2 * MIN_CAP) {
        return;
    }
    for (uint32_t i = 0; i < ring->n; i++) {
        if (!is_void(table, *ring_at(ring, i))) {
            *ring_at(ring, n++) = *ring_at(ring, i);
        }
    }
    ring->n = n;
    n = table->heap_n;
    table->heap_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_void(table, table->heap[i])) {
            heap_put(table, table->heap[i]);
        }
    }
}

static void put(struct table *table, uint32_t entry, int64_t at_ns)
{
    struct deadline d = {at_ns, entry, ++table->last_stamp};
    struct deadline_ring *ring = &table->ring;
    const struct entry_kind *kind = table->entries[entry].kind;
    bool in_order = !ring->n || before(*ring_at(ring, ring->n - 1), d);
    bool usual = at_ns == mono_add(sim_now(table->params.sim), kind->idle_timeout_s * NS_PER_S).ns;

    d.stamp = d.stamp ? d.stamp : ++table->last_stamp;
    table->entries[entry].stamp = d.stamp;
    table->n_stamped++;
    sweep(table);
    if (in_order && usual) {
        ring_put(ring, d);
    } else {
        heap_put(table, d);
    }
}

static bool heap_is_first(const struct table *table)
{
    return table->heap_n && (!table->ring.n || before(table->heap[0], *ring_at(&table->ring, 0)));
}

static struct deadline first_place(const struct table *table)
{
    return heap_is_first(table) ? table->heap[0] : *ring_at(&table->ring, 0);
}

static void drop_first(struct table *table)
{
    if (heap_is_first(table)) {
        heap_drop_first(table);
    } else {
        table->ring.head = (table->ring.head + 1) & table->ring.mask;
        table->ring.n--;
    }
}

/* The last place of the circle goes at once, so that who changes a fresh deadline leaves nothing behind. */
static void forget(struct table *table, struct entry *e)
{
    struct deadline_ring *ring = &table->ring;

    if (e->stamp) {
        ring->n -= ring->n && ring_at(ring, ring->n - 1)->stamp == e->stamp;
        table->n_stamped--;
        e->stamp = 0;
    }
}

/* --- Deadlines -------------------------------------------------------------------------------- */

static int64_t hard_at_ns(const struct entry *e)
{
    return e->kind->hard_timeout_s
               ? mono_add((mono_t){e->installed_ns}, e->kind->hard_timeout_s * NS_PER_S).ns
               : INT64_MAX;
}

static int64_t deadline_ns(const struct entry *e)
{
    int64_t hard_ns = hard_at_ns(e);

    return hard_ns < e->idle_at_ns ? hard_ns : e->idle_at_ns;
}

/* The first deadline that is one, or INT64_MAX: places before it go, or move to where they belong now. */
static int64_t first_ns(struct table *table)
{
    while (table->heap_n || table->ring.n) {
        struct deadline d = first_place(table);
        struct entry *e = &table->entries[d.entry];
        bool is_its = e->stamp == d.stamp;
        int64_t at_ns = is_its ? deadline_ns(e) : INT64_MAX;

        if (at_ns == d.at_ns) {
            return at_ns;
        }
        drop_first(table);
        if (is_its) {
            forget(table, e);
            if (at_ns != INT64_MAX) {
                put(table, d.entry, at_ns);
            }
        }
    }
    return INT64_MAX;
}

void table_clock_arm(struct table *table)
{
    mono_t first = {first_ns(table)};

    if (sim_event_is_set(&table->expiry) && table->expiry.time_ns == first.ns) {
        return;
    }
    sim_at(table->params.sim, &table->expiry, first);
}

/* The entry's deadline was 'before_ns' and has changed. */
static void refresh(struct table *table, uint32_t entry, int64_t before_ns)
{
    struct entry *e = &table->entries[entry];
    int64_t at_ns = deadline_ns(e);
    bool is_set = sim_event_is_set(&table->expiry);

    if (e->stamp && at_ns < before_ns) {
        forget(table, e); /* Its place may be too late. */
    }
    if (!e->stamp && at_ns != INT64_MAX) {
        put(table, entry, at_ns);
    }
    if (!is_set || table->expiry.time_ns >= (at_ns < before_ns ? at_ns : before_ns)) {
        table_clock_arm(table);
    }
}

/* Length of an idle period that begins now. */
static int64_t draw_hold_ns(struct table *table, uint32_t entry)
{
    uint16_t idle_s = table->entries[entry].kind->idle_timeout_s;

    switch (table->params.law) {
    case HOLD_EXPONENTIAL:
        return ns_from_s(rng_exponential(table->params.rng, idle_s));
    case HOLD_PER_ENTRY:
        return table->hold_ns[entry];
    case HOLD_FIXED:
    case HOLD_THRESHOLD:
        break;
    }
    return idle_s * NS_PER_S;
}

static void start_idle_period(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    if (e->kind->idle_timeout_s) {
        e->idle_at_ns = mono_add(sim_now(table->params.sim), draw_hold_ns(table, entry)).ns;
    }
}

/* The one draw of an entry's life. */
static void draw_once(struct table *table, uint32_t entry)
{
    uint16_t idle_s = table->entries[entry].kind->idle_timeout_s;

    if (idle_s && table->params.law == HOLD_PER_ENTRY) {
        table->hold_ns = xreallocarray(table->hold_ns, table->slots_cap, sizeof *table->hold_ns);
        table->hold_ns[entry] = ns_from_s(rng_exponential(table->params.rng, idle_s));
    }
}

void table_clock_installed(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];
    bool had_place = e->stamp != 0;

    e->installed_ns = sim_now(table->params.sim).ns;
    e->idle_at_ns = INT64_MAX;
    forget(table, e);
    draw_once(table, entry);
    if (!e->n_sessions) {
        start_idle_period(table, entry);
    }
    refresh(table, entry, INT64_MAX);
    if (had_place) {
        table_clock_arm(table); /* It may have been the first. */
    }
}

void table_clock_touch(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    if (e->kind->idle_timeout_s && !e->n_sessions) {
        int64_t before_ns = deadline_ns(e);

        start_idle_period(table, entry);
        refresh(table, entry, before_ns);
    }
}

void table_clock_pin(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    if (e->idle_at_ns != INT64_MAX) {
        int64_t before_ns = deadline_ns(e);

        e->idle_at_ns = INT64_MAX;
        refresh(table, entry, before_ns);
    }
}

void table_set_idle_end(struct table *table, uint32_t entry, mono_t at)
{
    struct entry *e = &table->entries[entry];

    if (e->idle_at_ns != INT64_MAX) {
        int64_t before_ns = deadline_ns(e);

        e->idle_at_ns = at.ns;
        refresh(table, entry, before_ns);
    }
}

void table_clock_remove(struct table *table, uint32_t entry)
{
    forget(table, &table->entries[entry]);
    if (!table->expiring) {
        table_clock_arm(table);
    }
}

static void on_expiry(void *aux, struct sim_event *event)
{
    struct table *table = aux;
    int64_t now_ns = sim_now(table->params.sim).ns;

    (void)event;
    sim_trace_u64(table->params.sim, table->params.trace_id);
    table->expiring = true;
    while (first_ns(table) <= now_ns) {
        uint32_t entry = first_place(table).entry;
        bool hard = hard_at_ns(&table->entries[entry]) <= now_ns;

        sim_trace_u64(table->params.sim, entry);
        table_drop(table, entry, hard ? TABLE_HARD : TABLE_IDLE);
    }
    table->expiring = false;
    table_clock_arm(table);
}

void table_clock_init(struct table *table)
{
    sim_event_init(&table->expiry, EXPIRY_KIND, SIM_PRIO_EXPIRY, on_expiry, table);
    table->expiry.stage = STAGE_TIMEOUTS;
}

void table_clock_free(struct table *t)
{
    free(t->heap);
    free(t->ring.list);
    free(t->hold_ns);
}

void table_clock_fini(struct table *table)
{
    sim_cancel(table->params.sim, &table->expiry);
    table_clock_free(table);
}

void table_clock_dup(struct table *t)
{
    t->heap = t->heap_n ? xmemdup(t->heap, t->heap_n * sizeof *t->heap) : NULL;
    t->heap_cap = t->heap_n;
    t->ring.list =
        t->ring.list ? xmemdup(t->ring.list, (t->ring.mask + 1UL) * sizeof *t->ring.list) : NULL;
    t->hold_ns = t->hold_ns ? xmemdup(t->hold_ns, t->n_slots * sizeof *t->hold_ns) : NULL;
}

size_t table_clock_bytes(const struct table *table)
{
    return alloc_bytes(table->heap_cap * sizeof *table->heap) +
           alloc_bytes(table->ring.list ? (table->ring.mask + 1UL) * sizeof *table->ring.list : 0) +
           alloc_bytes(table->hold_ns ? table->slots_cap * sizeof *table->hold_ns : 0);
}

mono_t table_entry_deadline(const struct table *table, uint32_t entry)
{
    return (mono_t){deadline_ns(&table->entries[entry])};
}
