/* Domains of interest and IP multicast groups: whom frames for many reach. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/interest_domains.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/multicast.h"
#include "controller/base/alloc.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt_addr.h"
#include "controller/packet/pkt_igmp.h"

/* --- Members as texts ------------------------------------------------------------------------- */

/* They look as the rules of logical networks do: "port DPID-PORT" or "mac ADDRESS". */
static bool member_parse(const char *text, struct domain_member *out)
{
    struct network_rule rule;

    if (network_rule_parse(text, &rule) != ERR_OK || rule.type == NETWORK_RULE_IP) {
        return false;
    }
    *out = (struct domain_member){.is_host = rule.type == NETWORK_RULE_MAC,
                                  .mac = rule.mac,
                                  .dpid = rule.dpid,
                                  .port = rule.port};
    return true;
}

static json_t *member_json(const struct domain_member *m)
{
    struct network_rule rule = {.type = m->is_host ? NETWORK_RULE_MAC : NETWORK_RULE_PORT,
                                .mac = m->mac,
                                .dpid = m->dpid,
                                .port = m->port};
    char text[NETWORK_RULE_TEXT];

    network_rule_print(&rule, text);
    return json_string(text);
}

/* What 'text' names (NULL: it was complained of): 400 when it is no member. */
static struct domain_member parse(struct nb_call *call, const char *field, const char *text)
{
    struct domain_member member = {0};

    if (!nb_failed(call) && !(text && member_parse(text, &member))) {
        nb_fail(call, 400, "bad_value", field,
                "expected \"port DPID-PORT\" or \"mac ADDRESS\", found \"%.64s\"",
                text ? text : "no text");
    }
    return member;
}

/* --- Looking ---------------------------------------------------------------------------------- */

static json_t *summary_json(const struct domain_view *d)
{
    return json_pack("{s:s,s:o,s:b,s:i,s:o,s:o}", "name", d->name, "n_members",
                     nb_json_u64(d->n_members), "settled", d->is_settled, "tag", d->tag,
                     "n_switches", nb_json_u64(d->n_switches), "n_links", nb_json_u64(d->n_links));
}

static json_t *domain_json(const struct domain_view *d)
{
    json_t *json = summary_json(d), *members = json_array();

    for (size_t i = 0; i < d->n_members; i++) {
        json_array_append_new(members, member_json(&d->members[i]));
    }
    json_object_set_new(json, "members", members);
    return json;
}

static void add_domain(void *aux, const struct domain_view *d)
{
    struct nb_page *page = aux;

    if (nb_page_wants(page, d->name)) {
        json_array_append_new(page->list, summary_json(d));
    }
}

static void get_domains(struct nb_call *call)
{
    const void *app = nb_app(call, "interest_domains");
    struct nb_page page = nb_page_begin(call);

    if (app) {
        interest_domains_each(app, add_domain, &page);
    }
    nb_page_end(call, &page, "domains");
}

struct search {
    const char *name;
    json_t *found; /* NULL: none. */
};

static void find_one(void *aux, const struct domain_view *d)
{
    struct search *search = aux;

    if (strcmp(d->name, search->name) == 0) {
        search->found = domain_json(d);
    }
}

static json_t *look_up(const void *app, const char *name)
{
    struct search search = {.name = name};

    interest_domains_each(app, find_one, &search);
    return search.found;
}

static void get_domain(struct nb_call *call)
{
    const void *app = nb_app(call, "interest_domains");
    json_t *found = app ? look_up(app, nb_param(call, "name")) : NULL;

    if (found) {
        nb_ok(call, found);
    } else {
        nb_not_found(call, "domain");
    }
}

/* --- Changing --------------------------------------------------------------------------------- */

/* {"members": ["port 0000000000000001-7", "mac 02:00:00:00:00:0a"]}; fresh memory, '*n' of them. */
static struct domain_member *body_members(struct nb_call *call, size_t *n)
{
    const json_t *list = nb_body_array_or(call, "members");
    struct domain_member *members;

    *n = json_array_size(list);
    members = xcalloc(*n + 1, sizeof *members);
    for (size_t i = 0; i < *n && !nb_failed(call); i++) {
        members[i] = parse(call, "members", json_string_value(json_array_get(list, i)));
    }
    return members;
}

/* Makes those of the body the members of a domain and answers with it. */
static void set_members(struct nb_call *call, void *app, const char *name, bool is_new)
{
    size_t n;
    struct domain_member *members = body_members(call, &n);

    if (!nb_failed(call) &&
        nb_result(call, interest_domains_set(app, name, members, n), "domain")) {
        (is_new ? nb_created : nb_ok)(call, look_up(app, name));
    }
    free(members);
}

static bool exists(const void *app, const char *name)
{
    json_t *found = look_up(app, name);

    json_decref(found);
    return found != NULL;
}

