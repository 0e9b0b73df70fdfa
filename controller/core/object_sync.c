/* Reading the groups and meters of a switch and comparing them with what is intended. Nothing is
 * flushed, and what has no id of ours is not looked at. */
#include "controller/core/ctl_int.h"
#include "controller/core/object_int.h"
#include "controller/core/session_int.h"

/* --- What the switch has ---------------------------------------------------------------------- */

static void take(struct datapath *dp, const struct object_spec *told)
{
    struct object *object = object_find(dp, told->kind, told->id);
    unsigned module = object_module(told->id);
    struct buf packed = BUF_INIT;

    object_pack(&packed, told);
    if (object) {
        if (object->state == OBJECT_WANTED && object_is(object, &packed)) {
            object->state = OBJECT_CONFIRMED;
        }
    } else if (module > 0 && module < CORE_MODULE_ID) {
        object = object_add(dp, told->kind, told->id, &packed, OBJECT_FOUND);
    }
    if (object) {
        object->seen = object->maybe_on_switch = true;
    }
    buf_fini(&packed);
}

static void take_all(struct datapath *dp, const struct of_multipart_reply *reply)
{
    for (size_t i = 0; i < reply->n; i++) {
        struct object_spec told;

        if (reply->type == OF_MP_GROUP_DESC) {
            const struct of_group_desc *g = &reply->group_descs[i];

            told = (struct object_spec){.kind = OBJECT_GROUP,
                                        .id = g->group_id,
                                        .group_type = g->type,
                                        .buckets = g->buckets,
                                        .n_buckets = g->n_buckets};
        } else {
            told = (struct object_spec){
                .kind = OBJECT_METER, .id = reply->meters[i].meter_id, .meter = reply->meters[i]};
        }
        take(dp, &told);
    }
}

/* --- Asking ----------------------------------------------------------------------------------- */

static bool ask(struct datapath *dp, enum object_kind kind, ask_fn *fn)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};

    dp->objects.was_read[kind] = true;
    msg.mp_request.type = kind == OBJECT_GROUP ? OF_MP_GROUP_DESC : OF_MP_METER_CONFIG;
    if (kind == OBJECT_GROUP) {
        msg.mp_request.group_id = OF_GROUP_ALL;
    } else {
        msg.mp_request.meter_id = OF_METER_ALL;
    }
    return ask_early(dp, &msg, fn, NULL, NULL) == ERR_OK;
}

/* An error is taken for "none". */
static void on_handshake_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    (void)aux;
    if (answer->err == ERR_CLOSED || dp->objects.n_reading == 0) {
        return;
    }
    if (answer->err == ERR_OK) {
        take_all(dp, &answer->msg->mp_reply);
    }
    if (--dp->objects.n_reading == 0 && dp->session) {
        handshake_objects_known(dp->session);
    }
}

bool objects_sync_begin(struct datapath *dp)
{
    bool wanted[OBJECT_N_KINDS] = {false};
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.all) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);

        object->seen = false;
        wanted[object->kind] = true;
        if (object->state == OBJECT_FOUND) { /* And will be found again. */
            object_drop(object);
        }
    }
    for (unsigned kind = 0; kind < OBJECT_N_KINDS && dp->version >= OF_VERSION_1_3; kind++) {
        if (wanted[kind] && ask(dp, (enum object_kind)kind, on_handshake_answer)) {
            dp->objects.n_reading++;
        }
    }
    return dp->objects.n_reading > 0;
}

/* --- The difference --------------------------------------------------------------------------- */

static void arm_found(struct datapath *dp)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.all) {
        if (LIST_ENTRY(it, struct object, in_order)->state == OBJECT_FOUND) {
            timer_set(&dp->ctl->timers, &dp->objects.found_timer,
                      mono_add(dp->ctl->clock->now, dp->ctl->settings.adopt_grace_ns));
            return;
        }
    }
}

void objects_sync_end(struct datapath *dp)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.all) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);

        if (object->state == OBJECT_DELETING && !object->seen) {
            object_drop(object);
        } else if (object->state == OBJECT_WANTED || object->state == OBJECT_DELETING) {
            object->maybe_on_switch = object->seen;
            object_send(object);
        }
    }
    if (!list_is_empty(&dp->objects.in_flight)) {
        flow_barrier_send(&dp->flows, NULL); /* Entries that lead there come after it. */
    }
    arm_found(dp);
}

/* --- What an earlier controller has left ------------------------------------------------------ */

static void on_look_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    (void)aux;
    if (answer->err == ERR_OK) {
        take_all(dp, &answer->msg->mp_reply);
        arm_found(dp);
    }
}

void objects_look(struct datapath *dp, enum object_kind kind)
{
    if (dp->ready && dp->version >= OF_VERSION_1_3 && !dp->objects.was_read[kind]) {
        ask(dp, kind, on_look_answer);
    }
}

void objects_delete_found(void *aux, struct timer *timer)
{
    struct datapath *dp = aux;
    bool any = false;
    struct list *it, *next;

    (void)timer;
    for (it = dp->objects.all.prev; it != &dp->objects.all; it = next) {
        struct object *object = LIST_ENTRY(it, struct object, in_order);

        next = it->prev;
        if (object->state == OBJECT_FOUND) {
            object->state = OBJECT_DELETING;
            any = object_send(object) == FLOW_IS_IN_FLIGHT || any;
        }
    }
    if (any) {
        flow_barrier_send(&dp->flows, NULL);
    }
}
