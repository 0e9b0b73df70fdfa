/* The resources of the core and the router itself: every status that it can give, with the network
 *
 *      h0 ─ s1 ─── s2 ─── s3 ─ h1
 *                         └── h2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/northbound/nb_events.h"
#include "tests/northbound/ask.h"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385,
        .versions = {OF_VERSION_1_3, OF_VERSION_1_0, OF_VERSION_1_3},
        .hosts = {{0, 7}, {2, 8}, {2, 9}}};

    return scene_start(state, &row);
}

static void test_status(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/status", NULL), 200);
    assert_at(s, "version", "2.385");
    assert_at(s, "n_switches_ready", "3");
    assert_at(s, "n_links", "4");
    assert_at(s, "n_hosts", "3");
    assert_at(s, "counters.core.sessions_opened", "3");
    assert_int_equal(ask(s, "GET", "/metrics", NULL), 200);
    assert_non_null(strstr(s->text, "\ntambo_hosts 3\n"));
    assert_non_null(strstr(s->text, "tambo_switch_ready{dpid=\"0000000000000003\"} 1\n"));
    assert_non_null(strstr(s->text, "\ntambo_core_sessions_opened_total 3\n"));
}

static void test_switches(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/switches?limit=2", NULL), 200);
    assert_at(s, "switches[0].dpid", "0000000000000001");
    assert_at(s, "switches[1].version", "1.0");
    assert_at(s, "switches[2]", "absent");
    assert_at(s, "next", "0000000000000002");
    assert_int_equal(ask(s, "GET", "/v1/switches?after=0000000000000002", NULL), 200);
    assert_at(s, "switches[0].dpid", "0000000000000003");
    assert_at(s, "next", "null");
    assert_int_equal(ask(s, "GET", "/v1/switches/3", NULL), 200);
    assert_at(s, "ready", "true");
    assert_at(s, "ports[1].kind", "edge");
    assert_int_equal(ask(s, "GET", "/v1/switches/00:00:00:00:00:00:00:01", NULL), 200);
    assert_at(s, "dpid", "0000000000000001");
}

static void test_flows(void **state)
{
    struct scene *s = *state;

    net_send(s->net, 0, 1, 385);
    net_settle(s->net);
    assert_int_equal(net_count(s->net, 1, 385), 1);
    assert_int_equal(ask(s, "GET", "/v1/switches/1/flows", NULL), 200);
    assert_at(s, "flows[0].state", "confirmed");
    assert_string_not_equal(answer_at(s, "flows[0].instructions"), "absent");
    assert_int_equal(ask(s, "GET", "/v1/switches/1/flows?limit=1", NULL), 200);
    assert_at(s, "next", "000000000001");
    assert_int_equal(ask(s, "GET", "/v1/switches/9/flows", NULL), 404);
}

static void test_hosts(void **state)
{
    struct scene *s = *state;
    char path[64];

    assert_int_equal(ask(s, "GET", "/v1/hosts", NULL), 200);
    assert_at(s, "hosts[0].ipv4[0]", "10.0.0.1");
    assert_at(s, "hosts[0].dpid", "0000000000000001");
    assert_at(s, "hosts[0].port", "7");
    assert_at(s, "hosts[3]", "absent");
    snprintf(path, sizeof path, "/v1/hosts/" ETH_FMT, ETH_ARGS(s->net->hosts[2].mac));
    assert_int_equal(ask(s, "GET", path, NULL), 200);
    assert_at(s, "port", "9");
    assert_int_equal(ask(s, "GET", "/v1/hosts?limit=2", NULL), 200);
    assert_at(s, "hosts[1].mac", "02:00:00:00:01:01");
    assert_at(s, "hosts[2]", "absent");
    assert_at(s, "next", "02:00:00:00:01:01");
    assert_int_equal(ask(s, "GET", "/v1/hosts?limit=2&after=02:00:00:00:01:01", NULL), 200);
    assert_at(s, "hosts[0].mac", "02:00:00:00:01:02");
    assert_at(s, "next", "null");
    assert_int_equal(ask(s, "GET", "/v1/hosts?after=nobody", NULL), 400);
    assert_at(s, "error.field", "after");
    assert_int_equal(ask(s, "GET", "/v1/hosts/02:00:00:00:23:85", NULL), 404);
    assert_int_equal(ask(s, "GET", "/v1/hosts/02:00:00:00:23", NULL), 400);
    assert_at(s, "error.field", "mac");
}

static void test_paths(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/links", NULL), 200);
    assert_at(s, "links[0].dst_dpid", "0000000000000002");
    assert_at(s, "links[3].both_ways", "true");
    assert_int_equal(ask(s, "GET", "/v1/topology.dot", NULL), 200);
    assert_non_null(strstr(s->text, "\"0000000000000001\" -> \"0000000000000002\""));
    assert_null(strstr(s->text, "\"0000000000000002\" -> \"0000000000000001\""));
    assert_int_equal(ask(s, "GET", "/v1/paths?src=10.0.0.1&dst=10.0.0.3", NULL), 200);
    assert_at(s, "n_links", "2");
    assert_at(s, "hops[0].in_port", "7");
    assert_at(s, "hops[2].out_port", "9");
    assert_int_equal(
        ask(s, "GET", "/v1/paths?src=1&dst=00%3A00%3A00%3A00%3A00%3A00%3A00%3A03", NULL), 200);
    assert_at(s, "hops[0].in_port", "null");
    assert_int_equal(ask(s, "GET", "/v1/paths?src=1", NULL), 400);
    assert_at(s, "error.field", "dst");
    assert_int_equal(ask(s, "GET", "/v1/paths?src=1&dst=10.0.0.9", NULL), 404);
    assert_int_equal(ask(s, "GET", "/v1/paths?src=1&dst=9", NULL), 404);
    assert_int_equal(ask(s, "GET", "/v1/paths?src=1&dst=nine", NULL), 400);
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", "/v1/paths?src=1&dst=3", NULL), 404);
    assert_at(s, "error.code", "no_path");
    net_connect(s->net, 1);
    net_advance(s->net, 20 * NS_PER_S);
}

static void test_log(void **state)
{
    struct scene *s = *state;

    assert_int_equal(
        ask(s, "PUT", "/v1/log", "{\"level\":\"warn\",\"modules\":{\"hosts\":\"debug\"}}"), 200);
    assert_int_equal(s->log.level, LOG_WARN);
    assert_true(log_enabled(&s->log, "hosts", LOG_DEBUG));
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"loud\"}"), 400);
    assert_at(s, "error.field", "level");
    assert_int_equal(
        ask(s, "PUT", "/v1/log", "{\"level\":\"info\",\"modules\":{\"A b\":\"info\"}}"), 400);
    assert_int_equal(s->log.level, LOG_WARN); /* Nothing of a bad request is done. */
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"modules\":[]}"), 400);
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"levels\":\"info\"}"), 400);
    assert_at(s, "error.code", "unknown_key");
    for (int i = 0; i < 64 && s->status < 500; i++) {
        char body[64];

        snprintf(body, sizeof body, "{\"modules\":{\"m%d\":\"info\"}}", i);
        ask(s, "PUT", "/v1/log", body);
    }
    assert_int_equal(s->status, 503);
}

