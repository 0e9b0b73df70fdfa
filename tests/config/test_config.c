/* The configuration of tambod: defaults, every key, every complaint, and what a reload would do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/apps/modules.h"
#include "controller/base/mono.h"
#include "controller/config/config.h"

static char path[64];
static char complaints[8192];
static struct config config;

static int make_file(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/tambo-config-XXXXXX");
    fd = mkstemp(path);
    close(fd);
    return fd < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Certificates are none of this room's business: a file is bad when its name says so. */
static void check_tls(const struct config_tls *tls, struct config_tls_faults *out)
{
    strcpy(out->certificate, strstr(tls->certificate, "old") ? "has expired" : "");
    strcpy(out->key, strstr(tls->key, "odd") ? "is not the key" : "");
    strcpy(out->ca, strstr(tls->ca, "absent") ? "cannot be read" : "");
}

/* Reads 'text' as a file into 'config'; complaints go to 'complaints' with the file called "F". */
static bool read_text(const char *text)
{
    FILE *file = fopen(path, "w");
    FILE *out = fmemopen(complaints, sizeof complaints, "w");
    size_t len = strlen(path);
    bool ok;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    ok = config_read(path, check_tls, &config, out);
    fclose(out);
    for (char *at = complaints; (at = strstr(at, path));) {
        *at++ = 'F';
        memmove(at, at + len - 1, strlen(at + len - 1) + 1);
    }
    return ok;
}

static void count_diff(void *aux, const char *key, enum config_reach reach)
{
    (void)key;
    (void)reach;
    ++*(int *)aux;
}

static void test_empty_is_default(void **state)
{
    struct config expected;
    int n_diffs = 0;

    (void)state;
    assert_true(read_text("{}"));
    config_default(&expected);
    config_diff(&config, &expected, count_diff, &n_diffs);
    assert_int_equal(n_diffs, 0);
    assert_string_equal(config.listen[0].address, "0.0.0.0:6653");
    assert_int_equal(config.n_listen, 1);
    assert_int_equal(config.core.echo_interval_ns, 5 * NS_PER_S);
    assert_int_equal(config.apps.clustering.hold_s, 300);
    assert_int_equal(config.log.level, LOG_INFO);
    assert_string_equal(config.store.path, "");
}

static void test_every_section(void **state)
{
    (void)state;
    assert_true(
        read_text("{\"listen\": [\"127.0.0.1:0\", \"[::1]:6633\"],\n"
                  " \"log\": {\"level\": \"warn\", \"modules\": {\"session\": \"debug\"}},\n"
                  " \"store\": {\"path\": \"/var/lib/tambo/s.sqlite\"},\n"
                  " \"channel\": {\"tx_limit_bytes\": 65536},\n"
                  " \"core\": {\"versions\": [\"1.0\"], \"echo_interval_s\": 2.385,\n"
                  "          \"discovery\": false, \"max_hosts\": 77},\n"
                  " \"apps\": {\"clustering\": {\"hold_s\": 180, \"adopt_hold_s\": 0.5},\n"
                  "          \"arp_proxy\": {\"flood_per_s\": 0},\n"
                  "          \"forwarding\": {\"idle_s\": 7}}}\n"));
    assert_int_equal(config.n_listen, 2);
    assert_string_equal(config.listen[1].address, "[::1]:6633");
    assert_int_equal(config.log.level, LOG_WARN);
    assert_string_equal(config.log.modules[0].name, "session");
    assert_int_equal(config.log.modules[0].level, LOG_DEBUG);
    assert_string_equal(config.store.path, "/var/lib/tambo/s.sqlite");
    assert_int_equal(config.channel.tx_limit_bytes, 65536);
    assert_int_equal(config.channel.max_connections, 4096);
    assert_int_equal(config.core.versions, 1 << OF_VERSION_1_0);
    assert_int_equal(config.core.echo_interval_ns, 2385 * NS_PER_MS);
    assert_false(config.core.discovery);
    assert_int_equal(config.core.max_hosts, 77);
    assert_int_equal(config.apps.clustering.hold_s, 180);
    assert_int_equal(config.apps.clustering.adopt_hold_ns, 500 * NS_PER_MS);
    assert_int_equal(config.apps.arp_proxy.flood_per_s, 0);
    assert_int_equal(config.apps.forwarding.idle_s, 7);
}

