#include "controller/config/config_apps.h"

#include <string.h>

#include "controller/config/config_dhcp.h"
#include "controller/config/config_place.h"
#include "controller/config/fields.h"

#define N(array) (sizeof(array) / sizeof(array)[0])

/* --- Tables ----------------------------------------------------------------------------------- */

#define ROW(...) CONF_ROW(__VA_ARGS__)
#define CHOICE(owner, key, member, names)                                                          \
    {                                                                                              \
        key, CONF_CHOICE, offsetof(struct owner, member), 0, 0, names                              \
    }

static const struct conf_field arp_proxy_fields[] = {
    ROW(arp_proxy_settings, "pending_s", CONF_SECONDS, pending_ns, 0.01, 60),
    ROW(arp_proxy_settings, "max_targets", CONF_U32, max_targets, 1, 1000000),
    ROW(arp_proxy_settings, "max_askers", CONF_U32, max_askers, 1, 1000000),
    ROW(arp_proxy_settings, "max_askers_total", CONF_U32, max_askers_total, 1, 10000000),
    ROW(arp_proxy_settings, "flood_per_s", CONF_U32, flood_per_s, 0, 1000000),
    ROW(arp_proxy_settings, "flood_burst", CONF_U32, flood_burst, 1, 1000000),
    ROW(arp_proxy_settings, "dp_flood_per_s", CONF_U32, dp_flood_per_s, 0, 1000000),
    ROW(arp_proxy_settings, "dp_flood_burst", CONF_U32, dp_flood_burst, 1, 1000000),
};

static const struct conf_field circuit_tree_fields[] = {
    ROW(circuit_tree_settings, "alias_prefix", CONF_U16, alias_prefix, 0, 65535),
    ROW(circuit_tree_settings, "max_roots", CONF_U32, max_roots, 1, 4096),
    ROW(circuit_tree_settings, "strays_per_s", CONF_U32, strays_per_s, 0, 1000000),
    ROW(circuit_tree_settings, "fast_failover", CONF_BOOL, fast_failover, 0, 0),
    ROW(circuit_tree_settings, "answers_per_s", CONF_U32, answers_per_s, 0, 1000000),
    ROW(circuit_tree_settings, "adopt_hold_s", CONF_SECONDS, adopt_hold_ns, 0, 86400),
};

static const char *const cluster_carriers[] = {"vlan", "vlan_ad", NULL};

static const struct conf_field clustering_fields[] = {
    CHOICE(clustering_settings, "carrier", carrier, cluster_carriers),
    ROW(clustering_settings, "label_min", CONF_U16, label_min, 1, 4094),
    ROW(clustering_settings, "label_max", CONF_U16, label_max, 1, 4094),
    ROW(clustering_settings, "ecmp", CONF_BOOL, ecmp, 0, 0),
    ROW(clustering_settings, "fast_failover", CONF_BOOL, fast_failover, 0, 0),
    ROW(clustering_settings, "hold_s", CONF_U16, hold_s, 1, 65535),
    ROW(clustering_settings, "label_hold_s", CONF_SECONDS, label_hold_ns, 0, 315360000),
    ROW(clustering_settings, "max_frames_per_miss", CONF_U32, max_frames_per_miss, 1, 100000),
    ROW(clustering_settings, "max_frames", CONF_U32, max_frames, 1, 10000000),
    ROW(clustering_settings, "adopt_hold_s", CONF_SECONDS, adopt_hold_ns, 0, 86400),
};

static const struct conf_field static_flows_fields[] = {
    ROW(static_flows_settings, "max_flows", CONF_U32, max_flows, 0, 1000000),
};

static const struct conf_field firewall_fields[] = {
    ROW(firewall_settings, "max_rules", CONF_U32, max_rules, 0, FIREWALL_MAX_RULES),
    ROW(firewall_settings, "poll_s", CONF_SECONDS, poll_ns, 0, 86400),
    ROW(firewall_settings, "second_table", CONF_BOOL, second_table, 0, 0),
};

static const char *const holding_policies[] = {"fixed", "random", "threshold", NULL};

