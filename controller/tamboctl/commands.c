/* All commands, in the order in which --help shows them. */
#include "controller/tamboctl/command.h"

#include <string.h>

const struct command commands[] = {
    {"status", "", "version, uptime, sizes and counters", 0, 0, "GET", "/v1/status", NULL, run_get},
    {"switches", "", "the switches", 0, 0, "GET", "/v1/switches", "switches", run_get},
    {"switch", "DPID", "one switch with its ports", 1, 1, "GET", "/v1/switches/%", NULL, run_get},
    {"hosts", "", "the hosts", 0, 0, "GET", "/v1/hosts", "hosts", run_get},
    {"host", "MAC", "one host", 1, 1, "GET", "/v1/hosts/%", NULL, run_get},
    {"links", "", "the links between switches", 0, 0, "GET", "/v1/links", "links", run_get},
    {"flows", "DPID", "the entries that are wanted on a switch", 1, 1, "GET",
     "/v1/switches/%/flows", "flows", run_get},
    {"paths", "SRC DST", "the path between switches or hosts", 2, 2, "GET", "/v1/paths?src=%&dst=%",
     "hops", run_get},
    {"static-flows", "", "the entries that operators want", 0, 0, "GET", "/v1/static-flows",
     "flows", run_get},
    {"firewall", "[on|off]", "shows or changes whether the firewall is in force", 0, 1, "PUT",
     "/v1/firewall", NULL, run_firewall},
    {"rules", "", "the rules of the firewall, in their order", 0, 0, "GET", "/v1/firewall/rules",
     "rules", run_get},
    {"allow", "PRIORITY [JSON]", "adds a rule that allows what a match says", 1, 2, "POST",
     "/v1/firewall/rules", NULL, run_rule},
    {"deny", "PRIORITY [JSON]", "adds a rule that denies it", 1, 2, "POST", "/v1/firewall/rules",
     NULL, run_rule},
    {"networks", "", "the logical networks", 0, 0, "GET", "/v1/networks", "networks", run_get},
    {"members", "ID", "the hosts of a logical network", 1, 1, "GET", "/v1/networks/%/members",
     "members", run_get},
    {"network-rules", "ID", "who is in a logical network", 1, 1, "GET", "/v1/networks/%/rules",
     "rules", run_get},
    {"blocked", "ID", "the networks that it may not talk to", 1, 1, "GET", "/v1/networks/%/blocked",
     "blocked", run_get},
    {"domains", "", "the domains of interest", 0, 0, "GET", "/v1/interest-domains", "domains",
     run_get},
    {"multicast", "", "who listens to multicast groups", 0, 0, "GET", "/v1/multicast-groups",
     "groups", run_get},
    {"elephants", "", "the flows that carry most", 0, 0, "GET", "/v1/elephants", "elephants",
     run_get},
    {"told-elephants", "", "the flows that were said to be such", 0, 0, "GET", "/v1/told-elephants",
     "flows", run_get},
    {"tree-roots", "", "the switches whose trees are kept for them", 0, 0, "GET",
     "/v1/elephant-roots", "roots", run_get},
    {"loads", "", "what each port carries", 0, 0, "GET", "/v1/link-loads", "loads", run_get},
    {"roots", "", "the circuit roots", 0, 0, "GET", "/v1/circuit-roots", "circuit_roots", run_get},
    {"leases", "", "the addresses that DHCP gave", 0, 0, "GET", "/v1/dhcp/leases", "leases",
     run_get},
    {"pools", "", "the pools of DHCP", 0, 0, "GET", "/v1/dhcp/pools", "pools", run_get},
    {"reservations", "", "the addresses that are reserved", 0, 0, "GET", "/v1/dhcp/reservations",
     "reservations", run_get},
    {"rogues", "", "DHCP servers where none may be", 0, 0, "GET", "/v1/dhcp/rogues", "rogues",
     run_get},
    {"routers", "", "the routers of IPv6", 0, 0, "GET", "/v1/ipv6/routers", "routers", run_get},
    {"rogue-routers", "", "those where none may be", 0, 0, "GET", "/v1/ipv6/rogues", "rogues",
     run_get},
    {"allowed", "", "hosts that may begin any number of flows", 0, 0, "GET", "/v1/dos/allowed",
     "allowed", run_get},
    {"labels", "", "the labels of access switches", 0, 0, "GET", "/v1/labels", "labels", run_get},
    {"holding", "", "how long entries stay", 0, 0, "GET", "/v1/holding-times", NULL, run_get},
    {"dos", "", "hosts that began too many flows", 0, 0, "GET", "/v1/dos/hosts", "hosts", run_get},
    {"drift", "DPID", "static flows as wanted and as installed", 1, 1, "GET",
     "/v1/switches/%/drift", "flows", run_get},
    {"tables", "DPID", "the sizes of a switch's tables", 1, 1, "GET", "/v1/switches/%/tables",
     "tables", run_get},
    {"installed", "DPID", "the entries that a switch says it has", 1, 1, "GET",
     "/v1/switches/%/installed-flows", "flows", run_get},
    {"ports", "DPID", "the counters of a switch's ports", 1, 1, "GET", "/v1/switches/%/ports",
     "ports", run_get},
    {"groups", "DPID", "the groups of a switch", 1, 1, "GET", "/v1/switches/%/groups", "groups",
     run_get},
    {"meters", "DPID", "the meters of a switch", 1, 1, "GET", "/v1/switches/%/meters", "meters",
     run_get},
    {"events", "", "what happens, until interrupted", 0, 0, "GET", "/v1/events", NULL, run_events},
    {"metrics", "", "all counters, for Prometheus", 0, 0, "GET", "/metrics", NULL, run_text},
    {"topology", "", "the graph of switches, for Graphviz", 0, 0, "GET", "/v1/topology.dot", NULL,
     run_text},
    {"picture", "", "the same with hosts, drawn as SVG", 0, 0, "GET", "/v1/topology.svg?hosts=true",
     NULL, run_text},
    {"log", "[[MODULE=]LEVEL]", "shows or changes levels of the log", 0, 1, "GET", "/v1/log", NULL,
     run_log},
    {"get", "PATH", "anything else: what is at a path", 1, 1, "GET", "", NULL, run_raw},
    {"put", "PATH [JSON]", "changes it", 1, 2, "PUT", "", NULL, run_raw},
    {"post", "PATH [JSON]", "adds to it", 1, 2, "POST", "", NULL, run_raw},
    {"delete", "PATH [JSON]", "removes it", 1, 2, "DELETE", "", NULL, run_raw},
};

const size_t n_commands = sizeof commands / sizeof commands[0];

static const struct view {
    const char *name;
    struct table_view view;
} views[] = {
    {"switches", {"dpid,ready,version,role,peer,n_ports,n_entries,n_confirmed,n_groups", NULL}},
    {"flows", {"priority,match,instructions,state,app,idle_timeout_s", NULL}},
    {"installed", {"priority,match,instructions,app,n_packets,n_bytes,duration_s", NULL}},
    {"static-flows", {"dpid,name,state,error,priority,match,instructions", NULL}},
    {"drift", {"name,drift,priority,match,wanted,installed,n_packets", NULL}},
    {"pools", {"name,subnet,first,last,network,lease_s,n_addresses,n_bound,n_free", NULL}},
    {"leases", {"ip,state,pool,mac,reserved,dpid,port,left_s", NULL}},
    {"tables", {NULL, "n_entries"}},
};

const struct table_view *command_view(const char *name)
{
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (strcmp(views[i].name, name) == 0) {
            return &views[i].view;
        }
    }
    return NULL;
}
