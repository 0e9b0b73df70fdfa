/* The paths of the original controller, with
 *
 *      h0 ─ s1 ─── s2 ─ h1
 *
 * s1 speaks OpenFlow 1.3, s2 1.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/datapath.h"
#include "tests/northbound/ask.h"

#define S1 "00:00:00:00:00:00:00:01"
#define S2 "00:00:00:00:00:00:00:02"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385, .versions = {OF_VERSION_1_3, OF_VERSION_1_0}, .hosts = {{0, 7}, {1, 8}}};

    return scene_start(state, &row);
}

/* Asks switches, too, and waits for their answers. */
static int ask_on(struct scene *s, const char *method, const char *path, const char *body)
{
    ask(s, method, path, body);
    net_settle(s->net);
    assert_false(s->pending);
    return s->status;
}

static int get(struct scene *s, const char *path)
{
    print_message("GET %s\n", path);
    return ask_on(s, "GET", path, NULL);
}

/* --- /wm/core --------------------------------------------------------------------------------- */

static void test_core(void **state)
{
    struct scene *s = *state;

    assert_int_equal(get(s, "/wm/core/controller/switches/json"), 200);
    assert_at(s, "[1].switchDPID", S2);
    assert_at(s, "[0].openFlowVersion", "OF_13");
    assert_at(s, "[1].openFlowVersion", "OF_10");
    assert_int_equal(get(s, "/wm/core/controller/summary/json"), 200);
    assert_at(s, "# hosts", "2");
    assert_at(s, "# Switches", "2");
    assert_at(s, "# inter-switch links", "2");
    assert_int_equal(get(s, "/wm/core/health/json"), 200);
    assert_at(s, "healthy", "true");
    assert_int_equal(get(s, "/wm/core/system/uptime/json"), 200);
    net_advance(s->net, 385 * NS_PER_MS);
    assert_int_equal(get(s, "/wm/core/system/uptime/json"), 200);
    assert_at(s, "systemUptimeMsec", "385");
    assert_int_equal(get(s, "/wm/core/memory/json"), 200);
    assert_true(json_is_integer(json_object_get(s->json, "total")));
    assert_true(json_is_integer(json_object_get(s->json, "free")));
    assert_int_equal(get(s, "/wm/core/storage/tables/json"), 200);
    assert_at(s, "[0]", "labels");
    assert_at(s, "[1]", "absent");
}

static void test_modules_and_counters(void **state)
{
    struct scene *s = *state;

    assert_int_equal(get(s, "/wm/core/module/all/json"), 200);
    assert_at(s, "clustering.name", "clustering");
    assert_at(s, "clustering.loaded", "true");
    assert_at(s, "clustering.depends", "{}");
    assert_at(s, "clustering.provides", "{}");
    assert_int_equal(get(s, "/wm/core/module/loaded/json"), 200);
    assert_at(s, "forwarding.loaded", "true");
    assert_int_equal(get(s, "/wm/core/module/other/json"), 404);
    assert_int_equal(get(s, "/wm/core/counter/core/sessions_opened/json"), 200);
    assert_at(s, "core/sessions_opened", "2");
    assert_at(s, "core/messages_in", "absent");
    assert_int_equal(get(s, "/wm/core/counter/core/all/json"), 200);
    assert_at(s, "core/sessions_opened", "2");
    assert_at(s, "rest/requests", "absent");
    assert_int_equal(get(s, "/wm/core/counter/all/all/json"), 200);
    assert_string_not_equal(answer_at(s, "rest/requests"), "absent");
    assert_int_equal(get(s, "/wm/core/counter/core/nothing/json"), 404);
    assert_int_equal(get(s, "/wm/core/counter/nothing/all/json"), 404);
}

/* --- /wm/core/switch -------------------------------------------------------------------------- */