static const struct conf_field holding_time_fields[] = {
    CHOICE(holding_time_settings, "policy", policy, holding_policies),
    ROW(holding_time_settings, "budget", CONF_U32, budget, 1, 100000000),
    ROW(holding_time_settings, "short_s", CONF_U16, short_s, 1, 65535),
    ROW(holding_time_settings, "max_s", CONF_U16, max_s, 1, 65535),
    ROW(holding_time_settings, "keep_factor", CONF_U32, keep_factor, 1, 1000),
    ROW(holding_time_settings, "hysteresis_percent", CONF_U32, hysteresis_percent, 0, 99),
    ROW(holding_time_settings, "weight", CONF_U32, weight, 1, 1000000),
    ROW(holding_time_settings, "max_pairs", CONF_U32, max_pairs, 0, 100000000),
    ROW(holding_time_settings, "max_rewrites", CONF_U32, max_rewrites, 0, 1000000),
    ROW(holding_time_settings, "replan_s", CONF_SECONDS, replan_ns, 1, 86400),
    ROW(holding_time_settings, "memory_s", CONF_SECONDS, memory_ns, 1, 31536000),
};

static const struct conf_field forwarding_fields[] = {
    ROW(forwarding_settings, "idle_s", CONF_U16, idle_s, 1, 65535),
    ROW(forwarding_settings, "max_frames_per_flow", CONF_U32, max_frames_per_flow, 1, 100000),
    ROW(forwarding_settings, "max_frames", CONF_U32, max_frames, 1, 10000000),
    ROW(forwarding_settings, "dp_flood_per_s", CONF_U32, dp_flood_per_s, 0, 1000000),
    ROW(forwarding_settings, "dp_flood_burst", CONF_U32, dp_flood_burst, 1, 1000000),
};

static const struct conf_field dos_guard_fields[] = {
    ROW(dos_guard_settings, "period_s", CONF_SECONDS, period_ns, 0.1, 3600),
    ROW(dos_guard_settings, "periods", CONF_U32, periods, 1, 1000),
    ROW(dos_guard_settings, "from_per_s", CONF_U32, from_per_s, 1, 1000000000),
    ROW(dos_guard_settings, "to_per_s", CONF_U32, to_per_s, 1, 1000000000),
    ROW(dos_guard_settings, "min_samples", CONF_U32, min_samples, 1, 1000000),
    ROW(dos_guard_settings, "hold", CONF_BOOL, hold, 0, 0),
    ROW(dos_guard_settings, "limit", CONF_BOOL, limit, 0, 0),
    ROW(dos_guard_settings, "limit_pkts_s", CONF_U32, limit_pkts_s, 1, 1000000),
    ROW(dos_guard_settings, "hold_s", CONF_U16, hold_s, 1, 65535),
    ROW(dos_guard_settings, "max_hosts", CONF_U32, max_hosts, 1, 10000000),
    ROW(dos_guard_settings, "max_held", CONF_U32, max_held, 0, 100000),
};

static const struct conf_field link_costs_fields[] = {
    ROW(link_costs_settings, "period_s", CONF_SECONDS, period_ns, 0.2, 3600),
    ROW(link_costs_settings, "capacity_mbps", CONF_U32, capacity_mbps, 1, 10000000),
    ROW(link_costs_settings, "limit_mbps", CONF_U32, limit_mbps, 0, 10000000),
    ROW(link_costs_settings, "port_stats", CONF_BOOL, port_stats, 0, 0),
};

static const struct conf_field elephants_fields[] = {
    ROW(elephants_settings, "threshold_percent", CONF_U32, threshold_percent, 1, 100),
    ROW(elephants_settings, "busy_percent", CONF_U32, busy_percent, 0, 100),
    ROW(elephants_settings, "gain_percent", CONF_U32, gain_percent, 0, 100),
    ROW(elephants_settings, "min_samples", CONF_U32, min_samples, 1, 1000),
    ROW(elephants_settings, "idle_s", CONF_U16, idle_s, 1, 65535),
    ROW(elephants_settings, "max_flows", CONF_U32, max_flows, 1, 10000000),
    ROW(elephants_settings, "max_elephants", CONF_U32, max_elephants, 0, 100000),
    ROW(elephants_settings, "flow_stats", CONF_BOOL, flow_stats, 0, 0),
};

