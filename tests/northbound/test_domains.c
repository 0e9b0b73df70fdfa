/* Domains of interest and multicast groups over REST, every refusal with its status:
 *
 *      h0 ─ 7 s1 2 ─── 1 s2 8 ─ h1
 *      h2 ─ 9 ┘           └ 9 ─ h3
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_igmp.h"
#include "controller/packet/pkt_sum.h"
#include "tests/northbound/ask.h"

#define DOMAINS "/v1/interest-domains"
#define PORT0 "port 0000000000000001-7"
#define PORT1 "port 0000000000000002-8"
#define HOST2 "mac 02:00:00:00:01:02"

static void few_domains(struct net *net)
{
    net->with_store = true;
    net->multicast.enabled = true;
    net->interest_domains.max_domains = 3;
    net->interest_domains.max_members = 4;
}

static int start(void **state)
{
    static const struct scene_row row = {.seed = 2385,
                                         .versions = {OF_VERSION_1_3, OF_VERSION_1_3},
                                         .hosts = {{0, 7}, {1, 8}, {0, 9}, {1, 9}},
                                         .prepare = few_domains};
    struct scene *s;

    scene_start(state, &row);
    s = *state;
    net_advance(s->net, 2 * NS_PER_S);
    return 0;
}

static int post(struct scene *s, const char *body)
{
    return ask(s, "POST", DOMAINS, body);
}

static int put(struct scene *s, const char *name, const char *body)
{
    char path[128];

    snprintf(path, sizeof path, DOMAINS "/%s", name);
    return ask(s, "PUT", path, body);
}

static int join(struct scene *s, const char *name, const char *member)
{
    char path[128], body[160];

    snprintf(path, sizeof path, DOMAINS "/%s/members", name);
    snprintf(body, sizeof body, "{\"member\": \"%s\"}", member);
    return ask(s, "POST", path, body);
}

/* --- Domains ---------------------------------------------------------------------------------- */

static void test_make_and_look(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", DOMAINS, NULL), 200);
    assert_at(s, "domains", "[]");
    assert_at(s, "next", "null");
    assert_int_equal(post(s, "{\"name\": \"lab\", \"members\": [\"" HOST2 "\", \"" PORT1 "\"]}"),
                     201);
    assert_at(s, "name", "lab");
    assert_at(s, "members", "[\"" PORT1 "\",\"" HOST2 "\"]");
    net_advance(s->net, NS_PER_S);
    assert_int_equal(ask(s, "GET", DOMAINS "/lab", NULL), 200);
    assert_at(s, "n_members", "2");
    assert_at(s, "settled", "true");
    assert_at(s, "tag", "3072");
    assert_at(s, "n_switches", "2");
    assert_at(s, "n_links", "1");
    assert_int_equal(ask(s, "GET", DOMAINS "/lob", NULL), 404);
    assert_int_equal(post(s, "{\"name\": \"a.1\"}"), 201);
    assert_at(s, "members", "[]");
    assert_at(s, "tag", "0");
    assert_int_equal(ask(s, "GET", DOMAINS "?limit=1", NULL), 200);
    assert_at(s, "domains[0].name", "a.1");
    assert_at(s, "domains[0].members", "absent");
    assert_at(s, "next", "a.1");
    assert_int_equal(ask(s, "GET", DOMAINS "?after=a.1", NULL), 200);
    assert_at(s, "domains[0].name", "lab");
    assert_at(s, "domains[1]", "absent");
    assert_int_equal(ask(s, "GET", DOMAINS "?limit=0", NULL), 400);
}

