/* What the files of the app share. Private to them. */
#ifndef TAMBO_APPS_IPV6_ND_INT_H
#define TAMBO_APPS_IPV6_ND_INT_H

#include "controller/apps/arp_cache.h"
#include "controller/apps/bucket.h"
#include "controller/apps/emit.h"
#include "controller/apps/ipv6_nd.h"
#include "controller/apps/trap.h"
#include "controller/base/log.h"

struct ipv6_nd {
    struct trap trap;
    struct ctl *ctl;
    struct ipv6_nd_settings settings;
    struct ipv6_nd_counters n;
    struct arp_cache cache;
    struct bucket floods;
    struct bucket_map dp_floods, dp_adverts;
    struct ipv6_nd_router routers[IPV6_ND_MAX_ROUTERS];
    size_t n_routers;
    struct ipv6_nd_rogue rogues[IPV6_ND_MAX_ROGUES]; /* The latest in front. */
    size_t n_rogues;
    struct log_limit rogue_limit;
};

/* To all edge ports but the one it came from, when the limits allow it. */
bool nd_flood(struct ipv6_nd *d, const struct ctl_packet *packet);

/* --- Routers (nd_router.c) -------------------------------------------------------------------- */

void nd_router_solicit(struct ipv6_nd *d, const struct ctl_packet *packet);
void nd_router_advert(struct ipv6_nd *d, const struct ctl_packet *packet);
void nd_redirect(struct ipv6_nd *d, const struct ctl_packet *packet);

/* Whether a router that is known has the MAC address. */
bool nd_is_router(const struct ipv6_nd *d, struct eth_addr mac);

/* --- Neighbours (nd_neighbour.c) -------------------------------------------------------------- */

void nd_solicit(struct ipv6_nd *d, const struct ctl_packet *packet);
void nd_advert(struct ipv6_nd *d, const struct ctl_packet *packet);

#endif
