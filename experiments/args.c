#include "experiments/args.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the option holds before the parsing, when that says something. */
static void print_default(const struct opt *o)
{
    if (o->kind == OPT_REAL && !o->given && isfinite(*(const double *)o->out)) {
        printf(" [%g]", *(const double *)o->out);
    } else if (o->kind == OPT_COUNT && !o->given) {
        printf(" [%" PRIu64 "]", *(const uint64_t *)o->out);
    } else if (o->kind == OPT_CHOICE && !o->given) {
        printf(" [%s]", o->choices[*(const int *)o->out]);
    } else if (o->kind == OPT_TEXT && *(const char *const *)o->out) {
        printf(" [%s]", *(const char *const *)o->out);
    }
}

static void print_help(const struct command *c)
{
    printf("usage: %s%s%s [options]\n\n%s\n\noptions:\n", c->name, *c->synopsis ? " " : "",
           c->synopsis, c->summary);
    for (size_t i = 0; i < c->n_opts; i++) {
        const struct opt *o = &c->opts[i];
        char left[64];

        snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
        printf("  %-28s %s", left, o->help);
        for (size_t k = 0; o->kind == OPT_CHOICE && o->choices[k]; k++) {
            printf("%s%s", k ? "|" : " (", o->choices[k]);
        }
        printf("%s", o->kind == OPT_CHOICE ? ")" : "");
        print_default(o);
        printf("\n");
    }
    printf("  %-28s this text\n", "--help");
}

static enum args_status complain(const struct command *c, const char *what, const char *about,
                                 const char *expected)
{
    fprintf(stderr, "%s: %s%s%s%s; see %s --help\n", c->name, what, about, *expected ? ": " : "",
            expected, c->name);
    return ARGS_BAD;
}

static enum args_status bad_value(const struct command *c, const struct opt *o, const char *value,
                                  const char *expected)
{
    fprintf(stderr, "%s: --%s \"%s\": expected %s\n", c->name, o->name, value, expected);
    return ARGS_BAD;
}

static enum args_status parse_number(const struct command *c, const struct opt *o,
                                     const char *value)
{
    char expected[128];
    char *end;
    double v;

    errno = 0;
    v = strtod(value, &end);
    snprintf(expected, sizeof expected, "a%s number from %g to %g",
             o->kind == OPT_COUNT ? " whole" : "", o->min, o->max);
    if (end == value || *end || errno || isnan(v) || v < o->min || v > o->max) {
        return bad_value(c, o, value, expected);
    }
    if (o->kind == OPT_REAL) {
        *(double *)o->out = v;
        return ARGS_OK;
    }
    errno = 0;
    *(uint64_t *)o->out = strtoull(value, &end, 10);
    return *end || errno ? bad_value(c, o, value, expected) : ARGS_OK;
}

static enum args_status parse_choice(const struct command *c, const struct opt *o,
                                     const char *value)
{
    char expected[256] = "one of";

    for (int i = 0; o->choices[i]; i++) {
        size_t len = strlen(expected);

        if (strcmp(value, o->choices[i]) == 0) {
            *(int *)o->out = i;
            return ARGS_OK;
        }
        snprintf(expected + len, sizeof expected - len, "%s %s", i ? "," : "", o->choices[i]);
    }
    return bad_value(c, o, value, expected);
}

static enum args_status parse_value(const struct command *c, const struct opt *o, const char *value)
{
    struct opt_list *list;

    switch (o->kind) {
    case OPT_REAL:
    case OPT_COUNT:
        return parse_number(c, o, value);
    case OPT_CHOICE:
        return parse_choice(c, o, value);
    case OPT_TEXT:
        *(const char **)o->out = value;
        return ARGS_OK;
    case OPT_LIST:
        list = o->out;
        if (list->n == OPT_LIST_MAX) {
            return bad_value(c, o, value, "at most 64 of these");
        }
        list->items[list->n++] = value;
        return ARGS_OK;
    case OPT_FLAG:
        *(bool *)o->out = true;
        return ARGS_OK;
    }
    return ARGS_BAD;
}

/* The row whose name is the first 'len' characters of 'name'. */
static const struct opt *find(const struct command *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->n_opts; i++) {
        if (strlen(c->opts[i].name) == len && memcmp(c->opts[i].name, name, len) == 0) {
            return &c->opts[i];
        }
    }
    return NULL;
}

/* Parses the option at argv[*i] and steps over its value. */
static enum args_status parse_option(const struct command *c, int argc, char *const argv[], int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const struct opt *o = find(c, name, len);
    const char *value = name[len] ? name + len + 1 : NULL;
    enum args_status status;

    if (!o) {
        return complain(c, "unknown option ", argv[*i], "");
    }
    if (o->kind == OPT_FLAG && value) {
        return complain(c, argv[*i], "", "this option takes no value");
    }
    if (o->kind != OPT_FLAG && !value) {
        if (*i + 1 >= argc) {
            return complain(c, argv[*i], "", "a value is missing");
        }
        value = argv[++*i];
    }
    status = parse_value(c, o, value);
    if (status == ARGS_OK && o->given) {
        *o->given = true;
    }
    return status;
}

enum args_status args_parse(const struct command *c, int argc, char *const argv[],
                            const char *args[], size_t *n_args)
{
    *n_args = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(c);
            return ARGS_HELP;
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            enum args_status status = parse_option(c, argc, argv, &i);

            if (status != ARGS_OK) {
                return status;
            }
        } else if (*n_args == c->max_args) {
            return complain(c, "unexpected argument ", argv[i], "");
        } else {
            args[(*n_args)++] = argv[i];
        }
    }
    return *n_args < c->min_args ? complain(c, "missing argument", "", c->synopsis) : ARGS_OK;
}
