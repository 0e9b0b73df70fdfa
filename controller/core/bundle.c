/* Bundles: filling them, and what becomes of them. */
#include "controller/core/bundle_int.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session.h"

LOG_MODULE(bundle);

#define FLAGS (OF_BF_ATOMIC | OF_BF_ORDERED)

/* Fewer changes are as well done without. */
#define MIN_CHANGES 2

#define WIRE_BAD_REQUEST 1
#define WIRE_BUNDLE_FAILED 17

struct bundle {
    struct list node; /* In bundles.sent. */
    uint32_t id;
    uint32_t open_xid, commit_xid; /* Those of its messages are in between. */
    bool is_broken;                /* Something did not fit into the send queue. */
    bool was_resent;               /* Some of it was sent again on its own. */
};

static bool xid_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static bool holds(const struct bundle *b, uint32_t xid)
{
    return xid_before(b->open_xid, xid) && xid_before(xid, b->commit_xid);
}

void bundles_init(struct datapath *dp)
{
    list_init(&dp->bundles.sent);
}

static void drop(struct bundle *b)
{
    list_remove(&b->node);
    free(b);
}

void bundles_disconnected(struct datapath *dp)
{
    struct bundles *all = &dp->bundles;
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &all->sent) {
        drop(LIST_ENTRY(it, struct bundle, node));
    }
    free(all->filling);
    *all = (struct bundles){.n_planned = 0};
    list_init(&all->sent);
}

/* Remembers that the switch wants no bundles. */
static void give_up(struct datapath *dp, const char *why)
{
    if (!dp->bundles.is_refused) {
        dp->bundles.is_refused = true;
        LOG_INFO(dp->ctl->log, "switch " DPID_FMT " does no bundles (%s): it gets plain messages",
                 DPID_ARGS(dp->dpid), why);
    }
}

/* --- Taking back ------------------------------------------------------------------------------ */

static void take_back_object(struct object *object)
{
    list_remove(&object->in_flight);
    if (object->state == OBJECT_SENT) {
        object->state = OBJECT_WANTED;
        object->maybe_on_switch = object->was_on_switch;
    }
}

static void take_back_entry(struct flow_entry *entry)
{
    list_remove(&entry->in_flight);
    if (entry->state == FLOW_SENT) {
        flow_entry_set_state(entry, FLOW_WANTED);
    }
}

/* What the bundle holds becomes unsent, and is sent at once as plain messages if 'again'. What is sent
 * again goes behind everything that is in flight. */
static void take_back(struct datapath *dp, const struct bundle *b, bool again)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.in_flight) {
        struct object *object = LIST_ENTRY(it, struct object, in_flight);

        if (!xid_before(object->xid, b->commit_xid)) {
            break;
        }
        if (holds(b, object->xid)) {
            take_back_object(object);
            if (again) {
                object_send(object);
            }
        }
    }
    LIST_FOR_EACH (it, next, &dp->flows.in_flight) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (!xid_before(entry->xid, b->commit_xid)) {
            break;
        }
        if (holds(b, entry->xid)) {
            take_back_entry(entry);
            if (again) {
                flow_entry_send(entry);
            }
        }
    }
}

/* The same for one of them; returns the type of its message. */
static enum of_type send_one_again(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->objects.in_flight) {
        struct object *object = LIST_ENTRY(it, struct object, in_flight);

        if (object->xid == xid) {
            enum of_type type = object->kind == OBJECT_GROUP ? OF_GROUP_MOD : OF_METER_MOD;

            take_back_object(object);
            object_send(object);
            return type;
        }
    }
    LIST_FOR_EACH (it, next, &dp->flows.in_flight) {
        struct flow_entry *entry = LIST_ENTRY(it, struct flow_entry, in_flight);

        if (entry->xid == xid) {
            take_back_entry(entry);
            flow_entry_send(entry);
            return OF_FLOW_MOD;
        }
    }
    return OF_N_TYPES;
}

/* --- Filling ---------------------------------------------------------------------------------- */

void bundle_plan(struct datapath *dp)
{
    dp->bundles.n_planned++;
}

static bool is_due(const struct datapath *dp, enum of_type type)
{
    const struct bundles *all = &dp->bundles;

    return all->n_planned >= MIN_CHANGES && dp->ctl->settings.bundles &&
           dp->version >= OF_VERSION_1_4 && !all->is_refused &&
           !(all->outside & UINT64_C(1) << type);
}

static enum err control(struct datapath *dp, const struct bundle *b, enum of_bundle_type type,
                        uint32_t *xid)
{
    struct of_msg msg = {.type = OF_BUNDLE_CONTROL};

    msg.bundle_control =
        (struct of_bundle_control){.bundle_id = b->id, .type = type, .flags = FLAGS};
    return session_send(dp->session, &msg, xid);
}

/* Opens a bundle for the first message that belongs into it. */
static enum err begin(struct datapath *dp)
{
    struct bundle *b = xcalloc(1, sizeof *b);
    enum err err;

    b->id = ++dp->bundles.last_id;
    list_init(&b->node);
    err = control(dp, b, OF_BCT_OPEN_REQUEST, &b->open_xid);
    if (err != ERR_OK) {
        free(b);
        return err;
    }
    dp->bundles.filling = b;
    return ERR_OK;
}