static void test_switch_that_knows(void **state)
{
    static const struct request bad[] = {
        {"GET", "/wm/core/switch/1/weather/json", NULL, 404},
        {"GET", "/wm/core/switch/9/flow/json", NULL, 404},
        {"GET", "/wm/core/switch/x/flow/json", NULL, 400},
        {"GET", "/wm/core/switch/all/weather/json", NULL, 404},
        {"GET", "/wm/core/switch/9/features/json", NULL, 404},
        {"GET", "/wm/core/switch/2/meter/json", NULL, 409},
        {"GET", "/wm/nothing/json", NULL, 404},
    };
    struct scene *s = *state;

    ASK_ALL(s, bad);
    assert_int_equal(get(s, "/wm/core/switch/1/features/json"), 200);
    assert_at(s, "dpid", S1);
    assert_at(s, "tables", "1");
    assert_at(s, "version", "OF_13");
    assert_string_not_equal(answer_at(s, "capabilities"), "absent");
    assert_string_not_equal(answer_at(s, "buffers"), "absent");
    assert_int_equal(get(s, "/wm/core/switch/all/port-desc/json"), 200);
    assert_at(s, S1 ".portDesc[1].portNumber", "7");
    assert_at(s, S2 ".version", "OF_10");
    assert_string_not_equal(answer_at(s, S1 ".portDesc[0].hardwareAddress"), "absent");
}

static void test_switch_that_is_asked(void **state)
{
    struct scene *s = *state;

    net_send(s->net, 0, 1, 385);
    net_settle(s->net);
    assert_int_equal(get(s, "/wm/core/switch/" S1 "/flow/json"), 200);
    assert_at(s, "flows[0].version", "OF_13");
    assert_at(s, "flows[0].tableId", "0x0");
    assert_at(s, "flows[0].idleTimeoutSec", "0");
    assert_string_not_equal(answer_at(s, "flows[0].packetCount"), "absent");
    assert_string_not_equal(answer_at(s, "flows[0].match"), "absent");
    assert_at(s, "flows[0].instructions.instruction_apply_actions.actions", "output:controller");
    assert_int_equal(get(s, "/wm/core/switch/1/port/json"), 200);
    assert_at(s, "version", "OF_13");
    assert_at(s, "port[0].portNumber", "2");
    assert_string_not_equal(answer_at(s, "port[0].receiveBytes"), "absent");
    assert_int_equal(get(s, "/wm/core/switch/1/desc/json"), 200);
    assert_at(s, "desc.manufacturerDescription", "Tambo");
    assert_at(s, "desc.version", "OF_13");
    assert_int_equal(get(s, "/wm/core/switch/1/table/json"), 200);
    assert_at(s, "table[0].tableId", "0x0");
    assert_string_not_equal(answer_at(s, "table[0].activeCount"), "absent");
    assert_int_equal(get(s, "/wm/core/switch/1/table-features/json"), 200);
    assert_at(s, "tableFeatures[0].version", "OF_13");
    assert_int_equal(get(s, "/wm/core/switch/1/group-desc/json"), 200);
    assert_at(s, "groupDesc", "[]");
    assert_int_equal(get(s, "/wm/core/switch/1/meter-config/json"), 200);
    assert_at(s, "meterConfig", "[]");
    assert_int_equal(get(s, "/wm/core/switch/1/aggregate/json"), 503); /* It does not know that. */
}

/* One answer for all of them: those that speak 1.0 have no groups, those that are gone are not there,
 * and one that refuses is told as such. */