static void test_members(void **state)
{
    struct scene *s = *state;

    assert_int_equal(post(s, "{\"name\": \"lab\"}"), 201);
    assert_int_equal(post(s, "{\"name\": \"office\"}"), 201);
    assert_int_equal(join(s, "lab", PORT0), 201);
    assert_at(s, "member", PORT0);
    assert_int_equal(join(s, "lab", "mac 02-00-00-00-01-02"), 400);
    assert_int_equal(join(s, "lab", HOST2), 201);
    assert_int_equal(join(s, "lab", HOST2), 409);
    assert_int_equal(join(s, "office", PORT0), 409);
    assert_at(s, "error.code", "conflict");
    assert_int_equal(join(s, "nothing", PORT1), 404);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/lab/members/port%200000000000000001-7", NULL), 204);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/lab/members/port%200000000000000001-7", NULL), 404);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/office/members/mac%2002:00:00:00:01:02", NULL),
                     404);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/lab/members/h2", NULL), 400);
    assert_at(s, "error.field", "member");
    assert_int_equal(ask(s, "GET", DOMAINS "/lab", NULL), 200);
    assert_at(s, "members", "[\"" HOST2 "\"]");
}

/* All members of a body, or none of them. */
static void test_put(void **state)
{
    struct scene *s = *state;

    assert_int_equal(put(s, "lab", "{\"members\": [\"" PORT1 "\", \"" PORT0 "\", \"" PORT1 "\"]}"),
                     201);
    assert_at(s, "members", "[\"" PORT0 "\",\"" PORT1 "\"]");
    assert_int_equal(put(s, "lab", "{\"members\": [\"" HOST2 "\", \"" PORT1 "\"]}"), 200);
    assert_at(s, "members", "[\"" PORT1 "\",\"" HOST2 "\"]");
    assert_int_equal(put(s, "office", "{\"members\": [\"" PORT0 "\", \"" HOST2 "\"]}"), 409);
    assert_int_equal(ask(s, "GET", DOMAINS "/office", NULL), 404);
    assert_int_equal(put(s, "office", "{\"members\": []}"), 201);
    assert_int_equal(put(s, "office", "{\"members\": [\"" PORT0 "\", \"" PORT1 "\"]}"), 409);
    assert_int_equal(ask(s, "GET", DOMAINS "/office", NULL), 200);
    assert_at(s, "members", "[]");
    assert_int_equal(put(s, "lab", "{\"members\": []}"), 200);
    assert_int_equal(put(s, "office", "{\"members\": [\"" PORT0 "\", \"" PORT1 "\"]}"), 200);
    assert_at(s, "n_members", "2");
}

/* The first frame reaches the members, and nobody once the domain is gone but everybody. */
static void test_delete(void **state)
{
    struct scene *s = *state;

    assert_int_equal(put(s, "lab", "{\"members\": [\"" PORT0 "\", \"" PORT1 "\"]}"), 201);
    net_advance(s->net, NS_PER_S);
    net_send_via(s->net, 0, 1, eth_addr_from_u64(UINT64_C(0xffffffffffff)), 2385);
    net_settle(s->net);
    assert_int_equal(net_count(s->net, 1, 2385), 1);
    assert_int_equal(net_count(s->net, 2, 2385), 0);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/lab", NULL), 204);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/lab", NULL), 404);
    assert_int_equal(ask(s, "GET", DOMAINS "/lab", NULL), 404);
    net_advance(s->net, NS_PER_S);
    net_send_via(s->net, 0, 1, eth_addr_from_u64(UINT64_C(0xffffffffffff)), 2386);
    net_settle(s->net);
    assert_int_equal(net_count(s->net, 1, 2386), 1);
    assert_int_equal(net_count(s->net, 2, 2386), 1);
}

