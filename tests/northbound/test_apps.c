/* The resources of elephants, logical networks and the guard, with
 *
 *      h0 ─ s1 ─── s2 ─ h1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/northbound/ask.h"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385, .versions = {OF_VERSION_1_3, OF_VERSION_1_3}, .hosts = {{0, 7}, {1, 8}}};

    return scene_start(state, &row);
}

/* --- Elephants -------------------------------------------------------------------------------- */

static void test_elephants(void **state)
{
    static const struct request bad[] = {
        {"POST", "/v1/elephants", "{\"src_ip\":\"10.0.0.1\"}", 400},
        {"POST", "/v1/elephants", "{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"fd00::1\"}", 400},
        {"POST", "/v1/elephants", "{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.2\",\"proto\":256}",
         400},
        {"POST", "/v1/elephants", "{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.2\",\"port\":80}",
         400},
        {"DELETE", "/v1/elephants/77", NULL, 404},
        {"DELETE", "/v1/elephants/x", NULL, 400},
    };
    static const char flow[] = "{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.2\",\"proto\":6,"
                               "\"sport\":2385,\"dport\":80,\"rate_bps\":238500000}";
    struct scene *s = *state;
    char path[64];

    ASK_ALL(s, bad);
    assert_int_equal(ask(s, "POST", "/v1/elephants", flow), 201);
    snprintf(path, sizeof path, "/v1/elephants/%s", answer_at(s, "id"));
    assert_int_equal(ask(s, "POST", "/v1/elephants", flow), 409);
    assert_int_equal(ask(s, "GET", "/v1/elephants", NULL), 200);
    assert_at(s, "elephants[0].dst_ip", "10.0.0.2");
    assert_at(s, "elephants[0].sport", "2385");
    assert_at(s, "elephants[0].told", "true");
    assert_int_equal(ask(s, "DELETE", path, NULL), 204);
    assert_int_equal(ask(s, "DELETE", path, NULL), 404);
}

