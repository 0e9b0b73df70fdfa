/* Answers: JSON, errors, pages. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_route.h"
#include "controller/openflow/of_types.h"

/* --- Whole answers ---------------------------------------------------------------------------- */

static const char type_json[] = "application/json";

bool nb_failed(const struct nb_call *call)
{
    return call->answer.status >= 400;
}

static void give(struct nb_call *call, int status, json_t *json)
{
    if (nb_failed(call)) {
        json_decref(json);
        return;
    }
    nb_answer_fini(&call->answer);
    call->answer =
        (struct nb_answer){.status = status, .json = json, .content_type = json ? type_json : NULL};
}

void nb_ok(struct nb_call *call, json_t *json)
{
    give(call, 200, json);
}

void nb_created(struct nb_call *call, json_t *json)
{
    give(call, 201, json);
}

void nb_no_content(struct nb_call *call)
{
    give(call, 204, NULL);
}

void nb_text(struct nb_call *call, char *text, const char *content_type)
{
    give(call, 200, NULL);
    if (nb_failed(call)) {
        free(text);
        return;
    }
    call->answer.text = text;
    call->answer.content_type = content_type;
}

void nb_answer_fini(struct nb_answer *answer)
{
    json_decref(answer->json);
    free(answer->text);
    answer->json = NULL;
    answer->text = NULL;
}

/* --- Errors ----------------------------------------------------------------------------------- */

static struct nb_answer error_answer(int status, const char *code, const char *message,
                                     const char *field)
{
    json_t *error = json_object();

    json_object_set_new(error, "code", json_string(code));
    json_object_set_new(error, "message", nb_json_text(message));
    json_object_set_new(error, "field", field ? nb_json_text(field) : json_null());
    return (struct nb_answer){
        .status = status, .json = json_pack("{s:o}", "error", error), .content_type = type_json};
}

struct nb_answer nb_error_answer(int status, const char *code, const char *message)
{
    return error_answer(status, code, message, NULL);
}

void nb_fail(struct nb_call *call, int status, const char *code, const char *field, const char *fmt,
             ...)
{
    char message[NB_MESSAGE_LEN];
    va_list args;

    if (nb_failed(call)) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    nb_answer_fini(&call->answer);
    call->answer = error_answer(status, code, message, field);
}

void nb_not_found(struct nb_call *call, const char *what)
{
    nb_fail(call, 404, "not_found", NULL, "there is no such %s", what);
}

static int status_of(enum err err)
{
    switch (err) {
    case ERR_OK:
        return 204;
    case ERR_NOTFOUND:
        return 404;
    case ERR_EXISTS:
    case ERR_STATE:
    case ERR_UNSUPPORTED:
        return 409;
    case ERR_RANGE:
    case ERR_SYNTAX:
    case ERR_TRUNCATED:
        return 400;
    case ERR_FULL:
    case ERR_NOMEM:
    case ERR_IO:
    case ERR_CLOSED:
    case ERR_TIMEOUT:
        return 503;
    }
    return 500;
}

static const char *code_of(int status)
{
    return status == 404   ? "not_found"
           : status == 409 ? "conflict"
           : status == 400 ? "bad_value"
                           : "unavailable";
}

bool nb_result(struct nb_call *call, enum err err, const char *what)
{
    if (err == ERR_OK) {
        nb_no_content(call);
    } else {
        nb_fail(call, status_of(err), code_of(status_of(err)), NULL, "%s: %s", what, err_text(err));
    }
    return err == ERR_OK;
}

/* --- Pages ------------------------------------------------------------------------------------ */

struct nb_page nb_page_begin(struct nb_call *call)
{
    size_t limit = nb_query_u64(call, "limit", 1, NB_MAX_LIMIT, NB_DEFAULT_LIMIT);

    return (struct nb_page){.list = json_array(),
                            .limit = limit < NB_MAX_PAGE ? limit : NB_MAX_PAGE,
                            .after = nb_query(call, "after")};
}

bool nb_page_wants(struct nb_page *page, const char *key)
{
    if (page->more || (page->after && strcmp(key, page->after) <= 0)) {
        return false;
    }
    if (json_array_size(page->list) >= page->limit) {
        page->more = true;
        return false;
    }
    snprintf(page->last, sizeof page->last, "%s", key);
    return true;
}

void nb_page_end(struct nb_call *call, struct nb_page *page, const char *name)
{
    json_t *next = page->more ? nb_json_text(page->last) : json_null();

    nb_ok(call, json_pack("{s:o,s:o}", name, page->list, "next", next));
}

/* --- Values ----------------------------------------------------------------------------------- */

json_t *nb_json_dpid(dpid_t dpid)
{
    return json_sprintf(DPID_FMT, DPID_ARGS(dpid));
}

json_t *nb_json_eth(struct eth_addr addr)
{
    return json_sprintf(ETH_FMT, ETH_ARGS(addr));
}

json_t *nb_json_ipv4(uint32_t addr)
{
    return json_sprintf(IPV4_FMT, IPV4_ARGS(addr));
}

/* JSON knows no unsigned numbers of 64 bits; a counter does not get there. */
json_t *nb_json_u64(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *nb_json_port(uint32_t port)
{
    switch (port) {
    case OF_PORT_LOCAL:
        return json_string("local");
    case OF_PORT_CONTROLLER:
        return json_string("controller");
    case OF_PORT_FLOOD:
        return json_string("flood");
    case OF_PORT_ALL:
        return json_string("all");
    case OF_PORT_IN_PORT:
        return json_string("in_port");
    case OF_PORT_ANY:
        return json_string("any");
    default:
        return nb_json_u64(port);
    }
}

json_t *nb_json_text(const char *text)
{
    json_t *json = json_string(text);
    char *copy;

    if (json) {
        return json;
    }
    copy = xstrdup(text);
    for (char *p = copy; *p; p++) {
        *p = (unsigned char)*p < 0x80 ? *p : '?';
    }
    json = json_string(copy);
    free(copy);
    return json;
}