static void test_bad_requests(void **state)
{
    struct scene *s = *state;
    static const char *const bad[] = {
        "{}",
        "{\"name\": \"\"}",
        "{\"name\": 7}",
        "{\"name\": \"of fice\"}",
        "{\"name\": \"a-name-of-thirty-two-characters-\"}",
        "{\"name\": \"lab\", \"tag\": 7}",
        "{\"name\": \"lab\", \"members\": \"" PORT0 "\"}",
        "{\"name\": \"lab\", \"members\": [7]}",
        "{\"name\": \"lab\", \"members\": [\"ip 10.0.0.1\"]}",
        "{\"name\": \"lab\", \"members\": [\"port 0000000000000001-0\"]}",
        "{\"name\": \"lab\", \"members\": [\"mac 01:00:5e:00:00:01\"]}",
        "{\"name\": \"lab\", \"members\": [\"" PORT0 "\", \"port\"]}",
        "[]",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(post(s, bad[i]), 400);
    }
    assert_int_equal(put(s, "lab", "{}"), 400);
    assert_at(s, "error.field", "members");
    assert_int_equal(put(s, "lab", "{\"members\": [], \"name\": \"lab\"}"), 400);
    assert_int_equal(put(s, "of%20fice", "{\"members\": []}"), 400);
    assert_int_equal(ask(s, "POST", DOMAINS "/lab/members", "{}"), 400);
    assert_int_equal(join(s, "lab", "ip 10.0.0.1"), 400);
    assert_int_equal(ask(s, "GET", DOMAINS, NULL), 200);
    assert_at(s, "domains", "[]");
    s->type = "text/plain";
    assert_int_equal(post(s, "{\"name\": \"lab\"}"), 415);
    s->type = "application/json";
    assert_int_equal(post(s, "{\"name\": \"lab\"}"), 201);
    assert_int_equal(post(s, "{\"name\": \"lab\"}"), 409);
    assert_int_equal(ask(s, "PUT", DOMAINS, "{}"), 405);
}

static void test_limits_and_roles(void **state)
{
    struct scene *s = *state;

    assert_int_equal(put(s, "lab", "{\"members\": [\"" PORT0 "\", \"" PORT1 "\", \"" HOST2 "\"]}"),
                     201);
    assert_int_equal(put(s, "b",
                         "{\"members\": [\"port 0000000000000001-11\","
                         " \"port 0000000000000001-12\"]}"),
                     503);
    assert_int_equal(put(s, "b", "{\"members\": [\"port 0000000000000001-11\"]}"), 201);
    assert_int_equal(join(s, "b", "port 0000000000000001-12"), 503);
    assert_int_equal(put(s, "c", "{\"members\": []}"), 201);
    assert_int_equal(put(s, "d", "{\"members\": []}"), 503);
    assert_int_equal(post(s, "{\"name\": \"d\"}"), 503);
    assert_at(s, "error.code", "unavailable");
    s->role = NB_READ;
    assert_int_equal(put(s, "c", "{\"members\": []}"), 403);
    assert_int_equal(ask(s, "DELETE", DOMAINS "/c", NULL), 403);
    assert_int_equal(ask(s, "GET", DOMAINS "/c", NULL), 200);
    s->role = NB_NOBODY;
    assert_int_equal(ask(s, "GET", DOMAINS "/c", NULL), 401);
    assert_int_equal(ask(s, "GET", "/v1/multicast-groups", NULL), 401);
}

static enum err refuse(void *aux, const char *table, const char *key, const char *value)
{
    (void)aux;
    (void)table;
    (void)key;
    (void)value;
    return ERR_IO;
}

/* What cannot be stored holds until a restart, and says so. */
static void test_full_store(void **state)
{
    struct scene *s = *state;

    s->net->store.put = refuse;
    assert_int_equal(put(s, "lab", "{\"members\": [\"" PORT0 "\"]}"), 503);
    assert_int_equal(join(s, "lab", PORT1), 503);
    assert_int_equal(ask(s, "GET", DOMAINS "/lab", NULL), 200);
    assert_at(s, "members", "[\"" PORT0 "\",\"" PORT1 "\"]");
}

