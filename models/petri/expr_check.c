/* Names and types. */
#include "models/petri/expr.h"

#include <string.h>

#include "models/petri/expr_int.h"
#include "models/petri/net.h"

typedef const struct petri_type type;

static type *infer(const struct petri_scope *scope, struct petri_expr *e, type *hint);

/* --- Types -------------------------------------------------------------------------------------- */

static type *want(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    type *found = infer(scope, e, t);

    if (!found || petri_same_type(found, t) ||
        (t->kind == PETRI_REAL && found->kind == PETRI_INT)) {
        return found;
    }
    return petri_check_expected(scope, e, t, found);
}

static type *infer_tuple(const struct petri_scope *scope, struct petri_expr *e, type *hint)
{
    struct petri_type *t = arena_alloc(&scope->net->arena, sizeof *t);
    type **fields = arena_calloc(&scope->net->arena, e->n, sizeof *fields);
    bool fits = hint && hint->kind == PETRI_TUPLE && hint->n == e->n;

    for (size_t i = 0; i < e->n; i++) {
        fields[i] = infer(scope, e->kids[i], fits ? hint->fields[i] : NULL);
        if (!fields[i]) {
            return NULL;
        }
        if (fields[i]->kind == PETRI_REAL) {
            return petri_check_fail(scope, e->kids[i],
                                    "a tuple cannot hold a time with a fraction");
        }
    }
    *t = (struct petri_type){.kind = PETRI_TUPLE, .n = e->n, .fields = fields};
    return fits && petri_same_type(t, hint) ? hint : t;
}

static type *infer_field(const struct petri_scope *scope, struct petri_expr *e)
{
    type *t = infer(scope, e->kids[0], NULL);

    if (!t) {
        return NULL;
    }
    if (t->kind != PETRI_TUPLE) {
        return petri_check_mismatch(scope, e->kids[0], "a record or a product", t);
    }
    for (size_t i = 0; i < t->n; i++) {
        if (e->name ? t->names && strcmp(t->names[i], e->name) == 0 : e->value == (int64_t)i + 1) {
            e->index = (uint32_t)i;
            return t->fields[i];
        }
    }
    if (e->name) {
        return petri_check_fail(scope, e, "there is no field %s", e->name);
    }
    return petri_check_fail(scope, e, "there is no field %d, only 1 to %zu", (int)e->value, t->n);
}

static type *infer_numbers(const struct petri_scope *scope, struct petri_expr *e)
{
    type *result = &petri_int;

    for (size_t i = 0; i < e->n; i++) {
        type *t = infer(scope, e->kids[i], &petri_int);

        if (!t) {
            return NULL;
        }
        if (t->kind != PETRI_INT && (t->kind != PETRI_REAL || e->op == PX_MOD)) {
            return petri_check_mismatch(scope, e->kids[i], "INT", t);
        }
        result = t->kind == PETRI_REAL ? t : result;
    }
    return result;
}

static type *infer_all(const struct petri_scope *scope, struct petri_expr *e, type *kids,
                       type *result)
{
    for (size_t i = 0; i < e->n; i++) {
        if (!want(scope, e->kids[i], kids)) {
            return NULL;
        }
    }
    return result;
}

/* Numbers may be joined to texts. */
static type *infer_join(const struct petri_scope *scope, struct petri_expr *e)
{
    for (size_t i = 0; i < e->n; i++) {
        type *t = infer(scope, e->kids[i], &petri_string);

        if (!t) {
            return NULL;
        }
        if (t->kind != PETRI_STRING && t->kind != PETRI_INT) {
            return petri_check_mismatch(scope, e->kids[i], "STRING or INT", t);
        }
    }
    return &petri_string;
}

static type *infer_equal(const struct petri_scope *scope, struct petri_expr *e)
{
    type *a = infer(scope, e->kids[0], NULL);
    type *b = a ? infer(scope, e->kids[1], a) : NULL;

    if (!a || !b) {
        return NULL;
    }
    if (a->kind == PETRI_REAL || b->kind == PETRI_REAL) {
        return petri_check_fail(scope, e, "times are compared by < or >, not for being equal");
    }
    return petri_same_type(a, b) ? &petri_bool : petri_check_expected(scope, e->kids[1], a, b);
}

