/* The events of tambod (text/event-stream), line by line as they come. */
#include "controller/tamboctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    const struct options *o;
    char line[1024], name[64];
    size_t len;
};

static void take_line(struct lines *l)
{
    if (strncmp(l->line, "event: ", 7) == 0) {
        snprintf(l->name, sizeof l->name, "%.*s", (int)sizeof l->name - 1, l->line + 7);
    } else if (strncmp(l->line, "data: ", 6) == 0) {
        json_t *data = json_loads(l->line + 6, 0, NULL);

        if (l->o->json) {
            printf("{\"event\": \"%s\", \"data\": %s}\n", l->name, l->line + 6);
        } else {
            const char *key;
            json_t *value;

            printf("%-12s", l->name);
            json_object_foreach (data, key, value) {
                char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

                printf(" %s=%s", key, json_is_string(value) ? json_string_value(value) : text);
                free(text);
            }
            putchar('\n');
        }
        json_decref(data);
        fflush(stdout);
    }
}

static void on_chunk(void *aux, const char *text, size_t len)
{
    struct lines *l = aux;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            l->line[l->len] = '\0';
            take_line(l);
            l->len = 0;
        } else if (l->len + 1 < sizeof l->line) {
            l->line[l->len++] = text[i];
        }
    }
}

int run_events(const struct options *o, const struct command *c, char **args, int n)
{
    struct lines l = {.o = o};
    struct http_reply reply;
    bool ok;

    (void)args;
    (void)n;
    http_ask(&o->target, c->method, c->path, NULL, on_chunk, &l, &reply);
    ok = command_check(&reply);
    http_reply_fini(&reply);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
