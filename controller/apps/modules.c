/* See modules.h. */
#include "controller/apps/modules.h"

#include "controller/apps/arp_proxy.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/clustering.h"
#include "controller/apps/elephants.h"
#include "controller/apps/dhcp.h"
#include "controller/apps/dos_guard.h"
#include "controller/apps/firewall.h"
#include "controller/apps/forwarding.h"
#include "controller/apps/holding_time.h"
#include "controller/apps/interest_domains.h"
#include "controller/apps/ipv6_nd.h"
#include "controller/apps/link_costs.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/multicast.h"
#include "controller/apps/static_flows.h"

/* The guard counts everything and takes nothing. What the firewall denies nobody else sees. Questions about addresses come first: they must reach
 * nobody else, and DHCP has addresses of its own, for which the ARP proxy need not ask. Whoever may not talk
 * to somebody is stopped by logical networks before anything is set up. Domains take what is for everybody
 * in them; multicast, which uses their trees, what is for groups. Clustering takes what it can route by
 * label, forwarding what is left. Four see no packets: holding_time, which starts before clustering,
 * because that asks it, static_flows, link_costs and elephants, which listens to it. */
const struct ctl_module *const app_modules[APP_N_MODULES] = {
    &dos_guard_module,
    &firewall_module,
    &dhcp_module,
    &logical_networks_module,
    &arp_proxy_module,
    &ipv6_nd_module,
    &interest_domains_module,
    &multicast_module,
    &circuit_tree_module,
    &holding_time_module,
    &clustering_module,
    &forwarding_module,
    &link_costs_module,
    &elephants_module,
    &static_flows_module,
};
