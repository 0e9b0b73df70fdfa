/* Static flows and holding times over REST, and what a client may get wrong, with
 *
 *      h0 ─ s1 ─── s2 ─ h1         s1 speaks OpenFlow 1.3, s2 OpenFlow 1.0; s3 is not there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/northbound/ask.h"

static int start(void **state)
{
    static const struct scene_row row = {
        .seed = 2385, .versions = {OF_VERSION_1_3, OF_VERSION_1_0}, .hosts = {{0, 7}, {1, 8}}};

    return scene_start(state, &row);
}

/* --- /v1 -------------------------------------------------------------------------------------- */

#define WEB "/v1/static-flows/1/web"

static const char web[] = "{\"priority\": 23850, \"match\": {\"eth_type\": 2048, \"ip_proto\": 6,"
                          "\"ipv4_dst\": \"10.3.0.0/16\", \"tcp_dst\": 80},"
                          "\"actions\": [{\"output\": 7}]}";

static void test_life_of_a_flow(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "PUT", WEB, web), 201);
    assert_at(s, "state", "sent");
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", WEB, NULL), 200);
    assert_at(s, "dpid", "0000000000000001");
    assert_at(s, "state", "installed");
    assert_at(s, "error", "null");
    assert_at(s, "match.ipv4_dst", "10.3.0.0/255.255.0.0");
    assert_at(s, "instructions.apply_actions", "[{\"output\":7}]");
    assert_int_equal(net_count_entries(s->net, 0, 23850), 1);
    assert_int_equal(ask(s, "DELETE", WEB "/enabled", NULL), 204);
    net_settle(s->net);
    assert_int_equal(net_count_entries(s->net, 0, 23850), 0);
    assert_int_equal(ask(s, "GET", WEB, NULL), 200);
    assert_at(s, "state", "disabled");
    assert_int_equal(ask(s, "PUT", WEB "/enabled", NULL), 204);
    net_settle(s->net);
    assert_int_equal(net_count_entries(s->net, 0, 23850), 1);
    assert_int_equal(ask(s, "PUT", WEB, web), 200);
    assert_int_equal(ask(s, "DELETE", WEB, NULL), 204);
    net_settle(s->net);
    assert_int_equal(net_count_entries(s->net, 0, 23850), 0);
    assert_int_equal(ask(s, "DELETE", WEB, NULL), 404);
    assert_int_equal(ask(s, "GET", WEB, NULL), 404);
    assert_int_equal(ask(s, "PUT", WEB "/enabled", NULL), 404);
}

/* What only the switch can know is in the answer, not in the status. */
static void test_full_table_is_told(void **state)
{
    struct scene *s = *state;

    s->net->switches[0]->max_entries = s->net->switches[0]->n_entries;
    assert_int_equal(ask(s, "PUT", WEB, web), 201);
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", WEB, NULL), 200);
    assert_at(s, "state", "waiting"); /* For room. */
}

/* What only the switch can know is in the answer, not in the status. */
static void test_refusal_is_told(void **state)
{
    struct scene *s = *state;
    struct net_switch *sw = s->net->switches[0];

    assert_int_equal(ask(s, "PUT", WEB, "{\"actions\": [{\"group\": 2385}]}"), 201);
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", WEB, NULL), 200);
    assert_at(s, "state", "refused");
    assert_at(s, "error", "ACT_BAD_OUT_GROUP");
    sw->groups[sw->n_groups++] = (struct net_group){.id = 2385}; /* Of somebody else. */
    assert_int_equal(ask(s, "PUT", WEB "/enabled", NULL), 204);
    net_settle(s->net);
    assert_int_equal(ask(s, "GET", WEB, NULL), 200);
    assert_at(s, "state", "installed");
    assert_at(s, "error", "null");
}