/* --- The router ------------------------------------------------------------------------------- */

static void test_errors(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *code;
    } cases[] = {
        {"GET", "//", NULL, 404, "not_found"},
        {"GET", "", NULL, 404, "not_found"},
        {"GET", "*", NULL, 404, "not_found"},
        {"GET", "/v1/hosts/", NULL, 404, "not_found"},
        {"GET", "/v1//hosts", NULL, 404, "not_found"},
        {"GET", "/v1/switches/1/flows/2", NULL, 404, "not_found"},
        {"GET", "/v1/switches/%zz", NULL, 404, "not_found"},
        {"GET", "/v1/switches/%00", NULL, 404, "not_found"},
        {"GET", "/v1/switches/11112222333344445", NULL, 400, "bad_value"},
        {"GET", "/v1/switches/1::2", NULL, 400, "bad_value"},
        {"POST", "/v1/hosts", "{}", 405, "method_not_allowed"},
        {"PATCH", "/v1/log", "{}", 405, "method_not_allowed"},
        {"GET", "/v1/hosts", "{}", 400, "bad_body"},
        {"GET", "/v1/hosts?limit=10001", NULL, 400, "bad_query"},
        {"GET", "/v1/hosts?limit=-1", NULL, 400, "bad_query"},
        {"GET", "/v1/hosts?limit=99999999999999999999", NULL, 400, "bad_query"},
        {"GET", "/v1/hosts?limits=1", NULL, 400, "bad_query"},
        {"GET", "/v1/hosts?limit=%4", NULL, 400, "bad_query"},
        {"GET", "/v1/hosts?limit=1&limit=1&limit=1&limit=1&limit=1&limit=1&limit=1&limit=1&limit=1",
         NULL, 400, "bad_query"},
        {"PUT", "/v1/log", NULL, 400, "bad_body"},
        {"PUT", "/v1/log", "{", 400, "bad_json"},
        {"PUT", "/v1/log", "{\"level\":\"info\",\"level\":\"warn\"}", 400, "bad_json"},
        {"PUT", "/v1/log", "[]", 400, "bad_body"},
        {"PUT", "/v1/log", "{\"level\":7}", 400, "bad_value"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s %s\n", cases[i].method, cases[i].path);
        assert_int_equal(ask(s, cases[i].method, cases[i].path, cases[i].body), cases[i].status);
        assert_at(s, "error.code", cases[i].code);
    }
}

