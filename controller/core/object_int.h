/* The inside of groups and meters. Private to this room.
 *
 *      object.c        life, from the wish to the switch and back
 *      object_pack.c   what one is made of, in comparable bytes
 *      object_sync.c   reading those of a switch and comparing
 *      object_lost.c   what others do to ours */
#ifndef TAMBO_CORE_OBJECT_INT_H
#define TAMBO_CORE_OBJECT_INT_H

#include <stdbool.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/core/flowdb_int.h"
#include "controller/core/object.h"
#include "controller/core/timer.h"

struct datapath;

/* Groups, or meters, that the core follows on one switch. */
#define OBJECTS_MAX 65536

struct object {
    struct hmap_node node; /* In object_table.by_id. */
    struct list in_order;  /* In object_table.all, as first wanted. */
    struct list in_flight; /* In object_table.in_flight; empty when nothing is on its way. */
    struct datapath *dp;
    enum object_kind kind;
    uint32_t id;
    uint8_t state;           /* enum object_state. */
    bool maybe_on_switch;    /* Was sent, or found. */
    bool was_on_switch;      /* The same before it was last sent. */
    bool seen;               /* While reading: the switch has it. */
    unsigned n_turned_round; /* Times that add or modify was the wrong word for it. */
    uint32_t xid;            /* Of the last message. */
    struct buf packed; /* What it is made of (object_pack.c); empty when only to be deleted. */
};

struct object_table {
    struct list in_flight, all;
    struct hmap by_id;
    struct timer found_timer;
    bool was_read[OBJECT_N_KINDS]; /* In this connection, or is being read. */
    unsigned n_reading;            /* Answers that the handshake waits for. */
};

/* What is wanted: a group or a meter. */
struct object_spec {
    enum object_kind kind;
    uint32_t id;
    const struct of_bucket *buckets; /* A group's. */
    size_t n_buckets;
    enum of_group_type group_type;
    struct of_meter meter; /* A meter. */
};

/* --- object_pack.c ---------------------------------------------------------------------------- */

/* Appends 'spec' in a form that is equal for equal things. */
void object_pack(struct buf *out, const struct object_spec *spec);

/* The message that adds, modifies or deletes 'object', with its lists in 'arena'. */
void object_message(const struct object *object, struct arena *arena, struct of_msg *out);

/* --- object.c --------------------------------------------------------------------------------- */

void objects_init(struct datapath *dp);
void objects_fini(struct datapath *dp);

struct object *object_find(const struct datapath *dp, enum object_kind kind, uint32_t id);

/* Wants the object, which is 'packed' (taken: an empty buffer is left); or no longer wants it. */
enum flow_progress object_want(struct datapath *dp, enum object_kind kind, uint32_t id,
                               struct buf *packed);
enum flow_progress object_unwant(struct datapath *dp, enum object_kind kind, uint32_t id);

/* True when object_want(), or object_unwant() if 'packed' is NULL, would change the switch. */
bool object_will_change(const struct datapath *dp, enum object_kind kind, uint32_t id,
                        const struct buf *packed);

/* A new object in 'state', which is 'packed' (taken likewise); NULL when there are too many. */
struct object *object_add(struct datapath *dp, enum object_kind kind, uint32_t id,
                          struct buf *packed, enum object_state state);
void object_drop(struct object *object);
bool object_is(const struct object *object, const struct buf *packed);

/* Sends what the state (WANTED, DELETING) asks for. */
enum flow_progress object_send(struct object *object);

/* Sends what is wanted or to be deleted and not in flight; false when there is no room for it. */
bool objects_flush(struct datapath *dp);

/* The barrier 'xid' was answered; it will be sent again. */
void objects_confirm(struct datapath *dp, uint32_t xid);
void objects_send_again(struct datapath *dp, uint32_t xid);

/* True when the error is about one of ours. */
bool objects_error(struct datapath *dp, uint32_t xid, enum of_err err);

/* The connection is lost, or we may not write any more. */
void objects_disconnected(struct datapath *dp);

/* --- object_lost.c ---------------------------------------------------------------------------- */

/* Another controller has sent 'request' (1.4 §7.4.6): what it did to ours is undone, and modules are
 * told. */
void objects_forwarded(struct datapath *dp, const struct of_msg *request);

/* 'entry' has left the switch for 'reason'. True when that is because others have deleted a group or
 * meter of ours: all of that is being written again. */
bool objects_took_entry(struct datapath *dp, const struct flow_entry *entry,
                        enum of_flow_removed_reason reason);

/* --- object_sync.c ---------------------------------------------------------------------------- */

/* Asks for what is on the switch when there is something to compare it with: true, and
 * handshake_objects_known() follows. */
bool objects_sync_begin(struct datapath *dp);

/* Writes the difference. */
void objects_sync_end(struct datapath *dp);

/* Looks for what an earlier controller has left, once in a connection. */
void objects_look(struct datapath *dp, enum object_kind kind);

/* The timer: what was found and is not wanted goes. */
void objects_delete_found(void *aux, struct timer *timer);

#endif