static void test_all_switches(void **state)
{
    struct scene *s = *state;

    assert_int_equal(get(s, "/wm/core/switch/all/flow/json"), 200);
    assert_at(s, S1 ".flows[0].version", "OF_13");
    assert_at(s, S2 ".flows[0].version", "OF_10");
    assert_int_equal(get(s, "/wm/core/switch/all/group-desc/json"), 200);
    assert_at(s, S1 ".groupDesc", "[]");
    assert_at(s, S2, "absent");
    assert_int_equal(get(s, "/wm/core/switch/all/queue/json"), 200);
    assert_string_not_equal(answer_at(s, S1 ".error"), "absent");
    ask(s, "GET", "/wm/core/switch/all/flow/json", NULL);
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_int_equal(s->status, 200);
    assert_string_not_equal(answer_at(s, S2 ".error"), "absent");
    assert_int_equal(get(s, "/wm/core/switch/all/desc/json"), 200);
    assert_at(s, S2, "absent");
    assert_int_equal(get(s, "/wm/core/switch/2/desc/json"), 503);
    ask(s, "GET", "/wm/core/switch/all/desc/json", NULL);
    assert_true(s->pending); /* And is, when everything is freed. */
}

static void test_roles_at_switches(void **state)
{
    static const struct request bad[] = {
        {"POST", "/wm/core/switch/1/role/json", "{\"role\":\"KING\"}", 400},
        {"POST", "/wm/core/switch/1/role/json", "{\"role\":\"OTHER\"}", 400},
        {"POST", "/wm/core/switch/1/role/json", "{}", 400},
        {"POST", "/wm/core/switch/9/role/json", "{\"role\":\"MASTER\"}", 404},
        {"POST", "/wm/core/switch/2/role/json", "{\"role\":\"MASTER\"}", 409},
        {"GET", "/wm/core/switch/9/role/json", NULL, 404},
    };
    struct scene *s = *state;

    ASK_ALL(s, bad);
    assert_int_equal(get(s, "/wm/core/switch/all/role/json"), 200);
    assert_at(s, S1, "EQUAL");
    assert_at(s, S2, "EQUAL");
    assert_int_equal(ask_on(s, "POST", "/wm/core/switch/1/role/json", "{\"role\":\"MASTER\"}"),
                     200);
    assert_at(s, S1, "MASTER");
    assert_at(s, S2, "absent");
    assert_int_equal(ask_on(s, "POST", "/wm/core/switch/all/role/json", "{\"role\":\"SLAVE\"}"),
                     200);
    assert_at(s, S1, "SLAVE");
    assert_at(s, S2, "absent"); /* 1.0 has none. */
    assert_int_equal(get(s, "/wm/core/switch/1/role/json"), 200);
    assert_at(s, S1, "SLAVE");
}

static void test_role_of_the_controller(void **state)
{
    static const struct request bad[] = {
        {"POST", "/wm/core/role/json", "{\"role\":\"MASTER\"}", 400},
        {"POST", "/wm/core/role/json", "{\"role\":1}", 400},
        {"POST", "/wm/core/role/json", "{\"role\":\"ACTIVE\",\"who\":\"me\"}", 400},
        {"PUT", "/wm/core/role/json", "{\"role\":\"ACTIVE\"}", 405},
    };
    struct scene *s = *state;

    ASK_ALL(s, bad);
    assert_int_equal(get(s, "/wm/core/role/json"), 200);
    assert_at(s, "role", "ACTIVE");
    net_advance(s->net, 2385 * NS_PER_MS);
    assert_int_equal(ask_on(s, "POST", "/wm/core/role/json",
                            "{\"role\":\"STANDBY\",\"role-change-description\":\"maintenance\"}"),
                     200);
    assert_at(s, "role", "STANDBY");
    assert_at(s, "role-change-description", "maintenance");
    assert_at(s, "role-change-date-time", "2.385 s after the start");
    assert_int_equal(datapath_role(datapath_find(s->net->ctl, 1)), OF_ROLE_SLAVE);
    assert_int_equal(ask_on(s, "POST", "/wm/core/role/json", "{\"role\":\"ACTIVE\"}"), 200);
    assert_at(s, "role", "ACTIVE");
    assert_int_equal(datapath_role(datapath_find(s->net->ctl, 1)), OF_ROLE_MASTER);
    s->role = NB_OPERATE;
    assert_int_equal(ask(s, "POST", "/wm/core/role/json", "{\"role\":\"STANDBY\"}"), 403);
}

