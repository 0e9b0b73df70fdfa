/* Links between switches. */
#include <stdio.h>

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

const struct nb_route nb_links_routes[] = {
    NB_ROW(NB_GET, "/v1/links", NB_READ, get_links, "The directed links between switches.",
           .query = "limit,after"),
    {0},
};
