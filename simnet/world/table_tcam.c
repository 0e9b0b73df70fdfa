/* Where the entries of a table are (tcam.h): a cell beside each entry, the slots that are taken, and how many
 * entries of each priority are in the TCAM. Choosing who leaves looks at every entry. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/table_impl.h"

/* Beside the entry with the same handle. */
struct cell {
    uint64_t installed; /* In the order of the table's stamps: when it came, */
    uint64_t entered;   /* into the TCAM, */
    uint64_t used;      /* and when it was used last. */
    uint8_t width;      /* Slots that it takes in the TCAM. */
    bool taken, fast;
    bool rises; /* It is about to move up. */
};

struct level {
    uint16_t priority;
    uint32_t n_entries; /* In the TCAM. */
};

struct tcam {
    struct tcam_params params;
    struct rng *rng;
    uint64_t stamp;
    struct cell *cells;
    uint32_t n_cells;
    struct level *levels; /* By rising priority; none is empty. */
    uint32_t n_levels, levels_cap;
    struct tcam_stats stats;
};

const char *tcam_victim_name(enum tcam_victim victim)
{
    static const char *const names[] = {"none", "lru", "fifo", "random", "importance"};

    return victim < TCAM_N_VICTIMS ? names[victim] : NULL;
}

const char *tcam_moves_name(enum tcam_moves moves)
{
    static const char *const names[] = {"none", "levels", "entries"};

    return moves < TCAM_N_MOVES ? names[moves] : NULL;
}

bool tcam_is_random(const struct tcam_params *params)
{
    return params->n_slots && (params->full == TCAM_RANDOM || params->swap == TCAM_RANDOM);
}

/* --- Life ------------------------------------------------------------------------------------ */

struct tcam *table_tcam_new(const struct tcam_params *params, struct rng *rng)
{
    struct tcam *t = xcalloc(1, sizeof *t);

    assert((rng || !tcam_is_random(params)) && "table_tcam_new: a random choice needs a stream");
    t->params = *params;
    t->params.wide_slots = params->wide_slots ? params->wide_slots : 1;
    t->rng = rng;
    return t;
}

void table_tcam_free(struct tcam *t)
{
    if (t) {
        free(t->cells);
        free(t->levels);
        free(t);
    }
}

struct tcam *table_tcam_dup(const struct tcam *t)
{
    struct tcam *copy = t ? xmemdup(t, sizeof *t) : NULL;

    if (copy) {
        copy->cells = t->n_cells ? xmemdup(t->cells, t->n_cells * sizeof *t->cells) : NULL;
        copy->levels = t->n_levels ? xmemdup(t->levels, t->n_levels * sizeof *t->levels) : NULL;
        copy->levels_cap = t->n_levels;
    }
    return copy;
}

size_t table_tcam_bytes(const struct tcam *t)
{
    return t ? alloc_bytes(sizeof *t) + alloc_bytes(t->n_cells * sizeof *t->cells) +
                   alloc_bytes(t->levels_cap * sizeof *t->levels)
             : 0;
}

/* --- Width ----------------------------------------------------------------------------------- */

unsigned table_tcam_width(const struct tcam *t, const struct of_match *match)
{
    const uint64_t ipv6 = OF_BIT(IPV6_SRC) | OF_BIT(IPV6_DST) | OF_BIT(IPV6_FLABEL) |
                          OF_BIT(IPV6_ND_TARGET) | OF_BIT(IPV6_ND_SLL) | OF_BIT(IPV6_ND_TLL) |
                          OF_BIT(IPV6_EXTHDR);
    const uint64_t l2 = OF_BIT(ETH_DST) | OF_BIT(ETH_SRC);
    /* All from IP_DSCP to IPV6_ND_TLL, and IPV6_EXTHDR. */
    const uint64_t l3 =
        ((OF_BIT(IPV6_ND_TLL) << 1) - OF_BIT(IP_DSCP)) | OF_BIT(IPV6_EXTHDR) | OF_BIT(TCP_FLAGS);
    bool wide = (t->params.ipv6_is_wide && (match->present & ipv6)) ||
                (t->params.l2_l3_is_wide && (match->present & l2) && (match->present & l3));

    return wide ? t->params.wide_slots : 1;
}

