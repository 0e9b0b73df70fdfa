/* The graph of switches and its picture: which graph there is, who draws it, and what is answered when nobody
 * can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <event2/event.h>

#include "controller/northbound/nb_draw.h"
#include "controller/northbound/nb_route.h"
#include "tests/northbound/ask.h"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385, .versions = {OF_VERSION_1_3, OF_VERSION_1_0}, .hosts = {{0, 7}, {1, 8}}};

    return scene_start(state, &row);
}

/* --- The resource ----------------------------------------------------------------------------- */

static void test_graph(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/topology.dot", NULL), 200);
    assert_non_null(strstr(s->text,
                           "\"0000000000000001\" -> \"0000000000000002\" [taillabel=\"2\", "
                           "headlabel=\"1\", dir=none]"));
    assert_null(strstr(s->text, "\"0000000000000002\" -> "));
    assert_null(strstr(s->text, "10.0.0.1"));
    assert_int_equal(ask(s, "GET", "/v1/topology.dot?hosts=true", NULL), 200);
    assert_non_null(
        strstr(s->text, "\"0000000000000002\" -> \"02:00:00:00:01:01\" [taillabel=\"8\""));
    assert_non_null(strstr(s->text, "label=\"10.0.0.1\\n02:00:00:00:01:00\""));
    assert_int_equal(ask(s, "GET", "/v1/topology.svg?hosts=maybe", NULL), 400);
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", "/v1/topology.dot", NULL), 200);
    assert_non_null(strstr(s->text, "style=\"filled,dashed\""));
}

/* Draws at once, later, or not at all. */
struct pencil {
    bool later, full;
    const char *svg;
    nb_drawn_fn *done;
    void *aux;
};

static bool draw(void *aux, const char *dot, nb_drawn_fn *done, void *done_aux)
{
    struct pencil *p = aux;

    assert_non_null(strstr(dot, "digraph"));
    p->done = done;
    p->aux = done_aux;
    if (!p->full && !p->later) {
        done(done_aux, p->svg, "no ink");
    }
    return !p->full;
}

static void test_picture(void **state)
{
    struct scene *s = *state;
    struct pencil pencil = {.svg = "<svg>2.385</svg>"};

    assert_int_equal(ask(s, "GET", "/v1/topology.svg", NULL), 503);
    s->nb->params.draw = draw;
    s->nb->params.draw_aux = &pencil;
    assert_int_equal(ask(s, "GET", "/v1/topology.svg", NULL), 200);
    assert_string_equal(s->text, "<svg>2.385</svg>");
    pencil.later = true;
    ask(s, "GET", "/v1/topology.svg?hosts=1", NULL);
    assert_true(s->pending);
    pencil.done(pencil.aux, pencil.svg, NULL);
    assert_int_equal(s->status, 200);
    ask(s, "GET", "/v1/topology.svg", NULL);
    pencil.done(pencil.aux, NULL, "no paper");
    assert_int_equal(s->status, 503);
    assert_at(s, "error.message", "there is no picture: no paper");
    pencil.full = true;
    assert_int_equal(ask(s, "GET", "/v1/topology.svg", NULL), 503);
    pencil.full = false;
    ask(s, "GET", "/v1/topology.svg", NULL);
    assert_true(s->pending); /* And is, when everything is freed. */
}

/* --- Graphviz --------------------------------------------------------------------------------- */

struct drawn {
    size_t n;
    char svg[16384], why[256];
};

static void on_drawn(void *aux, const char *svg, const char *why)
{
    struct drawn *d = aux;

    d->n++;
    snprintf(d->svg, sizeof d->svg, "%s", svg ? svg : "");
    snprintf(d->why, sizeof d->why, "%s", why ? why : "");
}

static void wait_for(struct event_base *base, const struct drawn *d, size_t n)
{
    while (d->n < n) {
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    }
}

static void test_graphviz(void **state)
{
    struct event_base *base = event_base_new();
    struct nb_draw *pictures = nb_draw_new(base, NULL, NULL);
    struct drawn d = {0};

    (void)state;
    assert_true(nb_draw_svg(pictures, "digraph g { a1 -> a2 }", on_drawn, &d));
    assert_int_equal(d.n, 0); /* The loop goes on meanwhile. */
    assert_true(nb_draw_svg(pictures, "digraph g { a1 -> a2 }", on_drawn, &d));
    assert_true(nb_draw_svg(pictures, "digraph g { a2385 }", on_drawn, &d));
    wait_for(base, &d, 3);
    assert_non_null(strstr(d.svg, ">a2385</text>"));
    assert_non_null(strstr(d.svg, "</svg>"));
    assert_true(nb_draw_svg(pictures, "digraph g { a2385 }", on_drawn, &d));
    assert_int_equal(d.n, 4); /* It is still there. */
    assert_true(nb_draw_svg(pictures, "digraph g { this is none", on_drawn, &d));
    wait_for(base, &d, 5);
    assert_string_equal(d.svg, "");
    assert_non_null(strstr(d.why, "nothing"));
    for (size_t i = 0; i <= NB_DRAW_MAX_WAITING; i++) {
        assert_true(nb_draw_svg(pictures, "digraph g { b }", on_drawn, &d));
    }
    assert_false(nb_draw_svg(pictures, "digraph g { b }", on_drawn, &d));
    nb_draw_free(pictures); /* Nobody is called. */
    assert_int_equal(d.n, 5);
    event_base_free(base);
}

/* A program that never ends to talk. */
static void write_chatterbox(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("#!/bin/sh\nexec yes 2.385\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static void test_no_graphviz(void **state)
{
    char dir[] = "/tmp/tambo-draw-XXXXXX", chatterbox[64];
    const char *const programs[] = {"/nonexistent/dot", "false", chatterbox};
    struct event_base *base = event_base_new();

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(chatterbox, sizeof chatterbox, "%s/yes", dir);
    write_chatterbox(chatterbox);
    for (size_t i = 0; i < 3; i++) {
        struct nb_draw *pictures = nb_draw_new(base, NULL, programs[i]);
        struct drawn d = {0};

        assert_true(nb_draw_svg(pictures, "digraph g { a }", on_drawn, &d));
        wait_for(base, &d, 1);
        assert_string_equal(d.svg, "");
        assert_non_null(strstr(d.why, i < 2 ? "is it installed?" : "too large"));
        nb_draw_free(pictures);
    }
    event_base_free(base);
    unlink(chatterbox);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_graph),
        SCENE_TEST(test_picture),
        cmocka_unit_test(test_graphviz),
        cmocka_unit_test(test_no_graphviz),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
