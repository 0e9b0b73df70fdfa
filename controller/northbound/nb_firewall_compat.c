/* The firewall at the paths of the original controller, /wm/firewall and /wm/acl. Values are texts; what is
 * wrong is answered by an error, not by 200.
 *
 * What is different: what no rule matches is allowed, as everywhere here. Of rules of /wm/firewall, those with
 * the lower number are asked first, so that number n is priority 65535 - n. Rules of /wm/acl are the ones
 * with PRIORITY_ACL, in the order in which they were made; they must name an address, as in the original. The
 * mask of the local subnet is not asked for: a broadcast is known by its Ethernet address. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "controller/northbound/nb_firewall.h"
#include "controller/northbound/nb_flow_parse.h"
#include "controller/northbound/nb_resources.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_addr.h"

#define APP "firewall"
#define FIREWALL "/wm/firewall"
#define ACL "/wm/acl"
#define PRIORITY_ACL 30000
#define THEIR_PRIORITY 32767 /* When none is given. */

/* --- Reading ------------------------------------------------------------------------------------ */

static bool is_given(const struct nb_call *call, const char *key)
{
    return nb_body_has(call, key);
}

/* Nothing happens when it is absent. */
static void read_field(struct nb_call *call, const char *key, enum of_field field,
                       struct of_match *out)
{
    if (is_given(call, key)) {
        nb_match_add(call, key, field, json_object_get(call->body, key), out);
    }
}

/* A name of 'names', or a number; 'normal' when it is absent. */
struct name {
    const char *name;
    uint16_t value;
};

static uint16_t read_name(struct nb_call *call, const char *key, const struct name *names, size_t n,
                          uint16_t max)
{
    const json_t *value = json_object_get(call->body, key);
    const char *text = json_string_value(value);
    uint64_t v = 0;

    for (size_t i = 0; i < n && text; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            return names[i].value;
        }
    }
    if (value && !nb_number_parse(value, max, &v)) {
        nb_fail(call, 400, "bad_value", key, "expected a name such as \"%s\", or a number",
                names[0].name);
    }
    return (uint16_t)v;
}

static uint16_t read_type(struct nb_call *call)
{
    static const struct name names[] = {{"IPv4", PKT_TYPE_IPV4}, {"ARP", PKT_TYPE_ARP}};

    return read_name(call, "dl-type", names, 2, UINT16_MAX);
}

static uint8_t read_proto(struct nb_call *call)
{
    static const struct name names[] = {{"TCP", PKT_PROTO_TCP},
                                        {"UDP", PKT_PROTO_UDP},
                                        {"ICMP", PKT_PROTO_ICMP},
                                        {"SCTP", PKT_PROTO_SCTP}};

    return (uint8_t)read_name(call, "nw-proto", names, 4, UINT8_MAX);
}

