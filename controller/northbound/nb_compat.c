/* What the paths of the original controller have in common, and its hosts. */
#include "controller/northbound/nb_compat.h"

#include <stdio.h>
#include <string.h>

#include "controller/core/ctl.h"
#include "controller/northbound/nb_hosts.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

const char *nb_compat_dpid_text(dpid_t dpid, char out[NB_COMPAT_DPID])
{
    for (size_t i = 0; i < 8; i++) {
        snprintf(out + 3 * i, NB_COMPAT_DPID - 3 * i, "%02x%s",
                 (unsigned)(dpid >> (56 - 8 * i) & 0xff), i < 7 ? ":" : "");
    }
    return out;
}

json_t *nb_compat_dpid(dpid_t dpid)
{
    char text[NB_COMPAT_DPID];

    return json_string(nb_compat_dpid_text(dpid, text));
}

const char *nb_compat_version(uint8_t version)
{
    return version == OF_VERSION_1_0   ? "OF_10"
           : version == OF_VERSION_1_3 ? "OF_13"
           : version == OF_VERSION_1_4 ? "OF_14"
                                       : "OF_15";
}

json_t *nb_compat_number(uint64_t value)
{
    return json_sprintf("%llu", (unsigned long long)value);
}

bool nb_compat_is_all(const struct nb_call *call)
{
    return strcmp(nb_param(call, "dpid"), "all") == 0;
}

/* --- /wm/device ------------------------------------------------------------------------------- */

static json_t *ipv4_json(const struct host *host)
{
    json_t *list = json_array();
    size_t n;
    const uint32_t *ips = host_ipv4(host, &n);

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, nb_json_ipv4(ips[i]));
    }
    return list;
}

static json_t *ipv6_json(const struct host *host)
{
    json_t *list = json_array();
    size_t n;
    const struct ipv6_addr *ips = host_ipv6(host, &n);
    char text[PKT_IPV6_TEXT];

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_string(pkt_ipv6_format(&ips[i], text)));
    }
    return list;
}

static json_t *device_json(const struct host *host)
{
    return json_pack("{s:[o],s:o,s:o,s:[s],s:[{s:o,s:o}]}", "mac", nb_json_eth(host_mac(host)),
                     "ipv4", ipv4_json(host), "ipv6", ipv6_json(host), "vlan", "0x0",
                     "attachmentPoint", "switchDPID", nb_compat_dpid(host_dpid(host)), "port",
                     nb_json_port(host_port(host)));
}

/* What the query asks for; what it does not name fits all. */
struct filter {
    struct nb_call *call;
    json_t *list;
    bool is_debug, more;
    bool has_mac, has_ipv4, has_ipv6, has_dpid, has_port;
    struct eth_addr mac;
    uint32_t ipv4;
    struct ipv6_addr ipv6;
    dpid_t dpid;
    uint64_t port;
};

static void complain(struct nb_call *call, const char *name, const char *expected)
{
    nb_fail(call, 400, "bad_query", name, "expected %s", expected);
}

static struct filter read_filter(struct nb_call *call)
{
    struct filter f = {.call = call};
    const char *mac = nb_query(call, "mac"), *ipv4 = nb_query(call, "ipv4");
    const char *ipv6 = nb_query(call, "ipv6"), *dpid = nb_query(call, "dpid");

    f.has_mac = mac != NULL;
    f.has_ipv4 = ipv4 != NULL;
    f.has_ipv6 = ipv6 != NULL;
    f.has_dpid = dpid != NULL;
    f.has_port = nb_query(call, "port") != NULL;
    f.port = nb_query_u64(call, "port", 1, UINT32_MAX, 0);
    if (mac && pkt_eth_parse(mac, &f.mac) != ERR_OK) {
        complain(call, "mac", "an address such as 02:00:00:00:00:0a");
    }
    if (ipv4 && pkt_ipv4_parse(ipv4, &f.ipv4) != ERR_OK) {
        complain(call, "ipv4", "an address such as 10.0.0.1");
    }
    if (ipv6 && pkt_ipv6_parse(ipv6, &f.ipv6) != ERR_OK) {
        complain(call, "ipv6", "an address such as fd00::1");
    }
    if (dpid && !nb_dpid_parse(dpid, &f.dpid)) {
        complain(call, "dpid", "a datapath id of up to 16 hexadecimal digits");
    }
    return f;
}

