/* The inside of flowdb. Private to this room.
 *
 * Each datapath has a flow table: the entries by identity, those in flight in the order of their
 * xids, and the barriers that were sent behind them. A barrier reply confirms every entry in flight
 * whose xid is smaller, whoever sent it. Whatever is sent again keeps its xid, so that a late answer
 * to the first try counts. */
#ifndef TAMBO_CORE_FLOWDB_INT_H
#define TAMBO_CORE_FLOWDB_INT_H

#include "controller/base/buf.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/pool.h"
#include "controller/core/flow_index.h"
#include "controller/core/flowdb.h"
#include "controller/core/table_pressure_int.h"
#include "controller/core/timer.h"

struct datapath;
struct txn;

/* The instructions of an entry, which many have in common. Each is there once, and never changes. */
struct flow_deed {
    struct of_instructions ins; /* Unpacked. */
    struct hmap_node node; /* In flow_contents.deeds. */
    uint32_t n_users;      /* Contents. */
    uint32_t packed_len;
    const uint8_t *packed; /* The instructions (of_pack.h), behind the actions. */
    struct of_stat_trigger trigger;
    struct of_action actions[];
};

/* The same with the cookie: all entries that lead to hosts of one switch by one port have it in common, for
 * instance. */
struct flow_content {
    struct hmap_node node; /* In flow_contents.map. */
    uint64_t cookie;
    struct flow_deed *deed;
    uint32_t n_users; /* Entries. */
};

/* Contents are found by their cookie and the port where they output, which mostly say all, at so many places:
 * twice as many as there are contents, up to the limit. */
#define FLOW_RECENT_FIRST 256
#define FLOW_RECENT_MOST 16384

struct flow_recent {
    uint64_t cookie;
    struct flow_content *content; /* NULL: none. */
    const struct flow_deed *deed; /* Of it: both can be fetched at once. */
};

struct flow_contents {
    struct hmap map, deeds;
    struct flow_recent *recent; /* By a hash of both, the last that was used... */
    size_t n_recent;            /* ...at a power of two of places. */
    size_t deed_bytes; /* Of all deeds. */
};

/* With the match of an entry for one destination it fills one line of the cache. */
struct flow_entry {
    struct datapath *dp;
    struct list in_flight; /* In flow_table.in_flight; empty when nothing is on its way (but see
                            * 'is_deferred'). */
    struct flow_content *content;
    uint32_t xid; /* Of the last flow-mod. */
    uint16_t priority, idle_timeout_s, hard_timeout_s;
    uint16_t match_len;
    uint16_t importance; /* Not told by the switch before OpenFlow 1.4, and never compared. */
    uint8_t table_id;
    uint8_t state;            /* enum flow_state. */
    bool is_adopted : 1;      /* Found on the switch and not asked for since. */
    bool maybe_on_switch : 1; /* Was sent at some time. */
    bool was_confirmed : 1;   /* In its present form. */
    bool seen : 1;            /* While synchronising: the switch has an entry like this. */
    bool is_there : 1;        /* The switch has said that it has an entry with this identity. */
    bool is_deferred : 1;     /* Waits for room (table_pressure.h), in table_watch.deferred. */
    bool took_room : 1;       /* Is being sent to a table that has little. */
    uint8_t match[];          /* Packed (of_pack.h). */
};

/* The identity of an entry. */
struct flow_key {
    uint64_t hash;
    const uint8_t *match; /* Packed; borrowed. */
    uint16_t match_len;
    uint16_t priority;
    uint8_t table_id;
};

struct flow_table {
    struct datapath *dp;
    struct flow_index entries;
    size_t n_in_state[FLOW_DELETING + 1];
    struct list in_flight;
    struct list barriers; /* struct flow_barrier, oldest first. */
    struct list watches;  /* struct table_watch: tables that are or were full. */
    flowdb_watch_fn *on_change; /* NULL: nobody. */
    void *on_change_aux;
    uint8_t on_change_except; /* A module. */
    bool has_changed;         /* That is about to be told. */
    bool stuck;               /* Something could not be sent for lack of room. */
    bool has_repeats; /* What was sent with xids up to 'repeats_until' was sent twice, and the second time may... */
    uint32_t repeats_until; /* ...still be on its way: no younger barrier has been answered since. */
    size_t n_synced; /* Entries that the switch has told in this synchronisation. */
    struct timer adopt_timer;
};