/* The page, and nothing of the network with it. */
static void test_page(void **state)
{
    struct scene *s = *state;

    s->role = NB_NOBODY;
    assert_int_equal(ask(s, "GET", "/", NULL), 200);
    assert_non_null(strstr(s->text, "<title>Tambo</title>"));
    assert_null(strstr(s->text, "02:00:00"));
}

static void test_allow(void **state)
{
    struct scene *s = *state;
    char text[NB_ALLOW_LEN];

    assert_int_equal(ask(s, "DELETE", "/v1/log", NULL), 405);
    assert_string_equal(nb_allow_text(s->allow, text), "GET, PUT");
    assert_int_equal(ask(s, "OPTIONS", "/v1/log", NULL), 204);
    assert_string_equal(nb_allow_text(s->allow, text), "GET, PUT");
    assert_int_equal(ask(s, "HEAD", "/v1/log", NULL), 200);
}

static void test_roles(void **state)
{
    struct scene *s = *state;

    s->role = NB_NOBODY;
    assert_int_equal(ask(s, "GET", "/v1/health", NULL), 200);
    assert_int_equal(ask(s, "GET", "/v1/hosts", NULL), 401);
    s->role = NB_READ;
    assert_int_equal(ask(s, "GET", "/v1/hosts", NULL), 200);
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"error\"}"), 403);
    s->role = NB_OPERATE;
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"error\"}"), 403);
    s->role = NB_ADMIN;
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"error\"}"), 200);
}

static void test_bodies(void **state)
{
    struct scene *s = *state;

    s->type = "text/plain";
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 415);
    s->type = NULL;
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 415);
    s->type = "application/jsonl";
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 415);
    s->type = "Application/JSON; charset=utf-8";
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 200);
    s->type = "application/json";
    nb_set_max_body(s->nb, 15);
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 413);
    nb_set_max_body(s->nb, 16);
    assert_int_equal(ask(s, "PUT", "/v1/log", "{\"level\":\"info\"}"), 200);
    nb_set_max_body(s->nb, 0);
}

static void test_without_core(void **state)
{
    struct scene *s = *state;

    nb_serve(s->nb, NULL, NULL, 0);
    assert_int_equal(ask(s, "GET", "/v1/hosts", NULL), 503);
    assert_at(s, "error.code", "unavailable");
}

static void note(void *aux)
{
    ++*(int *)aux;
}

/* The last of them are kept, in order, and whoever is late begins at the oldest. */
static void test_events(void **state)
{
    struct scene *s = *state;
    size_t n;
    struct datapath *const *all = datapath_all(s->net->ctl, &n);
    struct ctl_event event = {.type = CTL_PORT_UP, .dp = all[2]};
    int n_notes = 0;

    assert_int_equal(ask(s, "GET", "/v1/events", NULL), 200);
    assert_true(s->is_stream);
    assert_int_equal(ask(s, "GET", "/v1/events?after=x", NULL), 400);
    assert_null(nb_events_next(s->nb, 0));
    nb_events_listen(s->nb, note, &n_notes);
    for (port_no_t port = 1; port <= NB_EVENTS_KEPT + 23; port++) {
        event.port_no = port;
        nb_module.on_all(s->nb, &event);
    }
    assert_int_equal(n_notes, NB_EVENTS_KEPT + 23);
    assert_int_equal(nb_events_last(s->nb), NB_EVENTS_KEPT + 23);
    assert_int_equal(nb_events_next(s->nb, 0)->number, 24);
    assert_int_equal(nb_events_next(s->nb, 385)->number, 386);
    assert_non_null(strstr(nb_events_next(s->nb, 385)->data, "\"port\":386"));
    assert_null(nb_events_next(s->nb, NB_EVENTS_KEPT + 23));
    assert_null(nb_events_next(s->nb, UINT64_MAX));
}

