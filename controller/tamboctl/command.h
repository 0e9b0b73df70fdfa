/* The commands of tamboctl: what each asks of the REST interface, and how its answer is shown. */
#ifndef TAMBO_TAMBOCTL_COMMAND_H
#define TAMBO_TAMBOCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/tamboctl/http.h"
#include "controller/tamboctl/table.h"

#define EXIT_USAGE 2 /* The arguments are wrong. */

struct options {
    struct http_target target;
    bool json;
};

/* Arguments go into the path in their order, escaped, where "%" stands. run() gets 'n' of them,
 * between min_args and max_args, and returns the exit code, having printed what came or what is
 * wrong. */
struct command {
    const char *name, *args, *what;
    int min_args, max_args;
    const char *method, *path;
    const char *list; /* The member that is a list, page by page; NULL: an object. */
    int (*run)(const struct options *o, const struct command *c, char **args, int n);
};

extern const struct command commands[];
extern const size_t n_commands;

/* What of the list that a command shows fits a terminal; NULL: all. */
const struct table_view *command_view(const char *name);

/* True when 'reply' is a good answer; else says on stderr what is wrong. */
bool command_check(const struct http_reply *reply);

int run_get(const struct options *o, const struct command *c, char **args, int n);
int run_text(const struct options *o, const struct command *c, char **args, int n);
int run_log(const struct options *o, const struct command *c, char **args, int n);
int run_events(const struct options *o, const struct command *c, char **args, int n);
int run_raw(const struct options *o, const struct command *c, char **args, int n);
int run_firewall(const struct options *o, const struct command *c, char **args, int n);
int run_rule(const struct options *o, const struct command *c, char **args, int n);

#endif
