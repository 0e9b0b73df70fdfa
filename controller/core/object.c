/* Groups and meters: the life of one from the wish to the switch and back. */
#include "controller/core/object.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/object_int.h"
#include "controller/core/session.h"
#include "controller/core/txn_int.h"

LOG_MODULE(object);

/* Times that a switch may tell us that it has, or has not, what we modify or add. */
#define MAX_TURNS 3

/* --- Tables ----------------------------------------------------------------------------------- */

static uint64_t hash_of(enum object_kind kind, uint32_t id)
{
    return ((uint64_t)kind << 32 | id) * UINT64_C(0x9e3779b97f4a7c15);
}

void objects_init(struct datapath *dp)
{
    struct object_table *t = &dp->objects;

    hmap_init(&t->by_id);
    list_init(&t->all);
    list_init(&t->in_flight);
    timer_init(&t->found_timer, objects_delete_found, dp);
}

void object_drop(struct object *object)
{
    hmap_remove(&object->dp->objects.by_id, &object->node);
    list_remove(&object->in_order);
    list_remove(&object->in_flight);
    buf_fini(&object->packed);
    free(object);
}

void objects_fini(struct datapath *dp)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.all) {
        object_drop(LIST_ENTRY(it, struct object, in_order));
    }
    hmap_fini(&dp->objects.by_id);
}

struct object *object_find(const struct datapath *dp, enum object_kind kind, uint32_t id)
{
    uint64_t hash = hash_of(kind, id);
    struct hmap_node *node = hmap_first_with(&dp->objects.by_id, hash);

    for (; node; node = hmap_next_with(node)) {
        struct object *object = HMAP_ENTRY(node, struct object, node);

        if (object->kind == kind && object->id == id) {
            return object;
        }
    }
    return NULL;
}

bool object_is(const struct object *object, const struct buf *packed)
{
    return packed->len == object->packed.len &&
           memcmp(packed->data, object->packed.data, packed->len) == 0;
}

struct object *object_add(struct datapath *dp, enum object_kind kind, uint32_t id,
                          struct buf *packed, enum object_state state)
{
    struct object_table *t = &dp->objects;
    struct object *object;

    if (t->by_id.n >= OBJECTS_MAX) {
        return NULL;
    }
    object = xcalloc(1, sizeof *object);
    object->dp = dp;
    object->kind = kind;
    object->id = id;
    object->state = (uint8_t)state;
    list_init(&object->in_flight);
    object->packed = *packed;
    *packed = BUF_INIT;
    hmap_insert(&t->by_id, &object->node, hash_of(kind, id));
    list_push_back(&t->all, &object->in_order);
    return object;
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void post_failed(struct datapath *dp, enum object_kind kind, uint32_t id, enum of_err err)
{
    dp->ctl->counters.objects_failed++;
    events_post_owner(
        dp->ctl,
        &(struct ctl_event){.type = kind == OBJECT_GROUP ? CTL_GROUP_FAILED : CTL_METER_FAILED,
                            .dp = dp,
                            .object_id = id,
                            .error = err},
        object_module(id));
}

/* Takes the object out and tells its owner that the switch will not have it. */
static void refuse(struct object *object, enum of_err err)
{
    struct datapath *dp = object->dp;

    LOG_LIMITED(dp->ctl->log, &dp->ctl->object_limit, LOG_WARN,
                "switch " DPID_FMT " refuses %s %u: %s", DPID_ARGS(dp->dpid),
                object->kind == OBJECT_GROUP ? "group" : "meter", object->id, of_err_name(err));
    txn_object_refused(dp, object->kind, object->id);
    if (object->state != OBJECT_DELETING) {
        post_failed(dp, object->kind, object->id, err);
    }
    object_drop(object);
}

static enum of_err unsayable(enum object_kind kind)
{
    return kind == OBJECT_GROUP ? OF_ERR_GROUP_INVALID : OF_ERR_METER_INVALID;
}

static enum err transmit(struct object *object, bool again)
{
    struct arena arena = ARENA_INIT;
    struct of_msg msg = {.xid = object->xid};
    enum err err;

