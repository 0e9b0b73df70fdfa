/* What names mean, and which variables an expression has. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "models/petri/expr_int.h"
#include "models/petri/net.h"

typedef const struct petri_type type;

const struct petri_type *petri_check_fail(const struct petri_scope *scope,
                                          const struct petri_expr *e, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    petri_complain(scope->net, scope->origin, e->at, "%s", text);
    return NULL;
}

/* "expected A, found B". */
const struct petri_type *petri_check_mismatch(const struct petri_scope *scope,
                                              const struct petri_expr *e, const char *expected,
                                              type *found)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    petri_type_print(out, found);
    fclose(out);
    petri_check_fail(scope, e, "expected %s, found %s", expected, text);
    free(text);
    return NULL;
}

const struct petri_type *petri_check_expected(const struct petri_scope *scope,
                                              const struct petri_expr *e, type *want, type *found)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    petri_type_print(out, want);
    fclose(out);
    petri_check_mismatch(scope, e, text, found);
    free(text);
    return NULL;
}

/* --- Names -------------------------------------------------------------------------------------- */

uint32_t petri_find_var(const struct petri_vars *vars, const char *name)
{
    for (uint32_t i = 0; vars && i < vars->n; i++) {
        if (strcmp(vars->var[i].name, name) == 0) {
            return i;
        }
    }
    return UINT32_MAX;
}

const struct petri_constant *petri_find_constant(const struct petri_net *net, const char *name)
{
    for (size_t i = 0; i < net->n_constants; i++) {
        if (strcmp(net->constants[i].name, name) == 0) {
            return &net->constants[i];
        }
    }
    return NULL;
}

static bool in_enum(type *t, const char *name, int64_t *value)
{
    for (size_t i = 0; t && t->kind == PETRI_ENUM && i < t->n; i++) {
        if (strcmp(t->names[i], name) == 0) {
            *value = (int64_t)i;
            return true;
        }
    }
    return false;
}

/* The enumeration that has "name": the expected one if it does. */
static type *find_enum(const struct petri_net *net, const char *name, type *hint, int64_t *value)
{
    if (in_enum(hint, name, value)) {
        return hint;
    }
    for (size_t i = 0; i < net->n_types; i++) {
        if (in_enum(net->types[i], name, value)) {
            return net->types[i];
        }
    }
    return NULL;
}

const struct petri_type *petri_infer_name(const struct petri_scope *scope, struct petri_expr *e,
                                          type *hint)
{
    const struct petri_constant *constant = petri_find_constant(scope->net, e->name);
    uint32_t var = petri_find_var(scope->vars, e->name);
    type *found;

    if (var != UINT32_MAX) {
        e->op = PX_VAR;
        e->index = var;
        return scope->vars->var[var].type;
    }
    if (constant) {
        e->op = constant->type->kind == PETRI_REAL ? PX_REAL : PX_CONST;
        e->value = constant->value;
        e->real = constant->real;
        return constant->type;
    }
    if ((found = find_enum(scope->net, e->name, hint, &e->value))) {
        e->op = PX_CONST;
        return found;
    }
    if (strcmp(e->name, "time") == 0) {
        e->op = PX_TIME;
        return &petri_int;
    }
    if (strcmp(e->name, "now") == 0 && scope->clock) {
        e->op = PX_NOW;
        return &petri_real;
    }
    if (strcmp(e->name, "dead") == 0 && scope->marking) {
        e->op = PX_DEAD;
        return &petri_bool;
    }
    return petri_check_fail(
        scope, e,
        "unknown name %s: no variable of an arc into this transition, constant or name of "
        "an enumeration",
        e->name);
}

bool petri_declare_var(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    struct petri_vars *vars = scope->vars;

    if (vars->n == PETRI_MAX_VARS) {
        return petri_check_fail(scope, e, "more than %d variables", PETRI_MAX_VARS);
    }
    vars->var[vars->n] = (struct petri_var){e->name, t};
    e->index = (uint32_t)vars->n++;
    return true;
}

static bool declare_name(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    uint32_t var = petri_find_var(scope->vars, e->name);
    int64_t value;

    if (var != UINT32_MAX) {
        return petri_same_type(scope->vars->var[var].type, t) ||
               petri_check_expected(scope, e, t, scope->vars->var[var].type);
    }
    return petri_find_constant(scope->net, e->name) || find_enum(scope->net, e->name, t, &value) ||
           strcmp(e->name, "time") == 0 || petri_declare_var(scope, e, t);
}

bool petri_declare(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    if (e->op == PX_NAME) {
        return declare_name(scope, e, t);
    }
    if (e->op == PX_WILD && !scope->wild) {
        e->op = PX_VAR;
        e->type = t;
        return petri_declare_var(scope, e, t);
    }
    for (size_t i = 0; e->op == PX_TUPLE && t->kind == PETRI_TUPLE && e->n == t->n && i < e->n;
         i++) {
        if (!petri_declare(scope, e->kids[i], t->fields[i])) {
            return false;
        }
    }
    return true;
}

/* --- Variables ---------------------------------------------------------------------------------- */

uint64_t petri_vars_of(const struct petri_expr *e)
{
    uint64_t vars = e->op == PX_VAR ? UINT64_C(1) << e->index : 0;

    for (size_t i = 0; i < e->n; i++) {
        vars |= petri_vars_of(e->kids[i]);
    }
    return vars;
}

uint64_t petri_own_vars(const struct petri_expr *e)
{
    uint64_t vars = e->op == PX_VAR ? UINT64_C(1) << e->index : 0;

    for (size_t i = 0; e->op == PX_TUPLE && i < e->n; i++) {
        vars |= petri_own_vars(e->kids[i]);
    }
    return vars;
}

uint64_t petri_computed_vars(const struct petri_expr *e)
{
    uint64_t vars = 0;

    if (e->op != PX_TUPLE) {
        return e->op == PX_VAR ? 0 : petri_vars_of(e);
    }
    for (size_t i = 0; i < e->n; i++) {
        vars |= petri_computed_vars(e->kids[i]);
    }
    return vars;
}

bool petri_has_wild(const struct petri_expr *e)
{
    for (size_t i = 0; i < e->n; i++) {
        if (petri_has_wild(e->kids[i])) {
            return true;
        }
    }
    return e->op == PX_WILD;
}
