#include "controller/config/fields.h"

#include <assert.h>

#include "controller/base/mono.h"

/* The value of a field as the number that stands in the file. */
static double number_at(const struct conf_field *f, const void *base)
{
    const char *at = (const char *)base + f->offset;

    switch (f->type) {
    case CONF_BOOL:
        return *(const bool *)at;
    case CONF_U16:
        return *(const uint16_t *)(const void *)at;
    case CONF_U32:
    case CONF_CHOICE:
        return *(const uint32_t *)(const void *)at;
    case CONF_SIZE:
        return (double)*(const size_t *)(const void *)at;
    case CONF_SECONDS:
        return ns_to_s(*(const int64_t *)(const void *)at);
    }
    assert(false && "a field has one of these types");
    return 0;
}

static void read_choice(struct conf_node *object, const struct conf_field *f, void *at)
{
    unsigned which;
    size_t n = 0;

    while (f->choices[n]) {
        n++;
    }
    if (conf_choice(object, f->key, f->choices, n, &which)) {
        *(uint32_t *)at = which;
    }
}

static void read_field(struct conf_node *object, const struct conf_field *f, void *base)
{
    char *at = (char *)base + f->offset;
    int64_t whole;

    switch (f->type) {
    case CONF_BOOL:
        conf_bool(object, f->key, (bool *)at);
        break;
    case CONF_SECONDS:
        conf_seconds(object, f->key, f->min, f->max, (int64_t *)(void *)at);
        break;
    case CONF_CHOICE:
        read_choice(object, f, at);
        break;
    case CONF_U16:
        if (conf_int(object, f->key, (int64_t)f->min, (int64_t)f->max, &whole)) {
            *(uint16_t *)(void *)at = (uint16_t)whole;
        }
        break;
    case CONF_U32:
        if (conf_int(object, f->key, (int64_t)f->min, (int64_t)f->max, &whole)) {
            *(uint32_t *)(void *)at = (uint32_t)whole;
        }
        break;
    case CONF_SIZE:
        if (conf_int(object, f->key, (int64_t)f->min, (int64_t)f->max, &whole)) {
            *(size_t *)(void *)at = (size_t)whole;
        }
        break;
    }
}

void conf_fields_read(struct conf_node *object, const struct conf_field *fields, size_t n,
                      void *base)
{
    for (size_t i = 0; i < n; i++) {
        read_field(object, &fields[i], base);
    }
    conf_done(object);
}

static json_t *field_json(const struct conf_field *f, const void *base)
{
    double value = number_at(f, base);

    if (f->type == CONF_BOOL) {
        return json_boolean(value != 0);
    }
    if (f->type == CONF_CHOICE) {
        return json_string(f->choices[(size_t)value]);
    }
    if (value == (double)(json_int_t)value) {
        return json_integer((json_int_t)value);
    }
    return json_real(value);
}

void conf_fields_write(json_t *object, const struct conf_field *fields, size_t n, const void *base)
{
    for (size_t i = 0; i < n; i++) {
        json_object_set_new(object, fields[i].key, field_json(&fields[i], base));
    }
}

void conf_fields_compare(const struct conf_field *fields, size_t n, const void *a, const void *b,
                         conf_changed_fn *fn, void *aux)
{
    for (size_t i = 0; i < n; i++) {
        if (number_at(&fields[i], a) != number_at(&fields[i], b)) {
            fn(aux, fields[i].key);
        }
    }
}
