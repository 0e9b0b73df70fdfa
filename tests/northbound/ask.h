/* Requests to the northbound interface without a socket, about a network of tests/apps/net.h.
 *
 *      assert_int_equal(ask(s, "GET", "/v1/hosts?limit=2", NULL), 200);
 *      assert_at(s, "hosts[0].mac", "02:...");
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

/* --- Set-ups ---------------------------------------------------------------------------------- */

/* Switches in a row, port 2 of each joined to port 1 of the next, and hosts at them. */
#define SCENE_MAX 8

struct scene_row {
    uint64_t seed;
    uint8_t versions[SCENE_MAX]; /* OF_VERSION_*; 0 ends the list. */
    struct {
        int sw;
        unsigned port; /* 0 ends the list. */
    } hosts[SCENE_MAX];
    bool is_silent; /* Else each host has said who it is, and all is settled. */
    void (*prepare)(
        struct net *net); /* Before it starts: settings, further links; NULL: nothing. */
};

/* For the set-up of a test, which gets the scene as '*state'. Returns 0. */
int scene_start(void **state, const struct scene_row *row);

/* The tear-down. */
int scene_stop(void **state);

/* A test between the 'start' of its file and scene_stop(). */
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, start, scene_stop)

/* --- Questions -------------------------------------------------------------------------------- */

/* Asks; 'body' NULL: none. The answer may come later (pending). Returns the status, 0 when pending. */
int ask(struct scene *s, const char *method, const char *target, const char *body);

/* The value at 'path' ("hosts[1].mac", "error.code") of the last answer as text: of a string itself, of
 * others their JSON. "absent" when there is none. Valid until the next call. */
const char *answer_at(const struct scene *s, const char *path);

#define assert_at(s, path, expected) assert_string_equal(answer_at(s, path), expected)

/* Asks one after the other, each of which must be answered with its status at once. */
struct request {
    const char *method, *path, *body;
    int status;
};

void ask_all(struct scene *s, const struct request *requests, size_t n);

#define ASK_ALL(s, requests) ask_all(s, requests, sizeof(requests) / sizeof(requests)[0])

/* Bodies that are each refused with 400, the name of the member that is wrong, and a sentence. */
struct fault {
    const char *body, *field;
};

void refuse_all(struct scene *s, const char *method, const char *path, const struct fault *faults,
                size_t n);

#define REFUSE_ALL(s, method, path, faults)                                                        \
    refuse_all(s, method, path, faults, sizeof(faults) / sizeof(faults)[0])

#endif
