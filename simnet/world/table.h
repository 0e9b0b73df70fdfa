/* A flow table with a hard capacity: entries, look-up, time-outs, counters (OF 1.3.5 §5.1–§5.5,
 * §6.4).
 *
 * Look-up goes by tuple space (shape.h): its cost does not depend on the number of entries. Entries
 * live in a pool of 32-bit handles and take 64 bytes each; what they have in common is shared (program.h).
 *
 * Idle time-outs. An idle period of an entry starts at its installation, at every packet that it
 * forwards and when the last of its sessions ends; while it has an active session it cannot be
 * idle. How long it may be idle is the table's holding law, with the entry's idle_timeout as mean:
 *
 *   HOLD_FIXED        always idle_timeout: what a real switch does
 *   HOLD_EXPONENTIAL  a fresh exponential time at every idle period: what the model assumes
 *   HOLD_PER_ENTRY    one exponential draw when the entry is installed, used for all its life
 *   HOLD_THRESHOLD    like HOLD_FIXED: the policy lives in the controller, not in the switch
 *
 * Time-outs fire exact to the nanosecond, through one simulator event per table. Of several entries
 * that expire at one instant the one with the lowest handle goes first. */
#ifndef TAMBO_WORLD_TABLE_H
#define TAMBO_WORLD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/rng.h"
#include "controller/openflow/of_msg.h"
#include "models/holding.h"
#include "simnet/des/sim.h"
#include "simnet/world/program.h"
#include "simnet/world/tcam.h"

struct table;

#define TABLE_NONE UINT32_MAX /* No entry. */

#define TABLE_MAX_SHAPES 4096 /* Of matches (shape.h) that the entries of a table may have at a time. */

/* What happened to an entry. */
enum table_change {
    TABLE_ADDED,         /* Also when an equal entry was replaced; the handle is then the same. */
    TABLE_MODIFIED,      /* Its instructions have changed. */
    TABLE_IDLE,          /* It leaves: idle time-out. */
    TABLE_HARD,          /* It leaves: hard time-out. */
    TABLE_DELETED,       /* It leaves: deleted by a flow-mod. */
    TABLE_GROUP_DELETED, /* It leaves: a group that it leads to has been deleted. */
    TABLE_METER_DELETED, /* It leaves: its meter has been deleted. */
    TABLE_EVICTED,       /* It leaves: another entry needs its place. */
};

/* Told of each change, with the entry still readable; one that leaves is not counted any more. It may begin sessions on an added entry and
 * must not change the table otherwise. */
typedef void table_watch_fn(void *aux, struct table *table, uint32_t entry,
                            enum table_change change);

struct table_params {
    struct sim *sim;           /* Borrowed. */
    struct programs *programs; /* Borrowed; shared by all tables of a world. */
    struct rng *rng;           /* For the random holding laws; borrowed, NULL with HOLD_FIXED. */
    table_watch_fn *watch;     /* NULL: nobody is interested. */
    void *watch_aux;
    uint32_t trace_id; /* Names the table in the trace. */
    uint32_t max_entries;
    enum hold_law law;
    struct rng *tcam_rng;    /* For random choices (tcam_is_random()), else NULL; borrowed. */
    struct tcam_params tcam; /* Of 0 slots: there is no hardware. */
};

struct table *table_new(const struct table_params *params);

/* Frees the table; the watcher is not told of the entries that go with it. NULL is fine. */
void table_free(struct table *table);

/* --- Controller's side ----------------------------------------------------------------------- */

/* Does what 'fm' says; its table_id, buffer_id and version quirks are the switch's affair. The
 * match must be normalized. '*n_changed' (may be NULL) tells how many entries were added, modified
 * or deleted. On error nothing has changed.
 *   OF_ERR_FLOW_TABLE_FULL   an add without room, or with a mask too many (TABLE_MAX_SHAPES)
 *   OF_ERR_FLOW_OVERLAP      an add with OF_FF_CHECK_OVERLAP that overlaps another entry
 *   OF_ERR_FLOW_BAD_COMMAND  an unknown command */
enum of_err table_flow_mod(struct table *table, const struct of_flow_mod *fm, uint32_t *n_changed);

/* Deletes every entry that leads to group 'group_id'; OF_GROUP_ANY: to any. */
void table_delete_of_group(struct table *table, uint32_t group_id);

/* The same for a meter; OF_METER_ALL: any. */
void table_delete_of_meter(struct table *table, uint32_t meter_id);

/* Whether an add to a full table may take the place of another entry (1.4 §6.5, §7.3.5.6): of the entries
 * with the least importance the one that leaves soonest, and of those the one with the lowest handle. An
 * entry never takes the place of a more important one. An eviction looks at every entry. */
