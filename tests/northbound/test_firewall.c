/* The firewall over REST, and what a client may get wrong, with
 *
 *      h0 ─ s1 ─── s2 ─ h1         s1 speaks OpenFlow 1.3, s2 OpenFlow 1.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "controller/apps/firewall.h"
#include "tests/northbound/ask.h"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385, .versions = {OF_VERSION_1_3, OF_VERSION_1_0}, .hosts = {{0, 7}, {1, 8}}};

    return scene_start(state, &row);
}

#define RULES "/v1/firewall/rules"
#define THEIRS "/wm/firewall/rules/json"
#define ACL "/wm/acl/rules/json"

static const char web[] =
    "{\"priority\": 2385, \"action\": \"deny\", \"match\": {\"eth_type\": \"0x0800\","
    "\"ipv4_dst\": \"10.0.0.0/8\", \"ip_proto\": 6, \"tcp_dst\": 80}}";

static size_t n_entries(const struct scene *s, int sw)
{
    const struct net_switch *net_switch = s->net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < net_switch->n_entries; i++) {
        n += net_switch->entries[i].priority >= PRIORITY_FIREWALL_MIN &&
             net_switch->entries[i].priority < PRIORITY_FIREWALL_MAX;
    }
    return n;
}

/* --- /v1 -------------------------------------------------------------------------------------- */

static void test_life_of_a_rule(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", RULES, web), 201);
    assert_at(s, "id", "1");
    assert_at(s, "entries", "0"); /* They are about to be written. */
    net_advance(s->net, 0);
    assert_int_equal(n_entries(s, 0), 1);
    assert_int_equal(n_entries(s, 1), 1);
    assert_int_equal(ask(s, "GET", RULES "/1", NULL), 200);
    assert_at(s, "priority", "2385");
    assert_at(s, "action", "deny");
    assert_at(s, "dpid", "null");
    assert_at(s, "match.ipv4_dst", "10.0.0.0/255.0.0.0");
    assert_at(s, "shadowed_by", "null");
    assert_at(s, "confirmed", "2");
    assert_int_equal(ask(s, "PUT", RULES "/1",
                         "{\"action\": \"deny\", \"dpid\": \"1\", \"match\": {\"in_port\": 7}}"),
                     200);
    assert_at(s, "priority", "32768");
    assert_at(s, "dpid", "0000000000000001");
    net_advance(s->net, 0);
    assert_int_equal(n_entries(s, 0), 1);
    assert_int_equal(n_entries(s, 1), 0);
    assert_int_equal(ask(s, "DELETE", RULES "/1", NULL), 204);
    net_advance(s->net, 0);
    assert_int_equal(n_entries(s, 0), 0);
    assert_int_equal(ask(s, "DELETE", RULES "/1", NULL), 404);
    assert_int_equal(ask(s, "GET", RULES "/1", NULL), 404);
    assert_int_equal(ask(s, "PUT", RULES "/1", web), 404);
}

static void test_list_is_in_order_and_tells_of_shadows(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", RULES, web), 201);
    assert_int_equal(ask(s, "POST", RULES, "{\"action\": \"allow\", \"priority\": 5000}"), 201);
    assert_int_equal(ask(s, "POST", RULES, "{\"action\": \"deny\", \"priority\": 7}"), 201);
    assert_int_equal(ask(s, "GET", RULES "?limit=2", NULL), 200);
    assert_at(s, "rules[0].id", "2");
    assert_at(s, "rules[0].shadowed_by", "null");
    assert_at(s, "rules[1].id", "1");
    assert_at(s, "rules[1].shadowed_by", "2");
    assert_at(s, "rules[2]", "absent");
    assert_at(s, "next", "63150-0000000001");
    assert_int_equal(ask(s, "GET", RULES "?after=63150-0000000001", NULL), 200);
    assert_at(s, "rules[0].id", "3");
    assert_at(s, "next", "null");
    assert_int_equal(ask(s, "DELETE", RULES, NULL), 200);
    assert_at(s, "removed", "3");
}