/* What an event says is what was so when it happened, though it is read later. */
static void test_events_say_what_was(void **state)
{
    struct scene *s = *state;
    struct host *host = hosts_find(s->net->ctl, s->net->hosts[0].mac);
    struct ctl_event event = {
        .type = CTL_HOST_MOVED, .host = host, .old_dpid = 0x2385, .old_port = 7};
    struct ctl_event quiet = {.type = CTL_FLOW_DEFERRED};
    port_no_t port = host_port(host);
    uint64_t last = nb_events_last(s->nb);
    char expected[32];

    nb_module.on_all(s->nb, &event);
    nb_module.on_all(s->nb, &quiet);
    snprintf(expected, sizeof expected, "\"port\":%u,", port);
    net_host_move(s->net, 0, s->net->hosts[0].sw, port + 3);
    net_advance(s->net, NS_PER_S);
    net_arp_announce(s->net, 0);
    net_settle(s->net);
    assert_string_equal(nb_events_next(s->nb, last)->name, "host_moved");
    assert_non_null(strstr(nb_events_next(s->nb, last)->data, expected));
    assert_non_null(strstr(nb_events_next(s->nb, last)->data,
                           "\"old_dpid\":\"0000000000002385\",\"old_port\":7"));
}

/* Whoever changes something is heard of, whoever looks or fails is not. */
static void test_events_of_requests(void **state)
{
    struct scene *s = *state;
    const struct nb_event *event;

    assert_int_equal(ask(s, "GET", "/v1/hosts", NULL), 200);
    assert_int_equal(ask(s, "PUT", "/v1/networks/0", "{\"name\":\"x\"}"), 400);
    assert_null(nb_events_next(s->nb, 0));
    assert_int_equal(ask(s, "PUT", "/v1/networks/2", "{\"name\":\"lab\"}"), 201);
    event = nb_events_next(s->nb, 0);
    assert_string_equal(event->name, "changed");
    assert_non_null(strstr(event->data, "{\"method\":\"PUT\",\"path\":\"/v1/networks/2\","
                                        "\"user\":\"test\","));
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/clear/all/json", NULL), 200);
    assert_non_null(strstr(nb_events_next(s->nb, 1)->data, "clear"));
    assert_null(nb_events_next(s->nb, 2));
}

static void check_row(void *aux, const struct nb_row *row)
{
    size_t len = strlen(row->summary);

    ++*(size_t *)aux;
    assert_int_equal(row->path[0], '/');
    assert_true(len > 5 && row->summary[len - 1] == '.');
    assert_true(row->role > NB_NOBODY || strstr(row->path, "/health") ||
                strncmp(row->path, "/ui/", 4) == 0 || strcmp(row->path, "/") == 0);
    assert_true(strcmp(row->method, "GET") == 0 || row->role >= NB_OPERATE);
}

/* Whoever may only read can change nothing, and nobody sees anything without a token. */
static void test_table(void **state)
{
    size_t n = 0;

    (void)state;
    nb_each_row(check_row, &n);
    assert_true(n >= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_status),
        SCENE_TEST(test_switches),
        SCENE_TEST(test_flows),
        SCENE_TEST(test_hosts),
        SCENE_TEST(test_paths),
        SCENE_TEST(test_log),
        SCENE_TEST(test_errors),
        SCENE_TEST(test_allow),
        SCENE_TEST(test_page),
        SCENE_TEST(test_roles),
        SCENE_TEST(test_bodies),
        SCENE_TEST(test_without_core),
        SCENE_TEST(test_events),
        SCENE_TEST(test_events_say_what_was),
        SCENE_TEST(test_events_of_requests),
        SCENE_TEST(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