/* A core without apps. */
static void test_not_running(void **state)
{
    static const char *const requests[][3] = {
        {"GET", DOMAINS, NULL},
        {"POST", DOMAINS, "{\"name\": \"lab\"}"},
        {"GET", DOMAINS "/lab", NULL},
        {"PUT", DOMAINS "/lab", "{\"members\": []}"},
        {"DELETE", DOMAINS "/lab", NULL},
        {"POST", DOMAINS "/lab/members", "{\"member\": \"" PORT0 "\"}"},
        {"DELETE", DOMAINS "/lab/members/" HOST2, NULL},
        {"GET", "/v1/multicast-groups", NULL},
    };
    struct scene *s = *state;
    struct net *net = s->net;
    struct ctl_params params = {.settings = net->core,
                                .clock = &net->clock,
                                .southbound = &net->southbound,
                                .log = &net->log};
    struct ctl *bare = ctl_new(&params, NULL);

    nb_serve(s->nb, bare, NULL, 0);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(ask(s, requests[i][0], requests[i][1], requests[i][2]), 404);
        assert_at(s, "error.code", "not_running");
    }
    nb_serve(s->nb, net->ctl, NULL, 0);
    ctl_free(bare);
}

/* --- Multicast -------------------------------------------------------------------------------- */

/* A report of IGMPv2 for 239.2.3.85. */
static void report(struct net *net, int host)
{
    struct pkt_ends4 ends = {.eth_dst = eth_addr_from_u64(UINT64_C(0x01005e020355)),
                             .eth_src = net->hosts[host].mac,
                             .src = net->hosts[host].ip,
                             .dst = 0xef020355,
                             .ttl = 1};
    uint8_t msg[8] = {0x16, 0, 0, 0, 0xef, 0x02, 0x03, 0x55};
    uint16_t sum = pkt_sum_fold(pkt_sum_add(0, msg, sizeof msg));
    struct buf frame = BUF_INIT;

    msg[2] = (uint8_t)(sum >> 8);
    msg[3] = (uint8_t)sum;
    pkt_build_ipv4(&frame, &ends, PKT_PROTO_IGMP, msg, sizeof msg);
    net_send_frame(net, host, &frame);
    net_settle(net);
    buf_fini(&frame);
}

static void query(struct net *net, int host)
{
    const struct ipv6_addr none = {{0}};
    struct buf frame = BUF_INIT;

    pkt_build_igmp_query(&frame, net->hosts[host].mac, net->hosts[host].ip, &none, 10000, 125);
    net_send_frame(net, host, &frame);
    net_settle(net);
    buf_fini(&frame);
}

static void test_groups(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/multicast-groups", NULL), 200);
    assert_at(s, "groups", "[]");
    assert_at(s, "routers", "[]");
    report(s->net, 1);
    net_advance(s->net, 10 * NS_PER_S);
    report(s->net, 0);
    query(s->net, 3);
    assert_int_equal(ask(s, "GET", "/v1/multicast-groups", NULL), 200);
    assert_at(s, "groups[0].group", "239.2.3.85");
    assert_at(s, "groups[0].listeners[0].dpid", "0000000000000001");
    assert_at(s, "groups[0].listeners[0].port", "7");
    assert_at(s, "groups[0].listeners[0].left_s", "260.0");
    assert_at(s, "groups[0].listeners[1].port", "8");
    assert_at(s, "groups[0].listeners[1].left_s", "250.0");
    assert_at(s, "groups[1]", "absent");
    assert_at(s, "routers[0].dpid", "0000000000000002");
    assert_at(s, "routers[0].port", "9");
    assert_at(s, "routers[0].left_s", "255.0");
    assert_int_equal(ask(s, "GET", "/v1/multicast-groups?limit=2", NULL), 400);
    assert_int_equal(ask(s, "DELETE", "/v1/multicast-groups", NULL), 405);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_make_and_look), SCENE_TEST(test_members),
        SCENE_TEST(test_put),           SCENE_TEST(test_delete),
        SCENE_TEST(test_bad_requests),  SCENE_TEST(test_limits_and_roles),
        SCENE_TEST(test_full_store),    SCENE_TEST(test_not_running),
        SCENE_TEST(test_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
