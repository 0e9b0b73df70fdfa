/* What the files of the flow table share: table.c (flow-mods, reading), table_backup.c, table_index.c (pool and
 * look-up), table_clock.c (time-outs), table_tcam.c (hardware),
 * table_room.c (eviction). Nobody else includes this. */
#ifndef TAMBO_WORLD_TABLE_IMPL_H
#define TAMBO_WORLD_TABLE_IMPL_H

#include "controller/base/alloc.h"
#include "simnet/world/shape.h"
#include "simnet/world/table.h"

#define INLINE_KEY 16 /* Longer keys have memory of their own. */
#define SHORT_FIELDS                                                                               \
    6 /* A short key is of so many fields at most, none longer than 8 bytes, and in line. */
#define MAX_SESSIONS 0xffffffU /* Of one entry: more than a campus has. */

/* One line of the cache. */
struct entry {
    union {
        uint8_t bytes[INLINE_KEY];
        uint8_t *far;
    } key;
    const struct entry_kind *kind; /* NULL: the slot is free. */
    uint64_t n_packets : 40;
    uint64_t n_sessions : 24;
    uint64_t n_bytes;
    int64_t installed_ns;
    int64_t idle_at_ns; /* When the idle period ends; INT64_MAX: never, or a session is active. */
    uint32_t next;      /* In the hash chain, or in the free list. */
    uint32_t stamp;     /* Of its place among the deadlines; 0: it has none. */
};

/* A hash chain. The tags say which of 32 classes of hashes are in it, so that a look-up that finds nothing,
 * as those in all tuples but one do, seldom touches an entry. */
struct bucket {
    uint32_t head;
    uint32_t tags;
};

/* A shape in use by this table: what a look-up needs of it is one line of the cache. Buckets are its own, so that
 * those of few entries stay in the cache; where there are few, the tags say mostly that none need be looked at. */
struct tuple {
    uint64_t present; /* Of the shape. */
    struct bucket *buckets;
    uint64_t mask[INLINE_KEY / 8]; /* Of a short key: zeros behind it. */
    uint32_t bucket_mask;
    uint32_t n_entries;
    uint32_t tags;         /* Those of all buckets, and perhaps more; 0: there is no entry. */
    uint16_t shape;        /* Its number. */
    uint16_t max_priority; /* Of any entry since the tuple was last empty: an upper bound. */
    bool is_masked;        /* The shape has a mask. */
    bool is_far;           /* Keys do not fit an entry. */
    uint8_t n_fields;      /* Those of a short key; 0: it is not one. */
    struct {
        uint8_t offset; /* In struct of_fields. */
        uint8_t bits;
    } fields[SHORT_FIELDS];
};

/* A shape, at the number that entries have of it, and where among the tuples its own now is. */
struct shape_slot {
    struct shape *shape;
    uint16_t tuple;
};

/* A place among the deadlines; void when the entry has another stamp. */
struct deadline {
    int64_t at_ns;
    uint32_t entry;
    uint32_t stamp;
};

/* Deadlines, first in first out: 'n' from 'head' on in a circle of 2^k places. */
struct deadline_ring {
    struct deadline *list;
    uint32_t head, n, mask; /* mask + 1 places; none without 'list'. */
};

struct tcam;

/* What is used together is in one line of the cache. */
struct table {
    /* A look-up, adding and removing. */
    struct entry *entries;
    struct tuple *tuples; /* By falling max_priority. */
    struct shape_slot *shapes;
    struct tcam *tcam; /* NULL: entries are in no place in particular. */
    uint64_t n_lookups, n_matched;
    uint16_t n_tuples; /* And as many shapes. */
    bool evicts;
    bool expiring; /* The event is at work, and will be set again when it is done. */
    uint32_t n_entries;
    uint32_t n_slots, free_head;

    /* Deadlines. */
    struct deadline_ring ring;
    struct deadline *heap;
    uint32_t heap_n, heap_cap;
    uint32_t n_stamped; /* Entries that have a place among the deadlines. */
    uint32_t last_stamp;
    uint32_t n_timed; /* Entries with an idle time-out. */
    uint32_t slots_cap;
    int64_t *hold_ns; /* HOLD_PER_ENTRY: what was drawn, by slot. */

