/* Texts to trees. Recursive descent, one function per line of the grammar. */
#include "models/petri/expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/expr_int.h"
#include "models/petri/net.h"

/* Deeper than anybody nests, and far from the end of the stack. */
enum { MAX_DEPTH = 200, MAX_KIDS = 256, MAX_CHAIN = 1000 };

static struct petri_expr *multiset(struct petri_parser *p);
static struct petri_expr *unary(struct petri_parser *p);

static struct petri_expr *node(struct petri_parser *p, enum petri_op op, size_t at, size_t n_kids)
{
    struct petri_expr *e = arena_alloc(&p->net->arena, sizeof *e);

    *e = (struct petri_expr){.op = op, .at = at, .n = n_kids};
    e->kids = n_kids ? arena_calloc(&p->net->arena, n_kids, sizeof(void *)) : NULL;
    return e;
}

static struct petri_expr *pair(struct petri_parser *p, enum petri_op op, size_t at,
                               struct petri_expr *a, struct petri_expr *b)
{
    struct petri_expr *e = node(p, op, at, 2);

    e->kids[0] = a;
    e->kids[1] = b;
    return e;
}

/* --- Primaries ---------------------------------------------------------------------------------- */

static struct petri_expr *number(struct petri_parser *p)
{
    struct petri_expr *e = node(p, PX_CONST, p->at, 0);
    size_t digits = strspn(p->text + p->at, "0123456789");
    const char *s = p->text + p->at;
    char *end;

    errno = 0;
    if (s[digits] == '.' && isdigit((unsigned char)s[digits + 1])) {
        e->op = PX_REAL;
        e->type = &petri_real;
        e->real = strtod(s, &end);
    } else {
        e->type = &petri_int;
        e->value = strtoll(s, &end, 10);
    }
    if (errno || isalnum((unsigned char)*end) || *end == '_') {
        return petri_parse_fail(p, p->at, errno ? "the number is too large" : "expected a number");
    }
    p->at += (size_t)(end - s);
    return e;
}

static struct petri_expr *text_literal(struct petri_parser *p)
{
    struct petri_expr *e = node(p, PX_CONST, p->at, 0);
    const char *from = p->text + p->at + 1;
    const char *end = strchr(from, '\'');

    if (!end) {
        return petri_parse_fail(p, p->at, "the text has no closing '");
    }
    e->type = &petri_string;
    e->value = petri_text_value(&p->net->store, from, (size_t)(end - from));
    p->at += (size_t)(end - from) + 2;
    return e;
}

/* After "(": a tuple, a value in brackets, or (). */
static struct petri_expr *brackets(struct petri_parser *p, size_t at)
{
    struct petri_expr *parts[MAX_KIDS], *e;
    size_t n = 0;

    if (petri_lex_accept(p, ")")) {
        e = node(p, PX_CONST, at, 0);
        e->type = &petri_unit;
        return e;
    }
    do {
        if (n == MAX_KIDS) {
            return petri_parse_fail(p, p->at, "too many parts");
        }
        parts[n++] = multiset(p);
    } while (!p->failed && petri_lex_accept(p, ","));
    if (p->failed || !petri_lex_expect(p, ")", "expected \",\" or \")\"")) {
        return NULL;
    }
    if (n == 1) {
        return parts[0];
    }
    e = node(p, PX_TUPLE, at, n);
    memcpy(e->kids, parts, n * sizeof parts[0]);
    return e;
}

/* After "count(" or "enabled(". */
static struct petri_expr *about_marking(struct petri_parser *p, enum petri_op op, size_t at)
{
    struct petri_expr *e = node(p, op, at, 2);

    e->name = petri_lex_name(p, true);
    e->n = 0;
    if (!e->name) {
        return petri_parse_fail(p, p->at,
                                op == PX_COUNT ? "expected the name of a place"
                                               : "expected the name of a transition");
    }
    if (op == PX_COUNT && petri_lex_accept(p, ",")) {
        e->kids[e->n++] = multiset(p);
        if (!p->failed && petri_lex_accept(p, "|")) {
            e->kids[e->n++] = multiset(p);
        }
    }
    return !p->failed && petri_lex_expect(p, ")", "expected \")\"") ? e : NULL;
}

static struct petri_expr *call(struct petri_parser *p, const char *fn, size_t at)
{
    struct petri_expr *e, *arguments;

    if (strcmp(fn, "count") == 0 || strcmp(fn, "enabled") == 0) {
        return about_marking(p, fn[0] == 'c' ? PX_COUNT : PX_ENABLED, at);
    }
    arguments = brackets(p, at);
    if (p->failed) {
        return NULL;
    }
    e = arguments->op == PX_TUPLE ? arguments : node(p, PX_CALL, at, 1);
    if (e != arguments) {
        e->kids[0] = arguments;
    }
    e->op = PX_CALL;
    e->at = at;
    e->name = fn;
    return e;
}

