/* Nets: what they are made of. net_transition.c has the transitions. */
#include "models/petri/net.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/net_int.h"

struct petri_net *petri_net_new(petri_complain_fn *complain, void *ctx)
{
    struct petri_net *net = xcalloc(1, sizeof *net);

    net->complain = complain;
    net->complain_ctx = ctx;
    petri_add_type(net, &petri_unit);
    petri_add_type(net, &petri_bool);
    petri_add_type(net, &petri_int);
    petri_add_type(net, &petri_string);
    return net;
}

void petri_net_free(struct petri_net *net)
{
    if (!net) {
        return;
    }
    for (size_t i = 0; i < net->n_transitions; i++) {
        free(net->transitions[i].items);
        free(net->transitions[i].inhibitors);
        free(net->transitions[i].outs);
        free(net->transitions[i].guards);
    }
    free(net->types);
    free(net->constants);
    free(net->samples);
    free(net->places);
    free(net->transitions);
    free(net->monitors);
    free(net->queries);
    petri_store_fini(&net->store);
    arena_fini(&net->arena);
    free(net);
}

void petri_complain(const struct petri_net *net, void *origin, size_t at, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    net->complain(net->complain_ctx, origin, at, text);
}

void *petri_grow(void *array, size_t n, size_t size)
{
    return n & (n - 1) ? array : xreallocarray(array, n ? 2 * n : 1, size);
}

char *petri_copy(struct petri_net *net, const char *text)
{
    return arena_memdup(&net->arena, text, strlen(text) + 1);
}

bool petri_name_ok(const char *name)
{
    static const char *const words[] = {"if",    "then", "else", "for", "in",   "do",
                                        "and",   "or",   "not",  "mod", "true", "false",
                                        "empty", "time", "now",  "dead"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(name, words[i]) == 0) {
            return false;
        }
    }
    if (!isalpha((unsigned char)*name)) {
        return false;
    }
    while (isalnum((unsigned char)*name) || *name == '_') {
        name++;
    }
    return *name == '\0';
}

/* --- Declarations ------------------------------------------------------------------------------- */

const struct petri_type *petri_add_type(struct petri_net *net, const struct petri_type *type)
{
    struct petri_type *copy = arena_memdup(&net->arena, type, sizeof *type);
    const char **names = NULL;

    copy->name = petri_copy(net, type->name);
    if (type->names) {
        names = arena_calloc(&net->arena, type->n, sizeof *names);
        for (size_t i = 0; i < type->n; i++) {
            names[i] = petri_copy(net, type->names[i]);
        }
    }
    copy->names = names;
    if (type->fields) {
        copy->fields = arena_memdup(&net->arena, type->fields, type->n * sizeof *type->fields);
    }
    net->types = petri_grow(net->types, net->n_types, sizeof *net->types);
    net->types[net->n_types++] = copy;
    return copy;
}

const struct petri_type *petri_find_type(const struct petri_net *net, const char *name)
{
    for (size_t i = 0; i < net->n_types; i++) {
        if (strcmp(net->types[i]->name, name) == 0) {
            return net->types[i];
        }
    }
    return NULL;
}

/* Evaluates what needs no marking, no binding and no time. */
static bool evaluated(struct petri_net *net, const struct petri_expr *e, void *origin,
                      struct petri_constant *c)
{
    struct petri_env env = {.net = net};

    c->type = e->type;
    if (e->type->kind == PETRI_REAL) {
        c->real = petri_eval_real(e, &env);
    } else {
        c->value = petri_eval(e, &env);
    }
    if (env.error) {
        petri_complain(net, origin, e->at, "%s", env.error);
    }
    return !env.error;
}

bool petri_add_constant(struct petri_net *net, const char *name, const char *text, void *origin)
{
    struct petri_scope scope = {.net = net, .origin = origin};
    struct petri_expr *e = petri_parse(net, text, origin);
    struct petri_constant c = {.name = petri_copy(net, name)};

    if (!e || !petri_check_any(&scope, e) || !evaluated(net, e, origin, &c)) {
        return false;
    }
    net->constants = petri_grow(net->constants, net->n_constants, sizeof *net->constants);
    net->constants[net->n_constants++] = c;
    return true;
}

void petri_add_samples(struct petri_net *net, const char *name, const double values[], size_t n)
{
    net->samples = petri_grow(net->samples, net->n_samples, sizeof *net->samples);
    net->samples[net->n_samples++] = (struct petri_samples){
        petri_copy(net, name), arena_memdup(&net->arena, values, n * sizeof values[0]), n};
}

/* --- Places ------------------------------------------------------------------------------------- */

uint32_t petri_add_place(struct petri_net *net, const char *name, const struct petri_type *type,
                         bool timed)
{
    net->places = petri_grow(net->places, net->n_places, sizeof *net->places);
    net->places[net->n_places] =
        (struct petri_place){.name = petri_copy(net, name), .type = type, .timed = timed};
    return (uint32_t)net->n_places++;
}

