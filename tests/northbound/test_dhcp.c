/* DHCP over REST: leases, pools, reservations, and every way in which they are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/apps/dhcp_net.h"
#include "tests/northbound/ask.h"

static struct dhcp_net clients;

/* Two hosts with leases from a pool of nine, and a server that should not be there. */
static void one_pool(struct net *net)
{
    struct dhcp_pool_settings pool = {.name = "lab",
                                      .subnet = 0x0a170000,
                                      .mask = 0xffffff00,
                                      .server = 0x0a170001,
                                      .first = 0x0a170063,
                                      .last = 0x0a17006b,
                                      .lease_s = 2385,
                                      .network = 1}; /* Theirs, as no rule names them. */

    net->dhcp.enabled = true;
    net->dhcp.pools[0] = pool;
    net->dhcp.n_pools = 1;
    dhcp_net_init(&clients, net);
}

static int start(void **state)
{
    static const struct scene_row row = {.seed = 2385,
                                         .versions = {OF_VERSION_1_3},
                                         .hosts = {{0, 7}, {0, 8}},
                                         .is_silent = true,
                                         .prepare = one_pool};

    scene_start(state, &row);
    assert_int_equal(dhcp_net_lease(&clients, 0), 0x0a170063);
    assert_int_equal(dhcp_net_lease(&clients, 1), 0x0a170064);
    dhcp_net_answer(&clients, 1, 0, PKT_DHCP_OFFER, 0x0a170005);
    return 0;
}

static void test_leases(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/dhcp/leases", NULL), 200);
    assert_at(s, "leases[0].ip", "10.23.0.99");
    assert_at(s, "leases[0].state", "bound");
    assert_at(s, "leases[0].pool", "lab");
    assert_at(s, "leases[0].port", "7");
    assert_at(s, "leases[0].client_id", "01020000000100");
    assert_at(s, "leases[1].ip", "10.23.0.100");
    assert_int_equal(ask(s, "GET", "/v1/dhcp/leases?limit=1", NULL), 200);
    assert_at(s, "next", "0a170063");
    assert_int_equal(ask(s, "GET", "/v1/dhcp/leases?after=0a170063", NULL), 200);
    assert_at(s, "leases[0].ip", "10.23.0.100");
    assert_int_equal(ask(s, "DELETE", "/v1/dhcp/leases/10.23.0.99", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/dhcp/leases/10.23.0.99", NULL), 404);
    assert_int_equal(ask(s, "DELETE", "/v1/dhcp/leases/10.23.0", NULL), 400);
    s->role = NB_READ;
    assert_int_equal(ask(s, "DELETE", "/v1/dhcp/leases/10.23.0.100", NULL), 403);
}

static void test_pools_and_rogues(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/dhcp/pools", NULL), 200);
    assert_at(s, "pools[0].subnet", "10.23.0.0/24");
    assert_at(s, "pools[0].n_addresses", "9");
    assert_at(s, "pools[0].n_bound", "2");
    assert_int_equal(ask(s, "GET", "/v1/dhcp/rogues", NULL), 200);
    assert_at(s, "rogues[0].mac", "02:00:00:00:01:01");
    assert_at(s, "rogues[0].messages", "1");
    assert_at(s, "rogues[1].mac", "absent");
}

static void test_pool_of_a_network(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/dhcp/pools", NULL), 200);
    assert_at(s, "pools[0].network", "1");
}

static void test_reservations(void **state)
{
    struct scene *s = *state;
    const char *path = "/v1/dhcp/reservations/lab/02:00:00:00:23:85";

    assert_int_equal(ask(s, "PUT", path, "{\"ip\": \"10.23.0.7\", \"name\": \"printer\"}"), 204);
    assert_int_equal(ask(s, "GET", "/v1/dhcp/reservations", NULL), 200);
    assert_at(s, "reservations[0].ip", "10.23.0.7");
    assert_at(s, "reservations[0].name", "printer");
    assert_at(s, "reservations[0].mac", "02:00:00:00:23:85");
    assert_int_equal(ask(s, "PUT", path, "{\"ip\": \"10.23.0.99\"}"), 409); /* Host 0 has it. */
    assert_int_equal(ask(s, "PUT", path, "{\"ip\": \"10.24.0.7\"}"), 400);
    assert_int_equal(ask(s, "PUT", path, "{\"ip\": \"10.23.0.7\", \"name\": \"a b\"}"), 400);
    assert_int_equal(ask(s, "PUT", path, "{\"ip\": \"10.23.0.7\", \"host\": 1}"), 400);
    assert_int_equal(ask(s, "PUT", "/v1/dhcp/reservations/lab/02:00", "{\"ip\": \"10.23.0.7\"}"),
                     400);
    assert_int_equal(
        ask(s, "PUT", "/v1/dhcp/reservations/none/02:00:00:00:23:85", "{\"ip\": \"10.23.0.7\"}"),
        404);
    assert_int_equal(ask(s, "DELETE", path, NULL), 204);
    assert_int_equal(ask(s, "DELETE", path, NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_leases),
        SCENE_TEST(test_pools_and_rogues),
        SCENE_TEST(test_reservations),
        SCENE_TEST(test_pool_of_a_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
