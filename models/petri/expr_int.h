/* What the files of expr.h share.
 *
 *      expr_lex.c     words
 *      expr_parse.c   trees
 *      expr_names.c   what names mean
 *      expr_check.c   types
 *      expr_eval.c    values */
#ifndef TAMBO_MODELS_PETRI_EXPR_INT_H
#define TAMBO_MODELS_PETRI_EXPR_INT_H

#include "models/petri/expr.h"

struct petri_parser {
    struct petri_net *net;
    const char *text;
    void *origin;
    size_t at;
    int depth;
    bool failed;
};

/* Complains once; always NULL. */
struct petri_expr *petri_parse_fail(struct petri_parser *p, size_t at, const char *what);

/* The next character that is no space. */
char petri_lex_peek(struct petri_parser *p);

/* Whether "mark" stands next; then it is passed. A word ends where a name would. */
bool petri_lex_accept(struct petri_parser *p, const char *mark);

/* The same; it is a complaint when it does not. */
bool petri_lex_expect(struct petri_parser *p, const char *mark, const char *what);

/* A name, with dots when "dotted"; NULL when none stands there. */
const char *petri_lex_name(struct petri_parser *p, bool dotted);

/* Complaints about "e"; always NULL. */
const struct petri_type *petri_check_fail(const struct petri_scope *scope,
                                          const struct petri_expr *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const struct petri_type *petri_check_mismatch(const struct petri_scope *scope,
                                              const struct petri_expr *e, const char *expected,
                                              const struct petri_type *found);
const struct petri_type *petri_check_expected(const struct petri_scope *scope,
                                              const struct petri_expr *e,
                                              const struct petri_type *want,
                                              const struct petri_type *found);

struct petri_constant;

/* UINT32_MAX and NULL when there is none. */
uint32_t petri_find_var(const struct petri_vars *vars, const char *name);
const struct petri_constant *petri_find_constant(const struct petri_net *net, const char *name);

/* Resolves a PX_NAME; its type, NULL after a complaint. */
const struct petri_type *petri_infer_name(const struct petri_scope *scope, struct petri_expr *e,
                                          const struct petri_type *hint);

/* Makes a variable e->name; its number is e->index then. */
bool petri_declare_var(const struct petri_scope *scope, struct petri_expr *e,
                       const struct petri_type *type);

#endif
