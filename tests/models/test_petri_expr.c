/* The expression language: values, and every complaint with its place. */
#include "tests/models/petri_net.h"

#include <stdlib.h>
#include <string.h>

static struct petri_net *with_types(struct complaint *c)
{
    static const char *const colours[] = {"red", "green", "blue"}, *const fields[] = {"size",
                                                                                      "name"};
    struct petri_net *net = petri_net_new(note_complaint, c);
    const struct petri_type *const parts[] = {&petri_int, &petri_string};

    petri_add_type(
        net, &(struct petri_type){.name = "COLOUR", .kind = PETRI_ENUM, .n = 3, .names = colours});
    petri_add_type(
        net, &(struct petri_type){
                 .name = "REC", .kind = PETRI_TUPLE, .n = 2, .names = fields, .fields = parts});
    petri_add_type(net, &(struct petri_type){.name = "SMALL", .kind = PETRI_INT, .lo = 2, .hi = 5});
    petri_add_constant(net, "seven", "7", NULL);
    petri_add_constant(net, "half", "0.5", NULL);
    petri_add_samples(net, "measured", (const double[]){2.385, 1.5}, 2);
    return net;
}

static void test_values(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        {"2 + 3 * 4 - 1", "13"},
        {"-(2 - 5) * -2", "-6"},
        {"17 / 5 + 17 mod 5", "5"},
        {"(0 - 17) mod 5", "3"},
        {"17 mod (0 - 5)", "-3"},
        {"min(3, seven) + max(3, seven)", "10"},
        {"if seven > 6 then 'a' else 'b'", "'a'"},
        {"'mac_' ^ (2 + 3) ^ '!'", "'mac_5!'"},
        {"(seven, 'x')", "(7, 'x')"},
        {"(seven, 'x').1", "7"},
        {"((1, 2), 3).1.2", "2"},
        {"green", "green"},
        {"red = blue or red <> green and not false", "true"},
        {"(1, red) = (1, red)", "true"},
        {"(1, red) = (1, blue)", "false"},
        {"1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 4", "false"},
        {"half * 3 < 1.6", "true"},
        {"time", "0"},
        {"()", "()"},
        {"false and 1 / 0 = 1", "false"},
        {"true or 1 / 0 = 1", "true"},
        {"-9223372036854775807 - 1", "-9223372036854775808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);
        char text[128] = "";
        FILE *out = fmemopen(text, sizeof text, "w");

        if (!petri_add_constant(net, "c", cases[i].text, NULL)) {
            fail_msg("%s: %s", cases[i].text, c.text);
        }
        const struct petri_constant *k = &net->constants[net->n_constants - 1];
        petri_value_print(out, &net->store, k->type, k->value);
        fclose(out);
        assert_string_equal(text, cases[i].value);
        petri_net_free(net);
    }
}

