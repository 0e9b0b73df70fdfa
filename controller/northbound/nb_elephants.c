/* Elephants, the switches whose trees are kept ready for them, and the loads of ports. */
#include <netinet/in.h>
#include <stdio.h>

#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "controller/core/hosts.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

struct listing {
    struct nb_call *call;
    struct nb_page page;
};

/* --- Elephants -------------------------------------------------------------------------------- */

static json_t *ip_json(const struct elephant_flow *f, const struct ipv6_addr *ip)
{
    char text[PKT_IPV6_TEXT];
    const uint8_t *b = ip->b + 12;

    if (f->is_ipv6) {
        return json_string(pkt_ipv6_format(ip, text));
    }
    return nb_json_ipv4((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

static json_t *way_json(const struct path *way)
{
    json_t *list = json_array();

    for (size_t i = 0; way && i < way->n; i++) {
        json_array_append_new(list, nb_json_dpid(way->hops[i].dpid));
    }
    return list;
}

static void add_elephant(void *aux, const struct elephant_info *e)
{
    struct listing *l = aux;
    const struct elephant_flow *f = &e->flow;
    char key[16];

    snprintf(key, sizeof key, "%010u", e->id);
    if (!nb_page_wants(&l->page, key)) {
        return;
    }
    json_array_append_new(
        l->page.list,
        json_pack("{s:o,s:o,s:o,s:i,s:i,s:i,s:o,s:b,s:b,s:o,s:o}", "id", nb_json_u64(e->id),
                  "src_ip", ip_json(f, &f->ip_src), "dst_ip", ip_json(f, &f->ip_dst), "proto",
                  f->proto, "sport", f->sport, "dport", f->dport, "rate_bps",
                  nb_json_u64(e->rate_bps), "told", e->is_told, "moved", e->is_moved, "n_moves",
                  nb_json_u64(e->n_moves), "way", way_json(e->is_moved ? e->way : NULL)));
}

static void get_elephants(struct nb_call *call)
{
    const void *app = nb_app(call, "elephants");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (app) {
        elephants_each(app, add_elephant, &l);
    }
    nb_page_end(call, &l.page, "elephants");
}

/* Both of one family. */
static void parse_ips(struct nb_call *call, const char *src, const char *dst,
                      struct elephant_flow *out)
{
    uint32_t a, b;

    if (pkt_ipv4_parse(src, &a) == ERR_OK && pkt_ipv4_parse(dst, &b) == ERR_OK) {
        for (int i = 0; i < 4; i++) {
            out->ip_src.b[12 + i] = (uint8_t)(a >> (24 - 8 * i));
            out->ip_dst.b[12 + i] = (uint8_t)(b >> (24 - 8 * i));
        }
        return;
    }
    out->is_ipv6 = 1;
    if (pkt_ipv6_parse(src, &out->ip_src) != ERR_OK ||
        pkt_ipv6_parse(dst, &out->ip_dst) != ERR_OK) {
        nb_fail(call, 400, "bad_value", "src_ip", "expected two IPv4 or two IPv6 addresses");
    }
}

static void post_elephant(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    const char *src = nb_body_text(call, "src_ip", 1, PKT_IPV6_TEXT);
    const char *dst = nb_body_text(call, "dst_ip", 1, PKT_IPV6_TEXT);
    uint64_t rate_bps = nb_body_u64_or(call, "rate_bps", 0, UINT64_C(1) << 50, 0);
    struct elephant_flow flow = {
        .proto = (uint8_t)nb_body_u64_or(call, "proto", 0, 255, 0),
        .sport = (uint16_t)nb_body_u64_or(call, "sport", 0, 65535, 0),
        .dport = (uint16_t)nb_body_u64_or(call, "dport", 0, 65535, 0),
    };
    uint32_t id = 0;

    nb_body_only(call, "src_ip,dst_ip,proto,sport,dport,rate_bps");
    if (!nb_failed(call)) {
        parse_ips(call, src, dst, &flow);
    }
    if (!nb_failed(call) && nb_result(call, elephants_tell(app, &flow, rate_bps, &id), "flow")) {
        nb_created(call, json_pack("{s:o}", "id", nb_json_u64(id)));
    }
}

static void delete_elephant(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    uint32_t id = (uint32_t)nb_param_u64(call, "id", UINT32_MAX);

    if (!nb_failed(call)) {
        nb_result(call, elephants_forget(app, id), "elephant");
    }
}

/* --- What was told ---------------------------------------------------------------------------- */

static void add_told(void *aux, const struct elephant_flow *f, uint64_t rate_bps, uint32_t id)
{
    struct listing *l = aux;
    char key[2 * sizeof *f + 1];

    for (size_t i = 0; i < sizeof *f; i++) { /* They come in the order of their bytes. */
        snprintf(&key[2 * i], 3, "%02x", ((const uint8_t *)f)[i]);
    }
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list,
                              json_pack("{s:o,s:o,s:i,s:i,s:i,s:o,s:o}", "src_ip",
                                        ip_json(f, &f->ip_src), "dst_ip", ip_json(f, &f->ip_dst),
                                        "proto", f->proto, "sport", f->sport, "dport", f->dport,
                                        "rate_bps", nb_json_u64(rate_bps), "elephant",
                                        id ? nb_json_u64(id) : json_null()));
    }
}

static void get_told(struct nb_call *call)
{
    const void *app = nb_app(call, "elephants");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (app) {
        elephants_told_each(app, add_told, &l);
    }
    nb_page_end(call, &l.page, "flows");
}

static void delete_told(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    struct elephant_flow flow = {
        .proto = (uint8_t)nb_param_u64(call, "proto", 255),
        .sport = (uint16_t)nb_param_u64(call, "sport", 65535),
        .dport = (uint16_t)nb_param_u64(call, "dport", 65535),
    };

    parse_ips(call, nb_param(call, "src_ip"), nb_param(call, "dst_ip"), &flow);
    if (!nb_failed(call)) {
        nb_result(call, elephants_untell(app, &flow), "flow");
    }
}

/* --- Elephants of the original controller ------------------------------------------------------ */

/* The MAC address at 'key' as the host's address. */
static void host_ip(struct nb_call *call, const char *key, struct ipv6_addr *out)
{
    struct eth_addr mac = nb_body_eth(call, key);
    const struct host *host = nb_failed(call) ? NULL : hosts_find(call->ctl, mac);
    size_t n = 0;
    const uint32_t *ips = host ? host_ipv4(host, &n) : NULL;

    if (!nb_failed(call) && n == 0) {
        nb_fail(call, 404, "not_found", key, "there is no such host with an IPv4 address");
    }
    for (int i = 0; i < 4 && n; i++) {
        out->b[12 + i] = (uint8_t)(ips[0] >> (24 - 8 * i));
    }
}

/* A port, 0 when it is absent, as a number or as a text. */
static uint16_t old_port(struct nb_call *call, const char *key)
{
    const json_t *value = json_object_get(call->body, key);
    uint64_t port = 0;

    if (value && !nb_number_parse(value, UINT16_MAX, &port)) {
        nb_fail(call, 400, "bad_value", key, "expected a number from 0 to 65535");
    }
    return (uint16_t)port;
}

/* {"srcMAC", "dstMAC", "srcPort", "dstPort"}: flows of TCP, or all between the two without ports. Nothing
 * answered there; to say what was said is no error. */
static void add_old_elephant(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    struct elephant_flow flow = {.sport = old_port(call, "srcPort"),
                                 .dport = old_port(call, "dstPort")};
    uint32_t id = 0;
    enum err err;

    nb_body_only(call, "srcMAC,dstMAC,srcPort,dstPort");
    host_ip(call, "srcMAC", &flow.ip_src);
    host_ip(call, "dstMAC", &flow.ip_dst);
    if (nb_failed(call)) {
        return;
    }
    flow.proto = flow.sport || flow.dport ? IPPROTO_TCP : 0;
    err = elephants_tell(app, &flow, 0, &id);
    if (nb_result(call, err == ERR_EXISTS ? ERR_OK : err, "flow")) {
        nb_ok(call, json_pack("{s:s,s:o}", "status", "ok", "id", nb_json_u64(id)));
    }
}

/* --- Roots ------------------------------------------------------------------------------------ */

static void get_roots(struct nb_call *call)
{
    const void *app = nb_app(call, "elephants");
    json_t *list;
    size_t n;

    if (app) {
        const dpid_t *roots = elephants_roots(app, &n);

        list = json_array();
        for (size_t i = 0; i < n; i++) {
            json_array_append_new(list, nb_json_dpid(roots[i]));
        }
        nb_ok(call, json_pack("{s:o}", "roots", list));
    }
}

static void put_root(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    dpid_t dpid = nb_param_dpid(call, "dpid");
    enum err err;

    if (!nb_failed(call)) {
        err = elephants_root_add(app, dpid);
        nb_result(call, err == ERR_EXISTS ? ERR_OK : err, "root");
    }
}

static void delete_root(struct nb_call *call)
{
    void *app = nb_app(call, "elephants");
    dpid_t dpid = nb_param_dpid(call, "dpid");

    if (!nb_failed(call)) {
        nb_result(call, elephants_root_remove(app, dpid), "root");
    }
}

/* --- Loads ------------------------------------------------------------------------------------ */

static void add_load(void *aux, const struct link_load *load)
{
    struct listing *l = aux;
    char key[32];

    snprintf(key, sizeof key, DPID_FMT "-%010u", DPID_ARGS(load->dpid), load->port_no);
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(
            l->page.list,
            json_pack("{s:o,s:o,s:s,s:o,s:o,s:o}", "dpid", nb_json_dpid(load->dpid), "port",
                      nb_json_port(load->port_no), "source", link_load_source_name(load->source),
                      "capacity_bps", nb_json_u64(load->capacity_bps), "tx_bps",
                      nb_json_u64(load->tx_bps), "rx_bps", nb_json_u64(load->rx_bps)));
    }
}

