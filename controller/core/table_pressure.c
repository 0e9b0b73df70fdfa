/* See table_pressure.h: the states of a table and its periods. */
#include "controller/core/table_pressure.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/table_pressure_int.h"

LOG_MODULE(flowdb);

static void period_over(void *aux, struct timer *timer);
static void look_due(void *aux, struct timer *timer);

/* --- Watches ---------------------------------------------------------------------------------- */

static struct ctl *ctl_of(const struct table_watch *w)
{
    return w->flows->dp->ctl;
}

void table_watches_init(struct flow_table *flows)
{
    list_init(&flows->watches);
}

struct table_watch *table_watch_find(const struct flow_table *flows, uint8_t table_id)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &flows->watches) {
        struct table_watch *w = LIST_ENTRY(it, struct table_watch, node);

        if (w->table_id == table_id) {
            return w;
        }
    }
    return NULL;
}

struct table_watch *table_watch_get(struct flow_table *flows, uint8_t table_id)
{
    struct table_watch *w = table_watch_find(flows, table_id);

    if (!w) {
        w = xcalloc(1, sizeof *w);
        w->flows = flows;
        w->table_id = table_id;
        list_init(&w->deferred);
        timer_init(&w->period, period_over, w);
        timer_init(&w->look, look_due, w);
        w->limit = (struct log_limit)LOG_LIMIT_INIT(1, 4);
        list_push_back(&flows->watches, &w->node);
    }
    return w;
}

static void watch_free(struct table_watch *w)
{
    timer_cancel(&ctl_of(w)->timers, &w->period);
    timer_cancel(&ctl_of(w)->timers, &w->look);
    table_looks_fini(&w->looks);
    table_looks_fini(&w->last_looks);
    list_remove(&w->node);
    free(w);
}

void table_watches_fini(struct flow_table *flows)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &flows->watches) {
        watch_free(LIST_ENTRY(it, struct table_watch, node));
    }
}

static void close_watch(struct table_watch *w)
{
    w->is = (struct table_pressure){.state = TABLE_OPEN};
    w->alarmed = false;
    timer_cancel(&ctl_of(w)->timers, &w->period);
    timer_cancel(&ctl_of(w)->timers, &w->look);
    table_looks_fini(&w->looks);
    table_looks_fini(&w->last_looks);
}

void table_watches_reset(struct flow_table *flows)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &flows->watches) {
        struct table_watch *w = LIST_ENTRY(it, struct table_watch, node);

        close_watch(w);
        w->is_low = false;
        w->n_under_way = 0;
        list_init(&w->deferred);
    }
}

struct table_watch *table_watch_pressed(const struct flow_table *flows, uint8_t table_id)
{
    struct table_watch *w =
        list_is_empty(&flows->watches) ? NULL : table_watch_find(flows, table_id);

    return w && w->is.state != TABLE_OPEN ? w : NULL;
}

/* --- The alarm -------------------------------------------------------------------------------- */

static void post(const struct table_watch *w, enum ctl_event_type type)
{
    events_post(ctl_of(w), &(struct ctl_event){.type = type,
                                               .dp = w->flows->dp,
                                               .table_id = w->table_id,
                                               .n_entries = w->is.n_entries,
                                               .capacity = w->is.capacity});
}

static const char *capacity_text(const struct table_watch *w, char *text, size_t size)
{
    if (w->is.capacity) {
        snprintf(text, size, "%s%u", w->is.capacity_is_told ? "" : "it seems ", w->is.capacity);
    } else {
        snprintf(text, size, "unknown");
    }
    return text;
}

static void raise_alarm(struct table_watch *w)
{
    struct ctl *ctl = ctl_of(w);
    char capacity[32];

    if (w->alarmed) {
        return;
    }
    w->alarmed = true;
    ctl->counters.table_alarms++;
    LOG_LIMITED(
        ctl->log, &w->limit, LOG_WARN,
        "switch " DPID_FMT ": table %u is %sfull: %u entries, capacity %s; new entries wait "
        "for room and are held for a shorter time",
        DPID_ARGS(w->flows->dp->dpid), w->table_id, w->is.state == TABLE_FULL ? "" : "nearly ",
        w->is.n_entries, capacity_text(w, capacity, sizeof capacity));
    post(w, CTL_TABLE_FULL);
}

