/* The inside of table pressure. Private to this room.
 *
 *      table_pressure.c   states, periods, the alarm
 *      table_room.c       who may be sent and who waits
 *      table_ask.c        statistics: asking for them and reading the answers; vacancy events
 *      table_evict.c      which entries are worth least */
#ifndef TAMBO_CORE_TABLE_PRESSURE_INT_H
#define TAMBO_CORE_TABLE_PRESSURE_INT_H

#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/core/table_pressure.h"
#include "controller/core/timer.h"
#include "controller/openflow/of_msg.h"

struct flow_entry;
struct flow_table;

/* What an entry had forwarded when it was looked at. */
struct table_look {
    uint64_t identity; /* The hash of it. */
    uint64_t n_packets;
    uint32_t age_s;
    bool was_idle; /* Nothing since the look before. */
};

struct table_looks {
    struct table_look *list; /* Ascending identities. */
    size_t n, cap;
};

/* One table of a switch that has been full or nearly so; kept as long as the datapath. */
struct table_watch {
    struct list node; /* In flow_table.watches. */
    struct flow_table *flows;
    uint8_t table_id;
    struct table_pressure is;
    bool alarmed;             /* CTL_TABLE_FULL was posted. */
    bool is_low;              /* A vacancy event said so, and none the contrary. */
    bool room_is_known;       /* Else everything is admitted (a vacancy event, no answer yet). */
    uint32_t room;            /* Adds that still fit, as far as we know. */
    uint32_t window;          /* Adds that may be under way at once. */
    uint32_t n_under_way;     /* Adds that needed room and are not answered. */
    uint32_t n_new_refused;   /* In this period. */
    uint32_t n_new_held;      /* In this period... */
    uint32_t n_new_confirmed; /* ...as these. */
    uint32_t n_since_ask;     /* Adds admitted since the statistics were asked for. */
    bool period_is_over;      /* The statistics under way are those at the end of a period. */
    bool features_asked;      /* In this pressure. */
    uint32_t told_capacity;   /* By the table features; 0: not yet. */
    bool asks_tables, asks_features, asks_flows; /* A question is out. */
    uint32_t best_entries, best_capacity;        /* Of the answer's parts so far. */
    bool best_is_full, has_best;
    struct list deferred; /* struct flow_entry, by its 'in_flight'. */
    struct table_looks looks, last_looks;
    bool has_looked;
    mono_t looked_at; /* When flow statistics were last asked for. */
    struct timer period, look;
    struct log_limit limit;
};

/* --- For the flow table ----------------------------------------------------------------------- */

void table_watches_init(struct flow_table *flows);
void table_watches_fini(struct flow_table *flows);

/* The connection is lost: everything is OPEN. */
void table_watches_reset(struct flow_table *flows);

/* True when 'entry' may be sent now; what it needs is then taken into account. */
bool table_watch_admit(struct flow_entry *entry);

/* 'entry', which has no time-out, waits for room from now on. */
void table_watch_defer(struct flow_entry *entry);

/* 'entry', which has a time-out, was not sent for lack of room. */
void table_watch_held_back(const struct flow_entry *entry);

/* The switch has no room for 'entry', which was in flight. */
void table_watch_refused(struct flow_entry *entry);

/* 'entry' has been written; or: is no longer under way, nor waits. */
void table_watch_confirmed(struct flow_entry *entry);
void table_watch_let_go(struct flow_entry *entry);

/* An entry has left 'table_id' of the switch. */
void table_watch_freed(struct flow_table *flows, uint8_t table_id);

/* Sends what waits and now has room. To be called when something of the above has happened. */
void table_watches_go_on(struct flow_table *flows);

/* --- For sessions ----------------------------------------------------------------------------- */

/* OpenFlow 1.4: asks the switch for vacancy events, and takes one. */
void table_vacancy_begin(struct flow_table *flows);
void table_vacancy_event(struct flow_table *flows, const struct of_table_status *status);

/* --- Between the files ------------------------------------------------------------------------ */

/* The watch of 'table_id', or NULL; and: made when there is none. */
struct table_watch *table_watch_find(const struct flow_table *flows, uint8_t table_id);
struct table_watch *table_watch_get(struct flow_table *flows, uint8_t table_id);

/* The same when the table is under pressure, else NULL. */
struct table_watch *table_watch_pressed(const struct flow_table *flows, uint8_t table_id);

/* Pressure begins. */
void table_watch_leave_open(struct table_watch *w, enum table_pressure_state state);

/* Looks for entries that may go, now or as soon as it is allowed to. */
void table_watch_look_soon(struct table_watch *w);

/* Little room is left, or enough again, by the switch's own word. */
void table_watch_low(struct table_watch *w, bool is_low);

/* What the switch says is known, or is not to be known ('told' false). */
void table_watch_judge(struct table_watch *w, bool told, uint32_t n_entries, uint32_t capacity);

/* The most important entry that waits; NULL: none does. */
struct flow_entry *table_watch_first(const struct table_watch *w);

void table_ask_begin(struct table_watch *w, bool at_period_end); /* Table statistics. */
void table_ask_flows(struct table_watch *w);                     /* Flow statistics. */

/* Asks for flow statistics where somebody may have to go. */
void table_evict_begin(struct table_watch *w);

/* True when some entry may be evicted for the most important one that waits. */
bool table_evict_is_possible(const struct table_watch *w);

/* The flow statistics are complete, or could not be had. */
void table_evict_end(struct table_watch *w);

void table_looks_fini(struct table_looks *looks);

#endif
