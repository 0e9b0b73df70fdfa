/* Transitions: parts are parsed as they come and checked at the end, when all variables are known. */
#include "models/petri/net.h"

#include <string.h>

#include "models/petri/net_int.h"

uint32_t petri_begin(struct petri_net *net, const char *name)
{
    net->transitions = petri_grow(net->transitions, net->n_transitions, sizeof *net->transitions);
    net->transitions[net->n_transitions] = (struct petri_transition){.name = petri_copy(net, name)};
    return (uint32_t)net->n_transitions++;
}

/* --- Arcs --------------------------------------------------------------------------------------- */

/* Splits "2`x" into its number and its pattern. */
static bool counted(struct petri_net *net, struct petri_expr *e, struct petri_item *item)
{
    item->count = 1;
    item->pattern = e;
    if (e->op == PX_SUM || e->op == PX_EMPTY || e->op == PX_IF || e->op == PX_FOR) {
        petri_complain(net, item->origin, e->at, "expected items like 2`x joined by \"++\"");
        return false;
    }
    if (e->op == PX_CONST && e->type->kind == PETRI_INT &&
        net->places[item->place].type->kind == PETRI_UNIT) {
        item->count = e->value > 0 && e->value <= INT32_MAX ? (uint32_t)e->value : 0;
        item->pattern->type = &petri_unit;
        item->pattern->value = 0;
    } else if (e->op == PX_ITEM) {
        const struct petri_expr *k = e->kids[0];
        bool number = k->op == PX_CONST && k->type->kind == PETRI_INT;

        item->count = number && k->value > 0 && k->value <= INT32_MAX ? (uint32_t)k->value : 0;
        item->pattern = e->kids[1];
    }
    if (item->count == 0) {
        petri_complain(net, item->origin, e->at, "expected a number from 1 to 2147483647");
    }
    return item->count > 0;
}

/* "like" is what all items of the arc have; its text goes to the first one. */
static bool add_items(struct petri_net *net, struct petri_expr *e, struct petri_item *like,
                      struct petri_item **items, size_t *n)
{
    struct petri_item item = *like;

    if (e->op == PX_SUM) {
        for (size_t i = 0; i < e->n; i++) {
            if (!add_items(net, e->kids[i], like, items, n)) {
                return false;
            }
        }
        return true;
    }
    if (!counted(net, e, &item)) {
        return false;
    }
    *items = petri_grow(*items, *n, sizeof **items);
    (*items)[(*n)++] = item;
    like->text = NULL;
    return true;
}

bool petri_in(struct petri_net *net, uint32_t t, uint32_t place, bool test, const char *text,
              void *origin)
{
    struct petri_transition *tr = &net->transitions[t];
    struct petri_expr *e = petri_parse(net, text, origin);
    struct petri_item like = {
        .place = place, .test = test, .origin = origin, .text = petri_copy(net, text)};

    return e && add_items(net, e, &like, &tr->items, &tr->n_items);
}

bool petri_inhibit(struct petri_net *net, uint32_t t, uint32_t place, const char *text,
                   void *origin)
{
    struct petri_transition *tr = &net->transitions[t];
    struct petri_expr *e = petri_parse(net, text, origin);
    struct petri_item like = {.place = place, .origin = origin, .text = petri_copy(net, text)};

    return e && add_items(net, e, &like, &tr->inhibitors, &tr->n_inhibitors);
}

bool petri_out(struct petri_net *net, uint32_t t, uint32_t place, const char *text, void *origin)
{
    struct petri_transition *tr = &net->transitions[t];
    struct petri_expr *e = petri_parse(net, text, origin);

    if (!e) {
        return false;
    }
    tr->outs = petri_grow(tr->outs, tr->n_outs, sizeof *tr->outs);
    tr->outs[tr->n_outs++] = (struct petri_out){
        .place = place, .tokens = e, .origin = origin, .text = petri_copy(net, text)};
    return true;
}

bool petri_out_delay(struct petri_net *net, uint32_t t, const char *text, void *origin)
{
    struct petri_transition *tr = &net->transitions[t];
    struct petri_out *out = &tr->outs[tr->n_outs - 1];

    if (!net->places[out->place].timed) {
        petri_complain(net, origin, 0, "place %s is not timed", net->places[out->place].name);
        return false;
    }
    out->delay_origin = origin;
    out->delay_text = petri_copy(net, text);
    return (out->delay = petri_parse(net, text, origin));
}

bool petri_delay(struct petri_net *net, uint32_t t, const char *text, void *origin)
{
    net->transitions[t].delay_origin = origin;
    net->transitions[t].delay_text = petri_copy(net, text);
    return (net->transitions[t].delay = petri_parse(net, text, origin));
}