#define KEY "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"

/* The key of probes: 64 digits, printed as it was read, and nothing when it is to be drawn. */
static void test_lldp_key(void **state)
{
    static const char *const wrong[] = {KEY "0", "0011", "0X" KEY, " " KEY};
    char text[200], printed[8192];
    struct config_key key;
    FILE *out;

    (void)state;
    assert_true(read_text("{\"core\": {\"lldp_key\": \"" KEY "\", \"host_move\": \"refuse\"}}"));
    assert_true(config.lldp_key.set);
    assert_int_equal(config.lldp_key.bytes[1], 0x11);
    assert_int_equal(config.lldp_key.bytes[31], 0x10);
    assert_int_equal(config.core.host_move, HOST_MOVE_REFUSE);
    key = config.lldp_key;
    out = fmemopen(printed, sizeof printed, "w");
    config_print(&config, out);
    fclose(out);
    assert_true(read_text(printed));
    assert_memory_equal(&config.lldp_key, &key, sizeof key);
    assert_int_equal(config.core.host_move, HOST_MOVE_REFUSE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "{\"core\": {\"lldp_key\": \"%s\"}}", wrong[i]);
        assert_false(read_text(text));
        assert_non_null(
            strstr(complaints, "core.lldp_key: expected 64 hexadecimal digits, in lower case"));
    }
    assert_false(read_text("{\"core\": {\"host_move\": \"probably\"}}"));
    assert_non_null(strstr(complaints, "\"accept\", \"probe\", \"refuse\""));
    assert_true(read_text("{}"));
    assert_false(config.lldp_key.set);
    assert_int_equal(config.core.host_move, HOST_MOVE_PROBE);
}

static void test_role_and_versions(void **state)
{
    char printed[8192];
    FILE *out;

    (void)state;
    assert_true(read_text("{\"core\": {\"role\": \"slave\", \"generation_id\": 2385, "
                          "\"ask_timeout_s\": 2.385, \"versions\": [\"1.5\", \"1.4\"]}}"));
    out = fmemopen(printed, sizeof printed, "w");
    config_print(&config, out);
    fclose(out);
    assert_true(read_text(printed));
    assert_int_equal(config.core.role, OF_ROLE_SLAVE);
    assert_int_equal(config.core.generation_id, 2385);
    assert_int_equal(config.core.ask_timeout_ns, 2385 * NS_PER_MS);
    assert_int_equal(config.core.versions, 1 << OF_VERSION_1_4 | 1 << OF_VERSION_1_5);
    assert_false(read_text("{\"core\": {\"role\": \"nochange\"}}"));
    assert_non_null(strstr(complaints, "\"equal\", \"master\", \"slave\""));
    assert_false(read_text("{\"core\": {\"versions\": [\"1.2\"]}}"));
    assert_non_null(strstr(complaints, "\"1.0\", \"1.3\", \"1.4\", \"1.5\""));
}