    struct table_params params;
    _Alignas(CACHE_LINE) struct sim_event expiry;
};

/* The shape of an entry, and its tuple. */
static inline const struct shape *shape_of(const struct table *table, const struct entry *e)
{
    return table->shapes[e->kind->shape].shape;
}

static inline struct tuple *tuple_of(const struct table *table, const struct entry *e)
{
    return &table->tuples[table->shapes[e->kind->shape].tuple];
}

/* --- table_index.c --------------------------------------------------------------------------- */

void table_index_init(struct table *table);
void table_index_fini(struct table *table);

/* The entry with exactly this match and priority, or TABLE_NONE. */
uint32_t table_index_find(const struct table *table, const struct of_match *match,
                          uint16_t priority);

/* False when there are too many shapes for an entry with that match, which has another one. */
bool table_index_has_room(const struct table *table, const struct of_match *match);

/* A new entry as 'fm' says; the caller has made sure that there is room. */
uint32_t table_index_add(struct table *table, const struct of_flow_mod *fm);

/* Makes an entry that is there what 'fm' says. */
void table_index_set(struct table *table, uint32_t entry, const struct of_flow_mod *fm);
void table_index_remove(struct table *table, uint32_t entry);

const uint8_t *table_index_key(const struct table *table, uint32_t entry);

/* --- table_clock.c --------------------------------------------------------------------------- */

void table_clock_init(struct table *table);
void table_clock_fini(struct table *table);

/* A fresh entry: its hard time-out runs from now, its first idle period begins. */
void table_clock_installed(struct table *table, uint32_t entry);

/* Something used the entry: a new idle period begins, unless a session keeps it from being idle. */
void table_clock_touch(struct table *table, uint32_t entry);

/* A session is active: the entry cannot be idle. */
void table_clock_pin(struct table *table, uint32_t entry);

/* Keeps the event at the earliest deadline. */
void table_clock_arm(struct table *table);

/* Forgets the entry's deadlines. */
void table_clock_remove(struct table *table, uint32_t entry);

/* Gives 't', a copy of a table, deadlines of its own. */
void table_clock_dup(struct table *t);
void table_clock_free(struct table *t);
size_t table_clock_bytes(const struct table *table);

/* --- table_tcam.c ---------------------------------------------------------------------------- */

/* 'rng' as in struct table_params. */
struct tcam *table_tcam_new(const struct tcam_params *params, struct rng *rng);
void table_tcam_free(struct tcam *tcam);
struct tcam *table_tcam_dup(const struct tcam *tcam);
size_t table_tcam_bytes(const struct tcam *tcam);

/* Slots that an entry with this match takes. */
unsigned table_tcam_width(const struct tcam *tcam, const struct of_match *match);
bool table_tcam_has_room(const struct tcam *tcam, unsigned width);

/* Whether there is room once others have left that may leave for an entry of this importance. */
bool table_tcam_can_make_room(const struct table *table, unsigned width, uint16_t importance);

/* Who leaves first, as the parameter 'full' says, or TABLE_NONE. */
uint32_t table_tcam_victim(const struct table *table);
void table_tcam_count_eviction(struct table *table);

/* An entry has come into the table (there is room), or leaves it. */
void table_tcam_add(struct table *table, uint32_t entry, unsigned width);
void table_tcam_remove(struct table *table, uint32_t entry);

/* The entry is used; the second time it forwards a frame. */
void table_tcam_use(struct table *table, uint32_t entry);
void table_tcam_count_hit(struct table *table, uint32_t entry);

/* --- table_room.c ---------------------------------------------------------------------------- */

/* Room for an entry of so many slots, if others have to go for it; false when it cannot be had. */
bool table_make_room(struct table *table, unsigned width, uint16_t importance);

/* --- table.c --------------------------------------------------------------------------------- */

/* Tells the watcher and takes the entry out. */
void table_drop(struct table *table, uint32_t entry, enum table_change why);

#endif
