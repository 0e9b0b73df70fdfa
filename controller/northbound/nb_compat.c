/* Paths that users of the original controller know, with the status codes that belong to them. */
#include <stdio.h>
#include <string.h>

#include "controller/core/ctl.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_stats.h"
#include "controller/packet/pkt_addr.h"

/* With colons between the bytes. */
static json_t *dpid_json(dpid_t dpid)
{
    return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(dpid >> 56 & 0xff),
                        (unsigned)(dpid >> 48 & 0xff), (unsigned)(dpid >> 40 & 0xff),
                        (unsigned)(dpid >> 32 & 0xff), (unsigned)(dpid >> 24 & 0xff),
                        (unsigned)(dpid >> 16 & 0xff), (unsigned)(dpid >> 8 & 0xff),
                        (unsigned)(dpid & 0xff));
}

static const char *version_name(uint8_t version)
{
    return version == OF_VERSION_1_0   ? "OF_10"
           : version == OF_VERSION_1_3 ? "OF_13"
           : version == OF_VERSION_1_4 ? "OF_14"
                                       : "OF_15";
}

/* --- /wm/core --------------------------------------------------------------------------------- */

/* Connected ones only, as it was. */
static void get_switches(struct nb_call *call)
{
    json_t *list = json_array();
    size_t n;
    struct datapath *const *all = datapath_all(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        if (datapath_is_ready(all[i])) {
            json_array_append_new(
                list, json_pack("{s:o,s:o,s:s}", "switchDPID", dpid_json(datapath_id(all[i])),
                                "inetAddress", json_sprintf("/%s", datapath_peer(all[i])),
                                "openFlowVersion", version_name(datapath_version(all[i]))));
        }
    }
    nb_ok(call, list);
}

static void get_summary(struct nb_call *call)
{
    size_t n_switches, n_links;

    (void)datapath_all(call->ctl, &n_switches);
    (void)topology_links(call->ctl, &n_links);
    nb_ok(call, json_pack("{s:o,s:o,s:o,s:i}", "# Switches", nb_json_u64(n_switches), "# hosts",
                          nb_json_u64(hosts_count(call->ctl)), "# inter-switch links",
                          nb_json_u64(n_links), "# quarantine ports", 0));
}

static void get_health(struct nb_call *call)
{
    nb_ok(call, json_pack("{s:b}", "healthy", 1));
}

static void get_uptime(struct nb_call *call)
{
    int64_t ns = mono_diff_ns(call->nb->params.clock->now, call->nb->started_at);

    nb_ok(call, json_pack("{s:I}", "systemUptimeMsec", (json_int_t)(ns / NS_PER_MS)));
}

/* flow, port, table, group or meter of one switch, in the form of /v1. */
static void get_stat(struct nb_call *call)
{
    static const struct {
        const char *name;
        enum of_mp_type type;
    } stats[] = {{"flow", OF_MP_FLOW},
                 {"port", OF_MP_PORT_STATS},
                 {"table", OF_MP_TABLE},
                 {"group-desc", OF_MP_GROUP_DESC},
                 {"meter-config", OF_MP_METER_CONFIG}};
    const char *name = nb_param(call, "stat");
    struct datapath *dp = nb_param_datapath(call, "dpid");

    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        if (strcmp(stats[i].name, name) == 0) {
            nb_ask_switch(call, dp, stats[i].type);
            return;
        }
    }
    nb_fail(call, 404, "not_found", "stat",
            "expected flow, port, table, group-desc or "
            "meter-config");
}

/* --- /wm/topology ----------------------------------------------------------------------------- */

static bool is_both_ways(const struct ctl *ctl, const struct link *l)
{
    const struct link *back = topology_link_at(ctl, l->dst_dpid, l->dst_port);

    return back && back->dst_dpid == l->src_dpid && back->dst_port == l->src_port;
}

static bool comes_first(const struct link *l)
{
    return l->src_dpid < l->dst_dpid || (l->src_dpid == l->dst_dpid && l->src_port < l->dst_port);
}

