/* Circuit roots over the northbound interface: registered, looked at and removed by each kind of
 * address, every refusal with its status, and the path of old clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/northbound/ask.h"

#define assert_at(s, path, expected) assert_string_equal(answer_at(s, path), expected)

static struct scene scene;

static int start(void **state)
{
    struct net *net = net_new(23);

    net->circuit_tree.max_roots = 4;
    net_add_switch(net, OF_VERSION_1_3);
    net_add_switch(net, OF_VERSION_1_0);
    net_add_link(net, 0, 1, 1, 1);
    net_add_host(net, 0, 7);
    net_add_host(net, 1, 8);
    net_start(net);
    net_arp_announce(net, 0);
    net_arp_announce(net, 1);
    net_settle(net);
    scene_start(&scene, net);
    *state = &scene;
    return 0;
}

static int stop(void **state)
{
    scene_stop(*state);
    return 0;
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
        cmocka_unit_test_setup_teardown(test_register, start, stop),
        cmocka_unit_test_setup_teardown(test_refusals, start, stop),
        cmocka_unit_test_setup_teardown(test_old_path, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
