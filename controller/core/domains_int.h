/* The inside of broadcast domains. Private to this room. */
#ifndef TAMBO_CORE_DOMAINS_INT_H
#define TAMBO_CORE_DOMAINS_INT_H

#include <stddef.h>

#include "controller/core/domains.h"
#include "controller/core/timer.h"
#include "controller/packet/pkt.h"

struct datapath;
struct dp_port;

/* Of the entries at backup ports: one takes probes, one drops all else. Above the apps'. */
#define DOMAINS_PROBE_PRIORITY 65535
#define DOMAINS_DROP_PRIORITY 65001

/* The port of an island that serves a domain. */
struct gate {
    uint32_t island, domain;
    struct port_at at;
};

struct domains {
    struct gate *gates; /* Ascending by place: the first of a domain is its root. */
    size_t n, cap;
    bool any; /* Some port has heard a probe of another. */
    struct timer timer;
};

void domains_init(struct ctl *ctl);
void domains_fini(struct ctl *ctl);

/* Sends the second kind of probe, at once, or only when it is time. */
void domains_probe(struct datapath *dp, struct dp_port *port);
void domains_probe_due(struct datapath *dp, struct dp_port *port);

/* Takes a data unit of 'len' bytes that came in at 'in_port'. */
void domains_input(struct datapath *dp, port_no_t in_port, const uint8_t *pdu, size_t len);

/* Links, or the kinds of ports, have changed: domains are looked at once this entry into the core is
 * over. */
void domains_changed(struct ctl *ctl);

/* False when a frame that came in at 'port' (NULL: unknown) must be ignored. */
bool domains_accept(const struct datapath *dp, const struct dp_port *port, const struct pkt *pkt);

/* True when 'host', known on another island at a port that is up, was heard at a gate: its frames have
 * crossed the legacy network, which is not its place. */
bool domains_is_crossing(const struct ctl *ctl, const struct host *host, dpid_t dpid,
                         port_no_t port);

/* How long a port is in a domain after a probe was last heard. */
int64_t domains_life_ns(const struct ctl *ctl);

/* True when 'host', heard at ('dpid', 'port'), is where it is known: at a gate of the same domain. */
bool domains_is_home(const struct ctl *ctl, const struct host *host, dpid_t dpid, port_no_t port);

#endif
