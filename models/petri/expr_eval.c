/* Trees to values. */
#include "models/petri/expr.h"

#include <inttypes.h>
#include <string.h>

#include "models/petri/net.h"

/* Of all loops in one evaluation, so that nested ones come to an end, too. */
enum { MAX_ROUNDS = 1000000 };

static int64_t wrong(struct petri_env *env, const char *what)
{
    if (!env->error) {
        env->error = what;
    }
    return 0;
}

static int64_t quotient(struct petri_env *env, enum petri_op op, int64_t a, int64_t b)
{
    if (b == 0) {
        return wrong(env, "division by 0");
    }
    if (b == -1) {
        return op == PX_MOD ? 0 : a == INT64_MIN ? wrong(env, "the number is too large") : -a;
    }
    if (op == PX_DIV) {
        return a / b;
    }
    /* Like the remainder of mathematics: never below 0 for b > 0. */
    return a % b != 0 && (a % b < 0) != (b < 0) ? a % b + b : a % b;
}

static int64_t arithmetic(struct petri_env *env, enum petri_op op, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool over = false;

    if (op == PX_DIV || op == PX_MOD) {
        return quotient(env, op, a, b);
    }
    if (op == PX_ADD) {
        over = __builtin_add_overflow(a, b, &result);
    } else if (op == PX_SUB) {
        over = __builtin_sub_overflow(a, b, &result);
    } else if (op == PX_MUL) {
        over = __builtin_mul_overflow(a, b, &result);
    } else {
        result = (op == PX_MIN) == (a < b) ? a : b;
    }
    return over ? wrong(env, "the number is too large") : result;
}

static bool in_order(enum petri_op op, double a, double b)
{
    return op == PX_LT ? a < b : op == PX_LE ? a <= b : op == PX_GT ? a > b : a >= b;
}

static int64_t comparison(const struct petri_expr *e, struct petri_env *env)
{
    const struct petri_expr *x = e->kids[0], *y = e->kids[1];

    if (x->type->kind == PETRI_REAL || y->type->kind == PETRI_REAL) {
        return in_order(e->op, petri_eval_real(x, env), petri_eval_real(y, env));
    }
    int64_t a = petri_eval(x, env), b = petri_eval(y, env);

    return e->op == PX_LT ? a < b : e->op == PX_LE ? a <= b : e->op == PX_GT ? a > b : a >= b;
}

static int64_t tuple(const struct petri_expr *e, struct petri_env *env)
{
    int64_t fields[256];

    for (size_t i = 0; i < e->n; i++) {
        fields[i] = petri_eval(e->kids[i], env);
    }
    return env->error ? 0 : petri_tuple_value(&env->net->store, fields, e->n);
}

static int64_t field(const struct petri_expr *e, struct petri_env *env)
{
    int64_t whole = petri_eval(e->kids[0], env);

    return env->error ? 0 : petri_fields(&env->net->store, whole)[e->index];
}

/* A text, or a number in "digits". */
static const char *as_text(const struct petri_expr *e, struct petri_env *env, char digits[24])
{
    int64_t value = petri_eval(e, env);

    if (e->type->kind == PETRI_STRING) {
        return env->error ? "" : petri_text(&env->net->store, value);
    }
    snprintf(digits, 24, "%" PRId64, value);
    return digits;
}

static int64_t join(const struct petri_expr *e, struct petri_env *env)
{
    char text[1024], a[24], b[24];
    int n = snprintf(text, sizeof text, "%s%s", as_text(e->kids[0], env, a),
                     as_text(e->kids[1], env, b));

    if (env->error) {
        return 0;
    }
    return n < (int)sizeof text ? petri_text_value(&env->net->store, text, (size_t)n)
                                : wrong(env, "the text is longer than 1023 bytes");
}

static int64_t whole_time(struct petri_env *env)
{
    return env->now < 9e18 ? (int64_t)env->now : wrong(env, "the time is too large");
}

static int64_t negated(struct petri_env *env, int64_t a)
{
    return a == INT64_MIN ? wrong(env, "the number is too large") : -a;
}

int64_t petri_eval(const struct petri_expr *e, struct petri_env *env)
{
    int64_t a;

    switch (e->op) {
    case PX_CONST:
        return e->value;
    case PX_VAR:
        return env->vars[e->index];
    case PX_TUPLE:
        return tuple(e, env);
    case PX_FIELD:
        return field(e, env);
    case PX_NOT:
        return !petri_eval(e->kids[0], env);
    case PX_NEG:
        return negated(env, petri_eval(e->kids[0], env));
    case PX_AND:
        return petri_eval(e->kids[0], env) && petri_eval(e->kids[1], env);
    case PX_OR:
        return petri_eval(e->kids[0], env) || petri_eval(e->kids[1], env);
    case PX_EQ:
    case PX_NE:
        a = petri_eval(e->kids[0], env);
        return (a == petri_eval(e->kids[1], env)) == (e->op == PX_EQ);
    case PX_LT:
    case PX_LE:
    case PX_GT:
    case PX_GE:
        return comparison(e, env);
    case PX_ADD:
    case PX_SUB:
    case PX_MUL:
    case PX_DIV:
    case PX_MOD:
    case PX_MIN:
    case PX_MAX:
        a = petri_eval(e->kids[0], env);
        return arithmetic(env, e->op, a, petri_eval(e->kids[1], env));
    case PX_JOIN:
        return join(e, env);
    case PX_IF:
        return petri_eval(e->kids[petri_eval(e->kids[0], env) ? 1 : 2], env);
    case PX_TIME:
        return whole_time(env);
    case PX_COUNT:
        return (int64_t)env->count(env->marking, e->index, e);
    case PX_ENABLED:
        return env->enabled(env->marking, e->index);
    case PX_DEAD:
        return !env->enabled(env->marking, UINT32_MAX);
    case PX_REAL:
    case PX_NAME:
    case PX_WILD:
    case PX_CALL:
    case PX_NOW:
    case PX_EXPONENTIAL:
    case PX_UNIFORM:
    case PX_EMPIRICAL:
    case PX_EMPTY:
    case PX_ITEM:
    case PX_SUM:
    case PX_FOR:
        break; /* Not among checked values. */
    }
    return 0;
}