/* Addresses, protocols and ports are those of IPv4. */
static void read_ipv4(struct nb_call *call, struct of_match *out)
{
    bool is_any = is_given(call, "src-ip") || is_given(call, "dst-ip") ||
                  is_given(call, "nw-proto") || is_given(call, "tp-src") ||
                  is_given(call, "tp-dst");

    if (is_any) {
        if (of_match_has(out, OF_FIELD_ETH_TYPE) && out->v.eth_type != PKT_TYPE_IPV4) {
            nb_fail(call, 400, "bad_value", "dl-type", "expected \"IPv4\" with what is of IPv4");
        }
        OF_MATCH_SET(out, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    }
    read_field(call, "src-ip", OF_FIELD_IPV4_SRC, out);
    read_field(call, "dst-ip", OF_FIELD_IPV4_DST, out);
    if (is_given(call, "nw-proto")) {
        OF_MATCH_SET(out, IP_PROTO, ip_proto, read_proto(call));
    }
}

static void read_port(struct nb_call *call, const char *key, bool is_src, struct of_match *out)
{
    uint8_t proto = of_match_has(out, OF_FIELD_IP_PROTO) ? out->v.ip_proto : 0;

    if (!is_given(call, key)) {
        return;
    }
    if (proto == PKT_PROTO_TCP) {
        read_field(call, key, is_src ? OF_FIELD_TCP_SRC : OF_FIELD_TCP_DST, out);
    } else if (proto == PKT_PROTO_UDP) {
        read_field(call, key, is_src ? OF_FIELD_UDP_SRC : OF_FIELD_UDP_DST, out);
    } else if (proto == PKT_PROTO_SCTP) {
        read_field(call, key, is_src ? OF_FIELD_SCTP_SRC : OF_FIELD_SCTP_DST, out);
    } else {
        nb_fail(call, 400, "missing", key, "%s needs nw-proto TCP, UDP or SCTP", key);
    }
}

static enum firewall_action read_action(struct nb_call *call, enum firewall_action normal)
{
    const char *text = nb_body_text_or(call, "action", 16, NULL);

    if (!text) {
        return normal;
    }
    if (strcasecmp(text, "allow") != 0 && strcasecmp(text, "deny") != 0) {
        nb_fail(call, 400, "bad_value", "action", "expected \"ALLOW\" or \"DENY\"");
    }
    return strcasecmp(text, "deny") == 0 ? FIREWALL_DENY : FIREWALL_ALLOW;
}

static uint16_t read_priority(struct nb_call *call)
{
    uint64_t v = THEIR_PRIORITY;

    if (is_given(call, "priority") &&
        !nb_number_parse(json_object_get(call->body, "priority"), UINT16_MAX, &v)) {
        nb_fail(call, 400, "bad_value", "priority", "expected a number from 0 to 65535");
    }
    return (uint16_t)(UINT16_MAX - v);
}

static void read_rule(struct nb_call *call, struct firewall_rule *out)
{
    nb_body_only(call, "switchid,src-inport,src-mac,dst-mac,dl-type,src-ip,dst-ip,nw-proto,tp-src,"
                       "tp-dst,priority,action");
    out->action = read_action(call, FIREWALL_ALLOW); /* As in the original. */
    out->priority = read_priority(call);
    out->has_dpid = is_given(call, "switchid");
    if (out->has_dpid) {
        out->dpid = nb_body_dpid(call, "switchid");
    }
    read_field(call, "src-inport", OF_FIELD_IN_PORT, &out->match);
    read_field(call, "src-mac", OF_FIELD_ETH_SRC, &out->match);
    read_field(call, "dst-mac", OF_FIELD_ETH_DST, &out->match);
    if (is_given(call, "dl-type")) {
        OF_MATCH_SET(&out->match, ETH_TYPE, eth_type, read_type(call));
    }
    read_ipv4(call, &out->match);
    read_port(call, "tp-src", true, &out->match);
    read_port(call, "tp-dst", false, &out->match);
}

static void read_acl(struct nb_call *call, struct firewall_rule *out)
{
    nb_body_only(call, "src-ip,dst-ip,nw-proto,tp-dst,action");
    if (!is_given(call, "src-ip") && !is_given(call, "dst-ip")) {
        nb_fail(call, 400, "missing", "src-ip", "expected src-ip or dst-ip");
    }
    out->action = read_action(call, FIREWALL_DENY);
    out->priority = PRIORITY_ACL;
    read_ipv4(call, &out->match);
    read_port(call, "tp-dst", false, &out->match);
}

static uint32_t read_id(struct nb_call *call)
{
    uint64_t id = 0;

    nb_body_only(call, "ruleid");
    if (!nb_number_parse(json_object_get(call->body, "ruleid"), UINT32_MAX, &id)) {
        nb_fail(call, 400, is_given(call, "ruleid") ? "bad_value" : "missing", "ruleid",
                "expected the number of a rule");
    }
    return (uint32_t)id;
}

/* --- Telling ------------------------------------------------------------------------------------ */

static json_t *prefix_json(const struct of_match *m, enum of_field field)
{
    char text[PKT_IPV4_TEXT];
    bool has = of_match_has(m, field);

    return json_string(pkt_ipv4_format(has ? (uint32_t)of_match_value(m, field).lo : 0, text));
}

static int prefix_len(const struct of_match *m, enum of_field field)
{
    return of_match_has(m, field) ? __builtin_popcountll(of_match_mask(m, field).lo) : 0;
}

/* The port, type or code in it; −1: none. */
static int port_of(const struct of_match *m, bool is_src)
{
    static const enum of_field fields[2][3] = {
        {OF_FIELD_TCP_DST, OF_FIELD_UDP_DST, OF_FIELD_SCTP_DST},
        {OF_FIELD_TCP_SRC, OF_FIELD_UDP_SRC, OF_FIELD_SCTP_SRC}};

    for (size_t i = 0; i < 3; i++) {
        if (of_match_has(m, fields[is_src][i])) {
            return (int)of_match_value(m, fields[is_src][i]).lo;
        }
    }
    return -1;
}

static void set_any(json_t *out, const char *key, bool is_any)
{
    json_object_set_new(out, key, json_boolean(is_any));
}

static int number_of(const struct of_match *m, enum of_field field)
{
    return of_match_has(m, field) ? (int)of_match_value(m, field).lo : 0;
}

static json_t *eth_json(const struct of_match *m, enum of_field field)
{
    return nb_json_eth(eth_addr_from_u64(of_match_has(m, field) ? of_match_value(m, field).lo : 0));
}

static void tell_any(json_t *out, const struct firewall_rule *r)
{
    const struct of_match *m = &r->match;

    set_any(out, "any_dpid", !r->has_dpid);
    set_any(out, "any_in_port", !of_match_has(m, OF_FIELD_IN_PORT));
    set_any(out, "any_dl_src", !of_match_has(m, OF_FIELD_ETH_SRC));
    set_any(out, "any_dl_dst", !of_match_has(m, OF_FIELD_ETH_DST));
    set_any(out, "any_dl_type", !of_match_has(m, OF_FIELD_ETH_TYPE));
    set_any(out, "any_nw_src", !of_match_has(m, OF_FIELD_IPV4_SRC));
    set_any(out, "any_nw_dst", !of_match_has(m, OF_FIELD_IPV4_DST));
    set_any(out, "any_nw_proto", !of_match_has(m, OF_FIELD_IP_PROTO));
    set_any(out, "any_tp_src", port_of(m, true) < 0);
    set_any(out, "any_tp_dst", port_of(m, false) < 0);
}

static json_t *dpid_json(dpid_t d)
{
    return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(d >> 56 & 255),
                        (unsigned)(d >> 48 & 255), (unsigned)(d >> 40 & 255),
                        (unsigned)(d >> 32 & 255), (unsigned)(d >> 24 & 255),
                        (unsigned)(d >> 16 & 255), (unsigned)(d >> 8 & 255), (unsigned)(d & 255));
}

