/* Looking ahead: what a message will need is on its way from memory before the message comes.
 *
 * A core with thousands of switches and millions of entries finds little of what a message needs in the
 * cache, and most of that by way of other things that are not there either: the session tells the datapath,
 * the datapath its ports, the host its switch, that the tree. A driver that knows of a message some time
 * before it comes takes one step down these ways at a time,
 *
 *      ahead = ctl_ahead_packet(ctl, src, dst);
 *      ctl_look(ctl, session, &ahead, 0);     ...other work, while memory answers...
 *      ctl_look(ctl, session, &ahead, 1);     ...
 *
 * and each look reads only what the looks before it have fetched. Between two looks anything may happen to
 * what was fetched: every look finds its things again from their names. Looks change nothing that can be
 * seen. Without them, with some of them, and with those of a message that never comes all is the same, but
 * for time. They are taken between the entries into the core, not in functions that it calls. */
#ifndef TAMBO_CORE_LOOK_H
#define TAMBO_CORE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/types.h"

struct ctl;
struct datapath;
struct host;
struct of_match;
struct session;

/* Looks 0 to CTL_N_LOOKS - 1; those from CTL_LOOK_APPS on are also taken by modules. What they need may not
 * be there (yet): they are left out then. */
#define CTL_N_LOOKS 7
#define CTL_LOOK_APPS 2
#define CTL_LOOK_BURST 2

/* What is known of a message that is coming: addresses and hashes, which stay good whatever happens. */
struct ctl_ahead {
    enum { CTL_AHEAD_NONE, CTL_AHEAD_PACKET, CTL_AHEAD_REMOVED } kind; /* Zero: nothing. */
    struct eth_addr dst; /* REMOVED: that the entry matches, if it does. */
    uint64_t src_hash, dst_hash;
    uint64_t entry_hash; /* REMOVED. */
};

/* A packet-in with a frame of 'src' to 'dst', or the flow-removed of an entry, is coming. */
struct ctl_ahead ctl_ahead_packet(const struct ctl *ctl, struct eth_addr src, struct eth_addr dst);
struct ctl_ahead ctl_ahead_removed(struct ctl *ctl, uint8_t table_id, uint16_t priority,
                                   const struct of_match *match);

/* The look number 'look' for what will come on 'session', which is connected. False: it was the last one. */
bool ctl_look(const struct ctl *ctl, const struct session *session, const struct ctl_ahead *ahead,
              unsigned look);

/* For a driver that reads many messages of one switch at once: the switch's own things are in the cache since the
 * first of them, and most frames find a way that is ready. So two looks are enough, which cost little: at the
 * Ethernet header 'eth' of a packet-in some messages ahead, and with what that returns when they have come
 * nearer. */
uint64_t ctl_look_in_burst(const struct ctl *ctl, const struct session *session,
                           const uint8_t *eth);
void ctl_look_in_burst_again(const struct ctl *ctl, uint64_t seen);

/* What a module is told for its own looks, of which each has a 'step', 0 to CTL_N_LOOKS - CTL_LOOK_APPS - 1. */
struct ctl_look {
    unsigned step;   /* In a burst only CTL_LOOK_BURST, and without the host. */
    bool is_removed; /* An entry will be told to have left; else a packet-in comes. */
    dpid_t dpid;     /* From this switch. */
    const struct datapath *dp;
    struct eth_addr dst;     /* Of the frame, or what the entry matches. */
    const struct host *host; /* With that address, of a packet-in; NULL: not known. */
};

#endif
