/* Groups and meters that are wanted on switches from OpenFlow 1.3 on: in this room, objects.
 *
 * They are wanted and no longer wanted in transactions (txn.h), live as entries do (flowdb.h) and
 * are found again by their ids: the top 8 bits are the module's, so that ids below 2^24 are never
 * ours, and any other controller of the switch has those.
 *
 *      WANTED ──group-mod──▶ SENT ──barrier reply──▶ CONFIRMED
 *        ▲                     │ error
 *        │ connection lost,    ▼
 *        │ another took it   (gone, CTL_GROUP_FAILED or CTL_METER_FAILED)
 *
 * When a switch returns, its groups and meters are read before its entries: what is equal is not
 * sent, what is missing or differs is sent in the order in which it was first wanted, so that a group
 * that leads to another comes after it. One with an id of ours that nobody has wanted within
 * adopt_grace_ns is deleted.
 *
 * What another controller does to ours is undone as soon as we hear of it: from OpenFlow 1.4 on the
 * switch tells (CTL_OBJECT_FORWARDED), before, an entry with a time-out that leaves together with its
 * group does, or else the next connection. A switch that loses a group or meter deletes the entries
 * that lead there: those are written again, too. */
#ifndef TAMBO_CORE_OBJECT_H
#define TAMBO_CORE_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"
#include "controller/openflow/of_msg.h"

struct ctl;

enum object_kind { OBJECT_GROUP, OBJECT_METER, OBJECT_N_KINDS };

enum object_state {
    OBJECT_UNKNOWN, /* There is none. */
    OBJECT_WANTED,
    OBJECT_SENT,
    OBJECT_CONFIRMED,
    OBJECT_FOUND,    /* On the switch, and nobody has asked for it yet. */
    OBJECT_DELETING, /* A delete was sent or will be; gone at the barrier reply. */
};

/* What another controller has done to one. */
enum object_change { OBJECT_ADDED, OBJECT_MODIFIED, OBJECT_DELETED };

/* The id of the group or meter that a module calls 'value', below 2^24 and not 0. Module ids above
 * 254 have none. */
static inline uint32_t object_id(uint8_t module_id, uint32_t value)
{
    return (uint32_t)module_id << 24 | (value & 0xffffff);
}

static inline uint8_t object_module(uint32_t id)
{
    return (uint8_t)(id >> 24);
}

enum object_state object_state(const struct ctl *ctl, dpid_t dpid, enum object_kind kind,
                               uint32_t id);

/* How many of 'kind' are intended for 'dpid', and of those how many are confirmed. */
struct object_count {
    size_t n, n_confirmed;
};
struct object_count object_count(const struct ctl *ctl, dpid_t dpid, enum object_kind kind);

#endif
