/* Pages: each use of a page becomes places and transitions of its own. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "experiments/net_read.h"

/* A page that contains itself, or many that contain many, end here. */
enum { MAX_DEPTH = 16, MAX_PAGES = 10000, MAX_PLACES = 65536 };

/* What a name of a page means where the page is used. */
struct local {
    const char *name;
    uint32_t place;
};

struct page {
    struct net_file *f;
    struct conf_node *pages; /* All of them. */
    const char *prefix;      /* "" or "switch." */
    struct local *places;
    size_t n_places;
    int depth;
    size_t *n_pages; /* Uses of pages so far. */
};

static void read_page(struct page *page, struct conf_node *node, struct conf_node *bind,
                      const struct page *above);

static bool fine(const struct page *page)
{
    return conf_doc_n_complaints(page->f->doc) == 0;
}

static const char *path(const struct page *page, const char *name, const char *end)
{
    size_t size = strlen(page->prefix) + strlen(name) + strlen(end) + 1;
    char *full = arena_alloc(&page->f->net->arena, size);

    snprintf(full, size, "%s%s%s", page->prefix, name, end);
    return full;
}

static uint32_t find(const struct page *page, const char *name)
{
    for (size_t i = 0; i < page->n_places; i++) {
        if (strcmp(page->places[i].name, name) == 0) {
            return page->places[i].place;
        }
    }
    return UINT32_MAX;
}

/* The place that the key of "node" names on this page. */
static uint32_t named_place(const struct page *page, struct conf_node *node)
{
    const char *name = conf_key(node);
    uint32_t place = find(page, name);

    if (place == UINT32_MAX) {
        conf_complain(node, "there is no place %s on this page", name);
    }
    return place;
}

/* --- Places ------------------------------------------------------------------------------------- */

/* The socket of port "name". */
static uint32_t socket_of(const struct page *above, struct conf_node *bind, struct conf_node *port,
                          const struct petri_type *type)
{
    struct conf_node *socket = bind ? conf_get(bind, conf_key(port)) : NULL;
    const char *name;
    uint32_t place;

    if (!socket) {
        conf_complain(bind ? bind : port, "port %s is bound to no place", conf_key(port));
        return UINT32_MAX;
    }
    if (!conf_as_text(socket, &name)) {
        return UINT32_MAX;
    }
    place = find(above, name);
    if (place == UINT32_MAX) {
        conf_complain(socket, "there is no place %s on this page", name);
    } else if (!petri_same_type(above->f->net->places[place].type, type)) {
        conf_complain(socket, "place %s has colour set %s, the port has %s", name,
                      above->f->net->places[place].type->name, type->name);
        return UINT32_MAX;
    }
    return place;
}

static void read_initial(const struct page *page, struct conf_node *node, uint32_t place,
                         bool bound)
{
    struct conf_node *initial = conf_get(node, "initial");
    const char *text = initial ? net_text(page->f->net, initial) : NULL;

    if (text && bound) {
        conf_complain(initial, "a port has the tokens of the place that it is bound to");
    } else if (text) {
        petri_set_initial(page->f->net, place, text, initial);
    }
}

static uint32_t read_whole_place(const struct page *page, struct conf_node *node,
                                 struct conf_node *bind, const struct page *above)
{
    struct petri_net *net = page->f->net;
    struct conf_node *colour = conf_get(node, "colour");
    const struct petri_type *type = colour ? net_colour(net, colour) : petri_find_type(net, "UNIT");
    bool timed = false, port = false;
    uint32_t place = UINT32_MAX;

    conf_bool(node, "timed", &timed);
    conf_bool(node, "port", &port);
    if (type && port && above) {
        place = socket_of(above, bind, node, type);
    } else if (type) {
        place = petri_add_place(net, path(page, conf_key(node), ""), type, timed);
    }
    if (place != UINT32_MAX) {
        read_initial(page, node, place, port && above);
    }
    conf_done(node);
    return place;
}

/* "A": "INT" is short for "A": {"colour": "INT"}. */
static uint32_t read_place(const struct page *page, struct conf_node *node, struct conf_node *bind,
                           const struct page *above)
{
    const struct petri_type *type;

    if (conf_is_object(node)) {
        return read_whole_place(page, node, bind, above);
    }
    type = net_colour(page->f->net, node);
    return type ? petri_add_place(page->f->net, path(page, conf_key(node), ""), type, false)
                : UINT32_MAX;
}

static void read_places(struct page *page, struct conf_node *list, struct conf_node *bind,
                        const struct page *above)
{
    page->places = xcalloc(conf_size(list) + 1, sizeof *page->places);
    for (struct conf_node *n = conf_first(list); n; n = conf_next(n)) {
        const char *name = conf_key(n);
        uint32_t place = UINT32_MAX;

        if (!petri_name_ok(name) || page->f->net->n_places == MAX_PLACES) {
            conf_complain(n, "\"%s\" cannot be a name, or there are too many places", name);
        } else {
            place = read_place(page, n, bind, above);
        }
        if (place != UINT32_MAX) {
            page->places[page->n_places++] = (struct local){name, place};
        }
    }
}

/* --- Transitions -------------------------------------------------------------------------------- */

