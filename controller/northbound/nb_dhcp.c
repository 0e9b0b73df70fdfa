/* DHCP: leases, pools, reservations, and servers that should not be there. */
#include <stdio.h>
#include <string.h>

#include "controller/apps/dhcp.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

/* --- Leases ----------------------------------------------------------------------------------- */

static json_t *left_s(const struct nb *nb, mono_t until)
{
    return mono_is_never(until) ? json_null()
                                : json_real(ns_to_s(mono_diff_ns(until, nb->params.clock->now)));
}

static json_t *lease_json(const struct nb *nb, const struct dhcp_lease_info *l)
{
    char id[2 * DHCP_ID_LEN + 1] = "";

    for (size_t i = 0; i < l->id_len; i++) {
        snprintf(&id[2 * i], 3, "%02x", l->id[i]);
    }
    return json_pack("{s:o,s:s,s:s,s:o,s:s,s:b,s:o,s:o,s:o}", "ip", nb_json_ipv4(l->ip), "pool",
                     l->pool, "state", dhcp_lease_state_name(l->state), "mac", nb_json_eth(l->mac),
                     "client_id", id, "reserved", l->is_reserved, "dpid",
                     l->dpid ? nb_json_dpid(l->dpid) : json_null(), "port",
                     l->dpid ? nb_json_port(l->port) : json_null(), "left_s", left_s(nb, l->until));
}

struct listing {
    struct nb_call *call;
    struct nb_page page;
};

/* Leases ascend by number, keys as texts: eight hexadecimal digits do both. */
static void add_lease(void *aux, const struct dhcp_lease_info *lease)
{
    struct listing *l = aux;
    char key[9];

    snprintf(key, sizeof key, "%08x", (unsigned)lease->ip);
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list, lease_json(l->call->nb, lease));
    }
}

static void get_leases(struct nb_call *call)
{
    void *dhcp = nb_app(call, "dhcp");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (dhcp) {
        dhcp_each_lease(dhcp, add_lease, &l);
    }
    nb_page_end(call, &l.page, "leases");
}

static uint32_t param_ipv4(struct nb_call *call, const char *name)
{
    uint32_t ip = 0;

    if (pkt_ipv4_parse(nb_param(call, name), &ip)) {
        nb_fail(call, 400, "bad_parameter", name, "expected an IPv4 address");
    }
    return ip;
}

static void delete_lease(struct nb_call *call)
{
    void *dhcp = nb_app(call, "dhcp");
    uint32_t ip = param_ipv4(call, "ip");

    if (!nb_failed(call)) {
        nb_result(call, dhcp_forget(dhcp, ip), "lease");
    }
}

/* --- Pools ------------------------------------------------------------------------------------ */

static json_t *ipv4_list(const uint32_t *ips, uint32_t n)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < n; i++) {
        json_array_append_new(list, nb_json_ipv4(ips[i]));
    }
    return list;
}

static json_t *places_json(const struct dhcp_pool_settings *s)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < s->n_places; i++) {
        json_array_append_new(list, json_pack("{s:o,s:o}", "dpid", nb_json_dpid(s->places[i].dpid),
                                              "port", nb_json_port(s->places[i].port)));
    }
    return list;
}

static json_t *pool_json(const struct dhcp_pool_info *p)
{
    const struct dhcp_pool_settings *s = p->settings;
    char subnet[PKT_IPV4_PREFIX_TEXT], ip[PKT_IPV4_TEXT];

    snprintf(subnet, sizeof subnet, "%s/%d", pkt_ipv4_format(s->subnet, ip),
             __builtin_popcount(s->mask));
    return json_pack(
        "{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "name",
        s->name, "subnet", subnet, "server", nb_json_ipv4(s->server), "first",
        nb_json_ipv4(s->first), "last", nb_json_ipv4(s->last), "routers",
        ipv4_list(s->routers, s->n_routers), "dns", ipv4_list(s->dns, s->n_dns), "ntp",
        ipv4_list(s->ntp, s->n_ntp), "domain", s->domain, "lease_s", nb_json_u64(s->lease_s),
        "network", s->network ? json_integer(s->network) : json_null(), "places", places_json(s),
        "n_addresses", nb_json_u64(p->n_size), "n_offered", nb_json_u64(p->n_offered), "n_bound",
        nb_json_u64(p->n_bound), "n_free", nb_json_u64(p->n_free), "n_quarantined",
        nb_json_u64(p->n_quarantined), "n_reserved", nb_json_u64(p->n_reserved));
}