/* Work space for packing, one for the whole core. */
struct flow_scratch {
    struct buf bytes;
    uint64_t hash_key;
};

void flow_scratch_init(struct flow_scratch *scratch, uint64_t hash_key);
void flow_scratch_fini(struct flow_scratch *scratch);

/* --- Contents (flow_content.c) ---------------------------------------------------------------- */

void flow_contents_init(struct flow_contents *all);
void flow_contents_fini(struct flow_contents *all); /* When no entry is left. */

/* The content with what is said, used once more. */
struct flow_content *flow_content_get(struct flow_contents *all, uint64_t cookie,
                                      const struct of_instructions *ins, struct buf *scratch);

size_t flow_contents_bytes(const struct flow_contents *all);

/* Fetches what flow_content_get() reads into the cache, the nearer of it or, later, the rest. */
void flow_content_look(const struct flow_contents *all, uint64_t cookie, port_no_t port,
                       bool is_rest);

/* True when its instructions do what 'ins' do. */
bool flow_content_says(const struct flow_content *content, const struct of_instructions *ins,
                       struct buf *scratch);
void flow_content_put(struct flow_contents *all, struct flow_content *content);

/* So many entries may wait for room in the send queue of a switch that does not read. Further ones
 * that its packet-ins will ask for again, because they have time-outs, are dropped. */
#define FLOW_MAX_UNSENT 4096

/* --- Entries (flow_entry.c) ------------------------------------------------------------------- */

/* Entries whose match is not long are as long as this, and in a pool of the core. */
#define FLOW_ENTRY_SIZE FLOW_ENTRY_ALIGN

/* An entry that is in no table yet. '*hash' (may be NULL) is flow_entry_hash() of it. */
struct flow_entry *flow_entry_new(struct datapath *dp, const struct flow_spec *spec, uint64_t *hash);
struct flow_entry *flow_entry_dup(const struct flow_entry *entry);

/* Frees an entry that is in no table. */
void flow_entry_free(struct flow_entry *entry);

struct flow_key flow_entry_key(const struct flow_entry *entry);
uint64_t flow_entry_hash(const struct flow_entry *entry); /* Of its key. */

/* The same when its hash is known. */
struct flow_key flow_entry_key_with(const struct flow_entry *entry, uint64_t hash);

/* The key of what is not an entry; valid until the scratch space is used again. */
struct flow_key flow_key_make(struct flow_scratch *scratch, uint8_t table_id, uint16_t priority,
                              const struct of_match *match);

/* True when both say the same: cookie, time-outs and instructions. */
bool flow_entry_same_content(const struct flow_entry *a, const struct flow_entry *b);

bool flow_entry_has_timeout(const struct flow_entry *entry);

/* Bytes that the entry itself takes. */
size_t flow_entry_size(const struct flow_entry *entry);

/* All entries of 'table' for which 'pick' is true (NULL: all), in ascending order of (table, match)
 * and descending order of priority: an array of '*n' to be freed. */
typedef bool flow_pick_fn(const void *aux, const struct flow_entry *entry);
struct flow_entry **flow_table_sorted(const struct flow_table *table, flow_pick_fn *pick,
                                      const void *aux, size_t *n);

/* Puts an array of entries into descending order of importance, then that of flow_table_sorted(). */
void flow_entries_by_importance(struct flow_entry **entries, size_t n);

/* --- Tables (flow_table.c) -------------------------------------------------------------------- */

/* What became of a wish. */
enum flow_progress {
    FLOW_IS_DONE,      /* The switch has it already. */
    FLOW_IS_IN_FLIGHT, /* A barrier will tell. */
    FLOW_IS_OFFLINE,   /* The switch is not connected. */
    FLOW_IS_REFUSED,   /* It cannot be said to this switch; the owner is told. */
    FLOW_IS_HELD_BACK, /* There is no room; the owner is told. */
};

