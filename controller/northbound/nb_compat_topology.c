/* /wm/topology: the links between switches, what is joined by them, and ports by what they carry. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/domains.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_resources.h"

/* --- Links ------------------------------------------------------------------------------------ */

static bool is_both_ways(const struct ctl *ctl, const struct link *l)
{
    const struct link *back = topology_link_at(ctl, l->dst_dpid, l->dst_port);

    return back && back->dst_dpid == l->src_dpid && back->dst_port == l->src_port;
}

static bool comes_first(const struct link *l)
{
    return l->src_dpid < l->dst_dpid || (l->src_dpid == l->dst_dpid && l->src_port < l->dst_port);
}

static json_t *link_json(struct port_at src, struct port_at dst, const char *type,
                         bool is_bidirectional)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:s,s:s}", "src-switch", nb_compat_dpid(src.dpid),
                     "src-port", nb_json_port(src.port), "dst-switch", nb_compat_dpid(dst.dpid),
                     "dst-port", nb_json_port(dst.port), "type", type, "direction",
                     is_bidirectional ? "bidirectional" : "unidirectional");
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

        if (!both || directed || comes_first(l)) {
            json_array_append_new(list, link_json((struct port_at){l->src_dpid, l->src_port},
                                                  (struct port_at){l->dst_dpid, l->dst_port},
                                                  "internal", both && !directed));
        }
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

/* --- Ports ------------------------------------------------------------------------------------ */

/* Calls 'fn' for every port of every connected switch. */
typedef void port_fn(void *aux, const struct datapath *dp, const struct dp_port *port);

static void each_port(const struct ctl *ctl, port_fn *fn, void *aux)
{
    size_t n_switches, n;
    struct datapath *const *all = datapath_all(ctl, &n_switches);

    for (size_t i = 0; i < n_switches; i++) {
        const struct dp_port *ports = datapath_ports(all[i], &n);

        for (size_t k = 0; datapath_is_ready(all[i]) && k < n; k++) {
            fn(aux, all[i], &ports[k]);
        }
    }
}

static void add_node(json_t *list, dpid_t dpid, port_no_t port)
{
    json_array_append_new(
        list, json_pack("{s:o,s:o}", "switch", nb_compat_dpid(dpid), "port", nb_json_port(port)));
}

static void add_enabled(void *aux, const struct datapath *dp, const struct dp_port *port)
{
    if (port->kind != PORT_DEAD && port->kind != PORT_BACKUP) {
        add_node(aux, datapath_id(dp), port->desc.port_no);
    }
}

static void add_blocked(void *aux, const struct datapath *dp, const struct dp_port *port)
{
    if (port->kind == PORT_BACKUP) {
        add_node(aux, datapath_id(dp), port->desc.port_no);
    }
}

/* Into legacy networks that have another port of ours. */
static void add_domain(void *aux, const struct datapath *dp, const struct dp_port *port)
{
    if (port->domain) {
        add_node(aux, datapath_id(dp), port->desc.port_no);
    }
}

static void list_ports(struct nb_call *call, port_fn *fn)
{
    json_t *list = json_array();

    each_port(call->ctl, fn, list);
    nb_ok(call, list);
}

static void get_enabled(struct nb_call *call)
{
    list_ports(call, add_enabled);
}

static void get_blocked(struct nb_call *call)
{
    list_ports(call, add_blocked);
}

static void get_domains(struct nb_call *call)
{
    list_ports(call, add_domain);
}

/* --- Ways through legacy networks ------------------------------------------------------------- */

/* A port tells of the lowest one that was heard there. */
static void add_external(void *aux, const struct datapath *dp, const struct dp_port *port)
{
    if (port->domain && port->heard.is_set) {
        json_array_append_new(aux, link_json((struct port_at){datapath_id(dp), port->desc.port_no},
                                             (struct port_at){port->heard.dpid, port->heard.port},
                                             "external", true));
    }
}