static type *infer_if(const struct petri_scope *scope, struct petri_expr *e, type *hint)
{
    type *a;

    if (!want(scope, e->kids[0], &petri_bool) || !(a = infer(scope, e->kids[1], hint))) {
        return NULL;
    }
    return want(scope, e->kids[2], a) ? a : NULL;
}

static type *infer_samples(const struct petri_scope *scope, struct petri_expr *e)
{
    const char *name = e->kids[0]->name;

    if (e->kids[0]->op == PX_NAME) {
        for (uint32_t i = 0; i < scope->net->n_samples; i++) {
            if (strcmp(scope->net->samples[i].name, name) == 0) {
                e->op = PX_EMPIRICAL;
                e->index = i;
                return &petri_real;
            }
        }
    }
    return petri_check_fail(scope, e->kids[0], "expected the name of samples");
}

static type *infer_call(const struct petri_scope *scope, struct petri_expr *e)
{
    static const struct {
        const char *name;
        size_t n;
        enum petri_op op;
        bool random;
    } functions[] = {{"min", 2, PX_MIN, false},
                     {"max", 2, PX_MAX, false},
                     {"exponential", 1, PX_EXPONENTIAL, true},
                     {"uniform", 2, PX_UNIFORM, true},
                     {"empirical", 1, PX_EMPIRICAL, true}};

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, e->name) != 0) {
            continue;
        }
        if (functions[i].random && !scope->random) {
            return petri_check_fail(scope, e, "%s() is for delays", e->name);
        }
        if (e->n != functions[i].n) {
            return petri_check_fail(scope, e, "%s() takes %zu values", e->name, functions[i].n);
        }
        if (functions[i].op == PX_EMPIRICAL) {
            return infer_samples(scope, e);
        }
        e->op = functions[i].op;
        return functions[i].random ? infer_all(scope, e, &petri_real, &petri_real)
                                   : infer_numbers(scope, e);
    }
    return petri_check_fail(scope, e, "unknown function %s()", e->name);
}

/* The pattern's variables are known in the condition and nowhere else. */
static type *infer_count(const struct petri_scope *scope, struct petri_expr *e)
{
    size_t n_vars = scope->vars->n;
    type *t;
    bool ok = true;

    e->index = petri_find_place(scope->net, e->name);
    if (e->index == UINT32_MAX) {
        return petri_check_fail(scope, e, "there is no place %s", e->name);
    }
    t = scope->net->places[e->index].type;
    if (e->n > 0) {
        ok = petri_declare(scope, e->kids[0], t) && want(scope, e->kids[0], t) &&
             (e->n < 2 || want(scope, e->kids[1], &petri_bool));
        for (size_t i = n_vars; i < scope->vars->n; i++) {
            scope->vars->var[i].name = "";
        }
    }
    return ok ? &petri_int : NULL;
}

static type *infer_marking(const struct petri_scope *scope, struct petri_expr *e)
{
    if (!scope->marking) {
        return petri_check_fail(scope, e, "count() and enabled() are for queries");
    }
    if (e->op == PX_COUNT) {
        return infer_count(scope, e);
    }
    e->index = petri_find_transition(scope->net, e->name);
    return e->index != UINT32_MAX
               ? &petri_bool
               : petri_check_fail(scope, e, "there is no transition %s", e->name);
}