/* --- /wm/topology, /wm/device ----------------------------------------------------------------- */

static void test_topology(void **state)
{
    static const struct request bad[] = {
        {"GET", "/wm/topology/route/1/7/9/8/json", NULL, 404},
        {"GET", "/wm/topology/route/1/x/2/8/json", NULL, 400},
        {"POST", "/wm/topology/links/json", "{}", 405},
    };
    struct scene *s = *state;

    ASK_ALL(s, bad);
    assert_int_equal(get(s, "/wm/topology/links/json"), 200);
    assert_at(s, "[0].direction", "bidirectional");
    assert_at(s, "[0].type", "internal");
    assert_at(s, "[1]", "absent");
    assert_int_equal(get(s, "/wm/topology/directed-links/json"), 200);
    assert_at(s, "[1].src-switch", S2);
    assert_at(s, "[1].dst-port", "2");
    assert_int_equal(get(s, "/wm/topology/route/1/7/2/8/json"), 200);
    assert_at(s, "[0].switch", S1);
    assert_at(s, "[0].port", "7");
    assert_at(s, "[3].port", "8");
    assert_int_equal(get(s, "/wm/topology/switchclusters/json"), 200);
    assert_at(s, S1, "[\"" S1 "\",\"" S2 "\"]");
    assert_at(s, S2, "absent");
    assert_int_equal(get(s, "/wm/topology/enabledports/json"), 200);
    assert_at(s, "[1].switch", S1);
    assert_at(s, "[1].port", "7");
    assert_at(s, "[4]", "absent");
    assert_int_equal(get(s, "/wm/topology/tunnellinks/json"), 200);
    assert_at(s, "", "[]");
    net_disconnect(s->net, 1);
    net_settle(s->net);
    assert_int_equal(get(s, "/wm/topology/switchclusters/json"), 200);
    assert_at(s, "", "{\"" S1 "\":[\"" S1 "\"]}");
}

/* s1 and s2 have a port each in one legacy network, beside their link. */
static void with_bridge(struct net *net)
{
    int bridge = net_add_bridge(net);

    net_add_bridge_link(net, bridge, 0, 9);
    net_add_bridge_link(net, bridge, 1, 9);
}

static int start_with_bridge(void **state)
{
    static const struct scene_row row = {.seed = 23,
                                         .versions = {OF_VERSION_1_3, OF_VERSION_1_3},
                                         .hosts = {{0, 7}, {1, 8}},
                                         .prepare = with_bridge};
    struct scene *s;

    scene_start(state, &row);
    s = *state;
    net_advance(s->net, 12 * NS_PER_S);
    return 0;
}

static void test_legacy_networks(void **state)
{
    struct scene *s = *state;

    assert_int_equal(get(s, "/wm/topology/blockedports/json"), 200);
    assert_at(s, "", "[{\"switch\":\"" S2 "\",\"port\":9}]");
    assert_int_equal(get(s, "/wm/topology/broadcastdomainports/json"), 200);
    assert_at(s, "[0].switch", S1);
    assert_at(s, "[1].switch", S2);
    assert_at(s, "[2]", "absent");
    assert_int_equal(get(s, "/wm/topology/external-links/json"), 200);
    assert_at(s, "[0].type", "external");
    assert_at(s, "[0].dst-port", "9");
}

