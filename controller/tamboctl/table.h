/* JSON as tables for people. */
#ifndef TAMBO_TAMBOCTL_TABLE_H
#define TAMBO_TAMBOCTL_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* Which part of a list is shown. */
struct table_view {
    const char *columns;     /* Keys, "dpid,port"; NULL: all. */
    const char *unless_zero; /* Rows in which this is 0 are left out; NULL: none. */
};

/* An object as lines "key  value"; members that are objects follow with their keys joined by '.', lists of
 * objects as tables below. Counters that are 0 are left out, and the last line says so. */
void table_print_object(FILE *out, json_t *object);

/* A list of objects as a table, of others a line each. The columns are the keys of the first object, in
 * their order, or those of 'view' (NULL: all of everything). */
void table_print_list(FILE *out, json_t *list, const struct table_view *view);

#endif
