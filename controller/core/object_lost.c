/* What others do to our groups and meters, and with them to the entries that lead there. */
#include <stdlib.h>

#include "controller/core/ctl_int.h"
#include "controller/core/object_int.h"

/* A group or meter, or all of them. */
struct named {
    enum object_kind kind;
    uint32_t id;
};

static bool is_all(struct named what)
{
    return what.id == (what.kind == OBJECT_GROUP ? OF_GROUP_ALL : OF_METER_ALL);
}

static bool is_meant(struct named what, enum object_kind kind, uint32_t id)
{
    return what.kind == kind && (what.id == id || is_all(what));
}

/* --- Entries ---------------------------------------------------------------------------------- */

static bool list_leads_to(struct named what, const struct of_actions *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct of_action *action = &list->list[i];

        if ((action->type == OF_ACT_GROUP && is_meant(what, OBJECT_GROUP, action->group_id)) ||
            (action->type == OF_ACT_METER && is_meant(what, OBJECT_METER, action->meter_id))) {
            return true;
        }
    }
    return false;
}

static bool leads_to(const void *aux, const struct flow_entry *entry)
{
    const struct named *what = aux;
    struct flow_spec spec;

    if (entry->state != FLOW_CONFIRMED && entry->state != FLOW_SENT) {
        return false;
    }
    flow_entry_spec(entry, &spec);
    return (spec.ins.has_meter && is_meant(*what, OBJECT_METER, spec.ins.meter_id)) ||
           list_leads_to(*what, &spec.ins.apply) || list_leads_to(*what, &spec.ins.write);
}

/* Writes the entries again that have left together with what they led to. */
static void restore_entries(struct datapath *dp, struct named what)
{
    size_t n;
    struct flow_entry **gone = flow_table_sorted(&dp->flows, leads_to, &what, &n);

    for (size_t i = 0; i < n; i++) {
        flow_entry_set_state(gone[i], FLOW_WANTED);
        flow_entry_send(gone[i]);
    }
    free(gone);
    flow_barrier_ensure(&dp->flows);
}

/* --- Groups and meters ------------------------------------------------------------------------ */

/* True when it is wanted, and sent again. */
static bool restore(struct object *object, enum object_change change)
{
    if (object->state == OBJECT_CONFIRMED || object->state == OBJECT_SENT) {
        object->state = OBJECT_WANTED;
        object->maybe_on_switch = change != OBJECT_DELETED;
        object_send(object);
        return true;
    }
    if (object->state == OBJECT_FOUND && change == OBJECT_DELETED) {
        object_drop(object);
    }
    return false;
}

/* True when some of ours are written again. */
static bool undo(struct datapath *dp, struct named what, enum object_change change)
{
    bool any = false;
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.all) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);

        if (is_meant(what, object->kind, object->id)) {
            any = restore(object, change) || any;
        }
    }
    if (any) {
        dp->ctl->counters.objects_restored++;
        flow_barrier_send(&dp->flows, NULL); /* Entries that lead there come after it. */
        if (change == OBJECT_DELETED) {
            restore_entries(dp, what);
        }
    }
    return any;
}

/* --- What the switch says --------------------------------------------------------------------- */

static enum object_change change_by(const struct of_msg *request)
{
    if (request->type == OF_METER_MOD) {
        return request->meter_mod.command == OF_MC_ADD      ? OBJECT_ADDED
               : request->meter_mod.command == OF_MC_DELETE ? OBJECT_DELETED
                                                            : OBJECT_MODIFIED;
    }
    return request->group_mod.command == OF_GC_ADD      ? OBJECT_ADDED
           : request->group_mod.command == OF_GC_DELETE ? OBJECT_DELETED
                                                        : OBJECT_MODIFIED;
}

void objects_forwarded(struct datapath *dp, const struct of_msg *request)
{
    bool is_group = request->type == OF_GROUP_MOD;
    struct named what = {is_group ? OBJECT_GROUP : OBJECT_METER,
                         is_group ? request->group_mod.group_id
                                  : request->meter_mod.meter.meter_id};
    struct ctl_event event = {.type = CTL_OBJECT_FORWARDED,
                              .dp = dp,
                              .object_kind = what.kind,
                              .object_id = what.id,
                              .change = change_by(request)};

    event.is_undone = undo(dp, what, event.change);
    events_post(dp->ctl, &event);
}

/* --- Entries that have left ------------------------------------------------------------------- */

/* As many of what one entry leads to are looked at. */
#define MAX_LEADS 16

struct leads {
    struct named named[MAX_LEADS];
    size_t n;
};

/* Takes down what the switch should have. */
static void add_lead(struct leads *leads, const struct datapath *dp, struct named what)
{
    const struct object *object = object_find(dp, what.kind, what.id);

    if (object && object->state == OBJECT_CONFIRMED && leads->n < MAX_LEADS) {
        leads->named[leads->n++] = what;
    }
}

static void add_groups(struct leads *leads, const struct datapath *dp,
                       const struct of_actions *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->list[i].type == OF_ACT_GROUP) {
            add_lead(leads, dp, (struct named){OBJECT_GROUP, list->list[i].group_id});
        }
    }
}

bool objects_took_entry(struct datapath *dp, const struct flow_entry *entry,
                        enum of_flow_removed_reason reason)
{
    struct leads leads = {.n = 0};
    struct flow_spec spec;

    if (reason != OF_REMOVED_GROUP_DELETE && reason != OF_REMOVED_METER_DELETE) {
        return false;
    }
    flow_entry_spec(entry, &spec);
    if (reason == OF_REMOVED_GROUP_DELETE) {
        add_groups(&leads, dp, &spec.ins.apply);
        add_groups(&leads, dp, &spec.ins.write);
    } else if (spec.ins.has_meter) {
        add_lead(&leads, dp, (struct named){OBJECT_METER, spec.ins.meter_id});
    }
    for (size_t i = 0; i < leads.n; i++) {
        undo(dp, leads.named[i], OBJECT_DELETED);
    }
    return leads.n > 0;
}