static struct petri_expr *constant(struct petri_parser *p, size_t at, const struct petri_type *type,
                                   int64_t value)
{
    struct petri_expr *e = node(p, PX_CONST, at, 0);

    e->type = type;
    e->value = value;
    return e;
}

static bool is_keyword(const char *word)
{
    static const char *const words[] = {"if", "then", "else", "for", "in",
                                        "do", "and",  "or",   "not", "mod"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static struct petri_expr *named(struct petri_parser *p, size_t at)
{
    const char *word = petri_lex_name(p, false);
    struct petri_expr *e;

    if (is_keyword(word)) {
        return petri_parse_fail(p, at, "expected a value");
    }
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        return constant(p, at, &petri_bool, word[0] == 't');
    }
    if (petri_lex_accept(p, "(")) {
        return call(p, word, at);
    }
    e = node(p,
             strcmp(word, "_") == 0       ? PX_WILD
             : strcmp(word, "empty") == 0 ? PX_EMPTY
                                          : PX_NAME,
             at, 0);
    e->name = word;
    return e;
}

static struct petri_expr *primary(struct petri_parser *p)
{
    char c = petri_lex_peek(p);
    size_t at = p->at;

    if (isdigit((unsigned char)c)) {
        return number(p);
    }
    if (c == '\'') {
        return text_literal(p);
    }
    if (petri_lex_accept(p, "(")) {
        return brackets(p, at);
    }
    if (isalpha((unsigned char)c) || c == '_') {
        return named(p, at);
    }
    return petri_parse_fail(p, at, c ? "expected a value" : "expected a value, found the end");
}

static struct petri_expr *postfix(struct petri_parser *p)
{
    struct petri_expr *e = primary(p), *field;
    size_t digits;

    while (!p->failed && petri_lex_peek(p) == '.' && p->text[p->at + 1] != '.' &&
           petri_lex_accept(p, ".")) {
        field = node(p, PX_FIELD, p->at, 1);
        field->kids[0] = e;
        digits = strspn(p->text + p->at, "0123456789");
        if (digits > 0 && digits < 4) {
            field->value = strtol(p->text + p->at, NULL, 10);
            p->at += digits;
        } else if (!(field->name = petri_lex_name(p, false))) {
            return petri_parse_fail(p, p->at, "expected the name or the number of a field");
        }
        e = field;
    }
    return e;
}

/* --- Operators ---------------------------------------------------------------------------------- */

static struct petri_expr *prefix(struct petri_parser *p, enum petri_op op, size_t at,
                                 struct petri_expr *(*next)(struct petri_parser *))
{
    struct petri_expr *e = node(p, op, at, 1);

    if (++p->depth > MAX_DEPTH) {
        return petri_parse_fail(p, at, "nested too deeply");
    }
    e->kids[0] = next(p);
    p->depth--;
    return e;
}

static struct petri_expr *unary(struct petri_parser *p)
{
    petri_lex_peek(p);
    size_t at = p->at;

    return petri_lex_accept(p, "-") ? prefix(p, PX_NEG, at, unary) : postfix(p);
}

struct binary {
    const char *mark;
    enum petri_op op;
};

/* A chain of operators of one strength, from the left; "once" for those that do not chain. */
static struct petri_expr *chain(struct petri_parser *p, const struct binary *ops, bool once,
                                struct petri_expr *(*next)(struct petri_parser *))
{
    struct petri_expr *e = next(p);
    const struct binary *op;

    for (int n = 0; !p->failed; n++) {
        petri_lex_peek(p);
        size_t at = p->at;

        /* "++" is no "+". */
        for (op = ops; op->mark; op++) {
            if (strncmp(p->text + p->at, "++", 2) != 0 && petri_lex_accept(p, op->mark)) {
                break;
            }
        }
        if (!op->mark) {
            return e;
        }
        if (n == MAX_CHAIN) {
            return petri_parse_fail(p, at, "too many operators in a row");
        }
        e = pair(p, op->op, at, e, next(p));
        if (once) {
            return e;
        }
    }
    return NULL;
}

static struct petri_expr *product(struct petri_parser *p)
{
    static const struct binary ops[] = {
        {"*", PX_MUL}, {"/", PX_DIV}, {"mod", PX_MOD}, {NULL, PX_MUL}};

    return chain(p, ops, false, unary);
}

static struct petri_expr *sum(struct petri_parser *p)
{
    static const struct binary ops[] = {
        {"+", PX_ADD}, {"-", PX_SUB}, {"^", PX_JOIN}, {NULL, PX_ADD}};

    return chain(p, ops, false, product);
}

static struct petri_expr *compare(struct petri_parser *p)
{
    static const struct binary ops[] = {{"=", PX_EQ},  {"<>", PX_NE}, {"<=", PX_LE}, {"<", PX_LT},
                                        {">=", PX_GE}, {">", PX_GT},  {NULL, PX_EQ}};

    return chain(p, ops, true, sum);
}

static struct petri_expr *negation(struct petri_parser *p)
{
    petri_lex_peek(p);
    size_t at = p->at;

    return petri_lex_accept(p, "not") ? prefix(p, PX_NOT, at, negation) : compare(p);
}

static struct petri_expr *conjunction(struct petri_parser *p)
{
    static const struct binary ops[] = {{"and", PX_AND}, {NULL, PX_AND}};

    return chain(p, ops, false, negation);
}

static struct petri_expr *disjunction(struct petri_parser *p)
{
    static const struct binary ops[] = {{"or", PX_OR}, {NULL, PX_OR}};

    return chain(p, ops, false, conjunction);
}

/* After "for". */
static struct petri_expr *loop(struct petri_parser *p)
{
    struct petri_expr *e = node(p, PX_FOR, p->at - 3, 3);

    e->name = petri_lex_name(p, false);
    if (!e->name || is_keyword(e->name)) {
        return petri_parse_fail(p, p->at, "expected the name of a variable");
    }
    if (!petri_lex_expect(p, "in", "expected \"in\"")) {
        return NULL;
    }
    e->kids[0] = sum(p);
    if (p->failed || !petri_lex_expect(p, "..", "expected \"..\"")) {
        return NULL;
    }
    e->kids[1] = sum(p);
    if (p->failed || !petri_lex_expect(p, "do", "expected \"do\"")) {
        return NULL;
    }
    e->kids[2] = multiset(p);
    return e;
}

static struct petri_expr *value(struct petri_parser *p)
{
    struct petri_expr *e;

    petri_lex_peek(p);
    if (petri_lex_accept(p, "for")) {
        return loop(p);
    }
    if (!petri_lex_accept(p, "if")) {
        return disjunction(p);
    }
    e = node(p, PX_IF, p->at - 2, 3);
    if (++p->depth > MAX_DEPTH) {
        return petri_parse_fail(p, p->at, "nested too deeply");
    }
    e->kids[0] = value(p);
    p->depth--;
    if (p->failed || !petri_lex_expect(p, "then", "expected \"then\"")) {
        return NULL;
    }
    e->kids[1] = multiset(p);
    if (p->failed || !petri_lex_expect(p, "else", "expected \"else\"")) {
        return NULL;
    }
    e->kids[2] = multiset(p);
    return e;
}

static struct petri_expr *item(struct petri_parser *p)
{
    struct petri_expr *e = value(p);

    petri_lex_peek(p);
    size_t at = p->at;

    return !p->failed && petri_lex_accept(p, "`") ? pair(p, PX_ITEM, at, e, value(p)) : e;
}

/* The kids of a sum: as many as a long initial marking has tokens. */
static struct petri_expr *terms(struct petri_parser *p, struct petri_expr *first)
{
    struct petri_expr *e, **kids = xcalloc(4, sizeof *kids);
    size_t n = 1, cap = 4;

    kids[0] = first;
    while (!p->failed && petri_lex_accept(p, "++")) {
        if (n == cap) {
            kids = xreallocarray(kids, cap *= 2, sizeof *kids);
        }
        kids[n++] = item(p);
    }
    e = node(p, PX_SUM, first->at, n);
    memcpy(e->kids, kids, n * sizeof *kids);
    free(kids);
    return e;
}

static struct petri_expr *multiset(struct petri_parser *p)
{
    struct petri_expr *e;

    if (++p->depth > MAX_DEPTH) {
        return petri_parse_fail(p, p->at, "nested too deeply");
    }
    e = item(p);
    if (!p->failed && petri_lex_peek(p) == '+' && p->text[p->at + 1] == '+') {
        e = terms(p, e);
    }
    p->depth--;
    return p->failed ? NULL : e;
}

struct petri_expr *petri_parse(struct petri_net *net, const char *text, void *origin)
{
    struct petri_parser p = {.net = net, .text = text, .origin = origin};
    struct petri_expr *e = multiset(&p);

    if (!p.failed && petri_lex_peek(&p)) {
        petri_parse_fail(&p, p.at, "expected an operator or the end");
    }
    return p.failed ? NULL : e;
}
