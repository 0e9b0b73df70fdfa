/* Link discovery with LLDP (IEEE 802.1AB). Private to this room.
 *
 * Every port that can carry frames sends a probe at once when it comes up or its switch does, and
 * then every lldp_interval_ns; the ports of a switch take turns over that time. A probe that comes in at another of our switches proves the directed link between
 * the two ports. What a port is follows from that:
 *
 *      up ──▶ UNSETTLED ──edge_settle_ns without a probe──▶ EDGE
 *                 │  ▲                                        │
 *           probe │  │ last link of the port gone             │ probe (hosts there are forgotten)
 *                 ▼  │                                        │
 *                LINK ◀───────────────────────────────────────┘
 *
 * The reverse direction of a link that has just been found is probed at once, so that a link works
 * both ways one round trip after its second switch has come up. */
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

/* Takes an LLDP data unit of 'len' bytes that came in at 'in_port'. */
void discovery_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len);

#endif
