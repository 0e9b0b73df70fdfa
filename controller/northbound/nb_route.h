/* What a resource is made of. Private to this room.
 *
 * A resource is a file nb_<resource>.c with a table of rows, named in nb_routes.c, and a description of
 * each row in docs/openapi.json. Its handlers take what they need from the call, do it, and answer:
 *
 *      static void put_network(struct nb_call *call)
 *      {
 *          struct networks *nets = nb_app(call, "logical_networks");
 *          const char *id = nb_param(call, "id");
 *          const char *name = nb_body_text(call, "name", 1, 64);
 *
 *          if (nb_failed(call)) {
 *              return;
 *          }
 *          nb_result(call, networks_put(nets, id, name), "network");
 *      }
 *
 *      const struct nb_route nb_networks_routes[] = {
 *          NB_ROW(NB_PUT, "/v1/networks/{id}", NB_OPERATE, put_network, "Makes or renames a network.",
 *                 .body = NB_BODY_JSON),
 *          {0},
 *      };
 *
 * The helpers below answer with the right error and return something harmless when what is asked for is
 * missing or wrong; the first error counts. So a handler reads everything, asks nb_failed() once, and
 * then acts. A handler that returns without an answer has answered 204. What an app returns may move
 * when the core or the app is entered again, so it is copied (into JSON) before. */
#ifndef TAMBO_NORTHBOUND_NB_ROUTE_H
#define TAMBO_NORTHBOUND_NB_ROUTE_H

#include "controller/base/err.h"
#include "controller/base/types.h"
#include "controller/northbound/nb.h"
#include "controller/northbound/nb_macs.h"

#define NB_MAX_PARAMS 5
#define NB_PARAM_LEN 128
#define NB_MAX_QUERY 8
#define NB_MESSAGE_LEN 256

typedef void nb_handler_fn(struct nb_call *call);

enum nb_body {
    NB_BODY_NONE, /* There must be none. */
    NB_BODY_JSON, /* An object, sent as application/json. */
    NB_BODY_ANY,  /* An object, sent as anything: for clients of long ago. */
};

struct nb_route {
    enum nb_method method;
    const char *path; /* "/v1/switches/{dpid}/flows"; NULL ends the table. A part is a literal or a
                       * parameter; literals win. */
    enum nb_role role;
    nb_handler_fn *handler;
    const char *summary;
    const char *query; /* The parameters that it takes, "limit,after"; NULL: none. */
    enum nb_body body;
};

/* NB_ROW(NB_GET, "/v1/hosts", NB_READ, get_hosts, "The hosts.", .query = "limit,after") */
#define NB_ROW(m, p, r, h, s, ...)                                                                 \
    {                                                                                              \
        .method = (m), .path = (p), .role = (r), .handler = (h), .summary = (s), __VA_ARGS__       \
    }

/* What can be counted here, not below. */
struct nb_counters {
    uint64_t requests, refused_4xx, failed_5xx;
};

struct nb_call {
    struct nb *nb;
    struct ctl *ctl;
    const struct nb_request *request; /* NULL once the handler has returned. */
    const struct nb_route *route;
    struct {
        char name[32];
        char value[NB_PARAM_LEN]; /* Without escapes. */
    } params[NB_MAX_PARAMS], query[NB_MAX_QUERY];
    size_t n_params, n_query;
    json_t *body; /* NULL: none. */
    struct nb_answer answer;
    bool deferred, in_list;
    void *state;      /* Of a deferred handler; freed with free() when the call ends. */
    nb_done_fn *done; /* NULL: cancelled. */
    void *done_aux;
    struct nb_call *next, **link; /* Of those that are deferred. */
};

struct nb {
    struct nb_params params;
    struct ctl *ctl;
    const char *const *modules;
    size_t n_modules;
    mono_t started_at;
    struct nb_counters counters;
    struct nb_events *events;
    struct nb_call *deferred;
    struct nb_levels *levels; /* nb_log.c */
    struct nb_macs macs;      /* Of all hosts (nb_hosts.c). */
    bool has_role;       /* Somebody has changed the role of the controller (nb_compat_core.c), */
    mono_t role_at;      /* then, */
    char role_text[128]; /* and said why. */
};

/* --- What is asked ---------------------------------------------------------------------------- */

/* The part of the path called 'name'. */
const char *nb_param(const struct nb_call *call, const char *name);

/* A parameter of the query; NULL when it is absent. */
const char *nb_query(const struct nb_call *call, const char *name);

/* A number from 'min' to 'max'; 'normal' when it is absent. */
uint64_t nb_query_u64(struct nb_call *call, const char *name, uint64_t min, uint64_t max,
                      uint64_t normal);
bool nb_query_flag(struct nb_call *call, const char *name);

