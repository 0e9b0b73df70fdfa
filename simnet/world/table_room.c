/* Room for entries: how many there may be, and which go for others (1.4 §6.5; tcam.h). */
#include "simnet/world/table_impl.h"

void table_set_max_entries(struct table *table, uint32_t max_entries)
{
    table->params.max_entries = max_entries;
}

void table_set_eviction(struct table *table, bool evicts)
{
    table->evicts = evicts;
}

/* True when entry 'a' is to go rather than entry 'b', which has the lower handle. */
static bool goes_before(const struct table *table, uint32_t a, uint32_t b)
{
    uint16_t ia = table->entries[a].kind->importance, ib = table->entries[b].kind->importance;

    return ia != ib ? ia < ib
                    : mono_before(table_entry_deadline(table, a), table_entry_deadline(table, b));
}

/* As the controller wants it. */
static uint32_t least_important(const struct table *table)
{
    uint32_t victim = table_first(table);

    if (victim == TABLE_NONE) {
        return victim;
    }
    for (uint32_t i = table_next(table, victim); i != TABLE_NONE; i = table_next(table, i)) {
        victim = goes_before(table, i, victim) ? i : victim;
    }
    return victim;
}

/* Takes one entry out for an entry of this importance; false when none may go. What the controller wants
 * goes before what the hardware does by itself. */
static bool evict(struct table *table, uint16_t importance)
{
    bool by_importance =
        table->evicts || (table->tcam && table->params.tcam.full == TCAM_IMPORTANCE);
    uint32_t victim = table->evicts ? least_important(table)
                      : table->tcam ? table_tcam_victim(table)
                                    : TABLE_NONE;

    if (victim == TABLE_NONE ||
        (by_importance && table->entries[victim].kind->importance > importance)) {
        return false;
    }
    if (table->tcam) {
        table_tcam_count_eviction(table);
    }
    table_drop(table, victim, TABLE_EVICTED);
    return true;
}

static bool has_room(const struct table *table, unsigned width)
{
    return table->n_entries < table->params.max_entries &&
           (!table->tcam || table_tcam_has_room(table->tcam, width));
}

bool table_make_room(struct table *table, unsigned width, uint16_t importance)
{
    if (!has_room(table, width) && table->tcam &&
        !table_tcam_can_make_room(table, width, importance)) {
        return false;
    }
    while (!has_room(table, width)) {
        if (!evict(table, importance)) {
            return false;
        }
    }
    return true;
}