/* Somebody has changed the entry at the switch, taken another away, and put one there that is not wanted. */
static void test_drift(void **state)
{
    static const char b[] = "{\"match\": {\"in_port\": 8}, \"actions\": [{\"output\": 7}]}";
    struct scene *s = *state;
    struct net_switch *sw = s->net->switches[0];
    size_t at = 0;

    assert_int_equal(ask(s, "GET", "/v1/switches/9/drift", NULL), 404);
    assert_int_equal(ask(s, "PUT", WEB, web), 201);
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/1/b", b), 201);
    net_settle(s->net);
    ask(s, "GET", "/v1/switches/1/drift", NULL);
    net_settle(s->net);
    assert_int_equal(s->status, 200);
    assert_at(s, "n_drifted", "0");
    assert_at(s, "flows[0].name", "b");
    assert_at(s, "flows[0].drift", "same");
    assert_at(s, "flows[0].n_packets", "0");
    while (sw->entries[at].priority != 23850) {
        at++;
    }
    sw->entries[at].n_packets = 385;
    sw->entries[at].actions[0].output.port = 9;
    ask(s, "GET", "/v1/switches/1/drift", NULL);
    net_settle(s->net);
    assert_at(s, "n_drifted", "1");
    assert_at(s, "flows[1].drift", "different");
    assert_at(s, "flows[1].wanted.apply_actions", "output:7");
    assert_at(s, "flows[1].installed.apply_actions", "output:9");
    assert_at(s, "flows[1].n_packets", "385");
    sw->entries[at] = sw->entries[--sw->n_entries];
    ask(s, "GET", "/v1/switches/1/drift", NULL);
    net_settle(s->net);
    assert_at(s, "flows[1].drift", "missing");
    assert_at(s, "flows[1].installed", "null");
    ask(s, "GET", "/v1/switches/1/drift", NULL);
    net_disconnect(s->net, 0);
    net_settle(s->net);
    assert_int_equal(s->status, 503);
    assert_int_equal(ask(s, "GET", "/v1/switches/1/drift", NULL), 503);
}

static void test_list_and_conflicts(void **state)
{
    static const char b[] = "{\"dpid\": \"3\", \"name\": \"b/2\", \"match\": {\"in_port\": 7}}";
    static const char same[] = "{\"dpid\": \"3\", \"name\": \"c\", \"match\": {\"in_port\": 7}}";
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", "/v1/static-flows", b), 201);
    assert_at(s, "state", "waiting"); /* For a switch that is not there. */
    assert_int_equal(ask(s, "POST", "/v1/static-flows", b), 409);
    assert_at(s, "error.field", "name");
    assert_int_equal(ask(s, "POST", "/v1/static-flows", same), 409);
    assert_int_equal(ask(s, "PUT", WEB, web), 201);
    assert_int_equal(ask(s, "GET", "/v1/static-flows?limit=1", NULL), 200);
    assert_at(s, "flows[0].name", "web");
    assert_at(s, "next", "0000000000000001/web");
    assert_int_equal(ask(s, "GET", "/v1/static-flows?after=0000000000000001%2Fweb", NULL), 200);
    assert_at(s, "flows[0].name", "b/2");
    assert_at(s, "flows[1]", "absent");
    assert_int_equal(ask(s, "DELETE", "/v1/static-flows/3/b%2F2", NULL), 204);
    s->role = NB_READ;
    assert_int_equal(ask(s, "PUT", WEB, web), 403);
}

/* What the answer shows can be put again, and is the same then. */
static void again(struct scene *s, const char *match, const char *instructions)
{
    char body[4200], first[2048], second[2048];

    snprintf(body, sizeof body, "{\"match\": %s, \"instructions\": %s}", match, instructions);
    print_message("%s\n", body);
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/9/same", body), 201);
    snprintf(first, sizeof first, "%s", answer_at(s, "match"));
    snprintf(second, sizeof second, "%s", answer_at(s, "instructions"));
    snprintf(body, sizeof body, "{\"match\": %s, \"instructions\": %s}", first, second);
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/9/same", body), 200);
    assert_at(s, "match", first);
    assert_at(s, "instructions", second);
    assert_int_equal(ask(s, "DELETE", "/v1/static-flows/9/same", NULL), 204);
}