static void post_domain(struct nb_call *call)
{
    void *app = nb_app(call, "interest_domains");
    const char *name = nb_body_text(call, "name", 1, DOMAIN_NAME_MAX);

    nb_body_only(call, "name,members");
    if (!nb_failed(call) && exists(app, name)) {
        nb_result(call, ERR_EXISTS, "domain");
    }
    if (!nb_failed(call)) {
        set_members(call, app, name, true);
    }
}

static void put_domain(struct nb_call *call)
{
    void *app = nb_app(call, "interest_domains");
    const char *name = nb_param(call, "name");

    nb_body_only(call, "members");
    if (!nb_failed(call) && !nb_body_has(call, "members")) {
        nb_fail(call, 400, "missing", "members", "expected a list");
    }
    if (!nb_failed(call)) {
        set_members(call, app, name, !exists(app, name));
    }
}

static void delete_domain(struct nb_call *call)
{
    void *app = nb_app(call, "interest_domains");

    if (!nb_failed(call)) {
        nb_result(call, interest_domains_remove(app, nb_param(call, "name")), "domain");
    }
}

static void post_member(struct nb_call *call)
{
    void *app = nb_app(call, "interest_domains");
    struct domain_member member =
        parse(call, "member", nb_body_text(call, "member", 1, NETWORK_RULE_TEXT - 1));

    nb_body_only(call, "member");
    if (!nb_failed(call) &&
        nb_result(call, interest_domains_join(app, nb_param(call, "name"), &member), "member")) {
        nb_created(call, json_pack("{s:o}", "member", member_json(&member)));
    }
}

static void delete_member(struct nb_call *call)
{
    void *app = nb_app(call, "interest_domains");
    struct domain_member member = parse(call, "member", nb_param(call, "member"));

    if (!nb_failed(call)) {
        nb_result(call, interest_domains_leave(app, nb_param(call, "name"), &member), "member");
    }
}

/* --- Multicast -------------------------------------------------------------------------------- */

struct groups {
    const struct nb *nb;
    json_t *list;
};

static json_t *ports_json(const struct nb *nb, const struct multicast_listener *ports, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        int64_t left_ns = mono_diff_ns(ports[i].until, nb->params.clock->now);

        json_array_append_new(list, json_pack("{s:o,s:o,s:f}", "dpid", nb_json_dpid(ports[i].dpid),
                                              "port", nb_json_port(ports[i].port), "left_s",
                                              ns_to_s(left_ns)));
    }
    return list;
}

static void add_group(void *aux, const struct ipv6_addr *group,
                      const struct multicast_listener *listeners, size_t n)
{
    struct groups *g = aux;
    char text[PKT_IPV6_TEXT];

    if (pkt_is_mapped(group)) {
        pkt_ipv4_format(pkt_unmap_ipv4(group), text);
    } else {
        pkt_ipv6_format(group, text);
    }
    json_array_append_new(g->list, json_pack("{s:s,s:o}", "group", text, "listeners",
                                             ports_json(g->nb, listeners, n)));
}

/* At most max_groups and max_listeners, so in one page. */
static void get_groups(struct nb_call *call)
{
    const void *app = nb_app(call, "multicast");
    struct groups g = {.nb = call->nb};
    const struct multicast_listener *routers;
    size_t n_routers;

    if (!app) {
        return;
    }
    g.list = json_array();
    multicast_each(app, add_group, &g);
    routers = multicast_routers(app, &n_routers);
    nb_ok(call, json_pack("{s:o,s:o}", "groups", g.list, "routers",
                          ports_json(call->nb, routers, n_routers)));
}

const struct nb_route nb_domains_routes[] = {
    NB_ROW(NB_GET, "/v1/interest-domains", NB_READ, get_domains, "The domains of interest.",
           .query = "limit,after"),
    NB_ROW(NB_POST, "/v1/interest-domains", NB_OPERATE, post_domain,
           "Makes a domain of interest, with members or none.", .body = NB_BODY_JSON),
    NB_ROW(NB_GET, "/v1/interest-domains/{name}", NB_READ, get_domain,
           "One domain with its members, and how large its tree is."),
    NB_ROW(NB_PUT, "/v1/interest-domains/{name}", NB_OPERATE, put_domain,
           "Makes a domain, or gives it other members: all of them or none.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/interest-domains/{name}", NB_OPERATE, delete_domain,
           "Deletes a domain; its members are in none then."),
    NB_ROW(NB_POST, "/v1/interest-domains/{name}/members", NB_OPERATE, post_member,
           "Adds a port or a host to a domain.", .body = NB_BODY_JSON),
    NB_ROW(NB_DELETE, "/v1/interest-domains/{name}/members/{member}", NB_OPERATE, delete_member,
           "Takes a port or a host out of a domain."),
    NB_ROW(NB_GET, "/v1/multicast-groups", NB_READ, get_groups,
           "Who listens to IP multicast groups, and where routers are."),
    {0},
};