static const struct conf_field dhcp_fields[] = {
    ROW(dhcp_settings, "enabled", CONF_BOOL, enabled, 0, 0),
    ROW(dhcp_settings, "relay_info", CONF_BOOL, relay_info, 0, 0),
    ROW(dhcp_settings, "offer_s", CONF_SECONDS, offer_ns, 1, 3600),
    ROW(dhcp_settings, "probe_s", CONF_SECONDS, probe_ns, 0, 10),
    ROW(dhcp_settings, "decline_s", CONF_SECONDS, decline_ns, 1, 31536000),
    ROW(dhcp_settings, "server_s", CONF_SECONDS, server_ns, 1, 86400),
    ROW(dhcp_settings, "max_per_port", CONF_U32, max_per_port, 1, 1000000),
    ROW(dhcp_settings, "port_per_s", CONF_U32, port_per_s, 0, 1000000),
    ROW(dhcp_settings, "port_burst", CONF_U32, port_burst, 1, 1000000),
    ROW(dhcp_settings, "per_s", CONF_U32, per_s, 0, 1000000),
    ROW(dhcp_settings, "burst", CONF_U32, burst, 1, 1000000),
    ROW(dhcp_settings, "probes_per_s", CONF_U32, probes_per_s, 0, 1000000),
    ROW(dhcp_settings, "probes_burst", CONF_U32, probes_burst, 1, 1000000),
};

static const struct conf_field multicast_fields[] = {
    ROW(multicast_settings, "enabled", CONF_BOOL, enabled, 0, 0),
    ROW(multicast_settings, "query_s", CONF_U16, query_s, 1, 127),
    ROW(multicast_settings, "listen_s", CONF_SECONDS, listen_ns, 1, 86400),
    ROW(multicast_settings, "router_s", CONF_SECONDS, router_ns, 1, 86400),
    ROW(multicast_settings, "last_member_s", CONF_SECONDS, last_member_ns, 0.1, 60),
    ROW(multicast_settings, "max_groups", CONF_U32, max_groups, 0, 4093),
    ROW(multicast_settings, "max_per_port", CONF_U32, max_per_port, 0, 4093),
    ROW(multicast_settings, "max_listeners", CONF_U32, max_listeners, 0, 10000000),
    ROW(multicast_settings, "dp_frames_per_s", CONF_U32, dp_frames_per_s, 0, 1000000),
    ROW(multicast_settings, "dp_frames_burst", CONF_U32, dp_frames_burst, 1, 1000000),
};

static const struct conf_field interest_domains_fields[] = {
    ROW(interest_domains_settings, "tag_min", CONF_U16, tag_min, 1, 4094),
    ROW(interest_domains_settings, "tag_max", CONF_U16, tag_max, 1, 4094),
    ROW(interest_domains_settings, "max_domains", CONF_U32, max_domains, 0, 100000),
    ROW(interest_domains_settings, "max_members", CONF_U32, max_members, 0, 1000000),
    ROW(interest_domains_settings, "dp_frames_per_s", CONF_U32, dp_frames_per_s, 0, 1000000),
    ROW(interest_domains_settings, "dp_frames_burst", CONF_U32, dp_frames_burst, 1, 1000000),
    ROW(interest_domains_settings, "max_groups", CONF_U32, max_groups, 0, 4093),
    ROW(interest_domains_settings, "sender_idle_s", CONF_U16, sender_idle_s, 1, 65535),
    ROW(interest_domains_settings, "retry_s", CONF_SECONDS, retry_ns, 0.1, 3600),
    ROW(interest_domains_settings, "adopt_hold_s", CONF_SECONDS, adopt_hold_ns, 0, 86400),
};

static const struct conf_field logical_networks_fields[] = {
    ROW(networks_settings, "drop_idle_s", CONF_U16, drop_idle_s, 1, 65535),
    ROW(networks_settings, "max_drops", CONF_U32, max_drops, 0, 1000000),
    ROW(networks_settings, "max_rules", CONF_U32, max_rules, 0, 10000000),
};

static const struct conf_field ipv6_nd_fields[] = {
    ROW(ipv6_nd_settings, "enabled", CONF_BOOL, enabled, 0, 0),
    ROW(ipv6_nd_settings, "pending_s", CONF_SECONDS, pending_ns, 0.01, 60),
    ROW(ipv6_nd_settings, "max_targets", CONF_U32, max_targets, 1, 1000000),
    ROW(ipv6_nd_settings, "max_askers", CONF_U32, max_askers, 1, 1000000),
    ROW(ipv6_nd_settings, "max_askers_total", CONF_U32, max_askers_total, 1, 10000000),
    ROW(ipv6_nd_settings, "flood_per_s", CONF_U32, flood_per_s, 0, 1000000),
    ROW(ipv6_nd_settings, "flood_burst", CONF_U32, flood_burst, 1, 1000000),
    ROW(ipv6_nd_settings, "dp_flood_per_s", CONF_U32, dp_flood_per_s, 0, 1000000),
    ROW(ipv6_nd_settings, "dp_flood_burst", CONF_U32, dp_flood_burst, 1, 1000000),
};

