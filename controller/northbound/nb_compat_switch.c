/* /wm/core/switch: what one switch or all say of themselves, and our role there. */
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ask.h"
#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_stats.h"

/* --- Without asking --------------------------------------------------------------------------- */

static json_t *features_json(const struct datapath *dp)
{
    const struct of_features *f = datapath_features(dp);

    return json_pack("{s:o,s:o,s:o,s:o,s:s}", "capabilities", nb_compat_number(f->capabilities),
                     "dpid", nb_compat_dpid(datapath_id(dp)), "buffers",
                     nb_compat_number(f->n_buffers), "tables", nb_compat_number(f->n_tables),
                     "version", nb_compat_version(datapath_version(dp)));
}

static json_t *port_json(const struct of_port *p)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "portNumber",
                     nb_compat_number(p->port_no), "hardwareAddress", nb_json_eth(p->hw_addr),
                     "name", nb_json_text(p->name), "config", nb_compat_number(p->config), "state",
                     nb_compat_number(p->state), "currentFeatures", nb_compat_number(p->curr),
                     "advertisedFeatures", nb_compat_number(p->advertised), "supportedFeatures",
                     nb_compat_number(p->supported), "peerFeatures", nb_compat_number(p->peer),
                     "currSpeed", nb_compat_number(p->curr_speed_kbps), "maxSpeed",
                     nb_compat_number(p->max_speed_kbps));
}

static json_t *port_desc_json(const struct datapath *dp)
{
    json_t *list = json_array();
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, port_json(&ports[i].desc));
    }
    return json_pack("{s:s,s:o}", "version", nb_compat_version(datapath_version(dp)), "portDesc",
                     list);
}

typedef json_t *known_fn(const struct datapath *dp);

/* NULL: switches are asked. */
static known_fn *find_known(const char *stat)
{
    return strcmp(stat, "features") == 0    ? features_json
           : strcmp(stat, "port-desc") == 0 ? port_desc_json
                                            : NULL;
}

/* The switches of the path that are connected, one or all: calls 'fn' for each. */
typedef void each_fn(struct nb_call *call, struct datapath *dp);

static void each(struct nb_call *call, each_fn *fn)
{
    struct datapath *one = nb_compat_is_all(call) ? NULL : nb_param_datapath(call, "dpid");
    size_t n;
    struct datapath *const *all = datapath_all(call->ctl, &n);

    for (size_t i = 0; i < n && !nb_failed(call); i++) {
        if (one ? all[i] == one : datapath_is_ready(all[i])) {
            fn(call, all[i]);
        }
    }
}

/* One switch is the answer itself; all are members by their ids. Takes 'json'. */
static void put(struct nb_call *call, const struct datapath *dp, json_t *json)
{
    char key[NB_COMPAT_DPID];

    if (nb_failed(call)) {
        json_decref(json);
    } else if (nb_compat_is_all(call)) {
        json_object_set_new(call->answer.json, nb_compat_dpid_text(datapath_id(dp), key), json);
    } else {
        json_object_update_new(call->answer.json, json);
    }
}

static void put_known(struct nb_call *call, struct datapath *dp)
{
    put(call, dp, find_known(nb_param(call, "stat"))(dp));
}

/* --- By asking -------------------------------------------------------------------------------- */

struct asking {
    const struct nb_compat_stat *stat;
    size_t n_out;   /* Questions without an answer. */
    bool is_asking; /* There may be more of them. */
};

static void maybe_finish(struct nb_call *call)
{
    const struct asking *a = call->state;

    if (!a->n_out && !a->is_asking) {
        nb_finish(call);
    }
}

/* Of all switches, one that does not answer is told as such; the only one fails the call. */
static void put_error(struct nb_call *call, const struct datapath *dp, enum err err)
{
    if (nb_compat_is_all(call)) {
        put(call, dp, json_pack("{s:s}", "error", err_text(err)));
    } else {
        nb_fail(call, 503, "unavailable", NULL, "the switch did not answer: %s", err_text(err));
    }
}

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct nb_call *call = aux;
    struct asking *a = call->state;
    json_t *out;

    if (answer->err != ERR_OK) {
        put_error(call, dp, answer->err);
    } else {
        out = json_object();
        a->stat->add(out, &answer->msg->mp_reply, nb_compat_version(datapath_version(dp)));
        put(call, dp, out);
    }
    a->n_out--;
    maybe_finish(call);
}

static void ask(struct nb_call *call, struct datapath *dp)
{
    struct asking *a = call->state;
    struct of_msg msg = nb_stats_request(a->stat->type);
    enum err err;

    if (datapath_is_ready(dp) && datapath_version(dp) < a->stat->min_version) {
        if (!nb_compat_is_all(call)) {
            nb_fail(call, 409, "conflict", NULL, "a switch of OpenFlow 1.0 has no %s",
                    a->stat->name);
        }
        return;
    }
    err = datapath_ask(dp, &msg, on_answer, call);
    if (err == ERR_OK) {
        a->n_out++;
    } else {
        put_error(call, dp, err);
    }
}