void flow_table_init(struct flow_table *table, struct datapath *dp);
void flow_table_fini(struct flow_table *table);

/* The entry with the identity 'key', or NULL. */
struct flow_entry *flow_table_find(const struct flow_table *table, struct flow_key key);

/* Fetches the content of the entry that is found by 'hash', and is fetched itself, into the cache. */
void flow_table_look_content(const struct flow_table *table, uint64_t hash);

/* Wants 'entry', which is taken; 'hash' is flow_entry_hash() of it. */
enum flow_progress flow_table_want(struct flow_table *table, struct flow_entry *entry,
                                   uint64_t hash);

/* No longer wants the entry with the identity of 'key'. */
enum flow_progress flow_table_unwant(struct flow_table *table, const struct flow_entry *key);

/* True when flow_table_want(), or flow_table_unwant() if 'is_removal', would change the switch. */
bool flow_table_will_change(const struct flow_table *table, const struct flow_entry *entry,
                            bool is_removal);

/* Sends whatever is wanted or to be deleted and not in flight. */
void flow_table_flush(struct flow_table *table);

/* Sends what the state of 'entry' (WANTED or DELETING) asks for, without asking whether there is
 * room. */
enum flow_progress flow_entry_send(struct flow_entry *entry);

/* Deletes a confirmed entry to make room; its owner is told that it was evicted. */
void flow_table_evict(struct flow_table *table, struct flow_entry *entry);

/* Sends the flow-mod of an entry in flight once more, with the same xid. */
enum err flow_entry_send_again(struct flow_entry *entry);

/* Changes the state and keeps count. */
void flow_entry_set_state(struct flow_entry *entry, enum flow_state state);

void flow_table_insert(struct flow_table *table, struct flow_entry *entry);

/* Takes the entry out of its table without a word. */
void flow_table_unlink(struct flow_table *table, struct flow_entry *entry);

/* Takes the entry out and tells its owner that it was removed. */
void flow_table_expire(struct flow_table *table, struct flow_entry *entry,
                       enum of_flow_removed_reason reason);

/* What the switch says. */
void flow_table_removed(struct flow_table *table, const struct of_flow_removed *msg);
bool flow_table_error(struct flow_table *table, uint32_t xid, enum of_err err);
void flow_table_disconnected(struct flow_table *table);

/* --- Barriers (flow_barrier.c) ---------------------------------------------------------------- */

/* Makes room for barriers. */
void flow_barriers_init(struct ctl *ctl);

/* Sends a barrier behind what is in flight; 'txn' (may be NULL) is told of the answer. */
void flow_barrier_send(struct flow_table *table, struct txn *txn);

/* Sends the first barrier behind the message 'xid' anew: what was before it was sent again. */
void flow_barrier_renew(struct flow_table *table, uint32_t xid);

/* Sees to it that a barrier follows everything in flight. */
void flow_barrier_ensure(struct flow_table *table);

/* True when the last barrier was sent for 'txn'. */
bool flow_barrier_last_is_for(const struct flow_table *table, const struct txn *txn);

/* The switch has answered the barrier 'xid'. */
bool flow_barrier_reply(struct flow_table *table, uint32_t xid);

/* True when the flow-mod of the entry was sent twice, and the second may still have to arrive. */
bool flow_barrier_may_repeat(const struct flow_table *table, const struct flow_entry *entry);

/* The connection is lost: every barrier fails. */
void flow_barrier_drop_all(struct flow_table *table);

/* Frees the barriers without a word. */
void flow_barrier_fini(struct flow_table *table);

/* Tells the transactions that wait for a barrier that an entry was refused. */
void flow_barrier_refused(struct flow_table *table, const struct flow_entry *entry,
                          enum of_err error);

/* --- Synchronising with a switch (flow_reconcile.c) ------------------------------------------- */

void flow_sync_init(struct flow_table *table);
void flow_sync_begin(struct flow_table *table);
void flow_sync_part(struct flow_table *table, const struct of_flow_stats *flows, size_t n);
void flow_sync_end(struct flow_table *table);

/* True when 'found' is what the switch tells of 'intended'. */
bool flow_sync_is_equal(const struct flow_entry *intended, const struct flow_entry *found);

#endif
