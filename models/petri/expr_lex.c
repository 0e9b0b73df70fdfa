/* Words of the expression language. */
#include <ctype.h>
#include <string.h>

#include "models/petri/expr_int.h"
#include "models/petri/net.h"

struct petri_expr *petri_parse_fail(struct petri_parser *p, size_t at, const char *what)
{
    if (!p->failed) {
        petri_complain(p->net, p->origin, at, "%s", what);
    }
    p->failed = true;
    return NULL;
}

/* --- Words -------------------------------------------------------------------------------------- */

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

char petri_lex_peek(struct petri_parser *p)
{
    while (isspace((unsigned char)p->text[p->at])) {
        p->at++;
    }
    return p->text[p->at];
}

/* Whether "mark" stands next; then it is passed. A word ends where a name would. */
bool petri_lex_accept(struct petri_parser *p, const char *mark)
{
    size_t len = strlen(mark);

    petri_lex_peek(p);
    if (strncmp(p->text + p->at, mark, len) != 0 ||
        (in_name(mark[0]) && in_name(p->text[p->at + len]))) {
        return false;
    }
    p->at += len;
    return true;
}

bool petri_lex_expect(struct petri_parser *p, const char *mark, const char *what)
{
    if (petri_lex_accept(p, mark)) {
        return true;
    }
    petri_parse_fail(p, p->at, what);
    return false;
}

static const char *copy(struct petri_parser *p, size_t from, size_t to)
{
    char *s = arena_alloc(&p->net->arena, to - from + 1);

    memcpy(s, p->text + from, to - from);
    return s;
}

/* A name, with dots when "dotted"; NULL when none stands there. */
const char *petri_lex_name(struct petri_parser *p, bool dotted)
{
    size_t from;
    char c = petri_lex_peek(p);

    from = p->at;
    if (!isalpha((unsigned char)c) && c != '_') {
        return NULL;
    }
    while (in_name(p->text[p->at]) ||
           (dotted && p->text[p->at] == '.' && in_name(p->text[p->at + 1]))) {
        p->at++;
    }
    return copy(p, from, p->at);
}
