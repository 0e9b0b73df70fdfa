/* The section "tap", read from a text: what it may say, that it is printed as it was read, and that a
 * change holds at once. */
#include "controller/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct config config;
static char complaints[4096];

static bool parse(const char *text, struct config *out)
{
    FILE *file = fmemopen(complaints, sizeof complaints, "w");
    bool ok = config_parse("tap.json", text, strlen(text), out, file);

    fputc('\0', file);
    fclose(file);
    return ok;
}

static void test_all_keys(void **state)
{
    (void)state;
    assert_true(parse("{}", &config));
    assert_string_equal(config.tap.file, "");
    assert_int_equal(config.tap.n_switches, 0);
    assert_int_equal(config.tap.keep, 3);
    assert_true(parse("{\"tap\": {\"file\": \"/x/y.pcap\", \"max_mb\": 2385, \"rotate\": true,\n"
                      "\"keep\": 7, \"every_message\": true,\n"
                      "\"switches\": [\"a1\", \"FFFFFFFFFFFFFFFF\", \"10.0.0.7\",\n"
                      "               \"fe80:0:0:0::1\"]}}",
                      &config));
    assert_string_equal(config.tap.file, "/x/y.pcap");
    assert_int_equal(config.tap.max_mb, 2385);
    assert_true(config.tap.rotate && config.tap.every_message);
    assert_int_equal(config.tap.keep, 7);
    assert_int_equal(config.tap.n_switches, 4);
    assert_string_equal(config.tap.switches[1], "FFFFFFFFFFFFFFFF");
    assert_string_equal(config.tap.switches[2], "10.0.0.7");
    assert_string_equal(config.tap.switches[3], "fe80::1"); /* As connections are named. */
    assert_true(parse("{\"tap\": {\"switches\": \"all\"}}", &config));
    assert_int_equal(config.tap.n_switches, 0);
}

static void test_complaints(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"{\"tap\": 5}", "tap.json:1:9: tap: expected an object"},
        {"{\"tap\": {\"file\": 5}}", "1:18: tap.file: expected a text"},
        {"{\"tap\": {\"switches\": \"some\"}}",
         "1:22: tap.switches: expected \"all\" or a list of switches, found \"some\""},
        {"{\"tap\": {\"switches\": 7}}", "1:22: tap.switches: expected an array"},
        {"{\"tap\": {\"switches\": []}}", "tap.switches: expected at least one switch, or \"all\""},
        {"{\"tap\": {\"switches\": [\"x1\"]}}",
         "tap.switches[0]: expected a datapath id in hexadecimal or an IP address, found \"x1\""},
        {"{\"tap\": {\"switches\": [\"a1\", \"12345678123456780\"]}}", "tap.switches[1]: expected"},
        {"{\"tap\": {\"switches\": [\"10.0.0\"]}}", "tap.switches[0]: expected"},
        {"{\"tap\": {\"switches\": [\"fe80::1::2\"]}}", "tap.switches[0]: expected"},
        {"{\"tap\": {\"keep\": 0}}", "tap.keep: expected a whole number from 1 to 99, found 0"},
        {"{\"tap\": {\"max_mb\": -1}}", "tap.max_mb: expected"},
        {"{\"tap\": {\"rotate\": true}}", "tap: expected max_mb with rotate"},
        {"{\"tap\": {\"color\": 1}}", "tap.color: unknown key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(parse(cases[i].text, &config));
        if (!strstr(complaints, cases[i].complaint)) {
            fail_msg("%s:\n  expected %s\n  found    %s", cases[i].text, cases[i].complaint,
                     complaints);
        }
    }
}

static void test_too_many(void **state)
{
    char text[2048] = "{\"tap\": {\"switches\": [\"1\"";

    (void)state;
    for (int i = 1; i < CONFIG_MAX_TAP; i++) {
        strcat(text, ", \"1\"");
    }
    strcat(text, "]}}");
    assert_true(parse(text, &config));
    assert_int_equal(config.tap.n_switches, CONFIG_MAX_TAP);
    strcpy(strstr(text, "]}}"), ", \"1\"]}}");
    assert_false(parse(text, &config));
    assert_non_null(strstr(complaints, "tap.switches[64]: expected at most 64 switches"));
}

static void count(void *aux, const char *path, enum config_reach reach)
{
    assert_string_equal(path, "tap");
    assert_int_equal(reach, CONFIG_AT_ONCE);
    ++*(int *)aux;
}

/* Each key alone makes a difference, and is printed. */
static void test_print_and_diff(void **state)
{
    static const char *const texts[] = {
        "{\"tap\": {\"file\": \"a\"}}",
        "{\"tap\": {\"file\": \"b\"}}",
        "{\"tap\": {\"max_mb\": 1}}",
        "{\"tap\": {\"max_mb\": 1, \"rotate\": true}}",
        "{\"tap\": {\"keep\": 1}}",
        "{\"tap\": {\"every_message\": true}}",
        "{\"tap\": {\"switches\": [\"1\"]}}",
        "{\"tap\": {\"switches\": [\"2\"]}}",
        "{\"tap\": {\"switches\": [\"2\", \"3\"]}}",
    };
    static struct config before, again;
    int n = 0;

    (void)state;
    config_default(&before);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *printed;
        size_t len;
        FILE *out = open_memstream(&printed, &len);

        assert_true(parse(texts[i], &config));
        config_diff(&before, &config, count, &n);
        assert_int_equal(n, i + 1);
        config_print(&config, out);
        fclose(out);
        assert_true(parse(printed, &again));
        assert_true(config_tap_same(&config.tap, &again.tap));
        free(printed);
        before = config;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_print_and_diff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
