/* The section "apps": an object for each app, by a table of its settings. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_APPS_H
#define TAMBO_CONFIG_CONFIG_APPS_H

#include <jansson.h>

#include "controller/config/config.h"
#include "controller/config/json_check.h"

void config_apps_default(struct config *out);
void config_apps_read(struct conf_node *section, struct config *out);
void config_apps_print(json_t *section, const struct config *config);
void config_apps_diff(const struct config *a, const struct config *b, config_diff_fn *fn,
                      void *aux);

#endif