static void test_enabled_as_a_whole(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", RULES, web), 201);
    assert_int_equal(ask(s, "PUT", "/v1/firewall", "{\"enabled\": false}"), 200);
    assert_at(s, "enabled", "false");
    assert_at(s, "rules", "1");
    net_advance(s->net, 0);
    assert_int_equal(n_entries(s, 0), 0);
    assert_int_equal(ask(s, "PUT", "/v1/firewall", "{\"enabled\": true}"), 200);
    net_advance(s->net, 0);
    assert_int_equal(ask(s, "GET", "/v1/firewall", NULL), 200);
    assert_at(s, "enabled", "true");
    assert_at(s, "settled", "true");
    assert_at(s, "counters.refused", "0");
    assert_int_equal(n_entries(s, 0), 1);
    assert_int_equal(ask(s, "PUT", "/v1/firewall", "{}"), 400);
    assert_at(s, "error.field", "enabled");
    s->role = NB_READ;
    assert_int_equal(ask(s, "PUT", "/v1/firewall", "{\"enabled\": true}"), 403);
    assert_int_equal(ask(s, "POST", RULES, web), 403);
}

static void test_faults_are_named(void **state)
{
    static const struct fault faults[] = {
        {"{}", "action"},
        {"{\"action\": \"drop\"}", "action"},
        {"{\"action\": \"deny\", \"priority\": 65536}", "priority"},
        {"{\"action\": \"deny\", \"dpid\": \"x\"}", "dpid"},
        {"{\"action\": \"deny\", \"colour\": \"red\"}", "colour"},
        {"{\"action\": \"deny\", \"match\": 5}", "match"},
        {"{\"action\": \"deny\", \"match\": {\"colour\": 5}}", "match.colour"},
        {"{\"action\": \"deny\", \"match\": {\"tcp_dst\": 80}}", "match.tcp_dst"},
        {"{\"action\": \"deny\", \"match\": {\"metadata\": 5}}", "match.metadata"},
        {"{\"action\": \"deny\", \"match\": {\"in_port\": 5}}", "dpid"},
        {"{\"action\": \"deny\", \"match\": {\"eth_src\": \"02:00\"}}", "match.eth_src"},
        {"{\"action\": \"deny\", \"match\": {\"eth_type\": 2048, \"ipv4_dst\": "
         "\"10.0.0.0/255.0.255.0\"}}",
         "match.ipv4_dst"},
        {"{\"action\": \"deny\", \"match\": {\"vlan_vid\": \"0x1004/0x100c\"}}", "match.vlan_vid"},
        {"{\"action\": \"deny\", \"match\": {\"eth_type\": \"0x0806\"}}", "match"},
    };
    struct scene *s = *state;

    REFUSE_ALL(s, "POST", RULES, faults);
    assert_int_equal(
        ask(s, "POST", RULES, "{\"action\": \"deny\", \"match\": {\"eth_type\": 2054}}"), 400);
    assert_int_equal(ask(s, "POST", RULES, web), 201);
    assert_int_equal(ask(s, "POST", RULES, web), 409);
    assert_int_equal(ask(s, "GET", RULES "/x", NULL), 400);
    assert_at(s, "error.field", "id");
}

