/* Holding times: what is planned for the switches, and what is known of destinations. */
#include <math.h>

#include "controller/apps/holding_time.h"
#include "controller/core/datapath.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"

/* JSON has no infinity: null is a threshold that nobody reaches. */
static json_t *plan_json(dpid_t dpid, const struct holding_plan *plan)
{
    return json_pack(
        "{s:o,s:o,s:f,s:f,s:f}", "dpid", nb_json_dpid(dpid), "threshold_per_s",
        isfinite(plan->threshold_per_s) ? json_real(plan->threshold_per_s) : json_null(), "n_kept",
        plan->n_kept, "entries", plan->entries, "misses_per_s", plan->misses_per_s);
}

static json_t *counters_json(const void *app)
{
    struct holding_time_counters c = holding_time_counters(app);
    json_t *out = json_object();

#define X(name) json_object_set_new(out, #name, nb_json_u64(c.name));
    HOLDING_TIME_COUNTERS(X)
#undef X
    return out;
}

static json_t *plans_json(const struct nb_call *call, const void *app)
{
    json_t *list = json_array();
    struct holding_plan plan;
    size_t n;
    struct datapath *const *all = datapath_all(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        if (holding_time_plan(app, datapath_id(all[i]), &plan)) {
            json_array_append_new(list, plan_json(datapath_id(all[i]), &plan));
        }
    }
    return list;
}

static void get_holding_times(struct nb_call *call)
{
    const void *app = nb_app(call, "holding_time");
    const struct holding_time_settings *settings;
    struct holding_time_view view;

    if (nb_failed(call)) {
        return;
    }
    settings = holding_time_settings(app);
    view = holding_time_view(app);
    nb_ok(call,
          json_pack("{s:s,s:o,s:f,s:o,s:o,s:o,s:o}", "policy",
                    holding_policy_name((enum holding_policy)settings->policy), "budget",
                    nb_json_u64(settings->budget), "session_s", view.session_s, "n_destinations",
                    nb_json_u64(view.n_destinations), "n_pairs", nb_json_u64(view.n_pairs),
                    "counters", counters_json(app), "plans", plans_json(call, app)));
}

static void add_pair(void *aux, const struct holding_time_pair *pair)
{
    struct nb_page *page = aux;
    char key[PKT_ETH_TEXT];

    if (nb_page_wants(page, pkt_eth_format(pair->dst, key))) {
        json_array_append_new(page->list,
                              json_pack("{s:s,s:f,s:b,s:b,s:i}", "dst", key, "rate_per_s",
                                        pair->rate_per_s, "has_entry", pair->has_entry, "kept",
                                        pair->is_kept, "hold_s", (int)pair->hold_s));
    }
}

static void get_destinations(struct nb_call *call)
{
    const void *app = nb_app(call, "holding_time");
    const struct datapath *dp = app ? nb_param_datapath(call, "dpid") : NULL;
    struct nb_page page = nb_page_begin(call);

    if (dp) {
        holding_time_each(app, datapath_id(dp), add_pair, &page);
    }
    nb_page_end(call, &page, "destinations");
}

const struct nb_route nb_holding_routes[] = {
    NB_ROW(NB_GET, "/v1/holding-times", NB_READ, get_holding_times,
           "The policy for how long entries stay, and the plan of each switch."),
    NB_ROW(
        NB_GET, "/v1/holding-times/{dpid}", NB_READ, get_destinations,
        "How often the destinations of a switch are called, and for how long their entries stay.",
        .query = "limit,after"),
    {0},
};
