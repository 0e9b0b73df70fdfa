#include "experiments/net_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/nets.h"
#include "experiments/net_read.h"

static void complain(void *ctx, void *origin, size_t at, const char *message)
{
    struct net_file *f = ctx;

    if (origin) {
        conf_complain_inside(origin, at, "%s", message);
    } else {
        fprintf(f->extra_out, "%s: character %zu: %s\n", f->what, at + 1, message);
    }
}

const char *net_text(struct petri_net *net, struct conf_node *node)
{
    const char *text = NULL;
    int64_t number;
    char *copy;

    if (conf_is_text(node)) {
        conf_as_text(node, &text);
        return text;
    }
    if (!conf_as_int(node, 0, INT32_MAX, &number)) {
        return NULL;
    }
    copy = arena_alloc(&net->arena, 24);
    snprintf(copy, 24, "%" PRId64, number);
    return copy;
}

/* --- Colour sets -------------------------------------------------------------------------------- */

const struct petri_type *net_colour(struct petri_net *net, struct conf_node *node)
{
    const char *name;
    const struct petri_type *type;

    if (!conf_as_text(node, &name)) {
        return NULL;
    }
    type = petri_find_type(net, name);
    if (!type) {
        conf_complain(node, "there is no colour set %s above", name);
    }
    return type;
}

static void read_names(struct petri_net *net, struct conf_node *list, struct petri_type *type)
{
    const char **names = arena_calloc(&net->arena, conf_size(list) + 1, sizeof *names);

    for (struct conf_node *n = conf_first(list); n; n = conf_next(n)) {
        if (!conf_as_text(n, &names[type->n])) {
            continue;
        }
        if (!petri_name_ok(names[type->n])) {
            conf_complain(n, "\"%s\" cannot be a name", names[type->n]);
        }
        type->n++;
    }
    if (type->n == 0) {
        conf_complain(list, "expected one name at least");
    }
    type->kind = PETRI_ENUM;
    type->names = names;
}

/* A record's fields have keys, a product's have none. */
static void read_fields(struct petri_net *net, struct conf_node *parent, bool record,
                        struct petri_type *type)
{
    size_t n = conf_size(parent);
    const struct petri_type **fields = arena_calloc(&net->arena, n + 1, sizeof *fields);
    const char **names = arena_calloc(&net->arena, n + 1, sizeof *names);

    for (struct conf_node *c = conf_first(parent); c; c = conf_next(c)) {
        names[type->n] = record ? conf_key(c) : NULL;
        if ((fields[type->n] = net_colour(net, c))) {
            type->n++;
        }
    }
    if (n < 2 || n > 256) {
        conf_complain(parent, "expected 2 to 256 fields");
    }
    type->kind = PETRI_TUPLE;
    type->fields = fields;
    type->names = record ? names : NULL;
}

static void read_range(struct conf_node *list, struct petri_type *type)
{
    struct conf_node *lo = conf_first(list), *hi = lo ? conf_next(lo) : NULL;

    type->kind = PETRI_INT;
    if (conf_size(list) != 2) {
        conf_complain(list, "expected [least, greatest]");
    } else if (conf_as_int(lo, INT64_MIN, INT64_MAX, &type->lo)) {
        conf_as_int(hi, type->lo, INT64_MAX, &type->hi);
    }
}

static void read_alias(struct petri_net *net, struct conf_node *node, struct petri_type *type)
{
    const struct petri_type *other = net_colour(net, node);
    const char *name = type->name;

    if (other) {
        *type = *other;
        type->name = name;
    }
}

static void read_colour(struct petri_net *net, struct conf_node *node)
{
    struct petri_type type = {.name = conf_key(node)};
    struct conf_node *part;

    if (!petri_name_ok(type.name) || petri_find_type(net, type.name)) {
        conf_complain(node, "the name %s is no name or is taken", type.name);
    }
    if (conf_is_text(node)) {
        read_alias(net, node, &type);
    } else if (conf_as_object(node)) {
        if ((part = conf_array(node, "enum"))) {
            read_names(net, part, &type);
        } else if ((part = conf_array(node, "int"))) {
            read_range(part, &type);
        } else if ((part = conf_array(node, "product"))) {
            read_fields(net, part, false, &type);
        } else if ((part = conf_object(node, "record"))) {
            read_fields(net, part, true, &type);
        } else {
            conf_complain(node, "expected one of enum, int, product, record");
        }
        conf_done(node);
    }
    petri_add_type(net, &type);
}