/* Constants that cannot be: which character, and what is said. */
static void test_complaints_about_values(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *says;
    } cases[] = {
        {"", 0, "expected a value, found the end"},
        {"  ", 2, "expected a value, found the end"},
        {"1 +", 3, "expected a value, found the end"},
        {"1 + *", 4, "expected a value"},
        {"then", 0, "expected a value"},
        {"12x", 0, "expected a number"},
        {"99999999999999999999", 0, "the number is too large"},
        {"'abc", 0, "the text has no closing '"},
        {"(1, 2", 5, "expected \",\" or \")\""},
        {"1 2", 2, "expected an operator or the end"},
        {"1 < 2 < 3", 6, "expected an operator or the end"},
        {"if 1 = 1 2", 9, "expected \"then\""},
        {"if 1 = 1 then 2", 15, "expected \"else\""},
        {"(1, 2).", 7, "expected the name or the number of a field"},
        {"(1, 2).3", 7, "there is no field 3, only 1 to 2"},
        {"(1, 2).x", 7, "there is no field x"},
        {"seven.x", 0, "expected a record or a product, found INT"},
        {"eight", 0, "unknown name eight"},
        {"1 + 'a'", 4, "expected INT, found STRING"},
        {"1.5 mod 2", 0, "expected INT, found a time"},
        {"'a' ^ red", 6, "expected STRING or INT, found COLOUR"},
        {"not 1", 4, "expected BOOL, found INT"},
        {"1 = 'a'", 4, "expected INT, found STRING"},
        {"(1, 2) = (1, 'a')", 9, "expected (INT, INT), found (INT, STRING)"},
        {"0.5 = 0.5", 4, "times are compared by < or >"},
        {"(1, 0.5)", 4, "a tuple cannot hold a time"},
        {"_", 0, "\"_\" is for patterns"},
        {"1 ++ 2", 0, "expected one value, found a multiset"},
        {"2`1", 1, "expected one value, found a multiset"},
        {"empty", 0, "expected one value, found a multiset"},
        {"sin(1)", 0, "unknown function sin()"},
        {"min(1)", 0, "min() takes 2 values"},
        {"exponential(3)", 0, "exponential() is for delays"},
        {"now", 0, "unknown name now"},
        {"count(p)", 0, "count() and enabled() are for queries"},
        {"count(", 6, "expected the name of a place"},
        {"enabled(1)", 8, "expected the name of a transition"},
        {"1 / 0", 2, "division by 0"},
        {"9223372036854775807 + 1", 20, "the number is too large"},
        {"-(-9223372036854775807 - 1)", 0, "the number is too large"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);

        assert_false(petri_add_constant(net, "c", cases[i].text, NULL));
        if (!strstr(c.text, cases[i].says) || c.at != cases[i].at) {
            fail_msg("\"%s\": character %zu, \"%s\"; expected %zu, \"%s\"", cases[i].text, c.at,
                     c.text, cases[i].at, cases[i].says);
        }
        petri_net_free(net);
    }
}

/* Nesting ends in a complaint and not at the end of the stack. */
static void test_nesting_has_a_limit(void **state)
{
    static const char *const begins[] = {"(", "-", "not ", "if ", "for i in 1 .. 2 do "};

    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);
        char *text = calloc(100000, 32);

        for (int k = 0; k < 100000; k++) {
            strcpy(text + (size_t)k * strlen(begins[i]), begins[i]);
        }
        assert_false(petri_add_constant(net, "c", text, NULL));
        assert_string_equal(c.text, "nested too deeply");
        free(text);
        petri_net_free(net);
    }
}

static void test_a_chain_has_a_limit(void **state)
{
    struct complaint c = {0};
    struct petri_net *net = with_types(&c);
    char *text = calloc(1, 20001);

    (void)state;
    memset(text, '1', 20000);
    for (int i = 1; i < 20000; i += 2) {
        text[i] = '+';
    }
    text[19999] = '\0';
    assert_false(petri_add_constant(net, "c", text, NULL));
    assert_string_equal(c.text, "too many operators in a row");
    free(text);
    petri_net_free(net);
}

static void test_multisets(void **state)
{
    static const struct {
        const char *type, *text, *value;
    } cases[] = {
        {"INT", "3`1 ++ 2", "3`1 ++ 1`2"},
        {"INT", "for i in 1 .. 3 do i`i", "1`1 ++ 2`2 ++ 3`3"},
        {"INT", "for i in 1 .. 2 do for k in 1 .. 2 do i * k", "1`1 ++ 2`2 ++ 1`4"},
        {"INT", "for i in 3 .. 2 do i", "empty"},
        {"INT", "if 1 < 2 then 2`5 else empty", "2`5"},
        {"INT", "0`4", "empty"},
        {"UNIT", "4", "4"},
        {"UNIT", "2 + 3 ++ ()", "6"},
        {"COLOUR", "red ++ 2`blue", "1`red ++ 2`blue"},
        {"REC", "2`(1, 'b') ++ (1, 'a')", "1`(1, 'a') ++ 2`(1, 'b')"},
        {"BOOL", "true ++ true", "2`true"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);
        struct petri_space space;
        struct petri_marking m = {0};
        char text[128] = "";
        FILE *out = fmemopen(text, sizeof text, "w");

        place(net, "p", cases[i].type, cases[i].text);
        assert_string_equal(c.text, "");
        explore(&space, net);
        petri_space_read(&space, 0, &m);
        petri_tokens_print(out, net, &space.unfold.slots, m.count, 0);
        fclose(out);
        assert_string_equal(text, cases[i].value);
        petri_marking_fini(&m);
        petri_space_fini(&space);
        petri_net_free(net);
    }
}

