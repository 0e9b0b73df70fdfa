/* Asks tambod for what a command says and prints the answer. */
#include "controller/tamboctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Answers ---------------------------------------------------------------------------------- */

bool command_check(const struct http_reply *reply)
{
    const json_t *error = json_object_get(reply->json, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *field = json_string_value(json_object_get(error, "field"));

    if (!reply->status) {
        fprintf(stderr, "tamboctl: %s\n", reply->why);
        return false;
    }
    if (reply->status >= 300) {
        fprintf(stderr, "tamboctl: %s%s%s (%d)%s\n", field ? field : "", field ? ": " : "",
                message ? message : "the answer is no JSON: is this tambod?", reply->status,
                reply->status == 401 ? "; use --token-file" : "");
        return false;
    }
    return true;
}

static void print_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    putchar('\n');
}

/* 'c' NULL: an object of any kind. */
static void print(const struct options *o, json_t *json, const struct command *c)
{
    if (o->json) {
        print_json(json);
    } else if (c && c->list) {
        table_print_list(stdout, json_object_get(json, c->list), command_view(c->name));
    } else {
        table_print_object(stdout, json);
    }
}

/* --- Commands --------------------------------------------------------------------------------- */

static void add_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:", *text)) {
            fputc(*text, out);
        } else {
            fprintf(out, "%%%02X", (unsigned char)*text);
        }
    }
}

/* Fresh memory. 'next' NULL: the first page. */
static char *make_path(const struct command *c, char **args, const char *next)
{
    char *path = NULL;
    size_t len;
    FILE *out = open_memstream(&path, &len);

    for (const char *p = c->path; *p; p++) {
        if (*p == '%') {
            add_escaped(out, *args++);
        } else {
            fputc(*p, out);
        }
    }
    if (next) {
        fputs("?after=", out);
        add_escaped(out, next);
    }
    fclose(out);
    return path;
}

/* Asks for the next page as long as there is one and puts them together. NULL after an error. */
static json_t *get_all(const struct options *o, const struct command *c, char **args)
{
    json_t *all = NULL;
    const char *next = NULL;

    do {
        char *path = make_path(c, args, next);
        struct http_reply reply;

        http_ask(&o->target, c->method, path, NULL, NULL, NULL, &reply);
        free(path);
        if (!command_check(&reply) || !reply.json) {
            http_reply_fini(&reply);
            json_decref(all);
            return NULL;
        }
        if (all) {
            json_array_extend(json_object_get(all, c->list), json_object_get(reply.json, c->list));
            json_object_set(all, "next", json_object_get(reply.json, "next"));
        } else {
            all = json_incref(reply.json);
        }
        http_reply_fini(&reply);
        next = json_string_value(json_object_get(all, "next"));
    } while (next && c->list);
    return all;
}

int run_get(const struct options *o, const struct command *c, char **args, int n)
{
    json_t *json = get_all(o, c, args);

    (void)n;
    if (!json) {
        return EXIT_FAILURE;
    }
    print(o, json, c);
    json_decref(json);
    return EXIT_SUCCESS;
}

/* --json makes {"text": ...} of it, so that its output is always an object. */
int run_text(const struct options *o, const struct command *c, char **args, int n)
{
    struct http_reply reply;
    bool ok;

    (void)args;
    (void)n;
    http_ask(&o->target, c->method, c->path, NULL, NULL, NULL, &reply);
    ok = command_check(&reply);
    if (ok && o->json) {
        json_t *json = json_pack("{s:s}", "text", reply.text);

        print_json(json);
        json_decref(json);
    } else if (ok) {
        fputs(reply.text, stdout);
    }
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int ask_and_print(const struct options *o, const char *method, const char *path,
                         const char *body)
{
    struct http_reply reply;
    bool ok;

    http_ask(&o->target, method, path, body, NULL, NULL, &reply);
    ok = command_check(&reply);
    if (ok && reply.json) {
        print(o, reply.json, NULL);
    } else if (ok && reply.text && !o->json) {
        fputs(reply.text, stdout);
    } else if (ok && o->json) {
        puts("{}");
    }
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_log(const struct options *o, const struct command *c, char **args, int n)
{
    char *equals, *body;
    json_t *json;
    int code;

    if (n == 0) {
        return ask_and_print(o, "GET", c->path, NULL);
    }
    equals = strchr(args[0], '=');
    if (equals) {
        *equals = '\0';
        json = json_pack("{s:{s:s}}", "modules", args[0], equals + 1);
    } else {
        json = json_pack("{s:s}", "level", args[0]);
    }
    if (!json) {
        fputs("tamboctl: expected [MODULE=]LEVEL in UTF-8\n", stderr);
        return EXIT_USAGE;
    }
    body = json_dumps(json, 0);
    json_decref(json);
    code = ask_and_print(o, "PUT", c->path, body);
    free(body);
    return code;
}

int run_raw(const struct options *o, const struct command *c, char **args, int n)
{
    if (args[0][0] != '/') {
        fputs("tamboctl: a path begins with '/'\n", stderr);
        return EXIT_USAGE;
    }
    return ask_and_print(o, c->method, args[0], n > 1 ? args[1] : NULL);
}

int run_firewall(const struct options *o, const struct command *c, char **args, int n)
{
    bool on = n > 0 && strcmp(args[0], "on") == 0;

    if (n == 0) {
        return ask_and_print(o, "GET", c->path, NULL);
    }
    if (!on && strcmp(args[0], "off") != 0) {
        fputs("tamboctl: expected on or off\n", stderr);
        return EXIT_USAGE;
    }
    return ask_and_print(o, c->method, c->path,
                         on ? "{\"enabled\": true}" : "{\"enabled\": false}");
}

/* The action is the name of the command. */
int run_rule(const struct options *o, const struct command *c, char **args, int n)
{
    json_t *match = n > 1 ? json_loads(args[1], 0, NULL) : json_object(), *rule;
    char *end, *body;
    long priority = strtol(args[0], &end, 10);
    int code;

    if (!match || *end || end == args[0]) {
        json_decref(match);
        fprintf(stderr, "tamboctl: expected %s\n",
                match ? "a number as priority" : "the match as JSON");
        return EXIT_USAGE;
    }
    rule = json_pack("{s:s,s:I,s:o}", "action", c->name, "priority", (json_int_t)priority, "match",
                     match);
    body = json_dumps(rule, 0);
    json_decref(rule);
    code = ask_and_print(o, c->method, c->path, body);
    free(body);
    return code;
}
