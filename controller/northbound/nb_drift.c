/* Static flows of a switch as they are wanted, beside what the switch says that it has: whether each is
 * there and the same, and what it has counted. The switch is asked when somebody asks us. */
#include "controller/core/ask.h"
#include "controller/core/ctl_api.h"
#include "controller/northbound/nb_flow_json.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_static.h"
#include "controller/northbound/nb_stats.h"

struct drift {
    const struct of_multipart_reply *reply;
    json_t *flows;
    size_t n_drifted;
    uint8_t module; /* Of static flows; 0: not known, because none is wanted. */
};

static bool same_place(const struct of_flow_stats *f, const struct flow_spec *spec)
{
    return f->table_id == spec->table_id && f->priority == spec->priority &&
           of_match_eq(&f->match, &spec->match);
}

static const struct of_flow_stats *find(const struct of_multipart_reply *r,
                                        const struct flow_spec *spec)
{
    for (size_t i = 0; i < r->n; i++) {
        if (same_place(&r->flows[i], spec)) {
            return &r->flows[i];
        }
    }
    return NULL;
}

static bool same(const struct of_flow_stats *f, const struct flow_spec *spec)
{
    return f->idle_timeout_s == spec->idle_timeout_s && f->hard_timeout_s == spec->hard_timeout_s &&
           of_instructions_eq(&f->ins, &spec->ins);
}

/* A counter that a switch of OpenFlow 1.5 does not say is null. */
static json_t *count_json(uint64_t n)
{
    return n == UINT64_MAX ? json_null() : nb_json_u64(n);
}

/* "same", "different", "missing"; of an entry that is not wanted there "absent" or "surplus". */
static const char *verdict(const struct static_flow_info *info, const struct of_flow_stats *f)
{
    bool wanted = info->state != STATIC_FLOW_DISABLED && info->state != STATIC_FLOW_EXPIRED;

    if (!wanted) {
        return f ? "surplus" : "absent";
    }
    return !f ? "missing" : same(f, &info->flow.spec) ? "same" : "different";
}

static void add_flow(void *aux, const struct static_flow_info *info)
{
    struct drift *d = aux;
    const struct flow_spec *spec = &info->flow.spec;
    const struct of_flow_stats *f = find(d->reply, spec);
    const char *text = verdict(info, f);

    d->module = flow_cookie_module(spec->cookie);
    d->n_drifted += text[0] != 's' && text[0] != 'a' ? 1 : text[1] == 'u';
    json_array_append_new(
        d->flows,
        json_pack("{s:s,s:s,s:s,s:i,s:i,s:o,s:o,s:o,s:o,s:o,s:o}", "name", info->flow.name, "drift",
                  text, "state", static_flow_state_name(info->state), "table_id",
                  (int)spec->table_id, "priority", (int)spec->priority, "match",
                  nb_match_json(&spec->match), "wanted", nb_instructions_json(&spec->ins),
                  "installed", f ? nb_instructions_json(&f->ins) : json_null(), "n_packets",
                  f ? count_json(f->n_packets) : json_null(), "n_bytes",
                  f ? count_json(f->n_bytes) : json_null(), "duration_s",
                  f ? nb_json_u64(f->duration_s) : json_null()));
}

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct nb_call *call = aux;
    const void *app = ctl_module_state(call->ctl, "static_flows");
    dpid_t dpid = datapath_id(dp);
    struct drift d = {.flows = json_array()};

    if (answer->err != ERR_OK || !app) {
        nb_fail(call, 503, "unavailable", NULL, "the switch did not answer: %s",
                err_text(answer->err));
        json_decref(d.flows);
    } else {
        d.reply = &answer->msg->mp_reply;
        static_flows_each(app, &dpid, add_flow, &d);
        nb_ok(call, json_pack("{s:o,s:o,s:o}", "dpid", nb_json_dpid(dpid), "n_drifted",
                              nb_json_u64(d.n_drifted), "flows", d.flows));
    }
    nb_finish(call);
}

static void get_drift(struct nb_call *call)
{
    const void *app = nb_app(call, "static_flows");
    struct datapath *dp = nb_param_datapath(call, "dpid");
    struct of_msg msg = nb_stats_request(OF_MP_FLOW);
    enum err err;

    if (nb_failed(call) || !app) {
        return;
    }
    err = datapath_ask(dp, &msg, on_answer, call);
    if (err == ERR_OK) {
        nb_defer(call);
    } else {
        nb_fail(call, 503, "unavailable", NULL, "the switch cannot be asked: %s", err_text(err));
    }
}

const struct nb_route nb_drift_routes[] = {
    NB_ROW(NB_GET, "/v1/switches/{dpid}/drift", NB_READ, get_drift,
           "The static flows of a switch as wanted, and as it says that it has them."),
    {0},
};
