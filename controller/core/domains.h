/* Broadcast domains: ports of ours that are joined by switches which are not (legacy bridges, hubs).
 *
 * Bridges do not pass LLDP on, so a port into a legacy network looks like an edge with many hosts.
 * A second probe finds out: the same signed data unit with Ethertype 0x8942, sent to everybody by the
 * ports that are no links. Where it comes in, both ports are in one domain. An island is a set of
 * switches joined by links. Of the ports of an island in one domain
 *
 *      the one with the lowest (dpid, port), its gate, stays an edge port;
 *      the others are PORT_BACKUP: nothing is emitted there, and a switch drops what comes in. When
 *      the gate fails the next one takes over, and with it the hosts that are known there.
 *
 * A host has one place, which is what the following rules keep true.
 *  - A host of the legacy network is known at one gate of its domain; heard at another, it is at home.
 *  - A host that is known on another island, at a port that is up, stays there though its frames come
 *    in at a gate: they have crossed the legacy network. They are neither learnt from nor held.
 *  - A host that is known on the same island and appears at a gate, or the other way, has moved: after
 *    the usual question (hosts_claim.c).
 *  - Frames for everybody are taken at one gate of a domain, its root, the lowest of all; those of
 *    hosts that are known elsewhere are echoes of copies that we have emitted, and dropped.
 *  - Of a frame for everybody one copy goes into each domain that it is not from.
 *
 * A frame to another island leaves untagged by the sender's gate and comes in at the receiver's. One
 * domain must touch both: there is no way over an island between. */
#ifndef TAMBO_CORE_DOMAINS_H
#define TAMBO_CORE_DOMAINS_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/types.h"

struct ctl;
struct host;

struct port_at {
    dpid_t dpid;
    port_no_t port;
};

/* Where a frame for 'host' that is at 'from' leaves our switches: at the host's port, or, when that is
 * on another island, at the gate of this one into a domain that joins them. */
struct port_at domains_place(const struct ctl *ctl, const struct host *host, dpid_t from);

/* True when both ports are in one domain. */
bool domains_joined(const struct ctl *ctl, struct port_at a, struct port_at b);

/* False when a copy of a frame for everybody from 'from' must not be emitted at the edge port
 * 'to', because it is from there, or another port emits the one for that domain. */
bool domains_emits(const struct ctl *ctl, struct port_at to, struct port_at from);

#endif
