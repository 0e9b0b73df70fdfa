/* Hosts: who was heard where. */
#include "controller/northbound/nb_hosts.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/core/module.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

/* --- All of them in order --------------------------------------------------------------------- */

void nb_hosts_event(struct nb *nb, const struct ctl_event *event)
{
    if (event->type == CTL_HOST_ADDED) {
        nb_macs_add(&nb->macs, eth_addr_u64(host_mac(event->host)));
    } else if (event->type == CTL_HOST_GONE) {
        nb_macs_remove(&nb->macs, eth_addr_u64(host_mac(event->host)));
    }
}

static void add_mac(void *aux, const struct host *host)
{
    nb_macs_add(aux, eth_addr_u64(host_mac(host)));
}

/* Whatever was not heard of, before we began to listen, is taken in once. */
static void settle(struct nb *nb)
{
    if (nb->macs.n != hosts_count(nb->ctl)) {
        nb_macs_clear(&nb->macs);
        hosts_each(nb->ctl, add_mac, &nb->macs);
    }
}

bool nb_hosts_after(struct nb *nb, const struct eth_addr *after, size_t max, hosts_each_fn *fn,
                    void *aux)
{
    size_t n, wanted = max < hosts_count(nb->ctl) ? max + 1 : hosts_count(nb->ctl);
    uint64_t *macs = xcalloc(wanted + 1, sizeof *macs);

    settle(nb);
    n = nb_macs_from(&nb->macs, after ? eth_addr_u64(*after) + 1 : 0, macs, wanted);
    for (size_t i = 0; i < n && i < max; i++) {
        const struct host *host = hosts_find(nb->ctl, eth_addr_from_u64(macs[i]));

        if (host) {
            fn(aux, host);
        }
    }
    free(macs);
    return n > max;
}

bool nb_hosts_page_after(struct nb_call *call, const struct nb_page *page, struct eth_addr *out)
{
    if (page->after && pkt_eth_parse(page->after, out) != ERR_OK) {
        nb_fail(call, 400, "bad_query", "after", "expected the \"next\" of the page before");
    }
    return page->after && !nb_failed(call);
}

/* --- The resource ----------------------------------------------------------------------------- */

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
    bool has_after = nb_hosts_page_after(call, &l.page, &after);

    if (!nb_failed(call)) {
        l.page.more =
            nb_hosts_after(call->nb, has_after ? &after : NULL, l.page.limit, add_host, &l);
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
