/* Numbers that tambo itself says: a command of the program, and where the number is in the JSON that it prints.
 *
 *      {"run": "plan --traffic uniform --hold-s {controller.hold_s}", "get": "n_max", "scale": 1}
 *
 * A path in braces stands for the value there in a scenario, or with "metrics." in front for what was measured. The
 * words of "run" are separated by single spaces; "--json" is added. "get" is a path into the answer, whose last
 * step "#" means how many members there are. */
#ifndef TAMBO_EXPERIMENTS_DERIVED_H
#define TAMBO_EXPERIMENTS_DERIVED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "controller/config/json_check.h"

struct derived {
    char run[384], get[96];
    double scale; /* The number is multiplied by it. */
};

/* Reads "run", "get" and "scale" of 'o'. */
void derived_read(struct conf_node *o, struct derived *d);

/* The number, with the values of 'scenario' and 'metrics' (both may be NULL) in place of the paths. False with the
 * reason in 'error'. */
bool derived_value(const struct derived *d, const json_t *scenario, const json_t *metrics,
                   double *value, char *error, size_t size);

/* What "tambo 'run' --json" answers; NULL with the reason in 'error'. Exit 3 (a check that does not hold) is an
 * answer, too. */
json_t *derived_ask(const char *run, char *error, size_t size);

/* The value at the dotted 'path' of 'o' (NULL: nothing), or NULL. */
const json_t *json_at(const json_t *o, const char *path);

/* The same as a number, true and false as 1 and 0, "#" as above; false when there is none. */
bool json_number_at(const json_t *o, const char *path, double *value);

#endif