static void set_period(struct table_watch *w, int64_t backoff_ns)
{
    struct ctl *ctl = ctl_of(w);

    w->is.backoff_ns = backoff_ns;
    w->is.period_end = mono_add(ctl->clock->now, backoff_ns);
    timer_set(&ctl->timers, &w->period, w->is.period_end);
}

void table_watch_leave_open(struct table_watch *w, enum table_pressure_state state)
{
    struct ctl *ctl = ctl_of(w);

    w->is = (struct table_pressure){.state = state, .level = 1, .since = ctl->clock->now};
    w->window = UINT32_MAX;
    w->has_looked = false;
    w->room_is_known = false;
    w->features_asked = false;
    w->told_capacity = 0;
    w->n_new_refused = w->n_new_held = w->n_new_confirmed = 0;
    set_period(w, ctl->settings.table_backoff_ns);
}

/* Pressure ends; nothing waits. */
static void ease(struct table_watch *w)
{
    struct ctl *ctl = ctl_of(w);
    char capacity[32];

    LOG_LIMITED(ctl->log, &w->limit, LOG_INFO,
                "switch " DPID_FMT ": table %u has room again: %u entries, capacity %s; meanwhile "
                "%llu were refused, %llu held back, %llu evicted",
                DPID_ARGS(w->flows->dp->dpid), w->table_id, w->is.n_entries,
                capacity_text(w, capacity, sizeof capacity), (unsigned long long)w->is.n_refused,
                (unsigned long long)w->is.n_held_back, (unsigned long long)w->is.n_evicted);
    if (w->alarmed) {
        post(w, CTL_TABLE_EASED);
    }
    close_watch(w);
}

/* --- Periods ---------------------------------------------------------------------------------- */

void table_watch_look_soon(struct table_watch *w)
{
    struct ctl *ctl = ctl_of(w);
    mono_t due = mono_add(w->looked_at, ctl->settings.table_backoff_ns);

    if (!w->has_looked || mono_before(due, ctl->clock->now)) {
        due = ctl->clock->now;
    }
    if (!timer_is_set(&w->look)) {
        timer_set(&ctl->timers, &w->look, due);
    }
}

static void look_due(void *aux, struct timer *timer)
{
    struct table_watch *w = aux;

    (void)timer;
    if ((w->is.state == TABLE_FULL || w->is.n_deferred)) {
        w->has_looked = true;
        w->looked_at = ctl_of(w)->clock->now;
        table_evict_begin(w);
    }
}

static void period_over(void *aux, struct timer *timer)
{
    struct table_watch *w = aux;

    (void)timer;
    set_period(w, w->is.backoff_ns);
    table_ask_begin(w, true);
}

/* The number of entries that the table holds. What it claims counts until it refuses more, and again
 * after a period in which nobody found it too small. */
static void learn_capacity(struct table_watch *w, uint32_t capacity)
{
    bool refuses = w->n_new_refused > 0 && !w->period_is_over;
    bool is_calm = w->period_is_over && w->is.state == TABLE_TIGHT && !w->is.n_deferred &&
                   !w->n_new_refused && !w->n_new_held;

    if (refuses && (!capacity || w->is.n_entries < capacity)) {
        w->is.capacity = w->is.n_entries;
        w->is.capacity_is_told = false;
    } else if (!w->is.capacity || w->is.capacity_is_told || is_calm ||
               w->is.n_entries > w->is.capacity) {
        w->is.capacity = capacity;
        w->is.capacity_is_told = capacity > 0;
    }
}

static bool is_full(const struct table_watch *w, bool told)
{
    if (told && w->is.capacity) {
        return w->is.n_entries >= w->is.capacity;
    }
    return w->n_new_refused > 0 || (w->is.state == TABLE_FULL && !w->n_new_confirmed &&
                                    w->n_new_held + w->is.n_deferred > 0);
}

static bool is_eased(const struct table_watch *w, bool told)
{
    if (w->is.n_deferred || w->n_new_refused || w->is_low) {
        return false;
    }
    return told && w->is.capacity ? w->is.n_entries <= (uint64_t)w->is.capacity * 9 / 10
                                  : w->n_new_held == 0;
}

