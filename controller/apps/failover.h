/* Fast failover: outputs that a switch turns to another port by itself, at once, when theirs goes down
 * (OF 1.3.5 §5.6.1).
 *
 * An output that is protected is a group of type fast failover with two buckets, each of which watches
 * the port it outputs at: the port of the way, and that of an alternate, a neighbour from which frames
 * reach the destination without coming back (ecmp.h). The ports are the id of the group,
 *
 *      module (8 bits) | port (12 bits) | alternate (12 bits)
 *
 * so all entries of an app with the same two ports share one group, a switch has at most as many as it
 * has pairs of ports, a group is never changed, and a controller that finds one knows what it does.
 * Ports above FAILOVER_MAX_PORT, and switches that have no such groups (OpenFlow 1.0; they are optional
 * in 1.3), are served without.
 *
 * A group that no entry leads to any more is taken away, after FAILOVER_KEEP_NS or later. */
#ifndef TAMBO_APPS_FAILOVER_H
#define TAMBO_APPS_FAILOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/base/types.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_msg.h"

struct ctl;
struct datapath;
struct failover;

#define FAILOVER_MAX_PORT 4095
#define FAILOVER_KEEP_NS (5 * NS_PER_S)

/* Where an entry outputs. */
struct failover_way {
    port_no_t port;
    port_no_t alt; /* OF_PORT_ANY: it is not protected. */
};

static inline struct failover_way failover_plain(port_no_t port)
{
    return (struct failover_way){port, OF_PORT_ANY};
}

static inline bool failover_eq(struct failover_way a, struct failover_way b)
{
    return a.port == b.port && a.alt == b.alt;
}

/* Called from the core's loop: plans that were made so far may be better or worse now, because a switch
 * was found to have or not to have such groups. */
typedef void failover_changed_fn(void *aux);

/* For the module 'module_id'. When not 'enabled', ways are never protected; groups of an earlier
 * controller are handled still. */
struct failover *failover_new(struct ctl *ctl, uint8_t module_id, bool enabled,
                              failover_changed_fn *changed, void *aux);
void failover_free(struct failover *f);

/* For the module's events: 'dp' is ready; 'dp' has refused a group of the module. */
void failover_datapath_up(struct failover *f, struct datapath *dp);
void failover_group_failed(struct failover *f, const struct datapath *dp);

/* The way by 'port' of 'at', which is on a shortest path to 'to', with its alternate, if there is one.
 * '*is_level': the alternate is as far from 'to' as 'at' is. Then it must have its own entry before this
 * way is used. Of equal ways one is chosen by 'key'. */
struct failover_way failover_plan(const struct failover *f, dpid_t at, dpid_t to, port_no_t port,
                                  uint64_t key, bool *is_level);

/* The action of 'way', and the way of an action of the module's (port OF_PORT_ANY: it outputs nothing). */
struct of_action failover_output(uint8_t module_id, struct failover_way way);
struct failover_way failover_way_of(const struct of_action *action);

/* Wants the group of 'way' (nothing when it is not protected) in 'stage', before entries. */
void failover_add(struct failover *f, struct txn *txn, unsigned stage, dpid_t dpid,
                  struct failover_way way);

/* An entry of 'dpid' has changed or left: its group may be unused now. */
void failover_look(struct failover *f, dpid_t dpid);

/* False when no switch has such groups, so that none has to be looked for. */
bool failover_is_used(const struct failover *f);

/* True when that group is there, or need not be. */
bool failover_is_there(const struct failover *f, dpid_t dpid, struct failover_way way);

#endif
