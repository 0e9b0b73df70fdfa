/* The path that frames take between two switches or hosts. */
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

struct end {
    dpid_t dpid;
    port_no_t port; /* Of a host; OF_PORT_ANY for a switch. */
};

static const struct host *find_host(const struct ctl *ctl, const char *text, bool *is_host)
{
    struct eth_addr mac;
    struct ipv6_addr ipv6;
    uint32_t ipv4;

    *is_host = true;
    if (pkt_eth_parse(text, &mac) == ERR_OK) {
        return hosts_find(ctl, mac);
    }
    if (pkt_ipv4_parse(text, &ipv4) == ERR_OK) {
        return hosts_find_ipv4(ctl, ipv4);
    }
    *is_host = false;
    if (pkt_ipv6_parse(text, &ipv6) == ERR_OK) {
        return hosts_find_ipv6(ctl, &ipv6);
    }
    return NULL;
}

/* A host's address of any kind, or a datapath id. */
static struct end find_end(struct nb_call *call, const char *name)
{
    const char *text = nb_query(call, name);
    struct end end = {0, OF_PORT_ANY};
    const struct host *host;
    bool is_host;

    if (!text) {
        nb_fail(call, 400, "missing", name, "a datapath id or a host's address is needed");
        return end;
    }
    host = find_host(call->ctl, text, &is_host);
    if (host) {
        return (struct end){host_dpid(host), host_port(host)};
    }
    if (is_host) {
        nb_fail(call, 404, "not_found", name, "there is no such host");
    } else if (!nb_dpid_parse(text, &end.dpid)) {
        nb_fail(call, 400, "bad_query", name, "expected a datapath id or a host's address");
    } else if (!datapath_find(call->ctl, end.dpid)) {
        nb_fail(call, 404, "not_found", name, "there is no such switch");
    }
    return end;
}

static json_t *port_json(port_no_t port)
{
    return port == OF_PORT_ANY ? json_null() : nb_json_port(port);
}

static void get_paths(struct nb_call *call)
{
    struct end src = find_end(call, "src"), dst = find_end(call, "dst");
    json_t *hops;
    struct path path;

    if (nb_failed(call)) {
        return;
    }
    if (!paths_find(call->ctl, src.dpid, dst.dpid, &path)) {
        nb_fail(call, 404, "no_path", NULL, "there is no path between the two");
        return;
    }
    hops = json_array();
    for (size_t i = 0; i < path.n; i++) {
        const struct path_hop *h = &path.hops[i];

        json_array_append_new(hops,
                              json_pack("{s:o,s:o,s:o}", "dpid", nb_json_dpid(h->dpid), "in_port",
                                        port_json(i == 0 ? src.port : h->in_port), "out_port",
                                        port_json(i + 1 == path.n ? dst.port : h->out_port)));
    }
    nb_ok(call, json_pack("{s:i,s:o}", "n_links", (int)path.n - 1, "hops", hops));
}

const struct nb_route nb_paths_routes[] = {
    NB_ROW(NB_GET, "/v1/paths", NB_READ, get_paths, "The path between two switches or hosts.",
           .query = "src,dst"),
    {0},
};