/* All fields and all actions, where they belong together. */
static void test_every_field_and_action(void **state)
{
    static const char *const matches[] = {
        "{\"in_port\":7,\"in_phy_port\":8,\"metadata\":\"0x2385/0xffff\",\"tunnel_id\":2385,"
        "\"eth_dst\":\"02:00:00:00:00:00/ff:00:00:00:00:00\",\"eth_src\":\"02:00:00:00:23:85\","
        "\"vlan_vid\":2385,\"vlan_pcp\":5}",
        "{\"vlan_vid\":\"none\"}",
        "{\"vlan_vid\":\"any\",\"vlan_pcp\":3}",
        "{\"vlan_vid\":\"0x1005/0x100f\"}",
        "{\"in_port\":\"local\",\"eth_type\":2048,\"ip_dscp\":46,\"ip_ecn\":1,\"ip_proto\":6,"
        "\"ipv4_src\":\"10.0.0.5/255.0.0.255\",\"ipv4_dst\":\"10.3.0.0/16\",\"tcp_src\":2385,"
        "\"tcp_dst\":80,\"tcp_flags\":\"0x2/0x12\"}",
        "{\"eth_type\":\"0x0800\",\"ip_proto\":17,\"udp_src\":67,\"udp_dst\":\"68\"}",
        "{\"eth_type\":\"0x0800\",\"ip_proto\":132,\"sctp_src\":2385,\"sctp_dst\":2386}",
        "{\"eth_type\":\"0x0800\",\"ip_proto\":1,\"icmpv4_type\":8,\"icmpv4_code\":0}",
        "{\"eth_type\":\"0x0806\",\"arp_op\":1,\"arp_spa\":\"10.0.0.0/8\",\"arp_tpa\":\"10.0.0.1\","
        "\"arp_sha\":\"02:00:00:00:00:01\",\"arp_tha\":\"02:00:00:00:00:02\"}",
        "{\"eth_type\":\"0x86dd\",\"ip_proto\":58,\"ipv6_src\":\"2001:db8::/32\",\"ipv6_dst\":"
        "\"2001:db8::2385\",\"ipv6_flabel\":\"0x5/0xff\",\"ipv6_exthdr\":\"0x1/0x1\","
        "\"icmpv6_type\":135,\"icmpv6_code\":0,\"ipv6_nd_target\":\"fe80::1\","
        "\"ipv6_nd_sll\":\"02:00:00:00:00:01\"}",
        "{\"eth_type\":\"0x86dd\",\"ip_proto\":58,\"icmpv6_type\":136,\"ipv6_nd_tll\":"
        "\"02:00:00:00:00:01\"}",
        "{\"eth_type\":\"0x8847\",\"mpls_label\":2385,\"mpls_tc\":5,\"mpls_bos\":1}",
        "{\"eth_type\":\"0x88e7\",\"pbb_isid\":\"0x238500/0xffff00\",\"pbb_uca\":1}",
        "{\"actset_output\":7}",
    };
    static const char *const instructions[] = {
        "{}",
        "{\"meter\":3,\"clear_actions\":true,\"goto_table\":2,\"write_metadata\":\"0x5/0xff\","
        "\"apply_actions\":[],\"write_actions\":[{\"group\":2385},{\"set_queue\":5}]}",
        "{\"apply_actions\":[{\"push_vlan\":33024},{\"set_field\":{\"vlan_vid\":5}},"
        "{\"output\":2},{\"pop_vlan\":true},{\"output\":\"flood\"},"
        "{\"output\":{\"port\":\"controller\",\"max_len\":128}},{\"output\":\"in_port\"}]}",
        "{\"apply_actions\":[{\"push_mpls\":\"0x8847\"},{\"set_field\":{\"mpls_label\":2385}},"
        "{\"set_mpls_ttl\":64},{\"dec_mpls_ttl\":true},{\"copy_ttl_out\":true},"
        "{\"copy_ttl_in\":true},{\"pop_mpls\":\"0x0800\"},{\"set_nw_ttl\":7},"
        "{\"dec_nw_ttl\":true},{\"set_field\":{\"ipv4_src\":\"10.0.0.1\"}}]}",
        "{\"apply_actions\":[{\"push_pbb\":\"0x88e7\"},{\"set_field\":{\"pbb_isid\":2385}},"
        "{\"pop_pbb\":true}]}",
        "{\"apply_actions\":[{\"set_field\":{\"eth_dst\":"
        "\"02:00:00:00:00:00/ff:00:00:00:00:00\"}},{\"copy_field\":{\"src\":\"eth_src\",\"dst\":"
        "\"eth_dst\",\"n_bits\":24,\"src_offset\":24,\"dst_offset\":0}}]}",
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        again(s, matches[i], instructions[i % 2]);
    }
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
        again(s, "{\"in_port\":7}", instructions[i]);
    }
}

