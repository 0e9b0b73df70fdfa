/* Which entries leave a table that is full: see table_pressure.h. Only confirmed entries with a time-out
 * do; a frame that would have used one comes to the controller, as after any expiry. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/table_pressure_int.h"

LOG_MODULE(flowdb);

/* Idle entries that one look takes away. */
#define MAX_IDLE_EVICTED 1024U

void table_looks_fini(struct table_looks *looks)
{
    free(looks->list);
    *looks = (struct table_looks){0};
}

/* --- Looks ------------------------------------------------------------------------------------ */

static int by_identity(const void *a, const void *b)
{
    const struct table_look *x = a, *y = b;

    return (x->identity > y->identity) - (x->identity < y->identity);
}

static const struct table_look *find_look(const struct table_looks *looks, uint64_t identity)
{
    struct table_look key = {.identity = identity};

    return looks->n ? bsearch(&key, looks->list, looks->n, sizeof key, by_identity) : NULL;
}

/* An entry is idle when it is as old as the look before, and has forwarded nothing since. */
static void compare_looks(struct table_watch *w)
{
    if (w->looks.n) {
        qsort(w->looks.list, w->looks.n, sizeof *w->looks.list, by_identity);
    }
    for (size_t i = 0; i < w->looks.n; i++) {
        struct table_look *look = &w->looks.list[i];
        const struct table_look *last = find_look(&w->last_looks, look->identity);

        look->was_idle = last && look->n_packets != UINT64_MAX && last->age_s <= look->age_s &&
                         last->n_packets == look->n_packets;
    }
}

static void keep_looks(struct table_watch *w)
{
    struct table_looks last = w->last_looks;

    w->last_looks = w->looks;
    w->looks = last;
    w->looks.n = 0;
}

/* --- Value ------------------------------------------------------------------------------------ */

struct candidate {
    struct flow_entry *entry;
    struct table_look look;
    size_t order;
};

static bool may_go(const struct table_watch *w, const struct flow_entry *entry)
{
    return entry->table_id == w->table_id && entry->state == FLOW_CONFIRMED &&
           flow_entry_has_timeout(entry);
}

/* Packets per second of life, as a fraction of integers that do not overflow. */
static int by_rate(const struct table_look *a, const struct table_look *b)
{
    uint64_t a_packets = a->n_packets < INT32_MAX ? a->n_packets : INT32_MAX;
    uint64_t b_packets = b->n_packets < INT32_MAX ? b->n_packets : INT32_MAX;
    uint64_t x = (a_packets + 1) * (b->age_s + UINT64_C(1));
    uint64_t y = (b_packets + 1) * (a->age_s + UINT64_C(1));

    return (x > y) - (x < y);
}

/* The least valuable first. */
static int by_value(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int rate;

    if (x->entry->importance != y->entry->importance) {
        return x->entry->importance < y->entry->importance ? -1 : 1;
    }
    if (x->look.was_idle != y->look.was_idle) {
        return x->look.was_idle ? -1 : 1;
    }
    rate = by_rate(&x->look, &y->look);
    return rate ? rate : (x->order > y->order) - (x->order < y->order);
}

/* The entries that may go, ascending by value; '*n_leaving' others are being deleted already. */
static struct candidate *candidates(const struct table_watch *w, size_t *n, size_t *n_leaving)
{
    size_t n_entries;
    struct flow_entry **entries = flow_table_sorted(w->flows, NULL, NULL, &n_entries);
    struct candidate *out = xcalloc(n_entries + 1, sizeof *out);

    *n = *n_leaving = 0;
    for (size_t i = 0; i < n_entries; i++) {
        const struct table_look *look = find_look(&w->looks, flow_entry_hash(entries[i]));

        if (may_go(w, entries[i])) {
            out[*n].entry = entries[i];
            out[*n].order = i;
            out[*n].look = look ? *look : (struct table_look){0};
            (*n)++;
        }
        *n_leaving += entries[i]->table_id == w->table_id && entries[i]->state == FLOW_DELETING;
    }
    free(entries);
    if (*n) {
        qsort(out, *n, sizeof *out, by_value);
    }
    return out;
}

static int by_importance(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

    return (x < y) - (x > y);
}

