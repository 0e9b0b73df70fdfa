/* Positions and complaints: every mistake is found in one reading and is told where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controller/config/json_check.h"

static struct conf_doc *parse(const char *text)
{
    return conf_doc_parse("t.json", text, strlen(text));
}

/* Asserts that the complaints of 'doc' are exactly 'lines', and frees it. */
static void assert_complaints(struct conf_doc *doc, const char *const lines[], size_t n)
{
    for (size_t i = 0; i < n && i < conf_doc_n_complaints(doc); i++) {
        assert_string_equal(conf_doc_complaint(doc, i), lines[i]);
    }
    if (conf_doc_n_complaints(doc) > n) {
        fail_msg("one too many: %s", conf_doc_complaint(doc, n));
    }
    assert_int_equal(conf_doc_n_complaints(doc), n);
    conf_doc_free(doc);
}

#define ASSERT_COMPLAINTS(doc, ...)                                                                \
    do {                                                                                           \
        static const char *const lines_[] = {__VA_ARGS__};                                         \
        assert_complaints(doc, lines_, sizeof lines_ / sizeof lines_[0]);                          \
    } while (0)

static void test_good_values(void **state)
{
    static const char *const colours[] = {"red", "green"};
    struct conf_doc *doc =
        parse("{\"b\": true, \"i\": -7, \"r\": 2.385, \"whole\": 3, \"t\": \"x\","
              " \"c\": \"green\", \"s\": 0.25}");
    struct conf_node *root = conf_doc_root(doc);
    bool b = false;
    int64_t i = 0, ns = 0;
    double r = 0, whole = 0;
    const char *t = NULL;
    unsigned c = 0;

    (void)state;
    assert_true(conf_bool(root, "b", &b) && b);
    assert_true(conf_int(root, "i", -10, 10, &i));
    assert_int_equal(i, -7);
    assert_true(conf_real(root, "r", 0, 3, &r) && r == 2.385);
    assert_true(conf_real(root, "whole", 0, 3, &whole) && whole == 3);
    assert_true(conf_text(root, "t", &t));
    assert_string_equal(t, "x");
    assert_true(conf_choice(root, "c", colours, 2, &c));
    assert_int_equal(c, 1);
    assert_true(conf_seconds(root, "s", 0, 1, &ns));
    assert_int_equal(ns, 250000000);
    assert_false(conf_int(root, "absent", 0, 1, &i));
    assert_int_equal(i, -7);
    conf_done(root);
    assert_complaints(doc, NULL, 0);
}

static void test_every_mistake_at_once(void **state)
{
    static const char *const colours[] = {"red", "green"};
    struct conf_doc *doc = parse("{\n"
                                 "  \"b\": 1,\n"
                                 "  \"i\": 11,\n"
                                 "\t\"r\": \"two\",   \"t\": \"\",\n"
                                 "  \"c\": \"blue\",\n"
                                 "  \"sectoin\": {},\n"
                                 "  \"o\": [1, 2]\n"
                                 "}\n");
    struct conf_node *root = conf_doc_root(doc);
    bool b = true;
    int64_t i = 5;
    double r = 2.385;
    const char *t = "default";
    unsigned c = 1;

    (void)state;
    /* In another order than in the text: the complaints are sorted all the same. */
    assert_null(conf_object(root, "o"));
    assert_false(conf_choice(root, "c", colours, 2, &c));
    assert_false(conf_text(root, "t", &t));
    assert_false(conf_real(root, "r", 0.5, 3, &r));
    assert_false(conf_int(root, "i", 0, 10, &i));
    assert_false(conf_bool(root, "b", &b));
    conf_done(root);
    assert_true(b && i == 5 && r == 2.385 && c == 1);
    assert_string_equal(t, "default");
    ASSERT_COMPLAINTS(doc, "t.json:2:8: b: expected true or false, found 1",
                      "t.json:3:8: i: expected a whole number from 0 to 10, found 11",
                      "t.json:4:7: r: expected a number from 0.5 to 3, found \"two\"",
                      "t.json:4:21: t: expected a text that is not empty, found \"\"",
                      "t.json:5:8: c: expected one of \"red\", \"green\", found \"blue\"",
                      "t.json:6:3: sectoin: unknown key; expected one of o, c, t, r, i, b",
                      "t.json:7:8: o: expected an object, found an array");
}