static void get_external(struct nb_call *call)
{
    list_ports(call, add_external);
}

/* There are none: every link is a port's own. */
static void get_tunnels(struct nb_call *call)
{
    nb_ok(call, json_array());
}

/* --- What is joined --------------------------------------------------------------------------- */

struct clusters {
    struct datapath *const *all;
    size_t n;
    size_t *of; /* Of each switch the first one that it is joined to. */
};

static size_t index_of(const struct clusters *c, dpid_t dpid)
{
    size_t lo = 0, hi = c->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (datapath_id(c->all[mid]) < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The first of i's cluster; what is passed on the way is shortened. */
static size_t first_of(struct clusters *c, size_t i)
{
    while (c->of[i] != i) {
        c->of[i] = c->of[c->of[i]];
        i = c->of[i];
    }
    return i;
}

static void join(struct clusters *c, const struct link *l)
{
    size_t a = index_of(c, l->src_dpid), b = index_of(c, l->dst_dpid);

    if (!datapath_is_ready(c->all[a]) || !datapath_is_ready(c->all[b])) {
        return;
    }
    a = first_of(c, a);
    b = first_of(c, b);
    if (a < b) {
        c->of[b] = a;
    } else {
        c->of[a] = b;
    }
}

/* {"lowest": ["lowest", "next", ...]}, of connected ones only, as it was. */
static void get_clusters(struct nb_call *call)
{
    struct clusters c;
    size_t n_links;
    const struct link *const *links = topology_links(call->ctl, &n_links);
    json_t *out = json_object();
    char key[NB_COMPAT_DPID];

    c.all = datapath_all(call->ctl, &c.n);
    c.of = xcalloc(c.n + 1, sizeof *c.of);
    for (size_t i = 0; i < c.n; i++) {
        c.of[i] = i;
    }
    for (size_t i = 0; i < n_links; i++) {
        join(&c, links[i]);
    }
    for (size_t i = 0; i < c.n; i++) {
        nb_compat_dpid_text(datapath_id(c.all[first_of(&c, i)]), key);
        if (!datapath_is_ready(c.all[i])) {
            continue;
        }
        if (!json_object_get(out, key)) {
            json_object_set_new(out, key, json_array());
        }
        json_array_append_new(json_object_get(out, key), nb_compat_dpid(datapath_id(c.all[i])));
    }
    free(c.of);
    nb_ok(call, out);
}

/* --- Paths ------------------------------------------------------------------------------------ */

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

#define BASE "/wm/topology"

const struct nb_route nb_compat_topology_routes[] = {
    NB_ROW(NB_GET, BASE "/links/json", NB_READ, get_links, "The links between switches."),
    NB_ROW(NB_GET, BASE "/directed-links/json", NB_READ, get_directed_links,
           "The links between switches, each direction for itself."),
    NB_ROW(NB_GET, BASE "/external-links/json", NB_READ, get_external,
           "Ports that are joined by a network of other switches."),
    NB_ROW(NB_GET, BASE "/tunnellinks/json", NB_READ, get_tunnels,
           "Links through tunnels: none, each is a port's own."),
    NB_ROW(NB_GET, BASE "/switchclusters/json", NB_READ, get_clusters,
           "Switches that links join, by the lowest of them."),
    NB_ROW(NB_GET, BASE "/broadcastdomainports/json", NB_READ, get_domains,
           "Ports into networks of other switches that have further ports of ours."),
    NB_ROW(NB_GET, BASE "/enabledports/json", NB_READ, get_enabled, "Ports that carry frames."),
    NB_ROW(NB_GET, BASE "/blockedports/json", NB_READ, get_blocked,
           "Ports that are up and left unused, because another serves their network."),
    NB_ROW(NB_GET, BASE "/route/{src}/{src-port}/{dst}/{dst-port}/json", NB_READ, get_route,
           "The path between two ports."),
    {0},
};
