/* Requests to the northbound interface without a socket, about a network of tests/apps/net.h.
 *
 *      ask(&scene, "GET", "/v1/hosts?limit=2", NULL);
 *      assert_answer(&scene, 200, "hosts[0].mac", "02:...");
 */
#ifndef TAMBO_TESTS_NORTHBOUND_ASK_H
#define TAMBO_TESTS_NORTHBOUND_ASK_H

#include <jansson.h>

#include "controller/northbound/nb.h"
#include "tests/apps/net.h"

struct scene {
    struct net *net;
    struct nb *nb;
    enum nb_role role; /* Of the requests to come; NB_ADMIN at first. */
    const char *type;  /* Of their bodies; application/json at first. */
    struct log log;
    /* The last answer. */
    int status;
    json_t *json; /* NULL: none. */
    char *text;   /* NULL: none. */
    unsigned allow;
    bool is_stream, pending;
};

/* Serves 'net', which has been started; takes it. */
void scene_start(struct scene *s, struct net *net);
void scene_stop(struct scene *s);

/* Asks; 'body' NULL: none. The answer may come later (pending). Returns the status, 0 when pending. */
int ask(struct scene *s, const char *method, const char *target, const char *body);

/* The value at 'path' ("hosts[1].mac", "error.code") of the last answer as text: of a string itself, of
 * others their JSON. "absent" when there is none. Valid until the next call. */
const char *answer_at(const struct scene *s, const char *path);

#endif