static void test_every_complaint(void **state)
{
    (void)state;
    assert_false(read_text(
        "{\n"
        "  \"listen\": [\"nowhere\", \"1.2.3.4:70000\", 6653],\n"
        "  \"log\": {\"level\": \"loud\", \"colour\": true},\n"
        "  \"store\": {\"path\": \"\"},\n"
        "  \"channel\": {\"tx_limit_bytes\": 1},\n"
        "  \"core\": {\"versions\": [\"1.0\", \"1.2\"], \"lldp_interval_s\": 20, \"discovery\": "
        "1},\n"
        "  \"apps\": {\"clustering\": {\"hold_s\": 0, \"label_min\": 9, \"label_max\": 8},\n"
        "           \"circuit_tree\": {\"alias_prefix\": 4352},\n"
        "           \"clustring\": {}}\n"
        "}\n"));
    assert_string_equal(
        complaints,
        "F:2:14: listen[0]: expected \"ADDRESS:PORT\" or \"[IPV6]:PORT\", found \"nowhere\"\n"
        "F:2:25: listen[1]: expected \"ADDRESS:PORT\" or \"[IPV6]:PORT\", found \"1.2.3.4:70000\"\n"
        "F:2:42: listen[2]: expected a text that is not empty, found 6653\n"
        "F:3:20: log.level: expected one of \"error\", \"warn\", \"info\", \"debug\", found "
        "\"loud\"\n"
        "F:3:28: log.colour: unknown key; expected one of level, modules\n"
        "F:4:21: store.path: expected a text that is not empty, found \"\"\n"
        "F:5:33: channel.tx_limit_bytes: expected a whole number from 65536 to 1073741824, found "
        "1\n"
        "F:6:11: core: expected link_timeout_s (16) to be longer than lldp_interval_s (20)\n"
        "F:6:32: core.versions[1]: expected one of \"1.0\", \"1.3\", \"1.4\", \"1.5\", "
        "found \"1.2\"\n"
        "F:6:76: core.discovery: expected true or false, found 1\n"
        "F:7:26: apps.clustering: expected label_min (9) not to be above label_max (8)\n"
        "F:7:37: apps.clustering.hold_s: expected a whole number from 1 to 65535, found 0\n"
        "F:8:28: apps.circuit_tree: expected alias_prefix (4352) to be locally administered and "
        "not multicast\n"
        "F:9:12: apps.clustring: unknown key; expected one of arp_proxy, circuit_tree, "
        "clustering, dhcp, static_flows, firewall, holding_time, forwarding, dos_guard, ipv6_nd, "
        "link_costs, elephants, interest_domains, multicast, logical_networks\n");
}

static void test_tags_are_no_labels(void **state)
{
    (void)state;
    assert_false(read_text("{\"apps\": {\"interest_domains\": {\"tag_min\": 3000}}}"));
    assert_string_equal(complaints,
                        "F:1:31: apps.interest_domains: expected tags (3000 to 4094) that are no "
                        "labels of clustering (2 to 3071)\n");
    assert_false(
        read_text("{\"apps\": {\"interest_domains\": {\"tag_min\": 4000, \"tag_max\": 3999}}}"));
    assert_string_equal(complaints, "F:1:31: apps.interest_domains: expected tag_min (4000) not to "
                                    "be above tag_max (3999)\n");
}

static void test_holding_time(void **state)
{
    (void)state;
    assert_true(read_text("{\"apps\": {\"holding_time\": {\"policy\": \"threshold\", "
                          "\"budget\": 2385, \"short_s\": 3, \"replan_s\": 7.5}}}"));
    assert_int_equal(config.apps.holding_time.policy, HOLDING_THRESHOLD);
    assert_int_equal(config.apps.holding_time.budget, 2385);
    assert_int_equal(config.apps.holding_time.short_s, 3);
    assert_int_equal(config.apps.holding_time.replan_ns, 7500000000);
    assert_false(read_text("{\"apps\": {\"holding_time\": {\"policy\": \"cautious\", "
                           "\"short_s\": 9, \"max_s\": 8}}}"));
    assert_string_equal(
        complaints, "F:1:27: apps.holding_time: expected short_s (9) not to be above max_s (8)\n"
                    "F:1:38: apps.holding_time.policy: expected one of \"fixed\", \"random\", "
                    "\"threshold\", found \"cautious\"\n");
}

