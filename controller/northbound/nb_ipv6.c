/* IPv6 routers: those that may be, and those that were heard where none may be. */
#include "controller/apps/ipv6_nd.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

static json_t *ipv6_json(const struct ipv6_addr *ip)
{
    char text[PKT_IPV6_TEXT];

    return json_string(pkt_ipv6_format(ip, text));
}

static void get_routers(struct nb_call *call)
{
    const void *app = nb_app(call, "ipv6_nd");
    json_t *list;

    if (!app) {
        return;
    }
    list = json_array();
    for (size_t i = 0; i < ipv6_nd_n_routers(app); i++) {
        struct ipv6_nd_router r = ipv6_nd_router(app, i);

        json_array_append_new(
            list,
            json_pack("{s:o,s:o,s:o,s:o,s:f}", "ip", ipv6_json(&r.ip), "mac", nb_json_eth(r.mac),
                      "dpid", nb_json_dpid(r.dpid), "port", nb_json_port(r.port), "left_s",
                      ns_to_s(mono_diff_ns(r.until, call->nb->params.clock->now))));
    }
    nb_ok(call, json_pack("{s:o}", "routers", list));
}

static void get_rogues(struct nb_call *call)
{
    const void *app = nb_app(call, "ipv6_nd");
    json_t *list;

    if (!app) {
        return;
    }
    list = json_array();
    for (size_t i = 0; i < ipv6_nd_n_rogues(app); i++) {
        struct ipv6_nd_rogue r = ipv6_nd_rogue(app, i);

        json_array_append_new(
            list, json_pack("{s:o,s:o,s:o,s:o,s:o,s:f}", "ip", ipv6_json(&r.ip), "mac",
                            nb_json_eth(r.mac), "dpid", nb_json_dpid(r.dpid), "port",
                            nb_json_port(r.port), "messages", nb_json_u64(r.n), "heard_s_ago",
                            ns_to_s(mono_diff_ns(call->nb->params.clock->now, r.seen_at))));
    }
    nb_ok(call, json_pack("{s:o}", "rogues", list));
}

const struct nb_route nb_ipv6_routes[] = {
    NB_ROW(NB_GET, "/v1/ipv6/routers", NB_READ, get_routers, "The routers that may be."),
    NB_ROW(NB_GET, "/v1/ipv6/rogues", NB_READ, get_rogues,
           "Routers that were heard where none may be."),
    {0},
};
