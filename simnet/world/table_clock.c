/* Time-outs of the flow table: a binary heap of (deadline, entry), with one simulator event at its
 * top. */
#include "simnet/world/table_impl.h"

#include <stdlib.h>

#include "controller/base/alloc.h"

enum { EXPIRY_KIND = 0x7ab1e };

static bool before(struct deadline a, struct deadline b)
{
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.entry < b.entry;
}

static void place(struct table *table, struct deadline d, uint32_t i)
{
    table->heap[i] = d;
    table->entries[d.entry].heap_pos = i + 1;
}

/* Puts 'd' where it belongs, given that position 'i' is free. */
static void settle(struct table *table, struct deadline d, uint32_t i)
{
    while (i && before(d, table->heap[(i - 1) / 2])) {
        place(table, table->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    for (uint32_t child = 2 * i + 1; child < table->heap_n; child = 2 * i + 1) {
        if (child + 1 < table->heap_n && before(table->heap[child + 1], table->heap[child])) {
            child++;
        }
        if (!before(table->heap[child], d)) {
            break;
        }
        place(table, table->heap[child], i);
        i = child;
    }
    place(table, d, i);
}

static void heap_take(struct table *table, uint32_t entry)
{
    uint32_t pos = table->entries[entry].heap_pos;

    if (!pos) {
        return;
    }
    table->entries[entry].heap_pos = 0;
    table->heap_n--;
    if (pos - 1 != table->heap_n) {
        settle(table, table->heap[table->heap_n], pos - 1);
    }
}

static void heap_put(struct table *table, uint32_t entry, int64_t at_ns)
{
    uint32_t pos = table->entries[entry].heap_pos;

    if (!pos) {
        if (table->heap_n == table->heap_cap) {
            table->heap_cap = table->heap_cap ? table->heap_cap * 2 : 16;
            table->heap = xreallocarray(table->heap, table->heap_cap, sizeof *table->heap);
        }
        pos = ++table->heap_n;
    }
    settle(table, (struct deadline){at_ns, entry}, pos - 1);
}

void table_clock_arm(struct table *table)
{
    mono_t first = table->heap_n ? (mono_t){table->heap[0].at_ns} : MONO_NEVER;

    if (sim_event_is_set(&table->expiry) && table->expiry.time_ns == first.ns) {
        return;
    }
    sim_at(table->params.sim, &table->expiry, first);
}

static int64_t hard_at_ns(const struct entry *e)
{
    return e->hard_timeout_s ? mono_add((mono_t){e->installed_ns}, e->hard_timeout_s * NS_PER_S).ns
                             : INT64_MAX;
}

/* Puts the entry where its two time-outs say. */
static void refresh(struct table *table, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];
    int64_t hard_ns = hard_at_ns(e);
    int64_t at_ns = hard_ns < e->idle_at_ns ? hard_ns : e->idle_at_ns;

    if (at_ns == INT64_MAX) {
        heap_take(table, entry);
    } else {
        heap_put(table, entry, at_ns);
    }
    table_clock_arm(table);
}

/* Length of an idle period that begins now. */
static int64_t draw_hold_ns(struct table *table, const struct entry *e)
{
    switch (table->params.law) {
    case HOLD_EXPONENTIAL:
        return ns_from_s(rng_exponential(table->params.rng, e->idle_timeout_s));
    case HOLD_PER_ENTRY:
        return e->hold_ns;
    case HOLD_FIXED:
    case HOLD_THRESHOLD:
        break;
    }
    return e->idle_timeout_s * NS_PER_S;
}

static void start_idle_period(struct table *table, struct entry *e)
{
    if (e->idle_timeout_s) {
        e->hold_ns = draw_hold_ns(table, e);
        e->idle_at_ns = mono_add(sim_now(table->params.sim), e->hold_ns).ns;
    }
}

void table_clock_installed(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    e->installed_ns = sim_now(table->params.sim).ns;
    e->idle_at_ns = INT64_MAX;
    if (e->idle_timeout_s && table->params.law == HOLD_PER_ENTRY) {
        e->hold_ns = ns_from_s(rng_exponential(table->params.rng, e->idle_timeout_s));
    }
    if (!e->n_sessions) {
        start_idle_period(table, e);
    }
    refresh(table, entry);
}

void table_clock_touch(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    if (e->idle_timeout_s && !e->n_sessions) {
        start_idle_period(table, e);
        refresh(table, entry);
    }
}

void table_clock_pin(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];

    if (e->idle_at_ns != INT64_MAX) {
        e->idle_at_ns = INT64_MAX;
        refresh(table, entry);
    }
}

void table_set_idle_end(struct table *table, uint32_t entry, mono_t at)
{
    struct entry *e = &table->entries[entry];

    if (e->idle_at_ns != INT64_MAX) {
        e->idle_at_ns = at.ns;
        refresh(table, entry);
    }
}

void table_clock_remove(struct table *table, uint32_t entry)
{
    heap_take(table, entry);
    table_clock_arm(table);
}

static void on_expiry(void *aux, struct sim_event *event)
{
    struct table *table = aux;
    int64_t now_ns = sim_now(table->params.sim).ns;

    (void)event;
    sim_trace_u64(table->params.sim, table->params.trace_id);
    while (table->heap_n && table->heap[0].at_ns <= now_ns) {
        uint32_t entry = table->heap[0].entry;
        bool hard = hard_at_ns(&table->entries[entry]) <= now_ns;

        sim_trace_u64(table->params.sim, entry);
        table_drop(table, entry, hard ? TABLE_HARD : TABLE_IDLE);
    }
}

void table_clock_init(struct table *table)
{
    sim_event_init(&table->expiry, EXPIRY_KIND, SIM_PRIO_EXPIRY, on_expiry, table);
}

void table_clock_fini(struct table *table)
{
    sim_cancel(table->params.sim, &table->expiry);
    free(table->heap);
}

mono_t table_entry_deadline(const struct table *table, uint32_t entry)
{
    uint32_t pos = table->entries[entry].heap_pos;

    return pos ? (mono_t){table->heap[pos - 1].at_ns} : MONO_NEVER;
}