static void test_complaints_about_tokens(void **state)
{
    static const struct {
        const char *type, *text, *says;
    } cases[] = {
        {"INT", "'a'", "expected INT, found STRING"},
        {"INT", "red`1", "expected INT, found COLOUR"},
        {"INT", "(0 - 1)`1", "a number of tokens below 0"},
        {"INT", "3000000000`1", "too many tokens"},
        {"UNIT", "'a'", "expected UNIT, found STRING"},
        {"REC", "('a', 1)", "expected REC, found (STRING, INT)"},
        {"SMALL", "6", "outside the range"},
        {"SMALL", "3 ++ 1", "outside the range"},
        {"INT", "for i in 1 .. 2000000 do i", "more than 1000000 rounds"},
        {"INT", "for i in 1 .. 2000 do for k in 1 .. 2000 do 0`i", "more than 1000000 rounds"},
        {"INT", "for seven in 1 .. 2 do seven", "the name seven is taken"},
        {"INT", "for i in 'a' .. 2 do i", "expected INT, found STRING"},
        {"INT", "(for i in 1 .. 2 do i) ++ i", "unknown name i"},
        {"INT", "for 3 in 1 .. 2 do i", "expected the name of a variable"},
        {"INT", "for i of 1", "expected \"in\""},
        {"INT", "for i in 1 to 2", "expected \"..\""},
        {"INT", "for i in 1 .. 2 i", "expected \"do\""},
        {"INT", "if 1 then 2 else 3", "expected BOOL, found INT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);

        place(net, "p", cases[i].type, cases[i].text);
        if (!strstr(c.text, cases[i].says)) {
            fail_msg("\"%s\": \"%s\", expected \"%s\"", cases[i].text, c.text, cases[i].says);
        }
        petri_net_free(net);
    }
}

/* One arc of a transition, whatever its kind. */
static void add_arc(struct petri_net *net, uint32_t t, char kind, const char *text)
{
    uint32_t ints = 0, recs = 1;

    switch (kind) {
    case 'i':
        petri_in(net, t, ints, false, text, NULL);
        break;
    case 'r':
        petri_in(net, t, recs, false, text, NULL);
        break;
    case 'x':
        petri_inhibit(net, t, recs, text, NULL);
        break;
    case 'o':
        petri_out(net, t, ints, text, NULL);
        break;
    case 'l': /* An arc's delay. */
        if (petri_out(net, t, ints, "1", NULL)) {
            petri_out_delay(net, t, text, NULL);
        }
        break;
    case 'g':
        petri_guard(net, t, text, NULL);
        break;
    case 'd':
        petri_delay(net, t, text, NULL);
        break;
    case 'c':
        petri_choose(net, t, text, petri_find_type(net, "BOOL"), NULL);
        break;
    default:
        petri_choose(net, t, "v", petri_find_type(net, text), NULL);
        break;
    }
}

static void test_complaints_about_transitions(void **state)
{
    static const struct {
        const char *kinds;
        const char *texts[3];
        const char *says;
    } cases[] = {
        {"i", {"x + y"}, "unknown name x"},
        {"i", {"'a'"}, "expected INT, found STRING"},
        {"i", {"empty"}, "expected items like 2`x"},
        {"i", {"if 1 = 1 then 2 else 3"}, "expected items like 2`x"},
        {"i", {"0`x"}, "expected a number from 1"},
        {"ii", {"x", "x`y"}, "expected a number from 1"},
        {"ir", {"x", "(y, x)"}, "expected STRING, found INT"},
        {"rr", {"(a, b)", "(c, 'n' ^ d)"}, "unknown name d"},
        {"rr", {"(a + 1, b)", "(c + 1, d)"}, "unknown name a"},
        {"rr", {"(c, 'n' ^ a)", "(a, 'n' ^ c)"}, "no order of the arcs"},
        {"io", {"x", "y"}, "unknown name y"},
        {"io", {"x", "x ++ 'a'"}, "expected INT, found STRING"},
        {"io", {"x", "_"}, "\"_\" is for patterns"},
        {"ig", {"x", "x"}, "expected BOOL, found INT"},
        {"ig", {"x", "y > 1"}, "unknown name y"},
        {"ix", {"x", "(y, _)"}, "unknown name y"},
        {"id", {"x", "'a'"}, "expected a time, found STRING"},
        {"id", {"x", "exponential('a')"}, "expected a time, found STRING"},
        {"id", {"x", "empirical(nothing)"}, "expected the name of samples"},
        {"id", {"x", "empirical(1)"}, "expected the name of samples"},
        {"il", {"x", "1.5"}, "place ints is not timed"},
        {"c", {"2x"}, "cannot be the name of a variable"},
        {"C", {"INT"}, "INT has too many values to choose from"},
        {"C", {"STRING"}, "STRING has too many values"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);
        uint32_t t;

        place(net, "ints", "INT", NULL);
        place(net, "recs", "REC", NULL);
        t = petri_begin(net, "t");
        for (size_t k = 0; cases[i].kinds[k] && c.n == 0; k++) {
            add_arc(net, t, cases[i].kinds[k], cases[i].texts[k]);
        }
        if (c.n == 0) {
            petri_end(net, t, NULL);
        }
        if (!strstr(c.text, cases[i].says)) {
            fail_msg("%zu: \"%s\", expected \"%s\"", i, c.text, cases[i].says);
        }
        petri_net_free(net);
    }
}

static void test_too_many_of_something(void **state)
{
    struct complaint c = {0};
    struct petri_net *net = with_types(&c);
    char name[16];
    uint32_t t;

    (void)state;
    place(net, "ints", "INT", NULL);
    t = petri_begin(net, "t");
    for (int i = 0; i <= PETRI_MAX_ITEMS; i++) {
        petri_in(net, t, 0, false, "x", NULL);
    }
    assert_false(petri_end(net, t, NULL));
    assert_string_equal(c.text, "more than 64 arcs into a transition");
    c.n = 0;
    t = petri_begin(net, "u");
    for (int i = 0; i <= PETRI_MAX_VARS; i++) {
        snprintf(name, sizeof name, "v%d", i);
        petri_choose(net, t, name, &petri_bool, NULL);
    }
    assert_string_equal(c.text, "v64 cannot be the name of a variable");
    petri_net_free(net);
}

static void test_complaints_about_queries(void **state)
{
    static const struct {
        const char *text, *says;
        size_t at;
    } cases[] = {
        {"count(ints) > 0", "expected reach, never, always, home or eventually", 0},
        {"reach", "expected reach", 0},
        {"reach ", "expected a value, found the end", 6},
        {"always 1", "expected BOOL, found INT", 7},
        {"never count(nothing) > 0", "there is no place nothing", 6},
        {"never count(recs, (x, y) | z > 0) > 0", "unknown name z", 27},
        {"never count(recs, (x, _)) > x", "unknown name x", 28},
        {"never count(recs, 5) > 0", "expected REC, found INT", 18},
        {"home enabled(u)", "there is no transition u", 5},
        {"reach exponential(1) > 0", "exponential() is for delays", 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint c = {0};
        struct petri_net *net = with_types(&c);

        place(net, "ints", "INT", NULL);
        place(net, "recs", "REC", NULL);
        assert_false(petri_add_query(net, cases[i].text, NULL));
        if (!strstr(c.text, cases[i].says) || c.at != cases[i].at) {
            fail_msg("\"%s\": %zu, \"%s\"", cases[i].text, c.at, c.text);
        }
        petri_net_free(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_complaints_about_values),
        cmocka_unit_test(test_nesting_has_a_limit),
        cmocka_unit_test(test_a_chain_has_a_limit),
        cmocka_unit_test(test_multisets),
        cmocka_unit_test(test_complaints_about_tokens),
        cmocka_unit_test(test_complaints_about_transitions),
        cmocka_unit_test(test_too_many_of_something),
        cmocka_unit_test(test_complaints_about_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
