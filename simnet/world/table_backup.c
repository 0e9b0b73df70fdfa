/* A table as it was, for taking back what a bundle did. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/table_impl.h"

struct table_backup {
    struct table state; /* With copies of all that it points to; 'expiry' is not used. */
};

static void *dup_array(const void *p, size_t n, size_t size)
{
    return n ? memcpy(xalloc_lines(n, size), p, n * size) : NULL;
}

/* Each entry refers to its kind, and long keys have memory of their own. */
static void dup_entries(struct table *t)
{
    t->entries = dup_array(t->entries, t->n_slots, sizeof *t->entries);
    t->slots_cap = t->n_slots;
    for (uint32_t i = 0; i < t->n_slots; i++) {
        struct entry *e = &t->entries[i];

        if (!e->kind) {
            continue;
        }
        entry_kind_keep(e->kind);
        if (tuple_of(t, e)->is_far) {
            e->key.far = xmemdup(e->key.far, shape_of(t, e)->key_size);
        }
    }
}

static void dup_tuples(struct table *t)
{
    t->tuples = dup_array(t->tuples, t->n_tuples, sizeof *t->tuples);
    t->shapes = dup_array(t->shapes, t->n_tuples, sizeof *t->shapes);
    for (uint16_t i = 0; i < t->n_tuples; i++) {
        struct tuple *tuple = &t->tuples[i];

        t->shapes[i].shape = xmemdup(t->shapes[i].shape, sizeof(struct shape));
        tuple->buckets =
            dup_array(tuple->buckets, tuple->bucket_mask + 1UL, sizeof *tuple->buckets);
    }
}

struct table_backup *table_save(struct table *table)
{
    struct table_backup *backup = xcalloc_lines(1, sizeof *backup);
    struct table *t = &backup->state;

    *t = *table;
    dup_entries(t);
    dup_tuples(t);
    table_clock_dup(t);
    t->tcam = table_tcam_dup(t->tcam);
    return backup;
}

void table_backup_free(struct table_backup *backup)
{
    table_index_fini(&backup->state);
    table_tcam_free(backup->state.tcam);
    table_clock_free(&backup->state);
    free(backup);
}

void table_restore(struct table *table, struct table_backup *backup)
{
    struct sim_event expiry;

    table_index_fini(table);
    table_tcam_free(table->tcam);
    table_clock_free(table);
    sim_cancel(table->params.sim, &table->expiry);
    expiry = table->expiry;
    *table = backup->state;
    table->expiry = expiry;
    table_clock_arm(table);
    free(backup);
}
