/* What the files of forwarding share. Private to this room.
 *
 *      forwarding.c     module, set-up of flows, frames for everybody
 *      forward_flow.c   what a flow looks like, and flows whose way is gone */
#ifndef TAMBO_APPS_FORWARD_H
#define TAMBO_APPS_FORWARD_H

#include <stdint.h>

#include "controller/apps/bucket.h"
#include "controller/apps/forwarding.h"
#include "controller/apps/pending.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/flowdb.h"

struct forwarding {
    struct ctl *ctl;
    const void *networks; /* State of logical_networks; NULL: there are none. */
    uint8_t id;
    struct forwarding_settings settings;
    struct forwarding_counters n;
    struct pending_table pending; /* The queues of struct setup (forwarding.c). */
    struct hmap unchecked;        /* struct unchecked (forward_flow.c), by address. */
    struct bucket_map dp_floods;
    struct log_limit limit;
};

/* The match of the flow to which a frame belongs. */
void forward_match(const struct pkt *pkt, struct of_match *out);

/* 'match' as the switch 'dpid' can have it: OpenFlow 1.0 does not look into IPv6. */
struct of_match forward_match_for(const struct forwarding *f, dpid_t dpid,
                                  const struct of_match *match);

/* Removes the flow 'match' from all switches. */
void forward_remove(struct forwarding *f, const struct of_match *match);

/* Removes the flows that leave 'dpid' at 'port', which is gone. */
void forward_port_lost(struct forwarding *f, dpid_t dpid, port_no_t port);

/* Removes the flows towards 'host', which was at 'old_dpid'. */
void forward_host_moved(struct forwarding *f, const struct host *host, dpid_t old_dpid);

/* An entry of an earlier controller was found: it stays unless it leads to where its host is not,
 * which may only be known when the host is heard. */
void forward_adopt(struct forwarding *f, dpid_t dpid, const struct flow_entry *flow);
void forward_host_added(struct forwarding *f, const struct host *host);

void forward_flows_init(struct forwarding *f);
void forward_flows_fini(struct forwarding *f);

#endif
