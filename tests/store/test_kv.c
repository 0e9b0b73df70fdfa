/* The store keeps what it was given, over a close and over a crash, and refuses foreign files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "controller/store/store.h"

static char dir[64];
static char path[128];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tambo-store-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s.sqlite", dir);
    return 0;
}

static int remove_dir(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    (void)state;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char file[160];

        snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        unlink(file);
    }
    return rmdir(dir);
}

static struct store *open_ok(void)
{
    char why[256] = "";
    struct store *s = store_open(path, NULL, why, sizeof why);

    if (!s) {
        fail_msg("%s", why);
    }
    return s;
}

struct collected {
    char text[256];
};

static void collect(void *aux, const char *key, const char *value)
{
    struct collected *c = aux;
    size_t len = strlen(c->text);

    snprintf(c->text + len, sizeof c->text - len, "%s=%s;", key, value);
}

static void assert_table(struct store *s, const char *table, const char *expected)
{
    const struct store_ops *ops = store_get_ops(s);
    struct collected c = {0};

    assert_int_equal(ops->each(ops->aux, table, collect, &c), ERR_OK);
    assert_string_equal(c.text, expected);
}

static void assert_put(struct store *s, const char *table, const char *key, const char *value)
{
    const struct store_ops *ops = store_get_ops(s);

    assert_int_equal(ops->put(ops->aux, table, key, value), ERR_OK);
}

static void test_put_del_each(void **state)
{
    struct store *s = open_ok();
    const struct store_ops *ops = store_get_ops(s);

    (void)state;
    assert_table(s, "labels", "");
    assert_put(s, "labels", "b", "17");
    assert_put(s, "labels", "a", "2.385");
    assert_put(s, "other", "a", "x'; DROP TABLE kv; --");
    assert_put(s, "labels", "b", "18");
    assert_table(s, "labels", "a=2.385;b=18;");
    assert_table(s, "other", "a=x'; DROP TABLE kv; --;");
    assert_int_equal(ops->del(ops->aux, "labels", "a"), ERR_OK);
    assert_int_equal(ops->del(ops->aux, "labels", "never there"), ERR_OK);
    assert_table(s, "labels", "b=18;");
    store_close(s);
}

static void add_name(void *aux, const char *table)
{
    struct collected *c = aux;

    strcat(c->text, table);
    strcat(c->text, ";");
}

static void test_tables(void **state)
{
    struct store *s = open_ok();
    const struct store_ops *ops = store_get_ops(s);
    struct collected c = {0};

    (void)state;
    assert_int_equal(ops->tables(ops->aux, add_name, &c), ERR_OK);
    assert_string_equal(c.text, "");
    assert_put(s, "other", "a", "2.385");
    assert_put(s, "labels", "b", "17");
    assert_put(s, "labels", "a", "18");
    assert_int_equal(ops->tables(ops->aux, add_name, &c), ERR_OK);
    assert_string_equal(c.text, "labels;other;");
    store_close(s);
}

static void test_survives_close(void **state)
{
    struct store *s = open_ok();

    (void)state;
    assert_put(s, "labels", "00000000000000a1", "7");
    store_close(s);
    s = open_ok();
    assert_table(s, "labels", "00000000000000a1=7;");
    store_close(s);
}

/* What put() has confirmed is in the file, whatever happens to us next: a second connection sees it
 * while the first is still open, as it would after a crash. */
static void test_is_durable_at_return(void **state)
{
    struct store *first = open_ok();
    struct store *second;

    (void)state;
    assert_put(first, "labels", "k", "v");
    second = open_ok();
    assert_table(second, "labels", "k=v;");
    store_close(second);
    store_close(first);
}

static void expect_refused(const char *what)
{
    char why[256] = "";

    assert_null(store_open(path, NULL, why, sizeof why));
    assert_non_null(strstr(why, path));
    if (!strstr(why, what)) {
        fail_msg("expected \"%s\" in \"%s\"", what, why);
    }
}

