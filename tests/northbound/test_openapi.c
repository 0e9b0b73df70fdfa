/* docs/openapi.json describes every row of the table, and nothing else. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "controller/northbound/nb.h"

static json_t *doc;

/* --- What a row should look like -------------------------------------------------------------- */

static void add_parameter(json_t *list, const char *name, size_t len, const char *in)
{
    json_array_append_new(list, json_pack("{s:s%,s:s,s:b,s:{s:s}}", "name", name, len, "in", in,
                                          "required", strcmp(in, "path") == 0, "schema", "type",
                                          "string"));
}

static json_t *parameters(const struct nb_row *row)
{
    json_t *list = json_array();

    for (const char *p = strchr(row->path, '{'); p; p = strchr(p + 1, '{')) {
        add_parameter(list, p + 1, strcspn(p + 1, "}"), "path");
    }
    for (const char *q = row->query; q && *q;) {
        size_t n = strcspn(q, ",");

        add_parameter(list, q, n, "query");
        q += n + (q[n] == ',');
    }
    return list;
}

/* Only what follows from the row: the description has answers and schemas besides. */
static json_t *expected(const struct nb_row *row)
{
    json_t *out =
        json_pack("{s:s,s:s}", "summary", row->summary, "x-role", nb_role_name(row->role));
    json_t *list = parameters(row);

    if (json_array_size(list)) {
        json_object_set(out, "parameters", list);
    }
    json_decref(list);
    if (row->has_body) {
        json_object_set_new(out, "requestBody",
                            json_pack("{s:b,s:{s:{s:{s:s}}}}", "required", 1, "content",
                                      "application/json", "schema", "type", "object"));
    }
    return out;
}

static void lower(const char *method, char out[16])
{
    size_t n = strlen(method);

    for (size_t i = 0; i <= n; i++) {
        out[i] = (char)tolower((unsigned char)method[i]);
    }
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool same_parameters(const json_t *found, const json_t *wanted)
{
    if (json_array_size(found) != json_array_size(wanted)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *a = json_array_get(found, i), *b = json_array_get(wanted, i);

        if (!json_equal(json_object_get(a, "name"), json_object_get(b, "name")) ||
            !json_equal(json_object_get(a, "in"), json_object_get(b, "in"))) {
            return false;
        }
    }
    return true;
}

static bool agrees(const json_t *found, const json_t *wanted)
{
    return json_equal(json_object_get(found, "summary"), json_object_get(wanted, "summary")) &&
           json_equal(json_object_get(found, "x-role"), json_object_get(wanted, "x-role")) &&
           same_parameters(json_object_get(found, "parameters"),
                           json_object_get(wanted, "parameters")) &&
           !json_object_get(found, "requestBody") == !json_object_get(wanted, "requestBody") &&
           json_object_size(json_object_get(found, "responses")) > 0;
}

struct tally {
    size_t n_rows, n_bad;
};

static void check_row(void *aux, const struct nb_row *row)
{
    struct tally *tally = aux;
    const json_t *path = json_object_get(json_object_get(doc, "paths"), row->path);
    json_t *wanted = expected(row);
    char method[16], *text;

    lower(row->method, method);
    tally->n_rows++;
    if (!agrees(json_object_get(path, method), wanted)) {
        text = json_dumps(wanted, JSON_INDENT(2));
        print_error("docs/openapi.json: paths.\"%s\".%s should have\n%s\nand \"responses\"\n",
                    row->path, method, text);
        free(text);
        tally->n_bad++;
    }
    json_decref(wanted);
}

static void test_every_row(void **state)
{
    struct tally tally = {0};
    size_t n_described = 0;
    const char *path;
    json_t *item;

    (void)state;
    nb_each_row(check_row, &tally);
    assert_int_equal(tally.n_bad, 0);
    json_object_foreach (json_object_get(doc, "paths"), path, item) {
        n_described += json_object_size(item);
    }
    assert_int_equal(n_described, tally.n_rows); /* More: a row that there is not. */
}

static void test_head(void **state)
{
    (void)state;
    assert_string_equal(json_string_value(json_object_get(doc, "openapi")), "3.0.3");
    assert_non_null(json_object_get(json_object_get(doc, "components"), "securitySchemes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_head),
    };
    json_error_t error;
    int code;

    doc = json_load_file(TAMBO_SOURCE_DIR "/docs/openapi.json", JSON_REJECT_DUPLICATES, &error);
    if (!doc) {
        fprintf(stderr, "docs/openapi.json:%d: %s\n", error.line, error.text);
        return 1;
    }
    code = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(doc);
    return code;
}
