/* Fields and matches that a client has written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/northbound/nb_flow_parse.h"
#include "controller/packet/pkt_addr.h"

#define VALUE_LEN 128 /* Longer than any value with its mask. */

/* --- Numbers and ports ------------------------------------------------------------------------ */

/* "2385" or "0x951". */
static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    unsigned long long v;

    if (!*digits || digits[strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789")]) {
        return false;
    }
    errno = 0;
    v = strtoull(digits, NULL, is_hex ? 16 : 10);
    if (errno || v > max) {
        return false;
    }
    *out = v;
    return true;
}

static bool parse_port(const char *text, port_no_t *out)
{
    static const char *const names[] = {"in_port", "table",      "normal", "flood",
                                        "all",     "controller", "local",  "any"};
    uint64_t v;

    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = OF_PORT_IN_PORT + i;
            return true;
        }
    }
    if (!parse_number(text, UINT32_MAX, &v)) {
        return false;
    }
    *out = (port_no_t)v;
    return true;
}

/* A text or a whole number as text; false for all else, and for what is too long to be a value. */
static bool as_text(const json_t *json, char out[VALUE_LEN])
{
    const char *text = json_string_value(json);

    if (json_is_integer(json)) {
        snprintf(out, VALUE_LEN, "%lld", (long long)json_integer_value(json));
        return true;
    }
    if (!text || strlen(text) >= VALUE_LEN) {
        return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool nb_number_parse(const json_t *json, uint64_t max, uint64_t *out)
{
    char text[VALUE_LEN];

    return as_text(json, text) && parse_number(text, max, out);
}

bool nb_port_parse(const json_t *json, port_no_t *out)
{
    char text[VALUE_LEN];

    return as_text(json, text) && parse_port(text, out);
}

void nb_label(char out[NB_LABEL_LEN], const char *parent, const char *name)
{
    const char *dot = *parent && *name != '[' ? "." : "";

    if (snprintf(out, NB_LABEL_LEN, "%s%s%s", parent, dot, name) >= NB_LABEL_LEN) {
        memcpy(out + NB_LABEL_LEN - 4, "...", 4); /* Nobody's own keys are that long. */
    }
}

/* --- Values of fields ------------------------------------------------------------------------- */

/* The fields of 32 bits with masks are the IPv4 addresses. */
static bool is_ipv4(const struct of_field_info *info)
{
    return info->bits == 32 && info->maskable;
}

static bool is_port(enum of_field field)
{
    return field == OF_FIELD_IN_PORT || field == OF_FIELD_IN_PHY_PORT ||
           field == OF_FIELD_ACTSET_OUTPUT;
}

static bool parse_ipv6(const char *text, struct of_num *out)
{
    struct ipv6_addr addr;

    if (pkt_ipv6_parse(text, &addr)) {
        return false;
    }
    *out = of_num_load(&addr, sizeof addr);
    return true;
}

static bool parse_eth(const char *text, struct of_num *out)
{
    struct eth_addr addr;

    if (pkt_eth_parse(text, &addr)) {
        return false;
    }
    *out = of_num_load(&addr, sizeof addr);
    return true;
}

static bool parse_ipv4(const char *text, struct of_num *out)
{
    uint32_t addr;

    if (pkt_ipv4_parse(text, &addr)) {
        return false;
    }
    *out = (struct of_num){0, addr};
    return true;
}

static bool parse_plain(enum of_field field, const char *text, struct of_num *out)
{
    const struct of_field_info *info = of_field_info(field);
    port_no_t port;

    if (info->size == ETH_ADDR_LEN) {
        return parse_eth(text, out);
    }
    if (info->bits == 128) {
        return parse_ipv6(text, out);
    }
    if (is_ipv4(info)) {
        return parse_ipv4(text, out);
    }
    *out = (struct of_num){0, 0};
    if (is_port(field)) {
        bool ok = parse_port(text, &port);

        out->lo = ok ? port : 0;
        return ok;
    }
    return parse_number(text, of_num_ones(info->bits).lo, &out->lo);
}

/* A mask like a value, or of an IP address the length of a prefix. */
static bool parse_mask(enum of_field field, const char *text, struct of_num *out)
{
    const struct of_field_info *info = of_field_info(field);
    uint64_t len;

    if (!is_ipv4(info) && info->bits != 128) {
        return parse_plain(field, text, out);
    }
    if (!parse_number(text, info->bits, &len) || text[1] == 'x' || text[1] == 'X') {
        return parse_plain(field, text, out);
    }
    if (is_ipv4(info)) {
        *out = (struct of_num){0, pkt_ipv4_mask((unsigned)len)};
    } else {
        struct ipv6_addr mask = pkt_ipv6_mask((unsigned)len);

        *out = of_num_load(&mask, sizeof mask);
    }
    return true;
}

/* VLAN ids are written without the bit that says that there is a tag, unless they have a mask. */
static bool parse_vid(const char *text, struct nb_field_value *out)
{
    if (strcmp(text, "none") == 0) {
        out->value = (struct of_num){0, OF_VID_NONE};
        return true;
    }
    if (strcmp(text, "any") == 0) {
        out->value = out->mask = (struct of_num){0, OF_VID_PRESENT};
        return true;
    }
    if (!parse_number(text, 4095, &out->value.lo)) {
        return false;
    }
    out->value.lo |= OF_VID_PRESENT;
    return true;
}

static bool parse_value(enum of_field field, char *text, struct nb_field_value *out)
{
    struct of_num ones = of_num_ones(of_field_info(field)->bits);
    char *slash = strchr(text, '/');

    *out = (struct nb_field_value){.mask = ones};
    if (slash) {
        *slash = '\0';
        if (!of_field_info(field)->maskable || !parse_plain(field, text, &out->value) ||
            !parse_mask(field, slash + 1, &out->mask)) {
            return false;
        }
    } else if (!(field == OF_FIELD_VLAN_VID ? parse_vid(text, out)
                                            : parse_plain(field, text, &out->value))) {
        return false;
    }
    out->has_mask = !of_num_eq(out->mask, ones);
    return true;
}

static void describe(enum of_field field, char *out, size_t size)
{
    const struct of_field_info *info = of_field_info(field);

    if (info->size == ETH_ADDR_LEN) {
        snprintf(out, size, "an address such as 02:00:00:00:00:0a");
    } else if (info->bits == 128) {
        snprintf(out, size, "an address such as 2001:db8::1");
    } else if (is_ipv4(info)) {
        snprintf(out, size, "an address such as 10.0.0.1");
    } else if (is_port(field)) {
        snprintf(out, size, "the number or the name of a port");
    } else if (field == OF_FIELD_VLAN_VID) {
        snprintf(out, size, "a VLAN id from 0 to 4095, \"none\" or \"any\"");
    } else {
        snprintf(out, size, "a number from 0 to %llu",
                 (unsigned long long)of_num_ones(info->bits).lo);
    }
}

bool nb_field_parse(struct nb_call *call, const char *label, enum of_field field,
                    const json_t *json, struct nb_field_value *out)
{
    char text[VALUE_LEN], kind[64];

    if (!as_text(json, text) || !parse_value(field, text, out)) {
        describe(field, kind, sizeof kind);
        nb_fail(call, 400, "bad_value", label, "expected %s, %s a mask", kind,
                of_field_info(field)->maskable ? "if need be with '/' and" : "without");
        return false;
    }
    if (!of_num_within(out->value, out->mask)) {
        nb_fail(call, 400, "bad_value", label, "expected no bits in the value outside its mask");
        return false;
    }
    return true;
}

/* --- Matches ---------------------------------------------------------------------------------- */

void nb_match_add(struct nb_call *call, const char *label, enum of_field field, const json_t *json,
                  struct of_match *match)
{
    const struct of_field_info *info = of_field_info(field);
    uint64_t bit = UINT64_C(1) << field;
    struct nb_field_value v;

    if (!nb_field_parse(call, label, field, json, &v) || of_num_is_zero(v.mask)) {
        return;
    }
    match->present |= bit;
    match->masked = v.has_mask ? match->masked | bit : match->masked & ~bit;
    of_num_store((uint8_t *)&match->v + info->offset, info->size, v.value);
    of_num_store((uint8_t *)&match->m + info->offset, info->size, v.mask);
}

/* What a field needs, by how its name begins (OpenFlow 1.3 §7.2.3.7); the first that fits. */
static const char *needs(const char *name)
{
    static const struct {
        const char *prefix, *needs;
    } all[] = {{"in_phy_port", "in_port"},
               {"vlan_pcp", "a vlan_vid that is not none"},
               {"ip_", "eth_type 0x0800 or 0x86dd"},
               {"ipv4_", "eth_type 0x0800"},
               {"tcp_", "ip_proto 6"},
               {"udp_", "ip_proto 17"},
               {"sctp_", "ip_proto 132"},
               {"icmpv4_", "ip_proto 1"},
               {"icmpv6_", "ip_proto 58"},
               {"arp_", "eth_type 0x0806"},
               {"ipv6_nd_target", "icmpv6_type 135 or 136"},
               {"ipv6_nd_sll", "icmpv6_type 135"},
               {"ipv6_nd_tll", "icmpv6_type 136"},
               {"ipv6_", "eth_type 0x86dd"},
               {"mpls_", "eth_type 0x8847 or 0x8848"},
               {"pbb_", "eth_type 0x88e7"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strncmp(name, all[i].prefix, strlen(all[i].prefix)) == 0) {
            return all[i].needs;
        }
    }
    return "packet_type 0 or none";
}

void nb_match_check(struct nb_call *call, const char *where, const struct of_match *match)
{
    char label[NB_LABEL_LEN];
    enum of_field bad;

    if (!nb_failed(call) && !of_match_prereqs_ok(match, &bad)) {
        const char *name = of_field_info(bad)->name;

        nb_label(label, where, name);
        nb_fail(call, 400, "missing", label, "%s needs %s in the match", name, needs(name));
    }
}

void nb_match_parse(struct nb_call *call, const char *where, const json_t *json,
                    struct of_match *out)
{
    char label[NB_LABEL_LEN];
    const char *key;
    json_t *value;

    *out = (struct of_match){0};
    if (json && !json_is_object(json)) {
        nb_fail(call, 400, "bad_value", where, "expected an object with fields and their values");
    }
    json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
        enum of_field field = of_field_find(key);

        nb_label(label, where, key);
        if (field == OF_N_FIELDS) {
            nb_fail(call, 400, "unknown_key", label,
                    "expected a field of OpenFlow such as in_port, eth_dst or ipv4_src");
        } else {
            nb_match_add(call, label, field, value, out);
        }
    }
    nb_match_check(call, where, out);
}
