/* The inside of the host table. Private to this room. */
#ifndef TAMBO_CORE_HOSTS_INT_H
#define TAMBO_CORE_HOSTS_INT_H

#include "controller/base/heap.h"
#include "controller/base/hmap.h"
#include "controller/base/log.h"
#include "controller/core/hosts.h"
#include "controller/core/timer.h"
#include "controller/packet/pkt.h"

struct datapath;

struct host_table {
    struct hmap by_mac;
    struct hmap by_ip;   /* Addresses of both families. */
    struct hmap by_port; /* Attachment points with hosts. */
    struct heap by_age;  /* By the time of hearing when a host was last put there. */
    struct timer expiry;
    struct log_limit limit;
};

void hosts_init(struct ctl *ctl);
void hosts_fini(struct ctl *ctl);

/* Learns the sender of 'pkt', heard at 'port_no' of 'dp', when that is an edge port. Returns the
 * sender, or NULL when it is not known and not learnt. */
struct host *hosts_learn(struct datapath *dp, port_no_t port_no, const struct pkt *pkt);

/* Forgets the hosts at ('dpid', 'port'). */
void hosts_drop_port(struct ctl *ctl, dpid_t dpid, port_no_t port);

/* Frees a host that has left the table. */
void host_free(struct host *host);

#endif
