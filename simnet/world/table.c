#include "simnet/world/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/table_impl.h"

_Static_assert(sizeof(struct entry) == 64, "an entry of a large campus is meant to be one line");
_Static_assert(sizeof(struct tuple) == 64, "a tuple is meant to be one line");
_Static_assert(offsetof(struct table, ring) == 64 && offsetof(struct table, params) == 128,
               "the parts of a table are meant to be lines");

struct table *table_new(const struct table_params *params)
{
    struct table *table = xcalloc_lines(1, sizeof *table);

    assert((params->rng || params->law == HOLD_FIXED || params->law == HOLD_THRESHOLD) &&
           "table_new: a random holding law needs a random stream");
    table->params = *params;
    if (params->tcam.n_slots) {
        table->tcam = table_tcam_new(&params->tcam, params->tcam_rng);
    }
    table_index_init(table);
    table_clock_init(table);
    return table;
}

void table_free(struct table *table)
{
    if (table) {
        table_clock_fini(table);
        table_index_fini(table);
        table_tcam_free(table->tcam);
        free(table);
    }
}

static void tell(struct table *table, uint32_t entry, enum table_change change)
{
    if (table->params.watch) {
        table->params.watch(table->params.watch_aux, table, entry, change);
    }
}

void table_drop(struct table *table, uint32_t entry, enum table_change why)
{
    table->n_entries--;
    table->n_timed -= table->entries[entry].kind->idle_timeout_s != 0;
    tell(table, entry, why);
    table_clock_remove(table, entry);
    if (table->tcam) {
        table_tcam_remove(table, entry);
    }
    table_index_remove(table, entry);
}

/* --- Flow-mods ------------------------------------------------------------------------------- */

/* True when some packet is matched by both. */
static bool overlap(const struct of_match *a, const struct of_match *b)
{
    for (uint64_t both = a->present & b->present; both; both &= both - 1) {
        unsigned f = (unsigned)__builtin_ctzll(both);
        const struct of_field_info *info = of_field_info((enum of_field)f);
        const uint8_t *va = (const uint8_t *)&a->v + info->offset;
        const uint8_t *vb = (const uint8_t *)&b->v + info->offset;
        const uint8_t *ma = (const uint8_t *)&a->m + info->offset;
        const uint8_t *mb = (const uint8_t *)&b->m + info->offset;

        for (unsigned i = 0; i < info->size; i++) {
            uint8_t mask = (a->masked >> f & 1) ? ma[i] : 0xff;

            mask &= (b->masked >> f & 1) ? mb[i] : 0xff;
            if ((va[i] ^ vb[i]) & mask) {
                return false;
            }
        }
    }
    return true;
}

/* 'same' is the entry with the match of 'fm', or TABLE_NONE: it would be replaced (§6.4). */
static bool any_overlap(const struct table *table, const struct of_flow_mod *fm, uint32_t same)
{
    struct of_match match;

    for (uint32_t i = table_first(table); i != TABLE_NONE; i = table_next(table, i)) {
        if (i != same && table->entries[i].kind->priority == fm->priority) {
            table_entry_match(table, i, &match);
            if (overlap(&match, &fm->match)) {
                return true;
            }
        }
    }
    return false;
}

static void reset_counts(struct entry *e)
{
    e->n_packets = 0;
    e->n_bytes = 0;
}

static void set_program(struct table *table, struct entry *e, const struct of_instructions *ins)
{
    const struct entry_kind *old = e->kind;

    e->kind = entry_kind_get(table->params.programs, old, ins);
    entry_kind_release(table->params.programs, old);
}

/* --- Adding, modifying, deleting --------------------------------------------------------------- */

/* A new entry for the match, or TABLE_NONE when there is no room. */
static uint32_t new_entry(struct table *table, const struct of_flow_mod *fm)
{
    unsigned width = table->tcam ? table_tcam_width(table->tcam, &fm->match) : 1;
    uint32_t i;

    if (!table_index_has_room(table, &fm->match) ||
        !table_make_room(table, width, fm->importance)) {
        return TABLE_NONE;
    }
    i = table_index_add(table, fm);
    if (table->tcam) {
        table_tcam_add(table, i, width);
    }
    return i;
}

/* An equal entry is replaced in place: its sessions go on, its clocks start anew. */
static enum of_err add(struct table *table, const struct of_flow_mod *fm, uint32_t *n_changed)
{
    bool was_timed = false;
    uint32_t i = table_index_find(table, &fm->match, fm->priority);