/* OpenFlow 1.0 has two actions of its own, which its entries are shown with. */
static void test_entries_of_openflow_1_0(void **state)
{
    static const char body[] =
        "{\"actions\": [{\"set_vlan_vid\": 5}, {\"set_vlan_pcp\": 3},"
        "{\"enqueue\": {\"port\": 8, \"queue_id\": 2385}}, {\"output\": 8}]}";
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", "/v1/static-flows", "{\"dpid\":\"2\",\"name\":\"x\"}"), 201);
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/2/x", body), 200);
    assert_at(s, "instructions.apply_actions",
              "[{\"set_vlan_vid\":5},{\"set_vlan_pcp\":3},"
              "{\"enqueue\":{\"port\":8,\"queue_id\":2385}},{\"output\":8}]");
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/2/x", "{\"table_id\": 1}"), 400);
}

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG FIFTY FIFTY FIFTY FIFTY
#define LONG_CUT FIFTY FIFTY FIFTY "..." /* 159 characters with "match." before. */

static void test_faults_name_the_member(void **state)
{
    static const struct fault faults[] = {
        {"{\"priority\": 65536}", "priority"},
        {"{\"priority\": 40000}", "priority"},
        {"{\"table_id\": 255}", "table_id"},
        {"{\"idle_timeout_s\": -1}", "idle_timeout_s"},
        {"{\"enabled\": 1}", "enabled"},
        {"{\"cookie\": 1}", "cookie"},
        {"{\"\": 1}", ""},
        {"{\"match\": {\"\": 1}}", "match."},
        {"{\"actions\": [{\"\": 1}]}", "actions[0]."},
        {"{\"table_id,priority\": 1}", "table_id,priority"},
        {"{\"match\": []}", "match"},
        {"{\"match\": {\"eth_vlan\": 1}}", "match.eth_vlan"},
        {"{\"match\": {\"" LONG "\": 1}}", "match." LONG_CUT},
        {"{\"match\": {\"in_port\": 1.5}}", "match.in_port"},
        {"{\"match\": {\"in_port\": \"left\"}}", "match.in_port"},
        {"{\"match\": {\"in_port\": \"1/3\"}}", "match.in_port"},
        {"{\"match\": {\"eth_dst\": \"02:00\"}}", "match.eth_dst"},
        {"{\"match\": {\"eth_type\": 65536}}", "match.eth_type"},
        {"{\"match\": {\"eth_type\": \" 2048\"}}", "match.eth_type"},
        {"{\"match\": {\"eth_type\": \"\"}}", "match.eth_type"},
        {"{\"match\": {\"vlan_vid\": 4096}}", "match.vlan_vid"},
        {"{\"match\": {\"eth_type\": 2048, \"ipv4_src\": \"10.0.0.5/8\"}}", "match.ipv4_src"},
        {"{\"match\": {\"eth_type\": 2048, \"ipv4_src\": \"10.0.0.0/33\"}}", "match.ipv4_src"},
        {"{\"match\": {\"eth_type\": 2048, \"ipv4_src\": \"10.0.0.0/\"}}", "match.ipv4_src"},
        {"{\"match\": {\"eth_type\": 34525, \"ipv6_dst\": \"fe80::1/129\"}}", "match.ipv6_dst"},
        {"{\"match\": {\"metadata\": \"0x10000000000000000\"}}", "match.metadata"},
        {"{\"actions\": {}}", "actions"},
        {"{\"actions\": [7]}", "actions[0]"},
        {"{\"actions\": [{\"output\": 1, \"group\": 2}]}", "actions[0]"},
        {"{\"actions\": [{\"output\": 1}, {\"put\": 2}]}", "actions[1].put"},
        {"{\"actions\": [{\"output\": \"left\"}]}", "actions[0].output"},
        {"{\"actions\": [{\"output\": {\"port\": 1, \"len\": 5}}]}", "actions[0].output.len"},
        {"{\"actions\": [{\"output\": {\"max_len\": 5}}]}", "actions[0].output"},
        {"{\"actions\": [{\"enqueue\": {\"port\": 1, \"queue\": 5}}]}", "actions[0].enqueue.queue"},
        {"{\"actions\": [{\"pop_vlan\": 1}]}", "actions[0].pop_vlan"},
        {"{\"actions\": [{\"set_nw_ttl\": 256}]}", "actions[0].set_nw_ttl"},
        {"{\"actions\": [{\"set_queue\": 4294967295}]}", "actions[0].set_queue"}, /* All of them. */
        {"{\"actions\": [{\"enqueue\": {\"port\": 8, \"queue_id\": 4294967295}}]}",
         "actions[0].enqueue.queue_id"},
        {"{\"actions\": [{\"push_vlan\": 65536}]}", "actions[0].push_vlan"},
        {"{\"actions\": [{\"set_field\": {}}]}", "actions[0].set_field"},
        {"{\"actions\": [{\"set_field\": {\"eth\": 1}}]}", "actions[0].set_field"},
        {"{\"actions\": [{\"set_field\": {\"eth_dst\": 1}}]}", "actions[0].set_field.eth_dst"},
        {"{\"actions\": [{\"enqueue\": 3}]}", "actions[0].enqueue"},
        {"{\"actions\": [{\"copy_field\": {\"src\": \"eth_src\"}}]}", "actions[0].copy_field"},
        {"{\"actions\": [{\"copy_field\": {\"src\": \"eth_src\", \"dst\": \"eth_dst\","
         "\"n_bits\": 129}}]}",
         "actions[0].copy_field.n_bits"},
        {"{\"actions\": [], \"instructions\": {\"apply_actions\": []}}", "actions"},
        {"{\"instructions\": 5}", "instructions"},
        {"{\"instructions\": {\"write\": 5}}", "instructions.write"},
        {"{\"instructions\": {\"goto_table\": 255}}", "instructions.goto_table"},
        {"{\"instructions\": {\"meter\": \"x\"}}", "instructions.meter"},
        {"{\"instructions\": {\"clear_actions\": 1}}", "instructions.clear_actions"},
        {"{\"instructions\": {\"write_metadata\": \"5/x\"}}", "instructions.write_metadata"},
        {"{\"instructions\": {\"write_actions\": [{\"group\": -1}]}}",
         "instructions.write_actions[0].group"},
        /* What OpenFlow itself does not allow. */
        {"{\"actions\": [{\"set_field\": {\"tcp_dst\": 80}}]}", "instructions"},
        {"{\"actions\": [{\"output\": \"any\"}]}", "instructions"},
        {"{\"actions\": [{\"push_vlan\": 2048}]}", "instructions"},
    };
    struct scene *s = *state;

    REFUSE_ALL(s, "PUT", "/v1/static-flows/1/x", faults);
    assert_int_equal(ask(s, "PUT", "/v1/static-flows/g/x", "{}"), 400);
    assert_int_equal(ask(s, "POST", "/v1/static-flows", "{\"name\": \"x\"}"), 400);
    assert_at(s, "error.field", "dpid");
    assert_int_equal(ask(s, "POST", "/v1/static-flows", "{\"dpid\": \"1\", \"name\": \"\"}"), 400);
    assert_int_equal(ask(s, "GET", "/v1/static-flows", NULL), 200);
    assert_at(s, "flows", "[]");
}

