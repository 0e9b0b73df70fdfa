/* A table as it was, for taking back what a bundle did. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/world/table_impl.h"

struct table_backup {
    struct table state; /* With copies of all that it points to; 'expiry' is not used. */
};

static void *dup_array(const void *p, size_t n, size_t size)
{
    return n ? xmemdup(p, n * size) : NULL;
}

/* Each entry refers to its program, and long keys have memory of their own. */
static void dup_entries(struct table *t)
{
    t->entries = dup_array(t->entries, t->n_slots, sizeof *t->entries);
    t->slots_cap = t->n_slots;
    for (uint32_t i = 0; i < t->n_slots; i++) {
        struct entry *e = &t->entries[i];

        if (e->shape == FREE_SHAPE) {
            continue;
        }
        e->program->n_refs++;
        if (t->tuples[e->shape].shape.key_size > INLINE_KEY) {
            e->key.far = xmemdup(e->key.far, t->tuples[e->shape].shape.key_size);
        }
    }
}

struct table_backup *table_save(struct table *table)
{
    struct table_backup *backup = xcalloc(1, sizeof *backup);
    struct table *t = &backup->state;

    *t = *table;
    dup_entries(t);
    t->buckets = dup_array(t->buckets, t->bucket_mask + 1UL, sizeof *t->buckets);
    t->tuples = dup_array(t->tuples, t->n_tuples, sizeof *t->tuples);
    t->order = dup_array(t->order, t->n_tuples, sizeof *t->order);
    t->heap = dup_array(t->heap, t->heap_n, sizeof *t->heap);
    t->heap_cap = t->heap_n;
    t->tcam = table_tcam_dup(t->tcam);
    return backup;
}

void table_backup_free(struct table_backup *backup)
{
    table_index_fini(&backup->state);
    table_tcam_free(backup->state.tcam);
    free(backup->state.heap);
    free(backup);
}

void table_restore(struct table *table, struct table_backup *backup)
{
    struct sim_event expiry;

    table_index_fini(table);
    table_tcam_free(table->tcam);
    free(table->heap);
    sim_cancel(table->params.sim, &table->expiry);
    expiry = table->expiry;
    *table = backup->state;
    table->expiry = expiry;
    table_clock_arm(table);
    free(backup);
}
