/* A host's DHCP client (RFC 2131 §4.4): it gets an address before the host talks, looks whether somebody
 * else uses it (RFC 5227), renews it at half of its time, by broadcast at seven eighths, and begins anew when
 * the time is over or the server says no. */
#ifndef TAMBO_WORLD_DHCP_CLIENT_H
#define TAMBO_WORLD_DHCP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "simnet/world/endhost.h"

struct dhcp_client;

enum dhcp_client_state {
    DHCP_CLIENT_OFF,
    DHCP_CLIENT_SELECTING,
    DHCP_CLIENT_REQUESTING,
    DHCP_CLIENT_CHECKING, /* Asks whether somebody has the address. */
    DHCP_CLIENT_BOUND,
    DHCP_CLIENT_RENEWING,
    DHCP_CLIENT_REBINDING,
    DHCP_CLIENT_WAITING, /* It has declined an address. */
};

struct dhcp_client_stats {
    uint64_t n_discovers, n_requests; /* Sent. */
    uint64_t n_acks, n_naks;          /* Heard. */
    uint64_t n_bound;                 /* Times that the host got an address... */
    uint64_t n_renewals;              /* ...and that it was allowed to keep it longer. */
    uint64_t n_declines;              /* Addresses that somebody else had. */
    uint64_t n_lost;                  /* Addresses that it had to give up. */
};

/* For 'host', whose UDP and ARP hooks the client takes: the host has no address from now on. */
struct dhcp_client *dhcp_client_new(struct sim *sim, struct endhost *host);

/* Before the host is freed. NULL is fine. */
void dhcp_client_free(struct dhcp_client *c);

void dhcp_client_start(struct dhcp_client *c);

enum dhcp_client_state dhcp_client_state(const struct dhcp_client *c);
const struct dhcp_client_stats *dhcp_client_get_stats(const struct dhcp_client *c);

#endif
