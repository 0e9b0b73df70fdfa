/* Circuit roots: hosts that many others talk to, with permanent trees to and from them
 * (controller/apps/circuit_tree.h). The path "/trafficManager/mice" is for clients of long ago. */
#include <string.h>

#include "controller/apps/circuit_tree.h"
#include "controller/northbound/nb_resources.h"

static json_t *root_json(const struct circuit_root_view *root)
{
    static const char *const states[] = {"unknown", "building", "ready"};
    char text[CIRCUIT_ROOT_TEXT];
    bool is_known = root->state != CIRCUIT_ROOT_UNKNOWN;

    circuit_root_print(&root->key, text);
    return json_pack("{s:s,s:s,s:o,s:o,s:o}", "address", text, "state", states[root->state], "mac",
                     is_known ? nb_json_eth(root->mac) : json_null(), "dpid",
                     is_known ? nb_json_dpid(root->dpid) : json_null(), "port",
                     is_known ? nb_json_port(root->port) : json_null());
}

/* What 'text' names: 400 when it is no address. NULL: it was complained of already. */
static struct circuit_root_key parse(struct nb_call *call, const char *field, const char *text)
{
    struct circuit_root_key key = {0};

    if (text && circuit_root_parse(text, &key) != ERR_OK) {
        nb_fail(call, 400, "bad_value", field,
                "expected an Ethernet, IPv4 or IPv6 address, found \"%.48s\"", text);
    }
    return key;
}

/* --- Looking ---------------------------------------------------------------------------------- */

struct search {
    const char *key; /* As printed. */
    json_t *found;
};

static void find_one(void *aux, const struct circuit_root_view *root)
{
    struct search *search = aux;
    char text[CIRCUIT_ROOT_TEXT];

    circuit_root_print(&root->key, text);
    if (!search->found && strcmp(text, search->key) == 0) {
        search->found = root_json(root);
    }
}

static json_t *look_up(const void *app, const struct circuit_root_key *key)
{
    char text[CIRCUIT_ROOT_TEXT];
    struct search search = {.key = text};

    circuit_root_print(key, text);
    circuit_tree_each(app, find_one, &search);
    return search.found;
}

static void add_to_list(void *aux, const struct circuit_root_view *root)
{
    json_array_append_new(aux, root_json(root));
}

/* At most max_roots, so in one page. */
static void get_roots(struct nb_call *call)
{
    const void *app = nb_app(call, "circuit_tree");
    json_t *list;

    if (!nb_failed(call)) {
        list = json_array();
        circuit_tree_each(app, add_to_list, list);
        nb_ok(call, json_pack("{s:o}", "circuit_roots", list));
    }
}

static void get_root(struct nb_call *call)
{
    const void *app = nb_app(call, "circuit_tree");
    struct circuit_root_key key = parse(call, "address", nb_param(call, "address"));
    json_t *found;

    if (nb_failed(call)) {
        return;
    }
    found = look_up(app, &key);
    if (found) {
        nb_ok(call, found);
    } else {
        nb_not_found(call, "circuit root");
    }
}

/* --- Changing --------------------------------------------------------------------------------- */

static void register_root(struct nb_call *call, const char *field, const char *text)
{
    void *app = nb_app(call, "circuit_tree");
    struct circuit_root_key key = parse(call, field, text);
    enum err err;

    if (nb_failed(call)) {
        return;
    }
    err = circuit_tree_add(app, &key);
    if (err) {
        nb_result(call, err, "circuit root");
    } else {
        nb_created(call, look_up(app, &key));
    }
}

static void post_root(struct nb_call *call)
{
    nb_body_only(call, "address");
    register_root(call, "address", nb_body_text(call, "address", 2, CIRCUIT_ROOT_TEXT - 1));
}

static void delete_root(struct nb_call *call)
{
    void *app = nb_app(call, "circuit_tree");
    struct circuit_root_key key = parse(call, "address", nb_param(call, "address"));

    if (!nb_failed(call)) {
        nb_result(call, circuit_tree_remove(app, &key), "circuit root");
    }
}

/* {"mice": {"ipadd": "10.0.0.1"}}: registering what is registered is no error there. */
static void put_mice(struct nb_call *call)
{
    void *app = nb_app(call, "circuit_tree");
    const char *text =
        json_string_value(json_object_get(json_object_get(call->body, "mice"), "ipadd"));
    struct circuit_root_key key;
    enum err err;

    if (!text) {
        nb_fail(call, 400, "bad_value", "mice", "expected {\"mice\": {\"ipadd\": \"ADDRESS\"}}");
    }
    key = parse(call, "mice.ipadd", text);
    if (nb_failed(call)) {
        return;
    }
    err = circuit_tree_add(app, &key);
    if (err && err != ERR_EXISTS) {
        nb_result(call, err, "circuit root");
    } else {
        nb_ok(call, json_pack("{s:s}", "status", "ok"));
    }
}

const struct nb_route nb_circuit_roots_routes[] = {
    NB_ROW(NB_GET, "/v1/circuit-roots", NB_READ, get_roots, "The circuit roots and their trees."),
    NB_ROW(NB_POST, "/v1/circuit-roots", NB_OPERATE, post_root,
           "Registers a circuit root by its Ethernet or IP address.", .body = NB_BODY_JSON),
    NB_ROW(NB_GET, "/v1/circuit-roots/{address}", NB_READ, get_root, "One circuit root."),
    NB_ROW(NB_DELETE, "/v1/circuit-roots/{address}", NB_OPERATE, delete_root,
           "Makes a host an ordinary one again."),
    NB_ROW(NB_POST, "/trafficManager/mice", NB_OPERATE, put_mice,
           "Registers a circuit root, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_PUT, "/trafficManager/mice", NB_OPERATE, put_mice,
           "Registers a circuit root, for clients of long ago.", .body = NB_BODY_ANY),
    {0},
};