static enum err add(struct datapath *dp, const struct of_msg *msg, uint32_t *xid)
{
    struct bundle *b = dp->bundles.filling;
    struct of_msg outer = {.type = OF_BUNDLE_ADD_MESSAGE};
    enum err err;

    if (b->is_broken) {
        return ERR_FULL;
    }
    outer.bundle_add = (struct of_bundle_add){.bundle_id = b->id, .flags = FLAGS, .message = msg};
    err = session_send(dp->session, &outer, xid);
    b->is_broken = err == ERR_FULL;
    if (err == ERR_OK && msg->type == OF_FLOW_MOD) {
        dp->ctl->counters.flow_mods++;
    }
    return err;
}

enum err bundle_send(struct datapath *dp, struct of_msg *msg, uint32_t *xid)
{
    enum err err = ERR_OK;

    if (!is_due(dp, msg->type)) {
        return session_send(dp->session, msg, xid);
    }
    if (!dp->bundles.filling) {
        err = begin(dp);
    }
    return err == ERR_OK ? add(dp, msg, xid) : err;
}

/* What did not get out as a whole waits, as whatever finds no room does, for the next barrier. */
static void abandon(struct datapath *dp, struct bundle *b)
{
    b->commit_xid = b->open_xid + UINT32_MAX / 4; /* Behind everything. */
    take_back(dp, b, false);
    dp->flows.stuck = true;
    free(b);
}

void bundle_end(struct datapath *dp)
{
    struct bundles *all = &dp->bundles;
    struct bundle *b = all->filling;

    all->n_planned = 0;
    all->filling = NULL;
    if (!b) {
        return;
    }
    if (b->is_broken) {
        (void)control(dp, b, OF_BCT_DISCARD_REQUEST,
                      NULL); /* Else the switch forgets it in time. */
        abandon(dp, b);
    } else if (control(dp, b, OF_BCT_COMMIT_REQUEST, &b->commit_xid) != ERR_OK) {
        abandon(dp, b);
    } else {
        dp->ctl->counters.bundles++;
        list_push_back(&all->sent, &b->node);
    }
}

/* --- What the switch says --------------------------------------------------------------------- */

/* The bundle that has a message with this xid, or NULL. */
static struct bundle *find(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->bundles.sent) {
        struct bundle *b = LIST_ENTRY(it, struct bundle, node);

        if (xid == b->open_xid || xid == b->commit_xid || holds(b, xid)) {
            return b;
        }
    }
    return NULL;
}

/* The bundle is over. */
static void finish(struct datapath *dp, struct bundle *b)
{
    if (b->was_resent) {
        flow_barrier_renew(&dp->flows, b->commit_xid);
    }
    drop(b);
}

/* Nothing of the bundle was done. */
static void failed(struct datapath *dp, struct bundle *b)
{
    dp->ctl->counters.bundles_failed++;
    b->was_resent = true;
    take_back(dp, b, true);
    finish(dp, b);
}

bool bundle_reply(struct datapath *dp, const struct of_msg *msg)
{
    struct bundle *b = find(dp, msg->xid);

    if (!b) {
        return false;
    }
    if (msg->xid == b->commit_xid && msg->bundle_control.type == OF_BCT_COMMIT_REPLY) {
        finish(dp, b);
    }
    return true;
}

/* True when 'err' may be about the bundle, not about what is inside. */
static bool is_about_bundles(const struct datapath *dp, enum of_err err)
{
    uint16_t type, code;

    if (err >= OF_N_ERRS) {
        return true;
    }
    of_err_to_wire(err, dp->version, &type, &code);
    return type == WIRE_BAD_REQUEST || type == WIRE_BUNDLE_FAILED;
}

/* An error of one message: true when it is not that message's fault. */
static bool add_refused(struct datapath *dp, struct bundle *b, uint32_t xid, enum of_err err)
{
    enum of_type type;

    if (!is_about_bundles(dp, err)) {
        return false;
    }
    if (err == OF_ERR_BAD_TYPE) {
        give_up(dp, of_err_name(err));
    }
    type = send_one_again(dp, xid);
    b->was_resent = b->was_resent || type != OF_N_TYPES;
    if (err == OF_ERR_BUNDLE_MSG_UNSUP && type != OF_N_TYPES) {
        dp->bundles.outside |= UINT64_C(1) << type;
    }
    return true;
}

bool bundle_error(struct datapath *dp, uint32_t xid, enum of_err err)
{
    struct bundle *b = find(dp, xid);

    if (!b) {
        return false;
    }
    if (xid == b->open_xid) {
        give_up(dp, err < OF_N_ERRS ? of_err_name(err) : "unknown error");
        return true;
    }
    if (xid != b->commit_xid) {
        return add_refused(dp, b, xid, err);
    }
    if (err == OF_ERR_BAD_TYPE) {
        give_up(dp, of_err_name(err));
    }
    failed(dp, b);
    return true;
}

void bundles_unanswered(struct datapath *dp, uint32_t xid)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &dp->bundles.sent) {
        struct bundle *b = LIST_ENTRY(it, struct bundle, node);

        if (!xid_before(b->commit_xid, xid)) {
            break;
        }
        give_up(dp, "no answer to a commit");
        failed(dp, b);
    }
}
