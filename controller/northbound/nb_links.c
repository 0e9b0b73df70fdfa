/* Links between switches, and the graph that they make. */
#include <stdio.h>

#include "controller/core/ctl.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_resources.h"

static void get_links(struct nb_call *call)
{
    struct nb_page page = nb_page_begin(call);
    size_t n;
    const struct link *const *links = topology_links(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        const struct link *l = links[i];
        char key[32];

        snprintf(key, sizeof key, DPID_FMT "-%010u", DPID_ARGS(l->src_dpid), l->src_port);
        if (nb_page_wants(&page, key)) {
            json_array_append_new(
                page.list,
                json_pack("{s:o,s:o,s:o,s:o,s:b}", "src_dpid", nb_json_dpid(l->src_dpid),
                          "src_port", nb_json_port(l->src_port), "dst_dpid",
                          nb_json_dpid(l->dst_dpid), "dst_port", nb_json_port(l->dst_port),
                          "both_ways",
                          topology_link_at(call->ctl, l->dst_dpid, l->dst_port) != NULL));
        }
    }
    nb_page_end(call, &page, "links");
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

static void get_dot(struct nb_call *call)
{
    char *text = NULL;
    size_t len, n;
    struct datapath *const *all = datapath_all(call->ctl, &n);
    FILE *out = open_memstream(&text, &len);

    fputs("digraph topology {\n  node [shape=box];\n", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "  \"" DPID_FMT "\"%s;\n", DPID_ARGS(datapath_id(all[i])),
                datapath_is_ready(all[i]) ? "" : " [style=dashed]");
    }
    print_links(out, call->ctl);
    fputs("}\n", out);
    fclose(out);
    nb_text(call, text, "text/vnd.graphviz; charset=utf-8");
}

const struct nb_route nb_links_routes[] = {
    NB_ROW(NB_GET, "/v1/links", NB_READ, get_links, "The directed links between switches.",
           .query = "limit,after"),
    NB_ROW(NB_GET, "/v1/topology.dot", NB_READ, get_dot, "The graph of switches for Graphviz."),
    {0},
};