/* --- Of the original controller --------------------------------------------------------------- */

#define PUSH "/wm/staticflowpusher/json"
#define S1 "\"switch\": \"00:00:00:00:00:00:00:01\""

/* A field without what it needs was answered with 200 and a warning, or with nothing at all. */
static void test_regression_missing_prerequisite_is_a_400(void **state)
{
    static const struct fault faults[] = {
        {"{\"name\": \"x\", " S1 ", \"ipv4_dst\": \"10.0.0.1\"}", "ipv4_dst"},
        {"{\"name\": \"x\", " S1 ", \"ip_proto\": \"6\"}", "ip_proto"},
        {"{\"name\": \"x\", " S1 ", \"ip_tos\": \"6\"}", "ip_dscp"},
        {"{\"name\": \"x\", " S1 ", \"tcp_dst\": \"80\", \"eth_type\": \"0x0800\"}", "tcp_dst"},
        {"{\"name\": \"x\", " S1 ", \"tp_dst\": \"80\", \"eth_type\": \"0x0800\"}", "tp_dst"},
        {"{\"name\": \"x\", " S1 ", \"eth_vlan_pcp\": \"5\"}", "vlan_pcp"},
        {"{\"name\": \"x\", " S1 ", \"arp_opcode\": \"1\"}", "arp_op"},
        {"{\"name\": \"x\", " S1 ", \"mpls_label\": \"5\"}", "mpls_label"},
        {"{\"name\": \"x\", " S1 ", \"ipv6_src\": \"fe80::1\", \"eth_type\": \"2048\"}",
         "ipv6_src"},
        {"{\"name\": \"x\", " S1 ", \"icmpv6_type\": \"1\"}", "icmpv6_type"},
    };
    struct scene *s = *state;

    s->type = "text/plain";
    REFUSE_ALL(s, "POST", PUSH, faults);
    assert_non_null(strstr(answer_at(s, "error.message"), "ip_proto 58"));
    s->type = "application/json";
    assert_int_equal(
        ask(s, "PUT", "/v1/static-flows/1/x", "{\"match\": {\"ipv4_dst\": \"10.0.0.1\"}}"), 400);
    assert_at(s, "error.field", "match.ipv4_dst");
    assert_non_null(strstr(answer_at(s, "error.message"), "eth_type 0x0800"));
}