/* The apps' sections. */
static const struct app_section {
    const char *name;
    const struct conf_field *fields;
    size_t n;
    size_t offset; /* In struct config. */
} apps[] = {
    {"arp_proxy", arp_proxy_fields, N(arp_proxy_fields), offsetof(struct config, apps.arp_proxy)},
    {"circuit_tree", circuit_tree_fields, N(circuit_tree_fields),
     offsetof(struct config, apps.circuit_tree)},
    {"clustering", clustering_fields, N(clustering_fields),
     offsetof(struct config, apps.clustering)},
    {"dhcp", dhcp_fields, N(dhcp_fields), offsetof(struct config, apps.dhcp)},
    {"static_flows", static_flows_fields, N(static_flows_fields),
     offsetof(struct config, apps.static_flows)},
    {"firewall", firewall_fields, N(firewall_fields), offsetof(struct config, apps.firewall)},
    {"holding_time", holding_time_fields, N(holding_time_fields),
     offsetof(struct config, apps.holding_time)},
    {"forwarding", forwarding_fields, N(forwarding_fields),
     offsetof(struct config, apps.forwarding)},
    {"dos_guard", dos_guard_fields, N(dos_guard_fields), offsetof(struct config, apps.dos_guard)},
    {"ipv6_nd", ipv6_nd_fields, N(ipv6_nd_fields), offsetof(struct config, apps.ipv6_nd)},
    {"link_costs", link_costs_fields, N(link_costs_fields),
     offsetof(struct config, apps.link_costs)},
    {"elephants", elephants_fields, N(elephants_fields), offsetof(struct config, apps.elephants)},
    {"interest_domains", interest_domains_fields, N(interest_domains_fields),
     offsetof(struct config, apps.interest_domains)},
    {"multicast", multicast_fields, N(multicast_fields), offsetof(struct config, apps.multicast)},
    {"logical_networks", logical_networks_fields, N(logical_networks_fields),
     offsetof(struct config, apps.logical_networks)},
};

static void read_ipv6_nd(struct conf_node *section, void *settings)
{
    struct ipv6_nd_settings *s = settings;

    config_places_read(conf_array(section, "trusted"), s->trusted, IPV6_ND_MAX_TRUSTED,
                       &s->n_trusted);
}

static void print_ipv6_nd(json_t *section, const void *settings)
{
    const struct ipv6_nd_settings *s = settings;

    json_object_set_new(section, "trusted", config_places_print(s->trusted, s->n_trusted));
}

/* What is no row of a table. A change of it is found by comparing what is printed. */
static const struct app_more {
    const char *name;
    void (*read)(struct conf_node *section, void *settings);
    void (*print)(json_t *section, const void *settings);
} more[] = {
    {"dhcp", config_dhcp_read, config_dhcp_print},
    {"ipv6_nd", read_ipv6_nd, print_ipv6_nd},
};

static const struct app_more *more_of(const char *name)
{
    for (size_t i = 0; i < N(more); i++) {
        if (strcmp(more[i].name, name) == 0) {
            return &more[i];
        }
    }
    return NULL;
}

void config_apps_default(struct config *out)
{
    out->apps.arp_proxy = arp_proxy_settings_default();
    out->apps.circuit_tree = circuit_tree_settings_default();
    out->apps.clustering = clustering_settings_default();
    out->apps.dhcp = dhcp_settings_default();
    out->apps.static_flows = static_flows_settings_default();
    out->apps.firewall = firewall_settings_default();
    out->apps.holding_time = holding_time_settings_default();
    out->apps.forwarding = forwarding_settings_default();
    out->apps.dos_guard = dos_guard_settings_default();
    out->apps.ipv6_nd = ipv6_nd_settings_default();
    out->apps.link_costs = link_costs_settings_default();
    out->apps.elephants = elephants_settings_default();
    out->apps.interest_domains = interest_domains_settings_default();
    out->apps.multicast = multicast_settings_default();
    out->apps.logical_networks = networks_settings_default();
}

const void *config_app(const struct config *config, const char *name)
{
    for (size_t i = 0; i < N(apps); i++) {
        if (strcmp(apps[i].name, name) == 0) {
            return (const char *)config + apps[i].offset;
        }
    }
    return NULL;
}

/* --- Reading and printing --------------------------------------------------------------------- */

