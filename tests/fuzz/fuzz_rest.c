/* Fuzz target of room northbound: any request to a controller with a small network. The input is a line
 * "METHOD PATH?QUERY" and, behind it, a body. Besides not crashing, every answer has a status that the
 * interface promises, and every error says what is wrong. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "tests/northbound/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scene *make_scene(void)
{
    static const struct scene_row row = {.seed = 2385,
                                         .versions = {OF_VERSION_1_3, OF_VERSION_1_0},
                                         .hosts = {{0, 7}, {1, 8}}};
    void *scene;

    scene_start(&scene, &row);
    return scene;
}

static void check(const struct scene *s)
{
    static const int promised[] = {200, 201, 204, 400, 404, 405, 409, 413, 415, 503};
    bool found = false;

    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        found = found || s->status == promised[i];
    }
    assert(found);
    assert(s->status < 400 || strcmp(answer_at(s, "error.message"), "absent") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene *s;
    char *text = xcalloc(size + 1, 1), *target, *body;

    s = s ? s : make_scene();
    memcpy(text, data, size);
    body = strchr(text, '\n');
    if (body) {
        *body++ = '\0';
    }
    target = strchr(text, ' ');
    if (target) {
        *target++ = '\0';
        ask(s, text, target, body && *body ? body : NULL);
        net_settle(s->net);
        if (!s->pending) {
            check(s);
        }
    }
    free(text);
    return 0;
}
