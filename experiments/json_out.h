/* Building the JSON that the commands print. */
#ifndef TAMBO_EXPERIMENTS_JSON_OUT_H
#define TAMBO_EXPERIMENTS_JSON_OUT_H

#include <jansson.h>

/* A real number; what JSON cannot say (infinity) becomes null. */
json_t *json_number(double v);

/* An array of 'n' numbers. */
json_t *json_numbers(const double v[], size_t n);

/* Sets 'key' of 'object' and takes 'value'. */
void json_put(json_t *object, const char *key, json_t *value);

/* Prints 'object' on standard output, followed by a newline, and frees it. */
void json_print(json_t *object);

/* A stable fingerprint of 'value': FNV-1a of its canonical text (sorted keys, no spaces), as 16
 * hexadecimal digits in 'out'. */
void json_fingerprint(const json_t *value, char out[17]);

#endif