static void get_loads(struct nb_call *call)
{
    const void *app = nb_app(call, "link_costs");
    struct listing l = {.call = call, .page = nb_page_begin(call)};

    if (app) {
        link_costs_each(app, add_load, &l);
    }
    nb_page_end(call, &l.page, "loads");
}

static void put_load(struct nb_call *call)
{
    void *app = nb_app(call, "link_costs");
    dpid_t dpid = nb_param_dpid(call, "dpid");
    port_no_t port = (port_no_t)nb_param_u64(call, "port", UINT32_MAX);
    uint64_t tx_bps = nb_body_u64(call, "tx_bps", 0, UINT64_C(1) << 50);

    nb_body_only(call, "tx_bps");
    if (!nb_failed(call)) {
        nb_result(call, link_costs_tell(app, dpid, port, tx_bps), "port");
    }
}

const struct nb_route nb_elephants_routes[] = {
    NB_ROW(NB_GET, "/v1/elephants", NB_READ, get_elephants,
           "The flows that carry most bytes, and the way of each that has its own.",
           .query = "limit,after"),
    NB_ROW(NB_POST, "/v1/elephants", NB_OPERATE, post_elephant, "Says that a flow is an elephant.",
           .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/elephants/{id}", NB_OPERATE, delete_elephant,
           "Gives a flow back to the other apps."),
    NB_ROW(NB_GET, "/v1/told-elephants", NB_READ, get_told,
           "The flows that somebody has said to be elephants, known hosts or not.",
           .query = "limit,after"),
    NB_ROW(NB_DELETE, "/v1/told-elephants/{src_ip}/{dst_ip}/{proto}/{sport}/{dport}", NB_OPERATE,
           delete_told, "Takes back that a flow is an elephant."),
    NB_ROW(NB_POST, "/elephantRouting/elephants/add", NB_OPERATE, add_old_elephant,
           "Says that a flow is an elephant, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_PUT, "/elephantRouting/elephants/add", NB_OPERATE, add_old_elephant,
           "Says that a flow is an elephant, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_GET, "/v1/elephant-roots", NB_READ, get_roots,
           "The switches whose trees are kept ready."),
    NB_ROW(NB_PUT, "/v1/elephant-roots/{dpid}", NB_OPERATE, put_root,
           "Keeps the tree towards a switch ready."),
    NB_ROW(NB_DELETE, "/v1/elephant-roots/{dpid}", NB_OPERATE, delete_root,
           "Keeps the tree towards a switch ready no longer."),
    NB_ROW(NB_GET, "/v1/link-loads", NB_READ, get_loads, "What each port carries.",
           .query = "limit,after"),
    NB_ROW(NB_PUT, "/v1/link-loads/{dpid}/{port}", NB_OPERATE, put_load,
           "Says what leaves by a port, until it is measured.", .body = NB_BODY_JSON),
    {0},
};