/* What was told of hosts that nobody knows was kept for ever, listed nowhere and could not be taken back. */
static void test_told_elephants(void **state)
{
    static const struct request requests[] = {
        {"POST", "/v1/elephants", "{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.2\",\"proto\":6}",
         201},
        {"POST", "/v1/elephants",
         "{\"src_ip\":\"10.23.8.5\",\"dst_ip\":\"10.23.8.6\",\"proto\":17,\"sport\":2385,\"dport\":"
         "9}",
         201},
        {"POST", "/v1/elephants", "{\"src_ip\":\"fd00::1\",\"dst_ip\":\"fd00::2\"}", 201},
        {"DELETE", "/v1/told-elephants/10.23.8.5/10.23.8.6/17/2385/10", NULL, 404},
        {"DELETE", "/v1/told-elephants/10.23.8.5/fd00::2/17/2385/9", NULL, 400},
        {"DELETE", "/v1/told-elephants/10.23.8.5/10.23.8.6/256/2385/9", NULL, 400},
        {"DELETE", "/v1/told-elephants/10.23.8.5/10.23.8.6/17/65536/9", NULL, 400},
        {"GET", "/v1/told-elephants", NULL, 200},
    };
    static const struct request others[] = {
        {"DELETE", "/v1/told-elephants/10.23.8.5/10.23.8.6/17/2385/9", NULL, 204},
        {"DELETE", "/v1/told-elephants/10.23.8.5/10.23.8.6/17/2385/9", NULL, 404},
        {"DELETE", "/v1/told-elephants/fd00::1/fd00::2/0/0/0", NULL, 204},
        {"DELETE", "/v1/told-elephants/10.0.0.1/10.0.0.2/6/0/0", NULL, 204},
        {"GET", "/v1/elephants", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "flows[0].src_ip", "10.0.0.1");
    assert_at(s, "flows[0].elephant", "1");
    assert_at(s, "flows[1].src_ip", "10.23.8.5");
    assert_at(s, "flows[1].sport", "2385");
    assert_at(s, "flows[1].elephant", "null");
    assert_at(s, "flows[2].dst_ip", "fd00::2");
    ASK_ALL(s, others);
    assert_at(s, "elephants", "[]");
    assert_int_equal(ask(s, "GET", "/v1/told-elephants", NULL), 200);
    assert_at(s, "flows", "[]");
}

static void test_roots_and_loads(void **state)
{
    static const struct request requests[] = {
        {"PUT", "/v1/elephant-roots/2", NULL, 204},
        {"PUT", "/v1/elephant-roots/2", NULL, 204},
        {"PUT", "/v1/elephant-roots/two", NULL, 400},
        {"PUT", "/v1/link-loads/1/2", "{\"tx_bps\":23850000}", 204},
        {"PUT", "/v1/link-loads/1/39", "{\"tx_bps\":23850000}", 404},
        {"PUT", "/v1/link-loads/1/2", "{\"tx_bps\":-1}", 400},
        {"GET", "/v1/link-loads", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "loads[0].tx_bps", "23850000");
    assert_at(s, "loads[0].source", "told");
    assert_int_equal(ask(s, "GET", "/v1/elephant-roots", NULL), 200);
    assert_at(s, "roots", "[\"0000000000000002\"]");
    assert_int_equal(ask(s, "DELETE", "/v1/elephant-roots/2", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/elephant-roots/2", NULL), 404);
}

/* --- Logical networks ------------------------------------------------------------------------- */

/* The original answered 200 to unknown networks, lost the rules of a renamed one, and threw at rules of
 * networks that there are not. */
static void test_networks(void **state)
{
    static const struct request requests[] = {
        {"PUT", "/v1/networks/2", "{\"name\":\"lab\"}", 201},
        {"PUT", "/v1/networks/2", "{\"name\":\"lab\"}", 200},
        {"PUT", "/v1/networks/3", "{\"name\":\"lab\"}", 409},
        {"PUT", "/v1/networks/3", "{\"name\":\"staff\",\"isolated\":true}", 201},
        {"PUT", "/v1/networks/0", "{\"name\":\"x\"}", 400},
        {"PUT", "/v1/networks/4096", "{\"name\":\"x\"}", 400},
        {"PUT", "/v1/networks/4", "{\"name\":\"\"}", 400},
        {"PUT", "/v1/networks/4", "{\"title\":\"x\"}", 400},
        {"POST", "/v1/networks/2/rules", "{\"rule\":\"ip 10.0.0.2\"}", 201},
        {"POST", "/v1/networks/2/rules", "{\"rule\":\"ip 10.0.0.2\"}", 409},
        {"POST", "/v1/networks/2/rules", "{\"rule\":\"10.0.0.2\"}", 400},
        {"POST", "/v1/networks/77/rules", "{\"rule\":\"ip 10.0.0.2\"}", 404},
        {"PUT", "/v1/networks/2", "{\"name\":\"laboratory\"}", 200},
        {"PUT", "/v1/networks/2/blocked/1", NULL, 204},
        {"PUT", "/v1/networks/2/blocked/2", NULL, 409},
        {"PUT", "/v1/networks/2/blocked/77", NULL, 404},
        {"DELETE", "/v1/networks/1", NULL, 409},
        {"DELETE", "/v1/networks/77", NULL, 404},
        {"GET", "/v1/networks/77/members", NULL, 404},
        {"GET", "/v1/networks/2/rules", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "rules[0]", "ip 10.0.0.2/32"); /* Also after it was renamed. */
    ask(s, "GET", "/v1/networks/2/members", NULL);
    assert_at(s, "members[0].port", "8");
    assert_at(s, "next", "null");
    ask(s, "GET", "/v1/networks/1/members?limit=1", NULL);
    assert_at(s, "members[0].port", "7");
    ask(s, "GET", "/v1/networks/2/members?after=02:00:00:00:01:01", NULL);
    assert_at(s, "members", "[]");
    assert_int_equal(ask(s, "GET", "/v1/networks/2/members?after=x", NULL), 400);
    ask(s, "GET", "/v1/networks/2/blocked", NULL);
    assert_at(s, "blocked", "[1,3]"); /* By the pair, and because 3 is isolated. */
    ask(s, "GET", "/v1/networks?after=0001", NULL);
    assert_at(s, "networks[0].name", "laboratory");
    assert_at(s, "networks[1].isolated", "true");
    assert_int_equal(ask(s, "DELETE", "/v1/networks/2/rules/ip%2010.0.0.2%2F32", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/networks/2/rules/ip%2010.0.0.2%2F32", NULL), 404);
    assert_int_equal(ask(s, "DELETE", "/v1/networks/2/blocked/1", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/networks/2", NULL), 204);
}

static void test_labels(void **state)
{
    static const struct request requests[] = {
        {"DELETE", "/v1/labels/1", NULL, 409}, /* It is connected. */
        {"DELETE", "/v1/labels/77", NULL, 404},
        {"DELETE", "/v1/labels/x", NULL, 400},
        {"GET", "/v1/labels", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "labels[1].connected", "true");
    assert_at(s, "labels[2]", "absent");
    assert_int_equal(ask(s, "GET", "/v1/labels?limit=1", NULL), 200);
    assert_at(s, "labels[1]", "absent");
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_int_equal(ask(s, "DELETE", "/v1/labels/2", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/labels/2", NULL), 404);
    assert_int_equal(ask(s, "GET", "/v1/labels", NULL), 200);
    assert_at(s, "labels[0].dpid", "0000000000000001");
    assert_at(s, "labels[0].connected", "true");
    assert_at(s, "labels[1]", "absent");
}

static void test_routers(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/ipv6/routers", NULL), 200);
    assert_at(s, "routers", "[]");
    assert_int_equal(ask(s, "GET", "/v1/ipv6/rogues", NULL), 200);
    assert_at(s, "rogues", "[]");
}

static void test_dos(void **state)
{
    static const struct request requests[] = {
        {"GET", "/v1/dos/hosts", NULL, 200},
        {"DELETE", "/v1/dos/hosts/02:00:00:00:23:85", NULL, 404},
        {"PUT", "/v1/dos/allowed/02:00:00:00:23:85", NULL, 204},
        {"PUT", "/v1/dos/allowed/02:00:00:00:23:85", NULL, 204},
        {"PUT", "/v1/dos/allowed/ff:ff:ff:ff:ff:ff", NULL, 400},
        {"PUT", "/v1/dos/allowed/nobody", NULL, 400},
        {"GET", "/v1/dos/allowed", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "allowed", "[\"02:00:00:00:23:85\"]");
    assert_int_equal(ask(s, "DELETE", "/v1/dos/allowed/02:00:00:00:23:85", NULL), 204);
    assert_int_equal(ask(s, "DELETE", "/v1/dos/allowed/02:00:00:00:23:85", NULL), 404);
}

/* --- Switches that are asked ------------------------------------------------------------------ */

/* The answer comes later, or never when whoever asked has gone; the switch may go, too. */
static void test_asked(void **state)
{
    struct scene *s = *state;

    ask(s, "GET", "/v1/switches/2/installed-flows", NULL);
    assert_true(s->pending);
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_false(s->pending);
    assert_int_equal(s->status, 503);
    assert_int_equal(ask(s, "GET", "/v1/switches/2/groups", NULL), 503);
    ask(s, "GET", "/v1/switches/1/ports", NULL);
    assert_true(s->pending); /* And is, when everything is freed. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_networks),       SCENE_TEST(test_dos),
        SCENE_TEST(test_labels),         SCENE_TEST(test_routers),
        SCENE_TEST(test_elephants),      SCENE_TEST(test_roots_and_loads),
        SCENE_TEST(test_told_elephants), SCENE_TEST(test_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