static bool has_ipv4(const struct host *host, uint32_t ip)
{
    size_t n;
    const uint32_t *ips = host_ipv4(host, &n);

    while (n > 0 && ips[n - 1] != ip) {
        n--;
    }
    return n > 0;
}

static bool has_ipv6(const struct host *host, const struct ipv6_addr *ip)
{
    size_t n;
    const struct ipv6_addr *ips = host_ipv6(host, &n);

    while (n > 0 && !ipv6_addr_eq(&ips[n - 1], ip)) {
        n--;
    }
    return n > 0;
}

static bool fits(const struct filter *f, const struct host *host)
{
    return (!f->has_mac || eth_addr_eq(f->mac, host_mac(host))) &&
           (!f->has_ipv4 || has_ipv4(host, f->ipv4)) &&
           (!f->has_ipv6 || has_ipv6(host, &f->ipv6)) &&
           (!f->has_dpid || f->dpid == host_dpid(host)) &&
           (!f->has_port || f->port == host_port(host));
}

static void add_device(void *aux, const struct host *host)
{
    struct filter *f = aux;
    json_t *device;

    if (!fits(f, host)) {
        return;
    }
    if (json_array_size(f->list) == NB_MAX_PAGE) {
        f->more = true;
        return;
    }
    device = device_json(host);
    if (f->is_debug) {
        json_object_set_new(
            device, "heard_s_ago",
            json_real(ns_to_s(mono_diff_ns(f->call->nb->params.clock->now, host_seen_at(host)))));
    }
    json_array_append_new(f->list, device);
}

/* The host that an address of the query names, else all. */
static void visit(struct nb_call *call, struct filter *f)
{
    const struct host *host = NULL;

    if (f->has_mac) {
        host = hosts_find(call->ctl, f->mac);
    } else if (f->has_ipv4) {
        host = hosts_find_ipv4(call->ctl, f->ipv4);
    } else if (f->has_ipv6) {
        host = hosts_find_ipv6(call->ctl, &f->ipv6);
    } else {
        size_t max = f->has_dpid || f->has_port ? hosts_count(call->ctl) : NB_MAX_PAGE + 1;

        nb_hosts_after(call->nb, NULL, max, add_device, f);
    }
    if (host) {
        add_device(f, host);
    }
}

/* There were no pages: what is beyond the longest of /v1/hosts is left out, and told by "complete". */
static void list_devices(struct nb_call *call, bool is_debug)
{
    struct filter f = read_filter(call);

    if (nb_failed(call)) {
        return;
    }
    f.is_debug = is_debug;
    f.list = json_array();
    visit(call, &f);
    nb_ok(call, json_pack("{s:o,s:b}", "devices", f.list, "complete", !f.more));
}

static void get_devices(struct nb_call *call)
{
    list_devices(call, false);
}

static void get_debug(struct nb_call *call)
{
    list_devices(call, true);
}

#define FILTER .query = "mac,ipv4,ipv6,dpid,port"

const struct nb_route nb_compat_routes[] = {
    NB_ROW(NB_GET, "/wm/device/", NB_READ, get_devices, "The hosts.", FILTER),
    NB_ROW(NB_GET, "/wm/device/all/json", NB_READ, get_devices, "The hosts.", FILTER),
    NB_ROW(NB_GET, "/wm/device/debug", NB_READ, get_debug, "The hosts, and when they were heard.",
           FILTER),
    {0},
};