    object_message(object, &arena, &msg);
    err = again ? session_send_as(object->dp->session, &msg)
                : bundle_send(object->dp, &msg, &object->xid);
    arena_fini(&arena);
    return err;
}

enum flow_progress object_send(struct object *object)
{
    struct datapath *dp = object->dp;
    enum err err;

    list_remove(&object->in_flight);
    if (!dp->ready) {
        return FLOW_IS_OFFLINE;
    }
    err = transmit(object, false);
    if (err == ERR_FULL) {
        dp->flows.stuck = true; /* The next barrier that is due sends it. */
        return FLOW_IS_IN_FLIGHT;
    }
    if (err == ERR_CLOSED) {
        return FLOW_IS_OFFLINE;
    }
    if (err != ERR_OK) {
        refuse(object, unsayable(object->kind));
        return FLOW_IS_REFUSED;
    }
    object->was_on_switch = object->maybe_on_switch;
    object->maybe_on_switch = true;
    list_push_back(&dp->objects.in_flight, &object->in_flight);
    if (object->state == OBJECT_WANTED) {
        object->state = OBJECT_SENT;
    }
    return FLOW_IS_IN_FLIGHT;
}

bool objects_flush(struct datapath *dp)
{
    bool was_stuck = dp->flows.stuck;
    bool is_stuck;
    struct list *it, *next;

    dp->flows.stuck = false;
    LIST_FOR_EACH (it, next, &dp->objects.all) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);
        bool is_unsent = object->state == OBJECT_WANTED || object->state == OBJECT_DELETING;

        if (is_unsent && list_is_empty(&object->in_flight) && !dp->flows.stuck) {
            object_send(object);
        }
    }
    is_stuck = dp->flows.stuck;
    dp->flows.stuck = is_stuck || was_stuck;
    return !is_stuck;
}

/* --- Wishes ----------------------------------------------------------------------------------- */

/* Makes 'object' what is 'packed' (taken); false when it is that already. */
static bool change(struct object *object, struct buf *packed)
{
    if (object_is(object, packed)) {
        return false;
    }
    buf_fini(&object->packed);
    object->packed = *packed;
    *packed = BUF_INIT;
    return true;
}

static enum flow_progress want_again(struct object *object, struct buf *packed)
{
    bool changed = change(object, packed);

    object->n_turned_round = 0;
    if (object->state == OBJECT_DELETING) {
        /* Its delete may be under way, or not have been sent. */
        object->maybe_on_switch = list_is_empty(&object->in_flight) && object->maybe_on_switch;
        object->state = OBJECT_WANTED;
    } else if (object->state == OBJECT_FOUND) {
        object->state = changed || !object->dp->ready ? OBJECT_WANTED : OBJECT_CONFIRMED;
    } else if (changed) {
        object->state = OBJECT_WANTED;
    }
    if (object->state == OBJECT_CONFIRMED) {
        return object->dp->ready ? FLOW_IS_DONE : FLOW_IS_OFFLINE;
    }
    return object->state == OBJECT_SENT ? FLOW_IS_IN_FLIGHT : object_send(object);
}

bool object_will_change(const struct datapath *dp, enum object_kind kind, uint32_t id,
                        const struct buf *packed)
{
    const struct object *object = object_find(dp, kind, id);

    if (!packed) {
        return object && object->maybe_on_switch &&
               (object->state != OBJECT_DELETING || list_is_empty(&object->in_flight));
    }
    return !object || object->state == OBJECT_WANTED || object->state == OBJECT_DELETING ||
           !object_is(object, packed);
}

enum flow_progress object_want(struct datapath *dp, enum object_kind kind, uint32_t id,
                               struct buf *packed)
{
    struct object *object = object_find(dp, kind, id);
    enum flow_progress progress;

    objects_look(dp, kind);
    if (object) {
        progress = want_again(object, packed);
    } else if ((object = object_add(dp, kind, id, packed, OBJECT_WANTED))) {
        progress = object_send(object);
    } else {
        post_failed(dp, kind, id,
                    kind == OBJECT_GROUP ? OF_ERR_GROUP_OUT_OF_GROUPS : OF_ERR_METER_OUT_OF_METERS);
        progress = FLOW_IS_REFUSED;
    }
    buf_fini(packed);
    return progress;
}