    if ((fm->flags & OF_FF_CHECK_OVERLAP) && any_overlap(table, fm, i)) {
        return OF_ERR_FLOW_OVERLAP;
    }
    if (i == TABLE_NONE) {
        i = new_entry(table, fm);
        if (i == TABLE_NONE) {
            return OF_ERR_FLOW_TABLE_FULL;
        }
    } else {
        was_timed = table->entries[i].kind->idle_timeout_s != 0;
        table_index_set(table, i, fm);
        if (fm->flags & OF_FF_RESET_COUNTS) {
            reset_counts(&table->entries[i]);
        }
    }
    table->n_timed += (uint32_t)(fm->idle_timeout_s != 0) - (uint32_t)was_timed;
    table_clock_installed(table, i);
    *n_changed = 1;
    tell(table, i, TABLE_ADDED);
    return OF_OK;
}

static void modify_one(struct table *table, uint32_t i, const struct of_flow_mod *fm)
{
    set_program(table, &table->entries[i], &fm->ins);
    if (fm->flags & OF_FF_RESET_COUNTS) {
        reset_counts(&table->entries[i]);
    }
    tell(table, i, TABLE_MODIFIED);
}

/* The filters of 'fm': out_port and out_group count for deletes only (§7.3.4.1). */
static struct of_flow_filter filter_of(const struct of_flow_mod *fm, bool deletes)
{
    struct of_flow_filter filter = {
        .out_port = deletes ? fm->out_port : OF_PORT_ANY,
        .out_group = deletes ? fm->out_group : OF_GROUP_ANY,
        .cookie = fm->cookie,
        .cookie_mask = fm->cookie_mask,
        .match = fm->match,
    };

    return filter;
}

static void change_one(struct table *table, uint32_t i, const struct of_flow_mod *fm, bool deletes)
{
    if (deletes) {
        table_drop(table, i, TABLE_DELETED);
    } else {
        modify_one(table, i, fm);
    }
}

static void change_strict(struct table *table, const struct of_flow_mod *fm, bool deletes,
                          uint32_t *n_changed)
{
    struct of_flow_filter filter = filter_of(fm, deletes);
    uint32_t i = table_index_find(table, &fm->match, fm->priority);

    if (i != TABLE_NONE && table_entry_passes(table, i, &filter)) {
        change_one(table, i, fm, deletes);
        *n_changed = 1;
    }
}

static void change_all(struct table *table, const struct of_flow_mod *fm, bool deletes,
                       uint32_t *n_changed)
{
    struct of_flow_filter filter = filter_of(fm, deletes);
    uint32_t next;

    for (uint32_t i = table_first(table); i != TABLE_NONE; i = next) {
        next = table_next(table, i);
        if (table_entry_passes(table, i, &filter)) {
            change_one(table, i, fm, deletes);
            ++*n_changed;
        }
    }
}

enum of_err table_flow_mod(struct table *table, const struct of_flow_mod *fm, uint32_t *n_changed)
{
    uint32_t ignored;

    n_changed = n_changed ? n_changed : &ignored;
    *n_changed = 0;
    switch (fm->command) {
    case OF_FLOW_ADD:
        return add(table, fm, n_changed);
    case OF_FLOW_MODIFY:
        change_all(table, fm, false, n_changed);
        return OF_OK;
    case OF_FLOW_MODIFY_STRICT:
        change_strict(table, fm, false, n_changed);
        return OF_OK;
    case OF_FLOW_DELETE:
        change_all(table, fm, true, n_changed);
        return OF_OK;
    case OF_FLOW_DELETE_STRICT:
        change_strict(table, fm, true, n_changed);
        return OF_OK;
    }
    return OF_ERR_FLOW_BAD_COMMAND;
}

static void delete_users(struct table *table, bool uses(const struct program *, uint32_t),
                         uint32_t id, enum table_change why)
{
    uint32_t next;

    for (uint32_t i = table_first(table); i != TABLE_NONE; i = next) {
        next = table_next(table, i);
        if (uses(table->entries[i].kind->program, id)) {
            table_drop(table, i, why);
        }
    }
}

void table_delete_of_group(struct table *table, uint32_t group_id)
{
    delete_users(table, program_uses_group, group_id, TABLE_GROUP_DELETED);
}

void table_delete_of_meter(struct table *table, uint32_t meter_id)
{
    delete_users(table, program_uses_meter, meter_id, TABLE_METER_DELETED);
}

/* --- Packets and sessions -------------------------------------------------------------------- */

uint32_t table_forward(struct table *table, const struct of_match *pkt, uint32_t n_bytes)
{
    uint32_t i = table_lookup(table, pkt);

    table->n_lookups++;
    if (i != TABLE_NONE) {
        struct entry *e = &table->entries[i];

        table->n_matched++;
        e->n_packets += !(e->kind->flags & OF_FF_NO_PKT_COUNTS);
        e->n_bytes += e->kind->flags & OF_FF_NO_BYT_COUNTS ? 0 : n_bytes;
        table_clock_touch(table, i);
        if (table->tcam) {
            table_tcam_count_hit(table, i);
        }
    }
    return i;
}

