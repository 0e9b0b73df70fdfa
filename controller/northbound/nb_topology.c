/* The graph of switches, their links and, when asked for, hosts: as text for Graphviz, and drawn by it. */
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/northbound/nb_hosts.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_resources.h"

#define MAX_DRAWN_SWITCHES 1000
#define MAX_DRAWN_HOSTS 1000

/* --- The graph -------------------------------------------------------------------------------- */

/* What people call a switch: its id without zeros in front. */
static void print_switch(FILE *out, const struct datapath *dp)
{
    dpid_t dpid = datapath_id(dp);

    fprintf(out, "  \"" DPID_FMT "\" [label=\"%llx\"%s];\n", DPID_ARGS(dpid),
            (unsigned long long)dpid,
            datapath_is_ready(dp) ? "" : ", fillcolor=\"#bb3333\", style=\"filled,dashed\"");
}

/* A cable is drawn once, an odd direction as an arrow. */
static void print_links(FILE *out, const struct ctl *ctl)
{
    size_t n;
    const struct link *const *links = topology_links(ctl, &n);

    for (size_t i = 0; i < n; i++) {
        const struct link *l = links[i];
        const struct link *back = topology_link_at(ctl, l->dst_dpid, l->dst_port);
        bool both = back && back->dst_dpid == l->src_dpid && back->dst_port == l->src_port;

        if (both && (l->src_dpid > l->dst_dpid ||
                     (l->src_dpid == l->dst_dpid && l->src_port > l->dst_port))) {
            continue;
        }
        fprintf(out,
                "  \"" DPID_FMT "\" -> \"" DPID_FMT
                "\" [taillabel=\"%u\", headlabel=\"%u\", dir=%s];\n",
                DPID_ARGS(l->src_dpid), DPID_ARGS(l->dst_dpid), l->src_port, l->dst_port,
                both ? "none" : "forward");
    }
}

static void print_host(void *aux, const struct host *host)
{
    FILE *out = aux;
    struct eth_addr mac = host_mac(host);
    size_t n;
    const uint32_t *ips = host_ipv4(host, &n);

    fprintf(out,
            "  \"" ETH_FMT "\" [shape=ellipse, fillcolor=\"#f3d19b\", fontcolor=black, label=\"",
            ETH_ARGS(mac));
    if (n) {
        fprintf(out, IPV4_FMT "\\n", IPV4_ARGS(ips[0]));
    }
    fprintf(out,
            ETH_FMT "\"];\n  \"" DPID_FMT "\" -> \"" ETH_FMT
                    "\" [taillabel=\"%u\", dir=none, color=gray];\n",
            ETH_ARGS(mac), DPID_ARGS(host_dpid(host)), ETH_ARGS(mac), host_port(host));
}

/* Fresh memory. */
static char *print_graph(struct nb_call *call, bool with_hosts)
{
    char *text = NULL;
    size_t len, n;
    struct datapath *const *all = datapath_all(call->ctl, &n);
    FILE *out = open_memstream(&text, &len);

    fputs("digraph topology {\n"
          "  node [shape=box, style=filled, fillcolor=\"#2a6f97\", fontcolor=white, "
          "fontname=sans, fontsize=11];\n"
          "  edge [fontname=sans, fontsize=9, labeldistance=1.5];\n",
          out);
    for (size_t i = 0; i < n; i++) {
        print_switch(out, all[i]);
    }
    print_links(out, call->ctl);
    if (with_hosts) {
        nb_hosts_after(call->nb, NULL, MAX_DRAWN_HOSTS, print_host, out);
    }
    fputs("}\n", out);
    fclose(out);
    return text;
}

static void get_dot(struct nb_call *call)
{
    bool with_hosts = nb_query_flag(call, "hosts");

    if (!nb_failed(call)) {
        nb_text(call, print_graph(call, with_hosts), "text/vnd.graphviz; charset=utf-8");
    }
}

/* --- The picture ------------------------------------------------------------------------------ */

static void on_drawn(void *aux, const char *svg, const char *why)
{
    struct nb_call *call = aux;

    if (svg) {
        nb_text(call, xstrdup(svg), "image/svg+xml; charset=utf-8");
    } else {
        nb_fail(call, 503, "unavailable", NULL, "there is no picture: %s", why);
    }
    nb_finish(call);
}

static void get_svg(struct nb_call *call)
{
    const struct nb_params *params = &call->nb->params;
    bool with_hosts = nb_query_flag(call, "hosts");
    size_t n;
    char *dot;

    (void)datapath_all(call->ctl, &n);
    if (!params->draw) {
        nb_fail(call, 503, "unavailable", NULL,
                "nobody here draws; /v1/topology.dot has the graph");
    } else if (n > MAX_DRAWN_SWITCHES) {
        nb_fail(call, 409, "conflict", NULL,
                "at most %d switches are drawn; /v1/topology.dot has the graph",
                MAX_DRAWN_SWITCHES);
    }
    if (nb_failed(call)) {
        return;
    }
    dot = print_graph(call, with_hosts);
    nb_defer(call);
    if (!params->draw(params->draw_aux, dot, on_drawn, call)) {
        nb_fail(call, 503, "unavailable", NULL, "too many pictures are being drawn");
        nb_finish(call);
    }
    free(dot);
}

const struct nb_route nb_topology_routes[] = {
    NB_ROW(NB_GET, "/v1/topology.dot", NB_READ, get_dot,
           "The graph of switches, or of hosts, too, for Graphviz.", .query = "hosts"),
    NB_ROW(NB_GET, "/v1/topology.svg", NB_READ, get_svg, "The same, drawn.", .query = "hosts"),
    {0},
};
