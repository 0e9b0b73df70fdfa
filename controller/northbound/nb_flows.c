/* What is on a switch, and what should be: entries as the core wants them. */
#include <stdio.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_resources.h"

static const char *state_name(const struct flow_entry *entry)
{
    switch (flow_entry_state(entry)) {
    case FLOW_WANTED:
        return flow_entry_is_deferred(entry) ? "deferred" : "wanted";
    case FLOW_SENT:
        return "sent";
    case FLOW_CONFIRMED:
        return "confirmed";
    case FLOW_DELETING:
        return "deleting";
    }
    return "?";
}

struct listing {
    const struct nb *nb;
    struct nb_page page;
    uint64_t index;
};

/* Entries have no short name, so a page begins after so many of them. */
static void add_entry(void *aux, const struct flow_entry *entry)
{
    struct listing *l = aux;
    struct flow_spec spec;
    json_t *out;
    char key[24];

    snprintf(key, sizeof key, "%012llu", (unsigned long long)++l->index);
    if (!nb_page_wants(&l->page, key)) {
        return;
    }
    flow_entry_spec(entry, &spec);
    out = json_pack("{s:i,s:i,s:o,s:o}", "table_id", spec.table_id, "priority", spec.priority,
                    "match", nb_match_json(&spec.match), "instructions",
                    nb_instructions_json(&spec.ins));
    json_object_set_new(out, "state", json_string(state_name(entry)));
    json_object_set_new(out, "app",
                        json_string(nb_module_name(l->nb, flow_cookie_module(spec.cookie))));
    json_object_set_new(out, "cookie", json_sprintf("0x%016llx", (unsigned long long)spec.cookie));
    json_object_set_new(out, "idle_timeout_s", json_integer(spec.idle_timeout_s));
    json_object_set_new(out, "hard_timeout_s", json_integer(spec.hard_timeout_s));
    json_object_set_new(out, "importance", json_integer(spec.importance));
    json_array_append_new(l->page.list, out);
}

static void get_flows(struct nb_call *call)
{
    const struct datapath *dp = nb_param_datapath(call, "dpid");
    struct listing l = {.nb = call->nb, .page = nb_page_begin(call)};

    if (!nb_failed(call)) {
        flowdb_each(call->ctl, datapath_id(dp), 0, add_entry, &l);
    }
    nb_page_end(call, &l.page, "flows");
}

const struct nb_route nb_flows_routes[] = {
    NB_ROW(NB_GET, "/v1/switches/{dpid}/flows", NB_READ, get_flows,
           "The entries that are wanted on a switch, and how far each has got.",
           .query = "limit,after"),
    {0},
};