/* What the answer shows can be put again, and is the same then. */
static void test_every_field_is_read_as_it_is_told(void **state)
{
    static const char *const matches[] = {
        "{\"in_port\": 5, \"eth_src\": \"02:00:00:00:00:00/ff:00:00:00:00:00\", \"eth_dst\": "
        "\"02:00:00:00:23:85\", \"vlan_vid\": 2385}",
        "{\"vlan_vid\": \"none\"}",
        "{\"vlan_vid\": \"any\"}",
        "{\"eth_type\": 2048, \"ipv4_src\": \"10.0.0.0/9\", \"ip_proto\": 17, \"udp_src\": 5}",
        "{\"eth_type\": 2048, \"ip_proto\": 1, \"icmpv4_type\": 8, \"icmpv4_code\": 0}",
        "{\"eth_type\": 34525, \"ipv6_src\": \"2001:db8::/32\", \"ip_proto\": 58, "
        "\"icmpv6_type\": 128}",
        "{\"eth_type\": 34525, \"ipv6_dst\": \"2001:db8::5\", \"ip_proto\": 132, "
        "\"sctp_dst\": 2385}"};
    struct scene *s = *state;
    char body[1024], first[512];

    assert_int_equal(ask(s, "POST", RULES, "{\"action\": \"deny\"}"), 201);
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        snprintf(body, sizeof body, "{\"action\": \"deny\", \"dpid\": \"9\", \"match\": %s}",
                 matches[i]);
        assert_int_equal(ask(s, "PUT", RULES "/1", body), 200);
        snprintf(first, sizeof first, "%s", answer_at(s, "match"));
        snprintf(body, sizeof body, "{\"action\": \"deny\", \"dpid\": \"9\", \"match\": %s}",
                 first);
        assert_int_equal(ask(s, "PUT", RULES "/1", body), 200);
        assert_at(s, "match", first);
    }
}

/* --- /wm -------------------------------------------------------------------------------------- */

static void test_original_firewall_paths(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/wm/firewall/module/status/json", NULL), 200);
    assert_at(s, "result", "firewall enabled");
    assert_int_equal(ask(s, "PUT", "/wm/firewall/module/disable/json", NULL), 200);
    assert_at(s, "status", "success");
    assert_int_equal(ask(s, "GET", "/wm/firewall/module/status/json", NULL), 200);
    assert_at(s, "result", "firewall disabled");
    assert_int_equal(ask(s, "PUT", "/wm/firewall/module/enable/json", NULL), 200);
    s->type = "text/plain"; /* As curl -d of long ago. */
    assert_int_equal(
        ask(s, "POST", THEIRS,
            "{\"switchid\": \"00:00:00:00:00:00:00:01\", \"src-inport\": \"7\", \"src-mac\": "
            "\"02:00:00:00:23:85\", \"src-ip\": \"10.0.0.0/8\", \"nw-proto\": \"TCP\", "
            "\"tp-dst\": \"80\", \"action\": \"DENY\", \"priority\": \"5\"}"),
        201);
    assert_at(s, "status", "Rule added");
    assert_at(s, "rule-id", "1");
    assert_int_equal(ask(s, "GET", THEIRS, NULL), 200);
    assert_at(s, "[0].ruleid", "1");
    assert_at(s, "[0].dpid", "00:00:00:00:00:00:00:01");
    assert_at(s, "[0].in_port", "7");
    assert_at(s, "[0].dl_type", "2048");
    assert_at(s, "[0].nw_src_prefix", "10.0.0.0");
    assert_at(s, "[0].nw_src_maskbits", "8");
    assert_at(s, "[0].tp_dst", "80");
    assert_at(s, "[0].any_nw_src", "false");
    assert_at(s, "[0].any_tp_src", "true");
    assert_at(s, "[0].priority", "5");
    assert_at(s, "[0].action", "DENY");
    assert_int_equal(ask(s, "GET", "/wm/firewall/module/storageRules/json", NULL), 200);
    assert_at(s, "[0].ruleid", "1");
    assert_int_equal(ask(s, "GET", RULES "/1", NULL), 200);
    assert_at(s, "priority", "65530");
    assert_int_equal(ask(s, "DELETE", THEIRS, "{\"ruleid\": \"1\"}"), 200);
    assert_at(s, "status", "Rule deleted");
}

