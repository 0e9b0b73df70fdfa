/* Hosts: who was heard at which edge port, with which addresses.
 *
 * The core learns from every packet-in that comes in at an edge port, before the apps see it. A host
 * is known by its MAC address; it has one attachment point and a few IPv4 and IPv6 addresses. */
#ifndef TAMBO_CORE_HOSTS_H
#define TAMBO_CORE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/base/types.h"

struct ctl;

#define HOST_MAX_IPS 4 /* Of each family; the oldest gives way. */

struct host;

struct eth_addr host_mac(const struct host *host);
dpid_t host_dpid(const struct host *host);
port_no_t host_port(const struct host *host);
mono_t host_seen_at(const struct host *host);

/* A number that an app keeps with the host, 0 at first: what it knows of it is in the cache with the host then.
 * There is one, which clustering has. */
uint32_t host_note(const struct host *host);
void host_set_note(struct host *host, uint32_t note);

/* IPv4 addresses, host byte order, most recent first. */
const uint32_t *host_ipv4(const struct host *host, size_t *n);

/* IPv6 addresses, most recent first. */
const struct ipv6_addr *host_ipv6(const struct host *host, size_t *n);

struct host *hosts_find(const struct ctl *ctl, struct eth_addr mac);
struct host *hosts_find_ipv4(const struct ctl *ctl, uint32_t ip);
struct host *hosts_find_ipv6(const struct ctl *ctl, const struct ipv6_addr *ip);
size_t hosts_count(const struct ctl *ctl);

/* Calls 'fn' for each host in ascending order of MAC addresses. 'fn' must not change the table. */
typedef void hosts_each_fn(void *aux, const struct host *host);
void hosts_each(const struct ctl *ctl, hosts_each_fn *fn, void *aux);

/* Enters a host that was known before a restart, unless it has been heard already or cannot be at
 * that port. */
void hosts_restore(struct ctl *ctl, struct eth_addr mac, dpid_t dpid, port_no_t port);

#endif