/* A datapath id: 16 hexadecimal digits, with ':' between pairs or without, leading zeros or not. */
bool nb_dpid_parse(const char *text, dpid_t *out);

/* A parameter of the path as such: an error answer when it is none. */
dpid_t nb_param_dpid(struct nb_call *call, const char *name);
struct datapath *nb_param_datapath(struct nb_call *call, const char *name); /* 404 */
struct eth_addr nb_param_eth(struct nb_call *call, const char *name);
uint64_t nb_param_u64(struct nb_call *call, const char *name, uint64_t max);

/* Members of the body. The ones with 'need' answer 400 when they are absent; the others return
 * 'normal' then. All answer 400 when the type or the range is wrong. Texts are borrowed. */
bool nb_body_has(const struct nb_call *call, const char *key);
const char *nb_body_text(struct nb_call *call, const char *key, size_t min_len, size_t max_len);
const char *nb_body_text_or(struct nb_call *call, const char *key, size_t max_len,
                            const char *normal);
uint64_t nb_body_u64(struct nb_call *call, const char *key, uint64_t min, uint64_t max);
uint64_t nb_body_u64_or(struct nb_call *call, const char *key, uint64_t min, uint64_t max,
                        uint64_t normal);
bool nb_body_bool_or(struct nb_call *call, const char *key, bool normal);
uint32_t nb_body_ipv4(struct nb_call *call, const char *key);
struct eth_addr nb_body_eth(struct nb_call *call, const char *key);
dpid_t nb_body_dpid(struct nb_call *call, const char *key);
const json_t *nb_body_array_or(struct nb_call *call, const char *key); /* NULL: absent. */

/* Answers 400 when the body has a key that is not in 'keys', "name,vlan". */
void nb_body_only(struct nb_call *call, const char *keys);

/* The state of an app: 404 "not_running" when no such app runs. */
void *nb_app(struct nb_call *call, const char *name);

/* The module with an id of a cookie: "core" for the core's own, "?" for one that there is not. */
const char *nb_module_name(const struct nb *nb, uint8_t id);

/* --- Answers ---------------------------------------------------------------------------------- */

bool nb_failed(const struct nb_call *call);

/* Takes 'json'. */
void nb_ok(struct nb_call *call, json_t *json);
void nb_created(struct nb_call *call, json_t *json);
void nb_no_content(struct nb_call *call);
void nb_text(struct nb_call *call, char *text, const char *content_type); /* Takes 'text'. */

/* {"error": {"code", "message", "field"}}; 'field' NULL: none. The first one counts. */
void nb_fail(struct nb_call *call, int status, const char *code, const char *field, const char *fmt,
             ...) __attribute__((format(printf, 5, 6)));

/* 404 with what there is none of. */
void nb_not_found(struct nb_call *call, const char *what);

/* What an app has said of 'what': 204, or 404, 409, 400, 503 with its text. True when it was ERR_OK. */
bool nb_result(struct nb_call *call, enum err err, const char *what);

/* The answer comes later: nb_finish() after it has been given with the functions above. */
void nb_defer(struct nb_call *call);
void nb_finish(struct nb_call *call);

/* --- Lists ------------------------------------------------------------------------------------ */

/* A list that may be long, page by page: '?limit=100&after=KEY'. Keys are texts that ascend. */
#define NB_DEFAULT_LIMIT 1000
#define NB_MAX_LIMIT 10000
#define NB_MAX_PAGE 2000 /* However many are asked for: switches are served between two pages. */

struct nb_page {
    json_t *list;
    size_t limit;
    const char *after; /* NULL: from the beginning. */
    char last[NB_PARAM_LEN];
    bool more;
};

struct nb_page nb_page_begin(struct nb_call *call);

/* True when the element with 'key' belongs on the page: the caller then adds it with
 * json_array_append_new(page->list, ...). */
bool nb_page_wants(struct nb_page *page, const char *key);

/* 200 with {"name": [...], "next": "KEY" or null}. */
void nb_page_end(struct nb_call *call, struct nb_page *page, const char *name);

/* --- Values as JSON --------------------------------------------------------------------------- */

json_t *nb_json_dpid(dpid_t dpid);
json_t *nb_json_eth(struct eth_addr addr);
json_t *nb_json_ipv4(uint32_t addr);
json_t *nb_json_u64(uint64_t value);
json_t *nb_json_port(uint32_t port); /* A number, or the name of a reserved one. */

/* Text of a peer, which may be anything: what is no UTF-8 is replaced. */
json_t *nb_json_text(const char *text);

/* --- The resources ---------------------------------------------------------------------------- */

extern const struct nb_route *const nb_tables[];
extern const size_t nb_n_tables;

#endif