/* In the controller that this one succeeds all of these were answered with 200. */
static void test_original_paths_refuse_what_is_wrong(void **state)
{
    static const struct fault faults[] = {
        {"{\"action\": \"MAYBE\"}", "action"},
        {"{\"priority\": \"x\"}", "priority"},
        {"{\"switchid\": \"x\"}", "switchid"},
        {"{\"src-inport\": \"7\"}", "switchid"},
        {"{\"src-mac\": \"02:00\"}", "src-mac"},
        {"{\"src-ip\": \"10.0.0.300\"}", "src-ip"},
        {"{\"src-ip\": \"10.0.0.1\", \"dl-type\": \"ARP\"}", "dl-type"},
        {"{\"nw-proto\": \"IGMPX\"}", "nw-proto"},
        {"{\"tp-dst\": \"80\"}", "tp-dst"},
        {"{\"nw-proto\": \"ICMP\", \"tp-src\": \"80\"}", "tp-src"},
        {"{\"action\": \"DENY\", \"dl-type\": \"ARP\"}", "dl-type"},
        {"{\"colour\": \"red\"}", "colour"},
    };
    static const struct fault acl[] = {
        {"{\"action\": \"deny\"}", "src-ip"},
        {"{\"src-ip\": \"10.0.0.1/32\", \"tp-dst\": \"80\"}", "tp-dst"},
        {"{\"src-ip\": \"10.0.0.1/40\"}", "src-ip"},
    };
    struct scene *s = *state;

    REFUSE_ALL(s, "POST", THEIRS, faults);
    REFUSE_ALL(s, "POST", ACL, acl);
    assert_int_equal(ask(s, "POST", THEIRS, "{"), 400);
    assert_int_equal(ask(s, "DELETE", THEIRS, "{}"), 400);
    assert_at(s, "error.field", "ruleid");
    assert_int_equal(ask(s, "DELETE", THEIRS, "{\"ruleid\": \"2385\"}"), 404);
    assert_int_equal(ask(s, "DELETE", ACL, "{\"ruleid\": \"2385\"}"), 404);
    assert_int_equal(ask(s, "GET", "/wm/firewall/module/subnet-mask/json", NULL), 501);
    assert_int_equal(ask(s, "GET", "/v1/firewall", NULL), 200);
    assert_at(s, "rules", "0");
}

static void test_original_access_list(void **state)
{
    static const char ssh[] = "{\"src-ip\": \"10.0.0.1/32\", \"dst-ip\": \"10.0.0.0/8\", "
                              "\"nw-proto\": \"TCP\", \"tp-dst\": \"22\", \"action\": \"allow\"}";
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", RULES, web), 201); /* Not of the list. */
    assert_int_equal(ask(s, "POST", ACL, ssh), 201);
    assert_at(s, "status", "Success! New rule added.");
    assert_int_equal(ask(s, "POST", ACL, ssh), 409);
    assert_int_equal(ask(s, "POST", ACL, "{\"src-ip\": \"10.0.0.1\"}"), 201);
    assert_int_equal(ask(s, "GET", ACL, NULL), 200);
    assert_at(s, "[0].id", "2");
    assert_at(s, "[0].nw_src", "10.0.0.1/32");
    assert_at(s, "[0].nw_proto", "6");
    assert_at(s, "[0].tp_dst", "22");
    assert_at(s, "[0].action", "ALLOW");
    assert_at(s, "[1].nw_dst", "null");
    assert_at(s, "[1].action", "DENY");
    assert_at(s, "[2]", "absent");
    assert_int_equal(ask(s, "DELETE", ACL, "{\"ruleid\": \"1\"}"), 404);
    assert_int_equal(ask(s, "DELETE", ACL, "{\"ruleid\": \"2\"}"), 200);
    assert_at(s, "status", "Success! Rule deleted");
    assert_int_equal(ask(s, "GET", "/wm/acl/clear/json", NULL), 200);
    assert_at(s, "n", "1");
    assert_int_equal(ask(s, "GET", "/v1/firewall", NULL), 200);
    assert_at(s, "rules", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_life_of_a_rule),
        SCENE_TEST(test_list_is_in_order_and_tells_of_shadows),
        SCENE_TEST(test_enabled_as_a_whole),
        SCENE_TEST(test_faults_are_named),
        SCENE_TEST(test_every_field_is_read_as_it_is_told),
        SCENE_TEST(test_original_firewall_paths),
        SCENE_TEST(test_original_paths_refuse_what_is_wrong),
        SCENE_TEST(test_original_access_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