static void test_devices(void **state)
{
    static const struct request requests[] = {
        {"POST", "/wm/device/", "{}", 405},
        {"GET", "/wm/device/?mac=x", NULL, 400},
        {"GET", "/wm/device/?ipv4=10.0.0", NULL, 400},
        {"GET", "/wm/device/?ipv6=x", NULL, 400},
        {"GET", "/wm/device/?dpid=x", NULL, 400},
        {"GET", "/wm/device/?port=0", NULL, 400},
        {"GET", "/wm/device/?name=h0", NULL, 400},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_int_equal(get(s, "/wm/device/"), 200);
    assert_at(s, "devices[1].ipv4[0]", "10.0.0.2");
    assert_at(s, "devices[1].mac[0]", "02:00:00:00:01:01");
    assert_at(s, "devices[1].attachmentPoint[0].port", "8");
    assert_at(s, "devices[1].attachmentPoint[0].switchDPID", S2);
    assert_at(s, "complete", "true");
    assert_int_equal(get(s, "/wm/device/all/json?ipv4=10.0.0.2&dpid=2"), 200);
    assert_at(s, "devices[0].ipv4[0]", "10.0.0.2");
    assert_at(s, "devices[1]", "absent");
    assert_int_equal(get(s, "/wm/device/?mac=02:00:00:00:01:01&port=7"), 200);
    assert_at(s, "devices", "[]");
    assert_int_equal(get(s, "/wm/device/?ipv6=fd00::1"), 200);
    assert_at(s, "devices", "[]");
    assert_int_equal(get(s, "/wm/device/debug"), 200);
    assert_string_not_equal(answer_at(s, "devices[0].heard_s_ago"), "absent");
}

/* --- /networkService -------------------------------------------------------------------------- */

static void test_network_service(void **state)
{
#define T "/networkService/v1.1/tenants/pucp"
    static const struct request requests[] = {
        {"POST", T "/networks", "{\"network\":{\"name\":\"lab\",\"id\":\"2\"}}", 200},
        {"PUT", T "/networks/3", "{\"network\":{\"name\":\"staff\"}}", 200},
        {"PUT", T "/networks/4", "{\"network\":{\"name\":\"staff\"}}", 409},
        {"POST", T "/networks", "{\"network\":{\"name\":\"x\"}}", 400},
        {"POST", T "/networks", "{\"network\":{\"name\":\"x\",\"id\":\"-2\"}}", 400},
        {"PUT", T "/networks/filter/2",
         "{\"isolate\":{\"type\":\"1\",\"vnid\":\"2\",\"nets\":\"1,3\"}}", 200},
        {"PUT", T "/networks/filter/2",
         "{\"isolate\":{\"type\":\"1\",\"vnid\":\"2\",\"nets\":\"77\"}}", 404},
        {"PUT", T "/networks/filter/2", "{\"isolate\":{\"type\":\"1\"}}", 400},
        {"GET", T "/networks/filter/77", NULL, 404},
        {"DELETE", T "/networks/77", NULL, 404},
        {"GET", T "/nothing", NULL, 404},
        {"GET", T "/networks/filter/3", NULL, 200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "[0]", "2"); /* A pair is blocked both ways. */
    ask(s, "GET", T "/networks", NULL);
    assert_at(s, "[1].name", "lab");
    assert_at(s, "[0].hosts[1]", "{\"mac\":\"02:00:00:00:01:01\"}");
    assert_int_equal(ask(s, "DELETE", T "/networks/2", NULL), 200);
#undef T
}

#define T "/networkService/v1.1/tenants/pucp"
#define RULES T "/rules/type/1/network/2"

static void add_networks(struct scene *s)
{
    static const struct request requests[] = {
        {"POST", T "/networks", "{\"network\":{\"name\":\"lab\",\"id\":\"2\"}}", 200},
        {"PUT", RULES, "{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"" S1 "-7\"}}",
         200},
        {"PUT", RULES,
         "{\"attachment\":{\"type\":\"2\",\"vnid\":\"2\",\"match\":\"02:00:00:00:01:01\"}}", 200},
        {"PUT", RULES, "{\"attachment\":{\"type\":\"3\",\"vnid\":\"2\",\"match\":\"10.3.0.0/16\"}}",
         200},
        {"POST", RULES, "{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"2-8\"}}", 200},
    };

    ASK_ALL(s, requests);
}

static void test_network_rules(void **state)
{
    struct scene *s = *state;

    add_networks(s);
    assert_int_equal(get(s, T "/rules/type/all/network/2"), 200);
    assert_at(s, "1-2-0.match", S1 "-7");
    assert_at(s, "1-2-1.match", S2 "-8");
    assert_at(s, "2-2-0", "{\"type\":2,\"vnid\":\"2\",\"match\":\"02:00:00:00:01:01\"}");
    assert_at(s, "3-2-0.match", "10.3.0.0/16");
    assert_int_equal(
        ask(s, "DELETE", RULES, "{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"id\":\"0\"}}"),
        200);
    assert_at(s, "status", "ok");
    assert_int_equal(
        ask(s, "DELETE", RULES, "{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"id\":\"1\"}}"),
        404);
    assert_int_equal(get(s, T "/rules/type/1/network/2"), 200);
    assert_at(s, "1-2-0.match", S2 "-8");
}

/* It fell through from type 1 to 2 and 3. */
static void test_regression_type_1_is_type_1_only(void **state)
{
    struct scene *s = *state;

    add_networks(s);
    assert_int_equal(get(s, T "/rules/type/1/network/2"), 200);
    assert_int_equal(json_object_size(s->json), 2);
    assert_int_equal(get(s, T "/rules/type/3/network/2"), 200);
    assert_int_equal(json_object_size(s->json), 1);
}

/* Rules were wiped when their network was renamed. */
static void test_regression_rules_survive_a_new_name(void **state)
{
    struct scene *s = *state;

    add_networks(s);
    assert_int_equal(ask(s, "PUT", T "/networks/2", "{\"network\":{\"name\":\"laboratory\"}}"),
                     200);
    assert_int_equal(get(s, T "/rules/type/all/network/2"), 200);
    assert_int_equal(json_object_size(s->json), 4);
}

/* A network that there is not threw a null pointer, and what could not be read was answered by 200. */
static void test_regression_bad_rules_are_refused(void **state)
{
    static const struct fault faults[] = {
        {"{\"attachment\":{\"vnid\":\"2\",\"match\":\"1-3\"}}", "type"},
        {"{\"attachment\":{\"type\":\"4\",\"vnid\":\"2\",\"match\":\"1-3\"}}", "type"},
        {"{\"attachment\":{\"type\":\"all\",\"vnid\":\"2\",\"match\":\"1-3\"}}", "type"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"x\",\"match\":\"1-3\"}}", "vnid"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"1-\"}}", "match"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"-3\"}}", "match"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"1-3x\"}}", "match"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"match\":\"1-99999999999999\"}}",
         "match"},
        {"{\"attachment\":{\"type\":\"2\",\"vnid\":\"2\",\"match\":\"10.0.0.1\"}}", "match"},
        {"{\"attachment\":{\"type\":\"3\",\"vnid\":\"2\",\"match\":\"10.0.0.1/8\"}}", "match"},
        {"{\"rule\":{}}", "type"},
    };
    static const struct fault deletes[] = {
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\"}}", "id"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"id\":\"-1\"}}", "id"},
        {"{\"attachment\":{\"type\":\"1\",\"vnid\":\"2\",\"id\":\"\"}}", "id"},
    };
    static const struct request others[] = {
        {"PUT", RULES, "{\"attachment\":{\"type\":\"1\",\"vnid\":\"77\",\"match\":\"1-3\"}}", 404},
        {"PUT", RULES, "{\"attachment\":{\"type\":\"3\",\"vnid\":\"2\",\"match\":\"10.3.0.0/16\"}}",
         409},
        {"GET", T "/rules/type/1/network/77", NULL, 404},
        {"GET", T "/rules/type/5/network/2", NULL, 400},
        {"GET", T "/rules/type/1/network/x", NULL, 400},
    };
    struct scene *s = *state;

    add_networks(s);
    REFUSE_ALL(s, "PUT", RULES, faults);
    REFUSE_ALL(s, "DELETE", RULES, deletes);
    ASK_ALL(s, others);
}

/* --- /elephantRouting ------------------------------------------------------------------------- */

/* Every request was answered by 405. */
static void test_regression_elephants_can_be_added(void **state)
{
#define ADD "/elephantRouting/elephants/add"
    static const struct request requests[] = {
        {"POST", ADD, "{\"srcMAC\":\"02:00:00:00:01:00\"}", 400},
        {"POST", ADD, "{\"srcMAC\":\"h0\",\"dstMAC\":\"02:00:00:00:01:01\"}", 400},
        {"POST", ADD, "{\"srcMAC\":\"02:00:00:00:23:85\",\"dstMAC\":\"02:00:00:00:01:01\"}", 404},
        {"POST", ADD,
         "{\"srcMAC\":\"02:00:00:00:01:00\",\"dstMAC\":\"02:00:00:00:01:01\",\"srcPort\":\"x\"}",
         400},
        {"GET", ADD, NULL, 405},
        {"POST", ADD,
         "{\"srcMAC\":\"02:00:00:00:01:00\",\"dstMAC\":\"02:00:00:00:01:01\",\"srcPort\":\"2385\","
         "\"dstPort\":\"80\"}",
         200},
        {"PUT", ADD,
         "{\"srcMAC\":\"02:00:00:00:01:00\",\"dstMAC\":\"02:00:00:00:01:01\",\"srcPort\":2385,"
         "\"dstPort\":80}",
         200},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "status", "ok");
    assert_int_equal(ask(s, "GET", "/v1/elephants", NULL), 200);
    assert_at(s, "elephants[0].src_ip", "10.0.0.1");
    assert_at(s, "elephants[0].proto", "6");
    assert_at(s, "elephants[0].dport", "80");
    assert_at(s, "elephants[1]", "absent");
#undef ADD
}

/* --- The rest --------------------------------------------------------------------------------- */

static void test_missing(void **state)
{
    static const struct request requests[] = {
        {"POST", "/wm/core/packettrace/json", "{\"mac\":\"02:00:00:00:01:00\"}", 501},
        {"POST", "/wm/storage/notify/json", "{}", 501},
        {"GET", "/wm/linkdiscovery/autoportfast/true/json", NULL, 501},
        {"GET", "/wm/performance/data/json", NULL, 501},
        {"GET", "/quantum/v1.0/vips/", NULL, 501},
        {"POST", "/quantum/v1.0/pools/", "{\"pool\":{}}", 501},
        {"PUT", "/quantum/v1.0/members/", "{\"member\":{}}", 501},
        {"DELETE", "/quantum/v1.0/health_monitors/7", NULL, 501},
    };
    struct scene *s = *state;

    ASK_ALL(s, requests);
    assert_at(s, "error.code", "not_implemented");
    assert_int_equal(ask(s, "GET", "/ui/", NULL), 200);
    assert_non_null(strstr(s->text, "<title>Tambo</title>"));
    assert_int_equal(ask(s, "GET", "/ui/index.html", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_core),
        SCENE_TEST(test_modules_and_counters),
        SCENE_TEST(test_switch_that_knows),
        SCENE_TEST(test_switch_that_is_asked),
        SCENE_TEST(test_all_switches),
        SCENE_TEST(test_roles_at_switches),
        SCENE_TEST(test_role_of_the_controller),
        SCENE_TEST(test_topology),
        cmocka_unit_test_setup_teardown(test_legacy_networks, start_with_bridge, scene_stop),
        SCENE_TEST(test_devices),
        SCENE_TEST(test_network_service),
        SCENE_TEST(test_network_rules),
        SCENE_TEST(test_regression_type_1_is_type_1_only),
        SCENE_TEST(test_regression_rules_survive_a_new_name),
        SCENE_TEST(test_regression_bad_rules_are_refused),
        SCENE_TEST(test_regression_elephants_can_be_added),
        SCENE_TEST(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
