/* The expression language of nets: parsed, checked against the colour sets, evaluated.
 *
 *      multiset  = item { "++" item }
 *      item      = value [ "`" value ]               2`x: two tokens x
 *      value     = "if" value "then" multiset "else" multiset
 *                | "for" name "in" sum ".." sum "do" multiset | or
 *      or        = and { "or" and }
 *      and       = not { "and" not }
 *      not       = "not" not | compare
 *      compare   = sum [ ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) sum ]
 *      sum       = product { ( "+" | "-" | "^" ) product }
 *      product   = unary { ( "*" | "/" | "mod" ) unary }
 *      unary     = "-" unary | postfix
 *      postfix   = primary { "." ( name | number ) }
 *      primary   = number | 'text' | name | "_" | "empty" | "()" | "(" multiset { "," multiset } ")"
 *                | name "(" arguments ")"
 *
 * docs/petri.md says what each means. Nothing here prints: complaints go to the function that the net
 * was made with. */
#ifndef TAMBO_MODELS_PETRI_EXPR_H
#define TAMBO_MODELS_PETRI_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/petri/value.h"

struct petri_net;

enum petri_op {
    /* Values. */
    PX_CONST, /* value, of a literal or a constant */
    PX_REAL,  /* real */
    PX_NAME,  /* name, not resolved yet */
    PX_VAR,   /* index of the variable */
    PX_WILD,
    PX_TUPLE,
    PX_FIELD, /* kids[0], index; before the check: name or index + 1 in value */
    PX_NOT,
    PX_NEG,
    PX_AND,
    PX_OR,
    PX_EQ,
    PX_NE,
    PX_LT,
    PX_LE,
    PX_GT,
    PX_GE,
    PX_ADD,
    PX_SUB,
    PX_JOIN, /* Of texts. */
    PX_MUL,
    PX_DIV,
    PX_MOD,
    PX_IF,
    PX_CALL, /* name, not resolved yet */
    PX_MIN,
    PX_MAX,
    /* Times. */
    PX_TIME, /* Whole units. */
    PX_NOW,
    PX_EXPONENTIAL,
    PX_UNIFORM,
    PX_EMPIRICAL, /* index of the samples */
    /* Multisets. */
    PX_EMPTY,
    PX_ITEM, /* kids: count, value */
    PX_SUM,
    PX_FOR, /* name, then index of the variable; kids: first, last, body */
    /* Of a whole marking: queries. */
    PX_COUNT,   /* name, then index of the place; kids: pattern, condition, or none */
    PX_ENABLED, /* name, then index of the transition */
    PX_DEAD,
};

struct petri_expr {
    enum petri_op op;
    const struct petri_type *type; /* After the check; NULL for a multiset. */
    size_t at;                     /* Byte of the text where it begins. */
    int64_t value;
    double real;
    const char *name;
    uint32_t index;
    size_t n;
    struct petri_expr **kids;
};

struct petri_var {
    const char *name;
    const struct petri_type *type;
};

#define PETRI_MAX_VARS 64

struct petri_vars {
    struct petri_var var[PETRI_MAX_VARS];
    size_t n;
};

/* What names mean where an expression stands. */
struct petri_scope {
    struct petri_net *net;
    struct petri_vars *vars;
    void *origin; /* For complaints. */
    bool wild;    /* "_" is allowed. */
    bool random;  /* Delays: random functions and "now" are allowed. */
    bool clock;   /* "now" is allowed. */
    bool marking; /* Queries: count(), enabled() and dead are allowed. */
};

/* Parses "text"; NULL after a complaint. The tree lives as long as the net. */
struct petri_expr *petri_parse(struct petri_net *net, const char *text, void *origin);

/* Resolves and checks a value of "type"; false after a complaint. */
bool petri_check(const struct petri_scope *scope, struct petri_expr *e,
                 const struct petri_type *type);

/* The same for a value of any type, which is in e->type afterwards. */
bool petri_check_any(const struct petri_scope *scope, struct petri_expr *e);

/* The same for a multiset over "type". */
bool petri_check_tokens(const struct petri_scope *scope, struct petri_expr **e,
                        const struct petri_type *type);

/* Makes variables of the unknown names that stand where a token of "type" would be, and of every "_" when
 * "scope" allows none (an anonymous variable). False after a complaint: a variable has two types. */
bool petri_declare(const struct petri_scope *scope, struct petri_expr *e,
                   const struct petri_type *type);

/* Bits of the variables in the expression: all of them, those that a token matched against it binds, and
 * those in parts that are computed. */
uint64_t petri_vars_of(const struct petri_expr *e);
uint64_t petri_own_vars(const struct petri_expr *e);
uint64_t petri_computed_vars(const struct petri_expr *e);

/* Whether "_" is in the expression. */
bool petri_has_wild(const struct petri_expr *e);

/* --- Evaluation --------------------------------------------------------------------------------- */

/* Where random numbers come from; "uniform" in (0, 1). */
struct petri_random {
    void *ctx;
    double (*uniform)(void *ctx);
    double (*exponential)(void *ctx, double mean);
};

struct petri_env {
    struct petri_net *net;
    int64_t *vars;
    double now;
    const struct petri_random *random;
    void *marking; /* For queries. */
    uint64_t (*count)(void *marking, uint32_t place, const struct petri_expr *query);
    bool (*enabled)(void *marking, uint32_t transition); /* UINT32_MAX: any. */
    uint64_t rounds;                                     /* Of "for", so far. */
    const char *error; /* Sticky: what went wrong first; a constant text. */
};

/* 0 when env->error is set. */
int64_t petri_eval(const struct petri_expr *e, struct petri_env *env);
double petri_eval_real(const struct petri_expr *e, struct petri_env *env);

typedef void petri_token_fn(void *ctx, int64_t value, uint32_t count);

/* Calls "fn" for each item of a multiset; not at all once env->error is set. */
void petri_eval_tokens(const struct petri_expr *e, struct petri_env *env, petri_token_fn *fn,
                       void *ctx);

/* Matches a token against a pattern: binds the variables that are not in "*bound" (and enters them) and
 * compares the rest. False when they differ. Computed parts whose variables are not bound yet are left
 * out. */
bool petri_match(const struct petri_expr *pattern, int64_t value, struct petri_env *env,
                 uint64_t *bound);

#endif