static void get_pools(struct nb_call *call)
{
    const void *dhcp = nb_app(call, "dhcp");
    json_t *list;

    if (!dhcp) {
        return;
    }
    list = json_array();
    for (size_t i = 0; i < dhcp_n_pools(dhcp); i++) {
        struct dhcp_pool_info pool = dhcp_pool(dhcp, i);

        json_array_append_new(list, pool_json(&pool));
    }
    nb_ok(call, json_pack("{s:o}", "pools", list));
}

/* --- Reservations ----------------------------------------------------------------------------- */

static void add_reservation(void *aux, const struct dhcp_reservation *r)
{
    struct listing *l = aux;
    char key[DHCP_NAME_LEN + PKT_ETH_TEXT], mac[PKT_ETH_TEXT];

    snprintf(key, sizeof key, "%s %s", r->pool, pkt_eth_format(r->mac, mac));
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list,
                              json_pack("{s:s,s:s,s:o,s:s}", "pool", r->pool, "mac", mac, "ip",
                                        nb_json_ipv4(r->ip), "name", r->name));
    }
}

static void get_reservations(struct nb_call *call)
{
    void *dhcp = nb_app(call, "dhcp");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (dhcp) {
        dhcp_each_reservation(dhcp, add_reservation, &l);
    }
    nb_page_end(call, &l.page, "reservations");
}

static void put_reservation(struct nb_call *call)
{
    void *dhcp = nb_app(call, "dhcp");
    struct dhcp_reservation r = {.mac = nb_param_eth(call, "mac"), .ip = nb_body_ipv4(call, "ip")};
    const char *pool = nb_param(call, "pool");
    const char *name = nb_body_text_or(call, "name", DHCP_NAME_LEN - 1, "");

    nb_body_only(call, "ip,name");
    if (nb_failed(call)) {
        return;
    }
    if (strlen(pool) >= sizeof r.pool) {
        nb_not_found(call, "pool");
        return;
    }
    if (name[strcspn(name, " \t\r\n")]) {
        nb_fail(call, 400, "bad_value", "name", "expected a name without spaces");
        return;
    }
    strcpy(r.pool, pool);
    strcpy(r.name, name);
    nb_result(call, dhcp_reserve(dhcp, &r), "pool");
}

static void delete_reservation(struct nb_call *call)
{
    void *dhcp = nb_app(call, "dhcp");
    struct eth_addr mac = nb_param_eth(call, "mac");

    if (!nb_failed(call)) {
        nb_result(call, dhcp_unreserve(dhcp, nb_param(call, "pool"), mac), "reservation");
    }
}

/* --- Servers that should not be there --------------------------------------------------------- */

static void get_rogues(struct nb_call *call)
{
    const void *dhcp = nb_app(call, "dhcp");
    json_t *list;

    if (!dhcp) {
        return;
    }
    list = json_array();
    for (size_t i = 0; i < dhcp_n_rogues(dhcp); i++) {
        struct dhcp_rogue r = dhcp_rogue(dhcp, i);

        json_array_append_new(
            list,
            json_pack("{s:o,s:o,s:o,s:o,s:o,s:f}", "mac", nb_json_eth(r.mac), "ip",
                      r.ip ? nb_json_ipv4(r.ip) : json_null(), "dpid", nb_json_dpid(r.dpid), "port",
                      nb_json_port(r.port), "messages", nb_json_u64(r.n), "heard_s_ago",
                      ns_to_s(mono_diff_ns(call->nb->params.clock->now, r.seen_at))));
    }
    nb_ok(call, json_pack("{s:o}", "rogues", list));
}

const struct nb_route nb_dhcp_routes[] = {
    NB_ROW(NB_GET, "/v1/dhcp/leases", NB_READ, get_leases,
           "Addresses that clients have or had, by number.", .query = "limit,after"),
    NB_ROW(NB_DELETE, "/v1/dhcp/leases/{ip}", NB_OPERATE, delete_lease,
           "Frees an address, as if it had never been given."),
    NB_ROW(NB_GET, "/v1/dhcp/pools", NB_READ, get_pools, "Pools, and how full they are."),
    NB_ROW(NB_GET, "/v1/dhcp/reservations", NB_READ, get_reservations,
           "Addresses that are reserved for clients.", .query = "limit,after"),
    NB_ROW(NB_PUT, "/v1/dhcp/reservations/{pool}/{mac}", NB_OPERATE, put_reservation,
           "Reserves an address of a pool for a client.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/dhcp/reservations/{pool}/{mac}", NB_OPERATE, delete_reservation,
           "Takes a reservation back."),
    NB_ROW(NB_GET, "/v1/dhcp/rogues", NB_READ, get_rogues,
           "DHCP servers that were heard where none may be."),
    {0},
};
