/* The resources, one table each, a line each. */
#include "controller/northbound/nb_resources.h"

/* clang-format off */
const struct nb_route *const nb_tables[] = {
    nb_status_routes,
    nb_switches_routes,
    nb_flows_routes,
    nb_stats_routes,
    nb_hosts_routes,
    nb_links_routes,
    nb_topology_routes,
    nb_paths_routes,
    nb_events_routes,
    nb_log_routes,
    nb_dhcp_routes,
    nb_circuit_roots_routes,
    nb_elephants_routes,
    nb_networks_routes,
    nb_domains_routes,
    nb_dos_routes,
    nb_static_flows_routes,
    nb_drift_routes,
    nb_labels_routes,
    nb_ipv6_routes,
    nb_static_compat_routes,
    nb_firewall_routes,
    nb_firewall_compat_routes,
    nb_holding_routes,
    nb_web_routes,
    nb_compat_routes,
    nb_compat_core_routes,
    nb_compat_switch_routes,
    nb_compat_topology_routes,
    nb_compat_missing_routes,
    nb_network_service_routes,
    nb_network_rules_routes,
};
/* clang-format on */

const size_t nb_n_tables = sizeof nb_tables / sizeof nb_tables[0];
