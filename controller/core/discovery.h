/* Link discovery with LLDP (IEEE 802.1AB). Private to this room.
 *
 * Every port that can carry frames sends a probe at once when it comes up or its switch does, and
 * then every lldp_interval_ns; the ports of a switch take turns over that time. A probe that comes in
 * at another of our switches proves the directed link between the two ports, when it is authentic
 * and under way (probe.h). What a port is follows from that:
 *
 *      up ──▶ UNSETTLED ──edge_settle_ns without a probe──▶ EDGE
 *                 │  ▲                                        │
 *           probe │  │ last link of the port gone             │ probe (hosts there are forgotten)
 *                 ▼  │                                        │
 *                LINK ◀───────────────────────────────────────┘
 *
 * The reverse direction of a link that has just been found is probed at once, so that a link works
 * both ways one round trip after its second switch has come up. As long as one direction is missing,
 * its port sends quick probes: at once, and then after waits that double, a few in each interval
 * whatever comes in.
 *
 * A link that goes silent while its ports stay up may work again at any time, and what then comes through
 * it looks like the hosts of the other side. So when something is heard at a port that has lost its link
 * so, the port is unsettled once more: it is probed, which shows a link at once, and no host is learnt
 * there before it is an edge again.
 *
 * Hosts cannot make a probe, but they can pass one on: two of them, or one with two ports, can pretend
 * a cable. So a link between two ports that have both been edges for link_timeout_ns is held, and
 * reported, while hosts are heard at one of them (hold_links). A new cable brings its ports down and
 * up, and is not held. */
#ifndef TAMBO_CORE_DISCOVERY_H
#define TAMBO_CORE_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"
#include "controller/core/datapath_int.h"

void discovery_init(struct datapath *dp);

/* The datapath is up, or no longer. */
void discovery_start(struct datapath *dp);
void discovery_stop(struct datapath *dp);

/* 'port' has just come up. */
void discovery_port_up(struct datapath *dp, struct dp_port *port);

/* A link at the port was removed: without another one the port is unsettled again. */
void discovery_link_gone(struct ctl *ctl, dpid_t dpid, port_no_t port_no);

/* No probe has come in over the link that leaves the port, which is gone now; its way back may not
 * be. */
void discovery_link_silent(struct ctl *ctl, dpid_t dpid, port_no_t port_no);

/* What we emit elsewhere comes in at the port: unless it is a link already, it may have become one. */
void discovery_doubt(struct datapath *dp, port_no_t port_no);

/* A frame that is no probe has come in at the port. */
void discovery_heard(struct datapath *dp, port_no_t port_no);

/* Takes an LLDP data unit of 'len' bytes that came in at 'in_port'. */
void discovery_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len);

#endif
