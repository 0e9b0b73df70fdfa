/* Coloured Petri nets with time: places, transitions, arcs (K. Jensen, L. M. Kristensen, "Coloured Petri
 * Nets", Springer, 2009). A net is flat: whoever reads pages makes one place of a port and its socket.
 *
 * Everything that is wrong with a text goes to the function given to petri_net_new(), with the text's
 * "origin"; the functions then return false and the net is not to be used. */
#ifndef TAMBO_MODELS_PETRI_NET_H
#define TAMBO_MODELS_PETRI_NET_H

#include "models/petri/expr.h"
#include "models/petri/value.h"

struct petri_place {
    const char *name;
    const struct petri_type *type;
    bool timed;                 /* Its tokens may come with a delay. */
    struct petri_expr *initial; /* NULL: empty. */
};

/* A part of an arc into a transition: "count" tokens that match the pattern. */
struct petri_item {
    uint32_t place;
    bool test; /* The tokens stay. */
    uint32_t count;
    struct petri_expr *pattern;
    void *origin;
    uint64_t vars, own, computed; /* See petri_vars_of() and its sisters. */
    bool wild;                    /* Of an inhibitor: several tokens may match. */
    const char *text;             /* Of the whole arc, at its first item; NULL at the others. */
};

#define PETRI_MAX_ITEMS 64

struct petri_out {
    uint32_t place;
    struct petri_expr *tokens;
    struct petri_expr *delay; /* NULL: none but the transition's. */
    void *origin, *delay_origin;
    const char *text, *delay_text; /* As they were given, for pictures. */
};

/* A conjunct of a guard. */
struct petri_guard {
    struct petri_expr *e;
    uint64_t vars;
    void *origin;
};

struct petri_transition {
    const char *name;
    struct petri_vars vars;
    uint64_t chosen; /* Variables that no arc binds: any value of their type. */
    struct petri_item *items;
    struct petri_item *inhibitors; /* Not while "count" tokens match. */
    struct petri_out *outs;
    struct petri_guard *guards;
    struct petri_expr *delay;
    void *delay_origin;
    const char *guard_text, *delay_text; /* As they were given, for pictures; NULL when absent. */
    size_t n_items, n_inhibitors, n_outs, n_guards;
};

struct petri_samples {
    const char *name;
    double *values;
    size_t n;
};

struct petri_constant {
    const char *name;
    const struct petri_type *type;
    int64_t value;
    double real; /* Of a PETRI_REAL. */
};

/* What a simulation measures beside counts: at each occurrence of "to", the value of an expression, or
 * the time since the occurrence of "from" whose key was equal. */
struct petri_monitor {
    const char *name;
    uint32_t from, to; /* Transitions; from is UINT32_MAX for an expression. */
    struct petri_expr *from_key, *value;
};

enum petri_query_mode {
    PETRI_REACH,      /* Some reachable marking has it. */
    PETRI_NEVER,      /* None has. */
    PETRI_ALWAYS,     /* All have. */
    PETRI_HOME,       /* From each, one that has it can be reached. */
    PETRI_EVENTUALLY, /* Every run comes to one that has it. */
};

struct petri_query {
    const char *text;
    enum petri_query_mode mode;
    struct petri_expr *e;
    struct petri_vars vars;
};

typedef void petri_complain_fn(void *ctx, void *origin, size_t at, const char *message);

struct petri_net {
    struct arena arena;
    struct petri_store store;
    petri_complain_fn *complain;
    void *complain_ctx;
    const struct petri_type **types;
    struct petri_constant *constants;
    struct petri_samples *samples;
    struct petri_place *places;
    struct petri_transition *transitions;
    struct petri_monitor *monitors;
    struct petri_query *queries;
    size_t n_types, n_constants, n_samples, n_places, n_transitions, n_monitors, n_queries;
};

struct petri_net *petri_net_new(petri_complain_fn *complain, void *ctx);
void petri_net_free(struct petri_net *net); /* NULL is fine. */

/* Passes a complaint on. */
void petri_complain(const struct petri_net *net, void *origin, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Names are copied. A name begins with a letter and goes on with letters, digits and "_"; the names of
 * places and transitions may have dots. */
bool petri_name_ok(const char *name);

/* Adds a colour set, copied; UNIT, BOOL, INT and STRING are there from the beginning. */
const struct petri_type *petri_add_type(struct petri_net *net, const struct petri_type *type);
const struct petri_type *petri_find_type(const struct petri_net *net, const char *name);

/* A name for a value, an expression without variables. */
bool petri_add_constant(struct petri_net *net, const char *name, const char *text, void *origin);

/* Measured times for empirical(); copied. n > 0. */
void petri_add_samples(struct petri_net *net, const char *name, const double values[], size_t n);

uint32_t petri_add_place(struct petri_net *net, const char *name, const struct petri_type *type,
                         bool timed);

/* Also replaces what was given before. */
bool petri_set_initial(struct petri_net *net, uint32_t place, const char *text, void *origin);

/* Both return UINT32_MAX when there is none. */
uint32_t petri_find_place(const struct petri_net *net, const char *name);
uint32_t petri_find_transition(const struct petri_net *net, const char *name);

/* A transition is begun, gets its parts in any order, and is ended, which checks all of it. */
uint32_t petri_begin(struct petri_net *net, const char *name);
bool petri_in(struct petri_net *net, uint32_t t, uint32_t place, bool test, const char *text,
              void *origin);
bool petri_inhibit(struct petri_net *net, uint32_t t, uint32_t place, const char *text,
                   void *origin);
bool petri_out(struct petri_net *net, uint32_t t, uint32_t place, const char *text, void *origin);
bool petri_out_delay(struct petri_net *net, uint32_t t, const char *text,
                     void *origin); /* The last. */
bool petri_guard(struct petri_net *net, uint32_t t, const char *text, void *origin);
bool petri_delay(struct petri_net *net, uint32_t t, const char *text, void *origin);
bool petri_choose(struct petri_net *net, uint32_t t, const char *name,
                  const struct petri_type *type, void *origin);
bool petri_end(struct petri_net *net, uint32_t t, void *origin);

/* Monitors over transitions that have been ended. */
bool petri_add_value_monitor(struct petri_net *net, const char *name, uint32_t t, const char *text,
                             void *origin);
struct petri_key {
    uint32_t transition;
    const char *text;
    void *origin;
};
bool petri_add_between_monitor(struct petri_net *net, const char *name, struct petri_key from,
                               struct petri_key to);

/* "reach EXPR", "never EXPR", "always EXPR", "home EXPR" or "eventually EXPR". */
bool petri_add_query(struct petri_net *net, const char *text, void *origin);

#endif