static void test_paths_and_columns(void **state)
{
    /* Two values that jansson makes one object of, escapes, a brace in a text, and UTF-8 before the
     * position, where columns count characters. */
    struct conf_doc *doc = parse(
        "{\"a\\\"}\": {\"list\": [true, true, {\"x\": null}]}, \"ñandú\": \"\\\\\", \"z\": 1.5}");
    struct conf_node *root = conf_doc_root(doc);
    struct conf_node *list = conf_array(conf_object(root, "a\"}"), "list");
    struct conf_node *second = conf_next(conf_first(list));
    struct conf_node *third = conf_next(second);
    int64_t out;
    const char *text;

    (void)state;
    assert_int_equal(conf_size(list), 3);
    assert_null(conf_next(third));
    conf_complain(second, "no good");
    assert_false(conf_int(third, "x", 1, 2, &out));
    assert_true(conf_text(root, "ñandú", &text));
    assert_string_equal(text, "\\");
    assert_false(conf_int(root, "z", 1, 2, &out));
    ASSERT_COMPLAINTS(
        doc, "t.json:1:26: a\"}.list[1]: no good",
        "t.json:1:38: a\"}.list[2].x: expected a whole number from 1 to 2, found null",
        "t.json:1:67: z: expected a whole number from 1 to 2, found 1.5");
}

static void test_missing_and_named_keys(void **state)
{
    struct conf_doc *doc = parse("{\"levels\": {\"session\": 1, \"live\": 2}}");
    struct conf_node *root = conf_doc_root(doc);
    struct conf_node *levels = conf_object(root, "levels");
    struct conf_node *first = conf_first(levels);

    (void)state;
    assert_string_equal(conf_key(first), "session");
    assert_string_equal(conf_key(conf_next(first)), "live");
    assert_null(conf_need(root, "hosts", "a whole number"));
    assert_non_null(conf_need(root, "levels", "an object"));
    conf_done(levels);
    conf_done(root);
    ASSERT_COMPLAINTS(doc,
                      "t.json:1:1: the whole document: missing key \"hosts\"; expected a whole "
                      "number");
}

static void test_null_object_is_quiet(void **state)
{
    bool b = true;
    int64_t i = 3;

    (void)state;
    assert_false(conf_bool(NULL, "k", &b));
    assert_false(conf_seconds(NULL, "k", 0, 1, &i));
    assert_null(conf_object(NULL, "k"));
    assert_null(conf_array(NULL, "k"));
    assert_null(conf_need(NULL, "k", "something"));
    assert_null(conf_first(NULL));
    conf_done(NULL);
    assert_true(b && i == 3);
}

static void expect_first(struct conf_doc *doc, const char *start)
{
    assert_null(conf_doc_root(doc));
    assert_int_equal(conf_doc_n_complaints(doc), 1);
    if (strncmp(conf_doc_complaint(doc, 0), start, strlen(start)) != 0) {
        fail_msg("expected \"%s...\", got \"%s\"", start, conf_doc_complaint(doc, 0));
    }
    conf_doc_free(doc);
}

static void test_no_json(void **state)
{
    (void)state;
    expect_first(parse("{\"a\": 1,\n \"b\" 2}"), "t.json:2:6: not JSON: ':' expected near '2'");
    expect_first(parse("{\"a\": 1,\n \"a\": 2}"), "t.json:2:4: not JSON: duplicate object key");
    expect_first(parse(""), "t.json:1:1: not JSON: ");
    expect_first(parse("{} trailing"), "t.json:1:");
    expect_first(parse("[1]"),
                 "t.json:1:1: the whole document: expected an object, found an array");
    expect_first(parse("17"), "t.json:1:1: the whole document: expected an object, found 17");
    expect_first(conf_doc_parse("t.json", "{\"a\": \"\0\"}", 10), "t.json:1:");
    expect_first(conf_doc_read("/nowhere/x.json"),
                 "/nowhere/x.json: cannot be read: No such file or directory");
    expect_first(conf_doc_read("/"), "/: cannot be read: Is a directory");
}

/* Texts of every shape come through the scanner with the members where jansson sees them. */
static void test_deep_and_long(void **state)
{
    static char text[200000];
    size_t len = 0;
    struct conf_doc *doc;
    struct conf_node *node;

    (void)state;
    text[len++] = '{';
    len += (size_t)sprintf(text + len, "\"a\":");
    for (int i = 0; i < 1000; i++) {
        text[len++] = '[';
    }
    for (int i = 0; i < 20000; i++) {
        len += (size_t)sprintf(text + len, "%s\n%d", i ? "," : "", i);
    }
    for (int i = 0; i < 1000; i++) {
        text[len++] = ']';
    }
    text[len++] = '}';
    doc = conf_doc_parse("t.json", text, len);
    node = conf_array(conf_doc_root(doc), "a");
    while (conf_size(node) == 1) {
        node = conf_first(node);
    }
    assert_int_equal(conf_size(node), 20000);
    node = conf_next(conf_next(conf_first(node)));
    conf_complain(node, "here");
    assert_non_null(strstr(conf_doc_complaint(doc, 0), "t.json:4:1: a[0][0]"));
    assert_non_null(strstr(conf_doc_complaint(doc, 0), "[2]: here"));
    conf_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_values),          cmocka_unit_test(test_every_mistake_at_once),
        cmocka_unit_test(test_paths_and_columns),    cmocka_unit_test(test_missing_and_named_keys),
        cmocka_unit_test(test_null_object_is_quiet), cmocka_unit_test(test_no_json),
        cmocka_unit_test(test_deep_and_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