/* A cable that works both ways is told once, or with 'directed' twice. */
static void add_links(struct nb_call *call, bool directed)
{
    json_t *list = json_array();
    size_t n;
    const struct link *const *links = topology_links(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        const struct link *l = links[i];
        bool both = is_both_ways(call->ctl, l);

        if (both && !directed && !comes_first(l)) {
            continue;
        }
        json_array_append_new(
            list,
            json_pack("{s:o,s:o,s:o,s:o,s:s,s:s}", "src-switch", dpid_json(l->src_dpid), "src-port",
                      nb_json_port(l->src_port), "dst-switch", dpid_json(l->dst_dpid), "dst-port",
                      nb_json_port(l->dst_port), "type", "internal", "direction",
                      both && !directed ? "bidirectional" : "unidirectional"));
    }
    nb_ok(call, list);
}

static void get_links(struct nb_call *call)
{
    add_links(call, false);
}

static void get_directed_links(struct nb_call *call)
{
    add_links(call, true);
}

static void add_node(json_t *list, dpid_t dpid, port_no_t port)
{
    json_array_append_new(
        list, json_pack("{s:o,s:o}", "switch", dpid_json(dpid), "port", nb_json_port(port)));
}

static void get_route(struct nb_call *call)
{
    const struct datapath *src = nb_param_datapath(call, "src");
    const struct datapath *dst = nb_param_datapath(call, "dst");
    port_no_t first = (port_no_t)nb_param_u64(call, "src-port", UINT32_MAX);
    port_no_t last = (port_no_t)nb_param_u64(call, "dst-port", UINT32_MAX);
    struct path path;
    json_t *list;

    if (nb_failed(call)) {
        return;
    }
    if (!paths_find(call->ctl, datapath_id(src), datapath_id(dst), &path)) {
        nb_fail(call, 404, "no_path", NULL, "there is no path between the two");
        return;
    }
    list = json_array();
    for (size_t i = 0; i < path.n; i++) {
        add_node(list, path.hops[i].dpid, i == 0 ? first : path.hops[i].in_port);
        add_node(list, path.hops[i].dpid, i + 1 == path.n ? last : path.hops[i].out_port);
    }
    nb_ok(call, list);
}

/* --- /wm/device ------------------------------------------------------------------------------- */

static void add_device(void *aux, const struct host *host)
{
    json_t *v4 = json_array(), *v6 = json_array();
    size_t n;
    const uint32_t *ipv4 = host_ipv4(host, &n);
    const struct ipv6_addr *ipv6;
    char text[PKT_IPV6_TEXT];

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(v4, nb_json_ipv4(ipv4[i]));
    }
    ipv6 = host_ipv6(host, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(v6, json_string(pkt_ipv6_format(&ipv6[i], text)));
    }
    json_array_append_new(
        aux, json_pack("{s:[o],s:o,s:o,s:[s],s:[{s:o,s:o}]}", "mac", nb_json_eth(host_mac(host)),
                       "ipv4", v4, "ipv6", v6, "vlan", "0x0", "attachmentPoint", "switchDPID",
                       dpid_json(host_dpid(host)), "port", nb_json_port(host_port(host))));
}

static void get_devices(struct nb_call *call)
{
    json_t *list = json_array();

    hosts_each(call->ctl, add_device, list);
    nb_ok(call, json_pack("{s:o}", "devices", list));
}

const struct nb_route nb_compat_routes[] = {
    NB_ROW(NB_GET, "/wm/core/controller/switches/json", NB_READ, get_switches,
           "The connected switches."),
    NB_ROW(NB_GET, "/wm/core/controller/summary/json", NB_READ, get_summary,
           "How many switches, hosts and links there are."),
    NB_ROW(NB_GET, "/wm/core/health/json", NB_NOBODY, get_health,
           "Whether the controller answers."),
    NB_ROW(NB_GET, "/wm/core/system/uptime/json", NB_READ, get_uptime,
           "For how long it has been running."),
    NB_ROW(NB_GET, "/wm/core/switch/{dpid}/{stat}/json", NB_READ, get_stat,
           "What a switch says of its flow, port, table, group-desc or meter-config."),
    NB_ROW(NB_GET, "/wm/topology/links/json", NB_READ, get_links, "The links between switches."),
    NB_ROW(NB_GET, "/wm/topology/directed-links/json", NB_READ, get_directed_links,
           "The links between switches, each direction for itself."),
    NB_ROW(NB_GET, "/wm/topology/route/{src}/{src-port}/{dst}/{dst-port}/json", NB_READ, get_route,
           "The path between two ports."),
    NB_ROW(NB_GET, "/wm/device/", NB_READ, get_devices, "The hosts."),
    NB_ROW(NB_GET, "/wm/device/all/json", NB_READ, get_devices, "The hosts."),
    {0},
};