static void test_table_settings(void **state)
{
    (void)state;
    assert_true(read_text("{\"core\": {\"table_backoff_s\": 2.385, \"table_backoff_max_s\": 23.85, "
                          "\"table_evict\": false, \"table_evict_idle\": false, "
                          "\"bundles\": false, "
                          "\"vacancy_down_percent\": 7, \"vacancy_up_percent\": 23}}"));
    assert_int_equal(config.core.table_backoff_ns, 2385 * NS_PER_MS);
    assert_int_equal(config.core.table_backoff_max_ns, 23850 * NS_PER_MS);
    assert_false(config.core.table_evict || config.core.table_evict_idle || config.core.bundles);
    assert_int_equal(config.core.vacancy_down_percent, 7);
    assert_int_equal(config.core.vacancy_up_percent, 23);
    assert_false(read_text("{\"core\": {\"table_backoff_s\": 31, \"vacancy_down_percent\": 21}}"));
    assert_string_equal(
        complaints,
        "F:1:10: core: expected table_backoff_s (31) not to be above table_backoff_max_s (30)\n"
        "F:1:10: core: expected vacancy_down_percent (21) not to be above vacancy_up_percent "
        "(20)\n");
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "",        ":6653",     "1.2.3.4",     "1.2.3.4:", "1.2.3.4:x",  "1.2.3.4:-1",
        "::1:665", "[::1]6653", "[1.2.3.4]:1", "1.2.3:1",  "1.2.3.4: 1", "[]:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];

        snprintf(text, sizeof text, "{\"listen\": [\"%s\"]}", bad[i]);
        if (read_text(text)) {
            fail_msg("\"%s\" was taken for an address", bad[i]);
        }
        assert_memory_equal(complaints, "F:1:13: listen[0]: expected ", 28);
    }
    assert_false(read_text("{\"listen\": []}"));
    assert_string_equal(complaints, "F:1:12: listen: expected at least one address\n");
}

static void test_tls(void **state)
{
    (void)state;
    assert_true(
        read_text("{\"listen\": [\"127.0.0.1:1\", {\"address\": \"[::1]:2\", \"tls\": true},\n"
                  "  {\"address\": \"127.0.0.1:3\"}],\n"
                  " \"tls\": {\"certificate\": \"c.pem\", \"key\": \"k.pem\","
                  " \"ca\": \"ca.pem\", \"bind_dpid\": true}}"));
    assert_int_equal(config.n_listen, 3);
    assert_false(config.listen[0].tls);
    assert_true(config.listen[1].tls);
    assert_string_equal(config.listen[1].address, "[::1]:2");
    assert_false(config.listen[2].tls);
    assert_string_equal(config.tls.certificate, "c.pem");
    assert_string_equal(config.tls.key, "k.pem");
    assert_string_equal(config.tls.ca, "ca.pem");
    assert_true(config.tls.bind_dpid);
}

static void test_tls_complaints(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\"listen\": [{\"address\": \"127.0.0.1:1\", \"tls\": true}]}",
         "F:1:12: listen: expected a section \"tls\" with certificate, key and ca for these "
         "addresses\n"},
        {"{\"listen\": [{\"tls\": false}]}",
         "F:1:13: listen[0]: missing key \"address\"; expected \"ADDRESS:PORT\"\n"},
        {"{\"tls\": {\"key\": \"k\",\n\"certificate\": \"c\"}}",
         "F:1:9: tls: missing key \"ca\"; expected the path of a PEM file\n"},
        {"{\"tls\": {\"key\": \"odd\",\n\"certificate\": \"old\",\n  \"ca\": \"absent\"}}",
         "F:1:17: tls.key: the file is not the key\n"
         "F:2:16: tls.certificate: the file has expired\n"
         "F:3:9: tls.ca: the file cannot be read\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(read_text(cases[i].text));
        assert_string_equal(complaints, cases[i].expected);
    }
}

/* What is printed is read again as the same. */
static void test_print_is_read_again(void **state)
{
    struct config first;
    char printed[16384];
    FILE *out = fmemopen(printed, sizeof printed, "w");
    int n_diffs = 0;

    (void)state;
    config_default(&first);
    first.core.echo_interval_ns = 2385 * NS_PER_MS;
    first.apps.clustering.hold_s = 17;
    first.log.n_modules = 1;
    strcpy(first.log.modules[0].name, "live");
    strcpy(first.store.path, "/x/y");
    first.listen[0].tls = true;
    strcpy(first.tls.certificate, "c.pem");
    strcpy(first.tls.key, "k.pem");
    strcpy(first.tls.ca, "ca.pem");
    config_print(&first, out);
    fclose(out);
    if (!read_text(printed)) {
        fail_msg("%s%s", printed, complaints);
    }
    config_diff(&first, &config, count_diff, &n_diffs);
    assert_int_equal(n_diffs, 0);
}