static void run_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_refuses_foreign_files(void **state)
{
    FILE *f;

    (void)state;
    run_sql("CREATE TABLE mine (x)");
    expect_refused("not a store of tambod");
    unlink(path);

    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 200; i++) {
        fputs("this is not a database\n", f);
    }
    fclose(f);
    expect_refused("not a database");
    unlink(path);

    store_close(open_ok());
    run_sql("PRAGMA user_version = 2");
    expect_refused("schema version 2, this tambod knows 1");
}

static void test_refuses_unusable_paths(void **state)
{
    char why[256] = "";

    (void)state;
    assert_null(store_open("/nowhere/at/all/s.sqlite", NULL, why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/at/all/s.sqlite: unable to open"));
}

static void count_line(void *aux, enum log_level level, const char *line)
{
    (void)level;
    assert_non_null(strstr(line, path));
    ++*(int *)aux;
}

/* A failure while running is an error value and a limited log line, and the store goes on. */
static void test_failure_is_told(void **state)
{
    struct clock clock = {MONO_ZERO};
    struct log log;
    char why[256];
    int lines = 0;
    struct store *s;
    const struct store_ops *ops;

    (void)state;
    log_init(&log, &clock, count_line, &lines);
    s = store_open(path, &log, why, sizeof why);
    assert_non_null(s);
    ops = store_get_ops(s);
    run_sql("DROP TABLE kv");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ops->put(ops->aux, "t", "k", "v"), ERR_IO);
    }
    assert_int_equal(lines, 5);
    store_close(s);
}

/* What is between begin and end is there as a whole or not at all: when it ends, when the file is closed
 * before, and when a part of it fails. */
static void test_changes_as_a_whole(void **state)
{
    struct store *s = open_ok();
    const struct store_ops *ops = store_get_ops(s);

    (void)state;
    assert_int_equal(ops->begin(ops->aux), ERR_OK);
    assert_put(s, "t", "a", "1");
    assert_put(s, "t", "b", "2");
    assert_int_equal(ops->end(ops->aux), ERR_OK);
    assert_int_equal(ops->begin(ops->aux), ERR_OK);
    assert_put(s, "t", "b", "3");
    assert_put(s, "t", "c", "4");
    assert_int_equal(ops->del(ops->aux, "t", "a"), ERR_OK);
    assert_table(s, "t", "b=3;c=4;");
    store_close(s);
    s = open_ok();
    assert_table(s, "t", "a=1;b=2;");
    store_close(s);
}

static void test_failed_part_undoes_the_whole(void **state)
{
    struct store *s = open_ok();
    const struct store_ops *ops = store_get_ops(s);

    (void)state;
    assert_put(s, "t", "a", "1");
    run_sql("CREATE TRIGGER no BEFORE INSERT ON kv WHEN NEW.key = 'never' "
            "BEGIN SELECT RAISE(FAIL, 'no'); END");
    assert_int_equal(ops->begin(ops->aux), ERR_OK);
    assert_put(s, "t", "a", "2");
    assert_int_equal(ops->put(ops->aux, "t", "never", "3"), ERR_IO);
    assert_put(s, "t", "b", "4");
    assert_int_equal(ops->end(ops->aux), ERR_IO);
    assert_table(s, "t", "a=1;");
    assert_put(s, "t", "b", "5"); /* It goes on. */
    assert_table(s, "t", "a=1;b=5;");
    store_close(s);
}

static void test_memory_forgets(void **state)
{
    char why[256];
    struct store *s = store_open(":memory:", NULL, why, sizeof why);

    (void)state;
    assert_non_null(s);
    assert_put(s, "t", "k", "v");
    assert_table(s, "t", "k=v;");
    store_close(s);
    store_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_del_each, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_tables, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_survives_close, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_is_durable_at_return, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_refuses_foreign_files, make_dir, remove_dir),
        cmocka_unit_test(test_refuses_unusable_paths),
        cmocka_unit_test_setup_teardown(test_failure_is_told, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_changes_as_a_whole, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_failed_part_undoes_the_whole, make_dir, remove_dir),
        cmocka_unit_test(test_memory_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