/* A conjunction becomes its parts: each is tested as soon as its variables are bound. */
static void add_guards(struct petri_transition *tr, struct petri_expr *e, void *origin)
{
    if (e->op == PX_AND) {
        add_guards(tr, e->kids[0], origin);
        add_guards(tr, e->kids[1], origin);
        return;
    }
    tr->guards = petri_grow(tr->guards, tr->n_guards, sizeof *tr->guards);
    tr->guards[tr->n_guards++] = (struct petri_guard){.e = e, .origin = origin};
}

bool petri_guard(struct petri_net *net, uint32_t t, const char *text, void *origin)
{
    struct petri_expr *e = petri_parse(net, text, origin);

    net->transitions[t].guard_text = petri_copy(net, text);
    if (e) {
        add_guards(&net->transitions[t], e, origin);
    }
    return e;
}

bool petri_choose(struct petri_net *net, uint32_t t, const char *name,
                  const struct petri_type *type, void *origin)
{
    struct petri_transition *tr = &net->transitions[t];

    if (!petri_name_ok(name) || tr->vars.n == PETRI_MAX_VARS) {
        petri_complain(net, origin, 0, "%s cannot be the name of a variable", name);
        return false;
    }
    if (petri_type_size(type) == 0) {
        petri_complain(net, origin, 0, "%s has too many values to choose from", type->name);
        return false;
    }
    tr->chosen |= UINT64_C(1) << tr->vars.n;
    tr->vars.var[tr->vars.n++] = (struct petri_var){petri_copy(net, name), type};
    return true;
}

/* --- The check at the end ----------------------------------------------------------------------- */

static bool declare_items(struct petri_scope *scope, struct petri_transition *tr)
{
    bool ok = true;

    for (size_t i = 0; i < tr->n_items; i++) {
        scope->origin = tr->items[i].origin;
        ok &=
            petri_declare(scope, tr->items[i].pattern, scope->net->places[tr->items[i].place].type);
    }
    return ok;
}

static bool check_items(struct petri_scope *scope, struct petri_item *items, size_t n)
{
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        scope->origin = items[i].origin;
        if (!petri_check(scope, items[i].pattern, scope->net->places[items[i].place].type)) {
            ok = false;
            continue;
        }
        items[i].vars = petri_vars_of(items[i].pattern);
        items[i].own = petri_own_vars(items[i].pattern);
        items[i].wild = petri_has_wild(items[i].pattern);
        items[i].computed = petri_computed_vars(items[i].pattern);
    }
    return ok;
}

static bool check_delay(struct petri_scope *scope, struct petri_expr *delay, void *origin)
{
    struct petri_scope timed = *scope;

    timed.origin = origin;
    timed.random = timed.clock = true;
    return !delay || petri_check(&timed, delay, &petri_real);
}

static bool check_rest(struct petri_scope *scope, struct petri_transition *tr)
{
    bool ok = check_delay(scope, tr->delay, tr->delay_origin);

    for (size_t i = 0; i < tr->n_outs; i++) {
        struct petri_out *out = &tr->outs[i];

        scope->origin = out->origin;
        ok &= petri_check_tokens(scope, &out->tokens, scope->net->places[out->place].type);
        ok &= check_delay(scope, out->delay, out->delay_origin);
    }
    for (size_t i = 0; i < tr->n_guards; i++) {
        scope->origin = tr->guards[i].origin;
        ok &= petri_check(scope, tr->guards[i].e, &petri_bool);
        tr->guards[i].vars = ok ? petri_vars_of(tr->guards[i].e) : 0;
    }
    return ok;
}

/* Whether there is an order of the items in which each computed part has its variables: the order in
 * which bind.c goes, taken to its end. */
static bool check_order(struct petri_net *net, const struct petri_transition *tr)
{
    uint64_t bound = tr->chosen;
    bool progress = true;

    while (progress) {
        progress = false;
        for (size_t i = 0; i < tr->n_items; i++) {
            const struct petri_item *item = &tr->items[i];

            if (!(item->computed & ~(bound | item->own)) && (item->vars & ~bound)) {
                bound |= item->vars;
                progress = true;
            }
        }
    }
    for (size_t i = 0; i < tr->n_items; i++) {
        if (tr->items[i].vars & ~bound) {
            petri_complain(
                net, tr->items[i].origin, tr->items[i].pattern->at,
                "no order of the arcs gives this its variables; let another arc bind them");
            return false;
        }
    }
    return true;
}

bool petri_end(struct petri_net *net, uint32_t t, void *origin)
{
    struct petri_transition *tr = &net->transitions[t];
    struct petri_scope scope = {.net = net, .vars = &tr->vars, .origin = origin};
    struct petri_scope pattern = {.net = net, .vars = &tr->vars, .wild = true};

    if (tr->n_items > PETRI_MAX_ITEMS) {
        petri_complain(net, origin, 0, "more than %d arcs into a transition", PETRI_MAX_ITEMS);
        return false;
    }
    return declare_items(&scope, tr) && check_items(&scope, tr->items, tr->n_items) &&
           check_items(&pattern, tr->inhibitors, tr->n_inhibitors) && check_rest(&scope, tr) &&
           check_order(net, tr);
}