static void get_stat(struct nb_call *call)
{
    const char *name = nb_param(call, "stat");
    struct asking *a;

    nb_ok(call, json_object());
    if (find_known(name)) {
        each(call, put_known);
        return;
    }
    a = xcalloc(1, sizeof *a);
    call->state = a;
    a->stat = nb_compat_stat_find(name);
    if (!a->stat) {
        nb_fail(call, 404, "not_found", "stat", "expected %s", nb_compat_stat_names());
        return;
    }
    a->is_asking = true;
    each(call, ask);
    a->is_asking = false;
    if (a->n_out) {
        nb_defer(call);
    }
}

/* --- Roles ------------------------------------------------------------------------------------ */

static const char *role_text(const struct datapath *dp)
{
    switch (datapath_role(dp)) {
    case OF_ROLE_MASTER:
        return "MASTER";
    case OF_ROLE_SLAVE:
        return "SLAVE";
    case OF_ROLE_EQUAL:
        return "EQUAL";
    case OF_ROLE_NOCHANGE:
        break;
    }
    return "OTHER";
}

static void put_role(struct nb_call *call, const struct datapath *dp)
{
    char key[NB_COMPAT_DPID];

    if (!nb_failed(call)) {
        json_object_set_new(call->answer.json, nb_compat_dpid_text(datapath_id(dp), key),
                            json_string(role_text(dp)));
    }
}

static void look_at_role(struct nb_call *call, struct datapath *dp)
{
    put_role(call, dp);
}

static void get_role(struct nb_call *call)
{
    nb_ok(call, json_object());
    each(call, look_at_role);
}

/* Switches answer in order: when they have answered this, they have answered the request before. */
static void on_settled(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct nb_call *call = aux;
    struct asking *a = call->state;

    (void)answer; /* The role is what it is. */
    put_role(call, dp);
    a->n_out--;
    maybe_finish(call);
}

static bool parse_role(const char *text, enum of_role *out)
{
    static const struct {
        const char *name;
        enum of_role role;
    } roles[] = {{"MASTER", OF_ROLE_MASTER}, {"SLAVE", OF_ROLE_SLAVE}, {"EQUAL", OF_ROLE_EQUAL}};

    text += strncmp(text, "ROLE_", 5) == 0 ? 5 : 0;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(roles[i].name, text) == 0) {
            *out = roles[i].role;
            return true;
        }
    }
    return false;
}

static void claim(struct nb_call *call, struct datapath *dp)
{
    struct of_msg msg = {.type = OF_GET_CONFIG_REQUEST};
    struct asking *a = call->state;
    enum of_role role = OF_ROLE_EQUAL;

    (void)parse_role(json_string_value(json_object_get(call->body, "role")), &role);
    if (datapath_is_ready(dp) && datapath_version(dp) < OF_VERSION_1_3) {
        if (!nb_compat_is_all(call)) {
            nb_fail(call, 409, "conflict", NULL, "OpenFlow 1.0 has no roles");
        }
        return;
    }
    datapath_claim_role(dp, role);
    if (datapath_ask(dp, &msg, on_settled, call) == ERR_OK) {
        a->n_out++;
    } else {
        put_role(call, dp); /* It is asked for when the switch connects. */
    }
}

static void post_role(struct nb_call *call)
{
    const char *text = nb_body_text(call, "role", 1, 16);
    struct asking *a;
    enum of_role role;

    nb_body_only(call, "role");
    if (!nb_failed(call) && !parse_role(text, &role)) {
        nb_fail(call, 400, "bad_value", "role", "expected MASTER, SLAVE or EQUAL");
    }
    if (nb_failed(call)) {
        return;
    }
    nb_ok(call, json_object());
    a = xcalloc(1, sizeof *a);
    call->state = a;
    a->is_asking = true;
    each(call, claim);
    a->is_asking = false;
    if (a->n_out) {
        nb_defer(call);
    }
}

const struct nb_route nb_compat_switch_routes[] = {
    NB_ROW(NB_GET, "/wm/core/switch/{dpid}/{stat}/json", NB_READ, get_stat,
           "What a switch, or each (\"all\"), says of its flow, port, table, desc and so on."),
    NB_ROW(NB_GET, "/wm/core/switch/{dpid}/role/json", NB_READ, get_role,
           "Our role at a switch, or at each (\"all\")."),
    NB_ROW(NB_POST, "/wm/core/switch/{dpid}/role/json", NB_OPERATE, post_role,
           "Asks a switch, or each (\"all\"), for the role MASTER, SLAVE or EQUAL.",
           .body = NB_BODY_ANY),
    {0},
};