/* An entry with a name that another switch uses moved the other's. */
static void test_regression_names_are_per_switch(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", PUSH,
                         "{\"name\": \"x\", " S1 ", \"priority\": \"2385\", \"in_port\": \"7\","
                         "\"actions\": \"output=1\"}"),
                     201);
    assert_at(s, "status", "Entry pushed");
    assert_int_equal(ask(s, "POST", PUSH "/store",
                         "{\"name\": \"x\", \"switch\": \"2\", \"priority\": \"2385\","
                         "\"actions\": \"output=1\"}"),
                     201);
    net_settle(s->net);
    assert_int_equal(net_count_entries(s->net, 0, 2385), 1);
    assert_int_equal(net_count_entries(s->net, 1, 2385), 1);
    assert_int_equal(ask(s, "DELETE", PUSH, "{\"name\": \"x\"}"), 409);
    assert_at(s, "error.field", "switch");
    assert_int_equal(ask(s, "DELETE", PUSH, "{\"name\": \"x\", \"switch\": \"2\"}"), 200);
    assert_at(s, "status", "Entry deleted");
    net_settle(s->net);
    assert_int_equal(net_count_entries(s->net, 0, 2385), 1);
    assert_int_equal(net_count_entries(s->net, 1, 2385), 0);
    assert_int_equal(ask(s, "POST", PUSH "/delete", "{\"name\": \"x\"}"), 200);
    assert_int_equal(ask(s, "DELETE", PUSH, "{\"name\": \"x\"}"), 404);
    assert_int_equal(ask(s, "DELETE", PUSH, "{}"), 400);
}

