/* tambod's configuration: a JSON file becomes a whole struct config, or a list of all complaints.
 *
 * Every key is optional; config_default() is what an operator gets without a file, and
 * 'tambod --defaults' prints it in the form of a file. */
#ifndef TAMBO_CONFIG_CONFIG_H
#define TAMBO_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "controller/apps/arp_proxy.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/clustering.h"
#include "controller/apps/dos_guard.h"
#include "controller/apps/elephants.h"
#include "controller/apps/dhcp.h"
#include "controller/apps/firewall.h"
#include "controller/apps/forwarding.h"
#include "controller/apps/ipv6_nd.h"
#include "controller/apps/link_costs.h"
#include "controller/apps/interest_domains.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/multicast.h"
#include "controller/apps/holding_time.h"
#include "controller/apps/static_flows.h"
#include "controller/base/log.h"
#include "controller/core/settings.h"

#define CONFIG_MAX_LISTEN 16
#define CONFIG_ADDRESS_LEN 64 /* "[IPv6%scope]:port" and its end. */
#define CONFIG_MAX_LOG_MODULES 32
#define CONFIG_LOG_MODULE_LEN 32
#define CONFIG_PATH_LEN 4096
#define CONFIG_FAULT_LEN 160
#define CONFIG_KEY_LEN 32
#define CONFIG_MAX_TAP 64
#define CONFIG_TAP_SWITCH_LEN 48 /* A datapath id or an IP address. */

struct config {
    struct config_listen {
        char address[CONFIG_ADDRESS_LEN];
        bool tls;
    } listen[CONFIG_MAX_LISTEN];
    size_t n_listen;

    struct config_tls {
        char certificate[CONFIG_PATH_LEN]; /* Paths of PEM files; empty: there is no TLS. */
        char key[CONFIG_PATH_LEN];
        char ca[CONFIG_PATH_LEN];
        bool bind_dpid; /* A switch must be the datapath that its certificate names. */
    } tls;

    struct {
        enum log_level level;
        struct config_log_module {
            char name[CONFIG_LOG_MODULE_LEN];
            enum log_level level;
        } modules[CONFIG_MAX_LOG_MODULES];
        size_t n_modules;
    } log;

    struct {
        char path[CONFIG_PATH_LEN]; /* Empty: nothing is remembered. */
    } store;

    struct {
        char listen[CONFIG_ADDRESS_LEN]; /* Empty: no datagrams are taken. */
    } sflow;

    struct config_tap {
        char file[CONFIG_PATH_LEN]; /* Empty: there is no message tap. */
        char switches[CONFIG_MAX_TAP][CONFIG_TAP_SWITCH_LEN];
        size_t n_switches;  /* 0: all of them. */
        uint32_t max_mb;    /* Of one file; 0: any number. */
        bool rotate;        /* A full file is followed by the next; else the tap stops. */
        uint32_t keep;      /* Older files. */
        bool every_message; /* Is on the disk before the core sees it. */
    } tap;

    struct config_rest {
        char listen[CONFIG_ADDRESS_LEN]; /* Empty: there is no REST interface. */
        char tokens_file[CONFIG_PATH_LEN];
        char certificate[CONFIG_PATH_LEN]; /* Of HTTPS; empty: HTTP. */
        char key[CONFIG_PATH_LEN];
        char ca[CONFIG_PATH_LEN]; /* Of the clients' certificates; empty: none are asked for. */
        enum config_rest_role {
            CONFIG_REST_NOBODY,
            CONFIG_REST_READ,
            CONFIG_REST_OPERATE,
            CONFIG_REST_ADMIN,
        } client_role; /* Of a client with a certificate and no token. */
        uint32_t max_connections, max_listeners, requests_per_s, requests_burst;
        int64_t request_ns;
        size_t max_body_bytes;
    } rest;

    struct config_channel {
        size_t tx_limit_bytes; /* Queued for one switch before it counts as not reading. */
        uint32_t max_connections;
        int64_t frame_ns;                       /* From the first byte of a message to the last. */
        int64_t stuck_ns;                       /* From when something is sent until it has left. */
        uint32_t accept_per_s, accept_burst;    /* New connections; 0 each second: any. */
        uint32_t max_newcomers, max_handshakes; /* Of one address; of TLS. */
    } channel;

    struct core_settings core;
    struct config_key {
        bool set; /* Else a random one is drawn at every start. */
        uint8_t bytes[CONFIG_KEY_LEN];
    } lldp_key;

    struct {
        struct arp_proxy_settings arp_proxy;
        struct circuit_tree_settings circuit_tree;
        struct clustering_settings clustering;
        struct dhcp_settings dhcp;
        struct holding_time_settings holding_time;
        struct static_flows_settings static_flows;
        struct firewall_settings firewall;
        struct forwarding_settings forwarding;
        struct dos_guard_settings dos_guard;
        struct ipv6_nd_settings ipv6_nd;
        struct link_costs_settings link_costs;
        struct elephants_settings elephants;
        struct interest_domains_settings interest_domains;
        struct multicast_settings multicast;
        struct networks_settings logical_networks;
    } apps;
};

/* Listens on 0.0.0.0:6653, takes sFlow on 127.0.0.1:6343, logs at level info, remembers nothing; the
 * core's and the apps' own defaults. */
void config_default(struct config *out);

/* What is wrong with the files of TLS; empty when nothing is. */
struct config_tls_faults {
    char certificate[CONFIG_FAULT_LEN];
    char key[CONFIG_FAULT_LEN];
    char ca[CONFIG_FAULT_LEN];
};

/* Looks into the files that 'tls' names. Whoever knows certificates provides it. */
typedef void config_tls_check_fn(const struct config_tls *tls, struct config_tls_faults *faults);

/* Reads the file 'path' into 'out' over the defaults. True when there was nothing to complain of;
 * else every complaint goes to 'complaints', one on each line, and 'out' is not to be used.
 * 'check_tls' is asked about the files of TLS when there are any; NULL: they are not looked into. */
bool config_read(const char *path, config_tls_check_fn *check_tls, struct config *out,
                 FILE *complaints);

/* The same of 'len' bytes at 'text', without a look at other files; 'name' stands for the file. */
bool config_parse(const char *name, const char *text, size_t len, struct config *out,
                  FILE *complaints);

/* Writes 'config' as a file that config_read() takes. */
void config_print(const struct config *config, FILE *out);

/* The settings of the app called 'name'; NULL when there is no such app. */
const void *config_app(const struct config *config, const char *name);

bool config_tap_same(const struct config_tap *a, const struct config_tap *b);

/* What a key needs so that a new value holds. */
enum config_reach {
    CONFIG_AT_ONCE, /* The running daemon can take it over. */
    CONFIG_RESTART, /* Only a new one. */
};

/* Calls 'fn' with the path of each key that differs. */
typedef void config_diff_fn(void *aux, const char *path, enum config_reach reach);
void config_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux);

#endif
