/* Table pressure: what the core does when a switch has no room for an entry.
 *
 *                 TABLE_FULL                        the switch has room, or may have
 *      ┌──────┐ ─────────────▶ ┌──────┐ ──────────────────────────────▶ ┌───────┐
 *      │ OPEN │                │ FULL │                                 │ TIGHT │
 *      └──────┘ ◀──┐           └──────┘ ◀────────────────────────────── └───────┘
 *         │        │                      TABLE_FULL, or full by its       │  ▲
 *         │        │                      own statistics                   │  │
 *         │        └───────────────────────────────────────────────────────┘  │
 *         │             nine tenths or less in use for long enough            │
 *         └───────────────────────────────────────────────────────────────────┘
 *                       a vacancy event of OpenFlow 1.4
 *
 * OPEN is a table that nobody has complained of: nothing is counted and nothing is asked. When a
 * switch refuses an entry with TABLE_FULL, its table statistics are asked for (and, once, what the
 * table can hold); the answer makes the alarm: one line in the log and CTL_TABLE_FULL to every
 * module. From then on:
 *
 *   Held back.  An entry that needs room is sent only while the core believes that there is some: a
 *               flow-removed message or a delete that was done makes room for one, the statistics
 *               say for how many. An entry without a time-out that finds none stays intended and is
 *               deferred (CTL_FLOW_DEFERRED); it is sent when there is room, the most important one
 *               first. An entry with a time-out fails at once (CTL_FLOW_FAILED), unsent: its app
 *               asks again if frames still come. Entries that replace one on the switch are sent.
 *   Back-off.   Periods of table_backoff_ns, doubled up to table_backoff_max_ns while the table stays
 *               full. At the end of each the statistics are asked for again, and one entry may be
 *               tried in spite of them. In one period a switch refuses at most what was under way
 *               when it began and TABLE_PRESSURE_MAX_REFUSED more.
 *   Evicted.    For deferred entries, room is made: entries with a time-out and less importance are
 *               deleted, the least important first, of these the ones that forwarded nothing since
 *               the last look, of these the ones with the fewest packets for their age. Entries that
 *               forwarded nothing between two looks are also deleted until a tenth of the table is
 *               free. Their owners are told: CTL_FLOW_REMOVED, OF_REMOVED_EVICTION.
 *   Level.      1 at first, one more after every period at whose end the table is full, one less after
 *               one at whose end nine tenths or less are in use and nothing is deferred; at 0 the
 *               table is OPEN again (CTL_TABLE_EASED, one line in the log). Apps halve the time-outs
 *               of new entries once for each level.
 *
 * A lost connection (CTL_DATAPATH_DOWN) ends the pressure without CTL_TABLE_EASED. */
#ifndef TAMBO_CORE_TABLE_PRESSURE_H
#define TAMBO_CORE_TABLE_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/base/types.h"

struct datapath;

#define TABLE_PRESSURE_MAX_LEVEL 8
#define TABLE_PRESSURE_MAX_REFUSED 24

enum table_pressure_state {
    TABLE_OPEN,
    TABLE_TIGHT,
    TABLE_FULL,
};

struct table_pressure {
    enum table_pressure_state state;
    unsigned level; /* 0 when OPEN. */
    uint32_t
        n_entries;     /* In the switch's table, others' included; as last told, corrected since. */
    uint32_t capacity; /* 0: not known. */
    bool capacity_is_told; /* By the switch; else it is the number at which it refused more. */
    uint32_t n_deferred;   /* Entries of flowdb that wait for room. */
    uint64_t n_refused, n_held_back, n_evicted; /* Since it was last OPEN. */
    int64_t backoff_ns;                         /* The present period... */
    mono_t period_end;                          /* ...and its end. */
    mono_t since;                               /* When it was last OPEN. */
};

/* The pressure on a table of 'dp'; all zero when it is OPEN. */
struct table_pressure datapath_table_pressure(const struct datapath *dp, uint8_t table_id);

/* What 'normal_s', a time-out (0: none), should be for a new entry in this table now: halved once for
 * each level of the pressure, but not below 1. */
uint16_t datapath_holding_s(const struct datapath *dp, uint8_t table_id, uint16_t normal_s);

const char *table_pressure_state_name(enum table_pressure_state state);

#endif