static int64_t longer(const struct table_watch *w)
{
    int64_t max_ns = ctl_of(w)->settings.table_backoff_max_ns;

    return w->is.backoff_ns < max_ns / 2 ? 2 * w->is.backoff_ns : max_ns;
}

static int64_t shorter(const struct table_watch *w)
{
    int64_t min_ns = ctl_of(w)->settings.table_backoff_ns;

    return w->is.backoff_ns / 2 > min_ns ? w->is.backoff_ns / 2 : min_ns;
}

/* An entry that could make way for one that waits shall; else one is tried. */
static void end_full_period(struct table_watch *w)
{
    w->is.level += w->is.level < TABLE_PRESSURE_MAX_LEVEL;
    if (w->room == 0 && !table_evict_is_possible(w)) {
        w->room = 1;
    }
    table_watch_look_soon(w);
}

static void end_of_period(struct table_watch *w, bool told)
{
    bool eased = w->is.state != TABLE_FULL && is_eased(w, told);
    int64_t backoff_ns = eased ? shorter(w) : longer(w);

    if (w->is.state == TABLE_FULL) {
        end_full_period(w);
    } else if (eased) {
        w->is.level--;
    } else if (backoff_ns == w->is.backoff_ns) {
        w->features_asked = false; /* Perhaps it can hold more by now. */
    }
    w->n_new_refused = w->n_new_held = w->n_new_confirmed = 0;
    if (w->is.level == 0) {
        ease(w);
    } else {
        set_period(w, backoff_ns);
    }
}

/* Our own entries in the table: what we know of it when the switch does not tell. */
static uint32_t count_ours(const struct table_watch *w)
{
    const struct flow_entry *entry;
    size_t at;
    uint32_t n = 0;

    FLOW_INDEX_FOR_EACH (entry, at, &w->flows->entries) {
        n += entry->table_id == w->table_id && entry->is_there;
    }
    return n;
}

void table_watch_judge(struct table_watch *w, bool told, uint32_t n_entries, uint32_t capacity)
{
    bool was_refused = w->is.n_refused > 0;

    if (told) {
        w->is.n_entries = n_entries;
        learn_capacity(w, capacity);
    } else {
        w->is.n_entries = count_ours(w);
    }
    if (is_full(w, told)) {
        w->is.state = TABLE_FULL;
        w->room_is_known = true;
        w->room = 0;
    } else {
        w->is.state = TABLE_TIGHT;
        w->room_is_known = (told && w->is.capacity) || was_refused;
        w->room = UINT32_MAX;
        if (told && w->is.capacity) {
            w->room = w->is.capacity - w->is.n_entries;
            w->room -= w->n_since_ask < w->room ? w->n_since_ask : w->room;
        }
    }
    if (w->is.state == TABLE_FULL || !was_refused) {
        raise_alarm(w);
    }
    if (w->period_is_over) {
        w->period_is_over = false;
        end_of_period(w, told);
    }
    table_watches_go_on(w->flows);
}

void table_watch_low(struct table_watch *w, bool is_low)
{
    w->is_low = is_low;
    if (is_low && w->is.state == TABLE_OPEN) {
        table_watch_leave_open(w, TABLE_TIGHT);
        table_ask_begin(w, false);
    } else if (!is_low && w->is.state == TABLE_TIGHT && !w->is.n_deferred) {
        ease(w);
    } else if (!is_low && w->is.state == TABLE_FULL) {
        table_ask_begin(w, false);
    }
}

/* --- Questions -------------------------------------------------------------------------------- */

struct table_pressure datapath_table_pressure(const struct datapath *dp, uint8_t table_id)
{
    const struct table_watch *w = table_watch_pressed(&dp->flows, table_id);

    return w ? w->is : (struct table_pressure){.state = TABLE_OPEN};
}

uint16_t datapath_holding_s(const struct datapath *dp, uint8_t table_id, uint16_t normal_s)
{
    const struct table_watch *w = table_watch_pressed(&dp->flows, table_id);
    uint16_t holding_s = normal_s;

    if (w) {
        holding_s = (uint16_t)(normal_s >> w->is.level);
    }
    if (normal_s && !holding_s) {
        return 1;
    }
    return holding_s;
}

const char *table_pressure_state_name(enum table_pressure_state state)
{
    static const char *const names[] = {"open", "tight", "full"};

    return names[state];
}
