/* Logging: levels by module, stamps from the given clock, rate limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/log.h"

LOG_MODULE(session);

struct capture {
    int n;
    char last[2048];
};

static void keep(void *aux, enum log_level level, const char *line)
{
    struct capture *c = aux;

    (void)level;
    c->n++;
    snprintf(c->last, sizeof c->last, "%s", line);
}

static void test_levels(void **state)
{
    struct clock clock = {{INT64_C(2385000000)}};
    struct capture c = {0};
    struct log log;

    (void)state;
    log_init(&log, &clock, keep, &c);
    LOG_DEBUG(&log, "unseen");
    assert_int_equal(c.n, 0);
    LOG_INFO(&log, "switch %d", 17);
    assert_string_equal(c.last, "2.385000 info session: switch 17");
    assert_true(log_set_level(&log, "session", LOG_DEBUG));
    assert_true(log_set_level(&log, "other", LOG_ERROR));
    LOG_DEBUG(&log, "seen");
    assert_int_equal(c.n, 2);
    assert_false(log_enabled(&log, "other", LOG_WARN));
    assert_true(log_enabled(&log, "third", LOG_INFO));
    assert_true(log_set_level(&log, "session", LOG_WARN));
    LOG_INFO(&log, "unseen");
    assert_int_equal(c.n, 2);
    assert_true(log.n_lines[LOG_INFO] == 1 && log.n_lines[LOG_DEBUG] == 1);
    assert_false(log_enabled(NULL, "session", LOG_ERROR));
    LOG_ERROR((struct log *)NULL, "silent");
}

static void test_level_names(void **state)
{
    enum log_level level;

    (void)state;
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        assert_true(log_level_parse(log_level_name((enum log_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse("loud", &level));
}

static void test_too_many_modules(void **state)
{
    static char names[LOG_MAX_MODULES + 1][24];
    struct clock clock = {MONO_ZERO};
    struct log log;

    (void)state;
    log_init(&log, &clock, NULL, NULL);
    for (int i = 0; i <= LOG_MAX_MODULES; i++) {
        snprintf(names[i], sizeof names[i], "module%d", i);
        assert_int_equal(log_set_level(&log, names[i], LOG_DEBUG), i < LOG_MAX_MODULES);
    }
    assert_true(log_set_level(&log, "module23", LOG_ERROR));
    LOG_INFO(&log, "counted, though nobody listens");
    assert_true(log.n_lines[LOG_INFO] == 1);
}

/* A line longer than the log's is cut, not overrun. */
static void test_long_line(void **state)
{
    struct clock clock = {MONO_ZERO};
    struct capture c = {0};
    char text[3000];
    struct log log;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_init(&log, &clock, keep, &c);
    LOG_INFO(&log, "%s", text);
    assert_int_equal(strlen(c.last), 1023);
}

static void test_rate_limit(void **state)
{
    struct log_limit limit = LOG_LIMIT_INIT(2, 3); /* Two a second, three at once. */
    struct clock clock = {{INT64_C(23) * NS_PER_S}};
    struct capture c = {0};
    struct log log;

    (void)state;
    log_init(&log, &clock, keep, &c);
    for (int i = 0; i < 10; i++) {
        LOG_LIMITED(&log, &limit, LOG_WARN, "burst %d", i);
    }
    assert_int_equal(c.n, 3);
    clock.now = mono_add(clock.now, 499 * NS_PER_MS);
    LOG_LIMITED(&log, &limit, LOG_WARN, "too early");
    assert_int_equal(c.n, 3);
    clock.now = mono_add(clock.now, 1 * NS_PER_MS);
    LOG_LIMITED(&log, &limit, LOG_WARN, "in time");
    assert_int_equal(c.n, 4);
    assert_non_null(strstr(c.last, "in time"));
    assert_non_null(strstr(c.last, "8 similar lines suppressed"));
    clock.now = mono_add(clock.now, 3600 * NS_PER_S);
    for (int i = 0; i < 10; i++) {
        LOG_LIMITED(&log, &limit, LOG_WARN, "full again");
    }
    assert_int_equal(c.n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),           cmocka_unit_test(test_level_names),
        cmocka_unit_test(test_too_many_modules), cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_rate_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