enum flow_progress object_unwant(struct datapath *dp, enum object_kind kind, uint32_t id)
{
    struct object *object = object_find(dp, kind, id);

    if (!object) {
        return FLOW_IS_DONE;
    }
    if (!object->maybe_on_switch) {
        object_drop(object);
        return FLOW_IS_DONE;
    }
    if (object->state == OBJECT_DELETING && !list_is_empty(&object->in_flight)) {
        return FLOW_IS_IN_FLIGHT;
    }
    object->state = OBJECT_DELETING;
    return object_send(object);
}

/* --- What the switch says --------------------------------------------------------------------- */

static bool xid_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

void objects_confirm(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.in_flight) {
        struct object *object = LIST_ENTRY(it, struct object, in_flight);

        if (!xid_before(object->xid, xid)) {
            break;
        }
        list_remove(it);
        if (object->state == OBJECT_DELETING) {
            object_drop(object);
        } else {
            object->state = OBJECT_CONFIRMED;
            object->n_turned_round = 0;
        }
    }
}

void objects_send_again(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.in_flight) {
        struct object *object = LIST_ENTRY(it, struct object, in_flight);

        if (xid_before(object->xid, xid)) {
            transmit(object, true);
        }
    }
}

/* The switch has it already, or has it no more: the other word is the right one. */
static bool turn_round(struct object *object, enum of_err err)
{
    bool exists = err == OF_ERR_GROUP_EXISTS || err == OF_ERR_METER_EXISTS;
    bool is_unknown = err == OF_ERR_GROUP_UNKNOWN_GROUP || err == OF_ERR_METER_UNKNOWN_METER;

    if (object->state != OBJECT_SENT || (!exists && !is_unknown) ||
        object->n_turned_round++ >= MAX_TURNS) {
        return false;
    }
    object->maybe_on_switch = exists;
    object->state = OBJECT_WANTED;
    if (object_send(object) == FLOW_IS_IN_FLIGHT) {
        flow_barrier_send(&object->dp->flows, NULL);
    }
    return true;
}

bool objects_error(struct datapath *dp, uint32_t xid, enum of_err err)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.in_flight) {
        struct object *object = LIST_ENTRY(it, struct object, in_flight);

        if (object->xid == xid) {
            if (!turn_round(object, err)) {
                refuse(object, err);
            }
            return true;
        }
    }
    return false;
}

void objects_disconnected(struct datapath *dp)
{
    struct object_table *t = &dp->objects;
    struct list *it, *next;

    timer_cancel(&dp->ctl->timers, &t->found_timer);
    memset(t->was_read, 0, sizeof t->was_read);
    t->n_reading = 0;
    LIST_FOR_EACH (it, next, &t->all) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);

        list_remove(&object->in_flight);
        if (object->state != OBJECT_DELETING && object->state != OBJECT_FOUND) {
            object->state = OBJECT_WANTED;
        }
    }
}

/* --- Questions -------------------------------------------------------------------------------- */

enum object_state object_state(const struct ctl *ctl, dpid_t dpid, enum object_kind kind,
                               uint32_t id)
{
    const struct datapath *dp = datapath_find(ctl, dpid);
    const struct object *object = dp ? object_find(dp, kind, id) : NULL;

    return object ? (enum object_state)object->state : OBJECT_UNKNOWN;
}

struct object_count object_count(const struct ctl *ctl, dpid_t dpid, enum object_kind kind)
{
    const struct datapath *dp = datapath_find(ctl, dpid);
    struct object_count count = {0};
    struct list *it;

    for (it = dp ? dp->objects.all.next : NULL; it && it != &dp->objects.all; it = it->next) {
        const struct object *object = LIST_ENTRY(it, struct object, in_order);
        bool is_wanted = object->state != OBJECT_DELETING && object->state != OBJECT_FOUND;

        count.n += object->kind == kind && is_wanted;
        count.n_confirmed += object->kind == kind && object->state == OBJECT_CONFIRMED;
    }
    return count;
}