static void tell_rule(void *aux, const struct firewall_info *info)
{
    const struct firewall_rule *r = &info->rule;
    const struct of_match *m = &r->match;
    int src = port_of(m, true), dst = port_of(m, false);
    json_t *out = json_pack(
        "{s:o,s:o,s:i,s:o,s:o,s:i,s:o,s:i,s:o,s:i,s:i,s:i,s:i,s:i,s:s}", "ruleid",
        nb_json_u64(r->id), "dpid", dpid_json(r->has_dpid ? r->dpid : 0), "in_port",
        of_match_has(m, OF_FIELD_IN_PORT) ? number_of(m, OF_FIELD_IN_PORT) : -1, "dl_src",
        eth_json(m, OF_FIELD_ETH_SRC), "dl_dst", eth_json(m, OF_FIELD_ETH_DST), "dl_type",
        number_of(m, OF_FIELD_ETH_TYPE), "nw_src_prefix", prefix_json(m, OF_FIELD_IPV4_SRC),
        "nw_src_maskbits", prefix_len(m, OF_FIELD_IPV4_SRC), "nw_dst_prefix",
        prefix_json(m, OF_FIELD_IPV4_DST), "nw_dst_maskbits", prefix_len(m, OF_FIELD_IPV4_DST),
        "nw_proto", number_of(m, OF_FIELD_IP_PROTO), "tp_src", src < 0 ? 0 : src, "tp_dst",
        dst < 0 ? 0 : dst, "priority", (int)(UINT16_MAX - r->priority), "action",
        r->action == FIREWALL_DENY ? "DENY" : "ALLOW");

    tell_any(out, r);
    json_array_append_new(aux, out);
}