enum arc { IN, TEST, INHIBIT };

static void read_arcs(const struct page *page, struct conf_node *o, const char *key, enum arc kind,
                      uint32_t t)
{
    struct petri_net *net = page->f->net;

    for (struct conf_node *n = conf_first(conf_object(o, key)); n; n = conf_next(n)) {
        uint32_t place = named_place(page, n);
        const char *text = net_text(net, n);

        if (place == UINT32_MAX || !text) {
            continue;
        }
        if (kind == INHIBIT) {
            petri_inhibit(net, t, place, text, n);
        } else {
            petri_in(net, t, place, kind == TEST, text, n);
        }
    }
}

/* "B": "x", or "B": {"tokens": "x", "delay": "2.5"}. */
static void read_out(const struct page *page, struct conf_node *n, uint32_t t)
{
    struct petri_net *net = page->f->net;
    uint32_t place = named_place(page, n);
    struct conf_node *tokens = n, *delay = NULL;
    const char *text;

    if (conf_is_object(n)) {
        tokens = conf_need(n, "tokens", "an expression");
        delay = conf_get(n, "delay");
        conf_done(n);
    }
    text = tokens ? net_text(net, tokens) : NULL;
    if (place == UINT32_MAX || !text || !petri_out(net, t, place, text, tokens) || !delay) {
        return;
    }
    if ((text = net_text(net, delay))) {
        petri_out_delay(net, t, text, delay);
    }
}

static void read_choices(const struct page *page, struct conf_node *o, uint32_t t)
{
    for (struct conf_node *n = conf_first(conf_object(o, "choose")); n; n = conf_next(n)) {
        const struct petri_type *type = net_colour(page->f->net, n);

        if (type) {
            petri_choose(page->f->net, t, conf_key(n), type, n);
        }
    }
}

static void read_transition(const struct page *page, struct conf_node *o)
{
    struct petri_net *net = page->f->net;
    uint32_t t = petri_begin(net, path(page, conf_key(o), ""));
    struct conf_node *guard = conf_get(o, "guard"), *delay = conf_get(o, "delay");
    const char *text;

    read_choices(page, o, t);
    read_arcs(page, o, "in", IN, t);
    read_arcs(page, o, "test", TEST, t);
    read_arcs(page, o, "inhibit", INHIBIT, t);
    for (struct conf_node *n = conf_first(conf_object(o, "out")); n; n = conf_next(n)) {
        read_out(page, n, t);
    }
    if (guard && (text = net_text(net, guard))) {
        petri_guard(net, t, text, guard);
    }
    if (delay && (text = net_text(net, delay))) {
        petri_delay(net, t, text, delay);
    }
    conf_done(o);
    if (fine(page)) {
        petri_end(net, t, o);
    }
}

/* --- Pages -------------------------------------------------------------------------------------- */

static struct conf_node *named_page(const struct page *page, struct conf_node *node)
{
    const char *name;
    struct conf_node *found;

    if (!conf_as_text(node, &name)) {
        return NULL;
    }
    found = conf_get(page->pages, name);
    if (!found) {
        conf_complain(node, "there is no page %s", name);
    }
    return conf_as_object(found) ? found : NULL;
}

/* A transition that stands for a page. */
static void read_substitution(struct page *page, struct conf_node *o)
{
    struct page inner = *page;
    struct conf_node *target = named_page(page, conf_get(o, "page"));
    struct conf_node *bind = conf_object(o, "bind");

    conf_done(o);
    inner.prefix = path(page, conf_key(o), ".");
    if (++inner.depth > MAX_DEPTH || ++*inner.n_pages > MAX_PAGES) {
        conf_complain(
            o, "more than %d pages within each other, or %d in all; does one contain itself?",
            MAX_DEPTH, MAX_PAGES);
    } else if (target) {
        read_page(&inner, target, bind, page);
        conf_done(bind);
    }
}

static void read_page(struct page *page, struct conf_node *node, struct conf_node *bind,
                      const struct page *above)
{
    struct conf_node *places = conf_object(node, "places");
    struct conf_node *transitions = conf_object(node, "transitions");

    page->n_places = 0;
    read_places(page, places, bind, above);
    for (struct conf_node *o = conf_first(transitions); o && fine(page); o = conf_next(o)) {
        if (!petri_name_ok(conf_key(o))) {
            conf_complain(o, "\"%s\" cannot be a name", conf_key(o));
        } else if (!conf_as_object(o)) {
            continue;
        } else if (conf_get(o, "page")) {
            read_substitution(page, o);
        } else {
            read_transition(page, o);
        }
    }
    conf_done(node);
    free(page->places);
}

void net_read_pages(struct net_file *f, struct conf_node *root)
{
    struct conf_node *top = conf_need(root, "top", "the name of the page to begin with");
    struct conf_node *all = conf_need(root, "pages", "pages by their names");
    size_t n_pages = 0;
    struct page page = {.f = f, .pages = all, .prefix = "", .n_pages = &n_pages};

    if (top && all && conf_as_object(all)) {
        struct conf_node *node = named_page(&page, top);

        if (node) {
            read_page(&page, node, NULL, NULL);
        }
        if (fine(&page)) {
            conf_done(all);
        }
    }
}
