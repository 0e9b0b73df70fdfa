/* What a handler reads: parts of the path, of the query and of the body. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/northbound/nb_route.h"
#include "controller/packet/pkt_addr.h"

/* --- Texts ------------------------------------------------------------------------------------ */

/* Decimal digits only. */
static bool parse_u64(const char *text, uint64_t *out)
{
    char *end;
    unsigned long long v;

    if (!*text || text[strspn(text, "0123456789")]) {
        return false;
    }
    errno = 0;
    v = strtoull(text, &end, 10);
    *out = v;
    return errno == 0;
}

bool nb_dpid_parse(const char *text, dpid_t *out)
{
    char digits[17];
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        if (*p == ':') {
            if (p == text || !p[1] || p[1] == ':') {
                return false;
            }
        } else if (n == 16 || !strchr("0123456789abcdefABCDEF", *p)) {
            return false;
        } else {
            digits[n++] = *p;
        }
    }
    digits[n] = '\0';
    if (n == 0) {
        return false;
    }
    *out = strtoull(digits, NULL, 16);
    return true;
}

/* --- The path --------------------------------------------------------------------------------- */

const char *nb_param(const struct nb_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_params; i++) {
        if (strcmp(call->params[i].name, name) == 0) {
            return call->params[i].value;
        }
    }
    return "";
}

dpid_t nb_param_dpid(struct nb_call *call, const char *name)
{
    dpid_t dpid = 0;

    if (!nb_dpid_parse(nb_param(call, name), &dpid)) {
        nb_fail(call, 400, "bad_value", name,
                "expected a datapath id of up to 16 hexadecimal digits");
    }
    return dpid;
}

struct datapath *nb_param_datapath(struct nb_call *call, const char *name)
{
    dpid_t dpid = nb_param_dpid(call, name);
    struct datapath *dp = nb_failed(call) ? NULL : datapath_find(call->ctl, dpid);

    if (!dp) {
        nb_not_found(call, "switch");
    }
    return dp;
}

struct eth_addr nb_param_eth(struct nb_call *call, const char *name)
{
    struct eth_addr addr = {{0}};

    if (pkt_eth_parse(nb_param(call, name), &addr) != ERR_OK) {
        nb_fail(call, 400, "bad_value", name, "expected an address such as 02:00:00:00:00:0a");
    }
    return addr;
}

uint64_t nb_param_u64(struct nb_call *call, const char *name, uint64_t max)
{
    uint64_t v = 0;

    if (!parse_u64(nb_param(call, name), &v) || v > max) {
        nb_fail(call, 400, "bad_value", name, "expected a number up to %llu",
                (unsigned long long)max);
        return 0;
    }
    return v;
}

/* --- The query -------------------------------------------------------------------------------- */

const char *nb_query(const struct nb_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_query; i++) {
        if (strcmp(call->query[i].name, name) == 0) {
            return call->query[i].value;
        }
    }
    return NULL;
}

uint64_t nb_query_u64(struct nb_call *call, const char *name, uint64_t min, uint64_t max,
                      uint64_t normal)
{
    const char *text = nb_query(call, name);
    uint64_t v = normal;

    if (text && (!parse_u64(text, &v) || v < min || v > max)) {
        nb_fail(call, 400, "bad_query", name, "expected a number from %llu to %llu",
                (unsigned long long)min, (unsigned long long)max);
        return normal;
    }
    return v;
}

bool nb_query_flag(struct nb_call *call, const char *name)
{
    const char *text = nb_query(call, name);

    if (text && strcmp(text, "1") != 0 && strcmp(text, "true") != 0 && strcmp(text, "0") != 0 &&
        strcmp(text, "false") != 0) {
        nb_fail(call, 400, "bad_query", name, "expected true or false");
    }
    return text && (text[0] == '1' || text[0] == 't');
}

/* --- The body --------------------------------------------------------------------------------- */

bool nb_body_has(const struct nb_call *call, const char *key)
{
    return json_object_get(call->body, key) != NULL;
}

/* NULL with an error answer when there is no such member. */
static const json_t *need(struct nb_call *call, const char *key)
{
    const json_t *value = json_object_get(call->body, key);

    if (!value) {
        nb_fail(call, 400, "missing", key, "\"%s\" is needed", key);
    }
    return value;
}