/* What no single field can tell. */
static void check(struct conf_node *section, const struct config *config)
{
    const struct clustering_settings *clustering = &config->apps.clustering;
    const struct elephants_settings *elephants = &config->apps.elephants;
    const struct interest_domains_settings *domains = &config->apps.interest_domains;
    const struct holding_time_settings *holding = &config->apps.holding_time;

    if (!circuit_tree_prefix_ok(config->apps.circuit_tree.alias_prefix)) {
        conf_complain(conf_object(section, "circuit_tree"),
                      "expected alias_prefix (%u) to be locally administered and not multicast",
                      config->apps.circuit_tree.alias_prefix);
    }
    if (clustering->label_min > clustering->label_max) {
        conf_complain(conf_object(section, "clustering"),
                      "expected label_min (%u) not to be above label_max (%u)",
                      clustering->label_min, clustering->label_max);
    }
    if (elephants->max_elephants > elephants->max_flows) {
        conf_complain(conf_object(section, "elephants"),
                      "expected max_elephants (%u) not to be above max_flows (%u)",
                      elephants->max_elephants, elephants->max_flows);
    }
    if (domains->tag_min > domains->tag_max) {
        conf_complain(conf_object(section, "interest_domains"),
                      "expected tag_min (%u) not to be above tag_max (%u)", domains->tag_min,
                      domains->tag_max);
    } else if (clustering->label_min <= clustering->label_max &&
               domains->tag_min <= clustering->label_max &&
               domains->tag_max >= clustering->label_min) {
        conf_complain(conf_object(section, "interest_domains"),
                      "expected tags (%u to %u) that are no labels of clustering (%u to %u)",
                      domains->tag_min, domains->tag_max, clustering->label_min,
                      clustering->label_max);
    }
    if (holding->short_s > holding->max_s) {
        conf_complain(conf_object(section, "holding_time"),
                      "expected short_s (%u) not to be above max_s (%u)", holding->short_s,
                      holding->max_s);
    }
}

void config_apps_read(struct conf_node *section, struct config *out)
{
    for (size_t i = 0; i < N(apps); i++) {
        struct conf_node *object = conf_object(section, apps[i].name);
        char *settings = (char *)out + apps[i].offset;

        if (more_of(apps[i].name) && object) {
            more_of(apps[i].name)->read(object, settings);
        }
        conf_fields_read(object, apps[i].fields, apps[i].n, settings);
    }
    check(section, out);
    conf_done(section);
}

void config_apps_print(json_t *section, const struct config *config)
{
    for (size_t i = 0; i < N(apps); i++) {
        json_t *object = json_object();

        conf_fields_write(object, apps[i].fields, apps[i].n, (const char *)config + apps[i].offset);
        if (more_of(apps[i].name)) {
            more_of(apps[i].name)->print(object, (const char *)config + apps[i].offset);
        }
        json_object_set_new(section, apps[i].name, object);
    }
}

/* --- Comparing -------------------------------------------------------------------------------- */

struct diff {
    config_diff_fn *fn;
    void *aux;
    const char *app;
};

static void field_changed(void *aux, const char *key)
{
    const struct diff *d = aux;
    char path[128];

    snprintf(path, sizeof path, "apps.%s.%s", d->app, key);
    d->fn(d->aux, path, CONFIG_RESTART);
}

/* What 'print' writes, by key. */
static void compare_printed(const struct app_section *app, const struct config *a,
                            const struct config *b, struct diff *d)
{
    void (*print)(json_t *, const void *) = more_of(app->name)->print;
    json_t *old = json_object(), *new = json_object();
    const char *key;
    json_t *value;

    print(old, (const char *)a + app->offset);
    print(new, (const char *)b + app->offset);
    json_object_foreach (new, key, value) {
        if (!json_equal(json_object_get(old, key), value)) {
            field_changed(d, key);
        }
        json_object_del(old, key);
    }
    json_object_foreach (old, key, value) {
        field_changed(d, key);
    }
    json_decref(old);
    json_decref(new);
}

void config_apps_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux)
{
    for (size_t i = 0; i < N(apps); i++) {
        struct diff d = {fn, aux, apps[i].name};

        conf_fields_compare(apps[i].fields, apps[i].n, (const char *)a + apps[i].offset,
                            (const char *)b + apps[i].offset, field_changed, &d);
        if (more_of(apps[i].name)) {
            compare_printed(&apps[i], a, b, &d);
        }
    }
}