static void test_original_fields_and_actions(void **state)
{
    static const char body[] =
        "{\"name\": \"all\", " S1 ", \"table\": \"1\", \"active\": \"true\","
        "\"idle_timeout\": \"2385\", \"hard_timeout\": \"0\", \"priority\": \"5\","
        "\"cookie\": \"45035999\", \"eth_type\": \"0x0800\", \"eth_vlan_vid\": \"5\","
        "\"eth_vlan_pcp\": \"3\", \"ip_proto\": \"0x11\", \"ip_tos\": \"185\","
        "\"ipv4_src\": \"10.0.0.0/8\", \"tp_src\": \"67\", \"tp_dst\": \"68\","
        "\"instruction_apply_actions\": \"set_field=eth_dst->02:00:00:00:00:0a,"
        "set_field=udp_dst=53,set_ip_ttl=7,dec_ip_ttl,pop_vlan,output=controller\","
        "\"instruction_write_actions\": \"group=5\", \"instruction_clear_actions\": \"\","
        "\"instruction_goto_table\": \"2\", \"instruction_goto_meter\": \"3\","
        "\"instruction_write_metadata\": \"0x5/0xf\"}";
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", PUSH, body), 201);
    assert_int_equal(ask(s, "POST", PUSH, body), 200);
    assert_int_equal(ask(s, "GET", "/v1/static-flows/1/all", NULL), 200);
    assert_at(s, "match",
              "{\"eth_type\":\"0x0800\",\"vlan_vid\":\"5\",\"vlan_pcp\":\"3\",\"ip_dscp\":\"46\","
              "\"ip_ecn\":\"1\",\"ip_proto\":\"17\",\"ipv4_src\":\"10.0.0.0/255.0.0.0\","
              "\"udp_src\":\"67\",\"udp_dst\":\"68\"}");
    assert_at(s, "instructions.apply_actions",
              "[{\"set_field\":{\"eth_dst\":\"02:00:00:00:00:0a\"}},{\"set_field\":{\"udp_dst\":"
              "\"53\"}},{\"set_nw_ttl\":7},{\"dec_nw_ttl\":true},{\"pop_vlan\":true},"
              "{\"output\":\"controller\"}]");
    assert_at(s, "instructions.write_actions", "[{\"group\":5}]");
    assert_at(s, "instructions.goto_table", "2");
    assert_at(s, "instructions.meter", "3");
    assert_at(s, "idle_timeout_s", "2385");
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/list/1/json", NULL), 200);
    assert_at(s, "00:00:00:00:00:00:00:01[0].all.match.eth_vlan_vid", "5");
    assert_at(s, "00:00:00:00:00:00:00:01[0].all.idleTimeoutSec", "2385");
}