/* --- Constants and samples ---------------------------------------------------------------------- */

/* The value that the command line gives to "name"; NULL when it gives none. */
static const char *changed(const char *const *list, size_t n, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < n; i++) {
        if (strncmp(list[i], name, len) == 0 && list[i][len] == '=') {
            return list[i] + len + 1;
        }
    }
    return NULL;
}

static void read_constants(struct net_file *f, struct conf_node *parent,
                           const struct net_changes *c)
{
    for (struct conf_node *n = conf_first(parent); n; n = conf_next(n)) {
        const char *name = conf_key(n), *text = net_text(f->net, n);
        const char *other = c ? changed(c->constants, c->n_constants, name) : NULL;

        if (!petri_name_ok(name)) {
            conf_complain(n, "\"%s\" cannot be a name", name);
        } else if (other) {
            f->what = name;
            petri_add_constant(f->net, name, other, NULL);
        } else if (text) {
            petri_add_constant(f->net, name, text, n);
        }
    }
    for (size_t i = 0; c && i < c->n_constants; i++) {
        char *name = arena_memdup(&f->net->arena, c->constants[i], strlen(c->constants[i]) + 1);

        /* The document remembers the key. */
        name[strcspn(name, "=")] = '\0';
        if (!strchr(c->constants[i], '=') || !parent || !conf_get(parent, name)) {
            fprintf(f->extra_out, "\"%s\": expected CONSTANT=EXPR, with a constant of the file\n",
                    c->constants[i]);
        }
    }
}

static void read_samples(struct petri_net *net, struct conf_node *parent)
{
    for (struct conf_node *list = conf_first(parent); list; list = conf_next(list)) {
        double *values = xcalloc(conf_size(list) + 1, sizeof *values);
        const char *name = conf_key(list);
        size_t n = 0;

        for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
            n += conf_as_real(v, 0, 1e15, &values[n]);
        }
        if (n == 0 || !petri_name_ok(name)) {
            conf_complain(list, "expected a name and an array of times");
        } else {
            petri_add_samples(net, name, values, n);
        }
        free(values);
    }
}

/* --- Monitors and queries ----------------------------------------------------------------------- */

static uint32_t read_transition(struct petri_net *net, struct conf_node *o, const char *key)
{
    struct conf_node *node = conf_need(o, key, "the path of a transition");
    const char *name;
    uint32_t t = UINT32_MAX;

    if (node && conf_as_text(node, &name)) {
        t = petri_find_transition(net, name);
        if (t == UINT32_MAX) {
            conf_complain(node, "there is no transition %s", name);
        }
    }
    return t;
}

static struct petri_key read_key(struct petri_net *net, struct conf_node *o, const char *at,
                                 const char *key)
{
    struct petri_key k = {.transition = read_transition(net, o, at), .text = "()"};

    if ((k.origin = conf_get(o, key))) {
        k.text = net_text(net, k.origin);
    }
    return k;
}

static void read_monitor(struct petri_net *net, struct conf_node *o)
{
    const char *name = conf_key(o);
    struct conf_node *value;

    if (!conf_as_object(o)) {
        return;
    }
    if (conf_get(o, "from")) {
        struct petri_key from = read_key(net, o, "from", "from_key");
        struct petri_key to = read_key(net, o, "to", "to_key");

        if (from.transition != UINT32_MAX && to.transition != UINT32_MAX && from.text && to.text) {
            petri_add_between_monitor(net, name, from, to);
        }
    } else {
        uint32_t t = read_transition(net, o, "at");
        const char *text =
            (value = conf_need(o, "value", "an expression")) ? net_text(net, value) : NULL;

        if (t != UINT32_MAX && text) {
            petri_add_value_monitor(net, name, t, text, value);
        }
    }
    conf_done(o);
}

static void read_monitors(struct petri_net *net, struct conf_node *parent)
{
    for (struct conf_node *o = conf_first(parent); o; o = conf_next(o)) {
        read_monitor(net, o);
    }
}