/* How important the entries are that wait, the most important first: '*n' values. */
static uint16_t *waiting(const struct table_watch *w, size_t *n)
{
    uint16_t *out = xcalloc(w->is.n_deferred + 1U, sizeof *out);
    struct list *it, *next;

    *n = 0;
    LIST_FOR_EACH (it, next, &w->deferred) {
        out[(*n)++] = LIST_ENTRY(it, struct flow_entry, in_flight)->importance;
    }
    qsort(out, *n, sizeof *out, by_importance);
    return out;
}

/* --- Choosing --------------------------------------------------------------------------------- */

/* Room that is there or is being made, without what is on its way to fill it. */
static size_t room_to_come(const struct table_watch *w, size_t n_leaving)
{
    size_t taken = (size_t)w->is.n_entries + w->n_under_way;

    return (w->is.capacity > taken ? w->is.capacity - taken : 0) + n_leaving;
}

/* How many of the 'n' candidates make way for those who wait: each for a more important one. */
static size_t n_for_waiting(const struct table_watch *w, const struct candidate *list, size_t n,
                            size_t n_leaving)
{
    size_t n_waiting, taken = 0;
    uint16_t *importance = waiting(w, &n_waiting);

    for (size_t i = room_to_come(w, n_leaving); i < n_waiting && taken < n; i++) {
        if (list[taken].entry->importance >= importance[i]) {
            break;
        }
        taken++;
    }
    free(importance);
    return taken;
}

/* Idle entries that go so that a tenth of the table becomes free. */
static size_t n_idle_too_many(const struct table_watch *w, size_t n_leaving)
{
    size_t capacity = w->is.capacity ? w->is.capacity : w->is.n_entries;
    size_t target = capacity / 10 + 1, coming = room_to_come(w, n_leaving);

    if (!w->flows->dp->ctl->settings.table_evict_idle || w->is.state != TABLE_FULL ||
        coming >= target) {
        return 0;
    }
    return target - coming < MAX_IDLE_EVICTED ? target - coming : MAX_IDLE_EVICTED;
}

static void evict(struct table_watch *w, struct flow_entry *entry)
{
    w->is.n_evicted++;
    w->flows->dp->ctl->counters.flows_evicted++;
    flow_table_evict(w->flows, entry);
}

void table_evict_end(struct table_watch *w)
{
    size_t n, n_leaving, n_forced, n_idle, n_evicted = 0;
    struct candidate *list;

    compare_looks(w);
    list = candidates(w, &n, &n_leaving);
    n_forced = n_for_waiting(w, list, n, n_leaving);
    n_idle = n_idle_too_many(w, n_leaving + n_forced);
    for (size_t i = 0; i < n; i++) {
        if (i < n_forced || (list[i].look.was_idle && n_idle > 0)) {
            n_idle -= i >= n_forced;
            evict(w, list[i].entry);
            n_evicted++;
        }
    }
    free(list);
    keep_looks(w);
    if (n_evicted) {
        LOG_DEBUG(w->flows->dp->ctl->log, "switch " DPID_FMT ": %zu entries of table %u evicted",
                  DPID_ARGS(w->flows->dp->dpid), n_evicted, w->table_id);
        flow_barrier_ensure(w->flows);
    }
}

/* True when an entry may go that is less important than 'limit'. */
static bool any_may_go(const struct table_watch *w, uint32_t limit)
{
    const struct flow_entry *entry;
    size_t at;

    FLOW_INDEX_FOR_EACH (entry, at, &w->flows->entries) {
        if (may_go(w, entry) && entry->importance < limit) {
            return true;
        }
    }
    return false;
}

bool table_evict_is_possible(const struct table_watch *w)
{
    const struct flow_entry *first = table_watch_first(w);

    return w->flows->dp->ctl->settings.table_evict && first && any_may_go(w, first->importance);
}

void table_evict_begin(struct table_watch *w)
{
    const struct core_settings *settings = &w->flows->dp->ctl->settings;
    bool is_of_use =
        table_evict_is_possible(w) ||
        (settings->table_evict && settings->table_evict_idle && any_may_go(w, UINT32_MAX));

    if (is_of_use) {
        table_ask_flows(w);
    }
}