/* --- Times -------------------------------------------------------------------------------------- */

static double real_arithmetic(struct petri_env *env, enum petri_op op, double a, double b)
{
    if (op == PX_ADD || op == PX_SUB) {
        return op == PX_ADD ? a + b : a - b;
    }
    if (op == PX_MUL) {
        return a * b;
    }
    if (op == PX_MIN || op == PX_MAX) {
        return (op == PX_MIN) == (a < b) ? a : b;
    }
    return b != 0 ? a / b : (double)wrong(env, "division by 0");
}

static double sample(const struct petri_expr *e, struct petri_env *env)
{
    const struct petri_samples *s = &env->net->samples[e->index];
    size_t i = (size_t)(env->random->uniform(env->random->ctx) * (double)s->n);

    return s->values[i < s->n ? i : s->n - 1];
}

static double draw(const struct petri_expr *e, struct petri_env *env)
{
    double a, b;

    if (e->op == PX_EMPIRICAL) {
        return sample(e, env);
    }
    a = petri_eval_real(e->kids[0], env);
    if (e->op == PX_EXPONENTIAL) {
        return env->random->exponential(env->random->ctx, a);
    }
    b = petri_eval_real(e->kids[1], env);
    return a + (b - a) * env->random->uniform(env->random->ctx);
}

double petri_eval_real(const struct petri_expr *e, struct petri_env *env)
{
    double a;

    if (e->type->kind != PETRI_REAL) {
        return (double)petri_eval(e, env);
    }
    if (e->op == PX_REAL || e->op == PX_NOW) {
        return e->op == PX_REAL ? e->real : env->now;
    }
    if (e->op == PX_EMPIRICAL || e->op == PX_EXPONENTIAL || e->op == PX_UNIFORM) {
        return draw(e, env);
    }
    if (e->op == PX_IF) {
        return petri_eval_real(e->kids[petri_eval(e->kids[0], env) ? 1 : 2], env);
    }
    a = petri_eval_real(e->kids[0], env);
    return e->op == PX_NEG ? -a : real_arithmetic(env, e->op, a, petri_eval_real(e->kids[1], env));
}

/* --- Multisets ---------------------------------------------------------------------------------- */

static void eval_item(const struct petri_expr *e, struct petri_env *env, petri_token_fn *fn,
                      void *ctx)
{
    int64_t count = 1, value;

    if (e->op == PX_ITEM) {
        count = petri_eval(e->kids[0], env);
        e = e->kids[1];
    }
    if (count < 0 || count > INT32_MAX) {
        wrong(env, count < 0 ? "a number of tokens below 0" : "too many tokens");
        return;
    }
    value = petri_eval(e, env);
    if (!env->error && count > 0) {
        fn(ctx, value, (uint32_t)count);
    }
}

static void eval_for(const struct petri_expr *e, struct petri_env *env, petri_token_fn *fn,
                     void *ctx)
{
    int64_t from = petri_eval(e->kids[0], env), to = petri_eval(e->kids[1], env);

    for (int64_t i = from; i <= to && !env->error; i++) {
        if (++env->rounds > MAX_ROUNDS) {
            wrong(env, "more than 1000000 rounds of \"for\"");
            return;
        }
        env->vars[e->index] = i;
        petri_eval_tokens(e->kids[2], env, fn, ctx);
    }
}

void petri_eval_tokens(const struct petri_expr *e, struct petri_env *env, petri_token_fn *fn,
                       void *ctx)
{
    if (env->error || e->op == PX_EMPTY) {
        return;
    }
    if (e->op == PX_FOR) {
        eval_for(e, env, fn, ctx);
    } else if (e->op == PX_SUM) {
        for (size_t i = 0; i < e->n; i++) {
            petri_eval_tokens(e->kids[i], env, fn, ctx);
        }
    } else if (e->op == PX_IF) {
        petri_eval_tokens(e->kids[petri_eval(e->kids[0], env) ? 1 : 2], env, fn, ctx);
    } else {
        eval_item(e, env, fn, ctx);
    }
}

/* --- Patterns ----------------------------------------------------------------------------------- */

static bool match_tuple(const struct petri_expr *pattern, int64_t value, struct petri_env *env,
                        uint64_t *bound)
{
    for (size_t i = 0; i < pattern->n; i++) {
        /* Evaluation may move the store, so the field is read anew each time. */
        int64_t part = petri_fields(&env->net->store, value)[i];

        if (!petri_match(pattern->kids[i], part, env, bound)) {
            return false;
        }
    }
    return true;
}

bool petri_match(const struct petri_expr *pattern, int64_t value, struct petri_env *env,
                 uint64_t *bound)
{
    uint64_t bit;

    if (pattern->op == PX_WILD) {
        return true;
    }
    if (pattern->op == PX_TUPLE) {
        return match_tuple(pattern, value, env, bound);
    }
    if (pattern->op != PX_VAR) {
        return (petri_vars_of(pattern) & ~*bound) || petri_eval(pattern, env) == value;
    }
    bit = UINT64_C(1) << pattern->index;
    if (*bound & bit) {
        return env->vars[pattern->index] == value;
    }
    env->vars[pattern->index] = value;
    *bound |= bit;
    return true;
}