static void read_queries(struct net_file *f, struct conf_node *list, const struct net_changes *c)
{
    const char *text;

    for (struct conf_node *n = conf_first(list); n; n = conf_next(n)) {
        if (conf_as_text(n, &text)) {
            petri_add_query(f->net, text, n);
        }
    }
    for (size_t i = 0; c && i < c->n_queries; i++) {
        f->what = c->queries[i];
        petri_add_query(f->net, c->queries[i], NULL);
    }
}

/* --- The whole ---------------------------------------------------------------------------------- */

static void change_initial(struct net_file *f, const struct net_changes *c)
{
    for (size_t i = 0; c && i < c->n_initial; i++) {
        const char *equals = strchr(c->initial[i], '=');
        char *name = xstrdup(c->initial[i]);
        uint32_t place;

        name[strcspn(name, "=")] = '\0';
        place = equals ? petri_find_place(f->net, name) : UINT32_MAX;
        if (place == UINT32_MAX) {
            fprintf(f->extra_out, "\"%s\": expected PLACE=EXPR, with a place of the net\n",
                    c->initial[i]);
        } else {
            f->what = c->initial[i];
            petri_set_initial(f->net, place, equals + 1, NULL);
        }
        free(name);
    }
}

/* Whatever stands below is read only when what stands above is right: else one mistake would be many
 * complaints. */
static bool fine(struct net_file *f)
{
    fflush(f->extra_out);
    return f->extra_size == 0 && conf_doc_n_complaints(f->doc) == 0;
}

static void read_net(struct net_file *f, struct conf_node *root, const struct net_changes *c)
{
    struct conf_node *colours = conf_object(root, "colours");
    struct conf_node *constants = conf_object(root, "constants");
    struct conf_node *samples = conf_object(root, "samples");
    struct conf_node *monitors = conf_object(root, "monitors");
    struct conf_node *queries = conf_array(root, "queries");
    const char *comment;

    conf_text(root, "name", &f->name);
    conf_text(root, "about", &comment);
    conf_text(root, "time_unit", &f->time_unit);
    for (struct conf_node *n = conf_first(colours); n; n = conf_next(n)) {
        read_colour(f->net, n);
    }
    read_constants(f, constants, c);
    read_samples(f->net, samples);
    conf_get(root, "pages");
    conf_get(root, "top");
    conf_done(root);
    if (fine(f)) {
        net_read_pages(f, root);
    }
    if (fine(f)) {
        change_initial(f, c);
        read_monitors(f->net, monitors);
        read_queries(f, queries, c);
    }
}

static void read_doc(struct net_file *f, struct conf_doc *doc, const struct net_changes *c)
{
    *f = (struct net_file){.doc = doc, .name = "", .time_unit = ""};
    f->extra_out = open_memstream(&f->extra, &f->extra_size);
    f->net = petri_net_new(complain, f);
    if (conf_doc_root(doc)) {
        read_net(f, conf_doc_root(doc), c);
    }
}

void net_file_read(struct net_file *f, const char *spec, const struct net_changes *changes)
{
    for (size_t i = 0; i < n_built_in_nets; i++) {
        if (strcmp(built_in_nets[i].name, spec) == 0) {
            net_file_parse(f, spec, built_in_nets[i].text, strlen(built_in_nets[i].text), changes);
            return;
        }
    }
    read_doc(f, conf_doc_read(spec), changes);
}

void net_file_parse(struct net_file *f, const char *name, const char *text, size_t len,
                    const struct net_changes *changes)
{
    read_doc(f, conf_doc_parse(name, text, len), changes);
}

void net_file_fini(struct net_file *f)
{
    petri_net_free(f->net);
    conf_doc_free(f->doc);
    fclose(f->extra_out);
    free(f->extra);
}

bool net_file_ok(const struct net_file *f)
{
    fflush(f->extra_out);
    return f->extra_size == 0 && conf_doc_n_complaints(f->doc) == 0;
}

void net_file_complaints(const struct net_file *f, FILE *out)
{
    conf_doc_print(f->doc, out);
    fflush(f->extra_out);
    fputs(f->extra, out);
}
