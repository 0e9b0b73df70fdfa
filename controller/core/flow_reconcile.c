/* Reconciling a flow table with the switch: what the switch has is read after every connection and
 * compared with what is intended. Nothing is flushed.
 *
 *      on the switch   intended          then
 *      equal           yes               confirmed, nothing is sent
 *      different       yes               sent
 *      no              yes, permanent    sent
 *      no              yes, time-out     it has expired meanwhile: leaves, the owner is told
 *      no              yes, never sent   sent
 *      no              adopted only      leaves, the owner is told
 *      yes             to be deleted     deleted
 *      yes             no                adopted, the owner is told; unless it has a time-out it is
 *                                        deleted when nobody has asked for it in time */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"

LOG_MODULE(flowdb);

/* Entries of ours that a switch may tell in one synchronisation; more are left alone. */
#define MAX_SYNCED (1U << 20)

static void delete_adopted(void *aux, struct timer *timer);

void flow_sync_init(struct flow_table *table)
{
    timer_init(&table->adopt_timer, delete_adopted, table);
}

void flow_sync_begin(struct flow_table *table)
{
    struct flow_entry *entry;
    size_t at;

    table->n_synced = 0;
    FLOW_INDEX_FOR_EACH (entry, at, &table->entries) {
        entry->seen = entry->is_there = false;
    }
}

/* --- What the switch has ---------------------------------------------------------------------- */

/* The action as a 1.0 switch tells it back: its tag actions say "add or change" in one. */
static bool as_in_1_0(const struct of_action *a, struct of_action *out)
{
    *out = *a;
    if (a->type == OF_ACT_PUSH_VLAN) {
        return false;
    }
    if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_VID) {
        *out = (struct of_action){.type = OF_ACT_SET_VLAN_VID,
                                  .vlan_vid = (uint16_t)(a->set_field.value.u16 & ~OF_VID_PRESENT)};
    } else if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_PCP) {
        *out = (struct of_action){.type = OF_ACT_SET_VLAN_PCP, .vlan_pcp = a->set_field.value.u8};
    }
    return true;
}

/* 'entry' in the form that comes back from a 1.0 switch. */
static struct flow_entry *dup_as_in_1_0(const struct flow_entry *entry)
{
    struct flow_entry *out;
    struct of_action *list;
    struct flow_spec spec;
    size_t n = 0;

    flow_entry_spec(entry, &spec);
    list = xcalloc(spec.ins.apply.n + 1, sizeof *list);
    for (size_t i = 0; i < spec.ins.apply.n; i++) {
        n += as_in_1_0(&spec.ins.apply.list[i], &list[n]);
    }
    spec.ins.apply = (struct of_actions){list, n};
    out = flow_entry_new(entry->dp, &spec, NULL);
    free(list);
    return out;
}

bool flow_sync_is_equal(const struct flow_entry *intended, const struct flow_entry *found)
{
    struct flow_entry *old_form;
    bool equal;

    if (flow_entry_same_content(intended, found)) {
        return true;
    }
    if (intended->dp->version != OF_VERSION_1_0) {
        return false;
    }
    old_form = dup_as_in_1_0(intended);
    equal = flow_entry_same_content(old_form, found);
    flow_entry_free(old_form);
    return equal;
}

static void adopt(struct flow_table *table, struct flow_entry *found)
{
    found->is_adopted = true;
    found->maybe_on_switch = true;
    found->was_confirmed = true;
    found->seen = true;
    found->is_there = true;
    found->state = FLOW_CONFIRMED;
    flow_table_insert(table, found);
    events_post_flow(table->dp->ctl, (struct ctl_event){.type = CTL_FLOW_ADOPTED, .dp = table->dp},
                     flow_entry_dup(found));
}

/* Compares 'found' (taken) with what is intended. */
static void compare(struct flow_table *table, struct flow_entry *found)
{
    struct flow_entry *intended = flow_table_find(table, flow_entry_key(found));

    if (!intended) {
        adopt(table, found);
        return;
    }
    intended->seen = true;
    intended->is_there = true;
    intended->maybe_on_switch = true;
    if (intended->state == FLOW_WANTED && flow_sync_is_equal(intended, found)) {
        flow_entry_set_state(intended, FLOW_CONFIRMED);
    }
    flow_entry_free(found);
}

