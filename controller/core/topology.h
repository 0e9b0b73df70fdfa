/* The graph of datapaths: directed links as LLDP has shown them. */
#ifndef TAMBO_CORE_TOPOLOGY_H
#define TAMBO_CORE_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/base/types.h"

struct ctl;

struct link {
    dpid_t src_dpid, dst_dpid;
    port_no_t src_port, dst_port;
    mono_t seen_at; /* When the last probe came through. */
};

/* Grows by one at every change of a link or of a datapath's readiness; a cache made at one
 * generation holds as long as the number is the same. */
uint64_t topology_generation(const struct ctl *ctl);

/* Links in ascending order of (src_dpid, src_port): an array of '*n', valid until the core is
 * entered again. */
const struct link *const *topology_links(const struct ctl *ctl, size_t *n);

/* The link that leaves 'dpid' at 'port', or NULL. */
const struct link *topology_link_at(const struct ctl *ctl, dpid_t dpid, port_no_t port);

#endif
