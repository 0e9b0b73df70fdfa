/* A small network whose firewall is tested. */
#ifndef TAMBO_TESTS_APPS_FIREWALL_SCENE_H
#define TAMBO_TESTS_APPS_FIREWALL_SCENE_H

#include "controller/apps/firewall.h"
#include "tests/apps/net.h"

#define PORT_A 10 /* Of hosts. */
#define PORT_B 11

/* Two switches in a row with two hosts each: 0 and 1, 2 and 3. */
struct net *firewall_net(uint8_t version, uint8_t n_tables);

/* All hosts say who they are. */
void announce(struct net *net);

/* The app's state. */
void *app(struct net *net);

/* Rules for everything, and for IPv4 to a host. */
struct firewall_rule rule(enum firewall_action action, uint16_t priority);
struct firewall_rule to_ip(enum firewall_action action, uint16_t priority, const struct net *net,
                           int host);

/* Lets the firewall do what it has to. */
void settle(struct net *net);

/* Adds a rule, which must be right; its id. */
uint32_t add(struct net *net, const struct firewall_rule *r);

/* Sends a frame from a host to another: it arrived. */
bool arrives(struct net *net, int from, int to);

/* Entries of rules in the first table; all entries of a table. */
size_t n_entries(const struct net *net, int sw);
size_t n_in_table(const struct net *net, int sw, uint8_t table_id);

struct firewall_info info_of(struct net *net, uint32_t id);

#endif