void flow_sync_part(struct flow_table *table, const struct of_flow_stats *flows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct of_flow_stats *f = &flows[i];
        struct flow_spec spec = {.table_id = f->table_id,
                                 .priority = f->priority,
                                 .match = f->match,
                                 .cookie = f->cookie,
                                 .idle_timeout_s = f->idle_timeout_s,
                                 .hard_timeout_s = f->hard_timeout_s,
                                 .importance = f->importance,
                                 .ins = f->ins};

        if (!flow_cookie_is_ours(f->cookie) || table->n_synced == MAX_SYNCED) {
            continue;
        }
        if (table->dp->version == OF_VERSION_1_0) {
            spec.table_id = 0; /* 1.0 lets us choose no table and may tell any. */
        }
        table->n_synced++;
        compare(table, flow_entry_new(table->dp, &spec, NULL));
    }
}

/* --- The difference --------------------------------------------------------------------------- */

static bool is_gone(const void *aux, const struct flow_entry *entry)
{
    bool may_go = entry->is_adopted || flow_entry_has_timeout(entry);

    (void)aux;
    return !entry->seen && (entry->state == FLOW_DELETING ||
                            (entry->state == FLOW_WANTED && entry->was_confirmed && may_go));
}

static enum of_flow_removed_reason reason_of(const struct flow_entry *entry)
{
    if (entry->idle_timeout_s) {
        return OF_REMOVED_IDLE_TIMEOUT;
    }
    return entry->hard_timeout_s ? OF_REMOVED_HARD_TIMEOUT : OF_REMOVED_DELETE;
}

/* Lets go of entries that the switch no longer has and that need not be there. */
static void drop_gone(struct flow_table *table)
{
    size_t n;
    struct flow_entry **gone = flow_table_sorted(table, is_gone, NULL, &n);

    for (size_t i = 0; i < n; i++) {
        if (gone[i]->state == FLOW_DELETING) {
            flow_table_unlink(table, gone[i]);
            flow_entry_free(gone[i]);
        } else {
            flow_table_expire(table, gone[i], reason_of(gone[i]));
        }
    }
    free(gone);
}

static bool is_forsaken(const void *aux, const struct flow_entry *entry)
{
    (void)aux;
    return entry->is_adopted && entry->state == FLOW_CONFIRMED && !flow_entry_has_timeout(entry);
}

static void delete_adopted(void *aux, struct timer *timer)
{
    struct flow_table *table = aux;
    size_t n;
    struct flow_entry **forsaken = flow_table_sorted(table, is_forsaken, NULL, &n);

    (void)timer;
    for (size_t i = 0; i < n; i++) {
        flow_table_unwant(table, forsaken[i]);
    }
    if (n) {
        LOG_INFO(table->dp->ctl->log,
                 "switch " DPID_FMT ": %zu entries that nobody asked for are deleted",
                 DPID_ARGS(table->dp->dpid), n);
    }
    free(forsaken);
    flow_barrier_ensure(table);
}

/* Where entries of an earlier controller are, groups and meters of it may be, too, and perhaps such as no
 * entry leads to, because it ended on the way. */
static void look_for_objects(const struct flow_table *table)
{
    const struct flow_entry *entry;
    bool any = false;
    size_t at;

    FLOW_INDEX_FOR_EACH (entry, at, &table->entries) {
        any = any || entry->is_adopted;
    }
    for (unsigned kind = 0; any && kind < OBJECT_N_KINDS; kind++) {
        objects_look(table->dp, (enum object_kind)kind);
    }
}

void flow_sync_end(struct flow_table *table)
{
    struct ctl *ctl = table->dp->ctl;

    drop_gone(table);
    look_for_objects(table);
    table_vacancy_begin(table);
    flow_table_flush(table);
    flow_barrier_ensure(table);
    timer_set(&ctl->timers, &table->adopt_timer,
              mono_add(ctl->clock->now, ctl->settings.adopt_grace_ns));
}
