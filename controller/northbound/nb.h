/* The northbound interface: what people and programs ask of the controller.
 *
 * One function answers a request, (method, path, query, body, role) -> (status, JSON), and knows no
 * socket; nb_http.h puts it on connections. The paths are rows of tables, one file nb_<resource>.c for
 * each resource (nb_route.h says how to add one). Most answers are there at once. One for which a switch
 * is asked comes later, and whoever waits for it may cancel.
 *
 * Handlers run between two entries of the core, never inside one. They may call what the core and its
 * apps offer; whoever drives the core runs it afterwards. */
#ifndef TAMBO_NORTHBOUND_NB_H
#define TAMBO_NORTHBOUND_NB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/log.h"
#include "controller/base/mono.h"

struct ctl;
struct ctl_module;
struct nb;
struct nb_call;

/* Who may do what: each role includes those before it. */
enum nb_role {
    NB_NOBODY,  /* Not known: may see whether we are alive. */
    NB_READ,    /* Sees everything. */
    NB_OPERATE, /* Changes what the network does. */
    NB_ADMIN,   /* Changes the controller itself. */
    NB_N_ROLES,
};

/* "read", "operate", "admin"; the parser refuses others. */
const char *nb_role_name(enum nb_role role);
bool nb_role_parse(const char *text, enum nb_role *out);

/* Counters of others, for the status and the metrics: calls 'each' with a group ("live") and a name. */
typedef void nb_counter_fn(void *aux, const char *group, const char *name, uint64_t value);
typedef void nb_counters_fn(void *aux, nb_counter_fn *each, void *each_aux);

/* Draws the graph 'dot' (Graphviz' language; borrowed for the call) and calls 'done' once, perhaps before
 * it returns: with the picture (borrowed), or NULL and why there is none. False: not now. */
typedef void nb_drawn_fn(void *aux, const char *svg, const char *why);
typedef bool nb_draw_fn(void *aux, const char *dot, nb_drawn_fn *done, void *done_aux);

struct nb_request;

/* Told of each request that passes all checks, before its handler is called, and (NULL) after. 'changes':
 * it is one of those that may change something. */
typedef void nb_heard_fn(void *aux, const struct nb_request *request, bool changes);

struct nb_params {
    const char *version;       /* Of the program; borrowed. */
    const struct clock *clock; /* Borrowed. */
    struct log *log;           /* Borrowed; NULL: silent. Its levels can be changed. */
    nb_counters_fn *counters;  /* NULL: none but the core's. */
    void *counters_aux;
    nb_heard_fn *heard; /* NULL: nobody. */
    void *heard_aux;
    nb_draw_fn *draw; /* NULL: there are no pictures. */
    void *draw_aux;
    size_t max_body_bytes; /* A larger body is refused; 0: 1 MiB. */
};

struct nb *nb_new(const struct nb_params *params);

/* After the core; calls that still wait are forgotten. NULL is fine. */
void nb_free(struct nb *nb);

/* Hears the core's events: the last of the modules, with 'nb' as its settings. */
extern const struct ctl_module nb_module;

/* The core that requests are about, and the names of its modules in their order (borrowed), which is
 * that of their ids from 1. */
void nb_serve(struct nb *nb, struct ctl *ctl, const char *const *modules, size_t n_modules);

/* Limits that may change while it runs. */
void nb_set_max_body(struct nb *nb, size_t max_body_bytes);

/* --- Requests --------------------------------------------------------------------------------- */

struct nb_request {
    const char *method;       /* "GET" */
    const char *path;         /* "/v1/hosts", escapes and all. */
    const char *query;        /* What follows '?'; NULL: nothing. */
    const char *content_type; /* NULL: not said. */
    const char *body;
    size_t len;
    enum nb_role role;
    const char *user; /* For the log. */
};

struct nb_answer {
    int status;
    json_t *json;             /* The body as JSON, or... */
    char *text;               /* ...as text (malloc), or neither. */
    const char *content_type; /* Static. */
    unsigned allow;           /* With 405 and OPTIONS: bits 1 << enum nb_method. */
    bool is_stream;           /* The events follow (nb_events.h). */
    uint64_t stream_after;    /* Only those after this one. */
};

enum nb_method { NB_GET, NB_PUT, NB_POST, NB_DELETE, NB_N_METHODS };

/* "GET, PUT" for the bits of 'allow', in 'out' of NB_ALLOW_LEN bytes, which is returned. */
#define NB_ALLOW_LEN 32
const char *nb_allow_text(unsigned allow, char *out);

/* Called once with the answer, which is taken back when it returns. */
typedef void nb_done_fn(void *aux, const struct nb_answer *answer);

/* Answers 'request' (borrowed for the call). NULL when 'done' has been called; else it will be, unless
 * nb_cancel() comes before. */
struct nb_call *nb_handle(struct nb *nb, const struct nb_request *request, nb_done_fn *done,
                          void *aux);
void nb_cancel(struct nb_call *call);

/* The answer with an error of our own: for what is found out before there is a request. */
struct nb_answer nb_error_answer(int status, const char *code, const char *message);
void nb_answer_fini(struct nb_answer *answer);

/* --- The table -------------------------------------------------------------------------------- */

/* A row of the table, for the documentation and its test. */
struct nb_row {
    const char *method, *path, *query, *summary;
    enum nb_role role;
    bool has_body;
};
typedef void nb_each_row_fn(void *aux, const struct nb_row *row);
void nb_each_row(nb_each_row_fn *fn, void *aux);

#endif