static void note_diff(void *aux, const char *key, enum config_reach reach)
{
    char *text = aux;
    size_t len = strlen(text);

    sprintf(text + len, "%s%s;", key, reach == CONFIG_AT_ONCE ? "" : "!");
}

static void test_diff(void **state)
{
    struct config changed;
    char text[512] = "";

    (void)state;
    config_default(&config);
    config_default(&changed);
    strcpy(changed.listen[0].address, "127.0.0.1:6653");
    changed.tls.bind_dpid = true;
    changed.log.level = LOG_DEBUG;
    strcpy(changed.store.path, "x");
    changed.sflow.listen[0] = '\0';
    changed.channel.max_connections = 5;
    changed.core.versions = 1 << OF_VERSION_1_3;
    changed.core.role = OF_ROLE_MASTER;
    changed.core.host_move = HOST_MOVE_ACCEPT;
    changed.lldp_key.bytes[31]++;
    changed.core.max_hosts++;
    changed.apps.clustering.hold_s++;
    changed.apps.forwarding.idle_s++;
    config_diff(&config, &changed, note_diff, text);
    assert_string_equal(
        text, "listen;tls;log;store.path!;sflow.listen;channel.max_connections;core.versions!;"
              "core.role!;core.host_move!;core.lldp_key!;core.max_hosts!;apps.clustering.hold_"
              "s!;apps.forwarding.idle_s!;");
}

static void test_sflow(void **state)
{
    (void)state;
    config_default(&config);
    assert_string_equal(config.sflow.listen, "127.0.0.1:6343");
    assert_true(read_text("{\"sflow\": {\"listen\": \"[::1]:2385\"}}"));
    assert_string_equal(config.sflow.listen, "[::1]:2385");
    assert_true(read_text("{\"sflow\": {\"listen\": \"off\"}}"));
    assert_string_equal(config.sflow.listen, "");
    assert_false(read_text("{\"sflow\": {\"listen\": \"on\", \"port\": 6343}}"));
    assert_string_equal(complaints,
                        "F:1:22: sflow.listen: expected \"ADDRESS:PORT\", \"[IPV6]:PORT\" or "
                        "\"off\", found \"on\"\n"
                        "F:1:28: sflow.port: unknown key; expected one of listen\n");
}

/* Every app that is compiled in has its section. */
static void test_every_app_has_settings(void **state)
{
    (void)state;
    config_default(&config);
    for (size_t i = 0; i < APP_N_MODULES; i++) {
        assert_non_null(config_app(&config, app_modules[i]->name));
    }
    assert_ptr_equal(config_app(&config, "clustering"), &config.apps.clustering);
    assert_null(config_app(&config, "no such app"));
}

#define POOL "{\"name\": \"lab\", \"subnet\": \"10.23.0.0/24\", \"server\": \"10.23.0.1\""

/* Pools and what belongs to them are lists, read as a whole and printed as they are read. */
static void test_dhcp(void **state)
{
    static struct config again;
    int n_diffs = 0;
    char *printed = NULL;
    size_t size;
    FILE *out;

    (void)state;
    assert_true(
        read_text("{\"apps\": {\"dhcp\": {\"enabled\": true, \"probe_s\": 0.2385, \"relay6\": "
                  "\"2001:db8::67\",\n"
                  " \"trusted\": [{\"switch\": \"1f\", \"port\": 3}, {\"switch\": \"20\"}],\n"
                  " \"pools\": [" POOL
                  ", \"first\": \"10.23.0.100\", \"dns\": [\"10.23.0.53\", \"8.8.8.8\"],\n"
                  "   \"domain\": \"campus.example\", \"lease_s\": 2385, \"places\": [{\"switch\": "
                  "\"2\"}], \"network\": 23}],\n"
                  " \"reservations\": [{\"pool\": \"lab\", \"mac\": \"02:00:00:00:23:85\", \"ip\": "
                  "\"10.23.0.7\",\n"
                  "   \"name\": \"printer\"}]}}}"));
    assert_true(config.apps.dhcp.enabled);
    assert_int_equal(config.apps.dhcp.probe_ns, 238500 * NS_PER_US);
    assert_int_equal(config.apps.dhcp.n_trusted, 2);
    assert_int_equal(config.apps.dhcp.trusted[0].dpid, 0x1f);
    assert_int_equal(config.apps.dhcp.trusted[1].port, OF_PORT_ANY);
    assert_int_equal(config.apps.dhcp.n_pools, 1);
    assert_int_equal(config.apps.dhcp.pools[0].network, 23);
    assert_int_equal(config.apps.dhcp.pools[0].mask, 0xffffff00);
    assert_int_equal(config.apps.dhcp.pools[0].last, 0x0a1700fe);
    assert_int_equal(config.apps.dhcp.pools[0].dns[1], 0x08080808);
    assert_int_equal(config.apps.dhcp.reserved[0].ip, 0x0a170007);
    assert_int_equal(config.apps.dhcp.relay6.b[15], 0x67);
    again = config;
    out = open_memstream(&printed, &size);
    config_print(&config, out);
    fclose(out);
    assert_true(read_text(printed));

    config_diff(&config, &again, count_diff, &n_diffs);
    assert_int_equal(n_diffs, 0);
    again.apps.dhcp.pools[0].lease_s = 9600;
    again.apps.dhcp.relay6.b[15] = 0;
    config_diff(&config, &again, count_diff, &n_diffs);
    assert_int_equal(n_diffs, 2);
    free(printed);
}

