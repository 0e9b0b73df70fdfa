/* Clustering: forwarding by destination, with a label per access switch.
 *
 * Every access switch (a switch with a host at an edge port) has a label, which is a VLAN id. The
 * first switch of a path pushes the label of the last one, those between look at the label only,
 * the last one pops it and knows its hosts. All entries are in table 0:
 *
 *      kind      match                          actions                 priority  life
 *      reverse   vlan=own label, eth_dst=host   pop, output host port        400  permanent
 *      own       vlan=own label                 to the controller            300  permanent
 *      transit   vlan=label                     output next port             300  permanent
 *      ingress   no vlan, eth_dst=host          push, set label, output      200  idle hold_s
 *
 * An ingress entry towards a host of the same switch outputs without a label. No entry depends on
 * the source, so a second sender at a switch causes no packet-in; an access switch with 48 hosts
 * has 49 permanent entries, and a switch in the core at most one per access switch.
 *
 * The own entry catches frames for hosts that have left the switch: the controller takes the label
 * off and delivers them where the host is now.
 *
 * Order: an entry is confirmed by a barrier before any entry that sends frames to it, so no frame
 * finds half a path; when links change, the trees towards the destinations are repaired from the
 * destination outwards, and what is no longer used is removed last. At every instant of a repair
 * each switch follows either its old way, towards a switch that still has a way, or its new one,
 * whose rest is complete: there is no loop.
 *
 * Of several shortest ways each label has one, by a hash (ecmp.h): destinations spread over equal ways,
 * and the frames for one destination switch keep their order.
 *
 * With 'fast_failover', a transit or ingress entry whose switch has another loop-free way outputs to a group
 * of type fast failover (failover.h): the switch itself turns to that way when the port goes down, within
 * its own time to notice, and the controller repairs the trees afterwards as before. The way from an
 * alternate has entries of its own, so a switch in the core may have more of them, but still at most one per
 * access switch. Entries are protected once all of their tree is there: nothing waits for it.
 *
 * The label is the id of a VLAN tag. As an 802.1Q tag (carrier "vlan") hosts must not use ids of the label
 * space themselves. As an 802.1ad S-tag (carrier "vlan_ad", OpenFlow 1.3 on) they may: each edge port has an
 * entry more, which shows tagged frames of hosts to the controller, and each pair of hosts that talks so an
 * ingress entry of its own (cluster_tagged.c). A switch of OpenFlow 1.0 can push 802.1Q only, and does.
 *
 * There is no carrier MPLS, because a pop of MPLS must say what is below it (OpenFlow 1.3.5 §5.12, "Pop
 * MPLS"), and entries that look at the destination only do not know: IPv4 and IPv6 would need entries of their
 * own, twice as many of all kinds but transit, where the entries of access switches are what limits the
 * network. And versions differ on whether MPLS is pushed before or behind the VLAN tags of a host
 * (1.2 against 1.3, §5.12.1). */
#ifndef TAMBO_APPS_CLUSTERING_H
#define TAMBO_APPS_CLUSTERING_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"
#include "controller/core/paths.h"

#define CLUSTERING_PRIORITY_REVERSE PRIORITY_CLUSTER_REVERSE
#define CLUSTERING_PRIORITY_LABEL PRIORITY_CLUSTER_LABEL /* Own and transit: a switch has one of them per label. */
#define CLUSTERING_PRIORITY_INGRESS PRIORITY_CLUSTER_INGRESS
#define CLUSTERING_PRIORITY_GUARD PRIORITY_CLUSTER_GUARD
#define CLUSTERING_PRIORITY_TAGGED PRIORITY_CLUSTER_TAGGED

/* What a label is. */
enum cluster_carrier {
    CLUSTER_VLAN,    /* An 802.1Q tag. */
    CLUSTER_VLAN_AD, /* An 802.1ad S-tag. */
};

struct clustering_settings {
    uint16_t label_min, label_max; /* Default 2..3071; within 1..4094. */
    enum cluster_carrier carrier;  /* Default CLUSTER_VLAN. */
    bool ecmp;                     /* Labels are spread over equal ways; default: yes. */
    bool fast_failover;            /* Entries are protected where that can be; default: no. */
    uint16_t hold_s;               /* Idle time-out of ingress entries, at least 1; default 300. */
    uint32_t max_frames_per_miss;  /* Frames that wait for one ingress entry; default 64. */
    uint32_t max_frames;           /* Frames that wait in all; default 16 384. */

    /* When all labels are given, one is taken from a switch that has been gone for so long; default a
     * day. */
    int64_t label_hold_ns;

    /* After entries of an earlier controller were found, nothing is taken away for so long: those
     * who use it may not have connected yet; default 60 s. */
    int64_t adopt_hold_ns;

    /* During that time new links are used only after so long, so that the ways which were found are
     * not changed while the topology is half known; default 2 s. */
    int64_t adopt_settle_ns;

    /* A tree that a switch refused is tried again after this; default 1 s. */
    int64_t retry_ns;
};

struct clustering_settings clustering_settings_default(void);

#define CLUSTERING_COUNTERS(X)                                                                     \
    X(misses)           /* Packet-ins that began the set-up of an ingress entry. */                \
    X(queued)           /* Packet-ins that joined one. */                                          \
    X(delivered)        /* Frames sent on their way when their entry was there. */                 \
    X(delivered_direct) /* Frames sent to the destination's port because it could not be. */       \
    X(dropped)          /* Frames lost: no room to wait, or no way at all. */                      \
    X(labelled)         /* Frames with a label that reached the controller... */                   \
    X(labelled_dropped) /* ...of which these had no known destination. */                          \
    X(tree_updates)     /* Transactions on the tree of one destination switch. */                  \
    X(protections)      /* Those that have led entries to their groups. */                         \
    X(tree_failures)                                                                               \
    X(ingress_failures)                                                                            \
    X(flows_failed)     /* Entries refused by a switch, or without room there. */                  \
    X(adopted)          /* Entries of an earlier controller that were taken over. */               \
    X(labels_exhausted) /* Times a switch got no label. */                                         \
    X(labels_released)  /* Labels that were given back. */

struct clustering_counters {
#define X(name) uint64_t name;
    CLUSTERING_COUNTERS(X)
#undef X
};

/* Views of the module state 'state' (ctl_module_state(ctl, "clustering")). */
struct clustering_counters clustering_counters(const void *state);

/* The label of 'dpid'; 0 when it has none. */
uint16_t clustering_label(const void *state, dpid_t dpid);

/* Calls 'fn' for each label that is given, ascending. */
typedef void clustering_label_fn(void *aux, uint16_t label, dpid_t dpid);
void clustering_each_label(const void *state, clustering_label_fn *fn, void *aux);

/* The operator says that 'dpid' is gone for good: its label is given back, and all entries for it are taken
 * away. ERR_NOTFOUND when it has none, ERR_STATE while it is connected or its entries are changed. */
enum err clustering_forget(void *state, dpid_t dpid);

/* The path of frames from 'from' to hosts of 'to', by label or flow by flow. False when there is
 * none. */
bool clustering_path(const void *state, dpid_t from, dpid_t to, struct path *out);

extern const struct ctl_module clustering_module;

#endif