static type *infer_op(const struct petri_scope *scope, struct petri_expr *e, type *hint)
{
    switch (e->op) {
    case PX_CONST:
    case PX_REAL:
    case PX_VAR:
        return e->type;
    case PX_NAME:
        return petri_infer_name(scope, e, hint);
    case PX_WILD:
        return scope->wild && hint ? hint : petri_check_fail(scope, e, "\"_\" is for patterns");
    case PX_TUPLE:
        return infer_tuple(scope, e, hint);
    case PX_FIELD:
        return infer_field(scope, e);
    case PX_NOT:
    case PX_AND:
    case PX_OR:
        return infer_all(scope, e, &petri_bool, &petri_bool);
    case PX_EQ:
    case PX_NE:
        return infer_equal(scope, e);
    case PX_LT:
    case PX_LE:
    case PX_GT:
    case PX_GE:
        return infer_numbers(scope, e) ? &petri_bool : NULL;
    case PX_NEG:
    case PX_ADD:
    case PX_SUB:
    case PX_MUL:
    case PX_DIV:
    case PX_MOD:
    case PX_MIN:
    case PX_MAX:
        return infer_numbers(scope, e);
    case PX_JOIN:
        return infer_join(scope, e);
    case PX_IF:
        return infer_if(scope, e, hint);
    case PX_CALL:
        return infer_call(scope, e);
    case PX_COUNT:
    case PX_ENABLED:
        return infer_marking(scope, e);
    case PX_TIME:
        return &petri_int;
    case PX_DEAD:
        return &petri_bool;
    case PX_NOW:
    case PX_EXPONENTIAL:
    case PX_UNIFORM:
    case PX_EMPIRICAL:
        return &petri_real;
    case PX_EMPTY:
    case PX_ITEM:
    case PX_SUM:
    case PX_FOR:
        break;
    }
    return petri_check_fail(scope, e, "expected one value, found a multiset");
}

static type *infer(const struct petri_scope *scope, struct petri_expr *e, type *hint)
{
    e->type = infer_op(scope, e, hint);
    return e->type;
}

bool petri_check(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    return want(scope, e, t);
}

bool petri_check_any(const struct petri_scope *scope, struct petri_expr *e)
{
    return infer(scope, e, NULL);
}

/* --- Multisets ---------------------------------------------------------------------------------- */

/* At places without colours a number n stands for n`(). */
static bool check_plain(const struct petri_scope *scope, struct petri_expr **e)
{
    type *t = infer(scope, *e, &petri_unit);
    struct petri_expr *item;

    if (!t || t->kind == PETRI_UNIT) {
        return t;
    }
    if (t->kind != PETRI_INT) {
        return petri_check_expected(scope, *e, &petri_unit, t);
    }
    item = arena_alloc(&scope->net->arena, sizeof *item);
    *item = (struct petri_expr){.op = PX_ITEM, .at = (*e)->at, .n = 2};
    item->kids = arena_calloc(&scope->net->arena, 2, sizeof(void *));
    item->kids[0] = *e;
    item->kids[1] = arena_alloc(&scope->net->arena, sizeof *item);
    *item->kids[1] = (struct petri_expr){.op = PX_CONST, .type = &petri_unit, .at = (*e)->at};
    *e = item;
    return true;
}

static bool check_for(const struct petri_scope *scope, struct petri_expr *e, type *t)
{
    bool ok;

    if (!want(scope, e->kids[0], &petri_int) || !want(scope, e->kids[1], &petri_int)) {
        return false;
    }
    if (petri_find_var(scope->vars, e->name) != UINT32_MAX ||
        petri_find_constant(scope->net, e->name)) {
        return petri_check_fail(scope, e, "the name %s is taken", e->name);
    }
    ok = petri_declare_var(scope, e, &petri_int) && petri_check_tokens(scope, &e->kids[2], t);
    if (ok) {
        scope->vars->var[e->index].name = ""; /* Known in the body alone. */
    }
    return ok;
}

bool petri_check_tokens(const struct petri_scope *scope, struct petri_expr **e, type *t)
{
    struct petri_expr *x = *e;

    if (x->op == PX_EMPTY) {
        return true;
    }
    if (x->op == PX_FOR) {
        return check_for(scope, x, t);
    }
    if (x->op == PX_ITEM) {
        return want(scope, x->kids[0], &petri_int) && want(scope, x->kids[1], t);
    }
    if (x->op == PX_IF || x->op == PX_SUM) {
        for (size_t i = x->op == PX_IF; i < x->n; i++) {
            if (!petri_check_tokens(scope, &x->kids[i], t)) {
                return false;
            }
        }
        x->type = NULL;
        return x->op == PX_SUM || want(scope, x->kids[0], &petri_bool);
    }
    return t->kind == PETRI_UNIT ? check_plain(scope, e) : want(scope, x, t) != NULL;
}
