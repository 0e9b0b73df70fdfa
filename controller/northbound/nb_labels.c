/* Labels of access switches, and giving one back. */
#include <stdio.h>

#include "controller/apps/clustering.h"
#include "controller/core/datapath.h"
#include "controller/northbound/nb_resources.h"

struct listing {
    const struct ctl *ctl;
    struct nb_page page;
};

static void add_label(void *aux, uint16_t label, dpid_t dpid)
{
    struct listing *l = aux;
    const struct datapath *dp = datapath_find(l->ctl, dpid);
    char key[8];

    snprintf(key, sizeof key, "%04u", label);
    if (nb_page_wants(&l->page, key)) {
        json_array_append_new(l->page.list,
                              json_pack("{s:i,s:o,s:b}", "label", label, "dpid", nb_json_dpid(dpid),
                                        "connected", dp && datapath_is_ready(dp)));
    }
}

static void get_labels(struct nb_call *call)
{
    const void *app = nb_app(call, "clustering");
    struct listing l = {.ctl = call->ctl, .page = nb_page_begin(call)};

    if (app) {
        clustering_each_label(app, add_label, &l);
    }
    nb_page_end(call, &l.page, "labels");
}

static void delete_label(struct nb_call *call)
{
    void *app = nb_app(call, "clustering");
    dpid_t dpid = nb_param_dpid(call, "dpid");
    enum err err;

    if (nb_failed(call)) {
        return;
    }
    err = clustering_forget(app, dpid);
    if (err == ERR_STATE) {
        nb_fail(call, 409, "conflict", "dpid",
                "the switch is connected, or its entries are being changed");
        return;
    }
    nb_result(call, err, "label");
}

const struct nb_route nb_labels_routes[] = {
    NB_ROW(NB_GET, "/v1/labels", NB_READ, get_labels, "The labels of access switches.",
           .query = "limit,after"),
    NB_ROW(NB_DELETE, "/v1/labels/{dpid}", NB_OPERATE, delete_label,
           "Takes the label of a switch that is gone for good, and all entries for it."),
    {0},
};
