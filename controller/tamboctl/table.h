/* JSON as tables for people. */
#ifndef TAMBO_TAMBOCTL_TABLE_H
#define TAMBO_TAMBOCTL_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* An object as lines "key  value"; members that are objects follow with their keys joined by '.', lists of
 * objects as tables below. */
void table_print_object(FILE *out, json_t *object);

/* A list of objects as a table, of others a line each: the table's columns are the keys of the
 * first of them, in their order. */
void table_print_list(FILE *out, json_t *list);

#endif
