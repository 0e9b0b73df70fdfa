/* The section "rest": what it may say, and that nobody is let in from elsewhere by mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/mono.h"
#include "controller/config/config.h"

static char complaints[2048];
static struct config config;

static bool parse(const char *text)
{
    FILE *file = fmemopen(complaints, sizeof complaints, "w");
    bool ok = config_parse("rest.json", text, strlen(text), &config, file);

    fclose(file);
    return ok;
}

static void test_values(void **state)
{
    (void)state;
    assert_true(parse("{}"));
    assert_string_equal(config.rest.listen, "127.0.0.1:8080");
    assert_true(parse("{\"rest\": {\"listen\": \"off\"}}"));
    assert_string_equal(config.rest.listen, "");
    assert_true(parse("{\"rest\": {\"listen\": \"[::1]:2385\", \"request_s\": 2.385}}"));
    assert_int_equal(config.rest.request_ns, 2385 * NS_PER_MS);
    assert_true(parse("{\"rest\": {\"listen\": \"0.0.0.0:80\", \"tokens_file\": \"/t\"}}"));
    assert_true(parse("{\"rest\": {\"listen\": \"[::]:80\", \"tls\": {\"certificate\": \"/c\","
                      " \"key\": \"/k\", \"ca\": \"/a\", \"client_role\": \"operate\"}}}"));
    assert_int_equal(config.rest.client_role, CONFIG_REST_OPERATE);
}

static void test_complaints(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"{\"rest\": {\"listen\": \"0.0.0.0:80\"}}", "rest.listen: expected a loopback address"},
        {"{\"rest\": {\"listen\": \"on\"}}", "rest.listen: expected \"ADDRESS:PORT\""},
        {"{\"rest\": {\"request_s\": 0}}", "rest.request_s: "},
        {"{\"rest\": {\"ports\": 1}}", "rest.ports: unknown key"},
        {"{\"rest\": {\"tls\": {\"key\": \"/k\"}}}", "rest.tls: missing key \"certificate\""},
        {"{\"rest\": {\"tls\": {\"certificate\": \"/c\", \"key\": \"/k\", \"client_role\": "
         "\"read\"}}}",
         "rest.tls.client_role: expected a \"ca\""},
        {"{\"rest\": {\"tls\": {\"certificate\": \"/c\", \"key\": \"/k\", \"client_role\": "
         "\"root\"}}}",
         "rest.tls.client_role: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(parse(cases[i].text));
        if (!strstr(complaints, cases[i].complaint)) {
            fail_msg("%s\n%s", cases[i].text, complaints);
        }
    }
}

static void note(void *aux, const char *path, enum config_reach reach)
{
    assert_string_equal(path, "rest");
    assert_int_equal(reach, CONFIG_AT_ONCE);
    ++*(int *)aux;
}

/* Printed and read again it is the same, and every difference is seen. */
static void test_print_and_diff(void **state)
{
    static const char *const others[] = {
        "{\"rest\": {\"listen\": \"off\"}}",
        "{\"rest\": {\"tokens_file\": \"/t\"}}",
        "{\"rest\": {\"requests_burst\": 385}}",
        "{\"rest\": {\"tls\": {\"certificate\": \"/c\", \"key\": \"/k\"}}}",
        "{\"rest\": {\"tls\": {\"certificate\": \"/c\", \"key\": \"/k\", \"ca\": \"/a\","
        " \"client_role\": \"admin\"}}}",
    };
    struct config first;
    char text[16384];
    int n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        FILE *out = fmemopen(text, sizeof text, "w");

        assert_true(parse("{}"));
        first = config;
        assert_true(parse(others[i]));
        config_diff(&first, &config, note, &n);
        assert_int_equal(n, i + 1);
        first = config;
        config_print(&config, out);
        fclose(out);
        assert_true(parse(text));
        config_diff(&first, &config, note, &n);
        assert_int_equal(n, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_print_and_diff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
