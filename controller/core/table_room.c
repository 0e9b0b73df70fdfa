/* Room in a table that is under pressure: who may be sent, who waits, and for how long. */
#include "controller/core/ctl_int.h"
#include "controller/core/table_pressure_int.h"

/* Adds that may be under way to a table that has refused some: begins at 1, doubled by each answer. */
#define MAX_WINDOW 16U

/* Refusals after which nothing is tried until the period ends. */
#define MAX_NEW_REFUSED (TABLE_PRESSURE_MAX_REFUSED - MAX_WINDOW)

static struct ctl *ctl_of(const struct table_watch *w)
{
    return w->flows->dp->ctl;
}

/* --- Who may be sent -------------------------------------------------------------------------- */

static bool has_room(const struct table_watch *w)
{
    return w->room > 0 && w->n_under_way < w->window && w->n_new_refused < MAX_NEW_REFUSED;
}

static void take_room(struct table_watch *w, struct flow_entry *entry)
{
    w->room--;
    w->n_since_ask++;
    w->n_under_way++;
    entry->took_room = true;
}

/* What waits goes first. */
bool table_watch_admit(struct flow_entry *entry)
{
    struct table_watch *w = table_watch_pressed(&entry->dp->flows, entry->table_id);

    if (!w || entry->took_room || (entry->is_there && !entry->is_deferred)) {
        return true;
    }
    if (!w->room_is_known) {
        w->n_since_ask++;
        return true;
    }
    if (entry->is_deferred || !has_room(w) || w->room <= w->is.n_deferred) {
        return false;
    }
    take_room(w, entry);
    return true;
}

void table_watch_defer(struct flow_entry *entry)
{
    struct table_watch *w = table_watch_get(&entry->dp->flows, entry->table_id);
    struct ctl *ctl = ctl_of(w);

    if (entry->is_deferred) {
        return;
    }
    entry->is_deferred = true;
    list_push_back(&w->deferred, &entry->in_flight);
    w->is.n_deferred++;
    ctl->counters.flows_deferred++;
    events_post_flow(ctl, (struct ctl_event){.type = CTL_FLOW_DEFERRED, .dp = entry->dp},
                     flow_entry_dup(entry));
    table_watch_look_soon(w);
}

void table_watch_held_back(const struct flow_entry *entry)
{
    struct table_watch *w = table_watch_get(&entry->dp->flows, entry->table_id);

    w->n_new_held++;
    w->is.n_held_back++;
    ctl_of(w)->counters.flows_held_back++;
}

void table_watch_let_go(struct flow_entry *entry)
{
    struct table_watch *w = table_watch_get(&entry->dp->flows, entry->table_id);

    if (entry->is_deferred) {
        list_remove(&entry->in_flight);
        w->is.n_deferred--;
    }
    if (entry->took_room) {
        w->n_under_way--;
    }
    entry->is_deferred = entry->took_room = false;
}

void table_watch_refused(struct flow_entry *entry)
{
    struct table_watch *w = table_watch_get(&entry->dp->flows, entry->table_id);
    bool was_full = w->is.state == TABLE_FULL;

    table_watch_let_go(entry);
    entry->maybe_on_switch = entry->is_there;
    if (w->is.state == TABLE_OPEN) {
        table_watch_leave_open(w, TABLE_FULL);
    }
    w->is.state = TABLE_FULL;
    w->is.n_refused++;
    w->n_new_refused++;
    w->room_is_known = true;
    w->room = 0;
    w->window = 1;
    if (!was_full) {
        table_watch_look_soon(w);
        table_ask_begin(w, false);
    }
}

/* More entries than it can hold: it can hold more than it could, and is asked again. */
static void count_entry(struct table_watch *w)
{
    if (++w->is.n_entries > w->is.capacity && w->is.capacity) {
        w->is.capacity = w->told_capacity = 0;
        w->is.capacity_is_told = w->features_asked = false;
        table_ask_begin(w, false);
    }
}

void table_watch_confirmed(struct flow_entry *entry)
{
    struct table_watch *w =
        entry->took_room ? table_watch_pressed(&entry->dp->flows, entry->table_id) : NULL;

    if (w) {
        w->n_new_confirmed++;
        w->window *= w->window < MAX_WINDOW ? 2 : 1;
        count_entry(w);
    }
    if (entry->took_room) {
        table_watch_let_go(entry);
    }
}

void table_watch_freed(struct flow_table *flows, uint8_t table_id)
{
    struct table_watch *w = table_watch_pressed(flows, table_id);

    if (w) {
        w->is.n_entries -= w->is.n_entries > 0;
        w->room += w->room_is_known && w->room < UINT32_MAX;
    }
}

/* --- Those who wait --------------------------------------------------------------------------- */

struct flow_entry *table_watch_first(const struct table_watch *w)
{
    struct flow_entry *best = NULL;
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &w->deferred) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (!best || entry->importance > best->importance) {
            best = entry;
        }
    }
    return best;
}

void table_watches_go_on(struct flow_table *flows)
{
    struct list *it, *next;
    bool any = false;

    LIST_FOR_EACH (it, next, &flows->watches) {
        struct table_watch *w = LIST_ENTRY(it, struct table_watch, node);

        while (w->is.n_deferred && !flows->stuck && has_room(w)) {
            struct flow_entry *entry = table_watch_first(w);

            table_watch_let_go(entry);
            take_room(w, entry);
            flow_entry_send(entry);
            any = true;
        }
    }
    if (any) {
        flow_barrier_ensure(flows);
    }
}
