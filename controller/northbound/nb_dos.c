/* Hosts that began too many flows, and those that may. */
#include "controller/apps/dos_guard.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

struct listing {
    struct nb_call *call;
    struct nb_page page;
};

static void add_host(void *aux, const struct dos_guard_info *i)
{
    struct listing *l = aux;
    mono_t now = l->call->nb->params.clock->now;
    char key[PKT_ETH_TEXT];

    if (nb_page_wants(&l->page, pkt_eth_format(i->mac, key))) {
        json_array_append_new(
            l->page.list,
            json_pack("{s:s,s:b,s:b,s:b,s:f,s:f,s:o}", "mac", key, "held", i->is_held, "limited",
                      i->is_limited, "victim", i->is_victim, "from_per_s", i->from_per_s,
                      "to_per_s", i->to_per_s, "left_s",
                      i->is_held ? json_real(ns_to_s(mono_diff_ns(i->held_until, now)))
                                 : json_null()));
    }
}

static void get_hosts(struct nb_call *call)
{
    const void *app = nb_app(call, "dos_guard");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (app) {
        dos_guard_each(app, add_host, &l);
    }
    nb_page_end(call, &l.page, "hosts");
}

static void delete_host(struct nb_call *call)
{
    void *app = nb_app(call, "dos_guard");
    struct eth_addr mac = nb_param_eth(call, "mac");

    if (!nb_failed(call)) {
        nb_result(call, dos_guard_release(app, mac), "held host");
    }
}

/* --- The list of those who may ---------------------------------------------------------------- */

static void get_allowed(struct nb_call *call)
{
    const void *app = nb_app(call, "dos_guard");
    json_t *list;
    size_t n;

    if (app) {
        const struct eth_addr *allowed = dos_guard_allowed(app, &n);

        list = json_array();
        for (size_t i = 0; i < n; i++) {
            json_array_append_new(list, nb_json_eth(allowed[i]));
        }
        nb_ok(call, json_pack("{s:o}", "allowed", list));
    }
}

static void put_allowed(struct nb_call *call)
{
    void *app = nb_app(call, "dos_guard");
    struct eth_addr mac = nb_param_eth(call, "mac");
    enum err err;

    if (!nb_failed(call)) {
        err = dos_guard_allow(app, mac);
        nb_result(call, err == ERR_EXISTS ? ERR_OK : err, "host");
    }
}

static void delete_allowed(struct nb_call *call)
{
    void *app = nb_app(call, "dos_guard");
    struct eth_addr mac = nb_param_eth(call, "mac");

    if (!nb_failed(call)) {
        nb_result(call, dos_guard_disallow(app, mac), "host");
    }
}

const struct nb_route nb_dos_routes[] = {
    NB_ROW(NB_GET, "/v1/dos/hosts", NB_READ, get_hosts,
           "Hosts that began too many flows, or to which too many were begun.",
           .query = "limit,after"),
    NB_ROW(NB_DELETE, "/v1/dos/hosts/{mac}", NB_OPERATE, delete_host, "Lets a held host go."),
    NB_ROW(NB_GET, "/v1/dos/allowed", NB_READ, get_allowed, "The hosts that are never held."),
    NB_ROW(NB_PUT, "/v1/dos/allowed/{mac}", NB_OPERATE, put_allowed, "Never holds a host."),
    NB_ROW(NB_DELETE, "/v1/dos/allowed/{mac}", NB_OPERATE, delete_allowed,
           "Holds a host again when it begins too many flows."),
    {0},
};
