/* The tables of the resources, for nb_routes.c. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_RESOURCES_H
#define TAMBO_NORTHBOUND_NB_RESOURCES_H

#include "controller/northbound/nb_route.h"

extern const struct nb_route nb_status_routes[];   /* The controller itself, and its metrics. */
extern const struct nb_route nb_switches_routes[]; /* Switches and their ports. */
extern const struct nb_route nb_flows_routes[];    /* Entries, groups and meters of a switch. */
extern const struct nb_route nb_circuit_roots_routes[];
extern const struct nb_route nb_hosts_routes[];
extern const struct nb_route nb_links_routes[];    /* Links... */
extern const struct nb_route nb_topology_routes[]; /* ...and the graph of them. */
extern const struct nb_route nb_paths_routes[];
extern const struct nb_route nb_events_routes[];
extern const struct nb_route nb_log_routes[];
extern const struct nb_route nb_dhcp_routes[];
extern const struct nb_route nb_stats_routes[];         /* What switches say when they are asked. */
extern const struct nb_route nb_elephants_routes[];     /* Elephants and loads. */
extern const struct nb_route nb_networks_routes[];      /* Logical networks. */
extern const struct nb_route nb_domains_routes[];       /* Domains of interest, multicast groups. */
extern const struct nb_route nb_dos_routes[];           /* Hosts that begin too many flows. */
extern const struct nb_route nb_static_flows_routes[];  /* Entries that operators want. */
extern const struct nb_route nb_drift_routes[];         /* The same, and what switches have. */
extern const struct nb_route nb_labels_routes[];        /* Of access switches. */
extern const struct nb_route nb_ipv6_routes[];          /* Routers. */
extern const struct nb_route nb_static_compat_routes[]; /* The same, of the original controller. */
extern const struct nb_route nb_firewall_routes[];
extern const struct nb_route nb_firewall_compat_routes[]; /* The same, of the original controller. */
extern const struct nb_route nb_holding_routes[];       /* How long entries stay. */
extern const struct nb_route nb_web_routes[];

/* Paths of the original controller (nb_compat.h). */
extern const struct nb_route nb_compat_routes[];
extern const struct nb_route nb_compat_core_routes[];
extern const struct nb_route nb_compat_switch_routes[];
extern const struct nb_route nb_compat_topology_routes[];
extern const struct nb_route nb_compat_missing_routes[];
extern const struct nb_route nb_network_service_routes[];
extern const struct nb_route nb_network_rules_routes[];

#endif