/* --- Priorities ------------------------------------------------------------------------------ */

/* The first level that is not below 'priority'. */
static uint32_t level_at(const struct tcam *t, uint16_t priority)
{
    uint32_t low = 0, high = t->n_levels;

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (t->levels[mid].priority < priority) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void level_gain(struct tcam *t, uint16_t priority)
{
    uint32_t i = level_at(t, priority);

    if (i < t->n_levels && t->levels[i].priority == priority) {
        t->levels[i].n_entries++;
        return;
    }
    if (t->n_levels == t->levels_cap) {
        t->levels_cap = t->levels_cap ? t->levels_cap * 2 : 8;
        t->levels = xreallocarray(t->levels, t->levels_cap, sizeof *t->levels);
    }
    memmove(&t->levels[i + 1], &t->levels[i], (t->n_levels - i) * sizeof *t->levels);
    t->levels[i] = (struct level){priority, 1};
    t->n_levels++;
}

static void level_lose(struct tcam *t, uint16_t priority)
{
    uint32_t i = level_at(t, priority);

    if (--t->levels[i].n_entries == 0) {
        t->n_levels--;
        memmove(&t->levels[i], &t->levels[i + 1], (t->n_levels - i) * sizeof *t->levels);
    }
}

/* What an entry of this priority would move. */
static uint64_t n_moves(const struct tcam *t, uint16_t priority)
{
    uint32_t below = level_at(t, priority);
    uint64_t n = 0;

    if (t->params.moves != TCAM_MOVES_ENTRIES) {
        return t->params.moves == TCAM_MOVES_LEVELS ? below : 0;
    }
    for (uint32_t i = 0; i < below; i++) {
        n += t->levels[i].n_entries;
    }
    return n;
}

static int64_t insert_ns(const struct tcam *t, uint16_t priority)
{
    return t->params.insert_ns + (int64_t)n_moves(t, priority) * t->params.move_ns;
}

/* --- Places ---------------------------------------------------------------------------------- */

static uint32_t free_slots(const struct tcam *t)
{
    return t->params.n_slots - t->stats.n_used_slots;
}

static bool software_has_room(const struct tcam *t)
{
    return t->stats.n_software < t->params.software_entries;
}

bool table_tcam_has_room(const struct tcam *t, unsigned width)
{
    return free_slots(t) >= width || software_has_room(t);
}

/* True when an entry that comes is put into the TCAM. */
static bool begins_fast(const struct tcam *t, unsigned width)
{
    return free_slots(t) >= width && !(t->params.software_first && software_has_room(t));
}

static void enter_fast(struct tcam *t, struct cell *c, uint16_t priority)
{
    t->stats.n_moves += n_moves(t, priority);
    t->stats.n_inserts++;
    t->stats.n_used_slots += c->width;
    t->stats.n_fast++;
    c->fast = true;
    c->entered = t->stamp;
    level_gain(t, priority);
}

static void leave_fast(struct tcam *t, struct cell *c, uint16_t priority)
{
    t->stats.n_used_slots -= c->width;
    t->stats.n_fast--;
    c->fast = false;
    level_lose(t, priority);
}

static struct cell *cell_of(struct tcam *t, uint32_t entry)
{
    if (entry >= t->n_cells) {
        uint32_t n = entry + 1 > 2 * t->n_cells ? entry + 1 : 2 * t->n_cells;

        t->cells = xreallocarray(t->cells, n, sizeof *t->cells);
        memset(&t->cells[t->n_cells], 0, (n - t->n_cells) * sizeof *t->cells);
        t->n_cells = n;
    }
    return &t->cells[entry];
}

void table_tcam_add(struct table *table, uint32_t entry, unsigned width)
{
    struct tcam *t = table->tcam;
    struct cell *c = cell_of(t, entry);

    t->stamp++;
    *c = (struct cell){
        .installed = t->stamp, .used = t->stamp, .width = (uint8_t)width, .taken = true};
    if (begins_fast(t, width)) {
        enter_fast(t, c, table->entries[entry].kind->priority);
    } else {
        t->stats.n_software++;
    }
}

void table_tcam_remove(struct table *table, uint32_t entry)
{
    struct tcam *t = table->tcam;
    struct cell *c = &t->cells[entry];

    if (c->fast) {
        leave_fast(t, c, table->entries[entry].kind->priority);
    } else {
        t->stats.n_software--;
    }
    c->taken = false;
}

/* --- Who leaves ------------------------------------------------------------------------------- */

/* What the choice is made by: the entry with the least goes. One with sessions is in use. */
static uint64_t key_of(const struct table *table, uint32_t entry, enum tcam_victim by, bool fast)
{
    const struct cell *c = &table->tcam->cells[entry];

    if (by == TCAM_FIFO) {
        return fast ? c->entered : c->installed;
    }
    return table->entries[entry].n_sessions ? UINT64_MAX : c->used;
}

/* The entry that is first to leave the TCAM ('fast') or the table, except 'but'; TABLE_NONE: none. */
static uint32_t choose(const struct table *table, enum tcam_victim by, bool fast, uint32_t but)
{
    const struct tcam *t = table->tcam;
    uint32_t best = TABLE_NONE, n = 0;
    uint64_t least = 0;
    uint16_t importance = 0;

    for (uint32_t i = 0; by != TCAM_NOBODY && i < t->n_cells; i++) {
        uint64_t key;
        uint16_t imp = 0;

        if (!t->cells[i].taken || (fast && !t->cells[i].fast) || i == but) {
            continue;
        }
        if (by == TCAM_RANDOM) {
            best = rng_below(t->rng, ++n) == 0 ? i : best; /* Each with 1/n in the end. */
            continue;
        }
        key = key_of(table, i, by, fast);
        imp = by == TCAM_IMPORTANCE ? table->entries[i].kind->importance : 0;
        if (best == TABLE_NONE || imp < importance || (imp == importance && key < least)) {
            best = i;
            least = key;
            importance = imp;
        }
    }
    return best;
}

/* Slots of the TCAM that entries which may go would leave, at most. */
static uint64_t slots_of_lesser(const struct table *table, uint16_t importance)
{
    const struct tcam *t = table->tcam;
    uint64_t n = 0;

    if (importance == UINT16_MAX) {
        return t->stats.n_used_slots;
    }
    for (uint32_t i = 0; i < t->n_cells; i++) {
        const struct cell *c = &t->cells[i];

        n += c->taken && c->fast && table->entries[i].kind->importance <= importance ? c->width : 0;
    }
    return n;
}

static bool any_lesser_in_software(const struct table *table, uint16_t importance)
{
    const struct tcam *t = table->tcam;

    for (uint32_t i = 0; i < t->n_cells; i++) {
        if (t->cells[i].taken && !t->cells[i].fast &&
            table->entries[i].kind->importance <= importance) {
            return true;
        }
    }
    return false;
}

bool table_tcam_can_make_room(const struct table *table, unsigned width, uint16_t importance)
{
    const struct tcam *t = table->tcam;
    bool all = t->params.full != TCAM_IMPORTANCE && !table->evicts;
    uint16_t limit = all ? UINT16_MAX : importance;

    return (width <= t->params.n_slots && free_slots(t) + slots_of_lesser(table, limit) >= width) ||
           any_lesser_in_software(table, limit);
}

uint32_t table_tcam_victim(const struct table *table)
{
    return choose(table, table->tcam->params.full, false, TABLE_NONE);
}

void table_tcam_count_eviction(struct table *table)
{
    table->tcam->stats.n_evictions++;
}

/* --- Use ------------------------------------------------------------------------------------- */

void table_tcam_use(struct table *table, uint32_t entry)
{
    table->tcam->cells[entry].used = ++table->tcam->stamp;
}

void table_tcam_count_hit(struct table *table, uint32_t entry)
{
    struct tcam *t = table->tcam;

    t->stats.n_fast_hits += t->cells[entry].fast;
    t->stats.n_software_hits += !t->cells[entry].fast;
    table_tcam_use(table, entry);
}

bool table_is_fast(const struct table *table, uint32_t entry)
{
    return !table->tcam || table->tcam->cells[entry].fast;
}

/* Moves one entry down to make room; false when none may go. */
static bool move_one_down(struct table *table, uint32_t for_entry)
{
    struct tcam *t = table->tcam;
    uint32_t down = choose(table, t->params.swap, true, for_entry);

    if (down == TABLE_NONE ||
        (t->params.swap == TCAM_IMPORTANCE &&
         table->entries[down].kind->importance > table->entries[for_entry].kind->importance)) {
        return false;
    }
    leave_fast(t, &t->cells[down], table->entries[down].kind->priority);
    t->stats.n_software++;
    t->stats.n_downs++;
    return true;
}

/* Enough slots may become free, and there is room in software for who leaves them: one place is that of the
 * entry that moves up. */
static bool may_swap(const struct table *table, uint32_t entry)
{
    const struct tcam *t = table->tcam;
    unsigned width = t->cells[entry].width;
    uint16_t limit =
        t->params.swap == TCAM_IMPORTANCE ? table->entries[entry].kind->importance : UINT16_MAX;

    return t->params.swap != TCAM_NOBODY &&
           free_slots(t) + slots_of_lesser(table, limit) >= width &&
           t->stats.n_software - 1 + width <= t->params.software_entries;
}

static bool wants_up(const struct table *table, uint32_t entry)
{
    const struct tcam *t = table->tcam;
    const struct cell *c = &t->cells[entry];

    return !c->fast && c->width <= t->params.n_slots &&
           (free_slots(t) >= c->width || may_swap(table, entry));
}

uint64_t table_begin_up(struct table *table, uint32_t entry)
{
    struct tcam *t = table->tcam;

    if (!t || t->cells[entry].rises || !wants_up(table, entry)) {
        return 0;
    }
    t->cells[entry].rises = true;
    return t->cells[entry].installed;
}

/* Whether 'stamp' is that of the entry, which may have gone and another have its handle. */
static bool is_there(const struct tcam *t, uint32_t entry, uint64_t stamp)
{
    return entry < t->n_cells && t->cells[entry].taken && t->cells[entry].installed == stamp;
}

bool table_end_up(struct table *table, uint32_t entry, uint64_t stamp)
{
    struct tcam *t = table->tcam;
    struct cell *c = &t->cells[entry];

    if (!is_there(t, entry, stamp)) {
        return false;
    }
    c->rises = false;
    if (!wants_up(table, entry)) {
        return false;
    }
    t->stats.n_software--;
    while (free_slots(t) < c->width && move_one_down(table, entry)) {
    }
    t->stamp++;
    enter_fast(t, c, table->entries[entry].kind->priority);
    t->stats.n_ups++;
    return true;
}

/* --- Time ------------------------------------------------------------------------------------ */

/* An add that finds no room takes the place of another, unless it is refused. */
static bool will_be_fast(const struct table *table, unsigned width)
{
    const struct tcam *t = table->tcam;

    if (table_tcam_has_room(t, width)) {
        return begins_fast(t, width);
    }
    return !t->params.software_first && (table->evicts || t->params.full != TCAM_NOBODY);
}

int64_t table_add_ns(const struct table *table, const struct of_flow_mod *fm)
{
    const struct tcam *t = table->tcam;

    if (!t || fm->command != OF_FLOW_ADD ||
        table_index_find(table, &fm->match, fm->priority) != TABLE_NONE ||
        !will_be_fast(table, table_tcam_width(t, &fm->match))) {
        return 0;
    }
    return insert_ns(t, fm->priority);
}

int64_t table_up_ns(const struct table *table, uint32_t entry, uint64_t stamp)
{
    return is_there(table->tcam, entry, stamp)
               ? insert_ns(table->tcam, table->entries[entry].kind->priority)
               : 0;
}

const struct tcam_stats *table_tcam_stats(const struct table *table)
{
    static const struct tcam_stats none;

    return table->tcam ? &table->tcam->stats : &none;
}