static json_t *address_json(const struct of_match *m, enum of_field field)
{
    char text[PKT_IPV4_TEXT];

    return of_match_has(m, field)
               ? json_sprintf("%s/%d", pkt_ipv4_format((uint32_t)of_match_value(m, field).lo, text),
                              prefix_len(m, field))
               : json_null();
}

static bool is_acl(const struct firewall_rule *rule)
{
    return rule->priority == PRIORITY_ACL;
}

static void tell_acl(void *aux, const struct firewall_info *info)
{
    const struct firewall_rule *r = &info->rule;
    int dst = port_of(&r->match, false);

    if (is_acl(r)) {
        json_array_append_new(aux, json_pack("{s:o,s:o,s:o,s:i,s:i,s:s}", "id", nb_json_u64(r->id),
                                             "nw_src", address_json(&r->match, OF_FIELD_IPV4_SRC),
                                             "nw_dst", address_json(&r->match, OF_FIELD_IPV4_DST),
                                             "nw_proto", number_of(&r->match, OF_FIELD_IP_PROTO),
                                             "tp_dst", dst < 0 ? 0 : dst, "action",
                                             r->action == FIREWALL_DENY ? "DENY" : "ALLOW"));
    }
}

/* --- What they do ------------------------------------------------------------------------------- */

static void list(struct nb_call *call, firewall_each_fn *fn)
{
    const void *app = nb_app(call, APP);
    json_t *out;

    if (!nb_failed(call)) {
        out = json_array();
        firewall_each(app, fn, out);
        nb_ok(call, out);
    }
}

static void get_rules(struct nb_call *call)
{
    list(call, tell_rule);
}

static void get_acl(struct nb_call *call)
{
    list(call, tell_acl);
}

/* The field as it is called here. */
static void name_fault(struct firewall_fault *fault)
{
    static const struct {
        const char *ours, *theirs;
    } names[] = {{"dpid", "switchid"},   {"in_port", "src-inport"}, {"eth_src", "src-mac"},
                 {"eth_dst", "dst-mac"}, {"ipv4_src", "src-ip"},    {"ipv4_dst", "dst-ip"},
                 {"match", "dl-type"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0] && fault->field; i++) {
        if (strcmp(fault->field, names[i].ours) == 0) {
            fault->field = names[i].theirs;
            return;
        }
    }
}

static bool add(struct nb_call *call, void *app, const struct firewall_rule *rule, uint32_t *id)
{
    struct firewall_fault fault = {0};
    enum err err = firewall_add(app, rule, id, &fault);

    name_fault(&fault);
    return nb_firewall_result(call, err, &fault, "");
}

static void post_rule(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    struct firewall_rule rule = {0};
    uint32_t id;

    read_rule(call, &rule);
    if (!nb_failed(call) && add(call, app, &rule, &id)) {
        nb_created(call, json_pack("{s:s,s:o}", "status", "Rule added", "rule-id",
                                   json_sprintf("%" PRIu32, id)));
    }
}

static void post_acl(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    struct firewall_rule rule = {0};
    uint32_t id;

    read_acl(call, &rule);
    if (!nb_failed(call) && add(call, app, &rule, &id)) {
        nb_created(call, json_pack("{s:s,s:o}", "status", "Success! New rule added.", "id",
                                   nb_json_u64(id)));
    }
}