static const char *as_text(struct nb_call *call, const char *key, const json_t *value,
                           size_t min_len, size_t max_len, const char *normal)
{
    const char *text = json_string_value(value);

    if (!value) {
        return normal;
    }
    if (!text || strlen(text) != json_string_length(value) || strlen(text) < min_len ||
        strlen(text) > max_len) {
        nb_fail(call, 400, "bad_value", key, "expected a text of %zu to %zu bytes", min_len,
                max_len);
        return normal;
    }
    return text;
}

const char *nb_body_text(struct nb_call *call, const char *key, size_t min_len, size_t max_len)
{
    return as_text(call, key, need(call, key), min_len, max_len, "");
}

const char *nb_body_text_or(struct nb_call *call, const char *key, size_t max_len,
                            const char *normal)
{
    return as_text(call, key, json_object_get(call->body, key), 0, max_len, normal);
}

static uint64_t as_u64(struct nb_call *call, const char *key, const json_t *value, uint64_t min,
                       uint64_t max, uint64_t normal)
{
    json_int_t v = json_integer_value(value);

    if (!value) {
        return normal;
    }
    if (!json_is_integer(value) || v < 0 || (uint64_t)v < min || (uint64_t)v > max) {
        nb_fail(call, 400, "bad_value", key, "expected a number from %llu to %llu",
                (unsigned long long)min, (unsigned long long)max);
        return normal;
    }
    return (uint64_t)v;
}

uint64_t nb_body_u64(struct nb_call *call, const char *key, uint64_t min, uint64_t max)
{
    return as_u64(call, key, need(call, key), min, max, min);
}

uint64_t nb_body_u64_or(struct nb_call *call, const char *key, uint64_t min, uint64_t max,
                        uint64_t normal)
{
    return as_u64(call, key, json_object_get(call->body, key), min, max, normal);
}

bool nb_body_bool_or(struct nb_call *call, const char *key, bool normal)
{
    const json_t *value = json_object_get(call->body, key);

    if (value && !json_is_boolean(value)) {
        nb_fail(call, 400, "bad_value", key, "expected true or false");
        return normal;
    }
    return value ? json_is_true(value) : normal;
}

uint32_t nb_body_ipv4(struct nb_call *call, const char *key)
{
    const char *text = nb_body_text(call, key, 1, PKT_IPV4_TEXT);
    uint32_t addr = 0;

    if (pkt_ipv4_parse(text, &addr) != ERR_OK) {
        nb_fail(call, 400, "bad_value", key, "expected an address such as 10.0.0.1");
    }
    return addr;
}

struct eth_addr nb_body_eth(struct nb_call *call, const char *key)
{
    const char *text = nb_body_text(call, key, 1, PKT_ETH_TEXT);
    struct eth_addr addr = {{0}};

    if (pkt_eth_parse(text, &addr) != ERR_OK) {
        nb_fail(call, 400, "bad_value", key, "expected an address such as 02:00:00:00:00:0a");
    }
    return addr;
}

dpid_t nb_body_dpid(struct nb_call *call, const char *key)
{
    const char *text = nb_body_text(call, key, 1, 23);
    dpid_t dpid = 0;

    if (!nb_dpid_parse(text, &dpid)) {
        nb_fail(call, 400, "bad_value", key,
                "expected a datapath id of up to 16 hexadecimal digits");
    }
    return dpid;
}

const json_t *nb_body_array_or(struct nb_call *call, const char *key)
{
    const json_t *value = json_object_get(call->body, key);

    if (value && !json_is_array(value)) {
        nb_fail(call, 400, "bad_value", key, "expected a list");
        return NULL;
    }
    return value;
}

static bool is_in(const char *list, const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || strchr(name, ',')) { /* Would be found where no key begins or ends. */
        return false;
    }
    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

void nb_body_only(struct nb_call *call, const char *keys)
{
    const char *key;
    json_t *value;

    json_object_foreach (call->body, key, value) {
        if (!is_in(keys, key)) {
            nb_fail(call, 400, "unknown_key", key, "this key is not known here; known: %s", keys);
        }
    }
}

/* --- Apps ------------------------------------------------------------------------------------- */

void *nb_app(struct nb_call *call, const char *name)
{
    void *state = ctl_module_state(call->ctl, name);

    if (!state) {
        nb_fail(call, 404, "not_running", NULL, "the app \"%s\" does not run", name);
    }
    return state;
}

const char *nb_module_name(const struct nb *nb, uint8_t id)
{
    if (id == UINT8_MAX) {
        return "core";
    }
    return id >= 1 && id <= nb->n_modules ? nb->modules[id - 1] : "?";
}