static void test_dhcp_complaints(void **state)
{
    (void)state;
    assert_false(read_text(
        "{\"apps\": {\"dhcp\": {\"mac\": \"01:00:5e:00:00:01\", \"server\": \"10.0.0\",\n"
        "\"trusted\": [{\"switch\": \"xyz\"}],\n"
        "\"pools\": [" POOL "},\n"
        " " POOL "},\n"
        " {\"name\": \"b\", \"subnet\": \"10.24.0.0/24\", \"server\": \"10.23.0.1\"},\n"
        " {\"name\": \"c d\", \"subnet\": \"10.24.0.1/24\"}],\n"
        "\"reservations\": [{\"pool\": \"lab\", \"mac\": \"02:00:00:00:23:85\", \"ip\": "
        "\"10.24.0.7\"},\n"
        " {\"pool\": \"no\", \"mac\": \"02:00:00:00:23:85\", \"ip\": \"10.23.0.7\"}]}}}"));
    assert_string_equal(
        complaints,
        "F:1:27: apps.dhcp.mac: expected the hardware address of one host, found "
        "\"01:00:5e:00:00:01\"\n"
        "F:1:58: apps.dhcp.server: expected an IPv4 address, found \"10.0.0\"\n"
        "F:2:24: apps.dhcp.trusted[0].switch: expected a datapath id in hexadecimal, found "
        "\"xyz\"\n"
        "F:4:2: apps.dhcp.pools[1]: expected pools of different names, found \"lab\" again\n"
        "F:5:2: apps.dhcp.pools[2]: expected the server's address to be a host address of the "
        "subnet\n"
        "F:6:2: apps.dhcp.pools[3]: missing key \"server\"; expected an address of ours in "
        "the subnet\n"
        "F:6:11: apps.dhcp.pools[3].name: expected less than 32 characters and no space\n"
        "F:6:28: apps.dhcp.pools[3].subnet: expected a subnet such as \"10.0.0.0/24\", of 8 to 30 "
        "bits, found \"10.24.0.1/24\"\n"
        "F:7:18: apps.dhcp.reservations[0]: expected a host address of the pool's subnet that is "
        "not the server's\n"
        "F:8:2: apps.dhcp.reservations[1]: expected the name of a pool of the list\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty_is_default),
        TEST(test_dhcp),
        TEST(test_dhcp_complaints),
        TEST(test_every_section),
        TEST(test_lldp_key),
        TEST(test_role_and_versions),
        TEST(test_every_complaint),
        TEST(test_table_settings),
        TEST(test_tags_are_no_labels),
        TEST(test_addresses),
        TEST(test_tls),
        TEST(test_tls_complaints),
        TEST(test_print_is_read_again),
        cmocka_unit_test(test_diff),
        TEST(test_sflow),
        TEST(test_holding_time),
        cmocka_unit_test(test_every_app_has_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