struct range_check {
    struct petri_net *net;
    const struct petri_type *type;
    bool bad;
};

static void check_range(void *ctx, int64_t value, uint32_t count)
{
    struct range_check *check = ctx;

    (void)count;
    check->bad |= !petri_value_fits(&check->net->store, check->type, value);
}

bool petri_set_initial(struct petri_net *net, uint32_t place, const char *text, void *origin)
{
    struct petri_vars loops = {.n = 0};
    int64_t vars[PETRI_MAX_VARS] = {0};
    struct petri_scope scope = {.net = net, .vars = &loops, .origin = origin};
    struct petri_env env = {.net = net, .vars = vars};
    struct range_check range = {.net = net, .type = net->places[place].type};
    struct petri_expr *e = petri_parse(net, text, origin);

    if (!e || !petri_check_tokens(&scope, &e, range.type)) {
        return false;
    }
    petri_eval_tokens(e, &env, check_range, &range);
    if (env.error || range.bad) {
        petri_complain(net, origin, e->at, "%s",
                       env.error ? env.error : "a number is outside the range of its colour set");
        return false;
    }
    net->places[place].initial = e;
    return true;
}

uint32_t petri_find_place(const struct petri_net *net, const char *name)
{
    for (size_t i = 0; i < net->n_places; i++) {
        if (strcmp(net->places[i].name, name) == 0) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

uint32_t petri_find_transition(const struct petri_net *net, const char *name)
{
    for (size_t i = 0; i < net->n_transitions; i++) {
        if (strcmp(net->transitions[i].name, name) == 0) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

/* --- Monitors and queries ----------------------------------------------------------------------- */

static void add_monitor(struct petri_net *net, const struct petri_monitor *m)
{
    net->monitors = petri_grow(net->monitors, net->n_monitors, sizeof *net->monitors);
    net->monitors[net->n_monitors++] = *m;
}

bool petri_add_value_monitor(struct petri_net *net, const char *name, uint32_t t, const char *text,
                             void *origin)
{
    struct petri_scope scope = {
        .net = net, .vars = &net->transitions[t].vars, .origin = origin, .clock = true};
    struct petri_expr *e = petri_parse(net, text, origin);

    if (!e || !petri_check(&scope, e, &petri_real)) {
        return false;
    }
    add_monitor(net, &(struct petri_monitor){
                         .name = petri_copy(net, name), .from = UINT32_MAX, .to = t, .value = e});
    return true;
}

static struct petri_expr *key(struct petri_net *net, const struct petri_key *k)
{
    struct petri_scope scope = {
        .net = net, .vars = &net->transitions[k->transition].vars, .origin = k->origin};
    struct petri_expr *e = petri_parse(net, k->text, k->origin);

    return e && petri_check_any(&scope, e) ? e : NULL;
}

bool petri_add_between_monitor(struct petri_net *net, const char *name, struct petri_key from,
                               struct petri_key to)
{
    struct petri_expr *a = key(net, &from), *b = key(net, &to);

    if (!a || !b) {
        return false;
    }
    if (!petri_same_type(a->type, b->type) || a->type->kind == PETRI_REAL) {
        petri_complain(net, to.origin, 0, "the two keys are of different colour sets");
        return false;
    }
    add_monitor(net, &(struct petri_monitor){.name = petri_copy(net, name),
                                             .from = from.transition,
                                             .to = to.transition,
                                             .from_key = a,
                                             .value = b});
    return true;
}

static const char *const modes[] = {"reach", "never", "always", "home", "eventually"};

/* The mode that "text" begins with; how many bytes it takes goes to "len". */
static int mode_of(const char *text, size_t *len)
{
    for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++) {
        *len = strlen(modes[i]);
        if (strncmp(text, modes[i], *len) == 0 && (text[*len] == ' ' || text[*len] == '(')) {
            return i;
        }
    }
    return -1;
}

bool petri_add_query(struct petri_net *net, const char *text, void *origin)
{
    struct petri_query q = {.text = petri_copy(net, text)};
    struct petri_scope scope = {
        .net = net, .vars = &q.vars, .origin = origin, .wild = true, .marking = true};
    size_t len;
    int mode = mode_of(text, &len);
    char *rest = petri_copy(net, text);

    if (mode < 0) {
        petri_complain(net, origin, 0, "expected reach, never, always, home or eventually");
        return false;
    }
    memset(rest, ' ', len); /* So that positions are those of the whole text. */
    q.mode = (enum petri_query_mode)mode;
    q.e = petri_parse(net, rest, origin);
    if (!q.e || !petri_check(&scope, q.e, &petri_bool)) {
        return false;
    }
    net->queries = petri_grow(net->queries, net->n_queries, sizeof *net->queries);
    net->queries[net->n_queries++] = q;
    return true;
}
