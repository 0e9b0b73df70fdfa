/* Circuit roots over the northbound interface: registered, looked at and removed by each kind of
 * address, every refusal with its status, and the path of old clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/northbound/ask.h"

static void few_roots(struct net *net)
{
    net->circuit_tree.max_roots = 4;
}

static int start(void **state)
{
    static const struct scene_row row = {.seed = 23,
                                         .versions = {OF_VERSION_1_3, OF_VERSION_1_0},
                                         .hosts = {{0, 7}, {1, 8}},
                                         .prepare = few_roots};

    return scene_start(state, &row);
}

static void test_register(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/circuit-roots", NULL), 200);
    assert_at(s, "circuit_roots[0]", "absent");
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0.2\"}"), 201);
    assert_at(s, "address", "10.0.0.2");
    assert_at(s, "dpid", "0000000000000002");
    net_advance(s->net, NS_PER_MS);
    assert_int_equal(ask(s, "GET", "/v1/circuit-roots/10.0.0.2", NULL), 200);
    assert_at(s, "state", "ready");
    assert_at(s, "mac", "02:00:00:00:01:01");
    assert_at(s, "port", "8");
    assert_int_equal(net_walk(s->net, 0, 1, 0, 7, 0), NET_AT_HOST);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"fd00::23\"}"), 201);
    assert_at(s, "state", "unknown");
    assert_at(s, "mac", "null");
    assert_int_equal(ask(s, "GET", "/v1/circuit-roots", NULL), 200);
    assert_at(s, "circuit_roots[1].address", "fd00::23");
    assert_int_equal(ask(s, "DELETE", "/v1/circuit-roots/10.0.0.2", NULL), 204);
    net_advance(s->net, NS_PER_MS);
    assert_int_equal(net_count_entries(s->net, 0, PRIORITY_CIRCUIT_TREE), 0);
    assert_int_equal(ask(s, "DELETE", "/v1/circuit-roots/10.0.0.2", NULL), 404);
    assert_int_equal(ask(s, "GET", "/v1/circuit-roots/10.0.0.2", NULL), 404);
}

static void test_refusals(void **state)
{
    struct scene *s = *state;
    char body[64];

    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{}"), 400);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": 7}"), 400);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0\"}"), 400);
    assert_at(s, "error.field", "address");
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"224.0.0.1\"}"), 400);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0.9\", \"x\": 1}"),
                     400);
    assert_int_equal(ask(s, "GET", "/v1/circuit-roots/nobody", NULL), 400);
    assert_int_equal(ask(s, "DELETE", "/v1/circuit-roots/nobody", NULL), 400);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0.9\"}"), 201);
    assert_int_equal(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0.9\"}"), 409);
    for (int i = 10; i < 13; i++) {
        snprintf(body, sizeof(body), "{\"address\": \"10.0.0.%d\"}", i);
        assert_int_equal(ask(s, "POST", "/v1/circuit-roots", body), 201);
    }
    assert_true(ask(s, "POST", "/v1/circuit-roots", "{\"address\": \"10.0.0.13\"}") >= 400);
    s->role = NB_READ;
    assert_int_equal(ask(s, "DELETE", "/v1/circuit-roots/10.0.0.9", NULL), 403);
    s->role = NB_ADMIN;
}

static void test_old_path(void **state)
{
    struct scene *s = *state;

    s->type = "application/x-www-form-urlencoded";
    assert_int_equal(
        ask(s, "POST", "/trafficManager/mice", "{\"mice\": {\"ipadd\": \"10.0.0.2\"}}"), 200);
    assert_at(s, "status", "ok");
    assert_int_equal(ask(s, "PUT", "/trafficManager/mice", "{\"mice\": {\"ipadd\": \"10.0.0.2\"}}"),
                     200);
    assert_int_equal(ask(s, "PUT", "/trafficManager/mice", "{\"mice\": {\"ipadd\": \"10\"}}"), 400);
    assert_at(s, "error.field", "mice.ipadd");
    assert_int_equal(ask(s, "PUT", "/trafficManager/mice", "{\"mice\": 7}"), 400);
    assert_int_equal(ask(s, "PUT", "/trafficManager/mice", "{}"), 400);
    assert_int_equal(ask(s, "GET", "/v1/circuit-roots/10.0.0.2", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_register),
        SCENE_TEST(test_refusals),
        SCENE_TEST(test_old_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