static void delete_one(struct nb_call *call, bool of_acl, const char *status)
{
    void *app = nb_app(call, APP);
    uint32_t id = read_id(call);
    struct firewall_info info;

    if (nb_failed(call)) {
        return;
    }
    if (firewall_find(app, id, &info) || (of_acl && !is_acl(&info.rule))) {
        nb_not_found(call, "rule");
    } else if (nb_result(call, firewall_remove(app, id), "rule")) {
        nb_ok(call, json_pack("{s:s}", "status", status));
    }
}

static void delete_rule(struct nb_call *call)
{
    delete_one(call, false, "Rule deleted");
}

static void delete_acl(struct nb_call *call)
{
    delete_one(call, true, "Success! Rule deleted");
}

static void clear_acl(struct nb_call *call)
{
    void *app = nb_app(call, APP);
    size_t n = 0;

    if (!nb_failed(call) && nb_result(call, firewall_clear(app, is_acl, &n), "rule")) {
        nb_ok(call,
              json_pack("{s:s,s:o}", "status", "Success! All rules deleted", "n", nb_json_u64(n)));
    }
}

static void get_status(struct nb_call *call)
{
    const void *app = nb_app(call, APP);

    if (!nb_failed(call)) {
        nb_ok(call, json_pack("{s:s}", "result",
                              firewall_is_enabled(app) ? "firewall enabled" : "firewall disabled"));
    }
}

static void enable(struct nb_call *call, bool is_enabled)
{
    void *app = nb_app(call, APP);

    if (!nb_failed(call) && nb_result(call, firewall_enable(app, is_enabled), "firewall")) {
        nb_ok(call, json_pack("{s:s,s:s}", "status", "success", "details",
                              is_enabled ? "firewall running" : "firewall stopped"));
    }
}

static void put_enabled(struct nb_call *call)
{
    enable(call, true);
}

static void put_disabled(struct nb_call *call)
{
    enable(call, false);
}

const struct nb_route nb_firewall_compat_routes[] = {
    NB_ROW(NB_GET, FIREWALL "/module/status/json", NB_READ, get_status,
           "Whether the firewall is in force, for clients of long ago."),
    NB_ROW(NB_PUT, FIREWALL "/module/enable/json", NB_OPERATE, put_enabled,
           "Puts the firewall in force, for clients of long ago."),
    NB_ROW(NB_GET, FIREWALL "/module/enable/json", NB_OPERATE, put_enabled,
           "The same, for clients of longer ago."),
    NB_ROW(NB_PUT, FIREWALL "/module/disable/json", NB_OPERATE, put_disabled,
           "Puts the firewall out of force, for clients of long ago."),
    NB_ROW(NB_GET, FIREWALL "/module/disable/json", NB_OPERATE, put_disabled,
           "The same, for clients of longer ago."),
    NB_ROW(NB_GET, FIREWALL "/module/storageRules/json", NB_READ, get_rules,
           "The rules, which are all stored, for clients of long ago."),
    NB_ROW(NB_GET, FIREWALL "/rules/json", NB_READ, get_rules,
           "The rules, for clients of long ago."),
    NB_ROW(NB_POST, FIREWALL "/rules/json", NB_OPERATE, post_rule,
           "Adds a rule, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_DELETE, FIREWALL "/rules/json", NB_OPERATE, delete_rule,
           "Takes a rule away, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_GET, ACL "/rules/json", NB_READ, get_acl,
           "The rules of the access list, for clients of long ago."),
    NB_ROW(NB_POST, ACL "/rules/json", NB_OPERATE, post_acl,
           "Adds a rule to the access list, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_DELETE, ACL "/rules/json", NB_OPERATE, delete_acl,
           "Takes a rule of the access list away, for clients of long ago.", .body = NB_BODY_ANY),
    NB_ROW(NB_GET, ACL "/clear/json", NB_OPERATE, clear_acl,
           "Takes all rules of the access list away, for clients of long ago."),
    {0},
};
