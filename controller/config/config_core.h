/* The section "core": what holds for the core, whatever apps it has. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_CORE_H
#define TAMBO_CONFIG_CONFIG_CORE_H

#include <jansson.h>

#include "controller/config/config.h"
#include "controller/config/json_check.h"

/* Into out->core and out->lldp_key, which have their defaults. */
void config_core_read(struct conf_node *section, struct config *out);
void config_core_print(json_t *section, const struct config *config);
void config_core_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux);

#endif