void table_session_begin(struct table *table, uint32_t entry, uint32_t n)
{
    struct entry *e = &table->entries[entry];

    e->n_sessions = (e->n_sessions + n) & MAX_SESSIONS;
    if (n) {
        table_clock_pin(table, entry);
    }
    if (n && table->tcam) {
        table_tcam_use(table, entry);
    }
}

void table_session_end(struct table *table, uint32_t entry, uint32_t n)
{
    struct entry *e = &table->entries[entry];

    assert(e->n_sessions >= n && "table_session_end: more sessions end than have begun");
    e->n_sessions = (e->n_sessions - n) & MAX_SESSIONS;
    if (n && !e->n_sessions) {
        table_clock_touch(table, entry);
    }
    if (n && table->tcam) {
        table_tcam_use(table, entry);
    }
}

/* --- Reading --------------------------------------------------------------------------------- */

/* Keys that do not fit an entry have memory of their own. */
static size_t far_keys_bytes(const struct table *table)
{
    size_t n = 0;

    for (uint32_t i = 0; i < table->n_slots; i++) {
        const struct entry *e = &table->entries[i];
        size_t size = e->kind ? shape_of(table, e)->key_size : 0;

        n += size > INLINE_KEY ? alloc_bytes(size) : 0;
    }
    return n;
}

static size_t buckets_bytes(const struct table *table)
{
    size_t n = 0;

    for (uint16_t t = 0; t < table->n_tuples; t++) {
        n += alloc_bytes((table->tuples[t].bucket_mask + (size_t)1) * sizeof(struct bucket));
    }
    return n;
}

size_t table_bytes(const struct table *table)
{
    return alloc_bytes(sizeof *table) + alloc_bytes(table->slots_cap * sizeof *table->entries) +
           buckets_bytes(table) +
           alloc_bytes(table->n_tuples * sizeof *table->tuples) +
           alloc_bytes(table->n_tuples * sizeof *table->shapes) +
           table->n_tuples * alloc_bytes(sizeof(struct shape)) +
           table_clock_bytes(table) + far_keys_bytes(table) + table_tcam_bytes(table->tcam);
}

uint32_t table_size(const struct table *table)
{
    return table->n_entries;
}

uint32_t table_n_timed(const struct table *table)
{
    return table->n_timed;
}

uint32_t table_max_entries(const struct table *table)
{
    return table->params.max_entries;
}

uint64_t table_n_lookups(const struct table *table)
{
    return table->n_lookups;
}

uint64_t table_n_matched(const struct table *table)
{
    return table->n_matched;
}

static uint32_t used_from(const struct table *table, uint32_t i)
{
    while (i < table->n_slots && !table->entries[i].kind) {
        i++;
    }
    return i < table->n_slots ? i : TABLE_NONE;
}

uint32_t table_first(const struct table *table)
{
    return used_from(table, 0);
}

uint32_t table_next(const struct table *table, uint32_t entry)
{
    return used_from(table, entry + 1);
}

struct table_entry table_entry(const struct table *table, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];
    const struct entry_kind *kind = e->kind;

    return (struct table_entry){
        .cookie = kind->cookie,
        .priority = kind->priority,
        .idle_timeout_s = kind->idle_timeout_s,
        .hard_timeout_s = kind->hard_timeout_s,
        .flags = kind->flags,
        .importance = kind->importance,
        .n_packets = e->n_packets,
        .n_bytes = e->n_bytes,
        .installed_at = {e->installed_ns},
        .program = kind->program,
    };
}

bool table_entry_matches_all(const struct table *table, uint32_t entry)
{
    return shape_of(table, &table->entries[entry])->present == 0;
}

void table_entry_match(const struct table *table, uint32_t entry, struct of_match *out)
{
    shape_unpack(shape_of(table, &table->entries[entry]), table_index_key(table, entry), out);
}

bool table_entry_passes(const struct table *table, uint32_t entry,
                        const struct of_flow_filter *filter)
{
    const struct entry *e = &table->entries[entry];
    struct of_match match;

    if (((e->kind->cookie ^ filter->cookie) & filter->cookie_mask) ||
        (filter->out_port != OF_PORT_ANY &&
         !program_outputs_to(e->kind->program, filter->out_port)) ||
        (filter->out_group != OF_GROUP_ANY &&
         !program_uses_group(e->kind->program, filter->out_group))) {
        return false;
    }
    if (!filter->match.present) {
        return true;
    }
    table_entry_match(table, entry, &match);
    return of_match_covers(&filter->match, &match);
}
