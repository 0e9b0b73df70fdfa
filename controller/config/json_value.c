/* Typed values in JSON: of the right type and in range, or a complaint. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "controller/config/json_check_int.h"

bool conf_as_bool(struct conf_node *node, bool *out)
{
    if (!node) {
        return false;
    }
    if (!json_is_boolean(node->value)) {
        return conf_expected(node, "true or false");
    }
    *out = json_is_true(node->value);
    return true;
}

bool conf_as_int(struct conf_node *node, int64_t min, int64_t max, int64_t *out)
{
    json_int_t value;

    if (!node) {
        return false;
    }
    value = json_integer_value(node->value);
    if (!json_is_integer(node->value) || value < min || value > max) {
        return conf_expected(node, "a whole number from %lld to %lld", (long long)min,
                             (long long)max);
    }
    *out = value;
    return true;
}

bool conf_as_real(struct conf_node *node, double min, double max, double *out)
{
    double value;

    if (!node) {
        return false;
    }
    value = json_number_value(node->value);
    if (!json_is_number(node->value) || !(value >= min && value <= max)) {
        return conf_expected(node, "a number from %.10g to %.10g", min, max);
    }
    *out = value;
    return true;
}

bool conf_as_text(struct conf_node *node, const char **out)
{
    if (!node) {
        return false;
    }
    if (!json_is_string(node->value) || !json_string_length(node->value)) {
        return conf_expected(node, "a text that is not empty");
    }
    *out = json_string_value(node->value);
    return true;
}

bool conf_as_object(struct conf_node *node)
{
    return node && (json_is_object(node->value) || conf_expected(node, "an object"));
}

bool conf_is_object(const struct conf_node *node)
{
    return json_is_object(node->value);
}

bool conf_is_text(const struct conf_node *node)
{
    return json_is_string(node->value);
}

bool conf_is_bool(const struct conf_node *node)
{
    return json_is_boolean(node->value);
}

bool conf_is_number(const struct conf_node *node)
{
    return json_is_number(node->value);
}

/* "\"a\", \"b\"". Fresh memory. */
static char *choice_list(const char *const names[], size_t n)
{
    char *list = xstrdup("");

    for (size_t i = 0; i < n; i++) {
        char *longer = conf_text_of("%s%s\"%s\"", list, i ? ", " : "", names[i]);

        free(list);
        list = longer;
    }
    return list;
}

bool conf_as_choice(struct conf_node *node, const char *const names[], size_t n, unsigned *out)
{
    const char *value = node ? json_string_value(node->value) : NULL;
    char *list;

    if (!node) {
        return false;
    }
    for (size_t i = 0; value && i < n; i++) {
        if (strcmp(value, names[i]) == 0) {
            *out = (unsigned)i;
            return true;
        }
    }
    list = choice_list(names, n);
    conf_expected(node, "one of %s", list);
    free(list);
    return false;
}

bool conf_bool(struct conf_node *object, const char *key, bool *out)
{
    return conf_as_bool(conf_get(object, key), out);
}

bool conf_int(struct conf_node *object, const char *key, int64_t min, int64_t max, int64_t *out)
{
    return conf_as_int(conf_get(object, key), min, max, out);
}

bool conf_u32(struct conf_node *object, const char *key, uint32_t min, uint32_t max, uint32_t *out)
{
    int64_t value = *out;

    if (!conf_int(object, key, min, max, &value)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

bool conf_real(struct conf_node *object, const char *key, double min, double max, double *out)
{
    return conf_as_real(conf_get(object, key), min, max, out);
}

bool conf_text(struct conf_node *object, const char *key, const char **out)
{
    return conf_as_text(conf_get(object, key), out);
}

bool conf_choice(struct conf_node *object, const char *key, const char *const names[], size_t n,
                 unsigned *out)
{
    return conf_as_choice(conf_get(object, key), names, n, out);
}

bool conf_seconds(struct conf_node *object, const char *key, double min_s, double max_s,
                  int64_t *out_ns)
{
    double value_s = 0.0;

    if (!conf_real(object, key, min_s, max_s, &value_s)) {
        return false;
    }
    *out_ns = ns_from_s(value_s);
    return true;
}
