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
    static struct scene scene;
    struct net *net = net_new(2385);

    net_add_switch(net, OF_VERSION_1_3);
    net_add_switch(net, OF_VERSION_1_0);
    net_add_link(net, 0, 2, 1, 1);
    net_add_host(net, 0, 7);
    net_add_host(net, 1, 8);
    net_start(net);
    net_arp_announce(net, 0);
    net_arp_announce(net, 1);
    net_settle(net);
    scene_start(&scene, net);
    return &scene;
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
