/* Hosts: who was heard where. */
#include <stdio.h>

#include "controller/core/ctl.h"
#include "controller/core/hosts.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

static json_t *host_json(const struct nb *nb, const struct host *host)
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
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:f}", "mac", nb_json_eth(host_mac(host)), "dpid",
                     nb_json_dpid(host_dpid(host)), "port", nb_json_port(host_port(host)), "ipv4",
                     v4, "ipv6", v6, "heard_s_ago",
                     ns_to_s(mono_diff_ns(nb->params.clock->now, host_seen_at(host))));
}

struct listing {
    struct nb_call *call;
    struct nb_page page;
};

static void add_host(void *aux, const struct host *host)
{
    struct listing *l = aux;
    char key[PKT_ETH_TEXT];

    if (nb_page_wants(&l->page, pkt_eth_format(host_mac(host), key))) {
        json_array_append_new(l->page.list, host_json(l->call->nb, host));
    }
}

static void get_hosts(struct nb_call *call)
{
    struct listing l = {.call = call, .page = nb_page_begin(call)};
    struct eth_addr after;

    if (l.page.after && pkt_eth_parse(l.page.after, &after) != ERR_OK) {
        nb_fail(call, 400, "bad_query", "after", "expected the \"next\" of the page before");
    } else if (!nb_failed(call)) {
        l.page.more =
            hosts_after(call->ctl, l.page.after ? &after : NULL, l.page.limit, add_host, &l);
    }
    nb_page_end(call, &l.page, "hosts");
}

static void get_host(struct nb_call *call)
{
    struct eth_addr mac = nb_param_eth(call, "mac");
    const struct host *host = hosts_find(call->ctl, mac);

    if (nb_failed(call)) {
        return;
    }
    if (host) {
        nb_ok(call, host_json(call->nb, host));
    } else {
        nb_not_found(call, "host");
    }
}

const struct nb_route nb_hosts_routes[] = {
    NB_ROW(NB_GET, "/v1/hosts", NB_READ, get_hosts,
           "The hosts that were heard, by their addresses.", .query = "limit,after"),
    NB_ROW(NB_GET, "/v1/hosts/{mac}", NB_READ, get_host, "One host."),
    {0},
};