void table_set_eviction(struct table *table, bool evicts);

/* From now on so many entries at most; those beyond that stay. */
void table_set_max_entries(struct table *table, uint32_t max_entries);

/* --- Packets' side --------------------------------------------------------------------------- */

/* The entry of highest priority that matches a packet with fields 'pkt', or TABLE_NONE. Of equal
 * priorities with different shapes the shape that came into the table first wins, or, once there have been
 * many, the one that has the place of one that came first. */
uint32_t table_lookup(const struct table *table, const struct of_match *pkt);

/* Looks up and counts: table counters, and on a hit the entry's, whose idle period starts anew. */
uint32_t table_forward(struct table *table, const struct of_match *pkt, uint32_t n_bytes);

/* --- Sessions -------------------------------------------------------------------------------- */

/* Fetches what the others need: of the table, and a little later of one entry, or of what a frame to 'dst'
 * without a tag would meet in shapes that look at nothing else. */
void table_prefetch(const struct table *table);
void table_prefetch_entry(const struct table *table, uint32_t entry);
void table_prefetch_dst(const struct table *table, struct eth_addr dst);

/* 'n' sessions start (end) using 'entry'. While any is active the entry is not idle. */
void table_session_begin(struct table *table, uint32_t entry, uint32_t n);
void table_session_end(struct table *table, uint32_t entry, uint32_t n);

/* An entry that is idle is so until 'at', as if its idle period had begun earlier or later. */
void table_set_idle_end(struct table *table, uint32_t entry, mono_t at);

/* --- Hardware (tcam.h) ----------------------------------------------------------------------- */

/* True when the entry is in the TCAM, or there is none. */
bool table_is_fast(const struct table *table, uint32_t entry);

/* How long the hardware takes for a flow-mod, as the table is now: an entry that is new and goes into the
 * TCAM has to be inserted; all else takes no time. */
int64_t table_add_ns(const struct table *table, const struct of_flow_mod *fm);

/* An entry that has been used, if it may move up: a stamp, to be given back when table_up_ns() have passed; 0:
 * it stays where it is, or is on its way. The second function moves it, and tells whether it did: the entry
 * may have gone, and the room too. */
uint64_t table_begin_up(struct table *table, uint32_t entry);
bool table_end_up(struct table *table, uint32_t entry, uint64_t stamp);
int64_t table_up_ns(const struct table *table, uint32_t entry, uint64_t stamp);

/* All 0 without hardware. */
const struct tcam_stats *table_tcam_stats(const struct table *table);

/* --- Taking back ------------------------------------------------------------------------------ */

struct table_backup;

/* All that the table is now; and back to it, entries with their handles, counters and deadlines. Nobody is
 * told. Either of the last two functions ends the backup. */
struct table_backup *table_save(struct table *table);
void table_restore(struct table *table, struct table_backup *backup);
void table_backup_free(struct table_backup *backup);

/* --- Reading --------------------------------------------------------------------------------- */

/* Bytes that it holds (alloc_bytes()), without programs, which switches share. */
size_t table_bytes(const struct table *table);

uint32_t table_size(const struct table *table);
uint32_t table_n_timed(const struct table *table); /* Entries with an idle time-out. */
uint32_t table_max_entries(const struct table *table);
uint64_t table_n_lookups(const struct table *table);
uint64_t table_n_matched(const struct table *table);

/* The first entry, and the one after 'entry', in the order of handles; TABLE_NONE at the end. */
uint32_t table_first(const struct table *table);
uint32_t table_next(const struct table *table, uint32_t entry);

struct table_entry {
    uint64_t cookie;
    uint16_t priority, idle_timeout_s, hard_timeout_s, flags, importance;
    uint64_t n_packets, n_bytes;
    mono_t installed_at;
    const struct program *program; /* Borrowed until the table changes. */
};

/* All of an entry but its match. */
struct table_entry table_entry(const struct table *table, uint32_t entry);
bool table_entry_matches_all(const struct table *table, uint32_t entry); /* No field at all. */
void table_entry_match(const struct table *table, uint32_t entry, struct of_match *out);

/* When the entry leaves if nothing else happens; MONO_NEVER: not by itself. */
mono_t table_entry_deadline(const struct table *table, uint32_t entry);

/* True when the entry passes 'filter' as flow statistics and non-strict deletes mean it (§7.3.4.1:
 * match covered, cookie under its mask, out_port, out_group). */
bool table_entry_passes(const struct table *table, uint32_t entry,
                        const struct of_flow_filter *filter);

#endif
