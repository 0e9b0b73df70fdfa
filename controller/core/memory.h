/* Where the memory of a core is: bytes by part, with what the allocator adds to each piece.
 *
 * For planning (how much does a host more cost, and how much an entry?) and for tests. Counted, not
 * estimated: every entry and every table is visited, so it takes as long as that. */
#ifndef TAMBO_CORE_MEMORY_H
#define TAMBO_CORE_MEMORY_H

#include <stddef.h>

struct ctl;

struct ctl_memory {
    size_t n_hosts, n_flows, n_switches;
    size_t hosts;    /* Hosts, their IP addresses, their places; all indices. */
    size_t flows;    /* Entries as they are intended, with the index of each switch. */
    size_t switches; /* Datapaths, their ports and their sessions. */
    size_t apps;     /* What apps say that they hold (struct ctl_module, 'memory'). */
};

void ctl_memory(const struct ctl *ctl, struct ctl_memory *out);

#endif
