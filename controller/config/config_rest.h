/* The section "rest": the northbound interface. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_REST_H
#define TAMBO_CONFIG_CONFIG_REST_H

#include <jansson.h>

#include "controller/config/config.h"
#include "controller/config/json_check.h"

struct config_rest config_rest_default(void);
void config_rest_read(struct conf_node *section, struct config_rest *out);
void config_rest_print(json_t *section, const struct config_rest *rest);
bool config_rest_same(const struct config_rest *a, const struct config_rest *b);

#endif