static void test_original_faults(void **state)
{
    static const struct fault faults[] = {
        {"{" S1 "}", "name"},
        {"{\"name\": \"x\"}", "switch"},
        {"{\"name\": \"x\", " S1 ", \"active\": \"perhaps\"}", "active"},
        {"{\"name\": \"x\", " S1 ", \"active\": 1}", "active"},
        {"{\"name\": \"x\", " S1 ", \"priority\": \"high\"}", "priority"},
        {"{\"name\": \"x\", " S1 ", \"eth_vlan_vid\": \"4096\"}", "eth_vlan_vid"},
        {"{\"name\": \"x\", " S1 ", \"ip_tos\": \"256\"}", "ip_tos"},
        {"{\"name\": \"x\", " S1 ", \"eth\": \"1\"}", "eth"},
        {"{\"name\": \"x\", " S1 ", \"instruction_wait\": \"1\"}", "instruction_wait"},
        {"{\"name\": \"x\", " S1 ", \"instruction_goto_table\": \"255\"}",
         "instruction_goto_table"},
        {"{\"name\": \"x\", " S1 ", \"instruction_write_metadata\": \"x\"}",
         "instruction_write_metadata"},
        {"{\"name\": \"x\", " S1 ", \"actions\": 5}", "actions"},
        {"{\"name\": \"x\", " S1 ", \"actions\": \"output=1,jump=2\"}", "actions[1].jump"},
        {"{\"name\": \"x\", " S1 ", \"actions\": \"set_field=eth_dst\"}", "actions[0].set_field"},
        {"{\"name\": \"x\", " S1 ", \"actions\": \"output=1\","
         "\"instruction_apply_actions\": \"output=2\"}",
         "actions"},
    };
    struct scene *s = *state;

    REFUSE_ALL(s, "POST", PUSH, faults);
}

static void test_original_lists_and_clears(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "POST", PUSH,
                         "{\"name\": \"a\", " S1 ", \"active\": \"false\","
                         "\"actions\": \"\"}"),
                     201);
    assert_int_equal(ask(s, "POST", PUSH, "{\"name\": \"b\", \"switch\": \"2\"}"), 201);
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/list/all/json", NULL), 200);
    assert_at(s, "00:00:00:00:00:00:00:01[0].a.active", "false");
    assert_at(s, "00:00:00:00:00:00:00:02[0].b.priority", "32768");
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/list/g/json", NULL), 400);
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/clear/1/json", NULL), 200);
    assert_at(s, "n", "1");
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/list/1/json", NULL), 200);
    assert_at(s, "", "{}");
    s->role = NB_READ;
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/clear/all/json", NULL), 403);
    s->role = NB_OPERATE;
    assert_int_equal(ask(s, "GET", "/wm/staticflowpusher/clear/all/json", NULL), 200);
    assert_at(s, "n", "1");
}

/* --- Holding times ---------------------------------------------------------------------------- */

static void test_holding_times(void **state)
{
    struct scene *s = *state;

    assert_int_equal(ask(s, "GET", "/v1/holding-times", NULL), 200);
    assert_at(s, "policy", "fixed");
    assert_at(s, "budget", "8192");
    assert_string_not_equal(answer_at(s, "counters.entered"), "absent");
    assert_int_equal(ask(s, "GET", "/v1/holding-times/1", NULL), 200);
    assert_string_not_equal(answer_at(s, "destinations"), "absent");
    assert_int_equal(ask(s, "GET", "/v1/holding-times/39", NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_life_of_a_flow),
        SCENE_TEST(test_full_table_is_told),
        SCENE_TEST(test_refusal_is_told),
        SCENE_TEST(test_drift),
        SCENE_TEST(test_list_and_conflicts),
        SCENE_TEST(test_every_field_and_action),
        SCENE_TEST(test_entries_of_openflow_1_0),
        SCENE_TEST(test_faults_name_the_member),
        SCENE_TEST(test_regression_missing_prerequisite_is_a_400),
        SCENE_TEST(test_regression_names_are_per_switch),
        SCENE_TEST(test_original_fields_and_actions),
        SCENE_TEST(test_original_faults),
        SCENE_TEST(test_original_lists_and_clears),
        SCENE_TEST(test_holding_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
