/* The order of all apps' entries in table 0, highest first: the one place where it is decided who wins.
 *
 *      65535          the core's own: LLDP to the controller
 *      65000          the core's: frames with somebody else's MAC address are dropped
 *      64000          dos_guard: what a host does too much of
 *      60000          arp_proxy, ipv6_nd, dhcp: questions about addresses, to the controller
 *      59999          firewall: what always passes
 *      50001..59998   firewall, by the order of its rules
 *      40000..40999   logical_networks: what a network may not reach
 *      1001..39999    static_flows, as the operator says
 *      1000           elephants: one flow on a way of its own
 *      500..          multicast and interest domains
 *      200..420       clustering
 *      150..151       circuit_tree
 *      100            forwarding
 *      1              logical_networks: an edge port's misses, with the network in the cookie
 *      0              the core's: misses to the controller */
#ifndef TAMBO_APPS_PRIORITIES_H
#define TAMBO_APPS_PRIORITIES_H

#define PRIORITY_DOS_GUARD 64000
#define PRIORITY_ADDRESSES 60000
#define PRIORITY_FIREWALL_MAX 59999
#define PRIORITY_FIREWALL_MIN 50001
#define PRIORITY_NETWORK_BLOCK 40000
#define PRIORITY_STATIC_MAX 39999
#define PRIORITY_STATIC_MIN 1001
#define PRIORITY_ELEPHANT 1000
#define PRIORITY_MULTICAST 500
#define PRIORITY_CLUSTER_TAGGED 420
#define PRIORITY_CLUSTER_GUARD 410
#define PRIORITY_CLUSTER_REVERSE 400
#define PRIORITY_CLUSTER_LABEL 300
#define PRIORITY_CLUSTER_INGRESS 200
#define PRIORITY_CIRCUIT_REVERSE 151
#define PRIORITY_CIRCUIT_TREE 150
#define PRIORITY_FORWARDING 100
#define PRIORITY_NETWORK_MISS 1

#endif
